/* gemm64.c: products of matrices of doubles; see gemm.h. As gemm.c, with eight lanes and one
 * thread: all of a and a panel of b are packed for DEEP steps along k at a time. */
#include "gemm.h"

#if defined(MILC_AVX512)
#include <immintrin.h>
typedef __m512d D8;
enum { ROWS = 12, PARTS = 2 };
static inline D8 d_set1(double x) { return _mm512_set1_pd(x); }
static inline D8 d_load(const double *p) { return _mm512_loadu_pd(p); }
static inline void d_store(double *p, D8 x) { _mm512_storeu_pd(p, x); }
static inline D8 d_fma(D8 a, D8 b, D8 c) { return _mm512_fmadd_pd(a, b, c); }
#elif defined(MILC_AVX2)
#include <immintrin.h>
typedef struct D8 { __m256d l, h; } D8;
enum { ROWS = 6, PARTS = 1 };
static inline D8 d_set1(double x) { return (D8){_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
static inline D8
d_load(const double *p)
{
	return (D8){_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
}
static inline void
d_store(double *p, D8 x)
{
	_mm256_storeu_pd(p, x.l);
	_mm256_storeu_pd(p + 4, x.h);
}
static inline D8
d_fma(D8 a, D8 b, D8 c)
{
	return (D8){_mm256_fmadd_pd(a.l, b.l, c.l), _mm256_fmadd_pd(a.h, b.h, c.h)};
}
#elif defined(MILC_NEON)
#include <arm_neon.h>
typedef struct D8 { float64x2_t q[4]; } D8;
enum { ROWS = 6, PARTS = 1 };
#define EACH(e)                                                                                    \
	D8 r;                                                                                      \
	for (int i = 0; i < 4; i++)                                                                \
		r.q[i] = e;                                                                        \
	return r
static inline D8 d_set1(double x) { EACH(vdupq_n_f64(x)); }
static inline D8 d_load(const double *p) { EACH(vld1q_f64(p + 2 * i)); }
static inline void
d_store(double *p, D8 x)
{
	for (int i = 0; i < 4; i++)
		vst1q_f64(p + 2 * i, x.q[i]);
}
static inline D8 d_fma(D8 a, D8 b, D8 c) { EACH(vfmaq_f64(c.q[i], a.q[i], b.q[i])); }
#undef EACH
#else
#include <math.h>
typedef struct D8 { double v[8]; } D8;
enum { ROWS = 4, PARTS = 1 };
#define EACH(e)                                                                                    \
	D8 r;                                                                                      \
	for (int i = 0; i < 8; i++)                                                                \
		r.v[i] = e;                                                                        \
	return r
static inline D8 d_set1(double x) { EACH(x); }
static inline D8 d_load(const double *p) { EACH(p[i]); }
static inline void d_store(double *p, D8 x) { memcpy(p, x.v, sizeof x.v); }
static inline D8 d_fma(D8 a, D8 b, D8 c) { EACH(fma(a.v[i], b.v[i], c.v[i])); }
#undef EACH
#endif
enum {
	LANES64 = 8,
	COLS = PARTS * LANES64,
	DEEP = 256,
	WIDE = 256, /* columns of a panel */
};

/* Strips of `width` lines, `far` apart, their elements `near`; those that are not there are
 * zeros. */
static void
pack(double *to, const double *from, int64_t far, int64_t near, int64_t lines, int64_t width,
     int64_t k)
{
	for (int64_t first = 0; first < lines; first += width, to += width * k) {
		int64_t n = MIN(lines - first, width);
		const double *p = from + first * far;
		for (int64_t i = n; i < width; i++)
			for (int64_t j = 0; j < k; j++)
				to[j * width + i] = 0;
		for (int64_t at = 0; at < k; at += LANES64) { /* a line of memory, wholly */
			int64_t end = MIN(k, at + LANES64);
			if (far != 1)
				for (int64_t i = 0; i < n; i++)
					for (int64_t j = at; j < end; j++)
						to[j * width + i] = p[i * far + j * near];
			else if (n == COLS)
				for (int64_t j = at; j < end; j++)
					memcpy(to + j * width, p + j * near, COLS * sizeof *to);
			else
				for (int64_t j = at; j < end; j++)
					for (int64_t i = 0; i < n; i++)
						to[j * width + i] = p[i + j * near];
		}
	}
}

/* ROWS rows of a strip of a with one of b: begins with what `c` holds. The tile that lies beside it
 * is the next: its lines come from afar meanwhile. */
static void
tile(int64_t k, const double *a, const double *b, double *c, int64_t ldc)
{
	D8 x[ROWS][PARTS];

#pragma GCC unroll 12
	for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 2
		for (int p = 0; p < PARTS; p++)
			x[r][p] = d_load(c + r * ldc + LANES64 * p);
	for (int r = 0; r < ROWS; r++)
		for (int p = 0; p < PARTS; p++)
			__builtin_prefetch(c + r * ldc + COLS + LANES64 * p, 1);
	for (; k > 0; k--, a += ROWS, b += COLS) {
		D8 y[PARTS];
#pragma GCC unroll 2
		for (int p = 0; p < PARTS; p++)
			y[p] = d_load(b + LANES64 * p);
#pragma GCC unroll 12
		for (int r = 0; r < ROWS; r++) {
			D8 s = d_set1(a[r]);
#pragma GCC unroll 2
			for (int p = 0; p < PARTS; p++)
				x[r][p] = d_fma(s, y[p], x[r][p]);
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 2
		for (int p = 0; p < PARTS; p++)
			d_store(c + r * ldc + LANES64 * p, x[r][p]);
}

/* A tile of which only rows x cols are there; c's elements lie `row` and `col` apart. */
static void
edge_tile(int rows, int cols, int64_t k, const double *a, const double *b, double *c, int64_t row,
          int64_t col)
{
	double all[ROWS * COLS] = {0};

	for (int r = 0; r < rows; r++)
		for (int j = 0; j < cols; j++)
			all[r * COLS + j] = c[r * row + j * col];
	tile(k, a, b, all, COLS);
	for (int r = 0; r < rows; r++)
		for (int j = 0; j < cols; j++)
			c[r * row + j * col] = all[r * COLS + j];
}

static int64_t
whole(int64_t n, int64_t width)
{
	return (n + width - 1) / width * width;
}

static size_t
scratch(int64_t m, int64_t n)
{
	return ((size_t)whole(MAX(m, n), ROWS) + WIDE) * DEEP * sizeof(double);
}

/* Where a block of c stands, and how far its elements are apart. */
typedef struct Block64 {
	double *c;
	int64_t row, col, m, n;
} Block64;

static void
tiles64(const Block64 *p, int64_t k, const double *a, const double *b)
{
	for (int64_t i = 0; i < p->m; i += ROWS)
		for (int64_t j = 0; j < p->n; j += COLS) {
			const double *x = a + i * k, *y = b + j * k;
			double *to = p->c + i * p->row + j * p->col;
			int rows = (int)MIN(p->m - i, ROWS), cols = (int)MIN(p->n - j, COLS);
			if (rows == ROWS && cols == COLS && p->col == 1)
				tile(k, x, y, to, p->row);
			else
				edge_tile(rows, cols, k, x, y, to, p->row, p->col);
		}
}

static void
multiply(int64_t m, int64_t n, int64_t k, Mat64 a, Mat64 b, double *c, int64_t row, int64_t col,
         double *work)
{
	double *panel = work + whole(m, ROWS) * DEEP;

	for (int64_t k0 = 0; k0 < k; k0 += DEEP) {
		int64_t deep = MIN(k - k0, DEEP);
		pack(work, a.data + k0 * a.col, a.row, a.col, m, ROWS, deep);
		for (int64_t j = 0; j < n; j += WIDE) {
			const double *from = b.data + k0 * b.row + j * b.col;
			Block64 p = {c + j * col, row, col, m, MIN(n - j, WIDE)};
			pack(panel, from, b.col, b.row, p.n, COLS, deep);
			tiles64(&p, deep, work, panel);
		}
	}
}

static void
run(int64_t m, int64_t n, int64_t k, Mat64 a, Mat64 b, double *c, void *work)
{
	memset(c, 0, (size_t)m * (size_t)n * sizeof *c);
	if (n < LANES64 && m > n) /* turned over, so that a tile is not mostly empty */
		multiply(n, m, k, (Mat64){b.data, b.col, b.row}, (Mat64){a.data, a.col, a.row}, c,
		         1, n, work);
	else
		multiply(m, n, k, a, b, c, n, 1, work);
}

const Gemm64Api FAST(gemm64_api) = {scratch, run};
