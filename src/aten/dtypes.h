/* dtypes.h: changing the type of elements, for the families that make tensors. */
#ifndef MILC_ATEN_DTYPES_H
#define MILC_ATEN_DTYPES_H

#include "aten.h"

/* The nearest type that Core ML casts to. */
DType castable(const AtenCtx *c, DType t);
/* v cast to the type, or to that of 32 bits where a cast cannot give it, with the node's name. */
Var *cast_as_possible(AtenCtx *c, Var *v, DType t);

#endif
