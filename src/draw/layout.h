/* layout.h: the members of one cluster while they are laid out: a graph whose links lead from each
 * rank to the next. layout.c makes it and orders the ranks, place.c finds x, route.c y and the ways
 * of the edges.
 */
#ifndef MILC_DRAW_LAYOUT_H
#define MILC_DRAW_LAYOUT_H

#include "draw.h"

enum {
	NODE_GAP = 26, /* between neighbours of a rank, */
	BEND_GAP = 14, /* … if one of them is a bend of a long edge */
	RANK_GAP = 24, /* the least between ranks */
	MARGIN = 14,   /* of a cluster inside of its frame, */
	TITLE = 20,    /* … and what its title takes */
	LINE_HEIGHT = 15,
	TEXT_SIZE = 12,
	SMALL_SIZE = 11,
	LANE = 9,    /* between edges around the end of a column */
	GUTTER = 60, /* between columns, besides lanes */
	SWATCH = 12, /* of the legend */
};

#define NONE UINT32_MAX

typedef struct Vertex {
	uint32_t node;      /* of the picture; NONE: a bend */
	uint32_t rank, pos; /* its place in the rank */
	int64_t x, y, w, h; /* the middle, the upper end */
} Vertex;
typedef struct Links { /* of v: to[at[v]] up to to[at[v + 1] - 1] */
	uint32_t *at, *to;
} Links;
typedef struct Way { /* an edge of the picture */
	uint32_t edge, from, to, value;
	uint32_t span; /* from one rank to the next: 1 */
	uint32_t bend; /* the first of its bends, one for each rank between; of all edges of one
	                  value the longest, which is the first, has them */
	bool first;
} Way;
typedef struct Rank {
	int64_t y, h;    /* upper end and height */
	int64_t lo, hi;  /* what its vertices take */
	uint32_t nabove; /* so many of them have links to the next rank */
	uint32_t column;
} Rank;
typedef struct Column {
	uint32_t end;        /* behind its last rank */
	int64_t x, hi, foot; /* what is added to x; its right and its lower end */
} Column;
typedef struct Level {
	Picture *p;
	Arena *a;
	uint32_t cluster;
	VEC(Vertex) v;
	VEC(Way) way;
	Links up, down; /* to neighbouring ranks, in their order */
	uint32_t nlink, nrank;
	uint32_t *rank_at, *order; /* order[rank_at[r]] … are the vertices of rank r */
	Rank *rank;
	VEC(Column) column;
	uint32_t *lane;      /* of a vertex above the end of a column, for its edges */
	int64_t w, h;        /* of all ranks, … */
	int64_t left, top;   /* … and where they stand in the cluster */
	VEC(PicPoint) point; /* of the way at hand */
} Level;

static inline int64_t
magnitude(int64_t x)
{
	return x < 0 ? -x : x;
}

static inline uint32_t
links(Links k, uint32_t v)
{
	return k.at[v + 1] - k.at[v];
}

static inline uint32_t
rank_size(const Level *l, uint32_t r)
{
	return l->rank_at[r + 1] - l->rank_at[r];
}

static inline bool
is_bend(const Level *l, uint32_t v)
{
	return l->v.at[v].node == NONE;
}

void level_place(Level *l); /* x */
void level_fold(Level *l);  /* columns */
void level_route(Level *l); /* y, the ways, and the size of the cluster */

/* ---- svg.c: the shades of a hue, on light and on dark ground ---- */
typedef struct Shades {
	const char *line, *fill, *dark_line, *dark_fill;
} Shades;
extern const Shades hue_shades[PIC_HUES];

/* ---- text.c: what is drawn takes room ---- */
void node_measure(PicNode *n); /* of one that is no cluster */
/* The legend of a picture: entries in rows of at most `width` pixels. */
typedef struct LegendEntry {
	uint32_t class, count; /* so many nodes have it */
	int64_t x, y;
} LegendEntry;
uint32_t picture_legend(const Picture *p, int64_t width, LegendEntry *at, int64_t *w, int64_t *h);
/* "native (12)" */
const char *legend_text(const Picture *p, const LegendEntry *e, char *room, size_t n);

#endif
