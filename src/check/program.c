/* program.c: an ML Program against its description: functions by name, what goes in and out of them
 * with its types, and the opset against the version of the specification. The reader judges the
 * operations.
 */
#include "checking.h"

#include "form/read.h"

static const Msg *
body_of(const Msg *function)
{
	return msg_entry(function, "block_specializations", msg_get_string(function, "opset"));
}

/* ---- types ---- */

static const struct {
	int64_t code; /* ArrayFeatureType.ArrayDataType */
	DType dtype;
} array_types[] = {{0x10010, DT_FP16},
                   {0x10020, DT_FP32},
                   {0x10040, DT_FP64},
                   {0x20008, DT_INT8},
                   {0x20020, DT_INT32}};

static DType
array_dtype(const Msg *array)
{
	for (size_t i = 0; i < countof(array_types); i++)
		if (array_types[i].code == msg_get_int(array, "dataType"))
			return array_types[i].dtype;
	return DT_NONE;
}

/* The tensor of a ValueType, or of what a state holds; NULL for other types. */
static const Msg *
tensor_of(const Msg *type)
{
	const Msg *state = msg_get(type, "stateType");

	return msg_get(state ? msg_get(state, "wrappedType") : type, "tensorType");
}

/* -1: not known. */
static int64_t
dimension(const Msg *tensor, size_t i)
{
	const Msg *constant = msg_get(msg_at(tensor, "dimensions", i), "constant");

	return constant ? msg_get_int(constant, "size") : -1;
}

static bool
is_variadic(const Msg *tensor)
{
	const Msg *first = msg_at(tensor, "dimensions", 0);

	return msg_get_int(msg_get(first, "unknown"), "variadic");
}

static void
check_shape(Checking *k, const Msg *array, const Msg *tensor, Span at)
{
	size_t n = msg_count(array, "shape"), rank = msg_count(tensor, "dimensions");
	bool fixed = !msg_has(array, "shapeRange") && !msg_has(array, "enumeratedShapes");

	if (!n || is_variadic(tensor))
		return;
	if (n != rank && !(rank == 0 && n == 1)) {
		diag_error(k->diag, at, "its shape has %zu dimensions, but the function's %zu", n,
		           rank);
		return;
	}
	for (size_t i = 0; i < rank; i++) {
		int64_t d = dimension(tensor, i), said = msg_int_at(array, "shape", i);
		if (d >= 0 && d != said && fixed)
			diag_error(k->diag, at, "dimension %zu is %lld, but the function's is %lld",
			           i, (long long)said, (long long)d);
	}
}

/* Images are tensors of one image, its channels, its height and its width. */
static void
check_image(Checking *k, const Msg *image, const Msg *tensor, Span at)
{
	int64_t color = msg_get_int(image, "colorSpace");
	bool fixed = !msg_has(image, "imageSizeRange") && !msg_has(image, "enumeratedSizes");
	const int64_t want[] = {1, color == 20 || color == 30 ? 3 : 1, msg_get_int(image, "height"),
	                        msg_get_int(image, "width")};

	if (msg_count(tensor, "dimensions") != countof(want)) {
		diag_error(k->diag, at,
		           "an image, but the function's has %zu dimensions, expected 4",
		           msg_count(tensor, "dimensions"));
		return;
	}
	for (size_t i = 0; i < (fixed ? countof(want) : 2); i++) {
		int64_t d = dimension(tensor, i);
		if (d >= 0 && d != want[i])
			diag_error(
			    k->diag, at,
			    "an image, but dimension %zu of the function's is %lld, expected "
			    "%lld",
			    i, (long long)d, (long long)want[i]);
	}
}

static void
check_type(Checking *k, const Msg *feature, const Msg *type, Span at)
{
	const Msg *array = feature_array(feature), *tensor = tensor_of(type);
	unsigned kind = feature_type(feature);
	DType said = array ? array_dtype(array) : DT_NONE;
	DType dtype = tensor ? dtype_from_pb((int)msg_get_int(tensor, "dataType")) : DT_NONE;

	if ((kind == T_STATE) != msg_has(type, "stateType")) {
		diag_error(k->diag, at, "it is %s, but the function's is %s",
		           types_text(k->arena, kind), kind == T_STATE ? "no state" : "a state");
		return;
	}
	if (kind == T_DICT ? !msg_has(type, "dictionaryType") : !tensor) {
		diag_error(k->diag, at, "it is %s, but the function's is of another type",
		           types_text(k->arena, kind));
		return;
	}
	if (array && said && dtype && said != dtype)
		diag_error(k->diag, at, "its elements are %s, but the function's %s",
		           dtype_info[said].mil, dtype_info[dtype].mil);
	if (kind == T_IMAGE)
		check_image(k, msg_get(msg_get(feature, "type"), "imageType"), tensor, at);
	if (array)
		check_shape(k, array, tensor, at);
}

/* ---- maps ---- */

/* Of two entries with one key readers take the last, so the first cannot be meant. */
static void
check_keys(Checking *k, const Msg *m, const char *map, Span place)
{
	Map seen;

	if (msg_count(m, map) < 2)
		return;
	map_init(&seen, k->arena);
	for (size_t i = 0; i < msg_count(m, map); i++) {
		const char *name = msg_get_string(msg_at(m, map, i), "key");
		const Str *key = intern_cstr(k->c->names, name);
		if (map_get(&seen, KEY(key)))
			diag_error(k->diag, place, "%s has '%s' twice", map, name);
		map_put(&seen, KEY(key), k);
	}
}

static void
check_block_keys(Checking *k, const Msg *block, Span place)
{
	static const char *const maps[] = {"inputs", "attributes"};

	for (size_t i = 0; i < msg_count(block, "operations"); i++) {
		const Msg *op = msg_at(block, "operations", i), *out = msg_at(op, "outputs", 0);
		const char *name = msg_get_string(out ? out : op, out ? "name" : "type");
		Span at = diag_object(k->diag, place, "operation", name);
		for (size_t n = 0; n < countof(maps); n++)
			check_keys(k, op, maps[n], at);
		for (size_t n = 0; n < msg_count(op, "blocks"); n++)
			check_block_keys(k, msg_at(op, "blocks", n), at);
	}
}

/* ---- functions ---- */

typedef struct Values {
	Checking *k;
	Map type; /* Str -> ValueType */
} Values;

static void
add_values(Values *v, const Msg *m, const char *list)
{
	for (size_t i = 0; i < msg_count(m, list); i++) {
		const Msg *one = msg_at(m, list, i), *type = msg_get(one, "type");
		const Str *name = intern_cstr(v->k->c->names, msg_get_string(one, "name"));
		if (type)
			map_put(&v->type, KEY(name), (Msg *)(uintptr_t)type);
	}
}

static void
find_values(Values *v, const Msg *function)
{
	const Msg *block = body_of(function);

	map_init(&v->type, v->k->arena);
	add_values(v, function, "inputs");
	for (size_t i = 0; i < msg_count(block, "operations"); i++)
		add_values(v, msg_at(block, "operations", i), "outputs");
}

static bool
is_described(const Msg *face, const char *name, bool output)
{
	if (output)
		return feature_named(face, ROLE_OUTPUT, name);
	return feature_named(face, ROLE_INPUT, name) || feature_named(face, ROLE_STATE, name);
}

/* Names that the function has, and the description lacks. */
static void
check_described(Checking *k, const Msg *face, const Msg *function, Span place)
{
	const Msg *block = body_of(function);

	for (size_t i = 0; i < msg_count(function, "inputs"); i++) {
		const char *name = msg_get_string(msg_at(function, "inputs", i), "name");
		if (!is_described(face, name, false))
			diag_error(k->diag, place, "its input '%s' is not in the description",
			           name);
	}
	for (size_t i = 0; i < msg_count(block, "outputs"); i++) {
		const char *name = msg_string_at(block, "outputs", i);
		if (!is_described(face, name, true))
			diag_error(k->diag, place, "its output '%s' is not in the description",
			           name);
	}
}

static bool
has_name(const Msg *function, const char *name, bool output)
{
	const Msg *block = body_of(function);

	for (size_t i = 0; output && i < msg_count(block, "outputs"); i++)
		if (!strcmp(msg_string_at(block, "outputs", i), name))
			return true;
	for (size_t i = 0; !output && i < msg_count(function, "inputs"); i++)
		if (!strcmp(msg_get_string(msg_at(function, "inputs", i), "name"), name))
			return true;
	return false;
}

static void
check_role(Checking *k, const Msg *face, const Msg *function, Role role, const Values *v,
           Span place)
{
	for (size_t i = 0; i < msg_count(face, role_field[role]); i++) {
		const Msg *f = msg_at(face, role_field[role], i);
		const char *name = msg_get_string(f, "name");
		const Msg *type = map_get(&v->type, KEY(intern_cstr(k->c->names, name)));
		Span at = feature_place(k, place, role, f, i);
		if (!has_name(function, name, role == ROLE_OUTPUT))
			diag_error(k->diag, at, "the function has no %s of this name",
			           role_field[role]);
		else if (type && feature_type(f))
			check_type(k, f, type, at);
	}
}

static void
check_predicted(Checking *k, const Msg *face, const char *field, unsigned types, Span place)
{
	const char *name = msg_get_string(face, field);
	const Msg *f = *name ? feature_named(face, ROLE_OUTPUT, name) : NULL;

	if (*name && !f)
		diag_error(k->diag, place, "%s is '%s', which is none of the outputs", field, name);
	else if (f && !(feature_type(f) & types))
		diag_error(k->diag, place, "%s is '%s', which is %s, expected %s", field, name,
		           types_text(k->arena, feature_type(f)), types_text(k->arena, types));
}

static void
check_opset(Checking *k, const Msg *function, Span place)
{
	const char *opset = msg_get_string(function, "opset");

	for (int o = IOS13; o <= IOS26; o++)
		if (!strcmp(opset_coreml((Opset)o), opset) && o > k->version)
			diag_error(
			    k->diag, place,
			    "opset %s needs specification version %d, but this is version %d",
			    opset, o, k->version);
}

static void
check_function(Checking *k, const Msg *face, const Msg *function, Span place)
{
	Values v = {.k = k};

	check_opset(k, function, place);
	if (!body_of(function))
		return; /* which the reader says */
	check_block_keys(k, body_of(function), place);
	find_values(&v, function);
	for (int role = 0; role < ROLE_COUNT; role++)
		check_role(k, face, function, (Role)role, &v, place);
	check_described(k, face, function, place);
	check_predicted(k, face, "predictedFeatureName", T_STRING | T_INT64, place);
	check_predicted(k, face, "predictedProbabilitiesName", T_DICT, place);
}

static const Msg *
described(const Msg *description, const char *name)
{
	for (size_t i = 0; i < msg_count(description, "functions"); i++) {
		const Msg *f = msg_at(description, "functions", i);
		if (!strcmp(msg_get_string(f, "name"), name))
			return f;
	}
	return NULL;
}

void
rules_program(Checking *k)
{
	const Msg *d = k->description;
	bool several = msg_count(d, "functions") > 0;
	size_t n = msg_count(k->body, "functions");

	if (!n) {
		diag_warning(k->diag, k->place, "the program has no functions: it cannot run");
		return;
	}
	check_keys(k, k->body, "functions", k->place);
	check_keys(k, msg_get(d, "metadata"), "userDefined", k->place);
	for (size_t i = 0; i < n; i++) {
		const Msg *e = msg_at(k->body, "functions", i), *face;
		const char *name = msg_get_string(e, "key");
		Span place = diag_object(k->diag, k->place, "function", name);
		if (!*name)
			continue; /* which the reader says */
		face = several ? described(d, name) : strcmp(name, "main") && n > 1 ? NULL : d;
		if (face)
			check_function(k, face, msg_get(e, "value"), place);
		else
			diag_warning(k->diag, place,
			             "the description does not have it, so it cannot be called");
	}
	for (size_t i = 0; i < msg_count(d, "functions"); i++) {
		const char *name = msg_get_string(msg_at(d, "functions", i), "name");
		if (!msg_entry(k->body, "functions", name))
			diag_error(k->diag, k->place, "the program has no function '%s'", name);
	}
	if (!several && !msg_entry(k->body, "functions", "main"))
		diag_error(k->diag, k->place, "the program has no function 'main'");
	read_check_program(k->c, k->m, k->strict);
}
