/* evidence.c: the tables of evidence, as they stand in the folder, cut into rows and columns. They
 * are compiled in as bytes: pointers to their texts would cost every start.
 */
#include "evidence.h"

#include "base/embed.h"
#include "syntax/syntax.h"

enum { COLUMNS = 16 };

const char *const row_verdict_name[] = {
    "native", "conditional", "decomposed-or-rewritten", "no-hardware-path", "unknown", NULL};
const char *const assume_name[] = {"ane", "ane-if", "fallback", "folded", NULL};
const char *const limit_severity_name[] = {"hard",   "soft", "numeric", "placement",
                                           "advice", "info", "private", NULL};

typedef struct Loader {
	Evidence *e;
	Arena *arena;
	Diag *diag;
	Tree tree;
	bool good;
} Loader;

typedef struct Cells { /* of a row */
	Span at;
	const char *s[COLUMNS]; /* 0: "-" */
	Span span[COLUMNS];
	uint32_t n;
} Cells;

/* Which of the words it is; reports that it is none. */
static int
word(Loader *l, const Cells *c, uint32_t column, const char *const *words, const char *what)
{
	const char *s = c->s[column] ? c->s[column] : "-";
	int i = 0;

	while (words[i] && strcmp(words[i], s) != 0)
		i++;
	if (words[i])
		return i;
	l->good = diag_error(l->diag, c->span[column], "'%s' is no %s", s, what);
	return 0;
}

static void
conditions(Loader *l, const Cells *c, uint32_t column, const char *op, Clauses *out)
{
	Span at = c->span[column];

	if (c->s[column])
		l->good &= clauses_parse(&l->tree, c->s[column], at.len, at.at, op, out);
}

static void
row_of_ops(Loader *l, const Cells *c)
{
	const char *const *s = c->s;
	OpRow *r;

	vec_push(l->arena, &l->e->op, (OpRow){.at = c->at});
	r = &l->e->op.at[l->e->op.n - 1];
	r->op = s[0], r->vocab = s[1], r->category = s[2];
	r->verdict = (RowVerdict)word(l, c, 3, row_verdict_name, "verdict");
	r->assume = (Assume)word(l, c, 4, assume_name, "word for what to assume");
	r->conditions = s[5], r->earliest = s[6];
	for (int i = 0; i < FAMILY_CELLS; i++)
		r->cell[i] = s[7 + i];
	r->sweep = s[11], r->rewrite = s[12], r->sources = s[13], r->confidence = s[14];
	r->notes = s[15];
	conditions(l, c, 5, op_find(r->op, strlen(r->op)) ? r->op : NULL, &r->clauses);
}

static void
row_of_limits(Loader *l, const Cells *c)
{
	static const char *const global[] = {"tensor", "dtype", "shape"};
	const char *const *s = c->s;
	Limit *r;

	vec_push(l->arena, &l->e->limit, (Limit){.at = c->at});
	r = &l->e->limit.at[l->e->limit.n - 1];
	r->id = s[0], r->scope = s[1], r->statement = s[2], r->condition = s[3];
	r->severity = (LimitSeverity)word(l, c, 4, limit_severity_name, "severity");
	r->consequence = s[5], r->sources = s[6], r->confidence = s[7], r->instead = s[8];
	for (size_t i = 0; i < countof(global) && r->severity == LIMIT_HARD; i++)
		r->global |= r->scope && strcmp(r->scope, global[i]) == 0;
	conditions(l, c, 3, NULL, &r->clauses);
}

static void
row_of_sources(Loader *l, const Cells *c)
{
	const char *const *s = c->s;

	vec_push(l->arena, &l->e->proof,
	         (Proof){c->at, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]});
}

static Cells
cells_of(Loader *l, const Source *src, size_t at, size_t end)
{
	Cells c = {.at = diag_span(src, at, end - at)};
	size_t from = at;

	for (size_t i = at; i <= end && c.n < COLUMNS; i++) {
		if (i < end && src->text[i] != '\t')
			continue;
		c.span[c.n] = diag_span(src, from, i - from);
		if (i - from != 1 || src->text[from] != '-')
			c.s[c.n] =
			    arena_printf(l->arena, "%.*s", (int)(i - from), src->text + from);
		c.n++;
		from = i + 1;
	}
	return c;
}

static void
table(Loader *l, const TableText *t, uint32_t columns, void (*row)(Loader *, const Cells *))
{
	Source *src = diag_add_source(l->diag, t->name, t->text, t->n);
	const char *text = t->text;
	size_t end, n = t->n;
	Cells c;

	if (!src) {
		l->good = false;
		return;
	}
	src->inner = true;
	for (size_t at = 0; at < n; at = end + 1) {
		const char *nl = memchr(text + at, '\n', n - at);
		end = nl ? (size_t)(nl - text) : n;
		c = cells_of(l, src, at, end);
		if (at && c.n != columns)
			l->good = diag_error(l->diag, c.at, "%u columns, not %u", c.n, columns);
		else if (at && !c.s[0])
			l->good = diag_error(l->diag, c.at, "the row has no name");
		else if (at)
			row(l, &c);
	}
}

bool
evidence_read(Evidence *e, Arena *a, Interner *names, Diag *d, const TableText t[3])
{
	Loader l = {.e = e, .arena = a, .diag = d, .good = true};

	memset(e, 0, sizeof *e);
	tree_init(&l.tree, a, names, d);
	table(&l, &t[0], 16, row_of_ops);
	table(&l, &t[1], 9, row_of_limits);
	table(&l, &t[2], 8, row_of_sources);
	map_init(&e->by_op, a);
	for (uint32_t i = e->op.n; i-- > 0;) /* of two rows, the first */
		map_put(&e->by_op, hash_bytes(e->op.at[i].op, strlen(e->op.at[i].op), 0),
		        &e->op.at[i]);
	return l.good;
}

bool
evidence_load(Evidence *e, Arena *a, Interner *names, Diag *d)
{
	const TableText t[3] = {{"src/ane/ops.tsv", embed_ops_tsv, embed_ops_tsv_size},
	                        {"src/ane/limits.tsv", embed_limits_tsv, embed_limits_tsv_size},
	                        {"src/ane/sources.tsv", embed_sources_tsv, embed_sources_tsv_size}};

	return evidence_read(e, a, names, d, t);
}

/* ---- asking ---- */

const OpRow *
evidence_op(const Evidence *e, const char *op)
{
	return map_get(&e->by_op, hash_bytes(op, strlen(op), 0));
}

const Limit *
evidence_limit(const Evidence *e, const char *id)
{
	for (uint32_t i = 0; i < e->limit.n; i++)
		if (strcmp(e->limit.at[i].id, id) == 0)
			return &e->limit.at[i];
	return NULL;
}

const Proof *
evidence_proof(const Evidence *e, const char *key)
{
	for (uint32_t i = 0; i < e->proof.n; i++)
		if (strcmp(e->proof.at[i].key, key) == 0)
			return &e->proof.at[i];
	return NULL;
}

bool
source_next(const char **list, SourceKey key)
{
	const char *s = *list ? *list + strspn(*list, " ") : "";
	size_t n = strcspn(s, " "), kept = MIN(n, sizeof(SourceKey) - 1);

	memcpy(key, s, kept);
	key[kept] = 0;
	*list = s + n;
	return n;
}

/* ---- families ---- */

static const struct {
	const char *name, *chips;
	const char *also[6];
} families[] = {
    {"H13", "A14, M1", {"A14", "M1"}}, {"H14", "A15, M2", {"A15", "M2"}},
    {"H15", "A16, M3", {"A16", "M3"}}, {"H16", "A17 Pro, M4", {"A17", "A17Pro", "M4"}},
    {"H17", "A18, M5", {"A18", "M5"}}, {"H18", "A19, M6", {"A19", "M6"}},
};

int
family_find(const char *name)
{
	for (size_t i = 0; i < countof(families); i++) {
		if (strcmp(families[i].name, name) == 0)
			return FAMILY_FIRST + (int)i;
		for (size_t k = 0; families[i].also[k]; k++)
			if (strcmp(families[i].also[k], name) == 0)
				return FAMILY_FIRST + (int)i;
	}
	return 0;
}

const char *
family_name(int family)
{
	return families[family - FAMILY_FIRST].name;
}

const char *
family_chips(int family)
{
	return families[family - FAMILY_FIRST].chips;
}

int
family_cell(int family)
{
	return MIN(family - FAMILY_FIRST, FAMILY_CELLS - 1);
}

/* ---- checking ---- */

static bool
check_sources(const Evidence *e, Diag *d, Span at, const char *sources)
{
	bool good = true;
	SourceKey key;

	while (source_next(&sources, key))
		if (!evidence_proof(e, key))
			good = diag_error(d, at, "there is no source '%s'", key);
	return good;
}

static bool
check_op(const Evidence *e, Diag *d, const OpRow *r)
{
	bool ours = op_find(r->op, strlen(r->op)), good = true;
	bool foreign = r->vocab && (strcmp(r->vocab, "compiler-only") == 0 ||
	                            strcmp(r->vocab, "coreml-file") == 0);

	if (!ours && !foreign)
		good = diag_error(d, r->at, "there is no operation '%s'", r->op);
	if (evidence_op(e, r->op) != r)
		good = diag_error(d, r->at, "there is another row of '%s'", r->op);
	for (int i = 0; i < FAMILY_CELLS; i++)
		if (r->cell[i] && !table_word(WORD_CELL, r->cell[i]))
			good = diag_error(d, r->at, "'%s' is no word for a family", r->cell[i]);
	if (r->sweep && !table_word(WORD_SWEEP, r->sweep))
		good = diag_error(d, r->at, "'%s' is no word for what a test came to", r->sweep);
	return check_sources(e, d, r->at, r->sources) & good;
}

bool
evidence_check(const Evidence *e, Diag *d)
{
	bool good = true;
	size_t n;
	const OpDef *def = op_rows(&n);

	for (uint32_t i = 0; i < e->op.n; i++)
		good &= check_op(e, d, &e->op.at[i]);
	for (uint32_t i = 0; i < e->limit.n; i++) {
		const Limit *l = &e->limit.at[i];
		if (evidence_limit(e, l->id) != l)
			good = diag_error(d, l->at, "there is another rule '%s'", l->id);
		good &= check_sources(e, d, l->at, l->sources);
	}
	for (uint32_t i = 0; i < e->proof.n; i++)
		if (evidence_proof(e, e->proof.at[i].key) != &e->proof.at[i])
			good = diag_error(d, e->proof.at[i].at, "there is another source '%s'",
			                  e->proof.at[i].key);
	for (size_t i = 0; i < n; i++)
		if (!evidence_op(e, def[i].name))
			good = diag_error(d, NOSPAN, "src/ane/ops.tsv has no row of '%s'",
			                  def[i].name);
	return good;
}
