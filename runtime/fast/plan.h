/* plan.h: what plans of kernels share. */
#ifndef MILC_PLAN_H
#define MILC_PLAN_H

#include "isa.h"

static inline bool
is_floats(const Tensor *t)
{
	return t && (t->dtype == DT_FP32 || t->dtype == DT_FP16);
}

/* A plan may read the operand's numbers, or it is absent. */
static inline bool
is_known(const Eval *e, const bool *known, ArgName param)
{
	int k = op_column(e->row, param);

	return k < 0 || e->arg[k].n == 0 || known[k];
}

/* A plan may read the numbers of all operands that are there but those of these names. */
static inline bool
is_known_but(const Eval *e, const bool *known, const ArgName *but, size_t n)
{
	for (uint32_t i = 0; i < e->row->nparam; i++) {
		bool ok = known[i] || e->arg[i].n == 0;
		for (size_t k = 0; k < n && !ok; k++)
			ok = e->row->param[i].arg == but[k];
		if (!ok)
			return false;
	}
	return true;
}

/* The axis operand, from 0 on; -1: it is not known, or there is no such axis. */
static inline int
known_axis(const Eval *e, const bool *known, ArgName param, int rank, int64_t dflt)
{
	int64_t axis = is_known(e, known, param) ? eval_int(e, param, dflt) : INT64_MAX;

	return axis < -rank || axis >= rank ? -1 : (int)(axis < 0 ? axis + rank : axis);
}

static inline void
plan_result(KernelPlan *p, int i, DType t, const int64_t *dim, int rank)
{
	p->dtype[i] = t;
	p->rank[i] = rank;
	if (rank)
		memcpy(p->dim[i], dim, (size_t)rank * sizeof *dim);
}

#endif
