/* judge.c: verdicts of operations, rules about the whole, and the summary of both. */
#include "names.h"
#include "ops/flops.h"

const char *const verdict_name[] = {"native", "met", "unmet", "rewritten", "no-path", "unknown"};
const char *const verdict_words[] = {"native",    "conditions met",   "conditions not met",
                                     "rewritten", "no hardware path", "unknown"};
const char *const expect_name[] = {"engine", "elsewhere", "free", "open"};

/* ---- walking ---- */

static bool
is_counted(const Inst *i)
{
	return i->op->code != OP_const && !(i->op->flags & CONSTEXPR);
}

/* Behind i, around whose end the walk goes on. */
static Inst *
behind(const Inst *i)
{
	while (i) {
		Inst *holder = i->parent->parent;
		if (i->next)
			return i->next;
		for (uint32_t k = 0; holder && k + 1 < holder->nblock; k++)
			if (holder->block[k] == i->parent)
				for (k++; k < holder->nblock; k++)
					if (holder->block[k]->first)
						return holder->block[k]->first;
		i = holder;
	}
	return NULL;
}

static Inst *
next_inst(const Func *f, const Inst *i)
{
	if (!i)
		return f->body->first;
	for (uint32_t k = 0; k < i->nblock; k++)
		if (i->block[k]->first)
			return i->block[k]->first;
	return behind(i);
}

/* ---- the whole ---- */

static const char *
flexibility(const Model *m, const Func *f)
{
	const Interface *face = model_face(m, f->name);
	bool enumerated = false;

	for (uint32_t i = 0; i < f->body->nparam; i++) {
		const Var *v = f->body->param[i];
		const Type *t = tensor_part(v->type);
		const Feature *in = NULL;
		for (uint32_t k = 0; face && k < face->input.n; k++)
			if (face->input.at[k].name == v->name)
				in = &face->input.at[k];
		for (uint32_t k = 0; in && k < in->nrange && !in->nenum; k++)
			if (in->range[k].upper != in->range[k].lower)
				return "range";
		enumerated |= in && in->nenum;
		if (t->kind == TY_TENSOR && t->count < 0 && !(in && in->nenum))
			return "range";
	}
	return enumerated ? "enumerated" : "none";
}

static double
constant_bytes(const Inst *i)
{
	const Tensor *t = i->nout ? i->out[0]->val : NULL;
	bool many = t && t->count > 10 && t->dtype != DT_STRING && inst_is(i, OP_const);
	uint64_t bits = many ? (uint64_t)t->count * (uint64_t)dtype_bits(t->dtype) : 0;

	return (double)(bits / 8 + (bits % 8 != 0));
}

static Whole
look_at_whole(Arena *a, const Model *m, const Func *f, Arena *scratch)
{
	Whole w = {.func = f,
	           .flex = flexibility(m, f),
	           .max_dim = val_int(1),
	           .segments = -1};
	Site s = {.whole = &w, .arena = scratch};

	w.facts = new (a, Map);
	map_init(w.facts, a);

	for (Inst *i = next_inst(f, NULL); i; i = next_inst(f, i)) {
		w.weight_bytes += constant_bytes(i);
		if (!is_counted(i))
			continue;
		w.nop += i->op->code != OP_cast;
		s.inst = i;
		Val v = name_max_dim(&s);
		if (v.kind == VAL_ABSENT)
			continue;
		if (v.kind != VAL_INT || w.max_dim.kind != VAL_INT)
			w.max_dim = VAL(UNKNOWN);
		else
			w.max_dim.i = MAX(w.max_dim.i, v.i);
	}
	return w;
}

/* ---- an operation ---- */

typedef struct Judge {
	Arena *arena, *scratch;
	const Evidence *evidence;
	AneReport *report;
	Whole whole;
	Site site;
} Judge;

/* Adds what was found to those of the operation; the reason is kept. */
static void
note(Judge *j, OpReport *o, Finding f, const Limit *rule)
{
	f.rule = rule;
	f.why = f.why ? arena_strdup(j->arena, f.why) : NULL;
	vec_push(j->arena, &o->findings, f);
}

/* The hard clauses of one condition, as far as they go together with what held before. */
static Tri
clauses_hold(Judge *j, OpReport *o, const Clauses *c, const Limit *rule, Tri so_far)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const Clause *k = &c->at[i];
		Finding f;
		if (k->kind == CLAUSE_GLOBAL)
			continue;
		f = clause_find(&j->site, k);
		if (k->kind == CLAUSE_REMARK && !rule) {
			o->remark |= k->limits;
			note(j, o, f, NULL);
		}
		if (f.holds == TRI_YES || (f.holds == TRI_ABSENT && (rule || k->soft)))
			continue;
		f.holds = f.holds == TRI_ABSENT ? TRI_UNKNOWN : f.holds;
		note(j, o, f, rule);
		if (!k->soft && (so_far == TRI_YES || f.holds == TRI_NO))
			so_far = f.holds;
	}
	return so_far;
}

static Tri
conditions_hold(Judge *j, OpReport *o)
{
	const Clauses *c = &o->row->clauses;
	Tri holds = TRI_YES;

	for (uint32_t i = 0; i < c->n; i++)
		for (uint32_t k = 0; c->at[i].kind == CLAUSE_GLOBAL && k < j->evidence->limit.n;
		     k++)
			if (j->evidence->limit.at[k].global)
				holds = clauses_hold(j, o, &j->evidence->limit.at[k].clauses,
				                     &j->evidence->limit.at[k], holds);
	return clauses_hold(j, o, c, NULL, holds);
}

static Verdict
verdict(RowVerdict row, Tri holds)
{
	static const Verdict good[] = {ANE_NATIVE, ANE_MET, ANE_REWRITTEN};

	if (row == ROW_NO_PATH)
		return ANE_NO_PATH;
	if (row == ROW_UNKNOWN || holds == TRI_UNKNOWN)
		return ANE_UNKNOWN;
	return holds == TRI_NO ? ANE_UNMET : good[row];
}

static Expect
expected(const OpRow *row, Tri holds)
{
	if (row->assume == ASSUME_FALLBACK || holds == TRI_NO)
		return EXPECT_ELSEWHERE;
	if (holds != TRI_YES)
		return EXPECT_OPEN;
	return row->assume == ASSUME_FOLDED ? EXPECT_FREE : EXPECT_ENGINE;
}

/* What stands in a block of cond or while_loop is elsewhere, whatever holds of it alone: the engine
 * does not follow data. */
static Expect
where_it_stands(const Inst *i, Expect e)
{
	return i->parent->parent && e != EXPECT_FREE ? EXPECT_ELSEWHERE : e;
}

/* The rule or the condition that decides: the first that is broken, or else not known; 0 where it
 * is the kind of operation. */
static const Finding *
deciding(const OpReport *o)
{
	Tri as = o->verdict == ANE_UNMET ? TRI_NO : TRI_UNKNOWN;

	if (o->verdict != ANE_UNMET && o->verdict != ANE_UNKNOWN)
		return NULL;
	for (uint32_t i = 0; i < o->findings.n; i++)
		if (o->findings.at[i].holds == as && !o->findings.at[i].clause->soft)
			return &o->findings.at[i];
	return NULL;
}

static const char *
advice(const OpReport *o)
{
	const Finding *f = deciding(o);

	return f && f->rule && f->rule->instead ? f->rule->instead : o->row->rewrite;
}

static void
judge_op(Judge *j, Inst *i)
{
	OpReport o = {.inst = i, .row = evidence_op(j->evidence, i->op->name), .cost = -1};
	ArenaMark mark = arena_mark(j->scratch);
	Tri holds;

	o.verdict = ANE_UNKNOWN;
	o.expect = EXPECT_OPEN;
	o.flops = op_flops(i, extents_of_type, NULL);
	j->site.inst = i;
	if (o.row) {
		holds = conditions_hold(j, &o);
		o.verdict = verdict(o.row->verdict, holds);
		o.expect = where_it_stands(i, expected(o.row, holds));
		o.remark &= o.verdict == ANE_NATIVE || o.verdict == ANE_MET;
		o.instead = advice(&o);
	}
	arena_release(j->scratch, mark);
	vec_push(j->arena, &j->report->op, o);
	j->report->count[o.expect]++;
	j->report->flops[o.expect] += o.flops;
}

/* ---- rules ---- */

/* The rules that G stands for hold of the operations that say G. */
static bool
is_bound(const OpRow *row)
{
	for (uint32_t i = 0; row && i < row->clauses.n; i++)
		if (row->clauses.at[i].kind == CLAUSE_GLOBAL)
			return true;
	return false;
}

static void
judge_rule(Judge *j, const Limit *l, const Clause *c)
{
	RuleReport r = {.limit = l, .clause = c, .holds = TRI_YES};
	Finding f;

	j->site.inst = NULL;
	f = clause_find(&j->site, c);
	if (f.holds != TRI_ABSENT) {
		r.holds = f.holds;
		r.why = f.why;
	} else {
		bool any = false;
		for (uint32_t i = 0; i < j->report->op.n; i++) {
			ArenaMark mark = arena_mark(j->scratch);
			Tri t;
			j->site.inst = j->report->op.at[i].inst;
			t = clause_holds(&j->site, c);
			if (l->global && !is_bound(j->report->op.at[i].row))
				t = TRI_ABSENT;
			any |= t != TRI_ABSENT;
			r.broken += t == TRI_NO;
			r.unknown += t == TRI_UNKNOWN;
			if ((t == TRI_NO && r.broken == 1) || (t == TRI_UNKNOWN && !r.first))
				r.first = j->site.inst;
			arena_release(j->scratch, mark);
		}
		if (!any)
			return;
		r.holds = r.broken ? TRI_NO : r.unknown ? TRI_UNKNOWN : TRI_YES;
		j->site.inst = r.first;
		if (r.first)
			r.why = clause_find(&j->site, c).why;
	}
	r.why = r.why ? arena_strdup(j->arena, r.why) : NULL;
	vec_push(j->arena, &j->report->rule, r);
}

static void
judge_rules(Judge *j)
{
	const Evidence *e = j->evidence;

	for (uint32_t i = 0; i < e->limit.n; i++) {
		const Limit *l = &e->limit.at[i];
		for (uint32_t k = 0; k < l->clauses.n && l->severity != LIMIT_PRIVATE; k++)
			if (l->clauses.at[k].kind == CLAUSE_EXPR)
				judge_rule(j, l, &l->clauses.at[k]);
	}
}

/* ---- the summary ---- */

/* Changes of place in the order of the program, as if those of group `moved` were on the engine. */
static uint32_t
transitions(const AneReport *r, const uint32_t *group, uint32_t moved, uint32_t *segments)
{
	int last = -1;
	uint32_t n = 0, runs = 0;

	for (uint32_t i = 0; i < r->op.n; i++) {
		Expect e = r->op.at[i].expect;
		int here = e == EXPECT_ENGINE || (group && group[i] == moved);
		if (e == EXPECT_FREE || (e == EXPECT_OPEN && !here))
			continue;
		n += last >= 0 && here != last;
		runs += here && last != 1;
		last = here;
	}
	*segments = runs;
	return n;
}

typedef struct Cause {
	const void *key;
	Remedy change;
	double score;
} Cause;
typedef VEC(Cause) Causes;

static uint32_t
cause_of(Judge *j, const OpReport *o, Causes *all)
{
	const Finding *f = o->verdict == ANE_UNMET ? deciding(o) : NULL;
	const void *key = f && f->rule ? (const void *)f->rule
	                  : f          ? (const void *)f->clause
	                               : o->row;
	Remedy c = {.first = o->inst, .instead = f ? o->instead : o->row->rewrite};
	uint32_t i = 0;

	while (i < all->n && all->at[i].key != key)
		i++;
	if (i < all->n)
		return i;
	if (f && f->rule) {
		c.cause = arena_printf(j->arena, "%s: %s", f->rule->id, f->rule->statement);
	} else {
		c.cause =
		    arena_printf(j->arena, "%s: %s", o->inst->op->name,
		                 f ? f->why
		                 : o->verdict == ANE_NO_PATH
		                     ? verdict_words[ANE_NO_PATH]
		                     : "sources conflict, a cautious reader expects it elsewhere");
	}
	vec_push(j->arena, all, (Cause){key, c, 0});
	return i;
}

/* What brings most: of the transitions, of the work, of the operations, each as a share. */
static void
find_changes(Judge *j)
{
	AneReport *r = j->report;
	uint32_t *group = newn(j->scratch, uint32_t, r->op.n);
	double work = r->flops[EXPECT_ENGINE] + r->flops[EXPECT_ELSEWHERE] + r->flops[EXPECT_OPEN];
	Causes all = {0};
	uint32_t segments;

	for (uint32_t i = 0; i < r->op.n; i++) {
		const OpReport *o = &r->op.at[i];
		group[i] = UINT32_MAX;
		if (o->expect != EXPECT_ELSEWHERE)
			continue;
		group[i] = cause_of(j, o, &all);
		all.at[group[i]].change.nop++;
		all.at[group[i]].change.flops += o->flops;
	}
	for (uint32_t i = 0; i < all.n; i++) {
		Cause *c = &all.at[i];
		uint32_t left = transitions(r, group, i, &segments);
		c->change.transitions = r->transitions > left ? r->transitions - left : 0;
		c->score = (double)c->change.nop / (double)r->op.n;
		c->score +=
		    r->transitions ? (double)c->change.transitions / (double)r->transitions : 0;
		c->score += work ? c->change.flops / work : 0;
	}
	while (r->nchange < ANE_CHANGES) {
		Cause *best = NULL;
		for (uint32_t i = 0; i < all.n; i++)
			if (all.at[i].score >= 0 && (!best || all.at[i].score > best->score))
				best = &all.at[i];
		if (!best)
			break;
		r->change[r->nchange++] = best->change;
		best->score = -1;
	}
}

AneReport *
ane_report(Arena *a, const Evidence *e, const Model *m, const Func *f, int family)
{
	Arena scratch = {0}, lasting = {0};
	Judge j = {.arena = a, .scratch = &scratch, .evidence = e, .report = new (a, AneReport)};

	j.whole = look_at_whole(&lasting, m, f, &scratch);
	j.site = (Site){.whole = &j.whole, .family = family, .arena = &scratch};
	j.report->func = f;
	j.report->family = family;
	for (Inst *i = next_inst(f, NULL); i; i = next_inst(f, i))
		if (is_counted(i))
			judge_op(&j, i);
	j.report->transitions = transitions(j.report, NULL, 0, &j.report->segments);
	j.whole.segments = j.report->segments;
	judge_rules(&j);
	find_changes(&j);
	arena_free(&scratch);
	arena_free(&lasting);
	return j.report;
}
