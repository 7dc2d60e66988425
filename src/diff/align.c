/* align.c: a longest common subsequence of two sequences of hashes, or nearly: what both begin and
 * end with goes first; then elements that stand once in each are anchors, as in patience diffs, and
 * cut the rest into gaps; a gap without anchors is searched by its number of differences (Myers),
 * and where they are too many its elements pair in their order.
 */
#include "diff.h"

enum { MOST_DIFFERENCES = 400 };

typedef struct Gap {
	size_t a0, a1, b0, b1;
} Gap;

typedef struct Align {
	Arena *arena;
	const uint64_t *a, *b;
	int64_t *match;
	VEC(Gap) gaps;
} Align;

/* Takes off what both begin and end with. */
static void
trim(Align *s, Gap *g)
{
	while (g->a0 < g->a1 && g->b0 < g->b1 && s->a[g->a0] == s->b[g->b0])
		s->match[g->a0++] = (int64_t)g->b0++;
	while (g->a0 < g->a1 && g->b0 < g->b1 && s->a[g->a1 - 1] == s->b[g->b1 - 1])
		s->match[--g->a1] = (int64_t)--g->b1;
}

/* ---- anchors ---- */

typedef struct Seen {
	size_t na, nb, at_a, at_b;
} Seen;

typedef struct Anchor {
	size_t a, b;
	int64_t before; /* of the longest chain that ends here; -1: none */
} Anchor;

static Seen *
seen_of(Align *s, Map *map, uint64_t hash)
{
	Seen *e = map_get(map, hash);

	if (!e) {
		e = new (s->arena, Seen);
		map_put(map, hash, e);
	}
	return e;
}

/* Elements that stand once in each, in the order of a. */
static size_t
find_anchors(Align *s, const Gap *g, Anchor *out)
{
	size_t n = 0;
	Map map;

	map_init(&map, s->arena);
	for (size_t i = g->a0; i < g->a1; i++) {
		Seen *e = seen_of(s, &map, s->a[i]);
		e->na++;
		e->at_a = i;
	}
	for (size_t i = g->b0; i < g->b1; i++) {
		Seen *e = seen_of(s, &map, s->b[i]);
		e->nb++;
		e->at_b = i;
	}
	for (size_t i = g->a0; i < g->a1; i++) {
		const Seen *e = map_get(&map, s->a[i]);
		if (e->na == 1 && e->nb == 1)
			out[n++] = (Anchor){i, e->at_b, -1};
	}
	return n;
}

/* The longest chain of anchors that goes up in b, too; the last of it, or -1. */
static int64_t
longest_chain(Align *s, Anchor *x, size_t n)
{
	int64_t *top = newn(s->arena, int64_t, n + 1); /* of chains of each length, the lowest */
	size_t length = 0;

	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = length;
		while (low < high) {
			size_t mid = (low + high) / 2;
			if (x[top[mid]].b < x[i].b)
				low = mid + 1;
			else
				high = mid;
		}
		x[i].before = low ? top[low - 1] : -1;
		top[low] = (int64_t)i;
		length = MAX(length, low + 1);
	}
	return length ? top[length - 1] : -1;
}

/* False: there are none. */
static bool
cut_at_anchors(Align *s, const Gap *g)
{
	size_t least = MIN(g->a1 - g->a0, g->b1 - g->b0);
	Anchor *x = newn(s->arena, Anchor, least + 1);
	size_t n = find_anchors(s, g, x);
	int64_t last = longest_chain(s, x, n);
	size_t a1 = g->a1, b1 = g->b1;

	if (last < 0)
		return false;
	for (int64_t i = last; i >= 0; i = x[i].before) {
		s->match[x[i].a] = (int64_t)x[i].b;
		vec_push(s->arena, &s->gaps, (Gap){x[i].a + 1, a1, x[i].b + 1, b1});
		a1 = x[i].a;
		b1 = x[i].b;
	}
	vec_push(s->arena, &s->gaps, (Gap){g->a0, a1, g->b0, b1});
	return true;
}

/* ---- by the number of differences ---- */

/* The farthest x on each diagonal after d differences: row d of the trace, from diagonal -d on. */
static size_t
step(const Align *s, const Gap *g, int64_t *const *row, int64_t d, int64_t k)
{
	int64_t na = (int64_t)(g->a1 - g->a0), nb = (int64_t)(g->b1 - g->b0);
	const int64_t *last = d ? row[d - 1] : NULL; /* of diagonal k: last[k + d - 1] */
	int64_t x = 0, y;

	if (d && (k == -d || (k != d && last[k - 1 + d - 1] < last[k + 1 + d - 1])))
		x = last[k + 1 + d - 1];
	else if (d)
		x = last[k - 1 + d - 1] + 1;
	for (y = x - k;
	     x < na && y < nb && y >= 0 && s->a[(int64_t)g->a0 + x] == s->b[(int64_t)g->b0 + y];)
		x++, y++;
	return (size_t)x;
}

/* Walks the trace back, and matches what its diagonals passed. */
static void
walk_back(Align *s, const Gap *g, int64_t *const *row, int64_t d)
{
	int64_t x = (int64_t)(g->a1 - g->a0), y = (int64_t)(g->b1 - g->b0);

	for (; d >= 0; d--) {
		int64_t k = x - y, px = 0, py = 0, pk;
		const int64_t *last = d ? row[d - 1] : NULL;
		if (d) {
			bool down =
			    k == -d || (k != d && last[k - 1 + d - 1] < last[k + 1 + d - 1]);
			pk = down ? k + 1 : k - 1;
			px = last[pk + d - 1];
			py = px - pk;
		}
		for (; x > px && y > py; x--, y--)
			s->match[(int64_t)g->a0 + x - 1] = (int64_t)g->b0 + y - 1;
		x = px;
		y = py;
	}
}

/* False: there are too many differences. */
static bool
align_few(Align *s, const Gap *g)
{
	int64_t na = (int64_t)(g->a1 - g->a0), nb = (int64_t)(g->b1 - g->b0);
	int64_t most = MIN(na + nb, MOST_DIFFERENCES);
	int64_t **row = newn(s->arena, int64_t *, (size_t)most + 1);

	for (int64_t d = 0; d <= most; d++) {
		row[d] = newn(s->arena, int64_t, 2 * (size_t)d + 2);
		for (int64_t k = -d; k <= d; k++)
			row[d][k + d] = -1;
		for (int64_t k = -d; k <= d; k += 2) {
			int64_t x = (int64_t)step(s, g, row, d, k);
			row[d][k + d] = x;
			if (x >= na && x - k >= nb) {
				walk_back(s, g, row, d);
				return true;
			}
		}
	}
	return false;
}

/* Equal elements pair in their order, as far as pairs do not cross. */
static void
align_many(Align *s, const Gap *g)
{
	size_t n = g->b1 - g->b0, from = g->b0;
	size_t *next = newn(s->arena, size_t, n + 1); /* the next equal one in b */
	Map first;

	map_init(&first, s->arena);
	for (size_t i = n; i-- > 0;) {
		size_t *p = map_get(&first, s->b[g->b0 + i]);
		next[i] = p ? (size_t)(p - next) : n;
		map_put(&first, s->b[g->b0 + i], &next[i]);
	}
	for (size_t i = g->a0; i < g->a1; i++) {
		size_t *p = map_get(&first, s->a[i]);
		size_t k = p ? (size_t)(p - next) : n;
		while (k < n && g->b0 + k < from)
			k = next[k];
		if (p && k < n)
			map_put(&first, s->a[i], &next[k]);
		if (k == n || g->b0 + k - from > MOST_DIFFERENCES)
			continue;
		s->match[i] = (int64_t)(g->b0 + k);
		from = g->b0 + k + 1;
	}
}

void
diff_align(Arena *arena, const uint64_t *a, size_t na, const uint64_t *b, size_t nb, int64_t *match)
{
	Align s = {.arena = arena, .a = a, .b = b, .match = match};

	for (size_t i = 0; i < na; i++)
		match[i] = -1;
	vec_push(arena, &s.gaps, (Gap){0, na, 0, nb});
	while (s.gaps.n) {
		Gap g = s.gaps.at[--s.gaps.n];
		trim(&s, &g);
		if (g.a0 == g.a1 || g.b0 == g.b1)
			continue;
		if (!cut_at_anchors(&s, &g) && !align_few(&s, &g))
			align_many(&s, &g);
	}
}
