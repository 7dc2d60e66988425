/* wire.h: what writing a Model needs beside pb.h: proto3's rule that zero and empty fields are left
 * out, and the sizes of fields, for messages that are measured before they are written.
 */
#ifndef MILC_WIRE_H
#define MILC_WIRE_H

#include "pb/pb.h"

static inline size_t
varint_size(uint64_t v)
{
	size_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

static inline size_t
field_size(uint32_t field, size_t len) /* of a length-delimited field */
{
	return varint_size((uint64_t)field << 3) + varint_size(len) + len;
}

static inline void
put_int(Buf *b, uint32_t field, uint64_t v)
{
	if (v)
		pb_uint_field(b, field, v);
}

/* The head of a message whose size is known. */
static inline void
put_head(Buf *b, uint32_t field, size_t len)
{
	pb_tag(b, field, PB_BYTES);
	pb_varint(b, len);
}

static inline void
put_cstr(Buf *b, uint32_t field, const char *s)
{
	if (s && *s)
		pb_str_field(b, field, s);
}

#endif
