/* gemm.h: products of matrices. c[i][j] = bias[j] + sum over k of a[i][k] * b[k][j], one chain of
 * fused multiply-adds that begins with the bias (or 0) and goes on with k ascending, whatever the
 * blocks and threads are. Where a has few rows and b's columns are contiguous (a vector times the
 * rows of a weight), each sum has sixteen chains, one for each k mod 16, and v_sum()'s order
 * instead; that depends on m, k and the layout alone.
 *
 * A matrix of many rows is packed into strips: ROWS of a, or COLS of b, for all k.
 */
#ifndef MILC_GEMM_H
#define MILC_GEMM_H

#include "isa.h"

typedef struct Mat { /* a matrix in memory, of floats or halves; strides in elements */
	const void *data;
	int64_t row, col;
	bool half;
} Mat;

typedef struct Gemm {
	int64_t m, n, k;
	Mat a, b;
	const float *packed_a, *packed_b; /* by pack_a(), pack_b(); 0: they are packed on the way */
	const float *bias;                /* n numbers, or 0 */
	void *c; /* fp32, or fp16 when half; rows are `row` elements apart */
	int64_t row;
	bool half;
	bool turned; /* c[i][j] lies at c[j][i], rows of m; the bias has a number for each i */
	int64_t at;  /* of c[0][0] in the result, for the call's chain */
} Gemm;

typedef struct GemmApi {
	size_t (*packed_a)(int64_t m, int64_t k); /* bytes */
	size_t (*packed_b)(int64_t n, int64_t k);
	void (*pack_a)(float *to, Mat a, int64_t m, int64_t k);
	void (*pack_b)(float *to, Mat b, int64_t n, int64_t k);
	/* Makes it the product of the operands turned over, b and then a, where c is so narrow that
	 * this is better; false: it is as it was. */
	bool (*narrow)(Gemm *g);
	bool (*few_rows)(int64_t m, Mat b); /* packing does not pay: packed_… are not looked at */
	/* Scratch of a call with products of this size, `many` of them. */
	void (*scratch)(const Gemm *g, int64_t many, KernelPlan *p);
	/* Does `many` products of one shape; each(ctx, i, g) fills in what differs: pointers, at.
	 */
	void (*run)(const KernelCall *c, const Gemm *shape, int64_t many,
	            void (*each)(const void *ctx, int64_t i, Gemm *g), const void *ctx);
} GemmApi;

extern const GemmApi FAST(gemm_api);

/* Products of doubles, for scripts: the same chains, one thread. */
typedef struct Mat64 {
	const double *data;
	int64_t row, col;
} Mat64;
typedef struct Gemm64Api {
	size_t (*scratch)(int64_t m, int64_t n); /* bytes, aligned to KERNEL_ALIGN */
	void (*run)(int64_t m, int64_t n, int64_t k, Mat64 a, Mat64 b, double *c, void *scratch);
} Gemm64Api;
extern const Gemm64Api FAST(gemm64_api);

#endif
