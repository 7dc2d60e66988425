/* move.c: ops that only move elements, of any type: each is one box or a few (box.h). */
#include "box.h"
#include "runtime/kernel.h"

/* ---- transpose, reverse ---- */

static bool
plan_transpose(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *perm = eval_arg(e, ARG_perm);
	int64_t dim[TENSOR_MAX_RANK];

	if (!is_movable(x) || !is_known(e, known, ARG_perm) || perm->count != x->rank)
		return false;
	for (int i = 0; i < x->rank; i++) {
		int64_t a = tensor_i(perm, i);
		if (a < -x->rank || a >= x->rank)
			return false;
		dim[i] = x->dim[a < 0 ? a + x->rank : a];
	}
	return plan_moved(plan, 0, x, dim, x->rank) &&
	       dims_count(dim, 0, x->rank) == x->count; /* else it is no permutation */
}

static void
run_transpose(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *perm = eval_arg(c->e, ARG_perm);
	const Tensor *y = c->e->out[0].t;
	ElemBox b = box_between(dtype_size(x->dtype), x->dim, x->rank, x->dim, x->dim), from = b;

	b = box_between(b.size, y->dim, y->rank, y->dim, y->dim);
	for (int i = 0; i < x->rank; i++) {
		int64_t a = tensor_i(perm, i);
		b.from[i] = from.from[a < 0 ? a + x->rank : a];
	}
	b.in = x->data;
	b.out = y->data;
	box_move(c, &b);
}
const Kernel FAST(kernel_transpose) = {.plan = plan_transpose, .run = run_transpose};

static bool
plan_reverse(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *axes = eval_arg(e, ARG_axes);
	bool turned[TENSOR_MAX_RANK] = {false};

	if (!is_movable(x) || !is_known(e, known, ARG_axes))
		return false;
	for (int64_t i = 0; axes && i < axes->count; i++) {
		int64_t a = tensor_i(axes, i);
		if (a < -x->rank || a >= x->rank || turned[a < 0 ? a + x->rank : a])
			return false;
		turned[a < 0 ? a + x->rank : a] = true;
	}
	return plan_moved(plan, 0, x, x->dim, x->rank);
}

static void
run_reverse(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *axes = eval_arg(c->e, ARG_axes);
	ElemBox b = box_between(dtype_size(x->dtype), x->dim, x->rank, x->dim, x->dim);
	int64_t n = axes ? axes->count : x->rank;

	b.in = x->data;
	b.out = c->e->out[0].t->data;
	for (int64_t i = 0; x->count && i < n; i++) {
		int64_t a = axes ? tensor_i(axes, i) : i;
		a = a < 0 ? a + x->rank : a;
		b.in += b.from[a] * (x->dim[a] - 1);
		b.from[a] = -b.from[a];
	}
	box_move(c, &b);
}
const Kernel FAST(kernel_reverse) = {.plan = plan_reverse, .run = run_reverse};

/* ---- slices ---- */

/* The axes of a slice. False: they are not known before a run, or wrong. */
static bool
known_slice(const Eval *e, const bool *known, const Tensor *x, SliceAxis *axis)
{
	static const ArgName all[] = {ARG_begin,      ARG_end,      ARG_stride,
	                              ARG_begin_mask, ARG_end_mask, ARG_squeeze_mask};
	Eval own = *e;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!is_known(e, known, all[i]))
			return false;
	return is_movable(x) && slice_axes(&own, x, axis);
}

/* The part of x that the slice selects, and as many elements of a dense tensor. */
static ElemBox
slice_box(const Eval *e, const Tensor *x, int64_t *begin)
{
	SliceAxis axis[TENSOR_MAX_RANK];
	int64_t dim[TENSOR_MAX_RANK];
	Eval own = *e;
	ElemBox b;

	*begin = 0;
	if (!slice_axes(&own, x, axis))
		die("%s: a slice that was planned is wrong", e->row->name);
	for (int i = 0; i < x->rank; i++)
		dim[i] = axis[i].len;
	b = box_between(dtype_size(x->dtype), dim, x->rank, dim, x->dim);
	for (int i = 0; i < x->rank; i++) {
		*begin += axis[i].len ? axis[i].begin * b.from[i] : 0;
		b.from[i] *= axis[i].step;
	}
	return b;
}

static bool
plan_slice(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	SliceAxis axis[TENSOR_MAX_RANK];
	int64_t dim[TENSOR_MAX_RANK];
	int rank = 0;

	if (!known_slice(e, known, x, axis))
		return false;
	for (int i = 0; i < x->rank; i++)
		if (!axis[i].squeeze)
			dim[rank++] = axis[i].len;
	return plan_moved(plan, 0, x, dim, rank);
}

static void
run_slice(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x);
	int64_t begin;
	ElemBox b = slice_box(c->e, x, &begin);

	b.in = (const char *)x->data + begin;
	b.out = c->e->out[0].t->data;
	box_move(c, &b);
}
const Kernel FAST(kernel_slice_by_index) = {.plan = plan_slice, .run = run_slice};

static bool
plan_slice_update(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *u = eval_arg(e, ARG_update);
	SliceAxis axis[TENSOR_MAX_RANK];
	int64_t count = 1;

	if (!known_slice(e, known, x, axis) || !u || u->dtype != x->dtype)
		return false;
	for (int i = 0; i < x->rank; i++)
		count *= axis[i].len;
	plan->in_place = true;
	return count == u->count && plan_moved(plan, 0, x, x->dim, x->rank);
}

static void
run_slice_update(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *y = c->e->out[0].t;
	int64_t begin;
	ElemBox b = slice_box(c->e, x, &begin), whole;

	whole = box_between(b.size, x->dim, x->rank, x->dim, x->dim);
	whole.in = x->data;
	whole.out = y->data;
	if (whole.in != whole.out)
		box_move(c, &whole);
	for (int i = 0; i < x->rank; i++) {
		int64_t step = b.to[i];
		b.to[i] = b.from[i];
		b.from[i] = step;
	}
	b.in = eval_arg(c->e, ARG_update)->data;
	b.out = (char *)y->data + begin;
	box_move(c, &b);
}
const Kernel FAST(kernel_slice_update) = {.plan = plan_slice_update, .run = run_slice_update};

/* Where axis i of a slice by size begins, and how long it is. */
static bool
size_axis(const Eval *e, const Tensor *x, int i, int64_t *begin, int64_t *len)
{
	int64_t b = tensor_i(eval_arg(e, ARG_begin), i), n = tensor_i(eval_arg(e, ARG_size), i);

	*begin = b < 0 ? b + x->dim[i] : b;
	*len = n == -1 ? x->dim[i] - *begin : n;
	return *begin >= 0 && *len >= 0 && *begin <= x->dim[i] && *len <= x->dim[i] - *begin;
}

static bool
plan_slice_by_size(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t begin, dim[TENSOR_MAX_RANK];

	if (!is_movable(x) || !is_known(e, known, ARG_begin) || !is_known(e, known, ARG_size) ||
	    eval_arg(e, ARG_begin)->count != x->rank || eval_arg(e, ARG_size)->count != x->rank)
		return false;
	for (int i = 0; i < x->rank; i++)
		if (!size_axis(e, x, i, &begin, &dim[i]))
			return false;
	return plan_moved(plan, 0, x, dim, x->rank);
}

static void
run_slice_by_size(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *y = c->e->out[0].t;
	ElemBox b = box_between(dtype_size(x->dtype), y->dim, y->rank, y->dim, x->dim);

	b.in = x->data;
	b.out = y->data;
	for (int i = 0; y->count && i < x->rank; i++) {
		int64_t begin, len;
		size_axis(c->e, x, i, &begin, &len);
		b.in += begin * b.from[i];
	}
	box_move(c, &b);
}
const Kernel FAST(kernel_slice_by_size) = {.plan = plan_slice_by_size, .run = run_slice_by_size};

static bool
plan_crop(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const ArgName name[2] = {ARG_crop_height, ARG_crop_width};
	int64_t dim[TENSOR_MAX_RANK];

	if (!is_movable(x) || x->rank < 2)
		return false;
	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	for (int i = 0; i < 2; i++) {
		const Tensor *cut = eval_arg(e, name[i]);
		int64_t *d = &dim[x->rank - 2 + i], a, b;
		if (!is_known(e, known, name[i]))
			return false;
		a = tensor_i(cut, 0);
		b = tensor_i(cut, 1);
		if (a < 0 || b < 0 || a > *d - b)
			return false;
		*d -= a + b;
	}
	return plan_moved(plan, 0, x, dim, x->rank);
}

static void
run_crop(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *y = c->e->out[0].t;
	ElemBox b = box_between(dtype_size(x->dtype), y->dim, y->rank, y->dim, x->dim);

	b.in = x->data;
	b.out = y->data;
	if (!y->count)
		return;
	b.in += tensor_i(eval_arg(c->e, ARG_crop_height), 0) * b.from[x->rank - 2];
	b.in += tensor_i(eval_arg(c->e, ARG_crop_width), 0) * b.from[x->rank - 1];
	box_move(c, &b);
}
const Kernel FAST(kernel_crop) = {.plan = plan_crop, .run = run_crop};

static bool
plan_windows(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int axis = x ? known_axis(e, known, ARG_axis, x->rank, 0) : -1;
	int64_t size = eval_int(e, ARG_size, 1), stride = eval_int(e, ARG_stride, 1);
	int64_t dim[TENSOR_MAX_RANK + 1];

	if (axis < 0 || !is_movable(x) || !is_known(e, known, ARG_size) ||
	    !is_known(e, known, ARG_stride) || x->rank == TENSOR_MAX_RANK || size < 1 ||
	    stride < 1 || size > x->dim[axis])
		return false;
	for (int i = 0; i <= x->rank; i++)
		dim[i] = x->dim[i - (i > axis)];
	dim[axis] = (x->dim[axis] - size) / stride + 1;
	dim[axis + 1] = size;
	return plan_moved(plan, 0, x, dim, x->rank + 1);
}

static void
run_windows(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *y = c->e->out[0].t;
	int64_t axis = eval_int(c->e, ARG_axis, 0);
	ElemBox one = box_between(dtype_size(x->dtype), x->dim, x->rank, x->dim, x->dim);
	ElemBox b = box_between(one.size, y->dim, y->rank, y->dim, y->dim);

	axis = axis < 0 ? axis + x->rank : axis;
	b.in = x->data;
	b.out = y->data;
	for (int i = 0; i < y->rank; i++)
		b.from[i] = one.from[i - (i > axis)];
	b.from[axis] *= eval_int(c->e, ARG_stride, 1);
	box_move(c, &b);
}
const Kernel FAST(kernel_sliding_windows) = {.plan = plan_windows, .run = run_windows};

/* ---- splitting ---- */

static bool
plan_split(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *sizes = eval_arg(e, ARG_split_sizes);
	int axis = x ? known_axis(e, known, ARG_axis, x->rank, 0) : -1;
	int64_t dim[TENSOR_MAX_RANK], left;

	if (axis < 0 || !is_movable(x) || e->nout > KERNEL_RESULTS || e->nout == 0 ||
	    !is_known(e, known, ARG_split_sizes) || (sizes && sizes->count != e->nout))
		return false;
	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	left = x->dim[axis];
	for (uint32_t i = 0; i < e->nout; i++) {
		dim[axis] = sizes ? tensor_i(sizes, i) : x->dim[axis] / e->nout;
		if (dim[axis] < 0 || dim[axis] > left || !plan_moved(plan, (int)i, x, dim, x->rank))
			return false;
		left -= dim[axis];
	}
	return left == 0;
}

static void
run_split(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x);
	int64_t axis = eval_int(c->e, ARG_axis, 0), at = 0;

	axis = axis < 0 ? axis + x->rank : axis;
	for (uint32_t i = 0; i < c->e->nout; i++) {
		const Tensor *y = c->e->out[i].t;
		ElemBox b = box_between(dtype_size(x->dtype), y->dim, y->rank, y->dim, x->dim);
		b.in = (const char *)x->data + at * b.from[axis];
		b.out = y->data;
		box_move(c, &b);
		at += y->dim[axis];
	}
}
const Kernel FAST(kernel_split) = {.plan = plan_split, .run = run_split};

static bool
plan_tile(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *reps = eval_arg(e, ARG_reps);
	int64_t dim[TENSOR_MAX_RANK];

	if (!is_movable(x) || !is_known(e, known, ARG_reps) || reps->count != x->rank)
		return false;
	for (int i = 0; i < x->rank; i++) {
		int64_t n = tensor_i(reps, i);
		if (n < 0 || __builtin_mul_overflow(x->dim[i], n, &dim[i]))
			return false;
	}
	return plan_moved(plan, 0, x, dim, x->rank);
}

static void
run_tile(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *reps = eval_arg(c->e, ARG_reps);
	const Tensor *y = c->e->out[0].t;
	ElemBox one = box_between(dtype_size(x->dtype), x->dim, x->rank, y->dim, x->dim);
	ElemBox b = {.size = one.size, .n = 2 * x->rank, .out = y->data, .in = x->data};

	for (int i = 0; i < x->rank; i++) {
		b.dim[2 * i] = tensor_i(reps, i);
		b.to[2 * i] = one.to[i] * x->dim[i];
		b.from[2 * i] = 0;
		b.dim[2 * i + 1] = x->dim[i];
		b.to[2 * i + 1] = one.to[i];
		b.from[2 * i + 1] = one.from[i];
	}
	box_move(c, &b);
}
const Kernel FAST(kernel_tile) = {.plan = plan_tile, .run = run_tile};

/* ---- filling ---- */

/* Of a shape that is known, or a tensor's; sizes that a run works out are the evaluator's. */
static bool
plan_fill(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *v = eval_arg(e, ARG_value), *like;
	int64_t dim[TENSOR_MAX_RANK];

	if (!is_movable(v) || !is_known(e, known, ARG_value) || v->count < 1)
		return false;
	if (e->row->code == OP_fill_like) {
		like = eval_arg(e, ARG_ref_tensor);
		return like && plan_moved(plan, 0, v, like->dim, like->rank);
	}
	like = eval_arg(e, ARG_shape);
	if (!is_known(e, known, ARG_shape) || !like || like->count > TENSOR_MAX_RANK)
		return false;
	for (int i = 0; i < like->count; i++)
		dim[i] = tensor_i(like, i);
	return plan_moved(plan, 0, v, dim, (int)like->count);
}

static void
run_fill(const KernelCall *c)
{
	const Tensor *v = eval_arg(c->e, ARG_value), *y = c->e->out[0].t;
	size_t size = dtype_size(v->dtype);
	ElemBox b = {.size = size, .n = 1, .out = y->data, .in = v->data};

	b.dim[0] = y->count;
	b.to[0] = (int64_t)size;
	box_move(c, &b);
}
const Kernel FAST(kernel_fill) = {.plan = plan_fill, .run = run_fill};
