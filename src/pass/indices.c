/* indices.c: see indices.h. */
#include "indices.h"

Var *
build_size(PassCtx *c, Builder *b, Var *x, int64_t k)
{
	const int64_t end = 0;
	int64_t one = 1;
	Tensor *mask = tensor_new(c->prog->arena, DT_BOOL, &one, 1);
	Var *shape = build1(b, OP_shape, name_new(c, "shape"), ARGS(VAR("x", x)));

	tensor_set_i(mask, 0, 1);
	return build1(b, OP_slice_by_index, name_new(c, "slice_by_index"),
	              ARGS(VAR("x", shape), INTSC(c, "begin", &k, 1), INTSC(c, "end", &end, 1),
	                   TENSOR("squeeze_mask", mask)));
}

Var *
build_from_front(PassCtx *c, Builder *b, Var *indices, Var *size)
{
	Var *sum = build1(b, OP_add, name_new(c, "add"), ARGS(VAR("x", indices), VAR("y", size)));
	Var *cond = build1(b, OP_greater_equal, name_new(c, "greater_equal"),
	                   ARGS(VAR("x", indices), INTC(b, "y", 0)));

	return build1(b, OP_select, name_new(c, "select"),
	              ARGS(VAR("cond", cond), VAR("a", indices), VAR("b", sum)));
}
