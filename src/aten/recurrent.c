/* recurrent.c: recurrent layers. Core ML's lstm and rnn are PyTorch's but for the layout of
 * weights and states; its gru puts the reset gate elsewhere, so a gru is a loop over the steps.
 * Sequences go (step, batch, feature) here, layers and directions come as one list of weights.
 */
#include "broadcast.h"

/* What all these operations take. */
typedef struct Layers {
	Var *x;             /* (step, batch, feature) unless batch_first */
	Var **weight;
	uint32_t nweight;
	int64_t n;          /* of layers */
	bool bias, both_ways, batch_first, packed;
} Layers;

static const Str *
out_name(AtenCtx *c, uint32_t i)
{
	return i < c->node->nout ? c->node->out[i].name : NULL;
}

/* False after reporting. */
static bool
layers_of(AtenCtx *c, Layers *l)
{
	int64_t expected;

	*l = (Layers){0};
	l->packed = operand_is_there(c, "batch_sizes");
	l->x = operand_n(c, 0);
	l->weight = tv_vars(c, operand_of(c, "params"), &l->nweight, "params");
	l->bias = bool_operand(c, "has_biases", true);
	l->n = int_operand(c, "num_layers", 1);
	l->both_ways = bool_operand(c, "bidirectional", false);
	l->batch_first = l->packed || bool_operand(c, "batch_first", false);
	if (c->failed)
		return false;
	expected = 2 * l->n * (l->bias + 1) * (l->both_ways + 1);
	if (l->n < 1 || l->nweight != expected)
		aten_fail(c, "%lld layers with these options take %lld weights, but there are %u%s",
		          (long long)l->n, (long long)expected, l->nweight,
		          l->nweight > expected ? " (proj_size= is not supported)" : "");
	else if (rank_of(l->x) != 3)
		aten_fail(c, "the input has rank %u: give it a batch, so that its rank is 3",
		          rank_of(l->x));
	return !c->failed;
}

/* ---- lstm ---- */

/* The gates of PyTorch are i, f, g, o, those of Core ML i, f, o, g. */
static Var *
gates_reordered(AtenCtx *c, Var *w)
{
	Var **part, *order[4];
	int64_t n;
	uint32_t npart;

	if (c->failed || !w)
		return NULL;
	if (!dim_known(dim_of(w, 0))) {
		aten_fail(c, "the size of the weights of an lstm must be known");
		return NULL;
	}
	n = dim_of(w, 0) / 4;
	part = aten_ops(c, OP_split, NULL,
	                ARGS(X(w), LIT("split_sizes", n, n, n, n), INT("axis", 0)), &npart);
	if (!part || npart != 4)
		return NULL;
	memcpy(order, (Var *[]){part[0], part[1], part[3], part[2]}, sizeof order);
	return OP(concat, VALUES(order, 4), INT("axis", 0));
}

/* (2, batch, n) -> (batch, 2 n) */
static Var *
states_side_by_side(AtenCtx *c, Var *h, const Str *name)
{
	int64_t n;
	uint32_t npart;
	Var **part, *y;

	if (c->failed)
		return NULL;
	if (!dim_known(dim_of(h, 0))) {
		aten_fail(c, "the number of layers in the states of an lstm must be known");
		return NULL;
	}
	n = dim_of(h, 0) / 2;
	part = aten_ops(c, OP_split, NULL,
	                ARGS(X(h), LIT("split_sizes", n, n), INT("axis", 0)), &npart);
	if (!part || npart != 2)
		return NULL;
	y = OP(concat, VALUES(part, 2), INT("axis", 2));
	return aten_op(c, OP_squeeze, name, ARGS(X(y), LIT("axes", 0)));
}

static Var **
lstm_both_ways(AtenCtx *c, const Layers *l, Var *x, Var *h, Var *cell, Var **w, const Str *name)
{
	Var *bias[4] = {0}, *m[4], *forward = NULL, *back = NULL;
	uint32_t step = l->bias ? 4 : 2, n;

	for (uint32_t i = 0; l->bias && i < 4; i++)
		bias[i] = gates_reordered(c, w[i / 2 * 4 + 2 + i % 2]);
	if (l->bias) {
		forward = OP(add, X(bias[0]), Y(bias[1]));
		back = OP(add, X(bias[2]), Y(bias[3]));
	}
	for (uint32_t i = 0; i < 4; i++)
		m[i] = gates_reordered(c, w[i / 2 * step + i % 2]);
	h = states_side_by_side(c, h, name_with(c, name, "_lstm_h0_reshaped"));
	cell = states_side_by_side(c, cell, name_with(c, name, "_lstm_c0_reshaped"));
	return aten_ops(c, OP_lstm, name,
	                ARGS(X(x), VAR("initial_h", h), VAR("initial_c", cell),
	                     VAR("weight_ih", m[0]), VAR("weight_hh", m[1]),
	                     VAR("weight_ih_back", m[2]), VAR("weight_hh_back", m[3]),
	                     VAR("bias", forward), VAR("bias_back", back),
	                     STR("direction", "bidirectional"), BOOL("output_sequence", true)),
	                &n);
}

static Var **
lstm_forward(AtenCtx *c, const Layers *l, Var *x, Var *h, Var *cell, Var **w, const Str *name)
{
	Var *bias = NULL, *ih, *hh;
	uint32_t n;

	if (l->bias)
		bias = gates_reordered(c, OP(add, X(w[2]), Y(w[3])));
	ih = gates_reordered(c, w[0]);
	hh = gates_reordered(c, w[1]);
	h = aten_op(c, OP_squeeze, name_with(c, name, "_lstm_h0_squeeze"),
	            ARGS(X(h), LIT("axes", 0)));
	cell = aten_op(c, OP_squeeze, name_with(c, name, "_lstm_c0_squeeze"),
	               ARGS(X(cell), LIT("axes", 0)));
	return aten_ops(c, OP_lstm, name,
	                ARGS(X(x), VAR("initial_h", h), VAR("initial_c", cell),
	                     VAR("weight_ih", ih), VAR("weight_hh", hh), VAR("bias", bias),
	                     STR("direction", "forward"), BOOL("output_sequence", true)),
	                &n);
}

/* One state per layer. */
static Var **
states_of_layers(AtenCtx *c, const Layers *l, Var *h)
{
	Var **one;
	uint32_t n;

	if (l->n > 1)
		return aten_ops(c, OP_split, NULL,
		                ARGS(X(h), INT("num_splits", l->n), INT("axis", 0)), &n);
	one = newn(c->arena, Var *, 1);
	one[0] = h;
	return one;
}

/* The last states of all layers as PyTorch has them: (layers * directions, batch, n). */
static Var *
last_states(AtenCtx *c, const Layers *l, Var **state, const Str *name)
{
	Var **part, **pair = newn(c->arena, Var *, (size_t)l->n);
	uint32_t npart;

	if (!l->both_ways)
		return l->n == 1 ? aten_op(c, OP_expand_dims, name,
		                           ARGS(X(state[0]), LIT("axes", 0)))
		                 : aten_op(c, OP_stack, name,
		                           ARGS(VALUES(state, (uint32_t)l->n), INT("axis", 0)));
	for (int64_t i = 0; i < l->n; i++) {
		part = aten_ops(c, OP_split, NULL,
		                ARGS(X(state[i]), INT("num_splits", 2), INT("axis", 1)), &npart);
		if (!part)
			return NULL;
		pair[i] = aten_op(c, OP_stack, l->n == 1 ? name : NULL,
		                  ARGS(VALUES(part, 2), INT("axis", 0)));
	}
	return l->n == 1 ? pair[0]
	                 : aten_op(c, OP_concat, name,
	                           ARGS(VALUES(pair, (uint32_t)l->n), INT("axis", 0)));
}

static const Str *
lstm_name(AtenCtx *c, const Layers *l, int64_t i)
{
	const Str *name = c->node->name;

	if (i < l->n - 1)
		return name_with_number(c, name, "_lstm_layer_", i);
	return l->batch_first ? name_with(c, name, "_batch_first") : name;
}

HANDLER(lstm)
{
	Layers l;
	Var **hx, **h0, **c0, **state[2], **out = NULL, *x;
	uint32_t nhx, per;

	if (!layers_of(c, &l))
		return;
	hx = tv_vars(c, operand_of(c, "hx"), &nhx, "hx");
	if (!c->failed && nhx != 2)
		aten_fail(c, "the states of an lstm are two tensors, not %u", nhx);
	if (c->failed)
		return;
	x = l.x;
	if (l.batch_first)
		x = aten_op(c, OP_transpose, name_with(c, x->name, "_batch_first_transpose"),
		            ARGS(X(x), LIT("perm", 1, 0, 2)));
	h0 = states_of_layers(c, &l, hx[0]);
	c0 = states_of_layers(c, &l, hx[1]);
	state[0] = newn(c->arena, Var *, (size_t)l.n);
	state[1] = newn(c->arena, Var *, (size_t)l.n);
	per = (uint32_t)(l.nweight / l.n);
	for (int64_t i = 0; i < l.n && !c->failed; i++) {
		out = (l.both_ways ? lstm_both_ways
		                   : lstm_forward)(c, &l, x, h0[i], c0[i],
		                                   l.weight + (size_t)i * per, lstm_name(c, &l, i));
		if (!out)
			return;
		x = out[0];
		state[0][i] = out[1];
		state[1][i] = out[2];
	}
	if (c->failed)
		return;
	if (l.batch_first)
		x = aten_op(c, OP_transpose, out_name(c, 0), ARGS(X(x), LIT("perm", 1, 0, 2)));
	result_tv(c, 0, tv_of_var(x));
	for (uint32_t i = 0; i < 2; i++)
		result_tv(c, i + 1, tv_of_var(last_states(c, &l, state[i], out_name(c, i + 1))));
}

/* ---- rnn ---- */

/* Row i of the states, without its axis. */
static Var *
state_row(AtenCtx *c, Var *h, int64_t i)
{
	static const bool first[3] = {true}, rest[3] = {false, true, true};

	return OP(slice_by_index, X(h), LIT("begin", i, 0, 0), LIT("end", 0, 0, 0),
	          LIT("stride", 1, 1, 1), BOOLS("begin_mask", rest, 3), BOOLS("end_mask", rest, 3),
	          BOOLS("squeeze_mask", first, 3));
}

static void
simple_rnn(AtenCtx *c, const char *activation)
{
	Layers l;
	Var **state, **out, *h0, *x;
	uint32_t n;

	if (!layers_of(c, &l))
		return;
	if (l.both_ways || l.packed) {
		aten_fail(c, UNSUPPORTED "use an LSTM, or one direction and padded sequences",
		          l.packed ? "a packed sequence" : "bidirectional=True");
		return;
	}
	h0 = operand(c, "hx");
	x = l.batch_first ? OP(transpose, X(l.x), LIT("perm", 1, 0, 2)) : l.x;
	state = newn(c->arena, Var *, (size_t)l.n);
	for (int64_t i = 0; i < l.n && !c->failed; i++) {
		Var **w = l.weight + i * (l.bias ? 4 : 2);
		Var *bias = l.bias ? OP(add, X(w[2]), Y(w[3])) : NULL, *h = state_row(c, h0, i);
		out = aten_ops(c, OP_rnn, NULL,
		               ARGS(X(x), VAR("initial_h", h), VAR("weight_ih", w[0]),
		                    VAR("weight_hh", w[1]), VAR("bias", bias),
		                    BOOL("output_sequence", true), STR("activation", activation)),
		               &n);
		if (!out)
			return;
		x = out[0];
		state[i] = out[1];
	}
	x = l.batch_first
	        ? aten_op(c, OP_transpose, out_name(c, 0), ARGS(X(x), LIT("perm", 1, 0, 2)))
	        : aten_op(c, OP_identity, out_name(c, 0), ARGS(X(x)));
	result_tv(c, 0, tv_of_var(x));
	result_tv(c, 1, tv_of_var(last_states(c, &l, state, out_name(c, 1))));
}

HANDLER(rnn_tanh)
{
	simple_rnn(c, "tanh");
}

HANDLER(rnn_relu)
{
	simple_rnn(c, "relu");
}

/* ---- gru ---- */

/* One layer in one direction: weights of the reset, update and new gate, for input and state. */
typedef struct Gru {
	AtenCtx *c;
	Var *x, *steps;
	const Tensor *w[2][3], *b[2][3];
} Gru;

/* Third i along the first axis. */
static const Tensor *
third(AtenCtx *c, const Tensor *t, int64_t i)
{
	int64_t dim[TENSOR_MAX_RANK];
	Tensor *part;

	memcpy(dim, t->dim, (size_t)t->rank * sizeof *dim);
	dim[0] /= 3;
	part = tensor_new(c->arena, t->dtype, dim, t->rank);
	tensor_read(t, i * part->count, part->count, part->data);
	return part;
}

static bool
gru_weights(AtenCtx *c, const Layers *l, Gru *g, Var **w)
{
	for (int k = 0; k < (l->bias ? 4 : 2); k++) {
		const Tensor *t = w[k]->val;
		if (!t || t->rank != (k < 2 ? 2 : 1) || t->dim[0] % 3) {
			aten_fail(c, "the weights of a gru must be constants");
			return false;
		}
		for (int i = 0; i < 3; i++)
			*(k < 2 ? &g->w[k][i] : &g->b[k - 2][i]) = third(c, t, i);
	}
	for (int i = 0; !l->bias && i < 3; i++)
		g->b[0][i] = g->b[1][i] =
		    tensor_filled(c->arena, DT_FP32, &g->w[1][0]->dim[1], 1, 0.0);
	return true;
}

static bool
gru_goes_on(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	Gru *g = ctx;
	AtenCtx *c = g->c;

	(void)b, (void)nparam;
	*out = newn(c->arena, Var *, 1);
	*nout = 1;
	(*out)[0] = OP(less, X(param[0]), Y(g->steps));
	return !c->failed;
}

static Var *
gru_part(Gru *g, int of, int gate, Var *x)
{
	AtenCtx *c = g->c;

	return OP(linear, X(x), TENSOR("weight", g->w[of][gate]), TENSOR("bias", g->b[of][gate]));
}

static bool
gru_step(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	Gru *g = ctx;
	AtenCtx *c = g->c;
	Var *i = param[0], *x, *h, *p, *q, *gate[2], *fresh, *next;

	(void)b, (void)nparam;
	x = OP(gather, X(g->x), VAR("indices", i), INT("axis", 0));
	h = OP(gather, X(param[1]), VAR("indices", i), INT("axis", 0));
	x = OP(squeeze, X(x), LIT("axes", 0));
	h = OP(squeeze, X(h), LIT("axes", 0));
	for (int k = 0; k < 2; k++) {
		p = gru_part(g, 0, k, x);
		q = gru_part(g, 1, k, h);
		gate[k] = OP(sigmoid, X(OP(add, X(p), Y(q))));
	}
	p = gru_part(g, 0, 2, x);
	q = OP(mul, X(gate[0]), Y(gru_part(g, 1, 2, h)));
	fresh = OP(tanh, X(OP(add, X(p), Y(q))));
	p = OP(mul, X(OP(sub, FLT("x", 1.0), Y(gate[1]))), Y(fresh));
	q = OP(mul, X(gate[1]), Y(h));
	h = OP(add, X(p), Y(q));
	next = OP(add, X(i), INT("y", 1));
	h = OP(expand_dims, X(h), LIT("axes", 0));
	*out = newn(c->arena, Var *, 2);
	*nout = 2;
	(*out)[0] = next;
	(*out)[1] = OP(scatter, VAR("data", param[1]), VAR("indices", next), VAR("updates", h));
	return !c->failed;
}

/* Room for the states of all steps, behind the first one. */
static Var *
gru_states(AtenCtx *c, Gru *g, Var *h0)
{
	Var *shape = OP(shape, X(g->x)), *part[2];

	g->steps = part[0] = OP(slice_by_index, X(shape), LIT("begin", 0), LIT("end", 1));
	shape = OP(shape, X(h0));
	part[1] = OP(slice_by_index, X(shape), LIT("begin", 1), LIT("end", 3));
	shape = concat_numbers(c, part, 2);
	part[1] = OP(fill, VAR("shape", shape));
	part[0] = h0;
	return OP(concat, VALUES(part, 2), INT("axis", 0));
}

/* The states of all steps, and the last one. */
static Var *
gru_direction(AtenCtx *c, Gru *g, Var *h0, const Str *name, const Str *last_name, Var **last)
{
	static const bool rest[3] = {false, true, true}, all[3] = {true, true, true};
	const int64_t zero = 0;
	Var *states = gru_states(c, g, h0), **out;
	uint32_t n;
	BlockFn cond = {gru_goes_on, g, NOSPAN}, body = {gru_step, g, NOSPAN};
	const Operand vars[2] = {INTS("loop_vars", &zero, 1), VAR("loop_vars", states)};

	if (c->failed)
		return NULL;
	out = aten_ops(c, OP_while_loop, NULL,
	               ARGS({.kind = A_FN, .name = "_cond", .fn = &cond},
	                    {.kind = A_FN, .name = "_body", .fn = &body},
	                    {.kind = A_LIST, .name = "loop_vars", .list = {vars, 2}}),
	               &n);
	if (!out)
		return NULL;
	states = aten_op(c, OP_slice_by_index, name,
	                 ARGS(X(out[1]), LIT("begin", 1, 0, 0), LIT("end", 0, 0, 0),
	                      BOOLS("begin_mask", rest, 3), BOOLS("end_mask", all, 3)));
	*last = states;
	if (!c->failed && (!g->steps->val || tensor_i(g->steps->val, 0) > 1))
		*last = aten_op(c, OP_slice_by_index, last_name,
		                ARGS(X(states), LIT("begin", -1, 0, 0), LIT("end", -2, 0, 0),
		                     BOOLS("begin_mask", rest, 3), BOOLS("end_mask", rest, 3),
		                     LIT("stride", -1, 1, 1)));
	return states;
}

/* States from row `at` on, one row. */
static Var *
gru_first_state(AtenCtx *c, Var *h0, int64_t at)
{
	static const bool rest[3] = {false, true, true};

	return OP(slice_by_index, X(h0), LIT("begin", at, 0, 0), LIT("end", at + 1, 0, 0),
	          BOOLS("begin_mask", rest, 3), BOOLS("end_mask", rest, 3));
}

/* Layer i over x; its last state is *last. */
static Var *
gru_layer(AtenCtx *c, const Layers *l, int64_t i, Var *x, Var *h0, const Str *name, Var **last)
{
	const Str *hname = name_with_number(c, out_name(c, 1), "_layer_", i), *back;
	uint32_t per = l->nweight / (uint32_t)l->n;
	Var **w = l->weight + (size_t)i * per, *y[2], *h[2];
	Gru g = {.c = c, .x = x};

	if (!gru_weights(c, l, &g, w))
		return NULL;
	h0 = gru_first_state(c, h0, l->both_ways ? 2 * i : i);
	if (!l->both_ways)
		return gru_direction(c, &g, h0, name, hname, last);
	y[0] = gru_direction(c, &g, h0, name_with(c, name, "_forward"),
	                     name_with(c, hname, "_forward"), &h[0]);
	g.x = OP(reverse, X(x), LIT("axes", 0));
	if (c->failed || !gru_weights(c, l, &g, w + per / 2))
		return NULL;
	h0 = gru_first_state(c, operand(c, "hx"), 2 * i + 1);
	back = name_with(c, name, "_backward");
	y[1] = gru_direction(c, &g, h0, name_with(c, back, "_reverse"),
	                     name_with(c, hname, "_backward"), &h[1]);
	y[1] = aten_op(c, OP_reverse, back, ARGS(X(y[1]), LIT("axes", 0)));
	x = aten_op(c, OP_concat, name, ARGS(VALUES(y, 2), INT("axis", 2)));
	*last = aten_op(c, OP_concat, hname, ARGS(VALUES(h, 2), INT("axis", 0)));
	return x;
}

HANDLER(gru)
{
	Layers l;
	Var *x, *h0, **state;

	if (!layers_of(c, &l))
		return;
	if (l.packed) {
		aten_fail(c, UNSUPPORTED "give a gru padded sequences", "a packed sequence");
		return;
	}
	h0 = operand(c, "hx");
	x = l.batch_first ? OP(transpose, X(l.x), LIT("perm", 1, 0, 2)) : l.x;
	state = newn(c->arena, Var *, (size_t)l.n);
	for (int64_t i = 0; i < l.n && !c->failed; i++) {
		const Str *name = out_name(c, 0);
		if (i < l.n - 1)
			name = name_with_number(c, name, "_layer_", i);
		if (l.batch_first)
			name = name_with(c, name, "_tmp");
		x = gru_layer(c, &l, i, x, h0, name, &state[i]);
	}
	if (c->failed)
		return;
	if (l.batch_first)
		x = aten_op(c, OP_transpose, out_name(c, 0), ARGS(X(x), LIT("perm", 1, 0, 2)));
	result_tv(c, 0, tv_of_var(x));
	result_tv(c, 1, tv_of_var(l.n == 1 ? state[0]
	                                   : aten_op(c, OP_concat, out_name(c, 1),
	                                             ARGS(VALUES(state, (uint32_t)l.n),
	                                                  INT("axis", 0)))));
}

/* ---- packed sequences: padded ones that go with their lengths, batch first ---- */

HANDLER(pack_padded_sequence)
{
	Var *x = operand(c, "input"), *lengths = operand(c, "lengths");

	if (!bool_operand(c, "batch_first", false))
		x = OP(transpose, X(x), LIT("perm", 1, 0, 2));
	x = aten_op(c, OP_identity, out_name(c, 0), ARGS(X(x)));
	result_tv(c, 0, tv_of_var(x));
	lengths = aten_op(c, OP_identity, out_name(c, 1), ARGS(X(lengths)));
	result_tv(c, 1, tv_of_var(lengths));
}

/* Sequence i up to its length, with the padding behind it: always one row more, since Core ML
 * has no empty tensors, which is cut off then. */
static Var *
padded(AtenCtx *c, Var *x, Var *lengths, int64_t i, Var *padding)
{
	static const bool both[2] = {true, true}, second[2] = {false, true};
	int64_t steps = dim_of(x, 1), width = dim_of(x, 2);
	Var *n, *end, *v[2], *row = state_row(c, x, i);

	n = cast(c, value_at(c, lengths, i, NULL), DT_INT32);
	const Operand until[2] = {VAR("values", n), INT("values", width)};
	end = OP(concat, {.kind = A_LIST, .name = "values", .list = {until, 2}}, INT("axis", 0));
	v[0] = OP(slice_by_index, X(row), LIT("begin", 0, 0), VAR("end", end), LIT("stride", 1, 1),
	          BOOLS("begin_mask", both, 2), BOOLS("end_mask", second, 2));
	n = OP(sub, INT("x", steps + 1), Y(n));
	const Operand rest[2] = {VAR("values", n), INT("values", width)};
	end = OP(concat, {.kind = A_LIST, .name = "values", .list = {rest, 2}}, INT("axis", 0));
	v[1] = OP(fill, VAR("shape", end), VAR("value", padding));
	promote(c, v, 2);
	x = OP(concat, VALUES(v, 2), INT("axis", 0));
	return OP(slice_by_index, X(x), LIT("begin", 0, 0), LIT("end", steps, 0),
	          LIT("stride", 1, 1), BOOLS("begin_mask", both, 2), BOOLS("end_mask", second, 2));
}

HANDLER(pad_packed_sequence)
{
	Var *x = operand_n(c, 0), *lengths = operand(c, "batch_sizes"), **row;
	bool batch_first = bool_operand(c, "batch_first", false);
	Var *padding = operand(c, "padding_value");
	int64_t n;

	if (c->failed)
		return;
	if (!dims_known(x) || rank_of(x) != 3) {
		aten_fail(c, UNSUPPORTED "give the model inputs of fixed shape",
		          "a packed sequence whose size is not known");
		return;
	}
	n = dim_of(x, 0);
	if (rank_of(lengths) != 1 || dim_of(lengths, 0) != n) {
		aten_fail(c, "the lengths of a packed sequence must be one for each of %lld",
		          (long long)n);
		return;
	}
	row = newn(c->arena, Var *, (size_t)n);
	for (int64_t i = 0; i < n; i++)
		row[i] = padded(c, x, lengths, i, padding);
	x = aten_op(c, OP_stack, batch_first ? c->node->name : NULL,
	            ARGS(VALUES(row, (uint32_t)n), INT("axis", 0)));
	if (!batch_first)
		x = NAMED(transpose, X(x), LIT("perm", 1, 0, 2));
	RESULT(x);
}
