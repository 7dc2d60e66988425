/* unit.c: settings as words, the door, and what a model that was read must go through before it is
 * a program.
 */
#include "front.h"

#include "form/emit.h"
#include "form/read.h"
#include "nn/lift.h"
#include "ane/evidence.h"
#include "view/view.h"

void
unit_init(Unit *u, const Settings *o)
{
	memset(u, 0, sizeof *u);
	u->said = *o;
	u->o = &u->said;
	u->arena.limit = (size_t)MIN(o->max_memory ? o->max_memory : MAX_MEMORY, SIZE_MAX);
	u->maps.arena = &u->arena;
	intern_init(&u->names, &u->arena);
	diag_init(&u->diag, &u->arena);
	types_init(&u->types, &u->arena, &u->names);
	u->diag.json = o->json || (o->diagnostics && !strcmp(o->diagnostics, "json"));
	u->diag.color = o->color;
	u->diag.werror = o->werror;
}

void
unit_free(Unit *u)
{
	diag_flush(&u->diag);
	while (u->open.n--)
		u->open.at[u->open.n].close(u->open.at[u->open.n].what);
	maps_close(&u->maps);
	intern_free(&u->names);
	arena_free(&u->arena);
}

int
unit_status(const Unit *u, bool ok)
{
	if (ok && u->diag.nerror == 0)
		return 0;
	return u->wrong_use ? 2 : u->diag.machine ? 3 : 1;
}

/* ---- settings ---- */

bool
unit_wrong_use(Unit *u, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(&u->diag, DIAG_ERROR, NOSPAN, fmt, ap));
	u->wrong_use = true;
	return false;
}

typedef struct Word {
	const char *word;
	int value;
} Word;

static bool
take_word(const char *s, const Word *w, size_t n, int *out)
{
	for (size_t i = 0; s && i < n; i++)
		if (!strcmp(s, w[i].word)) {
			*out = w[i].value;
			return true;
		}
	return !s;
}

/* Settings that take a word out of a set. */
static bool
read_settings(Unit *u)
{
	static const Word formats[] = {{"mlprogram", FORMAT_MLPROGRAM},
	                               {"neuralnetwork", FORMAT_NEURALNETWORK}};
	static const Word precisions[] = {{"fp16", PRECISION_FP16}, {"fp32", PRECISION_FP32}};
	const Settings *o = u->o;
	int format = 0, precision = 0;

	if (o->diagnostics && !u->diag.json && strcmp(o->diagnostics, "text") != 0)
		return unit_wrong_use(u, "--diagnostics is '%s', expected json or text",
		                      o->diagnostics);
	if (!take_word(o->convert_to, formats, countof(formats), &format))
		return unit_wrong_use(u, "-t is '%s', expected mlprogram or neuralnetwork",
		                      o->convert_to);
	if (o->target && !(u->flags.target = opset_from_name(o->target)))
		return unit_wrong_use(u, "--target is '%s', expected iOS13 … iOS26 or macOS12 …",
		                      o->target);
	if (!take_word(o->precision, precisions, countof(precisions), &precision))
		return unit_wrong_use(u, "--precision is '%s', expected fp16 or fp32",
		                      o->precision);
	for (size_t k = 0; k < o->ncustom; k++) {
		const char *eq = strchr(o->custom[k], '=');
		if (!eq || eq == o->custom[k] || !eq[1])
			return unit_wrong_use(u, "--custom takes CLASS=SCRIPT: found '%s'",
			                      o->custom[k]);
	}
	if (o->color_by && !view_paint(o->color_by))
		return unit_wrong_use(u, "--color-by is '%s', expected family, dtype or verdict",
		                      o->color_by);
	if (o->family && strcmp(o->family, "all") != 0 && !family_find(o->family))
		return unit_wrong_use(u,
		                      "--family is '%s', expected H13 … H18, a chip such as M1 "
		                      "or A14, or all",
		                      o->family);
	if (o->print_after && strcmp(o->print_after, "all") != 0 && !pass_find(o->print_after)) {
		const char *near = pass_nearest(o->print_after);
		return unit_wrong_use(
		    u,
		    near ? "--print-after: no pass is called '%s'; did you mean '%s'?"
		         : "--print-after: no pass is called '%s'; --print-passes lists them",
		    o->print_after, near);
	}
	if (o->passes && !pipeline_parse(&(Pipeline){0}, &u->arena, &u->diag, o->passes,
	                                 &(ConvertOptions){.format = FORMAT_MLPROGRAM})) {
		u->wrong_use = true;
		return false;
	}
	u->flags.format = (Format)format;
	u->flags.precision = (Precision)precision;
	u->flags.passes = o->passes;
	u->pass_run = (PassRunOptions){
	    .print_after = o->print_after,
	    .time = o->time_passes,
	    .verify = o->verify_passes,
	    .talk = u->talk,
	    .differs = u->differs,
	    .differs_ctx = u->differs_ctx,
	};
	return true;
}

/* ---- the door ---- */

static bool
open_input(Unit *u, const Input *in)
{
	static const struct {
		bool (*probe)(const Input *);
		bool (*open)(Unit *, const Input *);
	} fronts[] = {
#define FRONT(what, probe, open) {probe, open},
#include "fronts.def"
#undef FRONT
	};
	size_t k = 0;

	u->path = in->path;
	u->dir = path_folder(&u->arena, in->path);
	while (!fronts[k].probe(in)) /* the last takes everything */
		k++;
	return fronts[k].open(u, in) && u->diag.nerror == 0;
}

bool
unit_open(Unit *u, const char *path)
{
	Input in = {.path = path};
	MapFile *copy;
	PathKind kind = strcmp(path, "-") ? sys_kind(path) : PATH_PIPE;

	if (!read_settings(u))
		return false;
	if (kind == PATH_FOLDER) {
		in.folder = true;
	} else if (kind == PATH_FILE) {
		MapFile *map = maps_map(&u->maps, &u->diag, NOSPAN, path);
		if (!map)
			return false;
		in.at = map->at;
		in.n = map->n;
	} else {
		copy = new (&u->arena, MapFile);
		if (!mapfile_read(copy, &u->diag, NOSPAN, path, true, INT32_MAX))
			return false;
		vec_push(&u->arena, &u->maps.list, copy);
		in.at = copy->at;
		in.n = copy->n;
		in.copied = true;
	}
	return open_input(u, &in);
}

bool
unit_open_bytes(Unit *u, const char *name, const void *p, size_t n)
{
	return read_settings(u) && open_input(u, &(Input){.path = name, .at = p, .n = n});
}

Model *
unit_model(Unit *u)
{
	if (u->saved.n && !u->o->program)
		return u->saved.at[u->saved.n - 1].model;
	if (u->models.n)
		return u->models.at[u->models.n - 1];
	diag_error(&u->diag, diag_span(u->diag.sources.at[0], 0, 0),
	           "the script ended without making a model");
	return NULL;
}

/* ---- models that were read ---- */

const Func *
unit_function(Unit *u, const Model *m, const char *name)
{
	const Program *p = m->prog;

	for (uint32_t i = 0; i < p->funcs.n; i++) {
		const Func *f = p->funcs.at[i];
		if (name ? str_is(f->name, name) : f->name == p->default_func || p->funcs.n == 1)
			return f;
	}
	diag_error(&u->diag, NOSPAN, "the model has no function '%s'",
	           name ? name : p->default_func->s);
	for (uint32_t i = 0; name && i < p->funcs.n; i++)
		diag_note(&u->diag, NOSPAN, "it has '%s'", p->funcs.at[i]->name->s);
	return NULL;
}

/* --custom: the script for a class is run when its first layer comes. */
static bool
custom_program(const ReadCtx *c, const char *class, const Func **f)
{
	Unit *u = c->custom_ctx;
	size_t n = strlen(class);

	for (uint32_t k = 0; k < u->customs.n; k++)
		if (!strcmp(u->customs.at[k].class, class)) {
			*f = u->customs.at[k].func;
			return true;
		}
	for (size_t k = u->o->ncustom; k > 0; k--) {
		const char *said = u->o->custom[k - 1];
		if (strncmp(said, class, n) || said[n] != '=')
			continue;
		*f = script_program(u, said + n + 1);
		vec_push(&u->arena, &u->customs, (struct CustomProgram){class, *f});
		return *f != NULL;
	}
	return true;
}

ReadCtx
unit_reading(Unit *u)
{
	return (ReadCtx){.arena = &u->arena,
	                 .names = &u->names,
	                 .types = &u->types,
	                 .diag = &u->diag,
	                 .path = u->path,
	                 .maps = &u->maps,
	                 .custom = custom_program,
	                 .custom_ctx = u};
}

bool
unit_program(Unit *u, Model *m)
{
	ReadCtx c = unit_reading(u);

	if (m->prog)
		return true;
	if (!model_is_open(m, &u->diag, model_place(m)))
		return false;
	if (!read_interface(&c, m))
		return false;
	if (m->kind == BODY_PROGRAM)
		return read_program(&c, m);
	if (m->kind == BODY_NETWORK)
		return network_sequences(u, m) && read_network(&c, m);
	if (m->kind == BODY_PIPELINE)
		return join_pipeline(u, m);
	return diag_error(&u->diag, model_place(m),
	                  "a model of the kind %s is no program: expected an ML Program, a "
	                  "NeuralNetwork or a pipeline of them",
	                  msg_case(m->spec, "mlProgram"));
}

bool
unit_values(Unit *u, Model *m)
{
	if (!unit_program(u, m))
		return false;
	if (!m->absent)
		return true;
	u->diag.machine = true;
	return diag_error(&u->diag, model_place(m),
	                  "the model's weights are needed for this, and '%s' is not there",
	                  m->absent);
}

/* The description of a function that is to be the only one. */
static bool
only_face(Model *m, const Func *f, Interface *out)
{
	const Interface *face = model_face(m, f->name);

	*out = face ? *face : (Interface){0};
	return face || function_interface(m, f, out);
}

/* --function: that one alone, as "main". */
static bool
pick_function(Unit *u, Model *m)
{
	const Str *name = intern_cstr(&u->names, "main");
	const Func *f;
	Interface face;
	Program *only;

	if (!u->o->function || m->picked)
		return true;
	f = unit_program(u, m) ? unit_function(u, m, u->o->function) : NULL;
	if (!f || !only_face(m, f, &face))
		return false;
	m->picked = true;
	if (m->prog->funcs.n == 1 && !m->func.n && f->name == name)
		return true;
	only = program_new(&u->arena, &u->names, &u->types, &u->diag);
	only->span = m->prog->span;
	only->counts = m->prog->counts;
	program_put(only, func_clone(f, only, name));
	model_changed(m);
	m->prog = only;
	m->face = face;
	m->face.name = name;
	m->func.n = 0;
	return true;
}

static bool
convert_read(Unit *u, Model *m)
{
	const Settings *o = u->o;
	ConvertOptions options = u->flags;

	if (u->script || m->converted ||
	    !(o->convert_to || o->target || o->precision || o->passes || o->print_after ||
	      o->time_passes || o->verify_passes))
		return true;
	if (options.format == FORMAT_AUTO)
		options.format = m->format;
	if (!unit_values(u, m))
		return false;
	/* Who wants halves says so. */
	if (m->lifted && options.format == FORMAT_MLPROGRAM && !options.precision)
		options.precision = PRECISION_FP32;
	options.span = model_place(m);
	m->converted = convert_again(m, &options, &u->pass_run);
	return m->converted;
}

bool
unit_convert(Unit *u, Model *m)
{
	return convert_read(u, m) && pick_function(u, m);
}
