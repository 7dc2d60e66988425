/* norm.c: normalizations. */
#include "lift.h"
#include "lower.h"

#include <math.h>

/* The operand with another shape, or that shape full of a number. */
static const Tensor *
shaped(Nn *n, const Inst *i, const char *param, const int64_t *dim, int rank, double dflt)
{
	const Tensor *t = inst_val(i, param);

	return t ? tensor_reshape(n->arena, t, dim, rank)
	         : tensor_filled(n->arena, DT_FP32, dim, rank, dflt);
}

static void
batchnorm(Nn *n, const Inst *i, Blob in, Blob out, bool instance)
{
	int64_t channels = inst_arg(i, "x")->type->dim[1];
	Msg *p = nn_layer1(n, out, "batchnorm", in, out);

	msg_int(p, "channels", channels);
	msg_int(p, "computeMeanVar", instance);
	msg_int(p, "instanceNormalization", instance);
	msg_float(p, "epsilon", nn_number(i, "epsilon"));
	nn_weights(n, p, "gamma", shaped(n, i, "gamma", &channels, 1, 1), false);
	nn_weights(n, p, "beta", shaped(n, i, "beta", &channels, 1, 0), false);
	if (instance)
		return;
	nn_weights(n, p, "mean", inst_val(i, "mean"), false);
	nn_weights(n, p, "variance", inst_val(i, "variance"), false);
}

static void
reshape(Nn *n, Blob in, Blob out, const int64_t *shape, size_t rank)
{
	msg_ints(nn_layer1(n, out, "reshapeStatic", in, out), "targetShape", shape, rank);
}

/* Five dimensions, at most one of them a symbol, are four for the time of the layer. */
static void
batchnorm_by_reshape(Nn *n, const Inst *i, Blob in, Blob out)
{
	const Dim *x = inst_arg(i, "x")->type->dim;
	int64_t d[5], four[4], five[5];
	Blob small = nn_temp(n, out, "_reshape_4d"), normal = nn_temp(n, out, "_batchnorm_4d");

	for (int k = 0; k < 5; k++)
		d[k] = dim_known(x[k]) ? x[k] : -1;
	memcpy(five, d, sizeof five);
	four[0] = d[0];
	four[1] = d[1];
	four[2] = d[2] == -1 || d[3] == -1 ? -1 : d[2] * d[3];
	four[3] = d[2] == -1 ? d[3] * d[4] : d[3] == -1 ? d[2] * d[4] : d[4];
	reshape(n, in, small, four, 4);
	batchnorm(n, i, small, normal, false);
	reshape(n, normal, out, five, 5);
}

/* (x - mean) * gamma / sqrt(variance + epsilon) + beta */
static void
batchnorm_by_parts(Nn *n, const Inst *i, Blob in, Blob out)
{
	int64_t dim[5] = {1, inst_arg(i, "x")->type->dim[1], 1, 1, 1};
	const Tensor *mean = inst_val(i, "mean"), *variance = inst_val(i, "variance");
	const Tensor *gamma = shaped(n, i, "gamma", dim, 5, 1);
	Tensor *minus = tensor_new(n->arena, DT_FP32, dim, 5);
	Tensor *factor = tensor_new(n->arena, DT_FP32, dim, 5);
	Blob x, y;

	for (int64_t k = 0; k < dim[1]; k++) {
		tensor_set_f(minus, k, -tensor_f(mean, k));
		tensor_set_f(factor, k,
		             tensor_f(gamma, k) /
		                 sqrt(tensor_f(variance, k) + nn_number(i, "epsilon")));
	}
	x = nn_loaded(n, out, "_negative_mean", minus);
	x = nn_two(n, "addBroadcastable", in, x, nn_temp(n, out, "_numerator"));
	y = nn_loaded(n, out, "_gamma", factor);
	x = nn_two(n, "multiplyBroadcastable", x, y, nn_temp(n, out, "_mul"));
	y = nn_loaded(n, out, "_beta", shaped(n, i, "beta", dim, 5, 0));
	nn_two(n, "addBroadcastable", x, y, out);
}

static const int64_t height[] = {-2};

/* One spatial dimension gets a height for the time of the layer. */
static void
flat_batchnorm(Nn *n, const Inst *i, Blob in, Blob out, bool instance)
{
	Blob x = nn_expanded(n, in, out, "_expanded", height, 1);
	Blob y = nn_temp(n, out, instance ? "_instance_norm" : "_batch_norm");

	batchnorm(n, i, x, y, instance);
	nn_squeezed(n, y, out, height, 1);
}

bool
nn_batch_norm(Nn *n, const Inst *i)
{
	const Type *x = inst_arg(i, "x")->type;
	bool instance = i->op->code == OP_instance_norm;
	Blob in, out = nn_name(n, i->out[0]);
	int symbols = 0;

	if (!dim_known(x->dim[1]))
		return nn_fail(n, i,
		               "the number of channels of %s must be known for a NeuralNetwork",
		               i->op->name);
	in = nn_blob(n, inst_arg(i, "x"));
	for (uint32_t k = 0; k < x->rank; k++)
		symbols += !dim_known(x->dim[k]);
	if (x->rank == 3)
		flat_batchnorm(n, i, in, out, instance);
	else if (x->rank == 5 && !instance && symbols > 1)
		batchnorm_by_parts(n, i, in, out);
	else if (x->rank == 5 && !instance)
		batchnorm_by_reshape(n, i, in, out);
	else
		batchnorm(n, i, in, out, instance);
	return true;
}

/* ---- layer_norm ---- */

/* Rows of a matrix, or of several, as images of height 1. */
static void
rows_norm(Nn *n, const Inst *i, const int64_t *shape, uint32_t rank, Blob out)
{
	int64_t image[4], dim[3] = {1, 1, shape[rank - 1]};
	Blob x = nn_temp(n, out, "_reshape"), y = nn_temp(n, out, "_mvn");
	Blob z = nn_temp(n, out, "_scale");
	Msg *p;

	memcpy(image, shape, (rank - 1) * sizeof *image);
	image[rank - 1] = 1;
	image[rank] = shape[rank - 1];
	reshape(n, nn_blob(n, inst_arg(i, "x")), x, image, rank + 1);
	p = nn_layer1(n, y, "mvn", x, y);
	msg_int(p, "normalizeVariance", 1);
	msg_float(p, "epsilon", nn_number(i, "epsilon"));
	p = nn_layer1(n, z, "scale", y, z);
	msg_int(p, "hasBias", 1);
	msg_ints(p, "shapeScale", dim, 3);
	nn_weights(n, p, "scale", shaped(n, i, "gamma", dim, 3, 1), false);
	msg_ints(p, "shapeBias", dim, 3);
	nn_weights(n, p, "bias", shaped(n, i, "beta", dim, 3, 0), false);
	reshape(n, z, out, shape, rank);
}

static void
reduce(Nn *n, const char *layer, Blob in, Blob out, const int64_t *axes, size_t naxis)
{
	Msg *p = nn_layer1(n, out, layer, in, out);

	msg_ints(p, "axes", axes, naxis);
	msg_int(p, "keepDims", 1);
}

static const Tensor *
number(Nn *n, double v)
{
	const int64_t one = 1;

	return tensor_filled(n->arena, DT_FP32, &one, 1, v);
}

static bool
norm_by_parts(Nn *n, const Inst *i, const int64_t *axes, size_t naxis, Blob out)
{
	const Type *t = inst_arg(i, "x")->type;
	int64_t dim[TENSOR_MAX_RANK], count = 1;
	Blob x = nn_blob(n, inst_arg(i, "x")), mean = nn_temp(n, out, "_mean"), d, s, v;

	for (uint32_t k = 0; k < t->rank; k++)
		dim[k] = 1;
	for (size_t k = 0; k < naxis; k++) {
		dim[axes[k]] = t->dim[axes[k]];
		if (!dim_known(t->dim[axes[k]]))
			return nn_fail(n, i,
			               "the dimensions that layer_norm works on must be known for "
			               "a NeuralNetwork");
	}
	for (uint32_t k = 0; k < t->rank; k++)
		count *= dim[k];
	reduce(n, "reduceMean", x, mean, axes, naxis);
	d = nn_two(n, "subtractBroadcastable", x, mean, nn_temp(n, out, "_sub_mean"));
	s = nn_temp(n, out, "_square");
	nn_unary(n, "POWER", d, s, 2);
	v = nn_temp(n, out, "_square_sum");
	reduce(n, "reduceSum", s, v, axes, naxis);
	s = nn_loaded(n, out, "_div_constant", number(n, (double)count));
	v = nn_two(n, "divideBroadcastable", v, s, nn_temp(n, out, "_div_square_sum"));
	s = nn_loaded(n, out, "_epsilon", number(n, nn_number(i, "epsilon")));
	v = nn_two(n, "add", v, s, nn_temp(n, out, "_add_epsilon"));
	s = nn_temp(n, out, "_sqrt");
	nn_unary(n, "SQRT", v, s, 1);
	d = nn_two(n, "divideBroadcastable", d, s, nn_temp(n, out, "_divide"));
	s = nn_loaded(n, out, "_gamma", shaped(n, i, "gamma", dim, (int)t->rank, 1));
	v = nn_loaded(n, out, "_beta", shaped(n, i, "beta", dim, (int)t->rank, 0));
	d = nn_two(n, "multiplyBroadcastable", d, s, nn_temp(n, out, "_mul"));
	nn_two(n, "addBroadcastable", d, v, out);
	return true;
}

bool
nn_layer_norm(Nn *n, const Inst *i)
{
	const Type *x = inst_arg(i, "x")->type;
	int64_t shape[TENSOR_MAX_RANK], *axes;
	uint32_t rank = x->rank, symbols = 0;
	size_t naxis;

	axes = (int64_t *)(uintptr_t)nn_ints(n, i, "axes", &naxis);
	for (size_t k = 0; k < naxis; k++)
		axes[k] += axes[k] < 0 ? (int64_t)rank : 0;
	for (uint32_t k = 0; k < rank; k++) {
		shape[k] = dim_known(x->dim[k]) ? x->dim[k] : -1;
		symbols += shape[k] == -1;
	}
	if ((rank == 2 || rank == 3) && naxis == 1 && axes[0] == (int64_t)rank - 1 && symbols < 2 &&
	    shape[rank - 1] != -1 && shape[rank - 2] != -1) {
		rows_norm(n, i, shape, rank, nn_name(n, i->out[0]));
		return true;
	}
	return norm_by_parts(n, i, axes, naxis, nn_name(n, i->out[0]));
}

/* ---- lifting ---- */

/* (x - mean) / sqrt(mean of squares + epsilon) over some of the last axes. */
static Var *
standardized(Lift *l, Var *x, const int64_t *axes, size_t n, bool variance, double epsilon)
{
	const Tensor *over = lift_vec(l, axes, n);
	Operand arg[] = {VAR("x", x), TENSOR("axes", over), OPBOOL(l, "keep_dims", true)};
	Var *mean = lift_op(l, OP_reduce_mean, arg, countof(arg));
	Var *d = lift_xy(l, OP_sub, x, mean), *v;

	if (!variance)
		return d;
	arg[0].var = lift_x(l, OP_square, d);
	v = lift_op(l, OP_reduce_mean, arg, countof(arg));
	v = lift_op(l, OP_rsqrt, ARGS(VAR("x", v), TENSOR("epsilon", lift_one(l, epsilon))));
	return lift_xy(l, OP_mul, d, v);
}

bool
lift_mvn(Lift *l)
{
	static const int64_t axes[] = {-3, -2, -1};
	bool channels = lift_number(l, "acrossChannels") != 0;
	Var *x = lift_float_var(l, lift_input(l, 0));

	if (!x || !lift_rank(l, x, channels ? 3 : 2, TENSOR_MAX_RANK))
		return false;
	return lift_result(l, standardized(l, x, axes + !channels, 3 - !channels,
	                                   lift_number(l, "normalizeVariance") != 0,
	                                   lift_real(l, "epsilon", 1e-6)));
}

bool
lift_lrn(Lift *l)
{
	Operand arg[MAX_PARAMS] = {VAR("x", lift_input(l, 0))};
	uint32_t n = 1;

	if (!lift_fields(l, layer_row(l->kind), arg, &n))
		return false;
	return lift_to(l, OP_local_response_norm, arg, n);
}

bool
lift_layer_norm(Lift *l)
{
	size_t n = msg_count(l->params, "normalizedShape");
	int64_t dim[TENSOR_MAX_RANK], axes[TENSOR_MAX_RANK];
	const Tensor *gamma, *beta;

	if (n == 0 || n > TENSOR_MAX_RANK)
		return lift_fail(l, "normalizedShape has %zu dimensions, expected 1 to %d", n,
		                 TENSOR_MAX_RANK);
	for (size_t k = 0; k < n; k++) {
		dim[k] = msg_int_at(l->params, "normalizedShape", k);
		axes[k] = (int64_t)k - (int64_t)n;
	}
	if (!(gamma = lift_weights(l, l->params, "gamma", dim, (int)n)) ||
	    !(beta = lift_weights(l, l->params, "beta", dim, (int)n)))
		return false;
	return lift_to(l, OP_layer_norm,
	               ARGS(VAR("x", lift_input(l, 0)), TENSOR("axes", lift_vec(l, axes, n)),
	                    TENSOR("gamma", gamma), TENSOR("beta", beta),
	                    TENSOR("epsilon", lift_float(l, "eps"))));
}

/* Numbers of the channels, which are the third axis from the end. */
static Var *
of_channels(Lift *l, const Tensor *t)
{
	int64_t dim[3] = {t->dim[0], 1, 1};

	return lift_const(l, tensor_reshape(l->arena, t, dim, 3));
}

static const Tensor *
channel_field(Lift *l, const char *field, int64_t n, double dflt)
{
	return msg_has(l->params, field) ? lift_weights(l, l->params, field, &n, 1)
	                                 : tensor_filled(l->arena, DT_FP32, &n, 1, dflt);
}

/* gamma and beta over what was standardized. */
static Var *
spread(Lift *l, Var *x, const Tensor *gamma, const Tensor *beta)
{
	x = lift_xy(l, OP_mul, x, of_channels(l, gamma));
	return lift_xy(l, OP_add, x, of_channels(l, beta));
}

static Var *
by_statistics(Lift *l, Var *x, int64_t n, const Tensor *gamma, const Tensor *beta)
{
	const Tensor *mean = channel_field(l, "mean", n, 0),
	             *var = channel_field(l, "variance", n, 1),
	             *epsilon = lift_one(l, lift_real(l, "epsilon", 1e-5));
	Var *v;

	if (!mean || !var)
		return NULL;
	if (x->type->rank == 4)
		return lift_op(l, OP_batch_norm,
		               ARGS(VAR("x", x), TENSOR("mean", mean), TENSOR("variance", var),
		                    TENSOR("gamma", gamma), TENSOR("beta", beta),
		                    TENSOR("epsilon", epsilon)));
	x = lift_xy(l, OP_sub, x, of_channels(l, mean));
	v = lift_op(l, OP_rsqrt, ARGS(VAR("x", of_channels(l, var)), TENSOR("epsilon", epsilon)));
	return spread(l, lift_xy(l, OP_mul, x, v), gamma, beta);
}

bool
lift_batchnorm(Lift *l)
{
	int64_t n = lift_number(l, "channels"), axes[TENSOR_MAX_RANK] = {-2, -1};
	size_t naxis = 2;
	Dim channels;
	Var *x = lift_float_var(l, lift_input(l, 0));
	const Tensor *gamma, *beta;

	if (!x || !lift_rank(l, x, 3, TENSOR_MAX_RANK))
		return false;
	if (n < 1 || n > INT32_MAX)
		return lift_fail(l, "it has %lld channels", (long long)n);
	channels = x->type->dim[x->type->rank - 3];
	if (dim_known(channels) && channels != n)
		return lift_fail(l, "it has %lld channels, but its input has %lld", (long long)n,
		                 (long long)channels);
	if (!arena_has(l->arena, (size_t)n * sizeof(float)))
		return lift_fail(l, "it has %lld channels, more than --max-memory has room for",
		                 (long long)n);
	if (!(gamma = channel_field(l, "gamma", n, 1)) || !(beta = channel_field(l, "beta", n, 0)))
		return false;
	if (!lift_number(l, "computeMeanVar"))
		return lift_result(l, by_statistics(l, x, n, gamma, beta));
	/* of each image, or of all that the batch has in a channel */
	if (!lift_number(l, "instanceNormalization"))
		for (uint32_t k = 0; k + 3 < x->type->rank; k++)
			axes[naxis++] = k;
	return lift_result(
	    l, spread(l, standardized(l, x, axes, naxis, true, lift_real(l, "epsilon", 1e-5)),
	              gamma, beta));
}
