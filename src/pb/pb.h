/* pb.h: protobuf beyond what protobuf-c gives: safe unpacking of strangers' bytes, and writing the
 * outer messages by hand.
 *
 * protobuf-c unpacks without limits on depth and memory, and sizes a tree again at each level when
 * it packs. So bytes are scanned first, against the message's descriptor; and large trees are
 * packed a small message at a time, inside fields opened and closed here.
 */
#ifndef MILC_PB_H
#define MILC_PB_H

#include <protobuf-c/protobuf-c.h>

#include "base/base.h"

enum { PB_MAX_DEPTH = 64 };
#define PB_MAX_BYTES ((size_t)INT32_MAX) /* no protobuf reader takes more */

/* The message, all of it in the arena; it is never freed by protobuf-c. 0: *error says why. */
ProtobufCMessage *pb_unpack(Arena *a, const ProtobufCMessageDescriptor *d, const void *p, size_t n,
                            const char **error);
/* The scan alone: 0 if protobuf-c can unpack the bytes within the limits, else why not. */
const char *pb_check(Arena *a, const ProtobufCMessageDescriptor *d, const void *p, size_t n);

/* Writing. Wire types: 0 varint, 1 eight bytes, 2 a length and bytes, 5 four bytes. A caller leaves
 * out fields with default values itself, and writes fields in the order of their numbers. */
void pb_varint(Buf *b, uint64_t v);
void pb_tag(Buf *b, uint32_t field, unsigned wire);
void pb_uint_field(Buf *b, uint32_t field, uint64_t v); /* also int64, bool and enums */
void pb_len_field(Buf *b, uint32_t field, const void *p, size_t n);
void pb_str_field(Buf *b, uint32_t field, const char *s);
void pb_message(Buf *b, const ProtobufCMessage *m); /* its fields, without a tag */
void pb_message_field(Buf *b, uint32_t field, const ProtobufCMessage *m);
/* A message field whose contents are written between the two calls; they nest. */
size_t pb_open(Buf *b, uint32_t field);
void pb_close(Buf *b, size_t mark);

#endif
