/* update.c: networks that learn on the device: which layers may, that what lies between them and
 * the loss passes gradients, the optimizer's parameters, and what is fed for training.
 */
#include "checking.h"

/* ---- parameters ---- */

void
check_parameter(Checking *k, const Msg *p, const char *name, bool positive)
{
	const Msg *range = msg_get(p, "range"), *set = NULL;
	double v = msg_get_float(p, "defaultValue");
	double low = msg_get_float(range, "minValue"), high = msg_get_float(range, "maxValue");
	bool found = false;

	if (p && protobuf_c_message_descriptor_get_field_by_name(p->descriptor, "set"))
		set = msg_get(p, "set");
	if (positive && v <= 0)
		diag_error(k->diag, k->place, "%s is %g, expected a positive number", name, v);
	if (range && (v < low || v > high))
		diag_error(k->diag, k->place,
		           "%s is %g, which its range from %g to %g does not hold", name, v, low,
		           high);
	if (range && positive && low <= 0)
		diag_error(k->diag, k->place,
		           "the range of %s begins at %g, expected a positive number", name, low);
	if (!set)
		return;
	for (size_t i = 0; i < msg_count(set, "values"); i++) {
		double one = msg_float_at(set, "values", i);
		found |= one == v;
		if (positive && one <= 0)
			diag_error(k->diag, k->place, "%s may be %g, expected positive numbers",
			           name, one);
	}
	if (!found)
		diag_error(k->diag, k->place, "%s is %g, which is none of the values it may have",
		           name, v);
}

static const struct {
	const char *optimizer, *name; /* NULL: of the parameters around it */
	bool positive;
} parameters[] = {
    {"sgdOptimizer", "learningRate", false},
    {"sgdOptimizer", "miniBatchSize", true},
    {"adamOptimizer", "learningRate", false},
    {"adamOptimizer", "miniBatchSize", true},
    {"adamOptimizer", "beta1", false},
    {"adamOptimizer", "beta2", false},
    {"adamOptimizer", "eps", false},
    {NULL, "epochs", true},
    {NULL, "seed", false},
};

static void
check_parameters(Checking *k, const Msg *update)
{
	const Msg *optimizer = msg_get(update, "optimizer");

	for (size_t i = 0; i < countof(parameters); i++) {
		const Msg *in =
		    parameters[i].optimizer ? msg_get(optimizer, parameters[i].optimizer) : update;
		const Msg *p = msg_get(in, parameters[i].name);
		if (p)
			check_parameter(k, p, parameters[i].name, parameters[i].positive);
	}
}

/* ---- layers that learn ---- */

static bool
is_one_of(const char *type, const char *const *list, size_t n)
{
	while (type && n-- > 0)
		if (!strcmp(type, list[n]))
			return true;
	return false;
}

static const char *const learning[] = {"convolution", "innerProduct", "uniDirectionalLSTM"};
static const char *const passing[] = {"convolution", "innerProduct", "uniDirectionalLSTM",
                                      "flatten",     "pooling",      "batchnorm"};
static const char *const activations[] = {"ReLU", "sigmoid", "tanh"};

static void
check_weights(Checking *k, const Msg *layer, const char *type, Span at)
{
	const Msg *params = msg_get(layer, type), *w, *b;

	if (!strcmp(type, "uniDirectionalLSTM"))
		return;
	w = msg_get(params, "weights");
	b = msg_get_int(params, "hasBias") ? msg_get(params, "bias") : NULL;
	if (msg_has(w, "quantization") || msg_has(b, "quantization"))
		diag_error(k->diag, at, "it is updatable, so its weights cannot be quantized");
	if (!msg_get_int(w, "isUpdatable") ||
	    (msg_get_int(params, "hasBias") && !msg_get_int(b, "isUpdatable")))
		diag_error(k->diag, at, "it is updatable, but its weights or its bias are not");
}

static void
check_learning(Checking *k)
{
	bool any = false;

	for (size_t i = 0; i < msg_count(k->body, "layers"); i++) {
		const Msg *layer = msg_at(k->body, "layers", i);
		const char *type = msg_case(layer, "convolution");
		Span at = diag_object(k->diag, k->place, "layer", msg_get_string(layer, "name"));
		if (!msg_get_int(layer, "isUpdatable"))
			continue;
		any = true;
		if (!is_one_of(type, learning, countof(learning)))
			diag_error(k->diag, at, "a layer of kind %s cannot be updatable",
			           type ? type : "none");
		else
			check_weights(k, layer, type, at);
	}
	if (!any)
		diag_error(k->diag, k->place,
		           "the network is updatable, but none of its layers is");
}

/* ---- the way from the loss to them ---- */

typedef struct Graph {
	Checking *k;
	Map maker;   /* Str of a blob -> layer */
	Map visited; /* layer */
} Graph;

static const Str *
name_of(Checking *k, const char *s)
{
	return intern_cstr(k->c->names, s);
}

static bool
passes_gradient(const Msg *layer)
{
	const char *type = msg_case(layer, "convolution");

	if (type && !strcmp(type, "activation"))
		return is_one_of(msg_case(msg_get(layer, type), "ReLU"), activations,
		                 countof(activations));
	return is_one_of(type, passing, countof(passing));
}

static bool
is_softmax(const Msg *layer)
{
	const char *type = layer ? msg_case(layer, "convolution") : NULL;

	return type && !strcmp(type, "softmax");
}

/* The layers before a loss, the nearest first. A softmax in front of a cross entropy is part of
 * it. */
static void
check_way(Graph *g, const Str *from, bool entropy)
{
	VEC(const Msg *) queue = {0};
	const char *wall = NULL;
	const Msg *layer = map_get(&g->maker, KEY(from));

	if (layer)
		vec_push(g->k->arena, &queue, layer);
	for (uint32_t i = 0; i < queue.n; i++) {
		layer = queue.at[i];
		if (map_get(&g->visited, KEY(layer)))
			continue;
		map_put(&g->visited, KEY(layer), g);
		if (msg_get_int(layer, "isUpdatable") && wall) {
			diag_error(g->k->diag, g->k->place,
			           "layer '%s' passes no gradient, and stands between the loss and "
			           "the updatable layer '%s'",
			           wall, msg_get_string(layer, "name"));
			return;
		}
		if (!passes_gradient(layer) && !(i == 0 && entropy && is_softmax(layer)))
			wall = msg_get_string(layer, "name");
		for (size_t n = 0; n < msg_count(layer, "input"); n++) {
			const Str *in = name_of(g->k, msg_string_at(layer, "input", n));
			const Msg *before = map_get(&g->maker, KEY(in));
			if (before)
				vec_push(g->k->arena, &queue, before);
		}
	}
}

/* The blobs that a loss compares. */
static const Msg *
loss_blobs(const Msg *loss)
{
	const char *type = msg_case(loss, "meanSquaredErrorLossLayer");

	return type ? msg_get(loss, type) : NULL;
}

static void
check_loss(Graph *g, const Msg *loss, Span at)
{
	const Msg *blobs = loss_blobs(loss);
	bool entropy = msg_has(loss, "categoricalCrossEntropyLossLayer");
	const Str *in = name_of(g->k, msg_get_string(blobs, "input"));
	const Str *target = name_of(g->k, msg_get_string(blobs, "target"));
	const Msg *maker = map_get(&g->maker, KEY(in));

	if (!blobs) {
		diag_error(
		    g->k->diag, at,
		    "the loss is of no kind: expected a cross entropy or a mean squared error");
		return;
	}
	if (entropy && !is_softmax(maker))
		diag_error(g->k->diag, at,
		           "the input '%s' of a cross entropy is made by no softmax", in->s);
	else if (!maker)
		diag_error(g->k->diag, at, "no layer makes the input '%s' of the loss", in->s);
	if (map_get(&g->maker, KEY(target)))
		diag_error(g->k->diag, at,
		           "the target '%s' of the loss is made by a layer: expected "
		           "an input of the training",
		           target->s);
	check_way(g, in, entropy);
}

static void
check_losses(Checking *k, const Msg *update)
{
	size_t n = msg_count(update, "lossLayers");
	Graph g = {.k = k};
	Map names;

	map_init(&g.maker, k->arena);
	map_init(&g.visited, k->arena);
	map_init(&names, k->arena);
	for (size_t i = 0; i < msg_count(k->body, "layers") + n; i++) {
		size_t nlayer = msg_count(k->body, "layers");
		const Msg *one = i < nlayer ? msg_at(k->body, "layers", i)
		                            : msg_at(update, "lossLayers", i - nlayer);
		const Str *name = name_of(k, msg_get_string(one, "name"));
		if (map_get(&names, KEY(name)))
			diag_error(k->diag, k->place,
			           "two layers of an updatable network are named '%s'", name->s);
		map_put(&names, KEY(name), k);
		for (size_t o = 0; i < nlayer && o < msg_count(one, "output"); o++)
			map_put(&g.maker, KEY(name_of(k, msg_string_at(one, "output", o))),
			        (Msg *)(uintptr_t)one);
	}
	if (n > 1)
		diag_error(k->diag, k->place, "there are %zu losses, expected one", n);
	for (size_t i = 0; i < n; i++) {
		const Msg *loss = msg_at(update, "lossLayers", i);
		check_loss(&g, loss,
		           diag_object(k->diag, k->place, "loss", msg_get_string(loss, "name")));
	}
}

/* ---- what is fed ---- */

static bool
is_input(Checking *k, const Msg *f)
{
	const Msg *in = feature_named(k->description, ROLE_INPUT, msg_get_string(f, "name"));

	return in && features_alike(in, f);
}

/* A target is that of the loss, or what a classifier predicts, then of the same type. */
static bool
is_target(Checking *k, const Msg *f, const char *target)
{
	const char *name = msg_get_string(f, "name");
	const Msg *out = feature_named(k->description, ROLE_OUTPUT, name);

	if (k->kind->flags & CLASSIFIER && out &&
	    !strcmp(name, msg_get_string(k->description, "predictedFeatureName"))) {
		if (!features_alike(out, f))
			diag_error(k->diag, k->place,
			           "the training input '%s' is %s, but the classifier gives %s",
			           name, types_text(k->arena, feature_type(f)),
			           types_text(k->arena, feature_type(out)));
		return true;
	}
	return !strcmp(name, target);
}

static void
check_training(Checking *k, const Msg *update)
{
	size_t n = msg_count(k->description, "trainingInput"), shared = 0;
	const Msg *loss = msg_at(update, "lossLayers", 0);
	const char *target = msg_get_string(loss ? loss_blobs(loss) : NULL, "target");
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		const Msg *f = msg_at(k->description, "trainingInput", i);
		if (is_input(k, f))
			shared++;
		else if (is_target(k, f, target))
			found = true;
	}
	if (n < 2)
		diag_error(k->diag, k->place,
		           "there are %zu training inputs, expected an input of the model and the "
		           "target of the loss",
		           n);
	else if (!shared)
		diag_error(k->diag, k->place, "no training input is an input of the model");
	else if (!found)
		diag_error(k->diag, k->place, "no training input is the target '%s' of the loss",
		           target);
}

void
check_update(Checking *k)
{
	const Msg *update = msg_get(k->body, "updateParams");

	check_learning(k);
	check_fields(k, "update", update, k->place);
	check_losses(k, update);
	check_parameters(k, update);
	check_training(k, update);
}
