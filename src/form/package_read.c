/* package_read.c: finds out what a path is, and opens it: the manifest of a package, the protobuf
 * of the model, the weights that its values refer to. Paths from files never leave the package.
 */
#include "reading.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

#include "file/mapfile.h"
#include "pb/pb.h"
#include "blob_read.h"

#define MAX_MANIFEST (1u << 20)

struct WeightFile {
	const char *name;
	BlobFile blob;
	MapFile map; /* stays mapped: tensors refer to it */
	WeightFile *next;
};

bool
read_error(Reading *r, const char *fmt, ...)
{
	va_list ap;
	const char *text;
	Buf b = {0};

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	text = arena_strdup(r->arena, b.at);
	buf_free(&b);
	if (r->op)
		diag_error(r->c->diag, NOSPAN, "'%s': function '%s', operation '%s': %s",
		           r->c->path, r->func->name->s, r->op, text);
	else if (r->func)
		diag_error(r->c->diag, NOSPAN, "'%s': function '%s': %s", r->c->path,
		           r->func->name->s, text);
	else
		diag_error(r->c->diag, NOSPAN, "'%s': %s", r->c->path, text);
	return false;
}

/* A relative path that stays below its folder. */
static bool
path_is_safe(const char *p)
{
	if (!*p || *p == '/')
		return false;
	for (const char *s = p; s; s = strchr(s, '/')) {
		s += *s == '/';
		if (!strncmp(s, "..", 2) && (!s[2] || s[2] == '/'))
			return false;
	}
	return true;
}

/* ---- weights ---- */

static bool
exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Beside a bare model file the weights may stand as STEM_weights.bin. */
static const char *
weights_path(Reading *r, const char *name)
{
	static const char root[] = "@model_path/";
	const char *path, *other;

	if (strncmp(name, root, sizeof root - 1) != 0 || !path_is_safe(name + sizeof root - 1)) {
		read_error(r, "a weights file is named '%s', expected a path below @model_path/",
		           name);
		return 0;
	}
	path = arena_printf(r->arena, "%s/%s", r->folder, name + sizeof root - 1);
	if (!r->stem || exists(path))
		return path;
	other = arena_printf(r->arena, "%s_weights.bin", r->stem);
	return exists(other) ? other : path;
}

const BlobFile *
read_weights(Reading *r, const char *name)
{
	const char *path, *error = 0;

	for (WeightFile *w = r->weights; w; w = w->next)
		if (!strcmp(w->name, name))
			return &w->blob;
	path = weights_path(r, name);
	if (!path)
		return 0;
	WeightFile *w = new (r->arena, WeightFile);
	w->name = name;
	if (!mapfile_map(&w->map, r->c->diag, NOSPAN, path))
		return 0;
	if (!blob_open(r->arena, &w->blob, w->map.at, w->map.n, &error)) {
		read_error(r, "the weights file '%s' cannot be read: %s", path, error);
		return 0;
	}
	w->next = r->weights;
	r->weights = w;
	return &w->blob;
}

/* ---- the model ---- */

static bool
find_default(Reading *r, const SPEC(ModelDescription) * d)
{
	const char *name = *d->defaultfunctionname ? d->defaultfunctionname : "main";
	const Program *p = r->prog;

	r->prog->default_func = intern_cstr(r->c->names, name);
	r->prog->multifunction = d->n_functions > 0;
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (p->funcs.at[k]->name == p->default_func)
			return true;
	return read_error(r, "the program has no function '%s'", name);
}

/* The features of a function are its parameters and outputs, by name. */
static bool
match_features(Reading *r, const Func *f, const Feature *in, uint32_t nin, const Feature *state,
               uint32_t nstate, const Feature *out, uint32_t nout)
{
	if (nin + nstate != f->body->nparam || nout != f->body->nout)
		return read_error(
		    r,
		    "the interface has %u inputs and %u outputs, but function '%s' has %u and %u",
		    nin + nstate, nout, f->name->s, f->body->nparam, f->body->nout);
	for (uint32_t k = 0; k < f->body->nparam; k++) {
		bool found = false;
		for (uint32_t i = 0; i < nin; i++)
			found |= in[i].name == f->body->param[k]->name;
		for (uint32_t i = 0; i < nstate; i++)
			found |= state[i].name == f->body->param[k]->name;
		if (!found)
			return read_error(r, "input '%s' of function '%s' is not in the interface",
			                  f->body->param[k]->name->s, f->name->s);
	}
	for (uint32_t k = 0; k < nout; k++) {
		bool found = false;
		for (uint32_t i = 0; i < nout; i++)
			found |= out[k].name == f->body->out[i]->var->name;
		if (!found)
			return read_error(r, "output '%s' is not one of function '%s'",
			                  out[k].name->s, f->name->s);
	}
	return true;
}

static bool
check_interface(Reading *r)
{
	const Model *m = r->m;

	for (uint32_t k = 0; k < r->prog->funcs.n; k++) {
		const Func *f = r->prog->funcs.at[k];
		if (!m->func.n && f->name == r->prog->default_func)
			return match_features(r, f, m->input.at, m->input.n, m->state.at,
			                      m->state.n, m->output.at, m->output.n);
		for (uint32_t i = 0; i < m->func.n; i++) {
			const FuncInterface *fi = &m->func.at[i];
			if (fi->name == f->name &&
			    !match_features(r, f, fi->input.at, fi->input.n, fi->state.at,
			                    fi->state.n, fi->output.at, fi->output.n))
				return false;
		}
	}
	return true;
}

static bool
read_spec(Reading *r, const SPEC(Model) * spec)
{
	Model *m = r->m;

	m->spec_version = spec->specificationversion;
	if (m->spec_version < 1 || m->spec_version > IOS26)
		return read_error(r, "the specification version is %d, expected 1 to %d",
		                  m->spec_version, IOS26);
	if (!read_description(r, spec->description))
		return false;
	switch (spec->type_case) {
	case SPEC_CASE(MODEL__TYPE_ML_PROGRAM):
		m->format = FORMAT_MLPROGRAM;
		m->prog = r->prog = program_new(r->arena, r->c->names, r->c->types, r->c->diag);
		return read_program(r, spec->mlprogram) && find_default(r, spec->description) &&
		       check_interface(r);
	case SPEC_CASE(MODEL__TYPE_NEURAL_NETWORK):
	case SPEC_CASE(MODEL__TYPE_NEURAL_NETWORK_CLASSIFIER):
	case SPEC_CASE(MODEL__TYPE_NEURAL_NETWORK_REGRESSOR):
		m->format = FORMAT_NEURALNETWORK;
		return read_nn(r->c, spec, m);
	case SPEC_CASE(MODEL__TYPE__NOT_SET):
		return read_error(r, "the model is empty");
	default:
		return read_error(
		    r, "the model is of kind %d, expected an ML Program or a NeuralNetwork",
		    (int)spec->type_case);
	}
}

/* The model file stays mapped as well: the messages are copied, but large values need not be. */
static Model *
read_protobuf(ReadCtx *c, const char *path, const char *folder, const char *stem)
{
	const char *error = 0;
	Reading r = {.c = c, .arena = c->arena, .folder = folder, .stem = stem};
	MapFile map = {0};

	if (!mapfile_map(&map, c->diag, NOSPAN, path))
		return 0;
	SPEC(Model) *spec = (SPEC(Model) *)pb_unpack(
	    c->arena, &core_ml__specification__model__descriptor, map.at, map.n, &error);
	mapfile_close(&map);
	if (!spec) {
		diag_error(c->diag, NOSPAN, "'%s' is no Core ML model: %s", path, error);
		return 0;
	}
	r.m = new (c->arena, Model);
	r.m->arena = c->arena;
	return read_spec(&r, spec) ? r.m : 0;
}

static const char *
folder_of(Arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return arena_printf(a, "%.*s", (int)(slash - path), path);
}

static bool
is_model_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static Model *
read_model_file(ReadCtx *c)
{
	size_t n = strlen(c->path), end = n > 8 && !strcmp(c->path + n - 8, ".mlmodel") ? n - 8 : n;

	return read_protobuf(c, c->path, folder_of(c->arena, c->path),
	                     arena_printf(c->arena, "%.*s", (int)end, c->path));
}

/* ---- packages ---- */

static bool
is_package(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
version_is_known(const char *v)
{
	static const int newest[3] = {1, 0, 0};

	for (int k = 0; k < 3; k++) {
		int n = 0, digits = 0;
		for (; *v >= '0' && *v <= '9' && digits < 6; v++, digits++)
			n = n * 10 + (*v - '0');
		if (!digits || n > newest[k])
			return false;
		if (n < newest[k])
			return true;
		if (k < 2 && *v++ != '.')
			return false;
	}
	return !*v;
}

/* The path of the root model that the manifest names, or 0 after reporting. */
static const char *
root_model(ReadCtx *c, const json_t *j)
{
	const char *version = json_string_value(json_object_get(j, "fileFormatVersion"));
	const char *root = json_string_value(json_object_get(j, "rootModelIdentifier"));
	const json_t *items = json_object_get(j, "itemInfoEntries");
	const char *path = 0;

	if (!version || !version_is_known(version)) {
		diag_error(c->diag, NOSPAN,
		           "'%s': the manifest has fileFormatVersion '%s', expected 1.0.0 or older",
		           c->path, version ? version : "none");
		return 0;
	}
	if (root)
		path = json_string_value(json_object_get(json_object_get(items, root), "path"));
	if (!path) {
		diag_error(c->diag, NOSPAN, "'%s': the manifest names no root model with a path",
		           c->path);
		return 0;
	}
	if (!path_is_safe(path)) {
		diag_error(c->diag, NOSPAN, "'%s': the manifest has the path '%s' outside of Data/",
		           c->path, path);
		return 0;
	}
	return arena_printf(c->arena, "%s/Data/%s", c->path, path);
}

static Model *
read_package(ReadCtx *c)
{
	MapFile text = {0};
	json_error_t error;
	json_t *j;

	if (!mapfile_read(&text, c->diag, NOSPAN,
	                  arena_printf(c->arena, "%s/Manifest.json", c->path), MAX_MANIFEST))
		return 0;
	j = json_loadb(text.at, text.n, 0, &error);
	mapfile_close(&text);
	if (!j) {
		diag_error(c->diag, NOSPAN, "'%s': Manifest.json is no JSON: line %d: %s", c->path,
		           error.line, error.text);
		return 0;
	}
	const char *path = root_model(c, j);
	json_decref(j);
	return path ? read_protobuf(c, path, folder_of(c->arena, path), 0) : 0;
}

Model *
read_model(ReadCtx *c)
{
	static const struct {
		const char *what;
		bool (*probe)(const char *path);
		Model *(*read)(ReadCtx *);
	} readers[] = {
#define READER(what, probe, read) {what, probe, read},
#include "readers.def"
#undef READER
	};

	for (size_t k = 0; k < countof(readers); k++)
		if (readers[k].probe(c->path))
			return readers[k].read(c);
	diag_error(c->diag, NOSPAN, "cannot open '%s': %s", c->path, strerror(ENOENT));
	return 0;
}
