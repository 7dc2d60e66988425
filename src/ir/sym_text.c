/* sym_text.c: symbolic expressions as text and as numbers. */
#include "sym_impl.h"

/* ---- numbers for symbols ---- */

typedef struct SymValues {
	int64_t (*of)(void *ctx, Dim sym);
	void *ctx;
	bool bad;
} SymValues;

static int64_t eval(Types *t, Dim d, SymValues *v);

static int64_t
eval_sum(Types *t, const SymExpr *e, SymValues *v)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < e->nterm; i++) {
		const Term *x = &e->term[i];
		int64_t p = x->coef;
		for (uint32_t k = 0; k < x->n; k++) {
			int64_t n = eval(t, x->f[k].atom, v);
			for (uint32_t j = 0; j < x->f[k].power; j++)
				v->bad |= __builtin_mul_overflow(p, n, &p);
		}
		v->bad |= __builtin_add_overflow(sum, p, &sum);
	}
	return sum;
}

/* The recursion is bounded by MAX_NODES. */
static int64_t
eval(Types *t, Dim d, SymValues *v)
{
	const SymExpr *e;
	int64_t a, b;

	if (dim_known(d))
		return d;
	e = sym_expr(t, d);
	if (e->kind == SYM_NAME) {
		a = v->of(v->ctx, d);
		v->bad |= a < 0;
		return a;
	}
	if (e->kind == SYM_SUM)
		return eval_sum(t, e, v);
	a = eval(t, e->a, v);
	b = eval(t, e->b, v);
	if (b == 0 || a == INT64_MIN) {
		v->bad = true;
		return 0;
	}
	return e->kind == SYM_FLOOR ? int_floordiv(a, b) : int_ceildiv(a, b);
}

int64_t
dim_eval(Types *t, Dim d, int64_t (*of)(void *ctx, Dim sym), void *ctx)
{
	SymValues v = {of, ctx, false};
	int64_t n = eval(t, d, &v);

	return v.bad ? -1 : n;
}

/* ---- text ---- */

static void put_sum(Types *t, Buf *b, const Term *term, uint32_t n, int64_t den);

/* coef*x*y/den, without the sign of coef. */
static void
put_term(Types *t, Buf *b, const Term *x, int64_t den)
{
	int64_t c = x->coef < 0 ? -x->coef : x->coef;
	int64_t g = sym_gcd(c, den);

	c /= g;
	den /= g;
	if (c != 1 || x->n == 0)
		buf_printf(b, "%lld", (long long)c);
	for (uint32_t k = 0; k < x->n; k++) {
		if (k || c != 1)
			buf_byte(b, '*');
		buf_puts(b, dim_str(t, x->f[k].atom));
		if (x->f[k].power > 1)
			buf_printf(b, "**%u", (unsigned)x->f[k].power);
	}
	if (den != 1)
		buf_printf(b, "/%lld", (long long)den);
}

static void
put_signed(Types *t, Buf *b, const Term *x, int64_t den, bool first)
{
	if (x->coef < 0)
		buf_puts(b, first ? "-" : " - ");
	else if (!first)
		buf_puts(b, " + ");
	put_term(t, b, x, den);
}

/* A positive number minus one multiple of one atom is written number first. */
static void
put_sum(Types *t, Buf *b, const Term *term, uint32_t n, int64_t den)
{
	if (n == 2 && term[1].n == 0 && term[1].coef > 0 && term[0].coef < 0 && term[0].n == 1) {
		put_signed(t, b, &term[1], den, true);
		put_signed(t, b, &term[0], den, false);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		put_signed(t, b, &term[i], den, i == 0);
}

/* The argument of floor and ceiling: a/b. */
static void
put_quotient(Types *t, Buf *out, Dim a, Dim b)
{
	Sum x = {0};
	bool group_a, group_b;

	sum_add_dim(t, &x, a, 1);
	if (dim_known(b) && b > 0) {
		put_sum(t, out, x.t, x.n, b);
		return;
	}
	group_a = x.n > 1;
	group_b = !dim_known(b) && sym_expr(t, b)->kind == SYM_SUM;
	buf_printf(out, group_a ? "(%s)" : "%s", dim_str(t, a));
	buf_printf(out, group_b ? "/(%s)" : "/%s", dim_str(t, b));
}

const char *
dim_str(Types *t, Dim d)
{
	SymExpr *e;
	Buf b = {0};

	if (dim_known(d))
		return arena_printf(t->arena, "%lld", (long long)d);
	e = t->sym.at[(uint32_t)(d - INT64_MIN)];
	if (e->kind == SYM_NAME)
		return e->name->s;
	if (e->text)
		return e->text;
	if (e->kind == SYM_SUM) {
		put_sum(t, &b, e->term, e->nterm, 1);
	} else {
		buf_puts(&b, e->kind == SYM_FLOOR ? "floor(" : "ceiling(");
		put_quotient(t, &b, e->a, e->b);
		buf_byte(&b, ')');
	}
	e->text = arena_strdup(t->arena, b.at);
	buf_free(&b);
	return e->text;
}
