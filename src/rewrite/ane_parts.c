/* ane_parts.c: see ane_parts.h. */
#include "ane_parts.h"

SplitParts *
parts_new(Split *s, int axis)
{
	SplitParts *p = new (s->c->arena, SplitParts);

	p->axis = axis;
	return p;
}

SplitParts *
parts_of(Split *s, const Var *v)
{
	return map_get(&s->of, KEY(v));
}

void
parts_push(Split *s, SplitParts *p, Var *v)
{
	p->failed = p->failed || !v;
	if (!v)
		return;
	vec_push(s->c->arena, &p->part, v);
	vec_push(s->c->arena, &p->size, v->type->dim[p->axis]);
}

bool
parts_match(const SplitParts *a, const SplitParts *b)
{
	return a->axis == b->axis && a->rank == b->rank && a->size.n == b->size.n &&
	       !memcmp(a->size.at, b->size.at, a->size.n * sizeof *a->size.at);
}

bool
parts_put(Split *s, Inst *i, SplitParts *p)
{
	bool ok = p && !p->failed && p->part.n;

	for (uint32_t k = 0; ok && k < p->part.n; k++)
		ok = p->part.at[k] && p->part.at[k]->type->rank == i->out[0]->type->rank;
	if (!ok) {
		for (uint32_t k = 0; p && k < p->part.n; k++)
			ane_drop(p->part.at[k]);
		return true;
	}
	p->rank = (int)i->out[0]->type->rank;
	map_put(&s->of, KEY(i->out[0]), p);
	vec_push(s->c->arena, &s->whole, i->out[0]);
	ane_tell(s->c, i);
	return true;
}

bool
parts_put_whole(Split *s, Inst *i, Var *y)
{
	return ane_replace(s->c, i, y, GONE(i));
}

/* Whether v is used by more than operations whose results are in parts. */
static bool
is_wanted(Split *s, const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (!u->user || u->user->nout != 1 || !parts_of(s, u->user->out[0]))
			return true;
	return false;
}

/* The parts in one, behind what made the value whole. */
static void
join(Split *s, Var *v)
{
	const SplitParts *p = parts_of(s, v);
	Builder b = pass_builder_before(s->c, v->def);
	Var *y = ane_concat(s->c, &b, p->part.at, p->part.n, p->axis);

	if (!pass_try_replace(s->c, v, y, GONE(v->def)))
		ane_drop(y);
}

void
parts_join(Split *s)
{
	for (uint32_t k = s->whole.n; k-- > 0;) {
		Var *v = s->whole.at[k];
		const SplitParts *p = parts_of(s, v);
		if (is_wanted(s, v))
			join(s, v);
		else if (!v->uses && v->def->parent)
			rewrite_remove(v->def);
		for (uint32_t n = 0; n < p->part.n; n++)
			ane_drop(p->part.at[n]);
	}
}

/* ---- weights ---- */

static bool
read_matmul(const Inst *i, Weighted *w)
{
	const Var *x = inst_arg(i, "x"), *y = inst_arg(i, "y");
	int rank = (int)i->out[0]->type->rank;
	bool tx = ane_flag(i, "transpose_x"), ty = ane_flag(i, "transpose_y");

	if (var_is_const(y) && y->type->rank == 2 && !tx && x->type->rank >= 2) {
		*w = (Weighted){"y", "x", y->val, NULL, !ty, ty, rank - 1, (int)x->type->rank - 1};
		return true;
	}
	if (!var_is_const(x) || x->type->rank != 2 || ty || y->type->rank < 2)
		return false;
	*w = (Weighted){"x", "y", x->val, NULL, tx, !tx, rank - 2, (int)y->type->rank - 2};
	return true;
}

bool
ane_weighted(PassCtx *c, const Inst *i, Weighted *w)
{
	const Var *weight, *bias;
	int rank;

	(void)c;
	if (!ane_is_dtype(i->out[0]))
		return false;
	if (inst_is(i, OP_matmul))
		return read_matmul(i, w);
	if (!inst_is(i, OP_linear) && !inst_is(i, OP_conv))
		return false;
	weight = inst_arg(i, "weight");
	bias = inst_arg(i, "bias");
	rank = (int)i->out[0]->type->rank;
	if (!var_is_const(weight) || (bias && !var_is_const(bias)) ||
	    (inst_is(i, OP_conv) && inst_int(i, "groups") != 1))
		return false;
	*w = (Weighted){"weight", "x", weight->val, bias ? bias->val : NULL, 0, 1,
	                inst_is(i, OP_conv) ? 1 : rank - 1, inst_is(i, OP_conv) ? 1 : rank - 1};
	return true;
}

const Tensor *
ane_part(PassCtx *c, const Tensor *t, int axis, int64_t from, int64_t n)
{
	size_t inner = dtype_size(t->dtype);
	const char *data = tensor_data(c->prog->arena, t);
	int64_t dim[TENSOR_MAX_RANK], outer = 1;
	Tensor *r;

	memcpy(dim, t->dim, (size_t)t->rank * sizeof *dim);
	for (int k = 0; k < axis; k++)
		outer *= dim[k];
	for (int k = axis + 1; k < t->rank; k++)
		inner *= (size_t)dim[k];
	dim[axis] = n;
	r = tensor_new(c->prog->arena, t->dtype, dim, t->rank);
	for (int64_t o = 0; o < outer; o++)
		memcpy((char *)r->data + (size_t)(o * n) * inner,
		       data + (size_t)(o * t->dim[axis] + from) * inner, (size_t)n * inner);
	return r;
}
