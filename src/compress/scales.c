/* scales.c: weights divided by the largest magnitude along the axis of channels. */
#include "blocks.h"

/* Goes through the weight; the place in the scale of each element. */
typedef struct ScaleWalk {
	int64_t channels, inner, c, i, start;
} ScaleWalk;

static inline int64_t
scale_next(ScaleWalk *s)
{
	int64_t at = s->start + s->i;

	if (++s->i == s->inner) {
		s->i = 0;
		if (++s->c == s->channels) {
			s->c = 0;
			s->start += s->inner;
		}
	}
	return at;
}

static ScaleWalk
scale_begin(const Tensor *w, int axis)
{
	ScaleWalk s = {w->dim[axis], 1, 0, 0, 0};

	for (int k = axis + 1; k < w->rank; k++)
		s.inner *= w->dim[k];
	return s;
}

Tensor *
channel_scale(Arena *a, const Tensor *w, int axis)
{
	int64_t dim[TENSOR_MAX_RANK];
	ScaleWalk s = scale_begin(w, axis);
	float x[BLOCK], *most;
	Tensor *r;

	memcpy(dim, w->dim, sizeof *dim * (size_t)w->rank);
	dim[axis] = 1;
	r = tensor_new(a, w->dtype, dim, w->rank);
	most = xcalloc((size_t)r->count, sizeof *most);
	for (int64_t i = 0, n; i < w->count; i += n) {
		n = MIN(w->count - i, (int64_t)BLOCK);
		block_load(w, i, n, x);
		for (int64_t k = 0; k < n; k++) {
			float *m = &most[scale_next(&s)];
			*m = fabsf(x[k]) <= *m ? *m : fabsf(x[k]);
		}
	}
	for (int64_t i = 0; i < r->count; i++)
		tensor_set_f(r, i, most[i] == 0 ? 1 : (double)most[i]);
	xfree(most);
	return r;
}

Tensor *
channel_divide(Arena *a, const Tensor *w, const Tensor *scale, int axis)
{
	Tensor *r = result_new(a, w->dtype, w->dim, w->rank);
	float *by = xcalloc((size_t)scale->count, sizeof *by), x[BLOCK];
	ScaleWalk s = scale_begin(w, axis);
	size_t size = dtype_size(w->dtype);
	uint16_t h[BLOCK];

	for (int64_t i = 0; i < scale->count; i++)
		by[i] = (float)tensor_f(scale, i);
	for (int64_t i = 0, n; i < w->count; i += n) {
		n = MIN(w->count - i, (int64_t)BLOCK);
		block_load(w, i, n, x);
		for (int64_t k = 0; k < n; k++)
			x[k] /= by[scale_next(&s)];
		half_from_floats(h, x, BLOCK);
		memcpy((char *)r->data + (size_t)i * size, size == 2 ? (void *)h : x,
		       (size_t)n * size);
	}
	xfree(by);
	return r;
}
