/* floatrepr.c: shortest decimal forms of floats (floatrepr.h). The digits come from the C library's
 * correctly rounded printf, with as few of them as read back to the same number. A power of two has
 * less room below than above, so there the next decimal up is looked at too.
 */
#include "floatrepr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tensor.h"

/* Reads a decimal as a number of so many bits. */
static double
read_back(const char *text, int bits)
{
	if (bits == 24)
		return strtof(text, 0);
	if (bits == 11)
		return half_to_float(half_from_double(strtod(text, 0)));
	return strtod(text, 0);
}

/* d.ddde+x one unit in the last place up; false when a carry would change its length. */
static bool
next_up(char *text, int digits)
{
	for (int i = digits; i >= 0; i--) {
		if (i == 1 && digits > 1)
			continue; /* the point */
		if (text[i] < '9' && text[i] >= '0') {
			text[i]++;
			return true;
		}
		if (text[i] == '9')
			text[i] = '0';
	}
	return false;
}

int
shortest_digits(double v, int bits, char *digit, int *exp10)
{
	/* so many digits always survive, unless the number is subnormal */
	int sure = bits == 53   ? 15
	           : bits == 24 ? 6
	                        : 3,
	    most = bits == 53   ? 17
	           : bits == 24 ? 9
	                        : 5;
	double least = bits == 53 ? 0x1p-1022 : bits == 24 ? 0x1p-126 : 0x1p-14;
	int e, n = 0;
	bool power = frexp(v, &e) == 0.5;
	char text[40];

	for (int p = v < least ? 1 : sure;; p++) {
		snprintf(text, sizeof text, "%.*e", p - 1, v);
		if (p >= most || read_back(text, bits) == v)
			break;
		if (power && next_up(text, p > 1 ? p : 0) && read_back(text, bits) == v)
			break;
	}
	for (const char *s = text; *s != 'e'; s++)
		if (*s != '.')
			digit[n++] = *s;
	while (n > 1 && digit[n - 1] == '0')
		n--;
	digit[n] = 0;
	*exp10 = atoi(strchr(text, 'e') + 1);
	return n;
}

static void
put_digits(Buf *out, const char *digit, int n, int e, bool exponent)
{
	if (exponent) {
		buf_byte(out, digit[0]);
		if (n > 1) {
			buf_byte(out, '.');
			buf_put(out, digit + 1, (size_t)n - 1);
		}
		buf_printf(out, "e%c%02d", e < 0 ? '-' : '+', abs(e));
	} else if (e < 0) {
		buf_puts(out, "0.");
		for (int i = -1; i > e; i--)
			buf_byte(out, '0');
		buf_put(out, digit, (size_t)n);
	} else {
		for (int i = 0; i <= e; i++)
			buf_byte(out, i < n ? digit[i] : '0');
		buf_byte(out, '.');
		if (n > e + 1)
			buf_put(out, digit + e + 1, (size_t)(n - e - 1));
		else
			buf_byte(out, '0');
	}
}

/* From `large` on, and below 1e-4, the form with an exponent is used. */
static void
put_float(Buf *out, double v, int bits, double large)
{
	char digit[24];
	int e, n;

	if (isnan(v)) {
		buf_puts(out, "nan");
		return;
	}
	if (signbit(v))
		buf_byte(out, '-');
	if (isinf(v)) {
		buf_puts(out, "inf");
	} else if (v == 0) {
		buf_puts(out, "0.0");
	} else {
		n = shortest_digits(fabs(v), bits, digit, &e);
		put_digits(out, digit, n, e, fabs(v) < 1e-4 || fabs(v) >= large);
	}
}

void
put_float64(Buf *out, double v)
{
	if (fabs(v) < 1e15 && v == floor(v) && v != 0) {
		buf_printf(out, "%lld.0", (long long)v);
		return;
	}
	put_float(out, v, 53, 1e16);
}

void
put_float32(Buf *out, float v)
{
	put_float(out, v, 24, 1e6);
}

void
put_float16(Buf *out, uint16_t bits)
{
	put_float(out, half_to_float(bits), 11, 1e3);
}
