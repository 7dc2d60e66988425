/* transforms.c: models that turn one feature into another: their types and shapes must go together.
 */
#include "checking.h"

static const Msg *
only(const Checking *k, Role role)
{
	return msg_at(k->description, role_field[role], 0);
}

static int64_t
length_of(const Msg *feature)
{
	return msg_int_at(feature_array(feature), "shape", 0);
}

/* Arrays that go through are of one dimension, and stay as long. */
static void
check_vectors(Checking *k)
{
	const Msg *in = feature_array(only(k, ROLE_INPUT)),
	          *out = feature_array(only(k, ROLE_OUTPUT));

	if (feature_type(only(k, ROLE_INPUT)) != T_ARRAY)
		return;
	if (msg_count(in, "shape") != 1 || msg_count(out, "shape") != 1 ||
	    msg_int_at(in, "shape", 0) != msg_int_at(out, "shape", 0))
		diag_error(k->diag, k->place,
		           "the arrays in and out of %s are of one dimension and the same length",
		           k->kind->type);
}

static void
check_same_type(Checking *k)
{
	unsigned in = feature_type(only(k, ROLE_INPUT)), out = feature_type(only(k, ROLE_OUTPUT));

	if (in != out)
		diag_error(k->diag, k->place, "the input is %s, but the output %s",
		           types_text(k->arena, in), types_text(k->arena, out));
}

/* Values to put in place of others: what they go with. */
static const struct {
	const char *set;
	unsigned type;
	const char *replaces; /* NULL: nothing */
} imputed[] = {
    {"imputedDoubleValue", T_DOUBLE | T_ARRAY, "replaceDoubleValue"},
    {"imputedInt64Value", T_INT64, "replaceInt64Value"},
    {"imputedStringValue", T_STRING, "replaceStringValue"},
    {"imputedDoubleArray", T_ARRAY, "replaceDoubleValue"},
    {"imputedInt64Array", T_ARRAY, "replaceInt64Value"},
    {"imputedStringDictionary", T_DICT, NULL},
    {"imputedInt64Dictionary", T_DICT, NULL},
};

void
rules_imputer(Checking *k)
{
	const char *set = msg_case(k->body, "imputedDoubleValue");
	const char *replaced = msg_case(k->body, "replaceDoubleValue");
	unsigned type = feature_type(only(k, ROLE_INPUT));

	check_same_type(k);
	check_vectors(k);
	for (size_t i = 0; set && i < countof(imputed); i++) {
		if (strcmp(set, imputed[i].set) != 0)
			continue;
		if (!(imputed[i].type & type))
			diag_error(k->diag, k->place, "the input is %s, which does not go with %s",
			           types_text(k->arena, type), set);
		if (replaced &&
		    (!imputed[i].replaces || strcmp(imputed[i].replaces, replaced) != 0))
			diag_error(k->diag, k->place, "%s does not go with %s", replaced, set);
		if (imputed[i].type == T_ARRAY && type == T_ARRAY &&
		    (int64_t)msg_count(msg_get(k->body, set), "vector") !=
		        length_of(only(k, ROLE_INPUT)))
			diag_error(k->diag, k->place,
			           "%s has %zu values, but the input %lld: expected as many", set,
			           msg_count(msg_get(k->body, set), "vector"),
			           (long long)length_of(only(k, ROLE_INPUT)));
	}
}

void
rules_scaler(Checking *k)
{
	static const char *const field[] = {"shiftValue", "scaleValue"};
	unsigned in = feature_type(only(k, ROLE_INPUT)), out = feature_type(only(k, ROLE_OUTPUT));
	int64_t length = in == T_ARRAY ? length_of(only(k, ROLE_INPUT)) : 1;

	if (in != T_INT64 || out != T_DOUBLE)
		check_same_type(k);
	check_vectors(k);
	for (size_t i = 0; i < countof(field); i++) {
		size_t n = msg_count(k->body, field[i]);
		if (n > 1 && (int64_t)n != length)
			diag_error(k->diag, k->place, "there are %zu %ss, expected 0, 1 or %lld", n,
			           field[i], (long long)length);
	}
}

/* ---- categories ---- */

static void
check_side(Checking *k, Role role, unsigned type)
{
	static const char *const field[] = {"stringType", "int64Type"};
	const Msg *f = only(k, role);
	const Msg *sequence = msg_get(msg_get(f, "type"), "sequenceType");
	const char *elements = sequence ? msg_case(sequence, "int64Type") : NULL;
	const char *want = field[type == T_INT64];

	if (elements ? strcmp(elements, want) != 0 : feature_type(f) && feature_type(f) != type)
		diag_error(k->diag, feature_place(k, k->place, role, f, 0),
		           "the mapping goes with %s, or a sequence of it", want);
}

void
rules_mapping(Checking *k)
{
	bool from_string = msg_has(k->body, "stringToInt64Map");
	const char *unknown = msg_case(k->body, "int64Value");
	unsigned in = feature_type(only(k, ROLE_INPUT)), out = feature_type(only(k, ROLE_OUTPUT));

	if (!msg_case(k->body, "stringToInt64Map"))
		return;
	if (unknown && strcmp(unknown, from_string ? "int64Value" : "strValue") != 0)
		diag_error(k->diag, k->place,
		           "the mapping does not give what %s says for the unknown", unknown);
	check_side(k, ROLE_INPUT, from_string ? T_STRING : T_INT64);
	check_side(k, ROLE_OUTPUT, from_string ? T_INT64 : T_STRING);
	if (in == T_SEQUENCE && out != T_SEQUENCE)
		diag_error(k->diag, k->place, "a sequence goes in, so that one must come out");
}

void
rules_encoder(Checking *k)
{
	check_features(k, ROLE_OUTPUT, 1, msg_get_int(k->body, "outputSparse") ? T_DICT : T_ARRAY);
}

void
rules_extractor(Checking *k)
{
	if (feature_type(only(k, ROLE_OUTPUT)) == T_DOUBLE &&
	    msg_count(k->body, "extractIndex") != 1)
		diag_error(k->diag, k->place, "the output is one number, but there are %zu indices",
		           msg_count(k->body, "extractIndex"));
}

void
rules_vectorizer(Checking *k)
{
	for (size_t i = 0; i < msg_count(k->body, "inputList"); i++)
		if (!msg_get_int(msg_at(k->body, "inputList", i), "inputDimensions"))
			diag_error(k->diag, k->place, "inputList[%zu] has no dimensions", i);
}
