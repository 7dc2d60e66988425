/* merge_consecutive_transposes.c: two transposes in a row are one.
 *
 *   %a = transpose(x=%x, perm=[0, 2, 1])
 *   %b = transpose(x=%a, perm=[2, 0, 1])  ->  %b = transpose(x=%x, perm=[1, 0, 2])
 */
#include "match.h"

bool
rewrite_merge_consecutive_transposes(PassCtx *c, Inst *first)
{
	Inst *second = inst_only_child(first, OP_transpose);
	Var *old, *both;
	int64_t p[TENSOR_MAX_RANK], q[TENSOR_MAX_RANK];
	int rank = val_ints(inst_arg(first, "perm"), p, TENSOR_MAX_RANK);
	Builder b;

	if (!second || rank < 0 || var_leaves_block(first->out[0]) ||
	    val_ints(inst_arg(second, "perm"), q, TENSOR_MAX_RANK) != rank)
		return false;
	for (int k = 0; k < rank; k++)
		q[k] = p[axis_from_front(q[k], (uint32_t)rank)];
	old = second->out[0];
	b = builder_at(c, second, first);
	both = build_ints(c, &b, OP_transpose, NULL, inst_argn(first, 0), "perm", q, rank);
	return pass_try_replace(c, old, both, GONE(first, second));
}
