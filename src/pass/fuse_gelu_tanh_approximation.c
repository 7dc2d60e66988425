/* fuse_gelu_tanh_approximation.c: 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) is a
 * gelu.
 *
 *   %p = pow(x=%x, y=3.0)
 *   %q = mul(x=%p, y=0.044715)
 *   %a = add(x=%x, y=%q)
 *   %s = mul(x=%a, y=0.79788)      ->  %y = gelu(x=%x, mode="TANH_APPROXIMATION")
 *   %t = tanh(x=%s)
 *   %u = add(x=%t, y=1.0)
 *   %h = mul(x=%u, y=0.5)
 *   %y = mul(x=%h, y=%x)
 *
 * Or (0.5 * x) * u at the end.
 */
#include "match.h"

bool
rewrite_fuse_gelu_tanh_approximation(PassCtx *c, Inst *pow)
{
	Var *x = inst_argn(pow, 0);
	Inst *q, *a, *s, *t, *u, *half, *end;

	if (!val_is_near(inst_argn(pow, 1), 3, 1e-3))
		return false;
	q = inst_follow_number(pow, OP_mul, 0.044715);
	a = inst_follow(q, OP_add);
	s = inst_follow_number(a, OP_mul, 0.79788);
	t = inst_follow(s, OP_tanh);
	u = inst_follow_number(t, OP_add, 1);
	if (!u || other_operand(a, q->out[0]) != x || !(end = inst_follow_half(u, x, false, &half)))
		return false;
	return pass_fuse(c, end, OP_gelu, ARGS(VAR("x", x), STRP(c, "mode", "TANH_APPROXIMATION")),
	                 GONE(pow, q, a, s, t, u, half, end));
}
