/* sort.c: sorting, the greatest k, what is there once. */
#include "parts.h"

/* ---- sorting ---- */

static Var *
ascending(AtenCtx *c)
{
	return OP(logical_not, BOOL("x", bool_operand(c, "descending", false)));
}

HANDLER(argsort)
{
	Var *up = ascending(c);
	RESULT(NAMED(argsort, X(operand(c, "self")), INT("axis", int_operand(c, "dim", -1)),
	             VAR("ascending", up)));
}

/* The name that TorchScript gives to result i; exported files name them elsewhere. */
static const Str *
result_name(const AtenCtx *c, uint32_t i)
{
	return !c->exported && i < c->node->nout ? c->node->out[i].name : 0;
}

HANDLER(sort)
{
	Var *x = operand(c, "self"), *up = ascending(c), *out[2];
	int64_t dim = int_operand(c, "dim", -1);
	out[1] = aten_op(c, OP_argsort, result_name(c, 1),
	                 ARGS(X(x), INT("axis", dim), VAR("ascending", up)));
	out[0] = aten_op(c, OP_gather_along_axis, result_name(c, 0),
	                 ARGS(X(x), VAR("indices", out[1]), INT("axis", dim)));
	results(c, out, 2);
}

/* ---- the greatest k ---- */

/* For a k that is known at run time alone: all are sorted, and the first k taken. */
static void
topk_at_run_time(AtenCtx *c, Var *x, Var *k, int64_t dim, bool up)
{
	Var *out[2];
	out[1] = OP(argsort, X(x), INT("axis", dim), BOOL("ascending", up));
	out[0] = OP(gather_along_axis, X(x), VAR("indices", out[1]), INT("axis", dim));
	Var *first = range_to(c, k);
	out[0] = OP(gather, X(out[0]), VAR("indices", first), INT("axis", dim));
	out[1] = OP(gather, X(out[1]), VAR("indices", first), INT("axis", dim));
	results(c, out, 2);
}

HANDLER(topk)
{
	Var *x = operand(c, "self"), *k = operand(c, "k");
	int64_t dim = int_operand(c, "dim", -1);
	bool up = !bool_operand(c, "largest", true), sorted = bool_operand(c, "sorted", true);
	uint32_t n;
	if (!sorted && !ios(c, IOS16))
		aten_fail(c, "topk with sorted=False needs iOS16: give --target iOS16, or sort");
	if (c->failed)
		return;
	if (!k->val) {
		topk_at_run_time(c, x, k, dim, up);
		return;
	}
	const Tensor *sort = ios(c, IOS16) ? tensor_scalar_bool(c->arena, sorted) : 0;
	Var **out = aten_ops(c, OP_topk, c->node->name,
	                     ARGS(X(x), VAR("k", k), INT("axis", dim), BOOL("ascending", up),
	                          TENSOR("sort", sort)),
	                     &n);
	results(c, out, n);
}

/* ---- what is there once ---- */

/* One row for each distinct value, true where the element is that value. */
static Var *
equal_matrix(AtenCtx *c, Var *flat, Var *column, Var *count)
{
	Var *x = OP(tile, X(flat), VAR("reps", count));
	Var *both[2] = {count, OP(shape, X(flat))};
	Var *shape = concat_numbers(c, both, 2);
	Var *v[2] = {OP(reshape, X(x), VAR("shape", shape)), 0};
	v[1] = cast(c, column, DT_INT32);
	promote(c, v, 2);
	Var *other = OP(sub, X(v[0]), Y(v[1]));
	other = cast(c, other, DT_BOOL);
	return OP(logical_not, X(other));
}

/* Sorted, a value is new where it differs from the one before it. */
HANDLER(unique2)
{
	Var *x = operand(c, "self");
	bool inverse = bool_operand(c, "return_inverse", false);
	bool counts = bool_operand(c, "return_counts", false);
	if (!bool_operand(c, "sorted", true))
		aten_fail(c, "unique with sorted=False is not there: the values come sorted");
	Var *flat = OP(reshape, X(x), LIT("shape", -1));
	Var *index = OP(argsort, X(flat), BOOL("ascending", true));
	Var *sorted = OP(gather_along_axis, X(flat), VAR("indices", index));
	sorted = cast(c, sorted, DT_FP32);
	Var *shifted = OP(pad, X(sorted), LIT("pad", 1, 0),
	                  FLT("constant_val", -__builtin_inf()));
	Var *longer = OP(pad, X(sorted), LIT("pad", 0, 1), STR("mode", "replicate"));
	Var *step = OP(sub, X(longer), Y(shifted));
	Var *where = OP(non_zero, X(step));
	Var *column = OP(gather, X(sorted), VAR("indices", where));
	Var *values = OP(squeeze, X(column));
	result_tv(c, 0, tv_of_var(values));
	if (!inverse && !counts)
		return;
	Var *count = OP(shape, X(values));
	Var *same = equal_matrix(c, flat, column, count);
	if (inverse) {
		Var *number = range_to(c, OP(squeeze, X(count)));
		Var *which = cast(c, same, DT_INT32);
		which = OP(matmul, X(number), Y(which));
		Var *shape = OP(shape, X(x));
		result_tv(c, 1, tv_of_var(OP(reshape, X(which), VAR("shape", shape))));
	}
	if (counts) {
		Var *n = cast(c, same, DT_INT32);
		result_tv(c, 2, tv_of_var(OP(reduce_sum, X(n), LIT("axes", -1))));
	}
}
