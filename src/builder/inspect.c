/* inspect.c: what a builder prints of its network, as text equal to the peer's. */
#include "builder.h"
#include "classes.h"

#include "script/core.h"

#include "NeuralNetwork.pb-c.h"

enum { INDENT = 10, DEEPER = 14 };

/* What was printed before an error stays. */
static bool
say(Interp *in, Buf *b, bool ok)
{
	if (b->n)
		interp_print(in, b->at, b->n);
	buf_free(b);
	return ok;
}

/* ---- layers ---- */

static void
put_parameters(Interp *in, Buf *b, Value list)
{
	const SeqObj *s = SEQ_OF(list);

	if (s->n)
		buf_printf(b, "%*sParameters: \n", INDENT, "");
	for (uint32_t i = 0; i < s->n; i++) {
		buf_printf(b, "%*s", DEEPER, "");
		value_str(in, SEQ_OF(s->at[i])->at[0], b);
		buf_puts(b, " = ");
		value_str(in, SEQ_OF(s->at[i])->at[1], b);
		buf_byte(b, '\n');
	}
}

NATIVE_EXTERN(builder_inspect_layers)
{
	NetBuilder *b = builder_of(self);
	size_t n = msg_count(b->net, "layers");
	double last = -1;
	bool verbose = false, ok = true;
	LayerSummary sum;
	Buf text = {0};

	*out = VNONE;
	if ((args->v[0].kind != V_UNSET && !as_double(in, args->v[0], &last, "last", args->span)) ||
	    (args->v[1].kind != V_UNSET && !value_truth(in, args->v[1], &verbose, args->span)))
		return false;
	for (size_t i = 0; ok && i < n && (last < 0 || (double)i < last); i++) {
		const Msg *layer = msg_at(b->net, "layers", n - 1 - i);
		ok = summarize_layer(in, layer, &sum, args->span);
		if (!ok)
			break;
		buf_printf(&text, "[Id: %zu], Name: %s (Type: %s)\n", n - 1 - i, sum.name,
		           sum.type);
		buf_printf(&text, "%*sUpdatable: %s\n", INDENT, "",
		           msg_get_int(layer, "isUpdatable") ? "True" : "False");
		put_blobs(in, &text, INDENT, "Input", sum.inputs);
		put_blobs(in, &text, INDENT, "Output", sum.outputs);
		if (verbose)
			put_parameters(in, &text, sum.params);
	}
	return say(in, &text, ok);
}

NATIVE_EXTERN(builder_inspect_updatable_layers)
{
	NetBuilder *b = builder_of(self);
	LayerSummary sum;
	Buf text = {0};
	bool ok = true;

	*out = VNONE;
	for (size_t i = msg_count(b->net, "layers"); ok && i--;) {
		const Msg *layer = msg_at(b->net, "layers", i);
		if (!msg_get_int(layer, "isUpdatable"))
			continue;
		ok = summarize_layer(in, layer, &sum, args->span);
		if (!ok)
			break;
		buf_printf(&text, "Name: %s (Type: %s)\n", sum.name, sum.type);
		put_blobs(in, &text, INDENT, "Input", sum.inputs);
		put_blobs(in, &text, INDENT, "Output", sum.outputs);
	}
	return say(in, &text, ok);
}

static const struct {
	const char *layer;
	const char *count[2]; /* of channels, its fields */
} channels[] = {
    {"convolution", {"outputChannels", "kernelChannels"}},
    {"innerProduct", {"inputChannels", "outputChannels"}},
};

Msg *
builder_layer(Interp *in, NetBuilder *b, Value name, const char **type, Span at)
{
	const MsgDesc *layers = &core_ml__specification__neural_network_layer__descriptor;
	bool known;
	Msg *m;
	Value v;

	if (!value_contains(in, b->layer_specs, name, &known, at))
		return NULL;
	if (!known || !dict_get(in, b->layer_specs, name, &v) || !is_message(v)) {
		fail(in, at, "there is no layer %.80s", shown(in, name));
		return NULL;
	}
	m = message_of(v);
	*type = m->descriptor == layers ? msg_case(m, "convolution") : m->descriptor->short_name;
	if (!*type)
		*type = "none";
	return m;
}

NATIVE_EXTERN(builder_inspect_channels)
{
	NetBuilder *b = builder_of(self);
	int k = args_with(args);
	const char *type;
	Msg *layer;
	Buf text = {0};

	*out = VNONE;
	if (!b->spec)
		return true;
	layer = builder_layer(in, b, args->v[0], &type, args->span);
	if (!layer)
		return false;
	if (strcmp(type, channels[k].layer) != 0)
		return fail(in, args->span, "layer %.80s is of type %s, expected %s",
		            shown(in, args->v[0]), type, channels[k].layer);
	layer = msg_lazy(layer, channels[k].layer);
	for (int i = 0; i < 2; i++)
		buf_printf(&text, "%s: %llu\n", channels[k].count[i],
		           (unsigned long long)msg_get_int(layer, channels[k].count[i]));
	return say(in, &text, true);
}

/* ---- learning ---- */

NATIVE_EXTERN(builder_inspect_loss_layers)
{
	const Msg *u = msg_lazy(builder_of(self)->net, "updateParams");
	size_t n = msg_count(u, "lossLayers");
	Buf text = {0};

	*out = VNONE;
	if (!n)
		buf_puts(&text, "no loss layer detected.\n");
	for (size_t i = n; i--;) {
		const Msg *loss = msg_at(u, "lossLayers", i);
		const char *kind = msg_case(loss, "meanSquaredErrorLossLayer");
		const Msg *m = kind ? msg_get(loss, kind) : NULL;
		buf_printf(&text, "[Id: %zu], Name: %s (Type: %s)\n", i,
		           msg_get_string(loss, "name"), kind ? kind : "None");
		buf_printf(&text, "%*sLoss Input: %s\n", INDENT, "",
		           m ? msg_get_string(m, "input") : "None");
		buf_printf(&text, "%*sLoss Target: %s\n", INDENT, "",
		           m ? msg_get_string(m, "target") : "None");
	}
	return say(in, &text, true);
}

NATIVE_EXTERN(builder_inspect_optimizer)
{
	Buf text = {0};

	*out = VNONE;
	return say(
	    in, &text,
	    optimizer_text(
	        in, msg_lazy(msg_lazy(builder_of(self)->net, "updateParams"), "optimizer"), &text));
}

/* ---- features ---- */

NATIVE_EXTERN(builder_inspect_features)
{
	const char *list = args_with(args) ? "output" : "input";
	const Msg *d = builder_description(in, self, args);
	Buf text = {0};

	*out = VNONE;
	for (size_t i = d ? msg_count(d, list) : 0; i--;) {
		const Msg *f = msg_at(d, list, i);
		buf_printf(&text, "[Id: %zu] Name: %s\n%*sType: ", i, msg_get_string(f, "name"),
		           INDENT, "");
		msg_text(msg_lazy(msg_mutable(f), "type"), &text);
		buf_byte(&text, '\n');
	}
	return say(in, &text, d != NULL);
}
