/* conv_transpose.c: transposed convolutions. Along an axis of stride s, output q with
 * (q + cut) mod s = r, cut being what the padding cuts off in front, is the sum over j of
 * x[m - j] * weight[r + s * j], m = (q + cut - r) / s. So for each r, a phase of the output, it is
 * an ordinary convolution along m over one padded image, see flat.h; f.w describes that one. */
#include "flat.h"

enum { PIECE_BYTES = 256 << 10, MOST_STRIDE = 4096 };

typedef struct Transposed {
	Flat f; /* w: along m */
	int64_t stride[3], cut[3];
	int64_t block; /* positions at a time */
	bool kept;
} Transposed;

/* A phase of the output. */
typedef struct Phase {
	int64_t r[3], taps[3]; /* taps: kernel positions */
	int64_t k;             /* products of a sum */
	int64_t before;        /* kernel positions of the phases before it */
} Phase;

static int64_t
phase_taps(int64_t kernel, int64_t stride, int64_t r)
{
	return r < kernel ? (kernel - r + stride - 1) / stride : 0;
}

/* The first phase, or the next one. False: there is none. */
static bool
phase_next(const Transposed *t, const int64_t *kernel, Phase *p)
{
	int a = 2;

	if (p->k >= 0) {
		p->before += p->taps[0] * p->taps[1] * p->taps[2];
		while (a >= 0 && ++p->r[a] == t->stride[a])
			p->r[a--] = 0;
		if (a < 0)
			return false;
	}
	p->k = t->f.gi;
	for (a = 0; a < 3; a++) {
		p->taps[a] = phase_taps(kernel[a], t->stride[a], p->r[a]);
		p->k *= p->taps[a];
	}
	return true;
}
#define PHASE_NONE ((Phase){.k = -1})

/* The weight's spatial axes as three. */
static void
kernel_of(const Eval *e, int64_t *kernel)
{
	const Tensor *w = eval_arg(e, ARG_weight);
	int n = w->rank - 2;

	for (int i = 0; i < 3; i++)
		kernel[i] = i < 3 - n ? 1 : w->dim[2 + i - (3 - n)];
}

/* ---- plan ---- */

static int64_t
phase_rows(const Flat *f)
{
	return (f->go + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
}

/* Packed weights of all groups, then places: each kernel position belongs to one phase. */
static double
made_floats(const Flat *f, const int64_t *kernel)
{
	double taps = (double)kernel[0] * (double)kernel[1] * (double)kernel[2];

	return (double)(f->groups * phase_rows(f) + 1) * (double)f->gi * taps;
}

/* From the op's window to that along m. */
static bool
turn_window(Transposed *t)
{
	Slide *w = &t->f.w;

	for (int a = 0; a < 3; a++) {
		int64_t s = w->stride[a], cut = w->before[a], first = cut / s;
		if (w->dilation[a] != 1 || s > MOST_STRIDE)
			return false;
		t->stride[a] = s;
		t->cut[a] = cut;
		w->kernel[a] = (w->kernel[a] - 1) / s + 1;
		w->out[a] = (w->out[a] - 1 + cut) / s - first + 1;
		w->stride[a] = 1;
		w->before[a] = w->kernel[a] - 1 - first;
	}
	return true;
}

static bool
plan_transpose(const Eval *e, const bool *known, KernelPlan *p)
{
	Transposed *t = KERNEL_NOTE_OF(Transposed, p);
	Flat *f = &t->f;
	int64_t kernel[3];
	double made;
	size_t image, sums;

	if (!flat_read(e, true, f, p) || !turn_window(t))
		return false;
	kernel_of(e, kernel);
	t->kept = known[op_column(e->row, ARG_weight)];
	flat_pieces(f, f->gi, PIECE_BYTES);
	image = flat_size(&f->image, f->gi);
	made = made_floats(f, kernel);
	if (!image || made > 1e12)
		return false;
	t->block = MAX(FLAT_BLOCK / t->stride[2] / FLAT_COLS, 1) * FLAT_COLS;
	sums = (size_t)((TILE_ROWS + 1) * t->stride[2] * t->block);
	p->cost = (double)f->batch * (double)f->out * (double)f->gi / 40;
	for (int a = 0; a < 3; a++)
		p->cost *= (double)f->w.out[a] * (double)kernel[a];
	p->work = ((size_t)f->out + LANES) * sizeof(float);
	*(t->kept ? &p->keep : &p->work) += (size_t)made * sizeof(float);
	p->work_each = kernel_aligned(CHAIN_SCRATCH + (image + sums) * sizeof(float));
	return true;
}

/* ---- what is made of the weight ---- */

/* A phase's kernel positions of one channel of x: their numbers for one channel of the output, and
 * their places in the image. */
static void
pack_channel(const Transposed *t, const Phase *p, const int64_t *kernel, const Tensor *w,
             int64_t from, float *to, int32_t *place, int64_t channel)
{
	const FlatImage *m = &t->f.image;
	const int64_t *most = t->f.w.kernel;
	int64_t j[3];

	for (j[0] = 0; j[0] < p->taps[0]; j[0]++)
		for (j[1] = 0; j[1] < p->taps[1]; j[1]++)
			for (j[2] = 0; j[2] < p->taps[2]; j[2]++, to += TILE_ROWS) {
				int64_t at = 0, k = 0;
				for (int a = 0; a < 3; a++) {
					k = k * kernel[a] + p->r[a] + t->stride[a] * j[a];
					at = at * m->size[a] + most[a] - 1 - j[a];
				}
				*to = w->dtype == DT_FP16
				          ? half_to_float(((const uint16_t *)w->data)[from + k])
				          : ((const float *)w->data)[from + k];
				if (place)
					*place++ = (int32_t)(channel * m->channel + at);
			}
}

static void
prepare_transpose(const Eval *e, const Transposed *t, float *to)
{
	const Tensor *w = eval_arg(e, ARG_weight);
	const Flat *f = &t->f;
	int64_t kernel[3], rows = phase_rows(f), taps;
	int32_t *places;

	kernel_of(e, kernel);
	taps = kernel[0] * kernel[1] * kernel[2];
	places = (int32_t *)(void *)(to + f->groups * rows * f->gi * taps);
	memset(to, 0, (size_t)(f->groups * rows * f->gi * taps) * sizeof *to);
	for (int64_t g = 0; g < f->groups; g++)
		for (Phase p = PHASE_NONE; phase_next(t, kernel, &p);) {
			int64_t n = p.k / f->gi;
			float *packed = to + (g * taps + p.before) * rows * f->gi;
			for (int64_t o = 0; o < f->go; o++)
				for (int64_t c = 0; c < f->gi; c++)
					pack_channel(
					    t, &p, kernel, w, ((g * f->gi + c) * f->go + o) * taps,
					    packed + (o / TILE_ROWS * p.k + c * n) * TILE_ROWS +
					        o % TILE_ROWS,
					    g + o ? NULL : places + p.before * f->gi + c * n, c);
		}
}

static void
keep_transpose(const Eval *e, const KernelPlan *p, void *kept)
{
	prepare_transpose(e, KERNEL_NOTE_OF(const Transposed, p), kept);
}

/* ---- run ---- */

typedef struct TransposedRun {
	const KernelCall *call;
	const Transposed *t;
	const float *bias, *packed;
	const int32_t *places;
	int64_t kernel[3], out[3]; /* spatial axes of the weight, of the result */
	int64_t pieces, chunks, strips;
} TransposedRun;

/* A piece of m's for channels [o0, o1) of a group. */
typedef struct TransposedPiece {
	const TransposedRun *r;
	const float *packed, *bias, *image;
	int64_t o0, o1, channel; /* channel: the group's first in the result */
	int64_t at[3], cols;     /* the first m; how many there are in a row */
	float *chain, *sums, *line;
} TransposedPiece;

/* Sums x, `far` apart from phase to phase, of n m's in a row from `col` on become outputs. */
static void
put_row(const TransposedPiece *c, const float *x, int64_t far, int64_t col, int64_t n, int64_t row)
{
	const TransposedRun *r = c->r;
	int64_t s = r->t->stride[2], first = (c->at[2] + col) * s - r->t->cut[2];
	int64_t skip = MAX(-first, 0), end = MIN(n * s, r->out[2] - first);
	bool half = r->t->f.half;
	float *to =
	    half ? c->line : (float *)r->call->e->out[0].t->data + row * r->out[2] + first + skip;

	if (end <= skip)
		return;
	for (int64_t k = 0; k < s; k++, x += far) {
		int64_t i = skip > k ? (skip - k + s - 1) / s : 0;
		for (float *p = to + i * s + k - skip; i * s + k < end; i++, p += s)
			*p = x[i];
	}
	if (half || r->call->then)
		flat_finish(r->call, half, to, row * r->out[2] + first + skip, end - skip,
		            c->chain);
}

/* Positions [p0, p1) of some channels, all phases of the last axis, in output rows of one phase. */
static void
put_block(const TransposedPiece *c, int64_t o, int rows, int64_t p0, int64_t p1,
          const int64_t *phase)
{
	const Transposed *t = c->r->t;
	const int64_t *out = c->r->out;
	int64_t width = t->f.image.size[2], z = c->at[0] * t->stride[0] + phase[0] - t->cut[0];

	for (int64_t p = p0, next; p < p1; p = next) {
		int64_t m = p / width, col = p % width, n;
		int64_t y = (c->at[1] + m) * t->stride[1] + phase[1] - t->cut[1];
		next = MIN(p1, (m + 1) * width);
		n = MIN(next - p, c->cols - col);
		if (n <= 0 || y < 0 || y >= out[1])
			continue;
		for (int i = 0; i < rows; i++)
			put_row(c, c->sums + i * t->block + (p - p0), TILE_ROWS * t->block, col, n,
			        ((c->channel + o + i) * out[0] + z) * out[1] + y);
	}
}

/* The phases along the last axis of one phase of the others, positions [0, n). */
static void
run_phases(const TransposedPiece *c, const Phase *first, int64_t n)
{
	const TransposedRun *r = c->r;
	const Transposed *t = r->t;
	const Flat *f = &t->f;
	int64_t rows = phase_rows(f);

	for (int64_t o = c->o0; o < c->o1; o += TILE_ROWS)
		for (int64_t p0 = 0; p0 < n; p0 += t->block) {
			Phase p = *first;
			int some = (int)MIN(c->o1 - o, TILE_ROWS);
			for (int64_t k = 0; k < t->stride[2]; k++, phase_next(t, r->kernel, &p))
				for (int64_t i = 0; i < MIN(t->block, n - p0); i += FLAT_COLS)
					flat_tile(some, p.k,
					          c->packed + p.before * rows * f->gi + o * p.k,
					          c->image + p0 + i, r->places + p.before * f->gi,
					          c->sums + k * TILE_ROWS * t->block + i, t->block,
					          c->bias + o);
			put_block(c, o, some, p0, MIN(p0 + t->block, n), first->r);
		}
}

static void
transpose_job(void *ctx, int64_t i, unsigned thread)
{
	const TransposedRun *r = ctx;
	const Transposed *t = r->t;
	const Flat *f = &t->f;
	int64_t chunk = i % r->chunks, piece = i / r->chunks % r->pieces;
	int64_t group = i / r->chunks / r->pieces % f->groups;
	int64_t batch = i / r->chunks / r->pieces / f->groups;
	int64_t at[3] = {piece / f->ncols / f->nrows, piece / f->ncols % f->nrows * f->rows,
	                 piece % f->ncols * f->cols};
	int64_t taps = r->kernel[0] * r->kernel[1] * r->kernel[2], n;
	TransposedPiece c = {.r = r, .chain = kernel_scratch(r->call, thread)};
	float *image = c.chain + CHAIN_SCRATCH / sizeof(float);

	c.cols = MIN(f->cols, f->w.out[2] - at[2]);
	if (c.cols <= 0 || at[1] >= f->w.out[1])
		return;
	c.image = image;
	c.sums = image + f->gi * f->image.channel + FLAT_SLACK;
	c.line = c.sums + TILE_ROWS * t->stride[2] * t->block;
	c.packed = r->packed + group * taps * phase_rows(f) * f->gi;
	c.bias = r->bias + group * f->go;
	c.channel = batch * f->out + group * f->go;
	c.o0 = chunk * r->strips * TILE_ROWS;
	c.o1 = MIN(c.o0 + r->strips * TILE_ROWS, f->go);
	for (int a = 0; a < 3; a++)
		c.at[a] = at[a] + t->cut[a] / t->stride[a];
	flat_image(&f->image, eval_arg(r->call->e, ARG_x)->data, batch * f->in + group * f->gi,
	           f->gi, at, image);
	n = (MIN(f->rows, f->w.out[1] - at[1]) - 1) * f->image.size[2] + c.cols;
	for (Phase p = PHASE_NONE; phase_next(t, r->kernel, &p);) {
		int64_t z = c.at[0] * t->stride[0] + p.r[0] - t->cut[0];
		if (p.r[2] == 0 && z >= 0 && z < r->out[0])
			run_phases(&c, &p, n);
	}
}

static void
run_transpose(const KernelCall *call)
{
	const Transposed *t = KERNEL_NOTE_OF(const Transposed, call->plan);
	const Flat *f = &t->f;
	const Tensor *out = call->e->out[0].t;
	float *bias = call->work, *made = bias + f->out + LANES;
	int64_t strips = (f->go + TILE_ROWS - 1) / TILE_ROWS, jobs, want;
	TransposedRun r = {.call = call, .t = t, .bias = bias};

	kernel_of(call->e, r.kernel);
	for (int i = 0; i < 3; i++)
		r.out[i] = i < 3 - f->w.n ? 1 : out->dim[2 + i - (3 - f->w.n)];
	flat_bias(call->e, f, bias);
	if (!t->kept)
		prepare_transpose(call->e, t, made);
	r.packed = t->kept ? call->kept : made;
	r.places =
	    (const int32_t *)(const void *)(r.packed + f->groups * phase_rows(f) * f->gi *
	                                                   r.kernel[0] * r.kernel[1] * r.kernel[2]);
	r.pieces = f->w.out[0] * f->nrows * f->ncols;
	jobs = f->batch * f->groups * r.pieces;
	want = kernel_threads(call->plan, call->pool);
	want = want > 1 ? (3 * want + jobs - 1) / jobs : 1;
	r.strips = (strips + want - 1) / want;
	r.chunks = (strips + r.strips - 1) / r.strips;
	kernel_share(call, jobs * r.chunks, transpose_job, &r);
}
const Kernel FAST(kernel_conv_transpose) = {
    .plan = plan_transpose, .keep = keep_transpose, .run = run_transpose, .then = true};
