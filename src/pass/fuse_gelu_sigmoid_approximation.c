/* fuse_gelu_sigmoid_approximation.c: x * sigmoid(1.702 * x) is a gelu.
 *
 *   %m = mul(x=%x, y=1.702)
 *   %s = sigmoid(x=%m)       ->  %y = gelu(x=%x, mode="SIGMOID_APPROXIMATION")
 *   %y = mul(x=%x, y=%s)
 */
#include "match.h"

bool
rewrite_fuse_gelu_sigmoid_approximation(PassCtx *c, Inst *sigmoid)
{
	Inst *scale = inst_argn(sigmoid, 0)->def, *end = inst_follow(sigmoid, OP_mul);
	Var *x;

	if (!end || !inst_is(scale, OP_mul) || inst_follow(scale, OP_sigmoid) != sigmoid)
		return false;
	x = other_operand(end, sigmoid->out[0]);
	if ((inst_argn(scale, 0) != x && inst_argn(scale, 1) != x) ||
	    !val_is_near(other_operand(scale, x), 1.702, 1e-3))
		return false;
	return pass_fuse(c, end, OP_gelu,
	                 ARGS(VAR("x", x), STRP(c, "mode", "SIGMOID_APPROXIMATION")),
	                 GONE(scale, sigmoid, end));
}
