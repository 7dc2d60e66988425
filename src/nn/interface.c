/* interface.c: the function around the layers of a NeuralNetwork: parameters from the input
 * features with what is done to images first, results under the names of the output features, and
 * the labels of a classifier.
 */
#include "lift.h"

typedef struct Net {
	const Msg *m;          /* NeuralNetwork, or a classifier or regressor with its fields */
	bool exact;            /* arrays become blobs as they are, */
	bool exact_images;     /* … and images with a batch */
	const Msg *classifier; /* or 0 */
} Net;

/* ---- inputs ---- */

/* One dimension: a symbol where the interface allows several sizes. */
static Dim
feature_dim(Lift *l, const Feature *f, uint32_t k)
{
	if (f->nrange && f->range[k].lower != f->range[k].upper)
		return sym_new(l->c->types, NULL);
	for (uint32_t e = 0; e < f->nenum; e++)
		if (f->enumerated[e * f->rank + k] != f->shape[k])
			return sym_new(l->c->types, NULL);
	return f->shape[k];
}

static bool
input_type(Lift *l, const Feature *f, const Type **type)
{
	Dim dim[TENSOR_MAX_RANK];
	uint32_t n = 0;

	if (f->kind != FEATURE_ARRAY && f->kind != FEATURE_IMAGE)
		return lift_fail(l,
		                 "input '%s' is neither an array nor an image, and a network has "
		                 "no others",
		                 f->name->s);
	if (!f->has_shape)
		return lift_fail(l, "input '%s' has no shape", f->name->s);
	if (f->kind == FEATURE_IMAGE) {
		dim[n++] = 1;
		dim[n++] = f->color == COLOR_GRAY || f->color == COLOR_GRAY_FP16 ? 1 : 3;
	}
	for (uint32_t k = 0; k < f->rank && n < TENSOR_MAX_RANK; k++)
		dim[n++] = feature_dim(l, f, k);
	*type = type_tensor(l->c->types, DT_FP32, dim, n);
	if (type_is_possible(*type))
		return true;
	return lift_fail(l, "input '%s' has shape %s: %s", f->name->s,
	                 shape_str(l->c->types, dim, n), TYPE_LIMITS);
}

/* y = scale x + bias of the channel, in the order that the image has; an array of three channels is
 * red, green and blue. */
static Var *
scale_image(Lift *l, const Msg *scaler, const Feature *f, Var *x)
{
	static const char *const gray[] = {"grayBias"};
	static const char *const rgb[] = {"redBias", "greenBias", "blueBias"};
	static const char *const bgr[] = {"blueBias", "greenBias", "redBias"};
	uint32_t rank = x->type->rank, axis = rank >= 3 ? rank - 3 : 0;
	bool three = rank >= 3 && x->type->dim[axis] == 3;
	const char *const *names = f->color == COLOR_BGR ? bgr : three ? rgb : gray;
	int64_t dim[TENSOR_MAX_RANK];
	Tensor *bias;
	bool any = false;

	for (uint32_t k = 0; k < rank; k++)
		dim[k] = k == axis && names != gray ? 3 : 1;
	bias = tensor_new(l->arena, DT_FP32, dim, (int)rank);
	for (int64_t k = 0; k < bias->count; k++) {
		tensor_set_f(bias, k, msg_get_float(scaler, names[k]));
		any = any || tensor_f(bias, k) != 0;
	}
	x = lift_xt(l, OP_mul, x, lift_one(l, msg_get_float(scaler, "channelScale")));
	return any ? lift_xt(l, OP_add, x, bias) : x;
}

static Var *
subtract_mean(Lift *l, const Msg *mean, Var *x)
{
	size_t n = msg_count(mean, "meanImage");
	const Type *t = x->type;

	if (t->count < 0 || (size_t)t->count != n)
		return lift_none(l, "the mean image of '%s' has %zu numbers, but the input is %s",
		                 x->name->s, n, type_str(l->c->types, t));
	const Tensor *v =
	    tensor_view(l->arena, DT_FP32, t->dim, (int)t->rank,
	                (void *)(uintptr_t)(const float *)msg_array(mean, "meanImage"));
	return lift_xt(l, OP_sub, x, v);
}

static bool
preprocess(Lift *l, const Net *net)
{
	for (size_t k = 0; k < msg_count(net->m, "preprocessing"); k++) {
		const Msg *p = msg_at(net->m, "preprocessing", k);
		const Str *name = intern_cstr(l->c->names, msg_get_string(p, "featureName"));
		Var *x = lift_find(l, name);
		const Feature *f = NULL;
		for (uint32_t i = 0; i < l->m->face.input.n; i++)
			if (l->m->face.input.at[i].name == name ||
			    (!name->len && l->m->face.input.n == 1))
				f = &l->m->face.input.at[i];
		if (!f || !(x = lift_find(l, f->name)))
			return lift_fail(l, "the preprocessing is for '%s', which is no input",
			                 name->s);
		if (msg_has(p, "scaler"))
			x = scale_image(l, msg_get(p, "scaler"), f, x);
		else if (msg_has(p, "meanImage"))
			x = subtract_mean(l, msg_get(p, "meanImage"), x);
		if (!x)
			return false;
		lift_bind(l, f->name, x);
	}
	return true;
}

static bool
make_inputs(Lift *l)
{
	const Model *m = l->m;
	const Type *type = NULL;

	for (uint32_t k = 0; k < m->face.input.n; k++) {
		const Feature *f = &m->face.input.at[k];
		if (lift_find(l, f->name))
			return lift_fail(l, "input '%s' is there twice", f->name->s);
		if (!input_type(l, f, &type))
			return false;
		Var *v = block_add_param(l->b->func->body, f->name, type);
		map_put(l->taken, KEY(f->name), (void *)(uintptr_t)1);
		lift_bind(l, f->name, v);
	}
	return true;
}

/* ---- the shapes of the first versions ---- */

static bool
only_first_version(const Net *net)
{
	for (size_t k = 0; k < msg_count(net->m, "layers"); k++) {
		const char *kind = msg_case(msg_at(net->m, "layers", k), "convolution");
		if (kind && lift_view(kind) == AXES_NONE)
			return false;
	}
	return true;
}

static bool
map_inputs(Lift *l, const Net *net)
{
	const Model *m = l->m;
	bool images = false, arrays = false;

	for (uint32_t k = 0; k < m->face.input.n; k++) {
		images = images || m->face.input.at[k].kind == FEATURE_IMAGE;
		arrays = arrays || m->face.input.at[k].kind == FEATURE_ARRAY;
	}
	l->rank5 = (arrays && !net->exact) || (images && !net->exact_images);
	l->short_blobs = l->rank5 && !(arrays && net->exact) && only_first_version(net);
	for (uint32_t k = 0; k < m->face.input.n; k++) {
		const Feature *f = &m->face.input.at[k];
		bool image = f->kind == FEATURE_IMAGE;
		if (image ? net->exact_images : net->exact)
			continue;
		if (!image && !f->sequence && f->rank != 1 && f->rank != 3)
			return lift_fail(l,
			                 "input '%s' has rank %u, expected 1 or 3 where arrays are "
			                 "mapped to rank 5",
			                 f->name->s, f->rank);
		Var *v = lift_from_feature(l, f, lift_find(l, f->name));
		if (!v)
			return false;
		lift_bind(l, f->name, v);
	}
	return true;
}

/* ---- outputs ---- */

static Var *
make_classes(Lift *l, const Net *net)
{
	const Msg *strings = msg_get(net->classifier, "stringClassLabels");
	const Msg *ints = msg_get(net->classifier, "int64ClassLabels");
	const Msg *labels = strings ? strings : ints;
	int64_t n = labels ? (int64_t)msg_count(labels, "vector") : 0;
	Tensor *t;

	if (n == 0)
		return lift_none(l, "the classifier has no labels");
	t = tensor_new(l->arena, strings ? DT_STRING : DT_INT64, &n, 1);
	for (int64_t k = 0; k < n; k++)
		if (strings)
			((const Str **)t->data)[k] =
			    intern_cstr(l->c->names, msg_string_at(labels, "vector", (size_t)k));
		else
			tensor_set_i(t, k, msg_int_at(labels, "vector", (size_t)k));
	return build_const_list(l->b, intern_cstr(l->c->names, "classes"), t);
}

/* The label and the dictionary of probabilities. */
static bool
classify(Lift *l, const Net *net, Var *out[2])
{
	const char *name = msg_get_string(net->classifier, "labelProbabilityLayerName");
	size_t n = msg_count(net->m, "layers");
	Var *p, *classes, **outs;
	uint32_t nout;

	if (!*name && n && msg_count(msg_at(net->m, "layers", n - 1), "output"))
		name = msg_string_at(msg_at(net->m, "layers", n - 1), "output", 0);
	p = lift_find(l, intern_cstr(l->c->names, name));
	if (!p)
		return lift_fail(l, "no layer makes the probabilities '%s'", name);
	classes = make_classes(l, net);
	if (!classes ||
	    !lift_ops(l, OP_classify, ARGS(VAR("probabilities", p), VAR("classes", classes)), &outs,
	              &nout))
		return false;
	out[0] = outs[0];
	out[1] = outs[1];
	return true;
}

static bool
already(Var *const *out, uint32_t n, const Var *v)
{
	for (uint32_t k = 0; k < n; k++)
		if (out[k] == v)
			return true;
	return false;
}

/* The blob under the feature's name and type; it may be an input, or an output already. */
static Var *
array_output(Lift *l, const Feature *f, Var *const *out, uint32_t n)
{
	Var *v = lift_find(l, f->name);
	DType t = f->dtype == DT_INT32 || f->dtype == DT_FP16 ? f->dtype : DT_FP32;

	if (!v)
		return lift_none(l, "no layer makes the output '%s'", f->name->s);
	v = lift_as(l, lift_for_feature(l, f, v), t);
	if (v && (!v->def || already(out, n, v) || v->def->nout != 1 || var_is_const(v)))
		v = lift_x(l, OP_identity, v);
	if (!v)
		return NULL;
	v->name = f->name;
	inst_name_set(v->def, f->name);
	return v;
}

static bool
make_outputs(Lift *l, const Net *net)
{
	const Model *m = l->m;
	Var **out = newn(l->arena, Var *, MAX(m->face.output.n, 1)), *label[2] = {0};

	l->layer = NULL;
	if (net->classifier && !classify(l, net, label))
		return false;
	for (uint32_t k = 0; k < m->face.output.n; k++) {
		const Feature *f = &m->face.output.at[k];
		for (uint32_t j = 0; j < k && !out[k]; j++)
			if (m->face.output.at[j].name == f->name)
				out[k] = out[j]; /* a program may return a value twice */
		if (out[k])
			continue;
		if (label[0] && m->face.predicted_feature &&
		    str_is(f->name, m->face.predicted_feature))
			out[k] = label[0];
		else if (label[0] && f->kind == FEATURE_DICT)
			out[k] = label[1];
		else
			out[k] = array_output(l, f, out, k);
		if (!out[k])
			return false;
		out[k]->name = f->name;
	}
	block_set_outputs(l->b->func->body, out, m->face.output.n);
	return true;
}

/* ---- the whole ---- */

/* One error for all layers that have no equivalent. */
static bool
say_lacks(Lift *l)
{
	uint32_t n = l->lacks->list.n;

	if (n == 0)
		return true;
	diag_error(l->c->diag, model_place(l->m),
	           n == 1 ? "%u layer of the network has no equivalent in a program"
	                  : "%u layers of the network have no equivalent in a program",
	           n);
	for (uint32_t k = 0; k < n; k++)
		diag_note(l->c->diag, l->lacks->list.at[k].place, "%s", l->lacks->list.at[k].why);
	return false;
}

/* Sequences make other shapes than the description has: it follows. */
static void
describe_again(Lift *l)
{
	const Block *b = l->b->func->body;
	Features *out = &l->m->face.output;

	for (uint32_t k = 0; l->rank5 && k < out->n; k++) {
		Feature *f = &out->at[k];
		const Type *t = b->out[k]->var->type;
		bool same = t->kind != TY_TENSOR || f->kind != FEATURE_ARRAY || !f->has_shape ||
		            f->rank == t->rank;
		if (same)
			continue;
		f->has_shape = type_all_known(t);
		f->rank = t->rank;
		f->shape = arena_dup(l->arena, t->dim, t->rank * sizeof *t->dim);
		f->nrange = f->nenum = 0;
	}
}

static bool
lift_model(Lift *l, const Net *net)
{
	for (uint32_t k = 0; k < l->m->face.output.n; k++)
		map_put(l->taken, KEY(l->m->face.output.at[k].name), (void *)(uintptr_t)1);
	if (!make_inputs(l) || !preprocess(l, net) || !map_inputs(l, net) ||
	    !lift_layers(l, net->m, 0) || !say_lacks(l) || !make_outputs(l, net))
		return false;
	describe_again(l);
	return true;
}

bool
read_network(ReadCtx *c, Model *m)
{
	Program *p = program_new(c->arena, c->names, c->types, c->diag);
	Func *f = func_new(p, intern_cstr(c->names, "main"), model_place(m));
	Map taken;
	Env env = {0};
	Lacks lacks = {0};
	Builder b;
	Lift l = {.c = c,
	          .m = m,
	          .arena = c->arena,
	          .b = &b,
	          .env = &env,
	          .taken = &taken,
	          .lacks = &lacks};
	const Msg *n = m->network;
	bool classifies = !strcmp(n->descriptor->short_name, "NeuralNetworkClassifier");
	Net net = {n, msg_get_int(n, "arrayInputShapeMapping") == 1,
	           msg_get_int(n, "imageInputShapeMapping") == 1, classifies ? n : NULL};

	map_init(&env.vars, c->arena);
	map_init(&taken, c->arena);
	map_init(&lacks.said, c->arena);
	map_init(&lacks.missing, c->arena);
	p->default_func = f->name;
	f->opset = IOS14;
	builder_init(&b, p, f);
	b.settle_loops = true; /* a blob may grow from round to round */
	b.span = model_place(m);
	if (!lift_model(&l, &net))
		return false;
	m->prog = p;
	m->lifted = true;
	return true;
}
