/* features_read.c: the interface of a model from its description: features with their types,
 * flexible shapes and defaults, and the metadata.
 */
#include "reading.h"

static bool
array_dtype(Reading *r, const char *name, int code, DType *out)
{
	static const struct {
		int code;
		DType t;
	} types[] = {
	    {0x10010, DT_FP16}, {0x10020, DT_FP32},  {0x10040, DT_FP64},
	    {0x20008, DT_INT8}, {0x20020, DT_INT32},
	};

	for (size_t k = 0; k < countof(types); k++)
		if (types[k].code == code) {
			*out = types[k].t;
			return true;
		}
	return read_error(r, "feature '%s' has the unknown element type %d", name, code);
}

static DimRange
range_of(const Msg *s)
{
	uint64_t lower = (uint64_t)msg_get_int(s, "lowerBound");
	int64_t upper = msg_get_int(s, "upperBound");

	lower = MIN(lower, (uint64_t)INT64_MAX);
	return (DimRange){(int64_t)lower, MAX(upper, -1), (int64_t)lower, 0};
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
	size_t rank = f->has_shape ? f->rank : n ? msg_count(msg_at(s, "shapes", 0), "shape") : 0;

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

static void
read_default(const Msg *a, Feature *f)
{
	static const struct {
		const char *field;
		DType t;
	} fields[] = {{"intDefaultValue", DT_INT32},
	              {"floatDefaultValue", DT_FP32},
	              {"doubleDefaultValue", DT_FP64}};

	for (size_t k = 0; k < countof(fields); k++)
		if (msg_has(a, fields[k].field)) {
			f->has_default = true;
			f->default_dtype = fields[k].t;
			f->default_value = msg_get_float(a, fields[k].field);
		}
}

static bool
read_array(Reading *r, const Msg *a, Feature *f)
{
	size_t rank = msg_count(a, "shape");

	if (!array_dtype(r, f->name->s, (int)msg_get_int(a, "dataType"), &f->dtype) ||
	    !check_shape(r, f->name->s, msg_array(a, "shape"), rank))
		return false;
	f->has_shape = rank > 0;
	f->rank = (uint32_t)rank;
	f->shape = arena_dup(r->arena, msg_array(a, "shape"), rank * sizeof(int64_t));
	read_default(a, f);
	if (msg_has(a, "shapeRange"))
		return read_ranges(r, msg_get(a, "shapeRange"), f);
	if (msg_has(a, "enumeratedShapes"))
		return read_enumerated(r, msg_get(a, "enumeratedShapes"), f);
	return true;
}

static bool
read_image(Reading *r, const Msg *a, Feature *f)
{
	const Msg *range = msg_get(a, "imageSizeRange"), *sizes = msg_get(a, "enumeratedSizes");
	size_t n = sizes ? msg_count(sizes, "sizes") : 0;

	f->kind = FEATURE_IMAGE;
	f->color = (ImageColor)msg_get_int(a, "colorSpace");
	f->rank = 2;
	f->has_shape = true;
	f->shape = newn(r->arena, int64_t, 2);
	f->shape[0] = msg_get_int(a, "height");
	f->shape[1] = msg_get_int(a, "width");
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
	for (size_t k = 0; k < n; k++) {
		f->enumerated[2 * k] = msg_get_int(msg_at(sizes, "sizes", k), "height");
		f->enumerated[2 * k + 1] = msg_get_int(msg_at(sizes, "sizes", k), "width");
	}
	return true;
}

static bool
read_sequence(Reading *r, const Msg *s, Feature *f)
{
	f->kind = FEATURE_SEQUENCE;
	f->key = msg_has(s, "int64Type") ? DT_INT64 : DT_STRING;
	if (msg_has(s, "sizeRange")) {
		f->nrange = 1;
		f->range = new (r->arena, DimRange);
		*f->range = range_of(msg_get(s, "sizeRange"));
	}
	return true;
}

static bool
read_dictionary(Reading *r, const Msg *d, Feature *f)
{
	(void)r;
	f->kind = FEATURE_DICT;
	f->key = msg_has(d, "int64KeyType") ? DT_INT64 : DT_STRING;
	return true;
}

static bool
read_state(Reading *r, const Msg *s, Feature *f)
{
	f->kind = FEATURE_STATE;
	if (!msg_has(s, "arrayType"))
		return read_error(r, "state '%s' has no array type", f->name->s);
	return read_array(r, msg_get(s, "arrayType"), f);
}

static bool
read_feature_type(Reading *r, const Msg *t, Feature *f)
{
	static const struct {
		const char *field;
		FeatureKind kind;
		bool (*read)(Reading *, const Msg *, Feature *);
	} kinds[] = {
	    {"int64Type", FEATURE_INT64, NULL},
	    {"doubleType", FEATURE_DOUBLE, NULL},
	    {"stringType", FEATURE_STRING, NULL},
	    {"imageType", FEATURE_IMAGE, read_image},
	    {"multiArrayType", FEATURE_ARRAY, read_array},
	    {"dictionaryType", FEATURE_DICT, read_dictionary},
	    {"sequenceType", FEATURE_SEQUENCE, read_sequence},
	    {"stateType", FEATURE_STATE, read_state},
	};

	f->optional = msg_get_int(t, "isOptional");
	for (size_t k = 0; k < countof(kinds); k++)
		if (msg_has(t, kinds[k].field)) {
			f->kind = kinds[k].kind;
			return !kinds[k].read || kinds[k].read(r, msg_get(t, kinds[k].field), f);
		}
	return read_error(r, "feature '%s' has no type", f->name->s);
}

typedef VEC(Feature) Features;

static const char *
text_or_0(const Msg *m, const char *field)
{
	const char *s = msg_get_string(m, field);

	return *s ? s : NULL;
}

static bool
read_features(Reading *r, const Msg *d, const char *field, void *out)
{
	Features *list = out;

	for (size_t k = 0; k < msg_count(d, field); k++) {
		const Msg *one = msg_at(d, field, k);
		Feature f = {.name = intern_cstr(r->c->names, msg_get_string(one, "name")),
		             .doc = text_or_0(one, "shortDescription")};
		if (!f.name->len)
			return read_error(r, "a feature has no name");
		if (!msg_has(one, "type"))
			return read_error(r, "feature '%s' has no type", f.name->s);
		if (!read_feature_type(r, msg_get(one, "type"), &f))
			return false;
		vec_push(r->arena, list, f);
	}
	return true;
}

static void
read_metadata(Reading *r, const Msg *m)
{
	r->m->short_description = text_or_0(m, "shortDescription");
	r->m->version = text_or_0(m, "versionString");
	r->m->author = text_or_0(m, "author");
	r->m->license = text_or_0(m, "license");
	for (size_t k = 0; k < msg_count(m, "userDefined"); k++) {
		const Msg *e = msg_at(m, "userDefined", k);
		vec_push(r->arena, &r->m->user,
		         (MetaPair){msg_get_string(e, "key"), msg_get_string(e, "value")});
	}
}

static bool
read_face(Reading *r, const Msg *d, Interface *f)
{
	f->predicted_feature = text_or_0(d, "predictedFeatureName");
	f->predicted_probs = text_or_0(d, "predictedProbabilitiesName");
	return read_features(r, d, "input", &f->input) &&
	       read_features(r, d, "output", &f->output) &&
	       read_features(r, d, "state", &f->state);
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
	if (msg_has(d, "metadata"))
		read_metadata(r, msg_get(d, "metadata"));
	return true;
}
