/* gather.c: gather and gather_along_axis, of elements of any type. Indices are numbers of the run:
 * negative ones count from the end; where one is beyond either end, the evaluator says so. */
#include "plan.h"

enum {
	JOB = 1 << 16, /* bytes that are a job's worth */
	AHEAD = 8,
	LINE = 64
};

typedef struct Gather {
	int64_t groups, outer, n, axis; /* batches; rows of each; indices of a batch; places */
	int64_t inner;                  /* bytes of a place, or elements in gather_along_axis */
	int64_t size;                   /* bytes of an element */
} Gather;

typedef struct GatherRun {
	const Gather *g;
	const Tensor *ix;
	const char *from;
	char *to;
	int64_t per; /* places of a job */
} GatherRun;

static inline int64_t
index_at(const Tensor *ix, int64_t i, int64_t n)
{
	int64_t k = ix->dtype == DT_INT32 ? ((const int32_t *)ix->data)[i] : tensor_i(ix, i);

	return k < 0 ? k + n : k;
}

static bool
indices_fit(const Tensor *ix, int64_t n)
{
	for (int64_t i = 0; i < ix->count; i++) {
		int64_t k = index_at(ix, i, n);
		if (k < 0 || k >= n)
			return false;
	}
	return true;
}

static bool
is_indices(const Tensor *t)
{
	return t && dtype_is_int(t->dtype);
}

/* ---- gather ---- */

static bool
plan_gather(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *ix = eval_arg(e, ARG_indices);
	Gather *g = KERNEL_NOTE_OF(Gather, plan);
	int axis = x ? known_axis(e, known, ARG_axis, x->rank, 0) : -1, rank = 0;
	int64_t dim[2 * TENSOR_MAX_RANK], count, batch;

	if (axis < 0 || !is_indices(ix) || x->dtype == DT_STRING ||
	    !is_known(e, known, ARG_batch_dims) || x->rank + ix->rank > TENSOR_MAX_RANK)
		return false;
	batch = eval_int(e, ARG_batch_dims, 0);
	if (batch < 0 || batch > axis || batch > ix->rank)
		return false;
	for (int i = 0; i < axis; i++)
		dim[rank++] = x->dim[i];
	for (int i = (int)batch; i < ix->rank; i++)
		dim[rank++] = ix->dim[i];
	for (int i = axis + 1; i < x->rank; i++)
		dim[rank++] = x->dim[i];
	g->groups = dims_count(x->dim, 0, (int)batch);
	if (dims_count(ix->dim, 0, (int)batch) != g->groups || !shape_count(dim, rank, &count))
		return false;
	g->outer = dims_count(x->dim, (int)batch, axis);
	g->n = dims_count(ix->dim, (int)batch, ix->rank);
	g->axis = x->dim[axis];
	g->size = (int64_t)dtype_size(x->dtype);
	g->inner = dims_count(x->dim, axis + 1, x->rank) * g->size;
	plan_result(plan, 0, x->dtype, dim, rank);
	plan->cost = 0.1 * (double)count * (double)g->size + 2 * (double)ix->count;
	return true;
}

static bool
check_gather(const Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t axis = eval_int(e, ARG_axis, 0);

	return indices_fit(eval_arg(e, ARG_indices), x->dim[axis < 0 ? axis + x->rank : axis]);
}

static inline const char *
place(const GatherRun *r, int64_t i)
{
	const Gather *g = r->g;
	int64_t row = i / g->n;
	int64_t k = index_at(r->ix, row / g->outer * g->n + i % g->n, g->axis);

	return r->from + (row * g->axis + k) * g->inner;
}

/* Places lie anywhere: those a little ahead are asked for early. */
static void
gather_job(void *ctx, int64_t job, unsigned thread)
{
	const GatherRun *r = ctx;
	const Gather *g = r->g;
	int64_t all = g->groups * g->outer * g->n, end = MIN((job + 1) * r->per, all);

	(void)thread;
	for (int64_t i = job * r->per; i < end; i++) {
		char *to = r->to + i * g->inner;
		const char *from = place(r, i);
		if (g->inner > 16 && i + AHEAD < end) {
			const char *next = place(r, i + AHEAD);
			for (int64_t k = 0; k < MIN(g->inner, 16 * LINE); k += LINE)
				__builtin_prefetch(next + k);
		}
		if (g->inner == 4)
			memcpy(to, from, 4);
		else if (g->inner == 2)
			memcpy(to, from, 2);
		else
			memcpy(to, from, (size_t)g->inner);
	}
}

static void
run_gather(const KernelCall *c)
{
	GatherRun r = {.g = KERNEL_NOTE_OF(const Gather, c->plan)};
	int64_t all = r.g->groups * r.g->outer * r.g->n;

	r.ix = eval_arg(c->e, ARG_indices);
	r.from = eval_arg(c->e, ARG_x)->data;
	r.to = c->e->out[0].t->data;
	r.per = MAX(1, JOB / MAX(r.g->inner, 16));
	if (r.g->inner)
		kernel_share(c, (all + r.per - 1) / r.per, gather_job, &r);
}
const Kernel FAST(kernel_gather) = {.plan = plan_gather, .run = run_gather, .check = check_gather};

/* ---- gather_along_axis ---- */

static bool
plan_along(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *ix = eval_arg(e, ARG_indices);
	Gather *g = KERNEL_NOTE_OF(Gather, plan);
	int axis = x ? known_axis(e, known, ARG_axis, x->rank, 0) : -1;

	if (axis < 0 || !is_indices(ix) || x->dtype == DT_STRING || ix->rank != x->rank)
		return false;
	for (int i = 0; i < x->rank; i++)
		if (i != axis && ix->dim[i] != x->dim[i])
			return false;
	g->outer = dims_count(x->dim, 0, axis);
	g->n = ix->dim[axis];
	g->axis = x->dim[axis];
	g->size = (int64_t)dtype_size(x->dtype);
	g->inner = dims_count(x->dim, axis + 1, x->rank);
	plan_result(plan, 0, x->dtype, ix->dim, ix->rank);
	plan->cost = 3 * (double)ix->count;
	return true;
}

static inline void
along(const size_t size, const GatherRun *r, int64_t row, int64_t outer)
{
	const Gather *g = r->g;
	const char *from = r->from + outer * g->axis * g->inner * (int64_t)size;

	for (int64_t i = 0; i < g->inner; i++) {
		int64_t at = row * g->inner + i, k = index_at(r->ix, at, g->axis);
		memcpy(r->to + at * (int64_t)size, from + (k * g->inner + i) * (int64_t)size, size);
	}
}

static void
along_job(void *ctx, int64_t job, unsigned thread)
{
	const GatherRun *r = ctx;
	int64_t end = MIN((job + 1) * r->per, r->g->outer * r->g->n);

	(void)thread;
	for (int64_t row = job * r->per; row < end; row++) {
		int64_t outer = row / r->g->n;
		switch (r->g->size) {
		case 1:
			along(1, r, row, outer);
			break;
		case 2:
			along(2, r, row, outer);
			break;
		case 4:
			along(4, r, row, outer);
			break;
		default:
			along((size_t)r->g->size, r, row, outer);
		}
	}
}

static void
run_along(const KernelCall *c)
{
	GatherRun r = {.g = KERNEL_NOTE_OF(const Gather, c->plan)};

	r.ix = eval_arg(c->e, ARG_indices);
	r.from = eval_arg(c->e, ARG_x)->data;
	r.to = c->e->out[0].t->data;
	r.per = MAX(1, JOB / 8 / MAX(r.g->inner, 1));
	if (r.ix->count)
		kernel_share(c, (r.g->outer * r.g->n + r.per - 1) / r.per, along_job, &r);
}
const Kernel FAST(kernel_gather_along_axis) = {
    .plan = plan_along, .run = run_along, .check = check_gather};
