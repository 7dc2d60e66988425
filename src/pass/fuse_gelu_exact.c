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

bool
rewrite_fuse_gelu_exact(PassCtx *c, Inst *first)
{
	Var *x = root_of(first);
	Inst *erf = x ? inst_follow(first, OP_erf) : NULL, *half;
	Inst *add = inst_follow_number(erf, OP_add, 1);
	Inst *end = inst_follow_half(add, x, true, &half);

	return end && pass_fuse(c, end, OP_gelu, ARGS(VAR("x", x), STRP(c, "mode", "EXACT")),
	                        GONE(first, erf, add, half, end));
}
