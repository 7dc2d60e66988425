/* fuse_activation_silu.c: x * sigmoid(x) is a silu.
 *
 *   %s = sigmoid(x=%x)
 *   %y = mul(x=%x, y=%s)  ->  %y = silu(x=%x)
 */
#include "match.h"

bool
rewrite_fuse_activation_silu(PassCtx *c, Inst *sigmoid)
{
	Inst *mul = inst_follow(sigmoid, OP_mul);
	Var *x = inst_argn(sigmoid, 0);

	if (!mul || other_operand(mul, sigmoid->out[0]) != x)
		return false;
	return pass_fuse(c, mul, OP_silu, ARGS(VAR("x", x)), GONE(sigmoid, mul));
}
