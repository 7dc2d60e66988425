/* ane_logical.c: logic on truth values is arithmetic on masks of 0 and 1.
 *
 *   %y = logical_and(x=%p, y=%q)  ->  %y = cast(x=mul(cast(%p, fp16), cast(%q, fp16)), bool)
 *   logical_or: maximum             logical_xor: abs(x=sub(…))
 *
 * A chain of them stays arithmetic: cast(cast(m, bool), fp16) of such a mask is m. The engine has
 * none of the three (the ANE guide), but all that stands here; numbers of 0 and 1 are exact in
 * fp16.
 *
 * Left alone: nothing; shapes may be any.
 */
#include "ane_rewrite.h"

enum { MAX_LOOKS = 64 }; /* a value can be reached in many ways */

/* Its elements are 0 and 1 for sure. `looks`: at so many more values, then nothing is sure. */
static bool
is_mask(const Var *v, int *looks)
{
	const Inst *i = v->def, *sub;

	if (!i || v->type->dtype != DT_FP16 || (*looks)-- == 0)
		return false;
	if (inst_is(i, OP_cast))
		return inst_argn(i, 0)->type->dtype == DT_BOOL;
	if (inst_is(i, OP_mul) || inst_is(i, OP_maximum))
		return is_mask(inst_argn(i, 0), looks) && is_mask(inst_argn(i, 1), looks);
	sub = inst_is(i, OP_abs) ? inst_argn(i, 0)->def : NULL;
	return inst_is(sub, OP_sub) && is_mask(inst_argn(sub, 0), looks) &&
	       is_mask(inst_argn(sub, 1), looks);
}

/* The mask that a truth value was cast from, or one that is cast from it. */
static Var *
mask_of(PassCtx *c, Builder *b, Var *p)
{
	Var *m = inst_is(p->def, OP_cast) ? inst_argn(p->def, 0) : NULL;

	int looks = MAX_LOOKS;

	return m && is_mask(m, &looks) ? m : ane_cast(c, b, p, DT_FP16);
}

bool
rewrite_ane_logical(PassCtx *c, Inst *i)
{
	Builder b = pass_builder_before(c, i);
	Var *x = inst_arg(i, "x"), *y = inst_arg(i, "y"), *m;

	if (x->type->kind != TY_TENSOR || y->type->kind != TY_TENSOR || (x->val && y->val))
		return false;
	x = mask_of(c, &b, x);
	y = mask_of(c, &b, y);
	if (i->op->code == OP_logical_xor) {
		m = ane_binary(c, &b, OP_sub, x, y);
		m = ane_unary(c, &b, OP_abs, m);
	} else {
		m = ane_binary(c, &b, i->op->code == OP_logical_and ? OP_mul : OP_maximum, x, y);
	}
	return ane_replace(c, i, ane_cast(c, &b, m, DT_BOOL), GONE(i));
}
