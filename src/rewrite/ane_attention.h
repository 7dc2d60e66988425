/* ane_attention.h: attention as a pass finds it: matmul, what is done to scores, softmax, matmul.
 */
#ifndef MILC_ANE_ATTENTION_H
#define MILC_ANE_ATTENTION_H

#include "ane_rewrite.h"

enum { MAX_SCORE_OPS = 6 };

typedef struct AneAttention {
	PassCtx *c;
	Builder b;
	Inst *first, *softmax, *last;  /* the products before and behind */
	Inst *op[MAX_SCORE_OPS];       /* on scores between, in order: scale, mask */
	int column[MAX_SCORE_OPS], n;  /* the operand that is the scores */
	int axis;                      /* of heads */
	int64_t heads;
} AneAttention;

/* The same on an operand beside the scores, for head h; ctx is the form's. */
typedef Var *SideFn(AneAttention *a, Var *v, int64_t h);
/* What the operations between do to scores v. 0: it could not be built. */
Var *attention_scores(AneAttention *a, Var *v, int64_t h, SideFn *side);

enum { MAX_SCALES = 4 };
typedef struct HeadChannels { /* heads that are a value in (B, C, 1, S) */
	Var *value;
	Inst *scale[MAX_SCALES]; /* its multiplications, divisions by numbers, the last first */
	int nscale;
} HeadChannels;

/* v, of rank 3, is a value in (B, C, 1, S) put back: that value, or 0. */
Var *attention_put_back(HeadChannels *h, Var *v);
Var *attention_scaled(AneAttention *a, const HeadChannels *h);

/* ane_heads_ops.c: heads that more is done to. v is (B, H, S, D) of such values through operations
 * that can be done on the channels of one head alone. */
bool attention_can_make(AneAttention *a, Var *v);
/* The same for head h: (B, D, 1, S); `whole` has what serves all heads. */
Var *attention_make(AneAttention *a, Var *v, int64_t h, Map *whole);

/* With einsums on channels, where the heads are made of values in (B, C, 1, S); ane_heads_einsum.c.
 * True: done. */
bool attention_by_channels(AneAttention *a);

#endif
