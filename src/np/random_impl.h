/* random_impl.h: what random.c and random_pick.c share.
 */
#ifndef MILC_RANDOM_IMPL_H
#define MILC_RANDOM_IMPL_H

#include "np_impl.h"
#include "random_bits.h"

typedef struct Rand {
	bool legacy, seeded;
	Mt19937 mt;
	Pcg64 pcg;
} Rand;

/* The generator of a method's receiver, seeded by now. */
Rand *random_of(const Args *c);
Bits random_bits(Rand *r);

/* Rows of the method table. */
BuiltinFn random_shuffled, random_bounded;

#endif
