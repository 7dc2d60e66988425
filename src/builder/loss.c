/* loss.c: what a network that learns is to make small: its loss, of an output and a target that
 * training gives, which becomes an input of training beside those of the model.
 */
#include "builder.h"
#include "classes.h"

#include "ct/datatypes.h"
#include "script/core.h"

/* A new loss of that kind, known by its name. The target is the input with _true behind it. */
static bool
add_loss(Interp *in, NetBuilder *b, const char *kind, Value name, Value input, Value target,
         Span at)
{
	Msg *loss = msg_sub(msg_lazy(b->net, "updateParams"), "lossLayers");

	return vlist_push(in, b->layers, name) &&
	       dict_set(in, b->layer_specs, name, bind_message(in, loss), at) &&
	       field_set(in, loss, "name", name, at) &&
	       field_set(in, msg_lazy(loss, kind), "input", input, at) &&
	       field_set(in, msg_lazy(loss, kind), "target", target, at);
}

/* An input of training behind copies of the model's; 0 after reporting that these are too many. */
static Msg *
training_input(Interp *in, NetBuilder *b)
{
	Msg *d = msg_lazy(b->spec, "description");
	size_t n = msg_count(d, "input");

	if (!interp_memory(in, n * sizeof(Msg)))
		return NULL;
	for (size_t i = 0; i < n; i++)
		msg_adopt(d, "trainingInput", msg_at(d, "input", i));
	return msg_sub(d, "trainingInput");
}

static void
array_code(Msg *type, const char *code)
{
	msg_set_path(type, "multiArrayType.dataType", code);
}

static const Msg *
output_named(const NetBuilder *b, const char *name)
{
	const Msg *d = msg_lazy(b->spec, "description");

	for (size_t i = 0; i < msg_count(d, "output"); i++)
		if (!strcmp(msg_get_string(msg_at(d, "output", i), "name"), name))
			return msg_at(d, "output", i);
	return NULL;
}

/* Whether the name of a loss is new, and its target, which is made of the input, no output. */
static bool
loss_target(Interp *in, NetBuilder *b, Value name, Value input, Value *target, Span at)
{
	bool known;

	if (!value_contains(in, b->layer_specs, name, &known, at))
		return false;
	if (known)
		return fail(in, at, "the name %.80s is used already: a loss needs one of its own",
		            shown(in, name));
	if (input.kind != V_STR)
		return input.kind != V_POISON &&
		       fail(in, at, "the input of a loss is the name of an output, found '%s'",
		            type_name(input));
	if (!str_concat(in, input, vstrz(in, "_true"), 0, target))
		return false;
	return !output_named(b, STR_OF(*target)->s) ||
	       fail(in, at, "'%s' is an output of the model and cannot be the target of a loss",
	            STR_OF(*target)->s);
}

static bool
say_target(Interp *in, Value target, const char *kind)
{
	Buf b = {0};

	buf_printf(&b, "Now adding input %s as target for %s loss layer.\n", STR_OF(target)->s,
	           kind);
	interp_print(in, b.at, b.n);
	buf_free(&b);
	return true;
}

static bool
from_softmax(const NetBuilder *b, const char *name)
{
	for (size_t i = 0; i < msg_count(b->net, "layers"); i++) {
		const Msg *layer = msg_at(b->net, "layers", i);
		for (size_t k = 0; msg_has(layer, "softmax") && k < msg_count(layer, "output"); k++)
			if (!strcmp(msg_string_at(layer, "output", k), name))
				return true;
	}
	return false;
}

/* The labels that a classifier learns by are what it predicts. */
static bool
label_input(Interp *in, NetBuilder *b, Span at)
{
	const char *name = msg_get_string(msg_lazy(b->spec, "description"), "predictedFeatureName");
	const Msg *label = output_named(b, name), *type;
	Msg *made;

	if (!label)
		return fail(in, at,
		            "the classifier has no output '%s', which it says it predicts: "
		            "give it labels first: set_class_labels()",
		            name);
	type = msg_lazy(msg_mutable(label), "type");
	made = training_input(in, b);
	if (!made)
		return false;
	msg_string(made, "name", name);
	if (msg_has(type, "int64Type"))
		datatype_put(msg_lazy(made, "type"), &(DataType){DATA_INT64, 0, 0, NULL});
	else if (msg_has(type, "stringType"))
		datatype_put(msg_lazy(made, "type"), &(DataType){DATA_STRING, 0, 0, NULL});
	return true;
}

NATIVE_EXTERN(builder_set_cross_entropy)
{
	const DataType one = {DATA_ARRAY, 0, 1, (const int64_t[]){1}};
	NetBuilder *b = builder_of(self);
	const char *input, *predicted;
	Value target;
	Msg *made;

	*out = VNONE;
	if (!b->spec)
		return true;
	if (!loss_target(in, b, args->v[0], args->v[1], &target, args->span))
		return false;
	input = STR_OF(args->v[1])->s;
	if (!from_softmax(b, input))
		return fail(in, args->span,
		            "the input of a cross entropy loss must be the output of a softmax "
		            "layer, found '%s', which is none",
		            input);
	predicted = msg_get_string(msg_lazy(b->spec, "description"), "predictedProbabilitiesName");
	if (!add_loss(in, b, "categoricalCrossEntropyLossLayer", args->v[0], args->v[1], target,
	              args->span))
		return false;
	if (msg_has(b->spec, "neuralNetworkClassifier") && !strcmp(input, predicted)) {
		if (!label_input(in, b, args->span))
			return false;
	} else {
		made = training_input(in, b);
		if (!made || !field_set(in, made, "name", target, args->span))
			return false;
		datatype_put(msg_lazy(made, "type"), &one);
		array_code(msg_lazy(made, "type"), "INT32");
	}
	return say_target(in, target, "categorical cross-entropy");
}

NATIVE_EXTERN(builder_set_squared_error)
{
	NetBuilder *b = builder_of(self);
	Value pair = args->v[1], target;
	DataType type = {0};
	Msg *made;

	*out = VNONE;
	if (!b->spec || pair.kind == V_POISON)
		return !b->spec;
	if (pair.kind != V_TUPLE || SEQ_OF(pair)->n != 2 || SEQ_OF(pair)->at[0].kind != V_STR ||
	    SEQ_OF(pair)->at[1].kind != V_HOST || !datatype_of(SEQ_OF(pair)->at[1], &type) ||
	    type.kind != DATA_ARRAY)
		return fail(in, args->span,
		            "input_feature must be (name, datatypes.Array(…)), found %.80s",
		            pair.kind == V_UNSET ? "nothing" : shown(in, pair));
	if (!loss_target(in, b, args->v[0], SEQ_OF(pair)->at[0], &target, args->span) ||
	    !add_loss(in, b, "meanSquaredErrorLossLayer", args->v[0], SEQ_OF(pair)->at[0], target,
	              args->span))
		return false;
	made = training_input(in, b);
	if (!made || !field_set(in, made, "name", target, args->span))
		return false;
	datatype_put(msg_lazy(made, "type"), &type);
	array_code(msg_lazy(made, "type"), "DOUBLE");
	return say_target(in, target, "mean squared error");
}
