/* test_products.c: products of matrices without ops: the bits of a chain of fused multiply-adds
 * with each instruction set that this processor has.
 */
#include "runtime/products.h"
#include "runtime/fast/gemm.h"
#include "check.h"

#include <math.h>

typedef struct Shape {
	int64_t m, k, n;
	bool turn_a, turn_b;
} Shape;

static const Shape shapes[] = {
    {1, 1, 1, 0, 0},      {7, 300, 5, 0, 0},  {50, 257, 33, 1, 0}, {64, 20, 7, 0, 1},
    {13, 600, 300, 0, 0}, {5, 30, 700, 1, 1}, {40, 0, 30, 0, 0},   {300, 40, 8, 1, 1},
};

static double
number(void)
{
	static uint32_t s = 1;

	s = s * 1664525 + 1013904223;
	return (double)(int32_t)s / 2147483648.0;
}

static NumMat
matrix(const void *data, int64_t rows, int64_t cols, bool turn)
{
	return turn ? (NumMat){data, 1, rows} : (NumMat){data, cols, 1};
}

static void
test_doubles(const Shape *s)
{
	size_t na = (size_t)(s->m * s->k), nb = (size_t)(s->k * s->n), nc = (size_t)(s->m * s->n);
	double *a = xmalloc((na + 1) * sizeof *a), *b = xmalloc((nb + 1) * sizeof *b);
	double *c = xmalloc(nc * sizeof *c), *want = xcalloc(nc, sizeof *want);
	NumMat x = matrix(a, s->m, s->k, s->turn_a), y = matrix(b, s->k, s->n, s->turn_b);
	const Isa *isa;

	for (size_t i = 0; i < na; i++)
		a[i] = number();
	for (size_t i = 0; i < nb; i++)
		b[i] = number();
	for (int64_t i = 0; i < s->m; i++)
		for (int64_t j = 0; j < s->n; j++)
			for (int64_t k = 0; k < s->k; k++)
				want[i * s->n + j] =
				    fma(a[i * x.row + k * x.col], b[k * y.row + j * y.col],
				        want[i * s->n + j]);
	product_doubles(c, x, y, s->m, s->k, s->n);
	CHECK(memcmp(c, want, nc * sizeof *c) == 0);
	for (uint32_t i = 0; (isa = isa_list(i)); i++) {
		void *work = xmalloc(isa->gemm64->scratch(s->m, s->n));
		memset(c, 1, nc * sizeof *c);
		isa->gemm64->run(s->m, s->n, s->k, (Mat64){a, x.row, x.col},
		                 (Mat64){b, y.row, y.col}, c, work);
		CHECK(memcmp(c, want, nc * sizeof *c) == 0);
		xfree(work);
	}
	xfree(a);
	xfree(b);
	xfree(c);
	xfree(want);
}

static void
test_floats(const Shape *s)
{
	size_t na = (size_t)(s->m * s->k), nb = (size_t)(s->k * s->n), nc = (size_t)(s->m * s->n);
	float *a = xmalloc((na + 1) * sizeof *a), *b = xmalloc((nb + 1) * sizeof *b);
	float *c = xmalloc(nc * sizeof *c), *want = xcalloc(nc, sizeof *want);
	NumMat x = matrix(a, s->m, s->k, s->turn_a), y = matrix(b, s->k, s->n, s->turn_b);

	for (size_t i = 0; i < na; i++)
		a[i] = (float)number();
	for (size_t i = 0; i < nb; i++)
		b[i] = (float)number();
	for (int64_t i = 0; i < s->m; i++)
		for (int64_t j = 0; j < s->n; j++)
			for (int64_t k = 0; k < s->k; k++)
				want[i * s->n + j] =
				    fmaf(a[i * x.row + k * x.col], b[k * y.row + j * y.col],
				         want[i * s->n + j]);
	product_floats(c, x, y, s->m, s->k, s->n);
	CHECK(memcmp(c, want, nc * sizeof *c) == 0);
	xfree(a);
	xfree(b);
	xfree(c);
	xfree(want);
}

int
main(void)
{
	for (size_t i = 0; i < countof(shapes); i++) {
		test_doubles(&shapes[i]);
		test_floats(&shapes[i]);
	}
	return check_report();
}
