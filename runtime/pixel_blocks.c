/* pixel_blocks.c: see pixel_blocks.h. On the side of the image all ops are alike; on the other they
 * differ in the order of four axes, before rows and columns of blocks: images and channels of the
 * image (N, C), and the rows and columns of a block (Y, X). */
#include "pixel_blocks.h"

static const struct PixelOp {
	Opcode op;
	bool join;
	char order[5];
} pixel_ops[] = {
    {OP_batch_to_space, true, "YXNC"}, {OP_space_to_batch, false, "YXNC"},
    {OP_depth_to_space, true, "NYXC"}, {OP_space_to_depth, false, "NYXC"},
    {OP_pixel_shuffle, true, "NCYX"},  {OP_pixel_unshuffle, false, "NCYX"},
};

/* The other side's shape. Axis `split` of x counts the places in a block, or is to. */
static bool
join_blocks(PixelBlocks *p, int split)
{
	int64_t all = p->size[0] * p->size[1];
	bool fits = p->blocks[split] % all == 0;

	memcpy(p->image, p->blocks, sizeof p->image);
	p->image[split] /= all;
	for (int i = 0; i < 2; i++) {
		int64_t *d = &p->image[2 + i];
		fits = fits && !__builtin_mul_overflow(*d, p->size[i], d);
		*d -= p->margin[i];
	}
	return fits;
}

static bool
cut_blocks(PixelBlocks *p, int split)
{
	int64_t all = p->size[0] * p->size[1];
	bool fits = !__builtin_mul_overflow(p->image[split], all, &p->blocks[split]);

	for (int i = 0; i < 2; i++) {
		int64_t *d = &p->blocks[2 + i];
		fits = fits && !__builtin_add_overflow(p->image[2 + i], p->margin[i], d) &&
		       *d % p->size[i] == 0;
		*d /= p->size[i];
	}
	p->blocks[1 - split] = p->image[1 - split];
	return fits;
}

bool
pixel_blocks_read(Eval *e, PixelBlocks *p)
{
	const struct PixelOp *op = pixel_ops;
	const Tensor *x = eval_arg(e, ARG_x), *size, *edge = NULL;
	int split;

	while (op->op != e->row->code)
		op++;
	*p = (PixelBlocks){.join = op->join, .order = op->order};
	split = op->order[0] == 'N';
	size = eval_arg(e, split ? e->row->param[1].arg : ARG_block_shape);
	if (!split)
		edge = eval_arg(e, op->join ? ARG_crops : ARG_paddings);
	for (int i = 0; i < 2; i++) {
		p->size[i] = tensor_i(size, split ? 0 : i);
		p->before[i] = edge ? tensor_i(edge, 2 * i) : 0;
		p->margin[i] = edge ? p->before[i] + tensor_i(edge, 2 * i + 1) : 0;
	}
	memcpy(op->join ? p->blocks : p->image, x->dim, sizeof p->image);
	if (!(op->join ? join_blocks(p, split) : cut_blocks(p, split)))
		return eval_fail(e, "x cannot be divided into blocks of %lld x %lld",
		                 (long long)p->size[0], (long long)p->size[1]);
	if (p->image[2] < 0 || p->image[3] < 0)
		return eval_fail(e, "more is cropped than there is");
	return true;
}

/* ---- pixels ---- */

/* Axes of a PixelBox. */
enum { IMAGES, CHANNELS, BLOCK_ROWS, ROW, COL, BLOCK_COLS };

PixelBox
pixel_box(const PixelBlocks *p)
{
	int64_t rows = p->blocks[2], cols = p->blocks[3], width = p->image[3], step = rows * cols;
	PixelBox b = {.dim = {p->image[0], p->image[1], rows, p->size[0], p->size[1], cols},
	              .blocks = {[BLOCK_ROWS] = cols, [BLOCK_COLS] = 1}};
	int64_t image[PIXEL_AXES] = {p->image[1] * p->image[2] * width,
	                             p->image[2] * width,
	                             p->size[0] * width,
	                             width,
	                             1,
	                             p->size[1]};

	memcpy(b.image, image, sizeof b.image);
	for (int i = 4; i-- > 0;) {
		int axis = p->order[i] == 'N'   ? IMAGES
		           : p->order[i] == 'C' ? CHANNELS
		           : p->order[i] == 'Y' ? ROW
		                                : COL;
		b.blocks[axis] = step;
		step *= b.dim[axis];
	}
	return b;
}

PixelBox
pixel_box_at(const PixelBlocks *p, int64_t row, int64_t col)
{
	static const int blocks[2] = {BLOCK_ROWS, BLOCK_COLS}, within[2] = {ROW, COL};
	int64_t at[2] = {row, col};
	PixelBox b = pixel_box(p);

	for (int i = 0; i < 2; i++) {
		/* Block k has pixel k * size + at of all, which the image has from `before` on. */
		int64_t up = p->before[i] + p->size[i] - 1 - at[i], *n = &b.dim[blocks[i]];
		int64_t first = up / p->size[i], last = (up + p->image[2 + i]) / p->size[i];
		*n = MAX(0, MIN(*n, last) - first);
		b.image_at += (first * p->size[i] + at[i] - p->before[i]) * b.image[within[i]];
		b.blocks_at += at[i] * b.blocks[within[i]] + first * b.blocks[blocks[i]];
		b.dim[within[i]] = 1;
	}
	return b;
}
