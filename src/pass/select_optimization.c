/* select_optimization.c: a select whose condition is known.
 *
 *   %y = select(cond=true, a=%a, b=%b)                   ->  %y = identity(x=%a)
 *   %y = select(cond=[true, false], a=[-inf, -inf], b=%b)  ->  %y = add(x=[-inf, 0], y=%b)
 *
 * The first when all elements agree and a and b need no broadcasting to the result's shape; the
 * second for masks: the side that is constant has only infinities.
 */
#include "match.h"

#include <math.h>

/* a and b as they come have the shape that they have together. */
static bool
has_joint_shape(PassCtx *c, const Var *v, const Inst *select)
{
	const Type *a = inst_arg(select, "a")->type, *b = inst_arg(select, "b")->type;
	Dim dim[TENSOR_MAX_RANK];
	uint32_t rank;

	if (v->type->kind != TY_TENSOR || MAX(a->rank, b->rank) > TENSOR_MAX_RANK ||
	    !shape_broadcast(c->prog->types, a, b, dim, &rank))
		return false;
	return type_tensor(c->prog->types, v->type->dtype, dim, rank) == v->type;
}

static bool
choose(PassCtx *c, Inst *select, const Tensor *cond)
{
	Var *v;
	Builder b;

	if (val_all_equal(cond, 1))
		v = inst_arg(select, "a");
	else if (val_all_equal(cond, 0))
		v = inst_arg(select, "b");
	else
		return false;
	if (!has_joint_shape(c, v, select))
		return false;
	b = pass_builder_before(c, select);
	v = build1(&b, OP_identity, name_new(c, "identity"), ARGS(VAR("x", v)));
	return pass_replace_or_drop(c, select, v);
}

static bool
all_infinite(const Var *v)
{
	if (!v->val || !var_is_float(v))
		return false;
	for (int64_t k = 0; k < v->val->count; k++)
		if (isfinite(tensor_f(v->val, k)))
			return false;
	return true;
}

/* Offset in t of element `at` (a place in the joint shape). */
static int64_t
element(const Tensor *t, const int64_t *at, int rank)
{
	int64_t k = 0;

	for (int d = 0; d < t->rank; d++)
		k = k * t->dim[d] + (t->dim[d] == 1 ? 0 : at[rank - t->rank + d]);
	return k;
}

/* The infinities where they are taken, 0 elsewhere. */
static Tensor *
mask(PassCtx *c, const Tensor *inf, const Tensor *cond, bool taken)
{
	int64_t dim[TENSOR_MAX_RANK], at[TENSOR_MAX_RANK] = {0};
	int rank = MAX(inf->rank, cond->rank);
	Tensor *r;

	for (int d = 0; d < rank; d++) {
		int64_t m = d < rank - inf->rank ? 1 : inf->dim[d - rank + inf->rank];
		int64_t n = d < rank - cond->rank ? 1 : cond->dim[d - rank + cond->rank];
		if (m != n && m != 1 && n != 1)
			return NULL;
		dim[d] = m == 1 ? n : m;
	}
	r = tensor_new(c->prog->arena, inf->dtype, dim, rank);
	for (int64_t k = 0; k < r->count; k++) {
		if ((tensor_i(cond, element(cond, at, rank)) != 0) == taken)
			tensor_set_f(r, k, tensor_f(inf, element(inf, at, rank)));
		for (int d = rank - 1; d >= 0 && ++at[d] == dim[d]; d--)
			at[d] = 0;
	}
	return r;
}

static bool
add_mask(PassCtx *c, Inst *select, const Tensor *cond)
{
	Var *a = inst_arg(select, "a"), *b = inst_arg(select, "b");
	bool a_is_mask = all_infinite(a);
	const Tensor *m;
	Builder k;
	Var *sum;

	if (!a_is_mask && !all_infinite(b))
		return false;
	m = mask(c, a_is_mask ? a->val : b->val, cond, a_is_mask);
	if (!m)
		return false;
	k = pass_builder_before(c, select);
	sum = build1(&k, OP_add, select->out[0]->name,
	             ARGS(TENSOR("x", m), VAR("y", a_is_mask ? b : a)));
	return pass_replace_or_drop(c, select, sum);
}

bool
rewrite_select_optimization(PassCtx *c, Inst *select)
{
	const Tensor *cond = inst_val(select, "cond");

	if (!cond || (inst_val(select, "a") && inst_val(select, "b")))
		return false;
	return choose(c, select, cond) || add_mask(c, select, cond);
}
