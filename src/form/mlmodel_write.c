/* mlmodel_write.c: the forms that are one file: .mlmodel, the protobuf alone, and .mil, MIL text;
 * weights of an ML Program stand beside both, as STEM_weights.bin.
 */
#include "spec.h"

#include "Model.pb-c.h"
#include "base/sys.h"
#include "file/fsout.h"
#include "spec_json.h"

/* As STEM_weights.bin beside the file; one is all that finds a place there. */
static bool
write_beside(const Model *m, EmitCtx *c, const Buf *spec, const Weights *w, const char *ending)
{
	WeightsFiles files = {0};
	size_t n = strlen(c->path) - strlen(ending);
	const char *path = arena_printf(w->arena, "%.*s_weights.bin", (int)n, c->path);
	FsOut o;

	if (m->format != FORMAT_MLPROGRAM || m->bare)
		return true;
	if (m->spec)
		files = weights_files(m, spec);
	else if (w->list.n)
		vec_push(w->arena, &files, (WeightsAt){.plan = w});
	if (files.n > 1)
		return diag_error(c->diag, c->span,
		                  "the model has several weights files: write a .mlpackage");
	if (!files.n || (files.at[0].path && sys_kind(files.at[0].path) != PATH_FILE))
		return true;
	if (!fsout_begin(&o, c->diag, c->span, path, false))
		return false;
	weights_copy(&o, &files.at[0], NULL);
	return fsout_commit(&o);
}

bool
emit_mlmodel(const Model *m, EmitCtx *c)
{
	Arena a = {0};
	Buf spec = {0};
	Weights w;
	bool ok = put_model(&spec, &a, m, c, &w) && write_beside(m, c, &spec, &w, ".mlmodel") &&
	          emit_text_file(c, spec.at, spec.n);

	buf_free(&spec);
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

bool
emit_mil(const Model *m, EmitCtx *c)
{
	Arena a = {0};
	Buf text = {0}, spec = {0};
	Weights w;
	bool ok;

	weights_init(&w, &a, m);
	put_mil_text(&text, &a, m, &w, false);
	put_interface(&text, &a, m, c);
	if (m->spec)
		msg_write(m->spec, &spec);
	ok = write_beside(m, c, &spec, &w, ".mil") && emit_text_file(c, text.at, text.n);
	buf_free(&spec);
	buf_free(&text);
	arena_free(&a);
	return ok;
}

bool
emit_text_file(EmitCtx *c, const char *at, size_t n)
{
	FsOut o;

	if (!emit_spares_script(c) || !fsout_begin(&o, c->diag, c->span, c->path, false))
		return false;
	fsout_put(&o, NULL, at, n);
	return fsout_commit(&o);
}
