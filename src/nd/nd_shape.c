/* nd_shape.c: the same elements in another shape or order: views where they can be, joined and
 * repeated copies where not.
 */
#include <stdio.h>

#include "nd_impl.h"

/* As NumPy shows a shape that holds -1. */
static NdShapeText
asked_shape(const int64_t *dim, int rank)
{
	NdShapeText t;
	Buf b = {0};
	int i = 0;

	while (i < rank && dim[i] < 0)
		i++;
	for (int first = i; i < rank; i++)
		if (dim[i] < 0)
			buf_puts(&b, ",newaxis");
		else
			buf_printf(&b, i > first ? ",%lld" : "(%lld", (long long)dim[i]);
	snprintf(t.s, sizeof t.s, "%s%s", b.n ? b.at : "(", rank == 1 && b.n ? ",)" : ")");
	buf_free(&b);
	return t;
}

static bool
shape_infer(const Nd *a, const int64_t *dim, int rank, int64_t *to, NdErr *err)
{
	int64_t n = nd_count(a), known = 1;
	int open = -1;
	bool ok = true;

	if (rank > TENSOR_MAX_RANK)
		return nd_fail(err, "cannot reshape into %d dimensions, at most %d are possible",
		               rank, TENSOR_MAX_RANK);
	for (int i = 0; i < rank; i++) {
		to[i] = dim[i];
		if (dim[i] >= 0) {
			ok = ok && !__builtin_mul_overflow(known, dim[i], &known);
			continue;
		}
		if (dim[i] != -1)
			return nd_fail(
			    err,
			    "negative dimensions are not allowed, found %lld (only -1 means "
			    "\"what is left\")",
			    (long long)dim[i]);
		if (open >= 0)
			return nd_fail(err, "can only specify one unknown dimension");
		open = i;
	}
	if (open >= 0 && ok && known > 0 && n % known == 0)
		to[open] = n / known;
	else if (open >= 0 || !ok || known != n)
		return nd_fail(err, "cannot reshape array of size %lld into shape %s%.0s",
		               (long long)n, nd_shape(dim, rank).s, asked_shape(dim, rank).s);
	return true;
}

/* Strides for the new shape over the same memory; false if there are none. */
static bool
reshape_strides(const Nd *a, const int64_t *to, int rank, int64_t *stride)
{
	int64_t dim[TENSOR_MAX_RANK], st[TENSOR_MAX_RANK];
	int n = 0, i = 0, j = 0;

	for (int k = 0; k < a->rank; k++) {
		if (a->dim[k] == 1)
			continue;
		dim[n] = a->dim[k];
		st[n++] = a->stride[k];
	}
	while (i < n || j < rank) {
		int64_t have = i < n ? dim[i] : 1, want = j < rank ? to[j] : 1;
		int i1 = i < n ? i + 1 : i, j1 = j < rank ? j + 1 : j;

		while (have != want) {
			if (have < want ? i1 == n : j1 == rank)
				return false;
			if (have < want)
				have *= dim[i1++];
			else
				want *= to[j1++];
		}
		for (int k = i; k + 1 < i1; k++)
			if (st[k] != st[k + 1] * dim[k + 1])
				return false;
		for (int64_t k = j1 - 1, s = i1 > i ? st[i1 - 1] : (int64_t)dtype_size(a->dtype);
		     k >= j; k--) {
			stride[k] = s;
			s *= to[k];
		}
		i = i1;
		j = j1;
	}
	return true;
}

bool
nd_reshape(Nd *out, const Nd *a, const int64_t *dim, int rank, NdErr *err)
{
	int64_t to[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
	Nd flat;

	if (!shape_infer(a, dim, rank, to, err))
		return false;
	if (nd_count(a) == 0)
		return nd_view(out, a, to, 0, rank, err);
	if (reshape_strides(a, to, rank, stride))
		return nd_view(out, a, to, stride, rank, err);
	return nd_copy(out, a, err) &&
	       nd_replace(out, nd_view(&flat, out, to, 0, rank, err), &flat);
}

bool
nd_ravel(Nd *out, const Nd *a, NdErr *err)
{
	int64_t n = -1;

	if (nd_count(a) == 0)
		n = 0;
	return nd_reshape(out, a, &n, 1, err);
}

bool
nd_transpose(Nd *out, const Nd *a, const int64_t *perm, int n, NdErr *err)
{
	int64_t dim[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
	bool seen[TENSOR_MAX_RANK] = {false};
	int axis;

	if (perm && n != a->rank)
		return nd_fail(err, "axes don't match array: %d axes for %d dimensions", n,
		               a->rank);
	for (int i = 0; i < a->rank; i++) {
		if (!nd_axis_fix(perm ? perm[i] : a->rank - 1 - i, a->rank, &axis, err))
			return false;
		if (seen[axis])
			return nd_fail(err, "repeated axis %d in transpose", axis);
		seen[axis] = true;
		dim[i] = a->dim[axis];
		stride[i] = a->stride[axis];
	}
	return nd_view(out, a, dim, stride, a->rank, err);
}

bool
nd_squeeze(Nd *out, const Nd *a, const int64_t *axis, int n, NdErr *err)
{
	int64_t dim[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
	bool drop[TENSOR_MAX_RANK] = {false};
	int x, rank = 0;

	for (int i = 0; i < n; i++) {
		if (!nd_axis_fix(axis[i], a->rank, &x, err))
			return false;
		if (a->dim[x] != 1)
			return nd_fail(
			    err,
			    "cannot select an axis to squeeze out which has size not equal to "
			    "one: axis %d has size %lld",
			    x, (long long)a->dim[x]);
		drop[x] = true;
	}
	for (int i = 0; i < a->rank; i++) {
		if (n < 0 ? a->dim[i] == 1 : drop[i])
			continue;
		dim[rank] = a->dim[i];
		stride[rank++] = a->stride[i];
	}
	return nd_view(out, a, dim, stride, rank, err);
}

bool
nd_expand(Nd *out, const Nd *a, const int64_t *axis, int n, NdErr *err)
{
	bool fresh[TENSOR_MAX_RANK] = {false};
	int64_t dim[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
	int rank = a->rank + n, from = 0, x;

	if (rank > TENSOR_MAX_RANK)
		return nd_fail(err,
		               "an array of %d dimensions was asked for, at most %d are possible",
		               rank, TENSOR_MAX_RANK);
	for (int i = 0; i < n; i++) {
		if (!nd_axis_fix(axis[i], rank, &x, err))
			return false;
		if (fresh[x])
			return nd_fail(err, "repeated axis %d", x);
		fresh[x] = true;
	}
	for (int i = 0; i < rank; i++) {
		dim[i] = fresh[i] ? 1 : a->dim[from];
		stride[i] = fresh[i] ? 0 : a->stride[from];
		from += !fresh[i];
	}
	return nd_view(out, a, dim, stride, rank, err);
}

/* The same view of `count` places of the axis, no new reference. */
static Nd
nd_part(const Nd *a, int axis, int64_t start, int64_t count)
{
	Nd v = *a;

	if (count)
		v.data += start * a->stride[axis];
	v.dim[axis] = count;
	return v;
}

static bool
concat_check(const Nd *a, size_t n, int axis, NdErr *err)
{
	for (size_t k = 1; k < n; k++) {
		if (a[k].rank != a[0].rank)
			return nd_fail(
			    err,
			    "all the input array dimensions must match, but the array at index "
			    "0 has %d dimension(s) and the array at index %zu has %d",
			    a[0].rank, k, a[k].rank);
		for (int i = 0; i < a[0].rank; i++)
			if (i != axis && a[k].dim[i] != a[0].dim[i])
				return nd_fail(
				    err,
				    "all the input array dimensions except for the concatenation "
				    "axis must match exactly, but along dimension %d, the array at "
				    "index 0 has size %lld and the array at index %zu has size "
				    "%lld",
				    i, (long long)a[0].dim[i], k, (long long)a[k].dim[i]);
	}
	return true;
}

bool
nd_concat(Nd *out, const Nd *a, size_t n, int64_t want, DType t, NdErr *err)
{
	int64_t dim[TENSOR_MAX_RANK], at = 0;
	int axis;
	Nd part;

	if (!n)
		return nd_fail(err, "need at least one array to concatenate");
	if (!a[0].rank)
		return nd_fail(err, "zero-dimensional arrays cannot be concatenated");
	if (!nd_axis_fix(want, a[0].rank, &axis, err) || !concat_check(a, n, axis, err))
		return false;
	memcpy(dim, a[0].dim, sizeof dim);
	for (size_t k = 1; k < n; k++)
		if (__builtin_add_overflow(dim[axis], a[k].dim[axis], &dim[axis]))
			return nd_fail(err, "the arrays are too long to concatenate");
	if (!nd_new(out, t, dim, a[0].rank, err))
		return false;
	for (size_t k = 0; k < n; k++) {
		part = nd_part(out, axis, at, a[k].dim[axis]);
		if (!nd_keep(out, nd_assign(&part, &a[k], err)))
			return false;
		at += a[k].dim[axis];
	}
	return true;
}

bool
nd_view_dtype(Nd *out, const Nd *a, DType t, NdErr *err)
{
	int64_t from = (int64_t)dtype_size(a->dtype), to = (int64_t)dtype_size(t), bytes;
	int last = a->rank - 1;

	*out = *a;
	out->dtype = t;
	if (t == DT_STRING || a->dtype == DT_STRING)
		return nd_fail(err, "cannot view %s as %s", dtype_info[a->dtype].np,
		               dtype_info[t].np);
	if (from != to) {
		if (a->rank == 0)
			return nd_fail(
			    err,
			    "changing the dtype of a 0d array is only supported if the itemsize "
			    "is unchanged");
		if (a->dim[last] != 1 && a->stride[last] != from)
			return nd_fail(
			    err, "to change to a dtype of a different size, the last axis must be "
			         "contiguous");
		bytes = a->dim[last] * from;
		if (bytes % to)
			return nd_fail(
			    err,
			    "when changing to a larger dtype, its size must be a divisor of the "
			    "total size in bytes of the last axis of the array, here %lld bytes",
			    (long long)bytes);
		out->dim[last] = bytes / to;
		out->stride[last] = to;
	}
	nd_retain(out);
	return true;
}
