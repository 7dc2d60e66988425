/* verify_run.h: --verify-passes: a program must give the same numbers after a pass as before it. */
#ifndef MILC_VERIFY_RUN_H
#define MILC_VERIFY_RUN_H

#include "pass.h"

typedef struct PassCheck PassCheck;
/* Runs the program on random inputs and keeps what it gives. */
PassCheck *pass_check_new(PassCtx *c);
/* Runs it again after pass p. False after reporting that the numbers differ; where half precision
 * makes a finite number inf or NaN, that is a warning at the first operation that does it. What
 * cannot be run here (an op without an evaluator) is not checked: that is a warning, said once. */
bool pass_check_run(PassCheck *k, const PassInfo *p);
/* Frees it; when all passes were right, says how many were checked. */
void pass_check_end(PassCheck *k, bool ok);

#endif
