/* features_read.c: the interface of a model from its description: features with their types,
 * flexible shapes and defaults, and the metadata.
 */
#include "reading.h"

#define ARRAY(name) SPEC_CASE(ARRAY_FEATURE_TYPE__##name)

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
range_of(const SPEC(SizeRange) * s)
{
	int64_t lower = s->lowerbound > INT64_MAX ? INT64_MAX : (int64_t)s->lowerbound;
	int64_t upper = s->upperbound < 0 ? -1 : s->upperbound;

	return (DimRange){lower, upper, lower, 0};
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
read_ranges(Reading *r, const SPEC(ArrayFeatureType__ShapeRange) * s, Feature *f)
{
	size_t n = s->n_sizeranges;

	if (n > TENSOR_MAX_RANK || (f->has_shape && n != f->rank))
		return read_error(r, "feature '%s' has %zu ranges, but a shape of rank %u",
		                  f->name->s, n, f->rank);
	f->nrange = (uint32_t)n;
	f->range = newn(r->arena, DimRange, n);
	for (size_t k = 0; k < n; k++) {
		f->range[k] = range_of(s->sizeranges[k]);
		f->range[k].dflt = f->has_shape ? f->shape[k] : f->range[k].lower;
	}
	return true;
}

static bool
read_enumerated(Reading *r, const SPEC(ArrayFeatureType__EnumeratedShapes) * s, Feature *f)
{
	size_t n = s->n_shapes, rank = n ? s->shapes[0]->n_shape : 0;

	if (f->has_shape)
		rank = f->rank;
	f->nenum = (uint32_t)n;
	f->enumerated = newn(r->arena, int64_t, n * rank + 1);
	for (size_t k = 0; k < n; k++) {
		if (s->shapes[k]->n_shape != rank)
			return read_error(r, "feature '%s' has enumerated shapes of different rank",
			                  f->name->s);
		if (!check_shape(r, f->name->s, s->shapes[k]->shape, rank))
			return false;
		if (rank)
			memcpy(f->enumerated + k * rank, s->shapes[k]->shape,
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
read_default(const SPEC(ArrayFeatureType) * a, Feature *f)
{
	f->has_default = true;
	switch (a->default_optional_value_case) {
	case ARRAY(DEFAULT_OPTIONAL_VALUE_INT_DEFAULT_VALUE):
		f->default_dtype = DT_INT32;
		f->default_value = a->intdefaultvalue;
		break;
	case ARRAY(DEFAULT_OPTIONAL_VALUE_FLOAT_DEFAULT_VALUE):
		f->default_dtype = DT_FP32;
		f->default_value = a->floatdefaultvalue;
		break;
	case ARRAY(DEFAULT_OPTIONAL_VALUE_DOUBLE_DEFAULT_VALUE):
		f->default_dtype = DT_FP64;
		f->default_value = a->doubledefaultvalue;
		break;
	default:
		f->has_default = false;
	}
}

static bool
read_array(Reading *r, const SPEC(ArrayFeatureType) * a, Feature *f)
{
	if (!array_dtype(r, f->name->s, (int)a->datatype, &f->dtype) ||
	    !check_shape(r, f->name->s, a->shape, a->n_shape))
		return false;
	f->has_shape = a->n_shape > 0;
	f->rank = (uint32_t)a->n_shape;
	f->shape = arena_dup(r->arena, a->shape, a->n_shape * sizeof *a->shape);
	read_default(a, f);
	if (a->shape_flexibility_case == ARRAY(SHAPE_FLEXIBILITY_SHAPE_RANGE))
		return read_ranges(r, a->shaperange, f);
	if (a->shape_flexibility_case == ARRAY(SHAPE_FLEXIBILITY_ENUMERATED_SHAPES))
		return read_enumerated(r, a->enumeratedshapes, f);
	return true;
}

static bool
read_image(Reading *r, const SPEC(ImageFeatureType) * a, Feature *f)
{
	f->kind = FEATURE_IMAGE;
	f->color = (ImageColor)a->colorspace;
	f->rank = 2;
	f->has_shape = true;
	f->shape = newn(r->arena, int64_t, 2);
	f->shape[0] = a->height;
	f->shape[1] = a->width;
	if (!check_shape(r, f->name->s, f->shape, 2))
		return false;
	if (a->size_flexibility_case ==
	    SPEC_CASE(IMAGE_FEATURE_TYPE__SIZE_FLEXIBILITY_IMAGE_SIZE_RANGE)) {
		if (!a->imagesizerange->heightrange || !a->imagesizerange->widthrange)
			return read_error(r, "image '%s' lacks a range for its height or width",
			                  f->name->s);
		f->nrange = 2;
		f->range = newn(r->arena, DimRange, 2);
		f->range[0] = range_of(a->imagesizerange->heightrange);
		f->range[1] = range_of(a->imagesizerange->widthrange);
	} else if (a->size_flexibility_case ==
	           SPEC_CASE(IMAGE_FEATURE_TYPE__SIZE_FLEXIBILITY_ENUMERATED_SIZES)) {
		size_t n = a->enumeratedsizes->n_sizes;
		f->nenum = (uint32_t)n;
		f->enumerated = newn(r->arena, int64_t, 2 * n + 1);
		for (size_t k = 0; k < n; k++) {
			f->enumerated[2 * k] = (int64_t)a->enumeratedsizes->sizes[k]->height;
			f->enumerated[2 * k + 1] = (int64_t)a->enumeratedsizes->sizes[k]->width;
		}
	}
	return true;
}

static bool
read_feature_type(Reading *r, const SPEC(FeatureType) * t, Feature *f)
{
	f->optional = t->isoptional;
	switch (t->type_case) {
	case SPEC_CASE(FEATURE_TYPE__TYPE_INT64_TYPE):
		f->kind = FEATURE_INT64;
		return true;
	case SPEC_CASE(FEATURE_TYPE__TYPE_DOUBLE_TYPE):
		f->kind = FEATURE_DOUBLE;
		return true;
	case SPEC_CASE(FEATURE_TYPE__TYPE_STRING_TYPE):
		f->kind = FEATURE_STRING;
		return true;
	case SPEC_CASE(FEATURE_TYPE__TYPE_IMAGE_TYPE):
		return read_image(r, t->imagetype, f);
	case SPEC_CASE(FEATURE_TYPE__TYPE_MULTI_ARRAY_TYPE):
		f->kind = FEATURE_ARRAY;
		return read_array(r, t->multiarraytype, f);
	case SPEC_CASE(FEATURE_TYPE__TYPE_DICTIONARY_TYPE):
		f->kind = FEATURE_DICT;
		f->key = t->dictionarytype->key_type_case ==
		                 SPEC_CASE(DICTIONARY_FEATURE_TYPE__KEY_TYPE_INT64_KEY_TYPE)
		             ? DT_INT64
		             : DT_STRING;
		return true;
	case SPEC_CASE(FEATURE_TYPE__TYPE_SEQUENCE_TYPE):
		f->kind = FEATURE_SEQUENCE;
		f->key =
		    t->sequencetype->type_case == SPEC_CASE(SEQUENCE_FEATURE_TYPE__TYPE_INT64_TYPE)
		        ? DT_INT64
		        : DT_STRING;
		if (t->sequencetype->sizerange) {
			f->nrange = 1;
			f->range = new (r->arena, DimRange);
			*f->range = range_of(t->sequencetype->sizerange);
		}
		return true;
	case SPEC_CASE(FEATURE_TYPE__TYPE_STATE_TYPE):
		f->kind = FEATURE_STATE;
		if (t->statetype->type_case != SPEC_CASE(STATE_FEATURE_TYPE__TYPE_ARRAY_TYPE))
			return read_error(r, "state '%s' has no array type", f->name->s);
		return read_array(r, t->statetype->arraytype, f);
	default:
		return read_error(r, "feature '%s' has no type", f->name->s);
	}
}

typedef VEC(Feature) Features;

static bool
read_features(Reading *r, SPEC(FeatureDescription) *const *d, size_t n, void *out)
{
	Features *list = out;

	for (size_t k = 0; k < n; k++) {
		Feature f = {.name = intern_cstr(r->c->names, d[k]->name)};
		if (!f.name->len)
			return read_error(r, "a feature has no name");
		if (!d[k]->type)
			return read_error(r, "feature '%s' has no type", f.name->s);
		if (*d[k]->shortdescription)
			f.doc = d[k]->shortdescription;
		if (!read_feature_type(r, d[k]->type, &f))
			return false;
		vec_push(r->arena, list, f);
	}
	return true;
}

static const char *
text_or_0(const char *s)
{
	return s && *s ? s : 0;
}

static void
read_metadata(Reading *r, const SPEC(Metadata) * m)
{
	r->m->short_description = text_or_0(m->shortdescription);
	r->m->version = text_or_0(m->versionstring);
	r->m->author = text_or_0(m->author);
	r->m->license = text_or_0(m->license);
	for (size_t k = 0; k < m->n_userdefined; k++)
		vec_push(r->arena, &r->m->user,
		         (MetaPair){m->userdefined[k]->key, m->userdefined[k]->value});
}

bool
read_description(Reading *r, const SPEC(ModelDescription) * d)
{
	Model *m = r->m;

	if (!d)
		return read_error(r, "the model has no description of its inputs and outputs");
	if (!read_features(r, d->input, d->n_input, &m->input) ||
	    !read_features(r, d->output, d->n_output, &m->output) ||
	    !read_features(r, d->state, d->n_state, &m->state))
		return false;
	m->predicted_feature = text_or_0(d->predictedfeaturename);
	m->predicted_probs = text_or_0(d->predictedprobabilitiesname);
	for (size_t k = 0; k < d->n_functions; k++) {
		const SPEC(FunctionDescription) *fd = d->functions[k];
		FuncInterface f = {.name = intern_cstr(r->c->names, fd->name),
		                   .predicted_feature = text_or_0(fd->predictedfeaturename),
		                   .predicted_probs = text_or_0(fd->predictedprobabilitiesname)};
		if (!read_features(r, fd->input, fd->n_input, &f.input) ||
		    !read_features(r, fd->output, fd->n_output, &f.output) ||
		    !read_features(r, fd->state, fd->n_state, &f.state))
			return false;
		vec_push(r->arena, &m->func, f);
	}
	if (d->metadata)
		read_metadata(r, d->metadata);
	return true;
}
