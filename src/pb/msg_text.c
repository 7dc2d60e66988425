/* msg_text.c: messages in protobuf's text form, as its library for Python prints them: fields in
 * the order of their numbers, entries of maps by key, unknown fields left out.
 */
#include "msg_impl.h"

#include <stdio.h>
#include <stdlib.h>

static void put_message(Buf *b, const Msg *m, int depth);

static void
put_text(Buf *b, const Text *t, bool bytes)
{
	static const char escapes[] = "\nn\rr\tt\"\"\'\'\\\\";
	const char *e;

	buf_byte(b, '"');
	for (size_t i = 0; i < t->len; i++) {
		uint8_t c = t->data[i];
		for (e = escapes; *e && (uint8_t)*e != c;)
			e += 2;
		if (*e)
			buf_printf(b, "\\%c", e[1]);
		else if (c < 0x20 || c == 0x7f || (bytes && c > 0x7f))
			buf_printf(b, "\\%03o", c);
		else
			buf_byte(b, c);
	}
	buf_byte(b, '"');
}

/* With as few digits as C's own limits promise, or with so many that it reads back the same. */
static void
put_float(Buf *b, double v, bool single)
{
	char s[40];

	if (v != v) {
		buf_puts(b, "nan");
		return;
	}
	snprintf(s, sizeof s, single ? "%.6g" : "%.15g", v);
	if (single ? strtof(s, NULL) != (float)v : strtod(s, NULL) != v)
		snprintf(s, sizeof s, single ? "%.9g" : "%.17g", v);
	buf_puts(b, s);
}

static void
put_value(Buf *b, const Msg *m, const Field *f, size_t i)
{
	const ProtobufCEnumValue *v;
	int64_t n;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
		put_text(b, msg_bytes_at(m, f->name, i), f->type == PROTOBUF_C_TYPE_BYTES);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		put_float(b, msg_float_at(m, f->name, i), f->type == PROTOBUF_C_TYPE_FLOAT);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		buf_puts(b, msg_int_at(m, f->name, i) ? "true" : "false");
		break;
	default:
		n = msg_int_at(m, f->name, i);
		v = f->type == PROTOBUF_C_TYPE_ENUM
		        ? protobuf_c_enum_descriptor_get_value(f->descriptor, (int)n)
		        : NULL;
		if (v)
			buf_puts(b, v->name);
		else if (f->type == PROTOBUF_C_TYPE_UINT64)
			buf_printf(b, "%llu", (unsigned long long)n);
		else
			buf_printf(b, "%lld", (long long)n);
	}
}

/* Strings from the last to the first, but what begins with another behind it; numbers
 * rising, those below 0 last. */
static int
by_key(const void *a, const void *b)
{
	const Msg *x = *(const Msg *const *)a, *y = *(const Msg *const *)b;
	const Field *key = &x->descriptor->fields[0];
	const Text *s = msg_bytes(x, "key"), *t = msg_bytes(y, "key");
	uint64_t i, k;
	int order;

	if (is_text(key)) {
		order = memcmp(t->data, s->data, MIN(s->len, t->len));
		return order ? order : (s->len > t->len) - (s->len < t->len);
	}
	i = (uint64_t)msg_get_int(x, "key");
	k = (uint64_t)msg_get_int(y, "key");
	return (i > k) - (i < k);
}

static void
put_element(Buf *b, const Msg *m, const Field *f, size_t i, int depth)
{
	buf_printf(b, "%*s%s", 2 * depth, "", f->name);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		buf_puts(b, " {\n");
		put_message(b, msg_at(m, f->name, i), depth + 1);
		buf_printf(b, "%*s}\n", 2 * depth, "");
		return;
	}
	buf_puts(b, ": ");
	put_value(b, m, f, i);
	buf_byte(b, '\n');
}

static void
put_map(Buf *b, const Msg *m, const Field *f, int depth)
{
	size_t n = msg_count(m, f->name);
	const Msg **entry = xmalloc(n * sizeof *entry);

	for (size_t i = 0; i < n; i++)
		entry[i] = msg_at(m, f->name, i);
	qsort(entry, n, sizeof *entry, by_key);
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, "%*s%s {\n", 2 * depth, "", f->name);
		for (unsigned k = 0; k < 2; k++) /* a zero is shown, too */
			put_element(b, entry[i], &entry[i]->descriptor->fields[k], 0, depth + 1);
		buf_printf(b, "%*s}\n", 2 * depth, "");
	}
	xfree(entry);
}

static void
put_message(Buf *b, const Msg *m, int depth)
{
	for (unsigned i = 0; m && i < m->descriptor->n_fields; i++) {
		const Field *f = &m->descriptor->fields[i];
		size_t n = msg_count(m, f->name);
		const FieldSlot *s = msg_slot(m, f);

		if (!n || slot_is_default(s))
			continue;
		if (msg_is_map(f)) {
			put_map(b, m, f, depth);
			continue;
		}
		for (size_t k = 0; k < n; k++)
			put_element(b, m, f, k, depth);
	}
}

void
msg_text(const Msg *m, Buf *b)
{
	put_message(b, m, 0);
}
