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

/* The instruction that ends the pattern behind %u, or 0; *half is the other factor's. */
static Inst *
find_end(const Inst *u, const Var *x, Inst **half)
{
	Inst *m = inst_follow(u, OP_mul), *end;
	Var *other = m ? other_operand(m, u->out[0]) : NULL;

	*half = m;
	if (!m)
		return NULL;
	if (val_is_near(other, 0.5, 1e-3)) {
		end = inst_follow(m, OP_mul);
		return end && other_operand(end, m->out[0]) == x ? end : NULL;
	}
	*half = other->def;
	if (!inst_is(*half, OP_mul) || inst_follow(*half, OP_mul) != m ||
	    !val_is_near(other_operand(*half, x), 0.5, 1e-3))
		return NULL;
	return inst_argn(*half, 0) == x || inst_argn(*half, 1) == x ? m : NULL;
}

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
	if (!u || other_operand(a, q->out[0]) != x || !(end = find_end(u, x, &half)))
		return false;
	return pass_fuse(c, end, OP_gelu, ARGS(VAR("x", x), STRP(c, "mode", "TANH_APPROXIMATION")),
	                 GONE(pow, q, a, s, t, u, half, end));
}
