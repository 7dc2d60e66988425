/* check.c: milc_check: files one by one, with all that is wrong with each. */
#include "api.h"

#include "check/check.h"

typedef struct Files {
	const char *const *path;
	size_t n;
} Files;

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
		Model *model = api_spec(m, m->model[i].model);
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
	int status;

	m->settings.nodes = true; /* for this call alone, however it ends */
	status = api_enter(m, check, &(Files){paths, n});
	m->settings.nodes = false;
	return status;
}
