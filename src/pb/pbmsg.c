/* pbmsg.c: see pbmsg.h. */
#include "pbmsg.h"

typedef ProtobufCFieldDescriptor Field;

static const Field *
field_of(const Msg *m, const char *name)
{
	const Field *f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);

	if (!f)
		die("message %s has no field %s", m->descriptor->name, name);
	return f;
}

static void *
member(const Msg *m, const Field *f)
{
	return (char *)(uintptr_t)m + f->offset;
}

static bool
is_oneof(const Field *f)
{
	return (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static uint32_t *
oneof_case(const Msg *m, const Field *f)
{
	return (uint32_t *)(void *)((char *)(uintptr_t)m + f->quantifier_offset);
}

Msg *
msg_new(Arena *a, const ProtobufCMessageDescriptor *d)
{
	Msg *m = arena_alloc(a, d->sizeof_message);

	d->message_init(m);
	return m;
}

static size_t
element_size(const Field *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	default:
		return 4; /* int32, uint32, float, enum, bool */
	}
}

/* The place of one more element of a repeated field. The array doubles at powers of two. */
static void *
append(Arena *a, Msg *m, const Field *f)
{
	size_t *n = (size_t *)(void *)((char *)m + f->quantifier_offset), size = element_size(f);
	char **at = member(m, f);

	if ((*n & (*n - 1)) == 0) {
		char *grown = arena_array(a, *n ? *n * 2 : 1, size);
		if (*n)
			memcpy(grown, *at, *n * size);
		*at = grown;
	}
	return *at + (*n)++ * size;
}

/* Where a value of the field is to be written. */
static void *
target(Arena *a, Msg *m, const Field *f)
{
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return append(a, m, f);
	if (is_oneof(f))
		*oneof_case(m, f) = f->id;
	return member(m, f);
}

Msg *
msg_sub(Arena *a, Msg *m, const char *field)
{
	const Field *f = field_of(m, field);
	Msg *sub = msg_new(a, f->descriptor);

	*(Msg **)target(a, m, f) = sub;
	return sub;
}

static void
store_int(void *at, const Field *f, int64_t v)
{
	if (element_size(f) == 8)
		*(int64_t *)at = v;
	else
		*(int32_t *)at = (int32_t)v;
}

void
msg_int(Arena *a, Msg *m, const char *field, int64_t v)
{
	const Field *f = field_of(m, field);

	store_int(target(a, m, f), f, v);
}

void
msg_float(Arena *a, Msg *m, const char *field, double v)
{
	const Field *f = field_of(m, field);
	void *at = target(a, m, f);

	if (f->type == PROTOBUF_C_TYPE_DOUBLE)
		*(double *)at = v;
	else if (f->type == PROTOBUF_C_TYPE_FLOAT)
		*(float *)at = (float)v;
	else
		store_int(at, f, (int64_t)v);
}

void
msg_string(Arena *a, Msg *m, const char *field, const char *s)
{
	*(const char **)target(a, m, field_of(m, field)) = s;
}

void
msg_ints(Arena *a, Msg *m, const char *field, const int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		msg_int(a, m, field, v[i]);
}

float *
msg_floats(Arena *a, Msg *m, const char *field, size_t n)
{
	const Field *f = field_of(m, field);
	float *at = arena_array(a, n ? n : 1, sizeof(float));

	*(float **)member(m, f) = at;
	*(size_t *)(void *)((char *)m + f->quantifier_offset) = n;
	return at;
}

/* ---- reading ---- */

const Msg *
msg_get(const Msg *m, const char *field)
{
	const Field *f = field_of(m, field);

	if (is_oneof(f) && *oneof_case(m, f) != f->id)
		return NULL;
	return *(Msg *const *)member(m, f);
}

bool
msg_has(const Msg *m, const char *field)
{
	const Field *f = field_of(m, field);

	if (is_oneof(f))
		return *oneof_case(m, f) == f->id;
	return *(Msg *const *)member(m, f) != NULL;
}

const char *
msg_case(const Msg *m, const char *any)
{
	uint32_t id = *oneof_case(m, field_of(m, any));
	const Field *f = id ? protobuf_c_message_descriptor_get_field(m->descriptor, id) : NULL;

	return f ? f->name : NULL;
}

static int64_t
load_int(const void *at, const Field *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		return *(const int64_t *)at;
	case PROTOBUF_C_TYPE_UINT32:
		return *(const uint32_t *)at;
	case PROTOBUF_C_TYPE_FLOAT:
		return (int64_t) * (const float *)at;
	default:
		return *(const int32_t *)at;
	}
}

static double
load_float(const void *at, const Field *f)
{
	if (f->type == PROTOBUF_C_TYPE_DOUBLE)
		return *(const double *)at;
	if (f->type == PROTOBUF_C_TYPE_FLOAT)
		return *(const float *)at;
	return (double)load_int(at, f);
}

int64_t
msg_get_int(const Msg *m, const char *field)
{
	const Field *f = field_of(m, field);

	return is_oneof(f) && *oneof_case(m, f) != f->id ? 0 : load_int(member(m, f), f);
}

double
msg_get_float(const Msg *m, const char *field)
{
	const Field *f = field_of(m, field);

	return is_oneof(f) && *oneof_case(m, f) != f->id ? 0 : load_float(member(m, f), f);
}

const char *
msg_get_string(const Msg *m, const char *field)
{
	return *(const char *const *)member(m, field_of(m, field));
}

size_t
msg_count(const Msg *m, const char *field)
{
	const Field *f = field_of(m, field);

	return *(const size_t *)(const void *)((const char *)m + f->quantifier_offset);
}

static const void *
element(const Msg *m, const Field *f, size_t i)
{
	const char *at = *(char *const *)member(m, f);

	return at + i * element_size(f);
}

int64_t
msg_int_at(const Msg *m, const char *field, size_t i)
{
	const Field *f = field_of(m, field);

	return load_int(element(m, f, i), f);
}

double
msg_float_at(const Msg *m, const char *field, size_t i)
{
	const Field *f = field_of(m, field);

	return load_float(element(m, f, i), f);
}

const Msg *
msg_at(const Msg *m, const char *field, size_t i)
{
	return *(Msg *const *)element(m, field_of(m, field), i);
}

const char *
msg_string_at(const Msg *m, const char *field, size_t i)
{
	return *(const char *const *)element(m, field_of(m, field), i);
}

const ProtobufCBinaryData *
msg_bytes(const Msg *m, const char *field)
{
	return (const ProtobufCBinaryData *)member(m, field_of(m, field));
}

bool
msg_repeated(const Msg *m, const char *field)
{
	return field_of(m, field)->label == PROTOBUF_C_LABEL_REPEATED;
}

const float *
msg_float_array(const Msg *m, const char *field)
{
	return *(float *const *)member(m, field_of(m, field));
}
