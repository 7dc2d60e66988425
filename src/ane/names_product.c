/* names_product.c: names of products of matrices, attention, norms and reductions. */
#include "names.h"

/* Axis of a matrix of matmul: rows (at 0) or columns (at 1) after the flag that transposes it. */
static Val
matrix_axis(const Site *s, const char *operand, const char *flag, int at)
{
	const Var *v = site_operand(s, operand);
	Val transposed = site_param(s, flag);
	bool turned;

	if (transposed.kind == VAL_UNKNOWN)
		return transposed;
	turned = transposed.kind == VAL_BOOL && transposed.i;
	if (var_rank(v) < 2) /* a vector is a row on the left and a column on the right */
		return var_rank(v) == 1 && (*operand == 'x') == (at == 1) ? var_size(v, 0)
		                                                          : val_int(1);
	return var_size(v, turned != (at == 1) ? -1 : -2);
}

Val
name_M(const Site *s)
{
	const Var *x;
	Val rows = val_int(1);

	if (inst_is(s->inst, OP_matmul))
		return matrix_axis(s, "x", "transpose_x", 0);
	if (!inst_is(s->inst, OP_linear))
		return VAL(ABSENT);
	x = site_operand(s, "x");
	for (int i = 0; i < var_rank(x) - 1; i++)
		rows = val_product(rows, var_size(x, i));
	return rows;
}

Val
name_K(const Site *s)
{
	if (inst_is(s->inst, OP_matmul))
		return matrix_axis(s, "x", "transpose_x", 1);
	return inst_is(s->inst, OP_linear) ? var_size(site_operand(s, "weight"), 1) : VAL(ABSENT);
}

Val
name_N(const Site *s)
{
	if (inst_is(s->inst, OP_matmul))
		return matrix_axis(s, "y", "transpose_y", 1);
	return name_N_out(s);
}

Val
name_N_out(const Site *s)
{
	return inst_is(s->inst, OP_linear) ? var_size(site_operand(s, "weight"), 0) : VAL(ABSENT);
}

/* ---- attention ---- */

static bool
is_attention(const Site *s)
{
	return inst_is(s->inst, OP_scaled_dot_product_attention);
}

Val
name_Sq(const Site *s)
{
	return is_attention(s) ? var_size(site_operand(s, "query"), -2) : VAL(ABSENT);
}

Val
name_Skv(const Site *s)
{
	return is_attention(s) ? var_size(site_operand(s, "key"), -2) : VAL(ABSENT);
}

Val
name_elems_q(const Site *s)
{
	const Var *q = is_attention(s) ? site_operand(s, "query") : NULL;
	Val n = val_int(1);

	if (!q)
		return VAL(ABSENT);
	for (int i = 0; i < var_rank(q); i++)
		n = val_product(n, var_size(q, i));
	return n;
}

Val
name_mask(const Site *s)
{
	if (!is_attention(s))
		return VAL(ABSENT);
	return site_operand(s, "attn_mask") ? val_text("mask") : VAL(NONE);
}

Val
name_mask_shape(const Site *s)
{
	const Var *m = is_attention(s) ? site_operand(s, "attn_mask") : NULL;
	int rank = var_rank(m);
	Val *v;

	if (!is_attention(s))
		return VAL(ABSENT);
	if (rank < 0)
		return VAL(NONE);
	v = newn(s->arena, Val, (size_t)rank);
	for (int i = 0; i < rank; i++)
		v[i] = var_size(m, i);
	return (Val){.kind = VAL_LIST, .at = v, .n = (uint32_t)rank};
}

/* ---- einsum ---- */

static bool
holds(const char *s, size_t n, char c)
{
	return memchr(s, c, n);
}

Val
name_lowers_to_matmul(const Site *s)
{
	Val v = inst_is(s->inst, OP_einsum) ? site_param(s, "equation") : VAL(ABSENT);
	const char *a, *comma, *arrow, *b, *r;
	size_t na, nb, nr;
	int shared = 0;

	if (v.kind != VAL_TEXT)
		return v.kind == VAL_ABSENT ? v : VAL(UNKNOWN);
	a = v.s;
	comma = strchr(a, ',');
	arrow = comma ? strstr(comma, "->") : NULL;
	if (!arrow || strchr(comma + 1, ','))
		return val_bool(false);
	b = comma + 1, r = arrow + 2;
	na = (size_t)(comma - a), nb = (size_t)(arrow - b), nr = strlen(r);
	for (size_t i = 0; i < na; i++) {
		if (holds(a, i, a[i]))
			return val_bool(false);
		if (!holds(r, nr, a[i]) && !holds(b, nb, a[i]))
			return val_bool(false);
		shared += !holds(r, nr, a[i]);
	}
	for (size_t i = 0; i < nb; i++)
		if (holds(b, i, b[i]) || (!holds(r, nr, b[i]) && !holds(a, na, b[i])))
			return val_bool(false);
	return val_bool(shared == 1);
}

/* ---- norms and reductions ---- */

Val
name_axes_spatial(const Site *s)
{
	return inst_is(s->inst, OP_instance_norm) ? val_bool(true) : VAL(ABSENT);
}

Val
name_num_groups(const Site *s)
{
	return inst_is(s->inst, OP_layer_norm) ? val_int(1) : VAL(ABSENT);
}

Val
name_red_extent(const Site *s)
{
	Val axis;

	if (!site_is(s, OP_reduce_argmax, OP_reduce_argmin, OP_none))
		return VAL(ABSENT);
	axis = site_param(s, "axis");
	if (axis.kind == VAL_NONE)
		axis = val_int(-1);
	return axis.kind == VAL_INT ? var_size(site_input(s), (int)axis.i) : VAL(UNKNOWN);
}

Val
name_eps(const Site *s)
{
	return site_param(s, "epsilon");
}
