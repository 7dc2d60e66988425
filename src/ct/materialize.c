/* materialize.c: ct.utils.materialize_dynamic_shape_mlmodel: a model with a function for each of
 * some sizes of its open inputs. The program of the model is used up: as in coremltools it is that
 * of ct.convert, if the model comes from there. */
#include "form/read.h"
#include "message.h"
#include "pass_pipeline.h"

typedef struct Materialize {
	Interp *in;
	ScriptModel *from;
	Program *prog;
	Value shapes; /* dict: function -> dict: input -> tuple */
	Value source;
	Span at;
} Materialize;

static bool
check_arrays(const Materialize *z, const Msg *description, const char *list)
{
	for (size_t i = 0; i < msg_count(description, list); i++) {
		const Msg *f = msg_at(description, list, i);
		const char *type = msg_case(msg_get(f, "type"), "multiArrayType");
		if (!type || strcmp(type, "multiArrayType") != 0)
			return fail(z->in, z->at,
			            "'%s' of the model is no array: only arrays can get other "
			            "sizes",
			            msg_get_string(f, "name"));
	}
	return true;
}

static bool
find_program(Materialize *z)
{
	Bind *b = bind_of(z->in);
	ReadCtx c = {.arena = b->arena,
	             .names = b->names,
	             .types = b->types,
	             .diag = b->diag,
	             .path = "the model",
	             .span = z->at,
	             .maps = b->maps};
	EmitCtx e = {.diag = b->diag, .span = z->at, .lower = b->lower, .date = b->date};
	Model *fresh;

	if (is_host(z->from->program, &program_type)) {
		z->prog = program_of(z->from->program);
		bind_keep_program(b, z->prog);
		return true;
	}
	fresh = model_fresh(&c, &e, z->from->m, OPSET_NONE);
	z->prog = fresh ? fresh->prog : NULL;
	return fresh;
}

/* The default passes, behind the one that makes the functions. */
static bool
run_passes(Materialize *z)
{
	const PassInfo *pass = pass_find("common::materialize_symbolic_shape_program");
	Bind *b = bind_of(z->in);
	ConvertOptions o = {.format = FORMAT_MLPROGRAM, .span = z->at};
	Arena scratch = {0};
	Pipeline pl = {0}, dflt;
	PassCtx ctx = {.prog = z->prog, .opt = &o, .arena = &scratch};
	Value list = vlist(z->in, NULL, 0);
	bool ok;

	vec_push(b->arena, &pl.pass, pass);
	pipeline_named(&dflt, b->arena, 0);
	for (uint32_t i = 0; i < dflt.pass.n; i++)
		vec_push(b->arena, &pl.pass, dflt.pass.at[i]);
	pl.nfrontend = pl.pass.n;
	vlist_push(z->in, list,
	           option_new(z->in, vstrz(z->in, "function_name_to_materialization_map"),
	                      z->shapes, z->at));
	vlist_push(z->in, list,
	           option_new(z->in, vstrz(z->in, "source_function_name"), z->source, z->at));
	ok = options_take(z->in, &pl, pass, list, z->at) && pipeline_run(&pl, &ctx, b->run);
	arena_free(&scratch);
	return ok && !b->hard;
}

/* "main" as the only function that there was, and is: no model of several functions. */
static bool
is_single(const Materialize *z)
{
	Value main = vstrz(z->in, "main"), known;

	return z->prog->funcs.n == 1 && DICT_OF(z->shapes)->n == 1 &&
	       !strcmp(STR_OF(z->source)->s, "main") &&
	       dict_get(z->in, z->shapes, main, &known);
}

/* What ct.convert was told of the inputs of "main" still holds, if it is there. */
static bool
keep_main(const Materialize *z, Model *m)
{
	Bind *b = bind_of(z->in);
	ReadCtx c = {.arena = b->arena,
	             .names = b->names,
	             .types = b->types,
	             .diag = b->diag,
	             .path = "the model",
	             .span = z->at,
	             .maps = b->maps};
	const Str *main = intern_cstr(b->names, "main");
	Model *was = model_snapshot(b, z->from->m);
	Value known;

	if (z->from->program.kind == V_NONE ||
	    dict_get(z->in, z->shapes, vstr_of(z->in, main), &known))
		return true;
	if (!read_interface(&c, was))
		return false;
	for (uint32_t i = 0; i < m->func.n; i++)
		if (m->func.at[i].name == main && was->face.input.n)
			m->func.at[i].input = was->face.input;
	return true;
}

static Model *
make_model(Materialize *z)
{
	int version = (int)msg_get_int(z->from->m->spec, "specificationVersion");
	ConvertOptions o = {.format = FORMAT_MLPROGRAM, .span = z->at};
	Model *m;

	z->prog->multifunction = !is_single(z);
	z->prog->skip_all_passes = true;
	o.target = (Opset)(z->prog->multifunction ? MAX(version, (int)IOS18) : version);
	m = convert_unrecorded(z->in, z->prog, &o);
	return m && keep_main(z, m) ? m : NULL;
}

NATIVE_EXTERN(ct_materialize)
{
	const Value *v = args->v;
	Materialize z = {.in = in, .shapes = v[1], .at = args->span};
	const Msg *spec, *d;
	const char *path;
	Model *m;

	*out = VNONE;
	if (!is_host(v[0], &mlmodel_type))
		return fail(in, args->span,
		            "materialize_dynamic_shape_mlmodel takes a model, found '%s'",
		            type_name(v[0]));
	z.from = model_of(v[0]);
	z.source = v[3].kind == V_UNSET ? vstrz(in, "main") : v[3];
	spec = model_spec(in, z.from, args->span);
	d = spec ? msg_get(spec, "description") : NULL;
	if (!d || !check_arrays(&z, d, "input") || !check_arrays(&z, d, "output") ||
	    !find_program(&z) || !run_passes(&z))
		return false;
	m = make_model(&z);
	return m && save_path(in, v[2], "an ML Program", &path, args->span) &&
	       note_save(in, m, m, path, args->span);
}
