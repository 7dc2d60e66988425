/* test_floatrepr.c: shortest decimals of float64, float32 and float16; the texts are NumPy 2.4's.
 */
#include <math.h>
#include <stdio.h>

#include "tensor/floatrepr.h"

static int passed, failed;

static void
expect(Buf *b, const char *want)
{
	if (strcmp(b->at, want) == 0) {
		passed++;
	} else {
		failed++;
		printf("found %s, expected %s\n", b->at, want);
	}
	buf_clear(b);
}

int
main(void)
{
	static const struct {
		double v;
		const char *text;
	} f64[] = {
	    {0.1, "0.1"},
	    {-0.0, "-0.0"},
	    {1e16, "1e+16"},
	    {123456789012345680.0, "1.2345678901234568e+17"},
	    {5e-324, "5e-324"},
	    {1e23, "1e+23"},
	    {0x1p-44, "5.684341886080802e-14"},
	    {1e-4, "0.0001"},
	    {9.999e-5, "9.999e-05"},
	    {1e15, "1000000000000000.0"},
	    {0x1.fffffffffffffp1023, "1.7976931348623157e+308"},
	    {0x1p-1022, "2.2250738585072014e-308"},
	    {-INFINITY, "-inf"},
	    {NAN, "nan"},
	};
	static const struct {
		float v;
		const char *text;
	} f32[] = {
	    {0.1f, "0.1"},           {1e6f, "1e+06"},
	    {999999.9f, "999999.9"}, {16777216.0f, "1.6777216e+07"},
	    {1e-45f, "1e-45"},       {3.4028235e38f, "3.4028235e+38"},
	    {1e-4f, "1e-04"},
	};
	static const struct {
		uint16_t v;
		const char *text;
	} f16[] = {
	    {0x2e66, "0.1"},      {0x63d0, "1e+03"}, {0x63ce, "999.0"},
	    {0x7bff, "6.55e+04"}, {1, "6e-08"},      {0xfc00, "-inf"},
	};
	Buf b = {0};

	for (size_t i = 0; i < countof(f64); i++) {
		put_float64(&b, f64[i].v);
		expect(&b, f64[i].text);
	}
	for (size_t i = 0; i < countof(f32); i++) {
		put_float32(&b, f32[i].v);
		expect(&b, f32[i].text);
	}
	for (size_t i = 0; i < countof(f16); i++) {
		put_float16(&b, f16[i].v);
		expect(&b, f16[i].text);
	}
	buf_free(&b);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
