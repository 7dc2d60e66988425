/* fuse_prelu.c: relu(x) + a * relu(-x), with an a for each channel, is a prelu.
 *
 *   %n = mul(x=%x, y=-1.0)
 *   %r = relu(x=%n)
 *   %m = mul(x=%r, y=%a)     ->  %y = prelu(x=%x, alpha=-%a)
 *   %p = relu(x=%x)
 *   %y = add(x=%p, y=%m)
 *
 * When %x is a transpose to channels last, the prelu goes before it.
 */
#include "arith.h"
#include "match.h"

typedef struct Match {
	Var *x;
	Inst *neg, *relu_neg, *mul, *relu, *sum;
	const Tensor *alpha;
} Match;

static bool
find(Match *m, Inst *neg)
{
	Var *other;

	m->neg = neg;
	m->x = inst_argn(neg, val_is_near(inst_argn(neg, 1), -1, 1e-3) ? 0 : 1);
	m->relu_neg = inst_follow(neg, OP_relu);
	m->mul = inst_follow(m->relu_neg, OP_mul);
	m->sum = inst_follow(m->mul, OP_add);
	if (!m->sum || !val_is_near(other_operand(neg, m->x), -1, 1e-3))
		return false;
	m->alpha = other_operand(m->mul, m->relu_neg->out[0])->val;
	other = other_operand(m->sum, m->mul->out[0]);
	m->relu = other->def;
	return m->alpha && inst_is(m->relu, OP_relu) && inst_argn(m->relu, 0) == m->x &&
	       inst_follow(m->relu, OP_add) == m->sum && m->sum->out[0]->type == m->x->type &&
	       var_has_rank(m->x, 4);
}

static bool
finish(const Match *m, Var *y)
{
	return pass_replace(m->sum->out[0], y,
	                    GONE(m->neg, m->relu_neg, m->mul, m->relu, m->sum));
}

static const Tensor *
slopes(PassCtx *c, const Match *m)
{
	return tensor_scaled(c->prog->arena, tensor_flat(c->prog->arena, m->alpha), -1);
}

static bool
fuse_direct(PassCtx *c, Inst *neg)
{
	Match m;
	Builder b;

	if (!find(&m, neg) || m.alpha->rank < 3 || m.alpha->rank > 4 ||
	    m.alpha->count != m.alpha->dim[m.alpha->rank - 3] ||
	    m.alpha->count != m.x->type->dim[1])
		return false;
	b = builder_at(c, m.sum, m.sum);
	return finish(&m, build1(&b, OP_prelu, m.sum->out[0]->name,
	                         ARGS(VAR("x", m.x), TENSOR("alpha", slopes(c, &m)))));
}

static bool
is_to_channels_last(const Inst *i)
{
	static const int64_t want[] = {0, 2, 3, 1};

	return inst_is(i, OP_transpose) && val_ints_are(inst_arg(i, "perm"), want, 4);
}

static bool
fuse_transposed(PassCtx *c, Inst *neg)
{
	Match m;
	Inst *t;
	Builder b;
	Var *y;

	if (!find(&m, neg) || !is_to_channels_last(m.x->def) || var_leaves_block(m.x) ||
	    var_nchild(m.x, 3) != 2 || m.alpha->rank < 1 ||
	    m.alpha->count != m.alpha->dim[m.alpha->rank - 1] ||
	    m.alpha->count != m.x->type->dim[3])
		return false;
	t = m.x->def;
	b = builder_at(c, m.sum, m.sum);
	y = build1(&b, OP_prelu, name_new(c, "prelu"),
	           ARGS(VAR("x", inst_argn(t, 0)), TENSOR("alpha", slopes(c, &m))));
	y = rewrite_again(&b, t, m.sum->out[0]->name, ARGS(VAR("x", y)));
	if (!finish(&m, y))
		return false;
	rewrite_remove_all(&t, 1);
	return true;
}

bool
pass_fuse_prelu(PassCtx *c)
{
	rewrite_rounds(c, OPS(OP_mul), fuse_direct);
	rewrite_rounds(c, OPS(OP_mul), fuse_transposed);
	return true;
}
