/* prelu_to_lrelu.c: a prelu with one alpha for all channels is a leaky_relu.
 *
 *   %y = prelu(x=%x, alpha=[0.1, 0.1])  ->  %y = leaky_relu(x=%x, alpha=0.1)
 */
#include "match.h"

bool
rewrite_prelu_to_lrelu(PassCtx *c, Inst *prelu)
{
	const Tensor *alpha = inst_val(prelu, "alpha");
	Builder b;
	Var *y;

	if (!alpha || alpha->count == 0 || !val_all_equal(alpha, tensor_f(alpha, 0)))
		return false;
	b = pass_builder_before(c, prelu);
	y = build1(&b, OP_leaky_relu, prelu->out[0]->name,
	           ARGS(VAR("x", inst_argn(prelu, 0)),
	                TENSOR("alpha", tensor_scalar_f(c->prog->arena, alpha->dtype,
	                                                tensor_f(alpha, 0)))));
	return pass_replace(prelu->out[0], y, GONE(prelu));
}
