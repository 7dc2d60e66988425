/* lower_norm.c: normalizations as layers. */
#include "lower.h"

#include <math.h>

static double
fraction(const Inst *i, const char *param)
{
	return tensor_f(inst_val(i, param), 0);
}

static Tensor *
filled(Nn *n, const int64_t *dim, int rank, double v)
{
	Tensor *t = tensor_new(n->arena, DT_FP32, dim, rank);

	for (int64_t k = 0; k < t->count; k++)
		tensor_set_f(t, k, v);
	return t;
}

/* The operand with another shape, or that shape full of a number. */
static const Tensor *
shaped(Nn *n, const Inst *i, const char *param, const int64_t *dim, int rank, double dflt)
{
	const Tensor *t = inst_val(i, param);
	Tensor *whole;

	if (!t)
		return filled(n, dim, rank, dflt);
	whole = tensor_reshape(n->arena, t, dim, rank);
	whole->data = (void *)(uintptr_t)tensor_data(n->arena, t);
	whole->cast_from = NULL;
	return whole;
}

static void
batchnorm(Nn *n, const Inst *i, Blob in, Blob out, bool instance)
{
	int64_t channels = inst_arg(i, "x")->type->dim[1];
	Msg *p = nn_layer1(n, out, "batchnorm", in, out);

	msg_int(n->arena, p, "channels", channels);
	msg_int(n->arena, p, "computeMeanVar", instance);
	msg_int(n->arena, p, "instanceNormalization", instance);
	msg_float(n->arena, p, "epsilon", fraction(i, "epsilon"));
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
	msg_ints(n->arena, nn_layer1(n, out, "reshapeStatic", in, out), "targetShape", shape, rank);
}

/* Five dimensions, at most one of them a symbol, are four for the time of the layer. */
static void
batchnorm_by_reshape(Nn *n, const Inst *i, Blob in, Blob out)
{
	const Dim *x = inst_arg(i, "x")->type->dim;
	int64_t d[5], four[4], five[5];
	Blob small = nn_temp(n, out, "_reshaped"), normal = nn_temp(n, out, "_normalized");

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

static Blob
two(Nn *n, const char *layer, Blob a, Blob b, Blob out)
{
	nn_layer(n, out, layer, (Blob[]){a, b}, 2, &out, 1);
	return out;
}

static Blob
loaded(Nn *n, Blob base, const char *suffix, const Tensor *t)
{
	Blob name = nn_temp(n, base, suffix);

	nn_load(n, name, t);
	return name;
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
		                 sqrt(tensor_f(variance, k) + fraction(i, "epsilon")));
	}
	x = loaded(n, out, "_negative_mean", minus);
	x = two(n, "addBroadcastable", in, x, nn_temp(n, out, "_centered"));
	y = loaded(n, out, "_factor", factor);
	x = two(n, "multiplyBroadcastable", x, y, nn_temp(n, out, "_scaled"));
	y = loaded(n, out, "_beta", shaped(n, i, "beta", dim, 5, 0));
	two(n, "addBroadcastable", x, y, out);
}

static const int64_t height[] = {-2};

/* One spatial dimension gets a height for the time of the layer. */
static void
flat_batchnorm(Nn *n, const Inst *i, Blob in, Blob out, bool instance)
{
	Blob x = nn_expanded(n, in, out, "_expanded", height, 1);
	Blob y = nn_temp(n, out, "_normalized");

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
	Blob x = nn_temp(n, out, "_reshaped"), y = nn_temp(n, out, "_normalized");
	Blob z = nn_temp(n, out, "_scaled");
	Msg *p;

	memcpy(image, shape, (rank - 1) * sizeof *image);
	image[rank - 1] = 1;
	image[rank] = shape[rank - 1];
	reshape(n, nn_blob(n, inst_arg(i, "x")), x, image, rank + 1);
	p = nn_layer1(n, y, "mvn", x, y);
	msg_int(n->arena, p, "normalizeVariance", 1);
	msg_float(n->arena, p, "epsilon", fraction(i, "epsilon"));
	p = nn_layer1(n, z, "scale", y, z);
	msg_int(n->arena, p, "hasBias", 1);
	msg_ints(n->arena, p, "shapeScale", dim, 3);
	nn_weights(n, p, "scale", shaped(n, i, "gamma", dim, 3, 1), false);
	msg_ints(n->arena, p, "shapeBias", dim, 3);
	nn_weights(n, p, "bias", shaped(n, i, "beta", dim, 3, 0), false);
	reshape(n, z, out, shape, rank);
}

static void
reduce(Nn *n, const char *layer, Blob in, Blob out, const int64_t *axes, size_t naxis)
{
	Msg *p = nn_layer1(n, out, layer, in, out);

	msg_ints(n->arena, p, "axes", axes, naxis);
	msg_int(n->arena, p, "keepDims", 1);
}

static bool
norm_by_parts(Nn *n, const Inst *i, const int64_t *axes, size_t naxis, Blob out)
{
	const Type *t = inst_arg(i, "x")->type;
	int64_t dim[TENSOR_MAX_RANK], count = 1, one = 1;
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
	d = two(n, "subtractBroadcastable", x, mean, nn_temp(n, out, "_centered"));
	s = nn_temp(n, out, "_square");
	nn_unary(n, s, 3, d, s, 2);
	v = nn_temp(n, out, "_square_sum");
	reduce(n, "reduceSum", s, v, axes, naxis);
	s = loaded(n, out, "_count", filled(n, &one, 1, (double)count));
	v = two(n, "divideBroadcastable", v, s, nn_temp(n, out, "_variance"));
	s = loaded(n, out, "_epsilon", filled(n, &one, 1, fraction(i, "epsilon")));
	v = two(n, "add", v, s, nn_temp(n, out, "_above_zero"));
	s = nn_temp(n, out, "_deviation");
	nn_unary(n, s, 0, v, s, 1);
	d = two(n, "divideBroadcastable", d, s, nn_temp(n, out, "_normalized"));
	s = loaded(n, out, "_gamma", shaped(n, i, "gamma", dim, (int)t->rank, 1));
	v = loaded(n, out, "_beta", shaped(n, i, "beta", dim, (int)t->rank, 0));
	d = two(n, "multiplyBroadcastable", d, s, nn_temp(n, out, "_scaled"));
	two(n, "addBroadcastable", d, v, out);
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
