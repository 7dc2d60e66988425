/* group.c: which steps are done together: see group.h. */
#include "group.h"

/* ---- uses ---- */

static int
part_of(const StepGroup *g, const Inst *i)
{
	for (uint32_t k = 0; k < g->nparts; k++)
		if (g->part[k].step->inst == i)
			return (int)k;
	return -1;
}

/* The last part that uses what part k makes, and whether something behind the group does. */
static void
find_uses(StepGroup *g, uint32_t k, const Block *b)
{
	GroupPart *p = &g->part[k];
	const Inst *inst = p->step->inst;

	p->last = k;
	p->out = false;
	for (uint32_t o = 0; o < inst->nout; o++) {
		for (const Use *u = inst->out[o]->uses; u; u = u->next) {
			const Inst *i = user_in(u, b);
			int at = i ? part_of(g, i) : -1;
			if (at < 0 || (u->user && u->user != i))
				p->out = true;
			else
				p->last = MAX(p->last, (uint32_t)at);
		}
	}
}

/* ---- operands ---- */

uint32_t
group_column(const Step *t, uint32_t i)
{
	uint32_t column = 0;

	while (i >= t->arg[column].n)
		i -= t->arg[column++].n;
	return column;
}

bool
group_may_lie(const Step *t, uint32_t i)
{
	int column = (int)group_column(t, i);

	return column == op_column(t->inst->op, ARG_x) ||
	       column == op_column(t->inst->op, ARG_values);
}

/* ---- types ---- */

static const Type *
result_type(const Step *t)
{
	return t->inst->nout == 1 && t->inst->out[0]->type->kind == TY_TENSOR
	           ? t->inst->out[0]->type
	           : NULL;
}

bool
group_same_shape(const Type *a, const Type *b)
{
	return a && b && a->rank == b->rank &&
	       memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

static bool
uses_result(const Step *t, const GroupPart *part, uint32_t n)
{
	for (uint32_t k = 0; k < t->nin; k++)
		for (uint32_t i = 0; i < n; i++)
			if (t->in[k]->def == part[i].step->inst)
				return true;
	return false;
}

/* ---- groups ---- */

static int
maker(const StepGroup *g, const Var *v)
{
	return v->def && !v->val ? part_of(g, v->def) : CHAIN_MEMORY;
}

static void
begin(StepGroup *g, const Step *t, const Kernel *kernel)
{
	g->kernel = kernel;
	g->part[0] = (GroupPart){.step = t};
	g->nparts = 1;
	g->n = 1;
}

/* Takes as many of the steps behind it as belong to it. */
static void
extend(Session *s, StepGroup *g, const Step *end)
{
	const Step *first = g->part[0].step;
	const Type *shape = result_type(first);
	uint32_t most = CHAIN_OPS + (g->kernel ? 1 : 0);

	if (s->opt.no_fuse || s->opt.watch || !shape || (g->kernel && !g->kernel->then))
		return;
	for (const Step *t = first + 1; t < end && g->nparts < most; t++) {
		if (t->kind == STEP_KNOWN)
			continue;
		if (t->kind != STEP_EVAL || !s->isa->chain->maps(t->inst->op->code) ||
		    !group_same_shape(shape, result_type(t)) || !uses_result(t, g->part, g->nparts))
			return;
		g->part[g->nparts++] = (GroupPart){.step = t};
		g->n = (uint32_t)(t - first) + 1;
	}
}

static void
drop_last(StepGroup *g)
{
	g->nparts--;
	g->n = (uint32_t)(g->part[g->nparts - 1].step - g->part[0].step) + 1;
}

/* A kernel's own result is not kept: nobody behind the group may need it. */
static void
settle(StepGroup *g, const Block *b)
{
	for (uint32_t k = 0; k < g->nparts; k++)
		find_uses(g, k, b);
	if (g->kernel && g->part[0].out)
		while (g->nparts > 1)
			drop_last(g);
	for (uint32_t k = 0; k < g->nparts; k++)
		find_uses(g, k, b);
}

static StepGroup *
group_keep(Session *s, const StepGroup *made)
{
	StepGroup *g = arena_dup(&s->arena, made, sizeof *g);

	g->part = arena_dup(&s->arena, made->part, made->nparts * sizeof *made->part);
	g->nin = 0;
	for (uint32_t k = 0; k < g->nparts; k++) {
		GroupPart *p = &g->part[k];
		p->from = newn(&s->arena, int, MAX(p->step->nin, 1));
		for (uint32_t i = 0; i < p->step->nin; i++)
			p->from[i] = maker(g, p->step->in[i]);
		g->nin += p->step->nin;
	}
	s->most = MAX(s->most, g->nin);
	return g;
}

/* ---- stacks ---- */

/* An op that is done for each matrix of a stack by itself, as far as one sees without its operands:
 * the plan looks at softmax's axis; what has numbers for channels refuses a matrix that is one of
 * several. */
static bool
by_matrix(const Session *s, const Inst *i)
{
	return inst_is(i, OP_matmul) || inst_is(i, OP_softmax) || s->isa->chain->maps(i->op->code);
}

/* Adds the parts of m, unless there are too many. False also if one is no op for that. */
static bool
stack_add(const Session *s, StepGroup *g, const StepGroup *m)
{
	if (g->nparts + m->nparts > STACK_PARTS || g->nmember == STACK_MEMBERS)
		return false;
	for (uint32_t k = 0; k < m->nparts; k++) {
		if (!by_matrix(s, m->part[k].step->inst))
			return false;
		g->part[g->nparts++] = (GroupPart){.step = m->part[k].step};
	}
	g->n = (uint32_t)(m->part[0].step - g->part[0].step) + m->n;
	g->nmember++;
	return true;
}

/* A product from whose result on all that is made is used inside only, up to another product. */
static bool
find_stack(const Session *s, const Code *c, StepGroup *g)
{
	const StepGroup *m = g->part[0].step->group;
	const Step *t = g->part[0].step, *end = c->step + c->n;

	if (!m || !inst_is(t->inst, OP_matmul) || !result_type(t) || result_type(t)->rank < 3)
		return false;
	for (;;) {
		const Step *last = m->part[m->nparts - 1].step;
		if (!stack_add(s, g, m))
			return false;
		if (g->nmember > 1 && inst_is(m->part[0].step->inst, OP_matmul))
			break;
		t = m->part[0].step + m->n;
		while (t < end && t->kind == STEP_KNOWN)
			t++;
		m = t < end ? t->group : NULL;
		if (!m || !uses_result(t, &(GroupPart){.step = last}, 1))
			return false;
	}
	for (uint32_t k = 0; k < g->nparts; k++) {
		find_uses(g, k, c->block);
		if (g->part[k].out != (k + 1 == g->nparts))
			return false;
	}
	return true;
}

static void
session_stack(Session *s, Code *c)
{
	GroupPart part[STACK_PARTS];

	for (uint32_t i = 0; !s->opt.watch && !s->opt.no_fuse && i < c->n; i++) {
		Step *t = &c->step[i];
		StepGroup g = {.part = part, .nparts = 0};
		StepGroup *made;
		const Step *next = t;
		if (!t->group)
			continue;
		part[0].step = t;
		if (!find_stack(s, c, &g))
			continue;
		g.kernel = t->group->kernel;
		made = t->stack = group_keep(s, &g);
		made->member = newn(&s->arena, StepGroup *, g.nmember);
		for (uint32_t k = 0; k < g.nmember; k++) {
			while (!next->group)
				next++;
			made->member[k] = group_keep(s, next->group);
			next += next->group->n;
		}
		i += g.n - 1;
	}
}

void
session_group(Session *s, Code *c)
{
	GroupPart part[CHAIN_OPS + 1];

	for (uint32_t i = 0; !s->opt.reference && i < c->n;) {
		Step *t = &c->step[i];
		Opcode code = t->inst->op->code;
		const Kernel *k = t->kind == STEP_EVAL ? s->isa->kernel(code) : NULL;
		StepGroup g = {.part = part};
		i++;
		if (t->kind != STEP_EVAL || (!k && !s->isa->chain->maps(code)))
			continue;
		begin(&g, t, k);
		extend(s, &g, c->step + c->n);
		settle(&g, c->block);
		t->group = group_keep(s, &g);
		/* Each has a group of its own, should this one not do. */
		for (uint32_t j = 0; g.nparts > 1 && j < g.nparts; j++) {
			Step *one = (Step *)(uintptr_t)part[j].step;
			GroupPart alone;
			StepGroup h = {.part = &alone};
			begin(&h, one, j == 0 ? k : NULL);
			settle(&h, c->block);
			one->alone = group_keep(s, &h);
		}
		i = (uint32_t)(t - c->step) + g.n;
	}
	session_stack(s, c);
}
