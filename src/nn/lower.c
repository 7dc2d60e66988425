/* lower.c: programs lowered to layers: the walk over a program, names of blobs, constants. */
#include "lower.h"

#include "NeuralNetwork.pb-c.h"

/* ---- names ---- */

static Blob
claim(Nn *n, const Str *name)
{
	return name_claimed(n->m->prog->names, n->taken, name)->s;
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

/* The layer that makes an operation's first result is called like the operation, but for
 * convolutions, which are called like the result. */
static const char *
layer_name(const Nn *n, Blob name)
{
	const Inst *i = n->at;
	const char *first = NULL;

	if (i && i->nout && i->op->code != OP_conv && i->op->code != OP_conv_transpose)
		first = map_get(n->names, KEY(i->out[0]));
	return first && i->name && !strcmp(first, name) ? i->name->s : name;
}

Msg *
nn_layer(Nn *n, Blob name, const char *layer, const Blob *in, size_t nin, const Blob *out,
         size_t nout)
{
	Msg *l = msg_sub(n->net, "layers");
	const char *dot = strchr(layer, '.');
	Msg *params;

	msg_string(l, "name", layer_name(n, name));
	for (size_t i = 0; i < nin; i++)
		msg_string(l, "input", in[i]);
	for (size_t i = 0; i < nout; i++)
		msg_string(l, "output", out[i]);
	if (!dot)
		return msg_sub(l, layer);
	params = msg_sub(l, arena_printf(n->arena, "%.*s", (int)(dot - layer), layer));
	return msg_sub(params, dot + 1);
}

Msg *
nn_layer1(Nn *n, Blob name, const char *layer, Blob in, Blob out)
{
	return nn_layer(n, name, layer, &in, 1, &out, 1);
}

Msg *
nn_of_x(Nn *n, const Inst *i, const char *layer)
{
	Blob out = nn_name(n, i->out[0]);

	return nn_layer1(n, out, layer, nn_blob(n, inst_arg(i, "x")), out);
}

Blob
nn_two(Nn *n, const char *layer, Blob a, Blob b, Blob out)
{
	nn_layer(n, out, layer, (Blob[]){a, b}, 2, &out, 1);
	return out;
}

void
nn_load(Nn *n, Blob name, const Tensor *val)
{
	Msg *p = nn_layer(n, name, "loadConstantND", NULL, 0, &name, 1);

	if (val->rank == 0)
		msg_int(p, "shape", 1);
	msg_ints(p, "shape", val->dim, (size_t)val->rank);
	nn_weights(n, p, "data", val, false);
}

Blob
nn_loaded(Nn *n, Blob base, const char *suffix, const Tensor *val)
{
	Blob name = nn_temp(n, base, suffix);

	nn_load(n, name, val);
	return name;
}

Blob
nn_made(Nn *n, const char *layer, Blob in, Blob base, const char *suffix)
{
	Blob out = nn_temp(n, base, suffix);

	nn_layer1(n, out, layer, in, out);
	return out;
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
	NnConst *c = new (n->arena, NnConst);
	c->v = v;
	c->next = n->loaded;
	n->loaded = c;
	return name;
}

bool
nn_fail(Nn *n, const Inst *i, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(n->c->diag, DIAG_ERROR, i->span, fmt, ap));
	return false;
}

void
nn_borders(Msg *params, const char *field, const int64_t edge[4])
{
	Msg *amounts = msg_sub(params, field);

	for (int k = 0; k < 4; k += 2) {
		Msg *size = msg_sub(amounts, "borderAmounts");
		msg_int(size, "startEdgeSize", edge[k]);
		msg_int(size, "endEdgeSize", edge[k + 1]);
	}
}

Blob
nn_expanded(Nn *n, Blob in, Blob base, const char *suffix, const int64_t *axes, size_t naxis)
{
	Blob out = nn_temp(n, base, suffix);

	msg_ints(nn_layer1(n, out, "expandDims", in, out), "axes", axes, naxis);
	return out;
}

void
nn_squeezed(Nn *n, Blob in, Blob out, const int64_t *axes, size_t naxis)
{
	msg_ints(nn_layer1(n, out, "squeeze", in, out), "axes", axes, naxis);
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

const char *
nn_word(const Inst *i, const char *param)
{
	const Tensor *t = inst_val(i, param);

	return t ? ((const Str *const *)t->data)[0]->s : "";
}

bool
nn_word_is(const Inst *i, const char *param, const char *word)
{
	return !strcmp(nn_word(i, param), word);
}

double
nn_number(const Inst *i, const char *param)
{
	const Tensor *t = inst_val(i, param);

	return t ? tensor_f(t, 0) : 0;
}

/* ---- the walk ---- */

static bool
lower(Nn *n, const Inst *i)
{
	int before = n->deepest;

	if (i->op->code == OP_const)
		return true;
	return lower_operation(n, i) &&
	       (n->deepest == before || n->deepest < MAX_NETS ||
	        nn_fail(n, i,
	                "the networks of this %s are nested %d deep, and a model can be read back "
	                "only with %d: take the innermost ones apart",
	                i->op->name, n->deepest, MAX_NETS - 1));
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

/* Texts are operands that say how something is done; blobs hold numbers. */
static bool
load_result(Nn *n, const Var *v)
{
	if (v->type->dtype == DT_STRING && v->def)
		return nn_fail(n, v->def,
		               "'%s' is a string, but the values of a NeuralNetwork are numbers: "
		               "leave it out of what is returned",
		               v->name->s);
	nn_blob(n, v);
	return true;
}

bool
nn_block(Nn *n, const Block *b)
{
	NnConst *outer = n->loaded;
	const Inst *around = n->at;
	bool ok = true;

	for (const Inst *i = b->first; i && ok; i = i->next) {
		size_t first = msg_count(n->net, "layers");
		n->at = i;
		ok = lower(n, i) && (b->parent || check_layers(n, i, first));
	}
	n->at = around;
	for (uint32_t k = 0; k < b->nout && ok; k++)
		ok = load_result(n, b->out[k]->var);
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
	Msg *labels = msg_sub(n->net, c->ints ? "int64ClassLabels" : "stringClassLabels");

	msg_sub(n->net, "updateParams"); /* the peer copies an empty one */
	for (uint32_t k = 0; k < c->n; k++)
		if (c->ints)
			msg_int(labels, "vector", c->number[k]);
		else
			msg_string(labels, "vector", c->label[k]->s);
	if (c->probs)
		msg_string(n->net, "labelProbabilityLayerName", c->probs->s);
}

static void
put_scalers(Nn *n)
{
	static const char *const bias[] = {"grayBias", "redBias", "greenBias", "blueBias"};

	for (uint32_t k = 0; k < n->m->scaled.n; k++) {
		const ImageScale *s = &n->m->scaled.at[k];
		Msg *p = msg_sub(n->net, "preprocessing"), *scaler = msg_sub(p, "scaler");
		msg_string(p, "featureName", s->name->s);
		msg_float(scaler, "channelScale", s->scale);
		for (size_t b = 0; b < countof(bias); b++)
			msg_float(scaler, bias[b], s->bias[b]);
	}
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
	msg_int(n.net, "arrayInputShapeMapping", 1);
	msg_int(n.net, "imageInputShapeMapping", 1);
	put_scalers(&n);
	claim_interface(&n, f);
	if (!nn_block(&n, f->body))
		return NULL;
	*version = version_needed(n.net, m->spec_version);
	if (m->classifier)
		put_labels(&n, m->classifier);
	return n.net;
}
