/* tile.c: see tile.h. A tile of c stays in registers, TILE_ROWS x TILE_COLS, while it walks along k
 * in a strip of a and one of b. */
#include "tile.h"

/* ---- packing ---- */

#if defined(MILC_AVX2)
static inline void
turn_quarter(__m256 x[8])
{
	__m256 y[8];

	for (int i = 0; i < 8; i += 2) {
		y[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
		y[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
	}
	for (int i = 0; i < 8; i += 4)
		for (int k = 0; k < 2; k++) {
			x[i + 2 * k] = _mm256_shuffle_ps(y[i + k], y[i + 2 + k], 0x44);
			x[i + 2 * k + 1] = _mm256_shuffle_ps(y[i + k], y[i + 2 + k], 0xee);
		}
	for (int i = 0; i < 4; i++) {
		y[i] = _mm256_permute2f128_ps(x[i], x[4 + i], 0x20);
		y[4 + i] = _mm256_permute2f128_ps(x[i], x[4 + i], 0x31);
	}
	memcpy(x, y, sizeof y);
}
#endif

/* x[i] becomes the i-th elements of all of them. */
static inline void
turn(V x[LANES])
{
#if defined(MILC_AVX512)
	V y[LANES];

	for (int i = 0; i < LANES; i += 2) {
		y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
		y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
	}
	for (int i = 0; i < LANES; i += 4)
		for (int k = 0; k < 2; k++) {
			__m512d a = _mm512_castps_pd(y[i + k]), b = _mm512_castps_pd(y[i + 2 + k]);
			x[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
			x[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
		}
	for (int i = 0; i < 4; i++) {
		V a = _mm512_shuffle_f32x4(x[i], x[4 + i], 0x88);
		V b = _mm512_shuffle_f32x4(x[i], x[4 + i], 0xdd);
		V c = _mm512_shuffle_f32x4(x[8 + i], x[12 + i], 0x88);
		V d = _mm512_shuffle_f32x4(x[8 + i], x[12 + i], 0xdd);
		y[i] = _mm512_shuffle_f32x4(a, c, 0x88);
		y[4 + i] = _mm512_shuffle_f32x4(b, d, 0x88);
		y[8 + i] = _mm512_shuffle_f32x4(a, c, 0xdd);
		y[12 + i] = _mm512_shuffle_f32x4(b, d, 0xdd);
	}
	memcpy(x, y, sizeof y);
#elif defined(MILC_AVX2)
	__m256 q[4][8];

	for (int i = 0; i < 8; i++) {
		q[0][i] = x[i].l;
		q[1][i] = x[8 + i].l;
		q[2][i] = x[i].h;
		q[3][i] = x[8 + i].h;
	}
	for (int i = 0; i < 4; i++)
		turn_quarter(q[i]);
	for (int i = 0; i < 8; i++) {
		x[i] = (V){q[0][i], q[1][i]};
		x[8 + i] = (V){q[2][i], q[3][i]};
	}
#else
	float from[LANES][LANES], to[LANES];

	for (int i = 0; i < LANES; i++)
		v_store(from[i], x[i]);
	for (int i = 0; i < LANES; i++) {
		for (int k = 0; k < LANES; k++)
			to[k] = from[k][i];
		x[i] = v_load(to);
	}
#endif
}

/* Up to LANES elements k of `lines` lines, those that are not there zeros: element j of them goes
 * to to[j * width …), as many as there is room for. */
static void
turn_block(float *to, const Mat *m, int64_t at, int64_t far, int lines, int width, int room,
           int64_t k)
{
	V x[LANES];

	for (int i = 0; i < LANES; i++) {
		if (i >= lines)
			x[i] = v_zero();
		else if (m->half)
			x[i] = k < LANES ? v_load_half_n((const uint16_t *)m->data + at + i * far,
			                                 (size_t)k)
			                 : v_load_half((const uint16_t *)m->data + at + i * far);
		else
			x[i] = k < LANES
			           ? v_load_n((const float *)m->data + at + i * far, (size_t)k)
			           : v_load((const float *)m->data + at + i * far);
	}
	turn(x);
	for (int i = 0; i < MIN(k, LANES); i++)
		v_store_n(to + i * width, x[i], (size_t)room);
}

/* Lines whose elements are contiguous are turned in blocks, so that both sides are read and written
 * in whole cache lines. */
void
pack_strip(float *to, const Mat *m, int64_t at, int64_t far, int64_t near, int lines, int width,
           int64_t k)
{
	if (near != 1 || far == 1) {
		for (int64_t j = 0; j < k; j++)
			load_line(to + j * width, m, at + j * near, far, lines, width);
		return;
	}
	for (int first = 0; first < width; first += LANES)
		for (int64_t j = 0; j < k; j += LANES)
			turn_block(to + j * width + first, m, at + first * far + j, far,
			           lines - first, width, width - first, k - j);
}

void
pack_rows(float *to, Mat a, int64_t m, int64_t k)
{
	for (int64_t i = 0; i < m; i += TILE_ROWS, to += TILE_ROWS * k)
		pack_strip(to, &a, i * a.row, a.row, a.col, (int)MIN(m - i, TILE_ROWS), TILE_ROWS,
		           k);
}

void
pack_cols(float *to, Mat b, int64_t n, int64_t k)
{
	for (int64_t j = 0; j < n; j += TILE_COLS, to += TILE_COLS * k)
		pack_strip(to, &b, j * b.col, b.col, b.row, (int)MIN(n - j, TILE_COLS), TILE_COLS,
		           k);
}

size_t
packed_rows(int64_t m, int64_t k)
{
	return (size_t)((m + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS) * (size_t)k * sizeof(float);
}

size_t
packed_cols(int64_t n, int64_t k)
{
	return (size_t)((n + TILE_COLS - 1) / TILE_COLS * TILE_COLS) * (size_t)k * sizeof(float);
}

/* ---- the tile ---- */

/* Each row begins with the numbers of `begin`, or goes on from c. With a `line` a is no strip but
 * rows of floats that are so far apart; by threes, each has an address that a load can have. */
INLINE void
tile(int rows, int64_t k, const float *a, int64_t line, const float *b, float *c, int64_t ldc,
     const float *begin)
{
	const float *q[4] = {a, a + 3 * line, a + 6 * line, a + 9 * line};
	V x[TILE_ROWS][TILE_PARTS];

#pragma GCC unroll 12
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			x[r][p] = v_load(begin ? begin + LANES * p : c + r * ldc + LANES * p);
	for (; k > 0; k--, a += TILE_ROWS, b += TILE_COLS, q[0]++, q[1]++, q[2]++, q[3]++) {
		V y[TILE_PARTS];
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			y[p] = v_load(b + LANES * p);
#pragma GCC unroll 12
		for (int r = 0; r < rows; r++) {
			V s = v_set1(line ? q[r / 3][r % 3 * line] : a[r]);
#pragma GCC unroll 2
			for (int p = 0; p < TILE_PARTS; p++)
				x[r][p] = v_fma(s, y[p], x[r][p]);
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
		for (int p = 0; p < TILE_PARTS; p++)
			v_store(c + r * ldc + LANES * p, x[r][p]);
}

#define TILE(n)                                                                                    \
	static void tile_##n(int64_t k, const float *a, int64_t line, const float *b, float *c,    \
	                     int64_t ldc, const float *begin)                                      \
	{                                                                                          \
		(void)line;                                                                        \
		tile(n, k, a, 0, b, c, ldc, begin);                                                \
	}                                                                                          \
	static void rows_##n(int64_t k, const float *a, int64_t line, const float *b, float *c,    \
	                     int64_t ldc, const float *begin)                                      \
	{                                                                                          \
		tile(n, k, a, line, b, c, ldc, begin);                                             \
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

typedef void TileFn(int64_t k, const float *a, int64_t line, const float *b, float *c, int64_t ldc,
                    const float *begin);
static const struct {
	int rows;
	TileFn *strip, *lines;
} by_rows[] = {
    {1, tile_1, rows_1}, {2, tile_2, rows_2}, {4, tile_4, rows_4},
#if defined(MILC_AVX512)
    {6, tile_6, rows_6}, {8, tile_8, rows_8}, {12, tile_12, rows_12},
#elif defined(MILC_AVX2) || defined(MILC_NEON)
    {6, tile_6, rows_6},
#endif
};

/* That of the fewest rows that are enough. */
static int
tile_of(int rows)
{
	int i = 0;

	while (by_rows[i].rows < rows)
		i++;
	return i;
}

/* That of the most rows that are there. */
static int
tile_within(int64_t rows)
{
	int i = 0;

	while (i + 1 < (int)countof(by_rows) && by_rows[i + 1].rows <= rows)
		i++;
	return i;
}

/* One tile at the edge of c, rows x cols of it: by way of a whole one. */
static void
edge_tile(TileFn *fn, int64_t line, int rows, int cols, int64_t k, const float *a, const float *b,
          float *c, int64_t ldc, const float *begin)
{
	float whole[TILE_ROWS * TILE_COLS];

	for (int r = 0; r < rows && !begin; r++)
		memcpy(whole + r * TILE_COLS, c + r * ldc, (size_t)cols * sizeof *c);
	fn(k, a, line, b, whole, TILE_COLS, begin);
	for (int r = 0; r < rows; r++)
		memcpy(c + r * ldc, whole + r * TILE_COLS, (size_t)cols * sizeof *c);
}

void
tiles(const Tiles *t)
{
	static const float zeros[TILE_COLS];
	float bias[TILE_COLS];

	for (int64_t i = 0, rows; i < t->m; i += rows) {
		const float *a = t->a_line ? t->a + i * t->a_line : t->a + i / TILE_ROWS * t->a_far;
		int by = t->a_line ? tile_within(t->m - i) : tile_of((int)MIN(t->m - i, TILE_ROWS));
		TileFn *fn = t->a_line ? by_rows[by].lines : by_rows[by].strip;
		rows = MIN(t->m - i, by_rows[by].rows);
		for (int64_t j = 0; j < t->n; j += TILE_COLS) {
			const float *b = t->b + j / TILE_COLS * t->b_far;
			float *c = t->c + i * t->row + j;
			int cols = (int)MIN(t->n - j, TILE_COLS);
			const float *begin = t->more ? NULL : zeros;
			if (begin && t->bias && cols == TILE_COLS) {
				begin = t->bias + j;
			} else if (begin && t->bias) {
				memcpy(bias, t->bias + j, (size_t)cols * sizeof *bias);
				memset(bias + cols, 0, (size_t)(TILE_COLS - cols) * sizeof *bias);
				begin = bias;
			}
			if (cols == TILE_COLS && rows == by_rows[by].rows)
				fn(t->k, a, t->a_line, b, c, t->row, begin);
			else
				edge_tile(fn, t->a_line, (int)rows, cols, t->k, a, b, c, t->row,
				          begin);
		}
	}
}

/* ---- few rows: nothing is packed ---- */

/* rows x parts vectors of c, the only one of `lanes` numbers where that is less than LANES. */
INLINE void
thin_tile(int rows, int parts, size_t lanes, const Tiles *t, int64_t i, int64_t j)
{
	const float *a = t->a + i * t->a_far, *b = t->b + j;
	float *c = t->c + i * t->row + j;
	V x[4][4];

#pragma GCC unroll 4
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
		for (int p = 0; p < parts; p++)
			x[r][p] = t->more   ? v_load_n(c + r * t->row + LANES * p, lanes)
			          : t->bias ? v_load_n(t->bias + j + LANES * p, lanes)
			                    : v_zero();
	for (int64_t k = 0; k < t->k; k++, b += t->b_far) {
		V s[4];
#pragma GCC unroll 4
		for (int r = 0; r < rows; r++)
			s[r] = v_set1(a[r * t->a_far + k]);
#pragma GCC unroll 4
		for (int p = 0; p < parts; p++) {
			V y = lanes == LANES ? v_load(b + LANES * p) : v_load_n(b, lanes);
#pragma GCC unroll 4
			for (int r = 0; r < rows; r++)
				x[r][p] = v_fma(s[r], y, x[r][p]);
		}
	}
#pragma GCC unroll 4
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
		for (int p = 0; p < parts; p++)
			v_store_n(c + r * t->row + LANES * p, x[r][p], lanes);
}

/* Vectors side by side for 1, 2 and 4 rows: as many as there are registers for. */
#if defined(MILC_AVX512)
enum { THIN_1 = 4, THIN_2 = 4, THIN_4 = 4 };
#else
enum { THIN_1 = 4, THIN_2 = 2, THIN_4 = 1 };
#endif
#define THIN(rows)                                                                                 \
	static void thin_##rows(const Tiles *t, int64_t i, int64_t j, int64_t n)                   \
	{                                                                                          \
		for (; n >= THIN_##rows * LANES;                                                   \
		     j += THIN_##rows * LANES, n -= THIN_##rows * LANES)                           \
			thin_tile(rows, THIN_##rows, LANES, t, i, j);                              \
		for (; n >= LANES; j += LANES, n -= LANES)                                         \
			thin_tile(rows, 1, LANES, t, i, j);                                        \
		if (n > 0)                                                                         \
			thin_tile(rows, 1, (size_t)n, t, i, j);                                    \
	}
THIN(1)
THIN(2)
THIN(4)

void
thin(const Tiles *t)
{
	for (int64_t j = 0; j < t->n; j += THIN_COLS) {
		int64_t n = MIN(t->n - j, THIN_COLS), i = 0;
		for (; i + 4 <= t->m; i += 4)
			thin_4(t, i, j, n);
		for (; i + 2 <= t->m; i += 2)
			thin_2(t, i, j, n);
		if (i < t->m)
			thin_1(t, i, j, n);
	}
}

enum {
	DOTS = 8,      /* sums at a time */
	VEC_PARTS = 8, /* vectors of columns at a time */
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

/* dots: to[0..count) += sums over k of a and columns of b, which are contiguous. */
INLINE void
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
		to[j] += v_sum(s[j]);
}

void
row_dots(const float *a, const Mat *b, int64_t at, int64_t n, int64_t k, float *to)
{
	int64_t j = 0;

	for (; j + DOTS <= n; j += DOTS)
		dots(a, b, at + j * b->col, DOTS, k, to + j);
	for (; j < n; j++)
		dots(a, b, at + j * b->col, 1, k, to + j);
}

/* Columns [at, at + parts vectors). */
INLINE void
times(const float *a, const Mat *b, int64_t at, int parts, int64_t n, float *to)
{
	V s[VEC_PARTS];

#pragma GCC unroll 8
	for (int p = 0; p < parts; p++)
		s[p] = v_load(to + LANES * p);
	for (int64_t k = 0; k < n; k++) {
		V x = v_set1(a[k]);
#pragma GCC unroll 8
		for (int p = 0; p < parts; p++)
			s[p] = v_fma(x, load_b(b, at + k * b->row + LANES * p), s[p]);
	}
#pragma GCC unroll 8
	for (int p = 0; p < parts; p++)
		v_store(to + LANES * p, s[p]);
}

void
row_times(const float *a, const Mat *b, int64_t at, int64_t n, int64_t k, float *to)
{
	int64_t j = 0;

	for (; j + VEC_PARTS * LANES <= n; j += VEC_PARTS * LANES)
		times(a, b, at + j, VEC_PARTS, k, to + j);
	for (; j + LANES <= n; j += LANES)
		times(a, b, at + j, 1, k, to + j);
	if (j < n) {
		size_t left = (size_t)(n - j);
		V s = v_load_n(to + j, left);
		for (int64_t i = 0; i < k; i++)
			s = v_fma(v_set1(a[i]), load_b_n(b, at + i * b->row + j, left), s);
		v_store_n(to + j, s, left);
	}
}
