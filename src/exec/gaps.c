/* gaps.c: see gaps.h. */
#include "gaps.h"

#include <math.h>

/* ---- which outputs half precision has a part in ---- */

typedef struct Reach {
	Arena *arena;
	bool *seen; /* by variable */
	VEC(const Var *) open;
} Reach;

static void
reach_operands(Reach *r, const Inst *i)
{
	for each_operand (o, i)
		if (!r->seen[o.var->id]) {
			r->seen[o.var->id] = true;
			vec_push(r->arena, &r->open, o.var);
		}
	for (uint32_t k = 0; k < i->nblock; k++) {
		const Block *b = i->block[k];
		for (const Inst *in = b->first; in; in = in->next)
			reach_operands(r, in);
		for (uint32_t n = 0; n < b->nout; n++)
			vec_push(r->arena, &r->open, b->out[n]->var);
	}
}

static bool
is_half(const Type *t)
{
	t = t->kind == TY_LIST || t->kind == TY_STATE ? t->elem : t;
	return t->kind == TY_TENSOR && t->dtype == DT_FP16;
}

/* v, or something that it is made of, has half precision. */
static bool
made_of_half(const Func *f, const Var *v, Arena *a)
{
	ArenaMark mark = arena_mark(a);
	Reach r = {.arena = a, .seen = newn(a, bool, f->nvar)};
	bool half = false;

	vec_push(a, &r.open, v);
	while (r.open.n && !half) {
		v = r.open.at[--r.open.n];
		half = is_half(v->type);
		if (v->def)
			reach_operands(&r, v->def);
	}
	arena_release(a, mark);
	return half;
}

static bool
output_is_half(const Func *f, const Str *name, Arena *a)
{
	for (uint32_t k = 0; k < f->body->nout; k++)
		if (f->body->out[k]->var->name == name)
			return made_of_half(f, f->body->out[k]->var, a);
	return false;
}

/* ---- numbers ---- */

typedef struct Tolerance {
	double relative, least;
} Tolerance;

static Tolerance
tolerance(const Tensor *t, bool half)
{
	if (dtype_is_float(t->dtype))
		return half ? (Tolerance){2e-2, 0x1p-14} : (Tolerance){1e-4, 1e-12};
	return half ? (Tolerance){0, 1} : (Tolerance){0, 0};
}

static double
largest(const Tensor *t)
{
	double most = 0;

	for (int64_t k = 0; k < t->count; k++)
		if (isfinite(tensor_f(t, k)))
			most = fmax(most, fabs(tensor_f(t, k)));
	return most;
}

static double
distance(double before, double after)
{
	if (before == after || isnan(before))
		return 0;
	return isfinite(before) && isfinite(after) ? fabs(after - before) : INFINITY;
}

static double
number(const NamedTensor *x, int64_t k)
{
	double v = tensor_f(x->t, k);

	return isnan(v) ? (double)NAN : v; /* without a sign */
}

static void
grow(NumberGap *g, Arena *a, double size, const NamedTensor *was, const NamedTensor *now, int64_t k)
{
	if (size > g->size)
		*g = (NumberGap){size,
		           arena_printf(a, "output %s at %s", was->name->s,
		                        tensor_index_text(a, was->t, k)),
		           number(was, k), number(now, k)};
}

typedef struct Most {
	double size;
	int64_t at;
} Most;

static void
find(Gaps *g, Arena *a, const NamedTensor *was, const NamedTensor *now, Tolerance tol)
{
	Most absolute = {0}, relative = {0}, wrong = {0};
	double most = largest(was->t);

	for (int64_t k = 0; k < was->t->count; k++) {
		double before = tensor_f(was->t, k), size = distance(before, tensor_f(now->t, k));
		double scale = fabs(before) + most;
		double share = isinf(size) ? size : size > 0 ? size / scale : 0;
		if (size > absolute.size)
			absolute = (Most){size, k};
		if (share > relative.size)
			relative = (Most){share, k};
		if ((isinf(size) || size > tol.relative * scale + tol.least) && share > wrong.size)
			wrong = (Most){share, k};
	}
	grow(&g->absolute, a, absolute.size, was, now, absolute.at);
	grow(&g->relative, a, relative.size, was, now, relative.at);
	if (wrong.size > 0 && !g->wrong)
		g->wrong =
		    arena_printf(a, "output '%s' at %s is %g and was %g, with numbers up to %g",
		                 was->name->s, tensor_index_text(a, was->t, wrong.at),
		                 number(now, wrong.at), number(was, wrong.at), most);
}

/* ---- outputs ---- */

/* "fp32[2, 3]" */
static const char *
shape_text(Arena *a, const Tensor *t)
{
	Buf b = {0};

	buf_printf(&b, "%s[", dtype_info[t->dtype].mil);
	for (int k = 0; k < t->rank; k++)
		buf_printf(&b, "%s%lld", k ? ", " : "", (long long)t->dim[k]);
	buf_byte(&b, ']');
	return buf_keep(&b, a);
}

static bool
same_kind(const Tensor *x, const Tensor *y)
{
	return x->dtype == y->dtype && x->rank == y->rank &&
	       (!x->rank || !memcmp(x->dim, y->dim, (size_t)x->rank * sizeof *x->dim));
}

void
gaps_find(Gaps *g, Arena *a, const Func *f, const NamedTensor *was, uint32_t nwas,
          const NamedTensor *now, uint32_t nnow)
{
	if (nwas != nnow && !g->wrong)
		g->wrong = arena_printf(a, "function '%s' has %u output%s and had %u", f->name->s,
		                        (unsigned)nnow, nnow == 1 ? "" : "s", (unsigned)nwas);
	for (uint32_t k = 0; k < MIN(nwas, nnow); k++) {
		const Tensor *x = was[k].t, *y = now[k].t;
		if (!same_kind(x, y)) {
			if (!g->wrong)
				g->wrong =
				    arena_printf(a, "output '%s' is %s and was %s", was[k].name->s,
				                 shape_text(a, y), shape_text(a, x));
		} else if (x->dtype != DT_STRING && x->dtype != DT_INT64) {
			find(g, a, &was[k], &now[k],
			     tolerance(x, output_is_half(f, was[k].name, a)));
		}
	}
}
