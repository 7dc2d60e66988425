/* mlmodel_write.c: the forms that are one file: .mlmodel, the protobuf alone, and .mil, MIL text;
 * weights of an ML Program stand beside both, as STEM_weights.bin.
 */
#include "spec.h"

#include "Model.pb-c.h"
#include "base/sys.h"
#include "file/fsout.h"
#include "spec_json.h"

/* The weights that `what` refers to: one file is all that finds a place beside it. Of a model as it
 * was read they may not be there. */
static bool
find_weights(const Model *m, EmitCtx *c, const Buf *spec, const Weights *w, WeightsAt *out)
{
	WeightsFiles files = {0};

	*out = (WeightsAt){0};
	if (spec)
		files = weights_files(m, spec);
	else if (w->list.n)
		vec_push(w->arena, &files, (WeightsAt){.plan = w});
	if (files.n > 1)
		return diag_error(c->diag, c->span,
		                  "the model has several weights files: write a .mlpackage");
	if (files.n && !(files.at[0].path && sys_kind(files.at[0].path) != PATH_FILE))
		*out = files.at[0];
	return true;
}

/* What the one file holds: a text, or else a Model. */
typedef struct OneFile {
	const Buf *text;
	ModelBytes *model;
} OneFile;

static void
put_file(FsOut *o, const OneFile *f)
{
	if (f->text)
		fsout_put(o, NULL, f->text->at, f->text->n);
	else
		model_to_file(f->model, o, NULL, NULL);
}

static bool
write_one(EmitCtx *c, const OneFile *f)
{
	FsOut o;

	if (!emit_spares_script(c) || !fsout_begin(&o, c->diag, c->span, c->path, false))
		return false;
	put_file(&o, f);
	return fsout_later(c->batch, &o);
}

/* The file, with its weights as STEM_weights.bin: both or none. With `spec`, they are those that it
 * names, else those of w. */
static bool
write_both(const Model *m, EmitCtx *c, const OneFile *f, const Buf *spec, const Weights *w,
           const char *ending)
{
	size_t n = strlen(c->path) - strlen(ending);
	FsOut text, weights;
	WeightsAt from;

	if (!find_weights(m, c, spec, w, &from))
		return false;
	if (!from.name && !from.plan)
		return write_one(c, f);
	if (!fsout_begin(&weights, c->diag, c->span,
	                 arena_printf(w->arena, "%.*s_weights.bin", (int)n, c->path), false))
		return false;
	if (fsout_begin(&text, c->diag, c->span, c->path, false)) {
		weights_copy(&weights, &from, NULL);
		put_file(&text, f);
	}
	return fsout_commit_pair(&weights, &text, c->batch);
}

bool
emit_mlmodel(const Model *m, EmitCtx *c)
{
	Arena a = {0};
	Buf spec = {0};
	ModelBytes p;
	Weights w;
	OneFile file = {.model = &p};
	bool alone = m->format != FORMAT_MLPROGRAM || m->bare;
	bool ok = model_measure(&p, &a, m, c, &w);

	if (ok && alone) {
		ok = write_one(c, &file);
	} else if (ok) {
		if (m->spec)
			msg_write(m->spec, &spec);
		ok = write_both(m, c, &file, m->spec ? &spec : NULL, &w, ".mlmodel");
	}
	buf_free(&spec);
	model_bytes_free(&p);
	arena_free(&a);
	return ok;
}

/* What the text has no words for, as comments that the reader knows. */
static void
put_interface(Buf *b, Arena *a, const Model *m, EmitCtx *c)
{
	const Msg *spec = m->spec;
	const char *error;
	Buf bytes = {0};

	if (!spec) {
		put_description(&bytes, a, m, c);
		spec = msg_read(a, &core_ml__specification__model__descriptor, bytes.at, bytes.n,
		                &error);
	}
	buf_puts(b, "\n\n// model = {\n");
	buf_printf(b, "//   \"specificationVersion\": %lld,\n//   \"description\": ",
	           (long long)msg_get_int(spec, "specificationVersion"));
	put_json(b, msg_get(spec, "description"), "//   ");
	buf_puts(b, "\n// }\n");
	buf_free(&bytes);
}

/* A network may give out under the name of an input what is not that input. */
static bool
check_names(const Func *f, EmitCtx *c)
{
	for (uint32_t k = 0; k < f->body->nout; k++)
		for (uint32_t i = 0; i < f->body->nparam; i++) {
			const Var *out = f->body->out[k]->var, *in = f->body->param[i];
			if (out != in && out->name == in->name)
				return diag_error(c->diag, c->span,
				                  "output '%s' has the name of an input, which MIL "
				                  "text cannot say: write a .mlpackage",
				                  out->name->s);
		}
	return true;
}

bool
emit_mil(const Model *m, EmitCtx *c)
{
	Arena a = {0};
	Buf text = {0}, spec = {0};
	/* What a layer holds becomes a constant like those of a script. */
	bool as_read = m->spec && m->kind == BODY_PROGRAM, ok;
	Weights w;

	for (uint32_t k = 0; k < m->prog->funcs.n; k++)
		if (!check_names(m->prog->funcs.at[k], c))
			return false;
	weights_init(&w, &a, m);
	put_mil_text(&text, &a, m, &w, false);
	put_interface(&text, &a, m, c);
	if (as_read)
		msg_write(m->spec, &spec);
	ok = write_both(m, c, &(OneFile){.text = &text}, as_read ? &spec : NULL, &w, ".mil");
	buf_free(&spec);
	buf_free(&text);
	arena_free(&a);
	return ok;
}

bool
emit_text_file(EmitCtx *c, const char *at, size_t n)
{
	const Buf text = {.at = (char *)(uintptr_t)at, .n = n};

	return write_one(c, &(OneFile){.text = &text});
}
