/* einsum.c: sums of products by an equation of letters, "bnqd,bnkd->bnqk". Common ones become one
 * product of matrices; others are brought to (batch, left, summed) times (batch, summed, right).
 */
#include "parts.h"

#include <ctype.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
enum { MAX_TERMS = 64, MAX_LETTERS = 52 };

/* The dimensions of a tensor are the letters of its term. */
typedef struct EinsumTerm {
	Var *x;
	char *letters;
} EinsumTerm;

typedef struct Equation {
	EinsumTerm term[MAX_TERMS];
	uint32_t n;
	char *out; /* the letters of the result */
} Equation;

/* ---- the equation ---- */

static bool
bad_equation(AtenCtx *c, const char *text, const char *why)
{
	aten_fail(c, "the einsum equation '%s' %s", text, why);
	return false;
}

/* Letters that stand for "...", of which each tensor has as many dimensions. */
static bool
ellipsis(AtenCtx *c, const char *text, Equation *e, char *fresh)
{
	int64_t len = -1;
	size_t n = 0;
	for (uint32_t i = 0; i < e->n; i++) {
		if (!strstr(e->term[i].letters, "..."))
			continue;
		int64_t own = (int64_t)rank_of(e->term[i].x) -
		              ((int64_t)strlen(e->term[i].letters) - 3);
		if (own < 0)
			return bad_equation(c, text, "has more letters than the tensor dimensions");
		if (len >= 0 && len != own)
			return bad_equation(c, text, "has '...' of different lengths: write the "
			                             "dimensions as letters");
		len = own;
	}
	if (len < 0 && strstr(e->out, "..."))
		return bad_equation(c, text, "has '...' in the result alone");
	for (const char *s = LETTERS; *s && (int64_t)n < len; s++)
		if (!strchr(text, *s))
			fresh[n++] = *s;
	fresh[n] = 0;
	if (len > (int64_t)n)
		return bad_equation(c, text, "has more dimensions than there are letters");
	return true;
}

/* The term with those letters in place of dots; 0: it is not well formed. */
static char *
term_letters(AtenCtx *c, const char *s, const char *fresh)
{
	const char *dots = strstr(s, "...");
	char *t = dots ? arena_printf(c->arena, "%.*s%s%s", (int)(dots - s), s, fresh, dots + 3)
	               : arena_strdup(c->arena, s);
	for (const char *p = t; *p; p++)
		if (!isalpha((unsigned char)*p))
			return 0;
	return t;
}

static bool
equation_parse(AtenCtx *c, const char *text, Var *const *x, uint32_t nx, Equation *e)
{
	char *s = arena_strdup(c->arena, text), *to = s, fresh[MAX_LETTERS + 1];
	for (const char *p = text; *p; p++)
		if (*p != ' ')
			*to++ = *p;
	*to = 0;
	char *arrow = strstr(s, "->");
	if (!arrow || strstr(arrow + 2, "->"))
		return bad_equation(c, text, "must say the result behind one '->'");
	*arrow = 0;
	e->out = arrow + 2;
	e->n = 0;
	for (char *at = s, *next; at; at = next) {
		next = strchr(at, ',');
		if (next)
			*next++ = 0;
		if (e->n == nx || e->n == MAX_TERMS)
			return bad_equation(c, text, "has more terms than there are tensors");
		e->term[e->n] = (EinsumTerm){x[e->n], at};
		e->n++;
	}
	if (e->n != nx)
		return bad_equation(c, text, "has fewer terms than there are tensors");
	if (!ellipsis(c, text, e, fresh))
		return false;
	e->out = term_letters(c, e->out, fresh);
	for (uint32_t i = 0; e->out && i < e->n; i++) {
		EinsumTerm *t = &e->term[i];
		t->letters = term_letters(c, t->letters, fresh);
		if (!t->letters)
			e->out = 0;
		else if (strlen(t->letters) != rank_of(t->x))
			return bad_equation(c, text, "does not have a letter for each dimension");
	}
	return e->out || bad_equation(c, text, "has other signs than letters");
}

/* Two terms and the result, renamed to letters in the order of their use. */
static const char *
canonical(AtenCtx *c, const Equation *e, bool reversed)
{
	const char *a = e->term[reversed].letters, *b = e->term[!reversed].letters;
	char *s = arena_printf(c->arena, "%s,%s->%s", a, b, e->out), name[128] = {0};
	uint32_t n = 0;
	for (char *p = s; *p; p++)
		if (isalpha((unsigned char)*p)) {
			char *known = &name[(unsigned char)*p];
			if (!*known)
				*known = LETTERS[n++];
			*p = *known;
		}
	return s;
}

/* ---- common equations ---- */

typedef enum Shortcut {
	PLAIN,
	TURN_X,
	TURN_Y,
	FLAT_OUT,  /* reshaped before and behind */
	FLAT_SUM,  /* two summed dimensions become one */
	SWAP_ALL,
	SWAP_Y,
	AS_EINSUM,
} Shortcut;
static const struct {
	const char *equation;
	Shortcut how;
	bool fixed; /* sizes must be known */
} shortcuts[] = {
    {"abcd,abed->abce", TURN_Y, false},  {"abcd,abce->abde", TURN_X, false},
    {"abc,cd->abd", PLAIN, false},       {"abc,cde->abde", FLAT_OUT, true},
    {"abcd,aecd->aceb", SWAP_ALL, false}, {"abcd,adbe->acbe", SWAP_Y, false},
    {"abcd,cde->abe", FLAT_SUM, true},   {"abcd,adce->abce", AS_EINSUM, false},
    {"abc,cbd->abd", AS_EINSUM, false},
};

static Var *
swapped(AtenCtx *c, Var *x, const Str *name)
{
	return aten_op(c, OP_transpose, name, ARGS(X(x), LIT("perm", 0, 2, 1, 3)));
}

static Var *
shortcut(AtenCtx *c, Shortcut how, Var *x, Var *y, const char *equation)
{
	const Dim *p = x->type->dim, *q = y->type->dim;
	Var *both[2] = {x, y};
	switch (how) {
	case PLAIN:
		return NAMED(matmul, X(x), Y(y));
	case TURN_X:
		return NAMED(matmul, X(x), Y(y), BOOL("transpose_x", true));
	case TURN_Y:
		return NAMED(matmul, X(x), Y(y), BOOL("transpose_y", true));
	case FLAT_OUT:
		x = OP(reshape, X(x), LIT("shape", p[0] * p[1], p[2]));
		y = OP(reshape, X(y), LIT("shape", q[0], q[1] * q[2]));
		x = OP(matmul, X(x), Y(y));
		return NAMED(reshape, X(x), LIT("shape", p[0], p[1], q[1], q[2]));
	case FLAT_SUM:
		x = OP(reshape, X(x), LIT("shape", p[0], p[1], p[2] * p[3]));
		y = OP(reshape, X(y), LIT("shape", q[0] * q[1], q[2]));
		return NAMED(matmul, X(x), Y(y));
	case SWAP_ALL:
		x = swapped(c, x, 0);
		y = swapped(c, y, 0);
		return NAMED(matmul, X(y), Y(x), BOOL("transpose_y", true));
	case SWAP_Y:
		y = swapped(c, y, 0);
		return swapped(c, OP(matmul, X(x), Y(y)), c->node->name);
	case AS_EINSUM:
		break;
	}
	return NAMED(einsum, VALUES(both, 2), STR("equation", equation));
}

/* True: it was one of them. */
static bool
common_equation(AtenCtx *c, const Equation *e, Var **out)
{
	bool fixed = dims_known(e->term[0].x) && dims_known(e->term[1].x);
	for (size_t i = 0; i < countof(shortcuts); i++) {
		bool there = strcmp(canonical(c, e, false), shortcuts[i].equation) == 0;
		bool back = strcmp(canonical(c, e, true), shortcuts[i].equation) == 0;
		if ((!there && !back) || (shortcuts[i].fixed && !fixed))
			continue;
		if (shortcuts[i].how == AS_EINSUM)
			back = !there;
		const EinsumTerm *a = &e->term[back], *b = &e->term[!back];
		char *text =
		    arena_printf(c->arena, "%s,%s->%s", a->letters, b->letters, e->out);
		*out = shortcut(c, shortcuts[i].how, a->x, b->x, text);
		return true;
	}
	return false;
}

/* ---- any equation ---- */

/* Takes the diagonal over the first letter that stands twice; false: none does. */
static bool
diagonal(AtenCtx *c, EinsumTerm *t)
{
	char *s = t->letters;
	size_t n = strlen(s), first = 0, at[MAX_LETTERS];
	uint32_t nat = 0;
	while (first < n && !strchr(s + first + 1, s[first]))
		first++;
	if (first == n || c->failed)
		return false;
	int64_t *perm = newn(c->arena, int64_t, n);
	for (size_t i = 0; i < n; i++) {
		perm[i] = (int64_t)i;
		if (s[i] == s[first])
			at[nat++] = i;
	}
	for (uint32_t i = 0; i < nat; i++) {
		int64_t p = perm[i];
		char l = s[i];
		perm[i] = perm[at[i]];
		perm[at[i]] = p;
		s[i] = s[at[i]];
		s[at[i]] = l;
	}
	Var *size = value_at(c, OP(shape, X(t->x)), (int64_t)at[0], 0);
	Var *index = range_to(c, size), **all = newn(c->arena, Var *, nat);
	for (uint32_t i = 0; i < nat; i++)
		all[i] = index;
	index = OP(stack, VALUES(all, nat), INT("axis", 1));
	t->x = OP(transpose, X(t->x), INTS("perm", perm, (int64_t)n));
	t->x = OP(gather_nd, X(t->x), VAR("indices", index));
	memmove(s + 1, s + nat, n - nat + 1);
	return true;
}

/* Sums over the letters that stand nowhere else. */
static void
sum_alone(AtenCtx *c, Equation *e)
{
	char *left[MAX_TERMS];
	for (uint32_t i = 0; i < e->n; i++) {
		const char *s = e->term[i].letters;
		size_t n = strlen(s), kept = 0;
		int64_t *axes = newn(c->arena, int64_t, n);
		uint32_t naxes = 0;
		left[i] = newn(c->arena, char, n + 1);
		for (size_t k = 0; k < n; k++) {
			bool used = strchr(e->out, s[k]) != 0;
			for (uint32_t j = 0; j < e->n && !used; j++)
				used = j != i && strchr(e->term[j].letters, s[k]);
			if (used)
				left[i][kept++] = s[k];
			else
				axes[naxes++] = (int64_t)k;
		}
		if (naxes)
			e->term[i].x = OP(reduce_sum, X(e->term[i].x), INTS("axes", axes, naxes));
	}
	for (uint32_t i = 0; i < e->n; i++)
		e->term[i].letters = left[i];
}

static Var *
turned(AtenCtx *c, Var *x, const char *from, const char *to, const Str *name)
{
	size_t n = strlen(to);
	int64_t *perm = newn(c->arena, int64_t, n);
	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(from, to[i]);
		if (!at) {
			aten_fail(c,
			          "the letter '%c' of the einsum result stands in no term",
			          to[i]);
			return 0;
		}
		perm[i] = at - from;
	}
	return aten_op(c, OP_transpose, name, ARGS(X(x), INTS("perm", perm, (int64_t)n)));
}

/* Dimensions of one kind: their letters and sizes. */
typedef struct Dims {
	char letters[2 * MAX_LETTERS];
	Var *size[2 * MAX_LETTERS];
	uint32_t n;
} Dims;

static void
dims_add(Dims *d, char letter, Var *size)
{
	d->letters[d->n] = letter;
	d->size[d->n++] = size;
	d->letters[d->n] = 0;
}

/* All sizes of a kind as a vector; 1 when there are none. */
static Var *
sizes(AtenCtx *c, const Dims *d)
{
	return d->n ? concat_numbers(c, d->size, d->n) : num(c, 1);
}

/* A tensor with one dimension for each kind. */
static Var *
as_matrix(AtenCtx *c, const EinsumTerm *t, const Dims *const *kind, Var *const *size)
{
	char *order = arena_printf(c->arena, "%s%s%s", kind[0]->letters, kind[1]->letters,
	                           kind[2]->letters);
	Var *x = turned(c, t->x, t->letters, order, 0), *dim[3];
	uint32_t n = 0;
	for (int i = 0; i < 3; i++)
		if (size[i])
			dim[n++] = OP(reduce_prod, X(size[i]));
	return OP(reshape, X(x), VAR("shape", concat_numbers(c, dim, n)));
}

static Var *
product(AtenCtx *c, const EinsumTerm *a, const EinsumTerm *b, const char *out, const Str *name)
{
	Dims batch = {.n = 0}, summed = {.n = 0}, left = {.n = 0}, right = {.n = 0};
	Var *shape_a = OP(shape, X(a->x)), *shape_b = OP(shape, X(b->x));
	for (uint32_t i = 0; a->letters[i]; i++) {
		char l = a->letters[i];
		Dims *d = !strchr(b->letters, l) ? &left : strchr(out, l) ? &batch : &summed;
		dims_add(d, l, value_at(c, shape_a, i, 0));
	}
	Var *batch_size = batch.n ? sizes(c, &batch) : 0;
	Var *summed_size = sizes(c, &summed), *left_size = sizes(c, &left);
	for (uint32_t i = 0; b->letters[i]; i++) {
		Var *size = value_at(c, shape_b, i, 0);
		if (!strchr(a->letters, b->letters[i]))
			dims_add(&right, b->letters[i], size);
	}
	Var *right_size = sizes(c, &right);
	Var *x = as_matrix(c, a, (const Dims *const[]){&batch, &left, &summed},
	                   (Var *const[]){batch_size, left_size, summed_size});
	Var *y = as_matrix(c, b, (const Dims *const[]){&batch, &summed, &right},
	                   (Var *const[]){batch_size, summed_size, right_size});
	Var *z = OP(matmul, X(x), Y(y)), *dim[3];
	const Dims *kinds[3] = {&batch, &left, &right};
	uint32_t n = 0;
	for (int i = 0; i < 3; i++)
		if (kinds[i]->n)
			dim[n++] = sizes(c, kinds[i]);
	if (!n)
		return aten_op(c, OP_squeeze, name, ARGS(X(z)));
	z = OP(reshape, X(z), VAR("shape", concat_numbers(c, dim, n)));
	char *order =
	    arena_printf(c->arena, "%s%s%s", batch.letters, left.letters, right.letters);
	return turned(c, z, order, out, name);
}

/* EinsumTerm by term from the left. */
static Var *
any_equation(AtenCtx *c, Equation *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		while (diagonal(c, &e->term[i]))
			;
	sum_alone(c, e);
	EinsumTerm a = e->term[0];
	if (e->n == 1)
		return turned(c, a.x, a.letters, e->out, c->node->name);
	for (uint32_t i = 1; i < e->n && !c->failed; i++) {
		const EinsumTerm *b = &e->term[i];
		char *out = newn(c->arena, char, 2 * MAX_LETTERS);
		uint32_t n = 0;
		for (uint32_t k = i + 1; k <= e->n; k++)
			for (const char *s = k < e->n ? e->term[k].letters : e->out; *s; s++)
				if ((strchr(a.letters, *s) || strchr(b->letters, *s)) &&
				    !strchr(out, *s))
					out[n++] = *s;
		a.x = product(c, &a, b, out, i + 1 == e->n ? c->node->name : 0);
		a.letters = out;
	}
	return a.x;
}

HANDLER(einsum)
{
	const char *text = str_operand(c, "equation", "");
	uint32_t n;
	Var **x = tv_vars(c, operand_of(c, "tensors"), &n, "tensors"), *y = 0;
	Equation e;
	if (!c->exported)
		promote(c, x, n);
	if (c->failed || !equation_parse(c, text, x, n, &e))
		return;
	if (n != 2 || !common_equation(c, &e, &y))
		y = any_equation(c, &e);
	RESULT(y);
}
