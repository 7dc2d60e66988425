/* rules.c: the type rules that rows of several families name: `unsupported`, `same`, and the parts
 * that broadcasting ops and ops with nested blocks are made of. */
#include "shapes.h"

bool
infer_unsupported(Infer *c)
{
	return op_error(c, NULL, "%s is not yet supported", c->inst->op->name);
}

bool
infer_same(Infer *c)
{
	return set_like(c, 0, "x");
}

/* The type of x, which is an image at least. */
bool
infer_same_image(Infer *c)
{
	return rank_between(c, "x", 3, -1) && infer_same(c);
}

bool
rule_scalar(Infer *c, const char *param)
{
	const Type *t = infer_type(c, param);

	if (!t || t->count == 1)
		return true;
	return op_error(c, param, "'%s' must be a single number, but has shape %s", param,
	                shape_of(c, t));
}

/* The type of x; the other operands are single numbers. */
bool
infer_with_scalars(Infer *c)
{
	for (uint32_t i = 1; i < c->inst->op->nparam; i++)
		if (!rule_scalar(c, c->inst->op->param[i].name))
			return false;
	return infer_same(c);
}

const Type *
rule_broadcast_type(Infer *c, const char *a, const char *b, DType d)
{
	const Type *ta = type_known(c, a), *tb = type_known(c, b);
	size_t most = (size_t)ta->rank + tb->rank;
	Dim few[2 * TENSOR_MAX_RANK], *dim = most <= countof(few) ? few : newn(c->arena, Dim, most);
	uint32_t rank;

	if (!shape_broadcast(c->types, ta, tb, dim, &rank)) {
		op_clash_both(c, b, a, b,
		              "shape %s of '%s' and %s of '%s' cannot be broadcast together",
		              shape_of(c, ta), a, shape_of(c, tb), b);
		return NULL;
	}
	if (ta->dtype == d && ta->rank == rank && !memcmp(dim, ta->dim, rank * sizeof *dim))
		return ta; /* nearly always: no need to look it up */
	return type_tensor(c->types, d, dim, rank);
}
