/* rowmath.h: functions of many floats at a time, for callers that know no ops: the kernels'
 * arithmetic, the same bits on every processor. exp, exp2 and tanh are within 1 ulp
 * (fast/vmath.h); other functions without exact results are computed in double and rounded once
 * (fast/vmath_d.h).
 */
#ifndef MILC_ROWMATH_H
#define MILC_ROWMATH_H

#include <stddef.h>

typedef enum RowOp {
	ROW_ABS,
	ROW_ACOS,
	ROW_ACOSH,
	ROW_ASIN,
	ROW_ASINH,
	ROW_ATAN,
	ROW_ATANH,
	ROW_CBRT,
	ROW_CEIL,
	ROW_COS,
	ROW_COSH,
	ROW_EXP,
	ROW_EXP2,
	ROW_EXPM1,
	ROW_FLOOR,
	ROW_LOG,
	ROW_LOG10,
	ROW_LOG1P,
	ROW_LOG2,
	ROW_RINT,
	ROW_SIN,
	ROW_SINH,
	ROW_SQRT,
	ROW_TAN,
	ROW_TANH,
	ROW_TRUNC,
	ROW_COUNT
} RowOp;

/* to[i] = f(x[i]), 0 <= i < n; `to` may be x. */
typedef void RowFn(float *to, const float *x, size_t n);
typedef struct RowApi {
	RowFn *fn[ROW_COUNT];
} RowApi;

RowFn *row_function(RowOp op); /* of this processor */

#endif
