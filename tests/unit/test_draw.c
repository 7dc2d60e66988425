/* test_draw.c: pictures: the properties of every layout, over graphs made by hand and by seed; what
 * becomes of a function; and that nothing a name holds breaks SVG or DOT.
 */
#include "draw/layout.h"
#include "view/view.h"
#include "world.h"

#include <stdlib.h>

static uint32_t
op(Picture *p, uint32_t parent, const char *label)
{
	return picture_node(p, parent, PIC_OP, label, "fp16 1×4");
}

/* ---- what holds of every layout ---- */

static bool
overlap(const PicNode *a, const PicNode *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static bool
is_inside(const PicNode *a, const PicNode *c)
{
	return a->x >= c->x && a->y >= c->y && a->x + a->w <= c->x + c->w &&
	       a->y + a->h <= c->y + c->h;
}

/* A straight line through the node, not just along its border. */
static bool
cuts(const PicPoint *a, const PicPoint *b, const PicNode *n)
{
	return !b->curve && MAX(a->x, b->x) > n->x && MIN(a->x, b->x) < n->x + n->w &&
	       MAX(a->y, b->y) > n->y && MIN(a->y, b->y) < n->y + n->h;
}

/* Faults: overlapping siblings, nodes outside of their cluster, edges that go up, miss their ends
 * or lead through a node. As a text, "" for none. */
static const char *
faults(const Picture *p)
{
	uint32_t n[5] = {0};

	for (uint32_t i = 1; i < p->node.n; i++) {
		const PicNode *a = &p->node.at[i];
		n[0] += !is_inside(a, &p->node.at[a->parent]);
		for (uint32_t k = i + 1; k < p->node.n; k++)
			n[1] += p->node.at[k].parent == a->parent && overlap(a, &p->node.at[k]);
	}
	for (uint32_t i = 0; i < p->edge.n; i++) {
		const PicEdge *e = &p->edge.at[i];
		const PicNode *from = &p->node.at[e->from], *to = &p->node.at[e->to];
		const PicPoint *at = e->at, *end;
		if (e->far)
			continue;
		end = at + e->n - 1;
		n[2] += end->x != to->x + to->w / 2 || end->y != to->y;
		n[2] += at->y < from->y + from->h && !e->turns;
		for (uint32_t k = 1; k < e->n; k++) {
			n[3] += at[k].y < at[k - 1].y && !e->turns;
			for (uint32_t m = 1; m < p->node.n; m++)
				n[4] += p->node.at[m].parent == from->parent &&
				        cuts(&at[k - 1], &at[k], &p->node.at[m]);
		}
	}
	if (n[0] + n[1] + n[2] + n[3] + n[4] == 0)
		return "";
	return arena_printf(p->arena, "outside %u, overlap %u, ends %u, up %u, through %u", n[0],
	                    n[1], n[2], n[3], n[4]);
}

static void
put_svg(const Picture *p, Buf *b)
{
	buf_clear(b);
	picture_svg(p, NULL, b);
}

static void
test_small(void)
{
	Arena a = {0};
	Picture p;
	uint32_t x, y;
	Buf b = {0};

	picture_init(&p, &a, NULL);
	picture_layout(&p);
	CHECK_INT(p.node.at[PIC_ROOT].w, 2 * MARGIN);
	put_svg(&p, &b);
	CHECK(strstr(b.at, "</svg>") != NULL);

	picture_init(&p, &a, "one");
	x = op(&p, PIC_ROOT, "relu");
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	CHECK_INT(p.node.at[x].h, 2 * LINE_HEIGHT + 8);

	/* Two that are linked stand in line, and the edge is one straight line. */
	picture_init(&p, &a, "two");
	x = op(&p, PIC_ROOT, "conv 64×3×7×7");
	y = op(&p, PIC_ROOT, "relu");
	picture_edge(&p, x, y, 0);
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	CHECK_INT(p.edge.at[0].n, 2);
	CHECK_INT(p.edge.at[0].at[0].x, p.edge.at[0].at[1].x);
	buf_free(&b);
	arena_free(&a);
}

/* A chain with a link over all of it: the chain is in line, and the long edge straight but at its
 * ends. */
static void
test_skip(void)
{
	Arena a = {0};
	Picture p;
	uint32_t first, last = 0;

	picture_init(&p, &a, "skip");
	first = last = op(&p, PIC_ROOT, "add");
	for (int k = 0; k < 20; k++) {
		uint32_t next = op(&p, PIC_ROOT, "relu");
		picture_edge(&p, last, next, 0);
		last = next;
	}
	picture_edge(&p, first, last, 0);
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	for (uint32_t i = 2; i + 1 < first + 20; i++)
		CHECK_INT(p.node.at[i].x, p.node.at[i + 1].x);
	CHECK(p.edge.at[20].n <= 6);
	arena_free(&a);
}

/* What is used late stands late: an input, and a chain that leads from it. */
static void
test_late(void)
{
	Arena a = {0};
	Picture p;
	uint32_t x, mask, cast, last;

	picture_init(&p, &a, NULL);
	last = x = picture_node(&p, PIC_ROOT, PIC_INPUT, "x", NULL);
	mask = picture_node(&p, PIC_ROOT, PIC_INPUT, "mask", NULL);
	cast = op(&p, PIC_ROOT, "cast");
	picture_edge(&p, mask, cast, 0);
	for (int k = 0; k < 6; k++) {
		uint32_t next = op(&p, PIC_ROOT, "relu");
		picture_edge(&p, last, next, 0);
		last = next;
	}
	picture_edge(&p, cast, last, 0);
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	CHECK_INT(p.node.at[cast].y, p.node.at[last - 1].y);
	CHECK(p.node.at[x].y < p.node.at[mask].y);
	arena_free(&a);
}

/* Long edges become references, and a long chain stands in columns. */
static void
test_long(void)
{
	Arena a = {0};
	Picture p;
	uint32_t mask, last, far = 0, turns = 0, refs = 0;

	picture_init(&p, &a, "long");
	last = picture_node(&p, PIC_ROOT, PIC_INPUT, "x", NULL);
	mask = picture_node(&p, PIC_ROOT, PIC_INPUT, "mask", NULL);
	for (int k = 0; k < 300; k++) {
		uint32_t next = op(&p, PIC_ROOT, "add");
		picture_edge(&p, last, next, 0);
		if (k % 25 == 10)
			picture_edge(&p, mask, next, 0)->name = "mask";
		last = next;
	}
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	for (uint32_t i = 0; i < p.edge.n; i++) {
		far += p.edge.at[i].far;
		turns += p.edge.at[i].turns;
	}
	for (uint32_t i = 0; i < p.node.n; i++)
		refs += p.node.at[i].kind == PIC_REF && !strcmp(p.node.at[i].label, "mask");
	CHECK_INT(far, 11);
	CHECK_INT(refs, 11);
	CHECK(turns > 3);
	CHECK(p.node.at[PIC_ROOT].h < 3 * p.node.at[PIC_ROOT].w);
	arena_free(&a);
}

/* ---- graphs by seed ---- */

static void
grow(Picture *p, uint32_t cluster, uint64_t *seed, uint32_t n, int depth)
{
	uint32_t *made = newn(p->arena, uint32_t, n);

	for (uint32_t k = 0; k < n; k++) {
		uint64_t r = splitmix_bits(seed);
		bool holds = depth < 3 && r % 9 == 0;
		made[k] = picture_node(p, cluster,
		                       holds        ? PIC_CLUSTER
		                       : r % 5 == 1 ? PIC_INPUT
		                                    : PIC_OP,
		                       r % 3 ? "add" : "scaled_dot_product_attention",
		                       r % 7 ? "fp16 1×4" : NULL);
		for (uint32_t e = (r >> 8) % 4; k && e-- > 0;) {
			uint32_t back = (uint32_t)(splitmix_bits(seed) % MIN(k, 1 + n / 3));
			picture_edge(p, made[k - 1 - back], made[k], (uint32_t)(r >> 16) % 2);
		}
		if (holds)
			grow(p, made[k], seed, (uint32_t)(r >> 20) % 12, depth + 1);
	}
}

static void
test_seeds(void)
{
	Buf one = {0}, two = {0};

	for (uint64_t k = 0; k < 150; k++) {
		Arena a = {0};
		Picture p, q;
		uint64_t seed = k, again = k;
		picture_init(&p, &a, "seed");
		picture_init(&q, &a, "seed");
		grow(&p, PIC_ROOT, &seed, 1 + (uint32_t)k, 0);
		grow(&q, PIC_ROOT, &again, 1 + (uint32_t)k, 0);
		picture_layout(&p);
		picture_layout(&q);
		CHECK_STR(faults(&p), "");
		put_svg(&p, &one);
		put_svg(&q, &two);
		CHECK(!strcmp(one.at, two.at));
		arena_free(&a);
	}
	buf_free(&one);
	buf_free(&two);
}

/* Many edges at one node, and many nodes in one rank. */
static void
test_wide(void)
{
	Arena a = {0};
	Picture p;
	uint32_t x, y, mid;

	picture_init(&p, &a, "wide");
	x = op(&p, PIC_ROOT, "split");
	for (uint32_t k = 0; k < 200; k++) {
		mid = op(&p, PIC_ROOT, "relu");
		picture_edge(&p, x, mid, k);
	}
	y = op(&p, PIC_ROOT, "concat");
	for (mid = x + 1; mid < y; mid++)
		picture_edge(&p, mid, y, 0);
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	arena_free(&a);
}

/* ---- texts of strangers ---- */

static void
test_escapes(void)
{
	static const char name[] = "<&\"'>\x01\x1b \xff\xc3 \xed\xa0\x80 \xef\xbf\xbf ü\t\\N\\";
	Arena a = {0};
	Picture p;
	Buf b = {0};
	uint32_t x;

	picture_init(&p, &a, name);
	x = op(&p, PIC_ROOT, name);
	p.node.at[x].tip = "a\nb\"";
	p.node.at[x].id = "\"><script>";
	picture_edge(&p, x, op(&p, PIC_ROOT, "y"), 0)->tip = "]]>&";
	picture_layout(&p);
	put_svg(&p, &b);
	CHECK(strstr(b.at, ">&lt;&amp;&quot;'&gt;\ufffd\ufffd \ufffd\ufffd "));
	CHECK(strstr(b.at, " \ufffd ü\t\\N\\</text>"));
	CHECK(strstr(b.at, "<title>a\nb&quot;</title>"));
	CHECK(strstr(b.at, " id=\"&quot;&gt;&lt;script&gt;\""));
	CHECK(strstr(b.at, "<title>]]&gt;&amp;</title>"));
	buf_clear(&b);
	picture_dot(&p, &b);
	CHECK(strstr(b.at, "label=\"<&amp;\\\"'>\ufffd\ufffd \ufffd\ufffd "));
	CHECK(strstr(b.at, "ü\ufffd\\\\N\\\\\\nfp16 1×4\""));
	CHECK(strstr(b.at, "tooltip=\"a\\nb\\\"\""));
	buf_free(&b);
	CHECK_STR(text_cut(&a, "äöü", 3), "äöü");
	CHECK_STR(text_cut(&a, "äöü", 2), "äö…");
	CHECK(text_width("mmm", 12, false) > text_width("iii", 12, false));
	CHECK(text_width("mm", 12, true) > text_width("mm", 12, false));
	arena_free(&a);
}

/* An element of a page has no namespace and no style of its own, and its ids have a prefix. */
static void
test_inner(void)
{
	Arena a = {0};
	Picture p;
	Buf b = {0};

	picture_init(&p, &a, "inner");
	op(&p, PIC_ROOT, "relu");
	picture_layout(&p);
	picture_svg(&p, &(SvgLook){.inner = true, .prefix = "g1-"}, &b);
	CHECK(!strstr(b.at, "xmlns") && !strstr(b.at, "<style>"));
	CHECK(strstr(b.at, "id=\"g1-tip\""));
	buf_clear(&b);
	svg_style(&b);
	CHECK(strstr(b.at, "prefers-color-scheme:dark"));
	buf_free(&b);
	arena_free(&a);
}

/* ---- functions ---- */

/* The nodes in order, "input:x relu add"; of clusters the label in parentheses. */
static const char *
nodes(const Picture *p)
{
	static const char *const kind[] = {"", "input:", "output:", "ref:", "", ""};
	Buf b = {0};

	for (uint32_t i = 1; i < p->node.n; i++)
		buf_printf(&b, p->node.at[i].kind == PIC_CLUSTER ? "%s(%s%s)" : "%s%s%s",
		           b.n ? " " : "", kind[p->node.at[i].kind], p->node.at[i].label);
	return buf_keep(&b, p->arena);
}

static PicSaid
say(void *ctx, const Inst *i)
{
	++*(int *)ctx;
	return (PicSaid){inst_is(i, OP_relu) ? 1 : PIC_PLAIN, "as said", "here"};
}

static void
test_func(void)
{
	static const PicClass classes[] = {{"never", PIC_RED}, {"relu", PIC_BLUE}};
	int asked = 0;
	PicPaint paint = {classes, 2, say, &asked};
	World w;
	Picture p;
	Buf b = {0};

	world_init(&w, IOS16);
	world_return(&w, world_add(&w, world_relu(&w, w.x, "r"),
	                           tensor_scalar_f(&w.arena, DT_FP32, 0.5), "<sum>"));
	picture_init(&p, &w.arena, "f");
	picture_func(&p, PIC_ROOT, w.f, &paint);
	CHECK_STR(nodes(&p), "input:x relu add 0.5 output:<sum>");
	CHECK_INT(asked, 2);
	CHECK_INT(p.edge.n, 3);
	CHECK_STR(p.node.at[2].tip, "r: relu\nx = x fp32 2×3\n→ r fp32 2×3\nas said");
	CHECK_STR(p.node.at[2].type, "fp32 2×3");
	CHECK_INT(p.node.at[2].class, 1);
	CHECK_INT(p.node.at[3].class, PIC_PLAIN);
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	put_svg(&p, &b);
	CHECK(strstr(b.at, "relu (1)</text>") && !strstr(b.at, "never"));
	CHECK(strstr(b.at, "<g class=\"n k1\" id=\"here\">"));
	CHECK_STR(picture_type(&w.arena, &w.types, w.x->type), "fp32 2×3");
	buf_free(&b);
	world_free(&w);
}

/* A constant is a node only where it is what a function returns. */
static void
test_constants(void)
{
	World w;
	Picture p;

	world_init(&w, IOS16);
	world_return(&w,
	             build_const(&w.b, world_str(&w, "c"), tensor_scalar_f(&w.arena, DT_FP16, 2)));
	picture_init(&p, &w.arena, NULL);
	picture_func(&p, PIC_ROOT, w.f, NULL);
	CHECK_STR(nodes(&p), "input:x const 2.0 output:c");
	CHECK_INT(p.edge.n, 1);
	world_free(&w);
}

static void
test_functions(void)
{
	Model m = {0};
	World w;
	Picture p;
	Func *other;

	world_init(&w, IOS16);
	world_return(&w, world_relu(&w, w.x, "r"));
	other = func_new(w.p, world_str(&w, "other"), NOSPAN);
	block_set_outputs(
	    other->body, (Var *[]){block_add_param(other->body, world_str(&w, "y"), w.x->type)}, 1);
	m.prog = w.p;
	CHECK(!view_paint("taste"));
	view_model(&p, &w.arena, &m, view_paint("dtype"));
	CHECK_STR(nodes(&p), "(main: 1 operation) input:x relu output:r (other: 0 operations) "
	                     "input:y output:y");
	picture_layout(&p);
	CHECK_STR(faults(&p), "");
	world_free(&w);
}

int
main(void)
{
	test_small();
	test_skip();
	test_late();
	test_long();
	test_seeds();
	test_wide();
	test_escapes();
	test_inner();
	test_func();
	test_constants();
	test_functions();
	return check_report();
}
