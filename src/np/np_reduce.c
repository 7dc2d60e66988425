/* np_reduce.c: sums, extremes, means and the like as functions of the module and methods of arrays.
 */
#include "np_impl.h"

static bool
first(const Args *c, Nd *a)
{
	return np_array_of(c->in, c->v[0], DT_NONE, a, c->span);
}

/* The axis 0 or -1 of what has no dimension, which some functions take. */
static bool
lone_axis(Interp *in, const Nd *a, Value axis)
{
	Big x;

	return !a->rank && !np_absent(axis) && is_index(in, axis, &x) && (x == 0 || x == -1);
}

/* An axis of a; what has no dimension becomes one element of one. */
static bool
line_axis(const Args *c, Value v, Nd *a, int *axis)
{
	NdErr err = NP_ERR(c->in);
	Nd line;

	if (!a->rank) {
		if (!nd_ravel(&line, a, &err))
			return np_err(c->in, c->span, &err);
		nd_release(a);
		*a = line;
	}
	return np_axis_no_bool(c->in, v, c->span) && np_axis(c->in, v, a->rank, axis, c->span);
}

static bool
reduce(const Args *c, NdRed op, Value axis, Value dtype, Value keepdims, Value initial)
{
	NdAxes ax;
	Nd a, r;
	DType t;
	bool keep, ok;
	NdErr err = NP_ERR(c->in);

	if (!np_absent(initial))
		return fail(c->in, c->span, "np.%s here has no 'initial' argument", c->fn->name);
	if (!np_dtype_arg(c->in, dtype, DT_NONE, &t, c->span) ||
	    !np_flag(c->in, keepdims, false, &keep, c->span) || !first(c, &a))
		return false;
	ok = np_axis_no_bool(c->in, axis, c->span) &&
	     np_axes(c->in, lone_axis(c->in, &a, axis) ? VNONE : axis, a.rank, &ax, c->span);
	if (ok)
		ok = nd_reduce(op, &a, &ax, keep, t, &r, &err) || np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

/* a, axis, dtype, out, keepdims, initial */
NP_FN(fn_sum)
{
	return np_unsupported(c, 3, "out") &&
	       reduce(c, strcmp(c->fn->name, "sum") == 0 ? NR_SUM : NR_PROD, c->v[1], c->v[2],
	              c->v[4], c->v[5]);
}

/* a, axis, out, keepdims, initial */
NP_FN(fn_extreme)
{
	NdRed op = c->fn->name[strlen(c->fn->name) - 1] == 'x' ? NR_MAX : NR_MIN;

	return np_unsupported(c, 2, "out") && reduce(c, op, c->v[1], VUNSET, c->v[3], c->v[4]);
}

NP_FN(fn_any)
{
	return np_unsupported(c, 2, "out") &&
	       reduce(c, strcmp(c->fn->name, "any") == 0 ? NR_ANY : NR_ALL, c->v[1], VUNSET,
	              c->v[3], VUNSET);
}

/* a, axis, dtype, out, ddof, keepdims (mean has no ddof) */
static bool
statistics(const Args *c, bool mean, bool root, Value ddof_arg, Value keepdims)
{
	NdAxes ax;
	Nd a, r;
	DType t;
	bool keep, ok;
	double ddof = 0;
	NdErr err = NP_ERR(c->in);

	if (!np_unsupported(c, 3, "out") || !np_dtype_arg(c->in, c->v[2], DT_NONE, &t, c->span) ||
	    !np_flag(c->in, keepdims, false, &keep, c->span) ||
	    (!np_absent(ddof_arg) && !as_double(c->in, ddof_arg, &ddof, "ddof", c->span)) ||
	    !first(c, &a))
		return false;
	ok = np_axis_no_bool(c->in, c->v[1], c->span) &&
	     np_axes(c->in, c->v[1], a.rank, &ax, c->span);
	if (ok)
		ok = (mean ? nd_mean(&a, &ax, keep, t, &r, &err)
		           : nd_var(&a, &ax, keep, t, ddof, root, &r, &err)) ||
		     np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

NP_FN(fn_mean)
{
	return statistics(c, true, false, VUNSET, c->v[4]);
}

NP_FN(fn_var)
{
	return statistics(c, false, false, c->v[4], c->v[5]);
}

NP_FN(fn_std)
{
	return statistics(c, false, true, c->v[4], c->v[5]);
}

/* a, axis, out, keepdims */
NP_FN(fn_arg)
{
	Nd a, r;
	int axis = -1;
	bool keep, ok;
	NdErr err = NP_ERR(c->in);

	if (!np_unsupported(c, 2, "out") || !np_flag(c->in, c->v[3], false, &keep, c->span) ||
	    !first(c, &a))
		return false;
	keep = keep && a.rank;
	ok = np_absent(c->v[1]) || line_axis(c, c->v[1], &a, &axis);
	if (ok)
		ok = nd_argreduce(strcmp(c->fn->name, "argmax") == 0, &a, axis, keep, &r, &err) ||
		     np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

/* a, axis, dtype */
NP_FN(fn_cumulate)
{
	Nd a, r;
	int axis = -1;
	DType t;
	bool ok;
	NdErr err = NP_ERR(c->in);

	if (!np_dtype_arg(c->in, c->v[2], DT_NONE, &t, c->span) || !first(c, &a))
		return false;
	ok = np_absent(c->v[1]) || line_axis(c, c->v[1], &a, &axis);
	if (ok)
		ok = nd_cumulate(strcmp(c->fn->name, "cumprod") == 0, &a, axis, t, &r, &err) ||
		     np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give(c->in, &r, c->out, c->span);
}

/* kind and stable choose an algorithm; every one here is stable, and gives the same. */
static bool
sort_kind(const Args *c)
{
	const Str *s;

	if (!np_unsupported(c, 3, "order"))
		return false;
	if (np_absent(c->v[2]))
		return true;
	return as_str(c->in, c->v[2], &s, "kind", c->span) &&
	       ((s->s[0] && strchr("qhmsQHMS", s->s[0])) ||
	        fail(c->in, c->span,
	             "sort kind must be one of 'quick', 'heap', or 'stable', not '%s'", s->s));
}

/* a, axis, kind, order, stable */
NP_FN(fn_sort)
{
	bool places = strcmp(c->fn->name, "argsort") == 0, ok;
	int axis = 0;
	NdErr err = NP_ERR(c->in);
	Nd a, r;
	Value v = c->v[1].kind == V_UNSET ? vint(-1) : c->v[1];

	if (!sort_kind(c) || !first(c, &a))
		return false;
	if (v.kind == V_NONE) {
		ok = nd_ravel(&r, &a, &err) || np_err(c->in, c->span, &err);
		if (ok) {
			nd_release(&a);
			a = r;
		}
	} else {
		ok = places ? line_axis(c, v, &a, &axis)
		            : np_axis(c->in, v, a.rank, &axis, c->span);
	}
	if (ok)
		ok = (places ? nd_argsort : nd_sort)(&r, &a, axis, &err) ||
		     np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give(c->in, &r, c->out, c->span);
}

NP_FN(method_sort)
{
	Nd *a = ARRAY_OF(c->v[0]), r;
	int axis;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!sort_kind(c) ||
	    !np_axis(c->in, c->v[1].kind == V_UNSET ? vint(-1) : c->v[1], a->rank, &axis, c->span))
		return false;
	if (!nd_writable(a, &err) || !nd_sort(&r, a, axis, &err))
		return np_err(c->in, c->span, &err);
	ok = nd_assign(a, &r, &err) || np_err(c->in, c->span, &err);
	nd_release(&r);
	*c->out = VNONE;
	return ok;
}

const Native np_reduce_rows[] = {
    {"sum", "a,axis=,dtype=,out=,keepdims=,initial=", fn_sum, AS_BOTH},
    {"prod", "a,axis=,dtype=,out=,keepdims=,initial=", fn_sum, AS_BOTH},
    {"max", "a,axis=,out=,keepdims=,initial=", fn_extreme, AS_BOTH},
    {"min", "a,axis=,out=,keepdims=,initial=", fn_extreme, AS_BOTH},
    {"amax", "a,axis=,out=,keepdims=,initial=", fn_extreme, AS_FUNCTION},
    {"amin", "a,axis=,out=,keepdims=,initial=", fn_extreme, AS_FUNCTION},
    {"any", "a,axis=,out=,keepdims=", fn_any, AS_BOTH},
    {"all", "a,axis=,out=,keepdims=", fn_any, AS_BOTH},
    {"mean", "a,axis=,dtype=,out=,keepdims=", fn_mean, AS_BOTH},
    {"var", "a,axis=,dtype=,out=,ddof=,keepdims=", fn_var, AS_BOTH},
    {"std", "a,axis=,dtype=,out=,ddof=,keepdims=", fn_std, AS_BOTH},
    {"argmax", "a,axis=,out=,*,keepdims=", fn_arg, AS_BOTH},
    {"argmin", "a,axis=,out=,*,keepdims=", fn_arg, AS_BOTH},
    {"sort", "a,axis=,kind=,order=,*,stable=", fn_sort, AS_FUNCTION},
    {"sort", "a,axis=,kind=,order=,*,stable=", method_sort, AS_METHOD},
    {"argsort", "a,axis=,kind=,order=,*,stable=", fn_sort, AS_BOTH},
    {"cumsum", "a,axis=,dtype=", fn_cumulate, AS_BOTH},
    {"cumprod", "a,axis=,dtype=", fn_cumulate, AS_BOTH},
    NATIVE_END,
};
