/* reorder_lut_per_channel_scale.c: a palettized weight with a scale for each channel of the result
 * is taken without it, and the result is scaled instead.
 *
 *   %u = constexpr_lut_to_dense(indices=%i, lut=%t)
 *   %w = constexpr_blockwise_shift_scale(data=%u, scale=%s)
 *   %y = linear(x=%x, weight=%w, bias=%b)
 *   becomes
 *   %v = linear(x=%x, weight=%u, bias=%b / %s)
 *   %y = mul(x=%v, y=%s')
 *
 * Likewise matmul and conv with two dimensions of an image; %s' is %s in the shape of the result.
 * All that use the weight must be of these.
 */
#include "match.h"

/* Where the weight has the channels of i's result, counted from the front; -1: nowhere. */
static int
result_axis(const Inst *i, const Var *w)
{
	uint32_t rank = w->type->rank;
	bool y = inst_is(i, OP_matmul) && inst_arg(i, "y") == w, last;

	switch (i->op->code) {
	case OP_linear: return inst_arg(i, "weight") == w ? 0 : -1;
	case OP_conv: return inst_arg(i, "weight") == w && rank == 4 ? 0 : -1;
	case OP_matmul:
		last = y != (inst_int(i, y ? "transpose_y" : "transpose_x") != 0);
		if (rank < 2 || inst_arg(i, "x") == inst_arg(i, "y"))
			return -1;
		return (int)rank - (last ? 1 : 2);
	default: return -1;
	}
}

/* The scale has one number for each element of the axis, and is the same along the others. */
static bool
is_along(const Tensor *s, const Var *w, int axis)
{
	if (axis < 0 || s->rank != (int)w->type->rank)
		return false;
	for (int k = 0; k < s->rank; k++)
		if (s->dim[k] != 1 && (k != axis || s->dim[k] != w->type->dim[k]))
			return false;
	return true;
}

/* The scale in a shape that goes with the result. */
static const Tensor *
for_result(PassCtx *c, const Inst *i, const Var *w, const Tensor *s)
{
	int64_t dim[TENSOR_MAX_RANK];
	bool y = inst_is(i, OP_matmul) && inst_arg(i, "y") == w;
	int rank = s->rank;

	for (int k = 0; k < rank; k++)
		dim[k] = 1;
	dim[inst_is(i, OP_conv) ? 1 : inst_is(i, OP_linear) || y ? rank - 1 : rank - 2] = s->count;
	return tensor_reshape(c->prog->arena, s, dim, rank);
}

static const Tensor *
divided(PassCtx *c, const Tensor *b, const Tensor *s)
{
	Tensor *r = tensor_new(c->prog->arena, b->dtype, b->dim, b->rank);

	for (int64_t k = 0; k < b->count; k++)
		tensor_set_f(r, k, (float)tensor_f(b, k) /
		                       (float)tensor_f(s, s->count == 1 ? 0 : k));
	return r;
}

static bool
scale_behind(PassCtx *c, Inst *i, const Var *w, Var *unscaled, const Tensor *s)
{
	const char *takes = !inst_is(i, OP_matmul) ? "weight" : inst_arg(i, "y") == w ? "y" : "x";
	Operand over[2] = {VAR(takes, unscaled)};
	Builder b = pass_builder_before(c, i);
	uint32_t n = 1;
	Var *v;

	if (!inst_is(i, OP_matmul) && inst_arg(i, "bias")) {
		const Tensor *bias = inst_val(i, "bias");
		if (!bias)
			return false;
		over[n++] = (Operand)TENSOR("bias", divided(c, bias, s));
	}
	v = rewrite_again(&b, i, name_new(c, i->op->name), over, n);
	v = build1(&b, OP_mul, name_new(c, "mul"),
	           ARGS(VAR("x", v), TENSOR("y", for_result(c, i, w, s))));
	return pass_replace(i->out[0], v, GONE(i));
}

bool
rewrite_reorder_lut_per_channel_scale(PassCtx *c, Inst *i)
{
	Inst *scale = inst_only_child(i, OP_constexpr_blockwise_shift_scale);
	const Tensor *s = scale ? inst_val(scale, "scale") : NULL;
	const Tensor *offset = scale ? inst_val(scale, "offset") : NULL;
	bool changed = false;
	const Var *w;

	if (!s || inst_arg(scale, "data") != i->out[0] || !var_is_float(i->out[0]) ||
	    (inst_arg(scale, "offset") && (!offset || !val_all_equal(offset, 0))))
		return false;
	w = scale->out[0];
	for each_use (u, w)
		if (!u->user || !is_along(s, w, result_axis(u->user, w)))
			return false;
	for each_use (u, w)
		changed |= scale_behind(c, u->user, w, i->out[0], s);
	rewrite_remove_all(GONE(scale));
	return changed;
}
