/* tensor_transformation.c: evaluators of ops that rearrange elements: each one is a copy between
 * strided views, whatever the element type. */
#include "pixel_blocks.h"

/* ---- the same elements in the same order ---- */

bool
eval_reshape(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n, known = 1, dim[TENSOR_MAX_RANK];
	const int64_t *to = eval_ints(e, ARG_shape, &n);
	int rest = -1;

	if (n > TENSOR_MAX_RANK)
		return eval_fail(e, "the result would have rank %lld", (long long)n);
	for (int i = 0; i < n; i++) {
		int64_t from = e->row->since >= IOS17 ? x->rank - (n - i) : n == x->rank ? i : -1;
		dim[i] = to[i];
		if (to[i] == 0 && (from >= 0 || e->row->since >= IOS17))
			dim[i] = from >= 0 ? x->dim[from] : 1;
		if (to[i] == -1 && rest >= 0)
			return eval_fail(e, "two dimensions of the new shape are -1");
		if (to[i] == -1)
			rest = i;
		else if (dim[i] < 0 || __builtin_mul_overflow(known, dim[i], &known))
			return eval_fail(e, "%lld is no dimension", (long long)dim[i]);
	}
	if (rest >= 0)
		dim[rest] = known ? x->count / known : 0;
	return reshaped(e, x, dim, (int)n);
}

bool
eval_reshape_like(Eval *e)
{
	const EvalArg *ref = eval_operand(e, ARG_ref_tensors), *begin = eval_operand(e, ARG_begins);
	const EvalArg *end = eval_operand(e, ARG_ends), *mask = eval_operand(e, ARG_end_masks);
	int64_t dim[TENSOR_MAX_RANK];
	int rank = 0;

	for (uint32_t i = 0; i < ref->n; i++) {
		const Tensor *t = ref->v[i].t;
		int64_t from = tensor_i(begin->v[i].t, 0), to = tensor_i(end->v[i].t, 0);
		from = from < 0 ? MAX(0, from + t->rank) : from;
		to = to < 0 ? to + t->rank : MIN(to, t->rank);
		if (tensor_i(mask->v[i].t, 0))
			to = t->rank;
		for (int64_t k = from; k < to; k++) {
			if (rank == TENSOR_MAX_RANK)
				return eval_fail(e, "the result has too many dimensions");
			dim[rank++] = t->dim[k];
		}
	}
	return reshaped(e, eval_arg(e, ARG_x), dim, rank);
}

bool
eval_expand_dims(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n, dim[TENSOR_MAX_RANK];
	const int64_t *axes = eval_ints(e, ARG_axes, &n);
	bool fresh[TENSOR_MAX_RANK] = {false};
	int rank;

	if (n > TENSOR_MAX_RANK - x->rank)
		return eval_fail(e, "the result would have too many dimensions");
	rank = x->rank + (int)n;
	for (int i = 0; i < n; i++) {
		int64_t a = axes[i] < 0 ? axes[i] + rank : axes[i];
		if (a < 0 || a >= rank || fresh[a])
			return eval_fail(e, "axis %lld cannot be inserted", (long long)axes[i]);
		fresh[a] = true;
	}
	for (int i = 0, k = 0; i < rank; i++)
		dim[i] = fresh[i] ? 1 : x->dim[k++];
	return reshaped(e, x, dim, rank);
}

bool
eval_squeeze(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n = 0, dim[TENSOR_MAX_RANK];
	const int64_t *axes = eval_ints(e, ARG_axes, &n);
	bool drop[TENSOR_MAX_RANK] = {false};
	int rank = 0;

	for (int i = 0; i < x->rank; i++)
		drop[i] = !axes && x->dim[i] == 1;
	for (int i = 0; i < n; i++) {
		int64_t a = axes[i] < 0 ? axes[i] + x->rank : axes[i];
		if (a < 0 || a >= x->rank || x->dim[a] != 1)
			return eval_fail(e, "axis %lld does not have one element",
			                 (long long)axes[i]);
		drop[a] = true;
	}
	for (int i = 0; i < x->rank; i++)
		if (!drop[i])
			dim[rank++] = x->dim[i];
	return reshaped(e, x, dim, rank);
}

/* ---- other orders ---- */

bool
eval_transpose(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n, dim[TENSOR_MAX_RANK];
	const int64_t *p = eval_ints(e, ARG_perm, &n);
	View all = view_dense(tensor_data(e->arena, x), x->dim, x->rank), from = all;

	if (n != x->rank)
		return eval_fail(e, "perm has %lld elements for rank %d", (long long)n, x->rank);
	for (int i = 0; i < x->rank; i++) {
		int64_t a = p[i] < 0 ? p[i] + x->rank : p[i];
		if (a < 0 || a >= x->rank)
			return eval_fail(e, "there is no axis %lld", (long long)p[i]);
		dim[i] = x->dim[a];
		from.stride[i] = all.stride[a];
	}
	return viewed(e, 0, x->dtype, dim, x->rank, &from, dim, x->rank);
}

bool
eval_reverse(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n = x->rank;
	const int64_t *axes = eval_ints(e, ARG_axes, &n);
	Tensor *r = eval_new(e, 0, x->dtype, x->dim, x->rank);
	View to = view_dense(r->data, x->dim, x->rank);
	View from = view_dense(tensor_data(e->arena, x), x->dim, x->rank);
	size_t size = dtype_size(x->dtype);

	for (int i = 0; i < n; i++) {
		int64_t a = axes ? axes[i] : i;
		a = a < 0 ? a + x->rank : a;
		if (a < 0 || a >= x->rank)
			return eval_fail(e, "there is no axis %lld", (long long)axes[i]);
		if (x->count)
			view_shift(&from, size, (int)a, x->dim[a] - 1);
		from.stride[a] = -from.stride[a];
	}
	view_copy(size, x->rank, x->dim, &to, &from);
	return true;
}

bool
eval_reverse_sequence(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t n, dim[TENSOR_MAX_RANK];
	const int64_t *len = eval_ints(e, ARG_lengths, &n);
	size_t size = dtype_size(x->dtype);
	Tensor *r = eval_new(e, 0, x->dtype, x->dim, x->rank);
	View to0 = view_dense(r->data, x->dim, x->rank);
	View from0 = view_dense(tensor_data(e->arena, x), x->dim, x->rank);
	int seq, batch;

	if (!eval_axis(e, ARG_seq_axis, x->rank, 0, &seq) ||
	    !eval_axis(e, ARG_batch_axis, x->rank, 0, &batch))
		return false;
	if (seq == batch || n != x->dim[batch])
		return eval_fail(e, "there are %lld lengths for %lld sequences", (long long)n,
		                 (long long)x->dim[batch]);
	memcpy(dim, x->dim, sizeof *dim * (size_t)x->rank);
	dim[batch] = 1;
	for (int64_t b = 0; b < n; b++) {
		View to = to0, from = from0;
		if (len[b] < 0 || len[b] > x->dim[seq])
			return eval_fail(e, "sequence %lld has length %lld", (long long)b,
			                 (long long)len[b]);
		view_shift(&to, size, batch, b);
		view_shift(&from, size, batch, b);
		dim[seq] = x->dim[seq];
		view_copy(size, x->rank, dim, &to, &from);
		dim[seq] = len[b];
		view_shift(&from, size, seq, len[b] - 1);
		from.stride[seq] = -from.stride[seq];
		view_copy(size, x->rank, dim, &to, &from);
	}
	return true;
}

/* ---- slices ---- */

bool
eval_slice_by_index(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t box[TENSOR_MAX_RANK], dim[TENSOR_MAX_RANK];
	SliceAxis axis[TENSOR_MAX_RANK];
	View from;
	int rank = 0;

	if (!slice_axes(e, x, axis))
		return false;
	from = slice_view(tensor_data(e->arena, x), x, axis, box);
	for (int i = 0; i < x->rank; i++)
		if (!axis[i].squeeze)
			dim[rank++] = box[i];
	return viewed(e, 0, x->dtype, dim, rank, &from, box, x->rank);
}

static bool
update_slice(Eval *e, const Tensor *u)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t box[TENSOR_MAX_RANK], count;
	SliceAxis axis[TENSOR_MAX_RANK];
	View from, to;
	Tensor *r;

	if (!slice_axes(e, x, axis))
		return false;
	r = copied(e, x);
	to = slice_view(r->data, x, axis, box);
	if (!shape_count(box, x->rank, &count) || count != u->count)
		return eval_fail(e, "update has %lld elements for a slice of %lld",
		                 (long long)u->count, (long long)count);
	from = view_dense(tensor_data(e->arena, u), box, x->rank);
	view_copy(dtype_size(x->dtype), x->rank, box, &to, &from);
	return true;
}

bool
eval_slice_update(Eval *e)
{
	return update_slice(e, eval_arg(e, ARG_update));
}

/* What becomes other operations before a model is written: run only where passes are verified. */
bool
eval_torch_tensor_assign(Eval *e)
{
	return update_slice(e, eval_arg(e, ARG_updates));
}

bool
eval_slice_by_size(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t nb, ns, dim[TENSOR_MAX_RANK];
	const int64_t *begin = eval_ints(e, ARG_begin, &nb), *size = eval_ints(e, ARG_size, &ns);
	View from = view_dense(tensor_data(e->arena, x), x->dim, x->rank);

	if (nb != x->rank || ns != x->rank)
		return eval_fail(e, "begin and size must have %d elements", x->rank);
	for (int i = 0; i < x->rank; i++) {
		int64_t b = begin[i] < 0 ? begin[i] + x->dim[i] : begin[i];
		dim[i] = size[i] == -1 ? x->dim[i] - b : size[i];
		if (b < 0 || dim[i] < 0 || b > x->dim[i] || dim[i] > x->dim[i] - b)
			return eval_fail(e, "axis %d has %lld elements, not %lld at %lld", i,
			                 (long long)x->dim[i], (long long)dim[i],
			                 (long long)begin[i]);
		if (b < x->dim[i])
			view_shift(&from, dtype_size(x->dtype), i, b);
	}
	return viewed(e, 0, x->dtype, dim, x->rank, &from, dim, x->rank);
}

bool
eval_sliding_windows(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	int64_t size = eval_int(e, ARG_size, 1), stride = eval_int(e, ARG_stride, 1);
	int64_t dim[TENSOR_MAX_RANK + 1];
	View all = view_dense(tensor_data(e->arena, x), x->dim, x->rank), from = all;
	int axis, rank = x->rank + 1;

	if (!eval_axis(e, ARG_axis, x->rank, 0, &axis))
		return false;
	if (rank > TENSOR_MAX_RANK || size < 1 || stride < 1 || size > x->dim[axis])
		return eval_fail(e, "no window of %lld elements fits into %lld", (long long)size,
		                 (long long)x->dim[axis]);
	for (int i = 0; i < rank; i++) {
		dim[i] = x->dim[i - (i > axis)];
		from.stride[i] = all.stride[i - (i > axis)];
	}
	dim[axis] = (x->dim[axis] - size) / stride + 1;
	dim[axis + 1] = size;
	from.stride[axis] *= stride;
	return viewed(e, 0, x->dtype, dim, rank, &from, dim, rank);
}

/* ---- blocks of pixels ---- */

bool
eval_blocks(Eval *e)
{
	const Tensor *x = eval_arg(e, ARG_x);
	size_t size = dtype_size(x->dtype);
	PixelBlocks p;
	Tensor *r;

	if (!pixel_blocks_read(e, &p))
		return false;
	r = eval_new(e, 0, x->dtype, p.join ? p.image : p.blocks, 4);
	if (!r)
		return false;
	for (int64_t i = 0; x->count && r->count && i < p.size[0] * p.size[1]; i++) {
		PixelBox b = pixel_box_at(&p, i / p.size[1], i % p.size[1]);
		View from = {.at = (char *)(uintptr_t)tensor_data(e->arena, x)};
		View to = {.at = r->data}, *image = p.join ? &to : &from;
		View *blocks = p.join ? &from : &to;
		memcpy(image->stride, b.image, sizeof b.image);
		memcpy(blocks->stride, b.blocks, sizeof b.blocks);
		image->at += b.image_at * (int64_t)size;
		blocks->at += b.blocks_at * (int64_t)size;
		view_copy(size, PIXEL_AXES, b.dim, &to, &from);
	}
	return true;
}
