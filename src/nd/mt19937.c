/* mt19937.c: the generator of Matsumoto and Nishimura, with their two ways to seed it. */
#include "mt19937.h"

#define N MT_WORDS
#define M 397

void
mt_seed(Mt19937 *m, uint32_t seed)
{
	for (uint32_t i = 0; i < N; i++) {
		m->key[i] = seed;
		seed = 1812433253u * (seed ^ seed >> 30) + i + 1;
	}
	m->pos = N;
	m->has_gauss = false;
	m->gauss = 0;
}

void
mt_seed_array(Mt19937 *m, const uint32_t *key, size_t n)
{
	uint32_t *k = m->key;
	uint32_t i = 1, j = 0;

	mt_seed(m, 19650218u);
	for (size_t left = n > N ? n : N; left > 0; left--) {
		k[i] = (k[i] ^ (k[i - 1] ^ k[i - 1] >> 30) * 1664525u) + key[j] + j;
		if (++i >= N) {
			k[0] = k[N - 1];
			i = 1;
		}
		if (++j >= n)
			j = 0;
	}
	for (size_t left = N - 1; left > 0; left--) {
		k[i] = (k[i] ^ (k[i - 1] ^ k[i - 1] >> 30) * 1566083941u) - i;
		if (++i >= N) {
			k[0] = k[N - 1];
			i = 1;
		}
	}
	k[0] = 0x80000000u;
	m->pos = N;
}

static uint32_t
mt_twist(uint32_t a, uint32_t b)
{
	uint32_t y = (a & 0x80000000u) | (b & 0x7fffffffu);

	return y >> 1 ^ (b & 1 ? 0x9908b0dfu : 0);
}

uint32_t
mt_next(Mt19937 *m)
{
	uint32_t y;

	if (m->pos == N) {
		for (int i = 0; i < N; i++)
			m->key[i] = m->key[(i + M) % N] ^ mt_twist(m->key[i], m->key[(i + 1) % N]);
		m->pos = 0;
	}
	y = m->key[m->pos++];
	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680u;
	y ^= y << 15 & 0xefc60000u;
	return y ^ y >> 18;
}

double
mt_double(Mt19937 *m)
{
	uint32_t high = mt_next(m) >> 5, low = mt_next(m) >> 6;

	return (high * 67108864.0 + low) / 9007199254740992.0;
}
