/* fuse_gelu_exact.c: 0.5 * x * (1 + erf(x / sqrt(2))), in three arrangements, is a gelu.
 *
 *   %d = real_div(x=%x, y=1.414)
 *   %e = erf(x=%d)
 *   %a = add(x=%e, y=1.0)         ->  %y = gelu(x=%x, mode="EXACT")
 *   %m = mul(x=%a, y=0.5)
 *   %y = mul(x=%m, y=%x)
 *
 * Or ((a * x) * 0.5), or (a * (x * 0.5)); instead of the division, mul by 0.707.
 */
#include "match.h"

#define ROOT2 1.41421356237309505

/* x of the first instruction, or 0. */
static Var *
root_of(const Inst *i)
{
	Var *x = inst_argn(i, 0), *y = inst_argn(i, 1);

	if (inst_is(i, OP_real_div))
		return val_is_near(y, ROOT2, 1e-3) ? x : NULL;
	if (val_is_near(y, 1 / ROOT2, 1e-3))
		return x;
	return val_is_near(x, 1 / ROOT2, 1e-3) ? y : NULL;
}

/* v is x * 0.5, for m alone. */
static bool
is_half(const Var *v, const Var *x)
{
	const Inst *i = v->def;

	if (!inst_is(i, OP_mul) || var_leaves_block(v) || !var_only_child(v))
		return false;
	return (inst_argn(i, 0) == x || inst_argn(i, 1) == x) &&
	       val_is_near(other_operand(i, x), 0.5, 1e-3);
}

bool
rewrite_fuse_gelu_exact(PassCtx *c, Inst *first)
{
	Var *x = root_of(first), *other;
	Inst *erf = x ? inst_follow(first, OP_erf) : NULL;
	Inst *add = inst_follow_number(erf, OP_add, 1);
	Inst *mul = inst_follow(add, OP_mul), *end, *half = NULL;

	if (!mul)
		return false;
	other = other_operand(mul, add->out[0]);
	if (val_is_near(other, 0.5, 1e-3)) {
		end = inst_follow(mul, OP_mul);
		if (!end || other_operand(end, mul->out[0]) != x)
			return false;
	} else if (other == x) {
		end = inst_follow_number(mul, OP_mul, 0.5);
		if (!end)
			return false;
	} else {
		if (!is_half(other, x))
			return false;
		half = other->def;
		end = mul;
	}
	return pass_fuse(c, end, OP_gelu, ARGS(VAR("x", x), STRP(c, "mode", "EXACT")),
	                 GONE(half ? half : first, first, erf, add, mul, end));
}
