/* ast_stmt.c: makes the nodes of statements, and checks what may be assigned to or deleted. */
#include "syntax.h"

#include "parse.h"

static Stmt *
make(Parser *p, StmtKind k, Span at)
{
	Stmt *s = new(p->arena, Stmt);

	s->kind = (uint8_t)k;
	s->span = at;
	return s;
}

StmtList
ast_append(StmtList l, StmtList more)
{
	if (!l.first)
		return more;
	if (more.first) {
		l.last->next = more.first;
		l.last = more.last;
	}
	return l;
}

/* ---- targets ---- */

const char *
ast_literal_name(const Literal *l)
{
	static const char *const word[] = {[LIT_NONE] = "None",
	                                   [LIT_ELLIPSIS] = "an ellipsis",
	                                   [LIT_FALSE] = "False",
	                                   [LIT_TRUE] = "True"};

	return l->kind < countof(word) ? word[l->kind] : "a literal";
}

/* What e is, as a message says it; 0: it can be assigned to. */
static const char *
not_a_target(const Expr *e)
{
	switch ((ExprKind)e->kind) {
	case E_NAME:
	case E_ATTR:
	case E_INDEX:
	case E_TUPLE:
	case E_LIST:
	case E_STAR:
		return 0;
	case E_CONST:
		if (e->op)
			return "an expression";
		return ast_literal_name(e->lit);
	case E_FSTRING:
		return "an f-string";
	case E_SET:
		return "a set display";
	case E_DICT:
		return "a dict literal";
	case E_CMP:
	case E_CHAIN:
		return "a comparison";
	case E_COND:
		return "a conditional expression";
	case E_LAMBDA:
		return "a lambda";
	case E_CALL:
		return "a function call";
	case E_YIELD:
		return "a yield expression";
	case E_WALRUS:
		return "a named expression";
	case E_COMP:
		return e->comp->kind == COMP_GEN ? "a generator expression" : "a comprehension";
	default:
		return "an expression";
	}
}

static void check_target(Parser *p, const Expr *e, const char *use);

static void
check_sequence(Parser *p, const Expr *e, const char *use)
{
	bool star = false;

	for (uint32_t i = 0; i < e->n; i++) {
		const Expr *t = e->at[i];

		if (t->kind == E_STAR) {
			if (star)
				parse_error(p, t->span,
				            "several starred targets in one assignment");
			star = true;
			t = t->a;
		}
		check_target(p, t, use);
	}
}

/* use: "=", "for", "del", "with". */
static void
check_target(Parser *p, const Expr *e, const char *use)
{
	const char *what = not_a_target(e);
	bool del = strcmp(use, "del") == 0;

	if (e->kind == E_TUPLE || e->kind == E_LIST) {
		for (uint32_t i = 0; del && i < e->n; i++)
			if (e->at[i]->kind == E_STAR)
				parse_error(p, e->at[i]->span,
				            "cannot delete a starred expression");
		check_sequence(p, e, use);
		return;
	}
	if (e->kind == E_STAR)
		parse_error(p, e->span, del ? "cannot delete a starred name"
		                            : "a starred target must stand in a list or tuple");
	if (!what)
		return;
	if (del)
		parse_error(p, e->span, "cannot delete %s", what);
	else if (strcmp(use, "=") == 0)
		parse_error(p, e->span, "cannot assign to %s; a comparison is written ==", what);
	else
		parse_error(p, e->span, "cannot assign to %s", what);
}

Expr *
ast_target(Parser *p, const ExprList *l, const char *use)
{
	Expr *e = ast_items(p, l);

	check_target(p, e, use);
	return e;
}

/* ---- simple statements ---- */

Stmt *
ast_expr_stmt(Parser *p, ExprList *l)
{
	Stmt *s = make(p, S_EXPR, l->span);

	s->expr = ast_tuple(p, l);
	return s;
}

/* `a = b = v` comes as (0, a, b), then (chain, 0, v): the last value becomes a target. */
Stmt *
ast_assign(Parser *p, Stmt *chain, ExprList *target, ExprList *value)
{
	Stmt *s = chain ? chain : make(p, S_ASSIGN, target->span);

	if (chain)
		check_target(p, s->value, "=");
	vec_push(p->arena, &s->target, chain ? s->value : ast_target(p, target, "="));
	s->value = ast_items(p, value);
	s->span = span_join(s->span, value->span);
	s->simple = s->target.n == 1 && s->target.at[0]->kind == E_NAME;
	return s;
}

Stmt *
ast_augment(Parser *p, ExprList *target, Token op, ExprList *value)
{
	Expr *t = ast_items(p, target);
	Stmt *s = make(p, S_AUG, span_join(target->span, value->span));
	const char *what = not_a_target(t);

	if (t->kind == E_TUPLE || t->kind == E_LIST || t->kind == E_STAR)
		what = t->kind == E_TUPLE  ? "a tuple"
		       : t->kind == E_LIST ? "a list"
		                           : "a starred expression";
	if (what)
		parse_error(p, t->span, "%s cannot stand left of '%.*s'", what, (int)op.span.len,
		            op.text);
	while (strlen(binop_sign[s->op]) + 1 != op.span.len ||
	       memcmp(binop_sign[s->op], op.text, op.span.len - 1) != 0)
		s->op++; /* the lexer knows no other sign before '=' */
	s->a = t;
	s->b = ast_tuple(p, value);
	return s;
}

Stmt *
ast_annotate(Parser *p, ExprList *target, Expr *note, Expr *value)
{
	Expr *t = target->at[0];
	Span at = value ? span_join(target->span, value->span) : target->span;
	Stmt *s = make(p, S_ANN, at);

	if (target->n != 1 || target->comma || t->kind == E_TUPLE || t->kind == E_LIST)
		parse_error(p, target->span, "only a single target can have an annotation");
	else if (not_a_target(t) || t->kind == E_STAR)
		parse_error(p, target->span, "illegal target for an annotation; expected a name");
	s->a = t;
	s->b = value;
	s->note = note;
	return s;
}

Stmt *
ast_return(Parser *p, Token kw, ExprList *value)
{
	Stmt *s = make(p, S_RETURN, value ? span_join(kw.span, value->span) : kw.span);

	s->expr = value ? ast_tuple(p, value) : 0;
	return s;
}

Stmt *
ast_plain(Parser *p, StmtKind k, Token kw)
{
	return make(p, k, kw.span);
}

Stmt *
ast_two(Parser *p, StmtKind k, Token kw, Expr *a, Expr *b)
{
	Span at = b ? span_join(kw.span, b->span) : a ? span_join(kw.span, a->span) : kw.span;
	Stmt *s = make(p, k, at);

	s->a = a;
	s->b = b;
	return s;
}

static void
flatten_targets(Parser *p, ExprList *l, Expr *e)
{
	if (e->kind != E_TUPLE && e->kind != E_LIST) {
		vec_push(p->arena, l, e);
		return;
	}
	for (uint32_t i = 0; i < e->n; i++)
		flatten_targets(p, l, e->at[i]);
}

Stmt *
ast_del(Parser *p, Token kw, ExprList *l)
{
	Stmt *s = make(p, S_DEL, span_join(kw.span, l->span));

	s->names = new(p->arena, ExprList);
	for (uint32_t i = 0; i < l->n; i++) {
		check_target(p, l->at[i], "del");
		flatten_targets(p, s->names, l->at[i]);
	}
	return s;
}

Stmt *
ast_names(Parser *p, StmtKind k, Token kw, ExprList *l)
{
	Stmt *s = make(p, k, span_join(kw.span, l->at[l->n - 1]->span));

	s->names = l;
	return s;
}

/* ---- imports ---- */

/* The text of a dotted name, without blanks and comments. */
static const Str *
dotted(Parser *p, Token t)
{
	Buf b = {0};
	const Str *s;

	for (uint32_t i = 0; i < t.span.len; i++) {
		char c = t.text[i];

		if (c == '#')
			while (i + 1 < t.span.len && t.text[i + 1] != '\n')
				i++;
		else if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\\' && c != '\f')
			buf_byte(&b, c);
	}
	s = intern(p->names, b.at ? b.at : "", b.n);
	buf_free(&b);
	return s;
}

Aliases *
ast_alias_path(Parser *p, Aliases *l, Token path, const Token *as)
{
	Alias a = {.path = dotted(p, path), .span = path.span};
	Token bound = path;

	if (!l)
		l = new(p->arena, Aliases);
	if (as) {
		bound = *as;
		a.as = intern(p->names, as->text, as->span.len);
		a.span = span_join(path.span, as->span);
	}
	for (uint32_t i = 0; !as && i < bound.span.len; i++)
		if (bound.text[i] == '.' || bound.text[i] == ' ' || bound.text[i] == '\\')
			bound.span.len = i;
	a.target = ast_name(p, bound);
	vec_push(p->arena, l, a);
	return l;
}

Stmt *
ast_import(Parser *p, Token kw, Aliases *l)
{
	Stmt *s = make(p, S_IMPORT, span_join(kw.span, l->at[l->n - 1].span));

	s->aliases = l;
	return s;
}

Stmt *
ast_from(Parser *p, Token kw, Token where, Aliases *l)
{
	Stmt *s = make(p, S_FROM, span_join(kw.span, l->at[l->n - 1].span));

	s->aliases = l;
	s->module = dotted(p, where);
	if (s->module->s[0] == '.')
		parse_error(p, where.span,
		            "relative imports are not part of the language; a script "
		            "is a single file");
	if (l->n == 1 && l->at[0].path->s[0] == '*')
		parse_error(p, l->at[0].span, "'import *' is not part of the language; name what "
		            "is needed");
	return s;
}

/* ---- compound statements ---- */

Stmt *
ast_test(Parser *p, StmtKind k, Token kw, Expr *test, Stmt *body, Stmt *orelse)
{
	Stmt *s = make(p, k, span_join(kw.span, test->span));

	s->test = test;
	s->body = body;
	s->orelse = orelse;
	return s;
}

/* A chain of elifs is a list through orelse; while it grows, next of the first leads to the last.
 */
Stmt *
ast_elif(UNUSED Parser *p, Stmt *chain, Stmt *link)
{
	Stmt *last = chain ? (chain->next ? chain->next : chain) : 0;

	if (!chain)
		return link;
	last->orelse = link;
	chain->next = link; /* undone by ast_else() */
	return chain;
}

Stmt *
ast_else(UNUSED Parser *p, Stmt *chain, Stmt *orelse)
{
	if (!chain)
		return orelse;
	(chain->next ? chain->next : chain)->orelse = orelse;
	chain->next = 0;
	return chain;
}

Stmt *
ast_for_stmt(Parser *p, Token kw, ExprList *target, ExprList *iter, Stmt *body, Stmt *orelse)
{
	Stmt *s = make(p, S_FOR, span_join(kw.span, iter->span));

	s->test = ast_target(p, target, "for");
	s->iter = ast_iterated(ast_tuple(p, iter));
	s->body = body;
	s->orelse = orelse;
	return s;
}

Stmt *
ast_def(Parser *p, Token kw, Token name, ParamList *ps, Expr *result, Stmt *body)
{
	Stmt *s = make(p, S_DEF, span_join(kw.span, name.span));

	s->name = ast_name(p, name);
	s->func = ast_func(p, s->name->id, ps, s->span, name.span);
	s->func->result = result;
	s->func->body = body;
	return s;
}

Stmt *
ast_class(Parser *p, Token kw, Token name, CallExpr *bases, Stmt *body)
{
	Stmt *s = make(p, S_CLASS, span_join(kw.span, name.span));

	s->name = ast_name(p, name);
	s->bases = bases;
	s->func = ast_func(p, s->name->id, 0, s->span, name.span);
	s->func->body = body;
	s->func->is_class = true;
	return s;
}

/* ---- try ---- */

Stmt *
ast_handler(Parser *p, Stmt *s, const Token *kw, Expr *type, const Token *name, Stmt *body)
{
	Handler h = {.type = type, .body = body};

	if (!s) {
		s = make(p, S_TRY, NOSPAN);
		s->attempt = new(p->arena, TryStmt);
	}
	if (!kw)
		return s;
	h.span = type ? span_join(kw->span, type->span) : kw->span;
	h.name = name ? ast_name(p, *name) : 0;
	if (s->attempt->handler.n && !s->attempt->handler.at[s->attempt->handler.n - 1].type)
		parse_error(p, s->attempt->handler.at[s->attempt->handler.n - 1].span,
		            "an 'except:' without a type must be the last");
	vec_push(p->arena, &s->attempt->handler, h);
	return s;
}

Stmt *
ast_try(Parser *p, Token kw, Stmt *body, Stmt *s, Stmt *orelse, Stmt *final)
{
	s->span = kw.span;
	s->attempt->body = body;
	s->attempt->orelse = orelse;
	s->attempt->final = final;
	if (!s->attempt->handler.n && !final)
		parse_error(p, kw.span, "expected 'except' or 'finally' after the try block");
	else if (!s->attempt->handler.n && orelse)
		parse_error(p, orelse->span, "expected 'except' before the else of a try");
	return s;
}

/* ---- match ---- */

Cases *
ast_case(Parser *p, Cases *l, Token kw, ExprList *pattern, Expr *guard, Stmt *body)
{
	Case c = {.guard = guard, .body = body, .span = span_join(kw.span, pattern->span)};

	c.pattern = ast_items(p, pattern);
	if (!l)
		l = new(p->arena, Cases);
	vec_push(p->arena, &l->at, c);
	return l;
}

Stmt *
ast_match(Parser *p, Token kw, ExprList *subject, Cases *l)
{
	Stmt *s = make(p, S_MATCH, span_join(kw.span, subject->span));

	s->subject = ast_tuple(p, subject);
	s->cases = l;
	return s;
}

Stmt *
ast_decorate(UNUSED Parser *p, ExprList *decorators, Stmt *def)
{
	def->decorators = decorators;
	return def;
}

/* with (a as b, c): the items stand in parentheses. */
static ExprList *
unwrap(Parser *p, ExprList *l)
{
	Expr *e = l->at[0];
	ExprList *inner = new(p->arena, ExprList);

	if (l->n != 1 || !e->paren || (e->kind != E_TUPLE && e->kind != E_AS))
		return l;
	if (e->kind == E_AS)
		return ast_list(p, inner, e);
	if (!e->n)
		return l;
	for (uint32_t i = 0; i < e->n; i++)
		inner = ast_list(p, inner, e->at[i]);
	return inner;
}

Stmt *
ast_with(Parser *p, Token kw, ExprList *l, Stmt *body)
{
	Stmt *s = make(p, S_WITH, span_join(kw.span, l->span));

	l = unwrap(p, l);
	s->with = newn(p->arena, WithItem, l->n);
	s->nwith = l->n;
	s->with_body = body;
	for (uint32_t i = 0; i < l->n; i++) {
		Expr *e = l->at[i];

		s->with[i].expr = e->kind == E_AS ? e->a : e;
		if (e->kind == E_AS) {
			s->with[i].target = e->b;
			check_target(p, e->b, "with");
		}
	}
	return s;
}
