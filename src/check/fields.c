/* fields.c: the rules for single fields, of kinds of models (fields.def) and of layers
 * (layers.def). */
#include "checking.h"

#include <math.h>

typedef struct FieldRule {
	const char *type, *path;
	enum { TEST_SET, TEST_FILLED, TEST_WITHIN, TEST_EITHER, TEST_ORDERED } test;
	double low, high;
	const char *more; /* TEST_ORDERED: what must not be less */
} FieldRule;

static const FieldRule kinds[] = {
#define SET(type, path)               {#type, path, TEST_SET, 0, 0, NULL},
#define FILLED(type, path)            {#type, path, TEST_FILLED, 0, 0, NULL},
#define WITHIN(type, path, low, high) {#type, path, TEST_WITHIN, low, high, NULL},
#include "fields.def"
#undef SET
#undef FILLED
#undef WITHIN
};

static const FieldRule layers[] = {
#define SET(type, path)               {#type, #type "." path, TEST_SET, 0, 0, NULL},
#define FILLED(type, path)            {#type, #type "." path, TEST_FILLED, 0, 0, NULL},
#define WITHIN(type, path, low, high) {#type, #type "." path, TEST_WITHIN, low, high, NULL},
#define EITHER(type, path, a, b)      {#type, #type "." path, TEST_EITHER, a, b, NULL},
#define ORDERED(type, low, high)      {#type, #type "." low, TEST_ORDERED, 0, 0, #type "." high},
#include "layers.def"
};

/* The message that has the last field of a path, whose name is *field; false: the rule ends. */
static bool
walk(Arena *a, const Msg **m, const char *path, const char **field)
{
	for (;;) {
		size_t n = strcspn(path, ".?");
		*field = arena_printf(a, "%.*s", (int)n, path);
		if (!path[n])
			return true;
		*m = *m ? msg_get(*m, *field) : NULL;
		if (path[n] == '?' && !*m)
			return false;
		path += n + (path[n] == '?') + 1;
	}
}

static bool
is_filled(const Msg *m, const char *field)
{
	const ProtobufCFieldDescriptor *f =
	    m ? protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field) : NULL;

	if (!f || f->label == PROTOBUF_C_LABEL_REPEATED)
		return f && msg_count(m, field);
	return msg_bytes(m, field)->len > 0;
}

/* One member of its oneof is set, or it is. */
static void
check_set(Checking *k, const char *path, const Msg *m, const char *field, Span at)
{
	const ProtobufCFieldDescriptor *f =
	    m ? protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field) : NULL;
	bool alone = f && !(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);

	if (alone && !msg_has(m, field))
		diag_error(k->diag, at, "'%s' is not set", path);
	else if (!f || (!alone && !msg_case(m, field)))
		diag_error(k->diag, at, "'%s', or what may stand in its place, is not set", path);
}

/* The path without question marks, as msg_get_path has it. */
static const char *
plain(Arena *a, const char *path)
{
	char *s = arena_strdup(a, path), *to = s;

	for (const char *p = s; *p; p++)
		if (*p != '?')
			*to++ = *p;
	*to = '\0';
	return s;
}

static void
check_within(Checking *k, const FieldRule *r, const char *path, double v, Span at)
{
	if (isinf(r->high) && !(v >= r->low))
		diag_error(k->diag, at, "'%s' is %g, expected %.10g or more", path, v, r->low);
	else if (!isinf(r->high) && !(v >= r->low && v <= r->high))
		diag_error(k->diag, at, "'%s' is %g, expected %.10g to %.10g", path, v, r->low,
		           r->high);
}

static void
check_length(Checking *k, const FieldRule *r, const char *path, size_t n, Span at)
{
	size_t a = (size_t)r->low, b = (size_t)r->high;

	if (n != a && n != b && a == b)
		diag_error(k->diag, at, "'%s' has length %zu, expected %zu", path, n, a);
	else if (n != a && n != b)
		diag_error(k->diag, at, "'%s' has length %zu, expected %zu or %zu", path, n, a, b);
}

static void
check_order(Checking *k, const FieldRule *r, const Msg *m, double v, Span at)
{
	const char *field;
	double more;

	walk(k->arena, &m, r->more, &field);
	more = msg_get_float(m, field);
	if (v > more)
		diag_error(k->diag, at, "'%s' is %g, which is more than '%s', %g", r->path, v,
		           r->more, more);
}

static void
check_field(Checking *k, const FieldRule *r, const Msg *m, Span at)
{
	const Msg *last = m;
	const char *field, *path = plain(k->arena, r->path);

	if (!walk(k->arena, &last, r->path, &field))
		return;
	switch (r->test) {
	case TEST_SET:
		check_set(k, path, last, field, at);
		break;
	case TEST_FILLED:
		if (!is_filled(last, field))
			diag_error(k->diag, at, "'%s' is empty", path);
		break;
	case TEST_WITHIN:
		check_within(k, r, path, last ? msg_get_float(last, field) : 0, at);
		break;
	case TEST_EITHER:
		check_length(k, r, path, last ? msg_count(last, field) : 0, at);
		break;
	case TEST_ORDERED:
		check_order(k, r, m, msg_get_float(last, field), at);
	}
}

void
check_fields(Checking *k, const char *type, const Msg *m, Span at)
{
	for (size_t i = 0; i < countof(kinds); i++)
		if (!strcmp(kinds[i].type, type))
			check_field(k, &kinds[i], m, at);
}

void
check_layer_fields(Checking *k, const char *type, const Msg *layer, Span at)
{
	for (size_t i = 0; i < countof(layers); i++)
		if (!strcmp(layers[i].type, type))
			check_field(k, &layers[i], layer, at);
}
