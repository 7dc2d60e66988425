/* nummethods.c: the methods of ints and floats. */
#include <math.h>

#include "core.h"

NATIVE(int_bit_length)
{
	Int a;

	big_of(self, &a);
	*out = vint(big_bits(&a));
	return true;
}

NATIVE(int_bit_count)
{
	Int a;
	int64_t n = 0;

	big_of(self, &a);
	for (uint32_t i = 0; i < a.n; i++)
		n += __builtin_popcount(a.d[i]);
	*out = vint(n);
	return true;
}

NATIVE(conjugate)
{
	*out = int_value(self);
	return true;
}

NATIVE(int_as_integer_ratio)
{
	Value v[2] = {int_value(self), vint(1)};

	*out = vtuple(in, v, 2);
	return true;
}

NATIVE(int_to_bytes)
{
	int64_t n = 1;
	bool little = false, sign = false;
	char bytes[BIG_BITS / 8];
	Int a, unit;

	if ((args->v[0].kind != V_UNSET && !as_int(in, args->v[0], &n, "the length", args->span)) ||
	    (args->v[2].kind != V_UNSET && !value_truth(in, args->v[2], &sign, args->span)))
		return false;
	if (!byteorder_arg(in, args, args->v[1], &little))
		return false;
	if (n < 0)
		return fail(in, args->span, "a length of %lld bytes is negative", (long long)n);
	if (n > (int64_t)sizeof bytes)
		return fail(in, args->span, "a length of %lld bytes is too large", (long long)n);
	big_of(self, &a);
	if (a.neg && !sign)
		return fail(in, args->span, "a negative int needs signed=True in int.to_bytes()");
	big_from_i64(&unit, 1);
	big_shl(&unit, &unit, (uint64_t)n * 8 - (sign && n));
	if (!a.neg ? big_cmp(&a, &unit) >= 0 : (big_add(&unit, &unit, &a), unit.neg))
		return fail(in, args->span, "the int is too big for %lld bytes", (long long)n);
	for (int64_t i = 0; i < n; i++) {
		Int low, mask;
		big_from_i64(&mask, 255);
		big_bitop(&low, '&', &a, &mask);
		bytes[little ? i : n - 1 - i] = (char)(low.n ? low.d[0] : 0);
		big_shr(&a, &a, 8);
	}
	*out = vbytes(in, bytes, (size_t)n);
	return true;
}

NATIVE(float_is_integer)
{
	*out = vbool(isfinite(self.f) && floor(self.f) == self.f);
	return true;
}

NATIVE(float_as_integer_ratio)
{
	Value v[2];
	int e;
	double m = frexp(self.f, &e);
	Int num, den;

	if (!isfinite(self.f))
		return fail(in, args->span,
		            isnan(self.f) ? "cannot convert NaN to an integer ratio"
		                          : "cannot convert infinity to an integer ratio");
	while (m != floor(m)) {
		m *= 2;
		e--;
	}
	big_from_double(&num, m);
	big_from_i64(&den, 1);
	if (e > 0)
		big_shl(&num, &num, (uint64_t)e);
	else
		big_shl(&den, &den, (uint64_t)-e);
	v[0] = big_value(in, &num);
	v[1] = big_value(in, &den);
	*out = vtuple(in, v, 2);
	return true;
}

NATIVE(float_hex)
{
	Buf b = {0};
	int e;
	double m = frexp(fabs(self.f), &e);

	if (isnan(self.f)) {
		buf_puts(&b, "nan");
	} else {
		buf_puts(&b, signbit(self.f) ? "-" : "");
		if (isinf(self.f)) {
			buf_puts(&b, "inf");
		} else if (m == 0) {
			buf_puts(&b, "0x0.0p+0");
		} else {
			int shift = e < -1021 ? -1021 - e : 0; /* subnormals keep their exponent */
			uint64_t bits = (uint64_t)ldexp(m, 53 - shift);
			buf_printf(&b, "0x%d.%013llxp%+d", (int)(bits >> 52),
			           (unsigned long long)(bits & ((1ull << 52) - 1)), e + shift - 1);
		}
	}
	*out = vstr_buf(in, &b);
	return true;
}

const Native int_methods[] = {
    METHOD(int, bit_length, ""), METHOD(int, bit_count, ""),
    METHOD_AS(int, conjugate, conjugate, ""), METHOD(int, as_integer_ratio, ""),
    METHOD(int, to_bytes, "length=,byteorder=,*,signed="), NATIVE_END,
};

const Native float_methods[] = {
    METHOD(float, is_integer, ""), METHOD_AS(float, conjugate, conjugate, ""),
    METHOD(float, as_integer_ratio, ""), METHOD(float, hex, ""), NATIVE_END,
};
