/* conv_small.c: convolutions of small images with many channels. Lanes are channels of the output
 * here, so that none is lost to a row's padding: what the sums need of x is laid out by product and
 * position, and each number of it is taken times LANES weights. */
#include "flat.h"

#include "vec.h"

enum {
	DEEP = 256,  /* products at a time: their weights stay in the first caches */
	TALL = 10,   /* positions of a tile, at most */
	WORTH = 128, /* products that pay for turning the sums round */
};

bool
small_takes(const Flat *f, int64_t k)
{
	int64_t n = f->w.out[1] * f->w.out[2];
	int64_t flat = (f->w.out[1] - 1) * (f->w.out[2] + f->w.kernel[2] - 1) + f->w.out[2];

	/* By whole tiles of flat positions it would take a sixth more. */
	flat = (flat + FLAT_COLS - 1) / FLAT_COLS * FLAT_COLS;
	return TILE_PARTS > 1 && f->w.out[0] == 1 && n <= 128 && k >= WORTH &&
	       f->go >= 2 * FLAT_COLS && f->go % FLAT_COLS == 0 && flat * 6 > n * 7;
}

size_t
small_floats(const Flat *f, int64_t k)
{
	int64_t n = f->w.out[1] * f->w.out[2];

	return (size_t)((k + 2 * FLAT_COLS) * n + LANES);
}

/* x by product and position: to[i * n + position]. */
static void
gather(const Flat *f, int64_t k, const float *image, const int32_t *off, float *to)
{
	int64_t rows = f->w.out[1], cols = f->w.out[2], width = f->image.size[2];

	/* In whole vectors: what is written behind a row is written again. */
	for (int64_t i = 0; i < k; i++)
		for (int64_t y = 0; y < rows; y++, to += cols)
			for (int64_t j = 0; j < cols; j += LANES)
				v_store(to + j, v_load(image + off[i] + y * width + j));
}

/* Sums of `rows` positions and FLAT_COLS channels go on. */
static inline __attribute__((always_inline)) void
small_tile(int rows, int64_t k, const float *x, int64_t n, const float *weight, float *c)
{
	V s[TALL][TILE_PARTS];

#pragma GCC unroll 10
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			s[r][p] = v_load(c + r * FLAT_COLS + p * LANES);
	for (int64_t i = 0; i < k; i++, x += n, weight += FLAT_COLS) {
		V w[TILE_PARTS];
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			w[p] = v_load(weight + p * LANES);
#pragma GCC unroll 10
		for (int r = 0; r < rows; r++) {
			V y = v_set1(x[r]);
#pragma GCC unroll 2
			for (int p = 0; p < TILE_PARTS; p++)
				s[r][p] = v_fma(y, w[p], s[r][p]);
		}
	}
#pragma GCC unroll 10
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			v_store(c + r * FLAT_COLS + p * LANES, s[r][p]);
}

static void
small_block(int64_t k, const float *x, int64_t n, const float *weight, float *c)
{
	int64_t r = 0;

	for (; r + TALL <= n; r += TALL)
		small_tile(TALL, k, x + r, n, weight, c + r * FLAT_COLS);
	for (; r + TALL / 2 <= n; r += TALL / 2)
		small_tile(TALL / 2, k, x + r, n, weight, c + r * FLAT_COLS);
	for (; r + 2 <= n; r += 2)
		small_tile(2, k, x + r, n, weight, c + r * FLAT_COLS);
	if (r < n)
		small_tile(1, k, x + r, n, weight, c + r * FLAT_COLS);
}

void
small_run(const KernelCall *call, const Flat *f, const FlatSmall *s, float *scratch, void *chain)
{
	int64_t n = f->w.out[1] * f->w.out[2];
	float *sums = scratch, *turned = sums + FLAT_COLS * n, *x = turned + FLAT_COLS * n;
	bool direct = !f->half;

	if (!s->straight)
		gather(f, s->k, s->image, s->off, x);
	for (int64_t o = s->o0; o < s->o1; o += FLAT_COLS) {
		float *to = direct ? (float *)call->e->out[0].t->data + s->at + o * n : turned;
		for (int64_t p = 0; p < n; p++)
			memcpy(sums + p * FLAT_COLS, s->bias + o, FLAT_COLS * sizeof *sums);
		for (int64_t i = 0; i < s->k; i += DEEP)
			small_block(MIN(s->k - i, DEEP), (s->straight ? s->image : x) + i * n, n,
			            s->packed + o * s->k + i * FLAT_COLS, sums);
		for (int64_t p = 0; p < n; p++)
			for (int c = 0; c < FLAT_COLS; c++)
				to[c * n + p] = sums[p * FLAT_COLS + c];
		if (!direct || call->then)
			for (int c = 0; c < FLAT_COLS; c++)
				flat_finish(call, f->half, to + c * n, s->at + (o + c) * n, n,
				            chain);
	}
}
