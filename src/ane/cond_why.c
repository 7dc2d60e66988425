/* cond_why.c: why a clause does not hold, in words: what is so instead of what it asks for. Where
 * it is unknown: which names are.
 */
#include "cond_eval.h"

#include "names.h"

static void
val_put(Buf *b, Val v)
{
	switch (v.kind) {
	case VAL_UNKNOWN:
	case VAL_ABSENT:
		buf_puts(b, "?");
		break;
	case VAL_NONE:
		buf_puts(b, "None");
		break;
	case VAL_BOOL:
		buf_puts(b, v.i ? "True" : "False");
		break;
	case VAL_INT:
		buf_printf(b, "%lld", (long long)v.i);
		break;
	case VAL_REAL:
		buf_printf(b, "%g", v.f);
		break;
	case VAL_TEXT:
		buf_puts(b, v.s);
		break;
	case VAL_LIST:
		buf_byte(b, v.set ? '{' : '(');
		for (uint32_t i = 0; i < v.n; i++) {
			buf_puts(b, i ? ", " : "");
			val_put(b, v.at[i]);
		}
		buf_byte(b, v.set ? '}' : ')');
	}
}

/* Says that x holds, or that it does not. */
static void explain(CondEval *e, const Expr *x, bool holds, Buf *b);

/* The relation that is so where this one is not; the same one read from the other side. */
static const int8_t negated[] = {
    [CMP_LT] = CMP_GE,     [CMP_LE] = CMP_GT,    [CMP_EQ] = CMP_NE,     [CMP_NE] = CMP_EQ,
    [CMP_GT] = CMP_LE,     [CMP_GE] = CMP_LT,    [CMP_IS] = CMP_IS_NOT, [CMP_IS_NOT] = CMP_IS,
    [CMP_IN] = CMP_NOT_IN, [CMP_NOT_IN] = CMP_IN};
static const int8_t mirrored[] = {
    [CMP_LT] = CMP_GT, [CMP_LE] = CMP_GE,        [CMP_EQ] = CMP_EQ, [CMP_NE] = CMP_NE,
    [CMP_GT] = CMP_LT, [CMP_GE] = CMP_LE,        [CMP_IS] = CMP_IS, [CMP_IS_NOT] = CMP_IS_NOT,
    [CMP_IN] = CMP_IN, [CMP_NOT_IN] = CMP_NOT_IN};
static const char *const relation[] = {
    [CMP_LT] = "less than", [CMP_LE] = "not more than", [CMP_NE] = "not",
    [CMP_GT] = "more than", [CMP_GE] = "not less than", [CMP_IS_NOT] = "not",
    [CMP_IN] = "one of",    [CMP_NOT_IN] = "none of"};

/* "groups", "bytes of weights", but not "axis" or "scale of x". */
static bool
is_plural(const char *noun)
{
	static const char *const behind[] = {" of ", " along ", " on ", " that ", " for "};
	size_t n = strlen(noun);

	for (size_t i = 0; i < countof(behind); i++) {
		const char *at = strstr(noun, behind[i]);
		n = at ? MIN(n, (size_t)(at - noun)) : n;
	}
	return n > 2 && noun[n - 1] == 's' && noun[n - 2] != 'i' && noun[n - 2] != 's';
}

/* "width of the kernel is", "groups are", or the expression as it stands. */
static void
put_subject(CondEval *e, const Expr *x, Buf *b)
{
	if (x->kind == E_NAME) {
		const char *noun = cond_name_at(x)->say;
		e->about = cond_name_at(x)->name;
		buf_printf(b, "%s %s ", noun, is_plural(noun) ? "are" : "is");
	} else {
		buf_printf(b, "%.*s is ", (int)x->span.len,
		           e->clause->text + (x->span.at - e->clause->at));
	}
}

/* What is so: "width of the kernel is 17, more than 13". */
static void
explain_compare(CondEval *e, const Expr *left, int op, const Expr *right, bool holds, Buf *b)
{
	int so = holds ? op : negated[op];
	Val l, r;

	if (left->kind == E_CONST && right->kind != E_CONST && op != CMP_IN && op != CMP_NOT_IN) {
		const Expr *x = left;
		left = right;
		right = x;
		so = mirrored[so];
	}
	l = cond_eval(e, left), r = cond_eval(e, right);
	if (r.kind == VAL_NONE && left->kind == E_NAME) {
		bool none = so == CMP_IS || so == CMP_EQ;
		e->about = cond_name_at(left)->name;
		buf_printf(b, "there is %s %s", none ? "no" : "a", cond_name_at(left)->say);
		return;
	}
	put_subject(e, left, b);
	val_put(b, l);
	if (so == CMP_EQ || so == CMP_IS)
		return;
	buf_printf(b, ", %s ",
	           l.kind == VAL_LIST && so == CMP_GT ? "with others than" : relation[so]);
	val_put(b, r);
	if (right->kind == E_NAME)
		buf_printf(b, ", the %s", cond_name_at(right)->say);
}

/* Of a comparison with several parts, the one that does not hold, or the last. */
static void
explain_chain(CondEval *e, const Chain *c, bool holds, Buf *b)
{
	uint32_t i = 1;

	while (i + 1 < c->n && (holds || cond_compare(c->at[i].op, cond_eval(e, c->at[i - 1].e),
	                                              cond_eval(e, c->at[i].e)) != TRI_NO))
		i++;
	explain_compare(e, c->at[i - 1].e, c->at[i].op, c->at[i].e, holds, b);
}

/* Where one decides, that one; both where both must be as they are. */
static void
explain_both(CondEval *e, const Expr *x, bool holds, Buf *b)
{
	if ((x->kind == E_AND) != holds) {
		bool first = cond_truth(cond_eval(e, x->a)) == (holds ? TRI_YES : TRI_NO);
		explain(e, first ? x->a : x->b, holds, b);
		return;
	}
	explain(e, x->a, holds, b);
	buf_puts(b, ", and ");
	explain(e, x->b, holds, b);
}

/* "what is so where it does not hold|what is where it does" */
static void
put_truth(const char *name, const char *say, bool holds, Buf *b)
{
	const char *bar = strchr(say, '|');

	if (holds && bar)
		buf_puts(b, bar + 1);
	else if (holds)
		buf_printf(b, "%s holds", name);
	else
		buf_printf(b, "%.*s", (int)(bar ? bar - say : (ptrdiff_t)strlen(say)), say);
}

static void
explain(CondEval *e, const Expr *x, bool holds, Buf *b)
{
	const CondCall *call = x->kind == E_CALL ? cond_call_at(x->call) : NULL;

	if (x->kind == E_CMP) {
		explain_compare(e, x->a, x->op, x->b, holds, b);
	} else if (x->kind == E_CHAIN) {
		explain_chain(e, x->chain, holds, b);
	} else if (x->kind == E_AND || x->kind == E_OR) {
		explain_both(e, x, holds, b);
	} else if (x->kind == E_NAME) {
		e->about = cond_name_at(x)->name;
		put_truth(cond_name_at(x)->name, cond_name_at(x)->say, holds, b);
	} else if (call) {
		if (call->narg == 1)
			buf_printf(b, "%s ", cond_text(x->call->arg[0].val));
		put_truth(call->name, call->say, holds, b);
	} else if (x->kind == E_NOT) {
		explain(e, x->a, !holds, b);
	} else {
		buf_puts(b, holds ? "it holds" : "it does not hold");
	}
}

const char *
cond_why(CondEval *e, const Clause *c, Tri holds)
{
	Buf b = {0};

	if (holds == TRI_NO) {
		explain(e, c->expr, false, &b);
		return buf_keep(&b, e->s->arena);
	}
	buf_puts(&b, "not known: ");
	for (uint32_t i = 0; i < e->open.n; i++) {
		bool again = false;
		for (uint32_t k = 0; k < i; k++)
			again |= strcmp(e->open.at[k], e->open.at[i]) == 0;
		if (!again)
			buf_printf(&b, "%s%s", i ? ", " : "", e->open.at[i]);
	}
	return buf_keep(&b, e->s->arena);
}
