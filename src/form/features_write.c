/* features_write.c: the interface of a model as protobuf: inputs, outputs and states with their
 * types and flexible shapes, and the metadata.
 */
#include "spec.h"

#include <stdlib.h>

/* FeatureType's field numbers. */
enum {
	FT_INT64 = 1,
	FT_DOUBLE,
	FT_STRING,
	FT_IMAGE,
	FT_ARRAY,
	FT_DICT,
	FT_SEQUENCE,
	FT_STATE,
	FT_OPTIONAL = 1000
};
enum {
	ARRAY_SHAPE = 1,
	ARRAY_TYPE,
	ARRAY_ENUMERATED = 21,
	ARRAY_RANGE = 31,
	ARRAY_INT = 41,
	ARRAY_FLOAT = 51,
	ARRAY_DOUBLE = 61
};
enum { IMAGE_WIDTH = 1, IMAGE_HEIGHT, IMAGE_COLOR, IMAGE_ENUMERATED = 21, IMAGE_RANGE = 31 };

/* ArrayFeatureType.ArrayDataType: a class and the number of bits. */
static uint32_t
array_type(DType t)
{
	switch (t) {
	case DT_FP16:
		return 0x10010;
	case DT_FP64:
		return 0x10040;
	case DT_INT8:
		return 0x20008;
	case DT_INT32:
		return 0x20020;
	default:
		return 0x10020;
	}
}

static void
put_shape(Buf *b, uint32_t field, const int64_t *dim, uint32_t rank)
{
	if (!rank)
		return;
	size_t at = pb_open(b, field);
	for (uint32_t i = 0; i < rank; i++)
		pb_varint(b, (uint64_t)dim[i]);
	pb_close(b, at);
}

static void
put_range(Buf *b, uint32_t field, const DimRange *r)
{
	size_t at = pb_open(b, field);

	put_int(b, 1, (uint64_t)r->lower);
	put_int(b, 2, (uint64_t)r->upper);
	pb_close(b, at);
}

static void
put_array(Buf *b, uint32_t field, const Feature *f)
{
	size_t at = pb_open(b, field);

	if (f->has_shape)
		put_shape(b, ARRAY_SHAPE, f->shape, f->rank);
	put_int(b, ARRAY_TYPE, array_type(f->dtype));
	if (f->nenum) {
		size_t e = pb_open(b, ARRAY_ENUMERATED);
		for (uint32_t i = 0; i < f->nenum; i++) {
			size_t shape = pb_open(b, 1);
			put_shape(b, 1, f->enumerated + (size_t)i * f->rank, f->rank);
			pb_close(b, shape);
		}
		pb_close(b, e);
	} else if (f->nrange) {
		size_t r = pb_open(b, ARRAY_RANGE);
		for (uint32_t i = 0; i < f->nrange; i++)
			put_range(b, 1, &f->range[i]);
		pb_close(b, r);
	}
	if (f->has_default && f->default_dtype == DT_INT32) {
		pb_tag(b, ARRAY_INT, PB_VARINT);
		pb_varint(b, (uint64_t)(int64_t)f->default_value);
	} else if (f->has_default && f->default_dtype == DT_FP64) {
		put_double(b, ARRAY_DOUBLE, f->default_value);
	} else if (f->has_default) {
		put_float(b, ARRAY_FLOAT, (float)f->default_value);
	}
	pb_close(b, at);
}

static void
put_image(Buf *b, const Feature *f)
{
	size_t at = pb_open(b, FT_IMAGE);

	put_int(b, IMAGE_WIDTH, (uint64_t)f->shape[1]);
	put_int(b, IMAGE_HEIGHT, (uint64_t)f->shape[0]);
	put_int(b, IMAGE_COLOR, f->color);
	if (f->nenum) {
		size_t e = pb_open(b, IMAGE_ENUMERATED);
		for (uint32_t i = 0; i < f->nenum; i++) {
			size_t size = pb_open(b, 1);
			put_int(b, 1, (uint64_t)f->enumerated[2 * i + 1]);
			put_int(b, 2, (uint64_t)f->enumerated[2 * i]);
			pb_close(b, size);
		}
		pb_close(b, e);
	} else if (f->nrange == 2) {
		size_t r = pb_open(b, IMAGE_RANGE);
		put_range(b, 1, &f->range[1]);
		put_range(b, 2, &f->range[0]);
		pb_close(b, r);
	}
	pb_close(b, at);
}

static void
put_feature_type(Buf *b, const Feature *f)
{
	size_t at = 0;

	switch (f->kind) {
	case FEATURE_INT64:
		put_head(b, FT_INT64, 0);
		break;
	case FEATURE_DOUBLE:
		put_head(b, FT_DOUBLE, 0);
		break;
	case FEATURE_STRING:
		put_head(b, FT_STRING, 0);
		break;
	case FEATURE_IMAGE:
		put_image(b, f);
		break;
	case FEATURE_ARRAY:
		put_array(b, FT_ARRAY, f);
		break;
	case FEATURE_DICT:
		at = pb_open(b, FT_DICT);
		put_head(b, f->key == DT_INT64 ? 1 : 2, 0);
		pb_close(b, at);
		break;
	case FEATURE_SEQUENCE:
		at = pb_open(b, FT_SEQUENCE);
		put_head(b, f->key == DT_INT64 ? 1 : 3, 0);
		if (f->nrange)
			put_range(b, 101, &f->range[0]);
		pb_close(b, at);
		break;
	case FEATURE_STATE:
		at = pb_open(b, FT_STATE);
		put_array(b, 1, f);
		pb_close(b, at);
		break;
	}
	put_int(b, FT_OPTIONAL, f->optional);
}

static void
put_features(Buf *b, uint32_t field, const Feature *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		size_t at = pb_open(b, field), type;
		pb_len_field(b, 1, f[i].name->s, f[i].name->len);
		put_cstr(b, 2, f[i].doc);
		type = pb_open(b, 3);
		put_feature_type(b, &f[i]);
		pb_close(b, type);
		pb_close(b, at);
	}
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

static void
put_metadata(Buf *b, Arena *a, const Model *m, const char *date)
{
	size_t at = pb_open(b, 100);
	VEC(MetaPair) pair = {0};
	uint32_t n;

	put_cstr(b, 1, m->short_description);
	put_cstr(b, 2, m->version);
	put_cstr(b, 3, m->author);
	put_cstr(b, 4, m->license);
	for (uint32_t i = 0; i < m->user.n; i++)
		vec_push(a, &pair, m->user.at[i]);
	if (date)
		vec_push(a, &pair,
		         (MetaPair){"com.github.apple.coremltools.conversion_date", date});
	MetaPair *sorted = sorted_pairs(a, pair.at, pair.n, &n);
	for (uint32_t i = 0; i < n; i++) {
		size_t entry = pb_open(b, 100);
		pb_len_field(b, 1, sorted[i].key, strlen(sorted[i].key));
		pb_len_field(b, 2, sorted[i].val, strlen(sorted[i].val));
		pb_close(b, entry);
	}
	pb_close(b, at);
}

static void
put_function_interface(Buf *b, const Interface *f)
{
	size_t at = pb_open(b, 20);

	pb_len_field(b, 1, f->name->s, f->name->len);
	put_features(b, 2, f->input.at, f->input.n);
	put_features(b, 3, f->output.at, f->output.n);
	put_cstr(b, 4, f->predicted_feature);
	put_cstr(b, 5, f->predicted_probs);
	put_features(b, 6, f->state.at, f->state.n);
	pb_close(b, at);
}

void
put_description(Buf *b, Arena *a, const Model *m, const EmitCtx *c)
{
	put_int(b, 1, (uint64_t)m->spec_version);
	size_t at = pb_open(b, 2);
	put_features(b, 1, m->face.input.at, m->face.input.n);
	put_features(b, 10, m->face.output.at, m->face.output.n);
	put_cstr(b, 11, m->face.predicted_feature);
	put_cstr(b, 12, m->face.predicted_probs);
	put_features(b, 13, m->face.state.at, m->face.state.n);
	for (uint32_t i = 0; i < m->func.n; i++)
		put_function_interface(b, &m->func.at[i]);
	if (m->func.n && m->prog && m->prog->default_func)
		put_cstr(b, 21, m->prog->default_func->s);
	put_metadata(b, a, m, c->date);
	pb_close(b, at);
}
