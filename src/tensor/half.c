/* half.c: conversions between fp16 and wider floats, and whether numbers are in its range.
 *
 * The plain C code and the F16C instructions give the same bits for every input: round to nearest
 * even, overflow to infinity, subnormals exact, a NaN keeps its sign and upper payload and becomes
 * quiet. The array functions take pointers of any alignment, as mapped files give them.
 */
#include <math.h>

#include "tensor.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_F16C 1
#include <immintrin.h>
#else
#define HAVE_F16C 0
#endif

uint16_t
half_from_double(double d)
{
	uint64_t x, sign, m, r, rest, tie;
	unsigned shift;

	memcpy(&x, &d, sizeof x);
	sign = x >> 48 & 0x8000;
	x &= ~(UINT64_C(1) << 63);
	if (x > UINT64_C(0x7ff0000000000000))
		return (uint16_t)(sign | 0x7e00 | (x >> 42 & 0x3ff));
	if (x >= UINT64_C(0x40effe0000000000)) /* 65520 */
		return (uint16_t)(sign | 0x7c00);
	if (x < UINT64_C(0x3e60000000000000)) /* 2^-25 */
		return (uint16_t)sign;
	if (x < UINT64_C(0x3f10000000000000)) { /* 2^-14 */
		m = (x & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
		shift = (unsigned)(1051 - (x >> 52));
	} else {
		m = x - (UINT64_C(1008) << 52);
		shift = 42;
	}
	r = m >> shift;
	rest = m & ((UINT64_C(1) << shift) - 1);
	tie = UINT64_C(1) << (shift - 1);
	r += rest > tie || (rest == tie && (r & 1));
	return (uint16_t)(sign | r);
}

uint16_t
half_from_float(float f)
{
	return half_from_double((double)f); /* which holds it, NaN and all */
}

float
half_to_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, e = h >> 10 & 0x1f, m = h & 0x3ff, x;
	float f;

	if (e == 0x1f) {
		x = 0x7f800000 | m << 13 | (m ? 0x400000 : 0);
	} else if (e) {
		x = (e + 112) << 23 | m << 13;
	} else { /* zero or subnormal: m * 2^-24 is exact */
		f = (float)m * 0x1p-24f;
		memcpy(&x, &f, sizeof x);
	}
	x |= sign;
	memcpy(&f, &x, sizeof f);
	return f;
}

static void
narrow_plain(char *dst, const char *src, size_t n)
{
	size_t i;
	float f;
	uint16_t h;

	for (i = 0; i < n; i++) {
		memcpy(&f, src + i * 4, 4);
		h = half_from_float(f);
		memcpy(dst + i * 2, &h, 2);
	}
}

static void
widen_plain(char *dst, const char *src, size_t n)
{
	size_t i;
	float f;
	uint16_t h;

	for (i = 0; i < n; i++) {
		memcpy(&h, src + i * 2, 2);
		f = half_to_float(h);
		memcpy(dst + i * 4, &f, 4);
	}
}

enum { TOGETHER = 16 }; /* numbers compared at a time, for which compilers have instructions */

/* Of whole groups of so many. */
static float
largest_plain(const char *src, size_t n)
{
	float most[TOGETHER] = {0}, part[TOGETHER];

	for (size_t i = 0; i + TOGETHER <= n; i += TOGETHER) {
		memcpy(part, src + i * 4, sizeof part);
		for (int k = 0; k < TOGETHER; k++)
			most[k] = fabsf(part[k]) > most[k] ? fabsf(part[k]) : most[k];
	}
	for (int k = 1; k < TOGETHER; k++)
		most[0] = MAX(most[0], most[k]);
	return most[0];
}

#if HAVE_F16C
/* The first operand of _mm256_max_ps is not taken when it is NaN. */
__attribute__((target("avx"))) static float
largest_avx(const char *src, size_t n)
{
	const __m256 sign = _mm256_set1_ps(-0.0f);
	__m256 most[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
	float m[8];

	for (size_t i = 0; i + TOGETHER <= n; i += TOGETHER)
		for (size_t k = 0; k < 2; k++) {
			const void *at = src + (i + k * 8) * 4;
			__m256 f = _mm256_castsi256_ps(_mm256_loadu_si256(at));
			most[k] = _mm256_max_ps(_mm256_andnot_ps(sign, f), most[k]);
		}
	_mm256_storeu_ps(m, _mm256_max_ps(most[0], most[1]));
	for (int k = 1; k < 8; k++)
		m[0] = MAX(m[0], m[k]);
	return m[0];
}

__attribute__((target("avx,f16c"))) static size_t
narrow_f16c(char *dst, const char *src, size_t n)
{
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		__m256 f = _mm256_castsi256_ps(_mm256_loadu_si256((const void *)(src + i * 4)));
		_mm_storeu_si128((void *)(dst + i * 2),
		                 _mm256_cvtps_ph(f, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
	}
	return i;
}

__attribute__((target("avx,f16c"))) static size_t
widen_f16c(char *dst, const char *src, size_t n)
{
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		__m256 f = _mm256_cvtph_ps(_mm_loadu_si128((const void *)(src + i * 2)));
		_mm256_storeu_si256((void *)(dst + i * 4), _mm256_castps_si256(f));
	}
	return i;
}

/* Every CPU with AVX2 has F16C; clang's builtin does not know the name "f16c". */
static bool
cpu_has_f16c(void)
{
	return __builtin_cpu_supports("avx2");
}
#endif

void
half_from_floats(uint16_t *dst, const float *src, size_t n)
{
	char *d = (char *)dst;
	const char *s = (const char *)src;
	size_t done = 0;

#if HAVE_F16C
	if (n >= 8 && cpu_has_f16c())
		done = narrow_f16c(d, s, n);
#endif
	narrow_plain(d + done * 2, s + done * 4, n - done);
}

void
half_to_floats(float *dst, const uint16_t *src, size_t n)
{
	char *d = (char *)dst;
	const char *s = (const char *)src;
	size_t done = 0;

#if HAVE_F16C
	if (n >= 8 && cpu_has_f16c())
		done = widen_f16c(d, s, n);
#endif
	widen_plain(d + done * 4, s + done * 2, n - done);
}

float
floats_largest(const void *src, size_t n)
{
	const char *s = src;
	size_t done = n / TOGETHER * TOGETHER;
	float most, f;

#if HAVE_F16C
	if (cpu_has_f16c())
		most = largest_avx(s, done);
	else
#endif
		most = largest_plain(s, done);
	for (; done < n; done++) {
		memcpy(&f, s + done * 4, 4);
		most = fabsf(f) > most ? fabsf(f) : most;
	}
	return most;
}
