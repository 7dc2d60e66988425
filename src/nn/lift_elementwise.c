/* lift_elementwise.c: lifting of elementwise layers, activations and selections that take more
 * than a row of emit/nn.def. */
#include "lift.h"

/* Layers of one kind of arithmetic. With one input the other one is `alpha` where that is marked,
 * else the layer does nothing; more than two fold from the left. */
static const struct Binary {
	const char *layer;
	Opcode op;
	bool alpha;
} binaries[] = {
    {"add", OP_add, true},
    {"addBroadcastable", OP_add, false},
    {"average", OP_add, false},
    {"divideBroadcastable", OP_real_div, false},
    {"equal", OP_equal, true},
    {"floorDivBroadcastable", OP_floor_div, false},
    {"greaterEqual", OP_greater_equal, true},
    {"greaterThan", OP_greater, true},
    {"lessEqual", OP_less_equal, true},
    {"lessThan", OP_less, true},
    {"max", OP_maximum, false},
    {"maxBroadcastable", OP_maximum, false},
    {"min", OP_minimum, false},
    {"minBroadcastable", OP_minimum, false},
    {"modBroadcastable", OP_mod, false},
    {"multiply", OP_mul, true},
    {"multiplyBroadcastable", OP_mul, false},
    {"notEqual", OP_not_equal, true},
    {"powBroadcastable", OP_pow, false},
    {"subtractBroadcastable", OP_sub, false},
};

static Var *
scaled(Lift *l, Var *x, double by)
{
	return lift_op(l, OP_mul,
	               ARGS(VAR("x", lift_float_var(l, x)),
	                    TENSOR("y", tensor_scalar_f(l->arena, DT_FP32, by))));
}

bool
lift_binary(Lift *l)
{
	const struct Binary *b = binaries;
	size_t n = lift_ninput(l);
	Var *v = lift_input(l, 0);

	while (strcmp(b->layer, l->kind))
		b++;
	if (!v)
		return false;
	if (n == 1 && b->alpha)
		return lift_result(l, lift_op(l, b->op,
		                          ARGS(VAR("x", v->type->dtype == DT_BOOL
		                                           ? lift_as(l, v, DT_INT32)
		                                           : v),
		                              TENSOR("y", lift_float(l, "alpha")))));
	for (size_t k = 1; v && k < n; k++)
		v = lift_binary_op(l, b->op, v, lift_input(l, k));
	if (v && !strcmp(l->kind, "average"))
		v = scaled(l, v, 1.0 / (double)n);
	return lift_result(l, v);
}

bool
lift_copy(Lift *l)
{
	return lift_result(l, lift_input(l, 0));
}

/* Functions of scale x + shift. */
bool
lift_unary(Lift *l)
{
	static const Opcode ops[] = {OP_sqrt, OP_rsqrt, OP_inverse, OP_pow, OP_exp, OP_log, OP_abs,
	    OP_threshold};
	int64_t type = msg_get_int(l->params, "type");
	Var *x = lift_float_var(l, lift_input(l, 0));
	double shift = msg_get_float(l->params, "shift"), scale = msg_get_float(l->params, "scale");

	if (!x)
		return false;
	if (type < 0 || type >= (int64_t)countof(ops))
		return lift_fail(l, "its function has the unknown number %lld", (long long)type);
	if (scale != 1 || shift != 0)
		x = lift_op(l, OP_linear_activation,
		    ARGS(VAR("x", x), TENSOR("alpha", lift_float(l, "scale")),
		        TENSOR("beta", lift_float(l, "shift"))));
	switch (ops[type]) {
	case OP_rsqrt:
	case OP_inverse:
	case OP_log:
		return lift_result(l, lift_op(l, ops[type],
		                          ARGS(VAR("x", x),
		                              TENSOR("epsilon", lift_float(l, "epsilon")))));
	case OP_pow:
		return lift_result(l, lift_op(l, OP_pow, ARGS(VAR("x", x),
		                                             TENSOR("y", lift_float(l, "alpha")))));
	case OP_threshold:
		return lift_result(l, lift_op(l, OP_threshold,
		                              ARGS(VAR("x", x),
		                                   TENSOR("alpha", lift_float(l, "alpha")))));
	default:
		return lift_result(l, lift_op(l, ops[type], ARGS(VAR("x", x))));
	}
}

bool
lift_tanh(Lift *l)
{
	return lift_result(l, lift_op(l, OP_tanh, ARGS(VAR("x", lift_input(l, 0)))));
}

/* asinh x = sign(x) log(|x| + sqrt(x^2 + 1)), acosh x = log(x + sqrt(x^2 - 1)). */
bool
lift_inverse_hyperbolic(Lift *l)
{
	bool sinh = !strcmp(l->kind, "asinh");
	Var *x = lift_float_var(l, lift_input(l, 0)), *a, *root, *y;

	a = sinh ? lift_op(l, OP_abs, ARGS(VAR("x", x))) : x;
	root = lift_op(l, OP_square, ARGS(VAR("x", x)));
	root = lift_op(l, OP_add, ARGS(VAR("x", root), TENSOR("y",
	                              tensor_scalar_f(l->arena, DT_FP32, sinh ? 1 : -1))));
	root = lift_op(l, OP_sqrt, ARGS(VAR("x", root)));
	y = lift_op(l, OP_add, ARGS(VAR("x", a), VAR("y", root)));
	y = lift_op(l, OP_log, ARGS(VAR("x", y), TENSOR("epsilon",
	                           tensor_scalar_f(l->arena, DT_FP32, 0))));
	if (sinh)
		y = lift_op(l, OP_mul,
		    ARGS(VAR("x", y), VAR("y", lift_op(l, OP_sign, ARGS(VAR("x", x))))));
	return lift_result(l, y);
}

bool
lift_gelu(Lift *l)
{
	static const char *const modes[] = {"EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"};
	int64_t mode = msg_get_int(l->params, "mode");

	if (mode < 0 || mode >= (int64_t)countof(modes))
		return lift_fail(l, "its mode has the unknown number %lld", (long long)mode);
	return lift_result(l, lift_op(l, OP_gelu, ARGS(VAR("x", lift_input(l, 0)),
	                                             OPSTR(l, "mode", modes[mode]))));
}

/* Along the channels, the third axis from the end. */
bool
lift_softmax(Lift *l)
{
	Var *x = lift_input(l, 0);

	if (!x)
		return false;
	if (!strcmp(l->kind, "softmaxND"))
		return lift_result(l,
		                   lift_op(l, OP_softmax,
		                           ARGS(VAR("x", x), TENSOR("axis", lift_int(l, "axis")))));
	return lift_result(l, lift_op(l, OP_softmax,
	                              ARGS(VAR("x", x),
	                                   OPINT(l, "axis", x->type->rank < 3 ? -1 : -3))));
}

/* The condition may be the largest of the three: then a is spread over it. */
bool
lift_where(Lift *l)
{
	Var *cond = lift_as(l, lift_input(l, 0), DT_BOOL), *a = lift_input(l, 1);
	Var *b = lift_input(l, 2);
	bool larger;

	if (!cond || !a || !b)
		return false;
	larger = cond->type->rank > MAX(a->type->rank, b->type->rank);
	for (uint32_t k = 1; !larger && k <= cond->type->rank; k++) {
		Dim c = cond->type->dim[cond->type->rank - k];
		Dim da = k <= a->type->rank ? a->type->dim[a->type->rank - k] : 1;
		Dim db = k <= b->type->rank ? b->type->dim[b->type->rank - k] : 1;
		larger = c != 1 && da == 1 && db == 1;
	}
	if (larger) {
		a = lift_float_var(l, a);
		a = lift_binary_op(l, OP_add, a, scaled(l, cond, 0));
	}
	return lift_result(l, lift_op(l, OP_select,
	                              ARGS(VAR("cond", cond), VAR("a", a), VAR("b", b))));
}

/* ---- parameters for each channel ---- */

/* Weights of one number for each channel, or one for all, as they spread over x; the channels are
 * the third axis from the end, or the second of what has no three. */
static Var *
channel_weights(Lift *l, const char *field, const Type *x)
{
	int64_t dim[TENSOR_MAX_RANK], n = (int64_t)lift_nweights(l->params, field);
	uint32_t rank = x->rank, axis = rank >= 3 ? rank - 3 : rank ? rank - 1 : 0;
	const Tensor *t;

	if (rank == 3 && n > 1 && x->dim[0] != n && x->dim[1] == n)
		axis = 1;
	for (uint32_t k = 0; k < rank; k++)
		dim[k] = k == axis ? MAX(n, 1) : 1;
	t = lift_weights(l, l->params, field, dim, (int)rank);
	return t ? lift_const(l, t) : NULL;
}

/* max(x, 0) + alpha min(x, 0) */
bool
lift_prelu(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *alpha, *above, *below;
	const Tensor *zero = tensor_scalar_f(l->arena, DT_FP32, 0);

	if (!x || !(alpha = channel_weights(l, "alpha", x->type)))
		return false;
	if (x->type->rank >= 3 && x->type->rank <= 5 && alpha->type->dim[1] == x->type->dim[1] &&
	    alpha->type->dim[1] == alpha->type->count)
		return lift_result(l, lift_op(l, OP_prelu,
		                          ARGS(VAR("x", x), TENSOR("alpha",
		                              tensor_reshape(l->arena, alpha->val,
		                                  &alpha->val->count, 1)))));
	above = lift_op(l, OP_relu, ARGS(VAR("x", x)));
	below = lift_op(l, OP_minimum, ARGS(VAR("x", x), TENSOR("y", zero)));
	below = lift_op(l, OP_mul, ARGS(VAR("x", below), VAR("y", alpha)));
	return lift_result(l, lift_op(l, OP_add, ARGS(VAR("x", above), VAR("y", below))));
}

/* alpha log(1 + exp(beta x)) */
bool
lift_parametric_softplus(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *alpha, *beta;

	if (!x || !(alpha = channel_weights(l, "alpha", x->type)) ||
	    !(beta = channel_weights(l, "beta", x->type)))
		return false;
	x = lift_op(l, OP_mul, ARGS(VAR("x", x), VAR("y", beta)));
	x = lift_op(l, OP_softplus, ARGS(VAR("x", x)));
	return lift_result(l, lift_op(l, OP_mul, ARGS(VAR("x", x), VAR("y", alpha))));
}

/* Weights of a shape that stands in the layer: [1], [C], [C, H, W] or [1, C, H, W]; [C] is of
 * channels where x has them. */
static Var *
shaped_weights(Lift *l, const char *shape, const char *field, const Type *x)
{
	int64_t dim[TENSOR_MAX_RANK];
	size_t n = msg_count(l->params, shape);
	int rank = 0;
	const Tensor *t;

	if (n > 4) {
		lift_fail(l, "%s has %zu dimensions, expected at most 4", shape, n);
		return NULL;
	}
	for (size_t k = 0; k < n; k++)
		dim[rank++] = msg_int_at(l->params, shape, k);
	if (n == 1 && x->rank >= 3) {
		dim[rank++] = 1;
		dim[rank++] = 1;
	}
	t = lift_weights(l, l->params, field, dim, rank);
	return t ? lift_const(l, t) : NULL;
}

bool
lift_scale(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *by;

	if (!x || !(by = shaped_weights(l, "shapeScale", "scale", x->type)))
		return false;
	x = lift_op(l, OP_mul, ARGS(VAR("x", x), VAR("y", by)));
	if (x && msg_get_int(l->params, "hasBias")) {
		if (!(by = shaped_weights(l, "shapeBias", "bias", x->type)))
			return false;
		x = lift_op(l, OP_add, ARGS(VAR("x", x), VAR("y", by)));
	}
	return lift_result(l, x);
}

bool
lift_bias(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *by;

	if (!x || !(by = shaped_weights(l, "shape", "bias", x->type)))
		return false;
	return lift_result(l, lift_op(l, OP_add, ARGS(VAR("x", x), VAR("y", by))));
}
