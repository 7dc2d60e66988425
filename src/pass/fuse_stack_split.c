/* fuse_stack_split.c: what is stacked and taken apart again.
 *
 *   %s = stack(values=(%a, %b), axis=0)
 *   %p, %q = split(x=%s, num_splits=2, axis=0)      %y = identity(x=%a)
 *   %y = squeeze(x=%p, axes=[0])                ->  %z = identity(x=%b)
 *   %z = squeeze(x=%q, axes=[0])
 *
 * All parts of a split must be squeezed, and only that.
 */
#include "match.h"

static bool
splits_singly(const Inst *split, uint32_t n)
{
	const Tensor *sizes = inst_val(split, "split_sizes");
	const Tensor *count = inst_val(split, "num_splits");

	if (inst_arg(split, "split_sizes") &&
	    (!sizes || sizes->count != n || !val_all_equal(sizes, 1)))
		return false;
	if (inst_arg(split, "num_splits") && (!count || tensor_i(count, 0) != n))
		return false;
	return split->nout == n;
}

/* The squeeze that alone uses part k of the split, or 0. */
static Inst *
squeeze_of(const Inst *split, uint32_t k, int64_t axis, uint32_t rank)
{
	const Var *v = split->out[k];
	Inst *i = var_leaves_block(v) ? NULL : var_only_child(v);
	int64_t a;

	if (!inst_is(i, OP_squeeze) || val_ints(inst_arg(i, "axes"), &a, 1) != 1 ||
	    axis_from_front(a, rank) != axis)
		return NULL;
	return i;
}

static bool
fuse_branch(PassCtx *c, const Inst *stack, Inst *split, int64_t axis)
{
	const Arg *values = inst_args(stack, "values");
	uint32_t rank = stack->out[0]->type->rank;
	const Tensor *a = inst_val(split, "axis");
	Inst *squeeze;

	if (!a || axis_from_front(tensor_i(a, 0), rank) != axis || !splits_singly(split, values->n))
		return false;
	for (uint32_t k = 0; k < split->nout; k++)
		if (!squeeze_of(split, k, axis, rank))
			return false;
	for (uint32_t k = 0; k < split->nout; k++) {
		squeeze = squeeze_of(split, k, axis, rank);
		Builder b = builder_at(c, squeeze, squeeze);
		pass_replace(squeeze->out[0],
		             build_must(&b, OP_identity, name_new(c, "identity"),
		                        ARGS(VAR("x", arg_at(values, k)))),
		             GONE(squeeze));
	}
	rewrite_remove(split);
	return true;
}

bool
rewrite_fuse_stack_split(PassCtx *c, Inst *stack)
{
	const Tensor *a = inst_val(stack, "axis");
	Var *v = stack->out[0];
	bool changed = false;
	int64_t axis;

	if (!a || var_leaves_block(v))
		return false;
	axis = axis_from_front(tensor_i(a, 0), v->type->rank);
	for each_use (u, v)
		if (inst_is(u->user, OP_split))
			changed |= fuse_branch(c, stack, u->user, axis);
	rewrite_remove_all(&stack, 1);
	return changed;
}
