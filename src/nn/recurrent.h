/* recurrent.h: what lstm, gru and rnn are as layers and as operations. Blobs of the layers have
 * five dimensions, steps, batch, channels and two of 1; a gate's weights are a field each, in the
 * op they stand below one another.
 */
#ifndef MILC_NN_RECURRENT_H
#define MILC_NN_RECURRENT_H

#include "layers.h"

static const int64_t last_two[] = {3, 4}, around[] = {0, 3, 4};

/* Activations as ops and layers call them; their parameters are 0 in layers. Of two names of one
 * the first is read. */
static const struct {
	const char *name, *field;
} functions[] = {{"sigmoid", "sigmoid"},
                 {"tanh", "tanh"},
                 {"linear", "linear"},
                 {"hard_sigmoid", "sigmoidHard"},
                 {"sigmoid_hard", "sigmoidHard"},
                 {"scaled_tanh", "scaledTanh"},
                 {"relu", "ReLU"}};

/* Weights as operands, and as fields behind the name of a gate; a flag says whether they are there.
 * The gates of the op stand below one another. */
static const struct Part {
	const char *param, *end, *flag;
} parts[] = {{"weight_ih", "WeightMatrix", NULL},
             {"weight_hh", "RecursionMatrix", NULL},
             {"bias", "BiasVector", "hasBiasVectors"},
             {"peephole", "PeepholeVector", "hasPeepholeVectors"}};
typedef struct Gates {
	size_t n, nparts;
	const char *name[4];
} Gates;
static const Gates gru_gates = {3, 3, {"resetGate", "outputGate", "updateGate"}};
static const Gates lstm_gates = {4, 4, {"inputGate", "forgetGate", "outputGate", "blockInput"}};

/* The block's input has no peephole. */
static inline size_t
gates_with(const Gates *g, const struct Part *part)
{
	return part == &parts[3] ? 3 : g->n;
}

#endif
