/* num.c: Python's numbers: bool, int of any size, float. Ints that fit 64 bits are computed with
 * overflow checks and fall back to bignum.h; a bool counts as an int. Comparisons of int and float
 * are exact.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "small.h"
#include "tensor/floatrepr.h"

bool
num_truth(Value v)
{
	return v.kind == V_BIG || (v.kind == V_FLOAT ? v.f != 0 : v.i != 0);
}

static bool
too_large(Interp *in, Span at)
{
	return fail(in, at, "the result is an int of more than %d bits, which is the limit here",
	            BIG_BITS);
}

bool
num_to_double(Interp *in, Value v, double *out, Span at)
{
	Int a;

	if (v.kind == V_FLOAT) {
		*out = v.f;
		return true;
	}
	if (v.kind != V_BIG) {
		*out = (double)v.i;
		return true;
	}
	big_of(v, &a);
	*out = big_to_double(&a);
	if (isinf(*out))
		return fail(in, at, "the int is too large to convert to float");
	return true;
}

bool
num_from_double(Interp *in, double d, Value *out, Span at)
{
	Int a;

	if (isnan(d))
		return fail(in, at, "cannot convert float NaN to int");
	if (isinf(d))
		return fail(in, at, "cannot convert float infinity to int");
	if (fabs(d) < 9e18) {
		*out = vint((int64_t)d);
		return true;
	}
	big_from_double(&a, d);
	*out = big_value(in, &a);
	return true;
}

/* ---- order ---- */

static int
order(double a, double b)
{
	return isnan(a) || isnan(b) ? 2 : a < b ? -1 : a > b;
}

static int
int_with_double(Value i, double d)
{
	Int a, b;
	int r;

	if (isnan(d))
		return 2;
	if (isinf(d))
		return d > 0 ? -1 : 1;
	if (i.kind != V_BIG && i.i <= (1LL << 53) && i.i >= -(1LL << 53))
		return order((double)i.i, d);
	big_of(i, &a);
	big_from_double(&b, d);
	r = big_cmp(&a, &b);
	return r ? r : order(0, d - trunc(d));
}

int
num_compare(Value a, Value b)
{
	Int x, y;

	if (a.kind == V_FLOAT && b.kind == V_FLOAT)
		return order(a.f, b.f);
	if (b.kind == V_FLOAT)
		return int_with_double(a, b.f);
	if (a.kind == V_FLOAT) {
		int r = int_with_double(b, a.f);
		return r == 2 ? 2 : -r;
	}
	if (a.kind != V_BIG && b.kind != V_BIG)
		return a.i < b.i ? -1 : a.i > b.i;
	big_of(a, &x);
	big_of(b, &y);
	return big_cmp(&x, &y);
}

/* CPython's: numbers modulo 2^61 - 1, so that equal ones of any type agree. */
#define HASH_BITS 61
#define HASH_MOD  ((1ull << HASH_BITS) - 1)

static uint64_t
hash_sign(uint64_t h, bool neg)
{
	if (neg)
		h = 0 - h;
	return h == UINT64_MAX ? UINT64_MAX - 1 : h;
}

static uint64_t
hash_double(double d)
{
	int e;
	double m;
	uint64_t h = 0;

	if (isnan(d))
		return hash_bytes(&d, sizeof d, 0);
	if (isinf(d))
		return hash_sign(314159, d < 0);
	m = frexp(fabs(d), &e);
	while (m != 0) {
		uint64_t part;
		h = (h << 28 & HASH_MOD) | h >> (HASH_BITS - 28);
		m *= 268435456.0;
		e -= 28;
		part = (uint64_t)m;
		m -= (double)part;
		h += part;
		if (h >= HASH_MOD)
			h -= HASH_MOD;
	}
	e = e >= 0 ? e % HASH_BITS : HASH_BITS - 1 - (-1 - e) % HASH_BITS;
	h = (h << e & HASH_MOD) | h >> (HASH_BITS - e);
	return hash_sign(h, d < 0);
}

uint64_t
num_hash(Value v)
{
	Int a, mod, q, r;

	if (v.kind == V_FLOAT)
		return hash_double(v.f);
	if (v.kind != V_BIG) {
		uint64_t u = v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i;
		return hash_sign(u % HASH_MOD, v.i < 0);
	}
	big_of(v, &a);
	big_from_i64(&mod, (int64_t)HASH_MOD);
	big_divtrunc(&q, &r, &a, &mod);
	return hash_sign((uint64_t)(r.n > 1 ? r.d[1] : 0) << 32 | (r.n ? r.d[0] : 0), a.neg);
}

/* ---- ints ---- */

static bool
zero_division(Interp *in, BinOp op, Span at)
{
	if (op == BIN_TRUEDIV)
		return fail(in, at, "division by zero");
	return fail(in, at,
	            op == BIN_MOD ? "integer modulo by zero"
	                          : "integer division or modulo by zero");
}

static bool
shift_ints(Interp *in, BinOp op, const Int *a, Value b, Int *r, Span at)
{
	uint64_t n = b.kind == V_BIG ? UINT64_MAX : (uint64_t)b.i;

	if (num_compare(b, vint(0)) < 0)
		return fail(in, at, "negative shift count");
	if (op == BIN_RSHIFT) {
		big_shr(r, a, n);
		return true;
	}
	return big_shl(r, a, n) || too_large(in, at);
}

static bool
big_binary(Interp *in, BinOp op, Value va, Value vb, Value *out, Span at)
{
	Int a, b, r;
	bool ok = true;

	big_of(va, &a);
	big_of(vb, &b);
	if (!interp_steps(in, (uint64_t)a.n * b.n / 64))
		return false;
	switch (op) {
	case BIN_ADD:
		ok = big_add(&r, &a, &b);
		break;
	case BIN_SUB:
		ok = big_sub(&r, &a, &b);
		break;
	case BIN_MUL:
		ok = big_mul(&r, &a, &b);
		break;
	case BIN_FLOORDIV:
		big_divmod(&r, &a, &a, &b);
		break;
	case BIN_MOD:
		big_divmod(&a, &r, &a, &b);
		break;
	case BIN_LSHIFT:
	case BIN_RSHIFT:
		if (!shift_ints(in, op, &a, vb, &r, at))
			return false;
		break;
	case BIN_POW:
		ok = vb.kind != V_BIG
		         ? big_pow(&r, &a, (uint64_t)vb.i)
		         : a.n <= 1 && (!a.n || a.d[0] == 1) && big_pow(&r, &a, 2 - (b.d[0] & 1));
		break;
	default:
		ok = big_bitop(&r, binop_sign[op][0], &a, &b);
	}
	if (!ok)
		return too_large(in, at);
	*out = big_value(in, &r);
	return true;
}

static bool
int_truediv(Interp *in, Value a, Value b, Value *out, Span at)
{
	const int64_t exact = 1LL << 53;
	Int x, y;

	if (a.kind != V_BIG && b.kind != V_BIG && a.i <= exact && a.i >= -exact && b.i <= exact &&
	    b.i >= -exact) {
		*out = vfloat((double)a.i / (double)b.i);
		return true;
	}
	big_of(a, &x);
	big_of(b, &y);
	*out = vfloat(big_truediv(&x, &y));
	if (isinf(out->f))
		return fail(in, at, "the quotient of the ints is too large for a float");
	return true;
}

static bool float_binary(Interp *in, BinOp op, double a, double b, Value *out, Span at);

static bool
int_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	int64_t r;
	bool small = a.kind != V_BIG && b.kind != V_BIG;

	if ((op == BIN_TRUEDIV || op == BIN_FLOORDIV || op == BIN_MOD) && !num_truth(b))
		return zero_division(in, op, at);
	if (op == BIN_TRUEDIV)
		return int_truediv(in, a, b, out, at);
	if (small && small_ints(op, a.i, b.i, &r)) {
		bool logic = op == BIN_AND || op == BIN_OR || op == BIN_XOR;
		*out = logic && a.kind == V_BOOL && b.kind == V_BOOL ? vbool(r != 0) : vint(r);
		return true;
	}
	if (op == BIN_POW && num_compare(b, vint(0)) < 0) {
		double x, y;
		return num_to_double(in, a, &x, at) && num_to_double(in, b, &y, at) &&
		       float_binary(in, op, x, y, out, at);
	}
	return big_binary(in, op, a, b, out, at);
}

/* ---- floats ---- */

/* The floor of a/b and the remainder with b's sign, as Python defines them from fmod. */
static void
float_divmod(double a, double b, double *div, double *mod)
{
	double m = fmod(a, b), d = (a - m) / b;

	if (m != 0) {
		if ((b < 0) != (m < 0)) {
			m += b;
			d -= 1.0;
		}
	} else {
		m = copysign(0.0, b);
	}
	if (d != 0) {
		double fl = floor(d);
		*div = d - fl > 0.5 ? fl + 1.0 : fl;
	} else {
		*div = copysign(0.0, a / b);
	}
	*mod = m;
}

static bool
float_pow(Interp *in, double a, double b, Value *out, Span at)
{
	double r;

	if (a == 0 && b < 0)
		return fail(in, at, "0.0 cannot be raised to a negative power");
	if (a < 0 && isfinite(a) && isfinite(b) && floor(b) != b)
		return fail(in, at,
		            "a negative number to a fractional power is complex, and there "
		            "are no complex numbers here");
	r = pow(a, b);
	if (isinf(r) && isfinite(a) && isfinite(b))
		return fail(in, at, "the result of ** is too large for a float");
	*out = vfloat(r);
	return true;
}

static bool
float_binary(Interp *in, BinOp op, double a, double b, Value *out, Span at)
{
	double div, mod, r;

	if (small_floats(op, a, b, &r)) {
		*out = vfloat(r);
		return true;
	}
	switch (op) {
	case BIN_TRUEDIV:
		return fail(in, at, "float division by zero");
	case BIN_FLOORDIV:
	case BIN_MOD:
		if (b == 0)
			return fail(in, at,
			            op == BIN_MOD ? "float modulo by zero"
			                          : "float floor division by zero");
		float_divmod(a, b, &div, &mod);
		*out = vfloat(op == BIN_MOD ? mod : div);
		return true;
	default:
		return float_pow(in, a, b, out, at);
	}
}

static bool
only_for_ints(BinOp op)
{
	return op >= BIN_MATMUL;
}

bool
num_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	double x, y;

	if (only_for_ints(op) && (op == BIN_MATMUL || !is_int(a) || !is_int(b)))
		return fail(in, at, "unsupported operand types for %s: '%s' and '%s'",
		            binop_sign[op], type_name(a), type_name(b));
	if (is_int(a) && is_int(b))
		return int_binary(in, op, a, b, out, at);
	return num_to_double(in, a, &x, at) && num_to_double(in, b, &y, at) &&
	       float_binary(in, op, x, y, out, at);
}

bool
num_unary(Interp *in, UnOp op, Value a, Value *out, Span at)
{
	if (op == UN_POS) {
		*out = int_value(a);
		return true;
	}
	if (op == UN_INVERT)
		return int_binary(in, BIN_SUB, vint(-1), a, out, at);
	if (a.kind == V_FLOAT) {
		*out = vfloat(-a.f);
		return true;
	}
	return int_binary(in, BIN_SUB, vint(0), a, out, at);
}

bool
num_abs(Interp *in, Value v, Value *out, Span at)
{
	if (v.kind == V_FLOAT) {
		*out = vfloat(fabs(v.f));
		return true;
	}
	return num_unary(in, num_compare(v, vint(0)) < 0 ? UN_NEG : UN_POS, v, out, at);
}

/* ---- pow(a, b, m) ---- */

/* The inverse of a modulo m (both positive), by Euclid; false if there is none. */
static bool
inverse(Int *r, const Int *a, const Int *m)
{
	Int x = *m, y, s0, s1, q, rem, t;

	big_from_i64(&s0, 0);
	big_from_i64(&s1, 1);
	big_divmod(&q, &y, a, m);
	while (y.n) {
		big_divmod(&q, &rem, &x, &y);
		big_mul(&t, &q, &s1);
		big_sub(&t, &s0, &t);
		s0 = s1;
		s1 = t;
		x = y;
		y = rem;
	}
	if (x.n != 1 || x.d[0] != 1)
		return false;
	big_divmod(&q, r, &s0, m);
	return true;
}

static void
mul_mod(Int *r, const Int *a, const Int *b, const Int *m)
{
	Int q, t;

	big_mul(&t, a, b); /* over the limit here, but within the room */
	big_divtrunc(&q, r, &t, m);
}

bool
num_powmod(Interp *in, Value va, Value vb, Value vm, Value *out, Span at)
{
	Int a, b, m, q, r;
	bool mneg;

	if (!big_of(va, &a) || !big_of(vb, &b) || !big_of(vm, &m))
		return fail(in, at, "pow() with 3 arguments needs ints, found '%s', '%s' and '%s'",
		            type_name(va), type_name(vb), type_name(vm));
	if (!m.n)
		return fail(in, at, "pow() 3rd argument cannot be 0");
	mneg = m.neg;
	m.neg = false;
	if (b.neg) {
		if (!inverse(&a, &a, &m))
			return fail(in, at, "the base has no inverse for the given modulus");
		b.neg = false;
	}
	if (!interp_steps(in, (uint64_t)big_bits(&b) * m.n * m.n / 32))
		return false;
	big_divmod(&q, &a, &a, &m);
	big_from_i64(&r, 1);
	for (uint32_t i = big_bits(&b); i-- > 0;) {
		mul_mod(&r, &r, &r, &m);
		if (b.d[i / 32] >> i % 32 & 1)
			mul_mod(&r, &r, &a, &m);
	}
	m.neg = mneg;
	big_divmod(&q, &r, &r, &m);
	*out = big_value(in, &r);
	return true;
}

/* ---- round ---- */

static bool
round_int(Interp *in, Value v, int64_t ndigits, Value *out, Span at)
{
	Int a, ten, unit, q, r, half;
	int c;

	*out = int_value(v);
	if (ndigits >= 0)
		return true;
	big_of(v, &a);
	big_from_i64(&ten, 10);
	if (ndigits < -(BIG_BITS / 3) || !big_pow(&unit, &ten, (uint64_t)-ndigits)) {
		*out = vint(0);
		return true;
	}
	big_divmod(&q, &r, &a, &unit);
	big_shl(&half, &r, 1);
	c = big_cmp(&half, &unit);
	if (c > 0 || (c == 0 && q.n && q.d[0] & 1)) {
		big_from_i64(&ten, 1);
		big_add(&q, &q, &ten);
	}
	if (!big_mul(&r, &q, &unit))
		return too_large(in, at);
	*out = big_value(in, &r);
	return true;
}

/* To n decimals, half to even on the exact decimal value. */
static bool
round_float(Interp *in, double x, int64_t n, Value *out, Span at)
{
	char text[400];
	int exp10;
	double r;

	*out = vfloat(x);
	if (!isfinite(x) || x == 0 || n > 323)
		return true;
	snprintf(text, sizeof text, "%.16e", x);
	exp10 = atoi(strchr(text, 'e') + 1);
	if (n < -310 || exp10 + n < -1) {
		*out = vfloat(copysign(0.0, x));
		return true;
	}
	if (n >= 0) {
		if (exp10 + n > 17)
			return true;
		snprintf(text, sizeof text, "%.*f", (int)n, x);
		r = strtod(text, 0);
	} else if (exp10 + n == -1) {
		/* one digit above the first of x: up only beyond one half */
		r = fabs(x) > 5 * pow(10, exp10) ? pow(10, (double)-n) : 0;
		r = copysign(r, x);
	} else {
		snprintf(text, sizeof text, "%.*e", (int)(exp10 + n), x);
		r = strtod(text, 0);
	}
	if (isinf(r))
		return fail(in, at, "the rounded value is too large for a float");
	*out = vfloat(r);
	return true;
}

bool
num_round(Interp *in, Value v, Value ndigits, Value *out, Span at)
{
	int64_t n;

	if (ndigits.kind == V_UNSET || ndigits.kind == V_NONE) {
		if (v.kind == V_FLOAT)
			return num_from_double(in, isfinite(v.f) ? nearbyint(v.f) : v.f, out, at);
		*out = int_value(v);
		return true;
	}
	if (!as_int(in, ndigits, &n, "ndigits of round()", at))
		return false;
	return v.kind == V_FLOAT ? round_float(in, v.f, n, out, at) : round_int(in, v, n, out, at);
}

void
num_repr(Value v, Buf *out)
{
	Int a;

	switch (v.kind) {
	case V_BOOL:
		buf_puts(out, v.i ? "True" : "False");
		break;
	case V_INT:
		buf_printf(out, "%lld", (long long)v.i);
		break;
	case V_FLOAT:
		put_float64(out, v.f);
		break;
	default:
		big_of(v, &a);
		if (a.neg)
			buf_byte(out, '-');
		big_digits(&a, 10, false, out);
	}
}
