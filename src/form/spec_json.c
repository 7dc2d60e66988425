/* spec_json.c: see spec_json.h. */
#include "spec_json.h"

#include <math.h>
#include <stdlib.h>

#include "file/json_tree.h"
#include "tensor/floatrepr.h"

typedef ProtobufCFieldDescriptor Field;

enum { MAX_DEPTH = 200 };

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- writing ---- */

typedef struct Writer {
	Buf *b;
	const char *lead;
	int depth;
} Writer;

static void
new_line(Writer *w)
{
	buf_printf(w->b, "\n%s%*s", w->lead, 2 * w->depth, "");
}

void
put_json_string(Buf *b, const char *s)
{
	buf_byte(b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_printf(b, "\\u%04x", c);
		else
			buf_byte(b, c);
	}
	buf_byte(b, '"');
}

void
put_base64(Buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
		             (i + 2 < n ? p[i + 2] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_byte(b, i + k > n ? '=' : digits64[v >> (18 - 6 * k) & 63]);
	}
}

static void
put_float(Buf *b, double v, bool single)
{
	if (isnan(v) || isinf(v))
		buf_puts(b, isnan(v) ? "\"NaN\"" : v < 0 ? "\"-Infinity\"" : "\"Infinity\"");
	else if (single)
		put_float32(b, (float)v);
	else
		put_float64(b, v);
}

static void put_message(Writer *w, const Msg *m);

static void
put_one(Writer *w, const Msg *m, const Field *f, size_t i)
{
	const ProtobufCEnumValue *v;
	int64_t n;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		put_json_string(w->b, msg_string_at(m, f->name, i));
		break;
	case PROTOBUF_C_TYPE_BYTES:
		buf_byte(w->b, '"');
		put_base64(w->b, msg_bytes(m, f->name)->data, msg_bytes(m, f->name)->len);
		buf_byte(w->b, '"');
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		put_message(w, msg_at(m, f->name, i));
		break;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		put_float(w->b, msg_float_at(m, f->name, i), f->type == PROTOBUF_C_TYPE_FLOAT);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		buf_puts(w->b, msg_int_at(m, f->name, i) ? "true" : "false");
		break;
	default:
		n = msg_int_at(m, f->name, i);
		v = f->type == PROTOBUF_C_TYPE_ENUM
		        ? protobuf_c_enum_descriptor_get_value(f->descriptor, (int)n)
		        : NULL;
		if (v)
			put_json_string(w->b, v->name);
		else if (f->type == PROTOBUF_C_TYPE_UINT64 && n < 0)
			buf_printf(w->b, "\"%llu\"", (unsigned long long)n);
		else
			buf_printf(w->b, "%lld", (long long)n);
	}
}

static void
put_field(Writer *w, const Msg *m, const Field *f)
{
	bool map = msg_is_map(f), lines = f->type == PROTOBUF_C_TYPE_MESSAGE;
	size_t n = msg_count(m, f->name);

	if (!msg_repeated(m, f->name)) {
		put_one(w, m, f, 0);
		return;
	}
	buf_byte(w->b, map ? '{' : '[');
	w->depth++;
	for (size_t i = 0; i < n; i++) {
		const Msg *entry = map ? msg_at(m, f->name, i) : NULL;
		buf_puts(w->b, !i ? "" : lines ? "," : ", ");
		if (lines)
			new_line(w);
		if (map) {
			put_json_string(w->b, msg_get_string(entry, "key"));
			buf_puts(w->b, ": ");
			put_one(w, entry,
			        protobuf_c_message_descriptor_get_field_by_name(entry->descriptor,
			                                                        "value"),
			        0);
		} else {
			put_one(w, m, f, i);
		}
	}
	w->depth--;
	if (lines)
		new_line(w);
	buf_byte(w->b, map ? '}' : ']');
}

/* In proto3 a number or a text that is absent is its default. */
static bool
is_set(const Msg *m, const Field *f)
{
	if (msg_repeated(m, f->name))
		return msg_count(m, f->name) > 0;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE || f->quantifier_offset)
		return msg_has(m, f->name);
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return *msg_get_string(m, f->name) != 0;
	case PROTOBUF_C_TYPE_BYTES:
		return msg_bytes(m, f->name)->len > 0;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return msg_get_float(m, f->name) != 0 || signbit(msg_get_float(m, f->name));
	default:
		return msg_get_int(m, f->name) != 0;
	}
}

static void
put_message(Writer *w, const Msg *m)
{
	bool any = false;

	buf_byte(w->b, '{');
	w->depth++;
	for (unsigned k = 0; k < m->descriptor->n_fields; k++) {
		const Field *f = &m->descriptor->fields[k];
		if (!is_set(m, f))
			continue;
		if (any)
			buf_byte(w->b, ',');
		any = true;
		new_line(w);
		buf_printf(w->b, "\"%s\": ", f->name);
		put_field(w, m, f);
	}
	w->depth--;
	if (any)
		new_line(w);
	buf_byte(w->b, '}');
}

void
put_json(Buf *b, const Msg *m, const char *lead)
{
	Writer w = {b, lead, 0};

	put_message(&w, m);
}

/* ---- reading ---- */

typedef struct Reader {
	Arena *arena;
	const char *why;
	int depth;
} Reader;

static bool
wrong(Reader *r, const Field *f, const char *expected)
{
	r->why = arena_printf(r->arena, "'%s' is not %s", f->name, expected);
	return false;
}

static int
value64(char c)
{
	const char *at = c ? strchr(digits64, c) : NULL;

	return at ? (int)(at - digits64) : -1;
}

static bool
set_bytes(Reader *r, Msg *m, const Field *f, const JValue *j)
{
	const char *s = jtree_text(r->arena, j);
	size_t n = s ? strlen(s) : 1, k = 0;
	uint8_t *out = arena_alloc(r->arena, n / 4 * 3 + 1);

	if (n % 4)
		return wrong(r, f, "a string in base64");
	while (n && s[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		int v = value64(s[i]);
		if (v < 0)
			return wrong(r, f, "a string in base64");
		/* six bits go behind those that are there */
		size_t bit = 6 * i;
		out[bit / 8] |= (uint8_t)(bit % 8 <= 2 ? v << (2 - bit % 8) : v >> (bit % 8 - 2));
		if (bit % 8 > 2)
			out[bit / 8 + 1] |= (uint8_t)(v << (10 - bit % 8));
		k = (bit + 6) / 8;
	}
	msg_set_bytes(m, f->name, out, k);
	return true;
}

static bool
set_number(Reader *r, Msg *m, const Field *f, const JValue *j)
{
	const char *s = jtree_text(r->arena, j);

	if (s && !strcmp(s, "NaN"))
		msg_float(m, f->name, NAN);
	else if (s && (!strcmp(s, "Infinity") || !strcmp(s, "-Infinity")))
		msg_float(m, f->name, *s == '-' ? -INFINITY : INFINITY);
	else if (j->kind == J_INT || j->kind == J_FLOAT)
		msg_float(m, f->name, jtree_number(j));
	else
		return wrong(r, f, "a number");
	return true;
}

static bool
set_integer(Reader *r, Msg *m, const Field *f, const JValue *j)
{
	const char *s = jtree_text(r->arena, j);
	const ProtobufCEnumValue *v;
	char *end = NULL;

	if (f->type == PROTOBUF_C_TYPE_BOOL && j->kind == J_BOOL) {
		msg_int(m, f->name, j->i);
		return true;
	}
	if (f->type == PROTOBUF_C_TYPE_ENUM && s) {
		v = protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, s);
		if (!v)
			return wrong(r, f, arena_printf(r->arena, "known to have '%s'", s));
		msg_int(m, f->name, v->value);
		return true;
	}
	if (s) {
		unsigned long long n = strtoull(s, &end, 10);
		if (end == s || *end)
			return wrong(r, f, "an integer");
		msg_int(m, f->name, (int64_t)n);
		return true;
	}
	if (j->kind != J_INT || f->type == PROTOBUF_C_TYPE_BOOL)
		return wrong(r, f,
		             f->type == PROTOBUF_C_TYPE_BOOL ? "true or false" : "an integer");
	msg_int(m, f->name, j->i);
	return true;
}

static bool read_object(Reader *r, Msg *m, const JValue *j);

static bool
set_one(Reader *r, Msg *m, const Field *f, const JValue *j)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		if (j->kind != J_TEXT)
			return wrong(r, f, "a string");
		msg_string(m, f->name, jtree_text(r->arena, j));
		return true;
	case PROTOBUF_C_TYPE_BYTES:
		return set_bytes(r, m, f, j);
	case PROTOBUF_C_TYPE_MESSAGE:
		return j->kind == J_OBJECT ? read_object(r, msg_sub(m, f->name), j)
		                           : wrong(r, f, "an object");
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		return set_number(r, m, f, j);
	default:
		return set_integer(r, m, f, j);
	}
}

static bool
set_map(Reader *r, Msg *m, const Field *f, const JValue *j)
{
	if (j->kind != J_OBJECT)
		return wrong(r, f, "an object");
	for (uint32_t i = 0; i < j->n; i++) {
		Msg *entry = msg_sub(m, f->name);
		msg_string(entry, "key", jtree_text(r->arena, &j->item[2 * i]));
		if (!set_one(r, entry,
		             protobuf_c_message_descriptor_get_field_by_name(entry->descriptor,
		                                                             "value"),
		             &j->item[2 * i + 1]))
			return false;
	}
	return true;
}

static bool
set_list(Reader *r, Msg *m, const Field *f, const JValue *j)
{
	if (j->kind != J_LIST)
		return wrong(r, f, "a list");
	for (uint32_t i = 0; i < j->n; i++)
		if (!set_one(r, m, f, &j->item[i]))
			return false;
	return true;
}

static bool
read_object(Reader *r, Msg *m, const JValue *j)
{
	bool ok = true;

	if (++r->depth > MAX_DEPTH) {
		r->why = "objects are nested too deeply";
		return false;
	}
	for (uint32_t i = 0; i < j->n; i++) {
		const char *key = jtree_text(r->arena, &j->item[2 * i]);
		const JValue *value = &j->item[2 * i + 1];
		const Field *f =
		    protobuf_c_message_descriptor_get_field_by_name(m->descriptor, key);
		if (!f) {
			r->why = arena_printf(r->arena, "%s has no field '%s'",
			                      m->descriptor->short_name, key);
			return false;
		}
		ok = ok && (msg_is_map(f)                ? set_map(r, m, f, value)
		            : msg_repeated(m, f->name) ? set_list(r, m, f, value)
		                                       : set_one(r, m, f, value));
	}
	r->depth--;
	return ok;
}

const char *
read_json(Msg *m, const char *text, size_t n)
{
	Reader r = {.arena = m->arena};
	JTreeError error;
	JValue j;

	if (!jtree_read(m->arena, text, n, &j, &error))
		return arena_printf(m->arena, "line %d: %s", error.line, error.what);
	if (j.kind != J_OBJECT)
		r.why = "this is no object";
	else
		read_object(&r, m, &j);
	return r.why;
}
