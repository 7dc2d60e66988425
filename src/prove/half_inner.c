/* half_inner.c: what norms compute on their way: see half.h. */
#include "half.h"

#include <math.h>

/* Which axes are normalized together: those of layer_norm, all unless it says some; behind the
 * first two of instance_norm. */
static void
find_axes(const Inst *i, int rank, bool *together)
{
	bool layer = i->op->code == OP_layer_norm;
	const Tensor *axes = layer ? inst_val(i, "axes") : NULL;

	for (int d = 0; d < rank; d++)
		together[d] = layer ? !axes : d > 1;
	for (int64_t k = 0; axes && k < axes->count; k++) {
		int64_t d = tensor_i(axes, k);
		d += d < 0 ? rank : 0;
		if (d >= 0 && d < rank)
			together[d] = true;
	}
}

/* The group that element k belongs to. */
static int64_t
group_of(const Tensor *x, const bool *together, int64_t k)
{
	int64_t group = 0, step = 1;

	for (int d = x->rank; d-- > 0; k /= x->dim[d])
		if (!together[d]) {
			group += k % x->dim[d] * step;
			step *= x->dim[d];
		}
	return group;
}

double
half_inner_square(Arena *a, const Inst *i, const Tensor *x)
{
	bool together[TENSOR_MAX_RANK];
	int64_t groups = 1;
	double *mean, most = 0;

	find_axes(i, x->rank, together);
	for (int d = 0; d < x->rank; d++)
		groups *= together[d] ? 1 : x->dim[d];
	if (!x->count)
		return 0;
	mean = newn(a, double, (size_t)groups);
	for (int64_t k = 0; k < x->count; k++)
		mean[group_of(x, together, k)] +=
		    tensor_f(x, k) * (double)groups / (double)x->count;
	for (int64_t k = 0; k < x->count; k++) {
		double d = tensor_f(x, k) - mean[group_of(x, together, k)];
		if (isfinite(d))
			most = fmax(most, d * d);
	}
	return most;
}
