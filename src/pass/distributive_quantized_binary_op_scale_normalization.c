/* distributive_quantized_binary_op_scale_normalization.c: of two dequantized terms one gets scale
 * 1.
 *
 *   %a = dequantize(input=%i, scale=sx)         %a = dequantize(input=%i, scale=sx / sy)
 *   %b = dequantize(input=%j, scale=sy)     ->  %b = dequantize(input=%j, scale=1)
 *   %c = add(x=%a, y=%b)                        %c = add(x=%a, y=%b)
 *   %q = quantize(input=%c, scale=sz)           %q = quantize(input=%c, scale=sz / sy)
 *
 * add or sub, with or without a relu before the quantize. The scale divided by is a single one, and
 * the quotients can be told in fp16.
 */
#include "quant.h"

#include <math.h>

#define LEAST_HALF 0x1p-24
#define MOST_HALF 65504.0

/* Each element over the single one of d; 0: out of range. */
static Tensor *
quotient(PassCtx *c, const Tensor *t, const Tensor *d)
{
	Tensor *r = tensor_new(c->prog->arena, t->dtype, t->dim, t->rank);

	for (int64_t k = 0; k < t->count; k++) {
		double q = (double)((float)tensor_f(t, k) / (float)tensor_f(d, 0));
		if (!(fabs(q) <= MOST_HALF) || fabs(q) < LEAST_HALF)
			return NULL;
		tensor_set_f(r, k, q);
	}
	return r;
}

static bool
divides(PassCtx *c, const Inst *x, const Inst *y, const Inst *z, Tensor **sx, Tensor **sz)
{
	const Tensor *scale = inst_val(y, "scale"), *other = inst_val(x, "scale");
	const Tensor *out = inst_val(z, "scale");

	if (!scale || !other || !out || scale->count != 1 || inst_arg(y, "axis"))
		return false;
	*sx = quotient(c, other, scale);
	*sz = quotient(c, out, scale);
	return *sx && *sz;
}

/* A copy of the dequantize with that scale. */
static Var *
rescaled(PassCtx *c, Builder *b, const Inst *old, const Tensor *scale)
{
	b->span = old->span;
	return rewrite_again(b, old, name_new(c, "dequantize"), ARGS(TENSOR("scale", scale)));
}

bool
rewrite_distributive_quantized_binary_op_scale_normalization(PassCtx *c, Inst *op)
{
	Inst *x = inst_argn(op, 0)->def, *y = inst_argn(op, 1)->def, *relu, *z;
	Tensor *sx, *sz;
	const Tensor *one;
	bool swapped;
	Builder b;
	Var *p, *one_p, *q;

	relu = inst_follow(op, OP_relu);
	z = inst_follow(relu ? relu : op, OP_quantize);
	if (!z || !inst_is(x, OP_dequantize) || !inst_is(y, OP_dequantize) || x == y ||
	    var_leaves_block(x->out[0]) || var_leaves_block(y->out[0]))
		return false;
	swapped = !divides(c, x, y, z, &sx, &sz);
	if (swapped && !divides(c, y, x, z, &sx, &sz))
		return false;
	one = inst_val(swapped ? x : y, "scale");
	one = tensor_filled(c->prog->arena, one->dtype, one->dim, one->rank, 1);
	b = pass_builder_before(c, op);
	p = rescaled(c, &b, swapped ? y : x, sx);
	one_p = rescaled(c, &b, swapped ? x : y, one);
	if (!one_p)
		return false;
	b = builder_at(c, z, z);
	q = rewrite_again(&b, z, name_new(c, "quantize"), ARGS(TENSOR("scale", sz)));
	if (!q)
		return false;
	inst_set_arg(op, swapped ? 1 : 0, p);
	inst_set_arg(op, swapped ? 0 : 1, one_p);
	return pass_replace(z->out[0], q, GONE(x, y, z));
}
