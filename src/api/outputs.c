/* outputs.c: what a model gives for the inputs that were asked for, kept to be compared. */
#include "api.h"

/* What stopped it is the model's, or the inputs', and no reason to give up. */
static bool
warn(milc *m, const Session *s)
{
	Span at;
	const char *why = session_error(s, &at);

	diag_warning(&m->unit.diag, at, "numbers are not compared: %s: -i gives other inputs", why);
	return false;
}

bool
api_outputs(milc *m, const Model *model, const char *function, bool must, Arena *a,
            NamedTensor **out, uint32_t *n)
{
	Unit *u = &m->unit;
	SessionOptions so = api_session(m);
	const Func *f = unit_function(u, model, function);
	const Interface *face = f ? model_face(model, f->name) : NULL;
	Session *s;
	Inputs in;
	RunStatus status;
	bool ok;

	if (!face)
		face = &model->face;
	if (!f || !inputs_load(u, face->input.at, face->input.n, f, so.memory, &in))
		return false;
	s = session_new(f, &so);
	status = session_run(s, in.at, in.n, a, out, n);
	ok = status == RUN_WRONG && !must ? warn(m, s) : api_run_status(m, s, status);
	session_free(s);
	return ok;
}
