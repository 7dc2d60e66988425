/* transformers.c: evaluator of scaled_dot_product_attention: softmax(q k' / sqrt(width) + mask) v,
 * a query at a time. */
#include "kernel.h"

#include <math.h>

typedef struct Attention {
	const float *q, *k, *v;
	int64_t keys, width, values;
	const Tensor *mask;
	double *weight; /* one for each key */
} Attention;

/* Element of the mask that belongs to a batch, a query and a key, broadcast from the right. */
static double
mask_at(const Attention *a, const Tensor *q, int64_t row, int64_t key)
{
	int64_t at = 0, step = 1;

	for (int i = 1; i <= a->mask->rank; i++) {
		int64_t d = a->mask->dim[a->mask->rank - i], index = key;
		if (i > 1) {
			int64_t n = i <= q->rank ? q->dim[q->rank - i] : 1;
			index = n ? row % n : 0;
			row = n ? row / n : 0;
		}
		at += (d == 1 ? 0 : index) * step;
		step *= d;
	}
	if (a->mask->dtype == DT_BOOL)
		return tensor_i(a->mask, at) ? 0 : -INFINITY;
	return tensor_f(a->mask, at);
}

static void
attend(const Attention *a, const Tensor *q, int64_t row, const float *query, const float *key,
       const float *value, float *out)
{
	double most = -INFINITY, sum = 0;

	for (int64_t s = 0; s < a->keys; s++) {
		double dot = 0;
		for (int64_t i = 0; i < a->width; i++)
			dot += (double)query[i] * (double)key[s * a->width + i];
		dot /= sqrt((double)a->width);
		a->weight[s] = a->mask ? dot + mask_at(a, q, row, s) : dot;
		most = a->weight[s] > most || isnan(a->weight[s]) ? a->weight[s] : most;
	}
	for (int64_t s = 0; s < a->keys; s++) {
		a->weight[s] = exp(a->weight[s] - most);
		sum += a->weight[s];
	}
	for (int64_t i = 0; i < a->values; i++) {
		double y = 0;
		for (int64_t s = 0; s < a->keys; s++)
			y += a->weight[s] * (double)value[s * a->values + i];
		out[i] = (float)(y / sum);
	}
}

bool
eval_scaled_dot_product_attention(Eval *e)
{
	const Tensor *q = eval_arg(e, ARG_query), *k = eval_arg(e, ARG_key);
	const Tensor *v = eval_arg(e, ARG_value);
	Attention a = {.mask = eval_arg(e, ARG_attn_mask)};
	int64_t dim[TENSOR_MAX_RANK], queries, batch;
	int last = q->rank - 1;
	FloatOut o;

	if (q->rank < 3 || k->rank != q->rank || v->rank != q->rank ||
	    k->dim[last] != q->dim[last] || k->dim[last - 1] != v->dim[last - 1] ||
	    memcmp(q->dim, k->dim, sizeof *dim * (size_t)(last - 1)) != 0 ||
	    memcmp(q->dim, v->dim, sizeof *dim * (size_t)(last - 1)) != 0)
		return eval_fail(e, "query, key and value have different shapes");
	if (a.mask && (a.mask->rank < 1 || a.mask->dim[a.mask->rank - 1] != k->dim[last - 1]))
		return eval_fail(e, "attn_mask does not fit %lld keys",
		                 (long long)k->dim[last - 1]);
	for (int i = 2; a.mask && i <= a.mask->rank; i++)
		if (a.mask->dim[a.mask->rank - i] != 1 &&
		    (i > q->rank || a.mask->dim[a.mask->rank - i] != q->dim[q->rank - i]))
			return eval_fail(e, "attn_mask does not broadcast with query");
	memcpy(dim, q->dim, sizeof *dim * (size_t)q->rank);
	dim[last] = v->dim[last];
	batch = dims_count(q->dim, 0, last - 1);
	queries = q->dim[last - 1];
	a.keys = k->dim[last - 1];
	a.width = q->dim[last];
	a.values = v->dim[last];
	if (!float_begin(e, &o, 0, q->dtype, dim, q->rank))
		return false;
	a.q = eval_floats(e, q);
	a.k = eval_floats(e, k);
	a.v = eval_floats(e, v);
	a.weight = newn(e->arena, double, (size_t)a.keys + 1);
	for (int64_t b = 0; b < batch; b++)
		for (int64_t i = 0; i < queries; i++)
			attend(&a, q, b * queries + i, a.q + (b * queries + i) * a.width,
			       a.k + b * a.keys * a.width, a.v + b * a.keys * a.values,
			       o.f + (b * queries + i) * a.values);
	float_end(e, &o);
	return true;
}
