/* probe.c: milc_probe: folders of scripts of one operation, and what a Mac answered about them.
 * Each script is a unit of its own, which ends with its verdict.
 */
#include "api.h"

#include "ane/ane.h"
#include "probe/probe.h"

typedef struct Probing {
	milc *m;
	Evidence evidence;
	int family;
} Probing;

/* ---- the verdict of a script ---- */

/* The operation that was asked for; of one that makes a weight the last one, which takes it. */
static const OpReport *
asked(const AneReport *r, const char *op)
{
	bool weight = strncmp(op, "constexpr_", 10) == 0;

	if (weight && r->op.n)
		return &r->op.at[r->op.n - 1];
	for (uint32_t i = 0; i < r->op.n; i++)
		if (strcmp(r->op.at[i].inst->op->name, op) == 0)
			return &r->op.at[i];
	return NULL;
}

static void
keep(Arena *a, const OpReport *o, Judged *out)
{
	const Inst *i = o->inst;
	VEC(const char *) clause = {0};

	out->op = arena_strdup(a, i->nout && i->out[0]->name ? i->out[0]->name->s : i->op->name);
	out->verdict = verdict_name[o->verdict];
	out->expected = expect_name[o->expect];
	for (uint32_t k = 0; k < o->findings.n; k++) {
		const Finding *f = &o->findings.at[k];
		if (f->holds == TRI_NO && !f->clause->soft)
			vec_push(a, &clause, f->clause->text);
	}
	out->clause = clause.at;
	out->nclause = clause.n;
}

static bool
judge_unit(Probing *p, Unit *v, const char *op, Judged *out)
{
	Model *model = unit_model(v);
	const Func *f = model && unit_program(v, model) ? unit_function(v, model, NULL) : NULL;
	const OpReport *o;

	if (!f)
		return false;
	o = asked(ane_report(&v->arena, &p->evidence, model, f, p->family), op);
	*out = (Judged){.function = "main", .op = op, .verdict = "folded", .expected = "free"};
	if (o)
		keep(&p->m->unit.arena, o, out);
	return true;
}

static bool
judge(void *ctx, const char *op, const char *name, const char *text, size_t n, Judged *out)
{
	static const Settings small = {.max_memory = UINT64_C(1) << 30}; /* a probe is no model */
	Probing *p = ctx;
	Unit *u = &p->m->unit, *v = new (&u->arena, Unit);
	bool ok;

	diag_flush(&u->diag);
	unit_init(v, &small);
	v->diag.tell = u->diag.tell;
	v->diag.sink_ctx = u->diag.sink_ctx;
	v->diag.json = u->diag.json;
	v->diag.color = u->diag.color;
	v->diag.werror = u->diag.werror;
	v->talk.progress = u->talk.progress;
	v->talk.ctx = u->talk.ctx;
	ok = unit_open_bytes(v, name, text, n) && judge_unit(p, v, op, out);
	u->diag.nerror += !ok;
	u->diag.machine |= v->diag.machine;
	unit_free(v);
	return ok;
}

/* ---- what was asked for ---- */

/* The first point of every row's grid. */
static bool
all_points(Unit *u, ProbePoints *out)
{
	size_t n;
	const ProbeRow *row = probe_rows(&n);

	if (u->o->ngrid)
		return unit_wrong_use(u, "--grid is about one operation, not all");
	for (size_t i = 0; i < n; i++) {
		ProbePoint p = {0};
		if (row[i].why)
			continue;
		p.grid = grid_of(&u->arena, &row[i]);
		for (uint32_t k = 0; k < p.grid->n; k++)
			p.value[k] = p.grid->axis[k].value[0];
		vec_push(&u->arena, out, p);
	}
	return true;
}

static bool
points_of(Unit *u, const char *op, ProbePoints *out)
{
	const ProbeRow *row = probe_find(op);
	const char *near = row ? NULL : op_nearest(op);

	if (strcmp(op, "all") == 0)
		return all_points(u, out);
	if (!row)
		return unit_wrong_use(u,
		                      near ? "there is no probe of '%.60s'; did you mean '%s'?"
		                           : "there is no probe of '%.60s'",
		                      op, near);
	if (row->why)
		return unit_wrong_use(u, "there is no probe of '%s': %s", op, row->why);
	u->wrong_use = !grid_points(&u->arena, &u->diag, row, u->o->grid, u->o->ngrid, out);
	return !u->wrong_use;
}

static bool
write_folder(Unit *u, const Prober *p, const char *op)
{
	ProbePoints points = {0};

	if (!u->o->output)
		return unit_wrong_use(u, "milc probe needs the folder to make: -o DIR");
	if (strcmp(u->o->output, "-") == 0)
		return unit_wrong_use(u,
		                      "a probe is a folder, which standard output is not: -o DIR");
	return points_of(u, op, &points) && probe_write(p, &points, u->o->output);
}

static bool
merge(milc *m, const Prober *p)
{
	Unit *u = &m->unit;
	MapFile *f = maps_map(&u->maps, &u->diag, NOSPAN, u->o->merge);
	Merged merged = {0};
	Buf b = {0};

	if (!f || !probe_read(p, u->o->merge, f->at, f->n, &merged))
		return false;
	if (u->o->json)
		merged_put_json(&b, &u->arena, &merged);
	else
		merged_put(&b, &u->arena, &merged);
	diag_flush(&u->diag);
	api_give(m, &b);
	return true;
}

static int
probe(milc *m, void *ctx)
{
	const char *op = ctx;
	Unit *u = &m->unit;
	Probing p = {.m = m};
	Prober prober = {&u->arena, &u->diag, judge, &p};
	Buf swift = {0};
	bool ok;

	api_renew(m);
	p.family = api_family(u, "M5");
	if (!p.family)
		ok = false;
	else if (u->o->swift + !!u->o->merge + !!op != 1)
		ok = unit_wrong_use(u, "milc probe takes an operation, --swift or --merge");
	else if (u->o->swift)
		buf_puts(&swift, probe_swift), api_give(m, &swift), ok = true;
	else
		ok = evidence_load(&p.evidence, &u->arena, &u->names, &u->diag) &&
		     (op ? write_folder(u, &prober, op) : merge(m, &prober));
	return api_status(m, ok);
}

int
milc_probe(milc *m, const char *op)
{
	return api_enter(m, probe, (void *)(uintptr_t)op);
}
