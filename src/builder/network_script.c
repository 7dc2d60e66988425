/* network_script.c: see network_script.h. */
#include "network_script.h"

#include "calls.h"
#include "ct/datatypes.h"
#include "dump/assign.h"
#include "dump/writing.h"
#include "np/np.h"
#include "script/core.h"

#include "Model.pb-c.h"

#include <math.h>

enum {
	MAX_TEXT = 100000, /* numbers in a script */
	MAX_BEHIND = 400 /* bytes of assignments behind a call that does not make all of a layer */
};

typedef struct Net {
	Interp *in;
	Arena *arena;
	Diag *diag;
	const DumpOptions *o;
	Span at; /* of the model, for messages */
	Buf *out;
	DumpedWeights *weights;
	Map stored;        /* names in the weights file */
	Msg *made;         /* the specification as the script makes it */
	unsigned builders; /* inside of others, so far */
	size_t numbers;    /* in the text so far */
	bool np;           /* the script needs NumPy */
} Net;

/* ---- values as text ---- */

/* Where the array lies in the weights file: weights["conv_W"]; 0: it stands in the text. */
static const char *
stored(Net *n, const Tensor *t, const char *name)
{
	Buf b = {0};

	if (!n->o->weights || t->count <= DUMP_INLINE)
		return NULL;
	buf_puts(&b, "weights[");
	put_quoted_text(
	    &b, store_tensor(n->weights, &n->stored, n->arena, interp_names(n->in), name, t));
	buf_byte(&b, ']');
	return buf_keep(&b, n->arena);
}

static void
put_rows(Buf *b, const Tensor *t, int d, int64_t *at)
{
	if (d == t->rank) {
		put_number(b, tensor_f(t, (*at)++));
		return;
	}
	buf_byte(b, '[');
	for (int64_t i = 0; i < t->dim[d]; i++) {
		buf_puts(b, i ? ", " : "");
		put_rows(b, t, d + 1, at);
	}
	buf_byte(b, ']');
}

static void
put_array(Net *n, Buf *b, const Nd *nd, const char *name)
{
	const Tensor *t = nd_to_tensor(n->arena, nd);
	size_t size = (size_t)t->count * dtype_size(t->dtype);
	const char *place;
	int64_t at = 0;

	if (n->o->weights && t->count > DUMP_INLINE) /* the array goes before the file is written */
		t = tensor_view(n->arena, t->dtype, t->dim, t->rank,
		                arena_dup(n->arena, t->data, size));
	place = stored(n, t, name);

	n->np = true;
	if (place) {
		buf_puts(b, place);
		return;
	}
	n->numbers += (size_t)t->count;
	buf_puts(b, "np.array(");
	put_rows(b, t, 0, &at);
	buf_printf(b, ", dtype=np.%s)", dtype_info[t->dtype].np);
}

static Tensor *
bytes_tensor(Net *n, const void *data, size_t size)
{
	int64_t dim = (int64_t)size;

	return tensor_view(n->arena, DT_UINT8, &dim, 1, arena_dup(n->arena, data, size ? size : 1));
}

static void
put_value(Net *n, Buf *b, Value v, const char *name)
{
	const char *place;
	const Tensor *t;

	switch (v.kind) {
	case V_STR:
		put_quoted_text(b, STR_OF(v)->s);
		break;
	case V_FLOAT:
		n->np = n->np || !isfinite(v.f);
		put_number(b, v.f);
		break;
	case V_ARRAY:
		put_array(n, b, ARRAY_OF(v), name);
		break;
	case V_BYTES:
		t = bytes_tensor(n, STR_OF(v)->s, STR_OF(v)->len);
		place = stored(n, t, name);
		n->numbers += place ? 0 : STR_OF(v)->len;
		if (place)
			buf_printf(b, "%s.tobytes()", place);
		else
			value_repr(n->in, v, b);
		break;
	case V_LIST:
		buf_byte(b, '[');
		for (uint32_t i = 0; i < SEQ_OF(v)->n; i++) {
			buf_puts(b, i ? ", " : "");
			put_value(n, b, SEQ_OF(v)->at[i], name);
		}
		n->numbers += SEQ_OF(v)->n;
		buf_byte(b, ']');
		break;
	default:
		value_repr(n->in, v, b);
	}
}

/* builder.add_softmax(name="s", input_name="x", output_name="y") */
static void
put_call(Net *n, const char *builder, const LayerCall *c)
{
	const char *layer = c->n && c->arg[0].v.kind == V_STR ? STR_OF(c->arg[0].v)->s : "layer";

	buf_printf(n->out, "%s.%s(", builder, c->method->name);
	for (uint32_t i = 0; i < c->n; i++) {
		buf_printf(n->out, i ? ", %s=" : "%s=", c->arg[i].param);
		put_value(n, n->out, c->arg[i].v,
		          arena_printf(n->arena, "%s_%s", layer, c->arg[i].param));
	}
	buf_puts(n->out, ")\n");
}

/* ---- field by field ---- */

static const char *
large_field(void *ctx, const Msg *m, const Field *f)
{
	Net *n = ctx;
	bool bytes = f->type == PROTOBUF_C_TYPE_BYTES, list = f->label == PROTOBUF_C_LABEL_REPEATED;
	const ProtobufCBinaryData *data;
	const char *place = NULL;
	int64_t count;

	if (bytes && !list) {
		data = msg_bytes(m, f->name);
		place = stored(n, bytes_tensor(n, data->data, data->len), f->name);
		n->numbers += place ? 0 : data->len;
		n->np = n->np || place;
		return place ? arena_printf(n->arena, "%s.tobytes()", place) : NULL;
	}
	if (!list)
		return NULL;
	count = (int64_t)msg_count(m, f->name);
	if (f->type == PROTOBUF_C_TYPE_FLOAT)
		place = stored(n,
		               tensor_view(n->arena, DT_FP32, &count, 1,
		                           (void *)(uintptr_t)msg_array(m, f->name)),
		               f->name);
	n->numbers += place ? 0 : (size_t)count;
	n->np = n->np || place;
	return place;
}

static bool
put_fields(Net *n, const char *path, const Msg *want, const Msg *got)
{
	Assigning r = {.arena = n->arena, .out = n->out, .large = large_field, .ctx = n};
	size_t before = n->out->n;

	assign_differences(&r, path, want, got);
	return n->out->n != before;
}

/* ---- layers ---- */

static bool put_network(Net *n, const char *name, const Msg *want, Value builder);

/* The fields of a layer that are networks. */
static const char *const inner_nets[][2] = {{"branch", "ifBranch"},
                                            {"branch", "elseBranch"},
                                            {"loop", "conditionNetwork"},
                                            {"loop", "bodyNetwork"}};

/* A copy of a layer in which these are empty. */
static Msg *
outer_layer(Net *n, const Msg *layer)
{
	Msg *copy = msg_copy(n->arena, layer);

	for (size_t k = 0; k < countof(inner_nets); k++) {
		Msg *m;
		if (!msg_has(copy, inner_nets[k][0]))
			continue;
		m = msg_lazy(copy, inner_nets[k][0]);
		if (!msg_has(m, inner_nets[k][1]))
			continue;
		msg_clear(m, inner_nets[k][1]);
		msg_present(msg_lazy(m, inner_nets[k][1]));
	}
	return copy;
}

/* How a row's call and the layer compare. */
typedef struct Trial {
	LayerCall call;
	Value layer;
	bool same;
	Buf rest; /* what is to be assigned behind it to make it the same */
} Trial;

/* Makes the layer by a row, on the builder. False: it cannot, and did nothing. */
static bool
try_row(Net *n, const CallRow *row, const Msg *want, Value builder, Trial *t)
{
	NetBuilder *b = builder_of(builder);
	Assigning r = {.arena = n->arena, .out = &t->rest};
	uint32_t nerror = n->diag->nerror;
	size_t count = msg_count(b->net, "layers");
	const Msg *made;
	bool ok;

	call_of(n->in, row, want, &t->call);
	b->layers = vlist(n->in, NULL, 0);
	b->layer_specs = vdict(n->in);
	b->rank_dict = vdict(n->in);
	n->diag->muted = true;
	ok = call_run(n->in, &t->call, builder, &t->layer) &&
	     msg_count(b->net, "layers") == count + 1;
	n->diag->muted = false;
	n->diag->nerror = nerror;
	if (!ok)
		return false;
	made = msg_at(b->net, "layers", count);
	t->same = msg_same(made, want);
	if (!t->same)
		assign_differences(&r, "layer", want, made);
	return true;
}

/* Puts the builder back to how it was before the call. */
static void
forget(Net *n, Value builder, size_t count, int64_t version)
{
	NetBuilder *b = builder_of(builder);

	while (msg_count(b->net, "layers") > count)
		msg_remove(b->net, "layers", count);
	msg_int(n->made, "specificationVersion", version);
}

/* The row whose call leaves least to be said behind it, if that is little; -1: none. */
static int
best_row(Net *n, const CallRow *row, uint32_t rows, const Msg *want, Value builder)
{
	int64_t version = msg_get_int(n->made, "specificationVersion");
	size_t count = msg_count(builder_of(builder)->net, "layers"), least = MAX_BEHIND;
	int best = -1;

	for (uint32_t k = 0; k < rows; k++) {
		Trial t = {0};
		bool ok = try_row(n, &row[k], want, builder, &t), same = ok && t.same;
		size_t size = same ? 0 : t.rest.n;
		forget(n, builder, count, version);
		buf_free(&t.rest);
		if (ok && (same || (size && size < least))) {
			best = (int)k;
			least = size;
		}
		if (same)
			break;
	}
	return best;
}

/* known: names of layers so far, each of which may stand in one call. */
static bool
put_by_call(Net *n, Map *known, const char *name, const Msg *want, Value builder, bool inside)
{
	NetBuilder *b = builder_of(builder);
	const char *id = msg_get_string(want, "name");
	CallRow row[MAX_CALLS];
	uint32_t rows = call_rows(n->arena, want, row);
	const Msg *outer = inside ? outer_layer(n, want) : want;
	size_t count = msg_count(b->net, "layers");
	Trial t = {0};
	int best = map_get(known, hash_bytes(id, strlen(id), 0))
	               ? -1
	               : best_row(n, row, rows, outer, builder);

	if (best < 0 || !try_row(n, &row[best], outer, builder, &t))
		return false;
	map_put(known, hash_bytes(id, strlen(id), 0), n);
	buf_puts(n->out, inside || !t.same ? "layer = " : "");
	put_call(n, name, &t.call);
	if (!t.same) {
		buf_put(n->out, t.rest.at, t.rest.n);
		msg_clear_all(msg_mutable(msg_at(b->net, "layers", count)));
		msg_assign(msg_mutable(msg_at(b->net, "layers", count)), outer);
	}
	buf_free(&t.rest);
	return true;
}

/* The networks inside of the layer that was made last: a builder for each, then what they build. */
static bool
put_inner(Net *n, const Msg *want, Value builder)
{
	const NetBuilder *around = builder_of(builder);
	Msg *made =
	    msg_mutable(msg_at(around->net, "layers", msg_count(around->net, "layers") - 1));
	NetBuilder *b[countof(inner_nets)] = {0};
	const char *name[countof(inner_nets)];

	for (size_t k = 0; k < countof(inner_nets); k++) {
		const char *kind = inner_nets[k][0], *field = inner_nets[k][1];
		if (!msg_get(msg_get(want, kind), field))
			continue;
		b[k] = new (n->arena, NetBuilder);
		b[k]->net = msg_lazy(msg_lazy(made, kind), field);
		b[k]->any_rank = around->any_rank;
		name[k] = arena_printf(n->arena, "inner_%u", ++n->builders);
		buf_printf(n->out, "%s = NeuralNetworkBuilder(nn_spec=layer.%s.%s%s)\n", name[k],
		           kind, field,
		           around->any_rank ? ", disable_rank5_shape_mapping=True" : "");
	}
	for (size_t k = 0; k < countof(inner_nets); k++)
		if (b[k] && !put_network(n, name[k],
		                         msg_get(msg_get(want, inner_nets[k][0]), inner_nets[k][1]),
		                         vhost(n->in, &builder_type, b[k])))
			return false;
	return true;
}

static void
put_by_fields(Net *n, const char *name, const Msg *want, Value builder)
{
	buf_printf(n->out, "layer = %s.nn_spec.layers.add()\n", name);
	put_fields(n, "layer", want, NULL);
	msg_adopt(builder_of(builder)->net, "layers", want);
}

static bool
put_layers(Net *n, const char *name, const Msg *want, Value builder)
{
	Map known;

	map_init(&known, n->arena);
	for (size_t i = 0; i < msg_count(want, "layers"); i++) {
		const Msg *layer = msg_at(want, "layers", i);
		bool inside = msg_has(layer, "branch") || msg_has(layer, "loop");
		if (!put_by_call(n, &known, name, layer, builder, inside))
			put_by_fields(n, name, layer, builder);
		else if (inside && !put_inner(n, layer, builder))
			return false;
		if (!n->o->weights && n->numbers > MAX_TEXT)
			return diag_error(
			    n->diag, n->at,
			    "the weights are more than %d numbers, which is too "
			    "much for a text: -o OUT.mil puts them into a file beside "
			    "it",
			    MAX_TEXT);
	}
	return true;
}

/* All that the messages say but for the layers, which are made. */
static bool
put_rest(Net *n, const char *path, const Msg *want, const Msg *made, const char *net)
{
	Msg *a = msg_copy(n->arena, want), *b = msg_copy(n->arena, made);

	msg_clear(net ? msg_lazy(a, net) : a, "layers");
	msg_clear(net ? msg_lazy(b, net) : b, "layers");
	return put_fields(n, path, a, b);
}

static bool
put_network(Net *n, const char *name, const Msg *want, Value builder)
{
	if (!put_layers(n, name, want, builder))
		return false;
	put_rest(n, arena_printf(n->arena, "%s.nn_spec", name), want, builder_of(builder)->net,
	         NULL);
	return true;
}

/* ---- the whole ---- */

static const char *const kinds[][2] = {{"neuralNetwork", NULL},
                                       {"neuralNetworkClassifier", "classifier"},
                                       {"neuralNetworkRegressor", "regressor"}};

/* What a feature is to the builder: an image is its array, for the time being. */
static DataType
feature_type(Arena *a, const Msg *feature)
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
	} else if (image || array) {
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
put_features(Net *n, const char *param, const Msg *d, const char *list)
{
	bool output = !strcmp(list, "output");
	Buf name = {0};

	buf_printf(n->out, "    %s=[\n", param);
	for (size_t i = 0; i < msg_count(d, list); i++) {
		const Msg *f = msg_at(d, list, i);
		DataType t = feature_type(n->arena, f);
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

/* The builder in the script, and here. */
static bool
put_builder(Net *n, const Msg *spec, const char *const kind[2], Value *builder)
{
	const Msg *d = msg_get(spec, "description"), *net = msg_get(spec, kind[0]);
	NetBuilder *b = new (n->arena, NetBuilder);
	static const char *const list[] = {"input", "output"};

	b->any_rank = msg_get_int(net, "arrayInputShapeMapping") == 1 &&
	              msg_get_int(net, "imageInputShapeMapping") == 1;
	b->spec = n->made;
	buf_puts(n->out, "builder = NeuralNetworkBuilder(\n");
	put_features(n, "input_features", d, "input");
	put_features(n, "output_features", d, "output");
	if (kind[1])
		buf_printf(n->out, "    mode=\"%s\",\n", kind[1]);
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
			                feature_type(n->arena, f)});
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
	builder_begin(b, kind[0]);
	*builder = vhost(n->in, &builder_type, b);
	return true;
}

static void
put_head(const Net *n, Buf *out)
{
	buf_printf(out, "# Made from %s by milc dump.\nimport coremltools as ct\n", n->o->from);
	if (n->np || n->weights->n)
		buf_puts(out, "import numpy as np\n");
	buf_puts(out, "from coremltools.models import datatypes\n"
	              "from coremltools.models.neural_network import NeuralNetworkBuilder\n");
	if (n->weights->n)
		put_weights_file(out, n->o);
	buf_byte(out, '\n');
}

static bool
put_all(Net *n, const Msg *spec)
{
	const char *const *kind = NULL;
	Value builder;
	Buf rest = {0}, *body = n->out;

	for (size_t k = 0; k < countof(kinds) && !kind; k++)
		if (msg_has(spec, kinds[k][0]))
			kind = kinds[k];
	if (!put_builder(n, spec, kind, &builder) ||
	    !put_layers(n, "builder", msg_get(spec, kind[0]), builder))
		return false;
	n->out = &rest;
	put_rest(n, "spec", spec, n->made, kind[0]);
	n->out = body;
	if (rest.n) {
		buf_puts(body, "\nspec = builder.spec\n");
		buf_put(body, rest.at, rest.n);
	}
	buf_printf(body, "\nmodel = ct.models.MLModel(%s, skip_model_load=True)\nmodel.save(",
	           rest.n ? "spec" : "builder.spec");
	put_quoted_text(body, n->o->save);
	buf_puts(body, ")\n");
	buf_free(&rest);
	return true;
}

bool
network_script(Arena *a, Interner *names, Diag *d, Span at, const Msg *spec, const DumpOptions *o,
               Buf *out, DumpedWeights *weights)
{
	InterpOptions io = {.limits = {.memory = a->limit}, .no_files = true};
	Buf body = {0};
	Net n = {.arena = a, .diag = d, .o = o, .at = at, .out = &body, .weights = weights};
	Bind b;
	bool ok;

	n.in = interp_new(a, names, d, &io);
	b = (Bind){.arena = a, .names = names, .diag = d, .in = n.in};
	bind_init(&b);
	np_install(n.in);
	interp_add_modules(n.in, NULL, 0, &b);
	map_init(&n.stored, a);
	n.made = msg_new(a, &core_ml__specification__model__descriptor);
	ok = put_all(&n, spec);
	if (ok) {
		put_head(&n, out);
		buf_take(out, &body);
	}
	buf_free(&body);
	interp_free(n.in);
	return ok;
}
