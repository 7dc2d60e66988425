/* sizes.c: see flexible.h. */
#include "flexible.h"

#include "script/core.h"

static Value
or_none(Value v)
{
	return v.kind == V_UNSET ? VNONE : v;
}

/* ---- sizes ---- */

bool
size_holds(Interp *in, Value v, Span at)
{
	bool small;

	if (!value_holds(in, CMP_LT, v, vint(1), &small, at))
		return false;
	return !small || fail(in, at, "a size is %.40s, expected 1 or more", shown(in, v));
}

NATIVE(shape_make)
{
	bool size = host_type_of(self) == &size_type.type;
	Value v;

	if (!class_args(in, self, args, size ? "size_value" : "shape_value", &v) ||
	    !size_holds(in, v, args->span))
		return false;
	*out = class_new(in, size ? &size_type : &shape_type, &v, args->span);
	return true;
}

#define SHAPE_CLASS(name, fields, methods, make)                                                   \
	CLASS(name, NULL, "flexible_shape_utils", fields, methods, record_getattr, make)
static const char *const value_field[] = {"value", NULL};
const RecordDef shape_type = SHAPE_CLASS("Shape", value_field, NULL, shape_make);
const RecordDef size_type = CLASS("Size", &shape_type.type, "flexible_shape_utils", value_field,
                                  NULL, record_getattr, shape_make);

NATIVE(image_size_make)
{
	Value v[2];

	if (!class_args(in, self, args, "height=,width=", v))
		return false;
	for (int i = 0; i < 2; i++) {
		v[i] = or_none(v[i]);
		if (!size_holds(in, v[i], args->span))
			return false;
	}
	*out = class_new(in, &image_size_type, v, args->span);
	return true;
}

NATIVE(size_set) /* of an image, or of an axis of an array */
{
	*out = VNONE;
	if (!size_holds(in, args->v[0], args->span))
		return false;
	record_of(self)->at[args_with(args)] = args->v[0];
	return true;
}

static const Native image_size_methods[] = {
    {"set_width", "width", size_set, AS_FUNCTION | WITH(IMAGE_WIDTH)},
    {"set_height", "height", size_set, AS_FUNCTION | WITH(IMAGE_HEIGHT)},
    NATIVE_END,
};
static const char *const image_size_fields[] = {"height", "width", NULL};
const RecordDef image_size_type =
    SHAPE_CLASS("NeuralNetworkImageSize", image_size_fields, image_size_methods, image_size_make);

/* ---- shapes of arrays ---- */

bool
array_shape(Interp *in, Value shape, Value *list, Span at)
{
	const Value *v = record_of(shape)->at;
	int n = 0;

	for (int i = 0; i < SHAPE_AXES; i++)
		n += v[i].kind != V_NONE;
	if ((n != 1 && n != SHAPE_AXES) || v[SHAPE_CHANNEL].kind == V_NONE)
		return fail(
		    in, at,
		    "a shape of an array has a channel, or a channel, a height and a width");
	*list = vlist(in, v, (size_t)n);
	return true;
}

/* The int that a value is, by int(); None where it is false. */
static bool
whole_size(Interp *in, Value v, Value *out, Span at)
{
	bool yes = false;

	*out = VNONE;
	if (v.kind != V_UNSET && !value_truth(in, v, &yes, at))
		return false;
	return !yes || (call_values(in, vtype(V_INT), &v, 1, out, at) && size_holds(in, *out, at));
}

NATIVE(array_shape_make)
{
	Value v[SHAPE_AXES];

	if (!class_args(in, self, args, "channel=,height=,width=", v))
		return false;
	for (int i = 0; i < SHAPE_AXES; i++)
		if (!whole_size(in, v[i], &v[i], args->span))
			return false;
	*out = class_new(in, &array_shape_type, v, args->span);
	return true;
}

static int
array_shape_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	Value v = {.kind = V_HOST, .o = &self->obj};

	if (!str_is(name, "multiarray_shape"))
		return 0;
	return array_shape(in, v, out, NOSPAN) ? 1 : -1;
}

static const Native array_shape_methods[] = {
    {"set_channel_shape", "channel_shape", size_set, AS_FUNCTION | WITH(SHAPE_CHANNEL)},
    {"set_height_shape", "height_shape", size_set, AS_FUNCTION | WITH(SHAPE_HEIGHT)},
    {"set_width_shape", "width_shape", size_set, AS_FUNCTION | WITH(SHAPE_WIDTH)},
    NATIVE_END,
};
static const char *const array_shape_fields[] = {"_channel", "_height", "_width", NULL};
const RecordDef array_shape_type =
    CLASS("NeuralNetworkMultiArrayShape", NULL, "flexible_shape_utils", array_shape_fields,
          array_shape_methods, array_shape_getattr, array_shape_make);

/* ---- ranges ---- */

static bool
new_range(Interp *in, Value lower, Value upper, Value *out, Span at)
{
	Value v[] = {lower, upper, vbool(false), vbool(false)};
	bool unbounded, wrong = false, zero, same;

	if (!value_holds(in, CMP_EQ, upper, vint(-1), &unbounded, at) ||
	    (!unbounded && !value_holds(in, CMP_GT, lower, upper, &wrong, at)))
		return false;
	if (wrong)
		return fail(in, at,
		            "the lower bound, %.40s, is above the upper one, %.40s; -1 is no "
		            "upper bound",
		            shown(in, lower), shown(in, upper));
	if (!unbounded && !value_holds(in, CMP_LT, upper, vint(1), &wrong, at))
		return false;
	if (wrong)
		return fail(in, at, "the upper bound is %.40s, expected 1 or more, or -1 for none",
		            shown(in, upper));
	if (!value_holds(in, CMP_EQ, lower, vint(0), &zero, at))
		return false;
	if (zero)
		v[BOUND_LOWER] = vint(1);
	if (!value_holds(in, CMP_LT, v[BOUND_LOWER], vint(1), &wrong, at))
		return false;
	if (wrong)
		return fail(in, at, "the lower bound is %.40s, expected 1 or more",
		            shown(in, lower));
	if (!value_holds(in, CMP_EQ, v[BOUND_LOWER], upper, &same, at))
		return false;
	v[BOUND_NONE] = vbool(unbounded);
	v[BOUND_FLEXIBLE] = vbool(!same);
	*out = class_new(in, &shape_range_type, v, at);
	return true;
}

NATIVE(range_make)
{
	Value v[2];

	return class_args(in, self, args, "lowerBound,upperBound", v) &&
	       new_range(in, v[0], v[1], out, args->span);
}

static const char *const range_fields[] = {"lowerBound", "upperBound", "isUnbounded", "isFlexible",
                                           NULL};
const RecordDef shape_range_type = SHAPE_CLASS("ShapeRange", range_fields, NULL, range_make);

/* A range, or a tuple that becomes one; with only_tuple: the latter. */
static bool
range_arg(Interp *in, Value v, bool only_tuple, Value *out, Span at)
{
	if (!only_tuple && is_record(v, &shape_range_type)) {
		*out = v;
		return true;
	}
	if (v.kind != V_TUPLE || SEQ_OF(v)->n != 2)
		return v.kind != V_POISON &&
		       fail(in, at,
		            only_tuple ? "a range must be a tuple (lower, upper), found %.60s"
		                       : "a range must be a ShapeRange or a tuple (lower, upper), "
		                         "found %.60s",
		            shown(in, v));
	return new_range(in, SEQ_OF(v)->at[0], SEQ_OF(v)->at[1], out, at);
}

/* ---- of images ---- */

NATIVE(image_range_make)
{
	Value v[2];

	if (!class_args(in, self, args, "height_range=,width_range=", v))
		return false;
	for (int i = 0; i < 2; i++) {
		bool some = false;
		v[i] = or_none(v[i]);
		if (!value_truth(in, v[i], &some, args->span) ||
		    (some && !range_arg(in, v[i], false, &v[i], args->span)))
			return false;
	}
	*out = class_new(in, &image_range_type, v, args->span);
	return true;
}

NATIVE(image_range_add)
{
	*out = VNONE;
	return range_arg(in, args->v[0], true, &record_of(self)->at[args_with(args)], args->span);
}

NATIVE(image_range_get)
{
	*out = record_of(self)->at[args_with(args)];
	return true;
}

static const Native image_range_methods[] = {
    {"add_width_range", "width_range", image_range_add, AS_FUNCTION | WITH(IMAGE_WIDTH)},
    {"add_height_range", "height_range", image_range_add, AS_FUNCTION | WITH(IMAGE_HEIGHT)},
    {"get_width_range", "", image_range_get, AS_FUNCTION | WITH(IMAGE_WIDTH)},
    {"get_height_range", "", image_range_get, AS_FUNCTION | WITH(IMAGE_HEIGHT)},
    NATIVE_END,
};
static const char *const image_range_fields[] = {"_height_range", "_width_range", NULL};
const RecordDef image_range_type = SHAPE_CLASS("NeuralNetworkImageSizeRange", image_range_fields,
                                               image_range_methods, image_range_make);

/* ---- of arrays: ranges by the axes' letters ---- */

static const char *const axis_key[SHAPE_AXES] = {"C", "H", "W"};

static bool
axis_range(Interp *in, Value ranges, int axis, Value *out)
{
	return dict_get(in, ranges, vstrz(in, axis_key[axis]), out);
}

bool
array_ranges(Interp *in, Value range, Value *ranges, Span at)
{
	Value v, all = record_of(range)->at[0];
	uint32_t n = all.kind == V_DICT ? DICT_OF(all)->n : 0;
	bool whole = n == 1 || n == SHAPE_AXES;

	for (int i = 0; whole && i < (int)n; i++)
		whole = axis_range(in, all, i, &v);
	*ranges = all;
	return whole || fail(in, at,
	                     "an array has a range for its channels, or one each for "
	                     "channels, height and width");
}

NATIVE(array_range_make)
{
	Value v, range, to = vdict(in), key;
	bool some = false;

	if (!class_args(in, self, args, "input_ranges=", &v) ||
	    (v.kind != V_UNSET && !value_truth(in, v, &some, args->span)))
		return false;
	if (some && v.kind != V_DICT)
		return fail(in, args->span,
		            "input_ranges must be a dict such as {\"C\": (1, 3)}, found '%s'",
		            type_name(v));
	for (uint32_t i = 0; some && i < DICT_OF(v)->nentry; i++) {
		const DictEntry *e = &DICT_OF(v)->entry[i];
		key = e->key;
		for (int k = 0; key.kind == V_STR && k < SHAPE_AXES; k++)
			if (!strcmp(STR_OF(key)->s, axis_key[k]) &&
			    (!range_arg(in, e->val, true, &range, args->span) ||
			     !dict_set(in, to, key, range, args->span)))
				return false;
	}
	*out = class_new(in, &array_range_type, &to, args->span);
	return !some || array_ranges(in, *out, &to, args->span);
}

NATIVE(array_range_add)
{
	Value range;

	*out = VNONE;
	return range_arg(in, args->v[0], false, &range, args->span) &&
	       dict_set(in, record_of(self)->at[0], vstrz(in, axis_key[args_with(args)]), range,
	                args->span);
}

NATIVE(array_range_get)
{
	return value_getitem(in, record_of(self)->at[0], vstrz(in, axis_key[args_with(args)]), out,
	                     args->span);
}

NATIVE(array_range_dims)
{
	*out = vint(DICT_OF(record_of(self)->at[0])->n);
	return true;
}

NATIVE(array_range_validate)
{
	Value ranges;

	*out = VNONE;
	return array_ranges(in, self, &ranges, args->span);
}

NATIVE(array_range_flexible)
{
	Value range, v;
	bool some = false;

	for (int i = 0; i < SHAPE_AXES && !some; i++)
		if (axis_range(in, record_of(self)->at[0], i, &range) &&
		    (!value_member(in, range, "isFlexible", &v, args->span) ||
		     !value_truth(in, v, &some, args->span)))
			return false;
	*out = vbool(some);
	return true;
}

#define AXIS_METHODS(axis, i)                                                                      \
	{"add_" axis "_range", axis "_range", array_range_add, AS_FUNCTION | WITH(i)},             \
	{                                                                                          \
		"get_" axis "_range", "", array_range_get, AS_FUNCTION | WITH(i)                   \
	}
static const Native array_range_methods[] = {
    AXIS_METHODS("channel", SHAPE_CHANNEL),
    AXIS_METHODS("height", SHAPE_HEIGHT),
    AXIS_METHODS("width", SHAPE_WIDTH),
    {"get_shape_range_dims", "", array_range_dims, AS_FUNCTION},
    {"validate_array_shape_range", "", array_range_validate, AS_FUNCTION},
    {"isFlexible", "", array_range_flexible, AS_FUNCTION},
    NATIVE_END,
};
static const char *const array_range_fields[] = {"arrayShapeRange", NULL};
const RecordDef array_range_type = SHAPE_CLASS(
    "NeuralNetworkMultiArrayShapeRange", array_range_fields, array_range_methods, array_range_make);
