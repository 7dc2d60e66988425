/* np_math.c: elementwise functions and products of arrays as functions of the module and
 * methods of arrays.
 */
#include "np_impl.h"

#include <math.h>

/* ---- ufuncs: the name says the operation ---- */
NP_FN(fn_unary)
{
	const Nd *a = np_arg(c, 0);
	Nd r;

	return a && nd_unary((NdUn)args_with(c), a, &r, err) && np_done(c, &r);
}

NP_FN(fn_binary)
{
	static const CmpOp cmp[] = {CMP_LT, CMP_LE, CMP_EQ, CMP_NE, CMP_GT, CMP_GE};
	NdBin op = (NdBin)args_with(c);

	if (op < NB_LT)
		return np_apply(c->in, op, 0, c->v[0], c->v[1], c->out, c->span);
	/* Python's own comparison knows ints of any size */
	return (is_np(c->v[1]) || np_arg(c, 0)) &&
	       np_compare(c->in, cmp[op - NB_LT], c->v[0], c->v[1], c->out, c->span);
}

NP_FN(fn_logical)
{
	const Nd *a = np_as(c, &c->v[0], DT_BOOL), *b = a ? np_as(c, &c->v[1], DT_BOOL) : 0;
	Nd r;

	return b && nd_binary((NdBin)args_with(c), a, b, DT_BOOL, &r, false, err) && np_done(c, &r);
}

/* a, decimals */
NP_FN(fn_round)
{
	int64_t n = 0;
	const Nd *a;
	Nd r;

	if (!np_without(c, 2, "out") ||
	    (c->v[1].kind != V_UNSET && !as_int(c->in, c->v[1], &n, "decimals", c->span)))
		return false;
	a = np_arg(c, 0);
	return a && nd_round(a, n, &r, err) && np_done(c, &r);
}

NP_FN(where_indices)
{
	const Nd *a = np_arg(c, 0);
	Nd list[TENSOR_MAX_RANK];
	Value v[TENSOR_MAX_RANK];

	if (!a)
		return false;
	if (!a->rank)
		return fail(c->in, c->span, "calling nonzero on 0d arrays is not allowed");
	if (!nd_nonzero_list(a, list, err))
		return false;
	for (int i = 0; i < a->rank; i++)
		if (!np_give(c->in, &list[i], &v[i]))
			return false;
	*c->out = vtuple(c->in, v, (size_t)a->rank);
	return true;
}

/* condition, x, y */
NP_FN(fn_where)
{
	const Nd *cond;
	Nd a, b, r;
	DType t;
	bool ok;

	if (c->v[1].kind == V_UNSET && c->v[2].kind == V_UNSET)
		return where_indices(c->in, VUNSET, c, c->out);
	if (c->v[1].kind == V_UNSET || c->v[2].kind == V_UNSET)
		return fail(c->in, c->span, "either both or neither of x and y should be given");
	cond = np_arg(c, 0);
	if (!cond || !np_operands(c->in, NB_MAXIMUM, c->v[1], c->v[2], &a, &b, &t, c->span))
		return false;
	ok = nd_where(cond, &a, &b, t, &r, err);
	nd_release(&a);
	nd_release(&b);
	return ok && np_made(c, &r);
}

/* ---- clip ---- */
typedef struct ClipBound {
	Nd nd;
	Weak weak;
	Value v;
	bool has;
} ClipBound;

static bool
clip_apply(const Args *c, ClipBound *b, NdErr *err)
{
	DType t = b[0].nd.dtype, x;
	Weak w = b[0].weak;
	Nd r;

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
	return nd_clip(&b[0].nd, b[1].has ? &b[1].nd : 0, b[2].has ? &b[2].nd : 0, t, &r, err) &&
	       np_done(c, &r);
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

/* a, a_min, a_max, out, min, max; with 1: a, min, max, out */
NP_FN(fn_clip)
{
	int other = args_with(c) ? 0 : 3;
	Value lo = c->v[1].kind == V_UNSET ? c->v[1 + other] : c->v[1];
	Value hi = c->v[2].kind == V_UNSET ? c->v[2 + other] : c->v[2];
	ClipBound b[3] = {{.v = c->v[0]}, {.v = lo}, {.v = hi}};
	bool ok = np_without(c, 3, "out");

	for (int i = 0; ok && i < 3; i++) {
		if (np_absent(b[i].v) ||
		    (i && bounds_nothing(c->in, b[i].v, nd_base(b[0].nd.dtype), i == 2)))
			continue;
		ok = np_operand(c->in, b[i].v, &b[i].nd, &b[i].weak, c->span);
		b[i].has = ok;
	}
	ok = ok && clip_apply(c, b, err);
	for (int i = 0; i < 3; i++)
		if (b[i].has)
			nd_release(&b[i].nd);
	return ok;
}

/* ---- products ---- */
/* with 1: dot */
NP_FN(fn_product)
{
	const Nd *a = np_without(c, 2, "out") ? np_arg(c, 0) : 0, *b = a ? np_arg(c, 1) : 0;
	bool dot = args_with(c);
	Nd r;
	DType t;

	if (!b)
		return false;
	if (dot && (!a->rank || !b->rank))
		return np_apply(c->in, NB_MUL, 0, c->v[0], c->v[1], c->out, c->span);
	t = nd_promote(a->dtype, b->dtype);
	return (dot ? nd_dot : nd_matmul)(&r, a, b, t, err) && np_done(c, &r);
}

NP_FN(fn_einsum)
{
	const Str *spec;
	Nd a[8], r;
	int n = 0;
	DType t = DT_NONE;

	if (c->npos < 2)
		return fail(c->in, c->span,
		            "np.einsum needs the subscripts string and at least one operand");
	for (uint32_t i = 0; i < c->nkw; i++)
		if (!str_is(c->kw[i].name, "optimize"))
			return fail(c->in, c->kw[i].span, "np.einsum here has no '%s' argument",
			            c->kw[i].name->s);
	if (c->npos - 1 > countof(a))
		return fail(c->in, c->span, "np.einsum of %u operands, at most %d are possible",
		            c->npos - 1, (int)countof(a));
	if (!as_str(c->in, c->pos[0], &spec, "the subscripts", c->span))
		return false;
	for (; n + 1 < (int)c->npos; n++) {
		Value v = c->pos[n + 1];
		const Nd *x = np_as(c, &v, DT_NONE);

		if (!x)
			return false;
		a[n] = *x;
		t = n ? nd_promote(t, x->dtype) : nd_base(x->dtype);
	}
	return nd_einsum(&r, spec->s, a, n, t, err) && np_done(c, &r);
}

enum { WITH_NDIM, WITH_SHAPE };

NP_FN(fn_ndim)
{
	const Nd *a = np_arg(c, 0);

	if (!a)
		return false;
	*c->out = args_with(c) == WITH_NDIM ? vint(a->rank) : np_shape_value(c->in, a);
	return true;
}

#define UNARY(op, n) {n, "x", fn_unary, AS_FUNCTION | WITH(NU_##op)},
#define BINARY(op, n) {n, "x1,x2", fn_binary, AS_FUNCTION | WITH(NB_##op)},
const Native np_ufunc_rows[] = {
    ND_UNARY(UNARY)
    UNARY(INVERT, "bitwise_not")
    UNARY(ABS, "abs")
    UNARY(ASIN, "asin")
    UNARY(ACOS, "acos")
    UNARY(ATAN, "atan")
    ND_BINARY(BINARY)
    BINARY(DIV, "true_divide")
    BINARY(MOD, "mod")
    BINARY(POW, "pow")
    BINARY(ATAN2, "atan2")
    {"logical_and", "x1,x2", fn_logical, AS_FUNCTION | WITH(NB_AND)},
    {"logical_or", "x1,x2", fn_logical, AS_FUNCTION | WITH(NB_OR)},
    {"logical_xor", "x1,x2", fn_logical, AS_FUNCTION | WITH(NB_XOR)},
    NATIVE_END,
};

const Native np_math_rows[] = {
    {"round", "a,decimals=,out=", fn_round, AS_BOTH},
    {"around", "a,decimals=,out=", fn_round, AS_FUNCTION},
    {"where", "condition,x=,y=", fn_where, AS_FUNCTION},
    {"nonzero", "a", where_indices, AS_BOTH},
    {"clip", "a,a_min=,a_max=,out=,*,min=,max=", fn_clip, AS_FUNCTION},
    {"clip", "a,min=,max=,out=", fn_clip, AS_METHOD | WITH(1)},
    {"matmul", "x1,x2,out=", fn_product, AS_FUNCTION},
    {"dot", "a,b,out=", fn_product, AS_BOTH | WITH(1)},
    {"einsum", 0, fn_einsum, AS_FUNCTION},
    {"ndim", "a", fn_ndim, AS_FUNCTION | WITH(WITH_NDIM)},
    {"shape", "a", fn_ndim, AS_FUNCTION | WITH(WITH_SHAPE)},
    NATIVE_END,
};
