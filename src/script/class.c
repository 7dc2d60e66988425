/* class.c: class statements and the order in which classes are asked (C3). Instances are in
 * instance.c, attributes in object.c.
 */
#include "class.h"

#include "builtins.h"
#include "core.h"

#define SPECIAL_NAME(n) "__" #n "__",
static const char *const special_names[SP_COUNT] = {SPECIALS(SPECIAL_NAME)};

/* What classes said about a name, until one of them changes. */
enum { ATTRS = 1024 };
typedef struct AttrCache {
	struct {
		const ClassObj *cls;
		const Str *name;
		uint64_t when;
		bool found;
		Value val;
	} at[ATTRS];
} AttrCache;

const Str *
special_name(Interp *in, Special s)
{
	if (!in->special) {
		in->special = newn(in->unit, const Str *, SP_COUNT);
		for (int i = 0; i < SP_COUNT; i++)
			in->special[i] = intern_cstr(in->names, special_names[i]);
	}
	return in->special[s];
}

/* ---- asking classes ---- */

static bool
own_attr(Interp *in, const ClassObj *c, const Str *name, Value *out)
{
	return dict_named(in, c->dict, name, out) ||
	       (c->methods && native_get(in, c->methods, name, 0, UNBOUND, out));
}

/* Does a builtin type have its own, as object does, so that those behind it are not asked? */
static bool
builtin_attr(Value type, const Str *name)
{
	if (type.kind != V_CLASS)
		return dunder_defined(type, name);
	return CLASS_OF(type)->exception && CLASS_OF(type)->methods &&
	       has_word("__setattr__ __delattr__ __new__ __init__", name->s);
}

static bool
search(Interp *in, const ClassObj *c, const Str *name, Value *out)
{
	const SeqObj *mro = SEQ_OF(c->mro);

	for (uint32_t i = 0; i < mro->n; i++) {
		if (mro->at[i].kind == V_CLASS && own_attr(in, CLASS_OF(mro->at[i]), name, out))
			return true;
		if (builtin_attr(mro->at[i], name))
			return false;
	}
	return false;
}

bool
class_lookup(Interp *in, const ClassObj *c, const Str *name, Value *out)
{
	uintptr_t h = (uintptr_t)c / 16 * 31 + (uintptr_t)name / 8;
	size_t k = h % ATTRS;

	if (!in->attrs)
		in->attrs = new (in->unit, AttrCache);
	if (in->attrs->at[k].cls != c || in->attrs->at[k].name != name ||
	    in->attrs->at[k].when != in->classes_changed + 1) {
		in->attrs->at[k].cls = c;
		in->attrs->at[k].name = name;
		in->attrs->at[k].when = in->classes_changed + 1;
		in->attrs->at[k].found = search(in, c, name, &in->attrs->at[k].val);
	}
	*out = in->attrs->at[k].val;
	return in->attrs->at[k].found;
}

bool
class_has(UNUSED Interp *in, const ClassObj *c, Value type)
{
	const SeqObj *mro = SEQ_OF(c->mro);

	for (uint32_t i = 0; i < mro->n; i++)
		if (value_is(mro->at[i], type))
			return true;
	return false;
}

bool
special_find(Interp *in, Value v, Special s, Value *fn)
{
	const ClassObj *c = class_of(v);

	return c && v.o != in->plain && class_lookup(in, c, special_name(in, s), fn);
}

bool
value_iterable(Interp *in, Value v)
{
	Value fn;

	if (v.kind == V_INSTANCE)
		return special_find(in, v, SP_iter, &fn) || special_find(in, v, SP_getitem, &fn);
	if (v.kind == V_CLASS)
		return CLASS_OF(v)->meta &&
		       class_lookup(in, CLASS_OF(v)->meta, special_name(in, SP_iter), &fn);
	return (on_heap(v) && v.kind != V_BIG && v.kind != V_FUNC && v.kind != V_METHOD &&
	        v.kind != V_BUILTIN && v.kind != V_MODULE) || v.kind == V_POISON;
}

static int
call_special(Interp *in, Value fn, Value self, const Value *more, uint32_t n, Value *out, Span at)
{
	Value v[8];
	bool ok;

	if (fn.kind == V_NONE) /* __hash__ = None */
		return 0;
	if (!attr_bind(in, fn, self, VUNSET, &v[0], at))
		return -1;
	in->nogc++;
	ok = call_values(in, v[0], more, n, out, at);
	in->nogc--;
	return ok ? 1 : -1;
}

int
special_call(Interp *in, Value v, Special s, const Value *more, uint32_t n, Value *out, Span at)
{
	Value fn;

	return special_find(in, v, s, &fn) ? call_special(in, fn, v, more, n, out, at) : 0;
}

int
type_special(Interp *in, Value cls, Special s, const Value *more, uint32_t n, Value *out, Span at)
{
	const ClassObj *meta = cls.kind == V_CLASS ? CLASS_OF(cls)->meta : 0;
	Value fn;

	if (!meta || cls.o == in->plain || !class_lookup(in, meta, special_name(in, s), &fn))
		return 0;
	return call_special(in, fn, cls, more, n, out, at);
}

/* ---- making classes ---- */

static Value
base_mro(Interp *in, Value base)
{
	Value pair[2] = {base, vtype(TYPE_OBJECT)};

	if (base.kind == V_CLASS)
		return CLASS_OF(base)->mro;
	return vtuple(in, pair, base.i == TYPE_OBJECT ? 1 : 2);
}

static const char *
class_name(Value v)
{
	return v.kind == V_CLASS ? CLASS_OF(v)->name->s : type_value_name(v);
}

static bool
in_tail(const SeqObj *list, uint32_t from, Value v)
{
	for (uint32_t i = from + 1; i < list->n; i++)
		if (value_is(list->at[i], v))
			return true;
	return false;
}

/* No class may come next: says which stand in each other's way. */
static bool
contradiction(Interp *in, SeqObj **list, const uint32_t *pos, uint32_t n, Span at)
{
	Buf names = {0};

	for (uint32_t i = 0; i < n; i++) {
		bool again = pos[i] == list[i]->n;

		for (uint32_t k = 0; k < i && !again; k++)
			again = pos[k] < list[k]->n &&
			        value_is(list[k]->at[pos[k]], list[i]->at[pos[i]]);
		if (!again)
			buf_printf(&names, "%s%s", names.n ? ", " : "",
			           class_name(list[i]->at[pos[i]]));
	}
	fail(in, at, "the bases of the class come in orders that contradict each other: %s",
	     names.at);
	buf_free(&names);
	return false;
}

/* C3: merges the orders of the bases, and the list of them. */
static bool
linearize(Interp *in, Value self, Value bases, Value *out, Span at)
{
	uint32_t n = SEQ_OF(bases)->n;
	SeqObj **list = newn(in->unit, SeqObj *, n + 1);
	uint32_t *pos = newn(in->unit, uint32_t, n + 1), k;

	*out = vlist(in, &self, 1);
	for (uint32_t i = 0; i < n; i++)
		if (in_tail(SEQ_OF(bases), i, SEQ_OF(bases)->at[i]))
			return fail(in, at, "duplicate base class %s",
			            class_name(SEQ_OF(bases)->at[i]));
	for (uint32_t i = 0; i < n; i++)
		list[i] = SEQ_OF(base_mro(in, SEQ_OF(bases)->at[i]));
	list[n] = SEQ_OF(bases);
	for (;;) {
		Value next = VUNSET;
		bool left = false;

		for (uint32_t i = 0; i <= n && next.kind == V_UNSET; i++) {
			if (pos[i] == list[i]->n)
				continue;
			left = true;
			next = list[i]->at[pos[i]];
			for (k = 0; k <= n; k++)
				if (in_tail(list[k], pos[k], next))
					break;
			if (k <= n)
				next = VUNSET;
		}
		if (!left)
			break;
		if (next.kind == V_UNSET)
			return contradiction(in, list, pos, n + 1, at);
		vlist_push(in, *out, next);
		for (k = 0; k <= n; k++)
			if (pos[k] < list[k]->n && value_is(list[k]->at[pos[k]], next))
				pos[k]++;
	}
	*out = vtuple(in, SEQ_OF(*out)->at, SEQ_OF(*out)->n);
	return true;
}

/* May a class derive from it? */
static bool
check_base(Interp *in, Value base, Span at)
{
	if (base.kind == V_CLASS)
		return true;
	if (base.kind == V_TYPE && !host_type_of(base) &&
	    ((base.i >= V_STR && base.i <= V_SET) || base.i == V_INT || base.i == V_FLOAT ||
	     base.i == TYPE_OBJECT || base.i == TYPE_TYPE))
		return true;
	if (base.kind == V_TYPE && base.i == V_BOOL)
		return fail(in, at, "type '%s' cannot be a base of a class", type_value_name(base));
	if (host_refuses(in, "class", base, VUNSET, at))
		return false;
	return fail(in, at, "milc knows no classes derived from %s", shown(in, base));
}

/* What the class takes from its bases. */
static bool
inherit(Interp *in, ClassObj *c, Span at)
{
	c->of = V_INSTANCE;
	for (uint32_t i = 0; i < SEQ_OF(c->bases)->n; i++) {
		Value base = SEQ_OF(c->bases)->at[i];
		VKind of = V_INSTANCE;

		if (!check_base(in, base, at))
			return false;
		if (base.kind == V_CLASS) {
			of = CLASS_OF(base)->of;
			c->exception |= CLASS_OF(base)->exception;
			c->metaclass |= CLASS_OF(base)->metaclass;
			if (CLASS_OF(base)->meta && !c->meta)
				c->meta = CLASS_OF(base)->meta;
		} else if (base.i < TYPE_OBJECT) {
			of = (VKind)base.i;
		}
		c->metaclass |= base.kind == V_TYPE && base.i == TYPE_TYPE;
		if (of != V_INSTANCE && c->of != V_INSTANCE && of != c->of)
			return fail(in, at, "multiple bases have instance lay-out conflict");
		if (of != V_INSTANCE)
			c->of = of;
	}
	if (c->exception && c->of != V_INSTANCE)
		return fail(in, at, "multiple bases have instance lay-out conflict");
	return true;
}

/* Methods in C are no attributes of the class's own dict: __eq__ without __hash__ takes the latter
 * away, as Python has it. __init_subclass__ is a class method. */
static bool
finish_dict(Interp *in, ClassObj *c, Span at)
{
	const Str *hook = special_name(in, SP_init_subclass);
	Value v;

	if (dict_named(in, c->dict, hook, &v) && v.kind == V_FUNC &&
	    !dict_set(in, c->dict, vstr_of(in, hook), vclassmethod(in, v), at))
		return false;
	if (dict_named(in, c->dict, special_name(in, SP_eq), &v) &&
	    !dict_named(in, c->dict, special_name(in, SP_hash), &v))
		return dict_set(in, c->dict, vstr_of(in, special_name(in, SP_hash)), VNONE, at);
	return true;
}

static ClassObj *
class_alloc(Interp *in, const Str *name, Value bases, Value dict)
{
	ClassObj *c = interp_alloc(in, V_CLASS, sizeof *c);

	c->name = c->qualname = name;
	c->bases = bases;
	c->dict = dict;
	c->module = in->space ? in->space->name : "builtins";
	in->classes_changed++;
	return c;
}

/* Tells the attributes that want to know, and the base class. */
static bool
announce(Interp *in, Value cls, const Args *keywords, Span at)
{
	const ClassObj *c = CLASS_OF(cls);
	Args a = keywords ? *keywords : (Args){0};
	const DictEntry *e;
	int64_t pos = 0;
	Value hook, out, pair[2] = {cls};

	while ((e = entry_next(DICT_OF(c->dict), &pos)) != 0) {
		pair[1] = e->key;
		if (special_call(in, e->val, SP_set_name, pair, 2, &out, at) < 0)
			return false;
	}
	for (uint32_t i = 1; i < SEQ_OF(c->mro)->n; i++) {
		Value up = SEQ_OF(c->mro)->at[i];

		if (up.kind != V_CLASS ||
		    !own_attr(in, CLASS_OF(up), special_name(in, SP_init_subclass), &hook))
			continue;
		a.pos = 0;
		a.npos = 0;
		a.span = a.callee = at;
		if (is_host(hook, &classmethod_type))
			hook = wrapped(hook);
		return method_call(in, hook, cls, &a, &out);
	}
	if (a.nkw)
		return fail(in, at, "%s.__init_subclass__() takes no keyword arguments",
		            c->name->s);
	return true;
}

bool
class_make(Interp *in, ClassObj *meta, const Str *name, Value bases, Value dict,
           const Args *keywords, Span at, Value *out)
{
	Value object = vtype(TYPE_OBJECT), v;
	ClassObj *c;
	bool ok;

	in->nogc++;
	if (!SEQ_OF(bases)->n)
		bases = vtuple(in, &object, 1);
	c = class_alloc(in, name, bases, dict);
	c->meta = meta;
	if (dict_named(in, dict, intern_cstr(in->names, "__module__"), &v) && v.kind == V_STR)
		c->module = intern(in->names, STR_OF(v)->s, STR_OF(v)->len)->s;
	if (dict_named(in, dict, intern_cstr(in->names, "__qualname__"), &v) && v.kind == V_STR)
		c->qualname = intern(in->names, STR_OF(v)->s, STR_OF(v)->len);
	*out = vobj(c);
	push(in, *out);
	ok = inherit(in, c, at) && linearize(in, *out, bases, &c->mro, at) &&
	     finish_dict(in, c, at) && announce(in, *out, keywords, at);
	pop(in, 1);
	in->nogc--;
	return ok;
}

Value
class_native(Interp *in, const char *name, const char *module, Value base, const Native *methods)
{
	Value object = vtype(TYPE_OBJECT), bases, cls;
	ClassObj *c;

	bases = vtuple(in, base.kind == V_UNSET ? &object : &base, 1);
	c = class_alloc(in, intern_cstr(in->names, name), bases, vdict(in));
	c->module = module;
	c->methods = methods;
	cls = vobj(c);
	interp_pin(in, cls);
	inherit(in, c, NOSPAN);
	linearize(in, cls, bases, &c->mro, NOSPAN);
	return cls;
}

/* ---- the statement ---- */

/* Runs the body; what it bound is *dict. */
static bool
run_class_body(Interp *in, const Stmt *s, Value fn, CellObj *home, Value *dict)
{
	const FuncExpr *f = s->func;
	Value *slot = in->sp, doc = function_doc(in, f);
	Frame frame = {.slot = slot, .func = f, .fo = FUNC_OF(fn), .home = home};
	Flow flow;

	if (!stack_room(in, f->nslot + 2, s->span))
		return false;
	for (uint32_t i = 0; i < f->nslot; i++)
		push(in, VUNSET);
	frame.fields = *dict;
	enter_cells(in, f, FUNC_OF(fn), slot);
	if (!enter_frame(in, &frame, s->span)) {
		in->sp = slot;
		return false;
	}
	dict_set(in, *dict, vstrz(in, "__module__"), vstrz(in, in->space->name), s->span);
	dict_set(in, *dict, vstrz(in, "__qualname__"), vstr_of(in, f->qualname), s->span);
	if (doc.kind != V_NONE)
		dict_set(in, *dict, vstrz(in, "__doc__"), doc, s->span);
	flow = exec_block(in, f->body);
	leave_frame(in, &frame);
	in->sp = slot;
	return flow != FLOW_FAIL;
}

/* The class itself, from what its body bound. */
static bool
build(Interp *in, const Stmt *s, Value bases, Value dict, const Kwarg *kw, Value *out)
{
	Args rest = {
	    .kw = kw, .nkw = (uint32_t)(in->kwsp - kw), .span = s->span, .callee = s->span};
	Value meta = VUNSET, three[3] = {vstr_of(in, s->func->name), bases, dict};
	bool metaclass = rest.nkw && str_is(kw[0].name, "metaclass");

	if (metaclass) {
		meta = kw[0].val;
		rest.kw++;
		rest.nkw--;
	}
	for (uint32_t i = 0; i < SEQ_OF(bases)->n && !metaclass; i++) {
		Value base = SEQ_OF(bases)->at[i];
		if (base.kind == V_INSTANCE) /* a class of classes of its own: typing.NamedTuple */
			return call_values(in, vobj(INSTANCE_OF(base)->cls), three, 3, out,
			                   s->span);
		if (base.kind == V_CLASS && CLASS_OF(base)->meta && meta.kind == V_UNSET)
			meta = vobj(CLASS_OF(base)->meta);
	}
	if (meta.kind == V_CLASS) {
		rest.pos = three;
		rest.npos = 3;
		return class_call(in, meta, &rest, out);
	}
	return class_make(in, 0, s->func->name, bases, dict, &rest, s->span, out);
}

static bool
define_class(Interp *in, const Stmt *s, const Value *base, Value *out)
{
	Value bases = vtuple(in, base, (size_t)(in->sp - base)), dict, fn, home;
	const Kwarg *kw = in->kwsp;
	Value v;
	CellObj *cell;

	for (uint32_t i = 0; s->bases && i < s->bases->narg; i++)
		if (s->bases->arg[i].name) { /* keywords were not evaluated yet */
			if (!eval(in, s->bases->arg[i].val, &v))
				return false;
			if (str_is(s->bases->arg[i].name, "metaclass") && !in->space->library &&
			    !(v.kind == V_CLASS && !strcmp(CLASS_OF(v)->module, "abc")))
				return fail(in, s->bases->arg[i].span,
				            "metaclasses other than ABCMeta are not part of the "
				            "language");
			if (in->kwsp == in->kw_end)
				return fail(in, s->span, "too many keyword arguments at once");
			*in->kwsp++ = (Kwarg){s->bases->arg[i].name, v, s->bases->arg[i].span};
		}
	push(in, bases);
	push(in, dict = vdict(in));
	cell = interp_alloc(in, V_CELL, sizeof *cell);
	home = (Value){.kind = V_CELL, .o = &cell->obj};
	push(in, home);
	push(in, fn = make_function(in, s->func, 0));
	if (!run_class_body(in, s, fn, cell, &dict) || !build(in, s, bases, dict, kw, out))
		return false;
	cell->val = *out;
	if (out->kind == V_CLASS)
		CLASS_OF(*out)->qualname = s->func->qualname;
	return true;
}

bool
exec_class(Interp *in, const Stmt *s)
{
	const ExprList *d = s->decorators;
	Value *sp = in->sp, *base, v;
	Kwarg *kw = in->kwsp;
	bool ok = true;

	for (uint32_t i = 0; d && ok && i < d->n; i++) {
		ok = stack_room(in, 1, s->span) && eval(in, d->at[i], &v);
		push(in, ok ? v : VNONE);
	}
	base = in->sp;
	for (uint32_t i = 0; s->bases && ok && i < s->bases->narg; i++) {
		if (s->bases->arg[i].name)
			continue;
		ok = !s->bases->arg[i].star && eval(in, s->bases->arg[i].val, &v);
		if (s->bases->arg[i].star)
			fail(in, s->bases->arg[i].span,
			     "milc knows no * or ** among the bases of a class");
		push(in, ok ? v : VNONE);
	}
	ok = ok && define_class(in, s, base, &v);
	in->kwsp = kw;
	in->sp = base;
	for (uint32_t i = d ? d->n : 0; ok && i > 0; i--)
		ok = call_decorator(in, d->at[i - 1], sp[i - 1], &v);
	in->sp = sp;
	return ok && assign(in, s->name, v);
}
