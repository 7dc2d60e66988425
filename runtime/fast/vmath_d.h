/* vmath_d.h: functions of sixteen doubles whose results have some ten digits more than a float, or
 * from sixteen floats that are rounded once: nearly always the right one (vmath.h says where
 * polynomials come from).
 */
#ifndef MILC_VMATH_D_H
#define MILC_VMATH_D_H

#include "vec_d.h"

#include <math.h>

/* d_f of what V x is, rounded once. */
#define D_ROUNDED(f, x) v_of(d_##f(d_of(x)))

/* a + b x + c x^2 … */
#define DPOLY_STEP(x, a, rest) d_add(d_mul(rest, x), d_set1(a))
#define DPOLY_1(x, a)          d_set1(a)
#define DPOLY_2(x, a, ...)     DPOLY_STEP(x, a, DPOLY_1(x, __VA_ARGS__))
#define DPOLY_3(x, a, ...)     DPOLY_STEP(x, a, DPOLY_2(x, __VA_ARGS__))
#define DPOLY_4(x, a, ...)     DPOLY_STEP(x, a, DPOLY_3(x, __VA_ARGS__))
#define DPOLY_5(x, a, ...)     DPOLY_STEP(x, a, DPOLY_4(x, __VA_ARGS__))
#define DPOLY_6(x, a, ...)     DPOLY_STEP(x, a, DPOLY_5(x, __VA_ARGS__))
#define DPOLY_7(x, a, ...)     DPOLY_STEP(x, a, DPOLY_6(x, __VA_ARGS__))
#define DPOLY_8(x, a, ...)     DPOLY_STEP(x, a, DPOLY_7(x, __VA_ARGS__))
#define DPOLY_9(x, a, ...)     DPOLY_STEP(x, a, DPOLY_8(x, __VA_ARGS__))
#define DPOLY_10(x, a, ...)    DPOLY_STEP(x, a, DPOLY_9(x, __VA_ARGS__))
#define DPOLY_11(x, a, ...)    DPOLY_STEP(x, a, DPOLY_10(x, __VA_ARGS__))
#define DPOLY_12(x, a, ...)    DPOLY_STEP(x, a, DPOLY_11(x, __VA_ARGS__))

static inline D
d_abs(D a)
{
	return d_of_l(l_and(l_of_d(a), l_set1(INT64_MAX)));
}

static inline D
d_with_sign(D a, D sign)
{
	return d_of_l(l_or(l_of_d(a), l_and(l_of_d(sign), l_set1(INT64_MIN))));
}

/* a where that is smaller than 1/256, else b. */
static inline D
d_small_or(D x, D a, D b)
{
	return d_select(d_lt(d_abs(x), d_set1(0x1p-8)), a, b);
}

/* Added to a small number, it leaves that rounded to a whole one in the last digits. */
#define D_WHOLE 0x1.8p52

/* e^x = scale (1 + m), beyond +-700 as there. m / r is (e^r - 1) / r to 2^-37, added in pairs,
 * which wait less for one another. */
static inline D
d_exp_split(D x, D *scale)
{
	D in = d_max(d_set1(-700), d_min(d_set1(700), x));
	D t = d_add(d_mul(in, d_set1(0x1.71547652b82fep+0)), d_set1(D_WHOLE));
	D n = d_sub(t, d_set1(D_WHOLE));
	D r = d_sub(in, d_mul(n, d_set1(0x1.62e42fefa39efp-1)));
	D r2 = d_mul(r, r);
	D low = d_add(DPOLY_2(r, 0x1.fffffffff60b8p-1, 0x1.fffffffffe028p-2),
	              d_mul(DPOLY_2(r, 0x1.5555557eb07e9p-3, 0x1.55555565dead9p-5), r2));
	D high = d_add(DPOLY_2(r, 0x1.1110a5b46901ap-7, 0x1.6c166b8f94446p-10),
	               d_mul(DPOLY_2(r, 0x1.a17ea987d8dd3p-13, 0x1.a137426f16cfcp-16), r2));

	*scale = d_of_l(l_add(l_shl_52(l_of_d(t)), l_of_d(d_set1(1))));
	return d_mul(d_add(low, d_mul(high, d_mul(r2, r2))), r);
}

static inline D
d_exp(D x)
{
	D scale, m = d_exp_split(x, &scale);

	return d_mul(d_add(d_set1(1), m), scale);
}

/* e^x - 1 without losing the digits of a small one. */
static inline D
d_expm1(D x)
{
	D scale, m = d_exp_split(x, &scale);

	return d_add(d_mul(m, scale), d_sub(scale, d_set1(1)));
}

/* Of a normal number. m = x / 2^k in [sqrt(1/2), sqrt(2)), s = (m - 1) / (m + 1):
 * log(m) = 2 s + s^3 p(s^2), p to 2^-43. */
static inline D
d_log_of(D x)
{
	L bits = l_of_d(x);
	L k = l_shr_52(l_add(bits, l_set1(0x3ff0000000000000 - 0x3fe6a09e667f3bcd)));
	D m = d_of_l(l_add(l_sub(bits, l_shl_52(k)), l_set1(0x3ff0000000000000)));
	D n = d_sub(d_of_l(l_or(k, l_set1(0x4330000000000000))), d_set1(0x1p52 + 1023));
	D f = d_sub(m, d_set1(1)), s = d_div(f, d_add(m, d_set1(1))), z = d_mul(s, s);
	D p = DPOLY_6(z, 0x1.55555555553b6p-1, 0x1.9999999b88f9dp-2, 0x1.24924627dc195p-2,
	              0x1.c71fcf7df606p-3, 0x1.7382687cd837p-3, 0x1.54710166f7a8cp-3);

	p = d_add(d_mul(d_mul(s, z), p), d_mul(n, d_set1(0x1.ef35793c7673p-45)));
	return d_add(d_mul(n, d_set1(0x1.62e42fefa38p-1)), d_add(d_add(s, s), p));
}

/* Of what is a float, or as large. */
static inline D
d_log(D x)
{
	D r = d_log_of(x);

	r = d_select(d_lt(x, d_set1(INFINITY)), r, x);
	r = d_select(d_eq(x, d_set1(0)), d_set1(-INFINITY), r);
	return d_select(d_lt(x, d_set1(0)), d_set1(NAN), r);
}

/* log(1 + x) without losing the digits of a small one. */
static inline D
d_log1p(D x)
{
	D small = DPOLY_4(x, 1, -1.0 / 2, 1.0 / 3, -1.0 / 4);

	return d_select(d_lt(d_abs(x), d_set1(0x1p-10)), d_mul(x, small),
	                d_log(d_add(d_set1(1), x)));
}

/* The next three of what is a float. */
static inline D
d_log2(D x)
{
	return d_mul(d_log(x), d_set1(0x1.71547652b82fep+0));
}
static inline D
d_log10(D x)
{
	return d_mul(d_log(x), d_set1(0x1.bcb7b1526e50ep-2));
}
static inline D
d_cbrt(D x)
{
	return d_with_sign(d_exp(d_mul(d_log(d_abs(x)), d_set1(1.0 / 3))), x);
}

static inline D
d_cosh(D x)
{
	D e = d_exp(d_abs(x));

	return d_mul(d_set1(0.5), d_add(e, d_div(d_set1(1), e)));
}

static inline D
d_sinh(D x)
{
	D e = d_exp(d_abs(x)), z = d_mul(x, x);
	D far = d_mul(d_set1(0.5), d_sub(e, d_div(d_set1(1), e)));

	return d_small_or(x, d_mul(x, DPOLY_3(z, 1, 1.0 / 6, 1.0 / 120)), d_with_sign(far, x));
}

static inline D
d_atanh(D x)
{
	D z = d_mul(x, x), one = d_set1(1);
	D far = d_mul(d_set1(0.5), d_log(d_div(d_add(one, x), d_sub(one, x))));

	return d_small_or(x, d_mul(x, DPOLY_3(z, 1, 1.0 / 3, 1.0 / 5)), far);
}

static inline D
d_asinh(D x)
{
	D a = d_abs(x), z = d_mul(x, x);
	D far = d_log(d_add(a, d_sqrt(d_add(z, d_set1(1)))));

	return d_small_or(x, d_mul(x, DPOLY_3(z, 1, -1.0 / 6, 3.0 / 40)), d_with_sign(far, x));
}

static inline D
d_acosh(D x)
{
	D one = d_set1(1), sine = d_mul(d_sqrt(d_sub(x, one)), d_sqrt(d_add(x, one)));

	return d_log(d_add(x, sine));
}

#endif
