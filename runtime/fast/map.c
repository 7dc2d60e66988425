/* map.c: elementwise ops that are one formula: arithmetic, comparisons, logic, select, cast. The
 * formulas are those of the evaluators (elementwise_binary.c, elementwise_unary.c), which are done
 * in double and rounded: one operation of floats gives the same bits.
 */
#include "map.h"

#include <math.h>

static inline V
truth(M m)
{
	return v_select(m, v_set1(1), v_zero());
}

/* The larger and the smaller one, x where they are equal; NaN where one is. */
MAP_BINARY(maximum, v_select(v_nan(y), y, v_max(y, x)))
MAP_BINARY(minimum, v_select(v_nan(y), y, v_min(y, x)))
MAP_SAME(maximum, 2)
MAP_SAME(minimum, 2)

MAP_BINARY(add, v_add(x, y))
MAP_BINARY(mul, v_mul(x, y))
MAP_BINARY(real_div, v_div(x, y))
MAP_BINARY(sub, v_sub(x, y))
MAP_SAME(add, 2)
MAP_SAME(mul, 2)
MAP_SAME(real_div, 2)
MAP_SAME(sub, 2)

MAP_UNARY(abs, v_abs(x))
MAP_UNARY(ceil, v_ceil(x))
MAP_UNARY(clip, v_min(p[1], v_max(p[0], x)))
MAP_UNARY(floor, v_floor(x))
MAP_UNARY(inverse, v_div(v_set1(1), v_add(x, p[0])))
MAP_UNARY(round, v_rint(x))
MAP_UNARY(sign, v_select(v_lt(v_zero(), x), v_set1(1),
                         v_select(v_lt(x, v_zero()), v_set1(-1), v_add(x, v_zero()))))
MAP_UNARY(sqrt, v_sqrt(x))
MAP_UNARY(square, v_mul(x, x))
MAP_UNARY(threshold, v_max(p[0], x))
MAP_SAME(abs, 1)
MAP_SAME(ceil, 1)
MAP_WITH_2(clip, ARG_alpha, ARG_beta)
MAP_SAME(floor, 1)
MAP_WITH_1(inverse, ARG_epsilon)
MAP_SAME(round, 1)
MAP_SAME(sign, 1)
MAP_SAME(sqrt, 1)
MAP_SAME(square, 1)
MAP_WITH_1(threshold, ARG_alpha)

/* ---- rests ---- */

/* The rest of x / y with the sign of y, and the quotient that goes with it. */
static float
mod_of(float x, float y)
{
	double m = fmod((double)x, (double)y);

	if (m == 0)
		return copysignf(0, y);
	return (float)((y < 0) != (m < 0) ? m + (double)y : m);
}

static float
floor_div_of(float x, float y)
{
	double m = fmod((double)x, (double)y), q = ((double)x - m) / (double)y, f;

	if (y == 0)
		return x / y;
	if (m != 0 && (y < 0) != (m < 0))
		q -= 1;
	if (q == 0)
		return copysignf(0, x / y);
	f = floor(q);
	return (float)(q - f > 0.5 ? f + 1 : f);
}

/* Where the quotient has few digits, its whole part is at most one too large, which the rest shows;
 * that is exact either way. Elsewhere by fmod(), which is exact too. */
static inline V
divide(V x, V y, bool whole)
{
	V q = v_div(x, y), n = v_trunc(q), r = v_fma(v_neg(n), y, x), one;
	M usual = m_and(v_lt(v_abs(q), v_set1(0x1p22f)), v_lt(v_abs(y), v_set1(INFINITY)));
	M over = m_or(m_and(v_lt(r, v_zero()), v_lt(v_zero(), x)),
	              m_and(v_lt(v_zero(), r), v_lt(x, v_zero())));
	M other;
	float a[LANES], b[LANES], to[LANES], odd[LANES];

	n = v_select(over, v_sub(n, v_copysign(v_set1(1), q)), n);
	r = v_select(over, v_add(r, v_copysign(y, x)), r);
	other = m_or(m_and(v_lt(r, v_zero()), v_lt(v_zero(), y)),
	             m_and(v_lt(v_zero(), r), v_lt(y, v_zero())));
	one = v_select(other, v_set1(1), v_zero());
	n = v_sub(n, one);
	r = v_select(other, v_add(r, y), r);
	n = v_select(v_eq(n, v_zero()), v_copysign(v_zero(), q), n);
	r = v_select(v_eq(r, v_zero()), v_copysign(v_zero(), y), r);
	if (!m_any(m_not(usual)))
		return whole ? n : r;
	v_store(a, x), v_store(b, y);
	v_store(to, whole ? n : r);
	v_store(odd, truth(m_not(usual)));
	for (int i = 0; i < LANES; i++)
		if (odd[i] != 0)
			to[i] = whole ? floor_div_of(a[i], b[i]) : mod_of(a[i], b[i]);
	return v_load(to);
}
MAP_LONG(floor_div, 2, divide(x, y, true))
MAP_LONG(mod, 2, divide(x, y, false))
MAP_SAME(floor_div, 2)
MAP_SAME(mod, 2)

/* ---- truth values: 0 and 1 ---- */

#define COMPARE(op, m)                                                                             \
	MAP_BINARY(op, truth(m))                                                                   \
	bool FAST(map_##op)(const Eval *e, const bool *known, MapOp *o)                            \
	{                                                                                          \
		bool is = map_same(e, o, op##_all, 2);                                             \
		(void)known;                                                                       \
		o->dtype = DT_BOOL;                                                                \
		return is;                                                                         \
	}
COMPARE(equal, v_eq(x, y))
COMPARE(greater, v_lt(y, x))
COMPARE(greater_equal, v_le(y, x))
COMPARE(less, v_lt(x, y))
COMPARE(less_equal, v_le(x, y))
COMPARE(not_equal, m_not(v_eq(x, y)))

#define LOGIC(op, operands)                                                                        \
	bool FAST(map_##op)(const Eval *e, const bool *known, MapOp *o)                            \
	{                                                                                          \
		(void)known;                                                                       \
		return map_alike(e, o, op##_all, operands) && o->dtype == DT_BOOL;                 \
	}
MAP_BINARY(logical_and, v_min(x, y))
MAP_BINARY(logical_or, v_max(x, y))
MAP_BINARY(logical_xor, v_abs(v_sub(x, y)))
MAP_UNARY(logical_not, v_sub(v_set1(1), x))
LOGIC(logical_and, 2)
LOGIC(logical_or, 2)
LOGIC(logical_xor, 2)
LOGIC(logical_not, 1)

MAP_LONG(select, 3, v_select(v_eq(x, v_zero()), z, y))

bool
FAST(map_select)(const Eval *e, const bool *known, MapOp *m)
{
	(void)known;
	m->fn = select_all;
	m->n = 3;
	m->operand[0] = ARG_cond;
	m->operand[1] = ARG_a;
	m->operand[2] = ARG_b;
	m->dtype = eval_arg(e, ARG_a)->dtype;
	return map_type(m->dtype) && eval_arg(e, ARG_b)->dtype == m->dtype &&
	       eval_arg(e, ARG_cond)->dtype == DT_BOOL;
}

/* ---- cast ---- */

MAP_UNARY(keep, x)
MAP_UNARY(to_truth, v_select(v_eq(x, v_zero()), v_zero(), v_set1(1)))
/* What is finite and beyond fp16 becomes its largest number: see tensor_cast(). */
MAP_UNARY(to_half, v_select(v_eq(v_abs(x), v_set1(INFINITY)), x,
                            v_min(v_set1(65504), v_max(v_set1(-65504), x))))

bool
FAST(map_cast)(const Eval *e, const bool *known, MapOp *m)
{
	DType from = eval_arg(e, ARG_x)->dtype;

	if (!known[op_column(e->row, ARG_dtype)])
		return false;
	m->dtype = dtype_from_mil(eval_str(e, ARG_dtype, ""));
	m->n = 1;
	m->operand[0] = ARG_x;
	m->fn = m->dtype == DT_BOOL                      ? to_truth_all
	        : m->dtype == DT_FP16 && from == DT_FP32 ? to_half_all
	                                                 : keep_all;
	return map_type(from) && map_type(m->dtype);
}
