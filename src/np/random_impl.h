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

typedef struct Shape {
	bool scalar;
	int rank;
	int64_t dim[TENSOR_MAX_RANK];
} Shape;

/* size=: None, an int or a tuple. */
bool random_size(const Args *c, Value v, Shape *s);

/* Rows of the method table. */
BuiltinFn random_shuffled, random_bounded;

#endif
