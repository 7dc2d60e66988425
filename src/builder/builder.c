/* builder.c: the object: how it begins, what scripts see of it, and how a layer is known to it. */
#include "builder.h"
#include "classes.h"

#include "ct/datatypes.h"
#include "script/core.h"

#include "Model.pb-c.h"

/* Of the specification: the first one, and that which knows exact arrays. */
enum { VERSION_FIRST = 1, VERSION_EXACT = 4 };

void
builder_version(NetBuilder *b, int64_t version)
{
	if (b->spec && msg_get_int(b->spec, "specificationVersion") < version)
		msg_int(b->spec, "specificationVersion", version);
}

/* Appends it to b->layers, and makes it known by its name, which must be a new one. */
bool
builder_know(Interp *in, NetBuilder *b, Msg *layer, Value name, Span at)
{
	Value old;

	if (!vlist_push(in, b->layers, name))
		return false;
	if (dict_get(in, b->layer_specs, name, &old))
		return fail(in, at,
		            "there is a layer named %.80s already: each layer needs a name "
		            "of its own",
		            shown(in, name));
	return dict_set(in, b->layer_specs, name, bind_message(in, layer), at);
}

/* ---- beginning ---- */

static const NetKind net_kinds[] = {{"neuralNetwork", NULL},
                                    {"neuralNetworkClassifier", "classifier"},
                                    {"neuralNetworkRegressor", "regressor"}};

const NetKind *
net_kind(const Msg *spec)
{
	for (size_t k = 0; k < countof(net_kinds); k++)
		if (msg_has(spec, net_kinds[k].member))
			return &net_kinds[k];
	return NULL;
}

Msg *
network_of(const Msg *spec)
{
	const NetKind *kind = net_kind(spec);

	return kind ? msg_lazy(msg_mutable(spec), kind->member) : NULL;
}

/* The layers that are there already. Of several with one name the last is known by it. */
static bool
know_all(Interp *in, NetBuilder *b, Span at)
{
	for (size_t i = 0; i < msg_count(b->net, "layers"); i++) {
		const Msg *layer = msg_at(b->net, "layers", i);
		Value name = vstrz(in, msg_get_string(layer, "name"));
		if (!vlist_push(in, b->layers, name) ||
		    !dict_set(in, b->layer_specs, name, bind_message(in, layer), at))
			return false;
	}
	return true;
}

/* Outputs as features_arg() takes them: one without a type is an array of one for the time being,
 * and marked in *shapeless. */
static bool
typed_outputs(Interp *in, Value v, Value *list, bool **shapeless, Span at)
{
	const DataType one = {DATA_ARRAY, 0, 1, (const int64_t[]){1}};

	if (!value_to_list(in, v, list, at))
		return false;
	*shapeless = newn(interp_arena(in), bool, SEQ_OF(*list)->n + 1);
	for (uint32_t i = 0; i < SEQ_OF(*list)->n; i++) {
		Value pair = SEQ_OF(*list)->at[i], two[2];
		if ((pair.kind != V_TUPLE && pair.kind != V_LIST) || SEQ_OF(pair)->n != 2)
			return fail(in, at,
			            "an output of a network is a tuple (name, datatype), where the "
			            "datatype may be None; found %.80s",
			            shown(in, pair));
		(*shapeless)[i] = SEQ_OF(pair)->at[1].kind == V_NONE;
		two[0] = SEQ_OF(pair)->at[0];
		two[1] = datatype_value(in, &one);
		if ((*shapeless)[i])
			SEQ_OF(*list)->at[i] = vtuple(in, two, 2);
	}
	return true;
}

static void
array_types(Msg *d, const char *list, const char *type)
{
	for (size_t i = 0; i < msg_count(d, list); i++) {
		Msg *t = msg_lazy(msg_mutable(msg_at(d, list, i)), "type");
		if (msg_has(t, "multiArrayType"))
			msg_set_path(t, "multiArrayType.dataType", type);
	}
}

/* Inputs are arrays; only their fields can say something else. */
static bool
know_ranks(Interp *in, NetBuilder *b, const NamedTypes *f, Span at)
{
	for (uint32_t i = 0; i < f->n; i++) {
		if (f->at[i].type.kind != DATA_ARRAY)
			return fail(in, at,
			            "input '%s' of a network must be an Array; set_pre_processing_"
			            "parameters() makes an image of it",
			            f->at[i].name->s);
		if (!dict_set(in, b->rank_dict, vstr_of(in, f->at[i].name),
		              vint(f->at[i].type.rank), at))
			return false;
	}
	return true;
}

enum { A_INPUTS, A_OUTPUTS, A_MODE, A_SPEC, A_NET, A_EXACT, A_TRAINING, A_FLOATS };
#define INIT_PARAMS                                                                                \
	"input_features=,output_features=,mode=,spec=,nn_spec=,disable_rank5_shape_mapping=,"      \
	"training_features=,use_float_arraytype="

static bool
describe(Interp *in, NetBuilder *b, const Args *args)
{
	Msg *d = msg_edit(b->spec, "description");
	NamedTypes inputs, outputs;
	Value list;
	bool *shapeless, floats = false;
	Span into = args_span(args, "input_features", A_INPUTS),
	     out = args_span(args, "output_features", A_OUTPUTS);

	msg_clear(d, "input");
	msg_clear(d, "output");
	if (given(args->v[A_FLOATS]) && !value_truth(in, args->v[A_FLOATS], &floats, args->span))
		return false;
	if (!typed_outputs(in, args->v[A_OUTPUTS], &list, &shapeless, out) ||
	    !features_arg(in, args->v[A_INPUTS], -1, &inputs, into) ||
	    !features_arg(in, list, -1, &outputs, out) || !know_ranks(in, b, &inputs, into))
		return false;
	features_put(b->spec, "input", &inputs);
	features_put(b->spec, "output", &outputs);
	if (floats) {
		array_types(d, "input", "FLOAT32");
		array_types(d, "output", "FLOAT32");
	}
	for (uint32_t i = 0; i < outputs.n; i++)
		if (shapeless[i])
			msg_clear(msg_lazy(msg_lazy(msg_mutable(msg_at(d, "output", i)), "type"),
			                   "multiArrayType"),
			          "shape");
	return !given(args->v[A_TRAINING]) ||
	       training_features(in, b->spec, args->v[A_TRAINING], args->span);
}

static bool
take_spec(Interp *in, NetBuilder *b, const Args *args)
{
	Value v = args->v[A_SPEC];

	if (!is_message(v) ||
	    message_of(v)->descriptor != &core_ml__specification__model__descriptor)
		return v.kind != V_POISON &&
		       fail(in, args_span(args, "spec", A_SPEC),
		            "spec must be a specification, found '%s': that of a model is "
		            "model.get_spec()",
		            type_name(v));
	if (given(args->v[A_NET]))
		return fail(in, args_span(args, "nn_spec", A_NET),
		            "spec has a network already: give one of spec and nn_spec");
	b->spec = message_of(v);
	b->net = network_of(b->spec);
	return b->net ? know_all(in, b, args->span)
	              : fail(in, args_span(args, "spec", A_SPEC),
	                     "spec must hold a NeuralNetwork, found %s",
	                     msg_case(b->spec, "neuralNetwork") ? msg_case(b->spec, "neuralNetwork")
	                                                        : "no model");
}

static bool
take_net(Interp *in, NetBuilder *b, const Args *args)
{
	Value v = args->v[A_NET];

	if (!is_message(v) ||
	    !protobuf_c_message_descriptor_get_field_by_name(message_of(v)->descriptor, "layers"))
		return v.kind != V_POISON &&
		       fail(in, args_span(args, "nn_spec", A_NET),
		            "nn_spec must be a network, as layer.branch.ifBranch is, found '%s'",
		            type_name(v));
	b->net = message_of(v);
	return true;
}

void
builder_begin(NetBuilder *b, const char *kind)
{
	msg_int(b->spec, "specificationVersion", b->any_rank ? VERSION_EXACT : VERSION_FIRST);
	if (!b->net)
		b->net = msg_lazy(b->spec, kind);
	if (b->any_rank) {
		msg_int(b->net, "arrayInputShapeMapping", 1);
		msg_int(b->net, "imageInputShapeMapping", 1);
	}
}

static bool
begin(Interp *in, NetBuilder *b, const Args *args)
{
	const NetKind *kind = net_kinds; /* of no mode, or one that is none */
	const Value *v = args->v;
	const char *mode = given(v[A_MODE]) && v[A_MODE].kind == V_STR ? STR_OF(v[A_MODE])->s : "";

	if (given(v[A_EXACT]) && !value_truth(in, v[A_EXACT], &b->any_rank, args->span))
		return false;
	if (given(v[A_SPEC]) && !take_spec(in, b, args))
		return false;
	if (given(v[A_NET]) && !given(v[A_SPEC]))
		return take_net(in, b, args);
	if (given(v[A_SPEC]) && !given(v[A_INPUTS]) && !given(v[A_OUTPUTS]))
		return true;
	for (int k = A_INPUTS; k <= A_OUTPUTS; k++)
		if (!given(v[k]))
			return v[k].kind != V_POISON &&
			       fail(in, args->span,
			            "a network has inputs and outputs: NeuralNetworkBuilder("
			            "[(name, datatypes.Array(…))], [(name, None)])");
	if (!b->spec)
		b->spec = msg_new(interp_arena(in), &core_ml__specification__model__descriptor);
	if (!describe(in, b, args))
		return false;
	for (size_t k = 1; k < countof(net_kinds); k++)
		if (!strcmp(mode, net_kinds[k].mode))
			kind = &net_kinds[k];
	builder_begin(b, kind->member);
	return true;
}

NATIVE(builder_make)
{
	Value v[NATIVE_ARGS];
	Args bound = *args;
	NetBuilder *b = new (interp_arena(in), NetBuilder);

	bound.v = v;
	if (!args_bind(in, "NeuralNetworkBuilder", args, INIT_PARAMS, v))
		return false;
	b->layers = vlist(in, NULL, 0);
	b->named_parameters = vlist(in, NULL, 0);
	b->layer_specs = vdict(in);
	b->rank_dict = vdict(in);
	*out = vhost(in, &builder_type, b);
	return begin(in, b, &bound);
}

/* ---- attributes ---- */

static Value
message_or_none(Interp *in, Msg *m)
{
	return m ? bind_message(in, m) : VNONE;
}

static int
builder_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	NetBuilder *b = self->data;

	if (str_is(name, "spec"))
		*out = message_or_none(in, b->spec);
	else if (str_is(name, "nn_spec"))
		*out = message_or_none(in, b->net);
	else if (str_is(name, "layers"))
		*out = b->layers;
	else if (str_is(name, "layer_specs"))
		*out = b->layer_specs;
	else if (str_is(name, "rank_dict"))
		*out = b->rank_dict;
	else if (str_is(name, "named_parameters"))
		*out = b->named_parameters;
	else if (str_is(name, "_disable_rank5_shape_mapping"))
		*out = vbool(b->any_rank);
	else
		return 0;
	return 1;
}

static void
builder_mark(Interp *in, HostObj *self)
{
	const NetBuilder *b = self->data;

	interp_mark(in, b->layers);
	interp_mark(in, b->layer_specs);
	interp_mark(in, b->rank_dict);
	interp_mark(in, b->named_parameters);
}

/* Numbers of the rows that add layers, as in add_rows. */
enum {
#define ADD(layer, method, parameters, fields, rank)      ROW_##method,
#define ADDS(layer, method, parameters, fields, rank, fn) ROW_##method,
#include "nn/layers.def"
};
static const Native methods[] = {
#define ADD(layer, method, parameters, fields, rank)                                               \
	{"add_" #method, parameters, builder_add, AS_FUNCTION | WITH(ROW_##method)},
#define ADDS(layer, method, parameters, fields, rank, fn)                                          \
	ADD(layer, method, parameters, fields, rank)
#include "nn/layers.def"
#define BUILDER_METHOD(name, parameters, fn)      {name, parameters, fn, AS_FUNCTION},
#define BUILDER_METHOD_I(name, parameters, fn, i) {name, parameters, fn, AS_FUNCTION | WITH(i)},
#include "methods.def"
    NATIVE_END,
};

const HostType builder_type = {
    .name = "NeuralNetworkBuilder",
    .module = "coremltools.models.neural_network.builder",
    .methods = methods,
    .getattr = builder_getattr,
    .make = builder_make,
    .mark = builder_mark,
};

const Member builder_module_members[] = {
    TYPE_MEMBER("NeuralNetworkBuilder", &builder_type),
    TYPE_MEMBER("AdamParams", &adam_type),
    TYPE_MEMBER("SgdParams", &sgd_type),
    MODULE_MEMBER("datatypes", datatypes_members),
    END_MEMBER,
};

const Member neural_network_members[] = {
    TYPE_MEMBER("NeuralNetworkBuilder", &builder_type),
    TYPE_MEMBER("AdamParams", &adam_type),
    TYPE_MEMBER("SgdParams", &sgd_type),
#define MODULE(name, table) MODULE_MEMBER(name, table),
#include "methods.def"
    END_MEMBER,
};
