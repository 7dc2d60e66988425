/* nullify_redundant_quantization_zero_point.c: a zero point of 0 is left out; one of -128 or 128 is
 * shifted away by the other 8-bit type.
 *
 *   %d = dequantize(input=%i, zero_point=0, scale=%s)  ->  %d = dequantize(input=%i, scale=%s)
 *
 *   %q = quantize(input=%x, zero_point=-128, output_dtype="int8", …)
 *   %d = dequantize(input=%q, zero_point=-128, …)
 *   becomes
 *   %q = quantize(input=%x, output_dtype="uint8", …)
 *   %d = dequantize(input=%q, …)
 */
#include "quant.h"

/* -128, 128 or 0. */
static int
half_range(const Inst *i)
{
	const Tensor *zero = inst_val(i, "zero_point");

	if (!zero)
		return 0;
	return val_all_equal(zero, -128) ? -128 : val_all_equal(zero, 128) ? 128 : 0;
}

static bool
drop_zero(PassCtx *c, Inst *i)
{
	const Tensor *zero = inst_val(i, "zero_point");
	Builder b;

	if (!zero || !val_all_equal(zero, 0))
		return false;
	b = pass_builder_before(c, i);
	return pass_replace_or_drop(c, i, rewrite_again(&b, i, name_new(c, i->op->name),
	                                   ARGS(VAR("zero_point", NULL))));
}

static bool
shift_const(PassCtx *c, Inst *i)
{
	const Tensor *data = inst_val(i, "input");
	int zero = half_range(i);
	Tensor *shifted;
	Builder b;

	if (!zero || !data)
		return false;
	shifted = tensor_new(c->prog->arena, zero < 0 ? DT_UINT8 : DT_INT8, data->dim, data->rank);
	for (int64_t k = 0; k < data->count; k++)
		tensor_set_i(shifted, k, tensor_i(data, k) - zero);
	b = pass_builder_before(c, i);
	return pass_replace_or_drop(c, i, rewrite_again(&b, i, name_new(c, "dequantize"),
	                                   ARGS(TENSOR("input", shifted),
	                                        VAR("zero_point", NULL))));
}

static bool
shift_pair(PassCtx *c, Inst *quantize)
{
	Inst *dequantize = inst_follow(quantize, OP_dequantize);
	int zero = half_range(quantize);
	Builder b;
	Var *q;

	if (!zero || !dequantize || half_range(dequantize) != zero)
		return false;
	b = builder_at(c, dequantize, quantize);
	q = rewrite_again(&b, quantize, name_new(c, "quantize"),
	                  ARGS(VAR("zero_point", NULL),
	                       STRC(&b, "output_dtype", zero < 0 ? "uint8" : "int8")));
	b.span = dequantize->span;
	if (!pass_replace_or_drop(c, dequantize,
	                          rewrite_again(&b, dequantize, name_new(c, "dequantize"),
	                                        ARGS(VAR("input", q), VAR("zero_point", NULL)))))
		return false;
	rewrite_remove_all(&quantize, 1);
	return true;
}

bool
rewrite_nullify_redundant_quantization_zero_point(PassCtx *c, Inst *i)
{
	if (drop_zero(c, i))
		return true;
	return inst_is(i, OP_dequantize) ? shift_const(c, i) : shift_pair(c, i);
}
