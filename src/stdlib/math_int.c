/* math_int.c: the functions of math on ints: factorial, gcd, lcm, comb, perm, isqrt. */
#include "script/core.h"
#include "math_impl.h"

static bool
int_arg(Interp *in, const Args *args, uint32_t i, Int *out)
{
	Value v = args->pos[i], plain = v;
	Span at = args_at(args, i);

	if ((is_np(v) && arrays(in)->index(in, v, &plain, at) < 0) ||
	    host_refuses(in, "int", v, VUNSET, at))
		return false;
	if (!big_of(plain, out))
		return fail(in, at, "%s() takes ints, not '%s'", args->fn->name, type_name(v));
	return true;
}

static bool
too_large(Interp *in, const Args *args)
{
	return fail(in, args->span,
	            "the result of %s() has more than %d bits, which is the limit here",
	            args->fn->name, BIG_BITS);
}

NATIVE_EXTERN(math_factorial)
{
	Int n, r, k;
	int64_t top;

	if (!int_arg(in, args, 0, &n))
		return false;
	if (n.neg)
		return fail(in, args_at(args, 0),
		            "math.factorial() is not defined for negative ints");
	if (!big_fits_i64(&n, &top))
		return too_large(in, args);
	big_from_i64(&r, 1);
	for (int64_t i = 2; i <= top; i++) {
		big_from_i64(&k, i);
		if (!big_mul(&r, &r, &k))
			return too_large(in, args);
	}
	*out = big_value(in, &r);
	return true;
}

static void
gcd(Int *a, Int b)
{
	Int q, r;

	while (b.n) {
		big_divtrunc(&q, &r, a, &b);
		*a = b;
		b = r;
	}
	a->neg = false;
}

NATIVE_EXTERN(math_gcd)
{
	Int g, x;

	big_from_i64(&g, 0);
	if (!args_count(in, "math.gcd", args, 0, UINT32_MAX))
		return false;
	for (uint32_t i = 0; i < args->npos; i++) {
		if (!int_arg(in, args, i, &x))
			return false;
		if (!interp_steps(in, (uint64_t)g.n * x.n))
			return false;
		gcd(&g, x);
	}
	*out = big_value(in, &g);
	return true;
}

NATIVE_EXTERN(math_lcm)
{
	Int l, g, x, r;

	big_from_i64(&l, 1);
	if (!args_count(in, "math.lcm", args, 0, UINT32_MAX))
		return false;
	for (uint32_t i = 0; i < args->npos; i++) {
		if (!int_arg(in, args, i, &x))
			return false;
		x.neg = false;
		if (!x.n || !l.n) {
			l.n = 0;
			continue;
		}
		if (!interp_steps(in, (uint64_t)l.n * x.n))
			return false;
		g = l;
		gcd(&g, x);
		big_divtrunc(&x, &r, &x, &g);
		if (!big_mul(&l, &l, &x))
			return too_large(in, args);
	}
	*out = big_value(in, &l);
	return true;
}

/* n (n-1) … (n-k+1), divided by k! on the way for comb. */
static bool
falling(Interp *in, const Int *n, int64_t k, bool divide, const Args *args, Value *out)
{
	Int r, f = *n, one, d, rest;

	big_from_i64(&one, 1);
	r = one;
	for (int64_t i = 1; i <= k; i++) {
		if (!big_mul(&r, &r, &f))
			return too_large(in, args);
		if (divide) {
			big_from_i64(&d, i);
			big_divtrunc(&r, &rest, &r, &d);
		}
		big_sub(&f, &f, &one);
	}
	*out = big_value(in, &r);
	return true;
}

NATIVE_EXTERN(math_choose)
{
	bool comb = args_with(args);
	Int n, k, rest;
	int64_t times;

	if (!int_arg(in, args, 0, &n))
		return false;
	k = n;
	if (args->npos > 1 && args->pos[1].kind != V_NONE &&
	    !int_arg(in, args, 1, &k))
		return false;
	if (n.neg && (args->npos < 2 || args->pos[1].kind == V_NONE))
		return fail(in, args->span, "math.factorial() is not defined for negative ints");
	if (n.neg || k.neg)
		return fail(in, args->span, "%s of %s() must not be negative", n.neg ? "n" : "k",
		            args->fn->name);
	*out = vint(0);
	if (big_cmp(&k, &n) > 0)
		return true;
	big_sub(&rest, &n, &k);
	if (comb && big_cmp(&rest, &k) < 0)
		k = rest;
	if (!big_fits_i64(&k, &times))
		return too_large(in, args);
	return falling(in, &n, times, comb, args, out);
}

NATIVE_EXTERN(math_isqrt)
{
	Int n, x, y, rest;

	if (!int_arg(in, args, 0, &n))
		return false;
	if (n.neg)
		return fail(in, args_at(args, 0), "math.isqrt() takes an int that is not negative");
	*out = vint(0);
	if (!n.n)
		return true;
	/* Newton from above */
	big_from_i64(&x, 1);
	big_shl(&x, &x, (big_bits(&n) + 1) / 2);
	for (;;) {
		big_divtrunc(&y, &rest, &n, &x);
		big_add(&y, &y, &x);
		big_shr(&y, &y, 1);
		if (big_cmp(&y, &x) >= 0)
			break;
		x = y;
	}
	*out = big_value(in, &x);
	return true;
}
