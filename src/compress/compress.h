/* compress.h: programs whose weights take fewer bits, as ct.optimize.coreml makes them.
 *
 * A Compression says what becomes of which weights; compress_program() goes through a program and
 * replaces the constants that it takes by operations that decompress them when the model is loaded:
 *
 *	%w = const(val=[…])                  %w_quantized = constexpr_blockwise_shift_scale(data=…,
 *	%y = linear(x=%x, weight=%w)   ->        scale=…, offset=…)
 *	                                     %y = linear(x=%x, weight=%w_quantized)
 *
 * Up to iOS17 the operations are constexpr_affine_dequantize, constexpr_lut_to_dense and
 * constexpr_sparse_to_dense with packed bits; from iOS18 on blocks, tables for groups of channels,
 * 4 bits and weights that are compressed twice (joint) are possible too.
 *
 * Which weights: constants of more than weight_threshold elements and two dimensions or more. The
 * configuration of a constant is that under its name, else under the name of the operations that
 * use it, their kind, or the one for all; those of several users must be the same. A constant that
 * is found unfit (no whole number of blocks, infinities, too many values) stays, with a warning.
 *
 * The arithmetic is in numerics.h, which knows no programs.
 */
#ifndef MILC_COMPRESS_H
#define MILC_COMPRESS_H

#include "loss.h"
#include "numerics.h"
#include "pass/pass.h"

typedef enum Work {
	WORK_LINEAR,
	WORK_PALETTE,
	WORK_PRUNE_SHARE, /* by magnitude: a share, or n of every m */
	WORK_PRUNE_BELOW, /* by threshold */
	WORK_COUNT,
} Work;
typedef enum Granularity { /* numbered as the peer's */
	PER_TENSOR = 1,
	PER_GROUPED_CHANNEL,
	PER_CHANNEL,
	PER_BLOCK,
} Granularity;

/* What becomes of a weight. All bytes count when two are compared: begin with zeros. */
typedef struct OpCompress {
	Work work;
	int64_t weight_threshold; /* -1: none was said */
	Granularity granularity;  /* LINEAR, PALETTE */
	/* LINEAR */
	bool symmetric;
	DType dtype;
	int64_t block;            /* PER_BLOCK: along the input channels, or: */
	int32_t nblock;           /* so many sizes, one for each axis; 0: a whole one */
	int64_t blocks[TENSOR_MAX_RANK];
	/* PALETTE */
	PaletteMode mode;
	int bits;
	PaletteFn custom;
	int64_t group_size, vector;
	bool has_axis, channel_scale;
	int64_t axis;
	/* PRUNE_SHARE: n of every m, or a share, of blocks unless size is 0 */
	bool wide;                /* the share is a double of NumPy */
	double share;
	int64_t size, n, m, dim;
	/* PRUNE_BELOW */
	double threshold, least;
} OpCompress;

typedef struct CompressRule {
	const Str *key;
	const OpCompress *what; /* 0: nothing */
} CompressRule;
typedef struct Compression {
	const OpCompress *all; /* 0: nothing */
	VEC(CompressRule) types, names;
	bool joint;            /* of what is compressed already */
	/* The peer's older interface: weights are chosen by `select` alone. */
	bool deprecated;
	bool (*select)(void *ctx, const Inst *i);
	void *ctx;
	/* Sees each weight that is replaced, with what computes it now. May be 0. */
	void (*seen)(void *ctx, const Inst *was, const Var *now, const Loss *loss);
	void *seen_ctx;
	Span span;             /* what asked for it: the place of refusals */
} Compression;

typedef enum CompressStep {
	STEP_PRUNE,
	STEP_PALETTIZE,
	STEP_QUANTIZE,
} CompressStep;
/* False after reporting. */
bool compress_program(Program *p, const Compression *c, CompressStep step);
/* All weights as plain constants again. False after reporting. */
bool decompress_program(Program *p, Span span);
/* The value of a constant or of what a constexpr operation computes, in the arena; 0 with *why. */
const Tensor *weight_value(Arena *a, const Var *v, const char **why);

/* What is said of an operation that is no weight; 0: nothing becomes of it. */
const OpCompress *compress_of(const Compression *c, const Inst *i);
/* The configuration that fits this step. */
bool compress_takes(CompressStep step, Work work);

#endif
