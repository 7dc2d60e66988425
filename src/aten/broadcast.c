/* broadcast.c: sizes as values, and repeating to a shape. PyTorch broadcasts without copying; here
 * a value of another shape is a tile of the first one.
 */
#include "broadcast.h"

int64_t *
per_dim(AtenCtx *c, uint32_t n, int64_t all)
{
	int64_t *v = newn(c->arena, int64_t, n + 1);

	for (uint32_t i = 0; i < n; i++)
		v[i] = all;
	return v;
}

int64_t *
count_from(AtenCtx *c, int64_t first, uint32_t n)
{
	int64_t *v = per_dim(c, n, 0);

	for (uint32_t i = 0; i < n; i++)
		v[i] = first + i;
	return v;
}

bool *
flag_per_dim(AtenCtx *c, uint32_t n, bool all)
{
	bool *v = newn(c->arena, bool, n + 1);

	for (uint32_t i = 0; i < n; i++)
		v[i] = all;
	return v;
}

int64_t *
axes_in_front(AtenCtx *c, uint32_t rank, const int64_t *front, uint32_t n)
{
	int64_t *perm = per_dim(c, rank, 0);
	bool *taken = flag_per_dim(c, rank, false);
	uint32_t k = 0;

	for (; k < n; k++) {
		perm[k] = front[k];
		taken[front[k]] = true;
	}
	for (uint32_t i = 0; i < rank; i++)
		if (!taken[i])
			perm[k++] = i;
	return perm;
}

int64_t *
order_back(AtenCtx *c, const int64_t *perm, uint32_t rank)
{
	int64_t *back = per_dim(c, rank, 0);

	for (uint32_t i = 0; i < rank; i++)
		back[perm[i]] = i;
	return back;
}

Var *
value_at(AtenCtx *c, Var *vector, int64_t i, const Str *name)
{
	return aten_op(c, OP_slice_by_index, name,
	               ARGS(X(vector), LIT("begin", i), LIT("end", 0),
	                    BOOLS("squeeze_mask", (const bool[]){true}, 1)));
}

Var *
concat_numbers(AtenCtx *c, Var *const *v, uint32_t n)
{
	return OP(concat, VALUES(v, n), INT("axis", 0));
}

Var *
range_to(AtenCtx *c, Var *end)
{
	return OP(range_1d, VAR("end", end), INT("start", 0), INT("step", 1));
}

/* The size that is symbol d in the shape of one of the tensors, from which it was taken. */
static Var *
size_of_symbol(AtenCtx *c, Dim d, Var *const *from, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < rank_of(from[k]); i++)
			if (dim_of(from[k], i) == d)
				return value_at(c, OP(shape, X(from[k])), i, NULL);
	die("a size of none of the operands");
}

Var *
size_vector(AtenCtx *c, const Dim *d, uint32_t n, Var *const *from, uint32_t nfrom)
{
	Var **v = newn(c->arena, Var *, n + 1);

	for (uint32_t i = 0; i < n && !c->failed; i++)
		v[i] = dim_known(d[i]) ? num(c, d[i]) : size_of_symbol(c, d[i], from, nfrom);
	return c->failed ? NULL : concat_numbers(c, v, n);
}

/* Whether x is not yet of that shape, up to sizes that one gives way to. */
static bool
needs_tile(const Var *x, const Tensor *shape)
{
	for (uint32_t i = 0; i < rank_of(x) && i < shape->count; i++) {
		int64_t want = tensor_i(shape, i);

		if (dim_of(x, i) != want && want != 1)
			return true;
	}
	return false;
}

static Var *
tile_to_known(AtenCtx *c, Var *x, const Tensor *shape, const Str *name)
{
	uint32_t n = MIN(rank_of(x), (uint32_t)shape->count);
	int64_t *reps = per_dim(c, n, 1);

	for (uint32_t i = 0; i < n; i++)
		if (dim_of(x, i) == 1 && tensor_i(shape, i) > 0)
			reps[i] = tensor_i(shape, i);
	return aten_op(c, OP_tile, name, ARGS(X(x), INTS("reps", reps, n)));
}

static Var *
with_rank(AtenCtx *c, Var *x, uint32_t rank)
{
	uint32_t n = rank - MIN(rank_of(x), rank);

	return n ? OP(expand_dims, X(x), INTS("axes", count_from(c, 0, n), n)) : x;
}

Var *
with_rank_of(AtenCtx *c, Var *x, const Var *shape)
{
	if (c->failed || !x || !shape)
		return NULL;
	if (rank_of(shape) == 1 && dim_known(dim_of(shape, 0)))
		return with_rank(c, x, (uint32_t)dim_of(shape, 0));
	aten_fail(c, "a shape of unknown length is not supported: give it as a list");
	return NULL;
}

Var *
broadcast_to(AtenCtx *c, Var *x, Var *shape, const Str *name)
{
	Var *own, *reps, *keep;

	x = with_rank_of(c, x, shape);
	if (!x)
		return NULL;
	if (shape->val && !needs_tile(x, shape->val))
		return aten_op(c, OP_identity, name, ARGS(X(x)));
	if (shape->val && dims_known(x))
		return tile_to_known(c, x, shape->val, name);
	own = OP(shape, X(x));
	keep = OP(equal, X(shape), INT("y", -1));
	reps = OP(select, VAR("cond", keep), VAR("a", own), VAR("b", shape));
	reps = cast(c, OP(real_div, X(reps), Y(own)), DT_INT32);
	return aten_op(c, OP_tile, name, ARGS(X(x), VAR("reps", reps)));
}

/* One dimension of the common shape: the largest number, or the first symbol where there is none
 * but 1. Symbols are taken to fit whatever they meet, as sizes that are equal often have different
 * ones. */
static Dim
common_dim(Var *const *v, uint32_t n, uint32_t rank, uint32_t at)
{
	Dim number = 0, symbol = 0;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t missing = rank - rank_of(v[k]);
		Dim d = at < missing ? 1 : dim_of(v[k], (int64_t)(at - missing));

		if (dim_known(d))
			number = MAX(number, d);
		else if (!symbol)
			symbol = d;
	}
	return symbol && number <= 1 ? symbol : number;
}

void
broadcast_all(AtenCtx *c, Var **v, uint32_t n)
{
	uint32_t rank = 0;
	Dim *d;
	Var *shape;

	if (c->failed || n < 2)
		return;
	for (uint32_t k = 0; k < n; k++)
		rank = MAX(rank, rank_of(v[k]));
	d = newn(c->arena, Dim, rank + 1);
	for (uint32_t i = 0; i < rank; i++)
		d[i] = common_dim(v, n, rank, i);
	shape = size_vector(c, d, rank, v, n);
	for (uint32_t k = 0; k < n && !c->failed; k++)
		v[k] = broadcast_to(c, v[k], shape, name_with(c, v[k]->name, "_after_broadcast"));
}

Var *
gather_any(AtenCtx *c, Opcode op, Var *x, Var *indices, int64_t axis, const Str *name)
{
	bool is_bool = dtype_of(x) == DT_BOOL;
	Var *y;

	if (is_bool)
		x = cast(c, x, ios(c, IOS17) ? DT_INT8 : DT_FP16);
	if (op == OP_gather && dtype_is_float(dtype_of(indices)))
		indices = cast(c, indices, DT_INT32);
	if (op == OP_gather)
		y = aten_op(c, op, is_bool ? NULL : name,
		            ARGS(X(x), VAR("indices", indices), INT("axis", axis)));
	else
		y = aten_op(c, op, is_bool ? NULL : name, ARGS(X(x), VAR("indices", indices)));
	return is_bool ? cast_named(c, y, DT_BOOL, name) : y;
}
