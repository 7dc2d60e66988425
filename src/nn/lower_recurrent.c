/* lower_recurrent.c: lstm, gru and rnn as layers. The layers take and give five dimensions; a
 * gate's weights are a field each. */
#include "lower.h"

#include <strings.h>

static const int64_t last_two[] = {3, 4}, around[] = {0, 3, 4};

static const char *
word(const Inst *i, const char *param)
{
	return ((const Str *const *)inst_val(i, param)->data)[0]->s;
}

/* Sets the activation of that name, in any case, with parameters of 0. */
static bool
put_activation(Nn *n, const Inst *i, Msg *m, const char *name)
{
	static const struct {
		const char *name, *field;
	} known[] = {{"sigmoid", "sigmoid"}, {"tanh", "tanh"}, {"linear", "linear"},
	             {"sigmoid_hard", "sigmoidHard"}, {"hard_sigmoid", "sigmoidHard"},
	             {"scaled_tanh", "scaledTanh"}, {"relu", "ReLU"}};

	for (size_t k = 0; k < countof(known); k++)
		if (!strcasecmp(known[k].name, name)) {
			msg_sub(n->arena, m, known[k].field);
			return true;
		}
	return nn_fail(n, i, "a NeuralNetwork has no activation '%s' in %s", name, i->op->name);
}

/* One of the equal parts of a matrix or vector, along its first axis. */
static void
put_part(Nn *n, Msg *m, const char *field, const Tensor *t, int part, int parts)
{
	int64_t count = t->count / parts;
	Tensor *one = tensor_new(n->arena, DT_FP32, &count, 1);

	for (int64_t k = 0; k < count; k++)
		tensor_set_f(one, k, tensor_f(t, part * count + k));
	nn_weights(n, m, field, one, false);
}

static const Tensor *
whole(Nn *n, const Inst *i, const char *param)
{
	const Tensor *t = inst_val(i, param);

	return t ? tensor_view(n->arena, t->dtype, t->dim, t->rank,
	                       (void *)(uintptr_t)tensor_data(n->arena, t))
	         : NULL;
}

static Blob
five(Nn *n, const Inst *i, const char *param, const char *suffix, const int64_t *axes, size_t naxis)
{
	return nn_expanded(n, nn_blob(n, inst_arg(i, param)), nn_name(n, i->out[0]), suffix, axes,
	                   naxis);
}

/* A blob of five dimensions for each result. */
static void
five_outputs(Nn *n, const Inst *i, Blob *out)
{
	for (uint32_t k = 0; k < i->nout; k++)
		out[k] = nn_temp(n, nn_name(n, i->out[k]), "_5d");
}

static void
squeeze_outputs(Nn *n, const Inst *i, const Blob *out)
{
	nn_squeezed(n, out[0], nn_name(n, i->out[0]), last_two, 2);
	for (uint32_t k = 1; k < i->nout; k++)
		nn_squeezed(n, out[k], nn_name(n, i->out[k]), around, 3);
}

static bool
is_reverse(const Inst *i)
{
	return !strcmp(word(i, "direction"), "reverse");
}

bool
nn_rnn(Nn *n, const Inst *i)
{
	static const int64_t behind[] = {2, 3, 4};
	const Tensor *ih = inst_val(i, "weight_ih"), *hh = inst_val(i, "weight_hh");
	const Tensor *bias = inst_val(i, "bias");
	Blob in[2], out[2];
	Msg *p;

	in[0] = five(n, i, "x", "_x", last_two, 2);
	in[1] = five(n, i, "initial_h", "_initial_h", behind, 3);
	five_outputs(n, i, out);
	p = nn_layer(n, i->name->s, "simpleRecurrent", in, 2, out, 2);
	msg_int(n->arena, p, "reverseInput", is_reverse(i));
	msg_int(n->arena, p, "inputVectorSize", ih->dim[1]);
	msg_int(n->arena, p, "outputVectorSize", hh->dim[0]);
	msg_int(n->arena, p, "sequenceOutput", inst_int(i, "output_sequence"));
	nn_weights(n, p, "weightMatrix", ih, false);
	nn_weights(n, p, "recursionMatrix", hh, false);
	if (bias) {
		msg_int(n->arena, p, "hasBiasVector", 1);
		nn_weights(n, p, "biasVector", bias, false);
	}
	if (!put_activation(n, i, msg_sub(n->arena, p, "activation"), word(i, "activation")))
		return false;
	squeeze_outputs(n, i, out);
	return true;
}

bool
nn_gru(Nn *n, const Inst *i)
{
	static const char *const gates[] = {"reset", "output", "update"}; /* as the op has them */
	const Tensor *ih = whole(n, i, "weight_ih"), *hh = whole(n, i, "weight_hh");
	const Tensor *bias = whole(n, i, "bias");
	Blob in[2], out[2];
	Msg *p;

	in[0] = five(n, i, "x", "_x", last_two, 2);
	in[1] = five(n, i, "initial_h", "_initial_h", around, 3);
	five_outputs(n, i, out);
	p = nn_layer(n, i->name->s, "gru", in, 2, out, 2);
	msg_int(n->arena, p, "reverseInput", is_reverse(i));
	msg_int(n->arena, p, "inputVectorSize", ih->dim[1]);
	msg_int(n->arena, p, "outputVectorSize", hh->dim[1]);
	msg_int(n->arena, p, "sequenceOutput", inst_int(i, "output_sequence"));
	msg_int(n->arena, p, "hasBiasVectors", bias != NULL);
	for (int k = 0; k < 3; k++) {
		const char *g = gates[k];
		put_part(n, p, arena_printf(n->arena, "%sGateWeightMatrix", g), ih, k, 3);
		put_part(n, p, arena_printf(n->arena, "%sGateRecursionMatrix", g), hh, k, 3);
		if (bias)
			put_part(n, p, arena_printf(n->arena, "%sGateBiasVector", g), bias, k, 3);
	}
	if (!put_activation(n, i, msg_sub(n->arena, p, "activations"),
	                    word(i, "recurrent_activation")) ||
	    !put_activation(n, i, msg_sub(n->arena, p, "activations"), word(i, "activation")))
		return false;
	squeeze_outputs(n, i, out);
	return true;
}

/* ---- lstm ---- */

/* Weights of one direction: gates of input, forgetting, output, and the block's input. */
static void
put_lstm(Nn *n, const Inst *i, Msg *w, bool back)
{
	static const char *const gates[] = {"inputGate", "forgetGate", "outputGate", "blockInput"};
	const Tensor *ih = whole(n, i, back ? "weight_ih_back" : "weight_ih");
	const Tensor *hh = whole(n, i, back ? "weight_hh_back" : "weight_hh");
	const Tensor *bias = whole(n, i, back ? "bias_back" : "bias");
	const Tensor *peephole = whole(n, i, back ? "peephole_back" : "peephole");

	for (int k = 0; k < 4; k++) {
		const char *g = gates[k];
		put_part(n, w, arena_printf(n->arena, "%sWeightMatrix", g), ih, k, 4);
		put_part(n, w, arena_printf(n->arena, "%sRecursionMatrix", g), hh, k, 4);
		if (bias)
			put_part(n, w, arena_printf(n->arena, "%sBiasVector", g), bias, k, 4);
		if (peephole && k < 3)
			put_part(n, w, arena_printf(n->arena, "%sPeepholeVector", g), peephole, k,
			         3);
	}
}

static bool
put_lstm_activations(Nn *n, const Inst *i, Msg *p, const char *field)
{
	static const char *const params[] = {"recurrent_activation", "cell_activation",
	                                     "activation"};

	for (size_t k = 0; k < countof(params); k++)
		if (!put_activation(n, i, msg_sub(n->arena, p, field), word(i, params[k])))
			return false;
	return true;
}

static void
put_lstm_params(Nn *n, const Inst *i, Msg *layer)
{
	Msg *p = msg_sub(n->arena, layer, "params");
	const Tensor *clip = inst_val(i, "clip");

	msg_int(n->arena, layer, "inputVectorSize", inst_val(i, "weight_ih")->dim[1]);
	msg_int(n->arena, layer, "outputVectorSize", inst_val(i, "weight_hh")->dim[1]);
	msg_int(n->arena, p, "sequenceOutput", inst_int(i, "output_sequence"));
	msg_int(n->arena, p, "hasBiasVectors", inst_val(i, "bias") != NULL);
	msg_int(n->arena, p, "hasPeepholeVectors", inst_val(i, "peephole") != NULL);
	msg_float(n->arena, p, "cellClipThreshold", clip ? tensor_f(clip, 0) : 500);
}

static bool
one_direction(Nn *n, const Inst *i)
{
	Blob in[3], out[3];
	Msg *p;

	in[0] = five(n, i, "x", "_x", last_two, 2);
	in[1] = five(n, i, "initial_h", "_initial_h", around, 3);
	in[2] = five(n, i, "initial_c", "_initial_c", around, 3);
	five_outputs(n, i, out);
	p = nn_layer(n, i->name->s, "uniDirectionalLSTM", in, 3, out, 3);
	msg_int(n->arena, p, "reverseInput", is_reverse(i));
	put_lstm_params(n, i, p);
	put_lstm(n, i, msg_sub(n->arena, p, "weightParams"), false);
	if (!put_lstm_activations(n, i, p, "activations"))
		return false;
	squeeze_outputs(n, i, out);
	return true;
}

static void
halves(Nn *n, Blob in, Blob base, const char *suffix, Blob out[2])
{
	Msg *p;

	out[0] = nn_temp(n, base, arena_printf(n->arena, "%s_forward", suffix));
	out[1] = nn_temp(n, base, arena_printf(n->arena, "%s_reverse", suffix));
	p = nn_layer(n, nn_temp(n, base, suffix), "splitND", &in, 1, out, 2);
	msg_int(n->arena, p, "axis", 2);
	msg_int(n->arena, p, "numSplits", 2);
}

static bool
both_directions(Nn *n, const Inst *i)
{
	Blob base = nn_name(n, i->out[0]), in[5], out[5], h[2], c[2], joined[3];
	Msg *p;

	in[0] = five(n, i, "x", "_x", last_two, 2);
	h[0] = five(n, i, "initial_h", "_initial_h", around, 3);
	c[0] = five(n, i, "initial_c", "_initial_c", around, 3);
	halves(n, h[0], base, "_split_h", h);
	halves(n, c[0], base, "_split_c", c);
	in[1] = h[0];
	in[2] = c[0];
	in[3] = h[1];
	in[4] = c[1];
	five_outputs(n, i, joined);
	out[0] = joined[0];
	for (int k = 1; k < 5; k++)
		out[k] = nn_temp(n, joined[k & 1 ? 1 : 2], k < 3 ? "_forward" : "_reverse");
	p = nn_layer(n, i->name->s, "biDirectionalLSTM", in, 5, out, 5);
	put_lstm_params(n, i, p);
	put_lstm(n, i, msg_sub(n->arena, p, "weightParams"), false);
	put_lstm(n, i, msg_sub(n->arena, p, "weightParams"), true);
	if (!put_lstm_activations(n, i, p, "activationsForwardLSTM") ||
	    !put_lstm_activations(n, i, p, "activationsBackwardLSTM"))
		return false;
	for (int k = 1; k < 3; k++)
		nn_layer(n, joined[k], "concat", (Blob[]){out[k], out[k + 2]}, 2, &joined[k], 1);
	squeeze_outputs(n, i, joined);
	return true;
}

bool
nn_lstm(Nn *n, const Inst *i)
{
	if (!strcmp(word(i, "direction"), "bidirectional"))
		return both_directions(n, i);
	return one_direction(n, i);
}
