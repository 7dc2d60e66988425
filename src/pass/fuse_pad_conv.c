/* fuse_pad_conv.c: a pad moves behind the transpose, next to the conv.
 *
 *   %p = pad(x=%x, pad=[0, 0, 1, 1, 1, 1, 0, 0])      %t = transpose(x=%x, perm=[0, 3, 1, 2])
 *   %t = transpose(x=%p, perm=[0, 3, 1, 2])       ->  %p = pad(x=%t, pad=[1, 1, 1, 1])
 *   %y = conv(x=%t, …)                                %y = conv(x=%p, …)
 */
#include "match.h"

static bool
feeds_conv(const Inst *transpose)
{
	for (const Use *u = transpose->out[0]->uses; u; u = u->next)
		if (u->user && strstr(u->user->op->name, "conv"))
			return true;
	return false;
}

/* The amounts for the transposed operand; -1: they cannot be said. */
static int
moved_amounts(const Inst *pad, const Inst *transpose, int64_t *out)
{
	int64_t amount[2 * TENSOR_MAX_RANK] = {0}, all[2 * TENSOR_MAX_RANK];
	int64_t perm[TENSOR_MAX_RANK];
	int n = val_ints(inst_arg(pad, "pad"), all, 2 * TENSOR_MAX_RANK);
	int rank = val_ints(inst_arg(transpose, "perm"), perm, TENSOR_MAX_RANK);
	int lead = 2 * rank - n;

	if (n < 0 || rank < 0 || lead < 0)
		return -1;
	for (int k = 0; k < n; k++)
		amount[lead + k] = all[k];
	for (int k = 0; k < rank; k++) {
		int64_t axis = axis_from_front(perm[k], (uint32_t)rank);
		all[2 * k] = amount[2 * axis];
		all[2 * k + 1] = amount[2 * axis + 1];
	}
	for (int k = 0; k < lead; k++)
		if (all[k])
			return -1;
	memcpy(out, all + lead, (size_t)n * sizeof *out);
	return n;
}

/* All children are transposes with a conv among their users. */
static bool
match(const Inst *pad)
{
	int64_t amount[2 * TENSOR_MAX_RANK];
	bool any = false;

	for (const Use *u = pad->out[0]->uses; u; u = u->next) {
		if (!u->user || !inst_is(u->user, OP_transpose) || !feeds_conv(u->user) ||
		    u->user->parent != pad->parent ||
		    moved_amounts(pad, u->user, amount) < 0)
			return false;
		any = true;
	}
	return any;
}

static bool
move(PassCtx *c, Inst *pad, Inst *transpose)
{
	int64_t amount[2 * TENSOR_MAX_RANK];
	int n = moved_amounts(pad, transpose, amount);
	Builder b = builder_at(c, transpose, transpose);
	Var *v = rewrite_again(&b, transpose, name_new(c, "transpose"),
	                       ARGS(VAR("x", inst_argn(pad, 0))));

	b.span = pad->span;
	v = rewrite_again(&b, pad, name_new(c, "pad"),
	                  ARGS(VAR("x", v), INTSC(c, "pad", amount, n)));
	return pass_replace(transpose->out[0], v, GONE(transpose));
}

bool
rewrite_fuse_pad_conv(PassCtx *c, Inst *pad)
{
	if (!match(pad))
		return false;
	while (pad->out[0]->uses)
		if (!move(c, pad, pad->out[0]->uses->user))
			return false;
	rewrite_remove(pad);
	return true;
}
