/* layers.c: single layers by the table: how many inputs and outputs each has, their ranks, axes,
 * and what goes on to the other rules: fields, weights, and a layer's own.
 */
#include "layer.h"

enum { PIXEL_SHUFFLE = 2 }; /* of reorganizeData; it came later */

static const LayerRule rules[] = {
#define LAYER(type, flags, in, most_in, out, most_out, rank, most_rank, check)                     \
	{#type, flags, in, most_in, out, most_out, rank, most_rank, check_##check},
#include "layers.def"
};

static const struct {
	const char *type, *field;
} later[] = {
#define LATER(type, field) {#type, field},
#include "layers.def"
};

static const struct {
	const char *type, *field;
	bool back;
	int more;
} axes[] = {
#define AXIS(type, field, back, more) {#type, field, back, more},
#include "layers.def"
};

const LayerRule *
find_layer(const char *type)
{
	for (size_t i = 0; i < countof(rules); i++)
		if (!strcmp(rules[i].type, type))
			return &rules[i];
	die("layers.def has no row for %s", type); /* test_check_layers.c */
}

/* ---- age ---- */

bool
is_old_layer(const Msg *layer)
{
	const char *type = msg_case(layer, "convolution");
	const Msg *params = type ? msg_get(layer, type) : NULL;

	if (!type || !(find_layer(type)->flags & OLD))
		return false;
	for (size_t i = 0; i < countof(later); i++)
		if (!strcmp(later[i].type, type) && msg_count(params, later[i].field) &&
		    (msg_repeated(params, later[i].field) || msg_get_int(params, later[i].field)))
			return false;
	if (!strcmp(type, "convolution"))
		return msg_count(layer, "input") == 1;
	return strcmp(type, "reorganizeData") != 0 || msg_get_int(params, "mode") != PIXEL_SHUFFLE;
}

/* ---- numbers ---- */

static const char *
range_text(Arena *a, unsigned least, unsigned most)
{
	if (most == MANY)
		return arena_printf(a, "%u or more", least);
	if (least == most)
		return arena_printf(a, "%u", least);
	return arena_printf(a, most == least + 1 ? "%u or %u" : "%u to %u", least, most);
}

static bool
check_number(const LayerCheck *l, const char *what, size_t n, unsigned least, unsigned most)
{
	if (!most && n)
		diag_warning(l->k->diag, l->at, "%s has %zu %s%s, expected none", l->rule->type, n,
		             what, plural(n));
	else if (n < least || (n > most && most != MANY))
		return diag_error(l->k->diag, l->at, "%s has %zu %s%s, expected %s", l->rule->type,
		                  n, what, plural(n), range_text(l->k->arena, least, most));
	return true;
}

/* ---- ranks ---- */

int64_t
tensor_rank(const LayerCheck *l, const char *tensors, size_t i)
{
	return i < msg_count(l->m, tensors) ? msg_get_int(msg_at(l->m, tensors, i), "rank") : -1;
}

static void
check_same(const LayerCheck *l, const char *of, size_t i, const char *as, size_t k)
{
	int64_t a = !strcmp(of, "input") ? l->in[i] : l->out[i];
	int64_t b = !strcmp(as, "input") ? l->in[k] : l->out[k];

	if (a >= 0 && b >= 0 && a != b)
		diag_error(l->k->diag, l->at,
		           "%s has the %s '%s' of rank %lld, expected %lld as its %s '%s' has",
		           l->rule->type, of, msg_string_at(l->m, of, i), (long long)a,
		           (long long)b, as, msg_string_at(l->m, as, k));
}

void
check_same_rank(const LayerCheck *l)
{
	if (l->nin && l->nout)
		check_same(l, "output", 0, "input", 0);
}

static void
check_rank(const LayerCheck *l, const char *what, int64_t rank, unsigned least, unsigned most)
{
	if (rank >= 0 && (rank < least || (most != MANY && rank > most)))
		diag_error(l->k->diag, l->at, "%s has the %s '%s' of rank %lld, expected %s",
		           l->rule->type, what, msg_string_at(l->m, what, 0), (long long)rank,
		           range_text(l->k->arena, least, most));
}

void
check_ranks(const LayerCheck *l, unsigned least, unsigned most)
{
	if (l->nin && l->rule->most_in)
		check_rank(l, "input", l->in[0], least, most);
	if (l->nout)
		check_rank(l, "output", l->out[0], least, most);
}

static void
check_all_ranks(const LayerCheck *l)
{
	unsigned flags = l->rule->flags;

	if (flags & SAME)
		check_same_rank(l);
	for (size_t i = 1; l->nin && i < l->nout && (flags & SAME_ALL) == SAME_ALL; i++)
		check_same(l, "output", i, "input", 0);
	for (size_t i = 1; i < l->nin && flags & SAME_INPUTS; i++)
		check_same(l, "input", i, "input", 0);
	for (size_t i = 1; i < l->nout && flags & SAME_OUTPUTS; i++)
		check_same(l, "output", i, "output", 0);
	check_ranks(l, l->rule->rank, l->rule->most_rank);
}

/* ---- axes ---- */

/* `rank` is -1 where it is not known. */
static void
check_axis(const LayerCheck *l, const char *field, int64_t v, bool back, int64_t rank)
{
	int64_t low = back ? -rank : 0;

	if (rank >= 0 && (v < low || v >= rank))
		diag_error(l->k->diag, l->at, "'%s.%s' is %lld, expected %lld to %lld",
		           l->rule->type, field, (long long)v, (long long)low, (long long)rank - 1);
	else if (!back && v < 0)
		diag_error(l->k->diag, l->at, "'%s.%s' is %lld, expected 0 or more", l->rule->type,
		           field, (long long)v);
}

static void
check_axes(const LayerCheck *l)
{
	int64_t rank = tensor_rank(l, "inputTensor", 0);

	for (size_t i = 0; i < countof(axes); i++) {
		const char *field = axes[i].field;
		size_t n;
		if (strcmp(axes[i].type, l->rule->type) != 0)
			continue;
		n = msg_repeated(l->params, field) ? msg_count(l->params, field) : 1;
		for (size_t k = 0; k < n; k++)
			check_axis(l, field, msg_int_at(l->params, field, k), axes[i].back,
			           rank < 0 ? -1 : rank + axes[i].more);
	}
}

void
check_layer(const LayerCheck *l)
{
	check_all_ranks(l);
	check_layer_fields(l->k, l->rule->type, l->m, l->at);
	check_axes(l);
	check_weights(l);
	check_activations(l);
	if (check_number(l, "input", l->nin, l->rule->in, l->rule->most_in) &
	    check_number(l, "output", l->nout, l->rule->out, l->rule->most_out))
		l->rule->check(l);
}
