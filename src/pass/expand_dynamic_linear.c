/* expand_dynamic_linear.c: a linear whose weight or bias did not become constant is a matmul.
 *
 *   %y = linear(x=%x, weight=%w, bias=%b)  ->  %m = matmul(x=%x, y=%w, transpose_y=true)
 *                                              %y = add(x=%m, y=%b)
 *
 * A weight that is constant keeps its linear, with a bias of zeros; a bias of zeros is not added.
 */
#include "match.h"

static bool
is_static(const Var *v)
{
	return !v || (v->def && (v->def->op->code == OP_const || v->def->op->flags & CONSTEXPR));
}

/* Every element is its own zero point. The point is one for all, or one for each index of an axis:
 * as the bias is a vector, for each element. */
static bool
dequantizes_to_zero(const Inst *i)
{
	const Tensor *data = inst_val(i, "quantized_data"), *zero = inst_val(i, "zero_point");

	if (!data || !zero || data->rank > 1)
		return false;
	for (int64_t k = 0; k < data->count; k++)
		if (tensor_i(data, k) != tensor_i(zero, zero->count == 1 ? 0 : k))
			return false;
	return true;
}

static bool
is_zero(const Var *v)
{
	if (!v || (var_is_const(v) && val_all_equal(v->val, 0)))
		return true;
	return inst_is(v->def, OP_constexpr_affine_dequantize) && dequantizes_to_zero(v->def);
}

bool
rewrite_expand_dynamic_linear(PassCtx *c, Inst *linear)
{
	Var *x = inst_arg(linear, "x"), *w = inst_arg(linear, "weight");
	Var *bias = inst_arg(linear, "bias"), *y;
	Builder b;

	if (is_static(w) && is_static(bias))
		return false;
	b = pass_builder_before(c, linear);
	if (is_static(w))
		y = build1(&b, OP_linear, name_new(c, "linear"),
		           ARGS(VAR("x", x), VAR("weight", w)));
	else
		y = build1(&b, OP_matmul, name_new(c, "matmul"),
		           ARGS(VAR("x", x), VAR("y", w), BOOLC(&b, "transpose_y", true)));
	if (!is_zero(bias))
		y = build1(&b, OP_add, linear->name, ARGS(VAR("x", y), VAR("y", bias)));
	return pass_replace(linear->out[0], y, GONE(linear));
}
