/* row_api.h: rows for one instruction set: see runtime/rowmath.h. */
#ifndef MILC_ROW_API_H
#define MILC_ROW_API_H

#include "isa.h"
#include "runtime/rowmath.h"

extern const RowApi FAST(row_api);

#endif
