/* shape.c: the same elements in another shape or order of dimensions. Joining and splitting stands
 * in join.c, what looks through a window in window.c.
 */
#include "broadcast.h"

/* ---- transposes ---- */
HANDLER(transpose)
{
	Var *x = operand_n(c, 0);
	uint32_t rank = rank_of(x);
	int64_t *perm = count_from(c, 0, MAX(rank, 2)), a, b;

	if (c->failed)
		return;
	if (c->node->nin == 1) {
		if (rank > 2)
			aten_fail(c, "a transpose without dimensions takes a matrix, not %u "
			             "dimensions: name the two that change places",
			          rank);
		RESULT(NAMED(transpose, X(x), LIT("perm", 1, 0)));
		return;
	}
	a = int_operand(c, "dim0", 0), b = int_operand(c, "dim1", 0);
	/* Numbers from the end stay so. */
	int64_t at_a = axis_of(c, a, rank), at_b = axis_of(c, b, rank);
	if (c->failed)
		return;
	perm[at_a] = b;
	perm[at_b] = a;
	RESULT(NAMED(transpose, X(x), INTS("perm", perm, rank)));
}

HANDLER(permute_copy)
{
	uint32_t n;
	int64_t *dims = ints_operand(c, "dims", &n);

	RESULT(NAMED(transpose, X(operand(c, "self")), INTS("perm", dims, n)));
}

/* ---- reshapes ---- */
HANDLER(reshape_as)
{
	Var *x = operand(c, "self"), *like = operand(c, "other");

	RESULT(NAMED(reshape, X(x), VAR("shape", OP(shape, X(like)))));
}

HANDLER(reshape_from_tensor)
{
	RESULT(NAMED(reshape, X(operand_n(c, 0)), VAR("shape", operand_n(c, 1))));
}

/* The sizes in front of `from` and behind `to`, with what stands between them instead. */
static Var *
replace_sizes(AtenCtx *c, Var *x, int64_t from, int64_t to, Var *between)
{
	Var *shape = OP(shape, X(x)), *parts[3];

	parts[0] = OP(slice_by_index, X(shape), LIT("begin", 0), LIT("end", from));
	parts[1] = between;
	parts[2] = OP(slice_by_index, X(shape), LIT("begin", to), LIT("end", rank_of(x)));
	return cast(c, concat_numbers(c, parts, 3), DT_INT32);
}

HANDLER(flatten)
{
	Var *x = operand_n(c, 0);
	int64_t rank = rank_of(x), start = int_operand(c, "start_dim", 0);
	int64_t end = int_operand(c, "end_dim", -1), size = -1;

	start += start < 0 ? rank : 0;
	end += end < 0 ? rank : 0;
	if (start < 0 || end < 0 || start > rank || end > rank || start > end) {
		aten_fail(c, "dimensions %lld to %lld are none of a value with %lld",
		          (long long)start, (long long)end, (long long)rank);
		return;
	}
	if (dims_known(x)) {
		size = 1;
		for (int64_t i = start; i <= end && i < rank; i++)
			size *= dim_of(x, i);
	}
	RESULT(NAMED(reshape, X(x),
	             VAR("shape", replace_sizes(c, x, start, end + 1, ints(c, &size, 1)))));
}

HANDLER(unflatten)
{
	Var *x = operand_n(c, 0), *sizes;
	int64_t dim = axis_of(c, int_operand(c, "dim", 0), rank_of(x));
	const Tv *list = operand_at(c, 2);
	uint32_t n;

	if (tv_known(list)) {
		sizes = tv_vector(c, list, "sizes");
	} else {
		Var **v = tv_vars(c, list, &n, "sizes");

		for (uint32_t i = 0; i < n && !c->failed; i++)
			v[i] = OP(expand_dims, X(cast(c, v[i], DT_INT32)), LIT("axes", 0));
		sizes = concat_numbers(c, v, n);
	}
	RESULT(NAMED(reshape, X(x), VAR("shape", replace_sizes(c, x, dim, dim + 1, sizes))));
}

/* A list of sizes, each a number that may be a vector of one. */
static Var *
sizes_vector(AtenCtx *c, const Tv *list)
{
	uint32_t n;
	Var **v = tv_vars(c, list, &n, "a size");

	for (uint32_t i = 0; i < n && !c->failed; i++) {
		if (rank_of(v[i]) == 1 && dim_of(v[i], 0) == 1)
			v[i] = OP(squeeze, X(v[i]));
		v[i] = as_type(c, v[i], DT_INT32);
	}
	return concat_numbers(c, v, n);
}

static Var *
view_shape(AtenCtx *c, const Tv *t)
{
	Var *shape;

	if (t->kind == TV_LIST && !tv_known(t))
		shape = sizes_vector(c, t);
	else if (t->kind == TV_LIST)
		shape = tv_vector(c, t, "size");
	else
		shape = tv_var(c, t, "size");
	if (shape && shape->type->kind == TY_LIST) {
		Var *length = OP(list_length, VAR("ls", shape));

		shape = OP(list_gather, VAR("ls", shape), VAR("indices", range_to(c, length)));
	}
	return shape;
}

HANDLER(view)
{
	Var *x = operand_n(c, 0), *shape, *real, *imag;
	const Tv *size = operand_at(c, 1);

	if (c->failed)
		return;
	shape = view_shape(c, size);
	if (!shape)
		return;
	if (rank_of(shape) == 1 && dim_of(shape, 0) == 0) {
		if (x->type->count > 1 || x->type->count < 0)
			aten_fail(c, "only a value of one element can become a number: it has the "
			             "shape %s",
			          shape_str(c->b->prog->types, x->type->dim, rank_of(x)));
		RESULT(NAMED(identity, X(x)));
		return;
	}
	shape = cast(c, shape, DT_INT32);
	if (!is_complex(x)) {
		RESULT(NAMED(reshape, X(x), VAR("shape", shape)));
		return;
	}
	real = OP(complex_real, VAR("data", x)), imag = OP(complex_imag, VAR("data", x));
	real = OP(reshape, X(real), VAR("shape", shape));
	imag = OP(reshape, X(imag), VAR("shape", shape));
	RESULT(NAMED(complex, VAR("real_data", real), VAR("imag_data", imag)));
}

/* ---- dimensions of one ---- */
HANDLER(squeeze)
{
	Var *x = operand_n(c, 0);
	uint32_t n = 0, kept = 0;
	int64_t *dims = ints_operand(c, "dim", &n);
	bool all = true;

	if (c->failed)
		return;
	for (uint32_t i = 0; dims && i < n; i++)
		all = all && dims[i] == i;
	if (!dims || (all && n == rank_of(x))) {
		RESULT(NAMED(squeeze, X(x)));
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (axis_of(c, dims[i], rank_of(x)) < 0 || c->failed)
			return;
		if (dim_of(x, dims[i]) == 1)
			dims[kept++] = dims[i];
	}
	RESULT(kept ? NAMED(squeeze, X(x), INTS("axes", dims, kept)) : x);
}

HANDLER(unsqueeze)
{
	RESULT(NAMED(expand_dims, X(operand_n(c, 0)), LIT("axes", int_operand(c, "dim", 0))));
}

static Var *
at_least(AtenCtx *c, Var *x, uint32_t rank, const Str *name)
{
	int64_t axes[3] = {0, 1, 2};
	uint32_t n = rank - MIN(rank_of(x), rank);

	if (!x || !n)
		return x;
	if (rank == 3 && n < 3) /* the last one is always among them */
		axes[n - 1] = 2;
	return aten_op(c, OP_expand_dims, name, ARGS(X(x), INTS("axes", axes, n)));
}

HANDLER(atleast_1d)
{
	const Tv *t = operand_at(c, 0);
	uint32_t rank = (uint32_t)(c->node->key->s[strlen("atleast_")] - '0'), n;

	if (t->kind == TV_LIST) {
		Var **v = tv_vars(c, t, &n, "a tensor");

		for (uint32_t i = 0; i < n && !c->failed; i++)
			v[i] = at_least(c, v[i], rank, NULL);
		result_list(c, v, n);
		return;
	}
	RESULT(at_least(c, tv_var(c, t, "the tensor"), rank, c->node->name));
}

/* ---- diagonals ---- */
HANDLER(trace)
{
	Var *band = OP(band_part, X(operand(c, "self")), INT("lower", 0), INT("upper", 0));

	RESULT(NAMED(reduce_sum, X(band)));
}

/* Whether (dim1, dim2) is (0, 1), or (1, 0), which turns the offset around. */
static bool
diagonal_offset(AtenCtx *c, const Var *x, int64_t *offset)
{
	int64_t a, b;

	if (rank_of(x) != 2 || !dims_known(x)) {
		aten_fail(c, "the diagonal of %u dimensions%s is not supported: only that of a "
		             "matrix whose shape is known",
		          rank_of(x), dims_known(x) ? "" : " of unknown size");
		return false;
	}
	a = axis_of(c, int_operand(c, "dim1", 0), 2);
	b = axis_of(c, int_operand(c, "dim2", 1), 2);
	if (!c->failed && a == b)
		aten_fail(c, "a diagonal needs two dimensions, not %lld twice", (long long)a);
	*offset = int_operand(c, "offset", 0);
	if (a > b)
		*offset = -*offset;
	return !c->failed;
}

HANDLER(diagonal)
{
	Var *x = operand_n(c, 0), *flat;
	int64_t offset, rows, columns, n, start, *at;

	if (c->failed || !diagonal_offset(c, x, &offset))
		return;
	rows = dim_of(x, 0), columns = dim_of(x, 1);
	n = offset >= 0 ? MIN(rows, columns - offset) : MIN(rows + offset, columns);
	start = offset >= 0 ? offset : -offset * columns;
	if (n <= 0) {
		aten_fail(c, "the diagonal at %lld of a matrix of %lld x %lld is empty",
		          (long long)offset, (long long)rows, (long long)columns);
		return;
	}
	at = per_dim(c, (uint32_t)n, 0);
	for (int64_t i = 0; i < n; i++)
		at[i] = start + i * (columns + 1);
	flat = OP(reshape, X(x), LIT("shape", -1));
	RESULT(NAMED(gather, X(flat), INTS("indices", at, n), INT("axis", 0)));
}
