/* blocks.c: see blocks.h; and where results lie. */
#include "blocks.h"

#include "base/sys.h"

enum { LARGE_RESULT = 1 << 20, SHORT_RUN = 8 };

Tensor *
result_new(Arena *a, DType t, const int64_t *dim, int rank)
{
	int64_t n = 1;
	SysMap *m = NULL;

	if (!shape_count(dim, rank, &n))
		die("a result without a size");
	if ((uint64_t)n * dtype_size(t) >= LARGE_RESULT)
		m = sys_scratch((size_t)n * dtype_size(t));
	return m ? tensor_view(a, t, dim, rank, m->at) : tensor_new(a, t, dim, rank);
}

/* ---- groups ---- */

/* The first group of the next run along the last divided axis. */
static void
place_group(GroupWalk *g)
{
	int64_t i = g->next++, at = 0, size = g->last < 0 ? 1 : g->groups[g->last];

	for (int k = g->last; k-- > 0; i /= g->dim[k]) {
		at += i % g->dim[k] * g->groups[k] / g->dim[k] * size;
		size *= g->groups[k];
	}
	g->group = at;
	g->more = g->runs;
	g->left = g->run;
}

void
groups_begin(GroupWalk *g, const Tensor *w, const int64_t *groups)
{
	*g = (GroupWalk){.dim = w->dim, .groups = groups, .last = w->rank - 1, .run = 1, .runs = 1};
	while (g->last >= 0 && groups[g->last] == 1)
		g->run *= w->dim[g->last--];
	if (g->last >= 0) {
		g->run *= w->dim[g->last] / groups[g->last];
		g->runs = groups[g->last];
	}
	place_group(g);
}

static void
take(GroupWalk *g, int64_t n)
{
	g->left -= n;
	if (g->left)
		return;
	g->group++;
	g->left = g->run;
	if (--g->more == 0)
		place_group(g);
}

bool
groups_next(GroupWalk *g, int64_t rest, int64_t *n, uint32_t *group)
{
	*n = MIN(rest, (int64_t)BLOCK);
	if (g->run >= SHORT_RUN) {
		*n = MIN(*n, g->left);
		group[0] = (uint32_t)g->group;
		take(g, *n);
		return true;
	}
	for (int64_t i = 0; i < *n; i++) {
		group[i] = (uint32_t)g->group;
		take(g, 1);
	}
	return false;
}
