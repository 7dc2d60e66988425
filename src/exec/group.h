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
	/* A stack (stack.c): groups, whose parts together are this one's, that are done one behind
	 * the other for each matrix. */
	StepGroup **member;
	uint32_t nmember;
	struct StackPlan *stack; /* its plan, beside `plan` */
};

/* The column of a step's operand i. */
uint32_t group_column(const Step *t, uint32_t i);
/* A kernel that can do with blocks takes them there: x, or each of `values`. */
bool group_may_lie(const Step *t, uint32_t i);
/* Types of tensors have one shape; 0 has none. */
bool group_same_shape(const Type *a, const Type *b);
/* Finds the groups of a block's steps. */
void session_group(Session *s, Code *c);
/* Does all steps of the group. *done is false when they are to be done one by one. */
bool group_run(Session *s, StepGroup *g, bool *done);
bool stack_run(Session *s, StepGroup *g, bool *done);

/* ---- what group_run.c has for stack.c ---- */

enum { MOST_PARTS = CHAIN_OPS + 1, STACK_MEMBERS = 8, STACK_PARTS = 32 };

/* A group at work. */
typedef struct GroupWork {
	Session *s;
	StepGroup *g;
	/* What its operands are, of those that no part makes; 0: what the session has. */
	const Tensor *given;
	Eval e[MOST_PARTS];
	RtValue out[MOST_PARTS]; /* of each part; of a lone kernel all its results */
} GroupWork;

/* Fills in k's Eval, with arguments that step_bind() fills in. Not all of it is cleared: it has
 * room for a message, which no kernel writes. */
void group_eval(Session *s, const Step *t, Eval *e, RtValue *out);
/* Plans w->g for operands w->given, with all that lies as tensors; memory is Session.plans'. */
bool group_plan_given(GroupWork *w);
/* Chain operands are the parts' operands; results go to out[part]. */
void group_bind_chain(const StepGroup *g, Chain *c, const Eval *e, const RtValue *out);
/* Scratch of a kernel that is to run with all threads. False: there is not so much memory. */
bool group_scratch(Session *s, const KernelPlan *p, KernelCall *call);
/* Whether g's plan is for operands as they are in s->in. */
bool group_plan_holds(const Session *s, const StepGroup *g);
/* Begins another, for these; what it takes is counted at the end. True: there was one. */
bool group_plan_begin(Session *s, StepGroup *g, size_t *before);
void group_plan_end(Session *s, bool again, size_t before);

#endif
