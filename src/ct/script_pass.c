/* script_pass.c: passes that a script registers, @register_pass on a class with apply(self, prog):
 * rows beside those of milc, in pipelines and in PASS_REGISTRY.
 */
#include "author.h"

struct ScriptPass {
	PassInfo info; /* what pipelines hold */
	Interp *in;
	Value cls;
	Value options; /* a list of PassOptions for the conversion at hand, or V_UNSET */
	struct ScriptPass *next;
};

static bool run_scripted(PassCtx *c);

bool
pass_is_scripted(const PassInfo *p)
{
	return p->run == run_scripted;
}

static struct ScriptPass *
scripted(const PassInfo *p)
{
	return (struct ScriptPass *)(uintptr_t)p;
}

const PassInfo *
pass_named(Interp *in, Value name)
{
	const char *s = name.kind == V_STR ? STR_OF(name)->s : "", *colon = strstr(s, "::");
	struct ScriptPass *p = bind_of(in)->passes;

	if (!colon)
		return NULL;
	while (p && (strcmp(p->info.name, colon + 2) != 0 ||
	             strlen(p->info.space) != (size_t)(colon - s) ||
	             memcmp(p->info.space, s, (size_t)(colon - s)) != 0))
		p = p->next;
	return p ? &p->info : pass_find(s);
}

/* The first one registered first; one that is in the place of another has it. */
void
pass_classes(Interp *in, Value dict)
{
	const struct ScriptPass *first = bind_of(in)->passes, **all;
	uint32_t n = 0;

	for (const struct ScriptPass *p = first; p; p = p->next)
		n++;
	all = newn(interp_arena(in), const struct ScriptPass *, n + 1);
	for (const struct ScriptPass *p = first; p; p = p->next)
		all[--n] = p;
	for (; all[n]; n++)
		dict_set(in, dict,
		         vstrz(in, arena_printf(interp_arena(in), "%s::%s", all[n]->info.space,
		                                all[n]->info.name)),
		         all[n]->cls, NOSPAN);
}

bool
pass_instance(Interp *in, const PassInfo *p, Value *out, Span at)
{
	return bind_call(in, scripted(p)->cls, NULL, NULL, 0, out, at);
}

void
pass_forget_options(Interp *in)
{
	for (struct ScriptPass *p = bind_of(in)->passes; p; p = p->next)
		p->options = VUNSET;
}

void
pass_give_options(const PassInfo *p, Value list)
{
	scripted(p)->options = list;
}

static bool
run_scripted(PassCtx *c)
{
	struct ScriptPass *p = scripted(c->pipeline->pass.at[c->place]);
	Bind *b = bind_of(p->in);
	Span at = c->opt->span;
	Value pass, prog, out;

	if (b->hard)
		return false;
	share_refresh(b);
	b->hard = !pass_instance(p->in, &p->info, &pass, at);
	if (b->hard)
		return false;
	interp_push(p->in, pass);
	b->hard = p->options.kind != V_UNSET &&
	          !bind_call(p->in, pass, "set_options", &p->options, 1, &out, at);
	prog = vhost(p->in, &program_type, c->prog);
	b->hard = b->hard || !bind_call(p->in, pass, NULL, &prog, 1, &out, at);
	interp_pop(p->in, 1);
	return !b->hard && bind_settled(b, c->prog);
}

/* add_pass(namespace, name, cls, override) */
NATIVE_EXTERN(add_pass)
{
	Bind *b = bind_of(in);
	const Str *space, *name;
	struct ScriptPass *p;
	bool override;
	Value whole;

	if (!as_str(in, args->v[0], &space, "the namespace of a pass", args->span) ||
	    !as_str(in, args->v[1], &name, "the name of a pass", args->span) ||
	    !value_truth(in, args->v[3], &override, args->span))
		return false;
	whole = vstrz(in, arena_printf(b->arena, "%s::%s", space->s, name->s));
	if (!override && pass_named(in, whole))
		return fail(in, args->span, "the pass %s is registered already", STR_OF(whole)->s);
	p = new (b->arena, struct ScriptPass);
	*p = (struct ScriptPass){.info = {.name = name->s,
	                                  .space = space->s,
	                                  .run = run_scripted,
	                                  .what = "a pass of the script"},
	                         .in = in,
	                         .cls = args->v[2],
	                         .options = VUNSET,
	                         .next = b->passes};
	b->passes = p;
	interp_pin(in, p->cls);
	*out = VNONE;
	return true;
}
