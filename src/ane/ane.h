/* ane.h: what of a program runs on Apple's Neural Engine, as far as it is known, and why.
 *
 * Three questions are kept apart. Expressible: Core ML's format can say it, as all can that is a
 * program here. Eligible: the engine's compiler would take this operation in this shape and type;
 * that is what the verdicts are about. Placed: Core ML weighs costs on the device and may still
 * choose another processor; only the device tells, and a report only warns.
 *
 * A report is about one function on one family. It holds the verdict of each operation with the
 * clauses behind it, the rules about the whole, and a summary. Constants and constexpr operations
 * do not count.
 */
#ifndef MILC_ANE_H
#define MILC_ANE_H

#include <jansson.h>

#include "evidence.h"
#include "model/model.h"

typedef enum Verdict {
	ANE_NATIVE,    /* on every family, and here */
	ANE_MET,       /* on conditions, which hold */
	ANE_UNMET,     /* one does not */
	ANE_REWRITTEN, /* becomes other operations, or a constant */
	ANE_NO_PATH,   /* no hardware does it */
	ANE_UNKNOWN,   /* nobody says, or what a condition asks is not known before the run */
} Verdict;
extern const char
    *const verdict_name[]; /* "native", "met", "unmet", "rewritten", "no-path", "unknown" */
extern const char *const verdict_words[]; /* "native", "conditions met", … for people */

typedef enum Expect { /* for the summary: what a cautious reader assumes */
	              EXPECT_ENGINE,
	              EXPECT_ELSEWHERE,
	              EXPECT_FREE, /* costs nothing at run time */
	              EXPECT_OPEN, /* nobody knows */
} Expect;
extern const char *const expect_name[]; /* "engine", "elsewhere", "free", "open" */

typedef struct OpReport {
	const Inst *inst;
	const OpRow *row; /* 0: the tables have none */
	Verdict verdict;
	Expect expect;
	bool remark;       /* native or met, with a remark that limits */
	Findings findings; /* hard clauses that do not hold or are unknown, soft ones that do not
	                      hold, remarks */
	const char *instead; /* what to write: of the rule that decides, else of the row; or 0 */
	double flops;
	const char *device; /* measured: where a device ran it; 0: not measured */
	double cost;        /* measured: its share of the whole, or below 0 */
} OpReport;

typedef struct RuleReport { /* a rule of limits.tsv over the function */
	const Limit *limit;
	const Clause *clause;
	Tri holds;                /* NO where an operation breaks it, else UNKNOWN where one may */
	uint32_t broken, unknown; /* operations; 0 of a rule about the whole */
	const Inst *first;        /* of them */
	const char *why;          /* of the first */
} RuleReport;

typedef struct Remedy {    /* what would bring most to the engine */
	const char *cause; /* "gather: no hardware path" */
	const char *instead;
	uint32_t nop;
	double flops;
	uint32_t transitions; /* fewer */
	const Inst *first;
} Remedy;

enum { ANE_CHANGES = 3 };
typedef struct AneReport {
	const Func *func;
	int family;
	VEC(OpReport) op;
	VEC(RuleReport) rule;
	uint32_t count[4]; /* operations by Expect */
	double flops[4];   /* theirs */
	uint32_t segments, transitions;
	Remedy change[ANE_CHANGES];
	uint32_t nchange;
	uint32_t measured; /* operations with a device, */
	uint32_t agree;    /* … of which so many are where they were expected */
} AneReport;

/* What rules ask about the function around an operation (names.def). */
typedef struct Whole {
	const Func *func;
	const char *flex; /* "none", "enumerated", "range" */
	uint32_t nop;     /* that count, casts aside */
	Val max_dim;
	Map *facts; /* what was once looked up, by the constant or the value */
	double weight_bytes;
	int64_t segments; /* -1: not judged yet */
} Whole;

/* The report about f, a function of the model's program; its memory is the arena's. */
AneReport *ane_report(Arena *a, const Evidence *e, const Model *m, const Func *f, int family);

/* Measured placements, for all reports about a program: a CSV with a line "function,op,device,cost"
 * first; of an operation's lines the last counts. One about none of the operations is a warning.
 * False after reporting. */
bool ane_measured(AneReport *const *r, uint32_t nreport, Arena *a, Diag *d, const char *path,
                  const char *text, size_t n);
/* "ane", "gpu" or "cpu" for what a device is called, as "MLNeuralEngineComputeDevice"; else 0. */
const char *ane_device(const char *name);
/* A share of the whole, a number from 0 on; below 0 of an empty text. False: it is none. */
bool ane_cost(const char *s, double *cost);

/* ---- as text and JSON ---- */
typedef struct AneLook {
	bool color;
	uint32_t width;   /* of the terminal; 0: none */
	const Diag *diag; /* for places */
} AneLook;
/* Reports about one function, one for each family. */
void ane_put(Buf *b, const AneReport *const *r, uint32_t n, const AneLook *look);
/* The caller's; man 7 milc-ane describes it. */
json_t *ane_json(const AneReport *const *r, uint32_t n, const Diag *d);
/* All that the tables say about an operation, a rule, a source, a name or a word of theirs, in
 * lines of `width` columns; 0: 80. False: nothing. */
bool ane_explain(Buf *b, const Evidence *e, const char *key, uint32_t width);
/* Words of a text and the end of a line, on one that has `at` columns already, broken where it
 * would have more than `width`; the next lines begin behind `hang` blanks. */
void ane_wrap(Buf *b, const char *text, uint32_t at, uint32_t hang, uint32_t width);

#endif
