/* fuse_pad_conv.c: a pad moves behind the transpose, next to the conv.
 *
 *   %p = pad(x=%x, pad=[0, 0, 1, 1, 1, 1, 0, 0])      %t = transpose(x=%x, perm=[0, 3, 1, 2])
 *   %t = transpose(x=%p, perm=[0, 3, 1, 2])       ->  %p = pad(x=%t, pad=[1, 1, 1, 1])
 *   %y = conv(x=%t, …)                                %y = conv(x=%p, …)
 */
#include "transpose_ops.h"

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
	int64_t inverse[TENSOR_MAX_RANK];
	Perm p;

	if (!perm_read(transpose, &p))
		return -1;
	perm_invert(&p, inverse);
	return pad_turned(pad, inverse, p.n, out);
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
