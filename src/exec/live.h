/* live.h: when values are needed for the last time, so that a run can drop them. */
#ifndef MILC_LIVE_H
#define MILC_LIVE_H

#include "ir/ir.h"

typedef struct Dying {
	VEC(const Var *) vars;
} Dying;

/* Lists of variables by the instruction that uses them last (in their own block: one with nested
 * blocks uses what these use), or by the block at whose end they go. */
typedef struct Live {
	Arena *arena;
	Map at; /* Inst or Block -> Dying */
} Live;

void live_init(Live *l, Arena *a, const Func *f);
const Dying *live_after(const Live *l, const void *inst_or_block); /* 0: nothing */

#endif
