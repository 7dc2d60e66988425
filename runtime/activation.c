/* activation.c: activation functions: a table of formulas in x and the parameters a and b, and
 * those with parameters per channel or a sum along an axis. */
#include "elementwise.h"

#include <math.h>

static double
softplus_of(double x) /* log(1 + exp(x)) that does not overflow */
{
	return log1p(exp(-fabs(x))) + ew_max(x, 0);
}

/* sqrt(2 / pi) and sqrt(1 / 2) */
#define TANH_SCALE 0.79788456080286535588
#define SQRT_HALF 0.70710678118654752440

/*  op, parameters a and b, formula */
#define ACTIVATION(U)                                                                              \
	U(clamped_relu, ARG_alpha, ARG_beta,                                                       \
	  ew_min(ew_max(x, 0), b) + ew_min(ew_min(x, 0) * a, b))                                   \
	U(elu, ARG_alpha, ARG_none, x < 0 ? a * expm1(x) : x)                                      \
	U(leaky_relu, ARG_alpha, ARG_none, x < 0 ? a * x : x)                                      \
	U(linear_activation, ARG_alpha, ARG_beta, a *x + b)                                        \
	U(relu, ARG_none, ARG_none, ew_max(x, 0))                                                  \
	U(relu6, ARG_none, ARG_none, ew_min(ew_max(x, 0), 6))                                      \
	U(scaled_tanh, ARG_alpha, ARG_beta, a *tanh(b *x))                                         \
	U(sigmoid, ARG_none, ARG_none, 1 / (1 + exp(-x)))                                          \
	U(sigmoid_hard, ARG_alpha, ARG_beta, ew_min(ew_max(a * x + b, 0), 1))                      \
	U(silu, ARG_none, ARG_none, x / (1 + exp(-x)))                                             \
	U(softplus, ARG_none, ARG_none, softplus_of(x))                                            \
	U(softsign, ARG_none, ARG_none, x / (1 + fabs(x)))                                         \
	U(thresholded_relu, ARG_alpha, ARG_none, x < a ? 0 : x)

ACTIVATION(EW_UNARY)
EW_FORMULA(gelu_exact, double, 0.5 * x * (1 + erf(x * SQRT_HALF)))
EW_FORMULA(gelu_tanh, double, 0.5 * x * (1 + tanh(TANH_SCALE * (x + 0.044715 * x * x * x))))
EW_FORMULA(gelu_sigmoid, double, x / (1 + exp(-1.702 * x)))

bool
eval_gelu(Eval *e)
{
	const char *mode = eval_str(e, ARG_mode, "EXACT");

	if (strcmp(mode, "TANH_APPROXIMATION") == 0)
		return ew_unary(e, gelu_tanh, NULL, 0, 0);
	if (strcmp(mode, "SIGMOID_APPROXIMATION") == 0)
		return ew_unary(e, gelu_sigmoid, NULL, 0, 0);
	return ew_unary(e, gelu_exact, NULL, 0, 0);
}

/* Runs f over x, each channel (dimension 1) with its own parameters. */
static bool
per_channel(Eval *e, EwUnary *f, const Tensor *a, const Tensor *b)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const void *data = tensor_data(e->arena, x);
	Tensor *y = eval_new(e, 0, x->dtype, x->dim, x->rank);
	int64_t channels = x->rank > 1 ? x->dim[1] : 1, inner = dims_count(x->dim, 2, x->rank);
	double v[EW_CHUNK];

	if (a->count != channels || (b && b->count != channels))
		return eval_fail(e, "x has %lld channels, but there are %lld parameters",
		                 (long long)channels, (long long)a->count);
	for (int64_t at = 0, c = 0; at < x->count; c = (c + 1) % channels) {
		for (int64_t end = at + inner; at < end;) {
			size_t n = (size_t)MIN(end - at, EW_CHUNK);
			ew_load(v, x, data, at, 1, n);
			f(v, n, tensor_f(a, c), b ? tensor_f(b, c) : 0);
			ew_store(y, at, v, n);
			at += (int64_t)n;
		}
	}
	return true;
}

EW_FORMULA(prelu, double, x < 0 ? a * x : x)
EW_FORMULA(softplus_parametric, double, a *softplus_of(b *x))

bool
eval_prelu(Eval *e)
{
	return per_channel(e, prelu, eval_arg(e, ARG_alpha), NULL);
}

bool
eval_softplus_parametric(Eval *e)
{
	return per_channel(e, softplus_parametric, eval_arg(e, ARG_alpha),
	                   eval_arg(e, ARG_beta));
}

/* One row: less its largest element first, so that exp does not overflow. */
static void
softmax_row(double *v, int64_t n)
{
	double top = v[0], sum = 0;

	for (int64_t i = 1; i < n; i++)
		top = top >= v[i] || top != top ? top : v[i];
	for (int64_t i = 0; i < n; i++)
		sum += v[i] = exp(v[i] - top);
	for (int64_t i = 0; i < n; i++)
		v[i] /= sum;
}

bool
eval_softmax(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const void *data = tensor_data(e->arena, x);
	Tensor *y = eval_new(e, 0, x->dtype, x->dim, x->rank);
	int64_t inner, n;
	double *row;
	int axis;

	if (!eval_axis(e, ARG_axis, MAX(x->rank, 1), -1, &axis))
		return false;
	n = x->rank ? x->dim[axis] : 1;
	inner = dims_count(x->dim, axis + 1, x->rank);
	row = xmalloc((size_t)MAX(n, 1) * sizeof *row);
	for (int64_t k = 0; n > 0 && k < x->count / n; k++) {
		int64_t at = k / inner * inner * n + k % inner;
		if (inner == 1)
			ew_load(row, x, data, at, 1, (size_t)n);
		for (int64_t i = 0; inner > 1 && i < n; i++)
			ew_load(row + i, x, data, at + i * inner, 1, 1);
		softmax_row(row, n);
		for (int64_t i = 0; i < n; i++)
			ew_store(y, at + i * inner, row + i, 1);
	}
	xfree(row);
	return true;
}
