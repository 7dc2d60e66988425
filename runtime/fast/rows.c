/* rows.c: softmax and normalizations along axes. Sums, in this order: of softmax, the lanes of 64
 * vectors one after the other, and such sums in double, lane by lane; of norms the same with
 * vectors that take turns between two sums. At the end lanes are added as v_sum() does it. Across
 * columns each has a sum of its own, in double, lines ascending.
 */
#include "lines.h"
#include "vec_d.h"

#include <math.h>

enum { RUN = 64 };

typedef struct Rows {
	LineShape l;
	double eps;
	int64_t group; /* channels of instance_norm: rows take turns; else 0 */
} Rows;

typedef struct RowsRun {
	const KernelCall *call;
	const Rows *r;
	const void *x;
	void *y;
	const float *gamma, *beta; /* both, or none */
	int64_t per;               /* rows of a job */
} RowsRun;

static float *
row_scratch(const RowsRun *run, unsigned thread)
{
	return kernel_scratch(run->call, thread);
}

/* The plan of an op whose result is like x. */
static bool
plan_rows(const Tensor *x, Rows *r, double each, KernelPlan *plan)
{
	r->l.half = x->dtype == DT_FP16;
	plan_result(plan, 0, x->dtype, x->dim, x->rank);
	plan->cost = each * (double)x->count;
	if (r->l.inner > 1)
		plan->work_each = kernel_aligned((size_t)r->l.n * STRIP * sizeof(float));
	else if (r->l.half)
		plan->work_each = kernel_aligned((size_t)r->l.n * sizeof(float));
	return x->count > 0;
}

/* Calls job(run, rows from, to, thread) for all rows. */
static void
share_rows(RowsRun *run, void (*job)(void *, int64_t, unsigned))
{
	const LineShape *l = &run->r->l;

	run->per = MAX(1, LINES_JOB / l->n);
	kernel_share(run->call, (l->outer + run->per - 1) / run->per, job, run);
}

/* Row i as floats, and where to put what comes of it. */
static const float *
open_row(const RowsRun *run, int64_t i, unsigned thread, float **to)
{
	const LineShape *l = &run->r->l;

	if (!l->half) {
		*to = (float *)run->y + i * l->n;
		return (const float *)run->x + i * l->n;
	}
	*to = row_scratch(run, thread);
	v_load_halves(*to, (const uint16_t *)run->x + i * l->n, (size_t)l->n);
	return *to;
}

static void
close_row(const RowsRun *run, int64_t i, const float *from)
{
	const LineShape *l = &run->r->l;

	if (l->half)
		v_store_halves((uint16_t *)run->y + i * l->n, from, (size_t)l->n);
}

/* ---- softmax ---- */

static float
row_largest(const float *x, size_t n)
{
	V a = v_set1(-INFINITY), b = a;
	float most;
	size_t i = 0;

	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		a = v_max(a, v_load(x + i));
		b = v_max(b, v_load(x + i + LANES));
	}
	most = v_largest(v_max(a, b));
	for (; i < n; i++)
		most = x[i] > most ? x[i] : most;
	return most;
}

/* A NaN, which row_largest() may pass over, makes the sum and so the whole row NaN. */
static void
softmax_row(float *to, const float *x, size_t n)
{
	V top = v_set1(row_largest(x, n)), scale;
	D sum = d_set1(0);
	size_t i = 0;

	while (i + LANES <= n) {
		V part = v_zero();
		for (int k = 0; k < RUN && i + LANES <= n; k++, i += LANES) {
			V e = v_exp_below(v_sub(v_load(x + i), top));
			v_store(to + i, e);
			part = v_add(part, e);
		}
		sum = d_add(sum, d_of(part));
	}
	if (i < n) {
		float last[LANES] = {0};
		v_store_n(last, v_exp_below(v_sub(v_load_n(x + i, n - i), top)), n - i);
		v_store_n(to + i, v_load(last), n - i);
		sum = d_add(sum, d_of(v_load(last)));
	}
	scale = v_set1((float)(1 / d_sum(sum)));
	for (i = 0; i + LANES <= n; i += LANES)
		v_store(to + i, v_mul(v_load(to + i), scale));
	if (i < n)
		v_store_n(to + i, v_mul(v_load_n(to + i, n - i), scale), n - i);
}

static void
softmax_rows(void *ctx, int64_t job, unsigned thread)
{
	const RowsRun *run = ctx;
	int64_t end = MIN((job + 1) * run->per, run->r->l.outer);

	for (int64_t i = job * run->per; i < end; i++) {
		float *to;
		const float *x = open_row(run, i, thread, &to);
		softmax_row(to, x, (size_t)run->r->l.n);
		close_row(run, i, to);
	}
}

/* LANES columns: tile has STRIP numbers for each line. */
static void
softmax_columns(const RowsRun *run, float *tile, int64_t at, size_t cols)
{
	const LineShape *l = &run->r->l;
	V top = v_set1(-INFINITY), scale;
	D sum = d_set1(0);

	for (int64_t k = 0; k < l->n; k++) {
		V x = load_lanes(run->x, l->half, at + k * l->inner, cols);
		v_store(tile + k * STRIP, x);
		top = v_max(top, x);
	}
	for (int64_t k = 0; k < l->n; k++) {
		V e = v_exp_below(v_sub(v_load(tile + k * STRIP), top));
		v_store(tile + k * STRIP, e);
		sum = d_add(sum, d_of(e));
	}
	scale = v_div(v_set1(1), v_of(sum));
	for (int64_t k = 0; k < l->n; k++)
		store_lanes(run->y, l->half, at + k * l->inner,
		            v_mul(v_load(tile + k * STRIP), scale), cols);
}

static void
softmax_strip(void *ctx, int64_t job, unsigned thread)
{
	const RowsRun *run = ctx;
	const LineShape *l = &run->r->l;
	int64_t strips = (l->inner + STRIP - 1) / STRIP, first = job % strips * STRIP;
	float *tile = row_scratch(run, thread);

	for (int64_t j = first; j < MIN(first + STRIP, l->inner); j += LANES)
		softmax_columns(run, tile + (j - first), job / strips * l->n * l->inner + j,
		                (size_t)MIN(l->inner - j, LANES));
}

static bool
plan_softmax(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Rows *r = KERNEL_NOTE_OF(Rows, plan);
	int axis = x ? known_axis(e, known, ARG_axis, x->rank, -1) : -1;

	if (axis < 0 || !is_floats(x))
		return false;
	*r = (Rows){.l = {.outer = dims_count(x->dim, 0, axis), .n = x->dim[axis]}};
	r->l.inner = dims_count(x->dim, axis + 1, x->rank);
	plan->in_place = true;
	return plan_rows(x, r, 0.4, plan);
}

static void
run_softmax(const KernelCall *c)
{
	RowsRun run = {.call = c, .r = KERNEL_NOTE_OF(const Rows, c->plan)};
	const LineShape *l = &run.r->l;

	run.x = eval_arg(c->e, ARG_x)->data;
	run.y = c->e->out[0].t->data;
	if (l->inner == 1)
		share_rows(&run, softmax_rows);
	else
		kernel_share(c, l->outer * ((l->inner + STRIP - 1) / STRIP), softmax_strip, &run);
}
const Kernel FAST(kernel_softmax) = {.plan = plan_softmax, .run = run_softmax};

/* ---- norms ---- */

/* The sum of x - m, or of its square, all in double. */
static double
row_sum(const float *x, size_t n, float m, bool square)
{
	const V less = v_set1(m);
	D sum[2] = {d_set1(0), d_set1(0)};
	size_t i = 0;

#define ADD(k, v)                                                                                  \
	do {                                                                                       \
		D d = d_of(v_sub(v, less));                                                        \
		sum[k] = d_add(sum[k], square ? d_mul(d, d) : d);                                  \
	} while (0)
	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		ADD(0, v_load(x + i));
		ADD(1, v_load(x + i + LANES));
	}
	if (i + LANES <= n) {
		ADD(0, v_load(x + i));
		i += LANES;
	}
#undef ADD
	if (i < n) {
		D d = d_of(v_first(v_sub(v_load_n(x + i, n - i), less), n - i, v_zero()));
		sum[1] = d_add(sum[1], square ? d_mul(d, d) : d);
	}
	return d_sum(d_add(sum[0], sum[1]));
}

/* (x - m) * scale + shift; then times gamma, plus beta. */
static inline void
scale_row(float *to, const float *x, size_t n, const float *mss, const float *gamma,
          const float *beta)
{
	const V less = v_set1(mss[0]), scale = v_set1(mss[1]), shift = v_set1(mss[2]);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		V y = v_fma(v_sub(v_load(x + i), less), scale, shift);
		if (gamma)
			y = v_fma(y, v_load(gamma + i), v_load(beta + i));
		v_store(to + i, y);
	}
	if (i < n) {
		V y = v_fma(v_sub(v_load_n(x + i, n - i), less), scale, shift);
		if (gamma)
			y = v_fma(y, v_load_n(gamma + i, n - i), v_load_n(beta + i, n - i));
		v_store_n(to + i, y, n - i);
	}
}

/* A float near the mean. */
static float
near_mean(const float *x, size_t n)
{
	V a = v_zero(), b = a;
	size_t i = 0;

	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		a = v_add(a, v_load(x + i));
		b = v_add(b, v_load(x + i + LANES));
	}
	for (; i < n; i += LANES)
		a = v_add(a, v_load_n(x + i, n - i));
	return v_sum(v_add(a, b)) / (float)n;
}

/* Sums of x - m and of its square, in float for RUN vectors at a time. */
static void
row_spread(const float *x, size_t n, float m, double sums[2])
{
	const V less = v_set1(m);
	D sum = d_set1(0), square = sum;
	size_t i = 0;

	while (i < n) {
		V s[2] = {v_zero(), v_zero()}, q[2] = {v_zero(), v_zero()}, d;
		size_t end = MIN(n, i + RUN * LANES);
		for (; i + 2 * LANES <= end; i += 2 * LANES) {
			d = v_sub(v_load(x + i), less);
			s[0] = v_add(s[0], d);
			q[0] = v_fma(d, d, q[0]);
			d = v_sub(v_load(x + i + LANES), less);
			s[1] = v_add(s[1], d);
			q[1] = v_fma(d, d, q[1]);
		}
		for (; i < end; i += MIN(LANES, end - i)) {
			d = v_first(v_sub(v_load_n(x + i, end - i), less), end - i, v_zero());
			s[0] = v_add(s[0], d);
			q[0] = v_fma(d, d, q[0]);
		}
		sum = d_add(sum, d_of(v_add(s[0], s[1])));
		square = d_add(square, d_of(v_add(q[0], q[1])));
	}
	sums[0] = d_sum(sum);
	sums[1] = d_sum(square);
}

/* The variance is taken about a float near the mean, which makes up for what that is off. Where
 * squares may leave the range of floats, all is done in double. */
static void
norm_row(const RowsRun *run, float *to, const float *x, int64_t row)
{
	const Rows *r = run->r;
	size_t n = (size_t)r->l.n;
	int64_t c = r->group ? row % r->group : 0;
	float mss[3] = {near_mean(x, n)};
	double sums[2], off, scale, shift = 0;

	row_spread(x, n, mss[0], sums);
	if (!(sums[1] > 1e-20 && sums[1] < 1e36)) {
		mss[0] = (float)(row_sum(x, n, 0, false) / (double)n);
		sums[0] = row_sum(x, n, mss[0], false);
		sums[1] = row_sum(x, n, mss[0], true);
	}
	off = sums[0] / (double)n;
	scale = sums[1] / (double)n - off * off;
	scale = 1 / sqrt((scale < 0 ? 0 : scale) + r->eps);
	if (r->group && run->gamma) {
		scale *= (double)run->gamma[c];
		shift = (double)run->beta[c];
	}
	mss[1] = (float)scale;
	mss[2] = (float)(shift - off * scale);
	if (run->gamma && !r->group)
		scale_row(to, x, n, mss, run->gamma, run->beta);
	else
		scale_row(to, x, n, mss, NULL, NULL);
}

static void
norm_rows(void *ctx, int64_t job, unsigned thread)
{
	const RowsRun *run = ctx;
	int64_t end = MIN((job + 1) * run->per, run->r->l.outer);

	for (int64_t i = job * run->per; i < end; i++) {
		float *to;
		const float *x = open_row(run, i, thread, &to);
		norm_row(run, to, x, i);
		close_row(run, i, to);
	}
}

/* Whether gamma or beta will do: absent, or `n` floats. They are made floats, and ones or zeros. */
static bool
plan_affine(const Eval *e, ArgName param, int64_t n, KernelPlan *plan)
{
	const Tensor *t = eval_arg(e, param);

	plan->work += kernel_aligned((size_t)n * sizeof(float));
	return !t || (is_floats(t) && t->count == n);
}

static const float *
affine(const KernelCall *c, ArgName param, int64_t n, float dflt, char **work)
{
	const Tensor *t = eval_arg(c->e, param);
	float *to = (float *)(void *)*work;

	*work += kernel_aligned((size_t)n * sizeof(float));
	if (t && t->dtype == DT_FP32)
		return t->data;
	if (t)
		v_load_halves(to, t->data, (size_t)n);
	for (int64_t i = 0; !t && i < n; i++)
		to[i] = dflt;
	return to;
}

static void
run_norm(const KernelCall *c)
{
	RowsRun run = {.call = c, .r = KERNEL_NOTE_OF(const Rows, c->plan)};
	char *work = c->work;
	int64_t n;

	run.x = eval_arg(c->e, ARG_x)->data;
	run.y = c->e->out[0].t->data;
	n = run.r->group ? run.r->group : run.r->l.n;
	if (eval_arg(c->e, ARG_gamma) || eval_arg(c->e, ARG_beta)) {
		run.gamma = affine(c, ARG_gamma, n, 1, &work);
		run.beta = affine(c, ARG_beta, n, 0, &work);
	}
	share_rows(&run, norm_rows);
}

/* The first of the axes, which must be the last ones of x; -1: they are not. */
static int
trailing(const Tensor *axes, int rank)
{
	bool chosen[TENSOR_MAX_RANK] = {false};
	int first = 0;

	for (int64_t i = 0; axes && i < axes->count; i++) {
		int64_t a = tensor_i(axes, i);
		if (a < -rank || a >= rank)
			return -1;
		chosen[a < 0 ? a + rank : a] = true;
	}
	while (axes && first < rank && !chosen[first])
		first++;
	for (int k = first; axes && k < rank; k++)
		if (!chosen[k])
			return -1;
	return first;
}

static bool
plan_layer_norm(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Rows *r = KERNEL_NOTE_OF(Rows, plan);
	int first;

	if (!is_floats(x) || !is_known(e, known, ARG_axes) || !is_known(e, known, ARG_epsilon))
		return false;
	first = trailing(eval_arg(e, ARG_axes), x->rank);
	if (first < 0)
		return false;
	*r = (Rows){.l = {dims_count(x->dim, 0, first), dims_count(x->dim, first, x->rank), 1, 0}};
	r->eps = eval_double(e, ARG_epsilon, 1e-5);
	return plan_affine(e, ARG_gamma, r->l.n, plan) && plan_affine(e, ARG_beta, r->l.n, plan) &&
	       plan_rows(x, r, 0.3, plan);
}
const Kernel FAST(kernel_layer_norm) = {.plan = plan_layer_norm, .run = run_norm};

static bool
plan_instance_norm(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Rows *r = KERNEL_NOTE_OF(Rows, plan);

	if (!is_floats(x) || x->rank < 3 || !is_known(e, known, ARG_epsilon))
		return false;
	*r = (Rows){.l = {x->dim[0] * x->dim[1], dims_count(x->dim, 2, x->rank), 1, 0}};
	r->eps = eval_double(e, ARG_epsilon, 1e-5);
	r->group = x->dim[1];
	return plan_affine(e, ARG_gamma, r->group, plan) &&
	       plan_affine(e, ARG_beta, r->group, plan) && plan_rows(x, r, 0.3, plan);
}
const Kernel FAST(kernel_instance_norm) = {.plan = plan_instance_norm, .run = run_norm};

/* ---- l2_norm ---- */

static void
l2_rows(void *ctx, int64_t job, unsigned thread)
{
	const RowsRun *run = ctx;
	int64_t end = MIN((job + 1) * run->per, run->r->l.outer);

	for (int64_t i = job * run->per; i < end; i++) {
		size_t n = (size_t)run->r->l.n;
		float *to;
		const float *x = open_row(run, i, thread, &to);
		V root = v_set1((float)sqrt(row_sum(x, n, 0, true) + run->r->eps));
		for (size_t k = 0; k < n; k += LANES) {
			size_t m = MIN(n - k, LANES);
			V v = load_lanes(x, false, (int64_t)k, m);
			store_lanes(to, false, (int64_t)k, v_div(v, root), m);
		}
		close_row(run, i, to);
	}
}

/* Over the last three axes. */
static bool
plan_l2_norm(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Rows *r = KERNEL_NOTE_OF(Rows, plan);

	if (!is_floats(x) || x->rank < 3 || !is_known(e, known, ARG_epsilon))
		return false;
	*r = (Rows){.l = {.outer = dims_count(x->dim, 0, x->rank - 3), .inner = 1}};
	r->l.n = dims_count(x->dim, x->rank - 3, x->rank);
	r->eps = eval_double(e, ARG_epsilon, 1e-6);
	return plan_rows(x, r, 0.4, plan);
}

static void
run_l2_norm(const KernelCall *c)
{
	RowsRun run = {.call = c, .r = KERNEL_NOTE_OF(const Rows, c->plan)};

	run.x = eval_arg(c->e, ARG_x)->data;
	run.y = c->e->out[0].t->data;
	share_rows(&run, l2_rows);
}
const Kernel FAST(kernel_l2_norm) = {.plan = plan_l2_norm, .run = run_l2_norm};
