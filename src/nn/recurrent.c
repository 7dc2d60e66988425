/* recurrent.c: lstm, gru and rnn. Blobs of their layers have five dimensions, steps, batch,
 * channels and two of 1; a gate's weights are a field each, in the op they stand below one another.
 */
#include "lift.h"
#include "lower.h"

#include <strings.h>

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
static size_t
gates_with(const Gates *g, const struct Part *part)
{
	return part == &parts[3] ? 3 : g->n;
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

/* ---- lifting ---- */

/* The op's name of an activation; their parameters are the op's own. */
static const char *
activation(Lift *l, const Msg *m)
{
	const char *field = m ? msg_case(m, "linear") : NULL;

	for (size_t k = 0; field && k < countof(functions); k++)
		if (!strcmp(functions[k].field, field))
			return functions[k].name;
	return lift_none(l, "its activation %s is not yet supported",
	                 field ? field : "is not set and");
}

static bool
activations(Lift *l, const char *field, size_t n, const char **name)
{
	if (msg_count(l->params, field) != n)
		return lift_fail(l, "it has %zu activations, expected %zu",
		                 msg_count(l->params, field), n);
	for (size_t k = 0; k < n; k++)
		if (!(name[k] = activation(l, msg_at(l->params, field, k))))
			return false;
	return true;
}

/* Input 0 without its two last dimensions. */
static Var *
steps(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0));

	if (!x || !lift_rank(l, x, 5, 5))
		return NULL;
	return lift_squeezed(l, x, last_two, 2);
}

/* A state as (batch, units), whichever of its axes is the batch. */
static Var *
state(Lift *l, size_t input, int64_t units)
{
	int64_t shape[2] = {-1, units};
	Var *v = lift_float_var(l, lift_input(l, input));

	return lift_op(l, OP_reshape, ARGS(VAR("x", v), TENSOR("shape", lift_vec(l, shape, 2))));
}

/* The weights of one direction as operands: those of all gates below one another. */
static bool
lift_gates(Lift *l, const Msg *m, const Msg *flags, const Gates *g, const char *suffix,
           const int64_t size[2], Operand *arg, uint32_t *n)
{
	for (const struct Part *part = parts; part < parts + g->nparts; part++) {
		size_t count = gates_with(g, part);
		int64_t dim[2] = {size[1], size[part != parts]}, all[2], total;
		int rank = part < parts + 2 ? 2 : 1;
		if (part->flag && !(flags && msg_get_int(flags, part->flag)))
			continue;
		all[0] = dim[0] * (int64_t)count;
		all[1] = dim[1];
		if (!shape_count(all, rank, &total))
			return lift_fail(l, "its weights have more elements than can be counted");
		const Tensor *one[4];
		for (size_t k = 0; k < count; k++) /* are they there at all? */
			if (!(one[k] = lift_weights(
			          l, m, arena_printf(l->arena, "%s%s", g->name[k], part->end), dim,
			          rank)))
				return false;
		Tensor *t = tensor_new(l->arena, DT_FP32, all, rank);
		for (size_t k = 0; k < count; k++)
			memcpy((float *)t->data + (int64_t)k * one[k]->count, one[k]->data,
			       (size_t)one[k]->count * sizeof(float));
		arg[(*n)++] = (Operand){.kind = A_TENSOR,
		                        .name = arena_printf(l->arena, "%s%s", part->param, suffix),
		                        .tensor = t};
	}
	return true;
}

/* Inputs and units. */
static bool
sizes(Lift *l, int64_t size[2])
{
	size[0] = lift_number(l, "inputVectorSize");
	size[1] = lift_number(l, "outputVectorSize");
	if (size[0] >= 1 && size[1] >= 1 && size[0] <= INT32_MAX && size[1] <= INT32_MAX)
		return true;
	return lift_fail(l, "it has %lld inputs and %lld units", (long long)size[0],
	                 (long long)size[1]);
}

static Operand
direction(Lift *l)
{
	return (Operand)OPSTR(l, "direction",
	                      lift_number(l, "reverseInput") ? "reverse" : "forward");
}

/* x, the first state, and what steers a layer of one direction. */
static bool
one_way_operands(Lift *l, int64_t units, Operand *arg, uint32_t *n)
{
	arg[0] = (Operand)VAR("x", steps(l));
	arg[1] = (Operand)VAR("initial_h", state(l, 1, units));
	arg[2] = direction(l);
	*n = 3;
	return lift_fields(l, layer_row(l->kind), arg, n);
}

/* The results with five dimensions again. */
static bool
five_again(Lift *l, size_t k, Var *v)
{
	return lift_output(l, k, lift_expanded(l, v, k ? around : last_two, k ? 3 : 2));
}

static bool
lift_direction(Lift *l, Opcode op, const Operand *arg, uint32_t n)
{
	Var **outs;
	uint32_t nout;

	if (!lift_ops(l, op, arg, n, &outs, &nout))
		return false;
	for (uint32_t k = 0; k < nout; k++)
		if (!five_again(l, k, outs[k]))
			return false;
	return true;
}

bool
lift_rnn(Lift *l)
{
	const char *act = activation(l, msg_get(l->params, "activation"));
	const Tensor *ih, *hh, *bias;
	Operand arg[MAX_PARAMS];
	int64_t size[2];
	uint32_t n;

	if (!act || !sizes(l, size) ||
	    !(ih = lift_weights(l, l->params, "weightMatrix", (int64_t[]){size[1], size[0]}, 2)) ||
	    !(hh = lift_weights(l, l->params, "recursionMatrix", (int64_t[]){size[1], size[1]},
	                        2)) ||
	    !one_way_operands(l, size[1], arg, &n))
		return false;
	arg[n++] = (Operand)TENSOR("weight_ih", ih);
	arg[n++] = (Operand)TENSOR("weight_hh", hh);
	arg[n++] = (Operand)OPSTR(l, "activation", act);
	if (lift_number(l, "hasBiasVector")) {
		if (!(bias = lift_weights(l, l->params, "biasVector", size + 1, 1)))
			return false;
		arg[n++] = (Operand)TENSOR("bias", bias);
	}
	return lift_direction(l, OP_rnn, arg, n);
}

bool
lift_gru(Lift *l)
{
	const char *act[2] = {0};
	Operand arg[MAX_PARAMS];
	int64_t size[2];
	uint32_t n;

	if (!activations(l, "activations", 2, act) || !sizes(l, size) ||
	    !one_way_operands(l, size[1], arg, &n))
		return false;
	arg[n++] = (Operand)OPSTR(l, "recurrent_activation", act[0]);
	arg[n++] = (Operand)OPSTR(l, "activation", act[1]);
	return lift_gates(l, l->params, l->params, &gru_gates, "", size, arg, &n) &&
	       lift_direction(l, OP_gru, arg, n);
}

static bool
lstm_params(Lift *l, const char *const act[3], Operand *arg, uint32_t *n)
{
	const Msg *p = msg_get(l->params, "params");
	double clip = p ? msg_get_float(p, "cellClipThreshold") : 0;

	if (p && (msg_get_int(p, "forgetBias") || msg_get_int(p, "coupledInputAndForgetGate")))
		return lift_fail(l,
		                 "forgetBias and coupledInputAndForgetGate are not yet supported");
	arg[(*n)++] = (Operand)OPSTR(l, "recurrent_activation", act[0]);
	arg[(*n)++] = (Operand)OPSTR(l, "cell_activation", act[1]);
	arg[(*n)++] = (Operand)OPSTR(l, "activation", act[2]);
	arg[(*n)++] =
	    (Operand)OPBOOL(l, "output_sequence", p && msg_get_int(p, "sequenceOutput") != 0);
	if (clip > 0)
		arg[(*n)++] = (Operand)TENSOR("clip", lift_one(l, clip));
	return true;
}

static Var *
beside(Lift *l, Var *a, Var *b)
{
	return lift_joined(l, (Operand[]){VAR(NULL, a), VAR(NULL, b)}, 2, 1);
}

/* The final states of both directions stand side by side in the op. */
static bool
two_directions(Lift *l, const Operand *arg, uint32_t n)
{
	Var **outs, **half;
	uint32_t nout;

	if (!lift_ops(l, OP_lstm, arg, n, &outs, &nout) || !five_again(l, 0, outs[0]))
		return false;
	for (size_t k = 1; k < 3; k++) {
		if (!lift_ops(
		        l, OP_split,
		        ARGS(VAR("x", outs[k]), OPINT(l, "num_splits", 2), OPINT(l, "axis", 1)),
		        &half, &nout) ||
		    !five_again(l, k, half[0]) || !five_again(l, k + 2, half[1]))
			return false;
	}
	return true;
}

bool
lift_lstm(Lift *l)
{
	bool both = !strcmp(l->kind, "biDirectionalLSTM");
	const Msg *flags = msg_get(l->params, "params"), *w;
	const char *act[3], *back[3];
	Operand arg[MAX_PARAMS];
	int64_t size[2];
	uint32_t n = 3;

	if (!activations(l, both ? "activationsForwardLSTM" : "activations", 3, act) ||
	    !sizes(l, size))
		return false;
	arg[0] = (Operand)VAR("x", steps(l));
	arg[1] = (Operand)VAR("initial_h", state(l, 1, size[1]));
	arg[2] = (Operand)VAR("initial_c", state(l, 2, size[1]));
	if (!lstm_params(l, act, arg, &n))
		return false;
	if (!both) {
		arg[n++] = direction(l);
		if (!(w = msg_get(l->params, "weightParams")))
			return lift_fail(l, "it has no weights");
		return lift_gates(l, w, flags, &lstm_gates, "", size, arg, &n) &&
		       lift_direction(l, OP_lstm, arg, n);
	}
	if (!activations(l, "activationsBackwardLSTM", 3, back))
		return false;
	for (size_t k = 0; k < 3; k++)
		if (strcmp(act[k], back[k]))
			return lift_fail(l, "its directions have different activations: not yet "
			                    "supported");
	if (msg_count(l->params, "weightParams") != 2)
		return lift_fail(l, "it has weights for %zu directions, expected 2",
		                 msg_count(l->params, "weightParams"));
	for (size_t k = 0; k < 2; k++)
		if (!lift_gates(l, msg_at(l->params, "weightParams", k), flags, &lstm_gates,
		                k ? "_back" : "", size, arg, &n))
			return false;
	arg[1].var = beside(l, arg[1].var, state(l, 3, size[1]));
	arg[2].var = beside(l, arg[2].var, state(l, 4, size[1]));
	arg[n++] = (Operand)OPSTR(l, "direction", "bidirectional");
	return two_directions(l, arg, n);
}
