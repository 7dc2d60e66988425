/* ane_rewrite.h: what the rewrites for Apple's Neural Engine have in common. They are in no default
 * pipeline: the pipeline "ane" has them in order, with the passes that tidy up between them
 * (pipelines.def). Where their top comments name sources, these are those of the engine's fact
 * base: who measured or decompiled what.
 *
 * A builder that refuses one operation makes 0 of all that follow (build.h), so that a rewrite is
 * written down in a row and looks once, at its end: ane_replace.
 */
#ifndef MILC_ANE_REWRITE_H
#define MILC_ANE_REWRITE_H

#include "pass/match.h"

/* `by` takes the place of i's result, if it is there, has the same type, and no weights are lost.
 * False, and all that was built for it is gone again, otherwise. Who asked (PassCtx) is told. */
bool ane_replace(PassCtx *c, Inst *i, Var *by, Inst *const *gone, uint32_t n);
/* … where the weights of i were built again: they are not lost. */
bool ane_replace_weighted(PassCtx *c, Inst *i, Var *by, Inst *const *gone, uint32_t n);
/* Tells who asked that i was rewritten, where ane_replace is not the way. */
void ane_tell(PassCtx *c, const Inst *i);
/* What was built and is not used. */
void ane_drop(Var *v);
/* Offers each instruction there is, once. */
void ane_each(PassCtx *c, RewriteFn *fn);

/* ---- options ---- */
/* A number from 1 on; anything else is reported, and the pass fails. */
int64_t ane_option(PassCtx *c, const char *name, int64_t dflt);
/* An axis may be this long: 16384 before H16 (A17 Pro, M4), 65536 from it. */
enum { ANE_AXIS = 16384 };
static inline int64_t
ane_cap(PassCtx *c)
{
	return ane_option(c, "cap", ANE_AXIS);
}

/* ---- asking ---- */
bool ane_is_dtype(const Var *v); /* fp16 or fp32 */
/* The axis operand as a number from 0 on; -1: not known. */
int ane_axis(const Inst *i, const char *param, uint32_t rank);
/* A known number, when v is a single one. */
bool ane_number(const Var *v, double *out);
bool ane_flag(const Inst *i, const char *param); /* false where it is not known */
bool ane_is_word(const Inst *i, const char *param, const char *word);
bool ane_is_perm(const Inst *i, const int64_t *perm, int n); /* transpose by that */
/* All dimensions known: out has them. */
bool ane_dims(const Var *v, int64_t *out);
bool ane_all_finite(const Tensor *t);
bool ane_is_wide(const Var *v); /* an axis is longer than any engine before H16 takes */

/* Products of numbers that convolutions, linears, matmuls and einsums of a block are; nested ones,
 * too. */
double ane_all_products(const Block *b);

/* ---- building; names are new ---- */
/* A weight (N, D), constant or compressed, as (N, D, 1, 1); 0: it cannot be. (ane_weight.c) */
Var *ane_conv_weight(PassCtx *c, Builder *b, Var *w);
Var *ane_unary(PassCtx *c, Builder *b, Opcode op, Var *x);
Var *ane_binary(PassCtx *c, Builder *b, Opcode op, Var *x, Var *y);
Var *ane_scalar(PassCtx *c, Builder *b, Opcode op, Var *x, double y); /* y of x's type */
Var *ane_tensor(PassCtx *c, Builder *b, Opcode op, Var *x, const Tensor *y);
Var *ane_cast(PassCtx *c, Builder *b, Var *x, DType to);
Var *ane_transpose(PassCtx *c, Builder *b, Var *x, const int64_t *perm, int n);
Var *ane_reshape(PassCtx *c, Builder *b, Var *x, const int64_t *dim, int n);
Var *ane_expand(PassCtx *c, Builder *b, Var *x, const int64_t *axes, int n); /* n 0: x */
Var *ane_squeeze(PassCtx *c, Builder *b, Var *x, const int64_t *axes, int n);
/* x[…, from:to, …] of an axis; to 0: to its end; negative ones count from there. */
Var *ane_slice(PassCtx *c, Builder *b, Var *x, int axis, int64_t from, int64_t to);
Var *ane_concat(PassCtx *c, Builder *b, Var *const *x, uint32_t n, int64_t axis);
Var *ane_softmax(PassCtx *c, Builder *b, Var *x, int64_t axis);
Var *ane_matmul(PassCtx *c, Builder *b, Var *x, Var *y, bool tx, bool ty);
Var *ane_reduce(PassCtx *c, Builder *b, Opcode op, Var *x, int64_t axis); /* keeps the axis */

#endif
