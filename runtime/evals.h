/* evals.h: prototypes of all evaluators, so that each definition is checked against the table of
 * ops. */
#ifndef MILC_EVALS_H
#define MILC_EVALS_H

#include "eval.h"

#include "opevals.h"

#endif
