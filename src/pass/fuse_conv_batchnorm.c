/* fuse_conv_batchnorm.c: a batch_norm behind a conv or conv_transpose goes into its weight and
 * bias.
 *
 *   %a = conv(x=%x, weight=%w, bias=%b)
 *   %y = batch_norm(x=%a, mean, variance, gamma, beta)  ->  %y = conv(x=%x, weight=%w2, bias=%b2)
 *
 * With s = gamma / sqrt(variance + epsilon), per output channel: w2 = s * w, b2 = s * (b - mean) +
 * beta.
 */
#include "convs.h"

#include <math.h>

/* The elements of a parameter of the batch_norm, one for each channel. */
static const double *
numbers(PassCtx *c, const Inst *norm, const char *param, int64_t n, double absent)
{
	const Tensor *t = inst_val(norm, param);
	double *v = newn(c->arena, double, (size_t)n);
	const double *from =
	    t ? tensor_data(c->arena, tensor_cast(c->arena, t, DT_FP64)) : &absent;

	for (int64_t k = 0; k < n; k++)
		v[k] = from[t && t->count > 1 ? k : 0];
	return v;
}

static bool
is_known(const Inst *norm, const char *param, int64_t cout)
{
	const Var *v = inst_arg(norm, param);

	return !v || (v->val && (v->val->count == cout || v->val->count == 1));
}

bool
rewrite_fuse_conv_batchnorm(PassCtx *c, Inst *conv)
{
	Inst *norm = conv_child(conv);
	int64_t cout = conv_cout(conv);
	const Tensor *weight;
	Tensor *bias;
	const double *mean, *variance, *gamma, *beta;
	double *scale, epsilon;
	DType t;

	if (!inst_is(norm, OP_batch_norm) || !cout || !(bias = conv_bias(c, conv)) ||
	    !is_known(norm, "gamma", cout) || !is_known(norm, "beta", cout) ||
	    !is_known(norm, "mean", cout) || !is_known(norm, "variance", cout))
		return false;
	t = inst_val(norm, "variance")->dtype;
	mean = numbers(c, norm, "mean", cout, 0), variance = numbers(c, norm, "variance", cout, 1);
	gamma = numbers(c, norm, "gamma", cout, 1), beta = numbers(c, norm, "beta", cout, 0);
	epsilon = *numbers(c, norm, "epsilon", 1, 1e-5);
	scale = newn(c->arena, double, (size_t)cout);
	for (int64_t k = 0; k < cout; k++) {
		double v = dtype_round(t, variance[k] + epsilon);
		double s = gamma[k] / dtype_round(t, sqrt(v));
		double x = dtype_round(t, tensor_f(bias, k) - mean[k]);
		scale[k] = dtype_round(t, s);
		tensor_set_f(bias, k, dtype_round(t, scale[k] * x) + beta[k]);
	}
	weight = conv_scaled_weight(c, conv, scale);
	return pass_absorb(c, conv, norm, ARGS(TENSOR("weight", weight), TENSOR("bias", bias)),
	                   GONE(conv, norm));
}
