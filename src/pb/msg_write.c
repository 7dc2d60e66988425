/* msg_write.c: message trees as bytes: each message is measured first, so that it is written at its
 * place.
 */
#include "msg_impl.h"

#include <stdlib.h>

static size_t measure(Msg *m);
static void write_measured(const Msg *m, Buf *b);

/* An integer as it goes to a varint: negative ones of 32 bits take ten bytes, as everywhere. */
static uint64_t
wire_integer(const Field *f, int64_t v)
{
	bool zigzag = f->type == PROTOBUF_C_TYPE_SINT32 || f->type == PROTOBUF_C_TYPE_SINT64;

	return zigzag ? (uint64_t)v << 1 ^ (uint64_t)(v >> 63) : (uint64_t)v;
}

static size_t
number_length(const FieldSlot *s, size_t i)
{
	unsigned wire = pb_wire(s->f->type);

	if (wire != PB_VARINT)
		return wire == PB_32 ? 4 : 8;
	return pb_varint_size(wire_integer(s->f, ((const int64_t *)s->at)[i]));
}

static size_t
packed_length(const FieldSlot *s)
{
	size_t n = 0;

	if (pb_wire(s->f->type) != PB_VARINT)
		return s->n * number_length(s, 0);
	for (size_t i = 0; i < s->n; i++)
		n += number_length(s, i);
	return n;
}

static void
put_number(Buf *b, const FieldSlot *s, size_t i)
{
	const char *at = (const char *)s->at + i * element_size(s->f);
	unsigned wire = pb_wire(s->f->type);

	if (wire == PB_VARINT)
		pb_varint(b, wire_integer(s->f, *(const int64_t *)(const void *)at));
	else
		buf_put(b, at, wire == PB_32 ? 4 : 8);
}

bool
slot_is_default(const FieldSlot *s)
{
	if (is_repeated(s->f) || in_oneof(s->f) || s->entry ||
	    s->f->type == PROTOBUF_C_TYPE_MESSAGE)
		return false;
	if (is_text(s->f))
		return ((const Text *)s->at)->len == 0;
	for (size_t k = 0; k < element_size(s->f); k++)
		if (((const char *)s->at)[k])
			return false;
	return true;
}

static bool
is_packed(const Field *f)
{
	return is_repeated(f) && (f->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
}

static size_t
element_length(const FieldSlot *s, size_t i)
{
	size_t n;

	if (s->f->type == PROTOBUF_C_TYPE_MESSAGE)
		n = measure(((Msg **)s->at)[i]);
	else if (is_text(s->f))
		n = ((const Text *)s->at)[i].len;
	else
		return pb_varint_size((uint64_t)s->f->id << 3) + number_length(s, i);
	return pb_field_size(s->f->id, n);
}

static void
put_element(Buf *b, const FieldSlot *s, size_t i)
{
	if (s->f->type == PROTOBUF_C_TYPE_MESSAGE) {
		Msg *m = ((Msg **)s->at)[i];
		pb_head(b, s->f->id, m->size);
		write_measured(m, b);
	} else if (is_text(s->f)) {
		const Text *t = &((const Text *)s->at)[i];
		pb_len_field(b, s->f->id, t->data, t->len);
	} else {
		pb_tag(b, s->f->id, pb_wire(s->f->type));
		put_number(b, s, i);
	}
}

/* Elements [from, n) of a slot, measured (b == 0) or written. */
static size_t
slot_out(Buf *b, const FieldSlot *s, size_t from)
{
	size_t n = 0;

	if (from >= s->n || slot_is_default(s))
		return 0;
	if (is_packed(s->f)) {
		n = packed_length(s);
		if (b) {
			pb_head(b, s->f->id, n);
			if (s->source)
				s->source->put(s->source, b);
			else if (s->f->type == PROTOBUF_C_TYPE_FLOAT)
				buf_put(b, s->at, n);
			else
				for (size_t i = 0; i < s->n; i++)
					put_number(b, s, i);
		}
		return pb_field_size(s->f->id, n);
	}
	for (size_t i = from; i < s->n; i++) {
		if (b)
			put_element(b, s, i);
		else
			n += element_length(s, i);
	}
	return n;
}

static int
by_id(const void *a, const void *b)
{
	const FieldSlot *x = *(const FieldSlot *const *)a, *y = *(const FieldSlot *const *)b;

	return x->f->id < y->f->id ? -1 : x->f->id > y->f->id;
}

/* Slots that came from no piece, whose number is below `id`. */
static size_t
new_slots_out(Buf *b, const FieldSlot **slot, uint32_t *next, uint32_t n, uint64_t id)
{
	size_t size = 0;

	for (; *next < n && slot[*next]->f->id < id; ++*next)
		size += slot_out(b, slot[*next], 0);
	return size;
}

/* A piece: copied, or what stands in its place now. */
static size_t
piece_out(Buf *b, const Msg *m, const Piece *p, bool first, bool last)
{
	const FieldSlot *s = p->slot == NOSLOT ? NULL : &m->slot[p->slot];
	size_t n = 0;

	if (s && s->changed)
		return first ? slot_out(b, s, 0) : 0;
	if (s && s->f->type == PROTOBUF_C_TYPE_MESSAGE && ((Msg **)s->at)[p->elem]->changed) {
		if (b)
			put_element(b, s, p->elem);
		else
			n = element_length(s, p->elem);
	} else {
		n = p->n;
		if (b)
			buf_put(b, p->at, n);
	}
	return last && s ? n + slot_out(b, s, s->npiece) : n;
}

static size_t
message_out(Buf *b, const Msg *m)
{
	ArenaMark mark = arena_mark(m->arena);
	const FieldSlot **fresh = newn(m->arena, const FieldSlot *, m->nslot + 1);
	uint32_t *left = newn(m->arena, uint32_t, m->nslot + 1), nfresh = 0, next = 0;
	bool *seen = newn(m->arena, bool, m->nslot + 1);
	size_t size = 0;

	for (uint32_t i = 0; i < m->npiece; i++)
		if (m->piece[i].slot != NOSLOT)
			left[m->piece[i].slot]++;
	for (uint32_t i = 0; i < m->nslot; i++)
		if (!left[i])
			fresh[nfresh++] = &m->slot[i];
	qsort(fresh, nfresh, sizeof *fresh, by_id);
	for (uint32_t i = 0; i < m->npiece; i++) {
		const Piece *p = &m->piece[i];
		bool first = p->slot != NOSLOT && !seen[p->slot];
		bool last = p->slot != NOSLOT && --left[p->slot] == 0;
		size += new_slots_out(b, fresh, &next, nfresh, p->id);
		size += piece_out(b, m, p, first, last);
		if (first)
			seen[p->slot] = true;
	}
	size += new_slots_out(b, fresh, &next, nfresh, UINT64_MAX);
	arena_release(m->arena, mark);
	return size;
}

static size_t
measure(Msg *m)
{
	return m->size = m->raw && !m->changed ? m->nraw : message_out(NULL, m);
}

static void
write_measured(const Msg *m, Buf *b)
{
	if (m->raw && !m->changed)
		buf_put(b, m->raw, m->nraw);
	else
		message_out(b, m);
}

size_t
msg_size(Msg *m)
{
	return measure(m);
}

static void
write_sized(const Msg *m, Buf *b, size_t n)
{
	if (!b->drain)
		buf_reserve(b, n);
	write_measured(m, b);
}

void
msg_write(Msg *m, Buf *b)
{
	write_sized(m, b, measure(m));
}

void
msg_write_field(Msg *m, Buf *b, uint32_t field)
{
	size_t n = measure(m);

	pb_head(b, field, n);
	write_sized(m, b, n);
}
