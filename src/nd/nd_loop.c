/* nd_loop.c: walking several arrays of one shape at once. Axes are sorted by their step in memory
 * and joined where all arrays allow it, so the inner rows are as long as they can be.
 */
#include "nd_impl.h"

static void
loop_join(NdLoop *l, int *rank)
{
	int r = *rank, to = 0;

	for (int i = 1; i < r; i++) {
		bool fits = true;

		for (int k = 0; k < l->n; k++)
			fits = fits && l->stride[k][to] == l->stride[k][i] * l->dim[i];
		if (fits) {
			l->dim[to] *= l->dim[i];
		} else {
			to++;
			l->dim[to] = l->dim[i];
		}
		for (int k = 0; k < l->n; k++)
			l->stride[k][to] = l->stride[k][i];
	}
	*rank = r ? to + 1 : 0;
}

void
nd_loop(NdLoop *l, const Nd *const *a, int n)
{
	int order[TENSOR_MAX_RANK], rank = 0;

	l->n = n;
	l->rank = 0;
	l->count = nd_count(a[0]) ? 1 : 0;
	for (int k = 0; k < n; k++) {
		l->at[k] = a[k]->data;
		l->step[k] = 0;
	}
	if (!l->count)
		return;
	nd_axis_order(a, n, a[0]->rank, order);
	for (int i = 0; i < a[0]->rank; i++) {
		if (a[0]->dim[order[i]] == 1)
			continue;
		l->dim[rank] = a[0]->dim[order[i]];
		l->idx[rank] = 0;
		for (int k = 0; k < n; k++)
			l->stride[k][rank] = a[k]->stride[order[i]];
		rank++;
	}
	loop_join(l, &rank);
	if (!rank)
		return;
	l->rank = rank - 1;
	l->count = l->dim[rank - 1];
	for (int k = 0; k < n; k++)
		l->step[k] = l->stride[k][rank - 1];
}

void
nd_loop_next(NdLoop *l)
{
	for (int i = l->rank - 1; i >= 0; i--) {
		bool more = ++l->idx[i] < l->dim[i];

		for (int k = 0; k < l->n; k++)
			l->at[k] += more ? l->stride[k][i] : -l->stride[k][i] * (l->dim[i] - 1);
		if (more)
			return;
		l->idx[i] = 0;
	}
	l->count = 0;
}
