/* features.c: values as features of the description. An array holds few types: of others it holds
 * the one that a cast leads to or comes from.
 */
#include "editing.h"

static const struct {
	DType t;
	int code, since;
	DType as; /* what arrays hold instead of types that have no row: of floats, of all others */
} arrays[] = {
    {DT_FP32, 0x10020, 1, DT_NONE},      {DT_FP64, 0x10040, 1, DT_NONE},
    {DT_INT32, 0x20020, 1, DT_NONE},     {DT_FP16, 0x10010, IOS16, DT_FP32},
    {DT_INT8, 0x20008, IOS26, DT_INT32},
};

int64_t
array_code(DType t, int version)
{
	for (size_t i = 0; i < countof(arrays); i++)
		if (arrays[i].t == t && arrays[i].since <= version)
			return arrays[i].code;
	return 0;
}

/* What an array holds for that type. */
static DType
array_dtype(DType t, int version)
{
	if (array_code(t, version))
		return t;
	return dtype_is_float(t) ? DT_FP32 : DT_INT32;
}

DType
tensor_dtype(const Msg *type)
{
	return dtype_from_pb((int)msg_get_int(msg_get(type, "tensorType"), "dataType"));
}

int64_t
feature_index(const Msg *face, const char *list, const char *name)
{
	for (size_t i = 0; i < msg_count(face, list); i++)
		if (!strcmp(msg_get_string(msg_at(face, list, i), "name"), name))
			return (int64_t)i;
	return -1;
}

void
feature_drop(Msg *face, const char *list, const char *name)
{
	static const char *const named[] = {"predictedFeatureName", "predictedProbabilitiesName"};
	int64_t i;

	while ((i = feature_index(face, list, name)) >= 0)
		msg_remove(face, list, (size_t)i);
	for (size_t k = 0; k < countof(named) && !strcmp(list, "output"); k++)
		if (!strcmp(msg_get_string(face, named[k]), name))
			msg_clear(face, named[k]);
}

/* Dimensions that are not known are 1 by default, and free; an output then has no shape. */
static void
put_shape(Msg *array, const Msg *tensor, bool input)
{
	size_t n = msg_count(tensor, "dimensions");
	bool known = true;
	Msg *range;

	for (size_t i = 0; i < n; i++)
		known &= msg_has(msg_at(tensor, "dimensions", i), "constant");
	if ((!known && !input) || !n) {
		if (input)
			msg_int(array, "shape", 1);
		return;
	}
	range = known ? NULL : msg_sub(array, "shapeRange");
	for (size_t i = 0; i < n; i++) {
		const Msg *constant = msg_get(msg_at(tensor, "dimensions", i), "constant");
		int64_t size = constant ? msg_get_int(constant, "size") : 1;
		Msg *one = range ? msg_sub(range, "sizeRanges") : NULL;
		msg_int(array, "shape", size);
		if (one) {
			msg_int(one, "lowerBound", size);
			msg_int(one, "upperBound", constant ? size : -1);
		}
	}
}

static void
put_feature(Function *f, const char *list, const char *name, const Msg *type, DType t)
{
	Msg *feature = msg_sub(f->face, list), *array;
	int version = (int)msg_get_int(f->e->spec, "specificationVersion");

	msg_string(feature, "name", name);
	array = msg_sub(msg_sub(feature, "type"), "multiArrayType");
	put_shape(array, msg_get(type, "tensorType"), !strcmp(list, "input"));
	msg_int(array, "dataType", array_code(t, version));
}

/* Whether the function's opset can make one of the other. */
static bool
can_cast(const Function *f, DType from, DType to)
{
	const char *opset = msg_get_string(f->function, "opset");
	const OpDef *cast = NULL;

	for (int o = IOS13; o <= IOS26; o++)
		if (!strcmp(opset_coreml((Opset)o), opset))
			cast = op_for_opset(OP_cast, (Opset)o);
	return cast && cast->param[op_param(cast, "x")].mask & 1u << from &&
	       cast->param[op_param(cast, "x")].mask & 1u << to;
}

static bool
is_array(Function *f, const char *name, const Msg *type, DType *as)
{
	DType t = tensor_dtype(type);
	int version = (int)msg_get_int(f->e->spec, "specificationVersion");

	if (t == DT_NONE || t == DT_STRING || t == DT_COMPLEX64)
		return diag_error(
		    f->e->diag, f->e->place,
		    "'%s' is no tensor of numbers: expected one for what goes in or out", name);
	*as = array_dtype(t, version);
	return *as == t || can_cast(f, t, *as) ||
	       diag_error(f->e->diag, f->e->place,
	                  "'%s' is of type %s, which neither goes in or out nor can be cast", name,
	                  dtype_info[t].mil);
}

bool
add_output(Function *f, const char *name)
{
	const Made *v = function_value(f, name);
	const char *out = name;
	DType as;

	if (!v)
		return diag_error(f->e->diag, f->e->place,
		                  "function '%s' has no value '%s' outside of nested blocks%s",
		                  f->name, name, value_near(f, name));
	if (!is_array(f, name, v->type, &as))
		return false;
	if (as != tensor_dtype(v->type)) {
		out = edit_name(f, arena_printf(f->e->arena, "%s_%s", name, dtype_info[as].mil));
		put_cast(f, msg_count(f->block, "operations"), name, out, as);
		v = function_value(f, out);
	}
	msg_string(f->block, "outputs", out);
	put_feature(f, "output", out, v->type, as);
	return true;
}

bool
add_input(Function *f, const char *name, const Msg *type)
{
	const char *in = name;
	Msg *named;
	DType as;

	if (!is_array(f, name, type, &as))
		return false;
	if (as != tensor_dtype(type))
		in = edit_name(f, arena_printf(f->e->arena, "%s_%s", name, dtype_info[as].mil));
	named = msg_sub(f->function, "inputs");
	msg_string(named, "name", in);
	msg_int(msg_edit(msg_adopt(named, "type", type), "tensorType"), "dataType",
	        dtype_info[as].pb);
	function_values(f);
	if (in != name)
		put_cast(f, 0, in, name, tensor_dtype(type));
	put_feature(f, "input", in, msg_get(named, "type"), as);
	return true;
}
