/* recurrent.c: lstm, gru and rnn written as layers. recurrent.h has what the two sides share. */
#include "lower.h"
#include "recurrent.h"

#include <strings.h>

/* Sets the activation that a parameter names, in any case. */
static bool
put_activation(Nn *n, const Inst *i, Msg *m, const char *param)
{
	const char *name = nn_word(i, param);

	for (size_t k = 0; k < countof(functions); k++)
		if (!strcasecmp(functions[k].name, name)) {
			msg_sub(m, functions[k].field);
			return true;
		}
	return nn_fail(n, i, "a NeuralNetwork has no activation '%s' in %s", name, i->op->name);
}

/* The weights of one direction into m, and the flags into `flags`. */
static void
put_gates(Nn *n, const Inst *i, Msg *m, Msg *flags, const Gates *g, const char *suffix)
{
	for (const struct Part *part = parts; part < parts + g->nparts; part++) {
		const Tensor *t = inst_val(i, arena_printf(n->arena, "%s%s", part->param, suffix));
		if (!t)
			continue;
		size_t count = gates_with(g, part);
		int64_t each = t->count / (int64_t)count;
		const float *all = tensor_data(n->arena, tensor_cast(n->arena, t, DT_FP32));
		if (part->flag && !*suffix)
			msg_int(flags, part->flag, 1);
		for (size_t k = 0; k < count; k++) {
			const void *at = all + (int64_t)k * each;
			const Tensor *one =
			    tensor_view(n->arena, DT_FP32, &each, 1, (void *)(uintptr_t)at);
			nn_weights(n, m, arena_printf(n->arena, "%s%s", g->name[k], part->end), one,
			           false);
		}
	}
}

static Blob
five(Nn *n, const Inst *i, const char *param, const int64_t *axes, size_t naxis)
{
	return nn_expanded(n, nn_blob(n, inst_arg(i, param)), nn_name(n, i->out[0]),
	                   arena_printf(n->arena, "_%s", param), axes, naxis);
}

/* The peer names what it makes of the operand after it, and refuses the name's second use. */
static bool
widen_once(Nn *n, const Inst *i, const char *param)
{
	const Var *v = inst_arg(i, param);
	NnWide *w;

	for (w = n->wide; w; w = w->next)
		if (w->v == v && w->net == n->net)
			return nn_fail(n, i,
			               "'%s' enters a recurrent layer already, and only one can "
			               "take it as a NeuralNetwork: use an ML Program",
			               v->name->s);
	w = new (n->arena, NnWide);
	*w = (NnWide){v, n->net, n->wide};
	n->wide = w;
	return true;
}

/* x and the states with five dimensions. */
static bool
five_inputs(Nn *n, const Inst *i, Blob *in, const int64_t around_state[3])
{
	if (!widen_once(n, i, "x") ||
	    (i->op->code != OP_lstm && !widen_once(n, i, "initial_h")))
		return false;
	in[0] = five(n, i, "x", last_two, 2);
	in[1] = five(n, i, "initial_h", around_state, 3);
	if (i->op->code == OP_lstm)
		in[2] = five(n, i, "initial_c", around_state, 3);
	return true;
}

/* A blob of five dimensions for each result. */
static void
five_outputs(Nn *n, const Inst *i, Blob *out)
{
	for (uint32_t k = 0; k < i->nout; k++)
		out[k] = nn_temp(n, nn_name(n, i->out[k]), "_5d");
}

static bool
squeeze_outputs(Nn *n, const Inst *i, const Blob *out)
{
	nn_squeezed(n, out[0], nn_name(n, i->out[0]), last_two, 2);
	for (uint32_t k = 1; k < i->nout; k++)
		nn_squeezed(n, out[k], nn_name(n, i->out[k]), around, 3);
	return true;
}

static void
put_sizes(const Inst *i, Msg *p)
{
	msg_int(p, "inputVectorSize", inst_val(i, "weight_ih")->dim[1]);
	msg_int(p, "outputVectorSize", inst_val(i, "weight_hh")->dim[1]);
}

/* A layer of one direction; its parameters with what all have, or 0. */
static Msg *
one_way(Nn *n, const Inst *i, const char *layer, const int64_t around_state[3], Blob *out)
{
	Blob in[3];
	Msg *p;

	if (!five_inputs(n, i, in, around_state))
		return NULL;
	five_outputs(n, i, out);
	p = nn_layer(n, i->name->s, layer, in, i->nout, out, i->nout);
	msg_int(p, "reverseInput", nn_word_is(i, "direction", "reverse"));
	put_sizes(i, p);
	if (i->op->code != OP_lstm)
		nn_fields(p, i, layer_row(layer)->fields);
	return p;
}

bool
nn_rnn(Nn *n, const Inst *i)
{
	static const int64_t behind[] = {2, 3, 4};
	const Tensor *bias = inst_val(i, "bias");
	Blob out[2];
	Msg *p = one_way(n, i, "simpleRecurrent", behind, out);

	if (!p)
		return false;
	nn_weights(n, p, "weightMatrix", inst_val(i, "weight_ih"), false);
	nn_weights(n, p, "recursionMatrix", inst_val(i, "weight_hh"), false);
	if (bias) {
		msg_int(p, "hasBiasVector", 1);
		nn_weights(n, p, "biasVector", bias, false);
	}
	return put_activation(n, i, msg_sub(p, "activation"), "activation") &&
	       squeeze_outputs(n, i, out);
}

static bool
put_activations(Nn *n, const Inst *i, Msg *p, const char *field)
{
	static const char *const params[] = {"recurrent_activation", "cell_activation",
	                                     "activation"};

	for (size_t k = 0; k < countof(params); k++)
		if (op_param(i->op, params[k]) >= 0 &&
		    !put_activation(n, i, msg_sub(p, field), params[k]))
			return false;
	return true;
}

bool
nn_gru(Nn *n, const Inst *i)
{
	Blob out[2];
	Msg *p = one_way(n, i, "gru", around, out);

	if (!p)
		return false;
	put_gates(n, i, p, p, &gru_gates, "");
	return put_activations(n, i, p, "activations") && squeeze_outputs(n, i, out);
}

/* ---- lstm ---- */

static Msg *
put_lstm_params(const Inst *i, Msg *layer)
{
	Msg *p = msg_sub(layer, "params");

	msg_int(p, "sequenceOutput", inst_int(i, "output_sequence"));
	msg_float(p, "cellClipThreshold", inst_val(i, "clip") ? nn_number(i, "clip") : 500);
	return p;
}

static bool
one_direction(Nn *n, const Inst *i)
{
	Blob out[3];
	Msg *p = one_way(n, i, "uniDirectionalLSTM", around, out);

	if (!p)
		return false;
	put_gates(n, i, msg_sub(p, "weightParams"), put_lstm_params(i, p), &lstm_gates, "");
	return put_activations(n, i, p, "activations") && squeeze_outputs(n, i, out);
}

static void
halves(Nn *n, Blob in, Blob base, const char *suffix, Blob out[2])
{
	Msg *p;

	out[0] = nn_temp(n, base, arena_printf(n->arena, "%s_forward", suffix));
	out[1] = nn_temp(n, base, arena_printf(n->arena, "%s_reverse", suffix));
	p = nn_layer(n, nn_temp(n, base, suffix), "splitND", &in, 1, out, 2);
	msg_int(p, "axis", 2);
	msg_int(p, "numSplits", 2);
}

static bool
both_directions(Nn *n, const Inst *i)
{
	Blob base = nn_name(n, i->out[0]), in[5], out[5], state[3], joined[3];
	Msg *p, *params;

	if (!five_inputs(n, i, state, around))
		return false;
	in[0] = state[0];
	for (int k = 1; k < 3; k++) {
		Blob half[2];
		halves(n, state[k], base, k == 1 ? "_split_h" : "_split_c", half);
		in[k] = half[0];
		in[k + 2] = half[1];
	}
	five_outputs(n, i, joined);
	out[0] = joined[0];
	for (int k = 1; k < 5; k++)
		out[k] = nn_temp(n, joined[k & 1 ? 1 : 2], k < 3 ? "_forward" : "_reverse");
	p = nn_layer(n, i->name->s, "biDirectionalLSTM", in, 5, out, 5);
	put_sizes(i, p);
	params = put_lstm_params(i, p);
	put_gates(n, i, msg_sub(p, "weightParams"), params, &lstm_gates, "");
	put_gates(n, i, msg_sub(p, "weightParams"), params, &lstm_gates, "_back");
	if (!put_activations(n, i, p, "activationsForwardLSTM") ||
	    !put_activations(n, i, p, "activationsBackwardLSTM"))
		return false;
	for (int k = 1; k < 3; k++)
		nn_two(n, "concat", out[k], out[k + 2], joined[k]);
	return squeeze_outputs(n, i, joined);
}

bool
nn_lstm(Nn *n, const Inst *i)
{
	return nn_word_is(i, "direction", "bidirectional") ? both_directions(n, i)
	                                                   : one_direction(n, i);
}
