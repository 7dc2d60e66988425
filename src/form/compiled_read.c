/* compiled_read.c: compiled models, .mlmodelc folders. Of an ML Program the folder has the program
 * as MIL text, the weights beside it, and in coremldata.bin the description:
 *
 *	u32      the kind of model: the number of its field in Model
 *	version  of the container: three u64 and a variant
 *	version  of the specification
 *	u64 n, n bytes   the ModelDescription
 *	…        a tail that depends on the kind
 *
 * A string is a u64 length and its bytes. In the variant "spec" the whole Model follows the second
 * version instead.
 */
#include "reading.h"
#include "text_parse.h"

#include "Model.pb-c.h"
#include "base/sys.h"
#include "file/mapfile.h"

typedef struct Data { /* what of coremldata.bin is left */
	const uint8_t *at;
	size_t n;
	bool short_; /* it ended too early */
} Data;

static uint64_t
take_number(Data *d, size_t bytes)
{
	uint64_t v;

	if (d->n < bytes) {
		d->short_ = true;
		return 0;
	}
	v = get_le(d->at, (int)bytes);
	d->at += bytes;
	d->n -= bytes;
	return v;
}

static Data
take_bytes(Data *d)
{
	uint64_t n = take_number(d, 8);
	Data out = {d->at, (size_t)n, false};

	if (d->short_ || n > d->n) {
		d->short_ = true;
		return (Data){0};
	}
	d->at += n;
	d->n -= (size_t)n;
	return out;
}

typedef struct Version {
	uint64_t number[3];
	Data variant;
} Version;

static Version
take_version(Data *d)
{
	Version v;

	for (size_t k = 0; k < countof(v.number); k++)
		v.number[k] = take_number(d, 8);
	v.variant = take_bytes(d);
	return v;
}

/* The parts of one folder as the bytes of a Model, as a model file has them. */
typedef struct Folder {
	Reading *r;
	const char *path;
	bool is_stage;
	size_t stage;
	Buf spec;
	VEC(WeightsAt) weights; /* of the stages of a pipeline */
	Span *at;               /* of the operations of a program's text */
	const char *sealed;     /* the kind of a model whose body cannot be read */
} Folder;

static bool read_folder(Folder *f, const void *data, size_t n);

static bool
add_program(Folder *f, Data d)
{
	ReadCtx *c = f->r->c;
	const char *path = arena_printf(f->r->arena, "%s/model.mil", f->path), *error = NULL;
	MapFile *map = maps_map(c->maps, c->diag, f->r->place, path);
	MilText t;

	if (!map || !text_open(&t, c, path, map->at, map->n))
		return false;
	t.description = msg_read(f->r->arena,
	                         &core_ml__specification__model_description__descriptor, d.at,
	                         d.n, &error);
	if (!t.description)
		return read_error(f->r, "the description in coremldata.bin cannot be read: %s",
		                  error);
	if (f->is_stage) {
		t.stage_folder = f->path;
		t.stage = f->stage;
	}
	if (!text_parse(&t)) {
		buf_free(&t.program);
		return false;
	}
	pb_head(&f->spec, MODEL_PROGRAM, t.program.n);
	buf_take(&f->spec, &t.program);
	f->at = t.places.at;
	f->weights.at = t.weights.at;
	f->weights.n = t.weights.n;
	return true;
}

/* Field 1, models, and 2, names, of a Pipeline. */
static bool
add_stage(Folder *f, size_t k, Buf *models)
{
	ReadCtx *c = f->r->c;
	const char *path = arena_printf(f->r->arena, "%s/model%zu", f->path, k);
	const char *data = arena_printf(f->r->arena, "%s/coremldata.bin", path);
	MapFile *map = maps_map(c->maps, c->diag, f->r->place, data);
	Folder stage = {.r = f->r, .path = path, .is_stage = true, .stage = k};
	bool ok = map && read_folder(&stage, map->at, map->n);

	if (ok) {
		pb_head(models, 1, stage.spec.n);
		buf_take(models, &stage.spec);
		for (uint32_t i = 0; i < stage.weights.n; i++)
			vec_push(f->r->arena, &f->weights, stage.weights.at[i]);
	}
	buf_free(&stage.spec);
	return ok;
}

static bool
add_names(Folder *f, Buf *models)
{
	ReadCtx *c = f->r->c;
	const char *path = arena_printf(f->r->arena, "%s/modelNames/coremldata.bin", f->path);
	MapFile *map = sys_kind(path) ? maps_map(c->maps, c->diag, f->r->place, path) : NULL;
	Data d = map ? (Data){(const uint8_t *)map->at, map->n, false} : (Data){0};

	if (!map)
		return c->diag->nerror == 0;
	for (uint64_t n = take_number(&d, 8); n > 0 && !d.short_; n--) {
		Data name = take_bytes(&d);
		pb_len_field(models, 2, name.at, name.n);
	}
	return !d.short_ ||
	       read_error(f->r, "modelNames/coremldata.bin ends within what it should hold");
}

enum { MAX_STAGES = 10000 };

static bool
add_pipeline(Folder *f, Data tail)
{
	uint64_t n = take_number(&tail, 8);
	Buf models = {0};
	bool ok;

	if (f->is_stage)
		return read_error(f->r, "a stage of the pipeline is a pipeline itself");
	if (tail.short_ || n > MAX_STAGES)
		return read_error(f->r, "the pipeline has no number of stages");
	ok = true;
	for (size_t k = 0; ok && k < n; k++)
		ok = add_stage(f, k, &models);
	if (ok && add_names(f, &models)) {
		pb_head(&f->spec, MODEL_PIPELINE, models.n);
		buf_take(&f->spec, &models);
	} else {
		ok = false;
	}
	buf_free(&models);
	return ok;
}

/* The kinds of model that were seen, by their field in Model. */
static bool
add_body(Folder *f, uint64_t kind, Data description, Data tail)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
	    &core_ml__specification__model__descriptor, (unsigned)MIN(kind, 100000));

	if (kind == MODEL_PROGRAM)
		return add_program(f, description);
	if (kind == MODEL_PIPELINE)
		return add_pipeline(f, tail);
	f->sealed = field ? field->name : "model of an unknown kind";
	return !f->is_stage || read_error(f->r, "stage %zu of the pipeline is a compiled %s, whose "
	                                  "body milc cannot read", f->stage + 1, f->sealed);
}

static bool
read_folder(Folder *f, const void *data, size_t n)
{
	Data d = {data, n, false}, description;
	uint64_t kind = take_number(&d, 4);
	Version container = take_version(&d), spec = take_version(&d);

	if (container.variant.n == 4 && !d.short_ && !memcmp(container.variant.at, "spec", 4)) {
		buf_put(&f->spec, d.at, d.n);
		return true;
	}
	description = take_bytes(&d);
	if (d.short_)
		return read_error(f->r, "coremldata.bin ends within what it should hold");
	pb_uint_field(&f->spec, 1, spec.number[0]);
	pb_len_field(&f->spec, 2, description.at, description.n);
	return add_body(f, kind, description, d);
}

static Model *
read_data(Reading *r, Origin *o, const MapFile *map)
{
	Folder f = {.r = r, .path = r->c->path};
	Model *m = NULL;

	if (read_folder(&f, map->at, map->n)) {
		if (f.at) {
			o->file = arena_printf(r->arena, "%s/model.mil", r->c->path);
			o->at = f.at;
		}
		m = read_spec(r->c, o, arena_dup(r->arena, f.spec.at, f.spec.n), f.spec.n);
	}
	buf_free(&f.spec);
	if (!m)
		return NULL;
	m->weights.at = f.weights.at;
	m->weights.n = f.weights.n;
	if (f.sealed) {
		m->sealed = f.sealed;
		m->kind = BODY_OTHER;
	}
	return m;
}

/* Some folders that are passed on have no coremldata.bin: the text says nearly as much. */
Model *
read_compiled(ReadCtx *c)
{
	Reading r = {.c = c, .arena = c->arena};
	Origin *o = new (c->arena, Origin);
	const char *data = arena_printf(c->arena, "%s/coremldata.bin", c->path);
	const char *text = arena_printf(c->arena, "%s/model.mil", c->path);
	bool bare = !sys_kind(data) && sys_kind(text);
	MapFile *map;

	*o = (Origin){.path = c->path,
	              .place = diag_object(c->diag, NOSPAN, NULL, c->path),
	              .file = bare ? text : data,
	              .folder = c->path};
	r.place = o->place;
	if (!bare && !sys_kind(data))
		return read_none(&r, "a folder without coremldata.bin or model.mil: expected those "
		                     "of a compiled model");
	map = maps_map(c->maps, c->diag, o->place, o->file);
	if (!map)
		return NULL;
	return bare ? text_model(c, o, map->at, map->n) : read_data(&r, o, map);
}
