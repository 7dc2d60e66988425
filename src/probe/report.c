/* report.c: what answers say about the rows, as text and as JSON:
 *
 *	conv: 3 agreed, 1 disagreed, 0 open, 1 not filled
 *	  conv_k15: expected engine (met), ran on cpu
 *	  measured: engine for k<=13, not for k=15
 *	  expected: engine for k<=15, not for k>=16
 *	    rows: kW<=(13 if fam<16 else 15)
 */
#include "probe.h"

#include "file/json.h"

#include <stdlib.h>

enum { AGREEMENTS = NOT_FILLED + 1 };

static void
count(const OpAnswers *o, uint32_t *n)
{
	memset(n, 0, AGREEMENTS * sizeof *n);
	for (uint32_t i = 0; i < o->answer.n; i++)
		n[answer_agreement(&o->answer.at[i])]++;
}

/* The clauses that keep points from the engine, each once; so many. */
static uint32_t
clauses(Arena *a, const OpAnswers *o, const char ***out)
{
	VEC(const char *) v = {0};

	for (uint32_t i = 0; i < o->answer.n; i++) {
		const Judged *j = &o->answer.at[i].judged;
		for (uint32_t k = 0; k < j->nclause; k++) {
			uint32_t at = 0;
			while (at < v.n && strcmp(v.at[at], j->clause[k]) != 0)
				at++;
			if (at == v.n)
				vec_push(a, &v, j->clause[k]);
		}
	}
	*out = v.at;
	return v.n;
}

/* ---- as text ---- */

/* "k<=13", of numbers from the smallest on; below: they are below the others. */
static void
put_side(Buf *b, const Splitting *s, const char *const *v, uint32_t n, bool below)
{
	buf_puts(b, s->axis->name);
	if (s->bound && n > 1) {
		buf_printf(b, "%s%s", below ? "<=" : ">=", v[below ? n - 1 : 0]);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i ? ", " : "=", v[i]);
}

static void
put_split(Buf *b, const Splitting *s)
{
	bool below = s->bound && strtod(s->yes[0], NULL) < strtod(s->no[0], NULL);

	buf_puts(b, "engine for ");
	put_side(b, s, s->yes, s->nyes, below);
	buf_puts(b, ", not for ");
	put_side(b, s, s->no, s->nno, !below);
}

static void
put_splits(Buf *b, Arena *a, const OpAnswers *o, bool measured)
{
	const char **clause;
	bool along;
	Splits s = split_answers(a, o, measured, &along);
	uint32_t n = measured ? 0 : clauses(a, o, &clause);

	for (uint32_t i = 0; i < s.n; i++) {
		buf_printf(b, "  %s: ", measured ? "measured" : "expected");
		put_split(b, &s.at[i]);
		if (along)
			buf_printf(b, ", else as %s", o->answer.at[0].name);
		buf_byte(b, '\n');
	}
	if (s.n && n) {
		buf_puts(b, "    rows: ");
		for (uint32_t i = 0; i < n; i++)
			buf_printf(b, "%s%s", i ? "; " : "", clause[i]);
		buf_byte(b, '\n');
	}
}

void
merged_put(Buf *b, Arena *a, const Merged *m)
{
	uint32_t n[AGREEMENTS], all[AGREEMENTS] = {0};

	for (uint32_t i = 0; i < m->op.n; i++) {
		const OpAnswers *o = &m->op.at[i];
		count(o, n);
		buf_printf(b, "%s: ", o->grid->probe->op);
		for (int k = 0; k < AGREEMENTS; k++) {
			buf_printf(b, "%s%u %s", k ? ", " : "", n[k], agreement_name[k]);
			all[k] += n[k];
		}
		buf_byte(b, '\n');
		for (uint32_t k = 0; k < o->answer.n; k++) {
			const Answer *x = &o->answer.at[k];
			if (answer_agreement(x) == DISAGREED)
				buf_printf(b, "  %s: expected %s (%s), ran on %s\n", x->name,
				           x->judged.expected, x->judged.verdict, x->device);
		}
		put_splits(b, a, o, true);
		put_splits(b, a, o, false);
	}
	buf_puts(b, "all: ");
	for (int k = 0; k < AGREEMENTS; k++)
		buf_printf(b, "%s%u %s", k ? ", " : "", all[k], agreement_name[k]);
	buf_byte(b, '\n');
}

/* ---- as JSON ---- */

static json_t *
texts(const char *const *v, uint32_t n)
{
	json_t *j = json_new_list();

	for (uint32_t i = 0; i < n; i++)
		json_item(j, json_words(v[i]));
	return j;
}

static json_t *
splits_json(Arena *a, const OpAnswers *o, bool measured)
{
	json_t *all = json_new_list();
	bool along;
	Splits s = split_answers(a, o, measured, &along);

	for (uint32_t i = 0; i < s.n; i++) {
		json_t *one = json_new_object();
		json_member(one, "variable", json_words(s.at[i].axis->name));
		json_member(one, "engine", texts(s.at[i].yes, s.at[i].nyes));
		json_member(one, "elsewhere", texts(s.at[i].no, s.at[i].nno));
		json_member(one, "along", json_boolean(along));
		json_item(all, one);
	}
	return all;
}

static json_t *
answer_json(const Answer *x)
{
	json_t *o = json_new_object(), *grid = json_new_object();

	for (uint32_t i = 0; i < x->point.grid->n; i++)
		json_member(grid, x->point.grid->axis[i].name, json_words(x->point.value[i]));
	json_member(o, "file", json_words(x->name));
	json_member(o, "grid", grid);
	json_member(o, "verdict", json_words(x->judged.verdict));
	json_member(o, "expected", json_words(x->judged.expected));
	json_member(o, "measured", json_words(x->device));
	json_member(o, "cost", x->cost < 0 ? json_null() : json_real(x->cost));
	json_member(o, "agreement", json_words(agreement_name[answer_agreement(x)]));
	json_member(o, "clauses", texts(x->judged.clause, x->judged.nclause));
	return o;
}

static json_t *
op_json(Arena *a, const OpAnswers *o)
{
	json_t *all = json_new_object(), *points = json_new_list();
	uint32_t n[AGREEMENTS];

	count(o, n);
	for (uint32_t i = 0; i < o->answer.n; i++)
		json_item(points, answer_json(&o->answer.at[i]));
	json_member(all, "op", json_words(o->grid->probe->op));
	json_member(all, "agreed", json_integer(n[AGREED]));
	json_member(all, "disagreed", json_integer(n[DISAGREED]));
	json_member(all, "open", json_integer(n[NOT_EXPECTED]));
	json_member(all, "unfilled", json_integer(n[NOT_FILLED]));
	json_member(all, "measured", splits_json(a, o, true));
	json_member(all, "expected", splits_json(a, o, false));
	json_member(all, "points", points);
	return all;
}

void
merged_put_json(Buf *b, Arena *a, const Merged *m)
{
	json_t *all = json_new_list();

	for (uint32_t i = 0; i < m->op.n; i++)
		json_item(all, op_json(a, &m->op.at[i]));
	json_put(b, all, JSON_INDENT(1));
	buf_byte(b, '\n');
	json_drop(all);
}
