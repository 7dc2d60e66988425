/* run.h: the running interpreter, shared by interp.c, eval.c, exec.c, call.c, comp.c, target.c,
 * import.c, exc.c and gc.c.
 *
 * Every Value that must survive a collection is in a frame's slots, in a Global, on the value
 * stack (`stack` to `sp`; slots of frames lie there too) or among the keyword arguments being
 * passed (`kw`). Collections happen only in exec_block(), at the start of a statement.
 */
#ifndef MILC_RUN_H
#define MILC_RUN_H

#include "syntax/ast.h"
#include "arrays.h"
#include "interp.h"
#include "iter.h"

#define V_CELL ((VKind)(V_HOST + 1)) /* in slots only: a variable shared between functions */

typedef struct Global { /* a name of the module, or one it only uses; named by Tree.global */
	Value val;      /* V_UNSET: not bound */
	Value fallback; /* from the prelude or the builtins, once looked up */
	bool pinned;    /* given by -D: assignments of the script do not count */
} Global;

typedef struct CellObj {
	Obj obj;
	Value val;
} CellObj;
#define CELL_OF(v) ((CellObj *)(v).o)

typedef struct ClosureObj {
	Obj obj;
	const FuncExpr *code;
	Value *dflt;    /* ndflt, in order of the parameters that have one */
	CellObj **free; /* code->nfree */
} ClosureObj;
#define FUNC_OF(v) ((ClosureObj *)(v).o)

typedef struct Frame {
	struct Frame *up;
	Value *slot;
	const FuncExpr *func; /* 0: the module */
	Span call;        /* where it was called */
} Frame;

typedef struct Module {
	const ModuleDef *def;
	void *ctx;
	Value val; /* V_UNSET: not made yet */
} Module;
typedef struct Prelude {
	const Str *name;
	const char *path, *member;
} Prelude;

struct Interp {
	Arena *unit;
	Interner *names;
	Diag *diag;
	InterpOptions opt;
	void *ctx;
	const ArrayOps *arrays;

	Frame *frame;
	Value *stack, *sp, *stack_end;
	Kwarg *kw, *kwsp, *kw_end;
	Value ret; /* of the return statement being carried out */
	Span here;
	Span doing, operand[2]; /* the operation that may fail, and what it works on */
	uint64_t steps, serial;
	uint64_t look; /* after so many steps interp_steps() has something to do */
	uint32_t items; /* of loops in C code; sixteen are a step */
	bool over; /* a limit was reached and reported: the run ends at the next step */
	uint32_t depth;
	bool assigning; /* an assignment statement is storing: names set by -D stay */
	const char *c_limit; /* the C stack may grow down to here */

	Obj *objects;
	uint32_t nobject; /* ever made */
	Map functions;    /* BuiltinFn -> its number, given when it is first hashed */
	size_t live, fresh; /* bytes: found by the last collection, allocated since */
	size_t gc_at;       /* so many fresh ones make the next one due */
	Obj **gray;
	size_t ngray, gray_cap;
	bool gc_due;
	VEC(Value) pinned;

	Tree tree;
	VEC(Value) literal; /* as numbered in the tree, as the next */
	VEC(Global) global;
	VEC(Module) modules;
	VEC(Prelude) prelude;
	VEC(Value) opaque;  /* unknown modules, made once each */
	VEC(Value) package; /* folders of known modules, likewise */
};

typedef enum Flow { FLOW_NEXT, FLOW_BREAK, FLOW_CONTINUE, FLOW_RETURN, FLOW_FAIL } Flow;

static inline void
doing(Interp *in, Span at, Span a, Span b)
{
	in->doing = at;
	in->operand[0] = a;
	in->operand[1] = b;
}

/* interp.c */
void interp_over(Interp *in); /* a limit was reached */
void interp_prepare(Interp *in); /* gives what the tree has numbered a value */

/* eval.c */
bool eval(Interp *in, const Expr *e, Value *out);
bool eval_truth(Interp *in, Value v, bool *out, Span at);
/* e is E_ATTR; c is the call that it is the callee of, or 0. */
bool eval_attr(Interp *in, const Expr *e, const CallExpr *c, Value *out);
/* display.c */
bool eval_display(Interp *in, const Expr *e, Value *out); /* tuple, list, set, dict */
bool eval_fstring(Interp *in, const Expr *e, Value *out);

/* names.c */
bool load_global(Interp *in, const Expr *e, Value *out);
bool unbound(Interp *in, const Expr *e);
Global *global_ref(Interp *in, const char *name);

/* target.c */
bool assign(Interp *in, const Expr *target, Value v);
bool augment(Interp *in, const Stmt *s);
bool delete_target(Interp *in, const Expr *target);

/* call.c */
bool eval_call(Interp *in, const Expr *e, Value *out);
Value make_function(Interp *in, const FuncExpr *f, const Value *dflt);
bool eval_function(Interp *in, const FuncExpr *f, Value *out); /* evaluates the defaults */
void enter_cells(Interp *in, const FuncExpr *f, const ClosureObj *fo, Value *slot);
bool stack_room(Interp *in, size_t n, Span at);
bool enter_frame(Interp *in, Frame *f, Span at); /* checks depth and C stack */
void leave_frame(Interp *in, Frame *f);
static inline void
push(Interp *in, Value v) /* room for a few is always there */
{
	*in->sp++ = v;
}
static inline void
pop(Interp *in, uint32_t n)
{
	in->sp -= n;
}

/* bindargs.c: args into the first slots of a frame */
bool bind_args(Interp *in, const ClosureObj *fo, const Args *a, Value *slot);

/* comp.c */
bool eval_comp(Interp *in, const Expr *e, Value *out);
/* A loop over any iterable; `seq` must be kept reachable by the user. */
typedef struct SeqWalk {
	Value seq;
	int64_t i;
} SeqWalk;
bool walk_start(Interp *in, SeqWalk *w, Value v, Span at);
int walk_next(Interp *in, SeqWalk *w, Value *out, Span at);

/* exec.c */
Flow exec_block(Interp *in, const Stmt *s);

/* import.c */
bool exec_import(Interp *in, const Stmt *s);
bool prelude_lookup(Interp *in, const Str *name, Value *out);

/* exc.c */
bool exception_lookup(Interp *in, const Str *name, Value *out);
bool raise_value(Interp *in, Value v, Span at);

/* gc.c */
void gc_collect(Interp *in);
void gc_plan(Interp *in);
void gc_free_all(Interp *in);

static inline bool
on_heap(Value v)
{
	switch (v.kind) {
	case V_UNSET:
	case V_POISON:
	case V_NONE:
	case V_ELLIPSIS:
	case V_BOOL:
	case V_INT:
	case V_FLOAT:
	case V_TYPE:
	case V_DTYPE:
		return false;
	default:
		return true;
	}
}

#endif
