/* numerics.h: weights in fewer bits, as arithmetic alone: tensors in, tensors out.
 *
 * The bits are NumPy's, as the peer computes: in the weight's own type, each operation on half
 * precision rounded to half precision, rounding to even. Weights are read in blocks, as they may
 * be casts of mapped files; what comes out in their size lies in an unlinked temporary file
 * (result_new), so that a large model needs little memory. Only weights that are k-means clustered
 * in single precision, or along vectors, are held as a whole.
 *
 * PaletteGroups. What shares a scale or a table are the elements of a block of the tensor:
 * `groups` says for each axis into how many equal parts it is divided. PaletteGroups are counted
 * in row-major order. */
#ifndef MILC_NUMERICS_H
#define MILC_NUMERICS_H

#include "tensor/tensor.h"

/* A tensor for a result, in a temporary file when it is large. */
Tensor *result_new(Arena *a, DType t, const int64_t *dim, int rank);

/* ---- linear quantization ---- */
typedef struct Linear {
	Tensor *data, *scale;
	Tensor *offset; /* 0: all zeros */
} Linear;
/* fp16 or fp32 to int8, uint8, int4 or uint4. Scale and offset have the shape `groups`. */
Linear linear_quantize(Arena *a, const Tensor *w, DType to, bool symmetric, const int64_t *groups);
bool has_infinity(const Tensor *w); /* of floats */

/* ---- lookup tables ---- */
typedef enum PaletteMode {
	PALETTE_KMEANS,
	PALETTE_UNIFORM,
	PALETTE_UNIQUE,
	PALETTE_CUSTOM,
} PaletteMode;
/* Of CUSTOM: the table and the indices of one group, as the user's function has them. */
typedef struct PaletteFn {
	bool (*call)(void *ctx, const Tensor *group, const Tensor **lut, const Tensor **indices);
	void *ctx;
} PaletteFn;
typedef struct PalettePlan {
	PaletteMode mode;
	int bits;           /* 0: as many as are needed (UNIQUE, CUSTOM) */
	int axis;           /* of channels */
	int64_t groups;     /* along the axis, each with a table of its own */
	int64_t vector;     /* so many elements along the axis have one index */
	PaletteFn custom;
} PalettePlan;
typedef struct Palette {
	Tensor *indices; /* of type uintBITS; the axis is shorter by `vector` */
	Tensor *lut;     /* 1 … groups … 1, 2**bits, vector */
	int bits;
} Palette;
typedef enum PaletteEnd { PALETTE_DONE, PALETTE_TOO_MANY, PALETTE_FAILED } PaletteEnd;
/* fp16, fp32, or int32 of few different values. TOO_MANY: more than 256 distinct values or
 * vectors. FAILED: the user's function did, or gave what is no table (then *why says how). */
PaletteEnd palette_make(Arena *a, const Tensor *w, const PalettePlan *plan, Palette *out,
                        const char **why);
static inline bool
palette_has_bits(int64_t bits)
{
	return bits == 1 || bits == 2 || bits == 3 || bits == 4 || bits == 6 || bits == 8;
}
/* The largest magnitudes along an axis, which becomes 1; 1 where all are 0. */
Tensor *channel_scale(Arena *a, const Tensor *w, int axis);
Tensor *channel_divide(Arena *a, const Tensor *w, const Tensor *scale, int axis);

/* ---- k-means ---- */
/* The partition of n sorted different values, which occur count[i] times, into k <= n runs with the
 * least sum of squares: the first index of each run, and the means. Exact but for more values than
 * 2**26 / k: then neighbours are taken together, and the borders improved until they stay. */
void kmeans_sorted(const float *value, const uint32_t *count, size_t n, size_t k, size_t *first,
                   double *mean);
/* n floats in any order, none of them NaN, into at most k <= 256 clusters of that kind: their means
 * in ascending order, and the cluster of each float. How many there are. */
size_t kmeans_floats(const float *value, size_t n, size_t k, double *mean, uint8_t *index);
/* n vectors of `width` floats into k clusters: seeded by k-means++, improved until they stay. */
void kmeans_vectors(const float *v, size_t n, size_t width, size_t k, float *center,
                    uint8_t *label);

/* ---- pruning ---- */
typedef struct Sparse {
	Tensor *mask;   /* uint1 of the weight's shape: 1 where a value is kept */
	Tensor *values; /* those, in their order */
} Sparse;
/* Zero where |w| <= threshold (a float of the weight's type, NaN: nowhere). */
Sparse prune_below(Arena *a, const Tensor *w, double threshold);
/* The share of the weights, 0 to 1, that has the least magnitude; `wide`: the quantile is computed
 * in double precision. */
Sparse prune_share(Arena *a, const Tensor *w, double share, bool wide);
/* The same of blocks of `size` channels along axis 0 or 1, by their norms. */
Sparse prune_blocks(Arena *a, const Tensor *w, double share, bool wide, int64_t size, int axis);
/* Of every m along axis 0 or 1 the n with the least magnitudes. */
Sparse prune_of_every(Arena *a, const Tensor *w, int64_t n, int64_t m, int axis);
/* The mask in bits, the lowest first. */
Tensor *mask_pack(Arena *a, const Tensor *mask);
Tensor *bits_pack(Arena *a, const Tensor *t, int bits);
/* The values where the mask is 1, and back. */
Tensor *mask_select(Arena *a, const Tensor *t, const Tensor *mask);
Tensor *mask_spread(Arena *a, const Tensor *values, const Tensor *mask);

#endif
