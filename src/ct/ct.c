/* ct.c: ct.convert: its arguments, and what becomes of a script that does not call it. */
#include "bind.h"

enum { C_MODEL, C_SOURCE, C_INPUTS, C_OUTPUTS, C_CLASSIFIER, C_TARGET, C_TO, C_PRECISION, C_SKIP,
	C_UNITS, C_DIR, C_DEBUG, C_PIPELINE, C_STATES, C_N };
const char convert_params[] =
    "model,source=,inputs=,outputs=,classifier_config=,minimum_deployment_target=,convert_to=,"
    "compute_precision=,skip_model_load=,compute_units=,package_dir=,debug=,pass_pipeline=,"
    "states=";

static bool
convert_format(Interp *in, Value v, Span at, ConvertOptions *o)
{
	const Str *s;

	if (!given(v))
		return true;
	if (!as_str(in, v, &s, "convert_to", at))
		return false;
	o->format_span = at;
	if (str_is(s, "mlprogram"))
		o->format = FORMAT_MLPROGRAM;
	else if (str_is(s, "neuralnetwork"))
		o->format = FORMAT_NEURALNETWORK;
	else
		return fail(in, at,
		            "convert_to is '%s', expected \"mlprogram\" or \"neuralnetwork\"",
		            s->s);
	return true;
}

static bool
convert_precision(Interp *in, Value v, Span at, ConvertOptions *o)
{
	int value;

	if (!given(v))
		return true;
	o->precision_span = at;
	if (enum_value(v, &enum_precision, &value)) {
		o->precision = (Precision)value;
		return true;
	}
	if (is_host(v, &selector_type)) {
		o->precision = PRECISION_FP16;
		return true;
	}
	return fail(in, at,
	            "compute_precision must be ct.precision.FLOAT16, ct.precision.FLOAT32 or "
	            "ct.transform.FP16ComputePrecision(…), found '%s'",
	            type_name(v));
}

/* Arguments that change nothing about the model: they must make sense, and what would do nothing in
 * the peer either is said to. */
static bool
convert_ignored(Interp *in, const Args *args)
{
	Span at = args_span(args, "package_dir", C_DIR);
	Value dir = args->v[C_DIR], debug = args->v[C_DEBUG];
	bool on = false;
	const Str *s;

	if (given(dir)) {
		if (!as_path(in, dir, &s, "package_dir", at))
			return false;
		if (!ends_with(s->s, s->len, ".mlpackage"))
			return fail(in, at, "package_dir is '%s', expected a name with .mlpackage",
			            s->s);
	}
	if (given(debug) && !value_truth(in, debug, &on, args->span))
		return false;
	if (on)
		diag_warning(interp_diag(in), args_span(args, "debug", C_DEBUG),
		             "debug=True does nothing for a MIL program");
	return true;
}

/* What the command line says wins. */
static void
apply_said(const ConvertOptions *f, ConvertOptions *o)
{
	if (f->format)
		o->format = f->format;
	if (f->target)
		o->target = f->target;
	if (f->precision)
		o->precision = f->precision;
	if (f->passes)
		o->passes = f->passes;
}

/* pass_pipeline=, with what compute_precision= makes of it. */
static bool
convert_pipeline(Interp *in, const Value *v, const Args *args, ConvertOptions *o)
{
	const ConvertOptions *said = bind_of(in)->said;
	Value precision = said->precision ? VNONE : v[C_PRECISION];
	Span at = args_span(args, "pass_pipeline", C_PIPELINE);

	apply_said(said, o);
	return pipeline_arg(in, v[C_PIPELINE], precision,
	                    options_format(o) == FORMAT_MLPROGRAM && o->precision != PRECISION_FP32,
	                    at, o);
}

void
bind_keep_program(Bind *b, const Program *p)
{
	Model *m = map_get(&b->converted, KEY(p));
	Program *copy = m && m->prog == p ? m->prog = program_clone(p) : NULL;

	for (uint32_t i = 0; i < b->copies.n; i++)
		if (b->copies.at[i]->prog == p)
			b->copies.at[i]->prog = copy = copy ? copy : program_clone(p);
}

/* A conversion is over: what the next one begins with is new. */
static Model *
note_converted(Bind *b, Model *m, const Program *p)
{
	if (!m || b->hard)
		return NULL;
	vec_push(b->arena, &b->models, m);
	map_put(&b->converted, KEY(p), m);
	share_freeze(b);
	name_counts_reset(b->counts);
	sym_forget(b->types);
	b->syms = NULL;
	return m;
}

static bool
is_whole(Bind *b, const Program *p, Span at)
{
	const Span *hole;

	for (uint32_t i = 0; i < p->funcs.n; i++) {
		hole = map_get(b->holes, KEY(p->funcs.at[i]));
		if (!hole)
			continue;
		diag_error(b->diag, at,
		           "the program has an operation that failed while it was built, though "
		           "the error was caught: build it anew");
		diag_note(b->diag, *hole, "it is here");
		return false;
	}
	return true;
}

/* No file of ours has an operation that the script registered, but for layers that an app
 * computes. */
static bool
is_written(Bind *b, const Block *block, Format format)
{
	for each_inst (i, block) {
		bool custom = op_custom(i->op) != NULL;
		if (i->op->flags & OPAQUE && !(custom && format == FORMAT_NEURALNETWORK))
			return diag_error(b->diag, i->span,
			                  custom ? "milc writes %s, which the script registered as "
			                           "a custom operation, into NeuralNetworks only: "
			                           "convert_to=\"neuralnetwork\""
			                         : "milc does not write %s, which the script "
			                           "registered: a pass can make other operations "
			                           "of it",
			                  i->op->name);
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!is_written(b, i->block[k], format))
				return false;
	}
	return true;
}

static bool
all_written(Bind *b, const Model *m)
{
	for (uint32_t i = 0; b->ops && i < m->prog->funcs.n; i++)
		if (!is_written(b, m->prog->funcs.at[i]->body, m->format))
			return false;
	return true;
}

static Model *
convert_program(Bind *b, Program *p, ConvertOptions *o)
{
	uint32_t began;
	Model *m;

	if (b->diag->nerror) /* the program has holes: what was reported is enough */
		return NULL;
	if (!is_whole(b, p, o->span) || !bind_settled(b, p))
		return NULL;
	bind_keep_program(b, p);
	share_refresh(b);
	b->hard = false;
	began = p->npipeline;
	m = convert(p, o, b->run);
	if (o->main && p->npipeline > began)
		count_patterns(b, o->main);
	if (m && !all_written(b, m))
		return NULL;
	return note_converted(b, m, p);
}

static bool
convert_source(Interp *in, Value v, bool torch, Span at)
{
	const char *own = torch ? "pytorch" : "milinternal";
	const Str *s;

	if (!given(v))
		return true;
	if (!as_str(in, v, &s, "source", at))
		return false;
	if (strcasecmp(s->s, own) != 0 && strcasecmp(s->s, "auto") != 0)
		return fail(in, at, "source is '%s', expected \"%s\" or \"auto\"", s->s, own);
	return true;
}

NATIVE_EXTERN(ct_convert)
{
	Bind *b = bind_of(in);
	ConvertOptions o = {.span = args->span};
	const Value *v = args->v;
	bool torch = is_torch_model(v[C_MODEL]);
	InputSpec *state = NULL;
	uint32_t nstate = 0;
	Program *p;
	Model *m;
	int value;

	for (int i = 0; i < C_N; i++)
		if (v[i].kind == V_POISON) {
			*out = VPOISON;
			return true;
		}
	if (!torch && !is_host(v[C_MODEL], &program_type))
		return fail(in, args->span,
		            "ct.convert takes a program made with @mb.program, or what "
		            "torch.jit.load or torch.export.load gave, found '%s'",
		            type_name(v[C_MODEL]));
	if (!convert_source(in, v[C_SOURCE], torch, args_span(args, "source", C_SOURCE)))
		return false;
	o.target_span = args_span(args, "minimum_deployment_target", C_TARGET);
	if (given(v[C_TARGET])) {
		if (!enum_value(v[C_TARGET], &enum_target, &value))
			return fail(in, o.target_span,
			            "minimum_deployment_target must be a target such as "
			            "ct.target.iOS17, found '%s'",
			            type_name(v[C_TARGET]));
		o.target = (Opset)value;
	}
	if (v[C_UNITS].kind != V_UNSET && !enum_value(v[C_UNITS], &enum_compute_unit, &value))
		return fail(in, args_span(args, "compute_units", C_UNITS),
		            "compute_units must be one of ct.ComputeUnit, such as "
		            "ct.ComputeUnit.ALL, found '%s'",
		            type_name(v[C_UNITS]));
	if (!face_inputs(in, v[C_INPUTS], torch, args_span(args, "inputs", C_INPUTS), &o) ||
	    !face_outputs(in, v[C_OUTPUTS], torch, args_span(args, "outputs", C_OUTPUTS), &o) ||
	    !face_states(in, v[C_STATES], torch, args_span(args, "states", C_STATES), &state,
	                 &nstate) ||
	    !face_classifier(in, v[C_CLASSIFIER],
	                     args_span(args, "classifier_config", C_CLASSIFIER), &o) ||
	    !convert_format(in, v[C_TO], args_span(args, "convert_to", C_TO), &o) ||
	    !convert_precision(in, v[C_PRECISION],
	                       args_span(args, "compute_precision", C_PRECISION), &o) ||
	    !convert_ignored(in, args) || !convert_pipeline(in, v, args, &o))
		return false;
	if (torch) {
		m = torch_convert(in, v[C_MODEL], &o, state, nstate, &p, args->span);
		m = note_converted(b, m, p);
	} else {
		p = program_of(v[C_MODEL]);
		m = convert_program(b, p, &o);
	}
	if (!m)
		return bind_poison(in, out) && !b->hard;
	face_converted(in, v[C_INPUTS], v[C_CLASSIFIER], m);
	*out = bind_model(in, m, p,
	                  given(v[C_UNITS]) ? v[C_UNITS] : enum_item(in, &enum_compute_unit, 1));
	if (v[C_SKIP].kind != V_UNSET &&
	    !value_truth(in, v[C_SKIP], &model_of(*out)->skipped, args->span))
		return false;
	if (given(v[C_DIR]) && m->format == FORMAT_NEURALNETWORK)
		diag_warning(b->diag, args_span(args, "package_dir", C_DIR),
		             "package_dir does nothing for a NeuralNetwork: write it with save()");
	else if (given(v[C_DIR]))
		return model_save_at(in, model_of(*out), v[C_DIR],
		                     args_span(args, "package_dir", C_DIR));
	return true;
}

/* The program to compile when the script converts none. */
Program *
bind_last_program(const Bind *b)
{
	const char *want = b->program;

	for (uint32_t i = b->programs.n; i-- > 0;)
		if (!want || (b->programs.at[i].name && str_is(b->programs.at[i].name, want)))
			return b->programs.at[i].prog;
	return NULL;
}

/* The script as it ran made nothing: it may skip what exists already. A script that could not make
 * anything is an error, at the function that lacks its decorator. */
static bool
made_nothing(Bind *b)
{
	const Source *s = b->diag->sources.at[0];
	const char *def = s->len > 4 && memcmp(s->text, "def ", 4) == 0
	                      ? s->text
	                      : memmem(s->text, s->len, "\ndef ", 5);

	if (memmem(s->text, s->len, "program(", 8) || memmem(s->text, s->len, "convert(", 8))
		return true;
	def += def && *def == '\n';
	if (def)
		diag_error(b->diag,
		           diag_span(s, (size_t)(def - s->text),
		                     strcspn(def, ":\n")),
		           "the script makes no model: write @mb.program(input_specs=[…]) above "
		           "the function that builds it");
	else
		diag_error(b->diag, diag_span(s, 0, 0),
		           "the script has neither a program nor a ct.convert: expected a function "
		           "decorated with @mb.program(input_specs=[…])");
	return false;
}

bool
bind_finish(Bind *b)
{
	ConvertOptions o = {0};
	Program *p;

	if (b->diag->nerror)
		return false;
	if (!b->models.n && b->made)
		vec_push(b->arena, &b->models, b->made);
	if (b->models.n && !b->program)
		return true;
	p = bind_last_program(b);
	if (!p) {
		if (!b->program)
			return made_nothing(b);
		diag_error(b->diag, NOSPAN, "the script has no program named '%s'",
		           b->program);
		b->wrong_use = true;
		return false;
	}
	if (p->funcs.n == 0) {
		diag_error(b->diag, p->span, "the program has no function: add one with "
		                             "prog.add_function(\"main\", f)");
		return false;
	}
	o.span = p->span;
	o.implied = true;
	apply_said(b->said, &o);
	return convert_program(b, p, &o) != NULL;
}
