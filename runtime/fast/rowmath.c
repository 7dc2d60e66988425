/* rowmath.c: rows of functions for one instruction set; see runtime/rowmath.h. */
#include "row_api.h"
#include "vmath.h"
#include "vmath_angle.h"

/*  as a RowOp, name, of V x */
#define ROWS(F)                                                                                    \
	F(ABS, abs, v_abs(x))                                                                      \
	F(ACOS, acos, D_ROUNDED(acos, x))                                                          \
	F(ACOSH, acosh, D_ROUNDED(acosh, x))                                                       \
	F(ASIN, asin, D_ROUNDED(asin, x))                                                          \
	F(ASINH, asinh, D_ROUNDED(asinh, x))                                                       \
	F(ATAN, atan, D_ROUNDED(atan, x))                                                          \
	F(ATANH, atanh, D_ROUNDED(atanh, x))                                                       \
	F(CBRT, cbrt, D_ROUNDED(cbrt, x))                                                          \
	F(CEIL, ceil, v_ceil(x))                                                                   \
	F(COS, cos, v_cos(x))                                                                      \
	F(COSH, cosh, D_ROUNDED(cosh, x))                                                          \
	F(EXP, exp, v_exp(x))                                                                      \
	F(EXP2, exp2, v_exp2(x))                                                                   \
	F(EXPM1, expm1, v_copysign(D_ROUNDED(expm1, x), x))                                        \
	F(FLOOR, floor, v_floor(x))                                                                \
	F(LOG, log, D_ROUNDED(log, x))                                                             \
	F(LOG10, log10, D_ROUNDED(log10, x))                                                       \
	F(LOG1P, log1p, D_ROUNDED(log1p, x))                                                       \
	F(LOG2, log2, D_ROUNDED(log2, x))                                                          \
	F(RINT, rint, v_rint(x))                                                                   \
	F(SIN, sin, v_sin(x))                                                                      \
	F(SINH, sinh, D_ROUNDED(sinh, x))                                                          \
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
