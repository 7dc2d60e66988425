/* build_impl.h: one call of build_op, shared by build.c, operands.c, blocks.c and fold.c. */
#ifndef MILC_BUILD_IMPL_H
#define MILC_BUILD_IMPL_H

#include "build.h"

typedef struct Call {
	Builder *b;
	const OpDef *op;
	const Str *name;
	Inst *inst;
	const Operand *given[MAX_PARAMS]; /* by column; 0: absent */
	uint8_t order[MAX_PARAMS];        /* columns in the caller's order */
	uint32_t norder;
	bool poisoned; /* an operand is in error: nothing more is said */
	bool inside;   /* a nested function failed, which has been reported completely */
} Call;

static inline Diag *
call_diag(const Call *c)
{
	return c->b->prog->diag;
}

/* operands.c */
bool call_match(Call *c, const Operand *arg, uint32_t narg);
bool call_operands(Call *c); /* sets the arguments, making constants as needed */
bool call_defaults(Call *c, Infer *infer);
bool call_recheck(Call *c, Operand *given); /* arguments that are set; `given` has room for all */

/* const.c */
Var *const_insert(Builder *b, const Str *name, const Tensor *val, Span at);

/* blocks.c */
bool call_blocks(Call *c);

/* fold.c */
bool fold_inst(Infer *c); /* values of the outputs, where they can be known */
bool inst_from_const(const Inst *i);

/* infer.c: an error about an operand, or about the whole call when o is 0. */
bool call_error(Call *c, const Operand *o, const char *fmt, ...) PRINTF(3, 4);
/* A note about the type of v and where it comes from. */
void note_var(Diag *d, Types *types, const char *what, const Var *v);

/* src/ops/defaults.c */
const Tensor *default_literal(Infer *c, const Param *p);

#endif
