/* script_exit.c: early returns, break and continue (script.h). A block that may be left before its
 * end tells so by a bool, and what follows stands in a condition on it. First the loops, then the
 * function; two conditions in a row that were made so become one where that is possible.
 */
#include "script.h"

typedef struct Exit {
	JVal *has; /* it was left: one of yes, no, thrown below, or known when it runs */
	JVal **v;  /* with these values */
	uint32_t n;
} Exit;
typedef struct Exits {
	JGraph *g;
	JKind kind; /* the exits at hand: J_CONTINUATION, J_RETURN */
	JVal *yes, *no, *thrown;
	Map unit;       /* Ty -> a value of it that nobody reads */
	JBlock *target; /* where they lead */
} Exits;
enum { OF_EXIT = UINT32_MAX }; /* the mark of yes and no */
typedef enum Status { WILL, MIGHT, WONT, THROWS } Status;

static Exit leave_block(Exits *x, JBlock *b);

static JVal *
unit(Exits *x, const Ty *t)
{
	JVal *v = map_get(&x->unit, KEY(t));

	if (!v) {
		JNode *n = jnode_new(x->g, J_UNINIT, 0, NOSPAN);

		jnode_after(n, x->g->top->param);
		v = joutput_add(n, t);
		map_put(&x->unit, KEY(t), v);
	}
	return v;
}

static Status
status(const Exits *x, const Exit *e)
{
	return e->has == x->yes      ? WILL
	       : e->has == x->no     ? WONT
	       : e->has == x->thrown ? THROWS
	                             : MIGHT;
}

static Exit
stays(const Exits *x)
{
	return (Exit){.has = x->no};
}

static Exit
with_inputs(const Exits *x, JNode *n)
{
	Exit e = {.has = x->yes, .n = n->nin};

	e.v = newn(x->g->s->arena, JVal *, n->nin + 1);
	for (uint32_t i = 0; i < n->nin; i++)
		e.v[i] = jin(n, i);
	return e;
}

static Exit
with_units(Exits *x, JVal *has, const Exit *like)
{
	Exit e = {.has = has, .n = like->n};

	e.v = newn(x->g->s->arena, JVal *, like->n + 1);
	for (uint32_t i = 0; i < like->n; i++)
		e.v[i] = unit(x, like->v[i]->type);
	return e;
}

static void
add_if_outputs(JNode *n, JVal *const *then, JVal *const *orelse, uint32_t count)
{
	Script *s = n->owner->g->s;

	for (uint32_t i = 0; i < count; i++) {
		const Ty *t = ty_unify(s, then[i]->type, orelse[i]->type);

		jinput_add(n->block[0]->end, then[i]);
		jinput_add(n->block[1]->end, orelse[i]);
		joutput_add(n, t ? t : then[i]->type);
	}
}

static void
set_outputs(JBlock *b, JVal *const *v, uint32_t n)
{
	while (b->end->nin)
		jinput_remove(b->end, b->end->nin - 1);
	for (uint32_t i = 0; i < n; i++)
		jinput_add(b->end, v[i]);
}

static Exit
last_outputs(JNode *n, JVal *has, uint32_t count)
{
	return (Exit){.has = has,
	              .n = count,
	              .v = arena_dup(n->owner->g->s->arena, n->out + n->nout - count,
	                             count * sizeof *n->out)};
}

/* ---- loops ---- */

static Exit
leave_loop(Exits *x, JNode *n)
{
	JBlock *body = n->block[0];
	Exit e = leave_block(x, body);
	Status st = status(x, &e);
	const Ty *boolean = x->g->s->basic[TY_BOOL];
	JVal *has;
	JNode *test;

	if (st == WONT || st == THROWS)
		return stays(x);
	test = jnode_new(x->g, J_IF, 0, n->at);
	jnode_before(test, body->end);
	jinput_add(test, e.has);
	jinput_add(jblock_add(x->g, test)->end, x->no);
	jinput_add(jblock_add(x->g, test)->end, jin(body->end, 0));
	jinput_set(body->end, 0, joutput_add(test, boolean));
	jinput_add(n, x->no);
	joutput_add(body->param, boolean);
	jinput_add(body->end, e.has);
	has = joutput_add(n, boolean);
	for (uint32_t i = 0; i < e.n; i++) {
		const Ty *t = e.v[i]->type;

		jinput_add(n, unit(x, t));
		joutput_add(n, t);
		joutput_add(body->param, t);
		jinput_add(body->end, e.v[i]);
	}
	return last_outputs(n, has, e.n);
}

/* ---- conditions ---- */

static Status
either(Status then, Status orelse)
{
	if (then == THROWS)
		return orelse;
	if (orelse == THROWS || then == orelse)
		return then;
	return MIGHT;
}

static Exit
join_if(Exits *x, JNode *n, Exit then, Exit orelse)
{
	Status a = status(x, &then), b = status(x, &orelse), both = either(a, b);
	JVal *has = x->yes;

	if (both == THROWS)
		return (Exit){.has = x->thrown};
	if (both == WONT)
		return stays(x);
	if (a == WONT || a == THROWS)
		then = with_units(x, then.has, &orelse);
	else if (b == WONT || b == THROWS)
		orelse = with_units(x, orelse.has, &then);
	if (both != WILL) {
		add_if_outputs(n, &then.has, &orelse.has, 1);
		has = n->out[n->nout - 1];
	}
	add_if_outputs(n, then.v, orelse.v, MIN(then.n, orelse.n));
	return last_outputs(n, has, MIN(then.n, orelse.n));
}

static Exit
leave_if(Exits *x, JNode *n)
{
	Exit then = leave_block(x, n->block[0]);

	return join_if(x, n, then, leave_block(x, n->block[1]));
}

/* All nodes from `rest` on move into a condition that the block was not left. */
static Exit
guard_rest(Exits *x, JBlock *b, const Exit *e, JNode *rest)
{
	JNode *n = jnode_new(x->g, J_IF, 0, NOSPAN), *next, *out;
	JBlock *left, *stayed;

	jnode_before(n, rest);
	jinput_add(n, e->has);
	left = jblock_add(x->g, n);
	stayed = jblock_add(x->g, n);
	for (; rest != b->end; rest = next) {
		next = rest->next;
		jnode_before(rest, stayed->end);
	}
	for (uint32_t i = 0; i < b->end->nin; i++) {
		JVal *v = jin(b->end, i);

		jinput_add(left->end, unit(x, v->type));
		jinput_add(stayed->end, v);
		joutput_add(n, v->type);
	}
	set_outputs(b, n->out, n->nout);
	out = jnode_new(x->g, x->kind, 0, NOSPAN);
	jnode_before(out, left->end);
	for (uint32_t i = 0; i < e->n; i++)
		jinput_add(out, e->v[i]);
	return leave_if(x, n);
}

/* ---- blocks ---- */

static void
drop_after(Exits *x, JBlock *b, JNode *last)
{
	while (b->end->prev != last) {
		JNode *n = b->end->prev;

		for (uint32_t i = 0; i < n->nout; i++)
			if (n->out[i]->nuse)
				jvalue_replace(n->out[i], unit(x, n->out[i]->type));
		jnode_destroy(n);
	}
}

static bool
is_target(const Exits *x, const JBlock *b)
{
	if (x->kind == J_RETURN)
		return !b->owner;
	return b->owner && b->owner->kind == J_LOOP;
}

/* The block that exits lead to gives their values. */
static void
arrive(Exits *x, JBlock *b, const Exit *e)
{
	JNode *n;
	uint32_t count = b->end->nin;
	JVal **old = newn(x->g->s->arena, JVal *, count + 1);

	if (status(x, e) == WILL)
		set_outputs(b, e->v, e->n);
	if (status(x, e) != MIGHT)
		return;
	for (uint32_t i = 0; i < count; i++)
		old[i] = jin(b->end, i);
	n = jnode_new(x->g, J_IF, 0, NOSPAN);
	jnode_before(n, b->end);
	jinput_add(n, e->has);
	jblock_add(x->g, n);
	jblock_add(x->g, n);
	add_if_outputs(n, e->v, old, MIN(e->n, count));
	set_outputs(b, n->out, n->nout);
}

static Exit
leave_node(Exits *x, JNode *n)
{
	Exit e = stays(x);

	if (is_op(n, "prim::RaiseException"))
		e.has = x->thrown;
	else if (n->kind == J_IF)
		e = leave_if(x, n);
	else if (n->kind == J_LOOP)
		e = leave_loop(x, n);
	return e;
}

static Exit
leave_block(Exits *x, JBlock *b)
{
	JBlock *outer = x->target;
	Exit e = stays(x);
	JNode *next;

	if (is_target(x, b))
		x->target = b;
	for (JNode *n = first_node(b); n != b->end; n = next) {
		JNode *last = n;
		Status st;

		if (n->kind == x->kind) {
			e = with_inputs(x, n);
			last = n->prev;
			jnode_destroy(n);
		} else {
			e = leave_node(x, n);
		}
		next = last->next;
		st = status(x, &e);
		if (st == WILL || st == THROWS)
			drop_after(x, b, last);
		if (st == MIGHT && next != b->end)
			e = guard_rest(x, b, &e, next);
		if (st != WONT)
			break;
	}
	if (x->target == b) {
		arrive(x, b, &e);
		e = stays(x);
	}
	x->target = outer;
	return e;
}

static void
leave_all(JGraph *g, JKind kind)
{
	Exits x = {.g = g, .kind = kind};

	map_init(&x.unit, g->s->arena);
	g->at = first_node(g->top);
	x.yes = jconst_bool(g, true, NOSPAN);
	x.no = jconst_bool(g, false, NOSPAN);
	x.yes->node->mark = x.no->node->mark = OF_EXIT;
	x.thrown = unit(&x, g->s->basic[TY_BOOL]);
	leave_block(&x, g->top);
	g->at = g->top->end;
}

/* ---- conditions in a row ---- */

/* Where the first tells whether the block was left, and the second stands on that. */
static bool
merge_ifs(JNode *n)
{
	JNode *second = n->next;
	JGraph *g = n->owner->g;
	uint32_t at = 0;
	bool known[2];

	if (n->kind != J_IF || second->kind != J_IF || jin(second, 0)->node != n)
		return false;
	while (n->out[at] != jin(second, 0))
		at++;
	for (int i = 0; i < 2; i++)
		if (!const_bool(jin(n->block[i]->end, at), &known[i]) ||
		    jin(n->block[i]->end, at)->node->mark != OF_EXIT)
			return false;
	if (known[0] == known[1])
		return false;
	for (int i = 0; i < 2; i++) {
		jcopy_begin(g->s);
		for (uint32_t k = 0; k < n->nout; k++)
			jcopy_is(g->s, n->out[k], jin(n->block[i]->end, k));
		jblock_copy(n->block[i], second->block[known[i] ? 0 : 1]);
	}
	for (uint32_t i = 0; i < second->nout; i++) {
		const Str *name = second->out[i]->name;
		JVal *v = joutput_add(n, second->out[i]->type);

		if (name)
			jvalue_name(v, name);
		jvalue_replace(second->out[i], v);
	}
	jnode_destroy(second);
	return true;
}

static void
merge_all(JBlock *b)
{
	for (JNode *n = first_node(b); n != b->end;) {
		for (uint32_t i = 0; i < n->nblock; i++)
			merge_all(n->block[i]);
		if (!merge_ifs(n))
			n = n->next;
	}
}

void
pass_exits(JGraph *g)
{
	leave_all(g, J_CONTINUATION);
	leave_all(g, J_RETURN);
	merge_all(g->top);
}
