/* msg_edit.c: message trees changed as scripts do it: elements taken out and put in, whole messages
 * copied, merged and compared.
 */
#include "msg_impl.h"

static const Field *
named(const Msg *m, const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
}

static Msg *
message_at(const FieldSlot *s, size_t i)
{
	return ((Msg *const *)s->at)[i];
}

static void *
at(const FieldSlot *s, size_t i)
{
	return (char *)s->at + i * element_size(s->f);
}

uint32_t
msg_depth(const Msg *m)
{
	uint32_t n = 0;

	while ((m = m->owner) != NULL)
		n++;
	return n;
}

/* ---- fields and elements ---- */

/* Messages that go are nobody's part any more. */
static void
release(const FieldSlot *s, size_t from, size_t n)
{
	if (s->f->type == PROTOBUF_C_TYPE_MESSAGE)
		for (size_t i = from; i < from + n; i++)
			message_at(s, i)->owner = NULL;
}

static void
empty_slot(FieldSlot *s)
{
	release(s, 0, s->n);
	s->n = 0;
	s->changed = true;
	if (s->loose)
		s->loose->joins = NULL, s->loose->owner = NULL;
	s->loose = NULL;
}

void
msg_clear(Msg *m, const char *field)
{
	const Field *f = named(m, field);
	FieldSlot *s;

	msg_split(m);
	s = msg_slot(m, f);
	if (!s)
		return;
	release(s, 0, s->n);
	if (s->n) { /* msg_touch() empties what else is in a oneof, which is empty already */
		s = msg_touch(m, f);
		s->n = 0;
	}
	empty_slot(s);
}

void
msg_clear_all(Msg *m)
{
	msg_present(m);
	msg_split(m);
	for (uint32_t i = 0; i < m->nslot; i++)
		empty_slot(&m->slot[i]);
	m->npiece = 0;
	for (Msg *o = m; o && !o->changed; o = o->owner)
		o->changed = true;
}

void
msg_splice(Msg *m, const char *field, size_t from, size_t drop, size_t make)
{
	FieldSlot *s = msg_touch(m, named(m, field));
	size_t size = element_size(s->f), old = s->n;
	Msg *sub;

	s->changed = true;
	release(s, from, drop);
	while (s->n < old - drop + make)
		msg_push(m->arena, s);
	if (s->n) /* else there is no array */
		memmove(at(s, from + make), at(s, from + drop), (old - from - drop) * size);
	s->n = old - drop + make;
	for (size_t i = from; i < from + make; i++) {
		memset(at(s, i), 0, size);
		if (is_text(s->f))
			((Text *)s->at)[i].data = (uint8_t *)(uintptr_t) "";
		if (s->f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		((Msg **)s->at)[i] = sub = msg_new(m->arena, s->f->descriptor);
		sub->owner = m;
		sub->changed = true;
	}
}

void
msg_put_int(Msg *m, const char *field, size_t i, int64_t v)
{
	((int64_t *)msg_touch(m, named(m, field))->at)[i] = v;
}

void
msg_put_float(Msg *m, const char *field, size_t i, double v)
{
	FieldSlot *s = msg_touch(m, named(m, field));

	if (s->f->type == PROTOBUF_C_TYPE_FLOAT)
		((float *)s->at)[i] = (float)v;
	else
		((double *)s->at)[i] = v;
}

void
msg_put_bytes(Msg *m, const char *field, size_t i, const void *p, size_t n)
{
	((Text *)msg_touch(m, named(m, field))->at)[i] = (Text){n, (uint8_t *)(uintptr_t)p};
}

void
msg_permute(Msg *m, const char *field, const size_t *from)
{
	FieldSlot *s = msg_touch(m, named(m, field));
	size_t size = element_size(s->f);
	char *old = arena_dup(m->arena, s->at, s->n * size);

	s->changed = true;
	for (size_t i = 0; i < s->n; i++)
		memcpy(at(s, i), old + from[i] * size, size);
}

static bool
same_element(const FieldSlot *a, size_t i, const FieldSlot *b, size_t k)
{
	const Text *x, *y;

	switch (a->f->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return msg_same(message_at(a, i), message_at(b, k));
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
		x = at(a, i);
		y = at(b, k);
		return x->len == y->len && (!x->len || !memcmp(x->data, y->data, x->len));
	case PROTOBUF_C_TYPE_FLOAT:
		return ((float *)a->at)[i] == ((float *)b->at)[k];
	case PROTOBUF_C_TYPE_DOUBLE:
		return ((double *)a->at)[i] == ((double *)b->at)[k];
	default:
		return ((int64_t *)a->at)[i] == ((int64_t *)b->at)[k];
	}
}

/* The slot of a field that says something, or 0. */
static const FieldSlot *
said(const Msg *m, const Field *f)
{
	const FieldSlot *s = msg_slot(m, f);

	return s && s->n && !slot_is_default(s) ? s : NULL;
}

bool
msg_says(const Msg *m, const char *field)
{
	msg_split(m);
	return said(m, named(m, field)) != NULL;
}

/* The key of an entry; none: what stands for one that is not there. */
static const FieldSlot *
key_of(const Msg *entry, const FieldSlot *none)
{
	const FieldSlot *s;

	msg_split(entry);
	s = msg_slot(entry, none->f);
	return s && s->n ? s : none;
}

Msg *
msg_map_find(const Msg *m, const char *field, const Msg *key)
{
	static const int64_t zero[2];
	const FieldSlot none = {.f = &key->descriptor->fields[0], .at = (void *)(uintptr_t)zero};
	const FieldSlot *wanted = key_of(key, &none), *all;

	msg_split(m);
	all = msg_slot(m, named(m, field));
	for (size_t i = all ? all->n : 0; i-- > 0;) /* the last of a key counts */
		if (same_element(key_of(message_at(all, i), &none), 0, wanted, 0))
			return message_at(all, i);
	return NULL;
}

static bool
same_map(const Msg *a, const Msg *b, const char *field)
{
	if (msg_count(a, field) != msg_count(b, field))
		return false;
	for (size_t i = 0; i < msg_count(a, field); i++) {
		const Msg *x = msg_at(a, field, i), *y = msg_map_find(b, field, x);
		if (!y || !msg_same(x, y))
			return false;
	}
	return true;
}

bool
msg_same(const Msg *a, const Msg *b)
{
	if (a->descriptor != b->descriptor)
		return false;
	msg_split(a);
	msg_split(b);
	for (unsigned i = 0; i < a->descriptor->n_fields; i++) {
		const Field *f = &a->descriptor->fields[i];
		const FieldSlot *x = said(a, f), *y = said(b, f);

		if (!x != !y || (x && x->n != y->n))
			return false;
		if (x && msg_is_map(f) && !same_map(a, b, f->name))
			return false;
		for (size_t k = 0; x && !msg_is_map(f) && k < x->n; k++)
			if (!same_element(x, k, y, k))
				return false;
	}
	return true;
}

/* ---- whole messages ---- */

/* What a message is, as bytes that stay. */
static Text
as_bytes(Arena *a, const Msg *from)
{
	Msg *m = (Msg *)(uintptr_t)from;
	Buf b = {0};
	Text t = {m->nraw, (uint8_t *)(uintptr_t)m->raw};

	if (m->raw && !m->changed)
		return t;
	msg_write(m, &b);
	t = (Text){b.n, arena_dup(a, b.n ? b.at : "", b.n)};
	buf_free(&b);
	return t;
}

Msg *
msg_copy(Arena *a, const Msg *m)
{
	Msg *copy = msg_new(a, m->descriptor);
	Text t = as_bytes(a, m);

	copy->raw = t.data;
	copy->nraw = t.len;
	return copy;
}

const char *
msg_parse(Msg *m, const void *p, size_t n)
{
	const char *why = pb_check(m->arena, m->descriptor, p, n);

	if (why)
		return why;
	msg_clear_all(m);
	m->slot = NULL;
	m->nslot = 0;
	m->raw = n ? p : (const void *)"";
	m->nraw = n;
	m->split = false;
	msg_split(m); /* one that was changed is not looked at as bytes again */
	m->changed = true;
	return NULL;
}

const char *
msg_assign(Msg *m, const Msg *from)
{
	Text t;

	if (m == from)
		return NULL;
	t = as_bytes(m->arena, from);
	return msg_parse(m, t.data, t.len);
}

static const char *
merge_slot(Msg *m, const FieldSlot *s)
{
	const char *field = s->f->name, *why = NULL;
	size_t n = s->n, old = msg_count(m, field), size = element_size(s->f);

	if (!is_repeated(s->f) && s->f->type == PROTOBUF_C_TYPE_MESSAGE)
		return msg_merge(msg_edit(m, field), message_at(s, 0));
	if (!is_repeated(s->f)) {
		void *from = s->at;
		FieldSlot *to = msg_touch(m, s->f);
		memcpy(msg_push(m->arena, to), from, size);
		return NULL;
	}
	if (s->f->type != PROTOBUF_C_TYPE_MESSAGE) {
		const void *from = s->at;
		msg_splice(m, field, old, 0, n);
		memcpy(at(msg_slot(m, s->f), old), from, n * size);
		return NULL;
	}
	for (size_t i = 0; !why && i < n; i++) {
		const Msg *e = message_at(s, i);
		Msg *to = msg_is_map(s->f) ? msg_map_find(m, field, e) : NULL;
		why = msg_assign(to ? to : msg_sub(m, field), e);
	}
	return why;
}

void
msg_take(Msg *m, const Msg *from, const char *field)
{
	const FieldSlot *s;

	msg_split(from);
	s = msg_slot(from, named(from, field));
	if (s && s->n)
		merge_slot(m, s);
}

const char *
msg_merge(Msg *m, const Msg *from)
{
	const char *why = NULL;

	msg_present(m);
	msg_split(from);
	for (uint32_t i = 0; !why && i < from->nslot; i++)
		if (from->slot[i].n && !slot_is_default(&from->slot[i]))
			why = merge_slot(m, &from->slot[i]);
	return why;
}

size_t
msg_unknown(const Msg *m)
{
	size_t n = 0;

	msg_split(m);
	for (uint32_t k = 0; k < m->npiece; k++)
		n += m->piece[k].slot == NOSLOT;
	for (unsigned k = 0; k < m->descriptor->n_fields; k++) {
		const Field *f = &m->descriptor->fields[k];
		bool list = f->label == PROTOBUF_C_LABEL_REPEATED;
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		for (size_t i = 0; list && i < msg_count(m, f->name); i++)
			n += msg_unknown(msg_at(m, f->name, i));
		if (!list && msg_get(m, f->name))
			n += msg_unknown(msg_get(m, f->name));
	}
	return n;
}
