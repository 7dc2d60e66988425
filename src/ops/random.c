/* random.c: type rules of random numbers. */
#include "shapes.h"

/* The result has the given shape and the dtype of the distribution's parameter, which comes next.
 */
bool
infer_drawn(Infer *c)
{
	uint32_t rank;
	Dim *dim;

	if (!shape_arg(c, "shape", &dim, &rank))
		return false;
	return set_shape(c, 0, type_known(c, c->inst->op->param[1].name)->dtype, dim, rank);
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
	return set_shape(c, 0, x->dtype, dim, x->rank);
}
