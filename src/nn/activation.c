/* activation.c: activations that take more than a row. */
#include "lift.h"
#include "lower.h"

/* The shape of the input beside it, for layers with parameters for each channel. */
static void
input_tensor(Nn *n, const Type *t)
{
	size_t last = msg_count(n->net, "layers") - 1;
	Msg *layer = (Msg *)(uintptr_t)msg_at(n->net, "layers", last);
	Msg *tensor = msg_sub(layer, "inputTensor");

	msg_int(tensor, "rank", t->rank);
	for (uint32_t k = 0; k < t->rank; k++)
		msg_int(tensor, "dimValue", dim_known(t->dim[k]) ? t->dim[k] : 1);
}

bool
nn_per_channel(Nn *n, const Inst *i)
{
	bool prelu = i->op->code == OP_prelu;
	Msg *p = nn_of_x(n, i, prelu ? "activation.PReLU" : "activation.parametricSoftplus");

	input_tensor(n, inst_arg(i, "x")->type);
	nn_weights(n, p, "alpha", inst_val(i, "alpha"), false);
	if (!prelu)
		nn_weights(n, p, "beta", inst_val(i, "beta"), false);
	return true;
}

/* min(relu(x), 6): the threshold layer is a maximum, so it works on the negative. */
bool
nn_relu6(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), x = nn_blob(n, inst_arg(i, "x"));
	Blob relu = nn_made(n, "activation.ReLU", x, out, "__relu6_relu__");
	Blob negative = nn_temp(n, out, "__relu6_neg__");
	Blob clipped = nn_temp(n, out, "__relu6_threshold6__");

	nn_times(n, relu, negative, -1);
	nn_unary(n, "THRESHOLD", negative, clipped, -6);
	nn_times(n, clipped, out, -1);
	return true;
}

bool
nn_silu(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), x = nn_blob(n, inst_arg(i, "x"));

	nn_two(n, "multiply", x, nn_made(n, "activation.sigmoid", x, out, "__silu_sigmoid__"),
	       out);
	return true;
}

bool
nn_softmax(Nn *n, const Inst *i)
{
	int64_t axis = inst_int(i, "axis"), rank = inst_arg(i, "x")->type->rank;
	bool channel = axis == -3 || (axis > 0 && axis == rank - 3);
	Msg *p = nn_of_x(n, i, channel ? "softmax" : "softmaxND");

	if (!channel)
		msg_int(p, "axis", axis);
	return true;
}

/* ---- lifting ---- */

/* Along the channels, the third axis from the end. */
bool
lift_softmax(Lift *l)
{
	Var *x = lift_input(l, 0);

	return x && lift_to(l, OP_softmax,
	                    ARGS(VAR("x", x), OPINT(l, "axis", x->type->rank < 3 ? -1 : -3)));
}

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
	const Tensor *zero = lift_one(l, 0);

	if (!x || !(alpha = channel_weights(l, "alpha", x->type)))
		return false;
	if (x->type->rank >= 3 && x->type->rank <= 5 && alpha->type->dim[1] == x->type->dim[1] &&
	    alpha->type->dim[1] == alpha->type->count)
		return lift_to(
		    l, OP_prelu,
		    ARGS(VAR("x", x), TENSOR("alpha", tensor_reshape(l->arena, alpha->val,
		                                                     &alpha->val->count, 1))));
	above = lift_x(l, OP_relu, x);
	below = lift_xt(l, OP_minimum, x, zero);
	below = lift_xy(l, OP_mul, below, alpha);
	return lift_result(l, lift_xy(l, OP_add, above, below));
}

/* alpha log(1 + exp(beta x)) */
bool
lift_parametric_softplus(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *alpha, *beta;

	if (!x || !(alpha = channel_weights(l, "alpha", x->type)) ||
	    !(beta = channel_weights(l, "beta", x->type)))
		return false;
	x = lift_xy(l, OP_mul, x, beta);
	x = lift_x(l, OP_softplus, x);
	return lift_result(l, lift_xy(l, OP_mul, x, alpha));
}
