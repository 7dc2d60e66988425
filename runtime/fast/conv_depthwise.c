/* conv_depthwise.c: convolutions of each channel by itself. Kernels of 3 x 3 and 5 x 5 with
 * strides of 1 or 2 are done four rows at a time: what is loaded serves as many of them as it can.
 * All others go along flat positions, see flat.h. */
#include "flat.h"

#include "vec.h"

enum {
	PLANE = 128 << 10, /* bytes of an image, about */
	TALL = 4,          /* rows at a time */
	SUMS = 4,          /* vectors of flat positions at a time */
	SQUARE_MOST = 5,
};

/* Rows of the output from an image. */
typedef void SquareFn(const Flat *f, const float *image, int64_t rows, const float *weight,
                      float bias, float *to);

typedef struct Depthwise {
	Flat f;
	int64_t taps;
	SquareFn *square; /* 0: along flat positions */
} Depthwise;

/* LANES numbers of a row, `step` apart. */
INLINE V
load_row(const float *x, int step)
{
	return step == 1 ? v_load(x) : v_evens(v_load(x), v_load(x + LANES));
}

/* Rows [0, TALL) of the output at LANES columns; row r of the image is at x + r * width. */
INLINE void
square(int size, int step, const float *x, int64_t width, const V *weight, V bias, V *sum)
{
#pragma GCC unroll 4
	for (int o = 0; o < TALL; o++)
		sum[o] = bias;
#pragma GCC unroll 12
	for (int r = 0; r < (TALL - 1) * step + size; r++)
#pragma GCC unroll 5
		for (int v = 0; v < size; v++) {
			V y = load_row(x + r * width + v, step);
#pragma GCC unroll 4
			for (int o = 0; o < TALL; o++)
				if (r - o * step >= 0 && r - o * step < size)
					sum[o] =
					    v_fma(y, weight[(r - o * step) * size + v], sum[o]);
		}
}

INLINE void
square_rows(int size, int step, const Flat *f, const float *image, int64_t rows,
            const float *weight, float bias, float *to)
{
	int64_t width = f->image.size[2], cols = f->w.out[2];
	V sum[TALL], w[SQUARE_MOST * SQUARE_MOST];

#pragma GCC unroll 25
	for (int i = 0; i < size * size; i++)
		w[i] = v_set1(weight[i]);
	for (int64_t y = 0; y < rows; y += TALL)
		for (int64_t j = 0; j < cols; j += LANES) {
			size_t n = (size_t)MIN(cols - j, LANES);
			square(size, step, image + (y * width + j) * step, width, w, v_set1(bias),
			       sum);
			for (int o = 0; o < TALL && y + o < rows; o++)
				if (n == LANES)
					v_store(to + (y + o) * cols + j, sum[o]);
				else
					v_store_n(to + (y + o) * cols + j, sum[o], n);
		}
}

#define SQUARE(size, step)                                                                         \
	static void square_##size##_##step(const Flat *f, const float *image, int64_t rows,        \
	                                   const float *weight, float bias, float *to)             \
	{                                                                                          \
		square_rows(size, step, f, image, rows, weight, bias, to);                         \
	}
SQUARE(3, 1)
SQUARE(3, 2)
SQUARE(5, 1)
SQUARE(5, 2)

/* SUMS vectors of positions. */
static void
along(int64_t taps, const float *x, const int32_t *off, const float *weight, float bias, float *to)
{
	V s[SUMS];

#pragma GCC unroll 4
	for (int i = 0; i < SUMS; i++)
		s[i] = v_set1(bias);
	for (int64_t k = 0; k < taps; k++) {
		V y = v_set1(weight[k]);
#pragma GCC unroll 4
		for (int i = 0; i < SUMS; i++)
			s[i] = v_fma(v_load(x + off[k] + i * LANES), y, s[i]);
	}
#pragma GCC unroll 4
	for (int i = 0; i < SUMS; i++)
		v_store(to + i * LANES, s[i]);
}

static const struct {
	int size, step;
	SquareFn *fn;
} squares[] = {{3, 1, square_3_1}, {3, 2, square_3_2}, {5, 1, square_5_1}, {5, 2, square_5_2}};

/* The function for the whole window, or 0. */
static SquareFn *
square_of(const Slide *w)
{
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		if (w->kernel[1] == squares[i].size && w->kernel[2] == squares[i].size &&
		    w->stride[1] == squares[i].step && w->stride[2] == squares[i].step &&
		    w->dilation[1] == 1 && w->dilation[2] == 1)
			return squares[i].fn;
	return NULL;
}

/* An image without phases, with whole rows and such as the last TALL of them need. */
static void
square_image(Flat *f)
{
	FlatImage *m = &f->image;
	int64_t rows = (f->rows + TALL - 1) / TALL * TALL;

	for (int a = 1; a < 3; a++) {
		m->phases[a] = 1;
		m->stride[a] = m->dilation[a] = 1;
	}
	f->cols = f->w.out[2];
	f->ncols = 1;
	m->size[1] = (rows - 1) * f->w.stride[1] + f->w.kernel[1];
	m->size[2] = (f->cols - 1) * f->w.stride[2] + f->w.kernel[2];
}

bool
depthwise_plan(const Eval *e, KernelPlan *p)
{
	Depthwise *d = KERNEL_NOTE_OF(Depthwise, p);
	Flat *f = &d->f;
	const Slide *w = &f->w;
	int64_t image, sums;

	(void)e;
	if (w->stride[0] != 1 || w->before[0] || w->after[0])
		return false;
	f->way = FLAT_DEPTHWISE;
	d->taps = w->kernel[1] * w->kernel[2];
	d->square = square_of(w);
	flat_pieces(f, 1, PLANE);
	if (d->square)
		square_image(f);
	image = (int64_t)flat_size(&f->image, 1);
	if (!image)
		return false;
	sums = f->rows * f->image.size[2] + SUMS * LANES;
	p->cost = (double)f->batch * (double)f->out * (double)d->taps / 20;
	for (int a = 0; a < 3; a++)
		p->cost *= (double)w->out[a];
	p->work = (size_t)(f->out * (d->taps + 1) + LANES + d->taps) * sizeof(float);
	p->work_each = kernel_aligned(CHAIN_SCRATCH + (size_t)(image + sums) * sizeof(float));
	return true;
}

typedef struct DepthwiseRun {
	const KernelCall *call;
	const Depthwise *d;
	const float *bias, *weight;
	const int32_t *off;
} DepthwiseRun;

/* A piece of a channel. */
static void
depthwise_job(void *ctx, int64_t i, unsigned thread)
{
	const DepthwiseRun *r = ctx;
	const Flat *f = &r->d->f;
	const FlatImage *m = &f->image;
	float *chain = kernel_scratch(r->call, thread),
	      *image = chain + CHAIN_SCRATCH / sizeof *chain;
	float *sums = image + m->channel + FLAT_SLACK, *to;
	int64_t col = i % f->ncols * f->cols, row = i / f->ncols % f->nrows * f->rows;
	int64_t z = i / f->ncols / f->nrows % f->w.out[0];
	int64_t channel = i / f->ncols / f->nrows / f->w.out[0], c = channel % f->out;
	int64_t out = ((channel * f->w.out[0] + z) * f->w.out[1] + row) * f->w.out[2] + col;
	int64_t step = r->d->square ? f->w.stride[1] : 1;
	int64_t at[3] = {z, row * step, col}, rows = MIN(f->rows, f->w.out[1] - row);
	int64_t cols = MIN(f->cols, f->w.out[2] - col), width = m->size[2];
	int64_t n = (rows - 1) * width + cols;
	const float *weight = r->weight + c * r->d->taps;

	if (rows <= 0 || cols <= 0)
		return;
	flat_image(m, eval_arg(r->call->e, ARG_x)->data, channel, 1, at, image);
	to = f->half ? sums : (float *)r->call->e->out[0].t->data + out;
	if (r->d->square) {
		r->d->square(f, image, rows, weight, r->bias[c], to);
	} else {
		for (int64_t p = 0; p < n; p += SUMS * LANES)
			along(r->d->taps, image + p, r->off, weight, r->bias[c], sums + p);
		flat_drop(sums, 0, n, width, cols, to);
	}
	if (f->half || r->call->then)
		flat_finish(r->call, f->half, to, out, rows * cols, chain);
}

void
depthwise_run(const KernelCall *call)
{
	const Depthwise *d = KERNEL_NOTE_OF(const Depthwise, call->plan);
	const Flat *f = &d->f;
	const Tensor *w = eval_arg(call->e, ARG_weight);
	float *bias = call->work, *made = bias + f->out + LANES;
	DepthwiseRun r = {call, d, bias, made, NULL};
	int32_t *off = (int32_t *)(void *)(made + f->out * d->taps);

	flat_bias(call->e, f, bias);
	if (w->dtype == DT_FP16)
		half_to_floats(made, w->data, (size_t)w->count);
	else
		r.weight = w->data;
	flat_places(f, 1, off);
	r.off = off;
	kernel_share(call, f->batch * f->out * f->w.out[0] * f->nrows * f->ncols, depthwise_job,
	             &r);
}
