/* reduce.h: the smallest program that still has what is looked for.
 *
 * Delta debugging over programs in SSA form. A step is tried on a copy of the best program so far;
 * when the copy is still interesting it is the best from then on. Steps, in rounds until a whole
 * round finds nothing:
 *
 *   functions   others than the default one go
 *   tail        only the first operations stay, and what the others needed becomes outputs
 *   outputs     fewer of them
 *   operations  one after another, or many at once: results become an operand of the same type, an
 *               input, or a constant
 *   blocks      a branch, or one turn of a loop, in place of the cond or while_loop
 *   sizes       all dimensions of one size become smaller, in inputs and constants
 *   inputs      become constants, all but one
 *   constants   become ones
 *
 * After each step dead code and unused inputs go, and types and known values are inferred anew
 * (where that can be done: not where a program has what the type rules refuse).
 */
#ifndef MILC_REDUCE_H
#define MILC_REDUCE_H

#include "ir/build.h"

typedef struct Shrinking {
	/* Whether the program still has what is looked for; it must stay as it is. What it reports
	 * is not said. */
	bool (*interesting)(void *ctx, const Program *p);
	void *ctx;
	Talk talk;     /* progress */
	uint64_t most; /* programs that are tried; 0: 100000 */

	/* The result: in memory of its own, as long as the Shrinking is not freed. */
	Program *best;
	uint32_t before, after; /* operations, without constants */
	uint64_t tried;

	Arena arena[2], kept; /* of programs in turn; of constants and types that they share */
	int turn;
	bool infers;
	uint32_t size; /* of the step at hand */
} Shrinking;

/* p stays as it is. False: it is not interesting itself, in the form that is tried. */
bool reduce(Shrinking *r, const Program *p);
void shrinking_free(Shrinking *r);
/* Operations of a program, nested ones too, without constants. */
uint32_t count_operations(const Program *p);

/* ---- steps.c: steps, on a copy that may be left in any state when one says no ---- */
typedef struct ShrinkStep ShrinkStep;
typedef bool ShrinkFn(const ShrinkStep *s, Program *p);
struct ShrinkStep {
	ShrinkFn *apply;
	uint32_t from, to; /* a range of what it works on; of sizes: this one becomes that */
	int how;           /* operations: HOW_…; blocks: which one */
	Arena *kept;       /* for what must outlive the copy */
};
enum { HOW_OPERAND, HOW_INPUT, HOW_CONST, HOWS };
ShrinkFn step_drop_function, step_cut_tail, step_drop_outputs, step_drop_operations, step_unnest,
    step_resize, step_fix_inputs, step_plain_constants;
/* Of the default function: instructions at the top without constants; outputs; inputs. */
uint32_t count_top(const Program *p);
uint32_t count_outputs(const Program *p);
uint32_t count_inputs(const Program *p);
uint32_t count_constants(const Program *p); /* of many elements, which are not all the same */
/* The sizes above 1 that inputs and constants have, the largest first; so many. */
uint32_t find_sizes(const Program *p, int64_t *size, uint32_t most);
/* Takes away what nothing needs. */
void sweep_program(Program *p);
/* Infers everything again. False after reporting. */
bool settle_program(Program *p);

#endif
