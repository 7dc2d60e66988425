/* nd_stat.c: mean, variance, positions of extremes and running totals.
 */
#include "nd_kernels.h"

#include <math.h>

/* ---- mean and variance ---- */
static double
items(const Nd *a, const NdAxes *ax)
{
	double n = 1;

	for (int i = 0; i < a->rank; i++)
		if (ax->all || ax->in[i])
			n *= (double)a->dim[i];
	return n;
}

/* a /= n, computed in double and stored in a's type */
static void
divide_by(Nd *a, double n)
{
	for (NdIter it = nd_iter(a); it.at; nd_step(&it))
		nd_store_f(a->dtype, it.at, nd_load_f(a->dtype, it.at) / n);
}

bool
nd_mean(const Nd *a, const NdAxes *ax, bool keep, DType t, Nd *out, NdErr *err)
{
	DType from = nd_base(a->dtype);
	bool half = !t && from == DT_FP16;
	Nd h;

	if (!t)
		t = half ? DT_FP32 : dtype_is_float(from) ? from : DT_FP64;
	if (!nd_reduce(NR_SUM, a, ax, keep, t, out, err))
		return false;
	divide_by(out, items(a, ax));
	return !half || nd_replace(out, nd_convert(&h, out, DT_FP16, err), &h);
}

bool
nd_var(const Nd *a, const NdAxes *ax, bool keep, DType t, double ddof, bool root, Nd *out,
       NdErr *err)
{
	DType from = nd_base(a->dtype), common;
	double n = items(a, ax);
	Nd x;

	if (!t && !dtype_is_float(from))
		t = DT_FP64;
	if (!nd_reduce(NR_SUM, a, ax, true, t, out, err)) /* the means */
		return false;
	divide_by(out, n);
	common = nd_promote(from, out->dtype);
	if (!nd_replace(out, nd_binary(NB_SUB, a, out, common, &x, false, err), &x) ||
	    !nd_replace(out, nd_binary(NB_MUL, out, out, out->dtype, &x, false, err), &x) ||
	    !nd_replace(out, nd_reduce(NR_SUM, out, ax, keep, t, &x, err), &x))
		return false;
	divide_by(out, n - ddof > 0 ? n - ddof : 0);
	if (root)
		for (NdIter it = nd_iter(out); it.at; nd_step(&it))
			nd_store_f(out->dtype, it.at, sqrt(nd_load_f(out->dtype, it.at)));
	return true;
}

/* ---- positions and running totals ---- */
static bool
better(bool max, DType t, const char *x, const char *best)
{
	if (dtype_is_float(t)) {
		double a = nd_load_f(t, x), b = nd_load_f(t, best);

		if (isnan(b))
			return false;
		return isnan(a) || (max ? a > b : a < b);
	}
	if (t == DT_UINT64) {
		uint64_t a = (uint64_t)nd_load_i(t, x), b = (uint64_t)nd_load_i(t, best);

		return max ? a > b : a < b;
	}
	return max ? nd_load_i(t, x) > nd_load_i(t, best) : nd_load_i(t, x) < nd_load_i(t, best);
}

bool
nd_argreduce(bool max, const Nd *a, int axis, bool keep, Nd *out, NdErr *err)
{
	Nd flat, rest;
	DType t = nd_base(a->dtype);
	NdIter to;
	int64_t *w;

	if (!nd_is_numeric(t))
		return nd_fail(err, "cannot order an array of %s", dtype_info[a->dtype].np);
	if (axis < 0) {
		if (!nd_ravel(out, a, err) ||
		    !nd_replace(out, nd_argreduce(max, out, 0, false, &flat, err), &flat))
			return false;
		for (int i = 0; keep && i < a->rank; i++)
			nd_insert_axis(out, 0);
		return true;
	}
	rest = nd_drop_axis(a, axis);
	if (!nd_work(err, (double)nd_count(a), ND_SLOW) ||
	    !nd_new(out, DT_INT64, rest.dim, rest.rank, err))
		return false;
	if (!a->dim[axis] && nd_count(out))
		return nd_keep(out, nd_fail(err, "attempt to get %s of an empty sequence",
		                            max ? "argmax" : "argmin"));
	to = nd_iter(out);
	for (NdIter it = nd_iter(&rest); a->dim[axis] && it.at; nd_step(&it), nd_step(&to)) {
		const char *best = it.at;

		w = (int64_t *)(void *)to.at;
		for (int64_t i = 1; i < a->dim[axis]; i++) {
			const char *x = it.at + i * a->stride[axis];

			if (better(max, t, x, best)) {
				best = x;
				*w = i;
			}
		}
	}
	if (keep)
		nd_insert_axis(out, axis);
	return true;
}

bool
nd_cumulate(bool prod, const Nd *a, int axis, DType t, Nd *out, NdErr *err)
{
	Nd flat, rest;
	NdKernel2 *k;
	NdBin op = prod ? NB_MUL : NB_ADD;
	int64_t step;

	if (axis < 0)
		return nd_ravel(out, a, err) &&
		       nd_replace(out, nd_cumulate(prod, out, 0, t, &flat, err), &flat);
	if (!nd_is_numeric(a->dtype))
		return nd_fail(err, "cannot accumulate an array of %s", dtype_info[a->dtype].np);
	t = t ? nd_base(t) : nd_reduce_type(NR_SUM, nd_base(a->dtype));
	k = nd_kernel(op, t);
	if (!nd_work(err, (double)nd_count(a), ND_SLOW) || !nd_astype(out, a, t, err))
		return false;
	rest = nd_drop_axis(out, axis);
	step = out->stride[axis];
	for (NdIter it = nd_iter(&rest); out->dim[axis] && it.at; nd_step(&it)) {
		char acc[8];

		memcpy(acc, it.at, dtype_size(t));
		for (int64_t i = 1; i < out->dim[axis]; i++) {
			nd_fold_row(k, t, acc, it.at + i * step, 0, 1);
			memcpy(it.at + i * step, acc, dtype_size(t));
		}
	}
	return true;
}

/* ---- order ---- */
/* Orders as the elements do, NaN last. */
static uint64_t
order_key(DType t, const char *at)
{
	const uint64_t top = (uint64_t)1 << 63;
	uint64_t bits;
	double v;

	if (!dtype_is_float(t))
		return (uint64_t)nd_load_i(t, at) ^ (nd_is_unsigned(t) ? 0 : top);
	v = nd_load_f(t, at) + 0; /* no -0 */
	if (isnan(v))
		return UINT64_MAX;
	memcpy(&bits, &v, sizeof bits);
	return bits & top ? ~bits : bits | top;
}

static const char *
text_at(const char *at)
{
	const Str *s = *(const Str *const *)(const void *)at;

	return s ? s->s : "";
}

static bool
less(DType t, const char *x, const char *y)
{
	return t == DT_STRING ? strcmp(text_at(x), text_at(y)) < 0
	                      : order_key(t, x) < order_key(t, y);
}

typedef struct Item { /* of what is sorted; texts have no key */
	uint64_t key;
	const char *text;
	int64_t at;
} Item;

static inline bool
before(const Item *x, const Item *y)
{
	return x->text ? strcmp(x->text, y->text) < 0 : x->key < y->key;
}

/* Merges ever longer runs of x, with tmp for the other half of the steps; the one that ends with
 * the result is given. */
static Item *
merge_sort(Item *x, Item *tmp, int64_t n)
{
	for (int64_t run = 1; run < n; run *= 2) {
		Item *from = x;

		for (int64_t low = 0; low < n; low += 2 * run) {
			int64_t mid = MIN(low + run, n), end = MIN(low + 2 * run, n);

			for (int64_t i = low, j = mid, k = low; k < end; k++)
				tmp[k] = i == mid || (j < end && before(&from[j], &from[i]))
				             ? from[j++]
				             : from[i++];
		}
		x = tmp;
		tmp = from;
	}
	return x;
}

bool
nd_argsort(Nd *out, const Nd *a, int axis, NdErr *err)
{
	int64_t n = a->dim[axis];
	DType t = a->dtype == DT_STRING ? DT_STRING : nd_base(a->dtype);
	Nd rest = nd_drop_axis(a, axis), places;
	NdIter to;
	Item *room, *sorted;

	if (!nd_work(err, (double)nd_count(a) * (1 + log2((double)MAX(n, 1))), ND_HEAVY) ||
	    !nd_new(out, DT_INT64, a->dim, a->rank, err))
		return false;
	room = xcalloc((size_t)n * 2 + 1, sizeof *room);
	places = nd_drop_axis(out, axis);
	to = nd_iter(&places);
	for (NdIter it = nd_iter(&rest); n && it.at; nd_step(&it), nd_step(&to)) {
		for (int64_t i = 0; i < n; i++) {
			const char *at = it.at + i * a->stride[axis];

			room[i] = t == DT_STRING ? (Item){0, text_at(at), i}
			                         : (Item){order_key(t, at), 0, i};
		}
		sorted = merge_sort(room, room + n, n);
		for (int64_t i = 0; i < n; i++)
			*(int64_t *)(void *)(to.at + i * out->stride[axis]) = sorted[i].at;
	}
	xfree(room);
	return true;
}

bool
nd_sort(Nd *out, const Nd *a, int axis, NdErr *err)
{
	int64_t size = (int64_t)dtype_size(a->dtype);
	Nd order, rest = nd_drop_axis(a, axis), idx, places;
	NdIter to, from;

	if (!nd_argsort(&order, a, axis, err))
		return false;
	if (!nd_new(out, a->dtype, a->dim, a->rank, err))
		return nd_keep(&order, false);
	idx = nd_drop_axis(&order, axis);
	places = nd_drop_axis(out, axis);
	to = nd_iter(&places);
	from = nd_iter(&idx);
	for (NdIter it = nd_iter(&rest); it.at; nd_step(&it), nd_step(&to), nd_step(&from))
		for (int64_t i = 0; i < a->dim[axis]; i++) {
			const char *k = from.at + i * order.stride[axis];

			memcpy(to.at + i * out->stride[axis],
			       it.at + *(const int64_t *)(const void *)k * a->stride[axis],
			       (size_t)size);
		}
	nd_release(&order);
	return true;
}

bool
nd_searchsorted(Nd *out, const Nd *a, const Nd *v, bool right, NdErr *err)
{
	DType t = a->dtype == DT_STRING ? DT_STRING : nd_base(a->dtype);
	NdIter to;

	if (!nd_work(err, (double)nd_count(v) * (1 + log2((double)MAX(a->dim[0], 1))), ND_SLOW) ||
	    !nd_new(out, DT_INT64, v->dim, v->rank, err))
		return false;
	to = nd_iter(out);
	for (NdIter it = nd_iter(v); it.at; nd_step(&it), nd_step(&to)) {
		int64_t low = 0, high = a->dim[0];

		while (low < high) {
			int64_t mid = low + (high - low) / 2;
			const char *x = a->data + mid * a->stride[0];

			if (right ? !less(t, it.at, x) : less(t, x, it.at))
				low = mid + 1;
			else
				high = mid;
		}
		memcpy(to.at, &low, sizeof low);
	}
	return true;
}

bool
nd_bincount(Nd *out, const Nd *x, const Nd *weights, int64_t n, NdErr *err)
{
	Nd w = weights ? *weights : *x;

	if (!nd_work(err, (double)nd_count(x), ND_SLOW) ||
	    !nd_new(out, weights ? DT_FP64 : DT_INT64, &n, 1, err))
		return false;
	for (int64_t i = 0; i < x->dim[0]; i++) {
		int64_t k = nd_load_i(x->dtype, x->data + i * x->stride[0]);
		char *at = out->data + k * 8;

		if (k < 0 || k >= n)
			continue;
		if (weights)
			*(double *)(void *)at += nd_load_f(w.dtype, w.data + i * w.stride[0]);
		else
			++*(int64_t *)(void *)at;
	}
	return true;
}
