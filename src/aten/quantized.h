/* quantized.h: what the files about quantized values share: dequantize.c makes weights of few bits,
 * quantized.c has values that are quantized at run time, packed.c layers with weights that
 * TorchScript keeps packed, int4.c those of four bits, compressed.c what coremltools.optimize.torch
 * leaves beside the weights.
 */
#ifndef MILC_ATEN_QUANTIZED_H
#define MILC_ATEN_QUANTIZED_H

#include "aten.h"

bool all_zero(const Tensor *t);

/* ---- dequantize.c ---- */
/* What a weight of few bits is made of: (data - zero) * scale. */
typedef struct FewBits {
	const Tensor *data, *scale;
	const Tensor *zero; /* 0: none */
	bool has_axis;
	int64_t axis;       /* of scale and zero; may be negative */
} FewBits;
/* As a constexpr operation: constexpr_blockwise_shift_scale from iOS18 on, before that
 * constexpr_affine_dequantize. */
Var *dequantized_weight(AtenCtx *c, FewBits l, const Str *name);

/* ---- quantized.c: TorchScript's values that are quantized at run time ---- */
/* How a value is quantized, by its name in AtenCtx.quant. */
typedef struct TQuantized {
	DType type;
	Var *scale_var;      /* or scale */
	const Tensor *scale;
	const Tensor *zero;  /* 0: none */
	bool has_axis;
	int64_t axis;
} TQuantized;
/* Operand i as numbers, and what type its elements had: of floats, the one of all that was
 * quantized so far. 0 after a failure. */
Var *dequantized_operand(AtenCtx *c, uint32_t i, DType *type);
/* Quantizes v as operands i (scale) and i + 1 (zero point) say, to the type of all quantized values
 * so far, and makes it the node's result. */
void requantize(AtenCtx *c, Var *v, DType type, uint32_t i);

#endif
