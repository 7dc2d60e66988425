/* recurrent.c: type rules of lstm, gru and rnn: x is (steps, batch, inputs); the results are all
 * states or the last one, (steps or 1, batch, hidden), and the final (batch, hidden). */
#include "shapes.h"

#define ACTIVATIONS "tanh scaled_tanh sigmoid hard_sigmoid relu linear"

/* Sequence output and `finals` final states of the given width. */
static bool
set_states(Infer *c, uint32_t finals, Dim width)
{
	const Type *x = type_known(c, "x");
	Dim dim[3] = {1, x->dim[1], width};

	if (infer_bool(c, "output_sequence", false))
		dim[0] = x->dim[0];
	infer_outputs(c, 1 + finals);
	set_shape(c, 0, x->dtype, dim, 3);
	for (uint32_t i = 1; i <= finals; i++)
		set_shape(c, i, x->dtype, dim + 1, 2);
	return true;
}

/* Both weights are matrices with `gates` rows for each of the hidden units, which are the columns
 * of hh. */
static bool
weights_fit(Infer *c, const char *ih, const char *hh, int64_t gates)
{
	const Type *i = type_known(c, ih), *h = type_known(c, hh);

	if (!rank_between(c, ih, 2, 2) || !rank_between(c, hh, 2, 2))
		return false;
	if (h->dim[1] > 0 && h->dim[0] / h->dim[1] == gates && i->dim[0] / h->dim[1] == gates)
		return true;
	return op_error(
	    c, hh, "'%s' has shape %s and '%s' has %s; expected (%lld*H, inputs) and (%lld*H, H)",
	    ih, shape_str(c->types, i->dim, 2), hh, shape_str(c->types, h->dim, 2),
	    (long long)gates, (long long)gates);
}

/* x and both weights, and one direction. */
static bool
one_way(Infer *c)
{
	return rank_between(c, "x", 3, 3) && rank_between(c, "weight_ih", 2, 2) &&
	       rank_between(c, "weight_hh", 2, 2) && word_arg(c, "direction", "forward reverse");
}

bool
infer_lstm(Infer *c)
{
	const Type *h = type_known(c, "weight_hh");
	bool both;

	if (!rank_between(c, "x", 3, 3) ||
	    !word_arg(c, "direction", "forward reverse bidirectional") ||
	    !weights_fit(c, "weight_ih", "weight_hh", 4))
		return false;
	both = strcmp(infer_str(c, "direction"), "bidirectional") == 0;
	if (both && (!infer_type(c, "weight_ih_back") || !infer_type(c, "weight_hh_back")))
		return op_error(c, "direction",
		                "a bidirectional lstm needs weight_ih_back and "
		                "weight_hh_back too");
	if (both && !weights_fit(c, "weight_ih_back", "weight_hh_back", 4))
		return false;
	if (!word_arg_any_case(c, "recurrent_activation", ACTIVATIONS) ||
	    !word_arg_any_case(c, "cell_activation", ACTIVATIONS) ||
	    !word_arg_any_case(c, "activation", ACTIVATIONS))
		return false;
	return set_states(c, 2, both ? 2 * h->dim[1] : h->dim[1]);
}

bool
infer_gru(Infer *c)
{
	const Type *h = type_known(c, "weight_hh");

	if (!one_way(c))
		return false;
	if (h->dim[1] != h->dim[0] / 3)
		return op_error(c, "weight_hh", "'weight_hh' has shape %s, expected (3*H, H)",
		                shape_str(c->types, h->dim, 2));
	return set_states(c, 1, h->dim[1]);
}

bool
infer_rnn(Infer *c)
{
	return one_way(c) && set_states(c, 1, type_known(c, "weight_ih")->dim[0]);
}
