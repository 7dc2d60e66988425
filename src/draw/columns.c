/* columns.c: ranks that would be a long ribbon stand in columns side by side, as a newspaper has
 * its text. A column ends where few edges pass.
 */
#include "layout.h"

enum {
	TALL = 2600,  /* what is lower is one column, … */
	LEAST = 1500, /* … and columns are not lower than this */
	SAMPLE = 32,  /* ranks of which the width is taken */
};

/* Of columns that make a picture about one and a half times as wide as high. */
static int64_t
column_height(const Level *l)
{
	int64_t width = 0, height = 0, n = 0;

	for (uint32_t first = 0; first < l->nrank; first += SAMPLE, n++) {
		int64_t lo = INT64_MAX, hi = INT64_MIN;
		for (uint32_t r = first; r < MIN(first + SAMPLE, l->nrank); r++) {
			lo = MIN(lo, l->rank[r].lo);
			hi = MAX(hi, l->rank[r].hi);
		}
		width += hi - lo;
	}
	width = (n ? width / n : 0) + GUTTER;
	if (l->h <= TALL || l->h <= 3 * width)
		return l->h;
	for (int64_t bit = (int64_t)1 << 30; bit; bit /= 2)
		if ((height + bit) * (height + bit) <= l->h / 3 * 2 * width)
			height += bit;
	height = MAX(LEAST, height);
	n = (l->h + height / 2) / height;
	return l->h / MAX(n, 1);
}

/* Where the column that begins with a rank ends: near the height, where the fewest edges pass. */
static uint32_t
end_of_column(const Level *l, uint32_t first, int64_t height, int64_t all)
{
	int64_t top = l->rank[first].y, best = INT64_MAX;
	uint32_t end = l->nrank;

	if (all - top < height * 5 / 4)
		return end;
	for (uint32_t r = first; r + 1 < l->nrank; r++) {
		int64_t h = l->rank[r].y + l->rank[r].h - top, badness;
		if (h > height * 5 / 4 && best < INT64_MAX)
			break;
		badness = magnitude(h - height) + l->rank[r].nabove * (height / 6);
		if (h >= height * 3 / 4 && badness < best) {
			best = badness;
			end = r + 1;
		}
	}
	return end;
}

/* Lanes from the right to the left: each runs outside of those before, so that no two edges cross
 * that need not. */
static void
end_column(Level *l, Column *c)
{
	uint32_t n = 0, r = c->end - 1;

	for (uint32_t i = l->rank_at[r + 1]; c->end < l->nrank && i-- > l->rank_at[r];)
		if (links(l->down, l->order[i]))
			l->lane[l->order[i]] = n++;
	l->w = c->hi + (n ? GUTTER + n * LANE : 0);
	l->h = MAX(l->h, c->foot + (n ? (n + 2) * LANE : 0));
	vec_push(l->a, &l->column, *c);
}

void
level_fold(Level *l)
{
	int64_t height = column_height(l), all = l->h, y;
	uint32_t n = l->nrank;

	l->lane = newn(l->a, uint32_t, l->v.n + 1);
	l->h = 0;
	for (uint32_t first = 0, end; first < n; first = end) {
		Column c = {.end = end = end_of_column(l, first, height, all)};
		int64_t lo = INT64_MAX, hi = INT64_MIN;
		y = first ? (l->rank[first - 1].nabove + 2) * LANE - l->rank[first].y : 0;
		for (uint32_t r = first; r < end; r++) {
			lo = MIN(lo, l->rank[r].lo);
			hi = MAX(hi, l->rank[r].hi);
			l->rank[r].column = l->column.n;
			l->rank[r].y += y;
			c.foot = l->rank[r].y + l->rank[r].h;
		}
		c.x = l->w - lo;
		c.hi = l->w + hi - lo;
		end_column(l, &c);
	}
}
