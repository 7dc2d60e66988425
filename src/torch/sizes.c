/* sizes.c: sizes of tensors in torch.export's files: numbers, symbols with bounds, or expressions
 * over symbols, which the file has in the form of calls and which are said here as one writes
 * them:
 *
 *	Add(Mul(Integer(2), Symbol('s77', positive=True, integer=True)), Integer(-1))    2*s77 - 1
 */
#include <stdlib.h>

#include "pt2.h"

enum { DEPTH_MAX = 32, LENGTH_MAX = 4096, ARGS_MAX = 64 };

typedef struct SizeTerm {
	const char *text;
	bool sum, symbol;
} SizeTerm;
typedef struct SizeParser {
	Arena *arena;
	const char *p;
	int depth;
} SizeParser;

static bool
take(SizeParser *s, char c)
{
	while (*s->p == ' ')
		s->p++;
	return *s->p == c ? (s->p++, true) : false;
}

static size_t
word(const SizeParser *s)
{
	return strspn(s->p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.");
}

/* The text of f applied to n terms. */
static SizeTerm
apply(Arena *a, const char *f, const SizeTerm *t, uint32_t n)
{
	static const struct {
		const char *f, *mark;
		bool sum;
	} marks[] = {
	    {"Add", " + ", true}, {"Mul", "*", false}, {"Pow", "**", false},
	    {"Rational", "/", false}, {"FloorDiv", "//", false}, {"PythonMod", "%", false},
	    {"Mod", "%", false}, {"IntTrueDiv", "/", false},
	};
	const char *mark = 0;
	SizeTerm r = {0};
	Buf b = {0};

	for (size_t i = 0; i < countof(marks); i++)
		if (strcmp(f, marks[i].f) == 0) {
			mark = marks[i].mark;
			r.sum = marks[i].sum;
		}
	if (!mark)
		buf_printf(&b, "%s(", f);
	for (uint32_t i = 0; i < n; i++) {
		bool negative = r.sum && i && t[i].text[0] == '-';

		if (i)
			buf_puts(&b, negative ? " - " : mark ? mark : ", ");
		buf_printf(&b, mark && !r.sum && t[i].sum ? "(%s)" : "%s", t[i].text + negative);
	}
	if (!mark)
		buf_byte(&b, ')');
	r.text = buf_keep(&b, a);
	return r;
}

static bool
parse_quoted(SizeParser *s, SizeTerm *out)
{
	const char *end;

	if (!take(s, '\'') || !(end = strchr(s->p, '\'')))
		return false;
	*out = (SizeTerm){.text = arena_printf(s->arena, "%.*s", (int)(end - s->p), s->p)};
	s->p = end + 1;
	return true;
}

static bool parse_term(SizeParser *s, SizeTerm *out);

/* Arguments up to the closing bracket; those with a name say what kind of symbol it is, and are
 * left out. */
static bool
parse_args(SizeParser *s, SizeTerm *arg, uint32_t *n)
{
	for (*n = 0; !take(s, ')');) {
		if (*n && !take(s, ','))
			return false;
		take(s, ' ');
		if (s->p[word(s)] == '=') {
			s->p += word(s) + 1;
			s->p += word(s);
			continue;
		}
		if (*n == ARGS_MAX || !(*s->p == '\'' ? parse_quoted(s, &arg[*n])
		                                      : parse_term(s, &arg[*n])))
			return false;
		++*n;
	}
	return true;
}

static bool
parse_term(SizeParser *s, SizeTerm *out)
{
	SizeTerm arg[ARGS_MAX];
	char *f;
	uint32_t n;

	take(s, ' ');
	n = (uint32_t)word(s) + (*s->p == '-');
	if (*s->p == '-')
		n = 1 + (uint32_t)strspn(s->p + 1, "0123456789.");
	if (!n || ++s->depth > DEPTH_MAX)
		return false;
	f = arena_printf(s->arena, "%.*s", (int)n, s->p);
	s->p += n;
	if (!take(s, '('))
		*out = (SizeTerm){.text = f};
	else if (!parse_args(s, arg, &n))
		return false;
	else if (n == 1 && (!strcmp(f, "Symbol") || !strcmp(f, "Integer") || !strcmp(f, "Float")))
		*out = (SizeTerm){.text = arg[0].text, .symbol = f[0] == 'S'};
	else
		*out = apply(s->arena, f, arg, n);
	s->depth--;
	return true;
}

static int64_t
bound(const JValue *range, const char *name, int64_t without)
{
	const JValue *j = jtree_member(range, name);

	return j->kind == J_INT ? j->i : without;
}

bool
pt2_size(Pt2 *p, const JValue *j, TDim *out)
{
	const JValue *n = jtree_member(j, "as_int"), *e = jtree_member(j, "as_expr"), *range;
	const char *text = jtree_text(p->o->arena, jtree_member(e, "expr_str"));
	SizeParser s = {.arena = p->o->arena, .p = text};
	SizeTerm t;

	*out = (TDim){.n = n->i, .lower = n->i, .upper = n->i};
	if (n->kind == J_INT)
		return n->i >= 0;
	if (!text || strlen(text) > LENGTH_MAX || !parse_term(&s, &t) || *s.p)
		return false;
	n = jtree_member(jtree_member(e, "hint"), "as_int");
	*out = (TDim){.n = n->kind == J_INT && n->i > 0 ? n->i : 0, .upper = INT64_MAX};
	range = jtree_member(jtree_member(&p->root, "range_constraints"), t.text);
	if (jtree_absent(range))
		out->expr = t.text;
	else {
		out->symbol = intern_cstr(p->o->names, t.text);
		out->lower = bound(range, "min_val", INT32_MIN);
		out->upper = bound(range, "max_val", INT64_MAX);
	}
	return true;
}
