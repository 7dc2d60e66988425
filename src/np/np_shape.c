/* np_shape.c: functions and methods that rearrange arrays.
 */
#include "np_impl.h"

enum { TO_RESHAPE, TO_EXPAND, TO_BROADCAST };

/* a, ints, order (of reshape) */
NP_FN(fn_by_ints)
{
	static const struct {
		const char *what;
		bool (*make)(Nd *out, const Nd *a, const int64_t *v, int n, NdErr *err);
		bool (*give)(const Args *c, Nd *r);
	} rows[] = {
	    [TO_RESHAPE] = {"the shape", nd_reshape, np_like},
	    [TO_EXPAND] = {"axis", nd_expand, np_like},
	    [TO_BROADCAST] = {"the shape", nd_broadcast_to, np_made},
	};
	int64_t v[TENSOR_MAX_RANK], which = args_with(c);
	int n;
	const Nd *a;
	Nd r;

	return (which != TO_RESHAPE || np_without(c, 2, "order")) &&
	       np_ints(c, c->v[1], v, &n, rows[which].what) && (a = np_arg(c, 0)) &&
	       rows[which].make(&r, a, v, n, err) && rows[which].give(c, &r);
}

/* The positional arguments of a method as ints: (2, 3) or ((2, 3)). */
static bool
int_args(const Args *c, const char *what, int64_t *out, int *n)
{
	Value all;

	if (c->nkw)
		return fail(c->in, c->kw[0].span, "%s() here has no '%s' argument", c->fn->name,
		            c->kw[0].name->s);
	all = c->npos == 1 ? c->pos[0] : vtuple(c->in, c->pos, c->npos);
	return np_ints(c, all, out, n, what);
}

NP_FN(method_reshape)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank;
	Nd r;
	bool named = c->nkw == 1 && str_is(c->kw[0].name, "shape") && !c->npos;

	if (c->nkw == 1 && str_is(c->kw[0].name, "order")) {
		Value v[3] = {c->v[0], c->npos == 1 ? c->pos[0] : vtuple(c->in, c->pos, c->npos),
		              c->kw[0].val};
		Args again = *c;

		again.fn = &np_shape_rows[0];
		again.v = v;
		return fn_by_ints_with(&again, err);
	}
	if (named ? !np_ints(c, c->kw[0].val, dim, &rank, "the shape")
	          : !int_args(c, "the shape", dim, &rank))
		return false;
	return nd_reshape(&r, ARRAY_OF(c->v[0]), dim, rank, err) && np_like(c, &r);
}

NP_FN(fn_transpose)
{
	int64_t perm[TENSOR_MAX_RANK], *axes = np_absent(c->v[1]) ? 0 : perm;
	int n = 0;
	const Nd *a;
	Nd r;

	return (!axes || np_ints(c, c->v[1], perm, &n, "axes")) && (a = np_arg(c, 0)) &&
	       nd_transpose(&r, a, axes, n, err) && np_like(c, &r);
}

NP_FN(method_transpose)
{
	bool all = !c->npos || (c->npos == 1 && np_absent(c->pos[0]));
	int64_t perm[TENSOR_MAX_RANK];
	int n = 0;
	Nd r;

	return (all || int_args(c, "axes", perm, &n)) &&
	       nd_transpose(&r, ARRAY_OF(c->v[0]), all ? 0 : perm, n, err) && np_like(c, &r);
}

NP_FN(fn_ravel)
{
	const Nd *a;
	Nd r;

	return np_without(c, 1, "order") && (a = np_arg(c, 0)) && nd_ravel(&r, a, err) &&
	       np_like(c, &r);
}

NP_FN(method_flatten)
{
	Nd r, f;

	return np_without(c, 1, "order") && nd_copy(&r, ARRAY_OF(c->v[0]), err) &&
	       nd_replace(&r, nd_ravel(&f, &r, err), &f) && np_like(c, &r);
}

NP_FN(fn_squeeze)
{
	int64_t axis[TENSOR_MAX_RANK];
	int n = -1;
	Big one;
	const Nd *a;
	Nd r;

	if (!np_axis_no_bool(c, c->v[1]) ||
	    (!np_absent(c->v[1]) && !np_ints(c, c->v[1], axis, &n, "axis")) || !(a = np_arg(c, 0)))
		return false;
	if (!a->rank && n == 1 && (axis[0] == 0 || axis[0] == -1) && is_index(c->in, c->v[1], &one))
		n = 0; /* what has no dimension has none of length 1 to lose */
	return nd_squeeze(&r, a, axis, n, err) && np_like(c, &r);
}

/* ---- joining ---- */
static bool
common_type(const Args *c, const Nd *a, size_t n, DType *t)
{
	*t = n ? a[0].dtype : DT_FP64;
	for (size_t i = 1; i < n; i++) {
		DType both = *t == a[i].dtype ? *t : nd_promote(*t, a[i].dtype);

		if (!both)
			return fail(c->in, c->span, "arrays of %s and %s cannot be joined here",
			            dtype_info[*t].np, dtype_info[a[i].dtype].np);
		*t = both;
	}
	return true;
}

typedef bool Join(Nd *out, const Nd *a, size_t n, int64_t axis, DType t, NdErr *err);

static bool
join(const Args *c, Value list, Join *how, int64_t axis, bool flat, int least, NdErr *err)
{
	Nd *a, r;
	size_t n;
	DType t;
	bool ok = true;

	if (!np_array_list(c, list, &a, &n))
		return false;
	for (size_t i = 0; ok && i < n; i++) {
		Nd x;

		ok = !flat || nd_replace(&a[i], nd_ravel(&x, &a[i], err), &x);
		while (ok && a[i].rank < least)
			nd_insert_axis(&a[i], 0);
	}
	ok = ok && common_type(c, a, n, &t) && how(&r, a, n, axis, t, err);
	np_array_list_free(a, n);
	return ok && np_made(c, &r);
}

NP_FN(fn_concatenate)
{
	int64_t axis = 0;
	bool flat = c->v[1].kind == V_NONE;

	return np_without(c, 2, "out") && np_without(c, 3, "dtype") &&
	       np_axis_no_bool(c, c->v[1]) && np_int(c, c->v[1], &axis, "axis") &&
	       join(c, c->v[0], nd_concat, axis, flat, 0, err);
}

const Native np_shape_rows[] = {
    {"reshape", "a,shape,order=", fn_by_ints, AS_FUNCTION | WITH(TO_RESHAPE)},
    {"reshape", 0, method_reshape, AS_METHOD},
    {"transpose", "a,axes=", fn_transpose, AS_FUNCTION},
    {"permute_dims", "a,axes=", fn_transpose, AS_FUNCTION},
    {"transpose", 0, method_transpose, AS_METHOD},
    {"ravel", "a,order=", fn_ravel, AS_BOTH},
    {"flatten", "a,order=", method_flatten, AS_METHOD},
    {"squeeze", "a,axis=", fn_squeeze, AS_BOTH},
    {"expand_dims", "a,axis", fn_by_ints, AS_FUNCTION | WITH(TO_EXPAND)},
    {"broadcast_to", "array,shape", fn_by_ints, AS_FUNCTION | WITH(TO_BROADCAST)},
    {"concatenate", "arrays,axis=,out=,dtype=,casting=", fn_concatenate, AS_FUNCTION},
    {"concat", "arrays,axis=,out=,dtype=,casting=", fn_concatenate, AS_FUNCTION},
    NATIVE_END,
};
