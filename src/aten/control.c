/* control.c: branches and loops of TorchScript. A node's blocks see all values made before it;
 * names are unique in the whole graph, so that values need no scopes.
 */
#include "aten.h"

/* What a block of the graph gives, as values of the program. False after reporting. */
static bool
block_results(AtenCtx *c, const TBlock *b, Var **out)
{
	for (uint32_t i = 0; i < b->nout && !c->failed; i++)
		out[i] = tv_var(c, tv_of(c, &b->out[i]), "a result of the block");
	return !c->failed;
}

/* ---- if ---- */

typedef struct Branch {
	AtenCtx *c;
	const TBlock *from;
	Block *block;         /* that was built */
	Var **out;
	struct Branch *other; /* built before; 0: this is the first */
} Branch;

/* Result i as type t, by a cast at the end of its branch. */
static void
cast_result(Branch *br, uint32_t i, DType t)
{
	AtenCtx *c = br->c;
	Builder saved = *c->b;

	if (dtype_of(br->out[i]) == t)
		return;
	c->b->block = br->block;
	c->b->before = NULL;
	br->out[i] = cast(c, br->out[i], t);
	*c->b = saved;
}

/* PyTorch's branches may differ in their element types, Core ML's may not. */
static bool
agree(Branch *yes, Branch *no)
{
	AtenCtx *c = no->c;
	uint32_t n = MIN(yes->from->nout, no->from->nout);

	for (uint32_t i = 0; i < n && !c->failed; i++) {
		const Type *a = yes->out[i]->type, *b = no->out[i]->type;
		if (type_compatible(a, b) || a->kind != TY_TENSOR || b->kind != TY_TENSOR ||
		    !same_shape(yes->out[i], no->out[i]))
			continue;
		DType t = common_type(a->dtype, b->dtype);
		cast_result(yes, i, t);
		cast_result(no, i, t);
	}
	if (!c->failed)
		block_set_outputs(yes->block, yes->out, yes->from->nout);
	return !c->failed;
}

static bool
build_branch(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	Branch *br = ctx;
	AtenCtx *c = br->c;

	(void)param, (void)nparam;
	br->block = b->block;
	br->out = newn(c->arena, Var *, MAX(br->from->nout, 1));
	aten_block(c, br->from);
	if (!block_results(c, br->from, br->out) || (br->other && !agree(br->other, br)))
		return false;
	*out = br->out;
	*nout = br->from->nout;
	return true;
}

HANDLER(if)
{
	const TNode *n = c->node;
	Var *pred = operand_n(c, 0), **out;
	uint32_t nout;

	if (c->failed)
		return;
	if (n->nblock != 2) {
		aten_fail(c, "a condition must have two branches, found %u", n->nblock);
		return;
	}
	flt(c, 0.0); /* the peer makes one here, and names count */
	Branch yes = {.c = c, .from = n->block[0]};
	Branch no = {.c = c, .from = n->block[1], .other = &yes};
	BlockFn on = {build_branch, &yes, NOSPAN}, off = {build_branch, &no, NOSPAN};
	out = aten_ops(c, OP_cond, n->name,
	               ARGS(VAR("pred", pred), {.kind = A_FN, .name = "_true_fn", .fn = &on},
	                    {.kind = A_FN, .name = "_false_fn", .fn = &off}),
	               &nout);
	for (uint32_t i = 0; i < nout; i++)
		result_tv(c, i, tv_of_var(out[i]));
}

/* ---- loop ---- */

/* Its variables: how often it went round, whether it goes on, and what the body carries along. */
typedef struct Loop {
	AtenCtx *c;
	const TNode *node;
	Var *limit;  /* 0: there is none */
	Var **first; /* what its variables are at the beginning */
} Loop;

static bool
loop_goes_on(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	Loop *l = ctx;
	AtenCtx *c = l->c;
	Var *below;

	(void)b, (void)nparam;
	*out = newn(c->arena, Var *, 1);
	*nout = 1;
	if (!l->limit) {
		(*out)[0] = OP(identity, X(param[1]));
		return !c->failed;
	}
	below = aten_op(c, OP_less, name_with(c, l->node->name, "_cond"),
	                ARGS(X(param[0]), Y(l->limit)));
	(*out)[0] = OP(logical_and, X(param[1]), Y(below));
	return !c->failed;
}

static bool
same_operand(const TArg *a, const TArg *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case T_BOOL:
	case T_INT:
		return a->i == b->i;
	case T_FLOAT:
		return memcmp(a->f, b->f, sizeof *a->f) == 0;
	case T_VALUE:
		return a->s == b->s;
	default:
		return false;
	}
}

/* What goes in and comes out again is one value, constants too, so that the loop need not carry
 * it. */
static bool
stays(const TNode *n, uint32_t i)
{
	return same_operand(&n->in[i], &n->block[0]->out[i - 1]);
}

static bool
loop_round(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	Loop *l = ctx;
	AtenCtx *c = l->c;
	const TBlock *body = l->node->block[0];

	(void)b, (void)nparam;
	*nout = body->nout + 1;
	*out = newn(c->arena, Var *, *nout);
	for (uint32_t i = 0; i < body->nin; i++)
		bind_value(c, body->in[i], tv_of_var(param[i ? i + 1 : 0]));
	aten_block(c, body);
	for (uint32_t i = 0; i < body->nout && !c->failed; i++)
		(*out)[i + 1] = stays(l->node, i + 1)
		                    ? l->first[i + 1]
		                    : tv_var(c, tv_of(c, &body->out[i]), "a result of the loop");
	if (c->failed)
		return false;
	if (l->limit) {
		const Str *name = name_with(c, param[0]->name, "_inc");
		(*out)[0] = aten_op(c, OP_add, name, ARGS(X(param[0]), INT("y", 1)));
	} else
		(*out)[0] = OP(identity, X(param[0]));
	return !c->failed;
}

HANDLER(loop)
{
	const TNode *n = c->node;
	Loop l = {.c = c, .node = n, .limit = tv_var_or_none(c, operand_at(c, 0))};
	BlockFn cond = {loop_goes_on, &l, NOSPAN}, body = {loop_round, &l, NOSPAN};
	Var **out;
	uint32_t nout;

	if (n->nblock != 1 || n->nin < 2 || n->block[0]->nin != n->nin - 1 ||
	    n->block[0]->nout != n->nin - 1) {
		aten_fail(c, "the body of a loop must take and give what the loop carries along");
		return;
	}
	l.first = newn(c->arena, Var *, n->nin);
	l.first[0] = aten_const(c, tensor_scalar_i(c->arena, DT_INT32, 0),
	                        name_with(c, n->name, "_iter"));
	for (uint32_t i = 1; i < n->nin; i++)
		l.first[i] = operand_n(c, i);
	if (c->failed)
		return;
	/* A constant condition is one value inside of the loop as well. */
	const Tv was = *operand_at(c, 1);
	const Str *name = was.kind == TV_BOOL && n->in[1].kind == T_VALUE ? n->in[1].s : NULL;
	bind_value(c, name, tv_of_var(l.first[1]));
	out = aten_ops(c, OP_while_loop, n->name,
	               ARGS({.kind = A_FN, .name = "_cond", .fn = &cond},
	                    {.kind = A_FN, .name = "_body", .fn = &body},
	                    {.kind = A_LIST,
	                     .name = "loop_vars",
	                     .list = {aten_items(c, l.first, n->nin), n->nin}}),
	               &nout);
	bind_value(c, name, was);
	for (uint32_t i = 2; i < nout; i++)
		result_tv(c, i - 2, tv_of_var(out[i]));
}
