/* control.c: branches and loops written as layers.
 *
 * Blobs are variables: a network inside a branch or loop may write one that stands outside. So a
 * loop variable is one blob: what enters is copied into it, the body writes it again, and when the
 * loop ends it holds the result.
 */
#include "lower.h"

void
nn_copy(Nn *n, Blob from, Blob to)
{
	nn_layer1(n, nn_temp(n, to, "_copy"), "copy", from, to);
}

Msg *
nn_enter(Nn *n, Msg *net)
{
	Msg *outer = n->net;

	n->net = net;
	n->depth++;
	n->deepest = MAX(n->deepest, n->depth);
	return outer;
}

void
nn_leave(Nn *n, Msg *outer)
{
	n->net = outer;
	n->depth--;
}

static bool
lower_branch(Nn *n, Msg *net, const Block *b, const Inst *i)
{
	Msg *outer = nn_enter(n, net);
	bool ok = nn_block(n, b);

	for (uint32_t k = 0; ok && k < b->nout; k++)
		nn_copy(n, nn_name(n, b->out[k]->var), nn_name(n, i->out[k]));
	nn_leave(n, outer);
	return ok;
}

bool
nn_cond(Nn *n, const Inst *i)
{
	Blob pred = nn_blob(n, inst_arg(i, "pred"));
	Msg *p = nn_layer(n, nn_name(n, i->out[0]), "branch", &pred, 1, NULL, 0);
	Msg *yes = msg_sub(p, "ifBranch"), *no = msg_sub(p, "elseBranch");

	return lower_branch(n, yes, i->block[0], i) && lower_branch(n, no, i->block[1], i);
}

static void
name_params(Nn *n, const Block *b, const Inst *i)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		map_put(n->names, KEY(b->param[k]), (void *)(uintptr_t)nn_name(n, i->out[k]));
}

bool
nn_while(Nn *n, const Inst *i)
{
	const Arg *vars = inst_args(i, "loop_vars");
	const Block *cond = i->block[0], *body = i->block[1];
	Msg *p, *outer;
	bool ok;

	for (uint32_t k = 0; k < vars->n; k++)
		nn_copy(n, nn_blob(n, arg_at(vars, k)), nn_name(n, i->out[k]));
	name_params(n, cond, i);
	name_params(n, body, i);
	p = nn_layer(n, nn_temp(n, nn_name(n, i->out[0]), "_loop"), "loop", NULL, 0, NULL, 0);
	outer = nn_enter(n, msg_sub(p, "conditionNetwork"));
	ok = nn_block(n, cond);
	msg_string(p, "conditionVar", nn_name(n, cond->out[0]->var));
	n->net = msg_sub(p, "bodyNetwork");
	if (ok) {
		NnConst *loaded = n->loaded;
		ok = nn_block(n, body);
		/* A variable that another one's copy would overwrite before it is read goes
		 * through a blob of its own. */
		Blob *from = newn(n->arena, Blob, MAX(body->nout, 1));
		for (uint32_t k = 0; k < body->nout; k++) {
			Var *v = body->out[k]->var;
			from[k] = nn_name(n, v); /* nn_block() has loaded it if it is a constant */
			if (v->param_of == body && v->index < k) {
				Blob kept = nn_temp(n, from[k], "_kept");
				nn_copy(n, from[k], kept);
				from[k] = kept;
			}
		}
		for (uint32_t k = 0; k < body->nout; k++)
			if (body->out[k]->var != body->param[k])
				nn_copy(n, from[k], nn_name(n, body->param[k]));
		n->loaded = loaded;
	}
	nn_leave(n, outer);
	/* The peer loads what the body gives as constants behind the loop once more. */
	for (uint32_t k = 0; k < body->nout && ok; k++)
		nn_blob(n, body->out[k]->var);
	return ok;
}
