/* ir.h: the program in SSA form. The page to read first.
 *
 *   Program -> Func -> Block -> Inst (a list) -> Arg -> Use -> Var
 *
 * Every value is a Var, made by one Inst or a parameter of a block. Everything an op takes is an
 * argument: arg[i] answers to column i of the op's row (op.h); constants are `const` instructions,
 * as in MIL. What the compiler knows of a value stands at the Var: val (all of it) or symval
 * (an int vector whose elements may be symbols), whoever computes it.
 *
 * Uses are kept up to date by the functions below: each operand slot is a Use in the list of its
 * Var, and so is each output slot of a block (user == 0 then). All memory is the program's arena.
 */
#ifndef MILC_IR_H
#define MILC_IR_H

#include "base/diag.h"
#include "type.h"
#include "table/op.h"

typedef struct Var Var;
typedef struct Inst Inst;
typedef struct Block Block;
typedef struct Func Func;
typedef struct Program Program;
typedef struct Use Use;

struct Use {
	Var *var;
	Inst *user;   /* the instruction whose operand this is, or 0: */
	Block *block; /* … the block whose output this is */
	Use *next, **prevp;
};

enum { MAX_VARS = UINT16_MAX }; /* of one instruction or function */
struct Var {
	const Str *name;     /* as the script or a pass named it; unique only after dedup */
	const Type *type;
	Inst *def;           /* 0 for a parameter */
	Block *param_of;     /* the block whose parameter it is, or 0 */
	const Tensor *val;   /* known value */
	const Dim *symval;   /* known up to symbols: type->count elements of an int tensor, or 0 */
	Use *uses;
	uint32_t id;         /* dense in the function, for side tables */
	uint32_t index : 28; /* which output or parameter */
	bool from_const : 1; /* fixed at compile time, though val may be absent: made by a constexpr
	                        op, or by one all of whose operands are fixed */
	bool in_place : 1;   /* a constant that the file has where it is used, … */
	bool unsaid : 1;     /* … or not at all: a default */
	bool held : 1;       /* a script may look at it, also when it has left the program */
};

typedef struct Arg {
	Use **u;    /* n slots; n == 1 for an ordinary operand, any n for a tuple one */
	uint32_t n; /* 0: absent */
} Arg;

struct Inst { /* what every walk reads stands in front */
	const OpDef *op;     /* the row: opcode and version */
	Inst *next, *prev;
	Var **out;
	Arg *arg;            /* op->nparam; all const have one, which is absent */
	Block **block;       /* nested blocks: cond (true, false), while_loop (condition, body) */
	uint32_t nout;
	uint32_t nblock : 31;
	bool unnamed : 1;    /* the file has no name: this is that of its first result */
	Span span;           /* the call in the script */
	Block *parent;
	const Str *name;
	uint64_t order;      /* position in its block, for inst_before(); sparse, 0: renumber */
};

_Static_assert(sizeof(void *) != 8 || sizeof(Inst) == 88, "a program has millions of them");

struct Block {
	Var **param;
	Use **out;           /* outputs */
	uint32_t nparam, nout;
	Inst *first, *last;
	Inst *parent;        /* the instruction that holds it, 0 for a function's body */
	Func *func;
	uint32_t ninst;
};

#define LARGE_CONST 100 /* elements; smaller constants are never shared */
struct Func {
	const Str *name;
	Opset opset;
	Block *body;         /* its parameters are the function's inputs */
	const Span *param_span;
	Span span;           /* the def */
	Program *prog;
	uint32_t nvar;       /* ids handed out */
	uint32_t *nop;       /* how many instructions of each opcode: lets passes be skipped */
	uint32_t nconstexpr; /* how many have the flag CONSTEXPR */
	uint32_t number;     /* of the functions that the script made; for listings */
	uint32_t nlarge;     /* constants of many elements that were ever put in */
};

struct Program {
	Arena *arena;
	Interner *names;
	Types *types;
	Diag *diag;
	VEC(Func *) funcs;   /* in order of definition */
	const Str *default_func; /* "main" unless set */
	bool multifunction;  /* export_as_multifunction */
	bool skip_all_passes;
	Span span;
	struct NameCounts *counts; /* for automatic names; shared over the script run */
	uint32_t next_new;   /* for names that passes make */
	Arg *no_arg;         /* of constants */
	Inst *pool;          /* where the next instruction lies */
	uint32_t pool_left, pool_size;
	uint32_t npipeline;  /* lists of passes that began on it */
	uint64_t edits;      /* grows with every change of instructions, operands and outputs:
	                        passes that found nothing since are not run again */
};

/* ---- making ---- */
Program *program_new(Arena *a, Interner *names, Types *types, Diag *diag);
Func *func_new(Program *p, const Str *name, Span span); /* appended to p when named */
Block *block_new(Func *f, Inst *parent);
Var *block_add_param(Block *b, const Str *name, const Type *t);
void block_set_outputs(Block *b, Var *const *v, uint32_t n); /* drops the old ones' uses */
/* A detached instruction with nout fresh outputs (types unset), operands absent. */
Inst *inst_new(Func *f, const OpDef *op, const Str *name, uint32_t nout, Span span);
void inst_set_arg(Inst *i, int param, Var *v);              /* 0: absent */
void inst_set_arg_list(Inst *i, int param, Var *const *v, uint32_t n);
void inst_insert(Block *b, Inst *before /* 0: at the end */, Inst *i);
void inst_move_before(Inst *i, Inst *before);
/* Takes it out and drops its operand uses. Its outputs must be unused. */
void inst_remove(Inst *i);
/* Empties a block that is given up: drops all uses in it. */
void block_discard(Block *b);
Program *program_clone(const Program *p); /* deep; into p's arena */
/* Into another one; types, names, values and spans are still p's. */
Program *program_clone_into(const Program *p, Arena *a);
/* Copies what a function does to the end of a block, on these values in place of its inputs; the
 * results go to `out`. */
void block_inline(Block *to, const Func *from, Var *const *in, Var **out);
/* The same with one function, under a name; it is not among the functions of the program yet. */
Func *func_clone(const Func *f, Program *into, const Str *name);
/* The function of its name is this one from now on, in its place, or else the last. */
void program_put(Program *p, Func *f);

/* ---- asking ---- */
int inst_column(const Inst *i, const char *param); /* die if no such parameter, as the next ones */
Arg *inst_args(const Inst *i, const char *param); /* its slots */
Var *inst_arg(const Inst *i, const char *param);  /* 0 if absent */
Var *inst_argc(const Inst *i, ArgName arg);       /* 0 if absent, or not in this version */
Var *inst_argn(const Inst *i, int param);         /* by column; the single operand or 0 */
const Tensor *inst_val(const Inst *i, const char *param); /* the known value of that operand or 0 */
int64_t inst_int(const Inst *i, const char *param); /* its first element; 0 when not known */
bool inst_is(const Inst *i, Opcode op);           /* false for 0 */
/* The operand in this column is an attribute in files: of constexpr operations up to iOS17, and
 * those that an operation which is not in the table had so. */
bool inst_attribute(const Inst *i, uint32_t param);
/* The user holds the value itself if it is a constant: as an attribute, or in place. */
bool use_is_held(const Use *u);
/* The instruction of block b that is the user or holds it; 0 for b's own outputs, and elsewhere. */
Inst *use_holder(const Use *u, const Block *b);
Var *arg_at(const Arg *a, uint32_t i);
/* The only use when there is exactly one and it is an operand, else 0. */
Inst *var_only_user(const Var *v);
bool var_is_output(const Var *v);  /* of any block */
bool var_is_const(const Var *v);   /* made by a const instruction */
bool inst_before(const Inst *a, const Inst *b); /* a precedes b in the same block */
bool inst_updates_state(const Inst *i); /* it writes to a state, or something nested in it does */
bool block_encloses(const Block *outer, const Block *inner); /* or equal */
Block *var_block(const Var *v);    /* where it is defined */

/* ---- changing ---- */
/* All uses of old become uses of new (in all blocks). */
void var_replace(Var *old, Var *by);
/* Only uses at or behind `anchor` (in its block, blocks nested behind it, and block outputs). */
void var_replace_after(Inst *anchor, Var *old, Var *by);
void use_set(Use *u, Var *v);
void inst_name_set(Inst *i, const Str *name);

/* Visits the instructions of a block, not those of blocks nested in it. Safe against removal of the
 * instruction at hand. */
#define each_inst(i, b)                                                                            \
	(Inst *i = (b)->first, *i##_next; i && (i##_next = i->next, 1); i = i##_next)

/* Visits the operands of an instruction, column by column; `o` is an OperandAt. */
#define each_operand(o, i) (OperandAt o = {0}; operand_next((i), &o);)
typedef struct OperandAt {
	uint32_t param, next; /* its column; the place behind it in the column */
	Use *use;
	Var *var;
} OperandAt;
static inline bool
operand_next(const Inst *i, OperandAt *o)
{
	for (; o->param < i->op->nparam; o->param++, o->next = 0)
		if (o->next < i->arg[o->param].n) {
			o->use = i->arg[o->param].u[o->next++];
			o->var = o->use->var;
			return true;
		}
	return false;
}

/* Visits the uses of a value. Safe against a change of the one at hand. */
#define each_use(u, v)                                                                             \
	(Use *u = (v)->uses, *u##_next; u && (u##_next = u->next, 1); u = u##_next)

/* ---- text and checks ---- */
typedef struct PrintOptions {
	int spec_version;        /* picks the dialect (9 and up: 1.3) */
	Opset opset;             /* of all functions; OPSET_NONE: their own */
	/* Offset of a constant in a weights file, whose path it sets
	 * ("@model_path/weights/weight.bin"), or 0 when it is immediate. May be 0. */
	uint64_t (*offset)(void *ctx, const Var *v, const char **path);
	bool as_read;            /* nothing has changed since: constants where the file has them */
	void *ctx;
	/* Line 2 without its brackets: "buildInfo = …"; 0: no such line. */
	const char *attrs;
	/* Appends a function's attributes (FlexibleShapeInformation), no brackets. May be 0. */
	void (*func_attrs)(void *ctx, const Func *f, Buf *out);
} PrintOptions;
/* Apple's MIL text. A const whose Var has no name, and operands of constexpr ops, are written at
 * their place of use; an instruction without a name has no name attribute. */
void program_print(const Program *p, const PrintOptions *o, Buf *out);
/* One value with its type, "tensor<fp32, [2]>([0x1p+0, 0x0p+0])"; offset as above, 0: immediate. */
void value_print(Buf *b, const Type *t, const Tensor *val, bool scalar_bare);
/* A string in quotes, with what means something in them escaped. */
void string_print(Buf *b, const char *s, size_t n);
/* The invariants of this page and of the op table; reports and returns false on a violation. */
bool program_verify(const Program *p);

#endif
