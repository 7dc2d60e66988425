/* inputs.c: ct.TensorType, ct.ImageType, ct.StateType and ct.ClassifierConfig as scripts see them.
 * face.c makes of them what ct.convert is told.
 */
#include "record.h"
#include "nd/nd.h"

NATIVE(can_be_output)
{
	*out = vbool(!is_record(self, &state_def));
	return true;
}

static const Native feature_methods[] = {
    {"can_be_output", "", can_be_output, AS_FUNCTION},
    NATIVE_END,
};

static void
put_field(Interp *in, const char *lead, Value v, Buf *out)
{
	buf_puts(out, lead);
	value_str(in, v, out);
}

/* name= and shape=, which all of them have. */
static bool
feature_begin(Interp *in, const Args *args, Record *r)
{
	const Value *v = args->v;
	const Str *name;

	if (given(v[0])) {
		if (!as_str(in, v[0], &name, "the name of an input", args->span))
			return false;
		r->at[FEATURE_NAME] = v[0];
	}
	return !given(v[1]) ||
	       shape_from(in, v[1], args_span(args, "shape", 1), &r->at[FEATURE_SHAPE]);
}

/* ---- ct.TensorType ---- */

static void
tensor_repr(Interp *in, HostObj *self, Buf *out)
{
	const Record *r = self->data;
	Value t = r->at[FEATURE_DTYPE];

	put_field(in, "TensorType(name=", r->at[FEATURE_NAME], out);
	put_field(in, ", shape=", r->at[FEATURE_SHAPE], out);
	if (is_host(t, &dtype_type))
		buf_printf(out, ", dtype=%s)", dtype_info[dtype_of_host(HOST_OF(t))].mil);
	else
		fail(in, NOSPAN, "a ct.TensorType without dtype= cannot be printed");
}

static const char *const tensor_fields[] = {"name", "shape", "dtype", "default_value", 0};
const RecordDef tensor_def =
    RECORD("TensorType", tensor_fields, false, .getattr = record_getattr, .repr = tensor_repr,
           .methods = feature_methods);

/* As the interface may have them, given as a type of MIL or as one of NumPy. */
static const DType mil_types[] = {DT_INT8, DT_UINT8, DT_UINT16, DT_FP16, DT_FP32,
                                  DT_FP64, DT_INT32, DT_INT64,  DT_BOOL};
static const DType np_types[] = {DT_FP16,  DT_FP32,  DT_FP64,   DT_INT8,
                                 DT_INT32, DT_INT64, DT_UINT16, DT_BOOL};

static bool
is_among(DType t, const DType *list, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (list[k] == t)
			return true;
	return false;
}

static bool
feature_dtype(Interp *in, Value v, Span at, Value *out)
{
	bool mil = is_host(v, &dtype_type), ok;
	DType t = DT_NONE;

	if (!mil && v.kind != V_DTYPE && v.kind != V_TYPE)
		return fail(in, at,
		            "dtype must be a type such as np.float32 or types.fp32, found '%s'",
		            type_name(v));
	if (mil)
		t = dtype_of_host(HOST_OF(v));
	else if (!as_dtype(in, v, &t, at))
		return false;
	ok = mil ? is_among(t, mil_types, countof(mil_types))
	         : is_among(t, np_types, countof(np_types));
	if (!ok)
		return fail(in, at,
		            "dtype is %s, which no input or output can have: expected float16, "
		            "float32, int32, int8 or one that becomes one of them",
		            dtype_info[t].mil);
	if (v.kind == V_TYPE) /* Python's own numbers */
		t = t == DT_FP64 ? DT_FP32 : t == DT_INT64 ? DT_INT32 : t;
	*out = bind_dtype(in, t);
	return true;
}

/* The number that all elements are; an input may be left out then. */
static bool
uniform(Interp *in, Value v, Span at, double *out)
{
	bool all = true;
	Nd *nd;
	NdIter it;

	if (v.kind != V_ARRAY)
		return fail(in, at,
		            "default_value must be an array such as np.zeros((2, 3)), found '%s'",
		            type_name(v));
	nd = ARRAY_OF(v);
	if (dtype_info[nd->dtype].kind == 's')
		return fail(in, at, "default_value is an array of strings, expected numbers");
	it = nd_iter(nd);
	if (!it.at)
		return fail(in, at, "default_value is an empty array");
	*out = nd_f(nd, it.idx);
	for (; it.at; nd_step(&it))
		all = all && nd_f(nd, it.idx) == *out;
	return all || fail(in, at, "default_value must have one value for all elements");
}

static bool
same_sizes(Interp *in, const Nd *nd, Value shape, Span at, bool *same)
{
	const SeqObj *s = SEQ_OF(record_of(shape)->at[SHAPE_SYMBOLIC]);
	int64_t n;

	*same = (uint32_t)nd->rank == s->n;
	for (uint32_t i = 0; *same && i < s->n; i++) {
		if (!as_int(in, s->at[i], &n, "a dimension", at))
			return false;
		*same = n == nd->dim[i];
	}
	return true;
}

static bool
default_value(Interp *in, Value v, Span at, Record *r)
{
	Value shape = r->at[FEATURE_SHAPE], said = r->at[FEATURE_DTYPE];
	bool same = true;
	double number;
	DType t;

	if (is_record(shape, &enumerated_def))
		return fail(in, at,
		            "an input with enumerated shapes cannot be left out: it has no "
		            "default_value");
	if (!uniform(in, v, at, &number))
		return false;
	if (shape.kind == V_NONE)
		return fail(in, at, "default_value needs shape= beside it");
	if (!shape_is_symbolic(shape) && !same_sizes(in, ARRAY_OF(v), shape, at, &same))
		return false;
	if (!same)
		return fail(in, at,
		            "default_value has another shape than the input: expected an array of "
		            "the sizes given in shape=");
	t = ARRAY_OF(v)->dtype;
	if (said.kind != V_NONE && dtype_of_host(HOST_OF(said)) != t)
		return fail(in, at, "default_value is of type %s, but dtype= says %s",
		            dtype_info[t].mil, dtype_info[dtype_of_host(HOST_OF(said))].mil);
	r->at[FEATURE_DTYPE] = bind_dtype(in, t);
	r->at[TENSOR_DEFAULT] = v;
	return true;
}

/* ct.TensorType(name=None, shape=None, dtype=None, default_value=None) */
NATIVE_EXTERN(ct_tensor_type)
{
	const Value *v = args->v;
	Value made = record_new(in, &tensor_def, args->span);
	Record *r = record_of(made);

	if (!feature_begin(in, args, r))
		return false;
	if (given(v[2]) &&
	    !feature_dtype(in, v[2], args_span(args, "dtype", 2), &r->at[FEATURE_DTYPE]))
		return false;
	if (given(v[3]) &&
	    !default_value(in, v[3], args_span(args, "default_value", 3), r))
		return false;
	*out = made;
	return true;
}

bool
tensor_default(Interp *in, const Record *r, InputSpec *s)
{
	Value v = r->at[TENSOR_DEFAULT];

	if (v.kind == V_NONE)
		return true;
	if (!uniform(in, v, r->span, &s->default_value))
		return false;
	s->has_default = true;
	s->default_rank = (uint32_t)ARRAY_OF(v)->rank;
	s->default_shape = arena_dup(interp_arena(in), ARRAY_OF(v)->dim,
	                             s->default_rank * sizeof *s->default_shape);
	return true;
}

/* ---- ct.ImageType ---- */

static void
image_repr(Interp *in, HostObj *self, Buf *out)
{
	static const struct {
		const char *lead;
		int at;
	} part[] = {{"ImageType(name=", FEATURE_NAME},   {", shape=", FEATURE_SHAPE},
	            {", scale=", IMAGE_SCALE},           {", bias=", IMAGE_BIAS},
	            {", color_layout=", IMAGE_COLOR},    {", channel_first=", IMAGE_FIRST}};
	const Record *r = self->data;

	for (size_t k = 0; k < countof(part); k++)
		put_field(in, part[k].lead, r->at[part[k].at], out);
	buf_byte(out, ')');
}

static const char *const image_fields[] = {"name",          "shape",
                                           "dtype",         "scale",
                                           "color_layout",  "bias",
                                           "channel_first", "grayscale_use_uint8",
                                           0};
const RecordDef image_def =
    RECORD("ImageType", image_fields, false, .getattr = record_getattr, .repr = image_repr,
           .methods = feature_methods);

/* color_layout=: a member of ct.colorlayout, or one of three strings. */
static bool
color_layout(Interp *in, Value v, Span at, Value *out)
{
	static const char *const words[] = {"G", "RGB", "BGR"};
	const Str *s;
	int color;

	*out = v.kind == V_UNSET ? enum_by_text(in, &enum_colorlayout, "RGB") : v;
	v = *out;
	if (enum_value(v, &enum_colorlayout, &color))
		return true;
	if (v.kind == V_STR) {
		if (!as_str(in, v, &s, "color_layout", at))
			return false;
		for (size_t k = 0; k < countof(words); k++)
			if (str_is(s, words[k])) {
				*out = enum_by_text(in, &enum_colorlayout, words[k]);
				return true;
			}
	}
	return fail(in, at,
	            "color_layout must be one of ct.colorlayout, such as ct.colorlayout.BGR, or "
	            "\"G\", \"RGB\" or \"BGR\"");
}

/* ct.ImageType(name=None, shape=None, scale=1.0, bias=None, color_layout=ct.colorlayout.RGB,
 *              channel_first=None, grayscale_use_uint8=False) */
NATIVE_EXTERN(ct_image_type)
{
	enum { SCALE = 2, BIAS, COLOR, FIRST, UINT8 };
	const Value *v = args->v;
	Value made = record_new(in, &image_def, args->span), zero[3];
	Record *r = record_of(made);
	bool uint8 = false;
	int color = 0;

	if (!feature_begin(in, args, r) ||
	    !color_layout(in, v[COLOR], args_span(args, "color_layout", COLOR),
	                  &r->at[IMAGE_COLOR]))
		return false;
	enum_value(r->at[IMAGE_COLOR], &enum_colorlayout, &color);
	if (color == COLOR_GRAY_FP16)
		r->at[FEATURE_DTYPE] = bind_dtype(in, DT_FP16);
	zero[0] = zero[1] = zero[2] = vfloat(0);
	r->at[IMAGE_SCALE] = v[SCALE].kind != V_UNSET ? v[SCALE] : vfloat(1);
	r->at[IMAGE_BIAS] = given(v[BIAS])                              ? v[BIAS]
	                    : color == COLOR_RGB || color == COLOR_BGR ? vlist(in, zero, 3)
	                                                                : zero[0];
	r->at[IMAGE_FIRST] = given(v[FIRST]) ? v[FIRST] : VNONE;
	if (given(v[UINT8]) && !value_truth(in, v[UINT8], &uint8, args->span))
		return false;
	if (uint8 && color != COLOR_GRAY)
		return fail(in, args_span(args, "grayscale_use_uint8", UINT8),
		            "grayscale_use_uint8 is for ct.colorlayout.GRAYSCALE alone");
	r->at[IMAGE_UINT8] = uint8 ? v[UINT8] : vbool(false);
	*out = made;
	return true;
}

/* ---- ct.StateType ---- */

static void
state_repr(Interp *in, HostObj *self, Buf *out)
{
	put_field(in, "StateType[", ((Record *)self->data)->at[STATE_WRAPPED], out);
	buf_byte(out, ']');
}

static const char *const state_fields[] = {"name", "shape", "dtype", "wrapped_type", 0};
const RecordDef state_def =
    RECORD("StateType", state_fields, false, .getattr = record_getattr, .repr = state_repr,
           .methods = feature_methods);

/* ct.StateType(wrapped_type, name=None) */
NATIVE_EXTERN(ct_state_type)
{
	Span at = args_span(args, "wrapped_type", 0);
	const Value *v = args->v;
	Value made = record_new(in, &state_def, args->span);
	Record *r = record_of(made), *of;
	const Str *name;

	if (!is_record(v[0], &tensor_def))
		return fail(in, at, "a state holds a ct.TensorType, found '%s'", type_name(v[0]));
	of = record_of(v[0]);
	if (of->at[FEATURE_NAME].kind != V_NONE || of->at[TENSOR_DEFAULT].kind != V_NONE)
		return fail(in, at, "the ct.TensorType in a ct.StateType has a %s: %s",
		            of->at[FEATURE_NAME].kind != V_NONE ? "name" : "default_value",
		            of->at[FEATURE_NAME].kind != V_NONE ? "give it to the ct.StateType"
		                                                : "leave it out");
	if (given(v[1]) && !as_str(in, v[1], &name, "the name of a state", args->span))
		return false;
	r->at[FEATURE_NAME] = given(v[1]) ? v[1] : VNONE;
	r->at[FEATURE_SHAPE] = of->at[FEATURE_SHAPE];
	r->at[FEATURE_DTYPE] = of->at[FEATURE_DTYPE];
	r->at[STATE_WRAPPED] = v[0];
	*out = made;
	return true;
}

/* ---- ct.ClassifierConfig ---- */

static const char *const classifier_fields[] = {"class_labels", "predicted_feature_name",
                                                "predicted_probabilities_output", 0};
const RecordDef classifier_def =
    RECORD("ClassifierConfig", classifier_fields, false, .getattr = record_getattr);

/* ct.ClassifierConfig(class_labels, predicted_feature_name="classLabel",
 *                     predicted_probabilities_output=None); ct.convert looks at them. */
NATIVE_EXTERN(ct_classifier_config)
{
	const Value *v = args->v;
	Record *r;

	*out = record_new(in, &classifier_def, args->span);
	r = record_of(*out);
	r->at[CLASS_LABELS] = v[0];
	r->at[CLASS_FEATURE] = v[1].kind == V_UNSET ? vstrz(in, "classLabel") : v[1];
	r->at[CLASS_PROBS] = given(v[2]) ? v[2] : VNONE;
	return true;
}
