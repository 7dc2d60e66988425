/* random_bits.c: PCG64 XSL-RR (O'Neill), SeedSequence's mixing (also O'Neill), and the draws from
 * it and from MT19937 in NumPy's order.
 */
#include "random_bits.h"

#include <math.h>

#include "random.inc"

/* ---- SeedSequence and PCG64 ---- */
static uint32_t
hash_mix(uint32_t v, uint32_t *c, uint32_t mult)
{
	v ^= *c;
	*c *= mult;
	v *= *c;
	return v ^ v >> 16;
}

static uint32_t
pool_mix(uint32_t x, uint32_t y)
{
	uint32_t r = 0xca01f9ddu * x - 0x4973f715u * y;

	return r ^ r >> 16;
}

static void
seed_sequence(const uint32_t *entropy, size_t n, uint32_t *out, int nout)
{
	uint32_t pool[4], c = 0x43b0d7e5u;

	for (size_t i = 0; i < 4; i++)
		pool[i] = hash_mix(i < n ? entropy[i] : 0, &c, 0x931e8875u);
	for (int s = 0; s < 4; s++)
		for (int d = 0; d < 4; d++)
			if (s != d)
				pool[d] = pool_mix(pool[d], hash_mix(pool[s], &c, 0x931e8875u));
	for (size_t s = 4; s < n; s++)
		for (int d = 0; d < 4; d++)
			pool[d] = pool_mix(pool[d], hash_mix(entropy[s], &c, 0x931e8875u));
	c = 0x8b51f9ddu;
	for (int i = 0; i < nout; i++)
		out[i] = hash_mix(pool[i % 4], &c, 0x58f38dedu);
}

static void
pcg_step(Pcg64 *p)
{
	const U128 mult = (U128)2549297995355413924u << 64 | 4865540595714422341u;

	p->state = p->state * mult + p->inc;
}

void
pcg_seed(Pcg64 *p, const uint32_t *entropy, size_t n)
{
	uint32_t w[8];
	U128 v[4];

	seed_sequence(entropy, n, w, 8);
	for (int i = 0; i < 4; i++)
		v[i] = (uint64_t)w[2 * i + 1] << 32 | w[2 * i];
	p->inc = (v[2] << 64 | v[3]) << 1 | 1;
	p->state = 0;
	pcg_step(p);
	p->state += v[0] << 64 | v[1];
	pcg_step(p);
	p->has32 = false;
}

static uint64_t
pcg_next(Pcg64 *p)
{
	uint64_t x;
	unsigned r;

	pcg_step(p);
	x = (uint64_t)(p->state >> 64) ^ (uint64_t)p->state;
	r = (unsigned)(p->state >> 122);
	return x >> r | x << (-r & 63);
}

/* ---- words and floats ---- */
uint32_t
bits_32(Bits *b)
{
	uint64_t v;

	if (b->mt)
		return mt_next(b->mt);
	if (b->pcg->has32) {
		b->pcg->has32 = false;
		return b->pcg->next32;
	}
	v = pcg_next(b->pcg);
	b->pcg->has32 = true;
	b->pcg->next32 = (uint32_t)(v >> 32);
	return (uint32_t)v;
}

static uint64_t
bits_64(Bits *b)
{
	uint64_t high;

	if (!b->mt)
		return pcg_next(b->pcg);
	high = mt_next(b->mt);
	return high << 32 | mt_next(b->mt);
}

double
bits_double(Bits *b)
{
	return b->mt ? mt_double(b->mt) : (double)(pcg_next(b->pcg) >> 11) * 0x1p-53;
}

float
bits_float(Bits *b)
{
	return (float)(bits_32(b) >> 8) * 0x1p-24f;
}

/* ---- bounded integers ---- */
static uint64_t
mask_of(uint64_t v)
{
	for (int s = 1; s < 64; s *= 2)
		v |= v >> s;
	return v;
}

/* The next 8 or 16 bits, or one bit, of a 32-bit word. */
static uint32_t
bits_part(Bits *b, int bits)
{
	if (!b->left) {
		b->word = bits_32(b);
		b->left = 32 / bits - 1;
	} else {
		b->word >>= bits;
		b->left--;
	}
	return b->word & ((1u << bits) - 1);
}

static uint64_t
draw(Bits *b, int bits)
{
	return bits == 64 ? bits_64(b) : bits == 32 ? bits_32(b) : bits_part(b, bits);
}

static uint64_t
lemire(Bits *b, uint64_t range, int bits)
{
	uint64_t most = UINT64_MAX >> (64 - bits), width = range + 1;
	U128 m = (U128)draw(b, bits) * width;

	if (((uint64_t)m & most) < width) {
		uint64_t least = ((most - range) & most) % width;

		while (((uint64_t)m & most) < least)
			m = (U128)draw(b, bits) * width;
	}
	return (uint64_t)(m >> bits);
}

uint64_t
bits_bounded(Bits *b, uint64_t range, int size)
{
	int bits = size * 8;
	uint64_t mask, v;

	if (range == 0)
		return 0;
	if (size == 0)
		return bits_part(b, 1);
	if (size == 8 && range <= UINT32_MAX)
		bits = 32;
	if (range == UINT64_MAX >> (64 - bits))
		return draw(b, bits);
	if (!b->mt)
		return lemire(b, range, bits);
	mask = mask_of(range);
	do
		v = draw(b, bits) & mask;
	while (v > range);
	return v;
}

uint64_t
bits_interval(Bits *b, uint64_t max)
{
	uint64_t mask = mask_of(max), v;

	if (max == 0)
		return 0;
	do
		v = (max <= UINT32_MAX ? bits_32(b) : bits_64(b)) & mask;
	while (v > max);
	return v;
}

/* ---- normal draws ---- */
double
mt_gauss(Mt19937 *m)
{
	Bits b = {.mt = m};
	double x, y, r, f;

	if (m->has_gauss) {
		m->has_gauss = false;
		f = m->gauss;
		m->gauss = 0;
		return f;
	}
	do {
		x = 2 * bits_double(&b) - 1;
		y = 2 * bits_double(&b) - 1;
		r = x * x + y * y;
	} while (r >= 1 || r == 0);
	f = sqrt(-2 * log(r) / r);
	m->gauss = f * x;
	m->has_gauss = true;
	return f * y;
}

static inline uint64_t
normal_64(Bits *b)
{
	return pcg_next(b->pcg);
}

#define TAIL 3.6541528853610087963519472518

/* The layer is the low 8 bits of a draw, the sign the next, the place in it the other V bits. The
 * sign is no branch: half the time it would be foreseen wrongly. */
#define ZIGGURAT(NAME, T, WORD, V, DRAW, UNIFORM, W, K, F, log1p)                                  \
	T NAME(Bits *b)                                                                            \
	{                                                                                          \
		for (;;) {                                                                         \
			WORD r = DRAW(b), v = r >> 9 & (((WORD)1 << V) - 1);                       \
			unsigned i = r & 0xff;                                                     \
			T x = (T)v * W[i] * (T)(1 - (int)(r >> 7 & 2));                            \
                                                                                                   \
			if (v < K[i])                                                              \
				return x;                                                          \
			if (i > 0) {                                                               \
				if ((F[i - 1] - F[i]) * UNIFORM(b) + F[i] <                        \
				    (T)exp(-0.5 * (double)x * (double)x))                          \
					return x;                                                  \
				continue;                                                          \
			}                                                                          \
			for (;;) {                                                                 \
				T xx = (T)-0.27366123732975827203338247596 * log1p(-UNIFORM(b));   \
				T yy = -log1p(-UNIFORM(b));                                        \
                                                                                                   \
				if (yy + yy > xx * xx)                                             \
					return v >> 8 & 1 ? -((T)TAIL + xx) : (T)TAIL + xx;        \
			}                                                                          \
		}                                                                                  \
	}
ZIGGURAT(pcg_normal, double, uint64_t, 52, normal_64, bits_double, zig_w, zig_k, zig_f, log1p)
ZIGGURAT(pcg_normal_float, float, uint32_t, 23, bits_32, bits_float, zig_wf, zig_kf, zig_ff, log1pf)
