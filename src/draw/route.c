/* route.c: the ranks below each other, and the ways of edges: straight down through their ranks,
 * curved between them, around the column where it ends.
 */
#include "layout.h"

enum {
	MORE_GAP = 56, /* between ranks, for edges that go far aside */
	LEGEND_WIDTH = 420,
};

static void
stack_ranks(Level *l)
{
	int64_t y = 0;

	for (uint32_t r = 0; r < l->nrank; r++) {
		Rank *k = &l->rank[r];
		int64_t aside = 0;
		*k = (Rank){.y = y, .lo = INT64_MAX, .hi = INT64_MIN};
		for (uint32_t i = l->rank_at[r]; i < l->rank_at[r + 1]; i++) {
			uint32_t u = l->order[i];
			const Vertex *v = &l->v.at[u];
			k->h = MAX(k->h, v->h);
			k->lo = MIN(k->lo, v->x - v->w / 2);
			k->hi = MAX(k->hi, v->x + v->w / 2);
			k->nabove += links(l->down, u) > 0;
			for (uint32_t d = l->down.at[u]; d < l->down.at[u + 1]; d++)
				aside = MAX(aside, magnitude(v->x - l->v.at[l->down.to[d]].x));
		}
		y += k->h + RANK_GAP + MIN(aside / 9, MORE_GAP);
		l->h = k->y + k->h;
	}
}

/* ---- the cluster ---- */

static void
set_size(Level *l)
{
	Picture *p = l->p;
	PicNode *c = &p->node.at[l->cluster];
	int64_t w = c->label ? text_width(c->label, TEXT_SIZE, true) : 0, wide, high;
	LegendEntry legend[PIC_CLASSES];

	l->top = MARGIN + (c->label ? TITLE : 0);
	if (c->type)
		w += 10 + text_width(c->type, SMALL_SIZE, false);
	if (l->cluster == PIC_ROOT) {
		picture_legend(p, MAX(l->w, LEGEND_WIDTH), legend, &wide, &high);
		w = MAX(w, wide);
		l->top += high;
	}
	w = (MAX(w, l->w) + 1) / 2 * 2;
	c->w = w + 2 * MARGIN;
	c->h = l->h + l->top + MARGIN;
	l->left = MARGIN + (w - l->w) / 2;
}

static void
put_nodes(Level *l)
{
	for (uint32_t v = 0; v < l->v.n; v++) {
		Vertex *t = &l->v.at[v];
		const Rank *r = &l->rank[t->rank];
		PicNode *n;
		t->x += l->column.at[r->column].x;
		t->y = r->y;
		if (is_bend(l, v))
			continue;
		n = &l->p->node.at[t->node];
		t->y += n->kind == PIC_CLUSTER ? 0 : (r->h - t->h) / 2;
		n->x = l->left + t->x - t->w / 2;
		n->y = l->top + t->y;
	}
}

/* ---- the ways of edges ---- */

static void
go(Level *l, int64_t x, int64_t y, bool curve)
{
	const PicPoint *last = l->point.n ? &l->point.at[l->point.n - 1] : NULL;

	x += l->left;
	y += l->top;
	curve = curve && last->x != x;
	if (last && last->x == x && last->y == y)
		return;
	if (!curve && l->point.n > 1 && !last->curve && last->x == x && last[-1].x == x)
		l->point.n--;
	vec_push(l->a, &l->point, (PicPoint){x, y, curve});
}

static void
go_down(Level *l, uint32_t from, uint32_t to)
{
	const Vertex *u = &l->v.at[from], *v = &l->v.at[to];
	const Rank *above = &l->rank[u->rank], *below = &l->rank[v->rank];
	bool same = above->column == below->column;

	if (!l->point.n && !is_bend(l, from))
		go(l, u->x, u->y + u->h, false);
	go(l, u->x, above->y + above->h, false);
	if (!same) { /* down the column, to the gutter, up, and down the next one */
		const Column *c = &l->column.at[above->column];
		int64_t lane = l->lane[from], foot = c->foot + (lane + 1) * LANE;
		int64_t x = c->hi + GUTTER / 2 + lane * LANE;
		int64_t head = below->y - (above->nabove - lane + 1) * LANE;
		go(l, u->x, foot, false);
		go(l, x, foot, false);
		go(l, x, head, false);
		go(l, v->x, head, false);
	}
	go(l, v->x, below->y, same);
	go(l, v->x, v->y + (is_bend(l, to) ? below->h : 0), false);
}

static void
find_way(Level *l, const Way *w)
{
	PicEdge *e = &l->p->edge.at[w->edge];
	uint32_t n = w->span - 1, last = w->from;

	l->point.n = 0;
	for (uint32_t k = 0; w->first && k < n; k++, last = w->bend + k - 1)
		go_down(l, last, w->bend + k);
	go_down(l, n ? w->bend + n - 1 : w->from, w->to);
	e->at = arena_dup(l->p->arena, l->point.at, l->point.n * sizeof *l->point.at);
	e->n = l->point.n;
	for (uint32_t k = 1; k < e->n; k++)
		e->turns |= e->at[k].y < e->at[k - 1].y;
}

void
level_route(Level *l)
{
	l->rank = newn(l->a, Rank, l->nrank + 1);

	stack_ranks(l);
	level_fold(l);
	set_size(l);
	put_nodes(l);
	for (uint32_t i = 0; i < l->way.n; i++)
		find_way(l, &l->way.at[i]);
}
