/* reduce.c: reductions over any axes. Axes that lie side by side and are both reduced, or both
 * kept, are one. Where the last is reduced, lanes lie along it, and at the end are added as v_sum()
 * does it; where it is kept, each lane is a result's.
 *
 * Sums: four vectors of a row, or eight lines, are added in float, neighbours first, then pairs;
 * those that are left, one after the other; what these come to, in double. So no number goes
 * through more than eight roundings of float. Where such sums or the squares leave the range of
 * floats, all is done again in double alone, as products are.
 */
#include "fold.h"

enum {
	COLUMNS = 1024,             /* at a time, at most, */
	FEWEST_COLUMNS = 4 * LANES, /* and at least, where there are so many */
	EIGHT = 2 * FOUR,           /* lines; more loads in a row's loop stream worse */
};

static const struct {
	Opcode op;
	FoldKind fold;
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
walk_add(LineWalk *w, int64_t dim, int64_t step)
{
	if (w->n == MOST_AXES)
		return false;
	w->dim[w->n] = dim;
	w->step[w->n++] = step;
	w->count *= dim;
	return true;
}

static int64_t
walk_at(const LineWalk *w, int64_t i)
{
	int64_t at = 0;

	for (int k = w->n; k-- > 1; i /= w->dim[k])
		at += i % w->dim[k] * w->step[k];
	return w->n ? at + i * w->step[0] : 0;
}

/* Joins axes and tells kept from dropped ones. False: there are too many. */
static bool
split_axes(Folding *r, const Tensor *x, const bool *drop)
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

/* All of each channel of an image becomes one number. */
static bool
over_pixels(int rank, const bool *drop)
{
	return rank == 4 && !drop[0] && !drop[1] && drop[2] && drop[3];
}

static bool
plan_axes(const Tensor *x, const bool *drop, bool keep, DType t, Folding *r, KernelPlan *plan)
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
	Folding *r = KERNEL_NOTE_OF(Folding, plan);
	bool drop[TENSOR_MAX_RANK];
	size_t k = 0;

	if (!is_floats(x) || !is_known(e, known, ARG_axes) || !is_known(e, known, ARG_keep_dims) ||
	    !dropped_axes(eval_arg(e, ARG_axes), x->rank, drop))
		return false;
	while (kinds[k].op != e->row->code)
		k++;
	*r = (Folding){.fold = kinds[k].fold, .finish = kinds[k].finish};
	if (plan->blocks || (plan->x_blocks && !over_pixels(x->rank, drop)))
		return false;
	/* One pixel is no row. */
	return plan_axes(x, drop, eval_bool(e, ARG_keep_dims, false), x->dtype, r, plan) &&
	       !(plan->x_blocks && r->columns);
}

static BlocksUse
reduce_blocks(const Eval *e, const bool *known, Blocks *need)
{
	Opcode op = e->row->code;
	bool drop[4];

	(void)need;
	if (op == OP_reduce_log_sum_exp || op == OP_reduce_prod || !is_known(e, known, ARG_axes) ||
	    !dropped_axes(eval_arg(e, ARG_axes), 4, drop))
		return BLOCKS_NONE;
	return over_pixels(4, drop) ? BLOCKS_X : BLOCKS_NONE;
}

/* ---- folding ---- */

typedef struct ReduceRun {
	const KernelCall *call;
	const Folding *r;
	const void *x;
	void *y;
	int64_t per;   /* results of a job */
	int64_t strip; /* columns of a job */
} ReduceRun;

typedef struct Sums {
	D wide;
	V most;
} Sums;

INLINE void
fold(const FoldKind f, Sums *s, V v)
{
	if (f < FOLD_MAX)
		s->wide = d_add(s->wide, d_of(v));
	else
		s->most = join_one(f, v, s->most);
}

/* A row of n elements. */
INLINE void
fold_row(const FoldKind f, const bool half, Sums *s, const void *x, int64_t at, size_t n, V top)
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
fold_rows(const FoldKind f, const bool half, const ReduceRun *run, int64_t at, float top)
{
	const Folding *r = run->r;
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
fold_lines(const FoldKind f, const bool half, const ReduceRun *run, const Strip *s,
           const int64_t *at, int lines)
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
fold_strip(const FoldKind f, const bool half, const ReduceRun *run, const Strip *s)
{
	const LineWalk *drop = &run->r->drop;

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

static double
wide_rows(const ReduceRun *run, int64_t at)
{
	const Folding *r = run->r;
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
	const Folding *r = run->r;

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

void
reduce_finish(const Folding *r, void *y, int64_t at, D sums, const float *top, size_t n)
{
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
	store_lanes(y, r->half, at, v_of(sums), n);
}

static double
reduce_rows(const ReduceRun *run, int64_t at, float *top)
{
	const Folding *r = run->r;
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
	const Folding *r = run->r;
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
		reduce_finish(r, run->y, i, d_load(sums), top, n);
	}
}

static void
reduce_strip(const ReduceRun *run, const Strip *s)
{
	const Folding *r = run->r;

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
	const Folding *r = run->r;
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
		reduce_finish(r, run->y, outer * r->row + first + (int64_t)i, sums, s.most + i,
		              s.n - i);
	}
}

static void
run_reduce(const KernelCall *c)
{
	ReduceRun run = {.call = c, .r = KERNEL_NOTE_OF(const Folding, c->plan)};
	const Folding *r = run.r;
	int64_t jobs = 4 * (int64_t)kernel_threads(c->plan, c->pool) / r->keep.count + 1;

	if (c->plan->x_blocks) {
		reduce_lanes_run(c);
		return;
	}
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
const Kernel FAST(kernel_reduce) = {
    .plan = plan_reduce, .run = run_reduce, .blocks = reduce_blocks};
