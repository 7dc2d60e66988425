/* compiled_write.c: compiled models, .mlmodelc folders, as Apple's compiler makes them of an ML
 * Program: the program as MIL text, the weights as they are, and in coremldata.bin the description
 * (compiled_read.c has the layout). metadata_write.c makes metadata.json. analytics/coremldata.bin
 * has sections of texts, among them a hash of the model file. Of a pipeline each stage is such a
 * folder of its own below that of the whole.
 */
#include "spec.h"

#include "Model.pb-c.h"
#include "file/fsout.h"
#include "file/digest.h"
#include "metadata_write.h"
#include "reading.h"
#include "spec_json.h"

typedef struct Bundle { /* one folder on its way out */
	FsOut *o;
	Model *m;
	EmitCtx *c;
	Arena *arena;
	const char *below; /* "", "model0/" … */
} Bundle;

/* ---- coremldata.bin ---- */

static void
put_number(Buf *b, uint64_t v, int bytes)
{
	for (int k = 0; k < bytes; k++)
		buf_byte(b, (int)(v >> 8 * k & 0xff));
}

static void
put_counted(Buf *b, const char *s)
{
	put_number(b, strlen(s), 8);
	buf_puts(b, s);
}

static void
put_version(Buf *b, uint64_t major, uint64_t minor, uint64_t patch, const char *variant)
{
	put_number(b, major, 8);
	put_number(b, minor, 8);
	put_number(b, patch, 8);
	put_counted(b, variant);
}

/* The description as it was, with metadata even where it had none. */
static void
put_description_part(Buf *b, const Msg *spec)
{
	Msg *d = (Msg *)(uintptr_t)msg_get(spec, "description");
	Buf bytes = {0};

	if (d)
		msg_write(d, &bytes);
	if (!msg_has(d, "metadata"))
		pb_len_field(&bytes, 100, "", 0);
	put_number(b, bytes.n, 8);
	buf_take(b, &bytes);
	buf_free(&bytes);
}

/* That of the container: 5 for programs of iOS 15 and 16, then that of the specification. */
static uint64_t
container_version(const Model *m)
{
	return m->spec_version < IOS17 ? 5 : (uint64_t)m->spec_version;
}

static void
put_program_data(Bundle *p, Buf *b, const Msg *spec)
{
	put_number(b, MODEL_PROGRAM, 4);
	put_version(b, container_version(p->m), 0, 0, "generic");
	put_version(b, (uint64_t)p->m->spec_version, 0, 0, "");
	put_description_part(b, spec);
	for (uint32_t k = 0; k < p->m->prog->funcs.n; k++) {
		put_number(b, MODEL_PROGRAM, 8);
		put_number(b, 0, 8);
	}
}

/* ---- analytics ---- */

typedef struct Fact {
	const char *key, *text;
} Fact;

static void
put_section(Buf *b, const char *name, const Fact *f, size_t n)
{
	put_counted(b, name);
	put_number(b, n, 8);
	for (size_t k = 0; k < n; k++) {
		put_counted(b, f[k].key);
		put_counted(b, f[k].text);
	}
}

/* The stem of the model file: "model" in a package, and of what would be one. */
static const char *
model_name(Bundle *p)
{
	const Origin *o = p->m->origin;

	return o && o->stem ? path_base(o->stem) : "model";
}

static void
put_analytics(Bundle *p, Buf *b, const Buf *spec)
{
	uint8_t hash[32];
	Buf text = {0};

	sha256(spec->at, spec->n, hash);
	put_base64(&text, hash, sizeof hash);
	put_section(b, "NeuralNetworkModelDetails",
	            (Fact[]){{"containsCustomLayer", "0"}, {"modelDimension", "0"}}, 2);
	put_section(b, "SpecificationDetails",
	            (Fact[]){{"modelHash", buf_keep(&text, p->arena)},
	                     {"modelName", model_name(p)}},
	            2);
}

/* ---- a folder ---- */

static void
put_file(Bundle *p, const char *name, Buf *b)
{
	fsout_put(p->o, arena_printf(p->arena, "%s%s", p->below, name), b->at, b->n);
	buf_free(b);
}

static void
write_program(Bundle *p, const Buf *bytes, const Msg *spec)
{
	Buf b = {0};
	Weights w;
	WeightsFiles files = {0};

	weights_init(&w, p->arena, p->m);
	put_mil_text(&b, p->arena, p->m, &w, true);
	put_file(p, "model.mil", &b);
	put_program_data(p, &b, spec);
	put_file(p, "coremldata.bin", &b);
	put_metadata_json(&b, p->arena, p->m, (const Model *const[]){p->m}, 1, p->c->path);
	put_file(p, "metadata.json", &b);
	put_analytics(p, &b, bytes);
	put_file(p, "analytics/coremldata.bin", &b);
	if (p->m->spec)
		files = weights_files(p->m, bytes);
	else if (w.list.n)
		vec_push(p->arena, &files, (WeightsAt){.name = WEIGHTS_PATH, .plan = &w});
	for (uint32_t k = 0; k < files.n && !p->o->failed; k++)
		weights_copy(p->o, &files.at[k],
		             arena_printf(p->arena, "%s%s", p->below,
		                          files.at[k].name + strlen("@model_path/")));
}

/* ---- pipelines ---- */

static Model *
stage_program(Bundle *p, size_t k)
{
	Model *m = read_stage(&p->c->read, p->m, k);

	if (!m)
		return NULL;
	if (m->kind == BODY_PROGRAM)
		return read_program(&p->c->read, m) ? m : NULL;
	diag_error(p->c->diag, p->c->span,
	           "stage %zu of the pipeline is a %s, and only ML Programs can be compiled here",
	           k + 1, msg_case(m->spec, "mlProgram"));
	return NULL;
}

static void
put_pipeline_data(Bundle *p, Buf *b, Model *const *stage, size_t n)
{
	Buf variant = {0};

	for (size_t k = 0; k < n; k++)
		buf_printf(&variant, "generic.model%zuv%llu.0.0", k,
		           (unsigned long long)container_version(stage[k]));
	buf_puts(&variant, "generic");
	put_number(b, MODEL_PIPELINE, 4);
	put_version(b, 1, 0, 1, variant.at);
	put_version(b, (uint64_t)p->m->spec_version, 0, 0, "");
	put_description_part(b, p->m->spec);
	put_number(b, n, 8);
	put_number(b, MODEL_PIPELINE, 8);
	buf_free(&variant);
}

static void
put_stage_names(Bundle *p, Buf *b, const Msg *pipeline, size_t n)
{
	size_t named = msg_count(pipeline, "names");

	put_number(b, n, 8);
	for (size_t k = 0; k < n; k++)
		put_counted(b, k < named ? msg_string_at(pipeline, "names", k)
		                         : arena_printf(p->arena, "model%zu", k));
}

static bool
write_pipeline(Bundle *p)
{
	const Msg *pipeline = pipeline_of(p->m);
	size_t n = msg_count(pipeline, "models");
	Model **stage = newn(p->arena, Model *, MAX(n, 1));
	Buf b = {0};

	for (size_t k = 0; k < n; k++)
		if (!(stage[k] = stage_program(p, k)))
			return false;
	for (size_t k = 0; k < n && !p->o->failed; k++) {
		Bundle child = *p;
		child.m = stage[k];
		child.below = arena_printf(p->arena, "model%zu/", k);
		msg_write(child.m->spec, &b);
		write_program(&child, &b, child.m->spec);
		buf_free(&b);
	}
	put_pipeline_data(p, &b, stage, n);
	put_file(p, "coremldata.bin", &b);
	put_metadata_json(&b, p->arena, p->m, (const Model *const *)stage, n, p->c->path);
	put_file(p, "metadata.json", &b);
	put_section(&b, "PipelineModelDetails",
	            &(Fact){"modelDimension", arena_printf(p->arena, "%zu", n)}, 1);
	put_file(p, "analytics/coremldata.bin", &b);
	put_stage_names(p, &b, pipeline, n);
	put_file(p, "modelNames/coremldata.bin", &b);
	return true;
}

/* ---- what nobody has seen Apple's compiler write ---- */

static const char *
unseen_block(const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		if (i->nblock)
			return "a program with blocks inside of operations";
		if (i->op->code == OP_classify)
			return "a classifier";
	}
	return NULL;
}

static const char *
unseen(const Model *m)
{
	const char *what = m->spec_version > IOS18 ? "version 10 of the specification" : NULL;

	for (uint32_t k = 0; !what && k < m->face.input.n; k++)
		if (m->face.input.at[k].nenum)
			what = "the key of an enumerated shape";
	for (uint32_t k = 0; !what && m->prog && k < m->prog->funcs.n; k++)
		what = unseen_block(m->prog->funcs.at[k]->body);
	return what;
}

static bool
check_known(const Model *m, EmitCtx *c)
{
	const char *what = unseen(m);

	if (m->kind == BODY_PIPELINE && !msg_has(m->spec, "pipeline"))
		return diag_error(c->diag, c->span,
		                  "the model is a %s, and how Apple compiles that is not known: "
		                  "write a .mlpackage",
		                  msg_case(m->spec, "pipeline"));
	return !what || c->unverified ||
	       diag_error(c->diag, c->span,
	                  "%s has not been seen in a model compiled by Apple: --unverified writes "
	                  "what it is likely to be",
	                  what);
}

bool
emit_compiled(const Model *model, EmitCtx *c)
{
	Arena a = {0};
	Buf bytes = {0};
	FsOut o;
	Weights w;
	Bundle p = {&o, (Model *)(uintptr_t)model, c, &a, ""};
	bool ok = false;
	const char *error;

	if (model->kind == BODY_PIPELINE && !read_interface(&c->read, p.m))
		return false;
	if (check_known(model, c) && put_model(&bytes, &a, model, c, &w) &&
	    fsout_begin(&o, c->diag, c->span, c->path, true)) {
		const Msg *spec = model->spec
		                      ? model->spec
		                      : msg_read(&a, &core_ml__specification__model__descriptor,
		                                 bytes.at, bytes.n, &error);
		if (model->kind == BODY_PIPELINE)
			o.failed = !write_pipeline(&p) || o.failed;
		else
			write_program(&p, &bytes, spec);
		ok = fsout_later(c->batch, &o);
	}
	buf_free(&bytes);
	arena_free(&a);
	return ok;
}
