/* selector.c: QuantizedLayerSelector and the two that narrow it down: their attributes, which
 * scripts read and set, and what do_quantize answers.
 */
#include "selector.h"

#include "ct/message.h"
#include "nn/quantize.h"
#include "script/core.h"

/* ---- making them ---- */

enum { KINDS }; /* quantizable_layer_types, which all have */
enum { ADV_SKIP = KINDS + 1, ADV_CHANNELS, ADV_COUNT };
enum { PRO_COUNT = KINDS + 1, PRO_IN, PRO_OUT, PRO_MOST_IN, PRO_MOST_OUT, PRO_NAMES };
static const char *const all_fields[] = {"quantizable_layer_types", NULL};
static const char *const advanced_fields[] = {"quantizable_layer_types", "skip_layer_types",
                                              "minimum_conv_kernel_channels",
                                              "minimum_conv_weight_count", NULL};
static const char *const product_fields[] = {"quantizable_layer_types",   "minimum_weight_count",
                                             "minimum_input_channels",    "minimum_output_channels",
                                             "maximum_input_channels",    "maximum_output_channels",
                                             "include_layers_with_names", NULL};

/* What layers there are: those of the table, and some that hold networks. */
static Value
quantizable(Interp *in)
{
	static const char *const others[] = {"depthwiseConv", "loop", "branch"};
	Value set = vset(in);
	const QuantRow *row;
	size_t n;

	interp_push(in, set);
	row = quant_rows(&n);
	for (size_t i = 0; i < n; i++)
		set_add_value(in, set, vstrz(in, row[i].layer), NOSPAN);
	for (size_t i = 0; i < countof(others); i++)
		set_add_value(in, set, vstrz(in, others[i]), NOSPAN);
	interp_pop(in, 1);
	return set;
}

Value
selector_new(Interp *in, SelectorKind kind, Span at)
{
	Value v = record_new(in, &selector_defs[kind], at);
	Value *field = record_of(v)->at;

	interp_push(in, v);
	field[KINDS] = quantizable(in);
	if (kind == SELECT_ADVANCED) {
		field[ADV_SKIP] = vlist(in, NULL, 0);
		field[ADV_CHANNELS] = vint(4);
		field[ADV_COUNT] = vint(4096);
	} else if (kind == SELECT_PRODUCTS) {
		field[PRO_COUNT] = field[PRO_IN] = field[PRO_OUT] = vint(1);
		field[PRO_NAMES] = vlist(in, NULL, 0);
	}
	interp_pop(in, 1);
	return v;
}

/* The kinds of layers that are to be skipped are kinds that could be quantized. */
static bool
check_skipped(Interp *in, Value kinds, Value skipped, Span at)
{
	Buf wrong = {0}, right = {0};
	Value list, item;
	const DictEntry *e;
	int64_t pos = 0;
	const Str *s;
	bool ok = true, has;

	if (!value_to_list(in, skipped, &list, at))
		return false;
	interp_push(in, list);
	for (uint32_t i = 0; ok && i < SEQ_OF(list)->n; i++) {
		item = SEQ_OF(list)->at[i];
		ok = value_contains(in, kinds, item, &has, at) &&
		     (has || as_str(in, item, &s, "a kind of layer", at));
		if (ok && !has)
			buf_printf(&wrong, "%s%s", wrong.n ? "," : "", s->s);
	}
	while ((e = set_next(DICT_OF(kinds), &pos)))
		buf_printf(&right, "%s%s", right.n ? "," : "", STR_OF(e->key)->s);
	if (ok && wrong.n) {
		ok = raise_as(in, at, "ValueError",
		              "Skip quantization layer types (%s) is not supported.", wrong.at);
		diag_note(interp_diag(in), at, "supported quantization layers: %s", right.at);
	}
	buf_free(&wrong);
	buf_free(&right);
	interp_pop(in, 1);
	return ok;
}

static const char *const params[SELECTORS] = {
    "",
    "skip_layer_types=,minimum_conv_kernel_channels=,minimum_conv_weight_count=",
    "minimum_weight_count=,minimum_input_channels=,minimum_output_channels=,"
    "maximum_input_channels=,maximum_output_channels=,include_layers_with_names=",
};

NATIVE(selector_make)
{
	const RecordDef *def = (const RecordDef *)(const void *)host_type_of(self);
	SelectorKind kind = (SelectorKind)(def - selector_defs);
	Value v[PRO_NAMES] = {VUNSET, VUNSET, VUNSET, VUNSET, VUNSET, VUNSET}, *field;

	if (!args_bind(in, def->type.name, args, params[kind], v))
		return false;
	*out = selector_new(in, kind, args->span);
	field = record_of(*out)->at;
	for (int i = 0; def->field[i + 1]; i++)
		if (v[i].kind != V_UNSET)
			field[i + 1] = v[i];
	if (kind == SELECT_ADVANCED)
		return check_skipped(in, field[KINDS], field[ADV_SKIP], args->span);
	if (kind == SELECT_PRODUCTS && given(v[PRO_NAMES - 1])) {
		raise_as(in, args->span, "AttributeError", "'%s' object has no attribute '%s'",
		         def->type.name, def->field[PRO_NAMES]);
		diag_note(interp_diag(in), args->span,
		          "coremltools sets it only where it is not given: leave it out, and set "
		          "the attribute afterwards");
		return false;
	}
	if (kind == SELECT_PRODUCTS) /* None was given, too */
		field[PRO_NAMES] = vlist(in, NULL, 0);
	return true;
}

/* ---- do_quantize ---- */

typedef enum Part { PART_WEIGHTS, PART_BIAS, PART_WRONG } Part;

/* weight_param: the weights, which no name stands for too, or the bias. PART_WRONG: reported. */
static Part
part_of(Interp *in, Value v, Span at)
{
	if (!given(v) || (v.kind == V_STR && !strcmp(STR_OF(v)->s, "weights")))
		return PART_WEIGHTS;
	if (v.kind == V_STR && !strcmp(STR_OF(v)->s, "bias"))
		return PART_BIAS;
	raise_as(in, at, "ValueError", "Unrecognized quantization weight field %s", shown(in, v));
	return PART_WRONG;
}

static int
has(Interp *in, Value set, const char *name, Span at)
{
	bool yes;

	return value_contains(in, set, vstrz(in, name), &yes, at) ? yes : -1;
}

static int
less(Interp *in, Value a, Value b, Span at)
{
	bool yes;

	return value_less(in, a, b, &yes, at) ? yes : -1;
}

/* Whether there are more than the most, where that is neither 0 nor None. */
static int
over(Interp *in, Value most, Value n, Span at)
{
	bool limited;

	if (!value_truth(in, most, &limited, at))
		return -1;
	return limited ? less(in, most, n, at) : 0;
}

static int64_t
times(int64_t a, int64_t b)
{
	int64_t n;

	return __builtin_mul_overflow(a, b, &n) ? INT64_MAX : n;
}

static int
advanced_convolution(Interp *in, const Value *field, const Msg *conv, Span at)
{
	int64_t channels = msg_get_int(conv, "kernelChannels"), n;
	int against;

	n = times(channels, msg_get_int(conv, "outputChannels"));
	for (size_t i = 0; i < 2; i++)
		n = times(n, msg_count(conv, "kernelSize") ? msg_int_at(conv, "kernelSize", i) : 3);
	against = channels == 1 && msg_get_int(conv, "nGroups") > 1
	              ? has(in, field[ADV_SKIP], "depthwiseConv", at)
	              : 0;
	if (!against)
		against = less(in, vint(channels), field[ADV_CHANNELS], at);
	if (!against)
		against = less(in, vint(n), field[ADV_COUNT], at);
	return against < 0 ? -1 : !against;
}

static int
advanced(Interp *in, const Value *field, const Msg *layer, const char *kind, Value part, Span at)
{
	int skipped = has(in, field[ADV_SKIP], kind, at);

	if (skipped)
		return skipped < 0 ? -1 : 0;
	switch (part_of(in, part, at)) {
	case PART_WRONG:
		return -1;
	case PART_BIAS:
		skipped = has(in, field[ADV_SKIP], "bias", at);
		return skipped < 0 ? -1 : !skipped;
	default:
		return strcmp(kind, "convolution")
		           ? 1
		           : advanced_convolution(in, field, msg_get(layer, kind), at);
	}
}

static int
product_fits(Interp *in, const Value *field, const Msg *layer, const char *kind, Span at)
{
	bool inner = !strcmp(kind, "innerProduct");
	const Msg *p = msg_get(layer, kind);
	int64_t rows = msg_get_int(p, inner ? "inputChannels" : "weightMatrixFirstDimension");
	int64_t cols = msg_get_int(p, inner ? "outputChannels" : "weightMatrixSecondDimension");
	int against = less(in, vint(times(rows, cols)), field[PRO_COUNT], at);
	bool named;

	if (!against)
		against = less(in, vint(rows), field[PRO_IN], at);
	if (!against)
		against = less(in, vint(cols), field[PRO_OUT], at);
	if (!against)
		against = over(in, field[PRO_MOST_IN], vint(rows), at);
	if (!against)
		against = over(in, field[PRO_MOST_OUT], vint(cols), at);
	if (against)
		return against < 0 ? -1 : 0;
	if (!value_truth(in, field[PRO_NAMES], &named, at))
		return -1;
	return named ? has(in, field[PRO_NAMES], msg_get_string(layer, "name"), at) : 1;
}

static int
product(Interp *in, const Value *field, const Msg *layer, const char *kind, Value part, Span at)
{
	if (!strcmp(kind, "loop") || !strcmp(kind, "branch"))
		return 1;
	if (strcmp(kind, "innerProduct") != 0 && strcmp(kind, "batchedMatmul") != 0)
		return 0;
	switch (part_of(in, part, at)) {
	case PART_WRONG:
		return -1;
	case PART_BIAS:
		return 1;
	default:
		return product_fits(in, field, layer, kind, at);
	}
}

static int
decide(Interp *in, Value self, const Msg *layer, Value part, Span at)
{
	const RecordDef *def = (const RecordDef *)(const void *)HOST_OF(self)->type;
	const Value *field = record_of(self)->at;
	const char *kind = msg_case(layer, "convolution");
	int taken = kind ? has(in, field[KINDS], kind, at) : 0;

	if (taken <= 0 || def == &selector_defs[SELECT_ALL])
		return taken;
	return def == &selector_defs[SELECT_ADVANCED] ? advanced(in, field, layer, kind, part, at)
	                                              : product(in, field, layer, kind, part, at);
}

NATIVE(selector_do_quantize)
{
	Value layer = args->v[0];
	int taken;

	if (!is_message(layer) || strcmp(HOST_OF(layer)->type->name, "NeuralNetworkLayer") != 0)
		return fail(in, args->span, "do_quantize takes a layer of a network, found '%s'",
		            type_name(layer));
	taken = decide(in, self, message_of(layer), args->v[1], args->span);
	*out = vbool(taken > 0);
	return taken >= 0;
}

int
selector_takes(Interp *in, Value selector, Value layer, const char *weight, Span at)
{
	const Str *method = intern_cstr(interp_names(in), "do_quantize");
	Kwarg part = {intern_cstr(interp_names(in), "weight_param"), VNONE, at};
	Args args = {.pos = &layer, .pos_span = &at, .npos = 1, .span = at, .callee = at};
	Value fn, answer;
	bool yes;
	int taken = -1;

	interp_push(in, layer);
	if (weight) {
		part.val = vstrz(in, weight);
		args.kw = &part;
		args.nkw = 1;
	}
	interp_push(in, part.val);
	if (value_getattr(in, selector, method, &fn, at)) {
		interp_push(in, fn);
		if (interp_call(in, fn, &args, &answer) && value_truth(in, answer, &yes, at))
			taken = yes;
		interp_pop(in, 1);
	}
	interp_pop(in, 2);
	return taken;
}

static const Native selector_methods[] = {
    {"do_quantize", "layer,weight_param=", selector_do_quantize, AS_FUNCTION},
    NATIVE_END,
};

#define SELECTOR(class, fields, of)                                                                \
	{                                                                                          \
		{.name = class,                                                                    \
		 .module = "coremltools.models.neural_network.quantization_utils",                 \
		 .base = of,                                                                       \
		 .methods = selector_methods,                                                      \
		 .getattr = record_getattr,                                                        \
		 .setattr = record_setattr,                                                        \
		 .mark = record_mark,                                                              \
		 .make = selector_make},                                                           \
		    fields, false                                                                  \
	}
const RecordDef selector_defs[SELECTORS] = {
    [SELECT_ALL] = SELECTOR("QuantizedLayerSelector", all_fields, NULL),
    [SELECT_ADVANCED] = SELECTOR("AdvancedQuantizedLayerSelector", advanced_fields,
                                 &selector_defs[SELECT_ALL].type),
    [SELECT_PRODUCTS] =
        SELECTOR("MatrixMultiplyLayerSelector", product_fields, &selector_defs[SELECT_ALL].type),
};
