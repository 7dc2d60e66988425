/* sym.c: symbolic dimensions.
 *
 * Every symbol and every expression over symbols is one interned SymExpr. A plain symbol is a
 * name. A sum is a list of terms, each a coefficient times powers of atoms; an atom is a plain
 * symbol or one of the opaque functions floor and ceiling. Terms and factors are kept
 * in the order in which sympy prints them, which makes equal sums equal arrays. (Texts and values:
 * sym_text.c.)
 *
 * Sizes come from scripts: an expression that gets too large, or whose coefficients overflow, is
 * replaced by a fresh automatic symbol, which says less but is never wrong.
 */
#include "sym_impl.h"

const SymExpr *
sym_expr(const Types *t, Dim d)
{
	return t->sym.at[(uint32_t)(d - INT64_MIN)];
}

static Dim
expr_add(Types *t, const SymExpr *e)
{
	vec_push(t->arena, &t->sym, arena_dup(t->arena, e, sizeof *e));
	return INT64_MIN + (int64_t)(t->sym.n - 1);
}

Dim
sym_new(Types *t, const Str *name)
{
	SymExpr e = {.kind = SYM_NAME, .nodes = 1, .name = name};

	if (!name)
		e.name = intern_printf(t->names, "is%u", (unsigned)t->next_sym);
	t->next_sym++;
	return expr_add(t, &e);
}

Dim
sym_find(Types *t, const Str *name)
{
	for (uint32_t i = t->sym.n; i-- > 0;) {
		const SymExpr *e = t->sym.at[i];
		if (e->kind == SYM_NAME && !e->forgotten && e->name == name)
			return INT64_MIN + (int64_t)i;
	}
	return 0;
}

void
sym_forget(Types *t)
{
	for (uint32_t i = 0; i < t->sym.n; i++)
		t->sym.at[i]->forgotten = true;
	t->next_sym = 0;
}

bool
dim_is_plain_symbol(Types *t, Dim d)
{
	return !dim_known(d) && sym_expr(t, d)->kind == SYM_NAME;
}

/* ---- the order sympy prints in ---- */

/* Plain symbols by name, then functions by their text. */
static int
atom_cmp(Types *t, Dim a, Dim b)
{
	const SymExpr *x, *y;
	int c;

	if (a == b)
		return 0;
	x = sym_expr(t, a);
	y = sym_expr(t, b);
	if ((x->kind == SYM_NAME) != (y->kind == SYM_NAME))
		return x->kind == SYM_NAME ? -1 : 1;
	c = strcmp(dim_str(t, a), dim_str(t, b));
	return c ? c : a < b ? -1 : 1;
}

/* Lexicographic by the powers of the first atoms, larger powers first: constants come last. */
static int
term_cmp(Types *t, const Term *x, const Term *y)
{
	for (uint32_t i = 0; i < x->n && i < y->n; i++) {
		int c = atom_cmp(t, x->f[i].atom, y->f[i].atom);
		if (c)
			return c;
		if (x->f[i].power != y->f[i].power)
			return x->f[i].power > y->f[i].power ? -1 : 1;
	}
	return x->n == y->n ? 0 : x->n > y->n ? -1 : 1;
}

/* ---- sums ---- */

static void
sum_add(Types *t, Sum *s, const Term *x, int64_t sign)
{
	uint32_t at = 0;
	int64_t coef;
	int c = 1;

	if (__builtin_mul_overflow(x->coef, sign, &coef) || coef == INT64_MIN) {
		s->overflow = true;
		return;
	}
	while (at < s->n && (c = term_cmp(t, &s->t[at], x)) < 0)
		at++;
	if (at < s->n && c == 0) {
		if (__builtin_add_overflow(s->t[at].coef, coef, &s->t[at].coef) ||
		    s->t[at].coef == INT64_MIN)
			s->overflow = true;
		if (s->t[at].coef == 0) {
			memmove(&s->t[at], &s->t[at + 1], (s->n - at - 1) * sizeof *s->t);
			s->n--;
		}
		return;
	}
	if (coef == 0)
		return;
	if (s->n == MAX_TERMS) {
		s->overflow = true;
		return;
	}
	memmove(&s->t[at + 1], &s->t[at], (s->n - at) * sizeof *s->t);
	s->t[at] = *x;
	s->t[at].coef = coef;
	s->n++;
}

void
sum_add_dim(Types *t, Sum *s, Dim d, int64_t sign)
{
	Term x = {.coef = d};

	if (dim_known(d)) {
		sum_add(t, s, &x, sign);
	} else if (sym_expr(t, d)->kind == SYM_SUM) {
		const SymExpr *e = sym_expr(t, d);
		for (uint32_t i = 0; i < e->nterm; i++)
			sum_add(t, s, &e->term[i], sign);
	} else {
		x.coef = 1;
		x.n = 1;
		x.f[0] = (Factor){d, 1};
		sum_add(t, s, &x, sign);
	}
}

static bool
term_mul(Types *t, const Term *x, const Term *y, Term *out)
{
	uint32_t i = 0, j = 0;

	memset(out, 0, sizeof *out);
	if (__builtin_mul_overflow(x->coef, y->coef, &out->coef))
		return false;
	while (i < x->n || j < y->n) {
		int c = i == x->n   ? 1
		        : j == y->n ? -1
		                    : atom_cmp(t, x->f[i].atom, y->f[j].atom);
		if (out->n == MAX_FACTORS)
			return false;
		out->f[out->n] = c <= 0 ? x->f[i] : y->f[j];
		if (c == 0)
			out->f[out->n].power += y->f[j].power;
		if (out->f[out->n].power > 1000)
			return false;
		out->n++;
		i += c <= 0;
		j += c >= 0;
	}
	return true;
}

static bool
same_expr(const SymExpr *a, const SymExpr *b)
{
	if (a->kind != b->kind || a->a != b->a || a->b != b->b || a->nterm != b->nterm)
		return false;
	for (uint32_t i = 0; i < a->nterm; i++) {
		const Term *x = &a->term[i], *y = &b->term[i];
		if (x->coef != y->coef || x->n != y->n ||
		    memcmp(x->f, y->f, x->n * sizeof *x->f) != 0)
			return false;
	}
	return true;
}

/* The one expression equal to *e, whose terms are copied when it is new. A fresh symbol where it is
 * too large. */
static Dim
expr_intern(Types *t, SymExpr *e, uint64_t hash)
{
	if (e->nodes > MAX_NODES)
		return sym_new(t, NULL);
	for (uint64_t key = hash | 1;; key += 2) {
		uint64_t at = (uint64_t)(uintptr_t)map_get(t->sym_table, key);
		if (at && same_expr(t->sym.at[at - 1], e))
			return INT64_MIN + (int64_t)(at - 1);
		if (at)
			continue;
		e->term = arena_dup(t->arena, e->term, e->nterm * sizeof *e->term);
		map_put(t->sym_table, key, (void *)(uintptr_t)(t->sym.n + 1));
		return expr_add(t, e);
	}
}

static uint64_t
sum_hash(const Sum *s)
{
	uint64_t h = s->n;

	for (uint32_t i = 0; i < s->n; i++) {
		h = hash_bytes(&s->t[i].coef, sizeof s->t[i].coef, h);
		for (uint32_t k = 0; k < s->t[i].n; k++) {
			uint64_t f[2] = {(uint64_t)s->t[i].f[k].atom, s->t[i].f[k].power};
			h = hash_bytes(f, sizeof f, h);
		}
	}
	return h;
}

/* The Dim of a sum: a number, an atom, or an interned expression. */
static Dim
sum_dim(Types *t, const Sum *s)
{
	SymExpr e = {.kind = SYM_SUM, .nodes = 1, .nterm = s->n, .term = s->t};

	if (s->n == 0 && !s->overflow)
		return 0;
	if (s->n == 1 && s->t[0].n == 0 && dim_known(s->t[0].coef))
		return s->overflow ? sym_new(t, NULL) : s->t[0].coef;
	if (s->n == 1 && s->t[0].coef == 1 && s->t[0].n == 1 && s->t[0].f[0].power == 1)
		return s->overflow ? sym_new(t, NULL) : s->t[0].f[0].atom;
	for (uint32_t i = 0; i < s->n; i++)
		for (uint32_t k = 0; k < s->t[i].n; k++)
			e.nodes += sym_expr(t, s->t[i].f[k].atom)->nodes + 1;
	return s->overflow ? sym_new(t, NULL) : expr_intern(t, &e, sum_hash(s));
}

/* Makes a sum of d; its terms are not cleared, there are many. */
static void
sum_set(Types *t, Sum *s, Dim d)
{
	s->n = 0;
	s->overflow = false;
	sum_add_dim(t, s, d, 1);
}

static Dim
signed_sum(Types *t, Dim a, Dim b, int64_t sign)
{
	Sum s;
	int64_t n;

	if (dim_known(a) && dim_known(b) && !__builtin_add_overflow(a, sign * b, &n) &&
	    dim_known(n))
		return n;
	sum_set(t, &s, a);
	sum_add_dim(t, &s, b, sign);
	return sum_dim(t, &s);
}

Dim
dim_add(Types *t, Dim a, Dim b)
{
	return signed_sum(t, a, b, 1);
}

Dim
dim_sub(Types *t, Dim a, Dim b)
{
	return signed_sum(t, a, b, -1);
}

Dim
dim_mul(Types *t, Dim a, Dim b)
{
	Sum s, x, y;
	int64_t n;

	if (dim_known(a) && dim_known(b) && !__builtin_mul_overflow(a, b, &n) && dim_known(n))
		return n;
	sum_set(t, &s, 0);
	sum_set(t, &x, a);
	sum_set(t, &y, b);
	for (uint32_t i = 0; i < x.n && !s.overflow; i++)
		for (uint32_t k = 0; k < y.n && !s.overflow; k++) {
			Term p;
			if (term_mul(t, &x.t[i], &y.t[k], &p))
				sum_add(t, &s, &p, 1);
			else
				s.overflow = true;
		}
	return sum_dim(t, &s);
}

/* ---- opaque functions ---- */

static Dim
function(Types *t, SymKind kind, Dim a, Dim b)
{
	SymExpr e = {.kind = kind, .nodes = 1, .a = a, .b = b};
	uint64_t h[3] = {(uint64_t)kind, (uint64_t)a, (uint64_t)b};

	e.nodes += dim_known(a) ? 1 : sym_expr(t, a)->nodes;
	e.nodes += dim_known(b) ? 1 : sym_expr(t, b)->nodes;
	return expr_intern(t, &e, hash_bytes(h, sizeof h, 1));
}

int64_t
int_floordiv(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t
int_ceildiv(int64_t a, int64_t b)
{
	return -int_floordiv(-a, b);
}

int64_t
sym_gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t r = a % b;
		a = b;
		b = r;
	}
	return a < 0 ? -a : a;
}

/* Takes the factors and the coefficient of y out of x, if all are there. */
static bool
term_div(const Term *x, const Term *y, Term *out)
{
	uint32_t k = 0;

	*out = *x;
	out->n = 0;
	if (x->coef % y->coef)
		return false;
	out->coef = x->coef / y->coef;
	for (uint32_t i = 0; i < x->n; i++) {
		Factor f = x->f[i];
		if (k < y->n && y->f[k].atom == f.atom) {
			if (y->f[k].power > f.power)
				return false;
			f.power -= y->f[k++].power;
		}
		if (f.power)
			out->f[out->n++] = f;
	}
	return k == y->n;
}

/* (x)/(y) for a y of one term: terms that divide go to `whole`, the others to `rest`. With a
 * numeric y, what remains is reduced by the common divisor. */
static void
split(Types *t, const Sum *x, Term *y, Sum *whole, Sum *rest)
{
	int64_t g = y->coef;

	sum_set(t, whole, 0);
	sum_set(t, rest, 0);
	for (uint32_t i = 0; i < x->n; i++) {
		Term q;
		if (term_div(&x->t[i], y, &q))
			sum_add(t, whole, &q, 1);
		else
			sum_add(t, rest, &x->t[i], 1);
	}
	for (uint32_t i = 0; i < rest->n; i++)
		g = sym_gcd(rest->t[i].coef, g);
	if (g <= 1)
		return;
	for (uint32_t i = 0; i < rest->n; i++)
		rest->t[i].coef /= g;
	y->coef /= g;
}

static Dim
divide(Types *t, SymKind kind, Dim a, Dim b)
{
	Sum x, y, whole, rest, den;
	Dim d;

	sum_set(t, &x, a);
	sum_set(t, &y, b);
	if (y.n != 1 || x.overflow || y.overflow || y.t[0].coef == INT64_MIN)
		return a == b ? 1 : function(t, kind, a, b);
	split(t, &x, &y.t[0], &whole, &rest);
	if (rest.n == 0)
		return sum_dim(t, &whole);
	den.n = 1;
	den.overflow = false;
	den.t[0] = y.t[0];
	a = sum_dim(t, &rest);
	b = sum_dim(t, &den);
	if (dim_known(a) && dim_known(b))
		d = kind == SYM_FLOOR ? int_floordiv(a, b) : int_ceildiv(a, b);
	else
		d = function(t, kind, a, b);
	return dim_add(t, sum_dim(t, &whole), d);
}

Dim
dim_floordiv(Types *t, Dim a, Dim b)
{
	if (b == 0)
		return sym_new(t, NULL);
	if (dim_known(a) && dim_known(b))
		return int_floordiv(a, b);
	return b == 1 ? a : divide(t, SYM_FLOOR, a, b);
}

Dim
dim_ceildiv(Types *t, Dim a, Dim b)
{
	if (b == 0)
		return sym_new(t, NULL);
	if (dim_known(a) && dim_known(b))
		return int_ceildiv(a, b);
	return b == 1 ? a : divide(t, SYM_CEIL, a, b);
}

/* ---- broadcasting ---- */

bool
dim_broadcast(Types *t, Dim a, Dim b, Dim *out)
{
	if (a == b || b == 1)
		*out = a;
	else if (a == 1)
		*out = b;
	else if (dim_known(a) && dim_known(b))
		return false;
	else if (dim_known(b) && b > 1)
		*out = b;
	else if (dim_known(a) && a > 1)
		*out = a;
	else
		*out = sym_new(t, NULL);
	return true;
}

bool
shape_broadcast(Types *t, const Type *a, const Type *b, Dim *dim, uint32_t *rank)
{
	uint32_t n = MAX(a->rank, b->rank);

	for (uint32_t i = 0; i < n; i++) {
		Dim x = i + a->rank < n ? 1 : a->dim[i + a->rank - n];
		Dim y = i + b->rank < n ? 1 : b->dim[i + b->rank - n];
		if (!dim_broadcast(t, x, y, &dim[i]))
			return false;
	}
	*rank = n;
	return true;
}

Dim
sym_new_variadic(Types *t)
{
	return sym_new(t, intern_printf(t->names, "*is%u", t->next_sym));
}

bool
dim_is_variadic(Types *t, Dim d)
{
	return !dim_known(d) && dim_str(t, d)[0] == '*';
}
