/* generator.c: generator functions. A call of one makes an iterator that owns the function's frame;
 * each step runs the body from where it yielded to the next yield.
 */
#include "class.h"

#include "core.h"

typedef struct Coroutine {
	const ClosureObj *fo;
	Value *slot;
	VEC(Waiting) path; /* of where it waits, the innermost first */
	bool started, running, done;
	Value ret;
	Span at;
} Coroutine;

static const IterType generator_type;

bool
is_generator(Value v)
{
	return v.kind == V_ITER && ITER_OF(v)->type == &generator_type;
}

const char *
generator_name(Value v)
{
	return is_generator(v) ? ((Coroutine *)ITER_OF(v)->data)->fo->code->qualname->s : 0;
}

Value
generator_result(Value v)
{
	return is_generator(v) ? ((Coroutine *)ITER_OF(v)->data)->ret : VNONE;
}

static void
co_mark(Interp *in, IterObj *it)
{
	Coroutine *co = it->data;

	for (uint32_t i = 0; co->slot && i < co->fo->code->nslot; i++)
		interp_mark(in, co->slot[i]);
	for (uint32_t i = 0; i < co->path.n; i++) {
		interp_mark(in, co->path.at[i].v[0]);
		interp_mark(in, co->path.at[i].v[1]);
	}
	interp_mark(in, co->ret);
}

static void
co_free(IterObj *it)
{
	Coroutine *co = it->data;

	xfree(co->slot);
	xfree(co->path.at);
	xfree(co);
}

Value
generator_new(Interp *in, const ClosureObj *fo, const Value *slot, Span at)
{
	size_t n = fo->code->nslot;
	Coroutine *co = xcalloc(1, sizeof *co);
	Value v;

	co->fo = fo;
	co->at = at;
	co->ret = VNONE;
	co->slot = xmalloc((n + 1) * sizeof *co->slot);
	memcpy(co->slot, slot, n * sizeof *slot);
	v = viter(in, &generator_type, vobj((void *)fo));
	ITER_OF(v)->data = co;
	return v;
}

/* ---- on the way out and back ---- */

void
wait_at(Interp *in, const Stmt *s, int64_t i, int64_t n, Value v0, Value v1)
{
	Coroutine *co = in->frame->co;

	if (co->path.n == co->path.cap) {
		co->path.cap = co->path.cap ? co->path.cap * 2 : 8;
		co->path.at = xrealloc(co->path.at, co->path.cap, sizeof *co->path.at);
	}
	co->path.at[co->path.n++] = (Waiting){s, i, n, {v0, v1}};
}

Waiting *
resume_take(Interp *in, Waiting *w)
{
	Coroutine *co = in->resume;

	if (!co || !co->path.n)
		return 0;
	*w = co->path.at[--co->path.n];
	return w;
}

/* StopIteration, raised in the code of a generator, does not end it. */
void
generator_stopped(Interp *in, Value exc, Span at)
{
	Value text = vstrz(in, "generator raised StopIteration"), outer = in->handling, e;

	push(in, exc);
	e = exc_new(in, "RuntimeError", &text, 1);
	push(in, e);
	exc_set_cause(in, e, exc);
	in->handling = exc;
	raise_value(in, e, at);
	in->handling = outer;
	pop(in, 2);
}

/* Lets it run on: 1 and what it yields, 0 at its end, -1 failed. thrown: raised where it waits. */
static int
advance(Interp *in, IterObj *it, Value sent, Value thrown, Value *out, Span at)
{
	Coroutine *co = it->data;
	const FuncExpr *f = co->fo->code;
	Frame frame = {.slot = co->slot, .func = f, .fo = co->fo, .co = co};
	Value outer = in->handling, exc;
	Span here = in->here;
	Attempt a;
	Flow flow;

	if (co->running) {
		fail(in, at, "the generator is being run already");
		return -1;
	}
	if (co->done || (!co->started && thrown.kind != V_UNSET)) {
		co->done = true;
		co->ret = VNONE; /* is told once */
		if (thrown.kind != V_UNSET)
			raise_value(in, thrown, at);
		return thrown.kind != V_UNSET ? -1 : 0;
	}
	if (!enter_frame(in, &frame, at.at ? at : co->at))
		return -1;
	push(in, vobj(it));
	push(in, outer);
	in->resume = co->started ? co : 0;
	in->sent = sent;
	in->thrown = thrown;
	co->started = co->running = true;
	attempt_begin(in, &a);
	flow = exec_block(in, f->body);
	in->resume = 0;
	if (flow == FLOW_FAIL && attempt_failed(in, &a, "StopIteration", &exc) == 0)
		generator_stopped(in, exc, at);
	attempt_end(in, &a);
	co->running = false;
	co->done = flow != FLOW_YIELD;
	*out = flow == FLOW_YIELD || flow == FLOW_RETURN ? in->ret : VNONE;
	if (flow == FLOW_RETURN)
		co->ret = *out;
	in->ret = VNONE;
	in->handling = outer;
	pop(in, 2);
	leave_frame(in, &frame);
	in->here = here;
	return flow == FLOW_YIELD ? 1 : flow == FLOW_FAIL ? -1 : 0;
}

static int
co_next(Interp *in, IterObj *it, Value *out, Span at)
{
	return advance(in, it, VNONE, VUNSET, out, at);
}

/* ---- yield ---- */

const Expr *
yield_of(const Stmt *s)
{
	const Expr *e = s->kind == S_EXPR || s->kind == S_RETURN ? s->expr
	                : s->kind == S_ASSIGN                    ? s->value
	                : s->kind == S_AUG || s->kind == S_ANN   ? s->b
	                                                         : 0;

	return e && e->kind == E_YIELD ? e : 0;
}

/* The same of another iterator: by __next__(), send() or throw(). At its end *out is its result. */
static int
step_other(Interp *in, Value sub, Value sent, Value thrown, Value *out, Span at)
{
	bool throws = thrown.kind != V_UNSET, sends = !throws && sent.kind != V_NONE;
	Value fn, exc, arg = throws ? thrown : sent;
	Args a = {.pos = &arg, .npos = throws || sends, .span = at, .callee = at};
	int r;

	if (throws) {
		r = value_findattr(in, sub, intern_cstr(in->names, "throw"), &fn, at);
		if (r == 0)
			raise_value(in, thrown, at);
		if (r <= 0)
			return -1;
	} else if (sends) {
		if (!value_getattr(in, sub, intern_cstr(in->names, "send"), &fn, at))
			return -1;
	} else if (!special_find(in, sub, SP_next, &fn)) {
		r = value_next(in, sub, out, at);
		*out = r ? *out : VNONE;
		return r;
	} else if (!attr_bind(in, fn, sub, VUNSET, &fn, at)) {
		return -1;
	}
	r = call_catching(in, fn, &a, out, "StopIteration", &exc);
	if (r == 0 && value_findattr(in, exc, intern_cstr(in->names, "value"), out, at) < 1)
		*out = VNONE;
	return r;
}

/* yield from: the next step of what it hands through. */
static Flow
delegate(Interp *in, const Expr *e, Value sub)
{
	Value thrown = in->thrown, sent = in->sent, out;
	int r;

	in->thrown = VUNSET;
	push(in, sub);
	if (is_generator(sub)) {
		r = advance(in, ITER_OF(sub), sent, thrown, &out, e->span);
	} else {
		r = step_other(in, sub, sent, thrown, &out, e->span);
	}
	pop(in, 1);
	if (r < 0)
		return FLOW_FAIL;
	if (r == 0) {
		in->sent = is_generator(sub) ? generator_result(sub) : out;
		return FLOW_NEXT;
	}
	in->ret = out;
	wait_at(in, 0, 0, 0, sub, VUNSET);
	return FLOW_YIELD;
}

Flow
exec_yield(Interp *in, UNUSED const Stmt *s, const Expr *e)
{
	Waiting w;
	Value v = VNONE;

	if (in->resume && e->op) {
		resume_take(in, &w);
		in->resume = 0;
		return delegate(in, e, w.v[0]);
	}
	if (in->resume) {
		in->resume = 0;
		if (in->thrown.kind == V_UNSET)
			return FLOW_NEXT;
		v = in->thrown;
		in->thrown = VUNSET;
		raise_value(in, v, e->span);
		return FLOW_FAIL;
	}
	if (e->a && !eval(in, e->a, &v))
		return FLOW_FAIL;
	if (!e->op) {
		in->ret = v;
		return FLOW_YIELD;
	}
	in->sent = VNONE;
	in->thrown = VUNSET;
	return value_iter(in, v, &v, e->span) ? delegate(in, e, v) : FLOW_FAIL;
}

/* ---- methods ---- */

static bool
stop(Interp *in, Value gen, Span at)
{
	Value ret = generator_result(gen), exc;

	exc = exc_new(in, "StopIteration", &ret, ret.kind != V_NONE);
	return raise_value(in, exc, at);
}

NATIVE(gen_send)
{
	int r;

	if (!((Coroutine *)ITER_OF(self)->data)->started && args->pos[0].kind != V_NONE)
		return fail(in, args->span,
		            "can't send non-None value to a just-started generator");
	r = advance(in, ITER_OF(self), args->pos[0], VUNSET, out, args->span);
	return r ? r > 0 : stop(in, self, args->span);
}

NATIVE(gen_throw)
{
	Value exc = args->npos > 1 && args->pos[1].kind == V_INSTANCE ? args->pos[1] : args->pos[0];
	Args none = {.span = args->span, .callee = args->span};
	int r;

	if (exc.kind == V_CLASS && !class_call(in, exc, &none, &exc))
		return false;
	r = advance(in, ITER_OF(self), VNONE, exc, out, args->span);
	return r ? r > 0 : stop(in, self, args->span);
}

bool
generator_close(Interp *in, Value v, Span at)
{
	Coroutine *co = ITER_OF(v)->data;
	Attempt a;
	Value out;
	int r;

	if (co->done || !co->started) {
		co->done = true;
		return true;
	}
	push(in, v);
	attempt_begin(in, &a);
	r = advance(in, ITER_OF(v), VNONE, exc_new(in, "GeneratorExit", 0, 0), &out, at);
	if (r > 0)
		raise_as(in, at, "RuntimeError", "generator ignored GeneratorExit");
	else if (r < 0)
		r = attempt_failed(in, &a, "GeneratorExit", 0);
	attempt_end(in, &a);
	pop(in, 1);
	return r == 0;
}

NATIVE(gen_close)
{
	*out = VNONE;
	return generator_close(in, self, args->span);
}

static const Native generator_methods[] = {
    {"generator.send", "x,/", gen_send, 0},
    {"generator.throw", "x,y=,z=,/", gen_throw, 0},
    {"generator.close", "", gen_close, 0},
    NATIVE_END,
};

static const IterType generator_type = {"generator", co_next, co_mark, co_free, generator_methods};
