/* turns.h: in which turn of the loops around it a value is computed, for those who look into a run.
 * Told by SessionOptions.turn.
 */
#ifndef MILC_TURNS_H
#define MILC_TURNS_H

#include "ir/ir.h"

typedef struct Turns {
	Map at; /* while_loop -> the turn that it is in, from 1 on */
} Turns;

void turns_init(Turns *t, Arena *a);
void turns_note(Turns *t, const Inst *loop, uint64_t n);
/* Of what stands in the block: "2.3" in the third turn of a loop in the second of another; "" in
 * none. */
const char *turns_path(const Turns *t, const Block *b, Arena *a);
/* ", in turn 3 of while_loop 'inner', in turn 2 of while_loop 'outer'", with the conds in between:
 * ", in cond 'c'". */
const char *turns_words(const Turns *t, const Block *b, Arena *a);

#endif
