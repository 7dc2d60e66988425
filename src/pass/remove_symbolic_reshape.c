/* remove_symbolic_reshape.c: a shape known up to one symbol becomes a constant.
 *
 *   %s = concat(values=(%n, 2, 2))              %x: (s0, 4), %n is s0
 *   %y = reshape(x=%x, shape=%s)            ->  %y = reshape(x=%x, shape=[-1, 2, 2])
 *
 * With several symbols the shape stays computed.
 */
#include "match.h"

bool
rewrite_remove_symbolic_reshape(PassCtx *c, Inst *reshape)
{
	Var *shape = inst_arg(reshape, "shape");
	const Type *y = reshape->out[0]->type;
	int64_t dim[TENSOR_MAX_RANK];
	uint32_t symbols = 0;
	Builder b;

	if (shape->val || !shape->symval || var_nchild(shape, 2) > 1 ||
	    y->rank > TENSOR_MAX_RANK)
		return false;
	for (uint32_t k = 0; k < y->rank; k++) {
		dim[k] = dim_known(y->dim[k]) ? y->dim[k] : -1;
		symbols += dim[k] == -1;
	}
	if (symbols > 1)
		return false;
	b = pass_builder_before(c, reshape);
	inst_set_arg(reshape, op_param(reshape->op, "shape"),
	             build_const(&b, name_join(c, shape->name, "x"),
	                         ints_tensor(c, dim, (int)y->rank)));
	return true;
}
