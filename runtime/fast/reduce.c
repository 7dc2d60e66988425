/* reduce.c: reductions over any axes. Axes that lie side by side and are both reduced, or both
 * kept, are one. Where the last is reduced, lanes lie along it: vector i of a row goes to sum i mod
 * 2, the last one filled up with what changes nothing; the rows of a result go on in the same two
 * sums, in their order; then sum 0 plus sum 1, then lanes as v_sum() adds them. Where the last is
 * kept, lanes lie on it and each result is one chain, in the order of the operand. Sums and
 * products are double.
 */
#include "lines.h"
#include "vec_d.h"

#include <math.h>

enum { MOST_AXES = 6, COLUMNS = 1024 /* at a time */ };

typedef enum Fold {
	FOLD_SUM,
	FOLD_SQUARES,
	FOLD_ABS,
	FOLD_EXP,
	FOLD_PROD,
	FOLD_MAX,
	FOLD_MIN
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

	for (int k = w->n; k-- > 0; i /= w->dim[k])
		at += i % w->dim[k] * w->step[k];
	return at;
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

static const float start[] = {[FOLD_PROD] = 1, [FOLD_MAX] = -INFINITY, [FOLD_MIN] = INFINITY};

/* What an element is, before it is added. */
static inline V
map_one(Fold f, V x, V top)
{
	return f == FOLD_ABS ? v_abs(x) : f == FOLD_EXP ? v_exp_below(v_sub(x, top)) : x;
}
static inline D
fold_wide(Fold f, D a, V x)
{
	D d = d_of(x);

	return f == FOLD_PROD ? d_mul(a, d) : d_add(a, f == FOLD_SQUARES ? d_mul(d, d) : d);
}
static inline V
fold_most(Fold f, V a, V x)
{
	return v_select(m_or(f == FOLD_MAX ? v_le(x, a) : v_le(a, x), v_nan(a)), a, x);
}

/* The last n lanes' place taken by what changes nothing. */
static inline V
fill_lanes(V x, size_t n, float with)
{
	float lanes[LANES];

	v_store(lanes, v_set1(with));
	v_store_n(lanes, x, n);
	return v_load(lanes);
}

typedef struct Sums {
	D sum[2];
	V most[2];
} Sums;

static inline void
fold_row(const Fold f, const bool half, Sums *to, const void *x, int64_t at, size_t n, V top)
{
	const bool wide = f < FOLD_MAX;
	Sums s = *to;
	size_t i = 0;

#define FOLD(k, v)                                                                                 \
	do {                                                                                       \
		V one = v;                                                                         \
		if (wide)                                                                          \
			s.sum[k] = fold_wide(f, s.sum[k], one);                                    \
		else                                                                               \
			s.most[k] = fold_most(f, s.most[k], one);                                  \
	} while (0)
	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		FOLD(0, map_one(f, load_lanes(x, half, at + (int64_t)i, LANES), top));
		FOLD(1, map_one(f, load_lanes(x, half, at + (int64_t)i + LANES, LANES), top));
	}
	for (int k = 0; i < n; i += LANES, k++) {
		size_t left = MIN(n - i, LANES);
		V v = map_one(f, load_lanes(x, half, at + (int64_t)i, left), top);
		if (left < LANES)
			v = fill_lanes(v, left, start[f]);
		if (k == 0)
			FOLD(0, v);
		else
			FOLD(1, v);
	}
#undef FOLD
	*to = s;
}

/* Adds a line of n columns to what their chains are up to now: in wide, or in most. */
static inline void
fold_line(const Fold f, const bool half, double *wide, float *most, const void *x, int64_t at,
          size_t n, const float *top)
{
	for (size_t i = 0; i < n; i += LANES) {
		V v = load_lanes(x, half, at + (int64_t)i, n - i);
		if (f >= FOLD_MAX) {
			v_store(most + i, fold_most(f, v_load(most + i), v));
			continue;
		}
		v = map_one(f, v, f == FOLD_EXP ? v_load(top + i) : v);
		d_store(wide + i, fold_wide(f, d_load(wide + i), v));
	}
}
/* Four lines at once, in their order. */
static inline void
fold_lines(const Fold f, const bool half, double *wide, float *most, const void *x,
           const int64_t at[4], size_t n, const float *top)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		V v[4], t = f == FOLD_EXP ? v_load(top + i) : v_zero(), m;
		D d;
		for (int k = 0; k < 4; k++)
			v[k] = map_one(f, load_lanes(x, half, at[k] + (int64_t)i, LANES), t);
		if (f >= FOLD_MAX) {
			m = fold_most(f, fold_most(f, v_load(most + i), v[0]), v[1]);
			v_store(most + i, fold_most(f, fold_most(f, m, v[2]), v[3]));
			continue;
		}
		d = fold_wide(f, fold_wide(f, d_load(wide + i), v[0]), v[1]);
		d_store(wide + i, fold_wide(f, fold_wide(f, d, v[2]), v[3]));
	}
	for (int k = 0; i < n && k < 4; k++)
		fold_line(f, half, wide + i, most + i, x, at[k] + (int64_t)i, n - i,
		          f == FOLD_EXP ? top + i : NULL);
}

/* One function for each kind of fold and element. */
#define KINDS(K)                                                                                   \
	K(FOLD_SUM) K(FOLD_SQUARES) K(FOLD_ABS) K(FOLD_EXP) K(FOLD_PROD) K(FOLD_MAX) K(FOLD_MIN)
typedef void RowFn(Sums *, const void *x, int64_t at, size_t n, float top);
typedef void LinesFn(double *wide, float *most, const void *x, const int64_t *at, int lines,
                     size_t n, const float *top);
#define BOTH(f, half, end)                                                                         \
	static void f##_row##end(Sums *s, const void *x, int64_t at, size_t n, float top)          \
	{                                                                                          \
		fold_row(f, half, s, x, at, n, v_set1(top));                                       \
	}                                                                                          \
	static void f##_lines##end(double *wide, float *most, const void *x, const int64_t *at,    \
	                           int lines, size_t n, const float *top)                          \
	{                                                                                          \
		if (lines == 4)                                                                    \
			fold_lines(f, half, wide, most, x, at, n, top);                            \
		else                                                                               \
			for (int k = 0; k < lines; k++)                                            \
				fold_line(f, half, wide, most, x, at[k], n, top);                  \
	}
#define K(f) BOTH(f, false, _f) BOTH(f, true, _h)
KINDS(K)
#undef K
#undef BOTH
static RowFn *const row_fn[][2] = {
#define K(f) {f##_row_f, f##_row_h},
    KINDS(K)
#undef K
};
static LinesFn *const lines_fn[][2] = {
#define K(f) {f##_lines_f, f##_lines_h},
    KINDS(K)
#undef K
};

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

static double
finish(const Reduce *r, double v, float top)
{
	switch (r->finish) {
	case FINISH_MEAN:
		return v / (double)r->nin;
	case FINISH_ROOT:
		return sqrt(v);
	case FINISH_LOG:
		return log_of(v) + (r->fold == FOLD_EXP ? (double)top : 0);
	default:
		return v;
	}
}

typedef struct ReduceRun {
	const KernelCall *call;
	const Reduce *r;
	const void *x;
	void *y;
	int64_t per; /* results of a job */
} ReduceRun;

static double
reduce_rows(const ReduceRun *run, Fold f, int64_t at, float top)
{
	const Reduce *r = run->r;
	double s = (double)start[f];
	Sums sums = {{d_set1(s), d_set1(s)}, {v_set1(start[f]), v_set1(start[f])}};

	for (int64_t k = 0; k < r->drop.count; k++)
		row_fn[f][r->half](&sums, run->x, at + walk_at(&r->drop, k), (size_t)r->row, top);
	if (f == FOLD_PROD) {
		double lanes[LANES];
		d_store(lanes, d_mul(sums.sum[0], sums.sum[1]));
		for (int i = 1; i < LANES; i++)
			lanes[0] *= lanes[i];
		return lanes[0];
	}
	if (f < FOLD_MAX)
		return d_sum(d_add(sums.sum[0], sums.sum[1]));
	if (f == FOLD_MAX)
		return (double)v_largest(fold_most(f, sums.most[0], sums.most[1]));
	return -(double)v_largest(v_neg(fold_most(f, sums.most[0], sums.most[1])));
}

static void
rows_job(void *ctx, int64_t job, unsigned thread)
{
	const ReduceRun *run = ctx;
	const Reduce *r = run->r;
	int64_t end = MIN((job + 1) * run->per, r->keep.count);

	(void)thread;
	for (int64_t i = job * run->per; i < end; i++) {
		int64_t at = walk_at(&r->keep, i);
		float top = 0;
		if (r->fold == FOLD_EXP)
			top = (float)reduce_rows(run, FOLD_MAX, at, 0);
		store_one(run->y, r->half, i, finish(r, reduce_rows(run, r->fold, at, top), top));
	}
}

/* All lines of n columns. */
static void
fold_columns(const ReduceRun *run, Fold f, double *wide, float *most, int64_t at, size_t n,
             const float *top)
{
	const Reduce *r = run->r;

	for (size_t i = 0; i < n; i += LANES) {
		if (f < FOLD_MAX)
			d_store(wide + i, d_set1((double)start[f]));
		else
			v_store(most + i, v_set1(start[f]));
	}
	for (int64_t k = 0; k < r->drop.count; k += 4) {
		int lines = (int)MIN(r->drop.count - k, 4);
		int64_t line[4];
		for (int i = 0; i < lines; i++)
			line[i] = at + walk_at(&r->drop, k + i);
		lines_fn[f][r->half](wide, most, run->x, line, lines, n, top);
	}
}

static void
columns_job(void *ctx, int64_t job, unsigned thread)
{
	const ReduceRun *run = ctx;
	const Reduce *r = run->r;
	int64_t strips = (r->row + COLUMNS - 1) / COLUMNS, first = job % strips * COLUMNS;
	int64_t outer = job / strips, at = walk_at(&r->keep, outer) + first;
	size_t n = (size_t)MIN(r->row - first, COLUMNS);
	char *work = kernel_scratch(run->call, thread);
	double *wide = (double *)(void *)work;
	float *most = (float *)(void *)(wide + COLUMNS);

	if (r->fold == FOLD_EXP)
		fold_columns(run, FOLD_MAX, wide, most, at, n, NULL);
	fold_columns(run, r->fold, wide, most, at, n, most);
	for (size_t i = 0; i < n; i++)
		store_one(run->y, r->half, outer * r->row + first + (int64_t)i,
		          finish(r, r->fold < FOLD_MAX ? wide[i] : (double)most[i], most[i]));
}

static void
run_reduce(const KernelCall *c)
{
	ReduceRun run = {.call = c, .r = KERNEL_NOTE_OF(const Reduce, c->plan)};
	const Reduce *r = run.r;

	run.x = eval_arg(c->e, ARG_x)->data;
	run.y = c->e->out[0].t->data;
	run.per = MAX(1, LINES_JOB / r->nin);
	if (r->columns)
		kernel_share(c, r->keep.count * ((r->row + COLUMNS - 1) / COLUMNS), columns_job,
		             &run);
	else
		kernel_share(c, (r->keep.count + run.per - 1) / run.per, rows_job, &run);
}
const Kernel FAST(kernel_reduce) = {.plan = plan_reduce, .run = run_reduce};
