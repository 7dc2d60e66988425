/* weights.c: add_ methods of layers with weights: arrays in the order in which people have them,
 * fields in the order in which layers want them; and codes that stand for weights.
 */
#include "builder.h"

#include "nn/quantize.h"
#include "script/core.h"

/* ---- arrays in another order ---- */

/* Axis i of *out is axis perm[i] of v, which has n of them. */
static bool
permuted(Adding *a, const char *param, const int *perm, int n, Value *out)
{
	Value v = add_arg(a, param);
	Nd nd;

	if (v.kind != V_ARRAY)
		return v.kind != V_POISON &&
		       add_fail(a, param, "%s of %s() must be a NumPy array, found '%s'", param,
		                a->args->fn->name, type_name(v));
	if (ARRAY_OF(v)->rank != n)
		return add_fail(a, param, "%s of %s() must have rank %d, found %d", param,
		                a->args->fn->name, n, ARRAY_OF(v)->rank);
	nd = *ARRAY_OF(v);
	for (int i = 0; i < n; i++) {
		nd.dim[i] = ARRAY_OF(v)->dim[perm[i]];
		nd.stride[i] = ARRAY_OF(v)->stride[perm[i]];
	}
	nd_retain(&nd);
	*out = vnd(a->in, &nd);
	return true;
}

/* The numbers of a bias, one for each of n channels. */
static bool
channel_bias(Adding *a, int64_t n)
{
	Value b = add_arg(a, "b"), item;
	Span at = add_span(a, "b");
	Msg *m = msg_lazy(a->params, "bias");
	double d;

	for (int64_t i = 0; i < n; i++) {
		if (!interp_item(a->in) || !value_getitem(a->in, b, vint(i), &item, at) ||
		    !as_double(a->in, item, &d, "b", at))
			return false;
		msg_float(m, "floatValue", d);
	}
	return true;
}

static bool
flag(Adding *a, const char *param)
{
	bool yes;

	return add_true(a, param, &yes) && yes;
}

/* ---- codes ---- */

static int64_t
items(Adding *a, const char *param)
{
	int64_t n = -1;
	Value v = add_arg(a, param);

	if (v.kind == V_LIST || v.kind == V_TUPLE || v.kind == V_ARRAY)
		value_len(a->in, v, &n, add_span(a, param));
	return n;
}

/* One number, or one for each channel. */
static bool
per_channel(Adding *a, const char *param, int64_t channels)
{
	int64_t n = items(a, param);

	return n == 1 || n == channels ||
	       (n < 0 ? add_fail(a, param, "%s must be a list of numbers, found '%s'", param,
	                         type_name(add_arg(a, param)))
	              : add_fail(a, param, "%s must have 1 or %lld numbers, found %lld", param,
	                         (long long)channels, (long long)n));
}

static bool
whole_bytes(Adding *a, bool dynamic)
{
	if (dynamic && add_given(a, "quant_bias"))
		return add_fail(a, "quant_bias",
		                "with int_8_dynamic_quantize there is no quant_bias");
	if (dynamic && (add_arg(a, "quant_scale").kind != V_ARRAY || items(a, "quant_scale") != 1))
		return add_fail(a, "quant_scale",
		                "with int_8_dynamic_quantize quant_scale must be an "
		                "array of one number");
	if (add_arg(a, "W").kind != V_BYTES)
		return add_fail(a, "W", "quantized weights must be bytes, found '%s'",
		                type_name(add_arg(a, "W")));
	return true;
}

/* Whether the arguments describe codes for so many channels; *bits of each. */
static bool
quantized(Adding *a, int64_t channels, bool dynamic, int64_t *bits, bool *linear)
{
	const char *kind;
	int64_t n;

	if (!add_int(a, "nbits", bits) || !add_word(a, "quantization_type", true, &kind))
		return false;
	if (dynamic && *bits != 8)
		return add_fail(a, "nbits",
		                "with int_8_dynamic_quantize nbits must be 8, found %lld",
		                (long long)*bits);
	if (!whole_bytes(a, dynamic))
		return false;
	*linear = !strcmp(kind, "LINEAR");
	if (!*linear && strcmp(kind, "LUT"))
		return add_no_word(a, "quantization_type", "linear, lut");
	if (*bits < 1 || *bits > 8)
		return add_fail(a, "nbits", "nbits must be 1 to 8, found %lld", (long long)*bits);
	if (*linear)
		return per_channel(a, "quant_scale", channels) &&
		       (dynamic || per_channel(a, "quant_bias", channels));
	n = items(a, "quant_lut");
	return n == 1 << *bits ||
	       add_fail(a, "quant_lut", "quant_lut must have %d numbers for %lld bits, found %lld",
	                1 << *bits, (long long)*bits, (long long)MAX(n, 0));
}

static bool
put_codes(Adding *a, const void *codes, size_t n, bool dynamic, int64_t bits, bool linear)
{
	Msg *w = msg_edit(a->params, "weights"), *q = msg_edit(w, "quantization"), *sub;

	if (!interp_memory(a->in, n))
		return false;
	msg_set_bytes(w, dynamic ? "int8RawValue" : "rawValue",
	              arena_dup(w->arena, codes, n ? n : 1), n);
	msg_int(q, "numberOfBits", bits);
	sub = msg_edit(q, linear ? "linearQuantization" : "lookupTableQuantization");
	if (!linear)
		return add_field(a, sub, "floatValue", "quant_lut");
	return add_field(a, sub, "scale", "quant_scale") &&
	       (dynamic || add_field(a, sub, "bias", "quant_bias"));
}

/* W as it is given. */
static bool
plain_codes(Adding *a, int64_t channels, bool dynamic)
{
	int64_t bits;
	bool linear;
	const StrObj *w;

	if (!quantized(a, channels, dynamic, &bits, &linear))
		return false;
	w = STR_OF(add_arg(a, "W"));
	return put_codes(a, w->s, w->len, dynamic, bits, linear);
}

/* W as an array of that shape (rank 2 or 4) that is put in another order. */
static bool
ordered_codes(Adding *a, const int64_t *dim, const int *perm, int rank, int64_t channels,
              bool dynamic)
{
	int64_t bits, n = 1;
	NdErr err = {0};
	size_t bytes;
	Nd nd, copy;
	uint8_t *code;
	bool linear, done;

	if (!quantized(a, channels, dynamic, &bits, &linear))
		return false;
	const StrObj *w = STR_OF(add_arg(a, "W"));
	for (int i = 0; i < rank; i++)
		if (dim[i] < 0 || __builtin_mul_overflow(n, dim[i], &n))
			return add_fail(a, "W",
			                "W has %u bytes, where its dimensions want more codes than "
			                "can be counted",
			                w->len);
	if (!codes_size((size_t)n, (unsigned)bits, &bytes) ||
	    (bits == 8 ? bytes != w->len : bytes > w->len))
		return add_fail(a, "W", "%lld codes of %lld bits do not take the %u bytes of W",
		                (long long)n, (long long)bits, w->len);
	if (!interp_memory(a->in, (size_t)n * 2))
		return false;
	code = arena_alloc(interp_arena(a->in), (size_t)n + 1);
	codes_unpack((const uint8_t *)w->s, (size_t)n, (unsigned)bits, code);
	nd = nd_wrap(DT_UINT8, dim, rank, code, false);
	Nd turned = nd;
	for (int i = 0; i < rank; i++) {
		turned.dim[i] = nd.dim[perm[i]];
		turned.stride[i] = nd.stride[perm[i]];
	}
	if (!nd_copy(&copy, &turned, &err)) {
		nd_release(&nd);
		return add_fail(a, "W", "%s", err.text);
	}
	codes_pack((const uint8_t *)copy.data, (size_t)n, (unsigned)bits, code);
	done = put_codes(a, code, bytes, dynamic, bits, linear);
	nd_release(&copy);
	nd_release(&nd);
	return done;
}

/* ---- inner products and embeddings ---- */

bool
add_inner_product(Adding *a)
{
	bool dynamic = flag(a, "int_8_dynamic_quantize"),
	     codes = flag(a, "is_quantized_weight") || add_arg(a, "W").kind != V_ARRAY;
	int64_t channels;

	if (!add_int(a, "output_channels", &channels))
		return false;
	if (!(codes ? plain_codes(a, channels, dynamic)
	            : add_floats(a, a->params, "weights", add_arg(a, "W"), "W")))
		return false;
	return !flag(a, "has_bias") || add_floats(a, a->params, "bias", add_arg(a, "b"), "b");
}

bool
add_embedding(Adding *a)
{
	bool nd = !strcmp(a->row->layer, "embeddingND"),
	     bias = nd ? add_given(a, "b") : flag(a, "has_bias");
	int64_t channels;

	if (!add_int(a, nd ? "embedding_size" : "output_channels", &channels))
		return false;
	if (nd)
		msg_int(a->params, "hasBias", bias);
	if (!(flag(a, "is_quantized_weight")
	          ? plain_codes(a, channels, false)
	          : add_floats(a, a->params, "weights", add_arg(a, "W"), "W")))
		return false;
	return !bias || add_floats(a, a->params, "bias", add_arg(a, "b"), "b");
}

static bool
matmul_weights(Adding *a)
{
	static const int perm[] = {1, 0};
	bool bias = add_given(a, "bias");
	int64_t dim[2];
	Value w = add_arg(a, "W");

	if (!add_field(a, a->params, "weightMatrixFirstDimension", "weight_matrix_rows") ||
	    !add_field(a, a->params, "weightMatrixSecondDimension", "weight_matrix_columns"))
		return false;
	msg_int(a->params, "hasBias", bias);
	if (flag(a, "is_quantized_weight")) {
		if (!add_int(a, "weight_matrix_rows", &dim[0]) ||
		    !add_int(a, "weight_matrix_columns", &dim[1]) ||
		    !ordered_codes(a, dim, perm, 2, dim[1], flag(a, "int_8_dynamic_quantize")))
			return false;
	} else {
		if (w.kind == V_ARRAY && ARRAY_OF(w)->rank == 2 && !permuted(a, "W", perm, 2, &w))
			return false;
		if (!add_floats(a, a->params, "weights", w, "W"))
			return false;
	}
	return !bias || add_floats(a, a->params, "bias", add_arg(a, "bias"), "bias");
}

bool
add_batched_matmul(Adding *a)
{
	uint32_t n = SEQ_OF(a->inputs)->n;
	bool weights = add_given(a, "W");
	const char *output = msg_string_at(a->layer, "output", 0);
	int64_t rank = 2;

	if (n == 2 && (weights || add_given(a, "bias")))
		return add_fail(a, weights ? "W" : "bias",
		                "with two inputs there are no weights and no bias");
	if (n == 1 && !weights)
		return add_fail(a, "input_names", "with one input W must be given");
	if (!add_set_rank(a, output, rank)) /* an input of that name has the rank, too */
		return false;
	for (uint32_t i = 0; i < n; i++)
		rank = MAX(rank, add_rank(a, i));
	return add_set_rank(a, output, rank) && (n != 1 || matmul_weights(a));
}

/* ---- convolutions ---- */

/* The first n items of an argument, appended to a repeated field. */
static bool
some(Adding *a, const char *field, const char *param, int n)
{
	Value v[3];

	for (int i = 0; i < n; i++)
		if (!value_getitem(a->in, add_arg(a, param), vint(i), &v[i], add_span(a, param)))
			return false;
	return add_value(a, a->params, field, vlist(a->in, v, (size_t)n), param);
}

static bool
conv_codes(Adding *a, bool deconv)
{
	static const char *const param[] = {"height", "width", "kernel_channels",
	                                    "output_channels"};
	static const int perm[] = {3, 2, 0, 1};
	int64_t dim[4];

	if (deconv)
		return add_fail(a, "quantization_type",
		                "a deconvolution takes no quantized weights here: quantize the "
		                "model with quantization_utils.quantize_weights()");
	for (int k = 0; k < 4; k++)
		if (!add_int(a, param[k], &dim[k]))
			return false;
	return ordered_codes(a, dim, perm, 4, dim[3], false);
}

/* W is [height, width, kernel channels, output channels], or the last two the other way around. */
static bool
conv_weights(Adding *a, bool deconv)
{
	static const int perm[][4] = {{3, 2, 0, 1}, {2, 3, 0, 1}};
	int64_t channels;
	Value w;

	if (add_given(a, "quantization_type")) {
		if (!conv_codes(a, deconv))
			return false;
	} else if (!permuted(a, "W", perm[deconv], 4, &w) ||
	           !add_floats(a, a->params, "weights", w, "W")) {
		return false;
	}
	return add_int(a, "output_channels", &channels) &&
	       (!flag(a, "has_bias") || channel_bias(a, channels));
}

bool
add_convolution(Adding *a)
{
	bool deconv = flag(a, "is_deconv"), sized;
	const char *border;

	if (deconv && !add_true(a, "output_shape", &sized))
		return false;
	if (deconv && sized && !some(a, "outputShape", "output_shape", 2))
		return false;
	if (!add_pair(a, "kernelSize", "height", "width") ||
	    !add_pair(a, "stride", "stride_height", "stride_width") ||
	    !add_word(a, "border_mode", true, &border))
		return false;
	if (strcmp(border, "VALID") && strcmp(border, "SAME"))
		return add_no_word(a, "border_mode", "valid, same");
	if (!(*border == 'V' ? add_valid_padding(a) : add_same_padding(a)))
		return false;
	if (add_arg(a, "dilation_factors").kind == V_UNSET)
		msg_ints(a->params, "dilationFactor", (const int64_t[]){1, 1}, 2);
	else if (!some(a, "dilationFactor", "dilation_factors", 2))
		return false;
	a->no_value = SEQ_OF(a->inputs)->n > 1; /* of dynamic weights, as in the peer */
	return a->no_value || conv_weights(a, deconv);
}

bool
add_convolution3d(Adding *a)
{
	static const int perm[] = {1, 0, 2, 3, 4};
	bool deconv = flag(a, "is_deconv"), sized;
	Value w = add_arg(a, "W");
	int64_t channels;

	if (SEQ_OF(a->inputs)->n > 1)
		return add_fail(a, "input_name", "a convolution in three dimensions has one input");
	if ((deconv && !add_true(a, "output_shape", &sized)) ||
	    (deconv && sized && !some(a, "outputShape", "output_shape", 3)) ||
	    !add_custom_padding(a, "padding_"))
		return false;
	if (deconv && !permuted(a, "W", perm, 5, &w))
		return false;
	return add_floats(a, a->params, "weights", w, "W") &&
	       add_int(a, "output_channels", &channels) &&
	       (!flag(a, "has_bias") || channel_bias(a, channels));
}

/* ---- normalization ---- */

bool
add_batchnorm(Adding *a)
{
	if (flag(a, "compute_mean_var"))
		return flag(a, "instance_normalization") ||
		       add_fail(a, "compute_mean_var",
		                "mean and variance of a whole batch cannot be computed: "
		                "compute_mean_var needs instance_normalization");
	return add_floats(a, a->params, "mean", add_arg(a, "mean"), "mean") &&
	       add_floats(a, a->params, "variance", add_arg(a, "variance"), "variance");
}

bool
add_layer_normalization(Adding *a)
{
	static const char *const param[] = {"gamma", "beta"};
	size_t rank = msg_count(a->params, "normalizedShape");

	for (int k = 0; k < 2; k++) {
		const Nd *nd = ARRAY_OF(add_arg(a, param[k]));
		bool same = (size_t)nd->rank == rank;
		for (size_t i = 0; same && i < rank; i++)
			same = nd->dim[i] == msg_int_at(a->params, "normalizedShape", i);
		if (!same)
			return add_fail(a, param[k], "%s must have the shape normalized_shape",
			                param[k]);
	}
	return true;
}
