/* constexpr_ops.c: type rules of the weights that are stored compressed, iOS16 form: flat packed
 * bits and a shape. */
#include "shapes.h"

static bool
per_axis(Infer *c, const char *param, uint32_t axis)
{
	const Type *t = type_known(c, param), *x = type_known(c, "quantized_data");

	if (!rank_between(c, param, 0, 1))
		return false;
	if (t->rank == 0 || t->dim[0] == x->dim[axis])
		return true;
	return op_clash(c, param, "quantized_data",
	                "'%s' has %s elements, expected %s, as many as axis %u of the data", param,
	                dim_str(c->types, t->dim[0]), dim_str(c->types, x->dim[axis]), axis);
}

bool
infer_constexpr_affine_dequantize(Infer *c)
{
	const Type *x = type_known(c, "quantized_data");
	uint32_t axis;

	if (!axis_arg(c, "axis", x->rank, &axis) || !per_axis(c, "scale", axis) ||
	    !per_axis(c, "zero_point", axis))
		return false;
	return set_shape(c, 0, type_known(c, "scale")->dtype, x->dim, x->rank);
}

bool
infer_constexpr_cast(Infer *c)
{
	const Type *x = type_known(c, "source_val");

	if (!word_arg(c, "output_dtype", "fp32"))
		return false;
	return set_shape(c, 0, DT_FP32, x->dim, x->rank);
}

/* The shape operand and the number of elements. */
static bool
dense_shape(Infer *c, const int64_t **dim, int64_t *rank, int64_t *count)
{
	if (!ints_arg(c, "shape", -1, dim, rank))
		return false;
	if (*rank <= TENSOR_MAX_RANK && shape_count(*dim, (int)*rank, count) &&
	    *count <= INT64_MAX / 8)
		return true;
	return op_error(c, "shape", "'shape' gives more elements than can be counted");
}

bool
infer_constexpr_lut_to_dense(Infer *c)
{
	const Type *ix = type_known(c, "indices"), *lut = type_known(c, "lut");
	int64_t rank, count, bits = 0, bytes;
	const int64_t *dim;

	if (!rank_between(c, "indices", 1, 1) || !rank_between(c, "lut", 1, 1) ||
	    !dense_shape(c, &dim, &rank, &count))
		return false;
	for (int b = 1; b <= 8; b++)
		if (lut->dim[0] == 1 << b && b != 3 && b != 5 && b != 7)
			bits = b;
	if (!bits)
		return op_error(c, "lut", "'lut' has %s elements, expected 2, 4, 16, 64 or 256",
		                dim_str(c->types, lut->dim[0]));
	bytes = count / 8 * bits + (count % 8 * bits + 7) / 8;
	if (ix->dim[0] != bytes)
		return op_error(c, "indices",
		                "'indices' has %s bytes, expected %lld: %lld elements of %lld "
		                "bits",
		                dim_str(c->types, ix->dim[0]), (long long)bytes, (long long)count,
		                (long long)bits);
	return set_shape(c, 0, lut->dtype, dim, (uint32_t)rank);
}

int64_t
set_bits(const Tensor *t)
{
	uint64_t part[64];
	int64_t bits = 0;

	for (int64_t i = 0, n; i < t->count; i += n) {
		n = MIN(t->count - i, (int64_t)sizeof part);
		memset(part, 0, sizeof part);
		tensor_read(t, i, n, part);
		for (size_t k = 0; k < countof(part); k++)
			bits += __builtin_popcountll(part[k]);
	}
	return bits;
}

bool
infer_constexpr_sparse_to_dense(Infer *c)
{
	const Type *x = type_known(c, "nonzero_data");
	const Tensor *mask = infer_val(c, "mask");
	int64_t rank, count, ones;
	const int64_t *dim;

	if (!rank_between(c, "nonzero_data", 1, 1) || !rank_between(c, "mask", 1, 1) ||
	    !dense_shape(c, &dim, &rank, &count))
		return false;
	if (!mask)
		return op_error(c, "mask",
		                "'mask' is the result of an operation, expected a constant");
	if (mask->count != (count + 7) / 8)
		return op_error(c, "mask",
		                "'mask' has %lld bytes, expected %lld: one bit for each of %lld "
		                "elements",
		                (long long)mask->count, (long long)((count + 7) / 8),
		                (long long)count);
	ones = mask->unknown ? x->dim[0] : set_bits(mask);
	if (ones != x->dim[0])
		return op_error(c, "mask", "'mask' has %lld set bits, but there are %s values",
		                (long long)ones, dim_str(c->types, x->dim[0]));
	if (count % 8 && (tensor_i(mask, mask->count - 1) & 0xff) >> (count % 8))
		return op_error(c, "mask",
		                "bits of 'mask' behind the last element are set, expected 0");
	return set_shape(c, 0, x->dtype, dim, (uint32_t)rank);
}
