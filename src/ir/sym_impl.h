/* sym_impl.h: symbolic expressions, for sym.c and sym_text.c. */
#ifndef MILC_SYM_IMPL_H
#define MILC_SYM_IMPL_H

#include "type.h"

enum {
	MAX_TERMS = 64,
	MAX_FACTORS = 16,
	MAX_NODES = 400, /* of an expression written out */
};

typedef enum SymKind { SYM_NAME, SYM_SUM, SYM_FLOOR, SYM_CEIL } SymKind;

typedef struct Factor {
	Dim atom;
	uint32_t power;
} Factor;

typedef struct Term {
	int64_t coef;
	uint32_t n;
	Factor f[MAX_FACTORS];
} Term;

typedef struct Sum {
	uint32_t n;
	bool overflow;
	Term t[MAX_TERMS];
} Sum;

struct SymExpr {
	SymKind kind;
	bool forgotten;   /* the name may be used again for another symbol */
	uint32_t nodes;
	uint32_t nterm;
	const Str *name;
	const Term *term; /* sum */
	Dim a, b;         /* floor(a/b), ceiling(a/b) */
	const char *text; /* once asked for */
};

const SymExpr *sym_expr(const Types *t, Dim d);
void sum_add_dim(Types *t, Sum *s, Dim d, int64_t sign); /* adds sign*d to s */
int64_t sym_gcd(int64_t a, int64_t b);                    /* never negative */

#endif
