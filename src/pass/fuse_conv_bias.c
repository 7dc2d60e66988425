/* fuse_conv_bias.c: a constant added to the result of a conv or conv_transpose goes into its bias.
 *
 *   %a = conv(x=%x, weight=%w)
 *   %y = add(x=%a, y=%c)         ->  %y = conv(x=%x, weight=%w, bias=%c)
 *
 *   %a = conv(x=%x, weight=%w)
 *   %t = transpose(x=%a, perm)   ->  %a = conv(x=%x, weight=%w, bias=%c)
 *   %y = add(x=%t, y=%c)             %y = transpose(x=%a, perm)
 *
 * The constant is one number or one for each channel. In the second form a constant - conv changes
 * the sign of the weight.
 */
#include "convs.h"

/* Along the channels of a conv's result of this rank, broadcast over everything else. */
static bool
is_along_channels(const Tensor *t, uint32_t rank, int64_t cout)
{
	int wide = 0;

	if (t->count != 1 && t->count != cout)
		return false;
	for (int k = 0; k < t->rank; k++)
		wide += t->dim[k] != 1;
	if (wide > 1 || (uint32_t)t->rank > rank || ((uint32_t)t->rank == rank && t->dim[0] != 1))
		return false;
	for (int k = MAX(t->rank - (int)rank + 2, 0); k < t->rank; k++)
		if (t->dim[k] != 1)
			return false;
	return true;
}

/* The bias that there is plus sign times the term. 0: unknown. */
static Tensor *
new_bias(PassCtx *c, const Inst *conv, const Tensor *term, double sign, double old_sign)
{
	Arena *a = c->prog->arena;
	const Var *old = inst_arg(conv, "bias");
	int64_t cout = conv_cout(conv);
	Tensor *bias;

	if (!cout && old && old->val)
		cout = old->val->count;
	if (!cout && !old) /* one number for each channel says how many there are */
		cout = term->count == 1 ? 0 : term->count;
	if (!cout || (term->count != 1 && term->count != cout))
		return NULL;
	bias = tensor_filled(a, term->dtype, &cout, 1, 0);
	if (old && (!old->val || old->val->count != cout))
		return NULL;
	if (old)
		bias = tensor_scaled(a, old->val, old_sign);
	return tensor_plus(a, bias, tensor_scaled(a, term, sign));
}

static bool
fuse_direct(PassCtx *c, Inst *conv, Inst *sum)
{
	Var *v = conv->out[0];
	const Tensor *term = other_operand(sum, v)->val;
	bool sub = inst_is(sum, OP_sub);
	uint32_t rank = inst_arg(conv, "x")->type->rank;
	Tensor *bias;

	if (!term || !dtype_is_float(term->dtype) || (sub && inst_argn(sum, 0) != v) || rank < 3 ||
	    rank > 5 || !dim_known(v->type->dim[1]) ||
	    !is_along_channels(term, rank, v->type->dim[1]))
		return false;
	bias = new_bias(c, conv, term, sub ? -1 : 1, 1);
	if (!bias)
		return false;
	return pass_absorb(c, conv, sum, ARGS(TENSOR("bias", bias)), GONE(conv, sum));
}

/* The term stands along the axis to which the transpose moves the channels. */
static bool
is_along_axis(const Inst *transpose, const Tensor *t, int64_t cout)
{
	const Tensor *perm = inst_val(transpose, "perm");
	int64_t axis = -1, rank;

	if (!perm || t->count == 1)
		return perm != NULL;
	rank = perm->count;
	for (int64_t k = 0; k < rank; k++)
		if (axis_from_front(tensor_i(perm, k), (uint32_t)rank) == 1)
			axis = k;
	axis += t->rank - rank;
	return t->rank <= rank && t->count == cout && axis >= 0 && t->dim[axis] == cout;
}

static bool
fuse_transposed(PassCtx *c, Inst *conv, Inst *transpose)
{
	Var *v = transpose->out[0], *y;
	Inst *sum = var_only_child(v);
	const Tensor *term, *weight = inst_val(conv, "weight");
	int64_t cout = conv_cout(conv);
	bool sub = inst_is(sum, OP_sub), first;
	Tensor *bias;
	Builder b;

	if ((!inst_is(sum, OP_add) && !sub) || var_leaves_block(v) || !cout)
		return false;
	term = other_operand(sum, v)->val;
	first = inst_argn(sum, 0) == v;
	if (!term || term->dtype != weight->dtype || !is_along_axis(transpose, term, cout) ||
	    (uint32_t)term->rank > v->type->rank)
		return false;
	bias = new_bias(c, conv, term, sub && first ? -1 : 1, sub && !first ? -1 : 1);
	if (!bias)
		return false;
	if (sub && !first)
		weight = tensor_scaled(c->prog->arena, weight, -1);
	b = builder_at(c, conv, conv);
	y = rewrite_again(&b, conv, name_new(c, conv->op->name),
	                  ARGS(TENSOR("weight", weight), TENSOR("bias", bias)));
	b = builder_at(c, transpose, sum);
	y = rewrite_again(&b, transpose, sum->out[0]->name, ARGS(VAR("x", y)));
	return pass_try_replace(c, sum->out[0], y, GONE(conv, transpose, sum));
}

bool
rewrite_fuse_conv_bias(PassCtx *c, Inst *conv)
{
	Inst *child = conv_child(conv);

	if (inst_is(child, OP_add) || inst_is(child, OP_sub))
		return fuse_direct(c, conv, child);
	return inst_is(child, OP_transpose) && fuse_transposed(c, conv, child);
}
