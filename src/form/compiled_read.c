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

/* version + description + program, as a model file has them. */
static Model *
read_parts(Reading *r, Origin *o, uint64_t spec_version, Data d)
{
	const char *path = arena_printf(r->arena, "%s/model.mil", r->c->path);
	MapFile *map = maps_map(r->c->maps, r->c->diag, r->place, path);
	const Msg *description;
	const char *error = NULL;
	Buf spec = {0};
	Model *m = NULL;
	Text t;

	if (!map)
		return NULL;
	description = msg_read(r->arena, &core_ml__specification__model_description__descriptor,
	                       d.at, d.n, &error);
	if (!description)
		return read_none(r, "the description in coremldata.bin cannot be read: %s", error);
	pb_uint_field(&spec, 1, spec_version);
	pb_len_field(&spec, 2, d.at, d.n);
	if (!text_open(&t, r->c, path, map->at, map->n))
		return NULL;
	t.description = description;
	if (text_parse(&t)) {
		pb_head(&spec, MODEL_PROGRAM, t.program.n);
		buf_take(&spec, &t.program);
		o->file = path;
		o->at = t.places.at;
		m = read_spec(r->c, o, arena_dup(r->arena, spec.at, spec.n), spec.n);
	}
	buf_free(&t.program);
	buf_free(&spec);
	return m;
}

static Model *
read_data(Reading *r, Origin *o, Data d)
{
	uint64_t kind = take_number(&d, 4);
	Version container = take_version(&d), spec = take_version(&d);
	Data description;

	if (container.variant.n == 4 && !d.short_ && !memcmp(container.variant.at, "spec", 4))
		return read_spec(r->c, o, (const char *)d.at, d.n);
	description = take_bytes(&d);
	if (d.short_)
		return read_none(r, "coremldata.bin ends within what it should hold");
	if (kind == MODEL_NETWORK)
		return read_none(r, "this is a compiled NeuralNetwork, whose layers stand in a form "
		                    "of Apple's that milc does not read: expected an ML Program");
	if (kind != MODEL_PROGRAM)
		return read_none(r, "this is a compiled model of kind %llu: only ML Programs are "
		                    "read", (unsigned long long)kind);
	return read_parts(r, o, spec.number[0], description);
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
	if (!(map = maps_map(c->maps, c->diag, o->place, o->file)))
		return NULL;
	return bare ? text_model(c, o, map->at, map->n)
	            : read_data(&r, o, (Data){(const uint8_t *)map->at, map->n, false});
}
