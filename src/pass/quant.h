/* quant.h: what the passes over quantize, dequantize and constexpr_affine_dequantize share. */
#ifndef MILC_QUANT_H
#define MILC_QUANT_H

#include "arith.h"
#include "match.h"

/* The constexpr op for data with these parameters: constexpr_affine_dequantize, and from iOS18 on
 * constexpr_blockwise_shift_scale, with data of 4 bits where they suffice. zero may be 0, axis -1.
 * 0 when the op of this opset cannot say it. */
Var *build_dequantized(PassCtx *c, Builder *b, const Tensor *data, const Tensor *zero,
                       const Tensor *scale, int64_t axis, const Str *name);
/* The axis operand of a quantize or dequantize, counted from the front, or -1. */
int64_t quant_axis(const Inst *i);
/* Scale, zero point and axis are the same. */
bool same_quantization(const Inst *a, const Inst *b);

#endif
