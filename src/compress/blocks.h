/* blocks.h: weights in blocks of BLOCK elements: floats with the steps of half precision, and which
 * group each element is of. The loops have a fixed length, so that they become vectors. */
#ifndef MILC_BLOCKS_H
#define MILC_BLOCKS_H

#include "numerics.h"

#include <math.h>

enum { BLOCK = 64 };

/* Elements [at, at + n) of floats, the rest of the block 0. */
static inline void
block_load(const Tensor *w, int64_t at, int64_t n, float *x)
{
	uint16_t h[BLOCK];

	if (n < BLOCK)
		memset(x, 0, BLOCK * sizeof *x);
	if (w->dtype == DT_FP32) {
		tensor_read(w, at, n, x);
		return;
	}
	if (w->data) {
		half_to_floats(x, (const uint16_t *)w->data + at, (size_t)n);
		return;
	}
	tensor_read(w, at, n, h);
	half_to_floats(x, h, (size_t)n);
}

/* What a step of arithmetic leaves in type t. */
static inline void
block_step(DType t, float *x)
{
	uint16_t h[BLOCK];

	if (t != DT_FP16)
		return;
	half_from_floats(h, x, BLOCK);
	half_to_floats(x, h, BLOCK);
}

static inline float
step(DType t, float x)
{
	return t == DT_FP16 ? half_to_float(half_from_float(x)) : x;
}

/* Rounds to even what is of magnitude 2**22 at most. */
static inline float
round_even(float x)
{
	return x + 0x1.8p23f - 0x1.8p23f;
}

/* The groups of elements one after the other. */
typedef struct GroupWalk {
	const int64_t *dim, *groups;
	int last;          /* the last axis that is divided, or -1 */
	int64_t run;       /* so many elements in a row are of one group … */
	int64_t runs;      /* … and so many runs along the last divided axis */
	int64_t left, more; /* of this run, of this axis */
	int64_t next;      /* the number of the next such axis */
	int64_t group;
} GroupWalk;
void groups_begin(GroupWalk *g, const Tensor *w, const int64_t *groups);
/* So many elements, BLOCK at most, are next, and `rest` at most. True: all are of one group, and
 * only group[0] is set. */
bool groups_next(GroupWalk *g, int64_t rest, int64_t *n, uint32_t *group);

/* The order of floats as that of integers: what is no number stands beyond the infinities. */
static inline int32_t
float_order(uint32_t bits)
{
	return (int32_t)(bits ^ ((uint32_t)((int32_t)bits >> 31) >> 1));
}
static inline int16_t
half_order(uint16_t bits)
{
	return (int16_t)(bits ^ ((uint16_t)((int16_t)bits >> 15) >> 1));
}

#endif
