/* map_math.c: elementwise ops that are functions of one number, or of a power's two. Most are
 * computed in double and rounded once, as the evaluators do: see vmath_d.h.
 */
#include "map.h"
#include "vmath.h"
#include "vmath_angle.h"

#define SAME_IN_DOUBLE(op)                                                                         \
	MAP_LONG(op, 1, D_ROUNDED(op, x))                                                          \
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

SAME_IN_DOUBLE(acos)
SAME_IN_DOUBLE(asin)
SAME_IN_DOUBLE(atan)
SAME_IN_DOUBLE(atanh)
SAME_IN_DOUBLE(cosh)
SAME_IN_DOUBLE(sinh)

MAP_LONG(sin, 1, v_sin(x))
MAP_LONG(cos, 1, v_cos(x))
MAP_LONG(tan, 1, v_tan(x))
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
