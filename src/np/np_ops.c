/* np_ops.c: operators, truth, numbers and text of arrays and NumPy scalars (np.h).
 */
#include "np_impl.h"

#include <math.h>

static const NdBin bin_of[BIN_COUNT] = {
    [BIN_ADD] = NB_ADD,           [BIN_SUB] = NB_SUB, [BIN_MUL] = NB_MUL, [BIN_TRUEDIV] = NB_DIV,
    [BIN_FLOORDIV] = NB_FLOORDIV, [BIN_MOD] = NB_MOD, [BIN_POW] = NB_POW, [BIN_LSHIFT] = NB_LSHIFT,
    [BIN_RSHIFT] = NB_RSHIFT,     [BIN_AND] = NB_AND, [BIN_OR] = NB_OR,   [BIN_XOR] = NB_XOR,
};
static const NdBin cmp_of[CMP_COUNT] = {
    [CMP_LT] = NB_LT, [CMP_LE] = NB_LE, [CMP_EQ] = NB_EQ,
    [CMP_NE] = NB_NE, [CMP_GT] = NB_GT, [CMP_GE] = NB_GE,
};

static bool
takes(Value v)
{
	return is_np(v) || is_num(v) || v.kind == V_LIST || v.kind == V_TUPLE ||
	       v.kind == V_RANGE || v.kind == V_STR;
}

static bool
all_take(Interp *in, const char *sign, Value a, Value b, Span at)
{
	return (takes(a) && takes(b)) ||
	       fail(in, at, "unsupported operand types for %s: '%s' and '%s'", sign, type_name(a),
	            type_name(b));
}

bool
np_apply(Interp *in, NdBin op, const char *sign, Value a, Value b, Value *out, Span at)
{
	Nd x, y, r;
	DType t;
	NdErr err = NP_ERR(in);
	bool ok;

	a = instance_value(a);
	b = instance_value(b);
	if ((sign && !all_take(in, sign, a, b, at)) ||
	    !np_operands(in, op, a, b, &x, &y, &t, at))
		return false;
	ok = nd_binary(op, &x, &y, t, &r, false, &err) || np_err(in, at, &err);
	nd_release(&x);
	nd_release(&y);
	return ok && np_give_scalar(in, &r, out);
}

static bool
matmul(Interp *in, Value a, Value b, Value *out, Span at)
{
	Nd x = {0}, y = {0}, r;
	Weak weak;
	NdErr err = NP_ERR(in);
	bool ok;

	ok = all_take(in, "@", a, b, at) && np_operand(in, a, &x, &weak, at) &&
	     np_operand(in, b, &y, &weak, at) &&
	     (nd_matmul(&r, &x, &y, nd_promote(x.dtype, y.dtype), &err) || np_err(in, at, &err));
	nd_release(&x);
	nd_release(&y);
	return ok && np_give_scalar(in, &r, out);
}

bool
np_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	if (op == BIN_MATMUL)
		return matmul(in, a, b, out, at);
	return np_apply(in, bin_of[op], binop_sign[op], a, b, out, at);
}

bool
np_inplace(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	Nd x, y, *target;
	DType t;
	NdErr err = NP_ERR(in);
	Value r;
	bool ok;

	if (a.kind != V_ARRAY)
		return np_binary(in, op, a, b, out, at);
	target = ARRAY_OF(a);
	*out = a;
	if (op == BIN_MATMUL)
		return matmul(in, a, b, &r, at) &&
		       ((nd_writable(target, &err) && nd_assign(target, ARRAY_OF(r), &err)) ||
		        np_err(in, at, &err));
	if (!all_take(in, binop_sign[op], a, b, at) ||
	    !np_operands(in, bin_of[op], a, b, &x, &y, &t, at))
		return false;
	ok = (nd_writable(target, &err) &&
	      nd_binary(bin_of[op], target, &y, t, target, true, &err)) ||
	     np_err(in, at, &err);
	nd_release(&x);
	nd_release(&y);
	return ok;
}

/* An int that the array's type cannot hold compares as an infinity does. */
static bool
far_int(Value v, const Nd *a, double *as)
{
	DType t = nd_base(a->dtype);
	Int n;

	if (!is_int(v) || v.kind == V_BOOL || !dtype_is_int(t) || np_int_fits(v, t, &n))
		return false;
	*as = n.neg ? -INFINITY : INFINITY;
	return true;
}

static bool
unequal_kinds(Interp *in, CmpOp op, Value a, Value *out, Span at)
{
	const Nd *x = ARRAY_OF(a);
	Nd r, one = nd_scalar_i(DT_BOOL, op == CMP_NE);
	NdErr err = NP_ERR(in);
	bool ok = nd_new(&r, DT_BOOL, x->dim, x->rank, &err) || np_err(in, at, &err);

	if (ok)
		nd_fill(&r, &one);
	nd_release(&one);
	return ok && np_give_scalar(in, &r, out);
}

bool
np_compare(Interp *in, CmpOp op, Value a, Value b, Value *out, Span at)
{
	Value array = is_np(a) ? a : b, other = is_np(a) ? b : a;
	bool text = ARRAY_OF(array)->dtype == DT_STRING;
	double far;

	if ((op == CMP_EQ || op == CMP_NE) && (!takes(other) || (other.kind == V_STR) != text) &&
	    !(text && is_np(other)))
		return unequal_kinds(in, op, array, out, at);
	if (far_int(other, ARRAY_OF(array), &far)) {
		other = vfloat(far);
		return np_apply(in, cmp_of[op], cmpop_sign[op], is_np(a) ? a : other,
		                is_np(a) ? other : b, out, at);
	}
	return np_apply(in, cmp_of[op], cmpop_sign[op], a, b, out, at);
}

static bool
unary(Interp *in, NdUn op, Value a, Value *out, Span at)
{
	Nd r;
	NdErr err = NP_ERR(in);

	if (!nd_unary(op, ARRAY_OF(a), &r, &err))
		return np_err(in, at, &err);
	return np_give_scalar(in, &r, out);
}

bool
np_unary(Interp *in, UnOp op, Value a, Value *out, Span at)
{
	static const NdUn of[UN_COUNT] = {
	    [UN_NEG] = NU_NEG,
	    [UN_POS] = NU_POS,
	    [UN_INVERT] = NU_INVERT,
	};

	return unary(in, of[op], a, out, at);
}

bool
np_abs(Interp *in, Value a, Value *out, Span at)
{
	return unary(in, NU_ABS, a, out, at);
}

bool
np_round(Interp *in, Value a, Value ndigits, Value *out, Span at)
{
	int64_t n = 0;
	Nd r;
	NdErr err = NP_ERR(in);
	Value whole;

	if (!np_absent(ndigits) && !as_int(in, ndigits, &n, "the number of digits", at))
		return false;
	if (!nd_round(ARRAY_OF(a), n, &r, &err))
		return np_err(in, at, &err);
	if (a.kind == V_NPSCALAR && np_absent(ndigits)) { /* a scalar rounds to an int */
		whole = np_python(in, r.dtype, r.data);
		nd_release(&r);
		if (whole.kind != V_FLOAT) {
			*out = whole;
			return true;
		}
		return num_from_double(in, whole.f, out, at);
	}
	return a.kind == V_ARRAY ? np_give(in, &r, out) : np_give_scalar(in, &r, out);
}

/* ---- truth and numbers ---- */
bool
np_truth(Interp *in, Value a, bool *out, Span at)
{
	const Nd *x = ARRAY_OF(a);
	int64_t n = nd_count(x);

	if (n > 1)
		return fail(in, at,
		            "the truth value of an array with %lld elements is ambiguous, use "
		            "a.any() or a.all()",
		            (long long)n);
	if (n == 0)
		return fail(in, at,
		            "the truth value of an empty array is ambiguous, use array.size > 0 to "
		            "check that an array is not empty");
	*out = nd_load_bool(x->dtype, x->data);
	return true;
}

bool
np_len(Interp *in, Value a, int64_t *out, Span at)
{
	const Nd *x = ARRAY_OF(a);

	if (a.kind == V_NPSCALAR)
		return fail(in, at, "object of type '%s' has no len()", type_name(a));
	if (!x->rank)
		return fail(in, at, "len() of unsized object");
	*out = x->dim[0];
	return true;
}

bool
np_iter_item(Interp *in, Value a, int64_t i, Value *out, Span at)
{
	const Nd *x = ARRAY_OF(a);
	Nd v;

	if (!x->rank)
		return fail(in, at, "iteration over a 0-d array");
	v = nd_drop_axis(x, 0);
	v.data += i * x->stride[0];
	if (v.rank) {
		nd_retain(&v);
		return np_give(in, &v, out);
	}
	return np_give_element(in, x->dtype, v.data, out);
}

bool
np_contains(Interp *in, Value a, Value item, bool *out, Span at)
{
	Value eq;

	if (!np_compare(in, CMP_EQ, a, item, &eq, at))
		return false;
	*out = false;
	for (NdIter it = nd_iter(ARRAY_OF(eq)); it.at && !*out; nd_step(&it))
		*out = *it.at != 0;
	return true;
}

bool
np_equal(Interp *in, Value a, Value b, bool *out)
{
	Value eq;
	DType ta, tb;
	bool swap;

	if (a.kind == V_DTYPE || b.kind == V_DTYPE) {
		Value other = a.kind == V_DTYPE ? b : a;

		*out = false;
		if (other.kind != V_DTYPE && other.kind != V_TYPE && other.kind != V_STR)
			return true;
		if (other.kind == V_STR &&
		    (!nd_is_numeric(dtype_from_numpy(STR_OF(other)->s, &swap)) || swap))
			return true;
		if (!as_dtype(in, a, &ta, NOSPAN) || !as_dtype(in, b, &tb, NOSPAN))
			return false;
		*out = nd_base(ta) == nd_base(tb);
		return true;
	}
	return np_compare(in, CMP_EQ, a, b, &eq, interp_here(in)) &&
	       np_truth(in, eq, out, interp_here(in));
}

bool
np_item(Interp *in, Value a, Value *out, Span at)
{
	const Nd *x = ARRAY_OF(a);

	if (nd_count(x) != 1)
		return fail(in, at,
		            "can only convert an array of size 1 to a Python scalar, this one has "
		            "%lld elements",
		            (long long)nd_count(x));
	*out = np_python(in, x->dtype, x->data);
	return true;
}

int
np_index(Interp *in, Value a, Value *out, UNUSED Span at)
{
	const Nd *x = ARRAY_OF(a);
	DType t = nd_base(x->dtype);

	if (x->rank || !dtype_is_int(t))
		return 0;
	*out = np_python(in, t, x->data);
	return 1;
}

int
np_to_int(Interp *in, Value a, Value *out, Span at)
{
	const Nd *x = ARRAY_OF(a);
	Value v;

	if (x->rank || !nd_is_numeric(x->dtype))
		return 0;
	v = np_python(in, x->dtype, x->data);
	if (v.kind == V_FLOAT)
		return num_from_double(in, v.f, out, at) ? 1 : -1;
	*out = v.kind == V_BOOL ? vint(v.b) : v;
	return 1;
}

int
np_to_float(Interp *in, Value a, double *out, Span at)
{
	const Nd *x = ARRAY_OF(a);
	Value v;

	if (x->rank || !nd_is_numeric(x->dtype))
		return 0;
	v = np_python(in, x->dtype, x->data);
	return num_to_double(in, v, out, at) ? 1 : -1;
}

/* ---- text ---- */
void
np_str(Interp *in, Value a, Buf *out)
{
	if (!np_formatted(in, a, false, out))
		nd_repr(ARRAY_OF(a), false, &np_state(in)->print, out);
}

void
np_repr(Interp *in, Value a, Buf *out)
{
	const Nd *x = ARRAY_OF(a);

	if (a.kind == V_ARRAY) {
		if (!np_formatted(in, a, true, out))
			nd_repr(x, true, &np_state(in)->print, out);
	} else if (x->dtype == DT_BOOL) {
		buf_puts(out, *x->data ? "np.True_" : "np.False_");
	} else {
		const char *name =
		    x->dtype == DT_STRING ? "str_" : dtype_info[nd_base(x->dtype)].np;

		Buf b = {0};

		nd_repr_element(x, x->data, &b);
		buf_printf(out, *b.at == '(' ? "np.%s%s" : "np.%s(%s)", name, b.at);
		buf_free(&b);
	}
}

bool
np_format(Interp *in, Value a, const char *spec, size_t n, Buf *out, Span at)
{
	Value v;

	if (!n && ARRAY_OF(a)->rank) {
		np_str(in, a, out);
		return true;
	}
	if (a.kind == V_ARRAY && ARRAY_OF(a)->rank)
		return fail(in, at, "unsupported format string passed to numpy.ndarray.__format__");
	if (!np_item(in, a, &v, at))
		return false;
	if (v.kind == V_BOOL) { /* np.bool formats as its text */
		Buf b = {0};
		bool ok;

		np_str(in, a, &b);
		ok = value_format(in, vstrz(in, b.at), spec, n, out, at);
		buf_free(&b);
		return ok;
	}
	return value_format(in, v, spec, n, out, at);
}
