/* arith.h: arithmetic on constants, as folding weights needs it. Each step rounds to the type of
 * its result, as NumPy's does.
 */
#ifndef MILC_ARITH_H
#define MILC_ARITH_H

#include "pass.h"

/* x as an element of type t would hold it. */
double dtype_round(DType t, double x);
/* Each element times k. */
Tensor *tensor_scaled(Arena *a, const Tensor *t, double k);
/* Element by element, of t's shape and type; y has as many elements, or one. */
Tensor *tensor_plus(Arena *a, const Tensor *t, const Tensor *y);
/* Elements [i * n, (i + 1) * n) times factor[i], for all rows i. */
Tensor *tensor_scaled_rows(Arena *a, const Tensor *t, int64_t rows, const double *factor);
Tensor *tensor_flat(Arena *a, const Tensor *t); /* rank 1 */
Tensor *tensor_transposed(Arena *a, const Tensor *t, const int64_t *perm);

#endif
