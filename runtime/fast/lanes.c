/* lanes.c: what windows with lanes of channels read: see lanes.h. */
#include "lanes.h"

#include "vec.h"

/* Rows, or columns, of x under n outputs. */
static int64_t
extent(const Slide *w, int a, int64_t n)
{
	return (n - 1) * w->stride[a] + (w->kernel[a] - 1) * w->dilation[a] + 1;
}

/* What is read lies in x and its halo. */
static bool
within(const Slide *w, const Blocks *b)
{
	for (int a = 1; a < 3; a++) {
		int64_t before = b ? b->before[a - 1] : 0, after = b ? b->after[a - 1] : 0;
		if (w->before[a] > before ||
		    extent(w, a, w->out[a]) - w->before[a] > w->in[a] + after)
			return false;
	}
	return true;
}

bool
source_plan(const Flat *f, const Blocks *b, int64_t channels, int64_t rows, WindowSource *s,
            size_t *image)
{
	const Slide *w = &f->w;
	int64_t planes = b ? blocks_of(channels) : channels;
	int64_t dim[4] = {f->batch, f->in, w->in[1], w->in[2]};
	double all;

	*image = 0;
	*s = (WindowSource){.straight = !f->half && within(w, b), .blocks = b != NULL};
	s->pixel = b ? BLOCK_WIDTH : 1;
	if (b && !blocks_shape(dim, b, &s->x))
		return false;
	if (s->straight && b) {
		s->line = s->x.line;
		s->channel = s->x.plane;
	} else if (s->straight) {
		s->line = w->in[2];
		s->channel = w->in[1] * w->in[2];
	} else {
		s->rows = extent(w, 1, rows);
		s->cols = extent(w, 2, w->out[2]);
		all = (double)s->rows * (double)s->cols * (double)(planes * s->pixel);
		if (all > (1 << 28))
			return false;
		s->line = s->cols * s->pixel;
		s->channel = s->rows * s->line;
		/* Channels a power of two apart would share the first-level cache's places. */
		if (!b && s->channel % 256 == 0)
			s->channel += LANES;
		*image = (size_t)(planes * s->channel) + FLAT_SLACK;
	}
	/* Distances are 32 bits. */
	return (double)planes * (double)s->channel < INT32_MAX;
}

/* One row of an image in blocks, `cols` pixels from column `from` of x on. */
static void
block_row(bool half, const void *x, int64_t at, int64_t from, int64_t cols, int64_t width,
          float *to)
{
	int64_t skip = MIN(MAX(-from, 0), cols), end = MAX(MIN(width - from, cols), skip);
	int64_t begin = at + (from + skip) * BLOCK_WIDTH;

	memset(to, 0, (size_t)(skip * BLOCK_WIDTH) * sizeof *to);
	if (half)
		v_load_halves(to + skip * BLOCK_WIDTH, (const uint16_t *)x + begin,
		              (size_t)((end - skip) * BLOCK_WIDTH));
	else
		memcpy(to + skip * BLOCK_WIDTH, (const float *)x + begin,
		       (size_t)((end - skip) * BLOCK_WIDTH) * sizeof *to);
	memset(to + end * BLOCK_WIDTH, 0, (size_t)((cols - end) * BLOCK_WIDTH) * sizeof *to);
}

static void
block_image(const WindowSource *s, const Flat *f, const void *x, int64_t batch, int64_t first,
            int64_t channels, int64_t top, int64_t rows, float *to)
{
	const Slide *w = &f->w;

	for (int64_t c = 0; c < channels; c += BLOCK_WIDTH)
		for (int64_t y = 0; y < s->rows; y++, to += s->line) {
			int64_t row = top + y;
			if (row >= 0 && row < w->in[1] && y < rows)
				block_row(f->half, x, blocks_at(&s->x, batch, first + c, row, 0),
				          -w->before[2], s->cols, w->in[2], to);
			else
				memset(to, 0, (size_t)s->line * sizeof *to);
		}
}

static void
plain_image(const WindowSource *s, const Flat *f, const void *x, int64_t batch, int64_t first,
            int64_t channels, int64_t row, float *to)
{
	FlatImage m = {.half = f->half, .plane = s->channel, .channel = s->channel};
	int64_t at[3] = {0, row * f->w.stride[1], 0};

	for (int a = 0; a < 3; a++) {
		m.in[a] = f->w.in[a];
		m.before[a] = f->w.before[a];
		m.stride[a] = m.dilation[a] = m.phases[a] = 1;
	}
	m.size[0] = 1;
	m.size[1] = s->rows;
	m.size[2] = s->cols;
	flat_image(&m, x, batch * f->in + first, channels, at, to);
}

const float *
source_at(const WindowSource *s, const Flat *f, const KernelCall *c, int64_t batch, int64_t first,
          int64_t channels, int64_t row, int64_t rows, float *image)
{
	const Tensor *x = eval_arg(c->e, ARG_x);
	const Slide *w = &f->w;
	int64_t top = row * w->stride[1] - w->before[1];

	if (s->straight && s->blocks)
		return (const float *)x->data + blocks_at(&s->x, batch, first, top, -w->before[2]);
	if (s->straight)
		return (const float *)x->data + (batch * f->in + first) * s->channel +
		       top * s->line;
	if (s->blocks)
		block_image(s, f, x->data, batch, first, channels, top, extent(w, 1, rows), image);
	else
		plain_image(s, f, x->data, batch, first, channels, row, image);
	return image;
}

void
source_places(const WindowSource *s, const Flat *f, int64_t channels, int32_t *to)
{
	const Slide *w = &f->w;
	int64_t taps = w->kernel[1] * w->kernel[2];

	for (int64_t i = 0; i < channels * taps; i++) {
		int64_t p = flat_product(i, channels, taps), c = p / taps, tap = p % taps;
		int64_t y = tap / w->kernel[2] * w->dilation[1];
		int64_t x = tap % w->kernel[2] * w->dilation[2];
		int64_t at =
		    s->blocks ? c / BLOCK_WIDTH * s->channel + c % BLOCK_WIDTH : c * s->channel;
		to[i] = (int32_t)(at + y * s->line + x * s->pixel);
	}
}

/* ---- pieces ---- */

void
lanes_pieces(Flat *f, int64_t pixels)
{
	const Slide *w = &f->w;

	f->rows = MIN(MAX(pixels / w->out[2], 1), w->out[1]);
	f->nrows = (w->out[1] + f->rows - 1) / f->rows;
	f->rows = (w->out[1] + f->nrows - 1) / f->nrows;
	f->nrows = (w->out[1] + f->rows - 1) / f->rows;
}

void
lanes_finish(const KernelCall *c, bool half, const BlockShape *out, float *sums, int64_t at,
             int64_t rows, void *scratch)
{
	int64_t pixels = out->cols * BLOCK_WIDTH, gap = out->line - pixels;

	if (!half && !c->then)
		return;
	/* What stands between two rows are no sums. */
	for (int64_t y = 0; gap && y + 1 < rows; y++)
		memset(sums + y * out->line + pixels, 0, (size_t)gap * sizeof *sums);
	flat_finish(c, half, sums, at, (rows - 1) * out->line + pixels, scratch);
}
