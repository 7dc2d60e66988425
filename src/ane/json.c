/* json.c: reports as JSON; man 7 milc-ane describes each member. */
#include "ane.h"

#include "file/json.h"

static json_t *
sources(const char *list)
{
	json_t *all = json_new_list();
	SourceKey key;

	while (source_next(&list, key))
		json_item(all, json_string(key));
	return all;
}

static const char *
tri_name(Tri t)
{
	static const char *const names[] = {"no", "yes", "unknown", "absent"};
	return names[t];
}

static json_t *
finding(const Finding *f)
{
	json_t *o = json_new_object();

	json_member(o, "kind",
	    json_words(f->clause->kind == CLAUSE_REMARK ? (f->clause->limits ? "remark" : "note")
	         : f->clause->soft                ? "soft"
	                                          : "hard"));
	json_member(o, "rule", f->rule ? json_words(f->rule->id) : json_null());
	json_member(o, "clause", json_words(f->clause->text));
	json_member(o, "holds", json_words(tri_name(f->holds)));
	json_member(o, "why", json_words(f->why));
	return o;
}

static void
place(json_t *o, const Diag *d, const Inst *i)
{
	DiagNote note = {.span = i->span};
	DiagRecord r = {0};

	if (i->span.at)
		r = diag_record(d, &note);
	json_member(o, "file", json_words(r.file));
	json_member(o, "line", r.line ? json_integer(r.line) : json_null());
	json_member(o, "column", r.line ? json_integer(r.col) : json_null());
}

static json_t *
shape(const Type *t)
{
	json_t *list = json_new_list();

	for (uint32_t k = 0; k < t->rank; k++)
		json_item(list, dim_known(t->dim[k]) ? json_integer(t->dim[k]) : json_null());
	return list;
}

static json_t *
operation(const OpReport *r, int family, const Diag *d)
{
	json_t *o = json_new_object(), *list = json_new_list();
	const Inst *i = r->inst;
	const Type *t = i->nout ? i->out[0]->type : NULL;
	bool tensor = t && t->kind == TY_TENSOR;

	json_member(o, "op", json_words(i->op->name));
	json_member(o, "name",
	    json_words(i->nout && i->out[0]->name ? i->out[0]->name->s
	         : i->name                  ? i->name->s
	                                    : NULL));
	place(o, d, i);
	json_member(o, "dtype", tensor ? json_words(dtype_info[t->dtype].mil) : json_null());
	json_member(o, "shape", tensor ? shape(t) : json_null());
	json_member(o, "verdict", json_words(verdict_name[r->verdict]));
	json_member(o, "cell", json_words(r->row ? r->row->cell[family_cell(family)] : NULL));
	json_member(o, "sweep", json_words(r->row ? r->row->sweep : NULL));
	json_member(o, "expected", json_words(expect_name[r->expect]));
	json_member(o, "remark", json_boolean(r->remark));
	json_member(o, "flops", json_real(r->flops));
	for (uint32_t k = 0; k < r->findings.n; k++)
		json_item(list, finding(&r->findings.at[k]));
	json_member(o, "findings", list);
	json_member(o, "instead", json_words(r->instead));
	json_member(o, "confidence", json_words(r->row ? r->row->confidence : NULL));
	json_member(o, "sources", sources(r->row ? r->row->sources : NULL));
	json_member(o, "measured", json_words(r->device));
	json_member(o, "cost", r->cost >= 0 ? json_real(r->cost) : json_null());
	return o;
}

static json_t *
rule(const RuleReport *r)
{
	json_t *o = json_new_object();

	json_member(o, "id", json_words(r->limit->id));
	json_member(o, "scope", json_words(r->limit->scope));
	json_member(o, "severity", json_words(limit_severity_name[r->limit->severity]));
	json_member(o, "statement", json_words(r->limit->statement));
	json_member(o, "clause", json_words(r->clause->text));
	json_member(o, "soft", json_boolean(r->clause->soft));
	json_member(o, "holds", json_words(tri_name(r->holds)));
	json_member(o, "broken", json_integer(r->broken));
	json_member(o, "unknown", json_integer(r->unknown));
	json_member(o, "why", json_words(r->why));
	json_member(o, "consequence", json_words(r->limit->consequence));
	json_member(o, "instead", json_words(r->limit->instead));
	json_member(o, "confidence", json_words(r->limit->confidence));
	json_member(o, "sources", sources(r->limit->sources));
	return o;
}

static json_t *
summary(const AneReport *r)
{
	json_t *o = json_new_object(), *ops = json_new_object(), *flops = json_new_object(),
	       *list = json_new_list();

	for (int i = 0; i < 4; i++) {
		json_member(ops, expect_name[i], json_integer(r->count[i]));
		json_member(flops, expect_name[i], json_real(r->flops[i]));
	}
	json_member(o, "operations", ops);
	json_member(o, "flops", flops);
	json_member(o, "segments", json_integer(r->segments));
	json_member(o, "transitions", json_integer(r->transitions));
	json_member(o, "measured", json_integer(r->measured));
	json_member(o, "agree", json_integer(r->agree));
	for (uint32_t i = 0; i < r->nchange; i++) {
		json_t *c = json_new_object();
		json_member(c, "cause", json_words(r->change[i].cause));
		json_member(c, "instead", json_words(r->change[i].instead));
		json_member(c, "operations", json_integer(r->change[i].nop));
		json_member(c, "flops", json_real(r->change[i].flops));
		json_member(c, "transitions", json_integer(r->change[i].transitions));
		json_item(list, c);
	}
	json_member(o, "changes", list);
	return o;
}

static json_t *
report(const AneReport *r, const Diag *d)
{
	json_t *o = json_new_object(), *ops = json_new_list(), *rules = json_new_list();

	json_member(o, "function", json_words(r->func->name ? r->func->name->s : NULL));
	json_member(o, "family", json_words(family_name(r->family)));
	json_member(o, "chips", json_words(family_chips(r->family)));
	for (uint32_t i = 0; i < r->op.n; i++)
		json_item(ops, operation(&r->op.at[i], r->family, d));
	for (uint32_t i = 0; i < r->rule.n; i++)
		json_item(rules, rule(&r->rule.at[i]));
	json_member(o, "operations", ops);
	json_member(o, "rules", rules);
	json_member(o, "summary", summary(r));
	return o;
}

json_t *
ane_json(const AneReport *const *r, uint32_t n, const Diag *d)
{
	json_t *list = json_new_list();

	if (!list)
		milc_nomem();
	for (uint32_t i = 0; i < n; i++)
		json_item(list, report(r[i], d));
	return list;
}
