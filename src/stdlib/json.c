/* json.c: the module _json: values of a JSON text, and texts as JSON strings. The grammar, what is
 * refused and where, are those of CPython's decoder.
 *
 * _json.loads(text, error, object_hook, object_pairs_hook, parse_float, parse_int, parse_constant,
 * strict) gives the value of a str. error(msg, pos) is called for what is no JSON, with the code
 * point where that stands, and has to raise. The hooks are None where there are none.
 * _json.quote(text, ensure_ascii) gives a str with quotes around it.
 */
#include <stdlib.h>

#include "natives.h"

enum { DEPTH = 990 }; /* of nested values: about what CPython's recursion allows a plain script */

typedef struct JsonReader {
	Interp *in;
	const Args *args;
	const StrObj *text;
	const char *s, *end; /* what is still to be read; end is a NUL */
	Value error, object_hook, pairs_hook, parse_float, parse_int, parse_constant;
	bool strict;
	int depth;
	unsigned lone; /* a surrogate without its half, which a text cannot hold */
	Buf chars;     /* of a string with escapes */
} JsonReader;

static bool parse_value(JsonReader *j, Value *out);

static bool
wrong(JsonReader *j, const char *msg, const char *where)
{
	Value v[] = {vstrz(j->in, msg), vint(utf8_count(j->text->s, (size_t)(where - j->text->s)))};
	Value none;

	return call_values(j->in, j->error, v, 2, &none, j->args->span) && natives_wrong(j->args);
}

static void
skip_blanks(JsonReader *j)
{
	while (*j->s == ' ' || *j->s == '\n' || *j->s == '\t' || *j->s == '\r')
		j->s++;
}

/* hook(v); v is what stands at its place without a hook. */
static bool
hooked(JsonReader *j, Value hook, Value v, Value *out)
{
	*out = v;
	return hook.kind == V_NONE || call_values(j->in, hook, &v, 1, out, j->args->span);
}

/* ---- strings ---- */

/* The number of four hex digits; -1: they are none. */
static int
hex4(const char *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int d = digit_value(s[i]); /* the NUL at the end is none */
		if (d > 15)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* \uXXXX, of which s is at the u. */
static bool
unicode_escape(JsonReader *j)
{
	int c = hex4(j->s + 1), low;

	/* A text cannot end there: its quote is to follow. */
	if (c < 0 || j->s + 5 >= j->end)
		return wrong(j, "Invalid \\uXXXX escape", j->s);
	j->s += 5;
	if (c >= 0xd800 && c < 0xdc00 && j->end - j->s > 6 && j->s[0] == '\\' && j->s[1] == 'u') {
		low = hex4(j->s + 2);
		if (low < 0)
			return wrong(j, "Invalid \\uXXXX escape", j->s + 1);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + (c - 0xd800) * 0x400 + (low - 0xdc00);
			j->s += 6;
		}
	}
	if (c >= 0xd800 && c < 0xe000)
		j->lone = (unsigned)c;
	else
		utf8_put(&j->chars, (uint32_t)c);
	return true;
}

static bool
escape(JsonReader *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	j->s++;
	if (*j->s == 'u')
		return unicode_escape(j);
	hit = *j->s ? strchr(from, *j->s) : 0;
	if (!hit)
		return wrong(j, "Invalid \\escape", j->s - 1);
	buf_byte(&j->chars, to[hit - from]);
	j->s++;
	return true;
}

/* s is behind the quote. */
static bool
parse_string(JsonReader *j, Value *out)
{
	const char *begin = j->s, *from = begin;

	buf_clear(&j->chars);
	for (;;) {
		unsigned char c = (unsigned char)*j->s;
		if (c == '"')
			break;
		if (c == '\\' && j->s + 1 < j->end) {
			buf_put(&j->chars, from, (size_t)(j->s - from));
			if (!escape(j))
				return false;
			from = j->s;
		} else if (j->s == j->end || c == '\\') {
			return wrong(j, "Unterminated string starting at", begin - 1);
		} else if (c < 0x20 && j->strict) {
			return wrong(j, "Invalid control character at", j->s);
		} else {
			j->s++;
		}
	}
	if (from > begin) {
		buf_put(&j->chars, from, (size_t)(j->s - from));
		*out = vstr(j->in, j->chars.at, j->chars.n);
	} else {
		*out = vstr(j->in, begin, (size_t)(j->s - begin));
	}
	j->s++;
	return true;
}

/* ---- numbers and words ---- */

static const char *
digits(const char *s)
{
	while (*s >= '0' && *s <= '9')
		s++;
	return s;
}

static bool
parse_number(JsonReader *j, Value *out)
{
	const char *start = j->s, *s = start + (*start == '-'),
	           *whole = *s == '0' ? s + 1 : digits(s);
	const char *e, *end = whole;
	bool fraction;
	Value text;

	if (whole == s)
		return wrong(j, "Expecting value", start);
	if (*end == '.' && digits(end + 1) > end + 1)
		end = digits(end + 1);
	if (*end == 'e' || *end == 'E') {
		e = end + 1 + (end[1] == '-' || end[1] == '+');
		end = digits(e) > e ? digits(e) : end;
	}
	j->s = end;
	fraction = end != whole;
	if (fraction && j->parse_float.kind == V_NONE) {
		*out = vfloat(strtod(start, 0));
		return true;
	}
	if (!fraction && j->parse_int.kind == V_NONE && end - start < 19) {
		*out = vint(strtoll(start, 0, 10));
		return true;
	}
	text = vstr(j->in, start, (size_t)(end - start));
	if (!fraction && j->parse_int.kind == V_NONE)
		return num_parse_int(j->in, text, 10, out, j->args->span);
	return hooked(j, fraction ? j->parse_float : j->parse_int, text, out);
}

static bool
parse_word(JsonReader *j, Value *out)
{
	static const struct {
		const char *word;
		VKind kind; /* V_FLOAT: a constant that JSON does not have */
		double value;
	} words[] = {
	    {"null", V_NONE, 0},
	    {"true", V_BOOL, 1},
	    {"false", V_BOOL, 0},
	    {"NaN", V_FLOAT, __builtin_nan("")},
	    {"Infinity", V_FLOAT, __builtin_inf()},
	    {"-Infinity", V_FLOAT, -__builtin_inf()},
	};

	for (size_t i = 0; i < countof(words); i++) {
		const char *w = words[i].word;
		size_t n = strlen(w);

		if (strncmp(j->s, w, n))
			continue;
		j->s += n;
		*out = words[i].kind == V_BOOL ? vbool(words[i].value != 0) : VNONE;
		if (words[i].kind != V_FLOAT)
			return true;
		return j->parse_constant.kind == V_NONE
		           ? (*out = vfloat(words[i].value), true)
		           : hooked(j, j->parse_constant, vstr(j->in, w, n), out);
	}
	return parse_number(j, out);
}

/* ---- arrays and objects: both are pushed while a hook may run ---- */

/* Behind an item: 1 another follows, 0 none does, -1 reported. */
static int
more_items(JsonReader *j, char close)
{
	skip_blanks(j);
	if (*j->s == close) {
		j->s++;
		return 0;
	}
	if (*j->s != ',') {
		wrong(j, "Expecting ',' delimiter", j->s);
		return -1;
	}
	j->s++;
	skip_blanks(j);
	return 1;
}

static bool
array_items(JsonReader *j, Value list)
{
	Value item;
	int more;

	do {
		if (!parse_value(j, &item) || !vlist_push(j->in, list, item))
			return false;
		more = more_items(j, ']');
	} while (more > 0);
	return more == 0;
}

static bool
object_member(JsonReader *j, Value into)
{
	Value pair[2];
	bool ok;

	if (*j->s != '"')
		return wrong(j, "Expecting property name enclosed in double quotes", j->s);
	j->s++;
	if (!parse_string(j, &pair[0]))
		return false;
	skip_blanks(j);
	if (*j->s != ':')
		return wrong(j, "Expecting ':' delimiter", j->s);
	j->s++;
	skip_blanks(j);
	interp_push(j->in, pair[0]);
	ok = parse_value(j, &pair[1]);
	interp_pop(j->in, 1);
	if (ok && into.kind == V_LIST)
		return vlist_push(j->in, into, vtuple(j->in, pair, 2));
	return ok && dict_set(j->in, into, pair[0], pair[1], j->args->span);
}

static bool
object_members(JsonReader *j, Value into)
{
	int more;

	do {
		if (!object_member(j, into))
			return false;
		more = more_items(j, '}');
	} while (more > 0);
	return more == 0;
}

static bool
parse_container(JsonReader *j, Value *out)
{
	bool object = *j->s++ == '{', pairs = object && j->pairs_hook.kind != V_NONE, ok = true;
	Value all = object && !pairs ? vdict(j->in) : vlist(j->in, 0, 0);
	Value hook = pairs ? j->pairs_hook : object ? j->object_hook : VNONE;

	if (++j->depth > DEPTH)
		return fail(j->in, j->args->span,
		            "maximum recursion depth exceeded while decoding a JSON %s from a "
		            "unicode string",
		            object ? "object" : "array");
	if (interp_deep(j->in, j->args->span))
		return false;
	interp_push(j->in, all);
	skip_blanks(j);
	if (*j->s == (object ? '}' : ']'))
		j->s++;
	else
		ok = object ? object_members(j, all) : array_items(j, all);
	ok = ok && interp_item(j->in) && hooked(j, hook, all, out);
	interp_pop(j->in, 1);
	j->depth--;
	return ok;
}

static bool
parse_value(JsonReader *j, Value *out)
{
	if (*j->s == '"') {
		j->s++;
		return parse_string(j, out);
	}
	return *j->s == '{' || *j->s == '[' ? parse_container(j, out) : parse_word(j, out);
}

NATIVE(json_loads)
{
	const Value *v = args->v;
	JsonReader j = {
	    .in = in,
	    .args = args,
	    .error = v[1],
	    .object_hook = v[2],
	    .pairs_hook = v[3],
	    .parse_float = v[4],
	    .parse_int = v[5],
	    .parse_constant = v[6],
	    .strict = v[7].b,
	};
	bool ok;

	if (v[0].kind != V_STR || v[7].kind != V_BOOL)
		return natives_wrong(args);
	j.text = STR_OF(v[0]);
	j.s = j.text->s;
	j.end = j.s + j.text->len;
	if (!interp_steps(in, j.text->len / 64))
		return false;
	interp_push(in, v[0]);
	skip_blanks(&j);
	ok = parse_value(&j, out);
	skip_blanks(&j);
	if (ok && j.s != j.end)
		ok = wrong(&j, "Extra data", j.s);
	if (ok && j.lone)
		ok = fail(in, args->span,
		          "milc does not have surrogates without their half, as \\u%04x here",
		          j.lone);
	interp_pop(in, 1);
	buf_free(&j.chars);
	return ok;
}

/* ---- strings as JSON ---- */

static void
put_quoted(Buf *b, uint32_t c, bool ascii)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *hit = c && c < 0x80 ? strchr(from, (int)c) : 0;

	if (hit)
		buf_printf(b, "\\%c", to[hit - from]);
	else if (c >= 0x20 && (c < 0x7f || !ascii))
		utf8_put(b, c);
	else if (c < 0x10000)
		buf_printf(b, "\\u%04x", c);
	else
		buf_printf(b, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
}

NATIVE(json_quote)
{
	const StrObj *s;
	Buf b = {0};
	uint32_t c;

	if (args->v[0].kind != V_STR || args->v[1].kind != V_BOOL)
		return natives_wrong(args);
	s = STR_OF(args->v[0]);
	buf_byte(&b, '"');
	for (const char *p = s->s; p < s->s + s->len;) {
		p += utf8_decode(p, &c);
		put_quoted(&b, c, args->v[1].b);
	}
	buf_byte(&b, '"');
	if (!text_room(in, &b))
		return false;
	*out = vstr_buf(in, &b);
	return interp_steps(in, s->len / 64);
}

static const Native json_functions[] = {
    METHOD_AS(_json, loads, json_loads,
              "text,error,object_hook,object_pairs_hook,parse_float,parse_int,"
              "parse_constant,strict"),
    METHOD_AS(_json, quote, json_quote, "text,ensure_ascii"),
    NATIVE_END,
};

const StdModule json_native = {"_json", json_functions, 0};
