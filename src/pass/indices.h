/* indices.h: from iOS17 on, gather wants its indices counted from the front. */
#ifndef MILC_INDICES_H
#define MILC_INDICES_H

#include "match.h"

/* Element k of the shape of x, as a scalar. */
Var *build_size(PassCtx *c, Builder *b, Var *x, int64_t k);
/* select(indices >= 0, indices, indices + size). */
Var *build_from_front(PassCtx *c, Builder *b, Var *indices, Var *size);

#endif
