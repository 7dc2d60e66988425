/* index.c: reading parts of tensors: slices, indices, masks and tables. Writing them stands in
 * assign.c. */
#include "broadcast.h"

/* ---- slices ---- */
/* A vector of zeros, but for one element that is a number, or a value of the program. */
static Var *
vector_but_one(AtenCtx *c, const int64_t *v, uint32_t n, int64_t at, const Tv *one)
{
	Var **part;

	if (tv_known(one)) {
		int64_t *w = arena_dup(c->arena, v, n * sizeof *v);

		w[at] = tv_int(c, one, "an index");
		return ints(c, w, n);
	}
	part = newn(c->arena, Var *, n);
	for (uint32_t i = 0; i < n; i++)
		part[i] = i == at ? tv_var(c, one, "an index") : num(c, v[i]);
	return concat_numbers(c, part, n);
}

/* Sizes, 0 where they are known at run time alone. */
static int64_t *
sizes_or_zero(AtenCtx *c, const Var *x)
{
	int64_t *v = per_dim(c, rank_of(x), 0);

	for (uint32_t i = 0; i < rank_of(x); i++)
		if (dim_known(dim_of(x, i)))
			v[i] = dim_of(x, i);
	return v;
}

/* The last element ends where the dimension ends. */
HANDLER(select)
{
	Var *x = operand_n(c, 0), *begin, *end;
	const Tv *index = operand_of(c, "index");
	Tv behind;
	uint32_t rank = rank_of(x);
	int64_t at = axis_of(c, int_operand(c, "dim", 0), rank);
	bool *open = flag_per_dim(c, rank, true), *drop = flag_per_dim(c, rank, false);
	int64_t *size = sizes_or_zero(c, x);

	if (c->failed)
		return;
	begin = vector_but_one(c, per_dim(c, rank, 0), rank, at, index);
	drop[at] = true;
	if (!tv_known(index)) {
		behind = tv_of_var(OP(add, X(tv_var(c, index, "index")), INT("y", 1)));
		open[at] = false;
		end = vector_but_one(c, size, rank, at, &behind);
	} else {
		int64_t i = tv_int(c, index, "index");

		open[at] = i == -1;
		if (i != -1)
			size[at] = i + 1;
		end = ints(c, size, rank);
	}
	RESULT(NAMED(slice_by_index, X(x), VAR("begin", begin), VAR("end", end),
	             BOOLS("end_mask", open, rank), BOOLS("squeeze_mask", drop, rank)));
}

/* Part of a list that is no tensor: of a shape, say. */
static void
slice_list(AtenCtx *c, const Tv *list)
{
	int64_t n = list->list.n, step = int_operand(c, "step", 1);
	int64_t from = int_operand(c, "start", 0), to = int_operand(c, "end", n);
	uint32_t k = 0;
	Tv *item = newn(c->arena, Tv, (size_t)n + 1);

	from += from < 0 ? n : 0;
	to += to < 0 ? n : 0;
	if (!c->failed && step < 1)
		aten_fail(c, "a step of %lld through a list is not supported", (long long)step);
	for (int64_t i = MAX(from, 0); !c->failed && i < MIN(to, n); i += step)
		item[k++] = list->list.item[i];
	result_tv(c, 0, (Tv){.kind = TV_LIST, .list = {item, k}});
}

/* Where the slice ends; true: with the dimension. */
static bool
slice_is_open(AtenCtx *c, const Tv *end, Dim size, int64_t *to)
{
	*to = 1;
	if (end->kind == TV_NONE)
		return true;
	if (!tv_known(end))
		return false;
	*to = tv_int(c, end, "end");
	/* "No end" is the largest number in many files. */
	if ((dim_known(size) && *to >= size) || *to == INT32_MAX) {
		*to = 1;
		return true;
	}
	return false;
}

HANDLER(slice)
{
	const Tv *from = operand_of(c, "start"), *end = operand_of(c, "end");
	const Tv zero = {.kind = TV_INT};
	Tv to;
	int64_t step, at, n, *size, *stride;
	Var *x;
	uint32_t rank;
	bool *open;

	if (operand_at(c, 0)->kind == TV_LIST) {
		slice_list(c, operand_at(c, 0));
		return;
	}
	x = operand_n(c, 0), rank = rank_of(x), step = int_operand(c, "step", 1);
	at = axis_of(c, int_operand(c, "dim", 0), rank);
	if (c->failed)
		return;
	if (from->kind == TV_NONE)
		from = &zero;
	if (tv_known(from) && tv_int(c, from, "start") == 0 && end->kind == TV_NONE && step == 1) {
		RESULT(NAMED(identity, X(x)));
		return;
	}
	open = flag_per_dim(c, rank, true), stride = per_dim(c, rank, 1);
	size = sizes_or_zero(c, x);
	stride[at] = step;
	open[at] = slice_is_open(c, end, dim_of(x, at), &n);
	to = open[at] || tv_known(end) ? (Tv){.kind = TV_INT, .i = n} : *end;
	if (end->kind == TV_NONE)
		to.i = size[at];
	Var *begin = vector_but_one(c, per_dim(c, rank, 0), rank, at, from);

	RESULT(NAMED(slice_by_index, X(x), VAR("begin", begin),
	             VAR("end", vector_but_one(c, size, rank, at, &to)),
	             BOOLS("end_mask", open, rank),
	             INTS_OR_NONE("stride", step == 1 ? NULL : stride, rank)));
}

/* ---- tables ---- */
HANDLER(embedding)
{
	Var *weight = operand_n(c, 0), *at = cast(c, operand_n(c, 1), DT_INT32);

	RESULT(NAMED(gather, X(weight), VAR("indices", at)));
}

HANDLER(gather)
{
	RESULT(NAMED(gather_along_axis, X(operand(c, "self")), VAR("indices", operand(c, "index")),
	             INT("axis", int_operand(c, "dim", 0))));
}

HANDLER(index_select)
{
	RESULT(NAMED(gather, X(operand(c, "self")), VAR("indices", operand(c, "index")),
	             INT("axis", int_operand(c, "dim", 0))));
}

HANDLER(one_hot)
{
	RESULT(NAMED(one_hot, VAR("indices", operand(c, "self")),
	             INT("one_hot_vector_size", int_operand(c, "num_classes", -1))));
}

/* For each value, how many elements of the sequence are smaller. */
HANDLER(searchsorted)
{
	Var *sorted = operand_n(c, 0), *values = operand_n(c, 1), *less;
	uint32_t rank = rank_of(sorted);
	const char *side = str_operand(c, "side", NULL);
	bool right = side ? strcmp(side, "right") == 0 : bool_operand(c, "right", false);
	int64_t *reps = per_dim(c, rank + 1, 1);

	if (c->failed)
		return;
	if (!rank || rank != rank_of(values) || !dim_known(dim_of(values, -1))) {
		aten_fail(c, "a sequence with %u dimensions and values with %u: they need equally "
		             "many, and the size of the last one of the values must be known",
		          rank, rank_of(values));
		return;
	}
	reps[rank - 1] = dim_of(values, -1);
	sorted = OP(tile, X(OP(expand_dims, X(sorted), LIT("axes", -2))),
	            INTS("reps", reps, rank + 1));
	values = OP(expand_dims, X(values), LIT("axes", -1));
	less = right ? OP(greater_equal, X(values), Y(sorted)) : OP(greater, X(values), Y(sorted));
	RESULT(OP(reduce_sum, X(cast(c, less, DT_INT32)), LIT("axes", -1),
	          BOOL("keep_dims", false)));
}

/* ---- masks ---- */
HANDLER(nonzero)
{
	RESULT(NAMED(non_zero, X(operand(c, "self"))));
}

static void
nonzero_columns(AtenCtx *c, Var *x)
{
	Var *at = OP(non_zero, X(x)), **v = newn(c->arena, Var *, rank_of(x) + 1);

	for (uint32_t i = 0; i < rank_of(x) && !c->failed; i++)
		v[i] = OP(slice_by_index, X(at), LIT("begin", 0, i), LIT("end", -1, -1),
		          BOOLS("end_mask", ((const bool[]){true, false}), 2),
		          BOOLS("squeeze_mask", ((const bool[]){false, true}), 2));
	result_list(c, v, rank_of(x));
}

HANDLER(nonzero_numpy)
{
	Var *x = operand_n(c, 0);

	if (x)
		nonzero_columns(c, x);
}

HANDLER(where)
{
	Var *cond = operand_n(c, 0), *v[3];

	if (c->failed)
		return;
	if (c->node->nin == 1) {
		nonzero_columns(c, cond);
		return;
	}
	v[1] = operand_n(c, 1), v[2] = operand_n(c, 2);
	promote(c, v + 1, 2);
	v[0] = as_type(c, cond, DT_BOOL);
	if (c->failed)
		return;
	if (dims_known(v[0]) && dims_known(v[1]) && dims_known(v[2]))
		broadcast_all(c, v, 3);
	RESULT(NAMED(select, VAR("cond", v[0]), VAR("a", v[1]), VAR("b", v[2])));
}

HANDLER(where_scalarself)
{
	RESULT(OP(select, VAR("cond", operand_n(c, 0)), VAR("a", operand_n(c, 1)),
	          VAR("b", operand_n(c, 2))));
}

HANDLER(masked_fill)
{
	Var *x = operand_n(c, 0), *mask = operand_n(c, 1), *v[2] = {operand_n(c, 2), x};

	if (c->failed)
		return;
	mask = as_type(c, mask, DT_BOOL);
	v[0] = as_type(c, v[0], dtype_of(x));
	promote(c, v, 2);
	RESULT(NAMED(select, VAR("cond", mask), VAR("a", v[0]), VAR("b", v[1])));
}

/* Zeros where the band is. Not x minus its band: an infinity minus itself is no number. */
static Var *
without_band(AtenCtx *c, Var *x, int64_t lower, int64_t upper)
{
	Var *band = OP(fill, VAR("shape", OP(shape, X(x))), FLT("value", 1)), *zero;

	band = OP(band_part, X(band), INT("lower", lower), INT("upper", upper));
	zero = cast(c, num(c, 0), dtype_of(x));
	return OP(select, VAR("cond", cast(c, band, DT_BOOL)), VAR("a", zero), VAR("b", x));
}

HANDLER(triu)
{
	Var *x = operand_n(c, 0);
	int64_t d = int_operand(c, "diagonal", 0);

	RESULT(d <= 0 ? OP(band_part, X(x), INT("lower", -d), INT("upper", -1))
	              : without_band(c, x, -1, d - 1));
}

HANDLER(tril)
{
	Var *x = operand_n(c, 0);
	int64_t d = int_operand(c, "diagonal", 0);

	RESULT(d >= 0 ? OP(band_part, X(x), INT("lower", -1), INT("upper", d))
	              : without_band(c, x, -d - 1, -1));
}

/* ---- x[i, :, j] ---- */
typedef struct Indices {
	Var **v;       /* those that are there */
	int64_t *axis; /* of each */
	uint32_t n;
} Indices;

static bool
indices_operand(AtenCtx *c, uint32_t rank, Indices *in)
{
	const Tv *list = operand_at(c, 1);

	if (!c->failed && list->kind != TV_LIST)
		aten_fail(c, "the indices are no list of tensors");
	if (!c->failed && list->list.n > rank)
		aten_fail(c, "%u indices for %u dimensions", list->list.n, rank);
	if (c->failed)
		return false;
	*in = (Indices){newn(c->arena, Var *, rank + 1), per_dim(c, rank, 0), 0};
	for (uint32_t i = 0; i < list->list.n; i++)
		if (list->list.item[i].kind != TV_NONE) {
			in->axis[in->n] = i;
			in->v[in->n++] = tv_var(c, &list->list.item[i], "an index");
		}
	return !c->failed;
}

/* A mask over some dimensions: what is chosen becomes one dimension in their place. */
static void
index_by_mask(AtenCtx *c, Var *x, Var *mask, int64_t axis)
{
	uint32_t rank = rank_of(x), n = rank_of(mask), k = 0;
	int64_t *front, *back;
	Var *at;

	if (axis + n > rank) {
		aten_fail(c, "a mask of %u dimensions for a value of %u", n, rank);
		return;
	}
	at = OP(non_zero, X(mask));
	front = axes_in_front(c, rank, count_from(c, axis, n), n);
	x = OP(transpose, X(x), INTS("perm", front, rank));
	x = gather_any(c, OP_gather_nd, x, at, 0, NULL);
	rank = rank_of(x);
	back = per_dim(c, rank, 0);
	for (uint32_t i = 0; i < rank; i++)
		back[i] = i == axis ? 0 : ++k;
	RESULT(NAMED(transpose, X(x), INTS("perm", back, rank)));
}

/* Several indices: their dimensions go to the front, and what they choose goes back to their place
 * if they stand side by side. */
static void
index_by_several(AtenCtx *c, Var *x, Indices *in)
{
	uint32_t rank = rank_of(x), out, n;
	bool together = true;
	Var *at;
	int64_t *back, *places;

	broadcast_all(c, in->v, in->n);
	if (c->failed)
		return;
	n = rank_of(in->v[0]);
	at = OP(stack, VALUES(in->v, in->n), INT("axis", n));
	for (uint32_t i = 1; i < in->n; i++)
		together = together && in->axis[i] == in->axis[i - 1] + 1;
	x = OP(transpose, X(x), INTS("perm", axes_in_front(c, rank, in->axis, in->n), rank));
	x = gather_any(c, OP_gather_nd, x, at, 0, together ? NULL : c->node->name);
	if (!together) {
		RESULT(x);
		return;
	}
	out = rank + n - in->n;
	places = axes_in_front(c, out, count_from(c, in->axis[0], n), n);
	back = order_back(c, places, out);
	RESULT(NAMED(transpose, X(x), INTS("perm", back, out)));
}

HANDLER(index)
{
	Var *x = operand_n(c, 0);
	uint32_t masks = 0, mask = 0;
	Indices in;

	if (c->failed || !indices_operand(c, rank_of(x), &in))
		return;
	for (uint32_t i = 0; i < in.n; i++)
		if (dtype_of(in.v[i]) == DT_BOOL) {
			masks++;
			mask = i;
		}
	if (masks == 1) {
		index_by_mask(c, x, in.v[mask], in.axis[mask]);
		return;
	}
	if (!in.n) {
		RESULT(NAMED(identity, X(x)));
		return;
	}
	for (uint32_t i = 0; i < in.n && !c->failed; i++) {
		if (dtype_of(in.v[i]) == DT_BOOL)
			in.v[i] = OP(squeeze, X(OP(non_zero, X(in.v[i]))), LIT("axes", 1));
		if (!dtype_is_int(dtype_of(in.v[i])))
			in.v[i] = cast(c, in.v[i], DT_INT32);
	}
	if (in.n == 1)
		RESULT(gather_any(c, OP_gather, x, in.v[0], in.axis[0], c->node->name));
	else
		index_by_several(c, x, &in);
}
