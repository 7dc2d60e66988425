/* normalization.c: evaluators of normalizations. Means and variances are computed in double. */
#include "kernel.h"

#include <math.h>

/* What normalizations share: x, their parameters, and the result, which is like x. */
typedef struct Norm {
	const Tensor *x;
	double eps;
	const float *in, *gamma, *beta; /* or 0 */
	FloatOut o;
} Norm;

static const float *
floats_arg(Eval *e, ArgName param)
{
	const Tensor *t = eval_arg(e, param);

	return t ? eval_floats(e, t) : NULL;
}

static Norm
norm_begin(Eval *e, bool scaled)
{
	Norm m = {.x = eval_arg(e, ARG_x)};

	m.eps = eval_double(e, ARG_epsilon, 1e-5);
	float_begin(e, &m.o, 0, m.x->dtype, m.x->dim, m.x->rank);
	m.in = eval_floats(e, m.x);
	m.gamma = scaled ? floats_arg(e, ARG_gamma) : NULL;
	m.beta = scaled ? floats_arg(e, ARG_beta) : NULL;
	return m;
}

static bool
norm_end(Eval *e, Norm *m)
{
	float_end(e, &m->o);
	return true;
}

/* y scaled by entry k of gamma and shifted by that of beta. */
static float
affine(const Norm *m, double y, int64_t k)
{
	return (float)(y * (m->gamma ? (double)m->gamma[k] : 1) +
	               (m->beta ? (double)m->beta[k] : 0));
}

bool
eval_batch_norm(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *mean = eval_arg(e, ARG_mean);
	const float *mu, *v;
	int64_t n;
	Norm m;

	if (x->rank < 2 || mean->count != x->dim[1] ||
	    eval_arg(e, ARG_variance)->count != mean->count)
		return eval_fail(e, "there are %lld means for rank %d", (long long)mean->count,
		                 x->rank);
	n = dims_count(x->dim, 2, x->rank);
	m = norm_begin(e, true);
	mu = eval_floats(e, mean);
	v = floats_arg(e, ARG_variance);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t c = i / n % x->dim[1];
		double y = ((double)m.in[i] - (double)mu[c]) / sqrt((double)v[c] + m.eps);
		m.o.f[i] = affine(&m, y, c);
	}
	return norm_end(e, &m);
}

bool
eval_instance_norm(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n;
	Norm m;

	if (x->rank < 3)
		return eval_fail(e, "x has rank %d, not 3 or more", x->rank);
	n = dims_count(x->dim, 2, x->rank);
	m = norm_begin(e, true);
	for (int64_t at = 0; at < x->count; at += n) {
		int64_t c = at / n % x->dim[1];
		double sum = 0, square = 0, scale;
		for (int64_t i = at; i < at + n; i++)
			sum += (double)m.in[i];
		sum /= (double)n;
		for (int64_t i = at; i < at + n; i++)
			square += ((double)m.in[i] - sum) * ((double)m.in[i] - sum);
		scale = (m.gamma ? (double)m.gamma[c] : 1) / sqrt(square / (double)n + m.eps);
		for (int64_t i = at; i < at + n; i++)
			m.o.f[i] = (float)(((double)m.in[i] - sum) * scale +
			                   (m.beta ? (double)m.beta[c] : 0));
	}
	return norm_end(e, &m);
}

/* Over the last three axes. */
bool
eval_l2_norm(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n;
	Norm m;

	if (x->rank < 3)
		return eval_fail(e, "x has rank %d, not 3 or more", x->rank);
	n = dims_count(x->dim, x->rank - 3, x->rank);
	m = norm_begin(e, false);
	m.eps = eval_double(e, ARG_epsilon, 1e-6);
	for (int64_t at = 0; at < x->count; at += n) {
		double square = 0;
		for (int64_t i = at; i < at + n; i++)
			square += (double)m.in[i] * (double)m.in[i];
		square = sqrt(square + m.eps);
		for (int64_t i = at; i < at + n; i++)
			m.o.f[i] = (float)((double)m.in[i] / square);
	}
	return norm_end(e, &m);
}

/* ---- layer_norm ---- */

/* For each element of x: its group (the index over the other axes) and its place in the group. */
typedef struct Groups {
	int64_t count, size;
	int64_t outer[TENSOR_MAX_RANK], inner[TENSOR_MAX_RANK]; /* strides; 0: not in that index */
} Groups;

static void
group_of(const Groups *g, const Tensor *x, int64_t i, int64_t *group, int64_t *place)
{
	*group = *place = 0;
	for (int k = x->rank; k-- > 0; i /= x->dim[k]) {
		*group += i % x->dim[k] * g->outer[k];
		*place += i % x->dim[k] * g->inner[k];
	}
}

static bool
groups_init(Eval *e, Groups *g, const Tensor *x)
{
	int64_t n;
	const int64_t *axes = eval_ints(e, ARG_axes, &n);
	bool chosen[TENSOR_MAX_RANK] = {false};

	for (int i = 0; !axes && i < x->rank; i++)
		chosen[i] = true;
	for (int64_t i = 0; axes && i < n; i++) {
		int64_t a = axes[i] < 0 ? axes[i] + x->rank : axes[i];
		if (a < 0 || a >= x->rank)
			return eval_fail(e, "there is no axis %lld", (long long)axes[i]);
		chosen[a] = true;
	}
	*g = (Groups){.count = 1, .size = 1};
	for (int k = x->rank; k-- > 0;) {
		int64_t *total = chosen[k] ? &g->size : &g->count;
		*(chosen[k] ? &g->inner[k] : &g->outer[k]) = *total;
		*total *= x->dim[k];
	}
	return true;
}

bool
eval_layer_norm(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const Tensor *tg = eval_arg(e, ARG_gamma), *tb = eval_arg(e, ARG_beta);
	int64_t group, place;
	double *mean, *square;
	Groups g;
	Norm m;

	if (!groups_init(e, &g, x))
		return false;
	if ((tg && tg->count != g.size) || (tb && tb->count != g.size))
		return eval_fail(e, "gamma and beta need %lld elements", (long long)g.size);
	m = norm_begin(e, true);
	mean = newn(e->arena, double, (size_t)g.count + 1);
	square = newn(e->arena, double, (size_t)g.count + 1);
	for (int64_t i = 0; i < x->count; i++) {
		group_of(&g, x, i, &group, &place);
		mean[group] += (double)m.in[i] / (double)g.size;
	}
	for (int64_t i = 0; i < x->count; i++) {
		group_of(&g, x, i, &group, &place);
		square[group] += ((double)m.in[i] - mean[group]) * ((double)m.in[i] - mean[group]);
	}
	for (int64_t i = 0; i < x->count; i++) {
		double y;
		group_of(&g, x, i, &group, &place);
		y = ((double)m.in[i] - mean[group]) / sqrt(square[group] / (double)g.size + m.eps);
		m.o.f[i] = affine(&m, y, place);
	}
	return norm_end(e, &m);
}

/* x / (k + alpha / size * (squares of `size` channels around x)) ^ beta */
bool
eval_local_response_norm(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t size = eval_int(e, ARG_size, 1), n, channels;
	double alpha = eval_double(e, ARG_alpha, 1e-4), beta = eval_double(e, ARG_beta, 0.75);
	double k = eval_double(e, ARG_k, 1);
	const float *in;
	FloatOut o;

	if (x->rank < 2 || size < 1)
		return eval_fail(e, "x has rank %d and size is %lld", x->rank, (long long)size);
	n = dims_count(x->dim, 2, x->rank);
	channels = x->dim[1];
	float_begin(e, &o, 0, x->dtype, x->dim, x->rank);
	in = eval_floats(e, x);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t c = i / n % channels, lo = MAX(0, c - size / 2);
		int64_t hi = MIN(channels - 1, c + (size - 1) / 2);
		double square = 0;
		for (int64_t j = lo; j <= hi; j++)
			square += (double)in[i + (j - c) * n] * (double)in[i + (j - c) * n];
		o.f[i] = (float)((double)in[i] / pow(k + alpha / (double)size * square, beta));
	}
	float_end(e, &o);
	return true;
}
