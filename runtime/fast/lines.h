/* lines.h: what softmax, norms and reductions share: a tensor seen as `outer` blocks of n lines of
 * `inner` numbers each; what is done is done along n. Where inner is 1, a block is one row in
 * memory, and lanes lie along it; else lanes lie across it, on neighbouring columns.
 */
#ifndef MILC_LINES_H
#define MILC_LINES_H

#include "plan.h"
#include "vec.h"

enum { STRIP = 2 * LANES, /* columns at a time */
       LINES_JOB = 1 << 14 /* elements that are a job's worth */ };

typedef struct LineShape {
	int64_t outer, n, inner;
	bool half;
} LineShape;

/* Lanes that n is less than LANES are 0. */
static inline V
load_lanes(const void *data, bool half, int64_t at, size_t n)
{
	const uint16_t *h = (const uint16_t *)data + at;
	const float *f = (const float *)data + at;

	if (half)
		return n >= LANES ? v_load_half(h) : v_load_half_n(h, n);
	return n >= LANES ? v_load(f) : v_load_n(f, n);
}

static inline void
store_lanes(void *data, bool half, int64_t at, V x, size_t n)
{
	uint16_t *h = (uint16_t *)data + at;
	float *f = (float *)data + at;

	if (half && n >= LANES)
		v_store_half(h, x);
	else if (half)
		v_store_half_n(h, x, n);
	else if (n >= LANES)
		v_store(f, x);
	else
		v_store_n(f, x, n);
}

static inline float
load_one(const void *data, bool half, int64_t at)
{
	return half ? half_to_float(((const uint16_t *)data)[at]) : ((const float *)data)[at];
}

static inline void
store_one(void *data, bool half, int64_t at, double x)
{
	if (half)
		((uint16_t *)data)[at] = half_from_float((float)x);
	else
		((float *)data)[at] = (float)x;
}

/* The larger; NaN if either is. */
static inline V
v_most(V a, V b)
{
	return v_select(m_or(v_le(b, a), v_nan(a)), a, b);
}

/* e^x of x <= 0, within one unit of float's last digit; 0 where it would be less than 2.8e-38,
 * which is nothing beside the 1 of the largest element. e^x = 2^n * e^r, |r| <= log(2) / 2;
 * 1 + r + r^2 q(r) lies within 0.07 units of e^r. */
static inline V
v_exp_below(V x)
{
	const V shift = v_set1(0x1.8p23f);
	V t = v_fma(x, v_set1(0x1.715476p0f), shift), n = v_sub(t, shift);
	V r = v_fma(n, v_set1(-0x1.62e4p-1f), x), q = v_set1(0.001381432f);

	r = v_fma(n, v_set1(-0x1.7f7d1cp-20f), r);
	q = v_fma(q, r, v_set1(0.008368851f));
	q = v_fma(q, r, v_set1(0.0416684f));
	q = v_fma(q, r, v_set1(0.1666652f));
	q = v_fma(q, r, v_set1(0.49999994f));
	q = v_fma(q, r, v_set1(1));
	q = v_fma(q, r, v_set1(1));
	q = w_float(w_add(v_bits(q), w_shl(v_bits(t), 23)));
	return v_select(v_le(v_set1(-86.5f), x), q, v_max(v_zero(), x)); /* NaN stays NaN */
}

#endif
