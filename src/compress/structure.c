/* structure.c: pruning in blocks of channels, and of n out of every m; both along axis 0 or 1. */
#include "blocks.h"

/* The weight as (outer, channels, inner) with the axis in the middle. */
typedef struct Lines {
	const Tensor *w;
	const void *data;
	int64_t outer, channels, inner;
} Lines;

static Lines
lines_of(Arena *a, const Tensor *w, int axis)
{
	Lines l = {w, w->data, 1, w->dim[axis], 1};
	Tensor *t;

	for (int k = 0; k < axis; k++)
		l.outer *= w->dim[k];
	for (int k = axis + 1; k < w->rank; k++)
		l.inner *= w->dim[k];
	if (!l.data) {
		t = result_new(a, w->dtype, w->dim, w->rank);
		tensor_read(w, 0, w->count, t->data);
		l.data = t->data;
	}
	return l;
}

/* Of the element at i: the float, and its magnitude in bits. */
static float
value_at(const Lines *l, int64_t i)
{
	return l->w->dtype == DT_FP32 ? ((const float *)l->data)[i]
	                              : half_to_float(((const uint16_t *)l->data)[i]);
}

static uint32_t
magnitude_at(const Lines *l, int64_t i)
{
	return l->w->dtype == DT_FP32 ? ((const uint32_t *)l->data)[i] & 0x7fffffff
	                              : ((const uint16_t *)l->data)[i] & 0x7fffu;
}

/* ---- blocks ---- */

/* The sum of n floats in NumPy's order for what lies in a row. */
static float
sum_pairs(const float *x, int64_t n)
{
	float r[8], sum = 0;
	int64_t i, half;

	if (n > 128) {
		half = n / 2 - n / 2 % 8;
		return sum_pairs(x, half) + sum_pairs(x + half, n - half);
	}
	if (n < 8) {
		for (i = 0; i < n; i++)
			sum += x[i];
		return sum;
	}
	memcpy(r, x, sizeof r);
	for (i = 8; i < n - n % 8; i += 8)
		for (int k = 0; k < 8; k++)
			r[k] += x[i + k];
	sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
	for (; i < n; i++)
		sum += x[i];
	return sum;
}

/* The norm of the block of channels that begins at element `at`; what is missing is 0. */
static float
norm_of(const Lines *l, int64_t at, int64_t n, float *square, int64_t size)
{
	DType t = l->w->dtype;
	float sum = 0, v;

	for (int64_t k = 0; k < size; k++) {
		v = k < n ? value_at(l, at + k * l->inner) : 0;
		square[k] = step(t, v * v);
		sum = step(t, sum + square[k]);
	}
	if (l->inner == 1)
		sum = step(t, sum_pairs(square, size));
	return step(t, sqrtf(sum));
}

/* The norms in place of the weights that they are of. */
static Tensor *
norm_map(Arena *a, const Lines *l, int64_t size)
{
	Tensor *map = result_new(a, l->w->dtype, l->w->dim, l->w->rank);
	float *square = xcalloc((size_t)size, sizeof *square), norm;
	uint16_t h;

	for (int64_t o = 0; o < l->outer; o++)
		for (int64_t c = 0; c < l->channels; c += size)
			for (int64_t i = 0; i < l->inner; i++) {
				int64_t at = (o * l->channels + c) * l->inner + i;
				int64_t n = MIN(size, l->channels - c);
				norm = norm_of(l, at, n, square, size);
				h = half_from_float(norm);
				for (int64_t k = 0; k < n; k++, at += l->inner)
					if (l->w->dtype == DT_FP16)
						((uint16_t *)map->data)[at] = h;
					else
						((float *)map->data)[at] = norm;
			}
	xfree(square);
	return map;
}

/* Zeros are not kept where the rest of their block is. */
static Sparse
without_zeros(Arena *a, const Lines *l, Tensor *mask)
{
	uint8_t *m = mask->data;

	for (int64_t i = 0; i < mask->count; i++)
		m[i] &= magnitude_at(l, i) != 0;
	return (Sparse){mask, mask_select(a, l->w, mask)};
}

Sparse
prune_blocks(Arena *a, const Tensor *w, double share, bool wide, int64_t size, int axis)
{
	Lines l = lines_of(a, w, axis);

	if (share == 0) /* norms may be 0 where the weights are not */
		return prune_below(a, w, 0);
	return without_zeros(a, &l, prune_share(a, norm_map(a, &l, size), share, wide).mask);
}

/* ---- n of every m ---- */

/* Clears the mask at the n least of the m elements from `at` on; of equals the first go. What lies
 * behind the last channel counts as zero. */
static void
clear_least(const Lines *l, int64_t at, int64_t there, int64_t n, int64_t m, uint8_t *mask,
            uint32_t *size)
{
	for (int64_t k = 0; k < m; k++)
		size[k] = k < there ? magnitude_at(l, at + k * l->inner) : 0;
	for (int64_t picked = 0; picked < n; picked++) {
		int64_t least = -1;
		for (int64_t k = 0; k < m; k++)
			if (size[k] != UINT32_MAX && (least < 0 || size[k] < size[least]))
				least = k;
		size[least] = UINT32_MAX;
		if (least < there)
			mask[at + least * l->inner] = 0;
	}
}

Sparse
prune_of_every(Arena *a, const Tensor *w, int64_t n, int64_t m, int axis)
{
	Lines l = lines_of(a, w, axis);
	Tensor *mask = result_new(a, DT_UINT1, w->dim, w->rank);
	uint32_t *size = xcalloc((size_t)m, sizeof *size);

	memset(mask->data, 1, (size_t)mask->count);
	for (int64_t o = 0; o < l.outer; o++)
		for (int64_t c = 0; c < l.channels; c += m)
			for (int64_t i = 0; i < l.inner; i++)
				clear_least(&l, (o * l.channels + c) * l.inner + i,
				            MIN(m, l.channels - c), n, m, mask->data, size);
	xfree(size);
	return without_zeros(a, &l, mask);
}
