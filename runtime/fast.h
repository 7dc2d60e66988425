/* fast.h: kernels: faster ways to compute an op than its reference evaluator, for the cases that
 * they take. The plan looks at the operands and says what the results are; the session provides the
 * memory; the kernel only computes. A kernel allocates nothing and cannot fail.
 */
#ifndef MILC_FAST_H
#define MILC_FAST_H

#include "eval.h"

typedef struct Threads { /* that kernels may use, the caller's included */
	unsigned n;
} Threads;

enum { KERNEL_RESULTS = 4 };
typedef struct KernelPlan {
	DType dtype[KERNEL_RESULTS];
	int rank[KERNEL_RESULTS];
	int64_t dim[KERNEL_RESULTS][TENSOR_MAX_RANK];
	size_t work; /* bytes of scratch */
} KernelPlan;

typedef struct Kernel {
	/* False: the case is the evaluator's. Only operands are there: no arena, no results. */
	bool (*plan)(const Eval *, KernelPlan *);
	/* Fills e->out[…].t->data. work is aligned for any type. */
	void (*run)(const Eval *e, void *work, const Threads *);
} Kernel;

const Kernel *kernel_of(Opcode code); /* 0: none */

#endif
