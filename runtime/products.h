/* products.h: products of matrices by the kernels of this processor, for those who have no ops: one
 * thread, the bits of every processor. c[i][j] is the sum over k of a[i][k] * b[k][j], one chain of
 * fused multiply-adds with k ascending; only where one of m and n is 3 or less may a sum of floats
 * have sixteen chains (fast/gemm.h).
 */
#ifndef MILC_PRODUCTS_H
#define MILC_PRODUCTS_H

#include "base/base.h"

typedef struct NumMat { /* a matrix; strides in elements */
	const void *data;
	int64_t row, col;
} NumMat;

/* c is contiguous. */
void product_floats(float *c, NumMat a, NumMat b, int64_t m, int64_t k, int64_t n);
void product_doubles(double *c, NumMat a, NumMat b, int64_t m, int64_t k, int64_t n);

#endif
