/* nd_kernels_float.c: rows on float32 and float64. float32 functions without an exact result go
 * through double and are rounded once.
 */
#include "nd_kernels.h"

#include "runtime/rowmath.h"

#include <math.h>

/* Quotient rounded down and remainder with the divisor's sign, from fmod, as Python and NumPy
 * agree on. */
#define DIVISION(T, FLOOR_DIV, MOD, fmod, copysign, floor)                                         \
	static T FLOOR_DIV(T x, T y)                                                               \
	{                                                                                          \
		T mod, div, down;                                                                  \
                                                                                                   \
		if (y == 0)                                                                        \
			return x / y;                                                              \
		mod = fmod(x, y);                                                                  \
		div = (x - mod) / y;                                                               \
		if (mod != 0 && (y < 0) != (mod < 0))                                              \
			div -= 1;                                                                  \
		if (div == 0)                                                                      \
			return copysign(0, x / y);                                                 \
		down = floor(div);                                                                 \
		return div - down > (T)0.5 ? down + 1 : down;                                      \
	}                                                                                          \
	static T MOD(T x, T y)                                                                     \
	{                                                                                          \
		T mod = fmod(x, y);                                                                \
                                                                                                   \
		if (y == 0)                                                                        \
			return mod;                                                                \
		if (mod == 0)                                                                      \
			return copysign(0, y);                                                     \
		return (y < 0) != (mod < 0) ? mod + y : mod;                                       \
	}
DIVISION(double, floor_div, float_mod, fmod, copysign, floor)
DIVISION(float, floor_div_f, float_mod_f, fmodf, copysignf, floorf)

/* NumPy squares, takes the root and so on where the exponent is such a constant. */
static double
power(double x, double y)
{
	return y == 2 ? x * x : y == 1 ? x : y == 0.5 ? sqrt(x) : y == -1 ? 1 / x : pow(x, y);
}

static float
power_f(float x, float y)
{
	return y == 2 ? x * x : y == 0.5f ? sqrtf(x) : y == -1 ? 1 / x : powf(x, y);
}

/* With a step of Newton's, so that the root of 27 is 3. */
static double
cube_root(double x)
{
	double y = cbrt(x);

	return y == 0 || !isfinite(y) ? y : y - (y * y * y - x) / (3 * y * y);
}

#define ARITH(ID, T, FDIV, MOD, POW, ATAN2)                                                        \
	ND_ROW2(add_##ID, T, T, x + y)                                                             \
	ND_ROW2(sub_##ID, T, T, x - y)                                                             \
	ND_ROW2(mul_##ID, T, T, x *y)                                                              \
	ND_ROW2(div_##ID, T, T, x / y)                                                             \
	ND_ROW2(fdiv_##ID, T, T, FDIV(x, y))                                                       \
	ND_ROW2(mod_##ID, T, T, MOD(x, y))                                                         \
	ND_ROW2(pow_##ID, T, T, POW(x, y))                                                         \
	ND_ROW2(max_##ID, T, T, x >= y || x != x ? x : y)                                          \
	ND_ROW2(min_##ID, T, T, x <= y || x != x ? x : y)                                          \
	ND_ROW2(atan2_##ID, T, T, ATAN2(x, y))                                                     \
	ND_ROW2(hypot_##ID, T, T, hypot(x, y))                                                     \
	ND_ROW2(copysign_##ID, T, T, copysign(x, y))                                               \
	ND_COMPARE(ID, T)
ARITH(FP32, float, floor_div_f, float_mod_f, power_f, atan2)
ARITH(FP64, double, floor_div, float_mod, power, atan2)

NdKernel2 *
nd_kernel_float(NdBin op, DType t)
{
	static NdKernel2 *const table[NB_COUNT][2] = {
#define ROW(OP, fn) [OP] = {fn##_FP32, fn##_FP64}
	    ROW(NB_ADD, add),       ROW(NB_SUB, sub),
	    ROW(NB_MUL, mul),       ROW(NB_DIV, div),
	    ROW(NB_FLOORDIV, fdiv), ROW(NB_MOD, mod),
	    ROW(NB_POW, pow),       ROW(NB_MAXIMUM, max),
	    ROW(NB_MINIMUM, min),   ROW(NB_ATAN2, atan2),
	    ROW(NB_LT, lt),         ROW(NB_LE, le),
	    ROW(NB_HYPOT, hypot),   ROW(NB_COPYSIGN, copysign),
	    ROW(NB_EQ, eq),         ROW(NB_NE, ne),
	    ROW(NB_GT, gt),         ROW(NB_GE, ge),
#undef ROW
	};

	return table[op][t == DT_FP64];
}

/* ---- one operand ---- */
#define SIGN(x) (x != x ? x : x > 0 ? 1 : x < 0 ? -1 : 0)

/*  NumPy op     name       expression for float, for double */
#define FLOAT_UNARY(F)                                                                             \
	F(NU_NEG, neg, -x, -x)                                                                     \
	F(NU_POS, pos, x, x)                                                                       \
	F(NU_SIGN, sign, SIGN(x), SIGN(x))                                                         \
	F(NU_SQUARE, square, x *x, x *x)                                                           \
	F(NU_RECIPROCAL, recip, 1 / x, 1 / x)
/*  those of which float rows go sixteen at a time */
#define FLOAT_ROW(F)                                                                               \
	F(NU_ABS, abs, ROW_ABS, fabs(x))                                                           \
	F(NU_ACOS, acos, ROW_ACOS, acos(x))                                                        \
	F(NU_ACOSH, acosh, ROW_ACOSH, acosh(x))                                                    \
	F(NU_ASIN, asin, ROW_ASIN, asin(x))                                                        \
	F(NU_ASINH, asinh, ROW_ASINH, asinh(x))                                                    \
	F(NU_ATAN, atan, ROW_ATAN, atan(x))                                                        \
	F(NU_ATANH, atanh, ROW_ATANH, atanh(x))                                                    \
	F(NU_CBRT, cbrt, ROW_CBRT, cube_root(x))                                                   \
	F(NU_CEIL, ceil, ROW_CEIL, ceil(x))                                                        \
	F(NU_COS, cos, ROW_COS, cos(x))                                                            \
	F(NU_COSH, cosh, ROW_COSH, cosh(x))                                                        \
	F(NU_EXP, exp, ROW_EXP, exp(x))                                                            \
	F(NU_EXP2, exp2, ROW_EXP2, exp2(x))                                                        \
	F(NU_EXPM1, expm1, ROW_EXPM1, expm1(x))                                                    \
	F(NU_FLOOR, floor, ROW_FLOOR, floor(x))                                                    \
	F(NU_LOG, log, ROW_LOG, log(x))                                                            \
	F(NU_LOG10, log10, ROW_LOG10, log10(x))                                                    \
	F(NU_LOG1P, log1p, ROW_LOG1P, log1p(x))                                                    \
	F(NU_LOG2, log2, ROW_LOG2, log2(x))                                                        \
	F(NU_RINT, rint, ROW_RINT, rint(x))                                                        \
	F(NU_SIN, sin, ROW_SIN, sin(x))                                                            \
	F(NU_SINH, sinh, ROW_SINH, sinh(x))                                                        \
	F(NU_SQRT, sqrt, ROW_SQRT, sqrt(x))                                                        \
	F(NU_TAN, tan, ROW_TAN, tan(x))                                                            \
	F(NU_TANH, tanh, ROW_TANH, tanh(x))                                                        \
	F(NU_TRUNC, trunc, ROW_TRUNC, trunc(x))

static void
float_row(RowOp op, char *o, const char *a, int64_t sa, int64_t n)
{
	RowFn *f = row_function(op);
	float x[64];
	size_t k;

	if (sa == (int64_t)sizeof *x && ((uintptr_t)o | (uintptr_t)a) % _Alignof(float) == 0) {
		f((float *)(void *)o, (const float *)(const void *)a, (size_t)n);
		return;
	}
	for (; n > 0; n -= (int64_t)k, o += k * sizeof *x) {
		k = (size_t)MIN(n, (int64_t)(sizeof x / sizeof *x));
		for (size_t i = 0; i < k; i++, a += sa)
			memcpy(&x[i], a, sizeof *x);
		f(x, x, k);
		memcpy(o, x, k * sizeof *x);
	}
}
#define DEFINE(OP, name, f, d)                                                                     \
	static void name##_FP32(char *o, const char *a, int64_t sa, int64_t n)                     \
	{                                                                                          \
		float_row(f, o, a, sa, n);                                                         \
	}                                                                                          \
	ND_ROW1(name##_FP64, double, double, d)
FLOAT_ROW(DEFINE)
#undef DEFINE
#define DEFINE(OP, name, f, d)                                                                     \
	ND_ROW1(name##_FP32, float, float, f)                                                      \
	ND_ROW1(name##_FP64, double, double, d)
FLOAT_UNARY(DEFINE)
#undef DEFINE

#define FLOAT_TESTS(T, ID)                                                                         \
	ND_ROW1(isnan_##ID, T, uint8_t, x != x)                                                    \
	ND_ROW1(isinf_##ID, T, uint8_t, isinf(x) != 0)                                             \
	ND_ROW1(finite_##ID, T, uint8_t, isfinite(x) != 0)                                         \
	ND_ROW1(not_##ID, T, uint8_t, x == 0)
FLOAT_TESTS(float, FP32)
FLOAT_TESTS(double, FP64)

#define INT_UNARY(ID, T)                                                                           \
	ND_ROW1(neg_##ID, T, T, 0 - (uint64_t)x)                                                   \
	ND_ROW1(pos_##ID, T, T, x)                                                                 \
	ND_ROW1(inv_##ID, T, T, ~x)                                                                \
	ND_ROW1(abs_##ID, T, T, x < (T)1 && x ? 0 - (uint64_t)x : (uint64_t)x)                     \
	ND_ROW1(sign_##ID, T, T, x < (T)1 && x ? -1 : x != 0)                                      \
	ND_ROW1(square_##ID, T, T, (uint64_t)x *(uint64_t)x)                                       \
	ND_ROW1(recip_##ID, T, T, x == 0 ? 0 : x == (T)1 || x == (T)-1 ? x : 0)                    \
	ND_ROW1(no_##ID, T, uint8_t, (void)x, 0)                                                   \
	ND_ROW1(yes_##ID, T, uint8_t, (void)x, 1)                                                  \
	ND_ROW1(not_##ID, T, uint8_t, x == 0)
ND_INTS(INT_UNARY)
ND_ROW1(pos_BOOL, uint8_t, uint8_t, x != 0)
ND_ROW1(not_BOOL, uint8_t, uint8_t, !x)
ND_ROW1(no_BOOL, uint8_t, uint8_t, (void)x, 0)
ND_ROW1(yes_BOOL, uint8_t, uint8_t, (void)x, 1)

static NdKernel1 *
kernel_float1(NdUn op, DType t)
{
	static NdKernel1 *const table[NU_COUNT][2] = {
#define ROW(OP, name, f, d) [OP] = {name##_FP32, name##_FP64},
	    FLOAT_UNARY(ROW) FLOAT_ROW(ROW)
#undef ROW
	        [NU_ISNAN] = {isnan_FP32, isnan_FP64},
	    [NU_ISINF] = {isinf_FP32, isinf_FP64},
	    [NU_ISFINITE] = {finite_FP32, finite_FP64},
	    [NU_NOT] = {not_FP32, not_FP64},
	};

	return table[op][t == DT_FP64];
}

NdKernel1 *
nd_kernel_unary(NdUn op, DType t)
{
	static NdKernel1 *const table[NU_COUNT][DT_COUNT] = {
#define ROW(OP, fn) [OP] = ND_INT_ROW(fn)
	    ROW(NU_NEG, neg),          ROW(NU_POS, pos),   ROW(NU_INVERT, inv),
	    ROW(NU_ABS, abs),          ROW(NU_SIGN, sign), ROW(NU_SQUARE, square),
	    ROW(NU_FLOOR, pos),        ROW(NU_CEIL, pos),  ROW(NU_TRUNC, pos),
	    ROW(NU_RECIPROCAL, recip), ROW(NU_ISNAN, no),  ROW(NU_ISINF, no),
	    ROW(NU_ISFINITE, yes),     ROW(NU_NOT, not ),
#undef ROW
	};
	static NdKernel1 *const bools[NU_COUNT] = {
	    [NU_INVERT] = not_BOOL, [NU_ABS] = pos_BOOL,   [NU_FLOOR] = pos_BOOL,
	    [NU_CEIL] = pos_BOOL,   [NU_TRUNC] = pos_BOOL, [NU_ISNAN] = no_BOOL,
	    [NU_ISINF] = no_BOOL,   [NU_NOT] = not_BOOL,   [NU_ISFINITE] = yes_BOOL,
	};

	if (t == DT_FP32 || t == DT_FP64)
		return kernel_float1(op, t);
	return t == DT_BOOL ? bools[op] : table[op][t];
}
