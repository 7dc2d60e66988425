/* calls.c: see calls.h. */
#include "calls.h"

#include "nn/quantize.h"
#include "script/core.h"
#include "tensor/floatrepr.h"

#include <stdio.h>
#include <stdlib.h>

enum {
#define ADD(layer, method, parameters, fields, rank)      ROW_##method,
#define ADDS(layer, method, parameters, fields, rank, fn) ROW_##method,
#include "nn/layers.def"
	ROW_COUNT
};
static const CallRow calls[] = {
#define WHEN(layer, method, needs, args) {layer, needs, args, ROW_##method},
#define CALL(layer, method, args)        WHEN(layer, method, "", args)
#include "calls.def"
};

typedef struct Back { /* a row at work */
	Interp *in;
	const CallRow *row;
	const Msg *layer, *params;
	Value inputs, outputs; /* lists of names */
} Back;

/* ---- rows ---- */

static const char *
kind_of(Arena *a, const Msg *layer)
{
	const char *kind = msg_case(layer, "convolution"), *inner;

	if (!kind || strcmp(kind, "activation"))
		return kind;
	inner = msg_case(msg_get(layer, kind), "linear");
	return inner ? arena_printf(a, "activation.%s", inner) : NULL;
}

const CallRow *
call_table(size_t *n)
{
	*n = countof(calls);
	return calls;
}

/* ---- what stands at a path ---- */

typedef struct Spot {
	const Msg *m;
	const Field *f;
	long i; /* of a repeated field; -1: all of it */
} Spot;

/* "valid.paddingAmounts.borderAmounts[0].startEdgeSize"; false: nothing is there. */
static bool
find(const Msg *m, const char *path, Spot *s)
{
	char name[64];

	for (;; path++) {
		size_t n = strcspn(path, ".[");
		snprintf(name, sizeof name, "%.*s", (int)n, path);
		s->m = m;
		s->f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
		s->i = -1;
		if (!s->f)
			return false;
		path += n;
		if (*path == '[') {
			s->i = strtol(path + 1, (char **)(uintptr_t)&path, 10);
			path++;
			if ((size_t)s->i >= msg_count(m, name))
				return false;
		}
		if (!*path)
			return true;
		m = s->i < 0 ? msg_get(m, name) : msg_at(m, name, (size_t)s->i);
		if (!m)
			return false;
	}
}

/* "valid,weights,!isDeconvolution" */
static bool
has_needs(const CallRow *row, const Msg *layer)
{
	const Msg *params = msg_get(layer, msg_case(layer, "convolution"));
	const char *s = row->needs;
	char word[96];
	Spot spot;

	while (layer_word(&s, word, sizeof word)) {
		bool without = *word == '!';
		bool has = find(params, word + without, &spot) && msg_says(spot.m, spot.f->name);
		if (has == without)
			return false;
	}
	return true;
}

uint32_t
call_rows(Arena *a, const Msg *layer, CallRow out[MAX_CALLS])
{
	const char *kind = kind_of(a, layer);
	uint32_t n = 0;
	bool known = false;

	for (size_t k = 0; kind && k < countof(calls); k++) {
		if (strcmp(calls[k].layer, kind) != 0)
			continue;
		known = true;
		if (n < MAX_CALLS && has_needs(&calls[k], layer))
			out[n++] = calls[k];
	}
	for (int k = 0; kind && !known && k < ROW_COUNT; k++)
		if (!strcmp(add_rows[k].layer, kind))
			out[n++] = (CallRow){add_rows[k].layer, "", "", k};
	return n;
}

/* A single as the double that is written as shortly. */
static double
short_double(double v)
{
	Buf b = {0};
	double d;

	if (!(v - v == 0))
		return v;
	put_float32(&b, (float)v);
	d = strtod(b.at, NULL);
	buf_free(&b);
	return d;
}

static Value
element(Interp *in, const Spot *s, size_t i)
{
	const ProtobufCEnumDescriptor *e = s->f->descriptor;
	const ProtobufCEnumValue *word;

	if (s->f->type == PROTOBUF_C_TYPE_FLOAT)
		return vfloat(short_double(msg_float_at(s->m, s->f->name, i)));
	if (s->f->type != PROTOBUF_C_TYPE_ENUM)
		return field_value(in, s->m, s->f, i);
	word = protobuf_c_enum_descriptor_get_value(e, (int)msg_int_at(s->m, s->f->name, i));
	return word ? vstrz(in, word->name + layer_enum_prefix(e)) : VUNSET;
}

/* A view of numbers of the message, which stays. */
static Value
floats_at(Interp *in, const Msg *m, const char *field)
{
	static float none;
	int64_t n = (int64_t)msg_count(m, field);
	void *at = n ? (void *)(uintptr_t)msg_array(m, field) : &none;
	Nd nd = nd_wrap(DT_FP32, &n, 1, at, true);

	return vnd(in, &nd);
}

/* Weights, if they are nothing but floats. */
static Value
floats_of(Interp *in, const Msg *w)
{
	static const char *const others[] = {"float16Value", "rawValue", "int8RawValue"};

	for (size_t k = 0; k < countof(others); k++)
		if (msg_bytes(w, others[k])->len)
			return VUNSET;
	return floats_at(in, w, "floatValue");
}

static Value
spot_value(Interp *in, const Spot *s)
{
	bool list = s->f->label == PROTOBUF_C_LABEL_REPEATED;
	const Msg *m;
	Value all;

	if (s->f->type == PROTOBUF_C_TYPE_MESSAGE) {
		m = s->i < 0 ? msg_get(s->m, s->f->name) : msg_at(s->m, s->f->name, (size_t)s->i);
		return m && protobuf_c_message_descriptor_get_field_by_name(m->descriptor,
		                                                            "floatValue")
		           ? floats_of(in, m)
		           : VUNSET;
	}
	if (!list || s->i >= 0)
		return element(in, s, (size_t)MAX(s->i, 0));
	all = vlist(in, NULL, 0);
	for (size_t i = 0; i < msg_count(s->m, s->f->name); i++)
		if (!vlist_push(in, all, element(in, s, i)))
			return VUNSET;
	return all;
}

/* ---- arrays in the order of a method ---- */

/* The elements of v, of that shape, with axis i of the result being axis perm[i] of it. */
static Value
shaped(Interp *in, Value v, const int64_t *dim, const int *perm, int rank)
{
	int64_t n = 1;
	Nd nd;

	if (v.kind != V_ARRAY || rank > TENSOR_MAX_RANK)
		return VUNSET;
	for (int i = 0; i < rank; i++)
		if (dim[i] < 1 || __builtin_mul_overflow(n, dim[i], &n))
			return VUNSET;
	if (n != nd_count(ARRAY_OF(v)))
		return VUNSET;
	nd = nd_wrap(DT_FP32, dim, rank, ARRAY_OF(v)->data, true);
	Nd turned = nd;
	for (int i = 0; perm && i < rank; i++) {
		turned.dim[i] = nd.dim[perm[i]];
		turned.stride[i] = nd.stride[perm[i]];
	}
	return vnd(in, &turned);
}

static Value
conv_order(Back *b, Value v, bool deconv)
{
	static const int perm[][4] = {{2, 3, 1, 0}, {2, 3, 0, 1}};
	const Msg *p = b->params;
	int64_t out = msg_get_int(p, "outputChannels"), kernel = msg_get_int(p, "kernelChannels"),
	        groups = MAX(msg_get_int(p, "nGroups"), 1);
	int64_t dim[] = {deconv ? kernel : out, deconv ? out / groups : kernel, 0, 0};

	if (msg_count(p, "kernelSize") != 2 || deconv != (msg_get_int(p, "isDeconvolution") != 0))
		return VUNSET;
	dim[2] = msg_int_at(p, "kernelSize", 0);
	dim[3] = msg_int_at(p, "kernelSize", 1);
	return shaped(b->in, v, dim, perm[deconv], 4);
}

static Value
ordered(Back *b, Value v, const char *how)
{
	static const int turned[] = {1, 0};
	const Msg *p = b->params;
	int64_t dim[TENSOR_MAX_RANK];
	size_t n;

	if (!strcmp(how, "conv") || !strcmp(how, "deconv"))
		return conv_order(b, v, *how == 'd');
	if (!strcmp(how, "turned")) {
		dim[0] = msg_get_int(p, "weightMatrixSecondDimension");
		dim[1] = msg_get_int(p, "weightMatrixFirstDimension");
		return shaped(b->in, v, dim, turned, 2);
	}
	n = msg_count(p, "normalizedShape");
	if (n > TENSOR_MAX_RANK)
		return VUNSET;
	for (size_t i = 0; i < n; i++)
		dim[i] = msg_int_at(p, "normalizedShape", i);
	return shaped(b->in, v, dim, NULL, (int)n);
}

/* ---- arguments ---- */

static Value
gate_word(Interp *in, const Spot *s)
{
	const Msg *m =
	    s->i < 0 ? msg_get(s->m, s->f->name) : msg_at(s->m, s->f->name, (size_t)s->i);
	const char *kind = m ? msg_case(m, "linear") : NULL;

	for (size_t k = 0; kind && k < GATE_WORDS; k++)
		if (!strcmp(gate_words[k].member, kind))
			return vstrz(in, gate_words[k].word);
	return VUNSET;
}

/* "path" or "path:how" */
static Value
at_path(Back *b, const char *path)
{
	char text[96];
	char *how;
	Spot s;
	Value v;

	snprintf(text, sizeof text, "%s", path);
	how = strchr(text, ':');
	if (how)
		*how++ = '\0';
	if (!find(b->params, text, &s))
		return VUNSET;
	if (how && !strcmp(how, "gate"))
		return gate_word(b->in, &s);
	if (how && !strcmp(how, "number"))
		return vint(msg_get_int(s.m, s.f->name));
	if (how && !strcmp(how, "array"))
		return floats_at(b->in, s.m, s.f->name);
	v = spot_value(b->in, &s);
	if (how && !strcmp(how, "head"))
		return v.kind == V_STR ? vstr(b->in, STR_OF(v)->s, strcspn(STR_OF(v)->s, "_")) : v;
	return how ? ordered(b, v, how) : v;
}

/* "a+b+c": a list, if all are there. */
static Value
expression(Back *b, const char *text)
{
	char part[96];
	Value list, v;

	if (*text == '\'')
		return vstr(b->in, text + 1, strlen(text) - 2);
	if (!strcmp(text, "True") || !strcmp(text, "None"))
		return *text == 'T' ? vbool(true) : VNONE;
	if (!strchr(text, '+'))
		return at_path(b, text);
	list = vlist(b->in, NULL, 0);
	while (*text) {
		size_t n = strcspn(text, "+");
		snprintf(part, sizeof part, "%.*s", (int)n, text);
		v = at_path(b, part);
		if (v.kind == V_UNSET || !vlist_push(b->in, list, v))
			return VUNSET;
		text += n + (text[n] == '+');
	}
	return list;
}

static bool
says_nothing(Value v)
{
	return (v.kind == V_FLOAT && v.f == 0) || (v.kind == V_INT && !v.i) ||
	       (v.kind == V_STR && !STR_OF(v)->len);
}

/* What the row of calls.def says of a parameter: 1, or 0: nothing. */
static int
said(Back *b, const char *param, Value *out)
{
	const char *s = b->row->args;
	size_t len = strlen(param);
	char text[512];

	while (*s) {
		bool maybe = *s == '?';
		s += maybe;
		size_t n = strcspn(s, ",");
		if (!strncmp(s, param, len) && (s[len] == '=' || len == n)) {
			snprintf(text, sizeof text, "%.*s", (int)(len == n ? n : n - len - 1),
			         len == n ? s : s + len + 1);
			*out = expression(b, text);
			if (maybe && says_nothing(*out))
				*out = VUNSET;
			return 1;
		}
		s += n + (s[n] == ',');
	}
	return 0;
}

/* What the fields of the method's row say of it. */
static Value
of_fields(Back *b, const char *param)
{
	const char *s = add_rows[b->row->row].fields;
	LayerField f;
	Value v;

	while (layer_field(&s, &f)) {
		char *how = strchr(f.value, '.');
		if (how)
			*how = '\0';
		if (*f.field == '@' || *f.field == '#' || f.fixed || strcmp(f.value, param))
			continue;
		v = at_path(b, f.field);
		if (f.negated)
			return vbool(!(v.kind == V_BOOL && v.i));
		return f.maybe && (v.kind == V_INT || v.kind == V_BOOL) && !v.i ? VUNSET : v;
	}
	return VUNSET;
}

static Value
names_as(Back *b, Value list, const char *param)
{
	bool one = !strcmp(param, "input_name") || !strcmp(param, "output_name");
	bool either = *param == 'i' && strstr(add_rows[b->row->row].fields, "#names") != NULL;
	uint32_t n = SEQ_OF(list)->n;

	if (!one)
		return list;
	return n == 1 ? SEQ_OF(list)->at[0] : n && either ? list : VUNSET;
}

/* The codes of a matrix in the order of add_batched_mat_mul. */
static Value
turned_codes(Back *b, Value v)
{
	const Msg *p = b->params, *w = msg_get(p, "weights");
	int64_t rows = msg_get_int(p, "weightMatrixFirstDimension"),
	        columns = msg_get_int(p, "weightMatrixSecondDimension"),
	        bits = w && msg_get(w, "quantization")
	                   ? msg_get_int(msg_get(w, "quantization"), "numberOfBits")
	                   : 0;
	size_t bytes, n;
	uint8_t *code, *to;

	if (rows < 0 || columns < 0 || bits < 1 || bits > 8 ||
	    __builtin_mul_overflow((size_t)rows, (size_t)columns, &n) ||
	    !codes_size(n, (unsigned)bits, &bytes) || bytes != STR_OF(v)->len)
		return VUNSET;
	code = arena_alloc(interp_arena(b->in), n + 1);
	to = arena_alloc(interp_arena(b->in), n + 1);
	codes_unpack((const uint8_t *)STR_OF(v)->s, n, (unsigned)bits, code);
	for (size_t r = 0; r < (size_t)rows; r++)
		for (size_t c = 0; c < (size_t)columns; c++)
			to[r * (size_t)columns + c] = code[c * (size_t)rows + r];
	codes_pack(to, n, (unsigned)bits, code);
	return vbytes(b->in, code, bytes);
}

static Value
argument(Back *b, const char *param)
{
	Value v;

	if (!strcmp(param, "name"))
		return vstrz(b->in, msg_get_string(b->layer, "name"));
	if (!strcmp(param, "input_name") || !strcmp(param, "input_names"))
		return names_as(b, b->inputs, param);
	if (!strcmp(param, "output_name") || !strcmp(param, "output_names"))
		return names_as(b, b->outputs, param);
	if (!said(b, param, &v))
		return of_fields(b, param);
	return v.kind == V_BYTES && !strcmp(b->row->layer, "batchedMatmul") ? turned_codes(b, v)
	                                                                    : v;
}

static Value
strings_of(Interp *in, const Msg *layer, const char *field)
{
	Value list = vlist(in, NULL, 0);

	for (size_t i = 0; i < msg_count(layer, field); i++)
		vlist_push(in, list, vstrz(in, msg_string_at(layer, field, i)));
	return list;
}

static bool
is_default(Interp *in, Value v, const char *text)
{
	Value d = add_default(in, text);
	bool same = false;

	if (v.kind == V_LIST && !SEQ_OF(v)->n)
		return true;
	return v.kind == d.kind && v.kind != V_LIST && value_same(in, v, d, &same) && same;
}

void
call_of(Interp *in, const CallRow *row, const Msg *layer, LayerCall *out)
{
	const char *kind = msg_case(layer, "convolution");
	Back b = {.in = in, .row = row, .layer = layer, .params = msg_get(layer, kind)};
	char param[64];

	out->method = &builder_type.methods[row->row];
	out->n = 0;
	b.inputs = strings_of(in, layer, "input");
	b.outputs = strings_of(in, layer, "output");
	for (const char *s = out->method->params; *s;) {
		size_t n = strcspn(s, ","), len = MIN(strcspn(s, "="), n);
		Value v;
		snprintf(param, sizeof param, "%.*s", (int)len, s);
		v = *s == '*' ? VUNSET : argument(&b, param);
		if (len < n && v.kind != V_UNSET && is_default(in, v, s + len + 1))
			v = VUNSET;
		if (len == n && *s != '*' && v.kind == V_UNSET)
			v = VNONE;
		if (v.kind != V_UNSET)
			out->arg[out->n++] = (LayerArg){arena_strdup(interp_arena(in), param), v};
		s += n + (s[n] == ',');
	}
}

bool
call_run(Interp *in, const LayerCall *c, Value builder, Value *layer)
{
	Kwarg kw[NATIVE_ARGS];
	Args args = {.kw = kw, .nkw = c->n};

	for (uint32_t i = 0; i < c->n; i++)
		kw[i] =
		    (Kwarg){intern_cstr(interp_names(in), c->arg[i].param), c->arg[i].v, NOSPAN};
	return native_call(in, c->method, builder, &args, layer);
}
