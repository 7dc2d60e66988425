/* passes.c: single passes by name, as pass authors run them: PASS_REGISTRY["common::…"](prog), with
 * options.
 */
#include "author.h"
#include "pass_pipeline.h"

#include <math.h>

/* One that was asked for. */
typedef struct PassObj {
	const PassInfo *info;
	Pipeline set; /* its options, … */
	Value kept;   /* … a list of the PassOptions that they are of */
} PassObj;

NATIVE(make_option)
{
	const Str *name;

	if (!as_str(in, args->v[0], &name, "option_name", args_span(args, "option_name", 0)))
		return false;
	*out = option_new(in, args->v[0], args->v[1], args->span);
	return true;
}

/* ---- a pass ---- */

static PassObj *
pass_of(Value v)
{
	return HOST_OF(v)->data;
}

static bool
set_options(Interp *in, PassObj *p, Value list, Span at)
{
	for (uint32_t k = 0; k < SEQ_OF(list)->n; k++)
		vlist_push(in, p->kept, SEQ_OF(list)->at[k]);
	return options_take(in, &p->set, p->info, list, at);
}

NATIVE(pass_set_options)
{
	Value list;

	*out = VNONE;
	return !given(args->v[0]) || (value_to_list(in, args->v[0], &list, args->span) &&
	                              set_options(in, pass_of(self), list, args->span));
}

static bool
pass_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	Value option = option_new(in, vstr_of(in, name), x, at);

	return set_options(in, self->data, vlist(in, &option, 1), at);
}

static void
pass_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((const PassObj *)self->data)->kept);
}

/* Runs it alone, over all functions. */
static bool
run_alone(Interp *in, const PassObj *p, Program *prog, Span at)
{
	Bind *bd = bind_of(in);
	Arena scratch = {0};
	ConvertOptions opt = {.span = at};
	PassCtx c = {.prog = prog, .opt = &opt, .arena = &scratch};
	Pipeline pl = {0};
	bool ok;

	vec_push(bd->arena, &pl.pass, p->info);
	for (uint32_t k = 0; k < p->set.option.n; k++)
		vec_push(bd->arena, &pl.option, p->set.option.at[k]);
	share_refresh(bd);
	ok = pipeline_run(&pl, &c, bd->run);
	count_patterns(bd, &pl);
	arena_free(&scratch);
	if (!ok)
		interp_note_calls(in);
	return ok;
}

NATIVE(pass_call)
{
	const PassObj *p = pass_of(self);
	Program *prog;
	Value v;

	if (!args_bind(in, p->info->name, args, "prog", &v))
		return false;
	*out = VNONE;
	if (v.kind == V_POISON)
		return true;
	if (!is_host(v, &program_type))
		return fail(in, args->span, "a pass runs over a Program, found '%s'", type_name(v));
	prog = program_of(v);
	if (prog->skip_all_passes)
		return true;
	if (bind_of(in)->diag->nerror) /* the program has holes: what was reported is enough */
		return false;
	if (!bind_settled(bind_of(in), prog)) {
		interp_note_calls(in);
		return false;
	}
	bind_keep_program(bind_of(in), prog);
	return run_alone(in, p, prog, args->span);
}

static void
pass_str(UNUSED Interp *in, HostObj *self, Buf *out)
{
	buf_puts(out, ((const PassObj *)self->data)->info->name);
}

static const Native pass_methods[] = {
    {"set_options", "pass_options=", pass_set_options, AS_FUNCTION},
    NATIVE_END,
};

static const HostType pass_type = {
    .name = "AbstractGraphPass",
    .module = "coremltools.converters.mil.mil.passes.graph_pass",
    .methods = pass_methods,
    .setattr = pass_setattr,
    .call = pass_call,
    .repr = pass_str,
    .mark = pass_mark,
};

/* ---- PASS_REGISTRY ---- */

/* By its whole name; each time another one, as each has its own options. */
static bool
registry_getitem(Interp *in, UNUSED HostObj *self, Value key, Value *out, Span at)
{
	const Str *name;
	const char *near;
	const PassInfo *info;
	PassObj *p;

	if (!as_str(in, key, &name, "the name of a pass", at))
		return false;
	info = pass_named(in, key);
	if (!info) {
		near = pass_nearest(name->s);
		info = near ? pass_find(near) : NULL;
		return fail(in, at,
		            info ? "no pass is called '%s'; did you mean '%s::%s'?"
		                 : "no pass is called '%s'",
		            name->s, info ? info->space : NULL, near);
	}
	if (pass_is_scripted(info))
		return pass_instance(in, info, out, at);
	p = new(interp_arena(in), PassObj);
	*p = (PassObj){.info = info, .kept = VNONE};
	*out = vhost(in, &pass_type, p);
	p->kept = vlist(in, NULL, 0);
	return true;
}

static bool
registry_contains(Interp *in, UNUSED HostObj *self, Value name, bool *out, UNUSED Span at)
{
	*out = pass_named(in, name) != NULL;
	return true;
}

/* PASS_REGISTRY.passes: a dict by name. What it holds of milc's own is the pass itself. */
static int
registry_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	size_t n;
	const PassInfo *p = pass_table(&n);
	Value key, pass;

	if (!str_is(name, "passes"))
		return 0;
	*out = vdict(in);
	for (size_t k = 0; k < n; k++) {
		key = vstrz(in, arena_printf(interp_arena(in), "%s::%s", p[k].space, p[k].name));
		if (!pass_is_scripted(pass_named(in, key)) &&
		    (!registry_getitem(in, self, key, &pass, NOSPAN) ||
		     !dict_set(in, *out, key, pass, NOSPAN)))
			return -1;
	}
	pass_classes(in, *out);
	return 1;
}

static const HostType registry_type = {
    .name = "PassRegistry",
    .module = "coremltools.converters.mil.mil.passes.pass_registry",
    .getattr = registry_getattr,
    .getitem = registry_getitem,
    .contains = registry_contains,
};

static Value
make_registry(Interp *in, UNUSED const Member *m)
{
	return vhost(in, &registry_type, NULL);
}

/* ---- what pass authors use beside ---- */

NATIVE(check_child_op_type)
{
	const Str *type;
	const Inst *user;
	const Var *v;
	Inst *i = NULL;
	uint32_t n = 0;

	if (!inst_arg_of(in, args->v[0], "op", args->span, &i) ||
	    !as_str(in, args->v[1], &type, "child_op_type", args->span))
		return false;
	*out = vbool(false);
	if (i->nout != 1)
		return true;
	v = i->out[0];
	user = *users_of(interp_arena(in), v, &n);
	*out = vbool(n == 1 && strcmp(user->op->name, type->s) == 0);
	return true;
}

/* No result of the operations but the last is an output of the block. */
NATIVE(check_no_output)
{
	const BlockObj *b;
	Value list;

	if (!is_host(args->v[0], &block_type) && !is_host(args->v[0], &function_type))
		return fail(in, args->span, "block must be a block, found '%s'",
		            type_name(args->v[0]));
	b = HOST_OF(args->v[0])->data;
	if (!value_to_list(in, args->v[1], &list, args->span))
		return false;
	*out = vbool(true);
	for (uint32_t k = 0; k + 1 < SEQ_OF(list)->n; k++) {
		Inst *i = NULL;
		if (!inst_arg_of(in, SEQ_OF(list)->at[k], "an element of ops", args->span, &i))
			return false;
		for (uint32_t o = 0; o < i->nout; o++)
			for each_use (u, i->out[o])
				if (!u->user && u->block == b->b)
					*out = vbool(false);
	}
	return true;
}

/* The one number that is the value of v: *is, or it has none. */
static bool
single_number(Interp *in, const Args *args, bool *is, double *x)
{
	Var *v = NULL;

	if (!var_arg_of(in, args->v[0], "x", args->span, &v))
		return false;
	*is = v->val && v->val->count == 1 && v->val->dtype != DT_STRING;
	*x = !*is ? 0 : dtype_is_float(v->val->dtype) ? tensor_f(v->val, 0)
	                                              : (double)tensor_i(v->val, 0);
	return true;
}

NATIVE(check_value)
{
	double x, val, tol = 1e-3;
	bool is;

	if (!single_number(in, args, &is, &x) ||
	    !as_double(in, args->v[1], &val, "val", args->span) ||
	    (args->v[2].kind != V_UNSET &&
	     !as_double(in, args->v[2], &tol, "tol", args->span)))
		return false;
	*out = vbool(is && fabs(x - val) < tol);
	return true;
}

NATIVE(check_interval)
{
	double x, low, high;
	bool is;

	if (!single_number(in, args, &is, &x) ||
	    !as_double(in, args->v[1], &low, "lower_bound", args->span) ||
	    !as_double(in, args->v[2], &high, "upper_bound", args->span))
		return false;
	*out = vbool(is && x >= low && x <= high);
	return true;
}

const Member pass_registry_members[] = {
    MEMBER("PASS_REGISTRY", make_registry, 0, 0),
    AUTHOR_MEMBER("register_pass"),
    END_MEMBER,
};
const Member graph_pass_members[] = {
    FN_MEMBER("PassOption", "option_name,option_val", make_option),
    AUTHOR_MEMBER("AbstractGraphPass"),
    END_MEMBER,
};
const Member pass_helper_members[] = {
    AUTHOR_MEMBER("block_context_manager"),
    FN_MEMBER("_check_child_op_type", "op,child_op_type", check_child_op_type),
    FN_MEMBER("_check_no_output_connection", "block,ops", check_no_output),
    FN_MEMBER("_check_var_scalar_value", "x,val,tol=", check_value),
    FN_MEMBER("_check_var_scalar_value_in_interval", "x,lower_bound,upper_bound",
              check_interval),
    END_MEMBER,
};
