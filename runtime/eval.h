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

#include "table/op.h"

typedef struct RtValue RtValue;
/* A run-time value: a tensor, or a list of them. */
typedef struct RtList {
	const Tensor **item; /* 0: not written yet */
	int64_t n;
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

struct Eval {
	Arena *arena;          /* results and scratch */
	const OpDef *row;
	const EvalArg *arg;    /* in the order of the row's parameters */
	RtValue *out;          /* to be filled: nout entries */
	uint32_t nout;
	DType out_dtype;       /* of output 0, as the type rule found it */
	char err[200];         /* why it failed */
	uint64_t *seed;        /* state of random ops */
	size_t room;           /* bytes that a result may take; 0: no limit */
	bool full;             /* it failed for want of room */
};

/* By name: op_column() finds the column. What this version of the op lacks is absent; a name that
 * no version of it has is a bug (die). */
const EvalArg *eval_operand(const Eval *e, ArgName param);
const Tensor *eval_arg(const Eval *e, ArgName param); /* 0 if absent */
/* Where its first value lies among all operands; UINT32_MAX if it is absent. */
uint32_t operand_place(const OpDef *row, const EvalArg *arg, ArgName param);
int64_t eval_int(const Eval *e, ArgName param, int64_t dflt);
double eval_double(const Eval *e, ArgName param, double dflt);
bool eval_bool(const Eval *e, ArgName param, bool dflt);
const char *eval_str(const Eval *e, ArgName param, const char *dflt);
/* Axis operand normalized to [0, rank); false and err if out of range. */
bool eval_axis(Eval *e, ArgName param, int rank, int64_t dflt, int *out);
/* out[i] = new; 0 after failing when no tensor can have that shape: who works the shape out himself
 * looks at the result, who takes an operand's need not. */
Tensor *eval_new(Eval *e, uint32_t i, DType t, const int64_t *dim, int rank);
Tensor *eval_scratch(Eval *e, DType t, const int64_t *dim, int rank); /* likewise, no result */
/* For results whose size numbers of the run decide. False after failing. */
bool eval_room(Eval *e, DType t, const int64_t *dim, int rank);
int64_t dims_count(const int64_t *dim, int from, int to); /* elements of the axes [from, to) */
bool eval_fail(Eval *e, const char *fmt, ...) PRINTF(2, 3); /* false */

#endif
