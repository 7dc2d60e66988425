/* merge_affine_dequantize_with_consecutive_ops.c: a quantized constant is stored in the shape in
 * which it is used.
 *
 *   %q = constexpr_affine_dequantize(quantized_data=%d, …)
 *   %y = transpose(x=%q, perm=[1, 0])
 *   becomes
 *   %y = constexpr_affine_dequantize(quantized_data=transposed %d, …)
 *
 * Also reshape, expand_dims and squeeze when one scale holds for all of it.
 */
#include "quant.h"

enum { MAX_CHAIN = 64 };

static Inst *
next_op(const Inst *i, bool per_tensor)
{
	static const Opcode ops[] = {OP_transpose, OP_reshape, OP_expand_dims, OP_squeeze};
	Inst *next;

	for (size_t k = 0; k < (per_tensor ? countof(ops) : 1); k++)
		if ((next = inst_follow(i, ops[k])) && shape_is_known(next->out[0]) &&
		    inst_argn(next, 0) == i->out[0])
			return next;
	return NULL;
}

/* The data as op i leaves it; the channels' axis moves along. */
static const Tensor *
applied(PassCtx *c, const Tensor *data, const Inst *i, int64_t *axis)
{
	const Type *t = i->out[0]->type;
	int64_t perm[TENSOR_MAX_RANK], from = *axis;
	int n;

	if (!inst_is(i, OP_transpose))
		return tensor_reshape(c->prog->arena, data, t->dim, (int)t->rank);
	n = val_ints(inst_arg(i, "perm"), perm, TENSOR_MAX_RANK);
	for (int k = 0; k < n; k++) {
		perm[k] = axis_from_front(perm[k], (uint32_t)n);
		if (perm[k] == from)
			*axis = k;
	}
	return tensor_transposed(c->prog->arena, data, perm);
}

bool
rewrite_merge_affine_dequantize_with_consecutive_ops(PassCtx *c, Inst *q)
{
	const Tensor *data = inst_val(q, "quantized_data"), *scale = inst_val(q, "scale");
	const Tensor *zero = inst_val(q, "zero_point");
	Inst *op[MAX_CHAIN + 1] = {q};
	int64_t axis = quant_axis(q);
	bool per_tensor;
	uint32_t n = 1;
	Builder b;
	Var *y;

	if (!data || !scale || !zero || var_nchild(inst_argn(q, 0), 2) != 1)
		return false;
	per_tensor = scale->rank == 0 && zero->rank == 0;
	while (n <= MAX_CHAIN && (op[n] = next_op(op[n - 1], per_tensor)) != NULL)
		n++;
	if (n == 1)
		return false;
	for (uint32_t k = 1; k < n; k++)
		data = applied(c, data, op[k], &axis);
	b = builder_at(c, op[n - 1], op[n - 1]);
	if (per_tensor)
		y = build_dequantized(c, &b, data, zero, scale, MIN(quant_axis(q), data->rank - 1),
		                      op[n - 1]->out[0]->name);
	else
		y = build1(&b, OP_constexpr_affine_dequantize, op[n - 1]->out[0]->name,
		           ARGS(TENSOR("quantized_data", data), TENSOR("zero_point", zero),
		                TENSOR("scale", scale), INTC(&b, "axis", axis)));
	return pass_replace(op[n - 1]->out[0], y, op, n);
}
