/* metadata_schema.c: features in metadata.json: inputs, outputs and states. */
#include "metadata_json.h"

#include "spec_json.h"

/* ---- JSON ---- */

static void
next_line(Json *j)
{
	buf_printf(j->b, "%s\n%*s", j->first ? "" : ",", 2 * j->depth, "");
	j->first = false;
}

void
json_key(Json *j, const char *key)
{
	next_line(j);
	put_json_string(j->b, key);
	buf_puts(j->b, " : ");
}

void
json_open(Json *j, const char *key, int bracket)
{
	if (key)
		json_key(j, key);
	else
		next_line(j);
	buf_byte(j->b, bracket);
	j->depth++;
	j->first = true;
}

void
json_close(Json *j, int bracket)
{
	if (j->first)
		buf_byte(j->b, '\n');
	j->depth--;
	j->first = true;
	next_line(j);
	buf_byte(j->b, bracket);
}

void
json_text(Json *j, const char *key, const char *text)
{
	json_key(j, key);
	put_json_string(j->b, text);
}

void
json_flag(Json *j, const char *key, bool set)
{
	json_text(j, key, set ? "1" : "0");
}

/* ---- features ---- */

/* "Float16", "Int32", "UInt8" */
const char *
json_type_name(Arena *a, DType t)
{
	char kind = dtype_info[t].kind;

	if (t == DT_FP64)
		return "Double";
	return arena_printf(a, "%s%d", kind == 'f' ? "Float" : kind == 'u' ? "UInt" : "Int",
	                    dtype_bits(t));
}

/* The n numbers with words around: "[1, 3]", "1 × 3". */
static const char *
numbers(Arena *a, const int64_t *v, uint32_t n, const char *open, const char *between,
        const char *close)
{
	Buf b = {0};

	buf_puts(&b, open);
	for (uint32_t k = 0; k < n; k++)
		buf_printf(&b, "%s%lld", k ? between : "", (long long)v[k]);
	buf_puts(&b, close);
	return buf_keep(&b, a);
}

#define TIMES " \xc3\x97 "

static const char *
ranges_text(Arena *a, const Feature *f)
{
	Buf b = {0};

	for (uint32_t k = 0; k < f->nrange; k++) {
		const DimRange *r = &f->range[k];
		buf_printf(&b, "%s%lld", k ? TIMES : "", (long long)r->lower);
		if (r->upper < 0)
			buf_puts(&b, "...");
		else if (r->upper != r->lower)
			buf_printf(&b, "...%lld", (long long)r->upper);
	}
	return buf_keep(&b, a);
}

static const char *
range_pairs(Arena *a, const Feature *f)
{
	Buf b = {0};

	buf_byte(&b, '[');
	for (uint32_t k = 0; k < f->nrange; k++) {
		int64_t pair[2] = {f->range[k].lower, f->range[k].upper};
		buf_printf(&b, "%s%s", k ? ", " : "", numbers(a, pair, 2, "[", ", ", "]"));
	}
	buf_byte(&b, ']');
	return buf_keep(&b, a);
}

static const char *
choices(Arena *a, const Feature *f, const char *open, const char *between, const char *close,
        const char *sides[2], const char *inner)
{
	Buf b = {0};

	buf_puts(&b, open);
	for (uint32_t k = 0; k < f->nenum; k++)
		buf_printf(&b, "%s%s", k ? between : "",
		           numbers(a, f->enumerated + (size_t)k * f->rank, f->rank, sides[0], inner,
		                   sides[1]));
	buf_puts(&b, close);
	return buf_keep(&b, a);
}

typedef struct FlexibleKeys {
	const char *has, *text, *range, *enumerated;
} FlexibleKeys;
static const FlexibleKeys shape_keys = {"hasShapeFlexibility", "shapeFlexibility", "shapeRange",
                                        "enumeratedShapes"};
static const FlexibleKeys size_keys = {"hasSizeFlexibility", "sizeFlexibility", "sizeRange",
                                       "enumeratedSizes"};

static void
put_flexibility(Json *j, Arena *a, const Feature *f, const FlexibleKeys *key)
{
	const char *brackets[2] = {"[", "]"}, *none[2] = {"", ""};

	json_flag(j, key->has, f->nrange || f->nenum);
	if (f->nrange) {
		json_text(j, key->text, ranges_text(a, f));
		json_text(j, key->range, range_pairs(a, f));
	} else if (f->nenum) {
		json_text(j, key->text, choices(a, f, "", " | ", "", none, TIMES));
		json_text(j, key->enumerated, choices(a, f, "[", ", ", "]", brackets, ", "));
	}
}

/* An optional feature has a question mark behind its type. */
static void
put_formatted(Json *j, Arena *a, const Feature *f, const char *text)
{
	json_text(j, "formattedType", f->optional ? arena_printf(a, "%s?", text) : text);
}

static void
put_array_feature(Json *j, Arena *a, const Feature *f)
{
	const char *type = json_type_name(a, f->dtype);
	const char *word = f->kind == FEATURE_STATE ? "State" : "MultiArray";
	const int64_t *shape = f->shape;
	uint32_t rank = f->rank;

	if (!f->has_shape) {
		int64_t *low = newn(a, int64_t, MAX(f->nrange, 1));
		for (uint32_t k = 0; k < f->nrange; k++)
			low[k] = f->range[k].lower;
		shape = f->nenum ? f->enumerated : low;
		rank = f->nenum ? f->rank : f->nrange;
	}
	json_text(j, "dataType", type);
	if (f->kind == FEATURE_ARRAY)
		put_flexibility(j, a, f, &shape_keys);
	put_formatted(j, a, f,
	              arena_printf(a, "%s (%s%s%s)", word, type, rank ? " " : "",
	                           numbers(a, shape, rank, "", TIMES, "")));
	json_text(j, "shape", numbers(a, shape, rank, "[", ", ", "]"));
	json_text(j, "type", word);
}

/* Width before height, as images are described there. */
static Feature
turned(Arena *a, const Feature *f)
{
	Feature out = *f;
	int64_t *enumerated = newn(a, int64_t, 2 * (size_t)f->nenum + 1);
	int64_t *shape = newn(a, int64_t, 2);

	for (uint32_t k = 0; k < f->rank && k < 2; k++)
		shape[1 - k] = f->shape[k];
	out.shape = shape;
	if (f->nrange == 2)
		out.range = arena_dup(a, (DimRange[]){f->range[1], f->range[0]},
		                      2 * sizeof *f->range);
	for (uint32_t k = 0; f->rank == 2 && k < 2 * f->nenum; k++)
		enumerated[k ^ 1] = f->enumerated[k];
	out.enumerated = enumerated;
	return out;
}

static void
put_image_feature(Json *j, Arena *a, const Feature *f)
{
	Feature image = turned(a, f);
	bool gray = f->color == COLOR_GRAY || f->color == COLOR_GRAY_FP16;
	const char *space = f->color == COLOR_GRAY        ? "Grayscale"
	                    : f->color == COLOR_GRAY_FP16 ? "Grayscale16Half"
	                    : f->color == COLOR_BGR       ? "BGR"
	                                                  : "RGB";

	json_text(j, "width", numbers(a, image.shape, 1, "", "", ""));
	json_text(j, "height", numbers(a, image.shape + 1, 1, "", "", ""));
	json_text(j, "colorspace", space);
	json_flag(j, "isColor", !gray);
	put_flexibility(j, a, &image, &size_keys);
	put_formatted(j, a, f,
	              arena_printf(a, "Image (%s %s)", gray ? space : "Color",
	                           numbers(a, image.shape, 2, "", TIMES, "")));
	json_text(j, "type", "Image");
}

static void
put_other_feature(Json *j, Arena *a, const Feature *f)
{
	static const char *const words[] = {[FEATURE_STRING] = "String",
	                                    [FEATURE_INT64] = "Int64",
	                                    [FEATURE_DOUBLE] = "Double",
	                                    [FEATURE_DICT] = "Dictionary",
	                                    [FEATURE_SEQUENCE] = "Sequence"};
	const char *word = words[f->kind], *key = f->key == DT_STRING ? "String" : "Int64";

	if (f->kind == FEATURE_DICT)
		json_text(j, "keyType", key);
	if (f->kind == FEATURE_SEQUENCE)
		json_text(j, "valueType", key);
	put_formatted(j, a, f,
	              f->kind == FEATURE_DICT
	                  ? arena_printf(a, "%s (%s \xe2\x86\x92 Double)", word, key)
	              : f->kind == FEATURE_SEQUENCE ? arena_printf(a, "%s (%s)", word, key)
	                                            : word);
	json_text(j, "type", word);
}

void
put_schema(Json *j, Arena *a, const char *key, const Features *list)
{
	json_open(j, key, '[');
	for (uint32_t k = 0; k < list->n; k++) {
		const Feature *f = &list->at[k];
		json_open(j, NULL, '{');
		json_text(j, "name", f->name->s);
		json_text(j, "shortDescription", f->doc ? f->doc : "");
		json_flag(j, "isOptional", f->optional);
		if (f->kind == FEATURE_IMAGE)
			put_image_feature(j, a, f);
		else if (f->kind == FEATURE_ARRAY || f->kind == FEATURE_STATE)
			put_array_feature(j, a, f);
		else
			put_other_feature(j, a, f);
		json_close(j, '}');
	}
	json_close(j, ']');
}
