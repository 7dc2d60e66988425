/* script_ssa.c: variables of a compiled function become values (script.h). Conditions and loops get
 * operands and results for what is assigned in them; conditions of loops move into place; then
 * loads and stores go.
 */
#include <stdlib.h>

#include "script.h"

/* Variables in a block, by name: their types, or what they hold. */
typedef struct Vars Vars;
struct Vars {
	Vars *next;
	Map map;
	StrList name;
};

static Vars *
env_new(Script *s, Vars *next)
{
	Vars *e = new (s->arena, Vars);

	e->next = next;
	map_init(&e->map, s->arena);
	return e;
}

static void
env_set(Script *s, Vars *e, const Str *name, const void *v)
{
	if (!map_get(&e->map, KEY(name)))
		vec_push(s->arena, &e->name, name);
	map_put(&e->map, KEY(name), (void *)(uintptr_t)v);
}

static void *
env_get(const Vars *e, const Str *name)
{
	for (; e; e = e->next) {
		void *v = map_get(&e->map, KEY(name));

		if (v)
			return v;
	}
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	const Str *x = *(const Str *const *)a, *y = *(const Str *const *)b;

	return strcmp(x->s, y->s);
}

static void
sort_names(StrList *l)
{
	if (l->n)
		qsort(l->at, l->n, sizeof *l->at, by_text);
}

/* ---- loads and stores around blocks ---- */

static JNode *
load_new(JGraph *g, const Str *name)
{
	JNode *n = jnode_new(g, J_LOAD, 0, NOSPAN);

	n->attr = name;
	return n;
}

static void
store_after(JGraph *g, const Str *name, JVal *v, JNode *at)
{
	JNode *n = jnode_new(g, J_STORE, 0, NOSPAN);

	n->attr = name;
	jnode_after(n, at);
	jinput_add(n, v);
}

static void
add_block_input(JBlock *b, const Ty *t, const Str *name)
{
	JVal *v = joutput_add(b->param, t);

	jvalue_name(v, name);
	store_after(b->g, name, v, b->param);
}

static void
add_block_output(JBlock *b, const Ty *t, const Str *name)
{
	JNode *n = load_new(b->g, name);

	jnode_before(n, b->end);
	jinput_add(b->end, joutput_add(n, t));
}

static void
add_node_input(JNode *n, const Ty *t, const Str *name)
{
	JNode *l = load_new(n->owner->g, name);

	jnode_before(l, n);
	jinput_add(n, joutput_add(l, t));
}

static void
add_node_output(JNode *n, const Ty *t, const Str *name)
{
	JVal *v = joutput_add(n, t);

	if (meaningful(name))
		jvalue_name(v, name);
	store_after(n->owner->g, name, v, n);
}

static Vars *surround(JBlock *b, Vars *outer);

static void
surround_if(JNode *n, Vars *outer)
{
	Script *s = n->owner->g->s;
	Vars *env[2];
	StrList both = {0};

	for (int i = 0; i < 2; i++)
		env[i] = surround(n->block[i], outer);
	for (int i = 0; i < 2; i++)
		for (uint32_t k = 0; k < env[i]->name.n; k++) {
			const Str *name = env[i]->name.at[k];

			if (env_get(env[1 - i], name) &&
			    !(i == 1 && map_get(&env[0]->map, KEY(name))))
				vec_push(s->arena, &both, name);
		}
	sort_names(&both);
	for (uint32_t k = 0; k < both.n; k++) {
		const Ty *then = env_get(env[0], both.at[k]), *orelse = env_get(env[1], both.at[k]);
		const Ty *t = ty_unify(s, then, orelse);

		if (!t)
			continue;
		add_block_output(n->block[0], then, both.at[k]);
		add_block_output(n->block[1], orelse, both.at[k]);
		add_node_output(n, t, both.at[k]);
	}
}

static void
surround_loop(JNode *n, Vars *outer)
{
	Script *s = n->owner->g->s;
	JBlock *body = n->block[0];
	Vars *env = surround(body, outer);

	sort_names(&env->name);
	for (uint32_t k = 0; k < env->name.n; k++) {
		const Str *name = env->name.at[k];
		const Ty *before = env_get(outer, name), *inside = map_get(&env->map, KEY(name));
		const Ty *t = before ? ty_unify(s, before, inside) : 0;

		if (!t)
			continue;
		add_node_input(n, before, name);
		add_block_input(body, t, name);
		add_block_output(body, inside, name);
		add_node_output(n, t, name);
	}
}

static Vars *
surround(JBlock *b, Vars *outer)
{
	Script *s = b->g->s;
	Vars *e = env_new(s, outer);

	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		if (n->kind == J_IF)
			surround_if(n, e);
		else if (n->kind == J_LOOP)
			surround_loop(n, e);
		else if (n->kind == J_STORE)
			env_set(s, e, n->attr, jin(n, 0)->type);
	}
	return e;
}

/* ---- break and continue ---- */

/* What the loop carries, loaded where it is left. */
static void
add_carried(JNode *leave, JNode *loop)
{
	JNode *end = loop->block[0]->end;

	for (uint32_t i = 0; i < end->nin; i++) {
		JNode *l = jin(end, i)->node, *c;

		c = load_new(loop->owner->g, l->attr);
		jnode_before(c, leave);
		jinput_add(leave, joutput_add(c, l->out[0]->type));
	}
}

/* The nodes of a block, copied in front of a node; the value of its output. */
static JVal *
inline_copy(JBlock *b, JNode *at)
{
	JGraph *g = b->g;
	JNode *was = g->at;
	JVal *v;

	jcopy_begin(g->s);
	g->at = at;
	for (JNode *n = first_node(b); n != b->end; n = n->next)
		jnode_clone(g, n);
	v = jcopy_of(g->s, b->end->in[0]);
	g->at = was;
	return v;
}

static void
leave_loops(JBlock *b, JNode *loop, JVal *no)
{
	JGraph *g = b->g;
	JNode *next;

	for (JNode *n = first_node(b); n != b->end; n = next) {
		JNode *leave;

		next = n->next;
		if (n->kind == J_IF)
			for (uint32_t i = 0; i < 2; i++)
				leave_loops(n->block[i], loop, no);
		if (n->kind == J_LOOP)
			leave_loops(n->block[0], n, no);
		if ((n->kind != J_BREAK && n->kind != J_CONTINUE) || !loop)
			continue;
		leave = jnode_new(g, J_CONTINUATION, 0, n->at);
		jnode_after(leave, n);
		jinput_add(leave,
		           n->kind == J_BREAK ? no : inline_copy(loop->block[1], leave));
		add_carried(leave, loop);
		jnode_destroy(n);
	}
}

/* ---- conditions of loops ---- */

static void
place_condition(JNode *n)
{
	JBlock *body = n->block[0], *cond = n->block[1];
	JNode *next;

	jinput_insert(n, 1, inline_copy(cond, n));
	for (JNode *c = first_node(cond); c != cond->end; c = next) {
		next = c->next;
		jnode_before(c, body->end);
	}
	jinput_insert(body->end, 0, jin(cond->end, 0));
	jinput_remove(cond->end, 0);
	n->nblock = 1;
}

static void
place_conditions(JBlock *b)
{
	for (JNode *n = first_node(b); n != b->end; n = n->next) {
		for (uint32_t i = 0; i < n->nblock; i++)
			place_conditions(n->block[i]);
		if (n->kind == J_LOOP)
			place_condition(n);
	}
}

/* ---- loads and stores go ---- */

static void
erase(JBlock *b, Vars *outer)
{
	Script *s = b->g->s;
	Vars *e = env_new(s, outer);
	JNode *next;

	for (JNode *n = first_node(b); n != b->end; n = next) {
		next = n->next;
		if (n->kind == J_STORE) {
			env_set(s, e, n->attr, jin(n, 0));
			jnode_destroy(n);
		} else if (n->kind == J_LOAD) {
			JVal *v = env_get(e, n->attr);

			if (v)
				jvalue_replace(n->out[0], v);
			else
				script_fail(s, n->at, "there is no value '%s'", n->attr->s);
			jnode_destroy(n);
		} else {
			for (uint32_t i = 0; i < n->nblock; i++)
				erase(n->block[i], e);
		}
	}
}

static bool
is_loop(const JNode *n)
{
	return n->kind == J_LOOP;
}

void
pass_ssa(JGraph *g)
{
	surround(g->top, 0);
	if (any_node(g->top, is_loop)) {
		g->at = first_node(g->top);
		leave_loops(g->top, 0, jconst_bool(g, false, NOSPAN));
		place_conditions(g->top);
	}
	erase(g->top, 0);
	g->at = g->top->end;
	pass_exits(g);
}
