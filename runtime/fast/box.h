/* box.h: copying boxes of elements between strided places: what all kernels that only move data do.
 */
#ifndef MILC_BOX_H
#define MILC_BOX_H

#include "plan.h"

enum { BOX_AXES = 2 * TENSOR_MAX_RANK };

typedef struct ElemBox {
	size_t size; /* of an element, bytes */
	int n;
	int64_t dim[BOX_AXES];
	int64_t to[BOX_AXES], from[BOX_AXES]; /* bytes from one to the next; from: 0 and less too */
	char *out;
	const char *in;
} ElemBox;

/* A box of `dim`, whose places are `to` on one side and `from` on the other, each a dense tensor of
 * those dimensions. */
ElemBox FAST(box_between)(size_t size, const int64_t *dim, int rank, const int64_t *to,
                          const int64_t *from);
/* Copies it, shared out among threads. The places written must not overlap. */
void FAST(box_move)(const KernelCall *c, const ElemBox *b);

/* 16 rows of 16 elements of 4 bytes become columns; rows are ts and fs bytes apart. */
void FAST(turn_words)(char *to, int64_t ts, const char *from, int64_t fs);

#define box_between FAST(box_between)
#define box_move    FAST(box_move)
#define turn_words  FAST(turn_words)

static inline bool
is_movable(const Tensor *t)
{
	return t && t->dtype != DT_STRING;
}

/* One result of x's type and the given shape, as far as its elements can be counted. */
static inline bool
plan_moved(KernelPlan *plan, int i, const Tensor *x, const int64_t *dim, int rank)
{
	int64_t count;

	if (!shape_count(dim, rank, &count))
		return false;
	plan_result(plan, i, x->dtype, dim, rank);
	plan->cost += 0.1 * (double)dtype_size(x->dtype) * (double)count + 500;
	return true;
}

#endif
