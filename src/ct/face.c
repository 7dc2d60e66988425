/* face.c: the arguments of ct.convert that describe the model's inputs and outputs: from the
 * objects of inputs.c and shapes.c to ConvertOptions.
 */
#include "record.h"
#include "file/mapfile.h"
#include "stdlib/files.h"
#include "np/np.h"

/* ---- shapes ---- */

/* A size that the script may have put there since; a symbol, where one can be, is 1 by default. */
static bool
size_of(Interp *in, Value v, bool symbols, Span at, int64_t *out)
{
	*out = 1;
	if (symbols && is_host(v, &symbol_type))
		return true;
	if (is_host(v, &symbol_type) || is_record(v, &range_def))
		return fail(in, at,
		            "one of the shapes of ct.EnumeratedShapes has a %s: it can only hold "
		            "sizes",
		            is_host(v, &symbol_type) ? "symbol" : "ct.RangeDim");
	return as_int(in, v, out, "a dimension", at);
}

static bool
sizes_of(Interp *in, Value v, bool symbols, Span at, int64_t *out)
{
	for (uint32_t i = 0; i < SEQ_OF(v)->n; i++)
		if (!size_of(in, SEQ_OF(v)->at[i], symbols, at, &out[i]))
			return false;
	return true;
}

static bool
range_of(Interp *in, Value v, Span at, DimRange *d)
{
	const Record *r;

	*d = (DimRange){1, RANGE_UNSAID, 1, true};
	if (is_host(v, &symbol_type))
		return true;
	if (!is_record(v, &range_def)) {
		if (!size_of(in, v, false, at, &d->lower))
			return false;
		d->upper = d->lower;
		d->flexible = false;
		return true;
	}
	r = record_of(v);
	return as_int(in, r->at[RANGE_LOWER], &d->lower, "a bound of ct.RangeDim", at) &&
	       as_int(in, r->at[RANGE_UPPER], &d->upper, "a bound of ct.RangeDim", at);
}

static bool
spec_ranges(Interp *in, const Record *shape, Span at, InputSpec *s)
{
	const SeqObj *dim = SEQ_OF(shape->at[SHAPE_SHAPE]);

	s->dim = newn(interp_arena(in), DimRange, MAX(dim->n, 1));
	for (uint32_t i = 0; i < dim->n; i++) {
		if (!range_of(in, dim->at[i], at, &s->dim[i]))
			return false;
		s->dim[i].dflt = s->dflt[i];
	}
	return true;
}

/* The symbols that stand for the sizes that are open. */
static void
spec_symbols(Interp *in, Value list, InputSpec *s)
{
	if ((list.kind != V_LIST && list.kind != V_TUPLE) || SEQ_OF(list)->n != s->rank)
		return;
	s->symbolic = newn(interp_arena(in), Dim, MAX(s->rank, 1));
	for (uint32_t i = 0; i < s->rank; i++)
		s->symbolic[i] = is_host(SEQ_OF(list)->at[i], &symbol_type)
		                     ? symbol_dim(HOST_OF(SEQ_OF(list)->at[i]))
		                     : s->dflt[i];
}

static bool
spec_enumerated(Interp *in, const Record *r, Span at, InputSpec *s)
{
	const SeqObj *all = SEQ_OF(r->at[ENUM_SHAPES]);

	if (!all->n)
		return fail(in, at, "ct.EnumeratedShapes has lost its shapes");
	s->nshape = all->n;
	s->shape = newn(interp_arena(in), int64_t, (size_t)all->n * MAX(s->rank, 1));
	for (uint32_t i = 0; i < all->n; i++) {
		Value one = is_record(all->at[i], &shape_def)
		                ? record_of(all->at[i])->at[SHAPE_SHAPE]
		                : VNONE;
		if (one.kind != V_TUPLE || SEQ_OF(one)->n != s->rank)
			return fail(in, at, "a shape of ct.EnumeratedShapes is not what it was");
		if (!sizes_of(in, one, false, at, s->shape + (size_t)i * s->rank))
			return false;
	}
	return true;
}

static bool
spec_shape(Interp *in, Value v, Span at, InputSpec *s)
{
	bool enumerated = is_record(v, &enumerated_def);
	Value dflt;

	if (v.kind == V_NONE)
		return true;
	if (!enumerated && !is_record(v, &shape_def))
		return fail(in, at, "the shape of an input must be a ct.Shape here, found '%s'",
		            type_name(v));
	dflt = record_of(v)->at[enumerated ? (int)ENUM_DEFAULT : (int)SHAPE_DEFAULT];
	s->has_shape = true;
	s->rank = SEQ_OF(dflt)->n;
	s->dflt = newn(interp_arena(in), int64_t, MAX(s->rank, 1));
	if (!sizes_of(in, dflt, true, at, s->dflt))
		return false;
	spec_symbols(in, record_of(v)->at[enumerated ? (int)ENUM_SYMBOLIC : (int)SHAPE_SYMBOLIC],
	             s);
	return enumerated ? spec_enumerated(in, record_of(v), at, s)
	                  : spec_ranges(in, record_of(v), at, s);
}

/* ---- images ---- */

/* scale= or bias=: a number, or a list or array of them. */
static bool
numbers(Interp *in, Value v, const char *what, Span at, const Tensor **out)
{
	Value how = vnpclass(DT_FP64), array, made;
	Kwarg dtype = {intern_cstr(interp_names(in), "dtype"), how, at};
	Args args = {.pos = &v,
	             .pos_span = &at,
	             .npos = 1,
	             .kw = &dtype,
	             .nkw = 1,
	             .span = at,
	             .callee = at};
	double d;

	if (v.kind != V_LIST && v.kind != V_TUPLE && v.kind != V_ARRAY) {
		if (!as_double(in, v, &d, what, at))
			return false;
		*out = tensor_scalar_f(interp_arena(in), DT_FP64, d);
		return true;
	}
	Value module = np_module(in, NULL);
	interp_push(in, module);
	bool ok = value_getattr(in, module, intern_cstr(interp_names(in), "array"), &array, at) &&
	          interp_call(in, array, &args, &made);
	interp_pop(in, 1);
	if (!ok)
		return false;
	interp_pin(in, made); /* the tensor points into it */
	*out = nd_to_tensor(interp_arena(in), ARRAY_OF(made));
	return true;
}

static bool
spec_image(Interp *in, const Record *r, InputSpec *s)
{
	Value first = r->at[IMAGE_FIRST];
	bool yes = true;
	int color;

	if (!enum_value(r->at[IMAGE_COLOR], &enum_colorlayout, &color))
		return fail(in, s->span, "color_layout is a '%s', expected a ct.colorlayout",
		            type_name(r->at[IMAGE_COLOR]));
	s->color = (ImageColor)color;
	if (first.kind != V_NONE && !value_truth(in, first, &yes, s->span))
		return false;
	s->channel_last = !yes;
	return value_truth(in, r->at[IMAGE_UINT8], &s->uint8, s->span) &&
	       numbers(in, r->at[IMAGE_SCALE], "scale of ct.ImageType", s->span, &s->scale) &&
	       numbers(in, r->at[IMAGE_BIAS], "bias of ct.ImageType", s->span, &s->bias);
}

/* ---- inputs=, outputs=, states= ---- */

static bool
feature_spec(Interp *in, Value v, InputSpec *s)
{
	const Record *r = record_of(v);
	Value t = r->at[FEATURE_DTYPE];

	s->span = r->span;
	if (r->at[FEATURE_NAME].kind != V_NONE &&
	    !as_str(in, r->at[FEATURE_NAME], &s->name, "the name of an input", s->span))
		return false;
	if (t.kind != V_NONE && !dtype_arg(in, t, "dtype", s->span, &s->dtype))
		return false;
	s->dtype = s->dtype == DT_FP64 ? DT_FP32 : s->dtype == DT_INT64 ? DT_INT32 : s->dtype;
	return spec_shape(in, r->at[FEATURE_SHAPE], s->span, s) &&
	       (is_record(v, &tensor_def) ? tensor_default(in, r, s) : spec_image(in, r, s));
}

static bool
is_feature(Value v)
{
	return is_record(v, &tensor_def) || is_record(v, &image_def);
}

static bool
one_input(Interp *in, Value v, Span at, ConvertOptions *o, uint32_t *room)
{
	if (is_record(v, &state_def))
		return fail(in, at,
		            "inputs cannot hold a ct.StateType: declare states with "
		            "mb.StateTensorSpec(…)");
	if (!is_feature(v))
		return fail(in, at,
		            "inputs must hold ct.TensorType(…) or ct.ImageType(…), found '%s'",
		            type_name(v));
	if (o->ninput == *room)
		o->input = vec_grow(interp_arena(in), o->input, o->ninput, room,
		                    sizeof *o->input);
	return feature_spec(in, v, &o->input[o->ninput++]);
}

/* Tuples in it are those that TorchScript's forward() takes: nested, flattened. */
static bool
add_inputs(Interp *in, const SeqObj *s, bool nested, int depth, Span at, ConvertOptions *o,
           uint32_t *room)
{
	for (uint32_t i = 0; i < s->n; i++) {
		Value e = s->at[i];
		if (nested && depth < 32 && (e.kind == V_TUPLE || e.kind == V_LIST)
		        ? !add_inputs(in, SEQ_OF(e), true, depth + 1, at, o, room)
		        : !one_input(in, e, at, o, room))
			return false;
	}
	return true;
}

bool
face_inputs(Interp *in, Value v, bool nested, Span at, ConvertOptions *o)
{
	uint32_t room = 0;

	if (!given(v))
		return true;
	if (v.kind != V_LIST)
		return fail(in, at,
		            "inputs must be a list of ct.TensorType(…) or ct.ImageType(…), "
		            "found '%s'",
		            type_name(v));
	o->input_span = at;
	return add_inputs(in, SEQ_OF(v), nested, 0, at, o, &room);
}

static bool
all_zero(const Tensor *t)
{
	for (int64_t i = 0; i < t->count; i++)
		if (tensor_f(t, i) != 0)
			return false;
	return true;
}

static bool
check_output(Interp *in, const Record *r, const InputSpec *s)
{
	const char *extra = s->has_shape ? "shape" : s->has_default ? "default_value" : NULL;

	if (!extra && s->color) {
		if (s->scale->rank || tensor_f(s->scale, 0) != 1)
			extra = "scale";
		else if (!all_zero(s->bias))
			extra = "bias";
		else if (r->at[IMAGE_FIRST].kind != V_NONE)
			extra = "channel_first";
	}
	return !extra || fail(in, s->span,
	                      "an output has no %s=: leave it out, the operations decide", extra);
}

/* Either all have a name of their own, or none has. */
static bool
check_output_names(Interp *in, const InputSpec *s, uint32_t i, Span at)
{
	if ((s[i].name == NULL) != (s[0].name == NULL))
		return fail(in, at, "either all elements of outputs have a name or none");
	for (uint32_t k = 0; s[i].name && k < i; k++)
		if (s[k].name == s[i].name)
			return fail(in, s[i].span, "outputs names '%s' twice", s[i].name->s);
	return true;
}

/* What becomes of outputs= is the operations' business; but it must make sense. */
bool
face_outputs(Interp *in, Value v, bool torch, Span at, ConvertOptions *o)
{
	InputSpec *s;
	uint32_t n;

	if (!given(v))
		return true;
	if (v.kind != V_LIST)
		return fail(in, at,
		            "outputs must be a list of ct.TensorType(…) or names, found '%s'",
		            type_name(v));
	n = SEQ_OF(v)->n;
	s = newn(interp_arena(in), InputSpec, MAX(n, 1));
	for (uint32_t i = 0; i < n; i++) {
		Value e = SEQ_OF(v)->at[i];
		if (torch && e.kind == V_STR)
			return fail(in, at,
			            "outputs of a PyTorch file must be ct.TensorType(…) or "
			            "ct.ImageType(…): a name alone is ct.TensorType(name=…)");
		if (e.kind != V_STR && !is_feature(e))
			return fail(in, at,
			            "outputs must hold ct.TensorType(…) or names, found '%s'",
			            type_name(e));
		if (e.kind != SEQ_OF(v)->at[0].kind)
			return fail(in, at,
			            "outputs must hold ct.TensorType(…) or names, not both");
		if (e.kind == V_STR)
			continue;
		if (!feature_spec(in, e, &s[i]) || !check_output(in, record_of(e), &s[i]) ||
		    !check_output_names(in, s, i, at))
			return false;
	}
	o->output = s;
	o->noutput = n;
	return true;
}

bool
face_states(Interp *in, Value v, bool torch, Span at, InputSpec **state, uint32_t *nstate)
{
	int64_t n;

	if (!given(v))
		return true;
	if (!value_len(in, v, &n, at))
		return false;
	if (n && !torch)
		return fail(in, at,
		            "states= is for PyTorch models: declare states with "
		            "mb.StateTensorSpec(…)");
	*state = newn(interp_arena(in), InputSpec, MAX((size_t)n, 1));
	for (int64_t i = 0; i < n; i++) {
		Value e = v.kind == V_LIST || v.kind == V_TUPLE ? SEQ_OF(v)->at[i] : VNONE;
		Value wrapped = is_record(e, &state_def) ? record_of(e)->at[STATE_WRAPPED] : VNONE;
		InputSpec *s = &(*state)[(*nstate)++];
		if (!is_record(wrapped, &tensor_def))
			return fail(in, at, "states must hold ct.StateType(…), found '%s'",
			            type_name(e));
		if (!feature_spec(in, wrapped, s))
			return false;
		s->span = record_of(e)->span;
		s->name = NULL;
		if (given(record_of(e)->at[FEATURE_NAME]) &&
		    !as_str(in, record_of(e)->at[FEATURE_NAME], &s->name, "the name of a state",
		            s->span))
			return false;
	}
	return true;
}

/* ---- classifier_config= ---- */

#define LABEL_FILE_MAX (64u << 20)

static bool
is_utf8(const char *s, size_t n)
{
	uint32_t cp = 0;

	for (size_t k = 0; k < n && cp != UTF8_BAD;)
		k += utf8_next(s + k, n - k, &cp);
	return cp != UTF8_BAD;
}

bool
labels_of_file(Interp *in, Value path, Span at, Value *out)
{
	Args none = {.span = at, .callee = at};
	Value text, split;
	const Str *name;
	MapFile file;
	bool ok;

	if (!as_str(in, path, &name, "class_labels", at))
		return false;
	const char *real = script_read(in, name->s, at);
	if (!real || !mapfile_read(&file, interp_diag(in), at, real, false, LABEL_FILE_MAX))
		return false;
	script_opened(in, real);
	ok = is_utf8(file.at, file.n) || fail(in, at, "'%s' is not UTF-8", name->s);
	if (ok) {
		text = vstr(in, file.at, file.n);
		interp_push(in, text);
		ok = value_getattr(in, text, intern_cstr(interp_names(in), "splitlines"), &split,
		                   at) &&
		     interp_call(in, split, &none, out);
		interp_pop(in, 1);
	}
	mapfile_close(&file);
	return ok;
}

static bool
put_labels(Interp *in, const SeqObj *s, Span at, ClassifierSpec *c)
{
	Arena *a = interp_arena(in);
	int64_t *number = newn(a, int64_t, MAX(s->n, 1));

	if (!s->n)
		return fail(in, at, "there are no class labels");
	c->n = s->n;
	c->ints = s->at[0].kind == V_INT;
	c->number = number;
	c->label = newn(a, const Str *, s->n);
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->at[i].kind != (c->ints ? V_INT : V_STR))
			return fail(in, at,
			            "class label %u is a '%s': expected all of them to be "
			            "integers, or all strings",
			            i, type_name(s->at[i]));
		if (c->ints ? !as_int(in, s->at[i], &number[i], "a class label", at)
		            : !as_str(in, s->at[i], &c->label[i], "a class label", at))
			return false;
	}
	return true;
}

bool
face_classifier(Interp *in, Value v, Span at, ConvertOptions *o)
{
	ClassifierSpec *c = new (interp_arena(in), ClassifierSpec);
	const Record *r;
	Value labels;

	if (!given(v))
		return true;
	if (!is_record(v, &classifier_def))
		return fail(in, at,
		            "classifier_config must be a ct.ClassifierConfig(…), found '%s'",
		            type_name(v));
	r = record_of(v);
	c->span = r->span;
	labels = r->at[CLASS_LABELS];
	if (labels.kind == V_STR && !labels_of_file(in, labels, c->span, &labels))
		return false;
	if (labels.kind != V_LIST)
		return fail(in, c->span,
		            "class_labels must be a list of integers or strings, or the path of a "
		            "file with one label a line, found '%s'",
		            type_name(labels));
	if (!put_labels(in, SEQ_OF(labels), c->span, c))
		return false;
	if (r->at[CLASS_FEATURE].kind != V_NONE &&
	    !as_str(in, r->at[CLASS_FEATURE], &c->feature, "predicted_feature_name", c->span))
		return false;
	if (r->at[CLASS_PROBS].kind != V_NONE &&
	    !as_str(in, r->at[CLASS_PROBS], &c->probs, "predicted_probabilities_output", c->span))
		return false;
	o->classifier = c;
	return true;
}

void
face_converted(Interp *in, Value inputs, Value classifier, const Model *m)
{
	for (uint32_t i = 0; inputs.kind == V_LIST && i < SEQ_OF(inputs)->n; i++) {
		Value v = SEQ_OF(inputs)->at[i];
		if (is_record(v, &image_def) && record_of(v)->at[IMAGE_FIRST].kind == V_NONE)
			record_of(v)->at[IMAGE_FIRST] = vbool(true);
	}
	if (is_record(classifier, &classifier_def) && m->format == FORMAT_NEURALNETWORK)
		record_of(classifier)->at[CLASS_PROBS] = vstr_of(in, m->classifier->probs);
}
