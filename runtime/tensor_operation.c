/* tensor_operation.c: evaluators of ops on whole tensors: joining, splitting, filling, padding.
 * Sorting and selecting stand in sorting.c. */
#include "kernel.h"

#include <math.h>

bool
eval_identity(Eval *e)
{
	e->out[0] = eval_operand(e, ARG_x)->v[0];
	return true;
}

bool
eval_shape(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);

	e->out[0].t = tensor_vector_i(e->arena, DT_INT32, x->dim, x->rank);
	return true;
}

bool
eval_flatten2d(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t axis = eval_int(e, ARG_axis, 1), dim[2] = {1, 1};

	axis = axis < 0 ? axis + x->rank : axis;
	for (int i = 0; i < x->rank; i++)
		dim[i >= axis] *= x->dim[i];
	return reshaped(e, x, dim, 2);
}

/* ---- joining and splitting ---- */

/* Element type and rank of all values are the same. */
static bool
values_alike(Eval *e, const EvalArg *a)
{
	const Tensor *first = a->v[0].t;

	for (uint32_t i = 1; i < a->n; i++) {
		const Tensor *t = a->v[i].t;
		if (t->rank != first->rank || t->dtype != first->dtype)
			return eval_fail(e, "value %u has rank %d and type %s, not %d and %s", i,
			                 t->rank, dtype_info[t->dtype].mil, first->rank,
			                 dtype_info[first->dtype].mil);
	}
	return true;
}

/* Puts value i at `at` along the axis of r; with `step` > 1 between the others. */
static void
put_part(Eval *e, Tensor *r, const Tensor *t, const int64_t *box, int rank, int axis, int64_t at,
         int64_t step)
{
	size_t size = dtype_size(r->dtype);
	View to = view_dense(r->data, r->dim, r->rank);
	View from = view_dense(tensor_data(e->arena, t), box, rank);

	view_shift(&to, size, axis, at);
	to.stride[axis] *= step;
	view_copy(size, rank, box, &to, &from);
}

bool
eval_concat(Eval *e)
{
	const EvalArg *a = eval_operand(e, ARG_values);
	const Tensor *first = a->v[0].t;
	bool interleave = eval_bool(e, ARG_interleave, false);
	int64_t dim[TENSOR_MAX_RANK] = {0}, at = 0;
	const int64_t one = 1;
	int axis = 0, rank = MAX(first->rank, 1);
	Tensor *r;

	if (!values_alike(e, a) || (first->rank && !eval_axis(e, ARG_axis, rank, 0, &axis)))
		return false;
	memcpy(dim, first->rank ? first->dim : &one, sizeof *dim * (size_t)rank);
	dim[axis] = 0;
	for (uint32_t i = 0; i < a->n; i++) {
		const Tensor *t = a->v[i].t;
		const int64_t *d = t->rank ? t->dim : &one;
		for (int k = 0; k < rank; k++)
			if (k == axis ? interleave && first->rank && d[k] != first->dim[k]
			              : d[k] != dim[k])
				return eval_fail(e, "value %u has %lld elements along axis %d", i,
				                 (long long)d[k], k);
		dim[axis] += d[axis];
	}
	r = eval_new(e, 0, first->dtype, dim, rank);
	if (!r)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const Tensor *t = a->v[i].t;
		const int64_t *d = t->rank ? t->dim : &one;
		put_part(e, r, t, d, rank, axis, interleave ? i : at, interleave ? a->n : 1);
		at += d[axis];
	}
	return true;
}

bool
eval_stack(Eval *e)
{
	const EvalArg *a = eval_operand(e, ARG_values);
	const Tensor *first = a->v[0].t;
	int64_t dim[TENSOR_MAX_RANK], box[TENSOR_MAX_RANK];
	int axis, rank = first->rank + 1;
	Tensor *r;

	if (!values_alike(e, a) || !eval_axis(e, ARG_axis, rank, 0, &axis))
		return false;
	if (rank > TENSOR_MAX_RANK)
		return eval_fail(e, "the result would have rank %d", rank);
	for (int i = 0, k = 0; i < rank; i++)
		dim[i] = box[i] = i == axis ? 1 : first->dim[k++];
	dim[axis] = a->n;
	r = eval_new(e, 0, first->dtype, dim, rank);
	if (!r)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const Tensor *t = a->v[i].t;
		if (memcmp(t->dim, first->dim, sizeof *dim * (size_t)first->rank) != 0)
			return eval_fail(e, "value %u has another shape than value 0", i);
		put_part(e, r, t, box, rank, axis, i, 1);
	}
	return true;
}

bool
eval_split(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n, at = 0, dim[TENSOR_MAX_RANK];
	const int64_t *sizes = eval_ints(e, ARG_split_sizes, &n);
	View from = view_dense(tensor_data(e->arena, x), x->dim, x->rank);
	int axis;

	if (!eval_axis(e, ARG_axis, x->rank, 0, &axis))
		return false;
	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	if (sizes && n != e->nout)
		return eval_fail(e, "there are %lld sizes for %u parts", (long long)n, e->nout);
	for (uint32_t i = 0; i < e->nout; i++) {
		dim[axis] = sizes ? sizes[i] : x->dim[axis] / e->nout;
		if (dim[axis] < 0 || dim[axis] > x->dim[axis] - at)
			return eval_fail(e, "part %u goes beyond the end of axis %d", i, axis);
		if (!viewed(e, i, x->dtype, dim, x->rank, &from, dim, x->rank))
			return false;
		view_shift(&from, dtype_size(x->dtype), axis, dim[axis]);
		at += dim[axis];
	}
	if (at != x->dim[axis])
		return eval_fail(e, "the parts have %lld elements, axis %d has %lld", (long long)at,
		                 axis, (long long)x->dim[axis]);
	return true;
}

bool
eval_tile(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n, dim[TENSOR_MAX_RANK], box[VIEW_MAX_RANK];
	const int64_t *reps = eval_ints(e, ARG_reps, &n);
	View all = view_dense(tensor_data(e->arena, x), x->dim, x->rank), from = all;

	if (n != x->rank)
		return eval_fail(e, "reps has %lld elements for rank %d", (long long)n, x->rank);
	for (int i = 0; i < x->rank; i++) {
		if (reps[i] < 0 || __builtin_mul_overflow(x->dim[i], reps[i], &dim[i]))
			return eval_fail(e, "axis %d cannot be repeated %lld times", i,
			                 (long long)reps[i]);
		box[2 * i] = reps[i];
		box[2 * i + 1] = x->dim[i];
		from.stride[2 * i] = 0;
		from.stride[2 * i + 1] = all.stride[i];
	}
	return eval_room(e, x->dtype, dim, x->rank) &&
	       viewed(e, 0, x->dtype, dim, x->rank, &from, box, 2 * x->rank);
}

/* ---- filling ---- */

static bool
filled(Eval *e, const int64_t *dim, int64_t rank)
{
	const Tensor *v = eval_arg(e, ARG_value);
	View from = {.at = (char *)(uintptr_t)tensor_data(e->arena, v)};
	int64_t count;

	if (rank > TENSOR_MAX_RANK || !shape_count(dim, (int)rank, &count))
		return eval_fail(e, "this is no shape to fill");
	return eval_room(e, v->dtype, dim, (int)rank) &&
	       viewed(e, 0, v->dtype, dim, (int)rank, &from, dim, (int)rank);
}

bool
eval_fill(Eval *e)
{
	int64_t n;
	const int64_t *dim = eval_ints(e, ARG_shape, &n);

	return filled(e, dim, n);
}

bool
eval_fill_like(Eval *e)
{
	const Tensor *ref = eval_arg(e, ARG_ref_tensor);

	return filled(e, ref->dim, ref->rank);
}

bool
eval_range_1d(Eval *e)
{
	const Tensor *start = eval_arg(e, ARG_start);
	double from = tensor_f(start, 0), by = eval_double(e, ARG_step, 1);
	double steps = ceil(range_steps(start->dtype, from, eval_double(e, ARG_end, 0), by));
	int64_t n;
	Tensor *r;

	if (!(steps <= INT32_MAX))
		return eval_fail(e, "the range has too many elements");
	n = steps > 0 ? (int64_t)steps : 0;
	if (!eval_room(e, start->dtype, &n, 1))
		return false;
	r = eval_new(e, 0, start->dtype, &n, 1);
	if (!r)
		return false;
	for (int64_t i = 0; i < n; i++)
		tensor_set_f(r, i, from + (double)i * by);
	return true;
}

/* What lies outside the band is multiplied by 0, so that NaN and infinities give NaN. */
bool
eval_band_part(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t lower = eval_int(e, ARG_lower, -1), upper = eval_int(e, ARG_upper, -1), rows, cols;
	Tensor *r = copied(e, x);

	if (x->rank < 2)
		return eval_fail(e, "x has rank %d, not 2 or more", x->rank);
	rows = x->dim[x->rank - 2];
	cols = x->dim[x->rank - 1];
	for (int64_t i = 0; i < x->count; i++) {
		int64_t row = i / cols % rows, col = i % cols;
		if ((lower >= 0 && row - col > lower) || (upper >= 0 && col - row > upper))
			tensor_set_f(r, i, tensor_f(r, i) * 0);
	}
	return true;
}

bool
eval_one_hot(Eval *e)
{
	const Tensor *ix = eval_arg(e, ARG_indices);
	const Tensor *on = eval_arg(e, ARG_on_value), *off = eval_arg(e, ARG_off_value);
	int64_t depth = eval_int(e, ARG_one_hot_vector_size, 0), inner, dim[TENSOR_MAX_RANK];
	size_t size = dtype_size(on->dtype);
	const char *yes = tensor_data(e->arena, on), *no = tensor_data(e->arena, off);
	int axis, rank = ix->rank + 1;
	Tensor *r;

	if (rank > TENSOR_MAX_RANK || depth < 0 || !eval_axis(e, ARG_axis, rank, -1, &axis))
		return e->err[0] ? false : eval_fail(e, "vectors of size %lld", (long long)depth);
	for (int i = 0, k = 0; i < rank; i++)
		dim[i] = i == axis ? depth : ix->dim[k++];
	inner = dims_count(dim, axis + 1, rank);
	if (!eval_room(e, on->dtype, dim, rank))
		return false;
	r = eval_new(e, 0, on->dtype, dim, rank);
	if (!r)
		return false;
	for (int64_t i = 0; i < r->count; i++) {
		int64_t at = i / inner % depth, from = i / inner / depth * inner + i % inner;
		memcpy((char *)r->data + (size_t)i * size, tensor_i(ix, from) == at ? yes : no,
		       size);
	}
	return true;
}

/* ---- pad ---- */

/* Pads one axis after the other. */
static const Tensor *
pad_axis(Eval *e, const Tensor *x, int axis, int64_t before, int64_t after, Border mode)
{
	size_t size = dtype_size(x->dtype), row, outer;
	const Tensor *c = eval_arg(e, ARG_constant_val);
	int64_t dim[TENSOR_MAX_RANK];
	char *to;
	const char *from = tensor_data(e->arena, x);
	Tensor *r;

	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	dim[axis] += before + after;
	r = eval_scratch(e, x->dtype, dim, x->rank);
	if (!r)
		return NULL;
	to = r->data;
	outer = (size_t)dims_count(dim, 0, axis);
	row = size * (size_t)dims_count(dim, axis + 1, x->rank);
	for (size_t o = 0; o < outer; o++) {
		for (int64_t i = 0; i < dim[axis]; i++, to += row) {
			int64_t s = border_index(mode, i - before, x->dim[axis]);
			if (s >= 0)
				memcpy(to, from + ((int64_t)o * x->dim[axis] + s) * (int64_t)row,
				       row);
			for (size_t k = 0; s < 0 && c && k < row; k += size)
				memcpy(to + k, c->data, size);
		}
	}
	return r;
}

bool
eval_pad(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const char *word = eval_str(e, ARG_mode, "constant");
	Border mode = strcmp(word, "reflect") == 0     ? BORDER_REFLECT
	              : strcmp(word, "replicate") == 0 ? BORDER_EDGE
	                                               : BORDER_CONSTANT;
	int64_t n;
	const int64_t *pad = eval_ints(e, ARG_pad, &n);

	if (n % 2 || n / 2 > x->rank)
		return eval_fail(e, "pad has %lld elements for rank %d", (long long)n, x->rank);
	e->out[0].t = x;
	for (int i = 0; i < n / 2; i++) {
		int64_t before = pad[2 * i], after = pad[2 * i + 1];
		if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX)
			return eval_fail(e, "axis %d cannot be padded by %lld and %lld", i,
			                 (long long)before, (long long)after);
		if (before || after)
			e->out[0].t =
			    pad_axis(e, e->out[0].t, x->rank - (int)n / 2 + i, before, after, mode);
		if (!e->out[0].t)
			return false;
	}
	return true;
}

/* ---- cumsum ---- */

/* Sums in the tensor's own type, as numpy does; ints wrap. */
static void
sum_along(Tensor *r, const Tensor *x, int64_t at, int64_t step, int64_t n, bool exclusive)
{
	double sum = 0;
	int64_t whole = 0;

	for (int64_t i = 0; i < n; i++, at += step) {
		if (!dtype_is_float(x->dtype)) {
			int64_t v = tensor_i(x, at);
			tensor_set_i(r, at, (int32_t)(exclusive ? whole : whole + v));
			whole += v;
			continue;
		}
		if (exclusive)
			tensor_set_f(r, at, sum);
		sum += tensor_f(x, at);
		sum = x->dtype == DT_FP16 ? half_to_float(half_from_float((float)sum)) : (float)sum;
		if (!exclusive)
			tensor_set_f(r, at, sum);
	}
}

bool
eval_cumsum(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	bool exclusive = eval_bool(e, ARG_exclusive, false);
	bool back = eval_bool(e, ARG_reverse, false);
	Tensor *r = eval_new(e, 0, x->dtype, x->dim, x->rank);
	int64_t inner, n;
	int axis;

	if (!eval_axis(e, ARG_axis, x->rank, 0, &axis))
		return false;
	n = x->dim[axis];
	inner = dims_count(x->dim, axis + 1, x->rank);
	for (int64_t o = 0; n && o < x->count / n; o++) {
		int64_t at = o / inner * inner * n + o % inner;
		sum_along(r, x, back ? at + (n - 1) * inner : at, back ? -inner : inner, n,
		          exclusive);
	}
	return true;
}
