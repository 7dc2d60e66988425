/* scatter_gather.c: evaluators of indexing with tensors. Negative indices count from the end; those
 * beyond either end are an error when gathering, and moved to that end when scattering. */
#include "kernel.h"

#include <math.h>

/* Index i of t along an axis of n. */
static bool
index_at(Eval *e, const Tensor *t, int64_t i, int64_t n, int64_t *out)
{
	int64_t k = tensor_i(t, i);

	*out = k < 0 ? k + n : k;
	if (*out >= 0 && *out < n)
		return true;
	return eval_fail(e, "index %lld is beyond an axis of %lld elements", (long long)k,
	                 (long long)n);
}

/* For scatter, which moves indices beyond an end to that end. */
static int64_t
index_clamped(const Tensor *t, int64_t i, int64_t n)
{
	int64_t k = tensor_i(t, i);

	k = k < 0 ? k + n : k;
	return MAX(0, MIN(k, n - 1));
}

bool
eval_gather(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *ix = eval_arg(e, ARG_indices);
	int batch = (int)eval_int(e, ARG_batch_dims, 0), axis, rank = 0;
	int64_t dim[2 * TENSOR_MAX_RANK], groups, outer, inner, n, k;
	size_t size = dtype_size(x->dtype);
	const char *from = tensor_data(e->arena, x);
	Tensor *r;
	char *to;

	if (!eval_axis(e, ARG_axis, x->rank, 0, &axis))
		return false;
	if (batch < 0 || batch > axis || batch > ix->rank || x->rank + ix->rank > TENSOR_MAX_RANK)
		return eval_fail(e, "%d batch axes do not fit axis %d", batch, axis);
	for (int i = 0; i < axis; i++)
		dim[rank++] = x->dim[i];
	for (int i = batch; i < ix->rank; i++)
		dim[rank++] = ix->dim[i];
	for (int i = axis + 1; i < x->rank; i++)
		dim[rank++] = x->dim[i];
	groups = dims_count(x->dim, 0, batch);
	if (dims_count(ix->dim, 0, batch) != groups)
		return eval_fail(e, "x and indices have different batches");
	outer = dims_count(x->dim, batch, axis);
	n = dims_count(ix->dim, batch, ix->rank);
	inner = dims_count(x->dim, axis + 1, x->rank) * (int64_t)size;
	r = eval_new(e, 0, x->dtype, dim, rank);
	if (!r)
		return false;
	to = r->data;
	for (int64_t g = 0; g < groups; g++)
		for (int64_t o = 0; o < outer; o++)
			for (int64_t i = 0; i < n; i++, to += inner) {
				if (!index_at(e, ix, g * n + i, x->dim[axis], &k))
					return false;
				memcpy(to, from + ((g * outer + o) * x->dim[axis] + k) * inner,
				       (size_t)inner);
			}
	return true;
}

/* Where element i of a tensor of the shape of ix stands in x when its index replaces the axis. */
static bool
along(Eval *e, const Tensor *x, const Tensor *ix, int axis, int64_t i, int64_t *at)
{
	int64_t rest = i, step = 1, k;

	if (!index_at(e, ix, i, x->dim[axis], &k))
		return false;
	*at = 0;
	for (int a = ix->rank; a-- > 0;) {
		*at += (a == axis ? k : rest % ix->dim[a]) * step;
		rest /= ix->dim[a];
		step *= x->dim[a];
	}
	return true;
}

static bool
along_fits(Eval *e, const Tensor *x, const Tensor *ix, int *axis)
{
	if (!eval_axis(e, ARG_axis, x->rank, 0, axis))
		return false;
	for (int a = 0; a < x->rank; a++)
		if (ix->rank != x->rank || (a != *axis && ix->dim[a] != x->dim[a]))
			return eval_fail(e, "the shapes differ in more than axis %d", *axis);
	return true;
}

bool
eval_gather_along_axis(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *ix = eval_arg(e, ARG_indices);
	size_t size = dtype_size(x->dtype);
	const char *from = tensor_data(e->arena, x);
	int64_t at;
	Tensor *r;
	int axis;

	if (!along_fits(e, x, ix, &axis))
		return false;
	r = eval_new(e, 0, x->dtype, ix->dim, ix->rank);
	for (int64_t i = 0; i < ix->count; i++) {
		if (!along(e, x, ix, axis, i, &at))
			return false;
		memcpy((char *)r->data + (size_t)i * size, from + (size_t)at * size, size);
	}
	return true;
}

/* Row i of indices addresses the element group *at of x behind `batch` axes. */
static bool
nd_row(Eval *e, const Tensor *x, const Tensor *ix, int batch, int64_t i, int64_t *at)
{
	int64_t depth = ix->dim[ix->rank - 1], k;

	*at = 0;
	for (int64_t d = 0; d < depth; d++) {
		if (!index_at(e, ix, i * depth + d, x->dim[batch + d], &k))
			return false;
		*at = *at * x->dim[batch + d] + k;
	}
	return true;
}

static bool
nd_fits(Eval *e, const Tensor *x, const Tensor *ix, int batch)
{
	if (ix->rank >= 1 && batch >= 0 && batch < ix->rank && batch <= x->rank &&
	    ix->dim[ix->rank - 1] <= x->rank - batch && x->rank + ix->rank <= TENSOR_MAX_RANK &&
	    dims_count(ix->dim, 0, batch) == dims_count(x->dim, 0, batch))
		return true;
	return eval_fail(e, "indices of rank %d do not address a value of rank %d", ix->rank,
	                 x->rank);
}

bool
eval_gather_nd(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x), *ix = eval_arg(e, ARG_indices);
	int batch = (int)eval_int(e, ARG_batch_dims, 0), depth, rank = 0;
	int64_t dim[2 * TENSOR_MAX_RANK], rows, whole, part, at;
	size_t size = dtype_size(x->dtype);
	const char *from = tensor_data(e->arena, x);
	Tensor *r;
	char *to;

	if (!nd_fits(e, x, ix, batch))
		return false;
	depth = (int)ix->dim[ix->rank - 1];
	for (int i = 0; i + 1 < ix->rank; i++)
		dim[rank++] = ix->dim[i];
	for (int i = batch + depth; i < x->rank; i++)
		dim[rank++] = x->dim[i];
	r = eval_new(e, 0, x->dtype, dim, rank);
	if (!r)
		return false;
	to = r->data;
	part = dims_count(x->dim, batch + depth, x->rank) * (int64_t)size;
	whole = dims_count(x->dim, batch, x->rank) * (int64_t)size;
	rows = dims_count(ix->dim, batch, ix->rank - 1);
	for (int64_t i = 0; i < dims_count(ix->dim, 0, ix->rank - 1); i++, to += part) {
		if (!nd_row(e, x, ix, batch, i, &at))
			return false;
		memcpy(to, from + i / rows * whole + at * part, (size_t)part);
	}
	return true;
}

/* ---- scatter ---- */

typedef struct Scatter {
	Tensor *r;
	const Tensor *updates;
	const char *mode;
} Scatter;

static bool
scatter_begin(Eval *e, Scatter *s)
{
	const Tensor *x = eval_arg(e, ARG_data);

	s->updates = eval_arg(e, ARG_updates);
	s->mode = eval_str(e, ARG_mode, "add");
	s->r = copied(e, x);
	return true;
}

/* Combines element `from` of updates with element `at` of the result. */
static void
scatter_one(const Scatter *s, int64_t at, int64_t from)
{
	double old = tensor_f(s->r, at), v = tensor_f(s->updates, from);

	if (strcmp(s->mode, "add") == 0)
		v = old + v;
	else if (strcmp(s->mode, "sub") == 0)
		v = old - v;
	else if (strcmp(s->mode, "mul") == 0)
		v = old * v;
	else if (strcmp(s->mode, "div") == 0)
		v = old / v;
	else if (strcmp(s->mode, "max") == 0)
		v = fmax(old, v);
	else if (strcmp(s->mode, "min") == 0)
		v = fmin(old, v);
	if (s->r->dtype == DT_FP16) /* too large is infinite here, if not in a conversion */
		v = (double)half_to_float(half_from_double(v));
	if (dtype_is_float(s->r->dtype) || isnan(v) || isinf(v))
		tensor_set_f(s->r, at, v);
	else
		tensor_set_i(s->r, at, (int64_t)v);
}

bool
eval_scatter(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_data), *ix = eval_arg(e, ARG_indices);
	int64_t outer, inner, k, from = 0;
	Scatter s;
	int axis;

	if (!eval_axis(e, ARG_axis, x->rank, 0, &axis) || !scatter_begin(e, &s))
		return false;
	outer = dims_count(x->dim, 0, axis);
	inner = dims_count(x->dim, axis + 1, x->rank);
	if (s.updates->count != outer * inner * ix->count)
		return eval_fail(e, "there are %lld updates", (long long)s.updates->count);
	for (int64_t o = 0; x->count && o < outer; o++)
		for (int64_t i = 0; i < ix->count; i++) {
			k = index_clamped(ix, i, x->dim[axis]);
			for (int64_t j = 0; j < inner; j++)
				scatter_one(&s, (o * x->dim[axis] + k) * inner + j, from++);
		}
	return true;
}

bool
eval_scatter_along_axis(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_data), *ix = eval_arg(e, ARG_indices);
	Scatter s;
	int64_t at;
	int axis;

	if (!along_fits(e, x, ix, &axis) || !scatter_begin(e, &s))
		return false;
	if (s.updates->count != ix->count)
		return eval_fail(e, "there are %lld updates", (long long)s.updates->count);
	for (int64_t i = 0; i < ix->count; i++) {
		if (!along(e, x, ix, axis, i, &at))
			return false;
		scatter_one(&s, at, i);
	}
	return true;
}

bool
eval_scatter_nd(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_data), *ix = eval_arg(e, ARG_indices);
	int64_t rows, part, depth, at;
	Scatter s;

	if (!nd_fits(e, x, ix, 0) || !scatter_begin(e, &s))
		return false;
	depth = ix->dim[ix->rank - 1];
	rows = x->count ? dims_count(ix->dim, 0, ix->rank - 1) : 0;
	part = dims_count(x->dim, (int)depth, x->rank);
	if (s.updates->count != rows * part)
		return eval_fail(e, "there are %lld updates", (long long)s.updates->count);
	for (int64_t i = 0; i < rows; i++) {
		at = 0;
		for (int64_t d = 0; d < depth; d++)
			at = at * x->dim[d] + index_clamped(ix, i * depth + d, x->dim[d]);
		for (int64_t j = 0; j < part; j++)
			scatter_one(&s, at * part + j, i * part + j);
	}
	return true;
}
