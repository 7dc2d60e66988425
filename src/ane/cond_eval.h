/* cond_eval.h: evaluating conditions, for those who say why they come to what they do. */
#ifndef MILC_COND_EVAL_H
#define MILC_COND_EVAL_H

#include "cond.h"

typedef struct CondEval {
	const Site *s;
	const Clause *clause;
	VEC(const char *) open; /* names behind what is unknown or absent */
	const char *about;
} CondEval;

Val cond_eval(CondEval *e, const Expr *x);
Tri cond_truth(Val v);
Tri cond_compare(int op, Val a, Val b);
/* The row that a call, or a name, of an expression was found to be; of Python's own functions 0. */
const CondCall *cond_call_at(const CallExpr *c);
const CondName *cond_name_at(const Expr *x);

/* ---- cond_why.c ---- */
/* In the site's arena. */
const char *cond_why(CondEval *e, const Clause *c, Tri holds);

#endif
