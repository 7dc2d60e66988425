/* package_read.c: finds the files of a model and takes its specification apart: the manifest of a
 * package, the protobuf of the model, the weights that its values refer to. Paths from files never
 * leave the package.
 */
#include "reading.h"

#include "Model.pb-c.h"
#include "base/sys.h"
#include "blob_read.h"
#include "file/json_tree.h"
#include "file/mapfile.h"
#include "spec.h"

#include <errno.h>

#define MAX_MANIFEST (1u << 20)

struct WeightFile {
	WeightsAt at;
	BlobFile blob; /* unless at.plan has it, or */
	bool absent;
	bool bad;      /* which was said */
	WeightFile *next;
};

bool
read_error(Reading *r, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(r->c->diag, DIAG_ERROR, r->place, fmt, ap));
	return false;
}

void *
read_none(Reading *r, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(r->c->diag, DIAG_ERROR, r->place, fmt, ap));
	return NULL;
}

bool
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

static WeightFile *
open_weights(Reading *r, const char *name)
{
	WeightFile *w = r->weights;
	const char *error = 0, *path;
	MapFile *map;

	while (w && strcmp(w->at.name, name) != 0)
		w = w->next;
	if (w)
		return w->bad ? NULL : w;
	w = new (r->arena, WeightFile);
	*w = (WeightFile){.at = weights_at(r->m, name), .bad = true, .next = r->weights};
	w->at.name = name;
	r->weights = w;
	if (!w->at.plan && !w->at.path && !weights_inside(name))
		return read_none(
		    r, "a weights file is named '%s', expected a path below @model_path/", name);
	path = w->at.path ? w->at.path : name;
	w->absent =
	    !w->at.plan && (!w->at.path || (sys_kind(path) == PATH_NONE && errno == ENOENT));
	if (w->absent)
		r->m->absent = path;
	if (w->absent && r->all)
		r->bad = !read_error(r, "the weights file '%s' is not there", path);
	w->bad = !w->absent && !w->at.plan;
	if (!w->bad)
		return w;
	map = maps_map(r->c->maps, r->c->diag, r->place, w->at.path);
	if (!map)
		return NULL;
	if (!blob_open(r->arena, &w->blob, map->at, map->n, &error))
		return read_none(r, "the weights file '%s' cannot be read: %s", w->at.path, error);
	w->bad = false;
	return w;
}

/* Where a constant lies, for who checks that none lies over another. */
static void
note_place(Reading *r, const WeightFile *w, uint64_t offset)
{
	BlobSpan span = {.file = w->at.name, .record = offset, .place = r->place};
	const char *error;

	if (blob_place(r->arena, &w->blob, offset, &span.at, &span.size, &error))
		vec_push(r->arena, &r->spans, span);
}

/* A model without its weights can be looked at; who needs them sees that they are absent. */
static const Tensor *
zeros(Reading *r, const Type *type)
{
	const void *p;
	Tensor *t;
	size_t n;

	if (!mul_size((size_t)type->count, dtype_size(type->dtype), &n))
		return read_none(r, "the size of a constant overflows");
	p = maps_zeros(r->c->maps, r->c->diag, r->place, n);
	if (!p)
		return NULL;
	t = tensor_view(r->arena, type->dtype, type->dim, (int)type->rank, (void *)(uintptr_t)p);
	t->unknown = true;
	return t;
}

const Tensor *
read_weight(Reading *r, const char *name, uint64_t offset, const Type *type)
{
	WeightFile *w = open_weights(r, name);
	const char *error = "no constant of that type and shape is there";
	const Tensor *t;

	if (!w)
		return NULL;
	if (w->absent)
		return zeros(r, type);
	t = w->at.plan ? weights_tensor(w->at.plan, offset)
	               : blob_tensor(r->arena, &w->blob, offset, type->dtype, type->dim,
	                             (int)type->rank, &error);
	if (t && (t->dtype != type->dtype || t->count != type->count))
		t = NULL;
	if (t && r->all && !w->at.plan)
		note_place(r, w, offset);
	if (t && w->at.plan)
		t = tensor_reshape(r->arena, t, type->dim, (int)type->rank);
	return t ? t : read_none(r, "the weights in '%s' cannot be read: %s", name, error);
}

/* ---- the model ---- */

/* Members of the oneof that say what a model is; all others are BODY_OTHER. */
static const struct {
	const char *type;
	BodyKind kind;
} bodies[] = {
    {"mlProgram", BODY_PROGRAM},
    {"neuralNetwork", BODY_NETWORK},
    {"neuralNetworkClassifier", BODY_NETWORK},
    {"neuralNetworkRegressor", BODY_NETWORK},
    {"pipeline", BODY_PIPELINE},
    {"pipelineClassifier", BODY_PIPELINE},
    {"pipelineRegressor", BODY_PIPELINE},
};

void
find_body(Model *m)
{
	const char *type = msg_case(m->spec, "mlProgram");

	m->kind = type ? BODY_OTHER : BODY_EMPTY;
	for (size_t k = 0; type && k < countof(bodies); k++)
		if (!strcmp(type, bodies[k].type))
			m->kind = bodies[k].kind;
	m->format = m->kind == BODY_PROGRAM   ? FORMAT_MLPROGRAM
	            : m->kind == BODY_NETWORK ? FORMAT_NEURALNETWORK
	                                      : FORMAT_AUTO;
	if (m->kind == BODY_NETWORK)
		m->network = (Msg *)(uintptr_t)msg_get(m->spec, type);
}

static Origin *
new_origin(ReadCtx *c)
{
	Origin *o = new (c->arena, Origin);

	o->path = c->path;
	o->place = diag_object(c->diag, NOSPAN, NULL, c->path);
	return o;
}

Model *
read_spec(ReadCtx *c, Origin *o, const char *at, size_t n)
{
	Reading r = {.c = c, .arena = c->arena, .place = o ? o->place : c->span};
	const char *error = 0;
	Model *m = r.m = new (c->arena, Model);

	m->arena = c->arena;
	m->origin = o;
	m->spec = msg_read(c->arena, &core_ml__specification__model__descriptor, at, n, &error);
	if (!m->spec)
		return read_none(&r, "'%s' is no Core ML model: %s", o ? o->file : c->path, error);
	find_body(m);
	return m;
}

Model *
read_part(ReadCtx *c, const Model *whole, const Msg *spec, Span place)
{
	Model *m = new (c->arena, Model);
	Origin *o = new (c->arena, Origin);

	*m = (Model){.arena = c->arena, .spec = (Msg *)(uintptr_t)spec};
	if (whole->origin) {
		*o = *whole->origin;
		o->place = place;
		o->package = false;
		o->at = NULL;
		m->origin = o;
	}
	m->weights.at = whole->weights.at;
	m->weights.n = whole->weights.n;
	find_body(m);
	return m;
}

bool
read_interface(ReadCtx *c, Model *m)
{
	Reading r = {.c = c, .arena = c->arena, .m = m,
	             .place = m->origin ? m->origin->place : c->span};

	if (m->spec_version)
		return true;
	m->spec_version = (int)msg_get_int(m->spec, "specificationVersion");
	if (m->spec_version < 1 || m->spec_version > IOS26)
		return read_error(&r, "the specification version is %d, expected 1 to %d",
		                  m->spec_version, IOS26);
	if (m->kind == BODY_EMPTY)
		return read_error(&r, "the model is empty");
	return read_description(&r, msg_get(m->spec, "description"));
}

const Msg *
pipeline_of(const Model *m)
{
	const char *type = msg_case(m->spec, "pipeline");
	const Msg *body = type ? msg_get(m->spec, type) : NULL;

	return body && strcmp(type, "pipeline") != 0 ? msg_get(body, "pipeline") : body;
}

Model *
read_stage(ReadCtx *c, const Model *m, size_t k)
{
	Origin *o = m->origin ? arena_dup(c->arena, m->origin, sizeof *o) : NULL;
	Buf bytes = {0};
	Model *stage;

	if (o) {
		o->place = diag_object(c->diag, o->place, "stage",
		                       arena_printf(c->arena, "%zu", k + 1));
		o->at = NULL; /* the places are those of the whole */
	}
	msg_write((Msg *)(uintptr_t)msg_at(pipeline_of(m), "models", k), &bytes);
	stage = read_spec(c, o, arena_dup(c->arena, bytes.at, bytes.n), bytes.n);
	buf_free(&bytes);
	if (!stage)
		return NULL;
	stage->weights.at = m->weights.at;
	stage->weights.n = m->weights.n;
	return read_interface(c, stage) ? stage : NULL;
}

/* A specification begins with its version (field 1) and goes on with its description (field 2). */
bool
is_model_bytes(const char *p, size_t n)
{
	size_t k = 1;

	if (n < 3 || p[0] != 0x08)
		return false;
	while (k < n && k < 10 && p[k] & (char)0x80)
		k++;
	return k + 1 < n && p[k + 1] == 0x12;
}

Model *
read_model_file(ReadCtx *c, const char *at, size_t n)
{
	size_t len = strlen(c->path);
	Origin *o = new_origin(c);

	if (ends_with(c->path, len, ".mlmodel"))
		len -= strlen(".mlmodel");
	o->file = c->path;
	o->folder = path_folder(c->arena, c->path);
	o->stem = arena_printf(c->arena, "%.*s", (int)len, c->path);
	return read_spec(c, o, at, n);
}

/* ---- packages ---- */

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
root_model(Reading *r, const JValue *j)
{
	const char *version = jtree_text(r->arena, jtree_member(j, "fileFormatVersion"));
	const char *root = jtree_text(r->arena, jtree_member(j, "rootModelIdentifier"));
	const JValue *items = jtree_member(j, "itemInfoEntries");
	const char *path = 0;

	if (!version || !version_is_known(version))
		return read_none(r,
		                 "the manifest has fileFormatVersion '%s', expected 1.0.0 or older",
		                 version ? version : "none");
	if (root)
		path = jtree_text(r->arena, jtree_member(jtree_member(items, root), "path"));
	if (!path)
		return read_none(r, "the manifest names no root model with a path");
	if (!path_is_safe(path))
		return read_none(r, "the manifest has the path '%s' outside of Data/", path);
	return arena_printf(r->arena, "%s/Data/%s", r->c->path, path);
}

Model *
read_package(ReadCtx *c)
{
	Origin *o = new_origin(c);
	Reading r = {.c = c, .arena = c->arena, .place = o->place};
	const char *manifest = arena_printf(c->arena, "%s/Manifest.json", c->path);
	MapFile text = {0}, *map;
	JTreeError error;
	JValue j;

	o->package = true;
	if (!sys_kind(manifest))
		return read_none(&r, "a folder without Manifest.json: expected a package "
		                     "(.mlpackage), a model file or a script");
	if (!mapfile_read(&text, c->diag, o->place, manifest, false, MAX_MANIFEST))
		return 0;
	if (jtree_read(c->arena, text.at, text.n, &j, &error))
		o->file = root_model(&r, &j);
	else
		read_none(&r, "Manifest.json is no JSON: line %d: %s", error.line, error.what);
	mapfile_close(&text);
	if (!o->file)
		return 0;
	o->folder = path_folder(c->arena, o->file);
	map = maps_map(c->maps, c->diag, o->place, o->file);
	return map ? read_spec(c, o, map->at, map->n) : 0;
}
