/* tensor_transformation.c: type rules of ops that rearrange elements. Reshape has its own file, the
 * slices too; here each rule is a formula over the dimensions. */
#include "shapes.h"

bool
infer_expand_dims(Infer *c)
{
	const Type *x = type_known(c, "x");
	const int64_t *axes;
	int64_t n, rank;
	bool *fresh;
	Dim *dim;

	if (!ints_arg(c, "axes", -1, &axes, &n))
		return false;
	rank = x->rank + n;
	if (rank > TENSOR_MAX_RANK)
		return op_error(c, "axes",
		                "the result would have rank %lld, at most %d is possible",
		                (long long)rank, TENSOR_MAX_RANK);
	fresh = newn(c->arena, bool, (size_t)rank + 1);
	dim = newn(c->arena, Dim, (size_t)rank + 1);
	for (int64_t i = 0; i < n; i++) {
		int64_t a = axes[i] < 0 ? axes[i] + rank : axes[i];
		if (a < 0 || a >= rank)
			return op_error(c, "axes",
			                "axis %lld is not between %lld and %lld, the axes of the "
			                "result of rank %lld",
			                (long long)axes[i], -(long long)rank, (long long)rank - 1,
			                (long long)rank);
		if (fresh[a])
			return op_error(c, "axes",
			                "axis %lld is given twice, expected different axes",
			                (long long)axes[i]);
		fresh[a] = true;
	}
	for (uint32_t i = 0, k = 0; i < rank; i++)
		dim[i] = fresh[i] ? 1 : x->dim[k++];
	return set_shape(c, 0, x->dtype, dim, (uint32_t)rank);
}

/* Which axes squeeze drops: those named, as far as they are 1; without names all that are 1. */
static bool
squeezed_axes(Infer *c, const Type *x, bool *drop)
{
	const int64_t *axes;
	int64_t n;

	if (!infer_val(c, "axes")) {
		for (uint32_t i = 0; i < x->rank; i++)
			drop[i] = x->dim[i] == 1;
		return true;
	}
	if (!ints_arg(c, "axes", -1, &axes, &n))
		return false;
	for (int64_t i = 0; i < n; i++) {
		int64_t a = axes[i] < 0 ? axes[i] + x->rank : axes[i];
		if (a < 0 || a >= x->rank)
			return op_error(c, "axes",
			                "axis %lld is not between %d and %d, the axes of 'x'",
			                (long long)axes[i], -(int)x->rank, (int)x->rank - 1);
		if (dim_known(x->dim[a]) ? x->dim[a] != 1 && !c->b->no_fold
		                         : infer_val(c, "x") != NULL)
			return op_error(c, "axes",
			                "axis %lld has %lld elements, only an axis with one "
			                "element can be dropped",
			                (long long)axes[i], (long long)x->dim[a]);
		drop[a] = x->dim[a] == 1;
	}
	return true;
}

bool
infer_squeeze(Infer *c)
{
	const Type *x = type_known(c, "x");
	bool *drop = newn(c->arena, bool, (size_t)x->rank + 1);
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + 1);
	uint32_t rank = 0;

	if (!squeezed_axes(c, x, drop))
		return false;
	for (uint32_t i = 0; i < x->rank; i++)
		if (!drop[i])
			dim[rank++] = x->dim[i];
	if (rank == 0 && x->rank > 1 && infer_val(c, "x"))
		return op_error(
		    c, "x",
		    "a constant of shape %s cannot be squeezed to a scalar, only one of "
		    "shape (1,); use mb.reshape first",
		    shape_of(c, x));
	return set_shape(c, 0, x->dtype, dim, rank);
}

bool
infer_transpose(Infer *c)
{
	const Type *x = type_known(c, "x");
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + 1);
	bool *seen = newn(c->arena, bool, (size_t)x->rank + 1);
	const int64_t *perm;
	int64_t n;

	if (!ints_arg(c, "perm", -1, &perm, &n))
		return false;
	if (n != x->rank)
		return op_clash(c, "perm", "x", "'perm' has %lld elements, but 'x' has rank %u",
		                (long long)n, x->rank);
	for (int64_t i = 0; i < n; i++) {
		int64_t a = perm[i] < 0 ? perm[i] + n : perm[i];
		if (a < 0 || a >= n)
			return op_error(c, "perm",
			                "axis %lld is not between %lld and %lld, the axes of 'x'",
			                (long long)perm[i], -(long long)n, (long long)n - 1);
		if (seen[a])
			return op_error(c, "perm",
			                "axis %lld stands twice in 'perm', expected each axis once",
			                (long long)perm[i]);
		seen[a] = true;
		dim[i] = x->dim[a];
	}
	return set_shape(c, 0, x->dtype, dim, x->rank);
}

bool
infer_reverse(Infer *c)
{
	const Type *x = type_known(c, "x");
	const int64_t *axes = NULL;
	int64_t n = 0;

	if (infer_val(c, "axes") && !ints_any(c, "axes", -1, &axes, &n))
		return false;
	for (int64_t i = 0; i < n; i++)
		if (axes[i] < -(int64_t)x->rank || axes[i] >= x->rank)
			return op_error(c, "axes", "'x' of rank %u has no axis %lld to reverse",
			                x->rank, (long long)axes[i]);
	return infer_same(c);
}

bool
infer_reverse_sequence(Infer *c)
{
	uint32_t seq, batch, rank = type_known(c, "x")->rank;

	if (!axis_arg(c, "seq_axis", rank, &seq) || !axis_arg(c, "batch_axis", rank, &batch))
		return false;
	return infer_same(c);
}

/* A block size or factor: a known number of 1 or more. */
static bool
factor_arg(Infer *c, const char *param, int64_t *f)
{
	if (!int_arg(c, param, f))
		return false;
	if (*f >= 1 && *f <= 1 << 15)
		return true;
	return op_error(c, param, "'%s' is %lld, expected a number from 1 to 32768", param,
	                (long long)*f);
}

/* A known dimension must be a multiple of f. */
static bool
divisible(Infer *c, uint32_t axis, int64_t f)
{
	Dim d = type_known(c, "x")->dim[axis];

	if (!dim_known(d) || d % f == 0)
		return true;
	return op_error(c, "x", "axis %u of 'x' has %lld elements, expected a multiple of %lld",
	                axis, (long long)d, (long long)f);
}

/* (n, c, h, w) -> (n, c / f², h f, w f), or the other way round. */
bool
infer_blocks(Infer *c)
{
	const Type *x = type_known(c, "x");
	bool to_space = inst_is(c->inst, OP_depth_to_space) || inst_is(c->inst, OP_pixel_shuffle);
	Types *t = c->types;
	int64_t f;
	Dim *d;

	if (!rank_between(c, "x", 4, 4) || !factor_arg(c, c->inst->op->param[1].name, &f))
		return false;
	d = dims_copy(c, x, 0);
	if (to_space) {
		if (!divisible(c, 1, f * f))
			return false;
		d[1] = dim_floordiv(t, d[1], f * f);
	} else {
		if (!divisible(c, 2, f) || !divisible(c, 3, f))
			return false;
		d[1] = dim_mul(t, d[1], f * f);
	}
	for (int i = 2; i < 4; i++)
		d[i] = to_space ? dim_mul(t, d[i], f) : dim_floordiv(t, d[i], f);
	return set_shape(c, 0, x->dtype, d, 4);
}

/* block_shape (2 numbers >= 1) and paddings or crops (2 x 2 numbers >= 0). */
static bool
block_args(Infer *c, const char *border, const int64_t **block, const int64_t **edge)
{
	const Type *t = type_known(c, border);

	if (!rank_between(c, "x", 4, 4) || !ints_arg(c, "block_shape", 2, block, NULL))
		return false;
	if (t->rank != 2 || t->dim[0] != 2 || t->dim[1] != 2)
		return op_error(c, border, "'%s' has shape %s, expected (2, 2)", border,
		                shape_of(c, t));
	if (!ints_any(c, border, 4, edge, NULL))
		return false;
	for (int i = 0; i < 2; i++)
		if ((*block)[i] < 1 || (*block)[i] > 1 << 15)
			return op_error(c, "block_shape",
			                "block %d has size %lld, expected 1 to 32768", i,
			                (long long)(*block)[i]);
	for (int i = 0; i < 4; i++)
		if ((*edge)[i] < 0)
			return op_error(c, border,
			                "'%s' has an element %lld, expected numbers >= 0", border,
			                (long long)(*edge)[i]);
	return true;
}

bool
infer_space_to_batch(Infer *c)
{
	const Type *x = type_known(c, "x");
	const int64_t *block, *pad;
	Types *t = c->types;
	Dim *d;

	if (!block_args(c, "paddings", &block, &pad))
		return false;
	d = dims_copy(c, x, 0);
	d[0] = dim_mul(t, d[0], block[0] * block[1]);
	for (int i = 0; i < 2; i++) {
		Dim padded = dim_add(t, d[2 + i], pad[2 * i] + pad[2 * i + 1]);
		if (dim_known(padded) && padded % block[i] != 0)
			return op_error(c, "paddings",
			                "axis %d has %lld elements with its padding, expected "
			                "a multiple of the block size %lld",
			                2 + i, (long long)padded, (long long)block[i]);
		d[2 + i] = dim_floordiv(t, padded, block[i]);
	}
	return set_shape(c, 0, x->dtype, d, 4);
}

bool
infer_batch_to_space(Infer *c)
{
	const Type *x = type_known(c, "x");
	const int64_t *block, *crop;
	Types *t = c->types;
	Dim *d;

	if (!block_args(c, "crops", &block, &crop))
		return false;
	d = dims_copy(c, x, 0);
	if (dim_known(d[0]) && d[0] % (block[0] * block[1]) != 0)
		return op_error(c, "x",
		                "the batch of 'x' is %lld, expected a multiple of the block, %lld "
		                "times %lld",
		                (long long)d[0], (long long)block[0], (long long)block[1]);
	d[0] = dim_floordiv(t, d[0], block[0] * block[1]);
	for (int i = 0; i < 2; i++) {
		int64_t cut = crop[2 * i] + crop[2 * i + 1];
		Dim whole = dim_mul(t, d[2 + i], block[i]);
		if (dim_known(whole) && whole < cut)
			return op_error(c, "crops",
			                "axis %d has %lld elements, %lld cannot be cropped", 2 + i,
			                (long long)whole, (long long)cut);
		d[2 + i] = dim_sub(t, whole, cut);
	}
	return set_shape(c, 0, x->dtype, d, 4);
}

bool
infer_sliding_windows(Infer *c)
{
	const Type *x = type_known(c, "x");
	int64_t size, stride;
	Types *t = c->types;
	uint32_t axis;
	Dim *d;

	if (!int_arg(c, "size", &size) || !int_arg(c, "stride", &stride) ||
	    !axis_arg(c, "axis", x->rank, &axis))
		return false;
	if (stride < 1)
		return op_error(c, "stride", "the stride is %lld, expected 1 or more",
		                (long long)stride);
	d = dims_copy(c, x, 1);
	if (size < 1 || (dim_known(d[axis]) && size > d[axis]))
		return op_error(c, "size",
		                "the window has %lld elements, but axis %u of 'x' has %s",
		                (long long)size, axis, dim_str(t, d[axis]));
	for (uint32_t i = x->rank; i > axis + 1; i--)
		d[i] = d[i - 1];
	d[axis] = dim_add(t, dim_floordiv(t, dim_sub(t, d[axis], size), stride), 1);
	d[axis + 1] = size;
	return set_shape(c, 0, x->dtype, d, x->rank + 1);
}
