/* fuse_matmul_weight_bias.c: a matmul with a constant matrix, plus a constant vector, is a linear.
 *
 *   %a = matmul(x=%x, y=%w)         %wt = transpose(x=%w, perm=[1, 0])
 *   %y = add(x=%a, y=[1, 2])   ->   %y = linear(x=%x, weight=%wt, bias=[1, 2])
 *
 * When the constant is the first operand, the linear stands between two transposes.
 */
#include "arith.h"
#include "match.h"

typedef struct Match {
	Inst *matmul, *sum;
	Var *x, *weight;
	bool turn_x, turn_weight; /* transposed by the matmul */
	const Tensor *bias;
} Match;

/* The last two axes change places. */
static Var *
turned(PassCtx *c, Builder *b, Var *v, const Str *name /* 0: a new one */)
{
	int64_t perm[TENSOR_MAX_RANK];
	int rank = (int)v->type->rank;

	for (int k = 0; k < rank; k++)
		perm[k] = k;
	perm[rank - 2] = rank - 1;
	perm[rank - 1] = rank - 2;
	return build_ints(c, b, OP_transpose, name, v, "perm", perm, rank);
}

static bool
match_weight(Match *m, bool x_is_weight)
{
	const Inst *i = m->matmul;

	m->weight = inst_arg(i, x_is_weight ? "x" : "y");
	m->x = inst_arg(i, x_is_weight ? "y" : "x");
	m->turn_weight = inst_int(i, x_is_weight ? "transpose_x" : "transpose_y");
	m->turn_x = inst_int(i, x_is_weight ? "transpose_y" : "transpose_x");
	return m->weight->val && var_has_rank(m->weight, 2) && m->x->type->kind == TY_TENSOR &&
	       m->x->type->rank >= 2 && var_nchild(m->weight, 2) == 1;
}

/* A vector, perhaps with leading dimensions of 1, with an element for each output. */
static bool
match_bias(PassCtx *c, Match *m)
{
	const Var *v = other_operand(m->sum, m->matmul->out[0]);
	int64_t dout = m->weight->val->dim[m->turn_weight ? 0 : 1];
	const Tensor *t = v->val;

	if (!t || t->rank < 1 || t->count != dout || t->dim[t->rank - 1] != dout ||
	    m->sum->out[0]->type->rank != m->matmul->out[0]->type->rank)
		return false;
	if (t->rank > 1 && t->count == 1) /* squeezed, no vector is left */
		return false;
	m->bias = tensor_flat(c->prog->arena, t);
	if (inst_is(m->sum, OP_sub)) {
		if (inst_argn(m->sum, 1) != v)
			return false;
		m->bias = tensor_scaled(c->prog->arena, m->bias, -1);
	}
	return true;
}

bool
rewrite_fuse_matmul_weight_bias(PassCtx *c, Inst *matmul)
{
	Match m = {.matmul = matmul, .sum = var_only_child(matmul->out[0])};
	bool x_is_weight = inst_arg(matmul, "x")->val != NULL;
	const Str *name;
	Builder b;
	Var *x, *w, *y;

	if (!m.sum || (m.sum->op->code != OP_add && m.sum->op->code != OP_sub) ||
	    var_leaves_block(matmul->out[0]) || !match_weight(&m, x_is_weight) ||
	    !match_bias(c, &m))
		return false;
	b = builder_at(c, matmul, m.sum);
	name = m.sum->out[0]->name;
	x = m.turn_x != x_is_weight ? turned(c, &b, m.x, NULL) : m.x;
	w = m.turn_weight != x_is_weight ? m.weight : turned(c, &b, m.weight, NULL);
	y = build1(&b, OP_linear, x_is_weight ? name_new(c, "linear") : name,
	           ARGS(VAR("x", x), VAR("weight", w), TENSOR("bias", m.bias)));
	if (x_is_weight)
		y = turned(c, &b, y, name);
	return pass_try_replace(c, m.sum->out[0], y, GONE(matmul, m.sum));
}
