/* network.c: NeuralNetworks as graphs: that each layer takes what came before it, ranks agree, and
 * the outputs are made; how arrays go in. What a single layer must hold is in layer.h.
 *
 * Names of blobs have scopes, as blocks have: what both branches make is there behind a branch, and
 * what a loop without a condition makes behind the loop.
 */
#include "layer.h"

typedef struct Blob {
	bool input;
	unsigned makers; /* layers that give it */
	int64_t rank;    /* -1: not said yet */
} Blob;

typedef struct Scope {
	const struct Scope *outer;
	Map blobs; /* Str -> Blob */
	VEC(const Str *) names;
} Scope;

typedef struct Net {
	Checking *k;
	bool any_rank; /* tensors are no longer of rank 5 throughout */
	unsigned loops;
} Net;

static void check_layers(Net *n, Scope *s, const Msg *network, Span place);

/* ---- scopes ---- */

static void
scope_init(Net *n, Scope *s, const Scope *outer)
{
	*s = (Scope){.outer = outer};
	map_init(&s->blobs, n->k->arena);
}

static const Str *
name_of(const Net *n, const char *s)
{
	return intern_cstr(n->k->c->names, s);
}

static Blob *
known(const Scope *s, const Str *name)
{
	Blob *b = NULL;

	for (; s && !b; s = s->outer)
		b = map_get(&s->blobs, KEY(name));
	return b;
}

/* It can be taken: outputs of the model are known before they are made. */
static bool
is_there(const Blob *b)
{
	return b && (b->input || b->makers);
}

/* The blob in this very scope. */
static Blob *
own(Net *n, Scope *s, const Str *name)
{
	Blob *old = known(s, name), *b = map_get(&s->blobs, KEY(name));

	if (b)
		return b;
	b = new (n->k->arena, Blob);
	*b = old ? *old : (Blob){.rank = -1};
	map_put(&s->blobs, KEY(name), b);
	vec_push(n->k->arena, &s->names, name);
	return b;
}

static unsigned
makers_of(const Scope *s, const Str *name)
{
	const Blob *b = known(s, name);

	return b ? b->makers : 0;
}

/* What `from` made is known behind it, too; with `also` only what both know. */
static void
merge(Net *n, Scope *s, const Scope *from, const Scope *also)
{
	for (uint32_t i = 0; i < from->names.n; i++) {
		const Str *name = from->names.at[i];
		if ((!also || is_there(known(also, name))) &&
		    makers_of(from, name) > makers_of(s, name))
			own(n, s, name)->makers++;
	}
}

/* ---- ranks ---- */

static void
check_tensors(Net *n, Scope *s, const Msg *layer, const char *names, const char *tensors, Span at)
{
	size_t count = msg_count(layer, tensors);

	if (!n->any_rank || !count)
		return;
	if (count != msg_count(layer, names)) {
		diag_error(n->k->diag, at, "%s has %zu entries, but %s has %zu", tensors, count,
		           names, msg_count(layer, names));
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const Msg *t = msg_at(layer, tensors, i);
		const Str *name = name_of(n, msg_string_at(layer, names, i));
		long long rank = msg_get_int(t, "rank");
		Blob *b = known(s, name);
		if (msg_count(t, "dimValue") && (size_t)rank != msg_count(t, "dimValue"))
			diag_error(n->k->diag, at, "'%s' has rank %lld, but %zu dimensions",
			           name->s, rank, msg_count(t, "dimValue"));
		if (b && b->rank >= 0 && b->rank != rank)
			diag_error(n->k->diag, at, "'%s' has rank %lld here, but %lld elsewhere",
			           name->s, rank, (long long)b->rank);
		else
			own(n, s, name)->rank = rank;
	}
}

static const int64_t *
ranks_of(Net *n, const Scope *s, const Msg *layer, const char *names)
{
	size_t count = msg_count(layer, names);
	int64_t *rank = newn(n->k->arena, int64_t, count + 1);

	for (size_t i = 0; i < count; i++) {
		const Blob *b = known(s, name_of(n, msg_string_at(layer, names, i)));
		rank[i] = b ? b->rank : -1;
	}
	return rank;
}

/* ---- control flow ---- */

static void
check_branch(Net *n, Scope *s, const Msg *layer, Span at)
{
	const Msg *branch = msg_get(layer, "branch");
	const Msg *no = msg_get(branch, "elseBranch");
	Scope one, other;

	scope_init(n, &one, s);
	scope_init(n, &other, s);
	check_layers(n, &one, msg_get(branch, "ifBranch"), at);
	if (!msg_count(no, "layers"))
		return;
	check_layers(n, &other, no, at);
	merge(n, s, &one, &other);
}

static void
check_loop(Net *n, Scope *s, const Msg *layer, Span at)
{
	const Msg *loop = msg_get(layer, "loop"), *test = msg_get(loop, "conditionNetwork");
	const char *var = msg_get_string(loop, "conditionVar");
	bool tested = msg_count(test, "layers") > 0;
	Scope condition, body;

	scope_init(n, &condition, s);
	scope_init(n, &body, s);
	if (tested != (*var != 0))
		diag_error(n->k->diag, at,
		           "a loop has a conditionNetwork and a conditionVar, or neither");
	if (!tested && !msg_get_int(loop, "maxLoopIterations") && !msg_count(layer, "input"))
		diag_error(n->k->diag, at,
		           "a loop needs an input, a conditionNetwork or maxLoopIterations");
	if (tested) {
		check_layers(n, &condition, test, at);
		if (*var && makers_of(&condition, name_of(n, var)) <= makers_of(s, name_of(n, var)))
			diag_error(n->k->diag, at,
			           "the conditionNetwork does not make the conditionVar '%s'", var);
		merge(n, s, &condition, NULL);
	}
	n->loops++;
	check_layers(n, &body, msg_get(loop, "bodyNetwork"), at);
	n->loops--;
	if (!tested)
		merge(n, s, &body, NULL);
}

/* ---- layers ---- */

static void
check_flow(Net *n, Scope *s, const Msg *layer, const char *type, Span at)
{
	if (!strcmp(type, "branch"))
		check_branch(n, s, layer, at);
	else if (!strcmp(type, "loop"))
		check_loop(n, s, layer, at);
	else if (!n->loops && (!strcmp(type, "loopBreak") || !strcmp(type, "loopContinue")))
		diag_error(n->k->diag, at, "%s stands outside of a loop", type);
}

static void
check_wires(Net *n, Scope *s, const Msg *layer, const char *type, Span at)
{
	bool again = !strcmp(type, "copy");

	for (size_t i = 0; i < msg_count(layer, "input"); i++)
		if (!is_there(known(s, name_of(n, msg_string_at(layer, "input", i)))))
			diag_error(n->k->diag, at, "its input '%s' is made by no layer before it",
			           msg_string_at(layer, "input", i));
	check_flow(n, s, layer, type, at);
	for (size_t i = 0; i < msg_count(layer, "output"); i++) {
		const Str *name = name_of(n, msg_string_at(layer, "output", i));
		if (is_there(known(s, name)) && !again)
			diag_error(n->k->diag, at,
			           "its output '%s' is there already: only a copy layer may give "
			           "a blob another value",
			           name->s);
		own(n, s, name)->makers++;
	}
}

/* In the order of the validator: ranks, the layer alone, its place among the others. */
static void
check_one(Net *n, Scope *s, const Msg *layer, Span at)
{
	const char *type = msg_case(layer, "convolution");

	if (!type) {
		diag_error(n->k->diag, at, "the layer is of no kind");
		return;
	}
	check_tensors(n, s, layer, "input", "inputTensor", at);
	check_tensors(n, s, layer, "output", "outputTensor", at);
	check_layer(&(LayerCheck){.k = n->k,
	                          .rule = find_layer(type),
	                          .m = layer,
	                          .params = msg_get(layer, type),
	                          .at = at,
	                          .nin = msg_count(layer, "input"),
	                          .nout = msg_count(layer, "output"),
	                          .in = ranks_of(n, s, layer, "input"),
	                          .out = ranks_of(n, s, layer, "output")});
	check_wires(n, s, layer, type, at);
}

static void
check_layers(Net *n, Scope *s, const Msg *network, Span place)
{
	size_t count = msg_count(network, "layers");

	if (!count)
		diag_error(n->k->diag, place, "a network without layers");
	for (size_t i = 0; i < count; i++) {
		const Msg *layer = msg_at(network, "layers", i);
		const char *name = msg_get_string(layer, "name");
		if (!*name)
			name = arena_printf(n->k->arena, "%zu", i);
		check_one(n, s, layer, diag_object(n->k->diag, place, "layer", name));
	}
}

/* ---- how arrays go in ---- */

static bool
has_new_layers(const Msg *network)
{
	for (size_t i = 0; i < msg_count(network, "layers"); i++)
		if (!is_old_layer(msg_at(network, "layers", i)))
			return true;
	return false;
}

/* With the mapping of the first systems an array is a vector or an image. */
static bool
fits_rank5(const Msg *array)
{
	const Msg *range = msg_get(array, "shapeRange"), *list = msg_get(array, "enumeratedShapes");
	size_t n = msg_count(array, "shape");

	if (n || (!range && !list))
		return n == 1 || n == 3;
	if (range)
		return msg_count(range, "sizeRanges") == 1 || msg_count(range, "sizeRanges") == 3;
	for (size_t i = 0; i < msg_count(list, "shapes"); i++) {
		n = msg_count(msg_at(list, "shapes", i), "shape");
		if (n != 1 && n != 3)
			return false;
	}
	return true;
}

static void
check_array_input(Net *n, const Msg *feature, Span at)
{
	const Msg *array = feature_array(feature), *range = msg_get(array, "shapeRange");
	size_t rank = msg_count(array, "shape");

	if (!n->any_rank && !fits_rank5(array))
		diag_error(
		    n->k->diag, at,
		    "a network of arrays by RANK5_ARRAY_MAPPING takes arrays of rank 1 or 3");
	else if (n->any_rank && !rank)
		diag_error(n->k->diag, at, "an array that goes into a network needs a shape");
	else if (n->any_rank && range && msg_count(range, "sizeRanges") != rank)
		diag_error(n->k->diag, at, "its shape has %zu dimensions, but there are %zu ranges",
		           rank, msg_count(range, "sizeRanges"));
}

/* Ranks of what goes in and out are those of the description. */
static void
add_features(Net *n, Scope *s, Role role)
{
	const Msg *d = n->k->description;
	const char *mapping;

	for (size_t i = 0; i < msg_count(d, role_field[role]); i++) {
		const Msg *f = msg_at(d, role_field[role], i);
		unsigned type = feature_type(f);
		size_t rank = type == T_ARRAY ? msg_count(feature_array(f), "shape") : 0;
		Blob *b;
		if (role == ROLE_OUTPUT && !rank)
			continue;
		b = own(n, s, name_of(n, msg_get_string(f, "name")));
		b->input |= role == ROLE_INPUT;
		mapping = type == T_IMAGE ? "imageInputShapeMapping" : "arrayInputShapeMapping";
		if (!n->any_rank || (type != T_IMAGE && type != T_ARRAY))
			continue;
		if (role == ROLE_INPUT && !msg_get_int(n->k->body, mapping))
			b->rank = 5;
		else
			b->rank = type == T_IMAGE ? 4 : (int64_t)rank;
	}
}

static void
check_inputs(Net *n)
{
	const Msg *d = n->k->description;
	bool exact_arrays = msg_get_int(n->k->body, "arrayInputShapeMapping") != 0;
	bool exact_images = msg_get_int(n->k->body, "imageInputShapeMapping") != 0;
	bool new_layers = has_new_layers(n->k->body), arrays = false;

	n->any_rank = new_layers || exact_arrays || exact_images;
	for (size_t i = 0; i < msg_count(d, "input"); i++)
		arrays |= feature_type(msg_at(d, "input", i)) == T_ARRAY;
	if (arrays && !exact_arrays && (new_layers || exact_images)) {
		n->any_rank = false; /* what the ranks ought to be nobody knows */
		diag_error(n->k->diag, n->k->place,
		           "arrayInputShapeMapping is RANK5_ARRAY_MAPPING, but the network has %s: "
		           "expected EXACT_ARRAY_MAPPING",
		           new_layers ? "layers of specification version 4 or later"
		                      : "another imageInputShapeMapping than RANK5_IMAGE_MAPPING");
		return;
	}
	for (size_t i = 0; i < msg_count(d, "input"); i++) {
		const Msg *f = msg_at(d, "input", i);
		if (feature_type(f) == T_ARRAY)
			check_array_input(n, f, feature_place(n->k, n->k->place, ROLE_INPUT, f, i));
	}
}

/* ---- outputs ---- */

static bool
is_made(Net *n, const Scope *s, const char *name)
{
	const Blob *b = known(s, name_of(n, name));

	return b && b->makers;
}

static void
check_outputs(Net *n, const Scope *s)
{
	const Msg *d = n->k->description;
	bool classifier = n->k->kind->flags & CLASSIFIER;

	for (size_t i = 0; i < msg_count(d, "output"); i++) {
		const char *name = msg_get_string(msg_at(d, "output", i), "name");
		bool own_output =
		    classifier && (!strcmp(name, msg_get_string(d, "predictedFeatureName")) ||
		                   !strcmp(name, msg_get_string(d, "predictedProbabilitiesName")));
		if (!own_output && !(n->k->kind->flags & REGRESSOR) && !is_made(n, s, name))
			diag_error(n->k->diag,
			           feature_place(n->k, n->k->place, ROLE_OUTPUT,
			                         msg_at(d, "output", i), i),
			           "no layer of the network makes this output");
	}
	if (!classifier)
		return;
	const char *probs = msg_get_string(n->k->body, "labelProbabilityLayerName");
	if (*probs && !is_made(n, s, probs))
		diag_error(n->k->diag, n->k->place,
		           "labelProbabilityLayerName is '%s', which no layer makes", probs);
}

void
rules_network(Checking *k)
{
	Net n = {.k = k};
	Scope top;

	scope_init(&n, &top, NULL);
	check_inputs(&n);
	add_features(&n, &top, ROLE_INPUT);
	add_features(&n, &top, ROLE_OUTPUT);
	check_layers(&n, &top, k->body, k->place);
	check_outputs(&n, &top);
	if (msg_get_int(k->m->spec, "isUpdatable"))
		check_update(k);
}
