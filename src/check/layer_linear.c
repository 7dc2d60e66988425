/* layer_linear.c: what products with weights, scales and normalizations alone must hold. */
#include "layer.h"

void
check_inner_product(const LayerCheck *l)
{
	if (msg_get_int(l->params, "int8DynamicQuantize"))
		check_int8(l);
}

/* Known ranks of one input, or of two, say that of the output. */
static void
check_product_rank(const LayerCheck *l)
{
	int64_t a = tensor_rank(l, "inputTensor", 0), b = tensor_rank(l, "inputTensor", 1);
	int64_t out = tensor_rank(l, "outputTensor", 0), want = a > b ? a : b;

	if (l->nin == 2 && want < 2)
		want = 2;
	if (a >= 0 && (l->nin == 1 || b >= 0) && out >= 0 && out != want)
		diag_error(l->k->diag, l->at,
		           "batchedMatmul has an output of rank %lld, expected %lld",
		           (long long)out, (long long)want);
}

void
check_batched_matmul(const LayerCheck *l)
{
	static const char *const flags[] = {"hasBias", "int8DynamicQuantize"};

	check_product_rank(l);
	for (size_t i = 0; i < countof(flags) && l->nin == 2; i++)
		if (msg_get_int(l->params, flags[i]))
			diag_error(l->k->diag, l->at,
			           "'batchedMatmul.%s' is set, expected that with 1 input alone",
			           flags[i]);
	if (l->nin == 1 && msg_get_int(l->params, "int8DynamicQuantize"))
		check_int8(l);
}

void
check_scale(const LayerCheck *l)
{
	size_t n = msg_count(l->params, "shapeBias");

	if (msg_get_int(l->params, "hasBias") && n != 1 && n != 3)
		diag_error(l->k->diag, l->at, "'scale.shapeBias' has length %zu, expected 1 or 3",
		           n);
}

/* -1: there cannot be so many. */
static int64_t
normalized_size(const Msg *params)
{
	int64_t size = 1;

	for (size_t i = 0; i < msg_count(params, "normalizedShape"); i++)
		if (__builtin_mul_overflow(size, msg_int_at(params, "normalizedShape", i), &size))
			return -1;
	return size;
}

void
check_layer_normalization(const LayerCheck *l)
{
	static const char *const fields[] = {"gamma", "beta"};
	int64_t size = normalized_size(l->params);

	for (size_t i = 0; i < countof(fields); i++) {
		const Msg *w = msg_get(l->params, fields[i]);
		if (!w)
			continue;
		if (!i && msg_has(w, "quantization"))
			diag_error(l->k->diag, l->at,
			           "'layerNormalization.gamma' is quantized: expected floatValue");
		if ((int64_t)msg_count(w, "floatValue") != size)
			diag_error(
			    l->k->diag, l->at,
			    "'layerNormalization.%s.floatValue' has length %zu, expected %lld "
			    "(normalizedShape)",
			    fields[i], msg_count(w, "floatValue"), (long long)size);
	}
}
