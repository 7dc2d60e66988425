/* ane_mod.c: a remainder is what is left of the quotient rounded down.
 *
 *   %y = mod(x=%x, y=8.0)  ->  %y = sub(x=%x, y=mul(x=floor(x=mul(x=%x, y=0.125)), y=8.0))
 *
 * The engine has no mod, but a floor (the ANE guide). Exact: a division by a power of two, the
 * floor and the product lose nothing, and the difference is a number of fewer bits.
 *
 * Left alone: divisors below 1 in half precision, where the quotient may be too large for a number;
 * any other divisor, since a quotient that is rounded up to the next whole number makes
 * the remainder 0 of one that is almost y; integers.
 */
#include "ane_rewrite.h"

#include <math.h>

/* 2**e; `half`: from 1 on. */
static bool
is_power(double y, bool half)
{
	int e;

	return isfinite(y) && frexp(y, &e) == 0.5 && e >= (half ? 1 : -10) && e <= 12;
}

bool
rewrite_ane_mod(PassCtx *c, Inst *i)
{
	Var *x = inst_arg(i, "x"), *q;
	Builder b = pass_builder_before(c, i);
	double y;

	if (!ane_is_dtype(x) || !ane_number(inst_arg(i, "y"), &y) ||
	    !is_power(y, x->type->dtype == DT_FP16))
		return false;
	q = ane_unary(c, &b, OP_floor, ane_scalar(c, &b, OP_mul, x, 1 / y));
	return ane_replace(c, i, ane_binary(c, &b, OP_sub, x, ane_scalar(c, &b, OP_mul, q, y)),
	                   GONE(i));
}
