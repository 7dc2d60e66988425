/* loss.h: how far compressed weights are from what they were. */
#ifndef MILC_LOSS_H
#define MILC_LOSS_H

#include "numerics.h"

typedef struct Loss {
	double most;   /* the largest difference */
	double error;  /* sum of squared differences */
	double signal; /* sum of squared weights */
	int64_t count;
} Loss;

/* Of what the functions of numerics.h made of w. */
Loss loss_linear(const Tensor *w, const Linear *l);
Loss loss_palette(const Tensor *w, const Palette *p, const PalettePlan *plan);
Loss loss_sparse(const Tensor *w, const Tensor *mask);
Loss loss_between(const Tensor *w, const Tensor *now); /* of the same shape */

#endif
