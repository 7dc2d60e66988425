/* channel_blocks.c: see channel_blocks.h. */
#include "channel_blocks.h"

bool
blocks_shape(const int64_t *dim, const Blocks *b, BlockShape *s)
{
	size_t n = BLOCK_WIDTH;

	for (int i = 0; i < 4; i++)
		if (dim[i] < 1)
			return false;
	s->images = dim[0];
	s->channels = dim[1];
	s->blocks = blocks_of(dim[1]);
	s->rows = dim[2];
	s->cols = dim[3];
	if (!mul_size(n, (size_t)s->cols + (size_t)(b->before[1] + b->after[1]), &n) ||
	    n > INT64_MAX)
		return false;
	s->line = (int64_t)n;
	s->first = b->before[0] * s->line + b->before[1] * BLOCK_WIDTH;
	if (!mul_size(n, (size_t)s->rows + (size_t)(b->before[0] + b->after[0]), &n) ||
	    n > INT64_MAX)
		return false;
	s->plane = (int64_t)n;
	if (!mul_size(n, (size_t)s->blocks, &n) || !mul_size(n, (size_t)s->images, &n) ||
	    n > INT64_MAX / 8)
		return false;
	s->count = (int64_t)n;
	return true;
}

/* Of a row of pixels, one number each. */
static void
read_floats(int64_t cols, const uint32_t *restrict from, uint32_t *restrict to)
{
	for (int64_t x = 0; x < cols; x++)
		to[x] = from[x * BLOCK_WIDTH];
}
static void
read_halves(int64_t cols, const uint16_t *restrict from, uint16_t *restrict to)
{
	for (int64_t x = 0; x < cols; x++)
		to[x] = from[x * BLOCK_WIDTH];
}

void
blocks_read(const BlockShape *s, size_t size, const void *data, void *to)
{
	const char *from = data;
	char *out = to;

	for (int64_t i = 0; i < s->images; i++)
		for (int64_t c = 0; c < s->channels; c++)
			for (int64_t y = 0; y < s->rows; y++) {
				const char *row = from + (size_t)blocks_at(s, i, c, y, 0) * size;
				if (size == sizeof(uint32_t))
					read_floats(s->cols, (const void *)row, (void *)out);
				else
					read_halves(s->cols, (const void *)row, (void *)out);
				out += (size_t)s->cols * size;
			}
}

void
blocks_halo(const BlockShape *s, size_t size, void *data)
{
	int64_t pixels = s->cols * BLOCK_WIDTH, end = s->first + (s->rows - 1) * s->line + pixels;

	if (s->plane == s->rows * pixels)
		return;
	for (int64_t i = 0; i < s->images * s->blocks; i++) {
		char *plane = (char *)data + (size_t)(i * s->plane) * size;
		memset(plane, 0, (size_t)s->first * size);
		for (int64_t y = 0; y + 1 < s->rows; y++)
			memset(plane + (size_t)(s->first + y * s->line + pixels) * size, 0,
			       (size_t)(s->line - pixels) * size);
		memset(plane + (size_t)end * size, 0, (size_t)(s->plane - end) * size);
	}
}
