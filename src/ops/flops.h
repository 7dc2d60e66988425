/* flops.h: what an operation computes, in floating point operations. */
#ifndef MILC_FLOPS_H
#define MILC_FLOPS_H

#include "ir/ir.h"

typedef struct Extents { /* of a value */
	int rank;
	const int64_t *dim; /* negative: not known */
} Extents;
/* False: it is no tensor. */
typedef bool ExtentsFn(void *ctx, const Var *v, Extents *out);
bool extents_of_type(void *unused, const Var *v, Extents *out); /* as far as types say */

/* Convolutions and products by their sums; pools and reductions one for each element that goes in;
 * norms and softmax five for each element, attention by its two products and the softmax; resizing
 * seven for each result; recurrent layers by their products; what only moves data nothing; all
 * else one for each element of the results (flops.def). 0 where a size is not known. */
double op_flops(const Inst *i, ExtentsFn *of, void *ctx);
bool op_moves(Opcode code); /* it computes nothing */

#endif
