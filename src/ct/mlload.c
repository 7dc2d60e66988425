/* mlload.c: MLModel(…): models of specifications and of paths, and where their weights lie. A path
 * is that of a file or folder, or one under which the script saved a model before: nothing is
 * written yet then, and the saved model is what lies there.
 */
#include "bind.h"

#include "base/sys.h"
#include "file/mapfile.h"
#include "form/read.h"
#include "message.h"
#include "pb/pb.h"
#include "stdlib/files.h"

/* ---- weights ---- */

typedef struct Listing {
	Arena *arena;
	Model *m;
	const char *folder;
} Listing;

static bool
list_weights(void *ctx, const char *name)
{
	Listing *l = ctx;
	const char *path = arena_printf(l->arena, "%s/%s", l->folder, name);

	if (sys_kind(path) == PATH_FILE)
		vec_push(l->arena, &l->m->weights,
		         (WeightsAt){.name = arena_printf(l->arena, "@model_path/weights/%s", name),
		                     .path = path});
	return true;
}

/* Lets m find the weights of a folder: one that a script was told of, or one that is there. */
static bool
take_weights(Interp *in, Model *m, const Str *folder, Span at)
{
	Bind *b = bind_of(in);
	Listing l = {b->arena, m, NULL};

	for (uint32_t i = 0; i < b->folders.n; i++) {
		const Model *from = b->folders.at[i].m;
		if (strcmp(b->folders.at[i].path, folder->s) != 0)
			continue;
		for (uint32_t k = 0; k < from->weights.n; k++)
			vec_push(b->arena, &m->weights, from->weights.at[k]);
		return true;
	}
	l.folder = script_read(in, folder->s, at);
	if (!l.folder)
		return false;
	if (sys_kind(l.folder) != PATH_FOLDER)
		return fail(in, at, "there is no folder '%s' with weights", folder->s);
	sys_each(l.folder, list_weights, &l);
	return true;
}

const char *
model_weights(Interp *in, ScriptModel *s)
{
	const Origin *o = s->m->origin;
	Bind *b = bind_of(in);

	if (s->weights || !s->package)
		return s->weights;
	if (o) {
		const char *real = arena_printf(b->arena, "%s/weights", o->folder);
		if (sys_kind(real) == PATH_FOLDER)
			s->weights =
			    arena_printf(b->arena, "%s%s", s->folder, real + strlen(o->path));
		return s->weights;
	}
	if (!model_spec(in, s, interp_here(in)))
		return NULL;
	s->weights = arena_printf(b->arena, "%s/Data/com.apple.CoreML/weights", s->folder);
	vec_push(b->arena, &b->folders, (MadeFolder){s->weights, s->m});
	return s->weights;
}

Model *
model_of_spec(Interp *in, Msg *spec, Value weights, Span at)
{
	Bind *b = bind_of(in);
	Model *m = new (b->arena, Model);
	const Str *folder;

	*m = (Model){.arena = b->arena, .spec = spec};
	find_body(m);
	if (given(weights) && (!as_path(in, weights, &folder, "weights_dir", at) ||
	                       !take_weights(in, m, folder, at)))
		return NULL;
	return m;
}

/* ---- making ---- */

/* Whether it is an ML Program, or a pipeline with one in it. */
static bool
has_program(const Msg *spec, int depth)
{
	const char *type = spec ? msg_case(spec, "mlProgram") : NULL;
	const Msg *models;

	if (!type || depth > PB_MAX_DEPTH)
		return false;
	if (!strcmp(type, "mlProgram"))
		return true;
	if (strncmp(type, "pipeline", 8) != 0)
		return false;
	models = msg_get(spec, type);
	if (strcmp(type, "pipeline") != 0)
		models = msg_get(models, "pipeline");
	for (size_t i = 0; models && i < msg_count(models, "models"); i++)
		if (has_program(msg_at(models, "models", i), depth + 1))
			return true;
	return false;
}

/* Where a model lies that has no path of its own, as scripts are told. */
static ScriptModel *
new_model(Interp *in, Model *m, const char *path, Value unit)
{
	ScriptModel *s = new (interp_arena(in), ScriptModel);

	*s = (ScriptModel){.m = m, .unit = unit, .program = VNONE, .hints = VNONE};
	if (m->spec)
		bind_of(in)->made = m;
	if (path)
		s->package = m->origin ? m->origin->package
		                       : ends_with(path, strlen(path), ".mlpackage");
	else
		s->package = s->temporary =
		    m->spec ? has_program(m->spec, 0) : m->format == FORMAT_MLPROGRAM;
	if (s->package)
		s->folder = path ? arena_strdup(interp_arena(in), path)
		                 : arena_printf(interp_arena(in), "/tmp/milc%llu.mlpackage",
		                                (unsigned long long)interp_serial(in));
	return s;
}

Value
bind_model(Interp *in, Model *m, Program *p, Value unit)
{
	ScriptModel *s = new_model(in, m, NULL, unit);

	if (p)
		s->program = vhost(in, &program_type, p);
	return vhost(in, &mlmodel_type, s);
}

/* What this script saved under the path last, which is not written yet. 0: nothing, or reported. */
static Model *
saved_model(Interp *in, const char *path, Span at, bool *ok)
{
	int64_t k = script_saved(in, path, at);
	Bind *b = bind_of(in);
	ScriptModel s = {0};

	*ok = k > -2;
	if (k < 0)
		return NULL;
	s.m = b->saved.at[k].model;
	*ok = model_spec(in, &s, at);
	return *ok ? model_snapshot(b, s.m) : NULL;
}

/* The weights of a program in a bare file lie beside it, or where links lead. */
static bool
may_read_weights(Interp *in, const char *path, Span at)
{
	Arena *a = interp_arena(in);
	size_t n = strlen(path), ending = strlen(".mlmodel");

	n -= ends_with(path, n, ".mlmodel") ? ending : 0;
	return script_read(in, arena_printf(a, "%s/weights", path_folder(a, path)), at) &&
	       script_read(in, arena_printf(a, "%.*s_weights.bin", (int)n, path), at);
}

static Model *
read_model(Interp *in, const Str *path, Span at)
{
	Bind *b = bind_of(in);
	const char *file = script_read(in, path->s, at);
	ReadCtx c = {.arena = b->arena, .names = b->names, .types = b->types, .diag = b->diag,
	             .path = file, .maps = b->maps, .span = at};
	PathKind kind = file ? sys_kind(file) : PATH_NONE;
	MapFile *map;
	Model *m;

	if (!file)
		return NULL;
	if (kind == PATH_NONE) {
		fail(in, at, "there is no model '%s'", path->s);
		return NULL;
	}
	script_opened(in, file);
	if (kind == PATH_FOLDER)
		return read_package(&c);
	map = maps_map(b->maps, b->diag, at, file);
	m = map ? read_model_file(&c, map->at, map->n) : NULL;
	return m && has_program(m->spec, 0) && !may_read_weights(in, path->s, at) ? NULL : m;
}

Model *
model_at(Interp *in, const Str *path, Span at)
{
	bool ok;
	Model *m = saved_model(in, path->s, at, &ok);

	return m || !ok ? m : read_model(in, path, at);
}

enum { M_MODEL, M_TEMP, M_PROGRAM, M_SKIP, M_UNITS, M_WEIGHTS, M_FUNCTION, M_HINTS };

static bool
check_function(Interp *in, ScriptModel *s, Value v, Span at)
{
	const Msg *d = msg_get(s->m->spec, "description");
	const char *dflt = msg_get_string(d, "defaultFunctionName");
	size_t n = msg_count(d, "functions"), i = 0;

	if (given(v)) {
		if (!as_str(in, v, &s->function, "function_name", at))
			return false;
	} else if (*dflt) {
		s->function = intern_cstr(interp_names(in), dflt);
	}
	if (!s->function || (!n && str_is(s->function, "main")))
		return true;
	if (!n)
		return fail(in, at, "the model has no functions: function_name is '%s', expected "
		                    "\"main\" or none", s->function->s);
	while (i < n && strcmp(msg_get_string(msg_at(d, "functions", i), "name"),
	                       s->function->s) != 0)
		i++;
	return i < n || fail(in, at, "the model has no function '%s'", s->function->s);
}

static Model *
model_argument(Interp *in, const Args *args)
{
	const Value *v = args->v;
	const Str *path;
	Msg *spec;

	if (v[M_MODEL].kind == V_STR) {
		as_str(in, v[M_MODEL], &path, "a path", args->span);
		return model_at(in, path, args->span);
	}
	if (!is_message(v[M_MODEL]) || strcmp(HOST_OF(v[M_MODEL])->type->name, "Model") != 0) {
		fail(in, args->span,
		     "MLModel takes the path of a .mlmodel or .mlpackage as a str, or a "
		     "specification, found '%s'",
		     type_name(v[M_MODEL]));
		return NULL;
	}
	spec = message_of(v[M_MODEL]);
	if (msg_has(spec, "mlProgram") && !given(v[M_WEIGHTS])) {
		fail(in, args->span,
		     "the specification of an ML Program has its weights in files: give MLModel "
		     "weights_dir=model.weights_dir");
		return NULL;
	}
	return model_of_spec(in, msg_copy(interp_arena(in), spec), v[M_WEIGHTS], args->span);
}

NATIVE_EXTERN(ct_mlmodel)
{
	const Value *v = args->v;
	ScriptModel *s;
	Model *m;
	int unit;

	for (int i = 0; i <= M_HINTS; i++)
		if (v[i].kind == V_POISON) {
			*out = VPOISON;
			return true;
		}
	if (v[M_UNITS].kind != V_UNSET && !enum_value(v[M_UNITS], &enum_compute_unit, &unit))
		return fail(in, args_span(args, "compute_units", M_UNITS),
		            "compute_units must be one of ct.ComputeUnit, such as "
		            "ct.ComputeUnit.ALL, found '%s'",
		            type_name(v[M_UNITS]));
	if (given(v[M_HINTS]) && v[M_HINTS].kind != V_DICT)
		return fail(in, args->span, "optimization_hints must be a dict, found '%s'",
		            type_name(v[M_HINTS]));
	if (given(v[M_HINTS]) && DICT_OF(v[M_HINTS])->n)
		return fail(in, args->span, "optimization_hints are for macOS 15 or later only");
	if (given(v[M_PROGRAM]) && !is_host(v[M_PROGRAM], &program_type))
		return fail(in, args->span, "mil_program must be a Program, found '%s'",
		            type_name(v[M_PROGRAM]));
	m = model_argument(in, args);
	if (!m)
		return false;
	s = new_model(in, m, v[M_MODEL].kind == V_STR ? STR_OF(v[M_MODEL])->s : NULL,
	              v[M_UNITS].kind == V_UNSET ? enum_item(in, &enum_compute_unit, 1)
	                                         : v[M_UNITS]);
	if (v[M_SKIP].kind != V_UNSET && !value_truth(in, v[M_SKIP], &s->skipped, args->span))
		return false;
	s->program = given(v[M_PROGRAM]) ? v[M_PROGRAM] : VNONE;
	s->hints = given(v[M_HINTS]) ? v[M_HINTS] : VNONE;
	if (given(v[M_TEMP]) && s->package && v[M_MODEL].kind == V_STR &&
	    !value_truth(in, v[M_TEMP], &s->temporary, args->span))
		return false;
	*out = vhost(in, &mlmodel_type, s);
	return check_function(in, s, v[M_FUNCTION], args->span);
}
