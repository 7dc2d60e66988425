/* pb.h: protobuf's wire format: checking strangers' bytes against a descriptor before anyone takes
 * them apart, and writing messages that are too large, or too many, to be trees first (msg.h).
 */
#ifndef MILC_PB_H
#define MILC_PB_H

#include <protobuf-c/protobuf-c.h>

#include "base/base.h"

enum {
	PB_MAX_DEPTH = 100, /* as protobuf's own readers have it, and with them Core ML */
	PB_MAX_BLOCKS = 44, /* blocks of a program inside of each other, so that this suffices */
};
#define PB_MAX_BYTES ((size_t)INT32_MAX) /* no protobuf reader takes more */

enum { PB_VARINT = 0, PB_64 = 1, PB_BYTES = 2, PB_32 = 5 }; /* wire types */
unsigned pb_wire(ProtobufCType t);

/* 0 if the bytes are a message that msg.h can take apart within the limits, else why not. */
const char *pb_check(Arena *a, const ProtobufCMessageDescriptor *d, const void *p, size_t n);

/* Writing. A caller leaves out what is empty itself, and writes fields in the order of their
 * numbers. */
void pb_varint(Buf *b, uint64_t v);
void pb_tag(Buf *b, uint32_t field, unsigned wire);
void pb_head(Buf *b, uint32_t field, size_t n); /* of a field of n bytes, which follow */
/* Also int64, bool and enums; 0 is left out. */
void pb_uint_field(Buf *b, uint32_t field, uint64_t v);
void pb_len_field(Buf *b, uint32_t field, const void *p, size_t n);
void pb_str_field(Buf *b, uint32_t field, const char *s);
/* A message field whose contents are written between the two calls; they nest. */
size_t pb_open(Buf *b, uint32_t field);
void pb_close(Buf *b, size_t mark);

/* ---- what a program has very many of is measured, and written into one piece of room ---- */
enum { PB_MAX_VARINT = 10 };
char *pb_room(Buf *b, size_t n); /* n bytes at the end, to be written now */

static inline size_t
pb_varint_size(uint64_t v)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);

	return (bits + 6) / 7;
}

static inline size_t
pb_field_size(uint32_t field, size_t n) /* of a field of n bytes, with its head */
{
	return pb_varint_size((uint64_t)field << 3) + pb_varint_size(n) + n;
}

static inline char *
pb_write_varint(char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (char)(v | 0x80);
	*p++ = (char)v;
	return p;
}

static inline char *
pb_write_head(char *p, uint32_t field, size_t n)
{
	return pb_write_varint(pb_write_varint(p, (uint64_t)field << 3 | PB_BYTES), n);
}

static inline char *
pb_write_bytes(char *p, uint32_t field, const void *bytes, size_t n)
{
	p = pb_write_head(p, field, n);
	memcpy(p, bytes, n);
	return p + n;
}

#endif
