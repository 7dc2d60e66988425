/* json.c: reports as JSON; man 7 milc-ane describes each member. */
#include "ane.h"

#include "file/json.h"

static json_t *
text(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();

	if (!j) /* no UTF-8 */
		j = json_string("?");
	return j;
}

static void
set(json_t *o, const char *key, json_t *v)
{
	if (!v || json_object_set_new(o, key, v) < 0)
		milc_nomem();
}

static void
push(json_t *list, json_t *v)
{
	if (!v || json_array_append_new(list, v) < 0)
		milc_nomem();
}

/* Words of a list as the tables have it, with blanks between them. */
static json_t *
words(const char *s)
{
	json_t *list = json_array();

	for (; s && *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");
		push(list, json_stringn(s, n));
		s += n;
	}
	return list;
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
	json_t *o = json_object();

	set(o, "kind",
	    text(f->clause->kind == CLAUSE_REMARK ? (f->clause->limits ? "remark" : "note")
	         : f->clause->soft                ? "soft"
	                                          : "hard"));
	set(o, "rule", f->rule ? text(f->rule->id) : json_null());
	set(o, "clause", text(f->clause->text));
	set(o, "holds", text(tri_name(f->holds)));
	set(o, "why", text(f->why));
	return o;
}

static void
place(json_t *o, const Diag *d, const Inst *i)
{
	DiagNote note = {.span = i->span};
	DiagRecord r = {0};

	if (i->span.at)
		r = diag_record(d, &note);
	set(o, "file", text(r.file));
	set(o, "line", r.line ? json_integer(r.line) : json_null());
	set(o, "column", r.line ? json_integer(r.col) : json_null());
}

static json_t *
shape(const Type *t)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < t->rank; k++)
		push(list, dim_known(t->dim[k]) ? json_integer(t->dim[k]) : json_null());
	return list;
}

static json_t *
operation(const OpReport *r, int family, const Diag *d)
{
	json_t *o = json_object(), *list = json_array();
	const Inst *i = r->inst;
	const Type *t = i->nout ? i->out[0]->type : NULL;
	bool tensor = t && t->kind == TY_TENSOR;

	set(o, "op", text(i->op->name));
	set(o, "name",
	    text(i->nout && i->out[0]->name ? i->out[0]->name->s
	         : i->name                  ? i->name->s
	                                    : NULL));
	place(o, d, i);
	set(o, "dtype", tensor ? text(dtype_info[t->dtype].mil) : json_null());
	set(o, "shape", tensor ? shape(t) : json_null());
	set(o, "verdict", text(verdict_name[r->verdict]));
	set(o, "cell", text(r->row ? r->row->cell[family_cell(family)] : NULL));
	set(o, "sweep", text(r->row ? r->row->sweep : NULL));
	set(o, "expected", text(expect_name[r->expect]));
	set(o, "remark", json_boolean(r->remark));
	set(o, "flops", json_real(r->flops));
	for (uint32_t k = 0; k < r->findings.n; k++)
		push(list, finding(&r->findings.at[k]));
	set(o, "findings", list);
	set(o, "instead", text(r->row ? r->row->rewrite : NULL));
	set(o, "confidence", text(r->row ? r->row->confidence : NULL));
	set(o, "sources", words(r->row ? r->row->sources : NULL));
	set(o, "measured", text(r->device));
	set(o, "cost", r->cost >= 0 ? json_real(r->cost) : json_null());
	return o;
}

static json_t *
rule(const RuleReport *r)
{
	json_t *o = json_object();

	set(o, "id", text(r->limit->id));
	set(o, "scope", text(r->limit->scope));
	set(o, "severity", text(limit_severity_name[r->limit->severity]));
	set(o, "statement", text(r->limit->statement));
	set(o, "clause", text(r->clause->text));
	set(o, "soft", json_boolean(r->clause->soft));
	set(o, "holds", text(tri_name(r->holds)));
	set(o, "broken", json_integer(r->broken));
	set(o, "unknown", json_integer(r->unknown));
	set(o, "why", text(r->why));
	set(o, "consequence", text(r->limit->consequence));
	set(o, "instead", text(r->limit->instead));
	set(o, "confidence", text(r->limit->confidence));
	set(o, "sources", words(r->limit->sources));
	return o;
}

static json_t *
summary(const AneReport *r)
{
	json_t *o = json_object(), *ops = json_object(), *flops = json_object(),
	       *list = json_array();

	for (int i = 0; i < 4; i++) {
		set(ops, expect_name[i], json_integer(r->count[i]));
		set(flops, expect_name[i], json_real(r->flops[i]));
	}
	set(o, "operations", ops);
	set(o, "flops", flops);
	set(o, "segments", json_integer(r->segments));
	set(o, "transitions", json_integer(r->transitions));
	set(o, "measured", json_integer(r->measured));
	set(o, "agree", json_integer(r->agree));
	for (uint32_t i = 0; i < r->nchange; i++) {
		json_t *c = json_object();
		set(c, "cause", text(r->change[i].cause));
		set(c, "instead", text(r->change[i].instead));
		set(c, "operations", json_integer(r->change[i].nop));
		set(c, "flops", json_real(r->change[i].flops));
		set(c, "transitions", json_integer(r->change[i].transitions));
		push(list, c);
	}
	set(o, "changes", list);
	return o;
}

static json_t *
report(const AneReport *r, const Diag *d)
{
	json_t *o = json_object(), *ops = json_array(), *rules = json_array();

	set(o, "function", text(r->func->name ? r->func->name->s : NULL));
	set(o, "family", text(family_name(r->family)));
	set(o, "chips", text(family_chips(r->family)));
	for (uint32_t i = 0; i < r->op.n; i++)
		push(ops, operation(&r->op.at[i], r->family, d));
	for (uint32_t i = 0; i < r->rule.n; i++)
		push(rules, rule(&r->rule.at[i]));
	set(o, "operations", ops);
	set(o, "rules", rules);
	set(o, "summary", summary(r));
	return o;
}

json_t *
ane_json(const AneReport *const *r, uint32_t n, const Diag *d)
{
	json_t *list = json_array();

	if (!list)
		milc_nomem();
	for (uint32_t i = 0; i < n; i++)
		push(list, report(r[i], d));
	return list;
}
