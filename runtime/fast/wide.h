/* wide.h: sixteen doubles, for sums of floats along an axis: D has a lane for each of V's. A float
 * and the product of two are exact in a double, so that only adding rounds, and what comes out is
 * the exact sum but for some of a double's last digits, however long the axis is. The same bits
 * everywhere, as in vec.h.
 */
#ifndef MILC_WIDE_H
#define MILC_WIDE_H

#include "vec.h"

#if defined(MILC_AVX512)
#define D_PART __m512d
#elif defined(MILC_AVX2)
#define D_PART __m256d
#elif defined(MILC_NEON)
#define D_PART float64x2_t
#else
#define D_PART double
#endif
typedef struct D {
	D_PART q[LANES * sizeof(double) / sizeof(D_PART)];
} D;
#undef D_PART

#if defined(MILC_AVX512)
#define EACH(e) {e(0), e(1)}
#define D_ADD         _mm512_add_pd
#define D_MUL         _mm512_mul_pd
#define D_SET1        _mm512_set1_pd
#define D_LOAD(p, i)  _mm512_loadu_pd((p) + 8 * (i))
#define D_STORE(p, i) _mm512_storeu_pd((p) + 8 * (i), a.q[i])
static inline D
d_of(V x)
{
	return (D){{_mm512_cvtps_pd(_mm512_castps512_ps256(x)),
	            _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1))}};
}
static inline V
d_round(D a)
{
	return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a.q[0])),
	                          _mm512_cvtpd_ps(a.q[1]), 1);
}
#elif defined(MILC_AVX2)
#define EACH(e) {e(0), e(1), e(2), e(3)}
#define D_ADD         _mm256_add_pd
#define D_MUL         _mm256_mul_pd
#define D_SET1        _mm256_set1_pd
#define D_LOAD(p, i)  _mm256_loadu_pd((p) + 4 * (i))
#define D_STORE(p, i) _mm256_storeu_pd((p) + 4 * (i), a.q[i])
static inline D
d_of(V x)
{
	return (D){{_mm256_cvtps_pd(_mm256_castps256_ps128(x.l)),
	            _mm256_cvtps_pd(_mm256_extractf128_ps(x.l, 1)),
	            _mm256_cvtps_pd(_mm256_castps256_ps128(x.h)),
	            _mm256_cvtps_pd(_mm256_extractf128_ps(x.h, 1))}};
}
static inline V
d_round(D a)
{
	return (V){_mm256_set_m128(_mm256_cvtpd_ps(a.q[1]), _mm256_cvtpd_ps(a.q[0])),
	           _mm256_set_m128(_mm256_cvtpd_ps(a.q[3]), _mm256_cvtpd_ps(a.q[2]))};
}
#elif defined(MILC_NEON)
#define EACH(e) {e(0), e(1), e(2), e(3), e(4), e(5), e(6), e(7)}
#define D_ADD         vaddq_f64
#define D_MUL         vmulq_f64
#define D_SET1        vdupq_n_f64
#define D_LOAD(p, i)  vld1q_f64((p) + 2 * (i))
#define D_STORE(p, i) vst1q_f64((p) + 2 * (i), a.q[i])
static inline D
d_of(V x)
{
	D r;

	for (int i = 0; i < 4; i++) {
		r.q[2 * i] = vcvt_f64_f32(vget_low_f32(x.q[i]));
		r.q[2 * i + 1] = vcvt_high_f64_f32(x.q[i]);
	}
	return r;
}
static inline V
d_round(D a)
{
	V r;

	for (int i = 0; i < 4; i++)
		r.q[i] = vcombine_f32(vcvt_f32_f64(a.q[2 * i]), vcvt_f32_f64(a.q[2 * i + 1]));
	return r;
}
#else /* plain C */
#define EACH(e)                                                                                    \
	{e(0), e(1), e(2), e(3), e(4), e(5), e(6), e(7), e(8), e(9), e(10), e(11), e(12), e(13),   \
	 e(14), e(15)}
#define D_ADD(a, b)   ((a) + (b))
#define D_MUL(a, b)   ((a) * (b))
#define D_SET1(x)     (x)
#define D_LOAD(p, i)  (p)[i]
#define D_STORE(p, i) (p)[i] = a.q[i]
static inline D
d_of(V x)
{
	D r;

	for (int i = 0; i < LANES; i++)
		r.q[i] = (double)x.v[i];
	return r;
}
static inline V
d_round(D a)
{
	V r;

	for (int i = 0; i < LANES; i++)
		r.v[i] = (float)a.q[i];
	return r;
}
#endif

#define LANE(i) D_SET1(x)
static inline D d_set1(double x) { return (D){EACH(LANE)}; }
#undef LANE
#define LANE(i) D_ADD(a.q[i], b.q[i])
static inline D d_add(D a, D b) { return (D){EACH(LANE)}; }
#undef LANE
#define LANE(i) D_MUL(a.q[i], b.q[i])
static inline D d_mul(D a, D b) { return (D){EACH(LANE)}; }
#undef LANE
#define LANE(i) D_LOAD(p, i)
static inline D d_load(const double *p) { return (D){EACH(LANE)}; }
#undef LANE
static inline void
d_store(double *p, D a)
{
	for (size_t i = 0; i < sizeof a.q / sizeof *a.q; i++)
		D_STORE(p, i);
}
#undef EACH
#undef D_ADD
#undef D_MUL
#undef D_SET1
#undef D_LOAD
#undef D_STORE

/* Lane i with lane i + 8, then + 4, + 2, + 1: v_sum()'s order. */
static inline double
d_sum(D a)
{
	double x[LANES];

	d_store(x, a);
	for (int n = LANES / 2; n; n /= 2)
		for (int i = 0; i < n; i++)
			x[i] += x[i + n];
	return x[0];
}

#endif
