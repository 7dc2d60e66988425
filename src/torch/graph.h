/* graph.h: what files of PyTorch hold, whichever way they were saved: a graph of nodes over named
 * values, in SSA form, with nested blocks. The page to read first.
 *
 *   TGraph -> TBlock -> TNode -> TArg
 *
 * A node is one call of an operation of PyTorch ("aten::add.Tensor", "prim::If", "_operator.mul").
 * Its operands are literals or names of values; where the operation has a signature (schema.h) they
 * stand in its order, complete, with the defaults that the file leaves out. Names are unique in the
 * whole graph, and interned: equal names are the same pointer. Nothing here knows what becomes of a
 * node (aten/aten.h). All memory is the graph's arena; tensors may be views into mapped files.
 */
#ifndef MILC_TORCH_GRAPH_H
#define MILC_TORCH_GRAPH_H

#include "base/diag.h"
#include "tensor/tensor.h"

typedef struct TNode TNode;
typedef struct TArg TArg;
typedef struct Schema Schema;

/* Element types, layouts and memory formats are T_INT, by the numbers of c10 (float32 is 6),
 * whatever numbers the file has. Devices and generators are T_NONE: they say nothing about the
 * result. */
typedef enum TKind {
	T_NONE,
	T_BOOL,
	T_INT,
	T_FLOAT,
	T_STR,
	T_VALUE,   /* a value of the graph, by name */
	T_LIST,
	T_TENSOR,  /* a literal of prim::Constant */
	T_COMPLEX,
} TKind;

/* How the elements of a quantized tensor stand for numbers: (q - zero) * scale. */
typedef struct TQuant {
	int axis;           /* of the scales, or -1: one for all */
	uint32_t n;
	const double *scale;
	const int64_t *zero;
	DType type;         /* DT_INT8 (qint8), DT_UINT8 (quint8), DT_INT32 (qint32) */
} TQuant;
typedef struct TTensor {
	const Tensor *t;     /* dense, with the file's element type: int64, fp64, bf16 … */
	const TQuant *quant; /* 0: the elements are the numbers */
} TTensor;

struct TArg {
	TKind kind;
	bool implied; /* not in the file: the signature's default */
	union {
		int64_t i;         /* T_INT, T_BOOL */
		double f[2];       /* T_FLOAT; T_COMPLEX: real and imaginary part */
		const Str *s;      /* T_STR, T_VALUE */
		const TTensor *tensor;
		struct {
			TArg *item;
			uint32_t n;
			bool tuple;
		} list;
	};
};

/* A result: a value, or a list of values where the file names its elements (split, unbind). */
typedef struct TOut {
	const Str *name;       /* 0: the elements alone have names, or nobody uses it */
	const Str **item;
	uint32_t nitem;
	bool is_bool;          /* TorchScript: its type is bool */
} TOut;

typedef struct TBlock {
	const Str **in;
	TArg *out;             /* mostly T_VALUE */
	uint32_t nin, nout;
	VEC(TNode *) node;
} TBlock;

struct TNode {
	const char *op;       /* as messages call it: "aten::conv2d.default", "aten::add_" */
	const Str *key;       /* how it is looked up: torch_key() of that: "conv2d", "add_" */
	bool in_place;        /* its name ended with an underscore */
	const Schema *schema; /* of its operands; 0: there is none, they go by position */
	const Str *name;      /* of its first result, or a unique one if it has none */
	TArg *in;
	TOut *out;
	uint32_t nin, nout;
	TArg value;           /* of prim::Constant, or T_NONE */
	TBlock **block;       /* prim::If: two; prim::Loop: one */
	uint32_t nblock;
	Span at;              /* the node in the file, an object (diag.h) */
	const char *module;   /* path of its module, or 0 */
	const void *origin;   /* where in the file its reader had it from, for source_of */
};

/* A size: a number, or a symbol with bounds. */
typedef struct TDim {
	int64_t n;            /* the number, or what it was when the file was made; 0: not known */
	const Str *symbol;    /* or 0 */
	int64_t lower, upper; /* upper: INT64_MAX without one */
	const char *expr;     /* an expression over symbols, as the file has it, or 0 */
} TDim;
typedef struct TInput {
	const Str *name;
	bool typed;           /* dtype, rank and dim are known: never in TorchScript */
	DType dtype;
	uint32_t rank;
	TDim *dim;
	bool permuted;        /* its strides are not those of a contiguous tensor */
	Span at;
} TInput;
typedef struct TNamed { /* a parameter, a buffer or another tensor of the file */
	const Str *name;      /* of the value that stands for it */
	const Str *path;      /* "layers.0.weight" */
	TTensor tensor;
	bool buffer;
} TNamed;
/* A buffer that the program changes. */
typedef struct TState {
	const Str *path;      /* "layers.0.cache" */
	const Str *read;      /* the value that stands for it when the program begins, or 0 */
	TArg written;         /* what it holds at the end, T_VALUE, or T_NONE */
	TTensor tensor;       /* what it holds in the file */
} TState;

typedef enum TSource { TORCH_SCRIPT, TORCH_EXPORT } TSource;
typedef struct TGraph {
	Arena *arena;
	Interner *names;
	Diag *diag;
	Span at;              /* the file */
	TSource source;
	const char *version;  /* of PyTorch, or 0 */
	bool training;        /* export: the TRAINING dialect */
	VEC(TInput) input;
	VEC(TNamed) constant; /* in the order in which they become constants */
	VEC(TState) state;    /* export: those that are changed; TorchScript: all buffers */
	TBlock top;           /* its out: the outputs */
	struct Schemas *schemas;
	Map key_of;           /* Str, as messages call an operation -> Str, its key */
	const char *refused;  /* why no model can be made of it, though it can be read; or 0 */
	/* The line of the user's program that made a node, or 0. Only messages ask. */
	const char *(*source_of)(const struct TGraph *g, const TNode *n);
	void *reader;
} TGraph;

/* ---- graph.c ---- */
/* "aten::conv2d.padding" -> "conv2d.padding", "aten::add_.Tensor" -> "add_": lower case, without
 * the namespaces aten and prim, without the overloads default, int, tensor, tensor_mode, scalar,
 * tensor_scalar, and without "__" around it. */
const char *torch_key(Arena *a, const char *op);
/* A node with so many operands and results, not in a block yet; key and in_place are set of op. */
TNode *tnode_new(TGraph *g, const char *op, uint32_t nin, uint32_t nout, Span at);
TArg targ_value(const Str *name);
TArg targ_int(int64_t i);
/* Element types of c10: 6 <-> DT_FP32. DT_NONE and -1 for those that have no such number. */
DType dtype_of_c10(int64_t n);
int64_t c10_of_dtype(DType t);
/* The graph as text, one node a line, for tests and `milc dump`. */
void tgraph_print(const TGraph *g, Buf *out);

#endif
