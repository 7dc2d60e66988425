/* message.h: protobuf messages as scripts have them: a message, its classes, repeated fields and
 * maps, each a host object over a Msg (pb/msg.h) and nothing else. What stands in which message is
 * known by the descriptors alone.
 */
#ifndef MILC_MESSAGE_H
#define MILC_MESSAGE_H

#include "pb/msg.h"
#include "script/interp.h"

typedef ProtobufCFieldDescriptor Field;
typedef ProtobufCMessageDescriptor MsgDesc;

/* ---- message.c ---- */
bool is_message(Value v);
static inline Msg *
message_of(Value v)
{
	return HOST_OF(v)->data;
}
Value bind_message(Interp *in, const Msg *m);
/* The type of such messages: Model_pb2.Model. */
const HostType *message_type(Interp *in, const MsgDesc *d);
/* Fills in fields by name, as the arguments of the message's class do it. */
bool message_init(Interp *in, Msg *m, const Args *args);
/* The same from a dict, or takes over what another message of its kind says. */
bool message_fill(Interp *in, Msg *m, Value v, Span at);
bool message_took(Interp *in, const char *why, Span at); /* reports why, if anything */

/* ---- msgvalue.c: values of fields ---- */
Value field_value(Interp *in, const Msg *m, const Field *f, size_t i);
/* A single field, or element i of a repeated one, which is there; none that holds messages. */
bool field_store(Interp *in, Msg *m, const Field *f, size_t i, Value v, Span at);

/* ---- repeated.c, msgmap.c: all elements of a field ---- */
typedef struct FieldRef {
	Msg *m;
	const Field *f;
} FieldRef;
extern const HostType repeated_scalar_type, repeated_message_type, scalar_map_type,
    message_map_type;
bool repeated_extend(Interp *in, const FieldRef *e, Value v, Span at);
bool map_update(Interp *in, const FieldRef *e, Value v, Span at);

/* ---- msgclass.c: classes, enumerations and descriptors ---- */
struct Member;
Value make_proto(Interp *in, const struct Member *m); /* coremltools.proto */
Value bind_descriptor(Interp *in, const MsgDesc *d);
Value bind_field(Interp *in, const Field *f);
/* A nested type, or a constant of a nested enumeration: 1, or 0: none. */
int class_item(Interp *in, const MsgDesc *d, const Str *name, Value *out);

#endif
