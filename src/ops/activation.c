/* activation.c: type rules of activation functions. All results have the type of x; the rules
 * check the parameters. */
#include "shapes.h"

bool
infer_gelu(Infer *c)
{
	return word_arg(c, "mode", "EXACT TANH_APPROXIMATION SIGMOID_APPROXIMATION") &&
	       infer_same(c);
}

/* Where the peer would fold it, it stores into the elements of x, which a number has not. */
bool
infer_thresholded_relu(Infer *c)
{
	if (!c->b->no_fold && infer_val(c, "x") && type_known(c, "x")->rank == 0)
		return op_error(c, "x",
		                "'x' is a constant number, which coremltools cannot fold here: "
		                "expected an array, such as one of shape (1,)");
	return infer_with_scalars(c);
}

bool
infer_softmax(Infer *c)
{
	uint32_t rank = type_known(c, "x")->rank, axis;

	return rule_scalar(c, "axis") && axis_arg(c, "axis", MAX(rank, 1), &axis) && infer_same(c);
}

/* A parameter with one number per channel (dimension 1) of x. */
static bool
per_channel(Infer *c, const char *param)
{
	const Type *x = type_known(c, "x"), *p = type_known(c, param);

	if (p->rank != 1)
		return op_error(c, param, "'%s' must have one number per channel, but has shape %s",
		                param, shape_of(c, p));
	if (p->dim[0] == x->dim[1])
		return true;
	return op_clash(c, param, "x",
	                "'%s' has %s elements, but 'x' has %s channels (dimension 1)", param,
	                dim_str(c->types, p->dim[0]), dim_str(c->types, x->dim[1]));
}

bool
infer_prelu(Infer *c)
{
	uint32_t rank = type_known(c, "x")->rank;
	const Tensor *alpha = infer_val(c, "alpha");

	if (!rank_between(c, "x", 3, 5) || !per_channel(c, "alpha"))
		return false;
	for (int64_t i = 1; rank != 4 && i < alpha->count; i++) {
		double d = tensor_f(alpha, i) - tensor_f(alpha, 0);
		if (d > 1e-5 || d < -1e-5)
			return op_error(c, "alpha",
			                "'alpha' must be the same for all channels when 'x' has "
			                "rank %u, only rank 4 takes different ones",
			                rank);
	}
	return infer_same(c);
}

bool
infer_softplus_parametric(Infer *c)
{
	return rank_between(c, "x", 3, -1) && per_channel(c, "alpha") && per_channel(c, "beta") &&
	       infer_same(c);
}
