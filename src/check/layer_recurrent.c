/* layer_recurrent.c: activations, as layers and in recurrent layers; what the latter alone must
 * hold. */
#include "layer.h"

static const struct {
	const char *type, *field;
} rules[] = {
#define ACTIVATION(type, field) {#type, field},
#include "layers.def"
};

static bool
is_recurrent(const char *activation)
{
	static const char *const some[] = {"linear",     "sigmoid",     "tanh",
	                                   "scaledTanh", "sigmoidHard", "ReLU"};

	for (size_t i = 0; activation && i < countof(some); i++)
		if (!strcmp(activation, some[i]))
			return true;
	return false;
}

void
check_activations(const LayerCheck *l)
{
	for (size_t i = 0; i < countof(rules); i++) {
		if (strcmp(rules[i].type, l->rule->type) != 0)
			continue;
		for (size_t n = 0; n < msg_count(l->params, rules[i].field); n++) {
			const char *set = msg_case(msg_at(l->params, rules[i].field, n), "linear");
			if (!is_recurrent(set))
				diag_error(l->k->diag, l->at,
				           "'%s.%s' has %s, expected linear, ReLU, sigmoid, "
				           "sigmoidHard, tanh or scaledTanh",
				           rules[i].type, rules[i].field, set ? set : "none");
		}
	}
}

void
check_both_ways(const LayerCheck *l)
{
	size_t n = msg_count(l->params, "weightParams");

	if (n < 2)
		diag_error(l->k->diag, l->at,
		           "'biDirectionalLSTM.weightParams' has length %zu, expected 2", n);
}

static void
check_alpha(const LayerCheck *l, const char *type, const char *field)
{
	const Msg *w = msg_get(msg_get(l->params, type), field);

	if (weights_kind(w) == W_SEVERAL)
		diag_error(l->k->diag, l->at,
		           "'activation.%s.%s' has values of several kinds, expected one", type,
		           field);
}

void
check_activation(const LayerCheck *l)
{
	const char *type = msg_case(l->params, "linear");
	const Msg *softplus = msg_get(l->params, "parametricSoftplus");

	if (!type || (strcmp(type, "PReLU") != 0 && !softplus))
		return;
	check_same_rank(l);
	check_ranks(l, 3, MANY);
	check_alpha(l, type, "alpha");
	if (!softplus)
		return;
	check_alpha(l, type, "beta");
	if (weights_kind(msg_get(softplus, "alpha")) != weights_kind(msg_get(softplus, "beta")))
		diag_error(l->k->diag, l->at,
		           "'activation.parametricSoftplus' has alpha and beta of different kinds, "
		           "expected one");
}
