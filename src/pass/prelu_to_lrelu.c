/* prelu_to_lrelu.c: a prelu with one alpha for all channels is a leaky_relu.
 *
 *   %y = prelu(x=%x, alpha=[0.1, 0.1])  ->  %y = leaky_relu(x=%x, alpha=0.1)
 */
#include "match.h"

bool
rewrite_prelu_to_lrelu(PassCtx *c, Inst *prelu)
{
	const Tensor *alpha = inst_val(prelu, "alpha");

	if (!alpha || alpha->count == 0 || !val_all_equal(alpha, tensor_f(alpha, 0)))
		return false;
	return pass_fuse(c, prelu, OP_leaky_relu,
	                 ARGS(VAR("x", inst_argn(prelu, 0)),
	                      TENSOR("alpha", tensor_scalar_f(c->prog->arena, alpha->dtype,
	                                                      tensor_f(alpha, 0)))),
	                 GONE(prelu));
}
