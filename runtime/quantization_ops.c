/* quantization_ops.c: evaluators of quantize and dequantize. One parameter holds for all elements,
 * or one for each index along the axis. */
#include "kernel.h"

#include <math.h>

/* How many elements share a parameter in a row, and how many parameters there are. */
static bool
along_axis(Eval *e, const Tensor *x, const Tensor *scale, int64_t *inner, int64_t *n)
{
	const Tensor *zero = eval_arg(e, ARG_zero_point);
	int axis = 0;

	*inner = *n = 1;
	if (scale->rank > 0) {
		if (!eval_axis(e, ARG_axis, x->rank, 0, &axis))
			return false;
		*n = x->dim[axis];
		*inner = dims_count(x->dim, axis + 1, x->rank);
	}
	if (scale->count == *n && (!zero || zero->count == *n))
		return true;
	return eval_fail(e, "there are %lld scales for an axis of %lld elements",
	                 (long long)scale->count, (long long)*n);
}

bool
eval_quantize(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_input), *scale = eval_arg(e, ARG_scale);
	const Tensor *zero = eval_arg(e, ARG_zero_point);
	DType t = dtype_from_mil(eval_str(e, ARG_output_dtype, "int8"));
	bool half = x->dtype == DT_FP16;
	double low = t == DT_INT8 ? -128 : 0, high = t == DT_INT8 ? 127 : 255;
	int64_t inner, n;
	Tensor *r;

	if (!along_axis(e, x, scale, &inner, &n))
		return false;
	r = eval_new(e, 0, t, x->dim, x->rank);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t p = i / inner % n;
		float v = (float)tensor_f(x, i) / (float)tensor_f(scale, p);
		if (half)
			v = half_to_float(half_from_float(v));
		v = rintf(v) + (zero ? (float)tensor_f(zero, p) : 0);
		tensor_set_i(r, i, isnan(v) ? 0 : (int64_t)fmin(fmax((double)v, low), high));
	}
	return true;
}

bool
eval_dequantize(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_input), *scale = eval_arg(e, ARG_scale);
	const Tensor *zero = eval_arg(e, ARG_zero_point);
	int64_t inner, n;
	FloatOut o;

	if (!along_axis(e, x, scale, &inner, &n))
		return false;
	float_begin(e, &o, 0, scale->dtype, x->dim, x->rank);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t p = i / inner % n;
		float v = (float)(tensor_i(x, i) - (zero ? tensor_i(zero, p) : 0));
		o.f[i] = v * (float)tensor_f(scale, p);
	}
	float_end(e, &o);
	return true;
}
