/* watch.h: looking into a run: values as they are computed (--print-values), and the first
 * operation that makes a number that is none, or an infinity, of finite ones (--nan-check).
 *
 * A Watch is what SessionOptions.watch calls; before the run it is told the inputs.
 */
#ifndef MILC_WATCH_H
#define MILC_WATCH_H

#include "exec/exec.h"

typedef struct WatchOptions {
	const char *names; /* of values, operations or inputs, "x,relu_0"; 0: none is shown */
	bool finite;       /* find the first that is not */
	/* A value that was asked for; in a loop "NAME, turn 3", in one within it "… turn 3.1". */
	void (*show)(void *ctx, const NamedTensor *x);
	void *show_ctx;
} WatchOptions;

typedef struct Watch Watch;
/* In the arena, for as long as the function does not change. What is known at compile time is
 * looked at here. 0 after reporting a name that no value of the function has. */
Watch *watch_new(Arena *a, Diag *d, const Func *f, const WatchOptions *o);
void watch_input(Watch *w, const NamedTensor *in);
/* For SessionOptions.watch and turn. */
void watch_see(void *w, const Var *v, const Tensor *t);
void watch_turn(void *w, const Inst *loop, uint64_t n);
/* False after reporting the first operation that made what is not finite, in all runs so far. */
bool watch_end(Watch *w);

#endif
