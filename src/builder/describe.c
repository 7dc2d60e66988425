/* describe.c: what a builder says of its model's inputs and outputs: names and shapes, labels of
 * classes, optional ones.
 */
#include "builder.h"
#include "classes.h"

#include "ct/datatypes.h"
#include "script/core.h"

#include <ctype.h>
#include <stdio.h>

enum { VERSION_DEFAULTS = 5 }; /* iOS 14 has values for inputs that are left out */

Msg *
builder_description(Interp *in, Value builder, const Args *args)
{
	NetBuilder *b = builder_of(builder);

	if (b->spec)
		return msg_lazy(b->spec, "description");
	fail(in, args->span, "%s() is of a model: this builder has a network inside of another one",
	     args->fn->name);
	return NULL;
}

/* ---- names and shapes ---- */

/* A shape that an input can have where shapes are of five axes: one of two is seen as a batch. */
static bool
input_shape(Interp *in, Value dim, Value *shape, Span at)
{
	uint32_t n;

	if (!value_to_list(in, dim, shape, at))
		return false;
	n = SEQ_OF(*shape)->n;
	if (n == 2)
		*shape = vlist(in, &SEQ_OF(*shape)->at[1], 1);
	return (n >= 1 && n <= 3) ||
	       fail(in, at,
	            "an input has a shape of one or three dimensions, found %u: build with "
	            "disable_rank5_shape_mapping=True for others",
	            n);
}

static bool
put_shape(Interp *in, Msg *feature, Value name, Value shape, Span at)
{
	Msg *array = msg_lazy(msg_lazy(feature, "type"), "multiArrayType");
	FieldRef all = {
	    array, protobuf_c_message_descriptor_get_field_by_name(array->descriptor, "shape")};

	msg_clear(array, "shape");
	if (!repeated_extend(in, &all, shape, at))
		return false;
	msg_set_path(array, "dataType", "DOUBLE");
	return field_set(in, feature, "name", name, at);
}

NATIVE_EXTERN(builder_set_features)
{
	bool inputs = args_with(args) == 0;
	const char *list = inputs ? "input" : "output";
	Msg *d = builder_description(in, self, args);
	Value names, dims, shape;

	*out = VNONE;
	if (!d || !value_to_list(in, args->v[0], &names, args->span) ||
	    !value_to_list(in, args->v[1], &dims, args->span))
		return false;
	if (SEQ_OF(names)->n != SEQ_OF(dims)->n)
		return fail(in, args->span, "there are %u names and %u shapes: expected as many",
		            SEQ_OF(names)->n, SEQ_OF(dims)->n);
	if (SEQ_OF(dims)->n > msg_count(d, list))
		return fail(in, args->span,
		            "there are %u names for the %ss, of which the model has %zu",
		            SEQ_OF(names)->n, list, msg_count(d, list));
	for (uint32_t i = 0; i < SEQ_OF(dims)->n; i++) {
		shape = SEQ_OF(dims)->at[i];
		if ((inputs && !builder_of(self)->any_rank &&
		     !input_shape(in, shape, &shape, args->span)) ||
		    !put_shape(in, msg_mutable(msg_at(d, list, i)), SEQ_OF(names)->at[i], shape,
		               args->span))
			return false;
	}
	return true;
}

NATIVE_EXTERN(builder_set_training_input)
{
	Value list;

	*out = VNONE;
	if (!value_to_list(in, args->v[0], &list, args->span))
		return false;
	return !SEQ_OF(list)->n ||
	       (builder_description(in, self, args) &&
	        training_features(in, builder_of(self)->spec, list, args->span));
}

/* ---- classes ---- */

static bool
put_labels(Interp *in, NetBuilder *b, Value list, Msg *probs, Msg *label, Span at)
{
	bool ints = SEQ_OF(list)->at[0].kind == V_INT;
	const char *field = ints ? "int64ClassLabels" : "stringClassLabels";
	Msg *vector = msg_lazy(b->net, field);
	FieldRef all = {vector, &vector->descriptor->fields[0]};

	msg_clear(vector, "vector");
	msg_present(msg_lazy(msg_lazy(msg_lazy(probs, "type"), "dictionaryType"),
	                     ints ? "int64KeyType" : "stringKeyType"));
	msg_present(msg_lazy(msg_lazy(label, "type"), ints ? "int64Type" : "stringType"));
	return repeated_extend(in, &all, list, at);
}

/* NumPy's strings are strings. */
static bool
is_text(Value v)
{
	return v.kind == V_STR || (v.kind == V_NPSCALAR && ARRAY_OF(v)->dtype == DT_STRING);
}

/* Which layer's output the probabilities are: the last one's, if nothing else is said. */
static bool
put_blob(Interp *in, NetBuilder *b, Value blob, Span at)
{
	const Msg *last;
	size_t n = msg_count(b->net, "layers");

	if (blob.kind != V_UNSET && !(blob.kind == V_STR && !STR_OF(blob)->len))
		return field_set(in, b->net, "labelProbabilityLayerName", blob, at);
	last = n ? msg_at(b->net, "layers", n - 1) : NULL;
	if (!last || !msg_count(last, "output"))
		return fail(in, at,
		            "the network has no layer with an output yet that could be the "
		            "probabilities: add layers first, or name it with "
		            "prediction_blob");
	msg_string(b->net, "labelProbabilityLayerName", msg_string_at(last, "output", 0));
	return true;
}

NATIVE_EXTERN(builder_set_class_labels)
{
	NetBuilder *b = builder_of(self);
	Msg *d = builder_description(in, self, args), *probs, *label;
	Value list, first, name = args->v[1];
	int64_t n;

	*out = VNONE;
	if (!d)
		return false;
	if (!msg_count(d, "output"))
		return fail(in, args->span,
		            "a classifier has an output, the probabilities: this model has none");
	probs = msg_mutable(msg_at(d, "output", 0));
	msg_present(msg_lazy(msg_lazy(probs, "type"), "dictionaryType"));
	if (!value_len(in, args->v[0], &n, args->span))
		return false;
	if (!n)
		return true;
	if (!value_getitem(in, args->v[0], vint(0), &first, args->span) ||
	    !value_to_list(in, args->v[0], &list, args->span))
		return false;
	if (!is_int(first) && !is_text(first))
		return first.kind != V_POISON &&
		       fail(in, args->span, "class labels are ints or strings, found '%s'",
		            type_name(first));
	if (!protobuf_c_message_descriptor_get_field_by_name(b->net->descriptor,
	                                                     "int64ClassLabels"))
		return fail(in, args->span,
		            "only a classifier has class labels: build with mode=\"classifier\"");
	msg_string(d, "predictedProbabilitiesName", msg_get_string(probs, "name"));
	if (name.kind == V_UNSET)
		name = vstrz(in, "classLabel");
	label = msg_sub(d, "output");
	return field_set(in, d, "predictedFeatureName", name, args->span) &&
	       field_set(in, label, "name", name, args->span) &&
	       put_labels(in, b, list, probs, label, args->span) &&
	       put_blob(in, b, args->v[2], args->span);
}

/* ---- optional inputs ---- */

static const struct {
	const char *format, *field;
} defaults[] = {
    {"float", "floatDefaultValue"},
    {"double", "doubleDefaultValue"},
    {"int", "intDefaultValue"},
};

static bool
put_default(Interp *in, Msg *type, Value v, Value format, Span at)
{
	char word[8] = "float"; /* longer than all of them */
	size_t k = 0;

	if (format.kind != V_UNSET && format.kind != V_STR)
		return format.kind != V_POISON &&
		       fail(in, at, "format must be a string, found '%s'", type_name(format));
	if (format.kind == V_STR)
		snprintf(word, sizeof word, "%s", STR_OF(format)->s);
	for (char *c = word; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	while (k < countof(defaults) && strcmp(defaults[k].format, word) != 0)
		k++;
	if (k == countof(defaults))
		return fail(in, at, "format is %.40s, expected 'float', 'double' or 'int'",
		            shown(in, format));
	return field_set(in, msg_lazy(type, "multiArrayType"), defaults[k].field, v, at);
}

NATIVE_EXTERN(builder_set_optional_input)
{
	Msg *d = builder_description(in, self, args), *type;
	int64_t i, n;

	*out = VNONE;
	if (!d || !as_int(in, args->v[0], &i, "input_idx", args->span))
		return false;
	n = (int64_t)msg_count(d, "input");
	if (i >= n || i < -n)
		return fail(in, args->span,
		            "input_idx is %lld, expected less than the number of inputs, %lld",
		            (long long)i, (long long)n);
	type = msg_lazy(msg_mutable(msg_at(d, "input", (size_t)(i < 0 ? i + n : i))), "type");
	msg_int(type, "isOptional", 1);
	if (!given(args->v[1]))
		return true;
	builder_version(builder_of(self), VERSION_DEFAULTS);
	return put_default(in, type, args->v[1], args->v[2], args->span);
}

/* An int or several as dimensions; for an output, 0 is none, too. */
static bool
dimensions(Interp *in, Value v, Value name, bool output, DataType *t, Span at)
{
	Value list = v;
	int64_t *dim;
	Big n;

	if (v.kind == V_INT && (v.i || !output))
		list = vlist(in, &v, 1);
	else if (v.kind != V_LIST && v.kind != V_TUPLE)
		list = vlist(in, NULL, 0);
	t->rank = SEQ_OF(list)->n;
	t->dim = dim = newn(interp_arena(in), int64_t, t->rank + 1);
	for (uint32_t k = 0; k < t->rank; k++) {
		if (SEQ_OF(list)->at[k].kind == V_BOOL || !is_index(in, SEQ_OF(list)->at[k], &n) ||
		    n < INT64_MIN || n > INT64_MAX)
			t->rank = 0;
		else
			dim[k] = (int64_t)n;
	}
	return t->rank || (v.kind != V_POISON &&
	                   fail(in, at,
	                        "%.40s has dimensions %.40s, expected an int or a tuple of "
	                        "ints",
	                        shown(in, name), shown(in, v)));
}

/* (name, dimensions) pairs as (name, Array(…)) ones. */
static bool
arrays_of(Interp *in, Value v, bool output, Value *list, Span at)
{
	Value item, two[2];
	Buf name = {0};

	if (!value_to_list(in, v, list, at))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(*list)->n; i++) {
		DataType t = {DATA_ARRAY, 0, 0, NULL};
		if (!value_to_list(in, SEQ_OF(*list)->at[i], &item, at))
			return false;
		if (SEQ_OF(item)->n != 2)
			return fail(in, at,
			            "an optional one is (name, dimensions), found %u values",
			            SEQ_OF(item)->n);
		if (!dimensions(in, SEQ_OF(item)->at[1], SEQ_OF(item)->at[0], output, &t, at))
			return false;
		value_str(in, SEQ_OF(item)->at[0], &name);
		two[0] = vstr_buf(in, &name);
		two[1] = datatype_value(in, &t);
		SEQ_OF(*list)->at[i] = vtuple(in, two, 2);
	}
	return true;
}

static void
mark_optional(Msg *d, size_t from)
{
	for (; from < msg_count(d, "input"); from++)
		msg_int(msg_lazy(msg_mutable(msg_at(d, "input", from)), "type"), "isOptional", 1);
}

NATIVE_EXTERN(builder_add_optionals)
{
	Msg *d, *spec = builder_of(self)->spec;
	size_t old;
	NamedTypes inputs, outputs;
	Value list;
	bool some, more;

	*out = VNONE;
	if (!value_truth(in, args->v[0], &some, args->span) ||
	    !value_truth(in, args->v[1], &more, args->span))
		return false;
	if (!some && !more)
		return true;
	d = builder_description(in, self, args);
	if (!d || !arrays_of(in, args->v[0], false, &list, args->span) ||
	    !features_arg(in, list, -1, &inputs, args->span) ||
	    !arrays_of(in, args->v[1], true, &list, args->span) ||
	    !features_arg(in, list, -1, &outputs, args->span))
		return false;
	old = msg_count(d, "input");
	features_put(spec, "input", &inputs);
	mark_optional(d, old);
	features_put(spec, "output", &outputs);
	return true;
}
