/* evidence.h: what is known about the Neural Engine: three tables with their sources, compiled in.
 *
 *	ops.tsv      a row for each operation: verdict, conditions, families, what to write instead
 *	limits.tsv   rules about tensors and whole programs
 *	sources.tsv  who said so, and what it was observed on
 *
 * Their first lines name the columns, which stand in this order in the structures below; "-" is
 *empty and 0 here. Adding evidence is adding a row: while milc is built, evidence_check() reports a
 *word, an operation, a source, an operand or a name in a condition that there is not.
 */
#ifndef MILC_EVIDENCE_H
#define MILC_EVIDENCE_H

#include "cond.h"

typedef enum RowVerdict {
	ROW_NATIVE,
	ROW_CONDITIONAL,
	ROW_REWRITTEN,
	ROW_NO_PATH,
	ROW_UNKNOWN
} RowVerdict;
typedef enum Assume { ASSUME_ANE, ASSUME_ANE_IF, ASSUME_FALLBACK, ASSUME_FOLDED } Assume;
typedef enum LimitSeverity {
	LIMIT_HARD,
	LIMIT_SOFT,
	LIMIT_NUMERIC,
	LIMIT_PLACEMENT,
	LIMIT_ADVICE,
	LIMIT_INFO,
	LIMIT_PRIVATE
} LimitSeverity;

enum { FAMILY_FIRST = 13, FAMILY_LAST = 18, FAMILY_CELLS = 4 };

typedef struct OpRow {
	Span at; /* in the table, as the other two */
	const char *op, *vocab, *category;
	RowVerdict verdict;
	Assume assume;
	const char *conditions, *earliest;
	const char
	    *cell[FAMILY_CELLS]; /* H13, H14, H15, H16 and later: native, bridge, gated, no */
	const char *sweep, *rewrite, *sources, *confidence, *notes;
	Clauses clauses;
} OpRow;

typedef struct Limit {
	Span at;
	const char *id, *scope, *statement, *condition;
	LimitSeverity severity;
	const char *consequence, *sources, *confidence, *instead;
	Clauses clauses;
	bool global; /* one of those that G stands for */
} Limit;

typedef struct Proof {
	Span at;
	const char *key, *title, *url, *date, *observed_on, *layer, *confidence, *note;
} Proof;

typedef struct Evidence {
	VEC(OpRow) op;
	VEC(Limit) limit;
	VEC(Proof) proof;
	Map by_op; /* its name's hash -> OpRow */
} Evidence;

typedef struct TableText {
	const char *name, *text;
	size_t n;
} TableText;
/* Takes tables apart: ops, limits, sources. All is in the arena. False after reporting rows that
 * cannot be read. */
bool evidence_read(Evidence *e, Arena *a, Interner *names, Diag *d, const TableText table[3]);
bool evidence_load(Evidence *e, Arena *a, Interner *names, Diag *d); /* those compiled in */
/* All that is wrong with them. */
bool evidence_check(const Evidence *e, Diag *d);
const OpRow *evidence_op(const Evidence *e, const char *op); /* 0: nobody says anything */
const Limit *evidence_limit(const Evidence *e, const char *id);
const Proof *evidence_proof(const Evidence *e, const char *key);

/* What a word of the tables means (words.def), by the column that has it. */
typedef enum WordKind {
	WORD_VERDICT,
	WORD_ASSUME,
	WORD_CELL,
	WORD_SWEEP,
	WORD_OPSET,
	WORD_SEVERITY,
	WORD_MARK
} WordKind;
typedef struct TableWord {
	WordKind kind;
	const char *word, *sentence;
} TableWord;
const TableWord *table_words(size_t *n);
const TableWord *table_word(WordKind kind, const char *word); /* 0: there is none */

/* The next key of a row's sources, behind which *list stands then. False at the end. */
typedef char SourceKey[64];
bool source_next(const char **list, SourceKey key);
extern const char *const row_verdict_name[], *const assume_name[], *const limit_severity_name[];

/* A family by one of its names: H13, A14, M1 …; 0: there is none. Chips of a family: "A14, M1". */
int family_find(const char *name);
const char *family_name(int family);  /* "H13" */
const char *family_chips(int family); /* "A14, M1" */
int family_cell(int family);          /* its column: H17 and H18 have that of H16 and later */

#endif
