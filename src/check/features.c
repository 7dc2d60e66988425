/* features.c: one feature of an interface: its type, its shape and how that may vary, its default
 * value. Before iOS12 nothing varied, and what says so is not looked at.
 */
#include "checking.h"

enum { IOS12 = 3 };

const char *const role_field[ROLE_COUNT] = {"input", "output", "state"};

static const struct {
	const char *field;
	unsigned bit;
} types[] = {
    {"int64Type", T_INT64},       {"doubleType", T_DOUBLE},    {"stringType", T_STRING},
    {"imageType", T_IMAGE},       {"multiArrayType", T_ARRAY}, {"dictionaryType", T_DICT},
    {"sequenceType", T_SEQUENCE}, {"stateType", T_STATE},
};

unsigned
feature_type(const Msg *feature)
{
	const Msg *type = msg_get(feature, "type");
	const char *set = type ? msg_case(type, "int64Type") : NULL;

	for (size_t k = 0; set && k < countof(types); k++)
		if (!strcmp(set, types[k].field))
			return types[k].bit;
	return 0;
}

const char *
types_text(Arena *a, unsigned bits)
{
	const char *text = NULL;

	for (size_t k = 0; k < countof(types); k++)
		if (bits & types[k].bit)
			text = text ? arena_printf(a, "%s or %s", text, types[k].field)
			            : types[k].field;
	return text ? text : "none";
}

const Msg *
feature_array(const Msg *feature)
{
	const Msg *type = msg_get(feature, "type");
	const Msg *state = msg_get(type, "stateType");

	return state ? msg_get(state, "arrayType") : msg_get(type, "multiArrayType");
}

Span
feature_place(Checking *k, Span outer, Role role, const Msg *feature, size_t i)
{
	const char *name = msg_get_string(feature, "name");

	return diag_object(k->diag, outer, role_field[role],
	                   *name ? name : arena_printf(k->arena, "%zu", i));
}

/* ---- sizes ---- */

/* The bounds, of which the upper one may be missing. False after reporting. */
static bool
check_range(Checking *k, Span at, const char *what, const Msg *range)
{
	uint64_t low = (uint64_t)msg_get_int(range, "lowerBound");
	int64_t high = msg_get_int(range, "upperBound");

	return high <= 0 || low <= (uint64_t)high ||
	       diag_error(k->diag, at, "%s ranges from %llu to %lld: the bounds are out of order",
	                  what, (unsigned long long)low, (long long)high);
}

static void
check_in_range(Checking *k, Span at, const char *what, int64_t n, const Msg *range)
{
	int64_t low = msg_get_int(range, "lowerBound"), high = msg_get_int(range, "upperBound");

	if (n < low || (high >= 0 && n > high))
		diag_error(k->diag, at,
		           "%s is %lld by default, outside of its range from %lld to %s", what,
		           (long long)n, (long long)low,
		           high < 0 ? "any" : arena_printf(k->arena, "%lld", (long long)high));
}

static const char *
shape_text(Checking *k, const Msg *shape)
{
	return shape_str(k->c->types, msg_array(shape, "shape"),
	                 (uint32_t)msg_count(shape, "shape"));
}

static bool
same_shape(const Msg *a, const Msg *b)
{
	size_t n = msg_count(a, "shape");

	return n == msg_count(b, "shape") &&
	       (!n || !memcmp(msg_array(a, "shape"), msg_array(b, "shape"), n * sizeof(int64_t)));
}

static void
check_enumerated(Checking *k, Span at, const Msg *array, const Msg *list)
{
	size_t n = msg_count(list, "shapes");
	bool found = !msg_count(array, "shape");
	Map seen;

	map_init(&seen, k->arena);
	if (!n)
		diag_error(k->diag, at, "its enumeration of shapes is empty");
	for (size_t i = 0; i < n; i++) {
		const Msg *one = msg_at(list, "shapes", i), *same;
		size_t rank = msg_count(one, "shape");
		uint64_t key =
		    hash_bytes(rank ? msg_array(one, "shape") : "", rank * sizeof(int64_t), rank);
		if (!rank)
			diag_error(k->diag, at, "enumerated shape %zu has no dimensions", i);
		same = map_get(&seen, key);
		if (same && rank && same_shape(one, same))
			diag_error(k->diag, at, "the enumerated shape %s stands there twice",
			           shape_text(k, one));
		map_put(&seen, key, (Msg *)(uintptr_t)one);
		found |= same_shape(one, array);
	}
	if (n && !found)
		diag_error(k->diag, at, "the default shape %s is none of those enumerated",
		           shape_text(k, array));
}

static void
check_shape_range(Checking *k, Span at, const Msg *array, const Msg *list)
{
	size_t n = msg_count(list, "sizeRanges"), rank = msg_count(array, "shape");

	if (rank && rank != n)
		diag_error(k->diag, at,
		           "the default shape %s has %zu dimensions, but there are %zu ranges",
		           shape_text(k, array), rank, n);
	for (size_t i = 0; i < n; i++) {
		const Msg *range = msg_at(list, "sizeRanges", i);
		const char *what = arena_printf(k->arena, "dimension %zu", i);
		if (check_range(k, at, what, range) && rank == n)
			check_in_range(k, at, what, msg_int_at(array, "shape", i), range);
	}
}

static void
check_dimensions(Checking *k, Span at, const Msg *array)
{
	for (size_t i = 0; i < msg_count(array, "shape"); i++)
		if (msg_int_at(array, "shape", i) < 0)
			diag_error(k->diag, at, "dimension %zu is %lld, expected 0 or more", i,
			           (long long)msg_int_at(array, "shape", i));
}

/* ---- values of enumerations, some of which came later ---- */

typedef struct Choice {
	int64_t code;
	const char *name;
	int since;
} Choice;

static void
check_choice(Checking *k, Span at, const char *what, int64_t code, const Choice *c, size_t n)
{
	const char *all = NULL;

	for (size_t i = 0; i < n; i++) {
		if (c[i].code == code && k->version < c[i].since)
			diag_error(k->diag, at,
			           "%s %s needs specification version %d, but this is version %d",
			           what, c[i].name, c[i].since, k->version);
		if (c[i].code == code)
			return;
		all = all ? arena_printf(k->arena, "%s, %s", all, c[i].name) : c[i].name;
	}
	diag_error(k->diag, at, "%s is %lld, expected one of %s", what, (long long)code, all);
}

static const Choice array_types[] = {{0x10020, "FLOAT32", 1},
                                     {0x10040, "DOUBLE", 1},
                                     {0x20020, "INT32", 1},
                                     {0x10010, "FLOAT16", 7},
                                     {0x20008, "INT8", 10}};
static const Choice state_types[] = {{0x10010, "FLOAT16", 1}, {0x20008, "INT8", 1}};
static const Choice colors[] = {
    {10, "GRAYSCALE", 1}, {20, "RGB", 1}, {30, "BGR", 1}, {40, "GRAYSCALE_FLOAT16", 7}};

/* ---- kinds of features ---- */

/* Which default values go with which element types. */
static const struct {
	const char *field;
	int64_t code[2];
} defaults[] = {{"floatDefaultValue", {0x10020, 0x10010}},
                {"doubleDefaultValue", {0x10040, 0x10040}},
                {"intDefaultValue", {0x20020, 0x20008}}};

static void
check_default(Checking *k, Span at, const Msg *array)
{
	const char *set = msg_case(array, "intDefaultValue");
	int64_t code = msg_get_int(array, "dataType"), v = msg_get_int(array, "intDefaultValue");

	for (size_t i = 0; set && i < countof(defaults); i++)
		if (!strcmp(set, defaults[i].field) && code != defaults[i].code[0] &&
		    code != defaults[i].code[1])
			diag_error(k->diag, at,
			           "its default value is a %s, which is not of its element type",
			           set);
	if (code == 0x20008 && (v < INT8_MIN || v > INT8_MAX))
		diag_error(k->diag, at, "its default value %lld does not fit an INT8",
		           (long long)v);
}

static void
check_array(Checking *k, Span at, const Msg *type, Role role)
{
	const Msg *array = msg_get(type, "multiArrayType");
	const Msg *list = msg_get(array, "enumeratedShapes");
	const Msg *range = msg_get(array, "shapeRange");
	bool flexible = k->version >= IOS12 && (list || range);

	if (flexible && list)
		check_enumerated(k, at, array, list);
	else if (flexible)
		check_shape_range(k, at, array, range);
	if (role == ROLE_INPUT && !flexible && !msg_count(array, "shape"))
		diag_error(k->diag, at, "an array that goes in needs a shape, or how it varies");
	check_dimensions(k, at, array);
	check_choice(k, at, "the element type", msg_get_int(array, "dataType"), array_types,
	             countof(array_types));
	check_default(k, at, array);
}

/* One side of an image. */
static void
check_side(Checking *k, Span at, const Msg *image, const char *side, const char *range_field,
           bool has_default)
{
	const Msg *range = msg_get(image, "imageSizeRange"), *one = msg_get(range, range_field);
	const Msg *sizes = msg_get(image, "enumeratedSizes");
	int64_t n = msg_get_int(image, side);

	if (range && k->version >= IOS12) {
		if (!check_range(k, at, side, one))
			return;
		if (has_default)
			check_in_range(k, at, side, n, one);
		else
			n = msg_get_int(one, "lowerBound");
	} else if (sizes && k->version >= IOS12 && !has_default && msg_count(sizes, "sizes")) {
		n = msg_get_int(msg_at(sizes, "sizes", 0), side);
	}
	if (n <= 0)
		diag_error(k->diag, at, "%s is %lld, expected a positive number", side,
		           (long long)n);
}

static void
check_sizes(Checking *k, Span at, const Msg *image, const Msg *sizes, bool has_default)
{
	long long width = msg_get_int(image, "width"), height = msg_get_int(image, "height");
	bool found = false;

	for (size_t i = 0; i < msg_count(sizes, "sizes"); i++) {
		const Msg *one = msg_at(sizes, "sizes", i);
		found |= msg_get_int(one, "width") == width && msg_get_int(one, "height") == height;
	}
	if (!msg_count(sizes, "sizes"))
		diag_error(k->diag, at, "its enumeration of sizes is empty");
	else if (has_default && !found)
		diag_error(k->diag, at, "the default size %lldx%lld is none of those enumerated",
		           width, height);
}

static void
check_image(Checking *k, Span at, const Msg *type, Role role)
{
	const Msg *image = msg_get(type, "imageType");
	bool has_default = msg_get_int(image, "width") > 0 && msg_get_int(image, "height") > 0;

	(void)role;
	if (msg_has(image, "enumeratedSizes") && k->version >= IOS12)
		check_sizes(k, at, image, msg_get(image, "enumeratedSizes"), has_default);
	check_side(k, at, image, "width", "widthRange", has_default);
	check_side(k, at, image, "height", "heightRange", has_default);
	check_choice(k, at, "the colour space", msg_get_int(image, "colorSpace"), colors,
	             countof(colors));
}

static void
check_dictionary(Checking *k, Span at, const Msg *type, Role role)
{
	(void)role;
	if (!msg_case(msg_get(type, "dictionaryType"), "int64KeyType"))
		diag_error(k->diag, at,
		           "a dictionary has no type of keys, expected int64 or string");
}

static void
check_sequence(Checking *k, Span at, const Msg *type, Role role)
{
	const Msg *sequence = msg_get(type, "sequenceType");

	(void)role;
	if (k->version < IOS12)
		diag_error(k->diag, at,
		           "a sequence needs specification version %d, but this is version %d",
		           IOS12, k->version);
	check_range(k, at, "the length", msg_get(sequence, "sizeRange"));
	if (!msg_case(sequence, "int64Type"))
		diag_error(k->diag, at,
		           "a sequence has no type of elements, expected int64 or string");
}

static void
check_state(Checking *k, Span at, const Msg *type, Role role)
{
	const Msg *array = msg_get(msg_get(type, "stateType"), "arrayType");

	if (role == ROLE_OUTPUT)
		diag_error(k->diag, at,
		           "a state stands among the outputs: states have their own list");
	if (k->version < IOS18)
		diag_error(k->diag, at,
		           "a state needs specification version %d, but this is version %d", IOS18,
		           k->version);
	if (msg_get_int(type, "isOptional"))
		diag_error(k->diag, at, "a state cannot be optional");
	if (!msg_count(array, "shape"))
		diag_error(k->diag, at, "a state needs a shape");
	check_dimensions(k, at, array);
	check_choice(k, at, "the element type of a state", msg_get_int(array, "dataType"),
	             state_types, countof(state_types));
	if (msg_has(array, "shapeRange") || msg_has(array, "enumeratedShapes"))
		diag_error(k->diag, at, "the shape of a state cannot vary");
	if (array && msg_case(array, "intDefaultValue"))
		diag_error(k->diag, at, "a state cannot have a default value");
}

static const struct {
	unsigned bit;
	void (*check)(Checking *, Span, const Msg *type, Role);
} rules[] = {
    {T_ARRAY, check_array},       {T_IMAGE, check_image}, {T_DICT, check_dictionary},
    {T_SEQUENCE, check_sequence}, {T_STATE, check_state},
};

void
check_feature(Checking *k, const Msg *f, Role role, Span at)
{
	const Msg *type = msg_get(f, "type");
	unsigned bit = feature_type(f);

	if (!*msg_get_string(f, "name"))
		diag_error(k->diag, at, "the %s has no name", role_field[role]);
	if (!bit)
		diag_error(k->diag, at, "the %s has no type", role_field[role]);
	else if (role == ROLE_STATE && bit != T_STATE)
		diag_error(k->diag, at, "it is %s, but stands among the states",
		           types_text(k->arena, bit));
	if (role == ROLE_OUTPUT && msg_get_int(type, "isOptional"))
		diag_error(k->diag, at, "an output cannot be optional");
	for (size_t i = 0; i < countof(rules); i++)
		if (rules[i].bit == bit)
			rules[i].check(k, at, type, role);
}

/* ---- wiring ---- */

static bool
is_flexible(const Msg *array)
{
	return msg_has(array, "enumeratedShapes") || msg_has(array, "shapeRange");
}

static size_t
rank_of(const Msg *array)
{
	if (msg_has(array, "enumeratedShapes"))
		return msg_count(msg_at(msg_get(array, "enumeratedShapes"), "shapes", 0), "shape");
	if (msg_has(array, "shapeRange"))
		return msg_count(msg_get(array, "shapeRange"), "sizeRanges");
	return msg_count(array, "shape");
}

const char *
feature_text(Checking *k, const Msg *f)
{
	const Msg *array = feature_array(f), *type = msg_get(f, "type");
	const Msg *image = msg_get(type, "imageType"), *dict = msg_get(type, "dictionaryType");
	const char *text = types_text(k->arena, feature_type(f));

	if (image)
		return arena_printf(k->arena, "%s %lldx%lld, colour space %lld", text,
		                    (long long)msg_get_int(image, "width"),
		                    (long long)msg_get_int(image, "height"),
		                    (long long)msg_get_int(image, "colorSpace"));
	if (dict && msg_case(dict, "int64KeyType"))
		return arena_printf(k->arena, "%s of %s", text, msg_case(dict, "int64KeyType"));
	for (size_t i = 0; array && i < countof(array_types); i++)
		if (array_types[i].code == msg_get_int(array, "dataType"))
			return is_flexible(array)
			           ? arena_printf(k->arena, "%s %s of rank %zu", text,
			                          array_types[i].name, rank_of(array))
			           : arena_printf(k->arena, "%s %s %s", text, array_types[i].name,
			                          shape_text(k, array));
	return text;
}

static bool
same_ints(const Msg *a, const Msg *b, const char *const *field, size_t n)
{
	while (n-- > 0)
		if (msg_get_int(a, field[n]) != msg_get_int(b, field[n]))
			return false;
	return true;
}

static bool
same_case(const Msg *a, const Msg *b, const char *type, const char *any)
{
	const Msg *x = msg_get(a, type), *y = msg_get(b, type);
	const char *p = msg_case(x, any), *q = msg_case(y, any);

	return (!p && !q) || (p && q && !strcmp(p, q));
}

bool
features_alike(const Msg *a, const Msg *b)
{
	static const char *const image[] = {"width", "height", "colorSpace"};
	const Msg *x = msg_get(a, "type"), *y = msg_get(b, "type");
	const Msg *p = feature_array(a), *q = feature_array(b);
	unsigned type = feature_type(a);

	if (type != feature_type(b))
		return false;
	switch (type) {
	case T_IMAGE:
		return same_ints(msg_get(x, "imageType"), msg_get(y, "imageType"), image,
		                 countof(image));
	case T_DICT:
		return same_case(x, y, "dictionaryType", "int64KeyType");
	case T_SEQUENCE:
		return same_case(x, y, "sequenceType", "int64Type");
	case T_ARRAY:
	case T_STATE:
		return msg_get_int(p, "dataType") == msg_get_int(q, "dataType") &&
		       rank_of(p) == rank_of(q) &&
		       (is_flexible(p) || is_flexible(q) || same_shape(p, q));
	default:
		return true;
	}
}
