/* gemm.c: see gemm.h. Blocks of DEEP along k and a panel of b as wide as fits the second-level cache;
 * c is taken up again where the block before left it, so that blocks do not show in the bits. */
#include "chain_run.h"
#include "tile.h"

enum {
	ROWS = TILE_ROWS,
	COLS = TILE_COLS,
	DEEP = 256,
	WIDE = 512, /* columns of a panel, at most */
	FEW = 3,    /* rows that are not worth packing */
	DOT_COLS = 64, /* columns of a job with so few */
};

/* ---- a block of c: rows [i0, i1), columns [j0, j1) ---- */

typedef struct Block {
	const KernelCall *call;
	const Gemm *g;
	const float *a;  /* packed, all rows */
	float *panel;    /* room for DEEP x WIDE of b, unless g->packed_b */
	float *wide;     /* room for rows of floats where c are halves */
	void *chain;     /* scratch of the call's chain */
} Block;

/* Rows of floats that are ready become what the result holds, behind the call's chain. */
static void
finish_rows(const Block *b, const float *from, int64_t ldf, int64_t i0, int64_t i1, int64_t j0,
            int64_t j1)
{
	const Gemm *g = b->g;

	for (int64_t i = i0; i < i1; i++) {
		const float *x = from + (i - i0) * ldf;
		int64_t at = i * g->row + j0;
		if (b->call->then)
			chain_run(b->call->then, g->at + at, j1 - j0, x, b->chain);
		else if (g->half)
			v_store_halves((uint16_t *)g->c + at, x, (size_t)(j1 - j0));
	}
}

static void
block_run(const Block *b, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
	const Gemm *g = b->g;
	bool direct = !g->half;
	Tiles t = {.m = i1 - i0, .n = j1 - j0, .a_far = ROWS * g->k};

	t.row = direct ? g->row : (t.n + COLS - 1) / COLS * COLS;
	t.c = direct ? (float *)g->c + i0 * g->row + j0 : b->wide;
	t.bias = g->bias ? g->bias + j0 : NULL;
	for (int64_t k0 = 0; k0 < MAX(g->k, 1); k0 += DEEP) {
		Mat m = g->b;
		t.k = MIN(g->k - k0, DEEP);
		t.a = b->a + i0 * g->k + k0 * ROWS;
		t.b = g->packed_b ? g->packed_b + j0 * g->k + k0 * COLS : b->panel;
		t.b_far = COLS * (g->packed_b ? g->k : t.k);
		t.more = k0 > 0;
		for (int64_t j = j0; j < j1 && !g->packed_b; j += COLS)
			pack_strip(b->panel + (j - j0) * t.k, &m, k0 * m.row + j * m.col, m.col, m.row,
			           (int)MIN(j1 - j, COLS), COLS, t.k);
		tiles(&t);
	}
	if (!direct || b->call->then)
		finish_rows(b, t.c, t.row, i0, i1, j0, j1);
}

static bool
few_rows(int64_t m, Mat b)
{
	return m <= FEW && (b.row == 1 || b.col == 1);
}

/* ---- jobs ---- */

typedef struct Run {
	const KernelCall *call;
	const Gemm *shape;
	Gemm g;                  /* the product at hand, when they are done one by one */
	int64_t many;
	void (*each)(const void *ctx, int64_t i, Gemm *g);
	const void *ctx;
	int64_t rows, cols, ncols; /* of a block; how many blocks side by side */
} Run;

static float *
thread_scratch(const KernelCall *c, unsigned thread)
{
	return (float *)(void *)(c->each + (size_t)thread * c->plan->work_each);
}

static size_t
align(size_t n)
{
	return (n + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN;
}

/* Products so small that each is one job, with its own packed a. */
static bool
is_small(const Gemm *g, int64_t many)
{
	return many > 1 && packed_rows(g->m, g->k) <= 1 << 20;
}

static int64_t
wide_rows(const Gemm *g)
{
	return MIN((g->m + ROWS - 1) / ROWS * ROWS, 20 * ROWS);
}

static void
scratch(const Gemm *g, int64_t many, KernelPlan *p)
{
	size_t each = CHAIN_SCRATCH;

	p->cost = (double)g->m * (double)g->n * (double)g->k * (double)many / 40;
	if (few_rows(g->m, g->b)) {
		p->work_each = align(each + ((size_t)g->k + DOT_COLS) * sizeof(float));
		return;
	}
	if (!g->packed_b)
		each += (size_t)DEEP * WIDE * sizeof(float);
	if (g->half)
		each += (size_t)wide_rows(g) * WIDE * sizeof(float);
	if (!g->packed_a)
		*(is_small(g, many) ? &each : &p->work) += packed_rows(g->m, g->k);
	p->work_each = align(each);
}

static void
block_begin(const Run *r, const Gemm *g, unsigned thread, Block *b)
{
	float *at = thread_scratch(r->call, thread);

	*b = (Block){.call = r->call, .g = g, .chain = at};
	at += CHAIN_SCRATCH / sizeof *at;
	if (!g->packed_b) {
		b->panel = at;
		at += DEEP * WIDE;
	}
	if (g->half) {
		b->wide = at;
		at += wide_rows(g) * WIDE;
	}
	b->a = g->packed_a ? g->packed_a : is_small(g, r->many) ? at : r->call->work;
}

static void
small_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;
	Gemm g = *r->shape;
	int64_t rows = g.half ? wide_rows(&g) : MAX(g.m, 1);
	Block b;

	r->each(r->ctx, i, &g);
	block_begin(r, &g, thread, &b);
	if (!g.packed_a)
		pack_rows((float *)(uintptr_t)b.a, g.a, g.m, g.k);
	for (int64_t j = 0; j < g.n; j += WIDE)
		for (int64_t k = 0; k < g.m; k += rows)
			block_run(&b, k, MIN(k + rows, g.m), j, MIN(j + WIDE, g.n));
}

static void
pack_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;
	const Gemm *g = &r->g;

	(void)thread;
	pack_strip((float *)r->call->work + i * ROWS * g->k, &g->a, i * ROWS * g->a.row, g->a.row,
	           g->a.col, (int)MIN(g->m - i * ROWS, ROWS), ROWS, g->k);
}

static void
block_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;
	const Gemm *g = &r->g;
	int64_t i0 = i / r->ncols * r->rows, j0 = i % r->ncols * r->cols;
	Block b;

	block_begin(r, g, thread, &b);
	block_run(&b, i0, MIN(i0 + r->rows, g->m), j0, MIN(j0 + r->cols, g->n));
}

/* Enough blocks for all threads, in width first: each packs its own panel of b. */
static void
choose_blocks(Run *r)
{
	const Gemm *g = &r->g;
	int64_t want = kernel_threads(r->call->plan, r->call->pool) == 1 ? 1 : 2 * (int64_t)kernel_threads(r->call->plan, r->call->pool), nrows;

	r->cols = MIN(MAX((g->n + want - 1) / want, 4 * COLS), WIDE);
	r->cols = (r->cols + COLS - 1) / COLS * COLS;
	r->ncols = (g->n + r->cols - 1) / r->cols;
	nrows = (want + r->ncols - 1) / r->ncols;
	r->rows = ((g->m + nrows - 1) / nrows + ROWS - 1) / ROWS * ROWS;
	if (g->half)
		r->rows = MIN(r->rows, wide_rows(g));
}

static void
few_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;
	const KernelCall *c = r->call;
	Gemm g = *r->shape;
	float *chain = thread_scratch(c, thread), *to = chain + CHAIN_SCRATCH / sizeof *chain;
	float *a = to + DOT_COLS;
	int64_t j0 = i % r->ncols * r->cols;
	int n = (int)MIN(g.n - j0, r->cols);
	Block b = {.call = c, .g = &g, .chain = chain};

	r->each(r->ctx, i / r->ncols, &g);
	for (int64_t k = 0; k < g.m; k++) {
		load_line(a, &g.a, k * g.a.row, g.a.col, g.k, g.k);
		if (g.b.row == 1) {
			row_dots(a, &g.b, j0 * g.b.col, n, g.k, to);
			for (int j = 0; g.bias && j < n; j++)
				to[j] += g.bias[j0 + j];
		} else {
			for (int j = 0; j < n; j++)
				to[j] = g.bias ? g.bias[j0 + j] : 0;
			row_times(a, &g.b, j0, n, g.k, to);
		}
		if (c->then || g.half)
			finish_rows(&b, to, 0, k, k + 1, j0, j0 + n);
		else
			memcpy((float *)g.c + k * g.row + j0, to, (size_t)n * sizeof *to);
	}
}

static void
run(const KernelCall *c, const Gemm *shape, int64_t many,
    void (*each)(const void *ctx, int64_t i, Gemm *g), const void *ctx)
{
	Run r = {.call = c, .shape = shape, .many = many, .each = each, .ctx = ctx};

	if (shape->m == 0 || shape->n == 0)
		return;
	if (few_rows(shape->m, shape->b)) {
		r.cols = DOT_COLS;
		r.ncols = (shape->n + DOT_COLS - 1) / DOT_COLS;
		kernel_share(c, many * r.ncols, few_job, &r);
		return;
	}
	if (is_small(shape, many)) {
		kernel_share(c, many, small_job, &r);
		return;
	}
	for (int64_t i = 0; i < many; i++) {
		r.g = *shape;
		each(ctx, i, &r.g);
		choose_blocks(&r);
		if (!r.g.packed_a)
			kernel_share(c, (r.g.m + ROWS - 1) / ROWS, pack_job, &r);
		kernel_share(c, r.ncols * ((r.g.m + r.rows - 1) / r.rows), block_job, &r);
	}
}

const GemmApi FAST(gemm_api) = {
    .packed_a = packed_rows,
    .packed_b = packed_cols,
    .pack_a = pack_rows,
    .pack_b = pack_cols,
    .few_rows = few_rows,
    .scratch = scratch,
    .run = run,
};
