/* slide.h: windows sliding over up to three spatial axes; fewer are seen as three with leading
 * axes of one element. */
#ifndef MILC_SLIDE_H
#define MILC_SLIDE_H

#include "kernel.h"

typedef struct Slide {
	int n;                            /* spatial axes of the tensor */
	int64_t in[3], out[3], kernel[3]; /* kernel: undilated */
	int64_t stride[3], dilation[3];
	int64_t before[3], after[3]; /* padding */
} Slide;

/* Strides, dilations, pad_type and pad of x's convolution or pooling, and the padding that follows.
 * kernel: the n sizes. */
bool slide_read(Eval *e, Slide *w, const Tensor *x, const int64_t *kernel, bool dilated);
bool slide_forward(Eval *e, Slide *w, bool ceil_mode); /* fills out */
/* The same for a transposed convolution: before is what is cut off in front. */
bool slide_back(Eval *e, Slide *w);
/* First and last+1 output index along axis a whose input for kernel position k exists. */
void slide_range(const Slide *w, int a, int64_t k, int64_t *first, int64_t *last);

#endif
