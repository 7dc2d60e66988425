/* vmath_angle.h: sine, cosine and tangent of sixteen floats, and the angles that have them, in
 * double and rounded once: see vmath_d.h.
 */
#ifndef MILC_VMATH_ANGLE_H
#define MILC_VMATH_ANGLE_H

#include "vmath_d.h"

/* Of 0 <= x <= 1. (atan(x) - x) / x^3 in x^2 to 2^-32. */
static inline D
d_atan_of(D x)
{
	D z = d_mul(x, x);
	D p = DPOLY_12(z, -0x1.555555543c557p-2, 0x1.9999971f594e7p-3, -0x1.2491d128f2977p-3,
	               0x1.c70a6be6d4163p-4, -0x1.73a719b0b93d9p-4, 0x1.36bfd2210f14ap-4,
	               -0x1.ffb2b9595f5b2p-5, 0x1.837061ab40426p-5, -0x1.ea18af61c3e87p-6,
	               0x1.cd243cc325c05p-7, -0x1.14abab0185470p-8, 0x1.36ecfc48d188bp-11);

	return d_add(x, d_mul(d_mul(x, z), p));
}

/* Of x >= 0. */
static inline D
d_atan_above(D x)
{
	D p = d_atan_of(d_min(d_div(d_set1(1), x), x));

	return d_select(d_lt(d_set1(1), x), d_sub(d_set1(0x1.921fb54442d18p+0), p), p);
}

static inline D
d_acos(D x)
{
	D one = d_set1(1), half = d_atan_above(d_sqrt(d_div(d_sub(one, x), d_add(one, x))));

	return d_add(half, half);
}

static inline D
d_asin(D x)
{
	D a = d_abs(x), one = d_set1(1);
	D cosine = d_sqrt(d_mul(d_sub(one, a), d_add(one, a)));
	D half = d_atan_of(d_div(a, d_add(one, cosine)));

	return d_with_sign(d_add(half, half), x);
}

static inline D
d_atan(D x)
{
	return d_with_sign(d_atan_above(d_abs(x)), x);
}

/* ---- sine, cosine, tangent ---- */

/* The rest of x by pi / 2, in [-pi / 4, pi / 4], and in *n the quotient modulo 4, for |x| >= 2^20.
 * The digits of 2 / pi that give multiples of 4 are left out; ninety-six of those behind them are
 * taken (Payne, Hanek, 1983). No float lies nearer to a multiple than 2^-30, of which 40 digits are
 * right. */
static double
rest_of_large(float x, int64_t *n)
{
	static const uint32_t two_over_pi[] = {0,          0xa2f9836e, 0x4e441529, 0xfc2757d1,
	                                       0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};
	uint64_t part[3], m, all;
	uint32_t bits, at;
	double r;

	memcpy(&bits, &x, sizeof bits);
	m = (bits & 0x7fffff) | 0x800000;
	at = 30 + ((bits >> 23 & 0xff) -
	           150); /* x = m 2^(at - 30); the digit before has weight 2^(31 - at) */
	for (uint32_t k = 0; k < 3; k++) {
		const uint32_t *w = two_over_pi + at / 32 + k;
		part[k] = ((uint64_t)w[0] << 32 | w[1]) >> (32 - at % 32) & 0xffffffff;
	}
	all = (m * part[0] << 32) + m * part[1] + (m * part[2] >> 32);
	*n = (int64_t)((all + (1ull << 61)) >> 62);
	r = (double)(int64_t)(all - ((uint64_t)*n << 62)) * (0x1.921fb54442d18p+0 * 0x1p-62);
	if (bits >> 31)
		*n = -*n;
	return bits >> 31 ? -r : r;
}

/* The same for all lanes; n is right in its last two digits. pi / 2 is three numbers, products of
 * the first two with the quotient are exact. */
static inline D
rest(V v, L *n)
{
	D x = d_of(v), t = d_add(d_mul(x, d_set1(0x1.45f306dc9c883p-1)), d_set1(D_WHOLE));
	D q = d_sub(t, d_set1(D_WHOLE)), r;
	M large = v_le(v_set1(0x1p20f), v_abs(v));
	float a[LANES];
	double lane[LANES], turn[LANES];

	r = d_sub(x, d_mul(q, d_set1(0x1.921fb544p+0)));
	r = d_sub(r, d_mul(q, d_set1(0x1.0b4611a6p-34)));
	r = d_sub(r, d_mul(q, d_set1(0x1.3198a2e037073p-69)));
	*n = l_of_d(t);
	if (!m_any(large))
		return r;
	v_store(a, v);
	for (int i = 0; i < LANES; i++) {
		int64_t k = 0;
		lane[i] =
		    fabsf(a[i]) >= 0x1p20f && a[i] - a[i] == 0 ? rest_of_large(a[i], &k) : NAN;
		memcpy(&turn[i], &k, sizeof k);
	}
	*n = l_of_d(d_select(d_le(d_set1(0x1p20), d_abs(x)), d_load(turn), d_of_l(*n)));
	return d_select(d_le(d_set1(0x1p20), d_abs(x)), d_load(lane), r);
}

/* Of |r| <= pi / 4: (sin(r) / r - 1) / r^2 and (cos(r) - 1) / r^2 to 2^-32 and 2^-40. */
static inline D
sin_near(D r)
{
	D z = d_mul(r, r);
	D p = DPOLY_4(z, -0x1.555555545c0f8p-3, 0x1.11110dea5e8cp-7, -0x1.a013a11619d1bp-13,
	              0x1.6dbbee1f24647p-19);

	return d_mul(r, d_add(d_set1(1), d_mul(z, p)));
}
static inline D
cos_near(D r)
{
	D z = d_mul(r, r);
	D p = DPOLY_5(z, -0x1.fffffffffe656p-2, 0x1.5555555147373p-5, -0x1.6c16badbea939p-10,
	              0x1.a01291464359ep-16, -0x1.2473214f428b9p-22);

	return d_add(d_set1(1), d_mul(z, p));
}

/* All bits where n is odd. */
static inline L
odd(L n)
{
	return l_sub(l_set1(0), l_and(n, l_set1(1)));
}

/* The sine of r plus n quarters of a turn. */
static inline V
sine(D r, L n)
{
	D s = d_select(odd(n), cos_near(r), sin_near(r));
	L half = l_shl_62(l_and(n, l_set1(2)));

	return v_of(d_of_l(l_xor(l_of_d(s), half)));
}

static inline V
v_sin(V x)
{
	L n;
	D r = rest(x, &n);

	return sine(r, n);
}

static inline V
v_cos(V x)
{
	L n;
	D r = rest(x, &n);

	return sine(r, l_add(n, l_set1(1)));
}

static inline V
v_tan(V x)
{
	L n, turned;
	D r = rest(x, &n), s = sin_near(r), c = cos_near(r), t;

	turned = odd(n);
	t = d_div(d_select(turned, c, s), d_select(turned, s, c));
	return v_of(d_of_l(l_xor(l_of_d(t), l_and(turned, l_set1(INT64_MIN)))));
}

#endif
