/* attr.c: attributes, items and length: v.name, v[key], v[key] = x, del v[key], len(v). Methods of
 * the builtin types come from their tables; what a value lacks is reported with the nearest name.
 */
#include "builtins.h"
#include "class.h"
#include "core.h"

const Native *
methods_of(int kind)
{
	static const Native *const methods[] = {
	    [V_STR] = str_methods,     [V_BYTES] = bytes_methods, [V_LIST] = list_methods,
	    [V_TUPLE] = tuple_methods, [V_DICT] = dict_methods,   [V_SET] = set_methods,
	    [V_RANGE] = range_methods, [V_BOOL] = int_methods,    [V_INT] = int_methods,
	    [V_BIG] = int_methods,     [V_FLOAT] = float_methods,
	};

	if (kind == TYPE_FROZENSET)
		return frozenset_methods;
	return (unsigned)kind < countof(methods) ? methods[kind] : 0;
}

const Native *
method_of(Interp *in, int kind, const Str *name)
{
	const Native *table = methods_of(kind);

	return table ? native_look(in, table, name, 0) : 0;
}

/* Data attributes: of numbers, ranges and slices. */
static bool
data_attr(Value v, const Str *name, Value *out)
{
	bool start = str_is(name, "start"), stop = str_is(name, "stop");

	if (is_num(v) && (str_is(name, "real") || str_is(name, "imag"))) {
		bool real = str_is(name, "real");
		*out = real ? int_value(v) : v.kind == V_FLOAT ? vfloat(0) : vint(0);
		return true;
	}
	if (is_int(v) && (str_is(name, "numerator") || str_is(name, "denominator"))) {
		*out = str_is(name, "denominator") ? vint(1) : int_value(v);
		return true;
	}
	if (v.kind == V_RANGE)
		*out = vint(start  ? RANGE_OF(v)->start
		            : stop ? RANGE_OF(v)->stop
		                   : RANGE_OF(v)->step);
	else if (v.kind == V_SLICE)
		*out = start ? SLICE_OF(v)->start : stop ? SLICE_OF(v)->stop : SLICE_OF(v)->step;
	else
		return false;
	return start || stop || str_is(name, "step");
}

static bool
callable_name(Interp *in, Value v, const Str *attr, Value *out)
{
	if (v.kind != V_BUILTIN || (!str_is(attr, "__name__") && !str_is(attr, "__qualname__")))
		return false;
	*out = vstrz(in, native_member(BUILTIN_OF(v)->fn));
	return true;
}

/* What every object has, and the special methods of its type. */
static bool
builtin_dunder(Interp *in, Value v, const Str *name, Value *out)
{
	const Native *d;

	if (name->s[0] != '_' || name->s[1] != '_')
		return false;
	d = dunder_find(v.kind == V_BIG || v.kind == V_BOOL ? V_INT : (int)v.kind, name);
	if (d)
		*out = vnative(in, d, v);
	else if (str_is(name, "__class__"))
		*out = type_of(v);
	else
		return false;
	return true;
}

int
value_findattr(Interp *in, Value v, const Str *name, Value *out, Span at)
{
	const Native *m = v.kind == V_HOST   ? HOST_OF(v)->type->methods
	                  : v.kind == V_ITER ? ITER_OF(v)->type->methods
	                                     : 0,
	             *row;

	if (class_of(v))
		return object_getattr(in, v, name, out, at, true);
	row = m              ? native_find(m, name, 0)
	      : is_frozen(v) ? method_of(in, TYPE_FROZENSET, name)
	                     : method_of(in, (int)v.kind, name);
	if (row) {
		*out = vnative(in, row, v);
		return 1;
	}
	switch (v.kind) {
	case V_CLASS:
		return class_getattr(in, v, name, out, at);
	case V_METHOD:
		return method_getattr(in, v, name, out);
	case V_FUNC:
		return function_getattr(in, v, name, out);
	case V_POISON:
		*out = VPOISON;
		return 1;
	case V_HOST:
		return HOST_OF(v)->type->getattr
		           ? HOST_OF(v)->type->getattr(in, HOST_OF(v), name, out)
		           : 0;
	case V_MODULE:
		if (str_is(name, "__name__")) {
			*out = vstrz(in, MODULE_OF(v)->name);
			return 1;
		}
		return MODULE_OF(v)->member(in, MODULE_OF(v), name, out);
	case V_ARRAY:
	case V_NPSCALAR:
		return arrays(in)->getattr(in, v, name, out, at);
	case V_DTYPE:
		return arrays(in)->dtype_getattr(in, v, name, out, at);
	case V_TYPE:
		return type_getattr(in, v, name, out);
	default:
		return callable_name(in, v, name, out) || data_attr(v, name, out) ||
		       builtin_dunder(in, v, name, out);
	}
}

/* The attribute of an object or class of a script that perhaps was meant. */
static const char *
near_own(Interp *in, Value v, const char *name)
{
	const ClassObj *c = v.kind == V_CLASS ? CLASS_OF(v) : class_of(v);
	VEC(const char *) names = {0};

	for (uint32_t i = 0; i <= SEQ_OF(c->mro)->n; i++) {
		const Value *d = i ? &SEQ_OF(c->mro)->at[i - 1] : object_dict(in, v, false);
		const DictEntry *e;
		int64_t pos = 0;

		if (!d || (i && d->kind != V_CLASS) || (!i && d->kind != V_DICT))
			continue;
		while ((e = entry_next(DICT_OF(i ? CLASS_OF(*d)->dict : *d), &pos)) != 0)
			if (e->key.kind == V_STR)
				vec_push(in->unit, &names, STR_OF(e->key)->s);
	}
	return nearest(name, names.at, names.n);
}

static const char *
near_attr(Interp *in, Value v, const Str *name)
{
	const Native *m = methods_of(v.kind == V_TYPE ? (int)v.i : (int)v.kind);
	size_t n = 0;

	if (v.kind == V_CLASS || class_of(v))
		return near_own(in, v, name->s);
	if (v.kind == V_MODULE)
		return MODULE_OF(v)->near ? MODULE_OF(v)->near(MODULE_OF(v), name->s) : 0;
	if (v.kind == V_HOST)
		m = HOST_OF(v)->type->methods;
	if (is_np(v) || v.kind == V_DTYPE) {
		const char *const *list = arrays(in)->attr_names(v, &n);
		return nearest(name->s, list, n);
	}
	return m ? native_nearest(&m, 1, name->s, 0) : 0;
}

/* What Python's own objects have and milc's lack. Special methods may be there, too. */
static bool
python_has(const char *type, const char *name)
{
	static const struct {
		const char *type, *names;
	} own[] = {
	    {"str", " maketrans translate "},
	    {"dict", " fromkeys "},
	    {"int", " denominator from_bytes imag numerator real "},
	    {"bool", " denominator from_bytes imag numerator real "},
	    {"float", " fromhex imag real "},
	    {"slice", " indices "},
	    {"generator", " close send throw gi_code gi_frame gi_running gi_suspended "
	                  "gi_yieldfrom "},
	    {"dict_keys", " isdisjoint mapping "},
	    {"dict_items", " isdisjoint mapping "},
	    {"dict_values", " mapping "},
	    {"bytes", " capitalize center count expandtabs fromhex index isalnum isalpha isascii "
	              "isdigit islower isspace istitle isupper join ljust lower lstrip maketrans "
	              "partition removeprefix removesuffix replace rfind rindex rjust rpartition "
	              "rsplit rstrip split splitlines strip swapcase title translate upper "
	              "zfill "},
	};
	static const char only[] = " __name__ __qualname__ __self__ __func__ __mro__ __bases__ "
	                           "__dict__ __wrapped__ __call__ __enter__ __exit__ __next__ "
	                           "__iter__ __len__ __getitem__ __fspath__ __path__ __file__ ";
	size_t n = strlen(name);

	if (has_word(only, name)) /* of some objects, which have been looked at */
		return false;
	if (n > 4 && !memcmp(name, "__", 2) && !strcmp(name + n - 2, "__"))
		return true;
	for (size_t k = 0; k < countof(own); k++)
		if (!strcmp(own[k].type, type))
			return has_word(own[k].names, name);
	return false;
}

/* What NumPy has and milc lacks is told before. */
static bool
is_numpy(const char *module)
{
	return !strcmp(module, "numpy") || !strncmp(module, "numpy.", 6);
}

/* As python_knows(), of modules of Python, which coremltools' may share a name with. */
static int
module_knows(Value v, const Str *name)
{
	const char *module = MODULE_OF(v)->name;

	return is_library(v) || !strcmp(module, "math") ? python_knows(module, name->s) : -1;
}

static bool
no_attr(Interp *in, Value v, const Str *name, Span at)
{
	const char *near = near_attr(in, v, name);
	const char *owner = arrays(in) ? arrays(in)->lacks(v, name->s) : 0;

	if (owner)
		return fail(in, at,
		            "%s.%s is not among the parts of NumPy that milc knows (man 5 milc)",
		            owner, name->s);
	if (v.kind == V_MODULE && (is_numpy(MODULE_OF(v)->name) ||
	                           module_knows(v, name) == 0))
		return fail(in, at,
		            near ? "module '%s' has no attribute '%s'; did you mean '%s'?"
		                 : "module '%s' has no attribute '%s'",
		            MODULE_OF(v)->name, name->s, near);
	if (v.kind == V_MODULE && module_knows(v, name) > 0)
		return fail(in, at, "milc does not have %s.%s", MODULE_OF(v)->name, name->s);
	if (v.kind == V_MODULE) /* the other's may have it */
		return fail(in, at,
		            near ? "milc knows no '%s' in '%s'; did you mean '%s'?"
		                 : "milc knows no '%s' in '%s'",
		            name->s, MODULE_OF(v)->name, near);
	if (v.kind == V_HOST && host_refuses(in, "attribute", v, vstr_of(in, name), at))
		return false;
	if (v.kind == V_CLASS)
		return fail(in, at,
		            near ? "type object '%s' has no attribute '%s'; did you mean '%s'?"
		                 : "type object '%s' has no attribute '%s'",
		            CLASS_OF(v)->name->s, name->s, near);
	if (!is_host(v, &super_type) && (v.kind == V_HOST || (v.kind != V_TYPE && !class_of(v) &&
	                                                      python_has(type_name(v), name->s))))
		return fail(in, at,
		            near && v.kind == V_HOST
		                ? "milc knows no attribute '%s' of '%s' objects; did you mean '%s'?"
		                : "milc knows no attribute '%s' of '%s' objects",
		            name->s, type_name(v), near);
	if (v.kind == V_TYPE && python_has(type_value_name(v), name->s))
		return fail(in, at, "milc knows no '%s' in '%s'", name->s, type_value_name(v));
	if (v.kind == V_TYPE)
		return fail(in, at, "type '%s' has no attribute '%s'", type_value_name(v), name->s);
	return fail(in, at,
	            near ? "'%s' object has no attribute '%s'; did you mean '%s'?"
	                 : "'%s' object has no attribute '%s'",
	            type_name(v), name->s, near);
}

bool
value_getattr(Interp *in, Value v, const Str *name, Value *out, Span at)
{
	int r = class_of(v) ? object_getattr(in, v, name, out, at, false)
	                    : value_findattr(in, v, name, out, at);

	if (r)
		return r > 0;
	if (v.kind == V_MODULE && MODULE_OF(v)->lacks)
		return MODULE_OF(v)->lacks(in, name, out, at) && !interp_catching(in);
	return no_attr(in, v, name, at);
}

static bool
immutable_type(Interp *in, Value type, const Str *name, Span at)
{
	return fail(in, at, "cannot set '%s' attribute of immutable type '%s'", name->s,
	            type_value_name(type));
}

/* Refuses to set or delete an attribute of a value that has its type's alone. */
static bool
fixed_attr(Interp *in, Value v, const Str *name, Span at)
{
	Value old;
	int r = value_findattr(in, v, name, &old, at);

	if (r == 0)
		return no_attr(in, v, name, at);
	if (r > 0 && old.kind == V_BUILTIN)
		return fail(in, at, "'%s' object attribute '%s' is read-only", type_name(v),
		            name->s);
	return r > 0 && fail(in, at, "attribute '%s' of '%s' objects is not writable", name->s,
	                     type_name(v));
}

bool
value_setattr(Interp *in, Value v, const Str *name, Value x, Span at)
{
	if (is_poison(v))
		return true;
	if (v.kind == V_TYPE && !host_type_of(v))
		return immutable_type(in, v, name, at);
	if (v.kind == V_INSTANCE && str_is(class_of(v)->name, "object") &&
	    value_is(vobj(class_of(v)), object_class(in)))
		return no_attr(in, v, name, at);
	if (class_of(v))
		return object_setattr(in, v, name, x, at);
	if (v.kind == V_CLASS)
		return class_setattr(in, v, name, x, at);
	if (v.kind == V_FUNC)
		return object_setplain(in, v, name, x, at);
	if (v.kind == V_MODULE && library_set(in, v, name, x))
		return true;
	if (v.kind == V_HOST && HOST_OF(v)->type->setattr)
		return HOST_OF(v)->type->setattr(in, HOST_OF(v), name, x, at);
	if (v.kind == V_ARRAY)
		return arrays(in)->setattr(in, v, name, x, at);
	return fixed_attr(in, v, name, at);
}

bool
value_delattr(Interp *in, Value v, const Str *name, Span at)
{
	if (is_poison(v))
		return true;
	if (v.kind == V_TYPE && !host_type_of(v))
		return immutable_type(in, v, name, at);
	if (v.kind == V_CLASS || v.kind == V_FUNC || class_of(v))
		return object_delattr(in, v, name, at);
	if (v.kind == V_HOST || v.kind == V_MODULE || is_np(v))
		return fail(in, at, "attribute '%s' cannot be deleted", name->s);
	return fixed_attr(in, v, name, at);
}

/* ---- items ---- */

bool
no_key(Interp *in, Value d, Value key, Span at)
{
	const char *names[64], *near = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < DICT_OF(d)->nentry && n < countof(names); i++)
		if (DICT_OF(d)->entry[i].key.kind == V_STR)
			names[n++] = STR_OF(DICT_OF(d)->entry[i].key)->s;
	if (key.kind == V_STR && n)
		near = nearest(STR_OF(key)->s, names, n);
	fail(in, at,
	     near ? "the dict has no key %.120s; did you mean '%.120s'?"
	          : "the dict has no key %.120s",
	     shown(in, key), near);
	return fault_arg(in, key);
}

static bool
dict_getitem(Interp *in, Value v, Value key, Value *out, Span at)
{
	uint32_t i;
	int r = dict_look(in, v, key, &i, at);

	if (r == 0 && v.o->sub && (r = special_call(in, v, SP_missing, &key, 1, out, at)) != 0)
		return r > 0;
	if (r == 0)
		return no_key(in, v, key, at);
	*out = r > 0 ? DICT_OF(v)->entry[i].val : VNONE;
	return r > 0;
}

/* C[key], of the class itself. */
static bool
class_getitem(Interp *in, Value cls, Value key, Value *out, Span at)
{
	Value fn;
	int r = type_special(in, cls, SP_getitem, &key, 1, out, at);

	if (r)
		return r > 0;
	r = class_getattr(in, cls, special_name(in, SP_class_getitem), &fn, at);
	if (r < 0)
		return false;
	if (!r)
		return fail(in, at, "type '%s' is not subscriptable", CLASS_OF(cls)->name->s);
	if (fn.kind == V_FUNC) /* is a class method without saying so */
		fn = vmethod(in, fn, cls);
	return call_values(in, fn, &key, 1, out, at);
}

/* Objects in place of ints are asked before anything else is looked at: they may change it. */
static bool
plain_key(Interp *in, Value v, Value *key, Span at)
{
	SliceObj *s = key->kind == V_SLICE ? SLICE_OF(*key) : 0;
	Value part[3];

	if (v.kind != V_LIST && v.kind != V_TUPLE && v.kind != V_STR && v.kind != V_BYTES &&
	    v.kind != V_RANGE)
		return true;
	if (!s)
		return ask_index(in, key, at);
	if (!class_of(s->start) && !class_of(s->stop) && !class_of(s->step))
		return true;
	part[0] = s->start;
	part[1] = s->stop;
	part[2] = s->step;
	for (int i = 0; i < 3; i++)
		if (!ask_index(in, &part[i], at))
			return false;
	*key = vslice(in, part[0], part[1], part[2]);
	return true;
}

bool
value_getitem(Interp *in, Value v, Value key, Value *out, Span at)
{
	int r;

	if ((v.kind == V_LIST || v.kind == V_TUPLE) && key.kind == V_INT && key.i >= 0 &&
	    key.i < SEQ_OF(v)->n && !v.o->sub) {
		*out = SEQ_OF(v)->at[key.i];
		return true;
	}
	if (is_poison(v) || is_poison(key)) {
		*out = VPOISON;
		return true;
	}
	if (class_of(v) && (r = special_call(in, v, SP_getitem, &key, 1, out, at)) != 0)
		return r > 0;
	if (class_of(key) || key.kind == V_SLICE) {
		if (!plain_key(in, v, &key, at))
			return false;
		key = instance_value(key);
	}
	switch (v.kind) {
	case V_CLASS:
		return class_getitem(in, v, key, out, at);
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
		return seq_getitem(in, v, key, out, at);
	case V_STR:
		return str_getitem(in, v, key, out, at);
	case V_BYTES:
		return bytes_getitem(in, v, key, out, at);
	case V_DICT:
		return dict_getitem(in, v, key, out, at);
	case V_ARRAY:
	case V_NPSCALAR:
		return arrays(in)->getitem(in, v, key, out, at);
	case V_TYPE: /* list[int] in a place that is no annotation */
		*out = v;
		return true;
	case V_HOST:
		if (HOST_OF(v)->type->getitem)
			return HOST_OF(v)->type->getitem(in, HOST_OF(v), key, out, at);
		if (host_refuses(in, "[]", v, key, at))
			return false;
		break;
	default:
		break;
	}
	return fail(in, at, "'%s' object is not subscriptable", type_name(v));
}

bool
value_setitem(Interp *in, Value v, Value key, Value x, Span at)
{
	Value pair[2] = {key, x}, out;
	int r;

	if (is_poison(v) || is_poison(key))
		return true;
	if (class_of(v) && (r = special_call(in, v, SP_setitem, pair, 2, &out, at)) != 0)
		return r > 0;
	if (v.kind == V_INSTANCE && special_find(in, v, SP_delitem, &out))
		return raise_as(in, at, "AttributeError", "__setitem__");
	if ((class_of(key) || key.kind == V_SLICE) && !plain_key(in, v, &key, at))
		return false;
	switch (v.kind) {
	case V_LIST:
		return list_setitem(in, v, key, x, at);
	case V_DICT:
		return dict_set(in, v, key, x, at);
	case V_ARRAY:
		return arrays(in)->setitem(in, v, key, x, at);
	case V_HOST:
		if (HOST_OF(v)->type->setitem)
			return HOST_OF(v)->type->setitem(in, HOST_OF(v), key, x, at);
		if (host_refuses(in, "[]=", v, key, at))
			return false;
		break;
	default:
		break;
	}
	return fail(in, at, "'%s' object does not support item assignment", type_name(v));
}

bool
value_delitem(Interp *in, Value v, Value key, Span at)
{
	Value old;
	bool found;

	if (is_poison(v) || is_poison(key))
		return true;
	if (class_of(v)) {
		int r = special_call(in, v, SP_delitem, &key, 1, &old, at);
		if (r)
			return r > 0;
		if (v.kind == V_INSTANCE && special_find(in, v, SP_setitem, &old))
			return raise_as(in, at, "AttributeError", "__delitem__");
	}
	if ((class_of(key) || key.kind == V_SLICE) && !plain_key(in, v, &key, at))
		return false;
	if (v.kind == V_LIST)
		return list_delitem(in, v, key, at);
	if (v.kind == V_DICT)
		return dict_remove(in, v, key, &old, &found, at) &&
		       (found || no_key(in, v, key, at));
	if (v.kind == V_HOST && HOST_OF(v)->type->delitem)
		return HOST_OF(v)->type->delitem(in, HOST_OF(v), key, at);
	if (host_refuses(in, "del", v, key, at))
		return false;
	return fail(in, at, "'%s' object does not support item deletion", type_name(v));
}

static bool
len_result(Interp *in, Value v, int64_t *out, Span at)
{
	if (v.kind == V_BIG)
		return fail(in, at, "the result of __len__() does not fit 64 bits");
	if (!as_int(in, v, out, "the result of __len__()", at))
		return false;
	return *out >= 0 || fail(in, at, "__len__() should return >= 0");
}

bool
value_len(Interp *in, Value v, int64_t *out, Span at)
{
	Value n;
	int r = class_of(v)         ? special_call(in, v, SP_len, 0, 0, &n, at)
	        : v.kind == V_CLASS ? type_special(in, v, SP_len, 0, 0, &n, at)
	                            : 0;

	if (r)
		return r > 0 && len_result(in, n, out, at);
	switch (v.kind) {
	case V_POISON:
		return false;
	case V_STR:
		*out = STR_OF(v)->ncp;
		return true;
	case V_BYTES:
		*out = STR_OF(v)->len;
		return true;
	case V_LIST:
	case V_TUPLE:
		*out = SEQ_OF(v)->n;
		return true;
	case V_DICT:
	case V_SET:
		*out = DICT_OF(v)->n;
		return true;
	case V_RANGE:
		*out = range_len(RANGE_OF(v));
		return true;
	case V_ARRAY:
	case V_NPSCALAR:
		return arrays(in)->len(in, v, out, at);
	case V_HOST:
		if (HOST_OF(v)->type->len) {
			*out = HOST_OF(v)->type->len(HOST_OF(v));
			return true;
		}
		if (HOST_OF(v)->type->iter) {
			Value list;
			VKind as;
			if (!HOST_OF(v)->type->iter(in, HOST_OF(v), &as, &list))
				return false;
			*out = SEQ_OF(list)->n;
			return true;
		}
		if (host_refuses(in, "len", v, VUNSET, at))
			return false;
		break;
	default:
		if (is_view(v)) {
			*out = view_dict(v)->n;
			return true;
		}
	}
	return fail(in, at, "object of type '%s' has no len()", type_name(v));
}
