/* literal.c: the values of number and string literals. Tokens are well-formed when they come here:
 * the lexer has checked their outer form; escapes and the size of numbers are checked here.
 */
#include "syntax.h"

#include <stdlib.h>

Expr *
ast_text(Parser *p, Span at, LiteralKind k, Buf *b)
{
	Literal l = {.kind = (uint8_t)k, .len = (uint32_t)b->n, .s = ""};

	if (b->n)
		l.s = arena_dup(p->arena, b->at, b->n);
	buf_free(b);
	return ast_const(p, at, l);
}

/* The int that n digits write. */
static Literal
int_literal(Parser *p, Span at, const char *digits, size_t n, int base)
{
	Int *big = xmalloc(sizeof *big);
	Literal l = {.kind = LIT_INT};

	if (!big_from_digits(big, digits, n, base))
		parse_error(p, at, "integer literal is too large (more than %d bits)", BIG_BITS);
	else if (!big_fits_i64(big, &l.i))
		l = (Literal){.kind = LIT_BIG, .big = arena_dup(p->arena, big, sizeof *big)};
	xfree(big);
	return l;
}

Expr *
ast_number(Parser *p, Token t)
{
	Buf b = {0};
	Literal l;
	size_t n = 0;

	for (uint32_t i = 0; i < t.span.len; i++)
		if (t.text[i] != '_')
			buf_byte(&b, t.text[i]);
	if (b.n > 2 && b.at[0] == '0')
		n = strcspn("xXoObB", (char[]){b.at[1], 0});
	if (b.n > 2 && b.at[0] == '0' && n < 6)
		l = int_literal(p, t.span, b.at + 2, b.n - 2, n < 2 ? 16 : n < 4 ? 8 : 2);
	else if (strpbrk(b.at, ".eE"))
		l = (Literal){.kind = LIT_FLOAT, .f = strtod(b.at, 0)};
	else
		l = int_literal(p, t.span, b.at, b.n, 10);
	buf_free(&b);
	return ast_const(p, t.span, l);
}

/* ---- escapes ---- */

/* \xXX, \uXXXX, \UXXXXXXXX: at stands on the letter. Gives what follows, or 0 after an error. */
static const char *
hex_escape(Parser *p, const char *at, const char *end, uint32_t offset, bool bytes, Buf *out)
{
	int want = *at == 'x' ? 2 : *at == 'u' ? 4 : 8, n;
	uint32_t c = 0;
	Span where = {offset, 0};

	for (n = 0; n < want && at + 1 + n < end && digit_value(at[1 + n]) < 16; n++)
		c = c << 4 | (uint32_t)digit_value(at[1 + n]);
	where.len = (uint32_t)n + 2;
	if (n < want) {
		parse_error(p, where, "truncated escape \\%.*s: \\%c needs %d hexadecimal digits",
		            n + 1, at, *at, want);
		return 0;
	}
	if (bytes) {
		buf_byte(out, (int)c);
	} else if (c > 0x10ffff) {
		parse_error(p, where, "escape \\%.*s is beyond the last character U+10FFFF", n + 1,
		            at);
		return 0;
	} else if (c >= 0xd800 && c < 0xe000) {
		parse_error(p, where, "escape \\%.*s is half of a surrogate pair; write the "
		            "character as \\UXXXXXXXX", n + 1, at);
		return 0;
	} else {
		utf8_put(out, c);
	}
	return at + 1 + want;
}

static const char *
octal_escape(const char *at, const char *end, bool bytes, Buf *out)
{
	unsigned c = 0;

	for (int n = 0; n < 3 && at < end && *at >= '0' && *at <= '7'; n++)
		c = c * 8 + (unsigned)(*at++ - '0');
	if (bytes)
		buf_byte(out, (int)(c & 255));
	else
		utf8_put(out, c);
	return at;
}

/* One escape; at stands behind the backslash. */
static const char *
escape(Parser *p, const char *at, const char *end, uint32_t offset, bool bytes, Buf *out)
{
	static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
	const char *q;

	if (*at == '\r')
		return at + (at + 1 < end && at[1] == '\n' ? 2 : 1);
	if (*at == '\n')
		return at + 1;
	if (*at >= '0' && *at <= '7')
		return octal_escape(at, end, bytes, out);
	if (*at == 'x' || (!bytes && (*at == 'u' || *at == 'U')))
		return hex_escape(p, at, end, offset, bytes, out);
	if (*at == 'N' && !bytes) {
		parse_error(p, (Span){offset, 2}, "\\N{…} escapes are not part of the language; "
		            "write the character or its \\u escape");
		return 0;
	}
	if (*at && (q = strchr(from, *at))) {
		buf_byte(out, to[q - from]);
		return at + 1;
	}
	buf_byte(out, '\\');
	return at;
}

bool
literal_decode(Parser *p, const char *at, const char *end, uint32_t offset, bool raw, bool bytes,
               Buf *out)
{
	const char *start = at;

	while (at < end) {
		if (*at == '\\' && !raw && at + 1 < end) {
			at = escape(p, at + 1, end, offset + (uint32_t)(at - start), bytes, out);
			if (!at)
				return false;
		} else if (*at == '\r') { /* newlines are \n, whatever the file has */
			buf_byte(out, '\n');
			at += at + 1 < end && at[1] == '\n' ? 2 : 1;
		} else {
			if (bytes && (unsigned char)*at >= 0x80)
				return parse_error(
				    p, (Span){offset + (uint32_t)(at - start), 1},
				    "a bytes literal can hold only ASCII characters; write \\x "
				    "escapes");
			buf_byte(out, *at++);
		}
	}
	return true;
}

/* ---- strings ---- */

Expr *
ast_string(Parser *p, Token t)
{
	const char *at = t.text, *end = t.text + t.span.len;
	bool raw = false, bytes = false, format = false;
	uint32_t quotes = 1, head;
	Buf b = {0};

	for (; *at != '"' && *at != '\''; at++) {
		raw |= (*at | 32) == 'r';
		bytes |= (*at | 32) == 'b';
		format |= (*at | 32) == 'f';
	}
	if (end - at >= 6 && at[1] == *at && at[2] == *at)
		quotes = 3;
	head = (uint32_t)(at - t.text) + quotes;
	at += quotes;
	end -= quotes;
	if (format)
		return ast_fstring(p, t.span, at, end, t.span.at + head, raw);
	literal_decode(p, at, end, t.span.at + head, raw, bytes, &b);
	return ast_text(p, t.span, bytes ? LIT_BYTES : LIT_STR, &b);
}

/* Neighbouring constants as one. */
static Expr *
join(Parser *p, Expr *const *e, uint32_t n, Span at)
{
	Buf b = {0};

	for (uint32_t i = 0; i < n; i++)
		buf_put(&b, e[i]->lit->s, e[i]->lit->len);
	return ast_text(p, at, e[0]->lit->kind, &b);
}

static void
add_part(Parser *p, ExprList *parts, Expr *e)
{
	Expr **last = parts->n ? &parts->at[parts->n - 1] : 0;

	if (last && (*last)->kind == E_CONST && e->kind == E_CONST)
		*last = join(p, (Expr *[]){*last, e}, 2, span_join((*last)->span, e->span));
	else
		vec_push(p->arena, parts, e);
}

static Expr *
join_fstrings(Parser *p, const ExprList *l)
{
	ExprList parts = {0};

	for (uint32_t i = 0; i < l->n; i++) {
		if (l->at[i]->kind == E_CONST)
			add_part(p, &parts, l->at[i]);
		for (uint32_t j = 0; l->at[i]->kind == E_FSTRING && j < l->at[i]->n; j++)
			add_part(p, &parts, l->at[i]->at[j]);
	}
	return ast_sequence(p, E_FSTRING, &parts, l->span);
}

Expr *
ast_strings(Parser *p, ExprList *l)
{
	uint32_t nbytes = 0, nformat = 0;
	Expr *e = l->at[0];

	for (uint32_t i = 0; i < l->n; i++) {
		nformat += l->at[i]->kind == E_FSTRING;
		nbytes += l->at[i]->kind == E_CONST && l->at[i]->lit->kind == LIT_BYTES;
	}
	if (l->n == 1)
		return e;
	if (nbytes && nbytes < l->n) {
		parse_error(p, l->span, "cannot mix bytes and str literals");
		return e;
	}
	if (nformat)
		return join_fstrings(p, l);
	return join(p, l->at, l->n, l->span);
}
