/* fuse_conv_scale.c: a constant factor behind a conv or conv_transpose goes into weight and bias.
 *
 *   %a = conv(x=%x, weight=%w, bias=%b)
 *   %y = mul(x=%a, y=2.0)                ->  %y = conv(x=%x, weight=2 * %w, bias=2 * %b)
 *
 * The factor is one number or one for each output channel; real_div divides by it.
 */
#include "convs.h"

/* The factor stands along the channels of the result. */
static bool
is_per_channel(const Tensor *t, int rank, int64_t cout)
{
	if (t->count != cout)
		return false;
	return (t->rank == rank && t->dim[1] == cout) || (t->rank == rank - 1 && t->dim[0] == cout);
}

static const Tensor *
factor_of(const Inst *op, const Inst *conv)
{
	const Var *v = conv->out[0];

	if (inst_is(op, OP_mul))
		return other_operand(op, v)->val;
	if (inst_is(op, OP_real_div) && inst_argn(op, 0) == v)
		return inst_argn(op, 1)->val;
	return NULL;
}

bool
rewrite_fuse_conv_scale(PassCtx *c, Inst *conv)
{
	Inst *op = conv_child(conv);
	const Tensor *factor = op ? factor_of(op, conv) : NULL, *weight;
	int64_t cout = conv_cout(conv);
	Tensor *bias;
	double *scale;

	if (!factor || !cout || !(bias = conv_bias(c, conv)))
		return false;
	if ((factor->count != 1 || factor->rank > 1) &&
	    !is_per_channel(factor, inst_val(conv, "weight")->rank, cout))
		return false;
	scale = newn(c->arena, double, (size_t)cout);
	for (int64_t k = 0; k < cout; k++) {
		double f = tensor_f(factor, factor->count == 1 ? 0 : k);
		scale[k] = inst_is(op, OP_mul) ? f : dtype_round(factor->dtype, 1 / f);
		tensor_set_f(bias, k, tensor_f(bias, k) * scale[k]);
	}
	weight = conv_scaled_weight(c, conv, scale);
	return pass_absorb(c, conv, op, ARGS(TENSOR("weight", weight), TENSOR("bias", bias)),
	                   GONE(conv, op));
}
