/* prints.c: models whose body is Apple's or the user's own: prints of images and sounds, taggers,
 * custom models, and the small ones that go with classifiers.
 */
#include "checking.h"

#include <math.h>

/* Tables say it all. */
void
rules_nothing(Checking *k)
{
	(void)k;
}

void
rules_vision(Checking *k)
{
	const Msg *objects = msg_get(k->body, "objects");
	size_t n = msg_count(objects, "output");

	check_features(k, ROLE_OUTPUT, objects ? 2 : 1, T_ARRAY);
	if (!objects)
		return;
	if (n != 2)
		diag_error(k->diag, k->place, "'objects' names %zu outputs, expected 2", n);
	for (size_t i = 0; i < msg_count(k->description, "output"); i++) {
		const Msg *f = msg_at(k->description, "output", i);
		bool found = false;
		for (size_t j = 0; j < n; j++)
			found |=
			    !strcmp(msg_string_at(objects, "output", j), msg_get_string(f, "name"));
		if (!found)
			diag_error(k->diag, feature_place(k, k->place, ROLE_OUTPUT, f, i),
			           "'objects' does not name this output");
	}
}

void
rules_audio(Checking *k)
{
	if (msg_get_int(msg_get(k->body, "sound"), "version") == 1)
		check_features(k, ROLE_OUTPUT, 1, T_ARRAY);
}

static void
check_fp32(Checking *k, Role role, const int64_t *shape, size_t rank)
{
	const Msg *f = msg_at(k->description, role_field[role], 0), *array = feature_array(f);

	if (msg_get_int(array, "dataType") != 0x10020 || msg_count(array, "shape") != rank ||
	    memcmp(msg_array(array, "shape"), shape, rank * sizeof *shape) != 0)
		diag_error(k->diag, feature_place(k, k->place, role, f, 0),
		           "expected FLOAT32 of shape %s",
		           shape_str(k->c->types, shape, (uint32_t)rank));
}

/* One second of sound at 16 kHz becomes a spectrogram. */
void
rules_sound(Checking *k)
{
	static const int64_t in[] = {15600}, out[] = {1, 96, 64};

	if (!msg_has(k->body, "vggish"))
		return;
	check_fp32(k, ROLE_INPUT, in, countof(in));
	check_fp32(k, ROLE_OUTPUT, out, countof(out));
}

/* ---- word tagger ---- */

static const struct {
	const char *field, *elements;
} tags[] = {
    {"tokensOutputFeatureName", "stringType"},
    {"tokenTagsOutputFeatureName", "stringType"},
    {"tokenLocationsOutputFeatureName", "int64Type"},
    {"tokenLengthsOutputFeatureName", "int64Type"},
};

void
rules_tagger(Checking *k)
{
	const char *required = msg_get_string(k->body, tags[1].field);
	size_t named = 0, n = msg_count(k->description, "output");

	for (size_t t = 0; t < countof(tags); t++)
		named += *msg_get_string(k->body, tags[t].field) != 0;
	if (named != n)
		diag_error(k->diag, k->place, "the tagger names %zu outputs, but the model has %zu",
		           named, n);
	if (!feature_named(k->description, ROLE_OUTPUT, required))
		diag_error(k->diag, k->place, "%s is '%s', which is no output of the model",
		           tags[1].field, required);
	for (size_t i = 0; i < n; i++) {
		const Msg *f = msg_at(k->description, "output", i);
		const Msg *sequence = msg_get(msg_get(f, "type"), "sequenceType");
		Span at = feature_place(k, k->place, ROLE_OUTPUT, f, i);
		size_t t = 0;
		while (t < countof(tags) && strcmp(msg_get_string(k->body, tags[t].field),
		                                   msg_get_string(f, "name")) != 0)
			t++;
		if (t == countof(tags))
			diag_error(k->diag, at, "the tagger does not name this output");
		else if (sequence && !msg_has(sequence, tags[t].elements))
			diag_error(k->diag, at, "what %s names is a sequence of %s", tags[t].field,
			           tags[t].elements);
	}
}

/* ---- others ---- */

void
rules_custom(Checking *k)
{
	for (size_t i = 0; i < msg_count(k->body, "parameters"); i++) {
		const Msg *e = msg_at(k->body, "parameters", i), *v = msg_get(e, "value");
		const char *key = msg_get_string(e, "key");
		if (!*key)
			diag_error(k->diag, k->place,
			           "a parameter of the custom model has no name");
		if (!v || !msg_case(v, "doubleValue"))
			diag_error(k->diag, k->place,
			           "parameter '%s' of the custom model has no value", key);
	}
}

static void
check_curve(Checking *k, const Msg *curve, const char *values, const char *thresholds)
{
	const char *const field[] = {values, thresholds};
	size_t n = msg_count(msg_get(curve, values), "vector");

	if (!n || n != msg_count(msg_get(curve, thresholds), "vector"))
		diag_error(k->diag, k->place, "there are %zu %s and %zu %s, expected as many", n,
		           values, msg_count(msg_get(curve, thresholds), "vector"), thresholds);
	for (size_t f = 0; f < countof(field); f++) {
		const Msg *v = msg_get(curve, field[f]);
		for (size_t i = 0; i < msg_count(v, "vector"); i++) {
			double x = msg_float_at(v, "vector", i);
			if (!(x >= 0 && !isinf(x)))
				diag_error(k->diag, k->place, "%s[%zu] is %g, expected 0 or more",
				           field[f], i, x);
		}
	}
}

void
rules_curves(Checking *k)
{
	for (size_t i = 0; i < msg_count(k->body, "precisionRecallCurves"); i++) {
		const Msg *curve = msg_at(k->body, "precisionRecallCurves", i);
		check_curve(k, curve, "precisionValues", "precisionConfidenceThresholds");
		check_curve(k, curve, "recallValues", "recallConfidenceThresholds");
	}
}

void
rules_probit(Checking *k)
{
	for (size_t i = 0; i < msg_count(k->description, "input"); i++) {
		const Msg *f = msg_at(k->description, "input", i), *array = feature_array(f);
		size_t rank = msg_count(array, "shape");
		if (feature_type(f) != T_ARRAY || msg_get_int(array, "dataType") != 0x20020 ||
		    rank < 1 || rank > 2)
			diag_error(k->diag, feature_place(k, k->place, ROLE_INPUT, f, i),
			           "expected an array of INT32 of rank 1 or 2");
	}
}
