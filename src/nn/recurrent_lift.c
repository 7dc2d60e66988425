/* recurrent_lift.c: the recurrent layers as lstm, gru and rnn. A state that is no input begins with
 * zeros, and those that are no outputs are left out.
 */
#include "lift.h"
#include "recurrent.h"

/* What the parameters of activations are in the op; a layer may leave them at 0. */
static const struct {
	const char *field;
	float alpha, beta;
} fixed[] = {{"linear", 1, 0}, {"sigmoidHard", 0.2f, 0.5f}, {"scaledTanh", 1, 1}};

static bool
has_fixed_numbers(Lift *l, const Msg *m, const char *field)
{
	const Msg *p = msg_get(m, field);

	for (size_t k = 0; k < countof(fixed); k++) {
		float alpha, beta;
		if (strcmp(fixed[k].field, field))
			continue;
		alpha = (float)msg_get_float(p, "alpha");
		beta = (float)msg_get_float(p, "beta");
		if ((alpha != 0 || beta != 0) && (alpha != fixed[k].alpha || beta != fixed[k].beta))
			return lift_lacks(l,
			                  "its activation %s has alpha %g and beta %g, but a "
			                  "recurrent operation only has %g and %g",
			                  field, (double)alpha, (double)beta,
			                  (double)fixed[k].alpha, (double)fixed[k].beta);
	}
	return true;
}

/* The op's name of an activation. */
static const char *
activation(Lift *l, const Msg *m)
{
	const char *field = m ? msg_case(m, "linear") : NULL;

	for (size_t k = 0; field && k < countof(functions); k++)
		if (!strcmp(functions[k].field, field))
			return has_fixed_numbers(l, m, field) ? functions[k].name : NULL;
	if (field)
		lift_lacks(l, "its activation is %s, which no recurrent operation has", field);
	else
		lift_fail(l, "its activation is not set");
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

/* All inputs and outputs, or the first alone: the states are optional. */
static bool
check_states(Lift *l, size_t all)
{
	size_t in = lift_ninput(l), out = lift_noutput(l);

	if (in != 1 && in != all)
		return lift_fail(l, "it has %zu inputs, expected 1 or %zu", in, all);
	return out == 1 || out == all ||
	       lift_fail(l, "it has %zu outputs, expected 1 or %zu", out, all);
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

/* Zeros (batch, units) for x, which is (steps, batch, inputs). */
static Var *
zero_state(Lift *l, const Var *x, int64_t units)
{
	int64_t dim[2] = {1, units}, n;
	DimPiece piece[2] = {{(Var *)(uintptr_t)x, 1, 2, 0}, {NULL, 0, 0, units}};

	if (!x)
		return NULL;
	if (!dim_known(x->type->dim[1]))
		return lift_op(
		    l, OP_fill,
		    ARGS(VAR("shape", lift_pieces(l, piece, 2)), TENSOR("value", lift_one(l, 0))));
	dim[0] = x->type->dim[1];
	if (!shape_count(dim, 2, &n) || !arena_has(l->arena, (size_t)n * sizeof(float)))
		return lift_none(l, "its state has more elements than --max-memory has room for");
	return lift_const(l, tensor_filled(l->arena, DT_FP32, dim, 2, 0));
}

/* A state as (batch, units), whichever of its axes is the batch. */
static Var *
state(Lift *l, size_t input, const Var *x, int64_t units)
{
	int64_t shape[2] = {-1, units};

	if (input >= lift_ninput(l))
		return zero_state(l, x, units);
	Var *v = lift_float_var(l, lift_input(l, input));
	return lift_op(l, OP_reshape, ARGS(VAR("x", v), TENSOR("shape", lift_vec(l, shape, 2))));
}

/* 1 - f(v) = f(-v) for both kinds of sigmoids: the coupled forget gate is the input gate with
 * weights of the other sign. */
static void
negate(Tensor *t, int64_t from, int64_t n)
{
	for (int64_t k = from; k < from + n; k++)
		((float *)t->data)[k] = -((float *)t->data)[k];
}

/* The gates of a part below one another; what has no weights is 0. */
static Tensor *
stacked(Lift *l, const Msg *m, const Gates *g, const struct Part *part, const int64_t *dim,
        const int64_t *all, bool there, bool coupled)
{
	int rank = part < parts + 2 ? 2 : 1;
	size_t count = gates_with(g, part);
	const Tensor *one[4];
	Tensor *t;

	for (size_t k = 0; there && k < count; k++) /* are they there at all? */
		if (!(one[k] =
		          lift_weights(l, m,
		                       arena_printf(l->arena, "%s%s",
		                                    g->name[coupled && k == 1 ? 0 : k], part->end),
		                       dim, rank)))
			return NULL;
	t = tensor_new(l->arena, DT_FP32, all, rank);
	for (size_t k = 0; there && k < count; k++)
		memcpy((float *)t->data + (int64_t)k * one[k]->count, one[k]->data,
		       (size_t)one[k]->count * sizeof(float));
	if (coupled)
		negate(t, t->count / (int64_t)count, t->count / (int64_t)count);
	return t;
}

/* The weights of one direction as operands: those of all gates below one another. */
static bool
lift_gates(Lift *l, const Msg *m, const Msg *flags, const Gates *g, const char *suffix,
           const int64_t size[2], Operand *arg, uint32_t *n)
{
	bool lstm = g == &lstm_gates;
	bool coupled = lstm && flags && msg_get_int(flags, "coupledInputAndForgetGate");

	for (const struct Part *part = parts; part < parts + g->nparts; part++) {
		size_t count = gates_with(g, part);
		int64_t dim[2] = {size[1], size[part != parts]}, all[2], total;
		int rank = part < parts + 2 ? 2 : 1;
		bool there = !part->flag || (flags && msg_get_int(flags, part->flag));
		bool forget = part == parts + 2 && lstm && !coupled && flags &&
		              msg_get_int(flags, "forgetBias");
		if (!there && !forget)
			continue;
		all[0] = dim[0] * (int64_t)count;
		all[1] = dim[1];
		if (!shape_count(all, rank, &total))
			return lift_fail(l, "its weights have more elements than can be counted");
		Tensor *t = stacked(l, m, g, part, dim, all, there, coupled);
		if (!t)
			return false;
		for (int64_t k = 0; forget && k < size[1]; k++)
			((float *)t->data)[size[1] + k] += 1;
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

/* x, the first state and the direction as the first operands, and what steers a layer of one
 * direction behind the n that are there: the weights, which say that a state is not larger than
 * what the file holds. */
static bool
one_way_operands(Lift *l, int64_t units, Operand *arg, uint32_t *n)
{
	arg[0] = (Operand)VAR("x", steps(l));
	arg[1] = (Operand)VAR("initial_h", state(l, 1, arg[0].var, units));
	arg[2] = direction(l);
	return arg[1].var && lift_fields(l, layer_row(l->kind), arg, n);
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
	for (uint32_t k = 0; k < lift_noutput(l); k++)
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
	uint32_t n = 3;

	if (!check_states(l, 2) || !act || !sizes(l, size) ||
	    !(ih = lift_weights(l, l->params, "weightMatrix", (int64_t[]){size[1], size[0]}, 2)) ||
	    !(hh = lift_weights(l, l->params, "recursionMatrix", (int64_t[]){size[1], size[1]}, 2)))
		return false;
	arg[n++] = (Operand)TENSOR("weight_ih", ih);
	arg[n++] = (Operand)TENSOR("weight_hh", hh);
	arg[n++] = (Operand)OPSTR(l, "activation", act);
	if (lift_number(l, "hasBiasVector")) {
		if (!(bias = lift_weights(l, l->params, "biasVector", size + 1, 1)))
			return false;
		arg[n++] = (Operand)TENSOR("bias", bias);
	}
	return one_way_operands(l, size[1], arg, &n) && lift_direction(l, OP_rnn, arg, n);
}

bool
lift_gru(Lift *l)
{
	const char *act[2] = {0};
	Operand arg[MAX_PARAMS];
	int64_t size[2];
	uint32_t n = 3;

	if (!check_states(l, 2) || !activations(l, "activations", 2, act) || !sizes(l, size))
		return false;
	arg[n++] = (Operand)OPSTR(l, "recurrent_activation", act[0]);
	arg[n++] = (Operand)OPSTR(l, "activation", act[1]);
	return lift_gates(l, l->params, l->params, &gru_gates, "", size, arg, &n) &&
	       one_way_operands(l, size[1], arg, &n) && lift_direction(l, OP_gru, arg, n);
}

static bool
lstm_params(Lift *l, const char *const act[3], Operand *arg, uint32_t *n)
{
	const Msg *p = msg_get(l->params, "params");
	double clip = p ? msg_get_float(p, "cellClipThreshold") : 0;

	if (p && msg_get_int(p, "coupledInputAndForgetGate") && !strstr(act[0], "sigmoid"))
		return lift_lacks(l,
		                  "its input and forget gates are coupled, which no operation has "
		                  "with the activation %s, only with a sigmoid",
		                  act[0]);
	arg[(*n)++] = (Operand)OPSTR(l, "recurrent_activation", act[0]);
	arg[(*n)++] = (Operand)OPSTR(l, "cell_activation", act[1]);
	arg[(*n)++] = (Operand)OPSTR(l, "activation", act[2]);
	arg[(*n)++] =
	    (Operand)OPBOOL(l, "output_sequence", p && msg_get_int(p, "sequenceOutput") != 0);
	arg[(*n)++] = (Operand)TENSOR("clip", lift_one(l, clip > 0 ? clip : 50));
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
	for (size_t k = 1; k < 3 && lift_noutput(l) > 1; k++) {
		if (!lift_ops(
		        l, OP_split,
		        ARGS(VAR("x", outs[k]), OPINT(l, "num_splits", 2), OPINT(l, "axis", 1)),
		        &half, &nout) ||
		    !five_again(l, k, half[0]) || !five_again(l, k + 2, half[1]))
			return false;
	}
	return true;
}

/* x and both states as the first operands, the states of both directions side by side. */
static bool
lstm_operands(Lift *l, bool both, int64_t units, Operand *arg)
{
	Var *x = steps(l), *v;

	arg[0] = (Operand)VAR("x", x);
	for (size_t k = 1; k < 3; k++) {
		if (!(v = state(l, k, x, units)))
			return false;
		if (both)
			v = beside(l, v, state(l, k + 2, x, units));
		arg[k] = (Operand)VAR(k == 1 ? "initial_h" : "initial_c", v);
	}
	return true;
}

static bool
check_directions(Lift *l, const char *const act[3])
{
	const char *back[3];

	if (!activations(l, "activationsBackwardLSTM", 3, back))
		return false;
	for (size_t k = 0; k < 3; k++)
		if (strcmp(act[k], back[k]))
			return lift_lacks(l, "its directions have different activations, but an "
			                     "lstm has one set for both");
	return true;
}

bool
lift_lstm(Lift *l)
{
	bool both = !strcmp(l->kind, "biDirectionalLSTM");
	const Msg *flags = msg_get(l->params, "params"), *w = NULL;
	size_t ways = both ? msg_count(l->params, "weightParams") : 1;
	const char *act[3];
	Operand arg[MAX_PARAMS];
	int64_t size[2];
	uint32_t n = 3;

	if (!check_states(l, both ? 5 : 3) ||
	    !activations(l, both ? "activationsForwardLSTM" : "activations", 3, act) ||
	    (both && !check_directions(l, act)) || !sizes(l, size) || !lstm_params(l, act, arg, &n))
		return false;
	if (both && ways != 2)
		return lift_fail(l, "it has weights for %zu directions, expected 2", ways);
	for (size_t k = 0; k < ways; k++) {
		w = both ? msg_at(l->params, "weightParams", k)
		         : msg_get(l->params, "weightParams");
		if (!w)
			return lift_fail(l, "it has no weights");
		if (!lift_gates(l, w, flags, &lstm_gates, k ? "_back" : "", size, arg, &n))
			return false;
	}
	if (!lstm_operands(l, both, size[1], arg))
		return false;
	arg[n++] = both ? (Operand)OPSTR(l, "direction", "bidirectional") : direction(l);
	return both ? two_directions(l, arg, n) : lift_direction(l, OP_lstm, arg, n);
}
