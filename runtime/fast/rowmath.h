/* rowmath.h: see runtime/rowmath.h. */
#ifndef MILC_FAST_ROWMATH_H
#define MILC_FAST_ROWMATH_H

#include "isa.h"
#include "runtime/rowmath.h"

extern const RowApi FAST(row_api);

#endif
