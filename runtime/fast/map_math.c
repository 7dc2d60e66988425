/* map_math.c: elementwise ops that are functions of one number, or of a power's two. Most are
 * computed in double and rounded once, as the evaluators do: see vmath_d.h.
 */
#include "map.h"
#include "vmath.h"
#include "vmath_d.h"

#define SAME_IN_DOUBLE(op)                                                                         \
	MAP_LONG(op, 1, v_of(op##_of(d_of(x))))                                                    \
	MAP_SAME(op, 1)

MAP_LONG(erf, 1, v_erf(x))
MAP_LONG(exp, 1, v_exp(x))
MAP_LONG(exp2, 1, v_exp2(x))
MAP_LONG(log, 1, v_of(d_log(d_add(d_of(x), d_of(p[0])))))
MAP_LONG(rsqrt, 1, v_rsqrt(x, p[0]))
MAP_LONG(tanh, 1, v_tanh(x))
MAP_SAME(erf, 1)
MAP_SAME(exp, 1)
MAP_SAME(exp2, 1)
MAP_WITH_1(log, ARG_epsilon)
MAP_WITH_1(rsqrt, ARG_epsilon)
MAP_SAME(tanh, 1)

static inline D
with_sign(D a, D sign)
{
	return d_of_l(l_or(l_of_d(a), l_and(l_of_d(sign), l_set1(INT64_MIN))));
}

/* a where that is smaller than 1/256, else b. */
static inline D
small_or(D x, D a, D b)
{
	return d_select(d_lt(d_abs(x), d_set1(0x1p-8)), a, b);
}

/* ---- hyperbolic ---- */

static inline D
cosh_of(D x)
{
	D e = d_exp(d_abs(x));

	return d_mul(d_set1(0.5), d_add(e, d_div(d_set1(1), e)));
}

static inline D
sinh_of(D x)
{
	D e = d_exp(d_abs(x)), z = d_mul(x, x);
	D far = d_mul(d_set1(0.5), d_sub(e, d_div(d_set1(1), e)));

	return small_or(x, d_mul(x, DPOLY_3(z, 1, 1.0 / 6, 1.0 / 120)), with_sign(far, x));
}

static inline D
atanh_of(D x)
{
	D z = d_mul(x, x), one = d_set1(1);
	D far = d_mul(d_set1(0.5), d_log(d_div(d_add(one, x), d_sub(one, x))));

	return small_or(x, d_mul(x, DPOLY_3(z, 1, 1.0 / 3, 1.0 / 5)), far);
}
SAME_IN_DOUBLE(atanh)
SAME_IN_DOUBLE(cosh)
SAME_IN_DOUBLE(sinh)

/* ---- angles of a sine, a cosine, a tangent ---- */

static inline D
acos_of(D x)
{
	D one = d_set1(1), half = d_atan(d_sqrt(d_div(d_sub(one, x), d_add(one, x))));

	return d_add(half, half);
}

static inline D
asin_of(D x)
{
	D a = d_abs(x), one = d_set1(1);
	D cosine = d_sqrt(d_mul(d_sub(one, a), d_add(one, a)));
	D half = d_atan_of(d_div(a, d_add(one, cosine)));

	return with_sign(d_add(half, half), x);
}

static inline D
atan_of(D x)
{
	return with_sign(d_atan(d_abs(x)), x);
}
SAME_IN_DOUBLE(acos)
SAME_IN_DOUBLE(asin)
SAME_IN_DOUBLE(atan)

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
sin_of(V x)
{
	L n;
	D r = rest(x, &n);

	return sine(r, n);
}

static inline V
cos_of(V x)
{
	L n;
	D r = rest(x, &n);

	return sine(r, l_add(n, l_set1(1)));
}

static inline V
tan_of(V x)
{
	L n, turned;
	D r = rest(x, &n), s = sin_near(r), c = cos_near(r), t;

	turned = odd(n);
	t = d_div(d_select(turned, c, s), d_select(turned, s, c));
	return v_of(d_of_l(l_xor(l_of_d(t), l_and(turned, l_set1(INT64_MIN)))));
}
MAP_LONG(sin, 1, sin_of(x))
MAP_LONG(cos, 1, cos_of(x))
MAP_LONG(tan, 1, tan_of(x))
MAP_SAME(sin, 1)
MAP_SAME(cos, 1)
MAP_SAME(tan, 1)

/* ---- powers ---- */

/* By exp(y log |x|), with the sign of an odd power of what is negative; where an operand is 0,
 * infinite or none, pow() has exact results. */
static inline V
pow_of(V x, V y)
{
	V a = v_abs(x), b = v_abs(y), r, half = v_mul(y, v_set1(0.5f));
	M whole = v_eq(v_trunc(y), y), even = v_eq(v_trunc(half), half),
	  negative = v_lt(x, v_zero());
	M usual =
	    m_and(v_lt(v_zero(), a), m_and(v_lt(a, v_set1(INFINITY)), v_lt(b, v_set1(INFINITY))));
	float of[LANES], to[LANES], exponent[LANES];

	r = v_of(d_exp(d_mul(d_of(y), d_log_of(d_of(a)))));
	r = v_select(m_and(negative, m_not(even)), v_neg(r), r);
	r = v_select(m_and(negative, m_not(whole)), v_set1(NAN), r);
	if (!m_any(m_not(usual)))
		return r;
	v_store(of, x), v_store(exponent, y);
	v_store(to, r);
	for (int i = 0; i < LANES; i++)
		if (!(fabsf(of[i]) > 0 && fabsf(of[i]) < INFINITY && fabsf(exponent[i]) < INFINITY))
			to[i] = (float)pow((double)of[i], (double)exponent[i]);
	return v_load(to);
}
MAP_LONG(pow, 2, pow_of(x, y))
MAP_SAME(pow, 2)
