/* protos.h: the messages and enumerations of the formats by the names of their .proto files, and
 * the oneofs by name, which protobuf-c's descriptors lack: from the rows that protos.awk makes.
 */
#ifndef MILC_PROTOS_H
#define MILC_PROTOS_H

#include <protobuf-c/protobuf-c.h>

#include "base/base.h"

/* What a name stands for; all 0: nothing. */
typedef struct ProtoItem {
	const ProtobufCMessageDescriptor *message;
	const ProtobufCEnumDescriptor *enumeration;
	const ProtobufCEnumValue *value; /* of one of the enumerations there */
} ProtoItem;

bool proto_is_file(const char *file); /* "FeatureTypes" */
/* At the top level of a file, or of those that it hands on. */
ProtoItem proto_in_file(const char *file, const char *name);
ProtoItem proto_in_message(const ProtobufCMessageDescriptor *d, const char *name);
const char *proto_file(const ProtobufCMessageDescriptor *d);

/* One member of the oneof that has this name; 0: the message has none. */
const ProtobufCFieldDescriptor *proto_oneof(const ProtobufCMessageDescriptor *d, const char *name);
/* The name of the message's next oneof from *pos on, or 0. */
const char *proto_next_oneof(const ProtobufCMessageDescriptor *d, size_t *pos);
/* The enumeration's next value, in the order of the .proto file, or 0. */
const ProtobufCEnumValue *proto_next_value(const ProtobufCEnumDescriptor *e, size_t *pos);

#endif
