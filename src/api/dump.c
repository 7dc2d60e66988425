/* dump.c: milc_dump: a model as a script with its weights beside it, as MIL text, as JSON, or in
 * summary.
 */
#include "api.h"

#include <errno.h>

#include "builder/spec_script.h"
#include "file/fsout.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "form/spec_json.h"

const char *
api_stem(Arena *a, const char *path)
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
		return unit_wrong_use(u,
		                      "--weights names a file beside the script: give -o OUT.mil");
	if (w && (strchr(w, '/') || !(is_safetensors(w) || ends_with(w, strlen(w), ".npz"))))
		return unit_wrong_use(u, "--weights is '%s', expected NAME.npz or NAME.safetensors",
		                      w);
	if (to_file(u) && !(u->o->text || u->o->json || u->o->summary) &&
	    !strcmp(path_base(weights_path(u)), path_base(u->o->output)))
		return unit_wrong_use(u, "-o %s is the name of the weights, too: end it in .mil",
		                      u->o->output);
	return true;
}

typedef struct Dump { /* what is to be written */
	Buf text;
	DumpedWeights w;
	const char *arrays; /* the path of those weights */
} Dump;

static void
put_arrays(FsOut *out, const char *path, const DumpedWeights *w)
{
	int fd = fsout_create(out, NULL);

	if (fd < 0)
		return;
	if (!(is_safetensors(path) ? safetensors_write(fd, w->at, w->n)
	                           : npz_write(fd, w->at, w->n)))
		fsout_fail(out, errno);
	fsout_close(out, fd);
}

bool
api_put_script(milc *m, const char *path, const Buf *text, const char *arrays_path,
               const DumpedWeights *w)
{
	Unit *u = &m->unit;
	EmitCtx c = api_emit(m, path, NOSPAN);
	FsOut script, arrays;

	c.batch = NULL;
	if (!w->n)
		return emit_text_file(&c, text->at, text->n);
	if (!fsout_begin(&arrays, &u->diag, NOSPAN, arrays_path, false))
		return false;
	if (fsout_begin(&script, &u->diag, NOSPAN, path, false)) {
		put_arrays(&arrays, arrays_path, w);
		fsout_put(&script, NULL, text->at, text->n);
	}
	return fsout_commit_pair(&arrays, &script, NULL);
}

/* The text to where -o says, its weights beside it, or to the callback. */
static bool
put_out(milc *m, Dump *d)
{
	if (to_file(&m->unit))
		return api_put_script(m, m->unit.o->output, &d->text, d->arrays, &d->w);
	api_give(m, &d->text);
	return true;
}

static bool
write_script(milc *m, Model *model, Dump *d)
{
	Unit *u = &m->unit;
	const char *arrays = d->arrays = to_file(u) ? weights_path(u) : NULL;
	bool program = model->format == FORMAT_MLPROGRAM;
	DumpOptions options = {.from = path_base(u->path),
	                       .save =
	                           arena_printf(&u->arena, program ? "%s.mlpackage" : "%s.mlmodel",
	                                        api_stem(&u->arena, u->path)),
	                       .weights = arrays ? path_base(arrays) : NULL};
	Span at = model->origin ? model->origin->place : NOSPAN;
	EmitCtx c = api_emit(m, NULL, NOSPAN);

	if (program)
		return unit_values(u, model) &&
		       dump_script(model, &u->diag, &options, &d->text, &d->w);
	model = model_as_spec(&u->arena, model, &c);
	return model && spec_script(&u->arena, &u->names, &u->diag, at, model->spec, &options,
	                            &d->text, &d->w);
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

/* --verify: what passes have made of a model that was read computes what it says itself. */
static bool
convert_verified(milc *m, Model *model)
{
	Unit *u = &m->unit;
	Model *was = new (&u->arena, Model);
	Gaps g = {0};
	bool compared = false;

	if (!unit_values(u, model))
		return false;
	*was = *model;
	was->prog = program_clone(model->prog);
	if (!unit_convert(u, model) || !api_compare(m, was, model, &u->arena, &g, &compared))
		return false;
	if (compared && to_file(u))
		api_put_gaps(m, &g);
	return !g.wrong ||
	       diag_error(&u->diag, model_place(model),
	                  "what is dumped computes other numbers than the model as it was read: "
	                  "%s: --verify-passes names the pass",
	                  g.wrong);
}

static bool
dump_model(milc *m, Model *model, Dump *d)
{
	const Settings *o = m->unit.o;
	EmitCtx c = api_emit(m, o->output, NOSPAN);

	if (!check_dump(&m->unit) || (to_file(&m->unit) && !emit_spares_script(&c)))
		return false;
	if (!(o->verify ? convert_verified(m, model) : unit_convert(&m->unit, model)))
		return false;
	return o->text                 ? api_text(m, model, true, &d->text)
	       : o->json || o->summary ? write_spec(m, model, &d->text)
	                               : write_script(m, model, d);
}

static int
dump(milc *m, void *path)
{
	Model *model;
	Dump d = {0};
	bool ok;

	api_renew(m);
	ok = api_load(m, path) && (model = unit_model(&m->unit)) != NULL &&
	     dump_model(m, model, &d) && put_out(m, &d);
	buf_free(&d.text);
	return api_status(m, ok);
}

int
milc_dump(milc *m, const char *path)
{
	return api_enter(m, dump, (void *)(uintptr_t)path);
}
