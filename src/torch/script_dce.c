/* script_dce.c: what nobody needs goes (script.h): nodes whose results are not used, which do
 * nothing else, and write to nothing that is needed; results of conditions and loops.
 */
#include "script.h"

typedef struct Dce {
	Sharing *alias; /* 0: no node writes */
	uint32_t stamp; /* mark of live values and nodes */
} Dce;

static bool mark_block(Dce *d, JBlock *b);

bool
has_effects(const JNode *n)
{
	switch (n->kind) {
	case J_CALL:
	case J_PRINT:
	case J_ENTER:
	case J_EXIT:
	case J_RETURN:
		return true;
	case J_OP:
		return str_is(n->op, "prim::RaiseException") || str_is(n->op, "aten::warn") ||
		       str_is(n->op, "aten::manual_seed") || str_is(n->op, "aten::wait") ||
		       str_is(n->op, "aten::save");
	default:
		return false;
	}
}

static bool
writes(const JNode *n)
{
	if (n->kind == J_SETATTR)
		return true;
	for (uint32_t i = 0; n->sig && i < n->sig->narg; i++)
		if (n->sig->arg[i].write)
			return true;
	return false;
}

static bool
effects_inside(Dce *d, const JNode *n)
{
	if (has_effects(n) || (writes(n) && sharing_writes_wild(d->alias, n)))
		return true;
	for (uint32_t i = 0; i < n->nblock; i++)
		for (JNode *m = first_node(n->block[i]); m != n->block[i]->end; m = m->next)
			if (effects_inside(d, m))
				return true;
	return false;
}

static bool
live(const Dce *d, const JVal *v)
{
	return v->mark == d->stamp;
}

static void
set_live(Dce *d, JVal *v)
{
	if (live(d, v))
		return;
	v->mark = d->stamp;
	if (d->alias)
		sharing_live(d->alias, v);
}

static bool
mark_node(Dce *d, JNode *n)
{
	if (n->mark == d->stamp)
		return false;
	n->mark = d->stamp;
	if (n->owner->owner)
		mark_node(d, n->owner->owner);
	for (uint32_t i = 0; i < n->nin; i++)
		set_live(d, jin(n, i));
	return true;
}

/* The end of a block needs those values only that are used around it. */
static bool
mark_end(Dce *d, JBlock *b)
{
	JNode *n = b->owner, *end = b->end;

	if (end->mark == d->stamp)
		return false;
	if (!n)
		return mark_node(d, end);
	if (n->kind == J_LOOP) {
		for (uint32_t i = 0; i < n->nout; i++)
			if (live(d, n->out[i]) || b->param->out[i + 1]->nuse)
				set_live(d, jin(end, i + 1));
		set_live(d, jin(end, 0));
	} else {
		for (uint32_t i = 0; i < n->nout; i++)
			if (live(d, n->out[i]))
				set_live(d, jin(end, i));
	}
	end->mark = d->stamp;
	return true;
}

static bool
mark_if_live(Dce *d, JNode *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (live(d, n->out[i]))
			return mark_node(d, n);
	if (writes(n) && sharing_writes_live(d->alias, n))
		return mark_node(d, n);
	return false;
}

static bool
mark_block(Dce *d, JBlock *b)
{
	bool any = false;

	for (JNode *n = first_node(b); n != b->end; n = n->next)
		if (effects_inside(d, n))
			any |= mark_node(d, n);
	any |= mark_end(d, b);
	for (JNode *n = b->end->prev; n != b->param; n = n->prev) {
		bool more;

		do {
			more = false;
			for (uint32_t i = 0; i < n->nblock; i++)
				more |= mark_block(d, n->block[i]);
			any |= more;
		} while (more && n->kind == J_LOOP);
		any |= mark_if_live(d, n);
	}
	return any;
}

static void
drop_outputs(JNode *n)
{
	for (uint32_t i = n->nout; i-- > 0;) {
		bool loop = n->kind == J_LOOP;

		if (n->out[i]->nuse || (loop && n->block[0]->param->out[i + 1]->nuse))
			continue;
		joutput_remove(n, i);
		for (uint32_t k = 0; k < n->nblock; k++)
			jinput_remove(n->block[k]->end, loop ? i + 1 : i);
		if (loop) {
			jinput_remove(n, i + 2);
			joutput_remove(n->block[0]->param, i + 1);
		}
	}
}

static void
sweep(Dce *d, JBlock *b)
{
	JNode *prev;

	for (JNode *n = b->end->prev; n != b->param; n = prev) {
		bool used = n->mark == d->stamp;

		prev = n->prev;
		if (n->kind == J_IF || n->kind == J_LOOP)
			drop_outputs(n);
		for (uint32_t i = 0; i < n->nblock; i++)
			sweep(d, n->block[i]);
		for (uint32_t i = 0; i < n->nout; i++)
			used |= n->out[i]->nuse != 0;
		if (!used)
			jnode_destroy(n);
	}
}

void
pass_dce(JGraph *g)
{
	Dce d = {.stamp = ++g->s->stamp};

	if (g->s->failed)
		return;
	if (any_node(g->top, writes))
		d.alias = sharing_new(g);
	mark_node(&d, g->top->end);
	mark_block(&d, g->top);
	sweep(&d, g->top);
}
