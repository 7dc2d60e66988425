/* np_math.c: elementwise functions and products of arrays as functions of the module and
 * methods of arrays.
 */
#include "np_impl.h"

#include <math.h>

static bool
first(const Args *c, Nd *a)
{
	return np_array_of(c->in, c->v[0], DT_NONE, a, c->span);
}

/* ---- ufuncs: the name says the operation ---- */
NP_FN(fn_unary)
{
	static const struct {
		const char *name;
		NdUn op;
	} alias[] = {{"abs", NU_ABS},
	             {"bitwise_not", NU_INVERT},
	             {"asin", NU_ASIN},
	             {"acos", NU_ACOS},
	             {"atan", NU_ATAN}};
	NdUn op = NU_COUNT;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	for (unsigned i = 0; i < NU_COUNT; i++)
		if (strcmp(nd_un_ufunc[i], c->fn->name) == 0)
			op = (NdUn)i;
	for (unsigned i = 0; i < countof(alias); i++)
		if (strcmp(alias[i].name, c->fn->name) == 0)
			op = alias[i].op;
	if (!first(c, &a))
		return false;
	ok = nd_unary(op, &a, &r, &err) || np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

static bool
two_operands(const Args *c, NdBin op)
{
	Nd a, b, r;
	Weak wa, wb;
	DType t;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_operand(c->in, c->v[0], &a, &wa, c->span))
		return false;
	if (!np_operand(c->in, c->v[1], &b, &wb, c->span)) {
		nd_release(&a);
		return false;
	}
	ok = np_common(c->in, op, &a, wa, c->v[0], &b, wb, c->v[1], &t, c->span);
	if (ok)
		ok = nd_binary(op, &a, &b, t, &r, false, &err) || np_err(c->in, c->span, &err);
	nd_release(&a);
	nd_release(&b);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

NP_FN(fn_binary)
{
	static const struct {
		const char *name;
		NdBin op;
	} alias[] = {{"true_divide", NB_DIV},
	             {"mod", NB_MOD},
	             {"pow", NB_POW},
	             {"atan2", NB_ATAN2},
	             {"bitwise_left_shift", NB_LSHIFT},
	             {"bitwise_right_shift", NB_RSHIFT}};
	NdBin op = NB_COUNT;

	for (unsigned i = 0; i < NB_COUNT; i++)
		if (strcmp(nd_bin_ufunc[i], c->fn->name) == 0)
			op = (NdBin)i;
	for (unsigned i = 0; i < countof(alias); i++)
		if (strcmp(alias[i].name, c->fn->name) == 0)
			op = alias[i].op;
	if (op >= NB_LT) { /* Python's own comparison knows ints of any size */
		static const CmpOp cmp[] = {CMP_LT, CMP_LE, CMP_EQ, CMP_NE, CMP_GT, CMP_GE};
		Nd a;

		if (!is_np(c->v[0]) && !is_np(c->v[1])) {
			if (!first(c, &a) || !np_give(c->in, &a, &c->v[0], c->span))
				return false;
		}
		return np_compare(c->in, cmp[op - NB_LT], c->v[0], c->v[1], c->out, c->span);
	}
	return two_operands(c, op);
}

NP_FN(fn_logical)
{
	NdBin op = strcmp(c->fn->name, "logical_and") == 0  ? NB_AND
	           : strcmp(c->fn->name, "logical_or") == 0 ? NB_OR
	                                                    : NB_XOR;
	Nd a[2], r;
	NdErr err = NP_ERR(c->in);
	int n = 0;
	bool ok = true;

	for (; ok && n < 2; n++)
		ok = np_array_of(c->in, c->v[n], DT_BOOL, &a[n], c->span);
	n -= !ok;
	if (ok)
		ok = nd_binary(op, &a[0], &a[1], DT_BOOL, &r, false, &err) ||
		     np_err(c->in, c->span, &err);
	while (n-- > 0)
		nd_release(&a[n]);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

/* a, decimals */
NP_FN(fn_round)
{
	int64_t n = 0;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (c->v[1].kind != V_UNSET && !as_int(c->in, c->v[1], &n, "decimals", c->span))
		return false;
	if (!first(c, &a))
		return false;
	ok = nd_round(&a, n, &r, &err) || np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

NP_FN(where_indices)
{
	Nd a, list[TENSOR_MAX_RANK];
	Value v[TENSOR_MAX_RANK];
	NdErr err = NP_ERR(c->in);
	int rank;
	bool ok;

	if (!first(c, &a))
		return false;
	rank = a.rank;
	ok = rank || fail(c->in, c->span, "calling nonzero on 0d arrays is not allowed");
	if (ok)
		ok = nd_nonzero_list(&a, list, &err) || np_err(c->in, c->span, &err);
	nd_release(&a);
	for (int i = 0; ok && i < rank; i++)
		ok = np_give(c->in, &list[i], &v[i], c->span);
	if (ok)
		*c->out = vtuple(c->in, v, (size_t)rank);
	return ok;
}

/* condition, x, y */
NP_FN(fn_where)
{
	Nd cond, a, b, r;
	Weak wa, wb;
	DType t;
	NdErr err = NP_ERR(c->in);
	bool ok = false;

	if (c->v[1].kind == V_UNSET && c->v[2].kind == V_UNSET)
		return where_indices(c->in, VUNSET, c, c->out);
	if (c->v[1].kind == V_UNSET || c->v[2].kind == V_UNSET)
		return fail(c->in, c->span, "either both or neither of x and y should be given");
	if (!first(c, &cond))
		return false;
	if (np_operand(c->in, c->v[1], &a, &wa, c->span)) {
		if (np_operand(c->in, c->v[2], &b, &wb, c->span)) {
			ok = np_common(c->in, NB_MAXIMUM, &a, wa, c->v[1], &b, wb, c->v[2], &t,
			               c->span);
			if (ok)
				ok = nd_where(&cond, &a, &b, t, &r, &err) ||
				     np_err(c->in, c->span, &err);
			nd_release(&b);
		}
		nd_release(&a);
	}
	nd_release(&cond);
	return ok && np_give(c->in, &r, c->out, c->span);
}

/* ---- clip ---- */
typedef struct ClipBound {
	Nd nd;
	Weak weak;
	Value v;
	bool has;
} ClipBound;

static bool
clip_apply(const Args *c, ClipBound *b)
{
	DType t = b[0].nd.dtype, x;
	Weak w = b[0].weak;
	Nd r;
	NdErr err = NP_ERR(c->in);

	for (int i = 1; i < 3; i++) {
		if (!b[i].has)
			continue;
		t = nd_result_type(t, w, b[i].nd.dtype, b[i].weak);
		w = w && b[i].weak ? MAX(w, b[i].weak) : STRONG;
		if (!t)
			return fail(c->in, c->span,
			            "np.clip: the bounds and the array have no common type");
	}
	for (int i = 1; i < 3; i++) {
		Nd one;

		if (!b[i].has || !b[i].weak)
			continue;
		one = nd_scalar_i(t, 0);
		if (!np_common(c->in, NB_MAXIMUM, &one, STRONG, VUNSET, &b[i].nd, b[i].weak, b[i].v,
		               &x, c->span)) {
			nd_release(&one);
			return false;
		}
		nd_release(&one);
	}
	if (!nd_clip(&b[0].nd, b[1].has ? &b[1].nd : 0, b[2].has ? &b[2].nd : 0, t, &r, &err))
		return np_err(c->in, c->span, &err);
	return np_give_scalar(c->in, &r, c->out, c->span);
}

/* A Python int at or beyond the end of the array's integers bounds nothing. */
static bool
bounds_nothing(Interp *in, Value v, DType t, bool upper)
{
	Big b;

	if (!dtype_is_int(t) || (v.kind != V_INT && v.kind != V_BIG) || !is_index(in, v, &b))
		return false;
	return upper ? b >= (Big)nd_int_max(t) : b <= (Big)nd_int_min(t);
}

/* a, a_min, a_max, min, max */
static bool
clip(const Args *c, Value lo, Value hi)
{
	ClipBound b[3] = {{.v = c->v[0]}, {.v = lo}, {.v = hi}};
	bool ok = true;

	for (int i = 0; ok && i < 3; i++) {
		if (np_absent(b[i].v) ||
		    (i && bounds_nothing(c->in, b[i].v, nd_base(b[0].nd.dtype), i == 2)))
			continue;
		ok = np_operand(c->in, b[i].v, &b[i].nd, &b[i].weak, c->span);
		b[i].has = ok;
	}
	ok = ok && clip_apply(c, b);
	for (int i = 0; i < 3; i++)
		if (b[i].has)
			nd_release(&b[i].nd);
	return ok;
}

NP_FN(fn_clip)
{
	return clip(c, c->v[1].kind == V_UNSET ? c->v[3] : c->v[1],
	            c->v[2].kind == V_UNSET ? c->v[4] : c->v[2]);
}

NP_FN(method_clip)
{
	return clip(c, c->v[1], c->v[2]);
}

/* ---- products ---- */
static bool
product(const Args *c, bool dot)
{
	Nd a, b, r;
	DType t;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!first(c, &a))
		return false;
	if (!np_array_of(c->in, c->v[1], DT_NONE, &b, c->span)) {
		nd_release(&a);
		return false;
	}
	if (dot && (!a.rank || !b.rank)) {
		nd_release(&a);
		nd_release(&b);
		return two_operands(c, NB_MUL);
	}
	t = nd_promote(a.dtype, b.dtype);
	ok = (dot ? nd_dot(&r, &a, &b, t, &err) : nd_matmul(&r, &a, &b, t, &err)) ||
	     np_err(c->in, c->span, &err);
	nd_release(&a);
	nd_release(&b);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

NP_FN(fn_matmul)
{
	return product(c, false);
}

NP_FN(fn_dot)
{
	for (int i = 0; i < 2; i++) { /* a Python number is an array of its own type here */
		Nd a;

		if (!is_np(c->v[i]) && (!np_array_of(c->in, c->v[i], DT_NONE, &a, c->span) ||
		                        !np_give(c->in, &a, &c->v[i], c->span)))
			return false;
	}
	return product(c, true);
}

NP_FN(fn_outer)
{
	for (int i = 0; i < 2; i++) {
		Nd a, flat, r;
		int64_t dim[2] = {i ? 1 : -1, i ? -1 : 1};
		NdErr err = NP_ERR(c->in);
		bool ok;

		if (!np_array_of(c->in, c->v[i], DT_NONE, &a, c->span))
			return false;
		if (nd_count(&a) == 0)
			dim[i] = 0;
		ok = nd_ravel(&flat, &a, &err);
		nd_release(&a);
		if (ok) {
			ok = nd_reshape(&r, &flat, dim, 2, &err);
			nd_release(&flat);
		}
		if (!ok)
			return np_err(c->in, c->span, &err);
		if (!np_give(c->in, &r, &c->v[i], c->span))
			return false;
	}
	return two_operands(c, NB_MUL);
}

NP_FN(fn_einsum)
{
	const Args *g = c;
	const Str *spec;
	Nd a[8], r;
	int n = 0;
	DType t = DT_NONE;
	NdErr err = NP_ERR(c->in);
	bool ok = true;

	if (g->npos < 2)
		return fail(c->in, c->span,
		            "np.einsum needs the subscripts string and at least one operand");
	for (uint32_t i = 0; i < g->nkw; i++)
		if (!str_is(g->kw[i].name, "optimize"))
			return fail(c->in, g->kw[i].span, "np.einsum here has no '%s' argument",
			            g->kw[i].name->s);
	if (g->npos - 1 > countof(a))
		return fail(c->in, c->span, "np.einsum of %u operands, at most %d are possible",
		            g->npos - 1, (int)countof(a));
	if (!as_str(c->in, g->pos[0], &spec, "the subscripts", c->span))
		return false;
	while (ok && n + 1 < (int)g->npos) {
		ok = np_array_of(c->in, g->pos[n + 1], DT_NONE, &a[n], c->span);
		if (ok) {
			t = n ? nd_promote(t, a[n].dtype) : nd_base(a[n].dtype);
			n++;
		}
	}
	if (ok)
		ok = nd_einsum(&r, spec->s, a, n, t, &err) || np_err(c->in, c->span, &err);
	while (n-- > 0)
		nd_release(&a[n]);
	return ok && np_give_scalar(c->in, &r, c->out, c->span);
}

/* ---- allclose ---- */
/* a op b, both consumed. */
static bool
step(NdBin op, Nd *a, Nd *b, Nd *r, NdErr *err)
{
	bool ok = nd_binary(op, a, b, nd_promote(a->dtype, b->dtype), r, false, err);

	nd_release(a);
	nd_release(b);
	return ok;
}

static bool
near_enough(const Nd *a, const Nd *b, double rtol, double atol, Nd *out, NdErr *err)
{
	Nd mag, t, tol, diff, x, y;
	DType type = nd_promote(a->dtype, b->dtype);

	if (!dtype_is_float(type))
		type = DT_FP64;
	if (!nd_unary(NU_ABS, b, &mag, err))
		return false;
	x = nd_scalar_f(type, rtol);
	if (!step(NB_MUL, &mag, &x, &t, err))
		return false;
	y = nd_scalar_f(type, atol);
	if (!step(NB_ADD, &y, &t, &tol, err))
		return false;
	if (!nd_binary(NB_SUB, a, b, type, &diff, false, err)) {
		nd_release(&tol);
		return false;
	}
	if (!nd_unary(NU_ABS, &diff, &x, err))
		return false;
	nd_release(&diff);
	return step(NB_LE, &x, &tol, out, err);
}

/* a, b, rtol, atol, equal_nan */
NP_FN(fn_close)
{
	double rtol = 1e-5, atol = 1e-8;
	bool nan, ok, all = true;
	Nd a, b, r, s;
	NdErr err = NP_ERR(c->in);
	Value va, vb;

	if ((!np_absent(c->v[2]) && !as_double(c->in, c->v[2], &rtol, "rtol", c->span)) ||
	    (!np_absent(c->v[3]) && !as_double(c->in, c->v[3], &atol, "atol", c->span)) ||
	    !np_flag(c->in, c->v[4], false, &nan, c->span) || !first(c, &a) ||
	    !np_give(c->in, &a, &va, c->span) || !np_array_of(c->in, c->v[1], DT_NONE, &b, c->span))
		return false;
	if (!dtype_is_float(nd_base(b.dtype))) {
		if (!nd_convert(&s, &b, DT_FP64, &err))
			return np_err(c->in, c->span, &err);
		nd_release(&b);
		b = s;
	}
	if (!np_give(c->in, &b, &vb, c->span))
		return false;
	if (!near_enough(ARRAY_OF(va), ARRAY_OF(vb), rtol, atol, &r, &err))
		return np_err(c->in, c->span, &err);
	ok = nd_broadcast_to(&a, ARRAY_OF(va), r.dim, r.rank, &err) &&
	     nd_broadcast_to(&b, ARRAY_OF(vb), r.dim, r.rank, &err);
	if (!ok)
		return np_err(c->in, c->span, &err);
	for (NdIter it = nd_iter(&r); it.at; nd_step(&it)) {
		double x = nd_f(&a, it.idx), y = nd_f(&b, it.idx);

		if (!isfinite(y))
			*it.at = x == y || (nan && isnan(x) && isnan(y));
		all = all && *it.at;
	}
	nd_release(&a);
	nd_release(&b);
	if (strcmp(c->fn->name, "isclose") == 0)
		return np_give_scalar(c->in, &r, c->out, c->span);
	nd_release(&r);
	*c->out = vbool(all);
	return true;
}

NP_FN(fn_array_equal)
{
	Nd a, b, r;
	NdErr err = NP_ERR(c->in);
	bool same, ok;

	if (!first(c, &a))
		return false;
	if (!np_array_of(c->in, c->v[1], DT_NONE, &b, c->span)) {
		nd_release(&a);
		return false;
	}
	same = a.rank == b.rank;
	for (int i = 0; same && i < a.rank; i++)
		same = a.dim[i] == b.dim[i];
	same = same && nd_promote(a.dtype, b.dtype); /* text equals no number */
	ok = !same || nd_binary(NB_EQ, &a, &b, nd_promote(a.dtype, b.dtype), &r, false, &err) ||
	     np_err(c->in, c->span, &err);
	if (same && ok) {
		for (NdIter it = nd_iter(&r); it.at; nd_step(&it))
			same = same && *it.at;
		nd_release(&r);
	}
	nd_release(&a);
	nd_release(&b);
	*c->out = vbool(same);
	return ok;
}

/* Functions of Python that NumPy's scalars of rank 0 answer too. */
NP_FN(fn_ndim)
{
	Nd a;

	if (!first(c, &a))
		return false;
	if (strcmp(c->fn->name, "ndim") == 0)
		*c->out = vint(a.rank);
	else if (strcmp(c->fn->name, "size") == 0)
		*c->out = vint(nd_count(&a));
	else
		*c->out = np_shape_value(c->in, &a);
	nd_release(&a);
	return true;
}

#define UNARY(n) {n, "x", fn_unary, AS_FUNCTION}
#define BINARY(n) {n, "x1,x2", fn_binary, AS_FUNCTION}
const Native np_ufunc_rows[] = {
    UNARY("negative"),
    UNARY("positive"),
    UNARY("invert"),
    UNARY("bitwise_not"),
    UNARY("absolute"),
    UNARY("abs"),
    UNARY("sign"),
    UNARY("square"),
    UNARY("floor"),
    UNARY("ceil"),
    UNARY("trunc"),
    UNARY("rint"),
    UNARY("sqrt"),
    UNARY("exp"),
    UNARY("exp2"),
    UNARY("expm1"),
    UNARY("log"),
    UNARY("log2"),
    UNARY("log10"),
    UNARY("log1p"),
    UNARY("sin"),
    UNARY("cos"),
    UNARY("tan"),
    UNARY("arcsin"),
    UNARY("arccos"),
    UNARY("arctan"),
    UNARY("asin"),
    UNARY("acos"),
    UNARY("atan"),
    UNARY("sinh"),
    UNARY("cosh"),
    UNARY("tanh"),
    UNARY("arcsinh"),
    UNARY("arccosh"),
    UNARY("arctanh"),
    UNARY("reciprocal"),
    UNARY("isnan"),
    UNARY("isinf"),
    UNARY("isfinite"),
    UNARY("logical_not"),
    BINARY("add"),
    BINARY("subtract"),
    BINARY("multiply"),
    BINARY("divide"),
    BINARY("true_divide"),
    BINARY("floor_divide"),
    BINARY("remainder"),
    BINARY("mod"),
    BINARY("power"),
    BINARY("pow"),
    BINARY("left_shift"),
    BINARY("right_shift"),
    BINARY("bitwise_and"),
    BINARY("bitwise_or"),
    BINARY("bitwise_xor"),
    BINARY("maximum"),
    BINARY("minimum"),
    BINARY("arctan2"),
    BINARY("atan2"),
    BINARY("less"),
    BINARY("less_equal"),
    BINARY("equal"),
    BINARY("not_equal"),
    BINARY("greater"),
    BINARY("greater_equal"),
    {"logical_and", "x1,x2", fn_logical, AS_FUNCTION},
    {"logical_or", "x1,x2", fn_logical, AS_FUNCTION},
    {"logical_xor", "x1,x2", fn_logical, AS_FUNCTION},
    NATIVE_END,
};

const Native np_math_rows[] = {
    {"round", "a,decimals=", fn_round, AS_BOTH},
    {"around", "a,decimals=", fn_round, AS_FUNCTION},
    {"where", "condition,x=,y=", fn_where, AS_FUNCTION},
    {"nonzero", "a", where_indices, AS_BOTH},
    {"clip", "a,a_min=,a_max=,*,min=,max=", fn_clip, AS_FUNCTION},
    {"clip", "a,min=,max=", method_clip, AS_METHOD},
    {"matmul", "x1,x2", fn_matmul, AS_FUNCTION},
    {"dot", "a,b", fn_dot, AS_BOTH},
    {"outer", "a,b", fn_outer, AS_FUNCTION},
    {"einsum", 0, fn_einsum, AS_FUNCTION},
    {"allclose", "a,b,rtol=,atol=,equal_nan=", fn_close, AS_FUNCTION},
    {"isclose", "a,b,rtol=,atol=,equal_nan=", fn_close, AS_FUNCTION},
    {"array_equal", "a1,a2", fn_array_equal, AS_FUNCTION},
    {"ndim", "a", fn_ndim, AS_FUNCTION},
    {"shape", "a", fn_ndim, AS_FUNCTION},
    {"size", "a", fn_ndim, AS_FUNCTION},
    NATIVE_END,
};
