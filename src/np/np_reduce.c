/* np_reduce.c: sums, extremes, means and the like as functions of the module and methods of arrays.
 */
#include "np_impl.h"

/* The axis 0 or -1 of what has no dimension, which some functions take. */
static bool
lone_axis(Interp *in, const Nd *a, Value axis)
{
	Big x;

	return !a->rank && !np_absent(axis) && is_index(in, axis, &x) && (x == 0 || x == -1);
}

/* Argument 0, for an axis of it; what has no dimension becomes one element of one. */
static const Nd *
line_arg(const Args *c, Value v, int *axis, NdErr *err)
{
	const Nd *a = np_arg(c, 0);
	Nd line;

	if (a && !a->rank) {
		if (!nd_ravel(&line, a, err))
			return 0;
		a = np_hold(c, &line, &c->v[0]);
	}
	return a && np_axis_no_bool(c, v) && np_axis(c, v, a->rank, axis) ? a : 0;
}

/* a, axis, dtype (of sums only), out, keepdims, initial (not of any and all), where */
NP_FN(fn_reduce)
{
	NdRed op = (NdRed)args_with(c);
	bool typed = op == NR_SUM || op == NR_PROD, keep;
	const Value *v = c->v + typed; /* from the axis on */
	NdAxes ax;
	const Nd *a;
	Nd r;
	DType t;

	if (!np_without(c, 2 + typed, "out"))
		return false;
	if (!np_without(c, 4 + typed, "where") ||
	    (op < NR_ANY && !np_without(c, 5 + typed, "where")))
		return false;
	if (!np_dtype_arg(c, typed ? c->v[2] : VUNSET, DT_NONE, &t) ||
	    !np_flag(c, v[3], false, &keep) || !(a = np_arg(c, 0)))
		return false;
	return np_axis_no_bool(c, c->v[1]) &&
	       np_axes(c, lone_axis(c->in, a, c->v[1]) ? VNONE : c->v[1], a->rank, &ax) &&
	       nd_reduce(op, a, &ax, keep, t, &r, err) && np_done(c, &r);
}

enum { STAT_MEAN, STAT_VAR, STAT_STD };

/* a, axis, dtype, out, ddof (not of mean), keepdims, where */
NP_FN(fn_statistics)
{
	bool mean = args_with(c) == STAT_MEAN, keep;
	NdAxes ax;
	const Nd *a;
	Nd r;
	DType t;
	double ddof = 0;

	if (!np_without(c, 3, "out") || !np_without(c, mean ? 5 : 6, "where") ||
	    !np_dtype_arg(c, c->v[2], DT_NONE, &t) ||
	    !np_flag(c, c->v[mean ? 4 : 5], false, &keep) ||
	    !np_double(c, mean ? VUNSET : c->v[4], &ddof, "ddof") || !(a = np_arg(c, 0)))
		return false;
	return np_axis_no_bool(c, c->v[1]) && np_axes(c, c->v[1], a->rank, &ax) &&
	       (mean ? nd_mean(a, &ax, keep, t, &r, err)
	             : nd_var(a, &ax, keep, t, ddof, args_with(c) == STAT_STD, &r, err)) &&
	       np_done(c, &r);
}

/* a, axis, out, keepdims; with 1: the largest */
NP_FN(fn_arg)
{
	const Nd *a;
	Nd r;
	int axis = -1;
	bool keep;

	if (!np_without(c, 2, "out") || !np_flag(c, c->v[3], false, &keep) || !(a = np_arg(c, 0)))
		return false;
	keep = keep && a->rank;
	if (!np_absent(c->v[1]) && !(a = line_arg(c, c->v[1], &axis, err)))
		return false;
	return nd_argreduce(args_with(c), a, axis, keep, &r, err) && np_done(c, &r);
}

/* a, axis, dtype, out; with 1: products */
NP_FN(fn_cumulate)
{
	const Nd *a;
	Nd r;
	int axis = -1;
	DType t;

	if (!np_without(c, 3, "out") || !np_dtype_arg(c, c->v[2], DT_NONE, &t))
		return false;
	a = np_absent(c->v[1]) ? np_arg(c, 0) : line_arg(c, c->v[1], &axis, err);
	return a && nd_cumulate(args_with(c), a, axis, t, &r, err) && np_made(c, &r);
}

/* kind and stable choose an algorithm; every one here is stable, and gives the same. */
static bool
sort_kind(const Args *c)
{
	const Str *s;

	if (!np_without(c, 3, "order"))
		return false;
	if (np_absent(c->v[2]))
		return true;
	return as_str(c->in, c->v[2], &s, "kind", c->span) &&
	       ((s->s[0] && strchr("qhmsQHMS", s->s[0])) ||
	        fail(c->in, c->span,
	             "sort kind must be one of 'quick', 'heap', or 'stable', not '%s'", s->s));
}

/* a, axis, kind, order, stable; with 1: argsort */
NP_FN(fn_sort)
{
	bool places = args_with(c);
	int axis = 0;
	const Nd *a;
	Nd r;
	Value v = c->v[1].kind == V_UNSET ? vint(-1) : c->v[1];

	if (!sort_kind(c) || !(a = np_arg(c, 0)))
		return false;
	if (v.kind == V_NONE) {
		if (!nd_ravel(&r, a, err))
			return false;
		a = np_hold(c, &r, &c->v[0]);
	} else if (places) {
		a = line_arg(c, v, &axis, err);
	} else if (!np_axis(c, v, a->rank, &axis)) {
		return false;
	}
	return a && (places ? nd_argsort : nd_sort)(&r, a, axis, err) && np_made(c, &r);
}

NP_FN(method_sort)
{
	Nd *a = ARRAY_OF(c->v[0]), r;
	int axis;
	bool ok;

	*c->out = VNONE;
	if (!sort_kind(c) ||
	    !np_axis(c, c->v[1].kind == V_UNSET ? vint(-1) : c->v[1], a->rank, &axis) ||
	    !nd_writable(a, err) || !nd_sort(&r, a, axis, err))
		return false;
	ok = nd_assign(a, &r, err);
	nd_release(&r);
	return ok;
}

const Native np_reduce_rows[] = {
    {"sum", "a,axis=,dtype=,out=,keepdims=,initial=,where=", fn_reduce, AS_BOTH | WITH(NR_SUM)},
    {"prod", "a,axis=,dtype=,out=,keepdims=,initial=,where=", fn_reduce, AS_BOTH | WITH(NR_PROD)},
    {"max", "a,axis=,out=,keepdims=,initial=,where=", fn_reduce, AS_BOTH | WITH(NR_MAX)},
    {"min", "a,axis=,out=,keepdims=,initial=,where=", fn_reduce, AS_BOTH | WITH(NR_MIN)},
    {"amax", "a,axis=,out=,keepdims=,initial=,where=", fn_reduce, AS_FUNCTION | WITH(NR_MAX)},
    {"amin", "a,axis=,out=,keepdims=,initial=,where=", fn_reduce, AS_FUNCTION | WITH(NR_MIN)},
    {"any", "a,axis=,out=,keepdims=,where=", fn_reduce, AS_BOTH | WITH(NR_ANY)},
    {"all", "a,axis=,out=,keepdims=,where=", fn_reduce, AS_BOTH | WITH(NR_ALL)},
    {"mean", "a,axis=,dtype=,out=,keepdims=,where=", fn_statistics, AS_BOTH | WITH(STAT_MEAN)},
    {"var", "a,axis=,dtype=,out=,ddof=,keepdims=,where=", fn_statistics, AS_BOTH | WITH(STAT_VAR)},
    {"std", "a,axis=,dtype=,out=,ddof=,keepdims=,where=", fn_statistics, AS_BOTH | WITH(STAT_STD)},
    {"argmax", "a,axis=,out=,*,keepdims=", fn_arg, AS_BOTH | WITH(1)},
    {"argmin", "a,axis=,out=,*,keepdims=", fn_arg, AS_BOTH},
    {"sort", "a,axis=,kind=,order=,*,stable=", fn_sort, AS_FUNCTION},
    {"sort", "a,axis=,kind=,order=,*,stable=", method_sort, AS_METHOD},
    {"argsort", "a,axis=,kind=,order=,*,stable=", fn_sort, AS_BOTH | WITH(1)},
    {"cumsum", "a,axis=,dtype=,out=", fn_cumulate, AS_BOTH},
    {"cumprod", "a,axis=,dtype=,out=", fn_cumulate, AS_BOTH | WITH(1)},
    NATIVE_END,
};
