/* script.h: TorchScript files: the code text that torch.jit.save prints, compiled to the graph that
 * torch's own loader makes of it, node by node and name by name. The files, in the order in which a
 * model goes through them:
 *
 *	script.c         the door: from the members of the file to a graph
 *	script_source.c  classes and functions by their qualified names, parsed when asked for
 *	script_type.c    types: of annotations, of signatures; which is a kind of which
 *	script_ir.c      graphs of nodes: making, moving, copying; the rules of names
 *	script_match.c   which overload takes these operands, and the conversions that it asks for
 *	script_env.c     variables: loads, stores, frames
 *	script_expr.c    expressions
 *	script_stmt.c    statements
 *	script_ssa.c     variables become values; script_exit.c: early returns, break and continue
 *	script_alias.c   which values share memory; script_dce.c: what nobody needs goes
 *	script_fold.c    constants: computing, pooling; script_eval.c: the arithmetic
 *	script_peep.c    small rewrites of what is inlined
 *	script_inline.c  calls become the bodies, and the last touches before numbering
 *	script_module.c  the objects of the file, and packed parameters
 *	script_passes.c  what the peer does with that graph before it converts it
 *	script_lower.c   from there to a TGraph
 *	script_debug.c   lines of the user's program
 *
 * The text is parsed by the project's grammar (syntax/), with class statements. A function is
 * compiled when a call of it is inlined. Where names or the order of constants seem odd, they are
 * as in torch: outputs of models carry the numbers of values.
 *
 * Packed parameters of quantized modules are literals wherever they are an operand, tuples of
 *
 *	("conv2d", weight, bias, [stride], [padding], [dilation], groups, transposed,
 *	 [output padding])
 *	("linear", weight, bias)
 *	("embedding", weight, bits)
 *
 * whose weight is a T_TENSOR with its TQuant, whose bias is a T_TENSOR or T_NONE; conv1d and conv3d
 * likewise, by their names.
 */
#ifndef MILC_SCRIPT_H
#define MILC_SCRIPT_H

#include "pickle.h"
#include "schema.h"
#include "syntax/ast.h"
#include "torch.h"

typedef struct Script Script;
typedef struct JClass JClass;
typedef struct JFunc JFunc;
typedef struct JGraph JGraph;
typedef struct JBlock JBlock;
typedef struct JNode JNode;
typedef struct JVal JVal;
typedef struct Held Held;
typedef VEC(const Str *) StrList;

/* ---- types: interned, so that equal ones are the same pointer ---- */
typedef enum TyKind {
	TY_TENSOR,
	TY_INT,
	TY_FLOAT,
	TY_COMPLEX,
	TY_NUMBER, /* Scalar: any of the three */
	TY_BOOL,
	TY_STR,
	TY_NONE,
	TY_DEVICE,
	TY_GENERATOR,
	TY_ANY,
	TY_FUNCTION,
	TY_OTHER, /* by its name */
	TY_SIMPLE, /* those above have no members */
	TY_LIST = TY_SIMPLE,
	TY_OPTIONAL,
	TY_TUPLE,
	TY_DICT,
	TY_FUTURE,
	TY_UNION,
	TY_CLASS,
	TY_VAR, /* of a signature */
} TyKind;
typedef struct Ty Ty;
struct Ty {
	TyKind kind;
	uint32_t n;
	const Ty **item;
	const Str *name;   /* of a class, a variable, TY_OTHER, a named tuple */
	const Str **field; /* of a named tuple */
	bool mutable;      /* it, or a member: memory that can be written to */
	bool variable;     /* it is a variable of a signature, or holds one */
	Ty *next;          /* with the same hash */
};
typedef struct TyEnv { /* of type variables */
	const Str *name[8];
	const Ty *ty[8];
	uint32_t n;
} TyEnv;

/* A signature with its types in full, and what it says of memory; the parameters of a function. */
typedef struct SigArg {
	const Str *name;
	const Ty *type;
	const TArg *dflt; /* or 0 */
	char alias; /* the set whose memory it shares, or 0; '*': of something unknown */
	bool write, keyword;
	uint32_t size; /* of int[2], whose place one number may take */
} SigArg;
typedef struct Sig Sig;
struct Sig {
	const Schema *schema;
	SigArg *arg, *ret;
	uint32_t narg, nret;
	bool vararg;
	bool keeps; /* operands become elements of the first one */
	const Sig *next;
};

/* ---- graphs ---- */
typedef enum JKind {
	J_OP, /* an operation with or without a signature */
	J_CONSTANT,
	J_IF,
	J_LOOP, /* block 0: the body; while it is new, block 1: the condition */
	J_LOAD,
	J_STORE,
	J_RETURN,
	J_BREAK,
	J_CONTINUE,
	J_CONTINUATION, /* of a loop: condition and carried values */
	J_LIST,
	J_TUPLE,
	J_DICT,
	J_TUPLE_UNPACK,
	J_TUPLE_INDEX,
	J_TUPLE_SLICE, /* value: begin, end */
	J_LIST_UNPACK,
	J_GETATTR,
	J_SETATTR,
	J_CALL, /* of fn; its inputs are those of the function, self first */
	J_CREATE,
	J_UNINIT,
	J_CAST, /* prim::unchecked_cast */
	J_ISINSTANCE,
	J_ENTER,
	J_EXIT,
	J_PRINT,
	J_CHUNK, /* prim::ConstantChunk; value: chunks, dim */
	J_PARAM, /* the inputs of a block are its outputs */
	J_BLOCK_END, /* the outputs of a block are its inputs */
} JKind;

struct JVal {
	const Ty *type;
	const Str *name; /* or 0: a number, once the graph is finished */
	JNode *node;
	JVal *fwd;     /* it was replaced by this one */
	uint32_t nuse;
	uint32_t number; /* when the graph is finished; before, of uses: script_inline.c */
	uint32_t loc;    /* script_alias.c */
	uint32_t stamp;  /* of the copy */
	JVal *copy;
	uint32_t mark;
	const Held *item; /* what it holds in the file; script_passes.c */
	const Str *path;
};
struct JNode {
	JKind kind;
	const Str *op; /* "aten::add", "prim::If" */
	const Sig *sig;
	JVal **in, **out;
	uint32_t nin, capin, nout, capout;
	JBlock **block;
	uint32_t nblock;
	JBlock *owner;
	JNode *prev, *next;
	const Str *attr; /* of an attribute, a variable, a method */
	TArg value;      /* J_CONSTANT */
	const Ty *ty;    /* J_ISINSTANCE */
	JFunc *fn;       /* J_CALL */
	Span at;
	const Str *scope; /* path of the module below that of the graph, or 0 */
	uint32_t mark;
};
struct JBlock {
	JGraph *g;
	JNode *owner;
	JNode *param, *end;
	bool exits; /* while it is emitted: a return or raise was seen */
};
struct JGraph {
	Script *s;
	JBlock *top;
	Map names;  /* Str -> the value that has it */
	Map suffix; /* Str, of a base -> the next number */
	JNode *at;  /* nodes are inserted before it */
};

struct JFunc {
	const Str *name; /* "__torch__.M.forward" */
	JClass *cls;     /* or 0 */
	const FuncExpr *ast;
	const Ty **param;   /* of self the class */
	const Ty *result;
	uint32_t nparam;
	JGraph *graph, *optimized;
	bool busy; /* being compiled: a call of it is recursive */
	bool typed;
};
typedef struct JAttr {
	const Str *name;
	const Expr *note;
	const Ty *type; /* when asked for */
	bool parameter, buffer;
} JAttr;
struct JClass {
	const Str *name; /* "__torch__.torch.nn.modules.linear.Linear" */
	const Ty *type;
	bool module, named_tuple;
	VEC(JAttr) attr;
	Map attr_index; /* Str -> place + 1 */
	Map method;     /* Str -> JFunc */
	Span at;
};

typedef struct CodeText {
	const char *name; /* of the member */
	const PValue *debug;
	bool no_debug;    /* it was looked for */
	Span member;
	Map line; /* its number -> an object, + 1 */
} CodeText;

struct Script {
	Arena *arena;
	Interner *names;
	Diag *diag;
	Archive *ar;
	Span at;
	const char *path;
	Schemas *schemas;
	const Ty *basic[TY_SIMPLE];
	Map types;             /* hash -> Ty */
	Map sigs;              /* Str -> Sig */
	Map files;             /* Str, "__torch__.a" -> any: it was parsed */
	Map classes, funcs;    /* Str -> JClass, JFunc; classes as statements until asked for */
	Map fresh;             /* Str -> Stmt of a class or function that nobody asked for yet */
	const PValue *constants; /* of CONSTANTS.cN */
	bool no_constants;
	TGraph *g;
	Map objects;           /* PValue -> JObject */
	Map code;              /* Source -> CodeText: the texts that were parsed */
	uint32_t stamp;        /* of copies and walks */
	uint32_t depth;        /* of calls being inlined */
	uint32_t ncopied;      /* nodes that inlining made */
	bool failed;           /* reported */
	const Str *w_constant; /* "prim::Constant" */
};

/* Reports once; all that follows works on values that mean nothing, and ends soon. */
void script_fail(Script *s, Span at, const char *fmt, ...) PRINTF(3, 4);
/* For messages: a place in the code text as an object, "member code/__torch__.py, line 12". */
Span script_place(Script *s, Span at);

/* ---- script_type.c ---- */
void script_types(Script *s);
const Ty *ty_list(Script *s, const Ty *t);
const Ty *ty_tuple(Script *s, const Ty *const *t, uint32_t n);
const Ty *ty_dict(Script *s, const Ty *key, const Ty *value);
const Ty *ty_named(Script *s, TyKind k, const Str *name);
const Ty *ty_named_tuple(Script *s, const Str *name, const Ty *const *t, const Str *const *field,
                         uint32_t n);
const Ty *ty_of_note(Script *s, const Expr *e); /* of an annotation */
bool ty_is(const Ty *a, const Ty *b);           /* a is a kind of b */
const Ty *ty_unify(Script *s, const Ty *a, const Ty *b); /* 0: nothing is both */
/* Binds the variables of a formal type; then what it is with them, 0: one is not bound. */
bool ty_match(Script *s, const Ty *formal, const Ty *actual, TyEnv *env);
const Ty *ty_eval(Script *s, const Ty *formal, const TyEnv *env);
void ty_put(const Ty *t, Buf *b);
const char *ty_text(Script *s, const Ty *t);
const Ty *ty_of_literal(Script *s, const TArg *a);
const Sig *sigs_of(Script *s, const Str *op);
static inline const Ty *
ty_wanted(const Ty *t) /* without Optional */
{
	return t->kind == TY_OPTIONAL ? t->item[0] : t;
}

/* ---- script_ir.c ---- */
static inline JVal *
jv(JVal *v)
{
	while (v->fwd)
		v = v->fwd;
	return v;
}
static inline JVal *
jin(const JNode *n, uint32_t i)
{
	return n->in[i] = jv(n->in[i]);
}
static inline JNode *
first_node(const JBlock *b)
{
	return b->param->next;
}
static inline bool
is_op(const JNode *n, const char *op)
{
	return n->kind == J_OP && str_is(n->op, op);
}
JGraph *jgraph_new(Script *s);
JNode *jnode_new(JGraph *g, JKind k, const char *op, Span at); /* not in a block yet */
JNode *jnode_op(JGraph *g, const Str *op, const Sig *sig, Span at);
JBlock *jblock_add(JGraph *g, JNode *n);
void jinput_add(JNode *n, JVal *v);
void jinput_insert(JNode *n, uint32_t i, JVal *v);
void jinput_set(JNode *n, uint32_t i, JVal *v);
void jinput_remove(JNode *n, uint32_t i);
JVal *joutput_add(JNode *n, const Ty *t);
void joutput_remove(JNode *n, uint32_t i);
JNode *jnode_insert(JGraph *g, JNode *n); /* at g->at */
void jnode_before(JNode *n, JNode *at);   /* puts or moves it there */
void jnode_after(JNode *n, JNode *at);
void jnode_destroy(JNode *n);
void jvalue_name(JVal *v, const Str *name); /* who has it gets another; 0: none any more */
void jvalue_replace(JVal *v, JVal *by);   /* in all uses */
bool meaningful(const Str *name);
JVal *jconst(JGraph *g, TArg a, const Ty *t, Span at); /* at g->at; t 0: of the literal */
JVal *jconst_before(JNode *n, TArg a, const Ty *t, Span at); /* in front of a node */
JVal *jconst_int(JGraph *g, int64_t i, Span at);
JVal *jconst_bool(JGraph *g, bool b, Span at);
bool is_const(const JVal *v);
/* The literal of a constant, or 0. */
const TArg *literal_of(const JVal *v);
bool const_int(const JVal *v, int64_t *out);
bool const_bool(const JVal *v, bool *out);
JVal *jlist(JGraph *g, const Ty *elem, JVal *const *v, uint32_t n, Span at);
JVal *jtuple(JGraph *g, JVal *const *v, uint32_t n, const Ty *named, Span at);
/* The elements of a tuple: those that it was made of, or of a new unpack. */
JVal **jtuple_unpack(JGraph *g, JVal *v, uint32_t *n, Span at);
/* A copy of src's nodes and outputs behind those of dst. Values from outside stay, or, with map, go
 * through their copy. */
void jblock_copy(JBlock *dst, JBlock *src);
uint32_t jcopy_begin(Script *s);
void jcopy_is(Script *s, JVal *v, JVal *copy);
JVal *jcopy_of(Script *s, JVal *v);
JNode *jnode_clone(JGraph *g, JNode *n);
JGraph *jgraph_copy(JGraph *g);
/* Whether f holds for a node of the block or of those in it. */
bool any_node(const JBlock *b, bool (*f)(const JNode *n));
/* Numbers all values, inputs first, then the outputs of nodes, block by block. */
void jgraph_number(JGraph *g);

/* ---- script_source.c ---- */
JClass *class_find(Script *s, const Str *name); /* 0: there is none; not reported */
JFunc *func_find(Script *s, const Str *name);
const JAttr *class_attr(Script *s, const JClass *c, const Str *name);
JFunc *class_method(const JClass *c, const Str *name);
bool func_typed(Script *s, JFunc *f); /* reads its annotations */
const TTensor *script_constant(Script *s, int64_t i);

/* ---- script_match.c ---- */
typedef struct JArg {
	JVal *v;
	const Str *name; /* keyword, or 0 */
} JArg;
/* The result of a call of an operation, packed to a tuple if there are several; nbind: how many
 * names the results get, for those without a signature. */
JVal *emit_builtin(JGraph *g, Span at, const Str *op, const JArg *arg, uint32_t narg,
                     uint32_t nbind);
JVal *emit_op(JGraph *g, Span at, const char *op, JVal *const *in, uint32_t nin);
JVal *emit_call(JGraph *g, Span at, JFunc *f, JVal *self, const JArg *arg, uint32_t narg);
JVal *emit_tuple_of(JGraph *g, Span at, const Ty *named, const JArg *arg, uint32_t narg);
JVal *convert_to(JGraph *g, Span at, const Ty *to, JVal *v);

/* ---- script_env.c, script_expr.c, script_stmt.c ---- */
typedef enum SugarKind {
	SUGAR_VALUE,
	SUGAR_MODULE,  /* torch, ops.quantized: its namespace is name */
	SUGAR_OPS,
	SUGAR_BUILTIN, /* an operation by its name */
	SUGAR_CONSTANTS,
	SUGAR_SPACE,   /* a qualified name that may become a class or a function */
	SUGAR_CLASS,
	SUGAR_NEW,     /* the __new__ of a class */
	SUGAR_FUNC,
	SUGAR_METHOD,  /* func of v */
	SUGAR_SPECIAL, /* a form by its name: annotate, getattr … */
	SUGAR_RANGE,
} SugarKind;
typedef struct Sugar {
	SugarKind kind;
	JVal *v;
	const Str *name;
	JFunc *func;
	JClass *cls;
	JVal *range[3]; /* start, end, step */
	bool only_end;
} Sugar;
typedef struct VarFrame VarFrame;
struct VarFrame {
	VarFrame *next;
	JBlock *block;
	Map types;  /* Str -> Ty: variables stored here */
	Map sugars; /* Str -> Sugar: those that are no values */
	StrList defined;
};
typedef struct Emit {
	Script *s;
	JFunc *fn;
	JGraph *g;
	VarFrame *frame;
	Map ints, floats; /* constants by their bits */
	const Ty *result;
	bool returned;
	uint32_t nloop;
	uint32_t depth;
} Emit;

void frame_push(Emit *e, JBlock *b);
VarFrame *frame_pop(Emit *e);
void var_set(Emit *e, Span at, const Str *name, Sugar v, const Ty *note);
void var_set_type(Emit *e, const Str *name, const Ty *t);
bool var_find(Emit *e, VarFrame *f, const Str *name, Sugar *out); /* in f or one around it */
Sugar var_get(Emit *e, Span at, const Str *name);
Sugar sugar_value(JVal *v);
JVal *sugar_as_value(Emit *e, Span at, Sugar s);
Sugar emit_sugar(Emit *e, const Expr *x, uint32_t nbind, const Ty *hint);
JVal *emit_expr(Emit *e, const Expr *x, const Ty *hint);
JVal *poison(JGraph *g);
JVal *emit_bool(Emit *e, Span at, JVal *v);
JVal *emit_int_literal(Emit *e, int64_t i, Span at);
/* The graph of a function as its text says, after all that the loader does with it; 0 after
 * reporting. */
JGraph *func_graph(Script *s, JFunc *f);
/* What is put in place of a call of it. */
JGraph *func_optimized(Script *s, JFunc *f, Span at);

/* ---- the passes ---- */
void pass_ssa(JGraph *g);
void pass_exits(JGraph *g);
void pass_simple_tuples(JGraph *g);
void pass_normalize(JGraph *g);
void pass_dce(JGraph *g);
bool pass_fold(JGraph *g);
void pass_pool(JGraph *g);
void pass_order_outputs(JGraph *g);
void pass_peephole(JGraph *g);
void pass_inline(JGraph *g);
void pass_chunks(JGraph *g);
/* What a node computes of constants: false: it cannot be known. */
bool eval_node(Script *s, const JNode *n, TArg *out);
bool eval_with(Script *s, const JNode *n, const TArg *const *in, TArg *out); /* of these operands */
bool literal_equal(const TArg *a, const TArg *b);
/* Whether it does something that its results do not show. */
bool has_effects(const JNode *n);

/* script_alias.c: what may share memory, for the graph as it is now. */
typedef struct Sharing Sharing;
Sharing *sharing_new(JGraph *g);
bool sharing_written(Sharing *a, JVal *v);        /* somebody writes to its memory */
bool sharing_writes_wild(Sharing *a, const JNode *n); /* it writes to memory from outside */
/* Values that are needed: does the node write to their memory? */
void sharing_live(Sharing *a, JVal *v);
bool sharing_writes_live(Sharing *a, const JNode *n);
bool sharing_escapes(Sharing *a, JVal *v);
bool sharing_same(Sharing *a, JVal *v, JVal *w);

/* ---- script_module.c: the objects of the file ---- */
typedef struct JObject JObject;
struct Held { /* what an attribute holds */
	TArg arg;
	JObject *object; /* or 0 */
};
struct JObject {
	const PValue *p;
	JClass *cls; /* 0: one of torch's own classes */
	const Str *type;
	Map attr;    /* Str -> Held */
	bool read;
};
JObject *object_of(Script *s, const PValue *p);
/* The attribute of that name; 0 after reporting. */
const Held *object_attr(Script *s, JObject *o, const Str *name, Span at);
bool packed_params(Script *s, const JObject *o, TArg *out); /* of one of torch's own classes */

/* ---- script_passes.c, script_lower.c ---- */
const char *script_source(const TGraph *g, const TNode *n); /* script_debug.c */
bool pass_append(TGraph *g); /* false after reporting, as pass_assignments */
void pass_outputs(TGraph *g);
bool pass_assignments(TGraph *g);
bool lower_graph(Script *s, JGraph *g, JObject *root);

#endif
