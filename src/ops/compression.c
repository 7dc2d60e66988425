/* compression.c: type rules of the weights that are stored compressed, iOS18 form: blocks of scales
 * and lookup tables, and sparse variants with a mask beside the nonzero values. The operands may be
 * results of one another, then their values are not at hand. */
#include "shapes.h"

/* nonzero data is a vector with one element for each 1 of the mask. */
static bool
mask_fits(Infer *c, const char *mask, const char *data)
{
	const Type *x = type_known(c, data);
	const Tensor *m = infer_val(c, mask);
	bool known = m && !m->unknown;
	int64_t ones = known ? set_bits(m) : 0; /* elements of uint1 are 0 and 1 */

	if (!rank_between(c, data, 1, 1))
		return false;
	if (!known || ones == x->dim[0])
		return true;
	return op_error(c, mask, "'%s' has %lld ones, but '%s' has %s elements", mask,
	                (long long)ones, data, dim_str(c->types, x->dim[0]));
}

/* Scale and offset divide the data into blocks. */
static bool
blocks_fit(Infer *c, const char *shaped, const char *data)
{
	const Type *x = type_known(c, shaped), *d = type_known(c, data),
	           *s = type_known(c, "scale");
	const Type *o = infer_type(c, "offset");

	if (s->rank != x->rank || x->rank < 1)
		return op_clash(
		    c, "scale", shaped,
		    "'scale' has rank %u, expected %u, the rank of '%s', and at least 1", s->rank,
		    x->rank, shaped);
	for (uint32_t i = 0; i < x->rank; i++)
		if (s->dim[i] < 1 || x->dim[i] % s->dim[i] != 0)
			return op_error(c, "scale",
			                "axis %u has %lld elements and %lld scales, which do not "
			                "divide it",
			                i, (long long)x->dim[i], (long long)s->dim[i]);
	if (o && !(o->rank == s->rank && dims_agree(o->dim, o->rank, s->dim, s->rank)))
		return op_error(c, "offset", "'offset' has shape %s, expected that of 'scale', %s",
		                shape_of(c, o), shape_of(c, s));
	if (o && !dtype_is_float(o->dtype) && o->dtype != d->dtype)
		return op_error(c, "offset",
		                "'offset' is %s, expected %s, the type of '%s', or a float",
		                dtype_info[o->dtype].mil, dtype_info[d->dtype].mil, data);
	return true;
}

bool
infer_constexpr_blockwise_shift_scale(Infer *c)
{
	const Type *x = type_known(c, "data");

	if (!blocks_fit(c, "data", "data"))
		return false;
	return set_shape(c, 0, type_known(c, "scale")->dtype, x->dim, x->rank);
}

bool
infer_constexpr_sparse_blockwise_shift_scale(Infer *c)
{
	const Type *m = type_known(c, "data_mask"), *x = type_known(c, "nonzero_data");

	if (!mask_fits(c, "data_mask", "nonzero_data") ||
	    !blocks_fit(c, "data_mask", "nonzero_data"))
		return false;
	infer_outputs(c, 2);
	infer_set_type(c, 0, m);
	return set_shape(c, 1, type_known(c, "scale")->dtype, x->dim, 1);
}

/* lut is (blocks of each axis of `shaped`…, palette, vector); *dim is the shape of the result. */
static bool
lut_fits(Infer *c, const char *shaped, const char *indices, Dim **dim)
{
	const Type *x = type_known(c, shaped), *lut = type_known(c, "lut");
	DType t = type_known(c, indices)->dtype;
	int64_t palette, vector;
	uint32_t axis;

	if (x->rank < 1 || lut->rank != x->rank + 2)
		return op_clash(
		    c, "lut", shaped,
		    "'lut' has rank %u, expected 2 more than the rank of '%s', which is %u "
		    "and must be 1 or more",
		    lut->rank, shaped, x->rank);
	for (uint32_t i = 0; i < x->rank; i++)
		if (lut->dim[i] < 1 || x->dim[i] % lut->dim[i] != 0)
			return op_error(c, "lut",
			                "axis %u has %lld indices and %lld tables, which do not "
			                "divide it",
			                i, (long long)x->dim[i], (long long)lut->dim[i]);
	palette = lut->dim[x->rank];
	vector = lut->dim[x->rank + 1];
	if (palette != INT64_C(1) << dtype_bits(t))
		return op_error(c, "lut",
		                "'lut' has palettes of %lld values, expected %d for indices of "
		                "type %s",
		                (long long)palette, 1 << dtype_bits(t), dtype_info[t].mil);
	*dim = dims_copy(c, x, 0);
	if (infer_type(c, "vector_axis")) {
		if (!rank_between(c, "vector_axis", 0, 0) ||
		    !axis_arg(c, "vector_axis", x->rank, &axis))
			return false;
		(*dim)[axis] = dim_mul(c->types, (*dim)[axis], MAX(1, vector));
	} else if (vector > 1)
		return op_error(c, "lut",
		                "'lut' holds vectors of %lld values, so vector_axis must be given",
		                (long long)vector);
	return true;
}

bool
infer_constexpr_lut_to_dense_blocks(Infer *c)
{
	uint32_t rank = type_known(c, "indices")->rank;
	Dim *dim;

	if (!lut_fits(c, "indices", "indices", &dim))
		return false;
	return set_shape(c, 0, type_known(c, "lut")->dtype, dim, rank);
}

bool
infer_constexpr_lut_to_sparse(Infer *c)
{
	const Type *m = type_known(c, "indices_mask"), *x = type_known(c, "indices_nonzero_data");
	const Type *lut = type_known(c, "lut");
	Dim *dim, n;

	if (!mask_fits(c, "indices_mask", "indices_nonzero_data") ||
	    !lut_fits(c, "indices_mask", "indices_nonzero_data", &dim))
		return false;
	n = dim_mul(c->types, x->dim[0], MAX(1, lut->dim[m->rank + 1]));
	infer_outputs(c, 2);
	set_shape(c, 0, m->dtype, dim, m->rank);
	return set_shape(c, 1, lut->dtype, &n, 1);
}

bool
infer_constexpr_sparse_to_dense_mask(Infer *c)
{
	const Type *m = type_known(c, "mask");

	if (!mask_fits(c, "mask", "nonzero_data"))
		return false;
	return set_shape(c, 0, type_known(c, "nonzero_data")->dtype, m->dim, m->rank);
}
