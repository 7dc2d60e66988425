/* rowmath.c: rows of functions for one instruction set; see runtime/rowmath.h. */
#include "row_api.h"
#include "vmath.h"
#include "vmath_angle.h"

/*  as a RowOp, name, of V x */
#define ROWS(F)                                                                                    \
	F(ABS, abs, v_abs(x))                                                                      \
	F(ACOS, acos, v_of(d_acos(d_of(x))))                                                       \
	F(ACOSH, acosh, v_of(d_acosh(d_of(x))))                                                    \
	F(ASIN, asin, v_of(d_asin(d_of(x))))                                                       \
	F(ASINH, asinh, v_of(d_asinh(d_of(x))))                                                    \
	F(ATAN, atan, v_of(d_atan(d_of(x))))                                                       \
	F(ATANH, atanh, v_of(d_atanh(d_of(x))))                                                    \
	F(CBRT, cbrt, v_of(d_cbrt(d_of(x))))                                                       \
	F(CEIL, ceil, v_ceil(x))                                                                   \
	F(COS, cos, v_cos(x))                                                                      \
	F(COSH, cosh, v_of(d_cosh(d_of(x))))                                                       \
	F(EXP, exp, v_exp(x))                                                                      \
	F(EXP2, exp2, v_exp2(x))                                                                   \
	F(EXPM1, expm1, v_copysign(v_of(d_expm1(d_of(x))), x))                                     \
	F(FLOOR, floor, v_floor(x))                                                                \
	F(LOG, log, v_of(d_log(d_of(x))))                                                          \
	F(LOG10, log10, v_of(d_log10(d_of(x))))                                                    \
	F(LOG1P, log1p, v_of(d_log1p(d_of(x))))                                                    \
	F(LOG2, log2, v_of(d_log2(d_of(x))))                                                       \
	F(RINT, rint, v_rint(x))                                                                   \
	F(SIN, sin, v_sin(x))                                                                      \
	F(SINH, sinh, v_of(d_sinh(d_of(x))))                                                       \
	F(SQRT, sqrt, v_sqrt(x))                                                                   \
	F(TAN, tan, v_tan(x))                                                                      \
	F(TANH, tanh, v_tanh(x))                                                                   \
	F(TRUNC, trunc, v_trunc(x))

#define ROW(OP, name, f)                                                                           \
	static void row_##name(float *to, const float *from, size_t n)                             \
	{                                                                                          \
		for (size_t i = 0; i < n; i += LANES) {                                            \
			bool all = n - i >= LANES;                                                 \
			V x = all ? v_load(from + i) : v_load_n(from + i, n - i), r = f;           \
			if (all)                                                                   \
				v_store(to + i, r);                                                \
			else                                                                       \
				v_store_n(to + i, r, n - i);                                       \
		}                                                                                  \
	}
ROWS(ROW)
#undef ROW

const RowApi FAST(row_api) = {{
#define ROW(OP, name, f) [ROW_##OP] = row_##name,
    ROWS(ROW)
#undef ROW
}};
