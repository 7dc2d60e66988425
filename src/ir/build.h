/* build.h: appending operations: argument checking, defaults, naming, type inference and folding
 * in one place, for scripts, readers, passes and front ends alike.
 */
#ifndef MILC_BUILD_H
#define MILC_BUILD_H

#include "ir.h"
#include "nameset.h"

typedef struct Builder Builder;

/* What a caller gives for one parameter. */
typedef enum OperandKind { A_VAR, A_TENSOR, A_LIST, A_FN, A_RAW } OperandKind;
typedef struct BlockFn { /* the body of a nested block: returns its outputs */
	/* Called with the block current and with its parameters. False after reporting. */
	bool (*build)(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out,
	              uint32_t *nout);
	void *ctx;
	Span span;
} BlockFn;
typedef struct Operand {
	OperandKind kind;
	const char *name; /* of the parameter */
	Span span;        /* of the argument in the script; NOSPAN inside passes */
	union {
		Var *var;
		const Tensor *tensor; /* becomes a const instruction named OPNAME_PARAM_n */
		struct {
			const struct Operand *item; /* A_LIST: elements, name unused */
			uint32_t n;
		} list;
		const BlockFn *fn;
		void *raw; /* for P_INTERNAL parameters */
	};
} Operand;

/* Counters behind automatic names (TYPE_n, OPNAME_PARAM_n), over a whole script run. */
typedef struct NameCounts {
	Arena *arena;
	NameSet first; /* STEM_0 that were given away. Most stems occur once, and take no more */
	Map *count;    /* of the others: hash of the stem -> next number */
} NameCounts;
NameCounts *name_counts_new(Arena *a);
void name_counts_reset(NameCounts *c);
const Str *name_free(NameCounts *c, Interner *names, const char *stem); /* "relu" -> relu_0 */

struct Builder {
	Program *prog;
	Func *func;
	Block *block;      /* where instructions go */
	Inst *before;      /* insert before this one, or 0: at the end */
	Opset opset;       /* picks op versions; OPSET_NONE: each op's oldest */
	NameCounts *counts;
	bool no_fold;      /* readers: keep what the file says */
	bool settle_loops; /* build loops until types and values of variables stay, not twice */
	bool begun;        /* the last operation got as far as its type rule */
	bool failed;       /* build1: something was refused, and what was built is gone again */
	uint32_t first_id; /* build1: ids of what was built begin here; 0: nothing was */
	Span span;         /* of the call at hand: messages go here */
	/* Called after each diagnostic of the builder, for the chain of calls; may be 0. */
	void (*after_error)(void *ctx);
	void *after_error_ctx;
};

void builder_init(Builder *b, Program *p, Func *f);
/* The one entrance. `name` 0: automatic. Operands in the caller's order; absent ones are left out.
 * On success *outs and *nout are the results (BLOCKS and VARIADIC_OUT ops: any number).
 * False after reporting. */
bool build_op(Builder *b, Opcode code, const Str *name, const Operand *arg, uint32_t narg,
              Var ***outs, uint32_t *nout);
/* The same with a row that is not in the table (OPAQUE), whose rule says the types of its results:
 * they stay as these are, also when operands change. */
bool build_row(Builder *b, const OpDef *row, const Str *name, const Operand *arg, uint32_t narg,
               Var ***outs, uint32_t *nout);
/* mb.const: no counters but its own name's. */
Var *build_const(Builder *b, const Str *name, const Tensor *val);
/* A constant list (classify's classes): the elements are those of a vector, their type is kept. */
Var *build_const_list(Builder *b, const Str *name, const Tensor *vec);
/* No constant has 64 bits: fp64 becomes fp32, 64-bit integers int32, saturated. build_op and
 * build_const do so unless no_fold. */
const Tensor *build_const_value(Builder *b, const Tensor *val);

/* For passes: one result.
 *   Var *y = build1(&b, OP_add, name, ARGS(VAR("x", v), VAR("y", w)));
 * Constants given as TENSOR or STRC or BOOLC … become const instructions before it. A rewrite
 * builds first and changes the program afterwards: when the type rule refuses what a pass computed,
 * or an operand is 0 (it was refused itself, or is a number that int32 cannot hold), nothing is
 * reported, all that b has built is taken out again, and the result is 0 from then on. The rewrite
 * then declines. build_must is for what no type rule can refuse. */
#define ARGS(...) (const Operand[]){__VA_ARGS__}, countof(((const Operand[]){__VA_ARGS__}))
#define VAR(n, v)                                                                                  \
	{                                                                                          \
		.kind = A_VAR, .name = (n), .var = (v)                                             \
	}
#define TENSOR(n, t) {.kind = A_TENSOR, .name = (n), .tensor = (t)}
#define STRC(b, n, s) TENSOR(n, build_str((b), (s)))
#define BOOLC(b, n, v) TENSOR(n, tensor_scalar_bool((b)->prog->arena, (v)))
#define INTC(b, n, v) TENSOR(n, build_int((b), (v)))
Var *build1(Builder *b, Opcode code, const Str *name, const Operand *arg, uint32_t narg);
Var *build_must(Builder *b, Opcode code, const Str *name, const Operand *arg, uint32_t narg);
/* None is 0, nor an element of a list. */
bool operands_there(const Operand *arg, uint32_t narg);
const Tensor *build_int(Builder *b, int64_t v); /* int32; 0 when it does not fit */
const Tensor *build_str(Builder *b, const char *s);
/* Infers types and values of an instruction again (its operands changed). */
bool build_reinfer(Builder *b, Inst *i);
/* Operands of i were set by hand: they are what its row takes and defined there. False after
 * reporting. */
bool build_recheck(Builder *b, Inst *i);
/* … and its results would have the types that they have. Nothing is changed. */
bool build_results_stay(Builder *b, const Inst *i);

/* ---- type rules (src/ops/) ---- */
struct Infer {
	Builder *b;
	Inst *inst;      /* operands are set and checked against the row */
	Types *types;
	Arena *arena;
	const Operand *const *given; /* by column: what the caller gave; 0 when inferring again */
	/* Results: the rule calls set_type (and set_val/set_symval where it knows better than the
	 * evaluator). nout is 1 unless the rule calls infer_outputs first. */
};
void infer_outputs(Infer *c, uint32_t n); /* makes n outputs */
bool infer_set_type(Infer *c, uint32_t i, const Type *t); /* true */
void infer_set_val(Infer *c, uint32_t i, const Tensor *val);
void infer_set_symval(Infer *c, uint32_t i, const Dim *v);
const Type *infer_type(const Infer *c, const char *param); /* of a single operand; 0 if absent */
const Tensor *infer_val(const Infer *c, const char *param);
bool infer_bool(const Infer *c, const char *param, bool dflt);
const char *infer_str(const Infer *c, const char *param);  /* known string or 0 */
/* Reports at the operand's span (or the call when 0) and returns false. The type of operands that
 * matter is added as notes ("x has shape (2, 3), declared here") by op_note_operand. */
bool op_error(Infer *c, const char *param, const char *fmt, ...) PRINTF(3, 4);
/* It does not go with `other`, on which there is a note. */
bool op_clash(Infer *c, const char *param, const char *other, const char *fmt, ...) PRINTF(4, 5);
bool op_clash_both(Infer *c, const char *param, const char *a, const char *b, const char *fmt, ...)
    PRINTF(5, 6); /* with two others */
void op_note_operand(Infer *c, const char *param);

#endif
