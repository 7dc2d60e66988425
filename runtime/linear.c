/* linear.c: linear, matmul and einsum, all made of products of strided matrices. Operands are
 * packed into rows of float (or int32, when both are ints) once per matrix; the kernel adds up a
 * few rows of the result at a time in double, so that each row of the right operand is read once
 * for all of them. Ints wrap.
 */
#include "elementwise.h"

enum { ROWS = 4, COLS = 256 };

/* A matrix inside a tensor: where it starts and how far its rows and columns are apart. */
typedef struct Matrix {
	const Tensor *t;
	const void *data;
	int64_t at, row, col;
} Matrix;

typedef struct Product {
	int64_t m, k, n;      /* (m, k) times (k, n) */
	bool ints;
	void *a, *b;          /* packed operands, float or int32 */
	int64_t a_at, b_at;   /* where they were packed from; -1: not yet */
	const double *bias;   /* one per column, or 0 */
	Tensor *out;
} Product;

static void
product_init(Product *p, int64_t m, int64_t k, int64_t n, const Tensor *x, const Tensor *y,
             Tensor *out)
{
	*p = (Product){.m = m, .k = k, .n = n, .a_at = -1, .b_at = -1, .out = out};
	p->ints = !dtype_is_float(x->dtype) && !dtype_is_float(y->dtype);
	p->a = xcalloc((size_t)MAX(m * k, 1), 4);
	p->b = xcalloc((size_t)MAX(k * n, 1), 4);
}

static void
product_free(Product *p)
{
	xfree(p->a);
	xfree(p->b);
}

/* n elements from `at` on, as float or int32 that lie `step` apart. */
static void
pack_line(const Product *p, const Matrix *m, int64_t at, void *dst, int64_t step, int64_t n)
{
	double v[EW_CHUNK];

	for (int64_t i = 0; i < n; i += EW_CHUNK) {
		int64_t k = MIN(n - i, EW_CHUNK);
		ew_load(v, m->t, m->data, at + i, 1, (size_t)k);
		for (int64_t j = 0; p->ints && j < k; j++)
			((int32_t *)dst)[(i + j) * step] = (int32_t)v[j];
		for (int64_t j = 0; !p->ints && j < k; j++)
			((float *)dst)[(i + j) * step] = (float)v[j];
	}
}

/* Elements of the matrix row after row; one of its two strides is 1. */
static void
pack(const Product *p, const Matrix *m, void *dst, int64_t rows, int64_t cols)
{
	char *to = dst;

	if (m->col == 1)
		for (int64_t i = 0; i < rows; i++)
			pack_line(p, m, m->at + i * m->row, to + 4 * i * cols, 1, cols);
	else
		for (int64_t j = 0; j < cols; j++)
			pack_line(p, m, m->at + j * m->col, to + 4 * j, cols, rows);
}

/* Rows [i, i+h) and columns [j, j+w) of the product into acc. */
#define KERNEL(name, T, A)                                                                         \
	static void name(const Product *p, int64_t i, int h, int64_t j, int w, A acc[ROWS][COLS])  \
	{                                                                                          \
		for (int64_t k = 0; k < p->k; k++) {                                               \
			const T *b = (const T *)p->b + k * p->n + j;                               \
			for (int r = 0; r < h; r++) {                                              \
				A a = (A)((const T *)p->a)[(i + r) * p->k + k];                    \
				for (int c = 0; c < w; c++)                                        \
					acc[r][c] += a * (A)b[c];                                  \
			}                                                                          \
		}                                                                                  \
	}
KERNEL(float_block, float, double)
KERNEL(int_block, int32_t, uint64_t)

/* One tile of the result goes to out from `at` on, its rows `row` apart. */
static void
float_tile(const Product *p, int64_t i, int h, int64_t j, int w, int64_t at, int64_t row)
{
	double acc[ROWS][COLS] = {{0}};

	float_block(p, i, h, j, w, acc);
	for (int r = 0; r < h; r++) {
		for (int c = 0; p->bias && c < w; c++)
			acc[r][c] += p->bias[j + c];
		ew_store(p->out, at + (i + r) * row + j, acc[r], (size_t)w);
	}
}

static void
int_tile(const Product *p, int64_t i, int h, int64_t j, int w, int64_t at, int64_t row)
{
	uint64_t acc[ROWS][COLS] = {{0}};
	int64_t line[COLS];

	int_block(p, i, h, j, w, acc);
	for (int r = 0; r < h; r++) {
		for (int c = 0; c < w; c++)
			line[c] = (int64_t)acc[r][c] + (p->bias ? (int64_t)p->bias[j + c] : 0);
		ew_store_int(p->out, at + (i + r) * row + j, line, (size_t)w);
	}
}

static void
multiply(Product *p, const Matrix *a, const Matrix *b, int64_t at, int64_t row)
{
	if (p->a_at != a->at)
		pack(p, a, p->a, p->m, p->k);
	if (p->b_at != b->at)
		pack(p, b, p->b, p->k, p->n);
	p->a_at = a->at;
	p->b_at = b->at;
	for (int64_t i = 0; i < p->m; i += ROWS) {
		int h = (int)MIN(p->m - i, ROWS);
		for (int64_t j = 0; j < p->n; j += COLS) {
			int w = (int)MIN(p->n - j, COLS);
			if (p->ints)
				int_tile(p, i, h, j, w, at, row);
			else
				float_tile(p, i, h, j, w, at, row);
		}
	}
}

static DType
result_dtype(const Eval *e, const Tensor *x)
{
	return e->out_dtype ? e->out_dtype : x->dtype;
}

bool
eval_linear(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *w = eval_arg(e, ARG_weight);
	const Tensor *bias = eval_arg(e, ARG_bias);
	int64_t dim[TENSOR_MAX_RANK], k, n;
	Matrix a, b;
	Product p;
	Tensor *out;

	if (x->rank < 1 || w->rank != 2 || x->dim[x->rank - 1] != w->dim[1])
		return eval_fail(e, "x has %lld columns, but weight has %lld",
		                 (long long)(x->rank ? x->dim[x->rank - 1] : 1),
		                 (long long)(w->rank ? w->dim[w->rank - 1] : 1));
	k = w->dim[1];
	n = w->dim[0];
	for (int i = 0; i < x->rank; i++)
		dim[i] = i + 1 < x->rank ? x->dim[i] : n;
	a = (Matrix){x, tensor_data(e->arena, x), 0, k, 1};
	b = (Matrix){w, tensor_data(e->arena, w), 0, 1, k};
	out = eval_new(e, 0, result_dtype(e, x), dim, x->rank);
	if (!out)
		return false;
	product_init(&p, k ? x->count / k : 0, k, n, x, w, out);
	if (k == 0)
		p.m = n ? p.out->count / n : 0;
	if (bias) {
		double *v = newn(e->arena, double, (size_t)n + 1);
		ew_load(v, bias, tensor_data(e->arena, bias), 0, 1, (size_t)n);
		p.bias = v;
	}
	multiply(&p, &a, &b, 0, n);
	product_free(&p);
	return true;
}

/* ---- matmul ---- */

typedef struct Side {
	const Tensor *t;
	int64_t rows, cols; /* as multiplied */
	Tensor batch;       /* only its shape counts */
	Matrix m;
} Side;

/* A vector x is a row, a vector y a column. */
static void
side_init(Side *s, Eval *e, ArgName param, ArgName transpose, bool left)
{
	const Tensor *t = eval_arg(e, param);
	bool flip = eval_bool(e, transpose, false) && t->rank > 1;
	int64_t r = t->rank > 1 ? t->dim[t->rank - 2] : left ? 1 : t->dim[0];
	int64_t c = t->rank > 1 || left ? t->dim[t->rank - 1] : 1;

	s->t = t;
	s->rows = flip ? c : r;
	s->cols = flip ? r : c;
	s->batch = (Tensor){.rank = MAX(t->rank - 2, 0), .dim = t->dim};
	s->m = (Matrix){t, tensor_data(e->arena, t), 0, flip ? 1 : c, flip ? c : 1};
}

bool
eval_matmul(Eval *e)
{
	Side x, y;
	const Tensor *batch[2] = {&x.batch, &y.batch};
	int64_t dim[TENSOR_MAX_RANK], off[3], at = 0;
	Broadcast b;
	Product p;
	Tensor *out;
	int rank, step[3];

	if (eval_arg(e, ARG_x)->rank < 1 || eval_arg(e, ARG_y)->rank < 1)
		return eval_fail(e, "a single number cannot be multiplied as a matrix");
	side_init(&x, e, ARG_x, ARG_transpose_x, true);
	side_init(&y, e, ARG_y, ARG_transpose_y, false);
	if (x.cols != y.rows)
		return eval_fail(e,
		                 "cannot multiply matrices of shape (%lld, %lld) and (%lld, %lld)",
		                 (long long)x.rows, (long long)x.cols, (long long)y.rows,
		                 (long long)y.cols);
	if (!broadcast_init(&b, e, batch, 2))
		return false;
	rank = b.rank;
	memcpy(dim, b.dim, sizeof dim);
	if (x.t->rank > 1)
		dim[rank++] = x.rows;
	if (y.t->rank > 1)
		dim[rank++] = y.cols;
	out = eval_new(e, 0, result_dtype(e, x.t), dim, rank);
	if (!out)
		return false;
	product_init(&p, x.rows, x.cols, y.cols, x.t, y.t, out);
	for (; broadcast_next(&b, 1, off, step); at += x.rows * y.cols) {
		x.m.at = off[0] * x.rows * x.cols;
		y.m.at = off[1] * y.rows * y.cols;
		multiply(&p, &x.m, &y.m, at, y.cols);
	}
	product_free(&p);
	return true;
}

/* ---- einsum: bnhk,bkhm->bnhm, or without b ---- */

typedef struct Einsum {
	int64_t x[4], y[4], out[4]; /* shapes with b */
} Einsum;

static bool
einsum_shapes(Eval *e, const Tensor *x, const Tensor *y, Einsum *s)
{
	int lead = 4 - x->rank;

	if (x->rank != y->rank || lead < 0 || lead > 1)
		return eval_fail(e, "values have ranks %d and %d, expected both to be 3 or 4",
		                 x->rank, y->rank);
	for (int i = 0; i < 4; i++) {
		s->x[i] = i < lead ? 1 : x->dim[i - lead];
		s->y[i] = i < lead ? 1 : y->dim[i - lead];
	}
	for (int i = 0; i < 4; i += 2) {
		if (s->x[i] != s->y[i] && s->x[i] != 1 && s->y[i] != 1)
			return eval_fail(e, "sizes %lld and %lld do not fit", (long long)s->x[i],
			                 (long long)s->y[i]);
		s->out[i] = s->x[i] == 1 ? s->y[i] : s->x[i];
	}
	s->out[1] = s->x[1];
	s->out[3] = s->y[3];
	if (s->x[3] != s->y[1])
		return eval_fail(e, "sizes %lld and %lld do not fit", (long long)s->x[3],
		                 (long long)s->y[1]);
	return true;
}

bool
eval_einsum(Eval *e)
{
	const EvalArg *v = eval_operand(e, ARG_values);
	const Tensor *x = v->n == 2 ? v->v[0].t : NULL, *y = v->n == 2 ? v->v[1].t : NULL;
	Matrix a, b;
	Product p;
	Tensor *out;
	Einsum s;

	if (!x || !y)
		return eval_fail(e, "expected two values");
	if (!einsum_shapes(e, x, y, &s))
		return false;
	a = (Matrix){x, tensor_data(e->arena, x), 0, s.x[2] * s.x[3], 1};
	b = (Matrix){y, tensor_data(e->arena, y), 0, s.y[2] * s.y[3], 1};
	out = eval_new(e, 0, result_dtype(e, x), s.out + 4 - x->rank, x->rank);
	if (!out)
		return false;
	product_init(&p, s.x[1], s.x[3], s.y[3], x, y, out);
	for (int64_t i = 0; i < s.out[0]; i++) {
		for (int64_t h = 0; h < s.out[2]; h++) {
			int64_t xi = s.x[0] == 1 ? 0 : i, yi = s.y[0] == 1 ? 0 : i;
			int64_t xh = s.x[2] == 1 ? 0 : h, yh = s.y[2] == 1 ? 0 : h;
			a.at = xi * s.x[1] * a.row + xh * s.x[3];
			b.at = yi * s.y[1] * b.row + yh * s.y[3];
			multiply(&p, &a, &b, (i * s.out[1] * s.out[2] + h) * s.out[3],
			         s.out[2] * s.out[3]);
		}
	}
	product_free(&p);
	return true;
}
