/* schema.h: the signatures of PyTorch's operations, as its own registry prints them:
 *
 * 	aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor
 *
 * They stand in aten.def, with the row that says what becomes of the operation, and are parsed
 * when a file asks for them. An `int` may be given as a symbolic size, `int[2]` as one number.
 */
#ifndef MILC_TORCH_SCHEMA_H
#define MILC_TORCH_SCHEMA_H

#include "graph.h"

/* A row of aten.def. */
typedef struct TorchRow {
	const char *key; /* "" where there are signatures alone */
	const char *becomes, *notes;
	const char *signature; /* the first; behind each one's NUL stands the next, or "" */
} TorchRow;
/* The row behind this one, or the first if it is all 0; false: there is none. */
bool torch_row_next(TorchRow *r);
static inline const char *
text_behind(const char *s)
{
	return s + strlen(s) + 1;
}

typedef enum SType {
	S_TENSOR,
	S_INT,      /* also ScalarType, Layout, MemoryFormat, SymInt */
	S_FLOAT,
	S_NUMBER,   /* Scalar */
	S_BOOL,
	S_STR,
	S_DEVICE,
	S_GENERATOR,
	S_ANY,      /* t and other type variables, objects */
} SType;
typedef struct SchemaArg {
	const Str *name;
	const char *text;  /* where its type begins */
	SType type;
	uint8_t list;      /* how many brackets: Tensor[] 1 */
	bool optional;     /* Tensor? */
	bool optional_item; /* Tensor?[] */
	bool keyword;      /* behind the star */
	bool has_default;
	bool mutated;      /* Tensor(a!) */
	uint32_t size;     /* of int[2]; 0: any */
	TArg dflt;         /* implied is set */
} SchemaArg;
struct Schema {
	const char *name;  /* "aten::add" */
	const char *overload; /* "Tensor", or "" */
	const char *text;
	SchemaArg *arg;
	SchemaArg *ret;    /* name may be 0 */
	uint32_t narg, nret;
	bool vararg;       /* "...": takes more than those */
	const Schema *next; /* another overload of the same name, in the order of the rows */
};
typedef struct Schemas Schemas;

Schemas *schemas_new(Arena *a, Interner *names);
/* "aten::add.Tensor", "aten::add.default" or "aten::add_.Tensor" (as the one without the mark);
 * 0: it is not known. */
const Schema *schema_find(Schemas *s, const char *op);
/* The first of all overloads of "aten::add" (or "aten::add_"), or 0. */
const Schema *schema_overloads(Schemas *s, const char *name);
/* The place of that operand, or -1. */
int schema_arg(const Schema *s, const char *name);

/* Fills in n->in from operands as a file has them: positional ones first, then those with names
 * (name[i] 0: positional), then the defaults. Reports one that is missing or unknown at n->at. */
bool schema_bind(TGraph *g, TNode *n, const Schema *s, const TArg *arg, const Str *const *name,
                 uint32_t narg);

#endif
