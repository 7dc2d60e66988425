/* ane_split_wide.c: what is wider than an axis may be is computed in parts.
 *
 *   %l = linear(x=%x, weight=%w, bias=%b)        %w: (32000, D)
 *   %p = softmax(x=%l, axis=-1)
 *     ->
 *   %0 = linear(x=%x, weight=%w[0:16000], bias=%b[0:16000])        %1: the other half
 *   %m = maximum(x=reduce_max(x=%0), y=reduce_max(x=%1))
 *   %2 = exp(x=sub(x=%0, y=%m))                                    %3: of %1
 *   %s = add(x=reduce_sum(x=%2), y=reduce_sum(x=%3))
 *   %p = concat(values=(real_div(x=%2, y=%s), real_div(x=%3, y=%s)), axis=-1)
 *
 * An axis has at most 16384 elements before H16 (A17 Pro, M4), 65536 from it (the ANE guide, the
 * Orion paper, Anemll): the option `cap`. Parts begin at linear, conv and matmul whose weight has
 * more outputs, and at a softmax along a longer axis; they go on through operations on elements,
 * reductions, softmax, and into linear, conv and matmul, whose results are summed. Where something
 * else wants the whole, and at outputs, they are joined: that concat is as wide as before and stays
 * off the engine, but the interface is the model's. Who can change it gives the parts out.
 *
 * Left alone: weights that are not plain constants, several groups, nested blocks' outer values.
 */
#include "ane_parts.h"

/* ---- where parts begin ---- */

static void
cut(SplitParts *p, PassCtx *c, int64_t total)
{
	int64_t n = (total + ane_cap(c) - 1) / ane_cap(c), at = 0;

	for (int64_t k = 0; k < n; k++) {
		int64_t to = total / n * (k + 1) + MIN(total % n, k + 1);
		vec_push(c->arena, &p->size, to - at);
		at = to;
	}
}

/* Outputs [from, from + n) of a linear, conv or matmul. */
static Var *
outputs_of(Split *s, const Inst *i, const Weighted *w, int64_t from, int64_t n)
{
	Operand over[3] = {TENSOR(w->name, ane_part(s->c, w->value, w->out, from, n))};
	uint32_t k = 1;

	if (w->bias)
		over[k++] = (Operand)TENSOR("bias", ane_part(s->c, w->bias, 0, from, n));
	return rewrite_again(&s->b, i, name_new(s->c, i->op->name), over, k);
}

static SplitParts *
begin_weighted(Split *s, Inst *i)
{
	Weighted w;
	SplitParts *p;
	int64_t at = 0;

	if (!ane_weighted(s->c, i, &w) || w.value->dim[w.out] <= ane_cap(s->c))
		return NULL;
	p = parts_new(s, w.axis);
	cut(p, s->c, w.value->dim[w.out]);
	for (uint32_t k = 0; k < p->size.n; at += p->size.at[k++])
		vec_push(s->c->arena, &p->part, outputs_of(s, i, &w, at, p->size.at[k]));
	return p;
}

static SplitParts *
begin_slices(Split *s, Var *x, int axis)
{
	SplitParts *p = parts_new(s, axis);
	int64_t at = 0;

	cut(p, s->c, x->type->dim[axis]);
	for (uint32_t k = 0; k < p->size.n; at += p->size.at[k++])
		vec_push(s->c->arena, &p->part,
		         ane_slice(s->c, &s->b, x, axis, at, at + p->size.at[k]));
	return p;
}

/* ---- how they go on ---- */

/* a and b in one operation each, or along the axis for all parts. */
static Var *
joined(Split *s, Opcode op, const SplitParts *p, Opcode reduce)
{
	Var *all = NULL;

	for (uint32_t k = 0; k < p->part.n; k++) {
		Var *v = ane_reduce(s->c, &s->b, reduce, p->part.at[k], p->axis);
		all = all ? ane_binary(s->c, &s->b, op, all, v) : v;
	}
	return all;
}

static SplitParts *
each_again(Split *s, const Inst *i, const SplitParts *p)
{
	SplitParts *out = parts_new(s, p->axis);

	for (uint32_t k = 0; k < p->part.n; k++)
		parts_push(s, out,
		           rewrite_again(&s->b, i, name_new(s->c, i->op->name),
		                         (Operand[]){VAR("x", p->part.at[k])}, 1));
	return out;
}

static SplitParts *
softmax(Split *s, const Inst *i, const SplitParts *p)
{
	SplitParts *e = parts_new(s, p->axis), *out = parts_new(s, p->axis);
	Var *most, *sum;

	if (ane_axis(i, "axis", i->out[0]->type->rank) != p->axis)
		return each_again(s, i, p);
	most = joined(s, OP_maximum, p, OP_reduce_max);
	for (uint32_t k = 0; k < p->part.n; k++) {
		Var *v = ane_binary(s->c, &s->b, OP_sub, p->part.at[k], most);
		parts_push(s, e, ane_unary(s->c, &s->b, OP_exp, v));
	}
	sum = joined(s, OP_add, e, OP_reduce_sum);
	for (uint32_t k = 0; k < e->part.n; k++)
		parts_push(s, out, ane_binary(s->c, &s->b, OP_real_div, e->part.at[k], sum));
	return out;
}

/* An operand of an operation on elements for part k, when it is not in parts itself. */
static Var *
beside(Split *s, Var *v, const SplitParts *p, uint32_t k, int64_t at)
{
	int axis = p->axis - (p->rank - (int)v->type->rank);

	if (axis < 0 || v->type->dim[axis] == 1)
		return v;
	return ane_slice(s->c, &s->b, v, axis, at, at + p->size.at[k]);
}

static SplitParts *
binary(Split *s, const Inst *i)
{
	SplitParts *x = parts_of(s, inst_argn(i, 0)), *y = parts_of(s, inst_argn(i, 1)), *out;
	SplitParts *p = x ? x : y;
	int64_t at = 0;

	if ((x && y && !parts_match(x, y)) || i->out[0]->type->rank != (uint32_t)p->rank)
		return NULL;
	out = parts_new(s, p->axis);
	for (uint32_t k = 0; k < p->part.n; at += p->size.at[k++]) {
		Var *a = x ? x->part.at[k] : beside(s, inst_argn(i, 0), p, k, at);
		Var *b = y ? y->part.at[k] : beside(s, inst_argn(i, 1), p, k, at);
		parts_push(s, out,
		           build1(&s->b, i->op->code, name_new(s->c, i->op->name),
		                  ARGS(VAR("x", a), VAR("y", b))));
	}
	return out;
}

static bool
reduces_along(const Inst *i, int axis, uint32_t rank)
{
	int64_t axes;

	return val_ints(inst_arg(i, "axes"), &axes, 1) == 1 && axis_from_front(axes, rank) == axis;
}

/* Along the axis of the parts: one number for each of them, then one for all. It is whole. */
static Var *
reduction(Split *s, const Inst *i, const SplitParts *p)
{
	int64_t axis = p->axis;
	Var *v;

	if (!reduces_along(i, p->axis, (uint32_t)p->rank))
		return NULL;
	switch (i->op->code) {
	case OP_reduce_max: v = joined(s, OP_maximum, p, OP_reduce_max); break;
	case OP_reduce_min: v = joined(s, OP_minimum, p, OP_reduce_min); break;
	case OP_reduce_sum: v = joined(s, OP_add, p, OP_reduce_sum); break;
	default: return NULL;
	}
	return ane_flag(i, "keep_dims") ? v : ane_squeeze(s->c, &s->b, v, &axis, 1);
}

/* The parts are what a weight is summed over. */
static Var *
summed(Split *s, const Inst *i, const SplitParts *p)
{
	Var *sum = NULL;
	int64_t at = 0;
	Weighted w;

	if (!ane_weighted(s->c, i, &w) || w.in_axis != p->axis)
		return NULL;
	for (uint32_t k = 0; k < p->part.n; at += p->size.at[k++]) {
		Operand over[3] = {
		    VAR(w.input, p->part.at[k]),
		    TENSOR(w.name, ane_part(s->c, w.value, w.in, at, p->size.at[k])),
		    VAR("bias", NULL)};
		Var *v = rewrite_again(&s->b, i, name_new(s->c, i->op->name), over,
		                       k && w.bias ? 3 : 2);
		sum = sum ? ane_binary(s->c, &s->b, OP_add, sum, v) : v;
	}
	return sum;
}

/* ---- the walk ---- */

static bool
is_elementwise(const Inst *i)
{
	return i->op->flags & POINTWISE && (i->op->nparam < 2 || !inst_argn(i, 1) ||
	                                    inst_argn(i, 1)->type->kind != TY_TENSOR ||
	                                    inst_argn(i, 1)->type->rank == 0);
}

static bool
visit_parts(Split *s, Inst *i, SplitParts *p)
{
	if (i->op->code == OP_softmax)
		return parts_put(s, i, softmax(s, i, p));
	if (strcmp(i->op->family, "elementwise_binary") == 0)
		return parts_put(s, i, binary(s, i));
	/* A cast of an output stays behind the concat, which is of half the bytes then. */
	if (is_elementwise(i) ||
	    (i->op->code == OP_cast && !var_is_function_output(i->out[0])))
		return parts_put(s, i, each_again(s, i, p));
	if (i->op->flags & REDUCES)
		return parts_put_whole(s, i, reduction(s, i, p));
	return parts_put_whole(s, i, summed(s, i, p));
}

static bool
visit(Split *s, Inst *i)
{
	Var *x = i->nout == 1 ? inst_argn(i, 0) : NULL;
	SplitParts *p = x ? parts_of(s, x) : NULL;
	int axis;

	if (i->nout != 1 || i->nblock || i->op->code == OP_const)
		return true;
	s->b = pass_builder_before(s->c, i);
	if (!p && i->op->nparam > 1 && inst_argn(i, 1) &&
	    strcmp(i->op->family, "elementwise_binary") == 0)
		p = parts_of(s, inst_argn(i, 1));
	if (p)
		return visit_parts(s, i, p);
	if (i->op->code == OP_softmax && ane_is_dtype(x) &&
	    (axis = ane_axis(i, "axis", x->type->rank)) >= 0 && dim_known(x->type->dim[axis]) &&
	    x->type->dim[axis] > ane_cap(s->c)) {
		p = begin_slices(s, x, axis);
		p->rank = (int)x->type->rank;
		return parts_put(s, i, softmax(s, i, p));
	}
	p = begin_weighted(s, i);
	return !p || parts_put(s, i, p);
}

bool
func_ane_split_wide(PassCtx *c, Func *f)
{
	Split s = {.c = c};

	map_init(&s.of, c->arena);
	for each_inst (i, f->body)
		visit(&s, i);
	parts_join(&s);
	return true;
}
