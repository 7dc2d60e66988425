/* scope.h: what the files of the resolver share: scope.c, scope_collect.c and scope_pattern.c. */
#ifndef MILC_SCOPE_H
#define MILC_SCOPE_H

#include "syntax.h"

typedef struct NameScope NameScope;
typedef struct Sym Sym;
typedef enum NameScopeKind { SCOPE_MODULE, SCOPE_FUNC, SCOPE_COMP, SCOPE_CLASS } NameScopeKind;

struct Sym {
	const Str *name;
	NameScope *scope;
	Sym *outer; /* captured from there */
	Span first;
	uint32_t slot;
	bool bound, used, param, nonlocal, global, cell;
	bool passes; /* bound by := in a generator expression: for the function around it */
};

typedef struct NameUse {
	Expr *e;
	NameScope *scope;
} NameUse;

struct NameScope {
	NameScope *up;
	NameScopeKind kind;
	FuncExpr *func;
	Comp *comp;
	VEC(Sym *) syms;
	Map index;   /* const Str * -> Sym * */
	Map through; /* of a class: those that only pass through it */
	uint32_t nslot;
};

typedef struct Resolver {
	Tree *tree;
	Arena *arena;
	VEC(NameScope *) scopes;
	VEC(NameUse) names;
	uint32_t loops;   /* around the statement, in this function */
	const Str *class; /* the innermost one around, or 0 */
	bool ok;
} Resolver;

#define error(r, ...) ((r)->ok = false, diag_error((r)->tree->diag, __VA_ARGS__))

/* scope_collect.c: which names each scope binds and uses */
NameScope *scope_new(Resolver *r, NameScope *up, NameScopeKind k);
/* The Sym of that name in one of a scope's indices, made where it is not there yet. */
Sym *scope_sym(Resolver *r, NameScope *s, Map *index, const Str *name, Span at);
Sym *scope_note(Resolver *r, NameScope *s, Expr *e,
                bool bind);                          /* a name that is bound or used there */
void scope_expr(Resolver *r, NameScope *s, Expr *e); /* e may be 0 */
void scope_block(Resolver *r, NameScope *s, Stmt *st);

/* scope_pattern.c */
void scope_match(Resolver *r, NameScope *s, Stmt *st);

#endif
