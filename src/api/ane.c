/* ane.c: milc_ane: what of a program runs on the Neural Engine. */
#include "api.h"

#include "ane/ane.h"

typedef struct Asking {
	int family[FAMILY_LAST - FAMILY_FIRST + 1];
	uint32_t n;
	Evidence evidence;
	Buf text;
	VEC(const AneReport *) report; /* --json: of all functions, one list */
	bool missed; /* what --require asks does not hold */
} Asking;

/* ---- what was asked for ---- */

static bool
read_families(Unit *u, Asking *a)
{
	const char *name = u->o->family ? u->o->family : "H13";

	if (strcmp(name, "all") == 0) { /* H17 and H18 are judged as H16 is */
		for (a->n = 0; a->n < FAMILY_CELLS; a->n++)
			a->family[a->n] = FAMILY_FIRST + (int)a->n;
		return true;
	}
	a->family[0] = family_find(name);
	a->n = 1;
	return a->family[0] ||
	       unit_wrong_use(u,
	                      "--family is '%s', expected H13 … H18, a chip such as M1 "
	                      "or A14, or all",
	                      name);
}

static bool
check_settings(Unit *u)
{
	const char *r = u->o->require;

	return !r || strcmp(r, "native") == 0 || strcmp(r, "met") == 0 ||
	       unit_wrong_use(u, "--require is '%s', expected native or met", r);
}

/* ---- reports ---- */

static bool
measured(Unit *u, AneReport *r)
{
	MapFile *f = u->o->measured ? maps_map(&u->maps, &u->diag, NOSPAN, u->o->measured) : NULL;

	return !u->o->measured ||
	       (f && ane_measured(r, &u->arena, &u->diag, u->o->measured, f->at, f->n));
}

/* --require: each operation that falls short of it is an error at its place. */
static void
require(Unit *u, Asking *a, const AneReport *r)
{
	bool native = u->o->require && strcmp(u->o->require, "native") == 0;

	for (uint32_t i = 0; u->o->require && i < r->op.n; i++) {
		const OpReport *o = &r->op.at[i];
		if (o->verdict == ANE_NATIVE || o->expect == EXPECT_FREE ||
		    (!native && o->expect == EXPECT_ENGINE))
			continue;
		a->missed = !diag_error(&u->diag, o->inst->span, "%s is not native on %s: %s",
		                        o->inst->op->name, family_name(r->family),
		                        verdict_words[o->verdict]);
	}
}

static bool
report_function(milc *m, Asking *a, Model *model, const Func *f)
{
	Unit *u = &m->unit;
	AneReport *r[FAMILY_CELLS] = {0};
	AneLook look = {u->o->paint, (uint32_t)MIN(u->o->columns, 400), &u->diag};

	for (uint32_t k = 0; k < a->n; k++) {
		r[k] = ane_report(&u->arena, &a->evidence, model, f, a->family[k]);
		if (!measured(u, r[k]))
			return false;
	}
	if (!u->o->json) {
		ane_put(&a->text, (const AneReport *const *)r, a->n, &look);
		api_give(m, &a->text);
	}
	for (uint32_t k = 0; k < a->n; k++)
		vec_push(&u->arena, &a->report, r[k]);
	for (uint32_t k = 0; k < a->n; k++)
		require(u, a, r[k]);
	return true;
}

static bool
report_model(milc *m, Asking *a)
{
	Unit *u = &m->unit;
	Model *model = unit_model(u);
	bool good = true;

	if (!model || !unit_program(u, model))
		return false;
	u->diag.max_errors = 0;
	if (u->o->function) {
		const Func *f = unit_function(u, model, u->o->function);
		good = f && report_function(m, a, model, f);
	}
	for (uint32_t i = 0; good && !u->o->function && i < model->prog->funcs.n; i++)
		good = report_function(m, a, model, model->prog->funcs.at[i]);
	if (good && u->o->json) {
		ane_put_json(&a->text, a->report.at, a->report.n, &u->diag);
		api_give(m, &a->text);
	}
	return good;
}

static bool
explain_word(milc *m, Asking *a)
{
	Unit *u = &m->unit;

	if (ane_explain(&a->text, &a->evidence, u->o->explain)) {
		api_give(m, &a->text);
		return true;
	}
	return unit_wrong_use(
	    u,
	    "there is no operation, rule, source or name '%s' in what is known of "
	    "the engine",
	    u->o->explain);
}

static int
ane(milc *m, void *path)
{
	Asking a = {0};
	Unit *u = &m->unit;
	bool good;

	if (path ? !api_load(m, path) : (api_renew(m), false))
		return api_status(m, false);
	good = evidence_load(&a.evidence, &u->arena, &u->names, &u->diag) && check_settings(u) &&
	       read_families(u, &a);
	if (good && u->o->explain)
		good = explain_word(m, &a);
	else if (good)
		good = path ? report_model(m, &a)
		            : unit_wrong_use(u, "no model, and no word to --explain");
	return api_status(m, good && !a.missed);
}

int
milc_ane(milc *m, const char *path)
{
	return api_enter(m, ane, (void *)path);
}
