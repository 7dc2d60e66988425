/* outputs.c: what a model gives for the inputs that were asked for, kept to be compared. */
#include "api.h"

bool
api_outputs(milc *m, const Model *model, const char *function, Arena *a, NamedTensor **out,
            uint32_t *n)
{
	Unit *u = &m->unit;
	SessionOptions so = api_session(m);
	const Func *f = unit_function(u, model, function);
	const Interface *face = f ? model_face(model, f->name) : NULL;
	Session *s;
	Inputs in;
	bool ok;

	if (!face)
		face = &model->face;
	if (!f || !inputs_load(u, face->input.at, face->input.n, f, so.memory, &in))
		return false;
	s = session_new(f, &so);
	ok = api_run_status(m, s, session_run(s, in.at, in.n, a, out, n));
	session_free(s);
	return ok;
}
