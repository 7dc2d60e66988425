/* assign.c: writing parts of tensors. Nothing is changed in place: the result is the whole tensor
 * with the part that was written. What is written to a slice is a slice_update from iOS 18 on, and
 * before that an operation which a pass takes apart (torch_tensor_assign_to_core).
 */
#include "broadcast.h"

/* A slice, and which of its fields count. 0: absent. */
typedef struct Part {
	Var *begin, *end;
	int64_t *stride;
	bool *begin_mask, *end_mask, *squeeze_mask;
} Part;

/* What iOS 18 does not run is the assignment of one number: it becomes a vector of one in a slice
 * of one. False: the place is known at run time alone. */
static bool
widen_number(AtenCtx *c, const Var *x, Var **updates, Part *p)
{
	uint32_t rank = rank_of(x), at = 0;
	int64_t *begin, *end;

	if (!p->begin->val || !p->end->val || !dims_known(x))
		return false;
	while (at < rank && p->squeeze_mask && !p->squeeze_mask[at])
		at++;
	if (!p->squeeze_mask || at == rank) {
		aten_fail(c, "one number is assigned to several elements: make it a tensor of "
		             "their shape");
		return true;
	}
	p->squeeze_mask[at] = false;
	begin = per_dim(c, rank, 0), end = per_dim(c, rank, 0);
	for (uint32_t i = 0; i < rank; i++) {
		begin[i] = tensor_i(p->begin->val, i);
		begin[i] += begin[i] < 0 ? dim_of(x, i) : 0;
		end[i] = begin[i] + 1;
	}
	p->begin = ints(c, begin, rank), p->end = ints(c, end, rank);
	*updates = OP(expand_dims, X(*updates), LIT("axes", 0));
	return true;
}

static Var *
assign(AtenCtx *c, Var *x, Var *updates, Part p)
{
	uint32_t rank = rank_of(x);
	bool update = ios(c, IOS18);

	if (c->failed || !p.begin || !p.end)
		return NULL;
	if (update && rank_of(updates) == 0)
		update = widen_number(c, x, &updates, &p);
	return aten_op(c, update ? OP_slice_update : OP_torch_tensor_assign, c->node->name,
	               ARGS(X(x), VAR(update ? "update" : "updates", updates),
	                    VAR("begin", p.begin), VAR("end", p.end),
	                    INTS_OR_NONE("stride", p.stride, rank),
	                    BOOLS("begin_mask", p.begin_mask, rank),
	                    BOOLS("end_mask", p.end_mask, rank),
	                    BOOLS("squeeze_mask", p.squeeze_mask, rank)));
}

/* ---- x[…] = y in TorchScript: the operands behind the first two are threes of begin, end and
 * step, one for each dimension from the first on; (index, None, None) is one element. ---- */

/* A number of rank 0 as a vector of one. */
static Var *
as_vector(AtenCtx *c, const Tv *t)
{
	Var *v = tv_var(c, t, "a bound of the slice");

	return rank_of(v) ? v : OP(expand_dims, X(v), LIT("axes", 0));
}

static void
slice_bound(AtenCtx *c, uint32_t at, Var **bound, bool *open)
{
	const Tv *t = operand_at(c, at);

	if (t->kind == TV_NONE)
		*open = true;
	else
		*bound = as_vector(c, t);
}

static Part
part_operands(AtenCtx *c, const Var *x)
{
	uint32_t rank = rank_of(x), n = (c->node->nin - 2) / 3;
	Var **begin = newn(c->arena, Var *, rank + 1), **end = newn(c->arena, Var *, rank + 1);
	Var *zero = ints(c, &(const int64_t){0}, 1);
	Part p = {.stride = per_dim(c, rank, 1),
	          .begin_mask = flag_per_dim(c, rank, false),
	          .end_mask = flag_per_dim(c, rank, false),
	          .squeeze_mask = flag_per_dim(c, rank, false)};

	if (n > rank)
		aten_fail(c, "%u indices for %u dimensions", n, rank);
	for (uint32_t i = 0; i < rank && !c->failed; i++) {
		uint32_t at = 2 + 3 * i;

		begin[i] = end[i] = zero;
		if (i >= n)
			p.begin_mask[i] = p.end_mask[i] = true;
		else if (c->node->in[at + 1].kind == T_NONE && c->node->in[at + 2].kind == T_NONE) {
			begin[i] = as_vector(c, operand_at(c, at));
			p.squeeze_mask[i] = true;
		} else {
			slice_bound(c, at, &begin[i], &p.begin_mask[i]);
			slice_bound(c, at + 1, &end[i], &p.end_mask[i]);
			if (operand_at(c, at + 2)->kind != TV_NONE)
				p.stride[i] = tv_int(c, operand_at(c, at + 2), "the step");
		}
	}
	p.begin = concat_numbers(c, begin, rank);
	p.end = concat_numbers(c, end, rank);
	return p;
}

HANDLER(internal_op_tensor_inplace_copy)
{
	Var *v[2] = {operand_n(c, 0), operand_n(c, 1)};
	Part p;

	if (c->failed)
		return;
	p = part_operands(c, v[0]);
	promote(c, v, 2);
	RESULT(assign(c, v[0], v[1], p));
}

/* The shape of a slice whose bounds are known: of rank *n. */
static int64_t *
part_shape(AtenCtx *c, const Var *x, const Part *p, uint32_t *n)
{
	int64_t *out = per_dim(c, rank_of(x), 0);

	*n = 0;
	for (uint32_t i = 0; i < rank_of(x); i++) {
		int64_t size = dim_of(x, i), step = p->stride[i];
		int64_t from = tensor_i(p->begin->val, i), to = tensor_i(p->end->val, i);

		if (p->squeeze_mask[i])
			continue;
		if (step < 1) {
			aten_fail(c, "a step of %lld is not supported", (long long)step);
			return out;
		}
		from = p->begin_mask[i] ? 0 : MAX(from < 0 ? from + size : from, 0);
		to = p->end_mask[i] ? size : MIN(to < 0 ? to + size : to, size);
		out[(*n)++] = MAX(int_ceildiv(to - from, step), 0);
	}
	return out;
}

/* Numbers of one value in the shape of the slice. */
static void
fill_part(AtenCtx *c, Var *x, double value, DType t)
{
	uint32_t n;
	int64_t *shape;
	Tensor *full;
	Var *v[2] = {x};
	Part p = part_operands(c, x);

	if (!c->failed && (!p.begin->val || !p.end->val || !dims_known(x)))
		aten_fail(c, "a part that is known at run time alone cannot be filled: use "
		             "torch.where with a mask");
	if (c->failed)
		return;
	shape = part_shape(c, x, &p, &n);
	if (c->failed)
		return;
	full = tensor_filled(c->arena, t, shape, (int)n, value);
	v[1] = aten_const(c, full, NULL);
	promote(c, v, 2);
	RESULT(full->count ? assign(c, v[0], v[1], p) : NAMED(identity, X(v[0])));
}

HANDLER(internal_op_tensor_inplace_fill)
{
	Var *x = operand_n(c, 0), *value = operand_n(c, 1), *full;

	if (c->failed)
		return;
	if (!value->val || value->val->count != 1) {
		aten_fail(c, "what a tensor is filled with must be a constant number: use an "
		             "assignment of a tensor");
		return;
	}
	if (c->node->nin > 2) {
		fill_part(c, x, tensor_f(value->val, 0), dtype_of(value));
		return;
	}
	full = OP(fill, VAR("shape", OP(shape, X(x))),
	          TENSOR("value", tensor_reshape(c->arena, value->val, NULL, 0)));
	RESULT(cast_named(c, full, dtype_of(x), c->node->name));
}

/* ---- torch.select_scatter, slice_scatter ---- */
HANDLER(select_scatter)
{
	Var *x = operand_n(c, 0), *updates = operand_n(c, 1), **begin;
	uint32_t rank = rank_of(x);
	int64_t at = axis_of(c, int_operand(c, "dim", 0), rank);
	Part p = {.squeeze_mask = flag_per_dim(c, rank, false)};

	if (c->failed)
		return;
	begin = newn(c->arena, Var *, rank + 1);
	for (uint32_t i = 0; i < rank; i++)
		begin[i] = i == at ? operand(c, "index") : num(c, 0);
	p.squeeze_mask[at] = true;
	p.begin = concat_numbers(c, begin, rank);
	p.end = OP(shape, X(x));
	RESULT(assign(c, x, updates, p));
}

HANDLER(slice_scatter)
{
	Var *v[2] = {operand_n(c, 0), operand_n(c, 1)}, **begin, **end, *shape;
	uint32_t rank = rank_of(v[0]);
	int64_t at = axis_of(c, int_operand(c, "dim", 0), rank);
	Part p = {.stride = per_dim(c, rank, 1)};

	promote(c, v, 2);
	shape = OP(shape, X(v[0]));
	begin = newn(c->arena, Var *, rank + 1), end = newn(c->arena, Var *, rank + 1);
	for (uint32_t i = 0; i < rank && !c->failed; i++) {
		begin[i] = num(c, 0);
		end[i] = value_at(c, shape, i, NULL);
	}
	if (c->failed)
		return;
	if (operand_is_there(c, "start"))
		begin[at] = operand(c, "start");
	if (operand_is_there(c, "end"))
		end[at] = OP(minimum, X(operand(c, "end")), Y(end[at]));
	p.stride[at] = int_operand(c, "step", 1);
	p.begin = concat_numbers(c, begin, rank), p.end = concat_numbers(c, end, rank);
	RESULT(assign(c, v[0], v[1], p));
}

/* ---- x[i, j] = y ---- */
/* values in the shape that a part has, whose symbols are those of other values. */
static Var *
fitted(AtenCtx *c, Var *values, const Dim *shape, uint32_t rank, Var *const *from, uint32_t nfrom)
{
	return has_shape(values, shape, rank)
	           ? values
	           : broadcast_to(c, values, size_vector(c, shape, rank, from, nfrom),
	                          name_with(c, values->name, "_broadcasted"));
}

/* Indices, some of which are ':': single elements along the others. */
static void
put_slices(AtenCtx *c, Var *x, const Tv *list, Var *values)
{
	uint32_t rank = rank_of(x);
	Var **begin = newn(c->arena, Var *, rank + 1), **end = newn(c->arena, Var *, rank + 1);
	Dim *shape = per_dim(c, rank, 1);
	bool *open = flag_per_dim(c, rank, true);
	Part p = {.stride = per_dim(c, rank, 1), .begin_mask = open, .end_mask = open};

	p.squeeze_mask = flag_per_dim(c, rank, false);
	for (uint32_t i = 0; i < rank && !c->failed; i++) {
		const Tv *t = i < list->list.n ? &list->list.item[i] : NULL;

		if (t && t->kind != TV_NONE) {
			begin[i] = tv_var(c, t, "an index");
			if (rank_of(begin[i]))
				begin[i] = OP(squeeze, X(begin[i]));
			end[i] = OP(add, X(begin[i]), INT("y", 1));
			open[i] = false;
			continue;
		}
		shape[i] = dim_of(x, i);
		begin[i] = num(c, 0);
		end[i] = num(c, dim_known(shape[i]) ? shape[i] : 0);
	}
	if (c->failed)
		return;
	p.begin = concat_numbers(c, begin, rank), p.end = concat_numbers(c, end, rank);
	RESULT(assign(c, x, fitted(c, values, shape, rank, &x, 1), p));
}

/* Where a mask is true. */
static Var *
mask_places(AtenCtx *c, const Var *x, Var *const *index, uint32_t n)
{
	uint32_t rank = rank_of(index[0]);
	bool fits = rank <= rank_of(x);

	for (uint32_t i = 0; i < rank && fits; i++)
		fits = dim_of(index[0], i) == dim_of(x, i);
	if (n == 1 && fits)
		return OP(non_zero, X(cast(c, index[0], DT_INT32)));
	if (n != 1)
		aten_fail(c, "assigning to several masks is not supported: combine them to one");
	else
		aten_fail(c, "the mask has the shape %s, what it is used for %s: they must be "
		             "equal in the dimensions of the mask",
		          type_str(c->b->prog->types, index[0]->type),
		          type_str(c->b->prog->types, x->type));
	return NULL;
}

/* From iOS 17 on it is undefined what scatter_nd does with negative indices. */
static Var *
without_negative(AtenCtx *c, Var *x, Var *index)
{
	Var *there, *shape, *n;

	if (!ios(c, IOS17))
		return index;
	there = OP(greater_equal, X(index), INT("y", 0));
	shape = OP(shape, X(x));
	n = value_at(c, OP(shape, X(index)), (int64_t)rank_of(index) - 1, NULL);
	n = OP(expand_dims, X(n), LIT("axes", 0));
	shape = OP(slice_by_size, X(shape), LIT("begin", 0), VAR("size", n));
	return OP(select, VAR("cond", there), VAR("a", index),
	          VAR("b", OP(add, X(index), Y(shape))));
}

/* values in the shape that places and x ask for. */
static Var *
values_for(AtenCtx *c, Var *x, Var *index, Var *values)
{
	uint32_t front = rank_of(index) - 1, depth = (uint32_t)dim_of(index, -1), rank;
	Dim *shape = per_dim(c, front + rank_of(x), 0);
	Var *from[2] = {index, x};

	if (depth > rank_of(x)) {
		aten_fail(c, "%u indices for %u dimensions", depth, rank_of(x));
		return NULL;
	}
	rank = front + rank_of(x) - depth;
	for (uint32_t i = 0; i < rank; i++)
		shape[i] = i < front ? dim_of(index, i) : dim_of(x, (int64_t)(i - front + depth));
	return fitted(c, values, shape, rank, from, 2);
}

HANDLER(index_put)
{
	Var *x = operand_n(c, 0), **v, *index, *values = operand_n(c, 2);
	const Tv *list = operand_at(c, 1);
	bool add = bool_operand(c, "accumulate", false);
	uint32_t n;

	if (c->failed)
		return;
	if (list->kind != TV_LIST || !list->list.n || list->list.n > rank_of(x)) {
		aten_fail(c, "the indices are no list of as many tensors as there are dimensions");
		return;
	}
	for (uint32_t i = 0; i < list->list.n; i++)
		if (list->list.item[i].kind == TV_NONE) {
			if (add)
				aten_fail(c, "accumulate=True with a ':' among the indices is not "
				             "supported: add first, then assign");
			put_slices(c, x, list, values);
			return;
		}
	v = tv_vars(c, list, &n, "an index");
	if (c->failed)
		return;
	if (dtype_of(v[0]) == DT_BOOL) {
		index = mask_places(c, x, v, n);
		if (index && dim_of(index, 0) == 0) {
			RESULT(NAMED(identity, X(x)));
			return;
		}
	} else if (dtype_is_int(dtype_of(v[0])))
		index = n > 1 ? OP(stack, VALUES(v, n), INT("axis", rank_of(v[0])))
		              : OP(expand_dims, X(v[0]), LIT("axes", -1));
	else {
		aten_fail(c, "an index is a tensor of integers or a mask");
		return;
	}
	if (!index)
		return;
	values = values_for(c, x, index, values);
	index = without_negative(c, x, index);
	if (dtype_of(x) == DT_BOOL)
		x = cast(c, x, DT_INT32);
	if (dtype_of(values) == DT_BOOL)
		values = cast(c, values, DT_INT32);
	RESULT(NAMED(scatter_nd, VAR("data", x), VAR("indices", index), VAR("updates", values),
	             STR("mode", add ? "add" : "update")));
}

/* ---- masks, tables, wholes ---- */
HANDLER(masked_scatter)
{
	Var *x = operand_n(c, 0), *mask = operand_n(c, 1), *source = operand_n(c, 2), *shape;
	Var *v[2], *at, *n;

	if (c->failed)
		return;
	mask = as_type(c, mask, DT_BOOL);
	shape = OP(shape, X(x));
	v[1] = OP(reshape, X(x), LIT("shape", -1));
	at = OP(non_zero, X(OP(reshape, X(mask), LIT("shape", -1))));
	source = OP(reshape, X(source), LIT("shape", -1));
	n = OP(gather, X(OP(shape, X(at))), LIT("indices", 0), INT("axis", 0));
	n = OP(reshape, X(n), LIT("shape", 1));
	v[0] = OP(slice_by_size, X(source), LIT("begin", 0), VAR("size", n));
	promote(c, v, 2);
	x = OP(scatter_nd, VAR("data", v[1]), VAR("indices", at), VAR("updates", v[0]),
	       STR("mode", "update"));
	RESULT(NAMED(reshape, X(x), VAR("shape", shape)));
}

static void
scatter_with(AtenCtx *c, const char *mode)
{
	Var *x = operand_n(c, 0), *index = operand_n(c, 2), *updates = operand_n(c, 3);
	int64_t axis = tv_int(c, operand_at(c, 1), "dim");

	if (c->failed)
		return;
	if (rank_of(updates) == 0 && updates->val) {
		if (!dims_known(index)) {
			aten_fail(c, "a number is written to places of unknown shape: make it a "
			             "tensor");
			return;
		}
		updates = OP(fill, INTS("shape", index->type->dim, rank_of(index)),
		             TENSOR("value", updates->val));
	}
	RESULT(NAMED(scatter_along_axis, VAR("data", x), VAR("indices", index),
	             VAR("updates", updates), INT("axis", axis), STR("mode", mode)));
}

HANDLER(scatter)
{
	const Tv *reduce = operand_at(c, 4);
	const char *mode = reduce->kind == TV_NONE ? "update" : tv_str(c, reduce, "reduce");

	if (!strcmp(mode, "multiply"))
		mode = "mul";
	if (!c->failed && strcmp(mode, "update") && strcmp(mode, "add") && strcmp(mode, "mul"))
		aten_fail(c, "reduce is \"add\" or \"multiply\", not \"%s\"", mode);
	scatter_with(c, mode);
}

HANDLER(scatter_add)
{
	scatter_with(c, "add");
}

/* What is copied takes the other's place, and its shape. */
HANDLER(copy)
{
	Var *v[2] = {operand_n(c, 0), operand_n(c, 1)};

	if (c->failed)
		return;
	if (!same_shape(v[0], v[1]))
		broadcast_all(c, v, 2);
	RESULT(NAMED(identity, X(v[1])));
}
