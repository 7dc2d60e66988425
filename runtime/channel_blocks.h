/* channel_blocks.h: images whose channels lie in blocks: what a convolution needs of BLOCK_WIDTH
 * channels at a place stands side by side, and fills the lanes of a vector.
 *
 * A tensor of shape (N, C, H, W) in blocks has for each image and each BLOCK_WIDTH channels a plane
 * of pixels, row by row, with as many numbers each. Channels that fill up the last block hold
 * anything. Around the pixels of a plane lies a halo of zeros, as wide as the padding of those who
 * slide over it, so that nobody needs to ask where an image ends.
 */
#ifndef MILC_CHANNEL_BLOCKS_H
#define MILC_CHANNEL_BLOCKS_H

#include "tensor/tensor.h"

enum { BLOCK_WIDTH = 16 };

/* Pixels of the halo above and on the left; below and on the right. */
typedef struct Blocks {
	int32_t before[2], after[2];
} Blocks;

/* Where things lie, counted in elements. */
typedef struct BlockShape {
	int64_t images, channels, blocks, rows, cols;
	int64_t line, plane; /* from row to row, from block to block */
	int64_t first;       /* where the first pixel lies */
	int64_t count;       /* of all */
} BlockShape;

/* Of so many channels. */
static inline int64_t
blocks_of(int64_t channels)
{
	return channels / BLOCK_WIDTH + (channels % BLOCK_WIDTH != 0);
}

/* False: it is empty, or too large. */
bool blocks_shape(const int64_t *dim, const Blocks *b, BlockShape *s);
/* Element (image, channel, row, col) of a tensor in blocks. */
static inline int64_t
blocks_at(const BlockShape *s, int64_t image, int64_t channel, int64_t row, int64_t col)
{
	return (image * s->blocks + channel / BLOCK_WIDTH) * s->plane + s->first + row * s->line +
	       col * BLOCK_WIDTH + channel % BLOCK_WIDTH;
}

/* The numbers without their blocks; `size` is an element's. */
void blocks_read(const BlockShape *s, size_t size, const void *data, void *to);
/* Zeros for the halo. */
void blocks_halo(const BlockShape *s, size_t size, void *data);

#endif
