/* profile.h: what a run takes, step by step as it is really run, over all runs of a session, and
 * what this machine can do.
 *
 * A step is an operation, or several that are done together (group.h): a kernel with the
 * elementwise ones behind it, or a chain of those. The time of a cond or while_loop is its own:
 * that of what is nested in it stands there. Bytes are those of operands and results, each value
 * once, as if nothing stayed in a cache; what passes from one operation of a step to the next does
 * not count. Of an operation that only moves data they are no more of an operand than of the
 * results, and nothing where the result is its operand in another shape.
 */
#ifndef MILC_PROFILE_H
#define MILC_PROFILE_H

#include "ir/ir.h"

typedef struct ProfileOperand {
	const Var *var;
	uint32_t user; /* the operation that reads it first */
} ProfileOperand;

typedef struct StepProfile {
	const Inst **inst; /* the operations, in their order */
	uint32_t n;
	bool kernel;       /* of several: one of the first, which does the others; else: a chain */
	VEC(ProfileOperand) operand; /* what is read */
	uint64_t calls;
	double seconds, flops, bytes; /* of all calls */
} StepProfile;

typedef struct ProfileEvent { /* one call, with what is nested in it */
	uint32_t step;
	double start, seconds; /* from the first one on */
	double flops, bytes;
} ProfileEvent;

enum { MOST_EVENTS = 1000000 };
typedef struct Profile {
	VEC(StepProfile) step;   /* in the order of their first calls */
	VEC(ProfileEvent) event; /* in the order of their ends, if they are kept: */
	bool events;
	uint64_t left_out; /* events beyond MOST_EVENTS */
	Map at;            /* Inst, or StepGroup -> its place in step + 1 */
	double inner;      /* seconds of what is nested in the step at hand */
	double began;      /* ms, of the clock; 0: nothing ran */
	size_t peak;       /* bytes of values at most */
	unsigned threads;  /* that kernels had */
	Arena *arena;
} Profile;

/* ---- roofline.c ---- */
/* Of one thread: multiplications and additions of floats, fused where the machine does that; bytes
 * read and written by a copy that no cache holds. Takes less than a tenth of a second. */
typedef struct Roofline {
	double flops, bytes; /* a second */
} Roofline;
Roofline roofline_measure(void);
/* Which share of what the machine can do for so many operations and bytes this time is; 0 where
 * there is neither. */
double roofline_share(const Roofline *r, unsigned threads, double flops, double bytes,
                      double seconds);

#endif
