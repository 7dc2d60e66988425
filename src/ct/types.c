/* types.c: the module `types`: element types as scripts name them. */
#include "bind.h"

#include "nd/nd.h"

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

static int
dtype_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	DType t = dtype_of_host(self);

	if (!str_is(name, "__name__"))
		return 0;
	*out = vstrz(in, t == DT_STRING ? "str" : dtype_info[t].mil);
	return 1;
}

NATIVE(dtype_bitwidth)
{
	*out = vint(dtype_bits(dtype_of_host(HOST_OF(self))));
	return true;
}

static const Native dtype_methods[] = {
    {"get_bitwidth", "", dtype_bitwidth, AS_FUNCTION},
    NATIVE_END,
};

const HostType dtype_type = {
    .name = "type",
    .repr = dtype_repr,
    .getattr = dtype_getattr,
    .methods = dtype_methods,
    .equal = same_data,
    .hash = data_hash,
};

Value
bind_dtype(Interp *in, DType t)
{
	return vhost(in, &dtype_type, (void *)(intptr_t)t);
}

/* ---- types of values ---- */

static const Type *
type_of_value(Value v)
{
	return HOST_OF(v)->data;
}

static void
type_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	static const char *const name[] = {[TY_TENSOR] = "type_tensor.tensor.<locals>.tensor",
	                                   [TY_LIST] = "type_list.list.<locals>.list",
	                                   [TY_STATE] = "type_state.state.<locals>.state"};
	TypeKind k = ((const Type *)self->data)->kind;

	buf_printf(out, "<class 'coremltools.converters.mil.mil.types.%s'>",
	           k < countof(name) && name[k] ? name[k] : "type_unknown.unknown");
}

NATIVE(type_shape)
{
	const Type *t = type_of_value(self);

	if (t->kind != TY_TENSOR)
		return fail(in, args->span, "only the type of a tensor has a shape");
	*out = bind_shape(in, t->dim, t->rank);
	return true;
}

NATIVE(type_primitive)
{
	const Type *t = type_of_value(self);

	if (t->kind != TY_TENSOR)
		return fail(in, args->span, "only the type of a tensor has an element type");
	*out = bind_dtype(in, t->dtype);
	return true;
}

NATIVE(type_wrapped)
{
	const Type *t = type_of_value(self);

	if (t->kind != TY_STATE)
		return fail(in, args->span, "only the type of a state wraps another one");
	*out = bind_type(in, t->elem);
	return true;
}

static const Native type_methods[] = {
    {"get_shape", "", type_shape, AS_FUNCTION},
    {"get_primitive", "", type_primitive, AS_FUNCTION},
    {"wrapped_type", "", type_wrapped, AS_FUNCTION},
    NATIVE_END,
};

static const HostType type_type = {
    .name = "type",
    .repr = type_repr,
    .methods = type_methods,
    .equal = same_data,
    .hash = data_hash,
};

Value
bind_type(Interp *in, const Type *t)
{
	return t->kind == TY_TENSOR && t->rank == 0 ? bind_dtype(in, t->dtype)
	                                            : vhost(in, &type_type, (void *)(uintptr_t)t);
}

const Type *
type_arg(Interp *in, Value v)
{
	Types *t = bind_of(in)->types;

	return is_host(v, &type_type)    ? type_of_value(v)
	       : is_host(v, &dtype_type) ? type_scalar(t, dtype_of_host(HOST_OF(v)))
	                                 : NULL;
}

/* is_tensor, is_list, is_state; WITH: the kind */
NATIVE(is_type_kind)
{
	*out = vbool(is_host(args->v[0], &type_type) &&
	             type_of_value(args->v[0])->kind == (TypeKind)self.i);
	return true;
}

enum { COMPATIBLE, SUBTYPE };

NATIVE(compare_types)
{
	const Type *a = type_arg(in, args->v[0]), *b = type_arg(in, args->v[1]);

	if (!a || !b)
		return fail(in, args->span,
		            "%s takes two types such as x.sym_type, found '%s' and '%s'",
		            args->fn->name, type_name(args->v[0]), type_name(args->v[1]));
	*out = vbool(self.i == SUBTYPE ? type_is_subtype(a, b) : type_compatible(a, b));
	return true;
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

/* types.tensor(primitive, shape) */
NATIVE(make_tensor)
{
	Types *types = bind_of(in)->types;
	const Type *t;
	uint32_t rank;
	Dim *dim;
	DType d;

	if (!dtype_arg(in, args->v[0], "primitive of types.tensor", args->span, &d) ||
	    !script_shape(in, args->v[1], "the shape of types.tensor", args->span, &dim, &rank))
		return false;
	t = type_tensor(types, d, dim, rank);
	if (!type_is_possible(t))
		return fail(in, args->span, "types.tensor has shape %s: " TYPE_LIMITS,
		            shape_str(types, dim, rank));
	*out = vhost(in, &type_type, (void *)(uintptr_t)t);
	return true;
}

NATIVE(from_numpy)
{
	DType t;

	if (!as_dtype(in, args->v[0], &t, args->span))
		return false;
	if (args->v[0].kind == V_TYPE) /* Python's own int and float */
		t = t == DT_INT64 ? DT_INT32 : t == DT_FP64 ? DT_FP32 : t;
	*out = bind_dtype(in, t);
	return true;
}

/* As NumPy does it, but that a float stays what it is beside signed integers; a str takes in all,
 * then a complex type. */
static DType
promote(DType a, DType b)
{
	static const DType takes[] = {DT_STRING, DT_COMPLEX64};

	if (a == b)
		return a;
	for (size_t k = 0; k < countof(takes); k++)
		if (a == takes[k] || b == takes[k])
			return takes[k];
	if (dtype_is_float(a) && dtype_info[b].kind == 'i')
		return a;
	return dtype_is_float(b) && dtype_info[a].kind == 'i' ? b : nd_promote(a, b);
}

NATIVE(promote_types)
{
	DType a, b;

	if (!dtype_arg(in, args->v[0], "dtype1 of types.promote_types", args->span, &a) ||
	    !dtype_arg(in, args->v[1], "dtype2 of types.promote_types", args->span, &b))
		return false;
	*out = bind_dtype(in, promote(a, b));
	return true;
}

NATIVE(promote_dtypes)
{
	Value v = args->v[0];
	DType all = DT_NONE, t;

	if ((v.kind != V_LIST && v.kind != V_TUPLE) || !SEQ_OF(v)->n)
		return fail(in, args->span,
		            "types.promote_dtypes takes a list of types, with one at least");
	for (uint32_t k = 0; k < SEQ_OF(v)->n; k++) {
		if (!dtype_arg(in, SEQ_OF(v)->at[k], "an element of dtypes", args->span, &t))
			return false;
		all = all == DT_NONE || all == t ? t : promote(all, t);
	}
	*out = bind_dtype(in, all);
	return true;
}

NATIVE(has_complete_shape)
{
	const Type *t = is_host(args->v[0], &type_type) ? type_of_value(args->v[0]) : NULL;

	*out = vbool(!t || t->kind != TY_TENSOR || t->rank > 0);
	return true;
}

enum { IS_INT, IS_FLOAT, IS_BOOL, IS_COMPLEX, IS_STR, IS_SCALAR, IS_SUB_BYTE };

NATIVE(is_kind)
{
	DType t = DT_NONE;

	if (is_host(args->v[0], &dtype_type))
		t = dtype_of_host(HOST_OF(args->v[0]));
	*out = vbool(self.i == IS_INT        ? dtype_is_int(t)
	             : self.i == IS_FLOAT    ? dtype_is_float(t)
	             : self.i == IS_COMPLEX  ? t == DT_COMPLEX64
	             : self.i == IS_STR      ? t == DT_STRING
	             : self.i == IS_SUB_BYTE ? t != DT_NONE && dtype_bits(t) < 8
	             : self.i == IS_SCALAR   ? t != DT_NONE && t != DT_STRING
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
    FN_MEMBER("numpy_type_to_builtin_type", "nptype", from_numpy),
    FN_MEMBER("type_to_builtin_type", "type", from_numpy),
    FN_MEMBER("promote_types", "dtype1,dtype2", promote_types),
    FN_MEMBER("promote_dtypes", "dtypes", promote_dtypes),
    FN_MEMBER("tensor", "primitive,shape", make_tensor),
    FN_MEMBER("tensor_has_complete_shape", "tensor_type", has_complete_shape),
    FN_MEMBER_I("is_int", "t", is_kind, IS_INT),
    FN_MEMBER_I("is_float", "t", is_kind, IS_FLOAT),
    FN_MEMBER_I("is_bool", "t", is_kind, IS_BOOL),
    FN_MEMBER_I("is_complex", "t", is_kind, IS_COMPLEX),
    FN_MEMBER_I("is_str", "t", is_kind, IS_STR),
    FN_MEMBER_I("is_scalar", "t", is_kind, IS_SCALAR),
    FN_MEMBER_I("is_sub_byte", "t", is_kind, IS_SUB_BYTE),
    FN_MEMBER_I("is_tensor", "t", is_type_kind, TY_TENSOR),
    FN_MEMBER_I("is_list", "t", is_type_kind, TY_LIST),
    FN_MEMBER_I("is_state", "t", is_type_kind, TY_STATE),
    FN_MEMBER_I("types.is_compatible_type", "type1,type2", compare_types, COMPATIBLE),
    FN_MEMBER_I("types.is_subtype", "type1,type2", compare_types, SUBTYPE),
    TYPE("complex64", COMPLEX64),
    END_MEMBER,
};
