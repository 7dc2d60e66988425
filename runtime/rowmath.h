/* rowmath.h: functions of many floats at a time, for callers that know no ops: the kernels'
 * arithmetic (fast/vmath_d.h), the same bits on every processor.
 *
 * What has no exact result is computed in double, to 2^-34 of it, and rounded once: about one float
 * in a thousand is the neighbour of the nearest.
 */
#ifndef MILC_ROWMATH_H
#define MILC_ROWMATH_H

#include <stddef.h>

typedef enum RowOp { ROW_ABS, ROW_EXP, ROW_RINT, ROW_SQRT, ROW_TANH, ROW_COUNT } RowOp;

/* to[i] = f(x[i]), 0 <= i < n; `to` may be x. */
typedef void RowFn(float *to, const float *x, size_t n);
typedef struct RowApi {
	RowFn *fn[ROW_COUNT];
} RowApi;

RowFn *row_function(RowOp op); /* of this processor */

#endif
