/* raw.c: what the specification says and no call does: the description that ct.convert and the
 * metadata will give is made, compared with the model's own, and each difference becomes an
 * assignment to a field.
 */
#include "assign.h"
#include "writing.h"

#include "Model.pb-c.h"
#include "convert/convert.h"
#include "form/spec.h"

/* ---- what the script's calls give ---- */

/* In a copy of the program: the classifier's operations go, as ct.convert makes them. */
static void
drop_classify(const Writing *w, Program *copy, ClassifierSpec *c)
{
	Func *f = copy->funcs.at[0];
	const Tensor *label;
	Var **out;
	Inst *i;
	Var *p;

	for (uint32_t k = 0; k < copy->funcs.n; k++)
		if (copy->funcs.at[k]->name == copy->default_func)
			f = copy->funcs.at[k];
	i = f->body->last;
	p = inst_arg(i, "probabilities");
	label = inst_arg(i, "classes")->val;
	out = newn(w->arena, Var *, f->body->nout);
	out[0] = w->cast ? inst_arg(p->def, "x") : p;
	for (uint32_t k = 2; k < f->body->nout; k++)
		out[k - 1] = f->body->out[k]->var;
	*c = (ClassifierSpec){.ints = label->dtype != DT_STRING,
	                      .n = (uint32_t)label->count,
	                      .label = label->data,
	                      .number = label->data,
	                      .feature = i->out[0]->name,
	                      .probs = out[0]->name};
	block_set_outputs(f->body, out, f->body->nout - 1);
	inst_remove(i);
	if (w->cast)
		inst_remove(p->def);
}

/* The texts that the script sets behind the call. */
static void
copy_texts(const Writing *w, Model *p)
{
	static const char *const texts[] = {"shortDescription", "author", "license",
	                                    "versionString"};
	const Features *from[] = {&w->m->face.input, &w->m->face.output};
	const Features *to[] = {&p->face.input, &p->face.output};

	for (size_t k = 0; k < countof(texts); k++)
		if (*msg_get_string(w->m->metadata, texts[k]))
			msg_string(p->metadata, texts[k], msg_get_string(w->m->metadata, texts[k]));
	for (size_t l = 0; l < countof(to); l++)
		for (uint32_t i = 0; i < to[l]->n; i++)
			for (uint32_t k = 0; k < from[l]->n; k++)
				if (to[l]->at[i].name == from[l]->at[k].name)
					to[l]->at[i].doc = from[l]->at[k].doc;
}

/* Probabilities of another name than ct.convert gives them are renamed behind it. */
static bool
probs_are_renamed(const Writing *w)
{
	return w->classify && !str_is(w->classify->out[1]->name, w->made_probs);
}

static void
rename_probs(const Writing *w, Model *p)
{
	const Str *name = w->classify->out[1]->name;

	p->face.predicted_probs = name->s;
	for (uint32_t k = 0; k < p->face.output.n; k++)
		if (str_is(p->face.output.at[k].name, w->made_probs))
			p->face.output.at[k].name = name;
}

Model *
predict(Writing *w, const ConvertOptions *asked)
{
	ConvertOptions o = *asked;
	ClassifierSpec classes;
	uint32_t nerror = w->diag->nerror;
	bool muted = w->diag->muted;
	Model *p = NULL;

	/* The first time for the result alone, the second to hear why there is none. */
	for (int turn = 0; turn < 2 && !p; turn++) {
		Program *copy = program_clone(w->m->prog);
		copy->skip_all_passes = w->skip_passes;
		if (w->classify) {
			drop_classify(w, copy, &classes);
			o.classifier = &classes;
		}
		w->diag->muted = muted || turn == 0;
		p = convert(copy, &o, NULL);
		w->diag->muted = muted;
		w->diag->nerror = turn ? w->diag->nerror : nerror;
	}
	if (p && w->classify)
		rename_probs(w, p);
	if (p)
		copy_texts(w, p);
	return p;
}

/* ---- the whole ---- */

/* The specification without a body that the writer would make. */
static const Msg *
described(Writing *w, const Model *m)
{
	EmitCtx c = {.diag = w->diag};
	const char *error;
	Buf b = {0};
	Msg *spec;

	put_description(&b, w->arena, m, &c);
	spec = msg_read(w->arena, &core_ml__specification__model__descriptor,
	                arena_dup(w->arena, b.at, b.n), b.n, &error);
	buf_free(&b);
	return spec;
}

static void
put_rename(Writing *w)
{
	buf_puts(w->out, "ct.utils.rename_feature(spec, ");
	put_quoted_text(w->out, w->made_probs);
	buf_puts(w->out, ", ");
	put_quoted_text(w->out, w->classify->out[1]->name->s);
	buf_puts(w->out, ")\n");
}

void
put_raw(Writing *w, const Model *p)
{
	const Msg *want = w->m->spec ? w->m->spec : described(w, w->m), *got = described(w, p);
	Buf lines = {0};
	Assigning r = {.arena = w->arena, .out = &lines, .about = "the model", .converted = true};
	static const char *const fields[] = {"specificationVersion", "isUpdatable"};

	for (size_t k = 0; k < countof(fields); k++)
		assign_scalar(
		    &r, "spec",
		    protobuf_c_message_descriptor_get_field_by_name(want->descriptor, fields[k]),
		    want, got);
	if (msg_get(want, "description"))
		assign_differences(&r, "spec.description", msg_get(want, "description"),
		                   msg_get(got, "description"));
	if (lines.n || probs_are_renamed(w)) {
		buf_puts(w->out, "\nspec = model.get_spec()\n");
		if (probs_are_renamed(w))
			put_rename(w);
		buf_put(w->out, lines.at, lines.n);
		buf_puts(w->out, "model = ct.models.MLModel(spec, weights_dir=model.weights_dir, "
		                 "skip_model_load=True)\n\n");
	}
	buf_free(&lines);
}
