/* scope_collect.c: goes over the tree and notes for each scope which names it binds and uses, and
 * refuses what may stand only in a function, a loop or a class.
 */
#include "scope.h"

static void collect_walrus(Resolver *r, NameScope *s, Expr *name);

NameScope *
scope_new(Resolver *r, NameScope *up, NameScopeKind k)
{
	NameScope *s = new (r->arena, NameScope);

	s->up = up;
	s->kind = k;
	map_init(&s->index, r->arena);
	map_init(&s->through, r->arena);
	vec_push(r->arena, &r->scopes, s);
	return s;
}

Sym *
scope_sym(Resolver *r, NameScope *s, Map *index, const Str *name, Span at)
{
	Sym *y = map_get(index, KEY(name));

	if (y)
		return y;
	y = new (r->arena, Sym);
	y->name = name;
	y->scope = s;
	y->first = at;
	map_put(index, KEY(name), y);
	vec_push(r->arena, &s->syms, y);
	return y;
}

static Sym *
sym_of(Resolver *r, NameScope *s, const Str *name, Span at)
{
	return scope_sym(r, s, &s->index, name, at);
}

/* In a class, `__name` is private to it: `_Class__name`. */
static const Str *
mangled(Resolver *r, const Str *name)
{
	const char *class = r->class ? r->class->s : 0;

	if (!class || strncmp(name->s, "__", 2) != 0 || name->len < 3 ||
	    strcmp(name->s + name->len - 2, "__") == 0)
		return name;
	class += strspn(class, "_");
	return *class ? intern_printf(r->tree->names, "_%s%s", class, name->s) : name;
}

Sym *
scope_note(Resolver *r, NameScope *s, Expr *e, bool bind)
{
	Sym *y;

	e->id = mangled(r, e->id);
	y = sym_of(r, s, e->id, e->span);
	if (bind)
		y->bound = true;
	else
		y->used = true;
	vec_push(r->arena, &r->names, (NameUse){e, s});
	return y;
}

/* ---- collecting ---- */

static void
collect_target(Resolver *r, NameScope *s, Expr *e)
{
	switch ((ExprKind)e->kind) {
	case E_NAME:
		scope_note(r, s, e, true);
		break;
	case E_TUPLE:
	case E_LIST:
		for (uint32_t i = 0; i < e->n; i++)
			collect_target(r, s, e->at[i]);
		break;
	case E_STAR:
		collect_target(r, s, e->a);
		break;
	default:
		scope_expr(r, s, e);
	}
}

static const Str *
qualified(Resolver *r, const NameScope *up, const Str *name)
{
	while (up->kind == SCOPE_COMP)
		up = up->up;
	if (up->kind == SCOPE_MODULE || !up->func)
		return name;
	return intern_printf(r->tree->names, up->kind == SCOPE_CLASS ? "%s.%s" : "%s.<locals>.%s",
	                     up->func->qualname->s, name->s);
}

static void
collect_func(Resolver *r, NameScope *up, FuncExpr *f)
{
	NameScope *s = scope_new(r, up, SCOPE_FUNC);
	uint32_t loops = r->loops;

	f->qualname = qualified(r, up, f->name);
	for (uint32_t i = 0; i < f->params.n; i++) {
		ParamDecl *q = &f->params.at[i];
		Sym *y;

		if (mangled(r, q->name) != q->name) {
			q->name = mangled(r, q->name);
			map_put(&f->params.index, KEY(q->name), (void *)(uintptr_t)(i + 1));
		}
		y = sym_of(r, s, q->name, q->span);
		y->bound = y->param = true;
		y->slot = i;
		scope_expr(r, up, q->dflt);
	}
	s->func = f;
	r->loops = 0;
	scope_expr(r, s, f->expr);
	scope_block(r, s, f->body);
	r->loops = loops;
}

static void
collect_comp(Resolver *r, NameScope *up, Comp *c)
{
	bool gen = c->kind == COMP_GEN;
	NameScope *s = scope_new(r, up, gen ? SCOPE_FUNC : SCOPE_COMP);

	s->comp = c;
	s->func = c->gen;
	if (gen)
		c->gen->qualname = qualified(r, up, c->gen->name);
	for (uint32_t i = 0; i < c->n; i++) {
		CompFor *f = &c->at[i];

		scope_expr(r, i ? s : up, f->iter);
		collect_target(r, s, f->target);
		for (uint32_t j = 0; j < f->conds.n; j++)
			scope_expr(r, s, f->conds.at[j]);
	}
	scope_expr(r, s, c->item);
	scope_expr(r, s, c->value);
}

/* name := …, in a comprehension, binds the name in the function around it. */
static void
collect_walrus(Resolver *r, NameScope *s, Expr *name)
{
	NameScope *to = s;

	for (; to->comp; to = to->up) {
		const Sym *y = map_get(&to->index, KEY(name->id));
		if (y && y->bound)
			error(r, name->span,
			      "':=' cannot rebind '%s', a variable of the "
			      "comprehension",
			      name->id->s);
		if (to->kind == SCOPE_FUNC)
			sym_of(r, to, name->id, name->span)->passes = true;
	}
	if (to->kind == SCOPE_CLASS && to != s)
		error(r, name->span,
		      "':=' in a comprehension is not allowed in the body of a "
		      "class");
	if (to == s)
		scope_note(r, s, name, true);
	else
		sym_of(r, to, name->id, name->span)->bound = true;
	if (to != s)
		vec_push(r->arena, &r->names, (NameUse){name, s});
}

static void
collect_items(Resolver *r, NameScope *s, Expr *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->at[i]) /* the key of ** is absent */
			scope_expr(r, s, e->at[i]->kind == E_STAR ? e->at[i]->a : e->at[i]);
}

/* What is not there (e 0) has no names. */
void
scope_expr(Resolver *r, NameScope *s, Expr *e)
{
	if (!e)
		return;
	switch ((ExprKind)e->kind) {
	case E_NAME:
		scope_note(r, s, e, false);
		break;
	case E_CONST:
	case E_LOCAL:
	case E_CELL:
	case E_GLOBAL:
	case E_FIELD:
		break;
	case E_TUPLE:
	case E_LIST:
	case E_SET:
	case E_DICT:
	case E_FSTRING:
		collect_items(r, s, e);
		break;
	case E_STAR:
		error(r, e->span, "a starred expression cannot stand here");
		break;
	case E_AS:
		error(r, e->span, "unexpected 'as'; it can stand only in with, import and case");
		break;
	case E_YIELD:
		error(r, e->span,
		      "a yield in the midst of an expression is not part of the "
		      "language; assign its value to a name first");
		break;
	case E_WALRUS:
		scope_expr(r, s, e->b);
		collect_walrus(r, s, e->a);
		break;
	case E_CHAIN:
		for (uint32_t i = 0; i < e->chain->n; i++)
			scope_expr(r, s, e->chain->at[i].e);
		break;
	case E_LAMBDA:
		collect_func(r, s, e->func);
		break;
	case E_CALL:
		scope_expr(r, s, e->call->callee);
		for (uint32_t i = 0; i < e->call->narg; i++)
			scope_expr(r, s, e->call->arg[i].val);
		break;
	case E_ATTR:
		e->attr = mangled(r, e->attr);
		scope_expr(r, s, e->obj);
		break;
	case E_COMP:
		collect_comp(r, s, e->comp);
		break;
	case E_UNARY:
	case E_NOT:
	case E_BINARY:
	case E_AND:
	case E_OR:
	case E_CMP:
	case E_INDEX:
	case E_COND:
	case E_SLICE:
	case E_FORMAT:
		scope_expr(r, s, e->a);
		scope_expr(r, s, e->b);
		scope_expr(r, s, e->c);
		break;
	}
}

static void
collect_names(Resolver *r, NameScope *s, Stmt *st)
{
	bool nonlocal = st->kind == S_NONLOCAL;
	const char *word = nonlocal ? "nonlocal" : "global";

	if (s->kind == SCOPE_MODULE && nonlocal) {
		error(r, st->span, "nonlocal is not allowed outside of functions");
		return;
	}
	for (uint32_t i = 0; i < st->names->n; i++) {
		Expr *e = st->names->at[i];
		Sym *y = sym_of(r, s, mangled(r, e->id), e->span);

		if (y->param)
			error(r, e->span, "name '%s' is both a parameter and %s", e->id->s, word);
		else if (nonlocal ? y->global : y->nonlocal)
			error(r, e->span, "name '%s' is both nonlocal and global", e->id->s);
		else if (y->bound && !y->nonlocal && !y->global)
			error(r, e->span, "name '%s' is assigned to before its %s declaration",
			      e->id->s, word);
		else if (y->used && !y->nonlocal && !y->global)
			error(r, e->span, "name '%s' is used before its %s declaration", e->id->s,
			      word);
		y->nonlocal |= nonlocal;
		y->global |= !nonlocal;
		y->first = e->span;
	}
}

/* ---- definitions ---- */

static void
collect_class(Resolver *r, NameScope *s, Stmt *st)
{
	const Str *outer = r->class;
	uint32_t loops = r->loops;
	NameScope *own;

	for (uint32_t i = 0; st->bases && i < st->bases->narg; i++)
		scope_expr(r, s, st->bases->arg[i].val);
	scope_note(r, s, st->name, true);
	own = scope_new(r, s, SCOPE_CLASS);
	own->func = st->func;
	st->func->qualname = qualified(r, s, st->func->name);
	r->class = st->func->name;
	r->loops = 0;
	scope_block(r, own, st->func->body);
	r->class = outer;
	r->loops = loops;
}

static void
collect_def(Resolver *r, NameScope *s, Stmt *st)
{
	for (uint32_t i = 0; st->decorators && i < st->decorators->n; i++)
		scope_expr(r, s, st->decorators->at[i]);
	if (st->kind == S_CLASS) {
		collect_class(r, s, st);
		return;
	}
	scope_note(r, s, st->name, true);
	collect_func(r, s, st->func);
}

static void
collect_loop(Resolver *r, NameScope *s, Stmt *st)
{
	if (st->kind == S_FOR) {
		scope_expr(r, s, st->iter);
		collect_target(r, s, st->test);
	} else {
		scope_expr(r, s, st->test);
	}
	r->loops++;
	scope_block(r, s, st->body);
	r->loops--;
	scope_block(r, s, st->orelse);
}

/* What stands alone or right of '=': there it may be a yield. */
static void
collect_value(Resolver *r, NameScope *s, Expr *e)
{
	if (!e || e->kind != E_YIELD) {
		scope_expr(r, s, e);
		return;
	}
	if (s->kind != SCOPE_FUNC)
		error(r, e->span, "'yield' outside of a function");
	else
		s->func->yields = true;
	scope_expr(r, s, e->a);
}

static void
collect_simple(Resolver *r, NameScope *s, Stmt *st)
{
	switch ((StmtKind)st->kind) {
	case S_ASSIGN:
		collect_value(r, s, st->value);
		for (uint32_t i = 0; i < st->target.n; i++)
			collect_target(r, s, st->target.at[i]);
		break;
	case S_AUG:
	case S_ANN:
		collect_value(r, s, st->b);
		collect_target(r, s, st->a);
		if (st->kind == S_ANN && s->kind == SCOPE_CLASS)
			scope_expr(r, s, st->note);
		break;
	case S_ASSERT:
	case S_RAISE:
		scope_expr(r, s, st->a);
		scope_expr(r, s, st->b);
		break;
	case S_DEL:
		for (uint32_t i = 0; i < st->names->n; i++)
			collect_target(r, s, st->names->at[i]);
		break;
	case S_NONLOCAL:
	case S_GLOBAL:
		collect_names(r, s, st);
		break;
	case S_IMPORT:
	case S_FROM:
		for (uint32_t i = 0; i < st->aliases->n; i++)
			scope_note(r, s, st->aliases->at[i].target, true);
		break;
	case S_RETURN:
	case S_EXPR:
		collect_value(r, s, st->expr);
		break;
	default:
		break;
	}
}

static void
collect_try(Resolver *r, NameScope *s, TryStmt *t)
{
	scope_block(r, s, t->body);
	for (uint32_t i = 0; i < t->handler.n; i++) {
		scope_expr(r, s, t->handler.at[i].type);
		if (t->handler.at[i].name)
			scope_note(r, s, t->handler.at[i].name, true);
		scope_block(r, s, t->handler.at[i].body);
	}
	scope_block(r, s, t->orelse);
	scope_block(r, s, t->final);
}

/* Statements that may stand only in a function or a loop. */
static void
check_place(Resolver *r, const NameScope *s, const Stmt *st)
{
	if (st->kind == S_RETURN && s->kind != SCOPE_FUNC)
		error(r, st->span, "'return' outside of a function");
	if ((st->kind == S_BREAK || st->kind == S_CONTINUE) && !r->loops)
		error(r, st->span, "'%s' outside of a loop",
		      st->kind == S_BREAK ? "break" : "continue");
}

void
scope_block(Resolver *r, NameScope *s, Stmt *st)
{
	for (; st; st = st->next) {
		switch ((StmtKind)st->kind) {
		case S_IF:
			for (Stmt *link = st;; link = link->orelse) {
				scope_expr(r, s, link->test);
				scope_block(r, s, link->body);
				if (!link->orelse || link->orelse->kind != S_IF ||
				    link->orelse->next) {
					scope_block(r, s, link->orelse);
					break;
				}
			}
			break;
		case S_WHILE:
		case S_FOR:
			collect_loop(r, s, st);
			break;
		case S_DEF:
		case S_CLASS:
			collect_def(r, s, st);
			break;
		case S_TRY:
			collect_try(r, s, st->attempt);
			break;
		case S_MATCH:
			scope_match(r, s, st);
			break;
		case S_WITH:
			for (uint32_t i = 0; i < st->nwith; i++) {
				scope_expr(r, s, st->with[i].expr);
				if (st->with[i].target)
					collect_target(r, s, st->with[i].target);
			}
			scope_block(r, s, st->with_body);
			break;
		default:
			check_place(r, s, st);
			collect_simple(r, s, st);
		}
	}
}
