/* dump.c: milc_dump: a model as a script with its weights beside it, as MIL text, as JSON, or in
 * summary.
 */
#include "api.h"

#include <errno.h>

#include "dump/dump.h"
#include "file/fsout.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "form/spec_json.h"

/* "net" of "models/net.mlpackage/" */
static const char *
stem_of(Arena *a, const char *path)
{
	size_t n = path_length(path);
	const char *whole = arena_printf(a, "%.*s", (int)n, path), *base = path_base(whole);
	const char *dot = strrchr(base, '.');

	if (!strcmp(path, "-"))
		return "model";
	return dot && dot != base ? arena_printf(a, "%.*s", (int)(dot - base), base) : base;
}

static bool
is_safetensors(const char *path)
{
	return ends_with(path, strlen(path), ".safetensors");
}

static bool
to_file(const Unit *u)
{
	return u->o->output && strcmp(u->o->output, "-") != 0;
}

static bool
check_dump(Unit *u)
{
	const char *w = u->o->weights;
	const Target *t = to_file(u) ? target_for_path(u->o->output) : NULL;

	if (t && t->made != AS_TEXT)
		return unit_wrong_use(u,
		                      "a dump is text, but '%s' is the name of a model, which milc "
		                      "MODEL -o writes",
		                      u->o->output);
	if (u->o->text + u->o->json + u->o->summary > 1)
		return unit_wrong_use(u, "-S, --json and --summary exclude each other");
	if (w && !to_file(u))
		return unit_wrong_use(
		    u, "--weights names a file beside the script: give -o OUT.mil");
	if (w && (strchr(w, '/') ||
	          !(is_safetensors(w) || ends_with(w, strlen(w), ".npz"))))
		return unit_wrong_use(u, "--weights is '%s', expected NAME.npz or NAME.safetensors",
		                      w);
	return true;
}

/* Beside the script, under its name. */
static const char *
weights_path(Unit *u)
{
	const char *o = u->o->output, *dot = strrchr(path_base(o), '.');

	if (u->o->weights)
		return arena_printf(&u->arena, "%s/%s", path_folder(&u->arena, o), u->o->weights);
	return arena_printf(&u->arena, "%.*s.npz", (int)(dot ? (size_t)(dot - o) : strlen(o)), o);
}

static bool
write_arrays(Unit *u, const char *path, const DumpedWeights *w)
{
	FsOut out;
	int fd;
	bool ok = true;

	if (!fsout_begin(&out, &u->diag, NOSPAN, path, false))
		return false;
	fd = fsout_create(&out, NULL);
	if (fd >= 0) {
		ok = is_safetensors(path) ? safetensors_write(fd, w->at, w->n)
		                          : npz_write(fd, w->at, w->n);
		if (!ok)
			fsout_fail(&out, errno);
		fsout_close(&out, fd);
	}
	return fsout_commit(&out);
}

/* A script of MIL says nothing else than ML Programs. */
static bool
is_dumpable(Unit *u, const Model *m)
{
	Span at = m->origin ? m->origin->place : NOSPAN;
	const char *kind = m->spec ? msg_case(m->spec, "mlProgram") : NULL;

	if (m->format == FORMAT_MLPROGRAM)
		return true;
	if (m->format == FORMAT_NEURALNETWORK)
		return diag_error(&u->diag, at,
		                  "the model is a NeuralNetwork: -t mlprogram dumps the ML Program "
		                  "that it becomes, --summary and --json show it as it is");
	return diag_error(&u->diag, at,
	                  "the model is of the kind '%s', which no script makes: --summary and "
	                  "--json show it",
	                  kind ? kind : "none");
}

/* The text to where -o says, or to the callback. */
static bool
put_out(milc *m, Buf *text)
{
	const char *o = m->settings.output;
	EmitCtx c = api_emit(m, o, NOSPAN);

	if (to_file(&m->unit))
		return emit_text_file(&c, text->at, text->n);
	api_give(m, text);
	return true;
}

static bool
write_script(milc *m, Model *model, Buf *text)
{
	Unit *u = &m->unit;
	const char *arrays = to_file(u) ? weights_path(u) : NULL;
	DumpOptions options = {
	    .from = path_base(u->path),
	    .save = arena_printf(&u->arena, "%s.mlpackage", stem_of(&u->arena, u->path)),
	    .weights = arrays ? path_base(arrays) : NULL};
	DumpedWeights w = {0};

	return is_dumpable(u, model) && unit_values(u, model) &&
	       dump_script(model, &u->diag, &options, text, &w) &&
	       (!w.n || write_arrays(u, arrays, &w));
}

/* JSON or a summary: of the specification, whatever kind of model it is. */
static bool
write_spec(milc *m, Model *model, Buf *text)
{
	Unit *u = &m->unit;
	EmitCtx c = api_emit(m, NULL, NOSPAN);
	ReadCtx r = unit_reading(u);
	Model *built = model_as_spec(&u->arena, model, &c);

	if (!built)
		return false;
	if (u->o->summary)
		return dump_summary(&r, built, text);
	put_json(text, built->spec, "");
	buf_byte(text, '\n');
	return true;
}

static bool
dump_model(milc *m, Model *model, Buf *text)
{
	const Settings *o = m->unit.o;
	EmitCtx c = api_emit(m, o->output, NOSPAN);

	if (!check_dump(&m->unit) || (to_file(&m->unit) && !emit_spares_script(&c)))
		return false;
	if (!unit_convert(&m->unit, model))
		return false;
	return o->text                  ? api_text(m, model, true, text)
	       : o->json || o->summary ? write_spec(m, model, text)
	                                : write_script(m, model, text);
}

static int
dump(milc *m, void *path)
{
	Model *model;
	Buf text = {0};
	bool ok;

	api_renew(m);
	ok = api_load(m, path) && (model = unit_model(&m->unit)) != NULL &&
	     dump_model(m, model, &text) && put_out(m, &text);
	buf_free(&text);
	return api_status(m, ok);
}

int
milc_dump(milc *m, const char *path)
{
	return api_enter(m, dump, (void *)(uintptr_t)path);
}
