/* function.c: attributes of functions and of methods, what annotations are worth, and super().
 */
#include "builtins.h"
#include "class.h"
#include "core.h"

static int
code_getattr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const FuncExpr *f = self->data;

	if (str_is(name, "co_argcount")) {
		*out = vint(f->npos);
	} else if (str_is(name, "co_name")) {
		*out = vstr_of(in, f->name);
	} else if (str_is(name, "co_varnames")) {
		*out = vtuple(in, 0, f->params.n);
		for (uint32_t i = 0; i < f->params.n; i++)
			SEQ_OF(*out)->at[i] = vstr_of(in, f->params.at[i].name);
	} else {
		return 0;
	}
	return 1;
}

static const HostType code_type = {.name = "code", .getattr = code_getattr};

/* What an annotation is worth: the type that a plain name means, else its text. */
static Value
annotation(Interp *in, const Expr *e)
{
	Value v;
	const char *text;

	if (e->kind == E_CONST && !in->space->library)
		return in->literal.at[e->nth];
	if ((e->kind == E_NAME || e->kind == E_GLOBAL) && !in->annotations_as_text &&
	    builtin_lookup(in, e->id, &v) && v.kind == V_TYPE)
		return v;
	text = interp_text(in, e->span);
	return vstrz(in, text);
}

/* x: T, in a class: what T is where that can be told, else its text. */
Value
class_annotation(Interp *in, const Expr *e)
{
	Attempt a;
	Value v;
	bool ok;

	if (in->annotations_as_text && !in->space->library)
		return vstrz(in, interp_text(in, e->span));
	attempt_begin(in, &a);
	ok = eval(in, e, &v);
	if (!ok)
		attempt_drop(in, &a);
	attempt_end(in, &a);
	return ok && v.kind != V_POISON ? v : vstrz(in, interp_text(in, e->span));
}

static Value
annotations_of(Interp *in, const FuncExpr *f)
{
	Value d = vdict(in);

	for (uint32_t i = 0; i < f->params.n; i++)
		if (f->params.at[i].note)
			dict_set(in, d, vstr_of(in, f->params.at[i].name),
			         annotation(in, f->params.at[i].note), NOSPAN);
	if (f->result)
		dict_set(in, d, vstrz(in, "return"), annotation(in, f->result), NOSPAN);
	return d;
}

/* A tuple of those of positional parameters, or a dict of the keyword-only ones; None: no such. */
static Value
defaults_of(Interp *in, const ClosureObj *fo, bool kwonly)
{
	const ParamList *p = &fo->code->params;
	Value d = vdict(in);
	uint32_t n = 0;

	for (uint32_t i = 0, k = 0; i < p->n; i++) {
		if (!p->at[i].dflt)
			continue;
		if (p->at[i].kind == P_KWONLY)
			dict_set(in, d, vstr_of(in, p->at[i].name), fo->dflt[k], NOSPAN);
		else
			n++;
		k++;
	}
	if (kwonly)
		return DICT_OF(d)->n ? d : VNONE;
	return n ? vtuple(in, fo->dflt, n) : VNONE;
}

int
function_getattr(Interp *in, Value v, const Str *name, Value *out)
{
	const FuncExpr *f = FUNC_OF(v)->code;

	if (object_own(in, v, name, out))
		return 1;
	if (str_is(name, "__name__"))
		*out = vstr_of(in, f->name);
	else if (str_is(name, "__qualname__"))
		*out = vstr_of(in, f->qualname ? f->qualname : f->name);
	else if (str_is(name, "__doc__"))
		*out = function_doc(in, f);
	else if (str_is(name, "__module__"))
		*out = vstrz(in, FUNC_OF(v)->space->name);
	else if (str_is(name, "__code__"))
		*out = vhost(in, &code_type, (void *)f);
	else if (str_is(name, "__defaults__") || str_is(name, "__kwdefaults__"))
		*out = defaults_of(in, FUNC_OF(v), name->s[2] == 'k');
	else if (str_is(name, "__annotations__"))
		*out = annotations_of(in, f);
	else if (str_is(name, "__dict__"))
		*out = *object_dict(in, v, true);
	else
		return 0;
	return 1;
}

int
method_getattr(Interp *in, Value v, const Str *name, Value *out)
{
	if (str_is(name, "__self__"))
		*out = METHOD_OF(v)->self;
	else if (str_is(name, "__func__"))
		*out = METHOD_OF(v)->fn;
	else
		return value_findattr(in, METHOD_OF(v)->fn, name, out, NOSPAN);
	return 1;
}

/* ---- methods ---- */

Value
vmethod(Interp *in, Value fn, Value self)
{
	MethodObj *m = interp_alloc(in, V_METHOD, sizeof *m);

	m->fn = fn;
	m->self = self;
	return vobj(m);
}

/* fn(self, …) */
bool
method_call(Interp *in, Value fn, Value self, const Args *args, Value *out)
{
	Value *base = in->sp;
	Args a = *args;
	bool ok;

	if (!stack_room(in, args->npos + 2, args->span))
		return false;
	push(in, fn);
	push(in, self);
	for (uint32_t i = 0; i < args->npos; i++)
		push(in, args->pos[i]);
	a.pos = base + 1;
	a.npos = args->npos + 1;
	a.pos_span = 0;
	ok = interp_call(in, fn, &a, out);
	in->sp = base;
	return ok;
}

/* ---- super ---- */

typedef struct Super {
	Value cls, self; /* self: an instance or a class */
} Super;

static void
super_mark(Interp *in, HostObj *h)
{
	interp_mark(in, ((Super *)h->data)->cls);
	interp_mark(in, ((Super *)h->data)->self);
}

static int
super_getattr(Interp *in, HostObj *h, const Str *name, Value *out)
{
	const Super *s = h->data;
	const ClassObj *c = class_of(s->self);
	const SeqObj *mro = SEQ_OF(c ? c->mro : CLASS_OF(s->self)->mro);
	bool instance = c != 0;
	uint32_t i = 0;
	Value a;
	const Native *d, *m;

	while (i < mro->n && !value_is(mro->at[i], s->cls))
		i++;
	for (i++; i < mro->n; i++) {
		Value t = mro->at[i];

		if (t.kind == V_CLASS) {
			const ClassObj *up = CLASS_OF(t);
			if (!dict_named(in, up->dict, name, &a) &&
			    !(up->methods && native_get(in, up->methods, name, 0, UNBOUND, &a)))
				continue;
			if (!instance && a.kind == V_FUNC && str_is(name, "__new__")) {
				*out = a;
				return 1;
			}
			return attr_bind(in, a, instance ? s->self : VUNSET, s->self, out, NOSPAN)
			           ? 1
			           : -1;
		}
		m = instance ? methods_of((int)t.i) : 0;
		if (m && native_get(in, m, name, 0, s->self, out))
			return 1;
		d = dunder_find((int)t.i, name);
		if (!d || (i + 1 < mro->n && !dunder_defined(t, name)))
			continue;
		*out = vnative(in, d, instance && !str_is(name, "__new__") ? s->self : UNBOUND);
		if (!instance && str_is(name, "__init_subclass__"))
			*out = vnative(in, d, s->self);
		return 1;
	}
	return instance && c->exception ? exc_getattr(in, s->self, name, out) : 0;
}

const HostType super_type = {.name = "super", .getattr = super_getattr, .mark = super_mark};

NATIVE(make_super)
{
	Super s = {args->v[0], args->v[1]};
	const Frame *f = in->frame;

	if (s.cls.kind == V_UNSET) {
		if (!f || !f->fo || !f->fo->home || f->fo->home->val.kind != V_CLASS ||
		    !f->func->params.n)
			return fail(in, args->span, "super(): no arguments");
		s.cls = f->fo->home->val;
		s.self = f->slot[0];
		if (s.self.kind == V_CELL)
			s.self = CELL_OF(s.self)->val;
	}
	if (s.cls.kind != V_CLASS || s.self.kind == V_UNSET ||
	    !(s.self.kind == V_CLASS || class_of(s.self)))
		return fail(in, args->span,
		            "super(type, obj): obj must be an instance or subtype of type");
	*out = vhost(in, &super_type, arena_dup(in->unit, &s, sizeof s));
	return true;
}

const Native super_builtins[] = {{"super", "x=,y=,/", make_super, 0}, NATIVE_END};
