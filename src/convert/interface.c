/* interface.c: the features of a model, from the parameters and outputs of its functions as the
 * passes left them, and from what inputs= said about flexible shapes, images and defaults.
 */
#include "convert.h"

/* As the names of inputs are written in the model. */
static bool
same_name(const Str *given, const Str *name)
{
	if (given->len != name->len)
		return false;
	for (uint32_t i = 0; i < given->len; i++) {
		char c = given->s[i];
		bool word =
		    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (c != name->s[i] && (word || name->s[i] != '_'))
			return false;
	}
	return true;
}

static void
warn_ignored(Convert *c, const InputSpec *in, const Type *t)
{
	const char *name = in->name ? in->name->s : "?";

	if (in->has_shape && in->rank != t->rank)
		diag_warning(c->d, in->span,
		             "the shape given for input '%s' has rank %u, but the program's has "
		             "rank %u, which counts",
		             name, in->rank, t->rank);
	else if (in->has_shape && !in->nshape)
		for (uint32_t k = 0; k < in->rank; k++)
			if (dim_known(t->dim[k]) && in->dim[k].dflt != t->dim[k]) {
				diag_warning(c->d, in->span,
				             "the shape given for input '%s' has %lld as dimension "
				             "%u, but the program's has %lld, which counts",
				             name, (long long)in->dim[k].dflt, k,
				             (long long)t->dim[k]);
				break;
			}
	if (!in->color && in->dtype != DT_NONE && in->dtype != t->dtype)
		diag_warning(c->d, in->span,
		             "the dtype %s given for input '%s' is not that of the program, %s, "
		             "which counts",
		             dtype_info[in->dtype].mil, name, dtype_info[t->dtype].mil);
}

void
match_inputs(Convert *c)
{
	const Block *body = c->main->body;

	c->spec_of = newn(c->prog->arena, const InputSpec *, body->nparam + 1);
	for (uint32_t i = 0; i < c->o->ninput; i++) {
		const InputSpec *in = &c->o->input[i];
		uint32_t k = in->name ? 0 : i;
		while (in->name && k < body->nparam && !same_name(in->name, body->param[k]->name))
			k++;
		if (k >= body->nparam) {
			diag_warning(
			    c->d, in->span,
			    "the program has no input '%s': what inputs= says of it is ignored",
			    in->name ? in->name->s : "?");
			continue;
		}
		c->spec_of[k] = in;
		warn_ignored(c, in, tensor_part(body->param[k]->type));
	}
	if (c->o->has_outputs)
		diag_warning(c->d, c->o->span,
		             "outputs= is ignored: a program returns its outputs in its own order "
		             "and types");
}

/* ---- flexible shapes ---- */

static DimRange
fixed(int64_t n)
{
	return (DimRange){n, n, n, 0};
}

/* What holds for a symbolic dimension that nobody gave bounds for. */
static DimRange
unbounded(const Convert *c)
{
	return (DimRange){1, c->format == FORMAT_MLPROGRAM ? 2 : -1, 1, 0};
}

static bool
set_ranges(Convert *c, Feature *f, const Type *t, const InputSpec *in)
{
	bool given = in && in->has_shape && !in->nshape && in->rank == t->rank;
	bool automatic = false;

	f->nrange = t->rank;
	f->range = newn(c->m->arena, DimRange, t->rank);
	for (uint32_t k = 0; k < t->rank; k++) {
		DimRange r = dim_known(t->dim[k]) ? fixed(t->dim[k]) : unbounded(c);
		if (given && in->dim[k].lower != in->dim[k].upper)
			r = in->dim[k];
		else if (given && !dim_known(t->dim[k]))
			r = fixed(in->dim[k].dflt);
		else
			automatic |= !dim_known(t->dim[k]);
		f->range[k] = r;
		f->shape[k] = r.dflt;
		if (f->shape[k] < r.lower || (r.upper >= 0 && f->shape[k] > r.upper))
			return convert_error(c, in ? in->span : c->main->span,
			                     "dimension %u of input '%s' has the default %lld "
			                     "outside of %lld to %lld",
			                     k, f->name->s, (long long)f->shape[k],
			                     (long long)r.lower, (long long)r.upper);
	}
	if (automatic && c->format == FORMAT_MLPROGRAM)
		diag_warning(
		    c->d, in ? in->span : c->main->span,
		    "input '%s' has a dimension without bounds, which gets the range 1 to 2: give "
		    "inputs=[ct.TensorType(name=\"%s\", shape=…)] with a ct.RangeDim",
		    f->name->s, f->name->s);
	return true;
}

/* Of an array, the default shape comes first. Before iOS18 each shape stands there once. */
static void
set_enumerated(Convert *c, Feature *f, const InputSpec *in)
{
	size_t rank = in->rank, bytes = rank * sizeof(int64_t);
	int64_t *out = newn(c->m->arena, int64_t, (size_t)in->nshape * rank + 1);
	uint32_t n = 0;

	memcpy(f->shape, in->shape + in->dflt_shape * rank, bytes);
	for (uint32_t i = 0; i < in->nshape; i++) {
		const int64_t *s = in->shape + i * rank;
		bool known = false;
		for (uint32_t k = 0; k < n; k++)
			known |= !memcmp(out + k * rank, s, bytes);
		if (known && c->spec < IOS18)
			continue;
		bool front = !in->color && !memcmp(s, f->shape, bytes);
		if (front)
			memmove(out + rank, out, n * bytes);
		memcpy(out + (front ? 0 : n * rank), s, bytes);
		n++;
	}
	f->nenum = n;
	f->enumerated = out;
}

/* ---- images ---- */

static bool
make_image(Convert *c, Feature *f, const InputSpec *in)
{
	int64_t want = in->color == COLOR_RGB || in->color == COLOR_BGR ? 3 : 1;
	Arena *a = c->m->arena;

	if (f->rank != 4 || f->shape[0] != 1 || f->shape[1] != want)
		return convert_error(c, in->span,
		                     "image input '%s' must have the shape (1, %lld, height, "
		                     "width), but the program's is of rank %u",
		                     f->name->s, (long long)want, f->rank);
	f->kind = FEATURE_IMAGE;
	f->color = in->color;
	f->shape += 2;
	f->rank = 2;
	if (f->nrange == 4) {
		f->range += 2;
		f->nrange = 2;
	}
	if (f->nenum) {
		int64_t *size = newn(a, int64_t, 2 * (size_t)f->nenum);
		for (uint32_t i = 0; i < f->nenum; i++)
			memcpy(size + 2 * i, f->enumerated + 4 * (size_t)i + 2, 2 * sizeof *size);
		f->enumerated = size;
	}
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

static bool
make_input(Convert *c, const Func *fn, uint32_t k, Feature *f)
{
	const Var *v = fn->body->param[k];
	const InputSpec *in = fn == c->main ? c->spec_of[k] : 0;
	Span at = fn->param_span ? fn->param_span[k] : fn->span;
	const Type *t = v->type;
	Arena *a = c->m->arena;

	f->name = v->name;
	if (t->kind == TY_STATE)
		return make_state(c, v, at, f);
	if (t->kind != TY_TENSOR)
		return convert_error(c, at, "input '%s' is no tensor: models take tensors",
		                     v->name->s);
	f->kind = FEATURE_ARRAY;
	if (!array_dtype(c, v, t->dtype, "input", &f->dtype))
		return false;
	f->has_shape = true;
	f->rank = t->rank ? t->rank : 1;
	f->shape = newn(a, int64_t, f->rank);
	f->shape[0] = 1;
	for (uint32_t i = 0; i < t->rank; i++)
		f->shape[i] = dim_known(t->dim[i]) ? t->dim[i] : 1;
	if (!type_all_known(t)) {
		if (in && in->nshape && in->rank == t->rank)
			set_enumerated(c, f, in);
		else if (!set_ranges(c, f, t, in))
			return false;
	}
	if (in && in->color)
		return make_image(c, f, in);
	if (in && in->has_default) {
		f->optional = f->has_default = true;
		f->default_value = in->default_value;
		if (in->default_value != 0 && c->m->spec_version < IOS14)
			c->m->spec_version = IOS14;
	}
	return true;
}

static bool
make_output(Convert *c, const Func *fn, const Var *v, Feature *f)
{
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
		if (!make_output(c, fn, fn->body->out[k]->var, &f))
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
	return true;
}
