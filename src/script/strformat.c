/* strformat.c: str.format and str.format_map: fields {name.attr[key]!r:spec} with nested specs. */
#include "strmethods.h"

#include "core.h"

typedef struct Fields {
	Interp *in;
	const Args *args;
	Value map;    /* of format_map, else V_UNSET */
	int64_t next; /* number of the next {}; -1: fields are numbered by hand */
	bool numbered;
	Span at;
} Fields;

static bool
positional(Fields *f, int64_t i, Value *v)
{
	if (f->map.kind != V_UNSET)
		return fail(f->in, f->at, "str.format_map() takes no positional fields");
	if (i < 0 || i >= f->args->npos)
		return fail(f->in, f->at, "the format string uses value %lld, but %u were given",
		            (long long)i, f->args->npos);
	*v = f->args->pos[i];
	return true;
}

static bool
named(Fields *f, const char *s, size_t n, Value *v)
{
	if (f->map.kind != V_UNSET)
		return value_getitem(f->in, f->map, vstr(f->in, s, n), v, f->at);
	for (uint32_t i = 0; i < f->args->nkw; i++) {
		const Str *k = f->args->kw[i].name;
		if (k->len == n && !memcmp(k->s, s, n)) {
			*v = f->args->kw[i].val;
			return true;
		}
	}
	return fail(f->in, f->at, "the format string uses '%.*s', which was not given", (int)n, s);
}

static bool
number(const char *s, size_t n, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || *out > 1 << 28)
			return false;
		*out = *out * 10 + (s[i] - '0');
	}
	return n > 0;
}

static bool
first_value(Fields *f, const char *s, size_t n, Value *v)
{
	int64_t i;

	if (!n) {
		if (f->numbered)
			return fail(f->in, f->at, "a format string cannot mix {0} and {}");
		return positional(f, f->next++, v);
	}
	if (!number(s, n, &i))
		return named(f, s, n, v);
	if (f->next > 0)
		return fail(f->in, f->at, "a format string cannot mix {} and {0}");
	f->numbered = true;
	return positional(f, i, v);
}

/* name, then .attr and [key] */
static bool
lookup(Fields *f, const char *s, const char *end, Value *v)
{
	const char *p = s;
	int64_t i;

	while (p < end && *p != '.' && *p != '[')
		p++;
	if (!first_value(f, s, (size_t)(p - s), v))
		return false;
	while (p < end) {
		const char *from = ++p;
		bool attr = p[-1] == '.';
		while (p < end && (attr ? *p != '.' && *p != '[' : *p != ']'))
			p++;
		if (!attr && p == end)
			return fail(f->in, f->at,
			            "a '[' in a field of the format string is not closed");
		if (p == from)
			return fail(f->in, f->at,
			            "a field of the format string has an empty attribute");
		if (attr) {
			const Str *name = intern(interp_names(f->in), from, (size_t)(p - from));
			if (!value_getattr(f->in, *v, name, v, f->at))
				return false;
			continue;
		}
		if (!value_getitem(f->in, *v,
		                   number(from, (size_t)(p - from), &i)
		                       ? vint(i)
		                       : vstr(f->in, from, (size_t)(p - from)),
		                   v, f->at))
			return false;
		p++;
		if (p < end && *p != '.' && *p != '[')
			return fail(f->in, f->at,
			            "only '.' or '[' may follow ']' in a field of "
			            "the "
			            "format string");
	}
	return true;
}

static bool expand(Fields *f, const char *s, const char *end, int depth, Buf *out);

static bool
field(Fields *f, const char *s, const char *end, int depth, Buf *out)
{
	const char *p = s, *name_end, *spec = end;
	char conv = 0;
	Buf sp = {0}, text = {0};
	Value v;
	bool ok;

	for (; p < end && *p != '!' && *p != ':'; p++) {
		const char *close = *p == '[' ? memchr(p, ']', (size_t)(end - p)) : 0;
		p = close ? close : p;
	}
	name_end = p;
	if (p < end && *p == '!') {
		if (end - p < 2)
			return fail(f->in, f->at,
			            "'!' in a format string is followed by r, s or a");
		if (end - p > 2 && p[2] != ':')
			return fail(f->in, f->at,
			            "a conversion in a format string is one character, r, s or a");
		conv = p[1];
		p += 2;
	}
	if (p < end && *p == ':')
		spec = p + 1;
	if (!lookup(f, s, name_end, &v))
		return false;
	if (conv && conv != 'r' && conv != 's' && conv != 'a')
		return fail(f->in, f->at, "unknown conversion '!%c' in a format string", conv);
	if (conv) {
		value_text(f->in, v, conv, &text);
		v = vstr_buf(f->in, &text);
	}
	ok = expand(f, spec, end, depth + 1, &sp) &&
	     value_format(f->in, v, sp.n ? sp.at : "", sp.n, out, f->at);
	buf_free(&sp);
	return ok;
}

static bool
expand(Fields *f, const char *s, const char *end, int depth, Buf *out)
{
	if (depth > 2)
		return fail(f->in, f->at, "the fields of a format string are nested too deeply");
	while (s < end) {
		const char *open = s;
		int level = 1;
		if (*s != '{' && *s != '}') {
			buf_byte(out, *s++);
			continue;
		}
		if (s + 1 < end && s[1] == *s && depth == 0) {
			buf_byte(out, *s);
			s += 2;
			continue;
		}
		if (*s == '}')
			return fail(f->in, f->at, "single '}' in a format string; write '}}'");
		if (s + 1 == end)
			return fail(f->in, f->at,
			            "the format string ends with a single '{'; write '{{'");
		for (s++; s < end && level; s++)
			level += *s == '{' ? 1 : *s == '}' ? -1 : 0;
		if (level)
			return fail(f->in, f->at,
			            "a '{' in a format string is not closed; write '{{' for the "
			            "character");
		if (!field(f, open + 1, s - 1, depth, out))
			return false;
	}
	return true;
}

NATIVE_EXTERN(str_format)
{
	Fields f = {.in = in, .args = args, .at = args->span};
	Buf b = {0};
	bool ok;

	if (args_with(args))
		f.map = args->pos[0];
	ok = expand(&f, STR_OF(self)->s, STR_OF(self)->s + STR_OF(self)->len, 0, &b);
	*out = vstr_buf(in, &b);
	return ok && interp_room(in, 0);
}
