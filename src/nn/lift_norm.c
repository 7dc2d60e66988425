/* lift_norm.c: lifting of normalizations. */
#include "lift.h"

static const Tensor *
one(Lift *l, double v)
{
	return tensor_scalar_f(l->arena, DT_FP32, v);
}

/* (x - mean) / sqrt(mean of squares + epsilon) over some of the last axes. */
static Var *
standardized(Lift *l, Var *x, const int64_t *axes, size_t n, bool variance, double epsilon)
{
	const Tensor *over = lift_vec(l, axes, n);
	Var *mean = lift_op(l, OP_reduce_mean,
	    ARGS(VAR("x", x), TENSOR("axes", over), OPBOOL(l, "keep_dims", true)));
	Var *d = lift_op(l, OP_sub, ARGS(VAR("x", x), VAR("y", mean))), *v;

	if (!variance)
		return d;
	v = lift_op(l, OP_square, ARGS(VAR("x", d)));
	v = lift_op(l, OP_reduce_mean,
	    ARGS(VAR("x", v), TENSOR("axes", over), OPBOOL(l, "keep_dims", true)));
	v = lift_op(l, OP_rsqrt, ARGS(VAR("x", v), TENSOR("epsilon", one(l, epsilon))));
	return lift_op(l, OP_mul, ARGS(VAR("x", d), VAR("y", v)));
}

bool
lift_mvn(Lift *l)
{
	static const int64_t axes[] = {-3, -2, -1};
	bool channels = msg_get_int(l->params, "acrossChannels") != 0;
	Var *x = lift_float_var(l, lift_input(l, 0));

	if (!x || !lift_rank(l, x, channels ? 3 : 2, TENSOR_MAX_RANK))
		return false;
	return lift_result(l, standardized(l, x, axes + !channels, 3 - !channels,
	                          msg_get_int(l->params, "normalizeVariance") != 0,
	                          msg_get_float(l->params, "epsilon")));
}

/* Over the channels: the third axis from the end where that is how all blobs are, else the second,
 * as in the op. */
bool
lift_lrn(Lift *l)
{
	Var *x = lift_input(l, 0);
	bool added = false;

	if (l->channels_first)
		x = lift_with_batch(l, x, &added);
	x = lift_op(l, OP_local_response_norm,
	    ARGS(VAR("x", x), TENSOR("size", lift_int(l, "localSize")),
	        TENSOR("alpha", lift_float(l, "alpha")), TENSOR("beta", lift_float(l, "beta")),
	        TENSOR("k", lift_float(l, "k"))));
	return lift_result(l, lift_without_batch(l, x, added));
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
	return lift_result(l,
	    lift_op(l, OP_layer_norm,
	        ARGS(VAR("x", lift_input(l, 0)), TENSOR("axes", lift_vec(l, axes, n)),
	            TENSOR("gamma", gamma), TENSOR("beta", beta),
	            TENSOR("epsilon", lift_float(l, "eps")))));
}

/* ---- batchnorm ---- */

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
	Tensor *t;

	if (msg_has(l->params, field))
		return lift_weights(l, l->params, field, &n, 1);
	t = tensor_new(l->arena, DT_FP32, &n, 1);
	for (int64_t k = 0; k < n; k++)
		tensor_set_f(t, k, dflt);
	return t;
}

/* gamma and beta over what was standardized. */
static Var *
spread(Lift *l, Var *x, const Tensor *gamma, const Tensor *beta)
{
	x = lift_op(l, OP_mul, ARGS(VAR("x", x), VAR("y", of_channels(l, gamma))));
	return lift_op(l, OP_add, ARGS(VAR("x", x), VAR("y", of_channels(l, beta))));
}

static Var *
by_statistics(Lift *l, Var *x, int64_t n, const Tensor *gamma, const Tensor *beta)
{
	const Tensor *mean = channel_field(l, "mean", n, 0),
	             *var = channel_field(l, "variance", n, 1);
	Var *v;

	if (!mean || !var)
		return NULL;
	if (x->type->rank == 4)
		return lift_op(l, OP_batch_norm,
		    ARGS(VAR("x", x), TENSOR("mean", mean), TENSOR("variance", var),
		        TENSOR("gamma", gamma), TENSOR("beta", beta),
		        TENSOR("epsilon", lift_float(l, "epsilon"))));
	x = lift_op(l, OP_sub, ARGS(VAR("x", x), VAR("y", of_channels(l, mean))));
	v = lift_op(l, OP_rsqrt, ARGS(VAR("x", of_channels(l, var)),
	                             TENSOR("epsilon", lift_float(l, "epsilon"))));
	return spread(l, lift_op(l, OP_mul, ARGS(VAR("x", x), VAR("y", v))), gamma, beta);
}

bool
lift_batchnorm(Lift *l)
{
	static const int64_t image[] = {-2, -1};
	int64_t n = msg_get_int(l->params, "channels");
	Var *x = lift_float_var(l, lift_input(l, 0));
	const Tensor *gamma, *beta;

	if (!x || !lift_rank(l, x, 3, TENSOR_MAX_RANK))
		return false;
	if (n < 1 || n > INT32_MAX)
		return lift_fail(l, "it has %lld channels", (long long)n);
	if (!(gamma = channel_field(l, "gamma", n, 1)) || !(beta = channel_field(l, "beta", n, 0)))
		return false;
	if (!msg_get_int(l->params, "computeMeanVar"))
		return lift_result(l, by_statistics(l, x, n, gamma, beta));
	if (!msg_get_int(l->params, "instanceNormalization"))
		return lift_fail(l,
		                 "it takes mean and variance from the whole batch: not yet "
		                 "supported");
	return lift_result(l, spread(l,
	                          standardized(l, x, image, 2, true,
	                              msg_get_float(l->params, "epsilon")),
	                          gamma, beta));
}
