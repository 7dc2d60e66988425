/* ane_rank4.h: axes that are two in one; ane_rank4.c has the elements and what works along axes,
 * ane_rank4_move.c what moves elements. */
#ifndef MILC_ANE_RANK4_H
#define MILC_ANE_RANK4_H

#include "ane_rewrite.h"

typedef struct Merge {
	PassCtx *c;
	Builder *b;
	int rank;
	int64_t dim[TENSOR_MAX_RANK]; /* of the operation as a whole */
	bool may[TENSOR_MAX_RANK];    /* axes k and k + 1 can be one */
	int ngroup;
	int group[TENSOR_MAX_RANK];   /* the axis that each becomes a part of */
} Merge;

/* Fills in the groups, as few merged as it takes to have four. False: there are more. */
bool rank4_group(Merge *m);
Var *rank4_merged(const Merge *m, Var *v);
/* y, in the shape of i's result, takes its place. */
bool rank4_finish(const Merge *m, Inst *i, Var *y);

bool rank4_transpose(Merge *m, Inst *i);
bool rank4_slice(Merge *m, Inst *i);

#endif
