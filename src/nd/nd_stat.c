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

static bool
to_half(Nd *out, NdErr *err)
{
	Nd h;
	bool ok = nd_convert(&h, out, DT_FP16, err);

	nd_release(out);
	*out = h;
	return ok;
}

bool
nd_mean(const Nd *a, const NdAxes *ax, bool keep, DType t, Nd *out, NdErr *err)
{
	DType from = nd_base(a->dtype);
	bool half = !t && from == DT_FP16;

	if (!t)
		t = half ? DT_FP32 : dtype_is_float(from) ? from : DT_FP64;
	if (!nd_reduce(NR_SUM, a, ax, keep, t, out, err))
		return false;
	divide_by(out, items(a, ax));
	return half ? to_half(out, err) : true;
}

bool
nd_var(const Nd *a, const NdAxes *ax, bool keep, DType t, double ddof, bool root, Nd *out,
       NdErr *err)
{
	DType from = nd_base(a->dtype);
	double n = items(a, ax);
	Nd mean, x, y;
	bool ok;

	if (!t && !dtype_is_float(from))
		t = DT_FP64;
	if (!nd_reduce(NR_SUM, a, ax, true, t, &mean, err))
		return false;
	divide_by(&mean, n);
	ok = nd_binary(NB_SUB, a, &mean, nd_promote(from, mean.dtype), &x, false, err);
	nd_release(&mean);
	if (!ok)
		return false;
	ok = nd_binary(NB_MUL, &x, &x, x.dtype, &y, false, err);
	nd_release(&x);
	if (!ok)
		return false;
	ok = nd_reduce(NR_SUM, &y, ax, keep, t, out, err);
	nd_release(&y);
	if (!ok)
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

/* The view without `axis`. */
static Nd
drop_axis(const Nd *a, int axis)
{
	Nd v = *a;

	for (int i = axis; i + 1 < a->rank; i++) {
		v.dim[i] = a->dim[i + 1];
		v.stride[i] = a->stride[i + 1];
	}
	v.rank--;
	return v;
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
		bool ok;

		if (!nd_ravel(&flat, a, err))
			return false;
		ok = nd_argreduce(max, &flat, 0, false, out, err);
		nd_release(&flat);
		for (int i = 0; ok && keep && i < a->rank; i++)
			out->dim[i] = 1, out->stride[i] = 0, out->rank = a->rank;
		return ok;
	}
	rest = drop_axis(a, axis);
	if (!nd_work(err, (double)nd_count(a), ND_SLOW) || !nd_new(out, DT_INT64, rest.dim, rest.rank, err))
		return false;
	if (!a->dim[axis] && nd_count(out)) {
		nd_release(out);
		return nd_fail(err, "attempt to get %s of an empty sequence",
		               max ? "argmax" : "argmin");
	}
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
	if (keep) {
		for (int i = out->rank++; i > axis; i--) {
			out->dim[i] = out->dim[i - 1];
			out->stride[i] = out->stride[i - 1];
		}
		out->dim[axis] = 1;
		out->stride[axis] = 0;
	}
	return true;
}

bool
nd_cumulate(bool prod, const Nd *a, int axis, DType t, Nd *out, NdErr *err)
{
	Nd flat, rest;
	NdKernel2 *k;
	NdBin op = prod ? NB_MUL : NB_ADD;
	int64_t step;

	if (axis < 0) {
		bool ok;

		if (!nd_ravel(&flat, a, err))
			return false;
		ok = nd_cumulate(prod, &flat, 0, t, out, err);
		nd_release(&flat);
		return ok;
	}
	if (!nd_is_numeric(a->dtype))
		return nd_fail(err, "cannot accumulate an array of %s", dtype_info[a->dtype].np);
	t = t ? nd_base(t) : nd_reduce_type(NR_SUM, nd_base(a->dtype));
	k = dtype_is_float(t) ? nd_kernel_float(op, t == DT_FP16 ? DT_FP32 : t)
	                      : nd_kernel_int(op, t);
	if (!nd_work(err, (double)nd_count(a), ND_SLOW) || !nd_astype(out, a, t, err))
		return false;
	rest = drop_axis(out, axis);
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
