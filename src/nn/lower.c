/* lower.c: the walk over a program, names of blobs, constants, and the layers that the table
 * describes. nn.h says how it works. */
#include "lower.h"

#include "NeuralNetwork.pb-c.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- names ---- */

/* The map has, for each name, the number that is to be tried next behind it. */
static Blob
claim(Nn *n, const Str *name)
{
	Interner *names = n->m->prog->names;
	uintptr_t next = (uintptr_t)map_get(n->taken, KEY(name));
	const Str *s = name;

	for (; map_get(n->taken, KEY(s)); next++)
		s = intern_printf(names, "%s_%llu", name->s, (unsigned long long)next);
	if (s != name)
		map_put(n->taken, KEY(name), (void *)next);
	map_put(n->taken, KEY(s), (void *)(uintptr_t)1);
	return s->s;
}

Blob
nn_name(Nn *n, const Var *v)
{
	const char *name = map_get(n->names, KEY(v));

	if (!name) {
		name = claim(n, v->name);
		map_put(n->names, KEY(v), (void *)(uintptr_t)name);
	}
	return name;
}

Blob
nn_temp(Nn *n, Blob base, const char *suffix)
{
	return claim(n, intern_printf(n->m->prog->names, "%s%s", base, suffix));
}

/* ---- layers ---- */

Msg *
nn_layer(Nn *n, Blob name, const char *layer, const Blob *in, size_t nin, const Blob *out,
         size_t nout)
{
	Msg *l = msg_sub(n->arena, n->net, "layers");
	const char *dot = strchr(layer, '.');
	Msg *params;

	msg_string(n->arena, l, "name", name);
	for (size_t i = 0; i < nin; i++)
		msg_string(n->arena, l, "input", in[i]);
	for (size_t i = 0; i < nout; i++)
		msg_string(n->arena, l, "output", out[i]);
	if (!dot)
		return msg_sub(n->arena, l, layer);
	params = msg_sub(n->arena, l,
	                 arena_printf(n->arena, "%.*s", (int)(dot - layer), layer));
	return msg_sub(n->arena, params, dot + 1);
}

Msg *
nn_layer1(Nn *n, Blob name, const char *layer, Blob in, Blob out)
{
	return nn_layer(n, name, layer, &in, 1, &out, 1);
}

static void
put_floats(Nn *n, Msg *weights, const Tensor *t, bool transposed)
{
	float *f = msg_floats(n->arena, weights, "floatValue", (size_t)t->count);
	int64_t rows = transposed ? t->dim[0] : 1, columns = transposed ? t->dim[1] : t->count;
	int64_t k = 0;

	for (int64_t c = 0; transposed && c < columns; c++)
		for (int64_t r = 0; r < rows; r++)
			f[k++] = (float)tensor_f(t, r * columns + c);
	for (; k < t->count; k++)
		f[k] = (float)tensor_f(t, k);
}

void
nn_weights(Nn *n, Msg *params, const char *field, const Tensor *t, bool transposed)
{
	const Tensor *whole = tensor_reshape(n->arena, t, t->dim, t->rank);

	((Tensor *)(uintptr_t)whole)->data = (void *)(uintptr_t)tensor_data(n->arena, t);
	put_floats(n, msg_sub(n->arena, params, field), whole, transposed);
}

void
nn_load(Nn *n, Blob name, const Tensor *val)
{
	Msg *p = nn_layer(n, name, "loadConstantND", NULL, 0, &name, 1);

	if (val->rank == 0)
		msg_int(n->arena, p, "shape", 1);
	msg_ints(n->arena, p, "shape", val->dim, (size_t)val->rank);
	nn_weights(n, p, "data", val, false);
}

Blob
nn_blob(Nn *n, const Var *v)
{
	Blob name = nn_name(n, v);

	if (!var_is_const(v))
		return name;
	for (const NnConst *c = n->loaded; c; c = c->next)
		if (c->v == v)
			return name;
	nn_load(n, name, v->val);
	NnConst *c = new(n->arena, NnConst);
	c->v = v;
	c->next = n->loaded;
	n->loaded = c;
	return name;
}

bool
nn_fail(Nn *n, const Inst *i, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vreport(n->c->diag, DIAG_ERROR, i->span, fmt, ap);
	va_end(ap);
	return false;
}

void
nn_borders(Nn *n, Msg *params, const char *field, const int64_t edge[4])
{
	Msg *amounts = msg_sub(n->arena, params, field);

	for (int k = 0; k < 4; k += 2) {
		Msg *size = msg_sub(n->arena, amounts, "borderAmounts");
		msg_int(n->arena, size, "startEdgeSize", edge[k]);
		msg_int(n->arena, size, "endEdgeSize", edge[k + 1]);
	}
}

const int64_t *
nn_ints(Nn *n, const Inst *i, const char *param, size_t *count)
{
	const Tensor *t = inst_val(i, param);
	int64_t *v;

	*count = t ? (size_t)t->count : 0;
	if (!t)
		return NULL;
	v = newn(n->arena, int64_t, MAX(*count, 1));
	for (size_t k = 0; k < *count; k++)
		v[k] = tensor_i(t, (int64_t)k);
	return v;
}

/* ---- the table ---- */

typedef struct Row {
	const char *inputs, *layer, *fields;
	bool (*fn)(Nn *, const Inst *);
} Row;

static const Row rows[OP_COUNT] = {
#define LAYER(op, inputs, layer, fields) [OP_##op] = {inputs, layer, fields, NULL},
#define LOWER(op, fn) [OP_##op] = {NULL, NULL, NULL, fn},
#include "nn.def"
#undef LAYER
#undef LOWER
};

/* One entry of a fields column; see nn.h. */
static void
put_field(Nn *n, Msg *params, const Inst *i, const char *entry)
{
	char field[64], *value;
	bool negate = entry[0] == '!';
	const Tensor *t;

	snprintf(field, sizeof field, "%s", entry + negate);
	value = strpbrk(field, ":=");
	if (value && *value == ':') {
		*value++ = '\0';
		msg_float(n->arena, params, field, strtod(value, NULL));
		return;
	}
	if (value)
		*value++ = '\0';
	t = inst_val(i, value ? value : field);
	for (int64_t k = 0; t && k < t->count; k++) {
		double v = tensor_f(t, k);
		msg_float(n->arena, params, field, negate ? v == 0 : v);
	}
}

/* The blobs of the operands that a column of the table names. */
static Blob *
table_inputs(Nn *n, const Inst *i, const char *names, size_t *nin)
{
	size_t most = 0;
	Blob *in;

	for (uint32_t p = 0; p < i->op->nparam; p++)
		most += i->arg[p].n;
	in = newn(n->arena, Blob, MAX(most, 1));
	*nin = 0;
	for (const char *s = names; *s; s += *s == ',') {
		size_t len = strcspn(s, ",");
		const Arg *a =
		    &i->arg[op_param(i->op, arena_printf(n->arena, "%.*s", (int)len, s))];
		for (uint32_t k = 0; k < a->n; k++)
			in[(*nin)++] = nn_blob(n, arg_at(a, k));
		s += len;
	}
	return in;
}

static bool
lower_by_table(Nn *n, const Inst *i, const Row *r)
{
	size_t nin, nout = 0;
	Blob *in = table_inputs(n, i, r->inputs, &nin), out[8];
	char word[80];
	Msg *params;

	for (uint32_t k = 0; k < i->nout && k < countof(out); k++)
		out[nout++] = nn_name(n, i->out[k]);
	params = nn_layer(n, out[0], r->layer, in, nin, out, nout);
	for (const char *s = r->fields; *s; s += *s == ',') {
		size_t len = strcspn(s, ",");
		snprintf(word, sizeof word, "%.*s", (int)len, s);
		put_field(n, params, i, word);
		s += len;
	}
	return true;
}

static bool
lower(Nn *n, const Inst *i)
{
	const Row *r = &rows[i->op->code];

	if (i->op->code == OP_const)
		return true;
	if (r->fn)
		return r->fn(n, i) && (n->deepest < MAX_NETS ||
		                       nn_fail(n, i,
		                               "the networks of this %s are nested %d deep, and a "
		                               "model can be read back only with %d: take the "
		                               "innermost ones apart",
		                               i->op->name, n->deepest, MAX_NETS - 1));
	if (r->layer)
		return lower_by_table(n, i, r);
	nn_fail(n, i, "%s cannot be written as a NeuralNetwork", i->op->name);
	diag_note(n->c->diag, NOSPAN, "an ML Program has it: -t mlprogram, from iOS15 on");
	return false;
}

/* Layers, and uses of them, that came with specification version 5. */
static bool
is_newer(const Msg *layer)
{
	static const char *const kinds[] = {"argSort",   "clampedReLU",     "convolution3d",
	                                    "cumSum",    "globalPooling3d", "oneHot",
	                                    "pooling3d", "sliceBySize"};
	const char *kind = msg_case(layer, "convolution");
	const Msg *p = msg_get(layer, kind);

	for (size_t k = 0; k < countof(kinds); k++)
		if (!strcmp(kinds[k], kind))
			return true;
	if (!strcmp(kind, "concatND"))
		return msg_get_int(p, "interleave");
	if (!strcmp(kind, "reorganizeData"))
		return msg_get_int(p, "mode") == 2;
	if (!strcmp(kind, "sliceStatic") || !strcmp(kind, "sliceDynamic"))
		return msg_count(p, "squeezeMasks") > 0;
	if (!strcmp(kind, "tile"))
		return msg_count(layer, "input") == 2;
	return !strcmp(kind, "upsample") && msg_get_int(p, "linearUpsampleMode") != 0;
}

/* The layers from the first on, made of i, may not be newer than the target that was asked for. */
static bool
check_layers(Nn *n, const Inst *i, size_t first)
{
	if (n->m->asked == OPSET_NONE || n->m->asked >= IOS14)
		return true;
	for (size_t k = first; k < msg_count(n->net, "layers"); k++)
		if (is_newer(msg_at(n->net, "layers", k)))
			return nn_fail(n, i,
			               "as a NeuralNetwork this %s needs iOS14, but the target is "
			               "%s: raise minimum_deployment_target",
			               i->op->name, opset_name(n->m->asked));
	return true;
}

bool
nn_block(Nn *n, const Block *b)
{
	NnConst *outer = n->loaded;
	bool ok = true;

	for (const Inst *i = b->first; i && ok; i = i->next) {
		size_t first = msg_count(n->net, "layers");
		ok = lower(n, i) && (b->parent || check_layers(n, i, first));
	}
	for (uint32_t k = 0; k < b->nout && ok; k++)
		nn_blob(n, b->out[k]->var);
	if (b->parent)
		n->loaded = outer; /* what a nested network loads is its own */
	return ok;
}

/* Names of the interface belong to it, whatever comes first. An output that is named as an input
 * is written over it: the passes that let it have the name see to it that this comes last. */
static void
claim_interface(Nn *n, const Func *f)
{
	const Block *b = f->body;

	for (uint32_t k = 0; k < b->nparam; k++)
		nn_name(n, b->param[k]);
	for (uint32_t k = 0; k < b->nout; k++) {
		const Var *v = b->out[k]->var;
		for (uint32_t j = 0; j < b->nparam; j++)
			if (b->param[j]->name == v->name)
				map_put(n->names, KEY(v), (void *)(uintptr_t)v->name->s);
		nn_name(n, v);
	}
}

/* As the peer counts: networks inside of layers do not raise the version. */
static int
version_needed(const Msg *net, int version)
{
	for (size_t k = 0; k < msg_count(net, "layers"); k++)
		if (is_newer(msg_at(net, "layers", k)))
			return MAX(version, IOS14);
	return version;
}

static void
put_labels(Nn *n, const ClassifierSpec *c)
{
	Msg *labels = msg_sub(n->arena, n->net, c->ints ? "int64ClassLabels" : "stringClassLabels");

	for (uint32_t k = 0; k < c->n; k++)
		if (c->ints)
			msg_int(n->arena, labels, "vector", c->number[k]);
		else
			msg_string(n->arena, labels, "vector", c->label[k]->s);
	if (n->m->predicted_probs)
		msg_string(n->arena, n->net, "labelProbabilityLayerName", n->m->predicted_probs);
}

Msg *
lower_network(const Model *m, EmitCtx *c, Arena *a, int *version)
{
	Map names, taken;
	Nn n = {.arena = a, .m = m, .c = c, .names = &names, .taken = &taken};
	const Func *f = m->prog->funcs.at[0];

	map_init(&names, a);
	map_init(&taken, a);
	n.net = msg_new(a, m->classifier
	                       ? &core_ml__specification__neural_network_classifier__descriptor
	                       : &core_ml__specification__neural_network__descriptor);
	msg_int(a, n.net, "arrayInputShapeMapping", 1);
	msg_int(a, n.net, "imageInputShapeMapping", 1);
	claim_interface(&n, f);
	if (!nn_block(&n, f->body))
		return NULL;
	*version = version_needed(n.net, m->spec_version);
	if (m->classifier)
		put_labels(&n, m->classifier);
	return n.net;
}
