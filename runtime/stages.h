/* stages.h: work that goes in stages, each of several parts: a stage begins when all parts of the
 * one before it are done. Threads share out the parts.
 *
 * Nobody waits for a thread that has begun nothing: who finds a part that nobody has taken does it.
 * So any number of threads will do, one alone, too. A thread that was never made, or sleeps, or
 * whose processor another program has for a while, holds up no more than the part that it is at.
 */
#ifndef MILC_STAGES_H
#define MILC_STAGES_H

#include <stdatomic.h>
#include <stdint.h>

enum { STAGES_PARTS = 32, STAGES_LINE = 64 };

/* Begins as zeros. Each number has a cache line. */
typedef struct Stages {
	_Alignas(STAGES_LINE) _Atomic uint64_t done; /* parts, of all stages */
	struct {
		_Alignas(STAGES_LINE) _Atomic uint64_t stages; /* in which it was taken */
	} part[STAGES_PARTS];
} Stages;

/* fn(ctx, stage, part) for each part < parts of each stage < stages, once, by all threads together
 * that call it with the same numbers; a thread that comes late goes on where the others are. It
 * returns when all is done. A thread begins each stage with part `me` < parts, which thus mostly
 * stays in its cache: let each have its own. What parts of a stage write, those of all following
 * ones may read. parts <= STAGES_PARTS. */
void stages_run(Stages *t, uint64_t stages, unsigned parts, unsigned me,
                void (*fn)(void *ctx, uint64_t stage, unsigned part), void *ctx);

#endif
