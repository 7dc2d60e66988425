/* fstring.c: takes f-strings apart. Text between braces is cut out as CPython 3.11 does it (quotes
 * and brackets inside are respected, backslashes and comments are not allowed) and parsed as an
 * expression of its own, with spans in the script's text.
 */
#include "syntax.h"

typedef struct Cut { /* a place inside an f-string */
	Parser *p;
	const char *start, *at, *end;
	uint32_t offset; /* of start, among all spans */
	bool raw;
} Cut;

static Expr *parts(Cut *c, uint32_t depth, Span whole);

static Span
here(const Cut *c, const char *at, size_t n)
{
	return (Span){c->offset + (uint32_t)(at - c->start), (uint32_t)n};
}

typedef struct Scan { /* over the expression in braces */
	char open[64], quote;
	int n;
	bool triple;
} Scan;

/* A quote or a character inside quotes: gives where to go on. */
static const char *
skip_quote(const Cut *c, Scan *s, const char *at)
{
	bool three = c->end - at >= 3 && at[1] == *at && at[2] == *at;

	if (!s->quote) {
		s->quote = *at;
		s->triple = three;
		return at + (three ? 2 : 0);
	}
	if (*at != s->quote || (s->triple && !three))
		return at;
	s->quote = 0;
	return at + (s->triple ? 2 : 0);
}

/* False, after reporting, if a bracket does not fit. */
static bool
scan_bracket(Cut *c, Scan *s, const char *at)
{
	char o;

	if (*at == '(' || *at == '[' || *at == '{') {
		if (s->n == (int)sizeof s->open)
			return parse_error(c->p, here(c, at, 1), "f-string: too many brackets");
		s->open[s->n++] = *at;
		return true;
	}
	o = s->n ? s->open[--s->n] : 0;
	if ((*at == ')' && o == '(') || (*at == ']' && o == '[') || (*at == '}' && o == '{'))
		return true;
	return parse_error(c->p, here(c, at, 1), "f-string: unmatched '%c'", *at);
}

/* True at what ends the expression; steps over two-character operators. */
static bool
ends_here(const Cut *c, const Scan *s, const char **at)
{
	if (s->n)
		return false;
	if (**at == ':' || **at == '}')
		return true;
	if (!strchr("!=<>", **at))
		return false;
	if (*at + 1 < c->end && (*at)[1] == '=') {
		++*at;
		return false;
	}
	return **at == '!' || **at == '=';
}

/* Where the expression ends; 0 after reporting. */
static const char *
skip_expr(Cut *c, const char *at)
{
	Scan s = {.n = 0};

	for (; at < c->end; at++) {
		if (*at == '\\') {
			parse_error(c->p, here(c, at, 1),
			            "a backslash cannot stand in the braces of an f-string");
			return 0;
		}
		if (s.quote || *at == '\'' || *at == '"') {
			at = skip_quote(c, &s, at);
		} else if (*at == '#') {
			parse_error(c->p, here(c, at, 1),
			            "a comment cannot stand in the braces of an f-string");
			return 0;
		} else if (ends_here(c, &s, &at)) {
			return at;
		} else if (strchr("()[]{}", *at) && !scan_bracket(c, &s, at)) {
			return 0;
		}
	}
	if (s.quote)
		parse_error(c->p, here(c, c->end, 0), "f-string: unterminated string in braces");
	else if (s.n)
		parse_error(c->p, here(c, c->end, 0), "f-string: '%c' was never closed",
		            s.open[s.n - 1]);
	else
		parse_error(c->p, here(c, c->end, 0), "f-string: expected '}'");
	return 0;
}

static bool
blank(const char *at, const char *end)
{
	while (at < end && strchr(" \t\n\r\f", *at))
		at++;
	return at == end;
}

static Expr *
text_const(Cut *c, const char *at, const char *end)
{
	Buf b = {0};

	literal_decode(c->p, at, end, here(c, at, 0).at, true, false, &b); /* raw text is right */
	return ast_text(c->p, here(c, at, (size_t)(end - at)), LIT_STR, &b);
}

/* !r, !s or !a at c->at, if it is there. */
static bool
conversion(Cut *c, uint8_t *conv)
{
	const char *at = c->at;

	if (at >= c->end || *at != '!')
		return true;
	at++;
	if (at >= c->end || !strchr("rsa", *at) || (at + 1 < c->end && at[1] != ':' &&
	                                            at[1] != '}'))
		return parse_error(c->p, here(c, at, 1),
		                   "f-string: invalid conversion; expected '!r', '!s' or '!a'");
	*conv = (uint8_t)*at;
	c->at = at + 1;
	return true;
}

/* The expression between at and end; 0 after reporting. */
static Expr *
inner(Cut *c, const char *at, const char *end, uint32_t depth)
{
	if (depth > 1)
		parse_error(c->p, here(c, at, 0), "f-string: expressions nested too deeply");
	else if (blank(at, end))
		parse_error(c->p, here(c, at, (size_t)(end - at)),
		            "f-string: expected an expression in the braces");
	else
		return parse_inner(c->p, at, (size_t)(end - at), here(c, at, 0).at);
	return 0;
}

/* {expr=!c:spec}: c->at stands behind the brace, at the end behind the closing one. */
static bool
replacement(Cut *c, uint32_t depth, ExprList *out)
{
	const char *at = c->at, *end = skip_expr(c, at), *eq = 0;
	uint8_t conv = 0;
	Expr *e, *f, *spec = 0;

	if (!end || !(e = inner(c, at, end, depth)))
		return false;
	c->at = end;
	if (*end == '=') {
		for (eq = end + 1; eq < c->end && strchr(" \t\n\r\f", *eq); eq++)
			;
		c->at = eq;
	}
	if (!conversion(c, &conv))
		return false;
	if (eq)
		vec_push(c->p->arena, out, text_const(c, at, eq));
	if (c->at < c->end && *c->at == ':') {
		c->at++;
		spec = parts(c, depth + 1, here(c, c->at, 0));
		if (!spec)
			return false;
	} else if (eq && !conv) {
		conv = 'r';
	}
	if (c->at >= c->end || *c->at != '}')
		return parse_error(c->p, here(c, c->at, 0), "f-string: expected '}'");
	c->at++;
	f = ast_both(c->p, E_FORMAT, e, spec ? spec : e);
	f->b = spec;
	f->op = conv;
	f->span = e->span;
	vec_push(c->p->arena, out, f);
	return true;
}

/* Text up to the next replacement or the end; doubled braces are one (not in a spec). */
static bool
literal(Cut *c, uint32_t depth, ExprList *out)
{
	const char *at = c->at, *seg = at;
	Buf b = {0};
	bool ok = true;

	for (; ok && at < c->end; at++) {
		if (*at == '\\' && !c->raw && at + 1 < c->end) {
			at += at[1] != '{' && at[1] != '}';
			continue;
		}
		if (*at != '{' && *at != '}')
			continue;
		if (depth == 0 && at + 1 < c->end && at[1] == *at) {
			ok = literal_decode(c->p, seg, at + 1, here(c, seg, 0).at, c->raw, false,
			                    &b);
			seg = ++at + 1;
		} else if (*at == '{' || depth) {
			break;
		} else {
			ok = parse_error(c->p, here(c, at, 1),
			                 "f-string: a single '}' is not allowed; write '}}'");
		}
	}
	at = MIN(at, c->end);
	if (ok && seg < at)
		ok = literal_decode(c->p, seg, at, here(c, seg, 0).at, c->raw, false, &b);
	if (ok && b.n)
		vec_push(c->p->arena, out,
		         ast_text(c->p, here(c, c->at, (size_t)(at - c->at)), LIT_STR, &b));
	buf_free(&b);
	c->at = at;
	return ok;
}

/* The parts of a string (depth 0) or of a format spec, which ends at '}'. */
static Expr *
parts(Cut *c, uint32_t depth, Span whole)
{
	ExprList out = {0};

	while (c->at < c->end && !(depth && *c->at == '}')) {
		if (*c->at == '{' && (depth || c->end - c->at < 2 || c->at[1] != '{')) {
			c->at++;
			if (!replacement(c, depth, &out))
				return 0;
		} else if (!literal(c, depth, &out)) {
			return 0;
		}
	}
	return ast_sequence(c->p, E_FSTRING, &out, whole);
}

Expr *
ast_fstring(Parser *p, Span whole, const char *at, const char *end, uint32_t offset, bool raw)
{
	Cut c = {.p = p, .start = at, .at = at, .end = end, .offset = offset, .raw = raw};
	/* f-strings in f-strings: at most four, for there are four kinds of quotes */
	Expr *e = parts(&c, 0, whole);

	return e ? e : ast_const(p, whole, (Literal){.kind = LIT_STR, .s = ""});
}
