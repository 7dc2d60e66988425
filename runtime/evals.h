/* evals.h: prototypes of all evaluators, so that each definition is checked against the table of
 * ops. */
#ifndef MILRT_EVALS_H
#define MILRT_EVALS_H

#include "milrt.h"

#define OP(name, since, rule, eval, ...) bool eval_##eval(Eval *);
#define OPV OP
#include "../src/ops/ops.def"
#undef OP
#undef OPV

#endif
