/* script_fold.c: constants (script.h): computing what is known, with conditions on it and loops
 * that do not run; and keeping one of equal constants, in front of all nodes.
 */
#include "script.h"

static bool fold_block(JBlock *b);

/* ---- conditions and loops ---- */

/* The nodes of the branch that is taken, in place of the condition. */
static void
inline_branch(JNode *n, uint32_t which)
{
	JBlock *b = n->block[which];
	JNode *next;

	for (JNode *m = first_node(b); m != b->end; m = next) {
		next = m->next;
		jnode_before(m, n);
	}
	for (uint32_t i = 0; i < n->nout; i++)
		jvalue_replace(n->out[i], jin(b->end, i));
	jnode_destroy(n);
}

static void
drop_if_output(JNode *n, uint32_t i, JVal *by)
{
	jvalue_replace(n->out[i], by);
	joutput_remove(n, i);
	jinput_remove(n->block[0]->end, i);
	jinput_remove(n->block[1]->end, i);
}

static bool
same_constant(const JVal *a, const JVal *b)
{
	return is_const(a) && is_const(b) && a->type == b->type &&
	       literal_equal(&a->node->value, &b->node->value);
}

/* Results that are the same in both branches. */
static bool
simplify_if(JNode *n)
{
	uint32_t before = n->nout;

	for (uint32_t i = 0; i < n->nout;) {
		JVal *a = jin(n->block[0]->end, i), *b = jin(n->block[1]->end, i);

		if (a == b) {
			drop_if_output(n, i, a);
		} else if (same_constant(a, b)) {
			drop_if_output(n, i, jconst_before(n, a->node->value, a->type, NOSPAN));
		} else {
			i++;
		}
	}
	return n->nout != before;
}

/* What a loop carries without changing it. */
static bool
simplify_loop(JNode *n)
{
	JBlock *body = n->block[0];
	uint32_t before = n->nout;

	for (uint32_t i = n->nout; i-- > 0;) {
		JVal *in;

		if (body->param->out[i + 1] != jin(body->end, i + 1))
			continue;
		in = jin(n, i + 2);
		jvalue_replace(n->out[i], in);
		jvalue_replace(body->param->out[i + 1], in);
		joutput_remove(n, i);
		jinput_remove(n, i + 2);
		joutput_remove(body->param, i + 1);
		jinput_remove(body->end, i + 1);
	}
	return n->nout != before;
}

static bool
never_runs(JNode *n)
{
	int64_t count;
	bool cond;

	return (const_int(jin(n, 0), &count) && count <= 0) ||
	       (const_bool(jin(n, 1), &cond) && !cond);
}

static void
drop_loop(JNode *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		jvalue_replace(n->out[i], jin(n, i + 2));
	jnode_destroy(n);
}

/* ---- nodes ---- */

static bool
can_compute(const JNode *n)
{
	if (n->nblock || has_effects(n))
		return false;
	switch (n->kind) {
	case J_OP:
	case J_TUPLE:
	case J_TUPLE_INDEX:
	case J_CAST:
		break;
	default:
		return false;
	}
	for (uint32_t i = 0; i < n->nin; i++)
		if (jv(n->in[i])->type->mutable)
			return false;
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i]->type->mutable)
			return false;
	return true;
}

static bool
compute(JNode *n)
{
	TArg a;

	if (!eval_node(n->owner->g->s, n, &a))
		return false;
	jvalue_replace(n->out[0], jconst_before(n, a, n->out[0]->type, n->at));
	return true;
}

static bool
fold_node(JNode *n)
{
	bool known = true, changed = false, cond;

	for (uint32_t i = 0; i < n->nin; i++)
		known &= is_const(jin(n, i));
	if (n->kind == J_IF && const_bool(jin(n, 0), &cond)) {
		fold_block(n->block[cond ? 0 : 1]);
		inline_branch(n, cond ? 0 : 1);
		return true;
	}
	if (n->kind == J_LOOP && never_runs(n)) {
		drop_loop(n);
		return true;
	}
	if (known && can_compute(n))
		return compute(n);
	for (uint32_t i = 0; i < n->nblock; i++)
		changed |= fold_block(n->block[i]);
	if (n->kind == J_IF)
		changed |= simplify_if(n);
	if (n->kind == J_LOOP)
		changed |= simplify_loop(n);
	return changed;
}

static bool
fold_block(JBlock *b)
{
	bool changed = false;
	JNode *next;

	for (JNode *n = first_node(b); n != b->end; n = next) {
		next = n->next;
		changed |= fold_node(n);
	}
	return changed;
}

bool
pass_fold(JGraph *g)
{
	bool changed = !g->s->failed && fold_block(g->top);

	if (changed)
		pass_dce(g);
	return changed;
}

/* ---- pooling ---- */

typedef struct Pooled Pooled;
struct Pooled {
	JNode *node;
	Pooled *next; /* with the same hash */
};

static uint64_t
literal_hash(const TArg *a, uint64_t h)
{
	h = hash_bytes(&a->kind, sizeof a->kind, h);
	switch (a->kind) {
	case T_NONE:
		return h;
	case T_LIST:
		for (uint32_t i = 0; i < a->list.n; i++)
			h = literal_hash(&a->list.item[i], h);
		return h;
	case T_FLOAT:
	case T_COMPLEX: {
		double d = a->f[0] == 0 ? 0 : a->f[0];

		return hash_bytes(&d, sizeof d, h);
	}
	default:
		return hash_bytes(&a->i, sizeof a->i, h);
	}
}

static void
pool_constant(Map *m, JNode *n, JNode *first)
{
	JGraph *g = n->owner->g;
	uint64_t h = literal_hash(&n->value, KEY(n->out[0]->type)) | 1;
	Pooled *p = map_get(m, h), *made;

	for (Pooled *q = p; q; q = q->next)
		if (same_constant(q->node->out[0], n->out[0])) {
			jvalue_replace(n->out[0], q->node->out[0]);
			jnode_destroy(n);
			return;
		}
	made = new (g->s->arena, Pooled);
	*made = (Pooled){n, p};
	map_put(m, h, made);
	if (n != first)
		jnode_before(n, first);
}

static void
pool_block(Map *m, JBlock *b)
{
	JNode *next;

	for (JNode *n = first_node(b); n != b->end; n = next) {
		next = n->next;
		for (uint32_t i = 0; i < n->nblock; i++)
			pool_block(m, n->block[i]);
		if (n->kind == J_CONSTANT)
			pool_constant(m, n, first_node(b->g->top));
	}
}

void
pass_pool(JGraph *g)
{
	Map m;

	map_init(&m, g->s->arena);
	pool_block(&m, g->top);
}
