/* test_nn_emit.c: programs lowered to the layers of a NeuralNetwork, written, read again and run:
 * the numbers must be those of the program. And what has no layers, with its message.
 */
#include "exec/exec.h"
#include "form/emit.h"
#include "pass/pass.h"
#include "form/read.h"
#include "nn/lower.h"
#include "NeuralNetwork.pb-c.h"
#include "pb/pb.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/milc-nn-XXXXXX";

typedef Var *Build(World *w, Var *x);
typedef struct Case {
	Build *build;
	int64_t dim[5]; /* of x; -1: a symbol; 0: no more */
	const char *want; /* part of the message; 0: the numbers agree */
	int version;      /* specification version, if not 4 */
} Case;

static const Tensor *
ramp(World *w, const int64_t *dim, int rank, double by)
{
	Tensor *t = tensor_new(&w->arena, DT_FP32, dim, rank);

	for (int64_t k = 0; k < t->count; k++)
		tensor_set_f(t, k, (double)(k % 7 - 3) * by);
	return t;
}

#define RAMP(w, by, ...)                                                                           \
	ramp((w), (const int64_t[]){__VA_ARGS__}, (int)countof(((const int64_t[]){__VA_ARGS__})),  \
	     (by))
#define INTS(n, ...)                                                                               \
	TENSOR(n, tensor_vector_i(&w->arena, DT_INT32, (const int64_t[]){__VA_ARGS__},             \
	              (int64_t)countof(((const int64_t[]){__VA_ARGS__}))))
#define FLOAT(n, v) TENSOR(n, tensor_scalar_f(&w->arena, DT_FP32, (v)))
#define OP(code, ...) build1(&w->b, OP_##code, NULL, ARGS(__VA_ARGS__))
#define WORD(n, s) STRC(&w->b, n, s)
#define FLAG(n, v) BOOLC(&w->b, n, v)
#define INT(n, v) INTC(&w->b, n, v)

/* ---- programs ---- */

static Var *
conv_1d(World *w, Var *x)
{
	return OP(conv, VAR("x", x), TENSOR("weight", RAMP(w, .5, 2, 3, 2)),
	          WORD("pad_type", "custom"), INTS("pad", 1, 0), TENSOR("bias", RAMP(w, 1, 2)));
}

static Var *
conv_2d(World *w, Var *x)
{
	return OP(conv, VAR("x", x), TENSOR("weight", RAMP(w, .5, 4, 2, 2, 2)),
	    WORD("pad_type", "same_lower"), INT("groups", 2), INTS("strides", 2, 1));
}

static Var *
conv_3d(World *w, Var *x)
{
	return OP(conv, VAR("x", x), TENSOR("weight", RAMP(w, .5, 1, 2, 1, 2, 2)),
	          WORD("pad_type", "custom"), INTS("pad", 0, 0, 1, 0, 0, 1),
	          TENSOR("bias", RAMP(w, 1, 1)));
}

/* The weight depends on the input. */
static Var *
conv_dynamic(World *w, Var *x)
{
	Var *k =
	    OP(slice_by_index, VAR("x", x), INTS("begin", 0, 0, 0, 0), INTS("end", 1, 3, 2, 2));

	return OP(conv, VAR("x", x), VAR("weight", k), TENSOR("bias", RAMP(w, 1, 1)));
}

static Var *
conv_dynamic_groups(World *w, Var *x)
{
	Var *k =
	    OP(slice_by_index, VAR("x", x), INTS("begin", 0, 0, 0, 0), INTS("end", 1, 1, 2, 2));

	k = OP(tile, VAR("x", k), INTS("reps", 3, 1, 1, 1));
	return OP(conv, VAR("x", x), VAR("weight", k), INT("groups", 3));
}

static Var *
conv_dynamic_3d(World *w, Var *x)
{
	Var *k = OP(slice_by_index, VAR("x", x), INTS("begin", 0, 0, 0, 0, 0),
	    INTS("end", 1, 2, 1, 1, 1));

	return OP(conv, VAR("x", x), VAR("weight", k));
}

static Var *
conv_transpose_2d(World *w, Var *x)
{
	return OP(conv_transpose, VAR("x", x), TENSOR("weight", RAMP(w, .5, 2, 2, 3, 3)),
	    INTS("strides", 2, 2), INT("groups", 2), TENSOR("bias", RAMP(w, 1, 4)));
}

static Var *
conv_transpose_1d(World *w, Var *x)
{
	return OP(conv_transpose, VAR("x", x), TENSOR("weight", RAMP(w, .5, 3, 2, 3)),
	    INTS("strides", 2));
}

static Var *
conv_3d_lower(World *w, Var *x)
{
	return OP(conv, VAR("x", x), TENSOR("weight", RAMP(w, .5, 1, 2, 1, 2, 2)),
	    WORD("pad_type", "same_lower"));
}

static Var *
average_1d(World *w, Var *x)
{
	return OP(avg_pool, VAR("x", x), INTS("kernel_sizes", 2), WORD("pad_type", "same"),
	    FLAG("exclude_padding_from_average", true));
}

static Var *
max_ceil(World *w, Var *x)
{
	return OP(max_pool, VAR("x", x), INTS("kernel_sizes", 2, 2), INTS("strides", 2, 2),
	    WORD("pad_type", "custom"), INTS("pad", 1, 1, 0, 0), FLAG("ceil_mode", true));
}

static Var *
average_3d(World *w, Var *x)
{
	return OP(avg_pool, VAR("x", x), INTS("kernel_sizes", 1, 2, 2), WORD("pad_type", "custom"),
	    INTS("pad", 0, 0, 1, 1, 0, 0));
}

static Var *
pad_mirror(World *w, Var *x)
{
	return OP(pad, VAR("x", x), INTS("pad", 1, 0, 0, 1), WORD("mode", "reflect"));
}

static Var *
pad_outer(World *w, Var *x)
{
	return OP(pad, VAR("x", x), INTS("pad", 1, 0, 0, 1, 0, 0), FLOAT("constant_val", 2));
}

static Var *
pad_outer_mirror(World *w, Var *x)
{
	return OP(pad, VAR("x", x), INTS("pad", 1, 0, 0, 0, 0, 0), WORD("mode", "reflect"));
}

static Var *
upsample(World *w, Var *x)
{
	return OP(upsample_bilinear, VAR("x", x), FLOAT("scale_factor_height", 1.5),
	    FLOAT("scale_factor_width", 2), FLAG("align_corners", false));
}

static Var *
upsample_nearest(World *w, Var *x)
{
	return OP(upsample_nearest_neighbor, VAR("x", x), INT("scale_factor_height", 2),
	    INT("scale_factor_width", 3));
}

static Var *
resize_nearest(World *w, Var *x)
{
	return OP(resize_nearest_neighbor, VAR("x", x), INT("target_size_height", 8),
	    INT("target_size_width", 4));
}

static Var *
resize(World *w, Var *x)
{
	return OP(resize_bilinear, VAR("x", x), INT("target_size_height", 3),
	    INT("target_size_width", 7), WORD("sampling_mode", "ALIGN_CORNERS"));
}

static Var *
resize_odd(World *w, Var *x)
{
	return OP(resize_bilinear, VAR("x", x), INT("target_size_height", 3),
	    INT("target_size_width", 7), WORD("sampling_mode", "UNALIGN_CORNERS"));
}

static Var *
batch(World *w, Var *x)
{
	return OP(batch_norm, VAR("x", x), TENSOR("mean", RAMP(w, 1, 2)),
	    TENSOR("variance", RAMP(w, -1, 2)), FLOAT("epsilon", 1));
}

static Var *
instance(World *w, Var *x)
{
	return OP(instance_norm, VAR("x", x), TENSOR("gamma", RAMP(w, 1, 2)));
}

static Var *
rows(World *w, Var *x)
{
	return OP(layer_norm, VAR("x", x), INTS("axes", -1), TENSOR("gamma", RAMP(w, 1, 4)));
}

static Var *
planes(World *w, Var *x)
{
	return OP(layer_norm, VAR("x", x), INTS("axes", -2, -1));
}

static Var *
embedding(World *w, Var *x)
{
	Var *i = OP(cast, VAR("x", x), WORD("dtype", "int32"));

	i = OP(mod, VAR("x", i), INT("y", 3));
	return OP(gather, TENSOR("x", RAMP(w, 1, 3, 2)), VAR("indices", i));
}

static Var *
scattered(World *w, Var *x)
{
	return OP(scatter_along_axis, VAR("data", x), INTS("indices", 0), VAR("updates", x),
	    INT("axis", 0), WORD("mode", "sub"));
}

static Var *
uniform(World *w, Var *x)
{
	Var *r = OP(random_uniform, INTS("shape", 2, 4), FLOAT("low", 1), FLOAT("high", 1));

	return OP(add, VAR("x", x), VAR("y", r));
}

static Var *
counting(World *w, Var *x)
{
	Var *n = OP(reduce_max, VAR("x", x));

	n = OP(mul, VAR("x", n), FLOAT("y", 0));
	n = OP(add, VAR("x", n), FLOAT("y", 3));
	return OP(range_1d, VAR("end", n), FLOAT("start", 1), FLOAT("step", .5));
}

static Var *
hot(World *w, Var *x)
{
	Var *i = OP(cast, VAR("x", x), WORD("dtype", "int32"));

	return OP(one_hot, VAR("indices", i), INT("one_hot_vector_size", 4), FLOAT("on_value", 2),
	    FLOAT("off_value", 1));
}

static Var *
recurrent(World *w, Var *x)
{
	Var **outs;
	uint32_t n;

	if (!build_op(&w->b, OP_gru, NULL,
	        ARGS(VAR("x", x), TENSOR("initial_h", RAMP(w, .1, 3, 2)),
	            TENSOR("weight_ih", RAMP(w, .1, 6, 4)), TENSOR("weight_hh", RAMP(w, .2, 6, 2)),
	            TENSOR("bias", RAMP(w, .1, 6)), FLAG("output_sequence", true)),
	        &outs, &n))
		return NULL;
	return outs[0];
}

static Var *
both_ways(World *w, Var *x)
{
	Var **outs;
	uint32_t n;

	if (!build_op(&w->b, OP_lstm, NULL,
	        ARGS(VAR("x", x), TENSOR("initial_h", RAMP(w, .1, 3, 4)),
	            TENSOR("initial_c", RAMP(w, .2, 3, 4)), TENSOR("weight_ih", RAMP(w, .1, 8, 4)),
	            TENSOR("weight_hh", RAMP(w, .2, 8, 2)), TENSOR("bias", RAMP(w, .1, 8)),
	            TENSOR("weight_ih_back", RAMP(w, .3, 8, 4)),
	            TENSOR("weight_hh_back", RAMP(w, .1, 8, 2)),
	            TENSOR("bias_back", RAMP(w, .2, 8)), TENSOR("peephole", RAMP(w, .2, 6)),
	            TENSOR("peephole_back", RAMP(w, .3, 6)), WORD("direction", "bidirectional")),
	        &outs, &n))
		return NULL;
	return outs[1];
}

static Var *
squares_only(World *w, Var *x)
{
	return OP(space_to_batch, VAR("x", x), INTS("block_shape", 2, 1),
	    TENSOR("paddings", tensor_new(&w->arena, DT_INT32, (const int64_t[]){2, 2}, 2)));
}

static Var *
no_layer(World *w, Var *x)
{
	Var *i = OP(cast, VAR("x", x), WORD("dtype", "int32"));

	return OP(conv_quantized, VAR("x", x),
	    TENSOR("weight", tensor_new(&w->arena, DT_UINT8, (const int64_t[]){1, 2, 1, 1}, 4)),
	    WORD("quantization_type", "linear"), FLOAT("quant_scale", i ? 1 : 0),
	    FLOAT("quant_bias", 0));
}

static Var *
many(World *w, Var *x)
{
	Operand item[70];

	for (size_t k = 0; k < countof(item); k++)
		item[k] = (Operand){.kind = A_VAR, .var = x};
	return OP(stack, {.kind = A_LIST, .name = "values", .list = {item, countof(item)}},
	    INT("axis", 0));
}

static Var *
interleaved(World *w, Var *x)
{
	Operand item[2] = {{.kind = A_VAR, .var = x}, {.kind = A_VAR, .var = x}};

	return OP(concat, {.kind = A_LIST, .name = "values", .list = {item, 2}}, INT("axis", 1),
	    FLAG("interleave", true));
}

static Var *
odd_activation(World *w, Var *x)
{
	Var **outs;
	uint32_t n;

	if (!build_op(&w->b, OP_rnn, NULL,
	        ARGS(VAR("x", x), TENSOR("initial_h", RAMP(w, .1, 3, 2)),
	            TENSOR("weight_ih", RAMP(w, .1, 2, 4)), TENSOR("weight_hh", RAMP(w, .2, 2, 2)),
	            WORD("activation", "elu")),
	        &outs, &n))
		return NULL;
	return outs[0];
}

static Var *
reshape_zero(World *w, Var *x)
{
	return OP(reshape, VAR("x", x), INTS("shape", 0, 3));
}

static Var *
empty_parts(World *w, Var *x)
{
	Var *e = OP(slice_by_index, VAR("x", x), INTS("begin", 1, 0), INTS("end", 1, 3));
	Operand item[2] = {{.kind = A_VAR, .var = e}, {.kind = A_VAR, .var = e}};

	return OP(concat, {.kind = A_LIST, .name = "values", .list = {item, 2}}, INT("axis", 0));
}

static const Case cases[] = {
    {conv_1d, {2, 3, 5}, 0, 4},
    {conv_2d, {1, 4, 4, 4}, 0, 4},
    {conv_3d, {1, 2, 2, 4, 4}, 0, 5},
    {conv_dynamic, {1, 3, 4, 4}, 0, 4},
    {conv_transpose_2d, {1, 2, 3, 3}, 0, 4},
    {conv_transpose_1d, {2, 3, 4}, 0, 4},
    {average_1d, {1, 2, 5}, 0, 4},
    {max_ceil, {1, 2, 5, 5}, 0, 4},
    {average_3d, {1, 2, 2, 3, 3}, 0, 5},
    {pad_mirror, {2, 3, 3}, 0, 4},
    {pad_outer, {2, 3, 3}, 0, 4},
    {upsample, {1, 2, 4, 4}, 0, 5},
    {upsample_nearest, {1, 2, 2, 2}, 0, 4},
    {resize_nearest, {1, 2, 4, 4}, 0, 4},
    {resize, {1, 2, 4, 4}, 0, 4},
    {batch, {1, 2, 3}, 0, 4},
    {batch, {1, 2, 3, 3}, 0, 4},
    {batch, {1, 2, 2, 2, 2}, 0, 4},
    {batch, {-1, 2, 2, 2, 2}, 0, 4},
    {batch, {-1, 2, -1, 2, 2}, 0, 4},
    {instance, {2, 2, 4}, 0, 4},
    {instance, {2, 2, 3, 3}, 0, 4},
    {rows, {3, 4}, 0, 4},
    {rows, {2, 1, 3, 4}, 0, 4},
    {planes, {2, 3, 4}, 0, 4},
    {embedding, {5}, 0, 4},
    {scattered, {1}, 0, 4},
    {uniform, {2, 4}, 0, 4},
    {counting, {3}, 0, 4},
    {hot, {4}, 0, 5},
    {recurrent, {3, 3, 4}, 0, 4},
    {both_ways, {3, 3, 4}, 0, 4},
    {interleaved, {2, 3}, 0, 5},
    {conv_3d_lower, {1, 2, 2, 4, 4}, "has no pad_type 'same_lower' in three", 0},
    {conv_dynamic_groups, {1, 3, 4, 4}, "weights of a convolution with groups must be known", 0},
    {conv_dynamic_3d, {1, 2, 2, 2, 2}, "convolution in three dimensions must be known", 0},
    {pad_outer_mirror, {2, 3, 3}, "pads more than the last two dimensions only with", 0},
    {resize_nearest, {1, 2, -1, 4}, "the size of the input of resize_nearest_neighbor must be", 0},
    {resize_odd, {1, 2, 4, 4}, "has no sampling_mode 'UNALIGN_CORNERS'", 0},
    {planes, {2, 3, -1}, "the dimensions that layer_norm works on must be known", 0},
    {squares_only, {2, 2, 4, 4}, "only for square blocks of at least 2 x 2", 0},
    {batch, {2, -1, 3}, "the number of channels of batch_norm must be known", 0},
    {odd_activation, {3, 3, 4}, "a NeuralNetwork has no activation 'elu' in rnn", 0},
    {reshape_zero, {2, 3}, "has 0 in the shape of reshape only together with", 0},
    {empty_parts, {2, 3}, "a NeuralNetwork has no blobs without elements", 0},
    {no_layer, {1, 2, 3, 3}, "conv_quantized cannot be written as a NeuralNetwork", 0},
    {many, {2}, 0, 4},
};

/* ---- there and back ---- */

static Var *
input(World *w, const int64_t *dim)
{
	Dim d[5];
	uint32_t rank = 0;

	while (rank < 5 && dim[rank]) {
		d[rank] = dim[rank] < 0 ? sym_new(&w->types, NULL) : dim[rank];
		rank++;
	}
	w->f->body->nparam = 0;
	return block_add_param(w->f->body, world_str(w, "x"),
	    type_tensor(&w->types, DT_FP32, d, rank));
}

static const Tensor *
run(World *w, Func *f)
{
	const Var *x = f->body->param[0];
	int64_t dim[5];
	NamedTensor in, *out;
	Session *s = session_new(f, NULL);
	uint32_t nout;

	for (uint32_t k = 0; k < x->type->rank; k++)
		dim[k] = dim_known(x->type->dim[k]) ? x->type->dim[k] : 2;
	Tensor *t = tensor_new(&w->arena, DT_FP32, dim, (int)x->type->rank);
	for (int64_t k = 0; k < t->count; k++)
		tensor_set_f(t, k, (double)(k * 5 % 11) * .25);
	in = (NamedTensor){x->name, t};
	bool ok = session_run(s, &in, 1, &w->arena, &out, &nout) == RUN_OK;
	if (!ok)
		fprintf(stderr, "\trun: %s\n", session_error(s, &(Span){0, 0}));
	session_free(s);
	return ok ? out[0].t : NULL;
}

static bool
close_to(const Tensor *a, const Tensor *b)
{
	if (!a || !b || a->count != b->count || a->rank != b->rank)
		return false;
	for (int k = 0; k < a->rank; k++)
		if (a->dim[k] != b->dim[k])
			return false;
	for (int64_t k = 0; k < a->count; k++) {
		double x = tensor_f(a, k), y = tensor_f(b, k);
		if (fabs(x - y) > 1e-4 * (1 + fabs(x)) && !(isnan(x) && isnan(y)))
			return false;
	}
	return true;
}

static void
check_case(const Case *c, size_t n)
{
	const char *path;
	World w;

	world_init(&w, IOS14);
	path = arena_printf(&w.arena, "%s/m.mlmodel", folder);
	Var *y = c->build(&w, input(&w, c->dim));
	world_return(&w, build1(&w.b, OP_identity, world_str(&w, "y"), ARGS(VAR("x", y))));
	const Tensor *want = c->want ? NULL : run(&w, w.f);
	Model *m = convert(w.p,
	                   &(ConvertOptions){
	                       .target = IOS14, .format = FORMAT_NEURALNETWORK, .passes = "none"},
	                   0);
	EmitCtx ec = world_emit(&w, path);
	bool ok = m && emit_model(m, &ec);
	if (c->want) {
		CHECK(m && !ok && world_heard(&w, c->want));
		world_free(&w);
		return;
	}
	Model *back = ok ? world_read(&w, path) : NULL;
	bool same = back && close_to(want, run(&w, back->prog->funcs.at[0]));
	diag_flush(&w.diag);
	if (!same)
		fprintf(stderr, "case %zu: %s\n", n, w.said.at ? w.said.at : "other numbers");
	CHECK(same);
	CHECK(back && back->spec_version == c->version);
	CHECK(back && program_verify(back->prog));
	world_free(&w);
}

/* Factors that are no whole numbers: a warning, not an error. */
static void
test_warning(void)
{
	World w;

	world_init(&w, IOS14);
	Var *x = input(&w, (const int64_t[]){1, 2, 4, 4, 0});
	world_return(&w, build1(&w.b, OP_resize_nearest_neighbor, world_str(&w, "y"),
	                     ARGS(VAR("x", x), INTC(&w.b, "target_size_height", 6),
	                         INTC(&w.b, "target_size_width", 4))));
	Model *m = convert(w.p,
	                   &(ConvertOptions){
	                       .target = IOS14, .format = FORMAT_NEURALNETWORK, .passes = "none"},
	                   0);
	EmitCtx c = world_emit(&w, NULL);
	Buf b = {0};
	CHECK(m && emit_spec(m, &c, &b));
	CHECK(world_heard(&w, "it will interpolate"));
	buf_free(&b);
	world_free(&w);
}

/* Weights go from where they lie to the bytes: all at once, or in parts where they are converted
 * on the way, by columns a few of which are read together. */
static void
check_weights(World *w, int64_t rows, int64_t columns, bool lazy, bool transposed)
{
	Nn n = {.arena = &w->arena};
	Tensor *t = tensor_new(&w->arena, lazy ? DT_FP16 : DT_FP32, (int64_t[]){rows, columns}, 2);
	Msg *p = msg_new(&w->arena,
	    &core_ml__specification__inner_product_layer_params__descriptor), *back;
	const char *error = NULL;
	Buf b = {0};
	bool same = true;

	for (int64_t k = 0; k < t->count; k++)
		tensor_set_f(t, k, (double)(k % 2039));
	CHECK_INT(tensor_cast(&w->arena, t, DT_FP32)->data != NULL, !lazy);
	nn_weights(&n, p, "weights", t, transposed);
	CHECK_INT(msg_size(p), pb_field_size(20, pb_field_size(1, (size_t)t->count * 4)));
	msg_write(p, &b);
	back = msg_read(&w->arena, p->descriptor, b.at, b.n, &error);
	CHECK(!error);
	CHECK_INT(msg_count(msg_get(back, "weights"), "floatValue"), t->count);
	for (int64_t k = 0; k < t->count; k++) {
		int64_t from = transposed ? k % rows * columns + k / rows : k;
		double got = msg_float_at(msg_get(back, "weights"), "floatValue", (size_t)k);
		same = same && got == (double)(from % 2039);
	}
	CHECK(same);
	buf_free(&b);
}

static void
test_weights(void)
{
	World w;

	world_init(&w, IOS14);
	check_weights(&w, 3, 5, false, false);
	check_weights(&w, 3, 5, false, true);
	check_weights(&w, 16, 16, false, true);
	check_weights(&w, 5, 35, false, true);
	check_weights(&w, 99, 100, true, false);
	check_weights(&w, 99, 100, true, true);
	world_free(&w);
}

int
main(void)
{
	if (!mkdtemp(folder))
		return 1;
	for (size_t k = 0; k < countof(cases); k++)
		check_case(&cases[k], k);
	test_warning();
	test_weights();
	unlink(strcat(strcpy((char[64]){0}, folder), "/m.mlmodel"));
	rmdir(folder);
	return check_report();
}
