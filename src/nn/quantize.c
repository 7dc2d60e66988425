/* quantize.c: goes through the networks of a model and has the weights of their layers quantized,
 * as quantize.def lists them. Lists are counted anew at each step: what is asked about a layer may
 * be a script's function, which can change the network.
 */
#include "quantize.h"

#include <math.h>
#include <stdio.h>

static const QuantRow rows[] = {
#define QUANTIZE(layer, holder, fields) {layer, holder, fields},
#include "quantize.def"
};

const QuantRow *
quant_rows(size_t *n)
{
	*n = countof(rows);
	return rows;
}

bool
quant_fail(Quantizer *q, const char *fmt, ...)
{
	Buf b = {0};
	va_list ap;

	if (q->at)
		buf_printf(&b, "%s: ", q->at);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	q->why = buf_keep(&b, q->arena);
	return false;
}

static void
say(Quantizer *q, const char *fmt, const char *a, const char *b)
{
	q->say(q, arena_printf(q->arena, fmt, a, b));
}

/* ---- rows ---- */

bool
quant_field(const char **s, QuantField *f)
{
	char word[192], *at = word, *dims, *flag;
	size_t n = strcspn(*s, " ");

	if (!**s)
		return false;
	snprintf(word, sizeof word, "%.*s", (int)n, *s);
	*s += n + ((*s)[n] == ' ');
	*f = (QuantField){.asked = *at == '+'};
	at += f->asked;
	dims = strchr(at, '=');
	*dims++ = '\0';
	flag = strpbrk(dims, "?!");
	if (flag) {
		f->unless = *flag == '!';
		*flag++ = '\0';
	}
	if (strchr(at, '@')) {
		f->axis = 1;
		*strchr(at, '@') = '\0';
	}
	snprintf(f->name, sizeof f->name, "%s", at);
	snprintf(f->dims, sizeof f->dims, "%s", dims);
	snprintf(f->flag, sizeof f->flag, "%s", flag ? flag : "");
	return true;
}

/* "hasBias", or "params.hasPeepholeVectors". */
static bool
flag_set(const Msg *params, const char *flag)
{
	const char *dot = strchr(flag, '.');
	char outer[64];

	if (!dot)
		return msg_get_int(params, flag) != 0;
	snprintf(outer, sizeof outer, "%.*s", (int)(dot - flag), flag);
	return msg_get_int(msg_get(params, outer), dot + 1) != 0;
}

static int64_t
product(const Msg *params, const char *field)
{
	int64_t n = 1;

	for (size_t i = 0; i < msg_count(params, field); i++)
		if (__builtin_mul_overflow(n, msg_int_at(params, field, i), &n))
			return -1;
	return n;
}

/* Adds a dim, "a", "a/b" or "*a", to the shape. */
static void
add_dim(const Msg *params, const char *dim, size_t len, QuantShape *s)
{
	char name[64], *over;
	int64_t by = 1;

	snprintf(name, sizeof name, "%.*s", (int)len, dim);
	over = strchr(name, '/');
	if (over) {
		*over++ = '\0';
		by = MAX(msg_get_int(params, over), 1);
	}
	if (*name == '*') {
		s->dim[s->rank++] = product(params, name + 1);
	} else if (!msg_repeated(params, name)) {
		s->dim[s->rank++] = msg_get_int(params, name) / by;
	} else { /* kernelSize: two, 3 by 3 where none are set */
		for (size_t i = 0; i < 2; i++)
			s->dim[s->rank++] =
			    msg_count(params, name) ? msg_int_at(params, name, i) : 3;
	}
}

/* The shape that the parameters say; false: no weights have it. */
static bool
shape_of(const Msg *params, const QuantField *f, QuantShape *s)
{
	size_t count = 1;

	*s = (QuantShape){.axis = f->axis};
	for (const char *d = f->dims, *end; *d; d = end + (*end == ',')) {
		end = d + strcspn(d, ",");
		add_dim(params, d, (size_t)(end - d), s);
	}
	for (int k = 0; k < s->rank; k++)
		if (s->dim[k] < 0 || (uint64_t)s->dim[k] > SIZE_MAX ||
		    !mul_size(count, (size_t)s->dim[k], &count))
			return false;
	s->count = count;
	return true;
}

static const QuantRow *
row_of(const char *kind)
{
	for (size_t i = 0; i < countof(rows); i++)
		if (!strcmp(rows[i].layer, kind))
			return &rows[i];
	return NULL;
}

/* ---- layers ---- */

static bool quantize_network(Quantizer *q, Msg *net);

/* One field of a layer; params has the dimensions, holder the weights. */
static bool
do_field(Quantizer *q, const Msg *layer, const char *kind, const Msg *params, Msg *holder,
         const QuantField *f)
{
	QuantShape s;
	bool ok;

	if (!msg_has(holder, f->name))
		return true;
	q->at = arena_printf(q->arena, "'%s' of layer '%s' (%s)", f->name,
	                     msg_get_string(layer, "name"), kind);
	if (!shape_of(params, f, &s))
		ok = quant_fail(q, "no weights are as many as its dimensions say");
	else if (q->mode == QUANT_UNDO)
		ok = weights_restore(q, msg_edit(holder, f->name), &s);
	else
		ok = weights_quantize(q, msg_edit(holder, f->name), &s);
	q->at = NULL;
	return ok;
}

static bool
do_fields(Quantizer *q, Msg *layer, const QuantRow *row, Msg *params, Msg *holder)
{
	const char *s = row->fields;
	QuantField f;

	while (quant_field(&s, &f)) {
		if (*f.flag && flag_set(params, f.flag) == f.unless)
			continue;
		if (f.asked) {
			int take = q->take(q, layer, row->layer, f.name);
			if (take < 0)
				return false;
			if (!take)
				continue;
		}
		if (!do_field(q, layer, row->layer, params, holder, &f))
			return false;
	}
	return true;
}

static bool
do_networks(Quantizer *q, Msg *layer, const char *kind, bool (*fn)(Quantizer *, Msg *))
{
	static const char *const networks[][3] = {{"branch", "ifBranch", "elseBranch"},
	                                          {"loop", "conditionNetwork", "bodyNetwork"}};
	size_t k = strcmp(kind, "loop") == 0;
	Msg *params = msg_edit(layer, kind);

	return fn(q, msg_lazy(params, networks[k][1])) && fn(q, msg_lazy(params, networks[k][2]));
}

static bool
has_networks(const char *kind)
{
	return !strcmp(kind, "branch") || !strcmp(kind, "loop");
}

/* kind: 0 where a selector took a layer that is of none. */
static bool
do_layer(Quantizer *q, Msg *layer, const char *kind)
{
	const QuantRow *row = kind ? row_of(kind) : NULL;
	Msg *params;

	if (!kind)
		return quant_fail(q, "layer '%s' is of no kind that could be quantized",
		                  msg_get_string(layer, "name"));
	if (has_networks(kind))
		return do_networks(q, layer, kind, quantize_network);
	if (!strcmp(kind, "custom")) {
		say(q,
		    "Skipping custom layer %s. Weights for this layer need tobe converted "
		    "manually\n",
		    msg_get_string(layer, "name"), "");
		return true;
	}
	if (!row)
		return quant_fail(q, "Unknown layer %s to be quantized", kind);
	params = msg_edit(layer, kind);
	if (!*row->holder)
		return do_fields(q, layer, row, params, params);
	for (size_t i = 0; i < msg_count(params, row->holder); i++)
		if (!do_fields(q, layer, row, params, msg_mutable(msg_at(params, row->holder, i))))
			return false;
	return true;
}

/* ---- networks ---- */

static bool
has_right_bits(Quantizer *q)
{
	if (q->mode == QUANT_UNDO)
		return true;
	if ((q->bits < 1 || q->bits > 8) && q->bits != QUANT_HALVES)
		return quant_fail(q, "Only half precision (16-bit), 1 to 8-bit quantization is "
		                     "supported");
	if (q->mode == QUANT_SYMMETRIC && q->bits != 8)
		return quant_fail(q, "Symmetric quantization is only applicable for 8 bitlinear");
	return true;
}

/* All layers that are to be taken; kind: 0 for one of no kind. */
static bool
each_taken(Quantizer *q, Msg *net, bool (*fn)(Quantizer *q, Msg *layer, const char *kind))
{
	for (size_t i = 0; i < msg_count(net, "layers"); i++) {
		Msg *layer = msg_mutable(msg_at(net, "layers", i));
		const char *kind = msg_case(layer, "convolution");
		int take = q->take(q, layer, kind, NULL);
		if (take < 0 || (take && !fn(q, layer, kind)))
			return false;
	}
	return true;
}

static bool
quantize_taken(Quantizer *q, Msg *layer, const char *kind)
{
	say(q, "Quantizing layer %s of type %s\n", msg_get_string(layer, "name"),
	    kind ? kind : "None");
	return do_layer(q, layer, kind);
}

static bool
quantize_network(Quantizer *q, Msg *net)
{
	if (!has_right_bits(q))
		return false;
	if (q->mode != QUANT_UNDO && q->bits != QUANT_HALVES) {
		q->say(q, "Optimizing Neural Network before Quantization:\n");
		fold_network(q, net);
		q->say(q, "Finished optimizing network. Quantizing neural network..\n");
	}
	return each_taken(q, net, quantize_taken);
}

static void
raise_version(Msg *spec, int64_t least)
{
	if (msg_get_int(spec, "specificationVersion") < least)
		msg_int(spec, "specificationVersion", least);
}

enum { VERSION_HALVES = 2, VERSION_CODES = 3, VERSION_PRODUCTS = 5 };

static bool
quantize_whole(Quantizer *q, Msg *spec, const char *type)
{
	Msg *outer = q->model;
	bool ok;

	q->model = spec;
	q->uses = NULL;
	raise_version(spec, q->bits == QUANT_HALVES ? VERSION_HALVES : VERSION_CODES);
	ok = quantize_network(q, msg_edit(spec, type));
	q->model = outer;
	return ok;
}

/* Calls fn on the network of each model, with its type; `other` on models of other kinds. */
static bool
each_model(Quantizer *q, Msg *spec, bool (*fn)(Quantizer *, Msg *, const char *),
           bool (*other)(Quantizer *, const char *))
{
	const char *type = msg_case(spec, "pipeline");
	const Msg *models;

	if (type && !strncmp(type, "neuralNetwork", 13))
		return fn(q, spec, type);
	if (!type || strcmp(type, "pipeline") != 0) {
		if (type && !strncmp(type, "pipeline", 8))
			return quant_fail(q,
			                  "a %s is not taken apart: quantize its models, and "
			                  "join them again",
			                  type);
		return !other || other(q, type);
	}
	models = msg_get(spec, "pipeline");
	for (size_t i = 0; i < msg_count(models, "models"); i++)
		if (!each_model(q, msg_mutable(msg_at(models, "models", i)), fn, other))
			return false;
	return true;
}

bool
quantize_model(Quantizer *q, Msg *spec)
{
	return each_model(q, spec, quantize_whole, NULL);
}

/* ---- products of 8-bit numbers ---- */

/* The largest magnitude becomes 127; one scale for all. */
static void
signed_codes(Quantizer *q, Msg *w)
{
	size_t n = msg_count(w, "floatValue");
	const float *f = msg_array(w, "floatValue");
	int8_t *code = newn(q->arena, int8_t, n);
	float least = f[0], most = f[0], top;
	Msg *params = msg_edit(w, "quantization");

	for (size_t i = 0; i < n; i++) {
		least = f[i] < least || f[i] != f[i] ? f[i] : least;
		most = f[i] > most || f[i] != f[i] ? f[i] : most;
	}
	top = MAX(fabsf(least), fabsf(most));
	for (size_t i = 0; i < n; i++) {
		float x = 127.0f * (f[i] / top);
		code[i] = x == x ? (int8_t)x : 0; /* cut off, not rounded */
	}
	msg_int(params, "numberOfBits", 8);
	*msg_floats(msg_edit(params, "linearQuantization"), "scale", 1) = top / 127.0f;
	msg_set_bytes(w, "int8RawValue", code, n);
	msg_clear(w, "floatValue");
}

static bool
activate_layer(Quantizer *q, Msg *layer, const char *kind)
{
	Msg *params = msg_edit(layer, kind), *w = msg_lazy(params, "weights");
	size_t n = msg_count(w, "floatValue");
	const char *fields = row_of(kind)->fields;
	QuantField f;
	QuantShape s;

	if (!n)
		return true;
	quant_field(&fields, &f);
	if (!shape_of(params, &f, &s) || s.count != n)
		return quant_fail(q,
		                  "layer '%s' (%s) has %zu weights, which its dimensions do "
		                  "not say",
		                  msg_get_string(layer, "name"), kind, n);
	say(q,
	    "Modifying layer %s with size of weights %s, to use Int8 * Int8 matrix "
	    "multiplication\n",
	    msg_get_string(layer, "name"), arena_printf(q->arena, "%zu", n));
	msg_int(params, "int8DynamicQuantize", 1);
	signed_codes(q, w);
	return true;
}

static bool
is_product(const char *kind)
{
	return !strcmp(kind, "innerProduct") || !strcmp(kind, "batchedMatmul");
}

static bool activate_network(Quantizer *q, Msg *net);

static bool
activate_taken(Quantizer *q, Msg *layer, const char *kind)
{
	if (kind && has_networks(kind))
		return do_networks(q, layer, kind, activate_network);
	if (!kind || !is_product(kind))
		return true;
	raise_version(q->model, VERSION_PRODUCTS);
	return activate_layer(q, layer, kind);
}

static bool
activate_network(Quantizer *q, Msg *net)
{
	return each_taken(q, net, activate_taken);
}

static bool
activate_whole(Quantizer *q, Msg *spec, const char *type)
{
	q->model = spec;
	return quantize_whole(q, spec, type) && activate_network(q, msg_edit(spec, type));
}

static bool
no_products(Quantizer *q, const char *type)
{
	return quant_fail(q, "Model Type %s not supported.", type ? type : "None");
}

bool
quantize_products(Quantizer *q, Msg *spec)
{
	return each_model(q, spec, activate_whole, no_products);
}
