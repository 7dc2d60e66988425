/* script_peep.c: the small rewrites that torch does in a function before it is inlined (script.h):
 * those that need no shapes. Lists that somebody changes are left alone.
 */
#include "script.h"

static bool
is_cast_of_tensor(const JNode *n)
{
	return is_op(n, "aten::Float") || is_op(n, "aten::Int") ||
	       is_op(n, "aten::FloatImplicit") || is_op(n, "aten::IntImplicit") ||
	       is_op(n, "aten::ScalarImplicit");
}

/* Runs f over all nodes, those of inner blocks before the node that holds them. */
static bool
each_node(JBlock *b, bool (*f)(JNode *n, void *ctx), void *ctx)
{
	bool changed = false;

	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		for (uint32_t i = 0; i < n->nblock; i++)
			changed |= each_node(n->block[i], f, ctx);
		changed |= f(n, ctx);
	}
	return changed;
}

static bool
become_bool(JNode *n, bool v)
{
	jvalue_replace(n->out[0], jconst_before(n, (TArg){.kind = T_BOOL, .i = v},
	                                        n->owner->g->s->basic[TY_BOOL], n->at));
	return true;
}

static bool
become_int(JNode *n, int64_t i)
{
	jvalue_replace(n->out[0], jconst_before(n, targ_int(i), n->owner->g->s->basic[TY_INT],
	                                        n->at));
	return true;
}

static bool
become(JNode *n, JVal *v)
{
	jvalue_replace(n->out[0], v);
	return true;
}

static bool
tensor_node(JNode *n, UNUSED void *ctx)
{
	JNode *in = n->nin ? jin(n, 0)->node : 0;

	if (is_op(n, "aten::t") && is_op(in, "aten::t"))
		return become(n, jin(in, 0));
	if (in && n->nin == 1 && is_cast_of_tensor(n) && is_op(in, "prim::NumToTensor"))
		return become(n, jin(in, 0));
	return false;
}

/* ---- lists ---- */

static bool
list_slice(JNode *n, JNode *list)
{
	JGraph *g = n->owner->g;
	int64_t len = list->nin, from = 0, to = len, step = 1, v;
	JNode *made;

	if (const_int(jin(n, 1), &v))
		from = v < 0 ? MAX(v + len, 0) : MIN(v, len);
	if (const_int(jin(n, 2), &v))
		to = v < 0 ? MAX(v + len, 0) : MIN(v, len);
	if (n->nin > 3 && const_int(jin(n, 3), &v))
		step = v;
	if (step < 1)
		return false;
	made = jnode_new(g, J_LIST, 0, n->at);
	jnode_before(made, n);
	for (int64_t i = from; i < to; i += step)
		jinput_add(made, jin(list, (uint32_t)i));
	return become(n, joutput_add(made, n->out[0]->type));
}

static bool
list_sum(JNode *n, JNode *a, JNode *b)
{
	JNode *made = jnode_new(n->owner->g, J_LIST, 0, n->at);

	jnode_before(made, n);
	for (uint32_t i = 0; i < a->nin; i++)
		jinput_add(made, jin(a, i));
	for (uint32_t i = 0; i < b->nin; i++)
		jinput_add(made, jin(b, i));
	return become(n, joutput_add(made, n->out[0]->type));
}

static bool
list_node(JNode *n, void *ctx)
{
	Sharing *a = ctx;
	JNode *list = n->nin ? jin(n, 0)->node : 0;
	int64_t i;

	if (!list || list->kind != J_LIST || jin(n, 0)->type->kind != TY_LIST ||
	    sharing_written(a, jin(n, 0)))
		return false;
	if (n->kind == J_LIST_UNPACK && n->nout == list->nin) {
		for (uint32_t k = 0; k < n->nout; k++)
			jvalue_replace(n->out[k], jin(list, k));
		return n->nout != 0;
	}
	if (is_op(n, "aten::len"))
		return become_int(n, list->nin);
	if (is_op(n, "aten::__getitem__") && const_int(jin(n, 1), &i)) {
		i += i < 0 ? list->nin : 0;
		return i >= 0 && i < list->nin && become(n, jin(list, (uint32_t)i));
	}
	if (is_op(n, "aten::slice") && n->nin >= 3)
		return list_slice(n, list);
	if (is_op(n, "aten::add") && n->nin == 2 && jin(n, 1)->node->kind == J_LIST &&
	    !sharing_written(a, jin(n, 1)))
		return list_sum(n, list, jin(n, 1)->node);
	return false;
}

/* ---- dicts whose keys are known ---- */

static bool
keys_known(JNode *dict)
{
	for (uint32_t i = 0; i < dict->nin; i += 2)
		for (uint32_t k = 0; k <= i; k += 2) {
			const TArg *a = literal_of(jin(dict, i)), *b = literal_of(jin(dict, k));

			if (!a || !b || (i != k && literal_equal(a, b)))
				return false;
		}
	return true;
}

static bool
dict_node(JNode *n, void *ctx)
{
	JNode *dict = n->nin ? jin(n, 0)->node : 0;
	const TArg *key = n->nin > 1 ? literal_of(jin(n, 1)) : 0;
	bool len = is_op(n, "aten::len");

	if (!dict || dict->kind != J_DICT || (!len && !is_op(n, "aten::__getitem__")) ||
	    dict->nin > 64 || sharing_written(ctx, jin(n, 0)) || !keys_known(dict))
		return false;
	if (len)
		return become_int(n, dict->nin / 2);
	for (uint32_t i = 0; key && i < dict->nin; i += 2)
		if (literal_equal(key, literal_of(jin(dict, i))))
			return become(n, jin(dict, i + 1));
	return false;
}

/* ---- what needs to know who writes to a tensor ---- */

typedef struct Tensors {
	Sharing *sharing;
	VEC(JVal *) stale; /* whose memory is no longer as sharing says */
	Arena *arena;
} Tensors;

static bool
is_neutral(const JNode *n)
{
	static const struct {
		const char *op;
		int64_t neutral;
	} ops[] = {{"aten::mul", 1}, {"aten::add", 0}, {"aten::sub", 0}};
	int64_t v;

	if (!n->sig || strcmp(n->sig->schema->overload, "Scalar") != 0)
		return false;
	for (size_t i = 0; i < countof(ops); i++)
		if (is_op(n, ops[i].op) && const_int(jin(n, 1), &v) && v == ops[i].neutral)
			return i == 0 || (n->nin > 2 && const_int(jin(n, 2), &v) && v == 1);
	return false;
}

/* x * 1 becomes x, where it does not matter that the two are one tensor then. */
static bool
neutral_node(JNode *n, Tensors *t)
{
	JVal *in, *out = n->out[0];
	Sharing *a = t->sharing;

	if (!is_neutral(n) || jin(n, 0)->type->kind != TY_TENSOR)
		return false;
	in = jin(n, 0);
	if (sharing_written(a, in) || sharing_written(a, out) ||
	    (sharing_escapes(a, in) && sharing_escapes(a, out)))
		return false;
	for (uint32_t i = 0; i < t->stale.n; i++)
		if (sharing_same(a, t->stale.at[i], in) || sharing_same(a, t->stale.at[i], out))
			return false;
	vec_push(t->arena, &t->stale, in);
	vec_push(t->arena, &t->stale, out);
	return become(n, in);
}

static bool
written_node(JNode *n, void *ctx)
{
	static const char *const conv[] = {"aten::conv1d", "aten::conv2d", "aten::conv3d"};
	Tensors *t = ctx;

	for (int i = 0; is_op(n, "aten::dim") && i < 3; i++)
		if (is_op(jin(n, 0)->node, conv[i]) && !sharing_written(t->sharing, jin(n, 0)))
			return become_int(n, 3 + i);
	return n->nout == 1 && neutral_node(n, t);
}

static bool
tensor_writes(JGraph *g)
{
	Tensors t = {.sharing = sharing_new(g), .arena = g->s->arena};

	for (uint32_t i = 0; i < g->top->end->nin; i++)
		sharing_live(t.sharing, jin(g->top->end, i));
	return each_node(g->top, written_node, &t);
}

/* ---- numbers, None, conditions ---- */

/* Of two ints: the one that is known, as the second operand of a sum or product. */
static bool
known_int(JNode *n, int64_t *out)
{
	bool commutes = is_op(n, "aten::mul") || is_op(n, "aten::add");

	if (n->nin != 2 || jin(n, 0)->type->kind != TY_INT || jin(n, 1)->type->kind != TY_INT)
		return false;
	if (commutes && const_int(jin(n, 0), out)) {
		JVal *first = n->in[0];

		n->in[0] = n->in[1];
		n->in[1] = first;
		return true;
	}
	return const_int(jin(n, 1), out);
}

static bool
sum_node(JNode *n)
{
	JNode *dep;
	int64_t c, d, merged;

	if (!known_int(n, &c))
		return false;
	if (c == 0)
		return become(n, jin(n, 0));
	dep = jin(n, 0)->node;
	if ((!is_op(dep, "aten::add") && !is_op(dep, "aten::sub")) || !known_int(dep, &d))
		return false;
	if (dep->op == n->op ? __builtin_add_overflow(c, d, &merged)
	                     : __builtin_sub_overflow(c, d, &merged))
		return false;
	if (merged == 0)
		return become(n, jin(dep, 0));
	jinput_set(n, 0, jin(dep, 0));
	jinput_set(n, 1, jconst_before(n, targ_int(merged), n->owner->g->s->basic[TY_INT], n->at));
	return true;
}

static bool
must_be_none(const JVal *v)
{
	return v->type->kind == TY_NONE ||
	       (is_const(v) && v->type->kind == TY_OPTIONAL && v->node->value.kind == T_NONE);
}

static bool
cannot_be_none(const JVal *v)
{
	return v->type->kind != TY_NONE && v->type->kind != TY_OPTIONAL &&
	       v->type->kind != TY_UNION && v->type->kind != TY_ANY;
}

static bool
none_node(JNode *n)
{
	bool isnot = is_op(n, "aten::__isnot__");

	for (uint32_t i = 0; i < 2 && n->nin == 2; i++)
		if (must_be_none(jin(n, i)) && cannot_be_none(jin(n, 1 - i)))
			return become_bool(n, isnot);
	return false;
}

static bool
if_node(JNode *n)
{
	Script *s = n->owner->g->s;
	bool changed = false;

	for (uint32_t i = 0; i < n->nout; i++) {
		JVal *a = jin(n->block[0]->end, i), *b = jin(n->block[1]->end, i);
		bool then = false, orelse = true;

		const_bool(a, &then);
		const_bool(b, &orelse);
		if (n->out[i]->type->kind == TY_BOOL && then && !orelse && n->out[i]->nuse) {
			jvalue_replace(n->out[i], jin(n, 0));
			changed = true;
		}
		if (n->out[i]->type->kind == TY_OPTIONAL && a->type->kind != TY_OPTIONAL &&
		    b->type->kind != TY_OPTIONAL) {
			const Ty *t = ty_unify(s, a->type, b->type);

			n->out[i]->type = t ? t : n->out[i]->type;
			changed |= t != 0;
		}
	}
	return changed;
}

static bool
none_results(JNode *n)
{
	bool changed = false;

	for (uint32_t i = 0; n->kind != J_CONSTANT && i < n->nout; i++)
		if (n->out[i]->type->kind == TY_NONE) {
			jvalue_replace(n->out[i], jconst_before(n, (TArg){.kind = T_NONE},
			                                        n->out[i]->type, n->at));
			changed = true;
		}
	return changed;
}

static bool
is_plain(const Ty *t)
{
	return t->kind == TY_BOOL || t->kind == TY_INT || t->kind == TY_FLOAT || t->kind == TY_NONE;
}

static bool
equal_node(JNode *n)
{
	const Ty *t;

	if (n->nin != 2 || jin(n, 0) != jin(n, 1))
		return false;
	t = jin(n, 0)->type;
	return (is_plain(t) || (t->kind == TY_LIST && is_plain(t->item[0]))) &&
	       become_bool(n, is_op(n, "aten::eq"));
}

static bool
number_node(JNode *n, UNUSED void *ctx)
{
	bool changed = none_results(n);
	int64_t i;

	if (n->kind == J_IF)
		return if_node(n) || changed;
	if (n->kind == J_CAST && ty_is(jin(n, 0)->type, n->out[0]->type))
		return become(n, jin(n, 0));
	if (n->kind != J_OP)
		return changed;
	if (is_op(n, "aten::__is__") || is_op(n, "aten::__isnot__"))
		return none_node(n) || changed;
	if ((is_op(n, "aten::Int") || is_op(n, "aten::ceil")) && n->nin == 1 &&
	    jin(n, 0)->type->kind == TY_INT)
		return become(n, jin(n, 0));
	if (is_op(n, "aten::eq") || is_op(n, "aten::ne"))
		return equal_node(n) || changed;
	if (is_op(n, "aten::mul") || is_op(n, "aten::floordiv") || is_op(n, "aten::div"))
		return (known_int(n, &i) && i == 1 && become(n, jin(n, 0))) || changed;
	if (is_op(n, "aten::add") || is_op(n, "aten::sub"))
		return sum_node(n) || changed;
	return changed;
}

void
pass_peephole(JGraph *g)
{
	bool changed = each_node(g->top, tensor_node, 0);

	changed |= each_node(g->top, list_node, sharing_new(g));
	changed |= each_node(g->top, dict_node, sharing_new(g));
	changed |= tensor_writes(g);
	changed |= each_node(g->top, number_node, 0);
	if (changed)
		pass_dce(g);
}
