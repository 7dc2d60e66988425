/* scope.c: finds out what every name of a script means, as CPython's symbol table does.
 *
 * Three walks. collect() goes over the tree and notes for each scope which names it binds and
 * uses. lookup() then finds the scope that owns a name; a name owned by an outer function makes a
 * cell there and a captured variable in every function between. patch() gives slots and turns each
 * E_NAME into E_LOCAL, E_CELL or E_GLOBAL. List, set and dict comprehensions are scopes without a
 * frame: their variables are slots of the frame around them. Generator expressions are functions.
 */
#include "syntax.h"

typedef struct Scope Scope;
typedef struct Sym Sym;
typedef enum ScopeKind { SCOPE_MODULE, SCOPE_FUNC, SCOPE_COMP } ScopeKind;

struct Sym {
	const Str *name;
	Scope *scope;
	Sym *outer; /* captured from there */
	Span first;
	uint32_t slot;
	bool bound, used, param, nonlocal, cell;
};

typedef struct NameUse {
	Expr *e;
	Scope *scope;
} NameUse;

struct Scope {
	Scope *up;
	ScopeKind kind;
	FuncExpr *func;
	Comp *comp;
	VEC(Sym *) syms;
	Map index; /* const Str * -> Sym * */
	uint32_t nslot;
};

typedef struct Resolver {
	Tree *tree;
	Arena *arena;
	VEC(Scope *) scopes;
	VEC(NameUse) names;
	uint32_t loops; /* around the statement, in this function */
	bool ok;
} Resolver;

static void collect_block(Resolver *r, Scope *s, Stmt *st);
static void collect(Resolver *r, Scope *s, Expr *e);

#define error(r, ...) ((r)->ok = false, diag_error((r)->tree->diag, __VA_ARGS__))

static Scope *
scope_new(Resolver *r, Scope *up, ScopeKind k)
{
	Scope *s = new(r->arena, Scope);

	s->up = up;
	s->kind = k;
	map_init(&s->index, r->arena);
	vec_push(r->arena, &r->scopes, s);
	return s;
}

static Sym *
sym_of(Resolver *r, Scope *s, const Str *name, Span at)
{
	Sym *y = map_get(&s->index, KEY(name));

	if (y)
		return y;
	y = new(r->arena, Sym);
	y->name = name;
	y->scope = s;
	y->first = at;
	map_put(&s->index, KEY(name), y);
	vec_push(r->arena, &s->syms, y);
	return y;
}

static Sym *
note_name(Resolver *r, Scope *s, Expr *e, bool bind)
{
	Sym *y = sym_of(r, s, e->id, e->span);

	if (bind)
		y->bound = true;
	else
		y->used = true;
	vec_push(r->arena, &r->names, (NameUse){e, s});
	return y;
}

/* ---- collecting ---- */

static void
collect_target(Resolver *r, Scope *s, Expr *e)
{
	switch ((ExprKind)e->kind) {
	case E_NAME:
		note_name(r, s, e, true);
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
		collect(r, s, e);
	}
}

static void
collect_func(Resolver *r, Scope *up, FuncExpr *f)
{
	Scope *s = scope_new(r, up, SCOPE_FUNC);
	uint32_t loops = r->loops;

	for (uint32_t i = 0; i < f->params.n; i++) {
		ParamDecl *q = &f->params.at[i];
		Sym *y = sym_of(r, s, q->name, q->span);

		y->bound = y->param = true;
		y->slot = i;
		collect(r, up, q->dflt);
	}
	s->func = f;
	r->loops = 0;
	collect(r, s, f->expr);
	collect_block(r, s, f->body);
	r->loops = loops;
}

static void
collect_comp(Resolver *r, Scope *up, Comp *c)
{
	bool gen = c->kind == COMP_GEN;
	Scope *s = scope_new(r, up, gen ? SCOPE_FUNC : SCOPE_COMP);

	s->comp = c;
	s->func = c->gen;
	for (uint32_t i = 0; i < c->n; i++) {
		CompFor *f = &c->at[i];

		collect(r, i ? s : up, f->iter);
		collect_target(r, s, f->target);
		for (uint32_t j = 0; j < f->conds.n; j++)
			collect(r, s, f->conds.at[j]);
	}
	collect(r, s, c->item);
	collect(r, s, c->value);
}

static void
collect_items(Resolver *r, Scope *s, Expr *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->at[i]) /* the key of ** is absent */
			collect(r, s, e->at[i]->kind == E_STAR ? e->at[i]->a : e->at[i]);
}

/* What is not there (e 0) has no names. */
static void
collect(Resolver *r, Scope *s, Expr *e)
{
	if (!e)
		return;
	switch ((ExprKind)e->kind) {
	case E_NAME:
		note_name(r, s, e, false);
		break;
	case E_CONST:
	case E_LOCAL:
	case E_CELL:
	case E_GLOBAL:
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
		error(r, e->span, "unexpected 'as'; it can stand only in with and import");
		break;
	case E_CHAIN:
		for (uint32_t i = 0; i < e->chain->n; i++)
			collect(r, s, e->chain->at[i].e);
		break;
	case E_LAMBDA:
		collect_func(r, s, e->func);
		break;
	case E_CALL:
		collect(r, s, e->call->callee);
		for (uint32_t i = 0; i < e->call->narg; i++)
			collect(r, s, e->call->arg[i].val);
		break;
	case E_ATTR:
		collect(r, s, e->obj);
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
		collect(r, s, e->a);
		collect(r, s, e->b);
		collect(r, s, e->c);
		break;
	}
}

static void
collect_nonlocal(Resolver *r, Scope *s, Stmt *st)
{
	if (s->kind == SCOPE_MODULE) {
		error(r, st->span, "nonlocal is not allowed outside of functions");
		return;
	}
	for (uint32_t i = 0; i < st->names->n; i++) {
		Expr *e = st->names->at[i];
		Sym *y = sym_of(r, s, e->id, e->span);

		if (y->param)
			error(r, e->span, "name '%s' is both a parameter and nonlocal", e->id->s);
		else if (y->bound && !y->nonlocal)
			error(r, e->span,
			      "name '%s' is assigned to before its nonlocal declaration", e->id->s);
		else if (y->used && !y->nonlocal)
			error(r, e->span, "name '%s' is used before its nonlocal declaration",
			      e->id->s);
		y->nonlocal = true;
		y->first = e->span;
	}
}

static void
collect_def(Resolver *r, Scope *s, Stmt *st)
{
	for (uint32_t i = 0; st->decorators && i < st->decorators->n; i++)
		collect(r, s, st->decorators->at[i]);
	note_name(r, s, st->name, true);
	collect_func(r, s, st->func);
}

static void
collect_loop(Resolver *r, Scope *s, Stmt *st)
{
	if (st->kind == S_FOR) {
		collect(r, s, st->iter);
		collect_target(r, s, st->test);
	} else {
		collect(r, s, st->test);
	}
	r->loops++;
	collect_block(r, s, st->body);
	r->loops--;
	collect_block(r, s, st->orelse);
}

static void
collect_simple(Resolver *r, Scope *s, Stmt *st)
{
	switch ((StmtKind)st->kind) {
	case S_ASSIGN:
		collect(r, s, st->value);
		for (uint32_t i = 0; i < st->target.n; i++)
			collect_target(r, s, st->target.at[i]);
		break;
	case S_AUG:
	case S_ANN:
		collect(r, s, st->b);
		collect_target(r, s, st->a);
		break;
	case S_ASSERT:
	case S_RAISE:
		collect(r, s, st->a);
		collect(r, s, st->b);
		break;
	case S_DEL:
		for (uint32_t i = 0; i < st->names->n; i++)
			collect_target(r, s, st->names->at[i]);
		break;
	case S_NONLOCAL:
		collect_nonlocal(r, s, st);
		break;
	case S_IMPORT:
	case S_FROM:
		for (uint32_t i = 0; i < st->aliases->n; i++)
			note_name(r, s, st->aliases->at[i].target, true);
		break;
	case S_RETURN:
	case S_EXPR:
		collect(r, s, st->expr);
		break;
	default:
		break;
	}
}

/* Statements that may stand only in a function or a loop. */
static void
check_place(Resolver *r, const Scope *s, const Stmt *st)
{
	if (st->kind == S_RETURN && s->kind == SCOPE_MODULE)
		error(r, st->span, "'return' outside of a function");
	if ((st->kind == S_BREAK || st->kind == S_CONTINUE) && !r->loops)
		error(r, st->span, "'%s' outside of a loop",
		      st->kind == S_BREAK ? "break" : "continue");
}

static void
collect_block(Resolver *r, Scope *s, Stmt *st)
{
	for (; st; st = st->next) {
		switch ((StmtKind)st->kind) {
		case S_IF:
			for (Stmt *link = st;; link = link->orelse) {
				collect(r, s, link->test);
				collect_block(r, s, link->body);
				if (!link->orelse || link->orelse->kind != S_IF ||
				    link->orelse->next) {
					collect_block(r, s, link->orelse);
					break;
				}
			}
			break;
		case S_WHILE:
		case S_FOR:
			collect_loop(r, s, st);
			break;
		case S_DEF:
			collect_def(r, s, st);
			break;
		case S_WITH:
			for (uint32_t i = 0; i < st->nwith; i++) {
				collect(r, s, st->with[i].expr);
				if (st->with[i].target)
					collect_target(r, s, st->with[i].target);
			}
			collect_block(r, s, st->with_body);
			break;
		default:
			check_place(r, s, st);
			collect_simple(r, s, st);
		}
	}
}

/* ---- looking up ---- */

/* The variable that `name` means in s, as s's own frame sees it; 0: global. */
static Sym *
lookup(Resolver *r, Scope *s, const Str *name)
{
	Sym *y, *outer;

	if (s->kind == SCOPE_MODULE)
		return 0;
	y = map_get(&s->index, KEY(name));
	if (y && ((y->bound && !y->nonlocal) || y->outer))
		return y;
	outer = lookup(r, s->up, name);
	if (!outer || s->kind == SCOPE_COMP)
		return outer;
	outer->cell = true;
	y = sym_of(r, s, name, NOSPAN);
	y->outer = outer;
	y->cell = true;
	return y;
}

static void
check_nonlocals(Resolver *r)
{
	for (uint32_t i = 0; i < r->scopes.n; i++)
		for (uint32_t j = 0; j < r->scopes.at[i]->syms.n; j++) {
			Sym *y = r->scopes.at[i]->syms.at[j];

			if (y->nonlocal && !y->param && !lookup(r, y->scope, y->name))
				error(r, y->first, "no binding for nonlocal '%s' found in an "
				      "enclosing function", y->name->s);
		}
}

/* ---- slots ---- */

static Scope *
frame_of(Scope *s)
{
	while (s->kind == SCOPE_COMP)
		s = s->up;
	return s;
}

static uint32_t *
slots_where(Resolver *r, const Scope *s, bool (*want)(const Sym *), uint32_t *n)
{
	uint32_t *out = newn(r->arena, uint32_t, s->syms.n + 1);

	*n = 0;
	for (uint32_t i = 0; i < s->syms.n; i++)
		if (want(s->syms.at[i]))
			out[(*n)++] = s->syms.at[i]->slot;
	return out;
}

static bool
own_cell(const Sym *y)
{
	return y->bound && !y->nonlocal && y->cell && !y->param;
}

static bool
is_captured(const Sym *y)
{
	return y->outer != 0;
}

static void
give_slots(Resolver *r, Scope *s)
{
	Scope *f = frame_of(s);

	if (s->func && s->kind == SCOPE_FUNC && f->nslot < s->func->params.n)
		f->nslot = s->func->params.n;
	if (s->kind == SCOPE_COMP)
		s->comp->slot = f->nslot;
	for (uint32_t i = 0; i < s->syms.n; i++) {
		Sym *y = s->syms.at[i];

		if (y->param || s->kind == SCOPE_MODULE)
			continue;
		if ((y->bound && !y->nonlocal) || y->outer)
			y->slot = f->nslot++;
	}
	if (s->kind == SCOPE_COMP) {
		s->comp->nslot = f->nslot - s->comp->slot;
		s->comp->cell = slots_where(r, s, own_cell, &s->comp->ncell);
	}
}

static void
finish_func(Resolver *r, Scope *s)
{
	FuncExpr *f = s->func;

	f->nslot = s->nslot;
	f->cell = slots_where(r, s, own_cell, &f->ncell);
	f->to = slots_where(r, s, is_captured, &f->nfree);
	f->from = newn(r->arena, uint32_t, f->nfree + 1);
	for (uint32_t i = 0, n = 0; i < s->syms.n; i++) {
		Sym *y = s->syms.at[i];

		if (y->outer)
			f->from[n++] = y->outer->slot;
		if (y->param && y->cell)
			f->params.at[y->slot].cell = true;
	}
}

static void
patch(Resolver *r)
{
	for (uint32_t i = 0; i < r->names.n; i++) {
		Expr *e = r->names.at[i].e;
		Sym *y = lookup(r, r->names.at[i].scope, e->id);

		if (!y) {
			e->kind = E_GLOBAL;
			e->slot = tree_global(r->tree, e->id);
		} else {
			e->kind = y->cell ? E_CELL : E_LOCAL;
			e->slot = y->slot;
		}
	}
}

bool
scope_resolve(Tree *t)
{
	Resolver r = {.tree = t, .arena = t->arena, .ok = true};
	Scope *top = scope_new(&r, 0, SCOPE_MODULE);

	collect_block(&r, top, t->module);
	check_nonlocals(&r);
	if (!r.ok)
		return false;
	for (uint32_t i = 0; i < r.names.n; i++)
		lookup(&r, r.names.at[i].scope, r.names.at[i].e->id);
	for (uint32_t i = 0; i < r.scopes.n; i++)
		give_slots(&r, r.scopes.at[i]);
	for (uint32_t i = 0; i < r.scopes.n; i++)
		if (r.scopes.at[i]->kind == SCOPE_FUNC)
			finish_func(&r, r.scopes.at[i]);
	patch(&r);
	t->nslot = top->nslot;
	return r.ok;
}
