/* modules.c: the modules of coremltools by their dotted names, and the prelude. A name stands in
 * each module from which scripts take it, as packages hand on what they import.
 */
#include "author.h"
#include "datatypes.h"
#include "message.h"
#include "np/np.h"
#include "script/faults.h"
#include "torch_ops.h"

static Value
make_builder(Interp *in, UNUSED const Member *m)
{
	return mb_module(in, NULL);
}

static const Member transform_members[] = {
    FN_MEMBER("ct.transform.FP16ComputePrecision", "op_selector=", ct_fp16_precision),
    END_MEMBER,
};

/* ---- what describes inputs and outputs ---- */

#define INPUT_TYPES                                                                                \
	FN_MEMBER("ct.TensorType", "name=,shape=,dtype=,default_value=", ct_tensor_type),          \
	    FN_MEMBER("ct.ImageType",                                                              \
	              "name=,shape=,scale=,bias=,color_layout=,channel_first=,"                    \
	              "grayscale_use_uint8=",                                                      \
	              ct_image_type),                                                              \
	    FN_MEMBER("ct.StateType", "wrapped_type,name=", ct_state_type),                        \
	    FN_MEMBER("ct.ClassifierConfig",                                                       \
	              "class_labels,predicted_feature_name=,predicted_probabilities_output=",      \
	              ct_classifier_config),                                                       \
	    FN_MEMBER("ct.RangeDim", "lower_bound=,upper_bound=,default=,symbol=", ct_range_dim),  \
	    FN_MEMBER("ct.Shape", "shape,default=", ct_shape),                                     \
	    FN_MEMBER("ct.EnumeratedShapes", "shapes,default=", ct_enumerated_shapes)
#define IS_SYMBOLIC FN_MEMBER("is_symbolic", "val", symbolic_is)
static const Member input_types_members[] = {
    INPUT_TYPES,
    ENUM_MEMBER("ColorLayout", &enum_colorlayout),
    MODULE_MEMBER("types", types_members),
    IS_SYMBOLIC,
    END_MEMBER,
};

/* ---- coremltools.converters.mil ---- */

/* Of the package and of its module mil. */
#define PROGRAM  FN_MEMBER("Program", "", bind_program_new)
#define FUNCTION FN_MEMBER("Function", "inputs,opset_version=", bind_function_new)
#define PLACEHOLDER                                                                                \
	FN_MEMBER("Placeholder", "sym_shape,dtype=,name=,allow_rank0_input=", bind_placeholder_new)
#define SYMBOLS                                                                                    \
	FN_MEMBER("get_new_symbol", "name=", bind_new_symbol),                                     \
	    FN_MEMBER("get_existing_symbol", "name", bind_existing_symbol),                        \
	    TYPE_MEMBER("Symbol", &symbol_type)
#define CURR_BLOCK FN_MEMBER("curr_block", "", bind_curr_block)
#define MIL_MEMBERS                                                                                \
	MEMBER("Builder", make_builder, 0, 0), MODULE_MEMBER("builder", builder_members), PROGRAM, \
	    FUNCTION, PLACEHOLDER, SYMBOLS, CURR_BLOCK, TYPE_MEMBER("Block", &block_type),         \
	    AUTHOR_MEMBER("Operation"), TYPE_MEMBER("Var", &var_type),                             \
	    AUTHOR_MEMBER("register_op"), AUTHOR_MEMBER("DefaultInputs"),                          \
	    AUTHOR_MEMBER("InputSpec"), AUTHOR_MEMBER("ListInputType"),                            \
	    AUTHOR_MEMBER("TupleInputType")
static const Member block_members[] = {
    TYPE_MEMBER("Block", &block_type),     FUNCTION,    CURR_BLOCK,
    MODULE_MEMBER("types", types_members), IS_SYMBOLIC, END_MEMBER,
};
static const Member operation_members[] = {
    AUTHOR_MEMBER("Operation"),
    AUTHOR_MEMBER("precondition"),
    AUTHOR_MEMBER("VALUE"),
    AUTHOR_MEMBER("SYMBOL"),
    AUTHOR_MEMBER("NONE"),
    AUTHOR_MEMBER("ALL"),
    MODULE_MEMBER("types", types_members),
    IS_SYMBOLIC,
    END_MEMBER,
};
static const Member input_type_members[] = {
    AUTHOR_MEMBER("DefaultInputs"),
    AUTHOR_MEMBER("InputSpec"),
    AUTHOR_MEMBER("TensorInputType"),
    AUTHOR_MEMBER("ListInputType"),
    AUTHOR_MEMBER("TupleInputType"),
    AUTHOR_MEMBER("StateInputType"),
    AUTHOR_MEMBER("PyFunctionInputType"),
    MODULE_MEMBER("types", types_members),
    END_MEMBER,
};
static const Member op_reqs_members[] = {
    AUTHOR_MEMBER("register_op"),
    END_MEMBER,
};
static const Member ops_defs_members[] = {
    MODULE_MEMBER("_op_reqs", op_reqs_members),
    END_MEMBER,
};
static const Member ops_members[] = {
    MODULE_MEMBER("defs", ops_defs_members),
    END_MEMBER,
};
static const Member var_members[] = {
    TYPE_MEMBER("Var", &var_type),
    MODULE_MEMBER("types", types_members),
    END_MEMBER,
};
static const Member program_members[] = {
    PROGRAM, FUNCTION, PLACEHOLDER, SYMBOLS, MODULE_MEMBER("types", types_members), END_MEMBER,
};
static const Member builder_members[] = {
    MEMBER("Builder", make_builder, 0, 0),
    ENUM_MEMBER("AvailableTarget", &enum_target),
    FUNCTION,
    PLACEHOLDER,
    CURR_BLOCK,
    TYPE_MEMBER("Var", &var_type),
    END_MEMBER,
};
static const Member compatibility_members[] = {
    ENUM_MEMBER("AvailableTarget", &enum_target),
    END_MEMBER,
};
static const Member passes_members[] = {
    MODULE_MEMBER("helper", pass_helper_members),
    MODULE_MEMBER("pass_registry", pass_registry_members),
    MODULE_MEMBER("graph_pass", graph_pass_members),
    MODULE_MEMBER("pass_pipeline", pass_pipeline_members),
    END_MEMBER,
};
static const Member mil_mil_members[] = {
    MIL_MEMBERS,
    MODULE_MEMBER("types", types_members),
    MODULE_MEMBER("block", block_members),
    MODULE_MEMBER("operation", operation_members),
    MODULE_MEMBER("var", var_members),
    MODULE_MEMBER("program", program_members),
    MODULE_MEMBER("scope", scope_members),
    MODULE_MEMBER("passes", passes_members),
    MODULE_MEMBER("input_type", input_type_members),
    MODULE_MEMBER("ops", ops_members),
    AUTHOR_MEMBER("TensorInputType"),
    AUTHOR_MEMBER("PyFunctionInputType"),
    AUTHOR_MEMBER("precondition"),
    END_MEMBER,
};
#define REGISTER_TORCH_OP                                                                          \
	FN_MEMBER("register_torch_op", "_func=,torch_alias=,override=", ct_register_torch_op)
static const Member torch_ops_members[] = {
    REGISTER_TORCH_OP,
    FN_MEMBER("_get_inputs", "context,node,expected=,min_expected=", ct_torch_get_inputs),
    END_MEMBER,
};
static const Member torch_registry_members[] = {
    REGISTER_TORCH_OP,
    END_MEMBER,
};
static const Member torch_frontend_members[] = {
    REGISTER_TORCH_OP,
    MODULE_MEMBER("ops", torch_ops_members),
    MODULE_MEMBER("torch_op_registry", torch_registry_members),
    END_MEMBER,
};
static const Member frontend_members[] = {
    MODULE_MEMBER("torch", torch_frontend_members),
    END_MEMBER,
};
static const Member mil_members[] = {
    MIL_MEMBERS,
    INPUT_TYPES,
    MODULE_MEMBER("mil", mil_mil_members),
    MODULE_MEMBER("input_types", input_types_members),
    MODULE_MEMBER("_deployment_compatibility", compatibility_members),
    REGISTER_TORCH_OP,
    MODULE_MEMBER("frontend", frontend_members),
    END_MEMBER,
};
static const Member converters_members[] = {
    MODULE_MEMBER("mil", mil_members),
    FN_MEMBER("ct.convert", convert_params, ct_convert),
    INPUT_TYPES,
    ENUM_MEMBER("ColorLayout", &enum_colorlayout),
    END_MEMBER,
};

/* ---- coremltools ---- */

static const Member ml_program_members[] = {
    MODULE_MEMBER("compression_utils", compression_utils_members),
    END_MEMBER,
};
#define MLMODEL TYPE_MEMBER("MLModel", &mlmodel_type)
static const Member model_members[] = {
    MLMODEL,
    TYPE_MEMBER("MLState", &mlstate_type),
    TYPE_MEMBER("MLModelAsset", &asset_type),
    END_MEMBER,
};
static const Member models_members[] = {
    MLMODEL,
    MODULE_MEMBER("model", model_members),
    TYPE_MEMBER("CompiledMLModel", &compiled_type),
    MODULE_MEMBER("compute_plan", compute_plan_members),
    MODULE_MEMBER("compute_device", compute_device_members),
    MODULE_MEMBER("ml_program", ml_program_members),
    MODULE_MEMBER("utils", utils_members),
    MODULE_MEMBER("datatypes", datatypes_members),
    MODULE_MEMBER("pipeline", pipeline_members),
    MODULE_MEMBER("feature_vectorizer", vectorizer_members),
    MODULE_MEMBER("array_feature_extractor", extractor_members),
    MODULE_MEMBER("neural_network", neural_network_members),
    END_MEMBER,
};
#define VERSION TEXT_MEMBER("__version__", "9.1.dev1") /* of the main branch */
static const Member version_members[] = {
    VERSION,
    END_MEMBER,
};
static const Member ct_members[] = {
    VERSION,
    MODULE_MEMBER("version", version_members),
    FN_MEMBER("ct.convert", convert_params, ct_convert),
    INPUT_TYPES,
    ENUM_MEMBER("target", &enum_target),
    ENUM_MEMBER("precision", &enum_precision),
    ENUM_MEMBER("ComputeUnit", &enum_compute_unit),
    ENUM_MEMBER("colorlayout", &enum_colorlayout),
    MODULE_MEMBER("transform", transform_members),
    MODULE_MEMBER("converters", converters_members),
    MODULE_MEMBER("models", models_members),
    MODULE_MEMBER("utils", utils_members),
    MEMBER("PassPipeline", make_pipeline_class, 0, 0),
    MEMBER("proto", make_proto, 0, 0),
    MODULE_MEMBER("optimize", optimize_members),
    MODULE_MEMBER("compression_utils", compression_utils_members),
    END_MEMBER,
};

/* What can stand in an import statement. */
#define IMPORTABLE(I)                                                                              \
	I("torch", torch_members, torch)                                                           \
	I("torch.jit", torch_jit_members, torch_jit)                                               \
	I("torch.export", torch_export_members, torch_export)                                      \
	I("torch.backends._coreml.preprocess", torch_coreml_members, torch_coreml)                 \
	I("coremltools", ct_members, ct)                                                           \
	I("coremltools.converters", converters_members, converters)                                \
	I("coremltools.converters.mil", mil_members, mil)                                          \
	I("coremltools.converters.mil.mil", mil_mil_members, mil_mil)                              \
	I("coremltools.converters.mil.input_types", input_types_members, input_types)              \
	I("coremltools.converters.mil._deployment_compatibility", compatibility_members,           \
	  compatibility)                                                                           \
	I("coremltools.converters.mil.mil.types", types_members, types)                            \
	I("coremltools.converters.mil.mil.types.symbolic", symbolic_members, symbolic)             \
	I("coremltools.converters.mil.mil.types.type_mapping", types_members, type_mapping)        \
	I("coremltools.converters.mil.mil.block", block_members, block)                            \
	I("coremltools.converters.mil.mil.builder", builder_members, builder)                      \
	I("coremltools.converters.mil.mil.operation", operation_members, operation)                \
	I("coremltools.converters.mil.mil.input_type", input_type_members, input_type)             \
	I("coremltools.converters.mil.mil.ops", ops_members, ops)                                  \
	I("coremltools.converters.mil.mil.ops.defs", ops_defs_members, ops_defs)                   \
	I("coremltools.converters.mil.mil.ops.defs._op_reqs", op_reqs_members, op_reqs)            \
	I("_coremltools", author_natives, author)                                                  \
	I("coremltools.converters.mil.mil.program", program_members, program)                      \
	I("coremltools.converters.mil.mil.var", var_members, var)                                  \
	I("coremltools.converters.mil.mil.scope", scope_members, scope)                            \
	I("coremltools.converters.mil.mil.passes", passes_members, passes)                         \
	I("coremltools.converters.mil.mil.passes.pass_registry", pass_registry_members,            \
	  pass_registry)                                                                           \
	I("coremltools.converters.mil.mil.passes.graph_pass", graph_pass_members, graph_pass)      \
	I("coremltools.converters.mil.mil.passes.helper", pass_helper_members, pass_helper)        \
	I("coremltools.converters.mil.mil.passes.pass_pipeline", pass_pipeline_members,            \
	  pass_pipeline)                                                                           \
	I("coremltools.converters.mil.frontend", frontend_members, frontend)                       \
	I("coremltools.converters.mil.frontend.torch", torch_frontend_members, torch_frontend)     \
	I("coremltools.converters.mil.frontend.torch.ops", torch_ops_members, torch_ops)           \
	I("coremltools.converters.mil.frontend.torch.torch_op_registry", torch_registry_members,   \
	  torch_registry)                                                                          \
	I("coremltools.models", models_members, models)                                            \
	I("coremltools.models.model", model_members, models_model)                                 \
	I("coremltools.models.compute_plan", compute_plan_members, compute_plan)                   \
	I("coremltools.models.compute_device", compute_device_members, compute_device)             \
	I("coremltools.models.ml_program", ml_program_members, ml_program)                         \
	I("coremltools.version", version_members, version)                                         \
	I("coremltools.models.neural_network", neural_network_members, neural_network)             \
	I("coremltools.models.neural_network.quantization_utils", quantization_utils_members,      \
	  quantization_utils)                                                                      \
	I("coremltools.models.neural_network.builder", builder_module_members, network_builder)    \
	I("coremltools.models.neural_network.flexible_shape_utils", flexible_members,              \
	  flexible_shape_utils)                                                                    \
	I("coremltools.models.neural_network.printer", printer_members, network_printer)           \
	I("coremltools.models.neural_network.spec_inspection_utils", inspection_members,           \
	  spec_inspection_utils)                                                                   \
	I("coremltools.models.neural_network.update_optimizer_utils", optimizer_members,           \
	  update_optimizer_utils)                                                                  \
	I("coremltools.models.neural_network.utils", network_utils_members, network_utils)         \
	I("coremltools.models.datatypes", datatypes_members, datatypes)                            \
	I("coremltools.models.pipeline", pipeline_members, pipeline)                               \
	I("coremltools.models.utils", utils_members, models_utils)                                 \
	I("coremltools.utils", utils_members, utils)                                               \
	I("coremltools.transform", transform_members, transform)                                   \
	I("coremltools.optimize", optimize_members, optimize)                                      \
	I("coremltools.optimize.coreml", optimize_coreml_members, optimize_coreml)                 \
	I("coremltools.compression_utils", compression_utils_members, compression_utils)

#define I(path, table, id)                                                                         \
	static Value import_##id(Interp *in, void *ctx)                                            \
	{                                                                                          \
		(void)ctx;                                                                         \
		return module_of(in, path, table);                                                 \
	}
IMPORTABLE(I)
#undef I

static Value
import_proto(Interp *in, void *ctx)
{
	(void)ctx;
	return make_proto(in, NULL);
}

/* Of all that is said while a script runs. */
static const char faults[] =
#include "aten/faults.def"
#include "builder/faults.def"
#include "convert/faults.def"
#include "ct/faults.def"
#include "form/faults.def"
#include "ops/faults.def"
    ;

static const ModuleDef importable[] = {{"coremltools.proto", import_proto},
#define I(path, table, id) {path, import_##id},
                                       IMPORTABLE(I)
#undef I
};

void
bind_modules(Interp *in, Bind *b)
{
	static const struct {
		const char *name, *path, *member;
	} prelude[] = {
	    {"np", "numpy", NULL},
	    {"ct", "coremltools", NULL},
	    {"coremltools", "coremltools", NULL},
	    {"mb", "coremltools.converters.mil", "Builder"},
	    {"types", "coremltools.converters.mil.mil", "types"},
	    {"get_new_symbol", "coremltools.converters.mil.mil", "get_new_symbol"},
	    {"Program", "coremltools.converters.mil.mil", "Program"},
	    {"Function", "coremltools.converters.mil.mil", "Function"},
	};

	interp_add_faults(in, faults, sizeof faults);
	np_install(in);
	interp_add_modules(in, importable, countof(importable), b);
	for (size_t i = 0; i < countof(prelude); i++)
		interp_add_prelude(in, prelude[i].name, prelude[i].path, prelude[i].member);
}
