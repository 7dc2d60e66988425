/* quantization_ops.c: type rules of quantize and dequantize. */
#include "shapes.h"

/* A vector of scales or zero points has one number for each index along the axis. */
static bool
fits_axis(Infer *c, const char *param, uint32_t axis)
{
	const Type *t = infer_type(c, param), *x = type_known(c, "input");

	if (!t || dims_agree(t->dim, t->rank, &x->dim[axis], 1))
		return true;
	return op_clash(c, param, "input",
	                "'%s' has shape %s, expected (%s,), one number for each index of axis %u",
	                param, shape_of(c, t), dim_str(c->types, x->dim[axis]), axis);
}

static bool
parameters_fit(Infer *c)
{
	const Type *x = type_known(c, "input"), *s = type_known(c, "scale");
	const Type *zero = infer_type(c, "zero_point");
	bool has_axis = infer_val(c, "axis") != NULL;
	uint32_t axis;

	if (!rank_between(c, "scale", 0, 1))
		return false;
	if (s->rank == 0) {
		if (has_axis)
			return op_error(
			    c, "axis", "one scale holds for all elements, so no axis may be given");
		return !zero || rank_between(c, "zero_point", 0, 0);
	}
	if (!has_axis)
		return op_error(c, "scale",
		                "'scale' is a vector, so the axis along which it runs must be "
		                "given");
	if (!axis_arg(c, "axis", x->rank, &axis))
		return false;
	return fits_axis(c, "scale", axis) && fits_axis(c, "zero_point", axis);
}

bool
infer_quantize(Infer *c)
{
	const Type *x = type_known(c, "input"), *zero = infer_type(c, "zero_point");
	const Tensor *scale = infer_val(c, "scale");
	const char *word = infer_str(c, "output_dtype");
	bool all_zero = true;

	if (!word_arg(c, "output_dtype", "int8 uint8"))
		return false;
	if (zero && zero->dtype != dtype_from_mil(word))
		return op_error(c, "zero_point",
		                "'zero_point' is %s, but output_dtype is '%s'; expected "
		                "the same type",
		                dtype_info[zero->dtype].mil, word);
	for (int64_t i = 0; scale && i < scale->count; i++)
		all_zero &= tensor_f(scale, i) == 0;
	if (scale && all_zero)
		return op_error(c, "scale", "'scale' is 0, expected another number");
	if (!parameters_fit(c))
		return false;
	return set_shape(c, 0, dtype_from_mil(word), x->dim, x->rank);
}

bool
infer_dequantize(Infer *c)
{
	const Type *x = type_known(c, "input");

	if (!parameters_fit(c))
		return false;
	return set_shape(c, 0, type_known(c, "scale")->dtype, x->dim, x->rank);
}
