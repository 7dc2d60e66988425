/* recurrent.c: add_ methods of recurrent layers: lists of matrices and vectors, one for each gate,
 * as fields of the message that holds them.
 */
#include "builder.h"

#include "script/core.h"

#include <stdio.h>

/* ---- activations of gates ---- */

const GateWord gate_words[GATE_WORDS] = {
    {"SIGMOID", "sigmoid"},
    {"TANH", "tanh"},
    {"LINEAR", "linear"},
    {"SIGMOID_HARD", "sigmoidHard"},
    {"HARD_SIGMOID", "sigmoidHard"},
    {"SCALED_TANH", "scaledTanh"},
    {"RELU", "ReLU"},
};

static bool
gate_activation(Adding *a, Msg *m, const char *param)
{
	const char *word;

	if (!add_word(a, param, true, &word))
		return false;
	for (size_t k = 0; k < GATE_WORDS; k++)
		if (!strcmp(gate_words[k].word, word)) {
			msg_edit(m, gate_words[k].member);
			return true;
		}
	return add_no_word(a, param,
	                   "SIGMOID, TANH, LINEAR, SIGMOID_HARD, HARD_SIGMOID, SCALED_TANH, RELU");
}

static bool
gate_activations(Adding *a, const char *field, const char *const *param, int n)
{
	for (int k = 0; k < n; k++)
		if (!gate_activation(a, msg_sub(a->params, field), param[k]))
			return false;
	return true;
}

/* ---- weights of gates ---- */

/* One array for each gate, "input", "forget", …, as the field GATE + what. */
static bool
gates(Adding *a, Msg *m, const char *param, const char *const *gate, uint32_t n, const char *what)
{
	char field[64];
	Value list;

	if (!add_list(a, param, &list))
		return false;
	if (SEQ_OF(list)->n != n)
		return add_fail(a, param, "%s must have %u arrays, found %u", param, n,
		                SEQ_OF(list)->n);
	for (uint32_t i = 0; i < n; i++) {
		snprintf(field, sizeof field, "%s%s", gate[i], what);
		if (!add_floats(a, m, field, SEQ_OF(list)->at[i], param))
			return false;
	}
	return true;
}

/* ---- LSTM ---- */

static const char *const lstm_gates[] = {"inputGate", "forgetGate", "outputGate", "blockInput"};
static const char *const lstm_activations[] = {"inner_activation", "cell_state_update_activation",
                                               "output_activation"};

/* One direction: the names of its parameters. */
static bool
direction(Adding *a, Msg *m, const char *w_x, const char *w_h, const char *b, const char *peep)
{
	return gates(a, m, w_x, lstm_gates, 4, "WeightMatrix") &&
	       gates(a, m, w_h, lstm_gates, 4, "RecursionMatrix") &&
	       (!add_given(a, b) || gates(a, m, b, lstm_gates, 4, "BiasVector")) &&
	       (!add_given(a, peep) || gates(a, m, peep, lstm_gates, 3, "PeepholeVector"));
}

static bool
lstm_params(Adding *a)
{
	Msg *m = msg_edit(a->params, "params");

	if (add_given(a, "b"))
		msg_int(m, "hasBiasVectors", 1);
	if (add_given(a, "peep"))
		msg_int(m, "hasPeepholeVectors", 1);
	return add_field(a, m, "sequenceOutput", "output_all") &&
	       add_field(a, m, "forgetBias", "forget_bias") &&
	       add_field(a, m, "coupledInputAndForgetGate", "coupled_input_forget_gate") &&
	       add_field(a, m, "cellClipThreshold", "cell_clip_threshold");
}

bool
add_unilstm(Adding *a)
{
	return lstm_params(a) && gate_activations(a, "activations", lstm_activations, 3) &&
	       direction(a, msg_edit(a->params, "weightParams"), "W_x", "W_h", "b", "peep");
}

bool
add_bidirlstm(Adding *a)
{
	Msg *forward = msg_sub(a->params, "weightParams"),
	    *back = msg_sub(a->params, "weightParams");

	return lstm_params(a) &&
	       gate_activations(a, "activationsForwardLSTM", lstm_activations, 3) &&
	       gate_activations(a, "activationsBackwardLSTM", lstm_activations, 3) &&
	       direction(a, forward, "W_x", "W_h", "b", "peep") &&
	       direction(a, back, "W_x_back", "W_h_back", "b_back", "peep_back");
}

/* ---- GRU and plain ---- */

bool
add_gru(Adding *a)
{
	static const char *const gate[] = {"updateGate", "resetGate", "outputGate"},
	                         *const activation[] = {"inner_activation", "activation"};

	if (add_given(a, "b"))
		msg_int(a->params, "hasBiasVectors", 1);
	return gate_activations(a, "activations", activation, 2) &&
	       gates(a, a->params, "W_x", gate, 3, "WeightMatrix") &&
	       gates(a, a->params, "W_h", gate, 3, "RecursionMatrix") &&
	       (!add_given(a, "b") || gates(a, a->params, "b", gate, 3, "BiasVector"));
}

bool
add_simple_rnn(Adding *a)
{
	if (add_given(a, "b"))
		msg_int(a->params, "hasBiasVector", 1);
	return gate_activation(a, msg_edit(a->params, "activation"), "activation") &&
	       add_floats(a, a->params, "weightMatrix", add_arg(a, "W_x"), "W_x") &&
	       add_floats(a, a->params, "recursionMatrix", add_arg(a, "W_h"), "W_h") &&
	       (!add_given(a, "b") || add_floats(a, a->params, "biasVector", add_arg(a, "b"), "b"));
}
