/* sanitize_name_strings.c: all instructions and values get names that a file may hold.
 *
 *   %0.w = relu(x=%x)[name="0.w"]  ->  %var_0_w = relu(x=%x)[name="op_0_w"]
 *
 * Most programs have none to change; one look at each name shows that.
 */
#include "sanitize.h"

typedef struct Pair {
	Sanitizer vars, ops;
} Pair;

static bool
block_is_sane(const Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		if (!name_is_sane(b->param[k]->name))
			return false;
	for (const Inst *i = b->first; i; i = i->next) {
		if (i->name && !name_is_sane(i->name))
			return false;
		for (uint32_t k = 0; k < i->nout; k++)
			if (i->out[k]->name && i->out[k]->name != i->name &&
			    !name_is_sane(i->out[k]->name))
				return false;
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!block_is_sane(i->block[k]))
				return false;
	}
	return true;
}

static void
sanitize_block(Pair *p, Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++) {
		if (b->parent)
			b->param[k]->name = sanitize(&p->vars, b->param[k]->name);
		else
			sanitize_input(&p->vars, b->param[k]);
	}
	for (Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nblock; k++)
			sanitize_block(p, i->block[k]);
		for (uint32_t k = 0; k < i->nout; k++)
			if (i->out[k]->name)
				sanitize_output(&p->vars, i->out[k],
				                !b->parent && !name_is_sane(i->out[k]->name) &&
				                    var_is_output(i->out[k]));
	}
	for (Inst *i = b->first; i; i = i->next)
		if (i->name)
			i->name = sanitize(&p->ops, i->name);
}

bool
pass_sanitize_name_strings(PassCtx *c)
{
	bool has_main = false;

	for (uint32_t f = 0; f < c->prog->funcs.n; f++)
		has_main |= str_is(c->prog->funcs.at[f]->name, "main");
	for (uint32_t f = 0; has_main && f < c->prog->funcs.n; f++) {
		Func *fu = c->prog->funcs.at[f];
		Pair p = {.vars = {.c = c, .prefix = "var_"}, .ops = {.c = c, .prefix = "op_"}};
		if (block_is_sane(fu->body))
			continue;
		nameset_init(&p.vars.met, c->arena, c->prog->names);
		nameset_init(&p.ops.met, c->arena, c->prog->names);
		sanitize_block(&p, fu->body);
		if (p.vars.changed || p.ops.changed)
			func_changed(fu);
	}
	return true;
}
