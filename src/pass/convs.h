/* convs.h: what the passes that fold something into a conv or conv_transpose share. */
#ifndef MILC_CONVS_H
#define MILC_CONVS_H

#include "arith.h"
#include "match.h"

static inline bool
is_conv(const Inst *i)
{
	return inst_is(i, OP_conv) || inst_is(i, OP_conv_transpose);
}
/* The only child of a conv whose result does not leave the block, or 0. */
Inst *conv_child(const Inst *conv);
/* Output channels, by the weight; 0 if it is not known. */
int64_t conv_cout(const Inst *conv);
/* The bias as a new tensor of the weight's type, zeros when the conv has none; 0: not known. */
Tensor *conv_bias(PassCtx *c, const Inst *conv);
/* The weight with each output channel multiplied by its factor. */
Tensor *conv_scaled_weight(PassCtx *c, const Inst *conv, const double *factor);

#endif
