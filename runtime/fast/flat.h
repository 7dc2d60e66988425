/* flat.h: convolutions as products, without unfolding x. The padded image of a channel is one flat
 * line, its rows one behind the other, W numbers each; output (y, x) is position p = y * W + x, and
 * what a kernel position needs for all p lies at one distance from p. So a row of the product's
 * right side is a pointer into the image; positions in a row's padding are computed and dropped. A
 * stride s makes s images of an axis, its phases: elements i, i + s and so on
 *
 * The image is made piece by piece, of some rows of the output or of a part of one row, so that it
 * stays in the second-level cache. Each sum is one chain of fused multiply-adds that begins with
 * the bias; FLAT_DEEP channels at a time ascend, in these the kernel's positions, and at a position
 * the channels.
 */
#ifndef MILC_FLAT_H
#define MILC_FLAT_H

#include "plan.h"
#include "tile.h"
#include "chain_run.h"
#include "runtime/slide.h"


enum {
	FLAT_COLS = TILE_PARTS * 16,     /* positions of a tile, */
	FLAT_BLOCK = 256,               /* of a block: at least, if there are as many, */
	FLAT_WIDE = 2 * FLAT_BLOCK,     /* and less than */
	FLAT_SLACK = 128,               /* floats behind an image that a tile may read */
	FLAT_DEEP = 16,                 /* channels whose products follow each other */
};

/* The padded images of some channels, for a piece of the output. */
typedef struct FlatImage {
	int64_t in[3];                   /* x's axes */
	int64_t stride[3], dilation[3];  /* position p of phase i stands for element */
	int64_t before[3];               /* p * stride + i * dilation % stride - before */
	int64_t phases[3], size[3];      /* how many phases there are, and positions of each */
	int64_t plane, channel;          /* floats from phase to phase, from channel to channel */
	bool half;                       /* x's type */
} FlatImage;

/* A convolution. `image` describes the image of a whole piece; the last ones may be smaller. */
typedef struct Flat {
	Slide w;
	int64_t batch, in, out, groups, gi, go; /* channels: all, and those of a group */
	bool half;                              /* the result's type */
	enum { FLAT_ROWS, FLAT_DEPTHWISE, FLAT_LANES, FLAT_DEPTHWISE_LANES } way; /* who does it */
	FlatImage image;
	int64_t rows, cols, nrows, ncols; /* of a piece; how many pieces a plane has */
} Flat;

#define flat_read FAST(flat_read)
#define flat_known FAST(flat_known)
#define flat_bias FAST(flat_bias)
#define flat_pack FAST(flat_pack)
#define flat_image FAST(flat_image)
#define flat_size FAST(flat_size)
#define flat_pieces FAST(flat_pieces)
#define flat_places FAST(flat_places)
#define flat_tile FAST(flat_tile)
#define flat_drop FAST(flat_drop)
#define flat_finish FAST(flat_finish)

/* Operands' shapes and the result's; all but image and the pieces. False: the evaluator's case. */
bool flat_read(const Eval *e, bool transposed, Flat *f, KernelPlan *p);
/* What is made of weight and bias lasts. */
bool flat_known(const Eval *e, const bool *known);
/* The bias of all channels as floats, LANES zeros behind them; zeros if there is none. */
void flat_bias(const Eval *e, const Flat *f, float *to);
/* Image and pieces of a convolution: as many rows as give an image of about so many bytes; if not
 * one does, parts of a row. */
void flat_pieces(Flat *f, int64_t channels, int64_t bytes);
/* Product i of a sum is that of this weight of the channel's `channels` times `taps`. */
static inline int64_t
flat_product(int64_t i, int64_t channels, int64_t taps)
{
	int64_t first = i / (FLAT_DEEP * taps) * FLAT_DEEP, n = MIN(channels - first, FLAT_DEEP);

	i -= first * taps;
	return (first + i % n) * taps + i / n;
}
static inline float
flat_weight(const Tensor *w, int64_t at)
{
	return w->dtype == DT_FP16 ? half_to_float(((const uint16_t *)w->data)[at])
	                           : ((const float *)w->data)[at];
}
/* A group's weights in strips of `width` channels, for each product one behind the other; zeros for
 * channels that are not there. */
void flat_pack(const Tensor *w, const Flat *f, int64_t group, int width, float *to);
/* Where the number of x for each product of a sum lies, counted from the output's position. */
void flat_places(const Flat *f, int64_t channels, int32_t *to);
/* Fills plane and channel in from the rest; floats for so many channels. 0: too many. */
size_t flat_size(FlatImage *m, int64_t channels);
/* The images of channels of x from `first` on, for positions that begin at `at`. */
void flat_image(const FlatImage *m, const void *x, int64_t first, int64_t channels,
                const int64_t *at, float *to);
/* Sums of `rows` channels at FLAT_COLS positions: c[r * ldc + j] =
 * bias[r] + sum over i < k of a[i * TILE_ROWS + r] * b[off[i] + j]. */
void flat_tile(int rows, int64_t k, const float *a, const float *b, const int32_t *off, float *c,
               int64_t ldc, const float *bias);
/* Of sums x at positions [p0, p1) those in a row's padding are dropped; the rest go to `to`, which
 * may be x. How many they are. */
int64_t flat_drop(const float *x, int64_t p0, int64_t p1, int64_t width, int64_t cols, float *to);
/* n sums at x become elements [at, at+n) of the result, behind the call's chain. */
void flat_finish(const KernelCall *c, bool half, float *x, int64_t at, int64_t n, void *scratch);

/* Convolutions with one channel to a group; the plan's note is a Flat, by flat_read(). */
#define depthwise_plan FAST(depthwise_plan)
#define depthwise_run FAST(depthwise_run)
bool depthwise_plan(const Eval *e, KernelPlan *p);
void depthwise_run(const KernelCall *c);

#endif
