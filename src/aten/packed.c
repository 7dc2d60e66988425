/* packed.c: TorchScript's quantized layers. Their weights come packed, as the literals that
 * torch/script.h describes; they are computed with as numbers, between a dequantize and a quantize.
 */
#include "quantized.h"

/* Item i of the packed parameters that operand `at` must be, of this kind; 0 after reporting. */
static const TArg *
packed_item(AtenCtx *c, uint32_t at, const char *kind, uint32_t i)
{
	const TArg *a = at < c->node->nin ? &c->node->in[at] : NULL;

	if (c->failed)
		return NULL;
	if (a && a->kind == T_LIST && a->list.n > i && a->list.item[0].kind == T_STR &&
	    str_is(a->list.item[0].s, kind))
		return &a->list.item[i];
	aten_fail(c, "the operand %u must be the packed parameters of a quantized %s", at, kind);
	return NULL;
}

static Var *
packed_weight(AtenCtx *c, uint32_t at, const char *kind)
{
	const TArg *a = packed_item(c, at, kind, 1);

	if (!a)
		return NULL;
	if (a->kind != T_TENSOR || !a->tensor->quant) {
		aten_fail(c, "the packed weight of a quantized %s is not quantized", kind);
		return NULL;
	}
	return quantized_const(c, a->tensor, NULL);
}

/* 0: there is none. */
static const Tensor *
packed_bias(AtenCtx *c, uint32_t at, const char *kind)
{
	const TArg *a = packed_item(c, at, kind, 2);

	return a && a->kind == T_TENSOR ? a->tensor->t : NULL;
}

/* Two numbers, each of them twice for paddings. */
static Operand
packed_ints(AtenCtx *c, const char *name, uint32_t i, uint32_t times)
{
	const TArg *a = packed_item(c, 1, "conv2d", i);
	int64_t v[4] = {0};

	if (a && (a->kind != T_LIST || a->list.n != 2))
		aten_fail(c, "the packed parameters of a quantized conv2d have no two numbers for "
		             "'%s'",
		          name);
	for (uint32_t k = 0; k < 2 * times && !c->failed; k++)
		v[k] = a->list.item[k / times].i;
	return (Operand)INTS(name, v, 2 * times);
}

static void
quantized_conv(AtenCtx *c, bool relu)
{
	Var *w = packed_weight(c, 1, "conv2d"), *x, *y;
	const Tensor *bias = packed_bias(c, 1, "conv2d");
	const TArg *groups = packed_item(c, 1, "conv2d", 6);
	DType type;

	x = dequantized_operand(c, 0, &type);
	if (c->failed)
		return;
	y = OP(conv, X(x), VAR("weight", w), TENSOR("bias", bias),
	       packed_ints(c, "strides", 3, 1), STR("pad_type", "custom"),
	       packed_ints(c, "pad", 4, 2), packed_ints(c, "dilations", 5, 1),
	       INT("groups", groups->i));
	if (relu)
		y = OP(relu, X(y));
	requantize(c, y, type, 2);
}

HANDLER(quantized_conv2d)
{
	quantized_conv(c, false);
}

HANDLER(quantized_conv2d_relu)
{
	quantized_conv(c, true);
}

/* Weight and bias: packed, or what linear_prepack was given. */
static bool
linear_operands(AtenCtx *c, Var **w, Var **bias)
{
	const TArg *a = c->node->nin > 1 ? &c->node->in[1] : NULL;
	const Tensor *b;

	if (a && a->kind == T_VALUE) {
		const Tv *pair = tv_of(c, a);
		if (pair->kind == TV_LIST && pair->list.n == 2) {
			*w = tv_var(c, &pair->list.item[0], "weight");
			*bias = tv_var_or_none(c, &pair->list.item[1]);
			return !c->failed;
		}
	}
	*w = packed_weight(c, 1, "linear");
	b = packed_bias(c, 1, "linear");
	*bias = b ? aten_const(c, b, NULL) : NULL;
	return !c->failed;
}

/* Without scale and zero point the result stays a number. */
static void
quantized_product(AtenCtx *c, bool relu)
{
	Var *v[2], *bias, *y;
	DType type;

	if (!linear_operands(c, &v[1], &bias))
		return;
	v[0] = dequantized_operand(c, 0, &type);
	promote(c, v, 2);
	y = linear_layer(c, v[0], v[1], bias);
	if (relu)
		y = OP(relu, X(y));
	if (tv_float(c, operand_at(c, 2), "scale") != 0 ||
	    tv_int(c, operand_at(c, 3), "zero_point") != 0)
		requantize(c, y, type, 2);
	else
		RESULT(y);
}

HANDLER(quantized_linear)
{
	quantized_product(c, false);
}

HANDLER(quantized_linear_relu)
{
	quantized_product(c, true);
}

static void
quantized_binary(AtenCtx *c, Opcode op, bool relu)
{
	DType xtype, ytype;
	Var *x, *y;

	if (c->node->nin != 4) {
		aten_fail(c, UNSUPPORTED "both operands must be quantized tensors",
		          "a quantized tensor with a number");
		return;
	}
	x = dequantized_operand(c, 0, &xtype);
	y = dequantized_operand(c, 1, &ytype);
	if (!c->failed && xtype != ytype) {
		aten_fail(c, "the operands are quantized to different types: choose one for the "
		             "whole model");
		return;
	}
	x = aten_op(c, op, NULL, ARGS(X(x), Y(y)));
	if (relu)
		x = OP(relu, X(x));
	requantize(c, x, xtype, 2);
}

HANDLER(quantized_add)
{
	quantized_binary(c, OP_add, false);
}

HANDLER(quantized_add_relu)
{
	quantized_binary(c, OP_add, true);
}

HANDLER(quantized_mul)
{
	quantized_binary(c, OP_mul, false);
}

HANDLER(quantized_matmul)
{
	Var *v[2] = {operand_n(c, 0), operand_n(c, 1)};

	if (c->failed)
		return;
	if (!dtype_is_float(dtype_of(v[0])) || !dtype_is_float(dtype_of(v[1])) ||
	    tv_float(c, operand_at(c, 2), "scale") != 0 ||
	    tv_int(c, operand_at(c, 3), "zero_point") != 0) {
		aten_fail(c, UNSUPPORTED "only matrices of floats with scale 0 and zero point 0 "
					 "can be multiplied",
		          "a quantized matrix");
		return;
	}
	promote(c, v, 2);
	RESULT(NAMED(matmul, X(v[0]), Y(v[1])));
}

HANDLER(quantized_embedding)
{
	Var *w = packed_weight(c, 0, "embedding"), *at = operand_n(c, 1);

	at = cast(c, at, DT_INT32);
	RESULT(NAMED(gather, X(w), VAR("indices", at)));
}
