/* comp.c: loops over iterables, comprehensions, and generator expressions, which are iterators that
 * keep their frame and the position of each of their loops between two items.
 */
#include "class.h"

#include "core.h"

/* ---- loops ---- */

/* Ranges, lists and tuples are walked by index; anything else by its iterator. */
bool
walk_start(Interp *in, SeqWalk *w, Value v, Span at)
{
	w->i = 0;
	w->seq = v;
	if (((v.kind == V_LIST || v.kind == V_TUPLE) && !v.o->sub) || v.kind == V_RANGE)
		return true;
	return value_iter(in, v, &w->seq, at);
}

int
walk_next(Interp *in, SeqWalk *w, Value *out, Span at)
{
	const RangeObj *r;

	if (++in->steps > in->look && !interp_steps(in, 0))
		return -1;
	switch (w->seq.kind) {
	case V_LIST:
	case V_TUPLE:
		if (w->seq.o->sub) /* an iterator of a class */
			return value_next(in, w->seq, out, at);
		if (w->i >= SEQ_OF(w->seq)->n)
			return 0;
		*out = SEQ_OF(w->seq)->at[w->i++];
		return 1;
	case V_RANGE:
		r = RANGE_OF(w->seq);
		if (w->i >= range_len(r))
			return 0;
		*out = vint(r->start + w->i++ * r->step);
		return 1;
	default:
		return value_next(in, w->seq, out, at);
	}
}

/* 1: all conditions hold, 0: not, -1: failed, 2: poison. */
static int
conditions(Interp *in, const CompFor *f)
{
	Value v;
	bool yes;

	for (uint32_t i = 0; i < f->conds.n; i++) {
		const Expr *e = f->conds.at[i];

		if (!eval(in, e, &v))
			return -1;
		if (v.kind == V_POISON)
			return 2;
		if (!eval_truth(in, v, &yes, e->span))
			return -1;
		if (!yes)
			return 0;
	}
	return 1;
}

/* ---- comprehensions ---- */

typedef enum Outcome { COMP_FAIL, COMP_OK, COMP_POISON } Outcome;

static bool
add_item(Interp *in, const Comp *c, Value to)
{
	Value k, v;
	bool ok;

	if (!eval(in, c->item, &k))
		return false;
	if (c->kind == COMP_LIST)
		return vlist_push(in, to, k);
	if (c->kind == COMP_SET)
		return set_add_value(in, to, k, c->item->span);
	push(in, k);
	ok = eval(in, c->value, &v) && dict_set(in, to, k, v, c->item->span);
	pop(in, 1);
	return ok;
}

static Outcome
comp_level(Interp *in, const Comp *c, uint32_t level, Value iterable, Value to)
{
	const CompFor *f = &c->at[level];
	SeqWalk w;
	Value v;
	int more, hold;
	Outcome r = COMP_OK;

	if (iterable.kind == V_POISON)
		return COMP_POISON;
	if (!walk_start(in, &w, iterable, f->iter->span))
		return COMP_FAIL;
	push(in, w.seq);
	while (r == COMP_OK && (more = walk_next(in, &w, &v, f->iter->span)) != 0) {
		if (more < 0 || !assign(in, f->target, v))
			r = COMP_FAIL;
		else if ((hold = conditions(in, f)) != 1)
			r = hold == 0 ? COMP_OK : hold < 0 ? COMP_FAIL : COMP_POISON;
		else if (level + 1 == c->n)
			r = add_item(in, c, to) ? COMP_OK : COMP_FAIL;
		else if (eval(in, c->at[level + 1].iter, &v))
			r = comp_level(in, c, level + 1, v, to);
		else
			r = COMP_FAIL;
	}
	pop(in, 1);
	return r;
}

static void
fresh_variables(Interp *in, const Comp *c)
{
	Value *slot = in->frame->slot;

	for (uint32_t i = 0; i < c->nslot; i++)
		slot[c->slot + i] = VUNSET;
	for (uint32_t i = 0; i < c->ncell; i++) {
		CellObj *cell = interp_alloc(in, V_CELL, sizeof *cell);

		slot[c->cell[i]] = (Value){.kind = V_CELL, .o = &cell->obj};
	}
}

static bool make_generator(Interp *in, const Comp *c, Value first, Span at, Value *out);

bool
eval_comp(Interp *in, const Expr *e, Value *out)
{
	const Comp *c = e->comp;
	Value *sp = in->sp, first, to;
	Outcome r;

	if (!eval(in, c->at[0].iter, &first))
		return false;
	push(in, first);
	if (c->kind == COMP_GEN) {
		bool ok = make_generator(in, c, first, e->span, out);

		in->sp = sp;
		return ok;
	}
	to = c->kind == COMP_LIST ? vlist(in, 0, 0) : c->kind == COMP_SET ? vset(in) : vdict(in);
	push(in, to);
	fresh_variables(in, c);
	r = comp_level(in, c, 0, first, to);
	in->sp = sp;
	*out = r == COMP_POISON ? VPOISON : to;
	return r != COMP_FAIL;
}

/* ---- generator expressions ---- */

typedef struct Gen {
	const Comp *comp;
	Value *slot;
	SeqWalk *walk;  /* one for each `for` */
	uint32_t level; /* loops that are open; 0 before the first item */
	bool done, running;
	Span at;
} Gen;

static void
gen_mark(Interp *in, IterObj *it)
{
	Gen *g = it->data;

	for (uint32_t i = 0; i < g->comp->gen->nslot; i++)
		interp_mark(in, g->slot[i]);
	for (uint32_t i = 0; i < g->comp->n; i++)
		interp_mark(in, g->walk[i].seq);
}

static void
gen_free(IterObj *it)
{
	Gen *g = it->data;

	xfree(g->slot);
	xfree(g->walk);
	xfree(g);
}

/* Opens the next loop: 1 done, -1 failed, 2 poison. */
static int
gen_open(Interp *in, Gen *g)
{
	const Expr *e = g->comp->at[g->level].iter;
	Value v;

	if (!eval(in, e, &v))
		return -1;
	if (v.kind == V_POISON)
		return 2;
	return walk_start(in, &g->walk[g->level++], v, e->span) ? 1 : -1;
}

/* Steps the loops until all of them stand on an item: 1; 0 at the end; -1 failed; 2 poison. */
static int
gen_advance(Interp *in, Gen *g)
{
	const Comp *c = g->comp;
	Value v;
	int r;

	g->level = MAX(g->level, 1); /* the first was opened when the generator was made */
	while (g->level > 0) {
		const CompFor *f = &c->at[g->level - 1];

		r = walk_next(in, &g->walk[g->level - 1], &v, f->iter->span);
		if (r < 0 || (r > 0 && !assign(in, f->target, v)))
			return -1;
		if (r == 0) {
			g->level--;
			continue;
		}
		r = conditions(in, f);
		if (r == 0)
			continue;
		if (r != 1)
			return r;
		if (g->level == c->n)
			return 1;
		r = gen_open(in, g);
		if (r != 1)
			return r;
	}
	return 0;
}

/* Where somebody catches: the StopIteration that ended it is an error of its own. */
static void
no_stop(Interp *in, Span at)
{
	Value exc = in->pending.exc;
	Attempt a;

	if (!in->pending.any || exc.kind == V_UNSET ||
	    !class_has(in, class_of(exc), exc_class(in, "StopIteration")))
		return;
	attempt_begin(in, &a);
	exc = attempt_take(in, &a);
	if (exc.kind != V_UNSET)
		generator_stopped(in, exc, at);
	attempt_end(in, &a);
}

static int
gen_next(Interp *in, IterObj *it, Value *out, Span at)
{
	Gen *g = it->data;
	Frame frame = {.slot = g->slot, .func = g->comp->gen, .fo = FUNC_OF(it->v[0])};
	Span here = in->here;
	int r;

	if (g->done)
		return 0;
	if (g->running) {
		fail(in, at, "the generator is being run already");
		return -1;
	}
	if (!enter_frame(in, &frame, at.at ? at : g->at))
		return -1;
	push(in, vobj(it));
	g->running = true;
	r = gen_advance(in, g);
	if (r == 1)
		r = eval(in, g->comp->item, out) ? 1 : -1;
	else if (r == 2)
		*out = VPOISON;
	g->running = false;
	g->done = r != 1;
	if (r < 0)
		no_stop(in, at);
	pop(in, 1);
	leave_frame(in, &frame);
	in->here = here;
	return r == 2 ? 1 : r;
}

static const IterType gen_type = {"generator", gen_next, gen_mark, gen_free, 0};

static bool
make_generator(Interp *in, const Comp *c, Value first, Span at, Value *out)
{
	const FuncExpr *f = c->gen;
	SeqWalk w;
	Value fn;
	Gen *g;

	if (first.kind == V_POISON) {
		*out = first;
		return true;
	}
	if (!walk_start(in, &w, first, c->at[0].iter->span))
		return false;
	push(in, w.seq);
	fn = make_function(in, f, 0);
	push(in, fn);
	g = xcalloc(1, sizeof *g);
	g->comp = c;
	g->at = at;
	g->slot = xcalloc(f->nslot + 1, sizeof *g->slot);
	g->walk = xcalloc(c->n, sizeof *g->walk);
	g->walk[0] = w;
	enter_cells(in, f, FUNC_OF(fn), g->slot);
	*out = viter(in, &gen_type, fn);
	ITER_OF(*out)->data = g;
	return true;
}
