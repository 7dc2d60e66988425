/* np_reduce.c: sums, extremes, means and the like as functions of the module and methods of arrays.
 */
#include "np_impl.h"

static bool
first(NpCall *c, Nd *a)
{
	return np_array_of(c->in, c->v[0], DT_NONE, a, c->at);
}

static bool
reduce(NpCall *c, NdRed op, Value axis, Value dtype, Value keepdims, Value initial)
{
	NdAxes ax;
	Nd a, r;
	DType t;
	bool keep, ok;
	NdErr err = NP_ERR(c->in);

	if (!np_absent(initial))
		return fail(c->in, c->at, "np.%s here has no 'initial' argument", c->name);
	if (!np_dtype_arg(c->in, dtype, DT_NONE, &t, c->at) ||
	    !np_flag(c->in, keepdims, false, &keep, c->at) || !first(c, &a))
		return false;
	ok = np_axes(c->in, axis, a.rank, &ax, c->at);
	if (ok)
		ok = nd_reduce(op, &a, &ax, keep, t, &r, &err) || np_err(c->in, c->at, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->at);
}

/* a, axis, dtype, out, keepdims, initial */
static bool
fn_sum(NpCall *c)
{
	return np_unsupported(c, 3, "out") &&
	       reduce(c, strcmp(c->name, "sum") == 0 ? NR_SUM : NR_PROD, c->v[1], c->v[2], c->v[4],
	              c->v[5]);
}

/* a, axis, out, keepdims, initial */
static bool
fn_extreme(NpCall *c)
{
	NdRed op = c->name[strlen(c->name) - 1] == 'x' ? NR_MAX : NR_MIN;

	return np_unsupported(c, 2, "out") && reduce(c, op, c->v[1], VUNSET, c->v[3], c->v[4]);
}

static bool
fn_any(NpCall *c)
{
	return np_unsupported(c, 2, "out") &&
	       reduce(c, strcmp(c->name, "any") == 0 ? NR_ANY : NR_ALL, c->v[1], VUNSET, c->v[3],
	              VUNSET);
}

/* a, axis, dtype, out, ddof, keepdims (mean has no ddof) */
static bool
statistics(NpCall *c, bool mean, bool root, Value ddof_arg, Value keepdims)
{
	NdAxes ax;
	Nd a, r;
	DType t;
	bool keep, ok;
	double ddof = 0;
	NdErr err = NP_ERR(c->in);

	if (!np_unsupported(c, 3, "out") || !np_dtype_arg(c->in, c->v[2], DT_NONE, &t, c->at) ||
	    !np_flag(c->in, keepdims, false, &keep, c->at) ||
	    (!np_absent(ddof_arg) && !as_double(c->in, ddof_arg, &ddof, "ddof", c->at)) ||
	    !first(c, &a))
		return false;
	ok = np_axes(c->in, c->v[1], a.rank, &ax, c->at);
	if (ok)
		ok = (mean ? nd_mean(&a, &ax, keep, t, &r, &err)
		           : nd_var(&a, &ax, keep, t, ddof, root, &r, &err)) ||
		     np_err(c->in, c->at, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->at);
}

static bool
fn_mean(NpCall *c)
{
	return statistics(c, true, false, VUNSET, c->v[4]);
}

static bool
fn_var(NpCall *c)
{
	return statistics(c, false, false, c->v[4], c->v[5]);
}

static bool
fn_std(NpCall *c)
{
	return statistics(c, false, true, c->v[4], c->v[5]);
}

/* a, axis, out, keepdims */
static bool
fn_arg(NpCall *c)
{
	Nd a, r;
	int axis = -1;
	bool keep, ok;
	NdErr err = NP_ERR(c->in);

	if (!np_unsupported(c, 2, "out") || !np_flag(c->in, c->v[3], false, &keep, c->at) ||
	    !first(c, &a))
		return false;
	ok = np_absent(c->v[1]) || np_axis(c->in, c->v[1], a.rank, &axis, c->at);
	if (ok)
		ok = nd_argreduce(strcmp(c->name, "argmax") == 0, &a, axis, keep, &r, &err) ||
		     np_err(c->in, c->at, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->at);
}

/* a, axis, dtype */
static bool
fn_cumulate(NpCall *c)
{
	Nd a, r;
	int axis = -1;
	DType t;
	bool ok;
	NdErr err = NP_ERR(c->in);

	if (!np_dtype_arg(c->in, c->v[2], DT_NONE, &t, c->at) || !first(c, &a))
		return false;
	ok = np_absent(c->v[1]) || np_axis(c->in, c->v[1], a.rank, &axis, c->at);
	if (ok)
		ok = nd_cumulate(strcmp(c->name, "cumprod") == 0, &a, axis, t, &r, &err) ||
		     np_err(c->in, c->at, &err);
	nd_release(&a);
	return ok && np_give(c->in, &r, c->out, c->at);
}

const NpRow np_reduce_rows[] = {
    {"sum", "a,axis=,dtype=,out=,keepdims=,initial=", fn_sum, NP_BOTH},
    {"prod", "a,axis=,dtype=,out=,keepdims=,initial=", fn_sum, NP_BOTH},
    {"max", "a,axis=,out=,keepdims=,initial=", fn_extreme, NP_BOTH},
    {"min", "a,axis=,out=,keepdims=,initial=", fn_extreme, NP_BOTH},
    {"amax", "a,axis=,out=,keepdims=,initial=", fn_extreme, NP_FUNCTION},
    {"amin", "a,axis=,out=,keepdims=,initial=", fn_extreme, NP_FUNCTION},
    {"any", "a,axis=,out=,keepdims=", fn_any, NP_BOTH},
    {"all", "a,axis=,out=,keepdims=", fn_any, NP_BOTH},
    {"mean", "a,axis=,dtype=,out=,keepdims=", fn_mean, NP_BOTH},
    {"var", "a,axis=,dtype=,out=,ddof=,keepdims=", fn_var, NP_BOTH},
    {"std", "a,axis=,dtype=,out=,ddof=,keepdims=", fn_std, NP_BOTH},
    {"argmax", "a,axis=,out=,*,keepdims=", fn_arg, NP_BOTH},
    {"argmin", "a,axis=,out=,*,keepdims=", fn_arg, NP_BOTH},
    {"cumsum", "a,axis=,dtype=", fn_cumulate, NP_BOTH},
    {"cumprod", "a,axis=,dtype=", fn_cumulate, NP_BOTH},
    {0, 0, 0, 0},
};
