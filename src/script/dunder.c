/* dunder.c: the special methods of object and the builtin types as functions: what super() leads to
 * in a subclass of dict, and dict.__getitem__ by its name. They do what the builtin type does,
 * whatever the class of the object has in its place (Interp.plain).
 */
#include "class.h"

#include "builtins.h"
#include "core.h"

/* Runs fn on self without asking its class. */
#define PLAINLY(in, self, result)                                                                  \
	do {                                                                                       \
		const Obj *was = (in)->plain;                                                      \
		bool ok;                                                                           \
		(in)->plain = (self).kind == V_INSTANCE || (self).kind == V_CLASS ||               \
		              class_of(self) ? (self).o : was;                                     \
		ok = (result);                                                                     \
		(in)->plain = was;                                                                 \
		return ok;                                                                         \
	} while (0)

NATIVE(dunder_init)
{
	*out = VNONE;
	return !class_of(self) || default_init(in, self, args);
}

NATIVE(dunder_repr)
{
	Buf b = {0};
	const Obj *was = in->plain;

	in->plain = on_heap(self) ? self.o : 0;
	value_repr(in, self, &b);
	in->plain = was;
	*out = vstr_buf(in, &b);
	return !in->pending.any;
}

/* object.__str__ asks __repr__ of the class. */
NATIVE(dunder_str)
{
	Buf b = {0};

	if (self.kind == V_STR) {
		*out = vstr(in, STR_OF(self)->s, STR_OF(self)->len);
		return true;
	}
	value_repr(in, self, &b);
	*out = vstr_buf(in, &b);
	return !in->pending.any;
}

NATIVE(dunder_format)
{
	const Str *spec;
	Buf b = {0};
	bool ok;

	if (!as_str(in, args->pos[0], &spec, "a format specifier", args->span))
		return false;
	if (self.kind == V_INSTANCE && instance_value(self).kind == V_INSTANCE && !spec->len) {
		value_str(in, self, &b);
		*out = vstr_buf(in, &b);
		return true;
	}
	ok = value_format(in, instance_value(self), spec->s, spec->len, &b, args->span);
	*out = vstr_buf(in, &b);
	return ok;
}

static bool
plain_hash(Interp *in, Value v, Value *out, Span at)
{
	uint64_t h = 0;

	if (!value_hash(in, v, &h, at))
		return false;
	*out = vint((int64_t)h);
	return true;
}

NATIVE(dunder_hash)
{
	PLAINLY(in, self, plain_hash(in, self, out, args->span));
}

/* with: the CmpOp */
static bool
plain_compare(Interp *in, CmpOp op, Value a, Value b, Value *out, Span at)
{
	Value p = instance_value(a), q = instance_value(b);

	if (p.kind == V_INSTANCE && op != CMP_EQ && op != CMP_NE) {
		*out = (Value){.kind = V_NOTIMPLEMENTED};
		return true;
	}
	if (p.kind == V_INSTANCE || (p.kind != q.kind && !(is_num(p) && is_num(q)))) {
		bool same = value_is(a, b);
		*out = same ? vbool(op == CMP_EQ) : (Value){.kind = V_NOTIMPLEMENTED};
		return true;
	}
	return value_compare(in, op, p, q, out, at);
}

NATIVE(dunder_compare)
{
	PLAINLY(in, self, plain_compare(in, (CmpOp)args_with(args), self, args->pos[0], out,
	                                args->span));
}

static bool
plain_len(Interp *in, Value v, Value *out, Span at)
{
	int64_t n;

	if (!value_len(in, v, &n, at))
		return false;
	*out = vint(n);
	return true;
}

NATIVE(dunder_len)
{
	PLAINLY(in, self, plain_len(in, self, out, args->span));
}

NATIVE(dunder_getitem)
{
	PLAINLY(in, self, value_getitem(in, self, args->pos[0], out, args->span));
}

NATIVE(dunder_setitem)
{
	*out = VNONE;
	PLAINLY(in, self, value_setitem(in, self, args->pos[0], args->pos[1], args->span));
}

NATIVE(dunder_delitem)
{
	*out = VNONE;
	PLAINLY(in, self, value_delitem(in, self, args->pos[0], args->span));
}

static bool
plain_contains(Interp *in, Value v, Value item, Value *out, Span at)
{
	bool yes;

	if (!value_contains(in, v, item, &yes, at))
		return false;
	*out = vbool(yes);
	return true;
}

NATIVE(dunder_contains)
{
	PLAINLY(in, self, plain_contains(in, self, args->pos[0], out, args->span));
}

NATIVE(dunder_iter)
{
	PLAINLY(in, self, value_iter(in, self, out, args->span));
}

/* with: the BinOp, or + 64: of the right operand */
static bool
plain_binary(Interp *in, int op, Value a, Value b, Value *out, Span at)
{
	Value p = instance_value(a), q = instance_value(b);
	bool seq = p.kind == V_LIST || p.kind == V_TUPLE || p.kind == V_STR;

	if (!(is_num(p) && is_num(q)) && !(seq && (p.kind == q.kind || is_int(q))) &&
	    !(p.kind == q.kind && (p.kind == V_SET || p.kind == V_DICT))) {
		*out = (Value){.kind = V_NOTIMPLEMENTED};
		return true;
	}
	return op & 64 ? value_binary(in, (BinOp)(op & 63), q, p, out, at)
	               : value_binary(in, (BinOp)op, p, q, out, at);
}

NATIVE(dunder_binary)
{
	PLAINLY(in, self, plain_binary(in, args_with(args), self, args->pos[0], out, args->span));
}

static bool
plain_setattr(Interp *in, Value v, const Str *name, Value x, Span at)
{
	if (v.kind == V_CLASS)
		return class_setattr(in, v, name, x, at);
	if (class_of(v))
		return object_setattr(in, v, name, x, at);
	return value_setattr(in, v, name, x, at);
}

NATIVE(dunder_setattr)
{
	const Str *name;

	*out = VNONE;
	if (!as_str(in, args->pos[0], &name, "the attribute name", args->span))
		return false;
	PLAINLY(in, self, plain_setattr(in, self, name, args->pos[1], args->span));
}

NATIVE(dunder_getattribute)
{
	const Str *name;

	if (!as_str(in, args->pos[0], &name, "the attribute name", args->span))
		return false;
	PLAINLY(in, self, value_getattr(in, self, name, out, args->span));
}

NATIVE(dunder_delattr)
{
	const Str *name;

	*out = VNONE;
	if (!as_str(in, args->pos[0], &name, "the attribute name", args->span))
		return false;
	PLAINLY(in, self, object_delattr(in, self, name, args->span));
}

NATIVE(dunder_init_subclass)
{
	*out = VNONE;
	if (args->nkw)
		return fail(in, args->span, "%s.__init_subclass__() takes no keyword arguments",
		            self.kind == V_CLASS ? CLASS_OF(self)->name->s : "object");
	return true;
}

/* type.__call__(cls, …), of a metaclass. */
NATIVE(dunder_call)
{
	Value cls = self;

	if (cls.kind != V_CLASS)
		return fail(in, args->span, "type.__call__() needs a class");
	return class_instantiate(in, cls, args, out);
}

enum {
	ANY = 1, SIZED = 2, ITEMS = 4, NUMBER = 8, ORDERED = 16, MUTABLE = 32, TYPE = 64, ADDS = 128
};

static const struct Dunder {
	Native fn;
	int kinds;
} dunders[] = {
    {{"object.__init__", 0, dunder_init, 0}, ANY},
    {{"object.__new__", 0, object_new, 0}, ANY},
    {{"object.__repr__", "", dunder_repr, 0}, ANY},
    {{"object.__str__", "", dunder_str, 0}, ANY},
    {{"object.__format__", "x,/", dunder_format, 0}, ANY},
    {{"object.__hash__", "", dunder_hash, 0}, ANY},
    {{"object.__eq__", "x,/", dunder_compare, WITH(CMP_EQ)}, ANY},
    {{"object.__ne__", "x,/", dunder_compare, WITH(CMP_NE)}, ANY},
    {{"object.__lt__", "x,/", dunder_compare, WITH(CMP_LT)}, ANY},
    {{"object.__le__", "x,/", dunder_compare, WITH(CMP_LE)}, ANY},
    {{"object.__gt__", "x,/", dunder_compare, WITH(CMP_GT)}, ANY},
    {{"object.__ge__", "x,/", dunder_compare, WITH(CMP_GE)}, ANY},
    {{"object.__setattr__", "x,y,/", dunder_setattr, 0}, ANY},
    {{"object.__getattribute__", "x,/", dunder_getattribute, 0}, ANY},
    {{"object.__delattr__", "x,/", dunder_delattr, 0}, ANY},
    {{"object.__init_subclass__", 0, dunder_init_subclass, 0}, ANY},
    {{"type.__call__", 0, dunder_call, 0}, TYPE},
    {{"object.__len__", "", dunder_len, 0}, SIZED},
    {{"object.__iter__", "", dunder_iter, 0}, SIZED},
    {{"object.__contains__", "x,/", dunder_contains, 0}, SIZED},
    {{"object.__getitem__", "x,/", dunder_getitem, 0}, ITEMS},
    {{"object.__setitem__", "x,y,/", dunder_setitem, 0}, MUTABLE},
    {{"object.__delitem__", "x,/", dunder_delitem, 0}, MUTABLE},
    {{"object.__add__", "x,/", dunder_binary, WITH(BIN_ADD)}, NUMBER | ADDS},
    {{"object.__mul__", "x,/", dunder_binary, WITH(BIN_MUL)}, NUMBER | ADDS},
    {{"object.__sub__", "x,/", dunder_binary, WITH(BIN_SUB)}, NUMBER},
    {{"object.__truediv__", "x,/", dunder_binary, WITH(BIN_TRUEDIV)}, NUMBER},
    {{"object.__floordiv__", "x,/", dunder_binary, WITH(BIN_FLOORDIV)}, NUMBER},
    {{"object.__mod__", "x,/", dunder_binary, WITH(BIN_MOD)}, NUMBER},
    {{"object.__pow__", "x,/", dunder_binary, WITH(BIN_POW)}, NUMBER},
    {{"object.__or__", "x,/", dunder_binary, WITH(BIN_OR)}, NUMBER},
    {{"object.__and__", "x,/", dunder_binary, WITH(BIN_AND)}, NUMBER},
    {{"object.__xor__", "x,/", dunder_binary, WITH(BIN_XOR)}, NUMBER},
    {{"object.__radd__", "x,/", dunder_binary, WITH(BIN_ADD | 64)}, NUMBER},
    {{"object.__rsub__", "x,/", dunder_binary, WITH(BIN_SUB | 64)}, NUMBER},
    {{"object.__rmul__", "x,/", dunder_binary, WITH(BIN_MUL | 64)}, NUMBER},
    {{"object.__rtruediv__", "x,/", dunder_binary, WITH(BIN_TRUEDIV | 64)}, NUMBER},
};

static int
kinds_of(int kind)
{
	switch (kind) {
	case V_LIST:
		return ANY | SIZED | ITEMS | MUTABLE | ADDS;
	case V_DICT:
		return ANY | SIZED | ITEMS | MUTABLE;
	case V_TUPLE:
	case V_STR:
	case V_BYTES:
		return ANY | SIZED | ITEMS | ADDS;
	case V_RANGE:
		return ANY | SIZED | ITEMS;
	case V_SET:
		return ANY | SIZED;
	case V_INT:
	case V_FLOAT:
		return ANY | NUMBER;
	case TYPE_TYPE:
		return ANY | TYPE;
	default:
		return ANY;
	}
}

const Native *
dunder_find(int kind, const Str *name)
{
	if (name->s[0] != '_' || name->s[1] != '_')
		return 0;
	for (size_t i = 0; i < countof(dunders); i++)
		if (dunders[i].kinds & kinds_of(kind) &&
		    !strcmp(last_part(dunders[i].fn.name), name->s))
			return &dunders[i].fn;
	return 0;
}

bool
dunder_defined(Value type, const Str *name)
{
	static const char inherited[] = " __init__ __str__ __format__ __setattr__ __delattr__ "
	                                "__init_subclass__ __getattribute__";
	static const char *const own[] = {
	    [V_LIST] = "__init__",  [V_DICT] = "__init__",          [V_SET] = "__init__",
	    [V_INT] = "__format__", [V_STR] = "__str__ __format__", [V_FLOAT] = "__format__",
	};

	if (type.i == TYPE_OBJECT || type.i == TYPE_TYPE || !dunder_find((int)type.i, name))
		return false;
	if (type.i < (int)countof(own) && own[type.i] && has_word(own[type.i], name->s))
		return true;
	return !has_word(inherited, name->s);
}
