/* conv_depthwise_lanes.c: convolutions of each channel by itself, BLOCK_WIDTH of them at a time. */
#include "lanes.h"

#include "vec.h"

enum {
	PIXELS = 8, /* of a tile, at most */
	BAND = 512, /* pixels of a piece, about */
};

typedef struct Each {
	Flat f;
	WindowSource from;
	int64_t taps;
} Each;

bool
lanes_depthwise_plan(const Eval *e, const bool *known, KernelPlan *p)
{
	Each *d = KERNEL_NOTE_OF(Each, p);
	Flat *f = &d->f;
	const Slide *w = &f->w;
	BlockShape out;
	size_t image;

	if (w->out[0] != 1 || w->in[0] != 1 || w->before[0] || !p->x_blocks || !p->blocks ||
	    !flat_known(e, known))
		return false;
	f->way = FLAT_DEPTHWISE_LANES;
	d->taps = w->kernel[1] * w->kernel[2];
	lanes_pieces(f, BAND);
	if (!source_plan(f, p->x_blocks, BLOCK_WIDTH, f->rows, &d->from, &image) ||
	    !blocks_shape(p->dim[0], p->blocks, &out))
		return false;
	p->cost = (double)f->batch * (double)f->out * (double)d->taps * (double)w->out[1] *
	          (double)w->out[2] / 16;
	p->keep = ((size_t)(out.blocks * BLOCK_WIDTH * (d->taps + 1) + BLOCK_WIDTH + d->taps)) *
	          sizeof(float);
	p->work_each = kernel_aligned(
	    CHAIN_SCRATCH + ((f->half ? (size_t)(f->rows * out.line) : 0) + image) * sizeof(float));
	return true;
}

/* What is kept: weights by block, tap and channel; the bias; the taps' places. */
typedef struct Kept {
	float *weight, *bias;
	int32_t *off;
} Kept;

static Kept
kept_at(const Each *d, void *kept)
{
	int64_t channels = blocks_of(d->f.out) * BLOCK_WIDTH;
	Kept k = {.weight = kept};

	k.bias = k.weight + channels * d->taps;
	k.off = (int32_t *)(void *)(k.bias + channels + BLOCK_WIDTH);
	return k;
}

void
lanes_depthwise_keep(const Eval *e, const KernelPlan *p, void *kept)
{
	const Each *d = KERNEL_NOTE_OF(const Each, p);
	const Tensor *w = eval_arg(e, ARG_weight);
	int64_t taps = d->taps, channels = blocks_of(d->f.out) * BLOCK_WIDTH;
	Kept k = kept_at(d, kept);

	memset(k.bias, 0, (size_t)(channels + BLOCK_WIDTH) * sizeof *k.bias);
	flat_bias(e, &d->f, k.bias);
	source_places(&d->from, &d->f, 1, k.off);
	for (int64_t c = 0; c < channels; c++)
		for (int64_t t = 0; t < taps; t++)
			k.weight[(c / BLOCK_WIDTH * taps + t) * BLOCK_WIDTH + c % BLOCK_WIDTH] =
			    c < d->f.out ? flat_weight(w, c * taps + t) : 0;
}

INLINE void
tile(int pixels, int64_t taps, const float *x, int64_t step, const int32_t *off,
     const float *weight, V bias, float *to)
{
	V s[PIXELS];

#pragma GCC unroll 8
	for (int i = 0; i < pixels; i++)
		s[i] = bias;
	for (int64_t t = 0; t < taps; t++) {
		const float *from = x + off[t];
		V w = v_load(weight + t * BLOCK_WIDTH);
#pragma GCC unroll 8
		for (int i = 0; i < pixels; i++)
			s[i] = v_fma(v_load(from + i * step), w, s[i]);
	}
#pragma GCC unroll 8
	for (int i = 0; i < pixels; i++)
		v_store(to + i * BLOCK_WIDTH, s[i]);
}

INLINE void
tile_row(int64_t taps, const float *x, int64_t step, const int32_t *off, const float *weight,
         const float *bias, int64_t cols, float *to)
{
	V b = v_load(bias);
	int64_t j = 0;

	for (; j + PIXELS <= cols; j += PIXELS)
		tile(PIXELS, taps, x + j * step, step, off, weight, b, to + j * BLOCK_WIDTH);
	for (; j + 4 <= cols; j += 4)
		tile(4, taps, x + j * step, step, off, weight, b, to + j * BLOCK_WIDTH);
	for (; j < cols; j++)
		tile(1, taps, x + j * step, step, off, weight, b, to + j * BLOCK_WIDTH);
}

/* ---- run ---- */

typedef struct EachRun {
	const KernelCall *call;
	const Each *d;
	Kept kept;
	BlockShape out;
} EachRun;

/* Some rows of one block. */
static void
depthwise_job(void *ctx, int64_t i, unsigned thread)
{
	const EachRun *r = ctx;
	const Each *d = r->d;
	const Flat *f = &d->f;
	const BlockShape *out = &r->out;
	int64_t row = i % f->nrows * f->rows, block = i / f->nrows % out->blocks;
	int64_t batch = i / f->nrows / out->blocks, rows = MIN(f->w.out[1] - row, f->rows);
	float *chain = kernel_scratch(r->call, thread);
	float *image = chain + CHAIN_SCRATCH / sizeof *chain, *to = image;
	const float *x, *weight = r->kept.weight + block * d->taps * BLOCK_WIDTH;
	const float *bias = r->kept.bias + block * BLOCK_WIDTH;
	int64_t at = blocks_at(out, batch, block * BLOCK_WIDTH, row, 0);
	int64_t step = f->w.stride[2] * BLOCK_WIDTH;

	if (rows <= 0)
		return;
	if (f->half)
		image += f->rows * out->line;
	else
		to = (float *)r->call->e->out[0].t->data + at;
	x = source_at(&d->from, f, r->call, batch, block * BLOCK_WIDTH, BLOCK_WIDTH, row, rows,
	              image);
	for (int64_t y = 0; y < rows; y++, x += f->w.stride[1] * d->from.line) {
		float *line = to + y * out->line;
		if (step == BLOCK_WIDTH)
			tile_row(d->taps, x, BLOCK_WIDTH, r->kept.off, weight, bias, out->cols,
			         line);
		else
			tile_row(d->taps, x, step, r->kept.off, weight, bias, out->cols, line);
	}
	lanes_finish(r->call, f->half, out, to, at, rows, chain);
}

void
lanes_depthwise_run(const KernelCall *call)
{
	const Each *d = KERNEL_NOTE_OF(const Each, call->plan);
	EachRun r = {.call = call, .d = d};

	r.kept = kept_at(d, (void *)(uintptr_t)call->kept);
	blocks_shape(call->e->out[0].t->dim, call->plan->blocks, &r.out);
	kernel_share(call, d->f.batch * r.out.blocks * d->f.nrows, depthwise_job, &r);
}
