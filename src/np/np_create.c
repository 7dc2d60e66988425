/* np_create.c: functions that make arrays: np.array, zeros, arange, linspace, eye and the like.
 */
#include "np_impl.h"

#include <math.h>

static bool
make_array(const Args *c, bool copy, NdErr *err)
{
	Value v = c->v[0];
	DType t;
	const Nd *a;
	Nd r;

	if (!np_dtype_arg(c, c->v[1], DT_NONE, &t) || !(a = np_as(c, &v, t)))
		return false;
	if (copy && is_np(c->v[0]) && nd_shares(a, ARRAY_OF(c->v[0])))
		return nd_convert(&r, a, a->dtype, err) && np_made(c, &r);
	if (v.kind == V_ARRAY) { /* np.asarray(a) is a */
		*c->out = v;
		return true;
	}
	r = nd_alias(a);
	return np_made(c, &r);
}

/* object, dtype, copy, ndmin, order, subok */
NP_FN(fn_array)
{
	bool copy;
	int64_t ndmin = 0;
	Nd a;

	if (!np_without(c, 4, "order") || !np_flag(c, c->v[2], true, &copy) ||
	    !make_array(c, copy, err))
		return false;
	if (np_absent(c->v[3]))
		return true;
	if (!as_int(c->in, c->v[3], &ndmin, "ndmin", c->span))
		return false;
	if (ndmin > TENSOR_MAX_RANK)
		return fail(c->in, c->span, "ndmin of %lld, at most %d dimensions are possible",
		            (long long)ndmin, TENSOR_MAX_RANK);
	a = nd_alias(ARRAY_OF(*c->out));
	while (a.rank < ndmin)
		nd_insert_axis(&a, 0);
	return np_made(c, &a);
}

NP_FN(fn_asarray)
{
	return np_without(c, 2, "order") && make_array(c, false, err);
}

NP_FN(fn_ascontiguousarray)
{
	Nd a, b;

	if (!make_array(c, false, err))
		return false;
	a = *ARRAY_OF(*c->out);
	if (nd_contiguous(&a))
		b = nd_alias(&a);
	else if (!nd_copy(&b, &a, err))
		return false;
	if (b.rank == 0) { /* at least one axis */
		nd_insert_axis(&b, 0);
		b.stride[0] = (int64_t)dtype_size(b.dtype);
	}
	return np_made(c, &b);
}

/* Filled with the value (V_UNSET: zeros). */
static bool
filled(const Args *c, DType t, const int64_t *dim, int rank, Value value, NdErr *err)
{
	bool own = is_np(value) || value.kind == V_FLOAT; /* cut and wrapped as by a cast */
	const Nd *one;
	Nd a;

	if (!nd_new(&a, t, dim, rank, err))
		return false;
	if (value.kind != V_UNSET) {
		one = np_as(c, &value, own ? DT_NONE : t);
		if (!nd_keep(&a, one && nd_assign(&a, one, err)))
			return false;
	}
	return np_made(c, &a);
}

enum { FILL_ZERO, FILL_ONE, FILL_VALUE }; /* of which the last is argument 1 */

static Value
fill_value(const Args *c)
{
	return args_with(c) == FILL_VALUE ? c->v[1] : args_with(c) == FILL_ONE ? vint(1) : VUNSET;
}

/* shape, the value if it is given, dtype */
NP_FN(fn_full)
{
	bool given = args_with(c) == FILL_VALUE;
	int64_t dim[TENSOR_MAX_RANK];
	int rank;
	DType t;
	const Nd *v;

	if (!np_ints(c, c->v[0], dim, &rank, "the shape") ||
	    !np_dtype_arg(c, c->v[1 + given], given ? DT_NONE : DT_FP64, &t))
		return false;
	if (!t) {
		if (!(v = np_arg(c, 1)))
			return false;
		t = v->dtype;
	}
	return filled(c, t, dim, rank, fill_value(c), err);
}

/* a, the value if it is given, dtype, shape */
NP_FN(fn_like)
{
	const Value *v = c->v + 1 + (args_with(c) == FILL_VALUE);
	const Nd *a = np_arg(c, 0);
	DType t;
	int64_t dim[TENSOR_MAX_RANK];
	int rank;

	if (!a)
		return false;
	rank = a->rank;
	memcpy(dim, a->dim, sizeof dim);
	return np_dtype_arg(c, v[0], a->dtype, &t) &&
	       (np_absent(v[1]) || np_ints(c, v[1], dim, &rank, "the shape")) &&
	       filled(c, t, dim, rank, fill_value(c), err);
}

/* ---- ranges ---- */
static DType
range_type(const Args *c)
{
	DType t = DT_INT64;

	for (int i = 0; i < 3; i++) {
		Value v = c->v[i];

		if (v.kind == V_FLOAT)
			t = nd_promote(t, DT_FP64);
		else if (is_np(v))
			t = nd_promote(t, ARRAY_OF(v)->dtype);
	}
	return t;
}

static bool
range_new(const Args *c, DType t, int64_t n, Nd *a, NdErr *err)
{
	if (t == DT_BOOL && n > 2)
		return fail(c->in, c->span,
		            "arange() is only supported for booleans when the result has at "
		            "most length 2, here %lld",
		            (long long)n);
	return nd_work(err, (double)n, ND_HEAVY) && nd_new(a, t, &n, 1, err);
}

static bool
range_ints(const Args *c, DType t, NdErr *err)
{
	int64_t start = 0, stop, step = 1, n = 0;
	Big span;
	Nd a;

	if (!np_int(c, c->v[0], &start, "start") ||
	    !as_int(c->in, c->v[1], &stop, "stop", c->span) || !np_int(c, c->v[2], &step, "step"))
		return false;
	if (!step)
		return fail(c->in, c->span, "np.arange: the step is zero");
	span = (Big)stop - start;
	if ((span > 0) == (step > 0) && span != 0) {
		Big count = (span + (step > 0 ? (Big)step - 1 : (Big)step + 1)) / step;

		if (count > INT64_MAX / 8)
			return fail(c->in, c->span, "np.arange: maximum allowed size exceeded");
		n = (int64_t)count;
	}
	if (!range_new(c, t, n, &a, err))
		return false;
	for (int64_t i = 0; i < n; i++)
		nd_store_i(t, a.data + i * a.stride[0], start + i * step);
	return np_made(c, &a);
}

/* As NumPy fills it: the first two elements, then the first plus i times their difference, in the
 * type's own arithmetic. */
static void
range_fill(Nd *a, double start, double second)
{
	DType t = a->dtype;
	int64_t n = a->dim[0];
	double first, delta;

	if (n > 0)
		nd_store_f(t, a->data, start);
	if (n > 1)
		nd_store_f(t, a->data + a->stride[0], second);
	if (n < 3)
		return;
	first = nd_load_f(t, a->data);
	delta = nd_load_f(t, a->data + a->stride[0]) - first;
	for (int64_t i = 2; i < n; i++) {
		char *at = a->data + i * a->stride[0];

		if (t == DT_FP64) {
			nd_store_f(t, at, first + (double)i * delta);
		} else if (dtype_is_float(t)) {
			float d = (float)delta, p = (float)i * d;

			nd_store_f(t, at, (double)((float)first + p));
		} else {
			nd_store_i(t, at, (int64_t)first + i * (int64_t)delta);
		}
	}
}

static bool
range_floats(const Args *c, DType t, NdErr *err)
{
	double start = 0, stop, step = 1, len;
	int64_t n;
	Nd a;

	if (!np_double(c, c->v[0], &start, "start") ||
	    !as_double(c->in, c->v[1], &stop, "stop", c->span) ||
	    !np_double(c, c->v[2], &step, "step"))
		return false;
	len = ceil((stop - start) / step);
	if (step == 0 || isnan(len))
		return fail(c->in, c->span, "np.arange: cannot compute length");
	if (len > 0x1p60)
		return fail(c->in, c->span, "np.arange: maximum allowed size exceeded");
	n = len > 0 ? (int64_t)len : 0;
	if (!range_new(c, t, n, &a, err))
		return false;
	range_fill(&a, start, start + step);
	return np_made(c, &a);
}

/* start, stop, step, dtype; a single number is the stop */
NP_FN(fn_arange)
{
	DType t, own = DT_INT64;

	if (c->v[1].kind == V_UNSET && c->v[0].kind == V_UNSET)
		return fail(c->in, c->span, "np.arange() requires stop to be specified");
	if (c->v[1].kind == V_UNSET || (c->v[1].kind == V_NONE && !np_absent(c->v[0]))) {
		c->v[1] = c->v[0];
		c->v[0] = VUNSET;
	}
	own = range_type(c);
	if (!np_dtype_arg(c, c->v[3], own, &t))
		return false;
	if (!nd_is_numeric(t))
		return fail(c->in, c->span, "np.arange: no range of %s", dtype_info[t].np);
	return own == DT_INT64 && !dtype_is_float(t) ? range_ints(c, t, err)
	                                             : range_floats(c, t, err);
}

NP_FN(fn_dtype)
{
	DType t;

	if (!as_dtype(c->in, c->v[0], &t, c->span))
		return false;
	*c->out = vdtype(t);
	return true;
}

const Native np_create_rows[] = {
    {"array", "object,dtype=,*,copy=,ndmin=,order=,subok=", fn_array, AS_FUNCTION},
    {"asarray", "a,dtype=,order=,*,copy=", fn_asarray, AS_FUNCTION},
    {"ascontiguousarray", "a,dtype=", fn_ascontiguousarray, AS_FUNCTION},
    {"zeros", "shape,dtype=,order=", fn_full, AS_FUNCTION | WITH(FILL_ZERO)},
    {"empty", "shape,dtype=,order=", fn_full, AS_FUNCTION | WITH(FILL_ZERO)},
    {"ones", "shape,dtype=,order=", fn_full, AS_FUNCTION | WITH(FILL_ONE)},
    {"full", "shape,fill_value,dtype=,order=", fn_full, AS_FUNCTION | WITH(FILL_VALUE)},
    {"zeros_like", "a,dtype=,shape=", fn_like, AS_FUNCTION | WITH(FILL_ZERO)},
    {"empty_like", "a,dtype=,shape=", fn_like, AS_FUNCTION | WITH(FILL_ZERO)},
    {"ones_like", "a,dtype=,shape=", fn_like, AS_FUNCTION | WITH(FILL_ONE)},
    {"full_like", "a,fill_value,dtype=,shape=", fn_like, AS_FUNCTION | WITH(FILL_VALUE)},
    {"arange", "start=,stop=,step=,dtype=", fn_arange, AS_FUNCTION},
    {"dtype", "dtype", fn_dtype, AS_FUNCTION},
    NATIVE_END,
};
