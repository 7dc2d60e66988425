/* gather.c: gather, gather_along_axis and gather_nd, of elements of any type. Indices are numbers
 * of the run: negative ones count from the end; where one is beyond either end, the evaluator says
 * so. */
#include "places.h"
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
	return indices_fit_axis(e, eval_arg(e, ARG_x));
}

static inline const char *
place(const GatherRun *r, int64_t i)
{
	const Gather *g = r->g;
	int64_t row = i / g->n;
	int64_t k = index_at(r->ix, row / g->outer * g->n + i % g->n, g->axis);

	return r->from + (row * g->axis + k) * g->inner;
}

static inline void
copy_place(char *to, const char *from, int64_t bytes)
{
	if (bytes == 4)
		memcpy(to, from, 4);
	else if (bytes == 2)
		memcpy(to, from, 2);
	else
		memcpy(to, from, (size_t)bytes);
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
		copy_place(to, from, g->inner);
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

/* ---- gather_nd ---- */

/* Place i is the one that row i of the indices addresses, `depth` axes behind the batch. */
typedef struct GatherNd {
	int batch, depth;
	int64_t rows, whole, part; /* of each batch; bytes of one; of a place */
} GatherNd;

typedef struct GatherNdRun {
	const GatherNd *g;
	const Tensor *ix;
	const int64_t *dim; /* of x, behind the batch */
	const char *from;
	char *to;
	int64_t all, per; /* places; of a job */
} GatherNdRun;

static bool
plan_nd(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *ix = eval_arg(e, ARG_indices);
	GatherNd *g = KERNEL_NOTE_OF(GatherNd, plan);
	int64_t dim[2 * TENSOR_MAX_RANK], batch, count, size;
	int rank = 0;

	if (!x || x->dtype == DT_STRING || !is_indices(ix) || ix->rank < 1 ||
	    x->rank + ix->rank > TENSOR_MAX_RANK || !is_known(e, known, ARG_batch_dims))
		return false;
	batch = eval_int(e, ARG_batch_dims, 0);
	if (batch < 0 || batch >= ix->rank || batch > x->rank ||
	    ix->dim[ix->rank - 1] > x->rank - batch ||
	    dims_count(ix->dim, 0, (int)batch) != dims_count(x->dim, 0, (int)batch))
		return false;
	g->batch = (int)batch;
	g->depth = (int)ix->dim[ix->rank - 1];
	for (int i = 0; i + 1 < ix->rank; i++)
		dim[rank++] = ix->dim[i];
	for (int i = g->batch + g->depth; i < x->rank; i++)
		dim[rank++] = x->dim[i];
	if (!shape_count(dim, rank, &count))
		return false;
	size = (int64_t)dtype_size(x->dtype);
	g->rows = dims_count(ix->dim, g->batch, ix->rank - 1);
	g->whole = dims_count(x->dim, g->batch, x->rank) * size;
	g->part = dims_count(x->dim, g->batch + g->depth, x->rank) * size;
	plan_result(plan, 0, x->dtype, dim, rank);
	plan->cost = 0.1 * (double)(count * size) + 2 * (double)ix->count;
	return true;
}

static bool
check_nd(const Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *ix = eval_arg(e, ARG_indices);
	int64_t batch = eval_int(e, ARG_batch_dims, 0), depth = ix->dim[ix->rank - 1];

	for (int64_t d = 0; d < depth; d++)
		if (!indices_fit(ix, d, depth, x->dim[batch + d]))
			return false;
	return true;
}

static void
nd_job(void *ctx, int64_t job, unsigned thread)
{
	const GatherNdRun *r = ctx;
	const GatherNd *g = r->g;
	int64_t begin = job * r->per, end = MIN(begin + r->per, r->all);
	int64_t batch = begin / g->rows, row = begin % g->rows;

	(void)thread;
	for (int64_t i = begin; i < end; i++) {
		int64_t at = 0;
		for (int d = 0; d < g->depth; d++)
			at = at * r->dim[d] + index_at(r->ix, i * g->depth + d, r->dim[d]);
		copy_place(r->to + i * g->part, r->from + batch * g->whole + at * g->part, g->part);
		if (++row == g->rows) {
			row = 0;
			batch++;
		}
	}
}

static void
run_nd(const KernelCall *c)
{
	GatherNdRun r = {.g = KERNEL_NOTE_OF(const GatherNd, c->plan)};
	const Tensor *x = eval_arg(c->e, ARG_x), *y = c->e->out[0].t;

	r.ix = eval_arg(c->e, ARG_indices);
	r.dim = x->dim + r.g->batch;
	r.from = x->data;
	r.to = y->data;
	r.per = MAX(1, JOB / MAX(r.g->part, 16));
	r.all = dims_count(r.ix->dim, 0, r.ix->rank - 1);
	if (y->count)
		kernel_share(c, (r.all + r.per - 1) / r.per, nd_job, &r);
}
const Kernel FAST(kernel_gather_nd) = {.plan = plan_nd, .run = run_nd, .check = check_nd};
