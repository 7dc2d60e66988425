/* flat.h: convolutions as products, without unfolding x. The padded image of a channel is one flat
 * line, its rows one behind the other, W numbers each; output (y, x) is position p = y * W + x, and
 * what a kernel position needs for all p lies at one distance from p. So a row of the product's
 * right side is a pointer into the image; positions in a row's padding are computed and dropped. A
 * stride s makes s images of an axis, its phases: elements i, i + s and so on
 *
 * The image is made piece by piece, of some rows of the output or of a part of one row, so that it
 * stays in the second-level cache. Each sum is one chain of fused multiply-adds that begins with
 * the bias; channels ascend, and in a channel the kernel's positions.
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
	bool depthwise;                         /* depthwise_plan() took it */
	FlatImage image;
	int64_t rows, cols, nrows, ncols; /* of a piece; how many pieces a plane has */
} Flat;

#define flat_read FAST(flat_read)
#define flat_bias FAST(flat_bias)
#define flat_image FAST(flat_image)
#define flat_size FAST(flat_size)
#define flat_pieces FAST(flat_pieces)
#define flat_places FAST(flat_places)
#define flat_tile FAST(flat_tile)
#define flat_drop FAST(flat_drop)
#define flat_finish FAST(flat_finish)

/* Operands' shapes and the result's; all but image and the pieces. False: the evaluator's case. */
bool flat_read(const Eval *e, bool transposed, Flat *f, KernelPlan *p);
/* The bias of all channels as floats, TILE_ROWS zeros behind them; zeros if there is none. */
void flat_bias(const Eval *e, const Flat *f, float *to);
/* Image and pieces of a convolution: as many rows as give an image of about so many bytes; if not
 * one does, parts of a row. */
void flat_pieces(Flat *f, int64_t channels, int64_t bytes);
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

/* Small images with many channels: which they are, for sums of k products; floats of scratch; the
 * run for channels [o0, o1) of a group. */
typedef struct FlatSmall {
	const float *image, *packed, *bias; /* packed: by gemm's pack_b */
	const int32_t *off;                 /* as for flat_tile() */
	bool straight; /* the image is x, of which a channel is its n positions */
	int64_t k, o0, o1;
	int64_t at; /* of the group's first channel in the result */
} FlatSmall;
#define small_takes FAST(small_takes)
#define small_floats FAST(small_floats)
#define small_run FAST(small_run)
bool small_takes(const Flat *f, int64_t k);
size_t small_floats(const Flat *f, int64_t k);
void small_run(const KernelCall *call, const Flat *f, const FlatSmall *s, float *scratch,
               void *chain);

/* Convolutions with one channel to a group; the plan's note is a Flat, by flat_read(). */
#define depthwise_plan FAST(depthwise_plan)
#define depthwise_run FAST(depthwise_run)
bool depthwise_plan(const Eval *e, KernelPlan *p);
void depthwise_run(const KernelCall *c);

#endif
