/* random.c: type rule of random choices; random numbers have that of `fill`. */
#include "shapes.h"

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
