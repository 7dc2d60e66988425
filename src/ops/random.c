/* random.c: type rules of random numbers. */
#include "shapes.h"

/* The result has the given shape and the dtype of the distribution's parameter. */
static bool
drawn(Infer *c, const char *param)
{
	uint32_t rank;
	Dim *dim;

	if (!shape_arg(c, "shape", &dim, &rank))
		return false;
	set_shape(c, 0, type_known(c, param)->dtype, dim, rank);
	return true;
}

bool
infer_random_bernoulli(Infer *c)
{
	return drawn(c, "prob");
}

bool
infer_random_normal(Infer *c)
{
	return drawn(c, "mean");
}

bool
infer_random_uniform(Infer *c)
{
	return drawn(c, "low");
}

bool
infer_random_categorical(Infer *c)
{
	const Type *x = type_known(c, "x");
	int64_t size;
	Dim *dim = dims_copy(c, x, 0);

	if (!rank_between(c, "x", 1, -1) || !int_arg(c, "size", &size) ||
	    !word_arg(c, "mode", "logits probs"))
		return false;
	if (size < 0)
		return op_error(c, "size", "'size' is %lld, expected a number >= 0",
		                (long long)size);
	dim[x->rank - 1] = size;
	set_shape(c, 0, x->dtype, dim, x->rank);
	return true;
}
