/* images.c: see images.h. */
#include "images.h"

Func *
image_func(PassCtx *c)
{
	if (!c->opt || !c->opt->ninput)
		return NULL;
	for (uint32_t k = 0; k < c->prog->funcs.n; k++)
		if (str_is(c->prog->funcs.at[k]->name, "main"))
			return c->prog->funcs.at[k];
	return NULL;
}

Var *
image_input(PassCtx *c, Func *f, uint32_t k)
{
	const InputSpec *in = &c->opt->input[k];

	if (in->color == COLOR_NONE)
		return NULL;
	for (uint32_t p = 0; p < f->body->nparam; p++) {
		Var *v = f->body->param[p];
		if (in->name && v->name == in->name && v->type->kind == TY_TENSOR)
			return v;
	}
	return NULL;
}

bool
image_stays(PassCtx *c, uint32_t k, const Var *v)
{
	return !var_leaves_block(v) ||
	       diag_error(c->prog->diag, c->opt->input[k].span,
	                  "image input '%s' is returned as it is, but what is done to it first "
	                  "would change it: return mb.identity(x=%s)",
	                  v->name->s, v->name->s);
}
