/* layout.c: a layered layout. The members of each cluster get ranks, so that edges lead downwards;
 * edges over several ranks get bends, one for each, which edges of one value share; then the
 * ranks are put in an order in which few edges cross. After Sugiyama, Tagawa and Toda.
 *
 * All is linear in the number of vertices and links but for sorting, and no edge has more bends
 * than a constant.
 */
#include "layout.h"

#include <stdlib.h>

enum {
	LONGEST = 64,   /* so many ranks an edge may span; those of a value that many take, … */
	SCATTERED = 40, /* … over more ranks than this, … */
	NEAR = 6,       /* … only so many */
	ROUNDS = 12,    /* to find a better order, … */
	PATIENCE = 4,   /* … so many of which may find none */
};

/* The values of each key, in their order; without values their numbers. */
static Links
group(Arena *a, uint32_t nkey, const uint32_t *key, const uint32_t *value, uint32_t n)
{
	Links k = {newn(a, uint32_t, nkey + 2), newn(a, uint32_t, n + 1)};

	for (uint32_t i = 0; i < n; i++)
		k.at[key[i] + 2]++;
	for (uint32_t v = 0; v < nkey; v++)
		k.at[v + 2] += k.at[v + 1];
	for (uint32_t i = 0; i < n; i++)
		k.to[k.at[key[i] + 1]++] = value ? value[i] : i;
	return k;
}

/* Each just below all that it takes. What more takes from than it takes itself goes down to its
 * users, such as an input that is used late, and takes along what leads there alone. */
static void
find_ranks(Level *l)
{
	uint32_t *from = newn(l->a, uint32_t, l->way.n + 1), n = 0;
	uint32_t *to = newn(l->a, uint32_t, l->way.n + 1);
	uint32_t *left = newn(l->a, uint32_t, l->v.n + 1), *in = newn(l->a, uint32_t, l->v.n + 1);
	uint32_t *queue = newn(l->a, uint32_t, l->v.n + 1);
	Links out;

	for (uint32_t i = 0; i < l->way.n; i++) {
		from[i] = l->way.at[i].from;
		left[to[i] = l->way.at[i].to]++;
	}
	out = group(l->a, l->v.n, from, to, l->way.n);
	for (uint32_t v = 0; v < l->v.n; v++)
		if (!(in[v] = left[v]))
			queue[n++] = v;
	for (uint32_t q = 0; q < n; q++)
		for (uint32_t v = queue[q], k = out.at[v]; k < out.at[v + 1]; k++) {
			uint32_t w = out.to[k];
			l->v.at[w].rank = MAX(l->v.at[w].rank, l->v.at[v].rank + 1);
			if (--left[w] == 0)
				queue[n++] = w;
		}
	if (n < l->v.n)
		die("a picture with a cycle");
	while (n-- > 0) {
		uint32_t v = queue[n], first = NONE;
		for (uint32_t k = out.at[v]; k < out.at[v + 1]; k++)
			first = MIN(first, l->v.at[out.to[k]].rank);
		if (links(out, v) >= MAX(in[v], 1))
			l->v.at[v].rank = first - 1;
	}
	for (uint32_t q = 0; q < l->v.n; q++) { /* left: the rank below all that it takes */
		uint32_t v = queue[q];
		if (links(out, v) <= in[v])
			l->v.at[v].rank = left[v];
		for (uint32_t k = out.at[v]; k < out.at[v + 1]; k++)
			left[out.to[k]] = MAX(left[out.to[k]], l->v.at[v].rank + 1);
		l->nrank = MAX(l->nrank, l->v.at[v].rank + 1);
	}
}

/* Ways of one value together, the longest first. */
static int
by_source(const void *a, const void *b)
{
	const Way *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->span != y->span)
		return x->span > y->span ? -1 : 1;
	return x->edge < y->edge ? -1 : x->edge > y->edge;
}

static void
sort_ways(Level *l)
{
	for (Way *w = l->way.at; w < l->way.at + l->way.n; w++)
		w->span = l->v.at[w->to].rank - l->v.at[w->from].rank;
	if (l->way.n)
		qsort(l->way.at, l->way.n, sizeof *l->way.at, by_source);
	for (uint32_t i = 0; i < l->way.n; i++) {
		Way *w = &l->way.at[i];
		w->first = i == 0 || w->from != w[-1].from || w->value != w[-1].value;
	}
}

static Vertex
vertex_of(const Level *l, uint32_t node, uint32_t rank)
{
	const PicNode *n = &l->p->node.at[node];

	return (Vertex){.node = node, .rank = rank, .w = n->w, .h = n->h};
}

/* In place of edges that no eye can follow, references above who takes the value: of very long
 * ones, and of a value that many take here and there, such as a mask. */
static void
shorten(Level *l)
{
	uint32_t n = l->way.n, made = l->p->edge.n, most = LONGEST;

	for (uint32_t i = 0; i < n; i++) {
		Way *w = &l->way.at[i];
		PicEdge e = l->p->edge.at[w->edge];
		if (w->first)
			most = w->span > SCATTERED && i + 2 < n && !w[1].first && !w[2].first
			           ? NEAR
			           : LONGEST;
		if (w->span <= most)
			continue;
		l->p->edge.at[w->edge].far = true;
		e.from = picture_node(l->p, l->cluster, PIC_REF, e.name, NULL);
		l->p->node.at[e.from].tip = e.tip;
		node_measure(&l->p->node.at[e.from]);
		vec_push(l->a, &l->v, vertex_of(l, e.from, l->v.at[w->to].rank - 1));
		*picture_edge(l->p, e.from, e.to, 0) = e;
		*w = (Way){.edge = l->p->edge.n - 1, .from = l->v.n - 1, .to = w->to};
	}
	if (l->p->edge.n > made)
		sort_ways(l);
}

/* ---- bends and links ---- */

static void
find_links(Level *l)
{
	VEC(uint32_t) up = {0}, down = {0};
	uint32_t bend = 0;

	for (uint32_t i = 0; i < l->way.n; i++) {
		Way *w = &l->way.at[i];
		uint32_t rank = l->v.at[w->from].rank;
		w->bend = bend = w->first ? l->v.n : bend;
		for (uint32_t k = 1; w->first && k < w->span; k++) {
			vec_push(l->a, &up, k > 1 ? l->v.n - 1 : w->from);
			vec_push(l->a, &down, l->v.n);
			vec_push(l->a, &l->v, (Vertex){.node = NONE, .rank = rank + k});
		}
		vec_push(l->a, &up, w->span > 1 ? bend + w->span - 2 : w->from);
		vec_push(l->a, &down, w->to);
	}
	l->nlink = up.n;
	l->up = group(l->a, l->v.n, down.at, up.at, up.n);
	l->down = group(l->a, l->v.n, up.at, down.at, up.n);
}

/* ---- the order in each rank ---- */

static void
put_in_rank(Level *l, uint32_t *fill, uint32_t v)
{
	uint32_t r = l->v.at[v].rank;

	l->v.at[v].pos = fill[r];
	l->order[l->rank_at[r] + fill[r]++] = v;
}

/* As a walk in depth meets them, so that what belongs together stands together. */
static void
first_order(Level *l)
{
	uint32_t *fill = newn(l->a, uint32_t, l->nrank + 1), *stack, n = 0;
	bool *seen = newn(l->a, bool, l->v.n + 1);

	stack = newn(l->a, uint32_t, l->nlink + 2);
	l->rank_at = newn(l->a, uint32_t, l->nrank + 2);
	l->order = newn(l->a, uint32_t, l->v.n + 1);
	for (uint32_t v = 0; v < l->v.n; v++)
		l->rank_at[l->v.at[v].rank + 1]++;
	for (uint32_t r = 0; r < l->nrank; r++)
		l->rank_at[r + 1] += l->rank_at[r];
	for (uint32_t start = 0; start < l->v.n; start++) {
		stack[n++] = start;
		while (n > 0) {
			uint32_t v = stack[--n];
			if (seen[v])
				continue;
			seen[v] = true;
			put_in_rank(l, fill, v);
			for (uint32_t k = l->down.at[v + 1]; k-- > l->down.at[v];)
				stack[n++] = l->down.to[k];
		}
	}
}

/* Neighbours in the order of their rank: going through the ranks puts them so. */
static void
sort_links(Level *l, uint32_t *fill)
{
	const Links *from[2] = {&l->up, &l->down}, *to[2] = {&l->down, &l->up};

	for (int side = 0; side < 2; side++) {
		memcpy(fill, to[side]->at, l->v.n * sizeof *fill);
		for (uint32_t i = 0; i < l->v.n; i++) {
			uint32_t v = l->order[i];
			for (uint32_t k = from[side]->at[v]; k < from[side]->at[v + 1]; k++)
				to[side]->to[fill[from[side]->to[k]]++] = v;
		}
	}
}

/* Of the links below each rank: for each, those before it that end further right (in a tree of
 * sums). The links are sorted. */
static size_t
count_crossings(const Level *l, uint32_t *sum)
{
	size_t n = 0;

	for (uint32_t r = 0; r + 1 < l->nrank; r++) {
		uint32_t size = rank_size(l, r + 1), all = 0;
		memset(sum, 0, (size + 1) * sizeof *sum);
		for (uint32_t i = l->rank_at[r]; i < l->rank_at[r + 1]; i++) {
			uint32_t v = l->order[i];
			for (uint32_t k = l->down.at[v]; k < l->down.at[v + 1]; k++) {
				n += all;
				for (uint32_t at = l->v.at[l->down.to[k]].pos + 1; at; at &= at - 1)
					n -= sum[at];
			}
			for (uint32_t k = l->down.at[v]; k < l->down.at[v + 1]; k++, all++)
				for (uint32_t at = l->v.at[l->down.to[k]].pos + 1; at <= size;
				     at += at & (0 - at))
					sum[at]++;
		}
	}
	return n;
}

typedef struct Middle {
	int64_t middle;
	int32_t tie;
	uint32_t v;
} Middle;

static int
by_middle(const void *a, const void *b)
{
	const Middle *x = a, *y = b;

	if (x->middle != y->middle)
		return x->middle < y->middle ? -1 : 1;
	return x->tie < y->tie ? -1 : x->tie > y->tie;
}

/* One rank by the mean place of the neighbours in another; those without one stay. */
static void
order_rank(Level *l, uint32_t r, const Links *by, bool right, Middle *room)
{
	uint32_t *at = l->order + l->rank_at[r], size = rank_size(l, r), n = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint32_t v = at[i], degree = links(*by, v);
		int64_t sum = 0;
		for (uint32_t k = by->at[v]; k < by->at[v + 1]; k++)
			sum += l->v.at[by->to[k]].pos;
		if (degree)
			room[n++] =
			    (Middle){sum * 65536 / degree, right ? -(int32_t)i : (int32_t)i, v};
	}
	qsort(room, n, sizeof *room, by_middle);
	n = 0;
	for (uint32_t i = 0; i < size; i++) {
		if (links(*by, at[i]))
			at[i] = room[n++].v;
		l->v.at[at[i]].pos = i;
	}
}

static void
order_ranks(Level *l)
{
	Middle *room = newn(l->a, Middle, l->v.n + 1);
	uint32_t *scratch = newn(l->a, uint32_t, l->v.n + 2);
	uint32_t *best = newn(l->a, uint32_t, l->v.n + 1);
	size_t least, n;

	first_order(l);
	sort_links(l, scratch);
	least = count_crossings(l, scratch);
	memcpy(best, l->order, l->v.n * sizeof *best);
	for (uint32_t round = 0, idle = 0; round < ROUNDS && idle < PATIENCE && least; round++) {
		for (uint32_t k = 1; k < l->nrank; k++)
			if (round % 2)
				order_rank(l, l->nrank - 1 - k, &l->down, round & 2, room);
			else
				order_rank(l, k, &l->up, round & 2, room);
		sort_links(l, scratch);
		n = count_crossings(l, scratch);
		idle = n < least ? 0 : idle + 1;
		if (n < least) {
			least = n;
			memcpy(best, l->order, l->v.n * sizeof *best);
		}
	}
	memcpy(l->order, best, l->v.n * sizeof *best);
	for (uint32_t r = 0; r < l->nrank; r++)
		for (uint32_t i = l->rank_at[r]; i < l->rank_at[r + 1]; i++)
			l->v.at[l->order[i]].pos = i - l->rank_at[r];
	sort_links(l, scratch);
}

/* ---- the clusters ---- */

/* Nodes by their cluster, or edges by that of their ends. */
static Links
members(const Picture *p, Arena *a, bool edges)
{
	uint32_t n = edges ? p->edge.n : p->node.n, *key = newn(a, uint32_t, n + 1);

	for (uint32_t i = 0; i < n; i++)
		key[i] = p->node.at[edges ? p->edge.at[i].from : i].parent;
	return group(a, p->node.n, key, NULL, n);
}

static void
lay_out(Level *l, const Links *nodes, const Links *edges, uint32_t *vertex)
{
	uint32_t c = l->cluster;

	for (uint32_t k = nodes->at[c]; k < nodes->at[c + 1]; k++) {
		PicNode *n = &l->p->node.at[nodes->to[k]];
		if (n == l->p->node.at)
			continue; /* the picture is in itself */
		if (n->kind != PIC_CLUSTER)
			node_measure(n);
		vertex[nodes->to[k]] = l->v.n;
		vec_push(l->a, &l->v, vertex_of(l, nodes->to[k], 0));
	}
	for (uint32_t k = edges->at[c]; k < edges->at[c + 1]; k++) {
		const PicEdge *e = &l->p->edge.at[edges->to[k]];
		vec_push(l->a, &l->way,
		         (Way){edges->to[k], vertex[e->from], vertex[e->to], .value = e->value});
	}
	find_ranks(l);
	sort_ways(l);
	shorten(l);
	find_links(l);
	order_ranks(l);
	level_place(l);
	level_route(l);
}

void
picture_layout(Picture *p)
{
	Arena scratch = {0};
	Links nodes = members(p, &scratch, false), edges = members(p, &scratch, true);
	uint32_t *vertex = newn(&scratch, uint32_t, p->node.n);

	for (uint32_t c = p->node.n; c-- > 0;)
		if (p->node.at[c].kind == PIC_CLUSTER) {
			ArenaMark mark = arena_mark(&scratch);
			Level l = {.p = p, .a = &scratch, .cluster = c};
			lay_out(&l, &nodes, &edges, vertex);
			arena_release(&scratch, mark);
		}
	/* So far each stands where it is in its cluster. */
	for (uint32_t i = 1; i < p->node.n; i++) {
		PicNode *n = &p->node.at[i];
		n->x += p->node.at[n->parent].x;
		n->y += p->node.at[n->parent].y;
	}
	for (uint32_t i = 0; i < p->edge.n; i++) {
		const PicNode *c = &p->node.at[p->node.at[p->edge.at[i].from].parent];
		for (uint32_t k = 0; k < p->edge.at[i].n; k++) {
			p->edge.at[i].at[k].x += c->x;
			p->edge.at[i].at[k].y += c->y;
		}
	}
	arena_free(&scratch);
}
