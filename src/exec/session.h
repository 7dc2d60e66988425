/* session.h: what a session holds, and the steps it is made of.
 *
 * session_new turns the function into Code: for each instruction a Step with its operands, the
 * values that die behind it and what is to be done, so that a run looks nothing up. What lasts is
 * in `arena`; what a run makes is in boxes (slot.h) or `tmp`.
 */
#ifndef MILC_SESSION_H
#define MILC_SESSION_H

#include "exec.h"
#include "profile.h"
#include "slot.h"
#include "runtime/fast.h"

typedef struct Dying { /* values that are needed for the last time */
	VEC(const Var *) vars;
} Dying;

typedef struct Code Code;
typedef enum StepKind {
	STEP_EVAL,  /* the row's evaluator or kernel */
	STEP_KNOWN, /* all results are constants */
	STEP_COND,
	STEP_WHILE,
	STEP_READ_STATE,
	STEP_UPDATE_STATE,
} StepKind;

typedef struct StepGroup StepGroup;
typedef struct Step {
	const Inst *inst;
	StepKind kind;
	StepGroup *stack;       /* groups from it on, done matrix by matrix, see group.h; 0: none */
	StepGroup *group;       /* kernels for it and the steps behind it, see group.h; 0: none */
	StepGroup *alone;       /* for it alone, should that not do */
	uint32_t nin;       /* operands, those of tuples one by one */
	const Var **in;     /* in the order of the row */
	bool *known;        /* by column: a constant */
	bool last_read;     /* of a state, before it is given another value */
	EvalArg *arg;       /* by column; their values are filled in to run it */
	const Dying *dying; /* values that nobody needs behind it; 0: none */
	Code *code[2];      /* of the nested blocks */
} Step;

struct Code {
	const Block *block;
	Step *step;
	uint32_t n;
	const Dying *dying; /* at the block's end */
};

typedef struct Bound { /* what the inputs say a symbol is */
	Dim sym;
	int64_t n;
} Bound;

struct Session {
	const Func *func;
	SessionOptions opt;
	Arena arena;
	Code *code;
	Slot *slot;        /* by variable id, */
	const Blocks **blocks; /* and how it is to lie if it can (layout.c); 0: as tensors do */
	Slot *in;          /* operands of the step that runs, */
	RtValue *value;    /* as the evaluator sees them, and room for: */
	uint32_t most;
	Profile *profile;  /* 0: nobody asked */
	size_t constants;  /* bytes of converted and packed constants */
	const Isa *isa;
	SysPool *pool;     /* 0: one thread */
	void *work;        /* scratch of kernels */
	size_t nwork;
	Arena plans;       /* of groups; */
	uint64_t plan_turn; /* those made in another turn are gone */
	size_t plans_kept, kept; /* bytes that stay: all; those of packed constants */
	Heap heap;

	/* One run, and its outputs until the next: */
	Arena tmp;
	VEC(Slot) held;
	VEC(Bound) bounds;
	size_t given;      /* bytes of inputs and states */
	uint64_t seed, steps;
	double told;       /* when progress was said last, ms */
	uint32_t untold;   /* steps */
	RunStatus status;
	Span at;
	Buf err;
};

/* profile.c */
typedef struct ProfileMark {
	double start, inner;
} ProfileMark;
Profile *profile_new(Arena *a, bool events);
ProfileMark profile_begin(Profile *p);
/* The step was done, by group g if there is one; its operands and results are still there. */
void profile_end(Session *s, const Step *t, const StepGroup *g, ProfileMark m);

/* plan.c */
/* The instruction of block b in which the use takes place, if only in a block of it; 0: the value
 * is an output of b. */
const Inst *user_in(const Use *u, const Block *b);
void session_plan(Session *s);
/* The step's arguments are these values, one for each operand. */
void step_bind(const Step *t, RtValue *v);

/* layout.c: which values of a block are to lie in blocks. */
void session_layout(Session *s, const Code *c);

/* run.c */
bool code_run(Session *s, const Code *c);
/* A view of the value, as tensors lie; no reference of its own. */
Slot session_value(Session *s, const Var *v);
/* The same, which may lie in blocks. */
Slot session_slot(Session *s, const Var *v);
/* The variable has the value, whose reference is taken over. */
void value_bind(Session *s, const Var *v, Slot value);

/* session.c */
/* False; s->status says RUN_WRONG then. */
bool run_fail(Session *s, const Inst *i, const char *fmt, ...) PRINTF(3, 4);
/* Bytes that are left below the limit, or -1: it is exceeded. Without one INT64_MAX. */
int64_t memory_room(const Session *s);
/* True while `more` bytes may be taken. */
bool memory_left(const Session *s, size_t more);
bool memory_fail(Session *s, const Inst *i); /* false */

/* inputs.c */
bool inputs_bind(Session *s, const NamedTensor *in, uint32_t nin);
/* The number of a dimension, as far as the inputs tell; else -1. */
int64_t bound_dim(Session *s, Dim d);

#endif
