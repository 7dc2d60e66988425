/* type.h: the types of SSA values, interned: equal types are the same pointer.
 *
 * A dimension is a number or a symbol: a name made by get_new_symbol (is0, s …), or an expression
 * over symbols that shape inference built (2*is0 + 1). Expressions are canonical sums of products,
 * so that equal ones are the same Dim; what is not polynomial (floor division) is an opaque factor
 * with its own printed form, as sympy prints it: floor(is0/2).
 *
 * Symbols are encoded far below zero, so that a Dim can hold small negative numbers too: elements
 * of a symval may be -1. Ask dim_known(d), not d >= 0.
 */
#ifndef MILC_TYPE_H
#define MILC_TYPE_H

#include "tensor/tensor.h"

typedef int64_t Dim;
static inline bool
dim_known(Dim d)
{
	return d > INT64_MIN / 2;
}

typedef enum TypeKind {
	TY_ERROR,  /* of a value whose making was reported: nobody complains about it again */
	TY_TENSOR, /* rank 0: a scalar, the peer makes no difference at this level */
	TY_LIST,
	TY_TUPLE,
	TY_DICT,
	TY_STATE,
	TY_UNKNOWN, /* element type of a list before its first write */
} TypeKind;

typedef struct Type Type;
struct Type {
	TypeKind kind;
	DType dtype;          /* tensor */
	uint32_t rank;        /* tensor: rank; tuple: number of members */
	const Dim *dim;       /* tensor */
	const Type *elem;     /* list: element; state: wrapped tensor; dict: key */
	const Type *val;      /* dict: value */
	const Type **member;  /* tuple */
	Dim length;           /* list: initial length; */
	bool dynamic_length;  /* list: may grow */
	bool impossible;      /* no tensor has this shape: see type_is_possible */
	int64_t count;        /* tensor: number of elements; -1 when a dimension is symbolic */
};

typedef struct SymExpr SymExpr;
typedef struct Types {
	Arena *arena;
	Interner *names;
	Map *table;     /* hash -> Type */
	Map *sym_table; /* hash -> SymExpr */
	VEC(SymExpr *) sym; /* Dim INT64_MIN + i */
	uint32_t next_sym;  /* for automatic names: is0, is1, … */
	const Type *error;
} Types;

void types_init(Types *t, Arena *a, Interner *names);
const Type *type_tensor(Types *t, DType d, const Dim *dim, uint32_t rank);
const Type *type_scalar(Types *t, DType d);
const Type *type_list(Types *t, const Type *elem, Dim length, bool dynamic);
const Type *type_tuple(Types *t, const Type *const *member, uint32_t n);
const Type *type_dict(Types *t, const Type *key, const Type *val);
const Type *type_state(Types *t, const Type *tensor);
const Type *type_with_dtype(Types *t, const Type *tensor, DType d); /* same shape */
/* Text as the peer's messages have it: "tensor[2,is0,fp32]", "fp32", "list[…]". Arena memory. */
const char *type_str(Types *t, const Type *ty);
const char *shape_str(Types *t, const Dim *dim, uint32_t rank); /* "(2, is0)", "(2,)", "()" */
/* MIL text: "tensor<fp32, [2, ?]>"; rank-0 form by dialect: "fp32" when scalar_bare. */
void type_put_mil(Buf *b, const Type *ty, bool scalar_bare);
/* Fresh symbols where the dimensions of two tensors differ. 0 if the types have no such. */
const Type *type_for_both(Types *t, const Type *a, const Type *b);
/* a can stand where b is expected: equal up to symbols (a symbol matches anything). */
bool type_compatible(const Type *a, const Type *b);
bool type_all_known(const Type *ty);
/* Tensors with as many dimensions and elements can exist, also inside of a list or a state. Whoever
 * takes a type from outside, or from a type rule, asks this first. */
bool type_is_possible(const Type *ty);
#define TYPE_LIMITS "a tensor has at most 32 dimensions and fewer than 2**60 elements"
/* a's values are b's: a number may stand for b's symbol, not the other way round. */
bool type_is_subtype(const Type *a, const Type *b);

/* ---- symbols and dimension arithmetic (sym.c) ---- */
Dim sym_new(Types *t, const Str *name /* 0: automatic */);
Dim sym_find(Types *t, const Str *name); /* 0 if there is none (0 is no symbol) */
/* All names are free again and automatic ones restart at is0; existing symbols keep theirs. */
void sym_forget(Types *t);
const char *dim_str(Types *t, Dim d);
bool dim_is_plain_symbol(Types *t, Dim d); /* a name, no expression */
/* "Any number of dimensions": the only dimension of a tensor whose rank is known at run time alone.
 * Its name begins with a star. */
Dim sym_new_variadic(Types *t);
bool dim_is_variadic(Types *t, Dim d);
int64_t int_floordiv(int64_t a, int64_t b); /* a/b, rounded down */
int64_t int_ceildiv(int64_t a, int64_t b);
Dim dim_add(Types *t, Dim a, Dim b);
Dim dim_sub(Types *t, Dim a, Dim b);
Dim dim_mul(Types *t, Dim a, Dim b);
Dim dim_floordiv(Types *t, Dim a, Dim b); /* exact division cancels: (2*s)//2 == s */
Dim dim_ceildiv(Types *t, Dim a, Dim b);
/* NumPy broadcasting of two dims as the peer infers it: 1 gives way, equal stays, symbol against a
 * number > 1 is the number; two different symbols give a new one. False: they cannot match. */
bool dim_broadcast(Types *t, Dim a, Dim b, Dim *out);
bool shape_broadcast(Types *t, const Type *a, const Type *b, Dim *dim, uint32_t *rank);
/* Value of d when symbols have numbers: `of` maps a plain symbol to its number (or -1). */
int64_t dim_eval(Types *t, Dim d, int64_t (*of)(void *ctx, Dim sym), void *ctx);

#endif
