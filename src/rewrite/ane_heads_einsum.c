/* ane_heads_einsum.c: attention whose heads are made of values in (B, C, 1, S) stays there.
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

typedef struct HeadSource { /* of queries, keys or values */
	HeadChannels plain; /* when nothing but a scale lies between */
	bool is_plain;
	bool turned;    /* the heads are (B, H, D, S) */
	Var *heads;     /* otherwise */
	Map whole;
	Var *all;       /* plain: all heads */
} HeadSource;

/* Goes up from v through what scales it. */
static Var *
above_scale(HeadChannels *h, Var *v)
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

Var *
attention_put_back(HeadChannels *h, Var *v)
{
	const Inst *s = above_scale(h, v)->def, *t;
	int64_t axis;

	if (!inst_is(s, OP_squeeze) || val_ints(inst_arg(s, "axes"), &axis, 1) != 1 ||
	    axis_from_front(axis, 4) != 1)
		return NULL;
	t = above_scale(h, inst_argn(s, 0))->def;
	return t && ane_is_perm(t, to_back, 4) ? inst_argn(t, 0) : NULL;
}

static bool
read_plain(const AneAttention *a, Var *v, HeadSource *s)
{
	HeadChannels *h = &s->plain;
	const Inst *i = above_scale(h, v)->def, *r;

	s->turned = i && ane_is_perm(i, keys_last, 4);
	if (!i || (!s->turned && !ane_is_perm(i, swap_middle, 4)))
		return false;
	r = above_scale(h, inst_argn(i, 0))->def;
	if (!inst_is(r, OP_reshape) || r->out[0]->type->rank != 4 ||
	    r->out[0]->type->dim[2] != a->heads || inst_argn(r, 0)->type->rank != 3)
		return false;
	/* (B, S, C) -> (B, S, H, D): the batch stays. */
	if (r->out[0]->type->dim[0] != inst_argn(r, 0)->type->dim[0] ||
	    r->out[0]->type->dim[1] != inst_argn(r, 0)->type->dim[1])
		return false;
	h->value = attention_put_back(h, inst_argn(r, 0));
	return h->value && dim_known(h->value->type->dim[1]) &&
	       h->value->type->dim[1] % a->heads == 0;
}

/* v is (B, H, S, D), or (B, H, D, S), of channels. */
static bool
read_heads(AneAttention *a, Var *v, HeadSource *s)
{
	static const int64_t swap_last[] = {0, 1, 3, 2};

	*s = (HeadSource){0};
	map_init(&s->whole, a->c->arena);
	s->is_plain = read_plain(a, v, s);
	if (s->is_plain)
		return true;
	s->turned = v->def && ane_is_perm(v->def, swap_last, 4);
	s->heads = s->turned ? inst_argn(v->def, 0) : v;
	return attention_can_make(a, s->heads);
}

Var *
attention_scaled(AneAttention *a, const HeadChannels *h)
{
	Var *v = h->value;

	for (int k = h->nscale; k-- > 0 && v;)
		v = rewrite_again(&a->b, h->scale[k], name_new(a->c, h->scale[k]->op->name),
		                  (Operand[]){VAR("x", v)}, 1);
	return v;
}

/* Head h as (B, D, 1, S), or with the keys' axes turned. */
static Var *
head_of(AneAttention *a, HeadSource *s, int64_t h, bool turn)
{
	PassCtx *c = a->c;
	Var *v;
	int64_t d;

	if (!s->is_plain) {
		v = attention_make(a, s->heads, h, &s->whole);
		return turn ? ane_transpose(c, &a->b, v, keys_front, 4) : v;
	}
	if (!s->all) {
		s->all = attention_scaled(a, &s->plain);
		if (turn) /* once for all heads */
			s->all = ane_transpose(c, &a->b, s->all, keys_front, 4);
	}
	d = s->plain.value->type->dim[1] / a->heads;
	return s->all ? ane_slice(c, &a->b, s->all, turn ? 3 : 1, h * d, (h + 1) * d) : NULL;
}

/* The transpose and reshape that put the heads side by side again: the latter, or 0. */
static Inst *
joined(const AneAttention *a)
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
side(AneAttention *a, Var *v, int64_t h)
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
einsum(AneAttention *a, Var *x, Var *y, const char *equation)
{
	Operand item[2] = {VAR("values", x), VAR("values", y)};

	return build1(&a->b, OP_einsum, name_new(a->c, "einsum"),
	              ARGS({.kind = A_LIST, .name = "values", .list = {item, 2}},
	                   STRC(&a->b, "equation", equation)));
}

static Var *
one_head(AneAttention *a, HeadSource *sq, HeadSource *sk, HeadSource *sv, int64_t h)
{
	Var *q = head_of(a, sq, h, false), *k = head_of(a, sk, h, true);
	Var *v = head_of(a, sv, h, false), *s;

	if (!q || !k || !v)
		return NULL;
	s = attention_scores(a, einsum(a, k, q, "bkhc,bchq->bkhq"), h, side);
	return einsum(a, v, ane_softmax(a->c, &a->b, s, 1), "bchk,bkhq->bchq");
}

static Var *
all_heads(AneAttention *a, HeadSource *q, HeadSource *k, HeadSource *v)
{
	static const int64_t row = 1;
	PassCtx *c = a->c;
	VEC(Var *) part = {0};
	Var *y;

	for (int64_t h = 0; h < a->heads; h++) {
		y = one_head(a, q, k, v, h);
		if (!y)
			return NULL;
		vec_push(c->arena, &part, y);
	}
	y = ane_concat(c, &a->b, part.at, part.n, 1);
	return ane_squeeze(c, &a->b, ane_transpose(c, &a->b, y, to_back, 4), &row, 1);
}

bool
attention_by_channels(AneAttention *a)
{
	HeadSource q, k, v;
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
