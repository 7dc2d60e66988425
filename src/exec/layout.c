/* layout.c: which values lie in blocks (runtime/channel_blocks.h). Images that kernels with windows
 * make for each other do, and what elementwise ops make of them on the way, as long as nobody else
 * needs them. It is a wish: a group whose case is another than it seemed lays its operands out as
 * tensors.
 *
 * Values that must lie alike, with one halo, are one class: those that an elementwise op takes and
 * makes, or that are joined along their channels, and what they become. Classes that lie in blocks
 * only together are one fate.
 */
#include "group.h"

typedef struct Class {
	uint32_t alike, fate; /* another of the class, of the fate; itself: it stands for them */
	bool able;            /* a group makes it that can lay it out so */
	/* Of who stands for the fate: somebody needs it otherwise; a convolution makes one of them,
	 * and one is read by a kernel with windows. */
	bool not, made, read;
	Blocks need; /* of who stands for the class: its halo */
	const Blocks *blocks;
} Class;

typedef struct Layout {
	Session *s;
	const Code *c;
	Class *of; /* by variable id */
} Layout;

static uint32_t
who(Class *of, uint32_t v, bool fate)
{
	for (;;) {
		uint32_t *up = fate ? &of[v].fate : &of[v].alike;
		uint32_t next = fate ? of[*up].fate : of[*up].alike;
		if (*up == v)
			return v;
		*up = next; /* half the way next time */
		v = next;
	}
}

static void
join_fate(Layout *l, const Var *a, const Var *b)
{
	Class *x = &l->of[who(l->of, a->id, true)], *y = &l->of[who(l->of, b->id, true)];

	if (x == y)
		return;
	x->fate = (uint32_t)(y - l->of);
	y->not |= x->not ;
	y->made |= x->made;
	y->read |= x->read;
}

static void
need(Blocks *to, const Blocks *b)
{
	for (int i = 0; i < 2; i++) {
		to->before[i] = MAX(to->before[i], b->before[i]);
		to->after[i] = MAX(to->after[i], b->after[i]);
	}
}

static void
join(Layout *l, const Var *a, const Var *b)
{
	Class *x = &l->of[who(l->of, a->id, false)], *y = &l->of[who(l->of, b->id, false)];

	join_fate(l, a, b);
	if (x == y)
		return;
	x->alike = (uint32_t)(y - l->of);
	need(&y->need, &x->need);
}

static Class *
fate_of(Layout *l, const Var *v)
{
	return &l->of[who(l->of, v->id, true)];
}

/* ---- what a group needs ---- */

static bool
is_image(const Type *t, int64_t channels)
{
	return t->kind == TY_TENSOR && t->rank == 4 &&
	       (t->dtype == DT_FP32 || t->dtype == DT_FP16) && dim_known(t->dim[1]) &&
	       t->dim[1] >= channels;
}

/* An operand of an elementwise op is one number, or has a number for each channel of the result,
 * which fill blocks or are constant. */
static bool
spreads(const Var *v, const Type *to, bool broadcast)
{
	const Type *t = v->type;
	uint32_t lead = 4 - t->rank;

	if (t->kind != TY_TENSOR || t->rank > 4)
		return false;
	if (t->count == 1)
		return true;
	if (!broadcast)
		return t->count == to->dim[1] && (v->val || t->count % BLOCK_WIDTH == 0);
	for (uint32_t i = 0; i < t->rank; i++)
		if (t->dim[i] != (i + lead == 1 ? to->dim[1] : 1))
			return false;
	return t->rank == 3 || (t->rank == 4 && (v->val || to->dim[1] % BLOCK_WIDTH == 0));
}

static void
needed(Layout *l, const Var *v)
{
	if (!v->val)
		fate_of(l, v)->not = true;
}

/* Values of other blocks, and inputs, lie as they are. */
static void
come_from(Layout *l, const Var *v)
{
	if (!v->def || v->def->parent != l->c->block)
		needed(l, v);
}

/* Operand i of an elementwise op, whose group makes `out`. */
static void
map_operand(Layout *l, const Step *t, uint32_t i, const Var *out)
{
	const Var *v = t->in[i];
	int column = (int)group_column(t, i);

	if (!v->val && v->type->kind == TY_TENSOR && group_same_shape(v->type, out->type)) {
		come_from(l, v);
		join(l, v, out);
		return;
	}
	needed(l, v);
	if (!spreads(v, out->type,
	             op_column(t->inst->op, ARG_x) == column ||
	                 op_column(t->inst->op, ARG_y) == column) &&
	    v->type->kind == TY_TENSOR && v->type->count != 1)
		needed(l, out);
}

/* What the kernel can do. */
static BlocksUse
kernel_use(const Kernel *k, const Step *t, Blocks *halo)
{
	Eval e = {.row = t->inst->op, .arg = t->arg};
	RtValue value[64];

	if (!k->blocks || t->nin > countof(value))
		return BLOCKS_NONE;
	for (uint32_t i = 0; i < t->nin; i++)
		value[i] =
		    (RtValue){t->in[i]->val && t->in[i]->val->data ? t->in[i]->val : NULL, NULL};
	step_bind(t, value);
	return k->blocks(&e, t->known, halo);
}

/* All operands that may lie in blocks can do so. */
static bool
takes_images(const Step *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->nin; i++) {
		if (!group_may_lie(t, i))
			continue;
		if (t->in[i]->val || !is_image(t->in[i]->type, 1))
			return false;
		n++;
	}
	return n > 0;
}

/* Operand x of a kernel that makes `out`. */
static void
image_operand(Layout *l, const Var *x, const Var *out, BlocksUse use, const Blocks *halo)
{
	come_from(l, x);
	if (use == BLOCKS_ALIKE) {
		join(l, x, out);
		return;
	}
	need(&l->of[who(l->of, x->id, false)].need, halo);
	fate_of(l, x)->read = true;
	if (use == BLOCKS_BOTH)
		join_fate(l, x, out);
}

static void
kernel_operands(Layout *l, const StepGroup *g, const Var *out)
{
	const Step *t = g->part[0].step;
	Blocks halo = {{0, 0}, {0, 0}};
	BlocksUse use = takes_images(t) ? kernel_use(g->kernel, t, &halo) : BLOCKS_NONE;

	for (uint32_t i = 0; i < t->nin; i++)
		if (use != BLOCKS_NONE && group_may_lie(t, i))
			image_operand(l, t->in[i], out, use, &halo);
		else
			needed(l, t->in[i]);
	if (use == BLOCKS_NONE || use == BLOCKS_X)
		needed(l, out);
	if (use == BLOCKS_ANY)
		fate_of(l, out)->made = true;
}

static void
look_at_group(Layout *l, const StepGroup *g)
{
	const Var *out = g->part[g->nparts - 1].step->inst->out[0];
	uint32_t first = g->kernel ? 1 : 0;

	for (uint32_t k = 0; k < g->nparts; k++) {
		const Inst *i = g->part[k].step->inst;
		for (uint32_t o = 0; o < i->nout; o++)
			l->of[i->out[o]->id].able =
			    i->nout == 1 && is_image(i->out[o]->type, BLOCK_WIDTH);
		if (g->part[k].out && k + 1 < g->nparts)
			join(l, i->out[0], out);
	}
	if (g->kernel)
		kernel_operands(l, g, out);
	for (uint32_t k = first; k < g->nparts; k++)
		for (uint32_t i = 0; i < g->part[k].step->nin; i++)
			if (g->part[k].from[i] < 0)
				map_operand(l, g->part[k].step, i, out);
}

/* ---- all of a block ---- */

/* Values that are used in nested blocks, or are outputs. */
static void
look_at_uses(Layout *l, const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (!u->user || u->user->parent != l->c->block)
			needed(l, v);
}

static void
look_at_step(Layout *l, const Step *t)
{
	const Inst *i = t->inst;

	for (uint32_t k = 0; k < i->op->nparam; k++)
		for (uint32_t j = 0; j < i->arg[k].n; j++)
			needed(l, i->arg[k].u[j]->var);
}

static bool
any_windows(const Code *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->step[i].group && c->step[i].group->kernel &&
		    c->step[i].group->kernel->blocks)
			return true;
	return false;
}

static void
lay_out(Layout *l, const Var *v)
{
	const Class *f = fate_of(l, v);
	Class *alike = &l->of[who(l->of, v->id, false)];

	if (!l->of[v->id].able || f->not || !f->made || !f->read)
		return;
	if (!alike->blocks)
		alike->blocks = arena_dup(&l->s->arena, &alike->need, sizeof alike->need);
	l->s->blocks[v->id] = alike->blocks;
}

void
session_layout(Session *s, const Code *c)
{
	Arena a = {0};
	Layout l = {s, c, NULL};

	if (s->opt.no_fuse || s->opt.watch || !any_windows(c))
		return;
	l.of = newn(&a, Class, (size_t)s->func->nvar + 1);
	for (uint32_t i = 0; i <= s->func->nvar; i++)
		l.of[i].alike = l.of[i].fate = i;
	for (uint32_t i = 0; i < c->n;) {
		const StepGroup *g = c->step[i].group;
		if (g)
			look_at_group(&l, g);
		else
			look_at_step(&l, &c->step[i]);
		i += g ? g->n : 1;
	}
	for (uint32_t i = 0; i < c->n; i++)
		for (uint32_t o = 0; o < c->step[i].inst->nout; o++) {
			const Var *v = c->step[i].inst->out[o];
			look_at_uses(&l, v);
			if (!l.of[v->id].able)
				needed(&l, v);
		}
	for (uint32_t i = 0; i < c->n; i++)
		for (uint32_t o = 0; o < c->step[i].inst->nout; o++)
			lay_out(&l, c->step[i].inst->out[o]);
	arena_free(&a);
}
