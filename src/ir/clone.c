/* clone.c: deep copies of blocks and programs. Types, names, tensors and spans are shared: they
 * never change. `vars` maps each old Var to its copy; a Var that it lacks belongs to an enclosing
 * block that is not copied, and is used as it is.
 */
#include "ir.h"

static Var *
mapped(const Map *vars, Var *v)
{
	Var *copy = map_get(vars, KEY(v));

	return copy ? copy : v;
}

static void
clone_facts(Map *vars, Var *from, Var *to)
{
	Var keep = *to;

	*to = *from;
	to->id = keep.id;
	to->def = keep.def;
	to->param_of = keep.param_of;
	to->uses = NULL;
	map_put(vars, KEY(from), to);
}

static void clone_into(Block *from, Block *to, Map *vars);

static void
clone_inst(Inst *i, Block *into, Map *vars)
{
	Func *f = into->func;
	Arena *a = f->prog->arena;
	Inst *n = inst_new(f, i->op, i->name, i->nout, i->span);

	inst_insert(into, NULL, n);
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		const Arg *arg = &i->arg[k];
		Var **v;
		if (arg->n == 0)
			continue;
		v = newn(a, Var *, arg->n);
		for (uint32_t j = 0; j < arg->n; j++)
			v[j] = mapped(vars, arg->u[j]->var);
		inst_set_arg_list(n, (int)k, v, arg->n);
	}
	if (i->nblock)
		n->block = newn(a, Block *, i->nblock);
	n->nblock = i->nblock;
	for (uint32_t k = 0; k < i->nblock; k++) {
		n->block[k] = block_new(f, n);
		clone_into(i->block[k], n->block[k], vars);
	}
	for (uint32_t k = 0; k < i->nout; k++)
		clone_facts(vars, i->out[k], n->out[k]);
}

static void
clone_into(Block *from, Block *to, Map *vars)
{
	Arena *a = to->func->prog->arena;
	Var **out = newn(a, Var *, from->nout);

	for (uint32_t k = 0; k < from->nparam; k++) {
		Var *p = from->param[k];
		clone_facts(vars, p, block_add_param(to, p->name, p->type));
	}
	for each_inst (i, from)
		clone_inst(i, to, vars);
	for (uint32_t k = 0; k < from->nout; k++)
		out[k] = mapped(vars, from->out[k]->var);
	block_set_outputs(to, out, from->nout);
}

Func *
func_clone(const Func *f, Program *into, const Str *name)
{
	Func *g = func_new(into, NULL, f->span);
	Map vars;

	map_init(&vars, into->arena);
	g->name = name;
	g->opset = f->opset;
	g->number = f->number;
	g->param_span = f->param_span;
	clone_into(f->body, g->body, &vars);
	return g;
}

Program *
program_clone_into(const Program *p, Arena *a)
{
	Program *n = program_new(a, p->names, p->types, p->diag);

	n->default_func = p->default_func;
	n->multifunction = p->multifunction;
	n->skip_all_passes = p->skip_all_passes;
	n->span = p->span;
	n->counts = p->counts;
	n->next_new = p->next_new;
	for (uint32_t k = 0; k < p->funcs.n; k++)
		vec_push(n->arena, &n->funcs,
		         func_clone(p->funcs.at[k], n, p->funcs.at[k]->name));
	return n;
}

Program *
program_clone(const Program *p)
{
	return program_clone_into(p, p->arena);
}

void
block_inline(Block *to, const Func *from, Var *const *in, Var **out)
{
	const Block *body = from->body;
	Map vars;

	map_init(&vars, to->func->prog->arena);
	for (uint32_t k = 0; k < body->nparam; k++)
		map_put(&vars, KEY(body->param[k]), in[k]);
	for each_inst (i, body)
		clone_inst(i, to, &vars);
	for (uint32_t k = 0; k < body->nout; k++)
		out[k] = mapped(&vars, body->out[k]->var);
}
