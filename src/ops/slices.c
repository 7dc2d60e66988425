/* slices.c: type rules of slice_by_index, slice_by_size and slice_update, and the values of slices
 * of partly known vectors (x.shape[0] as a scalar). Begin and end may be unknown: then that axis is
 * a new symbol, except where the result has one known length whatever the axis is. */
#include "shapes.h"

/* One axis of a slice. */
typedef struct Cut {
	Dim dim;
	int64_t begin, end, stride;
	bool has_begin, has_end; /* begin and end are known */
	bool begin_mask, end_mask, squeeze;
} Cut;

static int64_t
magnitude(int64_t a)
{
	return a < 0 ? -a : a;
}

/* Length when begin and end settle it for any axis, -1 if they do not, -2 after an error. */
static int64_t
cut_fixed(Infer *c, const Cut *k, uint32_t axis)
{
	int64_t len = -1;

	if (!k->begin_mask && !k->end_mask && k->has_begin && k->has_end) {
		bool up = k->begin >= 0 && k->end >= 0 && k->stride > 0;
		bool down = k->begin < 0 && k->end < 0 && k->stride < 0;
		if ((up && k->end < k->begin) || (down && k->begin < k->end)) {
			op_error(
			    c, "end",
			    "axis %u is sliced from %lld to %lld with stride %lld, which "
			    "selects nothing; begin and end must be in the order of the stride",
			    axis, (long long)k->begin, (long long)k->end, (long long)k->stride);
			return -2;
		}
		if (up)
			len = int_ceildiv(k->end - k->begin, k->stride);
		if (down)
			len = int_ceildiv(k->begin - k->end, -k->stride);
		return len == 0 || len == 1 ? len : -1;
	}
	if (!k->begin_mask && k->end_mask && k->has_begin &&
	    ((k->begin == 0 && k->stride < 0) || (k->begin == -1 && k->stride > 0)))
		return 1;
	return -1;
}

/* Length along a known axis longer than 1. */
static int64_t
cut_length(const Cut *k)
{
	bool up = k->stride > 0;
	int64_t begin = k->begin, end = k->end, first, last;

	if (k->has_begin && begin < 0)
		begin = MAX(0, begin + k->dim);
	if (k->has_end && end < 0)
		end = MAX(0, end + k->dim);
	first = up ? (k->begin_mask ? 0 : begin) : (k->end_mask ? -1 : end);
	last = up ? k->dim : k->dim - 1;
	if (up ? !k->end_mask : !k->begin_mask)
		last = MIN(last, up ? end : begin);
	return MAX(0, int_ceildiv(last - first, magnitude(k->stride)));
}

/* How many elements a slice of a constant really has. */
static int64_t
cut_value(const Cut *k)
{
	bool up = k->stride > 0;
	int64_t low = up ? 0 : -1, high = up ? k->dim : k->dim - 1;
	int64_t begin = k->begin < 0 ? k->begin + k->dim : k->begin;
	int64_t end = k->end < 0 ? k->end + k->dim : k->end;

	begin = k->begin_mask ? (up ? low : high) : MAX(low, MIN(begin, high));
	end = k->end_mask ? (up ? high : low) : MAX(low, MIN(end, high));
	return MAX(0, int_ceildiv(up ? end - begin : begin - end, magnitude(k->stride)));
}

/* The lengths above go by begin and end alone where these settle them; a constant must really have
 * so many elements there. */
static bool
check_value(Infer *c, const Cut *k, uint32_t axis, Dim length)
{
	if (!infer_val(c, "x") || (!k->has_begin && !k->begin_mask) ||
	    (!k->has_end && !k->end_mask) || cut_value(k) == length)
		return true;
	return op_error(c, "end",
	                "axis %u has %lld elements, of which %lld to %lld selects %lld, expected "
	                "%lld; a slice of a constant must lie inside of it",
	                axis, (long long)k->dim, (long long)k->begin, (long long)k->end,
	                (long long)cut_value(k), (long long)length);
}

static bool
cut_dim(Infer *c, const Cut *k, uint32_t axis, Dim *out)
{
	int64_t fixed;

	if (k->begin_mask && k->end_mask) {
		if (dim_known(k->dim))
			*out = int_ceildiv(k->dim, magnitude(k->stride));
		else
			*out = magnitude(k->stride) == 1 ? k->dim : dim_fresh(c);
		return true;
	}
	fixed = cut_fixed(c, k, axis);
	if (fixed == -2)
		return false;
	if (fixed >= 0)
		*out = fixed;
	else if (!dim_known(k->dim))
		*out = dim_fresh(c);
	else if (k->dim == 1)
		*out = 1; /* stays, whatever begin and end say */
	else if ((!k->has_begin && !k->begin_mask) || (!k->has_end && !k->end_mask))
		*out = dim_fresh(c);
	else
		*out = cut_length(k);
	return check_value(c, k, axis, *out);
}

/* begin or end: its elements in *v when they are known. An empty list counts as unknown. */
static bool
bound_arg(Infer *c, const char *param, uint32_t rank, const int64_t **v)
{
	const Type *t = type_known(c, param);
	int64_t n;

	*v = NULL;
	if (!infer_val(c, param))
		return true;
	if (!ints_any(c, param, -1, v, &n))
		return false;
	if (t->rank != 1)
		return op_error(c, param,
		                "'%s' has shape %s, expected a list of one number for each axis",
		                param, shape_of(c, t));
	if (n == 0)
		*v = NULL;
	if (n && n != rank)
		return op_clash(c, param, "x", "'%s' has %lld elements, but 'x' has rank %u", param,
		                (long long)n, rank);
	return true;
}

/* A known list of bools for each axis; absent: NULL. */
static bool
bools_arg(Infer *c, const char *param, int64_t want, const bool **v)
{
	const Tensor *t = infer_val(c, param);
	bool *out;

	*v = NULL;
	if (!t)
		return true;
	if (!rank_between(c, param, 1, 1))
		return false;
	if (t->count != want)
		return op_error(c, param,
		                "'%s' has %lld elements, expected one for each of the %lld axes",
		                param, (long long)t->count, (long long)want);
	out = newn(c->arena, bool, (size_t)want + 1);
	for (int64_t i = 0; i < want; i++)
		out[i] = tensor_i(t, i) != 0;
	*v = out;
	return true;
}

/* All axes of the slice that the operands describe. */
static bool
cuts_of(Infer *c, Cut **out)
{
	const Type *x = type_known(c, "x");
	const int64_t *begin, *end, *stride = NULL;
	const bool *bm, *em, *sq;
	Cut *cut = newn(c->arena, Cut, (size_t)x->rank + 1);

	if (!bound_arg(c, "begin", x->rank, &begin) || !bound_arg(c, "end", x->rank, &end) ||
	    !bools_arg(c, "begin_mask", x->rank, &bm) || !bools_arg(c, "end_mask", x->rank, &em) ||
	    !bools_arg(c, "squeeze_mask", x->rank, &sq) ||
	    (infer_val(c, "stride") && !ints_arg(c, "stride", x->rank, &stride, NULL)))
		return false;
	for (uint32_t i = 0; i < x->rank; i++) {
		Cut *k = &cut[i];
		k->dim = x->dim[i];
		k->has_begin = begin != NULL;
		k->has_end = end != NULL;
		k->begin = begin ? begin[i] : 0;
		k->end = end ? end[i] : 0;
		k->stride = stride ? stride[i] : 1;
		k->begin_mask = bm && bm[i];
		k->end_mask = em && em[i];
		k->squeeze = sq && sq[i];
		if (k->stride == 0)
			return op_error(c, "stride",
			                "the stride of axis %u is 0, expected another number", i);
	}
	*out = cut;
	return true;
}

/* The length along this axis is counted from its ends: -1 means the last. */
static bool
cut_from_ends(const Cut *k)
{
	return !k->squeeze && !(k->begin_mask && k->end_mask) && dim_known(k->dim) && k->dim != 1 &&
	       k->has_begin && k->has_end;
}

/* Where a length was counted from the end of an axis, the constant itself becomes the index from
 * the front, as in the peer, whose rule writes into it. */
static void
count_from_front(Infer *c, const char *param, const Cut *cut, const bool *counted, uint32_t rank)
{
	Var *v = inst_arg(c->inst, param);
	Tensor *t = NULL;

	for (uint32_t i = 0; i < rank; i++) {
		int64_t at = tensor_i(t ? t : v->val, i);
		if (!counted[i] || at >= 0)
			continue;
		if (!t) {
			t = tensor_new(c->arena, v->val->dtype, v->val->dim, v->val->rank);
			for (int64_t k = 0; k < t->count; k++)
				tensor_set_i(t, k, tensor_i(v->val, k));
		}
		tensor_set_i(t, i, MAX(0, at + cut[i].dim));
	}
	if (t)
		v->val = t;
}

/* The shape of x[begin:end:stride] with its masks, for slice_by_index and slice_update. */
static bool
slice_shape(Infer *c, Dim *dim, uint32_t *rank)
{
	const Type *x = type_known(c, "x");
	bool counted[TENSOR_MAX_RANK] = {false}, any = false;
	uint32_t n = 0;
	Cut *cut;

	if (!cuts_of(c, &cut))
		return false;
	for (uint32_t i = 0; i < x->rank; i++) {
		if (cut[i].squeeze)
			continue;
		if (!cut_dim(c, &cut[i], i, &dim[n]))
			return false;
		n++;
	}
	*rank = n;
	for (uint32_t i = 0; i < x->rank; i++) {
		counted[i] = cut_from_ends(&cut[i]) && cut_fixed(c, &cut[i], i) == -1;
		any = any || counted[i];
	}
	if (any) {
		count_from_front(c, "begin", cut, counted, x->rank);
		count_from_front(c, "end", cut, counted, x->rank);
	}
	return true;
}

/* The value of a slice of a vector with symbols in it. */
static void
slice_symbols(Infer *c, const Dim *x, int64_t n)
{
	const Type *t = c->inst->out[0]->type;
	Dim *e = newn(c->arena, Dim, (size_t)n + 1);
	int64_t len = 0, begin, end, step;
	Cut *k;

	if (!infer_val(c, "begin") || !infer_val(c, "end") || !cuts_of(c, &k) || !k->has_begin ||
	    !k->has_end)
		return;
	step = k->stride;
	begin = k->begin < 0 ? k->begin + n : k->begin;
	end = k->end < 0 ? k->end + n : k->end;
	if (k->begin_mask)
		begin = step > 0 ? 0 : n - 1;
	begin = step > 0 ? MAX(begin, 0) : MIN(begin, n - 1);
	if (k->squeeze) {
		end = begin + 1;
		step = 1;
	} else if (k->end_mask) {
		end = step > 0 ? n : -1;
	}
	end = step > 0 ? MIN(end, n) : MAX(end, -1);
	for (int64_t i = begin; i >= 0 && (step > 0 ? i < end : i > end); i += step)
		e[len++] = x[i];
	if (len == t->count)
		set_values(c, 0, e);
}

bool
infer_slice_by_index(Infer *c)
{
	const Type *x = type_known(c, "x");
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + 1);
	const Var *v = inst_arg(c->inst, "x");
	const Dim *e;
	uint32_t rank;

	if (!slice_shape(c, dim, &rank))
		return false;
	if (rank == 0 && x->rank > 0 && v->val && x->dtype != DT_INT32 && x->dtype != DT_FP32 &&
	    infer_val(c, "begin") && infer_val(c, "end"))
		return op_error(
		    c, "x",
		    "a single element of a constant %s tensor cannot be taken this way, "
		    "only of an fp32 or int32 one; use mb.gather",
		    dtype_info[x->dtype].mil);
	set_shape(c, 0, x->dtype, dim, rank);
	if (!v->val && x->rank == 1 && v->symval && (e = values_of(c, v)) != NULL)
		slice_symbols(c, e, x->count);
	return true;
}

/* The operand has the shape of the slice of x that it replaces. */
static bool
fits_slice(Infer *c, const char *update)
{
	const Type *x = type_known(c, "x"), *u = type_known(c, update);
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + 1);
	uint32_t rank;

	if (!slice_shape(c, dim, &rank))
		return false;
	if (!dims_agree(dim, rank, u->dim, u->rank))
		return op_clash(c, update, "x",
		                "'%s' has shape %s, but the slice that it replaces has %s", update,
		                shape_of(c, u), shape_str(c->types, dim, rank));
	return true;
}

bool
infer_slice_update(Infer *c)
{
	if (!fits_slice(c, "update"))
		return false;
	if (type_known(c, "update")->rank == 0)
		return op_error(
		    c, "update",
		    "'update' is a scalar, expected rank 1 or more; leave out squeeze_mask and "
		    "give a tensor with one element");
	return infer_same(c);
}

bool
infer_torch_tensor_assign(Infer *c)
{
	return fits_slice(c, "updates") && infer_same(c);
}

static bool
vector_of_rank(Infer *c, const char *param)
{
	const Type *t = type_known(c, param), *x = type_known(c, "x");

	if (t->rank == 1 && t->dim[0] == x->rank)
		return true;
	return op_clash(
	    c, param, "x",
	    "'%s' has shape %s, expected a list of %u numbers, one for each axis of 'x'", param,
	    shape_of(c, t), x->rank);
}

bool
infer_slice_by_size(Infer *c)
{
	const Type *x = type_known(c, "x");
	const Dim *size = values_arg(c, "size"), *begin = values_arg(c, "begin");
	Dim *dim = newn(c->arena, Dim, (size_t)x->rank + 1);

	if (!vector_of_rank(c, "begin") || !vector_of_rank(c, "size"))
		return false;
	for (uint32_t i = 0; i < x->rank; i++) {
		if (!size)
			dim[i] = dim_fresh(c);
		else if (!dim_known(size[i]) || size[i] >= 0)
			dim[i] = size[i];
		else if (size[i] != -1)
			return op_error(
			    c, "size",
			    "the size of axis %u is %lld, expected a number >= 0, or -1 "
			    "for the rest of the axis",
			    i, (long long)size[i]);
		else if (begin && dim_known(begin[i]) && begin[i] < 0)
			return op_error(c, "begin",
			                "axis %u begins at %lld and its size is -1; a size of -1 "
			                "needs a begin >= 0, write the size as a number",
			                i, (long long)begin[i]);
		else
			dim[i] = begin ? dim_sub(c->types, x->dim[i], begin[i]) : dim_fresh(c);
		if (dim_known(dim[i]) && dim_known(x->dim[i]) && dim[i] > x->dim[i])
			return op_error(c, "size",
			                "the slice takes %lld elements of axis %u, which has %lld",
			                (long long)dim[i], i, (long long)x->dim[i]);
	}
	return set_shape(c, 0, x->dtype, dim, x->rank);
}
