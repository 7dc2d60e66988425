/* scatter.c: scatter, scatter_along_axis and scatter_nd. Updates of one element are made in their
 * order; threads share out what no update has in common: groups, and columns of the places.
 *
 * Sums, products and quotients are float's, which are the evaluator's: a double has digits enough
 * for its rounding not to be seen in a float. */
#include "places.h"
#include "lines.h"

typedef enum ScatterMode { UPDATE, ADD, SUB, MUL, DIV, MAX_OF, MIN_OF } ScatterMode;

enum {
	COLUMNS = 1024, /* of a job, */
	JOB = 1 << 14   /* which makes about so many updates */
};

/* `outer` groups of `axis` places of `inner` elements each get n updates each; in an update along
 * an axis each column has an index of its own. scatter_nd has one group, whose places stand for the
 * `depth` axes that its indices address. */
typedef struct Scatter {
	ScatterMode mode;
	DType dtype;
	bool along;
	int64_t outer, n, axis, inner;
	int depth;
	int64_t dim[TENSOR_MAX_RANK];
	int64_t stripes, per; /* columns are cut; groups of a job */
} Scatter;

typedef struct ScatterRun {
	const Scatter *s;
	const Tensor *ix;
	const void *updates;
	void *to;
} ScatterRun;

/* ---- plan ---- */

static bool
scatter_mode(const Eval *e, ScatterMode *mode)
{
	static const char *const name[] = {"update", "add", "sub", "mul", "div", "max", "min"};
	const char *word = eval_str(e, ARG_mode, "add");

	for (size_t i = 0; i < countof(name); i++)
		if (strcmp(word, name[i]) == 0) {
			*mode = (ScatterMode)i;
			return true;
		}
	return false;
}

static bool
scatter_shape(const Eval *e, const bool *known, const Tensor *x, const Tensor *ix, Scatter *s)
{
	int axis = 0;

	if (e->row->code == OP_scatter_nd) {
		s->depth = ix->rank ? (int)MIN(ix->dim[ix->rank - 1], x->rank + 1) : -1;
		if (s->depth < 0 || s->depth > x->rank || x->rank + ix->rank > TENSOR_MAX_RANK)
			return false;
		memcpy(s->dim, x->dim, sizeof *s->dim * (size_t)s->depth);
		s->outer = 1;
		s->n = dims_count(ix->dim, 0, ix->rank - 1);
		s->axis = dims_count(x->dim, 0, s->depth);
		s->inner = dims_count(x->dim, s->depth, x->rank);
		return true;
	}
	axis = known_axis(e, known, ARG_axis, x->rank, 0);
	if (axis < 0)
		return false;
	s->along = e->row->code == OP_scatter_along_axis;
	for (int i = 0; s->along && i < x->rank; i++)
		if (ix->rank != x->rank || (i != axis && ix->dim[i] != x->dim[i]))
			return false;
	s->depth = 1;
	s->dim[0] = s->axis = x->dim[axis];
	s->outer = dims_count(x->dim, 0, axis);
	s->n = s->along ? ix->dim[axis] : ix->count;
	s->inner = dims_count(x->dim, axis + 1, x->rank);
	return true;
}

static bool
plan_scatter(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_data), *ix = eval_arg(e, ARG_indices);
	const Tensor *u = eval_arg(e, ARG_updates);
	Scatter *s = KERNEL_NOTE_OF(Scatter, plan);
	int64_t all, one;

	*s = (Scatter){.along = false};
	if (!x || !u || !is_indices(ix) || u->dtype != x->dtype || x->dtype == DT_STRING ||
	    x->count == 0 || !is_known(e, known, ARG_mode) || !scatter_mode(e, &s->mode) ||
	    !scatter_shape(e, known, x, ix, s) ||
	    __builtin_mul_overflow(s->outer * s->inner, s->n, &all) || u->count != all ||
	    (s->mode != UPDATE && !is_floats(x)))
		return false;
	s->dtype = x->dtype;
	s->stripes = (s->inner + COLUMNS - 1) / COLUMNS;
	one = MAX(s->n, 1) * MIN(s->inner, COLUMNS);
	s->per = s->stripes > 1 ? 1 : MAX(1, JOB / one);
	plan_result(plan, 0, x->dtype, x->dim, x->rank);
	plan->in_place = true;
	plan->cost = 0.1 * (double)x->count * (double)dtype_size(x->dtype) +
	             (s->along || s->inner < LANES ? 5 : 0.5) * (double)u->count;
	return true;
}

/* Those along an axis must be there; the others are moved to the end that they are beyond. */
static bool
check_along(const Eval *e)
{
	return indices_fit_axis(e, eval_arg(e, ARG_data));
}

/* ---- run ---- */

INLINE V
step(ScatterMode mode, V old, V v)
{
	switch (mode) {
	case ADD:
		return v_add(old, v);
	case SUB:
		return v_sub(old, v);
	case MUL:
		return v_mul(old, v);
	case DIV:
		return v_div(old, v);
	case MAX_OF: /* what is no number counts for nothing */
		return v_select(v_nan(old), v, v_max(v, old));
	case MIN_OF:
		return v_select(v_nan(old), v, v_min(v, old));
	default:
		return v;
	}
}

/* The same of one. */
static inline float
step_one(ScatterMode mode, float old, float v)
{
	switch (mode) {
	case ADD:
		return old + v;
	case SUB:
		return old - v;
	case MUL:
		return old * v;
	case DIV:
		return old / v;
	case MAX_OF:
		return old != old || v > old ? v : old;
	case MIN_OF:
		return old != old || v < old ? v : old;
	default:
		return v;
	}
}

static inline void
change_one(const ScatterRun *r, int64_t at, int64_t from)
{
	ScatterMode mode = r->s->mode;
	size_t size = dtype_size(r->s->dtype);
	float *to = r->to;
	const float *v = r->updates;

	if (r->s->dtype == DT_FP32)
		to[at] = step_one(mode, to[at], v[from]);
	else if (mode == UPDATE)
		memcpy((char *)r->to + (size_t)at * size,
		       (const char *)r->updates + (size_t)from * size, size);
	else
		store_one(r->to, true, at,
		          (double)step_one(mode, load_one(r->to, true, at),
		                           load_one(r->updates, true, from)));
}

/* n elements side by side at `at`, by those of the updates at `from`. */
static void
change(const ScatterRun *r, int64_t at, int64_t from, int64_t n)
{
	ScatterMode mode = r->s->mode;
	bool half = r->s->dtype == DT_FP16;
	size_t size = dtype_size(r->s->dtype);

	if (mode == UPDATE) {
		memcpy((char *)r->to + (size_t)at * size,
		       (const char *)r->updates + (size_t)from * size, (size_t)n * size);
		return;
	}
	for (int64_t i = 0; i < n; i += LANES) {
		size_t left = (size_t)(n - i);
		V old = load_lanes(r->to, half, at + i, left);
		V v = load_lanes(r->updates, half, from + i, left);
		store_lanes(r->to, half, at + i, step(mode, old, v), left);
	}
}

/* Columns [first, last) of group g, each of which is changed at a place of its own. */
static void
change_along(const ScatterRun *r, int64_t g, int64_t first, int64_t last)
{
	const Scatter *s = r->s;

	for (int64_t i = 0; i < s->n; i++)
		for (int64_t j = first; j < last; j++) {
			int64_t from = (g * s->n + i) * s->inner + j;
			int64_t k = index_at(r->ix, from, s->axis);
			change_one(r, (g * s->axis + k) * s->inner + j, from);
		}
}

static void
change_places(const ScatterRun *r, int64_t g, int64_t first, int64_t last)
{
	const Scatter *s = r->s;

	for (int64_t i = 0; i < s->n; i++) {
		int64_t at, from = (g * s->n + i) * s->inner + first, k = 0;
		for (int d = 0; d < s->depth; d++) {
			int64_t n = s->dim[d], place = index_at(r->ix, i * s->depth + d, n);
			k = k * n + MAX(0, MIN(place, n - 1));
		}
		at = (g * s->axis + k) * s->inner + first;
		if (s->inner == 1)
			change_one(r, at, from);
		else
			change(r, at, from, last - first);
	}
}

static void
scatter_job(void *ctx, int64_t job, unsigned thread)
{
	const ScatterRun *r = ctx;
	const Scatter *s = r->s;
	int64_t first = job % s->stripes * COLUMNS, last = MIN(first + COLUMNS, s->inner);
	int64_t g = job / s->stripes * s->per, end = MIN(g + s->per, s->outer);

	(void)thread;
	for (; g < end; g++)
		if (s->along)
			change_along(r, g, first, last);
		else
			change_places(r, g, first, last);
}

static void
run_scatter(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_data), *y = c->e->out[0].t;
	ScatterRun r = {.s = KERNEL_NOTE_OF(const Scatter, c->plan), .to = y->data};

	r.ix = eval_arg(c->e, ARG_indices);
	r.updates = eval_arg(c->e, ARG_updates)->data;
	if (x->data != y->data)
		memcpy(y->data, x->data, dtype_size(x->dtype) * (size_t)x->count);
	kernel_share(c, (r.s->outer + r.s->per - 1) / r.s->per * r.s->stripes, scatter_job, &r);
}

const Kernel FAST(kernel_scatter) = {.plan = plan_scatter, .run = run_scatter};
const Kernel FAST(kernel_scatter_along_axis) = {
    .plan = plan_scatter, .run = run_scatter, .check = check_along};
