/* use_reflection_padding.c: edges mirrored by slices and a concat.
 *
 *   %l = slice_by_index(x=%x, begin=[…, 1], end=[…, 2])
 *   %r = slice_by_index(x=%x, begin=[…, -2], end=[…, -1])  ->  %y = pad(x=%x, pad=[1, 1],
 *   %y = concat(values=(%l, %x, %r), axis=-1)                            mode="reflect")
 *
 * Along the last axis or the one before it; of n slices on each side, the i-th is i away from the
 * edge.
 */
#include "match.h"

/* The first axis that the slice does not take to its end; -1: there is none, or it is not known. */
static int
sliced_axis(const Inst *slice, int *rank)
{
	const Tensor *mask = inst_val(slice, "end_mask"), *end = inst_val(slice, "end");
	const Type *x = inst_argn(slice, 0)->type;

	*rank = (int)x->rank;
	for (int k = 0; k < *rank; k++) {
		bool whole = mask ? k < mask->count && tensor_i(mask, k)
		                  : end && k < end->count && tensor_i(end, k) == x->dim[k];
		if (!whole)
			return mask || end ? k : -1;
	}
	return -1;
}

/* The slice is one element wide, at `place` (which may count from the end). */
static bool
is_at(const Inst *slice, int axis, int64_t place)
{
	const Tensor *begin = inst_val(slice, "begin"), *end = inst_val(slice, "end");
	const Type *x = inst_argn(slice, 0)->type;
	int64_t at;

	if (!begin || !end || axis >= begin->count || axis >= end->count)
		return false;
	at = tensor_i(begin, axis);
	if (tensor_i(end, axis) - at != 1)
		return false;
	return at == place || (dim_known(x->dim[axis]) && at == place + x->dim[axis]);
}

static bool
match(const Inst *concat, int *axis, int *rank)
{
	const Arg *values = inst_args(concat, "values");
	const Var *x = arg_at(values, values->n / 2);
	int64_t place = values->n / 2;

	if (values->n % 2 == 0 || values->n == 1)
		return false;
	for (uint32_t k = 0; k < values->n; k++, place--) {
		const Var *v = arg_at(values, k);
		if (k == values->n / 2) {
			place--;
			continue;
		}
		if (!inst_is(v->def, OP_slice_by_index) || inst_argn(v->def, 0) != x ||
		    var_leaves_block(v))
			return false;
		if (k == 0)
			*axis = sliced_axis(v->def, rank);
		if (*axis < 0 || !is_at(v->def, *axis, place))
			return false;
	}
	return true;
}

bool
rewrite_use_reflection_padding(PassCtx *c, Inst *concat)
{
	const Arg *values = inst_args(concat, "values");
	const Tensor *along = inst_val(concat, "axis");
	int64_t n = values->n / 2, pad[4] = {n, n, 0, 0};
	int axis = -1, rank = 0;
	Inst **slice = newn(c->arena, Inst *, values->n);
	uint32_t nslice = 0;
	Builder b;
	Var *y;

	if (!match(concat, &axis, &rank) || axis < rank - 2 || !along ||
	    axis_from_front(tensor_i(along, 0), (uint32_t)rank) != axis ||
	    inst_int(concat, "interleave"))
		return false;
	b = pass_builder_before(c, concat);
	y = build1(&b, OP_pad, name_new(c, "pad"),
	           ARGS(VAR("x", arg_at(values, values->n / 2)),
	                INTSC(c, "pad", pad, axis == rank - 1 ? 2 : 4),
	                STRC(&b, "mode", "reflect")));
	for (uint32_t k = 0; k < values->n; k++)
		if (k != values->n / 2)
			slice[nslice++] = arg_at(values, k)->def;
	if (!pass_replace(concat->out[0], y, GONE(concat)))
		return false;
	rewrite_remove_all(slice, nslice);
	return true;
}
