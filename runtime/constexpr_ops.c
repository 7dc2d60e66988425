/* constexpr_ops.c: evaluators that unpack stored weights, iOS16 form: flat bytes and a shape. */
#include "kernel.h"

/* A result of the shape that the operand gives. */
static Tensor *
dense_new(Eval *e, DType t)
{
	int64_t n, count;
	const int64_t *dim = eval_ints(e, ARG_shape, &n);

	if (n > TENSOR_MAX_RANK || !shape_count(dim, (int)n, &count)) {
		eval_fail(e, "the shape has too many elements");
		return NULL;
	}
	return eval_new(e, 0, t, dim, (int)n);
}

bool
eval_constexpr_affine_dequantize(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_quantized_data), *scale = eval_arg(e, ARG_scale);
	const Tensor *zero = eval_arg(e, ARG_zero_point);
	int64_t inner;
	FloatOut o;
	int axis;

	if (!eval_axis(e, ARG_axis, x->rank, 0, &axis))
		return false;
	if ((scale->rank && scale->count != x->dim[axis]) ||
	    (zero->rank && zero->count != x->dim[axis]))
		return eval_fail(e, "there are %lld scales for an axis of %lld elements",
		                 (long long)scale->count, (long long)x->dim[axis]);
	inner = dims_count(x->dim, axis + 1, x->rank);
	float_begin(e, &o, 0, scale->dtype, x->dim, x->rank);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t p = i / inner % x->dim[axis];
		float v = (float)tensor_f(x, i) - (float)tensor_f(zero, zero->rank ? p : 0);
		o.f[i] = v * (float)tensor_f(scale, scale->rank ? p : 0);
	}
	float_end(e, &o);
	return true;
}

bool
eval_constexpr_cast(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_source_val);

	e->out[0].t =
	    tensor_cast(e->arena, x, dtype_from_mil(eval_str(e, ARG_output_dtype, "fp32")));
	return true;
}

/* Indices of 1, 2, 4, 6 or 8 bits, the lowest bits first. */
bool
eval_constexpr_lut_to_dense(Eval *e)
{
	const Tensor *ix = eval_arg(e, ARG_indices), *lut = eval_arg(e, ARG_lut);
	const uint8_t *bytes = tensor_data(e->arena, ix);
	const char *table = tensor_data(e->arena, lut);
	size_t size = dtype_size(lut->dtype);
	Tensor *r = dense_new(e, lut->dtype);
	int64_t bits = 0;

	while (INT64_C(1) << bits < lut->count)
		bits++;
	if (!r)
		return false;
	if (bits > 8 || lut->count != INT64_C(1) << bits || ix->count > INT64_MAX / 8 ||
	    r->count * bits > ix->count * 8)
		return eval_fail(e, "%lld bytes do not hold %lld indices of %lld bits",
		                 (long long)ix->count, (long long)r->count, (long long)bits);
	for (int64_t i = 0; i < r->count; i++) {
		int64_t at = i * bits / 8;
		unsigned word = bytes[at];
		if (at + 1 < ix->count)
			word |= (unsigned)bytes[at + 1] << 8;
		word = word >> (i * bits % 8) & ((1u << bits) - 1);
		memcpy((char *)r->data + (size_t)i * size, table + word * size, size);
	}
	return true;
}

bool
eval_constexpr_sparse_to_dense(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_nonzero_data), *mask = eval_arg(e, ARG_mask);
	Tensor *r = dense_new(e, x->dtype);

	if (!r)
		return false;
	if (mask->count < r->count / 8 + (r->count % 8 != 0))
		return eval_fail(e, "the mask is too short");
	return spread(e, r, x, mask, true);
}
