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
#include "faults.h"
#include "interp.h"
#include "iter.h"

#define V_CELL ((VKind)(V_HOST + 1)) /* in slots only: a variable shared between functions */

typedef struct Global { /* a name of the module, or one it only uses; named by Tree.global */
	Value val;      /* V_UNSET: not bound */
	Value fallback; /* from the prelude or the builtins, once looked up */
	bool pinned;    /* given by -D: assignments of the script do not count */
} Global;

/* A module with its globals: the script, what it takes in, what exec() runs. */
typedef struct Space {
	GlobalNames *names;
	VEC(Global) global; /* numbered as names */
	const char *name;   /* __name__ */
	bool library;       /* a module of ours: scripts do not see into it */
} Space;

#define CELLS_MAX 36 /* objects of so many units of 16 bytes come from slabs */

typedef struct CellObj {
	Obj obj;
	Value val;
} CellObj;
#define CELL_OF(v) ((CellObj *)(v).o)

typedef struct ClosureObj {
	Obj obj;
	const FuncExpr *code;
	Space *space;
	CellObj *home;  /* of the class in whose body it stands, or 0 */
	Value dict;     /* of attributes that were set, or V_UNSET */
	Value *dflt;    /* ndflt, in order of the parameters that have one */
	CellObj **free; /* code->nfree */
} ClosureObj;
#define FUNC_OF(v) ((ClosureObj *)(v).o)

typedef struct Frame {
	struct Frame *up;
	Value *slot;
	const FuncExpr *func; /* 0: the module */
	Span call;            /* where it was called */
	const ClosureObj *fo; /* or 0 */
	struct Coroutine *co; /* of a generator's frame */
	Value fields;         /* of a class's body: what it has bound */
	CellObj *home;        /* likewise: where the class will be */
	Space *space;         /* that of its caller, to come back to */
	const Obj *plain;     /* likewise Interp.plain */
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
	uint64_t look;  /* after so many steps interp_steps() has something to do */
	uint32_t items; /* of loops in C code; sixteen are a step */
	bool over;      /* a limit was reached and reported: the run ends at the next step */
	uint32_t depth;
	bool exiting;             /* by sys.exit(), which is no error */
	bool annotations_as_text; /* from __future__ import annotations */
	bool assigning;           /* an assignment statement is storing: names set by -D stay */
	const char *c_limit;      /* the C stack may grow down to here */

	Obj *objects;
	struct Cell *cells[CELLS_MAX + 1]; /* free ones, by their size: gc.c */
	char *fresh_cells[CELLS_MAX + 1], *last_cell[CELLS_MAX + 1]; /* of the newest slab */
	struct Slab *slabs;
	uint32_t nobject;   /* ever made */
	Map functions;      /* BuiltinFn -> its number, given when it is first hashed */
	size_t live, fresh; /* bytes: found by the last collection, allocated since */
	size_t walked;      /* of these that live, what a collection goes through */
	size_t gc_at;       /* so many fresh ones make the next one due */
	Obj **gray;
	size_t ngray, gray_cap;
	bool gc_due;   /* at the next statement or call */
	uint32_t nogc; /* C code holds values that nothing reaches: no collection */
	VEC(Value) pinned;
	VEC(NdBuffer *) kept; /* elements that live as long as this, */
	size_t kept_size;     /* and their bytes */

	/* Exceptions: what is on its way, and what is being handled. */
	uint32_t nimport; /* of these, those that wait for an ImportError */
	uint32_t ntry;    /* of try statements and the like that run */
	DiagTrial trial;
	struct Pending {
		bool any;
		bool final; /* nobody may catch it */
		Value exc;  /* or V_UNSET: to be made of the next three */
		const char *class;
		const char *text; /* str(e) */
		Value arg;        /* e.args[0] in its place, or V_UNSET */
		Value context;    /* what was being handled there, or V_UNSET */
		uint32_t depth;   /* of calls, where it was raised */
		bool ready;       /* what is about to be reported is known already */
	} pending;
	Value handling; /* the exception in whose handler code runs, or V_UNSET */
	VEC(FaultTable) faults;
	Map *fault_of;            /* hash of a format -> Fault */
	struct Coroutine *resume; /* code finds its way back to where it yielded */
	Value thrown;             /* there it raises this, or V_UNSET */
	Value sent;               /* there it finds this */
	const Str **special;      /* names by Special; 0: not made yet */
	uint64_t classes_changed;
	const Obj *plain; /* is treated as if its class had no special methods: dunder.c */
	struct AttrCache *attrs;
	struct ParamShape { /* of parameters in C that were bound: args.c */
		const char *params;
		uint8_t least, most, n; /* positional ones; all */
		bool kwonly;            /* one that has to be given by name */
	} shapes[128];
	struct {
		const Native *table, *row;
		const Str *name;
		int as;
	} methods[1024]; /* that were asked for: native_look() */
	Map exceptions; /* name -> ClassObj */

	Tree tree;
	VEC(Value) literal;  /* as numbered in the tree */
	Space *space, *main; /* whose code runs; the script's */
	VEC(Space *) spaces;
	VEC(Module) modules;
	VEC(Prelude) prelude;
	Map library;        /* LibraryRow -> the Value of the module */
	VEC(Value) opaque;  /* unknown modules, made once each */
	VEC(Value) package; /* folders of known modules, likewise */
};

typedef enum Flow {
	FLOW_NEXT,
	FLOW_BREAK,
	FLOW_CONTINUE,
	FLOW_RETURN,
	FLOW_FAIL,
	FLOW_YIELD, /* the value lies in in->ret */
} Flow;

static inline void
doing(Interp *in, Span at, Span a, Span b)
{
	in->doing = at;
	in->operand[0] = a;
	in->operand[1] = b;
}

/* interp.c */
void interp_over(Interp *in);    /* a limit was reached */
void interp_prepare(Interp *in); /* gives what the tree has numbered a value */
Space *space_new(Interp *in, const char *name, bool library);

/* eval.c */
bool eval(Interp *in, const Expr *e, Value *out);
bool eval_truth(Interp *in, Value v, bool *out, Span at);
/* e is E_ATTR; c is the call that it is the callee of, or 0. */
bool eval_attr_of(Interp *in, const Expr *e, const CallExpr *c, Value obj, Value *out);
/* display.c */
bool eval_display(Interp *in, const Expr *e, Value *out); /* tuple, list, set, dict */
bool eval_fstring(Interp *in, const Expr *e, Value *out);

/* names.c */
bool load_global(Interp *in, const Expr *e, Value *out);
bool load_field(Interp *in, const Expr *e, Value *out); /* E_FIELD */
bool unbound(Interp *in, const Expr *e);
Global *global_ref(Interp *in, const char *name);

/* target.c */
bool assign(Interp *in, const Expr *target, Value v);
bool augment(Interp *in, const Stmt *s);
bool delete_target(Interp *in, const Expr *target);

/* call.c */
bool eval_call(Interp *in, const Expr *e, Value *out);
bool as_mapping(Interp *in, Value v, Value *out, Span at);
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
Flow exec_loop(Interp *in, const Stmt *s); /* while, for */
/* Evaluates what decides: FLOW_NEXT, or how the function ends. */
Flow decisive(Interp *in, const Expr *e, Value *v);

/* import.c */
bool exec_import(Interp *in, const Stmt *s);
bool is_library(Value module); /* written in the language itself */
/* False: it is none of ours. */
bool library_set(Interp *in, Value module, const Str *name, Value v);
/* A global of one of our modules that was imported; V_UNSET: there is none. */
Value library_global(Interp *in, const char *path, const char *name);
bool prelude_lookup(Interp *in, const Str *name, Value *out);

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
	case V_NOTIMPLEMENTED:
		return false;
	default:
		return true;
	}
}

#endif
