/* detect_concat_interleave.c: channels shuffled behind a concat.
 *
 *   %c = concat(values=(%a, %b), axis=1)                %a, %b: (1, 4, 5, 6)
 *   %r = reshape(x=%c, shape=[1, 2, 4, 5, 6])
 *   %t = transpose(x=%r, perm=[0, 2, 1, 3, 4])      ->  %y = concat(values=(%a, %b), axis=1,
 *   %y = reshape(x=%t, shape=[1, 8, 5, 6])                          interleave=true)
 */
#include "match.h"

static bool
is_match(const Inst *concat, const Inst *r1, const Inst *t, const Inst *r2)
{
	static const int64_t perm[] = {0, 2, 1, 3, 4};
	const Arg *values = inst_args(concat, "values");
	const Type *x = arg_at(values, 0)->type;
	const Tensor *axis = inst_val(concat, "axis");
	int64_t shape[5], last[4];

	if (x->kind != TY_TENSOR || x->rank != 4 || x->count < 0 ||
	    inst_int(concat, "interleave") || !axis ||
	    axis_from_front(tensor_i(axis, 0), 4) != 1)
		return false;
	for (uint32_t k = 1; k < values->n; k++)
		if (arg_at(values, k)->type != x)
			return false;
	shape[0] = x->dim[0];
	shape[1] = values->n;
	for (int k = 1; k < 4; k++)
		shape[k + 1] = x->dim[k];
	return val_ints_are(inst_arg(r1, "shape"), shape, 5) &&
	       val_ints_are(inst_arg(t, "perm"), perm, 5) &&
	       val_ints(inst_arg(r2, "shape"), last, 4) == 4 && last[0] == x->dim[0] &&
	       last[2] == x->dim[2] && last[3] == x->dim[3];
}

bool
rewrite_detect_concat_interleave(PassCtx *c, Inst *concat)
{
	Inst *r1 = inst_follow(concat, OP_reshape), *t = inst_follow(r1, OP_transpose);
	Inst *r2 = inst_follow(t, OP_reshape);
	Builder b;
	Var *y;

	if (!r2 || !is_match(concat, r1, t, r2))
		return false;
	b = builder_at(c, r2, r2);
	y = rewrite_again(&b, concat, r2->out[0]->name, ARGS(BOOLC(&b, "interleave", true)));
	return pass_replace(r2->out[0], y, GONE(concat, r1, t, r2));
}
