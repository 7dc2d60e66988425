/* live.c: see live.h. Each variable's uses are lifted to its own block; the last of them in order
 * ends its life. What is an output of its block, or used nowhere, lives to the block's end or dies
 * where it is made. States outlive the run. */
#include "live.h"

static void
dies_at(Live *l, const void *where, const Var *v)
{
	Dying *d = map_get(&l->at, KEY(where));

	if (!d) {
		d = new (l->arena, Dying);
		map_put(&l->at, KEY(where), d);
	}
	vec_push(l->arena, &d->vars, v);
}

/* The instruction of block b in which the use takes place; 0: it is an output of b. */
static const Inst *
lift(const Use *u, const Block *b)
{
	const Inst *i = u->user;

	if (!i) {
		if (u->block == b)
			return NULL;
		i = u->block->parent;
	}
	while (i->parent != b)
		i = i->parent->parent;
	return i;
}

static void
add_var(Live *l, const Block *b, const Var *v)
{
	const Inst *last = v->def;

	if (v->type->kind == TY_STATE)
		return;
	for (const Use *u = v->uses; u; u = u->next) {
		const Inst *i = lift(u, b);
		if (!i) {
			dies_at(l, b, v);
			return;
		}
		if (!last || (i != last && inst_before(last, i)))
			last = i;
	}
	dies_at(l, last ? (const void *)last : (const void *)b, v);
}

static void
add_block(Live *l, const Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		add_var(l, b, b->param[k]);
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nout; k++)
			add_var(l, b, i->out[k]);
		for (uint32_t k = 0; k < i->nblock; k++)
			add_block(l, i->block[k]);
	}
}

void
live_init(Live *l, Arena *a, const Func *f)
{
	l->arena = a;
	map_init(&l->at, a);
	add_block(l, f->body);
}

const Dying *
live_after(const Live *l, const void *inst_or_block)
{
	return map_get(&l->at, KEY(inst_or_block));
}
