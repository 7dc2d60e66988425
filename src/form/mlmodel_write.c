/* mlmodel_write.c: the forms that are one file: .mlmodel, the protobuf alone (weights of an ML
 * Program beside it, as STEM_weights.bin), and .mil, MIL text.
 */
#include "spec.h"

#include "base/sys.h"
#include "file/fsout.h"

const char *
weights_beside(const Model *m)
{
	const char *names[2] = {arena_printf(m->arena, "%s_weights.bin", m->origin->stem),
	                        arena_printf(m->arena, "%s/weights/weight.bin", m->origin->folder)};

	for (size_t k = 0; k < countof(names); k++)
		if (sys_kind(names[k]) == PATH_FILE)
			return names[k];
	return NULL;
}

bool
spec_has_weights(const Model *m)
{
	static const char prefix[] = "@model_path/";

	return m->spec->raw && memmem(m->spec->raw, m->spec->nraw, prefix, sizeof prefix - 1);
}

static bool
write_beside(const Model *m, EmitCtx *c, const Weights *w)
{
	bool read = m->spec && m->origin;
	const char *from = read ? weights_beside(m) : NULL;
	size_t n = strlen(c->path) - strlen(".mlmodel");
	const char *path = arena_printf(w->arena, "%.*s_weights.bin", (int)n, c->path);
	FsOut o;

	if (m->format != FORMAT_MLPROGRAM || (read ? !from : !w->list.n))
		return true;
	if (!fsout_begin(&o, c->diag, c->span, path, false))
		return false;
	if (from)
		fsout_copy(&o, NULL, from, NULL);
	else
		write_weights(&o, NULL, w);
	return fsout_commit(&o);
}

bool
emit_mlmodel(const Model *m, EmitCtx *c)
{
	Arena a = {0};
	Buf spec = {0};
	Weights w;
	bool ok = put_model(&spec, &a, m, c, &w) && write_beside(m, c, &w) &&
	          emit_text_file(c, spec.at, spec.n);

	buf_free(&spec);
	arena_free(&a);
	return ok;
}

bool
emit_mil(const Model *m, EmitCtx *c)
{
	Buf text = {0};
	bool ok = emit_mil_text(m, &text) && emit_text_file(c, text.at, text.n);

	buf_free(&text);
	return ok;
}

bool
emit_text_file(EmitCtx *c, const char *at, size_t n)
{
	FsOut o;

	if (!fsout_begin(&o, c->diag, c->span, c->path, false))
		return false;
	fsout_put(&o, NULL, at, n);
	return fsout_commit(&o);
}
