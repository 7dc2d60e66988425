/* msg.c: message trees (msg.h): splitting what was read, asking and setting. pb.c has checked all
 * bytes before the first is split, so splitting cannot fail.
 */
#include "msg_impl.h"

/* ---- fields and slots ---- */

static const Field *
field_of(const Msg *m, const char *name)
{
	const Field *f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);

	if (!f)
		die("message %s has no field %s", m->descriptor->name, name);
	return f;
}

static bool
same_oneof(const Field *f, const Field *g)
{
	return f != g && in_oneof(f) && in_oneof(g) && f->quantifier_offset == g->quantifier_offset;
}

static bool
is_map_entry(const ProtobufCMessageDescriptor *d)
{
	return d->n_fields == 2 && !strcmp(d->fields[0].name, "key") &&
	       !strcmp(d->fields[1].name, "value") &&
	       d->fields[0].type != PROTOBUF_C_TYPE_MESSAGE;
}

bool
msg_is_map(const ProtobufCFieldDescriptor *f)
{
	return is_repeated(f) && f->type == PROTOBUF_C_TYPE_MESSAGE && is_map_entry(f->descriptor);
}

FieldSlot *
msg_slot(const Msg *m, const Field *f)
{
	for (uint32_t i = 0; i < m->nslot; i++)
		if (m->slot[i].f == f)
			return &m->slot[i];
	return NULL;
}

static FieldSlot *
make_slot(Msg *m, const Field *f)
{
	FieldSlot *s = msg_slot(m, f);

	if (s)
		return s;
	if ((m->nslot & (m->nslot - 1)) == 0) {
		uint32_t cap = MAX(m->nslot, 1);
		m->slot = vec_grow(m->arena, m->slot, m->nslot, &cap, sizeof *m->slot);
	}
	m->slot[m->nslot] = (FieldSlot){.f = f, .entry = is_map_entry(m->descriptor)};
	return &m->slot[m->nslot++];
}

void *
msg_push(Arena *a, FieldSlot *s)
{
	size_t size = element_size(s->f);

	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 1;
		void *grown = arena_array(a, cap, size);
		if (s->n)
			memcpy(grown, s->at, s->n * size);
		s->at = grown;
		s->cap = cap;
	}
	return (char *)s->at + s->n++ * size;
}

/* ---- splitting ---- */

static uint64_t
take_varint(const uint8_t **p)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t c = *(*p)++;
		if (shift < 64)
			v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
}

static int64_t
as_integer(const Field *f, uint64_t v)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_BOOL:
		return v != 0;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return (uint32_t)v;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
	case PROTOBUF_C_TYPE_SFIXED32:
		return (int32_t)(uint32_t)v;
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SINT64:
		return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
	default:
		return (int64_t)v;
	}
}

/* One number at *p, in the form of the field's type. */
static void
take_number(Arena *a, FieldSlot *s, const uint8_t **p)
{
	uint32_t half;
	uint64_t v;

	switch (pb_wire(s->f->type)) {
	case PB_32:
		memcpy(&half, *p, 4);
		*p += 4;
		if (s->f->type == PROTOBUF_C_TYPE_FLOAT)
			memcpy(msg_push(a, s), &half, 4);
		else
			*(int64_t *)msg_push(a, s) = as_integer(s->f, half);
		break;
	case PB_64:
		memcpy(&v, *p, 8);
		*p += 8;
		memcpy(msg_push(a, s), &v, 8);
		break;
	default:
		v = take_varint(p);
		*(int64_t *)msg_push(a, s) = as_integer(s->f, v);
	}
}

static void
take_packed(Arena *a, FieldSlot *s, const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	size_t size = element_size(s->f);

	if (pb_wire(s->f->type) == PB_VARINT || s->n || n < size ||
	    (size == 8 && pb_wire(s->f->type) == PB_32)) {
		while (p < end)
			take_number(a, s, &p);
		return;
	}
	s->n = s->cap = n / size;
	s->at = arena_dup(a, p, n);
}

static Msg *
child_new(Msg *owner, const Field *f, const uint8_t *p, size_t n)
{
	Msg *m = msg_new(owner->arena, f->descriptor);

	m->owner = owner;
	m->raw = p;
	m->nraw = n;
	return m;
}

/* A single message that comes again goes on where the first ended. */
static void
merge_message(Msg *m, FieldSlot *s, const uint8_t *p, size_t n)
{
	Msg *old = *(Msg **)s->at;
	uint8_t *both = arena_alloc(m->arena, old->nraw + n + 1);

	memcpy(both, old->raw, old->nraw);
	memcpy(both + old->nraw, p, n);
	old->raw = both;
	old->nraw += n;
	s->changed = true; /* two pieces became one */
}

static void
take_field(Msg *m, const Field *f, unsigned wire, const uint8_t *p, const uint8_t *end,
           Piece *piece)
{
	FieldSlot *s = make_slot(m, f);

	for (uint32_t i = 0; in_oneof(f) && i < m->nslot; i++)
		if (same_oneof(f, m->slot[i].f))
			m->slot[i].n = 0; /* the last one counts */
	piece->slot = (uint32_t)(s - m->slot);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		if (s->n && !is_repeated(f)) {
			merge_message(m, s, p, (size_t)(end - p));
			return;
		}
		piece->elem = s->n;
		*(Msg **)msg_push(m->arena, s) = child_new(m, f, p, (size_t)(end - p));
	} else if (is_text(f)) {
		if (!is_repeated(f))
			s->n = 0;
		piece->elem = s->n;
		Text *t = msg_push(m->arena, s);
		t->len = (size_t)(end - p);
		t->data = f->type == PROTOBUF_C_TYPE_BYTES
		              ? (uint8_t *)(uintptr_t)p
		              : memcpy(arena_alloc(m->arena, t->len + 1), p, t->len);
	} else if (wire == PB_BYTES) {
		take_packed(m->arena, s, p, (size_t)(end - p));
	} else {
		if (!is_repeated(f))
			s->n = 0;
		take_number(m->arena, s, &p);
	}
	s->npiece = s->n;
}

/* Finds the slots of a message that was read. */
void
msg_split(const Msg *constant)
{
	Msg *m = (Msg *)(uintptr_t)constant;
	const uint8_t *p = m->raw, *end = p + m->nraw;
	uint32_t cap = 0;

	if (m->split || !m->raw)
		return;
	m->split = true;
	while (p < end) {
		Piece piece = {.at = p, .slot = NOSLOT};
		uint64_t tag = take_varint(&p), len;
		unsigned wire = tag & 7;
		const uint8_t *from = p;
		piece.id = (uint32_t)(tag >> 3);
		if (wire == PB_VARINT)
			take_varint(&p);
		else if (wire == PB_BYTES)
			len = take_varint(&p), from = p, p += len;
		else
			p += wire == PB_64 ? 8 : 4;
		piece.n = (size_t)(p - piece.at);
		const Field *f = protobuf_c_message_descriptor_get_field(m->descriptor, piece.id);
		if (f)
			take_field(m, f, wire, from, p, &piece);
		if (m->npiece == cap) {
			cap = MAX(cap, 2);
			m->piece = vec_grow(m->arena, m->piece, m->npiece, &cap, sizeof piece);
		}
		m->piece[m->npiece++] = piece;
	}
}

Msg *
msg_new(Arena *a, const ProtobufCMessageDescriptor *d)
{
	Msg *m = new (a, Msg);

	m->descriptor = d;
	m->arena = a;
	return m;
}

Msg *
msg_read(Arena *a, const ProtobufCMessageDescriptor *d, const void *p, size_t n, const char **error)
{
	Msg *m;

	*error = pb_check(a, d, p, n);
	if (*error)
		return NULL;
	m = msg_new(a, d);
	m->raw = n ? p : (const void *)"";
	m->nraw = n;
	return m;
}

/* ---- asking ---- */

static const FieldSlot *
slot_of(const Msg *m, const char *field)
{
	if (!m)
		return NULL;
	msg_split(m);
	return msg_slot(m, field_of(m, field));
}

static const void *
element(const Msg *m, const char *field, size_t i)
{
	const FieldSlot *s = slot_of(m, field);

	if (s && s->source)
		die("the floats of %s are only written", field);
	return s && i < s->n ? (const char *)s->at + i * element_size(s->f) : NULL;
}

bool
msg_has(const Msg *m, const char *field)
{
	return element(m, field, 0) != NULL;
}

const Msg *
msg_at(const Msg *m, const char *field, size_t i)
{
	Msg *const *at = element(m, field, i);

	return at ? *at : NULL;
}

const Msg *
msg_get(const Msg *m, const char *field)
{
	return msg_at(m, field, 0);
}

const char *
msg_case(const Msg *m, const char *any)
{
	const Field *f = field_of(m, any);

	msg_split(m);
	for (uint32_t i = 0; i < m->nslot; i++)
		if (m->slot[i].n && (m->slot[i].f == f || same_oneof(m->slot[i].f, f)))
			return m->slot[i].f->name;
	return NULL;
}

bool
msg_repeated(const Msg *m, const char *field)
{
	return is_repeated(field_of(m, field));
}

size_t
msg_count(const Msg *m, const char *field)
{
	const FieldSlot *s = slot_of(m, field);

	return s ? s->n : 0;
}

static double
load_float(const Field *f, const void *at)
{
	if (f->type == PROTOBUF_C_TYPE_DOUBLE)
		return *(const double *)at;
	if (f->type == PROTOBUF_C_TYPE_FLOAT)
		return *(const float *)at;
	return (double)*(const int64_t *)at;
}

static int64_t
load_int(const Field *f, const void *at)
{
	if (f->type == PROTOBUF_C_TYPE_DOUBLE || f->type == PROTOBUF_C_TYPE_FLOAT)
		return (int64_t)load_float(f, at);
	return *(const int64_t *)at;
}

int64_t
msg_int_at(const Msg *m, const char *field, size_t i)
{
	const void *at = element(m, field, i);

	return at ? load_int(field_of(m, field), at) : 0;
}

int64_t
msg_get_int(const Msg *m, const char *field)
{
	return msg_int_at(m, field, 0);
}

double
msg_float_at(const Msg *m, const char *field, size_t i)
{
	const void *at = element(m, field, i);

	return at ? load_float(field_of(m, field), at) : 0;
}

double
msg_get_float(const Msg *m, const char *field)
{
	return msg_float_at(m, field, 0);
}

const Text *
msg_bytes_at(const Msg *m, const char *field, size_t i)
{
	static const Text nothing = {0, (uint8_t *)(uintptr_t)""};
	const Text *t = element(m, field, i);

	return t ? t : &nothing;
}

const ProtobufCBinaryData *
msg_bytes(const Msg *m, const char *field)
{
	return msg_bytes_at(m, field, 0);
}

const char *
msg_string_at(const Msg *m, const char *field, size_t i)
{
	return (const char *)msg_bytes_at(m, field, i)->data;
}

const char *
msg_get_string(const Msg *m, const char *field)
{
	return msg_string_at(m, field, 0);
}

const void *
msg_array(const Msg *m, const char *field)
{
	return element(m, field, 0);
}

const Msg *
map_entry(const Msg *m, const char *field, const char *key)
{
	for (size_t i = msg_count(m, field); i-- > 0;) { /* the last of a key counts */
		const Msg *e = msg_at(m, field, i);
		if (!strcmp(msg_get_string(e, "key"), key))
			return e;
	}
	return NULL;
}

const Msg *
msg_entry(const Msg *m, const char *field, const char *key)
{
	return msg_get(map_entry(m, field, key), "value");
}

/* ---- setting ---- */

/* A message that was only asked for becomes a part of the one that it was asked of. */
static void
join(Msg *m)
{
	const Field *f = m->joins;
	FieldSlot *s;

	if (!f)
		return;
	m->joins = NULL;
	s = msg_touch(m->owner, f);
	s->loose = NULL;
	*(Msg **)msg_push(m->arena, s) = m;
}

FieldSlot *
msg_touch(Msg *m, const Field *f)
{
	FieldSlot *s;

	msg_split(m);
	join(m);
	s = make_slot(m, f);
	for (Msg *o = m; o && !o->changed; o = o->owner)
		o->changed = true;
	for (uint32_t i = 0; in_oneof(f) && i < m->nslot; i++)
		if (same_oneof(f, m->slot[i].f))
			m->slot[i].n = 0, m->slot[i].changed = true;
	if (!is_repeated(f))
		s->n = 0;
	if (!is_repeated(f) || f->type != PROTOBUF_C_TYPE_MESSAGE)
		s->changed = true;
	return s;
}

Msg *
msg_sub(Msg *m, const char *field)
{
	FieldSlot *s = msg_touch(m, field_of(m, field));
	Msg *sub = s->loose ? s->loose : msg_new(m->arena, s->f->descriptor);

	s->loose = NULL;
	sub->joins = NULL;
	sub->owner = m;
	sub->changed = true;
	*(Msg **)msg_push(m->arena, s) = sub;
	return sub;
}

Msg *
msg_edit(Msg *m, const char *field)
{
	const Msg *old = msg_get(m, field);

	return old ? (Msg *)(uintptr_t)old : msg_sub(m, field);
}

Msg *
msg_lazy(Msg *m, const char *field)
{
	FieldSlot *s;
	Msg *sub;

	msg_split(m);
	s = make_slot(m, field_of(m, field));
	if (s->n)
		return *(Msg **)s->at;
	if (!s->loose) {
		sub = s->loose = msg_new(m->arena, s->f->descriptor);
		sub->joins = s->f;
		sub->owner = m;
		sub->changed = true;
	}
	return s->loose;
}

void
msg_present(Msg *m)
{
	join(m);
}

static void
set_number(Msg *m, const Field *f, int64_t i, double d)
{
	void *at = msg_push(m->arena, msg_touch(m, f));

	if (f->type == PROTOBUF_C_TYPE_DOUBLE)
		*(double *)at = d;
	else if (f->type == PROTOBUF_C_TYPE_FLOAT)
		*(float *)at = (float)d;
	else
		*(int64_t *)at = as_integer(f, (uint64_t)i);
}

void
msg_int(Msg *m, const char *field, int64_t v)
{
	const Field *f = field_of(m, field);

	if (f->type == PROTOBUF_C_TYPE_SINT32 || f->type == PROTOBUF_C_TYPE_SINT64)
		die("field %s is zigzag", field);
	set_number(m, f, v, (double)v);
}

void
msg_float(Msg *m, const char *field, double v)
{
	bool fits = v >= -0x1p63 && v < 0x1p63; /* NaN does not */

	set_number(m, field_of(m, field), fits ? (int64_t)v : 0, v);
}

void
msg_ints(Msg *m, const char *field, const int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		msg_int(m, field, v[i]);
}

float *
msg_floats(Msg *m, const char *field, size_t n)
{
	FieldSlot *s = msg_touch(m, field_of(m, field));

	s->at = arena_array(m->arena, n ? n : 1, sizeof(float));
	s->n = s->cap = n;
	return s->at;
}

void
msg_floats_from(Msg *m, const char *field, size_t n, const FloatSource *source)
{
	FieldSlot *s = msg_touch(m, field_of(m, field));

	s->n = n;
	s->source = source;
}

void
msg_set_bytes(Msg *m, const char *field, const void *p, size_t n)
{
	Text *t = msg_push(m->arena, msg_touch(m, field_of(m, field)));

	t->len = n;
	t->data = (uint8_t *)(uintptr_t)p;
}

void
msg_string(Msg *m, const char *field, const char *s)
{
	msg_set_bytes(m, field, s, strlen(s));
}

void
msg_reencode(Msg *m)
{
	msg_split(m);
	m->changed = true;
	for (uint32_t i = 0; i < m->nslot; i++) {
		FieldSlot *s = &m->slot[i];
		if (s->f->type != PROTOBUF_C_TYPE_MESSAGE)
			s->changed = s->n > 0; /* a member of a oneof that another replaced stays */
		for (size_t k = 0; s->f->type == PROTOBUF_C_TYPE_MESSAGE && k < s->n; k++)
			msg_reencode(((Msg **)s->at)[k]);
	}
}
