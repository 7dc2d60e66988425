/* assign.c: what a message says and another does not, as assignments to fields in Python. */
#include "assign.h"

#include "writing.h"

#include <math.h>

static void
statement(Assigning *r, const char *text)
{
	if (r->about)
		buf_printf(r->out, "# No call says this of %s.\n", r->about);
	r->about = NULL;
	buf_printf(r->out, "%s\n", text);
}

/* statement(r, MADE("…", …)) */
#define MADE(...) arena_printf(r->arena, __VA_ARGS__)

static void
put_bytes(Buf *b, const ProtobufCBinaryData *data)
{
	buf_puts(b, "b\"");
	for (size_t i = 0; i < data->len; i++)
		buf_printf(b, "\\x%02x", data->data[i]);
	buf_byte(b, '"');
}

/* An element of a repeated field, or what a field holds (i is -1), as Python's literal. */
static const char *
literal(Assigning *r, const ProtobufCFieldDescriptor *f, const Msg *m, long i)
{
	size_t k = (size_t)MAX(i, 0);
	int64_t n;
	double d;
	Buf b = {0};

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		put_quoted_text(&b,
		                i < 0 ? msg_get_string(m, f->name) : msg_string_at(m, f->name, k));
		break;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		d = i < 0 ? msg_get_float(m, f->name) : msg_float_at(m, f->name, k);
		r->np = r->np || !isfinite(d);
		put_number(&b, d);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		put_bytes(&b, i < 0 ? msg_bytes(m, f->name) : msg_bytes_at(m, f->name, k));
		break;
	default:
		n = i < 0 ? msg_get_int(m, f->name) : msg_int_at(m, f->name, k);
		if (f->type == PROTOBUF_C_TYPE_BOOL)
			buf_puts(&b, n ? "True" : "False");
		else if (f->type == PROTOBUF_C_TYPE_UINT64 || f->type == PROTOBUF_C_TYPE_FIXED64)
			buf_printf(&b, "%llu", (unsigned long long)n);
		else
			buf_printf(&b, "%lld", (long long)n);
	}
	return buf_keep(&b, r->arena);
}

static bool
in_oneof(const ProtobufCFieldDescriptor *f)
{
	return f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

static void
diff_list(Assigning *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
          const Msg *got)
{
	size_t n = msg_count(want, f->name), old = msg_count(got, f->name);
	const char *large = n != old && r->large ? r->large(r->ctx, want, f) : NULL;
	bool same = n == old;
	Buf all = {0};

	for (size_t i = 0; same && i < n; i++)
		same = !strcmp(literal(r, f, want, (long)i), literal(r, f, got, (long)i));
	if (same)
		return;
	if (old)
		statement(r, MADE("del %s.%s[:]", path, f->name));
	if (large)
		statement(r, MADE("%s.%s.extend(%s)", path, f->name, large));
	for (size_t i = 0; !large && i < n; i++)
		buf_printf(&all, i ? ", %s" : "%s", literal(r, f, want, (long)i));
	if (n && !large)
		statement(r, MADE("%s.%s.extend([%s])", path, f->name, all.at));
	buf_free(&all);
}

/* The features of a description say what they are, for the comment. */
static const char *
words_for(Assigning *r, const char *field, const Msg *m)
{
	const char *what = strcmp(field, "functions") ? field : "function";

	return MADE("%s '%s'", what, msg_get_string(m, "name"));
}

static void
diff_messages(Assigning *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
              const Msg *got)
{
	size_t n = msg_count(want, f->name), old = msg_count(got, f->name);
	bool named = r->converted && !strcmp(want->descriptor->short_name, "ModelDescription");
	const char *outer = r->about;

	if (n != old && old)
		statement(r, MADE("del %s.%s[:]", path, f->name));
	for (size_t i = 0; i < n; i++) {
		const Msg *m = msg_at(want, f->name, i);
		if (named)
			r->about = words_for(r, f->name, m);
		if (n != old)
			statement(r, MADE("%s.%s.add()", path, f->name));
		assign_differences(r, MADE("%s.%s[%zu]", path, f->name, i), m,
		                   n == old ? msg_at(got, f->name, i) : NULL);
	}
	r->about = outer;
}

static void
diff_message(Assigning *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
             const Msg *got)
{
	const Msg *w = msg_get(want, f->name), *g = msg_get(got, f->name);
	const char *at = MADE("%s.%s", path, f->name);
	size_t before = r->out->n;

	if (!w && g && !(in_oneof(f) && msg_case(want, f->name)))
		statement(r, MADE("%s.ClearField(\"%s\")", path, f->name));
	if (!w)
		return;
	assign_differences(r, at, w, g);
	if (!g && r->out->n == before)
		statement(r, MADE("%s.SetInParent()", at));
}

void
assign_scalar(Assigning *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
              const Msg *got)
{
	const char *text = r->large ? r->large(r->ctx, want, f) : NULL;

	if (!text)
		text = literal(r, f, want, -1);
	if (in_oneof(f) && !msg_has(want, f->name)) {
		if (msg_has(got, f->name) && !msg_case(want, f->name))
			statement(r, MADE("%s.ClearField(\"%s\")", path, f->name));
		return;
	}
	if (strcmp(text, literal(r, f, got, -1)) != 0 || (in_oneof(f) && !msg_has(got, f->name)))
		statement(r, MADE("%s.%s = %s", path, f->name, text));
}

static void
assign_map(Assigning *r, const char *path, const ProtobufCFieldDescriptor *f, const Msg *want,
           const Msg *got)
{
	const ProtobufCMessageDescriptor *entry = f->descriptor;
	const ProtobufCFieldDescriptor *value = &entry->fields[1];

	if (r->converted) /* userDefined, which has calls */
		return;
	for (size_t i = 0; i < msg_count(want, f->name); i++) {
		const Msg *m = msg_at(want, f->name, i);
		const Msg *old = got ? msg_map_find(got, f->name, m) : NULL;
		const char *at = MADE("%s.%s[%s]", path, f->name, literal(r, entry->fields, m, -1));
		size_t before = r->out->n;
		if (old && msg_same(m, old))
			continue;
		if (value->type != PROTOBUF_C_TYPE_MESSAGE)
			statement(r, MADE("%s = %s", at, literal(r, value, m, -1)));
		else if (msg_get(m, "value"))
			assign_differences(r, at, msg_get(m, "value"),
			                   old ? msg_get(old, "value") : NULL);
		if (r->out->n == before) /* to ask for it makes it */
			statement(r, MADE("%s.SetInParent()", at));
	}
}

void
assign_differences(Assigning *r, const char *path, const Msg *want, const Msg *got)
{
	const ProtobufCMessageDescriptor *d = want->descriptor;

	for (unsigned k = 0; k < d->n_fields; k++) {
		const ProtobufCFieldDescriptor *f = &d->fields[k];
		bool list = f->label == PROTOBUF_C_LABEL_REPEATED;
		bool message = f->type == PROTOBUF_C_TYPE_MESSAGE;
		if (msg_is_map(f)) {
			assign_map(r, path, f, want, got);
			continue;
		}
		if (r->converted && !strcmp(f->name, "metadata") && !msg_get(want, f->name))
			continue; /* ct.convert says there who made the model */
		if (list && message)
			diff_messages(r, path, f, want, got);
		else if (list)
			diff_list(r, path, f, want, got);
		else if (message)
			diff_message(r, path, f, want, got);
		else
			assign_scalar(r, path, f, want, got);
	}
}
