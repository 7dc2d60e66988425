/* types.c: the builtin types as values (V_TYPE): their calls int(…), list(…), type(…), their
 * functions such as dict.fromkeys, and isinstance().
 */
#include "builtins.h"
#include "class.h"
#include "core.h"

/* ---- numbers ---- */

static bool
int_of_text(Interp *in, Value v, Value base, Value *out, Span at)
{
	int64_t b = 10;

	if (base.kind != V_UNSET && !as_int(in, base, &b, "the base of int()", at))
		return false;
	if (b != 0 && (b < 2 || b > 36))
		return fail(in, at, "the base of int() must be 0 or from 2 to 36");
	return num_parse_int(in, v, (int)b, out, at);
}

/* An object that is or makes a number becomes it; -1: failed. */
static int
as_number(Interp *in, Value *v, Special first, Span at)
{
	int r = class_of(*v) ? special_call(in, *v, first, 0, 0, v, at) : 0;

	if (!r && class_of(*v))
		r = ask_index(in, v, at) ? 0 : -1;
	*v = instance_value(*v);
	return r;
}

NATIVE(make_int)
{
	int r = as_number(in, &args->v[0], SP_int, args->span);

	if (r < 0)
		return false;

	*out = vint(0);
	if (args->v[0].kind == V_STR || args->v[0].kind == V_BYTES)
		return int_of_text(in, args->v[0], args->v[1], out, args->span);
	if (args->v[1].kind != V_UNSET)
		return fail(in, args->span,
		            args->v[0].kind == V_UNSET ? "int() takes a base, but got no string"
		                                       : "int() takes a base only with a string");
	if (args->v[0].kind == V_UNSET)
		return true;
	if (args->v[0].kind == V_FLOAT)
		return num_from_double(in, args->v[0].f, out, args->span);
	if (is_int(args->v[0])) {
		*out = int_value(args->v[0]);
		return true;
	}
	if (args->v[0].kind == V_HOST &&
	    HOST_OF(args->v[0])->type->number) { /* a member of an IntEnum */
		*out = vint(HOST_OF(args->v[0])->type->number(HOST_OF(args->v[0])));
		return true;
	}
	r = is_np(args->v[0]) ? arrays(in)->to_int(in, args->v[0], out, args->span) : 0;
	if (r || host_refuses(in, "int", args->v[0], VUNSET, args->span))
		return r > 0;
	return fail(in, args->span, "int() takes a number or a string, not '%s'",
	            type_name(args->v[0]));
}

NATIVE(make_float)
{
	Value v;
	double d;

	*out = vfloat(0);
	if (!args->npos)
		return true;
	v = args->pos[0];
	if (as_number(in, &v, SP_float, args->span) < 0)
		return false;
	if (v.kind == V_STR)
		return num_parse_float(in, v, out, args->span);
	if (!is_num(v) && !is_np(v) && v.kind != V_HOST)
		return fail(in, args->span, "float() takes a number or a string, not '%s'",
		            type_name(v));
	if (!as_double(in, v, &d, "the argument of float()", args->span))
		return false;
	*out = vfloat(d);
	return true;
}

NATIVE(make_bool)
{
	bool b = false;

	if (args->npos && !value_truth(in, args->pos[0], &b, args->span))
		return false;
	*out = vbool(b);
	return true;
}

/* ---- text ---- */

NATIVE(make_str)
{
	Buf b = {0};

	if (args->npos && args->pos[0].kind == V_STR && !args->pos[0].o->sub) {
		*out = args->pos[0];
		return true;
	}
	if (args->npos)
		value_str(in, args->pos[0], &b);
	*out = vstr_buf(in, &b);
	return true;
}

NATIVE(make_bytes)
{
	*out = vbytes(in, "", 0);
	return !args->npos || bytes_make(in, args->pos[0], out, args->span);
}

/* ---- containers ---- */

NATIVE(make_list)
{
	*out = vlist(in, 0, 0);
	return !args->npos || list_extend(in, *out, args->pos[0], args_at(args, 0));
}

NATIVE(make_tuple)
{
	Value list = vlist(in, 0, 0);

	if (args->npos && args->pos[0].kind == V_TUPLE && !args->pos[0].o->sub) {
		*out = args->pos[0];
		return true;
	}
	if (args->npos && !list_extend(in, list, args->pos[0], args_at(args, 0)))
		return false;
	*out = vtuple(in, SEQ_OF(list)->at, SEQ_OF(list)->n);
	return true;
}

NATIVE(make_dict)
{
	*out = vdict(in);
	return dict_fill(in, *out, args);
}

NATIVE(make_set)
{
	*out = vset(in);
	return !args->npos || set_update_from(in, *out, args->pos[0], args_at(args, 0));
}

NATIVE(make_frozenset)
{
	if (args->npos && is_frozen(args->pos[0])) {
		*out = args->pos[0];
		return true;
	}
	*out = vset(in);
	if (args->npos && !set_update_from(in, *out, args->pos[0], args_at(args, 0)))
		return false;
	DICT_OF(*out)->frozen = true;
	return true;
}

NATIVE(make_range)
{
	int64_t v[3] = {0, 0, 1};

	for (uint32_t i = 0; i < args->npos; i++)
		if (!as_int(in, args->pos[i], &v[args->npos == 1 ? 1 : i], "an argument of range()",
		            args_at(args, i)))
			return false;
	if (!v[2])
		return fail(in, args_at(args, 2), "range() argument 3 must not be zero");
	*out = vrange(in, v[0], v[1], v[2]);
	return true;
}

NATIVE(make_slice)
{
	Value v[3] = {VNONE, VNONE, VNONE};

	for (uint32_t i = 0; i < args->npos; i++)
		v[args->npos == 1 ? 1 : i] = args->pos[i];
	*out = vslice(in, v[0], v[1], v[2]);
	return true;
}

NATIVE(make_type)
{
	if (args->npos == 3)
		return type_new(in, VUNSET, args, out);
	if (!args_count(in, "type", args, 1, 1))
		return false;
	*out = type_of(args->pos[0]);
	return true;
}

/* ---- the table ---- */

static const Native type_info[] = {
    [V_BOOL] = {"bool", "x=,/", make_bool, 0},
    [V_INT] = {"int", "x=,/,base=", make_int, 0},
    [V_FLOAT] = {"float", "x=,/", make_float, 0},
    [V_STR] = {"str", "x=,/", make_str, 0},
    [V_BYTES] = {"bytes", "x=,/", make_bytes, 0},
    [V_TUPLE] = {"tuple", "x=,/", make_tuple, 0},
    [V_LIST] = {"list", "x=,/", make_list, 0},
    [V_DICT] = {"dict", 0, make_dict, 0},
    [V_SET] = {"set", "x=,/", make_set, 0},
    [V_RANGE] = {"range", "x,y=,z=,/", make_range, 0},
    [V_SLICE] = {"slice", "x,y=,z=,/", make_slice, 0},
    [V_DTYPE] = {"numpy.dtype", 0, 0, 0},
    [TYPE_OBJECT] = {"object", 0, 0, 0},
    [TYPE_TYPE] = {"type", 0, make_type, 0},
    [TYPE_COMPLEX] = {"complex", 0, 0, 0},
    [TYPE_FROZENSET] = {"frozenset", "x=,/", make_frozenset, 0},
    [TYPE_GENERATOR] = {"generator", 0, 0, 0},
    [TYPE_NP_GENERIC] = {"numpy.generic", 0, 0, 0},
    [TYPE_NP_NUMBER] = {"numpy.number", 0, 0, 0},
    [TYPE_NP_INTEGER] = {"numpy.integer", 0, 0, 0},
    [TYPE_NP_SIGNED] = {"numpy.signedinteger", 0, 0, 0},
    [TYPE_NP_UNSIGNED] = {"numpy.unsignedinteger", 0, 0, 0},
    [TYPE_NP_INEXACT] = {"numpy.inexact", 0, 0, 0},
    [TYPE_NP_FLOATING] = {"numpy.floating", 0, 0, 0},
};

/* The type of a host object is a V_TYPE too: .i is the address of its HostType. */
const HostType *
host_type_of(Value type)
{
	return type.kind == V_TYPE && (uint64_t)type.i >= countof(type_info)
	           ? (const HostType *)(intptr_t)type.i
	           : 0;
}

const char *
type_value_name(Value type)
{
	const HostType *h = host_type_of(type);

	return h                        ? h->name
	       : type_info[type.i].name ? type_info[type.i].name
	                                : kind_name((VKind)type.i);
}

const char *
type_value_module(Value type)
{
	const HostType *h = host_type_of(type);

	return h && h->module ? h->module : "";
}

bool
type_call(Interp *in, Value type, const Args *args, Value *out)
{
	const HostType *h = host_type_of(type);

	if (h && h->make)
		return h->make(in, type, args, out);
	if (type.i == TYPE_OBJECT && !args->npos && !args->nkw) {
		*out = instance_new(in, CLASS_OF(object_class(in)));
		return true;
	}
	if (h || !type_info[type.i].fn)
		return fail(in, args->callee, "a '%s' cannot be made by a call here",
		            type_value_name(type));
	return native_call(in, &type_info[type.i], VUNSET, args, out);
}

/* type(v) */
Value
type_of(Value v)
{
	if (class_of(v))
		return vobj(class_of(v));
	switch (v.kind) {
	case V_SET:
		return vtype(is_frozen(v) ? TYPE_FROZENSET : V_SET);
	case V_CLASS:
		return CLASS_OF(v)->meta ? vobj(CLASS_OF(v)->meta) : vtype(TYPE_TYPE);
	case V_BIG:
		return vtype(V_INT);
	case V_ITER:
		return vtype(strcmp(type_name(v), "generator") ? V_ITER : TYPE_GENERATOR);
	case V_TYPE:
	case V_DTYPE:
		return vtype(TYPE_TYPE);
	case V_NPSCALAR:
		return vnpclass(ARRAY_OF(v)->dtype);
	case V_HOST:
		return vhosttype(HOST_OF(v)->type);
	default:
		return vtype((int)v.kind);
	}
}

/* ---- attributes of types ---- */

NATIVE(dict_fromkeys)
{
	Value list;

	if (!value_to_list(in, args->pos[0], &list, args_at(args, 0)))
		return false;
	*out = vdict(in);
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!dict_set(in, *out, SEQ_OF(list)->at[i], args->npos > 1 ? args->pos[1] : VNONE,
		              args_at(args, 0)))
			return false;
	return true;
}

NATIVE(int_from_bytes)
{
	bool little = false, sign = false;
	Int a = {0}, unit;
	StrObj *s;

	if (args->v[2].kind != V_UNSET && !value_truth(in, args->v[2], &sign, args->span))
		return false;
	if (args->v[0].kind != V_BYTES)
		return fail(in, args->span, "int.from_bytes() takes bytes, not %s",
		            type_name(args->v[0]));
	if (!byteorder_arg(in, args, args->v[1], &little))
		return false;
	s = STR_OF(args->v[0]);
	if (s->len > BIG_BITS / 8)
		return fail(in, args->span, "int.from_bytes() of %u bytes is too large", s->len);
	for (uint32_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->s[little ? s->len - 1 - i : i];
		big_from_i64(&unit, c);
		big_shl(&a, &a, 8);
		big_add(&a, &a, &unit);
	}
	if (sign && s->len && big_bits(&a) == s->len * 8) {
		big_from_i64(&unit, 1);
		big_shl(&unit, &unit, s->len * 8);
		big_sub(&a, &a, &unit);
	}
	*out = big_value(in, &a);
	return true;
}

/* str.lower as a value: a function whose first argument is the receiver. self is a V_TYPE whose .i
 * holds the kind and, above it, the method's index. */
NATIVE(unbound_call)
{
	int kind = (int)(self.i & 0xff);
	const Native *m = &methods_of(kind)[self.i >> 8];
	Args rest = *args;
	bool is;

	if (!args->npos)
		return fail(in, args->span, "%s() needs a value of type '%s' as its first argument",
		            m->name, type_info[kind].name);
	if (!is_instance(in, args->pos[0], vtype(kind), &is, args->span))
		return false;
	if (!is)
		return fail(in, args_at(args, 0), "%s()%.0s needs a value of type '%s', not '%s'",
		            m->name, last_part(m->name), type_info[kind].name,
		            type_name(args->pos[0]));
	rest.pos++;
	rest.npos--;
	if (rest.pos_span)
		rest.pos_span++;
	return native_call(in, m, args->pos[0], &rest, out);
}

bool
is_unbound(Value v)
{
	return v.kind == V_BUILTIN && BUILTIN_OF(v)->fn->fn == unbound_call;
}

static Value
type_mro(Interp *in, Value type)
{
	Value mro[3] = {type, vtype(V_INT), vtype(TYPE_OBJECT)};

	if (type.i == V_BOOL)
		return vtuple(in, mro, 3);
	mro[1] = mro[2];
	return vtuple(in, mro, type.i == TYPE_OBJECT ? 1 : 2);
}

int
type_getattr(Interp *in, Value type, const Str *name, Value *out)
{
	static const Native fromkeys = METHOD_AS(dict, fromkeys, dict_fromkeys, "x,y=,/"),
	                    from_bytes = METHOD_AS(int, from_bytes, int_from_bytes,
	                                           "bytes,byteorder=,*,signed=");
	const HostType *h = host_type_of(type);
	const Native *m, *all;

	if (str_is(name, "__name__") || str_is(name, "__qualname__")) {
		*out = vstrz(in, last_part(type_value_name(type)));
		return 1;
	}
	if (str_is(name, "__module__")) {
		*out = vstrz(in, "builtins");
		return 1;
	}
	if (str_is(name, "__bases__")) {
		Value base = vtype(type.i == V_BOOL ? (int)V_INT : TYPE_OBJECT);
		*out = vtuple(in, &base, type.i != TYPE_OBJECT);
		return 1;
	}
	if (str_is(name, "__mro__")) {
		*out = type_mro(in, type);
		return 1;
	}
	if (str_is(name, "__dict__")) {
		*out = vdict(in);
		return 1;
	}
	if (h)
		return h->class_attr ? h->class_attr(in, h, name, out) : 0;
	if (type.i == V_DICT && str_is(name, "fromkeys")) {
		*out = vnative(in, &fromkeys, VUNSET);
		return 1;
	}
	if (type.i == V_INT && str_is(name, "from_bytes")) {
		*out = vnative(in, &from_bytes, VUNSET);
		return 1;
	}
	all = methods_of((int)type.i);
	m = all ? native_find(all, name, 0) : 0;
	if (m)
		*out =
		    vbuiltin(in, m->name, unbound_call, vtype((int)type.i | (int)(m - all) << 8));
	if (m)
		return 1;
	m = dunder_find((int)type.i, name);
	if (m)
		*out = vnative(in, m, UNBOUND);
	return m != 0;
}

/* ---- isinstance ---- */

static bool
np_instance(Value v, int type)
{
	char kind;

	if (v.kind != V_NPSCALAR)
		return false;
	kind = dtype_info[ARRAY_OF(v)->dtype].kind;
	switch (type) {
	case TYPE_NP_GENERIC:
		return true;
	case TYPE_NP_NUMBER:
		return kind != 'b' && kind != 's';
	case TYPE_NP_INTEGER:
		return kind == 'i' || kind == 'u';
	case TYPE_NP_SIGNED:
		return kind == 'i';
	case TYPE_NP_UNSIGNED:
		return kind == 'u';
	default:
		return kind == 'f' || (type == TYPE_NP_INEXACT && kind == 'c');
	}
}

static bool
kind_instance(Value v, int type)
{
	switch (type) {
	case TYPE_OBJECT:
		return true;
	case V_INT:
		return is_int(v);
	case V_FLOAT: /* np.float64 is one too */
		return v.kind == V_FLOAT || (v.kind == V_NPSCALAR && ARRAY_OF(v)->dtype == DT_FP64);
	case TYPE_TYPE:
		return v.kind == V_TYPE || v.kind == V_DTYPE || v.kind == V_CLASS;
	case TYPE_GENERATOR:
		return v.kind == V_ITER && !strcmp(type_name(v), "generator");
	case TYPE_COMPLEX:
		return false;
	case V_SET:
		return v.kind == V_SET && !is_frozen(v);
	case TYPE_FROZENSET:
		return is_frozen(v);
	default:
		return type >= TYPE_NP_GENERIC ? np_instance(v, type) : (int)v.kind == type;
	}
}

bool
is_instance(Interp *in, Value v, Value type, bool *out, Span at)
{
	const HostType *h = host_type_of(type);
	Value yes;
	int r;

	*out = false;
	if (is_poison(v) || is_poison(type))
		return false;
	switch (type.kind) {
	case V_CLASS:
		r = type_special(in, type, SP_instancecheck, &v, 1, &yes, at);
		if (r)
			return r > 0 && value_truth(in, yes, out, at);
		*out = class_of(v) && class_has(in, class_of(v), type);
		if (v.kind == V_CLASS && CLASS_OF(v)->meta)
			*out = class_has(in, CLASS_OF(v)->meta, type);
		return true;
	case V_INSTANCE: /* typing.List */
		r = special_call(in, type, SP_instancecheck, &v, 1, &yes, at);
		if (r)
			return r > 0 && value_truth(in, yes, out, at);
		return fail(in, at, "isinstance() takes a type or a tuple of types, not '%s'",
		            type_name(type));
	case V_TUPLE:
		for (uint32_t i = 0; !*out && i < SEQ_OF(type)->n; i++)
			if (!is_instance(in, v, SEQ_OF(type)->at[i], out, at))
				return false;
		return true;
	case V_TYPE:
		if (!h)
			*out = kind_instance(v, (int)type.i) ||
			       (v.kind == V_INSTANCE && class_has(in, class_of(v), type));
		for (const HostType *t = h && v.kind == V_HOST ? HOST_OF(v)->type : NULL; t;
		     t = t->base)
			*out |= t == h;
		return true;
	case V_DTYPE:
		*out = v.kind == V_NPSCALAR && ARRAY_OF(v)->dtype == value_dtype(type);
		return true;
	case V_BUILTIN: /* a constructor of host objects, such as MLModel */
		*out = v.kind == V_HOST && !strcmp(last_part(HOST_OF(v)->type->name),
		                                   last_part(BUILTIN_OF(type)->fn->name));
		return true;
	default:
		return fail(in, at, "isinstance() takes a type or a tuple of types, not '%s'",
		            type_name(type));
	}
}
