/* half.h: a program in half precision beside itself in single precision: which operation is the
 * first that half precision does not suit, and why.
 *
 * A HalfPair holds a program before add_fp16_cast and what that pass made of each operation: which
 * operands and results have half precision. A run goes through the program in single precision;
 * beside each result r of it stand two others:
 *
 *   own          the operation in half precision on the operands of the single precision run,
 *                rounded: what it does itself
 *   accumulated  the operation in half precision on accumulated operands: the half precision run
 *
 * How far they lie from r: |a - r| / (|r| + most), where r reaches up to `most`; the largest over
 * all elements. Loops and branches go as they do in single precision.
 *
 * What is found of an operation:
 *
 *   overflow    a finite result that has half precision, there or where it is used, is 65520 or
 *               more, which becomes infinite, or is cut off at 65504; an own result is not finite,
 *               though r is; a finite constant becomes infinite; a norm squares a distance from
 *               the mean that gives so much, where milc's own run does not round
 *   subnormal   a constant operand below 2^-14 is off by more than 1/8; so is a whole result, or
 *               by more than 2^-8 of it; or elements of a result below 2^-22 become 0 or lose
 *               all their digits, and an operation that takes them overflows, diverges or is lost
 *   lost        an own result is off by more than half of what r reaches up to
 *   diverges    an own result is further off than the bound
 *   takes       it takes numbers of an overflow above: no fault of its own, but it has to be kept
 *               in single precision, too
 *   drifts      nothing else was found, but an output is further off than the bound: where that is
 *               first so
 */
#ifndef MILC_HALF_H
#define MILC_HALF_H

#include "exec/exec.h"
#include "pass/pass.h"

/* ---- half_pair.c ---- */
typedef struct HalfTwin {     /* what became of an operation */
	bool half;            /* it computes in half precision */
	DType *want;          /* types of operands, in the order of each_operand */
	const Tensor **known; /* values of those that are known, or 0 */
	DType *out;           /* types of results */
} HalfTwin;

typedef struct HalfMatch {
	const Inst *single, *other;
} HalfMatch;

typedef struct HalfPair {
	Program *single;
	Map twin;          /* Inst of it -> HalfTwin */
	const Program *of; /* the program that was cast */
	Arena arena;
	VEC(HalfMatch) match;
	bool made;
} HalfPair;

/* p is about to be cast, … */
void half_pair_begin(HalfPair *h, const Program *p);
/* … and has been. */
void half_pair_end(HalfPair *h);
/* Both with a copy of p. What has half precision in it already gets single precision first, and is
 * what is cast then, nothing else. False after reporting what cannot have it. */
bool half_pair_make(HalfPair *h, const Program *p);
bool has_half(const Program *p); /* some value in it has half precision */
void half_pair_free(HalfPair *h);

/* ---- half_inner.c ---- */
/* The largest squared distance of a number of x from the mean of those that the layer_norm or
 * instance_norm i normalizes together. Scratch from a. */
double half_inner_square(Arena *a, const Inst *i, const Tensor *x);

/* ---- half.c ---- */
enum {
	HALF_OVERFLOW = 1,
	HALF_SUBNORMAL = 2,
	HALF_LOST = 4,
	HALF_DIVERGES = 8,
	HALF_TAKES = 16,
	HALF_DRIFTS = 32,
	HALF_CULPRIT = HALF_OVERFLOW | HALF_SUBNORMAL | HALF_LOST | HALF_DIVERGES | HALF_DRIFTS
};

typedef struct HalfSight { /* an element of a result */
	const char *at;    /* "[0, 3]"; 0: there is none */
	double single, half;
} HalfSight;

typedef struct HalfRow {         /* an operation, or an input */
	const Inst *inst;        /* 0: an input */
	const Var *value;        /* its first result that has something to say */
	bool half, kept;         /* in half precision; kept out of it this time */
	int what;                /* HALF_… */
	double largest;          /* magnitude in single precision */
	double own, accumulated; /* how far off */
	int64_t beyond;          /* elements that overflow */
	int64_t lost;            /* elements below 2^-22 */
	HalfSight over, worst;   /* the largest that overflows; the one that is furthest off */
	const char *constant;    /* the operand that is a subnormal or infinite constant, or 0 */
	double was, is;          /* its largest number */
	const Var *from;         /* takes: whose overflow */
	double inner;            /* the largest square inside a norm that overflows, or 0 */
} HalfRow;

typedef struct HalfOutput {
	const Str *name;
	double most, off; /* reaches up to; accumulated */
} HalfOutput;

typedef struct HalfReport {
	Arena *arena;
	VEC(HalfRow) row; /* in the order in which they were first computed, inputs first */
	VEC(HalfOutput) output;
	uint32_t nhalf; /* operations in half precision */
	double off;     /* the largest of outputs */
	bool infinite;  /* the single precision run has numbers that are not finite */
} HalfReport;

typedef struct HalfOptions {
	SessionOptions session;
	double bound;
	const Map *keep; /* Inst -> anything: computed in single precision; or 0 */
	Arena *arena;    /* of the report */
} HalfOptions;

/* Runs function f of h->single. What the session says is in its error, which is copied to *why. */
RunStatus half_run(const HalfPair *h, const Func *f, const NamedTensor *in, uint32_t nin,
                   const HalfOptions *o, HalfReport *r, const char **why, Span *at);
/* The first row that half precision does not suit; 0: all is well. */
const HalfRow *half_first(const HalfReport *r);
/* ---- half_keep.c ---- */
/* Operations to keep in single precision so that outputs stay within the bound, as far as that
 * helps: to *keep, which is initialized. The report with them is in *fixed. */
void half_keep(const HalfPair *h, const Func *f, const NamedTensor *in, uint32_t nin,
               const HalfOptions *o, const HalfReport *r, Map *keep, HalfReport *fixed);

#endif
