/* summary.c: networks in words: the modules spec_inspection_utils and printer.
 * Layers stand in a list, with their parameters; or as code: listing.c.
 */
#include "builder.h"
#include "classes.h"

#include "script/core.h"

#include "Model.pb-c.h"
#include "NeuralNetwork.pb-c.h"

/* ---- a layer ---- */

static void
put_weights(Buf *b, const Msg *w)
{
	static const struct {
		const char *field, *unit;
	} held[] = {{"float16Value", "float16Values"}, {"rawValue", "rawValues"}};
	const Msg *q = msg_get(w, "quantization");
	size_t n = msg_count(w, "floatValue");

	if (q)
		buf_printf(b, "%llu-bit %s quantized",
		           (unsigned long long)msg_get_int(q, "numberOfBits"),
		           msg_has(q, "linearQuantization") ? "linearly" : "lookup-table");
	if (n)
		buf_printf(b, "(%zu floatValues)", n);
	for (size_t k = 0; k < countof(held); k++) {
		n = msg_bytes(w, held[k].field)->len;
		if (n)
			buf_printf(b, "(%zu bytes %s)", n, held[k].unit);
	}
}

static void
put_lstm(Buf *b, const Msg *m)
{
	static const struct {
		const char *field, *label;
	} held[] = {
	    {"inputGateWeightMatrix", "W_i"},     {"forgetGateWeightMatrix", "W_f"},
	    {"blockInputWeightMatrix", "W_z"},    {"outputGateWeightMatrix", "W_o"},
	    {"inputGateRecursionMatrix", "H_i"},  {"forgetGateRecursionMatrix", "H_f"},
	    {"blockInputRecursionMatrix", "H_z"}, {"outputGateRecursionMatrix", "H_o"},
	    {"inputGateBiasVector", "b_i"},       {"forgetGateBiasVector", "b_f"},
	    {"blockInputBiasVector", "b_z"},      {"outputGateBiasVector", "b_o"},
	    {"inputGatePeepholeVector", "p_i"},   {"forgetGatePeepholeVector", "p_f"},
	    {"outputGatePeepholeVector", "p_o"},
	};
	bool first = true;

	for (size_t k = 0; k < countof(held); k++) {
		Buf one = {0};
		const Msg *w = msg_get(m, held[k].field);
		if (w)
			put_weights(&one, w);
		if (one.n) {
			buf_printf(b, "%s%s, ", first ? "" : "\n        ", held[k].label);
			buf_put(b, one.at, one.n);
			first = false;
		}
		buf_free(&one);
	}
}

/* A field of a layer's parameters as one line; nothing: it is not shown. */
static bool
put_parameter(Interp *in, Buf *b, const Msg *params, const Field *f)
{
	const Msg *m = f->type == PROTOBUF_C_TYPE_MESSAGE && f->label != PROTOBUF_C_LABEL_REPEATED
	                   ? msg_lazy(msg_mutable(params), f->name)
	                   : NULL;
	size_t start = b->n;
	Value v;

	if (m && m->descriptor == &core_ml__specification__weight_params__descriptor) {
		put_weights(b, m);
		return true;
	}
	if (m && m->descriptor == &core_ml__specification__lstmweight_params__descriptor) {
		put_lstm(b, m);
		return true;
	}
	if (!value_member(in, bind_message(in, params), f->name, &v, NOSPAN))
		return false;
	value_str(in, v, b);
	for (char *c = b->at + start; start < b->n && c < b->at + b->n; c++)
		if (*c == '\n')
			*c = ' ';
	return true;
}

/* Field i as it stands in the .proto file: by number, but for the last of a few messages. */
static const Field *
declared(const MsgDesc *d, unsigned i)
{
	static const struct {
		const MsgDesc *d;
		unsigned place; /* of the field with the highest number */
	} moved[] = {
	    {&core_ml__specification__pooling3_dlayer_params__descriptor, 7},
	    {&core_ml__specification__upsample_layer_params__descriptor, 1},
	};

	for (size_t k = 0; k < countof(moved); k++)
		if (moved[k].d == d && i >= moved[k].place)
			return &d->fields[i == moved[k].place ? d->n_fields - 1 : i - 1];
	return &d->fields[i];
}

static bool
parameters_of(Interp *in, const Msg *params, Value *list)
{
	*list = vlist(in, NULL, 0);
	for (unsigned i = 0; i < params->descriptor->n_fields; i++) {
		const Field *f = declared(params->descriptor, i);
		Buf b = {0};
		Value pair[2];
		bool ok = put_parameter(in, &b, params, f), shows = b.n;

		pair[0] = vstrz(in, f->name);
		pair[1] = vstr_buf(in, &b);
		if (!ok || (shows && !vlist_push(in, *list, vlist(in, pair, 2))))
			return false;
	}
	return true;
}

static Value
strings_of(Interp *in, const Msg *m, const char *field)
{
	Value list = vlist(in, NULL, 0);

	for (size_t i = 0; i < msg_count(m, field); i++)
		vlist_push(in, list, vstrz(in, msg_string_at(m, field, i)));
	return list;
}

bool
summarize_layer(Interp *in, const Msg *layer, LayerSummary *sum, Span at)
{
	sum->type = msg_case(layer, "convolution");
	sum->name = msg_get_string(layer, "name");
	if (!interp_item(in))
		return false;
	if (!sum->type)
		return fail(in, at, "layer '%s' is of no type", sum->name);
	sum->inputs = strings_of(in, layer, "input");
	sum->outputs = strings_of(in, layer, "output");
	return parameters_of(in, msg_get(layer, sum->type), &sum->params);
}

/* ---- features ---- */

static void
put_feature(Buf *b, const Msg *feature)
{
	const Msg *type = msg_lazy(msg_mutable(feature), "type");
	const Msg *array = msg_get(type, "multiArrayType");
	Buf text = {0};

	if (array) {
		buf_byte(b, '[');
		for (size_t i = 0; i < msg_count(array, "shape"); i++)
			buf_printf(b, "%s%lld", i ? ", " : "",
			           (long long)msg_int_at(array, "shape", i));
		buf_byte(b, ']');
		return;
	}
	msg_text(type, &text);
	buf_byte(b, '(');
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] != '\n')
			buf_byte(b, text.at[i]);
	buf_byte(b, ')');
	buf_free(&text);
}

static const char *const sides[] = {"input", "output"};

static void
put_interface(Buf *b, const Msg *spec)
{
	const Msg *d = msg_lazy(msg_mutable(spec), "description");

	for (int k = 0; k < 2; k++) {
		buf_puts(b, k ? "Outputs:\n" : "Inputs:\n");
		for (size_t i = 0; i < msg_count(d, sides[k]); i++) {
			const Msg *f = msg_at(d, sides[k], i);
			buf_printf(b, "  %s ", msg_get_string(f, "name"));
			put_feature(b, f);
			buf_byte(b, '\n');
		}
	}
}

static Value
spec_names(Interp *in, const Msg *spec, const char *side)
{
	const Msg *d = msg_lazy(msg_mutable(spec), "description");
	Value list = vlist(in, NULL, 0);

	for (size_t i = 0; i < msg_count(d, side); i++)
		vlist_push(in, list, vstrz(in, msg_get_string(msg_at(d, side, i), "name")));
	return list;
}

/* ---- a list ---- */

void
put_blobs(Interp *in, Buf *b, int indent, const char *what, Value names)
{
	buf_printf(b, "%*s%s blobs: ", indent, "", what);
	value_repr(in, names, b);
	buf_byte(b, '\n');
}

static bool
put_layers(Interp *in, Buf *b, const Msg *net, Span at)
{
	LayerSummary sum;

	for (size_t i = 0; i < msg_count(net, "layers"); i++) {
		if (!summarize_layer(in, msg_at(net, "layers", i), &sum, at))
			return false;
		buf_printf(b, "[%zu] (%s) %s\n", i, sum.type, sum.name);
		put_blobs(in, b, 2, "Input", sum.inputs);
		put_blobs(in, b, 2, "Output", sum.outputs);
		if (SEQ_OF(sum.params)->n)
			buf_puts(b, "  Parameters: \n");
		for (uint32_t k = 0; k < SEQ_OF(sum.params)->n; k++) {
			const SeqObj *pair = SEQ_OF(SEQ_OF(sum.params)->at[k]);
			buf_printf(b, "    %s = ", STR_OF(pair->at[0])->s);
			value_str(in, pair->at[1], b);
			buf_byte(b, '\n');
		}
	}
	return true;
}

/* Layers are counted even if they are not printed: one of no type is refused in any case. */
static bool
put_list(Interp *in, Buf *b, const Msg *spec, bool interface_only, Span at)
{
	const Msg *net = network_of(spec);
	Buf layers = {0};
	bool ok = !net || put_layers(in, &layers, net, at);

	put_interface(b, spec);
	if (!net)
		buf_puts(b, "\n(This MLModel is not a neural network model or does not contain any "
		            "layers)\n");
	if (layers.n && !interface_only) {
		buf_puts(b, "\nLayers:\n");
		buf_put(b, layers.at, layers.n);
	}
	buf_free(&layers);
	buf_puts(b, "\n\n");
	return ok;
}

/* ---- what scripts call ---- */

static bool
print_spec(Interp *in, const Msg *spec, bool interface_only, bool code, Span at)
{
	const Msg *net = network_of(spec);
	Buf b = {0};
	bool ok = true;

	if (!code) {
		ok = put_list(in, &b, spec, interface_only, at);
	} else {
		put_interface(&b, spec);
		if (!interface_only && !net)
			buf_puts(&b, "\n(This MLModel is not a neural network model)\n");
		if (!interface_only && net) {
			buf_puts(&b, "\n\n");
			ok = put_code(in, &b, net, 0, spec_names(in, spec, sides[0]),
			              spec_names(in, spec, sides[1]), at);
		}
	}
	if (ok)
		interp_print(in, b.at, b.n);
	buf_free(&b);
	return ok;
}

NATIVE(print_network)
{
	const Msg *spec = message_arg(in, args, &core_ml__specification__model__descriptor);
	bool interface_only = false;
	Value style = args->v[2];

	*out = VNONE;
	if (!spec || (args->v[1].kind != V_UNSET &&
	              !value_truth(in, args->v[1], &interface_only, args->span)))
		return false;
	return print_spec(in, spec, interface_only,
	                  style.kind == V_STR && !strcmp(STR_OF(style)->s, "coding"), args->span);
}

NATIVE(print_in_style)
{
	const Msg *spec = message_arg(in, args, &core_ml__specification__model__descriptor);
	bool interface_only = false;

	*out = VNONE;
	return spec &&
	       (args->v[1].kind == V_UNSET ||
	        value_truth(in, args->v[1], &interface_only, args->span)) &&
	       print_spec(in, spec, interface_only, self.i, args->span);
}

NATIVE(weights_summary)
{
	static const MsgDesc *const kinds[] = {
	    &core_ml__specification__weight_params__descriptor,
	    &core_ml__specification__lstmweight_params__descriptor,
	    &core_ml__specification__feature_description__descriptor};
	static void (*const put[])(Buf *, const Msg *) = {put_weights, put_lstm, put_feature};
	const Msg *m = message_arg(in, args, kinds[self.i]);
	Buf b = {0};

	if (!m)
		return false;
	put[self.i](&b, m);
	*out = vstr_buf(in, &b);
	return true;
}

static Value
layer_tuple(Interp *in, const LayerSummary *sum)
{
	const Value v[] = {vstrz(in, sum->type), vstrz(in, sum->name), sum->inputs, sum->outputs,
	                   sum->params};

	return vtuple(in, v, countof(v));
}

NATIVE(layer_summary)
{
	const Msg *layer =
	    message_arg(in, args, &core_ml__specification__neural_network_layer__descriptor);
	LayerSummary sum;

	if (!layer || !summarize_layer(in, layer, &sum, args->span))
		return false;
	*out = layer_tuple(in, &sum);
	return true;
}

static Value
interface_list(Interp *in, const Msg *spec, const char *side)
{
	const Msg *d = msg_lazy(msg_mutable(spec), "description");
	Value list = vlist(in, NULL, 0), pair[2];

	for (size_t i = 0; i < msg_count(d, side); i++) {
		Buf b = {0};
		put_feature(&b, msg_at(d, side, i));
		pair[0] = vstrz(in, msg_get_string(msg_at(d, side, i), "name"));
		pair[1] = vstr_buf(in, &b);
		vlist_push(in, list, vtuple(in, pair, 2));
	}
	return list;
}

NATIVE(network_summary)
{
	const Msg *spec = message_arg(in, args, &core_ml__specification__model__descriptor);
	const Msg *net = spec ? network_of(spec) : NULL;
	Value v[3];
	LayerSummary sum;

	if (!spec)
		return false;
	v[0] = interface_list(in, spec, sides[0]);
	v[1] = interface_list(in, spec, sides[1]);
	v[2] = net ? vlist(in, NULL, 0) : VNONE;
	for (size_t i = 0; net && i < msg_count(net, "layers"); i++)
		if (!summarize_layer(in, msg_at(net, "layers", i), &sum, args->span) ||
		    !vlist_push(in, v[2], layer_tuple(in, &sum)))
			return false;
	*out = vtuple(in, v, countof(v));
	return true;
}

const Member printer_members[] = {
    FN_MEMBER("print_network_spec", "mlmodel_spec,interface_only=,style=", print_network),
    FN_MEMBER_I("_print_network_spec_parameter_info_style",
                "mlmodel_spec,interface_only=", print_in_style, 0),
    FN_MEMBER_I("_print_network_spec_coding_style", "mlmodel_spec,interface_only=", print_in_style,
                1),
    END_MEMBER,
};
const Member inspection_members[] = {
    FN_MEMBER_I("_get_weight_param_summary", "wp", weights_summary, 0),
    FN_MEMBER_I("_get_lstm_weight_param_summary", "lstm_wp", weights_summary, 1),
    FN_MEMBER_I("_get_feature_description_summary", "feature", weights_summary, 2),
    FN_MEMBER("_summarize_network_layer_info", "layer", layer_summary),
    FN_MEMBER("_summarize_neural_network_spec", "mlmodel_spec", network_summary),
    FN_MEMBER("_summarize_neural_network_spec_code_style",
              "nn_spec,indentation=,input_names=,output_names=", network_code),
    END_MEMBER,
};
