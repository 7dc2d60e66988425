/* diff.c: milc_diff: two inputs in one unit, what differs between their models, and what they
 * compute.
 */
#include "api.h"

#include "diff/diff.h"

/* False after reporting. */
static bool
load_two(milc *m, const char *const *path, Model **model)
{
	Model *first = api_load(m, path[0]) ? unit_model(&m->unit) : NULL;

	model[0] = first ? api_spec(m, first) : NULL;
	model[1] = model[0] ? api_second(m, path[1]) : NULL;
	return model[1];
}

/* Of different kinds, networks become programs. */
static bool
make_programs(Unit *u, Model **model)
{
	bool program = false, network = false;

	for (int i = 0; i < 2; i++) {
		program |= model[i]->kind == BODY_PROGRAM;
		network |= model[i]->kind == BODY_NETWORK;
	}
	return !program || !network || (unit_program(u, model[0]) && unit_program(u, model[1]));
}

/* ---- numbers ---- */

typedef struct Run {
	const Func *func;
	Session *session;
	Arena arena;
	NamedTensor *out;
	uint32_t nout;
} Run;

static bool
run_one(milc *m, Model *model, Inputs *in, Run *r)
{
	SessionOptions so = api_session(m);
	Unit *u = &m->unit;

	r->func = unit_values(u, model) ? unit_function(u, model, NULL) : NULL;
	if (!r->func || (!in->at && !inputs_load(u, model->face.input.at, model->face.input.n,
	                                         r->func, so.memory, in)))
		return false;
	r->session = session_new(r->func, &so);
	return api_run_status(m, r->session,
	                      session_run(r->session, in->at, in->n, &r->arena, &r->out, &r->nout));
}

static bool
compare_numbers(milc *m, Diff *d, Model **model)
{
	Run run[2] = {0};
	Inputs in = {0};
	bool ok = true;

	for (int i = 0; i < 2 && ok; i++)
		ok = run_one(m, model[i], &in, &run[i]);
	if (ok)
		diff_results(d, run[0].out, run[0].nout, run[1].out, run[1].nout);
	for (int i = 0; i < 2; i++) {
		if (run[i].session)
			session_free(run[i].session);
		arena_free(&run[i].arena);
	}
	return ok;
}

/* ---- the command ---- */

static int
diff(milc *m, void *ctx)
{
	const char *const *path = ctx;
	Model *model[2] = {NULL, NULL};
	Buf text = {0};
	ReadCtx c;
	Diff d;
	bool numbers = m->settings.numbers || m->settings.input;
	bool ok = load_two(m, path, model), compared;
	int status;

	c = unit_reading(&m->unit);
	diff_init(&d, &c, path[0], path[1]);
	compared = ok && make_programs(&m->unit, model) && diff_models(&d, model[0], model[1]);
	for (int i = 0; compared && i < 2; i++)
		if (model[i]->absent && (i == 0 || !model[0]->absent ||
		                         strcmp(model[0]->absent, model[1]->absent) != 0))
			diag_warning(&m->unit.diag, model_place(model[i]),
			             "'%s' is not there: its weights are compared as zeros",
			             model[i]->absent);
	ok = compared && (!numbers || compare_numbers(m, &d, model));
	if (compared && m->settings.json)
		diff_json(&d, &text);
	else if (compared)
		diff_print(&d, &text);
	status = api_status(m, ok);
	api_give(m, &text);
	return status == MILC_OK && d.changes.n ? MILC_WRONG_INPUT : status;
}

int
milc_diff(milc *m, const char *a, const char *b)
{
	const char *path[2] = {a, b};

	return api_enter(m, diff, path);
}
