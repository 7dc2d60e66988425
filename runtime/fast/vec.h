/* vec.h: sixteen floats at a time, the same on every processor. The sources of this folder are
 * compiled once for each instruction set (isa.h); they are written in terms of V, M and W, and give
 * the same bits with all of them: lanes are always sixteen, sums over lanes have one fixed order,
 * v_fma rounds once, also where the processor has no such instruction. Only which NaN it is, where
 * a result is none, may differ.
 *
 *   V  16 floats       v_…
 *   M  16 truth values m_…
 *   W  16 int32        w_…; they wrap
 *
 * v_load_part(p, first, end): lanes [first, end) of those at p, the others are 0 and not read.
 * v_evens(a, b): every other one of 32 floats, from the first on. v_first(a, n, b): the first n
 * lanes of a, the others of b. v_unordered(a, b): either is NaN. v_pick(p, at): p[at[0]], p[at[1]]
 * and so on, of 32 floats, all of which it may read. v_stream(p, a) stores past the cache, where
 * there is a way, at a multiple of a V's bytes; other threads see it for certain after
 * v_stream_end().
 */
#ifndef MILC_VEC_H
#define MILC_VEC_H

#include "isa.h"

enum { LANES = 16 };

#if defined(MILC_AVX512)
#include <immintrin.h>

typedef __m512 V;
typedef __m512i W;
typedef __mmask16 M;

#define M_FIRST(n) ((M)((n) >= LANES ? 0xffff : (1u << (n)) - 1))
static inline V v_set1(float x) { return _mm512_set1_ps(x); }
static inline V v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline V v_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(M_FIRST(n), p); }
static inline V
v_load_part(const float *p, size_t first, size_t end)
{
	return _mm512_maskz_loadu_ps(M_FIRST(end) & (M)~M_FIRST(first), p);
}
static inline void v_store(float *p, V x) { _mm512_storeu_ps(p, x); }
static inline void v_stream(float *p, V x) { _mm512_stream_ps(p, x); }
static inline void v_store_n(float *p, V x, size_t n) { _mm512_mask_storeu_ps(p, M_FIRST(n), x); }
static inline V v_add(V a, V b) { return _mm512_add_ps(a, b); }
static inline V v_sub(V a, V b) { return _mm512_sub_ps(a, b); }
static inline V v_mul(V a, V b) { return _mm512_mul_ps(a, b); }
static inline V v_div(V a, V b) { return _mm512_div_ps(a, b); }
static inline V v_fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
static inline V v_sqrt(V a) { return _mm512_sqrt_ps(a); }
static inline V v_max(V a, V b) { return _mm512_max_ps(a, b); }
static inline V v_min(V a, V b) { return _mm512_min_ps(a, b); }
static inline V v_rint(V a) { return _mm512_roundscale_ps(a, 0x08); }
static inline V v_floor(V a) { return _mm512_roundscale_ps(a, 0x09); }
static inline V v_ceil(V a) { return _mm512_roundscale_ps(a, 0x0a); }
static inline V v_trunc(V a) { return _mm512_roundscale_ps(a, 0x0b); }
static inline M v_lt(V a, V b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline M v_le(V a, V b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
static inline M v_eq(V a, V b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
static inline M v_unordered(V a, V b) { return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q); }
static inline V v_select(M m, V a, V b) { return _mm512_mask_blend_ps(m, b, a); }
static inline V v_first(V a, size_t n, V b) { return v_select(M_FIRST(n), a, b); }
static inline M m_and(M a, M b) { return (M)(a & b); }
static inline M m_or(M a, M b) { return (M)(a | b); }
static inline M m_not(M a) { return (M)~a; }
static inline bool m_any(M a) { return a != 0; }
static inline W v_bits(V a) { return _mm512_castps_si512(a); }
static inline V w_float(W a) { return _mm512_castsi512_ps(a); }
static inline W v_int(V a) { return _mm512_cvttps_epi32(a); }
static inline V w_v(W a) { return _mm512_cvtepi32_ps(a); }
static inline W w_set1(int32_t x) { return _mm512_set1_epi32(x); }
static inline W w_add(W a, W b) { return _mm512_add_epi32(a, b); }
static inline W w_sub(W a, W b) { return _mm512_sub_epi32(a, b); }
static inline W w_and(W a, W b) { return _mm512_and_si512(a, b); }
static inline W w_or(W a, W b) { return _mm512_or_si512(a, b); }
static inline W w_xor(W a, W b) { return _mm512_xor_si512(a, b); }
#define w_shl(a, n) _mm512_slli_epi32(a, n)
#define w_shr(a, n) _mm512_srai_epi32(a, n)
static inline V
v_evens(V a, V b)
{
	__m512i at = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
	return _mm512_permutex2var_ps(a, at, b);
}
static inline V
v_pick(const float *p, const int32_t *at)
{
	return _mm512_permutex2var_ps(v_load(p), _mm512_loadu_si512(at), v_load(p + LANES));
}
static inline V
v_load_half(const uint16_t *p)
{
	return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
static inline void
v_store_half(uint16_t *p, V x)
{
	_mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtps_ph(x, 0));
}
static inline V
v_round_half(V x)
{
	return _mm512_cvtph_ps(_mm512_cvtps_ph(x, 0));
}
static inline float
v_sum(V x)
{
	__m256 a = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
	__m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	__m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
	return _mm_cvtss_f32(_mm_add_ss(c, _mm_shuffle_ps(c, c, 1)));
}

#elif defined(MILC_AVX2)
#include <immintrin.h>

typedef struct V { __m256 l, h; } V;
typedef struct W { __m256i l, h; } W;
typedef struct M { __m256 l, h; } M; /* all bits of a lane, or none */

#define V_OF(f) ((V){f(l), f(h)})
#define PAIR(T, f) ((T){f(a.l, b.l), f(a.h, b.h)})
#define EACH(T, f) ((T){f(a.l), f(a.h)})
static inline V v_set1(float x) { return (V){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
static inline V v_load(const float *p) { return (V){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
static inline void
v_store(float *p, V x)
{
	_mm256_storeu_ps(p, x.l);
	_mm256_storeu_ps(p + 8, x.h);
}
static inline void
v_stream(float *p, V x)
{
	_mm256_stream_ps(p, x.l);
	_mm256_stream_ps(p + 8, x.h);
}
static inline V v_add(V a, V b) { return PAIR(V, _mm256_add_ps); }
static inline V v_sub(V a, V b) { return PAIR(V, _mm256_sub_ps); }
static inline V v_mul(V a, V b) { return PAIR(V, _mm256_mul_ps); }
static inline V v_div(V a, V b) { return PAIR(V, _mm256_div_ps); }
static inline V
v_fma(V a, V b, V c)
{
	return (V){_mm256_fmadd_ps(a.l, b.l, c.l), _mm256_fmadd_ps(a.h, b.h, c.h)};
}
static inline V v_sqrt(V a) { return EACH(V, _mm256_sqrt_ps); }
static inline V v_max(V a, V b) { return PAIR(V, _mm256_max_ps); }
static inline V v_min(V a, V b) { return PAIR(V, _mm256_min_ps); }
#define ROUND(how) ((V){_mm256_round_ps(a.l, how), _mm256_round_ps(a.h, how)})
static inline V v_rint(V a) { return ROUND(0x08); }
static inline V v_floor(V a) { return ROUND(0x09); }
static inline V v_ceil(V a) { return ROUND(0x0a); }
static inline V v_trunc(V a) { return ROUND(0x0b); }
#define COMPARE(how) ((M){_mm256_cmp_ps(a.l, b.l, how), _mm256_cmp_ps(a.h, b.h, how)})
static inline M v_lt(V a, V b) { return COMPARE(_CMP_LT_OQ); }
static inline M v_le(V a, V b) { return COMPARE(_CMP_LE_OQ); }
static inline M v_eq(V a, V b) { return COMPARE(_CMP_EQ_OQ); }
static inline M v_unordered(V a, V b) { return COMPARE(_CMP_UNORD_Q); }
static inline V
v_select(M m, V a, V b)
{
	return (V){_mm256_blendv_ps(b.l, a.l, m.l), _mm256_blendv_ps(b.h, a.h, m.h)};
}
static inline M m_and(M a, M b) { return PAIR(M, _mm256_and_ps); }
static inline M m_or(M a, M b) { return PAIR(M, _mm256_or_ps); }
static inline M
m_not(M a)
{
	__m256 all = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
	return (M){_mm256_xor_ps(a.l, all), _mm256_xor_ps(a.h, all)};
}
static inline bool m_any(M a) { return _mm256_movemask_ps(_mm256_or_ps(a.l, a.h)) != 0; }
static inline W v_bits(V a) { return EACH(W, _mm256_castps_si256); }
static inline V w_float(W a) { return EACH(V, _mm256_castsi256_ps); }
static inline W v_int(V a) { return EACH(W, _mm256_cvttps_epi32); }
static inline V w_v(W a) { return EACH(V, _mm256_cvtepi32_ps); }
static inline W w_set1(int32_t x) { return (W){_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
static inline W w_add(W a, W b) { return PAIR(W, _mm256_add_epi32); }
static inline W w_sub(W a, W b) { return PAIR(W, _mm256_sub_epi32); }
static inline W w_and(W a, W b) { return PAIR(W, _mm256_and_si256); }
static inline W w_or(W a, W b) { return PAIR(W, _mm256_or_si256); }
static inline W w_xor(W a, W b) { return PAIR(W, _mm256_xor_si256); }
#define w_shl(a, n) ((W){_mm256_slli_epi32((a).l, n), _mm256_slli_epi32((a).h, n)})
#define w_shr(a, n) ((W){_mm256_srai_epi32((a).l, n), _mm256_srai_epi32((a).h, n)})
static inline __m256
evens(__m256 a, __m256 b)
{
	__m256d x = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88));
	return _mm256_castpd_ps(_mm256_permute4x64_pd(x, 0xd8));
}
static inline V v_evens(V a, V b) { return (V){evens(a.l, a.h), evens(b.l, b.h)}; }
static inline __m256
pick(const float *p, __m256i at)
{
	__m256 eight = _mm256_castsi256_ps(_mm256_slli_epi32(at, 28)); /* signs of lanes */
	__m256 half = _mm256_castsi256_ps(_mm256_slli_epi32(at, 27));
#define OF(i) _mm256_permutevar8x32_ps(_mm256_loadu_ps(p + i), at)
	return _mm256_blendv_ps(_mm256_blendv_ps(OF(0), OF(8), eight),
	                        _mm256_blendv_ps(OF(16), OF(24), eight), half);
#undef OF
}
static inline V
v_pick(const float *p, const int32_t *at)
{
	const __m256i *q = (const __m256i *)(const void *)at;
	return (V){pick(p, _mm256_loadu_si256(q)), pick(p, _mm256_loadu_si256(q + 1))};
}
static inline V
v_load_half(const uint16_t *p)
{
	const __m128i *q = (const __m128i *)(const void *)p;
	return (V){_mm256_cvtph_ps(_mm_loadu_si128(q)), _mm256_cvtph_ps(_mm_loadu_si128(q + 1))};
}
static inline void
v_store_half(uint16_t *p, V x)
{
	__m128i *q = (__m128i *)(void *)p;
	_mm_storeu_si128(q, _mm256_cvtps_ph(x.l, 0));
	_mm_storeu_si128(q + 1, _mm256_cvtps_ph(x.h, 0));
}
static inline V
v_round_half(V x)
{
	return (V){_mm256_cvtph_ps(_mm256_cvtps_ph(x.l, 0)),
	           _mm256_cvtph_ps(_mm256_cvtps_ph(x.h, 0))};
}
static inline float
v_sum(V x)
{
	__m256 a = _mm256_add_ps(x.l, x.h);
	__m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	__m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
	return _mm_cvtss_f32(_mm_add_ss(c, _mm_shuffle_ps(c, c, 1)));
}
static inline __m256i
first_lanes(size_t n, int from)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n > LANES ? LANES : n) - from),
	                          _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline V
v_load_n(const float *p, size_t n)
{
	return (V){_mm256_maskload_ps(p, first_lanes(n, 0)),
	           n > 8 ? _mm256_maskload_ps(p + 8, first_lanes(n, 8)) : _mm256_setzero_ps()};
}
static inline V
v_first(V a, size_t n, V b)
{
	return v_select((M){_mm256_castsi256_ps(first_lanes(n, 0)),
	                    _mm256_castsi256_ps(first_lanes(n, 8))}, a, b);
}
static inline void
v_store_n(float *p, V x, size_t n)
{
	_mm256_maskstore_ps(p, first_lanes(n, 0), x.l);
	if (n > 8)
		_mm256_maskstore_ps(p + 8, first_lanes(n, 8), x.h);
}
#undef PAIR
#undef EACH
#undef ROUND
#undef COMPARE

#elif defined(MILC_NEON)
#include <arm_neon.h>

typedef struct V { float32x4_t q[4]; } V;
typedef struct W { int32x4_t q[4]; } W;
typedef struct M { uint32x4_t q[4]; } M;

#define EACH(T, e)                                                                                 \
	T r;                                                                                       \
	for (int i = 0; i < 4; i++)                                                                \
		r.q[i] = e;                                                                        \
	return r
static inline V v_set1(float x) { EACH(V, vdupq_n_f32(x)); }
static inline V v_load(const float *p) { EACH(V, vld1q_f32(p + 4 * i)); }
static inline void
v_store(float *p, V x)
{
	for (int i = 0; i < 4; i++)
		vst1q_f32(p + 4 * i, x.q[i]);
}
static inline V v_add(V a, V b) { EACH(V, vaddq_f32(a.q[i], b.q[i])); }
static inline V v_sub(V a, V b) { EACH(V, vsubq_f32(a.q[i], b.q[i])); }
static inline V v_mul(V a, V b) { EACH(V, vmulq_f32(a.q[i], b.q[i])); }
static inline V v_div(V a, V b) { EACH(V, vdivq_f32(a.q[i], b.q[i])); }
static inline V v_fma(V a, V b, V c) { EACH(V, vfmaq_f32(c.q[i], a.q[i], b.q[i])); }
static inline V v_sqrt(V a) { EACH(V, vsqrtq_f32(a.q[i])); }
static inline V v_max(V a, V b) { EACH(V, vbslq_f32(vcgtq_f32(a.q[i], b.q[i]), a.q[i], b.q[i])); }
static inline V v_min(V a, V b) { EACH(V, vbslq_f32(vcltq_f32(a.q[i], b.q[i]), a.q[i], b.q[i])); }
static inline V v_rint(V a) { EACH(V, vrndnq_f32(a.q[i])); }
static inline V v_floor(V a) { EACH(V, vrndmq_f32(a.q[i])); }
static inline V v_ceil(V a) { EACH(V, vrndpq_f32(a.q[i])); }
static inline V v_trunc(V a) { EACH(V, vrndq_f32(a.q[i])); }
static inline M v_lt(V a, V b) { EACH(M, vcltq_f32(a.q[i], b.q[i])); }
static inline M v_le(V a, V b) { EACH(M, vcleq_f32(a.q[i], b.q[i])); }
static inline M v_eq(V a, V b) { EACH(M, vceqq_f32(a.q[i], b.q[i])); }
static inline M
v_unordered(V a, V b)
{
	EACH(M, vmvnq_u32(vandq_u32(vceqq_f32(a.q[i], a.q[i]), vceqq_f32(b.q[i], b.q[i]))));
}
static inline V v_select(M m, V a, V b) { EACH(V, vbslq_f32(m.q[i], a.q[i], b.q[i])); }
static inline M m_and(M a, M b) { EACH(M, vandq_u32(a.q[i], b.q[i])); }
static inline M m_or(M a, M b) { EACH(M, vorrq_u32(a.q[i], b.q[i])); }
static inline M m_not(M a) { EACH(M, vmvnq_u32(a.q[i])); }
static inline bool
m_any(M a)
{
	return vmaxvq_u32(vorrq_u32(vorrq_u32(a.q[0], a.q[1]), vorrq_u32(a.q[2], a.q[3]))) != 0;
}
static inline W v_bits(V a) { EACH(W, vreinterpretq_s32_f32(a.q[i])); }
static inline V w_float(W a) { EACH(V, vreinterpretq_f32_s32(a.q[i])); }
static inline W v_int(V a) { EACH(W, vcvtq_s32_f32(a.q[i])); }
static inline V w_v(W a) { EACH(V, vcvtq_f32_s32(a.q[i])); }
static inline W w_set1(int32_t x) { EACH(W, vdupq_n_s32(x)); }
static inline W w_add(W a, W b) { EACH(W, vaddq_s32(a.q[i], b.q[i])); }
static inline W w_sub(W a, W b) { EACH(W, vsubq_s32(a.q[i], b.q[i])); }
static inline W w_and(W a, W b) { EACH(W, vandq_s32(a.q[i], b.q[i])); }
static inline W w_or(W a, W b) { EACH(W, vorrq_s32(a.q[i], b.q[i])); }
static inline W w_xor(W a, W b) { EACH(W, veorq_s32(a.q[i], b.q[i])); }
static inline W w_shl(W a, int n) { EACH(W, vshlq_s32(a.q[i], vdupq_n_s32(n))); }
static inline W w_shr(W a, int n) { EACH(W, vshlq_s32(a.q[i], vdupq_n_s32(-n))); }
static inline V
v_evens(V a, V b)
{
	EACH(V, i < 2 ? vuzp1q_f32(a.q[2 * i], a.q[2 * i + 1])
	              : vuzp1q_f32(b.q[2 * i - 4], b.q[2 * i - 3]));
}
static inline V
v_load_half(const uint16_t *p)
{
	EACH(V, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i))));
}
static inline void
v_store_half(uint16_t *p, V x)
{
	for (int i = 0; i < 4; i++)
		vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(x.q[i])));
}
static inline V v_round_half(V x) { EACH(V, vcvt_f32_f16(vcvt_f16_f32(x.q[i]))); }
static inline float
v_sum(V x)
{
	float32x4_t b = vaddq_f32(vaddq_f32(x.q[0], x.q[2]), vaddq_f32(x.q[1], x.q[3]));
	float32x2_t c = vadd_f32(vget_low_f32(b), vget_high_f32(b));
	return vget_lane_f32(c, 0) + vget_lane_f32(c, 1);
}
#undef EACH

#else /* plain C */
#include <math.h>

typedef struct V { float v[LANES]; } V;
typedef struct W { int32_t v[LANES]; } W;
typedef struct M { int32_t v[LANES]; } M; /* 0 or -1 */

#define EACH(T, e)                                                                                 \
	T r;                                                                                       \
	for (int i = 0; i < LANES; i++)                                                            \
		r.v[i] = e;                                                                        \
	return r
static inline V v_set1(float x) { EACH(V, x); }
static inline V v_load(const float *p) { EACH(V, p[i]); }
static inline void v_store(float *p, V x) { memcpy(p, x.v, sizeof x.v); }
static inline V v_add(V a, V b) { EACH(V, a.v[i] + b.v[i]); }
static inline V v_sub(V a, V b) { EACH(V, a.v[i] - b.v[i]); }
static inline V v_mul(V a, V b) { EACH(V, a.v[i] * b.v[i]); }
static inline V v_div(V a, V b) { EACH(V, a.v[i] / b.v[i]); }
static inline V v_sqrt(V a) { EACH(V, sqrtf(a.v[i])); }
static inline V v_max(V a, V b) { EACH(V, a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
static inline V v_min(V a, V b) { EACH(V, a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
static inline V v_rint(V a) { EACH(V, rintf(a.v[i])); }
static inline V v_floor(V a) { EACH(V, floorf(a.v[i])); }
static inline V v_ceil(V a) { EACH(V, ceilf(a.v[i])); }
static inline V v_trunc(V a) { EACH(V, truncf(a.v[i])); }
static inline M v_lt(V a, V b) { EACH(M, -(a.v[i] < b.v[i])); }
static inline M v_le(V a, V b) { EACH(M, -(a.v[i] <= b.v[i])); }
static inline M v_eq(V a, V b) { EACH(M, -(a.v[i] == b.v[i])); }
static inline M v_unordered(V a, V b) { EACH(M, -(a.v[i] != a.v[i] || b.v[i] != b.v[i])); }
static inline V v_select(M m, V a, V b) { EACH(V, m.v[i] ? a.v[i] : b.v[i]); }
static inline M m_and(M a, M b) { EACH(M, a.v[i] & b.v[i]); }
static inline M m_or(M a, M b) { EACH(M, a.v[i] | b.v[i]); }
static inline M m_not(M a) { EACH(M, ~a.v[i]); }
static inline bool
m_any(M a)
{
	int32_t any = 0;
	for (int i = 0; i < LANES; i++)
		any |= a.v[i];
	return any != 0;
}
static inline W v_bits(V a) { W r; memcpy(&r, &a, sizeof r); return r; }
static inline V w_float(W a) { V r; memcpy(&r, &a, sizeof r); return r; }
/* What has no int32 is not asked for. */
static inline W
v_int(V a)
{
	EACH(W, a.v[i] > -2147483648.f && a.v[i] < 2147483648.f ? (int32_t)a.v[i] : INT32_MIN);
}
static inline V w_v(W a) { EACH(V, (float)a.v[i]); }
static inline W w_set1(int32_t x) { EACH(W, x); }
static inline W w_add(W a, W b) { EACH(W, (int32_t)((uint32_t)a.v[i] + (uint32_t)b.v[i])); }
static inline W w_sub(W a, W b) { EACH(W, (int32_t)((uint32_t)a.v[i] - (uint32_t)b.v[i])); }
static inline W w_and(W a, W b) { EACH(W, a.v[i] & b.v[i]); }
static inline W w_or(W a, W b) { EACH(W, a.v[i] | b.v[i]); }
static inline W w_xor(W a, W b) { EACH(W, a.v[i] ^ b.v[i]); }
static inline W w_shl(W a, int n) { EACH(W, (int32_t)((uint32_t)a.v[i] << n)); }
static inline W w_shr(W a, int n) { EACH(W, a.v[i] >> n); }
static inline V v_evens(V a, V b) { EACH(V, i < 8 ? a.v[2 * i] : b.v[2 * i - 16]); }
static inline V
v_load_half(const uint16_t *p)
{
	V r;
	half_to_floats(r.v, p, LANES);
	return r;
}
static inline void v_store_half(uint16_t *p, V x) { half_from_floats(p, x.v, LANES); }
static inline V v_round_half(V x) { EACH(V, half_to_float(half_from_float(x.v[i]))); }
static inline float
v_sum(V x)
{
	for (int n = LANES / 2; n; n /= 2)
		for (int i = 0; i < n; i++)
			x.v[i] += x.v[i + n];
	return x.v[0];
}

/* The exact sum of a product and c, rounded once. The product of two floats is exact in double. The
 * sum is rounded to double first, which is seen only where that falls on a half of float's last
 * digit, or where float's digits are fewer: there the double is made odd when it is not exact, and
 * has digits enough for the second rounding to be the only one (Boldo, Melquiond, 2008). */
static inline float
fma_exactly(double p, double c)
{
	double s = p + c, t = s - p, lost = (p - (s - t)) + (c - t);
	int64_t bits;

	memcpy(&bits, &s, sizeof bits);
	if (s - s == 0 && lost != 0 && !(bits & 1)) {
		bits += (lost > 0) == (s > 0) ? 1 : -1;
		memcpy(&s, &bits, sizeof s);
	}
	return (float)s;
}
static inline V
v_fma(V a, V b, V c)
{
	double s[LANES];
	int odd = 0;
	V r;

	for (int i = 0; i < LANES; i++) {
		uint64_t bits;
		s[i] = (double)a.v[i] * b.v[i] + c.v[i];
		memcpy(&bits, &s[i], sizeof bits);
		odd |= (bits & 0x1fffffff) == 0x10000000;
		odd |= fabs(s[i]) < 0x1p-125 && s[i] != 0;
		r.v[i] = (float)s[i];
	}
	for (int i = 0; odd && i < LANES; i++)
		r.v[i] = fma_exactly((double)a.v[i] * b.v[i], c.v[i]);
	return r;
}
#undef EACH
#endif

/* ---- what is made of these ---- */

#if !defined(MILC_AVX512)
static inline V
v_load_part(const float *p, size_t first, size_t end)
{
	float x[LANES] = {0};
	for (size_t i = first; i < LANES && i < end; i++)
		x[i] = p[i];
	return v_load(x);
}
#endif

#if !defined(MILC_AVX512) && !defined(MILC_AVX2)
static inline V
v_load_n(const float *p, size_t n)
{
	float x[LANES] = {0};
	memcpy(x, p, (n < LANES ? n : LANES) * sizeof *x);
	return v_load(x);
}
static inline void
v_store_n(float *p, V v, size_t n)
{
	float x[LANES];
	v_store(x, v);
	memcpy(p, x, (n < LANES ? n : LANES) * sizeof *x);
}
static inline V
v_first(V a, size_t n, V b)
{
	float x[LANES];
	v_store(x, b);
	v_store_n(x, a, n);
	return v_load(x);
}
static inline void v_stream(float *p, V x) { v_store(p, x); }
static inline void v_stream_end(void) {}
static inline V
v_pick(const float *p, const int32_t *at)
{
	float x[LANES];

	for (int i = 0; i < LANES; i++)
		x[i] = p[at[i]];
	return v_load(x);
}
#else
static inline void v_stream_end(void) { _mm_sfence(); }
#endif
static inline V v_zero(void) { return v_set1(0); }
static inline V v_load_half_n(const uint16_t *p, size_t n)
{
	uint16_t x[LANES] = {0};
	memcpy(x, p, (n < LANES ? n : LANES) * sizeof *x);
	return v_load_half(x);
}
static inline void v_store_half_n(uint16_t *p, V v, size_t n)
{
	uint16_t x[LANES];
	v_store_half(x, v);
	memcpy(p, x, (n < LANES ? n : LANES) * sizeof *x);
}
/* n floats as halves, and back. */
static inline void
v_store_halves(uint16_t *to, const float *x, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		v_store_half(to + i, v_load(x + i));
	if (i < n)
		v_store_half_n(to + i, v_load_n(x + i, n - i), n - i);
}
static inline void
v_load_halves(float *to, const uint16_t *x, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		v_store(to + i, v_load_half(x + i));
	if (i < n)
		v_store_n(to + i, v_load_half_n(x + i, n - i), n - i);
}
static inline V v_abs(V a) { return w_float(w_and(v_bits(a), w_set1(0x7fffffff))); }
static inline V v_neg(V a) { return w_float(w_xor(v_bits(a), w_set1(INT32_MIN))); }
static inline V
v_copysign(V a, V sign)
{
	return w_float(w_or(w_and(v_bits(a), w_set1(0x7fffffff)),
	                    w_and(v_bits(sign), w_set1(INT32_MIN))));
}
static inline M v_nan(V a) { return v_unordered(a, a); }
/* The largest lane; NaN if any is. */
static inline float
v_largest(V a)
{
	float x[LANES], most;

	v_store(x, a);
	most = x[0];
	for (int i = 1; i < LANES; i++)
		most = x[i] > most || x[i] != x[i] ? x[i] : most;
	return most;
}
/* a * 2^n, n whole, -252 <= n <= 254: rounded once, where it is subnormal. */
static inline V
v_scale2(V a, V n)
{
#if defined(MILC_AVX512)
	return _mm512_scalef_ps(a, n);
#else
	W k = v_int(n), half = w_shr(k, 1);

	a = v_mul(a, w_float(w_shl(w_add(half, w_set1(127)), 23)));
	return v_mul(a, w_float(w_shl(w_add(w_sub(k, half), w_set1(127)), 23)));
#endif
}

#endif
