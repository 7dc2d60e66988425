/* replace_stack_reshape.c: two values stacked, then reshaped so that the new axis merges with its
 * neighbour, are concatenated.
 *
 *   %s = stack(values=(%a, %b), axis=2)        %a, %b: (1, 2, 3)
 *   %y = reshape(x=%s, shape=[1, 4, 3])   ->   %y = concat(values=(%a, %b), axis=1,
 *                                                          interleave=true)
 *
 * Merged to the left the values take turns, merged to the right they do not.
 */
#include "match.h"

/* The only axis in which the two differ, or -1. */
static int
changed_axis(const Type *a, const Type *b)
{
	int axis = -1;

	for (uint32_t k = 0; k < a->rank; k++)
		if (a->dim[k] != b->dim[k]) {
			if (axis >= 0)
				return -1;
			axis = (int)k;
		}
	return axis;
}

bool
rewrite_replace_stack_reshape(PassCtx *c, Inst *stack)
{
	Inst *reshape = inst_follow(stack, OP_reshape);
	const Arg *values = inst_args(stack, "values");
	const Tensor *axis = inst_val(stack, "axis");
	const Type *in = arg_at(values, 0)->type, *out;
	Operand item[2];
	int at;

	if (!reshape || !axis || values->n != 2)
		return false;
	out = reshape->out[0]->type;
	if (in->rank != out->rank || (at = changed_axis(in, out)) < 0 ||
	    dim_mul(c->prog->types, in->dim[at], 2) != out->dim[at] ||
	    (at != tensor_i(axis, 0) && at != tensor_i(axis, 0) - 1))
		return false;
	for (uint32_t k = 0; k < 2; k++)
		item[k] = (Operand)VAR("values", arg_at(values, k));
	return pass_fuse_as(c, reshape, name_new(c, "concat"), OP_concat,
	                    ARGS({.kind = A_LIST, .name = "values", .list = {item, 2}},
	                         TENSOR("axis", tensor_scalar_i(c->prog->arena, DT_INT32, at)),
	                         BOOLP(c, "interleave", at == tensor_i(axis, 0) - 1)),
	                    GONE(stack, reshape));
}
