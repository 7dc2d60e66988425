/* call.c: calls, and making functions. Arguments are evaluated onto the value stack; for the usual
 * call of a script function (positional, as many as there are parameters) they are then the first
 * slots of its frame.
 */
#include "class.h"

#include "builtins.h"
#include "core.h"

bool
stack_room(Interp *in, size_t n, Span at)
{
	if (n < (size_t)(in->stack_end - in->sp))
		return true;
	return fail(in, at, "too many values at once on the evaluation stack");
}

/* ---- functions ---- */

Value
make_function(Interp *in, const FuncExpr *f, const Value *dflt)
{
	size_t ndflt = f->ndflt * sizeof(Value), nfree = f->nfree * sizeof(CellObj *);
	ClosureObj *fo = interp_alloc(in, V_FUNC, sizeof *fo + ndflt + nfree);

	fo->code = f;
	fo->space = in->space;
	fo->dict = VUNSET;
	fo->home = in->frame->home ? in->frame->home : in->frame->fo ? in->frame->fo->home : 0;
	fo->dflt = (Value *)(fo + 1);
	fo->free = (CellObj **)(fo->dflt + f->ndflt);
	if (ndflt)
		memcpy(fo->dflt, dflt, ndflt);
	for (uint32_t i = 0; i < f->nfree; i++)
		fo->free[i] = CELL_OF(in->frame->slot[f->from[i]]);
	return vobj(fo);
}

bool
eval_function(Interp *in, const FuncExpr *f, Value *out)
{
	Value *base = in->sp, v;

	if (!stack_room(in, f->ndflt, f->span))
		return false;
	for (uint32_t i = 0; i < f->params.n; i++) {
		if (!f->params.at[i].dflt)
			continue;
		if (!eval(in, f->params.at[i].dflt, &v)) {
			in->sp = base;
			return false;
		}
		push(in, v);
	}
	*out = make_function(in, f, base);
	in->sp = base;
	return true;
}

static Value
new_cell(Interp *in, Value v)
{
	CellObj *c = interp_alloc(in, V_CELL, sizeof *c);

	c->val = v;
	return (Value){.kind = V_CELL, .o = &c->obj};
}

/* Makes the cells of a function's own variables and takes over the captured ones. */
void
enter_cells(Interp *in, const FuncExpr *f, const ClosureObj *fo, Value *slot)
{
	for (uint32_t i = 0; i < f->params.n; i++)
		if (f->params.at[i].cell)
			slot[i] = new_cell(in, slot[i]);
	for (uint32_t i = 0; i < f->ncell; i++)
		slot[f->cell[i]] = new_cell(in, VUNSET);
	for (uint32_t i = 0; i < f->nfree; i++)
		slot[f->to[i]] = (Value){.kind = V_CELL, .o = &fo->free[i]->obj};
}

bool
enter_frame(Interp *in, Frame *f, Span at)
{
	f->call = at; /* none for a program, which nobody calls */
	if (in->depth >= in->opt.limits.depth)
		return fail(in, f->call,
		            "calls nested more than %u deep; is the recursion endless?",
		            in->opt.limits.depth);
	if (interp_deep(in, f->call))
		return false;
	f->up = in->frame;
	f->space = in->space;
	f->plain = in->plain;
	in->plain = 0;
	if (f->fo)
		in->space = f->fo->space;
	in->frame = f;
	in->depth++;
	return true;
}

void
leave_frame(Interp *in, Frame *f)
{
	in->frame = f->up;
	in->space = f->space;
	in->plain = f->plain;
	in->depth--;
}

/* Runs the body; the arguments are in the slots. */
static bool
run_body(Interp *in, const ClosureObj *fo, Value *slot, Span at, Value *out)
{
	const FuncExpr *f = fo->code;
	Frame frame = {.slot = slot, .func = f, .fo = fo};
	Span here = in->here;
	bool ok;
	Flow flow;

	if (!enter_frame(in, &frame, at))
		return false;
	if (f->ncell || f->nfree || f->params.n)
		enter_cells(in, f, fo, slot);
	if (f->yields) {
		*out = generator_new(in, fo, slot, at);
		leave_frame(in, &frame);
		return true;
	}
	if (f->expr) {
		in->steps++;
		ok = eval(in, f->expr, out);
	} else {
		flow = exec_block(in, f->body);
		ok = flow != FLOW_FAIL;
		*out = flow == FLOW_RETURN ? in->ret : VNONE;
		in->ret = VNONE;
	}
	leave_frame(in, &frame);
	in->here = here;
	return ok;
}

/* The slots behind the arguments. */
static void
clear_slots(Value *from, Value *to)
{
	for (; from < to; from++)
		*from = VUNSET;
}

static bool
call_script(Interp *in, ClosureObj *fo, const Args *a, Value *out)
{
	Value *slot = in->sp;
	bool ok;

	if (!stack_room(in, fo->code->nslot + 1, a->span))
		return false;
	clear_slots(slot, slot + fo->code->nslot + 1);
	in->sp += fo->code->nslot + 1;
	slot[fo->code->nslot] = vobj(fo);
	ok = bind_args(in, fo, a, slot) && run_body(in, fo, slot, a->span, out);
	in->sp = slot;
	return ok;
}

static bool
has_poison(const Args *a)
{
	for (uint32_t i = 0; i < a->npos; i++)
		if (a->pos[i].kind == V_POISON)
			return true;
	for (uint32_t i = 0; i < a->nkw; i++)
		if (a->kw[i].val.kind == V_POISON)
			return true;
	return false;
}

/* A refused value as an argument makes the result one too, except where it is only stored. */
static bool
poisoned(Value self, const Args *a)
{
	return self.kind != V_LIST && self.kind != V_DICT && self.kind != V_SET && has_poison(a);
}

bool
value_callable(Value v)
{
	return v.kind == V_FUNC || v.kind == V_BUILTIN || v.kind == V_TYPE || v.kind == V_DTYPE ||
	       v.kind == V_CLASS || v.kind == V_METHOD ||
	       (v.kind == V_HOST && HOST_OF(v)->type->call);
}

/* A method in C, called by way of its class: the first argument is self. */
static bool
call_unbound(Interp *in, const Native *fn, const Args *a, Value *out)
{
	Args rest = *a;

	if (fn->fn == object_new)
		return native_call(in, fn, VUNSET, a, out);
	if (!a->npos)
		return fail(in, a->span, "unbound method %s() needs an argument", fn->name);
	rest.pos++;
	rest.npos--;
	if (rest.pos_span)
		rest.pos_span++;
	return native_call(in, fn, a->pos[0], &rest, out);
}

static bool
call_object(Interp *in, Value fn, const Args *a, Value *out)
{
	Value call;

	if (fn.kind == V_METHOD)
		return method_call(in, METHOD_OF(fn)->fn, METHOD_OF(fn)->self, a, out);
	if (fn.kind == V_CLASS)
		return class_call(in, fn, a, out);
	if (special_find(in, fn, SP_call, &call))
		return attr_bind(in, call, fn, VUNSET, &call, a->span) &&
		       interp_call(in, call, a, out);
	return fail(in, a->span, "'%s' object is not callable", type_name(fn));
}

static bool
call_other(Interp *in, Value fn, const Args *a, Value *out)
{
	const HostType *t = fn.kind == V_HOST ? HOST_OF(fn)->type : 0;

	if (fn.kind == V_METHOD || fn.kind == V_CLASS || class_of(fn))
		return call_object(in, fn, a, out);

	if (fn.kind == V_POISON ||
	    poisoned(fn.kind == V_BUILTIN ? BUILTIN_OF(fn)->self : VUNSET, a)) {
		*out = VPOISON;
		return true;
	}
	if (++in->steps > in->look && !interp_steps(in, 0))
		return false;
	if (fn.kind == V_BUILTIN && BUILTIN_OF(fn)->self.kind == V_NOTIMPLEMENTED)
		return call_unbound(in, BUILTIN_OF(fn)->fn, a, out);
	if (fn.kind == V_BUILTIN)
		return native_call(in, BUILTIN_OF(fn)->fn, BUILTIN_OF(fn)->self, a, out);
	if (fn.kind == V_TYPE)
		return type_call(in, fn, a, out);
	if (fn.kind == V_DTYPE)
		return arrays(in)->dtype_call(in, value_dtype(fn), a, out);
	if (t && t->call)
		return t->call(in, fn, a, out);
	if (t && t->refuse)
		return t->refuse(in, "()", fn, VNONE, a->span);
	return fail(in, a->span, "'%s' object is not callable", type_name(fn));
}

/* out may be one of the arguments: it is written last. */
bool
interp_call(Interp *in, Value fn, const Args *a, Value *out)
{
	Value *sp = in->sp;
	Span here = in->here;
	bool ok;

	if (fn.kind == V_FUNC)
		return call_script(in, FUNC_OF(fn), a, out);
	if (a->span.at)
		in->here = a->span;
	push(in, fn);
	ok = call_other(in, fn, a, out);
	in->sp = sp;
	in->here = here;
	return ok && !in->pending.any;
}

/* A method in C of an object of a builtin type. */
static bool
call_native(Interp *in, const Native *m, Value self, const Args *a, Value *out)
{
	if (poisoned(self, a)) {
		*out = VPOISON;
		return true;
	}
	if (++in->steps > in->look && !interp_steps(in, 0))
		return false;
	return native_call(in, m, self, a, out) && !in->pending.any;
}

/* ---- the call expression ---- */

/* For messages: the function whose arguments are on the stack from pos on. */
static const char *
callee_name(Interp *in, const Value *pos)
{
	Value fn = pos[-1];
	Buf b = {0};
	const char *name;

	if (fn.kind == V_METHOD)
		fn = METHOD_OF(fn)->fn;
	if (fn.kind == V_FUNC)
		buf_printf(&b, "%s.%s", FUNC_OF(fn)->space->name, FUNC_OF(fn)->code->qualname->s);
	else if (fn.kind == V_CLASS)
		buf_printf(&b, "%s.%s", CLASS_OF(fn)->module, CLASS_OF(fn)->qualname->s);
	else
		buf_puts(&b, fn.kind == V_BUILTIN ? BUILTIN_OF(fn)->fn->name
		             : fn.kind == V_TYPE  ? type_value_name(fn)
		                                  : type_name(fn));
	name = buf_keep(&b, in->unit);
	buf_free(&b);
	return name;
}

static bool
push_starred(Interp *in, const Value *pos, const CallArg *a, Value v)
{
	SeqWalk w;
	Value item;
	int more;
	Value *seq = in->sp;

	if (v.kind == V_POISON) {
		push(in, v);
		return true;
	}
	if (!value_iterable(in, v))
		return fail(in, a->span, "%s() argument after * must be an iterable, not %s",
		            callee_name(in, pos), type_name(v));
	if (!walk_start(in, &w, v, a->span))
		return false;
	push(in, w.seq);
	more = length_hint(in, v, a->span);
	while (more > 0 && (more = walk_next(in, &w, &item, a->span)) > 0) {
		if (!stack_room(in, 1, a->span))
			return false;
		push(in, item);
	}
	memmove(seq, seq + 1, (size_t)(in->sp - seq - 1) * sizeof *seq);
	pop(in, 1);
	return more == 0;
}

static bool
push_kw(Interp *in, const Value *pos, const Kwarg *base, const Str *name, Value v,
        const CallExpr *c, Span at)
{
	for (const Kwarg *k = base; k < in->kwsp; k++)
		if (k->name == name)
			return fail(in, c->span,
			            "%s() got several values for keyword argument "
			            "'%s'",
			            callee_name(in, pos), name->s);
	if (in->kwsp == in->kw_end)
		return fail(in, c->span, "too many keyword arguments at once");
	*in->kwsp++ = (Kwarg){.name = name, .val = v, .span = at};
	return true;
}

/* An object with keys() and [], as a dict. */
bool
as_mapping(Interp *in, Value v, Value *out, Span at)
{
	int r = dict_by_keys(in, *out = vdict(in), v, at);

	if (r == 0)
		*out = v;
	return r >= 0;
}

static bool
push_double_starred(Interp *in, const Value *pos, const Kwarg *base, const CallExpr *c,
                    const CallArg *a, Value v)
{
	const DictEntry *e;
	int64_t at = 0;

	if (v.kind == V_POISON)
		return push_kw(in, pos, base, intern_cstr(in->names, "**"), v, c, a->span);
	if (class_of(v) && !as_mapping(in, v, &v, a->span))
		return false;
	if (v.kind != V_DICT)
		return fail(in, c->span, "%s() argument after ** must be a dict, not '%s'",
		            callee_name(in, pos), type_name(v));
	while ((e = entry_next(DICT_OF(v), &at)) != 0) {
		const StrObj *k = STR_OF(e->key);

		if (e->key.kind != V_STR)
			return fail(in, c->span, "keywords must be strings, not '%s'",
			            type_name(e->key));
		if (!push_kw(in, pos, base, intern(in->names, k->s, k->len), e->val, c, a->span))
			return false;
	}
	return true;
}

/* Positional arguments first, then keywords, each in order. What they were made from may be large,
 * and is free before the call. */
static bool
push_args(Interp *in, const CallExpr *c, const Kwarg *kw)
{
	const Value *pos = in->sp;
	const CallArg *a, *end = c->arg + c->narg;
	Value v;

	if (!stack_room(in, c->narg, c->span))
		return false;
	for (a = c->arg; a < end; a++) {
		if (a->name || a->star == 2)
			continue;
		if (!eval(in, a->val, &v))
			return false;
		if (!a->star)
			push(in, v);
		else if (!push_starred(in, pos, a, v))
			return false;
	}
	for (a = c->arg; c->nkw && a < end; a++) {
		if (!a->name && a->star != 2)
			continue;
		if (!eval(in, a->val, &v))
			return false;
		if (a->name ? !push_kw(in, pos, kw, a->name, v, c, a->span)
		            : !push_double_starred(in, pos, kw, c, a, v))
			return false;
	}
	if (in->gc_due)
		gc_collect(in);
	return true;
}

/* As many plain arguments as plain parameters: they are the slots, behind self of a method. */
static bool
call_fast(Interp *in, const CallExpr *c, ClosureObj *fo, Value self, Value *out)
{
	const FuncExpr *f = fo->code;
	Value *slot = in->sp, v;

	if (!stack_room(in, f->nslot + c->narg + 1, c->span))
		return false;
	if (self.kind != V_UNSET)
		push(in, self);
	for (uint32_t i = 0; i < c->narg; i++) {
		if (!eval(in, c->arg[i].val, &v))
			return false;
		push(in, v);
	}
	clear_slots(in->sp, slot + f->nslot);
	in->sp = slot + f->nslot;
	return run_body(in, fo, slot, c->span, out);
}

static bool
call_general(Interp *in, const CallExpr *c, Value fn, Value *out)
{
	Kwarg *kw = in->kwsp;
	Value *pos = in->sp;
	Args a = {.pos = pos, .kw = kw, .span = c->span, .callee = c->callee->span};
	bool ok = push_args(in, c, kw);

	if (ok) {
		a.npos = (uint32_t)(in->sp - pos);
		a.nkw = (uint32_t)(in->kwsp - kw);
		if (a.npos == c->npos)
			a.pos_span = c->pos_span;
		if (a.npos && a.pos_span)
			doing(in, c->span, a.pos_span[0], a.npos > 1 ? a.pos_span[1] : NOSPAN);
		ok = interp_call(in, fn, &a, out);
	}
	in->kwsp = kw;
	return ok;
}

/* obj.method(…) of a builtin type or a script's class, without an object for the method. 0: it is
 * something else; *fn is what is called then. */
static int
call_method(Interp *in, const CallExpr *c, Value *fn, Value *out)
{
	const Expr *a = c->callee;
	const Native *m;
	Value obj, f;

	if (!eval(in, a->obj, &obj))
		return -1;
	m = obj.kind >= V_STR && obj.kind <= V_SET && !obj.o->sub && !is_frozen(obj)
	        ? method_of(in, (int)obj.kind, a->attr)
	        : 0;
	if (m) {
		Kwarg *kw = in->kwsp;
		Value *pos;
		Args args = {.kw = kw, .span = c->span, .callee = a->span};
		Span here = in->here;
		int r;
		push(in, obj);
		pos = in->sp;
		args.pos = pos;
		r = push_args(in, c, kw) ? 1 : -1;
		args.npos = (uint32_t)(in->sp - pos);
		args.nkw = (uint32_t)(in->kwsp - kw);
		if (args.npos == c->npos)
			args.pos_span = c->pos_span;
		if (r > 0) {
			doing(in, a->attr_span, a->obj->span,
			      c->narg ? span_join(c->arg[0].span, c->arg[c->narg - 1].span)
			              : (Span){c->span.at, 0});
			in->here = c->span;
			r = call_native(in, m, obj, &args, out) ? 1 : -1;
			in->here = here;
		}
		in->kwsp = kw;
		return r;
	}
	if (obj.kind == V_INSTANCE && plain_method(in, obj, a->attr, &f) && c->plain && !c->nkw) {
		const FuncExpr *code = FUNC_OF(f)->code;
		if (c->npos + 1 == code->npos && code->params.n == code->npos) {
			push(in, f);
			return call_fast(in, c, FUNC_OF(f), obj, out) ? 1 : -1;
		}
	}
	push(in, obj);
	return eval_attr_of(in, a, c, obj, fn) ? 0 : -1;
}

bool
eval_call(Interp *in, const Expr *e, Value *out)
{
	const CallExpr *c = e->call;
	Value *sp = in->sp, fn;
	const FuncExpr *f;
	bool ok;
	int r = 0;

	if (c->callee->kind == E_ATTR)
		r = call_method(in, c, &fn, out);
	else if (!eval(in, c->callee, &fn))
		return false;
	if (r) {
		in->sp = sp;
		return r > 0;
	}
	in->sp = sp;
	push(in, fn);
	f = fn.kind == V_FUNC ? FUNC_OF(fn)->code : 0;
	if (f && c->plain && !c->nkw && c->npos == f->npos && f->params.n == f->npos)
		ok = call_fast(in, c, FUNC_OF(fn), VUNSET, out);
	else
		ok = call_general(in, c, fn, out);
	in->sp = sp;
	return ok;
}
