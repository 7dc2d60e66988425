/* interface.c: the call of ct.convert: what only it can be told (flexible shapes, images, defaults,
 * classes), and the metadata that are set behind it.
 */
#include "writing.h"

/* ---- inputs ---- */

static const Func *
default_function(const Writing *w)
{
	const Program *p = w->m->prog;

	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (p->funcs.at[k]->name == p->default_func)
			return p->funcs.at[k];
	return p->funcs.at[0];
}

/* The dimensions in front of an image's height and width. */
static void
add_channels(Writing *w, const Feature *f, InputSpec *in)
{
	int64_t channels = f->color == COLOR_RGB || f->color == COLOR_BGR ? 3 : 1;
	int64_t front[2] = {1, channels}, *shape;

	in->color = f->color;
	in->rank = 4;
	in->dflt = newn(w->arena, int64_t, 4);
	memcpy(in->dflt, front, sizeof front);
	memcpy(in->dflt + 2, f->shape, sizeof front);
	if (in->nshape) {
		shape = newn(w->arena, int64_t, 4 * (size_t)in->nshape);
		for (uint32_t k = 0; k < in->nshape; k++) {
			memcpy(shape + 4 * (size_t)k, front, sizeof front);
			memcpy(shape + 4 * (size_t)k + 2, in->shape + 2 * (size_t)k, sizeof front);
		}
		in->shape = shape;
		return;
	}
	DimRange *dim = newn(w->arena, DimRange, 4);
	for (int k = 0; k < 2; k++) {
		dim[k] = (DimRange){front[k], front[k], front[k], NULL};
		dim[k + 2] = in->dim[k];
	}
	in->dim = dim;
}

/* Bounds that a call can give: an ML Program has no dimension without an upper one. */
static DimRange
bounded(const DimRange *r, int64_t dflt)
{
	DimRange b = {r->lower, r->upper, dflt, NULL};

	if (b.upper < 0)
		b.upper = MAX(b.lower, dflt);
	b.dflt = MIN(MAX(dflt, b.lower), b.upper);
	return b;
}

static void
set_shape(Writing *w, const Feature *f, InputSpec *in)
{
	in->has_shape = true;
	in->rank = f->rank;
	in->dflt = f->shape;
	if (f->nenum) {
		in->nshape = f->nenum;
		in->shape = f->enumerated;
	} else {
		in->dim = newn(w->arena, DimRange, f->rank + 1);
		for (uint32_t k = 0; k < f->rank; k++) {
			DimRange fixed = {f->shape[k], f->shape[k], f->shape[k], NULL};
			in->dim[k] = f->nrange ? bounded(&f->range[k], f->shape[k]) : fixed;
		}
	}
	if (f->kind == FEATURE_IMAGE)
		add_channels(w, f, in);
	in->default_rank = in->rank;
	in->default_shape = in->dflt;
}

static const Pipeline no_passes; /* PassPipeline.EMPTY */

/* inputs= speaks of the function main, of no other. */
static const Features *
described_inputs(const Writing *w, const Block **body)
{
	const Model *m = w->m;

	for (uint32_t k = 0; k < m->prog->funcs.n; k++)
		if (str_is(m->prog->funcs.at[k]->name, "main"))
			*body = m->prog->funcs.at[k]->body;
	for (uint32_t k = 0; k < m->func.n; k++)
		if (str_is(m->func.at[k].name, "main"))
			return &m->func.at[k].input;
	return *body == default_function(w)->body ? &m->face.input : NULL;
}

ConvertOptions
make_options(Writing *w)
{
	Opset target = w->m->file_opset ? w->m->file_opset : default_function(w)->opset;
	ConvertOptions o = {.format = FORMAT_MLPROGRAM,
	                    .target = MAX(target, IOS15),
	                    .precision = PRECISION_FP32,
	                    .main = &no_passes};
	const Block *body = NULL;
	const Features *inputs = described_inputs(w, &body);
	InputSpec *in = newn(w->arena, InputSpec, body && inputs ? body->nparam + 1 : 1);

	for (uint32_t k = 0; body && inputs && k < body->nparam; k++) {
		const Var *v = body->param[k];
		const Feature *f = features_find(inputs, v->name->s, v->name->len);
		if (!f || !f->has_shape ||
		    (f->kind != FEATURE_IMAGE && !f->has_default && type_all_known(v->type)))
			continue;
		in[o.ninput] = (InputSpec){.name = v->name,
		                           .has_default = f->has_default,
		                           .default_value = f->default_value};
		set_shape(w, f, &in[o.ninput++]);
	}
	o.input = o.ninput ? in : NULL;
	return o;
}

/* ---- in words ---- */

static void
put_sizes(Buf *b, const int64_t *size, uint32_t n)
{
	buf_byte(b, '(');
	for (uint32_t k = 0; k < n; k++)
		buf_printf(b, k + 1 < n ? "%lld, " : n == 1 ? "%lld," : "%lld", (long long)size[k]);
	buf_byte(b, ')');
}

static void
put_ranges(Buf *b, const InputSpec *in)
{
	buf_byte(b, '(');
	for (uint32_t k = 0; k < in->rank; k++) {
		const DimRange *r = &in->dim[k];
		if (r->lower == r->upper)
			buf_printf(b, "%lld", (long long)r->dflt);
		else
			buf_printf(b, "ct.RangeDim(%lld, %lld, default=%lld)", (long long)r->lower,
			           (long long)r->upper, (long long)r->dflt);
		buf_puts(b, k + 1 < in->rank ? ", " : in->rank == 1 ? "," : "");
	}
	buf_byte(b, ')');
}

static void
put_enumerated(Buf *b, const InputSpec *in)
{
	buf_puts(b, "ct.EnumeratedShapes([");
	for (uint32_t k = 0; k < in->nshape; k++) {
		buf_puts(b, k ? ", " : "");
		put_sizes(b, in->shape + (size_t)k * in->rank, in->rank);
	}
	buf_puts(b, "], default=");
	put_sizes(b, in->dflt, in->rank);
	buf_byte(b, ')');
}

static const char *
color_name(ImageColor c)
{
	switch (c) {
	case COLOR_RGB: return "RGB";
	case COLOR_BGR: return "BGR";
	case COLOR_GRAY_FP16: return "GRAYSCALE_FLOAT16";
	default: return "GRAYSCALE";
	}
}

static void
put_default(Writing *w, const InputSpec *in)
{
	Buf digits = {0};

	buf_puts(w->out, ", default_value=np.full(");
	put_sizes(w->out, in->default_shape, in->default_rank);
	put_number(&digits, in->default_value);
	buf_printf(w->out, ", %s, np.float32)", digits.at);
	buf_free(&digits);
}

static void
put_input(Writing *w, const InputSpec *in)
{
	Buf *b = w->out;

	buf_printf(b, "        ct.%s(name=", in->color ? "ImageType" : "TensorType");
	put_quoted_text(b, in->name->s);
	buf_puts(b, ", shape=");
	if (in->nshape)
		put_enumerated(b, in);
	else
		put_ranges(b, in);
	if (in->color)
		buf_printf(b, ", color_layout=ct.colorlayout.%s", color_name(in->color));
	if (in->has_default)
		put_default(w, in);
	buf_puts(b, "),\n");
}

/* ---- classifiers ---- */

/* A cast to fp32 that ct.convert put between the probabilities and classify. */
static bool
is_own_cast(const Writing *w, const Inst *i)
{
	const Var *x;

	if (!inst_is(i, OP_cast) || !var_only_user(i->out[0]))
		return false;
	x = inst_arg(i, "x");
	return x->type->dtype != DT_FP32 && i->out[0]->type->dtype == DT_FP32 &&
	       str_is(i->name, arena_printf(w->arena, "%s_cast_to_fp32", x->name->s));
}

void
find_classifier(Writing *w)
{
	const Func *f = default_function(w);
	const Inst *i = f->body->last;
	const char *feature = w->m->face.predicted_feature;
	const Var *p;

	if (!inst_is(i, OP_classify) || !inst_val(i, "classes") || i->nout != 2 ||
	    f->body->nout < 2 || !feature || f->body->out[0]->var != i->out[0] ||
	    f->body->out[1]->var != i->out[1] ||
	    !str_is(i->out[0]->name, feature))
		return;
	w->made_probs = arena_printf(w->arena, "%s_probs", feature);
	p = inst_arg(i, "probabilities");
	w->classify = i;
	w->cast = p->def && is_own_cast(w, p->def) ? p->def : NULL;
	w->probabilities = w->cast ? inst_arg(w->cast, "x") : p;
}

static void
put_classifier(Writing *w)
{
	const Tensor *label = inst_arg(w->classify, "classes")->val;

	buf_puts(w->out, "    classifier_config=ct.ClassifierConfig(\n        [");
	for (int64_t k = 0; k < label->count; k++) {
		buf_puts(w->out, k ? ", " : "");
		if (label->dtype == DT_STRING)
			put_quoted_text(w->out, ((const Str *const *)label->data)[k]->s);
		else
			buf_printf(w->out, "%lld", (long long)tensor_i(label, k));
	}
	buf_puts(w->out, "],\n        predicted_feature_name=");
	put_quoted_text(w->out, w->m->face.predicted_feature);
	buf_puts(w->out, ",\n        predicted_probabilities_output=");
	put_quoted_text(w->out, w->probabilities->name->s);
	buf_puts(w->out, ",\n    ),\n");
}

void
put_options(Writing *w, const ConvertOptions *o)
{
	bool stays = !w->o->converts;

	buf_printf(w->out,
	           "    convert_to=\"mlprogram\",\n"
	           "    minimum_deployment_target=ct.target.%s,\n",
	           opset_name(o->target));
	if (stays || w->o->single)
		buf_printf(w->out, "    compute_precision=ct.precision.FLOAT32,%s\n",
		           stays ? "  # types stay as they are" : "");
	if (stays)
		buf_puts(w->out, "    pass_pipeline=ct.PassPipeline.EMPTY,\n");
	buf_puts(w->out, "    skip_model_load=True,\n");
	if (o->ninput) {
		buf_puts(w->out, "    inputs=[\n");
		for (uint32_t k = 0; k < o->ninput; k++)
			put_input(w, &o->input[k]);
		buf_puts(w->out, "    ],\n");
	}
	if (w->classify)
		put_classifier(w);
}

/* ---- metadata ---- */

static void
put_text(Writing *w, const char *field, const char *key, const char *text)
{
	buf_printf(w->out, "model.%s", field);
	if (key) {
		buf_byte(w->out, '[');
		put_quoted_text(w->out, key);
		buf_byte(w->out, ']');
	}
	buf_puts(w->out, " = ");
	put_quoted_text(w->out, text);
	buf_byte(w->out, '\n');
}

static void
put_docs(Writing *w, const char *field, const Features *list)
{
	for (uint32_t k = 0; k < list->n; k++)
		if (list->at[k].doc)
			put_text(w, field, list->at[k].name->s, list->at[k].doc);
}

static bool
has_pair(const Msg *metadata, const char *key, const char *text)
{
	for (size_t k = 0; k < msg_count(metadata, "userDefined"); k++) {
		const Msg *e = msg_at(metadata, "userDefined", k);
		if (!strcmp(msg_get_string(e, "key"), key) &&
		    !strcmp(msg_get_string(e, "value"), text))
			return true;
	}
	return false;
}

void
put_metadata(Writing *w, const Model *p)
{
	static const char *const texts[][2] = {{"short_description", "shortDescription"},
	                                       {"author", "author"},
	                                       {"license", "license"},
	                                       {"version", "versionString"}};
	const Msg *said = w->m->metadata;

	for (size_t k = 0; k < countof(texts); k++)
		if (*msg_get_string(said, texts[k][1]))
			put_text(w, texts[k][0], NULL, msg_get_string(said, texts[k][1]));
	put_docs(w, "input_description", &w->m->face.input);
	put_docs(w, "output_description", &w->m->face.output);
	for (size_t k = 0; k < msg_count(said, "userDefined"); k++) {
		const Msg *e = msg_at(said, "userDefined", k);
		const char *key = msg_get_string(e, "key"), *text = msg_get_string(e, "value");
		if (!has_pair(p->metadata, key, text))
			put_text(w, "user_defined_metadata", key, text);
	}
}
