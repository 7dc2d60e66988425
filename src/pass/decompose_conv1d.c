/* decompose_conv1d.c: a NeuralNetwork has 2d convolutions only.
 *
 *   %y = conv(x=%x, weight=%w, …)      %e = expand_dims(x=%x, axes=[-2])
 *                                  ->  %c = conv(x=%e, weight=expand_dims(%w), …)
 *                                      %y = squeeze(x=%c, axes=[-2])
 */
#include "match.h"

static int64_t
element(const Inst *i, const char *param, int64_t from_end, int64_t absent)
{
	const Tensor *t = inst_val(i, param);

	return t && t->count >= from_end ? tensor_i(t, t->count - from_end) : absent;
}

bool
rewrite_decompose_conv1d(PassCtx *c, Inst *conv)
{
	const int64_t axis = -2;
	int64_t strides[] = {1, element(conv, "strides", 1, 1)};
	int64_t pad[] = {0, 0, element(conv, "pad", 2, 0), element(conv, "pad", 1, 0)};
	int64_t dilations[] = {1, element(conv, "dilations", 1, 1)};
	Builder b = pass_builder_before(c, conv);
	Var *x, *w, *y;

	if (!var_has_rank(inst_arg(conv, "x"), 3))
		return false;
	x = build_ints(c, &b, OP_expand_dims, NULL, inst_arg(conv, "x"), "axes", &axis, 1);
	w = build_ints(c, &b, OP_expand_dims, NULL, inst_arg(conv, "weight"), "axes", &axis, 1);
	y = rewrite_again(&b, conv, name_new(c, "conv"),
	                  ARGS(VAR("x", x), VAR("weight", w), INTSC(c, "strides", strides, 2),
	                       INTSC(c, "pad", pad, 4), INTSC(c, "dilations", dilations, 2)));
	y = build_ints(c, &b, OP_squeeze, conv->out[0]->name, y, "axes", &axis, 1);
	return pass_try_replace(c, conv->out[0], y, GONE(conv));
}
