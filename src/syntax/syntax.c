/* syntax.c: drives lexer and parser over a script, and says what is wrong with it.
 *
 * The grammar recovers by whole lines. What concerns several lines is dealt with here, between the
 * two: a block that is missing gets a `pass`, lines indented without reason and the bodies of
 * headers that did not parse are taken as if they were not indented, and `else` after a wrong `if`
 * is skipped, so that one mistake gives one message.
 */
#include "syntax.h"

#include "parse.h"

#define SYNTAX_ERRORS 20

void *milc_parseAlloc(void *(*alloc)(size_t), Parser *p);
void milc_parseFree(void *parser, void (*release)(void *));
void milc_parse(void *parser, int kind, Token t);

bool
parse_error(Parser *p, Span at, const char *fmt, ...)
{
	const Lexer *l = &p->lex;
	va_list ap;

	p->failed = true;
	if (l->dead) /* the lexer has said why there is no more */
		return false;
	if (l->limit > l->text && at.at == l->base + (l->limit - l->text) && l->limit[-1] == '\n')
		at = (Span){at.at - 1, 0}; /* the end belongs to the last line, as CPython counts */
	if (++p->nerror > SYNTAX_ERRORS)
		p->dead = true;
	va_start(ap, fmt);
	diag_vreport(p->diag, DIAG_ERROR, at, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- what a syntax error says: each of these is false when it has said it ---- */

static bool
word_is(const Token *t, const char *word)
{
	return t->span.len == strlen(word) && memcmp(t->text, word, t->span.len) == 0;
}

static uint32_t
line_of(const Parser *p, uint32_t at)
{
	uint32_t line = 0, col;

	diag_place(p->diag, at, &line, &col);
	return line;
}

/* Statements that Python has and this language has not. */
static bool
in_language(Parser *p, int kind, const Token *t)
{
	Span at = t->span;

	switch (kind) {
	case T_EXCEPT:
	case T_FINALLY:
		return p->ntok ||
		       parse_error(p, at, "'%.*s' without a try before it", (int)at.len, t->text);
	case T_STAR:
		return p->prev != T_EXCEPT ||
		       parse_error(p, at, "except* is not part of the language");
	case T_COMMA:
		return p->first != T_EXCEPT || p->lex.nnest ||
		       parse_error(p, at,
		                   "several classes of exceptions stand in parentheses: "
		                   "except (A, B):");
	case T_YIELD:
		return parse_error(p, at,
		                   "yield can stand alone, right of '=' or in parentheses of "
		                   "its own");
	case T_ASYNC:
	case T_AWAIT:
		return parse_error(p, at, "'%.*s' is not part of the language", (int)at.len,
		                   t->text);
	default:
		return true;
	}
}

/* Inside brackets: false too if the lexer will say what is wrong with them. */
static bool
brackets_close(Parser *p, const Token *t)
{
	Lexer *ahead;
	Token skip;
	uint32_t unclosed;
	bool fine;

	if (!p->lex.nnest)
		return true;
	ahead = xmalloc(sizeof *ahead);
	*ahead = p->lex;
	ahead->quiet = true;
	ahead->nerror = 0;
	while (!ahead->nerror && ahead->nnest && lex_next(ahead, &skip))
		;
	unclosed = ahead->unclosed;
	fine = !ahead->nerror || unclosed;
	xfree(ahead);
	if (!unclosed || line_of(p, t->span.at) == line_of(p, unclosed))
		return fine;
	parse_error(p, (Span){unclosed, 1}, "'%c' was never closed",
	            p->lex.text[unclosed - p->lex.base]);
	p->dead = true;
	return false;
}

/* The kind as found: "name", "number", "end of line". */
static const char *
found(int kind)
{
	const char *s = lex_token_name(kind);

	return strncmp(s, "a ", 2) == 0 ? s + 2 : s;
}

static bool
starts_expr(int k)
{
	return k == T_NAME || k == T_NUMBER || k == T_STRING || k == T_NONE || k == T_TRUE ||
	       k == T_FALSE || k == T_LAMBDA || k == T_LBRACE || k == T_TILDE || k == T_ELLIPSIS;
}

static bool
ends_expr(int k)
{
	return k == T_NAME || k == T_NUMBER || k == T_STRING || k == T_NONE || k == T_TRUE ||
	       k == T_FALSE || k == T_RPAR || k == T_RSQB || k == T_RBRACE || k == T_ELLIPSIS;
}

static bool
starts_block(int k)
{
	return k == T_IF || k == T_ELIF || k == T_ELSE || k == T_FOR || k == T_WHILE ||
	       k == T_DEF || k == T_WITH || k == T_CLASS || k == T_TRY || k == T_EXCEPT ||
	       k == T_FINALLY || k == T_ASYNC || k == T_MATCH || k == T_CASE;
}

/* A line that begins with one of Python's soft keywords, or as Python 2 wrote it. */
static bool
no_soft_keyword(Parser *p, int kind, const Token *t)
{
	const Token *first = &p->first_tok;
	bool second = p->ntok == 1 && p->prev == T_NAME;

	if (p->first == T_DEF && p->ntok == 2 && kind == T_LSQB)
		return parse_error(p, t->span, "type parameters are not part of the language");
	if (!second || !starts_expr(kind))
		return true;
	if (word_is(first, "type"))
		return parse_error(p, first->span, "type statements are not part of the language");
	if (word_is(first, "print") || word_is(first, "exec"))
		return parse_error(p, first->span,
		                   "missing parentheses; '%.*s' is called like a function",
		                   (int)first->span.len, first->text);
	return true;
}

/* fro i in x: esle: */
static bool
well_spelt(Parser *p, int kind)
{
	static const char *const words[] = {
	    "for",  "while",  "if",  "elif",  "else",     "def",    "return", "import", "from",
	    "with", "assert", "del", "raise", "nonlocal", "lambda", "pass",   "break",  "continue",
	};
	char word[16] = "";
	const char *near;
	bool header = kind == T_NEWLINE && p->prev == T_COLON && p->ntok == 2;

	if (p->first != T_NAME || p->first_tok.span.len >= sizeof word ||
	    !((p->ntok == 1 && starts_expr(kind)) || header))
		return true;
	memcpy(word, p->first_tok.text, p->first_tok.span.len);
	near = nearest(word, words, countof(words));
	return !near ||
	       parse_error(p, p->first_tok.span, "unexpected %s after '%s'; did you mean '%s'?",
	                   found(kind), word, near);
}

/* Mistakes that are made often. */
static bool
no_common_mistake(Parser *p, int kind, const Token *t, const bool *ok)
{
	const Token *first = &p->first_tok, *prev = &p->prev_tok;

	if (p->lex.nnest && p->last && ends_expr(p->prev) && starts_expr(kind) &&
	    !(p->prev == T_NAME && kind == T_STRING))
		return parse_error(
		    p, (Span){p->last->span.at, t->span.at + t->span.len - p->last->span.at},
		    "unexpected %s; is a comma missing before it?", found(kind));
	if (kind == T_ASSIGN &&
	    (p->first == T_IF || p->first == T_ELIF || p->first == T_WHILE ||
	     p->first == T_ASSERT || p->first == T_RETURN) &&
	    !p->lex.nnest)
		return parse_error(
		    p, t->span, "'=' cannot stand in an expression; a comparison is written '=='");
	if (p->prev == T_ELSE && kind == T_IF)
		return parse_error(p, t->span, "'else if' is written 'elif'");
	if (kind == T_NEWLINE && starts_block(p->first) && (ok[T_COLON] || ok[T_ARROW]))
		return parse_error(p, t->span, "expected ':' at the end of the '%.*s' line",
		                   (int)first->span.len, first->text);
	if (kind == T_NEWLINE && p->prev == p->prev2 && (p->prev == T_PLUS || p->prev == T_MINUS))
		return parse_error(p, prev->span, "'%c%c' is no operator; write %c= 1", *prev->text,
		                   *prev->text, *prev->text);
	if (kind == p->prev && (kind == T_AMP || kind == T_BAR))
		return parse_error(p, t->span, "'%s' is no operator; write '%s'",
		                   kind == T_AMP ? "&&" : "||", kind == T_AMP ? "and" : "or");
	return true;
}

/* "an expression or end of line", or nothing when that would be long. Of signs and words only those
 * are named that stand alone: where the grammar has gone on, it knows no longer what else there
 * could have been. */
static void
list_expected(const bool *ok, int n, Buf *out)
{
	const char *name[5];
	int k = 0;
	bool expr = ok[T_NAME] && ok[T_NUMBER], stmt = ok[T_DEF] && ok[T_PASS];
	bool operand = ok[T_AMP] && ok[T_PLUS];

	if (stmt)
		name[k++] = "a statement";
	else if (expr)
		name[k++] = "an expression";
	for (int t = 1; t < n && !stmt; t++) {
		bool word = t == T_IMPORT || (t == T_IN && !operand);
		if (!ok[t] || t == T_FSTART || (t >= T_BAD && !word) || (expr && starts_expr(t)))
			continue;
		if (k == 5)
			return;
		name[k++] = lex_token_name(t);
	}
	for (int i = 0; i < k && k < 5; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : i == k - 1 ? " or " : ", ", name[i]);
}

void
parse_unexpected(Parser *p, int kind, const Token *t, const bool *ok, int n)
{
	Buf want = {0}, what = {0};

	p->failed = true;
	p->line_bad = true;
	if (kind == T_BAD || kind == T_INDENT || kind == T_DEDENT || (kind == 0 && !p->lex.inner))
		return; /* said already */
	if (p->dead || !in_language(p, kind, t) || !brackets_close(p, t) ||
	    !no_soft_keyword(p, kind, t) || !well_spelt(p, kind) ||
	    !no_common_mistake(p, kind, t, ok))
		return;
	list_expected(ok, n, &want);
	if (kind == T_NEWLINE || kind == 0)
		buf_puts(&what, kind ? "end of line" : "end of the expression");
	else
		buf_printf(&what, "'%.*s'", (int)MIN(t->span.len, 40), t->text);
	if (want.n)
		parse_error(p, t->span, "unexpected %s, expected %s", what.at, want.at);
	else
		parse_error(p, t->span, "unexpected %s", what.at);
	buf_free(&want);
	buf_free(&what);
}

/* ---- the loop ---- */

static void
feed(Parser *p, void *lemon, int kind, Token t)
{
	if (p->dead)
		return;
	milc_parse(lemon, kind, t);
	p->prev2 = p->prev;
	p->prev = kind;
	p->prev_tok = t;
	if (p->ntok++ == 0) {
		p->first = kind;
		p->first_tok = t;
	}
}

static void
missing_block(Parser *p, void *lemon, Token t)
{
	uint32_t line = line_of(p, p->first_tok.span.at);
	Token none = {.span = {t.span.at, 0}, .text = t.text};

	if (p->first == T_DEF)
		parse_error(p, t.span,
		            "expected an indented block after the function definition on line %u",
		            line);
	else
		parse_error(p, t.span, "expected an indented block after '%.*s' on line %u",
		            (int)p->first_tok.span.len, p->first_tok.text, line);
	feed(p, lemon, T_INDENT, none);
	feed(p, lemon, T_PASS, none);
	feed(p, lemon, T_NEWLINE, none);
	feed(p, lemon, T_DEDENT, none);
}

/* A decorator without a def. */
static void
missing_def(Parser *p, void *lemon, Token t)
{
	Token none = {.span = {t.span.at, 0}, .text = "_"};
	static const int kinds[] = {T_DEF, T_NAME, T_LPAR, T_RPAR, T_COLON, T_PASS, T_NEWLINE};

	parse_error(p, t.span, "expected 'def' or 'class' after a decorator");
	for (size_t i = 0; i < countof(kinds); i++)
		feed(p, lemon, kinds[i], none);
}

static void
skip_block(Parser *p)
{
	Token t;
	int kind;

	for (int depth = 1; depth > 0 && (kind = lex_next(&p->lex, &t));)
		depth += kind == T_INDENT ? 1 : kind == T_DEDENT ? -1 : 0;
}

static void
indent(Parser *p, void *lemon, Token t)
{
	if (p->skip_body) {
		p->skip_body = false;
		skip_block(p);
		return;
	}
	if (p->level < LEX_INDENT)
		p->level++;
	p->swallow[p->level] = !p->want_block;
	p->bad_header[p->level] = false;
	p->cases[p->level] = p->want_block && p->match;
	if (p->want_block)
		feed(p, lemon, T_INDENT, t);
	else if (!p->bad_header[p->level - 1] && !p->lex.bad_indent)
		parse_error(p, t.span, "unexpected indent");
	p->want_block = false;
	p->ntok = 0;
}

static void
dedent(Parser *p, void *lemon, Token t)
{
	if (!p->swallow[p->level])
		feed(p, lemon, T_DEDENT, t);
	if (p->level)
		p->level--;
	p->ntok = 0;
}

/* The first token of a line: what the line before it asks for. */
static void
line_begins(Parser *p, void *lemon, int kind, Token t)
{
	bool part = kind == T_ELSE || kind == T_ELIF || kind == T_EXCEPT || kind == T_FINALLY;

	if (p->prev == T_NEWLINE && p->first == T_AT && !p->bad_header[p->level] && kind != T_DEF &&
	    kind != T_AT && kind != T_CLASS && kind != T_ASYNC && kind != T_BAD)
		missing_def(p, lemon, t);
	p->skipping = part && p->bad_header[p->level];
	p->skip_body = false;
	p->line_bad = p->skipping;
	p->ntok = 0;
}

static void
line_ends(Parser *p, int before)
{
	bool block = before == T_COLON && starts_block(p->first);

	p->bad_header[p->level] = p->line_bad;
	p->want_block = block && !p->line_bad;
	p->match = p->first == T_MATCH;
	p->skipping = false;
	p->ntok = 0;
}

/* Does the logical line that begins here end with ':'? *colon: has it one outside of brackets,
 * behind more than one token? */
static bool
is_header(const Parser *p, bool *colon)
{
	Lexer *ahead = xmalloc(sizeof *ahead);
	Token t;
	int kind, last = 0, lambda = 0;
	uint32_t n = 0;

	*ahead = p->lex;
	ahead->quiet = true;
	*colon = false;
	while ((kind = lex_next(ahead, &t)) && kind != T_NEWLINE) {
		lambda += kind == T_LAMBDA;
		if (kind == T_COLON && !ahead->nnest && lambda)
			lambda--;
		else if (kind == T_COLON && !ahead->nnest && n)
			*colon = true;
		last = kind;
		n++;
	}
	xfree(ahead);
	return last == T_COLON && n > 1;
}

/* A name at the start of a line: T_MATCH where a match statement begins, T_CASE in one. */
static int
soft_keyword(const Parser *p, Token t)
{
	bool colon;

	if (word_is(&t, "match") && is_header(p, &colon))
		return T_MATCH;
	if (p->cases[p->level] && word_is(&t, "case") && (is_header(p, &colon) || colon))
		return T_CASE;
	return T_NAME;
}

static void
run(Parser *p, int mode)
{
	void *lemon = milc_parseAlloc(xmalloc, p);
	Token t = {0};
	int kind = 1;

	if (!lemon)
		milc_nomem();
	if (mode)
		milc_parse(lemon, mode, t);
	while (kind && !p->dead) {
		kind = lex_next(&p->lex, &t);
		if (kind == T_NAME && !mode && p->ntok == 0 && p->prev != T_DOT)
			kind = soft_keyword(p, t);
		if (p->want_block && kind != T_INDENT) {
			missing_block(p, lemon, t);
			p->want_block = false;
			p->ntok = 0;
		}
		if (kind == T_INDENT) {
			indent(p, lemon, t);
		} else if (kind == T_NEWLINE) {
			int before = p->prev;

			if (!p->skipping)
				feed(p, lemon, kind, t);
			p->prev = kind;
			line_ends(p, before);
		} else {
			if (p->ntok == 0 && !mode)
				line_begins(p, lemon, kind, t);
			if (kind == T_DEDENT)
				dedent(p, lemon, t);
			else if (p->skipping)
				p->prev = kind, p->ntok++;
			else
				feed(p, lemon, kind, t);
		}
	}
	milc_parseFree(lemon, xfree);
	p->failed |= p->lex.nerror != 0 || p->dead;
}

static void
parser_init(Parser *p, Tree *t)
{
	memset(p, 0, sizeof *p);
	p->tree = t;
	p->arena = t->arena;
	p->diag = t->diag;
	p->names = t->names;
}

void
tree_init(Tree *t, Arena *a, Interner *names, Diag *d)
{
	*t = (Tree){.arena = a, .names = names, .diag = d};
	t->global = tree_names(t);
}

GlobalNames *
tree_names(Tree *t)
{
	GlobalNames *g = new (t->arena, GlobalNames);

	map_init(&g->index, t->arena);
	return g;
}

uint32_t
tree_global(Tree *t, const Str *name)
{
	GlobalNames *g = t->global;
	uintptr_t at = (uintptr_t)map_get(&g->index, KEY(name));

	if (at)
		return (uint32_t)at - 1;
	vec_push(t->arena, &g->at, name);
	map_put(&g->index, KEY(name), (void *)(uintptr_t)g->at.n);
	return g->at.n - 1;
}

bool
parse_module(Tree *t, const Source *src)
{
	Parser *p;
	bool ok;

	if (!lex_check_text(t->diag, src))
		return false;
	p = xmalloc(sizeof *p);
	parser_init(p, t);
	lex_init(&p->lex, p->diag, p->arena, src->text, src->len, src->base);
	run(p, 0);
	t->module = p->module;
	ok = !p->failed;
	xfree(p);
	return ok;
}

static Expr *
parse_expr(Parser *p, const char *text, size_t len, uint32_t at)
{
	lex_init(&p->lex, p->diag, p->arena, text, len, at);
	p->lex.inner = true;
	p->lex.bol = false;
	run(p, T_FSTART);
	if (!p->failed && !p->expr)
		parse_error(p, (Span){at, (uint32_t)len}, "expected an expression");
	return p->failed ? 0 : p->expr;
}

Expr *
parse_inner(Parser *outer, const char *text, size_t len, uint32_t at)
{
	Parser *p = xmalloc(sizeof *p);
	Expr *e;

	parser_init(p, outer->tree);
	e = parse_expr(p, text, len, at);
	outer->failed |= p->failed;
	outer->nerror += p->nerror;
	xfree(p);
	return e;
}

/* ---- -D ---- */

static bool
is_literal(const Expr *e)
{
	if (e->kind == E_CONST)
		return e->lit->kind != LIT_ELLIPSIS;
	if (e->kind != E_TUPLE && e->kind != E_LIST && e->kind != E_DICT && e->kind != E_SET)
		return false;
	for (uint32_t i = 0; i < e->n; i++)
		if (!e->at[i] || !is_literal(e->at[i]))
			return false;
	return true;
}

Expr *
parse_literal(Tree *t, const Source *src)
{
	Parser *p;
	Expr *e;

	if (!lex_check_text(t->diag, src))
		return 0;
	p = xmalloc(sizeof *p);
	parser_init(p, t);
	e = parse_expr(p, src->text, src->len, src->base);
	if (e && !is_literal(e)) {
		parse_error(p, e->span,
		            "expected a literal: a number, a string with its quotes, as in "
		            "-D 'NAME=\"text\"', True, False, None, or a list, tuple or dict of "
		            "them");
		e = 0;
	}
	xfree(p);
	return e;
}
