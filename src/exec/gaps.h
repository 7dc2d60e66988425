/* gaps.h: how far what a function gave lies from what it gave before it was rewritten, and whether
 * rounding explains that.
 *
 * Of an output whose numbers reach up to `most`, before is b and after is a at an element:
 *
 *   absolute  |a - b|
 *   relative  |a - b| / (|b| + most)
 *
 * It is wrong where |a - b| > tolerance (|b| + most) + least. An output that half precision has a
 * part in has a tolerance of 2e-2 and least 2^-14, below which half precision loses digits; others
 * have 1e-4 and 1e-12. Integers and truths must be equal, or with half precision may be one more
 * or less: a rounded number may step over to the next one. What was no number may become one; an
 * infinity must stay what it is. Labels are not compared, their probabilities are.
 */
#ifndef MILC_GAPS_H
#define MILC_GAPS_H

#include "exec.h"

typedef struct NumberGap { /* at one element */
	double size;
	const char *at;  /* "output y at [1, 0]"; 0: there is none */
	double before, after;
} NumberGap;

typedef struct Gaps {
	NumberGap absolute, relative; /* the largest */
	const char *wrong;      /* the first thing that is, in words; 0: nothing */
} Gaps;

/* Adds what lies between the outputs of f and those of what was made of it. Texts are in `a`. */
void gaps_find(Gaps *g, Arena *a, const Func *f, const NamedTensor *was, uint32_t nwas,
               const NamedTensor *now, uint32_t nnow);

#endif
