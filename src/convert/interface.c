/* interface.c: the features of a model, from the parameters and outputs of its functions as the
 * passes left them, and from what inputs= said about flexible shapes, images and defaults.
 */
#include "convert.h"
#include "pass/sanitize.h"

/* The parameter that goes by that name, in the script or as the model will have it. */
static uint32_t
find_param(Convert *c, const Block *body, const Str *name)
{
	uint32_t k = 0;

	while (k < body->nparam && body->param[k]->name != name)
		k++;
	for (uint32_t i = 0; i < body->nparam && k == body->nparam; i++)
		if (name_cleaned(c->prog->names, body->param[i]->name, "var_") == name)
			k = i;
	return k;
}

static bool
is_range(const DimRange *d)
{
	return d->flexible || d->lower != d->upper;
}

/* Several sizes are wanted, where a RangeDim(3, 3) counts as well. */
static bool
is_flexible(const InputSpec *in)
{
	for (uint32_t k = 0; in->dim && k < in->rank; k++)
		if (is_range(&in->dim[k]))
			return true;
	return in->nshape > 0;
}

/* What inputs= says about a shape that the program knows. */
static void
warn_shape(Convert *c, const InputSpec *in, const Type *t)
{
	const char *name = in->name->s;
	uint32_t k = 0;

	if (in->rank != t->rank) {
		diag_warning(c->d, in->span,
		             "the shape given for input '%s' has rank %u, but the program's has "
		             "rank %u, which counts",
		             name, in->rank, t->rank);
		return;
	}
	while (k < in->rank && in->dflt[k] == t->dim[k])
		k++;
	if (k < in->rank)
		diag_warning(c->d, in->span,
		             "the shape given for input '%s' has %lld as dimension "
		             "%u, but the program's has %lld, which counts",
		             name, (long long)in->dflt[k], k, (long long)t->dim[k]);
	else if (is_flexible(in))
		diag_warning(c->d, in->span,
		             "the sizes given for input '%s' are ignored: its shape in the "
		             "program is fixed, give symbols from get_new_symbol() there",
		             name);
}

/* One of the sizes given for dimension k is none that the program takes. */
static bool
check_dim(Convert *c, const InputSpec *in, const Type *t, uint32_t k)
{
	int64_t want = t->dim[k], found = in->dflt[k];

	for (uint32_t i = 0; i < in->nshape && found == want; i++)
		found = in->shape[(size_t)i * in->rank + k];
	if (found != want && (in->nshape || !is_range(&in->dim[k])))
		return convert_error(c, in->span,
		                     "the shape given for input '%s' has %lld as dimension %u, "
		                     "but the program takes only %lld",
		                     in->name->s, (long long)found, k, (long long)want);
	if (!in->nshape && is_range(&in->dim[k]))
		diag_warning(c->d, in->span,
		             "input '%s' is given a range for dimension %u, but the program takes "
		             "only %lld",
		             in->name->s, k, (long long)want);
	return true;
}

/* A shape counts where the program leaves it open; a NeuralNetwork takes a flexible one anyway. */
static bool
check_shape(Convert *c, const InputSpec *in, const Type *t)
{
	bool open = !type_all_known(t);

	if (open && !in->has_shape)
		return convert_error(c, in->span,
		                     "input '%s' has a dimension without bounds: give it a shape "
		                     "with a ct.RangeDim, or leave it out of inputs",
		                     in->name->s);
	if (!in->has_shape)
		return true;
	if (!open && (c->format == FORMAT_MLPROGRAM || !is_flexible(in))) {
		warn_shape(c, in, t);
		return true;
	}
	if (in->rank != t->rank)
		return convert_error(c, in->span,
		                     "the shape given for input '%s' has rank %u, but the "
		                     "program's has rank %u",
		                     in->name->s, in->rank, t->rank);
	for (uint32_t k = 0; open && k < t->rank; k++)
		if (dim_known(t->dim[k]) && !check_dim(c, in, t, k))
			return false;
	return true;
}

static bool
match_input(Convert *c, const InputSpec *in)
{
	const Block *body = c->described->body;
	uint32_t k = in->name ? find_param(c, body, in->name) : body->nparam;
	bool matters = in->color || (c->format == FORMAT_NEURALNETWORK && is_flexible(in));
	const char *name = in->name ? in->name->s : "?";
	const Type *t;

	if (k == body->nparam && matters)
		return convert_error(
		    c, in->span,
		    in->color ? "the program has no input '%s', which inputs= makes an image"
		              : "the program has no input '%s', which inputs= gives a flexible "
		                "shape",
		    name);
	if (k == body->nparam) {
		diag_warning(c->d, in->span,
		             in->name
		                 ? "the program has no input '%s': what inputs= says of it is "
		                   "ignored"
		                 : "an element of inputs has no name: what it says is ignored",
		             name);
		return true;
	}
	if (c->spec_of[k])
		diag_warning(c->d, in->span, "inputs= describes '%s' twice: this one counts",
		             name);
	c->spec_of[k] = in;
	t = tensor_part(body->param[k]->type);
	if (!in->color && in->dtype != DT_NONE && in->dtype != t->dtype)
		diag_warning(c->d, in->span,
		             "the dtype %s given for input '%s' is not that of the program, %s, "
		             "which counts",
		             dtype_info[in->dtype].mil, name, dtype_info[t->dtype].mil);
	if (in->has_default && c->prog->multifunction)
		diag_warning(c->d, in->span,
		             "default_value of input '%s' is ignored: the inputs of a "
		             "multi-function model cannot be left out",
		             name);
	return check_shape(c, in, t);
}

bool
match_inputs(Convert *c)
{
	if (c->o->noutput && !c->o->source)
		diag_warning(c->d, c->o->span,
		             "outputs= is ignored: a program returns its outputs in its own order "
		             "and types");
	if (!c->o->input)
		return true;
	if (!c->described)
		return convert_error(c, c->o->input_span,
		                     "inputs= describes the function 'main', which the program "
		                     "does not have");
	c->spec_of = newn(c->prog->arena, const InputSpec *, c->described->body->nparam + 1);
	for (uint32_t i = 0; i < c->o->ninput; i++)
		if (!match_input(c, &c->o->input[i]))
			return false;
	return true;
}

/* ---- flexible shapes ---- */

/* The bounds of dimension k; those of a symbolic one that nobody gave bounds for. */
static DimRange
range_of(const Convert *c, const Type *t, const InputSpec *in, uint32_t k)
{
	static const DimRange open = {1, RANGE_UNSAID, 1, 0};
	DimRange r = in ? in->dim[k] : open;

	if (!in && dim_known(t->dim[k]))
		r = (DimRange){t->dim[k], t->dim[k], t->dim[k], 0};
	if (r.upper == RANGE_UNSAID)
		r.upper = c->format == FORMAT_MLPROGRAM ? 2 : -1;
	return r;
}

/* Of an image, that of its height and width alone, whose lower bound is 1 at least. */
static bool
set_ranges(Convert *c, Feature *f, const Type *t, const InputSpec *in)
{
	uint32_t skip = t->rank - f->rank;
	Span at = in ? in->span : (c->described ? c->described : c->main)->span;
	bool automatic = false;

	f->nrange = f->rank;
	f->range = newn(c->m->arena, DimRange, f->rank);
	for (uint32_t k = 0; k < t->rank; k++) {
		DimRange r = range_of(c, t, in, k);
		bool unsaid = in ? in->dim[k].upper == RANGE_UNSAID : !dim_known(t->dim[k]);
		automatic = automatic || unsaid;
		if (k < skip)
			continue;
		if (f->kind == FEATURE_IMAGE)
			r.lower = MAX(r.lower, 1);
		f->range[k - skip] = r;
		if (f->shape[k - skip] < r.lower || (r.upper >= 0 && f->shape[k - skip] > r.upper))
			return convert_error(c, at,
			                     "dimension %u of input '%s' has the default %lld "
			                     "outside of %lld to %lld",
			                     k, f->name->s, (long long)f->shape[k - skip],
			                     (long long)r.lower, (long long)r.upper);
	}
	if (automatic && c->format == FORMAT_MLPROGRAM)
		diag_warning(
		    c->d, at,
		    "input '%s' has a dimension without bounds, which gets the range 1 to 2: give "
		    "inputs=[ct.TensorType(name=\"%s\", shape=…)] with a ct.RangeDim",
		    f->name->s, f->name->s);
	return true;
}

/* The default shape comes first: of an array where it stands in the list, of an image only when it
 * is not in it; a NeuralNetwork has that of an image last. Before iOS18 each shape stands there
 * once. Of an image, height and width count. */
static void
set_enumerated(Convert *c, Feature *f, const InputSpec *in)
{
	bool image = f->kind == FEATURE_IMAGE, network = c->format == FORMAT_NEURALNETWORK;
	uint32_t rank = f->rank, n = 0, skip = in->rank - rank;
	size_t bytes = rank * sizeof(int64_t);
	int64_t *out = newn(c->m->arena, int64_t, ((size_t)in->nshape + 1) * rank);
	bool met = false;

	for (uint32_t i = 0; i < in->nshape; i++) {
		const int64_t *s = in->shape + (size_t)i * in->rank + skip;
		bool known = false, dflt = !memcmp(s, f->shape, bytes);
		for (uint32_t k = 0; k < n; k++)
			known = known || !memcmp(out + (size_t)k * rank, s, bytes);
		if ((known && (network || c->spec < IOS18)) || (dflt && image && network))
			continue;
		met = met || dflt;
		if (dflt && !image)
			memmove(out + rank, out, n * bytes);
		memcpy(out + (dflt && !image ? 0 : (size_t)n * rank), s, bytes);
		n++;
	}
	if (!met) {
		if (!image || !network)
			memmove(out + rank, out, n * bytes);
		memcpy(out + (image && network ? (size_t)n * rank : 0), f->shape, bytes);
		n++;
	}
	f->nenum = n;
	f->enumerated = out;
}

static bool
set_flexible(Convert *c, Feature *f, const Type *t, const InputSpec *in)
{
	bool open = !type_all_known(t), network = c->format == FORMAT_NEURALNETWORK;

	if (in && network ? !is_flexible(in) : !open)
		return true;
	if (in && in->nshape) {
		set_enumerated(c, f, in);
		return true;
	}
	return set_ranges(c, f, t, in);
}

/* ---- images ---- */

/* From the shape (1, channels, height, width) to an image. */
static bool
make_image(Convert *c, Feature *f, const InputSpec *in)
{
	bool color = in->color == COLOR_RGB || in->color == COLOR_BGR;
	bool network = c->format == FORMAT_NEURALNETWORK;
	int64_t want = color ? 3 : 1, found = f->rank > 2 ? f->shape[f->rank - 3] : 0;
	bool fits = network ? (f->rank == 3 || f->rank == 4) && (found == 1 || found == 3)
	                    : f->rank == 4 && f->shape[0] == 1 && found == want;

	if (!fits)
		return convert_error(c, in->span,
		                     "image input '%s' must have the shape (1, %lld, height, "
		                     "width), but the program's is %s",
		                     f->name->s, (long long)want,
		                     shape_str(c->prog->types, f->shape, f->rank));
	if (in->channel_last)
		return convert_error(c, in->span,
		                     "image input '%s' has its channels last, and no pass of this "
		                     "conversion moves them: image_input_preprocess does",
		                     f->name->s);
	if (found != want)
		diag_warning(c->d, in->span,
		             "image input '%s' has %lld channel%s, so it is no %s image",
		             f->name->s, (long long)found, found == 1 ? "" : "s",
		             color ? "color" : "grayscale");
	f->kind = FEATURE_IMAGE;
	f->color = found == want ? in->color : found == 1 ? COLOR_GRAY : COLOR_RGB;
	f->shape += f->rank - 2;
	f->rank = 2;
	return true;
}

/* A NeuralNetwork scales its images before the first layer. */
static bool
add_scaler(Convert *c, const InputSpec *in, const Str *name)
{
	static const uint8_t rgb[] = {1, 2, 3}, bgr[] = {3, 2, 1};
	bool color = in->color == COLOR_RGB || in->color == COLOR_BGR;
	ImageScale s = {.name = name};

	if (in->scale && in->scale->rank)
		return convert_error(c, in->span,
		                     "scale of image input '%s' is a list, but a NeuralNetwork "
		                     "scales all channels alike: give one number",
		                     name->s);
	if (in->bias && (in->bias->rank != (color ? 1 : 0) || in->bias->count != (color ? 3 : 1)))
		return convert_error(c, in->span,
		                     "bias of image input '%s' must be %s in a NeuralNetwork",
		                     name->s, color ? "a list of three numbers" : "one number");
	s.scale = in->scale ? tensor_f(in->scale, 0) : 1;
	for (int k = 0; in->bias && k < in->bias->count; k++)
		s.bias[!color ? 0 : in->color == COLOR_RGB ? rgb[k] : bgr[k]] =
		    tensor_f(in->bias, k);
	vec_push(c->m->arena, &c->m->scaled, s);
	return true;
}

static bool
add_scalers(Convert *c)
{
	const Block *body = c->described ? c->described->body : NULL;

	for (uint32_t i = 0; i < c->o->ninput; i++)
		for (uint32_t k = 0; k < body->nparam; k++)
			if (c->o->input[i].color && c->spec_of[k] == &c->o->input[i] &&
			    !add_scaler(c, c->spec_of[k], body->param[k]->name))
				return false;
	return true;
}

/* ---- features ---- */

static bool
array_dtype(Convert *c, const Var *v, DType t, const char *what, DType *out)
{
	bool known = t == DT_FP32 || t == DT_INT32 || (t == DT_FP16 && c->spec >= IOS16) ||
	             (t == DT_INT8 && c->spec >= IOS26);

	*out = known ? t : dtype_is_int(t) ? DT_INT32 : DT_FP32;
	if (c->format == FORMAT_NEURALNETWORK)
		*out = DT_FP32;
	if (known || c->exact || c->format == FORMAT_NEURALNETWORK)
		return true;
	return convert_error(c, v->def ? v->def->span : NOSPAN,
	                     "%s '%s' has dtype %s: inputs and outputs of a model are fp32, int32, "
	                     "fp16 (from iOS16) or int8 (from iOS26)",
	                     what, v->name->s, dtype_info[t].mil);
}

static bool
make_state(Convert *c, const Var *v, Span at, Feature *f)
{
	const Type *t = v->type->elem;

	f->kind = FEATURE_STATE;
	if (!type_all_known(t))
		return convert_error(c, at, "state '%s' has a symbolic shape, expected numbers",
		                     v->name->s);
	if (t->dtype != DT_FP16 && !c->exact)
		return convert_error(c, at, "state '%s' has dtype %s, but states are fp16",
		                     v->name->s, dtype_info[t->dtype].mil);
	f->dtype = DT_FP16;
	f->has_shape = true;
	f->rank = t->rank;
	f->shape = arena_dup(c->m->arena, t->dim, t->rank * sizeof *t->dim);
	return true;
}

/* What the input is when it is left out; the shape of the default value is its shape then. */
static bool
set_default(Convert *c, Feature *f, const Type *t, const InputSpec *in)
{
	size_t bytes = f->rank * sizeof *f->shape;
	bool same = in->default_rank == f->rank && !memcmp(in->default_shape, f->shape, bytes);

	if (!same && (in->default_rank != f->rank || type_all_known(t)))
		return convert_error(
		    c, in->span, "default_value of input '%s' has the shape %s, but the input %s",
		    f->name->s, shape_str(c->prog->types, in->default_shape, in->default_rank),
		    shape_str(c->prog->types, f->shape, f->rank));
	f->optional = f->has_default = true;
	f->default_value = in->default_value;
	if (!same)
		memcpy(f->shape, in->default_shape, bytes);
	if ((in->default_value != 0 || !same) && c->m->spec_version < IOS14)
		c->m->spec_version = IOS14;
	return true;
}

static void
set_shape(Convert *c, Feature *f, const Type *t, const InputSpec *in)
{
	bool given = in && !type_all_known(t);

	f->has_shape = true;
	f->rank = t->rank ? t->rank : 1;
	f->shape = newn(c->m->arena, int64_t, f->rank);
	f->shape[0] = 1;
	for (uint32_t i = 0; i < t->rank; i++)
		f->shape[i] = given ? in->dflt[i] : dim_known(t->dim[i]) ? t->dim[i] : 1;
}

static bool
make_input(Convert *c, const Func *fn, uint32_t k, Feature *f)
{
	const Var *v = fn->body->param[k];
	const InputSpec *in = fn == c->described && c->spec_of ? c->spec_of[k] : 0;
	Span at = fn->param_span ? fn->param_span[k] : fn->span;
	const Type *t = v->type;

	f->name = v->name;
	if (t->kind == TY_STATE)
		return make_state(c, v, at, f);
	if (t->kind != TY_TENSOR)
		return convert_error(c, at, "input '%s' is no tensor: models take tensors",
		                     v->name->s);
	set_shape(c, f, t, in);
	f->kind = FEATURE_ARRAY;
	if (in && in->color)
		return make_image(c, f, in) && set_flexible(c, f, t, in);
	if (!array_dtype(c, v, t->dtype, "input", &f->dtype) || !set_flexible(c, f, t, in))
		return false;
	return !in || !in->has_default || c->prog->multifunction || set_default(c, f, t, in);
}

/* An output that outputs= makes an image. Of one whose size is open the sizes are any. */
static bool
make_image_output(Convert *c, const InputSpec *s, const Var *v, Feature *f)
{
	static const DimRange any = {1, -1, 1, true};
	const Type *t = v->type;
	bool color = s->color == COLOR_RGB || s->color == COLOR_BGR;
	bool open = t->rank != 4 || !dim_known(t->dim[2]) || !dim_known(t->dim[3]);
	int64_t want = color ? 3 : 1;

	if (t->rank != 4 || t->dim[0] != 1 || t->dim[1] != want)
		return convert_error(c, s->span,
		                     "image output '%s' must have the shape (1, %lld, height, "
		                     "width), but the program's is %s",
		                     v->name->s, (long long)want,
		                     shape_str(c->prog->types, t->dim, t->rank));
	f->kind = FEATURE_IMAGE;
	f->color = s->color;
	f->has_shape = true;
	f->rank = 2;
	f->shape = newn(c->m->arena, int64_t, 2);
	f->nrange = open ? 2 : 0;
	f->range = newn(c->m->arena, DimRange, 2);
	for (uint32_t k = 0; k < 2; k++) {
		f->shape[k] = open ? 1 : t->dim[2 + k];
		f->range[k] = any;
	}
	return true;
}

static bool
make_output(Convert *c, const Func *fn, uint32_t k, Feature *f)
{
	const Var *v = fn->body->out[k]->var;
	const InputSpec *said = c->o->source && k < c->o->noutput ? &c->o->output[k] : NULL;
	const Type *t = v->type;
	Span at = v->def ? v->def->span : fn->span;

	f->name = v->name;
	if (t->kind == TY_DICT) {
		f->kind = FEATURE_DICT;
		f->key = t->elem->dtype;
		return true;
	}
	if (t->kind != TY_TENSOR)
		return convert_error(c, at, "output '%s' is a %s: a model returns tensors",
		                     v->name->s,
		                     t->kind == TY_LIST ? "list" : "value of another kind");
	if (c->m->face.predicted_feature && !strcmp(c->m->face.predicted_feature, v->name->s)) {
		f->kind = t->dtype == DT_STRING ? FEATURE_STRING : FEATURE_INT64;
		return true;
	}
	if (said && said->color)
		return make_image_output(c, said, v, f);
	f->kind = FEATURE_ARRAY;
	if (!array_dtype(c, v, t->dtype, "output", &f->dtype))
		return false;
	if (t->rank == 0 || !type_all_known(t) || c->format == FORMAT_NEURALNETWORK)
		return true;
	f->has_shape = true;
	f->rank = t->rank;
	f->shape = arena_dup(c->m->arena, t->dim, t->rank * sizeof *t->dim);
	return true;
}

static bool
make_function(Convert *c, const Func *fn, Interface *fi)
{
	Arena *a = c->m->arena;

	fi->name = fn->name;
	for (uint32_t k = 0; k < fn->body->nparam; k++) {
		Feature f = {0};
		if (!make_input(c, fn, k, &f))
			return false;
		if (f.kind == FEATURE_STATE)
			vec_push(a, &fi->state, f);
		else
			vec_push(a, &fi->input, f);
	}
	for (uint32_t k = 0; k < fn->body->nout; k++) {
		Feature f = {0};
		if (!make_output(c, fn, k, &f))
			return false;
		vec_push(a, &fi->output, f);
	}
	return true;
}

bool
make_interface(Convert *c)
{
	Model *m = c->m;
	Interface fi = {0};

	if (c->prog->multifunction) {
		for (uint32_t k = 0; k < c->prog->funcs.n; k++) {
			memset(&fi, 0, sizeof fi);
			if (!make_function(c, c->prog->funcs.at[k], &fi))
				return false;
			vec_push(m->arena, &m->func, fi);
		}
		return true;
	}
	if (!make_function(c, c->main, &fi))
		return false;
	fi.predicted_feature = m->face.predicted_feature;
	fi.predicted_probs = m->face.predicted_probs;
	m->face = fi;
	return c->format != FORMAT_NEURALNETWORK || (name_classes(c) && add_scalers(c));
}

bool
function_interface(Model *m, const Func *f, Interface *out)
{
	Convert c = {.prog = m->prog,
	             .main = f,
	             .o = &(ConvertOptions){0},
	             .format = m->format,
	             .spec = m->file_opset ? m->file_opset : (Opset)m->spec_version,
	             .m = m,
	             .d = m->prog->diag};

	return make_function(&c, f, out);
}
