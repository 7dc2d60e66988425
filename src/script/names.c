/* names.c: names of the module, and what is said about names without a value. */
#include "class.h"

#include "builtins.h"
#include "core.h"

Global *
global_ref(Interp *in, const char *name)
{
	uint32_t n;

	in->tree.global = in->space->names;
	n = tree_global(&in->tree, intern_cstr(in->names, name));
	interp_prepare(in);
	return &in->space->global.at[n];
}

/* The bound name of the module, or the builtin, that looks most like `word`. */
static const char *
similar(Interp *in, const char *word)
{
	VEC(const char *) names = {0};
	const char *builtin;

	for (uint32_t i = 0; i < in->space->global.n; i++)
		if (in->space->global.at[i].val.kind != V_UNSET)
			vec_push(in->unit, &names, in->space->names->at.at[i]->s);
	for (uint32_t i = 0; i < in->prelude.n; i++)
		vec_push(in->unit, &names, in->prelude.at[i].name->s);
	for (size_t i = 0; (builtin = builtin_name(i)) != 0; i++)
		vec_push(in->unit, &names, builtin);
	return nearest(word, names.at, names.n);
}

bool
load_global(Interp *in, const Expr *e, Value *out)
{
	Global *g = &in->space->global.at[e->slot];
	const CellObj *home = in->frame->fo ? in->frame->fo->home : 0;
	const char *near;

	if (g->fallback.kind == V_UNSET &&
	    (in->space->library || !prelude_lookup(in, e->id, &g->fallback)) &&
	    !builtin_lookup(in, e->id, &g->fallback) &&
	    !exception_lookup(in, e->id, &g->fallback)) {
		g->fallback = VUNSET;
		if (home && str_is(e->id, "__class__")) {
			*out = home->val;
			return true;
		}
		near = similar(in, e->id->s);
		return fail(in, e->span, near ? "name '%s' is not defined; did you mean '%s'?"
		                              : "name '%s' is not defined", e->id->s, near);
	}
	*out = g->fallback;
	return true;
}

/* A name in the body of a class that binds it: from there, else as of the module. */
bool
load_field(Interp *in, const Expr *e, Value *out)
{
	if (dict_named(in, in->frame->fields, e->id, out))
		return true;
	*out = in->space->global.at[e->slot].val;
	return out->kind != V_UNSET || load_global(in, e, out);
}

/* A variable of a function that has no value yet. False. */
bool
unbound(Interp *in, const Expr *e)
{
	if (e->op)
		return fail(in, e->span, "variable '%s' of the enclosing function has no value yet",
		            e->id->s);
	return fail(in, e->span, "local variable '%s' is used before it is assigned", e->id->s);
}
