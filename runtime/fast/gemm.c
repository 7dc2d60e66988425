/* gemm.c: see gemm.h. The kernel of it all keeps a tile of c in registers, ROWS x COLS, while it
 * walks along k in a strip of a and one of b. Blocks of DEEP along k and a panel of b as wide as fits
 * the second-level cache; c is taken up again where the block before left it, so that blocks do not
 * show in the bits. */
#include "gemm.h"

#include "vec.h"
#include "chain_run.h"

enum {
	ROWS = GEMM_ROWS,
	PARTS = GEMM_PARTS,
	COLS = PARTS * LANES,
	DEEP = 256,
	WIDE = 512, /* columns of a panel, at most */
	FEW = 3,    /* rows that are not worth packing */
};

/* ---- packing ---- */

/* n elements of a line, `step` apart in memory, as floats; zeros up to `all`. */
static inline void
load_line(float *to, const Mat *m, int64_t at, int64_t step, int64_t n, int64_t all)
{
	const uint16_t *h = (const uint16_t *)m->data + at;
	const float *f = (const float *)m->data + at;
	int64_t i = 0;

	if (step == 1 && m->half) {
		for (; i + LANES <= n; i += LANES)
			v_store(to + i, v_load_half(h + i));
		if (i < n)
			v_store_n(to + i, v_load_half_n(h + i, (size_t)(n - i)), (size_t)(n - i));
	} else if (step == 1) {
		memcpy(to, f, (size_t)n * sizeof *to);
	} else if (m->half) {
		for (; i < n; i++)
			to[i] = half_to_float(h[i * step]);
	} else {
		for (; i < n; i++)
			to[i] = f[i * step];
	}
	for (i = n; i < all; i++)
		to[i] = 0;
}

enum { BLOCK = 16 };

/* A strip of `width` lines, `lines` of them there and the rest zeros, each k long: element j of line
 * i goes to to[j * width + i]. Lines lie `far` apart, their elements `near`. Lines whose elements are
 * contiguous are turned in blocks, so that both sides are read and written in whole cache lines. */
static void
pack_strip(float *to, const Mat *m, int64_t at, int64_t far, int64_t near, int lines, int width,
           int64_t k)
{
	float block[BLOCK][BLOCK];

	if (near != 1 || far == 1) {
		for (int64_t j = 0; j < k; j++)
			load_line(to + j * width, m, at + j * near, far, lines, width);
		return;
	}
	for (int first = 0; first < width; first += BLOCK) {
		int w = MIN(width - first, BLOCK);
		for (int64_t j = 0; j < k; j += BLOCK) {
			int64_t d = MIN(k - j, BLOCK);
			for (int i = 0; i < w; i++)
				if (first + i < lines)
					load_line(block[i], m, at + (first + i) * far + j, 1, d, BLOCK);
				else
					memset(block[i], 0, sizeof block[i]);
			for (int64_t q = 0; q < d; q++) {
				float *p = to + (j + q) * width + first;
				for (int i = 0; i < w; i++)
					p[i] = block[i][q];
			}
		}
	}
}

static void
pack_a(float *to, Mat a, int64_t m, int64_t k)
{
	for (int64_t i = 0; i < m; i += ROWS, to += ROWS * k)
		pack_strip(to, &a, i * a.row, a.row, a.col, (int)MIN(m - i, ROWS), ROWS, k);
}

static void
pack_b(float *to, Mat b, int64_t n, int64_t k)
{
	for (int64_t j = 0; j < n; j += COLS, to += COLS * k)
		pack_strip(to, &b, j * b.col, b.col, b.row, (int)MIN(n - j, COLS), COLS, k);
}

static size_t
packed_a(int64_t m, int64_t k)
{
	return (size_t)((m + ROWS - 1) / ROWS * ROWS) * (size_t)k * sizeof(float);
}

static size_t
packed_b(int64_t n, int64_t k)
{
	return (size_t)((n + COLS - 1) / COLS * COLS) * (size_t)k * sizeof(float);
}

/* ---- the tile ---- */

/* Each row begins with the numbers of `begin`, or goes on from c. */
static inline __attribute__((always_inline)) void
tile(int rows, int64_t k, const float *a, const float *b, float *c, int64_t ldc, const float *begin)
{
	V x[ROWS][PARTS];

#pragma GCC unroll 12
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < PARTS; p++)
			x[r][p] = v_load(begin ? begin + LANES * p : c + r * ldc + LANES * p);
	for (; k > 0; k--, a += ROWS, b += COLS) {
		V y[PARTS];
#pragma GCC unroll 2
		for (int p = 0; p < PARTS; p++)
			y[p] = v_load(b + LANES * p);
#pragma GCC unroll 12
		for (int r = 0; r < rows; r++) {
			V s = v_set1(a[r]);
#pragma GCC unroll 2
			for (int p = 0; p < PARTS; p++)
				x[r][p] = v_fma(s, y[p], x[r][p]);
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < PARTS; p++)
			v_store(c + r * ldc + LANES * p, x[r][p]);
}

#define TILE(n)                                                                                    \
	static void tile_##n(int64_t k, const float *a, const float *b, float *c, int64_t ldc,     \
	                     const float *begin)                                                   \
	{                                                                                          \
		tile(n, k, a, b, c, ldc, begin);                                                   \
	}
TILE(1)
TILE(2)
TILE(4)
#if defined(MILC_AVX512)
TILE(6)
TILE(8)
TILE(12)
#elif defined(MILC_AVX2) || defined(MILC_NEON)
TILE(6)
#endif

typedef void TileFn(int64_t k, const float *a, const float *b, float *c, int64_t ldc,
                    const float *begin);
static const struct {
	int rows;
	TileFn *fn;
} tiles[] = {
    {1, tile_1}, {2, tile_2}, {4, tile_4},
#if defined(MILC_AVX512)
    {6, tile_6}, {8, tile_8}, {12, tile_12},
#elif defined(MILC_AVX2) || defined(MILC_NEON)
    {6, tile_6},
#endif
};

/* That of the fewest rows that are enough. */
static int
tile_of(int rows)
{
	int i = 0;

	while (tiles[i].rows < rows)
		i++;
	return i;
}

/* One tile at the edge of c, rows x cols of it: by way of a whole one. */
static void
edge_tile(int rows, int cols, int64_t k, const float *a, const float *b, float *c, int64_t ldc,
          const float *begin)
{
	float whole[ROWS * COLS];

	for (int r = 0; r < rows && !begin; r++)
		memcpy(whole + r * COLS, c + r * ldc, (size_t)cols * sizeof *c);
	tiles[tile_of(rows)].fn(k, a, b, whole, COLS, begin);
	for (int r = 0; r < rows; r++)
		memcpy(c + r * ldc, whole + r * COLS, (size_t)cols * sizeof *c);
}

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
	static const float zeros[COLS];
	const Gemm *g = b->g;
	bool direct = !g->half;
	int64_t ldc = direct ? g->row : (j1 - j0 + COLS - 1) / COLS * COLS;
	float *c = direct ? (float *)g->c + i0 * g->row + j0 : b->wide;
	float bias[COLS];

	for (int64_t k0 = 0; k0 < MAX(g->k, 1); k0 += DEEP) {
		int64_t deep = MIN(g->k - k0, DEEP);
		Mat m = g->b;
		for (int64_t j = j0; j < j1 && !g->packed_b; j += COLS)
			pack_strip(b->panel + (j - j0) * deep, &m, k0 * m.row + j * m.col, m.col, m.row,
			           (int)MIN(j1 - j, COLS), COLS, deep);
		for (int64_t i = i0; i < i1; i += ROWS) {
			const float *a = b->a + i * g->k + k0 * ROWS;
			int rows = (int)MIN(i1 - i, ROWS);
			int t = tile_of(rows);
			for (int64_t j = j0; j < j1; j += COLS) {
				const float *y = g->packed_b ? g->packed_b + j * g->k + k0 * COLS
				                             : b->panel + (j - j0) * deep;
				float *to = c + (i - i0) * ldc + j - j0;
				int cols = (int)MIN(j1 - j, COLS);
				const float *begin = k0 ? NULL : zeros;
				if (begin && g->bias) {
					load_line(bias, &(Mat){.data = g->bias}, j, 1, cols, COLS);
					begin = bias;
				}
				if (cols == COLS && rows == tiles[t].rows)
					tiles[t].fn(deep, a, y, to, ldc, begin);
				else
					edge_tile(rows, cols, deep, a, y, to, ldc, begin);
			}
		}
	}
	if (!direct || b->call->then)
		finish_rows(b, c, ldc, i0, i1, j0, j1);
}

/* ---- few rows: nothing is packed ---- */

enum {
	DOTS = 8,        /* sums at a time */
	DOT_COLS = 64,   /* columns of a job */
	VEC_PARTS = 8,   /* vectors of columns at a time */
};

static inline V
load_b(const Mat *b, int64_t at)
{
	return b->half ? v_load_half((const uint16_t *)b->data + at)
	               : v_load((const float *)b->data + at);
}
static inline V
load_b_n(const Mat *b, int64_t at, size_t n)
{
	return b->half ? v_load_half_n((const uint16_t *)b->data + at, n)
	               : v_load_n((const float *)b->data + at, n);
}

/* dots: to[0..count) = sums over k of a and columns of b, which are contiguous. */
static inline __attribute__((always_inline)) void
dots(const float *a, const Mat *b, int64_t at, int count, int64_t k, float *to)
{
	V s[DOTS];
	int64_t i = 0;

#pragma GCC unroll 8
	for (int j = 0; j < count; j++)
		s[j] = v_zero();
	for (; i + LANES <= k; i += LANES) {
		V x = v_load(a + i);
#pragma GCC unroll 8
		for (int j = 0; j < count; j++)
			s[j] = v_fma(x, load_b(b, at + j * b->col + i), s[j]);
	}
	if (i < k) {
		V x = v_load_n(a + i, (size_t)(k - i));
#pragma GCC unroll 8
		for (int j = 0; j < count; j++)
			s[j] = v_fma(x, load_b_n(b, at + j * b->col + i, (size_t)(k - i)), s[j]);
	}
#pragma GCC unroll 8
	for (int j = 0; j < count; j++)
		to[j] = v_sum(s[j]);
}

static void
row_dots(const Gemm *g, const float *a, int64_t j0, int n, float *to)
{
	int j = 0;

	for (; j + DOTS <= n; j += DOTS)
		dots(a, &g->b, (j0 + j) * g->b.col, DOTS, g->k, to + j);
	for (; j < n; j++)
		dots(a, &g->b, (j0 + j) * g->b.col, 1, g->k, to + j);
}

/* A row of a times rows of b: columns [j0, j0+n), at most VEC_PARTS vectors of them. */
static inline __attribute__((always_inline)) void
row_times(const Gemm *g, const float *a, int64_t j0, int parts, float *to)
{
	V s[VEC_PARTS];

#pragma GCC unroll 8
	for (int p = 0; p < parts; p++)
		s[p] = v_load(to + LANES * p);
	for (int64_t k = 0; k < g->k; k++) {
		V x = v_set1(a[k]);
#pragma GCC unroll 8
		for (int p = 0; p < parts; p++)
			s[p] = v_fma(x, load_b(&g->b, k * g->b.row + j0 + LANES * p), s[p]);
	}
#pragma GCC unroll 8
	for (int p = 0; p < parts; p++)
		v_store(to + LANES * p, s[p]);
}

static void
row_products(const Gemm *g, const float *a, int64_t j0, int64_t n, float *to)
{
	int64_t j = 0;

	for (; j + VEC_PARTS * LANES <= n; j += VEC_PARTS * LANES)
		row_times(g, a, j0 + j, VEC_PARTS, to + j);
	for (; j + LANES <= n; j += LANES)
		row_times(g, a, j0 + j, 1, to + j);
	for (; j < n; j++) {
		V s = v_load_n(to + j, 1);
		for (int64_t k = 0; k < g->k; k++)
			s = v_fma(v_set1(a[k]), load_b_n(&g->b, k * g->b.row + j0 + j, 1), s);
		v_store_n(to + j, s, 1);
	}
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
	return many > 1 && packed_a(g->m, g->k) <= 1 << 20;
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
		p->work_each = align(each + ((size_t)g->k + DOT_COLS + VEC_PARTS * LANES) * sizeof(float));
		return;
	}
	if (!g->packed_b)
		each += (size_t)DEEP * WIDE * sizeof(float);
	if (g->half)
		each += (size_t)wide_rows(g) * WIDE * sizeof(float);
	if (!g->packed_a)
		*(is_small(g, many) ? &each : &p->work) += packed_a(g->m, g->k);
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
		pack_a((float *)(uintptr_t)b.a, g.a, g.m, g.k);
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
			row_dots(&g, a, j0, n, to);
			for (int j = 0; g.bias && j < n; j++)
				to[j] += g.bias[j0 + j];
		} else {
			for (int j = 0; j < n; j++)
				to[j] = g.bias ? g.bias[j0 + j] : 0;
			row_products(&g, a, j0, n, to);
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
    .packed_a = packed_a,
    .packed_b = packed_b,
    .pack_a = pack_a,
    .pack_b = pack_b,
    .few_rows = few_rows,
    .scratch = scratch,
    .run = run,
};
