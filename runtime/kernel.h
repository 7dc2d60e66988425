/* kernel.h: what evaluators of shape-changing and windowed ops share: copying between strided
 * views, and operands as floats.
 */
#ifndef MILC_KERNEL_H
#define MILC_KERNEL_H

#include "evals.h"

enum { VIEW_MAX_RANK = 2 * TENSOR_MAX_RANK };

/* Elements of a box: where the first is and how far they are apart, in elements. */
typedef struct View {
	char *at;
	int64_t stride[VIEW_MAX_RANK];
} View;

/* The whole of a dense tensor's data with the given dimensions. */
View view_dense(const void *data, const int64_t *dim, int rank);
void view_shift(View *v, size_t size, int axis, int64_t by); /* begins later along the axis */
/* Copies a box of rank dimensions, element size in bytes. */
void view_copy(size_t size, int rank, const int64_t *dim, const View *to, const View *from);

/* Result i of the shape of `dim`, filled from the view of a box of nbox dimensions. */
bool viewed(Eval *e, uint32_t i, DType t, const int64_t *dim, int rank, const View *from,
            const int64_t *box, int nbox);
/* A result that begins as a copy of x; 0 after failing. */
Tensor *copied(Eval *e, const Tensor *x);
/* Result 0 is t with another shape of as many elements. */
bool reshaped(Eval *e, const Tensor *t, const int64_t *dim, int rank);

/* Result 0, r, has the elements of x where the mask is not 0 (packed: has a bit), else zeros. */
bool spread(Eval *e, Tensor *r, const Tensor *x, const Tensor *mask, bool packed);

/* What stands beyond the ends of an axis. */
typedef enum Border { BORDER_CONSTANT, BORDER_EDGE, BORDER_REFLECT, BORDER_SYMMETRIC } Border;
/* The element of an axis of n that stands at i, counted from its first; -1: none. */
int64_t border_index(Border b, int64_t i, int64_t n);

/* An operand of numbers as a list. */
const int64_t *eval_ints(Eval *e, ArgName param, int64_t *n); /* 0 if absent */
/* Elements of any numeric tensor as floats, the tensor's own where it is fp32. */
const float *eval_floats(Eval *e, const Tensor *t);

/* A float result. Scratch memory taken between begin and end is given back. False after failing,
 * as eval_new. */
typedef struct FloatOut {
	Tensor *t;
	float *f;
	ArenaMark mark;
} FloatOut;
bool float_begin(Eval *e, FloatOut *o, uint32_t out, DType t, const int64_t *dim, int rank);
void float_end(Eval *e, FloatOut *o); /* rounds once, if the result is fp16 */

/* (end - start) / step, rounded as the operands' type does it: the length of a range_1d. */
double range_steps(DType t, double start, double end, double step);

/* One axis of a slice: numpy's rules. */
typedef struct SliceAxis {
	int64_t begin, step, len;
	bool squeeze;
} SliceAxis;
bool slice_axes(Eval *e, const Tensor *x, SliceAxis *axis); /* takes no memory */
/* The part of a dense x that the slice selects; dim is its shape with squeezed axes as 1. */
View slice_view(const void *data, const Tensor *x, const SliceAxis *axis, int64_t *dim);

#endif
