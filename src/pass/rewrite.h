/* rewrite.h: small moves that several passes make. */
#ifndef MILC_REWRITE_H
#define MILC_REWRITE_H

#include "pass.h"

/* All uses of old become uses of `by`, which takes over the name when old is an output of its
 * function. */
void rewrite_replace(Var *old, Var *by);
bool var_is_function_output(const Var *v);
bool var_is_function_input(const Var *v);
/* cast(x=x, dtype=to) in b before `before` (0: at its end), without the general builder's checks.
 * The type stands in a const of its own, as everywhere. */
Var *rewrite_cast(PassCtx *c, Block *b, Inst *before, Span at, Var *x, DType to, const Str *name);
/* Takes i and, one after the other, the const operands that nothing else uses. */
void rewrite_remove(Inst *i);
/* a and b joined, interned. */
const Str *name_join(PassCtx *c, const Str *a, const char *b);

#endif
