/* ane_silu.c: what computes a sigmoid, and x times it, is that operation.
 *
 *   %y = real_div(x=1.0, y=add(x=exp(x=mul(x=%x, y=-1.0)), y=1.0))  ->  %y = sigmoid(x=%x)
 *   %y = real_div(x=%x, y=add(x=exp(x=mul(x=%x, y=-1.0)), y=1.0))   ->  %y = silu(x=%x)
 *   %y = mul(x=%x, y=sigmoid(x=%x))                                 ->  %y = silu(x=%x)
 *
 * For Core ML the high-level operation is what the engine's compiler maps best (Apple's rules for
 * the engine), and the exponential of -x overflows fp16 below -11. In the Core AI toolchain it is
 * the other way round (Apple's list of common issues); milc writes models of Core ML. For gelu the
 * fuse_gelu passes do the same.
 *
 * Left alone: where x is an integer, or broadcast.
 */
#include "ane_rewrite.h"

/* The x that v is exp(-x) + 1 of, or 0. */
static Var *
exponent_of(const Var *v)
{
	const Inst *i = v->def, *m;
	int one = inst_is(i, OP_add) && val_is_near(inst_argn(i, 0), 1, 1e-9) ? 0 : 1;

	if (!inst_is(i, OP_add) || !val_is_near(inst_argn(i, one), 1, 1e-9))
		return NULL;
	i = inst_argn(i, 1 - one)->def;
	m = inst_is(i, OP_exp) ? inst_argn(i, 0)->def : NULL;
	if (inst_is(m, OP_mul))
		for (int k = 0; k < 2; k++)
			if (val_is_near(inst_argn(m, k), -1, 1e-9))
				return inst_argn(m, 1 - k);
	return inst_is(m, OP_sub) && val_is_near(inst_argn(m, 0), 0, 1e-9) ? inst_argn(m, 1) : NULL;
}

bool
rewrite_ane_silu(PassCtx *c, Inst *i)
{
	Var *x = inst_argn(i, 0), *y = inst_argn(i, 1), *of;
	Builder b = pass_builder_before(c, i);

	if (!ane_is_dtype(x) || !ane_is_dtype(y))
		return false;
	if (inst_is(i, OP_mul)) {
		if (inst_is(y->def, OP_sigmoid) && inst_argn(y->def, 0) == x)
			return ane_replace(c, i, ane_unary(c, &b, OP_silu, x), GONE(i, y->def));
		if (inst_is(x->def, OP_sigmoid) && inst_argn(x->def, 0) == y)
			return ane_replace(c, i, ane_unary(c, &b, OP_silu, y), GONE(i, x->def));
		return false;
	}
	of = exponent_of(y);
	if (!of || (of != x && !val_is_near(x, 1, 1e-9)))
		return false;
	return ane_replace(c, i, ane_unary(c, &b, of == x ? OP_silu : OP_sigmoid, of), GONE(i));
}
