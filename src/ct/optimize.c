/* optimize.c: ct.optimize.coreml and the older ct.compression_utils: models whose weights take
 * fewer bits. A model is taken as its specification, its program is made anew, changed, and goes
 * through the passes again; the model that is given stays. */
#include "optimize.h"

#include "form/emit.h"
#include "form/read.h"

#include <strings.h>

Model *
optimize_fresh(Interp *in, Value v, const char *who, Span at)
{
	Bind *b = bind_of(in);
	ReadCtx r = {.arena = b->arena,
	             .names = b->names,
	             .types = b->types,
	             .diag = b->diag,
	             .path = "the model",
	             .maps = b->maps,
	             .span = at};
	EmitCtx e = {.diag = b->diag, .span = at};
	Model *m;

	if (!is_host(v, &mlmodel_type)) {
		fail(in, at, "%s takes a model, found '%s'", who, type_name(v));
		return NULL;
	}
	if (!model_spec(in, model_of(v), at))
		return NULL;
	m = model_of(v)->m;
	if (m->func.n || msg_has(msg_get(m->spec, "description"), "defaultFunctionName")) {
		fail(in, at, "%s takes no model with several functions", who);
		return NULL;
	}
	if (m->kind != BODY_PROGRAM) {
		fail(in, at,
		     "%s takes ML Programs, not a model of kind %s: the weights of networks are "
		     "quantized by ct.models.neural_network.quantization_utils",
		     who, msg_case(m->spec, "mlProgram"));
		return NULL;
	}
	return model_fresh(&r, &e, m, IOS16);
}

/* ---- the steps ---- */

typedef struct Chooser {
	Interp *in;
	Value fn;
	Span span;
	bool failed;
} Chooser;

static bool
choose(void *ctx, const Inst *i)
{
	Chooser *s = ctx;
	Value arg = vhost(s->in, &inst_type, (void *)(uintptr_t)i), result;
	bool yes = false;

	if (s->failed)
		return false;
	s->failed = !interp_call(s->in, s->fn,
	                         &(Args){.pos = &arg, .pos_span = &s->span, .npos = 1,
	                                 .span = s->span, .callee = s->span},
	                         &result) ||
	            !value_truth(s->in, result, &yes, s->span);
	return yes;
}

static const char *const steps[] = {
    [STEP_PRUNE] = "prune_weights",
    [STEP_PALETTIZE] = "palettize_weights",
    [STEP_QUANTIZE] = "linear_quantize_weights",
};

static bool
is_large(UNUSED void *ctx, const Inst *i)
{
	return i->out[0]->type->count > 2048;
}

/* large: what has no selector takes large weights alone. */
static bool
compress(Interp *in, Value model, Value set, Value joint, bool large, CompressStep step, Span at,
         Value *out)
{
	Chooser chooser = {in, VNONE, at, false};
	Compression c;
	Model *m;

	if (model.kind == V_POISON) {
		*out = VPOISON;
		return true;
	}
	if (!set_compression(in, set, step, at, &c, &chooser.fn))
		return false;
	if (joint.kind != V_UNSET && joint.kind != V_BOOL)
		return fail(in, at, "joint_compression must be a bool, found '%s'",
		            type_name(joint));
	c.joint = joint.kind == V_BOOL && joint.b;
	c.select = given(chooser.fn) ? choose : large ? is_large : NULL;
	c.ctx = &chooser;
	m = optimize_fresh(in, model, steps[step], at);
	return m && compress_program(m->prog, &c, step) && !chooser.failed &&
	       model_convert(in, m, (Opset)m->spec_version, model_of(model)->unit, out, at);
}

NATIVE(compress_model)
{
	return compress(in, args->v[0], args->v[1], args->v[2], false,
	                (CompressStep)args_with(args), args->span, out);
}

NATIVE(decompress_model)
{
	Model *m;

	if (args->v[0].kind == V_POISON) {
		*out = VPOISON;
		return true;
	}
	m = optimize_fresh(in, args->v[0], "decompress_weights", args->span);
	return m && decompress_program(m->prog, args->span) &&
	       model_convert(in, m, (Opset)m->spec_version, model_of(args->v[0])->unit, out,
	                     args->span);
}

NATIVE(quantize_activations)
{
	return fail(in, args->span,
	            "milc does not have linear_quantize_activations, which measures what a model "
	            "computes within");
}

/* ---- ct.compression_utils ---- */

/* One configuration with these arguments and without a threshold. */
static bool
compress_old(Interp *in, Value model, Work work, const Value *v, Value select, CompressStep step,
             Span at, Value *out)
{
	Value config, set;

	if (!config_make(in, work, v, at, &config))
		return false;
	interp_push(in, config);
	set = set_of_selector(in, config, given(select) ? select : VNONE);
	interp_pop(in, 1);
	return compress(in, model, set, VUNSET, true, step, at, out);
}

NATIVE(old_quantize)
{
	Value *a = args->v;
	Value v[MAX_FIELDS] = {a[1], a[3], VUNSET, VUNSET, VNONE};

	return compress_old(in, a[0], WORK_LINEAR, v, a[2], STEP_QUANTIZE, args->span, out);
}

NATIVE(old_palettize)
{
	Value *a = args->v;
	Value v[MAX_FIELDS] = {a[2], a[1], a[4], [9] = VNONE};

	return compress_old(in, a[0], WORK_PALETTE, v, a[3], STEP_PALETTIZE, args->span, out);
}

NATIVE(old_sparsify)
{
	Value *a = args->v;
	const Str *mode = NULL;
	Value below[MAX_FIELDS] = {a[2], vfloat(0), VNONE};
	Value share[MAX_FIELDS] = {a[3].kind == V_UNSET ? vfloat(1) : a[3], VUNSET, VUNSET, VUNSET,
	                           VNONE};

	if (a[1].kind != V_UNSET && !as_str(in, a[1], &mode, "mode", args->span))
		return false;
	if (!mode || !strcasecmp(mode->s, "threshold_based"))
		return compress_old(in, a[0], WORK_PRUNE_BELOW, below, a[4], STEP_PRUNE,
		                    args->span, out);
	if (!strcasecmp(mode->s, "percentile_based"))
		return compress_old(in, a[0], WORK_PRUNE_SHARE, share, a[4], STEP_PRUNE,
		                    args->span, out);
	return fail(in, args->span,
	            "mode is '%s', expected \"threshold_based\" or \"percentile_based\"", mode->s);
}

/* ---- the modules ---- */

#define STEP(name, step)                                                                           \
	{                                                                                          \
		{name, "mlmodel,config,joint_compression=", compress_model,                        \
		 AS_FUNCTION | WITH(step)},                                                        \
		    make_fn, 0, 0                                                                  \
	}
#define CONFIG(name, work) MEMBER(name, make_config_class, 0, work)
const Member optimize_coreml_members[] = {
    STEP("linear_quantize_weights", STEP_QUANTIZE),
    STEP("palettize_weights", STEP_PALETTIZE),
    STEP("prune_weights", STEP_PRUNE),
    FN_MEMBER("decompress_weights", "mlmodel", decompress_model),
    FN_MEMBER("get_weights_metadata", "mlmodel,weight_threshold=", weights_metadata),
    FN_MEMBER("linear_quantize_activations",
              "mlmodel,config,sample_data,calibration_op_group_size=", quantize_activations),
    CONFIG("OpLinearQuantizerConfig", WORK_LINEAR),
    CONFIG("OpPalettizerConfig", WORK_PALETTE),
    CONFIG("OpMagnitudePrunerConfig", WORK_PRUNE_SHARE),
    CONFIG("OpThresholdPrunerConfig", WORK_PRUNE_BELOW),
    MEMBER("OptimizationConfig", make_set_class, 0, 0),
    FN_MEMBER("CoreMLWeightMetaData", "val,sparsity=,unique_values=,child_ops=", make_weight_meta),
    FN_MEMBER("CoreMLOpMetaData", "op_type,name,params_name_mapping", make_op_meta),
    END_MEMBER,
};
const Member optimize_members[] = {
    MODULE_MEMBER("coreml", optimize_coreml_members),
    LATER_MEMBER("torch", "compressing PyTorch modules"),
    END_MEMBER,
};
const Member compression_utils_members[] = {
    FN_MEMBER("compression_utils.affine_quantize_weights", "mlmodel,mode=,op_selector=,dtype=",
              old_quantize),
    FN_MEMBER("compression_utils.palettize_weights",
              "mlmodel,nbits=,mode=,op_selector=,lut_function=", old_palettize),
    FN_MEMBER("compression_utils.sparsify_weights",
              "mlmodel,mode=,threshold=,target_percentile=,op_selector=", old_sparsify),
    FN_MEMBER("compression_utils.decompress_weights", "mlmodel", decompress_model),
    END_MEMBER,
};
