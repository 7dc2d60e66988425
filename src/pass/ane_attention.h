/* ane_attention.h: attention as a pass finds it: matmul, what is done to scores, softmax, matmul. */
#ifndef MILC_ANE_ATTENTION_H
#define MILC_ANE_ATTENTION_H

#include "ane.h"

enum { MAX_SCORE_OPS = 6 };

typedef struct Attention {
	PassCtx *c;
	Builder b;
	Inst *first, *softmax, *last;  /* the products before and behind */
	Inst *op[MAX_SCORE_OPS];       /* on scores between, in order: scale, mask */
	int column[MAX_SCORE_OPS], n;  /* the operand that is the scores */
	int axis;                      /* of heads */
	int64_t heads;
} Attention;

/* The same on an operand beside the scores, for head h; ctx is the form's. */
typedef Var *SideFn(Attention *a, Var *v, int64_t h);
/* What the operations between do to scores v. 0: it could not be built. */
Var *attention_scores(Attention *a, Var *v, int64_t h, SideFn *side);

/* With einsums on channels, where the heads are made of values in (B, C, 1, S); ane_heads_einsum.c.
 * True: done. */
bool attention_by_channels(Attention *a);

#endif
