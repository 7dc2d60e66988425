/* test_fast_vec.c: sixteen floats in plain C against the C library: where there is no instruction
 * for it, v_fma() must round once all the same. */
#include "check.h"

#include "runtime/fast/vec.h"

#include <math.h>

static uint32_t
next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

static float
as_float(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static bool
same(float a, float b)
{
	return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

/* Any bits; bits near each other, whose products nearly cancel c; halves of a last digit; the
 * smallest. */
static float
draw(uint64_t *state, int kind)
{
	uint32_t r = next(state);

	switch (kind) {
	case 0:
		return as_float(r);
	case 1:
		return as_float((r & 0x80000fff) | 0x3f800000);
	case 2:
		return as_float((r & 0x80ffffff) | 0x1f000000);
	default:
		return as_float(r & 0x80ffffff);
	}
}

static void
fma_once(void)
{
	uint64_t state = 1;
	int wrong = 0;

	for (int turn = 0; turn < 100000; turn++) {
		float a[LANES], b[LANES], c[LANES], r[LANES];
		for (int i = 0; i < LANES; i++) {
			a[i] = draw(&state, turn % 4);
			b[i] = draw(&state, turn / 4 % 4);
			c[i] = turn % 3 ? draw(&state, turn / 16 % 4) : -a[i] * b[i];
		}
		v_store(r, v_fma(v_load(a), v_load(b), v_load(c)));
		for (int i = 0; i < LANES; i++)
			wrong += !same(r[i], fmaf(a[i], b[i], c[i]));
	}
	CHECK_INT(wrong, 0);
}

static void
the_rest(void)
{
	float x[LANES], y[LANES], r[LANES];
	int wrong = 0;

	for (int i = 0; i < LANES; i++) {
		x[i] = (float)(i - 8) * 1.25f;
		y[i] = (float)(1 << i);
	}
	v_store(r, v_scale2(v_load(x), v_set1(-130)));
	for (int i = 0; i < LANES; i++)
		wrong += !same(r[i], ldexpf(x[i], -130));
	v_store(r, v_scale2(v_set1(1.5f), v_set1(-149)));
	CHECK_NUM(r[3], ldexpf(1.5f, -149));
	CHECK_INT(wrong, 0);
	CHECK_NUM(v_sum(v_load(y)), 65535);
	CHECK_NUM(v_largest(v_load(x)), 8.75);
	x[7] = NAN;
	CHECK(isnan(v_largest(v_load(x))));
	v_store_n(r, v_load_n(y, 3), 5);
	CHECK_NUM(r[2], 4);
	CHECK_NUM(r[3], 0);
	CHECK_NUM(r[5], ldexpf(1.5f, -149));
	for (size_t n = 0; n <= LANES + 1; n++) {
		v_store(r, v_first(v_load(y), n, v_set1(-1)));
		for (size_t i = 0; i < LANES; i++)
			wrong += r[i] != (i < n ? y[i] : -1);
	}
	CHECK_INT(wrong, 0);
	v_store(r, v_select(v_unordered(v_load(x), v_load(y)), v_set1(1), v_zero()));
	CHECK_NUM(r[6], 0);
	CHECK_NUM(r[7], 1);
	CHECK(m_any(v_unordered(v_zero(), v_load(x))));
	CHECK(!m_any(v_unordered(v_load(y), v_load(y))));
}

int
main(void)
{
	fma_once();
	the_rest();
	return check_report();
}
