/* fuse_reduce_mean.c: a sum divided by the number of its terms is a mean.
 *
 *   %s = reduce_sum(x=%x, axes=[1], keep_dims=true)     %x: (2, 4)
 *   %y = mul(x=%s, y=0.25)                          ->  %y = reduce_mean(x=%x, axes=[1], …)
 *
 * Or real_div by 4.
 */
#include "match.h"

/* How many elements each sum has; 0 if that is not known. */
static int64_t
count_terms(const Inst *sum)
{
	const Type *x = inst_argn(sum, 0)->type;
	int64_t axes[TENSOR_MAX_RANK], count = 1;
	int n = val_ints(inst_arg(sum, "axes"), axes, TENSOR_MAX_RANK);

	for (int k = 0; k < n; k++) {
		int64_t axis = axis_from_front(axes[k], x->rank);
		if (axis < 0 || axis >= x->rank || !dim_known(x->dim[axis]) ||
		    __builtin_mul_overflow(count, x->dim[axis], &count))
			return 0;
	}
	return n < 0 ? 0 : count;
}

static bool
divides(const Inst *i, const Var *sum, int64_t count)
{
	if (inst_is(i, OP_mul))
		return val_is_near(other_operand(i, sum), 1.0 / (double)count, 1e-6);
	return inst_is(i, OP_real_div) && inst_argn(i, 0) == sum &&
	       val_is_near(inst_argn(i, 1), (double)count, 0.01);
}

bool
rewrite_fuse_reduce_mean(PassCtx *c, Inst *sum)
{
	Var *v = sum->out[0];
	Inst *child = var_only_child(v);
	int64_t count = count_terms(sum);

	if (!count || !child || var_leaves_block(v) || !divides(child, v, count) ||
	    !var_is_float(inst_argn(sum, 0)) || child->out[0]->type != v->type)
		return false;
	return pass_fuse(c, child, OP_reduce_mean,
	                 ARGS(VAR("x", inst_argn(sum, 0)), VAR("axes", inst_arg(sum, "axes")),
	                      VAR("keep_dims", inst_arg(sum, "keep_dims"))),
	                 GONE(sum, child));
}
