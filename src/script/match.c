/* match.c: match statements. A pattern is an expression (ast.h): what it stands for is decided by
 * its kind.
 */
#include "class.h"

#include "builtins.h"
#include "core.h"

/* 1: v is such a thing, and names are bound; 0: it is none; -1: failed. */
static int fits(Interp *in, const Expr *e, Value v);

static int
equals(Interp *in, const Expr *e, Value v)
{
	Value want;
	bool same;

	if (!eval(in, e, &want))
		return -1;
	if (want.kind == V_NONE || want.kind == V_BOOL)
		return value_is(want, v);
	return value_same(in, want, v, &same) ? same : -1;
}

static int
fits_sequence(Interp *in, const Expr *e, Value v)
{
	uint32_t star = UINT32_MAX, n, extra;
	int r = 1;

	if (v.kind != V_LIST && v.kind != V_TUPLE && v.kind != V_RANGE)
		return 0;
	if (v.kind == V_RANGE && !value_to_list(in, v, &v, e->span))
		return -1;
	n = SEQ_OF(v)->n;
	for (uint32_t i = 0; i < e->n; i++)
		if (e->at[i]->kind == E_STAR)
			star = i;
	if (star == UINT32_MAX ? n != e->n : n + 1 < e->n)
		return 0;
	extra = star == UINT32_MAX ? 0 : n + 1 - e->n;
	push(in, v);
	for (uint32_t i = 0; r > 0 && i < e->n; i++) {
		const Expr *name = i == star ? e->at[i]->a : 0;

		if (!name)
			r = fits(in, e->at[i], SEQ_OF(v)->at[i > star ? i + extra - 1 : i]);
		else if (name->kind != E_NAME &&
		         !assign(in, name, vlist(in, SEQ_OF(v)->at + i, extra)))
			r = -1;
	}
	pop(in, 1);
	return r;
}

static int
fits_mapping(Interp *in, const Expr *e, Value v)
{
	Value key, rest = VUNSET, old;
	bool found;
	uint32_t at;
	int r;

	if (v.kind != V_DICT)
		return 0;
	if (e->n && !e->at[e->n - 2]) /* ** is the last */
		push(in, rest = dict_copy(in, v));
	for (uint32_t i = 0; i < e->n; i += 2) {
		if (!e->at[i])
			return assign(in, e->at[i + 1], rest) ? 1 : -1;
		if (!eval(in, e->at[i], &key) || (r = dict_look(in, v, key, &at, e->span)) < 0)
			return -1;
		if (!r)
			return 0;
		r = fits(in, e->at[i + 1], DICT_OF(v)->entry[at].val);
		if (r <= 0)
			return r;
		if (rest.kind != V_UNSET && !dict_remove(in, rest, key, &old, &found, e->span))
			return -1;
	}
	return 1;
}

/* The name of the attribute that a positional part of a class pattern means. */
static int
positional_name(Interp *in, Value cls, uint32_t i, const Expr *e, const Str **name)
{
	Value args;
	int r =
	    cls.kind == V_CLASS
	        ? class_getattr(in, cls, intern_cstr(in->names, "__match_args__"), &args, e->span)
	        : 0;

	if (r < 0)
		return r;
	if (r == 0 || args.kind != V_TUPLE || i >= SEQ_OF(args)->n ||
	    SEQ_OF(args)->at[i].kind != V_STR) {
		fail(in, e->span, "%s() accepts %u positional sub-patterns (%u given)",
		     cls.kind == V_CLASS ? CLASS_OF(cls)->name->s : type_value_name(cls),
		     r && args.kind == V_TUPLE ? SEQ_OF(args)->n : 0, i + 1);
		return -1;
	}
	*name = intern(in->names, STR_OF(SEQ_OF(args)->at[i])->s, STR_OF(SEQ_OF(args)->at[i])->len);
	return 1;
}

static int
fits_class(Interp *in, const Expr *e, Value v)
{
	const CallExpr *c = e->call;
	Value cls, part;
	bool yes;
	uint32_t pos = 0;

	if (!eval(in, c->callee, &cls))
		return -1;
	if (cls.kind != V_CLASS && cls.kind != V_TYPE && cls.kind != V_DTYPE &&
	    cls.kind != V_BUILTIN) {
		fail(in, c->callee->span, "called match pattern must be a class");
		return -1;
	}
	if (!is_instance(in, v, cls, &yes, c->callee->span))
		return -1;
	if (!yes)
		return 0;
	for (uint32_t i = 0; i < c->narg; i++) {
		const Str *name = c->arg[i].name;
		int r;

		if (!name && cls.kind == V_TYPE && c->narg == 1)
			return fits(in, c->arg[i].val, v); /* int(n) */
		if (!name && (r = positional_name(in, cls, pos++, e, &name)) <= 0)
			return r;
		r = value_findattr(in, v, name, &part, c->arg[i].span);
		if (r <= 0)
			return r;
		r = fits(in, c->arg[i].val, part);
		if (r <= 0)
			return r;
	}
	return 1;
}

static int
fits(Interp *in, const Expr *e, Value v)
{
	int r;

	switch ((ExprKind)e->kind) {
	case E_NAME: /* _ */
		return 1;
	case E_LOCAL:
	case E_CELL:
	case E_GLOBAL:
	case E_FIELD:
		return assign(in, e, v) ? 1 : -1;
	case E_BINARY:
		r = fits(in, e->a, v);
		return r ? r : fits(in, e->b, v);
	case E_AS:
		r = fits(in, e->a, v);
		return r > 0 ? (assign(in, e->b, v) ? 1 : -1) : r;
	case E_TUPLE:
	case E_LIST:
		return fits_sequence(in, e, v);
	case E_DICT:
		return fits_mapping(in, e, v);
	case E_CALL:
		return fits_class(in, e, v);
	default:
		return equals(in, e, v);
	}
}

Flow
exec_match(Interp *in, const Stmt *s)
{
	Value v, *sp = in->sp, guard;
	Flow flow;
	bool yes;

	if (in->resume)
		return exec_block(in, 0);
	flow = decisive(in, s->subject, &v);
	if (flow != FLOW_NEXT)
		return flow;
	push(in, v);
	for (uint32_t i = 0; i < s->cases->at.n; i++) {
		const Case *c = &s->cases->at.at[i];
		int r = fits(in, c->pattern, v);

		in->sp = sp + 1;
		if (r < 0)
			return FLOW_FAIL;
		if (r && c->guard) {
			flow = decisive(in, c->guard, &guard);
			if (flow != FLOW_NEXT)
				return flow;
			if (!eval_truth(in, guard, &yes, c->guard->span))
				return FLOW_FAIL;
			r = yes;
		}
		if (r) {
			in->sp = sp;
			return exec_block(in, c->body);
		}
	}
	in->sp = sp;
	return FLOW_NEXT;
}
