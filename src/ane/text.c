/* text.c: reports for a terminal: the operations with the reasons behind their verdicts, the rules
 * that are broken, the summary. Reasons that were given before are not repeated.
 */
#include "ane.h"

#include <stdio.h>

enum { MARGIN = 6 };

typedef struct Writer {
	Buf *b;
	const AneLook *look;
	Map said; /* hash of a reason -> one that was printed */
	uint32_t wplace, wname, wop, wtype;
} Writer;

typedef enum Hue { HUE_NONE, HUE_GREEN, HUE_BLUE, HUE_RED, HUE_YELLOW, HUE_DIM, HUE_BOLD } Hue;
static const Hue verdict_hue[] = {HUE_GREEN, HUE_GREEN, HUE_RED, HUE_BLUE, HUE_RED, HUE_YELLOW};

static void
hue(Writer *w, Hue h, const char *text)
{
	static const char *const code[] = {"",         "\033[32m", "\033[34m", "\033[31m",
	                                   "\033[33m", "\033[2m",  "\033[1m"};

	if (w->look->color)
		buf_puts(w->b, code[h]);
	buf_puts(w->b, text);
	if (w->look->color && h)
		buf_puts(w->b, "\033[0m");
}

static void
column(Writer *w, const char *s, uint32_t width)
{
	size_t n = strlen(s);

	put_safe(w->b, s);
	buf_puts(w->b, "  ");
	for (size_t i = utf8_count(s, n); i < width; i++)
		buf_byte(w->b, ' ');
}

void
ane_wrap(Buf *b, const char *text, uint32_t at, uint32_t hang, uint32_t width)
{
	bool begun = false; /* a word stands on the line */

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t n = strcspn(text, " ");
		uint32_t columns = utf8_count(text, n);
		if (begun && at + 1 + columns > width) {
			buf_printf(b, "\n%*s", (int)hang, "");
			at = hang;
			begun = false;
		}
		if (begun)
			buf_byte(b, ' '), at++;
		buf_put(b, text, n);
		at += columns;
		text += n;
		begun = true;
	}
	buf_byte(b, '\n');
}

/* Under a margin. */
static void
paragraph(Writer *w, uint32_t margin, Hue h, const char *lead, const char *text)
{
	uint32_t width = w->look->width ? MAX(w->look->width, 40) : 100;

	buf_printf(w->b, "%*s", (int)margin, "");
	hue(w, h, lead);
	ane_wrap(w->b, text, margin + (uint32_t)strlen(lead), margin + 2, width);
}

/* ---- places ---- */

/* Line of the script; of a model that was read, nothing. */
static const char *
place_of(const Writer *w, const Inst *i, char *out, size_t n)
{
	uint32_t line = 0, col = 0;

	*out = 0;
	if (i->span.at && w->look->diag && diag_place(w->look->diag, i->span.at, &line, &col))
		snprintf(out, n, "%u:%u", line, col);
	return out;
}

static const char *
name_of(const Inst *i)
{
	return i->nout && i->out[0]->name ? i->out[0]->name->s : i->name ? i->name->s : "";
}

static const char *
type_of(const Inst *i, char *out, size_t n)
{
	const Type *t = i->nout ? i->out[0]->type : NULL;
	Buf b = {0};

	if (t && t->kind == TY_TENSOR) {
		buf_puts(&b, dtype_info[t->dtype].mil);
		for (uint32_t k = 0; k < t->rank; k++) {
			buf_byte(&b, k ? 'x' : ' ');
			if (dim_known(t->dim[k]))
				buf_printf(&b, "%lld", (long long)t->dim[k]);
			else
				buf_byte(&b, '?');
		}
	}
	snprintf(out, n, "%s", b.at ? b.at : "");
	buf_free(&b);
	return out;
}

/* ---- operations ---- */

static void
measure(Writer *w, const AneReport *r)
{
	char s[64];

	w->wplace = w->wname = w->wop = w->wtype = 0;
	for (uint32_t i = 0; i < r->op.n; i++) {
		const Inst *x = r->op.at[i].inst;
		w->wplace = MAX(w->wplace, (uint32_t)strlen(place_of(w, x, s, sizeof s)));
		w->wname = MAX(w->wname, utf8_count(name_of(x), strlen(name_of(x))));
		w->wop = MAX(w->wop, (uint32_t)strlen(x->op->name));
		w->wtype = MAX(w->wtype, (uint32_t)strlen(type_of(x, s, sizeof s)));
	}
	w->wname = MIN(w->wname, 28);
}

static void
put_place(Writer *w, const Inst *i)
{
	char s[64];

	buf_puts(w->b, "  ");
	if (w->wplace)
		column(w, place_of(w, i, s, sizeof s), w->wplace);
	column(w, name_of(i), w->wname);
	column(w, i->op->name, w->wop);
	column(w, type_of(i, s, sizeof s), w->wtype);
}

/* Whether it was not said yet. */
static bool
fresh(Writer *w, const OpReport *o)
{
	Buf b = {0};
	uint64_t key;

	buf_puts(&b, o->inst->op->name);
	for (uint32_t i = 0; i < o->findings.n; i++)
		buf_printf(&b, "|%s|%s", o->findings.at[i].clause->text,
		           o->findings.at[i].why ? o->findings.at[i].why : "");
	key = hash_bytes(b.at, b.n, 1) | 1;
	buf_free(&b);
	if (map_get(&w->said, key))
		return false;
	map_put(&w->said, key, w);
	return true;
}

/* What another one says of the same name already: that of the operation goes before a rule. */
static bool
is_said(const OpReport *o, const Finding *f)
{
	for (uint32_t i = 0; f->about && f->rule && i < o->findings.n; i++) {
		const Finding *g = &o->findings.at[i];
		if (!g->rule && g->holds == TRI_NO && g->about && strcmp(f->about, g->about) == 0)
			return true;
	}
	return false;
}

static void
put_finding(Writer *w, const OpReport *o, const Finding *f)
{
	char lead[64];

	if (is_said(o, f) || o->verdict == ANE_NO_PATH)
		return;
	if (f->clause->kind == CLAUSE_REMARK) {
		paragraph(w, MARGIN, HUE_NONE,
		          f->clause->limits ? "remark: " : "note: ", f->clause->text);
		return;
	}
	if (f->clause->soft && f->holds != TRI_NO)
		return;
	snprintf(lead, sizeof lead, "%s%s%s", f->clause->soft ? "warning: " : "",
	         f->rule ? f->rule->id : "", f->rule ? ": " : "");
	paragraph(w, MARGIN, HUE_NONE, lead, f->why ? f->why : f->clause->text);
}

static void
put_reasons(Writer *w, const OpReport *o)
{
	bool good = o->expect == EXPECT_ENGINE || o->expect == EXPECT_FREE;

	for (uint32_t i = 0; i < o->findings.n; i++)
		put_finding(w, o, &o->findings.at[i]);
	if (!o->row) {
		paragraph(w, MARGIN, HUE_NONE, "", "no source says anything about this operation");
		return;
	}
	if (o->row->notes && !good)
		paragraph(w, MARGIN, HUE_NONE, "", o->row->notes);
	if (o->instead && !good)
		paragraph(w, MARGIN, HUE_NONE, "instead: ", o->instead);
	if (o->row->sources && !good) {
		char lead[64];
		snprintf(lead, sizeof lead, "sources (confidence %s): ",
		         o->row->confidence ? o->row->confidence : "unknown");
		paragraph(w, MARGIN, HUE_NONE, lead, o->row->sources);
	}
}

static const char *
words_of(const OpReport *o)
{
	if (o->verdict == ANE_MET && o->remark)
		return "conditions met, with a remark";
	return verdict_words[o->verdict];
}

static void
put_op(Writer *w, const OpReport *o)
{
	bool warned = false;

	put_place(w, o->inst);
	hue(w, verdict_hue[o->verdict], words_of(o));
	if (o->expect == EXPECT_ELSEWHERE && (o->verdict == ANE_MET || o->verdict == ANE_NATIVE))
		hue(w, HUE_RED, "; expected elsewhere");
	if (o->device)
		buf_printf(w->b, "; measured: %s", o->device);
	buf_byte(w->b, '\n');
	for (uint32_t i = 0; i < o->findings.n; i++)
		warned |= o->findings.at[i].holds == TRI_NO || o->findings.at[i].clause->limits;
	if (!warned && (o->expect == EXPECT_ENGINE || o->expect == EXPECT_FREE))
		return;
	if (fresh(w, o))
		put_reasons(w, o);
}

/* ---- rules ---- */

static void
put_rule(Writer *w, const RuleReport *r)
{
	char place[64], lead[64];
	Buf b = {0};

	snprintf(lead, sizeof lead, "%s %s: ", r->limit->id,
	         limit_severity_name[r->limit->severity]);
	buf_printf(&b, "%s (%s", r->limit->statement, r->why ? r->why : r->clause->text);
	if (r->broken) {
		buf_printf(&b, "; %u operation%s, first ", r->broken, r->broken == 1 ? "" : "s");
		if (*place_of(w, r->first, place, sizeof place))
			buf_printf(&b, "at %s", place);
		else
			put_safe(&b, name_of(r->first));
	}
	buf_puts(&b, ")");
	paragraph(w, 2, r->limit->severity == LIMIT_HARD ? HUE_RED : HUE_NONE, lead, b.at);
	buf_free(&b);
}

static void
put_rules(Writer *w, const AneReport *r)
{
	bool any = false, open = false;

	for (LimitSeverity s = LIMIT_HARD; s < LIMIT_INFO; s++)
		for (uint32_t i = 0; i < r->rule.n; i++) {
			if (r->rule.at[i].holds != TRI_NO || r->rule.at[i].limit->severity != s)
				continue;
			if (!any)
				hue(w, HUE_BOLD, "\nrules that it breaks\n");
			any = true;
			put_rule(w, &r->rule.at[i]);
		}
	for (uint32_t i = 0; i < r->rule.n; i++) {
		if (r->rule.at[i].holds != TRI_UNKNOWN)
			continue;
		buf_puts(w->b, open ? ", " : "\n  not known before a run: ");
		buf_puts(w->b, r->rule.at[i].limit->id);
		open = true;
	}
	if (open)
		buf_byte(w->b, '\n');
}

/* ---- the summary ---- */

static void
bar(Writer *w, const char *what, double part, double whole)
{
	int share = whole ? (int)(part * 100 / whole + 0.5) : 0;
	int filled = share * 30 / 100;

	buf_printf(w->b, "  %-12s ", what);
	if (w->look->color)
		buf_puts(w->b, "\033[32m");
	for (int i = 0; i < 30; i++) {
		if (i == filled && w->look->color)
			buf_puts(w->b, "\033[2m");
		buf_puts(w->b, w->look->color ? (i < filled ? "\u2588" : "\u2591")
		               : i < filled   ? "#"
		                              : ".");
	}
	if (w->look->color)
		buf_puts(w->b, "\033[0m");
	buf_printf(w->b, " %3d %% on the engine", share);
}

static void
quantity(Buf *b, double n)
{
	static const char *const unit[] = {"", " k", " M", " G", " T"};
	size_t i = 0;

	while (n >= 1000 && i + 1 < countof(unit))
		n /= 1000, i++;
	buf_printf(b, n < 10 && i ? "%.1f%s" : "%.0f%s", n, unit[i]);
}

static void
put_changes(Writer *w, const AneReport *r)
{
	for (uint32_t i = 0; i < r->nchange; i++) {
		const Remedy *c = &r->change[i];
		char lead[16];
		if (!i)
			hue(w, HUE_BOLD, "\nwhat would help most\n");
		snprintf(lead, sizeof lead, "%u. ", i + 1);
		paragraph(w, MARGIN, HUE_NONE, lead, c->cause);
		buf_printf(w->b, "         %u operation%s, ", c->nop, c->nop == 1 ? "" : "s");
		quantity(w->b, c->flops);
		buf_printf(w->b, "%sFLOPs, %u transition%s fewer\n", c->flops < 1000 ? " " : "",
		           c->transitions, c->transitions == 1 ? "" : "s");
		if (c->instead)
			paragraph(w, MARGIN + 3, HUE_NONE, "instead: ", c->instead);
	}
}

static void
put_summary(Writer *w, const AneReport *r)
{
	uint32_t ops = r->op.n - r->count[EXPECT_FREE];
	double flops = r->flops[EXPECT_ENGINE] + r->flops[EXPECT_ELSEWHERE] + r->flops[EXPECT_OPEN];

	hue(w, HUE_BOLD, "\nsummary\n");
	bar(w, "operations", r->count[EXPECT_ENGINE], ops);
	buf_printf(w->b, ": %u of %u, %u elsewhere, %u unknown; %u cost nothing\n",
	           r->count[EXPECT_ENGINE], ops, r->count[EXPECT_ELSEWHERE], r->count[EXPECT_OPEN],
	           r->count[EXPECT_FREE]);
	bar(w, "FLOPs", r->flops[EXPECT_ENGINE], flops);
	buf_puts(w->b, ": ");
	quantity(w->b, r->flops[EXPECT_ENGINE]);
	buf_puts(w->b, " of ");
	quantity(w->b, flops);
	buf_printf(w->b, "\n  %u segment%s on the engine, %u transition%s\n", r->segments,
	           r->segments == 1 ? "" : "s", r->transitions, r->transitions == 1 ? "" : "s");
	buf_printf(w->b,
	           "  expressible: all %u; eligible: %u as far as is known; placed: ", r->op.n,
	           r->count[EXPECT_ENGINE]);
	if (r->measured)
		buf_printf(w->b, "%u measured, %u as expected\n", r->measured, r->agree);
	else
		buf_puts(w->b, "only a device tells (P01)\n");
	put_changes(w, r);
}

/* ---- several families ---- */

static void
put_table(Writer *w, const AneReport *const *r, uint32_t n)
{
	static const char mark[] = "N+-RX?";

	for (uint32_t i = 0; i < r[0]->op.n; i++) {
		put_place(w, r[0]->op.at[i].inst);
		for (uint32_t k = 0; k < n; k++) {
			Verdict v = r[k]->op.at[i].verdict;
			char s[2] = {mark[v], 0};
			hue(w, verdict_hue[v], s);
			buf_puts(w->b, k + 1 < n ? "    " : "\n");
		}
	}
	buf_puts(w->b, "\n  N native  + conditions met  - conditions not met  R rewritten  X no "
	               "hardware path  "
	               "? unknown\n");
	for (uint32_t k = 0; k < n; k++) {
		uint32_t ops = r[k]->op.n - r[k]->count[EXPECT_FREE];
		bar(w, family_name(r[k]->family), r[k]->count[EXPECT_ENGINE], ops);
		buf_printf(w->b, ": %u of %u operations, %u transition%s\n",
		           r[k]->count[EXPECT_ENGINE], ops, r[k]->transitions,
		           r[k]->transitions == 1 ? "" : "s");
	}
}

static void
put_head(Writer *w, const AneReport *const *r, uint32_t n)
{
	Buf head = {0};

	put_safe(&head, r[0]->func->name ? r[0]->func->name->s : "main");
	buf_printf(&head, ": %u operation%s on ", r[0]->op.n, r[0]->op.n == 1 ? "" : "s");
	for (uint32_t k = 0; k < n; k++)
		buf_printf(&head, "%s%s (%s)", k ? ", " : "", family_name(r[k]->family),
		           family_chips(r[k]->family));
	buf_puts(&head, "\n\n");
	hue(w, HUE_BOLD, head.at);
	buf_free(&head);
}

void
ane_put(Buf *b, const AneReport *const *r, uint32_t n, const AneLook *look)
{
	Arena arena = {0};
	Writer w = {.b = b, .look = look};

	map_init(&w.said, &arena);
	measure(&w, r[0]);
	put_head(&w, r, n);
	if (n > 1) {
		put_table(&w, r, n);
	} else {
		for (uint32_t i = 0; i < r[0]->op.n; i++)
			put_op(&w, &r[0]->op.at[i]);
		put_rules(&w, r[0]);
		put_summary(&w, r[0]);
	}
	arena_free(&arena);
}
