/* pipeline.c: models in a row: each of them, and how what one gives is what another takes. */
#include "checking.h"

#include "form/read.h"

/* What is known by name so far; later ones of the same name take its place. */
static void
offer(Checking *k, Map *known, const Msg *description, const char *list)
{
	for (size_t i = 0; i < msg_count(description, list); i++) {
		const Msg *f = msg_at(description, list, i);
		const Str *name = intern_cstr(k->c->names, msg_get_string(f, "name"));
		map_put(known, KEY(name), (Msg *)(uintptr_t)f);
	}
}

static void
demand(Checking *k, const Map *known, const Msg *description, Role role, Span place)
{
	for (size_t i = 0; i < msg_count(description, role_field[role]); i++) {
		const Msg *f = msg_at(description, role_field[role], i);
		const Str *name = intern_cstr(k->c->names, msg_get_string(f, "name"));
		const Msg *from = map_get(known, KEY(name));
		Span at = feature_place(k, place, role, f, i);
		if (!from)
			diag_error(k->diag, at,
			           "neither an input of the pipeline nor an output of a model "
			           "before it has this name");
		else if (!features_alike(f, from))
			diag_error(k->diag, at, "it is %s, but gets %s", feature_text(k, f),
			           feature_text(k, from));
	}
}

static void
check_part_names(Checking *k, const Msg *pipeline)
{
	size_t n = msg_count(pipeline, "names"), models = msg_count(pipeline, "models");
	Map seen;

	map_init(&seen, k->arena);
	if (n && n != models)
		diag_error(k->diag, k->place, "there are %zu models, but %zu names for them",
		           models, n);
	for (size_t i = 0; i < n; i++) {
		const Str *name = intern_cstr(k->c->names, msg_string_at(pipeline, "names", i));
		if (map_get(&seen, KEY(name)))
			diag_error(k->diag, k->place, "two models have the name '%s'", name->s);
		map_put(&seen, KEY(name), k);
	}
}

/* Only the last model of an updatable pipeline is updatable, and it has to be. */
static void
check_part_update(Checking *k, const Msg *part, bool last, Span place)
{
	bool whole = msg_get_int(k->m->spec, "isUpdatable"),
	     updatable = msg_get_int(part, "isUpdatable");

	if (whole && last && !updatable)
		diag_error(k->diag, place,
		           "the pipeline is updatable, so its last model must be, too");
	if (updatable && !(whole && last))
		diag_error(k->diag, place,
		           "only the last model of an updatable pipeline can be updatable");
}

void
rules_pipeline(Checking *k)
{
	const Msg *pipeline = pipeline_of(k->m);
	size_t n = msg_count(pipeline, "models");
	Map known;

	map_init(&known, k->arena);
	offer(k, &known, k->description, role_field[ROLE_INPUT]);
	if (!n)
		diag_error(k->diag, k->place, "the pipeline has no models");
	for (size_t i = 0; i < n; i++) {
		const Msg *part = msg_at(pipeline, "models", i);
		const Msg *description = msg_get(part, "description");
		const char *name = msg_string_at(pipeline, "names", i);
		Span place = diag_object(k->diag, k->place, "model",
		                         *name ? name : arena_printf(k->arena, "model%zu", i));
		demand(k, &known, description, ROLE_INPUT, place);
		check_part(k, part, place);
		check_part_update(k, part, i + 1 == n, place);
		offer(k, &known, description, role_field[ROLE_OUTPUT]);
	}
	demand(k, &known, k->description, ROLE_OUTPUT, k->place);
	check_part_names(k, pipeline);
}
