/* scaled_dot_product_attention_sliced_q.c: attention over a long query, slice by slice of it, so
 * that no matrix of all scores is held. It runs where a pipeline names it.
 *
 *   %y = scaled_dot_product_attention(query=%q, key=%k, value=%v, attn_mask=%m)  ->
 *
 *   %q0 = slice_by_index(x=%q, begin=[0, 0], end=[n, d])
 *   %s0 = matmul(x=%q0, y=%k, transpose_y=True) * 1/sqrt(d) + %m0
 *   %a0 = matmul(x=softmax(x=%s0), y=%v)
 *   %y = concat(values=(concat(values=(%a0)), %a1), axis=-2), and so on
 *
 * Options: min_seq_length=N, shorter queries are left alone (1280); seq_length_divider=N, in how
 * many slices (16).
 */
#include "match.h"

#include <math.h>
#include <stdlib.h>

typedef struct Slicing {
	PassCtx *c;
	Builder *b;
	Var *q, *k, *v, *mask; /* mask: of the query's type, or 0 */
} Slicing;

static int64_t
option(const PassCtx *c, const char *name, int64_t dflt)
{
	const char *text = pass_option(c, name);

	return text ? strtoll(text, NULL, 10) : dflt;
}

static const Type *
query_type(const Slicing *s)
{
	return s->q->type;
}

/* What is false in a mask of truth values takes a score of minus infinity. */
static Var *
float_mask(Slicing *s, Var *mask)
{
	Arena *a = s->c->prog->arena;
	DType t = query_type(s)->dtype;
	Var *out;

	if (mask->type->dtype != DT_BOOL)
		return mask;
	out = build1(s->b, OP_logical_not, name_new(s->c, "logical_not"), ARGS(VAR("x", mask)));
	return build1(s->b, OP_select, name_new(s->c, "select"),
	              ARGS(VAR("cond", out), TENSOR("a", tensor_scalar_f(a, t, -INFINITY)),
	                   TENSOR("b", tensor_new(a, t, mask->type->dim, (int)mask->type->rank))));
}

/* x[…, from:to, :last] */
static Var *
slice(Slicing *s, Var *x, int64_t from, int64_t to)
{
	int64_t begin[TENSOR_MAX_RANK] = {0}, end[TENSOR_MAX_RANK];
	int rank = (int)x->type->rank;
	Tensor *whole = tensor_new(s->c->prog->arena, DT_BOOL, (int64_t[]){rank}, 1);

	for (int k = 0; k < rank; k++) {
		end[k] = k == rank - 2 ? to : x->type->dim[k];
		tensor_set_i(whole, k, k != rank - 2);
	}
	begin[rank - 2] = from;
	return build1(s->b, OP_slice_by_index, name_new(s->c, "slice_by_index"),
	              ARGS(VAR("x", x), INTSC(s->c, "begin", begin, rank),
	                   INTSC(s->c, "end", end, rank), TENSOR("end_mask", whole)));
}

static Var *
matmul(Slicing *s, Var *x, Var *y, bool transposed)
{
	return build1(s->b, OP_matmul, name_new(s->c, "matmul"),
	              ARGS(VAR("x", x), VAR("y", y), BOOLP(s->c, "transpose_x", false),
	                   BOOLP(s->c, "transpose_y", transposed)));
}

static Var *
attend(Slicing *s, int64_t from, int64_t to)
{
	const Type *q = query_type(s);
	double scale = pow((double)q->dim[q->rank - 1], -0.5);
	Var *x = matmul(s, slice(s, s->q, from, to), s->k, true), *mask = s->mask;

	x = build1(s->b, OP_mul, name_new(s->c, "mul"),
	           ARGS(VAR("x", x),
	                TENSOR("y", tensor_scalar_f(s->c->prog->arena, q->dtype, scale))));
	if (mask) {
		if (mask->type->dim[mask->type->rank - 2] != 1)
			mask = slice(s, mask, from, to);
		x = build1(s->b, OP_add, name_new(s->c, "add"), ARGS(VAR("x", x), VAR("y", mask)));
	}
	x = build1(s->b, OP_softmax, name_new(s->c, "softmax"),
	           ARGS(VAR("x", x), INTC(s->b, "axis", -1)));
	return matmul(s, x, s->v, false);
}

/* A mask with a row for each element of the query is sliced, too; it must have two dimensions. */
static bool
mask_fits(const Var *mask)
{
	uint32_t rank = mask ? mask->type->rank : 0;

	return !mask || (rank >= 2 && type_all_known(mask->type) &&
	                 (rank == 2 || mask->type->dim[rank - 2] == 1));
}

bool
rewrite_scaled_dot_product_attention_sliced_q(PassCtx *c, Inst *i)
{
	Builder b = builder_at(c, i, i);
	Slicing s = {c, &b, inst_arg(i, "query"), inst_arg(i, "key"), inst_arg(i, "value"), 0};
	Var *mask = inst_arg(i, "attn_mask"), *y = NULL;
	int64_t n = option(c, "seq_length_divider", 16), length, at = 0;

	if (i->parent->func->opset < IOS18 || !type_all_known(query_type(&s)) || !mask_fits(mask))
		return false;
	length = query_type(&s)->dim[query_type(&s)->rank - 2];
	if (length < option(c, "min_seq_length", 1280))
		return false;
	s.mask = mask ? float_mask(&s, mask) : NULL;
	for (int64_t k = 0; k < n && at < length; k++) {
		int64_t end = at + MAX(length / n, 1) + (k < length % n);
		Operand item[2] = {VAR("values", y), VAR("values", attend(&s, at, end))};
		y = build1(&b, OP_concat, name_new(c, "concat"),
		           ARGS({.kind = A_LIST, .name = "values",
		                 .list = {y ? item : item + 1, y ? 2 : 1}},
		                INTC(&b, "axis", -2), BOOLC(&b, "interleave", false)));
		at = end;
	}
	return pass_replace(i->out[0], y, GONE(i));
}
