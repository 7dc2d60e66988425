/* conv.c: convolutions, see flat.h. Where positions are those of x itself (a kernel of width 1, no
 * padding, no stride), no image is made. */
#include "lanes.h"

#include <strings.h>

enum { IMAGE = 384 << 10 }; /* bytes of an image, about: so much of the second-level cache */

typedef struct Forward {
	Flat f;
	bool straight, kept;
	int64_t k; /* products of one sum */
} Forward;

/* ---- plan ---- */

static bool
is_straight(const Flat *f)
{
	const Slide *w = &f->w;

	for (int a = 0; a < 3; a++)
		if (w->stride[a] != 1 || w->before[a] || w->after[a])
			return false;
	return !f->half && w->kernel[2] == 1 && w->out[1] * w->out[2] >= FLAT_COLS &&
	       f->in * w->in[0] * w->in[1] * w->in[2] < INT32_MAX;
}

/* Floats of a group's packed weights. */
static size_t
packed_floats(const Forward *c)
{
	return (size_t)((c->f.go + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS * c->k);
}

static size_t
prepared_floats(const Forward *c)
{
	return (size_t)c->f.groups * packed_floats(c) + (size_t)c->k;
}

static bool
plan_conv(const Eval *e, const bool *known, KernelPlan *p)
{
	Forward *c = KERNEL_NOTE_OF(Forward, p);
	Flat *f = &c->f;
	FlatImage *m = &f->image;
	size_t image = 0;

	if (!flat_read(e, false, f, p))
		return false;
	c->k = f->gi * dims_count(f->w.kernel, 0, 3);
	if (f->gi == 1 && f->go == 1 && f->w.kernel[0] == 1)
		return p->x_blocks || p->blocks ? lanes_depthwise_plan(e, known, p)
		                                : depthwise_plan(e, p);
	if (p->x_blocks || p->blocks || lanes_pay(f, c->k))
		return lanes_plan(e, known, p);
	c->straight = is_straight(f);
	c->kept = known[op_column(e->row, ARG_weight)];
	if (c->straight) {
		for (int a = 0; a < 3; a++)
			m->phases[a] = 1;
		memcpy(m->size, m->in, sizeof m->size);
		m->plane = m->channel = m->in[0] * m->in[1] * m->in[2];
		f->nrows = MAX(f->w.out[1] * f->w.out[2] / FLAT_BLOCK, 1);
		f->ncols = 1;
	} else {
		flat_pieces(f, f->gi, IMAGE);
		image = flat_size(m, f->gi);
		if (!image)
			return false;
	}
	p->cost = (double)f->batch * (double)f->out * (double)c->k / 40;
	for (int a = 0; a < 3; a++)
		p->cost *= (double)f->w.out[a];
	p->work = ((size_t)f->out + LANES) * sizeof(float);
	*(c->kept ? &p->keep : &p->work) += prepared_floats(c) * sizeof(float);
	p->work_each = kernel_aligned(
	    CHAIN_SCRATCH + (TILE_ROWS * (FLAT_WIDE + FLAT_COLS) + image) * sizeof(float));
	return true;
}

/* ---- what is made of the weight ---- */

static void
prepare(const Eval *e, const Forward *c, float *to)
{
	size_t packed = packed_floats(c);

	for (int64_t g = 0; g < c->f.groups; g++, to += packed)
		flat_pack(eval_arg(e, ARG_weight), &c->f, g, TILE_ROWS, to);
	flat_places(&c->f, c->f.gi, (int32_t *)(void *)to);
}

static void
keep_conv(const Eval *e, const KernelPlan *p, void *kept)
{
	const Forward *c = KERNEL_NOTE_OF(const Forward, p);

	if (c->f.way == FLAT_LANES)
		lanes_keep(e, p, kept);
	else if (c->f.way == FLAT_DEPTHWISE_LANES)
		lanes_depthwise_keep(e, p, kept);
	else
		prepare(e, c, kept);
}

/* ---- run ---- */

typedef struct ConvRun {
	const KernelCall *call;
	const Forward *c;
	const float *bias, *packed;
	const int32_t *off;
	int64_t pieces, chunks, channels; /* of a group: pieces, parts of its channels; of a part */
} ConvRun;

/* A piece at work: sums of channels [o0, o1) of a group. */
typedef struct ConvPiece {
	const ConvRun *r;
	const float *packed, *bias, *image; /* of the group */
	int64_t o0, o1, at;  /* at: of the group's first channel at the piece, in the result */
	int64_t width, cols; /* of the image's rows, of the output's in the piece */
	float *chain, *sums;
} ConvPiece;

/* Positions [p0, p1) for all channels of the piece. They lie in the result as they are (straight,
 * floats), or go there by way of `sums`. */
static void
run_block(const ConvPiece *c, int64_t p0, int64_t p1)
{
	const Flat *f = &c->r->c->f;
	int64_t plane = dims_count(f->w.out, 0, 3), k = c->r->c->k;
	int64_t col = MIN(p0 % c->width, c->cols), q0 = p0 / c->width * c->cols + col;
	bool direct = c->r->c->straight;
	float *out = (float *)c->r->call->e->out[0].t->data + c->at + q0;

	for (int64_t o = c->o0; o < c->o1; o += TILE_ROWS) {
		int rows = (int)MIN(c->o1 - o, TILE_ROWS);
		float *to = direct ? out + o * plane : c->sums;
		int64_t ld = direct ? plane : FLAT_WIDE + FLAT_COLS;
		for (int64_t p = p0; p < p1; p += FLAT_COLS) {
			int64_t at = direct ? MIN(p, p1 - FLAT_COLS) : p;
			flat_tile(rows, k, c->packed + o * k, c->image + at, c->r->off,
			          to + (at - p0), ld, c->bias + o);
		}
		for (int r = 0; r < rows; r++) {
			float *x = to + r * ld;
			int64_t n = p1 - p0;
			bool there = direct || f->half || c->r->call->then;
			if (!direct)
				n = flat_drop(x, p0, p1, c->width, c->cols,
				              there ? x : out + (o + r) * plane);
			if (there && n)
				flat_finish(c->r->call, f->half, x, c->at + q0 + (o + r) * plane, n,
				            c->chain);
		}
	}
}

/* The last block is longer, rather than short. */
static void
run_blocks(const ConvPiece *c, int64_t n)
{
	int64_t blocks = MAX(n / FLAT_BLOCK, 1);

	for (int64_t i = 0; i < blocks; i++)
		run_block(c, i * FLAT_BLOCK, i + 1 < blocks ? (i + 1) * FLAT_BLOCK : n);
}

/* Channels of x of a group, and where its result begins. */
static void
begin_piece(const ConvRun *r, int64_t batch, int64_t group, int64_t chunk, unsigned thread,
            ConvPiece *c)
{
	const Flat *f = &r->c->f;
	size_t packed = packed_floats(r->c);

	*c = (ConvPiece){.r = r, .chain = kernel_scratch(r->call, thread)};
	c->sums = c->chain + CHAIN_SCRATCH / sizeof(float);
	c->packed = r->packed + (size_t)group * packed;
	c->bias = r->bias + group * f->go;
	c->o0 = chunk * r->channels;
	c->o1 = MIN(c->o0 + r->channels, f->go);
	c->at = (batch * f->out + group * f->go) * dims_count(f->w.out, 0, 3);
}

static void
job(void *ctx, int64_t i, unsigned thread)
{
	const ConvRun *r = ctx;
	const Flat *f = &r->c->f;
	const FlatImage *m = &f->image;
	const float *x = eval_arg(r->call->e, ARG_x)->data;
	int64_t chunk = i % r->chunks, piece = i / r->chunks % r->pieces;
	int64_t group = i / r->chunks / r->pieces % f->groups;
	int64_t batch = i / r->chunks / r->pieces / f->groups;
	int64_t at[3] = {piece / f->ncols / f->nrows};
	int64_t first = batch * f->in + group * f->gi;
	ConvPiece c;

	begin_piece(r, batch, group, chunk, thread, &c);
	c.at += at[0] * f->w.out[1] * f->w.out[2];
	if (r->c->straight) {
		int64_t n = f->w.out[1] * f->w.out[2], block = piece % f->nrows;
		c.width = c.cols = n;
		c.image = x + first * m->channel + at[0] * m->in[1] * m->in[2];
		run_block(&c, block * FLAT_BLOCK,
		          block + 1 < f->nrows ? (block + 1) * FLAT_BLOCK : n);
		return;
	}
	at[1] = piece / f->ncols % f->nrows * f->rows;
	at[2] = piece % f->ncols * f->cols;
	c.at += at[1] * f->w.out[2] + at[2];
	c.width = m->size[2];
	c.cols = MIN(f->w.out[2] - at[2], f->cols);
	c.image = c.sums + TILE_ROWS * (FLAT_WIDE + FLAT_COLS);
	if (c.cols <= 0 || at[1] >= f->w.out[1])
		return;
	flat_image(m, x, first, f->gi, at, (float *)(uintptr_t)c.image);
	run_blocks(&c, (MIN(f->w.out[1] - at[1], f->rows) - 1) * c.width + c.cols);
}

static void
run_rows(const KernelCall *call)
{
	const Forward *c = KERNEL_NOTE_OF(const Forward, call->plan);
	const Flat *f = &c->f;
	float *bias = call->work, *made = bias + f->out + LANES;
	int64_t strips = (f->go + TILE_ROWS - 1) / TILE_ROWS, jobs, want;
	ConvRun r = {.call = call, .c = c, .bias = bias, .packed = c->kept ? call->kept : made};

	flat_bias(call->e, f, bias);
	if (!c->kept)
		prepare(call->e, c, made);
	r.off = (const int32_t *)(const void *)(r.packed + prepared_floats(c) - (size_t)c->k);
	r.pieces = f->w.out[0] * f->nrows * f->ncols;
	jobs = f->batch * f->groups * r.pieces;
	want = kernel_threads(call->plan, call->pool);
	want = want > 1 ? (3 * want + jobs - 1) / jobs : 1;
	r.channels = (strips + want - 1) / want * TILE_ROWS;
	r.chunks = (f->go + r.channels - 1) / r.channels;
	kernel_share(call, jobs * r.chunks, job, &r);
}

static void
run_conv(const KernelCall *call)
{
	static void (*const run[])(const KernelCall *) = {
	    [FLAT_ROWS] = run_rows,
	    [FLAT_DEPTHWISE] = depthwise_run,
	    [FLAT_LANES] = lanes_run,
	    [FLAT_DEPTHWISE_LANES] = lanes_depthwise_run,
	};

	run[KERNEL_NOTE_OF(const Flat, call->plan)->way](call);
}

/* Padding that a window needs around x; of pad_type "same" at most, whatever x's size is. */
static bool
halo_of(Eval *e, const int64_t *kernel, Blocks *need)
{
	enum { MOST = 64 };
	const Tensor like = {.rank = 4, .dim = (int64_t[]){1, 1, 1, 1}};
	const char *type = eval_str(e, ARG_pad_type, "valid");
	bool lower = strcasecmp(type, "same_lower") == 0;
	Slide w;

	if (!slide_read(e, &w, &like, kernel, true))
		return false;
	for (int a = 0; a < 2; a++) {
		int64_t before = w.before[a + 1], after = w.after[a + 1];
		if (strncasecmp(type, "same", 4) == 0) {
			int64_t all = (w.kernel[a + 1] - 1) * w.dilation[a + 1];
			before = lower ? all - all / 2 : all / 2;
			after = all - before;
		}
		if (before < 0 || after < 0 || before > MOST || after > MOST)
			return false;
		need->before[a] = (int32_t)before;
		need->after[a] = (int32_t)after;
	}
	return true;
}

static BlocksUse
conv_blocks(const Eval *e, const bool *known, Blocks *need)
{
	const Tensor *w = eval_arg(e, ARG_weight);
	int64_t groups = eval_int(e, ARG_groups, 1);
	Arena a = {0};
	Eval own = *e;
	bool ok;

	if (!w || !flat_known(e, known) || w->rank != 4 || groups < 1)
		return BLOCKS_NONE;
	own.arena = &a;
	ok = halo_of(&own, w->dim + 2, need);
	arena_free(&a);
	if (!ok)
		return BLOCKS_NONE;
	if (groups == w->dim[0] && w->dim[1] == 1)
		return BLOCKS_BOTH;
	return groups == 1 ||
	               (w->dim[1] % BLOCK_WIDTH == 0 && w->dim[0] / groups % BLOCK_WIDTH == 0)
	           ? BLOCKS_ANY
	           : BLOCKS_NONE;
}

const Kernel FAST(kernel_conv) = {
    .plan = plan_conv, .keep = keep_conv, .run = run_conv, .then = true, .blocks = conv_blocks};
