/* roofline.c: what this machine can do, measured: see profile.h. Both take the best of a few short
 * turns, since others may use the machine meanwhile.
 */
#include "profile.h"

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define HAS_FMA
#endif

enum { TURNS = 5, CHAINS = 12, STEPS = 40000, COPIED = 16 << 20 };

/* What is computed must be needed by somebody. */
static volatile float sink;

#ifdef HAS_FMA
/* Chains of fused multiplications and additions, as many as are under way at a time: one after the
 * other here, since they must stay in registers. */
#define EACH(X)    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define DECLARE(k) __m256 x##k = _mm256_set1_ps((float)(k));
#define STEP(k)    x##k = _mm256_fmadd_ps(x##k, a, b);
#define SUM(k)     sum = _mm256_add_ps(sum, x##k);
__attribute__((target("avx2,fma"))) static double
chains_fma(void)
{
	__m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f), sum = _mm256_setzero_ps();
	float out[8];

	EACH(DECLARE)
	for (int n = 0; n < STEPS; n++) {
		EACH(STEP)
	}
	EACH(SUM)
	_mm256_storeu_ps(out, sum);
	sink = out[0];
	return 2.0 * 8 * CHAINS * STEPS;
}
#undef EACH
#undef DECLARE
#undef STEP
#undef SUM
#endif

/* The same in C. */
static double
chains_plain(void)
{
	float x[4 * CHAINS];

	for (int k = 0; k < 4 * CHAINS; k++)
		x[k] = (float)k;
	for (int n = 0; n < STEPS; n++)
		for (int k = 0; k < 4 * CHAINS; k++)
			x[k] = x[k] * 0.999f + 0.001f;
	sink = x[0] + x[4 * CHAINS - 1];
	return 2.0 * 4 * CHAINS * STEPS;
}

static double
chains(void)
{
#ifdef HAS_FMA
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return chains_fma();
#endif
	return chains_plain();
}

static double
measure_flops(void)
{
	double best = 0;

	for (int k = 0; k < TURNS; k++) {
		double start = now_ms(), n = chains(), ms = now_ms() - start;
		if (ms > 0)
			best = MAX(best, n / ms * 1e3);
	}
	return best;
}

static double
measure_bytes(void)
{
	char *from = xhuge(COPIED), *to = xhuge(COPIED);
	double best = 0;

	memset(from, 1, COPIED);
	memset(to, 2, COPIED);
	for (int k = 0; k < TURNS; k++) {
		double start = now_ms(), ms;
		memcpy(to, from, COPIED);
		ms = now_ms() - start;
		from[k] = to[COPIED - 1 - k];
		if (ms > 0)
			best = MAX(best, 2.0 * COPIED / ms * 1e3);
	}
	xfree(from);
	xfree(to);
	return best;
}

Roofline
roofline_measure(void)
{
	return (Roofline){measure_flops(), measure_bytes()};
}

double
roofline_share(const Roofline *r, unsigned threads, double flops, double bytes, double seconds)
{
	double compute = r->flops > 0 ? flops / (r->flops * threads) : 0;
	double move = r->bytes > 0 ? bytes / r->bytes : 0;

	return seconds > 0 ? MAX(compute, move) / seconds : 0;
}
