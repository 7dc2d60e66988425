/* conv_lanes.c: convolutions with channels of the output as lanes: each number of x is taken times
 * BLOCK_WIDTH weights. The rows of a piece are gone through with some products at a time, whose
 * weights stay in the first-level cache meanwhile; sums wait where the result goes, if that is
 * floats in blocks.
 */
#include "lanes.h"

#include "box.h"
#include "vec.h"

#if defined(MILC_AVX512)
enum { PIXELS = 14, SIDE = 2 }; /* a tile: pixels, at most, and blocks of channels */
#elif defined(MILC_AVX2) || defined(MILC_NEON)
enum { PIXELS = 6, SIDE = 1 };
#else
enum { PIXELS = 3, SIDE = 1 };
#endif
enum {
	DEEP = 128,  /* products at a time */
	PIECE = 128, /* pixels of a piece, about */
	WORTH = 128, /* products that pay for turning the sums round */
};

typedef struct Lanes {
	Flat f;
	WindowSource from;
	bool kept;
	int64_t k; /* products of one sum */
} Lanes;

bool
lanes_pay(const Flat *f, int64_t k)
{
	int64_t n = f->w.out[1] * f->w.out[2], cols = SIDE * BLOCK_WIDTH;
	int64_t flat = (f->w.out[1] - 1) * (f->w.out[2] + f->w.kernel[2] - 1) + f->w.out[2];

	/* By whole tiles of flat positions it would take a sixth more. */
	flat = (flat + FLAT_COLS - 1) / FLAT_COLS * FLAT_COLS;
	return SIDE > 1 && f->w.out[0] == 1 && f->w.kernel[0] == 1 && !f->w.before[0] && n <= 128 &&
	       k >= WORTH && f->go >= 2 * cols && f->go % cols == 0 && flat * 6 > n * 7;
}

/* ---- plan ---- */

/* Weights, then the products' places, then the bias. */
static size_t
packed_floats(const Lanes *l)
{
	return (size_t)(l->f.groups * blocks_of(l->f.go) * BLOCK_WIDTH * l->k);
}
static size_t
kept_floats(const Lanes *l)
{
	return packed_floats(l) + (size_t)(l->k + l->f.out + BLOCK_WIDTH);
}

/* Halves without blocks are floats first. */
static size_t
turned_floats(const Flat *f, const Blocks *b)
{
	return f->half && !b ? (size_t)(f->rows * f->w.out[2]) * BLOCK_WIDTH : 0;
}

bool
lanes_plan(const Eval *e, const bool *known, KernelPlan *p)
{
	Lanes *l = KERNEL_NOTE_OF(Lanes, p);
	Flat *f = &l->f;
	const Slide *w = &f->w;
	BlockShape out;
	size_t image, sums, turned;

	if (w->out[0] != 1 || w->kernel[0] != 1 || w->before[0] || w->in[0] != 1 ||
	    ((p->x_blocks || p->blocks) && f->groups > 1 &&
	     (f->gi % BLOCK_WIDTH || f->go % BLOCK_WIDTH)))
		return false;
	f->way = FLAT_LANES;
	l->k = f->gi * w->kernel[1] * w->kernel[2];
	l->kept = flat_known(e, known);
	lanes_pieces(f, PIECE);
	if (!source_plan(f, p->x_blocks, f->gi, f->rows, &l->from, &image))
		return false;
	if (p->blocks && !blocks_shape(p->dim[0], p->blocks, &out))
		return false;
	sums = SIDE * (size_t)(f->rows * (p->blocks ? out.line : w->out[2] * BLOCK_WIDTH));
	turned = turned_floats(f, p->blocks);
	p->cost = (double)f->batch * (double)f->out * (double)l->k * (double)w->out[1] *
	          (double)w->out[2] / 40;
	p->work = 0;
	*(l->kept ? &p->keep : &p->work) = kept_floats(l) * sizeof(float);
	p->work_each = kernel_aligned(CHAIN_SCRATCH + (sums + turned + image) * sizeof(float));
	return true;
}

void
lanes_keep(const Eval *e, const KernelPlan *p, void *kept)
{
	const Lanes *l = KERNEL_NOTE_OF(const Lanes, p);
	const Flat *f = &l->f;
	float *to = kept;
	int64_t strip = blocks_of(f->go) * BLOCK_WIDTH * l->k;

	for (int64_t g = 0; g < f->groups; g++, to += strip)
		flat_pack(eval_arg(e, ARG_weight), f, g, BLOCK_WIDTH, to);
	source_places(&l->from, f, f->gi, (int32_t *)(void *)to);
	flat_bias(e, f, to + l->k);
}

/* ---- tiles ---- */

/* Sums of some pixels, `step` apart in x, and of blocks of channels, `wide` apart in the weights,
 * go on for k products; they begin with the bias, if there is one. c: pixel by pixel, its blocks
 * `far` apart. */
typedef struct LanesTile {
	int64_t k, step, wide, far;
	const float *x, *weight, *bias;
	const int32_t *off;
	float *c;
} LanesTile;

INLINE void
tile(int pixels, int side, const LanesTile *t)
{
	V s[PIXELS][SIDE];
	int64_t step = t->step, wide = t->wide;

#pragma GCC unroll 14
	for (int r = 0; r < pixels; r++)
#pragma GCC unroll 2
		for (int b = 0; b < side; b++)
			s[r][b] = t->bias ? v_load(t->bias + b * BLOCK_WIDTH)
			                  : v_load(t->c + b * t->far + r * BLOCK_WIDTH);
	for (int64_t i = 0; i < t->k; i++) {
		const float *x = t->x + t->off[i];
		V w[SIDE];
#pragma GCC unroll 2
		for (int b = 0; b < side; b++)
			w[b] = v_load(t->weight + b * wide + i * BLOCK_WIDTH);
#pragma GCC unroll 14
		for (int r = 0; r < pixels; r++) {
			V y = v_set1(x[r * step]);
#pragma GCC unroll 2
			for (int b = 0; b < side; b++)
				s[r][b] = v_fma(y, w[b], s[r][b]);
		}
	}
#pragma GCC unroll 14
	for (int r = 0; r < pixels; r++)
#pragma GCC unroll 2
		for (int b = 0; b < side; b++)
			v_store(t->c + b * t->far + r * BLOCK_WIDTH, s[r][b]);
}

typedef void TileFn(const LanesTile *t);
#define TILE(pixels, side)                                                                         \
	static void tile_##pixels##_##side(const LanesTile *t)                                     \
	{                                                                                          \
		tile(pixels, side, t);                                                             \
	}
#define ROW(side)                                                                                  \
	{                                                                                          \
		tile_1_##side, tile_2_##side, tile_3_##side, MORE(side)                            \
	}
#if defined(MILC_AVX512)
#define TILES(side)                                                                                \
	TILE(1, side)                                                                              \
	TILE(2, side)                                                                              \
	TILE(3, side)                                                                              \
	TILE(4, side)                                                                              \
	TILE(5, side)                                                                              \
	TILE(6, side)                                                                              \
	TILE(7, side)                                                                              \
	TILE(8, side)                                                                              \
	TILE(9, side)                                                                              \
	TILE(10, side)                                                                             \
	TILE(11, side)                                                                             \
	TILE(12, side)                                                                             \
	TILE(13, side)                                                                             \
	TILE(14, side)
#define MORE(side)                                                                                 \
	tile_4_##side, tile_5_##side, tile_6_##side, tile_7_##side, tile_8_##side, tile_9_##side,  \
	    tile_10_##side, tile_11_##side, tile_12_##side, tile_13_##side, tile_14_##side
TILES(1)
TILES(2)
static TileFn *const tiles_of[SIDE][PIXELS] = {ROW(1), ROW(2)};
#elif defined(MILC_AVX2) || defined(MILC_NEON)
#define MORE(side) tile_4_##side, tile_5_##side, tile_6_##side
TILE(1, 1)
TILE(2, 1)
TILE(3, 1)
TILE(4, 1)
TILE(5, 1)
TILE(6, 1)
static TileFn *const tiles_of[SIDE][PIXELS] = {ROW(1)};
#else
TILE(1, 1)
TILE(2, 1)
TILE(3, 1)
static TileFn *const tiles_of[SIDE][PIXELS] = {{tile_1_1, tile_2_1, tile_3_1}};
#endif

/* ---- run ---- */

typedef struct LanesRun {
	const KernelCall *call;
	const Lanes *l;
	const float *packed, *bias;
	const int32_t *off;
	BlockShape out;               /* of a result in blocks */
	int64_t blocks, each, chunks; /* of a group; of a chunk; chunks of a group */
} LanesRun;

/* A piece at work: rows of the output of one batch and group. */
typedef struct LanesPiece {
	const LanesRun *r;
	int64_t batch, group, row, rows;
	const float *x;
	float *chain, *sums, *turned;
} LanesPiece;

/* Where sums of a piece lie: floats from row to row, and from block to block. */
typedef struct Sums {
	float *c;
	int64_t line, far;
} Sums;

/* Products [i, i+n) for all pixels. */
static void
run_products(const LanesPiece *c, const Sums *to, int64_t block, int side, int64_t i, int64_t n)
{
	const Lanes *l = c->r->l;
	const Slide *w = &l->f.w;
	int64_t rows = c->rows, cols = w->out[2], first = c->group * c->r->blocks + block;
	int64_t step = w->stride[2] * l->from.pixel, down = w->stride[1] * l->from.line;
	LanesTile t = {.k = n, .step = step, .wide = l->k * BLOCK_WIDTH, .far = to->far};
	int64_t parts;

	if (down == cols * step &&
	    to->line == cols * BLOCK_WIDTH) { /* rows lie behind each other */
		cols *= rows;
		rows = 1;
	}
	parts = (cols + PIXELS - 1) / PIXELS;
	t.weight = c->r->packed + (first * l->k + i) * BLOCK_WIDTH;
	t.bias = i ? NULL : c->r->bias + (c->group * l->f.go + block * BLOCK_WIDTH);
	t.off = c->r->off + i;
	for (int64_t y = 0; y < rows; y++)
		for (int64_t k = 0, x = 0, end; k < parts; k++, x = end) {
			end = cols * (k + 1) / parts;
			t.x = c->x + y * down + x * step;
			t.c = to->c + y * to->line + x * BLOCK_WIDTH;
			tiles_of[side - 1][end - x - 1](&t);
		}
}

/* Sums of n pixels become those of channels, `far` apart. */
static void
turn_sums(const float *x, int64_t n, int64_t channels, float *to, int64_t far)
{
	int64_t size = sizeof *x, whole = channels == BLOCK_WIDTH ? n / BLOCK_WIDTH : 0;

	for (int64_t i = 0; i < whole; i++)
		turn_words((char *)(to + i * BLOCK_WIDTH), far * size,
		           (const char *)(x + i * BLOCK_WIDTH * BLOCK_WIDTH), BLOCK_WIDTH * size);
	for (int64_t k = 0; k < channels; k++)
		for (int64_t p = whole * BLOCK_WIDTH; p < n; p++)
			to[k * far + p] = x[p * BLOCK_WIDTH + k];
}

/* Sums become a result without blocks: channel by channel. */
static void
finish_channels(const LanesPiece *c, const float *x, int64_t channel)
{
	const KernelCall *call = c->r->call;
	const Flat *f = &c->r->l->f;
	int64_t plane = f->w.out[1] * f->w.out[2], n = c->rows * f->w.out[2];
	int64_t many = MIN(f->go - channel, BLOCK_WIDTH), far = f->half ? n : plane;
	int64_t at =
	    (c->batch * f->out + c->group * f->go + channel) * plane + c->row * f->w.out[2];
	float *to = f->half ? c->turned : (float *)call->e->out[0].t->data + at;

	turn_sums(x, n, many, to, far);
	for (int64_t k = 0; k < many && (f->half || call->then); k++, at += plane, to += far)
		flat_finish(call, f->half, to, at, n, c->chain);
}

static void
run_blocks(const LanesPiece *c, int64_t block, int side)
{
	const LanesRun *r = c->r;
	const Lanes *l = r->l;
	const Flat *f = &l->f;
	bool blocks = r->call->plan->blocks;
	int64_t at = 0;
	Sums to = {.c = c->sums, .line = f->w.out[2] * BLOCK_WIDTH};

	if (blocks) {
		at =
		    blocks_at(&r->out, c->batch, c->group * f->go + block * BLOCK_WIDTH, c->row, 0);
		to.line = r->out.line;
	}
	to.far = f->rows * to.line;
	if (blocks && !f->half) {
		to.c = (float *)r->call->e->out[0].t->data + at;
		to.far = r->out.plane;
	}
	for (int64_t i = 0; i < l->k; i += DEEP)
		run_products(c, &to, block, side, i, MIN(l->k - i, DEEP));
	for (int b = 0; b < side; b++)
		if (blocks)
			lanes_finish(r->call, f->half, &r->out, to.c + b * to.far,
			             at + b * r->out.plane, c->rows, c->chain);
		else
			finish_channels(c, to.c + b * to.far, (block + b) * BLOCK_WIDTH);
}

static void
job(void *ctx, int64_t i, unsigned thread)
{
	const LanesRun *r = ctx;
	const Flat *f = &r->l->f;
	int64_t chunk = i % r->chunks, piece = i / r->chunks, first = chunk * r->each;
	int64_t last = MIN(first + r->each, r->blocks);
	LanesPiece c = {.r = r, .chain = kernel_scratch(r->call, thread)};
	float *image;

	c.row = piece % f->nrows * f->rows;
	c.rows = MIN(f->w.out[1] - c.row, f->rows);
	c.group = piece / f->nrows % f->groups;
	c.batch = piece / f->nrows / f->groups;
	c.sums = c.chain + CHAIN_SCRATCH / sizeof *c.chain;
	c.turned = c.sums + SIDE * f->rows *
	                        (r->call->plan->blocks ? r->out.line : f->w.out[2] * BLOCK_WIDTH);
	image = c.turned + turned_floats(f, r->call->plan->blocks);
	c.x = source_at(&r->l->from, f, r->call, c.batch, c.group * f->gi, f->gi, c.row, c.rows,
	                image);
	for (int64_t b = first; b < last; b += SIDE)
		run_blocks(&c, b, (int)MIN(last - b, SIDE));
}

void
lanes_run(const KernelCall *call)
{
	const Lanes *l = KERNEL_NOTE_OF(const Lanes, call->plan);
	const Flat *f = &l->f;
	LanesRun r = {.call = call, .l = l, .packed = l->kept ? call->kept : call->work};
	int64_t jobs = f->batch * f->groups * f->nrows, want;

	if (!l->kept)
		lanes_keep(call->e, call->plan, call->work);
	if (call->plan->blocks)
		blocks_shape(call->e->out[0].t->dim, call->plan->blocks, &r.out);
	r.off = (const int32_t *)(const void *)(r.packed + packed_floats(l));
	r.bias = r.packed + packed_floats(l) + l->k;
	r.blocks = blocks_of(f->go);
	want = kernel_threads(call->plan, call->pool);
	want = want > 1 ? MIN((3 * want + jobs - 1) / jobs, (r.blocks + SIDE - 1) / SIDE) : 1;
	r.each = (r.blocks / SIDE + want - 1) / want * SIDE;
	r.each = MAX(r.each, SIDE);
	r.chunks = (r.blocks + r.each - 1) / r.each;
	kernel_share(call, jobs * r.chunks, job, &r);
}
