/* msg_impl.h: what message trees consist of, for msg.c and msg_write.c.
 *
 * A FieldSlot holds the elements of one field that is set, as C values: Msg *, int64_t (integers,
 * bools, enums), float, double, or ProtobufCBinaryData (strings with a NUL behind them). A Piece is
 * one field as it stood in the bytes; pieces keep the order of what was read, slots the meaning.
 */
#ifndef MILC_MSG_IMPL_H
#define MILC_MSG_IMPL_H

#include "msg.h"
#include "pb.h"

typedef ProtobufCFieldDescriptor Field;
typedef ProtobufCBinaryData Text;

typedef struct FieldSlot {
	const Field *f;
	void *at;
	size_t n, cap;
	size_t npiece;  /* elements that came from pieces */
	Msg *loose;     /* of a single message: joins when something is set in it */
	const FloatSource *source; /* of floats: writes them, and `at` is 0 */
	bool changed;   /* encode all of it anew */
	bool entry;     /* of a map: written even if it is empty, as everywhere */
} FieldSlot;

typedef struct Piece {
	const uint8_t *at; /* with its tag */
	size_t n;
	uint32_t id;
	uint32_t slot; /* NOSLOT: unknown to the descriptor */
	size_t elem;   /* of a message: which element */
} Piece;
#define NOSLOT UINT32_MAX

/* ---- msg.c, for msg_edit.c ---- */
void msg_split(const Msg *m);
FieldSlot *msg_slot(const Msg *m, const Field *f); /* of a message that is split, or 0 */
/* The slot of a field that is about to change. A single field is emptied. */
FieldSlot *msg_touch(Msg *m, const Field *f);
void *msg_push(Arena *a, FieldSlot *s);
/* Whether proto3 leaves it out: a single zero that is in no oneof. */
bool slot_is_default(const FieldSlot *s); /* msg_write.c */
/* The entry of a map with this key, or 0. */
const Msg *map_entry(const Msg *m, const char *field, const char *key);

static inline bool
is_repeated(const Field *f)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED;
}

static inline bool
in_oneof(const Field *f)
{
	return (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static inline bool
is_text(const Field *f)
{
	return f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_BYTES;
}

static inline size_t
element_size(const Field *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_FLOAT:
		return sizeof(float);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(Text);
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(Msg *);
	default: /* double, integers */
		return sizeof(int64_t);
	}
}

#endif
