/* device.c: what only a Mac has: Core ML's compiler, compiled models that load, the devices that
 * would run an operation. As elsewhere than on a Mac each of them raises; how models run here is in
 * predict.c.
 */
#include "bind.h"

/* compile_model(model, destination_path=None) */
NATIVE_EXTERN(utils_compile)
{
	return fail(in, args->span,
	            "compile_model calls the compiler of a Mac: write a compiled "
	            "model with 'milc -o X.mlmodelc'");
}

NATIVE_EXTERN(model_compiled)
{
	return fail(in, args->span,
	            "the model was not compiled while the script ran: write a "
	            "compiled one with 'milc -o X.mlmodelc'");
}

/* CompiledMLModel(path, …), and from_asset of it */
NATIVE(load_compiled)
{
	return fail(in, args->span,
	            "CompiledMLModel loads what a Mac compiled: run the model as "
	            "MLModel(…), or write a compiled one with 'milc -o X.mlmodelc'");
}

NATIVE(load_plan)
{
	return fail(in, args->span,
	            "MLComputePlan asks a Mac which device runs an operation: 'milc "
	            "ane' tells what the Neural Engine takes; write a compiled model "
	            "for it with 'milc -o X.mlmodelc'");
}

NATIVE(load_structure)
{
	return fail(in, args->span,
	            "MLModelStructure reads what a Mac compiled: MLModel(…) has the "
	            "specification; write a compiled model with 'milc -o "
	            "X.mlmodelc'");
}

NATIVE(load_asset)
{
	return fail(in, args->span,
	            "MLModelAsset holds a model that a Mac compiled: run the model "
	            "as MLModel(…), or write a compiled one with 'milc -o "
	            "X.mlmodelc'");
}

NATIVE_EXTERN(model_devices)
{
	return fail(in, args->span, "the devices that Core ML runs on are known on a Mac only");
}

/* ---- classes ---- */

static const Native compiled_class[] = {
    {"CompiledMLModel.from_asset", NULL, load_compiled, AS_FUNCTION},
    NATIVE_END,
};
static const Native plan_class[] = {
    {"MLComputePlan.load_from_path", NULL, load_plan, AS_FUNCTION},
    NATIVE_END,
};
static const Native structure_class[] = {
    {"MLModelStructure.load_from_path", NULL, load_structure, AS_FUNCTION},
    NATIVE_END,
};
static const Native asset_class[] = {
    {"MLModelAsset.from_path", NULL, load_asset, AS_FUNCTION},
    {"MLModelAsset.from_memory", NULL, load_asset, AS_FUNCTION},
    NATIVE_END,
};
static const Native device_class[] = {
    {"MLComputeDevice.get_all_compute_devices", NULL, model_devices, AS_FUNCTION},
    NATIVE_END,
};

/* No instance has one of these types; `methods` are those of the class. */
static int
class_attr(Interp *in, const HostType *type, const Str *name, Value *out)
{
	return native_get(in, type->methods, name, 0, VUNSET, out);
}

NATIVE(made_elsewhere)
{
	return fail(in, args->span, "%s is made by Core ML on a Mac, not by a script",
	            host_type_of(self)->name);
}

#define CLASS(n, where, table, maker)                                                              \
	{                                                                                          \
		.name = n, .module = "coremltools.models." where, .methods = table,                \
		.class_attr = class_attr, .make = maker                                            \
	}
const HostType compiled_type =
    CLASS("CompiledMLModel", "_compiled_model", compiled_class, load_compiled);
static const HostType plan_type =
    CLASS("MLComputePlan", "compute_plan", plan_class, made_elsewhere);
static const HostType structure_type =
    CLASS("MLModelStructure", "compute_plan", structure_class, made_elsewhere);
const HostType asset_type = CLASS("MLModelAsset", "model", asset_class, made_elsewhere);
static const HostType device_type =
    CLASS("MLComputeDevice", "compute_device", device_class, made_elsewhere);
static const HostType cpu_type =
    CLASS("MLCPUComputeDevice", "compute_device", device_class, made_elsewhere);
static const HostType gpu_type =
    CLASS("MLGPUComputeDevice", "compute_device", device_class, made_elsewhere);
static const HostType engine_type =
    CLASS("MLNeuralEngineComputeDevice", "compute_device", device_class, made_elsewhere);

const Member compute_plan_members[] = {
    TYPE_MEMBER("MLComputePlan", &plan_type),
    TYPE_MEMBER("MLModelStructure", &structure_type),
    END_MEMBER,
};
const Member compute_device_members[] = {
    TYPE_MEMBER("MLComputeDevice", &device_type),
    TYPE_MEMBER("MLCPUComputeDevice", &cpu_type),
    TYPE_MEMBER("MLGPUComputeDevice", &gpu_type),
    TYPE_MEMBER("MLNeuralEngineComputeDevice", &engine_type),
    END_MEMBER,
};
