/* test_pass.c: the pass table, pipelines and their edits, and the two sweeping passes. */
#include "pass/match.h"
#include "world.h"

static uint32_t
count(const Pipeline *pl, const char *name)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pl->pass.n; i++)
		n += !strcmp(pl->pass.at[i]->name, name);
	return n;
}

static void
test_table(void)
{
	size_t n;
	const PassInfo *t = pass_table(&n);

	for (size_t i = 0; i < n; i++)
		CHECK(pass_find(t[i].name) == &t[i]);
	CHECK(pass_find("common::const_elimination") == pass_find("const_elimination"));
	CHECK(!pass_find("mil_backend::const_elimination"));
	CHECK_STR(pass_nearest("const_eliminaton"), "const_elimination");
}

/* The passes for an ML Program that computes in fp16, in order. */
static const char default_passes[] =
    "lower_complex_dialect_ops update_output_dtypes cast_optimization noop_elimination "
    "int_op_canonicalization nullify_redundant_quantization_zero_point "
    "dequantize_quantize_pair_elimination "
    "distributive_quantized_binary_op_scale_normalization dequantize_to_constexpr "
    "canonicalize_quantized_lut_pattern const_elimination sanitize_input_output_names "
    "divide_to_multiply select_optimization add_conv_transpose_output_shape "
    "const_elimination const_deduplication loop_invariant_elimination "
    "remove_symbolic_reshape noop_elimination fuse_matmul_weight_bias fuse_linear_bias "
    "fuse_gelu_tanh_approximation fuse_gelu_exact fuse_gelu_sigmoid_approximation "
    "fuse_leaky_relu rank0_expand_dims_swap fuse_squeeze_expand_dims compose_conv1d "
    "use_reflection_padding merge_consecutive_paddings fuse_pad_conv "
    "image_input_preprocess replace_stack_reshape reduce_transposes fuse_dilated_conv "
    "fuse_conv_scale fuse_conv_bias fuse_onehot_matmul_to_gather "
    "fuse_layernorm_or_instancenorm fuse_elementwise_to_batchnorm fuse_reduce_mean "
    "fuse_conv_batchnorm fuse_conv_scale fuse_conv_bias fuse_conv_batchnorm "
    "detect_concat_interleave concat_to_pixel_shuffle fuse_prelu prelu_to_lrelu "
    "merge_consecutive_relus merge_consecutive_reshapes merge_consecutive_transposes "
    "fuse_transpose_matmul expand_high_rank_reshape_and_transpose fuse_stack_split "
    "reduce_transposes remove_redundant_ops dedup_op_and_var_names add_fp16_cast "
    "add_int16_cast update_output_dtypes guard_negative_gather_indices const_elimination "
    "dead_code_elimination cast_optimization dead_code_elimination add_int16_cast "
    "const_elimination dead_code_elimination cast_optimization dead_code_elimination "
    "const_elimination canonicalize_inplace_pattern prefer_state_in_downstream "
    "const_elimination dead_code_elimination dead_code_elimination const_elimination "
    "cast_optimization dead_code_elimination const_elimination const_deduplication "
    "dead_code_elimination merge_affine_dequantize_with_consecutive_ops "
    "expand_dynamic_linear fuse_transpose_matmul dead_code_elimination "
    "const_deduplication loop_invariant_elimination noop_elimination "
    "dedup_op_and_var_names reduce_transposes remove_redundant_ops topological_reorder "
    "dead_code_elimination const_elimination adjust_io_to_supported_types "
    "insert_image_preprocessing_ops fuse_activation_silu fuse_pow2_sqrt "
    "decompose_const_base2_pow const_elimination const_deduplication cast_optimization "
    "dead_code_elimination sanitize_name_strings dedup_op_and_var_names "
    "handle_unused_inputs";

/* The names of the passes in order. */
static const char *
names(World *w, const Pipeline *pl)
{
	Buf b = {0};

	for (uint32_t i = 0; i < pl->pass.n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", pl->pass.at[i]->name);
	const char *text = arena_strdup(&w->arena, b.n ? b.at : "");
	buf_free(&b);
	return text;
}

/* How often each pass runs more or less than in the other pipeline, in the table's order. */
static const char *
difference(World *w, const Pipeline *from, const Pipeline *to)
{
	Buf b = {0};
	size_t n;
	const PassInfo *t = pass_table(&n);

	for (size_t i = 0; i < n; i++) {
		int more = (int)count(to, t[i].name) - (int)count(from, t[i].name);
		if (more)
			buf_printf(&b, "%s%+d %s", b.n ? ", " : "", more, t[i].name);
	}
	const char *text = arena_strdup(&w->arena, b.n ? b.at : "");
	buf_free(&b);
	return text;
}

/* Where the passes of the back end begin. */
static const char *
first_of_backend(const Pipeline *pl)
{
	return pl->nfrontend < pl->pass.n ? pl->pass.at[pl->nfrontend]->name : "none";
}

static void
test_default(void)
{
	World w;
	Pipeline pl, other;
	ConvertOptions o = {.format = FORMAT_MLPROGRAM};

	world_init(&w, IOS15);
	pipeline_default(&pl, &w.arena, &o);
	CHECK_STR(names(&w, &pl), default_passes);
	CHECK_STR(first_of_backend(&pl), "const_elimination");
	o.precision = PRECISION_FP32;
	pipeline_default(&other, &w.arena, &o);
	CHECK_STR(difference(&w, &pl, &other), "-1 add_fp16_cast, -2 add_int16_cast");
	o = (ConvertOptions){.target = IOS14};
	pipeline_default(&other, &w.arena, &o);
	CHECK_STR(difference(&w, &pl, &other),
	          "-1 add_fp16_cast, -2 add_int16_cast, -1 cast_optimization, "
	          "-1 const_elimination, -1 dedup_op_and_var_names, +1 remove_redundant_ops, "
	          "-1 adjust_io_to_supported_types, -1 decompose_const_base2_pow, "
	          "-1 fuse_activation_silu, -1 fuse_pow2_sqrt, -1 insert_image_preprocessing_ops, "
	          "-1 sanitize_name_strings, +1 alert_return_type_cast, +1 commingle_loop_vars, "
	          "+1 decompose_conv1d, +1 handle_return_inputs_as_outputs");
	CHECK_STR(first_of_backend(&other), "decompose_conv1d");
	world_free(&w);
}

static void
test_parse(void)
{
	World w;
	Pipeline pl, all;
	ConvertOptions o = {.format = FORMAT_MLPROGRAM};

	world_init(&w, IOS15);
	pipeline_default(&all, &w.arena, &o);
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "none", &o));
	CHECK_STR(names(&w, &pl), "");
	CHECK(pipeline_parse(
	    &pl, &w.arena, &w.diag,
	    "common::dead_code_elimination,add_fp16_cast[skip_ops_by_type=mul,add]", &o));
	CHECK_STR(names(&w, &pl), "dead_code_elimination add_fp16_cast");
	CHECK_INT(pl.option.n, 1);
	CHECK_STR(pl.option.at[0].name, "skip_ops_by_type");
	CHECK_STR(pl.option.at[0].text, "mul,add");
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "-const_elimination", &o));
	CHECK_STR(difference(&w, &all, &pl), "-10 const_elimination");
	CHECK_STR(first_of_backend(&pl), "adjust_io_to_supported_types");
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "+const_elimination", &o));
	CHECK_STR(difference(&w, &all, &pl), "+1 const_elimination");
	CHECK_STR(first_of_backend(&pl), "const_elimination");
	/* Off unless it is asked for: alone, before the back end, or all of them by their list. */
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "+ane_mod", &o));
	CHECK_STR(difference(&w, &all, &pl), "+1 ane_mod");
	CHECK_STR(first_of_backend(&pl), "const_elimination");
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "ane[cap=8],dead_code_elimination", &o));
	CHECK_INT(count(&pl, "ane_linear_to_conv"), 1);
	CHECK_INT(count(&pl, "dead_code_elimination"), 2);
	CHECK_INT(pl.option.n, 2);
	CHECK_STR(pl.option.at[1].pass->name, "ane_split_wide");
	CHECK_STR(pl.option.at[1].text, "8");
	CHECK(pipeline_parse(&pl, &w.arena, &w.diag, "ane", &o));
	CHECK_INT(pl.option.n, 0);
	CHECK(pipeline_parse(&all, &w.arena, &w.diag, "dead_code_elimination", &o));
	pipeline_main(&pl, &w.arena, &all, &o);
	CHECK_STR(names(&w, &pl),
	          "dead_code_elimination adjust_io_to_supported_types "
	          "insert_image_preprocessing_ops fuse_activation_silu fuse_pow2_sqrt "
	          "decompose_const_base2_pow dead_code_elimination sanitize_name_strings "
	          "handle_unused_inputs");
	CHECK(!pipeline_parse(&pl, &w.arena, &w.diag, "const_eliminaton", &o));
	CHECK(world_heard(&w, "no pass is called 'const_eliminaton'"));
	CHECK(!pipeline_parse(&pl, &w.arena, &w.diag, "-const_elimination,noop_elimination", &o));
	CHECK(world_heard(&w, "--passes mixes edits with plain names"));
	world_free(&w);
}

static bool
run(World *w, const char *list)
{
	Pipeline pl;
	Arena scratch = {0};
	ConvertOptions o = {.format = FORMAT_MLPROGRAM};
	PassCtx c = {.prog = w->p, .opt = &o, .arena = &scratch};
	PassRunOptions ro = {.verify = true};
	bool ok = pipeline_parse(&pl, &w->arena, &w->diag, list, &o) && pipeline_run(&pl, &c, &ro);

	arena_free(&scratch);
	return ok;
}

static void
test_sweeps(void)
{
	World w;

	world_init(&w, IOS15);
	Var *dead = world_relu(&w, w.x, 0);
	world_relu(&w, dead, 0);
	/* A shape is known when it is built; its instruction stays until a pass takes it. */
	Var *s = build1(&w.b, OP_shape, world_str(&w, "s"), ARGS(VAR("x", w.x)));
	Var *y = build1(&w.b, OP_reshape, world_str(&w, "y"), ARGS(VAR("x", w.x), VAR("shape", s)));
	world_return(&w, y);
	CHECK_STR(world_ops(&w), "relu relu shape reshape");
	CHECK(run(&w, "dead_code_elimination"));
	CHECK_STR(world_ops(&w), "shape reshape");
	CHECK(run(&w, "const_elimination[skip_const_by_size=1]"));
	CHECK_STR(world_ops(&w), "shape reshape");
	CHECK(run(&w, "const_elimination"));
	CHECK_STR(world_ops(&w), "const reshape");
	CHECK(var_is_const(inst_arg(y->def, "shape")));
	CHECK_STR(inst_arg(y->def, "shape")->name->s, "s");
	CHECK(!run(&w, "const_elimination[skip_const_by_size=many]"));
	CHECK(world_heard(&w, "skip_const_by_size is 'many', expected a number"));
	world_free(&w);
}

static bool
take_out(PassCtx *c, Inst *i)
{
	return pass_try_replace(c, i->out[0], inst_arg(i, "x"), GONE(i)) || true;
}

static bool
restless(PassCtx *c, Inst *i)
{
	(void)c, (void)i;
	return true;
}

static void
test_rounds(void)
{
	World w;

	world_init(&w, IOS15);
	PassCtx c = {.prog = w.p, .arena = &w.arena, .name = "restless"};
	world_return(&w, world_relu(&w, w.x, "y"));
	rewrite_rounds(&c, OPS(OP_relu), restless);
	CHECK(c.failed);
	CHECK(world_heard(&w, "pass restless does not come to an end with this program: "
	                                  "--passes=-restless leaves it out"));
	c.failed = false;
	rewrite_once(&c, OPS(OP_relu), restless);
	CHECK(!c.failed);
	world_free(&w);
}

static void
test_replace(void)
{
	World w;

	world_init(&w, IOS15);
	PassCtx c = {.prog = w.p, .arena = &w.arena};
	Var *a = world_add(&w, w.x, tensor_scalar_f(&w.arena, DT_FP32, 1), "a");
	Var *y = world_relu(&w, a, "y");
	world_return(&w, y);
	rewrite_once(&c, OPS(OP_relu), take_out);
	CHECK_STR(world_ops(&w), "const add");
	CHECK(w.f->body->out[0]->var == a);
	CHECK_STR(a->name->s, "y"); /* the output keeps its name */
	/* An input cannot take over the name of an output. */
	Var *z = world_relu(&w, w.x, "z");
	world_return(&w, z);
	rewrite_once(&c, OPS(OP_relu), take_out);
	CHECK_STR(world_ops(&w), "const add relu");
	world_free(&w);
}

int
main(void)
{
	test_table();
	test_default();
	test_parse();
	test_sweeps();
	test_replace();
	test_rounds();
	return check_report();
}
