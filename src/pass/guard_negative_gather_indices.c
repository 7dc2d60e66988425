/* guard_negative_gather_indices.c: from iOS17 on, negative indices are counted from the front
 * before the gather.
 *
 *   %y = gather(x=%x, indices=%i, axis=0)
 *   becomes
 *   %n = slice_by_index(x=shape(x=%x), begin=[0], end=[0], squeeze_mask=[true])
 *   %j = select(cond=greater_equal(x=%i, y=0), a=%i, b=add(x=%i, y=%n))
 *   %y = gather(x=%x, indices=%j, axis=0)
 *
 * For gather_nd the sizes are as many of the shape as an index has entries. Unsigned indices stay.
 */
#include "indices.h"

static Var *
cast(PassCtx *c, Builder *b, Var *v, const char *to)
{
	return build1(b, OP_cast, name_new(c, "cast"), ARGS(VAR("x", v), STRC(b, "dtype", to)));
}

/* The sizes that gather_nd's index vectors run up to. */
static Var *
leading_sizes(PassCtx *c, Builder *b, Var *x, Var *indices)
{
	const int64_t zero = 0;
	Var *n = build_size(c, b, indices, (int64_t)indices->type->rank - 1), *shape;

	n = build_ints(c, b, OP_expand_dims, NULL, n, "axes", &zero, 1);
	shape = build1(b, OP_shape, name_new(c, "shape"), ARGS(VAR("x", x)));
	return build1(b, OP_slice_by_size, name_new(c, "slice_by_size"),
	              ARGS(VAR("x", shape), INTSC(c, "begin", &zero, 1), VAR("size", n)));
}

bool
rewrite_guard_negative_gather_indices(PassCtx *c, Inst *gather)
{
	const uint32_t shaped = M(FP16) | M(FP32) | M(INT32) | M(BOOL);
	Var *x = inst_arg(gather, "x"), *indices = inst_arg(gather, "indices"), *sized = x, *y;
	Builder b = pass_builder_before(c, gather);
	const Tensor *axis = NULL;

	if (b.opset < IOS17 || indices->type->kind != TY_TENSOR ||
	    dtype_info[indices->type->dtype].kind == 'u')
		return false;
	if (inst_is(gather, OP_gather) && !(axis = inst_val(gather, "axis")))
		return false;
	if (indices->type->dtype != DT_INT32)
		indices = cast(c, &b, indices, "int32");
	if (!(shaped & 1u << x->type->dtype))
		sized = cast(c, &b, x, "bool");
	if (axis)
		y = build_size(c, &b, sized, tensor_i(axis, 0));
	else
		y = leading_sizes(c, &b, sized, indices);
	y = build_from_front(c, &b, indices, y);
	y = rewrite_again(&b, gather, gather->name, ARGS(VAR("indices", y)));
	return pass_try_replace(c, gather->out[0], y, GONE(gather));
}
