/* conv.c: evaluators of convolutions. For each kernel position, a scaled row of the input is added
 * to a row of sums in double; so the inner loop runs along the last axis. */
#include "slide.h"

#include <strings.h>

/* sum[o] += weight * in[o * stride] over a row. */
static void
add_row(double *sum, const float *in, int64_t stride, int64_t n, double weight)
{
	if (stride == 1)
		for (int64_t i = 0; i < n; i++)
			sum[i] += weight * (double)in[i];
	else
		for (int64_t i = 0; i < n; i++)
			sum[i] += weight * (double)in[i * stride];
}

/* One channel of x under one kernel into the sums of one output channel. */
static void
add_channel(const Slide *w, const float *x, const float *kernel, double *sum)
{
	int64_t lo[3], hi[3], k[3];

	for (k[0] = 0; k[0] < w->kernel[0]; k[0]++)
		for (k[1] = 0; k[1] < w->kernel[1]; k[1]++)
			for (k[2] = 0; k[2] < w->kernel[2]; k[2]++, kernel++) {
				int64_t at[3];
				for (int a = 0; a < 3; a++) {
					slide_range(w, a, k[a], &lo[a], &hi[a]);
					at[a] = k[a] * w->dilation[a] - w->before[a];
				}
				if (lo[2] >= hi[2])
					continue;
				for (int64_t z = lo[0]; z < hi[0]; z++)
					for (int64_t y = lo[1]; y < hi[1]; y++)
						add_row(
						    sum + (z * w->out[1] + y) * w->out[2] + lo[2],
						    x +
						        ((z * w->stride[0] + at[0]) * w->in[1] +
						         y * w->stride[1] + at[1]) *
						            w->in[2] +
						        lo[2] * w->stride[2] + at[2],
						    w->stride[2], hi[2] - lo[2], (double)*kernel);
			}
}

/* As add_channel, but the input is spread over the output: out[i * stride + k * dilation]. */
static void
spread_channel(const Slide *w, const float *x, const float *kernel, double *sum)
{
	int64_t i[3], k[3], o[3];

	for (i[0] = 0; i[0] < w->in[0]; i[0]++)
		for (i[1] = 0; i[1] < w->in[1]; i[1]++)
			for (i[2] = 0; i[2] < w->in[2]; i[2]++, x++) {
				const float *f = kernel;
				for (k[0] = 0; k[0] < w->kernel[0]; k[0]++)
					for (k[1] = 0; k[1] < w->kernel[1]; k[1]++)
						for (k[2] = 0; k[2] < w->kernel[2]; k[2]++, f++) {
							bool inside = true;
							for (int a = 0; a < 3; a++) {
								o[a] = i[a] * w->stride[a] +
								       k[a] * w->dilation[a] -
								       w->before[a];
								inside &=
								    o[a] >= 0 && o[a] < w->out[a];
							}
							if (inside)
								sum[(o[0] * w->out[1] + o[1]) *
								        w->out[2] +
								    o[2]] +=
								    (double)*x * (double)*f;
						}
			}
}

typedef struct Conv {
	Slide w;
	int64_t batch, in, out, groups;
	bool transposed;
	const float *x, *weight, *bias;
	float *result;
} Conv;

/* weight: (out, in / groups, kernel…), or transposed (in, out / groups, kernel…). */
static void
convolve(Eval *e, const Conv *c)
{
	int64_t in_size = dims_count(c->w.in, 0, 3), out_size = dims_count(c->w.out, 0, 3),
	        k = dims_count(c->w.kernel, 0, 3);
	int64_t gi = c->in / c->groups, go = c->out / c->groups;
	double *sum = newn(e->arena, double, (size_t)out_size + 1);

	for (int64_t n = 0; n < c->batch; n++) {
		for (int64_t o = 0; o < c->out; o++) {
			int64_t group = o / go;
			float *r = c->result + (n * c->out + o) * out_size;
			for (int64_t i = 0; i < out_size; i++)
				sum[i] = c->bias ? (double)c->bias[o] : 0;
			for (int64_t i = 0; i < gi; i++) {
				const float *x = c->x + (n * c->in + group * gi + i) * in_size;
				if (c->transposed)
					spread_channel(
					    &c->w, x,
					    c->weight + ((group * gi + i) * go + o % go) * k, sum);
				else
					add_channel(&c->w, x, c->weight + (o * gi + i) * k, sum);
			}
			for (int64_t i = 0; i < out_size; i++)
				r[i] = (float)sum[i];
		}
	}
}

/* Ranks, channels and groups agree. */
static bool
conv_shape(Eval *e, Conv *c, const Tensor *x, const Tensor *w)
{
	const Tensor *bias = eval_arg(e, ARG_bias);

	c->groups = eval_int(e, ARG_groups, 1);
	if (x->rank < 3 || x->rank > 5 || w->rank != x->rank || c->groups < 1)
		return eval_fail(e, "x has rank %d and weight %d", x->rank, w->rank);
	c->batch = x->dim[0];
	c->in = x->dim[1];
	c->out = c->transposed ? w->dim[1] * c->groups : w->dim[0];
	if (c->in % c->groups || c->out % c->groups ||
	    (c->transposed ? w->dim[0] != c->in : w->dim[1] != c->in / c->groups))
		return eval_fail(e, "%lld channels in %lld groups do not fit the weight",
		                 (long long)c->in, (long long)c->groups);
	if (bias && bias->count != c->out)
		return eval_fail(e, "bias has %lld elements for %lld channels",
		                 (long long)bias->count, (long long)c->out);
	return true;
}

static bool
conv_run(Eval *e, Conv *c, const float *weight)
{
	const Tensor *x = eval_arg(e, ARG_x), *bias = eval_arg(e, ARG_bias);
	int64_t dim[5] = {c->batch, c->out};
	FloatOut o;

	memcpy(dim + 2, c->w.out + 3 - c->w.n, sizeof *dim * (size_t)c->w.n);
	if (!float_begin(e, &o, 0, x->dtype, dim, x->rank))
		return false;
	c->x = eval_floats(e, x);
	c->weight = weight ? weight : eval_floats(e, eval_arg(e, ARG_weight));
	c->bias = bias ? eval_floats(e, bias) : NULL;
	c->result = o.f;
	convolve(e, c);
	float_end(e, &o);
	return true;
}

/* All but the data. */
static bool
conv_begin(Eval *e, Conv *c)
{
	const Tensor *x = eval_arg(e, ARG_x), *w = eval_arg(e, ARG_weight);

	return conv_shape(e, c, x, w) && slide_read(e, &c->w, x, w->dim + 2, true) &&
	       (c->transposed ? slide_back(e, &c->w) : slide_forward(e, &c->w, false));
}

bool
eval_conv(Eval *e)
{
	Conv c = {.transposed = false};

	return conv_begin(e, &c) && conv_run(e, &c, NULL);
}

bool
eval_conv_transpose(Eval *e)
{
	Conv c = {.transposed = true};

	return conv_begin(e, &c) && conv_run(e, &c, NULL);
}

/* Weights are quant_scale * stored + quant_bias ("linear"), or quant_scale is a table that they
 * index ("lut"); both per output channel or for all. */
bool
eval_conv_quantized(Eval *e)
{
	const Tensor *w = eval_arg(e, ARG_weight), *scale = eval_arg(e, ARG_quant_scale);
	const Tensor *bias = eval_arg(e, ARG_quant_bias);
	bool linear = strcasecmp(eval_str(e, ARG_quantization_type, "linear"), "linear") == 0;
	Conv c = {.transposed = false};
	int64_t row;
	float *f;

	if (!conv_begin(e, &c))
		return false;
	if (!linear)
		return eval_fail(e, "quantization_type must be 'linear' to be computed");
	row = w->dim[0] ? w->count / w->dim[0] : 1;
	f = newn(e->arena, float, (size_t)w->count + 1);
	for (int64_t i = 0; i < w->count; i++) {
		int64_t o = i / row;
		f[i] = (float)(tensor_f(scale, scale->count > 1 ? o : 0) * tensor_f(w, i) +
		               tensor_f(bias, bias->count > 1 ? o : 0));
	}
	return conv_run(e, &c, f);
}
