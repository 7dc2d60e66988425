/* mlmodel.c: a model as an object: its descriptions and metadata, and save(). What a conversion
 * gave stays a program until somebody asks for the message; from then on that is the model.
 * Nothing is written while the script runs: saves are noted, and
 * carried out when the whole script was right.
 */
#include "bind.h"

#include "form/emit.h"
#include "form/read.h"
#include "message.h"
#include "stdlib/files.h"

/* ---- what scripts find of saved models ---- */

static bool
emit_saved(void *ctx, uint32_t model, const char *path)
{
	const Bind *b = ctx;
	const Saved *s = &b->saved.at[model];
	EmitCtx c = {.path = path, .diag = b->diag, .span = s->span, .date = b->date,
	             .lower = b->lower};

	c.read = (ReadCtx){.arena = b->arena, .names = b->names, .types = b->types,
	                   .diag = b->diag, .path = s->path, .maps = b->maps, .span = s->span};
	return emit_model(s->model, &c);
}

/* Renamed, or with 0 removed. */
static void
saved_moved(void *ctx, uint32_t model, const char *path, bool temporary)
{
	Bind *b = ctx;

	b->saved.at[model].path = path ? arena_strdup(b->arena, path) : NULL;
	b->saved.at[model].temporary = temporary;
}

void
bind_files(Bind *b)
{
	Store *s = interp_store(b->in);

	if (s)
		s->models = (StoreModels){emit_saved, saved_moved, b};
}

Model *
model_snapshot(Bind *b, const Model *m)
{
	Arena *a = b->arena;
	Model *s = arena_dup(a, m, sizeof *m);

	if (m->spec) {
		*s = (Model){.arena = a, .origin = m->origin, .bare = m->bare};
		s->spec = msg_copy(a, m->spec);
		s->weights.at = arena_dup(a, m->weights.at, m->weights.n * sizeof *m->weights.at);
		s->weights.n = s->weights.cap = m->weights.n;
		find_body(s);
		return s;
	}
#define COPY(field) s->field.at = arena_dup(a, m->field.at, m->field.n * sizeof *m->field.at), \
	s->field.cap = m->field.n
	COPY(face.input);
	COPY(face.output);
	COPY(face.state);
#undef COPY
	if (m->metadata)
		s->metadata = msg_copy(a, m->metadata);
	vec_push(a, &b->copies, s);
	return s;
}

Msg *
model_spec(Interp *in, ScriptModel *s, Span at)
{
	Bind *b = bind_of(in);
	EmitCtx c = {.diag = b->diag, .span = at, .lower = b->lower, .date = b->date};
	Model *made;

	if (s->m->spec)
		return s->m->spec;
	made = model_as_spec(b->arena, s->m, &c);
	if (!made)
		return NULL;
	*s->m = *made;
	return s->m->spec;
}

static Msg *
description(const ScriptModel *s)
{
	return msg_lazy(s->m->spec, "description");
}

static Msg *
metadata(const ScriptModel *s)
{
	return s->m->spec ? msg_lazy(description(s), "metadata") : s->m->metadata;
}

/* ---- model.input_description["x"] = "…" ---- */

typedef struct DocMap {
	ScriptModel *s;
	bool output;
} DocMap;

static const Features *
features_of(const DocMap *d)
{
	return d->output ? &d->s->m->face.output : &d->s->m->face.input;
}

static uint32_t
doc_count(const DocMap *d)
{
	return d->s->m->spec
	           ? (uint32_t)msg_count(description(d->s), d->output ? "output" : "input")
	           : features_of(d)->n;
}

static Msg *
doc_message(const DocMap *d, uint32_t i)
{
	return (Msg *)(uintptr_t)msg_at(description(d->s), d->output ? "output" : "input", i);
}

static const char *
doc_name(const DocMap *d, uint32_t i)
{
	return d->s->m->spec ? msg_get_string(doc_message(d, i), "name")
	                     : features_of(d)->at[i].name->s;
}

/* The place of the feature of this name; -1, reported: there is none. */
static int64_t
doc_find(Interp *in, const DocMap *d, Value key, bool set, Span at)
{
	const char *names[64], *near;
	uint32_t n = doc_count(d);
	const Str *k;

	if (!as_str(in, key, &k, "the name of a feature", at))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(doc_name(d, i), k->s))
			return i;
	for (uint32_t i = 0; i < n && i < countof(names); i++)
		names[i] = doc_name(d, i);
	near = nearest(k->s, names, MIN(n, countof(names)));
	if (set)
		fail(in, at,
		     near ? "the model has no %s '%s' to describe; did you mean '%s'?"
		          : "the model has no %s '%s' to describe",
		     d->output ? "output" : "input", k->s, near);
	else
		fail(in, at,
		     near ? "the model has no %s '%s'; did you mean '%s'?"
		          : "the model has no %s '%s'",
		     d->output ? "output" : "input", k->s, near);
	return -1;
}

static bool
doc_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	const DocMap *d = self->data;
	int64_t i = doc_find(in, d, key, false, at);
	const char *text;

	if (i < 0)
		return false;
	text = d->s->m->spec ? msg_get_string(doc_message(d, (uint32_t)i), "shortDescription")
	                     : features_of(d)->at[i].doc;
	*out = vstrz(in, text ? text : "");
	return true;
}

static bool
doc_setitem(Interp *in, HostObj *self, Value key, Value v, Span at)
{
	const DocMap *d = self->data;
	int64_t i = doc_find(in, d, key, true, at);
	const Str *s;

	if (i < 0 || !as_str(in, v, &s, "a description", at))
		return false;
	if (d->s->m->spec)
		msg_string(doc_message(d, (uint32_t)i), "shortDescription", s->s);
	else
		features_of(d)->at[i].doc = s->s;
	return true;
}

static bool
doc_iter(Interp *in, HostObj *self, VKind *as, Value *list)
{
	const DocMap *d = self->data;

	*as = V_LIST;
	*list = vlist(in, NULL, 0);
	for (uint32_t i = 0; i < doc_count(d); i++)
		vlist_push(in, *list, vstrz(in, doc_name(d, i)));
	return true;
}

static void
doc_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	const DocMap *d = self->data;

	buf_puts(out, "Features(");
	for (uint32_t i = 0; i < doc_count(d); i++)
		buf_printf(out, "%s%s", i ? "," : "", doc_name(d, i));
	buf_byte(out, ')');
}

static const HostType doc_type = {.name = "_FeatureDescription",
                                  .module = "coremltools.models.model",
                                  .getitem = doc_getitem,
                                  .setitem = doc_setitem,
                                  .iter = doc_iter,
                                  .repr = doc_repr};

static Value
doc_map(Interp *in, ScriptModel *s, bool output)
{
	DocMap *d = new(interp_arena(in), DocMap);

	*d = (DocMap){s, output};
	return vhost(in, &doc_type, d);
}

/* ---- save ---- */

bool
note_save(Interp *in, const Model *of, Model *m, const char *path, Span at)
{
	Bind *b = bind_of(in);
	bool known = false, temporary;

	for (uint32_t i = 0; i < b->models.n; i++)
		known |= b->models.at[i] == of;
	if (!known)
		vec_push(b->arena, &b->models, (Model *)(uintptr_t)of);
	path = script_save(in, path, b->saved.n, !ends_with(path, strlen(path), ".mlmodel"),
	                   &temporary, at);
	if (!path)
		return false;
	vec_push(b->arena, &b->saved,
	         (Saved){of, m, path, at, .temporary = temporary, .made = b->models.n});
	return true;
}

bool
save_path(Interp *in, Value v, const char *packed, const char **path, Span at)
{
	const char *base, *ending = packed ? ".mlpackage" : ".mlmodel";
	const Str *s;
	size_t n;

	if (!as_path(in, v, &s, "the path of a model", at))
		return false;
	base = path_base(s->s);
	if (!*base)
		return fail(in, at, "'%s' names no file to save the model to", s->s);
	*path = strchr(base + 1, '.') ? s->s
	                              : arena_printf(interp_arena(in), "%s%s", s->s, ending);
	base = path_base(*path);
	n = strlen(*path);
	if (ends_with(*path, n, ".mlpackage"))
		return true;
	if (packed)
		return fail(in, at, "%s is saved as .mlpackage, found '%s'", packed, base);
	return ends_with(*path, n, ".mlmodel") ||
	       fail(in, at, "a model is saved as .mlmodel or .mlpackage, found '%s'", base);
}

bool
model_save_at(Interp *in, const ScriptModel *s, Value v, Span at)
{
	const char *packed = NULL, *path;

	if (s->package)
		packed = s->m->kind == BODY_PROGRAM    ? "an ML Program"
		         : s->m->kind == BODY_PIPELINE ? "a pipeline"
		                                       : "a model from a package";
	return save_path(in, v, packed, &path, at) &&
	       note_save(in, s->m, model_snapshot(bind_of(in), s->m), path, at);
}

NATIVE(model_save)
{
	*out = VNONE;
	return model_save_at(in, model_of(self), args->v[0], args->span);
}

/* ---- methods ---- */

NATIVE(model_get_spec)
{
	Msg *spec = model_spec(in, model_of(self), args->span);

	if (!spec)
		return bind_poison(in, out);
	*out = bind_message(in, msg_copy(interp_arena(in), spec));
	return true;
}

static Value
model_copy(Interp *in, HostObj *self)
{
	ScriptModel *s = arena_dup(interp_arena(in), self->data, sizeof *s);

	s->m = model_snapshot(bind_of(in), s->m);
	s->weights = NULL;
	s->run = NULL;
	return vhost(in, &mlmodel_type, s);
}

NATIVE(model_program)
{
	const ScriptModel *s = model_of(self);

	*out = s->program;
	return true;
}

static const Native model_methods[] = {
    {"save", "save_path", model_save, AS_FUNCTION},
    {"get_spec", "", model_get_spec, AS_FUNCTION},
    {"_get_mil_internal", "", model_program, AS_FUNCTION},
    {"predict", "data,state=", model_predict, AS_FUNCTION},
    {"make_state", "", model_make_state, AS_FUNCTION},
    {"get_compiled_model_path", NULL, model_compiled, AS_FUNCTION},
    {"get_available_compute_devices", NULL, model_devices, AS_FUNCTION},
    NATIVE_END,
};

/* ---- attributes ---- */

static const char *
text_field(const Str *name)
{
	static const char *const texts[][2] = {{"short_description", "shortDescription"},
	                                       {"author", "author"},
	                                       {"license", "license"},
	                                       {"version", "versionString"}};

	for (size_t k = 0; k < countof(texts); k++)
		if (str_is(name, texts[k][0]))
			return texts[k][1];
	return NULL;
}

static Value
text_or_none(Interp *in, const char *s)
{
	return s ? vstrz(in, s) : VNONE;
}

static int
model_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	ScriptModel *s = self->data;
	const struct {
		const char *name;
		Value v;
	} plain[] = {
	    {"is_package", vbool(s->package)},   {"is_temp_package", vbool(s->temporary)},
	    {"compute_unit", s->unit},           {"optimization_hints", s->hints},
	    {"_mil_program", s->program},
	    {"function_name", s->function ? vstr_of(in, s->function) : VNONE},
	    {"package_path", text_or_none(in, s->folder)},
	};
	const char *field = text_field(name);

	for (size_t k = 0; k < countof(plain); k++)
		if (str_is(name, plain[k].name)) {
			*out = plain[k].v;
			return 1;
		}
	if (field) {
		*out = vstrz(in, msg_get_string(metadata(s), field));
	} else if (str_is(name, "input_description") || str_is(name, "output_description")) {
		*out = doc_map(in, s, name->s[0] == 'o');
	} else if (str_is(name, "user_defined_metadata")) {
		Value meta = bind_message(in, metadata(s));
		return value_findattr(in, meta, intern_cstr(interp_names(in), "userDefined"), out,
		                      NOSPAN);
	} else if (str_is(name, "weights_dir")) {
		*out = text_or_none(in, model_weights(in, s));
	} else if (str_is(name, "_spec")) {
		Msg *spec = model_spec(in, s, interp_here(in));
		if (!spec)
			return -1;
		*out = bind_message(in, spec);
	} else {
		return 0;
	}
	return 1;
}

static bool
model_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	const char *field = text_field(name);
	const Str *s;

	if (!field)
		return fail(in, at, "'MLModel' has no settable attribute '%s'", name->s);
	if (!as_str(in, x, &s, "the metadata of a model", at))
		return false;
	msg_string(metadata(self->data), field, s->s);
	return true;
}

static void
model_repr(Interp *in, HostObj *self, Buf *out)
{
	Msg *spec = model_spec(in, self->data, interp_here(in));

	if (spec)
		msg_text(msg_lazy(spec, "description"), out);
}

static void
model_mark(Interp *in, HostObj *self)
{
	const ScriptModel *s = self->data;

	interp_mark(in, s->unit);
	interp_mark(in, s->program);
	interp_mark(in, s->hints);
}

/* MLModel(…), and what stands in the class. */
static bool
class_call(Interp *in, Value self, const Args *args, Value *out)
{
	static const Native make = {
	    "MLModel",
	    "model,is_temp_package=,mil_program=,skip_model_load=,compute_units=,weights_dir=,"
	    "function_name=,optimization_hints=",
	    ct_mlmodel, AS_FUNCTION};

	return native_call(in, &make, self, args, out);
}

static int
class_attr(Interp *in, UNUSED const HostType *type, const Str *name, Value *out)
{
	static const Native methods[] = {
	    {"MLModel.get_available_compute_devices", NULL, model_devices, AS_FUNCTION},
	    NATIVE_END,
	};

	return native_get(in, methods, name, 0, VUNSET, out);
}

const HostType mlmodel_type = {.name = "MLModel",
                               .module = "coremltools.models.model",
                               .methods = model_methods,
                               .getattr = model_getattr,
                               .setattr = model_setattr,
                               .repr = model_repr,
                               .copy = model_copy,
                               .make = class_call,
                               .class_attr = class_attr,
                               .mark = model_mark};
