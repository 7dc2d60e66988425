/* attempt.c: try and with. While code runs that somebody may catch an exception of, errors are kept
 * (DiagTrial): a handler that takes the exception drops them, and where nobody takes it they are
 * said when the outermost attempt ends.
 */
#include "class.h"

#include <stdio.h>

#include "core.h"

void
interp_add_faults(Interp *in, const char *rows, size_t size)
{
	FaultTable t = {rows, size};

	vec_push(in->unit, &in->faults, t);
}

static const char *
behind(const char *s)
{
	return s + strlen(s) + 1;
}

static void
read_faults(Interp *in, const FaultTable *t)
{
	for (const char *s = t->at, *end = s + t->size - 1; s < end;) {
		Fault f = {s, behind(s), behind(behind(s))};

		map_put(in->fault_of, hash_bytes(f.says, strlen(f.says), 0),
		        arena_dup(in->unit, &f, sizeof f));
		s = behind(f.text);
	}
}

static const Fault *
find_fault(Interp *in, const char *says)
{
	if (!in->fault_of) {
		in->fault_of = new (in->unit, Map);
		map_init(in->fault_of, in->unit);
		for (uint32_t i = 0; i < in->faults.n; i++)
			read_faults(in, &in->faults.at[i]);
	}
	return map_get(in->fault_of, hash_bytes(says, strlen(says), 0));
}

const char *
fault_of(Interp *in, const char *fmt, va_list ap, char *text, size_t room)
{
	const Fault *f = find_fault(in, fmt);

	vsnprintf(text, room, f ? f->text : fmt, ap);
	return !f ? "ValueError" : *f->class ? f->class : 0;
}

bool
fail_with(Interp *in, Span at, Value exc, const char *fmt, ...)
{
	if (in->ntry && !in->pending.any) {
		in->pending.exc = exc;
		in->pending.final = exc.kind == V_UNSET;
		in->pending.ready = true;
	}
	WITH_ARGS(fmt, ap, vfail(in, at, fmt, ap));
	in->pending.ready = false;
	return false;
}

/* The first error of a failure: which exception it is. */
void
attempt_first(void *ctx, const char *fmt, va_list ap)
{
	Interp *in = ctx;
	struct Pending *p = &in->pending;
	const Fault *f;
	Buf b = {0};

	p->any = true;
	p->depth = in->depth;
	if (p->ready) /* raise_value(), raise_as() know it */
		return;
	f = find_fault(in, fmt);
	p->exc = VUNSET;
	p->context = in->handling;
	p->final = in->over || (f && !*f->class);
	p->class = f && *f->class ? f->class : "ValueError";
	buf_vprintf(&b, f ? f->text : fmt, ap);
	p->text = buf_keep(&b, in->unit);
	buf_free(&b);
}

bool
fault_arg(Interp *in, Value v)
{
	if (in->pending.any && in->pending.exc.kind == V_UNSET)
		in->pending.arg = v;
	return false;
}

bool
interp_catching(Interp *in)
{
	return in->ntry > 0;
}

void
attempt_begin(Interp *in, Attempt *a)
{
	*a = (Attempt){in->diag->nerror, in->sp,   in->kwsp, in->frame,
	               in->depth,        in->here, in->space};
	if (in->ntry++ == 0)
		in->diag->trial = &in->trial;
}

static void
forget(Interp *in)
{
	in->pending = (struct Pending){.exc = VUNSET, .arg = VUNSET, .context = VUNSET};
	in->trial.note.n = 0;
	in->trial.open = false;
}

static uint32_t
count_errors(const DiagTrial *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->note.n; i++)
		n += t->note.at[i].severity == DIAG_ERROR;
	return n;
}

void
attempt_end(Interp *in, UNUSED Attempt *a)
{
	bool any = in->pending.any;
	uint32_t n = in->trial.note.n;
	DiagNote *note;

	if (--in->ntry)
		return;
	in->diag->trial = 0;
	if (!any)
		return;
	in->exiting |= n == 0;
	note = arena_dup(in->unit, in->trial.note.at, n * sizeof *note);
	in->diag->nerror -= count_errors(&in->trial);
	forget(in);
	diag_replay(in->diag, note, n);
}

Value
attempt_take(Interp *in, const Attempt *a)
{
	struct Pending *p = &in->pending;
	Value exc = p->exc, arg;
	Raised r = {.n = in->trial.note.n};

	if (!p->any || p->final || in->over)
		return VUNSET;
	in->sp = a->sp;
	in->kwsp = a->kwsp;
	in->frame = a->frame;
	in->depth = a->depth;
	in->here = a->here;
	in->space = a->space;
	in->assigning = false;
	if (exc.kind == V_UNSET) {
		arg = p->arg.kind != V_UNSET ? p->arg : vstrz(in, p->text);
		exc =
		    exc_make(in, exc_class(in, p->class), &arg, p->arg.kind != V_UNSET || *p->text);
		exc_describe(in, exc, p->text, p->context);
	}
	if (!INSTANCE_OF(exc)->raised && r.n) {
		r.note = arena_dup(in->unit, in->trial.note.at, r.n * sizeof *r.note);
		r.at = r.note[0].span;
		r.calls = p->depth > a->depth ? p->depth - a->depth : 0;
		INSTANCE_OF(exc)->raised = arena_dup(in->unit, &r, sizeof r);
	}
	forget(in);
	in->diag->nerror = a->nerror;
	return exc;
}

void
attempt_drop(Interp *in, const Attempt *a)
{
	in->pending.final = false;
	attempt_take(in, a);
}

void
attempt_again(Interp *in, Value exc)
{
	const Raised *r = INSTANCE_OF(exc)->raised;

	if (!in->ntry) {
		if (r)
			diag_replay(in->diag, r->note, r->n);
		else
			in->exiting = true;
		return;
	}
	forget(in);
	in->pending.any = true;
	in->pending.exc = exc;
	for (uint32_t i = 0; r && i < r->n; i++) {
		vec_push(in->unit, &in->trial.note, r->note[i]);
		in->diag->nerror += r->note[i].severity == DIAG_ERROR;
	}
}

int
attempt_failed(Interp *in, const Attempt *a, const char *class, Value *exc)
{
	Value e = attempt_take(in, a);

	if (e.kind == V_UNSET)
		return -1;
	if (!class_has(in, class_of(e), exc_class(in, class))) {
		attempt_again(in, e);
		return -1;
	}
	if (exc)
		*exc = e;
	return 0;
}

int
call_catching(Interp *in, Value fn, const Args *args, Value *out, const char *class, Value *exc)
{
	Attempt a;
	int r;

	push(in, fn);
	attempt_begin(in, &a);
	r = interp_call(in, fn, args, out) ? 1 : attempt_failed(in, &a, class, exc);
	attempt_end(in, &a);
	pop(in, 1);
	return r;
}

/* ---- try ---- */

/* What a try or with has to come back to when its generator goes on. */
enum { IN_BODY, IN_HANDLER, IN_ELSE, IN_FINALLY };

typedef struct Ending { /* how the part before finally ended */
	Flow flow;
	Value ret, exc;
} Ending;

static Flow
run_handler(Interp *in, const Handler *h, Value exc)
{
	Value outer = in->handling;
	Flow flow;

	push(in, outer);
	push(in, exc);
	in->handling = exc;
	flow = !in->resume && h->name && !assign(in, h->name, exc) ? FLOW_FAIL
	                                                           : exec_block(in, h->body);
	in->handling = outer;
	pop(in, 2);
	if (h->name && flow != FLOW_YIELD)
		assign(in, h->name, VUNSET);
	return flow;
}

/* The handler that takes it; its number, or -1. False: no type for one. */
static bool
find_handler(Interp *in, const TryStmt *t, Value exc, int64_t *which)
{
	Value type, outer = in->handling;
	bool ok, yes = false;

	for (uint32_t i = 0; i < t->handler.n; i++) {
		const Handler *h = &t->handler.at[i];

		*which = i;
		if (!h->type)
			return true;
		in->here = h->type->span;
		in->handling = exc;
		ok = eval(in, h->type, &type) && exc_matches(in, exc, type, &yes, h->type->span);
		in->handling = outer;
		if (!ok || yes)
			return ok;
	}
	*which = -1;
	return true;
}

/* Does a handler take an ImportError, by the name that it has? */
static bool
waits_for_import(const TryStmt *t)
{
	static const char *const names[] = {"ImportError", "ModuleNotFoundError", "Exception",
	                                    "BaseException"};

	for (uint32_t i = 0; i < t->handler.n; i++) {
		Expr *const one = t->handler.at[i].type, *const *at = &one;
		uint32_t n = 1;

		if (!one)
			return true;
		if (one->kind == E_TUPLE) {
			at = one->at;
			n = one->n;
		}
		for (uint32_t k = 0; k < n; k++)
			for (size_t w = 0; w < countof(names); w++)
				if (at[k]->kind == E_GLOBAL && str_is(at[k]->id, names[w]))
					return true;
	}
	return false;
}

/* Body, handlers and else. */
static Flow
run_guarded(Interp *in, const TryStmt *t, Waiting *w)
{
	int64_t phase = w ? w->i : IN_BODY, which = w ? w->n : -1;
	Value exc = w ? w->v[0] : VUNSET;
	Attempt a;
	Flow flow = FLOW_NEXT;

	if (phase == IN_BODY) {
		bool imports = waits_for_import(t);
		attempt_begin(in, &a);
		in->nimport += imports;
		flow = exec_block(in, t->body);
		in->nimport -= imports;
		exc = flow == FLOW_FAIL ? attempt_take(in, &a) : VUNSET;
		push(in, exc);
		if (exc.kind != V_UNSET && !find_handler(in, t, exc, &which))
			exc = VUNSET;
		else if (exc.kind != V_UNSET && which < 0)
			attempt_again(in, exc);
		pop(in, 1);
		attempt_end(in, &a);
		if (flow == FLOW_YIELD)
			wait_at(in, 0, IN_BODY, -1, VUNSET, VUNSET);
		phase = which >= 0 ? IN_HANDLER : flow == FLOW_NEXT && t->orelse ? IN_ELSE : -1;
		if (phase == IN_HANDLER && exc.kind == V_UNSET)
			return FLOW_FAIL;
	}
	if (phase == IN_HANDLER) {
		flow = run_handler(in, &t->handler.at[which], exc);
		if (flow == FLOW_YIELD)
			wait_at(in, 0, IN_HANDLER, which, exc, VUNSET);
	} else if (phase == IN_ELSE) {
		flow = exec_block(in, t->orelse);
		if (flow == FLOW_YIELD)
			wait_at(in, 0, IN_ELSE, -1, VUNSET, VUNSET);
	}
	return flow;
}

/* finally, after what ended so; its own end counts if it has one. */
static Flow
run_finally(Interp *in, const Stmt *final, Ending e)
{
	Value outer = in->handling;
	Flow flow;

	push(in, e.ret);
	push(in, e.exc);
	push(in, outer);
	if (e.exc.kind != V_UNSET)
		in->handling = e.exc;
	flow = exec_block(in, final);
	in->handling = outer;
	pop(in, 3);
	if (flow == FLOW_YIELD) {
		wait_at(in, 0, IN_FINALLY, e.flow, e.exc, e.ret);
		return flow;
	}
	if (flow != FLOW_NEXT)
		return flow;
	if (e.flow == FLOW_FAIL)
		attempt_again(in, e.exc);
	in->ret = e.ret;
	return e.flow;
}

static Flow
try_finally(Interp *in, const TryStmt *t, Waiting *w)
{
	Ending e = {.exc = VUNSET, .ret = VNONE};
	Attempt a;
	Flow flow;

	attempt_begin(in, &a);
	if (w && w->i == IN_FINALLY) {
		e = (Ending){(Flow)w->n, w->v[1], w->v[0]};
	} else {
		e.flow = run_guarded(in, t, w);
		e.ret = in->ret;
		if (e.flow == FLOW_FAIL)
			e.exc = attempt_take(in, &a);
		if (e.flow == FLOW_YIELD || (e.flow == FLOW_FAIL && e.exc.kind == V_UNSET)) {
			attempt_end(in, &a);
			return e.flow;
		}
	}
	flow = run_finally(in, t->final, e);
	attempt_end(in, &a);
	return flow;
}

Flow
exec_try(Interp *in, const Stmt *s)
{
	Waiting w, *again = resume_take(in, &w);

	return s->attempt->final ? try_finally(in, s->attempt, again)
	                         : run_guarded(in, s->attempt, again);
}

/* ---- with ---- */

static Flow with_item(Interp *in, const Stmt *s, uint32_t i);

/* The manager hears how the block ended. exc: V_UNSET if not by an exception. */
static bool
leave(Interp *in, Value manager, Value exit, Value exc, bool *swallow, Span at)
{
	Value three[3] = {VNONE, VNONE, VNONE}, out;
	bool ok;

	*swallow = false;
	if (exc.kind != V_UNSET) {
		three[0] = vobj(class_of(exc));
		three[1] = exc;
	}
	if (manager.kind == V_HOST) {
		const HostType *t = HOST_OF(manager)->type;
		return !t->leave || t->leave(in, HOST_OF(manager), three[1], swallow, at);
	}
	ok = call_values(in, exit, three, 3, &out, at);
	return ok && (exc.kind == V_UNSET || value_truth(in, out, swallow, at));
}

static Flow
with_body(Interp *in, const Stmt *s, uint32_t i, Value manager, Value exit)
{
	Value outer = in->handling;
	Ending e = {.exc = VUNSET};
	bool swallow, guard = in->ntry || manager.kind != V_HOST;
	Attempt a;

	push(in, manager);
	push(in, exit);
	if (guard)
		attempt_begin(in, &a);
	e.flow = with_item(in, s, i + 1);
	e.exc = e.flow == FLOW_FAIL && guard ? attempt_take(in, &a) : VUNSET;
	if (e.flow == FLOW_YIELD) {
		wait_at(in, 0, i, 0, manager, exit);
	} else if (e.flow != FLOW_FAIL || e.exc.kind != V_UNSET) {
		push(in, in->ret);
		push(in, e.exc);
		if (e.exc.kind != V_UNSET)
			in->handling = e.exc;
		if (!leave(in, manager, exit, e.exc, &swallow, s->with[i].expr->span))
			e.flow = FLOW_FAIL;
		else if (e.flow == FLOW_FAIL && swallow)
			e.flow = FLOW_NEXT;
		else if (e.flow == FLOW_FAIL)
			attempt_again(in, e.exc);
		in->handling = outer;
		pop(in, 2);
		in->ret = *in->sp;
	}
	if (guard)
		attempt_end(in, &a);
	pop(in, 2);
	return e.flow;
}

static bool
no_manager(Interp *in, Value v, Span at)
{
	Value fn;
	bool enters = special_find(in, v, SP_enter, &fn);

	return fail(in, at,
	            enters ? "'%s' object cannot stand in a with statement: it has no __exit__"
	                   : "'%s' object cannot stand in a with statement",
	            type_name(v));
}

static bool
enter(Interp *in, Value v, Value *exit, Value *as, Span at)
{
	const HostType *t = v.kind == V_HOST ? HOST_OF(v)->type : 0;
	Value fn;
	int r;

	*exit = VNONE;
	*as = VNONE;
	if (t)
		return t->enter                                  ? t->enter(in, HOST_OF(v), as, at)
		       : host_refuses(in, "with", v, VUNSET, at) ? false
		                                                 : no_manager(in, v, at);
	if (!special_find(in, v, SP_exit, &fn) || !attr_bind(in, fn, v, VUNSET, exit, at))
		return no_manager(in, v, at);
	push(in, *exit);
	if (special_find(in, v, SP_enter, &fn) && attr_bind(in, fn, v, VUNSET, &fn, at))
		r = call_values(in, fn, 0, 0, as, at);
	else
		r = no_manager(in, v, at);
	pop(in, 1);
	return r;
}

static Flow
with_item(Interp *in, const Stmt *s, uint32_t i)
{
	const WithItem *w;
	Value v, as = VNONE, exit;
	Waiting wait, *again = i < s->nwith ? resume_take(in, &wait) : 0;
	Flow flow;

	if (i == s->nwith)
		return exec_block(in, s->with_body);
	if (again)
		return with_body(in, s, i, again->v[0], again->v[1]);
	w = &s->with[i];
	flow = decisive(in, w->expr, &v);
	if (flow != FLOW_NEXT)
		return flow;
	push(in, v);
	if (!enter(in, v, &exit, &as, w->expr->span)) {
		pop(in, 1);
		return FLOW_FAIL;
	}
	push(in, exit);
	if (w->target && !assign(in, w->target, as)) {
		bool swallow;
		leave(in, v, exit, VUNSET, &swallow, w->expr->span);
		flow = FLOW_FAIL;
	} else {
		flow = with_body(in, s, i, v, exit);
	}
	pop(in, 2);
	return flow;
}

Flow
exec_with(Interp *in, const Stmt *s)
{
	return with_item(in, s, 0);
}
