/* pixel_blocks.h: ops that take images apart into blocks of pixels, whose places become channels or
 * images of their own, or join them again: depth_to_space, pixel_shuffle, batch_to_space and what
 * undoes them. For evaluators and kernels. */
#ifndef MILC_PIXEL_BLOCKS_H
#define MILC_PIXEL_BLOCKS_H

#include "kernel.h"

typedef struct PixelBlocks {
	bool join;                    /* x is in blocks, the result is the image */
	const char *order;            /* of axes of what is in blocks: see pixel_blocks.c */
	int64_t image[4], blocks[4];  /* shapes of both sides */
	int64_t size[2];              /* rows and columns of a block */
	int64_t before[2], margin[2]; /* of all blocks joined, how much lies above and on the */
	                              /* left of the image; around it */
} PixelBlocks;

/* Pixels: images, channels, rows of blocks, rows and columns of a block, columns of blocks. Where
 * the first lies on both sides, and how far they are apart, in elements. */
enum { PIXEL_AXES = 6 };
typedef struct PixelBox {
	int64_t dim[PIXEL_AXES], image[PIXEL_AXES], blocks[PIXEL_AXES];
	int64_t image_at, blocks_at;
} PixelBox;

/* What the operands say, which the type rules have seen. False after failing. Takes no memory. */
bool pixel_blocks_read(Eval *e, PixelBlocks *p);
/* All pixels; there must be no margin. */
PixelBox pixel_box(const PixelBlocks *p);
/* Those at one place of each block that lie on the image. */
PixelBox pixel_box_at(const PixelBlocks *p, int64_t row, int64_t col);

#endif
