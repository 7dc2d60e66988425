/* reference.c: the pages of the op reference. */
#include "reference.h"

#include "base/embed.h"
#include "draw/draw.h"
#include "html.h"

static const char *const kinds[] = {"tensor", "tuple", "list", "state", "function", "internal"};
static const char *const cells[] = {"H13 (A14, M1)", "H14 (A15, M2)", "H15 (A16, M3)",
                                    "H16 and later (A17 Pro, M4 …)"};

bool
reference_has(const OpDef *d)
{
	return op_oldest(d->code) == d && d->name[0] != '_';
}

static void
begin(Buf *b, const char *title, bool picture)
{
	Buf style = {0};
	const char *css[2] = {embed_page_css, ""};

	if (picture) {
		svg_style(&style);
		css[1] = style.at;
	}
	html_head(b, title, css, countof(css));
	buf_puts(b,
	         "<body>\n<div class=\"wide\">\n<p><a href=\"index.html\">operations</a> · "
	         "<a href=\"rules.html\">rules of the Neural Engine</a> · <a href=\"names.html\">"
	         "names of conditions</a> · <a href=\"sources.html\">sources</a></p>\n<h1>");
	html_text(b, title);
	buf_puts(b, "</h1>\n");
	buf_free(&style);
}

static void
end(Buf *b)
{
	buf_puts(b, "</div>\n</body>\n</html>\n");
}

static void
tag(Buf *b, const char *name, const char *text)
{
	buf_printf(b, "<%s>", name);
	html_text(b, text ? text : "");
	buf_printf(b, "</%.*s>", (int)strcspn(name, " "), name);
}

static void
pill(Buf *b, RowVerdict v)
{
	static const char *const class[] = {"native", "met", "rewritten", "no-path", "unknown"};

	buf_printf(b, "<span class=\"v v-%s\">%s</span>", class[v], row_verdict_name[v]);
}

/* ---- operands ---- */

static void
put_types(Buf *b, const Param *p)
{
	bool first = true;

	if (p->mask == M_ANY || !p->mask) {
		buf_puts(b, p->mask ? "any" : "");
		return;
	}
	for (int t = 1; t < DT_COUNT; t++)
		if (p->mask & 1u << t) {
			buf_printf(b, "%s%s", first ? "" : ", ", dtype_info[t].mil);
			first = false;
		}
	if (p->group)
		buf_printf(b, " (%c)", p->group);
}

static const Param *
param_named(const OpDef *d, const char *name)
{
	int k = op_param(d, name);
	return k < 0 ? NULL : &d->param[k];
}

static bool
same_param(const Param *a, const Param *b)
{
	const char *x = a->dflt ? a->dflt : "", *y = b->dflt ? b->dflt : "";

	return a->kind == b->kind && a->constant == b->constant && a->optional == b->optional &&
	       a->mask == b->mask && strcmp(x, y) == 0;
}

/* What a version changed, against the one before it. */
static const char *
change_of(const OpDef *before, const Param *p)
{
	const Param *old = before ? param_named(before, p->name) : NULL;

	return !before ? "" : !old ? "new" : same_param(old, p) ? "" : "changed";
}

static void
put_version(Buf *b, const OpDef *d, const OpDef *before)
{
	buf_printf(b,
	           "<h2>%s %s</h2>\n<table><thead><tr><th>operand</th><th>kind</th><th>types</th>"
	           "<th>default</th><th></th></tr></thead><tbody>\n",
	           before ? "since" : "from", opset_name(d->since));
	for (uint32_t i = 0; i < d->nparam; i++) {
		const Param *p = &d->param[i];
		if (p->kind == P_INTERNAL)
			continue;
		buf_puts(b, "<tr><td class=\"code\">");
		html_text(b, p->name);
		buf_printf(b, "</td><td>%s%s</td><td>", p->constant ? "constant " : "",
		           kinds[p->kind]);
		put_types(b, p);
		buf_puts(b, "</td><td class=\"code\">");
		html_text(b, p->dflt ? p->dflt : p->optional ? "none" : "");
		buf_printf(b, "</td><td>%s</td></tr>\n", change_of(before, p));
	}
	buf_puts(b, "</tbody></table>\n");
	for (uint32_t i = 0; before && i < before->nparam; i++)
		if (!param_named(d, before->param[i].name)) {
			buf_puts(b, "<p>Without ");
			tag(b, "code", before->param[i].name);
			buf_puts(b, ".</p>\n");
		}
}

/* ---- the Neural Engine ---- */

static void
put_sources(Buf *b, const Evidence *e, const char *list)
{
	SourceKey key;

	buf_puts(b, "<ul>\n");
	while (source_next(&list, key)) {
		const Proof *p = evidence_proof(e, key);
		if (!p)
			continue;
		buf_puts(b, "<li>[<a href=\"sources.html#");
		html_text(b, key);
		buf_puts(b, "\">");
		html_text(b, key);
		buf_puts(b, "</a>] ");
		html_text(b, p->title);
		buf_puts(b, "</li>\n");
	}
	buf_puts(b, "</ul>\n");
}

static void
named(Buf *b, const char *what, const char *text)
{
	if (!text)
		return;
	buf_printf(b, "<p><b>%s</b> ", what);
	html_text(b, text);
	buf_puts(b, "</p>\n");
}

static void
put_engine(Buf *b, const Evidence *e, const OpRow *r)
{
	buf_puts(b, "<h2>On the Neural Engine</h2>\n");
	if (!r) {
		buf_puts(b, "<p>No source says anything.</p>\n");
		return;
	}
	buf_puts(b, "<p>");
	pill(b, r->verdict);
	buf_printf(b, " assume: %s; confidence: %s</p>\n", assume_name[r->assume],
	           r->confidence ? r->confidence : "not said");
	buf_puts(b, "<table><thead><tr>");
	for (int i = 0; i < FAMILY_CELLS; i++)
		tag(b, "th", cells[i]);
	buf_puts(b, "<th>tried alone on M5</th></tr></thead><tbody><tr>");
	for (int i = 0; i < FAMILY_CELLS; i++)
		tag(b, "td", r->cell[i] ? r->cell[i] : "not said");
	tag(b, "td", r->sweep ? r->sweep : "not tried");
	buf_puts(b, "</tr></tbody></table>\n");
	if (r->conditions) {
		buf_puts(b, "<p><b>conditions</b> ");
		tag(b, "code", r->conditions);
		buf_puts(b, "</p>\n");
	}
	named(b, "instead", r->rewrite);
	named(b, "notes", r->notes);
	put_sources(b, e, r->sources);
}

/* ---- examples ---- */

static void
put_example(Buf *b, const Example *x)
{
	buf_puts(b, "<h2>Example ");
	html_text(b, x->name);
	buf_puts(b, ".mil</h2>\n<pre>");
	html_text(b, x->script);
	buf_puts(b, "</pre>\n");
	if (x->picture)
		buf_puts(b, x->picture);
	buf_puts(b, "<p>MIL text, <code>milc ");
	html_text(b, x->options);
	buf_printf(b, "%s-S ", *x->options ? " " : "");
	html_text(b, x->name);
	buf_puts(b, ".mil</code></p>\n<pre>");
	html_text(b, x->text);
	buf_puts(b, "</pre>\n<p>Numbers in, by <code>milc run --seed 1</code></p>\n<pre>");
	html_text(b, x->inputs);
	buf_puts(b, "</pre>\n<p>and out</p>\n<pre>");
	html_text(b, x->outputs);
	buf_puts(b, "</pre>\n<p>Layers of a NeuralNetwork: ");
	html_text(b, x->layers ? x->layers : "none, it cannot be converted");
	buf_puts(b, "</p>\n");
}

void
reference_op(Buf *b, const OpPage *p)
{
	const OpDef *d = p->op, *before = NULL;

	begin(b, d->name, true);
	buf_puts(b, "<p class=\"dim\">");
	html_text(b, d->family);
	buf_puts(b, d->flags & DIALECT ? "; of a front end: lowered before a model is saved</p>\n"
	                               : "</p>\n");
	if (op_what(d->code)) {
		buf_puts(b, "<p>");
		html_text(b, op_what(d->code));
		buf_puts(b, "</p>\n");
	}
	for (; d; before = d, d = op_newer(d))
		put_version(b, d, before);
	put_engine(b, p->evidence, evidence_op(p->evidence, p->op->name));
	for (uint32_t i = 0; i < p->n; i++)
		put_example(b, &p->example[i]);
	end(b);
}

/* ---- the pages around them ---- */

void
reference_index(Buf *b, const Evidence *e)
{
	size_t n;
	const OpDef *d = op_rows(&n);

	begin(b, "Operations", false);
	buf_puts(b, "<p><input id=\"filter\" placeholder=\"filter\" aria-label=\"filter\"></p>\n"
	            "<table><thead><tr><th>operation</th><th>family</th><th>versions</th>"
	            "<th>Neural Engine</th><th>earliest</th></tr></thead><tbody id=\"rows\">\n");
	for (size_t i = 0; i < n; i++) {
		const OpRow *r = evidence_op(e, d[i].name);
		if (!reference_has(&d[i]))
			continue;
		buf_printf(b,
		           "<tr><td class=\"code\"><a href=\"%s.html\">%s</a></td><td>%s</td><td>",
		           d[i].name, d[i].name, d[i].family);
		for (const OpDef *v = &d[i]; v; v = op_newer(v))
			buf_printf(b, "%s%s", v == &d[i] ? "" : ", ", opset_name(v->since));
		buf_puts(b, "</td><td>");
		pill(b, r ? r->verdict : ROW_UNKNOWN);
		buf_puts(b, "</td>");
		tag(b, "td", r && r->earliest ? r->earliest : "");
		buf_puts(b, "</tr>\n");
	}
	buf_puts(b, "</tbody></table>\n<script>\n'use strict';\n"
	            "document.getElementById('filter').oninput = (e) => {\n"
	            "\tfor (const r of document.getElementById('rows').rows)\n"
	            "\t\tr.hidden = !r.textContent.includes(e.target.value);\n};\n</script>\n");
	end(b);
}

void
reference_rules(Buf *b, const Evidence *e)
{
	begin(b, "Rules of the Neural Engine", false);
	for (uint32_t i = 0; i < e->limit.n; i++) {
		const Limit *l = &e->limit.at[i];
		buf_printf(b, "<h2 id=\"%s\">%s</h2>\n<p>", l->id, l->id);
		html_text(b, l->statement);
		buf_printf(b, "</p>\n<p class=\"dim\">%s, %s; confidence %s</p>\n", l->scope,
		           limit_severity_name[l->severity],
		           l->confidence ? l->confidence : "not said");
		if (l->condition) {
			buf_puts(b, "<p>");
			tag(b, "code", l->condition);
			buf_puts(b, "</p>\n");
		}
		named(b, "consequence", l->consequence);
		named(b, "instead", l->instead);
		put_sources(b, e, l->sources);
	}
	end(b);
}

void
reference_sources(Buf *b, const Evidence *e)
{
	begin(b, "Sources", false);
	buf_puts(b, "<table><thead><tr><th>key</th><th>what</th><th>date</th><th>observed on</th>"
	            "<th>layer</th><th>confidence</th></tr></thead><tbody>\n");
	for (uint32_t i = 0; i < e->proof.n; i++) {
		const Proof *p = &e->proof.at[i];
		buf_puts(b, "<tr id=\"");
		html_text(b, p->key);
		buf_puts(b, "\">");
		tag(b, "td", p->key);
		buf_puts(b, "<td>");
		html_text(b, p->title);
		if (p->url && strncmp(p->url, "https://", 8) == 0 && !strchr(p->url, ' ')) {
			buf_puts(b, "<br><a href=\"");
			html_text(b, p->url);
			buf_puts(b, "\">");
			html_text(b, p->url);
			buf_puts(b, "</a>");
		}
		if (p->note) {
			buf_puts(b, "<br>");
			html_text(b, p->note);
		}
		buf_puts(b, "</td>");
		tag(b, "td", p->date);
		tag(b, "td", p->observed_on);
		tag(b, "td", p->layer);
		tag(b, "td", p->confidence);
		buf_puts(b, "</tr>\n");
	}
	buf_puts(b, "</tbody></table>\n");
	end(b);
}

void
reference_names(Buf *b)
{
	size_t n;
	const CondName *name = cond_names(&n);

	begin(b, "Names of conditions", false);
	buf_puts(b, "<table><tbody>\n");
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, "<tr id=\"%s\"><td class=\"code\">%s</td>", name[i].name,
		           name[i].name);
		tag(b, "td", name[i].formula ? name[i].formula : name[i].say);
		buf_puts(b, "</tr>\n");
	}
	const CondCall *call = cond_calls(&n);
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, "<tr id=\"%s\"><td class=\"code\">%s(…)</td>", call[i].name,
		           call[i].name);
		tag(b, "td", call[i].formula);
		buf_puts(b, "</tr>\n");
	}
	buf_puts(b, "</tbody></table>\n");
	end(b);
}
