/* pipeline.c: coremltools.models.pipeline: a pipeline put together model by model, where the object
 * is a specification and the name of the member that the models go to; and the two small models
 * that prepare features for others.
 */
#include "datatypes.h"
#include "message.h"

#include "Model.pb-c.h"

typedef struct Pipe {
	Msg *spec;
	const char *member; /* of the specification */
} Pipe;

static const HostType pipe_types[3];

static Pipe *
pipe_of(Value v)
{
	return HOST_OF(v)->data;
}

/* The message with the models, which comes to be with the first. */
static Msg *
models_of(const Pipe *p)
{
	Msg *m = msg_lazy(p->spec, p->member);

	return strcmp(p->member, "pipeline") ? msg_lazy(m, "pipeline") : m;
}

static Msg *
new_spec(Interp *in)
{
	Msg *spec = msg_new(interp_arena(in), &core_ml__specification__model__descriptor);

	msg_int(spec, "specificationVersion", 1);
	return spec;
}

/* ---- the three kinds ---- */

static bool
make_plain(Interp *in, Msg *spec, const Args *args)
{
	NamedTypes inputs, outputs;

	if (given(args->v[2]) && !(args->v[2].kind == V_LIST && !SEQ_OF(args->v[2])->n))
		return fail(in, args->span,
		            "training_features of a Pipeline are given with set_training_input()");
	if (!features_arg(in, args->v[0], -1, &inputs, args->span) ||
	    !features_arg(in, args->v[1], -1, &outputs, args->span))
		return false;
	features_put(spec, "input", &inputs);
	features_put(spec, "output", &outputs);
	msg_present(msg_lazy(spec, "description"));
	return true;
}

static bool
make_regressor(Interp *in, Msg *spec, const Args *args)
{
	static const DataType number = {DATA_DOUBLE, 0, 0, NULL};
	NamedTypes inputs, output;
	Msg *d = msg_edit(spec, "description");

	if (!features_arg(in, args->v[1], 1, &output, args->span) ||
	    !features_arg(in, args->v[0], -1, &inputs, args->span))
		return false;
	if (output.n != 1 || !datatype_same(&output.at[0].type, &number))
		return fail(in, args->span, "a regressor has one output, a Double");
	msg_string(d, "predictedFeatureName", output.at[0].name->s);
	features_put(spec, "input", &inputs);
	features_put(spec, "output", &output);
	return !given(args->v[2]) || training_features(in, spec, args->v[2], args->span);
}

/* Whether the labels of a classifier are strings; false after reporting if they are neither. */
static bool
label_kind(Interp *in, Value v, DataKind *kind, Span at)
{
	uint32_t ints = 0, texts = 0, n;
	Value list;
	Big i;

	if (!value_to_list(in, v, &list, at))
		return false;
	n = SEQ_OF(list)->n;
	for (uint32_t k = 0; k < n; k++) {
		texts += SEQ_OF(list)->at[k].kind == V_STR;
		ints += SEQ_OF(list)->at[k].kind == V_BOOL || is_index(in, SEQ_OF(list)->at[k], &i);
	}
	*kind = ints == n ? DATA_INT64 : DATA_STRING;
	return ints == n || texts == n ||
	       fail(in, at, "class labels are all ints or all strings");
}

static bool
classifier_outputs(Interp *in, Value v, DataKind label, NamedTypes *out, Span at)
{
	Interner *names = interp_names(in);
	NamedType class = {intern_cstr(names, "classLabel"), {label, 0, 0, NULL}};
	NamedType probs = {intern_cstr(names, "classProbability"), {DATA_DICT, label, 0, NULL}};
	const SeqObj *s = SEQ_OF(v);

	if (given(v) && features_listed(in, v, out)) {
		if (out->n > 2 || !datatype_same(&out->at[0].type, &class.type) ||
		    (out->n == 2 && !datatype_same(&out->at[1].type, &probs.type)))
			return fail(in, at,
			            "a classifier has the outputs (name, label type) and (name, "
			            "Dictionary(label type)), in that order");
		return true;
	}
	if (v.kind == V_STR)
		class.name = intern_cstr(names, STR_OF(v)->s);
	else if ((v.kind == V_LIST || v.kind == V_TUPLE) && s->n == 2 &&
	         s->at[0].kind == V_STR && s->at[1].kind == V_STR)
		class.name = intern_cstr(names, STR_OF(s->at[0])->s),
		probs.name = intern_cstr(names, STR_OF(s->at[1])->s);
	else if (given(v))
		return fail(in, at, "output_features of a classifier are one or two names, or "
		                    "(name, datatype) tuples");
	*out = (NamedTypes){0};
	vec_push(interp_arena(in), out, class);
	vec_push(interp_arena(in), out, probs);
	return true;
}

static bool
make_classifier(Interp *in, Msg *spec, const Args *args)
{
	NamedTypes inputs, outputs;
	Msg *d = msg_edit(spec, "description");
	DataKind label;

	if (!label_kind(in, args->v[1], &label, args->span) ||
	    !classifier_outputs(in, args->v[2], label, &outputs, args->span) ||
	    !features_arg(in, args->v[0], -1, &inputs, args->span))
		return false;
	msg_string(d, "predictedFeatureName", outputs.at[0].name->s);
	if (outputs.n > 1)
		msg_string(d, "predictedProbabilitiesName", outputs.at[1].name->s);
	features_put(spec, "input", &inputs);
	features_put(spec, "output", &outputs);
	return !given(args->v[3]) || training_features(in, spec, args->v[3], args->span);
}

/* ---- methods ---- */

NATIVE(pipe_add)
{
	const Pipe *p = pipe_of(self);
	Value v = args->v[0];
	const Msg *m;

	*out = VNONE;
	if (msg_get_int(p->spec, "isUpdatable"))
		return fail(in, args->span, "no model can be added to a pipeline that was made "
		                            "updatable");
	if (is_host(v, &mlmodel_type))
		m = model_spec(in, model_of(v), args->span);
	else if (is_message(v) && message_of(v)->descriptor == p->spec->descriptor)
		m = message_of(v);
	else
		return v.kind != V_POISON &&
		       fail(in, args->span,
		            "add_model takes a model or a specification, found '%s'",
		            type_name(v));
	return m && message_took(in, msg_assign(msg_sub(models_of(p), "models"), m), args->span);
}

NATIVE(pipe_make_updatable)
{
	const Pipe *p = pipe_of(self);
	const Msg *models = models_of(p);
	size_t n = msg_count(models, "models");

	*out = VNONE;
	if (!n)
		return fail(in, args->span,
		            "the pipeline has no models: make it updatable when all were added");
	for (size_t i = 0; i < n; i++)
		if ((msg_get_int(msg_at(models, "models", i), "isUpdatable") != 0) != (i + 1 == n))
			return fail(in, args->span,
			            "a pipeline is updatable if its last model is, and no other");
	msg_int(p->spec, "isUpdatable", 1);
	return true;
}

NATIVE(pipe_training)
{
	*out = VNONE;
	return training_features(in, pipe_of(self)->spec, args->v[0], args->span);
}

static int
pipe_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	if (!str_is(name, "spec"))
		return 0;
	*out = bind_message(in, ((const Pipe *)self->data)->spec);
	return 1;
}

static const struct {
	const char *member;
	Native fn;
	bool (*fill)(Interp *in, Msg *spec, const Args *args);
} kinds[] = {
    {"pipeline",
     {"Pipeline", "input_features,output_features,training_features=", 0, AS_FUNCTION},
     make_plain},
    {"pipelineRegressor",
     {"PipelineRegressor", "input_features,output_features,training_features=", 0, AS_FUNCTION},
     make_regressor},
    {"pipelineClassifier",
     {"PipelineClassifier", "input_features,class_labels,output_features=,training_features=", 0,
      AS_FUNCTION},
     make_classifier},
};

NATIVE(pipe_make)
{
	size_t k = (size_t)(host_type_of(self) - pipe_types);
	Value v[NATIVE_ARGS];
	Args bound = *args;
	Pipe *p = new (interp_arena(in), Pipe);

	bound.v = v;
	if (!args_bind(in, kinds[k].fn.name, args, kinds[k].fn.params, v))
		return false;
	p->spec = new_spec(in);
	p->member = kinds[k].member;
	*out = vhost(in, &pipe_types[k], p);
	return kinds[k].fill(in, p->spec, &bound);
}

static const Native pipe_methods[] = {
    {"add_model", "spec", pipe_add, AS_FUNCTION},
    {"make_updatable", "", pipe_make_updatable, AS_FUNCTION},
    {"set_training_input", "training_input", pipe_training, AS_FUNCTION},
    NATIVE_END,
};
#define PIPE(n)                                                                                    \
	{.name = n, .module = "coremltools.models.pipeline", .methods = pipe_methods,              \
	 .getattr = pipe_getattr, .make = pipe_make}
static const HostType pipe_types[3] = {PIPE("Pipeline"), PIPE("PipelineRegressor"),
                                      PIPE("PipelineClassifier")};

static Value
make_class(UNUSED Interp *in, const Member *m)
{
	return vhosttype(m->p);
}

const Member pipeline_members[] = {
    MEMBER("Pipeline", make_class, &pipe_types[0], 0),
    MEMBER("PipelineRegressor", make_class, &pipe_types[1], 0),
    MEMBER("PipelineClassifier", make_class, &pipe_types[2], 0),
    END_MEMBER,
};

/* ---- models that prepare features ---- */

/* Of a vector of n doubles, in the description. */
static bool
vector_output(Interp *in, Msg *spec, Value v, int64_t n, Span at)
{
	DataType vector = {DATA_ARRAY, 0, 1, arena_dup(interp_arena(in), &n, sizeof n)};
	NamedTypes out = {0};

	if (v.kind == V_STR)
		vec_push(interp_arena(in), &out,
		         (NamedType){intern_cstr(interp_names(in), STR_OF(v)->s), vector});
	else if (!features_listed(in, v, &out) || out.n != 1 ||
	         !datatype_same(&out.at[0].type, &vector))
		return fail(in, at,
		            "the output of a feature vectorizer is a name, or one of type "
		            "Array(%lld)", (long long)n);
	features_put(spec, "output", &out);
	return true;
}

NATIVE(make_vectorizer)
{
	Msg *spec = new_spec(in), *list = msg_lazy(spec, "featureVectorizer"), *one;
	Value pair[2], size, sizes = args->v[2];
	NamedTypes inputs;
	int64_t all = 0, n, given_n;

	if (given(sizes) && sizes.kind != V_DICT)
		return fail(in, args->span, "known_size_map must be a dict, found '%s'",
		            type_name(sizes));
	if (!features_arg(in, args->v[0], -1, &inputs, args->span))
		return false;
	for (uint32_t i = 0; i < inputs.n; i++) {
		n = datatype_count(&inputs.at[i].type);
		if (given(sizes) && dict_get(in, sizes, vstr_of(in, inputs.at[i].name), &size)) {
			if (!as_int(in, size, &given_n, "the size of a feature", args->span))
				return false;
			if (n >= 0 && n != given_n)
				return fail(in, args->span,
				            "feature '%s' has %lld numbers, but known_size_map "
				            "says %lld",
				            inputs.at[i].name->s, (long long)n, (long long)given_n);
			n = given_n;
		}
		if (n < 0)
			return fail(in, args->span,
			            "how many numbers feature '%s' has, known_size_map must say",
			            inputs.at[i].name->s);
		all += n;
		one = msg_sub(list, "inputList");
		msg_string(one, "inputColumn", inputs.at[i].name->s);
		msg_int(one, "inputDimensions", n);
	}
	features_put(spec, "input", &inputs);
	pair[0] = bind_message(in, spec);
	pair[1] = vint(all);
	*out = vtuple(in, pair, 2);
	return vector_output(in, spec, args->v[1], all, args->span);
}

NATIVE(make_extractor)
{
	Msg *spec = new_spec(in);
	Value list = args->v[2];
	NamedTypes inputs, output = {0};
	NamedType y = {0};
	const Str *name;
	int64_t n, i;
	Big whole;
	bool single = is_index(in, list, &whole);

	if (single)
		list = vlist(in, &list, 1);
	if (!features_listed(in, args->v[0], &inputs) || inputs.n != 1 ||
	    inputs.at[0].type.kind != DATA_ARRAY)
		return fail(in, args->span,
		            "an array feature extractor has one input, [(name, Array(…))]");
	if (!as_str(in, args->v[1], &name, "output_name", args->span) ||
	    !value_to_list(in, list, &list, args->span))
		return false;
	n = SEQ_OF(list)->n;
	y.name = name;
	y.type = single ? (DataType){DATA_DOUBLE, 0, 0, NULL}
	                : (DataType){DATA_ARRAY, 0, 1,
	                             arena_dup(interp_arena(in), &n, sizeof n)};
	if (given(args->v[3]) && !datatype_of(args->v[3], &y.type))
		return fail(in, args->span, "output_type must be a datatype, found '%s'",
		            type_name(args->v[3]));
	for (uint32_t k = 0; k < n; k++) {
		if (!as_int(in, SEQ_OF(list)->at[k], &i, "an index", args->span))
			return false;
		if (i < 0 || i >= datatype_count(&inputs.at[0].type))
			return fail(in, args->span, "index %lld is outside of the array of %lld",
			            (long long)i, (long long)datatype_count(&inputs.at[0].type));
		msg_int(msg_lazy(spec, "arrayFeatureExtractor"), "extractIndex", i);
	}
	vec_push(interp_arena(in), &output, y);
	features_put(spec, "input", &inputs);
	features_put(spec, "output", &output);
	*out = bind_message(in, spec);
	return true;
}

const Member vectorizer_members[] = {
    FN_MEMBER("create_feature_vectorizer", "input_features,output_feature_name,known_size_map=",
              make_vectorizer),
    END_MEMBER,
};
const Member extractor_members[] = {
    FN_MEMBER("create_array_feature_extractor",
              "input_features,output_name,extract_indices,output_type=", make_extractor),
    END_MEMBER,
};
