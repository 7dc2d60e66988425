/* convert.c: what ct.convert does: options are checked against each other and against the program,
 * the passes run, and the interface of the model is made from the result. The program is changed in
 * place, as scripts expect: converting it again starts from what the first time made of it.
 */
#include "convert.h"

#include "Model.pb-c.h"

#ifndef MILC_VERSION
#define MILC_VERSION "0.1"
#endif

/* The function of that name; 0: main. */
static Func *
function_named(const Program *p, const Str *name)
{
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (name ? p->funcs.at[k]->name == name : str_is(p->funcs.at[k]->name, "main"))
			return p->funcs.at[k];
	return 0;
}

static void
user_defined(Model *m, const char *key, const char *value)
{
	Msg *entry = msg_sub(m->metadata, "userDefined");

	msg_string(entry, "key", key);
	msg_string(entry, "value", value);
}

/* What says where a model comes from. */
static void
set_metadata(Model *m, const ConvertOptions *o)
{
	const char *mark = o->source ? strstr(o->source, "==") : NULL;
	MetaPair build[3] = {
	    {"coremltools-component-milinternal", ""},
	    {"coremltools-version", "milc-" MILC_VERSION},
	};
	size_t nbuild = 2;

	m->metadata = msg_new(m->arena, &core_ml__specification__metadata__descriptor);
	user_defined(m, "com.github.apple.coremltools.source",
	             o->source ? o->source : "milinternal");
	if (o->dialect)
		user_defined(m, "com.github.apple.coremltools.source_dialect", o->dialect);
	user_defined(m, "com.github.apple.coremltools.version", "milc-" MILC_VERSION);
	if (mark) { /* "torch==2.13.0" */
		build[0].key = arena_printf(m->arena, "coremltools-component-%.*s",
		                            (int)(mark - o->source), o->source);
		build[0].val = mark + 2;
		build[2] = build[1];
		build[1] = (MetaPair){"coremltools-source-dialect", o->dialect};
		nbuild = 3;
	}
	if (m->format == FORMAT_MLPROGRAM)
		for (size_t i = 0; i < nbuild; i++)
			vec_push(m->arena, &m->build_info, build[i]);
}

/* A list of names, as opposed to a pipeline that the list edits. */
static bool
passes_are_exact(const ConvertOptions *o)
{
	return o->passes && *o->passes != '-' && *o->passes != '+';
}

static void
set_version(Convert *c)
{
	/* Which version a NeuralNetwork has depends on its layers, not on the target. */
	c->m->spec_version = c->format == FORMAT_NEURALNETWORK ? IOS13 : c->spec;
	c->m->file_opset = c->spec;
	c->m->asked = c->o->target;
	c->m->single = c->o->precision == PRECISION_FP32;
}

/* The functions that matter. A pass may have put another one in the place of one: nothing was said
 * of its inputs. */
static void
find_functions(Convert *c)
{
	const Func *was = c->described;

	c->main = function_named(c->prog, c->prog->default_func);
	c->described = function_named(c->prog, 0);
	if (c->described != was)
		c->spec_of = 0;
}

static bool
run_passes(Convert *c, const PassRunOptions *run)
{
	Arena scratch = {0};
	Pipeline pl;
	PassCtx ctx = {.prog = c->prog, .model = c->m, .opt = c->o, .arena = &scratch};
	bool ok = true;

	model_changed(c->m);
	if (c->o->passes)
		ok = pipeline_parse(&pl, c->prog->arena, c->d, c->o->passes, c->o);
	else if (c->o->main)
		pipeline_main(&pl, c->prog->arena, c->o->main, c->o);
	else
		pipeline_default(&pl, c->prog->arena, c->o);
	if (ok && !c->prog->skip_all_passes)
		ok = pipeline_run(&pl, &ctx, run);
	/* A file defines each name once, whatever list of passes there is. */
	if (ok && c->exact)
		ok = pass_find("dedup_op_and_var_names")->run(&ctx);
	arena_free(&scratch);
	find_functions(c);
	return ok;
}

/* What the options come down to; an ML Program without a target is for dflt. */
static void
begin(Convert *c, Opset dflt)
{
	c->spec = c->o->target                        ? c->o->target
	          : c->format == FORMAT_NEURALNETWORK ? IOS13
	                                              : dflt;
	find_functions(c);
	c->exact = passes_are_exact(c->o);
}

Model *
convert(Program *prog, const ConvertOptions *o, const PassRunOptions *run)
{
	Convert c = {.prog = prog, .o = o, .d = prog->diag, .format = options_format(o)};
	uint32_t nerror = prog->diag->nerror;

	begin(&c, IOS15);
	c.m = new (prog->arena, Model);
	c.m->arena = prog->arena;
	c.m->format = c.format;
	c.m->prog = prog;
	if (!check_options(&c) || !check_program(&c))
		return 0;
	set_version(&c);
	if (!match_inputs(&c) || !run_passes(&c, run) || !check_result(&c))
		return 0;
	if (o->classifier && !add_classify(&c))
		return 0;
	set_metadata(c.m, o);
	if (!make_interface(&c) || prog->diag->nerror > nerror)
		return 0;
	return c.m;
}

/* An ML Program's arrays have the types of its parameters; a network's were numbers of any type. */
static void
fit_arrays(Features *list)
{
	for (uint32_t k = 0; k < list->n; k++)
		if (list->at[k].dtype == DT_FP64)
			list->at[k].dtype = DT_FP32;
}

/* A classifier's label and probabilities come first in an ML Program. */
static void
classes_first(Model *m)
{
	Func *f = m->prog->funcs.at[0];
	const Inst *i = f->body->last;
	uint32_t n = f->body->nout, at = 2;
	Var **out = newn(m->arena, Var *, n);
	Feature *feature = newn(m->arena, Feature, n);

	if (!inst_is(i, OP_classify) || n < 2 || n != m->face.output.n)
		return;
	for (uint32_t k = 0; k < n; k++) {
		Var *v = f->body->out[k]->var;
		uint32_t to = v == i->out[0] ? 0 : v == i->out[1] ? 1 : at++;
		if (to >= n)
			return; /* one of the two is no output */
		out[to] = v;
		feature[to] = m->face.output.at[k];
	}
	block_set_outputs(f->body, out, n);
	memcpy(m->face.output.at, feature, n * sizeof *feature);
}

bool
convert_again(Model *m, const ConvertOptions *o, const PassRunOptions *run)
{
	Convert c = {
	    .prog = m->prog, .o = o, .d = m->prog->diag, .format = options_format(o), .m = m};
	bool same = c.format == m->format;
	uint32_t nerror = c.d->nerror;

	begin(&c, same ? (Opset)MAX(m->spec_version, (int)IOS15) : IOS15);
	if (!check_options(&c) || !check_program(&c) || !run_passes(&c, run) || !check_result(&c))
		return false;
	if (!same) {
		fit_arrays(&m->face.input);
		fit_arrays(&m->face.output);
		classes_first(m);
	}
	m->kind = BODY_PROGRAM;
	m->format = c.format;
	set_version(&c);
	return c.d->nerror == nerror;
}
