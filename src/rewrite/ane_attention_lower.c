/* ane_attention_lower.c: scaled_dot_product_attention as the operations that it stands for.
 *
 *   %y = scaled_dot_product_attention(query=%q, key=%k, value=%v, attn_mask=%m)
 *     ->
 *   %s = matmul(x=%q * 1/sqrt(E), y=%k, transpose_y=true)
 *   %w = softmax(x=%s + %m, axis=-1)        a mask of truth values: select(%m, %s, -inf)
 *   %y = matmul(x=%w, y=%v)
 *
 * There is no fused path for attention on the engine (Apple's rules for the engine); the parts are
 * what ane_attention_heads and ane_finite_mask rewrite further. The query is scaled, not the
 * scores: these are more, and nearer to the end of fp16.
 *
 * Left alone: a query whose depth is not known.
 */
#include "ane_rewrite.h"

#include <math.h>

static Var *
masked(PassCtx *c, Builder *b, Var *scores, Var *mask)
{
	Arena *a = c->prog->arena;

	if (!mask || !scores)
		return scores;
	if (mask->type->dtype != DT_BOOL)
		return ane_binary(c, b, OP_add, scores, mask);
	return build1(b, OP_select, name_new(c, "select"),
	              ARGS(VAR("cond", mask), VAR("a", scores),
	                   TENSOR("b", tensor_scalar_f(a, scores->type->dtype, -INFINITY))));
}

bool
rewrite_ane_attention_lower(PassCtx *c, Inst *i)
{
	Var *q = inst_arg(i, "query"), *k = inst_arg(i, "key"), *v = inst_arg(i, "value"), *s;
	uint32_t rank = q->type->rank;
	Builder b = pass_builder_before(c, i);

	if (!ane_is_dtype(q) || rank < 2 || !dim_known(q->type->dim[rank - 1]))
		return false;
	s = ane_scalar(c, &b, OP_mul, q, pow((double)q->type->dim[rank - 1], -0.5));
	s = masked(c, &b, ane_matmul(c, &b, s, k, false, true), inst_arg(i, "attn_mask"));
	s = ane_matmul(c, &b, ane_softmax(c, &b, s, -1), v, false, false);
	return ane_replace(c, i, s, GONE(i));
}
