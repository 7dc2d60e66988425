/* places.h: numbers of a run that address places along axes: for gather.c and scatter.c. */
#ifndef MILC_PLACES_H
#define MILC_PLACES_H

#include "isa.h"

static inline bool
is_indices(const Tensor *t)
{
	return t && dtype_is_int(t->dtype);
}

/* Index i, along n places; a negative one counts from the end. */
static inline int64_t
index_at(const Tensor *ix, int64_t i, int64_t n)
{
	int64_t k = ix->dtype == DT_INT32 ? ((const int32_t *)ix->data)[i] : tensor_i(ix, i);

	return k < 0 ? k + n : k;
}

/* Every step-th index, from `first` on, addresses one of n places. */
static inline bool
indices_fit(const Tensor *ix, int64_t first, int64_t step, int64_t n)
{
	for (int64_t i = first; i < ix->count; i += step) {
		int64_t k = index_at(ix, i, n);
		if (k < 0 || k >= n)
			return false;
	}
	return true;
}

/* All of them address places of the axis that the operand `axis` says. */
static inline bool
indices_fit_axis(const Eval *e, const Tensor *x)
{
	const Tensor *ix = eval_arg(e, ARG_indices);
	int64_t axis = eval_int(e, ARG_axis, 0);

	return indices_fit(ix, 0, 1, x->dim[axis < 0 ? axis + x->rank : axis]);
}

#endif
