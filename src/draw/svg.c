/* svg.c: a picture as SVG: a self-contained file, or an element of a page. Colours are variables of
 * the style, one set for light and one for dark surroundings; the hues are those of Okabe and Ito,
 * which stay apart for colour-blind people, and their tints.
 */
#include "layout.h"

enum { ROUND = 5 };

const Shades hue_shades[PIC_HUES] = {
    [PIC_GREY] = {"#8a8f98", "#eceef1", "#8d949e", "#2c3036"},
    [PIC_BLUE] = {"#0072b2", "#bcd9ee", "#4aa3dc", "#0b3b66"},
    [PIC_SKY] = {"#3f9fd8", "#e8f6fd", "#8fd0f5", "#2c4a58"},
    [PIC_GREEN] = {"#00865f", "#cdeee2", "#2fbf93", "#0e4032"},
    [PIC_YELLOW] = {"#b8a800", "#fbf6c4", "#e0d34a", "#47430f"},
    [PIC_ORANGE] = {"#d98a00", "#fde7c2", "#f0ab3c", "#553707"},
    [PIC_RED] = {"#cc4e00", "#fbd6c1", "#f2813f", "#592606"},
    [PIC_PURPLE] = {"#b0568a", "#f5dbea", "#d98cb8", "#4d2340"},
};

/* ---- text that XML allows ---- */

/* XML 1.0 has no controls but tab and ends of lines, no surrogates, and not the last two code
 * points of its plane. */
static bool
is_char(uint32_t cp)
{
	return cp == '\t' || cp == '\n' || (cp >= 0x20 && cp < 0xd800) ||
	       (cp >= 0xe000 && cp < 0xfffe) || (cp >= 0x10000 && cp < UTF8_BAD);
}

/* Also fit for an attribute in double quotes. */
static void
put_text(Buf *b, const char *s)
{
	size_t n = strlen(s), len;
	uint32_t cp;

	for (; n; s += len, n -= len) {
		len = utf8_next(s, n, &cp);
		if (!is_char(cp))
			utf8_put(b, 0xfffd);
		else if (cp == '<')
			buf_puts(b, "&lt;");
		else if (cp == '>')
			buf_puts(b, "&gt;");
		else if (cp == '&')
			buf_puts(b, "&amp;");
		else if (cp == '"')
			buf_puts(b, "&quot;");
		else
			buf_put(b, s, len);
	}
}

/* ---- the legend ---- */

static void
put_legend(const Picture *p, Buf *b)
{
	const PicNode *root = &p->node.at[PIC_ROOT];
	LegendEntry e[PIC_CLASSES];
	int64_t w, h, y = root->label ? MARGIN + TITLE : MARGIN;
	uint32_t n = picture_legend(p, root->w - 2 * MARGIN, e, &w, &h);
	char room[64];

	for (uint32_t k = 0; k < n; k++) {
		buf_printf(b,
		           "<g class=\"k%d\"><rect x=\"%lld\" y=\"%lld\" width=\"%d\" "
		           "height=\"%d\" rx=\"2\"/><text class=\"t\" x=\"%lld\" y=\"%lld\">",
		           p->class[e[k].class].hue, (long long)(MARGIN + e[k].x),
		           (long long)(y + e[k].y), SWATCH, SWATCH,
		           (long long)(MARGIN + e[k].x + SWATCH + 6), (long long)(y + e[k].y + 10));
		put_text(b, legend_text(p, &e[k], room, sizeof room));
		buf_puts(b, "</text></g>\n");
	}
}

/* ---- style ---- */

static void
put_shades(Buf *b, bool dark)
{
	for (int k = 0; k < PIC_HUES; k++)
		buf_printf(b, "--l%d:%s;--f%d:%s;", k,
		           dark ? hue_shades[k].dark_line : hue_shades[k].line, k,
		           dark ? hue_shades[k].dark_fill : hue_shades[k].fill);
	buf_puts(b, dark ? "--ink:#e8eaed;--dim:#a9b0ba;--edge:#8b939e;--page:#16181c;"
	                   "--pill:#22262c;--frame:#4a515b;--shade:rgba(255,255,255,.03)"
	                 : "--ink:#1b1f24;--dim:#57606a;--edge:#7d8590;--page:#ffffff;"
	                   "--pill:#ffffff;--frame:#c3c8d0;--shade:rgba(20,30,50,.025)");
}

void
svg_style(Buf *b)
{
	static const char rules[] =
	    ".milc-picture text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;"
	    "fill:var(--ink)}\n"
	    ".milc-picture .l{font-size:12px;font-weight:bold}\n"
	    ".milc-picture .s{font-size:11px}\n"
	    ".milc-picture .t{font-size:11px;fill:var(--dim)}\n"
	    ".milc-picture .m{text-anchor:middle}\n"
	    ".milc-picture rect{stroke-width:1.2;fill:var(--pill);stroke:var(--dim)}\n"
	    ".milc-picture .page{fill:var(--page);stroke:none}\n"
	    ".milc-picture .frame{stroke:var(--frame)}\n"
	    ".milc-picture .n>.frame{fill:var(--shade)}\n"
	    ".milc-picture .ref{stroke-dasharray:3 2}\n"
	    ".milc-picture .e{fill:none;stroke:var(--edge);stroke-width:1.2}\n"
	    ".milc-picture .e:hover{stroke:var(--ink);stroke-width:2.5}\n"
	    ".milc-picture .n:hover>rect{stroke-width:2.5}\n"
	    ".milc-picture .tip{fill:var(--edge)}\n";

	buf_puts(b, ".milc-picture{");
	put_shades(b, false);
	buf_puts(b, "}\n@media (prefers-color-scheme:dark){.milc-picture{");
	put_shades(b, true);
	buf_puts(b, "}}\n");
	buf_puts(b, rules);
	for (int k = 0; k < PIC_HUES; k++)
		buf_printf(b, ".milc-picture .k%d>rect{fill:var(--f%d);stroke:var(--l%d)}\n", k, k,
		           k);
}

/* ---- nodes ---- */

static void
put_title(Buf *b, const char *tip)
{
	if (!tip || !*tip)
		return;
	buf_puts(b, "<title>");
	put_text(b, tip);
	buf_puts(b, "</title>");
}

static void
put_line(Buf *b, const char *class, int64_t x, int64_t y, const char *s)
{
	buf_printf(b, "<text class=\"%s\" x=\"%lld\" y=\"%lld\">", class, (long long)x,
	           (long long)y);
	put_text(b, s);
	buf_puts(b, "</text>");
}

static void
put_rect(Buf *b, const PicNode *n, const char *class, int64_t round)
{
	buf_printf(b, "<rect%s x=\"%lld\" y=\"%lld\" width=\"%lld\" height=\"%lld\" rx=\"%lld\"/>",
	           class, (long long)n->x, (long long)n->y, (long long)n->w, (long long)n->h,
	           (long long)round);
}

static void
put_node(const Picture *p, const PicNode *n, Buf *b)
{
	bool op = n->kind == PIC_OP, frame = n->kind == PIC_CLUSTER;
	int64_t x = n->x + (frame ? MARGIN : n->w / 2), y = n->y + 16;

	buf_puts(b, "<g class=\"n");
	if (n->class < p->nclass)
		buf_printf(b, " k%d", p->class[n->class].hue);
	buf_byte(b, '"');
	if (n->id) {
		buf_puts(b, " id=\"");
		put_text(b, n->id);
		buf_byte(b, '"');
	}
	buf_byte(b, '>');
	put_title(b, n->tip);
	put_rect(b, n,
	         frame                ? " class=\"frame\""
	         : n->kind == PIC_REF ? " class=\"ref\""
	                              : "",
	         op || frame ? 4 : MIN(n->h / 2, 12));
	if (n->label)
		put_line(b, frame ? "l" : op ? "l m" : "s m", x, y, n->label);
	if (n->type && frame)
		put_line(b, "t", x + text_width(n->label, TEXT_SIZE, true) + 10, y, n->type);
	else if (n->type)
		put_line(b, "t m", x, y + LINE_HEIGHT, n->type);
	buf_puts(b, "</g>\n");
}

/* ---- edges ---- */

static int64_t
limit(int64_t x, int64_t most)
{
	return x > most ? most : x < -most ? -most : x;
}

/* A straight line to `at`, and if the next one leaves it at a right angle, round the corner. */
static void
put_straight(Buf *b, const PicPoint *before, const PicPoint *at, const PicPoint *next)
{
	int64_t dx = limit(at->x - before->x, 2 * ROUND) / 2;
	int64_t dy = limit(at->y - before->y, 2 * ROUND) / 2;
	bool turn = next && !next->curve && (next->x != at->x) != (at->x != before->x);

	if (!turn) {
		buf_printf(b, "L%lld %lld", (long long)at->x, (long long)at->y);
		return;
	}
	buf_printf(b, "L%lld %lldQ%lld %lld %lld %lld", (long long)(at->x - dx),
	           (long long)(at->y - dy), (long long)at->x, (long long)at->y,
	           (long long)(at->x + limit(next->x - at->x, 2 * ROUND) / 2),
	           (long long)(at->y + limit(next->y - at->y, 2 * ROUND) / 2));
}

static void
put_edge(const PicEdge *e, const char *prefix, Buf *b)
{
	const PicPoint *q = e->at;

	if (e->far || !e->n)
		return;
	buf_printf(b, "<path class=\"e\" marker-end=\"url(#%stip)\" d=\"M%lld %lld", prefix,
	           (long long)q->x, (long long)q->y);
	for (uint32_t k = 1; k < e->n; k++) {
		int64_t middle = (q[k - 1].y + q[k].y) / 2;
		if (q[k].curve)
			buf_printf(b, "C%lld %lld %lld %lld %lld %lld", (long long)q[k - 1].x,
			           (long long)middle, (long long)q[k].x, (long long)middle,
			           (long long)q[k].x, (long long)q[k].y);
		else
			put_straight(b, &q[k - 1], &q[k], k + 1 < e->n ? &q[k + 1] : NULL);
	}
	buf_puts(b, "\">");
	put_title(b, e->tip);
	buf_puts(b, "</path>\n");
}

void
picture_svg(const Picture *p, const SvgLook *look, Buf *b)
{
	const PicNode *root = &p->node.at[PIC_ROOT];
	const char *prefix = look && look->prefix ? look->prefix : "";
	bool inner = look && look->inner;
	long long w = (long long)root->w, h = (long long)root->h;

	buf_printf(b,
	           "<svg%s class=\"milc-picture\" role=\"img\" viewBox=\"0 0 %lld %lld\" "
	           "width=\"%lld\" height=\"%lld\"",
	           inner ? "" : " xmlns=\"http://www.w3.org/2000/svg\"", w, h, w, h);
	if (root->label) {
		buf_puts(b, " aria-label=\"");
		put_text(b, root->label);
		buf_byte(b, '"');
	}
	buf_puts(b, ">\n");
	if (!inner) {
		buf_puts(b, "<style>\n");
		svg_style(b);
		buf_puts(b, "</style>\n");
	}
	buf_printf(
	    b,
	    "<defs><marker id=\"%stip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
	    "markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" "
	    "orient=\"auto\"><path class=\"tip\" d=\"M0 0.5L8 4L0 7.5Z\"/></marker></defs>\n",
	    prefix);
	buf_printf(b, "<rect class=\"page\" width=\"%lld\" height=\"%lld\"/>\n", w, h);
	if (root->label)
		put_line(b, "l", MARGIN, MARGIN + 10, root->label);
	buf_puts(b, root->label ? "\n" : "");
	put_legend(p, b);
	for (uint32_t i = 1; i < p->node.n; i++)
		if (p->node.at[i].kind == PIC_CLUSTER)
			put_node(p, &p->node.at[i], b);
	for (uint32_t i = 0; i < p->edge.n; i++)
		put_edge(&p->edge.at[i], prefix, b);
	for (uint32_t i = 1; i < p->node.n; i++)
		if (p->node.at[i].kind != PIC_CLUSTER)
			put_node(p, &p->node.at[i], b);
	buf_puts(b, "</svg>\n");
}
