/* features.h: values of the script as inputs of a run, and its outputs as values of the script:
 * what Core ML's Python binding takes and gives for each kind of feature.
 */
#ifndef MILC_FEATURES_H
#define MILC_FEATURES_H

#include "bind.h"

/* Numbers of an array or list, as Core ML takes them; `what` names it in messages. The tensor may
 * lie in the array. False after reporting. */
bool array_in(Interp *in, Value v, const char *what, Arena *a, const Tensor **out, Span at);
/* An array of the type t with the numbers of a tensor; fp16 becomes float32. */
bool array_out(Interp *in, const Tensor *t, DType as, Value *out, Span at);
/* The value of an input of that description for a parameter of the type ty. */
bool feature_in(Interp *in, const Feature *f, const Type *ty, Value v, Arena *a,
                const Tensor **out, Span at);
/* The default of an optional one; 0: no shape is known. */
const Tensor *default_in(const Feature *f, const Type *ty, Arena *a);
const Tensor *state_zeros(const Type *t, Arena *a);
/* An output; of a dictionary t[1] are the keys. */
bool feature_out(Interp *in, const Feature *f, const NamedTensor *t, Value *out, Span at);
static inline bool
shape_same(const Tensor *a, const Tensor *b)
{
	return a->rank == b->rank &&
	       memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

#endif
