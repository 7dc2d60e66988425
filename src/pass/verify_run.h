/* verify_run.h: --verify-passes: a program must give the same numbers after a pass as before it. */
#ifndef MILC_VERIFY_RUN_H
#define MILC_VERIFY_RUN_H

#include "pass.h"

typedef struct PassCheck PassCheck;
/* Runs the program on random inputs and keeps what it gives. */
PassCheck *pass_check_new(PassCtx *c);
/* Keeps the program as it is before pass p. */
void pass_check_before(PassCheck *k, const PassInfo *p);
/* Runs it again after pass p. False after reporting that the numbers differ, and where; where half
 * precision makes a finite number inf or NaN, that is a warning at the first operation that does
 * it. What cannot be run here (an op without an evaluator) is not checked until a pass changes it:
 * that is a warning, said once. What differs goes to o->differs, if anybody wants it. */
bool pass_check_run(PassCheck *k, const PassInfo *p, const PassRunOptions *o);
/* Frees it; when all passes were right, says how many were checked. */
void pass_check_end(PassCheck *k, bool ok);

/* ---- verify_first.c ---- */
/* How two forms of a function get on with the same inputs. */
typedef struct FirstGap {
	const Inst *inst; /* of the second form; 0: only outputs differ */
	const Str *value; /* its result, which both have */
	const char *in;   /* in which turns of which loops, with a comma in front (exec/turns.h) */
	const char *at;   /* "[0, 1]"; 0: it is a scalar */
	double before, after;
} FirstGap;
/* The first value that the second form computes otherwise than the first, in any block and turn.
 * `same` compares two of one type and says where they differ. */
FirstGap first_gap(Arena *a, const Func *was, const Func *now, const NamedTensor *in, uint32_t nin,
                   bool (*same)(void *ctx, const Tensor *was, const Tensor *now, int64_t *at),
                   void *ctx);

#endif
