/* test_nn_recurrent.c: what steers the recurrent layers, in networks of one lstm over two steps of
 * two inputs, 0 1 and 2 3: which states there are, forgetBias, coupled gates, the limit of the
 * cell, both directions. Its gates are hard sigmoids, 0.2 v + 0.5 from 0 to 1, what they let
 * through is linear, so all numbers are exact: a bias of 5 opens a gate, one of -5 shuts it.
 */
#include "nn_text.h"

enum { INPUT, FORGET, BLOCK, OUTPUT };
typedef struct Lstm {
	bool both;
	const char *in, *out; /* blobs; c is 3, h is 0 */
	double bias[4];       /* of the gates, or none at all if NAN comes first */
	const char *flags;    /* fields of params */
	double sums;          /* weight of the inputs in the block's input */
	const char *want;
} Lstm;

static void
put_floats(Msg *w, const char *field, const double *v, size_t n)
{
	float *f = msg_floats(msg_sub(w, field), "floatValue", n);

	for (size_t k = 0; k < n; k++)
		f[k] = (float)v[k];
}

static void
put_weights(Arena *a, Msg *w, const Lstm *l)
{
	static const char *const gate[] = {"inputGate", "forgetGate", "blockInput", "outputGate"};

	for (int k = 0; k < 4; k++) {
		double sum = k == BLOCK ? l->sums : 0;
		put_floats(w, arena_printf(a, "%sWeightMatrix", gate[k]), (double[]){sum, sum}, 2);
		put_floats(w, arena_printf(a, "%sRecursionMatrix", gate[k]), (double[]){0}, 1);
		if (!isnan(l->bias[0]))
			put_floats(w, arena_printf(a, "%sBiasVector", gate[k]), &l->bias[k], 1);
	}
}

static const char *
run_lstm(World *w, const Lstm *l)
{
	const char *kind = l->both ? "biDirectionalLSTM" : "uniDirectionalLSTM";
	Msg *net, *p, *a;
	Model *m = model_with(w, &net);

	add_layer(&w->arena, net, &(Case){"add", "h", "c", "alpha=3", NULL});
	p = add_layer(&w->arena, net,
	              &(Case){kind, l->in, l->out,
	                      arena_printf(&w->arena, "inputVectorSize=2,outputVectorSize=1,%s",
	                                   l->flags), NULL});
	if (!isnan(l->bias[0]))
		msg_int((Msg *)(uintptr_t)msg_get(p, "params"), "hasBiasVectors", 1);
	for (int d = 0; d <= l->both; d++) {
		const char *field = !l->both ? "activations"
		                    : d      ? "activationsBackwardLSTM"
		                             : "activationsForwardLSTM";
		put_weights(&w->arena, msg_sub(p, "weightParams"), l);
		for (int k = 0; k < 3; k++) {
			a = msg_sub(p, field);
			msg_sub(a, k ? "linear" : "sigmoidHard");
		}
	}
	add_feature(w, m, true, "y", 0, NULL);
	return net_text(w, net, m);
}

static const Lstm cases[] = {
    /* states are there, or zero */
    {false, "seq h c", "y yh yc", {-5, 5, 0, 5}, "params.sequenceOutput=1", 1, "2x1x1x1x1: 3 3"},
    {false, "seq", "y", {5, 5, 0, 5}, "params.sequenceOutput=1", 1, "2x1x1x1x1: 1 6"},
    {false, "seq", "y", {5, 5, 0, 5}, "params.sequenceOutput=0", 1, "1x1x1x1x1: 6"},
    {false, "seq h c", "other yh y", {5, 5, 0, 5}, "params.sequenceOutput=0", 1, "1x1x1x1x1: 9"},
    {false, "seq", "y", {5, -5, 0, 5}, "params.sequenceOutput=1,reverseInput=1", 1,
     "2x1x1x1x1: 5 1"},
    /* 1 for the forget gate, with biases and without: 0.2 + 0.5 of the cell stays */
    {false, "seq h c", "y yh yc", {-5, 0, 0, 5}, "params.sequenceOutput=1,params.forgetBias=1", 0,
     "2x1x1x1x1: 2.1 1.47"},
    {false, "seq h c", "y yh yc", {NAN, 0, 0, 0},
     "params.sequenceOutput=1,params.forgetBias=1", 0, "2x1x1x1x1: 1.05 0.735"},
    /* the input gate, 0.7 here, says what stays; the forget gate is not looked at */
    {false, "seq h c", "y yh yc", {1, 5, 1, 0},
     "params.sequenceOutput=1,params.coupledInputAndForgetGate=1", 0, "2x1x1x1x1: 0.8 0.59"},
    {false, "seq h c", "y yh yc", {1, 5, 1, 0},
     "params.sequenceOutput=1,params.coupledInputAndForgetGate=1,params.forgetBias=1", 0,
     "2x1x1x1x1: 0.8 0.59"},
    /* the cell's limit, 50 if it is not set */
    {false, "seq", "y", {5, -5, 1000, 5}, "params.cellClipThreshold=0", 0, "1x1x1x1x1: 50"},
    {false, "seq", "y", {5, -5, -1000, 5}, "params.cellClipThreshold=500", 0, "1x1x1x1x1: -500"},
    /* the second half comes from the end of the sequence */
    {true, "seq", "y", {5, 5, 0, 5}, "params.sequenceOutput=1", 1, "2x1x2x1x1: 1 6 6 5"},
    {true, "seq h c h c", "y yh yc bh bc", {5, 5, 0, 5}, "params.sequenceOutput=1", 1,
     "2x1x2x1x1: 4 9 9 8"},
    {true, "seq", "y", {5, 5, 0, 5}, "params.sequenceOutput=0", 1, "1x1x2x1x1: 6 6"},
    {true, "seq h c h c", "o oh oc oo y", {5, -5, 0, 5}, "params.sequenceOutput=0", 1,
     "1x1x1x1x1: 1"},
};

int
main(void)
{
	for (size_t k = 0; k < countof(cases); k++) {
		World w;
		world_init(&w, IOS14);
		CHECK_STR(run_lstm(&w, &cases[k]), cases[k].want);
		world_free(&w);
	}
	return check_report();
}
