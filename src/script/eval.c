/* eval.c: the value of an expression. eval() is the hot path: it answers names, constants and
 * arithmetic on small numbers itself and leaves the rest to small functions, so that its C frame
 * stays small (calls of script functions nest a thousand deep).
 *
 * V_POISON, the value of a call that was refused, spreads: an operation on it is poison and says
 * nothing.
 */
#include "class.h"
#include "small.h"

static bool eval_slow(Interp *in, const Expr *e, Value *out);

/* Evaluates two operands; the first is kept reachable while the second runs script code. */
static bool
eval_two(Interp *in, const Expr *x, const Expr *y, Value *a, Value *b)
{
	bool ok;

	if (!eval(in, x, a))
		return false;
	if (y->quiet)
		return eval(in, y, b);
	push(in, *a);
	ok = eval(in, y, b);
	pop(in, 1);
	return ok;
}

static bool
eval_binary(Interp *in, const Expr *e, Value *out)
{
	Value a, b;
	int64_t i;
	double d;

	if (!eval_two(in, e->a, e->b, &a, &b))
		return false;
	if (a.kind == V_INT && b.kind == V_INT && small_ints((BinOp)e->op, a.i, b.i, &i)) {
		*out = vint(i);
		return true;
	}
	if (a.kind == V_FLOAT && b.kind == V_FLOAT && small_floats((BinOp)e->op, a.f, b.f, &d)) {
		*out = vfloat(d);
		return true;
	}
	doing(in, e->span, e->a->span, e->b->span);
	return value_binary(in, (BinOp)e->op, a, b, out, e->span);
}

static bool
eval_unary(Interp *in, const Expr *e, Value *out)
{
	Value a;

	if (!eval(in, e->a, &a))
		return false;
	doing(in, e->span, e->a->span, NOSPAN);
	return value_unary(in, (UnOp)e->op, a, out, e->span);
}

/* *out is V_POISON or a bool. */
static bool
compare_values(Interp *in, int op, Value a, Value b, Value *out, Span at)
{
	bool yes = false;

	if (a.kind == V_POISON || b.kind == V_POISON) {
		*out = VPOISON;
		return true;
	}
	switch (op) {
	case CMP_IS:
	case CMP_IS_NOT:
		*out = vbool(value_is(a, b) == (op == CMP_IS));
		return true;
	case CMP_IN:
	case CMP_NOT_IN:
		if (!value_contains(in, b, a, &yes, at))
			return false;
		*out = vbool(yes == (op == CMP_IN));
		return true;
	default:
		return value_compare(in, (CmpOp)op, a, b, out, at);
	}
}

static bool
eval_compare(Interp *in, const Expr *e, Value *out)
{
	Value a, b;

	if (!eval_two(in, e->a, e->b, &a, &b))
		return false;
	if (a.kind == V_INT && b.kind == V_INT && e->op < CMP_COUNT) {
		*out = vbool(holds((CmpOp)e->op, (a.i > b.i) - (a.i < b.i)));
		return true;
	}
	doing(in, e->span, e->a->span, e->b->span);
	return compare_values(in, e->op, a, b, out, e->span);
}

static bool
eval_chain(Interp *in, const Expr *e, Value *out)
{
	const ChainLink *link = e->chain->at, *end = link + e->chain->n;
	Value *a = in->sp; /* the two operands lie on the stack */
	bool yes = true, ok;

	push(in, VNONE);
	push(in, VNONE);
	ok = eval(in, link->e, &a[0]);
	while (ok && ++link < end) {
		ok = eval(in, link->e, &a[1]);
		doing(in, e->span, link[-1].e->span, link->e->span);
		ok = ok && compare_values(in, link->op, a[0], a[1], out, e->span) &&
		     (link + 1 == end || out->kind == V_POISON ||
		      eval_truth(in, *out, &yes, e->span));
		if (!ok || !yes || out->kind == V_POISON)
			break;
		a[0] = a[1];
	}
	pop(in, 2);
	return ok;
}

/* Truth of anything but poison. */
bool
eval_truth(Interp *in, Value v, bool *out, Span at)
{
	if (v.kind == V_BOOL || v.kind == V_INT) {
		*out = v.i != 0;
		return true;
	}
	if (v.kind == V_NONE) {
		*out = false;
		return true;
	}
	doing(in, at, at, NOSPAN);
	return value_truth(in, v, out, at);
}

/* and, or, not */
static bool
eval_logic(Interp *in, const Expr *e, Value *out)
{
	bool yes;

	if (!eval(in, e->a, out))
		return false;
	if (out->kind == V_POISON)
		return true;
	if (!eval_truth(in, *out, &yes, e->a->span))
		return false;
	if (e->kind != E_NOT)
		return yes == (e->kind == E_OR) ? true : eval(in, e->b, out);
	*out = vbool(!yes);
	return true;
}

static bool
eval_cond(Interp *in, const Expr *e, Value *out)
{
	bool yes;

	if (!eval(in, e->c, out))
		return false;
	if (out->kind == V_POISON)
		return true;
	return eval_truth(in, *out, &yes, e->c->span) && eval(in, yes ? e->a : e->b, out);
}

bool
eval_attr_of(Interp *in, const Expr *e, const CallExpr *c, Value a, Value *out)
{
	Span args = NOSPAN;

	if (a.kind == V_POISON) {
		*out = a;
		return true;
	}
	in->here = e->attr_span; /* where host objects report */
	if (c)
		args = c->narg ? span_join(c->arg[0].span, c->arg[c->narg - 1].span)
		               : (Span){c->span.at, 0};
	doing(in, e->attr_span, e->obj->span, args);
	return value_getattr(in, a, e->attr, out, e->attr_span);
}

static bool
eval_index(Interp *in, const Expr *e, Value *out)
{
	Value a, b;
	int64_t i;

	if (!eval_two(in, e->a, e->b, &a, &b))
		return false;
	if ((a.kind == V_LIST || a.kind == V_TUPLE) && b.kind == V_INT && !a.o->sub) {
		i = b.i < 0 ? b.i + SEQ_OF(a)->n : b.i;
		if (i >= 0 && i < SEQ_OF(a)->n) {
			*out = SEQ_OF(a)->at[i];
			return true;
		}
	}
	doing(in, e->span, e->a->span, e->b->span);
	return value_getitem(in, a, b, out, e->span);
}

static bool
eval_slice(Interp *in, const Expr *e, Value *out)
{
	const Expr *part[3] = {e->a, e->b, e->c};
	Value *v = in->sp;
	bool ok = true;

	for (int i = 0; i < 3; i++)
		push(in, VNONE);
	for (int i = 0; ok && i < 3; i++)
		if (part[i])
			ok = eval(in, part[i], &v[i]);
	if (ok)
		*out = vslice(in, v[0], v[1], v[2]);
	for (int i = 0; ok && i < 3; i++)
		if (v[i].kind == V_POISON)
			*out = VPOISON;
	pop(in, 3);
	return ok;
}

/* The value of a variable that is read: a string then has another holder. */
static bool
loaded(Value v, Value *out)
{
	if (v.kind == V_STR)
		STR_OF(v)->alone = STR_SHARED;
	*out = v;
	return v.kind != V_UNSET;
}

bool
eval(Interp *in, const Expr *e, Value *out)
{
	switch ((ExprKind)e->kind) {
	case E_CONST:
		*out = in->literal.at[e->nth];
		return true;
	case E_LOCAL:
		return loaded(in->frame->slot[e->slot], out) || unbound(in, e);
	case E_CELL:
		return loaded(CELL_OF(in->frame->slot[e->slot])->val, out) || unbound(in, e);
	case E_GLOBAL:
		return loaded(in->space->global.at[e->slot].val, out) || load_global(in, e, out);
	case E_BINARY:
		return eval_binary(in, e, out);
	case E_CMP:
		return eval_compare(in, e, out);
	case E_CALL:
		return eval_call(in, e, out);
	case E_ATTR:
		return eval(in, e->obj, out) && eval_attr_of(in, e, NULL, *out, out);
	case E_INDEX:
		return eval_index(in, e, out);
	default:
		return eval_slow(in, e, out);
	}
}

static bool
eval_slow(Interp *in, const Expr *e, Value *out)
{
	switch ((ExprKind)e->kind) {
	case E_UNARY:
		return eval_unary(in, e, out);
	case E_AND:
	case E_OR:
	case E_NOT:
		return eval_logic(in, e, out);
	case E_CHAIN:
		return eval_chain(in, e, out);
	case E_COND:
		return eval_cond(in, e, out);
	case E_SLICE:
		return eval_slice(in, e, out);
	case E_TUPLE:
	case E_LIST:
	case E_SET:
	case E_DICT:
		return eval_display(in, e, out);
	case E_FSTRING:
		return eval_fstring(in, e, out);
	case E_LAMBDA:
		return eval_function(in, e->func, out);
	case E_COMP:
		return eval_comp(in, e, out);
	case E_FIELD:
		return load_field(in, e, out);
	case E_WALRUS:
		if (!eval(in, e->b, out))
			return false;
		if (out->kind == V_STR)
			STR_OF(*out)->alone = STR_SHARED;
		return assign(in, e->a, *out);
	case E_YIELD: /* its generator goes on */
		*out = in->sent;
		return true;
	default:
		die("expression kind %d cannot be evaluated", e->kind);
	}
}
