/* linear.c: products of matrices and vectors, norms. */
#include "parts.h"

#include <math.h>

/* ---- products of matrices ---- */

/* The operation linear wants constant weights; a product does for others. */
Var *
linear_layer(AtenCtx *c, Var *x, Var *w, Var *bias)
{
	if (is_const_var(w) && (!bias || is_const_var(bias)))
		return OP(linear, X(x), VAR("weight", w), VAR("bias", bias));
	Var *y = OP(matmul, X(x), Y(w), BOOL("transpose_y", true));
	return bias ? OP(add, X(y), Y(bias)) : y;
}

static Var *
matrix_product(AtenCtx *c, Var *x, Var *y, const Str *name)
{
	bool fixed = y && (is_const_var(y) || y->from_const);
	if (fixed && dtype_of(x) != DT_INT32 && dtype_of(y) != DT_INT32 && rank_of(y) == 2 &&
	    rank_of(x) <= 3) {
		y = OP(transpose, X(y), LIT("perm", 1, 0));
		return aten_op(c, OP_linear, name, ARGS(X(x), VAR("weight", y)));
	}
	Var *v[2] = {x, y};
	promote(c, v, 2);
	return aten_op(c, OP_matmul, name, ARGS(X(v[0]), Y(v[1])));
}

HANDLER(matmul) { RESULT(matrix_product(c, operand_n(c, 0), operand_n(c, 1), c->node->name)); }

HANDLER(linear)
{
	Var *v[3] = {operand(c, "input"), operand(c, "weight"), operand_or_none(c, "bias")};
	promote(c, v, v[2] ? 3 : 2);
	RESULT(renamed(c, linear_layer(c, v[0], v[1], v[2])));
}

/* factor * v, promoted; v itself when the factor is 1. */
static Var *
scaled(AtenCtx *c, const char *factor, Var *v, const Str *name, bool factor_first)
{
	const Tv *f = operand_of(c, factor);
	if (f->kind == TV_NONE || tv_float(c, f, factor) == 1)
		return v;
	Var *p[2] = {tv_var(c, f, factor), v};
	promote(c, p, 2);
	return aten_op(c, OP_mul, name, ARGS(X(p[!factor_first]), Y(p[factor_first])));
}

HANDLER(addmm)
{
	Var *x = scaled(c, "beta", operand(c, "self"), 0, false);
	Var *y = OP(matmul, X(operand(c, "mat1")), Y(operand(c, "mat2")));
	y = scaled(c, "alpha", y, 0, true);
	RESULT(NAMED(add, X(x), Y(y)));
}

HANDLER(baddbmm)
{
	Var *bias = operand(c, "self");
	Var *x = scaled(c, "alpha", operand(c, "batch1"), PART_NAME("_batch1_scaled"), true);
	Var *y = PART(matmul, "_bmm", X(x), Y(operand(c, "batch2")));
	double beta = float_operand(c, "beta", 1);
	if (beta == 0 && same_shape(bias, y)) {
		RESULT(renamed(c, y));
		return;
	}
	if (beta != 1) {
		Var *f = cast(c, operand(c, "beta"), dtype_of(bias));
		bias = PART(mul, "_bias_scaled", X(f), Y(bias));
	}
	RESULT(NAMED(add, X(bias), Y(y)));
}

/* ---- products of vectors ---- */

static Var *
sum_along(AtenCtx *c, Var *x, int64_t axis)
{
	return OP(reduce_sum, X(x), LIT("axes", axis));
}

static Var *
product_sum(AtenCtx *c, Var *x, Var *y, int64_t axis)
{
	return sum_along(c, OP(mul, X(x), Y(y)), axis);
}

HANDLER(dot) { RESULT(product_sum(c, operand_n(c, 0), operand_n(c, 1), 0)); }

HANDLER(linalg_vecdot)
{
	RESULT(product_sum(c, operand(c, "x"), operand(c, "y"), int_operand(c, "dim", -1)));
}

HANDLER(cosine_similarity)
{
	Var *x = operand(c, "x1"), *y = operand(c, "x2");
	int64_t dim = int_operand(c, "dim", 1);
	float eps = (float)float_operand(c, "eps", 1e-8);
	Var *xy = product_sum(c, x, y, dim);
	Var *xx = product_sum(c, x, x, dim);
	Var *yy = product_sum(c, y, y, dim);
	Var *size = OP(mul, X(xx), Y(yy));
	size = OP(maximum, X(size), FLT("y", (double)(eps * eps)));
	size = OP(sqrt, X(size));
	RESULT(NAMED(real_div, X(xy), Y(size)));
}

HANDLER(mv)
{
	Var *y = PART(expand_dims, "_expanded", X(operand(c, "vec")), LIT("axes", -1));
	y = PART(matmul, "_mv", X(operand(c, "self")), Y(y));
	RESULT(NAMED(squeeze, X(y), LIT("axes", -1)));
}

HANDLER(outer)
{
	Var *x = OP(reshape, X(operand(c, "self")), LIT("shape", -1, 1));
	Var *y = OP(reshape, X(operand(c, "vec2")), LIT("shape", 1, -1));
	RESULT(NAMED(matmul, X(x), Y(y)));
}

HANDLER(cross)
{
	Var *v[2] = {operand(c, "self"), operand(c, "other")};
	Var *dim = operand_or_none(c, "dim"), *turned[2][2];
	for (int i = 0; i < 2; i++) {
		turned[i][0] = PART(gather, i ? "_y1" : "_x1", X(v[i]), LIT("indices", 1, 2, 0),
		                    VAR("axis", dim));
		turned[i][1] = PART(gather, i ? "_y2" : "_x2", X(v[i]), LIT("indices", 2, 0, 1),
		                    VAR("axis", dim));
	}
	Var *a = OP(mul, X(turned[0][0]), Y(turned[1][1]));
	Var *b = OP(mul, X(turned[0][1]), Y(turned[1][0]));
	RESULT(NAMED(sub, X(a), Y(b)));
}

/* ---- norms ---- */

/* Beyond this a number stands for infinity. */
#define VAST 1e38

typedef struct Norm {
	const int64_t *axis; /* 0: all */
	uint32_t naxis;
	bool keep_dims;
	const Str *name;
} Norm;

static Var *
reduced(AtenCtx *c, Opcode op, Var *x, const Norm *n, const Str *name)
{
	Operand keep = BOOL("keep_dims", n->keep_dims);
	return aten_op(c, op, name, ARGS(X(x), AXES(n->axis, n->naxis), keep));
}

static Var *
vector_norm(AtenCtx *c, Var *x, double order, const Norm *n)
{
	if (order == 0) { /* how many are not zero */
		x = cast(c, x, DT_FP32);
		x = OP(not_equal, X(x), FLT("y", 0));
		x = cast(c, x, DT_INT32);
		return reduced(c, OP_reduce_sum, x, n, n->name);
	}
	if (order == 2)
		return reduced(c, OP_reduce_l2_norm, x, n, n->name);
	x = OP(abs, X(x));
	if (order > VAST)
		return reduced(c, OP_reduce_max, x, n, n->name);
	if (order < -VAST)
		return reduced(c, OP_reduce_min, x, n, n->name);
	Var *v[2] = {x, flt(c, order)};
	promote(c, v, 2);
	x = OP(pow, X(v[0]), Y(v[1]));
	x = reduced(c, OP_reduce_sum, x, n, 0);
	return aten_op(c, OP_pow, n->name, ARGS(X(x), FLT("y", 1 / order)));
}

/* The greatest or the least sum along one of the two dimensions. */
static Var *
matrix_norm(AtenCtx *c, Var *x, const Tv *order, const Norm *n)
{
	bool is_text = order->kind == TV_STR ||
	               (order->kind == TV_VAR && dtype_of(order->var) == DT_STRING);
	if (is_text && strcmp(tv_str(c, order, "ord"), "fro") == 0)
		return reduced(c, OP_reduce_l2_norm, x, n, n->name);
	double ord = is_text ? 0 : tv_float(c, order, "ord");
	if (fabs(ord) != 1 && !(fabs(ord) > VAST)) {
		aten_fail(c, "this norm of a matrix needs its singular values, which Core ML has "
		             "no operation for; ord may be 1, -1, inf, -inf or 'fro'");
		return 0;
	}
	x = OP(abs, X(x));
	x = OP(reduce_sum, X(x), LIT("axes", n->axis[fabs(ord) != 1]), BOOL("keep_dims", true));
	return reduced(c, ord > 0 ? OP_reduce_max : OP_reduce_min, x, n, n->name);
}

static Norm
norm_of(AtenCtx *c)
{
	Norm n = {.keep_dims = bool_operand(c, "keepdim", false), .name = c->node->name};
	n.axis = ints_operand(c, "dim", &n.naxis);
	return n;
}

HANDLER(frobenius_norm)
{
	Norm n = norm_of(c);
	RESULT(reduced(c, OP_reduce_l2_norm, operand(c, "self"), &n, n.name));
}

HANDLER(norm)
{
	Norm n = norm_of(c);
	if (!operand_is_there(c, "dim") || !operand_is_there(c, "p"))
		aten_fail(c, "norm needs both p and dim here: use torch.linalg.vector_norm");
	RESULT(vector_norm(c, operand(c, "self"), float_operand(c, "p", 2), &n));
}

HANDLER(linalg_vector_norm)
{
	Norm n = norm_of(c);
	RESULT(vector_norm(c, operand(c, "self"), float_operand(c, "ord", 2), &n));
}

HANDLER(linalg_matrix_norm)
{
	Norm n = norm_of(c);
	if (n.naxis != 2)
		aten_fail(c, "the norm of a matrix is along 2 dimensions, these are %u", n.naxis);
	else
		RESULT(matrix_norm(c, operand(c, "self"), operand_of(c, "ord"), &n));
}

HANDLER(linalg_norm)
{
	Norm n = norm_of(c);
	Var *x = operand(c, "self");
	const Tv *order = operand_of(c, "ord");
	if (!n.axis) {
		n.axis = count_from(c, 0, rank_of(x));
		n.naxis = rank_of(x);
	}
	if (order->kind == TV_NONE || (order->kind == TV_STR && str_is(order->s, "fro")))
		RESULT(reduced(c, OP_reduce_l2_norm, x, &n, n.name));
	else if (n.naxis == 2)
		RESULT(matrix_norm(c, x, order, &n));
	else
		RESULT(vector_norm(c, x, tv_float(c, order, "ord"), &n));
}

/* g * v / |v|, the norm along all dimensions but one (-1: along all). */
HANDLER(weight_norm)
{
	Var *v = operand(c, "v"), *g = operand(c, "g");
	int64_t dim = int_operand(c, "dim", 0), rank = rank_of(v), keep, n = 0;
	int64_t *axis = newn(c->arena, int64_t, (size_t)rank + 1);
	keep = axis_of(c, dim, (uint32_t)rank);
	for (int64_t i = 0; i < rank; i++)
		if (i != keep)
			axis[n++] = i;
	Norm along = {.axis = dim == -1 ? 0 : axis, .naxis = (uint32_t)n, .keep_dims = true};
	Var *size = reduced(c, OP_reduce_l2_norm, v, &along, 0);
	Var *direction = OP(real_div, X(v), Y(size));
	bool pair = c->exported && node_is(c, "_weight_norm_interface");
	Var *w = aten_op(c, OP_mul, pair ? 0 : c->node->name, ARGS(X(g), Y(direction)));
	Var *out[2] = {w, size};
	results(c, out, pair ? 2 : 1);
}

/* ---- inverse ---- */

/* Gauss and Jordan, with the greatest pivot; a is n x 2n. False: there is no inverse. */
static bool
invert(double *a, int64_t n)
{
	for (int64_t k = 0; k < n; k++) {
		int64_t best = k;
		for (int64_t i = k + 1; i < n; i++)
			if (fabs(a[i * 2 * n + k]) > fabs(a[best * 2 * n + k]))
				best = i;
		double pivot = a[best * 2 * n + k];
		if (pivot == 0)
			return false;
		for (int64_t j = 0; j < 2 * n; j++) {
			double t = a[best * 2 * n + j];
			a[best * 2 * n + j] = a[k * 2 * n + j];
			a[k * 2 * n + j] = t / pivot;
		}
		for (int64_t i = 0; i < n; i++) {
			double f = a[i * 2 * n + k];
			for (int64_t j = 0; i != k && j < 2 * n; j++)
				a[i * 2 * n + j] -= f * a[k * 2 * n + j];
		}
	}
	return true;
}

HANDLER(linalg_inv)
{
	Var *x = operand(c, "A");
	const Tensor *t = x ? x->val : 0;
	if (!t || !dtype_is_float(t->dtype) || t->rank < 2 ||
	    t->dim[t->rank - 1] != t->dim[t->rank - 2]) {
		aten_fail(c, "the inverse of a matrix is computed when converting: expected a "
		             "constant of square matrices");
		return;
	}
	int64_t n = t->dim[t->rank - 1];
	Tensor *y = tensor_new(c->arena, t->dtype, t->dim, t->rank);
	double *a = newn(c->arena, double, (size_t)(2 * n * n));
	for (int64_t at = 0; at < t->count; at += n * n) {
		for (int64_t i = 0; i < n; i++)
			for (int64_t j = 0; j < n; j++) {
				a[i * 2 * n + j] = tensor_f(t, at + i * n + j);
				a[i * 2 * n + n + j] = i == j;
			}
		if (!invert(a, n)) {
			aten_fail(c, "this matrix has no inverse");
			return;
		}
		for (int64_t i = 0; i < n * n; i++)
			tensor_set_f(y, at + i, a[i / n * 2 * n + n + i % n]);
	}
	RESULT(aten_const(c, y, c->node->name));
}
