/* torch_tensor_assign_to_core.c: assignment to a slice, for targets before iOS 18, is a scatter.
 *
 *   %y = torch_tensor_assign(x=%x, updates=%u, begin=…, end=…, …)
 *   ->  the flat places of the slice's elements: those of a slice of the numbers 0, 1, 2 … in the
 *       shape of %x; then, all of it flat:
 *       %f = scatter(data=%x, indices=%places, updates=%u)
 *       %y = reshape(x=%f, shape=shape(x=%x))
 */
#include "match.h"

static Var *
flat(Builder *b, Var *x)
{
	return build1(b, OP_reshape, NULL,
	              ARGS(VAR("x", x), TENSOR("shape", tensor_vector_i(b->prog->arena, DT_INT32,
	                                                                &(const int64_t){-1}, 1))));
}

/* The same slice of another value. */
static Var *
same_slice(Builder *b, const Inst *i, Var *x)
{
	static const char *const names[] = {"begin",      "end",      "stride",
	                                    "begin_mask", "end_mask", "squeeze_mask"};
	Operand arg[1 + countof(names)] = {VAR("x", x)};
	uint32_t n = 1;

	for (size_t k = 0; k < countof(names); k++)
		if (inst_arg(i, names[k]))
			arg[n++] = (Operand)VAR(names[k], inst_arg(i, names[k]));
	return build1(b, OP_slice_by_index, NULL, arg, n);
}

bool
rewrite_torch_tensor_assign_to_core(PassCtx *c, Inst *i)
{
	Builder b = pass_builder_before(c, i);
	Var *x = inst_arg(i, "x"), *shape, *all, *places, *y;

	shape = build1(&b, OP_shape, NULL, ARGS(VAR("x", x)));
	all = build1(&b, OP_reduce_prod, NULL, ARGS(VAR("x", shape)));
	all = build1(&b, OP_range_1d, NULL,
	             ARGS(VAR("end", all), INTC(&b, "start", 0), INTC(&b, "step", 1)));
	all = build1(&b, OP_reshape, NULL, ARGS(VAR("x", all), VAR("shape", shape)));
	places = flat(&b, same_slice(&b, i, all));
	y = flat(&b, inst_arg(i, "updates"));
	y = build1(&b, OP_scatter, NULL,
	           ARGS(VAR("data", flat(&b, x)), VAR("indices", places), VAR("updates", y),
	                STRC(&b, "mode", "update")));
	y = build1(&b, OP_reshape, NULL, ARGS(VAR("x", y), VAR("shape", shape)));
	return pass_replace(i->out[0], y, GONE(i));
}
