/* stack.c: groups that are done matrix by matrix, as attention that is written out: a product of
 * stacks of matrices, what is made of it, and another product. All groups are done for one matrix
 * before the next is begun, so that what lies between them stays in the cache of a thread; threads
 * share out the matrices. The bits are those of the groups one by one.
 */
#include "group.h"

enum {
	AXES = 8,            /* that count the matrices, at most */
	WORTH_IT = 2000,     /* nanoseconds of one matrix */
	ENOUGH_MATRICES = 4, /* for each thread, not to ask whether they come out even */
};

/* An operand of one of the parts. */
typedef struct StackOperand {
	Tensor slice;         /* of one matrix; DT_NONE: absent */
	int64_t stride[AXES]; /* elements from one matrix to the next; 0: they share it */
	int member;           /* whose result it is; -1: it comes from outside */
} StackOperand;

typedef struct StackPlan {
	int naxis;
	int64_t dim[AXES], matrices;
	StackOperand *operand;
	uint32_t *first;  /* of each member's operands, */
	size_t *result;   /* and where in a thread's scratch its result begins */
	const Tensor **x; /* of a run: the operands */
	KernelPlan plan;  /* of all: cost and scratch, which is results, then */
	size_t head;      /* a member's operands and chain, then */
	size_t work;      /* the scratch of its kernel */
} StackPlan;

/* ---- planning ---- */

/* How an operand spreads over the stack. A constant has numbers that a plan may have looked at. */
static bool
slice(StackPlan *k, Arena *a, const Tensor *t, bool constant, StackOperand *o)
{
	int rank = k->naxis + 2;
	int64_t *dim;

	o->slice = *t;
	if (t->rank < 3)
		return true;
	if (t->rank > rank)
		return false;
	o->slice.dim = dim = arena_dup(a, t->dim, (size_t)t->rank * sizeof *dim);
	for (int i = 0; i < t->rank - 2; i++) {
		int at = i + rank - t->rank;
		if (t->dim[i] == 1)
			continue;
		if (t->dim[i] != k->dim[at] || constant)
			return false;
		o->stride[at] = dims_count(t->dim, i + 1, t->rank);
		dim[i] = 1;
	}
	o->slice.count = dims_count(dim, 0, t->rank);
	return true;
}

/* The axes that count the matrices of a product. */
static bool
count_matrices(StackPlan *k, const Eval *product)
{
	const Tensor *x = eval_arg(product, ARG_x), *y = eval_arg(product, ARG_y);

	k->naxis = MAX(x->rank, y->rank) - 2;
	k->matrices = 1;
	if (MIN(x->rank, y->rank) < 2 || k->naxis < 1 || k->naxis > AXES)
		return false;
	for (int i = 0; i < k->naxis; i++) {
		int ix = i - (k->naxis + 2 - x->rank), iy = i - (k->naxis + 2 - y->rank);
		int64_t dx = ix >= 0 ? x->dim[ix] : 1, dy = iy >= 0 ? y->dim[iy] : 1;
		if (dx != dy && dx != 1 && dy != 1)
			return false;
		k->dim[i] = dx == 1 ? dy : dx;
		k->matrices *= k->dim[i];
	}
	return k->matrices > 1;
}

/* What member m makes of one matrix. */
static const Tensor *
member_result(const StepGroup *g, uint32_t m)
{
	return &g->member[m]->plan.result[g->member[m]->nparts - 1];
}

/* The member that part `part` of the stack belongs to; -1: no part is meant. *last: it makes the
 * member's result. */
static int
member_of(const StepGroup *g, int part, bool *last)
{
	int m = 0;

	if (part < 0)
		return -1;
	for (; part >= (int)g->member[m]->nparts; m++)
		part -= (int)g->member[m]->nparts;
	*last = part + 1 == (int)g->member[m]->nparts;
	return m;
}

/* The operands of member m, as a plan wants them. Of other members it uses results only. */
static bool
slice_member(Session *s, StepGroup *g, uint32_t m, Tensor *given)
{
	StackPlan *k = g->stack;
	uint32_t at = k->first[m];
	const GroupPart *p = g->part, *end;

	for (uint32_t i = 0; i < m; i++)
		p += g->member[i]->nparts;
	for (end = p + g->member[m]->nparts; p < end; p++)
		for (uint32_t i = 0; i < p->step->nin; i++, at++, given++) {
			StackOperand *o = &k->operand[at];
			bool result = true;
			o->member = member_of(g, p->from[i], &result);
			if (o->member == (int)m || (o->member < 0 && !k->x[at]))
				continue;
			if (!result)
				return false;
			if (o->member >= 0)
				o->slice = *member_result(g, (uint32_t)o->member);
			else if (!slice(k, &s->plans, k->x[at], p->step->in[i]->val != NULL, o))
				return false;
			*given = o->slice;
		}
	return true;
}

/* One matrix, and softmax along one of its own axes. */
static bool
is_matrix(const StackPlan *k, const GroupWork *w)
{
	const StepGroup *g = w->g;
	const Tensor *t = &g->plan.result[g->nparts - 1];
	int64_t axis;

	if (t->rank != k->naxis + 2 || dims_count(t->dim, 0, k->naxis) != 1)
		return false;
	if (!inst_is(g->part[0].step->inst, OP_softmax))
		return true;
	axis = eval_int(&w->e[0], ARG_axis, -1);
	return (axis < 0 ? axis + t->rank : axis) >= k->naxis;
}

static size_t
chain_bytes(const Chain *c)
{
	return sizeof *c + c->nop * sizeof *c->op + c->noperand * sizeof *c->operand;
}

/* What a thread needs to run member m, beside its result and the kernel's scratch. */
static size_t
head_bytes(const StepGroup *h)
{
	size_t n = h->nin * (sizeof(Tensor) + sizeof(RtValue));

	for (uint32_t k = 0; k < h->nparts; k++)
		n += h->part[k].step->inst->op->nparam * sizeof(EvalArg);
	return kernel_aligned(n + (h->plan.chain ? chain_bytes(h->plan.chain) : 0));
}

/* Member m, a kernel, may work where its operand lies, which nobody else needs: there is less to
 * keep in the cache. */
static bool
takes_over(const StepGroup *g, uint32_t m)
{
	const StepGroup *h = g->member[m];
	const StackOperand *o = &g->stack->operand[g->stack->first[m]];
	const Use *use = h->part[0].step->in[0]->uses;

	return m > 0 && h->plan.kernel->in_place && h->nparts == 1 && o->member == (int)m - 1 &&
	       use && !use->next;
}

static bool
plan_member(Session *s, StepGroup *g, uint32_t m)
{
	StackPlan *k = g->stack;
	StepGroup *h = g->member[m];
	Tensor *given = newn(&s->plans, Tensor, MAX(h->nin, 1));
	const KernelPlan *p;
	GroupWork w;
	size_t bytes, work;

	w.s = s;
	w.g = h;
	w.given = given;
	if (!slice_member(s, g, m, given) || !group_plan_given(&w) || !is_matrix(k, &w))
		return false;
	p = h->plan.kernel;
	if (p->keep || (h->kernel && h->kernel->check))
		return false;
	bytes = tensor_bytes(member_result(g, m));
	if (takes_over(g, m))
		k->result[m] = k->result[m - 1];
	else if (m + 1 < g->nmember) {
		k->result[m] = k->plan.work_each;
		if (!add_size(k->plan.work_each, kernel_aligned(bytes), &k->plan.work_each))
			return false;
	}
	k->head = MAX(k->head, head_bytes(h));
	if (!add_size(kernel_aligned(p->work), p->work_each, &work))
		return false;
	k->work = MAX(k->work, work);
	k->plan.cost += p->cost;
	return true;
}

/* The results of all parts as the session would have them. */
static void
full_results(Session *s, StepGroup *g)
{
	StackPlan *k = g->stack;
	Tensor *to = newn(&s->plans, Tensor, g->nparts);

	g->plan.result = to;
	for (uint32_t m = 0; m < g->nmember; m++)
		for (uint32_t i = 0; i < g->member[m]->nparts; i++, to++) {
			int64_t *dim;
			*to = g->member[m]->plan.result[i];
			to->dim = dim =
			    arena_dup(&s->plans, to->dim, (size_t)to->rank * sizeof *dim);
			memcpy(dim, k->dim, (size_t)k->naxis * sizeof *dim);
			to->count *= k->matrices;
		}
}

static bool
plan_members(Session *s, StepGroup *g)
{
	StackPlan *k = g->stack;
	unsigned threads = s->pool ? sys_pool_size(s->pool) : 1;
	const Step *first = g->part[0].step;
	RtValue out, *v = s->value;
	Eval e;

	for (uint32_t i = 0; i < first->nin; i++)
		v[i] = (RtValue){k->x[i], NULL};
	step_bind(first, v);
	group_eval(s, first, &e, &out);
	if (!count_matrices(k, &e))
		return false;
	for (uint32_t m = 0; m < g->nmember; m++)
		if (!plan_member(s, g, m))
			return false;
	if (k->plan.cost < WORTH_IT)
		return false;
	k->plan.cost *= (double)k->matrices;
	k->plan.work_each += k->head + k->work;
	full_results(s, g);
	return kernel_threads(&k->plan, s->pool) == 1 || k->matrices % threads == 0 ||
	       k->matrices >= ENOUGH_MATRICES * (int64_t)threads;
}

static void
plan_stack(Session *s, StepGroup *g)
{
	StackPlan *k = g->stack;
	size_t before;
	bool again = group_plan_begin(s, g, &before);

	*k = (StackPlan){.x = k->x, .first = k->first, .result = k->result};
	k->operand = newn(&s->plans, StackOperand, g->nin);
	g->plan.ok = plan_members(s, g);
	group_plan_end(s, again, before);
}

/* ---- running ---- */

typedef struct Run {
	Session *s;
	const StepGroup *g;
	const KernelCall *call;
	Tensor result;
} Run;

/* Memory of a thread, from one end on. */
static void *
take(char **at, size_t n)
{
	void *p = *at;

	*at += n;
	return p;
}

static void *
result_of(const Run *r, uint32_t m, int64_t matrix, char *scratch)
{
	if (m + 1 < r->g->nmember)
		return scratch + r->g->stack->result[m];
	return (char *)r->result.data + (size_t)matrix * tensor_bytes(member_result(r->g, m));
}

/* The operands of member m for a matrix. */
static void
slices(const Run *r, uint32_t m, int64_t matrix, char *scratch, Tensor *to, RtValue *v)
{
	const StackPlan *k = r->g->stack;
	const StepGroup *h = r->g->member[m];

	for (uint32_t i = 0; i < h->nin; i++) {
		const StackOperand *o = &k->operand[k->first[m] + i];
		const Tensor *x = k->x[k->first[m] + i];
		int64_t left = matrix, at = 0;
		to[i] = o->slice;
		v[i] = (RtValue){to[i].dtype ? &to[i] : NULL, NULL};
		if (!to[i].dtype)
			continue;
		if (o->member >= 0) {
			to[i].data = result_of(r, (uint32_t)o->member, matrix, scratch);
			continue;
		}
		for (int a = k->naxis - 1; a >= 0; left /= k->dim[a--])
			at += left % k->dim[a] * o->stride[a];
		to[i].data = (char *)x->data + (size_t)at * dtype_size(x->dtype);
	}
}

/* A thread's own copy, whose pointers the matrix fills in. */
static Chain *
chain_here(const Chain *c, char **at)
{
	Chain *to = memcpy(take(at, sizeof *to), c, sizeof *to);

	to->op = memcpy(take(at, c->nop * sizeof *c->op), c->op, c->nop * sizeof *c->op);
	to->operand = memcpy(take(at, c->noperand * sizeof *c->operand), c->operand,
	                     c->noperand * sizeof *c->operand);
	return to;
}

static void
run_member(const Run *r, uint32_t m, int64_t matrix, char *scratch)
{
	const StackPlan *k = r->g->stack;
	const StepGroup *h = r->g->member[m];
	const GroupPlan *p = &h->plan;
	char *work = scratch + k->plan.work_each - k->work, *at = work - k->head;
	Tensor result = *member_result(r->g, m);
	RtValue out[MOST_PARTS], *v;
	Eval e[MOST_PARTS];
	Tensor *x = take(&at, h->nin * sizeof *x);
	KernelCall call = {.e = e, .plan = p->kernel, .work = work};

	v = take(&at, h->nin * sizeof *v);
	slices(r, m, matrix, scratch, x, v);
	for (uint32_t i = 0; i < h->nparts; i++) {
		const Step *t = h->part[i].step;
		EvalArg *arg = take(&at, t->inst->op->nparam * sizeof *arg);
		for (uint32_t a = 0; a < t->inst->op->nparam; v += arg[a++].n)
			arg[a] = (EvalArg){v, t->arg[a].n};
		group_eval(r->s, t, &e[i], &out[i]);
		e[i].arg = arg;
	}
	result.data = result_of(r, m, matrix, scratch);
	out[0].t = h->kernel ? &result : NULL; /* it passes through the memory of the last */
	out[h->nparts - 1].t = &result;
	call.each = (char *)call.work + kernel_aligned(p->kernel->work);
	if (p->chain) {
		Chain *c = chain_here(p->chain, &at);
		group_bind_chain(h, c, e, out);
		call.then = c;
	}
	if (h->kernel)
		h->kernel->run(&call);
	else
		chain_run_all(&call, r->s->isa);
}

static void
matrix_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;

	for (uint32_t m = 0; m < r->g->nmember; m++)
		run_member(r, m, i, kernel_scratch(r->call, thread));
}

/* Operands to s->in, as tensors lie, and to where plans of members leave them alone. */
static void
gather(Session *s, StepGroup *g)
{
	uint32_t at = 0;

	for (uint32_t k = 0; k < g->nparts; k++) {
		const GroupPart *p = &g->part[k];
		for (uint32_t i = 0; i < p->step->nin; i++, at++) {
			s->in[at] = p->from[i] < 0 ? session_value(s, p->step->in[i])
			                           : (Slot){{NULL, NULL}, NULL};
			g->stack->x[at] = s->in[at].v.t;
		}
	}
}

static void
stack_new(Session *s, StepGroup *g)
{
	StackPlan *k = g->stack = new (&s->arena, StackPlan);

	k->x = newn(&s->arena, const Tensor *, g->nin);
	k->first = newn(&s->arena, uint32_t, g->nmember);
	k->result = newn(&s->arena, size_t, g->nmember);
	for (uint32_t m = 1; m < g->nmember; m++)
		k->first[m] = k->first[m - 1] + g->member[m - 1]->nin;
}

bool
stack_run(Session *s, StepGroup *g, bool *done)
{
	const Step *last = g->part[g->nparts - 1].step;
	const Tensor *made;
	KernelCall call = {.pool = s->pool};
	Run r = {s, g, &call, {0}};
	Slot slot;

	if (!g->stack)
		stack_new(s, g);
	gather(s, g);
	if (!group_plan_holds(s, g))
		plan_stack(s, g);
	*done = g->plan.ok;
	if (!*done)
		return true;
	made = &g->plan.result[g->nparts - 1];
	call.plan = &g->stack->plan;
	*done = memory_left(s, tensor_bytes(made));
	if (!*done)
		return true; /* one behind the other they may need less */
	slot = slot_new(&s->heap, made->dtype, made->dim, made->rank);
	*done = group_scratch(s, call.plan, &call);
	if (!*done) {
		slot_clear(&s->heap, &slot);
		return true;
	}
	r.result = *slot.v.t;
	kernel_share(&call, g->stack->matrices, matrix_job, &r);
	value_bind(s, last->inst->out[0], slot);
	return true;
}
