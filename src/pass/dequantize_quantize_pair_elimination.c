/* dequantize_quantize_pair_elimination.c: a quantize that undoes a dequantize.
 *
 *   %d = dequantize(input=%i, scale=%s, zero_point=%z)
 *   %q = quantize(input=%d, scale=%s, zero_point=%z)     ->  %y = op(x=%i)
 *   %y = op(x=%q)
 *
 * Other users keep the dequantize; so does an output of its block, and then the quantize stays too.
 */
#include "quant.h"

bool
rewrite_dequantize_quantize_pair_elimination(PassCtx *c, Inst *dequantize)
{
	Var *v = dequantize->out[0], *input = inst_arg(dequantize, "input");
	bool changed = false;

	if (var_leaves_block(v))
		return false;
	for each_use (u, v) {
		Inst *q = u->user;
		if (inst_is(q, OP_quantize) && same_quantization(dequantize, q) &&
		    q->out[0]->type == input->type)
			changed |= pass_try_replace(c, q->out[0], input, GONE(q));
	}
	if (changed)
		rewrite_remove_all(&dequantize, 1);
	return changed;
}
