/* report.c: the page of `milc ane --html`: the graphs coloured by verdict, and the report as data,
 * from which the page's script makes the table, the rules and what is shown at the pointer.
 */
#include "report.h"

#include "base/embed.h"
#include "file/json.h"
#include "html.h"
#include "view.h"

static const PicClass classes[] = {
    [ANE_NATIVE] = {"native", PIC_GREEN},
    [ANE_MET] = {"conditions met", PIC_SKY},
    [ANE_UNMET] = {"conditions not met", PIC_ORANGE},
    [ANE_REWRITTEN] = {"rewritten", PIC_PURPLE},
    [ANE_NO_PATH] = {"no hardware path", PIC_RED},
    [ANE_UNKNOWN] = {"unknown", PIC_GREY},
};

typedef struct Painting {
	Arena *arena;
	const AneReport *const *report;
	Map at; /* of an operation, the number of its report and its place there */
} Painting;

enum { PLACES = 1 << 24 };

static PicSaid
verdict_of(void *ctx, const Inst *i)
{
	Painting *p = ctx;
	uintptr_t k = (uintptr_t)map_get(&p->at, KEY(i));
	uint32_t function = (uint32_t)(k / PLACES), place = (uint32_t)(k % PLACES) - 1;
	PicSaid said = {.class = ANE_UNKNOWN};

	if (!k)
		return said;
	said.class = p->report[function]->op.at[place].verdict;
	said.tip = verdict_words[said.class];
	said.id = arena_printf(p->arena, "op-%u-%u", function, place);
	return said;
}

PicPaint
verdict_paint(Arena *a, const AneReport *const *r, uint32_t n)
{
	Painting *p = new (a, Painting);

	*p = (Painting){.arena = a, .report = r};
	map_init(&p->at, a);
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < r[k]->op.n; i++)
			map_put(&p->at, KEY(r[k]->op.at[i].inst),
			        (void *)((uintptr_t)k * PLACES + i + 1));
	return (PicPaint){classes, countof(classes), verdict_of, p};
}

/* ---- data ---- */

/* What the tables say about the operations of the reports, once each. */
static json_t *
rows(const ReportPage *v)
{
	json_t *all = json_new_object();

	for (uint32_t i = 0; i < v->n; i++)
		for (uint32_t k = 0; k < v->report[i]->op.n; k++) {
			const OpRow *r = v->report[i]->op.at[k].row;
			json_t *o;
			if (!r || json_object_get(all, r->op))
				continue;
			o = json_new_object();
			json_member(o, "conditions", json_words(r->conditions));
			json_member(o, "notes", json_words(r->notes));
			json_member(all, r->op, o);
		}
	return all;
}

static json_t *
proofs(const Evidence *e)
{
	json_t *all = json_new_object();

	for (uint32_t i = 0; i < e->proof.n; i++) {
		const Proof *p = &e->proof.at[i];
		json_t *o = json_new_object();
		json_member(o, "title", json_words(p->title));
		json_member(o, "url", json_words(p->url));
		json_member(o, "observed_on", json_words(p->observed_on));
		json_member(all, p->key, o);
	}
	return all;
}

static json_t *
data_of(const ReportPage *v)
{
	json_t *o = json_new_object();

	json_member(o, "reports", ane_json(v->report, v->n, v->diag));
	json_member(o, "rows", rows(v));
	json_member(o, "sources", proofs(v->evidence));
	json_member(o, "source", json_words(v->source));
	return o;
}

/* ---- the page ---- */

/* A graph for each function, coloured by its first report. */
static void
put_graphs(Buf *b, Arena *a, const ReportPage *v)
{
	const AneReport **first = newn(a, const AneReport *, v->n);
	uint32_t n = 0;
	PicPaint paint;

	for (uint32_t i = 0; i < v->n; i++)
		if (!i || v->report[i]->func != v->report[i - 1]->func)
			first[n++] = v->report[i];
	paint = verdict_paint(a, first, n);
	svg_style(b);
	buf_puts(b, "</style>\n");
	for (uint32_t i = 0; i < n; i++) {
		Picture p;
		picture_init(&p, a, NULL);
		picture_func(&p, PIC_ROOT, first[i]->func, &paint);
		picture_layout(&p);
		buf_puts(b, "<div class=\"fn\">");
		picture_svg(&p, &(SvgLook){true, arena_printf(a, "g%u-", i)}, b);
		buf_puts(b, "</div>\n");
	}
}

void
view_report(Buf *b, Arena *a, const ReportPage *v)
{
	static const char body[] =
	    "<div id=\"shares\"></div>\n"
	    "<select id=\"function\" aria-label=\"function\"></select>\n"
	    "<select id=\"family\" aria-label=\"family\"></select>\n</header>\n<main>\n"
	    "<section id=\"graph\" aria-label=\"graph\">\n<div class=\"zoom\">"
	    "<button data-by=\"1.25\" aria-label=\"larger\">+</button>"
	    "<button data-by=\"0.8\" aria-label=\"smaller\">\u2212</button></div>\n<style>\n";
	static const char side[] =
	    "</section>\n<section id=\"side\">\n<nav>"
	    "<button data-pane=\"ops\">operations</button><button "
	    "data-pane=\"rules\">rules</button>"
	    "<button data-pane=\"source\">source</button>"
	    "<input id=\"filter\" placeholder=\"filter\" aria-label=\"filter\">"
	    "<select id=\"verdict\" aria-label=\"verdict\"><option value=\"\">all verdicts</option>"
	    "<option>native</option><option value=\"met\">conditions met</option>"
	    "<option value=\"unmet\">conditions not met</option><option>rewritten</option>"
	    "<option value=\"no-path\">no hardware path</option><option>unknown</option>"
	    "<option value=\"elsewhere\">expected elsewhere</option></select>"
	    "<span id=\"count\" class=\"dim\"></span></nav>\n"
	    "<div id=\"ops\" "
	    "class=\"pane\"><table><thead><tr><th>at</th><th>name</th><th>operation</th>"
	    "<th>result</th><th>verdict</th></tr></thead><tbody "
	    "id=\"rows\"></tbody></table></div>\n"
	    "<div id=\"rules\" class=\"pane\" hidden></div>\n"
	    "<div id=\"source\" class=\"pane\" hidden><pre id=\"text\" class=\"src\"></pre></div>\n"
	    "</section>\n</main>\n<div id=\"tip\" hidden></div>\n"
	    "<noscript>The table and the rules need JavaScript; milc ane prints them, "
	    "too.</noscript>\n";
	const char *css[] = {embed_page_css, embed_report_css};

	html_head(b, v->title, css, countof(css));
	buf_puts(b, "<body>\n<header><h1>");
	html_text(b, v->title);
	buf_puts(b, "</h1>\n");
	buf_puts(b, body);
	put_graphs(b, a, v);
	buf_puts(b, side);
	html_data(b, "data", data_of(v));
	buf_puts(b, "<script>\n");
	buf_puts(b, embed_page_js);
	buf_puts(b, embed_report_js);
	buf_puts(b, "</script>\n</body>\n</html>\n");
}
