/* ane_heads_einsum.c: attention whose heads are made of values in (B, C, 1, S) stays in that layout.
 *
 *   %q = transpose(x=reshape(x=%cq back to (B, S, C), shape=[B, S, H, D]), perm=[0, 2, 1, 3])
 *   … and %k, %v; the result transposed and reshaped to (B, S, C)
 *     ->
 *   %kt = transpose(x=%ck, perm=[0, 3, 2, 1])                            (B, K, 1, C), once
 *   %s0 = einsum(values=(%kt[…, 0:D], %cq[:, 0:D]), equation="bkhc,bchq->bkhq")
 *   %w0 = softmax(x=scale and mask of %s0, axis=1)
 *   %y0 = einsum(values=(%cv[:, 0:D], %w0), equation="bchk,bkhq->bchq")
 *   %y = concat(values=(%y0, %y1, …), axis=1) back to (B, S, C)
 *
 * Only the keys are transposed (Apple's transformer article). Masks are turned to (…, K, 1, Q).
 */
#include "ane_attention.h"

static const int64_t to_back[] = {0, 2, 3, 1}, swap_middle[] = {0, 2, 1, 3},
                     keys_last[] = {0, 2, 3, 1}, keys_front[] = {0, 3, 2, 1},
                     mask_turned[] = {0, 3, 1, 2};

enum { MAX_SCALES = 4 };
typedef struct Channels {
	Var *value;  /* (B, H * D, 1, S) */
	Inst *scale[MAX_SCALES]; /* multiplications and divisions of it by numbers, the last first */
	int nscale;
	bool turned; /* the heads were (B, H, D, S) */
} Channels;

/* Goes up from v through what scales it. */
static Var *
above_scale(Channels *h, Var *v)
{
	double number;

	while ((inst_is(v->def, OP_mul) || inst_is(v->def, OP_real_div)) &&
	       h->nscale < MAX_SCALES && ane_number(inst_argn(v->def, 1), &number) &&
	       inst_argn(v->def, 0)->type == v->type) {
		h->scale[h->nscale++] = v->def;
		v = inst_argn(v->def, 0);
	}
	return v;
}

/* v, of rank 3, is a value in (B, C, 1, S) put back: its squeeze and transpose. */
static Var *
put_back(Channels *h, Var *v)
{
	const Inst *s = above_scale(h, v)->def, *t;
	int64_t axis;

	if (!inst_is(s, OP_squeeze) || val_ints(inst_arg(s, "axes"), &axis, 1) != 1 ||
	    axis_from_front(axis, 4) != 1)
		return NULL;
	t = above_scale(h, inst_argn(s, 0))->def;
	return t && ane_is_perm(t, to_back, 4) ? inst_argn(t, 0) : NULL;
}

/* v is (B, H, S, D), or (B, H, D, S), of channels. */
static bool
read_heads(const Attention *a, Var *v, Channels *h)
{
	const Inst *i, *r;

	*h = (Channels){0};
	i = above_scale(h, v)->def;
	h->turned = i && ane_is_perm(i, keys_last, 4);
	if (!i || (!h->turned && !ane_is_perm(i, swap_middle, 4)))
		return false;
	r = above_scale(h, inst_argn(i, 0))->def;
	if (!inst_is(r, OP_reshape) || r->out[0]->type->rank != 4 ||
	    r->out[0]->type->dim[2] != a->heads || inst_argn(r, 0)->type->rank != 3)
		return false;
	/* (B, S, C) -> (B, S, H, D): the batch stays. */
	if (r->out[0]->type->dim[0] != inst_argn(r, 0)->type->dim[0] ||
	    r->out[0]->type->dim[1] != inst_argn(r, 0)->type->dim[1])
		return false;
	h->value = put_back(h, inst_argn(r, 0));
	return h->value && dim_known(h->value->type->dim[1]) &&
	       h->value->type->dim[1] % a->heads == 0;
}

static Var *
scaled(Attention *a, const Channels *h)
{
	Var *v = h->value;

	for (int k = h->nscale; k-- > 0 && v;)
		v = rewrite_again(&a->b, h->scale[k], name_new(a->c, h->scale[k]->op->name),
		                  (Operand[]){VAR("x", v)}, 1);
	return v;
}

/* The transpose and reshape that put the heads side by side again: the latter, or 0. */
static Inst *
joined(const Attention *a)
{
	Inst *t = inst_follow(a->last, OP_transpose), *r;

	if (!t || !ane_is_perm(t, swap_middle, 4))
		return NULL;
	r = inst_follow(t, OP_reshape);
	return r && r->out[0]->type->rank == 3 &&
	               r->out[0]->type->dim[0] == t->out[0]->type->dim[0] &&
	               r->out[0]->type->dim[1] == t->out[0]->type->dim[1]
	           ? r
	           : NULL;
}

/* (…, Q, K) as (…, K, 1, Q), and of one head. */
static Var *
side(Attention *a, Var *v, int64_t h)
{
	static const int64_t axes[] = {0, 1, 2};
	int rank = (int)v->type->rank;

	if (v->type->kind != TY_TENSOR || rank == 0 || v->type->count == 1)
		return v;
	v = ane_expand(a->c, &a->b, v, axes, 4 - rank);
	if (v && v->type->dim[1] != 1)
		v = ane_slice(a->c, &a->b, v, 1, h, h + 1);
	return ane_transpose(a->c, &a->b, v, mask_turned, 4);
}

static Var *
einsum(Attention *a, Var *x, Var *y, const char *equation)
{
	Operand item[2] = {VAR("values", x), VAR("values", y)};

	return build1(&a->b, OP_einsum, name_new(a->c, "einsum"),
	              ARGS({.kind = A_LIST, .name = "values", .list = {item, 2}},
	                   STRC(&a->b, "equation", equation)));
}

static Var *
one_head(Attention *a, Var *q, Var *k, Var *v, int64_t h)
{
	PassCtx *c = a->c;
	int64_t d = q->type->dim[1] / a->heads, e = v->type->dim[1] / a->heads;
	Var *s;

	q = ane_slice(c, &a->b, q, 1, h * d, (h + 1) * d);
	k = ane_slice(c, &a->b, k, 3, h * d, (h + 1) * d);
	v = ane_slice(c, &a->b, v, 1, h * e, (h + 1) * e);
	s = attention_scores(a, einsum(a, k, q, "bkhc,bchq->bkhq"), h, side);
	return einsum(a, v, ane_softmax(c, &a->b, s, 1), "bchk,bkhq->bchq");
}

static Var *
all_heads(Attention *a, const Channels *q, const Channels *k, const Channels *v)
{
	static const int64_t row = 1;
	PassCtx *c = a->c;
	VEC(Var *) part = {0};
	Var *query = scaled(a, q), *value = scaled(a, v), *y;
	Var *key = ane_transpose(c, &a->b, scaled(a, k), keys_front, 4);

	for (int64_t h = 0; h < a->heads; h++) {
		y = query && key && value ? one_head(a, query, key, value, h) : NULL;
		if (!y)
			return NULL;
		vec_push(c->arena, &part, y);
	}
	y = ane_concat(c, &a->b, part.at, part.n, 1);
	return ane_squeeze(c, &a->b, ane_transpose(c, &a->b, y, to_back, 4), &row, 1);
}

bool
attention_by_channels(Attention *a)
{
	Channels q, k, v;
	Inst *end;
	bool turned = !ane_flag(a->first, "transpose_y");

	if (a->axis != 1 || ane_flag(a->last, "transpose_y") || !(end = joined(a)) ||
	    !read_heads(a, inst_arg(a->first, "x"), &q) || q.turned ||
	    !read_heads(a, inst_arg(a->first, "y"), &k) || k.turned != turned ||
	    !read_heads(a, inst_arg(a->last, "y"), &v) || v.turned)
		return false;
	for (int n = 0; n < a->n; n++)
		for (int p = 0; p < 3 && p < (int)a->op[n]->op->nparam; p++)
			if (inst_argn(a->op[n], p)->type->kind != TY_TENSOR ||
			    inst_argn(a->op[n], p)->type->rank > 4)
				return false;
	return ane_replace(a->c, end, all_heads(a, &q, &k, &v), GONE(end));
}
