/* transformers.c: type rule of scaled_dot_product_attention. */
#include "shapes.h"

static bool
one_rank(Infer *c)
{
	const Type *q = type_known(c, "query"), *k = type_known(c, "key"),
	           *v = type_known(c, "value");

	if (!rank_between(c, "query", 3, -1))
		return false;
	if (k->rank == q->rank && v->rank == q->rank)
		return true;
	return op_error(c, NULL, "query has rank %u, key %u and value %u, expected the same",
	                q->rank, k->rank, v->rank);
}

/* The batch axes must be equal; with a symbol in any of them the model finds out. */
static bool
one_batch(Infer *c, const Type *q, const Type *k, const Type *v)
{
	uint32_t n = q->rank - 2;

	for (uint32_t i = 0; i < n; i++)
		if (!dim_known(q->dim[i]) || !dim_known(k->dim[i]) || !dim_known(v->dim[i]))
			return true;
	if (dims_agree(q->dim, n, k->dim, n) && dims_agree(q->dim, n, v->dim, n))
		return true;
	return op_error(c, NULL, "query has batch %s, key %s and value %s, expected the same",
	                shape_str(c->types, q->dim, n), shape_str(c->types, k->dim, n),
	                shape_str(c->types, v->dim, n));
}

static bool
mask_fits(Infer *c, const Type *q, const Type *k)
{
	const Type *m = infer_type(c, "attn_mask");
	uint32_t keys = q->rank - 2;
	Dim out;

	if (!m)
		return true;
	if (!rank_between(c, "attn_mask", 1, -1))
		return false;
	if (!dims_agree(&m->dim[m->rank - 1], 1, &k->dim[keys], 1))
		return op_error(c, "attn_mask", "'attn_mask' has shape %s, but there are %s keys",
		                shape_of(c, m), dim_str(c->types, k->dim[keys]));
	for (uint32_t i = 2; i <= m->rank && i <= q->rank; i++)
		if (!dim_broadcast(c->types, q->dim[q->rank - i], m->dim[m->rank - i], &out))
			return op_error(c, "attn_mask",
			                "'attn_mask' has shape %s, which does not broadcast "
			                "with query of shape %s",
			                shape_of(c, m), shape_of(c, q));
	return true;
}

bool
infer_scaled_dot_product_attention(Infer *c)
{
	const Type *q = type_known(c, "query"), *k = type_known(c, "key"),
	           *v = type_known(c, "value");
	uint32_t last = q->rank - 1;
	Dim *dim;

	if (!one_rank(c) || !one_batch(c, q, k, v))
		return false;
	if (!dims_agree(&q->dim[last], 1, &k->dim[last], 1))
		return op_error(c, "key",
		                "query embeds into %s dimensions and key into %s, expected the "
		                "same",
		                dim_str(c->types, q->dim[last]), dim_str(c->types, k->dim[last]));
	if (!dims_agree(&k->dim[last - 1], 1, &v->dim[last - 1], 1))
		return op_error(c, "value", "there are %s keys and %s values, expected as many",
		                dim_str(c->types, k->dim[last - 1]),
		                dim_str(c->types, v->dim[last - 1]));
	if (!mask_fits(c, q, k))
		return false;
	dim = dims_copy(c, q, 0);
	dim[last] = v->dim[last];
	return set_shape(c, 0, q->dtype, dim, q->rank);
}
