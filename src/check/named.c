/* named.c: models whose body names the features that it takes and gives: recommenders, and the
 * suppression of boxes that overlap.
 */
#include "checking.h"

typedef struct Named {
	const char *field;
	Role role;
	unsigned types;
	bool required;
} Named;

static const Named recommender[] = {
    {"itemInputFeatureName", ROLE_INPUT, T_DICT | T_SEQUENCE | T_ARRAY, false},
    {"numRecommendationsInputFeatureName", ROLE_INPUT, T_INT64, false},
    {"itemRestrictionInputFeatureName", ROLE_INPUT, T_SEQUENCE | T_ARRAY, false},
    {"itemExclusionInputFeatureName", ROLE_INPUT, T_SEQUENCE | T_ARRAY, false},
    {"recommendedItemListOutputFeatureName", ROLE_OUTPUT, T_SEQUENCE, false},
    {"recommendedItemScoreOutputFeatureName", ROLE_OUTPUT, T_DICT, false},
};
static const Named suppression[] = {
    {"confidenceInputFeatureName", ROLE_INPUT, T_ARRAY, true},
    {"coordinatesInputFeatureName", ROLE_INPUT, T_ARRAY, true},
    {"iouThresholdInputFeatureName", ROLE_INPUT, T_DOUBLE, false},
    {"confidenceThresholdInputFeatureName", ROLE_INPUT, T_DOUBLE, false},
    {"confidenceOutputFeatureName", ROLE_OUTPUT, T_ARRAY, true},
    {"coordinatesOutputFeatureName", ROLE_OUTPUT, T_ARRAY, true},
};

static void
check_named(Checking *k, const Named *row, size_t n, bool must_be_there)
{
	for (; n-- > 0; row++) {
		const char *name = msg_get_string(k->body, row->field);
		if (row->required ||
		    (*name && (must_be_there || feature_named(k->description, row->role, name))))
			find_feature(k, row->role, name, row->field, row->types);
	}
}

static void
check_all_named(Checking *k, const Named *row, size_t n, Role role)
{
	for (size_t i = 0; i < msg_count(k->description, role_field[role]); i++) {
		const Msg *f = msg_at(k->description, role_field[role], i);
		bool found = false;
		for (size_t r = 0; r < n; r++)
			found |=
			    row[r].role == role && !strcmp(msg_get_string(k->body, row[r].field),
			                                   msg_get_string(f, "name"));
		if (!found)
			diag_error(k->diag, feature_place(k, k->place, role, f, i),
			           "no name in the body of %s is that of this %s", k->kind->type,
			           role_field[role]);
	}
}

/* ---- recommender ---- */

/* The ids of items must be different; how many there are, 0: there is no list. */
static size_t
check_ids(Checking *k, const char *field)
{
	const Msg *ids = msg_get(k->body, field);
	size_t n = msg_count(ids, "vector");
	bool texts = !strcmp(field, "itemStringIds");
	Map seen;

	map_init(&seen, k->arena);
	for (size_t i = 0; i < n; i++) {
		const char *s = texts ? msg_string_at(ids, "vector", i) : NULL;
		int64_t v = texts ? 0 : msg_int_at(ids, "vector", i);
		uint64_t key = texts ? hash_bytes(s, strlen(s), 0) : hash_bytes(&v, sizeof v, 0);
		if (map_get(&seen, key))
			diag_error(k->diag, k->place, "%s[%zu] stands there twice", field, i);
		map_put(&seen, key, k);
	}
	return n;
}

static uint64_t
largest_item(const Msg *body)
{
	uint64_t most = 0;

	for (size_t i = 0; i < msg_count(body, "itemItemSimilarities"); i++) {
		const Msg *item = msg_at(body, "itemItemSimilarities", i);
		most = MAX(most, (uint64_t)msg_get_int(item, "itemId"));
		for (size_t j = 0; j < msg_count(item, "similarItemList"); j++) {
			const Msg *other = msg_at(item, "similarItemList", j);
			most = MAX(most, (uint64_t)msg_get_int(other, "itemId"));
		}
	}
	return most;
}

void
rules_recommender(Checking *k)
{
	size_t ints = check_ids(k, "itemInt64Ids"), texts = check_ids(k, "itemStringIds");
	uint64_t most = largest_item(k->body);
	const Msg *d = k->description;

	if (ints && texts)
		diag_error(k->diag, k->place, "items have itemInt64Ids or itemStringIds, not both");
	if ((ints && ints <= most) || (!ints && texts && texts < most))
		diag_error(k->diag, k->place, "there are %zu ids, but an item has number %llu",
		           ints ? ints : texts, (unsigned long long)most);
	if (!*msg_get_string(k->body, recommender[0].field)) {
		if (msg_count(d, "input") != 1)
			diag_error(k->diag, k->place, "%s is empty, and the model has %zu inputs",
			           recommender[0].field, msg_count(d, "input"));
		else if (!(feature_type(msg_at(d, "input", 0)) & recommender[0].types))
			check_features(k, ROLE_INPUT, 0, recommender[0].types);
	}
	check_named(k, recommender, countof(recommender), true);
	if (!*msg_get_string(k->body, recommender[4].field) &&
	    !*msg_get_string(k->body, recommender[5].field))
		diag_error(k->diag, k->place, "the recommender names no output");
}

/* ---- suppression ---- */

static size_t
flexible_rank(const Msg *array)
{
	if (msg_has(array, "enumeratedShapes"))
		return msg_count(msg_at(msg_get(array, "enumeratedShapes"), "shapes", 0), "shape");
	return msg_count(msg_get(array, "shapeRange"), "sizeRanges");
}

static void
check_element_types(Checking *k, const Msg *const *array, size_t n)
{
	enum { FLOAT32 = 0x10020, DOUBLE = 0x10040 };
	int64_t first = msg_get_int(array[0], "dataType");

	for (size_t i = 1; i < n; i++)
		if (array[i] && msg_get_int(array[i], "dataType") != first) {
			diag_error(k->diag, k->place,
			           "confidences and coordinates have different element types");
			return;
		}
	if (first != DOUBLE && (first != FLOAT32 || k->version < IOS14))
		diag_error(k->diag, k->place, "confidences and coordinates are %s",
		           k->version < IOS14 ? "DOUBLE before specification version 5"
		                              : "FLOAT32 or DOUBLE");
}

/* The confidences say the shape of both outputs: boxes, and classes. */
static void
check_boxes(Checking *k, const Msg *confidence, const Msg *coordinates)
{
	const char *labels = msg_case(k->body, "int64ClassLabels");
	size_t classes = labels ? msg_count(msg_get(k->body, labels), "vector") : 0;
	size_t rank = msg_count(confidence, "shape"), flexible = flexible_rank(confidence);
	const Msg *range;

	if (!((!rank && !flexible) || (rank == 2 && !flexible) || (!rank && flexible == 2))) {
		diag_error(k->diag, k->place,
		           "confidences have two dimensions, by shape or as a range");
		return;
	}
	if (rank && msg_int_at(confidence, "shape", 0) != msg_int_at(coordinates, "shape", 0))
		diag_error(k->diag, k->place,
		           "there are %lld confidences, but %lld coordinates: expected as many",
		           (long long)msg_int_at(confidence, "shape", 0),
		           (long long)msg_int_at(coordinates, "shape", 0));
	if (flexible && !msg_has(confidence, "shapeRange"))
		diag_error(k->diag, k->place, "the number of boxes varies by ranges alone");
	range = msg_at(msg_get(confidence, "shapeRange"), "sizeRanges", 1);
	if (classes && ((rank && (int64_t)classes != msg_int_at(confidence, "shape", 1)) ||
	                (range && ((int64_t)classes < msg_get_int(range, "lowerBound") ||
	                           (msg_get_int(range, "upperBound") >= 0 &&
	                            (int64_t)classes > msg_get_int(range, "upperBound"))))))
		diag_error(k->diag, k->place,
		           "there are %zu class labels, which dimension 1 of the confidences does "
		           "not hold",
		           classes);
}

void
rules_suppression(Checking *k)
{
	static const int arrays[] = {0, 1, 4, 5};
	const Msg *array[countof(arrays)];
	bool there = true;

	check_all_named(k, suppression, countof(suppression), ROLE_INPUT);
	check_all_named(k, suppression, countof(suppression), ROLE_OUTPUT);
	check_named(k, suppression, countof(suppression), false);
	for (size_t i = 0; i < countof(arrays); i++) {
		const Named *row = &suppression[arrays[i]];
		const Msg *f =
		    feature_named(k->description, row->role, msg_get_string(k->body, row->field));
		array[i] = f ? feature_array(f) : NULL;
		there &= array[i] != NULL;
	}
	if (!there)
		return;
	check_element_types(k, array, countof(array));
	check_boxes(k, array[2], array[3]);
}
