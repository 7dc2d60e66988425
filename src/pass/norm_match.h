/* norm_match.h: the forms in which programs write out a normalization; see
 * fuse_layernorm_or_instancenorm.c. */
#ifndef MILC_NORM_MATCH_H
#define MILC_NORM_MATCH_H

#include "arith.h"
#include "match.h"

enum { NORM_PARTS = 20 };

typedef struct NormMatch {
	PassCtx *c;
	Var *x, *epsilon;
	const Tensor *gamma, *beta; /* both or neither */
	Inst *reduce, *end;         /* the mean, and what makes the result */
	Inst *part[NORM_PARTS];     /* all of it */
	uint32_t npart;
} NormMatch;

/* The form whose mean (or sum) is `reduce`. */
bool norm_match(PassCtx *c, NormMatch *m, Inst *reduce);

#endif
