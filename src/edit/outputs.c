/* outputs.c: values that become outputs, and outputs that go with what only they needed. */
#include "editing.h"

/* ---- networks ---- */

static Msg *
network_of(Editing *e)
{
	return e->m->kind == BODY_NETWORK
	           ? msg_mutable(msg_get(e->spec, msg_case(e->spec, "mlProgram")))
	           : NULL;
}

static bool
network_makes(const Msg *network, const char *name)
{
	for (size_t i = 0; i < msg_count(network, "layers"); i++) {
		const Msg *l = msg_at(network, "layers", i);
		for (size_t k = 0; k < msg_count(l, "output"); k++)
			if (!strcmp(msg_string_at(l, "output", k), name))
				return true;
	}
	return false;
}

/* The shapes of blobs are not written anywhere. */
static bool
tap_network(Editing *e, const Msg *network, const char *name)
{
	Msg *feature;

	if (!network_makes(network, name))
		return diag_error(e->diag, e->place, "no layer of the network makes '%s'", name);
	feature = msg_sub(e->description, "output");
	msg_string(feature, "name", name);
	msg_int(msg_sub(msg_sub(feature, "type"), "multiArrayType"), "dataType",
	        array_code(DT_FP32, IOS13));
	return true;
}

/* What a layer takes, and the networks inside of it. */
static void
need_inputs(Editing *e, const Msg *layer, Map *needed)
{
	static const struct {
		const char *layer, *network;
	} nested[] = {{"branch", "ifBranch"},
	              {"branch", "elseBranch"},
	              {"loop", "conditionNetwork"},
	              {"loop", "bodyNetwork"}};

	for (size_t k = 0; k < msg_count(layer, "input"); k++)
		map_put(needed, KEY(intern_cstr(e->c->names, msg_string_at(layer, "input", k))),
		        needed);
	for (size_t n = 0; n < countof(nested); n++) {
		const Msg *inside = msg_get(msg_get(layer, nested[n].layer), nested[n].network);
		for (size_t k = 0; k < msg_count(inside, "layers"); k++)
			need_inputs(e, msg_at(inside, "layers", k), needed);
	}
}

/* Layers that the outputs need, and those with networks inside. */
static bool *
live_layers(Editing *e, const Msg *network, const Words *outputs)
{
	size_t n = msg_count(network, "layers");
	bool *live = newn(e->arena, bool, n + 1);
	Map needed;

	map_init(&needed, e->arena);
	for (uint32_t i = 0; i < outputs->n; i++)
		map_put(&needed, KEY(intern_cstr(e->c->names, outputs->at[i])), &needed);
	for (size_t i = n; i-- > 0;) {
		const Msg *l = msg_at(network, "layers", i);
		live[i] = msg_count(l, "output") == 0;
		for (size_t k = 0; k < msg_count(l, "output"); k++) {
			const char *name = msg_string_at(l, "output", k);
			live[i] |= map_get(&needed, KEY(intern_cstr(e->c->names, name))) != NULL;
		}
		if (!live[i])
			continue;
		need_inputs(e, l, &needed);
	}
	return live;
}

static Words
names_of(Editing *e, const Msg *m, const char *list, const char *without)
{
	Words w = {0};

	for (size_t i = 0; i < msg_count(m, list); i++) {
		const char *name = !strcmp(list, "outputs")
		                       ? msg_string_at(m, list, i)
		                       : msg_get_string(msg_at(m, list, i), "name");
		if (strcmp(name, without) != 0)
			vec_push(e->arena, &w, name);
	}
	return w;
}

static void
drop_layers(Editing *e, Msg *network, const char *output)
{
	const char *probs =
	    e->spec && !strcmp(msg_case(e->spec, "mlProgram"), "neuralNetworkClassifier")
	        ? msg_get_string(network, "labelProbabilityLayerName")
	        : "";
	Words before = names_of(e, e->description, "output", ""), after;
	bool *was, *is;

	after = names_of(e, e->description, "output", output);
	vec_push(e->arena, &before, probs);
	vec_push(e->arena, &after, probs);
	was = live_layers(e, network, &before);
	is = live_layers(e, network, &after);
	for (size_t i = msg_count(network, "layers"); i-- > 0;)
		if (was[i] && !is[i])
			msg_remove(network, "layers", i);
}

/* ---- programs ---- */

bool
edit_tap(Editing *e, const char *value)
{
	const Msg *network = network_of(e);
	const Made *v;
	Function f;

	if (feature_index(e->description, "output", value) >= 0)
		return diag_error(e->diag, e->place, "--tap: '%s' is an output already", value);
	if (network)
		return tap_network(e, network, value);
	if (!function_find(e, &f, "--tap"))
		return false;
	v = function_value(&f, value);
	if (v && v->op < 0)
		return diag_error(e->diag, e->place, "--tap: '%s' is an input, not computed",
		                  value);
	return is_computed(&f, value, "--tap") && add_output(&f, value);
}

static bool
no_output(Editing *e, const Msg *face, const char *name)
{
	return diag_error(e->diag, e->place, "--drop-output: the model has no output '%s'%s", name,
	                  feature_near(e, face, "output", name));
}

static bool
drop_from_program(Editing *e, const char *output)
{
	Words before, after;
	bool *was, *is;
	Function f;

	if (!function_find(e, &f, "--drop-output"))
		return false;
	before = names_of(e, f.block, "outputs", "");
	after = names_of(e, f.block, "outputs", output);
	if (before.n == after.n)
		return no_output(e, f.face, output);
	if (!after.n)
		return diag_error(e->diag, e->place,
		                  "--drop-output: '%s' is the only output, which a model needs",
		                  output);
	was = live_operations(&f, &before, NULL, true);
	is = live_operations(&f, &after, NULL, true);
	for (size_t i = 0; i < msg_count(f.block, "operations"); i++)
		is[i] |= !was[i]; /* what nothing needed before is not this edit's */
	remove_operations(&f, is);
	for (size_t i = msg_count(f.block, "outputs"); i-- > 0;)
		if (!strcmp(msg_string_at(f.block, "outputs", i), output))
			msg_remove(f.block, "outputs", i);
	feature_drop(f.face, "output", output);
	return true;
}

bool
edit_drop(Editing *e, const char *output)
{
	Msg *network = network_of(e);

	if (e->m->kind == BODY_PROGRAM)
		return drop_from_program(e, output);
	if (feature_index(e->description, "output", output) < 0)
		return no_output(e, e->description, output);
	if (msg_count(e->description, "output") < 2)
		return diag_error(e->diag, e->place,
		                  "--drop-output: '%s' is the only output, which a model needs",
		                  output);
	if (network)
		drop_layers(e, network, output);
	feature_drop(e->description, "output", output);
	return true;
}
