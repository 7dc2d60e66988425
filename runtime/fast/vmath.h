/* vmath.h: functions of sixteen floats at a time. */
#ifndef MILC_VMATH_H
#define MILC_VMATH_H

#include "vec.h"

/* Within 1 ulp: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2]. */
static inline V
v_exp(V x)
{
	static const float c[] = {8.37312452e-3f, 4.16695364e-2f, 1.66664720e-1f,
	                          4.99999851e-1f, 1.f,            1.f};
	V y = v_min(v_set1(89), v_max(v_set1(-104), x)); /* NaN stays */
	V n = v_rint(v_mul(y, v_set1(1.44269504f))), p = v_set1(1.37805939e-3f), r;

	r = v_fma(n, v_set1(-0.693145752f), y);
	r = v_fma(n, v_set1(-1.42860677e-6f), r);
	for (size_t i = 0; i < countof(c); i++)
		p = v_fma(p, r, v_set1(c[i]));
	return v_select(v_nan(x), x, v_scale2(p, n));
}

static inline V
v_sigmoid(V x)
{
	return v_div(v_set1(1), v_add(v_set1(1), v_exp(v_neg(x))));
}

static inline V
v_tanh(V x)
{
	static const float c[] = {2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f,
	                          -3.33332819422e-1f};
	V a = v_abs(x), z = v_mul(x, x), p = v_set1(-5.70498872745e-3f), far;

	for (size_t i = 0; i < countof(c); i++)
		p = v_fma(p, z, v_set1(c[i]));
	p = v_fma(v_mul(p, z), x, x);
	far = v_div(v_set1(2), v_add(v_exp(v_add(a, a)), v_set1(1)));
	far = v_copysign(v_sub(v_set1(1), far), x);
	return v_select(v_lt(a, v_set1(0.625f)), p, far);
}

#endif
