/* scope.c: finds out what every name of a script means, as CPython's symbol table does.
 *
 * Three walks. scope_block() goes over the tree and notes for each scope which names it binds and
 * uses. lookup() then finds the scope that owns a name; a name owned by an outer function makes a
 * cell there and a captured variable in every function between. patch() gives slots and turns each
 * E_NAME into E_LOCAL, E_CELL, E_GLOBAL or E_FIELD. List, set and dict comprehensions are scopes
 * without a frame: their variables are slots of the frame around them. Generator expressions are
 * functions. The body of a class is one, too, whose names are in no slots and are seen by nobody in
 * it: what passes through it from further out has a Sym of its own.
 */
#include "scope.h"

/* ---- looking up ---- */

static bool
is_own(const Sym *y)
{
	return y->bound && !y->nonlocal && !y->global && !y->passes;
}

/* The variable that `name` means in s, as s's own frame sees it; 0: global. inner: seen from a
 * scope in s. */
static Sym *
lookup_from(Resolver *r, NameScope *s, const Str *name, bool inner)
{
	Map *index = s->kind == SCOPE_CLASS && inner ? &s->through : &s->index;
	Sym *y, *outer;

	if (s->kind == SCOPE_MODULE)
		return 0;
	y = map_get(index, KEY(name));
	if (y && y->global)
		return 0;
	if (y && (is_own(y) || y->outer))
		return y;
	outer = lookup_from(r, s->up, name, true);
	if (!outer || s->kind == SCOPE_COMP)
		return outer;
	outer->cell = true;
	y = scope_sym(r, s, index, name, NOSPAN);
	y->outer = outer;
	y->cell = true;
	return y;
}

static Sym *
lookup(Resolver *r, NameScope *s, const Str *name)
{
	return lookup_from(r, s, name, false);
}

static void
check_nonlocals(Resolver *r)
{
	for (uint32_t i = 0; i < r->scopes.n; i++)
		for (uint32_t j = 0; j < r->scopes.at[i]->syms.n; j++) {
			Sym *y = r->scopes.at[i]->syms.at[j];

			if (y->nonlocal && !y->param && !lookup(r, y->scope, y->name))
				error(r, y->first,
				      "no binding for nonlocal '%s' found in an "
				      "enclosing function",
				      y->name->s);
		}
}

/* ---- slots ---- */

static NameScope *
frame_of(NameScope *s)
{
	while (s->kind == SCOPE_COMP)
		s = s->up;
	return s;
}

static uint32_t *
slots_where(Resolver *r, const NameScope *s, bool (*want)(const Sym *), uint32_t *n)
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
	return is_own(y) && y->cell && !y->param && y->scope->kind != SCOPE_CLASS;
}

static bool
is_captured(const Sym *y)
{
	return y->outer != 0;
}

static void
give_slots(Resolver *r, NameScope *s)
{
	NameScope *f = frame_of(s);

	if (s->func && s->kind == SCOPE_FUNC && f->nslot < s->func->params.n)
		f->nslot = s->func->params.n;
	if (s->kind == SCOPE_COMP)
		s->comp->slot = f->nslot;
	for (uint32_t i = 0; i < s->syms.n; i++) {
		Sym *y = s->syms.at[i];

		if (y->param || s->kind == SCOPE_MODULE)
			continue;
		if ((is_own(y) && s->kind != SCOPE_CLASS) || y->outer)
			y->slot = f->nslot++;
	}
	if (s->kind == SCOPE_COMP) {
		s->comp->nslot = f->nslot - s->comp->slot;
		s->comp->cell = slots_where(r, s, own_cell, &s->comp->ncell);
	}
}

static void
finish_func(Resolver *r, NameScope *s)
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
		} else if (y->scope->kind == SCOPE_CLASS && !y->outer) {
			e->kind = E_FIELD;
			e->slot = tree_global(r->tree, e->id); /* what it is before it is bound */
		} else {
			e->kind = y->cell ? E_CELL : E_LOCAL;
			e->op = y->outer || y->scope != r->names.at[i].scope;
			e->slot = y->slot;
		}
	}
}

bool
scope_resolve(Tree *t)
{
	Resolver r = {.tree = t, .arena = t->arena, .ok = true};
	NameScope *top = scope_new(&r, 0, SCOPE_MODULE);

	scope_block(&r, top, t->module);
	check_nonlocals(&r);
	if (!r.ok)
		return false;
	for (uint32_t i = 0; i < r.names.n; i++)
		lookup(&r, r.names.at[i].scope, r.names.at[i].e->id);
	for (uint32_t i = 0; i < r.scopes.n; i++)
		give_slots(&r, r.scopes.at[i]);
	for (uint32_t i = 0; i < r.scopes.n; i++)
		if (r.scopes.at[i]->kind == SCOPE_FUNC || r.scopes.at[i]->kind == SCOPE_CLASS)
			finish_func(&r, r.scopes.at[i]);
	patch(&r);
	t->nslot = top->nslot;
	return r.ok;
}
