/* use.c: who uses a value. Each operand slot and each output slot of a block is a Use, linked into
 * the list of its Var; every change of an operand goes through use_set().
 */
#include "ir.h"

void
use_set(Use *u, Var *v)
{
	const Block *b = u->user ? u->user->parent : u->block;

	if (b)
		b->func->prog->edits++;
	if (u->var) {
		*u->prevp = u->next;
		if (u->next)
			u->next->prevp = u->prevp;
	}
	u->var = v;
	if (!v) {
		u->next = NULL;
		u->prevp = NULL;
		return;
	}
	u->next = v->uses;
	u->prevp = &v->uses;
	if (v->uses)
		v->uses->prevp = &u->next;
	v->uses = u;
}

/* The memory of the program, by way of a value that is in place. */
static Arena *
arena_of(Var *const *v, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		if (var_block(v[k]))
			return var_block(v[k])->func->prog->arena;
	die("a list of values, none of which is in a program");
}

/* Makes room for n slots; those beyond the first get an array in the function's arena. */
static void
reserve(Inst *i, Arg *a, uint32_t n, Arena *arena)
{
	Use *use;
	Use **u;

	if (n <= 1 || n <= a->n)
		return;
	u = newn(arena, Use *, n);
	use = newn(arena, Use, n);
	for (uint32_t k = 0; k < n; k++) {
		use[k].user = i;
		u[k] = k < a->n || k == 0 ? a->u[k] : &use[k];
	}
	a->u = u;
}

void
inst_set_arg(Inst *i, int param, Var *v)
{
	Arg *a = &i->arg[param];

	for (uint32_t k = 1; k < a->n; k++)
		use_set(a->u[k], NULL);
	if (a->n || v)
		use_set(a->u[0], v);
	a->n = v != NULL;
}

void
inst_set_arg_list(Inst *i, int param, Var *const *v, uint32_t n)
{
	Arg *a = &i->arg[param];

	for (uint32_t k = n; k < a->n; k++)
		use_set(a->u[k], NULL);
	if (n > 1)
		reserve(i, a, n, arena_of(v, n));
	for (uint32_t k = 0; k < n; k++)
		use_set(a->u[k], v[k]);
	a->n = n;
}

void
block_set_outputs(Block *b, Var *const *v, uint32_t n)
{
	Arena *a = b->func->prog->arena;

	for (uint32_t k = 0; k < b->nout; k++)
		use_set(b->out[k], NULL);
	if (n > b->nout) {
		Use *use = newn(a, Use, n);
		b->out = newn(a, Use *, n);
		for (uint32_t k = 0; k < n; k++) {
			use[k].block = b;
			b->out[k] = &use[k];
		}
	}
	b->nout = n;
	for (uint32_t k = 0; k < n; k++)
		use_set(b->out[k], v[k]);
}

Inst *
var_only_user(const Var *v)
{
	return v->uses && !v->uses->next ? v->uses->user : NULL;
}

bool
var_is_output(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (!u->user)
			return true;
	return false;
}

void
var_replace(Var *old, Var *by)
{
	if (old == by)
		return;
	while (old->uses)
		use_set(old->uses, by);
}

Inst *
use_holder(const Use *u, const Block *b)
{
	Inst *i = u->user ? u->user : u->block->parent;

	if (!u->user && u->block == b)
		return NULL;
	while (i && i->parent != b)
		i = i->parent->parent;
	return i;
}

void
var_replace_after(Inst *anchor, Var *old, Var *by)
{
	if (old == by)
		return;
	for each_use (u, old) {
		const Inst *i = use_holder(u, anchor->parent);
		bool output = !u->user && u->block == anchor->parent;
		if (output || (i && !inst_before(i, anchor)))
			use_set(u, by);
	}
}
