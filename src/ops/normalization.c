/* normalization.c: type rules of normalizations: the result is like x, what varies is which shapes
 * the parameters must have. */
#include "shapes.h"

/* An optional vector with one number for each channel of x. */
static bool
per_channel(Infer *c, const char *param)
{
	const Type *t = infer_type(c, param), *x = type_known(c, "x");

	if (!t || (t->rank == 1 && dims_agree(t->dim, 1, &x->dim[1], 1)))
		return true;
	return op_clash(c, param, "x",
	                "'%s' has shape %s, expected (%s,), one number for each channel of 'x'",
	                param, shape_of(c, t), dim_str(c->types, x->dim[1]));
}

bool
infer_batch_norm(Infer *c)
{
	if (!rank_between(c, "x", 2, -1) || !per_channel(c, "mean") ||
	    !per_channel(c, "variance") || !per_channel(c, "gamma") || !per_channel(c, "beta"))
		return false;
	return infer_same(c);
}

bool
infer_instance_norm(Infer *c)
{
	if (!rank_between(c, "x", 3, -1) || !per_channel(c, "gamma") || !per_channel(c, "beta"))
		return false;
	return infer_same(c);
}

/* gamma and beta have the shape of the normalized axes. */
static bool
normalized_shape(Infer *c, const char *param, const Dim *dim, uint32_t rank)
{
	const Type *t = infer_type(c, param);

	if (!t || dims_agree(t->dim, t->rank, dim, rank))
		return true;
	return op_clash(c, param, "x",
	                "'%s' has shape %s, expected %s, the shape of the normalized axes", param,
	                shape_of(c, t), shape_str(c->types, dim, rank));
}

bool
infer_layer_norm(Infer *c)
{
	const Type *x = type_known(c, "x");
	bool *chosen = newn(c->arena, bool, (size_t)x->rank + 1);
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + 1);
	const int64_t *axes;
	uint32_t rank = 0;
	int64_t n;

	if (!ints_arg(c, "axes", -1, &axes, &n))
		return false;
	for (int64_t i = 0; i < n; i++) {
		int64_t a = axes[i] < 0 ? axes[i] + x->rank : axes[i];
		if (a < 0 || a >= x->rank)
			return op_error(c, "axes", "'x' of rank %u has no axis %lld to normalize",
			                x->rank, (long long)axes[i]);
		chosen[a] = true;
	}
	for (uint32_t i = 0; i < x->rank; i++)
		if (chosen[i])
			dim[rank++] = x->dim[i];
	if (!normalized_shape(c, "gamma", dim, rank) || !normalized_shape(c, "beta", dim, rank))
		return false;
	return infer_same(c);
}
