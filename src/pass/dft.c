/* dft.c: Fourier transforms by real operations: a multiplication with matrices of cosines and
 * sines, which stand for e^(2πi jk/n); one with a window that moves is a convolution with them.
 * The operations come in the peer's order, so that their names are the same.
 */
#include "dft.h"

#include <math.h>

/* ---- small operations ---- */

Var *
make(Lower *l, Opcode code, const Operand *arg, uint32_t narg)
{
	return build1(&l->b, code, NULL, arg, narg);
}

Var *
make_const(Lower *l, const Tensor *t)
{
	const Str *name = name_free(l->b.counts, l->c->prog->names, "const");

	return t ? build_const(&l->b, name, t) : NULL;
}

static Var *
make_join(Lower *l, Var *a, Var *b, Var *c, int64_t axis)
{
	Operand item[] = {VAR(NULL, a), VAR(NULL, b), VAR(NULL, c)};

	return MAKE(concat, {.kind = A_LIST, .name = "values", .list = {item, c ? 3 : 2}},
	            INT("axis", axis));
}

static Var *
make_range(Lower *l, int64_t start, int64_t end, int64_t step)
{
	return MAKE(range_1d, INT("start", start), INT("end", end), INT("step", step));
}

static int64_t
size_at(const Var *v, int64_t axis)
{
	return v ? v->type->dim[axis_from_front(axis, v->type->rank)] : 0;
}

Var *
resize(Lower *l, Var *x, int64_t axis, int64_t size)
{
	int64_t shape[TENSOR_MAX_RANK], have = size_at(x, axis);
	Var *at;

	if (!x || size == have)
		return x;
	if (size < have) {
		at = make_range(l, 0, size, 1);
		return MAKE(gather, VAR("x", x), VAR("indices", at), INT("axis", axis));
	}
	memcpy(shape, x->type->dim, x->type->rank * sizeof *shape);
	shape[axis_from_front(axis, x->type->rank)] = size - have;
	at = MAKE(fill, INTS("shape", shape, x->type->rank), NUMBER("value", 0));
	return make_join(l, x, at, NULL, axis);
}

static ReIm
divide(Lower *l, ReIm p, Var *by)
{
	p.re = MAKE(real_div, VAR("x", p.re), VAR("y", by));
	p.im = MAKE(real_div, VAR("x", p.im), VAR("y", by));
	return p;
}

/* ---- the transform along one axis ---- */

/* cos and sin of 2π jk/n; one_sided: only the rows that a real signal needs. */
static ReIm
dft_matrix(Lower *l, Var *n, bool one_sided)
{
	Var *rows = n = MAKE(cast, VAR("x", n), STRP(l->c, "dtype", "fp32")), *columns, *base;

	if (one_sided) {
		rows = MAKE(floor_div, VAR("x", n), NUMBER("y", 2));
		rows = MAKE(add, VAR("x", rows), NUMBER("y", 1));
	}
	rows = MAKE(range_1d, NUMBER("start", 0), VAR("end", rows), NUMBER("step", 1));
	columns = MAKE(range_1d, NUMBER("start", 0), VAR("end", n), NUMBER("step", 1));
	rows = MAKE(reshape, VAR("x", rows), INTS("shape", ((const int64_t[]){-1, 1}), 2));
	columns = MAKE(reshape, VAR("x", columns), INTS("shape", ((const int64_t[]){1, -1}), 2));
	base = MAKE(matmul, VAR("x", rows), VAR("y", columns));
	base = MAKE(mod, VAR("x", base), VAR("y", n));
	base = MAKE(mul, VAR("x", base), NUMBER("y", 2 * M_PI));
	base = MAKE(real_div, VAR("x", base), VAR("y", n));
	rows = MAKE(cos, VAR("x", base));
	return (ReIm){rows, MAKE(sin, VAR("x", base))};
}

/* m * p, with m as it is or (inverse) its conjugate. */
static ReIm
multiply(Lower *l, ReIm m, ReIm p, bool inverse)
{
	Var *a = MAKE(matmul, VAR("x", m.re), VAR("y", p.re));
	Var *b = MAKE(matmul, VAR("x", m.im), VAR("y", p.im));
	ReIm r;

	r.re = make(l, inverse ? OP_sub : OP_add, ARGS(VAR("x", a), VAR("y", b)));
	a = MAKE(matmul, VAR("x", m.im), VAR("y", p.re));
	b = MAKE(matmul, VAR("x", m.re), VAR("y", p.im));
	r.im = make(l, inverse ? OP_add : OP_sub, ARGS(VAR("x", a), VAR("y", b)));
	if (!inverse)
		r.im = MAKE(mul, VAR("x", r.im), NUMBER("y", -1));
	return r;
}

static ReIm
each(Lower *l, Opcode code, ReIm p, const char *param, const int64_t *v, uint32_t n)
{
	p.re = make(l, code, ARGS(VAR("x", p.re), INTS(param, v, n)));
	p.im = make(l, code, ARGS(VAR("x", p.im), INTS(param, v, n)));
	return p;
}

/* Whether the result is divided: by n (1), by its root (2). */
static int
scaling(const Inst *i, bool inverse)
{
	const Tensor *t = inst_val(i, "norm");
	const Str *norm = ((const Str *const *)t->data)[0];

	return str_is(norm, "ortho") ? 2 : str_is(norm, inverse ? "backward" : "forward");
}

ReIm
fft(Lower *l, ReIm p, int64_t n, int64_t axis, bool inverse)
{
	int64_t perm[TENSOR_MAX_RANK], shape[TENSOR_MAX_RANK], flat[2] = {0, -1};
	int scale = scaling(l->i, inverse);
	uint32_t rank;
	Var *count;

	if (!p.re || !p.im)
		return (ReIm){NULL, NULL};
	rank = p.re->type->rank;
	for (uint32_t k = 0; k < rank; k++)
		perm[k] = k;
	perm[0] = axis;
	perm[axis_from_front(axis, rank)] = 0;
	p = each(l, OP_transpose, p, "perm", perm, rank);
	p.re = resize(l, p.re, 0, n);
	p.im = resize(l, p.im, 0, n);
	if (!p.re)
		return p;
	memcpy(shape, p.re->type->dim, rank * sizeof *shape);
	flat[0] = shape[0];
	p = each(l, OP_reshape, p, "shape", flat, 2);
	count = MAKE(cast, INT("x", flat[0]), STRP(l->c, "dtype", "fp32"));
	p = multiply(l, dft_matrix(l, count, false), p, inverse);
	p = each(l, OP_reshape, p, "shape", shape, rank);
	p = each(l, OP_transpose, p, "perm", perm, rank);
	if (scale == 2)
		count = MAKE(sqrt, VAR("x", count));
	return scale ? divide(l, p, count) : p;
}

ReIm
rfft(Lower *l, Var *x, int64_t n, int64_t axis)
{
	Var *zero = MAKE(shape, VAR("x", x)), *at;
	ReIm p;

	zero = MAKE(fill, VAR("shape", zero), NUMBER("value", 0));
	p = fft(l, (ReIm){x, zero}, n, axis, false);
	at = make_range(l, 0, size_at(p.re, axis) / 2 + 1, 1);
	p.re = MAKE(gather, VAR("x", p.re), VAR("indices", at), INT("axis", axis));
	p.im = MAKE(gather, VAR("x", p.im), VAR("indices", at), INT("axis", axis));
	return p;
}

ReIm
mirror(Lower *l, ReIm p, int64_t n, int64_t axis)
{
	int64_t size = n ? n : 2 * (size_at(p.re, axis) - 1), from;
	ReIm back;
	Var *at;

	if (n) {
		p.re = resize(l, p.re, axis, size / 2 + 1);
		p.im = resize(l, p.im, axis, size / 2 + 1);
	}
	from = size_at(p.re, axis) - (size % 2 ? 1 : 2);
	if (from <= 0)
		return p;
	at = make_range(l, from, 0, -1);
	back.re = MAKE(gather, VAR("x", p.re), VAR("indices", at), INT("axis", axis));
	back.im = MAKE(gather, VAR("x", p.im), VAR("indices", at), INT("axis", axis));
	back.im = MAKE(mul, VAR("x", back.im), NUMBER("y", -1));
	p.re = make_join(l, p.re, back.re, NULL, axis);
	p.im = make_join(l, p.im, back.im, NULL, axis);
	return p;
}

/* ---- with a window ---- */

static Var *
stft_window(Lower *l, Var *window, int64_t n)
{
	const Tensor *length = inst_val(l->i, "win_length");
	int64_t win, before, behind;
	Var *left, *right;

	if (!length)
		return window;
	win = tensor_i(length, 0);
	before = (n - win) / 2;
	behind = n - win - before;
	left = MAKE(fill, INTS("shape", &before, 1), NUMBER("value", 0));
	if (!window)
		window = MAKE(fill, INTS("shape", &win, 1), NUMBER("value", 1));
	right = MAKE(fill, INTS("shape", &behind, 1), NUMBER("value", 0));
	return make_join(l, left, window, right, 0);
}

static Var *
expand(Lower *l, Var *x, int64_t axis)
{
	return MAKE(expand_dims, VAR("x", x), INTS("axes", &axis, 1));
}

/* The signal under every row of the matrix. */
static ReIm
slide(Lower *l, Var *signal, ReIm matrix, Var *step)
{
	ReIm p;

	signal = expand(l, signal, 1);
	p.re = MAKE(conv, VAR("x", signal), VAR("weight", matrix.re), VAR("strides", step),
	            STRP(l->c, "pad_type", "valid"));
	p.im = MAKE(conv, VAR("x", signal), VAR("weight", matrix.im), VAR("strides", step),
	            STRP(l->c, "pad_type", "valid"));
	return p;
}

static ReIm
slide_all(Lower *l, ReIm signal, ReIm matrix, Var *step)
{
	ReIm re = slide(l, signal.re, matrix, step), im;

	if (!signal.im)
		return re;
	im = slide(l, signal.im, matrix, step);
	re.re = MAKE(sub, VAR("x", re.re), VAR("y", im.im));
	re.im = MAKE(add, VAR("x", re.im), VAR("y", im.re));
	return re;
}

ReIm
stft(Lower *l, ReIm signal)
{
	Var *input = inst_arg(l->i, "input"), *n = inst_arg(l->i, "n_fft"), *window;
	Var *hop = inst_arg(l->i, "hop_length"), *root;
	const Tensor *one_sided = inst_val(l->i, "onesided"), *norm = inst_val(l->i, "normalized");
	bool vector = input->type->rank == 1;
	ReIm m, p;

	if (!hop)
		hop = MAKE(floor_div, VAR("x", n), INT("y", 4));
	if (vector) {
		signal.re = expand(l, signal.re, 0);
		signal.im = signal.im ? expand(l, signal.im, 0) : NULL;
	}
	m = dft_matrix(l, n, one_sided && tensor_i(one_sided, 0));
	window = stft_window(l, inst_arg(l->i, "window"), inst_int(l->i, "n_fft"));
	if (window) {
		m.re = MAKE(mul, VAR("x", window), VAR("y", m.re));
		m.im = MAKE(mul, VAR("x", window), VAR("y", m.im));
	}
	m.im = MAKE(sub, NUMBER("x", 0), VAR("y", m.im));
	m.re = expand(l, m.re, 1);
	m.im = expand(l, m.im, 1);
	p = slide_all(l, signal, m, expand(l, hop, 0));
	if (vector)
		p = each(l, OP_squeeze, p, "axes", (const int64_t[]){0}, 1);
	if (!norm || !tensor_i(norm, 0))
		return p;
	root = MAKE(cast, VAR("x", n), STRP(l->c, "dtype", "fp32"));
	root = MAKE(sqrt, VAR("x", root));
	return divide(l, p, root);
}
