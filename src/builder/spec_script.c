/* spec_script.c: see spec_script.h. */
#include "ct/datatypes.h"
#include "dump/writing.h"
#include "np/np.h"
#include "script/core.h"
#include "writing_net.h"

#include "Model.pb-c.h"

/* ---- networks ---- */

/* What a feature is to the builder: an image is its array, for the time being, and another input
 * than these an array of one. */
static DataType
feature_type(Arena *a, const Msg *feature, bool output)
{
	const Msg *type = msg_get(feature, "type"), *array = msg_get(type, "multiArrayType"),
	          *image = msg_get(type, "imageType"), *dict = msg_get(type, "dictionaryType");
	const char *kind = type ? msg_case(type, "int64Type") : NULL;
	DataType t = {DATA_DOUBLE, DATA_STRING, 0, NULL};
	int64_t *dim;

	if (array && msg_count(array, "shape")) {
		t.rank = (uint32_t)msg_count(array, "shape");
		t.dim = msg_array(array, "shape");
		t.kind = DATA_ARRAY;
	} else if (image || array || !output) {
		dim = newn(a, int64_t, 3);
		dim[0] = image && msg_get_int(image, "colorSpace") != 10 ? 3 : 1;
		dim[1] = image ? msg_get_int(image, "height") : 1;
		dim[2] = image ? msg_get_int(image, "width") : 1;
		t = (DataType){DATA_ARRAY, 0, image ? 3 : 1, dim};
	} else if (kind && !strcmp(kind, "int64Type")) {
		t.kind = DATA_INT64;
	} else if (kind && !strcmp(kind, "stringType")) {
		t.kind = DATA_STRING;
	} else if (dict) {
		t.kind = DATA_DICT;
		t.key = msg_get(dict, "int64KeyType") ? DATA_INT64 : DATA_STRING;
	}
	return t;
}

/* An array without a shape is None among the outputs. */
static bool
is_open(const Msg *feature)
{
	const Msg *array = msg_get(msg_get(feature, "type"), "multiArrayType");

	return array && !msg_count(array, "shape");
}

static void
put_features(NetScript *n, const char *param, const Msg *d, const char *list)
{
	bool output = !strcmp(list, "output");
	Buf name = {0};

	buf_printf(n->out, "    %s=[\n", param);
	for (size_t i = 0; i < msg_count(d, list); i++) {
		const Msg *f = msg_at(d, list, i);
		DataType t = feature_type(n->arena, f, output);
		buf_puts(n->out, "        (");
		put_quoted_text(n->out, msg_get_string(f, "name"));
		if (output && is_open(f)) {
			buf_puts(n->out, ", None),\n");
			continue;
		}
		buf_puts(n->out, ", datatypes.");
		if (t.kind == DATA_DICT) {
			buf_printf(n->out, "Dictionary(datatypes.%s())),\n",
			           t.key == DATA_INT64 ? "Int64" : "String");
			continue;
		}
		value_repr(n->in, datatype_value(n->in, &t), &name);
		buf_printf(n->out, "%s(", t.kind == DATA_ARRAY ? "Array" : name.at);
		buf_clear(&name);
		for (uint32_t k = 0; k < t.rank; k++)
			buf_printf(n->out, k ? ", %lld" : "%lld", (long long)t.dim[k]);
		buf_puts(n->out, ")),\n");
	}
	buf_puts(n->out, "    ],\n");
	buf_free(&name);
}

/* The builder in the script, called so, and here. */
static Value
put_builder(NetScript *n, const Msg *spec, const char *name, const NetKind *kind)
{
	const Msg *d = msg_get(spec, "description"), *net = msg_get(spec, kind->member);
	NetBuilder *b = new (n->arena, NetBuilder);
	static const char *const list[] = {"input", "output"};

	b->any_rank = msg_get_int(net, "arrayInputShapeMapping") == 1 &&
	              msg_get_int(net, "imageInputShapeMapping") == 1;
	b->spec = n->made;
	buf_printf(n->out, "%s = NeuralNetworkBuilder(\n", name);
	put_features(n, "input_features", d, "input");
	put_features(n, "output_features", d, "output");
	if (kind->mode)
		buf_printf(n->out, "    mode=\"%s\",\n", kind->mode);
	if (b->any_rank)
		buf_puts(n->out, "    disable_rank5_shape_mapping=True,\n");
	buf_puts(n->out, ")\n");
	msg_present(msg_lazy(n->made, "description"));
	for (int k = 0; k < 2; k++) {
		NamedTypes types = {0};
		for (size_t i = 0; i < msg_count(d, list[k]); i++) {
			const Msg *f = msg_at(d, list[k], i);
			vec_push(
			    n->arena, &types,
			    (NamedType){intern_cstr(interp_names(n->in), msg_get_string(f, "name")),
			                feature_type(n->arena, f, k == 1)});
		}
		features_put(n->made, list[k], &types);
		for (size_t i = 0; k == 1 && i < types.n; i++)
			if (is_open(msg_at(d, "output", i)))
				msg_clear(msg_lazy(msg_lazy(msg_mutable(msg_at(
				                                msg_get(n->made, "description"),
				                                "output", i)),
				                            "type"),
				                   "multiArrayType"),
				          "shape");
	}
	builder_begin(b, kind->member);
	return vhost(n->in, &builder_type, b);
}

/* A name that the script may use: the k-th of its kind, 0 the first. */
static const char *
numbered(NetScript *n, const char *stem, unsigned k)
{
	return k ? arena_printf(n->arena, "%s_%u", stem, k) : stem;
}

/* An expression for the specification; 0 after reporting. */
static const char *
put_network(NetScript *n, const Msg *spec, const NetKind *kind, unsigned k)
{
	const char *builder = numbered(n, "builder", k), *name = numbered(n, "spec", k);
	Buf rest = {0}, *body = n->out;
	Value b;

	n->building = true;
	n->made = msg_new(n->arena, &core_ml__specification__model__descriptor);
	b = put_builder(n, spec, builder, kind);
	if (!put_layers(n, builder, msg_get(spec, kind->member), b))
		return NULL;
	n->out = &rest;
	put_rest(n, name, spec, n->made, kind->member);
	n->out = body;
	if (!rest.n)
		name = arena_printf(n->arena, "%s.spec", builder);
	else
		buf_printf(body, "\n%s = %s.spec\n", name, builder);
	buf_put(body, rest.at, rest.n);
	buf_free(&rest);
	buf_byte(body, '\n');
	return name;
}

/* ---- pipelines, and kinds that nothing builds ---- */

static const char *put_model(NetScript *n, const Msg *spec);

/* The message with the models of a pipeline, and how it stands in the specification; or 0. */
static const Msg *
models_of(const Msg *spec, const char **path)
{
	static const char *const around[] = {"pipelineClassifier", "pipelineRegressor"};

	for (size_t k = 0; k < countof(around); k++)
		if (msg_get(spec, around[k])) {
			*path = k ? "pipelineRegressor.pipeline" : "pipelineClassifier.pipeline";
			return msg_get(msg_get(spec, around[k]), "pipeline");
		}
	*path = "pipeline";
	return msg_get(spec, "pipeline");
}

/* A copy without the models. */
static const Msg *
without_models(NetScript *n, const Msg *spec)
{
	const char *path;
	Msg *copy = msg_copy(n->arena, spec);

	msg_clear(msg_mutable(models_of(copy, &path)), "models");
	return copy;
}

static const char *
put_fields_of(NetScript *n, const Msg *spec)
{
	const char *path, *name = numbered(n, "spec", n->specs++);
	const Msg *models = models_of(spec, &path);
	size_t count = models ? msg_count(models, "models") : 0;
	const char **part = newn(n->arena, const char *, count + 1);

	for (size_t i = 0; i < count; i++) {
		part[i] = put_model(n, msg_at(models, "models", i));
		if (!part[i])
			return NULL;
	}
	n->messages = true;
	buf_printf(n->out, "%s = Model_pb2.Model()\n", name);
	put_fields(n, name, models ? without_models(n, spec) : spec, NULL);
	if (!script_fits(n))
		return NULL;
	for (size_t i = 0; i < count; i++)
		buf_printf(n->out, "%s.%s.models.add().CopyFrom(%s)\n", name, path, part[i]);
	buf_byte(n->out, '\n');
	return name;
}

static const char *
put_model(NetScript *n, const Msg *spec)
{
	const Msg *d = msg_get(spec, "description");
	bool described = msg_count(d, "input") && msg_count(d, "output"); /* a builder must be */

	if (described && net_kind(spec))
		return put_network(n, spec, net_kind(spec), n->specs++);
	if (!msg_has(spec, "mlProgram"))
		return put_fields_of(n, spec);
	diag_error(n->diag, n->at,
	           "a model of the pipeline is an ML Program, which this script cannot have: "
	           "--json and --summary show it");
	return NULL;
}

/* ---- the whole ---- */

static void
put_head(const NetScript *n, Buf *out)
{
	buf_printf(out, "# Made from %s by milc dump.\nimport coremltools as ct\n", n->o->from);
	if (n->np || n->weights->n)
		buf_puts(out, "import numpy as np\n");
	if (n->building)
		buf_puts(out,
		         "from coremltools.models import datatypes\n"
		         "from coremltools.models.neural_network import NeuralNetworkBuilder\n");
	if (n->messages)
		buf_puts(out, "from coremltools.proto import Model_pb2\n");
	if (n->weights->n)
		put_weights_file(out, n->o);
	buf_byte(out, '\n');
}

bool
spec_script(Arena *a, Interner *names, Diag *d, Span at, const Msg *spec, const DumpOptions *o,
            Buf *out, DumpedWeights *weights)
{
	InterpOptions io = {.limits = {.memory = a->limit}};
	Buf body = {0};
	NetScript n = {.arena = a, .diag = d, .o = o, .at = at, .out = &body, .weights = weights};
	size_t unknown = msg_unknown(spec);
	const char *name;
	Bind b;

	n.in = interp_new(a, names, d, &io);
	b = (Bind){.arena = a, .names = names, .diag = d, .in = n.in};
	bind_init(&b);
	np_install(n.in);
	interp_add_modules(n.in, NULL, 0, &b);
	map_init(&n.stored, a);
	if (unknown)
		diag_warning(d, at,
		             unknown == 1
		                 ? "a field of the model is not known: the script does not "
		                   "set it"
		                 : "%zu fields of the model are not known: the script does "
		                   "not set them",
		             unknown);
	name = put_model(&n, spec);
	if (name) {
		put_head(&n, out);
		buf_take(out, &body);
		buf_printf(out, "model = ct.models.MLModel(%s, skip_model_load=True)\nmodel.save(",
		           name);
		put_quoted_text(out, o->save);
		buf_puts(out, ")\n");
	}
	buf_free(&body);
	interp_free(n.in);
	return name != NULL;
}
