/* exec.c: runs statements. What a statement does to the flow (break, return, failure) is its
 * result; the value of a return lies in in->ret. A statement that would have to decide on a refused
 * value (V_POISON) ends the function silently, with that value as its result.
 */
#include "run.h"

static Flow exec_compound(Interp *in, const Stmt *s);

/* Evaluates what decides: FLOW_NEXT, or how the function ends. */
static Flow
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

static Flow
exec_while(Interp *in, const Stmt *s)
{
	bool yes = false;
	Flow flow;

	for (;;) {
		flow = condition(in, s->test, &yes);
		if (flow != FLOW_NEXT)
			return flow;
		if (!yes)
			return exec_block(in, s->orelse);
		flow = exec_block(in, s->body);
		if (flow == FLOW_BREAK)
			return FLOW_NEXT;
		if (flow != FLOW_NEXT && flow != FLOW_CONTINUE)
			return flow;
		in->here = s->span;
		if (++in->steps > in->look && !interp_steps(in, 0))
			return FLOW_FAIL;
	}
}

static Flow
for_body(Interp *in, const Stmt *s, SeqWalk *w)
{
	const Expr *t = s->test;
	Value v;
	int more;
	Flow flow;

	while ((more = walk_next(in, w, &v, s->iter->span)) > 0) {
		if (t->kind == E_LOCAL)
			in->frame->slot[t->slot] = v;
		else if (!assign(in, t, v))
			return FLOW_FAIL;
		flow = exec_block(in, s->body);
		if (flow == FLOW_BREAK)
			return FLOW_NEXT;
		if (flow != FLOW_NEXT && flow != FLOW_CONTINUE)
			return flow;
		in->here = s->span;
	}
	return more < 0 ? FLOW_FAIL : exec_block(in, s->orelse);
}

static Flow
exec_for(Interp *in, const Stmt *s)
{
	Value v;
	SeqWalk w;
	Flow flow = decisive(in, s->iter, &v);

	if (flow != FLOW_NEXT)
		return flow;
	if (!walk_start(in, &w, v, s->iter->span))
		return FLOW_FAIL;
	push(in, w.seq);
	flow = for_body(in, s, &w);
	pop(in, 1);
	return flow;
}

static bool
run_decorator(Interp *in, const Expr *e, Value deco, Value *fn)
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
		ok = run_decorator(in, d->at[i - 1], base[i - 1], &v);
	in->sp = base;
	return ok && assign(in, s->name, v) ? FLOW_NEXT : FLOW_FAIL;
}

/* ---- with ---- */

static Flow
exec_with_item(Interp *in, const Stmt *s, uint32_t i)
{
	const WithItem *w = &s->with[i];
	const HostType *t;
	Value v, as = VNONE;
	Flow flow;

	if (i == s->nwith)
		return exec_block(in, s->with_body);
	flow = decisive(in, w->expr, &v);
	if (flow != FLOW_NEXT)
		return flow;
	t = v.kind == V_HOST ? HOST_OF(v)->type : 0;
	if (!t || !t->enter) {
		fail(in, w->expr->span, "'%s' object cannot stand in a with statement",
		     type_name(v));
		return FLOW_FAIL;
	}
	push(in, v);
	if (!t->enter(in, HOST_OF(v), &as, w->expr->span) ||
	    (w->target && !assign(in, w->target, as)))
		flow = FLOW_FAIL;
	else
		flow = exec_with_item(in, s, i + 1);
	if (flow != FLOW_FAIL && t->leave) {
		push(in, in->ret);
		if (!t->leave(in, HOST_OF(v), w->expr->span))
			flow = FLOW_FAIL;
		pop(in, 1);
		in->ret = *in->sp;
	}
	pop(in, 1);
	return flow;
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
	buf_free(&b);
	return FLOW_FAIL;
}

static Flow
exec_raise(Interp *in, const Stmt *s)
{
	Value v;
	Flow flow;

	if (!s->a) {
		fail(in, s->span, "raise without an exception; write raise ValueError(\"…\")");
		return FLOW_FAIL;
	}
	flow = decisive(in, s->a, &v);
	if (flow != FLOW_NEXT)
		return flow;
	raise_value(in, v, s->span);
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

static Flow
exec_simple(Interp *in, const Stmt *s)
{
	Value v;
	bool ok = true;

	switch ((StmtKind)s->kind) {
	case S_EXPR:
		ok = eval(in, s->expr, &v);
		break;
	case S_AUG:
		ok = augment(in, s);
		break;
	case S_ANN:
		ok = !s->b || eval(in, s->b, &v);
		in->assigning = true;
		ok = ok && (!s->b || assign(in, s->a, v));
		in->assigning = false;
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
		return exec_with_item(in, s, 0);
	default:
		die("statement kind %d cannot be run", s->kind);
	}
}

/* What is due at the start of a statement, rarely: false when a limit is reached. */
static bool
attend(Interp *in)
{
	if (in->gc_due || in->opt.collect_always)
		gc_collect(in);
	if (in->live + in->unit->total > in->opt.limits.memory)
		return interp_memory(in, 0);
	return interp_steps(in, 0);
}

Flow
exec_block(Interp *in, const Stmt *s)
{
	Value v;
	Flow flow;

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
	}
	return FLOW_NEXT;
}
