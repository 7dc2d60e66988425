/* tile.h: the inner loops of products of matrices, and how operands are packed for them. Every
 * element of c is one chain of fused multiply-adds with k ascending, which begins with the bias,
 * with 0, or with what c holds; only row_dots() has sixteen chains, one for each k mod 16, and
 * v_sum()'s order. gemm.h makes whole products of these.
 *
 * A strip has TILE_ROWS rows of a, or TILE_COLS columns of b, for all k: element k of line i lies
 * at k * width + i. Lines that are not there are zeros.
 */
#ifndef MILC_TILE_H
#define MILC_TILE_H

#include "gemm.h"
#include "vec.h"

#if defined(MILC_AVX512)
enum { TILE_ROWS = 12, TILE_PARTS = 2 };
#elif defined(MILC_AVX2) || defined(MILC_NEON)
enum { TILE_ROWS = 6, TILE_PARTS = 1 };
#else
enum { TILE_ROWS = 4, TILE_PARTS = 1 };
#endif
enum {
	TILE_COLS = TILE_PARTS * LANES,
	THIN_COLS = 4 * LANES, /* columns that thin() goes through k with */
};

#define pack_strip  FAST(pack_strip)
#define pack_rows   FAST(pack_rows)
#define pack_cols   FAST(pack_cols)
#define packed_rows FAST(packed_rows)
#define packed_cols FAST(packed_cols)
#define tiles       FAST(tiles)
#define thin        FAST(thin)
#define row_dots    FAST(row_dots)
#define row_times   FAST(row_times)

/* Lines [0, lines) of m that begins at element `at`, `far` apart, their elements `near`, as a strip
 * of `width`. */
void pack_strip(float *to, const Mat *m, int64_t at, int64_t far, int64_t near, int lines,
                int width, int64_t k);
/* All strips of a, of b; and the bytes they take. */
void pack_rows(float *to, Mat a, int64_t m, int64_t k);
void pack_cols(float *to, Mat b, int64_t n, int64_t k);
size_t packed_rows(int64_t m, int64_t k);
size_t packed_cols(int64_t n, int64_t k);

typedef struct Tiles {
	int64_t m, n, k;
	const float *a, *b;
	int64_t a_line; /* of tiles(): 0, or a is no strips but rows of floats, so far apart */
	int64_t a_far, b_far; /* tiles: from strip to strip; thin: from row to row */
	float *c;
	int64_t row;       /* of c: how far rows are apart */
	const float *bias; /* n numbers, or 0: zeros */
	bool more;         /* it goes on from what c holds */
} Tiles;
/* c from packed strips. */
void tiles(const Tiles *t);
/* c from matrices as they are, with contiguous rows: for few rows of a. */
void thin(const Tiles *t);

/* One row of floats with n columns of b from element `at` on: contiguous columns, whose sums are
 * added to to[j]; contiguous rows, where the chains go on from to[j]. */
void row_dots(const float *a, const Mat *b, int64_t at, int64_t n, int64_t k, float *to);
void row_times(const float *a, const Mat *b, int64_t at, int64_t n, int64_t k, float *to);

/* n elements of a line, `step` apart in memory, as floats; zeros up to `all`. */
static inline void
load_line(float *to, const Mat *m, int64_t at, int64_t step, int64_t n, int64_t all)
{
	const uint16_t *h = (const uint16_t *)m->data + at;
	const float *f = (const float *)m->data + at;
	int64_t i = 0;

	if (step == 1 && m->half) {
		v_load_halves(to, h, (size_t)n);
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

#endif
