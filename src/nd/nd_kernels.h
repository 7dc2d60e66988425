/* nd_kernels.h: the inner rows of elementwise operations. A kernel reads strided elements (of any
 * alignment) and writes contiguous ones. There are none for float16: rows of it are widened to
 * float32 and rounded back, which is also what NumPy computes.
 */
#ifndef MILC_ND_KERNELS_H
#define MILC_ND_KERNELS_H

#include "nd_impl.h"

typedef void NdKernel2(char *o, const char *a, int64_t sa, const char *b, int64_t sb, int64_t n);
typedef void NdKernel1(char *o, const char *a, int64_t sa, int64_t n);

/* 0: there is none. t is a base type; of float16 the one of float32. */
NdKernel2 *nd_kernel(NdBin op, DType t);
NdKernel2 *nd_kernel_int(NdBin op, DType t); /* also bool */
NdKernel2 *nd_kernel_float(NdBin op, DType t);
/* int64 compared with uint64, exactly; NB_LT and on. */
NdKernel2 *nd_kernel_mixed(NdBin op);
NdKernel1 *nd_kernel_unary(NdUn op, DType t);
/* Of complex128. */
NdKernel2 *nd_kernel_complex(NdBin op);
NdKernel1 *nd_kernel_complex_unary(NdUn op);

/* acc = acc op each of n elements of type t (float16 too); nd_reduce.c. */
void nd_fold_row(NdKernel2 *k, DType t, char *acc, const char *p, int64_t step, int64_t n);

/* One loop for steps that are known, so that it works on several elements at once. */
#define ND_EACH2(T, R, A, SA, B, SB, expr)                                                         \
	for (int64_t i = 0; i < n; i++) {                                                          \
		T x, y;                                                                            \
		R w;                                                                               \
		memcpy(&x, A + i * (SA), sizeof x);                                                \
		memcpy(&y, B + i * (SB), sizeof y);                                                \
		w = (R)(expr);                                                                     \
		memcpy(o + (size_t)i * sizeof w, &w, sizeof w);                                    \
	}
/* Rows, a row and a number, and the rest. */
#define ND_ROW2(NAME, T, R, expr)                                                                  \
	static void NAME(char *o, const char *a, int64_t sa, const char *b, int64_t sb, int64_t n) \
	{                                                                                          \
		const int64_t size = (int64_t)sizeof(T);                                           \
		char one[sizeof(T)];                                                               \
                                                                                                   \
		if (n > 0)                                                                         \
			memcpy(one, sa ? b : a, sizeof one);                                       \
		if (sa == size && sb == size)                                                      \
			ND_EACH2(T, R, a, size, b, size, expr)                                     \
		else if (sa == size && sb == 0)                                                    \
			ND_EACH2(T, R, a, size, one, 0, expr)                                      \
		else if (sa == 0 && sb == size)                                                    \
			ND_EACH2(T, R, one, 0, b, size, expr)                                      \
		else                                                                               \
			ND_EACH2(T, R, a, sa, b, sb, expr)                                         \
	}
/* The kernels fn_INT8 … of a table by element type. */
#define ND_INT_ROW(fn)                                                                             \
	{[DT_INT8] = fn##_INT8,     [DT_INT16] = fn##_INT16,  [DT_INT32] = fn##_INT32,             \
	 [DT_INT64] = fn##_INT64,   [DT_UINT8] = fn##_UINT8,  [DT_UINT16] = fn##_UINT16,           \
	 [DT_UINT32] = fn##_UINT32, [DT_UINT64] = fn##_UINT64}
#define ND_COMPARE(ID, T)                                                                          \
	ND_ROW2(lt_##ID, T, uint8_t, x < y)                                                        \
	ND_ROW2(le_##ID, T, uint8_t, x <= y)                                                       \
	ND_ROW2(eq_##ID, T, uint8_t, x == y)                                                       \
	ND_ROW2(ne_##ID, T, uint8_t, x != y)                                                       \
	ND_ROW2(gt_##ID, T, uint8_t, x > y)                                                        \
	ND_ROW2(ge_##ID, T, uint8_t, x >= y)
#define ND_EACH1(T, R, SA, ...)                                                                    \
	for (int64_t i = 0; i < n; i++) {                                                          \
		T x;                                                                               \
		R w;                                                                               \
		memcpy(&x, a + i * (SA), sizeof x);                                                \
		w = (R)(__VA_ARGS__);                                                              \
		memcpy(o + (size_t)i * sizeof w, &w, sizeof w);                                    \
	}
#define ND_ROW1(NAME, T, R, ...)                                                                   \
	static void NAME(char *o, const char *a, int64_t sa, int64_t n)                            \
	{                                                                                          \
		if (sa == (int64_t)sizeof(T))                                                      \
			ND_EACH1(T, R, (int64_t)sizeof(T), __VA_ARGS__)                            \
		else                                                                               \
			ND_EACH1(T, R, sa, __VA_ARGS__)                                            \
	}

#endif
