/* features.c: the interface of a model and its description, both ways: features with their types,
 * flexible shapes and defaults, and the metadata. Where both ways need the same, a table says it.
 */
#include "reading.h"
#include "spec.h"

#include "Model.pb-c.h"

#include <stdlib.h>

typedef struct FieldAt {
	const char *field;
	size_t at; /* of the member */
} FieldAt;

/* Members that are text, 0 where there is none. */
static const FieldAt feature_texts[] = {{"shortDescription", offsetof(Feature, doc)}};
static const FieldAt face_texts[] = {
    {"predictedFeatureName", offsetof(Interface, predicted_feature)},
    {"predictedProbabilitiesName", offsetof(Interface, predicted_probs)},
};
static const char *const model_texts[] = {"shortDescription", "versionString", "author",
                                          "license"};
static const FieldAt face_lists[] = {
    {"input", offsetof(Interface, input)},
    {"output", offsetof(Interface, output)},
    {"state", offsetof(Interface, state)},
};

static void
put_texts(Msg *m, const FieldAt *row, size_t n, const void *from)
{
	for (; n-- > 0; row++) {
		const char *const *text = (const void *)((const char *)from + row->at);
		if (*text)
			msg_string(m, row->field, *text);
	}
}

static void
read_texts(const Msg *m, const FieldAt *row, size_t n, void *to)
{
	for (; n-- > 0; row++) {
		const char **text = (void *)((char *)to + row->at), *s;
		s = msg_get_string(m, row->field);
		*text = *s ? s : NULL;
	}
}

/* ---- arrays ---- */

/* ArrayFeatureType.ArrayDataType: a class and the number of bits. */
static const struct {
	int code;
	DType t;
} array_types[] = {
    {0x10020, DT_FP32}, {0x10010, DT_FP16},  {0x10040, DT_FP64},
    {0x20008, DT_INT8}, {0x20020, DT_INT32},
};
static const struct {
	const char *field;
	DType t;
} defaults[] = {{"floatDefaultValue", DT_FP32},
                {"intDefaultValue", DT_INT32},
                {"doubleDefaultValue", DT_FP64}};

static void
put_range(Msg *m, const DimRange *r)
{
	msg_int(m, "lowerBound", r->lower);
	msg_int(m, "upperBound", r->upper);
}

static DimRange
range_of(const Msg *s)
{
	uint64_t lower = (uint64_t)msg_get_int(s, "lowerBound");
	int64_t upper = msg_get_int(s, "upperBound");

	lower = MIN(lower, (uint64_t)INT64_MAX);
	return (DimRange){(int64_t)lower, MAX(upper, -1), (int64_t)lower, 0};
}

static void
put_array(Msg *m, const Feature *f)
{
	size_t k = 0;
	Msg *sub;

	if (f->has_shape)
		msg_ints(m, "shape", f->shape, f->rank);
	for (k = countof(array_types) - 1; k > 0 && array_types[k].t != f->dtype;)
		k--;
	msg_int(m, "dataType", array_types[k].code);
	if (f->nenum) {
		sub = msg_sub(m, "enumeratedShapes");
		for (k = 0; k < f->nenum; k++)
			msg_ints(msg_sub(sub, "shapes"), "shape", f->enumerated + k * f->rank,
			         f->rank);
	} else if (f->nrange) {
		sub = msg_sub(m, "shapeRange");
		for (k = 0; k < f->nrange; k++)
			put_range(msg_sub(sub, "sizeRanges"), &f->range[k]);
	}
	for (k = countof(defaults) - 1; k > 0 && defaults[k].t != f->default_dtype;)
		k--;
	if (f->has_default)
		msg_float(m, defaults[k].field, f->default_value);
}

static bool
check_shape(Reading *r, const char *name, const int64_t *dim, size_t rank)
{
	if (rank > TENSOR_MAX_RANK)
		return read_error(r, "feature '%s' has rank %zu, more than %d", name, rank,
		                  TENSOR_MAX_RANK);
	for (size_t k = 0; k < rank; k++)
		if (dim[k] < 0)
			return read_error(r, "feature '%s' has the dimension %lld", name,
			                  (long long)dim[k]);
	return true;
}

static bool
read_ranges(Reading *r, const Msg *s, Feature *f)
{
	size_t n = msg_count(s, "sizeRanges");

	if (n > TENSOR_MAX_RANK || (f->has_shape && n != f->rank))
		return read_error(r, "feature '%s' has %zu ranges, but a shape of rank %u",
		                  f->name->s, n, f->rank);
	f->nrange = (uint32_t)n;
	f->range = newn(r->arena, DimRange, n);
	for (size_t k = 0; k < n; k++) {
		f->range[k] = range_of(msg_at(s, "sizeRanges", k));
		f->range[k].dflt = f->has_shape ? f->shape[k] : f->range[k].lower;
	}
	return true;
}

static bool
read_enumerated(Reading *r, const Msg *s, Feature *f)
{
	size_t n = msg_count(s, "shapes");
	size_t rank = f->has_shape ? f->rank : msg_count(msg_at(s, "shapes", 0), "shape");

	f->nenum = (uint32_t)n;
	f->enumerated = newn(r->arena, int64_t, n * rank + 1);
	for (size_t k = 0; k < n; k++) {
		const Msg *one = msg_at(s, "shapes", k);
		if (msg_count(one, "shape") != rank)
			return read_error(r, "feature '%s' has enumerated shapes of different rank",
			                  f->name->s);
		if (!check_shape(r, f->name->s, msg_array(one, "shape"), rank))
			return false;
		if (rank)
			memcpy(f->enumerated + k * rank, msg_array(one, "shape"),
			       rank * sizeof(int64_t));
	}
	if (!f->has_shape && n) {
		f->has_shape = true;
		f->rank = (uint32_t)rank;
		f->shape = f->enumerated;
	}
	return true;
}

static bool
read_array(Reading *r, const Msg *a, Feature *f)
{
	size_t rank = msg_count(a, "shape"), k = 0;
	int code = (int)msg_get_int(a, "dataType");

	while (k < countof(array_types) && array_types[k].code != code)
		k++;
	if (k == countof(array_types))
		return read_error(r, "feature '%s' has the unknown element type %d", f->name->s,
		                  code);
	f->dtype = array_types[k].t;
	if (!check_shape(r, f->name->s, msg_array(a, "shape"), rank))
		return false;
	f->has_shape = rank > 0;
	f->rank = (uint32_t)rank;
	f->shape = arena_dup(r->arena, msg_array(a, "shape"), rank * sizeof(int64_t));
	for (k = 0; k < countof(defaults); k++)
		if (msg_has(a, defaults[k].field)) {
			f->has_default = true;
			f->default_dtype = defaults[k].t;
			f->default_value = msg_get_float(a, defaults[k].field);
		}
	if (msg_has(a, "shapeRange"))
		return read_ranges(r, msg_get(a, "shapeRange"), f);
	if (msg_has(a, "enumeratedShapes"))
		return read_enumerated(r, msg_get(a, "enumeratedShapes"), f);
	return true;
}

/* ---- images: height and width ---- */

static void
put_size(Msg *m, const int64_t size[2])
{
	msg_int(m, "height", size[0]);
	msg_int(m, "width", size[1]);
}

static void
read_size(const Msg *m, int64_t size[2])
{
	size[0] = msg_get_int(m, "height");
	size[1] = msg_get_int(m, "width");
}

static void
put_image(Msg *m, const Feature *f)
{
	Msg *sub;

	put_size(m, f->shape);
	msg_int(m, "colorSpace", f->color);
	if (f->nenum) {
		sub = msg_sub(m, "enumeratedSizes");
		for (size_t k = 0; k < f->nenum; k++)
			put_size(msg_sub(sub, "sizes"), f->enumerated + 2 * k);
	} else if (f->nrange == 2) {
		sub = msg_sub(m, "imageSizeRange");
		put_range(msg_sub(sub, "heightRange"), &f->range[0]);
		put_range(msg_sub(sub, "widthRange"), &f->range[1]);
	}
}

static bool
read_image(Reading *r, const Msg *a, Feature *f)
{
	const Msg *range = msg_get(a, "imageSizeRange"), *sizes = msg_get(a, "enumeratedSizes");
	size_t n = msg_count(sizes, "sizes");

	f->color = (ImageColor)msg_get_int(a, "colorSpace");
	f->rank = 2;
	f->has_shape = true;
	f->shape = newn(r->arena, int64_t, 2);
	read_size(a, f->shape);
	if (!check_shape(r, f->name->s, f->shape, 2))
		return false;
	if (range) {
		if (!msg_has(range, "heightRange") || !msg_has(range, "widthRange"))
			return read_error(r, "image '%s' lacks a range for its height or width",
			                  f->name->s);
		f->nrange = 2;
		f->range = newn(r->arena, DimRange, 2);
		f->range[0] = range_of(msg_get(range, "heightRange"));
		f->range[1] = range_of(msg_get(range, "widthRange"));
	}
	f->nenum = (uint32_t)n;
	f->enumerated = newn(r->arena, int64_t, 2 * n + 1);
	for (size_t k = 0; k < n; k++)
		read_size(msg_at(sizes, "sizes", k), f->enumerated + 2 * k);
	return true;
}

/* ---- other kinds ---- */

static void
put_sequence(Msg *m, const Feature *f)
{
	msg_sub(m, f->key == DT_INT64 ? "int64Type" : "stringType");
	if (f->nrange)
		put_range(msg_sub(m, "sizeRange"), f->range);
}

static bool
read_sequence(Reading *r, const Msg *s, Feature *f)
{
	f->key = msg_has(s, "int64Type") ? DT_INT64 : DT_STRING;
	if (msg_has(s, "sizeRange")) {
		f->nrange = 1;
		f->range = new (r->arena, DimRange);
		*f->range = range_of(msg_get(s, "sizeRange"));
	}
	return true;
}

static void
put_dictionary(Msg *m, const Feature *f)
{
	msg_sub(m, f->key == DT_INT64 ? "int64KeyType" : "stringKeyType");
}

static bool
read_dictionary(Reading *r, const Msg *d, Feature *f)
{
	(void)r;
	f->key = msg_has(d, "int64KeyType") ? DT_INT64 : DT_STRING;
	return true;
}

static void
put_state(Msg *m, const Feature *f)
{
	put_array(msg_sub(m, "arrayType"), f);
}

static bool
read_state(Reading *r, const Msg *s, Feature *f)
{
	if (!msg_has(s, "arrayType"))
		return read_error(r, "state '%s' has no array type", f->name->s);
	return read_array(r, msg_get(s, "arrayType"), f);
}

static const struct {
	const char *field;
	FeatureKind kind;
	void (*put)(Msg *, const Feature *); /* NULL: an empty message */
	bool (*read)(Reading *, const Msg *, Feature *);
} kinds[] = {
    {"int64Type", FEATURE_INT64, NULL, NULL},
    {"doubleType", FEATURE_DOUBLE, NULL, NULL},
    {"stringType", FEATURE_STRING, NULL, NULL},
    {"imageType", FEATURE_IMAGE, put_image, read_image},
    {"multiArrayType", FEATURE_ARRAY, put_array, read_array},
    {"dictionaryType", FEATURE_DICT, put_dictionary, read_dictionary},
    {"sequenceType", FEATURE_SEQUENCE, put_sequence, read_sequence},
    {"stateType", FEATURE_STATE, put_state, read_state},
};

static void
put_feature(Msg *m, const Feature *f)
{
	Msg *type = msg_sub(m, "type"), *body;

	msg_string(m, "name", f->name->s);
	put_texts(m, feature_texts, countof(feature_texts), f);
	msg_int(type, "isOptional", f->optional);
	for (size_t k = 0; k < countof(kinds); k++)
		if (kinds[k].kind == f->kind) {
			body = msg_sub(type, kinds[k].field);
			if (kinds[k].put)
				kinds[k].put(body, f);
		}
}

static bool
read_feature(Reading *r, const Msg *m, Feature *f)
{
	const Msg *t = msg_get(m, "type");

	f->name = intern_cstr(r->c->names, msg_get_string(m, "name"));
	read_texts(m, feature_texts, countof(feature_texts), f);
	if (!f->name->len)
		return read_error(r, "a feature has no name");
	f->optional = msg_get_int(t, "isOptional");
	for (size_t k = 0; k < countof(kinds); k++)
		if (msg_has(t, kinds[k].field)) {
			f->kind = kinds[k].kind;
			return !kinds[k].read || kinds[k].read(r, msg_get(t, kinds[k].field), f);
		}
	return read_error(r, "feature '%s' has no type", f->name->s);
}

/* ---- interfaces and metadata ---- */

static void
put_face(Msg *m, const Interface *face)
{
	for (size_t l = 0; l < countof(face_lists); l++) {
		const Features *list = (const void *)((const char *)face + face_lists[l].at);
		for (uint32_t k = 0; k < list->n; k++)
			put_feature(msg_sub(m, face_lists[l].field), &list->at[k]);
	}
	put_texts(m, face_texts, countof(face_texts), face);
}

static bool
read_face(Reading *r, const Msg *m, Interface *face)
{
	read_texts(m, face_texts, countof(face_texts), face);
	for (size_t l = 0; l < countof(face_lists); l++) {
		Features *list = (void *)((char *)face + face_lists[l].at);
		for (size_t k = 0; k < msg_count(m, face_lists[l].field); k++) {
			Feature f = {0};
			if (!read_feature(r, msg_at(m, face_lists[l].field, k), &f))
				return false;
			vec_push(r->arena, list, f);
		}
	}
	return true;
}

static int
by_key(const void *a, const void *b)
{
	const MetaPair *x = *(const MetaPair *const *)a, *y = *(const MetaPair *const *)b;
	int c = strcmp(x->key, y->key);

	return c ? c : x < y ? -1 : x > y;
}

MetaPair *
sorted_pairs(Arena *a, const MetaPair *pair, uint32_t n, uint32_t *nout)
{
	const MetaPair **p = newn(a, const MetaPair *, n + 1);
	MetaPair *out = newn(a, MetaPair, n + 1);
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++)
		p[i] = &pair[i];
	qsort(p, n, sizeof *p, by_key);
	for (uint32_t i = 0; i < n; i++)
		if (i + 1 == n || strcmp(p[i]->key, p[i + 1]->key) != 0)
			out[k++] = *p[i];
	*nout = k;
	return out;
}

MetaPair *
user_pairs(Arena *a, const Msg *metadata, const char *date, uint32_t *n)
{
	VEC(MetaPair) pair = {0};

	for (size_t k = 0; k < msg_count(metadata, "userDefined"); k++) {
		const Msg *e = msg_at(metadata, "userDefined", k);
		vec_push(a, &pair,
		         (MetaPair){msg_get_string(e, "key"), msg_get_string(e, "value")});
	}
	if (date)
		vec_push(a, &pair,
		         (MetaPair){"com.github.apple.coremltools.conversion_date", date});
	return sorted_pairs(a, pair.at, pair.n, n);
}

static void
put_metadata(Msg *m, Arena *a, const Msg *said, const char *date)
{
	uint32_t n;
	MetaPair *sorted = user_pairs(a, said, date, &n);

	for (size_t k = 0; k < countof(model_texts); k++)
		msg_string(m, model_texts[k], msg_get_string(said, model_texts[k]));
	for (uint32_t i = 0; i < n; i++) {
		Msg *entry = msg_sub(m, "userDefined");
		msg_string(entry, "key", sorted[i].key);
		msg_string(entry, "value", sorted[i].val);
	}
}

void
put_description(Buf *b, Arena *a, const Model *m, const EmitCtx *c)
{
	Msg *root = msg_new(a, &core_ml__specification__model__descriptor);
	Msg *d = msg_sub(root, "description");

	msg_int(root, "specificationVersion", m->spec_version);
	put_face(d, &m->face);
	for (uint32_t i = 0; i < m->func.n; i++) {
		Msg *f = msg_sub(d, "functions");
		msg_string(f, "name", m->func.at[i].name->s);
		put_face(f, &m->func.at[i]);
	}
	if (m->func.n && m->prog && m->prog->default_func)
		msg_string(d, "defaultFunctionName", m->prog->default_func->s);
	put_metadata(msg_sub(d, "metadata"), a, m->metadata, c->date);
	msg_write(root, b);
}

bool
read_description(Reading *r, const Msg *d)
{
	Model *m = r->m;

	if (!d)
		return read_error(r, "the model has no description of its inputs and outputs");
	if (!read_face(r, d, &m->face))
		return false;
	for (size_t k = 0; k < msg_count(d, "functions"); k++) {
		const Msg *one = msg_at(d, "functions", k);
		Interface f = {.name = intern_cstr(r->c->names, msg_get_string(one, "name"))};
		if (!read_face(r, one, &f))
			return false;
		vec_push(r->arena, &m->func, f);
	}
	m->metadata = (Msg *)(uintptr_t)msg_get(d, "metadata");
	return true;
}
