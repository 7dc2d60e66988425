/* dot.c: a picture for Graphviz, which finds the places itself. A cluster is no node there: edges
 * end at its head, a node for the operation, and begin at its foot, and are cut at the frame.
 */
#include "layout.h"

/* A quoted string has no escapes but \" and those of labels, which begin with a backslash; & begins
 * an entity. Controls, and what is not UTF-8, are replaced. */
static void
put_quoted(Buf *b, const char *s)
{
	size_t n = s ? strlen(s) : 0, len;
	uint32_t cp;

	buf_byte(b, '"');
	for (; n; s += len, n -= len) {
		len = utf8_next(s, n, &cp);
		if (cp == '\n')
			buf_puts(b, "\\n");
		else if (cp < ' ' || cp == 0x7f || cp == UTF8_BAD)
			utf8_put(b, 0xfffd);
		else if (cp == '"' || cp == '\\')
			buf_printf(b, "\\%c", (int)cp);
		else if (cp == '&')
			buf_puts(b, "&amp;");
		else
			buf_put(b, s, len);
	}
	buf_byte(b, '"');
}

static void
put_attribute(Buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(b, " %s=", name);
	put_quoted(b, value);
}

/* Label and type, in two lines. */
static void
put_label(Buf *b, const PicNode *n)
{
	Buf both = {0};

	buf_printf(&both, "%s%s%s", n->label ? n->label : "", n->type ? "\n" : "",
	           n->type ? n->type : "");
	put_attribute(b, "label", both.at);
	buf_free(&both);
}

static void
put_colors(Buf *b, const Picture *p, uint32_t class)
{
	if (class < p->nclass)
		buf_printf(b, " color=\"%s\" fillcolor=\"%s\"",
		           hue_shades[p->class[class].hue].line,
		           hue_shades[p->class[class].hue].fill);
}

static bool
is_cluster(const Picture *p, uint32_t i)
{
	return p->node.at[i].kind == PIC_CLUSTER;
}

/* Of a cluster that is an operation: its edges have ends there. */
static bool
has_ends(const Picture *p, uint32_t i)
{
	return is_cluster(p, i) && p->node.at[i].inst;
}

static void
put_node(Buf *b, const Picture *p, uint32_t i, int depth)
{
	const PicNode *n = &p->node.at[i];

	buf_printf(b, "%*sn%u [", depth, "", i);
	put_label(b, n);
	put_attribute(b, "tooltip", n->tip);
	put_attribute(b, "id", n->id);
	put_colors(b, p, n->class);
	if (n->kind != PIC_OP)
		buf_printf(b, " shape=box style=\"rounded%s\"",
		           n->kind == PIC_REF ? ",dashed" : "");
	buf_puts(b, "];\n");
}

static void
open_cluster(Buf *b, const Picture *p, uint32_t i, int depth)
{
	const PicNode *n = &p->node.at[i];

	buf_printf(b, "%*ssubgraph cluster_%u {\n%*sgraph [", depth, "", i, depth + 2, "");
	put_label(b, n);
	put_attribute(b, "tooltip", n->tip);
	put_attribute(b, "id", n->id);
	if (n->class < p->nclass)
		buf_printf(b, " color=\"%s\" penwidth=1.5",
		           hue_shades[p->class[n->class].hue].line);
	buf_puts(b, "];\n");
	if (has_ends(p, i))
		buf_printf(b,
		           "%*sn%u [label=\"\" style=invis shape=point];\n%*se%u [label=\"\" "
		           "style=invis shape=point];\n",
		           depth + 2, "", i, depth + 2, "", i);
}

/* All nodes, each cluster around its own. */
static void
put_nodes(Buf *b, const Picture *p)
{
	Arena scratch = {0};
	uint32_t *first = newn(&scratch, uint32_t, p->node.n);
	uint32_t *next = newn(&scratch, uint32_t, p->node.n), i;
	int depth = 2;

	for (i = p->node.n; i-- > 1;) {
		next[i] = first[p->node.at[i].parent];
		first[p->node.at[i].parent] = i;
	}
	for (i = first[PIC_ROOT]; i;) {
		if (is_cluster(p, i))
			open_cluster(b, p, i, depth);
		else
			put_node(b, p, i, depth);
		if (first[i]) {
			i = first[i];
			depth += 2;
			continue;
		}
		for (;;) {
			if (is_cluster(p, i))
				buf_printf(b, "%*s}\n", depth, "");
			if (next[i] || i == PIC_ROOT)
				break;
			i = p->node.at[i].parent;
			depth -= 2;
			if (i == PIC_ROOT)
				break;
		}
		i = next[i];
	}
	arena_free(&scratch);
}

static void
put_edge(Buf *b, const Picture *p, const PicEdge *e)
{
	bool from = has_ends(p, e->from), to = has_ends(p, e->to);

	buf_printf(b, "  %s%u -> n%u [", from ? "e" : "n", e->from, e->to);
	put_attribute(b, "tooltip", e->tip);
	if (from)
		buf_printf(b, " ltail=cluster_%u", e->from);
	if (to)
		buf_printf(b, " lhead=cluster_%u", e->to);
	buf_puts(b, "];\n");
}

/* What keeps the ends of a cluster above and below all that stands in it. */
static void
put_order(Buf *b, const Picture *p)
{
	for (uint32_t i = 1; i < p->node.n; i++) {
		const PicNode *n = &p->node.at[i];
		uint32_t holder = p->node.at[n->parent].parent;
		if (!has_ends(p, holder) || is_cluster(p, i))
			continue;
		if (n->kind == PIC_OUTPUT)
			buf_printf(b, "  n%u -> e%u [style=invis];\n", i, holder);
		else if (n->kind != PIC_OP || i == n->parent + 1)
			buf_printf(b, "  n%u -> n%u [style=invis];\n", holder, i);
	}
}

static void
put_legend(Buf *b, const Picture *p)
{
	bool used[PIC_CLASSES] = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->node.n; i++)
		if (p->node.at[i].class < p->nclass)
			used[p->node.at[i].class] = true;
	for (uint32_t k = 0; k < p->nclass; k++) {
		if (!used[k])
			continue;
		if (!n++)
			buf_puts(b, "  subgraph cluster_legend {\n    graph [label=\"\"];\n");
		buf_printf(b, "    class%u [", k);
		put_attribute(b, "label", p->class[k].legend);
		put_colors(b, p, k);
		buf_puts(b, " height=0.2];\n");
	}
	buf_puts(b, n ? "  }\n" : "");
}

void
picture_dot(const Picture *p, Buf *b)
{
	buf_puts(b, "digraph {\n  graph [compound=true fontname=\"Helvetica\" fontsize=12 "
	            "color=\"#c3c8d0\" style=rounded labelloc=t labeljust=l");
	put_attribute(b, "label", p->node.at[PIC_ROOT].label);
	buf_puts(b, "];\n  node [shape=box style=\"rounded,filled\" fontname=\"Helvetica\" "
	            "fontsize=11 fillcolor=white color=\"#57606a\" margin=\"0.12,0.04\" "
	            "height=0.3];\n  edge [color=\"#7d8590\" arrowsize=0.6];\n");
	put_legend(b, p);
	put_nodes(b, p);
	for (uint32_t i = 0; i < p->edge.n; i++)
		put_edge(b, p, &p->edge.at[i]);
	put_order(b, p);
	buf_puts(b, "}\n");
}
