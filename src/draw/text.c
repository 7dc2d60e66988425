/* text.c: the room that texts take, without a font: the advance widths of Helvetica, and a part
 * more, since the font at hand may be a wider one. Boxes leave some room besides.
 */
#include "layout.h"

#include <stdio.h>

/* In thousandths of the size, from the blank to the tilde. */
static const uint16_t advance[] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584,
};
enum {
	FIRST = ' ',
	LAST = '~',
	OTHER = 600,
	WIDE = 1000,
	WIDE_FROM = 0x1100,
	PLAIN = 107,
	BOLD = 122 /* per cent */
};
_Static_assert(countof(advance) == LAST - FIRST + 1, "a width for each letter");

int64_t
text_width(const char *s, int size, bool bold)
{
	size_t n = strlen(s);
	int64_t w = 0;
	uint32_t cp;

	while (n) {
		size_t len = utf8_next(s, n, &cp);
		s += len;
		n -= len;
		w += cp >= FIRST && cp <= LAST ? advance[cp - FIRST]
		     : cp < WIDE_FROM          ? OTHER
		                               : WIDE;
	}
	return (w * size * (bold ? BOLD : PLAIN) / 100 + 999) / 1000;
}

const char *
text_cut(Arena *a, const char *s, uint32_t n)
{
	size_t len = strlen(s), at = 0;
	uint32_t cp;

	while (at < len && n--)
		at += utf8_next(s + at, len - at, &cp);
	return at == len ? s : arena_printf(a, "%.*s…", (int)at, s);
}

void
node_measure(PicNode *n)
{
	bool pill = n->kind != PIC_OP;
	int64_t w = n->label ? text_width(n->label, pill ? SMALL_SIZE : TEXT_SIZE, !pill) : 0;
	int64_t v = n->type ? text_width(n->type, SMALL_SIZE, false) : 0;

	n->w = (MAX(MAX(w, v) + 20, 40) + 1) / 2 * 2;
	n->h = LINE_HEIGHT * (1 + (n->type != NULL)) + 8;
}

/* ---- the legend ---- */

enum { LEGEND_GAP = 26, LEGEND_LINE = 20 };

const char *
legend_text(const Picture *p, const LegendEntry *e, char *room, size_t n)
{
	snprintf(room, n, "%.40s (%u)", p->class[e->class].legend, e->count);
	return room;
}

uint32_t
picture_legend(const Picture *p, int64_t width, LegendEntry *at, int64_t *w, int64_t *h)
{
	uint32_t count[PIC_CLASSES] = {0}, n = 0;
	int64_t x = 0, y = 0;
	char room[64];

	for (uint32_t i = 0; i < p->node.n; i++)
		if (p->node.at[i].class < p->nclass)
			count[p->node.at[i].class]++;
	*w = *h = 0;
	for (uint32_t k = 0; k < p->nclass; k++) {
		LegendEntry *e = &at[n];
		int64_t wide;
		if (!count[k])
			continue;
		*e = (LegendEntry){k, count[k], x, y};
		wide = SWATCH + 6 +
		       text_width(legend_text(p, e, room, sizeof room), SMALL_SIZE, false);
		if (x && x + wide > width) {
			e->x = x = 0;
			e->y = y += LEGEND_LINE;
		}
		x += wide + LEGEND_GAP;
		*w = MAX(*w, e->x + wide);
		n++;
	}
	*h = n ? y + LEGEND_LINE + 8 : 0;
	return n;
}
