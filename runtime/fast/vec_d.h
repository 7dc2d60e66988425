/* vec_d.h: sixteen doubles, for functions that floats have too few digits for, and for sums along
 * an axis: D has a lane for each of V's. A float and the product of two are exact in a double, so
 * that only adding rounds, however long the axis is. There is no fused multiplication, which would
 * be slow where the processor has none; with digits to spare, none is missed.
 *
 *   D  16 doubles  d_…
 *   L  16 int64, which wrap, or truth values: all bits or none  l_…
 */
#ifndef MILC_VEC_D_H
#define MILC_VEC_D_H

#include "vec.h"

/* EACH(T, e): a T whose part i is e. */
#define PART(k, e)                                                                                 \
	{                                                                                          \
		enum { i = k };                                                                    \
		r.q[i] = e;                                                                        \
	}

#if defined(MILC_AVX512) || defined(MILC_AVX2)
#if defined(MILC_AVX512)
#define X(name) _mm512_##name
typedef struct { __m512d q[2]; } D;
typedef struct { __m512i q[2]; } L;
#define EACH(T, e)                                                                                 \
	T r;                                                                                       \
	PART(0, e) PART(1, e)                                                                      \
	return r
static inline D
d_of(V a)
{
	return (D){{_mm512_cvtps_pd(_mm512_castps512_ps256(a)),
	            _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1))}};
}
static inline V
v_of(D a)
{
	return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a.q[0])),
	                          _mm512_cvtpd_ps(a.q[1]), 1);
}
static inline L l_of_d(D a) { EACH(L, _mm512_castpd_si512(a.q[i])); }
static inline D d_of_l(L a) { EACH(D, _mm512_castsi512_pd(a.q[i])); }
#define COMPARE(how) EACH(L, _mm512_movm_epi64(_mm512_cmp_pd_mask(a.q[i], b.q[i], how)))
static inline D
d_select(L m, D a, D b)
{
	EACH(D, _mm512_mask_blend_pd(_mm512_movepi64_mask(m.q[i]), b.q[i], a.q[i]));
}
#define LOGIC(name) _mm512_##name##_si512
#define L_SET1(x)   _mm512_set1_epi64(x)
#else
#define X(name) _mm256_##name
typedef struct { __m256d q[4]; } D;
typedef struct { __m256i q[4]; } L;
#define EACH(T, e)                                                                                 \
	T r;                                                                                       \
	PART(0, e) PART(1, e) PART(2, e) PART(3, e)                                                \
	return r
static inline D
d_of(V a)
{
	return (D){{_mm256_cvtps_pd(_mm256_castps256_ps128(a.l)),
	            _mm256_cvtps_pd(_mm256_extractf128_ps(a.l, 1)),
	            _mm256_cvtps_pd(_mm256_castps256_ps128(a.h)),
	            _mm256_cvtps_pd(_mm256_extractf128_ps(a.h, 1))}};
}
static inline V
v_of(D a)
{
	return (V){_mm256_set_m128(_mm256_cvtpd_ps(a.q[1]), _mm256_cvtpd_ps(a.q[0])),
	           _mm256_set_m128(_mm256_cvtpd_ps(a.q[3]), _mm256_cvtpd_ps(a.q[2]))};
}
static inline L l_of_d(D a) { EACH(L, _mm256_castpd_si256(a.q[i])); }
static inline D d_of_l(L a) { EACH(D, _mm256_castsi256_pd(a.q[i])); }
#define COMPARE(how) EACH(L, _mm256_castpd_si256(_mm256_cmp_pd(a.q[i], b.q[i], how)))
static inline D
d_select(L m, D a, D b)
{
	EACH(D, _mm256_blendv_pd(b.q[i], a.q[i], _mm256_castsi256_pd(m.q[i])));
}
#define LOGIC(name) _mm256_##name##_si256
#define L_SET1(x)   _mm256_set1_epi64x(x)
#endif
static inline D d_set1(double x) { EACH(D, X(set1_pd)(x)); }
static inline D d_load(const double *p) { EACH(D, X(loadu_pd)(p + i * (sizeof r.q[0] / 8))); }
static inline D d_add(D a, D b) { EACH(D, X(add_pd)(a.q[i], b.q[i])); }
static inline D d_sub(D a, D b) { EACH(D, X(sub_pd)(a.q[i], b.q[i])); }
static inline D d_mul(D a, D b) { EACH(D, X(mul_pd)(a.q[i], b.q[i])); }
static inline D d_div(D a, D b) { EACH(D, X(div_pd)(a.q[i], b.q[i])); }
static inline D d_sqrt(D a) { EACH(D, X(sqrt_pd)(a.q[i])); }
static inline D d_min(D a, D b) { EACH(D, X(min_pd)(a.q[i], b.q[i])); }
static inline D d_max(D a, D b) { EACH(D, X(max_pd)(a.q[i], b.q[i])); }
static inline L d_lt(D a, D b) { COMPARE(_CMP_LT_OQ); }
static inline L d_le(D a, D b) { COMPARE(_CMP_LE_OQ); }
static inline L d_eq(D a, D b) { COMPARE(_CMP_EQ_OQ); }
static inline L l_set1(int64_t x) { EACH(L, L_SET1(x)); }
static inline L l_add(L a, L b) { EACH(L, X(add_epi64)(a.q[i], b.q[i])); }
static inline L l_sub(L a, L b) { EACH(L, X(sub_epi64)(a.q[i], b.q[i])); }
static inline L l_and(L a, L b) { EACH(L, LOGIC(and)(a.q[i], b.q[i])); }
static inline L l_or(L a, L b) { EACH(L, LOGIC(or)(a.q[i], b.q[i])); }
static inline L l_xor(L a, L b) { EACH(L, LOGIC(xor)(a.q[i], b.q[i])); }
static inline L l_shl_52(L a) { EACH(L, X(slli_epi64)(a.q[i], 52)); }
static inline L l_shl_62(L a) { EACH(L, X(slli_epi64)(a.q[i], 62)); }
static inline L l_shr_52(L a) { EACH(L, X(srli_epi64)(a.q[i], 52)); } /* zeros come in */
#undef X
#undef COMPARE
#undef LOGIC
#undef L_SET1

#elif defined(MILC_NEON)
typedef struct { float64x2_t q[8]; } D;
typedef struct { int64x2_t q[8]; } L;
#define EACH(T, e)                                                                                 \
	T r;                                                                                       \
	PART(0, e) PART(1, e) PART(2, e) PART(3, e)                                                \
	PART(4, e) PART(5, e) PART(6, e) PART(7, e)                                                \
	return r
static inline float64x2_t
half_of(float32x4_t a, int high)
{
	return high ? vcvt_high_f64_f32(a) : vcvt_f64_f32(vget_low_f32(a));
}
static inline D d_of(V a) { EACH(D, half_of(a.q[i / 2], i % 2)); }
static inline V
v_of(D a)
{
	V r;

	for (int k = 0; k < 4; k++)
		r.q[k] = vcvt_high_f32_f64(vcvt_f32_f64(a.q[2 * k]), a.q[2 * k + 1]);
	return r;
}
static inline L l_of_d(D a) { EACH(L, vreinterpretq_s64_f64(a.q[i])); }
static inline D d_of_l(L a) { EACH(D, vreinterpretq_f64_s64(a.q[i])); }
static inline D
d_select(L m, D a, D b)
{
	EACH(D, vbslq_f64(vreinterpretq_u64_s64(m.q[i]), a.q[i], b.q[i]));
}
#define TRUTH(e) EACH(L, vreinterpretq_s64_u64(e))
static inline D d_set1(double x) { EACH(D, vdupq_n_f64(x)); }
static inline D d_load(const double *p) { EACH(D, vld1q_f64(p + 2 * i)); }
static inline D d_add(D a, D b) { EACH(D, vaddq_f64(a.q[i], b.q[i])); }
static inline D d_sub(D a, D b) { EACH(D, vsubq_f64(a.q[i], b.q[i])); }
static inline D d_mul(D a, D b) { EACH(D, vmulq_f64(a.q[i], b.q[i])); }
static inline D d_div(D a, D b) { EACH(D, vdivq_f64(a.q[i], b.q[i])); }
static inline D d_sqrt(D a) { EACH(D, vsqrtq_f64(a.q[i])); }
static inline D d_min(D a, D b) { EACH(D, vbslq_f64(vcltq_f64(a.q[i], b.q[i]), a.q[i], b.q[i])); }
static inline D d_max(D a, D b) { EACH(D, vbslq_f64(vcgtq_f64(a.q[i], b.q[i]), a.q[i], b.q[i])); }
static inline L d_lt(D a, D b) { TRUTH(vcltq_f64(a.q[i], b.q[i])); }
static inline L d_le(D a, D b) { TRUTH(vcleq_f64(a.q[i], b.q[i])); }
static inline L d_eq(D a, D b) { TRUTH(vceqq_f64(a.q[i], b.q[i])); }
static inline L l_set1(int64_t x) { EACH(L, vdupq_n_s64(x)); }
static inline L l_add(L a, L b) { EACH(L, vaddq_s64(a.q[i], b.q[i])); }
static inline L l_sub(L a, L b) { EACH(L, vsubq_s64(a.q[i], b.q[i])); }
static inline L l_and(L a, L b) { EACH(L, vandq_s64(a.q[i], b.q[i])); }
static inline L l_or(L a, L b) { EACH(L, vorrq_s64(a.q[i], b.q[i])); }
static inline L l_xor(L a, L b) { EACH(L, veorq_s64(a.q[i], b.q[i])); }
static inline L l_shl_52(L a) { EACH(L, vshlq_n_s64(a.q[i], 52)); }
static inline L l_shl_62(L a) { EACH(L, vshlq_n_s64(a.q[i], 62)); }
static inline L
l_shr_52(L a)
{
	EACH(L, vreinterpretq_s64_u64(vshrq_n_u64(vreinterpretq_u64_s64(a.q[i]), 52)));
}
#undef TRUTH

#else /* plain C */
typedef struct { double q[LANES]; } D;
typedef struct { int64_t q[LANES]; } L;
#define EACH(T, e)                                                                                 \
	T r;                                                                                       \
	for (int i = 0; i < LANES; i++)                                                            \
		r.q[i] = e;                                                                        \
	return r
#define WRAP(e) EACH(L, (int64_t)(e))
#define U(x)    (uint64_t)x.q[i]
static inline D d_of(V a) { EACH(D, (double)a.v[i]); }
static inline V
v_of(D a)
{
	V r;

	for (int i = 0; i < LANES; i++)
		r.v[i] = (float)a.q[i];
	return r;
}
static inline L l_of_d(D a) { L r; memcpy(&r, &a, sizeof r); return r; }
static inline D d_of_l(L a) { D r; memcpy(&r, &a, sizeof r); return r; }
static inline D d_select(L m, D a, D b) { EACH(D, m.q[i] ? a.q[i] : b.q[i]); }
static inline D d_set1(double x) { EACH(D, x); }
static inline D d_load(const double *p) { EACH(D, p[i]); }
static inline D d_add(D a, D b) { EACH(D, a.q[i] + b.q[i]); }
static inline D d_sub(D a, D b) { EACH(D, a.q[i] - b.q[i]); }
static inline D d_mul(D a, D b) { EACH(D, a.q[i] * b.q[i]); }
static inline D d_div(D a, D b) { EACH(D, a.q[i] / b.q[i]); }
static inline D d_sqrt(D a) { EACH(D, sqrt(a.q[i])); }
static inline D d_min(D a, D b) { EACH(D, a.q[i] < b.q[i] ? a.q[i] : b.q[i]); }
static inline D d_max(D a, D b) { EACH(D, a.q[i] > b.q[i] ? a.q[i] : b.q[i]); }
static inline L d_lt(D a, D b) { EACH(L, -(int64_t)(a.q[i] < b.q[i])); }
static inline L d_le(D a, D b) { EACH(L, -(int64_t)(a.q[i] <= b.q[i])); }
static inline L d_eq(D a, D b) { EACH(L, -(int64_t)(a.q[i] == b.q[i])); }
static inline L l_set1(int64_t x) { EACH(L, x); }
static inline L l_add(L a, L b) { WRAP(U(a) + U(b)); }
static inline L l_sub(L a, L b) { WRAP(U(a) - U(b)); }
static inline L l_and(L a, L b) { WRAP(U(a) & U(b)); }
static inline L l_or(L a, L b) { WRAP(U(a) | U(b)); }
static inline L l_xor(L a, L b) { WRAP(U(a) ^ U(b)); }
static inline L l_shl_52(L a) { WRAP(U(a) << 52); }
static inline L l_shl_62(L a) { WRAP(U(a) << 62); }
static inline L l_shr_52(L a) { WRAP(U(a) >> 52); }
#undef WRAP
#undef U
#endif
#undef EACH
#undef PART

static inline void d_store(double *p, D a) { memcpy(p, &a, sizeof a); }
/* a + (b - a) * t; without vectors in one loop rather than one for each step. */
static inline V
v_between(V a, V b, D t)
{
#if defined(MILC_AVX512) || defined(MILC_AVX2) || defined(MILC_NEON)
	D from = d_of(a);

	return v_of(d_add(from, d_mul(d_sub(d_of(b), from), t)));
#else
	V r;

	for (int i = 0; i < LANES; i++) {
		double from = (double)a.v[i];
		r.v[i] = (float)(from + ((double)b.v[i] - from) * t.q[i]);
	}
	return r;
#endif
}
/* Lane i with lane i + 8, then + 4, + 2, + 1: v_sum()'s order. */
static inline double
d_sum(D a)
{
#if defined(MILC_AVX512) || defined(MILC_AVX2)
#if defined(MILC_AVX512)
	__m512d all = _mm512_add_pd(a.q[0], a.q[1]);
	__m256d four = _mm256_add_pd(_mm512_castpd512_pd256(all), _mm512_extractf64x4_pd(all, 1));
#else
	__m256d four = _mm256_add_pd(_mm256_add_pd(a.q[0], a.q[2]), _mm256_add_pd(a.q[1], a.q[3]));
#endif
	__m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));

	return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
#else
	double x[LANES];

	d_store(x, a);
	for (int n = LANES / 2; n; n /= 2)
		for (int i = 0; i < n; i++)
			x[i] += x[i + n];
	return x[0];
#endif
}

#endif
