/* fuse_leaky_relu.c: the larger of x and alpha * x, with alpha from 0 to 1.
 *
 *   %m = mul(x=%x, y=0.3)
 *   %y = maximum(x=%m, y=%x)  ->  %y = leaky_relu(x=%x, alpha=0.3)
 */
#include "match.h"

static bool
is_slope(const Var *v)
{
	return val_is_near(v, 0.5, 1) && tensor_f(v->val, 0) >= 0 && tensor_f(v->val, 0) <= 1;
}

bool
rewrite_fuse_leaky_relu(PassCtx *c, Inst *mul)
{
	Inst *max = inst_follow(mul, OP_maximum);
	Var *alpha = inst_argn(mul, is_slope(inst_argn(mul, 0)) ? 0 : 1);
	Var *x = other_operand(mul, alpha);

	if (!max || !is_slope(alpha) || other_operand(max, mul->out[0]) != x || !var_is_float(x) ||
	    max->out[0]->type != x->type)
		return false;
	return pass_fuse(
	    c, max, OP_leaky_relu,
	    ARGS(VAR("x", x), TENSOR("alpha", tensor_reshape(c->prog->arena, alpha->val, NULL, 0))),
	    GONE(mul, max));
}
