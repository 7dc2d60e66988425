/* linear.c: type rules of linear, matmul and einsum. */
#include "shapes.h"

bool
infer_linear(Infer *c)
{
	const Type *x = type_known(c, "x"), *w = type_known(c, "weight");
	const Type *b = infer_type(c, "bias");
	Dim *dim = dims_copy(c, x, 0);

	if (!rank_between(c, "x", 1, -1) || !rank_between(c, "weight", 2, 2))
		return false;
	if (dim_known(x->dim[x->rank - 1]) && x->dim[x->rank - 1] != w->dim[1])
		return op_clash(
		    c, "weight", "x",
		    "the last dimension of 'weight' is %s, but that of 'x' is %s; 'weight' is "
		    "(out, in)",
		    dim_str(c->types, w->dim[1]), dim_str(c->types, x->dim[x->rank - 1]));
	if (b && (b->rank != 1 || b->dim[0] != w->dim[0]))
		return op_error(c, "bias",
		                "'bias' has shape %s, but 'weight' needs one of shape (%s,)",
		                shape_of(c, b), dim_str(c->types, w->dim[0]));
	dim[x->rank - 1] = w->dim[0];
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

/* From iOS 17 on, of a constant and another operand the other one gives the type. */
static bool
matmul_dtype(Infer *c, DType *d)
{
	const Var *x = inst_arg(c->inst, "x"), *y = inst_arg(c->inst, "y");
	bool cx = var_is_const(x), cy = var_is_const(y);

	*d = x->type->dtype;
	if (x->type->dtype == y->type->dtype)
		return true;
	if (cx != cy) {
		*d = cx ? y->type->dtype : x->type->dtype;
		return true;
	}
	return op_clash_both(
	    c, "y", "x", "y",
	    "'x' is %s and 'y' is %s, but they must be alike unless just one is constant",
	    dtype_info[x->type->dtype].mil, dtype_info[y->type->dtype].mil);
}

/* The operand as matrices: a vector x is a row, a vector y a column. */
static Dim *
as_matrix(Infer *c, const char *param, const char *transpose, bool row, uint32_t *rank)
{
	const Type *t = type_known(c, param);
	Dim *d = dims_copy(c, t, 1), swap;

	*rank = t->rank;
	if (t->rank == 1) {
		d[row ? 1 : 0] = t->dim[0];
		d[row ? 0 : 1] = 1;
		*rank = 2;
	} else if (infer_bool(c, transpose, false)) {
		swap = d[t->rank - 1];
		d[t->rank - 1] = d[t->rank - 2];
		d[t->rank - 2] = swap;
	}
	return d;
}

static bool
matmul_mismatch(Infer *c, const Dim *x, uint32_t nx, const Dim *y, uint32_t ny)
{
	return op_clash_both(c, "y", "x", "y", "cannot multiply matrices of shape %s by %s",
	                     shape_str(c->types, x, nx), shape_str(c->types, y, ny));
}

bool
infer_matmul(Infer *c)
{
	const Type *tx = type_known(c, "x"), *ty = type_known(c, "y");
	Dim *x, *y, *dim = newn(c->arena, Dim, (size_t)tx->rank + ty->rank + 4);
	uint32_t nx, ny, n, rank = 0;
	DType d;

	if (!matmul_dtype(c, &d) || !rank_between(c, "x", 1, -1) || !rank_between(c, "y", 1, -1))
		return false;
	if (ty->rank == 1 && infer_bool(c, "transpose_y", false))
		return op_error(c, "transpose_y", "'y' is a vector and cannot be transposed");
	x = as_matrix(c, "x", "transpose_x", true, &nx);
	y = as_matrix(c, "y", "transpose_y", false, &ny);
	if (x[nx - 1] != y[ny - 2] && dim_known(x[nx - 1]) && dim_known(y[ny - 2]))
		return matmul_mismatch(c, x, nx, y, ny);
	n = MAX(nx, ny) - 2;
	for (uint32_t i = 0; i < n; i++) {
		Dim a = i + nx < n + 2 ? 1 : x[i + nx - n - 2];
		Dim b = i + ny < n + 2 ? 1 : y[i + ny - n - 2];
		if (!dim_broadcast(c->types, a, b, &dim[rank++]))
			return matmul_mismatch(c, x, nx, y, ny);
	}
	if (tx->rank > 1)
		dim[rank++] = x[nx - 2];
	if (ty->rank > 1)
		dim[rank++] = y[ny - 1];
	return set_shape(c, 0, d, dim, rank);
}

/* The letters of an equation renamed to a, b, c … in order of appearance; what is no letter of a
 * subscript (spaces, too) counts as one, so that only the two forms below are left. */
static bool
canonical_equation(const char *s, char *out, size_t size)
{
	char seen[32];
	size_t nseen = 0, n = 0;

	for (; *s; s++) {
		size_t k = 0;
		if (n + 2 >= size || nseen == sizeof seen)
			return false;
		if (*s == ',') {
			out[n++] = ',';
			continue;
		}
		if (s[0] == '-' && s[1] == '>') {
			out[n++] = '>';
			s++;
			continue;
		}
		while (k < nseen && seen[k] != *s)
			k++;
		if (k == nseen)
			seen[nseen++] = *s;
		out[n++] = (char)('a' + k);
	}
	out[n] = 0;
	return true;
}

static bool
einsum_equation(Infer *c, uint32_t rank)
{
	const char *eq = infer_str(c, "equation");
	char form[32];

	if (!canonical_equation(eq, form, sizeof form))
		form[0] = 0;
	if (rank == 4 ? strcmp(form, "abcd,adce>abce") == 0 : strcmp(form, "abc,cbd>abd") == 0)
		return true;
	return op_error(c, "equation",
	                "equation \"%s\" is not supported, expected the form %s for values of rank "
	                "%u",
	                eq, rank == 4 ? "bnhk,bkhm->bnhm" : "nhk,khm->nhm", rank);
}

bool
infer_einsum(Infer *c)
{
	const Arg *v = inst_args(c->inst, "values");
	const Type *x, *y;
	uint32_t r;
	Dim dim[4];
	bool fits;

	if (v->n != 2)
		return op_error(c, "values", "'values' holds %u tensors, expected two", v->n);
	x = v->u[0]->var->type;
	y = v->u[1]->var->type;
	r = x->rank;
	if (x->kind != TY_TENSOR || y->kind != TY_TENSOR || x->dtype != y->dtype)
		return op_error(c, "values",
		                "'values' are %s and %s, but must have the same element type",
		                type_str(c->types, x), type_str(c->types, y));
	if (!(M_NUM >> x->dtype & 1))
		return op_error(c, "values", "'values' are %s, expected fp16, fp32 or int32",
		                dtype_info[x->dtype].mil);
	if (y->rank != r || (r != 3 && r != 4))
		return op_error(c, "values",
		                "'values' have ranks %u and %u, expected both to be 3 or 4", r,
		                y->rank);
	if (!einsum_equation(c, r))
		return false;
	fits = x->dim[r - 1] == y->dim[r - 3] || !dim_known(x->dim[r - 1]) ||
	       !dim_known(y->dim[r - 3]);
	dim[r - 1] = y->dim[r - 1];
	dim[r - 3] = x->dim[r - 3];
	for (int i = (int)r - 2; i >= 0; i -= 2) {
		Dim a = x->dim[i], b = y->dim[i];
		fits = fits && (a == b || a == 1 || b == 1);
		dim[i] = a == 1 ? b : a;
	}
	if (!fits)
		return op_error(c, "values", "shapes %s and %s do not fit equation \"%s\"",
		                shape_str(c->types, x->dim, r), shape_str(c->types, y->dim, r),
		                infer_str(c, "equation"));
	return set_shape(c, 0, x->dtype, dim, r);
}
