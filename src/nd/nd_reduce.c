/* nd_reduce.c: sums, products, extremes, any and all along axes, in NumPy's order of operations, so
 * that floating results are equal to the last bit.
 *
 * The axes are sorted by their step in memory. Where the innermost axis is reduced, its elements
 * are summed pairwise and the sum is added to what is there; where it stays, whole rows are added
 * one after another. Elements that need a conversion, or whose inner axes do not form one run, pass
 * through a buffer of BUFFER elements, and the pairwise sums are those of its fillings.
 */
#include "nd_kernels.h"

#define BUFFER 8192

/* ---- pairwise sums: blocks of 128 with eight partial sums, halves above ---- */
#define PAIRWISE(NAME, T, LOAD)                                                                    \
	static T NAME(const char *p, int64_t step, int64_t n)                                      \
	{                                                                                          \
		T r[8], s = (T)-0.0;                                                               \
		int64_t i, half;                                                                   \
		if (n < 8) {                                                                       \
			for (i = 0; i < n; i++)                                                    \
				s += LOAD(p + i * step);                                           \
			return s;                                                                  \
		}                                                                                  \
		if (n <= 128) {                                                                    \
			for (i = 0; i < 8; i++)                                                    \
				r[i] = LOAD(p + i * step);                                         \
			for (i = 8; i < n - n % 8; i += 8)                                         \
				for (int64_t k = 0; k < 8; k++)                                    \
					r[k] += LOAD(p + (i + k) * step);                          \
			s = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));     \
			for (; i < n; i++)                                                         \
				s += LOAD(p + i * step);                                           \
			return s;                                                                  \
		}                                                                                  \
		half = n / 2 - n / 2 % 8;                                                          \
		return NAME(p, step, half) + NAME(p + half * step, step, n - half);                \
	}

static float
load_half(const char *p)
{
	uint16_t h;

	memcpy(&h, p, sizeof h);
	return half_to_float(h);
}

static float
load_float(const char *p)
{
	float v;

	memcpy(&v, p, sizeof v);
	return v;
}

static double
load_double(const char *p)
{
	double v;

	memcpy(&v, p, sizeof v);
	return v;
}

PAIRWISE(pairwise_half, float, load_half)
PAIRWISE(pairwise_float, float, load_float)
PAIRWISE(pairwise_double, double, load_double)

/* ---- one row into one accumulator ---- */
static void
sum_float(DType t, char *acc, const char *p, int64_t step, int64_t n)
{
	if (t == DT_FP16) {
		uint16_t h = half_from_float(load_half(acc) + pairwise_half(p, step, n));

		memcpy(acc, &h, sizeof h);
	} else if (t == DT_FP32) {
		float f = load_float(acc) + pairwise_float(p, step, n);

		memcpy(acc, &f, sizeof f);
	} else {
		double d = load_double(acc) + pairwise_double(p, step, n);

		memcpy(acc, &d, sizeof d);
	}
}

/* Everything but float sums: the two-operand kernel, with the accumulator as first operand, element
 * by element; n elements of type t. */
void
nd_fold_row(NdKernel2 *k, DType t, char *acc, const char *p, int64_t step, int64_t n)
{
	char a[8], b[8];

	if (t != DT_FP16) {
		for (int64_t i = 0; i < n; i++, p += step)
			k(acc, acc, 0, p, 0, 1);
		return;
	}
	for (int64_t i = 0; i < n; i++, p += step) {
		float x = load_half(acc), y = load_half(p);
		uint16_t h;

		memcpy(a, &x, sizeof x);
		memcpy(b, &y, sizeof y);
		k(a, a, 0, b, 0, 1);
		h = half_from_float(load_float(a));
		memcpy(acc, &h, sizeof h);
	}
}

/* Whole rows: acc[i] = acc[i] op p[i], both contiguous. */
static void
fold_rows(NdKernel2 *k, DType t, char *acc, const char *p, int64_t n)
{
	int64_t size = (int64_t)dtype_size(t);
	float x[256], y[256];

	if (t != DT_FP16) {
		k(acc, acc, size, p, size, n);
		return;
	}
	for (int64_t i = 0; i < n; i += 256) {
		int64_t m = MIN(256, n - i);

		nd_cast(DT_FP16, DT_FP32, (char *)x, 4, acc + i * 2, 2, m);
		nd_cast(DT_FP16, DT_FP32, (char *)y, 4, p + i * 2, 2, m);
		k((char *)x, (char *)x, 4, (char *)y, 4, m);
		nd_cast(DT_FP32, DT_FP16, acc + i * 2, 2, (char *)x, 4, m);
	}
}

/* ---- the walk ---- */
typedef struct Walk {
	int n; /* axes, sorted and joined, outermost first */
	int64_t dim[TENSOR_MAX_RANK], in[TENSOR_MAX_RANK], out[TENSOR_MAX_RANK];
	bool red[TENSOR_MAX_RANK];
	DType from, t;
	bool sum;
	NdKernel2 *k;
	char *buffer;
} Walk;

static void
walk_add(Walk *w, int64_t dim, int64_t in, int64_t out, bool red)
{
	int i = w->n - 1;

	if (dim == 1)
		return;
	if (i >= 0 && w->red[i] == red && w->in[i] == in * dim && w->out[i] == out * dim) {
		w->dim[i] *= dim;
		w->in[i] = in;
		w->out[i] = out;
		return;
	}
	i = w->n++;
	w->dim[i] = dim;
	w->in[i] = in;
	w->out[i] = out;
	w->red[i] = red;
}

static void
walk_row(Walk *w, char *acc, const char *p, int64_t step, int64_t n)
{
	if (w->sum)
		sum_float(w->t, acc, p, step, n);
	else
		nd_fold_row(w->k, w->t, acc, p, step, n);
}

/* Fills `buffer` with all of axes [at, n), converted. */
static void
gather(const Walk *w, int at, const char *p, char **to)
{
	int64_t size = (int64_t)dtype_size(w->t);

	if (at == w->n - 1) {
		nd_cast(w->from, w->t, *to, size, p, w->in[at], w->dim[at]);
		*to += size * w->dim[at];
		return;
	}
	for (int64_t i = 0; i < w->dim[at]; i++)
		gather(w, at + 1, p + i * w->in[at], to);
}

/* Axes [at, n) are all reduced; core [core, n) fits the buffer as a whole. */
static void
reduce_blocks(Walk *w, int at, int core, int64_t size, char *acc, const char *p)
{
	int64_t step = (int64_t)dtype_size(w->t), each = size ? BUFFER / size : 0;

	if (at < core - 1) {
		for (int64_t i = 0; i < w->dim[at]; i++)
			reduce_blocks(w, at + 1, core, size, acc, p + i * w->in[at]);
		return;
	}
	for (int64_t i = 0; i < w->dim[at]; i += each) {
		int64_t m = MIN(each, w->dim[at] - i);
		char *to = w->buffer;

		for (int64_t j = 0; j < m; j++)
			gather(w, core, p + (i + j) * w->in[at], &to);
		walk_row(w, acc, w->buffer, step, m * size);
	}
}

static void
reduce_inner(Walk *w, int at, char *acc, const char *p)
{
	int last = w->n - 1, core = w->n;
	int64_t size = 1, step = (int64_t)dtype_size(w->t);
	bool cast = w->from != w->t;

	if (at == last && !cast) {
		walk_row(w, acc, p, w->in[last], w->dim[last]);
		return;
	}
	if (w->dim[last] > BUFFER || at == last) {
		if (at < last) {
			for (int64_t i = 0; i < w->dim[at]; i++)
				reduce_inner(w, at + 1, acc, p + i * w->in[at]);
			return;
		}
		for (int64_t i = 0; i < w->dim[last]; i += BUFFER) {
			int64_t m = MIN(BUFFER, w->dim[last] - i);

			nd_cast(w->from, w->t, w->buffer, step, p + i * w->in[last], w->in[last],
			        m);
			walk_row(w, acc, w->buffer, step, m);
		}
		return;
	}
	while (core > at && size * w->dim[core - 1] <= BUFFER)
		size *= w->dim[--core];
	if (core == at) {
		char *to = w->buffer;

		gather(w, at, p, &to);
		walk_row(w, acc, w->buffer, step, size);
		return;
	}
	reduce_blocks(w, at, core, size, acc, p);
}

static void
keep_rows(Walk *w, char *acc, const char *p)
{
	int last = w->n - 1;
	int64_t step = (int64_t)dtype_size(w->t);

	for (int64_t i = 0; i < w->dim[last]; i += BUFFER) {
		int64_t m = MIN(BUFFER, w->dim[last] - i);

		nd_cast(w->from, w->t, w->buffer, step, p + i * w->in[last], w->in[last], m);
		fold_rows(w->k, w->t, acc + i * step, w->buffer, m);
	}
}

static void
walk(Walk *w, int at, int inner, char *acc, const char *p)
{
	if (at == inner) {
		reduce_inner(w, at, acc, p);
		return;
	}
	if (at == w->n - 1) {
		keep_rows(w, acc, p);
		return;
	}
	for (int64_t i = 0; i < w->dim[at]; i++)
		walk(w, at + 1, inner, acc + i * w->out[at], p + i * w->in[at]);
}

static void
walk_all(Walk *w, const Nd *a, Nd *out)
{
	int inner;

	if (!w->n) { /* a single element */
		w->n = 1;
		w->dim[0] = 1;
		w->red[0] = true;
	}
	inner = w->n;
	while (inner > 0 && w->red[inner - 1])
		inner--;
	w->buffer = xmalloc(BUFFER * 8);
	walk(w, 0, inner, out->data, a->data);
	xfree(w->buffer);
}

/* ---- the operation ---- */
typedef struct RedInfo {
	NdBin op;
	const char *name;
	double start;
	bool has_start;
} RedInfo;
static const RedInfo red_info[] = {
    [NR_SUM] = {NB_ADD, "add", 0, true},          [NR_PROD] = {NB_MUL, "multiply", 1, true},
    [NR_MAX] = {NB_MAXIMUM, "maximum", 0, false}, [NR_MIN] = {NB_MINIMUM, "minimum", 0, false},
    [NR_ANY] = {NB_OR, "logical_or", 0, true},    [NR_ALL] = {NB_AND, "logical_and", 1, true},
};

DType
nd_reduce_type(NdRed op, DType t)
{
	if (op == NR_ANY || op == NR_ALL)
		return DT_BOOL;
	if (op == NR_MAX || op == NR_MIN || dtype_is_float(t))
		return t;
	return nd_is_unsigned(t) ? DT_UINT64 : DT_INT64;
}

/* Shape of the result with the reduced axes left out, in K order. */
static bool
result_new(Nd *out, const Nd *a, const NdAxes *ax, const int *order, DType t, NdErr *err)
{
	int64_t dim[TENSOR_MAX_RANK];
	int place[TENSOR_MAX_RANK], sub[TENSOR_MAX_RANK], rank = 0, n = 0;

	for (int i = 0; i < a->rank; i++) {
		if (ax->all || ax->in[i])
			continue;
		place[i] = rank;
		dim[rank++] = a->dim[i];
	}
	for (int i = 0; i < a->rank; i++)
		if (!ax->all && !ax->in[order[i]])
			sub[n++] = place[order[i]];
	return nd_new_order(out, t, dim, rank, sub, err);
}

/* Puts the reduced axes back with length 1. */
static void
result_keep(Nd *out, const Nd *a, const NdAxes *ax)
{
	for (int i = 0; i < a->rank; i++)
		if (ax->all || ax->in[i])
			nd_insert_axis(out, i);
}

static bool
start_first(Nd *out, const Nd *a, const NdAxes *ax, const char *name, NdErr *err)
{
	Nd first = *a;
	int rank = 0;

	for (int i = 0; i < a->rank; i++) {
		if (ax->all || ax->in[i]) {
			if (!a->dim[i] && nd_count(out))
				return nd_fail(
				    err,
				    "zero-size array to reduction operation %s which has "
				    "no identity",
				    name);
			continue;
		}
		first.dim[rank] = a->dim[i];
		first.stride[rank++] = a->stride[i];
	}
	first.rank = rank;
	return nd_assign(out, &first, err);
}

static bool
reduce_into(NdRed op, const Nd *a, const NdAxes *ax, const int *order, Nd *out, NdErr *err)
{
	const RedInfo *info = &red_info[op];
	DType t = out->dtype;
	Walk w = {.from = nd_base(a->dtype), .t = t};
	Nd start;
	int place = 0, at[TENSOR_MAX_RANK];

	if (info->has_start) {
		start = nd_scalar_f(DT_FP64, info->start);
		nd_fill(out, &start);
		nd_release(&start);
	} else if (!start_first(out, a, ax, info->name, err)) {
		return false;
	}
	if (!nd_count(a))
		return true;
	w.sum = op == NR_SUM && dtype_is_float(t);
	w.k = nd_kernel(info->op, t);
	for (int i = 0; i < a->rank; i++)
		at[i] = ax->all || ax->in[i] ? -1 : place++;
	for (int i = 0; i < a->rank; i++) {
		int x = order[i];

		walk_add(&w, a->dim[x], a->stride[x], at[x] < 0 ? 0 : out->stride[at[x]],
		         at[x] < 0);
	}
	walk_all(&w, a, out);
	return true;
}

typedef struct Axes {
	const NdAxes *ax;
	bool keep;
} Axes;

static bool
sum_part(const Nd *a, const void *with, Nd *out, NdErr *err)
{
	const Axes *x = with;

	return nd_reduce(NR_SUM, a, x->ax, x->keep, DT_NONE, out, err);
}

bool
nd_reduce(NdRed op, const Nd *a, const NdAxes *ax, bool keep, DType t, Nd *out, NdErr *err)
{
	int order[TENSOR_MAX_RANK];

	if (nd_is_complex(a->dtype) && op == NR_SUM)
		return nd_by_parts(a, sum_part, &(Axes){ax, keep}, out, err);
	if (!nd_is_numeric(a->dtype))
		return nd_fail(err, "cannot reduce an array of %s with '%s'",
		               dtype_info[a->dtype].np, red_info[op].name);
	t = t ? nd_base(t) : nd_reduce_type(op, nd_base(a->dtype));
	if (op == NR_ANY || op == NR_ALL)
		t = DT_BOOL;
	nd_axis_order(&a, 1, a->rank, order);
	if (!nd_work(err, (double)nd_count(a), ND_HEAVY) ||
	    !result_new(out, a, ax, order, t, err) ||
	    !nd_keep(out, reduce_into(op, a, ax, order, out, err)))
		return false;
	if (keep)
		result_keep(out, a, ax);
	return true;
}

bool
nd_axis_fix(int64_t axis, int rank, int *out, NdErr *err)
{
	if (axis < -rank || axis >= rank)
		return nd_fail(err, "axis %lld is out of bounds for array of dimension %d",
		               (long long)axis, rank);
	*out = (int)(axis < 0 ? axis + rank : axis);
	return true;
}
