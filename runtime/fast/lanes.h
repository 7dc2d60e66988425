/* lanes.h: windows over images whose lanes are channels. A sum of BLOCK_WIDTH channels is one
 * vector. What windows read is x itself where all of it is there as floats: in blocks with a halo
 * as wide as the padding, or without padding; else an image of a piece of x with its padding.
 */
#ifndef MILC_LANES_H
#define MILC_LANES_H

#include "flat.h"
#include "runtime/channel_blocks.h"

/* What windows read, for some rows of the output. */
typedef struct WindowSource {
	bool straight, blocks;        /* it is x itself; it lies in blocks */
	int64_t pixel, line, channel; /* floats from pixel to pixel, from row to row, and from */
	                              /* channel to channel, or from block to block */
	int64_t rows, cols;           /* of an image */
	BlockShape x;                 /* how x lies in blocks */
} WindowSource;

#define source_plan FAST(source_plan)
#define source_at FAST(source_at)
#define source_places FAST(source_places)
#define lanes_pieces FAST(lanes_pieces)
#define lanes_finish FAST(lanes_finish)
#define lanes_pay FAST(lanes_pay)
#define lanes_plan FAST(lanes_plan)
#define lanes_keep FAST(lanes_keep)
#define lanes_run FAST(lanes_run)
#define lanes_depthwise_plan FAST(lanes_depthwise_plan)
#define lanes_depthwise_keep FAST(lanes_depthwise_keep)
#define lanes_depthwise_run FAST(lanes_depthwise_run)

/* For windows of f over so many channels of x, which lies in blocks unless b is 0, and `rows` rows
 * of the output at a time. *image: floats of scratch. False: too many. */
bool source_plan(const Flat *f, const Blocks *b, int64_t channels, int64_t rows, WindowSource *s,
                 size_t *image);
/* What the windows of output row `row` of a batch read, for channels from `first` on; makes the
 * image if need be, for `rows` rows. */
const float *source_at(const WindowSource *s, const Flat *f, const KernelCall *c, int64_t batch,
                       int64_t first, int64_t channels, int64_t row, int64_t rows, float *image);
/* How far the number for each product of a sum lies from the window's begin. */
void source_places(const WindowSource *s, const Flat *f, int64_t channels, int32_t *to);

/* Rows of the output that make a piece of about so many pixels, and how many pieces there are. */
void lanes_pieces(Flat *f, int64_t pixels);
/* Sums of so many rows of a plane become elements of a result in blocks, from `at` on, behind the
 * call's chain; they lie as the result does, or in it. */
void lanes_finish(const KernelCall *c, bool half, const BlockShape *out, float *sums, int64_t at,
                  int64_t rows, void *scratch);

/* Convolutions. Whether to do one with lanes of channels though neither x nor the result lies in
 * blocks: small images with many channels, where else lanes would be lost to a row's end. */
bool lanes_pay(const Flat *f, int64_t k);
bool lanes_plan(const Eval *e, const bool *known, KernelPlan *p);
void lanes_keep(const Eval *e, const KernelPlan *p, void *kept);
void lanes_run(const KernelCall *call);
/* With one channel to a group; x and the result lie in blocks. */
bool lanes_depthwise_plan(const Eval *e, const bool *known, KernelPlan *p);
void lanes_depthwise_keep(const Eval *e, const KernelPlan *p, void *kept);
void lanes_depthwise_run(const KernelCall *call);

#endif
