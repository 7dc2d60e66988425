/* pass_pipeline.c: ct.PassPipeline, and what becomes of it in ct.convert. As in Python the object
 * holds values of the script: the list that `passes` gives is the list that runs, and nobody looks
 * at the options before the conversion. */
#include "author.h"
#include "optimize.h"
#include "pass_pipeline.h"

/* ---- the object ---- */

static const HostType pipeline_type;

typedef struct PipeObj {
	Value passes;  /* list of names */
	Value options; /* dict: name of a pass -> list of PassOption */
	Value name;
} PipeObj;

static PipeObj *
pipe_of(Value v)
{
	return HOST_OF(v)->data;
}

static bool
check_pass(Interp *in, Value v, Span at)
{
	const char *near;
	const PassInfo *p;

	if (pass_named(in, v))
		return true;
	if (v.kind != V_STR)
		return fail(in, at, "the name of a pass is a str, found '%s'", type_name(v));
	near = pass_nearest(STR_OF(v)->s);
	p = near ? pass_find(near) : NULL;
	if (!p)
		return fail(in, at, "no pass is registered as '%s'", STR_OF(v)->s);
	return fail(in, at, "no pass is registered as '%s'; did you mean '%s::%s'?", STR_OF(v)->s,
	            p->space, p->name);
}

NATIVE(append_pass)
{
	return check_pass(in, args->v[0], args_span(args, "pass_name", 0)) &&
	       bind_call(in, pipe_of(self)->passes, "append", args->v, 1, out, args->span);
}

NATIVE(insert_pass)
{
	return check_pass(in, args->v[1], args_span(args, "pass_name", 1)) &&
	       bind_call(in, pipe_of(self)->passes, "insert", args->v, 2, out, args->span);
}

NATIVE(remove_pass)
{
	*out = VNONE;
	return value_delitem(in, pipe_of(self)->passes, args->v[0], args->span);
}

static bool
drop_passes(Interp *in, PipeObj *p, Value which, Span at)
{
	Value all, kept = vlist(in, NULL, 0);
	bool drop;

	interp_push(in, kept);
	if (!value_to_list(in, p->passes, &all, at))
		return false;
	interp_push(in, all);
	for (uint32_t i = 0; i < SEQ_OF(all)->n; i++) {
		if (!value_contains(in, which, SEQ_OF(all)->at[i], &drop, at))
			return false;
		if (!drop)
			vlist_push(in, kept, SEQ_OF(all)->at[i]);
	}
	interp_pop(in, 2);
	p->passes = kept;
	return true;
}

NATIVE(remove_passes)
{
	*out = VNONE;
	return drop_passes(in, pipe_of(self), args->v[0], args->span);
}

NATIVE(get_options)
{
	uint64_t hash;

	if (!value_hash(in, args->v[0], &hash, args->span))
		return false;
	if (!dict_get(in, pipe_of(self)->options, args->v[0], out))
		*out = VNONE;
	return true;
}

NATIVE(get_all_options)
{
	*out = pipe_of(self)->options;
	return true;
}

/* Those that have options already: overriding them is worth a warning. */
static bool
check_override(Interp *in, const PipeObj *p, const Args *args)
{
	Value name = args->v[0], known;
	bool some = false, override = true;
	Buf b = {0};

	if (!dict_get(in, p->options, name, &known) || !value_truth(in, known, &some, args->span))
		return !some;
	if (!some)
		return true;
	if (given(args->v[2]) && !value_truth(in, args->v[2], &override, args->span))
		return false;
	value_str(in, name, &b);
	if (override)
		diag_warning(interp_diag(in), args->span,
		             "the options that pass %s had are replaced", b.at);
	else
		fail(in, args->span, "pass %s has options already, and override is false", b.at);
	buf_free(&b);
	return override;
}

NATIVE(set_options)
{
	PipeObj *p = pipe_of(self);
	Value given_options = args->v[1], list;
	uint64_t hash;

	*out = VNONE;
	if (!value_hash(in, args->v[0], &hash, args->span) || !check_override(in, p, args))
		return false;
	if (given_options.kind != V_DICT)
		return fail(in, args_span(args, "options", 1),
		            "the options of a pass are a dict of names and values, found '%s'",
		            type_name(given_options));
	list = vlist(in, NULL, 0);
	for (uint32_t i = 0; i < DICT_OF(given_options)->nentry; i++) {
		const DictEntry *e = &DICT_OF(given_options)->entry[i];
		if (e->key.kind == V_UNSET)
			continue;
		if (e->key.kind != V_STR)
			return fail(in, args_span(args, "options", 1),
			            "the name of an option is a str, found '%s'",
			            type_name(e->key));
		vlist_push(in, list, option_new(in, e->key, e->val, args->span));
	}
	return dict_set(in, p->options, args->v[0], list, args->span);
}

NATIVE(set_options_by_another)
{
	PipeObj *p = pipe_of(self);
	Value from = args->v[0];
	DictObj *d;
	bool runs;

	*out = VNONE;
	if (!is_host(from, &pipeline_type))
		return fail(in, args->span, "expected a ct.PassPipeline, found '%s'",
		            type_name(from));
	d = DICT_OF(pipe_of(from)->options);
	for (uint32_t i = 0; i < d->nentry; i++) {
		if (d->entry[i].key.kind == V_UNSET)
			continue;
		if (!value_contains(in, p->passes, d->entry[i].key, &runs, args->span))
			return false;
		if (runs && !dict_set(in, p->options, d->entry[i].key, d->entry[i].val, args->span))
			return false;
	}
	return true;
}

static bool
validate(Interp *in, const PipeObj *p, Span call)
{
	DictObj *d = DICT_OF(p->options);
	Span at;
	bool runs;

	for (uint32_t i = 0; i < d->nentry; i++) {
		Value name = d->entry[i].key;
		if (name.kind == V_UNSET)
			continue;
		if (!value_contains(in, p->passes, name, &runs, call))
			return false;
		at = options_span(d->entry[i].val, call);
		if (!runs)
			return option_error(in, at, call,
			                    "pass %s has options, but is not in the pipeline: add "
			                    "it to the passes or leave its options out",
			                    name.kind == V_STR ? STR_OF(name)->s : type_name(name));
	}
	return true;
}

NATIVE(pipe_validate)
{
	*out = VNONE;
	return validate(in, pipe_of(self), args->span);
}

/* ---- pipelines by name ---- */

static Value
pipe_new(Interp *in, Value passes, Value name)
{
	PipeObj *p = new (interp_arena(in), PipeObj);
	Value v;

	*p = (PipeObj){passes, VNONE, name};
	v = vhost(in, &pipeline_type, p);
	interp_push(in, v);
	p->options = vdict(in);
	interp_pop(in, 1);
	return v;
}

static Value
names_of(Interp *in, size_t list)
{
	Value v = vlist(in, NULL, 0);
	Arena a = {0};
	Pipeline pl;

	pipeline_named(&pl, &a, list);
	for (uint32_t i = 0; i < pl.pass.n; i++) {
		const PassInfo *p = pl.pass.at[i];
		vlist_push(in, v, vstrz(in, arena_printf(&a, "%s::%s", p->space, p->name)));
	}
	arena_free(&a);
	return v;
}

static bool
pipe_named(Interp *in, Value name, Value *out, Span at)
{
	Buf b = {0};

	for (size_t i = 0; name.kind == V_STR && pipeline_name(i); i++)
		if (!strcmp(STR_OF(name)->s, pipeline_name(i))) {
			*out = pipe_new(in, names_of(in, i), name);
			return true;
		}
	for (size_t i = 0; pipeline_name(i); i++)
		buf_printf(&b, "%s%s", i ? ", " : "", pipeline_name(i));
	fail(in, at, "there is no pipeline '%s': expected %s",
	     name.kind == V_STR ? STR_OF(name)->s : type_name(name), b.at);
	buf_free(&b);
	return false;
}

NATIVE(get_pipeline)
{
	return pipe_named(in, args->v[0], out, args->span);
}

NATIVE(list_pipelines)
{
	*out = vlist(in, NULL, 0);
	for (size_t i = 0; pipeline_name(i); i++)
		vlist_push(in, *out, vstrz(in, pipeline_name(i)));
	return true;
}

/* ct.PassPipeline.DEFAULT and its kin make a new one each time. */
/* What the two for compressed weights begin with: what is zero, or one of few values, already. */
static bool
set_default_config(Interp *in, Value pipe, Span at)
{
	bool prune = !strcmp(STR_OF(pipe_of(pipe)->name)->s, "default_sparsification");
	Value v[MAX_FIELDS] = {prune ? vfloat(1e-12) : vstrz(in, "unique")};
	Value config, make, set, list;

	if (!config_make(in, prune ? WORK_PRUNE_BELOW : WORK_PALETTE, v, at, &config) ||
	    member_of(in, optimize_coreml_members,
	              intern_cstr(interp_names(in), "OptimizationConfig"), &make) != 1 ||
	    !interp_call(in, make,
	                 &(Args){.pos = &config, .pos_span = &at, .npos = 1, .span = at,
	                         .callee = at},
	                 &set))
		return false;
	list = vlist(in, NULL, 0);
	vlist_push(in, list, option_new(in, vstrz(in, "config"), set, at));
	return dict_set(in, pipe_of(pipe)->options,
	                vstrz(in, prune ? "compression::prune_weights"
	                                : "compression::palettize_weights"),
	                list, at);
}

static int
pipe_constant(Interp *in, const Str *name, Value *out)
{
	static const struct {
		const char *name, *list;
	} made[] = {{"EMPTY", "empty"},
	            {"DEFAULT", "default"},
	            {"CLEANUP", "cleanup"},
	            {"DEFAULT_PALETTIZATION", "default_palettization"},
	            {"DEFAULT_PRUNING", "default_sparsification"}};

	for (size_t i = 0; i < countof(made); i++)
		if (str_is(name, made[i].name)) {
			if (!pipe_named(in, vstrz(in, made[i].list), out, NOSPAN))
				return -1;
			if (i > 2)
				return set_default_config(in, *out, NOSPAN) ? 1 : -1;
			if (i == 0) /* named like the default, as PassPipeline([]) is */
				pipe_of(*out)->name = vstrz(in, "default");
			return 1;
		}
	return 0;
}

/* ---- attributes ---- */

static const Native class_methods[] = {
    {"PassPipeline.get_pipeline", "pipeline_name", get_pipeline, AS_FUNCTION},
    {"PassPipeline.list_available_pipelines", "", list_pipelines, AS_FUNCTION},
    NATIVE_END,
};

static const Native pipe_methods[] = {
    {"append_pass", "pass_name", append_pass, AS_FUNCTION},
    {"insert_pass", "index,pass_name", insert_pass, AS_FUNCTION},
    {"remove_pass", "index", remove_pass, AS_FUNCTION},
    {"remove_passes", "passes_names", remove_passes, AS_FUNCTION},
    {"get_options", "pass_name", get_options, AS_FUNCTION},
    {"get_all_options", "", get_all_options, AS_FUNCTION},
    {"set_options", "pass_name,options,override=", set_options, AS_FUNCTION},
    {"set_options_by_another_pipeline", "other_pipeline", set_options_by_another, AS_FUNCTION},
    {"validate", "", pipe_validate, AS_FUNCTION},
    {"get_pipeline", "pipeline_name", get_pipeline, AS_FUNCTION},
    {"list_available_pipelines", "", list_pipelines, AS_FUNCTION},
    NATIVE_END,
};

static int
pipe_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const PipeObj *p = self->data;

	if (str_is(name, "passes") || str_is(name, "_pass_names"))
		*out = p->passes;
	else if (str_is(name, "pipeline_name") || str_is(name, "_pipeline_name"))
		*out = p->name;
	else if (str_is(name, "_pass_options"))
		*out = p->options;
	else
		return pipe_constant(in, name, out);
	return 1;
}

static bool
pipe_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	PipeObj *p = self->data;
	Value list;

	if (str_is(name, "pipeline_name")) {
		p->name = x;
		return true;
	}
	if (!str_is(name, "passes"))
		return fail(in, at, "'PassPipeline' has no settable attribute '%s'", name->s);
	if (!value_to_list(in, x, &list, at))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!check_pass(in, SEQ_OF(list)->at[i], at))
			return false;
	p->passes = list;
	return true;
}

static void
pipe_str(Interp *in, HostObj *self, Buf *out)
{
	value_str(in, ((const PipeObj *)self->data)->name, out);
}

static void
pipe_mark(Interp *in, HostObj *self)
{
	const PipeObj *p = self->data;

	interp_mark(in, p->passes);
	interp_mark(in, p->options);
	interp_mark(in, p->name);
}

static int
class_attr(Interp *in, UNUSED const HostType *type, const Str *name, Value *out)
{
	return native_get(in, class_methods, name, 0, VUNSET, out) || pipe_constant(in, name, out);
}

/* PassPipeline(pass_names=None, pipeline_name="default"): the list is the caller's own. */
static bool
class_call(Interp *in, UNUSED Value self, const Args *args, Value *out)
{
	Value v[2], name;

	if (!args_bind(in, "PassPipeline", args, "pass_names=,pipeline_name=", v))
		return false;
	name = v[1].kind == V_UNSET ? vstrz(in, "default") : v[1];
	*out = pipe_new(in, given(v[0]) ? v[0] : names_of(in, 0), name);
	return true;
}

static const HostType pipeline_type = {
    .name = "PassPipeline",
    .module = "coremltools.converters.mil.mil.passes.pass_pipeline",
    .methods = pipe_methods,
    .getattr = pipe_getattr,
    .setattr = pipe_setattr,
    .str = pipe_str,
    .mark = pipe_mark,
    .make = class_call,
    .class_attr = class_attr,
};

Value
make_pipeline_class(UNUSED Interp *in, UNUSED const Member *m)
{
	return (Value){.kind = V_TYPE, .i = (intptr_t)&pipeline_type};
}

const Member pass_pipeline_members[] = {
    MEMBER("PassPipeline", make_pipeline_class, 0, 0),
    END_MEMBER,
};

/* ---- for ct.convert ---- */

static bool
take_passes(Interp *in, Pipeline *pl, Value names, Span call)
{
	Value list;

	if (!value_to_list(in, names, &list, call))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
		if (!check_pass(in, SEQ_OF(list)->at[i], call))
			return false;
		vec_push(interp_arena(in), &pl->pass, pass_named(in, SEQ_OF(list)->at[i]));
	}
	return true;
}

/* coremltools keeps this threshold from one conversion to the next. */
static void
keep_threshold(Bind *b, Pipeline *pl)
{
	const PassInfo *pass = pass_find("common::const_deduplication");

	for (uint32_t i = 0; i < pl->option.n; i++)
		if (pl->option.at[i].pass == pass) {
			b->const_threshold = pl->option.at[i].text;
			return;
		}
	if (b->const_threshold)
		vec_push(b->arena, &pl->option,
		         (PassOption){pass, "const_threshold", b->const_threshold, NULL});
}

void
count_patterns(Bind *b, const Pipeline *pl)
{
	const PassInfo *made[] = {pass_find("common::fuse_gelu_tanh_approximation"),
	                          pass_find("common::fuse_prelu")};

	for (uint32_t i = 0; i < pl->pass.n; i++)
		for (size_t k = 0; k < countof(made); k++)
			if (pl->pass.at[i] == made[k])
				b->nfunc += 2;
}

static bool
give_options(Interp *in, Pipeline *pl, const DictEntry *e, Span at)
{
	const PassInfo *pass = pass_named(in, e->key);

	if (!pass)
		return true;
	if (!pass_is_scripted(pass))
		return options_take(in, pl, pass, e->val, at);
	pass_give_options(pass, e->val);
	return true;
}

bool
pipeline_arg(Interp *in, Value given_pipe, Value precision, bool fp16, Span at, ConvertOptions *o)
{
	static const char *const casts[] = {"common::add_fp16_cast", "common::add_int16_cast"};
	Bind *b = bind_of(in);
	Pipeline *pl = new (b->arena, Pipeline);
	Value pipe = given_pipe, set, option;
	PipeObj *p;
	DictObj *d;

	if (!given(pipe))
		pipe = pipe_new(in, names_of(in, 0), vstrz(in, "default"));
	if (!is_host(pipe, &pipeline_type))
		return fail(in, at, "pass_pipeline must be a ct.PassPipeline, found '%s'",
		            type_name(pipe));
	p = pipe_of(pipe);
	interp_push(in, pipe);
	if (!fp16) {
		set = vtuple(in, (Value[]){vstrz(in, casts[0]), vstrz(in, casts[1])}, 2);
		if (!drop_passes(in, p, set, at))
			return false;
	}
	if (is_host(precision, &selector_type)) {
		const Selector *s = HOST_OF(precision)->data;
		option = option_new(in, vstrz(in, "op_selector"), s->fn, s->span);
		dict_set(in, p->options, vstrz(in, casts[0]), vlist(in, &option, 1), at);
	}
	if (!validate(in, p, at))
		return false;
	d = DICT_OF(p->options);
	pass_forget_options(in);
	for (uint32_t i = 0; i < d->nentry; i++)
		if (!give_options(in, pl, &d->entry[i], at))
			return false;
	if (!take_passes(in, pl, p->passes, at))
		return false;
	keep_threshold(b, pl);
	interp_pin(in, pipe); /* as long as the passes may call its functions */
	interp_pop(in, 1);
	o->main = pl;
	return true;
}
