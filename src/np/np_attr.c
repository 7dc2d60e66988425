/* np_attr.c: attributes and methods of arrays and NumPy scalars that are not functions of the
 * module too (those stand in np_shape.c and np_math.c).
 */
#include "np_impl.h"
#include "numpy_names.inc"

/* a, dtype, order, casting, subok, copy */
NP_FN(method_astype)
{
	Nd *a = ARRAY_OF(c->v[0]), r;
	DType t;
	bool copy;

	if (!np_dtype_arg(c, c->v[1], DT_FP64, &t) || !np_flag(c, c->v[5], true, &copy) ||
	    !np_without(c, 3, "casting"))
		return false;
	if (!nd_can_cast(a->dtype, t, CAST_UNSAFE))
		return fail(c->in, c->span, "cannot convert an array of %s to %s",
		            dtype_info[a->dtype].np, dtype_info[t].np);
	if (copy || a->dtype != t)
		return nd_convert(&r, a, t, err) && np_like(c, &r);
	r = nd_alias(a);
	return np_like(c, &r);
}

NP_FN(method_copy)
{
	Nd r;

	return np_without(c, 1, "order") && nd_copy(&r, ARRAY_OF(c->v[0]), err) && np_like(c, &r);
}

NP_FN(fn_copy)
{
	const Nd *a = np_arg(c, 0);
	Nd r;

	return a && nd_convert(&r, a, a->dtype, err) && np_made(c, &r);
}

NP_FN(method_fill)
{
	Nd *a = ARRAY_OF(c->v[0]);
	const Nd *one = np_as(c, &c->v[1], is_np(c->v[1]) ? DT_NONE : a->dtype);

	*c->out = VNONE;
	return one && nd_writable(a, err) && nd_assign(a, one, err);
}

NP_FN(method_tolist)
{
	const Nd *a = ARRAY_OF(c->v[0]);

	return np_tolist(c->in, a, a->data, 0, c->out);
}

/* item(), item(i), item(i, j) */
NP_FN(method_item)
{
	const Nd *a = ARRAY_OF(c->v[0]);
	int64_t at[TENSOR_MAX_RANK];
	int n = 0;
	const char *p = a->data;
	Nd flat = *a;

	if (c->nkw)
		return fail(c->in, c->kw[0].span, "item() takes no keyword arguments");
	if (!c->npos)
		return np_item(c->in, c->v[0], c->out, c->span);
	if (!np_ints(c, c->npos == 1 ? c->pos[0] : vtuple(c->in, c->pos, c->npos), at, &n,
	             "the index"))
		return false;
	if (n == 1 && a->rank != 1) {
		int64_t total = nd_count(a), i = at[0] < 0 ? at[0] + total : at[0];

		if (i < 0 || i >= total)
			return fail(c->in, c->span, "index %lld is out of bounds for size %lld",
			            (long long)at[0], (long long)total);
		for (int k = flat.rank - 1; k >= 0; k--) {
			p += i % flat.dim[k] * flat.stride[k];
			i /= flat.dim[k];
		}
	} else {
		if (n != a->rank)
			return fail(c->in, c->span,
			            "incorrect number of indices for array: %d for %d dimensions",
			            n, a->rank);
		for (int k = 0; k < n; k++) {
			if (!nd_index_fix(&at[k], a->dim[k], k, err))
				return false;
			p += at[k] * a->stride[k];
		}
	}
	*c->out = np_python(c->in, a->dtype, p);
	return true;
}

NP_FN(method_tobytes)
{
	const Nd *a = ARRAY_OF(c->v[0]);
	Nd r;

	if (a->dtype == DT_STRING)
		return fail(c->in, c->span, "tobytes() of strings is not supported");
	if (!nd_copy(&r, a, err))
		return false;
	*c->out = vbytes(c->in, r.data, (size_t)nd_count(&r) * dtype_size(r.dtype));
	nd_release(&r);
	return true;
}

NP_FN(method_view)
{
	Nd *a = ARRAY_OF(c->v[0]), r;
	DType t;

	return np_dtype_arg(c, c->v[1], a->dtype, &t) && nd_view_dtype(&r, a, t, err) &&
	       np_like(c, &r);
}

const Native np_method_rows[] = {
    {"astype", "a,dtype,order=,casting=,subok=,copy=", method_astype, AS_METHOD},
    {"copy", "a,order=", method_copy, AS_METHOD},
    {"copy", "a,order=", fn_copy, AS_FUNCTION},
    {"fill", "a,value", method_fill, AS_METHOD},
    {"tolist", "a", method_tolist, AS_METHOD},
    {"item", 0, method_item, AS_METHOD},
    {"tobytes", "a", method_tobytes, AS_METHOD},
    {"view", "a,dtype=", method_view, AS_METHOD},
    NATIVE_END,
};

/* ---- attributes ---- */
static Value
ints_tuple(Interp *in, const int64_t *n, int count)
{
	Value v[TENSOR_MAX_RANK];

	for (int i = 0; i < count; i++)
		v[i] = vint(n[i]);
	return vtuple(in, v, (size_t)count);
}

Value
np_shape_value(Interp *in, const Nd *a)
{
	return ints_tuple(in, a->dim, a->rank);
}

enum { SHAPE, DTYPE, NDIM, SIZE, ITEMSIZE, NBYTES, TRANSPOSED, STRIDES };
static const char *const attrs[] = {
    [SHAPE] = "shape",       [DTYPE] = "dtype",   [NDIM] = "ndim",    [SIZE] = "size",
    [ITEMSIZE] = "itemsize", [NBYTES] = "nbytes", [TRANSPOSED] = "T", [STRIDES] = "strides",
};

static bool
get(const Args *c, unsigned attr)
{
	const Nd *a = ARRAY_OF(c->v[0]);
	int64_t size = (int64_t)dtype_size(a->dtype);
	Nd r;
	NdErr err = NP_ERR(c->in);

	if (attr == TRANSPOSED)
		return (nd_transpose(&r, a, 0, 0, &err) && np_like(c, &r)) ||
		       np_err(c->in, c->span, &err);
	*c->out = attr == SHAPE     ? np_shape_value(c->in, a)
	          : attr == STRIDES ? ints_tuple(c->in, a->stride, a->rank)
	          : attr == DTYPE   ? vdtype(a->dtype)
	          : attr == NDIM    ? vint(a->rank)
	          : attr == SIZE    ? vint(nd_count(a))
	                            : vint(attr == NBYTES ? nd_count(a) * size : size);
	return true;
}

static const Native *const method_tables[] = {np_method_rows, np_shape_rows, np_math_rows,
                                              np_reduce_rows};

int
np_getattr(Interp *in, Value a, const Str *name, Value *out, Span at)
{
	Args c = {.in = in, .v = &a, .out = out, .span = at};

	for (size_t i = 0; i < countof(attrs); i++)
		if (str_is(name, attrs[i]))
			return get(&c, (unsigned)i) ? 1 : -1;
	for (size_t i = 0; i < countof(method_tables); i++)
		if (native_get(in, method_tables[i], name, AS_METHOD, a, out))
			return 1;
	return np_lib_getattr(in, a, name, out);
}

bool
np_setattr(Interp *in, Value a, const Str *name, Value x, Span at)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank;
	Nd *nd = ARRAY_OF(a), r;
	NdErr err = NP_ERR(in);
	Args c = {.in = in, .span = at};

	int done = a.kind == V_ARRAY && !str_is(name, "shape") ? np_lib_setattr(in, a, name, x) : 0;

	if (done)
		return done > 0;
	if (a.kind != V_ARRAY || !str_is(name, "shape"))
		return fail(in, at, "attribute '%s' of a %s cannot be set", name->s, type_name(a));
	if (!np_ints(&c, x, dim, &rank, "the shape"))
		return false;
	if (!nd_reshape(&r, nd, dim, rank, &err))
		return np_err(in, at, &err);
	if (!nd_shares(&r, nd)) {
		nd_release(&r);
		return fail(
		    in, at,
		    "incompatible shape for in-place modification, use .reshape() to make a "
		    "copy with the desired shape");
	}
	nd_release(nd);
	*nd = r;
	return true;
}

static const char *const array_names[] = {
    "T",       "all",      "any",     "argmax", "argmin",    "astype",  "clip", "copy",
    "cumprod", "cumsum",   "dot",     "dtype",  "fill",      "flatten", "item", "itemsize",
    "max",     "mean",     "min",     "nbytes", "ndim",      "nonzero", "prod", "ravel",
    "repeat",  "reshape",  "round",   "shape",  "size",      "squeeze", "std",  "strides",
    "sum",     "swapaxes", "tobytes", "tolist", "transpose", "var",     "view",
};
static const char *const dtype_names[] = {
    "__name__", "byteorder", "itemsize", "kind", "name", "str", "type",
};

const char *const *
np_attr_names(Value a, size_t *n)
{
	*n = a.kind == V_DTYPE ? countof(dtype_names) : countof(array_names);
	return a.kind == V_DTYPE ? dtype_names : array_names;
}

const char *
np_lacks(Value v, const char *name)
{
	const char *owner = v.kind == V_MODULE     ? ((ModuleObj *)v.o)->name
	                    : v.kind == V_NPSCALAR ? "numpy.generic"
	                    : v.kind == V_ARRAY    ? "numpy.ndarray"
	                    : v.kind == V_DTYPE    ? "dtype"
	                                           : type_name(v);
	size_t n = strlen(name);

	for (unsigned i = 0; i < countof(numpy_names); i++) {
		const char *p = numpy_names[i].names;

		if (strcmp(numpy_names[i].owner, owner) != 0)
			continue;
		while ((p = strstr(p, name)) && (p[-1] != ' ' || (p[n] && p[n] != ' ')))
			p++;
		if (p)
			return numpy_names[i].prefix;
	}
	return 0;
}
