/* ane.c: milc_ane: what of a program runs on the Neural Engine. */
#include "api.h"

#include "ane/ane.h"
#include "file/json.h"
#include "view/report.h"

typedef struct Asking {
	int family[FAMILY_LAST - FAMILY_FIRST + 1];
	uint32_t nfamily;
	Evidence evidence;
	VEC(AneReport *) report; /* of each function all families */
	bool missed;             /* what --require asks does not hold */
} Asking;

/* ---- what was asked for ---- */

int
api_family(Unit *u, const char *unsaid)
{
	const char *name = u->o->family ? u->o->family : unsaid;
	int family = family_find(name);

	if (!family)
		unit_wrong_use(u, "--family is '%s', expected H13 … H18 or a chip such as M5",
		               name);
	return family;
}

static void
read_families(Unit *u, Asking *a)
{
	const char *name = u->o->family ? u->o->family : "H13";

	a->family[0] = family_find(name);
	a->nfamily = 1;
	if (a->family[0])
		return;
	/* all: H17 and H18 are judged as H16 is. */
	for (a->nfamily = 0; a->nfamily < FAMILY_CELLS; a->nfamily++)
		a->family[a->nfamily] = FAMILY_FIRST + (int)a->nfamily;
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
measured(Unit *u, const Asking *a)
{
	MapFile *f = u->o->measured ? maps_map(&u->maps, &u->diag, NOSPAN, u->o->measured) : NULL;

	return !u->o->measured || (f && ane_measured(a->report.at, a->report.n, &u->arena, &u->diag,
	                                             u->o->measured, f->at, f->n));
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
		a->missed = !diag_error(
		    &u->diag, o->inst->span, "%s is not native on %s: %s%s", o->inst->op->name,
		    family_name(r->family), verdict_words[o->verdict],
		    native || o->verdict != ANE_MET ? "" : ", but it is expected elsewhere");
	}
}

/* Of one function, on all families that were asked for. */
static void
report_function(Unit *u, Asking *a, Model *model, const Func *f)
{
	for (uint32_t k = 0; k < a->nfamily; k++)
		vec_push(&u->arena, &a->report,
		         ane_report(&u->arena, &a->evidence, model, f, a->family[k]));
}

static bool
report_model(milc *m, Asking *a, Model *model)
{
	Unit *u = &m->unit;

	if (!unit_program(u, model) || !unit_convert(u, model))
		return false;
	u->diag.max_errors = 0;
	for (uint32_t i = 0; i < model->prog->funcs.n; i++)
		report_function(u, a, model, model->prog->funcs.at[i]);
	return measured(u, a);
}

/* ---- what is written ---- */

/* The script, or of a model its MIL text. */
static const char *
source_of(Unit *u, const Model *model)
{
	Buf b = {0};

	if (u->script && u->diag.sources.n) {
		const Source *s = u->diag.sources.at[0];
		return arena_printf(&u->arena, "%.*s", (int)s->len, s->text);
	}
	program_print(model->prog, &(PrintOptions){.spec_version = model->spec_version}, &b);
	return buf_keep(&b, &u->arena);
}

static bool
write_page(milc *m, const Asking *a, const Model *model)
{
	Unit *u = &m->unit;
	EmitCtx c = api_emit(m, u->o->html, NOSPAN);
	ReportPage page = {path_base(u->path), source_of(u, model),
	                   &a->evidence,       (const AneReport *const *)a->report.at,
	                   a->report.n,        &u->diag};
	Buf b = {0};
	bool good;

	view_report(&b, &u->arena, &page);
	good = emit_text_file(&c, b.at, b.n);
	buf_free(&b);
	return good;
}

static void
give_json(milc *m, const Asking *a)
{
	const AneReport *const *r = (const AneReport *const *)a->report.at;
	json_t *list = ane_json(r, a->report.n, &m->unit.diag);
	Buf b = {0};

	json_put(&b, list, JSON_INDENT(1));
	buf_byte(&b, '\n');
	json_drop(list);
	api_give(m, &b);
}

static void
give_text(milc *m, const Asking *a)
{
	Unit *u = &m->unit;
	AneLook look = {u->o->paint, (uint32_t)MIN(u->o->columns, 400), &u->diag};
	const AneReport *const *r = (const AneReport *const *)a->report.at;
	Buf b = {0};

	for (uint32_t i = 0; i < a->report.n; i += a->nfamily)
		ane_put(&b, r + i, a->nfamily, &look);
	api_give(m, &b);
}

static bool
report(milc *m, Asking *a)
{
	Unit *u = &m->unit;
	Model *model = unit_model(u);

	if (!model || !report_model(m, a, model) || (u->o->html && !write_page(m, a, model)))
		return false;
	if (u->o->json)
		give_json(m, a);
	else if (!u->o->html)
		give_text(m, a);
	for (uint32_t i = 0; i < a->report.n; i++)
		require(u, a, a->report.at[i]);
	return true;
}

static bool
explain_word(milc *m, Asking *a)
{
	Unit *u = &m->unit;
	Buf b = {0};

	if (ane_explain(&b, &a->evidence, u->o->explain, (uint32_t)MIN(u->o->columns, 400))) {
		api_give(m, &b);
		return true;
	}
	return unit_wrong_use(
	    u,
	    "there is no operation, rule, source, name or word '%s' in what is known of "
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
	good = evidence_load(&a.evidence, &u->arena, &u->names, &u->diag) && check_settings(u);
	read_families(u, &a);
	if (good && u->o->explain)
		good = explain_word(m, &a);
	else if (good)
		good =
		    path ? report(m, &a) : unit_wrong_use(u, "no model, and no word to --explain");
	return api_status(m, good && !a.missed);
}

int
milc_ane(milc *m, const char *path)
{
	return api_enter(m, ane, (void *)path);
}
