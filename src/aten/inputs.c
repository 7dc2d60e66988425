/* inputs.c: what goes into the program of a PyTorch file and what comes out: what ct.convert was
 * told, completed by what the file says of its inputs. A file of torch.export knows the shapes
 * and types of its inputs, one of TorchScript nothing but their names.
 */
#include "import.h"

#define WRAPPED "_wrapped_as_tensor_for_coreml"

static Span
said_at(const Importing *m, const InputSpec *s)
{
	return s && s->span.at ? s->span : m->im->o->input_span;
}

/* No type was said: fp16 where all that is fp32 becomes fp16. */
static void
default_type(const Importing *m, InputSpec *s)
{
	if (s->dtype == DT_NONE && !s->color && m->fp16)
		s->dtype = DT_FP16;
}

static void
fixed_dim(InputSpec *s, uint32_t k, int64_t n)
{
	s->dflt[k] = n;
	s->dim[k] = (DimRange){n, n, n, false};
}

static void
new_shape(Importing *m, InputSpec *s, uint32_t rank)
{
	s->has_shape = true;
	s->rank = rank;
	s->dflt = newn(m->c.arena, int64_t, MAX(rank, 1));
	s->dim = newn(m->c.arena, DimRange, MAX(rank, 1));
	s->symbolic = newn(m->c.arena, Dim, MAX(rank, 1));
}

/* One symbol of the file is one of the program, wherever it stands. */
static Dim
symbol_of(Importing *m, const Str *name)
{
	Dim *d = map_get(&m->symbols, KEY(name));

	if (!d) {
		d = new (m->c.arena, Dim);
		*d = sym_new(m->im->types, 0);
		map_put(&m->symbols, KEY(name), d);
	}
	return *d;
}

/* The shape that the file has; one of rank 0 becomes (1,). */
static bool
shape_of_file(Importing *m, const TInput *in, InputSpec *s)
{
	new_shape(m, s, MAX(in->rank, 1));
	if (!in->rank) {
		fixed_dim(s, 0, 1);
		s->symbolic[0] = 1;
	}
	for (uint32_t k = 0; k < in->rank; k++) {
		const TDim *d = &in->dim[k];
		int64_t upper = MIN(d->upper, INT32_MAX);
		if (d->expr)
			return diag_error(m->c.diag, in->at,
			                  "dimension %u of input '%s' is the expression %s: a size "
			                  "must be a number or a symbol of its own",
			                  k, in->name->s, d->expr);
		fixed_dim(s, k, d->n);
		s->symbolic[k] = d->n;
		if (!d->symbol)
			continue;
		s->symbolic[k] = symbol_of(m, d->symbol);
		s->dflt[k] = MAX(d->lower, INT32_MIN);
		s->dim[k] = (DimRange){d->lower, upper, s->dflt[k], true};
	}
	return true;
}

/* As the peer takes what the file has: 64 bits become 32, int16 int32. */
static DType
type_of_file(DType t)
{
	switch (t) {
	case DT_INT64:
	case DT_INT16:
		return DT_INT32;
	case DT_FP64:
		return DT_FP32;
	default:
		return t;
	}
}

static bool
type_is_input(DType t)
{
	return t == DT_BOOL || t == DT_FP16 || t == DT_FP32 || t == DT_INT32;
}

/* A size that the file knows must be the size that was said. */
static bool
check_shape(Importing *m, const TInput *in, const InputSpec *s)
{
	uint32_t rank = MAX(in->rank, 1), n = s->nshape ? s->nshape : 1;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < MIN(rank, s->rank); k++) {
			int64_t size = in->rank ? in->dim[k].n : 1;
			bool open = in->rank && in->dim[k].symbol;
			bool range = !s->nshape && s->dim[k].flexible;
			int64_t said = s->nshape ? s->shape[(size_t)i * s->rank + k]
			                         : s->dflt[k];
			if (!open && (range || said != size))
				return diag_error(
				    m->c.diag, said_at(m, s),
				    "the shape given for input '%s' has %s%lld as dimension %u, "
				    "but "
				    "the file was exported with %lld: export it with a dynamic "
				    "dimension there",
				    in->name->s, range ? "a range from " : "", (long long)said, k,
				    (long long)size);
		}
	return true;
}

static bool
complete_export(Importing *m, uint32_t i, InputSpec *s)
{
	const TInput *in = &m->c.g->input.at[i];
	DType t = type_of_file(in->dtype);

	if (in->permuted)
		return diag_error(m->c.diag, in->at,
		                  "input '%s' is not contiguous: call .contiguous() on the example "
		                  "input before exporting",
		                  in->name->s);
	if (!type_is_input(t))
		return diag_error(
		    m->c.diag, in->at,
		    "input '%s' has the type %s: inputs are fp32, fp16, int32 or bool", in->name->s,
		    dtype_info[in->dtype].mil);
	if (s->has_shape ? !check_shape(m, in, s) : !shape_of_file(m, in, s))
		return false;
	default_type(m, s);
	if (s->dtype == DT_NONE && !s->color)
		s->dtype = t;
	if (!s->name)
		s->name = in->rank ? in->name
		                   : intern_printf(m->c.g->names, "%s" WRAPPED, in->name->s);
	return true;
}

static bool
complete_script(Importing *m, uint32_t i, InputSpec *s)
{
	if (!s->has_shape)
		return diag_error(m->c.diag, said_at(m, s),
		                  "input %u of inputs= has no shape: a TorchScript file has none, "
		                  "say shape=",
		                  i);
	default_type(m, s);
	if (s->dtype == DT_NONE && !s->color)
		s->dtype = DT_FP32;
	if (!s->name)
		s->name = m->c.g->input.at[i].name;
	return true;
}

static bool
count_inputs(Importing *m)
{
	uint32_t want = m->c.g->input.n, found = m->im->o->ninput;
	bool script = m->c.g->source == TORCH_SCRIPT;

	if (found == want || (!found && !script))
		return true;
	if (!found && script)
		return diag_error(m->c.diag,
		                  m->im->o->input_span.at ? m->im->o->input_span : m->c.g->at,
		                  "a TorchScript file does not know the shapes of its %u input%s: "
		                  "give them with inputs=[ct.TensorType(shape=…)], --input "
		                  "NAME=SHAPE, or to a run as arrays with -i",
		                  want, want == 1 ? "" : "s");
	return diag_error(m->c.diag, m->im->o->input_span,
	                  "inputs= describes %u input%s, but the file has %u", found,
	                  found == 1 ? "" : "s", want);
}

bool
import_inputs(Importing *m)
{
	AtenImport *im = m->im;
	bool ok = count_inputs(m);

	im->ninput = m->c.g->input.n;
	im->input = newn(m->c.arena, InputSpec, MAX(im->ninput, 1));
	for (uint32_t i = 0; i < im->ninput && ok; i++) {
		InputSpec *s = &im->input[i];
		if (im->o->ninput)
			*s = im->o->input[i];
		else if (m->c.g->source == TORCH_EXPORT)
			s->dtype = type_of_file(m->c.g->input.at[i].dtype); /* no fp16 by default */
		ok = m->c.g->source == TORCH_EXPORT ? complete_export(m, i, s)
		                                  : complete_script(m, i, s);
	}
	return ok;
}

/* ---- parameters of the function ---- */

static DType
param_type(const InputSpec *s)
{
	if (s->color)
		return s->uint8 ? DT_UINT8 : s->color == COLOR_GRAY_FP16 ? DT_FP16 : DT_FP32;
	return s->dtype == DT_INT64 ? DT_INT32 : s->dtype == DT_FP64 ? DT_FP32 : s->dtype;
}

static const Type *
spec_type(Importing *m, const InputSpec *s)
{
	Dim *dim = newn(m->c.arena, Dim, MAX(s->rank, 1));

	for (uint32_t k = 0; k < s->rank; k++) {
		bool open = s->nshape == 0 && s->dim[k].flexible;
		for (uint32_t i = 1; i < s->nshape; i++)
			open = open || s->shape[(size_t)i * s->rank + k] != s->shape[k];
		if (!open)
			dim[k] = s->dflt[k];
		else if (s->symbolic && !dim_known(s->symbolic[k]))
			dim[k] = s->symbolic[k];
		else
			dim[k] = sym_new(m->im->types, 0);
	}
	return type_tensor(m->im->types, param_type(s), dim, s->rank);
}

/* The parameter as the graph takes it: of the file's type, of its rank. */
static void
bind_input(Importing *m, uint32_t i, Var *v)
{
	AtenCtx *c = &m->c;
	const TInput *in = &m->c.g->input.at[i];
	DType t = in->typed ? type_of_file(in->dtype) : DT_FP32;
	bool convert = in->typed ? v->type->dtype != t : v->type->dtype == DT_FP16;

	if (convert)
		v = cast(c, v, t);
	if (in->typed && !in->rank)
		v = aten_op(c, OP_squeeze, in->name, ARGS(X(v)));
	bind_value(c, in->name, tv_of_var(v));
}

bool
import_params(Importing *m)
{
	AtenImport *im = m->im;
	Span *at = newn(m->c.arena, Span, im->ninput + m->nstate + 1);
	Var **param = newn(m->c.arena, Var *, im->ninput + m->nstate + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < im->ninput; i++, n++) {
		at[n] = im->input[i].span.at ? im->input[i].span : m->c.g->input.at[i].at;
		param[n] = block_add_param(m->func->body, im->input[i].name,
		                           spec_type(m, &im->input[i]));
		if (param[n]->type->dtype == DT_FP16 && m->c.opset < IOS16)
			return diag_error(m->c.diag, at[n],
			                  "input '%s' is fp16, which needs "
			                  "minimum_deployment_target iOS16 or newer",
			                  im->input[i].name->s);
	}
	for (uint32_t i = 0; i < m->nstate; i++, n++) {
		ImportState *s = &m->state[i];
		at[n] = s->at;
		s->var = param[n] = block_add_param(
		    m->func->body, s->file->path,
		    type_state(im->types, type_tensor(im->types, s->dtype, s->dim, s->rank)));
	}
	m->func->param_span = at;
	for (uint32_t i = 0; i < im->ninput && !m->c.failed; i++)
		bind_input(m, i, param[i]);
	return !m->c.failed;
}

/* ---- states ---- */

static const TState *
state_named(const TGraph *g, const Str *name)
{
	for (uint32_t i = 0; i < g->state.n; i++)
		if (g->state.at[i].path == name)
			return &g->state.at[i];
	return NULL;
}

/* What states= says of a buffer. */
static bool
said_state(Importing *m, const InputSpec *s, ImportState *out)
{
	const TState *t = s->name ? state_named(m->c.g, s->name) : NULL;
	const Tensor *x = t ? t->tensor.t : NULL;

	if (!t)
		return diag_error(m->c.diag, said_at(m, s),
		                  "the file has no buffer '%s' that can be a state%s%s",
		                  s->name ? s->name->s : "?", m->c.g->state.n ? ": it has " : "",
		                  m->c.g->state.n ? m->c.g->state.at[0].path->s : "");
	out->file = t;
	out->at = said_at(m, s);
	out->dtype = s->dtype ? s->dtype : m->fp16 ? DT_FP16 : DT_FP32;
	out->rank = s->rank;
	out->dim = newn(m->c.arena, Dim, MAX(s->rank, 1));
	memcpy(out->dim, s->dflt, s->rank * sizeof *out->dim);
	if (s->rank != (uint32_t)x->rank || memcmp(s->dflt, x->dim, s->rank * sizeof *x->dim) != 0)
		return diag_error(m->c.diag, out->at,
		                  "state '%s' has the shape %s, but the buffer has %s", s->name->s,
		                  shape_str(m->im->types, s->dflt, s->rank),
		                  shape_str(m->im->types, x->dim, (uint32_t)x->rank));
	return true;
}

/* Every buffer that an exported file changes, unless states= says otherwise. */
static void
file_state(Importing *m, const TState *t, ImportState *out)
{
	out->file = t;
	out->at = m->c.g->at;
	out->dtype = DT_FP16;
	out->rank = (uint32_t)t->tensor.t->rank;
	out->dim = newn(m->c.arena, Dim, MAX(out->rank, 1));
	memcpy(out->dim, t->tensor.t->dim, out->rank * sizeof *out->dim);
}

bool
import_states(Importing *m)
{
	bool said = m->im->nstate > 0;
	uint32_t n = said ? m->im->nstate : m->c.g->source == TORCH_EXPORT ? m->c.g->state.n : 0;

	m->state = newn(m->c.arena, ImportState, MAX(n, 1));
	for (uint32_t i = 0; i < n; i++) {
		ImportState *s = &m->state[m->nstate++];
		if (!said)
			file_state(m, &m->c.g->state.at[i], s);
		else if (!said_state(m, &m->im->state[i], s))
			return false;
	}
	if (n && m->c.opset < IOS18)
		return diag_error(m->c.diag, m->state[0].at,
		                  "'%s' is a state, which needs minimum_deployment_target iOS18 or "
		                  "newer (--target iOS18)",
		                  m->state[0].file->path->s);
	return true;
}

/* ---- outputs ---- */

/* The types that outputs= asks for, or the default ones, and new names. */
bool
import_outputs(Importing *m, Var **v, uint32_t n)
{
	AtenImport *im = m->im;
	const ConvertOptions *o = im->o;

	if (o->noutput && o->noutput != n)
		return diag_error(m->c.diag, o->span,
		                  "outputs= describes %u output%s, but the file has %u", o->noutput,
		                  o->noutput == 1 ? "" : "s", n);
	im->noutput = o->noutput || m->fp16 ? n : 0;
	im->output = newn(m->c.arena, InputSpec, MAX(n, 1));
	for (uint32_t i = 0; i < im->noutput; i++) {
		InputSpec *s = &im->output[i];
		if (o->noutput)
			*s = o->output[i];
		if (s->name)
			v[i]->name = s->name;
		if (m->fp16 && s->dtype == DT_NONE && !s->color && v[i]->type->dtype == DT_FP32)
			s->dtype = DT_FP16;
	}
	return true;
}
