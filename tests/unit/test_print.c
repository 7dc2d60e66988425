/* test_print.c: MIL text, line by line as Apple's compiler writes it. */
#include <math.h>

#include "ir/build.h"
#include "check.h"

static Arena arena;
static Interner names;
static Types types;
static Diag diag;
static Program *prog;
static Func *func;
static Builder b;

static const Str *
str(const char *s)
{
	return intern_cstr(&names, s);
}

static void
begin(Opset opset)
{
	prog = program_new(&arena, &names, &types, &diag);
	func = func_new(prog, str("main"), NOSPAN);
	func->opset = opset;
	builder_init(&b, prog, func);
}

static Var *
param(const char *name, const Type *t)
{
	return block_add_param(func->body, str(name), t);
}

static const Type *
shape(DType d, Dim rows, Dim columns)
{
	return type_tensor(&types, d, (Dim[]){rows, columns}, 2);
}

static bool
prints_with(const PrintOptions *o, const char *want)
{
	Buf out = {0};
	bool same;

	program_print(prog, o, &out);
	same = strcmp(out.at, want) == 0;
	if (!same)
		fprintf(stderr, "--- got\n%s\n--- want\n%s\n", out.at, want);
	buf_free(&out);
	return same;
}

static bool
prints(int spec, const char *want)
{
	PrintOptions o = {.spec_version = spec};

	return prints_with(&o, want);
}

static void
outputs(Var *v)
{
	block_set_outputs(func->body, &v, 1);
}

/* The example of the fact sheet. Parameters are sorted by name. */
static void
test_example(void)
{
	static const float data[] = {1, 3, 0, -0.5f, INFINITY, -INFINITY};
	int64_t dim[] = {2, 3};
	PrintOptions o = {.spec_version = 9,
	                  .attrs = "buildInfo = dict<string, string>({{\"k\", \"v\"}})"};
	Var *x, *y, *s, *k;

	begin(IOS17);
	y = param("b", shape(DT_FP32, 2, 3));
	x = param("a", shape(DT_FP32, 2, 3));
	k = build_const(&b, str("k"),
	                tensor_view(&arena, DT_FP32, dim, 2, (void *)(uintptr_t)data));
	s = build1(&b, OP_add, str("s"), ARGS(VAR("x", x), VAR("y", y)));
	outputs(build1(&b, OP_mul, str("y"), ARGS(VAR("y", k), VAR("x", s))));
	CHECK(prints_with(&o,
	    "program(1.3)\n"
	    "[buildInfo = dict<string, string>({{\"k\", \"v\"}})]\n"
	    "{\n"
	    "    func main<ios17>(tensor<fp32, [2, 3]> a, tensor<fp32, [2, 3]> b) {\n"
	    "            tensor<fp32, [2, 3]> k = const()[name = string(\"k\"), val = "
	    "tensor<fp32, [2, 3]>([[0x1p+0, 0x1.8p+1, 0x0p+0], [-0x1p-1, inf, -inf]])];\n"
	    "            tensor<fp32, [2, 3]> s = add(x = a, y = b)[name = string(\"s\")];\n"
	    "            tensor<fp32, [2, 3]> y = mul(x = s, y = k)[name = string(\"y\")];\n"
	    "        } -> (y);\n"
	    "}"));
}

/* Scalars in both dialects, a symbol, a name that is not the result's, several results. */
static void
test_dialects(void)
{
	Var *x, **out;
	uint32_t n;

	begin(IOS15);
	x = param("x", shape(DT_FP16, 4, sym_new(&types, NULL)));
	CHECK(build_op(&b, OP_split, str("s"),
	               ARGS(VAR("x", x), INTC(&b, "num_splits", 2), INTC(&b, "axis", 0)), &out,
	               &n));
	out[1]->name = str("other");
	outputs(build1(&b, OP_relu, NULL, ARGS(VAR("x", out[1]))));
	CHECK(prints(8,
	    "program(1.0)\n"
	    "{\n"
	    "    func main<ios15>(tensor<fp16, [4, ?]> x) {\n"
	    "            tensor<int32, []> s_num_splits_0 = const()[name = tensor<string, []>"
	    "(\"s_num_splits_0\"), val = tensor<int32, []>(2)];\n"
	    "            tensor<int32, []> s_axis_0 = const()[name = tensor<string, []>"
	    "(\"s_axis_0\"), val = tensor<int32, []>(0)];\n"
	    "            tensor<fp16, [2, ?]> s_0, tensor<fp16, [2, ?]> other = split("
	    "axis = s_axis_0, num_splits = s_num_splits_0, x = x)[name = tensor<string, []>"
	    "(\"s\")];\n"
	    "            tensor<fp16, [2, ?]> relu_0 = relu(x = other)[name = tensor<string, []>"
	    "(\"relu_0\")];\n"
	    "        } -> (relu_0);\n"
	    "}"));
	begin(IOS18);
	x = param("x", shape(DT_FP32, 1, 2));
	build_const(&b, str("t"), build_str(&b, "a\"b\\"));
	outputs(build1(&b, OP_gelu, str("g"), ARGS(VAR("x", x))));
	CHECK(prints(9,
	    "program(1.3)\n"
	    "{\n"
	    "    func main<ios18>(tensor<fp32, [1, 2]> x) {\n"
	    "            string t = const()[name = string(\"t\"), val = string(\"a\\\"b\\\\\")];\n"
	    "            string g_mode_0 = const()[name = string(\"g_mode_0\"), val = "
	    "string(\"EXACT\")];\n"
	    "            tensor<fp32, [1, 2]> g = gelu(mode = g_mode_0, x = x)"
	    "[name = string(\"g\")];\n"
	    "        } -> (g);\n"
	    "}"));
}

static bool
value_is(const Tensor *t, const char *want)
{
	Buf out = {0};
	bool same;

	value_print(&out, type_tensor(&types, t->dtype, t->dim, (uint32_t)t->rank), t, true);
	same = strcmp(out.at, want) == 0;
	if (!same)
		fprintf(stderr, "\t%s, want %s\n", out.at, want);
	buf_free(&out);
	return same;
}

static void
test_values(void)
{
	Tensor *h = tensor_new(&arena, DT_FP16, (int64_t[]){4}, 1);
	Tensor *cube = tensor_new(&arena, DT_UINT8, (int64_t[]){2, 1, 2}, 3);
	uint16_t bits[] = {0x0001, 0x03ff, 0x8000, 0x7e00};

	memcpy(h->data, bits, sizeof bits);
	CHECK(value_is(h, "tensor<fp16, [4]>([0x1p-24, 0x1.ff8p-15, -0x0p+0, nan])"));
	((uint8_t *)cube->data)[3] = 255;
	CHECK(value_is(cube, "tensor<uint8, [2, 1, 2]>([[[0, 0]], [[0, 255]]])"));
	CHECK(value_is(tensor_scalar_bool(&arena, true), "bool(true)"));
	CHECK(value_is(tensor_scalar_f(&arena, DT_FP32, 1.4012984643248171e-45), "fp32(0x1p-149)"));
	CHECK(value_is(tensor_scalar_i(&arena, DT_INT32, -5), "int32(-5)"));
	CHECK(value_is(tensor_new(&arena, DT_INT32, (int64_t[]){0}, 1), "tensor<int32, [0]>([])"));
	h = tensor_new(&arena, DT_FP32, (int64_t[]){2}, 1);
	CHECK(value_is(tensor_cast(&arena, h, DT_FP16), "tensor<fp16, [2]>([0x0p+0, 0x0p+0])"));
}

static uint64_t
offset_of(void *ctx, const Var *v, const char **path)
{
	(void)ctx;
	*path = "@model_path/weights/weight.bin";
	return v->type->count >= 8 ? 64 : 0;
}

static void
test_blob(void)
{
	PrintOptions o = {.spec_version = 7, .offset = offset_of};
	Var *k;

	begin(IOS16);
	k = build_const(&b, str("k"), tensor_new(&arena, DT_FP16, (int64_t[]){8}, 1));
	outputs(k);
	CHECK(prints_with(&o,
	    "program(1.0)\n"
	    "{\n"
	    "    func main<ios16>() {\n"
	    "            tensor<fp16, [8]> k = const()[name = tensor<string, []>(\"k\"), val = "
	    "tensor<fp16, [8]>(BLOBFILE(path = tensor<string, []>"
	    "(\"@model_path/weights/weight.bin\"), offset = tensor<uint64, []>(64)))];\n"
	    "        } -> (k);\n"
	    "}"));
	o.spec_version = 9;
	k->def->name = NULL;
	CHECK(prints_with(&o,
	    "program(1.3)\n"
	    "{\n"
	    "    func main<ios16>() {\n"
	    "            tensor<fp16, [8]> k = const()[val = tensor<fp16, [8]>(BLOBFILE(path = "
	    "string(\"@model_path/weights/weight.bin\"), offset = uint64(64)))];\n"
	    "        } -> (k);\n"
	    "}"));
}

/* Their operands are attributes (iOS 16) or inline values (iOS 18), never names of constants. */
static void
test_constexpr(void)
{
	const Tensor *q = tensor_new(&arena, DT_INT8, (int64_t[]){2, 1}, 2);
	const Tensor *one = tensor_scalar_f(&arena, DT_FP16, 1);
	const Tensor *three = tensor_scalar_i(&arena, DT_INT8, 3);
	const Tensor *scale = tensor_new(&arena, DT_FP16, (int64_t[]){2, 1}, 2);

	begin(IOS16);
	outputs(build1(&b, OP_constexpr_affine_dequantize, str("w"),
	               ARGS(TENSOR("quantized_data", q), TENSOR("zero_point", three),
	                    TENSOR("scale", one), INTC(&b, "axis", 0))));
	CHECK(prints(7,
	    "program(1.0)\n"
	    "{\n"
	    "    func main<ios16>() {\n"
	    "            tensor<fp16, [2, 1]> w = constexpr_affine_dequantize()[axis = "
	    "tensor<int32, []>(0), name = tensor<string, []>(\"w\"), quantized_data = "
	    "tensor<int8, [2, 1]>([[0], [0]]), scale = tensor<fp16, []>(0x1p+0), zero_point = "
	    "tensor<int8, []>(3)];\n"
	    "        } -> (w);\n"
	    "}"));
	begin(IOS18);
	outputs(build1(&b, OP_constexpr_blockwise_shift_scale, str("w"),
	               ARGS(TENSOR("data", q), TENSOR("scale", scale))));
	CHECK(prints(9,
	    "program(1.3)\n"
	    "{\n"
	    "    func main<ios18>() {\n"
	    "            tensor<fp16, [2, 1]> w = constexpr_blockwise_shift_scale(data = "
	    "tensor<int8, [2, 1]>([[0], [0]]), scale = tensor<fp16, [2, 1]>([[0x0p+0], [0x0p+0]]))"
	    "[name = string(\"w\")];\n"
	    "        } -> (w);\n"
	    "}"));
}

static bool
pick(void *ctx, Builder *at, Var *const *p, uint32_t n, Var ***out, uint32_t *nout)
{
	Var **v = ctx;

	(void)p;
	(void)n;
	*v = build1(at, OP_relu, NULL, ARGS(VAR("x", *v)));
	*out = v;
	*nout = 1;
	return true;
}

/* A list of constants, states and a nested block. */
static void
test_rest(void)
{
	const Type *state = type_state(&types, shape(DT_FP16, 1, 8));
	Var *kv, *p, *x, *yes, *no, *in_list[2];
	Operand item[2], arg[2];
	Var **out;
	uint32_t n;

	begin(IOS18);
	kv = param("kv", state);
	p = param("p", type_scalar(&types, DT_BOOL));
	x = build1(&b, OP_read_state, str("r"), ARGS(VAR("input", kv)));
	yes = no = x;
	BlockFn t = {pick, &yes, NOSPAN}, f = {pick, &no, NOSPAN};
	Operand cond[] = {VAR("pred", p), {.kind = A_FN, .name = "_true_fn", .fn = &t},
	                  {.kind = A_FN, .name = "_false_fn", .fn = &f}};
	CHECK(build_op(&b, OP_cond, str("c"), cond, 3, &out, &n));
	CHECK_INT(n, 1);
	in_list[0] = out[0];
	in_list[1] = x;
	item[0] = (Operand)VAR("", in_list[0]);
	item[1] = (Operand)VAR("", in_list[1]);
	arg[0] = (Operand){.kind = A_LIST, .name = "values", .list = {item, 2}};
	arg[1] = (Operand)INTC(&b, "axis", 0);
	CHECK(build_op(&b, OP_stack, str("y"), arg, 2, &out, &n));
	outputs(out[0]);
	CHECK(prints(9,
	    "program(1.3)\n"
	    "{\n"
	    "    func main<ios18>(state<tensor<fp16, [1, 8]>> kv, bool p) {\n"
	    "            tensor<fp16, [1, 8]> r = read_state(input = kv)[name = string(\"r\")];\n"
	    "            tensor<fp16, [1, 8]> c = cond(pred = p)[name = string(\"c\")] () {\n"
	    "                    tensor<fp16, [1, 8]> relu_0 = relu(x = r)"
	    "[name = string(\"relu_0\")];\n"
	    "                } -> (relu_0), () {\n"
	    "                    tensor<fp16, [1, 8]> relu_1 = relu(x = r)"
	    "[name = string(\"relu_1\")];\n"
	    "                } -> (relu_1);\n"
	    "            int32 y_axis_0 = const()[name = string(\"y_axis_0\"), val = int32(0)];\n"
	    "            tensor<fp16, [2, 1, 8]> y = stack(axis = y_axis_0, values = (c, r))"
	    "[name = string(\"y\")];\n"
	    "        } -> (y);\n"
	    "}"));
}

int
main(void)
{
	intern_init(&names, &arena);
	types_init(&types, &arena, &names);
	diag_init(&diag, &arena);
	test_example();
	test_dialects();
	test_values();
	test_blob();
	test_constexpr();
	test_rest();
	diag_flush(&diag);
	intern_free(&names);
	arena_free(&arena);
	return check_report();
}
