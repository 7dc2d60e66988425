/* plan.c: from a function to the steps of a session. Operands are laid out one after the other in
 * the order of the row.
 *
 * Values die as soon as nobody needs them. Each variable's uses are lifted to its own block: an
 * instruction with nested blocks uses what these use. The last of them in order ends its life. What
 * is an output of its block lives to the block's end, what is used nowhere dies where it is made.
 * States outlive the run.
 */
#include "group.h"

/* ---- when values die: lists by the instruction that uses them last, or the block ---- */

static void
dies_at(Map *dying, const void *where, const Var *v)
{
	Dying *d = map_get(dying, KEY(where));

	if (!d) {
		d = new (dying->arena, Dying);
		map_put(dying, KEY(where), d);
	}
	vec_push(dying->arena, &d->vars, v);
}

const Inst *
user_in(const Use *u, const Block *b)
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
add_var(Map *dying, const Block *b, const Var *v)
{
	const Inst *last = v->def;

	if (v->type->kind == TY_STATE)
		return;
	for (const Use *u = v->uses; u; u = u->next) {
		const Inst *i = user_in(u, b);
		if (!i) {
			dies_at(dying, b, v);
			return;
		}
		if (!last || (i != last && inst_before(last, i)))
			last = i;
	}
	dies_at(dying, last ? (const void *)last : (const void *)b, v);
}

static void
add_block(Map *dying, const Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		add_var(dying, b, b->param[k]);
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nout; k++)
			add_var(dying, b, i->out[k]);
		for (uint32_t k = 0; k < i->nblock; k++)
			add_block(dying, i->block[k]);
	}
}

/* ---- steps ---- */

static bool
all_known(const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (!i->out[k]->val)
			return false;
	return i->nout > 0;
}

static StepKind
step_kind(const Inst *i)
{
	if (i->op->code == OP_coreml_update_state)
		return STEP_UPDATE_STATE;
	if (all_known(i))
		return STEP_KNOWN;
	switch (i->op->code) {
	case OP_const:
		die("a constant without a value");
	case OP_cond:
		return STEP_COND;
	case OP_while_loop:
		return STEP_WHILE;
	case OP_read_state:
		return STEP_READ_STATE;
	default:
		return STEP_EVAL;
	}
}

/* Nobody looks at the state between this and the next update of it. */
static bool
reads_last(const Inst *read)
{
	const Var *state = inst_argc(read, ARG_input);
	const Inst *next = NULL;

	if (state->param_of != read->parent)
		return false;
	for (const Use *u = state->uses; u; u = u->next) {
		const Inst *i = user_in(u, read->parent);
		if (i && i != read && inst_before(read, i) && (!next || inst_before(i, next)))
			next = i;
	}
	return next && next->op->code == OP_coreml_update_state &&
	       inst_argc(next, ARG_state) == state;
}

static void
plan_operands(Session *s, Step *t)
{
	const Inst *i = t->inst;
	uint32_t at = 0;

	for (uint32_t k = 0; k < i->op->nparam; k++)
		t->nin += i->arg[k].n;
	s->most = MAX(s->most, t->nin);
	t->in = newn(&s->arena, const Var *, MAX(t->nin, 1));
	t->arg = newn(&s->arena, EvalArg, MAX(i->op->nparam, 1));
	t->known = newn(&s->arena, bool, MAX(i->op->nparam, 1));
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		t->arg[k].n = i->arg[k].n;
		t->known[k] = true;
		for (uint32_t j = 0; j < i->arg[k].n; j++) {
			const Var *v = t->in[at++] = i->arg[k].u[j]->var;
			t->known[k] = t->known[k] && v->val;
		}
	}
}

void
step_bind(const Step *t, RtValue *v)
{
	for (uint32_t k = 0; k < t->inst->op->nparam; v += t->arg[k++].n)
		t->arg[k].v = v;
}

static Code *
plan_block(Session *s, const Map *dying, const Block *b)
{
	Code *c = new (&s->arena, Code);
	Step *t;

	c->block = b;
	c->dying = map_get(dying, KEY(b));
	for (const Inst *i = b->first; i; i = i->next)
		c->n++;
	t = c->step = newn(&s->arena, Step, MAX(c->n, 1));
	for (const Inst *i = b->first; i; i = i->next, t++) {
		t->inst = i;
		t->kind = step_kind(i);
		t->dying = map_get(dying, KEY(i));
		if (t->kind == STEP_EVAL)
			plan_operands(s, t);
		if (t->kind == STEP_READ_STATE)
			t->last_read = reads_last(i);
		for (uint32_t k = 0; k < i->nblock && k < countof(t->code); k++)
			t->code[k] = plan_block(s, dying, i->block[k]);
	}
	session_group(s, c);
	session_layout(s, c);
	return c;
}

void
session_plan(Session *s)
{
	Map dying;

	map_init(&dying, &s->arena);
	add_block(&dying, s->func->body);
	s->code = plan_block(s, &dying, s->func->body);
	s->in = newn(&s->arena, Slot, MAX(s->most, 1));
	s->value = newn(&s->arena, RtValue, MAX(s->most, 1));
}
