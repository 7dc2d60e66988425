/* ane_parts.h: values that are held in parts along an axis, for ane_split_wide. While it goes
 * through a function, the operations stay that make the values whole; parts_join takes those away
 * that nothing uses, and makes the others of the parts.
 */
#ifndef MILC_ANE_PARTS_H
#define MILC_ANE_PARTS_H

#include "ane_rewrite.h"

typedef struct SplitParts {
	int axis, rank;
	VEC(Var *) part;
	VEC(int64_t) size;
	bool failed; /* a part could not be built */
} SplitParts;

typedef struct Split {
	PassCtx *c;
	Builder b;
	Map of;            /* Var -> SplitParts */
	VEC(Var *) whole;  /* that are in parts, in order */
} Split;

SplitParts *parts_new(Split *s, int axis);
SplitParts *parts_of(Split *s, const Var *v);
void parts_push(Split *s, SplitParts *p, Var *v); /* and its size */
bool parts_match(const SplitParts *a, const SplitParts *b);
/* The result of i is in these parts, or is not when p is 0 or was not built. */
bool parts_put(Split *s, Inst *i, SplitParts *p);
/* y takes the place of i's result, which is not in parts. */
bool parts_put_whole(Split *s, Inst *i, Var *y);
void parts_join(Split *s);

typedef struct Weighted { /* a linear, a conv or a matmul with a constant */
	const char *name, *input;  /* of the weight and of the other operand */
	const Tensor *value, *bias; /* bias: or 0 */
	int out, in;               /* the weight's axes of outputs and of inputs */
	int axis, in_axis;         /* those of the result and of the operand */
} Weighted;
bool ane_weighted(PassCtx *c, const Inst *i, Weighted *w);
/* Places [from, from + n) along an axis. */
const Tensor *ane_part(PassCtx *c, const Tensor *t, int axis, int64_t from, int64_t n);

#endif
