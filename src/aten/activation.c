/* activation.c: activations, softmax, dropout. */
#include "parts.h"

UNARY(relu, relu)
UNARY(relu6, relu6)
UNARY(sigmoid, sigmoid)
UNARY(silu, silu)
UNARY(softsign, softsign)

HANDLER(native_dropout) { RESULT(operand(c, "input")); }

HANDLER(softmax) { RESULT(NAMED(softmax, X(operand(c, "self")), VAR("axis", operand(c, "dim")))); }

HANDLER(log_softmax)
{
	Var *y = PART(softmax, "_softmax", X(operand(c, "self")), VAR("axis", operand(c, "dim")));
	RESULT(NAMED(log, X(y)));
}

HANDLER(selu)
{
	Var *y = OP(elu, X(operand(c, "self")), FLT("alpha", 1.6732632423543772));
	RESULT(NAMED(mul, X(y), FLT("y", 1.0507009873554805)));
}

HANDLER(elu)
{
	Var *alpha = float_var(c, "alpha");
	RESULT(renamed(c, OP(elu, X(operand(c, "self")), VAR("alpha", alpha))));
}

HANDLER(leaky_relu)
{
	Var *slope = float_var(c, "negative_slope");
	RESULT(NAMED(leaky_relu, X(operand(c, "self")), VAR("alpha", slope)));
}

HANDLER(rrelu) /* outside of training the slope is the middle of its range */
{
	double low = float_operand(c, "lower", 0.125), high = float_operand(c, "upper", 1.0 / 3);
	RESULT(NAMED(leaky_relu, X(operand(c, "self")), FLT("alpha", (low + high) / 2)));
}

HANDLER(hardtanh)
{
	double low = float_operand(c, "min_val", -1), high = float_operand(c, "max_val", 1);
	RESULT(NAMED(clip, X(operand(c, "self")), FLT("alpha", low), FLT("beta", high)));
}

HANDLER(hardswish)
{
	Var *x = OP(thresholded_relu, X(operand(c, "self")), FLT("alpha", -3));
	Var *gate = OP(sigmoid_hard, X(x), FLT("alpha", 1.0 / 6), FLT("beta", 0.5));
	RESULT(NAMED(mul, X(x), Y(gate)));
}

HANDLER(hardsigmoid)
{
	RESULT(NAMED(sigmoid_hard, X(operand(c, "self")), FLT("alpha", 1.0 / 6),
	             FLT("beta", 0.5)));
}

HANDLER(mish)
{
	Var *x = operand(c, "self");
	Var *gate = OP(softplus, X(x));
	gate = OP(tanh, X(gate));
	RESULT(NAMED(mul, X(x), Y(gate)));
}

/* In an exported file `approximate` is a keyword, which the peer does not read there. */
HANDLER(gelu)
{
	const char *mode = c->exported ? "none" : str_operand(c, "approximate", "none");
	Var *x = operand(c, "self");
	if (strcmp(mode, "tanh") == 0)
		RESULT(NAMED(gelu, X(x), STR("mode", "TANH_APPROXIMATION")));
	else if (strcmp(mode, "none") == 0)
		RESULT(NAMED(gelu, X(x)));
	else
		aten_fail(c, "approximate='%s' is not known; it is 'none' or 'tanh'", mode);
}

HANDLER(glu)
{
	Var *x = operand(c, "self");
	int64_t dim = int_operand(c, "dim", -1);
	uint32_t n;
	Var **half = aten_ops(c, OP_split, PART_NAME("_split"),
	                      ARGS(X(x), INT("num_splits", 2), INT("axis", dim)), &n);
	if (n != 2)
		return;
	Var *gate = PART(sigmoid, "_split_sigmoid", X(half[1]));
	RESULT(NAMED(mul, X(half[0]), Y(gate)));
}

/* One slope for each channel. */
static const Tensor *
slopes(AtenCtx *c, Var *x, Var *alpha)
{
	Dim channels = dim_of(x, 1);
	if (!x || !alpha)
		return 0;
	if (!alpha->val || !dtype_is_float(dtype_of(alpha))) {
		aten_fail(c, "the weight of prelu is no constant of floats, expected one");
		return 0;
	}
	int64_t n = alpha->val->count;
	if (!dim_known(channels) || (n != 1 && n != channels)) {
		aten_fail(c, "the weight of prelu has %lld elements, which does not go with the "
		             "channels of the input: its second dimension must be known",
		          (long long)n);
		return 0;
	}
	Tensor *t = tensor_new(c->arena, DT_FP32, &channels, 1);
	for (int64_t i = 0; i < channels; i++)
		tensor_set_f(t, i, tensor_f(alpha->val, n == 1 ? 0 : i));
	return t;
}

/* Core ML has slopes per channel at rank 4 alone, so smaller tensors are brought to that (those of
 * rank 1, which have no channels, to rank 3). */
HANDLER(prelu)
{
	static const int64_t to[4][2] = {{0}, {1, 2}, {2, 3}, {3}};
	Var *x = operand(c, "self"), *alpha = operand(c, "weight");
	uint32_t rank = rank_of(x);
	if (rank >= 2)
		alpha = aten_const(c, slopes(c, x, alpha), 0);
	if (rank == 0 || rank > 3) {
		RESULT(NAMED(prelu, X(x), VAR("alpha", alpha)));
		return;
	}
	const int64_t *axes = to[rank];
	uint32_t n = rank == 3 ? 1 : 2;
	x = OP(expand_dims, X(x), INTS("axes", axes, n));
	x = OP(prelu, X(x), VAR("alpha", alpha));
	RESULT(NAMED(squeeze, X(x), INTS("axes", axes, n)));
}

static Var *
filled_vector(AtenCtx *c, int64_t n, double v)
{
	return aten_const(c, tensor_filled(c->arena, DT_FP32, &n, 1, v), 0);
}

HANDLER(softplus)
{
	Var *x = operand(c, "self");
	double beta = float_operand(c, "beta", 1);
	Dim channels = dim_of(x, 1);
	if (beta == 1) {
		RESULT(NAMED(softplus, X(x)));
	} else if (rank_of(x) != 4) {
		Var *y = OP(mul, FLT("x", beta), Y(x));
		y = OP(softplus, X(y));
		RESULT(NAMED(real_div, X(y), FLT("y", beta)));
	} else if (!dim_known(channels)) {
		aten_fail(c, "softplus with beta on a tensor of rank 4 needs a known number of "
		             "channels: give its second dimension a fixed size");
	} else {
		Var *a = filled_vector(c, channels, 1 / beta);
		Var *b = filled_vector(c, channels, beta);
		RESULT(NAMED(softplus_parametric, X(x), VAR("alpha", a), VAR("beta", b)));
	}
}
