/* reduce.c: reductions over any axes. Axes that lie side by side and are both reduced, or both
 * kept, are one. Where the last is reduced, lanes lie along it, and at the end are added as v_sum()
 * does it; where it is kept, each lane is a result's.
 *
 * Sums: four vectors of a row, or eight lines, are added in float, neighbours first, then pairs;
 * those that are left, one after the other; what these come to, in double. So no number goes
 * through more than eight roundings of float. Where such sums or the squares leave the range of
 * floats, all is done again in double alone, as products are.
 */
#include "lines.h"
#include "vec_d.h"

#include <float.h>
#include <math.h>

enum {
	MOST_AXES = 6,
	COLUMNS = 1024,             /* at a time, at most, */
	FEWEST_COLUMNS = 4 * LANES, /* and at least, where there are so many */
	FOUR = 4,                   /* vectors of a row that are added in float, */
	EIGHT = 2 * FOUR,           /* and lines; more loads in a row's loop stream worse */
};

typedef enum Fold {
	FOLD_SUM,
	FOLD_SQUARES,
	FOLD_ABS,
	FOLD_EXP,
	FOLD_MAX,
	FOLD_MIN,
	FOLD_PROD
} Fold;
typedef enum Finish { FINISH_NONE, FINISH_MEAN, FINISH_ROOT, FINISH_LOG } Finish;

typedef struct Walk { /* axes of a walk, the last counts fastest */
	int n;
	int64_t dim[MOST_AXES], step[MOST_AXES], count;
} Walk;

typedef struct Reduce {
	Walk keep, drop; /* without the last axis */
	int64_t row;     /* which has so many elements */
	bool columns;    /* and is kept */
	bool half;
	Fold fold;
	Finish finish;
	int64_t nin; /* elements that go into each result */
} Reduce;

static const struct {
	Opcode op;
	Fold fold;
	Finish finish;
} kinds[] = {
    {OP_reduce_l1_norm, FOLD_ABS, FINISH_NONE}, {OP_reduce_l2_norm, FOLD_SQUARES, FINISH_ROOT},
    {OP_reduce_log_sum, FOLD_SUM, FINISH_LOG},  {OP_reduce_log_sum_exp, FOLD_EXP, FINISH_LOG},
    {OP_reduce_max, FOLD_MAX, FINISH_NONE},     {OP_reduce_mean, FOLD_SUM, FINISH_MEAN},
    {OP_reduce_min, FOLD_MIN, FINISH_NONE},     {OP_reduce_prod, FOLD_PROD, FINISH_NONE},
    {OP_reduce_sum, FOLD_SUM, FINISH_NONE},     {OP_reduce_sum_square, FOLD_SQUARES, FINISH_NONE},
};

/* ---- plans ---- */

static bool
walk_add(Walk *w, int64_t dim, int64_t step)
{
	if (w->n == MOST_AXES)
		return false;
	w->dim[w->n] = dim;
	w->step[w->n++] = step;
	w->count *= dim;
	return true;
}

static int64_t
walk_at(const Walk *w, int64_t i)
{
	int64_t at = 0;

	for (int k = w->n; k-- > 1; i /= w->dim[k])
		at += i % w->dim[k] * w->step[k];
	return w->n ? at + i * w->step[0] : 0;
}

/* Joins axes and tells kept from dropped ones. False: there are too many. */
static bool
split_axes(Reduce *r, const Tensor *x, const bool *drop)
{
	int64_t step = 1, dim[TENSOR_MAX_RANK], from[TENSOR_MAX_RANK];
	bool gone[TENSOR_MAX_RANK];
	int n = 0;

	for (int k = x->rank; k-- > 0; step *= x->dim[k]) {
		if (x->dim[k] == 1)
			continue;
		if (n && gone[n - 1] == drop[k]) {
			dim[n - 1] *= x->dim[k];
			continue;
		}
		gone[n] = drop[k];
		from[n] = step;
		dim[n++] = x->dim[k];
	}
	r->keep.count = r->drop.count = r->row = 1;
	r->columns = n > 0 && !gone[0];
	if (n > 0)
		r->row = dim[0];
	while (n-- > 1)
		if (!walk_add(gone[n] ? &r->drop : &r->keep, dim[n], from[n]))
			return false;
	r->nin = r->drop.count * (r->columns ? 1 : r->row);
	return true;
}

static bool
dropped_axes(const Tensor *axes, int rank, bool *drop)
{
	for (int i = 0; i < rank; i++)
		drop[i] = !axes;
	for (int64_t i = 0; axes && i < axes->count; i++) {
		int64_t a = tensor_i(axes, i);
		if (a < -rank || a >= rank)
			return false;
		drop[a < 0 ? a + rank : a] = true;
	}
	return true;
}

static bool
plan_axes(const Tensor *x, const bool *drop, bool keep, DType t, Reduce *r, KernelPlan *plan)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank = 0;

	for (int i = 0; i < x->rank; i++)
		if (!drop[i] || keep)
			dim[rank++] = drop[i] ? 1 : x->dim[i];
	plan_result(plan, 0, t, dim, rank);
	r->half = x->dtype == DT_FP16;
	plan->cost = 0.25 * (double)x->count;
	plan->work_each = COLUMNS * (sizeof(double) + sizeof(float));
	return x->count > 0 && split_axes(r, x, drop);
}

static bool
plan_reduce(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Reduce *r = KERNEL_NOTE_OF(Reduce, plan);
	bool drop[TENSOR_MAX_RANK];
	size_t k = 0;

	if (!is_floats(x) || !is_known(e, known, ARG_axes) || !is_known(e, known, ARG_keep_dims) ||
	    !dropped_axes(eval_arg(e, ARG_axes), x->rank, drop))
		return false;
	while (kinds[k].op != e->row->code)
		k++;
	*r = (Reduce){.fold = kinds[k].fold, .finish = kinds[k].finish};
	return plan_axes(x, drop, eval_bool(e, ARG_keep_dims, false), x->dtype, r, plan);
}

/* ---- folding ---- */

#define INLINE static inline __attribute__((always_inline))

static const float start[] = {[FOLD_MAX] = -INFINITY, [FOLD_MIN] = INFINITY, [FOLD_PROD] = 1};

typedef struct ReduceRun {
	const KernelCall *call;
	const Reduce *r;
	const void *x;
	void *y;
	int64_t per;   /* results of a job */
	int64_t strip; /* columns of a job */
} ReduceRun;

/* What an element is, before it is folded. */
INLINE V
leaf(const Fold f, V x, V top)
{
	return f == FOLD_SQUARES ? v_mul(x, x)
	       : f == FOLD_ABS   ? v_abs(x)
	       : f == FOLD_EXP   ? v_exp_below(v_sub(x, top))
	                         : x;
}

/* A NaN may be lost. */
INLINE V
join(const Fold f, V a, V b)
{
	return f == FOLD_MAX ? v_max(a, b) : f == FOLD_MIN ? v_min(a, b) : v_add(a, b);
}

/* It is not. */
INLINE V
join_one(const Fold f, V a, V b)
{
	return f < FOLD_MAX ? v_add(a, b) : v_select(v_nan(a), a, join(f, a, b));
}

INLINE V
join_four(const Fold f, const V v[FOUR])
{
	M none = m_or(v_unordered(v[0], v[1]), v_unordered(v[2], v[3]));
	V all = join(f, join(f, v[0], v[1]), join(f, v[2], v[3]));

	return f < FOLD_MAX ? all : v_select(none, v_set1(NAN), all);
}

typedef struct Sums {
	D wide;
	V most;
} Sums;

INLINE void
fold(const Fold f, Sums *s, V v)
{
	if (f < FOLD_MAX)
		s->wide = d_add(s->wide, d_of(v));
	else
		s->most = join_one(f, v, s->most);
}

/* A row of n elements. */
INLINE void
fold_row(const Fold f, const bool half, Sums *s, const void *x, int64_t at, size_t n, V top)
{
	const V none = v_set1(start[f]);
	V v[FOUR], rest = none;

	for (; n >= FOUR * LANES; n -= FOUR * LANES, at += FOUR * LANES) {
#pragma GCC unroll 4
		for (int k = 0; k < FOUR; k++)
			v[k] = leaf(f, load_lanes(x, half, at + k * LANES, LANES), top);
		fold(f, s, join_four(f, v));
	}
	if (n == 0)
		return;
	for (; n >= LANES; n -= LANES, at += LANES)
		rest = join_one(f, leaf(f, load_lanes(x, half, at, LANES), top), rest);
	if (n > 0) {
		v[0] = leaf(f, load_lanes(x, half, at, n), top);
		rest = join_one(f, v_first(v[0], n, none), rest);
	}
	fold(f, s, rest);
}

/* What the rows of a result come to; top: what is taken off before e^x. */
INLINE double
fold_rows(const Fold f, const bool half, const ReduceRun *run, int64_t at, float top)
{
	const Reduce *r = run->r;
	Sums s = {d_set1(0), v_set1(start[f])};

	for (int64_t k = 0; k < r->drop.count; k++)
		fold_row(f, half, &s, run->x, at + walk_at(&r->drop, k), (size_t)r->row,
		         v_set1(top));
	if (f < FOLD_MAX)
		return d_sum(s.wide);
	return f == FOLD_MAX ? (double)v_largest(s.most) : -(double)v_largest(v_neg(s.most));
}

/* Some columns of all lines, and what they come to: in wide, or in most. */
typedef struct Strip {
	int64_t at;
	size_t n;
	double *wide;
	float *most;
} Strip;

INLINE void
fold_lines(const Fold f, const bool half, const ReduceRun *run, const Strip *s, const int64_t *at,
           int lines)
{
	for (size_t i = 0; i < s->n; i += LANES) {
		const char *x = (const char *)run->x + i * (half ? 2 : 4);
		V top = f == FOLD_EXP ? v_load(s->most + i) : v_zero(), v[EIGHT], sum;
		size_t n = s->n - i;
		if (lines == EIGHT) {
#pragma GCC unroll 8
			for (int k = 0; k < EIGHT; k++)
				v[k] = leaf(f, load_lanes(x, half, at[k], n), top);
			sum = join_one(f, join_four(f, v), join_four(f, v + FOUR));
		} else {
			sum = leaf(f, load_lanes(x, half, at[0], n), top);
			for (int k = 1; k < lines; k++)
				sum = join_one(f, leaf(f, load_lanes(x, half, at[k], n), top), sum);
		}
		if (f < FOLD_MAX)
			d_store(s->wide + i, d_add(d_load(s->wide + i), d_of(sum)));
		else
			v_store(s->most + i, join_one(f, sum, v_load(s->most + i)));
	}
}

INLINE void
fold_strip(const Fold f, const bool half, const ReduceRun *run, const Strip *s)
{
	const Walk *drop = &run->r->drop;

	for (size_t i = 0; i < s->n; i += LANES) {
		if (f < FOLD_MAX)
			d_store(s->wide + i, d_set1(0));
		else
			v_store(s->most + i, v_set1(start[f]));
	}
	for (int64_t k = 0; k < drop->count; k += EIGHT) {
		int lines = (int)MIN(drop->count - k, EIGHT);
		int64_t at[EIGHT];
		for (int i = 0; i < lines; i++)
			at[i] = s->at + walk_at(drop, k + i);
		if (lines == EIGHT)
			fold_lines(f, half, run, s, at, EIGHT);
		else
			fold_lines(f, half, run, s, at, lines);
	}
}

/* One function for each kind of fold and element. */
typedef double RowsFn(const ReduceRun *, int64_t at, float top);
typedef void StripFn(const ReduceRun *, const Strip *);
#define KINDS(K) K(FOLD_SUM) K(FOLD_SQUARES) K(FOLD_ABS) K(FOLD_EXP) K(FOLD_MAX) K(FOLD_MIN)
#define BOTH(f, half, end)                                                                         \
	static double f##_rows##end(const ReduceRun *run, int64_t at, float top)                   \
	{                                                                                          \
		return fold_rows(f, half, run, at, top);                                           \
	}                                                                                          \
	static void f##_strip##end(const ReduceRun *run, const Strip *s)                           \
	{                                                                                          \
		fold_strip(f, half, run, s);                                                       \
	}
#define K(f) BOTH(f, false, _f) BOTH(f, true, _h)
KINDS(K)
#undef K
#undef BOTH
static RowsFn *const rows_fn[][2] = {
#define K(f) {f##_rows_f, f##_rows_h},
    KINDS(K)
#undef K
};
static StripFn *const strip_fn[][2] = {
#define K(f) {f##_strip_f, f##_strip_h},
    KINDS(K)
#undef K
};

/* ---- in double ---- */

static D
fold_wide(Fold f, D a, V x)
{
	D d = d_of(f == FOLD_ABS ? v_abs(x) : x);

	return f == FOLD_PROD ? d_mul(a, d) : d_add(a, f == FOLD_SQUARES ? d_mul(d, d) : d);
}

static double
wide_rows(const ReduceRun *run, int64_t at)
{
	const Reduce *r = run->r;
	const V none = v_set1(start[r->fold]);
	double lanes[LANES];
	D sum = d_of(none);

	for (int64_t k = 0; k < r->drop.count; k++) {
		int64_t from = at + walk_at(&r->drop, k);
		for (int64_t i = 0; i < r->row; i += LANES) {
			size_t n = (size_t)(r->row - i);
			V v = load_lanes(run->x, r->half, from + i, n);
			sum = fold_wide(r->fold, sum, v_first(v, n, none));
		}
	}
	if (r->fold != FOLD_PROD)
		return d_sum(sum);
	d_store(lanes, sum);
	for (int i = 1; i < LANES; i++)
		lanes[0] *= lanes[i];
	return lanes[0];
}

static void
wide_strip(const ReduceRun *run, const Strip *s)
{
	const Reduce *r = run->r;

	for (size_t i = 0; i < s->n; i += LANES) {
		D sum = d_set1((double)start[r->fold]);
		for (int64_t k = 0; k < r->drop.count; k++) {
			int64_t at = s->at + (int64_t)i + walk_at(&r->drop, k);
			V v = load_lanes(run->x, r->half, at, s->n - i);
			sum = fold_wide(r->fold, sum, v);
		}
		d_store(s->wide + i, sum);
	}
}

/* ---- results ---- */

/* log(x), from sums and products alone, as that of a system's library may differ from another's:
 * x = m * 2^n, m near 1, log(m) = 2 * atanh((m - 1) / (m + 1)). */
static double
log_of(double x)
{
	double s, q, sum = 0;
	int n;

	if (!(x > 0) || x - x != 0)
		return x == 0 ? -INFINITY : x > 0 ? x : NAN;
	x = frexp(x, &n);
	if (x < 0.70710678118654752) {
		x *= 2;
		n--;
	}
	s = (x - 1) / (x + 1);
	q = s * s;
	for (int k = 19; k > 0; k -= 2)
		sum = sum * q + 1.0 / k;
	return n * 0.69314718055994531 + 2 * s * sum;
}

/* sums, or of extremes those, become results from `at` on; top: what was taken off before e^x. */
static void
finish(const ReduceRun *run, int64_t at, D sums, const float *top, size_t n)
{
	const Reduce *r = run->r;
	double lanes[LANES];

	if (r->finish == FINISH_MEAN)
		sums = d_div(sums, d_set1((double)r->nin));
	if (r->finish == FINISH_ROOT)
		sums = d_sqrt(sums);
	if (r->finish == FINISH_LOG) {
		d_store(lanes, sums);
		for (size_t i = 0; i < MIN(n, LANES); i++)
			lanes[i] = log_of(lanes[i]) + (r->fold == FOLD_EXP ? (double)top[i] : 0);
		sums = d_load(lanes);
	}
	store_lanes(run->y, r->half, at, v_of(sums), n);
}

/* Of which of these sums floats were enough. Products of the smallest lose digits; beside this they
 * are nothing. */
static M
fits(const Reduce *r, V sums)
{
	float least = r->fold == FOLD_SQUARES ? (float)r->nin * 0x1p-120f : 0;
	V a = v_abs(sums);

	return m_and(v_le(v_set1(least), a), v_le(a, v_set1(FLT_MAX)));
}

static bool
is_plain_sum(Fold f)
{
	return f == FOLD_SUM || f == FOLD_SQUARES || f == FOLD_ABS;
}

static double
reduce_rows(const ReduceRun *run, int64_t at, float *top)
{
	const Reduce *r = run->r;
	double sum;

	if (r->fold == FOLD_PROD)
		return wide_rows(run, at);
	if (r->fold == FOLD_EXP)
		*top = (float)rows_fn[FOLD_MAX][r->half](run, at, 0);
	sum = rows_fn[r->fold][r->half](run, at, *top);
	if (is_plain_sum(r->fold) && m_any(m_not(fits(r, v_set1((float)sum)))))
		sum = wide_rows(run, at);
	return sum;
}

static void
rows_job(void *ctx, int64_t job, unsigned thread)
{
	const ReduceRun *run = ctx;
	const Reduce *r = run->r;
	int64_t end = MIN((job + 1) * run->per, r->keep.count);
	double sums[LANES] = {0};
	float top[LANES] = {0};

	(void)thread;
	for (int64_t i = job * run->per; i < end; i += LANES) {
		size_t n = (size_t)MIN(end - i, LANES);
		for (size_t k = 0; k < n; k++) {
			int64_t at = walk_at(&r->keep, i + (int64_t)k);
			sums[k] = reduce_rows(run, at, &top[k]);
		}
		finish(run, i, d_load(sums), top, n);
	}
}

static void
reduce_strip(const ReduceRun *run, const Strip *s)
{
	const Reduce *r = run->r;

	if (r->fold == FOLD_PROD) {
		wide_strip(run, s);
		return;
	}
	if (r->fold == FOLD_EXP)
		strip_fn[FOLD_MAX][r->half](run, s);
	strip_fn[r->fold][r->half](run, s);
	for (size_t i = 0; is_plain_sum(r->fold) && i < s->n; i += LANES) {
		V sums = v_first(v_of(d_load(s->wide + i)), s->n - i, v_set1(1));
		if (m_any(m_not(fits(r, sums)))) {
			wide_strip(run, s);
			return;
		}
	}
}

static void
columns_job(void *ctx, int64_t job, unsigned thread)
{
	const ReduceRun *run = ctx;
	const Reduce *r = run->r;
	int64_t strips = (r->row + run->strip - 1) / run->strip;
	int64_t outer = job / strips, first = job % strips * run->strip;
	char *work = kernel_scratch(run->call, thread);
	Strip s = {.at = walk_at(&r->keep, outer) + first, .wide = (double *)(void *)work};

	s.n = (size_t)MIN(r->row - first, run->strip);
	s.most = (float *)(void *)(s.wide + COLUMNS);
	reduce_strip(run, &s);
	for (size_t i = 0; i < s.n; i += LANES) {
		bool most = r->fold == FOLD_MAX || r->fold == FOLD_MIN;
		D sums = most ? d_of(v_load(s.most + i)) : d_load(s.wide + i);
		finish(run, outer * r->row + first + (int64_t)i, sums, s.most + i, s.n - i);
	}
}

static void
run_reduce(const KernelCall *c)
{
	ReduceRun run = {.call = c, .r = KERNEL_NOTE_OF(const Reduce, c->plan)};
	const Reduce *r = run.r;
	int64_t jobs = 4 * (int64_t)kernel_threads(c->plan, c->pool) / r->keep.count + 1;

	run.x = eval_arg(c->e, ARG_x)->data;
	run.y = c->e->out[0].t->data;
	if (r->columns) {
		run.strip = (r->row / jobs + FEWEST_COLUMNS) / FEWEST_COLUMNS * FEWEST_COLUMNS;
		run.strip = MIN(run.strip, COLUMNS);
		kernel_share(c, r->keep.count * ((r->row + run.strip - 1) / run.strip), columns_job,
		             &run);
		return;
	}
	run.per = MAX(1, LINES_JOB / r->nin);
	if (r->keep.count / LANES >= jobs) /* no two threads write to one line of the cache */
		run.per = (run.per + LANES - 1) / LANES * LANES;
	kernel_share(c, (r->keep.count + run.per - 1) / run.per, rows_job, &run);
}
const Kernel FAST(kernel_reduce) = {.plan = plan_reduce, .run = run_reduce};
