/* gemm.c: see gemm.h. Blocks of DEEP along k and a panel of b as wide as fits the second-level
 * cache; c is taken up again where the block before left it, so that blocks do not show in the
 * bits. */
#include "chain_run.h"
#include "tile.h"

enum {
	ROWS = TILE_ROWS,
	COLS = TILE_COLS,
	DEEP = 256,
	WIDE = 512,                /* columns of a panel, at most */
	FEW = 3,                   /* rows for which no operand is worth packing, */
	FEW_COLS = 64,             /* and columns of a job with so few */
	THIN = 8,                  /* rows for which a b of floats is not worth packing, */
	THIN_WIDE = 8 * THIN_COLS, /* columns of a job with those, */
	THIN_DEEP = 16,     /* and rows of b at a time: pages of it that are read side by side */
	NARROW = 15,        /* columns for which c is better computed turned over, */
	NARROW_LINES = 128, /* and for which a is not worth packing */
};

/* ---- a block of c: rows [i0, i1), columns [j0, j1) ---- */

typedef struct GemmBlock {
	const KernelCall *call;
	const Gemm *g;
	const float *a; /* packed, all rows */
	float *panel;   /* room for DEEP x WIDE of b, unless g->packed_b */
	float *wide;    /* room for rows of floats where c are halves */
	float *turn;    /* room for a block of a turned c */
	void *chain;    /* scratch of the call's chain */
} GemmBlock;

/* n numbers of the result from its element `at` on, behind the call's chain. */
static void
finish(const GemmBlock *b, const float *x, int64_t at, int64_t n)
{
	const Gemm *g = b->g;

	if (b->call->then)
		chain_run(b->call->then, g->at + at, n, x, b->chain);
	else if (g->half)
		v_store_halves((uint16_t *)g->c + at, x, (size_t)n);
	else if (x != (const float *)g->c + at)
		memcpy((float *)g->c + at, x, (size_t)n * sizeof *x);
}

/* Rows of floats that are ready. Where c is turned over they are all rows: their columns are rows
 * of the result, which lie one behind the other. */
static void
finish_rows(const GemmBlock *b, const float *from, int64_t ldf, int64_t i0, int64_t i1, int64_t j0,
            int64_t j1)
{
	const Gemm *g = b->g;

	for (int64_t i = i0; i < i1 && !g->turned; i++)
		finish(b, from + (i - i0) * ldf, i * g->row + j0, j1 - j0);
	if (!g->turned)
		return;
	for (int64_t i = 0; i < g->m; i++)
		for (int64_t j = 0; j < j1 - j0; j++)
			b->turn[j * g->m + i] = from[i * ldf + j];
	finish(b, b->turn, j0 * g->m, (j1 - j0) * g->m);
}

/* What the sums of a turned c begin with. */
static void
fill_rows(const Gemm *g, float *c, int64_t ldc, int64_t n)
{
	for (int64_t i = 0; i < g->m; i++)
		for (int64_t j = 0; j < n; j++)
			c[i * ldc + j] = g->bias ? g->bias[i] : 0;
}

/* Rows of a are read as they lie where c is so narrow that packing them does not pay. */
static bool
reads_lines(const Gemm *g)
{
	return !g->packed_a && !g->a.half && g->a.col == 1 && g->a.row > 0 && g->n <= NARROW_LINES;
}

static void
block_run(const GemmBlock *b, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
	const Gemm *g = b->g;
	bool direct = !g->half && !g->turned;
	Tiles t = {.m = i1 - i0, .n = j1 - j0, .a_far = ROWS * g->k};

	t.a_line = reads_lines(g) ? g->a.row : 0;
	t.row = direct ? g->row : (t.n + COLS - 1) / COLS * COLS;
	t.c = direct ? (float *)g->c + i0 * g->row + j0 : b->wide;
	t.bias = g->bias ? g->bias + j0 : NULL;
	if (g->turned)
		fill_rows(g, t.c, t.row, t.n);
	for (int64_t k0 = 0; k0 < MAX(g->k, 1); k0 += DEEP) {
		Mat m = g->b;
		t.k = MIN(g->k - k0, DEEP);
		t.a = t.a_line ? (const float *)g->a.data + i0 * t.a_line + k0
		               : b->a + i0 * g->k + k0 * ROWS;
		t.b = g->packed_b ? g->packed_b + j0 * g->k + k0 * COLS : b->panel;
		t.b_far = COLS * (g->packed_b ? g->k : t.k);
		t.more = k0 > 0 || g->turned;
		for (int64_t j = j0; j < j1 && !g->packed_b; j += COLS)
			pack_strip(b->panel + (j - j0) * t.k, &m, k0 * m.row + j * m.col, m.col,
			           m.row, (int)MIN(j1 - j, COLS), COLS, t.k);
		tiles(&t);
	}
	if (!direct || b->call->then)
		finish_rows(b, t.c, t.row, i0, i1, j0, j1);
}

/* ---- which way a product goes ---- */

static bool
few_rows(int64_t m, Mat b)
{
	return m <= FEW && (b.row == 1 || b.col == 1);
}

static bool
is_thin(const Gemm *g)
{
	return g->m <= THIN && !g->packed_b && !g->b.half && g->b.col == 1 && g->b.row != 1;
}

static bool
narrow(Gemm *g)
{
	Gemm was = *g;

	if (g->n > NARROW || g->m <= NARROW || g->row != g->n)
		return false;
	g->m = was.n;
	g->n = was.m;
	g->a = (Mat){was.b.data, was.b.col, was.b.row, was.b.half};
	g->b = (Mat){was.a.data, was.a.col, was.a.row, was.a.half};
	g->turned = true;
	return true;
}

/* ---- jobs ---- */

typedef struct Run {
	const KernelCall *call;
	const Gemm *shape;
	Gemm g; /* the product at hand, when they are done one by one */
	int64_t many;
	void (*each)(const void *ctx, int64_t i, Gemm *g);
	const void *ctx;
	int64_t rows, cols, ncols; /* of a block; how many blocks side by side */
} Run;

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

	/* Few rows take as long as to read b. */
	p->cost = (double)g->n * (double)g->k * (double)many * MAX((double)g->m / 40, 1 / 15.);
	if (g->turned)
		each += (size_t)NARROW * WIDE * sizeof(float);
	if (is_thin(g) || few_rows(g->m, g->b)) {
		p->work_each =
		    kernel_aligned(each + THIN * ((size_t)g->k + THIN_WIDE) * sizeof(float));
		return;
	}
	if (!g->packed_b)
		each += (size_t)DEEP * WIDE * sizeof(float);
	if (g->half || g->turned)
		each += (size_t)wide_rows(g) * WIDE * sizeof(float);
	if (!g->packed_a && !reads_lines(g))
		*(is_small(g, many) ? &each : &p->work) += packed_rows(g->m, g->k);
	p->work_each = kernel_aligned(each);
}

/* What every way has; `at` is the rest of the scratch. */
static GemmBlock
job_begin(const Run *r, const Gemm *g, unsigned thread, float **at)
{
	GemmBlock b = {.call = r->call, .g = g, .chain = kernel_scratch(r->call, thread)};

	*at = (float *)b.chain + CHAIN_SCRATCH / sizeof(float);
	if (g->turned) {
		b.turn = *at;
		*at += NARROW * WIDE;
	}
	return b;
}

static GemmBlock
block_begin(const Run *r, const Gemm *g, unsigned thread)
{
	float *at;
	GemmBlock b = job_begin(r, g, thread, &at);

	if (!g->packed_b) {
		b.panel = at;
		at += DEEP * WIDE;
	}
	if (g->half || g->turned) {
		b.wide = at;
		at += wide_rows(g) * WIDE;
	}
	b.a = g->packed_a ? g->packed_a : is_small(g, r->many) ? at : r->call->work;
	return b;
}

static void
small_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;
	Gemm g = *r->shape;
	int64_t rows = g.half ? wide_rows(&g) : MAX(g.m, 1);
	GemmBlock b;

	r->each(r->ctx, i, &g);
	b = block_begin(r, &g, thread);
	if (!g.packed_a && !reads_lines(&g))
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
	GemmBlock b = block_begin(r, g, thread);

	block_run(&b, i0, MIN(i0 + r->rows, g->m), j0, MIN(j0 + r->cols, g->n));
}

/* Enough blocks for all threads, in width first: each packs its own panel of b. */
static void
choose_blocks(Run *r)
{
	const Gemm *g = &r->g;
	int64_t threads = kernel_threads(r->call->plan, r->call->pool), nrows;
	int64_t want = threads == 1 ? 1 : 2 * threads;

	r->cols = MIN(MAX((g->n + want - 1) / want, 4 * COLS), WIDE);
	r->cols = (r->cols + COLS - 1) / COLS * COLS;
	r->ncols = (g->n + r->cols - 1) / r->cols;
	nrows = g->turned ? 1 : (want + r->ncols - 1) / r->ncols;
	r->rows = ((g->m + nrows - 1) / nrows + ROWS - 1) / ROWS * ROWS;
	if (g->half)
		r->rows = MIN(r->rows, wide_rows(g));
}

/* A block of columns, row by row. */
static void
few_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;
	Gemm g = *r->shape;
	int64_t j0 = i % r->ncols * r->cols, n = MIN(g.n - j0, r->cols);
	float *a, *c;
	GemmBlock b = job_begin(r, &g, thread, &a);

	r->each(r->ctx, i / r->ncols, &g);
	c = a + g.k;
	for (int64_t k = 0; k < g.m; k++) {
		float *to = c + k * FEW_COLS;
		load_line(a, &g.a, k * g.a.row, g.a.col, g.k, g.k);
		for (int64_t j = 0; j < n; j++)
			to[j] = !g.bias ? 0 : g.turned ? g.bias[k] : g.bias[j0 + j];
		if (g.b.row == 1)
			row_dots(a, &g.b, j0 * g.b.col, n, g.k, to);
		else
			row_times(a, &g.b, j0, n, g.k, to);
	}
	finish_rows(&b, c, FEW_COLS, 0, g.m, j0, j0 + n);
}

/* A block of columns, all rows, from b as it lies in memory. */
static void
thin_job(void *ctx, int64_t i, unsigned thread)
{
	const Run *r = ctx;
	Gemm g = *r->shape;
	int64_t j0 = i % r->ncols * r->cols;
	Tiles t = {.m = g.m, .n = MIN(g.n - j0, r->cols), .b_far = g.b.row};
	float *rows;
	GemmBlock b = job_begin(r, &g, thread, &rows);
	bool direct = !g.half && !g.turned;

	r->each(r->ctx, i / r->ncols, &g);
	for (int64_t k = 0; k < g.m; k++)
		load_line(rows + k * g.k, &g.a, k * g.a.row, g.a.col, g.k, g.k);
	t.a_far = g.k;
	t.row = direct ? g.row : THIN_WIDE;
	t.c = direct ? (float *)g.c + j0 : rows + g.m * g.k;
	t.bias = g.bias ? g.bias + j0 : NULL;
	if (g.turned)
		fill_rows(&g, t.c, t.row, t.n);
	for (int64_t k = 0; k < MAX(g.k, 1); k += THIN_DEEP) {
		t.a = rows + k;
		t.b = (const float *)g.b.data + k * g.b.row + j0;
		t.k = MIN(g.k - k, THIN_DEEP);
		t.more = k > 0 || g.turned;
		thin(&t);
	}
	if (!direct || b.call->then)
		finish_rows(&b, t.c, t.row, 0, g.m, j0, j0 + t.n);
}

/* Blocks of columns, each of which is one job. */
static void
run_columns(Run *r, int64_t cols, void (*job)(void *ctx, int64_t i, unsigned thread))
{
	r->cols = cols;
	r->ncols = (r->shape->n + cols - 1) / cols;
	kernel_share(r->call, r->many * r->ncols, job, r);
}

static void
run(const KernelCall *c, const Gemm *shape, int64_t many,
    void (*each)(const void *ctx, int64_t i, Gemm *g), const void *ctx)
{
	Run r = {.call = c, .shape = shape, .many = many, .each = each, .ctx = ctx};

	if (shape->m == 0 || shape->n == 0)
		return;
	if (is_thin(shape)) {
		run_columns(&r, THIN_WIDE, thin_job);
		return;
	}
	if (few_rows(shape->m, shape->b)) {
		run_columns(&r, FEW_COLS, few_job);
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
		if (!r.g.packed_a && !reads_lines(&r.g))
			kernel_share(c, (r.g.m + ROWS - 1) / ROWS, pack_job, &r);
		kernel_share(c, r.ncols * ((r.g.m + r.rows - 1) / r.rows), block_job, &r);
	}
}

const GemmApi FAST(gemm_api) = {
    .packed_a = packed_rows,
    .packed_b = packed_cols,
    .pack_a = pack_rows,
    .pack_b = pack_cols,
    .narrow = narrow,
    .few_rows = few_rows,
    .scratch = scratch,
    .run = run,
};
