/* lift_recurrent.c: lifting of recurrent layers. Their blobs have five dimensions, steps, batch,
 * channels and two of 1; a gate's weights are a field each, in the op they stand below one another.
 */
#include "lift.h"

static const int64_t last_two[] = {3, 4}, around[] = {0, 3, 4};

static int64_t
number(const Lift *l, const char *field)
{
	return msg_get_int(l->params, field);
}

/* The op's name of an activation; their parameters are the op's own. */
static const char *
activation(Lift *l, const Msg *m)
{
	static const struct {
		const char *field, *name;
	} known[] = {{"sigmoid", "sigmoid"}, {"tanh", "tanh"}, {"linear", "linear"},
	    {"sigmoidHard", "hard_sigmoid"}, {"scaledTanh", "scaled_tanh"}, {"ReLU", "relu"}};
	const char *field = m ? msg_case(m, "linear") : NULL;

	for (size_t k = 0; field && k < countof(known); k++)
		if (!strcmp(known[k].field, field))
			return known[k].name;
	lift_fail(l, "its activation %s is not yet supported", field ? field : "is not set and");
	return NULL;
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
	return lift_op(l, OP_squeeze, ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, last_two, 2))));
}

/* A state as (batch, units), whichever of its axes is the batch. */
static Var *
state(Lift *l, size_t input, int64_t units)
{
	int64_t shape[2] = {-1, units};
	Var *v = lift_float_var(l, lift_input(l, input));

	return lift_op(l, OP_reshape, ARGS(VAR("x", v), TENSOR("shape", lift_vec(l, shape, 2))));
}

/* Fields STEM_k + end below one another: (n * rows, columns), or a vector for no columns. */
static const Tensor *
stacked(Lift *l, const Msg *m, const char *const *stem, size_t n, const char *end, int64_t rows,
    int64_t columns)
{
	int64_t dim[2] = {rows, columns}, count;
	int rank = columns ? 2 : 1;
	const Tensor *t;
	Tensor *all;

	dim[0] = rows * (int64_t)n;
	if (!shape_count(dim, rank, &count)) {
		lift_fail(l, "its weights have more elements than can be counted");
		return NULL;
	}
	dim[0] = rows;
	for (size_t k = 0; k < n; k++) /* are they there at all? */
		if (!lift_weights(l, m, arena_printf(l->arena, "%s%s", stem[k], end), dim, rank))
			return NULL;
	dim[0] = rows * (int64_t)n;
	all = tensor_new(l->arena, DT_FP32, dim, rank);
	dim[0] = rows;
	for (size_t k = 0; k < n; k++) {
		t = lift_weights(l, m, arena_printf(l->arena, "%s%s", stem[k], end), dim, rank);
		memcpy((float *)all->data + (int64_t)k * t->count, t->data,
		    (size_t)t->count * sizeof(float));
	}
	return all;
}

static bool
sizes(Lift *l, int64_t *inputs, int64_t *units)
{
	*inputs = number(l, "inputVectorSize");
	*units = number(l, "outputVectorSize");
	if (*inputs >= 1 && *units >= 1 && *inputs <= INT32_MAX && *units <= INT32_MAX)
		return true;
	return lift_fail(l, "it has %lld inputs and %lld units", (long long)*inputs,
	    (long long)*units);
}

static Operand
direction(Lift *l)
{
	return (Operand)OPSTR(l, "direction", number(l, "reverseInput") ? "reverse" : "forward");
}

/* The results with five dimensions again. */
static bool
five(Lift *l, size_t k, Var *v)
{
	const Tensor *axes = k ? lift_vec(l, around, 3) : lift_vec(l, last_two, 2);

	return lift_output(l, k,
	                   lift_op(l, OP_expand_dims, ARGS(VAR("x", v), TENSOR("axes", axes))));
}

static bool
one_direction(Lift *l, Opcode op, const Operand *arg, uint32_t n)
{
	Var **outs;
	uint32_t nout;

	if (!lift_ops(l, op, arg, n, &outs, &nout))
		return false;
	for (uint32_t k = 0; k < nout; k++)
		if (!five(l, k, outs[k]))
			return false;
	return true;
}

bool
lift_rnn(Lift *l)
{
	static const char *const w[] = {"weightMatrix"}, *const r[] = {"recursionMatrix"};
	const char *act = activation(l, msg_get(l->params, "activation"));
	const Tensor *ih, *hh, *bias;
	int64_t inputs, units;
	Operand arg[7];
	uint32_t n = 6;

	if (!act || !sizes(l, &inputs, &units) ||
	    !(ih = stacked(l, l->params, w, 1, "", units, inputs)) ||
	    !(hh = stacked(l, l->params, r, 1, "", units, units)))
		return false;
	arg[0] = (Operand)VAR("x", steps(l));
	arg[1] = (Operand)VAR("initial_h", state(l, 1, units));
	arg[2] = (Operand)TENSOR("weight_ih", ih);
	arg[3] = (Operand)TENSOR("weight_hh", hh);
	arg[4] = direction(l);
	arg[5] = (Operand)OPSTR(l, "activation", act);
	arg[n++] = (Operand)OPBOOL(l, "output_sequence", number(l, "sequenceOutput") != 0);
	if (!number(l, "hasBiasVector"))
		return one_direction(l, OP_rnn, arg, n);
	if (!(bias = lift_weights(l, l->params, "biasVector", &units, 1)))
		return false;
	Operand more[8];
	memcpy(more, arg, n * sizeof *arg);
	more[n++] = (Operand)TENSOR("bias", bias);
	return one_direction(l, OP_rnn, more, n);
}

bool
lift_gru(Lift *l)
{
	static const char *const gates[] = {"resetGate", "outputGate", "updateGate"};
	const char *act[2] = {0};
	const Tensor *ih, *hh, *bias = NULL;
	int64_t inputs, units;
	uint32_t n = 8;

	if (!activations(l, "activations", 2, act) || !sizes(l, &inputs, &units) ||
	    !(ih = stacked(l, l->params, gates, 3, "WeightMatrix", units, inputs)) ||
	    !(hh = stacked(l, l->params, gates, 3, "RecursionMatrix", units, units)))
		return false;
	if (number(l, "hasBiasVectors") &&
	    !(bias = stacked(l, l->params, gates, 3, "BiasVector", units, 0)))
		return false;
	Operand arg[9] = {VAR("x", steps(l)), VAR("initial_h", state(l, 1, units)),
	    TENSOR("weight_ih", ih), TENSOR("weight_hh", hh), direction(l),
	    OPSTR(l, "recurrent_activation", act[0]), OPSTR(l, "activation", act[1]),
	    OPBOOL(l, "output_sequence", number(l, "sequenceOutput") != 0)};
	if (bias)
		arg[n++] = (Operand)TENSOR("bias", bias);
	return one_direction(l, OP_gru, arg, n);
}

/* ---- lstm ---- */

/* Weights of one direction as operands. */
static bool
lstm_weights(Lift *l, const Msg *w, bool back, int64_t inputs, int64_t units, Operand *arg,
    uint32_t *n)
{
	static const char *const gates[] = {"inputGate", "forgetGate", "outputGate", "blockInput"};
	const Msg *p = msg_get(l->params, "params");
	const Tensor *t;

	if (!(t = stacked(l, w, gates, 4, "WeightMatrix", units, inputs)))
		return false;
	arg[(*n)++] = (Operand)TENSOR(back ? "weight_ih_back" : "weight_ih", t);
	if (!(t = stacked(l, w, gates, 4, "RecursionMatrix", units, units)))
		return false;
	arg[(*n)++] = (Operand)TENSOR(back ? "weight_hh_back" : "weight_hh", t);
	if (p && msg_get_int(p, "hasBiasVectors")) {
		if (!(t = stacked(l, w, gates, 4, "BiasVector", units, 0)))
			return false;
		arg[(*n)++] = (Operand)TENSOR(back ? "bias_back" : "bias", t);
	}
	if (p && msg_get_int(p, "hasPeepholeVectors")) {
		if (!(t = stacked(l, w, gates, 3, "PeepholeVector", units, 0)))
			return false;
		arg[(*n)++] = (Operand)TENSOR(back ? "peephole_back" : "peephole", t);
	}
	return true;
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
	arg[(*n)++] = (Operand)OPBOOL(l, "output_sequence",
	    p && msg_get_int(p, "sequenceOutput") != 0);
	if (clip > 0)
		arg[(*n)++] = (Operand)TENSOR("clip", tensor_scalar_f(l->arena, DT_FP32, clip));
	return true;
}

static Var *
joined(Lift *l, Var *a, Var *b)
{
	Operand item[2] = {{.kind = A_VAR, .var = a}, {.kind = A_VAR, .var = b}};

	return lift_op(l, OP_concat,
	    ARGS({.kind = A_LIST, .name = "values", .list = {item, 2}}, OPINT(l, "axis", 1)));
}

/* The final states of both directions stand side by side in the op. */
static bool
two_directions(Lift *l, const Operand *arg, uint32_t n)
{
	Var **outs, **half;
	uint32_t nout;

	if (!lift_ops(l, OP_lstm, arg, n, &outs, &nout) || !five(l, 0, outs[0]))
		return false;
	for (size_t k = 1; k < 3; k++) {
		if (!lift_ops(l, OP_split,
		              ARGS(VAR("x", outs[k]), OPINT(l, "num_splits", 2),
		                   OPINT(l, "axis", 1)),
		              &half, &nout) ||
		    !five(l, k, half[0]) || !five(l, k + 2, half[1]))
			return false;
	}
	return true;
}

bool
lift_lstm(Lift *l)
{
	bool both = !strcmp(l->kind, "biDirectionalLSTM");
	const char *act[3], *back[3];
	int64_t inputs, units;
	Operand arg[MAX_PARAMS];
	uint32_t n = 3;
	const Msg *w;

	if (!activations(l, both ? "activationsForwardLSTM" : "activations", 3, act) ||
	    !sizes(l, &inputs, &units))
		return false;
	arg[0] = (Operand)VAR("x", steps(l));
	arg[1] = (Operand)VAR("initial_h", state(l, 1, units));
	arg[2] = (Operand)VAR("initial_c", state(l, 2, units));
	if (!lstm_params(l, act, arg, &n))
		return false;
	if (!both) {
		arg[n++] = direction(l);
		w = msg_get(l->params, "weightParams");
		if (!w)
			return lift_fail(l, "it has no weights");
		return lstm_weights(l, w, false, inputs, units, arg, &n) &&
		       one_direction(l, OP_lstm, arg, n);
	}
	if (!activations(l, "activationsBackwardLSTM", 3, back))
		return false;
	for (size_t k = 0; k < 3; k++)
		if (strcmp(act[k], back[k]))
			return lift_fail(l,
			                 "its directions have different activations: not yet "
			                 "supported");
	if (msg_count(l->params, "weightParams") != 2)
		return lift_fail(l, "it has weights for %zu directions, expected 2",
		    msg_count(l->params, "weightParams"));
	for (size_t k = 0; k < 2; k++)
		if (!lstm_weights(l, msg_at(l->params, "weightParams", k), k == 1, inputs, units,
		                  arg, &n))
			return false;
	arg[1].var = joined(l, arg[1].var, state(l, 3, units));
	arg[2].var = joined(l, arg[2].var, state(l, 4, units));
	arg[n++] = (Operand)OPSTR(l, "direction", "bidirectional");
	return two_directions(l, arg, n);
}
