/* plumbing.c: lists, tuples, constants, and what has no meaning when nothing is trained. Nothing is
 * computed here: names get values.
 */
#include "broadcast.h"

/* A number of TorchScript is one constant of the program wherever it is a value: loops that carry
 * it along see that it stays the same. Handlers see the number. */
HANDLER(constant)
{
	const TArg *v = &c->node->value;
	TArg boolean = {.kind = T_BOOL, .i = v->kind == T_INT && v->i};
	Tv t;

	if (v->kind == T_TENSOR) {
		RESULT(v->tensor->quant ? quantized_const(c, v->tensor, c->node->name)
		                        : aten_const(c, v->tensor->t, c->node->name));
		return;
	}
	t = *tv_of(c, c->node->nout && c->node->out[0].is_bool && v->kind == T_INT ? &boolean : v);
	if (tv_is_number(&t))
		t.made = aten_const(c, tv_tensor(c, &t), c->node->name);
	result_tv(c, 0, t);
}

HANDLER(listconstruct)
{
	uint32_t n = c->node->nin;
	Tv *item = newn(c->arena, Tv, n + 1);

	for (uint32_t i = 0; i < n; i++)
		item[i] = *operand_at(c, i);
	result_tv(c, 0, (Tv){.kind = TV_LIST, .list = {item, n}});
}

/* Element i of a value: a number where it is known. */
static Tv
element(AtenCtx *c, Var *v, uint32_t i)
{
	return v->val ? tv_element(v->val, i) : tv_of_var(OP(gather, X(v), INT("indices", i)));
}

/* A shape, or a vector whose value is known, falls apart into numbers; any other value is one. */
HANDLER(tupleunpack)
{
	const Tv *t = operand_at(c, 0);
	uint32_t want = c->node->nout, n = 1;

	if (c->failed)
		return;
	if (t->kind == TV_LIST) {
		n = t->list.n;
		for (uint32_t i = 0; i < n && n == want; i++)
			result_tv(c, i, t->list.item[i]);
	} else if (t->kind == TV_VAR && rank_of(t->var) == 1 &&
	           (t->var->val || inst_is(t->var->def, OP_shape))) {
		n = (uint32_t)dim_of(t->var, 0);
		for (uint32_t i = 0; i < n && n == want && !c->failed; i++)
			result_tv(c, i, element(c, t->var, i));
	} else if (want == 1)
		result_tv(c, 0, *t);
	if (n != want)
		aten_fail(c, "%u values are unpacked into %u names", n, want);
}

HANDLER(getitem)
{
	const Tv *t = operand_at(c, 0);
	int64_t i = tv_int(c, operand_at(c, 1), "an index"), n;

	if (c->failed)
		return;
	if (t->kind == TV_VAR && dim_of(t->var, 0) > 1 && inst_is(t->var->def, OP_shape)) {
		n = dim_of(t->var, 0);
		if (i < -n || i >= n)
			aten_fail(c, "a shape of %lld numbers has no element %lld", (long long)n,
			          (long long)i);
		else
			result_tv(c, 0, element(c, t->var, (uint32_t)(i < 0 ? i + n : i)));
		return;
	}
	if (t->kind != TV_LIST) {
		if (t->kind != TV_VAR || i)
			aten_fail(c, "an element is taken of something that is no list");
		result_tv(c, 0, *t);
		return;
	}
	n = t->list.n;
	if (i < -n || i >= n) {
		aten_fail(c, "a list of %lld has no element %lld", (long long)n, (long long)i);
		return;
	}
	t = &t->list.item[i < 0 ? i + n : i];
	if (t->kind == TV_NONE)
		aten_fail(c, "element %lld of the list has no value: the operation that makes it "
		             "gives fewer results here",
		          (long long)i);
	result_tv(c, 0, *t);
}

/* What only asserts gives nothing. */
HANDLER(noop)
{
	if (c->node->nout && c->node->nin)
		result_tv(c, 0, *operand_at(c, 0));
}

HANDLER(append)
{
	const Tv *list = operand_at(c, 0), *value = operand_at(c, 1);
	Tv *item;

	if (c->failed)
		return;
	if (list->kind == TV_LIST) {
		item = newn(c->arena, Tv, list->list.n + 1);
		if (list->list.n)
			memcpy(item, list->list.item, list->list.n * sizeof *item);
		item[list->list.n] = *value;
		result_tv(c, 0, (Tv){.kind = TV_LIST, .list = {item, list->list.n + 1}});
	} else if (list->kind == TV_VAR && list->var->type->kind == TY_LIST) {
		Var *at = OP(list_length, VAR("ls", list->var));

		RESULT(NAMED(list_write, VAR("ls", list->var), VAR("index", at),
		             VAR("value", tv_var(c, value, "an element"))));
	} else
		aten_fail(c, "append takes a list");
}
