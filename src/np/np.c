/* np.c: the module `np`: its members. */
#include "np_impl.h"

#include <math.h>

#include "script/faults.h"

static const Native *const function_tables[] = {
    np_create_rows, np_shape_rows, np_math_rows,   np_reduce_rows,
    np_file_rows,   np_info_rows,  np_method_rows, np_ufunc_rows,
};

static const struct {
	const char *name;
	double v;
} constants[] = {
    {"pi", 3.14159265358979323846},
    {"e", 2.71828182845904523536},
    {"inf", INFINITY},
    {"nan", NAN},
    {"euler_gamma", 0.57721566490153286061},
};

static const struct {
	const char *name;
	DType t;
} dtypes[] = {
    {"float16", DT_FP16},  {"float32", DT_FP32},  {"float64", DT_FP64},  {"int8", DT_INT8},
    {"int16", DT_INT16},   {"int32", DT_INT32},   {"int64", DT_INT64},   {"uint8", DT_UINT8},
    {"uint16", DT_UINT16}, {"uint32", DT_UINT32}, {"uint64", DT_UINT64}, {"bool_", DT_BOOL},
    {"bool", DT_BOOL},     {"half", DT_FP16},     {"single", DT_FP32},   {"double", DT_FP64},
    {"intp", DT_INT64},    {"uintp", DT_UINT64},  {"byte", DT_INT8},     {"ubyte", DT_UINT8},
    {"short", DT_INT16},   {"ushort", DT_UINT16}, {"intc", DT_INT32},    {"uintc", DT_UINT32},
    {"int_", DT_INT64},    {"uint", DT_UINT64},   {"long", DT_INT64},    {"ulong", DT_UINT64},
    {"str_", DT_STRING},   {"complex64", DT_COMPLEX64}, {"complex128", DT_COMPLEX128},
    {"csingle", DT_COMPLEX64}, {"cdouble", DT_COMPLEX128},
};

static const struct {
	const char *name;
	int type;
} types[] = {
    {"ndarray", V_ARRAY},
    {"generic", TYPE_NP_GENERIC},
    {"number", TYPE_NP_NUMBER},
    {"integer", TYPE_NP_INTEGER},
    {"signedinteger", TYPE_NP_SIGNED},
    {"unsignedinteger", TYPE_NP_UNSIGNED},
    {"inexact", TYPE_NP_INEXACT},
    {"floating", TYPE_NP_FLOATING},
};

/* np.linalg and the others that are files of their own, or what the library has. */
static int
submodule(Interp *in, const Str *name, Value *out)
{
	static const char *const paths[] = {"numpy.linalg", "numpy.fft", "numpy.testing",
	                                    "numpy.exceptions"};

	for (size_t i = 0; i < countof(paths); i++)
		if (str_is(name, strchr(paths[i], '.') + 1))
			return interp_import(in, paths[i], out) ? 1 : -1;
	return np_lib_member(in, name, out);
}

static int
member(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	Nd truth;

	if (np_ufunc(in, name, out))
		return 1;
	for (size_t i = 0; i < countof(function_tables); i++)
		if (native_get(in, function_tables[i], name, AS_FUNCTION, VUNSET, out))
			return 1;
	for (unsigned i = 0; i < countof(dtypes); i++)
		if (str_is(name, dtypes[i].name)) {
			*out = vnpclass(dtypes[i].t);
			return 1;
		}
	for (unsigned i = 0; i < countof(constants); i++)
		if (str_is(name, constants[i].name)) {
			*out = vfloat(constants[i].v);
			return 1;
		}
	for (unsigned i = 0; i < countof(types); i++)
		if (str_is(name, types[i].name)) {
			*out = vtype(types[i].type);
			return 1;
		}
	if (str_is(name, "newaxis"))
		*out = VNONE;
	else if (str_is(name, "True_") || str_is(name, "False_"))
		truth = nd_scalar_i(DT_BOOL, str_is(name, "True_")), *out = vnpscalar(in, &truth);
	else if (str_is(name, "random"))
		*out = np_random_module(in, np_state(in)->random);
	else if (str_is(name, "__version__"))
		*out = vstrz(in, "2.4.0");
	else
		return submodule(in, name, out);
	return 1;
}

static const char *
near_member(const ModuleObj *m, const char *name)
{
	const char *near[2] = {
	    native_nearest(function_tables, countof(function_tables), name, AS_FUNCTION),
	    np_lib_near(((const NpState *)m->data)->in, name)};

	return near[0] && near[1] ? nearest(name, near, 2) : near[0] ? near[0] : near[1];
}

Value
np_module(Interp *in, UNUSED void *ctx)
{
	NpState *s = np_state(in);

	s->in = in;
	s->random = np_random_state(in);
	return module_with(vmodule(in, "numpy", member, s), near_member);
}

static const char np_faults[] =
#include "faults.def"
    ;

void
np_install(Interp *in)
{
	interp_add_faults(in, np_faults, sizeof np_faults);
	static const ModuleDef modules[] = {{"numpy", np_module},
	                                    {"_numpy", np_kernels},
	                                    {"safetensors.numpy", safetensors_module}};
	NpState *s = new (interp_arena(in), NpState);

#define F(result, name, parameters) .name = np_##name,
	s->ops = (ArrayOps){ARRAY_OPS(F)};
#undef F
	s->print = nd_print_default;
	interp_set_arrays(in, &s->ops);
	interp_add_modules(in, modules, countof(modules), 0);
}
