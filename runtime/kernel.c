/* kernel.c: see kernel.h. */
#include "kernel.h"

#include "tensor/elems.h"

View
view_dense(const void *data, const int64_t *dim, int rank)
{
	View v = {.at = (char *)(uintptr_t)data};
	int64_t step = 1;

	for (int i = rank; i-- > 0; step *= dim[i])
		v.stride[i] = step;
	return v;
}

void
view_shift(View *v, size_t size, int axis, int64_t by)
{
	v->at += by * v->stride[axis] * (int64_t)size;
}

static void
copy_row(size_t size, int64_t n, char *to, int64_t ts, const char *from, int64_t fs)
{
	if (ts == 1 && fs == 1) {
		memcpy(to, from, size * (size_t)n);
		return;
	}
	ts *= (int64_t)size;
	fs *= (int64_t)size;
	for (int64_t i = 0; i < n; i++, to += ts, from += fs) {
		switch (size) {
		case 1:
			*to = *from;
			break;
		case 2:
			memcpy(to, from, 2);
			break;
		case 4:
			memcpy(to, from, 4);
			break;
		default:
			memcpy(to, from, size);
		}
	}
}

void
view_copy(size_t size, int rank, const int64_t *dim, const View *to, const View *from)
{
	int64_t index[VIEW_MAX_RANK] = {0};
	char *t = to->at;
	const char *f = from->at;
	int i;

	for (i = 0; i < rank; i++)
		if (dim[i] == 0)
			return;
	if (rank == 0) {
		memcpy(t, f, size);
		return;
	}
	for (;;) {
		copy_row(size, dim[rank - 1], t, to->stride[rank - 1], f, from->stride[rank - 1]);
		for (i = rank - 2; i >= 0; i--) {
			t += to->stride[i] * (int64_t)size;
			f += from->stride[i] * (int64_t)size;
			if (++index[i] < dim[i])
				break;
			index[i] = 0;
			t -= to->stride[i] * dim[i] * (int64_t)size;
			f -= from->stride[i] * dim[i] * (int64_t)size;
		}
		if (i < 0)
			return;
	}
}

bool
viewed(Eval *e, uint32_t i, DType t, const int64_t *dim, int rank, const View *from,
       const int64_t *box, int nbox)
{
	Tensor *r = eval_new(e, i, t, dim, rank);
	View to;

	if (!r)
		return false;
	to = view_dense(r->data, box, nbox);
	view_copy(dtype_size(t), nbox, box, &to, from);
	return true;
}

Tensor *
copied(Eval *e, const Tensor *x)
{
	Tensor *r = eval_new(e, 0, x->dtype, x->dim, x->rank);

	memcpy(r->data, tensor_data(e->arena, x), dtype_size(x->dtype) * (size_t)x->count);
	return r;
}

bool
reshaped(Eval *e, const Tensor *t, const int64_t *dim, int rank)
{
	int64_t count;

	if (!shape_count(dim, rank, &count) || count != t->count)
		return eval_fail(e, "%lld elements do not fill the new shape", (long long)t->count);
	e->out[0].t = tensor_reshape(e->arena, t, dim, rank);
	return true;
}

bool
spread(Eval *e, Tensor *r, const Tensor *x, const Tensor *mask, bool packed)
{
	size_t size = dtype_size(x->dtype);
	const char *from = tensor_data(e->arena, x);
	const uint8_t *bits = packed ? tensor_data(e->arena, mask) : NULL;
	int64_t n = 0;

	for (int64_t i = 0; i < r->count; i++) {
		if (packed ? !(bits[i / 8] >> (i % 8) & 1) : !tensor_i(mask, i))
			continue;
		if (n == x->count)
			return eval_fail(e, "the mask has more ones than there are values");
		memcpy((char *)r->data + (size_t)i * size, from + (size_t)n++ * size, size);
	}
	return true;
}

int64_t
border_index(Border b, int64_t i, int64_t n)
{
	int64_t period = b == BORDER_REFLECT ? 2 * (n - 1) : 2 * n;

	if (i >= 0 && i < n)
		return i;
	if (b == BORDER_CONSTANT || n == 0)
		return -1;
	if (b == BORDER_EDGE || period == 0)
		return i < 0 ? 0 : n - 1;
	i = (i % period + period) % period;
	if (i < n)
		return i;
	return b == BORDER_REFLECT ? period - i : period - 1 - i;
}

const int64_t *
eval_ints(Eval *e, ArgName param, int64_t *n)
{
	const Tensor *t = eval_arg(e, param);
	int64_t *v;

	if (!t)
		return NULL;
	v = newn(e->arena, int64_t, (size_t)t->count + 1);
	for (int64_t i = 0; i < t->count; i++)
		v[i] = tensor_i(t, i);
	if (n)
		*n = t->count;
	return v;
}

const float *
eval_floats(Eval *e, const Tensor *t)
{
	const void *data = tensor_data(e->arena, t);
	float *f;

	if (t->dtype == DT_FP32 && (uintptr_t)data % _Alignof(float) == 0)
		return data;
	f = newn(e->arena, float, (size_t)t->count + 1);
	elems_cast(DT_FP32, (char *)f, t->dtype, data, (size_t)t->count);
	return f;
}

bool
float_begin(Eval *e, FloatOut *o, uint32_t out, DType t, const int64_t *dim, int rank)
{
	o->t = eval_new(e, out, t, dim, rank);
	if (!o->t)
		return false;
	o->mark = arena_mark(e->arena);
	o->f = t == DT_FP32 ? o->t->data : newn(e->arena, float, (size_t)o->t->count + 1);
	return true;
}

void
float_end(Eval *e, FloatOut *o)
{
	Tensor *t = o->t;

	if (t->dtype == DT_FP16)
		half_from_floats(t->data, o->f, (size_t)t->count);
	else if (t->dtype != DT_FP32)
		elems_cast(t->dtype, t->data, DT_FP32, (const char *)o->f, (size_t)t->count);
	arena_release(e->arena, o->mark);
}

double
range_steps(DType t, double start, double end, double step)
{
	if (t == DT_FP16) {
		float span = half_to_float(half_from_float((float)(end - start)));
		return half_to_float(half_from_float(span / (float)step));
	}
	if (t == DT_FP32)
		return (double)((float)((float)end - (float)start) / (float)step);
	return (end - start) / step;
}

/* ---- slices ---- */

/* begin:end:step of an axis of n elements, as far as they are given. */
static SliceAxis
slice_of(int64_t n, const int64_t *begin, const int64_t *end, int64_t step)
{
	int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
	int64_t b = step > 0 ? low : high, s = step > 0 ? high : low, span;

	if (begin)
		b = MAX(low, MIN(high, *begin < 0 ? *begin + n : *begin));
	if (end)
		s = MAX(low, MIN(high, *end < 0 ? *end + n : *end));
	span = step > 0 ? s - b : b - s;
	step = step > 0 ? step : -step;
	return (SliceAxis){.begin = b, .len = span > 0 ? (span + step - 1) / step : 0};
}

static bool
mask_at(const Tensor *t, int i)
{
	return t && i < t->count && tensor_i(t, i) != 0;
}

bool
slice_axes(Eval *e, const Tensor *x, SliceAxis *axis)
{
	const Tensor *begin = eval_arg(e, ARG_begin), *end = eval_arg(e, ARG_end);
	const Tensor *stride = eval_arg(e, ARG_stride);
	const Tensor *bm = eval_arg(e, ARG_begin_mask), *em = eval_arg(e, ARG_end_mask);
	const Tensor *sq = eval_arg(e, ARG_squeeze_mask);

	if (begin->count != x->rank || end->count != x->rank ||
	    (stride && stride->count != x->rank))
		return eval_fail(e, "begin, end and stride must have %d elements", x->rank);
	for (int i = 0; i < x->rank; i++) {
		int64_t from = tensor_i(begin, i), to = tensor_i(end, i);
		int64_t step = stride ? tensor_i(stride, i) : 1;
		if (step == 0 || step < -INT32_MAX)
			return eval_fail(e, "axis %d cannot be sliced with this stride", i);
		if (mask_at(sq, i)) {
			int64_t last = INT64_MAX;
			axis[i] = slice_of(x->dim[i], mask_at(bm, i) ? NULL : &from, &last, 1);
			if (axis[i].len == 0)
				return eval_fail(e, "axis %d has %lld elements, not one at %lld", i,
				                 (long long)x->dim[i], (long long)from);
			axis[i].len = axis[i].step = 1;
			axis[i].squeeze = true;
			continue;
		}
		axis[i] = slice_of(x->dim[i], mask_at(bm, i) ? NULL : &from,
		                   mask_at(em, i) ? NULL : &to, step);
		axis[i].step = step;
	}
	return true;
}

View
slice_view(const void *data, const Tensor *x, const SliceAxis *axis, int64_t *dim)
{
	View v = view_dense(data, x->dim, x->rank);

	for (int i = 0; i < x->rank; i++) {
		if (axis[i].len > 0)
			view_shift(&v, dtype_size(x->dtype), i, axis[i].begin);
		v.stride[i] *= axis[i].step;
		dim[i] = axis[i].len;
	}
	return v;
}
