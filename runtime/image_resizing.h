/* image_resizing.h: which pixels of x those of a resized image take: for evaluators and kernels. */
#ifndef MILC_IMAGE_RESIZING_H
#define MILC_IMAGE_RESIZING_H

#include "kernel.h"

/* Between two pixels: mixed, the one before, or the nearer one. */
typedef enum Pick { PICK_MIX, PICK_BELOW, PICK_NEAREST } Pick;

/* What the operands of resize, resize_… and upsample_… say. */
typedef struct Resizing {
	const char *mode; /* of sampling */
	Pick pick;
	int n;                        /* so many axes, the last ones, get */
	int64_t dim[TENSOR_MAX_RANK]; /* these sizes: the result's */
} Resizing;

/* What an output pixel takes along one axis: two neighbours and the weight of the second. Without
 * a weight the second is not looked at; with one they are lo and lo + 1. */
typedef struct Tap {
	int64_t lo, hi;
	double part;
} Tap;

/* Takes no memory. False after failing. */
bool resizing_read(Eval *e, Resizing *r);
/* Axis a of x stays as it is. */
bool resizing_keeps(const Resizing *r, const Tensor *x, int a);
/* Pixel i of `out` along an axis that had `in`; i's tap is not before that of i - 1. */
Tap resizing_tap(const Resizing *r, int64_t in, int64_t out, int64_t i);

#endif
