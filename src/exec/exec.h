/* exec.h: running functions on tensors. A Session is a function made ready once (plan.c: what each
 * instruction needs, when values die, constants) and run any number of times. How a model was read
 * does not matter here: inputs and outputs go by the names of the function's.
 */
#ifndef MILC_EXEC_H
#define MILC_EXEC_H

#include "ir/ir.h"

typedef struct SessionOptions {
	uint64_t seed;      /* of random operations: each run starts from it */
	uint64_t max_steps; /* operations in loops of one run; 0: 200,000,000 */
	uint64_t memory;    /* bytes of inputs, states and values; 0: no limit */
	bool profile;       /* what each operation takes, */
	bool events;        /* … and each call */
	bool reference;     /* only the reference evaluators, no kernels */
	bool no_fuse;       /* each op by itself */
	const char *isa;    /* kernels of this instruction set; 0: the best that there is */
	unsigned threads;   /* 0: as many as the process may use at once */
	Talk talk;          /* progress of a long run */
	/* Sees each tensor that a value gets, as often as it gets one: results of instructions
	 * and of blocks, variables of loops; neither inputs nor what is known at compile time.
	 * While a result is seen the operands are still there, unchanged. May be 0. */
	void (*watch)(void *ctx, const Var *v, const Tensor *t);
	/* With it: a loop begins its turn n, from 1 on, whose condition comes first (turns.h). */
	void (*turn)(void *ctx, const Inst *loop, uint64_t n);
	void *watch_ctx;
} SessionOptions;

/* STEPS, MEMORY: more than the options allow. */
typedef enum RunStatus { RUN_OK, RUN_WRONG, RUN_STEPS, RUN_MEMORY } RunStatus;

typedef struct Session Session;
/* f must not change while the session lives. Options are copied. */
Session *session_new(const Func *f, const SessionOptions *o /* may be 0 */);
/* Runs on inputs by name; all must be there but for states, which keep what the run before left in
 * them and begin as zeros. Numbers are cast to the inputs' types where they fit. Outputs in the
 * order of the function's; a dictionary is two, the values of NAME and NAME.keys. They are copied
 * to the arena; if it is 0, they are the session's until its next run, and may be inputs. */
RunStatus session_run(Session *s, const NamedTensor *in, uint32_t nin, Arena *a /* may be 0 */,
                      NamedTensor **out, uint32_t *nout);
/* What a state holds after the last run, until the next one; 0: it is none, or nothing ran. */
const Tensor *session_state(const Session *s, const Str *name);
/* Why the last run failed, with the name of the instruction, and its place. */
const char *session_error(const Session *s, Span *at);
/* What all runs so far took (profile.h); 0: nobody asked. */
const struct Profile *session_profile(const Session *s);
void session_free(Session *s);

#endif
