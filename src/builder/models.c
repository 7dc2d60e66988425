/* models.c: the module utils: models made of networks with small changes, by a builder. */
#include "builder.h"
#include "classes.h"

#include "script/core.h"

/* A copy of the specification of a model that is a network; plain: no classifier or regressor. */
static Msg *
network_spec(Interp *in, const Args *args, bool plain)
{
	Value v = args->v[0];
	const Msg *spec;
	const char *type;

	if (!is_host(v, &mlmodel_type)) {
		if (v.kind != V_POISON)
			fail(in, args->span, "%s() takes an MLModel, found '%s'", args->fn->name,
			     type_name(v));
		return NULL;
	}
	spec = model_spec(in, model_of(v), args->span);
	if (!spec)
		return NULL;
	type = msg_case(spec, "neuralNetwork");
	if (type && (plain ? !strcmp(type, "neuralNetwork") : !strncmp(type, "neuralNetwork", 13)))
		return msg_copy(interp_arena(in), spec);
	fail(in, args->span,
	     plain ? "the model must be a neuralNetwork, found %s"
	           : "the model must be a NeuralNetwork of any kind, found %s",
	     type ? type : "no type");
	return NULL;
}

static bool
member_called(Interp *in, const char *module, const char *name, const Args *args, Value *out)
{
	Value m, fn;

	return interp_import(in, module, &m) && value_member(in, m, name, &fn, args->span) &&
	       interp_call(in, fn, args, out);
}

/* Calls a method of a builder of the specification, and makes a model of it. */
static bool
built(Interp *in, Msg *spec, const char *method, const Args *call, Value *out)
{
	Value v = bind_message(in, spec), builder, fn, none;
	const Kwarg kw = {intern_cstr(interp_names(in), "spec"), v, call->span};
	const Args make = {.kw = &kw, .nkw = 1, .span = call->span, .callee = call->callee};
	const Args model = {.pos = &v, .npos = 1, .span = call->span, .callee = call->callee};

	return interp_call(in, vhosttype(&builder_type), &make, &builder) &&
	       value_member(in, builder, method, &fn, call->span) &&
	       interp_call(in, fn, call, &none) &&
	       member_called(in, "coremltools.models", "MLModel", &model, out);
}

static void
pass_on(Interp *in, Kwarg *kw, uint32_t *n, const char *name, Value v, Span at)
{
	if (v.kind != V_UNSET)
		kw[(*n)++] = (Kwarg){intern_cstr(interp_names(in), name), v, at};
}

NATIVE(make_image_input)
{
	static const char *const param[] = {"is_bgr",    "red_bias",    "blue_bias",   "green_bias",
	                                    "gray_bias", "image_scale", "image_format"};
	Msg *spec = network_spec(in, args, false);
	Kwarg kw[countof(param) + 1];
	Args call = {.kw = kw, .span = args->span, .callee = args->callee};
	Value names = args->v[1], known, is;
	bool found;

	if (!spec)
		return false;
	if (names.kind != V_LIST)
		names = vlist(in, &names, 1);
	known = vlist(in, NULL, 0);
	for (size_t i = 0; i < msg_count(msg_lazy(spec, "description"), "input"); i++) {
		is = vstrz(
		    in, msg_get_string(msg_at(msg_lazy(spec, "description"), "input", i), "name"));
		vlist_push(in, known, is);
	}
	for (uint32_t i = 0; i < SEQ_OF(names)->n; i++) {
		if (!value_contains(in, known, SEQ_OF(names)->at[i], &found, args->span))
			return false;
		if (!found)
			return fail(in, args->span, "the model has no input %.80s",
			            shown(in, SEQ_OF(names)->at[i]));
	}
	pass_on(in, kw, &call.nkw, "image_input_names", names, args->span);
	for (size_t i = 0; i < countof(param) - 1; i++)
		pass_on(in, kw, &call.nkw, param[i], args->v[2 + i], args->span);
	pass_on(in, kw, &call.nkw, "image_format",
	        args->v[8].kind == V_UNSET ? vstrz(in, "NHWC") : args->v[8], args->span);
	return built(in, spec, "set_pre_processing_parameters", &call, out);
}

static bool
labels_arg(Interp *in, Value v, Value *list, Span at)
{
	*list = v;
	if (v.kind == V_STR)
		return labels_of_file(in, v, at, list);
	for (uint32_t i = 0; v.kind == V_LIST && i < SEQ_OF(v)->n; i++)
		if (!is_int(SEQ_OF(v)->at[i]) && SEQ_OF(v)->at[i].kind != V_STR)
			return fail(in, at, "class labels are ints or strings, found '%s'",
			            type_name(SEQ_OF(v)->at[i]));
	return v.kind == V_LIST ||
	       (v.kind != V_POISON &&
	        fail(in, at,
	             "class_labels must be a list of ints or strings, or the path of a file "
	             "with one on each line, found '%s'",
	             type_name(v)));
}

/* The network of a model becomes that of a classifier. */
static void
become_classifier(Msg *spec)
{
	static const char *const kept[] = {"arrayInputShapeMapping", "imageInputShapeMapping"};
	const Msg *net = msg_copy(spec->arena, msg_get(spec, "neuralNetwork"));
	Msg *to;

	msg_clear(spec, "neuralNetwork");
	to = msg_lazy(spec, "neuralNetworkClassifier");
	msg_present(to);
	for (size_t i = 0; i < msg_count(net, "layers"); i++)
		msg_adopt(to, "layers", msg_at(net, "layers", i));
	for (size_t i = 0; i < msg_count(net, "preprocessing"); i++)
		msg_adopt(to, "preprocessing", msg_at(net, "preprocessing", i));
	for (size_t k = 0; k < countof(kept); k++)
		msg_int(to, kept[k], msg_get_int(net, kept[k]));
	msg_present(msg_lazy(to, "updateParams"));
	if (msg_has(net, "updateParams"))
		msg_assign(msg_lazy(to, "updateParams"), msg_get(net, "updateParams"));
}

NATIVE(make_classifier)
{
	Msg *spec = network_spec(in, args, true);
	Kwarg kw[3];
	Args call = {.kw = kw, .span = args->span, .callee = args->callee};
	Value labels;

	if (!spec || !labels_arg(in, args->v[1], &labels, args->span))
		return false;
	become_classifier(spec);
	pass_on(in, kw, &call.nkw, "class_labels", labels, args->span);
	if (given(args->v[2]))
		pass_on(in, kw, &call.nkw, "predicted_feature_name", args->v[2], args->span);
	if (given(args->v[3]))
		pass_on(in, kw, &call.nkw, "prediction_blob", args->v[3], args->span);
	return built(in, spec, "set_class_labels", &call, out);
}

const Member network_utils_members[] = {
    FN_MEMBER("make_image_input",
              "model,input_name,is_bgr=,red_bias=,blue_bias=,green_bias=,gray_bias=,scale=,"
              "image_format=",
              make_image_input),
    FN_MEMBER("make_nn_classifier",
              "model,class_labels,predicted_feature_name=,predicted_probabilities_output=",
              make_classifier),
    TYPE_MEMBER("NeuralNetworkBuilder", &builder_type),
    END_MEMBER,
};
