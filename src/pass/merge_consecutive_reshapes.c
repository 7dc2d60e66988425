/* merge_consecutive_reshapes.c: of reshapes in a row the last one is enough.
 *
 *   %a = reshape(x=%x, shape=[6])
 *   %b = reshape(x=%a, shape=[2, 3])  ->  %b = reshape(x=%x, shape=[2, 3])
 *
 * A zero in the last shape stands for a dimension of its operand: then the two are not the same.
 */
#include "match.h"

static bool
copies_dimensions(const Inst *reshape)
{
	const Tensor *shape = inst_val(reshape, "shape");

	for (int64_t k = 0; shape && k < shape->count; k++)
		if (tensor_i(shape, k) == 0)
			return true;
	return false;
}

bool
rewrite_merge_consecutive_reshapes(PassCtx *c, Inst *first)
{
	Inst *last = first, *next;
	Var *x = inst_argn(first, 0);

	while (!var_leaves_block(last->out[0]) &&
	       (next = inst_only_child(last, OP_reshape)) != NULL && next->parent == last->parent)
		last = next;
	if (last == first || copies_dimensions(last) || !var_keeps_weights(c, last->out[0], x))
		return false;
	/* Each of them has lost its only user once the one behind it reads something else. */
	for (Inst *i = last; i != first; i = next) {
		next = inst_argn(i, 0)->def;
		inst_set_arg(i, 0, x);
		if (i != last)
			rewrite_remove(i);
	}
	rewrite_remove(first);
	return true;
}
