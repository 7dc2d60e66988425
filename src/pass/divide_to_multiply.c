/* divide_to_multiply.c: division by a constant becomes multiplication by its reciprocal.
 *
 *   %y = real_div(x=%x, y=4.0)  ->  %_inversed_y = mul(x=%x, y=0.25)
 *
 * Not for integers, and not where a reciprocal is infinite.
 */
#include "match.h"

#include <math.h>

static Tensor *
reciprocal(PassCtx *c, const Tensor *t)
{
	Tensor *r = tensor_new(c->prog->arena, t->dtype, t->dim, t->rank);

	for (int64_t k = 0; k < t->count; k++) {
		tensor_set_f(r, k, 1 / tensor_f(t, k));
		if (!isfinite(tensor_f(r, k)))
			return NULL;
	}
	return r;
}

bool
rewrite_divide_to_multiply(PassCtx *c, Inst *i)
{
	Var *x = inst_argn(i, 0), *y = inst_argn(i, 1);
	const Tensor *inverse;

	if (!var_is_const(y) || !var_is_float(x) || !var_is_float(y))
		return false;
	inverse = reciprocal(c, y->val);
	if (!inverse)
		return false;
	return pass_fuse_as(c, i, intern_printf(c->prog->names, "_inversed_%s", i->name->s), OP_mul,
	                    ARGS(VAR("x", x), TENSOR("y", inverse)), GONE(i));
}
