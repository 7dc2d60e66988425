/* cond.c: what a clause comes to: a walk over the tree that the parser of
 * scripts made. A value that is unknown or absent leaves its names behind, so that a report can say
 * which.
 */
#include "cond_eval.h"

#include "names.h"

#include <math.h>

/* ---- values ---- */

Val
val_tri(Tri t)
{
	return t == TRI_UNKNOWN ? VAL(UNKNOWN) : t == TRI_ABSENT ? VAL(ABSENT) : val_bool(t);
}

static bool
is_open(Val v)
{
	return v.kind == VAL_UNKNOWN || v.kind == VAL_ABSENT;
}

/* What an operation on both is when one of them is no value. */
static Val
open_of(Val a, Val b)
{
	return a.kind == VAL_ABSENT || b.kind == VAL_ABSENT ? VAL(ABSENT) : VAL(UNKNOWN);
}

static bool
is_number(Val v)
{
	return v.kind == VAL_BOOL || v.kind == VAL_INT || v.kind == VAL_REAL;
}

static double
number(Val v)
{
	return v.kind == VAL_REAL ? v.f : (double)v.i;
}

/* ---- evaluation ---- */

Tri
cond_truth(Val v)
{
	switch (v.kind) {
	case VAL_UNKNOWN:
		return TRI_UNKNOWN;
	case VAL_ABSENT:
		return TRI_ABSENT;
	case VAL_NONE:
		return TRI_NO;
	case VAL_TEXT:
		return *v.s != 0;
	case VAL_LIST:
		return v.n != 0;
	case VAL_REAL:
		return v.f != 0;
	default:
		return v.i != 0;
	}
}

/* What holds where all must: what does not decides, unless something makes no sense. */
static Tri
also(Tri a, Tri b)
{
	if (a == TRI_ABSENT || b == TRI_ABSENT)
		return TRI_ABSENT;
	return a == TRI_NO || b == TRI_NO ? TRI_NO : MAX(a, b);
}

static Tri contains(Val list, Val v);

static Tri
equal(Val a, Val b)
{
	bool ordered = !a.set && !b.set;
	Tri all = TRI_YES;

	if (is_open(a) || is_open(b))
		return cond_truth(open_of(a, b));
	if (is_number(a) && is_number(b))
		return number(a) == number(b);
	if (a.kind != b.kind)
		return TRI_NO;
	if (a.kind == VAL_TEXT)
		return strcmp(a.s, b.s) == 0;
	if (a.kind != VAL_LIST)
		return TRI_YES;
	if (ordered && a.n != b.n)
		return TRI_NO;
	for (uint32_t i = 0; i < a.n && all != TRI_NO; i++)
		all = also(all, ordered ? equal(a.at[i], b.at[i]) : contains(b, a.at[i]));
	for (uint32_t i = 0; !ordered && i < b.n && all != TRI_NO; i++)
		all = also(all, contains(a, b.at[i]));
	return all;
}

static Tri
contains(Val list, Val v)
{
	Tri worst = TRI_NO;

	if (is_open(list) || is_open(v))
		return cond_truth(open_of(list, v));
	if (list.kind != VAL_LIST)
		return TRI_UNKNOWN;
	for (uint32_t i = 0; i < list.n; i++) {
		Tri t = equal(list.at[i], v);
		if (t == TRI_YES)
			return t;
		worst = MAX(worst, t);
	}
	return worst;
}

/* a is a subset of b. */
static Tri
within(Val a, Val b)
{
	Tri all = TRI_YES;

	for (uint32_t i = 0; i < a.n && all != TRI_NO; i++)
		all = also(all, contains(b, a.at[i]));
	return all;
}

static Tri
invert(Tri t)
{
	return t == TRI_YES ? TRI_NO : t == TRI_NO ? TRI_YES : t;
}

Tri
cond_compare(int op, Val a, Val b)
{
	if (op == CMP_IN || op == CMP_NOT_IN)
		return op == CMP_IN ? contains(b, a) : invert(contains(b, a));
	if (op == CMP_EQ || op == CMP_IS)
		return equal(a, b);
	if (op == CMP_NE || op == CMP_IS_NOT)
		return invert(equal(a, b));
	if (is_open(a) || is_open(b))
		return cond_truth(open_of(a, b));
	if (a.kind == VAL_LIST && b.kind == VAL_LIST)
		return op == CMP_LE ? within(a, b) : op == CMP_GE ? within(b, a) : TRI_UNKNOWN;
	if (!is_number(a) || !is_number(b))
		return TRI_UNKNOWN;
	switch (op) {
	case CMP_LT:
		return number(a) < number(b);
	case CMP_LE:
		return number(a) <= number(b);
	case CMP_GT:
		return number(a) > number(b);
	default:
		return number(a) >= number(b);
	}
}

static Val
arithmetic(int op, Val a, Val b)
{
	bool whole = a.kind != VAL_REAL && b.kind != VAL_REAL;
	double x, y, r;

	if (is_open(a) || is_open(b))
		return open_of(a, b);
	if (!is_number(a) || !is_number(b))
		return VAL(UNKNOWN);
	x = number(a), y = number(b);
	switch (op) {
	case BIN_ADD:
		r = x + y;
		break;
	case BIN_SUB:
		r = x - y;
		break;
	case BIN_MUL:
		r = x * y;
		break;
	case BIN_POW:
		r = pow(x, y);
		break;
	case BIN_TRUEDIV:
		r = y != 0 ? x / y : NAN;
		whole = false;
		break;
	case BIN_FLOORDIV:
		r = y != 0 ? floor(x / y) : NAN;
		break;
	case BIN_MOD:
		r = y != 0 ? x - y * floor(x / y) : NAN;
		break;
	default:
		return VAL(UNKNOWN);
	}
	if (isnan(r))
		return VAL(UNKNOWN);
	/* Beyond 2**53 the sizes of programs do not reach. */
	return whole && fabs(r) < 0x1p53 ? val_int((int64_t)r) : val_real(r);
}

static Val
items(CondEval *e, Expr *const *at, uint32_t n, bool set)
{
	Val *v = newn(e->s->arena, Val, n);

	for (uint32_t i = 0; i < n; i++)
		v[i] = cond_eval(e, at[i]);
	return (Val){.kind = VAL_LIST, .at = v, .n = n, .set = set};
}

static Val
largest(Val list, int sign)
{
	Val best = VAL(UNKNOWN);

	for (uint32_t i = 0; i < list.n; i++) {
		if (is_open(list.at[i]))
			return list.at[i];
		if (!is_number(list.at[i]))
			return VAL(UNKNOWN);
		if (!i || sign * number(list.at[i]) > sign * number(best))
			best = list.at[i];
	}
	return best;
}

/* The primes that divide the numbers, tuples among them taken apart. */
static Val
prime_factors(CondEval *e, Val list)
{
	VEC(Val) primes = {0};

	for (uint32_t i = 0; i < list.n; i++) {
		Val v = list.at[i];
		if (v.kind == VAL_LIST) {
			v = prime_factors(e, v);
			for (uint32_t k = 0; v.kind == VAL_LIST && k < v.n; k++)
				vec_push(e->s->arena, &primes, v.at[k]);
			if (v.kind == VAL_LIST)
				continue;
		}
		if (v.kind != VAL_INT)
			return is_open(v) ? v : VAL(UNKNOWN);
		for (int64_t p = 2, left = v.i; left > 1; p++) {
			if (p > left / p)
				p = left;
			if (left % p == 0)
				vec_push(e->s->arena, &primes, val_int(p));
			while (left > 1 && left % p == 0)
				left /= p;
		}
	}
	return (Val){.kind = VAL_LIST, .at = primes.at, .n = primes.n, .set = true};
}

static Val
distinct(CondEval *e, Val list)
{
	Val set = {.kind = VAL_LIST, .at = list.at, .set = true};
	Val *v = newn(e->s->arena, Val, list.n);

	for (uint32_t i = 0; i < list.n; i++) {
		Tri again = contains((Val){.kind = VAL_LIST, .at = v, .n = set.n}, list.at[i]);
		if (again == TRI_UNKNOWN || again == TRI_ABSENT)
			return val_tri(again);
		if (again == TRI_NO)
			v[set.n++] = list.at[i];
	}
	set.at = v;
	return set;
}

/* Numbers, or texts, smallest first. */
static Val
in_order(CondEval *e, Val list)
{
	Val *v = newn(e->s->arena, Val, list.n);
	bool text = list.n && list.at[0].kind == VAL_TEXT;

	for (uint32_t i = 0, k; i < list.n; i++) {
		Val x = list.at[i];
		if (is_open(x) || !(text ? x.kind == VAL_TEXT : is_number(x)))
			return is_open(x) ? x : VAL(UNKNOWN);
		for (k = i; k; k--) {
			if (text ? strcmp(x.s, v[k - 1].s) >= 0 : number(x) >= number(v[k - 1]))
				break;
			v[k] = v[k - 1];
		}
		v[k] = x;
	}
	return (Val){.kind = VAL_LIST, .at = v, .n = list.n};
}

static Val
call_python(CondEval *e, const char *name, const CallExpr *c)
{
	Expr **at = newn(e->s->arena, Expr *, c->narg);
	Val list;

	for (uint32_t i = 0; i < c->narg; i++)
		at[i] = c->arg[i].val;
	list = items(e, at, c->narg, false);
	if (strcmp(name, "prime_factors") == 0)
		return prime_factors(e, list);
	if (list.n == 1 && is_open(list.at[0]))
		return list.at[0];
	if (list.n == 1 && list.at[0].kind == VAL_LIST)
		list = list.at[0];
	if (strcmp(name, "len") == 0)
		return val_int(list.n);
	if (strcmp(name, "set") == 0)
		return distinct(e, list);
	if (strcmp(name, "sorted") == 0)
		return in_order(e, list);
	return largest(list, strcmp(name, "max") == 0 ? 1 : -1);
}

const CondCall *
cond_call_at(const CallExpr *c)
{
	size_t n;
	return c->callee->slot ? &cond_calls(&n)[c->callee->slot - 1] : NULL;
}

const CondName *
cond_name_at(const Expr *x)
{
	size_t n;
	return &cond_names(&n)[x->slot - 1];
}

static Val
call_of(CondEval *e, const CallExpr *c)
{
	const CondCall *known = cond_call_at(c);
	const char *arg[2] = {0};
	Val v;

	if (!known)
		return call_python(e, c->callee->id->s, c);
	for (uint32_t i = 0; i < known->narg; i++)
		arg[i] = cond_text(c->arg[i].val);
	v = val_tri(e->s->inst || known->whole ? known->fn(e->s, arg) : TRI_ABSENT);
	if (is_open(v))
		vec_push(e->s->arena, &e->open,
		         arena_printf(e->s->arena, "%s('%s')", known->name, arg[0]));
	return v;
}

static Val
name_of(CondEval *e, const CondName *n)
{
	Val v = n->open                    ? VAL(UNKNOWN)
	        : !e->s->inst && !n->whole ? VAL(ABSENT)
	        : n->fn                    ? n->fn(e->s)
	                                   : site_param(e->s, n->name);

	if (is_open(v))
		vec_push(e->s->arena, &e->open, n->name);
	return v;
}

/* `and` (stop NO) and `or` (stop YES): what decides makes the open names of the rest irrelevant. */
static Val
both(CondEval *e, const Expr *x, Tri stop)
{
	uint32_t mark = e->open.n;
	Val a = cond_eval(e, x->a), b = cond_eval(e, x->b);

	if (a.kind == VAL_ABSENT || b.kind == VAL_ABSENT)
		return VAL(ABSENT);
	if (cond_truth(a) == stop || cond_truth(b) == stop) {
		e->open.n = mark;
		return val_tri(stop);
	}
	return is_open(a) || is_open(b) ? VAL(UNKNOWN) : val_tri(invert(stop));
}

static Val
chain_of(CondEval *e, const Chain *c)
{
	Val a = cond_eval(e, c->at[0].e), b;
	Tri all = TRI_YES;

	for (uint32_t i = 1; i < c->n; i++, a = b) {
		b = cond_eval(e, c->at[i].e);
		all = also(all, cond_compare(c->at[i].op, a, b));
	}
	return val_tri(all);
}

static Val
literal(const Literal *l)
{
	switch (l->kind) {
	case LIT_NONE:
		return VAL(NONE);
	case LIT_FALSE:
	case LIT_TRUE:
		return val_bool(l->kind == LIT_TRUE);
	case LIT_INT:
		return val_int(l->i);
	case LIT_FLOAT:
		return val_real(l->f);
	case LIT_STR:
		return val_text(l->s);
	default:
		return VAL(UNKNOWN);
	}
}

Val
cond_eval(CondEval *e, const Expr *x)
{
	Tri t;

	switch (x->kind) {
	case E_CONST:
		return literal(x->lit);
	case E_NAME:
		return name_of(e, cond_name_at(x));
	case E_CALL:
		return call_of(e, x->call);
	case E_TUPLE:
	case E_LIST:
	case E_SET:
		return items(e, x->at, x->n, x->kind == E_SET);
	case E_AND:
		return both(e, x, TRI_NO);
	case E_OR:
		return both(e, x, TRI_YES);
	case E_NOT:
		return val_tri(invert(cond_truth(cond_eval(e, x->a))));
	case E_CMP:
		return val_tri(cond_compare(x->op, cond_eval(e, x->a), cond_eval(e, x->b)));
	case E_CHAIN:
		return chain_of(e, x->chain);
	case E_COND:
		t = cond_truth(cond_eval(e, x->c));
		return t == TRI_YES  ? cond_eval(e, x->a)
		       : t == TRI_NO ? cond_eval(e, x->b)
		                     : val_tri(t);
	case E_UNARY:
		return x->op == UN_NEG ? arithmetic(BIN_SUB, val_int(0), cond_eval(e, x->a))
		                       : VAL(UNKNOWN);
	case E_BINARY:
		return arithmetic(x->op, cond_eval(e, x->a), cond_eval(e, x->b));
	default:
		return VAL(UNKNOWN); /* clauses_parse() lets none through */
	}
}

/* ---- clauses ---- */

Tri
clause_holds(const Site *s, const Clause *c)
{
	CondEval e = {.s = s, .clause = c};

	return c->kind == CLAUSE_EXPR ? cond_truth(cond_eval(&e, c->expr)) : TRI_YES;
}

Finding
clause_find(const Site *s, const Clause *c)
{
	CondEval e = {.s = s, .clause = c};
	Finding f = {.clause = c, .holds = TRI_YES};

	if (c->kind != CLAUSE_EXPR)
		return f;
	f.holds = cond_truth(cond_eval(&e, c->expr));
	if (f.holds != TRI_YES)
		f.why = cond_why(&e, c, f.holds);
	f.about = e.about;
	return f;
}
