/* modelutils.c: coremltools.models.utils: what it does with specifications and models on a machine
 * that runs none. Blocks inside of blocks are renamed, too, which coremltools leaves as they are.
 */
#include "bind.h"

#include "Model.pb-c.h"
#include "form/read.h"
#include "message.h"
#include "pass/sanitize.h"
#include "script/core.h"

static Msg *
edit_at(const Msg *m, const char *field, size_t i)
{
	return (Msg *)(uintptr_t)msg_at(m, field, i);
}

static bool
is_spec(Value v)
{
	return is_message(v) && strcmp(HOST_OF(v)->type->name, "Model") == 0;
}

/* The Model message that an argument is; 0 after reporting. */
static Msg *
spec_arg(Interp *in, const Args *args, const char *fn, Value v)
{
	if (is_spec(v))
		return message_of(v);
	if (v.kind != V_POISON)
		fail(in, args->span, "%s takes a specification, found '%s'", fn, type_name(v));
	return NULL;
}

/* The models of a pipeline of whatever kind, or 0. */
static const Msg *
stages_of(const Msg *spec)
{
	const char *type = msg_case(spec, "pipeline");
	const Msg *p;

	if (!type || strncmp(type, "pipeline", 8) != 0)
		return NULL;
	p = msg_get(spec, type);
	return strcmp(type, "pipeline") ? msg_get(p, "pipeline") : p;
}

static const Msg *
network_of(const Msg *spec)
{
	const char *type = msg_case(spec, "neuralNetwork");

	return type && !strncmp(type, "neuralNetwork", 13) ? msg_get(spec, type) : NULL;
}

/* ---- files ---- */

NATIVE(utils_load_spec)
{
	const Str *path;
	Model *m;

	if (!as_path(in, args->v[0], &path, "the path of a model", args->span))
		return false;
	m = model_at(in, path, args->span);
	if (!m)
		return false;
	*out = bind_message(in, m->spec);
	return true;
}

NATIVE(utils_save_spec)
{
	const Value *v = args->v;
	Msg *spec = spec_arg(in, args, "save_spec", v[0]);
	const char *path;
	bool bare;
	Model *m;

	*out = VNONE;
	if (!spec)
		return v[0].kind == V_POISON;
	if (!save_path(in, v[1], NULL, &path, args->span))
		return false;
	bare = ends_with(path, strlen(path), ".mlmodel");
	if (msg_has(spec, "mlProgram") && !given(v[3]) && !bare)
		return fail(in, args->span,
		            "the spec of an ML Program has its weights in files: give save_spec "
		            "weights_dir=model.weights_dir");
	m = model_of_spec(in, msg_copy(interp_arena(in), spec), bare ? VNONE : v[3], args->span);
	if (m)
		m->bare = bare;
	return m && note_save(in, m, m, path, args->span);
}

/* ---- rename_feature ---- */

typedef struct Renaming {
	const char *from, *to;
	bool inputs, outputs;
	bool done; /* a feature was renamed */
} Renaming;

static bool
rename_text(Renaming *r, Msg *m, const char *field)
{
	bool is = m && !strcmp(msg_get_string(m, field), r->from);

	if (is)
		msg_string(m, field, r->to);
	return is;
}

static void
rename_list(const Renaming *r, Msg *m, const char *field)
{
	for (size_t i = 0; i < msg_count(m, field); i++)
		if (!strcmp(msg_string_at(m, field, i), r->from))
			msg_put_bytes(m, field, i, r->to, strlen(r->to));
}

/* The names of the messages in a list. */
static bool
rename_names(Renaming *r, const Msg *m, const char *list, const char *field)
{
	bool any = false;

	for (size_t i = 0; i < msg_count(m, list); i++)
		any |= rename_text(r, edit_at(m, list, i), field);
	return any;
}

static void
rename_network(Renaming *r, Msg *net, bool classifier)
{
	for (size_t i = 0; i < msg_count(net, "layers"); i++) {
		if (r->inputs)
			rename_list(r, edit_at(net, "layers", i), "input");
		if (r->outputs)
			rename_list(r, edit_at(net, "layers", i), "output");
	}
	if (r->inputs)
		rename_names(r, net, "preprocessing", "featureName");
	if (classifier)
		rename_text(r, net, "labelProbabilityLayerName");
}

static void
rename_block(Renaming *r, Msg *block)
{
	rename_names(r, block, "inputs", "name");
	rename_list(r, block, "outputs");
	for (size_t i = 0; i < msg_count(block, "operations"); i++) {
		const Msg *op = msg_at(block, "operations", i);
		for (size_t k = 0; k < msg_count(op, "inputs"); k++)
			rename_names(r, msg_get(msg_at(op, "inputs", k), "value"), "arguments",
			             "name");
		rename_names(r, op, "outputs", "name");
		for (size_t k = 0; k < msg_count(op, "blocks"); k++)
			rename_block(r, edit_at(op, "blocks", k));
	}
}

static bool
rename_program(Interp *in, Renaming *r, const Msg *prog, Span at)
{
	if (!name_is_sane(intern_cstr(interp_names(in), r->to)))
		return fail(in, at,
		            "a feature of an ML Program cannot be called '%s': expected a letter "
		            "or underscore, then letters, digits and underscores, and no word of "
		            "MIL", r->to);
	for (size_t i = 0; i < msg_count(prog, "functions"); i++) {
		const Msg *f = msg_get(msg_at(prog, "functions", i), "value");
		const char *blocks = "block_specializations";
		rename_names(r, f, "inputs", "name");
		for (size_t k = 0; k < msg_count(f, blocks); k++)
			rename_block(r, (Msg *)(uintptr_t)msg_get(msg_at(f, blocks, k), "value"));
	}
	return true;
}

static bool rename_in(Interp *in, Renaming *r, Msg *spec, Span at);

/* All but the first model have inputs, all but the last outputs that nobody outside sees. The count
 * is that of a plain pipeline also where this is none, as in coremltools. */
static bool
rename_pipeline(Interp *in, const Renaming *r, const Msg *spec, const Msg *p, Span at)
{
	size_t plain = msg_count(msg_get(spec, "pipeline"), "models");

	for (size_t i = 0; i < msg_count(p, "models"); i++) {
		Renaming part = {r->from, r->to, r->inputs || i > 0, r->outputs || i < plain, 0};
		if (!rename_in(in, &part, edit_at(p, "models", i), at))
			return false;
	}
	return true;
}

static bool
rename_in(Interp *in, Renaming *r, Msg *spec, Span at)
{
	Msg *d = msg_lazy(spec, "description");
	const char *type = msg_case(spec, "pipeline");
	const Msg *net = network_of(spec), *models = stages_of(spec);

	if (!r->inputs && !r->outputs)
		return true;
	if (r->inputs)
		r->done |= rename_names(r, d, "input", "name");
	if (r->outputs) {
		r->done |= rename_names(r, d, "output", "name");
		rename_text(r, d, "predictedFeatureName");
		rename_text(r, d, "predictedProbabilitiesName");
	}
	if (!r->done || !type)
		return true;
	if (net)
		rename_network(r, (Msg *)(uintptr_t)net,
		               strcmp(type, "neuralNetworkClassifier") == 0);
	if (r->inputs && !strcmp(type, "featureVectorizer"))
		rename_names(r, msg_get(spec, type), "inputList", "inputColumn");
	if (models)
		return rename_pipeline(in, r, spec, models, at);
	return strcmp(type, "mlProgram") != 0 ||
	       rename_program(in, r, msg_get(spec, type), at);
}

NATIVE(utils_rename)
{
	const Value *v = args->v;
	Msg *spec = spec_arg(in, args, "rename_feature", v[0]);
	const Str *from, *to;
	Renaming r = {.inputs = true, .outputs = true};

	*out = VNONE;
	if (!spec)
		return v[0].kind == V_POISON;
	if (!as_str(in, v[1], &from, "current_name", args->span) ||
	    !as_str(in, v[2], &to, "new_name", args->span) ||
	    (v[3].kind != V_UNSET && !value_truth(in, v[3], &r.inputs, args->span)) ||
	    (v[4].kind != V_UNSET && !value_truth(in, v[4], &r.outputs, args->span)))
		return false;
	r.from = from->s;
	r.to = to->s;
	return rename_in(in, &r, spec, args->span);
}

/* ---- convert_double_to_float_multiarray_type ---- */

static void
floats_for_doubles(Msg *spec)
{
	static const char *const lists[] = {"input", "output", "trainingInput"};
	const ProtobufCEnumDescriptor *types =
	    &core_ml__specification__array_feature_type__array_data_type__descriptor;
	int64_t from = protobuf_c_enum_descriptor_get_value_by_name(types, "DOUBLE")->value;
	int64_t to = protobuf_c_enum_descriptor_get_value_by_name(types, "FLOAT32")->value;
	const Msg *d = msg_get(spec, "description"), *models = msg_get(spec, "pipeline");

	for (size_t k = 0; k < countof(lists); k++)
		for (size_t i = 0; i < msg_count(d, lists[k]); i++) {
			const Msg *type = msg_get(msg_at(d, lists[k], i), "type");
			const Msg *array = msg_get(type, "multiArrayType");
			if (array && msg_get_int(array, "dataType") == from)
				msg_int((Msg *)(uintptr_t)array, "dataType", to);
		}
	for (size_t i = 0; i < msg_count(models, "models"); i++)
		floats_for_doubles(edit_at(models, "models", i));
}

NATIVE(utils_floats)
{
	Msg *spec = spec_arg(in, args, "convert_double_to_float_multiarray_type", args->v[0]);

	*out = VNONE;
	if (spec)
		floats_for_doubles(spec);
	return spec || args->v[0].kind == V_POISON;
}

/* ---- custom layers ---- */

enum { CUSTOM_ANY, CUSTOM_NAMES, CUSTOM_LAYERS, CUSTOM_RENAME };

/* The first network of a pipeline counts, as in coremltools. */
static const Msg *
first_network(const Msg *spec)
{
	const Msg *p = stages_of(spec), *net = network_of(spec);

	return p && msg_count(p, "models") ? first_network(msg_at(p, "models", 0)) : net;
}

NATIVE(utils_custom)
{
	Msg *spec = spec_arg(in, args, "the function", args->v[0]), *layer;
	const Msg *net = spec ? first_network(spec) : NULL;
	const Str *from = NULL, *to = NULL;
	const char *name;
	int how = args_with(args);
	bool any = false;

	if (!spec)
		return false;
	if (how == CUSTOM_RENAME && (!as_str(in, args->v[1], &from, "oldname", args->span) ||
	                             !as_str(in, args->v[2], &to, "newname", args->span)))
		return false;
	*out = how == CUSTOM_NAMES ? vset(in) : how == CUSTOM_LAYERS ? vlist(in, NULL, 0) : VNONE;
	for (size_t i = 0; i < msg_count(net, "layers"); i++) {
		layer = edit_at(net, "layers", i);
		if (!msg_has(layer, "custom"))
			continue;
		any = true;
		name = msg_get_string(msg_get(layer, "custom"), "className");
		if (how == CUSTOM_NAMES && !set_add_value(in, *out, vstrz(in, name), args->span))
			return false;
		if (how == CUSTOM_LAYERS)
			vlist_push(in, *out, bind_message(in, layer));
		if (from && !strcmp(name, from->s))
			msg_string(msg_edit(layer, "custom"), "className", to->s);
	}
	if (how == CUSTOM_ANY)
		*out = vbool(any);
	return true;
}

/* ---- make_pipeline ---- */

/* All names of weights files below a message. */
static bool
name_weights(Interp *in, Msg *m, const char *to, Span at)
{
	static const char usual[] = "@model_path/weights/weight.bin";

	if (!strcmp(m->descriptor->short_name, "Value")) {
		const Msg *blob = msg_get(m, "blobFileValue");
		if (blob && strcmp(msg_get_string(blob, "fileName"), usual) != 0)
			return fail(in, at, "make_pipeline renames '%s', but a model has '%s'",
			            usual, msg_get_string(blob, "fileName"));
		if (blob)
			msg_string(msg_edit(m, "blobFileValue"), "fileName", to);
		return true;
	}
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const Field *f = &m->descriptor->fields[i];
		size_t n = f->type == PROTOBUF_C_TYPE_MESSAGE ? msg_count(m, f->name) : 0;
		for (size_t k = 0; k < n; k++)
			if (!name_weights(in, edit_at(m, f->name, k), to, at))
				return false;
	}
	return true;
}

static bool
has_name(const Msg *const *spec, size_t n, const char *list, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		const Msg *d = msg_get(spec[i], "description");
		for (size_t k = 0; k < msg_count(d, list); k++)
			if (!strcmp(msg_get_string(msg_at(d, list, k), "name"), name))
				return true;
	}
	return false;
}

/* An input that no model before has seen, and an output that no model behind takes, are those of
 * the pipeline. */
static void
pipeline_features(Msg *to, const Msg *const *spec, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const Msg *d = msg_get(spec[i], "description");
		for (size_t k = 0; k < msg_count(d, "input"); k++) {
			const Msg *f = msg_at(d, "input", k);
			const char *name = msg_get_string(f, "name");
			if (!has_name(spec, i, "input", name) && !has_name(spec, i, "output", name))
				msg_merge(msg_sub(to, "input"), f);
		}
	}
	for (size_t i = n; i-- > 0;) {
		const Msg *d = msg_get(spec[i], "description");
		for (size_t k = 0; k < msg_count(d, "output"); k++) {
			const Msg *f = msg_at(d, "output", k);
			if (!has_name(spec + i + 1, n - i - 1, "input", msg_get_string(f, "name")))
				msg_merge(msg_sub(to, "output"), f);
		}
	}
}

/* An output without a shape has the type of the input that takes it. */
static void
pipeline_types(Msg *const *spec, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		const Msg *d = msg_get(spec[i], "description");
		for (size_t k = 0; k < msg_count(d, "output"); k++) {
			Msg *f = edit_at(d, "output", k);
			const Msg *array = msg_get(msg_get(f, "type"), "multiArrayType");
			const Msg *type = NULL;
			if (msg_count(array, "shape"))
				continue;
			for (size_t j = 1; j <= i + 1; j++) { /* the last that has it */
				const Msg *e = msg_get(spec[j], "description");
				for (size_t l = 0; l < msg_count(e, "input"); l++)
					if (!strcmp(msg_get_string(msg_at(e, "input", l), "name"),
					            msg_get_string(f, "name")))
						type = msg_get(msg_at(e, "input", l), "type");
			}
			if (type)
				msg_assign(msg_lazy(f, "type"), type);
		}
	}
}

/* The weights of model number i under their new name. */
static void
pipeline_weights(Interp *in, Model *m, ScriptModel *part, size_t i)
{
	const Model *from = part->m;
	const char *usual = "weights/weight.bin";
	WeightsAt w = {0};

	for (uint32_t k = 0; k < from->weights.n; k++)
		if (ends_with(from->weights.at[k].name, strlen(from->weights.at[k].name), usual))
			w = from->weights.at[k];
	if (!w.name && from->origin && from->origin->package)
		w.path = arena_printf(m->arena, "%s/%s", from->origin->folder, usual);
	w.name = arena_printf(m->arena, "@model_path/weights/%zu-weight.bin", i);
	if (w.plan || w.path)
		vec_push(interp_arena(in), &m->weights, w);
}

static bool
pipeline_arguments(Interp *in, const Args *args, Value *unit)
{
	int value;

	*unit = VNONE;
	for (uint32_t i = 0; i < args->npos; i++)
		if (!is_host(args->pos[i], &mlmodel_type))
			return args->pos[i].kind != V_POISON &&
			       fail(in, args->span, "make_pipeline takes models, found '%s'",
			            type_name(args->pos[i]));
	if (args->npos < 2)
		return fail(in, args->span, "make_pipeline takes at least two models, found %u",
		            args->npos);
	for (uint32_t i = 0; i < args->nkw; i++) {
		if (!str_is(args->kw[i].name, "compute_units"))
			return fail(in, args->kw[i].span, "make_pipeline() has no argument '%s'",
			            args->kw[i].name->s);
		*unit = args->kw[i].val;
	}
	if (given(*unit))
		return enum_value(*unit, &enum_compute_unit, &value) ||
		       fail(in, args->span,
		            "compute_units must be one of ct.ComputeUnit, such as "
		            "ct.ComputeUnit.ALL, found '%s'",
		            type_name(*unit));
	*unit = model_of(args->pos[0])->unit;
	for (uint32_t i = 1; i < args->npos; i++)
		if (HOST_OF(model_of(args->pos[i])->unit)->data != HOST_OF(*unit)->data)
			return fail(in, args->span,
			            "the models have different compute units: say which with "
			            "compute_units=");
	return true;
}

NATIVE_EXTERN(utils_pipeline)
{
	Arena *a = interp_arena(in);
	uint32_t n = args->npos;
	Msg *pipe = msg_new(a, &core_ml__specification__model__descriptor);
	Msg **spec = newn(a, Msg *, n + 1);
	int64_t version = 0;
	const char *why = NULL;
	Value unit;
	Model *m;

	if (!pipeline_arguments(in, args, &unit))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		spec[i] = model_spec(in, model_of(args->pos[i]), args->span);
		if (!spec[i])
			return false;
		spec[i] = msg_copy(a, spec[i]);
		version = MAX(version, msg_get_int(spec[i], "specificationVersion"));
	}
	msg_int(pipe, "specificationVersion", version);
	pipeline_features(msg_edit(pipe, "description"), (const Msg *const *)spec, n);
	pipeline_types(spec, n);
	m = model_of_spec(in, pipe, VNONE, args->span);
	for (uint32_t i = 0; i < n && !why; i++) {
		const char *file = arena_printf(a, "@model_path/weights/%u-weight.bin", i);
		if (msg_has(spec[i], "mlProgram") &&
		    !name_weights(in, msg_edit(spec[i], "mlProgram"), file, args->span))
			return false;
		pipeline_weights(in, m, model_of(args->pos[i]), i);
		why = msg_assign(msg_sub(msg_edit(pipe, "pipeline"), "models"), spec[i]);
	}
	find_body(m);
	*out = bind_model(in, m, NULL, unit);
	return message_took(in, why, args->span);
}

/* ---- the module ---- */

NATIVE(utils_evaluate)
{
	return fail(in, args->span,
	            "milc does not have %s: compare what model.predict(…) gives with what is "
	            "expected",
	            args->fn->name);
}

#define CUSTOM(name, params, how)                                                                  \
	{{name, params, utils_custom, AS_FUNCTION | WITH(how)}, make_fn, 0, 0}
const Member utils_members[] = {
    FN_MEMBER("save_spec", "spec,filename,auto_set_specification_version=,weights_dir=",
              utils_save_spec),
    FN_MEMBER("load_spec", "model_path", utils_load_spec),
    FN_MEMBER("rename_feature", "spec,current_name,new_name,rename_inputs=,rename_outputs=",
              utils_rename),
    FN_MEMBER("make_pipeline", NULL, utils_pipeline),
    FN_MEMBER("convert_double_to_float_multiarray_type", "spec", utils_floats),
    FN_MEMBER("compile_model", NULL, utils_compile),
    FN_MEMBER("evaluate_regressor", NULL, utils_evaluate),
    FN_MEMBER("evaluate_classifier", NULL, utils_evaluate),
    FN_MEMBER("evaluate_classifier_with_probabilities", NULL, utils_evaluate),
    FN_MEMBER("evaluate_transformer", NULL, utils_evaluate),
    FN_MEMBER("change_input_output_tensor_type",
              "ml_model,from_type,to_type,function_names=,input_names=,output_names=",
              utils_retype),
    FN_MEMBER("randomize_weights", "mlmodel", utils_randomize),
    CUSTOM("_has_custom_layer", "spec", CUSTOM_ANY),
    CUSTOM("_get_custom_layer_names", "spec", CUSTOM_NAMES),
    CUSTOM("_get_custom_layers", "spec", CUSTOM_LAYERS),
    CUSTOM("_replace_custom_layer_name", "spec,oldname,newname", CUSTOM_RENAME),
    FN_MEMBER("bisect_model",
              "model,output_dir,merge_chunks_to_pipeline=,check_output_correctness=", utils_bisect),
    FN_MEMBER("ct.utils.materialize_dynamic_shape_mlmodel",
              "dynamic_shape_mlmodel,function_name_to_materialization_map,destination_path,"
              "source_function_name=",
              ct_materialize),
    FN_MEMBER("ct.utils.MultiFunctionDescriptor", "model_path=", ct_descriptor),
    FN_MEMBER("ct.utils.save_multifunction", "desc,destination_path", ct_save_multifunction),
    END_MEMBER,
};
