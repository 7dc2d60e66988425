/* norm_match.c: see norm_match.h. Each form is followed from its mean on. A step is part() of what
 * inst_follow() finds; all that takes part goes in the end, so it must have no other user, except
 * for the results the form itself uses twice.
 */
#include "norm_match.h"

static Inst *
part(NormMatch *m, Inst *i)
{
	if (i)
		m->part[m->npart++] = i;
	return i;
}

/* The next step, a part of the form. */
static Inst *
step(NormMatch *m, const Inst *i, Opcode op)
{
	return part(m, inst_follow(i, op));
}

/* The only two children of i, by opcode; in program order when both have the same. */
static bool
two_children(const Inst *i, Inst **a, Opcode op_a, Inst **b, Opcode op_b)
{
	Inst *child[2], *swap;

	if (!i || var_leaves_block(i->out[0]) || !var_children(i->out[0], child, 2))
		return false;
	if (!inst_is(child[0], op_a) || !inst_is(child[1], op_b)) {
		swap = child[0];
		child[0] = child[1];
		child[1] = swap;
	}
	*a = child[0];
	*b = child[1];
	return inst_is(*a, op_a) && inst_is(*b, op_b);
}

/* The users of x, an instruction that takes it twice counting twice: n of them, and so many are
 * muls. */
static bool
has_users(const Var *x, uint32_t n, uint32_t muls)
{
	uint32_t all = 0, found = 0;

	for (const Use *u = x->uses; u; u = u->next) {
		all += u->user != NULL;
		found += inst_is(u->user, OP_mul);
	}
	return all == n && found == muls;
}

static bool
is_reduction(const Inst *i, Opcode op)
{
	return inst_is(i, op) && inst_int(i, "keep_dims") && inst_val(i, "axes");
}

static bool
same_axes(const Inst *a, const Inst *b)
{
	return tensor_equal(inst_val(a, "axes"), inst_val(b, "axes"));
}

/* i computes x - y. */
static bool
subtracts(const Inst *i, const Var *x, const Var *y)
{
	return inst_is(i, OP_sub) && inst_argn(i, 0) == x && inst_argn(i, 1) == y;
}

/* The operand that is not i's result, if its value is known. */
static const Tensor *
constant_beside(const Inst *op, const Inst *i)
{
	const Var *v = other_operand(op, i->out[0]);

	return v->type->kind == TY_TENSOR ? v->val : NULL;
}

/* add(eps) behind i. */
static Inst *
add_epsilon(NormMatch *m, const Inst *i)
{
	Inst *add = step(m, i, OP_add);

	if (!add)
		return NULL;
	m->epsilon = other_operand(add, i->out[0]);
	return m->epsilon->val && m->epsilon->val->rank == 0 ? add : NULL;
}

/* square, mean and + eps behind the difference sub. */
static Inst *
variance(NormMatch *m, const Inst *sub)
{
	Inst *square = step(m, sub, OP_square), *mean = step(m, square, OP_reduce_mean);

	if (!is_reduction(mean, OP_reduce_mean) || !same_axes(mean, m->reduce))
		return NULL;
	return add_epsilon(m, mean);
}

/* The two muls behind r, with x and with the mean. */
static bool
scale_both(NormMatch *m, const Inst *r, const Var *mean, Inst **by_x, Inst **by_mean)
{
	Inst *a, *b;

	if (!two_children(r, &a, OP_mul, &b, OP_mul))
		return false;
	*by_x = other_operand(a, r->out[0]) == m->x ? a : b;
	*by_mean = *by_x == a ? b : a;
	part(m, *by_mean);
	part(m, *by_x);
	return other_operand(*by_x, r->out[0]) == m->x &&
	       other_operand(*by_mean, r->out[0]) == mean;
}

/* beta - by_mean, and its sum with by_x. */
static bool
shift(NormMatch *m, const Inst *by_x, const Inst *by_mean)
{
	Inst *sub = step(m, by_mean, OP_sub);

	if (!sub || inst_argn(sub, 1) != by_mean->out[0])
		return false;
	m->beta = inst_argn(sub, 0)->val;
	m->end = step(m, sub, OP_add);
	return m->beta && m->end && inst_follow(by_x, OP_add) == m->end;
}

static Inst *
times_gamma(NormMatch *m, const Inst *i)
{
	Inst *mul = step(m, i, OP_mul);

	m->gamma = mul ? constant_beside(mul, i) : NULL;
	return m->gamma ? mul : NULL;
}

/* The difference of x and the mean, which stands beside a product with the mean. */
static Inst *
difference(NormMatch *m)
{
	Inst *sub, *mul;

	if (!has_users(m->x, 3, 1) || !two_children(m->reduce, &sub, OP_sub, &mul, OP_mul))
		return NULL;
	return subtracts(part(m, sub), m->x, m->reduce->out[0]) ? sub : NULL;
}

static bool
form_1(NormMatch *m)
{
	Inst *sub = difference(m), *r, *by_x, *by_mean;

	if (!sub)
		return false;
	r = times_gamma(m, step(m, variance(m, sub), OP_rsqrt));
	return r && scale_both(m, r, m->reduce->out[0], &by_x, &by_mean) && shift(m, by_x, by_mean);
}

static bool
form_2(NormMatch *m)
{
	Inst *squared, *divided, *pow, *div, *mul;

	if (!has_users(m->x, 3, 0) || !two_children(m->reduce, &squared, OP_sub, &divided, OP_sub))
		return false;
	if (!inst_follow(squared, OP_square)) {
		Inst *swap = squared;
		squared = divided;
		divided = swap;
	}
	if (!subtracts(part(m, squared), m->x, m->reduce->out[0]) ||
	    !subtracts(part(m, divided), m->x, m->reduce->out[0]))
		return false;
	pow = step(m, variance(m, squared), OP_pow);
	if (!pow || !val_is_near(inst_argn(pow, 1), 0.5, 1e-5))
		return false;
	div = step(m, pow, OP_real_div);
	if (!div || inst_follow(divided, OP_real_div) != div ||
	    inst_argn(div, 0) != divided->out[0] || !(mul = times_gamma(m, div)))
		return false;
	m->end = step(m, mul, OP_add);
	m->beta = m->end ? constant_beside(m->end, mul) : NULL;
	return m->beta != NULL;
}

static bool
form_3(NormMatch *m)
{
	int64_t dim[4] = {1, 0, 1, 1};
	Inst *sub = difference(m), *r, *by_x, *by_mean, *negated;
	DType t = m->x->type->dtype;

	if (!sub || m->x->type->rank < 2 || !dim_known(m->x->type->dim[1]))
		return false;
	r = step(m, variance(m, sub), OP_rsqrt);
	if (!r || !scale_both(m, r, m->reduce->out[0], &by_x, &by_mean))
		return false;
	negated = step(m, by_mean, OP_mul);
	if (!negated || !val_is_near(inst_argn(negated, 1), -1, 1e-9))
		return false;
	m->end = step(m, negated, OP_add);
	if (!m->end || inst_follow(by_x, OP_add) != m->end)
		return false;
	dim[1] = m->x->type->dim[1];
	m->gamma = tensor_filled(m->c->prog->arena, t, dim, 4, 1);
	m->beta = tensor_filled(m->c->prog->arena, t, dim, 4, 0);
	return true;
}

/* The mul of a sum by 1/n. */
static Inst *
times_part(NormMatch *m, const Inst *sum)
{
	Inst *mul = step(m, sum, OP_mul);
	const Tensor *t = mul ? constant_beside(mul, sum) : NULL;

	return t && t->rank == 0 ? mul : NULL;
}

/* The instruction that multiplies v with itself. */
static Inst *
square_of(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (inst_is(u->user, OP_mul) && inst_argn(u->user, 0) == v &&
		    inst_argn(u->user, 1) == v)
			return u->user;
	return NULL;
}

static bool
form_4(NormMatch *m)
{
	Inst *mean, *mean2, *square, *sum, *sub, *r, *by_x, *by_mean;

	mean = has_users(m->x, 4, 3) ? times_part(m, m->reduce) : NULL;
	if (!mean || var_leaves_block(mean->out[0]) || !has_users(mean->out[0], 3, 3))
		return false;
	mean2 = part(m, square_of(mean->out[0]));
	square = part(m, square_of(m->x));
	sum = step(m, square, OP_reduce_sum);
	if (!mean2 || !is_reduction(sum, OP_reduce_sum) || !same_axes(sum, m->reduce))
		return false;
	sum = times_part(m, sum);
	sub = step(m, sum, OP_sub);
	if (!sub || !subtracts(sub, sum->out[0], mean2->out[0]) ||
	    inst_follow(mean2, OP_sub) != sub)
		return false;
	r = times_gamma(m, step(m, add_epsilon(m, sub), OP_rsqrt));
	return r && scale_both(m, r, mean->out[0], &by_x, &by_mean) && shift(m, by_x, by_mean);
}

static bool
reduces_axis_1(const Inst *i)
{
	int64_t axis;

	return is_reduction(i, OP_reduce_mean) && val_ints(inst_arg(i, "axes"), &axis, 1) == 1 &&
	       axis == 1;
}

/* The first of its users in the program adds something to v. */
static bool
is_added_first(const NormMatch *m, const Var *v)
{
	uint32_t n = var_nchild(v, UINT32_MAX);
	Inst **child = newn(m->c->arena, Inst *, MAX(n, 1));

	return var_children(v, child, n) && n && inst_is(child[0], OP_add);
}

/* + beta, * gamma behind the product: rewritten to * gamma + beta * gamma. */
static bool
scale_after(NormMatch *m, Inst *product)
{
	Arena *a = m->c->prog->arena;
	Inst *add = inst_follow(product, OP_add), *mul = inst_follow(add, OP_mul);
	const Tensor *beta, *gamma;
	Tensor *shifted;

	m->end = product;
	if (!mul)
		return !is_added_first(m, product->out[0]);
	beta = constant_beside(add, product);
	gamma = constant_beside(mul, add);
	if (!beta || !gamma || gamma->count != beta->count || gamma->count == 1)
		return false;
	gamma = tensor_flat(a, gamma);
	shifted = tensor_new(a, beta->dtype, gamma->dim, 1);
	for (int64_t k = 0; k < gamma->count; k++)
		tensor_set_f(shifted, k, tensor_f(beta, k) * tensor_f(gamma, k));
	m->gamma = gamma;
	m->beta = shifted;
	part(m, add);
	m->end = part(m, mul);
	return true;
}

static bool
form_5(NormMatch *m)
{
	Inst *sub, *square, *mean, *r, *product;

	if (!reduces_axis_1(m->reduce))
		return false;
	sub = step(m, m->reduce, OP_sub);
	if (!sub || !subtracts(sub, m->x, m->reduce->out[0]) || var_leaves_block(sub->out[0]) ||
	    !has_users(sub->out[0], 3, 3))
		return false;
	square = part(m, square_of(sub->out[0]));
	mean = step(m, square, OP_reduce_mean);
	if (!mean || !reduces_axis_1(mean))
		return false;
	r = step(m, add_epsilon(m, mean), OP_rsqrt);
	product = step(m, r, OP_mul);
	return product && other_operand(product, r->out[0]) == sub->out[0] &&
	       scale_after(m, product);
}

static bool
try_form(PassCtx *c, NormMatch *m, Inst *reduce, Opcode op, bool (*form)(NormMatch *m))
{
	*m = (NormMatch){.c = c, .reduce = reduce, .x = inst_argn(reduce, 0)};
	part(m, reduce);
	return is_reduction(reduce, op) && !var_leaves_block(reduce->out[0]) &&
	       m->x->type->kind == TY_TENSOR && form(m);
}

bool
norm_match(PassCtx *c, NormMatch *m, Inst *reduce)
{
	return try_form(c, m, reduce, OP_reduce_mean, form_1) ||
	       try_form(c, m, reduce, OP_reduce_mean, form_2) ||
	       try_form(c, m, reduce, OP_reduce_mean, form_3) ||
	       try_form(c, m, reduce, OP_reduce_mean, form_5) ||
	       try_form(c, m, reduce, OP_reduce_sum, form_4);
}
