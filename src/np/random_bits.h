/* random_bits.h: the two generators of NumPy, bit for bit: MT19937 with the distributions of the
 * legacy RandomState, and PCG64 (seeded through SeedSequence) with those of Generator. Knows no
 * values and no arrays.
 */
#ifndef MILC_RANDOM_BITS_H
#define MILC_RANDOM_BITS_H

#include "nd/mt19937.h"

__extension__ typedef unsigned __int128 U128;

typedef struct Pcg64 {
	U128 state, inc;
	bool has32;
	uint32_t next32;
} Pcg64;
/* entropy: the seed's 32-bit words, least significant first */
void pcg_seed(Pcg64 *p, const uint32_t *entropy, size_t n);

/* Either of them, for what both do. */
typedef struct Bits {
	Mt19937 *mt; /* 0: pcg */
	Pcg64 *pcg;
	/* leftovers of a 32-bit word, within one call that draws 8- or 16-bit numbers or bools */
	uint32_t word;
	int left;
} Bits;
uint32_t bits_32(Bits *b);
double bits_double(Bits *b); /* [0, 1) */
float bits_float(Bits *b);   /* Generator only */
/* A number in [0, range] for an element of `size` bytes (1, 2, 4, 8; 0: bool). The legacy generator
 * masks and retries, the newer one multiplies (Lemire). */
uint64_t bits_bounded(Bits *b, uint64_t range, int size);
/* For shuffling: always masked. */
uint64_t bits_interval(Bits *b, uint64_t max);

double mt_gauss(Mt19937 *m); /* legacy polar method: two at a time */
double pcg_normal(Bits *b);  /* ziggurat */
float pcg_normal_float(Bits *b);

#endif
