/* ast.c: makes the nodes of expressions, one function for each rule of grammar/parse.y, and checks
 * what the grammar leaves open: where a star may stand, the order of arguments and parameters.
 * Relies on syntax.c for reporting. A node that was refused still is a node, so that parsing can
 * go on.
 */
#include "syntax.h"

#include "parse.h"

#define SIGN(id, sign) [BIN_##id] = sign,
const char *const binop_sign[BIN_COUNT] = {BINOPS(SIGN)};
#undef SIGN
#define SIGN(id, sign) [CMP_##id] = sign,
const char *const cmpop_sign[CMP_COUNT] = {CMPOPS(SIGN)};

static Expr *
make(Parser *p, ExprKind k, Span at)
{
	Expr *e = new(p->arena, Expr);

	e->kind = (uint8_t)k;
	e->span = at;
	e->height = 1;
	e->quiet = true;
	p->last = e;
	return e;
}

/* Takes a child into account: height and quietness. */
static void
grow(Parser *p, Expr *e, const Expr *child)
{
	if (!child)
		return;
	e->quiet &= child->quiet;
	if (child->height < e->height)
		return;
	e->height = (uint16_t)(child->height + 1);
	if (e->height <= EXPR_HEIGHT)
		return;
	if (!p->failed)
		parse_error(p, e->span, "expression nested too deeply (more than %d levels); give "
		            "the inner parts names", EXPR_HEIGHT);
	e->height = 1;
	p->failed = true;
	p->dead = true;
}

Token
token_join(Token a, Token b)
{
	a.span = span_join(a.span, b.span);
	return a;
}

Expr *
ast_name(Parser *p, Token t)
{
	Expr *e = make(p, E_NAME, t.span);

	e->id = intern(p->names, t.text, t.span.len);
	return e;
}

static void
set_literal(Parser *p, Expr *e, Literal l)
{
	e->kind = E_CONST;
	e->nth = p->tree->literal.n;
	e->lit = arena_dup(p->arena, &l, sizeof l);
	vec_push(p->arena, &p->tree->literal, e->lit);
}

Expr *
ast_const(Parser *p, Span at, Literal l)
{
	Expr *e = make(p, E_CONST, at);

	set_literal(p, e, l);
	return e;
}

Expr *
ast_word(Parser *p, Token t, LiteralKind k)
{
	return ast_const(p, t.span, (Literal){.kind = (uint8_t)k});
}

Expr *
ast_one(Parser *p, ExprKind k, Token op, Expr *a)
{
	Expr *e = make(p, k, span_join(op.span, a->span));

	e->a = a;
	grow(p, e, a);
	return e;
}

Expr *
ast_unary(Parser *p, Token op, UnOp o, Expr *a)
{
	Expr *e = ast_one(p, E_UNARY, op, a);
	Literal l;

	e->op = (uint8_t)o;
	if (o != UN_NEG || a->kind != E_CONST || a->paren)
		return e;
	l = *a->lit; /* -1 is one constant */
	if (l.kind == LIT_INT)
		l.i = -l.i;
	else if (l.kind == LIT_FLOAT)
		l.f = -l.f;
	else
		return e;
	set_literal(p, e, l);
	e->op = 1; /* no literal, for messages */
	return e;
}

Expr *
ast_both(Parser *p, ExprKind k, Expr *a, Expr *b)
{
	Expr *e = make(p, k, span_join(a->span, b->span));

	e->a = a;
	e->b = b;
	grow(p, e, a);
	grow(p, e, b);
	return e;
}

Expr *
ast_binary(Parser *p, BinOp o, Expr *a, Expr *b)
{
	Expr *e = ast_both(p, E_BINARY, a, b);

	e->op = (uint8_t)o;
	return e;
}

Expr *
ast_compare(Parser *p, int op, Expr *a, Expr *b)
{
	Expr *e;
	Chain *c;

	if (a->paren || (a->kind != E_CMP && a->kind != E_CHAIN)) {
		e = ast_both(p, E_CMP, a, b);
		e->op = (uint8_t)op;
		e->quiet &= op != CMP_IN && op != CMP_NOT_IN;
		return e;
	}
	if (a->kind == E_CMP) {
		c = new(p->arena, Chain);
		vec_push(p->arena, c, (ChainLink){.e = a->a});
		vec_push(p->arena, c, (ChainLink){a->b, a->op});
		a->kind = E_CHAIN;
		a->chain = c;
	}
	vec_push(p->arena, a->chain, (ChainLink){b, (uint8_t)op});
	a->span = span_join(a->span, b->span);
	a->quiet = false;
	grow(p, a, b);
	p->last = a;
	return a;
}

Expr *
ast_cond(Parser *p, Expr *then, Expr *test, Expr *other)
{
	Expr *e = ast_both(p, E_COND, then, other);

	e->c = test;
	grow(p, e, test);
	return e;
}

Expr *
ast_attr(Parser *p, Expr *obj, Token name)
{
	Expr *e = make(p, E_ATTR, span_join(obj->span, name.span));

	e->obj = obj;
	e->attr = intern(p->names, name.text, name.span.len);
	e->attr_span = name.span;
	for (uint32_t k = 0; k < e->span.len - name.span.len; k++)
		e->op |= name.text[-(ptrdiff_t)k] == '\n'; /* the name stands on another line */
	grow(p, e, obj);
	return e;
}

Expr *
ast_sequence(Parser *p, ExprKind k, const ExprList *l, Span at)
{
	Expr *e = make(p, k, at);

	e->at = l ? l->at : 0;
	e->n = l ? l->n : 0;
	for (uint32_t i = 0; i < e->n; i++)
		grow(p, e, e->at[i]);
	return e;
}

Expr *
ast_index(Parser *p, Expr *obj, ExprList *l, Token close)
{
	bool one = l->n == 1 && !l->comma && l->at[0]->kind != E_STAR;
	Expr *key = one ? l->at[0] : ast_sequence(p, E_TUPLE, l, l->span);
	Expr *e = make(p, E_INDEX, span_join(obj->span, close.span));

	e->a = obj;
	e->b = key;
	grow(p, e, obj);
	grow(p, e, key);
	return e;
}

Expr *
ast_slice(Parser *p, Token colon, Expr *lo, Expr *hi, Expr *step)
{
	Span at = colon.span;
	Expr *e;

	at = lo ? span_join(lo->span, at) : at;
	at = step ? span_join(at, step->span) : hi ? span_join(at, hi->span) : at;
	e = make(p, E_SLICE, at);
	e->a = lo;
	e->b = hi;
	e->c = step;
	grow(p, e, lo);
	grow(p, e, hi);
	grow(p, e, step);
	return e;
}

Expr *
ast_star(Parser *p, Token star, Expr *a)
{
	Expr *e = ast_one(p, E_STAR, star, a);

	e->quiet = false;
	return e;
}

/* yield, yield value, yield from value; where it may stand is said by scope.c. */
Expr *
ast_yield(Parser *p, Token kw, Expr *value, bool from)
{
	Expr *e = make(p, E_YIELD, value ? span_join(kw.span, value->span) : kw.span);

	e->a = value;
	e->op = from;
	e->quiet = false;
	grow(p, e, value);
	e->quiet = false;
	return e;
}

/* ---- lists ---- */

ExprList *
ast_list(Parser *p, ExprList *l, Expr *e)
{
	if (!l) {
		l = new(p->arena, ExprList);
		l->span = e->span;
	}
	vec_push(p->arena, l, e);
	l->span = span_join(l->span, e->span);
	return l;
}

ExprList *
ast_pair(Parser *p, ExprList *l, Expr *key, Expr *val)
{
	if (!l) {
		l = new(p->arena, ExprList);
		l->span = key ? key->span : val->span;
	}
	vec_push(p->arena, l, key);
	return ast_list(p, l, val);
}

ExprList *
ast_comma(UNUSED Parser *p, ExprList *l, Token comma)
{
	l->comma = true;
	l->span = span_join(l->span, comma.span);
	return l;
}

/* Outside of brackets. */
Expr *
ast_items(Parser *p, const ExprList *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->at[i]->kind == E_WALRUS && !l->at[i]->paren)
			parse_error(p, l->at[i]->span, "':=' needs parentheses here");
	return l->n == 1 && !l->comma ? l->at[0] : ast_sequence(p, E_TUPLE, l, l->span);
}

Expr *
ast_tuple(Parser *p, const ExprList *l)
{
	Expr *e = ast_items(p, l);

	if (e->kind == E_STAR)
		parse_error(p, e->span,
		            "a starred expression cannot stand alone; write [*x] or *x,");
	return e;
}

Expr *
ast_paren(Parser *p, Token open, ExprList *l, Token close)
{
	Expr *e = l && l->n == 1 && !l->comma ? l->at[0] : 0;
	Span at = span_join(open.span, close.span);

	if (!e)
		e = ast_sequence(p, E_TUPLE, l, at);
	else if (e->kind == E_STAR)
		parse_error(p, e->span, "a starred expression cannot stand in parentheses alone; "
		            "write (*x,)");
	e->paren = true;
	e->span = at;
	p->last = e;
	return e;
}

/* What CPython's compiler knows the value of. */
static bool
is_constant(const Expr *e)
{
	switch (e->kind) {
	case E_CONST:
		return true;
	case E_UNARY:
	case E_NOT:
		return is_constant(e->a);
	case E_BINARY:
		return is_constant(e->a) && is_constant(e->b);
	case E_TUPLE:
		for (uint32_t i = 0; i < e->n; i++)
			if (!is_constant(e->at[i]))
				return false;
		return true;
	default:
		return false;
	}
}

Expr *
ast_display(Parser *p, ExprKind k, Token open, ExprList *l, Token close)
{
	Expr *e = ast_sequence(p, k, l, span_join(open.span, close.span));

	if (k == E_SET)
		e->op = e->n > 2 ? SET_MERGED : SET_FEW;
	for (uint32_t i = 0; k == E_SET && i < e->n; i++)
		if (!is_constant(e->at[i]))
			e->op = SET_PLAIN;
	if (k == E_SET || k == E_DICT)
		e->quiet = false;
	return e;
}

/* What a loop goes through. */
Expr *
ast_iterated(Expr *e)
{
	if (e->kind == E_SET && e->op != SET_PLAIN)
		e->op = SET_CONSTANT;
	return e;
}

/* ---- comprehensions ---- */

Comp *
ast_for(Parser *p, Comp *c, const ExprList *target, Expr *iter, const ExprList *conds)
{
	CompFor f = {.target = ast_target(p, target, "for"), .iter = ast_iterated(iter)};

	if (conds)
		f.conds = *conds;
	if (!c)
		c = new(p->arena, Comp);
	vec_push(p->arena, c, f);
	return c;
}

static Expr *
comp_expr(Parser *p, CompKind k, Span at, Expr *item, Expr *value, Comp *c)
{
	Expr *e = make(p, E_COMP, at);

	c->kind = k;
	c->item = item;
	c->value = value;
	e->comp = c;
	grow(p, e, item);
	grow(p, e, value);
	for (uint32_t i = 0; i < c->n; i++) {
		grow(p, e, c->at[i].target);
		grow(p, e, c->at[i].iter);
		for (uint32_t j = 0; j < c->at[i].conds.n; j++)
			grow(p, e, c->at[i].conds.at[j]);
	}
	e->quiet = false;
	if (item->kind == E_STAR)
		parse_error(p, item->span, "a starred expression cannot be the item of a "
		            "comprehension; add a second 'for'");
	if (k == COMP_GEN) {
		c->gen = new(p->arena, FuncExpr);
		c->gen->name = intern_cstr(p->names, "<genexpr>");
		c->gen->span = c->gen->name_span = at;
		c->gen->star = c->gen->dstar = -1;
	}
	return e;
}

Expr *
ast_comp(Parser *p, CompKind k, Token open, Expr *item, Expr *value, Comp *c, Token close)
{
	return comp_expr(p, k, span_join(open.span, close.span), item, value, c);
}

/* ---- calls ---- */

CallArg
ast_arg(UNUSED Parser *p, Expr *e)
{
	return (CallArg){.val = e, .span = e->span};
}

CallArg
ast_kwarg(Parser *p, Expr *name, Expr *val)
{
	CallArg a = {.val = val, .span = span_join(name->span, val->span)};

	if (name->kind == E_NAME && !name->paren) {
		a.name = name->id;
		return a;
	}
	a.name = intern_cstr(p->names, "?");
	if (name->kind == E_CONST && !name->paren && name->lit->kind <= LIT_TRUE &&
	    name->lit->kind != LIT_ELLIPSIS)
		parse_error(p, name->span, "cannot assign to %s", ast_literal_name(name->lit));
	else
		parse_error(p, name->span, "an argument's name must be a plain name; a comparison "
		            "is written ==");
	return a;
}

CallArg
ast_star_arg(UNUSED Parser *p, Token star, Expr *e, int n)
{
	return (CallArg){.val = e, .star = (uint8_t)n, .span = span_join(star.span, e->span)};
}

CallArg
ast_gen_arg(Parser *p, Expr *item, Comp *c)
{
	const CompFor *f = &c->at[c->n - 1];
	const Expr *end = f->conds.n ? f->conds.at[f->conds.n - 1] : f->iter;

	return ast_arg(p, comp_expr(p, COMP_GEN, span_join(item->span, end->span), item, 0, c));
}

/* Few names are compared; a map has them once there are many. */
static bool
is_named(const CallExpr *c, const Str *name)
{
	if (c->names.arena)
		return map_get(&c->names, KEY(name)) != NULL;
	for (uint32_t i = 0; c->kw && i < c->narg; i++)
		if (c->arg[i].name == name)
			return true;
	return false;
}

static void
note_name(Parser *p, CallExpr *c, const CallArg *a)
{
	c->kw = true;
	if (c->narg < 32)
		return;
	if (!c->names.arena) {
		map_init(&c->names, p->arena);
		for (uint32_t i = 0; i < c->narg; i++)
			if (c->arg[i].name)
				map_put(&c->names, KEY(c->arg[i].name), c);
	}
	map_put(&c->names, KEY(a->name), c);
}

static void
check_order(Parser *p, CallExpr *c, const CallArg *a)
{
	bool kw = c->kw, dstar = c->dstar;

	if (a->name) {
		if (is_named(c, a->name))
			parse_error(p, a->span, "keyword argument repeated: %s", a->name->s);
		note_name(p, c, a);
	}
	c->dstar |= a->star == 2;
	if (!a->name && a->star == 0 && dstar)
		parse_error(p, a->span, "positional argument follows keyword argument unpacking");
	else if (!a->name && a->star == 0 && kw)
		parse_error(p, a->span, "positional argument follows keyword argument");
	else if (a->star == 1 && dstar)
		parse_error(p, a->span,
		            "iterable argument unpacking follows keyword argument unpacking");
}

CallExpr *
ast_args(Parser *p, CallExpr *c, CallArg a)
{
	if (!c)
		c = new(p->arena, CallExpr);
	check_order(p, c, &a);
	if (c->narg == c->cap)
		c->arg = vec_grow(p->arena, c->arg, c->narg, &c->cap, sizeof *c->arg);
	c->arg[c->narg++] = a;
	return c;
}

static void
check_generator(Parser *p, const CallExpr *c)
{
	for (uint32_t i = 0; i < c->narg && c->narg > 1; i++) {
		const Expr *e = c->arg[i].val;

		if (e->kind == E_COMP && e->comp->kind == COMP_GEN && !c->arg[i].star &&
		    !c->arg[i].name && e->span.at == e->comp->item->span.at)
			parse_error(p, e->span, "a generator expression that is not the only "
			            "argument must stand in parentheses");
	}
}

/* Where errors of the call are shown: of a method on a later line, that line. */
static Span
call_place(const Expr *callee, Span whole)
{
	Span at = callee->attr_span;

	if (callee->kind != E_ATTR || callee->paren || !callee->op)
		return whole;
	return (Span){at.at, whole.at + whole.len - at.at};
}

Expr *
ast_call(Parser *p, Expr *callee, CallExpr *c, Token close)
{
	Expr *e = make(p, E_CALL, span_join(callee->span, close.span));

	if (!c) {
		c = new(p->arena, CallExpr);
		c->arg = new(p->arena, CallArg);
	}
	check_generator(p, c);
	c->callee = callee;
	c->span = call_place(callee, e->span);
	c->plain = true;
	e->call = c;
	grow(p, e, callee);
	for (uint32_t i = 0; i < c->narg; i++) {
		const CallArg *a = &c->arg[i];

		grow(p, e, a->val);
		c->npos += !a->name && a->star != 2;
		c->nkw += a->name || a->star == 2;
		c->plain &= !a->star;
	}
	c->pos_span = newn(p->arena, Span, c->npos + 1);
	for (uint32_t i = 0, n = 0; i < c->narg; i++)
		if (!c->arg[i].name && c->arg[i].star != 2)
			c->pos_span[n++] = c->arg[i].span;
	e->quiet = false;
	return e;
}

Expr *
ast_lambda(Parser *p, Token kw, ParamList *ps, Expr *body)
{
	Expr *e = make(p, E_LAMBDA, span_join(kw.span, body->span));

	e->func = ast_func(p, intern_cstr(p->names, "<lambda>"), ps, e->span, kw.span);
	e->func->expr = body;
	grow(p, e, body);
	e->quiet = true;
	for (uint32_t i = 0; i < e->func->params.n; i++)
		grow(p, e, e->func->params.at[i].dflt);
	return e;
}
