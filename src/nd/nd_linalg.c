/* nd_linalg.c: matmul, dot and einsum. Integers accumulate in 64 bits and wrap when stored; sums of
 * float32 and float64 are chains of fused multiply-adds, small ones here, the rest by the kernels
 * of runtime/products.h. The last digits of long float sums differ between BLAS libraries, so NumPy
 * promises none.
 */
#include "nd_impl.h"

#include "runtime/products.h"

#include <math.h>

#define SMALL ((double)(1 << 13)) /* multiplications for which a kernel does not pay */

/* ---- c[m][n] = a[m][k] b[k][n], contiguous ---- */
typedef void Product(void *to, const void *x, const void *y, int64_t m, int64_t k, int64_t n);
#define PRODUCT(NAME, T, sum)                                                                      \
	static void NAME(void *to, const void *x, const void *y, int64_t m, int64_t k, int64_t n)  \
	{                                                                                          \
		T *c = to;                                                                         \
		const T *a = x, *b = y;                                                            \
                                                                                                   \
		for (int64_t i = 0; i < m; i++, c += n, a += k)                                    \
			for (int64_t p = 0; p < k; p++)                                            \
				for (int64_t j = 0; j < n; j++)                                    \
					c[j] = (sum);                                              \
	}
PRODUCT(product_i, uint64_t, c[j] + a[p] * b[p * n + j])
PRODUCT(product_f, float, fmaf(a[p], b[p * n + j], c[j]))
PRODUCT(product_d, double, fma(a[p], b[p * n + j], c[j]))

static DType
compute_type(DType t)
{
	return t == DT_FP16 || t == DT_FP32 ? DT_FP32 : t == DT_FP64 ? DT_FP64 : DT_INT64;
}

/* The matrix of the last two axes of a, that begins at `data`. */
static NumMat
grid(const Nd *a, const void *data)
{
	int64_t size = (int64_t)dtype_size(a->dtype);

	return (NumMat){data, a->stride[a->rank - 2] / size, a->stride[a->rank - 1] / size};
}

static bool
is_small(DType ct, double size)
{
	return size <= SMALL || ct == DT_INT64;
}

/* c = x y, of the type computed in; x and y may be other than contiguous when they are not small.
 */
static void
product(void *c, const Nd *a, const void *x, const Nd *b, const void *y)
{
	DType ct = a->dtype;
	int64_t m = a->dim[a->rank - 2], k = a->dim[a->rank - 1], n = b->dim[b->rank - 1];

	if (is_small(ct, (double)m * (double)k * (double)n))
		(ct == DT_FP32   ? product_f
		 : ct == DT_FP64 ? product_d
		                 : product_i)(c, x, y, m, k, n);
	else if (ct == DT_FP32)
		product_floats(c, grid(a, x), grid(b, y), m, k, n);
	else
		product_doubles(c, grid(a, x), grid(b, y), m, k, n);
}

/* A matrix of type t that the kernels take as it is. */
static bool
is_grid(const Nd *a, DType t)
{
	int64_t size = (int64_t)dtype_size(t);

	return a->dtype == t && a->rank == 2 && (uintptr_t)a->data % (uintptr_t)size == 0 &&
	       a->stride[0] % size == 0 && a->stride[1] % size == 0;
}

/* The operand as a C-ordered array of type t, or as a matrix if that will do; the same memory where
 * it is one already. */
static bool
plain(Nd *out, const Nd *a, DType t, bool small, NdErr *err)
{
	if ((!small && is_grid(a, t)) ||
	    (nd_base(a->dtype) == t && nd_contiguous(a) && (uintptr_t)a->data % 8 == 0)) {
		*out = nd_alias(a);
		return true;
	}
	return nd_astype(out, a, t, err);
}

static const char *
batch_at(const Nd *a, const int64_t *idx, int rank, int64_t each)
{
	int64_t at = 0, step = each;

	/* a: contiguous stack of matrices of `each` elements; its batch axes are the last of idx */
	for (int i = a->rank - 3, k = rank - 1; i >= 0; i--, k--) {
		at += a->dim[i] == 1 ? 0 : idx[k] * step;
		step *= a->dim[i];
	}
	return a->data + at * (int64_t)dtype_size(a->dtype);
}

/* a and b have at least two axes, are of the type computed in, and plain(). */
static bool
stack_product(Nd *c, const Nd *a, const Nd *b, NdErr *err)
{
	Nd ba = *a, bb = *b, bc;
	int64_t m = a->dim[a->rank - 2], k = a->dim[a->rank - 1], n = b->dim[b->rank - 1];
	int64_t dim[TENSOR_MAX_RANK];
	int rank;

	ba.rank -= 2;
	bb.rank -= 2;
	if (!nd_broadcast_shapes(&ba, &bb, dim, &rank, err))
		return false;
	dim[rank] = m; /* a and b have no more than TENSOR_MAX_RANK axes, and so has c */
	dim[rank + 1] = n;
	if (!nd_new(c, a->dtype, dim, rank + 2, err))
		return false;
	bc = *c;
	bc.rank = rank;
	for (NdIter it = nd_iter(&bc); it.at && m && n; nd_step(&it))
		product(it.at, a, batch_at(a, it.idx, rank, m * k), b,
		        batch_at(b, it.idx, rank, k * n));
	return true;
}

static bool
matmul_check(const Nd *a, const Nd *b, DType t, NdErr *err)
{
	int64_t ka, kb;

	if (!nd_is_numeric(t))
		return nd_fail(err, "matmul of %s and %s is not possible", dtype_info[a->dtype].np,
		               dtype_info[b->dtype].np);
	if (!a->rank || !b->rank)
		return nd_fail(
		    err,
		    "matmul: Input operand %d does not have enough dimensions (has 0, gufunc "
		    "core with signature (n?,k),(k,m?)->(n?,m?) requires 1)",
		    a->rank != 0);
	ka = a->dim[a->rank - 1];
	kb = b->dim[b->rank == 1 ? 0 : b->rank - 2];
	if (ka != kb)
		return nd_fail(
		    err,
		    "matmul: Input operand 1 has a mismatch in its core dimension 0, with "
		    "gufunc signature (n?,k),(k,m?)->(n?,m?) (size %lld is different from "
		    "%lld)",
		    (long long)kb, (long long)ka);
	return true;
}

/* Multiplications: every element of a with a row of b, for each of b's matrices. */
static double
matmul_size(const Nd *a, const Nd *b)
{
	double n = (double)nd_count(a) * (b->rank > 1 ? (double)b->dim[b->rank - 1] : 1);

	for (int i = 3; i <= b->rank; i++)
		if (i > a->rank || a->dim[a->rank - i] == 1)
			n *= (double)b->dim[b->rank - i];
	return n;
}

bool
nd_matmul(Nd *out, const Nd *a, const Nd *b, DType t, NdErr *err)
{
	DType ct;
	Nd x, y;
	bool ok, va = a->rank == 1, vb = b->rank == 1, small;

	if (!matmul_check(a, b, t, err) || !nd_work(err, matmul_size(a, b), ND_LIGHT))
		return false;
	ct = compute_type(t);
	small = is_small(ct, matmul_size(a, b));
	if (!plain(&x, a, ct, small, err) || !nd_keep(&x, plain(&y, b, ct, small, err)))
		return false;
	if (va)
		nd_insert_axis(&x, 0);
	if (vb)
		nd_insert_axis(&y, 1);
	ok = stack_product(out, &x, &y, err);
	nd_release(&x);
	nd_release(&y);
	if (!ok)
		return false;
	if (vb)
		*out = nd_drop_axis(out, out->rank - 1);
	if (va)
		*out = nd_drop_axis(out, out->rank - (vb ? 1 : 2));
	return ct == t || nd_replace(out, nd_astype(&x, out, t, err), &x);
}

/* Both of at least 2 axes, b of more: sums over a's last and b's last but one. */
static bool
dot_general(Nd *out, const Nd *a, const Nd *b, DType t, NdErr *err)
{
	int64_t flat[2], perm[TENSOR_MAX_RANK], dim[TENSOR_MAX_RANK];
	int n = 0, r = 0;
	Nd x = {0}, y = {0}, z = {0}, c = {0};
	bool ok;

	if (a->rank + b->rank - 2 > TENSOR_MAX_RANK)
		return nd_fail(err, "the result of dot has more than %d dimensions",
		               TENSOR_MAX_RANK);
	perm[n++] = b->rank - 2;
	for (int i = 0; i < b->rank; i++)
		if (i != b->rank - 2)
			perm[n++] = i;
	for (int i = 0; i < a->rank - 1; i++)
		dim[r++] = a->dim[i];
	for (int i = 1; i < n; i++)
		dim[r++] = b->dim[perm[i]];
	flat[1] = a->dim[a->rank - 1];
	flat[0] = flat[1] ? nd_count(a) / flat[1] : 0;
	if (!flat[1])
		return nd_new(out, t, dim, r, err);
	ok = nd_reshape(&x, a, flat, 2, err) && nd_transpose(&y, b, perm, n, err);
	flat[0] = flat[1];
	flat[1] = nd_count(b) / flat[0];
	ok = ok && nd_reshape(&z, &y, flat, 2, err) && nd_matmul(&c, &x, &z, t, err) &&
	     nd_reshape(out, &c, dim, r, err);
	nd_release(&x);
	nd_release(&y);
	nd_release(&z);
	nd_release(&c);
	return ok;
}

bool
nd_dot(Nd *out, const Nd *a, const Nd *b, DType t, NdErr *err)
{
	int axis = b->rank == 1 ? 0 : b->rank - 2;

	if (!a->rank || !b->rank)
		return nd_fail(err, "dot of a scalar is a multiplication");
	if (a->dim[a->rank - 1] != b->dim[axis])
		return nd_fail(err, "shapes %s and %s not aligned: %lld (dim %d) != %lld (dim %d)",
		               nd_shape(a->dim, a->rank).s, nd_shape(b->dim, b->rank).s,
		               (long long)a->dim[a->rank - 1], a->rank - 1, (long long)b->dim[axis],
		               axis);
	if (b->rank <= 2)
		return nd_matmul(out, a, b, t, err);
	return dot_general(out, a, b, t, err);
}

/* ---- einsum ---- */
#define LABELS 128 /* ASCII letters, and 1 … 32 for the axes of an ellipsis */

typedef struct EinTerm {
	int n;
	unsigned char label[TENSOR_MAX_RANK];
} EinTerm;

typedef struct Einsum {
	int n; /* operands */
	EinTerm in[8], out;
	int64_t size[LABELS];
	bool has_out;
	int dots; /* axes that the ellipses stand for */
} Einsum;

/* One operand's letters; `rank` < 0: the output. Stops at ',' '-' or the end. */
static const char *
parse_term(Einsum *e, EinTerm *t, const char *s, int rank, NdErr *err)
{
	int letters = 0, dots;

	for (const char *p = s; *p && *p != ',' && *p != '-'; p++)
		letters += (*p | 32) >= 'a' && (*p | 32) <= 'z';
	dots = rank < 0 ? e->dots : rank - letters;
	for (t->n = 0; *s && *s != ',' && *s != '-'; s++) {
		if (*s == ' ')
			continue;
		if (s[0] == '.' && s[1] == '.' && s[2] == '.') {
			if (dots < 0 || t->n + dots > TENSOR_MAX_RANK)
				break;
			for (int i = 0; i < dots; i++)
				t->label[t->n++] = (unsigned char)(TENSOR_MAX_RANK - dots + i + 1);
			e->dots = MAX(e->dots, dots);
			s += 2;
			continue;
		}
		if (t->n == TENSOR_MAX_RANK) {
			nd_fail(err, "einsum subscripts name more than %d axes", TENSOR_MAX_RANK);
			return 0;
		}
		if (!((*s | 32) >= 'a' && (*s | 32) <= 'z')) {
			nd_fail(err,
			        "einsum subscripts: expected letters, commas, '...' and '->', "
			        "found '%c'",
			        *s);
			return 0;
		}
		t->label[t->n++] = (unsigned char)*s;
	}
	if (rank >= 0 && t->n != rank) {
		nd_fail(err, "einsum subscripts name %d axes for an operand of %d dimensions", t->n,
		        rank);
		return 0;
	}
	return s;
}

static bool
parse_spec(Einsum *e, const char *s, const Nd *a, int n, NdErr *err)
{
	e->n = n;
	if (n > (int)countof(e->in))
		return nd_fail(err, "einsum of %d operands, at most %d are possible", n,
		               (int)countof(e->in));
	for (int i = 0; i < n; i++) {
		s = parse_term(e, &e->in[i], s, a[i].rank, err);
		if (!s)
			return false;
		if (i + 1 < n && *s != ',')
			return nd_fail(
			    err,
			    "more operands provided to einsum than specified in the subscripts "
			    "string: %d operands, %d terms",
			    n, i + 1);
		s += i + 1 < n;
	}
	if (*s == ',')
		return nd_fail(err,
		               "fewer operands provided to einsum than specified in the subscripts "
		               "string: only %d operands",
		               n);
	if (*s && (s[0] != '-' || s[1] != '>'))
		return nd_fail(err,
		               "einsum subscripts: expected '->' before the output, found '%s'", s);
	e->has_out = *s != 0;
	if (!e->has_out)
		return true;
	s = parse_term(e, &e->out, s + 2, -1, err);
	return s && (*s == 0 || nd_fail(err, "einsum subscripts: found '%s' after the output", s));
}

static bool
label_sizes(Einsum *e, const Nd *a, NdErr *err)
{
	int uses[LABELS] = {0};

	for (int i = 0; i < LABELS; i++)
		e->size[i] = -1;
	for (int i = 0; i < e->n; i++)
		for (int k = 0; k < e->in[i].n; k++) {
			int l = e->in[i].label[k];
			int64_t d = a[i].dim[k];

			uses[l]++;
			if (e->size[l] < 0 || e->size[l] == 1)
				e->size[l] = d;
			else if (d != e->size[l] && d != 1)
				return nd_fail(
				    err,
				    "einsum: operand %d has size %lld for an axis that has size "
				    "%lld elsewhere",
				    i, (long long)d, (long long)e->size[l]);
		}
	if (!e->has_out)
		for (int l = 1; l < LABELS; l++)
			if ((l <= TENSOR_MAX_RANK && uses[l]) ||
			    (l > TENSOR_MAX_RANK && uses[l] == 1)) {
				if (e->out.n == TENSOR_MAX_RANK)
					return nd_fail(
					    err, "the result of einsum has more than %d dimensions",
					    TENSOR_MAX_RANK);
				e->out.label[e->out.n++] = (unsigned char)l;
			}
	for (int k = 0; k < e->out.n; k++) {
		if (e->size[e->out.label[k]] < 0)
			return nd_fail(err,
			               "einsum: the output has the axis '%c' that no operand has",
			               e->out.label[k]);
		for (int j = 0; j < k; j++)
			if (e->out.label[j] == e->out.label[k])
				return nd_fail(err, "einsum: the output has the axis '%c' twice",
				               e->out.label[k]);
	}
	return true;
}

typedef struct Contract {
	int n, rank; /* operands; axes: the output's, then the summed ones */
	int64_t dim[LABELS], stride[8][LABELS];
	DType t; /* FP64 or INT64 */
	DType from[8];
} Contract;

static void
sum_products(const Contract *c, int axis, const char *const *at, double *f, uint64_t *u)
{
	const char *p[8];

	if (axis == c->rank) {
		double v = 1;
		uint64_t w = 1;

		for (int i = 0; i < c->n; i++) {
			if (c->t == DT_FP64)
				v *= nd_load_f(c->from[i], at[i]);
			else
				w *= (uint64_t)nd_load_i(c->from[i], at[i]);
		}
		*f += v;
		*u += w;
		return;
	}
	memcpy(p, at, sizeof p);
	for (int64_t i = 0; i < c->dim[axis]; i++) {
		sum_products(c, axis + 1, p, f, u);
		for (int k = 0; k < c->n; k++)
			p[k] += c->stride[k][axis];
	}
}

static bool
contract_axes(const Einsum *e, const Nd *a, Contract *c, NdErr *err)
{
	int place[LABELS];

	for (int i = 0; i < LABELS; i++)
		place[i] = -1;
	for (int k = 0; k < e->out.n; k++)
		place[e->out.label[k]] = c->rank++;
	for (int l = 1; l < LABELS; l++)
		if (e->size[l] >= 0 && place[l] < 0)
			place[l] = c->rank++;
	if (c->rank > 2 * TENSOR_MAX_RANK)
		return nd_fail(err, "einsum over %d axes, at most %d are possible", c->rank,
		               2 * TENSOR_MAX_RANK);
	for (int l = 1; l < LABELS; l++)
		if (place[l] >= 0)
			c->dim[place[l]] = e->size[l];
	for (int i = 0; i < e->n; i++) {
		c->from[i] = nd_base(a[i].dtype);
		for (int k = 0; k < e->in[i].n; k++)
			if (a[i].dim[k] != 1)
				c->stride[i][place[e->in[i].label[k]]] += a[i].stride[k];
	}
	return true;
}

/* ---- einsum of two operands as products of matrices ---- */

/* The kinds of axes: both operands and the result have it, or all but one of the three. */
enum { BATCH, ROWS, COLS, SUM, KINDS };

/* Of each kind its axes in Contract, and how many elements they count. */
typedef struct Kinds {
	int n[KINDS], axis[KINDS][2 * TENSOR_MAX_RANK];
	int64_t count[KINDS];
} Kinds;

static bool
has_label(const EinTerm *t, int label)
{
	for (int i = 0; i < t->n; i++)
		if (t->label[i] == label)
			return true;
	return false;
}

/* False: an axis is summed that one operand alone has. */
static bool
sort_axes(const Einsum *e, const Contract *c, Kinds *k)
{
	int axis = e->out.n;

	*k = (Kinds){.count = {1, 1, 1, 1}};
	for (int i = 0; i < e->out.n; i++) {
		int l = e->out.label[i], x = has_label(&e->in[0], l), y = has_label(&e->in[1], l);
		int kind = x && y ? BATCH : x ? ROWS : COLS;
		k->axis[kind][k->n[kind]++] = i;
		k->count[kind] *= c->dim[i];
	}
	for (int l = 1; l < LABELS; l++) {
		if (e->size[l] < 0 || has_label(&e->out, l))
			continue;
		if (!has_label(&e->in[0], l) || !has_label(&e->in[1], l))
			return false;
		k->axis[SUM][k->n[SUM]++] = axis;
		k->count[SUM] *= c->dim[axis++];
	}
	return true;
}

/* Operand i, or the result where i is 2, with its axes in the order of these kinds. */
static bool
by_kinds(Nd *out, const Contract *c, const Kinds *k, int i, const Nd *a, const int *kinds,
         NdErr *err)
{
	int64_t dim[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
	int n = 0;

	for (int j = 0; j < 3; j++)
		for (int q = 0; q < k->n[kinds[j]]; q++, n++) {
			int axis = k->axis[kinds[j]][q];
			dim[n] = c->dim[axis];
			stride[n] = i == 2 ? a->stride[axis] : c->stride[i][axis];
		}
	return nd_view(out, a, dim, stride, n, err);
}

/* Into out, which has its shape: sums in double, each rounded once. */
static bool
einsum_products(const Contract *c, const Kinds *k, const Nd *a, Nd *out, NdErr *err)
{
	static const int order[3][3] = {
	    {BATCH, ROWS, SUM}, {BATCH, SUM, COLS}, {BATCH, ROWS, COLS}};
	int64_t m = k->count[ROWS], n = k->count[COLS], s = k->count[SUM];
	Nd v[3] = {{0}}, x = {0}, y = {0}, z = {0};
	bool ok = by_kinds(&v[0], c, k, 0, &a[0], order[0], err) &&
	          by_kinds(&v[1], c, k, 1, &a[1], order[1], err) &&
	          by_kinds(&v[2], c, k, 2, out, order[2], err) &&
	          nd_astype(&x, &v[0], DT_FP64, err) && nd_astype(&y, &v[1], DT_FP64, err) &&
	          nd_new(&z, DT_FP64, v[2].dim, v[2].rank, err);

	for (int64_t i = 0; ok && i < k->count[BATCH]; i++)
		product_doubles((double *)(void *)z.data + i * m * n,
		                (NumMat){(double *)(void *)x.data + i * m * s, s, 1},
		                (NumMat){(double *)(void *)y.data + i * s * n, n, 1}, m, s, n);
	if (ok)
		nd_move(&v[2], &z);
	for (int i = 0; i < 3; i++)
		nd_release(&v[i]);
	nd_release(&x);
	nd_release(&y);
	nd_release(&z);
	return ok;
}

/* Element by element, any number of operands. */
static void
einsum_loop(const Einsum *e, const Contract *c, const Nd *a, Nd *out)
{
	for (NdIter it = nd_iter(out); it.at; nd_step(&it)) {
		const char *at[8] = {0};
		double f = 0;
		uint64_t u = 0;

		for (int i = 0; i < c->n; i++) {
			at[i] = a[i].data;
			for (int k = 0; k < e->out.n; k++)
				at[i] += it.idx[k] * c->stride[i][k];
		}
		sum_products(c, e->out.n, at, &f, &u);
		if (c->t == DT_FP64)
			nd_store_f(out->dtype, it.at, f);
		else
			nd_store_i(out->dtype, it.at, (int64_t)u);
	}
}

bool
nd_einsum(Nd *out, const char *spec, const Nd *a, int n, DType t, NdErr *err)
{
	Einsum *e = xcalloc(1, sizeof *e);
	Contract *c = xcalloc(1, sizeof *c);
	Kinds k = {.n = {0}};
	double work = 1;
	bool ok = nd_is_numeric(t) || nd_fail(err, "einsum of arrays that hold no numbers");

	c->n = n;
	c->t = dtype_is_float(t) ? DT_FP64 : DT_INT64;
	ok = ok && parse_spec(e, spec, a, n, err) && label_sizes(e, a, err) &&
	     contract_axes(e, a, c, err);
	if (ok) {
		bool products;
		for (int i = 0; i < c->rank; i++)
			work *= (double)c->dim[i];
		products = n == 2 && c->t == DT_FP64 && work > SMALL && sort_axes(e, c, &k);
		ok = nd_work(err, work * n, products ? ND_LIGHT : ND_SLOW) &&
		     nd_new(out, t, c->dim, e->out.n, err);
		if (ok && products)
			ok = nd_keep(out, einsum_products(c, &k, a, out, err));
		else if (ok)
			einsum_loop(e, c, a, out);
	}
	xfree(e);
	xfree(c);
	return ok;
}
