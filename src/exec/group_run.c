/* group_run.c: planning and running groups of steps: see group.h. */
#include "group.h"

#include "base/sys.h"

/* ---- operands ---- */

void
group_eval(Session *s, const Step *t, Eval *e, RtValue *out)
{
	const Inst *i = t->inst;

	e->arena = NULL;
	e->row = i->op;
	e->arg = t->arg;
	e->out = out;
	e->nout = i->nout;
	e->out_dtype =
	    i->nout && i->out[0]->type->kind == TY_TENSOR ? i->out[0]->type->dtype : DT_NONE;
	e->err[0] = 0;
	e->seed = &s->seed;
	e->room = 0;
	e->full = false;
	*out = (RtValue){0, 0};
}

static Slot
operand(const GroupWork *w, const Var *v, uint32_t at)
{
	if (!w->given)
		return session_slot(w->s, v);
	return (Slot){{w->given[at].dtype ? &w->given[at] : NULL, NULL}, NULL};
}

/* Operands of all parts, one part behind the other; those made by parts are `made`, or 0. */
static void
gather(GroupWork *w, Tensor *made)
{
	Session *s = w->s;
	uint32_t at = 0;

	for (uint32_t k = 0; k < w->g->nparts; k++) {
		const GroupPart *p = &w->g->part[k];
		const Step *t = p->step;
		RtValue *v = s->value + at;
		for (uint32_t j = 0; j < t->nin; j++, at++) {
			s->in[at] = p->from[j] < 0
			                ? operand(w, t->in[j], at)
			                : (Slot){{made ? &made[p->from[j]] : NULL, NULL}, NULL};
			s->value[at] = s->in[at].v;
		}
		step_bind(t, v);
		group_eval(s, t, &w->e[k], &w->out[k]);
	}
}

static const Blocks *
lies(const Slot *s)
{
	return s->box ? s->box->blocks : NULL;
}

/* Of one type and shape; `was` has no type where there was no tensor. */
static bool
same_kind(const Tensor *t, const Tensor *was)
{
	if (!t)
		return was->dtype == DT_NONE;
	return t->dtype == was->dtype && t->rank == was->rank &&
	       (t->dim == was->dim ||
	        memcmp(t->dim, was->dim, (size_t)t->rank * sizeof *t->dim) == 0);
}

bool
group_plan_holds(const Session *s, const StepGroup *g)
{
	const Slot *in = s->in;
	const Tensor *was = g->plan.operand;
	const Blocks **lay = g->plan.lies;

	if (g->plan.turn != s->plan_turn)
		return false;
	for (const GroupPart *p = g->part; p < g->part + g->nparts; p++)
		for (uint32_t i = 0; i < p->step->nin; i++, in++, was++, lay++)
			if (p->from[i] < 0 && (!same_kind(in->v.t, was) || lies(in) != *lay))
				return false;
	return true;
}

/* ---- plans ---- */

static Tensor
result_of(const KernelPlan *p, int k)
{
	return (Tensor){.dtype = p->dtype[k], .rank = p->rank[k], .dim = p->dim[k]};
}

/* Whether what is as large as the result lies as it does. */
static bool
lies_right(const GroupWork *w, const Chain *c)
{
	const StepGroup *g = w->g;
	uint32_t base = g->kernel ? 1 : 0;

	for (uint32_t i = 0; c->blocks && i < c->noperand; i++) {
		const ChainOperand *o = &c->operand[i];
		const Slot *in = w->s->in + o->arg;
		for (uint32_t k = 0; k < o->part + base; k++)
			in += g->part[k].step->nin;
		if (o->whole && lies(in) != c->blocks)
			return false;
	}
	return true;
}

/* The ops behind the kernel, or all of them, as a chain. False: they are none. */
static bool
plan_chain(GroupWork *w, Arena *a, const Blocks *blocks, Chain *c, Tensor *made)
{
	const StepGroup *g = w->g;
	uint32_t base = g->kernel ? 1 : 0, n = g->nparts - base;
	ChainPart part[MOST_PARTS];

	if (!chain_begin(c, a, g->kernel ? &made[0] : NULL, blocks))
		return false;
	for (uint32_t k = 0; k < n; k++) {
		const GroupPart *p = &g->part[k + base];
		int *from = newn(a, int, MAX(p->step->nin, 1));
		for (uint32_t i = 0; i < p->step->nin; i++)
			from[i] = p->from[i] < 0           ? CHAIN_MEMORY
			          : p->from[i] < (int)base ? CHAIN_KERNEL
			                                   : p->from[i] - (int)base;
		part[k] = (ChainPart){&w->e[k + base], p->step->known, from, p->last - base, {0}};
		if (!chain_add(c, w->s->isa, a, part, k))
			return false;
		made[k + base] = part[k].result;
	}
	return lies_right(w, c);
}

/* A copy of the plan that lasts. */
static void
keep_plan(GroupWork *w, const KernelPlan *p, const Chain *c, const Tensor *made, uint32_t nmade)
{
	Arena *a = &w->s->plans;
	GroupPlan *to = &w->g->plan;

	to->ok = true;
	to->kernel = arena_dup(a, p, sizeof *p);
	to->chain = c ? chain_keep(a, c) : NULL;
	to->result = arena_dup(a, made, nmade * sizeof *made);
	for (uint32_t k = 0; k < nmade; k++) {
		Tensor *t = &to->result[k];
		t->dim = arena_dup(a, t->dim, (size_t)t->rank * sizeof *t->dim);
	}
}

/* Types and shapes. Those of constants stay where they are, which same_kind() sees. */
static void
keep_operands(Session *s, StepGroup *g)
{
	const Slot *in = s->in;
	const Blocks **lay;
	Tensor *to;

	g->plan = (GroupPlan){.turn = s->plan_turn};
	to = g->plan.operand = newn(&s->plans, Tensor, MAX(g->nin, 1));
	lay = g->plan.lies = newn(&s->plans, const Blocks *, MAX(g->nin, 1));
	for (const GroupPart *p = g->part; p < g->part + g->nparts; p++)
		for (uint32_t i = 0; i < p->step->nin; i++, in++, to++) {
			const Tensor *t = in->v.t;
			size_t bytes = t ? (size_t)t->rank * sizeof *t->dim : 0;
			bool constant = p->step->in[i]->val != NULL;
			*lay++ = p->from[i] < 0 ? lies(in) : NULL;
			if (t)
				*to = (Tensor){.dtype = t->dtype, .rank = t->rank};
			if (t)
				to->dim = constant ? t->dim : arena_dup(&s->plans, t->dim, bytes);
		}
}

/* Plans of shapes that come and go are forgotten together: when those that were made again take so
 * much. */
static void
forget_plans(Session *s)
{
	enum { ENOUGH = 64 << 20 };

	if (s->plans.total < s->plans_kept + ENOUGH)
		return;
	arena_free(&s->plans);
	s->plan_turn++;
	s->plans_kept = 0;
	s->constants -= s->kept;
	s->kept = 0;
}

bool
group_plan_begin(Session *s, StepGroup *g, size_t *before)
{
	bool again = g->plan.turn == s->plan_turn;

	if (again)
		forget_plans(s);
	again = again && g->plan.turn == s->plan_turn;
	*before = s->plans.total;
	keep_operands(s, g);
	return again;
}

void
group_plan_end(Session *s, bool again, size_t before)
{
	if (!again)
		s->plans_kept += s->plans.total - before;
}

/* A plan that is tried. */
typedef struct Trial {
	const Blocks *x, *result; /* how the kernel's x and the results lie */
	KernelPlan kernel;
	Chain chain;
	Tensor made[MOST_PARTS];
	uint32_t nmade;
} Trial;

static bool
plan_kernel(GroupWork *w, Trial *t)
{
	const StepGroup *g = w->g;

	t->kernel.x_blocks = t->x;
	t->kernel.blocks = t->result;
	if (!g->kernel)
		return true;
	if (!g->kernel->plan(&w->e[0], g->part[0].step->known, &t->kernel))
		return false;
	t->nmade = w->e[0].nout;
	for (uint32_t k = 0; k < t->nmade; k++) {
		t->made[k] = result_of(&t->kernel, (int)k);
		if (!shape_count(t->made[k].dim, t->made[k].rank, &t->made[k].count))
			return false;
	}
	return t->nmade == 1 || g->nparts == 1;
}

static bool
try_plan(GroupWork *w, Arena *a, const Blocks *x, const Blocks *result, Trial *t)
{
	const StepGroup *g = w->g;
	bool chained = g->nparts > (g->kernel ? 1 : 0);

	*t = (Trial){.x = x, .result = result, .nmade = g->nparts};
	for (int k = 0; k < KERNEL_RESULTS; k++)
		t->kernel.dim[k] = newn(a, int64_t, TENSOR_MAX_RANK);
	gather(w, t->made);
	if (!plan_kernel(w, t) || (chained && !plan_chain(w, a, result, &t->chain, t->made)))
		return false;
	if (g->kernel && chained && t->made[g->nparts - 1].dtype != t->made[0].dtype)
		return false;
	if (!g->kernel)
		chain_plan(&t->chain, &t->kernel);
	return true;
}

/* How the kernel's x lies, or all its values; 0 also if it must not lie in blocks. */
static const Blocks *
x_lies(const GroupWork *w)
{
	const StepGroup *g = w->g;
	const Step *first = g->part[0].step;
	const Blocks *x = NULL;
	bool any = false;

	for (uint32_t i = 0; g->kernel && g->kernel->blocks && i < first->nin; i++) {
		if (!group_may_lie(first, i))
			continue;
		if (any && lies(w->s->in + i) != x)
			return NULL;
		x = lies(w->s->in + i);
		any = true;
	}
	return x;
}

/* In blocks, as far as that can be done. */
static bool
find_plan(GroupWork *w, Arena *a, Trial *t)
{
	const StepGroup *g = w->g;
	const Step *last = g->part[g->nparts - 1].step;
	const Blocks *x = x_lies(w), *wish = w->s->blocks[last->inst->out[0]->id];

	if (g->kernel && !g->kernel->blocks)
		wish = NULL;
	return ((x || wish) && try_plan(w, a, x, wish, t)) ||
	       (x && wish && try_plan(w, a, x, NULL, t)) || try_plan(w, a, NULL, NULL, t);
}

/* Operands that lie in blocks, which the plan needs without. */
static void
find_plain(GroupWork *w, const Trial *t)
{
	StepGroup *g = w->g;
	GroupPlan *p = &g->plan;
	uint32_t at = 0;

	for (uint32_t k = 0; k < g->nparts; k++) {
		const Step *step = g->part[k].step;
		bool first = g->kernel && k == 0;
		for (uint32_t i = 0; i < step->nin; i++, at++) {
			const Blocks *may = !first                   ? t->result
			                    : group_may_lie(step, i) ? t->x
			                                             : NULL;
			if (p->lies[at] == may || !p->lies[at])
				continue;
			if (!p->plain)
				p->plain = newn(&w->s->plans, bool, g->nin);
			p->plain[at] = true;
		}
	}
}

/* What was made of constants may do for the new plan, too. */
static void
keep_again(GroupPlan *p, const GroupPlan *was)
{
	p->again = true;
	if (p->ok && was->ok && was->kept && p->kernel->keep_as &&
	    p->kernel->keep_as == was->kernel->keep_as && p->kernel->keep == was->kernel->keep)
		p->kept = was->kept;
}

bool
group_plan_given(GroupWork *w)
{
	StepGroup *g = w->g;
	Arena a = {0};
	Trial t;
	bool ok = try_plan(w, &a, NULL, NULL, &t);

	g->plan = (GroupPlan){.turn = w->s->plan_turn};
	if (ok)
		keep_plan(w, &t.kernel, g->nparts > (g->kernel ? 1 : 0) ? &t.chain : NULL, t.made,
		          MAX(t.nmade, g->nparts));
	arena_free(&a);
	return ok;
}

static void
plan_group(GroupWork *w)
{
	Session *s = w->s;
	StepGroup *g = w->g;
	bool chained = g->nparts > (g->kernel ? 1 : 0);
	const GroupPlan was = g->plan;
	size_t before;
	bool again = group_plan_begin(s, g, &before);
	Arena a = {0};
	Trial t;

	if (find_plan(w, &a, &t)) {
		keep_plan(w, &t.kernel, chained ? &t.chain : NULL, t.made, MAX(t.nmade, g->nparts));
		g->plan.blocks = t.result;
		find_plain(w, &t);
	}
	arena_free(&a);
	group_plan_end(s, again, before);
	if (again)
		keep_again(&g->plan, &was);
}

/* ---- memory ---- */

static bool
dies(const Step *t, uint32_t operand)
{
	for (uint32_t k = 0; t->dying && k < t->dying->vars.n; k++)
		if (t->dying->vars.at[k] == t->in[operand])
			return true;
	return false;
}

/* An operand's memory that nobody needs behind the group becomes the last part's result: any of a
 * chain's last op; the first of a kernel that can do with it, if it is no other as well. */
static void *
take_operand(GroupWork *w, Box *b, const Tensor *t, size_t bytes)
{
	const StepGroup *g = w->g;
	const Step *last = g->part[g->nparts - 1].step;
	const Slot *in = w->s->in + g->nin - last->nin;
	uint32_t n = g->kernel ? 1 : last->nin;

	if (w->s->opt.watch)
		return NULL;
	if (g->kernel && (!g->plan.kernel->in_place || g->nparts > 1))
		return NULL;
	for (uint32_t i = 1; g->kernel && i < last->nin; i++)
		if (last->in[i] == last->in[0])
			return NULL;
	for (uint32_t i = 0; i < n; i++)
		if (in[i].box && in[i].v.t && in[i].v.t->dtype == t->dtype &&
		    in[i].v.t->count == t->count && lies(&in[i]) == g->plan.blocks && dies(last, i))
			return box_take(&w->s->heap, b, &in[i], bytes);
	return NULL;
}

/* Memory for one result, in a box of its own. */
static bool
new_result(GroupWork *w, const Step *t, const Tensor *like, bool last, Slot *to)
{
	Session *s = w->s;
	const Blocks *blocks = w->g->plan.blocks;
	int64_t count = like->count;
	BlockShape shape;
	size_t bytes;
	Box *b;

	if (blocks && blocks_shape(like->dim, blocks, &shape))
		count = shape.count;
	if (!mul_size((size_t)count, dtype_size(like->dtype), &bytes) || !memory_left(s, bytes))
		return memory_fail(s, t->inst);
	b = box_new(&s->heap);
	b->tensor = *like;
	b->blocks = blocks;
	b->tensor.data = last ? take_operand(w, b, like, bytes) : NULL;
	if (!b->tensor.data)
		b->tensor.data = box_buffer(&s->heap, b, bytes);
	*to = (Slot){{&b->tensor, NULL}, b};
	return memory_left(s, 0) || memory_fail(s, t->inst);
}

bool
group_scratch(Session *s, const KernelPlan *p, KernelCall *call)
{
	size_t need;

	if (!mul_size(p->work_each, kernel_threads(p, s->pool), &need) ||
	    !add_size(need, kernel_aligned(p->work) + KERNEL_ALIGN, &need))
		return false;
	if (need > s->nwork) {
		if (!memory_left(s, need - s->nwork))
			return false;
		xfree(s->work);
		s->work = NULL;
		s->nwork = 0;
		s->work = need < SYS_HUGE ? xmalloc(need) : xhuge(need);
		s->nwork = need;
	}
	call->work = (void *)kernel_aligned((uintptr_t)s->work);
	call->each = (char *)call->work + kernel_aligned(p->work);
	return true;
}

/* What the kernel makes of constants, once. */
static bool
keep_constants(GroupWork *w, const Step *t)
{
	GroupPlan *p = &w->g->plan;
	Session *s = w->s;

	if (!w->g->kernel || !p->kernel->keep || p->kept)
		return true;
	if (!memory_left(s, p->kernel->keep))
		return memory_fail(s, t->inst);
	p->kept = (void *)kernel_aligned(
	    (uintptr_t)arena_alloc(&s->plans, p->kernel->keep + KERNEL_ALIGN));
	s->plans_kept += p->again ? 0 : p->kernel->keep;
	s->constants += p->kernel->keep;
	s->kept += p->kernel->keep;
	w->g->kernel->keep(&w->e[0], p->kernel, p->kept);
	return true;
}

/* ---- runs ---- */

/* The only op's large result, in memory of its own, need not be fetched to be written. Of several
 * ops the last one's operands are in the cache: there would be nothing to load meanwhile. */
static bool
goes_past_cache(const Chain *c)
{
	const ChainOp *op = &c->op[0];

	if (c->first || c->nop > 1 || op->dtype != DT_FP32 || !op->out ||
	    (uintptr_t)op->out % KERNEL_ALIGN ||
	    (size_t)c->span * dtype_size(op->dtype) < CHAIN_LARGE)
		return false;
	for (uint32_t i = 0; i < c->noperand; i++)
		if (c->operand[i].data == op->out)
			return false;
	return true;
}

void
group_bind_chain(const StepGroup *g, Chain *c, const Eval *e, const RtValue *out)
{
	uint32_t base = g->kernel ? 1 : 0;

	for (uint32_t i = 0; i < c->noperand; i++) {
		ChainOperand *o = &c->operand[i];
		if (!o->own)
			o->data = e[o->part + base].arg[0].v[o->arg].t->data;
	}
	for (uint32_t k = 0; k < c->nop; k++)
		c->op[k].out = out[k + base].t ? out[k + base].t->data : NULL;
	c->past = goes_past_cache(c);
}

static bool
run_parts(GroupWork *w, Slot *slot, uint32_t nslot)
{
	Session *s = w->s;
	StepGroup *g = w->g;
	GroupPlan *p = &g->plan;
	const Step *first = g->part[0].step;
	KernelCall call = {.e = &w->e[0], .plan = p->kernel, .then = p->chain, .pool = s->pool};
	uint32_t last = nslot - 1;

	if (!keep_constants(w, first))
		return false;
	if (!group_scratch(s, p->kernel, &call))
		return memory_fail(s, first->inst);
	call.kept = p->kept;
	for (uint32_t k = 0; k < nslot; k++) {
		const GroupPart *part = &g->part[MIN(k, g->nparts - 1)];
		if (g->nparts > 1 && k < last && !part->out)
			continue;
		if (!new_result(w, part->step, &p->result[k], k == last, &slot[k]))
			return false;
		w->out[k] = slot[k].v;
	}
	if (g->kernel && g->nparts > 1) /* its own result passes through the memory of the last */
		w->out[0].t = w->out[last].t;
	if (p->chain)
		group_bind_chain(g, p->chain, w->e, w->out);
	if (g->kernel)
		g->kernel->run(&call);
	else
		chain_run_all(&call, s->isa);
	return true;
}

static void
clear_halo(const Blocks *b, const Tensor *t)
{
	BlockShape s;

	if (blocks_shape(t->dim, b, &s))
		blocks_halo(&s, dtype_size(t->dtype), t->data);
}

static void
bind_results(GroupWork *w, const Slot *slot, uint32_t nslot)
{
	Session *s = w->s;
	const StepGroup *g = w->g;

	for (uint32_t k = 0; k < nslot; k++) {
		const Inst *i = g->part[MIN(k, g->nparts - 1)].step->inst;
		uint32_t out = g->nparts == 1 ? k : 0;
		if (!slot[k].v.t)
			continue;
		if (g->plan.blocks)
			clear_halo(g->plan.blocks, slot[k].v.t);
		value_bind(s, i->out[out], slot[k]);
	}
}

static void
lay_plain(GroupWork *w)
{
	const StepGroup *g = w->g;
	uint32_t at = 0;

	for (uint32_t k = 0; k < g->nparts; k++)
		for (uint32_t i = 0; i < g->part[k].step->nin; i++, at++)
			if (g->plan.plain[at])
				session_value(w->s, g->part[k].step->in[i]);
	gather(w, g->plan.result);
}

bool
group_run(Session *s, StepGroup *g, bool *done)
{
	uint32_t nslot = g->nparts == 1 ? g->part[0].step->inst->nout : g->nparts;
	Slot slot[MOST_PARTS];
	GroupWork w;

	if (g->nmember)
		return stack_run(s, g, done);
	w.s = s;
	w.g = g;
	w.given = NULL;
	gather(&w, g->plan.result);
	if (!group_plan_holds(s, g)) {
		plan_group(&w);
		if (g->plan.ok)
			gather(&w, g->plan.result);
	}
	if (g->plan.plain)
		lay_plain(&w);
	*done = g->plan.ok && (!g->kernel || !g->kernel->check || g->kernel->check(&w.e[0]));
	if (!*done)
		return true;
	for (uint32_t k = 0; k < nslot; k++) {
		slot[k] = (Slot){{0, 0}, 0};
		w.out[k] = (RtValue){0, 0};
	}
	if (!run_parts(&w, slot, nslot))
		return false;
	bind_results(&w, slot, nslot);
	return true;
}
