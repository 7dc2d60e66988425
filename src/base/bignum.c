/* bignum.c: arithmetic on sign and magnitude (bignum.h). Schoolbook methods: the numbers have at
 * most 128 limbs. Results may alias operands everywhere.
 */
#include "bignum.h"

#include <math.h>

static void
trim(Int *a)
{
	while (a->n && !a->d[a->n - 1])
		a->n--;
	if (!a->n)
		a->neg = false;
}

static bool
in_range(const Int *a)
{
	return big_bits(a) <= BIG_BITS;
}

/* Copies what is in use; an Int is large. */
static void
copy(Int *r, const Int *a)
{
	if (r == a)
		return;
	r->neg = a->neg;
	r->n = a->n;
	memcpy(r->d, a->d, a->n * sizeof a->d[0]);
}

void
big_from_i64(Int *r, int64_t v)
{
	big_from_i128(r, v);
}

__extension__ typedef unsigned __int128 UBig;

void
big_from_i128(Int *r, Big v)
{
	UBig u = v < 0 ? 0 - (UBig)v : (UBig)v;

	r->neg = v < 0;
	for (r->n = 0; r->n < 4; r->n++, u >>= 32)
		r->d[r->n] = (uint32_t)u;
	trim(r);
}

void
big_from_double(Int *r, double v)
{
	int e;
	double m = frexp(trunc(fabs(v)), &e);

	big_from_i64(r, (int64_t)ldexp(m, 53));
	if (e > 53)
		big_shl(r, r, (uint64_t)(e - 53));
	else
		big_shr(r, r, (uint64_t)(53 - e));
	r->neg = v < 0 && r->n;
}

Big
big_to_i128(const Int *a)
{
	UBig u = 0, top = (UBig)1 << 127;

	for (uint32_t i = MIN(a->n, 4u); i-- > 0;)
		u = u << 32 | a->d[i];
	if (a->n > 4 || u >= top)
		return a->neg ? -(Big)(top - 1) - 1 : (Big)(top - 1);
	return a->neg ? -(Big)u : (Big)u;
}

bool
big_fits_i64(const Int *a, int64_t *out)
{
	Big v;

	if (a->n > 2)
		return false;
	v = big_to_i128(a);
	if (v < INT64_MIN || v > INT64_MAX)
		return false;
	*out = (int64_t)v;
	return true;
}

uint32_t
big_bits(const Int *a)
{
	uint32_t top, bits = 0;

	if (!a->n)
		return 0;
	for (top = a->d[a->n - 1]; top; top >>= 1)
		bits++;
	return (a->n - 1) * 32 + bits;
}

static bool
get_bit(const Int *a, uint32_t i)
{
	return i / 32 < a->n && a->d[i / 32] >> i % 32 & 1;
}

static bool
any_below(const Int *a, uint32_t bit)
{
	for (uint32_t i = 0; i < bit / 32 && i < a->n; i++)
		if (a->d[i])
			return true;
	return bit / 32 < a->n && (a->d[bit / 32] & ((1u << bit % 32) - 1)) != 0;
}

double
big_to_double(const Int *a)
{
	uint32_t bits = big_bits(a), drop = bits > 53 ? bits - 53 : 0;
	uint64_t m = 0;
	double v;

	for (uint32_t i = 0; i < MIN(bits, 53u); i++)
		m |= (uint64_t)get_bit(a, drop + i) << i;
	if (drop && get_bit(a, drop - 1) && (m & 1 || any_below(a, drop - 1)))
		m++;
	v = ldexp((double)m, (int)drop);
	return a->neg ? -v : v;
}

static int
cmp_mag(const Int *a, const Int *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (uint32_t i = a->n; i-- > 0;)
		if (a->d[i] != b->d[i])
			return a->d[i] < b->d[i] ? -1 : 1;
	return 0;
}

int
big_cmp(const Int *a, const Int *b)
{
	if (a->neg != b->neg)
		return a->neg ? -1 : 1;
	return a->neg ? cmp_mag(b, a) : cmp_mag(a, b);
}

static void
add_mag(Int *r, const Int *a, const Int *b)
{
	uint32_t n = MAX(a->n, b->n);
	uint64_t carry = 0;

	for (uint32_t i = 0; i < n; i++) {
		carry += (uint64_t)(i < a->n ? a->d[i] : 0) + (i < b->n ? b->d[i] : 0);
		r->d[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry)
		r->d[n++] = (uint32_t)carry;
	r->n = n;
}

/* |a| >= |b| */
static void
sub_mag(Int *r, const Int *a, const Int *b)
{
	uint32_t n = a->n;
	int64_t borrow = 0;

	for (uint32_t i = 0; i < n; i++) {
		borrow += (int64_t)a->d[i] - (i < b->n ? b->d[i] : 0);
		r->d[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
	r->n = n;
}

static bool
add_signed(Int *r, const Int *a, const Int *b, bool bneg)
{
	bool neg = a->neg;

	if (a->neg == bneg) {
		add_mag(r, a, b);
	} else if (cmp_mag(a, b) >= 0) {
		sub_mag(r, a, b);
	} else {
		neg = bneg;
		sub_mag(r, b, a);
	}
	r->neg = neg;
	trim(r);
	return in_range(r);
}

bool
big_add(Int *r, const Int *a, const Int *b)
{
	return add_signed(r, a, b, b->neg);
}

bool
big_sub(Int *r, const Int *a, const Int *b)
{
	return add_signed(r, a, b, b->n && !b->neg);
}

bool
big_mul(Int *r, const Int *a, const Int *b)
{
	Int t = {.neg = a->neg != b->neg};

	if (a->n + b->n > BIG_ROOM)
		return false;
	t.n = a->n + b->n;
	for (uint32_t i = 0; i < a->n; i++) {
		uint64_t carry = 0;
		for (uint32_t j = 0; j < b->n; j++) {
			carry += (uint64_t)a->d[i] * b->d[j] + t.d[i + j];
			t.d[i + j] = (uint32_t)carry;
			carry >>= 32;
		}
		t.d[i + b->n] = (uint32_t)carry;
	}
	trim(&t);
	copy(r, &t);
	return in_range(r);
}

static uint32_t
div_small(Int *q, const Int *a, uint32_t b)
{
	uint64_t rem = 0;

	for (uint32_t i = a->n; i-- > 0;) {
		rem = rem << 32 | a->d[i];
		q->d[i] = (uint32_t)(rem / b);
		rem %= b;
	}
	q->n = a->n;
	trim(q);
	return (uint32_t)rem;
}

/* u -= q*v at limb j; true when it went below zero. */
static bool
mul_sub(Int *u, const Int *v, uint32_t j, uint64_t q)
{
	uint64_t carry = 0;
	int64_t borrow = 0;

	for (uint32_t i = 0; i < v->n; i++) {
		carry += q * v->d[i];
		borrow += (int64_t)u->d[i + j] - (int64_t)(uint32_t)carry;
		u->d[i + j] = (uint32_t)borrow;
		borrow >>= 32;
		carry >>= 32;
	}
	borrow += (int64_t)u->d[j + v->n] - (int64_t)carry;
	u->d[j + v->n] = (uint32_t)borrow;
	return borrow < 0;
}

static void
add_back(Int *u, const Int *v, uint32_t j)
{
	uint64_t carry = 0;

	for (uint32_t i = 0; i < v->n; i++) {
		carry += (uint64_t)u->d[i + j] + v->d[i];
		u->d[i + j] = (uint32_t)carry;
		carry >>= 32;
	}
	u->d[j + v->n] += (uint32_t)carry;
}

/* Knuth's algorithm D on magnitudes; b has two limbs or more and a >= b. */
static void
div_long(Int *q, Int *r, const Int *a, const Int *b)
{
	uint32_t s = 32 * b->n - big_bits(b), m = a->n - b->n;
	Int u = {0}, v = {0}, res = {0};

	copy(&u, a);
	copy(&v, b);
	u.neg = v.neg = false;
	big_shl(&u, &u, s);
	big_shl(&v, &v, s);
	for (uint32_t i = u.n; i <= a->n; i++)
		u.d[i] = 0;
	for (uint32_t j = m + 1; j-- > 0;) {
		uint64_t num = (uint64_t)u.d[j + v.n] << 32 | u.d[j + v.n - 1];
		uint64_t guess = num / v.d[v.n - 1], rest = num % v.d[v.n - 1];
		while (guess >> 32 || guess * v.d[v.n - 2] > (rest << 32 | u.d[j + v.n - 2])) {
			guess--;
			rest += v.d[v.n - 1];
			if (rest >> 32)
				break;
		}
		if (mul_sub(&u, &v, j, guess)) {
			guess--;
			add_back(&u, &v, j);
		}
		res.d[j] = (uint32_t)guess;
	}
	res.n = m + 1;
	trim(&res);
	u.n = v.n;
	trim(&u);
	big_shr(&u, &u, s);
	copy(q, &res);
	copy(r, &u);
}

void
big_divtrunc(Int *q, Int *r, const Int *a, const Int *b)
{
	bool aneg = a->neg, bneg = b->neg;
	Int qq = {0}, rr = {0};

	if (cmp_mag(a, b) < 0) {
		copy(&rr, a);
	} else if (b->n == 1) {
		rr.d[0] = div_small(&qq, a, b->d[0]);
		rr.n = 1;
	} else {
		div_long(&qq, &rr, a, b);
	}
	qq.neg = aneg != bneg;
	rr.neg = aneg;
	trim(&qq);
	trim(&rr);
	copy(q, &qq);
	copy(r, &rr);
}

void
big_divmod(Int *q, Int *r, const Int *a, const Int *b)
{
	Int one, div;

	copy(&div, b);
	big_divtrunc(q, r, a, b);
	if (r->n && r->neg != div.neg) {
		big_from_i64(&one, 1);
		big_sub(q, q, &one);
		big_add(r, r, &div);
	}
}

bool
big_shl(Int *r, const Int *a, uint64_t n)
{
	uint32_t limbs, bits = n % 32, an = a->n;

	if (!an) {
		r->n = 0;
		r->neg = false;
		return true;
	}
	if (n / 32 + an + 1 > BIG_ROOM)
		return false;
	limbs = (uint32_t)(n / 32);
	r->neg = a->neg;
	r->d[an + limbs] = 0;
	for (uint32_t i = an; i-- > 0;) {
		uint64_t v = (uint64_t)a->d[i] << bits;
		if (i + 1 == an)
			r->d[an + limbs] = (uint32_t)(v >> 32);
		else
			r->d[i + 1 + limbs] |= (uint32_t)(v >> 32);
		r->d[i + limbs] = (uint32_t)v;
	}
	memset(r->d, 0, limbs * sizeof r->d[0]);
	r->n = an + limbs + 1;
	trim(r);
	return in_range(r);
}

void
big_shr(Int *r, const Int *a, uint64_t n)
{
	bool lost = a->neg && any_below(a, (uint32_t)MIN(n, (uint64_t)BIG_ROOM * 32));
	uint32_t limbs, bits = n % 32, an = a->n;
	Int one;

	r->neg = a->neg;
	if (n / 32 >= an) {
		r->n = 0;
	} else {
		limbs = (uint32_t)(n / 32);
		for (uint32_t i = limbs; i < an; i++) {
			uint64_t v = a->d[i] | (uint64_t)(i + 1 < an ? a->d[i + 1] : 0) << 32;
			r->d[i - limbs] = (uint32_t)(v >> bits);
		}
		r->n = an - limbs;
	}
	trim(r);
	if (lost) {
		big_from_i64(&one, 1);
		big_sub(r, r, &one);
	}
}

/* The two's complement of a, n limbs. */
static void
to_twos(uint32_t *out, const Int *a, uint32_t n)
{
	uint64_t carry = 1;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t w = i < a->n ? a->d[i] : 0;
		if (a->neg) {
			carry += (uint32_t)~w;
			w = (uint32_t)carry;
			carry >>= 32;
		}
		out[i] = w;
	}
}

bool
big_bitop(Int *r, char op, const Int *a, const Int *b)
{
	uint32_t x[BIG_ROOM], y[BIG_ROOM], n = MAX(a->n, b->n) + 1;
	Int t = {.n = n};

	to_twos(x, a, n);
	to_twos(y, b, n);
	for (uint32_t i = 0; i < n; i++)
		t.d[i] = op == '&' ? x[i] & y[i] : op == '|' ? x[i] | y[i] : x[i] ^ y[i];
	if (t.d[n - 1] >> 31) {
		Int pos = {.neg = true, .n = n};
		memcpy(pos.d, t.d, n * sizeof t.d[0]);
		to_twos(t.d, &pos, n);
		t.neg = true;
	}
	trim(&t);
	copy(r, &t);
	return in_range(r);
}

bool
big_pow(Int *r, const Int *a, uint64_t n)
{
	Int base, acc;

	copy(&base, a);
	big_from_i64(&acc, 1);
	if (!base.n || (base.n == 1 && base.d[0] == 1))
		n = n ? 2 - n % 2 : 0; /* 0, 1, -1: only the parity counts */
	while (n) {
		if (n & 1 && !big_mul(&acc, &acc, &base))
			return false;
		n >>= 1;
		if (n && !big_mul(&base, &base, &base))
			return false;
	}
	copy(r, &acc);
	return true;
}

double
big_truediv(const Int *a, const Int *b)
{
	Int x, y, q, r;
	int shift = 66 - ((int)big_bits(a) - (int)big_bits(b));
	bool neg = a->neg != b->neg;
	double v;

	if (!a->n)
		return neg ? -0.0 : 0.0;
	copy(&x, a);
	copy(&y, b);
	x.neg = y.neg = false;
	/* The quotient gets 66 or 67 bits, the last one sticky, so that one rounding is right; a
	 * subnormal result has fewer bits and needs the sticky one higher up. */
	if (-shift < -1074)
		shift = 1075;
	if (shift > 0)
		big_shl(&x, &x, (uint64_t)shift);
	else
		big_shl(&y, &y, (uint64_t)-shift);
	big_divtrunc(&q, &r, &x, &y);
	if (r.n) {
		if (q.n)
			q.d[0] |= 1;
		else
			return neg ? -0.0 : 0.0;
	}
	v = ldexp(big_to_double(&q), -shift);
	return neg ? -v : v;
}

void
big_digits(const Int *a, int base, bool upper, Buf *out)
{
	/* groups of digits that one limb holds: 10^9, 2^24 … */
	uint32_t group = base == 10 ? 1000000000u : base == 8 ? 1u << 24 : 1u << 16;
	int width = base == 10 ? 9 : base == 8 ? 8 : base == 16 ? 4 : 16;
	const char *digit = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t first = out->n;
	Int t;

	copy(&t, a);
	t.neg = false;
	do {
		uint32_t part = div_small(&t, &t, group);
		for (int i = 0; i < width && (part || t.n || i == 0); i++, part /= (uint32_t)base)
			buf_byte(out, digit[part % (uint32_t)base]);
	} while (t.n);
	for (size_t i = first, j = out->n - 1; i < j; i++, j--) {
		char c = out->at[i];
		out->at[i] = out->at[j];
		out->at[j] = c;
	}
}

int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

bool
big_from_digits(Int *r, const char *s, size_t n, int base)
{
	r->n = 0;
	r->neg = false;
	for (size_t i = 0; i < n; i++) {
		uint64_t carry = digit_value(s[i]);
		for (uint32_t j = 0; j < r->n; j++) {
			carry += (uint64_t)r->d[j] * (uint32_t)base;
			r->d[j] = (uint32_t)carry;
			carry >>= 32;
		}
		if (carry)
			r->d[r->n++] = (uint32_t)carry;
		if (r->n > BIG_LIMBS + 1)
			return false;
	}
	return in_range(r);
}
