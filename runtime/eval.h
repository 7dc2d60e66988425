/* eval.h: evaluating operations on this machine's CPU.
 *
 * Reference evaluators, one per op row's `eval` column: plain loops, the op's own type or
 * double, one thread. They fold constants (so constants are the same on every machine) and run
 * models.
 *
 * An evaluator gets its operands in the order of the op's row and allocates its results; it finds
 * output shapes from the operands alone. fp16 operands: compute in float, round once per op.
 */
#ifndef MILC_EVAL_H
#define MILC_EVAL_H

#include "tensor/tensor.h"

typedef struct RtValue RtValue;
/* A run-time value: a tensor, or a list of them. */
typedef struct RtList {
	const Tensor **item; /* 0: not written yet */
	int64_t n, cap;
	bool dynamic;
	DType dtype;        /* of elements never written, which read as zeros; DT_NONE: not known */
	const int64_t *dim; /* their shape */
	int rank;
} RtList;
struct RtValue {
	const Tensor *t; /* 0 when it is a list or absent */
	RtList *list;
};

typedef struct EvalArg {
	const RtValue *v;
	uint32_t n; /* 0: absent; > 1 for tuple operands */
} EvalArg;

typedef struct Eval Eval;
struct Eval {
	Arena *arena;          /* results and scratch */
	const char *op;        /* name of the op, for messages */
	int opset;             /* version of the row */
	const EvalArg *arg;    /* in the order of the row's parameters */
	uint32_t narg;
	const char *const *param; /* names of the parameters, same order */
	RtValue *out;          /* to be filled: nout entries */
	uint32_t nout;
	DType out_dtype;       /* of output 0, as the type rule found it */
	char err[200];         /* why it failed */
	uint64_t *seed;        /* state of random ops */
};

/* By name; a name that the op lacks is a bug (die). */
const Tensor *eval_arg(const Eval *e, const char *param); /* 0 if absent */
int64_t eval_int(const Eval *e, const char *param, int64_t dflt);
double eval_double(const Eval *e, const char *param, double dflt);
bool eval_bool(const Eval *e, const char *param, bool dflt);
const char *eval_str(const Eval *e, const char *param, const char *dflt);
/* Axis operand normalized to [0, rank); false and err if out of range. */
bool eval_axis(Eval *e, const char *param, int rank, int64_t dflt, int *out);
Tensor *eval_new(Eval *e, uint32_t i, DType t, const int64_t *dim, int rank); /* out[i] = new */
bool eval_fail(Eval *e, const char *fmt, ...) PRINTF(2, 3); /* false */

#endif
