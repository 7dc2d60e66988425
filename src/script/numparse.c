/* numparse.c: int() and float() of text, and int literals. Blanks around are allowed, `_` between
 * digits; Unicode's other digits are refused.
 */
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "core.h"

/* Copies the digits without `_`; false if they are no number of that base. */
static bool
plain_digits(const char *s, const char *end, int base, bool prefixed, Buf *out)
{
	bool before = prefixed; /* may a `_` stand here? */

	for (; s < end; s++) {
		if (*s == '_' && before) {
			before = false;
			continue;
		}
		if (digit_value(*s) >= base)
			return false;
		buf_byte(out, *s);
		before = true;
	}
	return out->n && before;
}

static int
prefix_base(const char *s, const char *end)
{
	if (end - s < 2 || s[0] != '0')
		return 0;
	return (s[1] | 32) == 'x' ? 16 : (s[1] | 32) == 'o' ? 8 : (s[1] | 32) == 'b' ? 2 : 0;
}

/* 1 done, 0 no such number, -1 too large */
static int
parse_digits(Interp *in, const char *s, const char *end, int base, Value *out)
{
	bool neg = s < end && *s == '-', prefixed;
	Buf digits = {0};
	Int a;
	int r = 0, found;

	if (s < end && (*s == '-' || *s == '+'))
		s++;
	found = prefix_base(s, end);
	prefixed = found && (base == 0 || base == found);
	if (prefixed)
		s += 2;
	if (base == 0) {
		base = found ? found : 10;
		/* 007 is no literal, 000 is */
		if (!found && s < end && *s == '0')
			for (const char *p = s; p < end; p++)
				if (*p != '0' && *p != '_')
					return 0;
	}
	if (plain_digits(s, end, base, prefixed, &digits)) {
		r = big_from_digits(&a, digits.at, digits.n, base) ? 1 : -1;
		a.neg = neg && a.n;
		if (r > 0)
			*out = big_value(in, &a);
	}
	buf_free(&digits);
	return r;
}

bool
num_parse_int(Interp *in, Value text, int base, Value *out, Span at)
{
	const char *s = STR_OF(text)->s, *end = s + STR_OF(text)->len;
	int r;

	if (!interp_steps(in, STR_OF(text)->len / 64))
		return false;
	text_trim(in, &s, &end, 3, 0);
	r = parse_digits(in, s, end, base, out);
	if (r > 0)
		return true;
	if (r < 0)
		return fail(in, at, "the int has more than %d bits, which is the limit here",
		            BIG_BITS);
	return fail(in, at, "invalid literal for int() with base %d: %.200s", base,
	            shown(in, text));
}

/* inf, infinity, nan with a sign. */
static bool
parse_word(Interp *in, const char *s, size_t n, double *out)
{
	bool neg = n && *s == '-';

	if (n && (*s == '-' || *s == '+')) {
		s++;
		n--;
	}
	if ((n == 3 && !strncasecmp(s, "inf", n)) ||
	    (n == 8 && !strncasecmp(s, "infinity", n))) {
		*out = neg ? -INFINITY : INFINITY;
		return true;
	}
	if (n == 3 && !strncasecmp(s, "nan", n)) {
		/* each NaN is its own object: its payload tells them apart (value_is) */
		uint64_t bits =
		    0x7ff8000000000000u | (interp_serial(in) & 0xfffffff) | (uint64_t)neg << 63;
		memcpy(out, &bits, sizeof *out);
		return true;
	}
	return false;
}

/* Copies a decimal without `_`; false if it is none. */
static bool
plain_decimal(const char *s, const char *end, Buf *out)
{
	bool digits = false, point = false, exponent = false, after = false;

	if (s < end && (*s == '-' || *s == '+'))
		buf_byte(out, *s++);
	for (; s < end; s++) {
		if (*s >= '0' && *s <= '9') {
			digits = after = true;
		} else if (*s == '_') {
			if (!after || s + 1 == end || s[1] < '0' || s[1] > '9')
				return false;
			continue;
		} else if (*s == '.' && !point && !exponent) {
			point = true;
			after = false;
		} else if ((*s | 32) == 'e' && digits && !exponent) {
			exponent = true;
			digits = after = false;
			buf_byte(out, *s);
			if (s + 1 < end && (s[1] == '-' || s[1] == '+'))
				buf_byte(out, *++s);
			continue;
		} else {
			return false;
		}
		buf_byte(out, *s);
	}
	return digits;
}

bool
num_parse_float(Interp *in, Value text, Value *out, Span at)
{
	const char *s = STR_OF(text)->s, *end = s + STR_OF(text)->len;
	Buf plain = {0};
	double d;
	bool ok;

	if (!interp_steps(in, STR_OF(text)->len / 64))
		return false;
	text_trim(in, &s, &end, 3, 0);
	ok = parse_word(in, s, (size_t)(end - s), &d);
	if (!ok && (ok = plain_decimal(s, end, &plain)))
		d = strtod(plain.at, 0);
	buf_free(&plain);
	if (!ok)
		return fail(in, at, "could not convert string to float: %.200s", shown(in, text));
	*out = vfloat(d);
	return true;
}
