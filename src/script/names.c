/* names.c: names of the module, and what is said about names without a value. */
#include "run.h"

#include "builtins.h"

Global *
global_ref(Interp *in, const Str *name)
{
	Global *g = map_get(&in->globals, KEY(name));

	if (g)
		return g;
	g = new(in->unit, Global);
	g->name = name;
	map_put(&in->globals, KEY(name), g);
	vec_push(in->unit, &in->global_list, g);
	return g;
}

/* The bound name of the module, or the builtin, that looks most like `word`. */
static const char *
similar(Interp *in, const char *word)
{
	VEC(const char *) names = {0};
	size_t n = 0;
	const char *const *builtin = builtin_names(&n);

	for (uint32_t i = 0; i < in->global_list.n; i++)
		if (in->global_list.at[i]->val.kind != V_UNSET)
			vec_push(in->unit, &names, in->global_list.at[i]->name->s);
	for (uint32_t i = 0; i < in->prelude.n; i++)
		vec_push(in->unit, &names, in->prelude.at[i].name->s);
	for (size_t i = 0; i < n; i++)
		vec_push(in->unit, &names, builtin[i]);
	return nearest(word, names.at, names.n);
}

bool
load_global(Interp *in, const Expr *e, Value *out)
{
	Global *g = e->global;
	const char *near;

	if (g->fallback.kind == V_UNSET && !prelude_lookup(in, g->name, &g->fallback) &&
	    !builtin_lookup(in, g->name, &g->fallback) &&
	    !exception_lookup(in, g->name, &g->fallback)) {
		g->fallback = VUNSET;
		near = similar(in, e->id->s);
		if (near)
			return fail(in, e->span, "name '%s' is not defined; did you mean '%s'?",
			            e->id->s, near);
		return fail(in, e->span, "name '%s' is not defined", e->id->s);
	}
	*out = g->fallback;
	return true;
}

/* A variable of a function that has no value yet. False. */
bool
unbound(Interp *in, const Expr *e)
{
	const Func *f = in->frame->func;

	for (uint32_t i = 0; f && e->kind == E_CELL && i < f->nfree; i++)
		if (f->to[i] == e->slot)
			return fail(in, e->span, "variable '%s' of the enclosing function has no "
			            "value yet", e->id->s);
	return fail(in, e->span, "local variable '%s' is used before it is assigned", e->id->s);
}
