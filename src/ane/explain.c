/* explain.c: what the tables say about a word: an operation, a rule, a source, a name of
 * conditions. */
#include "ane.h"

static void
line(Buf *b, const char *what, const char *s)
{
	if (s)
		buf_printf(b, "  %-14s %s\n", what, s);
}

static void
sources(Buf *b, const Evidence *e, const char *list)
{
	SourceKey key;

	while (source_next(&list, key)) {
		const Proof *p = evidence_proof(e, key);
		if (p)
			buf_printf(b, "  [%s] %s, %s\n    %s\n", p->key, p->title,
			           p->date ? p->date : "", p->url);
	}
}

static void
explain_op(Buf *b, const Evidence *e, const OpRow *r)
{
	static const char *const cell[] = {"H13 A14 M1", "H14 A15 M2", "H15 A16 M3",
	                                   "H16 and later"};

	buf_printf(b, "%s: %s\n", r->op, row_verdict_name[r->verdict]);
	line(b, "opsets", r->vocab);
	line(b, "assume", assume_name[r->assume]);
	line(b, "conditions", r->conditions);
	line(b, "earliest", r->earliest);
	for (int i = 0; i < FAMILY_CELLS; i++)
		line(b, cell[i], r->cell[i]);
	line(b, "sweep on M5", r->sweep);
	line(b, "instead", r->rewrite);
	line(b, "confidence", r->confidence);
	line(b, "notes", r->notes);
	sources(b, e, r->sources);
}

static void
explain_limit(Buf *b, const Evidence *e, const Limit *l)
{
	buf_printf(b, "%s: %s\n", l->id, l->statement);
	line(b, "scope", l->scope);
	line(b, "severity", limit_severity_name[l->severity]);
	line(b, "condition", l->condition);
	line(b, "consequence", l->consequence);
	line(b, "instead", l->instead);
	line(b, "confidence", l->confidence);
	sources(b, e, l->sources);
}

static void
explain_proof(Buf *b, const Proof *p)
{
	buf_printf(b, "%s: %s\n", p->key, p->title);
	line(b, "at", p->url);
	line(b, "date", p->date);
	line(b, "observed on", p->observed_on);
	line(b, "layer", p->layer);
	line(b, "confidence", p->confidence);
	line(b, "note", p->note);
}

static bool
explain_names(Buf *b, const char *key)
{
	bool all = strcmp(key, "names") == 0, any = false;
	size_t n;
	const CondName *name = cond_names(&n);

	for (size_t i = 0; i < n; i++)
		if (all || strcmp(name[i].name, key) == 0) {
			buf_printf(b, "%s: %s%s\n", name[i].name, name[i].open ? "unknown: " : "",
			           name[i].formula);
			any = true;
		}
	const CondCall *call = cond_calls(&n);
	for (size_t i = 0; i < n; i++)
		if (all || strcmp(call[i].name, key) == 0) {
			buf_printf(b, "%s(%s): %s\n", call[i].name,
			           call[i].narg == 2 ? "'a', 'b'" : "'a'", call[i].formula);
			any = true;
		}
	return any;
}

bool
ane_explain(Buf *b, const Evidence *e, const char *key)
{
	const OpRow *r = evidence_op(e, key);
	const Limit *l = evidence_limit(e, key);
	const Proof *p = evidence_proof(e, key);

	if (r)
		explain_op(b, e, r);
	if (l)
		explain_limit(b, e, l);
	if (p)
		explain_proof(b, p);
	return explain_names(b, key) || r || l || p;
}
