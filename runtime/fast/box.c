/* box.c: see box.h. Axes that are one in both places are joined, and elements that stay together
 * become one larger element. Then a box is one of three: stretches of memory; a transpose, where
 * the elements that are neighbours in one place are far apart in the other, done in tiles of 16 x
 * 16, each line of memory of which is touched once; or anything else, element by element.
 */
#include "box.h"
#include "vec.h"

enum {
	TILE = 16,
	STRIP_OF_TILES = 64, /* elements on the axis that is contiguous in the source, a job */
	STRETCH = 1 << 16,   /* bytes that are a job's worth */
	FEW = 4,             /* columns that are copied one by one, */
	CLOSE = 1 << 14,     /* where they take no more of the source, in bytes */
};

typedef struct BoxRun {
	ElemBox b;
	int across;     /* of a transpose: the axis that is contiguous in the source */
	int64_t rows;   /* of the last axis, in the whole box */
	int64_t per;    /* rows of a job, */
	int64_t pieces; /* or jobs of a row */
} BoxRun;

ElemBox
box_between(size_t size, const int64_t *dim, int rank, const int64_t *to, const int64_t *from)
{
	ElemBox b = {.size = size, .n = rank};
	int64_t t = (int64_t)size, f = t;

	for (int i = rank; i-- > 0; t *= to[i], f *= from[i]) {
		b.dim[i] = dim[i];
		b.to[i] = t;
		b.from[i] = f;
	}
	return b;
}

/* Whether the last axis stays together in both places and is as small as a large element. */
static bool
is_element(const ElemBox *b)
{
	int64_t size = (int64_t)b->size, all = b->dim[b->n - 1];

	return b->to[b->n - 1] == size && b->from[b->n - 1] == size && all <= 16 / size &&
	       (all & (all - 1)) == 0;
}

/* Joins axes. False: the box is empty. */
static bool
simplify(ElemBox *b)
{
	int n = 0;

	for (int i = 0; i < b->n; i++) {
		if (b->dim[i] == 0)
			return false;
		if (b->dim[i] == 1)
			continue;
		if (n && b->to[n - 1] == b->to[i] * b->dim[i] &&
		    b->from[n - 1] == b->from[i] * b->dim[i])
			b->dim[n - 1] *= b->dim[i];
		else
			b->dim[n++] = b->dim[i];
		b->to[n - 1] = b->to[i];
		b->from[n - 1] = b->from[i];
	}
	b->n = n;
	while (b->n > 1 && is_element(b)) {
		b->size *= (size_t)b->dim[b->n - 1];
		b->n--;
	}
	return true;
}

/* Where row i of the last axis begins in both places. */
static void
row_at(const ElemBox *b, int last, int64_t i, int64_t *to, int64_t *from)
{
	*to = *from = 0;
	for (int k = last; k-- > 0; i /= b->dim[k]) {
		*to += i % b->dim[k] * b->to[k];
		*from += i % b->dim[k] * b->from[k];
	}
}

/* ---- elements ---- */

static inline void
elements(const size_t size, char *to, int64_t ts, const char *from, int64_t fs, int64_t n)
{
	for (int64_t i = 0; i < n; i++, to += ts, from += fs)
		memcpy(to, from, size);
}

/* One element n times, n > 0. */
static void
repeat(size_t size, char *to, const char *from, int64_t n)
{
	size_t all = size * (size_t)n;

	memcpy(to, from, size);
	for (size_t done = size; done < all; done *= 2)
		memcpy(to + done, to, MIN(done, all - done));
}

static void
copy_elements(size_t size, char *to, int64_t ts, const char *from, int64_t fs, int64_t n)
{
	if (fs == 0 && ts == (int64_t)size && n > TILE) {
		repeat(size, to, from, n);
		return;
	}
	switch (size) {
	case 1:
		elements(1, to, ts, from, fs, n);
		break;
	case 2:
		elements(2, to, ts, from, fs, n);
		break;
	case 4:
		elements(4, to, ts, from, fs, n);
		break;
	case 8:
		elements(8, to, ts, from, fs, n);
		break;
	default:
		elements(16, to, ts, from, fs, n);
	}
}

static void
rows_job(void *ctx, int64_t job, unsigned thread)
{
	const BoxRun *r = ctx;
	const ElemBox *b = &r->b;
	int last = b->n - 1;
	int64_t begin = job * r->per, end = MIN(begin + r->per, r->rows), index[BOX_AXES], to, from;
	int64_t ts = last < 0 ? 0 : b->to[last], fs = last < 0 ? 0 : b->from[last];
	int64_t n = last < 0 ? 1 : b->dim[last], rest = begin;
	bool dense = ts == (int64_t)b->size && fs == ts;

	(void)thread;
	row_at(b, last, begin, &to, &from);
	for (int k = last; k-- > 0; rest /= b->dim[k])
		index[k] = rest % b->dim[k];
	for (int64_t i = begin; i < end; i++) {
		if (dense)
			memcpy(b->out + to, b->in + from, b->size * (size_t)n);
		else
			copy_elements(b->size, b->out + to, ts, b->in + from, fs, n);
		for (int k = last; k-- > 0;) {
			to += b->to[k];
			from += b->from[k];
			if (++index[k] < b->dim[k])
				break;
			to -= b->to[k] * b->dim[k];
			from -= b->from[k] * b->dim[k];
			index[k] = 0;
		}
	}
}

/* A part of one long row. */
static void
piece_job(void *ctx, int64_t job, unsigned thread)
{
	const BoxRun *r = ctx;
	const ElemBox *b = &r->b;
	int last = b->n - 1;
	int64_t n = b->dim[last], each = (n + r->pieces - 1) / r->pieces, to, from;
	int64_t at = job % r->pieces * each, ts = b->to[last], fs = b->from[last];

	(void)thread;
	n = MAX(0, MIN(each, n - at));
	row_at(b, last, job / r->pieces, &to, &from);
	to += at * ts;
	from += at * fs;
	if (ts == (int64_t)b->size && fs == ts)
		memcpy(b->out + to, b->in + from, b->size * (size_t)n);
	else
		copy_elements(b->size, b->out + to, ts, b->in + from, fs, n);
}

/* ---- tiles ---- */

/* Row i, column j goes to row j, column i: rows of `to` are ts bytes apart, of `from` fs. */
static inline void
turn(const size_t size, char *to, int64_t ts, const char *from, int64_t fs, int64_t rows,
     int64_t cols)
{
	for (int64_t j = 0; j < cols; j++)
		for (int64_t i = 0; i < rows; i++)
			memcpy(to + j * ts + i * (int64_t)size, from + i * fs + j * (int64_t)size,
			       size);
}

#if defined(MILC_AVX512)
void
turn_words(char *to, int64_t ts, const char *from, int64_t fs)
{
	__m512 r[TILE], t[TILE];

	for (int i = 0; i < TILE; i++)
		r[i] = _mm512_loadu_ps(from + i * fs);
	for (int i = 0; i < TILE; i += 2) {
		t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
	}
#define PAIRS(f, a, b) _mm512_castpd_ps(f(_mm512_castps_pd(a), _mm512_castps_pd(b)))
	for (int i = 0; i < TILE; i += 4) {
		r[i] = PAIRS(_mm512_unpacklo_pd, t[i], t[i + 2]);
		r[i + 1] = PAIRS(_mm512_unpackhi_pd, t[i], t[i + 2]);
		r[i + 2] = PAIRS(_mm512_unpacklo_pd, t[i + 1], t[i + 3]);
		r[i + 3] = PAIRS(_mm512_unpackhi_pd, t[i + 1], t[i + 3]);
	}
#undef PAIRS
	for (int j = 0; j < 4; j++) {
		__m512 a = _mm512_shuffle_f32x4(r[j], r[4 + j], 0x88);
		__m512 b = _mm512_shuffle_f32x4(r[j], r[4 + j], 0xdd);
		__m512 c = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0x88);
		__m512 d = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0xdd);
		_mm512_storeu_ps(to + j * ts, _mm512_shuffle_f32x4(a, c, 0x88));
		_mm512_storeu_ps(to + (4 + j) * ts, _mm512_shuffle_f32x4(b, d, 0x88));
		_mm512_storeu_ps(to + (8 + j) * ts, _mm512_shuffle_f32x4(a, c, 0xdd));
		_mm512_storeu_ps(to + (12 + j) * ts, _mm512_shuffle_f32x4(b, d, 0xdd));
	}
}
#elif defined(MILC_AVX2)
static void
turn_eight(char *to, int64_t ts, const char *from, int64_t fs)
{
	__m256 r[8], t[8];

	for (int i = 0; i < 8; i++)
		r[i] = _mm256_loadu_ps((const float *)(const void *)(from + i * fs));
	for (int i = 0; i < 8; i += 2) {
		t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
	}
	for (int i = 0; i < 8; i += 4) {
		r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
		r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
		r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
		r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
	}
	for (int i = 0; i < 4; i++) {
		_mm256_storeu_ps((float *)(void *)(to + i * ts),
		                 _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
		_mm256_storeu_ps((float *)(void *)(to + (i + 4) * ts),
		                 _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
	}
}
void
turn_words(char *to, int64_t ts, const char *from, int64_t fs)
{
	for (int i = 0; i < TILE; i += 8)
		for (int j = 0; j < TILE; j += 8)
			turn_eight(to + j * ts + i * 4, ts, from + i * fs + j * 4, fs);
}
#else
void
turn_words(char *to, int64_t ts, const char *from, int64_t fs)
{
	turn(4, to, ts, from, fs, TILE, TILE);
}
#endif

#if defined(MILC_AVX512) || defined(MILC_AVX2)
static void
turn_eight_halves(char *to, int64_t ts, const char *from, int64_t fs)
{
	__m128i r[8], t[8];

	for (int i = 0; i < 8; i++)
		r[i] = _mm_loadu_si128((const __m128i *)(const void *)(from + i * fs));
	for (int i = 0; i < 4; i++) {
		t[i] = _mm_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
		t[4 + i] = _mm_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
	}
	for (int i = 0; i < 8; i += 4) {
		r[i] = _mm_unpacklo_epi32(t[i], t[i + 1]);
		r[i + 1] = _mm_unpackhi_epi32(t[i], t[i + 1]);
		r[i + 2] = _mm_unpacklo_epi32(t[i + 2], t[i + 3]);
		r[i + 3] = _mm_unpackhi_epi32(t[i + 2], t[i + 3]);
	}
	for (int i = 0; i < 4; i++) {
		int k = i / 2 * 4 + i % 2;
		char *at = to + 2 * i * ts;
		_mm_storeu_si128((__m128i *)(void *)at, _mm_unpacklo_epi64(r[k], r[k + 2]));
		_mm_storeu_si128((__m128i *)(void *)(at + ts), _mm_unpackhi_epi64(r[k], r[k + 2]));
	}
}
static void
turn_halves(char *to, int64_t ts, const char *from, int64_t fs)
{
	for (int i = 0; i < TILE; i += 8)
		for (int j = 0; j < TILE; j += 8)
			turn_eight_halves(to + j * ts + i * 2, ts, from + i * fs + j * 2, fs);
}
#else
static void
turn_halves(char *to, int64_t ts, const char *from, int64_t fs)
{
	turn(2, to, ts, from, fs, TILE, TILE);
}
#endif

static void
turn_tile(size_t size, char *to, int64_t ts, const char *from, int64_t fs, int64_t rows,
          int64_t cols)
{
	bool whole = rows == TILE && cols == TILE;

	switch (size) {
	case 1:
		turn(1, to, ts, from, fs, rows, cols);
		break;
	case 2:
		if (whole)
			turn_halves(to, ts, from, fs);
		else
			turn(2, to, ts, from, fs, rows, cols);
		break;
	case 4:
		if (whole)
			turn_words(to, ts, from, fs);
		else
			turn(4, to, ts, from, fs, rows, cols);
		break;
	case 8:
		turn(8, to, ts, from, fs, rows, cols);
		break;
	default:
		turn(16, to, ts, from, fs, rows, cols);
	}
}

/* A strip of the source's columns, all of its rows: the last axis. */
static void
strip_job(void *ctx, int64_t job, unsigned thread)
{
	const BoxRun *r = ctx;
	const ElemBox *b = &r->b;
	int64_t j0 = job % r->pieces * STRIP_OF_TILES, size = (int64_t)b->size, to, from;
	int64_t cols = MIN(b->dim[r->across], j0 + STRIP_OF_TILES), rows = b->dim[b->n - 1];
	int64_t ts = b->to[r->across], fs = b->from[b->n - 1];
	ElemBox outer = *b;

	(void)thread;
	outer.dim[r->across] = 1;
	row_at(&outer, b->n - 1, job / r->pieces, &to, &from);
	for (int64_t i = 0; i < rows; i += TILE)
		for (int64_t j = j0; j < cols; j += TILE)
			turn_tile(b->size, b->out + to + j * ts + i * size, ts,
			          b->in + from + i * fs + j * size, fs, MIN(rows - i, TILE),
			          MIN(cols - j, TILE));
}

/* ---- boxes ---- */

static void
share(const KernelCall *c, BoxRun *r, int64_t jobs, size_t bytes,
      void (*job)(void *, int64_t, unsigned))
{
	if (bytes > STRETCH)
		kernel_share(c, jobs, job, r);
	else
		for (int64_t i = 0; i < jobs; i++)
			job(r, i, 0);
}

void
box_move(const KernelCall *c, const ElemBox *box)
{
	BoxRun r = {.b = *box, .across = -1, .rows = 1, .pieces = 1};
	ElemBox *b = &r.b;
	int64_t size, n;
	size_t bytes;
	int last;

	if (!simplify(b))
		return;
	size = (int64_t)b->size;
	last = b->n - 1;
	n = last < 0 ? 1 : b->dim[last];
	for (int i = 0; i < last; i++) {
		r.rows *= b->dim[i];
		if (b->from[i] == size && b->to[last] == size && b->from[last] != size)
			r.across = i;
	}
	if (r.across >= 0 && r.across == last - 1 && b->dim[r.across] <= FEW &&
	    n * b->from[last] <= CLOSE && n * b->from[last] > 0)
		r.across = -1;
	bytes = (size_t)(r.rows * n * size);
	if (r.across >= 0) {
		int64_t cols = b->dim[r.across];
		r.pieces = (cols + STRIP_OF_TILES - 1) / STRIP_OF_TILES;
		share(c, &r, r.rows / cols * r.pieces, bytes, strip_job);
	} else if (n * size > 2 * STRETCH) {
		r.pieces = (n * size + STRETCH - 1) / STRETCH;
		share(c, &r, r.rows * r.pieces, bytes, piece_job);
	} else {
		r.per = MAX(1, STRETCH / (n * size));
		share(c, &r, (r.rows + r.per - 1) / r.per, bytes, rows_job);
	}
}
