/* flat.c: see flat.h. */
#include "flat.h"

#include "vec.h"

/* ---- shapes ---- */

static bool
shapes_agree(const Flat *f, const Tensor *w, const Tensor *bias, bool transposed)
{
	if (f->groups < 1 || f->in % f->groups || f->out % f->groups)
		return false;
	if (transposed ? w->dim[0] != f->in : w->dim[1] != f->in / f->groups)
		return false;
	return !bias || bias->count == f->out;
}

/* Strides, padding and the output's axes are worked out as the evaluator does it. */
static bool
read_window(const Eval *e, bool transposed, const Tensor *x, const int64_t *kernel, Slide *w)
{
	Arena a = {0};
	Eval own = *e;
	bool ok;

	own.arena = &a;
	ok = slide_read(&own, w, x, kernel, true) &&
	     (transposed ? slide_back(&own, w) : slide_forward(&own, w, false));
	arena_free(&a);
	return ok;
}

bool
flat_read(const Eval *e, bool transposed, Flat *f, KernelPlan *p)
{
	const Tensor *x = eval_arg(e, ARG_x), *w = eval_arg(e, ARG_weight);
	const Tensor *bias = eval_arg(e, ARG_bias);
	int64_t most = (int64_t)1 << 40;

	if (!is_floats(x) || !is_floats(w) || (bias && !is_floats(bias)) || x->rank < 3 ||
	    x->rank > 5 || w->rank != x->rank)
		return false;
	*f = (Flat){.groups = eval_int(e, ARG_groups, 1), .half = x->dtype == DT_FP16};
	f->batch = x->dim[0];
	f->in = x->dim[1];
	f->out = transposed ? w->dim[1] * f->groups : w->dim[0];
	if (!shapes_agree(f, w, bias, transposed) ||
	    !read_window(e, transposed, x, w->dim + 2, &f->w))
		return false;
	f->gi = f->in / f->groups;
	f->go = f->out / f->groups;
	for (int i = 0; i < 3; i++)
		if (f->w.before[i] < 0 || f->w.after[i] < 0 || f->w.before[i] > most ||
		    f->w.after[i] > most || f->w.out[i] > most ||
		    f->w.kernel[i] > most / MAX(f->w.dilation[i], f->w.stride[i]))
			return false;
	if (f->gi == 0 || f->go == 0 || f->batch == 0)
		return false;
	memcpy(f->image.in, f->w.in, sizeof f->w.in);
	f->image.half = f->half;
	p->dtype[0] = x->dtype;
	p->rank[0] = x->rank;
	p->dim[0][0] = f->batch;
	p->dim[0][1] = f->out;
	memcpy(p->dim[0] + 2, f->w.out + 3 - f->w.n, sizeof *f->w.out * (size_t)f->w.n);
	return true;
}

bool
flat_known(const Eval *e, const bool *known)
{
	return known[op_column(e->row, ARG_weight)] &&
	       (!eval_arg(e, ARG_bias) || known[op_column(e->row, ARG_bias)]);
}

void
flat_bias(const Eval *e, const Flat *f, float *to)
{
	const Tensor *bias = eval_arg(e, ARG_bias);
	size_t n = (size_t)f->out;

	memset(to, 0, (n + LANES) * sizeof *to);
	if (bias && bias->dtype == DT_FP16)
		half_to_floats(to, bias->data, n);
	else if (bias)
		memcpy(to, bias->data, n * sizeof *to);
}

/* ---- images ---- */

size_t
flat_size(FlatImage *m, int64_t channels)
{
	double all = (double)channels;

	for (int i = 0; i < 3; i++)
		all *= (double)m->phases[i] * (double)m->size[i];
	if (all > (1 << 30))
		return 0;
	m->plane = m->size[0] * m->size[1] * m->size[2];
	m->channel = m->plane * m->phases[0] * m->phases[1] * m->phases[2];
	/* Channels a power of two apart would share the first-level cache's places. */
	if (m->channel % 256 == 0)
		m->channel += LANES;
	return (size_t)(channels * m->channel + FLAT_SLACK);
}

INLINE V
image_load(bool half, const void *x, int64_t at)
{
	return half ? v_load_half((const uint16_t *)x + at) : v_load((const float *)x + at);
}
INLINE V
image_load_n(bool half, const void *x, int64_t at, int64_t n)
{
	if (n >= LANES)
		return image_load(half, x, at);
	if (n <= 0)
		return v_zero();
	return half ? v_load_half_n((const uint16_t *)x + at, (size_t)n)
	            : v_load_n((const float *)x + at, (size_t)n);
}

/* Elements of a row that exist, `step` apart: n of them from x[at] on, behind which the row has
 * `left` more. May write up to LANES - 1 floats behind them. */
INLINE void
image_copy(bool half, int64_t step, const void *x, int64_t at, int64_t n, int64_t left, float *to)
{
	if (step == 1) {
		for (int64_t i = 0; i < n; i += LANES)
			v_store(to + i, image_load_n(half, x, at + i, n - i));
	} else if (step == 2) {
		for (int64_t i = 0; i < n; i += LANES)
			v_store(to + i, v_evens(image_load_n(half, x, at + 2 * i, left - 2 * i),
			                        image_load_n(half, x, at + 2 * i + LANES,
			                                     left - 2 * i - LANES)));
	} else {
		for (int64_t i = 0; i < n; i++)
			to[i] = half ? half_to_float(((const uint16_t *)x)[at + i * step])
			             : ((const float *)x)[at + i * step];
	}
}

/* Zeros, up to LANES - 1 more than n. */
static inline void
image_zeros(float *to, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store(to + i, v_zero());
}

/* One phase of one channel: rows of `width` elements, of which [skip, there) exist. Rows are
 * written one behind the other, so that what is written behind one does no harm. */
INLINE void
image_rows(const FlatImage *m, bool half, int64_t step, const void *x, const int64_t *start,
           float *to)
{
	int64_t width = m->size[2], left = m->in[2] - start[2];
	int64_t skip = start[2] < 0 ? MIN((-start[2] + step - 1) / step, width) : 0;
	int64_t there = MAX(left > 0 ? MIN((left + step - 1) / step, width) : 0, skip);
	int64_t first = start[2] + skip * step;

	for (int64_t z = 0; z < m->size[0]; z++)
		for (int64_t y = 0; y < m->size[1]; y++, to += width) {
			int64_t iz = start[0] + z * m->stride[0], iy = start[1] + y * m->stride[1];
			int64_t at = (iz * m->in[1] + iy) * m->in[2] + first;
			if (iz < 0 || iz >= m->in[0] || iy < 0 || iy >= m->in[1]) {
				image_zeros(to, width);
				continue;
			}
			image_zeros(to, skip);
			image_copy(half, step, x, at, there - skip, m->in[2] - first, to + skip);
			image_zeros(to + there, width - there);
		}
}

static void
image_phase(const FlatImage *m, const void *x, const int64_t *start, float *to)
{
	int64_t step = m->stride[2];

	if (step == 1 && !m->half)
		image_rows(m, false, 1, x, start, to);
	else if (step == 1)
		image_rows(m, true, 1, x, start, to);
	else if (step == 2 && !m->half)
		image_rows(m, false, 2, x, start, to);
	else
		image_rows(m, m->half, step, x, start, to);
}

void
flat_image(const FlatImage *m, const void *x, int64_t first, int64_t channels, const int64_t *at,
           float *to)
{
	int64_t volume = m->in[0] * m->in[1] * m->in[2], p[3], start[3];

	for (int64_t c = 0; c < channels; c++) {
		const char *from =
		    (const char *)x + (size_t)((first + c) * volume) * (m->half ? 2 : 4);
		float *phase = to + c * m->channel;
		for (p[0] = 0; p[0] < m->phases[0]; p[0]++)
			for (p[1] = 0; p[1] < m->phases[1]; p[1]++)
				for (p[2] = 0; p[2] < m->phases[2]; p[2]++, phase += m->plane) {
					for (int a = 0; a < 3; a++)
						start[a] = at[a] * m->stride[a] +
						           p[a] * m->dilation[a] % m->stride[a] -
						           m->before[a];
					image_phase(m, from, start, phase);
				}
	}
	memset(to + channels * m->channel, 0, FLAT_SLACK * sizeof *to);
}

/* How far the last kernel position lies from the first, in positions of its phase. */
static int64_t
reach(const Slide *w, int a)
{
	return (w->kernel[a] - 1) * w->dilation[a] / w->stride[a];
}

/* After so many kernel positions the phases repeat. */
static int64_t
period(const Slide *w, int a)
{
	int64_t x = w->dilation[a], y = w->stride[a];

	while (y) {
		int64_t rest = x % y;
		x = y;
		y = rest;
	}
	return w->stride[a] / x;
}

void
flat_pieces(Flat *f, int64_t channels, int64_t bytes)
{
	const Slide *w = &f->w;
	FlatImage *m = &f->image;
	double line = (double)channels * 4, rows, cols;

	for (int a = 0; a < 3; a++) {
		m->stride[a] = w->stride[a];
		m->dilation[a] = w->dilation[a];
		m->before[a] = w->before[a];
		m->phases[a] = MIN(w->kernel[a], period(w, a));
		line *= (double)m->phases[a];
	}
	m->size[0] = 1 + reach(w, 0);
	line *= (double)m->size[0];
	rows = (double)bytes / (line * (double)(w->out[2] + reach(w, 2))) - (double)reach(w, 1);
	f->rows = rows < 1 ? 1 : (int64_t)MIN(rows, (double)w->out[1]);
	f->cols = w->out[2];
	if (f->rows == 1) {
		cols = (double)bytes / (line * (double)(1 + reach(w, 1))) - (double)reach(w, 2);
		f->cols = cols < 2 * FLAT_BLOCK ? 2 * FLAT_BLOCK : (int64_t)MIN(cols, 1e9);
		f->cols = MIN(f->cols, w->out[2]);
	}
	f->nrows = (w->out[1] + f->rows - 1) / f->rows;
	f->ncols = (w->out[2] + f->cols - 1) / f->cols;
	f->rows = (w->out[1] + f->nrows - 1) / f->nrows;
	f->cols = (w->out[2] + f->ncols - 1) / f->ncols;
	m->size[1] = f->rows + reach(w, 1);
	m->size[2] = f->cols + reach(w, 2);
}

void
flat_places(const Flat *f, int64_t channels, int32_t *to)
{
	const Slide *w = &f->w;
	const FlatImage *m = &f->image;
	int64_t taps = dims_count(w->kernel, 0, 3);

	for (int64_t i = 0; i < channels * taps; i++) {
		int64_t p = flat_product(i, channels, taps), tap = p % taps, size = taps;
		int64_t phase = 0, at = 0;
		for (int a = 0; a < 3; a++) {
			int64_t k = tap / (size /= w->kernel[a]);
			tap %= size;
			phase = phase * m->phases[a] + k % m->phases[a];
			at = at * m->size[a] + k * w->dilation[a] / w->stride[a];
		}
		to[i] = (int32_t)(p / taps * m->channel + phase * m->plane + at);
	}
}

void
flat_pack(const Tensor *w, const Flat *f, int64_t group, int width, float *to)
{
	int64_t taps = dims_count(f->w.kernel, 0, 3), k = f->gi * taps;

	for (int64_t o = 0; o < f->go; o += width) {
		int64_t lines = MIN(f->go - o, width), first = (group * f->go + o) * k;
		for (int64_t c = 0; c < f->gi; c += FLAT_DEEP)
			for (int64_t t = 0; t < taps; t++)
				for (int64_t d = c; d < MIN(c + FLAT_DEEP, f->gi); d++, to += width)
					for (int64_t l = 0; l < width; l++)
						to[l] = l < lines ? flat_weight(w, first + l * k +
						                                       d * taps + t)
						                  : 0;
	}
}

/* ---- the tile ---- */

INLINE void
tile(int rows, int64_t k, const float *a, const float *b, const int32_t *off, float *c, int64_t ldc,
     const float *bias)
{
	V x[TILE_ROWS][TILE_PARTS];

#pragma GCC unroll 12
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			x[r][p] = v_set1(bias[r]);
	for (int64_t i = 0; i < k; i++, a += TILE_ROWS) {
		const float *from = b + off[i];
		V y[TILE_PARTS];
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			y[p] = v_load(from + LANES * p);
#pragma GCC unroll 12
		for (int r = 0; r < rows; r++) {
			V s = v_set1(a[r]);
#pragma GCC unroll 2
			for (int p = 0; p < TILE_PARTS; p++)
				x[r][p] = v_fma(s, y[p], x[r][p]);
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			v_store(c + r * ldc + LANES * p, x[r][p]);
}

typedef void TileFn(int64_t k, const float *a, const float *b, const int32_t *off, float *c,
                    int64_t ldc, const float *bias);
#define TILE(n)                                                                                    \
	static void tile_##n(int64_t k, const float *a, const float *b, const int32_t *off,        \
	                     float *c, int64_t ldc, const float *bias)                             \
	{                                                                                          \
		tile(n, k, a, b, off, c, ldc, bias);                                               \
	}
TILE(1)
TILE(2)
TILE(3)
TILE(4)
#if !defined(MILC_AVX512) && !defined(MILC_AVX2) && !defined(MILC_NEON)
static TileFn *const flat_tiles[] = {tile_1, tile_2, tile_3, tile_4};
#else
TILE(5)
TILE(6)
#if !defined(MILC_AVX512)
static TileFn *const flat_tiles[] = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};
#else
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
static TileFn *const flat_tiles[] = {tile_1, tile_2, tile_3, tile_4,  tile_5,  tile_6,
                                     tile_7, tile_8, tile_9, tile_10, tile_11, tile_12};
#endif
#endif

void
flat_tile(int rows, int64_t k, const float *a, const float *b, const int32_t *off, float *c,
          int64_t ldc, const float *bias)
{
	flat_tiles[rows - 1](k, a, b, off, c, ldc, bias);
}

/* ---- results ---- */

void
flat_finish(const KernelCall *c, bool half, float *x, int64_t at, int64_t n, void *scratch)
{
	void *out = c->e->out[0].t->data;

	if (c->then)
		chain_run(c->then, at, n, x, scratch);
	else if (half)
		v_store_halves((uint16_t *)out + at, x, (size_t)n);
	else if (x != (float *)out + at)
		memcpy((float *)out + at, x, (size_t)n * sizeof *x);
}

int64_t
flat_drop(const float *x, int64_t p0, int64_t p1, int64_t width, int64_t cols, float *to)
{
	int64_t n = 0;

	for (int64_t p = p0, col = p0 % width; p < p1; p += width - col, col = 0) {
		int64_t run = MIN(p1 - p, cols - col), i = 0;
		if (run <= 0)
			continue;
		for (; i + LANES <= run; i += LANES)
			v_store(to + n + i, v_load(x + (p - p0) + i));
		if (i < run)
			v_store_n(to + n + i, v_load_n(x + (p - p0) + i, (size_t)(run - i)),
			          (size_t)(run - i));
		n += run;
	}
	return n;
}
