/* scan.c: where the largest or smallest number of an axis is, and sums up to each of its places.
 * Sums are the evaluator's: one after the other, each rounded to the result's type.
 */
#include "lines.h"

#include <math.h>

enum { COLUMNS = 1024, MOST_PLACES = 1 << 24 /* a float counts them */ };

typedef struct Scan {
	LineShape l;
	bool least;           /* of extremes: the smallest */
	bool exclusive, back; /* of sums */
} Scan;

typedef struct ScanRun {
	const KernelCall *call;
	const Scan *s;
	const void *x;
	void *y;
	int64_t per; /* rows of a job */
} ScanRun;

static bool
plan_scan(const Eval *e, const bool *known, int64_t dflt, Scan *s, KernelPlan *plan, int *axis)
{
	const Tensor *x = eval_arg(e, ARG_x);

	*axis = is_floats(x) ? known_axis(e, known, ARG_axis, x->rank, dflt) : -1;
	if (*axis < 0 || x->count == 0)
		return false;
	*s = (Scan){.l = {.outer = dims_count(x->dim, 0, *axis), .n = x->dim[*axis]}};
	s->l.inner = dims_count(x->dim, *axis + 1, x->rank);
	s->l.half = x->dtype == DT_FP16;
	plan->work_each = 2 * COLUMNS * sizeof(float);
	return true;
}

/* Rows, or strips of columns. */
static void
run_scan(const KernelCall *c, void (*rows)(void *, int64_t, unsigned),
         void (*columns)(void *, int64_t, unsigned))
{
	ScanRun r = {.call = c, .s = KERNEL_NOTE_OF(const Scan, c->plan)};
	const LineShape *l = &r.s->l;

	r.x = eval_arg(c->e, ARG_x)->data;
	r.y = c->e->out[0].t->data;
	r.per = MAX(1, LINES_JOB / l->n);
	if (l->inner == 1)
		kernel_share(c, (l->outer + r.per - 1) / r.per, rows, &r);
	else
		kernel_share(c, l->outer * ((l->inner + COLUMNS - 1) / COLUMNS), columns, &r);
}

/* The columns of a job: the first element of the first of them, how many, and scratch. */
static int64_t
strip_of(const ScanRun *r, int64_t job, unsigned thread, int64_t *n, int64_t *result, float **work)
{
	const LineShape *l = &r->s->l;
	int64_t strips = (l->inner + COLUMNS - 1) / COLUMNS, first = job % strips * COLUMNS;
	int64_t outer = job / strips;

	*n = MIN(l->inner - first, COLUMNS);
	*result = outer * l->inner + first;
	*work = kernel_scratch(r->call, thread);
	return outer * l->n * l->inner + first;
}

/* ---- places of extremes: the first of the best; the first NaN beats all numbers ---- */

static bool
plan_place(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Scan *s = KERNEL_NOTE_OF(Scan, plan);
	bool keep;
	int axis, rank = 0;
	int64_t dim[TENSOR_MAX_RANK];

	if (!plan_scan(e, known, -1, s, plan, &axis) || !is_known(e, known, ARG_keep_dims) ||
	    e->out_dtype != DT_INT32 || s->l.n > MOST_PLACES)
		return false;
	s->least = e->row->code == OP_reduce_argmin;
	keep = eval_bool(e, ARG_keep_dims, false);
	for (int i = 0; i < x->rank; i++)
		if (i != axis || keep)
			dim[rank++] = i == axis ? 1 : x->dim[i];
	plan_result(plan, 0, DT_INT32, dim, rank);
	plan->cost = 0.25 * (double)x->count;
	return true;
}

/* Elements, of which the largest is looked for. */
static inline V
load_signed(const ScanRun *r, int64_t at, size_t n)
{
	V x = load_lanes(r->x, r->s->l.half, at, n);

	return r->s->least ? v_neg(x) : x;
}

static int64_t
place_in_row(const ScanRun *r, int64_t at)
{
	int64_t n = r->s->l.n, i = 0;
	V most = v_set1(-INFINITY), sought;
	float top, lanes[LANES];

	for (; i + LANES <= n; i += LANES)
		most = v_most(most, load_signed(r, at + i, LANES));
	if (i < n) {
		v_store(lanes, v_set1(-INFINITY));
		v_store_n(lanes, load_signed(r, at + i, (size_t)(n - i)), (size_t)(n - i));
		most = v_most(most, v_load(lanes));
	}
	top = v_largest(most);
	sought = v_set1(top);
	for (i = 0; i < n; i += LANES) {
		V x = load_signed(r, at + i, (size_t)(n - i));
		if (!m_any(top == top ? v_eq(x, sought) : v_nan(x)))
			continue;
		v_store(lanes, x);
		for (int64_t k = 0; k < MIN(n - i, LANES); k++)
			if (top == top ? lanes[k] == top : lanes[k] != lanes[k])
				return i + k;
	}
	return 0;
}

static void
place_rows(void *ctx, int64_t job, unsigned thread)
{
	const ScanRun *r = ctx;
	int64_t end = MIN((job + 1) * r->per, r->s->l.outer);

	(void)thread;
	for (int64_t i = job * r->per; i < end; i++)
		((int32_t *)r->y)[i] = (int32_t)place_in_row(r, i * r->s->l.n);
}

static void
place_columns(void *ctx, int64_t job, unsigned thread)
{
	const ScanRun *r = ctx;
	const LineShape *l = &r->s->l;
	int64_t n, to;
	float *best, *place;
	int64_t at = strip_of(r, job, thread, &n, &to, &best);

	place = best + COLUMNS;
	for (int64_t k = 0; k < l->n; k++) {
		for (int64_t i = 0; i < n; i += LANES) {
			V x = load_signed(r, at + k * l->inner + i, (size_t)(n - i)), b, p;
			M better;
			b = k ? v_load(best + i) : x;
			p = k ? v_load(place + i) : v_zero();
			better = m_or(v_lt(b, x), m_and(v_nan(x), m_not(v_nan(b))));
			v_store(best + i, v_select(better, x, b));
			v_store(place + i, v_select(better, v_set1((float)k), p));
		}
	}
	for (int64_t i = 0; i < n; i++)
		((int32_t *)r->y)[to + i] = (int32_t)place[i];
}

static void
run_place(const KernelCall *c)
{
	run_scan(c, place_rows, place_columns);
}
const Kernel FAST(kernel_place) = {.plan = plan_place, .run = run_place};

/* ---- cumsum ---- */

static bool
plan_cumsum(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Scan *s = KERNEL_NOTE_OF(Scan, plan);
	int axis;

	if (!plan_scan(e, known, 0, s, plan, &axis) || !is_known(e, known, ARG_exclusive) ||
	    !is_known(e, known, ARG_reverse))
		return false;
	s->exclusive = eval_bool(e, ARG_exclusive, false);
	s->back = eval_bool(e, ARG_reverse, false);
	plan_result(plan, 0, x->dtype, x->dim, x->rank);
	plan->cost = (s->l.inner == 1 ? 1.2 : 0.4) * (double)x->count;
	return true;
}

static void
cumsum_rows(void *ctx, int64_t job, unsigned thread)
{
	const ScanRun *r = ctx;
	const LineShape *l = &r->s->l;
	int64_t end = MIN((job + 1) * r->per, l->outer);

	(void)thread;
	for (int64_t i = job * r->per; i < end; i++) {
		float sum = 0, was;
		int64_t at = r->s->back ? (i + 1) * l->n - 1 : i * l->n;
		for (int64_t k = 0; k < l->n; k++, at += r->s->back ? -1 : 1) {
			was = sum;
			sum += load_one(r->x, l->half, at);
			if (l->half)
				sum = half_to_float(half_from_float(sum));
			store_one(r->y, l->half, at, (double)(r->s->exclusive ? was : sum));
		}
	}
}

static void
cumsum_columns(void *ctx, int64_t job, unsigned thread)
{
	const ScanRun *r = ctx;
	const LineShape *l = &r->s->l;
	int64_t n, to;
	float *sums;
	int64_t first = strip_of(r, job, thread, &n, &to, &sums);

	for (int64_t k = 0; k < l->n; k++) {
		int64_t line = first + (r->s->back ? l->n - 1 - k : k) * l->inner;
		for (int64_t i = 0; i < n; i += LANES) {
			V was = k ? v_load(sums + i) : v_zero();
			V sum = v_add(was, load_lanes(r->x, l->half, line + i, (size_t)(n - i)));
			if (l->half)
				sum = v_round_half(sum);
			v_store(sums + i, sum);
			store_lanes(r->y, l->half, line + i, r->s->exclusive ? was : sum,
			            (size_t)(n - i));
		}
	}
}

static void
run_cumsum(const KernelCall *c)
{
	run_scan(c, cumsum_rows, cumsum_columns);
}
const Kernel FAST(kernel_cumsum) = {.plan = plan_cumsum, .run = run_cumsum};
