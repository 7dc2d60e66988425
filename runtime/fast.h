/* fast.h: kernels: faster ways to compute an op than its reference evaluator, for the cases that
 * they take.
 *
 * A kernel first looks at the operands and says what the results are (plan); it may read numbers
 * of constants only, so that a plan holds for all runs with operands of these types and shapes.
 * What it makes of constants once is kept beside the plan (keep). The caller provides all memory; a
 * kernel allocates nothing and cannot fail.
 *
 * Promises, which tests hold (tests/kernels.py, make fuzz-kernels):
 *   - The bits do not depend on the processor's instruction set, nor on the number of threads, nor
 *     on what is fused or lies in blocks: each output element of a product is one chain of fused
 *     multiply-adds in one order (k ascending; of convolutions see fast/flat.h), sums over
 *     an axis have sixteen fixed lanes (fast/vec.h), and threads share out outputs only.
 *   - fp16 operands: computed in float, rounded once per op.
 *   - How far results lie from the reference evaluator's stands beside the cases, tests/kernels/.
 */
#ifndef MILC_FAST_H
#define MILC_FAST_H

#include "eval.h"
#include "base/sys.h"
#include "channel_blocks.h"

enum { KERNEL_RESULTS = 4, KERNEL_ALIGN = 64, KERNEL_NOTE = 640 };

typedef struct KernelPlan {
	/* Set before: how x lies, or all `values`; and how result 0 is to lie; 0: as tensors do. */
	const Blocks *x_blocks, *blocks;
	DType dtype[KERNEL_RESULTS];
	int rank[KERNEL_RESULTS];
	int64_t *dim[KERNEL_RESULTS]; /* room for TENSOR_MAX_RANK numbers each */
	/* The result may lie in the first operand's memory, should nobody need that any more. */
	bool in_place;
	size_t work;      /* bytes of scratch in common, */
	size_t work_each; /* and for each thread */
	size_t keep;      /* bytes of what is made of constants; 0: nothing pays */
	/* Plans with the same number here, if it is not 0, and as many bytes keep the same. */
	int keep_as;
	double cost;      /* about how many nanoseconds it takes one thread */
	_Alignas(16) char note[KERNEL_NOTE]; /* the kernel's own: KERNEL_NOTE_OF() */
} KernelPlan;

/* A kernel's own struct in the plan. */
#define KERNEL_NOTE_OF(T, plan)                                                                    \
	((void)sizeof(char[sizeof(T) <= KERNEL_NOTE ? 1 : -1]), (T *)(void *)(plan)->note)

typedef struct Chain Chain;

typedef struct KernelCall {
	const Eval *e; /* operands; results with their memory */
	const KernelPlan *plan;
	void *work;       /* plan->work bytes, aligned to KERNEL_ALIGN, */
	char *each;       /* then plan->work_each for each thread, a multiple of KERNEL_ALIGN */
	const void *kept; /* what keep() made; 0: it did not run */
	const Chain *then; /* elementwise ops on the result, see chain.h; 0: none */
	SysPool *pool;    /* threads, the caller's included; 0: one */
} KernelCall;

/* Whether x, or all `values` of an op that has them, and the result of a kernel may lie in blocks.
 */
typedef enum BlocksUse {
	BLOCKS_NONE,
	BLOCKS_X,     /* x alone, */
	BLOCKS_BOTH,  /* both together, */
	BLOCKS_ALIKE, /* and with one halo, */
	BLOCKS_ANY,   /* or each by itself */
} BlocksUse;

typedef struct Kernel {
	/* False: the case is the evaluator's. known: of each column whether it is a constant. */
	bool (*plan)(const Eval *, const bool *known, KernelPlan *);
	void (*keep)(const Eval *, const KernelPlan *, void *kept); /* 0: keeps nothing */
	void (*run)(const KernelCall *);                            /* fills e->out[…].t->data */
	bool then;                                                  /* it heeds call->then */
	/* Before each run, of operands whose numbers a run may make wrong: false leaves it to the
	 * evaluator, which says what is wrong. 0: there are none. */
	bool (*check)(const Eval *);
	/* What it can do with x, or values, of rank 4, of which e has constant operands only, and
	 * the halo that x needs then. 0: nothing. */
	BlocksUse (*blocks)(const Eval *e, const bool *known, Blocks *need);
} Kernel;

/* Kernels of one instruction set. */
typedef struct Isa {
	const char *name;              /* "avx512", "avx2", "neon", "plain" */
	const Kernel *(*kernel)(Opcode); /* 0: none */
	const struct GemmApi *gemm;    /* fast/gemm.h */
	const struct Gemm64Api *gemm64;
	const struct ChainApi *chain;  /* chain.h */
	const struct RowApi *row;      /* rowmath.h */
} Isa;

const Isa *isa_best(void);
const Isa *isa_named(const char *name); /* 0: there is none, or this processor lacks it */
const Isa *isa_list(uint32_t i);        /* those of this processor, the best first; 0: the end */

static inline size_t
kernel_aligned(size_t bytes)
{
	return (bytes + KERNEL_ALIGN - 1) & ~(size_t)(KERNEL_ALIGN - 1);
}
/* The scratch of one thread. */
static inline void *
kernel_scratch(const KernelCall *c, unsigned thread)
{
	return c->each + (size_t)thread * c->plan->work_each;
}

/* fn(ctx, i, thread) for 0 <= i < n, shared out among threads where the cost is worth it. */
void kernel_share(const KernelCall *c, int64_t n, void (*fn)(void *ctx, int64_t i, unsigned thread),
                  void *ctx);
/* How many of the pool's threads it would use at most: so many times plan->work_each are needed. */
unsigned kernel_threads(const KernelPlan *p, const SysPool *pool);

#endif
