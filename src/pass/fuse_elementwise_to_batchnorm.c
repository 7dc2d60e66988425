/* fuse_elementwise_to_batchnorm.c: a factor and a term for each channel are a batch_norm.
 *
 *   %m = mul(x=%x, y=%g)                %x: (1, 3, 8, 8); %g, %b: (3, 1, 1)
 *   %y = add(x=%m, y=%b)            ->  %y = batch_norm(x=%x, mean=0, variance=1, gamma, beta)
 */
#include "arith.h"
#include "match.h"

/* (1, C, 1, 1) or (C, 1, 1), with C > 1: C; 0 otherwise. */
static int64_t
channels(const Tensor *t)
{
	if (!t || (t->rank != 3 && t->rank != 4))
		return 0;
	if (t->dim[t->rank - 1] != 1 || t->dim[t->rank - 2] != 1 ||
	    (t->rank == 4 && t->dim[0] != 1))
		return 0;
	return t->dim[t->rank - 3] > 1 ? t->dim[t->rank - 3] : 0;
}

bool
rewrite_fuse_elementwise_to_batchnorm(PassCtx *c, Inst *mul)
{
	Arena *a = c->prog->arena;
	Inst *add = inst_follow(mul, OP_add);
	Var *x = inst_argn(mul, 0)->val ? inst_argn(mul, 1) : inst_argn(mul, 0);
	const Tensor *gamma, *beta;
	int64_t n;

	if (!add || !var_has_rank(x, 4) || x->val || !var_is_float(x))
		return false;
	gamma = other_operand(mul, x)->val;
	beta = other_operand(add, mul->out[0])->val;
	n = channels(gamma);
	if (!n || channels(beta) != n || (dim_known(x->type->dim[1]) && x->type->dim[1] != n))
		return false;
	return pass_fuse(c, add, OP_batch_norm,
	                 ARGS(VAR("x", x), TENSOR("mean", tensor_filled(a, gamma->dtype, &n, 1, 0)),
	                      TENSOR("variance", tensor_filled(a, gamma->dtype, &n, 1, 1)),
	                      TENSOR("gamma", tensor_flat(a, gamma)),
	                      TENSOR("beta", tensor_flat(a, beta))),
	                 GONE(mul, add));
}
