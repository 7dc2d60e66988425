/* rename.c: one name for another, wherever it stands: in descriptions, in functions and the blocks
 * nested in them, in layers and the networks inside of them, in the models of pipelines, in fields
 * that name features.
 */
#include "editing.h"

typedef struct Rename {
	Editing *e;
	const char *from, *to;
	unsigned found; /* places */
	bool taken;     /* the new name is something else's */
} Rename;

static void rename_model(Rename *r, Msg *spec);

static void
rename_string(Rename *r, Msg *m, const char *field, size_t i)
{
	const char *name = msg_string_at(m, field, i);

	r->taken |= !strcmp(name, r->to);
	if (strcmp(name, r->from) != 0)
		return;
	r->found++;
	name_set(m, field, i, r->to);
}

static void
rename_name(void *ctx, Msg *m, const char *field, size_t i)
{
	rename_string(ctx, m, field, i);
}

static void
rename_all(Rename *r, Msg *m, const char *list, const char *field)
{
	for (size_t i = 0; i < msg_count(m, list); i++)
		rename_string(r, msg_mutable(msg_at(m, list, i)), field, 0);
}

static void
rename_face(Rename *r, Msg *face)
{
	static const char *const lists[] = {"input", "output", "state"};

	for (size_t k = 0; k < countof(lists); k++)
		rename_all(r, face, lists[k], "name");
	rename_string(r, face, "predictedFeatureName", 0);
	rename_string(r, face, "predictedProbabilitiesName", 0);
}

/* ---- networks ---- */

static void
rename_layers(Rename *r, const Msg *network)
{
	static const char *const lists[] = {"input", "output"};

	for (size_t i = 0; i < msg_count(network, "layers"); i++) {
		Msg *l = msg_mutable(msg_at(network, "layers", i));
		const Msg *branch = msg_get(l, "branch"), *loop = msg_get(l, "loop");
		for (size_t k = 0; k < countof(lists); k++)
			for (size_t n = 0; n < msg_count(l, lists[k]); n++)
				rename_string(r, l, lists[k], n);
		rename_layers(r, msg_get(branch, "ifBranch"));
		rename_layers(r, msg_get(branch, "elseBranch"));
		rename_layers(r, msg_get(loop, "conditionNetwork"));
		rename_layers(r, msg_get(loop, "bodyNetwork"));
		if (loop)
			rename_string(r, msg_mutable(loop), "conditionVar", 0);
	}
}

static void
rename_losses(Rename *r, const Msg *network)
{
	const Msg *update = msg_get(network, "updateParams");

	for (size_t i = 0; i < msg_count(update, "lossLayers"); i++) {
		const Msg *loss = msg_at(update, "lossLayers", i);
		const char *type = msg_case(loss, "meanSquaredErrorLossLayer");
		if (!type)
			continue;
		rename_string(r, msg_mutable(msg_get(loss, type)), "input", 0);
		rename_string(r, msg_mutable(msg_get(loss, type)), "target", 0);
	}
}

static void
rename_network(Rename *r, Msg *network)
{
	rename_layers(r, network);
	rename_all(r, network, "preprocessing", "featureName");
	rename_losses(r, network);
	if (protobuf_c_message_descriptor_get_field_by_name(network->descriptor,
	                                                    "labelProbabilityLayerName"))
		rename_string(r, network, "labelProbabilityLayerName", 0);
}

/* ---- other kinds ---- */

static void
rename_pipeline(Rename *r, const Msg *pipeline)
{
	for (size_t i = 0; i < msg_count(pipeline, "models"); i++)
		rename_model(r, msg_mutable(msg_at(pipeline, "models", i)));
}

/* Fields that name features are called so. */
static void
rename_fields(Rename *r, Msg *body)
{
	for (unsigned i = 0; i < body->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &body->descriptor->fields[i];
		if (f->type == PROTOBUF_C_TYPE_STRING && msg_has(body, f->name) &&
		    ends_with(f->name, strlen(f->name), "FeatureName"))
			rename_string(r, body, f->name, 0);
		if (!strcmp(f->name, "inputList"))
			rename_all(r, body, f->name, "inputColumn");
	}
}

static void
rename_program(Rename *r, const Msg *program)
{
	for (size_t i = 0; i < msg_count(program, "functions"); i++) {
		const Msg *f = msg_get(msg_at(program, "functions", i), "value");
		if (f)
			each_name(msg_mutable(f), rename_name, r);
	}
}

static void
rename_body(Rename *r, Msg *spec)
{
	const char *type = msg_case(spec, "mlProgram");
	Msg *body = type ? msg_mutable(msg_get(spec, type)) : NULL;

	if (!body)
		return;
	if (!strcmp(type, "mlProgram"))
		rename_program(r, body);
	else if (!strncmp(type, "neuralNetwork", 13))
		rename_network(r, body);
	else if (!strncmp(type, "pipeline", 8))
		rename_pipeline(r, strcmp(type, "pipeline") ? msg_get(body, "pipeline") : body);
	else
		rename_fields(r, body);
}

static void
rename_model(Rename *r, Msg *spec)
{
	Msg *d = msg_mutable(msg_get(spec, "description"));

	if (d) {
		rename_face(r, d);
		rename_all(r, d, "trainingInput", "name");
		for (size_t i = 0; i < msg_count(d, "functions"); i++)
			rename_face(r, msg_mutable(msg_at(d, "functions", i)));
	}
	rename_body(r, spec);
}

static bool
is_identifier(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	return *s && strchr(letters, *s) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789@") ==
	           strlen(s);
}

/* "; did you mean 'y'?" */
static const char *
near_name(Editing *e, const char *name)
{
	Function f;
	const char *near = e->m->kind == BODY_PROGRAM && function_find(e, &f, "--rename")
	                       ? value_near(&f, name)
	                       : "";

	if (!*near)
		near = feature_near(e, e->description, "input", name);
	return *near ? near : feature_near(e, e->description, "output", name);
}

bool
edit_rename(Editing *e, const char *pair)
{
	const char *eq = strchr(pair, '=');
	Rename r = {.e = e};

	r.from = arena_printf(e->arena, "%.*s", (int)(eq - pair), pair);
	r.to = eq + 1;
	if (!strcmp(r.from, r.to))
		return true;
	if (e->m->kind == BODY_PROGRAM && !is_identifier(r.to))
		return diag_error(e->diag, e->place,
		                  "--rename: '%s' is no name in an ML Program: expected letters, "
		                  "digits, '_' and '@', no digit in front",
		                  r.to);
	rename_model(&r, e->spec);
	if (!r.found)
		return diag_error(e->diag, e->place,
		                  "--rename: nothing in the model is named '%s'%s", r.from,
		                  near_name(e, r.from));
	if (r.taken)
		return diag_error(e->diag, e->place, "--rename: the model has a '%s' already",
		                  r.to);
	return true;
}
