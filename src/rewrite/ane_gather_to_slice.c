/* ane_gather_to_slice.c: elements at constant places are slices.
 *
 *   %y = gather(x=%x, indices=[-1], axis=1)         ->  %y = %x[:, -1:]
 *   %y = gather(x=%x, indices=3, axis=1)            ->  %y = squeeze(x=%x[:, 3:4], axes=[1])
 *   %y = gather(x=%x, indices=[0, 1, 4, 6], axis=0) ->  %y = concat(values=(%x[0:2], %x[4:5], …))
 *
 * Slices with constant bounds run on the engine, a gather does not: x[:, [-1]] leaves it where
 * x[:, -1:] stays (more-ane-transformers).
 *
 * Left alone: indices of a rank above 1 or out of range, in more runs than `limit` (8), negative
 * ones of an axis whose size is not known but for a single -1, integers.
 */
#include "ane_rewrite.h"

/* How many of the indices from k on follow each other. */
static int64_t
run_length(const Tensor *ix, int64_t k, int64_t size)
{
	int64_t n = 1, first = tensor_i(ix, k);

	if (first < 0)
		first += size;
	for (; k + n < ix->count; n++) {
		int64_t v = tensor_i(ix, k + n);
		if ((v < 0 ? v + size : v) != first + n)
			break;
	}
	return n;
}

static Var *
slices(PassCtx *c, Builder *b, Var *x, const Tensor *ix, int axis)
{
	int64_t size = x->type->dim[axis];
	VEC(Var *) part = {0};

	if (!dim_known(size)) {
		if (ix->count == 1 && tensor_i(ix, 0) == -1)
			return ane_slice(c, b, x, axis, -1, 0);
		return NULL;
	}
	for (int64_t k = 0, n; k < ix->count; k += n) {
		int64_t from = tensor_i(ix, k);
		n = run_length(ix, k, size);
		from = from < 0 ? from + size : from;
		if (from < 0 || from + n > size || part.n >= ane_option(c, "limit", 8))
			goto none;
		vec_push(c->arena, &part, ane_slice(c, b, x, axis, from, from + n));
	}
	return ane_concat(c, b, part.at, part.n, axis);
none:
	for (uint32_t k = 0; k < part.n; k++)
		ane_drop(part.at[k]);
	return NULL;
}

bool
rewrite_ane_gather_to_slice(PassCtx *c, Inst *i)
{
	Var *x = inst_arg(i, "x"), *y;
	const Tensor *ix = inst_val(i, "indices");
	const Var *batch = inst_argc(i, ARG_batch_dims);
	int axis = ane_axis(i, "axis", x->type->rank);
	int64_t at = axis;
	Builder b = pass_builder_before(c, i);

	if (!ane_is_dtype(x) || x->val || !ix || ix->rank > 1 || !ix->count || axis < 0 ||
	    x->type->rank > TENSOR_MAX_RANK || (batch && (!batch->val || tensor_i(batch->val, 0))))
		return false;
	y = slices(c, &b, x, ix, axis);
	if (y && ix->rank == 0)
		y = ane_squeeze(c, &b, y, &at, 1);
	return ane_replace(c, i, y, GONE(i));
}
