/* pointwise.c: element by element: arithmetic, comparisons, logic, functions. Operands go by
 * position where the same name is also an operation on Python's numbers. */
#include "parts.h"

#include <math.h>

bool
node_is(const AtenCtx *c, const char *key)
{
	const Str *k = c->node->key;
	size_t n = strlen(key);
	return k->len >= n && memcmp(k->s, key, n) == 0 &&
	       (k->len == n || (k->len == n + 1 && k->s[n] == '_'));
}

Var *
float_var(AtenCtx *c, const char *name)
{
	const Tv *v = operand_of(c, name);
	if (tv_is_number(v))
		return flt(c, tv_float(c, v, name));
	return tv_var(c, v, name);
}

static Var *
int_as_float(AtenCtx *c, Var *x)
{
	return dtype_is_int(dtype_of(x)) ? cast(c, x, DT_FP32) : x;
}

/* ---- one operation for one ---- */

UNARY(acos, acos)
UNARY(asin, asin)
UNARY(atan, atan)
UNARY(atanh, atanh)
UNARY(ceil, ceil)
UNARY(cos, cos)
UNARY(cosh, cosh)
UNARY(erf, erf)
UNARY(exp, exp)
UNARY(exp2, exp2)
UNARY(floor, floor)
UNARY(rsqrt, rsqrt)
UNARY(sign, sign)
UNARY(sin, sin)
UNARY(sinh, sinh)
UNARY(sqrt, sqrt)
UNARY(tan, tan)
UNARY(tanh, tanh)

/* Both operands, promoted. */
static void
pair(AtenCtx *c, Var **v)
{
	v[0] = operand_n(c, 0);
	v[1] = operand_n(c, 1);
	promote(c, v, 2);
}

#define BINARY(handler, op)                                                                        \
	HANDLER(handler)                                                                           \
	{                                                                                          \
		Var *v[2];                                                                         \
		pair(c, v);                                                                        \
		RESULT(NAMED(op, X(v[0]), Y(v[1])));                                               \
	}
BINARY(floor_divide, floor_div)
BINARY(ge, greater_equal)
BINARY(gt, greater)
BINARY(le, less_equal)
BINARY(lt, less)
BINARY(maximum, maximum)
BINARY(minimum, minimum)
BINARY(pow, pow)
BINARY(true_divide, real_div) /* of integers an integer, as in the peer */

/* ---- comparisons ---- */

static void
equality(AtenCtx *c, Opcode op)
{
	Var *v[2] = {operand_n(c, 0), operand_n(c, 1)};
	for (int i = 0; i < 2; i++)
		if (dtype_of(v[i]) == DT_BOOL)
			v[i] = cast(c, v[i], DT_INT32);
	promote(c, v, 2);
	RESULT(aten_op(c, op, c->node->name, ARGS(X(v[0]), Y(v[1]))));
}
HANDLER(eq) { equality(c, OP_equal); }
HANDLER(ne) { equality(c, OP_not_equal); }

HANDLER(isnan) /* what is not itself */
{
	Var *x = operand_n(c, 0);
	RESULT(NAMED(not_equal, X(x), Y(x)));
}

/* ---- arithmetic ---- */

/* y * alpha, where there is one. */
static Var *
times_alpha(AtenCtx *c, Var *y)
{
	const Tv *alpha = operand_of(c, "alpha");
	if (alpha->kind == TV_NONE || tv_float(c, alpha, "alpha") == 1)
		return y;
	Var *v[2] = {y, tv_var(c, alpha, "alpha")};
	promote(c, v, 2);
	return OP(mul, X(v[0]), Y(v[1]));
}

static Var *
real_part(AtenCtx *c, Var *v)
{
	return is_complex(v) ? OP(complex_real, VAR("data", v)) : v;
}

static Var *
imaginary_part(AtenCtx *c, Var *v)
{
	return is_complex(v) ? OP(complex_imag, VAR("data", v)) : flt(c, 0);
}

static Var *
complex_sum(AtenCtx *c, Var *x, Var *y)
{
	Var *xr = real_part(c, x), *xi = imaginary_part(c, x);
	Var *yr = real_part(c, y), *yi = imaginary_part(c, y);
	Var *re = OP(add, X(xr), Y(yr)), *im = OP(add, X(xi), Y(yi));
	return NAMED(complex, VAR("real_data", re), VAR("imag_data", im));
}

HANDLER(add)
{
	Var *v[2] = {operand_n(c, 0), operand_n(c, 1)};
	v[1] = times_alpha(c, v[1]);
	if (dtype_of(v[0]) == DT_BOOL && dtype_of(v[1]) == DT_BOOL) {
		RESULT(NAMED(logical_or, X(v[0]), Y(v[1])));
	} else if (is_complex(v[0]) || is_complex(v[1])) {
		RESULT(complex_sum(c, v[0], v[1]));
	} else {
		promote(c, v, 2);
		RESULT(NAMED(add, X(v[0]), Y(v[1])));
	}
}

HANDLER(sub)
{
	bool reversed = node_is(c, "rsub");
	Var *v[2] = {operand_n(c, reversed), operand_n(c, !reversed)};
	v[1] = times_alpha(c, v[1]);
	promote(c, v, 2);
	RESULT(NAMED(sub, X(v[0]), Y(v[1])));
}

HANDLER(mul)
{
	Var *v[2];
	pair(c, v);
	if (dtype_of(v[0]) == DT_BOOL && dtype_of(v[1]) == DT_BOOL)
		RESULT(NAMED(logical_and, X(v[0]), Y(v[1])));
	else
		RESULT(NAMED(mul, X(v[0]), Y(v[1])));
}

/* Towards zero: by way of the magnitude. */
static Var *
truncated_quotient(AtenCtx *c, Var *x, Var *y)
{
	Var *q = OP(real_div, X(x), Y(y));
	Var *sign = OP(sign, X(q));
	Var *size = OP(mul, X(q), Y(sign));
	size = OP(floor, X(size));
	return OP(mul, X(size), Y(sign));
}

HANDLER(div)
{
	Var *x = operand_n(c, 0), *y = operand_n(c, 1);
	const char *mode = str_operand(c, "rounding_mode", 0);
	bool whole = dtype_is_int(dtype_of(x)) && dtype_is_int(dtype_of(y));
	x = cast(c, x, DT_FP32);
	y = cast(c, y, DT_FP32);
	if (!mode) {
		RESULT(NAMED(real_div, X(x), Y(y)));
		return;
	}
	Var *q = 0;
	if (strcmp(mode, "floor") == 0)
		q = OP(floor_div, X(x), Y(y));
	else if (strcmp(mode, "trunc") == 0)
		q = truncated_quotient(c, x, y);
	else
		aten_fail(c, "rounding_mode '%s' is not known; it is 'floor' or 'trunc'", mode);
	RESULT(cast_named(c, q, whole ? DT_INT32 : DT_FP32, c->node->name));
}

HANDLER(remainder)
{
	Var *v[2];
	pair(c, v);
	Var *q = PART(floor_div, "_div", X(v[0]), Y(v[1]));
	q = PART(mul, "_div_scaled", X(q), Y(v[1]));
	RESULT(NAMED(sub, X(v[0]), Y(q)));
}

HANDLER(frac)
{
	Var *x = operand_n(c, 0);
	Var *size = OP(abs, X(x));
	size = OP(floor, X(size));
	Var *sign = OP(sign, X(x));
	Var *whole = OP(mul, X(size), Y(sign));
	RESULT(OP(sub, X(x), Y(whole)));
}

HANDLER(neg)
{
	Var *v[2] = {operand_n(c, 0), num(c, -1)};
	promote(c, v, 2);
	RESULT(NAMED(mul, X(v[0]), Y(v[1])));
}

HANDLER(square)
{
	Var *x = operand_n(c, 0);
	RESULT(NAMED(mul, X(x), Y(x)));
}

/* ---- functions ---- */

HANDLER(abs)
{
	Var *x = operand_n(c, 0);
	if (is_complex(x))
		RESULT(NAMED(complex_abs, X(x)));
	else
		RESULT(NAMED(abs, X(x)));
}

HANDLER(round)
{
	if (operand_is_there(c, "decimals"))
		aten_fail(c, "round goes to whole numbers only: in place of decimals multiply by a "
		             "power of ten before, and divide behind it");
	RESULT(NAMED(round, X(operand_n(c, 0))));
}

HANDLER(expm1)
{
	Var *e = OP(exp, X(operand_n(c, 0)));
	RESULT(NAMED(sub, X(e), FLT("y", 1)));
}

HANDLER(log) { RESULT(NAMED(log, X(int_as_float(c, operand_n(c, 0))))); }

HANDLER(log1p)
{
	RESULT(NAMED(log, X(int_as_float(c, operand_n(c, 0))), FLT("epsilon", 1)));
}

static void
log_to_base(AtenCtx *c, double base)
{
	Var *y = OP(log, X(int_as_float(c, operand_n(c, 0))));
	RESULT(OP(mul, X(y), FLT("y", 1 / log(base))));
}
HANDLER(log10) { log_to_base(c, 10); }
HANDLER(log2) { log_to_base(c, 2); }

HANDLER(reciprocal)
{
	RESULT(NAMED(inverse, X(int_as_float(c, operand_n(c, 0))), FLT("epsilon", 0)));
}

/* log(x + sqrt(x*x ± 1)) */
static void
inverse_hyperbolic(AtenCtx *c, Opcode plus_minus)
{
	Var *x = operand_n(c, 0);
	Var *y = OP(mul, X(x), Y(x));
	y = aten_op(c, plus_minus, 0, ARGS(X(y), FLT("y", 1)));
	y = OP(sqrt, X(y));
	y = OP(add, X(x), Y(y));
	RESULT(NAMED(log, X(y)));
}
HANDLER(acosh) { inverse_hyperbolic(c, OP_sub); }
HANDLER(asinh) { inverse_hyperbolic(c, OP_add); }

/* Moves x off zero, to its own side, so that it can be divided by. */
static Var *
off_zero(AtenCtx *c, Var *x, Var *negative)
{
	Var *left = OP(greater, X(x), FLT("y", -1e-8));
	Var *right = OP(less, X(x), FLT("y", 1e-8));
	Var *zero = OP(logical_and, X(left), Y(right));
	zero = cast(c, zero, DT_FP32);
	Var *side = cast(c, negative, DT_FP32);
	side = OP(mul, X(side), FLT("y", 2));
	side = OP(sub, FLT("x", 1), Y(side));
	Var *shift = OP(mul, X(zero), FLT("y", 2e-8));
	shift = OP(mul, X(shift), Y(side));
	return OP(add, X(x), Y(shift));
}

/* The angle of atan(y/x), put right by the quadrant: half a turn is added or taken away on the left
 * side, and straight up and down the result is fixed. */
HANDLER(atan2)
{
	enum { BACK_UP, BACK_DOWN, UP, DOWN };
	const double pi = 3.14159265358979323846;
	Var *y = operand_n(c, 0), *x = operand_n(c, 1);
	if (!dtype_is_float(dtype_of(y)))
		y = cast(c, y, DT_FP32);
	if (!dtype_is_float(dtype_of(x)))
		x = cast(c, x, DT_FP32);
	Var *below = OP(less, X(y), FLT("y", 0)), *above = OP(greater, X(y), FLT("y", 0));
	Var *left = OP(less, X(x), FLT("y", 0)), *middle = OP(equal, X(x), FLT("y", 0));
	Var *not_below = OP(greater_equal, X(y), FLT("y", 0));
	Var *where[4], *by[4], *but[4] = {0};
	where[BACK_UP] = OP(logical_and, X(not_below), Y(left));
	where[BACK_DOWN] = OP(logical_and, X(below), Y(left));
	where[UP] = OP(logical_and, X(above), Y(middle));
	where[DOWN] = OP(logical_and, X(below), Y(middle));
	for (int i = 0; i < 4; i++)
		where[i] = cast(c, where[i], DT_FP32);
	static const double turn[4] = {1, 1, 0.5, -0.5};
	for (int i = 0; i < 4; i++) {
		if (i >= UP)
			but[i] = OP(sub, FLT("x", 1), Y(where[i]));
		by[i] = OP(mul, X(where[i]), FLT("y", turn[i] * pi));
	}
	Var *q = OP(real_div, X(y), Y(off_zero(c, x, left)));
	Var *a = OP(atan, X(q));
	a = OP(add, X(a), Y(by[BACK_UP]));
	a = OP(sub, X(a), Y(by[BACK_DOWN]));
	a = OP(mul, X(a), Y(but[UP]));
	a = OP(add, X(a), Y(by[UP]));
	a = OP(mul, X(a), Y(but[DOWN]));
	RESULT(NAMED(add, X(a), Y(by[DOWN])));
}

/* ---- logic ---- */

static void
logical(AtenCtx *c, Opcode op, Var *x, Var *y)
{
	x = cast(c, x, DT_BOOL);
	y = cast(c, y, DT_BOOL);
	RESULT(aten_op(c, op, c->node->name, ARGS(X(x), Y(y))));
}
HANDLER(logical_and) { logical(c, OP_logical_and, operand_n(c, 0), operand_n(c, 1)); }
HANDLER(logical_or) { logical(c, OP_logical_or, operand_n(c, 0), operand_n(c, 1)); }
HANDLER(logical_xor) { logical(c, OP_logical_xor, operand_n(c, 0), operand_n(c, 1)); }

HANDLER(logical_not)
{
	Var *x = operand_n(c, 0);
	RESULT(NAMED(logical_not, X(as_type(c, x, DT_BOOL))));
}

/* Core ML has no operations on the bits of integers. */
static void
bitwise(AtenCtx *c, Opcode op)
{
	Var *x = operand_n(c, 0), *y = operand_n(c, 1);
	if (dtype_of(x) == DT_BOOL || dtype_of(y) == DT_BOOL)
		logical(c, op, x, y);
	else
		aten_fail(c,
		          "bits of integers cannot be combined in Core ML: one operand must be "
		          "bool, these are %s and %s",
		          dtype_info[dtype_of(x)].mil, dtype_info[dtype_of(y)].mil);
}
HANDLER(bitwise_and) { bitwise(c, OP_logical_and); }
HANDLER(bitwise_or) { bitwise(c, OP_logical_or); }
HANDLER(bitwise_xor) { bitwise(c, OP_logical_xor); }

HANDLER(bitwise_not) /* of an integer: -(x + 1) */
{
	Var *x = operand_n(c, 0);
	if (dtype_is_int(dtype_of(x))) {
		x = OP(add, X(x), INT("y", 1));
		RESULT(NAMED(mul, X(x), INT("y", -1)));
	} else if (dtype_of(x) == DT_BOOL) {
		RESULT(NAMED(logical_not, X(x)));
	} else {
		aten_fail(c, "the bits of %s cannot be inverted; it is for integers and bool",
		          dtype_info[dtype_of(x)].mil);
	}
}

/* ---- limits ---- */

static void
one_limit(AtenCtx *c, Opcode op)
{
	Var *x = operand_n(c, 0), *limit = operand_n(c, 1);
	if (dtype_of(x) != dtype_of(limit))
		aten_fail(c, "the limit is %s where the tensor is %s: use clamp, which converts",
		          dtype_info[dtype_of(limit)].mil, dtype_info[dtype_of(x)].mil);
	RESULT(aten_op(c, op, c->node->name, ARGS(X(x), Y(limit))));
}
HANDLER(clamp_max) { one_limit(c, OP_minimum); }
HANDLER(clamp_min) { one_limit(c, OP_maximum); }

static bool
is_number(const Var *v)
{
	return v && v->val && v->val->count == 1 && v->val->dtype != DT_STRING;
}

HANDLER(clamp)
{
	const double most = 3.4028234663852886e38;
	Var *v[3] = {operand_n(c, 0), operand_or_none(c, "min"), 0};
	if (!v[1])
		v[1] = flt(c, -most);
	v[2] = operand_or_none(c, "max");
	if (!v[2])
		v[2] = flt(c, most);
	promote(c, v, 3);
	Var *x = v[0], *low = v[1], *high = v[2];
	if (is_number(low) && is_number(high) &&
	    tensor_f(low->val, 0) >= tensor_f(high->val, 0)) {
		Var *shape = OP(shape, X(x));
		RESULT(NAMED(fill, VAR("shape", shape), TENSOR("value", high->val)));
	} else if (!is_number(low) || !is_number(high) || !dtype_is_float(dtype_of(x))) {
		x = OP(minimum, X(x), Y(high));
		RESULT(OP(maximum, X(x), Y(low)));
	} else {
		RESULT(OP(clip, X(x), VAR("alpha", low), VAR("beta", high)));
	}
}

/* What is not above the threshold becomes another value. */
HANDLER(threshold)
{
	Var *x = operand(c, "self"), *at = float_var(c, "threshold");
	double value = float_operand(c, "value", 0);
	double limit = float_operand(c, "threshold", 0);
	if (value == limit) {
		RESULT(NAMED(threshold, X(x), VAR("alpha", at)));
		return;
	}
	Var *above = PART(threshold, "_threshold", X(x), VAR("alpha", at));
	Var *below = PART(greater_equal, "_ge", X(at), Y(x));
	below = cast_named(c, below, DT_FP32, PART_NAME("_ge32"));
	below = PART(linear_activation, "_mul", X(below),
	             FLT("alpha", (double)((float)value - (float)limit)), FLT("beta", 0));
	RESULT(NAMED(add, X(below), Y(above)));
}

/* ---- infinities and NaN ---- */

static Var *
replaced_where(AtenCtx *c, Var *data, Var *mask, double value)
{
	Var *where = cast(c, mask, DT_INT32);
	where = OP(non_zero, X(where));
	Var *v = OP(expand_dims, FLT("x", value), LIT("axes", 0));
	Var *shape = OP(shape, X(where));
	Var *reps = value_at(c, shape, 0, 0);
	reps = OP(expand_dims, X(reps), LIT("axes", 0));
	v = OP(tile, X(v), VAR("reps", reps));
	return OP(scatter_nd, VAR("data", data), VAR("indices", where), VAR("updates", v),
	          STR("mode", "update"));
}

static Var *
numbers_of_constant(AtenCtx *c, const Tensor *t, double nan, double most, double least)
{
	Tensor *y = tensor_new(c->arena, t->dtype, t->dim, t->rank);
	for (int64_t i = 0; i < t->count; i++) {
		double v = tensor_f(t, i);
		tensor_set_f(y, i, isnan(v) ? nan : isinf(v) ? (v > 0 ? most : least) : v);
	}
	return aten_const(c, y, 0);
}

HANDLER(nan_to_num)
{
	Var *x = operand_n(c, 0);
	double top = dtype_of(x) == DT_FP16 ? 65504 : 3.4028234663852886e38;
	double nan = float_operand(c, "nan", 0);
	double most = float_operand(c, "posinf", top), least = float_operand(c, "neginf", -top);
	if (x && x->val && dtype_is_float(dtype_of(x))) {
		RESULT(numbers_of_constant(c, x->val, nan, most, least));
		return;
	}
	Var *mask = OP(not_equal, X(x), Y(x));
	Var *y = replaced_where(c, x, mask, nan);
	Var *zero = OP(mul, X(x), FLT("y", 0)); /* of an infinity: NaN */
	Var *infinite = OP(not_equal, X(zero), Y(zero));
	Var *positive = OP(greater, X(x), FLT("y", 0));
	positive = OP(logical_and, X(infinite), Y(positive));
	Var *negative = OP(less, X(x), FLT("y", 0));
	negative = OP(logical_and, X(infinite), Y(negative));
	y = replaced_where(c, y, positive, most);
	RESULT(replaced_where(c, y, negative, least));
}
