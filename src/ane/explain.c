/* explain.c: what the tables say about a word: an operation, a rule, a source, a name of
 * conditions, or a word of the tables themselves. Words that came up are explained at the end,
 * once.
 */
#include "ane.h"

enum { LABEL = 14, WIDTH = 80, LEAST = 40, MOST_WORDS = 64 };

typedef struct Explaining {
	Buf *b;
	const Evidence *evidence;
	uint32_t width;
	bool said[MOST_WORDS]; /* by the place in words.def */
	bool any;
} Explaining;

/* ---- words ---- */

static void
note_word(Explaining *x, WordKind kind, const char *word)
{
	size_t n;
	const TableWord *first = table_words(&n), *w = word ? table_word(kind, word) : NULL;

	if (w && w - first < MOST_WORDS)
		x->said[w - first] = x->any = true;
}

static void
note_marks(Explaining *x, const Clauses *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const Clause *k = &c->at[i];
		if (k->kind == CLAUSE_GLOBAL)
			note_word(x, WORD_MARK, "G");
		else if (k->kind == CLAUSE_REMARK)
			note_word(x, WORD_MARK, k->limits ? "#!" : "#");
		else if (k->soft)
			note_word(x, WORD_MARK, "~");
	}
}

/* Of "iOS15,iOS17" none, of "compiler-only" that. */
static void
note_opsets(Explaining *x, const char *list)
{
	char word[32];

	while (list && *list) {
		size_t n = strcspn(list, ",");
		snprintf(word, sizeof word, "%.*s", (int)MIN(n, sizeof word - 1), list);
		note_word(x, WORD_OPSET, word);
		list += n + (list[n] == ',');
	}
}

static void
put_words(Explaining *x)
{
	size_t n;
	const TableWord *w = table_words(&n);

	if (!x->any)
		return;
	buf_puts(x->b, "\nwords\n");
	for (size_t i = 0; i < n; i++)
		if (x->said[i]) {
			buf_printf(x->b, "  %s: ", w[i].word);
			ane_wrap(x->b, w[i].sentence, (uint32_t)strlen(w[i].word) + 4, 4, x->width);
		}
}

/* ---- lines ---- */

static void
line(Explaining *x, const char *what, const char *s)
{
	if (!s)
		return;
	buf_printf(x->b, "  %-*s ", LABEL, what);
	ane_wrap(x->b, s, LABEL + 3, LABEL + 3, x->width);
}

/* "conv: conditional" */
static void
head(Explaining *x, const char *key, const char *s)
{
	buf_printf(x->b, "%s: ", key);
	ane_wrap(x->b, s, (uint32_t)strlen(key) + 2, 2, x->width);
}

static void
sources(Explaining *x, const char *list)
{
	SourceKey key;

	while (source_next(&list, key)) {
		const Proof *p = evidence_proof(x->evidence, key);
		Buf text = {0};
		if (!p)
			continue;
		buf_printf(x->b, "  [%s] ", p->key);
		buf_printf(&text, "%s, %s", p->title, p->date ? p->date : "");
		ane_wrap(x->b, text.at, (uint32_t)strlen(p->key) + 5, 4, x->width);
		buf_free(&text);
		buf_printf(x->b, "    %s\n", p->url);
	}
}

static void
explain_op(Explaining *x, const OpRow *r)
{
	static const char *const cell[] = {"H13 A14 M1", "H14 A15 M2", "H15 A16 M3",
	                                   "H16 and later"};

	head(x, r->op, row_verdict_name[r->verdict]);
	note_word(x, WORD_VERDICT, row_verdict_name[r->verdict]);
	line(x, "opsets", r->vocab);
	note_opsets(x, r->vocab);
	line(x, "assume", assume_name[r->assume]);
	note_word(x, WORD_ASSUME, assume_name[r->assume]);
	line(x, "conditions", r->conditions);
	note_marks(x, &r->clauses);
	line(x, "earliest", r->earliest);
	for (int i = 0; i < FAMILY_CELLS; i++) {
		line(x, cell[i], r->cell[i]);
		note_word(x, WORD_CELL, r->cell[i]);
	}
	line(x, "sweep on M5", r->sweep);
	note_word(x, WORD_SWEEP, r->sweep);
	line(x, "instead", r->rewrite);
	line(x, "confidence", r->confidence);
	line(x, "notes", r->notes);
	sources(x, r->sources);
}

static void
explain_limit(Explaining *x, const Limit *l)
{
	head(x, l->id, l->statement);
	line(x, "scope", l->scope);
	line(x, "severity", limit_severity_name[l->severity]);
	note_word(x, WORD_SEVERITY, limit_severity_name[l->severity]);
	line(x, "condition", l->condition);
	note_marks(x, &l->clauses);
	line(x, "consequence", l->consequence);
	line(x, "instead", l->instead);
	line(x, "confidence", l->confidence);
	sources(x, l->sources);
}

static void
explain_proof(Explaining *x, const Proof *p)
{
	head(x, p->key, p->title);
	line(x, "at", p->url);
	line(x, "date", p->date);
	line(x, "observed on", p->observed_on);
	line(x, "layer", p->layer);
	line(x, "confidence", p->confidence);
	line(x, "note", p->note);
}

static bool
explain_names(Explaining *x, const char *key)
{
	bool all = strcmp(key, "names") == 0, any = false;
	size_t n;
	const CondName *name = cond_names(&n);

	for (size_t i = 0; i < n; i++)
		if (all || strcmp(name[i].name, key) == 0) {
			Buf text = {0};
			buf_printf(&text, "%s%s", name[i].open ? "unknown: " : "", name[i].formula);
			head(x, name[i].name, text.at);
			buf_free(&text);
			any = true;
		}
	const CondCall *call = cond_calls(&n);
	for (size_t i = 0; i < n; i++)
		if (all || strcmp(call[i].name, key) == 0) {
			Buf text = {0};
			buf_printf(&text, "%s(%s)%c", call[i].name,
			           call[i].narg == 2 ? "'a', 'b'" : "'a'", 0);
			head(x, text.at, call[i].formula);
			buf_free(&text);
			any = true;
		}
	return any;
}

/* One of the words themselves, or all: of several kinds, each sentence. */
static bool
explain_words(Explaining *x, const char *key)
{
	size_t n;
	const TableWord *w = table_words(&n);
	bool any = false;

	for (size_t i = 0; i < n; i++)
		if (strcmp(key, "words") == 0 || strcmp(key, w[i].word) == 0) {
			head(x, w[i].word, w[i].sentence);
			any = true;
		}
	return any;
}

bool
ane_explain(Buf *b, const Evidence *e, const char *key, uint32_t width)
{
	Explaining x = {b, e, width ? MAX(width, LEAST) : WIDTH, {0}, false};
	const OpRow *r = evidence_op(e, key);
	const Limit *l = evidence_limit(e, key);
	const Proof *p = evidence_proof(e, key);
	bool any = r || l || p;

	if (r)
		explain_op(&x, r);
	if (l)
		explain_limit(&x, l);
	if (p)
		explain_proof(&x, p);
	any |= explain_names(&x, key);
	any |= explain_words(&x, key);
	put_words(&x);
	return any;
}
