/* cast_types.h: doing the work of ops in a narrower type: what add_fp16_cast and add_int16_cast
 * share. Each operand of the wide type is cast down before the op, each result cast back behind it:
 *
 *	%y = relu(x=%x)      ->  %x_to_fp16 = cast(x=%x, dtype="fp16")
 *	                         %y_cast_fp16 = relu(x=%x_to_fp16)
 *	                         %y = cast(x=%y_cast_fp16, dtype="fp32")
 *
 * Casts that meet are cancelled by cast_optimization, and casts of constants folded by
 * const_elimination. Where those passes are still to come, a rule may say `lazy`: then such casts
 * are not made in the first place, and a result is cast back only where the wide type is needed.
 */
#ifndef MILC_CAST_TYPES_H
#define MILC_CAST_TYPES_H

#include "rewrite.h"

typedef struct CastRule {
	DType from;
	/* The type for operands in column p of i, or DT_NONE to leave them. */
	DType (*target)(PassCtx *c, const Inst *i, int p);
	bool (*wanted)(PassCtx *c, const Inst *i, const OpSelector *selector);
	bool lazy;
	/* Corrects what a constant x was cast to. May be 0. */
	const Tensor *(*adjust)(PassCtx *c, const Tensor *cast, const Tensor *x);
} CastRule;

bool cast_types(PassCtx *c, const CastRule *rule);

#endif
