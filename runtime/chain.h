/* chain.h: elementwise ops done together, piece by piece: what one leaves is still in the cache for
 * the next. All of them have one shape; operands that broadcast to it are spread on the way. Values
 * are floats between two ops; each op's result is rounded to its own type as it would be alone, so
 * that a chain has the bits of its ops one after the other.
 *
 * A MAP row of fast.def says that an op is elementwise; the function that it names, in fast/, fills
 * in a MapOp, or says that the case is the evaluator's.
 */
#ifndef MILC_CHAIN_H
#define MILC_CHAIN_H

#include "fast.h"

enum {
	CHAIN_PIECE = 1024, /* elements at a time */
	CHAIN_OPS = 24,     /* of one chain, at most, */
	CHAIN_OPERANDS = 40,
	CHAIN_VALUES = 12,  /* values of it that wait for their last use at one time, */
	CHAIN_AXES = 6,     /* and axes of a walk through an operand */
	CHAIN_LARGE = 16 << 20, /* bytes of a result that does not stay in the cache */
	MAP_OPERANDS = 3,
	MAP_PARAMS = 4,
	/* Bytes of scratch of a thread that runs a chain. */
	CHAIN_SCRATCH = (CHAIN_VALUES + 1 + MAP_OPERANDS) * CHAIN_PIECE * 4,
};

/* to[0..n) from operands x[0..), of which bit k of `one` says that x[k] is a single number. `to`
 * may be one of the operands, unless MAP_PAST is among the bits: then it goes past the cache, and
 * begins at a multiple of KERNEL_ALIGN. */
#define MAP_PAST 0x80000000u
typedef void MapFn(float *to, const float *const *x, unsigned one, size_t n, const float *param);

typedef enum MapOperand {
	MAP_SPREAD,  /* an operand that broadcasts, as NumPy does it */
	MAP_CHANNEL, /* one that has a number for each place of the result's axis 1 */
	MAP_OWN,     /* such numbers that are made of constants: MapOp.own */
} MapOperand;

/* How an op is done element by element. */
typedef struct MapOp {
	MapFn *fn;
	DType dtype; /* of the result: fp32, fp16 or bool */
	uint32_t n;  /* operands of fn */
	MapOperand kind[MAP_OPERANDS];
	ArgName operand[MAP_OPERANDS];
	float param[MAP_PARAMS];
	/* Fills in `channels` numbers of each MAP_OWN operand, in their order. */
	void (*own)(const Eval *, int64_t channels, float *const *to);
} MapOp;

/* An operand from memory, or made of constants. */
typedef struct ChainOperand {
	const void *data; /* filled in for each run */
	DType dtype;
	bool one, whole; /* a single number; of the result's shape */
	int rank;        /* else: how it is spread over the result's axes; those */
	int64_t dim[CHAIN_AXES], stride[CHAIN_AXES]; /* that can be are one; 0: broadcast */
	uint32_t part, arg; /* it is value `arg` of op `part`, */
	bool own;           /* unless it is made of constants: data is there to stay */
} ChainOperand;

/* What ChainOp.x may be, besides an operand's index. */
enum { CHAIN_FIRST = 254, CHAIN_VALUE = 128 };
typedef struct ChainOp {
	MapFn *fn;
	float param[MAP_PARAMS];
	DType dtype;
	uint8_t n;
	uint8_t x[MAP_OPERANDS]; /* an operand, CHAIN_VALUE + a place, or CHAIN_FIRST */
	uint8_t to;              /* the place of its value */
	void *out;               /* of each run: where the value goes; 0: nobody needs it */
} ChainOp;

struct Chain {
	int rank; /* -1: not known yet */
	int64_t *dim, count;
	const Blocks *blocks; /* how all that is whole lies; 0: as tensors do */
	int64_t span;         /* elements in memory, which at and n of run() count */
	bool past;         /* of each run: its only op's value goes past the cache */
	bool first;        /* it goes on from what a kernel has made, */
	DType first_dtype; /* of this type */
	uint32_t nop, noperand;
	ChainOp *op;
	ChainOperand *operand;
};

typedef struct ChainApi {
	bool (*maps)(Opcode); /* it has a MAP row */
	/* False: the case is the evaluator's. Reads numbers of constants only. */
	bool (*map)(Opcode, const Eval *, const bool *known, MapOp *);
	/* Elements [at, at+n) of all results, for those of `first`: n floats, which may lie where
	 * the last op's result goes. The scratch has CHAIN_SCRATCH bytes. */
	void (*run)(const Chain *, int64_t at, int64_t n, const float *first, void *scratch);
} ChainApi;

/* An op for chain_add(). */
typedef struct ChainPart {
	const Eval *e;     /* operands; those that are values of the chain have no data */
	const bool *known; /* by column: a constant */
	const int *from;   /* by value, in the order of the columns: the part that makes it, */
	uint32_t last;     /* the last part that uses this one's value */
	Tensor result;     /* filled in: type and shape */
} ChainPart;
enum { CHAIN_KERNEL = -2, CHAIN_MEMORY = -1 }; /* or the kernel before the chain, or memory */

/* Begins a chain on what a kernel makes, or, if that is 0, on nothing. All that has the result's
 * shape lies in blocks, unless that is 0; the rest lies as tensors do. All memory is a's. False: it
 * cannot lie so. */
bool chain_begin(Chain *c, Arena *a, const Tensor *first, const Blocks *blocks);
/* Adds parts[i] as op i. False: it is none that a chain can do, or does not fit; in blocks an
 * operand that is not whole must be one number, or have one for each channel. */
bool chain_add(Chain *c, const Isa *isa, Arena *a, ChainPart *parts, uint32_t i);
/* The same in as little memory as it needs. */
Chain *chain_keep(Arena *a, const Chain *c);
/* Threads share out a chain that has no kernel before it: what they are worth, and the run. */
void chain_plan(const Chain *c, KernelPlan *p);
void chain_run_all(const KernelCall *call, const Isa *isa);

#endif
