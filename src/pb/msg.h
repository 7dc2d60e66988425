/* msg.h: protobuf messages as trees that keep everything they were read from.
 *
 * A Msg knows its descriptor (made by protoc-c) and the bytes it was read from. Fields are split
 * off when they are first asked for, one level at a time, so that looking at a description costs
 * nothing for the weights beside it. A message that nobody changed is written as the bytes it was
 * read from; in one that was changed only the changed fields are encoded anew, at their old place,
 * and all others, unknown ones included, are copied. What is made here is written in the order of
 * field numbers, as protobuf libraries do.
 *
 * Fields go by their names in the .proto files. A name that the message lacks is a bug (die), so
 * tables of names have a test that walks them; names from users go through msg_path(). Everything
 * lives in the arena given; bytes that were read must outlive the tree.
 */
#ifndef MILC_MSG_H
#define MILC_MSG_H

#include <protobuf-c/protobuf-c.h>

#include "base/base.h"

typedef struct Msg Msg;
struct Msg {
	const ProtobufCMessageDescriptor *descriptor;
	Arena *arena;
	Msg *owner;          /* the message that it stands in, or 0 */
	const uint8_t *raw;  /* what it was read from; 0: made here */
	size_t nraw;
	struct FieldSlot *slot; /* fields that are set; by msg.c alone */
	struct Piece *piece; /* what raw consists of, in order */
	uint32_t nslot, npiece;
	const ProtobufCFieldDescriptor *joins; /* of owner: the field that it becomes when set */
	bool split, changed;
	size_t size;         /* while it is written */
};

Msg *msg_new(Arena *a, const ProtobufCMessageDescriptor *d);
/* Checks all of it (pb.h) and gives the root of the tree. 0: *error says why. */
Msg *msg_read(Arena *a, const ProtobufCMessageDescriptor *d, const void *p, size_t n,
              const char **error);
size_t msg_size(Msg *m); /* of its bytes */
/* Bytes that went to the Buf are not looked at again: it may have a drain. */
void msg_write(Msg *m, Buf *b);
void msg_write_field(Msg *m, Buf *b, uint32_t field); /* with its tag and length */
/* From here on all of it is encoded anew, down to the last field, but for unknown ones. */
void msg_reencode(Msg *m);

/* ---- asking; proto3: what is absent reads as 0, and so does all of a message that is 0 ---- */
bool msg_has(const Msg *m, const char *field); /* a sub-message or a member of a oneof is set */
const Msg *msg_get(const Msg *m, const char *field); /* 0 if not set */
/* The name of the member of the oneof that `any`, one of its members, belongs to; 0: none set. */
const char *msg_case(const Msg *m, const char *any);
int64_t msg_get_int(const Msg *m, const char *field);
double msg_get_float(const Msg *m, const char *field);
const char *msg_get_string(const Msg *m, const char *field); /* "" if not set */
const ProtobufCBinaryData *msg_bytes(const Msg *m, const char *field); /* views what was read */
/* Of strings, too. */
const ProtobufCBinaryData *msg_bytes_at(const Msg *m, const char *field, size_t i);
bool msg_repeated(const Msg *m, const char *field);
bool msg_is_map(const ProtobufCFieldDescriptor *f);
size_t msg_count(const Msg *m, const char *field);
int64_t msg_int_at(const Msg *m, const char *field, size_t i);
double msg_float_at(const Msg *m, const char *field, size_t i);
const Msg *msg_at(const Msg *m, const char *field, size_t i);
const char *msg_string_at(const Msg *m, const char *field, size_t i);
/* All elements of a repeated field: int64_t for integers, bools and enums, else its own type. */
const void *msg_array(const Msg *m, const char *field);
/* The value of a map's entry, or 0. Maps have strings as keys. */
const Msg *msg_entry(const Msg *m, const char *field, const char *key);

/* ---- setting. Numbers are converted to the field's type; a repeated field gets one more ---- */
Msg *msg_sub(Msg *m, const char *field); /* sets (or appends) an empty message */
Msg *msg_edit(Msg *m, const char *field); /* the one that is there, or msg_sub() */
void msg_int(Msg *m, const char *field, int64_t v);
void msg_float(Msg *m, const char *field, double v);
void msg_string(Msg *m, const char *field, const char *s); /* s is kept */
void msg_ints(Msg *m, const char *field, const int64_t *v, size_t n);
float *msg_floats(Msg *m, const char *field, size_t n); /* to be filled */
/* n floats that stand elsewhere, and are appended to the bytes when these are written; who asks for
 * them before breaks milc. */
typedef struct FloatSource FloatSource;
struct FloatSource {
	void (*put)(const FloatSource *s, Buf *b);
};
void msg_floats_from(Msg *m, const char *field, size_t n, const FloatSource *s);
void msg_set_bytes(Msg *m, const char *field, const void *p, size_t n); /* kept */

/* ---- as scripts change messages: msg_edit.c ---- */
/* The message of a single field; one that is not there joins m when something is set in it. */
Msg *msg_lazy(Msg *m, const char *field);
void msg_present(Msg *m); /* … or now, with nothing in it */
void msg_clear(Msg *m, const char *field);
void msg_clear_all(Msg *m);
/* Elements of a repeated field: `drop` of them from `at` on go, `make` empty ones come there. */
void msg_splice(Msg *m, const char *field, size_t at, size_t drop, size_t make);
void msg_put_int(Msg *m, const char *field, size_t i, int64_t v);
void msg_put_float(Msg *m, const char *field, size_t i, double v);
/* Of a string: with a NUL behind it. Kept. */
void msg_put_bytes(Msg *m, const char *field, size_t i, const void *p, size_t n);
void msg_permute(Msg *m, const char *field, const size_t *from); /* element i is the old from[i] */
/* The entry of a map with the key that `key`, an entry, has; 0: none. */
Msg *msg_map_find(const Msg *m, const char *field, const Msg *key);
/* Copies, of which nothing is encoded that stands somewhere as bytes; those must outlive them.
 * msg_assign: 0, or why m cannot hold all that. */
Msg *msg_copy(Arena *a, const Msg *m);
const char *msg_assign(Msg *m, const Msg *from);
const char *msg_merge(Msg *m, const Msg *from);
const char *msg_parse(Msg *m, const void *p, size_t n); /* instead of all that m is */
void msg_take(Msg *m, const Msg *from, const char *field); /* one field of another */
uint32_t msg_depth(const Msg *m); /* so many messages does it stand in */
bool msg_says(const Msg *m, const char *field); /* it is set, and no zero that is left out */
size_t msg_unknown(const Msg *m); /* how many fields in all of it no descriptor knows */
bool msg_same(const Msg *a, const Msg *b); /* what they say, not how it is encoded */
void msg_text(const Msg *m, Buf *b);       /* protobuf's text form: msg_text.c */
static inline Msg *
msg_mutable(const Msg *m)
{
	return (Msg *)(uintptr_t)m;
}
static inline Msg *
msg_insert(Msg *m, const char *field, size_t i) /* an empty message in front of element i */
{
	msg_splice(m, field, i, 0, 1);
	return msg_mutable(msg_at(m, field, i));
}
static inline void
msg_remove(Msg *m, const char *field, size_t i)
{
	msg_splice(m, field, i, 1, 0);
}
static inline void
msg_string_put(Msg *m, const char *field, size_t i, const char *s) /* in place of element i */
{
	msg_put_bytes(m, field, i, s, strlen(s));
}
/* A message of the same descriptor, with all that it holds, at the end (or as the single field);
 * it does not stand deeper than where it was. */
static inline Msg *
msg_adopt(Msg *m, const char *field, const Msg *from)
{
	Msg *sub = msg_sub(m, field);

	msg_assign(sub, from);
	return sub;
}

/* ---- by path: "description.input[0].shortDescription", "….userDefined[author]" ---- */
/* Sets a number, a truth value, an enum (by name or number) or a string; messages and entries of
 * maps on the way are made. 0, or why it cannot be. */
const char *msg_set_path(Msg *root, const char *path, const char *value);
/* What stands there as text; 0: nothing, or no such path. */
const char *msg_get_path(const Msg *root, const char *path);

#endif
