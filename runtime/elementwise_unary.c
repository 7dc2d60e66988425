/* elementwise_unary.c: ops on single elements, as a table of formulas in x and the parameters a
 * and b. The formulas are evaluated in double; those with a second one for int32 wrap. */
#include "elementwise.h"

#include <math.h>

static double
sign_of(double x)
{
	return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x; /* NaN stays */
}

static double
at_least(double x, double low)
{
	return x >= low || x != x ? x : low;
}

static double
at_most(double x, double high)
{
	return x <= high || x != x ? x : high;
}

/*  op, parameters a and b, formula */
#define UNARY(U)                                                                                   \
	U(acos, 0, 0, acos(x))                                                                     \
	U(asin, 0, 0, asin(x))                                                                     \
	U(atan, 0, 0, atan(x))                                                                     \
	U(atanh, 0, 0, atanh(x))                                                                   \
	U(ceil, 0, 0, ceil(x))                                                                     \
	U(clip, "alpha", "beta", at_most(at_least(x, a), b))                                       \
	U(cos, 0, 0, cos(x))                                                                       \
	U(cosh, 0, 0, cosh(x))                                                                     \
	U(erf, 0, 0, erf(x))                                                                       \
	U(exp, 0, 0, exp(x))                                                                       \
	U(exp2, 0, 0, exp2(x))                                                                     \
	U(floor, 0, 0, floor(x))                                                                   \
	U(inverse, "epsilon", 0, 1 / (x + a))                                                      \
	U(log, "epsilon", 0, log(x + a))                                                           \
	U(logical_not, 0, 0, x == 0)                                                               \
	U(round, 0, 0, rint(x)) /* half to even */                                                 \
	U(rsqrt, "epsilon", 0, 1 / sqrt(x + a))                                                    \
	U(sign, 0, 0, sign_of(x))                                                                  \
	U(sin, 0, 0, sin(x))                                                                       \
	U(sinh, 0, 0, sinh(x))                                                                     \
	U(sqrt, 0, 0, sqrt(x))                                                                     \
	U(tan, 0, 0, tan(x))                                                                       \
	U(tanh, 0, 0, tanh(x))                                                                     \
	U(threshold, "alpha", 0, at_least(x, a))

#define U(name, pa, pb, formula)                                                                   \
	static void name##_all(double *v, size_t n, double a, double b)                            \
	{                                                                                          \
		(void)a, (void)b;                                                                  \
		for (size_t i = 0; i < n; i++) {                                                   \
			double x = v[i];                                                           \
			v[i] = (formula);                                                          \
		}                                                                                  \
	}                                                                                          \
	bool eval_##name(Eval *e)                                                                  \
	{                                                                                          \
		return ew_unary(e, name##_all, NULL, pa, pb);                                      \
	}
UNARY(U)
#undef U

/*  op, formula for floats, for ints */
#define UNARY_INT(U)                                                                               \
	U(abs, fabs(x), x < 0 ? -x : x)                                                            \
	U(square, x *x, x *x)

#define U(name, formula, formula_int)                                                              \
	static void name##_all(double *v, size_t n, double a, double b)                            \
	{                                                                                          \
		(void)a, (void)b;                                                                  \
		for (size_t i = 0; i < n; i++) {                                                   \
			double x = v[i];                                                           \
			v[i] = (formula);                                                          \
		}                                                                                  \
	}                                                                                          \
	static void name##_ints(int64_t *v, size_t n)                                              \
	{                                                                                          \
		for (size_t i = 0; i < n; i++) {                                                   \
			int64_t x = v[i];                                                          \
			v[i] = (formula_int);                                                      \
		}                                                                                  \
	}                                                                                          \
	bool eval_##name(Eval *e)                                                                  \
	{                                                                                          \
		return ew_unary(e, name##_all, name##_ints, 0, 0);                                 \
	}
UNARY_INT(U)
#undef U

bool
eval_cast(Eval *e)
{
	const char *name = eval_str(e, "dtype", "");
	DType to = dtype_from_mil(name);

	if (to == DT_NONE)
		return eval_fail(e, "there is no type %s to cast to", name);
	e->out[0].t = tensor_cast(e->arena, eval_arg(e, "x"), to);
	return true;
}
