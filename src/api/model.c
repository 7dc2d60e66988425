/* model.c: models as objects: their interface, fields of their specification, writing them. */
#include "api.h"

#include "form/read.h"

size_t
milc_model_count(const milc *m)
{
	return m->nmodel;
}

milc_model *
milc_model_at(milc *m, size_t i)
{
	return i < m->nmodel ? &m->model[i] : NULL;
}

const char *
milc_model_path(const milc_model *model)
{
	return model->path;
}

/* ---- the interface ---- */

static bool
has_interface(milc_model *w)
{
	ReadCtx c = unit_reading(&w->m->unit);

	return !w->model->origin || read_interface(&c, w->model);
}

/* Of the default function. */
static const Features *
features_of(milc_model *w, milc_role role)
{
	const Model *m = w->model;
	const char *name = m->prog ? m->prog->default_func->s
	                           : msg_get_string(msg_get(m->spec, "description"),
	                                            "defaultFunctionName");
	const Interface *f = model_face(m, intern_cstr(&w->m->unit.names, name));

	if (!f)
		f = m->func.n ? &m->func.at[0] : &m->face;
	return role == MILC_INPUT ? &f->input : role == MILC_STATE ? &f->state : &f->output;
}

typedef struct Asked {
	milc_model *model;
	milc_role role;
	size_t i, *n;
	milc_feature *out;
	const char *text, *value;
} Asked;

static void
describe(Arena *a, const Feature *f, milc_feature *out)
{
	static const char *const kinds[] = {"array",  "image",   "state",  "dictionary",
	                                    "string", "integer", "number", "sequence"};
	int64_t *low = NULL, *high = NULL;

	if (f->nrange || f->nenum) {
		low = newn(a, int64_t, f->rank + 1);
		high = newn(a, int64_t, f->rank + 1);
	}
	for (uint32_t k = 0; low && k < f->rank; k++) {
		low[k] = f->nrange ? f->range[k].lower : f->enumerated[k];
		high[k] = f->nrange ? f->range[k].upper : f->enumerated[k];
		for (uint32_t e = 1; e < f->nenum; e++) {
			low[k] = MIN(low[k], f->enumerated[e * f->rank + k]);
			high[k] = MAX(high[k], f->enumerated[e * f->rank + k]);
		}
	}
	*out = (milc_feature){.name = f->name->s,
	                      .description = f->doc,
	                      .kind = kinds[f->kind],
	                      .dtype = f->dtype ? dtype_info[f->dtype].mil : NULL,
	                      .rank = f->rank,
	                      .shape = f->has_shape ? f->shape : NULL,
	                      .low = low,
	                      .high = high,
	                      .optional = f->optional};
}

static int
look(milc *m, void *ctx)
{
	Asked *q = ctx;
	const Features *f;

	if (!has_interface(q->model))
		return api_status(m, false);
	f = features_of(q->model, q->role);
	if (q->n)
		*q->n = f->n;
	else if (q->i >= f->n)
		return MILC_WRONG_USE;
	else
		describe(&m->unit.arena, &f->at[q->i], q->out);
	return MILC_OK;
}

int
milc_feature_count(milc_model *model, milc_role role, size_t *n)
{
	*n = 0;
	return api_enter(model->m, look, &(Asked){.model = model, .role = role, .n = n});
}

int
milc_feature_at(milc_model *model, milc_role role, size_t i, milc_feature *out)
{
	return api_enter(model->m, look,
	                 &(Asked){.model = model, .role = role, .i = i, .out = out});
}

/* ---- two models ---- */

Model *
api_second(milc *m, const char *path)
{
	Unit *u = &m->unit;
	Model *model;

	u->saved.n = u->models.n = 0;
	model = unit_open(u, path) ? unit_model(u) : NULL;
	return model ? api_spec(m, model) : NULL;
}

/* ---- fields ---- */

Model *
api_spec(milc *m, Model *model)
{
	EmitCtx c = api_emit(m, NULL, NOSPAN);
	Model *built = model_as_spec(&m->unit.arena, model, &c);
	Origin *o;

	if (!built || built->origin)
		return built;
	o = new (&m->unit.arena, Origin);
	*o = (Origin){.path = m->unit.path,
	              .place = diag_object(&m->unit.diag, NOSPAN, NULL, m->unit.path),
	              .file = m->unit.path,
	              .folder = m->unit.dir};
	built->origin = o;
	return built;
}

/* With the specification as its body: what was read, or what a converted model is written as. */
static Model *
spec_of(milc_model *w)
{
	EmitCtx c = api_emit(w->m, NULL, NOSPAN);

	if (!w->built)
		w->built = model_as_spec(&w->m->unit.arena, w->model, &c);
	return w->built;
}

static int
get_field(milc *m, void *ctx)
{
	Asked *q = ctx;
	const Model *built = spec_of(q->model);

	q->value = built ? msg_get_path(built->spec, q->text) : NULL;
	return api_status(m, built != NULL);
}

const char *
milc_get_field(milc_model *model, const char *path)
{
	Asked q = {.model = model, .text = path};

	return api_enter(model->m, get_field, &q) == MILC_OK ? q.value : NULL;
}

static int
set_field(milc *m, void *ctx)
{
	Asked *q = ctx;
	Model *model = q->model->model;
	const Model *built = spec_of(q->model);
	const char *why = built ? msg_set_path(built->spec, q->text, q->value) : NULL;

	if (why)
		unit_wrong_use(&m->unit, "field '%s': %s", q->text, why);
	else if (built) {
		model->spec = built->spec;
		model->weights.at = built->weights.at;
		model->weights.n = built->weights.n;
	}
	return api_status(m, built && !why);
}

int
milc_set_field(milc_model *model, const char *path, const char *value)
{
	return api_enter(model->m, set_field,
	                 &(Asked){.model = model, .text = path, .value = value});
}

/* ---- writing ---- */

static int
write_model(milc *m, void *ctx)
{
	const Asked *q = ctx;

	return api_status(m, api_write(m, q->model->model, q->text, NOSPAN));
}

int
milc_write(milc_model *model, const char *path)
{
	return api_enter(model->m, write_model, &(Asked){.model = model, .text = path});
}

static int
write_text(milc *m, void *ctx)
{
	const Asked *q = ctx;
	bool mil = strcmp(q->text, ".mil") == 0, ok;
	Buf b = {0};

	if (!mil && strcmp(q->text, ".mlmodel") != 0) {
		api_say(m, "expected the form .mil or .mlmodel");
		return MILC_WRONG_USE;
	}
	ok = api_text(m, q->model->model, mil, &b);
	if (ok)
		api_give(m, &b);
	buf_free(&b);
	return api_status(m, ok);
}

int
milc_write_text(milc_model *model, const char *form)
{
	return api_enter(model->m, write_text, &(Asked){.model = model, .text = form});
}
