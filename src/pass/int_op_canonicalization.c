/* int_op_canonicalization.c: a reshape between dequantize and quantize is done on the integers.
 *
 *   %d = dequantize(input=%i, scale=0.1)
 *   %r = reshape(x=%d, shape=[2, 3])        ->  %q = reshape(x=%i, shape=[2, 3])
 *   %q = quantize(input=%r, scale=0.1)
 */
#include "quant.h"

bool
rewrite_int_op_canonicalization(PassCtx *c, Inst *reshape)
{
	Inst *dequantize = inst_argn(reshape, 0)->def;
	Inst *quantize = inst_follow(reshape, OP_quantize);
	Var *x;

	if (reshape->op->since != IOS17 || !inst_is(dequantize, OP_dequantize) || !quantize)
		return false;
	x = inst_arg(dequantize, "input");
	if (x->type->dtype != quantize->out[0]->type->dtype)
		return false;
	return pass_absorb(c, reshape, quantize, ARGS(VAR("x", x)), GONE(reshape, quantize));
}
