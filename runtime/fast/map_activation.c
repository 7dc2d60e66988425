/* map_activation.c: activation functions and batch_norm, by the formulas of activation.c and
 * normalization.c, in float.
 */
#include "map.h"
#include "vmath.h"
#include "vmath_d.h"

#define SQRT_HALF  0.70710678118654752440f
#define TANH_SCALE 0.79788456080286535588f /* sqrt(2 / pi) */

MAP_UNARY(clamped_relu,
          v_add(v_min(p[1], v_max(v_zero(), x)), v_min(p[1], v_mul(v_min(v_zero(), x), p[0]))))
MAP_UNARY(leaky_relu, v_select(v_lt(x, v_zero()), v_mul(p[0], x), x))
MAP_UNARY(linear_activation, v_fma(p[0], x, p[1]))
MAP_UNARY(relu, v_max(v_zero(), x))
MAP_UNARY(relu6, v_min(v_set1(6), v_max(v_zero(), x)))
MAP_UNARY(sigmoid_hard, v_min(v_set1(1), v_max(v_zero(), v_fma(p[0], x, p[1]))))
MAP_UNARY(softsign, v_div(x, v_add(v_set1(1), v_abs(x))))
MAP_UNARY(thresholded_relu, v_select(v_lt(x, p[0]), v_zero(), x))
MAP_WITH_2(clamped_relu, ARG_alpha, ARG_beta)
MAP_WITH_1(leaky_relu, ARG_alpha)
MAP_WITH_2(linear_activation, ARG_alpha, ARG_beta)
MAP_SAME(relu, 1)
MAP_SAME(relu6, 1)
MAP_WITH_2(sigmoid_hard, ARG_alpha, ARG_beta)
MAP_SAME(softsign, 1)
MAP_WITH_1(thresholded_relu, ARG_alpha)

MAP_LONG(scaled_tanh, 1, v_mul(p[0], v_tanh(v_mul(p[1], x))))
MAP_LONG(sigmoid, 1, v_gate(v_set1(1), x))
MAP_LONG(silu, 1, v_gate(x, x))
MAP_WITH_2(scaled_tanh, ARG_alpha, ARG_beta)
MAP_SAME(sigmoid, 1)
MAP_SAME(silu, 1)

/* ---- of exp(x) - 1 and log(1 + x) ---- */

static inline D
softplus_of(D x)
{
	D rest = d_log1p(d_exp(d_sub(d_set1(0), d_abs(x))));

	return d_add(rest, d_max(d_set1(0), x));
}
MAP_LONG(elu, 1, v_select(v_lt(x, v_zero()), v_of(d_mul(d_of(p[0]), d_expm1(d_of(x)))), x))
MAP_LONG(softplus, 1, v_of(softplus_of(d_of(x))))
MAP_LONG(softplus_parametric, 3, v_of(d_mul(d_of(y), softplus_of(d_mul(d_of(z), d_of(x))))))
MAP_WITH_1(elu, ARG_alpha)
MAP_SAME(softplus, 1)

/* ---- gelu ---- */

/* 1 + tanh(u) is 2 sigmoid(2u). */
static inline V
gelu_tanh(V x)
{
	V cube = v_mul(v_mul(x, x), v_mul(x, v_set1(0.044715f)));

	return v_gate(x, v_mul(v_set1(2 * TANH_SCALE), v_add(x, cube)));
}
MAP_LONG(gelu_exact, 1, v_mul(x, v_normal(x)))
MAP_LONG(gelu_tanh, 1, gelu_tanh(x))
MAP_LONG(gelu_sigmoid, 1, v_gate(x, v_mul(v_set1(1.702f), x)))

bool
FAST(map_gelu)(const Eval *e, const bool *known, MapOp *m)
{
	const char *mode = eval_str(e, ARG_mode, "EXACT");
	int column = op_column(e->row, ARG_mode);

	if (eval_arg(e, ARG_mode) && !known[column])
		return false;
	return map_same(e, m,
	                strcmp(mode, "TANH_APPROXIMATION") == 0      ? gelu_tanh_all
	                : strcmp(mode, "SIGMOID_APPROXIMATION") == 0 ? gelu_sigmoid_all
	                                                             : gelu_exact_all,
	                1);
}

/* ---- parameters for each channel ---- */

MAP_LONG(prelu, 2, v_select(v_lt(x, v_zero()), v_mul(y, x), x))

bool
FAST(map_softplus_parametric)(const Eval *e, const bool *known, MapOp *m)
{
	(void)known;
	if (!map_same(e, m, softplus_parametric_all, 1))
		return false;
	m->n = 3;
	m->operand[1] = ARG_alpha;
	m->operand[2] = ARG_beta;
	m->kind[1] = m->kind[2] = MAP_CHANNEL;
	return true;
}

bool
FAST(map_prelu)(const Eval *e, const bool *known, MapOp *m)
{
	(void)known;
	if (!map_same(e, m, prelu_all, 1))
		return false;
	m->n = 2;
	m->operand[1] = ARG_alpha;
	m->kind[1] = MAP_CHANNEL;
	return true;
}

/* x scaled and shifted: what batch_norm's parameters come to, in double, rounded once. */
static void
batch_norm_own(const Eval *e, int64_t channels, float *const *to)
{
	const Tensor *mean = eval_arg(e, ARG_mean), *variance = eval_arg(e, ARG_variance);
	const Tensor *gamma = eval_arg(e, ARG_gamma), *beta = eval_arg(e, ARG_beta);
	double epsilon = eval_double(e, ARG_epsilon, 1e-5);

	for (int64_t i = 0; i < channels; i++) {
		double scale =
		    (gamma ? tensor_f(gamma, i) : 1) / sqrt(tensor_f(variance, i) + epsilon);
		to[0][i] = (float)scale;
		to[1][i] = (float)((beta ? tensor_f(beta, i) : 0) - tensor_f(mean, i) * scale);
	}
}
MAP_LONG(batch_norm_mixed, 3, v_fma(x, y, z))

/* A piece of one channel, as nearly all are, or any. */
static void
batch_norm_all(float *to, const float *const *from, unsigned one, size_t n, const float *param)
{
	const V y = v_set1(*from[1]), z = v_set1(*from[2]);
	size_t i = 0;

	if ((one & 7) != 6) {
		batch_norm_mixed_all(to, from, one, n, param);
		return;
	}
	for (; i + LANES <= n; i += LANES)
		put_lanes(to + i, v_fma(v_load(from[0] + i), y, z), one);
	if (i < n)
		v_store_n(to + i, v_fma(v_load_n(from[0] + i, n - i), y, z), n - i);
}

bool
FAST(map_batch_norm)(const Eval *e, const bool *known, MapOp *m)
{
	static const ArgName numbers[] = {ARG_mean, ARG_variance, ARG_gamma, ARG_beta, ARG_epsilon};
	const Tensor *x = eval_arg(e, ARG_x);

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const Tensor *t = eval_arg(e, numbers[i]);
		if (t && (!known[op_column(e->row, numbers[i])] || x->rank < 2 ||
		          (numbers[i] != ARG_epsilon && t->count != x->dim[1])))
			return false;
	}
	if (!map_same(e, m, batch_norm_all, 1))
		return false;
	m->n = 3;
	m->kind[1] = m->kind[2] = MAP_OWN;
	m->own = batch_norm_own;
	return true;
}
