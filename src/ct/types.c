/* types.c: the module `types`: element types as scripts name them. */
#include "bind.h"

/* The type an element type prints as in Python, which has one class for each kind. */
static void
dtype_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	DType t = dtype_of_host(self);
	const char *in_module = "type_int.make_int.<locals>.int";

	if (t == DT_BOOL)
		in_module = "type_bool.bool";
	else if (t == DT_STRING)
		in_module = "type_str.str";
	else if (dtype_is_float(t))
		in_module = "type_double.make_float.<locals>.double";
	buf_printf(out, "<class 'coremltools.converters.mil.mil.types.%s'>", in_module);
}

const HostType dtype_type = {
    .name = "type",
    .repr = dtype_repr,
    .equal = same_data,
    .hash = data_hash,
};

Value
bind_dtype(Interp *in, DType t)
{
	return vhost(in, &dtype_type, (void *)(intptr_t)t);
}

bool
dtype_arg(Interp *in, Value v, const char *what, Span at, DType *out)
{
	if (is_host(v, &dtype_type)) {
		*out = dtype_of_host(HOST_OF(v));
		return true;
	}
	*out = DT_NONE;
	return fail(in, at, "%s must be a type such as types.fp32, found '%s'", what, type_name(v));
}

static Value
make_dtype(Interp *in, const Member *m)
{
	return bind_dtype(in, (DType)m->i);
}

/* NumPy's stand-ins for the types it lacks. */
static Value
make_np_dtype(UNUSED Interp *in, const Member *m)
{
	return vdtype((DType)m->i);
}

NATIVE(to_string)
{
	DType t;

	if (!dtype_arg(in, args->v[0], "the argument of types.builtin_to_string", args->span, &t))
		return false;
	*out = vstrz(in, dtype_info[t].mil);
	return true;
}

NATIVE(from_string)
{
	const Str *s;
	DType t;

	if (!as_str(in, args->v[0], &s, "the name of a type", args->span))
		return false;
	t = dtype_from_mil(str_is(s, "str") ? "string" : s->s);
	if (t == DT_NONE)
		return fail(in, args->span, "there is no type named '%s'", s->s);
	*out = bind_dtype(in, t);
	return true;
}

NATIVE(to_numpy)
{
	DType t;

	if (!dtype_arg(in, args->v[0], "the argument of types.nptype_from_builtin", args->span, &t))
		return false;
	*out = vnpclass(t);
	return true;
}

enum { IS_INT, IS_FLOAT, IS_BOOL };

NATIVE(is_kind)
{
	DType t = DT_NONE;

	if (is_host(args->v[0], &dtype_type))
		t = dtype_of_host(HOST_OF(args->v[0]));
	*out = vbool(self.i == IS_INT     ? dtype_is_int(t)
	             : self.i == IS_FLOAT ? dtype_is_float(t)
	                                  : t == DT_BOOL);
	return true;
}

#define TYPE(n, id) MEMBER(n, make_dtype, 0, DT_##id)
#define NP_TYPE(n, id) MEMBER("np_" n "_dtype", make_np_dtype, 0, DT_##id)
const Member types_members[] = {
    TYPE("fp16", FP16),
    TYPE("fp32", FP32),
    TYPE("float", FP32),
    TYPE("double", FP64),
    TYPE("fp64", FP64),
    TYPE("bool", BOOL),
    TYPE("str", STRING),
    TYPE("int4", INT4),
    TYPE("int8", INT8),
    TYPE("int16", INT16),
    TYPE("int32", INT32),
    TYPE("int64", INT64),
    TYPE("uint1", UINT1),
    TYPE("uint2", UINT2),
    TYPE("uint3", UINT3),
    TYPE("uint4", UINT4),
    TYPE("uint6", UINT6),
    TYPE("uint8", UINT8),
    TYPE("uint16", UINT16),
    TYPE("uint32", UINT32),
    TYPE("uint64", UINT64),
    NP_TYPE("int4", INT4),
    NP_TYPE("uint1", UINT1),
    NP_TYPE("uint2", UINT2),
    NP_TYPE("uint3", UINT3),
    NP_TYPE("uint4", UINT4),
    NP_TYPE("uint6", UINT6),
    FN_MEMBER("builtin_to_string", "builtin_type", to_string),
    FN_MEMBER("string_to_builtin", "s", from_string),
    FN_MEMBER("nptype_from_builtin", "btype", to_numpy),
    FN_MEMBER_I("is_int", "t", is_kind, IS_INT),
    FN_MEMBER_I("is_float", "t", is_kind, IS_FLOAT),
    FN_MEMBER_I("is_bool", "t", is_kind, IS_BOOL),
    LATER_MEMBER("complex64", "the complex ops are lowered by a pass of a later version"),
    END_MEMBER,
};
