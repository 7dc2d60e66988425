/* plan.c: from a function to the steps of a session. Operands are laid out one after the other in
 * the order of the row. */
#include "session.h"

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
	case OP_const: die("a constant without a value");
	case OP_cond: return STEP_COND;
	case OP_while_loop: return STEP_WHILE;
	case OP_read_state: return STEP_READ_STATE;
	default: return STEP_EVAL;
	}
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
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		t->arg[k].n = i->arg[k].n;
		for (uint32_t j = 0; j < i->arg[k].n; j++)
			t->in[at++] = i->arg[k].u[j]->var;
	}
}

static Code *
plan_block(Session *s, const Live *l, const Block *b)
{
	Code *c = new (&s->arena, Code);
	Step *t;

	c->block = b;
	c->dying = live_after(l, b);
	for (const Inst *i = b->first; i; i = i->next)
		c->n++;
	t = c->step = newn(&s->arena, Step, MAX(c->n, 1));
	for (const Inst *i = b->first; i; i = i->next, t++) {
		t->inst = i;
		t->kind = step_kind(i);
		t->dying = live_after(l, i);
		if (t->kind == STEP_EVAL) {
			plan_operands(s, t);
			t->kernel = s->opt.reference ? NULL : kernel_of(i->op->code);
		}
		for (uint32_t k = 0; k < i->nblock && k < countof(t->code); k++)
			t->code[k] = plan_block(s, l, i->block[k]);
	}
	return c;
}

void
session_plan(Session *s)
{
	Live l;

	live_init(&l, &s->arena, s->func);
	s->code = plan_block(s, &l, s->func->body);
	s->in = newn(&s->arena, Slot, MAX(s->most, 1));
	s->value = newn(&s->arena, RtValue, MAX(s->most, 1));
}
