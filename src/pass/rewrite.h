/* rewrite.h: small moves that several passes make. */
#ifndef MILC_REWRITE_H
#define MILC_REWRITE_H

#include "pass.h"

/* The one way to put `by` in the place of old: all uses of old become uses of it, it takes over the
 * name when old is an output of its function, and those of the instructions that nobody uses any
 * more go, last first, with their own consts. False, and nothing done, when `by` is 0: it could not
 * be built. */
bool pass_replace(Var *old, Var *by, Inst *const *gone, uint32_t n);
#define GONE(...) (Inst *const[]){__VA_ARGS__}, countof(((Inst *const[]){__VA_ARGS__}))
/* … and also false when weights would be lost (var_keeps_weights) or an input would have to take an
 * output's name. Two outputs that become one value share the name of the one replaced last, as the
 * peer has it. */
bool pass_try_replace(PassCtx *c, Var *old, Var *by, Inst *const *gone, uint32_t n);
/* … and `by` goes again where it fails. */
bool pass_replace_or_drop(PassCtx *c, Inst *i, Var *by);
bool inst_is_unused(const Inst *i); /* none of its results has a use */
/* Removes instructions whose results nobody uses any more, last first, with their own consts. */
void rewrite_remove_all(Inst *const *i, uint32_t n);
/* All uses of old become uses of by, but for those by is made of. */
void var_replace_but(Var *old, Var *by);
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
