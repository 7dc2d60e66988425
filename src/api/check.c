/* check.c: milc_check: files one by one, with all that is wrong with each. */
#include "api.h"

#include "check/check.h"

typedef struct Files {
	const char *const *path;
	size_t n;
} Files;

/* What a script made has no file: it stands where the script does. */
static Model *
with_spec(milc *m, Model *model)
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

static bool
check_one(milc *m, const char *path)
{
	bool good = true;
	ReadCtx c;

	if (!api_load(m, path))
		return false;
	m->unit.diag.max_errors = 0; /* none is left out */
	c = unit_reading(&m->unit);
	for (size_t i = 0; i < m->nmodel; i++) {
		Model *model = with_spec(m, m->model[i].model);
		good &= model && check_model(&c, model, m->settings.strict);
	}
	return good;
}

static int
check(milc *m, void *ctx)
{
	const Files *f = ctx;
	int worst = MILC_OK, status;

	for (size_t i = 0; i < f->n; i++) {
		status = api_status(m, check_one(m, f->path[i]));
		worst = MAX(worst, status);
	}
	return worst;
}

int
milc_check(milc *m, const char *const *paths, size_t n)
{
	return api_enter(m, check, &(Files){paths, n});
}
