/* aten.h: from the graph of a PyTorch file (torch/graph.h) to a program. Each operation of
 * PyTorch has a row in torch/aten.def that names its handler, a function in this folder
 * (handle_relu):
 *
 * 	HANDLER(relu)
 * 	{
 * 		RESULT(NAMED(relu, X(operand(c, "self"))));
 * 	}
 *
 * Operands go by the names of the signature, whatever their place and whichever kind of file they
 * come from; those without a signature (prim::, Python's operators) by position. A handler builds
 * operations with the ordinary builder and binds the results. What fails is reported once, at the
 * node; from then on every function here does nothing and gives 0, so that handlers need not ask.
 *
 * In handlers the context is called c: the macros rely on that.
 */
#ifndef MILC_ATEN_H
#define MILC_ATEN_H

#include "ir/build.h"
#include "pass/pass.h"
#include "torch/graph.h"
#include "torch/schema.h"

/* What stands for a value of the graph. Numbers are what constants of the program can hold:
 * floats are rounded to fp32, integers saturate to int32. TorchScript's 2**63-1 ("to the end") is
 * TV_NONE, its infinities are +-3.4e38, as in the peer. */
typedef enum TvKind {
	TV_NONE,
	TV_BOOL,
	TV_INT,
	TV_FLOAT,
	TV_STR,
	TV_VAR,
	TV_LIST,
	TV_OBJECT
} TvKind;
typedef struct Tv Tv;
struct Tv {
	TvKind kind;
	union {
		int64_t i; /* TV_BOOL, TV_INT */
		double f;
		const Str *s;
		Var *var;
		struct {
			const Tv *item;
			uint32_t n;
		} list;
		const void *object; /* what a handler leaves for another one */
	};
	Var *made; /* TorchScript: the constant that stands for the number, or 0 */
};

typedef struct AtenCtx {
	TGraph *g;
	Builder *b;
	Arena *arena;
	Diag *diag;
	Opset opset;          /* of the function: OPSET_NONE is iOS13 */
	bool exported;        /* the file was made by torch.export */
	const TNode *node;    /* the one at hand */
	bool failed;          /* reported */
	const Map *index;     /* of the rows */
	Map value;            /* Str -> Tv: of all names so far */
	Map state_of;         /* Str -> Var: of which state a value is the content (TorchScript) */
	Map quant;            /* Str -> TQuantized: quantized values (TorchScript) */
	DType quant_dtype;    /* of all quantized values, or DT_NONE */
	void *script;         /* for registered operations: the interpreter's side */
	bool (*registered)(struct AtenCtx *c, const TNode *n, bool *handled);
} AtenCtx;

/* In which files an operation is known. */
enum { SCRIPTED = 1, EXPORTED = 2, BOTH = 3 };
typedef void AtenHandler(AtenCtx *c);
#define HANDLER(name) void handle_##name(AtenCtx *c)
#define ATEN(key, handler, fronts, becomes, ...) AtenHandler handle_##handler;
#include "torch/aten.def"

typedef struct AtenRow {
	TorchRow text;        /* its key: "conv2d.padding" */
	AtenHandler *handler; /* 0: the peer has none, and neither do we */
	uint16_t place;       /* among the rows with a key, from 1 on */
	uint8_t fronts;       /* SCRIPTED, EXPORTED or BOTH */
} AtenRow;
const AtenRow *aten_rows(Arena *a, size_t *n);
/* By the key of a node, also in its in-place form; 0: none. */
Map *aten_index(Arena *a);
const AtenRow *aten_find(const Map *index, const char *key);
/* The same without an index, for one question. */
bool aten_row(const char *key, AtenRow *out);

/* ---- import.c: the whole graph ---- */
typedef struct AtenImport {
	const ConvertOptions *o;  /* inputs, outputs, target */
	const InputSpec *state;   /* states=, or 0 */
	uint32_t nstate;
	NameCounts *counts;
	Types *types;
	void *script;             /* for AtenCtx */
	bool (*registered)(AtenCtx *c, const TNode *n, bool *handled);
	bool (*is_registered)(void *script, const char *key);
	/* Results, for convert(): inputs= and outputs= with what the graph says filled in. */
	InputSpec *input, *output;
	uint32_t ninput, noutput;
} AtenImport;
/* The program that stands for a graph: function main. All that is not supported is reported
 * before any work, each node of it. 0 after reporting. */
Program *aten_import(TGraph *g, AtenImport *im);
/* The same, then what ct.convert does with a program; *made, if asked for, is the program. */
Model *aten_convert(TGraph *g, AtenImport *im, const PassRunOptions *run, Program **made);
/* Reports all nodes that cannot be converted, with what to do; true: there are none. */
bool aten_check(TGraph *g, const AtenImport *im);

/* ---- context.c: operands ---- */
/* The operand of that name; position i. A TV_NONE that lives forever when it is not there. */
const Tv *operand_of(AtenCtx *c, const char *name);
const Tv *operand_at(AtenCtx *c, uint32_t i);
bool operand_is_there(AtenCtx *c, const char *name); /* and not None */
/* What stands for a graph value or a literal. */
const Tv *tv_of(AtenCtx *c, const TArg *a);
/* As a value of the program: numbers and strings become constants, lists of numbers vectors.
 * Reports None and lists of anything else; what names the operand in that message. */
Var *tv_var(AtenCtx *c, const Tv *v, const char *what);
Var *tv_var_or_none(AtenCtx *c, const Tv *v); /* 0 for TV_NONE, quietly */
Var *operand(AtenCtx *c, const char *name);     /* tv_var of operand_of */
Var *operand_or_none(AtenCtx *c, const char *name);
Var *operand_n(AtenCtx *c, uint32_t i);         /* by position */
/* The elements of a list (or the one thing that is none) as values. */
Var **tv_vars(AtenCtx *c, const Tv *v, uint32_t *n, const char *what);

/* A number, string, None, or a Var with a value, or a list of such. */
bool tv_known(const Tv *v);
static inline bool
tv_is_number(const Tv *v)
{
	return v->kind == TV_BOOL || v->kind == TV_INT || v->kind == TV_FLOAT;
}
Tv tv_element(const Tensor *t, int64_t i); /* as a number */
/* A list of numbers as a vector, a number or string as a scalar; 0: it is neither. */
const Tensor *tv_tensor(AtenCtx *c, const Tv *v);
/* Numbers that must be known; reported otherwise. Of a Var its value counts. */
int64_t tv_int(AtenCtx *c, const Tv *v, const char *what);
double tv_float(AtenCtx *c, const Tv *v, const char *what); /* of an int or bool as well */
bool tv_bool(AtenCtx *c, const Tv *v, const char *what);
const char *tv_str(AtenCtx *c, const Tv *v, const char *what);
/* A list, a vector with a value, or one number: n ints in the arena. */
int64_t *tv_ints(AtenCtx *c, const Tv *v, uint32_t *n, const char *what);
Var *tv_vector(AtenCtx *c, const Tv *v, const char *what); /* these as a vector */
/* Of the operand of that name; when it is None or not there, dflt. */
int64_t int_operand(AtenCtx *c, const char *name, int64_t dflt);
double float_operand(AtenCtx *c, const char *name, double dflt);
bool bool_operand(AtenCtx *c, const char *name, bool dflt);
const char *str_operand(AtenCtx *c, const char *name, const char *dflt);
int64_t *ints_operand(AtenCtx *c, const char *name, uint32_t *n); /* 0: none */
/* An element type by its number in c10, as the peer reads it: int64 is int32, fp64 fp32. */
DType dtype_operand(AtenCtx *c, const char *name, DType dflt);
/* A list of sizes, some of which may be known at run time alone: a constant vector, or a concat of
 * what they are (cast to int32 where they are not). */
Var *shape_operand(AtenCtx *c, const Tv *v, const char *what);
Var *size_operand(AtenCtx *c); /* the one called size */

/* ---- context.c: results ---- */
void result(AtenCtx *c, Var *v);              /* of the node's only (or first) result */
void result_tv(AtenCtx *c, uint32_t i, Tv v); /* of result i; more than the node has: dropped */
void results(AtenCtx *c, Var *const *v, uint32_t n); /* of n results, or of a list of n */
void result_list(AtenCtx *c, Var *const *v, uint32_t n); /* one result that is a list */
void bind_value(AtenCtx *c, const Str *name, Tv v);      /* of any name, also a second time */
#define RESULT(v) result(c, (v))
static inline Tv
tv_of_var(Var *v)
{
	return v ? (Tv){.kind = TV_VAR, .var = v} : (Tv){.kind = TV_NONE};
}

/* ---- values.c: building. Operands that are 0, values or tensors, are absent; after a failure
 * nothing is built. ---- */
Var *aten_op(AtenCtx *c, Opcode op, const Str *name, const Operand *arg, uint32_t narg);
Var **aten_ops(AtenCtx *c, Opcode op, const Str *name, const Operand *arg, uint32_t narg,
               uint32_t *n); /* all its results */
/* OP(add, X(a), Y(b)): with an automatic name; NAMED: with that of the node, as the last
 * operation of a handler has it. */
#define OP(op, ...) aten_op(c, OP_##op, 0, ARGS(__VA_ARGS__))
#define NAMED(op, ...) aten_op(c, OP_##op, c->node->name, ARGS(__VA_ARGS__))
#define X(v) VAR("x", v)
#define Y(v) VAR("y", v)
/* Literals: fp32 and int32 numbers, vectors, bools, strings. */
#define FLT(n, v) TENSOR(n, tensor_scalar_f(c->arena, DT_FP32, (v)))
#define INT(n, v) TENSOR(n, tensor_scalar_i(c->arena, DT_INT32, (v)))
#define INTS(n, p, len) TENSOR(n, tensor_vector_i(c->arena, DT_INT32, (p), (len)))
#define INTS_OR_NONE(n, p, len)                                                                    \
	TENSOR(n, (p) ? tensor_vector_i(c->arena, DT_INT32, (p), (len)) : NULL)
#define LIT(n, ...)                                                                                \
	INTS(n, ((const int64_t[]){__VA_ARGS__}), countof(((const int64_t[]){__VA_ARGS__})))
#define BOOL(n, v) TENSOR(n, tensor_scalar_bool(c->arena, (v)))
#define BOOLS(n, p, len) TENSOR(n, aten_bools(c, (p), (len))) /* p 0: absent */
#define STR(n, s) STRC(c->b, n, s)
/* A tuple of values, for concat and stack: VALUES(v, n) of Var *const *v. */
#define VALUES(v, len)                                                                             \
	{                                                                                          \
		.kind = A_LIST, .name = "values", .list = {aten_items(c, (v), (len)), (len) } \
	}
const Tensor *aten_bools(AtenCtx *c, const bool *v, uint32_t n);
const Operand *aten_items(AtenCtx *c, Var *const *v, uint32_t n);
Var *aten_const(AtenCtx *c, const Tensor *t, const Str *name); /* mb.const; name 0: automatic */
/* One that does not count for automatic names: what stands for an operand of an operation has the
 * name of the operand. Results may be called const_0. */
Var *aten_literal(AtenCtx *c, const Tensor *t);
Var *flt(AtenCtx *c, double v);
Var *num(AtenCtx *c, int64_t v);
Var *ints(AtenCtx *c, const int64_t *v, uint32_t n);
Var *cast(AtenCtx *c, Var *v, DType t); /* always an operation, as mb.cast */
Var *cast_named(AtenCtx *c, Var *v, DType t, const Str *name);
Var *as_type(AtenCtx *c, Var *v, DType t); /* v itself where it is of that type */
DType common_type(DType a, DType b); /* that the peer promotes both to; DT_NONE: there is none */
/* The peer's promotion: those that are not of the common type get a cast (constants are
 * converted). */
void promote(AtenCtx *c, Var **v, uint32_t n);
Var *renamed(AtenCtx *c, Var *v);       /* v with the node's name, as `v.name = node.name` */
/* Names "NAME_after" and "NAME_after_3"; of 0: 0. */
const Str *name_with(AtenCtx *c, const Str *name, const char *end);
const Str *name_with_number(AtenCtx *c, const Str *name, const char *end, int64_t i);

/* ---- values.c: asking values; nothing of 0 ---- */
DType dtype_of(const Var *v);
uint32_t rank_of(const Var *v);
Dim dim_of(const Var *v, int64_t axis); /* axis may be negative; 0 out of range */
bool dims_known(const Var *v);
bool is_const_var(const Var *v);        /* fixed: a constant, or made by a constexpr operation */
bool is_constexpr_var(const Var *v);    /* the latter alone */
bool is_complex(const Var *v);
bool has_shape(const Var *v, const Dim *dim, uint32_t rank);
bool same_shape(const Var *a, const Var *b);
int64_t axis_of(AtenCtx *c, int64_t axis, uint32_t rank); /* from 0 on; reported out of range */
bool ios(const AtenCtx *c, Opset at_least);

/* Reports at the node, and everything else is skipped from there on. */
void aten_fail(AtenCtx *c, const char *fmt, ...) PRINTF(2, 3);
/* For what the peer does not take either, or a case that is not written: what, and what to do. */
#define UNSUPPORTED "%s is not supported by this operation: "

/* ---- shared between families; each stands in the file named ---- */
/* TorchScript: operands that are quantized become numbers where the node takes no others
 * (quantized.c). */
void dequantize_operands(AtenCtx *c);
/* A quantized tensor of the file as a constant, a constexpr operation (dequantize.c). */
Var *quantized_const(AtenCtx *c, const TTensor *t, const Str *name);
/* One that compression notes of the file speak of (compressed.c); *handled is false for others. */
Var *compressed_const(AtenCtx *c, const TNamed *n, const Str *name, bool *handled);
/* Converts the nodes of a block of the graph, in order (import.c). */
void aten_block(AtenCtx *c, const TBlock *b);
Var *linear_layer(AtenCtx *c, Var *x, Var *w, Var *bias);      /* linear.c */

#endif
