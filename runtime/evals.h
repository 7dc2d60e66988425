/* evals.h: prototypes of all evaluators, so that each definition is checked against the table of
 * ops. */
#ifndef MILC_EVALS_H
#define MILC_EVALS_H

#include "eval.h"

#define OP(name, since, rule, eval, ...) bool eval_##eval(Eval *);
#define OPV OP
#include "ops/ops.def"
#undef OP
#undef OPV

#endif
