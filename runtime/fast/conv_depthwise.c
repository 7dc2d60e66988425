/* conv_depthwise.c: convolutions of each channel by itself. Kernels of 3 x 3 and 5 x 5 with
 * strides of 1 or 2 are done some rows at a time: what is loaded serves as many of them as it can.
 * All others go along flat positions, see flat.h. */
#include "flat.h"

#include "vec.h"

enum {
	PLANE = 128 << 10, /* bytes of an image, about */
#if defined(MILC_AVX512)
	TALL = 8,      /* rows at a time, with windows of 3 x 3, */
	TALL_5 = 6,    /* of 5 x 5 */
	DIRECT = true, /* some lanes are loaded as fast as all: a padded image does not pay */
#else
	TALL = 4,
	TALL_5 = 4,
	DIRECT = false,
#endif
	SUMS = 4, /* vectors of flat positions at a time */
	SQUARE_MOST = 5,
	STRIDE_MOST = 2,
	ROWS_MOST = (TALL - 1) * STRIDE_MOST + SQUARE_MOST,
};

/* Where a window's rows are: in x itself, with no more than is there, or in a padded copy. */
typedef struct Lines {
	const float *from;   /* column 0 of row 0 of the plane, */
	int64_t width, rows; /* which has so many numbers in a row and so many rows, */
	int64_t top, left;   /* and where the window of output (0, 0) begins in it */
	const float *zeros;  /* a row that is not there */
	bool padded;         /* all is there, LANES numbers beyond the end included */
} Lines;

/* `rows` rows of `cols` columns of the output. */
typedef void SquareFn(const Lines *l, int64_t rows, int64_t cols, const float *weight, float bias,
                      float *to);

typedef struct Square {
	int size, step, tall;
	SquareFn *fn;
} Square;

typedef struct Depthwise {
	Flat f;
	int64_t taps;
	const Square *square; /* 0: along flat positions */
	bool direct;          /* from x as it lies, without an image */
} Depthwise;

/* Columns c, c + step and so on of a row, from where x is; zeros where there are none. */
INLINE V
load_part(const float *x, int64_t c, int64_t width)
{
	int64_t first = MIN(MAX(-c, 0), LANES), end = MIN(MAX(width - c, first), LANES);

	return v_load_part(x, (size_t)first, (size_t)end);
}
INLINE V
load_row(const float *x, int64_t c, int64_t width, bool edge, int step)
{
	if (step == 1)
		return edge ? load_part(x, c, width) : v_load(x);
	if (edge)
		return v_evens(load_part(x, c, width), load_part(x + LANES, c + LANES, width));
	return v_evens(v_load(x), v_load(x + LANES));
}

/* Rows [0, tall) of the output at LANES columns, whose windows begin in column c of the rows. */
INLINE void
square(int size, int step, int tall, const float *const *row, int64_t c, int64_t width, bool edge,
       const V *weight, V bias, V *sum)
{
	const float *first = row[0] + c;

#pragma GCC unroll 8
	for (int o = 0; o < tall; o++)
		sum[o] = bias;
#pragma GCC unroll 20
	for (int r = 0; r < (tall - 1) * step + size; r++) {
		const float *x = DIRECT ? row[r] + c : first + r * width;
#pragma GCC unroll 5
		for (int v = 0; v < size; v++) {
			V y = load_row(x + v, c + v, width, edge, step);
#pragma GCC unroll 8
			for (int o = 0; o < tall; o++)
				if (r - o * step >= 0 && r - o * step < size)
					sum[o] =
					    v_fma(y, weight[(r - o * step) * size + v], sum[o]);
		}
	}
}

INLINE void
square_rows(int size, int step, int tall, const Lines *l, int64_t rows, int64_t cols,
            const float *weight, float bias, float *to)
{
	int64_t last = MAX(cols - LANES, 0); /* where the last columns begin: some are done twice */
	int64_t reach = size - 1 + step * LANES; /* columns that are read for as many */
	const float *row[ROWS_MOST];
	V sum[TALL], w[SQUARE_MOST * SQUARE_MOST];

#pragma GCC unroll 25
	for (int i = 0; i < size * size; i++)
		w[i] = v_set1(weight[i]);
	for (int64_t y = 0; y < rows; y += tall) {
		for (int r = 0; r < (tall - 1) * step + size; r++) {
			int64_t at = l->top + y * step + r;
			row[r] = at < 0 || at >= l->rows ? l->zeros : l->from + at * l->width;
		}
		for (int64_t j = 0; j < cols; j += LANES) {
			int64_t at = MIN(j, last), c = l->left + at * step;
			size_t n = (size_t)MIN(cols, LANES);
			if (!DIRECT || l->padded || (c >= 0 && c + reach <= l->width))
				square(size, step, tall, row, c, l->width, false, w, v_set1(bias),
				       sum);
			else
				square(size, step, tall, row, c, l->width, true, w, v_set1(bias),
				       sum);
#pragma GCC unroll 8
			for (int o = 0; o < tall; o++)
				if (y + o < rows && n == LANES)
					v_store(to + (y + o) * cols + at, sum[o]);
				else if (y + o < rows)
					v_store_n(to + (y + o) * cols + at, sum[o], n);
		}
	}
}

#define SQUARE(size, step, tall)                                                                   \
	static void square_##size##_##step(const Lines *l, int64_t rows, int64_t cols,             \
	                                   const float *weight, float bias, float *to)             \
	{                                                                                          \
		square_rows(size, step, tall, l, rows, cols, weight, bias, to);                    \
	}
SQUARE(3, 1, TALL)
SQUARE(3, 2, TALL)
SQUARE(5, 1, TALL_5)
SQUARE(5, 2, TALL_5)

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

static const Square squares[] = {{3, 1, TALL, square_3_1},
                                 {3, 2, TALL, square_3_2},
                                 {5, 1, TALL_5, square_5_1},
                                 {5, 2, TALL_5, square_5_2}};

/* That of the window, or 0. */
static const Square *
square_of(const Slide *w)
{
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		if (w->kernel[1] == squares[i].size && w->kernel[2] == squares[i].size &&
		    w->stride[1] == squares[i].step && w->stride[2] == squares[i].step &&
		    w->dilation[1] == 1 && w->dilation[2] == 1)
			return &squares[i];
	return NULL;
}

/* An image without phases, with whole rows and such as the last `tall` of them need. */
static void
square_image(Flat *f, int tall)
{
	FlatImage *m = &f->image;
	int64_t rows = (f->rows + tall - 1) / tall * tall;

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
		square_image(f, d->square->tall);
	d->direct = DIRECT && d->square && !f->image.half && !f->half;
	image = d->direct ? 0 : (int64_t)flat_size(&f->image, 1);
	if (!image && !d->direct)
		return false;
	sums = d->direct ? 0 : f->rows * f->image.size[2] + SUMS * LANES;
	p->cost = (double)f->batch * (double)f->out * (double)d->taps / 20;
	for (int a = 0; a < 3; a++)
		p->cost *= (double)w->out[a];
	p->work =
	    (size_t)(f->out * (d->taps + 1) + LANES + d->taps + f->image.in[2]) * sizeof(float);
	p->work_each = kernel_aligned(CHAIN_SCRATCH + (size_t)(image + sums) * sizeof(float));
	return true;
}

typedef struct DepthwiseRun {
	const KernelCall *call;
	const Depthwise *d;
	const float *bias, *weight, *zeros;
	const int32_t *off;
} DepthwiseRun;

/* Of a channel's piece that begins at `at` of the output: x as it lies, or its padded image. */
static Lines
lines_of(const DepthwiseRun *r, int64_t channel, const int64_t *at, float *image)
{
	const Flat *f = &r->d->f;
	const FlatImage *m = &f->image;
	const void *x = eval_arg(r->call->e, ARG_x)->data;

	if (r->d->direct)
		return (Lines){.from = (const float *)x +
		                       (channel * m->in[0] + at[0]) * m->in[1] * m->in[2],
		               .width = m->in[2],
		               .rows = m->in[1],
		               .top = at[1] - m->before[1],
		               .left = -m->before[2],
		               .zeros = r->zeros};
	flat_image(m, x, channel, 1, at, image);
	return (Lines){.from = image, .width = m->size[2], .rows = m->size[1], .padded = true};
}

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
	Lines l;
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
	l = lines_of(r, channel, at, image);
	to = f->half ? sums : (float *)r->call->e->out[0].t->data + out;
	if (r->d->square) {
		r->d->square->fn(&l, rows, cols, weight, r->bias[c], to);
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
	float *zeros = made + f->out * d->taps;
	int32_t *off = (int32_t *)(void *)(zeros + f->image.in[2]);
	DepthwiseRun r = {call, d, bias, made, zeros, off};

	flat_bias(call->e, f, bias);
	if (w->dtype == DT_FP16)
		half_to_floats(made, w->data, (size_t)w->count);
	else
		r.weight = w->data;
	memset(zeros, 0, (size_t)f->image.in[2] * sizeof *zeros);
	if (!d->square)
		flat_places(f, 1, off);
	kernel_share(call, f->batch * f->out * f->w.out[0] * f->nrows * f->ncols, depthwise_job,
	             &r);
}
