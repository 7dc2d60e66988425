/* group.h: steps that kernels do: one alone, or one kernel with the elementwise ops behind it, or
 * elementwise ops alone, as one chain (runtime/chain.h). Groups are found once, by the types of the
 * values: neighbours of one shape, each of which uses a value of the ones before. What a group
 * does is planned when it is run, for the shapes of its operands; the plan holds while they stay
 * the same.
 */
#ifndef MILC_GROUP_H
#define MILC_GROUP_H

#include "session.h"
#include "runtime/chain.h"

typedef struct GroupPart {
	const Step *step;
	int *from;     /* by operand: the part that makes it, or CHAIN_MEMORY */
	uint32_t last; /* the last part that uses its result */
	bool out;      /* the result is needed behind the group */
} GroupPart;

/* What a group does for operands of these shapes. */
typedef struct GroupPlan {
	bool ok;         /* else: the steps are done one by one, or by the evaluators */
	uint64_t turn;   /* of Session.plans in which it was made */
	Tensor *operand; /* all operands' types and shapes, */
	const Blocks **lies; /* and how they lie; 0: as tensors do */
	bool *plain;     /* those that lie in blocks and must not; 0: none */
	const Blocks *blocks; /* how the results lie */
	Tensor *result;  /* the results', part by part */
	KernelPlan *kernel;
	Chain *chain;    /* 0: none */
	void *kept;      /* what the kernel makes of constants; 0: not yet, or nothing */
	bool again;      /* there was one for other shapes */
} GroupPlan;

struct StepGroup {
	uint32_t n;          /* steps it covers, those with known results among them */
	uint32_t nparts, nin; /* parts; their operands together */
	GroupPart *part;
	const Kernel *kernel; /* does the first part; 0: all is a chain */
	GroupPlan plan;
};

/* Types of tensors have one shape; 0 has none. */
bool group_same_shape(const Type *a, const Type *b);
/* Finds the groups of a block's steps. */
void session_group(Session *s, Code *c);
/* Does all steps of the group. *done is false when they are to be done one by one. */
bool group_run(Session *s, StepGroup *g, bool *done);

#endif
