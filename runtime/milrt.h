/* milrt.h: evaluating operations on this machine's CPU.
 *
 * eval.c   reference evaluators, one per op row's `eval` column: plain loops, the op's own type or
 *          double, one thread. They fold constants (so constants are the same on every machine)
 *          and run models.
 * run.c    walks a program's blocks.
 *
 * An evaluator gets its operands in the order of the op's row and allocates its results; it finds
 * output shapes from the operands alone. fp16 operands: compute in float, round once per op.
 */
#ifndef MILRT_H
#define MILRT_H

#include "../src/diag.h"
#include "tensor.h"

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

/* ---- whole programs ---- */
struct Program;
struct Func;
typedef struct RunOptions {
	uint64_t seed;
	uint64_t max_loop; /* iterations of one while_loop; 0: 1,000,000,000 */
	bool profile;
	uint64_t memory;   /* bytes; 0: no limit */
	Span *at;          /* set to the place of a failure; 0: err begins with it */
} RunOptions;
typedef struct NamedTensor {
	const Str *name;
	const Tensor *t;
} NamedTensor;
/* Runs f on inputs by name (all must be there, dtypes cast as Core ML does it); outputs in the
 * order of the function's. Memory: arena. False: err says why, with the instruction. With
 * `profile` err holds a table of times after success. */
bool run_func(struct Func *f, Arena *arena, const NamedTensor *in, uint32_t nin, NamedTensor **out,
              uint32_t *nout, const RunOptions *o, Buf *err);

#endif
