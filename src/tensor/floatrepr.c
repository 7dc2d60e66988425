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

/* The digits of d.ddde+x; the exponent. */
static int
split(const char *text, char *digit, int *n)
{
	for (*n = 0; *text != 'e'; text++)
		if (*text != '.')
			digit[(*n)++] = *text;
	digit[*n] = 0;
	return atoi(text + 1);
}

int
exact_digits(double v, int prec, char *digit)
{
	Buf b = {0};
	int n, e;

	buf_printf(&b, "%.*e", prec, v);
	e = split(b.at, digit, &n);
	buf_free(&b);
	return e;
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
	int e, n;
	bool power = frexp(v, &e) == 0.5;
	char text[40];

	for (int p = v < least ? 1 : sure;; p++) {
		snprintf(text, sizeof text, "%.*e", p - 1, v);
		if (p >= most || read_back(text, bits) == v)
			break;
		if (power && next_up(text, p > 1 ? p : 0) && read_back(text, bits) == v)
			break;
	}
	*exp10 = split(text, digit, &n);
	while (n > 1 && digit[n - 1] == '0')
		n--;
	digit[n] = 0;
	return n;
}

void
put_digits(Buf *out, const char *digit, int64_t n, int e, bool exponent, bool point, bool zero)
{
	int64_t whole = exponent ? 1 : e + 1; /* digits before the point */

	if (whole <= 0)
		buf_puts(out, "0.");
	for (int64_t i = MIN(whole, 0); i < MAX(n, whole); i++) {
		buf_byte(out, i < 0 || i >= n ? '0' : digit[i]);
		if (i == whole - 1 && (n > whole || point))
			buf_byte(out, '.');
	}
	if (exponent)
		buf_printf(out, "e%c%02d", e < 0 ? '-' : '+', abs(e));
	else if (zero && n <= whole)
		buf_puts(out, point ? "0" : ".0");
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
		put_digits(out, digit, n, e, fabs(v) < 1e-4 || fabs(v) >= large, false, true);
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
