/* ane_gather_to_matmul.c: a row of a small constant table is a product with a one-hot vector.
 *
 *   %y = gather(x=%table, indices=%i, axis=0)                %table: (V, D), a constant
 *     ->
 *   %f = cast(x=%i, dtype="fp16")
 *   %g = add(x=%f, y=mul(x=cast(x=less(x=%f, y=0), dtype="fp16"), y=V))     from the end
 *   %o = cast(x=equal(x=expand_dims(x=%g, axes=[-1]), y=[0, 1, …]), dtype="fp16")
 *   %y = matmul(x=%o, y=%table)
 *
 * Gathering by indices that are computed does not run on the engine (ANEForge's sweep,
 * more-ane-transformers, Apple's transformers); for tiny tables this does. One product of a row is
 * its own numbers, the others are 0: exact. The work grows with V: the option `limit` says how many
 * rows a table may have (256), 2048 at most, where fp16 ends telling whole numbers apart.
 *
 * Left alone: tables that are not constant, of integers or with numbers that are not finite, other
 * axes than 0, constant indices (ane_gather_to_slice), gathers that promise to refuse indices out
 * of range. Without that promise nobody says what such an index gives; here it is a row of zeros.
 */
#include "ane_rewrite.h"

static bool
is_table(PassCtx *c, const Inst *i)
{
	const Var *x = inst_arg(i, "x");
	const Var *batch = inst_argc(i, ARG_batch_dims);
	const Var *validate = inst_argc(i, ARG_validate_indices);

	if (!var_is_const(x) || !ane_is_dtype(x) || x->type->rank < 1 || x->type->rank > 2 ||
	    x->val->dim[0] < 1 || x->val->dim[0] > MIN(ane_option(c, "limit", 256), 2048))
		return false;
	if (batch && (!batch->val || tensor_i(batch->val, 0)))
		return false;
	if (validate && (!validate->val || tensor_i(validate->val, 0)))
		return false;
	return ane_axis(i, "axis", x->type->rank) == 0 && ane_all_finite(x->val);
}

/* Indices that guard_negative_gather_indices, or a type, keeps from being negative. */
static bool
may_be_negative(const Var *ix)
{
	return dtype_info[ix->type->dtype].kind != 'u';
}

static Var *
one_hot(PassCtx *c, Builder *b, Var *ix, DType t, int64_t n)
{
	Var *f = ane_cast(c, b, ix, t), *negative;
	Tensor *range = tensor_new(c->prog->arena, t, &n, 1);
	int64_t last = -1;

	for (int64_t k = 0; k < n; k++)
		tensor_set_f(range, k, (double)k);
	if (may_be_negative(ix)) {
		negative = ane_cast(c, b, ane_scalar(c, b, OP_less, f, 0), t);
		negative = ane_scalar(c, b, OP_mul, negative, (double)n);
		f = ane_binary(c, b, OP_add, f, negative);
	}
	f = ane_tensor(c, b, OP_equal, ane_expand(c, b, f, &last, 1), range);
	return ane_cast(c, b, f, t);
}

bool
rewrite_ane_gather_to_matmul(PassCtx *c, Inst *i)
{
	Var *table = inst_arg(i, "x"), *ix = inst_arg(i, "indices"), *y;
	Builder b = pass_builder_before(c, i);
	const Tensor *m = table->val;
	int64_t last = -1;
	bool flat = table->type->rank == 1, single = ix->type->rank == 0;

	if (ix->type->kind != TY_TENSOR || ix->val || !is_table(c, i))
		return false;
	if (flat)
		m = tensor_reshape(c->prog->arena, m, (int64_t[]){m->dim[0], 1}, 2);
	y = one_hot(c, &b, ix, m->dtype, m->dim[0]);
	if (single)
		y = ane_expand(c, &b, y, (int64_t[]){0}, 1);
	y = ane_tensor(c, &b, OP_matmul, y, m);
	if (single)
		y = ane_squeeze(c, &b, y, (int64_t[]){0}, 1);
	if (flat)
		y = ane_squeeze(c, &b, y, &last, 1);
	return ane_replace(c, i, y, GONE(i));
}
