/* mlmodel.c: the model that ct.convert gives: its metadata, and save(). Nothing is written while
 * the script runs: saves are noted, and carried out when the whole script was right. */
#include "bind.h"

/* ---- model.input_description["x"] = "…" and its kin ---- */

typedef enum DocKind { DOC_INPUT, DOC_OUTPUT, DOC_USER } DocKind;
typedef struct DocMap {
	Model *m;
	DocKind kind;
} DocMap;

static const Features *
features_of(const DocMap *d)
{
	return d->kind == DOC_INPUT ? &d->m->face.input : &d->m->face.output;
}

/* The text that goes by this key; 0: there is none. */
static const char **
doc_slot(const DocMap *d, const Str *key)
{
	const Features *f[2] = {features_of(d), &d->m->face.state};
	int n = d->kind == DOC_USER ? 0 : d->kind == DOC_INPUT ? 2 : 1;

	for (uint32_t i = 0; d->kind == DOC_USER && i < d->m->user.n; i++)
		if (strcmp(d->m->user.at[i].key, key->s) == 0)
			return &d->m->user.at[i].val;
	for (int k = 0; k < n; k++)
		for (uint32_t i = 0; i < f[k]->n; i++)
			if (f[k]->at[i].name == key)
				return &f[k]->at[i].doc;
	return NULL;
}

static bool
doc_missing(Interp *in, const DocMap *d, const Str *key, Span at)
{
	const char *names[64], *near;
	const Features *f = features_of(d);
	uint32_t n = MIN(f->n, countof(names));
	const char *what = d->kind == DOC_INPUT ? "input" : "output";

	if (d->kind == DOC_USER)
		return fail(in, at, "user_defined_metadata has no key '%s'", key->s);
	for (uint32_t i = 0; i < n; i++)
		names[i] = f->at[i].name->s;
	near = nearest(key->s, names, n);
	return fail(in, at,
	            near ? "the model has no %s '%s'; did you mean '%s'?"
	                 : "the model has no %s '%s'",
	            what, key->s, near);
}

static bool
doc_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	const DocMap *d = self->data;
	const char **text;
	const Str *k;

	if (!as_str(in, key, &k, "the name of a feature", at))
		return false;
	text = doc_slot(d, k);
	if (!text)
		return doc_missing(in, d, k, at);
	*out = vstrz(in, *text ? *text : "");
	return true;
}

static bool
doc_setitem(Interp *in, HostObj *self, Value key, Value v, Span at)
{
	const DocMap *d = self->data;
	const char **text;
	const Str *k, *s;

	if (!as_str(in, key, &k, "the name of a feature", at) ||
	    !as_str(in, v, &s, "a description", at))
		return false;
	text = doc_slot(d, k);
	if (text)
		*text = s->s;
	else if (d->kind == DOC_USER)
		vec_push(interp_arena(in), &d->m->user, (MetaPair){k->s, s->s});
	else
		return doc_missing(in, d, k, at);
	return true;
}

static bool
doc_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	const DocMap *d = self->data;
	const Features *f = features_of(d);
	bool user = d->kind == DOC_USER;

	*as = V_LIST;
	*list = vlist(in, NULL, 0);
	for (uint32_t i = 0; i < (user ? d->m->user.n : f->n); i++)
		vlist_push(in, *list,
		           user ? vstrz(in, d->m->user.at[i].key) : vstr_of(in, f->at[i].name));
	return true;
}

static const HostType doc_type = {
    .name = "FeatureDescription", .getitem = doc_getitem, .setitem = doc_setitem, .iter = doc_iter};

static Value
doc_map(Interp *in, Model *m, DocKind kind)
{
	DocMap *d = new(interp_arena(in), DocMap);

	d->m = m;
	d->kind = kind;
	return vhost(in, &doc_type, d);
}

/* ---- save ---- */

/* What the script sets on the model from here on is not in the copy; the program is shared. */
static Model *
snapshot(Bind *b, const Model *m)
{
	Arena *a = b->arena;
	Model *s = arena_dup(a, m, sizeof *m);

#define COPY(field) s->field.at = arena_dup(a, m->field.at, m->field.n * sizeof *m->field.at), \
	s->field.cap = m->field.n
	COPY(face.input);
	COPY(face.output);
	COPY(face.state);
	COPY(user);
#undef COPY
	vec_push(a, &b->copies, s);
	return s;
}

static bool
note_save(Interp *in, const Model *of, Model *m, Value v, Span at)
{
	Bind *b = bind_of(in);
	bool program = m->format == FORMAT_MLPROGRAM;
	const char *path, *base;
	const Str *s;
	size_t n;

	if (!as_path(in, v, &s, "the path of a model", at))
		return false;
	path = s->s;
	base = path_base(path);
	if (!*base)
		return fail(in, at, "'%s' names no file to save the model to", path);
	if (!strchr(base, '.'))
		path = arena_printf(b->arena, "%s%s", path, program ? ".mlpackage" : ".mlmodel");
	n = strlen(path);
	if (program && !ends_with(path, n, ".mlpackage"))
		return fail(in, at, "an ML Program is saved as .mlpackage, found '%s'", base);
	if (!ends_with(path, n, ".mlpackage") && !ends_with(path, n, ".mlmodel"))
		return fail(in, at,
		            "a NeuralNetwork is saved as .mlmodel or .mlpackage, found '%s'", base);
	vec_push(b->arena, &b->saved, (Saved){of, m, path, at});
	return true;
}

bool
model_save_at(Interp *in, const Model *m, Value path, Span at)
{
	return note_save(in, m, snapshot(bind_of(in), m), path, at);
}

NATIVE(model_save)
{
	*out = VNONE;
	return model_save_at(in, HOST_OF(self)->data, args->v[0], args->span);
}

typedef struct Spec {
	Model *of, *copy;
} Spec;
static const HostType spec_type = {.name = "Model"};

NATIVE(model_get_spec)
{
	Spec *s = new(interp_arena(in), Spec);

	s->of = HOST_OF(self)->data;
	s->copy = snapshot(bind_of(in), s->of);
	*out = vhost(in, &spec_type, s);
	return true;
}

NATIVE_EXTERN(ct_save_spec)
{
	const Value *v = args->v;
	const Spec *s;

	*out = VNONE;
	if (v[0].kind == V_POISON)
		return true;
	if (!is_host(v[0], &spec_type))
		return fail(in, args->span, "save_spec takes model.get_spec(), found '%s'",
		            type_name(v[0]));
	s = HOST_OF(v[0])->data;
	if (s->of->format == FORMAT_MLPROGRAM && !given(v[3]))
		return fail(in, args->span,
		            "the spec of an ML Program has its weights in files: give save_spec "
		            "weights_dir=model.weights_dir");
	return note_save(in, s->of, s->copy, v[1], args->span);
}

/* ---- attributes ---- */

static const char **
text_field(Model *m, const Str *name)
{
	static const struct {
		const char *name;
		size_t at;
	} texts[] = {{"short_description", offsetof(Model, short_description)},
	             {"author", offsetof(Model, author)},
	             {"license", offsetof(Model, license)},
	             {"version", offsetof(Model, version)}};

	for (size_t k = 0; k < countof(texts); k++)
		if (str_is(name, texts[k].name))
			return (void *)((char *)m + texts[k].at);
	return NULL;
}

static int
model_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	static const char *const docs[] = {
	    [DOC_INPUT] = "input_description",
	    [DOC_OUTPUT] = "output_description",
	    [DOC_USER] = "user_defined_metadata",
	};
	Model *m = self->data;
	const char **field = text_field(m, name);

	for (size_t k = 0; k < countof(docs); k++)
		if (str_is(name, docs[k])) {
			*out = doc_map(in, m, (DocKind)k);
			return 1;
		}
	if (field) {
		*out = vstrz(in, *field ? *field : "");
	} else if (str_is(name, "weights_dir")) { /* for save_spec, which needs no files */
		*out = m->format == FORMAT_MLPROGRAM ? vstrz(in, "weights") : VNONE;
	} else if (str_is(name, "predict")) {
		fail(in, NOSPAN,
		     "model.predict does not run while the script compiles: run the model with "
		     "'milc run'");
		return -1;
	} else if (str_is(name, "get_compiled_model_path") || str_is(name, "compile_model")) {
		fail(in, NOSPAN, "a script compiles no model on this machine: write one with "
		                 "'milc -o X.mlmodelc'");
		return -1;
	} else {
		return 0;
	}
	return 1;
}

static bool
model_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	const char **field = text_field(self->data, name);
	const Str *s;

	if (!field)
		return fail(in, at, "'MLModel' has no settable attribute '%s'", name->s);
	if (!as_str(in, x, &s, "the metadata of a model", at))
		return false;
	*field = s->s;
	return true;
}

static const Native model_methods[] = {
    {"save", "save_path", model_save, AS_FUNCTION},
    {"get_spec", "", model_get_spec, AS_FUNCTION},
    NATIVE_END,
};

const HostType mlmodel_type = {.name = "MLModel",
                               .module = "coremltools.models.model",
                               .methods = model_methods,
                               .getattr = model_getattr,
                               .setattr = model_setattr};
