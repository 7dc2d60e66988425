/* json_tree.c: a reader of JSON that makes views: see json_tree.h. Values of open lists and objects
 * lie on a stack, from where they go to the arena as one array when the list ends.
 */
#include "json_tree.h"

#include <math.h>
#include <stdlib.h>

enum { DEPTH_MAX = 400, DIGITS_MAX = 400 };

typedef struct Reader {
	Arena *arena;
	const char *start, *p, *end;
	VEC(JValue) stack;
	int depth;
	JTreeError *err;
} Reader;

static bool
fail(Reader *r, const char *what)
{
	*r->err = (JTreeError){what, (size_t)(r->p - r->start), 1};
	for (const char *p = r->start; p < r->p; p++)
		r->err->line += *p == '\n';
	return false;
}

static void
skip_space(Reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

/* Most of a file is long texts that nobody reads: all that is looked for is the quote that ends
 * them. */
static bool
read_text(Reader *r, JValue *out)
{
	const char *s = r->p + 1, *p = s, *back;

	do {
		p = memchr(p, '"', (size_t)(r->end - p));
		if (!p || p - s > UINT32_MAX)
			return fail(r, "a text does not end");
		for (back = p++; back > s && back[-1] == '\\';)
			back--;
	} while ((p - 1 - back) % 2); /* an escaped one */
	r->p = p;
	*out = (JValue){.kind = J_TEXT, .n = (uint32_t)(p - 1 - s), .s = s};
	out->escaped = memchr(s, '\\', out->n) != 0;
	return true;
}

static bool
read_word(Reader *r, JValue *out)
{
	static const struct {
		const char *word;
		JValue j;
	} words[] = {
	    {"null", {.kind = J_NULL}},
	    {"true", {.kind = J_BOOL, .i = 1}},
	    {"false", {.kind = J_BOOL, .i = 0}},
	    {"Infinity", {.kind = J_FLOAT, .f = INFINITY}},
	    {"-Infinity", {.kind = J_FLOAT, .f = -INFINITY}},
	    {"NaN", {.kind = J_FLOAT, .f = NAN}},
	};

	for (size_t i = 0; i < countof(words); i++) {
		size_t n = strlen(words[i].word);

		if ((size_t)(r->end - r->p) >= n && memcmp(r->p, words[i].word, n) == 0) {
			*out = words[i].j;
			r->p += n;
			return true;
		}
	}
	return fail(r, "expected a value");
}

/* Digits without a point or an exponent that fit are J_INT, all other numbers J_FLOAT. */
static bool
read_number(Reader *r, JValue *out)
{
	ArenaMark mark;
	char *text, *stop;
	const char *p = r->p + (*r->p == '-');
	bool whole = true, fits = true;
	uint64_t u = 0;

	if (p == r->end || *p < '0' || *p > '9')
		return read_word(r, out);
	for (; p < r->end && *p && strchr("0123456789.eE+-", *p); p++) {
		whole &= *p >= '0' && *p <= '9';
		fits &= u <= (UINT64_MAX - 9) / 10;
		u = u * 10 + (unsigned)(*p - '0');
	}
	if (whole && fits && u <= (uint64_t)INT64_MAX + (*r->p == '-')) {
		*out = (JValue){.kind = J_INT, .i = (int64_t)(*r->p == '-' ? 0 - u : u)};
		r->p = p;
		return true;
	}
	if (p - r->p > DIGITS_MAX)
		return fail(r, "a number is too long");
	mark = arena_mark(r->arena);
	text = arena_printf(r->arena, "%.*s", (int)(p - r->p), r->p);
	*out = (JValue){.kind = J_FLOAT, .f = strtod(text, &stop)};
	whole = !*stop;
	arena_release(r->arena, mark);
	if (!whole)
		return fail(r, "a number cannot be read");
	r->p = p;
	return true;
}

static bool read_value(Reader *r, JValue *out);

/* A list, or (named) an object. */
static bool
read_items(Reader *r, JValue *out, bool named)
{
	uint32_t base = r->stack.n;
	char close = named ? '}' : ']';
	JValue j;

	if (++r->depth > DEPTH_MAX)
		return fail(r, "it is nested too deeply");
	r->p++;
	skip_space(r);
	while (r->p < r->end && *r->p != close) {
		if (named) {
			if (*r->p != '"')
				return fail(r, "expected the name of a member");
			if (!read_text(r, &j))
				return false;
			vec_push(r->arena, &r->stack, j);
			skip_space(r);
			if (r->p == r->end || *r->p++ != ':')
				return fail(r, "expected ':'");
		}
		if (!read_value(r, &j))
			return false;
		vec_push(r->arena, &r->stack, j);
		skip_space(r);
		if (r->p < r->end && *r->p == ',') {
			r->p++;
			skip_space(r);
			if (r->p < r->end && *r->p == close)
				return fail(r, "expected another item");
		} else if (r->p < r->end && *r->p != close)
			return fail(r, named ? "expected ',' or '}'" : "expected ',' or ']'");
	}
	if (r->p == r->end)
		return fail(r, "it is cut off");
	r->p++;
	r->depth--;
	*out = (JValue){.kind = named ? J_OBJECT : J_LIST, .n = (r->stack.n - base) >> named};
	if (r->stack.n > base)
		out->item =
		    arena_dup(r->arena, r->stack.at + base, (r->stack.n - base) * sizeof(JValue));
	r->stack.n = base;
	return true;
}

static bool
read_value(Reader *r, JValue *out)
{
	skip_space(r);
	if (r->p == r->end)
		return fail(r, "it is cut off");
	switch (*r->p) {
	case '{':
		return read_items(r, out, true);
	case '[':
		return read_items(r, out, false);
	case '"':
		return read_text(r, out);
	default:
		return *r->p == '-' || (*r->p >= '0' && *r->p <= '9') ? read_number(r, out)
		                                                      : read_word(r, out);
	}
}

/* All of it: texts are views, which nobody looks at again. */
static bool
check_utf8(Reader *r)
{
	uint32_t cp;

	while (r->p < r->end)
		if (!(*r->p & 0x80)) {
			r->p++;
		} else {
			size_t n = utf8_next(r->p, (size_t)(r->end - r->p), &cp);
			if (cp == UTF8_BAD)
				return fail(r, "it is not UTF-8");
			r->p += n;
		}
	r->p = r->start;
	return true;
}

bool
jtree_read(Arena *a, const char *s, size_t n, JValue *out, JTreeError *err)
{
	Reader r = {.arena = a, .start = s, .p = s, .end = s + n, .err = err};

	if (!check_utf8(&r) || !read_value(&r, out))
		return false;
	skip_space(&r);
	return r.p == r.end || fail(&r, "something follows its end");
}

/* ---- asking ---- */

const JValue jtree_nothing = {.kind = J_NONE};

bool
jtree_is(const JValue *j, const char *text)
{
	return j->kind == J_TEXT && strlen(text) == j->n && memcmp(text, j->s, j->n) == 0;
}

const JValue *
jtree_member(const JValue *j, const char *name)
{
	for (uint32_t i = 0; j->kind == J_OBJECT && i < j->n; i++)
		if (jtree_is(&j->item[2 * i], name))
			return &j->item[2 * i + 1];
	return &jtree_nothing;
}

const JValue *
jtree_item(const JValue *j, uint32_t i)
{
	return j->kind == J_LIST && i < j->n ? &j->item[i] : &jtree_nothing;
}

double
jtree_number(const JValue *j)
{
	return j->kind == J_INT ? (double)j->i : j->kind == J_FLOAT ? j->f : 0;
}

static bool
hex4(const char *s, const char *end, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";

	*out = 0;
	for (int i = 0; i < 4; i++) {
		const char *d = s + i < end && s[i] ? strchr(digits, s[i] | 32) : 0;

		if (!d)
			return false;
		*out = *out * 16 + (uint32_t)(d - digits);
	}
	return true;
}

/* The escape behind a backslash at s; returns what follows it. What is none stays as it is. */
static const char *
put_escape(Buf *b, const char *s, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p = s < end && *s ? strchr(from, *s) : 0;
	uint32_t cp, low;

	if (p) {
		buf_byte(b, to[p - from]);
		return s + 1;
	}
	if (s == end || *s != 'u' || !hex4(s + 1, end, &cp)) {
		buf_byte(b, '\\');
		return s;
	}
	s += 5;
	if (cp >= 0xd800 && cp < 0xdc00 && end - s >= 6 && s[0] == '\\' && s[1] == 'u' &&
	    hex4(s + 2, end, &low) && low >= 0xdc00 && low < 0xe000) {
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		s += 6;
	}
	utf8_put(b, cp >= 0xd800 && cp < 0xe000 ? 0xfffd : cp);
	return s;
}

const char *
jtree_text(Arena *a, const JValue *j)
{
	const char *p, *end;
	Buf b = {0};

	if (j->kind != J_TEXT)
		return 0;
	if (!j->escaped)
		return arena_printf(a, "%.*s", (int)MIN(j->n, (uint32_t)INT32_MAX), j->s);
	for (p = j->s, end = j->s + j->n; p < end;)
		if (*p != '\\')
			buf_byte(&b, *p++);
		else
			p = put_escape(&b, p + 1, end);
	return buf_keep(&b, a);
}

const Str *
jtree_name(Interner *t, Arena *a, const JValue *j)
{
	const char *s;

	if (j->kind == J_TEXT && !j->escaped)
		return intern(t, j->s, j->n);
	s = jtree_text(a, j);
	return s ? intern_cstr(t, s) : 0;
}
