/* draw.h: pictures of programs: what stands in one, where it stands, and how it is written down.
 *
 *	Picture p;
 *	picture_init(&p, &arena, "main");
 *	picture_func(&p, PIC_ROOT, func, &paint);  what there is: nodes and edges (build.c)
 *	picture_layout(&p);                        where it is (layout.c, place.c, route.c)
 *	picture_svg(&p, NULL, &buf);               what people see (svg.c); or
 *	picture_dot(&p, &buf);                     for Graphviz, which finds places itself (dot.c)
 *
 * A picture is a tree of nodes, and edges between siblings. Node 0 is the picture itself; a node
 * that holds others is a cluster and stands in front of them: an operation with blocks holds one
 * cluster for each block, and these the block's operations. What a block takes from outside
 * stands in it as a PIC_REF, a name, and the edge of that value leads to the cluster: no edge
 * crosses the border of a cluster, so that each is laid out alone, the innermost first. Edges
 * make no cycle.
 *
 * Constants are no nodes, and neither are operations that expand compressed ones: they are words
 * in the label of who takes them ("conv 64×3×7×7", "transpose 0,2,1") and lines of its tooltip.
 * Only a constant that a block returns is a node. The picture itself has no frame, but a legend.
 *
 * All texts are bytes that strangers chose; the writers make of them what XML and DOT allow.
 * Nothing here depends on the machine: coordinates are integers, in pixels at scale 1.
 */
#ifndef MILC_DRAW_H
#define MILC_DRAW_H

#include "ir/ir.h"

/* ---- classes: what a colour means ---- */

/* Hues that are told apart by people with any common kind of colour blindness, on white and on
 * black. A row of draw/svg.c has the shades. */
typedef enum PicHue {
	PIC_GREY,
	PIC_BLUE,
	PIC_SKY,
	PIC_GREEN,
	PIC_YELLOW,
	PIC_ORANGE,
	PIC_RED,
	PIC_PURPLE,
	PIC_HUES
} PicHue;
typedef struct PicClass {
	const char *legend; /* "native" */
	PicHue hue;
} PicClass;
enum { PIC_CLASSES = 16, PIC_PLAIN = 255 }; /* at most so many; no class: inputs, references */

/* What is said of one operation by who paints it. */
typedef struct PicSaid {
	uint32_t class;  /* place in the paint's classes, or PIC_PLAIN */
	const char *tip; /* more lines for the tooltip, or 0 */
	const char *id;  /* id of the element in the page, or 0 */
} PicSaid;
/* Asked once for each operation that becomes a node, nested ones too, in their order; never for
 * constants. Texts must live as long as the picture. */
typedef struct PicPaint {
	const PicClass *classes;
	uint32_t n;
	PicSaid (*of)(void *ctx, const Inst *i);
	void *ctx;
} PicPaint;

/* ---- what there is ---- */

typedef enum PicKind {
	PIC_OP,
	PIC_INPUT,   /* of a function, or a parameter of a block */
	PIC_OUTPUT,
	PIC_REF,     /* a value that is made elsewhere, by its name */
	PIC_CONST,
	PIC_CLUSTER, /* holds others: the picture, a function, an operation with blocks, a block */
} PicKind;

typedef struct PicNode {
	PicKind kind;
	uint8_t class;     /* of Picture.classes, or PIC_PLAIN */
	uint32_t parent;   /* the cluster it stands in: a lower number */
	const char *label; /* first line: "conv 64×3×7×7"; title of a cluster */
	const char *type;  /* second line: "fp16 1×64×112×112", or 0 */
	const char *name;  /* of the operation or value, or 0 */
	const char *tip;   /* tooltip, lines separated by \n, or 0 */
	const char *id;    /* or 0 */
	const Inst *inst;  /* or 0 */
	int64_t x, y, w, h; /* after picture_layout(): the upper left corner, and the size */
} PicNode;

typedef struct PicPoint {
	int64_t x, y;
	bool curve; /* from the point before by an S that leaves and arrives vertically; else
	               straight, with round corners */
} PicPoint;

typedef struct PicEdge {
	uint32_t from, to;
	uint32_t value;      /* which result of `from`: edges of one value share their way */
	const char *tip;     /* name and type of the value, or 0 */
	const char *name;    /* of the value, for a PIC_REF in its place */
	bool far;            /* too long to be drawn: a PIC_REF stands above `to` instead */
	bool turns;          /* leads from the foot of a column to the head of the next */
	PicPoint *at;        /* after picture_layout(): its way, downwards. It begins at `from`, or
	                        where it leaves that of another edge of the same value */
	uint32_t n;
} PicEdge;

enum { PIC_ROOT = 0 };
typedef struct Picture {
	Arena *arena;
	VEC(PicNode) node;
	VEC(PicEdge) edge;
	PicClass class[PIC_CLASSES]; /* the legend has those that nodes have */
	uint32_t nclass;
} Picture;

/* With the root, whose title is the picture's. The title may be 0. */
void picture_init(Picture *p, Arena *a, const char *title);
/* Nodes and edges by hand; the number of the node. What else it has is set at p->node.at[…]. */
uint32_t picture_node(Picture *p, uint32_t parent, PicKind kind, const char *label,
                      const char *type);
PicEdge *picture_edge(Picture *p, uint32_t from, uint32_t to, uint32_t value);
/* All of a function, into the cluster. All functions of one picture have the same paint. */
void picture_func(Picture *p, uint32_t cluster, const Func *f, const PicPaint *paint);

/* "fp16 1×3×224×224", "state fp16 1×8", "int32"; the text is the arena's. */
const char *picture_type(Arena *a, Types *t, const Type *type);

/* ---- where it is ---- */

/* Sets x, y, w and h of all nodes and the ways of all edges, in nearly linear time. Adds a PIC_REF
 * for each edge that is too long to be drawn. The root stands at 0, 0 and has the size of the
 * whole, legend and all. */
void picture_layout(Picture *p);
/* Pixels that a text takes in bold or plain letters of that many pixels. */
int64_t text_width(const char *s, int size, bool bold);
/* At most n code points of s, and then an ellipsis, in the arena: s itself if it is shorter. */
const char *text_cut(Arena *a, const char *s, uint32_t n);

/* ---- how it is written ---- */

typedef struct SvgLook {
	bool inner;         /* an element of a page, which brings svg_style() once */
	const char *prefix; /* of ids of its own, where a page has several; 0: "" */
} SvgLook;
/* A file of its own unless the look says otherwise; look may be 0. No scripts, no fonts. */
void picture_svg(const Picture *p, const SvgLook *look, Buf *out);
/* The rules of style for pictures, dark and light: all begin with ".milc-picture". */
void svg_style(Buf *out);
void picture_dot(const Picture *p, Buf *out);

#endif
