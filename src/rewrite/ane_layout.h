/* ane_layout.h: which operations ane_layout moves squeezes and transposes through. */
#ifndef MILC_ANE_LAYOUT_H
#define MILC_ANE_LAYOUT_H

#include "ane_rewrite.h"
#include "pass/transpose_ops.h"

/* An element of the result is made of that of the first operand alone. */
bool layout_is_unary(const Inst *i);
/* v with leading ones up to rank n, transposed: a constant is turned now. 0: v is neither a
 * constant nor of that rank. */
Var *layout_turned(PassCtx *c, Builder *b, Var *v, const int64_t *perm, int n);
TransposeRules layout_rule;
/* The operands that say what a slice_by_index takes, for a value whose axis k is the slice's axis
 * from[k], or one that is not sliced (-1): at most LAYOUT_SLICE of them. -1: the slice cannot move.
 */
enum { LAYOUT_SLICE = 5 };
int layout_slice(PassCtx *c, const Inst *slice, const int *from, int n, Operand *over);

#endif
