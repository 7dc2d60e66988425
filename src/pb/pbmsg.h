/* pbmsg.h: protobuf messages by field name. The layers of a NeuralNetwork are many messages of few
 * fields; tables of names say what goes where (emit/nn.def, read/nn.def), and this file finds the
 * fields in the descriptors that protoc-c made. A name that the message lacks is a bug (die).
 */
#ifndef MILC_PBMSG_H
#define MILC_PBMSG_H

#include <protobuf-c/protobuf-c.h>

#include "base/base.h"

typedef ProtobufCMessage Msg;

Msg *msg_new(Arena *a, const ProtobufCMessageDescriptor *d);

/* Writing. Numbers are converted to the field's type; a repeated field gets one more element. */
Msg *msg_sub(Arena *a, Msg *m, const char *field); /* sets (or appends) an empty message */
void msg_int(Arena *a, Msg *m, const char *field, int64_t v);
void msg_float(Arena *a, Msg *m, const char *field, double v);
void msg_string(Arena *a, Msg *m, const char *field, const char *s); /* s is kept */
void msg_ints(Arena *a, Msg *m, const char *field, const int64_t *v, size_t n);
float *msg_floats(Arena *a, Msg *m, const char *field, size_t n); /* to be filled */

/* Reading: proto3, so what is absent reads as 0. */
bool msg_has(const Msg *m, const char *field); /* a sub-message or a member of a oneof is set */
const Msg *msg_get(const Msg *m, const char *field); /* 0 if not set */
/* The name of the member of the oneof that `any`, one of its members, belongs to; 0: none set. */
const char *msg_case(const Msg *m, const char *any);
int64_t msg_get_int(const Msg *m, const char *field);
double msg_get_float(const Msg *m, const char *field);
const char *msg_get_string(const Msg *m, const char *field);
size_t msg_count(const Msg *m, const char *field);
int64_t msg_int_at(const Msg *m, const char *field, size_t i);
double msg_float_at(const Msg *m, const char *field, size_t i);
const Msg *msg_at(const Msg *m, const char *field, size_t i);
const char *msg_string_at(const Msg *m, const char *field, size_t i);
const ProtobufCBinaryData *msg_bytes(const Msg *m, const char *field);
bool msg_repeated(const Msg *m, const char *field);
/* A repeated float: msg_count of them. */
const float *msg_float_array(const Msg *m, const char *field);

#endif
