/* layer_weights.c: weights of layers by the table: that they are there, of one kind, as many as the
 * layer's sizes say, and how they are quantized.
 */
#include "layer.h"

typedef struct WeightRule {
	const char *type, *path, *flag, *size, *channels;
	unsigned how;
} WeightRule;

static const WeightRule rules[] = {
#define WEIGHT(type, path, flag, size, channels, how) {#type, path, flag, size, channels, how},
#include "layers.def"
};

static const char *const kinds[] = {"floatValue", "float16Value", "rawValue", "int8RawValue"};

typedef struct Named {
	const LayerCheck *l;
	const WeightRule *rule;
	const Msg *w;
	const char *name;
} Named;

typedef struct WeightsPrecision {
	const char *single, *half; /* names of weights of either */
	bool free;
} WeightsPrecision;

/* ---- sizes ---- */

size_t
times(size_t a, size_t b)
{
	size_t n;

	return mul_size(a, b, &n) ? n : SIZE_MAX;
}

size_t
field_size(const Msg *m, const char *field, size_t i)
{
	int64_t n = msg_int_at(m, field, i);
	const ProtobufCFieldDescriptor *f;

	if (n >= 0)
		return (uint64_t)n > SIZE_MAX ? SIZE_MAX : (size_t)n;
	f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field);
	return f->type == PROTOBUF_C_TYPE_UINT64 ? SIZE_MAX : 0;
}

static size_t
list_product(const Msg *m, const char *field)
{
	size_t n = 1;

	for (size_t i = 0; i < msg_count(m, field); i++)
		n = times(n, field_size(m, field, i));
	return n;
}

static size_t
formula_size(const LayerCheck *l, const char *formula)
{
	size_t n = 1;

	for (size_t len; *formula; formula += len + (formula[len] == '*')) {
		len = strcspn(formula, "*");
		const char *field = arena_printf(l->k->arena, "%.*s", (int)len, formula);
		n = times(n, msg_repeated(l->params, field) ? list_product(l->params, field)
		                                            : field_size(l->params, field, 0));
	}
	return n;
}

static size_t
channels_of(const Named *n)
{
	const char *field = n->rule->channels;
	const Msg *params = n->l->params;

	if (!*field || (msg_repeated(params, field) && msg_count(params, field) != 3))
		return 1;
	return field_size(params, field, 0);
}

/* ---- kinds ---- */

static size_t
weights_length(const Msg *w, size_t kind)
{
	return kind ? msg_bytes(w, kinds[kind])->len : msg_count(w, kinds[0]);
}

static size_t
count_kinds(const Msg *w)
{
	size_t n = 0;

	for (size_t i = 0; i < countof(kinds); i++)
		n += weights_length(w, i) > 0;
	return n;
}

WeightsKind
weights_kind(const Msg *w)
{
	static const WeightsKind kind[] = {W_FLOAT32, W_FLOAT16, W_QUANTIZED, W_INT8};
	size_t i = 0;

	if (count_kinds(w) > 1)
		return W_SEVERAL;
	while (i < countof(kinds) && !weights_length(w, i))
		i++;
	if (i == countof(kinds) || (kind[i] >= W_QUANTIZED && !msg_has(w, "quantization")))
		return W_NONE;
	return kind[i];
}

/* ---- quantization ---- */

static void
check_scales(const Named *n, const Msg *linear)
{
	size_t scales = msg_count(linear, "scale"), biases = msg_count(linear, "bias");
	size_t channels = channels_of(n);

	if (scales != 1 && scales != channels)
		diag_error(n->l->k->diag, n->l->at,
		           "'%s' has a scale of length %zu, expected %s%zu", n->name, scales,
		           channels == 1 ? "" : "1 or ", channels);
	if (biases && biases != scales)
		diag_error(n->l->k->diag, n->l->at,
		           "'%s' has a bias of length %zu, expected 0 or %zu as its scale has",
		           n->name, biases, scales);
}

static void
check_quantization(const Named *n, size_t size)
{
	const Msg *q = msg_get(n->w, "quantization");
	long long bits = msg_get_int(q, "numberOfBits");
	size_t bytes = weights_length(n->w, 2), need, table;

	if (bits < 1 || bits > 8) {
		diag_error(n->l->k->diag, n->l->at, "'%s' has %lld bits, expected 1 to 8", n->name,
		           bits);
		return;
	}
	need = times(size, (size_t)bits);
	need = need / 8 + (need % 8 != 0);
	if (bytes < need)
		diag_error(n->l->k->diag, n->l->at,
		           "'%s' has %zu byte%s, expected %zu: the layer needs %zu numbers of %lld "
		           "bits",
		           n->name, bytes, plural(bytes), need, size, bits);
	if (msg_has(q, "linearQuantization")) {
		check_scales(n, msg_get(q, "linearQuantization"));
	} else if (msg_has(q, "lookupTableQuantization")) {
		table = msg_count(msg_get(q, "lookupTableQuantization"), "floatValue");
		if (table != (size_t)1 << bits)
			diag_error(n->l->k->diag, n->l->at,
			           "'%s' has a table of length %zu, expected %d for %lld bits",
			           n->name, table, 1 << bits, bits);
	} else {
		diag_error(n->l->k->diag, n->l->at,
		           "'%s' has neither linearQuantization nor lookupTableQuantization",
		           n->name);
	}
}

void
check_int8(const LayerCheck *l)
{
	const Msg *w = msg_get(l->params, "weights"), *q = msg_get(w, "quantization"), *linear;
	const char *type = l->rule->type;

	if (weights_kind(w) != W_INT8) {
		diag_error(l->k->diag, l->at,
		           "'%s.int8DynamicQuantize' is set, but '%s.weights' has no int8RawValue "
		           "with a quantization",
		           type, type);
		return;
	}
	linear = msg_get(q, "linearQuantization");
	if (msg_get_int(q, "numberOfBits") != 8)
		diag_error(l->k->diag, l->at,
		           "'%s.weights' has %lld bits, expected 8 with int8DynamicQuantize", type,
		           (long long)msg_get_int(q, "numberOfBits"));
	if (!linear)
		diag_error(
		    l->k->diag, l->at,
		    "'%s.weights' has no linearQuantization, which int8DynamicQuantize needs",
		    type);
	else if (msg_count(linear, "scale") != 1 || msg_count(linear, "bias"))
		diag_error(l->k->diag, l->at,
		           "'%s.weights' has a scale of length %zu and a bias of length %zu, "
		           "expected 1 and "
		           "0 with int8DynamicQuantize",
		           type, msg_count(linear, "scale"), msg_count(linear, "bias"));
}

/* ---- one of the table ---- */

static void
report_none(const Named *n, size_t size, const char *formula)
{
	const char *expected = size ? arena_printf(n->l->k->arena, "%zu (%s)", size, formula)
	                            : arena_printf(n->l->k->arena, "some, but %s is 0", formula);
	const char *what = weights_length(n->w, 2) || weights_length(n->w, 3)
	                       ? "bytes without a quantization"
	                       : "no numbers";

	if (n->rule->how & LENIENT)
		diag_warning(n->l->k->diag, n->l->at, "'%s' has %s, expected %s", n->name, what,
		             expected);
	else
		diag_error(n->l->k->diag, n->l->at, "'%s' has %s, expected %s", n->name, what,
		           expected);
}

static void
check_size(const Named *n)
{
	const char *formula = n->rule->size;
	bool own = *formula == '@';
	size_t size = own ? convolution_size(n->l, &formula) : formula_size(n->l, formula);
	WeightsKind kind = weights_kind(n->w);
	size_t have = weights_length(n->w, kind == W_FLOAT16) / (kind == W_FLOAT16 ? 2 : 1);

	if ((kind == W_FLOAT32 || kind == W_FLOAT16) && have != size)
		diag_error(n->l->k->diag, n->l->at, "'%s' has %zu number%s, expected %zu (%s)",
		           n->name, have, plural(have), size, formula);
	else if (kind == W_QUANTIZED && n->rule->how & FLOATS)
		diag_error(n->l->k->diag, n->l->at,
		           "'%s' is quantized: expected floatValue or float16Value", n->name);
	else if (kind == W_QUANTIZED)
		check_quantization(n, size);
	else if (kind == W_INT8 && !(n->rule->how & LENIENT))
		diag_error(n->l->k->diag, n->l->at,
		           "'%s' has int8RawValue, which goes with int8DynamicQuantize alone: "
		           "expected floatValue, float16Value or rawValue",
		           n->name);
	else if (kind == W_NONE && (size || !(n->rule->how & LENIENT)))
		report_none(n, size, formula);
}

static bool
is_expected(const Named *n)
{
	const char *flag = n->rule->flag + (*n->rule->flag == '!');
	const Msg *params = n->l->params;

	if (!*flag)
		return true;
	if (!strncmp(flag, "params.", 7)) {
		params = msg_get(params, "params");
		flag += 7;
	}
	return (msg_get_int(params, flag) != 0) != (*n->rule->flag == '!');
}

static void
check_named(const Named *n, WeightsPrecision *p)
{
	bool expected = is_expected(n);
	WeightsKind kind = weights_kind(n->w);

	if (!expected && !(n->rule->how & ALWAYS))
		return;
	if (kind == W_SEVERAL)
		diag_error(n->l->k->diag, n->l->at,
		           "'%s' has values of %zu kinds, expected one of floatValue, "
		           "float16Value, rawValue and int8RawValue",
		           n->name, count_kinds(n->w));
	else if (expected)
		check_size(n);
	if (kind == W_FLOAT32 && !p->single)
		p->single = n->name;
	if (kind == W_FLOAT16 && !p->half)
		p->half = n->name;
	p->free |= n->rule->how & UNLIKE || (kind == W_QUANTIZED && n->rule->how & FREES);
}

/* ---- all of a layer ---- */

/* Weights of both directions stand in a list of two. */
static void
check_rule(const LayerCheck *l, const WeightRule *r, WeightsPrecision *p)
{
	size_t len = strcspn(r->path, "."), n;
	const char *list = arena_printf(l->k->arena, "%.*s", (int)len, r->path);
	Named one = {l, r, NULL, arena_printf(l->k->arena, "%s.%s", r->type, r->path)};

	if (!r->path[len]) {
		one.w = msg_get(l->params, r->path);
		check_named(&one, p);
		return;
	}
	n = msg_repeated(l->params, list) ? msg_count(l->params, list) : 1;
	for (size_t i = 0; i < n && i < 2; i++) {
		const Msg *in = msg_at(l->params, list, i);
		one.w = in ? msg_get(in, r->path + len + 1) : NULL;
		if (msg_repeated(l->params, list))
			one.name = arena_printf(l->k->arena, "%s.%s[%zu]%s", r->type, list, i,
			                        r->path + len);
		check_named(&one, p);
	}
}

void
check_weights(const LayerCheck *l)
{
	WeightsPrecision p = {0};

	for (size_t i = 0; i < countof(rules); i++)
		if (!strcmp(rules[i].type, l->rule->type) &&
		    (l->nin == 1 || !(rules[i].how & ONE_INPUT)))
			check_rule(l, &rules[i], &p);
	if (p.single && p.half && !p.free)
		diag_error(l->k->diag, l->at,
		           "'%s' has floatValue, but '%s' has float16Value: expected one precision",
		           p.single, p.half);
}

void
check_custom(const LayerCheck *l)
{
	for (size_t i = 0; i < msg_count(l->params, "weights"); i++) {
		size_t n = count_kinds(msg_at(l->params, "weights", i));
		if (n != 1)
			diag_error(l->k->diag, l->at,
			           "'custom.weights[%zu]' has values of %zu kinds, expected one of "
			           "floatValue, float16Value, rawValue and int8RawValue",
			           i, n);
	}
}
