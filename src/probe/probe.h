/* probe.h: programs of one operation over a grid of shapes, types and attributes, for asking a Mac
 * what it runs where, and what its answers say about the tables of evidence.
 *
 * probes.def has a row for each operation. A point of its grid is a script: the values are Python
 * variables at its top, so that the row's texts are Python and nothing else, and the script's name
 * says which of them are not the row's first ones. A name is all that is needed to make the script
 * again, so results are read without the folder that they came of.
 */
#ifndef MILC_PROBE_H
#define MILC_PROBE_H

#include "base/diag.h"

typedef struct ProbeRow {
	const char *op;
	const char *opset;  /* "iOS17" */
	const char *inputs; /* "x: 1, C, H, W; i: N:int32" */
	const char *text;   /* the call's arguments, or lines that end with a return; */
	bool lines;         /* … which of both */
	const char *grid;   /* "C=64 k=3,1,13" */
	const char *why;    /* there is none, because; else 0 */
} ProbeRow;
const ProbeRow *probe_rows(size_t *n);
const ProbeRow *probe_find(const char *op); /* 0: no row */

enum { GRID_AXES = 12, GRID_MOST = 10000 }; /* variables of a row; scripts of a folder */

typedef struct GridAxis {
	const char *name;
	const char *const *value;
	uint32_t n;
} GridAxis;
typedef struct Grid { /* of a row, whose first values give scripts their names */
	const ProbeRow *probe;
	GridAxis axis[GRID_AXES];
	uint32_t n;
} Grid;
typedef struct ProbePoint {
	const Grid *grid;
	const char *value[GRID_AXES];
} ProbePoint;
typedef VEC(ProbePoint) ProbePoints;

/* The row's own. */
const Grid *grid_of(Arena *a, const ProbeRow *p);
/* The cross product, with the values that "NAME=V1,V2" put in place of a name's. False after
 * reporting. */
bool grid_points(Arena *a, Diag *d, const ProbeRow *p, const char *const *changed, size_t n,
                 ProbePoints *out);
/* "conv_k13", and back: a path's folder and ending do not count. False: no probe is called so. */
const char *point_name(Arena *a, const ProbePoint *p);
bool point_named(Arena *a, const char *path, ProbePoint *out);
void point_values(Buf *b, const ProbePoint *p); /* "C=64 k=13" */
/* The script, which saves as `name`.mlpackage. */
void point_script(Buf *b, const ProbePoint *p, const char *name);

/* ---- what is expected of a point ---- */
typedef struct Judged {
	const char *function, *op; /* op: the name of its result */
	const char *verdict, *expected; /* words of ane.h; "folded" and "free" where it is gone */
	const char *const *clause; /* that do not hold, */
	uint32_t nclause;
} Judged;
/* Compiles the script. False after reporting. */
typedef bool ProbeJudge(void *ctx, const char *op, const char *name, const char *text, size_t n,
                        Judged *out);
typedef struct Prober {
	Arena *arena;
	Diag *diag;
	ProbeJudge *judge;
	void *ctx;
} Prober;

/* A folder with the scripts, a Makefile and results.csv. False after reporting. */
bool probe_write(const Prober *p, const ProbePoints *points, const char *path);

/* ---- what was answered ---- */
typedef struct Answer {
	ProbePoint point;
	const char *name;
	Judged judged;
	const char *device; /* 0: not filled in */
	double cost;        /* below 0: not said */
	Span at;            /* of the line that says so */
} Answer;
typedef enum Agreement { AGREED, DISAGREED, NOT_EXPECTED, NOT_FILLED } Agreement;
extern const char *const agreement_name[]; /* "agreed" … "open", "not filled" */
Agreement answer_agreement(const Answer *x);

typedef struct OpAnswers { /* of one operation, in the order of the table */
	const Grid *grid;
	VEC(Answer) answer;
} OpAnswers;
typedef struct Merged {
	VEC(OpAnswers) op;
} Merged;
/* A results.csv, or what the program of probe_swift prints. False after reporting. */
bool probe_read(const Prober *p, const char *path, const char *text, size_t n, Merged *out);

/* A variable whose value alone decides: where it runs, or where it is expected to. */
typedef struct Splitting {
	const GridAxis *axis;
	const char *const *yes, *const *no; /* values, in their order; */
	uint32_t nyes, nno;
	bool bound; /* … numbers, all of one side below all of the other */
} Splitting;
typedef VEC(Splitting) Splits;
/* With the others at the first answer's values where no variable decides alone: *along is true. */
Splits split_answers(Arena *a, const OpAnswers *o, bool measured, bool *along);

void merged_put(Buf *b, Arena *a, const Merged *m);
void merged_put_json(Buf *b, Arena *a, const Merged *m);
extern const char probe_swift[]; /* a program that asks MLComputePlan */

#endif
