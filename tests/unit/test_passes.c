/* test_passes.c: single passes on small programs. A program is written as it is dumped, one
 * instruction a line: `y: op x=a y=2.5`. Operands that are not names are constants: numbers,
 * `[1,2]` (int32), `f[1,2]` (fp32), `"text"`, `true`. `in` and `out` lines give the interface, the
 * opset is iOS17. Instructions that are not const are dumped in program order.
 */
#include "pass/pass.h"
#include "check.h"

#include <stdlib.h>

typedef struct World {
	Arena arena, scratch;
	Interner names;
	Types types;
	Diag diag;
	Program *prog;
	Func *func;
	Builder b;
} World;

/* What passes say of programs is not looked at here. */
static void
swallow(void *ctx, const char *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
}

static void
world_init(World *w)
{
	memset(w, 0, sizeof *w);
	intern_init(&w->names, &w->arena);
	types_init(&w->types, &w->arena, &w->names);
	diag_init(&w->diag, &w->arena);
	w->diag.sink = swallow;
	w->prog = program_new(&w->arena, &w->names, &w->types, &w->diag);
	w->func = func_new(w->prog, intern_cstr(&w->names, "main"), NOSPAN);
	w->func->opset = IOS17;
	builder_init(&w->b, w->prog, w->func);
}

static void
world_free(World *w)
{
	intern_free(&w->names);
	arena_free(&w->scratch);
	arena_free(&w->arena);
}

/* ---- reading ---- */

/* The newest value of that name. */
static Var *
find(World *w, const char *name, size_t n)
{
	const Str *s = intern(&w->names, name, n);
	Block *b = w->func->body;

	for (Inst *i = b->last; i; i = i->prev)
		for (uint32_t k = 0; k < i->nout; k++)
			if (i->out[k]->name == s)
				return i->out[k];
	for (uint32_t k = 0; k < b->nparam; k++)
		if (b->param[k]->name == s)
			return b->param[k];
	return NULL;
}

static const Tensor *
vector(World *w, const char *s, DType t)
{
	double v[16];
	int64_t n = 0;
	Tensor *x;
	char *end;

	for (s = strchr(s, '[') + 1; *s != ']'; s = end + (*end == ','))
		v[n++] = strtod(s, &end);
	x = tensor_new(&w->arena, t, &n, 1);
	for (int64_t k = 0; k < n; k++)
		tensor_set_f(x, k, v[k]);
	for (int64_t k = 0; t == DT_INT32 && k < n; k++)
		tensor_set_i(x, k, (int64_t)v[k]);
	return x;
}

static const Tensor *
constant(World *w, const char *s, size_t n)
{
	if (*s == '[')
		return vector(w, s, DT_INT32);
	if (*s == 'f' && s[1] == '[')
		return vector(w, s, DT_FP32);
	if (*s == '"')
		return tensor_scalar_str(&w->arena, intern(&w->names, s + 1, n - 2));
	if (strncmp(s, "true", 4) == 0 || strncmp(s, "false", 5) == 0)
		return tensor_scalar_bool(&w->arena, *s == 't');
	if (memchr(s, '.', n) || *s == 'n')
		return tensor_scalar_f(&w->arena, DT_FP32, strtod(s, NULL));
	return tensor_scalar_i(&w->arena, DT_INT32, strtoll(s, NULL, 10));
}

static Operand
operand(World *w, const char **at)
{
	const char *s = *at, *eq = strchr(s, '=');
	Operand o = {.name = arena_dup(&w->arena, s, (size_t)(eq - s) + 1)};
	size_t n = strcspn(++eq, " \n");

	((char *)(uintptr_t)o.name)[eq - 1 - s] = 0;
	*at = eq + n;
	if (*eq == '(') { /* a tuple of names */
		Operand *item = newn(&w->arena, Operand, 8);
		o.kind = A_LIST;
		o.list.item = item;
		for (eq++; *eq != ')'; eq += eq[strcspn(eq, ",)")] == ',') {
			size_t k = strcspn(eq, ",)");
			item[o.list.n++] = (Operand){.kind = A_VAR, .name = o.name,
			                             .var = find(w, eq, k)};
			eq += k;
			if (*eq == ')')
				break;
		}
		return o;
	}
	o.var = find(w, eq, n);
	if (!o.var) {
		o.kind = A_TENSOR;
		o.tensor = constant(w, eq, n);
	}
	return o;
}

/* "x: fp32[2,3]" */
static void
read_param(World *w, const char *name)
{
	const char *colon = strchr(name, ':'), *open = strchr(name, '['), *s;
	char type[16] = {0};
	int64_t dim[8];
	uint32_t n = 0;
	char *end;

	memcpy(type, colon + 2, (size_t)(open - colon - 2));
	for (s = open + 1; *s != ']'; s = end + (*end == ','))
		dim[n++] = strtoll(s, &end, 10);
	block_add_param(w->func->body, intern(&w->names, name, (size_t)(colon - name)),
	                type_tensor(&w->types, dtype_from_mil(type), dim, n));
}

static void
read_line(World *w, const char *s)
{
	const char *colon;
	Operand arg[16];
	uint32_t narg = 0, nout;
	Var **out, *v[8];
	size_t n;

	if (strncmp(s, "in ", 3) == 0) {
		read_param(w, s + 3);
		return;
	}
	if (strncmp(s, "out ", 4) == 0) {
		for (s += 4, nout = 0; *s && *s != '\n'; s += n + (s[n] == ' ')) {
			n = strcspn(s, " \n");
			v[nout++] = find(w, s, n);
		}
		block_set_outputs(w->func->body, v, nout);
		return;
	}
	colon = strchr(s, ':');
	n = strcspn(colon + 2, " \n");
	Opcode op = op_find(colon + 2, n);
	const Str *name = intern(&w->names, s, (size_t)(colon - s));
	for (s = colon + 2 + n; *s == ' ';) {
		s++;
		arg[narg++] = operand(w, &s);
	}
	if (!build_op(&w->b, op, name, arg, narg, &out, &nout))
		die("%s is not an instruction", name->s);
}

/* ---- dumping ---- */

static void
put_operand(Buf *b, const Var *v)
{
	const Tensor *t = v->def && v->def->op->code == OP_const ? v->val : NULL;

	if (!t) {
		buf_puts(b, v->name->s);
	} else if (t->dtype == DT_STRING) {
		buf_printf(b, "\"%s\"", ((const Str *const *)t->data)[0]->s);
	} else {
		buf_puts(b, t->rank ? "[" : "");
		for (int64_t k = 0; k < t->count; k++)
			buf_printf(b, "%s%.10g", k ? "," : "", tensor_f(t, k));
		buf_puts(b, t->rank ? "]" : "");
	}
}

/* Names that passes make up are not worth a test. */
static bool
is_dull(const char *s)
{
	return strstr(s, "_new_") != NULL;
}

static void
dump(const World *w, const char *params, Buf *b)
{
	for (Inst *i = w->func->body->first; i; i = i->next) {
		if (i->op->code == OP_const)
			continue;
		buf_printf(b, "%s: %s", is_dull(i->out[0]->name->s) ? "_" : i->out[0]->name->s,
		           i->op->name);
		for (uint32_t p = 0; p < i->op->nparam; p++) {
			char word[64];
			snprintf(word, sizeof word, " %s ", i->op->param[p].name);
			if (!i->arg[p].n || !strstr(params, word))
				continue;
			buf_printf(b, " %s=", i->op->param[p].name);
			for (uint32_t k = 0; k < i->arg[p].n; k++) {
				const Var *v = arg_at(&i->arg[p], k);
				buf_puts(b, k ? "," : "");
				if (is_dull(v->name->s) && !var_is_const(v))
					buf_byte(b, '_');
				else
					put_operand(b, v);
			}
		}
		buf_byte(b, '\n');
	}
	buf_puts(b, "out");
	for (uint32_t k = 0; k < w->func->body->nout; k++)
		buf_printf(b, " %s", w->func->body->out[k]->var->name->s);
}

/* `pass` makes `want` of the program; params are those that are dumped. */
static bool
makes(const char *pass, const char *params, const char *text, const char *want)
{
	World w;
	Buf got = {0};
	const PassInfo *p = pass_find(pass);
	bool ok;

	world_init(&w);
	for (const char *s = text; *s; s += *s == '\n') {
		read_line(&w, s);
		s += strcspn(s, "\n");
	}
	PassCtx c = {.prog = w.prog, .arena = &w.scratch};
	ok = p->run(&c) && program_verify(w.prog);
	dump(&w, params, &got);
	ok = ok && strcmp(got.at, want) == 0;
	if (!ok)
		fprintf(stderr, "\t%s:\n%s\n\twant:\n%s\n", pass, got.at, want);
	diag_flush(&w.diag);
	buf_free(&got);
	world_free(&w);
	return ok;
}

static void
test_cleanup(void)
{
	CHECK(makes("noop_elimination", " x y ",
	            "in x: fp32[2,3]\na: add x=x y=0.0\nb: mul x=1.0 y=a\nc: relu x=b\nout c",
	            "c: relu x=x\nout c"));
	CHECK(makes("noop_elimination", " x ", "in x: fp32[2,3]\na: identity x=x\nout a",
	            "a: identity x=x\nout a"));
	CHECK(makes("cast_optimization", " x dtype ",
	            "in x: fp16[2]\na: cast x=x dtype=\"fp32\"\nb: cast x=a dtype=\"fp16\"\n"
	            "c: relu x=b\nout c",
	            "a: cast x=x dtype=\"fp32\"\nc: relu x=x\nout c"));
	CHECK(makes("cast_optimization", " x dtype ",
	            "in x: fp32[2]\na: cast x=x dtype=\"fp16\"\nb: cast x=a dtype=\"fp32\"\nout b",
	            "a: cast x=x dtype=\"fp16\"\nb: cast x=a dtype=\"fp32\"\nout b"));
	CHECK(makes("remove_redundant_ops", " x y ",
	            "in x: fp32[2]\na: relu x=x\nb: relu x=x\nc: add x=a y=1.0\nd: add x=b y=1.0\n"
	            "e: sub x=c y=d\nout e",
	            "a: relu x=x\nc: add x=a y=1\ne: sub x=c y=c\nout e"));
	/* As NumPy compares: no NaN is the same as another, zeros of both signs are. */
	CHECK(makes("remove_redundant_ops", " x y ",
	            "in x: fp32[2]\na: add x=x y=nan\nb: add x=x y=nan\nc: sub x=a y=b\nout c",
	            "a: add x=x y=nan\nb: add x=x y=nan\nc: sub x=a y=b\nout c"));
	CHECK(makes("remove_redundant_ops", " x y ",
	            "in x: fp32[2]\na: add x=x y=0.0\nb: add x=x y=-0.0\nc: sub x=a y=b\nout c",
	            "a: add x=x y=0\nc: sub x=a y=a\nout c"));
	CHECK(makes("topological_reorder", " x ",
	            "in x: fp32[2]\na: cast x=x dtype=\"fp16\"\nb: cast x=x dtype=\"int32\"\n"
	            "c: relu x=x\nd: relu x=a\ne: relu x=c\nout b d e",
	            "c: relu x=x\na: cast x=x\nd: relu x=a\ne: relu x=c\nb: cast x=x\nout b d e"));
	CHECK(makes("dedup_op_and_var_names", " x ",
	            "in x: fp32[2]\na: relu x=x\na: exp x=a\nb: sin x=a\na: cos x=b\nout b",
	            "a: relu x=x\na_1: exp x=a\nb: sin x=a_1\na_2: cos x=b\nout b"));
	CHECK(makes("sanitize_name_strings", " x ",
	            "in x: fp32[2]\n1.a: relu x=x\nint32: exp x=1.a\nb: sin x=int32\nout b",
	            "var_1_a: relu x=x\nint32_workaround: exp x=var_1_a\n"
	            "b: sin x=int32_workaround\nout b"));
}

static void
test_algebra(void)
{
	CHECK(makes("divide_to_multiply", " x y ",
	            "in x: fp32[2]\na: real_div x=x y=4.0\nb: real_div x=a y=0.0\nout b",
	            "_inversed_a: mul x=x y=0.25\nb: real_div x=_inversed_a y=0\nout b"));
	CHECK(makes("fuse_reduce_mean", " x axes ",
	            "in x: fp32[2,4]\na: reduce_sum x=x axes=[1] keep_dims=true\n"
	            "b: mul x=a y=0.25\nout b",
	            "b: reduce_mean x=x axes=[1]\nout b"));
	CHECK(makes("merge_consecutive_transposes", " x perm ",
	            "in x: fp32[2,3,4]\na: transpose x=x perm=[0,2,1]\n"
	            "b: transpose x=a perm=[2,0,1]\nc: relu x=b\nout c",
	            "_: transpose x=x perm=[1,0,2]\nc: relu x=_\nout c"));
	CHECK(makes("merge_consecutive_reshapes", " x shape ",
	            "in x: fp32[2,3]\na: reshape x=x shape=[6]\nb: reshape x=a shape=[3,2]\nout b",
	            "b: reshape x=x shape=[3,2]\nout b"));
	CHECK(makes("merge_consecutive_paddings", " x pad ",
	            "in x: fp32[2,3]\n"
	            "a: pad x=x pad=[1,0] mode=\"constant\" constant_val=0.0\n"
	            "b: pad x=a pad=[2,0,0,3] mode=\"constant\" constant_val=0.0\n"
	            "c: relu x=b\nout c",
	            "_: pad x=x pad=[2,0,1,3]\nc: relu x=_\nout c"));
	/* What no int32 holds is not built: the pass leaves the two as they are. */
	CHECK(makes("merge_consecutive_paddings", " x pad ",
	            "in x: fp32[2]\n"
	            "a: pad x=x pad=[0,2147483647] mode=\"constant\" constant_val=0.0\n"
	            "b: pad x=a pad=[0,1] mode=\"constant\" constant_val=0.0\nout b",
	            "a: pad x=x pad=[0,2147483647]\nb: pad x=a pad=[0,1]\nout b"));
	CHECK(makes("merge_consecutive_paddings", " x pad ",
	            "in x: fp32[2]\n"
	            "a: pad x=x pad=[0,2147483646] mode=\"constant\" constant_val=0.0\n"
	            "b: pad x=a pad=[0,1] mode=\"constant\" constant_val=0.0\nout b",
	            "b: pad x=x pad=[0,2147483647]\nout b"));
	CHECK(makes("select_optimization", " x y ",
	            "in x: fp32[2]\na: select cond=true a=x b=0.0\nout a",
	            "a: identity x=x\nout a"));
}

static void
test_fusion(void)
{
	CHECK(makes("fuse_activation_silu", " x ",
	            "in x: fp32[2]\na: sigmoid x=x\nb: mul x=x y=a\nout b",
	            "b: silu x=x\nout b"));
	CHECK(makes("fuse_activation_silu", " x y ",
	            "in x: fp32[2]\na: sigmoid x=x\nb: mul x=x y=a\nout b a",
	            "a: sigmoid x=x\nb: mul x=x y=a\nout b a"));
	CHECK(makes("fuse_gelu_exact", " x mode ",
	            "in x: fp32[2]\na: mul x=x y=0.70710678\nb: erf x=a\nc: add x=b y=1.0\n"
	            "d: mul x=x y=0.5\ne: mul x=d y=c\nout e",
	            "e: gelu x=x mode=\"EXACT\"\nout e"));
	CHECK(makes("fuse_gelu_sigmoid_approximation", " x mode ",
	            "in x: fp32[2]\na: mul x=1.702 y=x\nb: sigmoid x=a\nc: mul x=b y=x\nout c",
	            "c: gelu x=x mode=\"SIGMOID_APPROXIMATION\"\nout c"));
	CHECK(makes("fuse_leaky_relu", " x alpha ",
	            "in x: fp32[2]\na: mul x=x y=0.5\nb: maximum x=a y=x\nout b",
	            "b: leaky_relu x=x alpha=0.5\nout b"));
	CHECK(makes("fuse_transpose_matmul", " x y transpose_x transpose_y ",
	            "in x: fp32[2,3]\nin y: fp32[2,4]\na: transpose x=x perm=[1,0]\n"
	            "b: matmul x=a y=y\nc: relu x=a\nout b c",
	            "a: transpose x=x\nb: matmul x=x y=y transpose_x=1 transpose_y=0\n"
	            "c: relu x=a\nout b c"));
	CHECK(makes("fuse_squeeze_expand_dims", " x ",
	            "in x: fp32[2,1]\na: squeeze x=x axes=[1]\nb: expand_dims x=a axes=[1]\n"
	            "c: relu x=b\nout c",
	            "_: identity x=x\nc: relu x=_\nout c"));
}

static void
test_transposes(void)
{
	CHECK(makes("reduce_transposes", " x perm axes ",
	            "in x: fp32[1,2,3,4]\na: transpose x=x perm=[0,2,3,1]\n"
	            "b: reduce_mean x=a axes=[3] keep_dims=true\nc: relu x=b\n"
	            "d: transpose x=c perm=[0,3,1,2]\ne: exp x=d\nout e",
	            "b: reduce_mean x=x axes=[1]\nc: relu x=b\ne: exp x=c\nout e"));
	CHECK(makes("reduce_transposes", " x y perm ",
	            "in x: fp32[2,3]\na: transpose x=x perm=[1,0]\nb: add x=a y=f[1,2]\n"
	            "d: transpose x=b perm=[1,0]\nout d",
	            "d: add x=x y=[1,2]\nout d"));
	CHECK(makes("reduce_transposes", " x perm axis ",
	            "in x: fp32[2,3]\na: transpose x=x perm=[1,0]\nb: softmax x=a axis=0\nout b",
	            "a: transpose x=x perm=[1,0]\nb: softmax x=a axis=0\nout b"));
}

static void
test_interface(void)
{
	CHECK(makes("handle_unused_inputs", " x ",
	            "in x: fp32[2]\nin y: fp32[2]\na: relu x=x\nout a",
	            "a: relu x=x\ny_tmp: identity x=y\nout a"));
	CHECK(makes("adjust_io_to_supported_types", " x dtype ",
	            "in x: bool[2]\na: logical_not x=x\nout a",
	            "x_to_bool: cast x=x dtype=\"bool\"\n"
	            "a__pre__output__fp32__cast: logical_not x=x_to_bool\n"
	            "a: cast x=a__pre__output__fp32__cast dtype=\"fp32\"\nout a"));
}

/* Operations that front ends make for themselves. */
static void
test_dialect(void)
{
	CHECK(makes("torch_tensor_assign_to_core", " x begin end data indices updates ",
	            "in x: fp32[2,3]\nin y: fp32[2,1]\n"
	            "a: torch_tensor_assign x=x updates=y begin=[0,1] end=[2,2]\nout a",
	            "shape_0: shape x=x\nreduce_prod_0: reduce_prod x=shape_0\n"
	            "range_1d_0: range_1d end=reduce_prod_0\n"
	            "reshape_0: reshape x=range_1d_0\n"
	            "slice_by_index_0: slice_by_index x=reshape_0 begin=[0,1] end=[2,2]\n"
	            "reshape_1: reshape x=slice_by_index_0\nreshape_2: reshape x=y\n"
	            "reshape_3: reshape x=x\n"
	            "scatter_0: scatter data=reshape_3 indices=reshape_1 updates=reshape_2\n"
	            "a: reshape x=scatter_0\nout a"));
	CHECK(makes("torch_upsample_to_core_upsample",
	            " x scale_factor_height scale_factor_width align_corners ",
	            "in x: fp32[1,3,4,4]\nin h: int32[1]\nh0: squeeze x=h\n"
	            "hh: mul x=h0 y=2\n"
	            "a: torch_upsample_bilinear x=x output_height=hh output_width=1 "
	            "align_corners=false\nout a",
	            "h0: squeeze x=h\nhh: mul x=h0\n"
	            "a: upsample_bilinear x=x scale_factor_height=2 scale_factor_width=1 "
	            "align_corners=0\nout a"));
	CHECK(makes("torch_upsample_to_core_upsample", " x output_height output_width ",
	            "in x: fp32[1,3,4,4]\nin h: int32[1]\nh0: squeeze x=h\n"
	            "a: torch_upsample_nearest_neighbor x=x output_height=h0 output_width=1\n"
	            "out a",
	            "h0: squeeze x=h\n"
	            "a: torch_upsample_nearest_neighbor x=x output_height=h0 output_width=1\n"
	            "out a"));
}

/* What the Neural Engine lacks; tests/pass/ has the whole programs. */
static void
test_engine(void)
{
	CHECK(makes("ane_mod", " x y ", "in x: fp32[2]\na: mod x=x y=4.0\nout a",
	            "_: mul x=x y=0.25\n_: floor x=_\n_: mul x=_ y=4\na: sub x=x y=_\nout a"));
	CHECK(makes("ane_mod", " x y ", "in x: fp32[2]\na: mod x=x y=3.0\nout a",
	            "a: mod x=x y=3\nout a"));
	CHECK(makes("ane_gather_to_slice", " x begin end axes ",
	            "in x: fp32[2,5]\na: gather x=x indices=-1 axis=1\nout a",
	            "_: slice_by_index x=x begin=[0,4] end=[2,5]\na: squeeze x=_ axes=[1]\nout a"));
	CHECK(makes("ane_gather_to_slice", " x begin end axes ",
	            "in x: int32[2,5]\na: gather x=x indices=-1 axis=1\nout a",
	            "a: gather x=x\nout a"));
	CHECK(makes("ane_reduce_prod", " x y begin end ",
	            "in x: fp32[3]\na: reduce_prod x=x axes=[0] keep_dims=true\nout a",
	            "_: slice_by_index x=x begin=[2] end=[3]\n"
	            "_: slice_by_index x=x begin=[0] end=[1]\n"
	            "_: slice_by_index x=x begin=[1] end=[2]\n"
	            "_: mul x=_ y=_\na: mul x=_ y=_\nout a"));
	CHECK(makes("ane_cumsum", " x y ", "in x: fp32[2,2]\na: cumsum x=x axis=1\nout a",
	            "a: matmul x=x y=[1,1,0,1]\nout a"));
	CHECK(makes("ane_band_part", " x y ",
	            "in x: fp32[2,2]\na: band_part x=x lower=0 upper=-1\nout a",
	            "a: mul x=x y=[1,1,0,1]\nout a"));
	CHECK(makes("ane_silu", " x ",
	            "in x: fp32[2]\na: mul x=x y=-1.0\nb: exp x=a\nc: add x=b y=1.0\n"
	            "d: real_div x=x y=c\nout d",
	            "a: mul x=x\nb: exp x=a\nc: add x=b\nd: silu x=x\nout d"));
	CHECK(makes("ane_share", " x perm ",
	            "in x: fp32[2,3]\na: transpose x=x perm=[1,0]\nb: transpose x=x perm=[1,0]\n"
	            "c: relu x=a\nd: relu x=b\nout c d",
	            "a: transpose x=x perm=[1,0]\nc: relu x=a\nd: relu x=a\nout c d"));
	CHECK(makes("ane_rank4", " x y shape ",
	            "in x: fp32[2,3,1,2,2]\na: relu x=x\nout a",
	            "_: reshape x=x shape=[6,1,2,2]\n_: relu x=_\n"
	            "a: reshape x=_ shape=[2,3,1,2,2]\nout a"));
	CHECK(makes("ane_finite_mask", " x y axis ",
	            "in x: fp32[2,1]\na: add x=x y=f[-inf,0]\nb: softmax x=a axis=1\nout b",
	            "_: add x=x y=[-1.000000015e+30,0]\nb: softmax x=_ axis=1\nout b"));
}

int
main(void)
{
	test_engine();
	test_cleanup();
	test_dialect();
	test_algebra();
	test_fusion();
	test_transposes();
	test_interface();
	return check_report();
}
