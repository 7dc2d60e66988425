/* prune.c: weights that become zero, and what is left of them: a mask and the values where it is 1.
 * Magnitudes are compared as the bits of floats without their sign. */
#include "blocks.h"

/* Magnitudes as numbers that compare as they do. */
static void
load_magnitudes(const Tensor *w, int64_t at, int64_t n, uint32_t *m)
{
	uint16_t h[BLOCK] = {0};

	if (w->dtype == DT_FP32) {
		tensor_read(w, at, n, m);
		for (int i = 0; i < BLOCK; i++)
			m[i] &= 0x7fffffff;
		return;
	}
	tensor_read(w, at, n, h);
	for (int i = 0; i < BLOCK; i++)
		m[i] = h[i] & 0x7fff;
}

static uint32_t
magnitude_bits(DType t, double v) /* of a float that is not negative */
{
	float f = (float)v;
	uint32_t bits;

	if (t == DT_FP16)
		return half_from_double(v);
	memcpy(&bits, &f, sizeof bits);
	return bits;
}

static float
magnitude_of(DType t, uint32_t bits)
{
	float f;

	if (t == DT_FP16)
		return half_to_float((uint16_t)bits);
	memcpy(&f, &bits, sizeof f);
	return f;
}

static uint32_t
infinity_bits(DType t)
{
	return t == DT_FP16 ? 0x7c00 : 0x7f800000;
}

/* ---- masks ---- */

static int64_t
mask_count(const Tensor *mask)
{
	const uint8_t *p = mask->data;
	int64_t n = 0;

	for (int64_t i = 0; i < mask->count; i++)
		n += p[i];
	return n;
}

/* Packs to the front what the mask keeps of n elements; how many those are. */
#define PACK(T, from, mask, n, to)                                                                 \
	do {                                                                                       \
		T *out = (T *)(void *)(to);                                                        \
		const T *in = (const T *)(const void *)(from);                                     \
		for (int64_t k = 0; k < (n); k++) {                                                \
			*out = in[k];                                                              \
			out += (mask)[k];                                                          \
		}                                                                                  \
	} while (0)

Tensor *
mask_select(Arena *a, const Tensor *t, const Tensor *mask)
{
	int64_t total = mask_count(mask), done = 0;
	Tensor *r = result_new(a, t->dtype, &total, 1);
	const uint8_t *m = mask->data;
	size_t size = dtype_size(t->dtype);
	uint32_t x[BLOCK], packed[BLOCK + 1];

	for (int64_t i = 0, n, kept; i < t->count; i += n, done += kept) {
		n = MIN(t->count - i, (int64_t)BLOCK);
		kept = 0;
		tensor_read(t, i, n, x);
		for (int64_t k = 0; k < n; k++)
			kept += m[i + k];
		if (size == 4)
			PACK(uint32_t, x, m + i, n, packed);
		else if (size == 2)
			PACK(uint16_t, x, m + i, n, packed);
		else
			PACK(uint8_t, x, m + i, n, packed);
		memcpy((char *)r->data + (size_t)done * size, packed, (size_t)kept * size);
	}
	return r;
}

Tensor *
mask_spread(Arena *a, const Tensor *values, const Tensor *mask)
{
	Tensor *r = result_new(a, values->dtype, mask->dim, mask->rank);
	size_t size = dtype_size(values->dtype);
	uint8_t m[BLOCK];
	char x[BLOCK * 4];
	int64_t done = 0;

	for (int64_t i = 0, n, kept; i < mask->count; i += n, done += kept) {
		const char *from = x;
		n = MIN(mask->count - i, (int64_t)BLOCK);
		kept = 0;
		tensor_read(mask, i, n, m);
		for (int64_t k = 0; k < n; k++)
			kept += m[k];
		tensor_read(values, done, kept, x);
		for (int64_t k = 0; k < n; k++)
			if (m[k]) {
				memcpy((char *)r->data + (size_t)(i + k) * size, from, size);
				from += size;
			}
	}
	return r;
}

Tensor *
bits_pack(Arena *a, const Tensor *t, int bits)
{
	int64_t n = (t->count * bits + 7) / 8;
	Tensor *r = result_new(a, DT_UINT8, &n, 1);
	uint8_t part[BLOCK], *out = r->data;

	for (int64_t i = 0, k; i < t->count; i += k) {
		unsigned have = 0;
		uint32_t acc = 0;
		k = MIN(t->count - i, (int64_t)BLOCK);
		tensor_read(t, i, k, part);
		for (int64_t j = 0; j < k; j++) {
			acc |= (uint32_t)(part[j] & ((1u << bits) - 1)) << have;
			for (have += (unsigned)bits; have >= 8; have -= 8, acc >>= 8)
				*out++ = (uint8_t)acc;
		}
		if (have)
			*out++ = (uint8_t)acc;
	}
	return r;
}

Tensor *
mask_pack(Arena *a, const Tensor *mask)
{
	return bits_pack(a, mask, 1);
}

/* 1 where the magnitude is above the limit, or is no number, and not 0. */
static Sparse
keep_above(Arena *a, const Tensor *w, uint32_t limit)
{
	Sparse s = {.mask = result_new(a, DT_UINT1, w->dim, w->rank)};
	uint8_t *out = s.mask->data, part[BLOCK];
	uint32_t m[BLOCK] = {0};

	for (int64_t i = 0, n; i < w->count; i += n) {
		n = MIN(w->count - i, (int64_t)BLOCK);
		load_magnitudes(w, i, n, m);
		for (int k = 0; k < BLOCK; k++)
			part[k] = m[k] > limit;
		memcpy(out + i, part, (size_t)n);
	}
	s.values = mask_select(a, w, s.mask);
	return s;
}

Sparse
prune_below(Arena *a, const Tensor *w, double threshold)
{
	return keep_above(a, w, isnan(threshold) ? 0 : magnitude_bits(w->dtype, threshold));
}

/* ---- quantiles ---- */

/* How often each upper half of the magnitudes occurs, or each lower half below one upper half; of
 * those above that, the least. */
static uint32_t
count_halves(const Tensor *w, uint32_t upper, uint64_t *count)
{
	uint32_t m[BLOCK] = {0}, next = UINT32_MAX;
	bool low = upper != UINT32_MAX;

	memset(count, 0, sizeof *count << 16);
	for (int64_t i = 0, n; i < w->count; i += n) {
		n = MIN(w->count - i, (int64_t)BLOCK);
		load_magnitudes(w, i, n, m);
		for (int64_t k = 0; k < n && !low; k++)
			count[w->dtype == DT_FP16 ? m[k] : m[k] >> 16]++;
		for (int64_t k = 0; k < n && low; k++) {
			if (m[k] >> 16 == upper)
				count[m[k] & 0xffff]++;
			else if (m[k] >> 16 > upper)
				next = MIN(next, m[k]);
		}
	}
	return next;
}

/* The value that holds place k, which is then counted from its first place; its successor. */
static uint32_t
find_place(const uint64_t *count, uint64_t *k, uint32_t *next)
{
	uint32_t v = 0;

	for (; *k >= count[v]; v++)
		*k -= count[v];
	*next = UINT32_MAX;
	if (*k + 1 < count[v]) {
		*next = v;
		return v;
	}
	for (uint32_t u = v + 1; u < 1u << 16 && *next == UINT32_MAX; u++)
		if (count[u])
			*next = u;
	return v;
}

/* The magnitudes at places k and k + 1 of their order. */
static void
select_magnitudes(const Tensor *w, uint64_t k, uint32_t out[2])
{
	uint64_t *count = xcalloc(1 << 16, sizeof *count);
	uint32_t upper, beyond;

	count_halves(w, UINT32_MAX, count);
	out[0] = find_place(count, &k, &out[1]);
	if (w->dtype == DT_FP32) {
		upper = out[0];
		beyond = count_halves(w, upper, count);
		out[0] = upper << 16 | find_place(count, &k, &out[1]);
		out[1] = out[1] == UINT32_MAX ? beyond : upper << 16 | out[1];
	}
	if (out[1] == UINT32_MAX)
		out[1] = out[0];
	xfree(count);
}

/* Between a and b, in the steps of the type; `wide`: in double precision. */
static double
between(DType t, double a, double b, double part, bool wide)
{
	float d, p = step(t, (float)part), q = step(t, (float)(1 - part));

	if (wide)
		return part < 0.5 ? a + (double)step(t, (float)(b - a)) * part
		                  : b - (double)step(t, (float)(b - a)) * (1 - part);
	d = step(t, (float)b - (float)a);
	return part < 0.5 ? step(t, (float)a + step(t, d * p))
	                  : step(t, (float)b - step(t, d * q));
}

static bool
has_nan(const Tensor *w)
{
	uint32_t m[BLOCK] = {0}, most = 0;

	for (int64_t i = 0, n; i < w->count; i += n) {
		n = MIN(w->count - i, (int64_t)BLOCK);
		load_magnitudes(w, i, n, m);
		for (int k = 0; k < BLOCK; k++)
			most = MAX(most, m[k]);
	}
	return most > infinity_bits(w->dtype);
}

/* The bits below and at which magnitudes go. */
static uint32_t
quantile_bits(const Tensor *w, double share, bool wide)
{
	double at = (double)(w->count - 1) * (share * 100 / 100), v;
	uint64_t k = (uint64_t)MIN(floor(at), (double)(w->count - 1));
	uint32_t two[2], bits;

	if (has_nan(w))
		return 0;
	select_magnitudes(w, k, two);
	v = between(w->dtype, (double)magnitude_of(w->dtype, two[0]),
	            (double)magnitude_of(w->dtype, two[1]), at - floor(at), wide);
	if (isnan(v))
		return 0;
	bits = magnitude_bits(w->dtype, v);
	/* A limit in double precision may lie between two numbers of the type. */
	return (double)magnitude_of(w->dtype, bits) > v ? bits - 1 : bits;
}

Sparse
prune_share(Arena *a, const Tensor *w, double share, bool wide)
{
	double q = share * 100;

	return keep_above(a, w, q == 100 ? infinity_bits(w->dtype) : q == 0 ? 0 :
	                  quantile_bits(w, share, wide));
}
