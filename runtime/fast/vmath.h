/* vmath.h: functions of sixteen floats, each one fixed sequence of the operations of vec.h. How far
 * a result may lie from the right one, in units of its last digit (ulp), is what test_fast_math.c
 * holds them to.
 *
 * Polynomials interpolate at the Chebyshev nodes of the interval (computed with 40 digits, then
 * rounded to float); how large the interpolation's error is, stands beside each.
 */
#ifndef MILC_VMATH_H
#define MILC_VMATH_H

#include "vec.h"

/* a + b x + c x^2 … */
#define POLY_1(x, a)       v_set1(a)
#define POLY_2(x, a, ...)  v_fma(POLY_1(x, __VA_ARGS__), x, v_set1(a))
#define POLY_3(x, a, ...)  v_fma(POLY_2(x, __VA_ARGS__), x, v_set1(a))
#define POLY_4(x, a, ...)  v_fma(POLY_3(x, __VA_ARGS__), x, v_set1(a))
#define POLY_5(x, a, ...)  v_fma(POLY_4(x, __VA_ARGS__), x, v_set1(a))
#define POLY_6(x, a, ...)  v_fma(POLY_5(x, __VA_ARGS__), x, v_set1(a))
#define POLY_7(x, a, ...)  v_fma(POLY_6(x, __VA_ARGS__), x, v_set1(a))
#define POLY_8(x, a, ...)  v_fma(POLY_7(x, __VA_ARGS__), x, v_set1(a))
#define POLY_9(x, a, ...)  v_fma(POLY_8(x, __VA_ARGS__), x, v_set1(a))
#define POLY_10(x, a, ...) v_fma(POLY_9(x, __VA_ARGS__), x, v_set1(a))

/* e^r 2^n, |r| <= log(2) / 2. (e^r - 1 - r) / r^2 to 2^-28. */
static inline V
v_exp_of(V r, V n)
{
	V q = POLY_6(r, 0x1p-1f, 0x1.555556p-3f, 0x1.5554e8p-5f, 0x1.1110ep-7f, 0x1.6d43bp-10f,
	             0x1.a1256cp-13f);

	return v_scale2(v_add(v_set1(1), v_fma(v_mul(r, r), q, r)), n);
}

/* 1 ulp, of x <= 89. Below -104 is 0. log(2) in two parts: its first digits times n are exact. */
static inline V
v_exp_below(V x)
{
	V n, r;

	x = v_max(v_set1(-104), x);
	n = v_rint(v_mul(x, v_set1(0x1.715476p+0f)));
	r = v_fma(n, v_set1(-0x1.62e4p-1f), x);
	return v_exp_of(v_fma(n, v_set1(-0x1.7f7d1cp-20f), r), n);
}

/* 1 ulp. */
static inline V
v_exp(V x)
{
	return v_exp_below(v_min(v_set1(89), x)); /* e^89 is infinite */
}

/* 1 ulp. */
static inline V
v_exp2(V x)
{
	V n;

	x = v_max(v_set1(-151), v_min(v_set1(129), x));
	n = v_rint(x);
	return v_exp_of(v_mul(v_sub(x, n), v_set1(0x1.62e43p-1f)), n);
}

/* 1 / sqrt(x + a), 1 ulp: what the sum, the root and the quotient lose is made good. */
static inline V
v_rsqrt(V x, V a)
{
	V one = v_set1(1), s = v_add(x, a), t = v_sub(s, x);
	V lost = v_add(v_sub(x, v_sub(s, t)), v_sub(a, t));
	V r = v_div(one, v_sqrt(s)), h = v_mul(s, r), e = v_fma(v_neg(h), r, one);

	lost = v_fma(lost, r, v_fma(s, r, v_neg(h)));
	e = v_fma(v_neg(lost), r, e);
	return v_select(v_lt(v_abs(e), one), v_fma(v_mul(r, v_set1(0.5f)), e, r), r);
}

/* y times the logistic function of x. 3 ulp, but where it is subnormal. */
static inline V
v_gate(V y, V x)
{
	V e = v_exp_below(v_neg(v_abs(x)));

	y = v_select(v_lt(x, v_zero()), v_mul(y, e), y);
	return v_select(v_nan(x), x, v_div(y, v_add(v_set1(1), e)));
}

/* 1 ulp. tanh(x) / x - 1 in x^2 <= 1.21, within 2^-29; beyond, what is left to 1. The middle of
 * the interval is the polynomial's zero, so that its terms are small. */
static inline V
v_tanh(V x)
{
	V a = v_abs(x), z = v_fma(a, a, v_set1(-0.59375f)), e = v_exp(v_add(a, a));
	V far = v_sub(v_set1(1), v_div(v_set1(2), v_add(e, v_set1(1))));
	V near = POLY_9(z, -0x1.47b722p-3f, -0x1.be88aap-3f, 0x1.1e50fep-4f, -0x1.754ee2p-6f,
	                0x1.e7a2f8p-8f, -0x1.3db9dep-9f, 0x1.a029bap-11f, -0x1.290760p-12f,
	                0x1.77b348p-14f);

	near = v_fma(a, near, a);
	return v_copysign(v_select(v_lt(a, v_set1(1.1f)), near, far), x);
}

/* exp(a^2) erfc(a), a >= 0, and with scale = sqrt(1/2) what that is of scale a. Divided by
 * t = 1 / (1 + 43/128 a) it is smooth in t: to 2^-28. */
static inline V
v_erfcx(V a, float scale)
{
	V t = v_div(v_set1(1), v_fma(a, v_set1(0.3359375f * scale), v_set1(1)));
	V u = v_sub(t, v_set1(0.625f));
	V p = POLY_10(u, 0x1.cb47bep-2f, 0x1.a9a7bep-1f, 0x1.27adb6p+0f, 0x1.2a1618p+0f,
	              0x1.864388p-1f, 0x1.7f9b4ep-3f, -0x1.47662ep-3f, -0x1.0dc92cp-3f,
	              0x1.db6482p-6f, 0x1.c184cp-5f);

	return v_mul(t, p);
}

/* exp(-k a^2): what a^2 loses to rounding counts. */
static inline V
v_exp_square(V a, float k)
{
	V s = v_mul(a, a), lost = v_fma(a, a, v_neg(s)), e = v_exp_below(v_mul(s, v_set1(-k)));

	return v_fma(v_mul(e, v_set1(-k)), lost, e);
}

/* 1 ulp. erf(x) / x - 1 in x^2 <= 1.44, within 2^-35. */
static inline V
v_erf(V x)
{
	V a = v_min(v_set1(10), v_abs(x)), z = v_fma(a, a, v_set1(-0.71875f));
	V far = v_fma(v_neg(v_exp_square(a, 1)), v_erfcx(a, 1), v_set1(1));
	V near = POLY_9(z, -0x1.7a78p-4f, -0x1.fd92fep-3f, 0x1.17faa2p-4f, -0x1.fba072p-7f,
	                0x1.7ea3e4p-9f, -0x1.ea2aa2p-12f, 0x1.103126p-14f, -0x1.0dc382p-17f,
	                0x1.d604a8p-21f);

	near = v_fma(a, near, a);
	return v_copysign(v_select(v_lt(a, v_set1(1.2f)), near, far), x);
}

/* The share of the normal distribution that lies below x: 7 ulp. */
static inline V
v_normal(V x)
{
	V a = v_min(v_set1(20), v_abs(x));
	V tail = v_mul(v_mul(v_set1(0.5f), v_exp_square(a, 0.5f)), v_erfcx(a, 0.70710678f));

	return v_select(v_lt(x, v_zero()), tail, v_sub(v_set1(1), tail));
}

#endif
