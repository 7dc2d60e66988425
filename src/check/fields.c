/* fields.c: the rules of fields.def: single fields of a kind of model. */
#include "checking.h"

#include <math.h>

typedef enum Test { TEST_SET, TEST_FILLED, TEST_WITHIN } Test;

static const struct {
	const char *type, *path;
	Test test;
	double low, high;
} rules[] = {
#define SET(type, path)               {#type, path, TEST_SET, 0, 0},
#define FILLED(type, path)            {#type, path, TEST_FILLED, 0, 0},
#define WITHIN(type, path, low, high) {#type, path, TEST_WITHIN, low, high},
#include "fields.def"
#undef SET
#undef FILLED
#undef WITHIN
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

static bool
is_set(const Msg *m, const char *field)
{
	const ProtobufCFieldDescriptor *f =
	    m ? protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field) : NULL;

	if (f && f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return msg_case(m, field);
	return f && msg_has(m, field);
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

void
check_fields(Checking *k, const char *type, const Msg *m, Span at)
{
	for (size_t i = 0; i < countof(rules); i++) {
		const Msg *last = m;
		const char *field, *path = plain(k->arena, rules[i].path);
		double low = rules[i].low, high = rules[i].high, v;
		if (strcmp(rules[i].type, type) != 0 ||
		    !walk(k->arena, &last, rules[i].path, &field))
			continue;
		if (rules[i].test == TEST_SET && !is_set(last, field))
			diag_error(k->diag, at, "'%s', or what may stand in its place, is not set",
			           path);
		if (rules[i].test == TEST_FILLED && !is_filled(last, field))
			diag_error(k->diag, at, "'%s' is empty", path);
		if (rules[i].test != TEST_WITHIN)
			continue;
		v = last ? msg_get_float(last, field) : 0;
		if (isinf(high) && !(v >= low))
			diag_error(k->diag, at, "'%s' is %g, expected %g or more", path, v, low);
		else if (!isinf(high) && !(v >= low && v <= high))
			diag_error(k->diag, at, "'%s' is %g, expected %g to %g", path, v, low,
			           high);
	}
}
