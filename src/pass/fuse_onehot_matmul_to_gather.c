/* fuse_onehot_matmul_to_gather.c: a one-hot vector times a matrix picks a row.
 *
 *   %h = one_hot(indices=%i, one_hot_vector_size=9, axis=-1, on_value=1, off_value=0)
 *   %y = matmul(x=%h, y=%w)      ->      %y = gather(x=%w, indices=%i, axis=0)
 *
 * From iOS17 on, negative indices are counted from the front first.
 */
#include "indices.h"

static bool
is_one_hot(const Inst *i)
{
	const Tensor *axis = inst_val(i, "axis");
	uint32_t rank = inst_arg(i, "indices")->type->rank;
	int64_t a;

	if (!axis || !inst_val(i, "one_hot_vector_size"))
		return false;
	a = tensor_i(axis, 0);
	a -= a >= 0 ? (int64_t)rank : 0;
	return a == -1 && val_is_near(inst_arg(i, "on_value"), 1, 1e-3) &&
	       val_is_near(inst_arg(i, "off_value"), 0, 1e-3);
}

bool
rewrite_fuse_onehot_matmul_to_gather(PassCtx *c, Inst *hot)
{
	Inst *matmul = inst_follow(hot, OP_matmul);
	Var *indices = inst_arg(hot, "indices"), *w, *y;
	Builder b;

	if (!matmul || !is_one_hot(hot) || inst_arg(matmul, "x") != hot->out[0] ||
	    inst_int(matmul, "transpose_x") || inst_int(matmul, "transpose_y"))
		return false;
	w = inst_arg(matmul, "y");
	if (!w->val || w->val->rank != 2)
		return false;
	b = builder_at(c, matmul, matmul);
	if (b.opset >= IOS17)
		indices = build_from_front(c, &b, indices, build_size(c, &b, w, 0));
	y = build1(&b, OP_gather, matmul->out[0]->name,
	           ARGS(VAR("x", w), VAR("indices", indices), INTC(&b, "axis", 0)));
	return pass_replace(matmul->out[0], y, GONE(hot, matmul));
}
