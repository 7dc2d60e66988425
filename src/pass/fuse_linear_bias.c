/* fuse_linear_bias.c: a constant added to a linear's result goes into its bias.
 *
 *   %a = linear(x=%x, weight=%w, bias=[1, 2])
 *   %y = sub(x=%a, y=[3, 3])                   ->  %y = linear(x=%x, weight=%w, bias=[-2, -1])
 *
 * For constant - linear the weight changes its sign too.
 */
#include "arith.h"
#include "match.h"

bool
rewrite_fuse_linear_bias(PassCtx *c, Inst *linear)
{
	Arena *a = c->prog->arena;
	Var *v = linear->out[0], *w = inst_arg(linear, "weight"), *bias = inst_arg(linear, "bias");
	Inst *sum = var_only_child(v);
	const Tensor *term, *old, *weight;
	bool first;

	if (var_leaves_block(v) || (!inst_is(sum, OP_add) && !inst_is(sum, OP_sub)) || !w->val ||
	    !bias || !bias->val)
		return false;
	first = inst_argn(sum, 0) == v;
	term = other_operand(sum, v)->val;
	old = bias->val;
	weight = w->val;
	if (!term || term->count != old->count || term->rank < 1 ||
	    term->dim[term->rank - 1] != old->dim[0] || term->dtype != old->dtype)
		return false;
	/* A term of higher rank than the result would have made it wider. */
	if (sum->out[0]->type->rank != v->type->rank)
		return false;
	if (inst_is(sum, OP_sub)) {
		if (first)
			term = tensor_scaled(a, term, -1);
		else
			old = tensor_scaled(a, old, -1), weight = tensor_scaled(a, weight, -1);
	}
	return pass_absorb(
	    c, linear, sum,
	    ARGS(TENSOR("weight", weight), TENSOR("bias", tensor_plus(a, old, term))),
	    GONE(linear, sum));
}
