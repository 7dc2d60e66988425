/* fuse_pow2_sqrt.c: the root of a square, and the square of a root, are the number itself.
 *
 *   %p = pow(x=%x, y=2.0)
 *   %y = sqrt(x=%p)        ->  %y = identity(x=%x)
 */
#include "match.h"

static bool
is_square(const Inst *i)
{
	const Tensor *y = inst_is(i, OP_pow) ? inst_argn(i, 1)->val : NULL;

	return y && val_all_equal(y, 2);
}

bool
rewrite_fuse_pow2_sqrt(PassCtx *c, Inst *i)
{
	Inst *next = inst_follow(i, inst_is(i, OP_sqrt) ? OP_pow : OP_sqrt);

	if (!next || !is_square(inst_is(i, OP_sqrt) ? next : i) ||
	    inst_argn(next, 0) != i->out[0] || next->out[0]->type != inst_argn(i, 0)->type)
		return false;
	return pass_fuse(c, next, OP_identity, ARGS(VAR("x", inst_argn(i, 0))), GONE(i, next));
}
