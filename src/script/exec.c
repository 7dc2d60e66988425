/* exec.c: runs statements. What a statement does to the flow (break, return, failure) is its
 * result; the value of a return lies in in->ret. A statement that would have to decide on a refused
 * value (V_POISON) ends the function silently, with that value as its result.
 */
#include "class.h"
#include "core.h"

static Flow exec_compound(Interp *in, const Stmt *s);

Flow
decisive(Interp *in, const Expr *e, Value *v)
{
	if (!eval(in, e, v))
		return FLOW_FAIL;
	if (v->kind != V_POISON)
		return FLOW_NEXT;
	in->ret = VPOISON;
	return FLOW_RETURN;
}

/* The same for a condition. */
static Flow
condition(Interp *in, const Expr *e, bool *yes)
{
	Value v;
	Flow flow = decisive(in, e, &v);

	return flow == FLOW_NEXT && !eval_truth(in, v, yes, e->span) ? FLOW_FAIL : flow;
}

static Flow
exec_if(Interp *in, const Stmt *s)
{
	bool yes = false;
	Flow flow;

	if (in->resume)
		return exec_block(in, 0);
	for (;;) {
		flow = condition(in, s->test, &yes);
		if (flow != FLOW_NEXT)
			return flow;
		if (yes)
			return exec_block(in, s->body);
		s = s->orelse;
		if (!s)
			return FLOW_NEXT;
		if (s->kind != S_IF || s->next)
			return exec_block(in, s);
		in->here = s->span;
	}
}

/* The else of a loop. */
static Flow
in_else(Interp *in, const Stmt *s)
{
	Flow flow = exec_block(in, s->orelse);

	if (flow == FLOW_YIELD)
		wait_at(in, 0, 1, 0, VUNSET, VUNSET);
	return flow;
}

static Flow
exec_while(Interp *in, const Stmt *s)
{
	bool yes = false;
	Flow flow;

	Waiting w, *again = resume_take(in, &w);

	if (again && again->i) /* in its else */
		return in_else(in, s);
	for (;; again = 0) {
		flow = again ? FLOW_NEXT : condition(in, s->test, &yes);
		if (flow != FLOW_NEXT)
			return flow;
		if (!again && !yes)
			return in_else(in, s);
		flow = exec_block(in, s->body);
		if (flow == FLOW_YIELD)
			wait_at(in, 0, 0, 0, VUNSET, VUNSET);
		if (flow == FLOW_BREAK)
			return FLOW_NEXT;
		if (flow != FLOW_NEXT && flow != FLOW_CONTINUE)
			return flow;
		in->here = s->span;
		if (++in->steps > in->look && !interp_steps(in, 0))
			return FLOW_FAIL;
	}
}

/* A generator that nobody else can have is closed where its loop is left early. */
static Flow
left_early(Interp *in, const Stmt *s, Value gen, Flow flow, const Attempt *a)
{
	Value ret = in->ret, exc = flow == FLOW_FAIL ? attempt_take(in, a) : VUNSET;
	Attempt closing;

	if (flow == FLOW_YIELD || (flow == FLOW_FAIL && exc.kind == V_UNSET))
		return flow;
	push(in, ret);
	push(in, exc);
	attempt_begin(in, &closing);
	if (!generator_close(in, gen, s->iter->span)) /* CPython ignores what is raised there */
		attempt_take(in, &closing);
	attempt_end(in, &closing);
	if (exc.kind != V_UNSET)
		attempt_again(in, exc);
	pop(in, 2);
	in->ret = ret;
	return flow;
}

/* again: it goes on in the midst of its body. own: it loops over a generator of its own. */
static Flow
for_body(Interp *in, const Stmt *s, SeqWalk *w, bool again, bool own)
{
	const Expr *t = s->test;
	Value v;
	int more = 0;
	Flow flow;

	while (again || (more = walk_next(in, w, &v, s->iter->span)) > 0) {
		if (again)
			again = false;
		else if (t->kind == E_LOCAL)
			in->frame->slot[t->slot] = v;
		else if (!assign(in, t, v))
			return FLOW_FAIL;
		flow = exec_block(in, s->body);
		if (flow == FLOW_NEXT || flow == FLOW_CONTINUE) {
			in->here = s->span;
			continue;
		}
		if (flow == FLOW_YIELD)
			wait_at(in, 0, 0, w->i, w->seq, vbool(own));
		return flow == FLOW_BREAK ? FLOW_NEXT : flow;
	}
	return more < 0 ? FLOW_FAIL : in_else(in, s);
}

static Flow
exec_for(Interp *in, const Stmt *s)
{
	Value v;
	SeqWalk w;
	Waiting wait, *again = resume_take(in, &wait);
	uint32_t made = in->nobject;
	Attempt a;
	bool own;
	Flow flow;

	if (again && again->i)
		return in_else(in, s);
	if (again) {
		w = (SeqWalk){again->v[0], again->n};
		own = again->v[1].b;
	} else {
		flow = decisive(in, s->iter, &v);
		if (flow != FLOW_NEXT)
			return flow;
		if (!walk_start(in, &w, v, s->iter->span))
			return FLOW_FAIL;
		own = s->iter->kind == E_CALL && is_generator(w.seq) && w.seq.o->number > made;
	}
	push(in, w.seq);
	if (own)
		attempt_begin(in, &a);
	flow = for_body(in, s, &w, again != 0, own);
	if (own) {
		flow = left_early(in, s, w.seq, flow, &a);
		attempt_end(in, &a);
	}
	pop(in, 1);
	return flow;
}

bool
call_decorator(Interp *in, const Expr *e, Value deco, Value *fn)
{
	Args a = {.pos = fn, .pos_span = &e->span, .npos = 1, .span = e->span, .callee = e->span};
	Value v = *fn;
	bool ok;

	push(in, deco);
	push(in, v);
	a.pos = in->sp - 1;
	ok = interp_call(in, deco, &a, fn);
	pop(in, 2);
	return ok;
}

static Flow
exec_def(Interp *in, const Stmt *s)
{
	const ExprList *d = s->decorators;
	Value *base = in->sp, v;
	bool ok = true;

	for (uint32_t i = 0; d && i < d->n; i++) {
		if (!stack_room(in, 1, s->span) || !eval(in, d->at[i], &v)) {
			in->sp = base;
			return FLOW_FAIL;
		}
		push(in, v);
	}
	ok = eval_function(in, s->func, &v);
	for (uint32_t i = d ? d->n : 0; ok && i > 0; i--)
		ok = call_decorator(in, d->at[i - 1], base[i - 1], &v);
	in->sp = base;
	return ok && assign(in, s->name, v) ? FLOW_NEXT : FLOW_FAIL;
}

/* ---- simple statements ---- */

static Flow
exec_assert(Interp *in, const Stmt *s)
{
	bool yes = false;
	Value v;
	Buf b = {0};
	Flow flow = condition(in, s->a, &yes);

	if (flow != FLOW_NEXT || yes)
		return flow;
	if (!s->b) {
		fail(in, s->span, "assertion failed");
		return FLOW_FAIL;
	}
	flow = decisive(in, s->b, &v);
	if (flow != FLOW_NEXT)
		return flow;
	value_str(in, v, &b);
	fail(in, s->span, "assertion failed: %s", b.at ? b.at : "");
	fault_arg(in, v);
	buf_free(&b);
	return FLOW_FAIL;
}

static Flow
exec_assign(Interp *in, const Stmt *s)
{
	bool ok = true;
	Value v;

	if (!eval(in, s->value, &v))
		return FLOW_FAIL;
	push(in, v);
	in->assigning = true;
	for (uint32_t i = 0; ok && i < s->target.n; i++)
		ok = assign(in, s->target.at[i], v);
	in->assigning = false;
	pop(in, 1);
	return ok ? FLOW_NEXT : FLOW_FAIL;
}

static Flow
exec_return(Interp *in, const Stmt *s)
{
	Value v = VNONE;

	if (s->expr && !eval(in, s->expr, &v))
		return FLOW_FAIL;
	in->ret = v;
	return FLOW_RETURN;
}

/* name: annotation, in the body of a class. */
static bool
note_field(Interp *in, const Stmt *s)
{
	Value fields = in->frame->fields, notes, v;
	const Str *name = special_name(in, SP_annotations);

	if (s->a->kind != E_FIELD || s->a->paren)
		return true;
	if (!dict_named(in, fields, name, &notes)) {
		notes = vdict(in);
		if (!dict_set(in, fields, vstr_of(in, name), notes, s->span))
			return false;
	}
	v = class_annotation(in, s->note);
	return dict_set(in, notes, vstr_of(in, s->a->id), v, s->span);
}

static Flow
exec_simple(Interp *in, const Stmt *s)
{
	Value v;
	bool ok = true;

	switch ((StmtKind)s->kind) {
	case S_EXPR:
		ok = eval(in, s->expr, &v);
		break;
	case S_ASSIGN:
		return exec_assign(in, s);
	case S_AUG:
		ok = augment(in, s);
		break;
	case S_ANN:
		ok = !s->b || eval(in, s->b, &v);
		in->assigning = true;
		ok = ok && (!s->b || assign(in, s->a, v));
		in->assigning = false;
		ok = ok && (in->frame->fields.kind != V_DICT || note_field(in, s));
		break;
	case S_DEL:
		for (uint32_t i = 0; ok && i < s->names->n; i++)
			ok = delete_target(in, s->names->at[i]);
		break;
	case S_IMPORT:
	case S_FROM:
		ok = exec_import(in, s);
		break;
	case S_ASSERT:
		return exec_assert(in, s);
	case S_RAISE:
		return exec_raise(in, s);
	case S_RETURN:
		return exec_return(in, s);
	case S_BREAK:
		return FLOW_BREAK;
	case S_CONTINUE:
		return FLOW_CONTINUE;
	case S_PASS:
	case S_NONLOCAL:
	case S_GLOBAL:
		break;
	default:
		return exec_compound(in, s);
	}
	return ok ? FLOW_NEXT : FLOW_FAIL;
}

static Flow
exec_compound(Interp *in, const Stmt *s)
{
	switch ((StmtKind)s->kind) {
	case S_IF:
		return exec_if(in, s);
	case S_WHILE:
		return exec_while(in, s);
	case S_FOR:
		return exec_for(in, s);
	case S_DEF:
		return exec_def(in, s);
	case S_WITH:
		return exec_with(in, s);
	case S_CLASS:
		return exec_class(in, s) ? FLOW_NEXT : FLOW_FAIL;
	case S_TRY:
		return exec_try(in, s);
	case S_MATCH:
		return exec_match(in, s);
	default:
		die("statement kind %d cannot be run", s->kind);
	}
}

/* What is due at the start of a statement, rarely: false when a limit is reached. */
static bool
attend(Interp *in)
{
	if (in->gc_due)
		gc_collect(in);
	if (in->live + in->unit->total > in->opt.limits.memory)
		return interp_memory(in, 0);
	return interp_steps(in, 0);
}

/* One statement of a generator: on the way back, or perhaps a yield. */
static Flow
co_statement(Interp *in, const Stmt *s)
{
	const Expr *y = yield_of(s);
	Flow flow = y ? exec_yield(in, s, y) : FLOW_NEXT;

	if (flow == FLOW_NEXT)
		flow = s->kind == S_IF ? exec_if(in, s) : exec_simple(in, s);
	if (flow == FLOW_YIELD)
		wait_at(in, s, 0, 0, VUNSET, VUNSET);
	return flow;
}

static Flow
co_block(Interp *in, const Stmt *s)
{
	Waiting w;
	Flow flow;

	if (resume_take(in, &w))
		s = w.s;
	for (; s; s = s->next) {
		in->here = s->span;
		if ((++in->steps > in->look || in->gc_due) && !attend(in))
			return FLOW_FAIL;
		flow = co_statement(in, s);
		if (flow != FLOW_NEXT)
			return flow;
		if (in->pending.any)
			return FLOW_FAIL;
	}
	return FLOW_NEXT;
}

Flow
exec_block(Interp *in, const Stmt *s)
{
	Value v;
	Flow flow;

	if (in->frame->co)
		return co_block(in, s);
	for (; s; s = s->next) {
		in->here = s->span;
		if ((++in->steps > in->look || in->gc_due) && !attend(in))
			return FLOW_FAIL;
		if (s->kind == S_ASSIGN && s->simple && s->target.at[0]->kind == E_LOCAL) {
			if (!eval(in, s->value, &v))
				return FLOW_FAIL;
			in->frame->slot[s->target.at[0]->slot] = v;
			continue;
		}
		flow = s->kind == S_IF       ? exec_if(in, s)
		       : s->kind == S_ASSIGN ? exec_assign(in, s)
		                             : exec_simple(in, s);
		if (flow != FLOW_NEXT)
			return flow;
		if (in->pending.any) /* a call was refused that would go on elsewhere */
			return FLOW_FAIL;
	}
	return FLOW_NEXT;
}
