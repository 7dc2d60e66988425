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
	Var *x = inst_argn(sigmoid, 0), *y;
	Builder b;

	if (!mul || other_operand(mul, sigmoid->out[0]) != x)
		return false;
	b = builder_at(c, mul, mul);
	y = build1(&b, OP_silu, mul->out[0]->name, ARGS(VAR("x", x)));
	return pass_replace(mul->out[0], y, GONE(sigmoid, mul));
}
