/* cond.h: the conditions of the tables of evidence, and what they come to.
 *
 * A condition is clauses joined by "; ", which must all hold. A clause is a Python expression, or
 *
 *	G            the hard rules of limits.tsv of scope tensor, dtype and shape
 *	-            nothing
 *	~expr        soft: where it does not hold, there is a warning
 *	# words      a remark for people; nothing is evaluated
 *	#! words     the same, and it limits: what else holds, holds with a remark
 *
 * The expressions have numbers, texts, True, False, None, tuples, sets, `and or not if else in is`,
 * comparisons and arithmetic, the functions max min len set sorted, and the names and functions of
 * names.def. They are read by the parser of scripts.
 *
 * The logic has four values. Unknown is what only the run, the device or a file that is not there
 * could tell, and a division by 0; it spoils what it is part of, save where the rest decides:
 * `False and unknown` is False. Absent is what makes no sense of this operation, as the width of
 * the kernel of an addition; so is all that it is part of. A rule that is absent does not apply; in
 * the conditions of an operation's own row it is as good as unknown.
 */
#ifndef MILC_COND_H
#define MILC_COND_H

#include "ir/ir.h"
#include "syntax/ast.h"

typedef enum Tri { TRI_NO, TRI_YES, TRI_UNKNOWN, TRI_ABSENT } Tri;

typedef enum ClauseKind {
	CLAUSE_EXPR,
	CLAUSE_GLOBAL, /* G */
	CLAUSE_REMARK, /* # and #! */
} ClauseKind;
typedef struct Clause {
	ClauseKind kind;
	bool soft, limits; /* ~; #! */
	const Expr *expr;
	const char *text; /* without the marks; */
	uint32_t at;      /* … its place */
} Clause;
typedef VEC(Clause) Clauses;

typedef enum ValKind {
	VAL_UNKNOWN,
	VAL_ABSENT,
	VAL_NONE,
	VAL_BOOL,
	VAL_INT,
	VAL_REAL,
	VAL_TEXT,
	VAL_LIST
} ValKind;
typedef struct Val Val;
struct Val {
	ValKind kind;
	union {
		int64_t i; /* and bool */
		double f;
		const char *s;
		struct {
			const Val *at; /* of a tuple, or a set: their order does not count */
			uint32_t n;
			bool set;
		};
	};
};
static inline Val
val_int(int64_t i)
{
	return (Val){.kind = VAL_INT, .i = i};
}
static inline Val
val_bool(bool b)
{
	return (Val){.kind = VAL_BOOL, .i = b};
}
static inline Val
val_text(const char *s)
{
	return (Val){.kind = VAL_TEXT, .s = s};
}
static inline Val
val_real(double f)
{
	return (Val){.kind = VAL_REAL, .f = f};
}
#define VAL(kind) ((Val){VAL_##kind, {0}})
Val val_tri(Tri t);

/* What a condition is asked about: an operation on a family, or with `inst` 0 the whole program. */
typedef struct Site {
	const struct Whole *whole; /* the function around it (ane.h) */
	const Inst *inst;
	int family; /* 13 … 18 */
	Arena *arena;
} Site;

/* A name of names.def: its value at a site, by the formula that stands there. */
typedef Val NameFn(const Site *s);
typedef struct CondName {
	const char *name;
	NameFn *fn;      /* 0: the constant value of the parameter of that name, or: */
	bool open;       /* always unknown: there is no formula */
	bool whole;      /* of the program: can be asked without an operation */
	const char *say; /* the noun; of a truth, what is the matter where it does not hold */
	const char *formula;
} CondName;
/* A function of names.def that takes a name of an operand, a type of operation … */
typedef Tri CondFn(const Site *s, const char *const *arg);
typedef enum CondArg { TAKES_OPERAND, TAKES_OPERATION } CondArg;
typedef struct CondCall {
	const char *name;
	CondFn *fn;
	CondArg takes;
	bool whole;
	uint32_t narg;
	const char *say, *formula;
} CondCall;
const CondName *cond_names(size_t *n);
const CondCall *cond_calls(size_t *n);

/* What came of one clause. */
typedef struct Finding {
	const struct Limit *rule; /* of G: which; else 0 */
	const Clause *clause;
	Tri holds;
	const char *why;   /* not TRI_YES: "width of the kernel 17 > 13"; "not known: max_abs" */
	const char *about; /* TRI_NO: the name that it turns on, where it is one; else 0 */
} Finding;
typedef VEC(Finding) Findings;

/* Takes a condition apart; `at` is its place in the tables. Names and functions are looked up: op
 * is the operation whose operands it may name, 0: any. False after reporting all that is wrong with
 * it. */
bool clauses_parse(Tree *t, const char *text, size_t len, uint32_t at, const char *op,
                   Clauses *out);
const char *cond_text(const Expr *x); /* of a text in quotes, else 0 */
Tri clause_holds(const Site *s, const Clause *c);
Finding clause_find(const Site *s, const Clause *c); /* with the reason, in the site's arena */

#endif
