/* decompose_const_base2_pow.c: a power of two is an exponential.
 *
 *   %y = pow(x=2.0, y=%e)  ->  %m = mul(x=%e, y=0.6931472)
 *                              %y = exp(x=%m)
 */
#include "match.h"

#define LN2 0.693147180559945309

bool
rewrite_decompose_const_base2_pow(PassCtx *c, Inst *pow)
{
	const Tensor *base = inst_argn(pow, 0)->val;
	Var *e = inst_argn(pow, 1), *y;
	Builder b;

	if (!base || base->count == 0 || e->val || !val_all_equal(base, 2) || !var_is_float(e) ||
	    e->type != pow->out[0]->type)
		return false;
	b = pass_builder_before(c, pow);
	y = build1(&b, OP_mul, name_new(c, "mul"),
	           ARGS(VAR("x", e),
	                TENSOR("y", tensor_scalar_f(c->prog->arena, e->type->dtype, LN2))));
	y = build1(&b, OP_exp, pow->out[0]->name, ARGS(VAR("x", y)));
	return pass_try_replace(c, pow->out[0], y, GONE(pow));
}
