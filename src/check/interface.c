/* interface.c: the lists of features of a model and of its functions: names, numbers, what is
 * optional, what a classifier or a regressor gives.
 */
#include "checking.h"

const Msg *
feature_named(const Msg *face, Role role, const char *name)
{
	for (size_t i = 0; i < msg_count(face, role_field[role]); i++) {
		const Msg *f = msg_at(face, role_field[role], i);
		if (!strcmp(msg_get_string(f, "name"), name))
			return f;
	}
	return NULL;
}

/* ---- lists ---- */

static void
check_names(Checking *k, const Msg *face, Role role, Span place)
{
	Map seen;

	map_init(&seen, k->arena);
	for (size_t i = 0; i < msg_count(face, role_field[role]); i++) {
		const Msg *f = msg_at(face, role_field[role], i);
		const Str *name = intern_cstr(k->c->names, msg_get_string(f, "name"));
		Span at = feature_place(k, place, role, f, i);
		if (name->len && map_get(&seen, KEY(name)) && role == ROLE_OUTPUT)
			diag_warning(k->diag, at, "the same output is listed twice");
		else if (name->len && map_get(&seen, KEY(name)))
			diag_error(k->diag, at, "two %ss have this name", role_field[role]);
		map_put(&seen, KEY(name), k);
	}
}

static void
check_lists(Checking *k, const Msg *face, Span place)
{
	size_t nin = msg_count(face, "input");

	if (!nin && !(k->kind->flags & EMPTY_INPUT))
		diag_error(k->diag, place, "there are no inputs, and %s needs one", k->kind->type);
	else if (!nin && k->version < IOS18)
		diag_error(k->diag, place,
		           "there are no inputs, which needs specification version %d, but this is "
		           "version %d",
		           IOS18, k->version);
	if (!msg_count(face, "output"))
		diag_error(k->diag, place, "there are no outputs");
	for (int role = 0; role < ROLE_COUNT; role++) {
		for (size_t i = 0; i < msg_count(face, role_field[role]); i++) {
			const Msg *f = msg_at(face, role_field[role], i);
			check_feature(k, f, (Role)role, feature_place(k, place, (Role)role, f, i));
		}
		check_names(k, face, (Role)role, place);
	}
}

void
check_features(Checking *k, Role role, size_t most, unsigned types)
{
	size_t n = msg_count(k->description, role_field[role]);

	if (most && n > most)
		diag_error(k->diag, k->place, "there are %zu %ss, but %s has at most %zu", n,
		           role_field[role], k->kind->type, most);
	for (size_t i = 0; i < n; i++) {
		const Msg *f = msg_at(k->description, role_field[role], i);
		unsigned type = feature_type(f);
		if (type && !(type & types))
			diag_error(k->diag, feature_place(k, k->place, role, f, i),
			           "it is %s, but the %ss of %s are %s", types_text(k->arena, type),
			           role_field[role], k->kind->type, types_text(k->arena, types));
	}
}

const Msg *
find_feature(Checking *k, Role role, const char *name, const char *why, unsigned types)
{
	const Msg *f = feature_named(k->description, role, name);

	if (!f)
		diag_error(k->diag, k->place, "%s names '%s', which is no %s of the model", why,
		           name, role_field[role]);
	else if (!(feature_type(f) & types))
		diag_error(k->diag, feature_place(k, k->place, role, f, 0),
		           "it is %s, but what %s names is %s",
		           types_text(k->arena, feature_type(f)), why, types_text(k->arena, types));
	return f;
}

/* ---- what is optional ---- */

static void
check_optional(Checking *k)
{
	size_t n = msg_count(k->description, "input"), noptional = 0;
	unsigned flags = k->kind->flags;

	for (size_t i = 0; i < n; i++) {
		const Msg *f = msg_at(k->description, "input", i), *type = msg_get(f, "type");
		const Msg *array = msg_get(type, "multiArrayType");
		Span at = feature_place(k, k->place, ROLE_INPUT, f, i);
		if (!msg_get_int(type, "isOptional") || feature_type(f) == T_STATE)
			continue;
		noptional++;
		if (!(flags & (OPTIONAL | NOT_ALL)))
			diag_error(k->diag, at, "the inputs of %s cannot be optional",
			           k->kind->type);
		if (!array || !msg_case(array, "intDefaultValue"))
			continue;
		if (!(flags & DEFAULTS))
			diag_error(k->diag, at, "the inputs of %s cannot have default values",
			           k->kind->type);
		else if (k->version < IOS14)
			diag_error(k->diag, at,
			           "a default value needs specification version %d, but this is "
			           "version %d",
			           IOS14, k->version);
	}
	if (flags & NOT_ALL && n && noptional == n)
		diag_error(k->diag, k->place, "all inputs are optional: one must not be");
}

/* ---- classifiers and regressors ---- */

static void
check_labels(Checking *k, unsigned *label)
{
	const char *set = msg_case(k->body, "int64ClassLabels");
	const char *fallback = NULL;

	if (k->kind->flags & NO_LABELS)
		fallback = msg_case(k->body, "defaultInt64Label");
	*label = (set && !strcmp(set, "int64ClassLabels")) ||
	                 (!set && fallback && !strcmp(fallback, "defaultInt64Label"))
	             ? T_INT64
	             : T_STRING;
	if (k->kind->flags & NO_LABELS)
		return;
	if (!set)
		diag_error(k->diag, k->place, "a classifier without class labels");
	else if (!msg_count(msg_get(k->body, set), "vector"))
		diag_error(k->diag, k->place, "its %s are empty", set);
}

static void
check_predictions(Checking *k)
{
	static const char feature[] = "predictedFeatureName",
	                  probabilities[] = "predictedProbabilitiesName";
	const char *name = msg_get_string(k->description, feature);
	const char *probs = msg_get_string(k->description, probabilities);
	unsigned label = T_DOUBLE | T_ARRAY;

	if (k->kind->flags & CLASSIFIER)
		check_labels(k, &label);
	if (!*name)
		diag_error(k->diag, k->place, "%s needs a %s in its description", k->kind->type,
		           feature);
	else
		find_feature(k, ROLE_OUTPUT, name, feature, label);
	if (*probs && k->kind->flags & CLASSIFIER)
		find_feature(k, ROLE_OUTPUT, probs, probabilities, T_ARRAY | T_DICT);
}

/* ---- several functions ---- */

static void
check_functions(Checking *k)
{
	static const char *const top[] = {
	    "input",        "output", "state", "predictedFeatureName", "predictedProbabilitiesName",
	    "trainingInput"};
	const Msg *d = k->description;
	const char *first = msg_get_string(d, "defaultFunctionName");
	bool found = false;

	for (size_t i = 0; i < countof(top); i++)
		if (msg_count(d, top[i]) && (msg_repeated(d, top[i]) || *msg_get_string(d, top[i])))
			diag_error(k->diag, k->place,
			           "the description has functions, and beside them has %s", top[i]);
	if (!(k->kind->flags & FUNCTIONS))
		diag_error(k->diag, k->place, "%s cannot have functions", k->kind->type);
	if (k->version < IOS18)
		diag_error(k->diag, k->place,
		           "functions need specification version %d, but this is version %d", IOS18,
		           k->version);
	for (size_t i = 0; i < msg_count(d, "functions"); i++) {
		const Msg *f = msg_at(d, "functions", i);
		const char *name = msg_get_string(f, "name");
		check_lists(k, f, diag_object(k->diag, k->place, "function", name));
		found |= !strcmp(name, first);
	}
	if (!found)
		diag_error(k->diag, k->place,
		           "the default function is '%s', which is none of those described", first);
}

void
check_interface(Checking *k)
{
	const Msg *d = k->description;

	if (msg_count(d, "functions") || *msg_get_string(d, "defaultFunctionName")) {
		check_functions(k);
		return;
	}
	check_lists(k, d, k->place);
	check_optional(k);
	if (k->body && k->kind->flags & (CLASSIFIER | REGRESSOR))
		check_predictions(k);
	check_features(k, ROLE_INPUT, k->kind->nin, k->kind->in);
	check_features(k, ROLE_OUTPUT, k->kind->nout, k->kind->out);
}
