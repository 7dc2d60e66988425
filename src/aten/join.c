/* join.c: joining, splitting, repeating and turning around along dimensions. */
#include "broadcast.h"

/* ---- joining ---- */
static bool
is_empty(const Var *v)
{
	for (uint32_t i = 0; i < rank_of(v); i++)
		if (dim_of(v, i) == 0)
			return true;
	return false;
}

/* The list of tensors at position 0, without those that have no elements (one stays, if all are
 * so). */
static Var **
tensors(AtenCtx *c, uint32_t *n, bool drop_empty)
{
	Var **v = tv_vars(c, operand_at(c, 0), n, "a tensor");
	uint32_t kept = 0;

	if (c->failed || !*n) {
		if (!c->failed)
			aten_fail(c, "a list without tensors cannot be joined");
		*n = 0;
		return NULL;
	}
	for (uint32_t i = 0; drop_empty && i < *n; i++)
		if (!is_empty(v[i]))
			v[kept++] = v[i];
	if (drop_empty)
		*n = MAX(kept, 1);
	return v;
}

HANDLER(cat)
{
	uint32_t n;
	Var **v = tensors(c, &n, true);

	if (!v)
		return;
	promote(c, v, n);
	RESULT(NAMED(concat, VALUES(v, n), INT("axis", int_operand(c, "dim", 0))));
}

HANDLER(hstack)
{
	uint32_t n;
	Var **v = tensors(c, &n, false);

	if (v)
		RESULT(NAMED(concat, VALUES(v, n), INT("axis", rank_of(v[0]) == 1 ? 0 : 1)));
}

HANDLER(stack)
{
	uint32_t n;
	Var **v = tensors(c, &n, false);
	int64_t dim = int_operand(c, "dim", 0);

	if (!v)
		return;
	if (n == 1)
		RESULT(NAMED(expand_dims, X(v[0]), LIT("axes", dim)));
	else
		RESULT(NAMED(stack, VALUES(v, n), INT("axis", dim)));
}

/* ---- splitting ---- */
/* The size of a dimension that must be known, for `what`. */
static bool
known_size(AtenCtx *c, const Var *x, int64_t dim, int64_t *size)
{
	int64_t axis = axis_of(c, dim, rank_of(x));

	if (c->failed)
		return false;
	*size = dim_of(x, axis);
	if (dim_known(*size) && *size <= INT32_MAX)
		return true;
	aten_fail(c, "dimension %lld has a size that is known at run time alone: the number of "
	             "parts must be known, so give the input a fixed size there",
	          (long long)axis);
	return false;
}

static void
split_into(AtenCtx *c, Var *x, const int64_t *size, uint32_t n, int64_t dim)
{
	uint32_t nout;
	Var **v = aten_ops(c, OP_split, c->node->name,
	                   ARGS(X(x), INTS("split_sizes", size, n), INT("axis", dim)), &nout);

	if (v)
		results(c, v, nout);
}

/* Parts of one size, the last one with what is left. */
static void
split_even(AtenCtx *c, Var *x, int64_t part, int64_t dim)
{
	int64_t all, *size;
	uint32_t n = 0;

	if (c->failed || !known_size(c, x, dim, &all))
		return;
	if (part < 1) {
		aten_fail(c, "parts of %lld elements are not possible", (long long)part);
		return;
	}
	if (all / part > MAX_VARS) {
		aten_fail(c, "%lld parts are too many", (long long)(all / part));
		return;
	}
	size = per_dim(c, (uint32_t)(all / part) + 1, part);
	n = (uint32_t)(all / part);
	if (all % part)
		size[n++] = all % part;
	split_into(c, x, size, n, dim);
}

HANDLER(split)
{
	Var *x = operand_n(c, 0);
	const Tv *sizes = operand_at(c, 1);
	int64_t dim = int_operand(c, "dim", 0), *v;
	uint32_t n;

	if (c->failed)
		return;
	if (sizes->kind == TV_LIST || (sizes->kind == TV_VAR && rank_of(sizes->var) == 1)) {
		v = tv_ints(c, sizes, &n, "a size of a part");
		split_into(c, x, v, n, dim);
	} else
		split_even(c, x, tv_int(c, sizes, "the size of the parts"), dim);
}

HANDLER(constantchunk)
{
	Var *x = operand_n(c, 0);
	int64_t chunks = tv_int(c, operand_at(c, 1), "the number of parts");
	int64_t dim = tv_int(c, operand_at(c, 2), "the dimension"), all;

	if (c->failed || !known_size(c, x, dim, &all))
		return;
	split_even(c, x, int_ceildiv(MAX(all, 1), MAX(chunks, 1)), dim);
}

/* Where n parts begin and end, by the indices between them. */
static int64_t *
parts_between(AtenCtx *c, const int64_t *at, uint32_t n, int64_t all)
{
	int64_t *size = per_dim(c, n + 1, 0), from = 0;

	for (uint32_t i = 0; i <= n; i++) {
		int64_t to = i == n ? all : MAX(MIN(at[i] < 0 ? at[i] + all : at[i], all), 0);

		size[i] = to - from;
		from = to;
		if (size[i] < 0)
			aten_fail(c, "indices between parts that do not grow are not supported");
	}
	return size;
}

HANDLER(tensor_split)
{
	Var *x = operand_n(c, 0);
	const Tv *how = operand_at(c, 1);
	int64_t dim = int_operand(c, "dim", 0), all, *v;
	uint32_t n;

	if (c->failed || !known_size(c, x, dim, &all))
		return;
	if (how->kind == TV_LIST || (how->kind == TV_VAR && rank_of(how->var) == 1)) {
		v = tv_ints(c, how, &n, "an index");
		if (!c->failed)
			split_into(c, x, parts_between(c, v, n, all), n + 1, dim);
		return;
	}
	int64_t sections = tv_int(c, how, "the number of parts");

	if (!c->failed && (sections < 1 || sections > MAX(all, 1)))
		aten_fail(c, "%lld elements cannot become %lld parts", (long long)all,
		          (long long)sections);
	if (c->failed)
		return;
	v = per_dim(c, (uint32_t)sections, all / sections);
	for (int64_t i = 0; i < all % sections; i++)
		v[i]++;
	split_into(c, x, v, (uint32_t)sections, dim);
}

HANDLER(unbind)
{
	Var *x = operand_n(c, 0), **v;
	int64_t dim = int_operand(c, "dim", 0), n;
	uint32_t nout = 1;

	if (c->failed || !known_size(c, x, dim, &n))
		return;
	if (n > MAX_VARS) {
		aten_fail(c, "%lld parts are too many", (long long)n);
		return;
	}
	if (n == 1)
		v = &x;
	else
		v = aten_ops(c, OP_split, c->node->name,
		             ARGS(X(x), INTS("split_sizes", per_dim(c, (uint32_t)n, 1), n),
		                  INT("axis", dim)),
		             &nout);
	if (!v)
		return;
	Var **one = newn(c->arena, Var *, nout + 1);
	for (uint32_t i = 0; i < nout && !c->failed; i++)
		one[i] = OP(squeeze, X(v[i]), LIT("axes", dim));
	results(c, one, nout);
}

/* The end is left open where the part ends with the dimension and is counted from there. */
HANDLER(narrow)
{
	Var *x = operand_n(c, 0);
	uint32_t rank = rank_of(x);
	int64_t at = axis_of(c, int_operand(c, "dim", 0), rank);
	int64_t start = tv_int(c, operand_at(c, 2), "start"), *begin, *end;
	int64_t length = tv_int(c, operand_at(c, 3), "length");
	bool *open = flag_per_dim(c, rank, false);

	if (c->failed)
		return;
	if (!dims_known(x)) {
		aten_fail(c, "a value of unknown size cannot be narrowed: use a slice, x[:, 1:3]");
		return;
	}
	begin = per_dim(c, rank, 0), end = per_dim(c, rank, 0);
	for (uint32_t i = 0; i < rank; i++)
		end[i] = dim_of(x, i);
	begin[at] = start;
	end[at] = start + length;
	open[at] = start < 0 && end[at] == 0;
	RESULT(NAMED(slice_by_index, X(x), INTS("begin", begin, rank), INTS("end", end, rank),
	             BOOLS("end_mask", open, rank)));
}

/* ---- repeating ---- */
HANDLER(tile)
{
	Var *x = operand_n(c, 0);
	uint32_t n, rank = rank_of(x), front;
	int64_t *dims = ints_operand(c, "dims", &n), *reps;

	if (c->failed || !dims)
		return;
	front = rank - MIN(n, rank);
	reps = per_dim(c, front + n, 1);
	for (uint32_t i = 0; i < n; i++)
		reps[front + i] = dims[i];
	RESULT(NAMED(tile, X(x), INTS("reps", reps, front + n)));
}

HANDLER(repeat)
{
	Var *x = operand_n(c, 0), *reps = shape_operand(c, operand_at(c, 1), "repeats");

	x = with_rank_of(c, x, reps);
	if (x)
		RESULT(NAMED(tile, X(x), VAR("reps", reps)));
}

HANDLER(expand)
{
	Var *x = operand_n(c, 0), *shape = shape_operand(c, operand_at(c, 1), "size");

	RESULT(broadcast_to(c, x, shape, c->node->name));
}

HANDLER(expand_as)
{
	Var *x = operand_n(c, 0), *like = operand_n(c, 1);

	RESULT(broadcast_to(c, x, OP(shape, X(like)), c->node->name));
}

HANDLER(broadcast_tensors)
{
	uint32_t n;
	Var **v = tensors(c, &n, false);

	broadcast_all(c, v, n);
	results(c, v, n);
}

static void
swap(int64_t *a, int64_t *b)
{
	int64_t t = *a;

	*a = *b;
	*b = t;
}

/* Each row so often, one after the other: all rows so often, as a matrix, turned around. */
static Var *
repeat_rows(AtenCtx *c, Var *x, int64_t times, const Str *name)
{
	uint32_t rank = rank_of(x);
	int64_t *reps = per_dim(c, rank, 1), *perm = count_from(c, 0, rank + 1);
	Var *shape = OP(shape, X(x)), *y, *parts[2];

	reps[0] = times;
	y = OP(tile, X(x), INTS("reps", reps, rank));
	parts[0] = ints(c, &times, 1), parts[1] = shape;
	y = OP(reshape, X(y), VAR("shape", concat_numbers(c, parts, 2)));
	swap(&perm[0], &perm[1]);
	y = OP(transpose, X(y), INTS("perm", perm, rank + 1));
	parts[0] = ints(c, &(const int64_t){-1}, 1);
	parts[1] = OP(slice_by_index, X(shape), LIT("begin", 1), LIT("end", rank));
	return aten_op(c, OP_reshape, name,
	               ARGS(X(y), VAR("shape", concat_numbers(c, parts, 2))));
}

/* How often: one number, also where each element has its own. */
static int64_t
repeats_operand(AtenCtx *c)
{
	uint32_t n;
	int64_t *v = tv_ints(c, operand_at(c, 1), &n, "repeats");

	for (uint32_t i = 1; v && i < n; i++)
		if (v[i] != v[0])
			aten_fail(c, "repeats that differ are not supported: repeat parts with one "
			             "number each and join them");
	if (!c->failed && (!n || v[0] < 1))
		aten_fail(c, "repeats must be 1 or more");
	return c->failed ? 1 : v[0];
}

HANDLER(repeat_interleave)
{
	Var *x = operand_n(c, 0), *y;
	int64_t times = repeats_operand(c), dim = 0, *perm, *back;
	uint32_t rank;

	if (c->failed)
		return;
	if (operand_is_there(c, "dim"))
		dim = axis_of(c, int_operand(c, "dim", 0), rank_of(x));
	else
		x = OP(reshape, X(x), LIT("shape", -1));
	if (c->failed || times == 1 || dim == 0) {
		RESULT(times == 1 ? x : repeat_rows(c, x, times, c->node->name));
		return;
	}
	rank = rank_of(x);
	perm = axes_in_front(c, rank, &dim, 1), back = order_back(c, perm, rank);
	y = repeat_rows(c, OP(transpose, X(x), INTS("perm", perm, rank)), times, NULL);
	RESULT(NAMED(transpose, X(y), INTS("perm", back, rank)));
}

/* The grid of tensor i: its elements along dimension i, repeated along all others. */
static Var *
grid(AtenCtx *c, Var **v, const Dim *size, uint32_t n, uint32_t i)
{
	int64_t *shape = per_dim(c, n, 1);
	Dim *others = per_dim(c, n, 1);
	Var *x, *reps;
	const Str *name = name_with_number(c, c->node->name, "_expand_", i);

	shape[i] = -1;
	x = OP(reshape, X(v[i]), INTS("shape", shape, n));
	for (uint32_t k = 0; k < n; k++)
		others[k] = k == i ? 1 : size[k];
	reps = size_vector(c, others, n, v, n);
	return aten_op(c, OP_tile, name, ARGS(X(x), VAR("reps", reps)));
}

HANDLER(meshgrid)
{
	uint32_t n;
	Var **v = tensors(c, &n, false), **out;
	const char *indexing = str_operand(c, "indexing", "ij");
	Dim *size = per_dim(c, n, 0);
	int64_t *perm = count_from(c, 0, n);

	if (!v || c->failed)
		return;
	if (n < 2 || (strcmp(indexing, "ij") && strcmp(indexing, "xy"))) {
		aten_fail(c, n < 2 ? "a grid takes two tensors or more"
		                   : "indexing is \"ij\" or \"xy\"");
		return;
	}
	out = newn(c->arena, Var *, n);
	for (uint32_t i = 0; i < n && !c->failed; i++) {
		if (rank_of(v[i]) > 1)
			v[i] = OP(reshape, X(v[i]), LIT("shape", -1));
		size[i] = dim_of(v[i], 0);
	}
	swap(&perm[0], &perm[1]);
	for (uint32_t i = 0; i < n && !c->failed; i++) {
		out[i] = grid(c, v, size, n, i);
		if (indexing[0] == 'x')
			out[i] = aten_op(c, OP_transpose,
			                 name_with_number(c, c->node->name, "_transpose_", i),
			                 ARGS(X(out[i]), INTS("perm", perm, n)));
	}
	results(c, out, n);
}

/* ---- turning around ---- */
HANDLER(flip)
{
	uint32_t n;
	int64_t *dims = ints_operand(c, "dims", &n);

	RESULT(NAMED(reverse, X(operand_n(c, 0)), INTS("axes", dims, n)));
}

HANDLER(fliplr)
{
	RESULT(NAMED(reverse, X(operand_n(c, 0)), LIT("axes", 1)));
}

/* What went over the end comes first: the elements from there on, then those in front of it.
 * Operands of mod stay positive, since processors differ with others. */
static Var *
roll_along(AtenCtx *c, Var *x, Var *shape, int64_t shift, int64_t axis)
{
	Var *size = value_at(c, shape, axis, NULL), *from, *part[2];

	from = OP(mod, INT("x", shift < 0 ? -shift : shift), Y(size));
	if (shift >= 0)
		from = OP(sub, X(size), Y(from));
	part[0] = OP(range_1d, VAR("end", size), VAR("start", from), INT("step", 1));
	part[1] = range_to(c, from);
	return OP(gather, X(x), VAR("indices", concat_numbers(c, part, 2)), INT("axis", axis));
}

HANDLER(roll)
{
	Var *x = operand_n(c, 0), *before, *shape;
	uint32_t nshift = 0, n = 0;
	int64_t *shift = ints_operand(c, "shifts", &nshift), *dims = ints_operand(c, "dims", &n);
	bool flat = n == 0;

	if (c->failed)
		return;
	before = OP(shape, X(x));
	if (flat) {
		x = OP(reshape, X(x), LIT("shape", -1));
		dims = per_dim(c, 1, 0);
		n = 1;
	}
	shape = OP(shape, X(x));
	for (uint32_t i = 0; i < n && i < nshift && !c->failed; i++)
		x = roll_along(c, x, shape, shift[i], dims[i]);
	RESULT(flat ? OP(reshape, X(x), VAR("shape", before)) : x);
}
