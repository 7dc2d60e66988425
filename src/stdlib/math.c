/* math.c: the module math: every function of Python 3.11's, with its errors: a NaN that did not
 * come in is a domain error, an infinity out of finite arguments a range error.
 */
#include <math.h>

#include "math_impl.h"
#include "script/core.h"
#include "stdlib.h"

static bool
domain_error(Interp *in, const Args *args)
{
	return fail(in, args->span,
	            "math.%s(): the argument is outside of the domain (math domain error)",
	            native_member(args->fn));
}

static bool
range_error(Interp *in, const Args *args)
{
	return fail(in, args->span, "math.%s(): the result is too large (math range error)",
	            native_member(args->fn));
}

static bool
number(Interp *in, const Args *args, uint32_t i, double *out)
{
	return as_double(in, args->pos[i], out, "the argument", args_at(args, i));
}

/* ---- one float to one float ---- */

static double
log_positive(double x)
{
	return x > 0 ? log(x) : NAN;
}

static double
degrees(double x)
{
	return x * (180.0 / MATH_PI);
}

static double
radians(double x)
{
	return x * (MATH_PI / 180.0);
}

static double
ulp(double x)
{
	double next;

	if (isnan(x))
		return x;
	x = fabs(x);
	if (isinf(x))
		return x;
	next = nextafter(x, INFINITY);
	return isinf(next) ? x - nextafter(x, -INFINITY) : next - x;
}

typedef struct Unary {
	const char *name;
	double (*fn)(double);
	bool overflows; /* an infinity means: too large. Else it means a pole. */
} Unary;

static const Unary unary[] = {
    {"acos", acos, false},      {"acosh", acosh, false},     {"asin", asin, false},
    {"asinh", asinh, false},    {"atan", atan, false},       {"atanh", atanh, false},
    {"cbrt", cbrt, false},      {"cos", cos, false},         {"cosh", cosh, true},
    {"degrees", degrees, true}, {"erf", erf, false},         {"erfc", erfc, false},
    {"exp", exp, true},         {"exp2", exp2, true},        {"expm1", expm1, true},
    {"fabs", fabs, false},      {"gamma", math_gamma, true}, {"lgamma", math_lgamma, true},
    {"log1p", log1p, false},    {"radians", radians, false}, {"sin", sin, false},
    {"sinh", sinh, true},       {"sqrt", sqrt, false},       {"tan", tan, false},
    {"tanh", tanh, false},      {"ulp", ulp, false},
};

/* self is the row of the table */
NATIVE(call_unary)
{
	const Unary *u = &unary[self.i];
	double x, r;

	if (!args_count(in, u->name, args, 1, 1) || !number(in, args, 0, &x))
		return false;
	r = u->fn(x);
	if (isnan(r) && !isnan(x))
		return domain_error(in, args);
	if (isinf(r) && isfinite(x) && u->fn != degrees)
		return u->overflows ? range_error(in, args)
		                    : domain_error(in, args);
	*out = vfloat(r);
	return true;
}

#define MATH(name) NATIVE(math_##name)

enum { TEST_FINITE, TEST_INF, TEST_NAN };

MATH(test)
{
	double x;

	if (!number(in, args, 0, &x))
		return false;
	*out = vbool(args_with(args) == TEST_NAN   ? isnan(x)
	             : args_with(args) == TEST_INF ? isinf(x)
	                                           : isfinite(x));
	return true;
}

/* ---- to an int ---- */

MATH(to_int)
{
	static double (*const rounding[])(double) = {floor, ceil, trunc};
	double x;

	if (is_int(args->pos[0])) {
		*out = int_value(args->pos[0]);
		return true;
	}
	return number(in, args, 0, &x) &&
	       num_from_double(in, rounding[args_with(args)](x), out, args->span);
}

/* ---- logarithms: ints of any size ---- */

static bool
log_of(Interp *in, const Args *args, uint32_t i, double *out)
{
	static double (*const logs[])(double) = {log_positive, log2, log10};
	double (*log_fn)(double) = logs[args_with(args)], x;
	Value v = args->pos[i];
	Int a, low;
	uint32_t bits;

	if (v.kind == V_BIG) {
		big_of(v, &a);
		if (a.neg)
			return domain_error(in, args);
		x = big_to_double(&a);
		if (!isinf(x)) {
			*out = log_fn(x);
			return true;
		}
		/* beyond the doubles: the mantissa and the exponent apart */
		bits = big_bits(&a);
		big_shr(&low, &a, bits - 1000);
		*out = log_fn(ldexp(big_to_double(&low), -1000)) + log_fn(2.0) * bits;
		return true;
	}
	if (!as_double(in, v, &x, "the argument", args->span))
		return false;
	if (x <= 0)
		return domain_error(in, args);
	*out = log_fn(x);
	return true;
}

/* with 1: to the base 2, 2: to the base 10 */
MATH(log)
{
	double x, base;

	if (!log_of(in, args, 0, &x))
		return false;
	if (args->npos > 1) {
		if (!log_of(in, args, 1, &base))
			return false;
		if (base == 0)
			return fail(in, args->span, "math.log() to the base 1 divides by zero");
		x /= base;
	}
	*out = vfloat(x);
	return true;
}

/* ---- two floats ---- */

static const struct {
	double (*fn)(double, double);
	bool checked; /* a NaN or an infinity out of numbers is an error */
} binary[] = {{pow, true},       {atan2, true},     {fmod, true},
              {remainder, true}, {copysign, false}, {nextafter, false}};

MATH(binary)
{
	double (*fn)(double, double) = binary[args_with(args)].fn, x, y, r;

	if (!number(in, args, 0, &x) || !number(in, args, 1, &y))
		return false;
	r = fn(x, y);
	*out = vfloat(r);
	if (!binary[args_with(args)].checked)
		return true;
	if (isnan(r) && !isnan(x) && !isnan(y))
		return domain_error(in, args);
	if (isinf(r) && isfinite(x) && isfinite(y))
		return fn == pow && x == 0 ? domain_error(in, args) : range_error(in, args);
	return true;
}

/* ---- parts ---- */

MATH(frexp)
{
	double x;
	int e = 0;
	Value v[2];

	if (!number(in, args, 0, &x))
		return false;
	v[0] = vfloat(isfinite(x) ? frexp(x, &e) : x);
	v[1] = vint(e);
	*out = vtuple(in, v, 2);
	return true;
}

MATH(ldexp)
{
	double x;
	Big e = 0;

	if (!number(in, args, 0, &x))
		return false;
	if (!is_index(in, args->pos[1], &e))
		return fail(in, args_at(args, 1),
		            "the second argument of math.ldexp() must be an int, not %s",
		            type_name(args->pos[1]));
	e = e > 5000 ? 5000 : e < -5000 ? -5000 : e;
	*out = vfloat(ldexp(x, (int)e));
	return !isinf(out->f) || isinf(x) || range_error(in, args);
}

MATH(modf)
{
	double x, whole;
	Value v[2];

	if (!number(in, args, 0, &x))
		return false;
	v[0] = vfloat(modf(x, &whole));
	v[1] = vfloat(whole);
	*out = vtuple(in, v, 2);
	return true;
}

/* ---- over several numbers ---- */

/* The items as doubles, malloc'ed. */
static bool
doubles(Interp *in, Value list, double **v, Span at)
{
	uint32_t n = SEQ_OF(list)->n;

	*v = xmalloc((size_t)n * sizeof **v + 1);
	for (uint32_t i = 0; i < n; i++)
		if (!as_double(in, SEQ_OF(list)->at[i], &(*v)[i], "an item", at)) {
			xfree(*v);
			return false;
		}
	return true;
}

MATH(fsum)
{
	Value list;
	double *v, r;
	int bad;

	if (!value_to_list(in, args->pos[0], &list, args_at(args, 0)) ||
	    !doubles(in, list, &v, args->span))
		return false;
	bad = math_exact_sum(v, SEQ_OF(list)->n, &r);
	xfree(v);
	if (bad == 1)
		return fail(in, args->span, "math.fsum() has both infinity and -infinity to add");
	if (bad)
		return fail(in, args->span, "math.fsum(): a sum on the way is too large");
	*out = vfloat(r);
	return true;
}

static bool
norm_of(Interp *in, double *v, uint32_t n, const Args *args, Value *out)
{
	bool finite = true;

	for (uint32_t i = 0; i < n; i++)
		finite = finite && isfinite(v[i]);
	*out = vfloat(math_norm(v, n));
	xfree(v);
	return !finite || !isinf(out->f) || range_error(in, args);
}

MATH(hypot)
{
	Value list = vlist(in, args->pos, args->npos);
	double *v;

	return args_count(in, "math.hypot", args, 0, UINT32_MAX) &&
	       doubles(in, list, &v, args->span) &&
	       norm_of(in, v, args->npos, args, out);
}

MATH(dist)
{
	Value p, q;
	double *v, *w;
	uint32_t n;

	if (!value_to_list(in, args->pos[0], &p, args_at(args, 0)) ||
	    !value_to_list(in, args->pos[1], &q, args_at(args, 1)))
		return false;
	n = SEQ_OF(p)->n;
	if (n != SEQ_OF(q)->n)
		return fail(in, args->span,
		            "both points of math.dist() must have the same number of dimensions, "
		            "found %u and %u",
		            n, SEQ_OF(q)->n);
	if (!doubles(in, p, &v, args->span))
		return false;
	if (!doubles(in, q, &w, args->span)) {
		xfree(v);
		return false;
	}
	for (uint32_t i = 0; i < n; i++)
		v[i] -= w[i];
	xfree(w);
	return norm_of(in, v, n, args, out);
}

MATH(prod)
{
	Value list;

	if (!value_to_list(in, args->v[0], &list, args_at(args, 0)))
		return false;
	*out = args->v[1].kind == V_UNSET ? vint(1) : args->v[1];
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!value_binary(in, BIN_MUL, *out, SEQ_OF(list)->at[i], out, args->span))
			return false;
	return true;
}

MATH(isclose)
{
	double a, b, rel = 1e-9, abs_tol = 0, diff;

	if (!as_double(in, args->v[0], &a, "the argument", args->span) ||
	    !as_double(in, args->v[1], &b, "the argument", args->span) ||
	    (args->v[2].kind != V_UNSET &&
	     !as_double(in, args->v[2], &rel, "rel_tol", args->span)) ||
	    (args->v[3].kind != V_UNSET &&
	     !as_double(in, args->v[3], &abs_tol, "abs_tol", args->span)))
		return false;
	if (rel < 0 || abs_tol < 0)
		return fail(in, args->span,
		            "the tolerances of math.isclose() must not be negative");
	diff = fabs(b - a);
	*out =
	    vbool(a == b || (!isinf(a) && !isinf(b) &&
	                     (diff <= fabs(rel * b) || diff <= fabs(rel * a) || diff <= abs_tol)));
	return true;
}

/* ---- the table ---- */

static const Native functions[] = {
    METHOD(math, factorial, "x,/"), METHOD(math, gcd, 0), METHOD(math, lcm, 0),
    METHOD_WITH(math, comb, math_choose, "x,y,/", 1),
    METHOD_AS(math, perm, math_choose, "x,y=,/"), METHOD(math, isqrt, "x,/"),
    METHOD_WITH(math, isfinite, math_test, "x,/", TEST_FINITE),
    METHOD_WITH(math, isinf, math_test, "x,/", TEST_INF),
    METHOD_WITH(math, isnan, math_test, "x,/", TEST_NAN),
    METHOD_WITH(math, floor, math_to_int, "x,/", 0), METHOD_WITH(math, ceil, math_to_int, "x,/", 1),
    METHOD_WITH(math, trunc, math_to_int, "x,/", 2), METHOD_WITH(math, log, math_log, "x,y=,/", 0),
    METHOD_WITH(math, log2, math_log, "x,/", 1), METHOD_WITH(math, log10, math_log, "x,/", 2),
    METHOD_WITH(math, pow, math_binary, "x,y,/", 0),
    METHOD_WITH(math, atan2, math_binary, "x,y,/", 1),
    METHOD_WITH(math, fmod, math_binary, "x,y,/", 2),
    METHOD_WITH(math, remainder, math_binary, "x,y,/", 3),
    METHOD_WITH(math, copysign, math_binary, "x,y,/", 4),
    METHOD_WITH(math, nextafter, math_binary, "x,y,/", 5), METHOD(math, frexp, "x,/"),
    METHOD(math, ldexp, "x,y,/"),
    METHOD(math, modf, "x,/"), METHOD(math, fsum, "x,/"), METHOD(math, hypot, 0),
    METHOD(math, dist, "x,y,/"), METHOD(math, prod, "iterable,/,*,start="),
    METHOD(math, isclose, "a,b,*,rel_tol=,abs_tol="), NATIVE_END,
};

static const struct {
	const char *name;
	double value;
} constants[] = {
    {"pi", MATH_PI},
    {"e", 2.718281828459045235360287471352662498},
    {"tau", 2 * MATH_PI},
    {"inf", INFINITY},
};

static int
math_member(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	for (size_t i = 0; i < countof(unary); i++)
		if (str_is(name, unary[i].name)) {
			*out = vbuiltin(in, unary[i].name, call_unary, vint((int64_t)i));
			return 1;
		}
	if (native_get(in, functions, name, 0, VUNSET, out))
		return 1;
	for (size_t i = 0; i < countof(constants); i++)
		if (str_is(name, constants[i].name)) {
			*out = vfloat(constants[i].value);
			return 1;
		}
	if (str_is(name, "nan")) {
		uint64_t bits = 0x7ff8000000000000u; /* the same object each time */
		memcpy(&out->f, &bits, sizeof bits);
		out->kind = V_FLOAT;
		return 1;
	}
	return 0;
}

static const char *
near_member(UNUSED const ModuleObj *m, const char *name)
{
	const char *names[countof(unary) + countof(functions)];
	size_t n = 0;

	for (size_t i = 0; i < countof(unary); i++)
		names[n++] = unary[i].name;
	for (const Native *f = functions; f->name; f++)
		names[n++] = native_member(f);
	return nearest(name, names, n);
}

Value
math_module(Interp *in, UNUSED void *ctx)
{
	return module_with(vmodule(in, "math", math_member, 0), near_member);
}
