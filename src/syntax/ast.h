/* ast.h: the syntax tree of a script, and what the resolver writes into it.
 *
 * Nodes live in the unit's arena and are never changed after scope.c has seen them. Every node has
 * the span of its text. The height of every expression is bounded (EXPR_HEIGHT), so that all walks
 * may recurse.
 *
 * After resolving, a name is one of E_LOCAL (a slot of the frame), E_CELL (a slot that holds a
 * cell shared with other functions) or E_GLOBAL; E_NAME does not occur any more.
 */
#ifndef MILC_AST_H
#define MILC_AST_H

#include "base/bignum.h"
#include "base/diag.h"
#include "ops_enum.h"

#define EXPR_HEIGHT 1200 /* nested operators; the error is in ast.c */

typedef enum ExprKind {
	E_CONST,
	E_LOCAL,
	E_CELL,
	E_GLOBAL,
	E_NAME,
	E_FSTRING,
	E_FORMAT, /* {value!conv:spec} inside E_FSTRING */
	E_TUPLE,
	E_LIST,
	E_SET,
	E_DICT,
	E_STAR, /* *a in a display, call or target */
	E_BINARY,
	E_UNARY,
	E_NOT,
	E_AND,
	E_OR,
	E_CMP,   /* one comparison */
	E_CHAIN, /* several */
	E_COND,
	E_LAMBDA,
	E_CALL,
	E_ATTR,
	E_INDEX,
	E_SLICE,
	E_COMP, /* [… for …], {… for …}, (… for …) */
	E_AS,   /* `a as b`, only directly inside `with (…)` */
} ExprKind;

/* How CPython makes a set of a display, which shows in the order of its items. */
enum {
	SET_PLAIN,    /* item by item */
	SET_CONSTANT, /* of constants, for a loop: the constant itself */
	SET_FEW,      /* of up to two constants: item by item, but for a loop */
	SET_MERGED,   /* of more: a constant, from which a set is filled */
};

/* Comparisons beyond CmpOp, in Expr.op and ChainLink.op. */
enum { CMP_IN = CMP_COUNT, CMP_NOT_IN, CMP_IS, CMP_IS_NOT };

typedef struct Expr Expr;
typedef struct Stmt Stmt;
typedef struct FuncExpr FuncExpr;
typedef struct Comp Comp;

typedef enum LiteralKind {
	LIT_NONE,
	LIT_ELLIPSIS,
	LIT_FALSE,
	LIT_TRUE,
	LIT_INT, /* fits 64 bits */
	LIT_BIG,
	LIT_FLOAT,
	LIT_STR, /* escapes are read */
	LIT_BYTES,
} LiteralKind;
typedef struct Literal {
	uint8_t kind;
	uint32_t len; /* of s */
	union {
		int64_t i;
		double f;
		const Int *big;
		const char *s;
	};
} Literal;

/* A script. Its literals and the names of its module are numbered, so that who runs it keeps their
 * values in arrays of its own. */
typedef struct Tree {
	Arena *arena;
	Interner *names;
	Diag *diag;
	VEC(const Literal *) literal; /* Expr.nth */
	VEC(const Str *) global;      /* Expr.slot of E_GLOBAL; bound in the module or only used */
	Map global_index;             /* const Str * -> its place in `global`, + 1 */
	Stmt *module;
	uint32_t nslot; /* of the module's frame */
	bool classes;   /* class statements are part of the language: TorchScript's code */
} Tree;

/* One tree can take literals (-D) before and after its module. */
void tree_init(Tree *t, Arena *a, Interner *names, Diag *d);
uint32_t tree_global(Tree *t, const Str *name); /* its number */

typedef struct ExprList {
	Expr **at;
	uint32_t n, cap;
	Span span;  /* of the whole, with a trailing comma */
	bool comma; /* has a trailing one */
} ExprList;

typedef struct CallArg {
	Expr *val;
	const Str *name; /* keyword */
	Span span;
	uint8_t star; /* 1: *val, 2: **val */
} CallArg;
typedef struct CallExpr {
	Expr *callee;
	CallArg *arg;
	Span *pos_span; /* of the positional ones, when there is no star */
	uint32_t narg, cap, npos, nkw;
	bool plain;     /* no star, positionals first */
	bool kw, dstar; /* a name, a ** was read */
	Map names;      /* when there are many */
	Span span;
} CallExpr;

typedef struct ChainLink {
	Expr *e;
	uint8_t op; /* between the operand before and this one */
} ChainLink;
typedef VEC(ChainLink) Chain;

struct Expr {
	uint8_t kind;
	uint8_t op;     /* BinOp, UnOp, CmpOp…; E_FORMAT: conversion; E_FSTRING: is nested spec;
	                   E_SET: SetKind */
	uint8_t paren;  /* stood in parentheses */
	uint8_t quiet;  /* evaluating it runs no script code */
	uint16_t height;
	Span span;
	union {
		struct { /* E_CONST */
			const Literal *lit;
			uint32_t nth;
		};
		struct { /* names */
			const Str *id;
			uint32_t slot;
		};
		struct { /* E_BINARY, E_AND, E_INDEX, E_COND (c is the test), E_SLICE, E_AS,
			    E_FORMAT */
			Expr *a, *b, *c;
		};
		struct {
			Expr *obj; /* E_ATTR */
			const Str *attr;
			Span attr_span;
		};
		struct { /* displays; E_DICT: pairs, the key of ** is 0 */
			Expr **at;
			uint32_t n;
		};
		Chain *chain;
		FuncExpr *func;
		CallExpr *call;
		Comp *comp;
	};
};

typedef enum CompKind { COMP_LIST, COMP_SET, COMP_DICT, COMP_GEN } CompKind;
typedef struct CompFor {
	Expr *target, *iter;
	ExprList conds;
} CompFor;
struct Comp {
	CompKind kind;
	Expr *item, *value; /* value: of COMP_DICT */
	CompFor *at;
	uint32_t n, cap;
	uint32_t slot, nslot; /* its own variables in the frame (not COMP_GEN) */
	uint32_t *cell;       /* those of them that are cells */
	uint32_t ncell;
	FuncExpr *gen; /* COMP_GEN: slots and captures */
};

typedef enum ParamDeclKind { P_POS, P_NORMAL, P_STAR, P_KWONLY, P_DSTAR } ParamDeclKind;
typedef struct ParamDecl {
	const Str *name;
	Expr *note; /* its annotation, or 0 */
	Expr *dflt; /* or 0 */
	Span span;
	uint8_t kind;
	bool cell; /* captured by an inner function */
} ParamDecl;
typedef struct ParamList {
	ParamDecl *at;
	uint32_t n, cap;
	Map index; /* of a name, +1 */
	bool bare_star; /* a `*` was seen and no named parameter since */
	bool slash;
	Span star_span;
} ParamList;
int64_t param_index(const ParamList *ps, const Str *name); /* -1: none */

struct FuncExpr { /* a def, a lambda or a generator expression */
	const Str *name;
	ParamList params;
	uint32_t npos; /* P_POS and P_NORMAL ones, which come first */
	int star, dstar; /* index of *args, **kwargs, or -1 */
	uint32_t ndflt;
	Stmt *body;   /* def */
	Expr *result; /* def: the annotation behind the arrow, or 0 */
	Expr *expr;   /* lambda */
	Span span, name_span;
	uint32_t nslot;
	uint32_t *cell; /* own variables beside parameters that are cells */
	uint32_t ncell;
	uint32_t *from; /* captured cell i: slot in the frame that makes the function … */
	uint32_t *to;   /* … and in the function's own */
	uint32_t nfree;
};

typedef enum StmtKind {
	S_EXPR,
	S_ASSIGN,
	S_AUG,
	S_ANN,
	S_RETURN,
	S_PASS,
	S_BREAK,
	S_CONTINUE,
	S_IF,
	S_WHILE,
	S_FOR,
	S_DEF,
	S_IMPORT,
	S_FROM,
	S_ASSERT,
	S_DEL,
	S_NONLOCAL,
	S_RAISE,
	S_WITH,
	S_CLASS, /* with Tree.classes only */
} StmtKind;

typedef struct Alias {
	const Str *path; /* dotted; S_FROM: the member */
	const Str *as;   /* or 0 */
	Expr *target;    /* the name that it binds */
	Span span;
} Alias;
typedef struct Aliases {
	Alias *at;
	uint32_t n, cap;
} Aliases;
typedef struct WithItem {
	Expr *expr, *target;
} WithItem;

struct Stmt {
	uint8_t kind, op;
	bool simple; /* S_ASSIGN: one target that is a plain name */
	Span span;
	Stmt *next;
	union {
		Expr *expr; /* S_EXPR, S_RETURN (or 0) */
		struct {    /* S_ASSIGN */
			VEC(Expr *) target;
			Expr *value;
		};
		struct { /* S_AUG, S_ANN, S_ASSERT (test, message), S_RAISE (what, from) */
			Expr *a, *b;
			Expr *note; /* S_ANN */
		};
		struct { /* S_IF: orelse is the else part or, for elif, one S_IF; S_WHILE; S_FOR */
			Expr *test, *iter;
			Stmt *body, *orelse;
		};
		struct {
			FuncExpr *func;
			ExprList *decorators;
			Expr *name; /* the name that the def binds */
		};
		struct {
			const Str *module; /* S_FROM */
			Aliases *aliases;
		};
		struct {
			WithItem *with;
			uint32_t nwith;
			Stmt *with_body;
		};
		struct { /* S_CLASS */
			Expr *class_name;
			CallExpr *bases; /* or 0 */
			Stmt *class_body;
		};
		ExprList *names; /* S_DEL (targets), S_NONLOCAL */
	};
};

typedef struct StmtList {
	Stmt *first, *last;
} StmtList;

#endif
