/* transpose_ops.h: ops through which reduce_transposes moves a transpose when it adjusts their
 * axes. In op(transpose(x, perm)) the op's axis i is axis perm[i] of x.
 */
#ifndef MILC_TRANSPOSE_OPS_H
#define MILC_TRANSPOSE_OPS_H

#include "arith.h"
#include "match.h"

typedef struct Perm {
	int n;
	int64_t at[TENSOR_MAX_RANK];  /* counted from the front */
	int64_t raw[TENSOR_MAX_RANK]; /* as the program has it: what is built repeats that */
} Perm;

typedef bool LazyFn(void *ctx, const Var *v); /* v is a transposed value */
typedef struct TransposeOp {
	Opcode op;
	/* The transpose can move behind op i. */
	bool (*passes)(const Inst *i, const Perm *p, LazyFn *lazy, void *ctx);
	/* Adjusts i to untransposed operands (which it does not have yet). */
	void (*adjust)(PassCtx *c, Inst *i, const Perm *p, LazyFn *lazy, void *ctx);
} TransposeOp;

const TransposeOp *transpose_op_find(const OpDef *op); /* 0: there is no rule for it */
/* The rule for an op, or 0. */
typedef const TransposeOp *TransposeRules(const OpDef *op);
/* Cancels the transposes of a function without nested blocks (reduce_transposes.c), moving them
 * through the ops that there are rules for. False after reporting. */
bool reduce_transposes_by(PassCtx *c, Func *f, TransposeRules *rule);
/* The op works on each element alone: its result is transposed as its x is. */
bool transpose_op_is_unary(const Inst *i);
bool perm_read(const Inst *transpose, Perm *p);
void perm_invert(const Perm *p, int64_t *inverse);
/* The amounts of a pad whose axis k becomes axis to[k]; -1 when they are not known or do not fit in
 * as many numbers. */
int pad_turned(const Inst *pad, const int64_t *to, int rank, int64_t *out);

#endif
