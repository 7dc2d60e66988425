/* attention.c: softmax(scale * Q * Kt + mask) * V: one operation since iOS18, else its parts. */
#include "parts.h"

#include <math.h>

typedef struct Attention {
	Var *q, *k, *v, *mask, *scale;
} Attention;

/* ---- one batch for all three ---- */

/* The larger of two sizes; symbols give way to numbers but 1. */
static Dim
common_dim(Dim a, Dim b)
{
	if (dim_known(a) && dim_known(b))
		return MAX(a, b);
	if (dim_known(a))
		return a == 1 ? b : a;
	return !dim_known(b) || b == 1 ? a : b;
}

static bool
needs_repeating(const Var *x, const Dim *batch, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (x->type->dim[i] != batch[i] && batch[i] != 1)
			return true;
	return false;
}

static void
share_batch(AtenCtx *c, Attention *a)
{
	Var *x[3] = {a->q, a->k, a->v};
	bool repeat = false;
	if (c->failed)
		return;
	uint32_t rank = rank_of(a->q), n = rank - 2;
	Dim *batch = newn(c->arena, Dim, n);
	for (uint32_t i = 0; i < n; i++) {
		batch[i] = common_dim(x[0]->type->dim[i], x[1]->type->dim[i]);
		batch[i] = common_dim(batch[i], x[2]->type->dim[i]);
	}
	for (int k = 0; k < 3; k++)
		repeat |= needs_repeating(x[k], batch, n);
	if (!repeat)
		return;
	Var *values = size_vector(c, batch, n, x, 3), **to[3] = {&a->q, &a->k, &a->v};
	for (int k = 0; k < 3; k++) {
		if (!needs_repeating(x[k], batch, n))
			continue;
		Var *own = OP(shape, X(x[k]));
		own = OP(slice_by_index, X(own), LIT("begin", n), LIT("end", rank));
		Var *both[2] = {values, own};
		own = concat_numbers(c, both, 2);
		*to[k] = broadcast_to(c, x[k], own, PART_NAME("_repeated"));
	}
}

/* ---- masks ---- */

/* True on and below the diagonal. */
static Var *
causal_mask(AtenCtx *c, Var *q, Var *k)
{
	Dim n = dim_of(q, -2), m = dim_of(k, -2);
	Var *size[2];
	if (dim_known(n) && dim_known(m)) {
		size[0] = num(c, n);
		size[1] = num(c, m);
	} else {
		size[0] = value_at(c, OP(shape, X(q)), -2, 0);
		size[1] = value_at(c, OP(shape, X(k)), -2, 0);
	}
	Var *shape = concat_numbers(c, size, 2);
	Var *all = OP(fill, VAR("shape", shape), BOOL("value", true));
	return OP(band_part, X(all), INT("lower", -1), INT("upper", 0));
}

/* What is false becomes a number that stays finite in fp16. */
static Var *
additive_mask(AtenCtx *c, Var *mask, DType t)
{
	Var *keep = cast(c, mask, t);
	Var *drop = OP(sub, FLT("x", 1), Y(keep));
	return OP(mul, FLT("x", -3e4), Y(drop));
}

/* ---- the two forms ---- */

static Var *
in_parts(AtenCtx *c, Attention *a)
{
	Dim size = dim_of(a->q, -1);
	if (!dim_known(size)) {
		aten_fail(c, "the last dimension of the query must be known: give it a fixed size");
		return 0;
	}
	Var *v[3] = {a->q, a->k, a->v};
	promote(c, v, 3);
	DType t = dtype_of(v[0]) == DT_FP16 && !a->scale ? DT_FP16 : DT_FP32;
	const Tensor *usual = tensor_scalar_f(c->arena, t, 1 / sqrt((double)size));
	Operand scale = a->scale ? (Operand)Y(a->scale) : (Operand)TENSOR("y", usual);
	Var *q = OP(mul, X(v[0]), scale);
	Var *w = OP(matmul, X(q), Y(v[1]), BOOL("transpose_y", true));
	if (a->mask)
		w = OP(add, X(w), Y(a->mask));
	w = OP(softmax, X(w), INT("axis", -1));
	return NAMED(matmul, X(w), Y(v[2]));
}

/* Of rank 2 a batch of one is made. */
static Var *
as_one(AtenCtx *c, Attention *a)
{
	bool flat = rank_of(a->q) == 2;
	if (flat) {
		a->q = OP(expand_dims, X(a->q), LIT("axes", 0));
		a->k = OP(expand_dims, X(a->k), LIT("axes", 0));
		a->v = OP(expand_dims, X(a->v), LIT("axes", 0));
	}
	share_batch(c, a);
	const Str *name = flat ? PART_NAME("_batch") : c->node->name;
	Var *y = aten_op(c, OP_scaled_dot_product_attention, name,
	                 ARGS(VAR("query", a->q), VAR("key", a->k), VAR("value", a->v),
	                      VAR("attn_mask", a->mask)));
	return flat ? NAMED(squeeze, X(y), LIT("axes", 0)) : y;
}

static bool
attention_check(AtenCtx *c, const Attention *a, bool causal)
{
	double dropout = float_operand(c, "dropout_p", 0);
	uint32_t q = rank_of(a->q);
	if (a->mask && causal)
		aten_fail(c, "attn_mask goes without is_causal=True: leave one of them out");
	else if (dropout != 0)
		aten_fail(c, "Core ML has no dropout: expected dropout_p 0, it is %g", dropout);
	else if (!c->failed && (q != rank_of(a->k) || q != rank_of(a->v)))
		aten_fail(c,
		          "query, key and value must have the same rank, these have %u, %u and %u",
		          q, rank_of(a->k), rank_of(a->v));
	else if (!c->failed && q < 2)
		aten_fail(c, "attention is over at least 2 dimensions, the query has %u", q);
	return !c->failed;
}

HANDLER(scaled_dot_product_attention)
{
	bool bare = !c->node->schema; /* coreml::sdpa: query, key, value, mask */
	bool causal = bool_operand(c, "is_causal", false);
	Attention a = {operand_n(c, 0), operand_n(c, 1), operand_n(c, 2), 0, 0};
	a.mask = bare ? tv_var_or_none(c, operand_at(c, 3)) : operand_or_none(c, "attn_mask");
	a.scale = operand_or_none(c, "scale");
	if (!attention_check(c, &a, causal))
		return;
	bool fused = ios(c, IOS18) && !a.scale;
	if (causal)
		a.mask = causal_mask(c, a.q, a.k);
	if (a.mask && dtype_of(a.mask) == DT_BOOL && !fused)
		a.mask = additive_mask(c, a.mask, dtype_of(a.q));
	RESULT(fused ? as_one(c, &a) : in_parts(c, &a));
}
