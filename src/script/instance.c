/* instance.c: making instances of a script's classes, and calling methods.
 */
#include "builtins.h"
#include "class.h"
#include "core.h"

Value
object_class(Interp *in)
{
	const Str *name = intern_cstr(in->names, "object");
	ClassObj *c = map_get(&in->exceptions, KEY(name));

	if (!c) {
		c = CLASS_OF(class_native(in, "object", "builtins", VUNSET, 0));
		map_put(&in->exceptions, KEY(name), c);
	}
	return vobj(c);
}

Value
instance_new(Interp *in, ClassObj *c)
{
	InstanceObj *o = interp_alloc(in, V_INSTANCE, sizeof *o);

	o->cls = c;
	o->dict = o->base = VUNSET;
	return vobj(o);
}

Value
instance_value(Value v)
{
	if (v.kind == V_INSTANCE && !INSTANCE_OF(v)->cls->exception &&
	    INSTANCE_OF(v)->base.kind != V_UNSET)
		return INSTANCE_OF(v)->base;
	return v;
}

/* An object of a builtin kind with room for what the class adds. */
static Value
sub_new(Interp *in, ClassObj *c, Value plain)
{
	size_t text = c->of == V_STR || c->of == V_BYTES ? STR_OF(plain)->len : 0;
	size_t n = (sizeof(StrObj) + text + 1 + 15) / 16 * 16;
	Obj *o, head;
	if (c->of == V_DICT || c->of == V_SET)
		n = sizeof(DictObj);
	else if (c->of == V_LIST || c->of == V_TUPLE)
		n = sizeof(SeqObj);
	o = interp_alloc(in, c->of, n + sizeof(Sub));
	head = *o;
	if (c->of == V_STR || c->of == V_BYTES) {
		memcpy(o, plain.o, sizeof(StrObj) + STR_OF(plain)->len + 1);
		((StrObj *)o)->room = STR_OF(plain)->len;
		((StrObj *)o)->alone = STR_SHARED;
	} else { /* takes over what the other owns */
		memcpy(o, plain.o, n);
		memset((char *)plain.o + sizeof(Obj), 0, n - sizeof(Obj));
	}
	*o = head;
	o->sub = 1;
	*sub_of(o) = (Sub){c, VUNSET};
	return vobj(o);
}

/* OSError's __new__ leaves the arguments to an __init__ of the class. */
static bool
takes_args_later(Interp *in, const ClassObj *c)
{
	Value init;

	return class_has(in, c, exc_class(in, "OSError")) &&
	       class_lookup(in, c, special_name(in, SP_init), &init) && init.kind == V_FUNC;
}

/* c(…) without a __new__ of its own; args without the class. */
static bool
default_new(Interp *in, ClassObj *c, const Args *args, Value *out)
{
	Value plain;

	if (c->of == V_INSTANCE) {
		if (c->exception)
			c = CLASS_OF(exc_exact(in, vobj(c), args->pos, args->npos));
		*out = instance_new(in, c);
		if (c->exception)
			INSTANCE_OF(*out)->base =
			    vtuple(in, args->pos, takes_args_later(in, c) ? 0 : args->npos);
		return true;
	}
	if (c->of == V_DICT || c->of == V_LIST || c->of == V_SET) { /* __init__ fills them */
		plain = c->of == V_DICT ? vdict(in) : c->of == V_SET ? vset(in) : vlist(in, 0, 0);
	} else if (!type_call(in, vtype((int)c->of), args, &plain)) {
		return false;
	}
	if (c->of == V_INT || c->of == V_FLOAT) {
		*out = instance_new(in, c);
		INSTANCE_OF(*out)->base = plain;
		return true;
	}
	if (c->of == V_TUPLE) /* tuple(t) is t itself */
		plain = vtuple(in, SEQ_OF(plain)->at, SEQ_OF(plain)->n);
	push(in, plain);
	*out = sub_new(in, c, plain);
	pop(in, 1);
	return true;
}

/* object.__new__(cls, …), tuple.__new__(cls, items) … */
NATIVE_EXTERN(object_new)
{
	Args rest = *args;

	if (!args->npos || args->pos[0].kind != V_CLASS) {
		if (args->npos && args->pos[0].kind == V_TYPE) {
			rest.pos++;
			rest.npos--;
			return type_call(in, args->pos[0], &rest, out);
		}
		return fail(in, args->span, "%s(X): X is not a type object", args->fn->name);
	}
	rest.pos++;
	rest.npos--;
	rest.pos_span = 0;
	if (CLASS_OF(args->pos[0])->metaclass)
		return type_new(in, args->pos[0], &rest, out);
	return default_new(in, CLASS_OF(args->pos[0]), &rest, out);
}

/* What a builtin base makes of the arguments where the class has no __init__. */
bool
default_init(Interp *in, Value v, const Args *args)
{
	ClassObj *c = class_of(v);
	Args positional = *args;
	Value fn;

	switch (c->of) {
	case V_DICT:
		return dict_fill(in, v, args);
	case V_LIST:
	case V_SET: /* where the class has a __new__, CPython does not look at keywords */
		if (args->nkw && !class_lookup(in, c, special_name(in, SP_new), &fn))
			return fail(in, args->span, "%s() takes no keyword arguments",
			            kind_name(c->of));
		positional.nkw = 0;
		if (!args_count(in, kind_name(c->of), &positional, 0, 1))
			return false;
		if (c->of == V_LIST)
			return !args->npos || list_extend(in, v, args->pos[0], args->span);
		return !args->npos || set_update_from(in, v, args->pos[0], args->span);
	case V_INSTANCE:
		if (c->exception) {
			if (args->nkw)
				return fail(in, args->span, "%s() takes no keyword arguments",
				            c->name->s);
			INSTANCE_OF(v)->base = vtuple(in, args->pos, args->npos);
			return true;
		}
		if ((args->npos || args->nkw) &&
		    !class_lookup(in, c, special_name(in, SP_new), &fn))
			return fail(in, args->span, "%s() takes no arguments", c->name->s);
		return true;
	default:
		return true;
	}
}

static bool
check_abstract(Interp *in, ClassObj *c, Span at)
{
	Value names, list;
	Buf b = {0};
	uint32_t n;

	if (!class_lookup(in, c, special_name(in, SP_abstractmethods), &names) ||
	    !value_to_list(in, names, &list, at) || !(n = SEQ_OF(list)->n))
		return true;
	sort_values(in, list, VUNSET, false, at);
	for (uint32_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", STR_OF(SEQ_OF(list)->at[i])->s);
	fail(in, at,
	     n == 1 ? "Can't instantiate abstract class %s with abstract method %s"
	            : "Can't instantiate abstract class %s with abstract methods %s",
	     c->name->s, b.at);
	buf_free(&b);
	return false;
}

bool
type_new(Interp *in, Value meta, const Args *args, Value *out)
{
	const Str *name;
	Value dict;
	ClassObj *c = meta.kind == V_CLASS ? CLASS_OF(meta) : 0;

	if (args->npos != 3 || args->pos[1].kind != V_TUPLE || args->pos[2].kind != V_DICT)
		return fail(in, args->span, "type() takes 1 or 3 arguments");
	if (!as_str(in, args->pos[0], &name, "the name of the class", args->span))
		return false;
	dict = dict_copy(in, args->pos[2]);
	return class_make(in, c, name, args->pos[1], dict, args, args->span, out);
}

/* cls(…), where cls is not asked itself. */
bool
class_instantiate(Interp *in, Value cls, const Args *args, Value *out)
{
	ClassObj *c = CLASS_OF(cls);
	Value fn, result, *sp = in->sp;
	bool ok;

	if (!check_abstract(in, c, args->span))
		return false;
	if (class_lookup(in, c, special_name(in, SP_new), &fn)) {
		if (is_host(fn, &staticmethod_type))
			fn = wrapped(fn);
		if (!method_call(in, fn, cls, args, out))
			return false;
		if (!class_of(*out) || !class_has(in, class_of(*out), cls))
			return true;
	} else if (!default_new(in, c, args, out)) {
		return false;
	}
	push(in, *out);
	if (class_lookup(in, c, special_name(in, SP_init), &fn)) {
		ok = method_call(in, fn, *out, args, &result);
		if (ok && result.kind != V_NONE && result.kind != V_POISON)
			ok = fail(in, args->span, "__init__() should return None, not '%s'",
			          type_name(result));
	} else {
		ok = default_init(in, *out, args);
	}
	in->sp = sp;
	return ok;
}

bool
class_call(Interp *in, Value cls, const Args *args, Value *out)
{
	ClassObj *c = CLASS_OF(cls);
	Value fn;

	if (c->meta && class_lookup(in, c->meta, special_name(in, SP_call), &fn))
		return method_call(in, fn, cls, args, out);
	if (c->metaclass) { /* makes a class */
		if (class_lookup(in, c, special_name(in, SP_new), &fn)) {
			if (is_host(fn, &staticmethod_type))
				fn = wrapped(fn);
			return method_call(in, fn, cls, args, out);
		}
		return type_new(in, cls, args, out);
	}
	return class_instantiate(in, cls, args, out);
}
