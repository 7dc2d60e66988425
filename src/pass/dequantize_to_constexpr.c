/* dequantize_to_constexpr.c: a constant that is dequantized is stored quantized.
 *
 *   %y = dequantize(input=[10, 11], zero_point=2, scale=0.1)
 *   becomes
 *   %y_affine_dequantized = constexpr_affine_dequantize(quantized_data=[10, 11], zero_point=2,
 *                                                       scale=0.1, axis=0)
 *
 * From iOS18 on constexpr_blockwise_shift_scale.
 */
#include "quant.h"

bool
rewrite_dequantize_to_constexpr(PassCtx *c, Inst *i)
{
	const Tensor *data = inst_val(i, "input"), *scale = inst_val(i, "scale");
	const Tensor *zero = inst_val(i, "zero_point");
	Builder b;
	Var *y;

	if (!data || !scale || (inst_arg(i, "zero_point") && !zero) ||
	    (inst_arg(i, "axis") && !inst_val(i, "axis")))
		return false;
	b = pass_builder_before(c, i);
	y = build_dequantized(c, &b, data, zero, scale, quant_axis(i),
	                      name_join(c, i->name, "_affine_dequantized"));
	return y && pass_try_replace(c, i->out[0], y, GONE(i));
}
