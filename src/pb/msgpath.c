/* msgpath.c: fields of a message by path, for what users name. A path is names with dots between
 * them; [n] is an element of a repeated field, [key] an entry of a map, whose value is meant:
 * "description.metadata.userDefined[com.example.note]".
 */
#include "msg_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct PathStep { /* one name of a path */
	const Field *f;
	const char *index; /* between the brackets, or 0 */
	bool last;
} PathStep;

/* Takes the next step off *path (which is written into). 0, or why there is none. */
static const char *
take_step(Arena *a, const Msg *m, char **path, PathStep *s)
{
	size_t n = strcspn(*path, ".[");
	char *name = arena_printf(a, "%.*s", (int)n, *path), *close;

	*s = (PathStep){protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name), 0,
	                false};
	if (!s->f)
		return arena_printf(a, "%s has no field '%s'", m->descriptor->short_name, name);
	*path += n;
	if (**path == '[') {
		close = strchr(*path, ']');
		if (!close)
			return arena_printf(a, "'%s' has no closing bracket", *path);
		s->index = arena_printf(a, "%.*s", (int)(close - *path - 1), *path + 1);
		*path = close + 1;
	}
	s->last = !**path;
	if (!s->last && *(*path)++ != '.')
		return arena_printf(a, "expected a dot in front of '%s'", *path - 1);
	if (!s->last && s->f->type != PROTOBUF_C_TYPE_MESSAGE)
		return arena_printf(a, "'%s' has no fields", name);
	return NULL;
}

/* The entry of a map with this key, made if need be. */
static Msg *
entry_of(Msg *m, const char *field, const char *key, bool make)
{
	const Msg *old = map_entry(m, field, key);

	if (old || !make)
		return (Msg *)(uintptr_t)old;
	m = msg_sub(m, field);
	msg_string(m, "key", key);
	return m;
}

/* The message that a step leads to; 0 and *why. */
static Msg *
enter(Msg *m, const PathStep *s, bool make, const char **why)
{
	const char *name = s->f->name;
	const Msg *at;

	if (msg_is_map(s->f) && s->index)
		at = entry_of(m, name, s->index, make);
	else if (is_repeated(s->f))
		at = s->index ? msg_at(m, name, strtoul(s->index, NULL, 10)) : NULL;
	else
		at = make ? msg_edit(m, name) : msg_get(m, name);
	if (!at)
		*why = arena_printf(m->arena, "'%s[%s]' is not there", name,
		                    s->index ? s->index : "");
	return (Msg *)(uintptr_t)at;
}

/* Walks to the message that has the last field. 0, or why it cannot. */
static const char *
walk(Msg **m, const char *path, bool make, PathStep *s)
{
	Arena *a = (*m)->arena;
	char *rest = arena_strdup(a, path);
	const char *why;

	for (;;) {
		why = take_step(a, *m, &rest, s);
		if (why)
			return why;
		if (s->last && !(msg_is_map(s->f) && s->index))
			return NULL;
		*m = enter(*m, s, make, &why);
		if (!*m)
			return why;
		if (!msg_is_map(s->f))
			continue;
		/* An entry: its value is the field, or has it. */
		bool last = s->last;
		*s = (PathStep){protobuf_c_message_descriptor_get_field_by_name((*m)->descriptor,
		                                                            "value"),
		            NULL, last};
		if (last)
			return NULL;
		*m = enter(*m, s, make, &why);
		if (!*m)
			return why;
	}
}

/* What a field takes: "a whole number", or the names of an enumeration. */
static const char *
value_kind(const Field *f, Arena *a)
{
	const ProtobufCEnumDescriptor *e = f->descriptor;
	const char *names = "";

	switch (f->type) {
	case PROTOBUF_C_TYPE_BOOL: return "true or false";
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE: return "a number";
	case PROTOBUF_C_TYPE_ENUM: break;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32: return "a whole number of 32 bits";
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32: return "a whole number of 32 bits from 0 on";
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64: return "a whole number from 0 on";
	default: return "a whole number";
	}
	for (unsigned i = 0; i < e->n_values; i++)
		names = arena_printf(a, "%s%s%s", names,
		                     !i ? "" : i + 1 < e->n_values ? ", " : " or ",
		                     e->values[i].name);
	return names;
}

/* Whether the text is a whole number that the field holds. */
static bool
read_whole(const Field *f, const char *text, int64_t *out)
{
	ProtobufCType t = f->type;
	bool is_unsigned = t == PROTOBUF_C_TYPE_UINT32 || t == PROTOBUF_C_TYPE_FIXED32 ||
	                   t == PROTOBUF_C_TYPE_UINT64 || t == PROTOBUF_C_TYPE_FIXED64;
	bool wide = t == PROTOBUF_C_TYPE_UINT64 || t == PROTOBUF_C_TYPE_FIXED64 ||
	            t == PROTOBUF_C_TYPE_INT64 || t == PROTOBUF_C_TYPE_SINT64 ||
	            t == PROTOBUF_C_TYPE_SFIXED64;
	char *end;

	errno = 0;
	*out = is_unsigned ? (int64_t)strtoull(text, &end, 0) : strtoll(text, &end, 0);
	if (end == text || *end || errno || (is_unsigned && strchr(text, '-')))
		return false;
	return wide || (is_unsigned ? *out == (uint32_t)*out : *out == (int32_t)*out);
}

static const char *
set_value(Msg *m, const Field *f, const char *text)
{
	const ProtobufCEnumDescriptor *e = f->descriptor;
	const ProtobufCEnumValue *v;
	int64_t n;
	char *end;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		msg_string(m, f->name, arena_strdup(m->arena, text));
		return NULL;
	case PROTOBUF_C_TYPE_MESSAGE:
	case PROTOBUF_C_TYPE_BYTES:
		return arena_printf(m->arena, "'%s' is no number and no text", f->name);
	case PROTOBUF_C_TYPE_BOOL:
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			break;
		msg_int(m, f->name, text[0] == 't');
		return NULL;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		msg_float(m, f->name, strtod(text, &end));
		if (end == text || *end)
			break;
		return NULL;
	default:
		v = f->type == PROTOBUF_C_TYPE_ENUM
		        ? protobuf_c_enum_descriptor_get_value_by_name(e, text)
		        : NULL;
		if (!v && !read_whole(f, text, &n))
			break;
		msg_int(m, f->name, v ? v->value : n);
		return NULL;
	}
	return arena_printf(m->arena, "'%s' cannot be '%s', expected %s", f->name, text,
	                    value_kind(f, m->arena));
}

const char *
msg_set_path(Msg *root, const char *path, const char *value)
{
	PathStep s;
	const char *why = walk(&root, path, true, &s);

	if (why)
		return why;
	if (is_repeated(s.f))
		return arena_printf(root->arena, "'%s' is a list", s.f->name);
	return set_value(root, s.f, value);
}

const char *
msg_get_path(const Msg *root, const char *path)
{
	Msg *m = (Msg *)(uintptr_t)root;
	const ProtobufCEnumValue *v;
	size_t i = 0;
	PathStep s;

	if (walk(&m, path, false, &s))
		return NULL;
	if (is_repeated(s.f)) {
		i = s.index ? strtoul(s.index, NULL, 10) : 0;
		if (!s.index || i >= msg_count(m, s.f->name))
			return NULL;
	}
	switch (s.f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return msg_string_at(m, s.f->name, i);
	case PROTOBUF_C_TYPE_MESSAGE:
	case PROTOBUF_C_TYPE_BYTES:
		return NULL;
	case PROTOBUF_C_TYPE_BOOL:
		return msg_int_at(m, s.f->name, i) ? "true" : "false";
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return arena_printf(m->arena, "%.17g", msg_float_at(m, s.f->name, i));
	case PROTOBUF_C_TYPE_ENUM:
		v = protobuf_c_enum_descriptor_get_value(s.f->descriptor,
		                                         (int)msg_int_at(m, s.f->name, i));
		if (v)
			return v->name;
		/* fall through */
	default:
		return arena_printf(m->arena, "%lld", (long long)msg_int_at(m, s.f->name, i));
	}
}
