/* elementwise.c: add_ methods of layers that work element by element. */
#include "builder.h"

#include "script/core.h"

bool
add_unary(Adding *a)
{
	const char *mode;
	double epsilon = 1e-6;

	if (add_given(a, "epsilon"))
		return add_field(a, a->params, "epsilon", "epsilon");
	/* Whether it is in capital letters matters here, and here alone: as the peer has it. */
	if (!add_word(a, "mode", false, &mode))
		return false;
	if (!strcmp(mode, "inverse") || !strcmp(mode, "rsqrt"))
		epsilon = 1e-4;
	else if (!strcmp(mode, "log"))
		epsilon = 1e-45;
	msg_float(a->params, "epsilon", epsilon);
	return true;
}

/* Words of a mode and the layers that they stand for. */
typedef struct Mode {
	const char *mode, *layer;
} Mode;

static const char *
kind_of(Adding *a, const Mode *kind, size_t n, bool fold, const char *words)
{
	const char *mode;

	if (!add_word(a, "mode", fold, &mode))
		return NULL;
	for (size_t k = 0; k < n; k++)
		if (!strcmp(kind[k].mode, mode))
			return kind[k].layer;
	add_no_word(a, "mode", words);
	return NULL;
}

bool
add_elementwise(Adding *a)
{
	static const Mode kind[] = {
	    {"CONCAT", "concat"}, {"SEQUENCE_CONCAT", "concat"},
	    {"ADD", "add"},       {"MULTIPLY", "multiply"},
	    {"COS", "dot"},       {"DOT", "dot"},
	    {"MAX", "max"},       {"MIN", "min"},
	    {"AVE", "average"},
	};
	const char *layer = kind_of(a, kind, countof(kind), true,
	                            "CONCAT, SEQUENCE_CONCAT, ADD, MULTIPLY, COS, DOT, MAX, MIN, "
	                            "AVE");
	const char *mode;
	bool yes;

	if (!layer || !add_word(a, "mode", true, &mode))
		return false;
	add_kind(a, layer);
	if (!strcmp(layer, "concat"))
		msg_int(a->params, "sequenceConcat", *mode == 'S');
	else if (!strcmp(layer, "dot"))
		msg_int(a->params, "cosineSimilarity", *mode == 'C');
	else if (!strcmp(layer, "add") || !strcmp(layer, "multiply"))
		return add_true(a, "alpha", &yes) &&
		       (!yes || add_field(a, a->params, "alpha", "alpha"));
	return true;
}

bool
add_logical(Adding *a)
{
	static const Mode kind[] = {{"AND", "logicalAnd"},
	                            {"OR", "logicalOr"},
	                            {"XOR", "logicalXor"},
	                            {"NOT", "logicalNot"}};
	const char *layer = kind_of(a, kind, countof(kind), false, "AND, OR, XOR, NOT");
	uint32_t n = SEQ_OF(a->inputs)->n, want;

	if (!layer)
		return false;
	want = !strcmp(layer, "logicalNot") ? 1 : 2;
	if (n != want)
		return add_fail(a, "input_names", "logical %s takes %u input%s, found %u",
		                STR_OF(add_arg(a, "mode"))->s, want, want == 1 ? "" : "s", n);
	add_kind(a, layer);
	return true;
}

/* One input is compared with the number alpha, two with each other. */
bool
add_compared(Adding *a)
{
	return SEQ_OF(a->inputs)->n != 1 || add_field(a, a->params, "alpha", "alpha");
}

static bool
ordered(Adding *a, const char *or_equal, const char *with, const char *without)
{
	bool yes;

	if (!add_true(a, or_equal, &yes))
		return false;
	add_kind(a, yes ? with : without);
	return add_compared(a);
}

bool
add_greater(Adding *a)
{
	return ordered(a, "use_greater_than_equal", "greaterEqual", "greaterThan");
}

bool
add_less(Adding *a)
{
	return ordered(a, "use_less_than_equal", "lessEqual", "lessThan");
}

/* ---- scale and bias ---- */

/* The shape as the field, [1] if none is given, and the numbers: as many as it has elements. */
static bool
shaped(Adding *a, const char *shape, const char *shape_field, const char *numbers,
       const char *field)
{
	Value v = add_arg(a, numbers), dims = add_arg(a, shape), one = vint(1);
	const Msg *w;
	uint64_t n;
	bool yes;

	if (!add_true(a, shape, &yes))
		return false;
	if (!yes)
		dims = vlist(a->in, &one, 1);
	if (!add_value(a, a->params, shape_field, dims, shape))
		return false;
	if (v.kind == V_INT || v.kind == V_BOOL) {
		double d;
		if (!add_double(a, numbers, &d))
			return false;
		msg_float(msg_edit(a->params, field), "floatValue", d);
	} else if (!add_floats(a, a->params, field, v, numbers)) {
		return false;
	}
	n = add_count(a, shape_field);
	w = msg_get(a->params, field);
	return n == msg_count(w, "floatValue") ||
	       add_fail(a, numbers, "%s has %zu numbers, but %s says %llu", numbers,
	                msg_count(w, "floatValue"), shape, (unsigned long long)n);
}

bool
add_scale(Adding *a)
{
	bool bias;

	return shaped(a, "shape_scale", "shapeScale", "W", "scale") &&
	       add_true(a, "has_bias", &bias) &&
	       (!bias || shaped(a, "shape_bias", "shapeBias", "b", "bias"));
}

bool
add_bias(Adding *a)
{
	int64_t n = 1;
	bool yes;

	if (!add_true(a, "shape_bias", &yes) ||
	    (yes && !value_len(a->in, add_arg(a, "shape_bias"), &n, add_span(a, "shape_bias"))))
		return false;
	if (n != 1 && n != 3)
		return add_fail(a, "shape_bias",
		                "shape_bias must have 1 or 3 dimensions, found %lld", (long long)n);
	return shaped(a, "shape_bias", "shape", "b", "bias");
}

/* ---- activations ---- */

/* An activation by its word: the numbers that `params` gives, and what they are without it. */
typedef struct Activation {
	const char *word, *member;
	const char *field[2];
	double absent[2];
	enum { NO_PARAMS, ITEMS, ITEM, NUMBER, ARRAY, ARRAYS } params;
	bool needed; /* there is no default */
} Activation;
static const Activation activations[] = {
    {"RELU", "ReLU", {0}, {0}, NO_PARAMS, false},
    {"SIGMOID", "sigmoid", {0}, {0}, NO_PARAMS, false},
    {"TANH", "tanh", {0}, {0}, NO_PARAMS, false},
    {"SCALED_TANH", "scaledTanh", {"alpha", "beta"}, {0, 0}, ITEMS, false},
    {"SOFTPLUS", "softplus", {0}, {0}, NO_PARAMS, false},
    {"SOFTSIGN", "softsign", {0}, {0}, NO_PARAMS, false},
    {"SIGMOID_HARD", "sigmoidHard", {"alpha", "beta"}, {0.2, 0.5}, ITEMS, false},
    {"LEAKYRELU", "leakyReLU", {"alpha", NULL}, {0.3, 0}, ITEM, false},
    {"PRELU", "PReLU", {"alpha", NULL}, {0}, ARRAY, true},
    {"ELU", "ELU", {"alpha", NULL}, {0}, NUMBER, true},
    {"PARAMETRICSOFTPLUS", "parametricSoftplus", {"alpha", "beta"}, {0}, ARRAYS, true},
    {"THRESHOLDEDRELU", "thresholdedReLU", {"alpha", NULL}, {1, 0}, NUMBER, false},
    {"LINEAR", "linear", {"alpha", "beta"}, {1, 0}, ITEMS, false},
};

static bool
activation_param(Adding *a, Msg *m, const Activation *k, int i)
{
	Value v = add_arg(a, "params"), item;
	Span at = add_span(a, "params");
	double d;

	if (k->params == NUMBER || k->params == ARRAY)
		item = v;
	else if (!value_getitem(a->in, v, vint(i), &item, at))
		return false;
	if (k->params == ARRAY || k->params == ARRAYS)
		return add_floats(a, m, k->field[i], item, "params");
	if (k->params == ITEMS)
		return add_value(a, m, k->field[i], item, "params");
	if (!as_double(a->in, item, &d, "params", at))
		return false;
	msg_float(m, k->field[i], d);
	return true;
}

static bool
fill_activation(Adding *a, const Activation *k)
{
	Msg *m = msg_edit(a->params, k->member);
	bool there = add_given(a, "params");

	if (k->needed && !there)
		return add_fail(a, "params", "the activation %s needs params", k->word);
	for (int i = 0; i < 2 && k->field[i]; i++) {
		if (!there)
			msg_float(m, k->field[i], k->absent[i]);
		else if (!activation_param(a, m, k, i))
			return false;
	}
	return true;
}

static bool
whole(Value v)
{
	return v.kind == V_INT || v.kind == V_BOOL || v.kind == V_BIG ||
	       (v.kind == V_NPSCALAR && dtype_is_int(ARRAY_OF(v)->dtype));
}

/* Rank and shape of the only input or output: a dimension that is no int is unknown, -1. */
static bool
known_shape(Adding *a, const char *field, const char *rank, const char *shape)
{
	Value r = add_arg(a, rank), s = add_arg(a, shape), list = VNONE;
	bool has_rank, has_shape;
	Msg *m;
	Big n = -1;

	if (!value_truth(a->in, r, &has_rank, add_span(a, rank)) ||
	    !value_truth(a->in, s, &has_shape, add_span(a, shape)) ||
	    (has_shape && !value_to_list(a->in, s, &list, add_span(a, shape))))
		return false;
	if (!has_rank && !has_shape)
		return true;
	if (has_rank && !whole(r))
		return add_fail(a, rank, "%s must be an int, found %.80s", rank, shown(a->in, r));
	if (!has_rank)
		r = vint(SEQ_OF(list)->n);
	if (has_shape && is_index(a->in, r, &n) && n != SEQ_OF(list)->n)
		return add_fail(a, rank, "%s is not the number of dimensions of %s, %u", rank,
		                shape, SEQ_OF(list)->n);
	m = msg_sub(a->layer, field);
	if (!add_value(a, m, "rank", r, rank))
		return false;
	for (uint32_t i = 0; has_shape && i < SEQ_OF(list)->n; i++)
		if (!whole(SEQ_OF(list)->at[i]))
			SEQ_OF(list)->at[i] = vint(-1);
	return !has_shape || add_value(a, m, "dimValue", list, shape);
}

bool
add_activation(Adding *a)
{
	const char *word;
	Buf all = {0};

	if (!known_shape(a, "inputTensor", "input_rank", "input_shape") ||
	    !known_shape(a, "outputTensor", "output_rank", "output_shape") ||
	    !add_word(a, "non_linearity", true, &word))
		return false;
	for (size_t k = 0; k < countof(activations); k++)
		if (!strcmp(activations[k].word, word))
			return fill_activation(a, &activations[k]);
	for (size_t k = 0; k < countof(activations); k++)
		buf_printf(&all, "%s%s", k ? ", " : "", activations[k].word);
	add_no_word(a, "non_linearity", all.at);
	buf_free(&all);
	return false;
}
