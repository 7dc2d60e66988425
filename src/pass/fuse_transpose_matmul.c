/* fuse_transpose_matmul.c: a matmul transposes its operands itself.
 *
 *   %t = transpose(x=%a, perm=[0, 2, 1])
 *   %y = matmul(x=%t, y=%b)               ->  %y = matmul(x=%a, y=%b, transpose_x=true)
 *
 * Only transposes that exchange the last two axes. The peer's look at a permutation leaves its last
 * two axes counted from the end. That shows where no reduce_transposes counts them from the front
 * again: in functions with nested blocks.
 */
#include "match.h"

static bool
swaps_last(PassCtx *c, const Func *f, const Var *v)
{
	int64_t perm[TENSOR_MAX_RANK];
	int rank;
	bool swaps = true;

	if (!inst_is(v->def, OP_transpose))
		return false;
	rank = val_ints(inst_arg(v->def, "perm"), perm, TENSOR_MAX_RANK);
	if (rank < 2)
		return false;
	for (int k = 0; k < rank; k++) {
		int64_t want = k < rank - 2 ? k : k == rank - 2 ? rank - 1 : rank - 2;
		perm[k] = axis_from_front(perm[k], (uint32_t)rank);
		swaps &= perm[k] == want;
		if (k >= rank - 2)
			perm[k] -= rank;
	}
	if (func_has_nested(f, true))
		inst_arg(v->def, "perm")->val = ints_tensor(c, perm, rank);
	return swaps;
}

bool
rewrite_fuse_transpose_matmul(PassCtx *c, Inst *matmul)
{
	Var *x = inst_arg(matmul, "x"), *y = inst_arg(matmul, "y");
	bool turn_x = swaps_last(c, matmul->parent->func, x),
	     turn_y = swaps_last(c, matmul->parent->func, y);

	if (!turn_x && !turn_y)
		return false;
	return pass_fuse_as(
	    c, matmul, matmul->name, OP_matmul,
	    ARGS(VAR("x", turn_x ? inst_argn(x->def, 0) : x),
	         VAR("y", turn_y ? inst_argn(y->def, 0) : y),
	         BOOLP(c, "transpose_x", inst_int(matmul, "transpose_x") != turn_x),
	         BOOLP(c, "transpose_y", inst_int(matmul, "transpose_y") != turn_y)),
	    GONE(matmul));
}
