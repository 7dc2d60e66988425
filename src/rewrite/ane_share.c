/* ane_share.c: of equal moves of one value one is left.
 *
 *   %a = transpose(x=%x, perm=[0, 3, 1, 2])
 *   %b = transpose(x=%x, perm=[0, 3, 1, 2])   ->  all uses of %b are uses of %a
 *
 * and so for expand_dims, squeeze, reshape, slice_by_index and cast. The other rewrites make a
 * transpose for each layer that a value goes into; each costs a pass over memory (Apple's
 * transformer article). remove_redundant_ops takes more for equal, reads of a state among it, which
 * a write may lie between.
 *
 * Left alone: moves whose operands are not constant, or in different blocks.
 */
#include "ane_rewrite.h"

static bool
same_move(const Inst *a, const Inst *b)
{
	for (uint32_t p = 1; p < a->op->nparam; p++) {
		const Var *x = inst_argn(a, (int)p), *y = inst_argn(b, (int)p);
		if (x != y && (!x || !y || !x->val || !y->val || !tensor_equal(x->val, y->val)))
			return false;
	}
	return true;
}

bool
rewrite_ane_share(PassCtx *c, Inst *i)
{
	Var *x = inst_argn(i, 0);

	(void)c;
	if (!x || x->val || var_is_function_output(i->out[0]))
		return false;
	for (const Use *u = x->uses; u; u = u->next) {
		Inst *other = u->user;
		if (!other || other == i || other->op != i->op || other->parent != i->parent ||
		    other->out[0]->type != i->out[0]->type || !inst_before(other, i) ||
		    !same_move(other, i))
			continue;
		return pass_replace(i->out[0], other->out[0], GONE(i));
	}
	return false;
}
