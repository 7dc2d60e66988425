/* object.c: attributes of instances, classes and functions; property, staticmethod, classmethod and
 * super; and what object's and the builtin types' own special methods do (dict.__getitem__, which a
 * subclass calls by super()).
 */
#include "class.h"

#include "builtins.h"
#include "core.h"

Value
function_doc(Interp *in, const FuncExpr *f)
{
	const Stmt *s = f->body;

	if (s && s->kind == S_EXPR && s->expr->kind == E_CONST && s->expr->lit->kind == LIT_STR)
		return in->literal.at[s->expr->nth];
	return VNONE;
}

/* ---- property, staticmethod, classmethod ---- */

typedef struct Property {
	Value get, set, del, doc;
} Property;

static void
property_mark(Interp *in, HostObj *self)
{
	const Property *p = self->data;

	interp_mark(in, p->get);
	interp_mark(in, p->set);
	interp_mark(in, p->del);
	interp_mark(in, p->doc);
}

static const HostType property_type;

static Value
property_new(Interp *in, Property p)
{
	return vhost(in, &property_type, arena_dup(in->unit, &p, sizeof p));
}

/* @p.setter and kin: a copy with one more. with: which */
NATIVE(property_with)
{
	Property p = *(const Property *)HOST_OF(self)->data;

	*(args_with(args) == 0 ? &p.get : args_with(args) == 1 ? &p.set : &p.del) = args->pos[0];
	*out = property_new(in, p);
	return true;
}

static const Native property_methods[] = {
    {"property.getter", "x,/", property_with, WITH(0)},
    {"property.setter", "x,/", property_with, WITH(1)},
    {"property.deleter", "x,/", property_with, WITH(2)},
    NATIVE_END,
};

static int
property_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Property *p = self->data;

	if (str_is(name, "fget"))
		*out = p->get;
	else if (str_is(name, "fset"))
		*out = p->set;
	else if (str_is(name, "__doc__"))
		*out = p->doc;
	else
		return 0;
	return 1;
}

static void
wrapped_mark(Interp *in, HostObj *self)
{
	interp_mark(in, *(Value *)self->data);
}

static int
wrapped_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (str_is(name, "__func__") || str_is(name, "__wrapped__")) {
		*out = *(Value *)self->data;
		return 1;
	}
	return value_findattr(in, *(Value *)self->data, name, out, NOSPAN);
}

static bool
wrapped_call(Interp *in, Value self, const Args *args, Value *out)
{
	return interp_call(in, wrapped(self), args, out);
}

static const HostType property_type = {
    .name = "property",
    .methods = property_methods,
    .getattr = property_getattr,
    .mark = property_mark,
};
const HostType staticmethod_type = {
    .name = "staticmethod",
    .getattr = wrapped_getattr,
    .call = wrapped_call,
    .mark = wrapped_mark,
};
const HostType classmethod_type = {
    .name = "classmethod",
    .getattr = wrapped_getattr,
    .mark = wrapped_mark,
};

NATIVE(make_property)
{
	Property p = {args->v[0], args->v[1], args->v[2], args->v[3]};

	for (Value *v = &p.get; v <= &p.doc; v++)
		if (v->kind == V_UNSET)
			*v = VNONE;
	if (p.doc.kind == V_NONE && p.get.kind == V_FUNC)
		p.doc = function_doc(in, FUNC_OF(p.get)->code);
	*out = property_new(in, p);
	return true;
}

Value
vclassmethod(Interp *in, Value fn)
{
	return vhost(in, &classmethod_type, arena_dup(in->unit, &fn, sizeof fn));
}

/* with: 0 static, 1 class */
NATIVE(make_wrapped)
{
	*out = vhost(in, args_with(args) ? &classmethod_type : &staticmethod_type,
	             arena_dup(in->unit, &args->pos[0], sizeof args->pos[0]));
	return true;
}

/* ---- binding ---- */

static bool
property_get(Interp *in, Value p, Value self, Value *out, Span at)
{
	const Property *q = HOST_OF(p)->data;
	bool ok;

	if (q->get.kind == V_NONE)
		return fail(in, at, "the property of '%s' object has no getter", type_name(self));
	in->nogc++;
	ok = call_values(in, q->get, &self, 1, out, at);
	in->nogc--;
	return ok;
}

bool
attr_bind(Interp *in, Value a, Value self, Value cls, Value *out, Span at)
{
	bool instance = self.kind != V_UNSET;

	*out = a;
	switch (a.kind) {
	case V_FUNC:
		if (instance)
			*out = vmethod(in, a, self);
		return true;
	case V_BUILTIN:
		if (instance && BUILTIN_OF(a)->self.kind == V_NOTIMPLEMENTED)
			*out = vnative(in, BUILTIN_OF(a)->fn, self);
		else if (instance && is_unbound(a))
			*out = vmethod(in, a, self);
		return true;
	case V_HOST:
		if (HOST_OF(a)->type == &staticmethod_type)
			*out = wrapped(a);
		else if (HOST_OF(a)->type == &classmethod_type)
			*out = vmethod(in, wrapped(a), instance ? vobj(class_of(self)) : cls);
		else if (HOST_OF(a)->type == &property_type && instance)
			return property_get(in, a, self, out, at);
		return true;
	default:
		return true;
	}
}

/* ---- attributes of instances ---- */

Value *
object_dict(Interp *in, Value v, bool make)
{
	Value *d = v.kind == V_INSTANCE ? &INSTANCE_OF(v)->dict
	           : v.kind == V_FUNC   ? &FUNC_OF(v)->dict
	           : class_of(v)        ? &sub_of(v.o)->dict
	                                : 0;

	if (d && make && d->kind == V_UNSET)
		*d = vdict(in);
	return d;
}

bool
object_own(Interp *in, Value v, const Str *name, Value *out)
{
	const Value *d = object_dict(in, v, false);

	return d && d->kind == V_DICT && dict_named(in, *d, name, out);
}

static int
builtin_attr(Interp *in, Value v, const Str *name, Value *out)
{
	const Native *m = methods_of((int)v.kind), *d;
	const ClassObj *c = class_of(v);

	if (m && native_get(in, m, name, 0, v, out))
		return 1;
	d = dunder_find(v.kind == V_INSTANCE ? TYPE_OBJECT : (int)v.kind, name);
	if (d)
		*out = vnative(in, d, v);
	else if (str_is(name, "__class__"))
		*out = vobj((void *)c);
	else if (str_is(name, "__dict__"))
		*out = *object_dict(in, v, true);
	else if (c->exception)
		return exc_getattr(in, v, name, out);
	else if (instance_value(v).kind != v.kind)
		return value_findattr(in, instance_value(v), name, out, NOSPAN);
	else
		return 0;
	return 1;
}

/* soft: __getattr__'s AttributeError means that there is none. */
static int
ask_getattr(Interp *in, Value v, const Str *name, Value *out, Span at, bool soft)
{
	Value fn, key = vstr_of(in, name), bound;
	Args a = {.pos = &key, .npos = 1, .span = at, .callee = at};
	int r;

	if (!special_find(in, v, SP_getattr, &fn))
		return 0;
	if (!attr_bind(in, fn, v, VUNSET, &bound, at))
		return -1;
	in->nogc++;
	r = soft ? call_catching(in, bound, &a, out, "AttributeError", 0)
	    : interp_call(in, bound, &a, out) ? 1
	                                      : -1;
	in->nogc--;
	return r;
}

/* 0: it raised an AttributeError, after which __getattr__ is asked. */
static int
property_ask(Interp *in, Value p, Value self, Value *out, Span at)
{
	Attempt a;
	int r;

	attempt_begin(in, &a);
	r = property_get(in, p, self, out, at) ? 1 : attempt_failed(in, &a, "AttributeError", 0);
	attempt_end(in, &a);
	return r;
}

int
object_getattr(Interp *in, Value v, const Str *name, Value *out, Span at, bool soft)
{
	const ClassObj *c = class_of(v);
	Value a, fn;
	bool has = class_lookup(in, c, name, &a);
	int r;

	if (has && is_host(a, &property_type)) {
		bool other = special_find(in, v, SP_getattr, &fn);

		if (!soft && !other)
			return property_get(in, a, v, out, at) ? 1 : -1;
		r = property_ask(in, a, v, out, at);
		return r || !other ? r : ask_getattr(in, v, name, out, at, soft);
	}
	if (object_own(in, v, name, out))
		return 1;
	if (has)
		return attr_bind(in, a, v, VUNSET, out, at) ? 1 : -1;
	r = builtin_attr(in, v, name, out);
	return r ? r : ask_getattr(in, v, name, out, at, soft);
}

bool
plain_method(Interp *in, Value obj, const Str *name, Value *fn)
{
	Value own;

	return class_lookup(in, class_of(obj), name, fn) && fn->kind == V_FUNC &&
	       !object_own(in, obj, name, &own);
}

bool
object_setplain(Interp *in, Value v, const Str *name, Value x, Span at)
{
	Value *d = object_dict(in, v, true);

	return dict_name(in, *d, name, x, at);
}

/* object.__setattr__, but not __setattr__ = dict.__setitem__ */
static bool
is_plain_setter(Value fn)
{
	return fn.kind == V_BUILTIN && !strcmp(last_part(BUILTIN_OF(fn)->fn->name), "__setattr__");
}

bool
object_setattr(Interp *in, Value v, const Str *name, Value x, Span at)
{
	Value a, pair[2], out;
	bool done = false;
	int r;

	if (special_find(in, v, SP_setattr, &a) && !is_plain_setter(a)) {
		pair[0] = vstr_of(in, name);
		pair[1] = x;
		r = special_call(in, v, SP_setattr, pair, 2, &out, at);
		return r > 0;
	}
	if (class_lookup(in, class_of(v), name, &a) && is_host(a, &property_type)) {
		const Property *p = HOST_OF(a)->data;
		bool ok;

		if (p->set.kind == V_NONE)
			return fail(in, at, "property '%s' of '%s' object has no setter", name->s,
			            type_name(v));
		pair[0] = v;
		pair[1] = x;
		in->nogc++;
		ok = call_values(in, p->set, pair, 2, &out, at);
		in->nogc--;
		return ok;
	}
	if (class_of(v)->exception && (!exc_setattr(in, v, name, x, &done) || done))
		return done;
	return object_setplain(in, v, name, x, at);
}

bool
object_delattr(Interp *in, Value v, const Str *name, Span at)
{
	const Value *d;
	Value key = vstr_of(in, name), old, out;
	bool found = false;
	int r = v.kind == V_CLASS ? type_special(in, v, SP_delattr, &key, 1, &out, at)
	                          : special_call(in, v, SP_delattr, &key, 1, &out, at);

	if (r)
		return r > 0;
	if (v.kind != V_CLASS && class_lookup(in, class_of(v), name, &old) &&
	    is_host(old, &property_type)) {
		const Property *p = HOST_OF(old)->data;

		if (p->del.kind == V_NONE)
			return fail(in, at, "property '%s' of '%s' object has no deleter", name->s,
			            type_name(v));
		in->nogc++;
		found = call_values(in, p->del, &v, 1, &out, at);
		in->nogc--;
		return found;
	}
	d = v.kind == V_CLASS ? &CLASS_OF(v)->dict : object_dict(in, v, false);
	if (!d)
		return fail(in, at, "attribute '%s' cannot be deleted", name->s);
	if (d->kind == V_DICT && !dict_remove(in, *d, key, &old, &found, at))
		return false;
	in->classes_changed += v.kind == V_CLASS;
	return found || fail(in, at, "'%s' object has no attribute '%s'", type_name(v), name->s);
}

/* ---- attributes of classes ---- */

static int
class_data(Interp *in, Value cls, const Str *name, Value *out)
{
	const ClassObj *c = CLASS_OF(cls);

	if (str_is(name, "__name__"))
		*out = vstr_of(in, c->name);
	else if (str_is(name, "__qualname__"))
		*out = vstr_of(in, c->qualname);
	else if (str_is(name, "__module__"))
		*out = vstrz(in, c->module);
	else if (str_is(name, "__mro__"))
		*out = c->mro;
	else if (str_is(name, "__bases__"))
		*out = c->bases;
	else if (str_is(name, "__dict__")) /* not its own: what classes say is kept (AttrCache) */
		*out = dict_copy(in, c->dict);
	else if (str_is(name, "__class__"))
		*out = c->meta ? vobj(c->meta) : vtype(TYPE_TYPE);
	else if (str_is(name, "__doc__"))
		*out = VNONE;
	else
		return 0;
	return 1;
}

static bool
class_own(const Str *name)
{
	return str_is(name, "__name__") || str_is(name, "__qualname__") ||
	       str_is(name, "__dict__") || str_is(name, "__mro__") || str_is(name, "__bases__");
}

/* From the builtin types among those that c derives from, the first of them last. */
static int
base_attr(Interp *in, const SeqObj *mro, uint32_t from, const Str *name, Value *out)
{
	for (uint32_t i = from; i < mro->n; i++) {
		Value t = mro->at[i];
		const Native *d;

		if (t.kind != V_TYPE)
			continue;
		if (t.i != TYPE_OBJECT && type_getattr(in, t, name, out))
			return 1;
		if ((d = dunder_find((int)t.i, name)) != 0) {
			*out = vnative(in, d, UNBOUND);
			return 1;
		}
	}
	return 0;
}

int
class_getattr(Interp *in, Value cls, const Str *name, Value *out, Span at)
{
	const ClassObj *c = CLASS_OF(cls);
	Value a;
	int r;

	if (class_own(name))
		return class_data(in, cls, name, out);
	if (c->meta && class_lookup(in, c->meta, name, &a) && is_host(a, &property_type))
		return property_get(in, a, cls, out, at) ? 1 : -1;
	if (class_lookup(in, c, name, &a))
		return attr_bind(in, a, VUNSET, cls, out, at) ? 1 : -1;
	if (c->meta && class_lookup(in, c->meta, name, &a)) {
		if (a.kind == V_FUNC)
			*out = vmethod(in, a, cls);
		else if (!attr_bind(in, a, VUNSET, vobj(c->meta), out, at))
			return -1;
		return 1;
	}
	r = class_data(in, cls, name, out);
	return r ? r : base_attr(in, SEQ_OF(c->mro), 0, name, out);
}

bool
class_setattr(Interp *in, Value cls, const Str *name, Value x, Span at)
{
	ClassObj *c = CLASS_OF(cls);
	Value pair[2] = {vstr_of(in, name), x}, out;
	int r = type_special(in, cls, SP_setattr, pair, 2, &out, at);

	if (r)
		return r > 0;
	in->classes_changed++;
	if (str_is(name, "__name__") && x.kind == V_STR)
		c->name = intern(in->names, STR_OF(x)->s, STR_OF(x)->len);
	if (str_is(name, "__qualname__") && x.kind == V_STR)
		c->qualname = intern(in->names, STR_OF(x)->s, STR_OF(x)->len);
	return dict_set(in, c->dict, pair[0], x, at);
}

const Native object_builtins[] = {
    {"property", "fget=,fset=,fdel=,doc=", make_property, 0},
    {"staticmethod", "x,/", make_wrapped, WITH(0)},
    {"classmethod", "x,/", make_wrapped, WITH(1)},
    NATIVE_END,
};
