/* elementwise_unary.c: ops on single elements, as a table of formulas in x and the parameters a
 * and b. The formulas are evaluated in double; those with a second one for int32 wrap. */
#include "elementwise.h"

#include <math.h>

static double
sign_of(double x)
{
	return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x; /* NaN stays */
}

/*  op, parameters a and b, formula */
#define UNARY(U)                                                                                   \
	U(acos, ARG_none, ARG_none, acos(x))                                                       \
	U(asin, ARG_none, ARG_none, asin(x))                                                       \
	U(atan, ARG_none, ARG_none, atan(x))                                                       \
	U(atanh, ARG_none, ARG_none, atanh(x))                                                     \
	U(ceil, ARG_none, ARG_none, ceil(x))                                                       \
	U(clip, ARG_alpha, ARG_beta, ew_min(ew_max(x, a), b))                                   \
	U(cos, ARG_none, ARG_none, cos(x))                                                         \
	U(cosh, ARG_none, ARG_none, cosh(x))                                                       \
	U(erf, ARG_none, ARG_none, erf(x))                                                         \
	U(exp, ARG_none, ARG_none, exp(x))                                                         \
	U(exp2, ARG_none, ARG_none, exp2(x))                                                       \
	U(floor, ARG_none, ARG_none, floor(x))                                                     \
	U(inverse, ARG_epsilon, ARG_none, 1 / (x + a))                                             \
	U(log, ARG_epsilon, ARG_none, log(x + a))                                                  \
	U(logical_not, ARG_none, ARG_none, x == 0)                                                 \
	U(round, ARG_none, ARG_none, rint(x)) /* half to even */                                   \
	U(rsqrt, ARG_epsilon, ARG_none, 1 / sqrt(x + a))                                           \
	U(sign, ARG_none, ARG_none, sign_of(x))                                                    \
	U(sin, ARG_none, ARG_none, sin(x))                                                         \
	U(sinh, ARG_none, ARG_none, sinh(x))                                                       \
	U(sqrt, ARG_none, ARG_none, sqrt(x))                                                       \
	U(tan, ARG_none, ARG_none, tan(x))                                                         \
	U(tanh, ARG_none, ARG_none, tanh(x))                                                       \
	U(threshold, ARG_alpha, ARG_none, ew_max(x, a))

UNARY(EW_UNARY)

/*  op, formula for floats, for ints */
#define UNARY_INT(U)                                                                               \
	U(abs, fabs(x), x < 0 ? -x : x)                                                            \
	U(square, x *x, x *x)

#define U(name, formula, formula_int)                                                              \
	EW_FORMULA(name##_all, double, formula)                                                    \
	EW_FORMULA(name##_ints, int64_t, formula_int)                                              \
	bool eval_##name(Eval *e)                                                                  \
	{                                                                                          \
		return ew_unary(e, name##_all, name##_ints, ARG_none, ARG_none);                   \
	}
UNARY_INT(U)

bool
eval_cast(Eval *e)
{
	const char *name = eval_str(e, ARG_dtype, "");
	DType to = dtype_from_mil(name);

	if (to == DT_NONE)
		return eval_fail(e, "there is no type %s to cast to", name);
	e->out[0].t = tensor_cast(e->arena, eval_arg(e, ARG_x), to);
	return true;
}
