/* flexible.c: inputs and outputs of more than one shape: ranges and lists of shapes, put into the
 * descriptions of features.
 */
#include "flexible.h"

#include "builder.h"
#include "script/core.h"

#include "Model.pb-c.h"

enum { VERSION_FLEXIBLE = 3, VERSION_ANY_RANK = 4 };

/* What all functions take first. */
typedef struct Described {
	Msg *spec, *kind; /* the array or image type */
	const char *name;
} Described;

static Msg *
feature_named(const Msg *spec, const char *name)
{
	static const char *const sides[] = {"input", "output"};
	const Msg *d = msg_lazy(msg_mutable(spec), "description");

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < msg_count(d, sides[k]); i++)
			if (!strcmp(msg_get_string(msg_at(d, sides[k], i), "name"), name))
				return msg_mutable(msg_at(d, sides[k], i));
	return NULL;
}

/* The feature of that name, which must be an image or an array. */
static bool
take_feature(Interp *in, const Args *args, bool image, Described *f)
{
	const char *kind = image ? "imageType" : "multiArrayType";
	Value name = args->v[1];
	Msg *feature;

	f->spec = message_arg(in, args, &core_ml__specification__model__descriptor);
	if (!f->spec)
		return false;
	f->name = name.kind == V_STR ? STR_OF(name)->s : NULL;
	feature = f->name ? feature_named(f->spec, f->name) : NULL;
	if (!feature)
		return fail(in, args->span, "the model has no input or output %.80s",
		            shown(in, name));
	f->kind = msg_lazy(msg_lazy(feature, "type"), kind);
	return msg_has(msg_lazy(feature, "type"), kind) ||
	       fail(in, args->span,
	            image ? "'%s' is no image, which %s() is for"
	                  : "'%s' is no array, which %s() is for",
	            f->name, args->fn->name);
}

static void
at_least(Msg *spec, int64_t version)
{
	if (msg_get_int(spec, "specificationVersion") < version)
		msg_int(spec, "specificationVersion", version);
}

/* What else was said of the feature's shapes goes; `any`: of that oneof, `keep` stays. */
static void
clear_others(Msg *kind, const char *any, const char *keep)
{
	const char *is = msg_case(kind, any);

	if (is && (!keep || strcmp(is, keep) != 0))
		msg_clear(kind, is);
}

static bool
put_range(Interp *in, Msg *range, Value lower, Value upper, Span at)
{
	return field_set(in, range, "lowerBound", lower, at) &&
	       field_set(in, range, "upperBound", upper, at);
}

/* An object with lowerBound and upperBound. */
static bool
put_range_of(Interp *in, Msg *range, Value v, Span at)
{
	Value lower, upper;

	return value_member(in, v, "lowerBound", &lower, at) &&
	       value_member(in, v, "upperBound", &upper, at) &&
	       put_range(in, range, lower, upper, at);
}

/* The shape that a feature has if nothing else is said. */
static Value
fixed_shape(Interp *in, const Msg *array)
{
	Value list = vlist(in, NULL, 0);

	for (size_t i = 0; i < msg_count(array, "shape"); i++)
		vlist_push(in, list, vint(msg_int_at(array, "shape", i)));
	return list;
}

static bool
put_shape(Interp *in, Msg *array, Value list, Span at)
{
	Msg *shape = msg_sub(msg_lazy(array, "enumeratedShapes"), "shapes");
	FieldRef all = {shape, &shape->descriptor->fields[0]};

	return repeated_extend(in, &all, list, at);
}

/* A list stands for itself, and is appended to; one object for a list of it. */
static Value
as_list(Interp *in, Value v)
{
	return v.kind == V_LIST ? v : vlist(in, &v, 1);
}

static bool
all_of(Interp *in, const Args *args, Value list, const RecordDef *type)
{
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!is_record(SEQ_OF(list)->at[i], type))
			return SEQ_OF(list)->at[i].kind != V_POISON &&
			       fail(in, args->span, "%s() takes objects %s, found '%s'",
			            args->fn->name, type->type.name,
			            type_name(SEQ_OF(list)->at[i]));
	return true;
}

/* ---- shapes one by one ---- */

/* The fixed shape as an object of the script. */
static bool
fixed_array(Interp *in, const Described *f, Value *out, Span at)
{
	Value shape = fixed_shape(in, f->kind), v[SHAPE_AXES] = {VNONE, VNONE, VNONE};
	uint32_t n = SEQ_OF(shape)->n;

	if (n != 1 && n != SHAPE_AXES)
		return fail(in, at,
		            "'%s' has a shape of %u dimensions, expected 1 or 3: others are for "
		            "add_multiarray_ndshape_enumeration()",
		            f->name, n);
	for (uint32_t i = 0; i < n; i++) {
		v[i] = SEQ_OF(shape)->at[i];
		if (!size_holds(in, v[i], at))
			return false;
	}
	*out = class_new(in, &array_shape_type, v, at);
	return true;
}

NATIVE(add_array_shapes)
{
	Value list = as_list(in, args->v[2]), shape, fixed;
	Described f;

	*out = VNONE;
	if (!all_of(in, args, list, &array_shape_type))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!array_shape(in, SEQ_OF(list)->at[i], &shape, args->span))
			return false;
	if (!take_feature(in, args, false, &f))
		return false;
	clear_others(f.kind, "enumeratedShapes", "enumeratedShapes");
	if (!msg_count(msg_lazy(f.kind, "enumeratedShapes"), "shapes") &&
	    (!fixed_array(in, &f, &fixed, args->span) || !vlist_push(in, list, fixed)))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!array_shape(in, SEQ_OF(list)->at[i], &shape, args->span) ||
		    !put_shape(in, f.kind, shape, args->span))
			return false;
	at_least(f.spec, VERSION_FLEXIBLE);
	return true;
}

/* A size, unless one of these was put already. */
static bool
put_size(Interp *in, Msg *image, const Value *size, Value seen, Span at)
{
	Value pair = vlist(in, size, 2);
	bool known;
	Msg *m;

	if (!value_contains(in, seen, pair, &known, at))
		return false;
	if (known)
		return true;
	m = msg_sub(msg_lazy(image, "enumeratedSizes"), "sizes");
	return field_set(in, m, "height", size[IMAGE_HEIGHT], at) &&
	       field_set(in, m, "width", size[IMAGE_WIDTH], at) && vlist_push(in, seen, pair);
}

NATIVE(add_image_sizes)
{
	Value list = as_list(in, args->v[2]), fixed[2], seen = vlist(in, NULL, 0);
	Described f;

	*out = VNONE;
	if (!all_of(in, args, list, &image_size_type) || !take_feature(in, args, true, &f))
		return false;
	clear_others(f.kind, "enumeratedSizes", "enumeratedSizes");
	if (!msg_count(msg_lazy(f.kind, "enumeratedSizes"), "sizes")) {
		fixed[IMAGE_HEIGHT] = vint(msg_get_int(f.kind, "height"));
		fixed[IMAGE_WIDTH] = vint(msg_get_int(f.kind, "width"));
		if (!size_holds(in, fixed[0], args->span) ||
		    !size_holds(in, fixed[1], args->span) ||
		    !vlist_push(in, list, class_new(in, &image_size_type, fixed, args->span)))
			return false;
	}
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!put_size(in, f.kind, record_of(SEQ_OF(list)->at[i])->at, seen, args->span))
			return false;
	at_least(f.spec, VERSION_FLEXIBLE);
	return true;
}

/* The shapes in the order in which they are written: the fixed one first, none twice. */
static bool
distinct_shapes(Interp *in, const Args *args, Value given_list, Value fixed, Value *list)
{
	bool known, is_fixed;
	Value one;

	*list = vlist(in, NULL, 0);
	for (uint32_t i = 0; i < SEQ_OF(given_list)->n; i++) {
		one = SEQ_OF(given_list)->at[i];
		if (one.kind != V_TUPLE)
			return one.kind != V_POISON &&
			       fail(in, args->span, "a shape must be a tuple, found '%s'",
			            type_name(one));
		one = vlist(in, SEQ_OF(one)->at, SEQ_OF(one)->n);
		if (!value_contains(in, *list, one, &known, args->span) ||
		    !value_same(in, one, fixed, &is_fixed))
			return false;
		if (!known && !list_splice(in, SEQ_OF(*list), is_fixed ? 0 : SEQ_OF(*list)->n,
		                           is_fixed ? 0 : SEQ_OF(*list)->n, &one, 1))
			return false;
	}
	if (!value_contains(in, *list, fixed, &known, args->span))
		return false;
	return known || list_splice(in, SEQ_OF(*list), 0, 0, &fixed, 1);
}

NATIVE(add_nd_shapes)
{
	Value shapes = args->v[2], list;
	Described f;

	*out = VNONE;
	if (!take_feature(in, args, false, &f))
		return false;
	if (shapes.kind != V_LIST || !SEQ_OF(shapes)->n)
		return shapes.kind != V_POISON &&
		       fail(in, args->span,
		            "enumerated_shapes must be a list of tuples, found %.60s",
		            shown(in, shapes));
	clear_others(f.kind, "enumeratedShapes", "enumeratedShapes");
	if (!distinct_shapes(in, args, shapes, fixed_shape(in, f.kind), &list))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!put_shape(in, f.kind, SEQ_OF(list)->at[i], args->span))
			return false;
	at_least(f.spec, VERSION_ANY_RANK);
	return true;
}

/* ---- ranges ---- */

NATIVE(set_image_range)
{
	static const char *const field[] = {"heightRange", "widthRange"};
	Value range = args->v[2];
	Described f;
	Msg *to;

	*out = VNONE;
	if (!take_feature(in, args, true, &f))
		return false;
	if (!is_record(range, &image_range_type))
		return range.kind != V_POISON &&
		       fail(in, args->span,
		            "size_range must be a NeuralNetworkImageSizeRange, found '%s'",
		            type_name(range));
	for (int i = 0; i < 2; i++)
		if (!is_record(record_of(range)->at[i], &shape_range_type))
			return fail(in, args->span,
			            "size_range has no %s: add one with add_%s_range()",
			            i ? "width" : "height", i ? "width" : "height");
	clear_others(f.kind, "imageSizeRange", NULL);
	to = msg_lazy(f.kind, "imageSizeRange");
	for (int i = 0; i < 2; i++)
		if (!put_range_of(in, msg_lazy(to, field[i]), record_of(range)->at[i], args->span))
			return false;
	at_least(f.spec, VERSION_FLEXIBLE);
	return true;
}

NATIVE(set_array_range)
{
	static const char *const key[] = {"C", "H", "W"};
	Value range = args->v[2], all, one;
	Described f;

	*out = VNONE;
	if (!is_record(range, &array_range_type))
		return range.kind != V_POISON &&
		       fail(in, args->span,
		            "shape_range must be a NeuralNetworkMultiArrayShapeRange, found '%s'",
		            type_name(range));
	if (!array_ranges(in, range, &all, args->span) || !take_feature(in, args, false, &f))
		return false;
	clear_others(f.kind, "shapeRange", NULL);
	for (uint32_t i = 0; i < DICT_OF(all)->n; i++)
		if (!dict_get(in, all, vstrz(in, key[i]), &one) ||
		    !put_range_of(in, msg_sub(msg_lazy(f.kind, "shapeRange"), "sizeRanges"), one,
		                  args->span))
			return false;
	at_least(f.spec, VERSION_FLEXIBLE);
	return true;
}

static bool
within(Interp *in, const Described *f, size_t i, Value lower, Value upper, Span at)
{
	Value size = vint(msg_int_at(f->kind, "shape", i));
	bool below, none, above = false;

	if (!value_holds(in, CMP_LT, size, lower, &below, at) ||
	    !value_holds(in, CMP_EQ, upper, vint(-1), &none, at) ||
	    (!none && !value_holds(in, CMP_GT, size, upper, &above, at)))
		return false;
	return (!below && !above) ||
	       fail(in, at,
	            "dimension %zu of '%s' is %lld, which is outside of its bounds %.20s and "
	            "%.20s",
	            i, f->name, (long long)size.i, shown(in, lower), shown(in, upper));
}

NATIVE(set_nd_range)
{
	static const char *const what[] = {"lower_bounds", "upper_bounds"};
	const Value *v = args->v + 2;
	Described f;
	size_t n;

	*out = VNONE;
	if (!take_feature(in, args, false, &f))
		return false;
	n = msg_count(f.kind, "shape");
	for (int k = 0; k < 2; k++) {
		if (v[k].kind != V_LIST)
			return v[k].kind != V_POISON &&
			       fail(in, args->span, "%s must be a list, found '%s'", what[k],
			            type_name(v[k]));
		if (SEQ_OF(v[k])->n != n)
			return fail(
			    in, args->span,
			    "%s has %u items, expected one for each of the %zu dimensions of '%s'",
			    what[k], SEQ_OF(v[k])->n, n, f.name);
	}
	clear_others(f.kind, "shapeRange", NULL);
	for (size_t i = 0; i < n; i++) {
		Value lower = SEQ_OF(v[0])->at[i], upper = SEQ_OF(v[1])->at[i];
		if (!within(in, &f, i, lower, upper, args->span) ||
		    !put_range(in, msg_sub(msg_lazy(f.kind, "shapeRange"), "sizeRanges"), lower,
		               upper, args->span))
			return false;
	}
	at_least(f.spec, VERSION_ANY_RANK);
	return true;
}

const Member flexible_members[] = {
    TYPE_MEMBER("Shape", &shape_type),
    TYPE_MEMBER("Size", &size_type),
    TYPE_MEMBER("ShapeRange", &shape_range_type),
    TYPE_MEMBER("NeuralNetworkMultiArrayShape", &array_shape_type),
    TYPE_MEMBER("NeuralNetworkImageSize", &image_size_type),
    TYPE_MEMBER("NeuralNetworkMultiArrayShapeRange", &array_range_type),
    TYPE_MEMBER("NeuralNetworkImageSizeRange", &image_range_type),
    FN_MEMBER("add_enumerated_multiarray_shapes", "spec,feature_name,shapes", add_array_shapes),
    FN_MEMBER("add_enumerated_image_sizes", "spec,feature_name,sizes", add_image_sizes),
    FN_MEMBER("add_multiarray_ndshape_enumeration", "spec,feature_name,enumerated_shapes",
              add_nd_shapes),
    FN_MEMBER("update_image_size_range", "spec,feature_name,size_range", set_image_range),
    FN_MEMBER("update_multiarray_shape_range", "spec,feature_name,shape_range", set_array_range),
    FN_MEMBER("set_multiarray_ndshape_range", "spec,feature_name,lower_bounds,upper_bounds",
              set_nd_range),
    END_MEMBER,
};
