/* reduction.c: reductions over any set of axes. The operand is read once, front to back; each
 * element goes to the accumulator of its result: sums of floats in double, of ints in 64 bits
 * (which wraps as 32 bits do). An absent `axes` means all of them. */
#include "elementwise.h"

#include <math.h>

typedef struct Reduce {
	const Tensor *x;
	const void *data;
	int64_t dim[TENSOR_MAX_RANK]; /* of the result */
	int rank;
	int64_t step[TENSOR_MAX_RANK]; /* of the accumulators along each dimension of x */
	int64_t nout, nin;             /* results; elements that go into each */
} Reduce;

static bool
reduced_axes(Eval *e, int rank, bool *drop)
{
	const Tensor *axes = eval_arg(e, ARG_axes);

	for (int i = 0; i < rank; i++)
		drop[i] = !axes;
	for (int64_t i = 0; axes && i < axes->count; i++) {
		int64_t a = tensor_i(axes, i);
		if (a < -rank || a >= rank)
			return eval_fail(e, "axis %lld is out of range for rank %d", (long long)a,
			                 rank);
		drop[a < 0 ? a + rank : a] = true;
	}
	return true;
}

static void
reduce_shape(Reduce *r, const bool *drop, bool keep)
{
	const Tensor *x = r->x;
	int64_t s = 1;

	r->rank = 0;
	r->nin = 1;
	for (int i = 0; i < x->rank; i++)
		if (!drop[i] || keep)
			r->dim[r->rank++] = drop[i] ? 1 : x->dim[i];
	for (int i = x->rank - 1; i >= 0; i--) {
		r->step[i] = drop[i] ? 0 : s;
		if (drop[i])
			r->nin *= x->dim[i];
		else
			s *= x->dim[i];
	}
	r->nout = s;
}

static bool
reduce_init(Reduce *r, Eval *e)
{
	bool drop[TENSOR_MAX_RANK];

	r->x = eval_arg(e, ARG_x);
	r->data = tensor_data(e->arena, r->x);
	if (!reduced_axes(e, r->x->rank, drop))
		return false;
	reduce_shape(r, drop, eval_bool(e, ARG_keep_dims, false));
	return true;
}

/* ---- floats ---- */

typedef void StepFloat(double *acc, int64_t step, const double *x, size_t n);

/*  name, start, what one element does to its accumulator */
#define STEPS(S)                                                                                   \
	S(sum, 0, *acc += v)                                                                       \
	S(prod, 1, *acc *= v)                                                                      \
	S(l1, 0, *acc += fabs(v))                                                                  \
	S(squares, 0, *acc += v * v)                                                               \
	S(max, -INFINITY, *acc = *acc >= v || *acc != *acc ? *acc : v)                             \
	S(min, INFINITY, *acc = *acc <= v || *acc != *acc ? *acc : v)

#define S(name, start, action)                                                                     \
	static void name##_step(double *acc, int64_t step, const double *x, size_t n)              \
	{                                                                                          \
		for (size_t i = 0; i < n; i++, acc += step) {                                      \
			double v = x[i];                                                           \
			action;                                                                    \
		}                                                                                  \
	}
STEPS(S)
#undef S

/* Called for each stretch of x along its last dimension, with the index of its accumulator. */
typedef void Stretch(void *ctx, int64_t at, int64_t to, int64_t step, size_t n);

static void
walk(const Reduce *r, Stretch *fn, void *ctx)
{
	const Tensor *x = r->x;
	int last = x->rank - 1;
	int64_t idx[TENSOR_MAX_RANK] = {0}, row = last < 0 ? 1 : x->dim[last], to = 0;

	for (int64_t at = 0; at < x->count; at += row) {
		int64_t step = last < 0 ? 0 : r->step[last];
		for (int64_t k = 0; k < row; k += EW_CHUNK)
			fn(ctx, at + k, to + k * step, step, (size_t)MIN(row - k, EW_CHUNK));
		for (int i = last - 1; i >= 0; i--) {
			to += r->step[i];
			if (++idx[i] < x->dim[i])
				break;
			to -= r->step[i] * x->dim[i];
			idx[i] = 0;
		}
	}
}

typedef struct FloatWalk {
	const Reduce *r;
	StepFloat *step;
	double *acc;
	const double *less; /* exp(v - less[result]) is summed; or 0 */
} FloatWalk;

static void
float_stretch(void *ctx, int64_t at, int64_t to, int64_t step, size_t n)
{
	const FloatWalk *w = ctx;
	double v[EW_CHUNK];

	ew_load(v, w->r->x, w->r->data, at, 1, n);
	for (size_t i = 0; w->less && i < n; i++)
		v[i] = exp(v[i] - w->less[to + (int64_t)i * step]);
	w->step(w->acc + to, step, v, n);
}

static double *
float_pass(const Reduce *r, StepFloat *step, double start, const double *less)
{
	double *acc = xmalloc((size_t)MAX(r->nout, 1) * sizeof *acc);
	FloatWalk w = {r, step, acc, less};

	for (int64_t i = 0; i < r->nout; i++)
		acc[i] = start;
	walk(r, float_stretch, &w);
	return acc;
}

/* ---- ints, where a sum of int32 wraps ---- */

typedef struct IntWalk {
	const Reduce *r;
	int64_t *acc;
	char what; /* '+' sum, '*' product, '|' of absolute values, '2' of squares */
} IntWalk;

static void
int_stretch(void *ctx, int64_t at, int64_t to, int64_t step, size_t n)
{
	const IntWalk *w = ctx;
	int64_t v[EW_CHUNK], *acc = w->acc + to;

	ew_load_int(v, w->r->x, w->r->data, at, 1, n);
	for (size_t i = 0; i < n; i++, acc += step) {
		uint64_t old = (uint64_t)*acc, x = (uint64_t)v[i];
		if (w->what == '|' && v[i] < 0)
			x = (uint64_t)(int64_t)(int32_t)(0 - (uint32_t)v[i]);
		else if (w->what == '2')
			x = (uint64_t)(int64_t)(int32_t)((uint32_t)v[i] * (uint32_t)v[i]);
		*acc = (int64_t)(w->what == '*' ? old * x : old + x);
	}
}

static int64_t *
int_pass(const Reduce *r, char what)
{
	int64_t *acc = xmalloc((size_t)MAX(r->nout, 1) * sizeof *acc);
	IntWalk w = {r, acc, what};

	for (int64_t i = 0; i < r->nout; i++)
		acc[i] = what == '*';
	walk(r, int_stretch, &w);
	return acc;
}

/* ---- the ops ---- */

typedef double Finish(double v, double n);

static bool
store_floats(Eval *e, const Reduce *r, double *acc, Finish *finish)
{
	Tensor *y = eval_new(e, 0, r->x->dtype, r->dim, r->rank);

	for (int64_t i = 0; finish && i < r->nout; i++)
		acc[i] = finish(acc[i], (double)r->nin);
	ew_store(y, 0, acc, (size_t)r->nout);
	xfree(acc);
	return true;
}

/* `what`: how ints are added up, 0: as floats. The finish of ints is computed in double too. */
static bool
reduce(Eval *e, StepFloat *step, double start, char what, Finish *finish)
{
	Reduce r;
	int64_t *ints;
	double *acc;
	Tensor *y;

	if (!reduce_init(&r, e))
		return false;
	if (!what || dtype_is_float(r.x->dtype))
		return store_floats(e, &r, float_pass(&r, step, start, NULL), finish);
	ints = int_pass(&r, what);
	if (finish) {
		acc = xmalloc((size_t)MAX(r.nout, 1) * sizeof *acc);
		for (int64_t i = 0; i < r.nout; i++)
			acc[i] = (double)ints[i];
		xfree(ints);
		return store_floats(e, &r, acc, finish);
	}
	y = eval_new(e, 0, r.x->dtype, r.dim, r.rank);
	ew_store_int(y, 0, ints, (size_t)r.nout);
	xfree(ints);
	return true;
}

/* The largest or smallest of nothing is an error. */
bool
eval_reduce_extreme(Eval *e)
{
	bool largest = e->row->code == OP_reduce_max;
	Reduce r;

	if (!reduce_init(&r, e))
		return false;
	if (r.nin == 0 && r.nout > 0)
		return eval_fail(e, "x has no elements to choose from");
	return store_floats(e, &r,
	                    largest ? float_pass(&r, max_step, -INFINITY, NULL)
	                            : float_pass(&r, min_step, INFINITY, NULL),
	                    NULL);
}

static double
mean_of(double v, double n)
{
	return v / n;
}

static double
root_of(double v, UNUSED double n)
{
	return sqrt(v);
}

static double
log_of(double v, UNUSED double n)
{
	return log(v);
}

/*  op, step, start, ints, finish */
#define REDUCTIONS(R)                                                                              \
	R(reduce_l1_norm, l1_step, 0, '|', NULL)                                                   \
	R(reduce_l2_norm, squares_step, 0, '2', root_of)                                           \
	R(reduce_log_sum, sum_step, 0, '+', log_of)                                                \
	R(reduce_mean, sum_step, 0, '+', mean_of)                                                  \
	R(reduce_prod, prod_step, 1, '*', NULL)                                                    \
	R(reduce_sum, sum_step, 0, '+', NULL)                                                      \
	R(reduce_sum_square, squares_step, 0, '2', NULL)
#define R(name, step, start, ints, finish)                                                         \
	bool eval_##name(Eval *e)                                                                  \
	{                                                                                          \
		return reduce(e, step, start, ints, finish);                                       \
	}
REDUCTIONS(R)
#undef R

/* log(sum(exp(x))), less the largest element inside, so that exp does not overflow. */
bool
eval_reduce_log_sum_exp(Eval *e)
{
	double *top, *sum;
	Reduce r;

	if (!reduce_init(&r, e))
		return false;
	if (r.nin == 0 && r.nout > 0)
		return eval_fail(e, "x has no elements to choose from");
	top = float_pass(&r, max_step, -INFINITY, NULL);
	sum = float_pass(&r, sum_step, 0, top);
	for (int64_t i = 0; i < r.nout; i++)
		sum[i] = log(sum[i]) + top[i];
	xfree(top);
	return store_floats(e, &r, sum, NULL);
}

/* ---- positions ---- */

/* The first of the best; the first NaN beats all numbers. */
static int64_t
best_of(const Reduce *r, int64_t at, int64_t inner, int64_t n, bool largest)
{
	int64_t best = 0;
	double top = 0, v;

	for (int64_t i = 0; i < n; i++) {
		ew_load(&v, r->x, r->data, at + i * inner, 1, 1);
		if (i == 0 || (top == top && (v != v || (largest ? v > top : v < top)))) {
			best = i;
			top = v;
		}
	}
	return best;
}

bool
eval_reduce_arg(Eval *e)
{
	bool largest = e->row->code == OP_reduce_argmax;
	bool drop[TENSOR_MAX_RANK] = {false};
	int64_t inner, n, best;
	Reduce r;
	Tensor *y;
	int axis;

	r.x = eval_arg(e, ARG_x);
	r.data = tensor_data(e->arena, r.x);
	if (!eval_axis(e, ARG_axis, r.x->rank, -1, &axis))
		return false;
	drop[axis] = true;
	reduce_shape(&r, drop, eval_bool(e, ARG_keep_dims, false));
	n = r.x->dim[axis];
	if (n == 0 && r.nout > 0)
		return eval_fail(e, "x has no elements to choose from");
	inner = dims_count(r.x->dim, axis + 1, r.x->rank);
	y = eval_new(e, 0, e->out_dtype ? e->out_dtype : DT_INT32, r.dim, r.rank);
	for (int64_t k = 0; k < r.nout; k++) {
		best = best_of(&r, k / inner * inner * n + k % inner, inner, n, largest);
		tensor_set_i(y, k, best);
	}
	return true;
}
