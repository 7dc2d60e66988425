/* place.c: where the vertices of each rank stand, their order given. As Brandes and Köpf do it:
 * each vertex joins a column with the middle one of those above it, and the columns are put as
 * close together as they may stand. Then what stands in line goes, as a rigid body, where its links
 * pull it.
 */
#include "layout.h"

#include <stdlib.h>

enum { PULLS = 8 };

static int64_t
distance(const Level *l, uint32_t a, uint32_t b)
{
	return (l->v.at[a].w + l->v.at[b].w) / 2 +
	       (is_bend(l, a) || is_bend(l, b) ? BEND_GAP : NODE_GAP);
}

/* next: of each vertex the one below it in its column, or NONE; root: the first one. */
static void
find_columns(Level *l, uint32_t *root, uint32_t *next)
{
	for (uint32_t v = 0; v < l->v.n; v++) {
		root[v] = v;
		next[v] = NONE;
	}
	for (uint32_t r = 1; r < l->nrank; r++) {
		uint32_t least = 0;
		for (uint32_t i = l->rank_at[r]; i < l->rank_at[r + 1]; i++) {
			uint32_t v = l->order[i], n = links(l->up, v);
			for (uint32_t m = (n - 1) / 2; n && m <= n / 2 && root[v] == v; m++) {
				uint32_t u = l->up.to[l->up.at[v] + m];
				if (l->v.at[u].pos < least)
					continue;
				next[u] = v;
				root[v] = root[u];
				least = l->v.at[u].pos + 1;
			}
		}
	}
}

/* Columns as far left as those beside them allow, in the order in which they depend on each other.
 */
static void
put_columns(Level *l, uint32_t *root, uint32_t *next)
{
	uint32_t *left = newn(l->a, uint32_t, l->v.n + 1), n = 0;
	uint32_t *queue = newn(l->a, uint32_t, l->v.n + 1);

	for (uint32_t v = 0; v < l->v.n; v++)
		left[root[v]] += l->v.at[v].pos > 0;
	for (uint32_t v = 0; v < l->v.n; v++)
		if (root[v] == v && left[v] == 0)
			queue[n++] = v;
	for (uint32_t q = 0; q < n; q++)
		for (uint32_t v = queue[q]; v != NONE; v = next[v]) {
			const Vertex *t = &l->v.at[v];
			uint32_t w = l->order[l->rank_at[t->rank] + t->pos + 1];
			if (t->pos + 1 == rank_size(l, t->rank))
				continue;
			l->v.at[root[w]].x =
			    MAX(l->v.at[root[w]].x, l->v.at[queue[q]].x + distance(l, v, w));
			if (--left[root[w]] == 0)
				queue[n++] = root[w];
		}
	for (uint32_t v = 0; v < l->v.n; v++)
		l->v.at[v].x = l->v.at[root[v]].x;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The distances to what v is linked with, but for what is in line with it. */
static uint32_t
find_pulls(const Level *l, uint32_t v, Links by, int64_t *pull, uint32_t n)
{
	for (uint32_t k = by.at[v]; k < by.at[v + 1]; k++)
		if (l->v.at[by.to[k]].x != l->v.at[v].x)
			pull[n++] = l->v.at[by.to[k]].x - l->v.at[v].x;
	return n;
}

/* What stands in line, from v on, moves to where most of its links pull it, as far as the
 * neighbours allow. */
static void
move(Level *l, uint32_t first, const uint32_t *next, int64_t *pull)
{
	int64_t lo = INT64_MIN, hi = INT64_MAX, by;
	uint32_t n = 0;

	for (uint32_t v = first; v != NONE; v = next[v]) {
		const Vertex *t = &l->v.at[v];
		const uint32_t *at = l->order + l->rank_at[t->rank] + t->pos;
		if (t->pos > 0)
			lo = MAX(lo, l->v.at[at[-1]].x + distance(l, at[-1], v) - t->x);
		if (t->pos + 1 < rank_size(l, t->rank))
			hi = MIN(hi, l->v.at[at[1]].x - distance(l, v, at[1]) - t->x);
		n = find_pulls(l, v, l->up, pull, n);
		n = find_pulls(l, v, l->down, pull, n);
	}
	if (!n)
		return;
	qsort(pull, n, sizeof *pull, by_size);
	by = MIN(MAX(0, pull[(n - 1) / 2]), pull[n / 2]);
	by = MIN(MAX(by, lo), hi);
	for (uint32_t v = first; v != NONE; v = next[v])
		l->v.at[v].x += by;
}

void
level_place(Level *l)
{
	uint32_t *root = newn(l->a, uint32_t, l->v.n + 1), *next = newn(l->a, uint32_t, l->v.n + 1);
	int64_t *pull = newn(l->a, int64_t, 2 * (size_t)l->nlink + 1);

	find_columns(l, root, next);
	put_columns(l, root, next);
	for (int round = 0; round < PULLS; round++) {
		for (uint32_t v = 0; v < l->v.n; v++)
			root[v] = v; /* at the head of its line */
		for (uint32_t v = 0; v < l->v.n; v++) {
			next[v] = NONE;
			for (uint32_t k = l->down.at[v]; k < l->down.at[v + 1]; k++)
				if (l->v.at[l->down.to[k]].x == l->v.at[v].x)
					root[next[v] = l->down.to[k]] = NONE;
		}
		for (uint32_t i = 0; i < l->v.n; i++)
			if (root[l->order[i]] != NONE)
				move(l, l->order[i], next, pull);
	}
}
