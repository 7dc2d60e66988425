/* quantize.c: coremltools.models.neural_network.quantization_utils: networks whose weights take
 * fewer bits. The work is done on the message of the model (nn/quantize.h); here stand the
 * arguments, and the functions of the script that are asked on the way.
 */
#include "builder.h"
#include "selector.h"

#include "ct/message.h"
#include "nn/quantize.h"
#include "np/np_impl.h"

typedef struct Mode {
	const char *name, *inside; /* as scripts say it, and what coremltools calls it inside */
	QuantMode mode;
} Mode;
static const Mode modes[] = {
    {"linear", "_linear_quantization", QUANT_LINEAR},
    {"kmeans", "_lookup_table_quantization_kmeans", QUANT_KMEANS},
    {"kmeans_lut", "_lookup_table_quantization_kmeans", QUANT_KMEANS},
    {"linear_lut", "_lookup_table_quantization_linear", QUANT_STEPS},
    {"custom_lut", "_lookup_table_quantization_custom", QUANT_CUSTOM},
    {"dequantization", "_dequantize_network", QUANT_UNDO},
    {"linear_symmetric", "_linear_quantization_symmetric", QUANT_SYMMETRIC},
};

/* ---- what is asked while it goes on ---- */

typedef struct QuantCall {
	Interp *in;
	Value selector, table;
	Span span;
} QuantCall;

static int
call_selector(Quantizer *q, Msg *layer, UNUSED const char *kind, const char *weight)
{
	const QuantCall *c = q->ctx;

	return selector_takes(c->in, c->selector, bind_message(c->in, layer), weight, c->span);
}

static void
say_line(Quantizer *q, const char *line)
{
	interp_print(((const QuantCall *)q->ctx)->in, line, strlen(line));
}

static bool
weights_value(const QuantCall *c, const float *w, const QuantShape *s, Value *out)
{
	NdErr err = NP_ERR(c->in);
	Nd nd;

	if (!nd_new(&nd, DT_FP32, s->dim, s->rank, &err))
		return np_err(c->in, c->span, &err);
	memcpy(nd.data, w, s->count * sizeof *w);
	return np_give(c->in, &nd, out);
}

/* The elements of an array of that type as they follow each other, in the arena. */
static bool
elements_of(Quantizer *q, Value v, DType t, const void **out, size_t *n)
{
	const QuantCall *c = q->ctx;
	NdErr err = NP_ERR(c->in);
	Nd nd, flat;
	bool ok;

	if (!np_array_of(c->in, v, t, &nd, c->span))
		return false;
	ok = nd_copy(&flat, &nd, &err);
	nd_release(&nd);
	if (!ok)
		return np_err(c->in, c->span, &err);
	*n = (size_t)nd_count(&flat);
	*out = arena_dup(q->arena, flat.data, *n * dtype_size(t));
	nd_release(&flat);
	return true;
}

/* What lut_function returned: a table and an index for each weight. */
static bool
take_table(Quantizer *q, Value result, const QuantShape *s, const float **entry, size_t *n,
           const uint8_t **index)
{
	const QuantCall *c = q->ctx;
	const void *table, *indices;
	size_t count, room = (size_t)1 << q->bits;
	Value two;

	if (!value_to_list(c->in, result, &two, c->span))
		return false;
	if (SEQ_OF(two)->n != 2)
		return fail(c->in, c->span,
		            "lut_function must return a table and indices, found %u values",
		            SEQ_OF(two)->n);
	interp_push(c->in, two);
	if (!elements_of(q, SEQ_OF(two)->at[0], DT_FP32, &table, n) ||
	    !elements_of(q, SEQ_OF(two)->at[1], DT_UINT8, &indices, &count))
		return false;
	interp_pop(c->in, 1);
	if (count != s->count)
		return fail(c->in, c->span,
		            "lut_function gave %zu indices for %s, which has %zu weights", count,
		            q->at, s->count);
	*entry = table;
	*index = indices;
	if (*n != room)
		diag_warning(interp_diag(c->in), c->span,
		             "lut_function gave a table of %zu entries for %s: readers expect %zu, "
		             "one for each code of %u bits",
		             *n, q->at, room, q->bits);
	for (size_t i = 0; i < count; i++)
		if ((*index)[i] >= *n || (*index)[i] >= room)
			return fail(
			    c->in, c->span,
			    "lut_function gave the index %u for weight %zu of %s: the table "
			    "has %zu entries, and %u bits tell %zu apart",
			    (*index)[i], i, q->at, *n, q->bits, room);
	return true;
}

static bool
call_table(Quantizer *q, const float *w, const QuantShape *s, const float **entry, size_t *n,
           const uint8_t **index)
{
	const QuantCall *c = q->ctx;
	Value arg[2] = {vint(q->bits)}, result;
	bool ok;

	if (c->table.kind == V_UNSET)
		return raise_as(c->in, c->span, "Exception",
		                "Custom lookup table quantization mode selected but no lookup "
		                "table function passed");
	if (!value_callable(c->table))
		return raise_as(c->in, c->span, "Exception",
		                "Argument for Lookup Table passed in but is not callable");
	if (!weights_value(c, w, s, &arg[1]))
		return false;
	interp_push(c->in, arg[1]);
	ok = call_values(c->in, c->table, arg, 2, &result, c->span);
	interp_pop(c->in, 1);
	if (!ok)
		return false;
	interp_push(c->in, result);
	ok = take_table(q, result, s, entry, n, index);
	interp_pop(c->in, 1);
	return ok;
}

static Quantizer
quantizer(QuantCall *c, QuantMode mode)
{
	return (Quantizer){.arena = interp_arena(c->in),
	                   .mode = mode,
	                   .take = call_selector,
	                   .say = say_line,
	                   .table = call_table,
	                   .ctx = c};
}

/* What stopped the work, unless that was reported already. */
static bool
report(const Quantizer *q)
{
	const QuantCall *c = q->ctx;

	return q->why && raise_as(c->in, c->span, "Exception", "%s", q->why);
}

/* ---- quantize_weights ---- */

enum { Q_MODEL, Q_BITS, Q_MODE, Q_SAMPLE, Q_SELECTOR, Q_TABLE, Q_N };
#define QUANTIZE_PARAMS                                                                            \
	"full_precision_model,nbits,quantization_mode=,sample_data=,*,selector=,lut_function="

static bool
mode_arg(Interp *in, Value v, Span at, const Mode **mode)
{
	Buf known = {0};
	const Str *s;

	*mode = &modes[0];
	if (v.kind == V_UNSET)
		return true;
	if (!as_str(in, v, &s, "quantization_mode", at))
		return false;
	for (size_t i = 0; i < countof(modes); i++) {
		*mode = &modes[i];
		if (str_is(s, modes[i].name))
			return true;
		if (strcmp(modes[i].name, "kmeans") != 0)
			buf_printf(&known, "%s'%s': '%s'", known.n ? ", " : "", modes[i].name,
			           modes[i].inside);
	}
	raise_as(in, at, "Exception",
	         "Invalid quantization mode. Quantization mode must be one of {%s}", known.at);
	buf_free(&known);
	return false;
}

static bool
bits_arg(Interp *in, Value v, QuantMode mode, Span at, unsigned *bits)
{
	int64_t n = 0;

	*bits = 0;
	if (!given(v))
		return mode == QUANT_UNDO ||
		       raise_as(in, at, "Exception", "Missing argument \"nbits\"");
	if (!as_int(in, v, &n, "nbits", at))
		return false;
	if (n > 0 && n <= QUANT_HALVES)
		*bits = (unsigned)n;
	return true;
}

/* A model of the changed specification, with the weights that the first one has in files. */
static bool
new_model(Interp *in, const ScriptModel *from, Msg *spec, Span at, Value *out)
{
	Bind *b = bind_of(in);
	Model *m = model_of_spec(in, spec, VNONE, at);

	if (!m)
		return false;
	for (uint32_t i = 0; i < from->m->weights.n; i++)
		vec_push(b->arena, &m->weights, from->m->weights.at[i]);
	*out = bind_model(in, m, NULL, from->unit);
	return true;
}

static bool
quantize_copy(Interp *in, const Value *v, const Mode *mode, Span at, Value *out)
{
	QuantCall c = {in, v[Q_SELECTOR], v[Q_TABLE], at};
	Quantizer q = quantizer(&c, mode->mode);
	ScriptModel *from = model_of(v[Q_MODEL]);
	Msg *spec = model_spec(in, from, at);
	bool ok;

	if (!spec)
		return bind_poison(in, out);
	if (!bits_arg(in, v[Q_BITS], mode->mode, at, &q.bits))
		return false;
	if (q.bits == QUANT_HALVES && msg_get_int(spec, "isUpdatable"))
		return raise_as(in, at, "Exception",
		                "updatable models cannot get quantized to FP16.");
	if (from->m->kind == BODY_PROGRAM)
		return fail(in, at,
		            "quantize_weights takes networks, not an ML Program: its "
		            "weights are compressed by ct.optimize.coreml");
	if (c.selector.kind == V_UNSET)
		c.selector = selector_new(in, SELECT_ALL, at);
	interp_push(in, c.selector);
	spec = msg_copy(interp_arena(in), spec);
	ok = quantize_model(&q, spec) || report(&q);
	interp_pop(in, 1);
	return ok && new_model(in, from, spec, at, out);
}

NATIVE(quantize_weights)
{
	const Value *v = args->v;
	const Mode *mode;
	Buf line = {0};
	bool sampled = false;

	for (int i = 0; i < Q_N; i++)
		if (v[i].kind == V_POISON) {
			*out = VPOISON;
			return true;
		}
	if (!mode_arg(in, v[Q_MODE], args_span(args, "quantization_mode", Q_MODE), &mode))
		return false;
	buf_printf(&line, "Quantizing using %s quantization\n", mode->name);
	interp_print(in, line.at, line.n);
	buf_free(&line);
	if (!is_host(v[Q_MODEL], &mlmodel_type))
		return fail(in, args_span(args, "full_precision_model", Q_MODEL),
		            "quantize_weights takes an MLModel, found '%s': ct.models.MLModel(…) "
		            "makes one of a specification or a path",
		            type_name(v[Q_MODEL]));
	if (given(v[Q_SAMPLE]) && !value_truth(in, v[Q_SAMPLE], &sampled, args->span))
		return false;
	if (sampled)
		diag_warning(interp_diag(in), args_span(args, "sample_data", Q_SAMPLE),
		             "sample_data does nothing: milc does not compare the two models");
	return quantize_copy(in, v, mode, args->span, out);
}

/* ---- the others ---- */

NATIVE(activate_products)
{
	QuantCall c = {in, args->v[1], VUNSET, args->span};
	Quantizer q = quantizer(&c, QUANT_UNDO);
	bool ok;

	*out = args->v[0];
	if (out->kind == V_POISON)
		return true;
	if (!is_message(*out) || strcmp(HOST_OF(*out)->type->name, "Model") != 0)
		return fail(in, args->span,
		            "activate_int8_int8_matrix_multiplications takes a specification, "
		            "found '%s'",
		            type_name(*out));
	if (!given(c.selector))
		c.selector = selector_new(in, SELECT_PRODUCTS, args->span);
	interp_push(in, c.selector);
	ok = quantize_products(&q, message_of(*out)) || report(&q);
	interp_pop(in, 1);
	return ok;
}

NATIVE(compare_models)
{
	return fail(in, args->span,
	            "milc does not have compare_models: run both with model.predict(…), or compare "
	            "them with 'milc diff'");
}

#define SELECTOR_CLASS(name, kind) MEMBER(name, make_selector_class, &selector_defs[kind].type, 0)

static Value
make_selector_class(UNUSED Interp *in, const Member *m)
{
	return vhosttype(m->p);
}

const Member quantization_utils_members[] = {
    FN_MEMBER("quantize_weights", QUANTIZE_PARAMS, quantize_weights),
    FN_MEMBER("activate_int8_int8_matrix_multiplications", "spec,selector=", activate_products),
    FN_MEMBER("compare_models", "full_precision_model,quantized_model,sample_data", compare_models),
    SELECTOR_CLASS("QuantizedLayerSelector", SELECT_ALL),
    SELECTOR_CLASS("AdvancedQuantizedLayerSelector", SELECT_ADVANCED),
    SELECTOR_CLASS("MatrixMultiplyLayerSelector", SELECT_PRODUCTS),
    END_MEMBER,
};
