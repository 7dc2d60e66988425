/* nd_decompose.h: what the decompositions of nd_decompose.c and nd_svd.c share: rotations,
 * reflections, stacks of matrices of doubles. Matrices lie row by row. Vectors that rotations and
 * reflections change are rows, too: sets of them are called rows here.
 */
#ifndef MILC_ND_DECOMPOSE_H
#define MILC_ND_DECOMPOSE_H

#include "nd_impl.h"

#define ND_EPS      0x1p-53 /* the largest relative error of one rounding */
#define ND_SMALLEST 0x1p-1022

typedef struct Rotation {
	double c, s, r; /* [c s; -s c] [f; g] = [r; 0] */
} Rotation;
Rotation nd_rotation(double f, double g);
/* Rows of n: x = c x + s y, y = c y - s x. */
void nd_rotate(double *x, double *y, int64_t n, double c, double s);
/* Rows i and k, of n, change places. */
void nd_swap(double *row, int64_t n, int64_t i, int64_t k);

/* Reflections I - tau v v', where v[0] is 1. nd_reflection: that which leaves only x[0] of x[0..n);
 * v lies in x behind it; gives tau. */
double nd_reflection(double *x, int64_t step, int64_t n);
void nd_reflect(double tau, const double *v, int64_t step, int64_t n, double *y, int64_t ystep);
typedef struct Reflections { /* a set of them in a matrix */
	const double *at, *tau;
	int64_t step, each; /* from an entry to the next; from one reflection to the next */
	int64_t count, length, first; /* of the first; which entry of a row that is */
} Reflections;
/* Each row becomes H1 H2 … row. */
void nd_reflect_rows(const Reflections *h, double *row, int64_t width, int64_t count);
/* a[m][n] becomes R, with the reflections below its diagonal. */
Reflections nd_triangular(double *a, int64_t m, int64_t n, double *tau);
void nd_identity(double *row, int64_t width, int64_t count);        /* of zeros */
void nd_turn(double *to, const double *from, int64_t m, int64_t n); /* to = from' */

typedef struct Stack { /* a copy: contiguous matrices m x n */
	Nd nd;
	int64_t m, n, least, count;
} Stack;
bool nd_stack_of(Stack *s, const Nd *a, NdErr *err);
/* out[0..count): stacks of m x n (n < 0: vectors) beside a; none, and no s, where it fails. */
bool nd_results(Nd *out, int count, Stack *s, const Nd *a, const int64_t (*size)[2], NdErr *err);
static inline double *
nd_matrix(const Nd *a, int64_t i, int64_t size)
{
	return (double *)(void *)a->data + i * size;
}

#endif
