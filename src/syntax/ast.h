/* ast.h: the syntax tree of a script, and what the resolver writes into it.
 *
 * Nodes live in the unit's arena and are never changed after scope.c has seen them. Every node has
 * the span of its text. The height of every expression is bounded (EXPR_HEIGHT), so that all walks
 * may recurse.
 *
 * After resolving, a name is one of E_LOCAL (a slot of the frame), E_CELL (a slot that holds a
 * cell shared with other functions), E_GLOBAL or E_FIELD (of the class whose body it stands in);
 * E_NAME does not occur any more.
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
	E_AS,   /* `a as b`, only directly inside `with (…)` and in patterns */
	E_WALRUS, /* a is the name */
	E_YIELD,  /* only where scope.c lets it stand; op: yield from */
	E_FIELD,  /* a name that the body of a class binds */
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

/* The names of a module, numbered: those that it binds and those that it only uses. */
typedef struct GlobalNames {
	VEC(const Str *) at; /* Expr.slot of E_GLOBAL */
	Map index;           /* const Str * -> its place, + 1 */
} GlobalNames;

/* A script, and the modules that it takes in. Literals and the names of modules are numbered, so
 * that who runs it keeps their values in arrays of its own. */
typedef struct Tree {
	Arena *arena;
	Interner *names;
	Diag *diag;
	VEC(const Literal *) literal; /* Expr.nth */
	GlobalNames *global;          /* of the module that is being read */
	Stmt *module;
	uint32_t nslot; /* of the module's frame */
	bool metaclasses; /* class statements may name one: not in scripts */
} Tree;

/* One tree can take literals (-D) before and after its module. */
void tree_init(Tree *t, Arena *a, Interner *names, Diag *d);
GlobalNames *tree_names(Tree *t);               /* of one more module */
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
	                   E_SET: SetKind; E_LOCAL, E_CELL: of a function or comprehension around */
	uint8_t paren;  /* stood in parentheses */
	uint8_t quiet;  /* evaluating it allocates nothing that a collection could take */
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

struct FuncExpr { /* a def, a lambda, a generator expression or the body of a class */
	const Str *name, *qualname; /* "f", "Layer.forward", "f.<locals>.g" */
	ParamList params;
	uint32_t npos; /* P_POS and P_NORMAL ones, which come first */
	int star, dstar; /* index of *args, **kwargs, or -1 */
	uint32_t ndflt;
	Stmt *body;   /* def, class */
	bool is_class;
	bool yields;  /* a call of it makes a generator */
	bool fields;  /* its frame has names by E_FIELD, in a dict */
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
	S_GLOBAL,
	S_RAISE,
	S_WITH,
	S_CLASS,
	S_TRY,
	S_MATCH,
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

typedef struct Handler { /* except type as name: */
	Expr *type, *name; /* or 0 */
	Stmt *body;
	Span span;
} Handler;
typedef struct TryStmt {
	Stmt *body, *orelse, *final;
	VEC(Handler) handler;
} TryStmt;
/* A pattern is the expression that it is written like: names bind, a.b is a value, f(…) a class
 * pattern, {…} a mapping, a | b alternatives. */
typedef struct Case {
	Expr *pattern, *guard; /* guard: or 0 */
	Stmt *body;
	Span span;
} Case;
typedef struct Cases {
	VEC(Case) at;
} Cases;

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
		struct { /* S_DEF, S_CLASS */
			FuncExpr *func;
			ExprList *decorators;
			Expr *name;      /* what it binds */
			CallExpr *bases; /* S_CLASS; or 0 */
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
		TryStmt *attempt; /* S_TRY */
		struct {          /* S_MATCH */
			Expr *subject;
			Cases *cases;
		};
		ExprList *names; /* S_DEL (targets), S_NONLOCAL, S_GLOBAL */
	};
};

typedef struct StmtList {
	Stmt *first, *last;
} StmtList;

#endif
