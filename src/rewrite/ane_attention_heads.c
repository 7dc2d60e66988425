/* ane_attention_heads.c: attention is computed for one head after the other.
 *
 *   %s = matmul(x=%q, y=%k, transpose_y=true)              (B, H, S, D)
 *   %w = softmax(x=add(x=mul(x=%s, y=0.125), y=%mask), axis=-1)
 *   %y = matmul(x=%w, y=%v)
 *     ->
 *   %s0 = matmul(x=%q[:, 0:1], y=%k[:, 0:1], transpose_y=true)
 *   %w0 = softmax(x=add(x=mul(x=%s0, y=0.125), y=%mask), axis=-1)
 *   %y0 = matmul(x=%w0, y=%v[:, 0:1])
 *   …
 *   %y = concat(values=(%y0, %y1, …), axis=1)
 *
 * Where q, k and v are heads of values in the layout (B, C, 1, S), which ane_linear_to_conv leaves,
 * they stay in it: ane_heads_einsum.c. Smaller pieces fit into the memory on the chip and need no
 * transposes (Apple's transformer article, Apple's rules for the engine); ANEForge's quirks
 * measured the same for tiles of the query.
 *
 * Left alone: one head, more than `heads` (64) of them, shapes with symbols, which the engine does
 * not take, scores that something else sees, other operations on scores than scale, mask and sums.
 */
#include "ane_attention.h"

/* ---- finding ---- */

static bool
used_once(const Var *v)
{
	return !var_leaves_block(v) && var_only_child(v);
}

static bool
is_product(const Inst *i, uint32_t rank)
{
	return inst_is(i, OP_matmul) && i->out[0]->type->rank == rank &&
	       inst_arg(i, "x")->type->rank == rank && inst_arg(i, "y")->type->rank == rank &&
	       !ane_flag(i, "transpose_x");
}

/* Goes up from v to a product, through operations that keep the scores' type. */
static bool
go_up(AneAttention *a, Var *v, int depth)
{
	Inst *i = v->def;
	int first = inst_is(i, OP_select) ? 1 : 0;

	if (!i || !used_once(v) || i->parent != a->softmax->parent)
		return false;
	if (is_product(i, v->type->rank)) {
		a->first = i;
		a->n = depth;
		return true;
	}
	if (depth == MAX_SCORE_OPS ||
	    !(inst_is(i, OP_add) || inst_is(i, OP_sub) || inst_is(i, OP_mul) ||
	      inst_is(i, OP_real_div) || inst_is(i, OP_select)))
		return false;
	for (int k = first; k < first + 2; k++)
		if (inst_argn(i, k)->type == v->type && go_up(a, inst_argn(i, k), depth + 1)) {
			a->op[a->n - 1 - depth] = i;
			a->column[a->n - 1 - depth] = k;
			return true;
		}
	return false;
}

static bool
find(AneAttention *a, Inst *softmax)
{
	Var *x = inst_arg(softmax, "x");
	uint32_t rank = x->type->rank;

	a->softmax = softmax;
	a->last = var_only_child(softmax->out[0]);
	if (rank < 3 || rank > 4 || !ane_is_dtype(x) || !type_all_known(x->type) ||
	    var_leaves_block(softmax->out[0]) ||
	    ane_axis(softmax, "axis", rank) != (int)rank - 1)
		return false;
	if (!a->last || a->last->parent != softmax->parent || !is_product(a->last, rank) ||
	    inst_arg(a->last, "x") != softmax->out[0])
		return false;
	if (!go_up(a, x, 0))
		return false;
	a->axis = (int)rank - 3;
	a->heads = x->type->dim[a->axis];
	return dim_known(a->heads) && a->heads > 1 &&
	       a->heads <= ane_option(a->c, "heads", 64) &&
	       a->last->out[0]->type->dim[a->axis] == a->heads;
}

Var *
attention_scores(AneAttention *a, Var *v, int64_t h, SideFn *side)
{
	for (int k = 0; k < a->n && v; k++) {
		const Inst *i = a->op[k];
		Operand over[3];
		uint32_t n = 0;
		for (int p = 0; p < (int)i->op->nparam && p < 3; p++) {
			Var *w = inst_argn(i, p);
			over[n].kind = A_VAR;
			over[n].name = i->op->param[p].name;
			over[n++].var = p == a->column[k] ? v : side(a, w, h);
			if (!over[n - 1].var)
				return NULL;
		}
		v = rewrite_again(&a->b, i, name_new(a->c, i->op->name), over, n);
	}
	return v;
}

/* ---- by matmuls ---- */

/* Head h of an operand, or the operand where it is the same for all. */
static Var *
head(AneAttention *a, Var *v, int64_t h)
{
	int axis = a->axis - ((int)a->softmax->out[0]->type->rank - (int)v->type->rank);

	if (v->type->kind != TY_TENSOR || axis < 0 || v->type->dim[axis] == 1)
		return v;
	return ane_slice(a->c, &a->b, v, axis, h, h + 1);
}

static Var *
by_matmul(AneAttention *a, int64_t h)
{
	PassCtx *c = a->c;
	Var *q = head(a, inst_arg(a->first, "x"), h), *k = head(a, inst_arg(a->first, "y"), h);
	Var *v = head(a, inst_arg(a->last, "y"), h), *s;

	s = ane_matmul(c, &a->b, q, k, false, ane_flag(a->first, "transpose_y"));
	s = ane_softmax(c, &a->b, attention_scores(a, s, h, head), -1);
	return ane_matmul(c, &a->b, s, v, false, ane_flag(a->last, "transpose_y"));
}

bool
rewrite_ane_attention_heads(PassCtx *c, Inst *softmax)
{
	AneAttention a = {.c = c};
	VEC(Var *) part = {0};
	Var *y;

	if (!find(&a, softmax))
		return false;
	a.b = pass_builder_before(c, a.last);
	if (attention_by_channels(&a))
		return true;
	a.b = pass_builder_before(c, a.last);
	for (int64_t h = 0; h < a.heads; h++) {
		vec_push(c->arena, &part, by_matmul(&a, h));
		if (!part.at[h])
			return false;
	}
	y = ane_concat(c, &a.b, part.at, part.n, a.axis);
	if (!ane_replace(c, a.last, y, GONE(a.last, softmax)))
		return false;
	for (int k = a.n; k-- > 0;)
		rewrite_remove_all(&a.op[k], 1);
	rewrite_remove_all(&a.first, 1);
	return true;
}
