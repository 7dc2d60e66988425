/* elementwise.h: loops over elements and over broadcast operands.
 *
 * Kernels see chunks of numbers as double (or, where integers must wrap, as int64); loading widens
 * and storing rounds once, so that a kernel is its formula and nothing else.
 */
#ifndef MILC_ELEMENTWISE_H
#define MILC_ELEMENTWISE_H

#include "evals.h"

enum { EW_CHUNK = 512 };

/* Elements [at, at+n) of t (its data given), or element at n times when step is 0. */
void ew_load(double *dst, const Tensor *t, const void *data, int64_t at, int step, size_t n);
void ew_load_int(int64_t *dst, const Tensor *t, const void *data, int64_t at, int step, size_t n);
/* Rounds to t's type. Integers: truncated; what does not fit and NaN become the least int32. */
void ew_store(Tensor *t, int64_t at, const double *src, size_t n);
void ew_store_int(Tensor *t, int64_t at, const int64_t *src, size_t n); /* wraps */

/* Up to three operands broadcast together: hands out runs of elements that lie in a row. */
typedef struct Broadcast {
	int rank, noperand;
	int64_t dim[TENSOR_MAX_RANK];                       /* of the result */
	int crank;                                          /* after joining dimensions */
	int64_t cdim[TENSOR_MAX_RANK], stride[3][TENSOR_MAX_RANK], at[TENSOR_MAX_RANK];
	int64_t off[3], count, left;
} Broadcast;
bool broadcast_init(Broadcast *b, Eval *e, const Tensor *const *t, int n);
/* The next run of at most `max` elements: its length (0 at the end), where it starts in each
 * operand, and 0 or 1 for how each operand goes on. */
size_t broadcast_next(Broadcast *b, size_t max, int64_t *off, int *step);

/* y = f(x) with parameters a and b from the operands of those names (ARG_none: none). `g` is the
 * formula for int32 where doubles would not do; may be 0. */
typedef void EwUnary(double *v, size_t n, double a, double b);
typedef void EwUnaryInt(int64_t *v, size_t n, double a, double b);
bool ew_unary(Eval *e, EwUnary *f, EwUnaryInt *g, ArgName a, ArgName b);

/* A function of the two types above from a formula in x, a and b, of elements of type T. */
#define EW_FORMULA(name, T, formula)                                                               \
	static void name(T *v, size_t n, double a, double b)                                       \
	{                                                                                          \
		(void)a, (void)b;                                                                  \
		for (size_t i = 0; i < n; i++) {                                                   \
			T x = v[i];                                                                \
			v[i] = (formula);                                                          \
		}                                                                                  \
	}
/* The evaluator of an op that is one formula. */
#define EW_UNARY(name, pa, pb, formula)                                                            \
	EW_FORMULA(name##_all, double, formula)                                                    \
	bool eval_##name(Eval *e)                                                                  \
	{                                                                                          \
		return ew_unary(e, name##_all, NULL, pa, pb);                                      \
	}

/* The larger and the smaller one, or x when it is no number. */
static inline double
ew_max(double x, double y)
{
	return x >= y || x != x ? x : y;
}
static inline double
ew_min(double x, double y)
{
	return x <= y || x != x ? x : y;
}

#endif
