/* test_blocks.c: what kernels say of images that lie in blocks of channels: runtime/fast.h. Each is
 * asked twice, on a stack that is filled with other bytes.
 */
#include "runtime/fast.h"
#include "check.h"

#include <stdlib.h>

typedef struct Ask {
	Opcode op;
	const char *shape; /* of the weight */
	const char *pad_type, *pad, *dilations;
	int groups;
	BlocksUse use;
	Blocks need;
} Ask;

/* before and after of rows, then of columns, is pad's order; a Blocks has both befores first. */
#define HALO(top, bottom, left, right)                                                             \
	{                                                                                          \
		{top, left},                                                                       \
		{                                                                                  \
			bottom, right                                                              \
		}                                                                                  \
	}

static const Ask asks[] = {
    {OP_conv, "20 16 1 1", "valid", "0 0 0 0", "1 1", 1, BLOCKS_ANY, HALO(0, 0, 0, 0)},
    {OP_conv, "20 16 3 5", "valid", "1 2 3 4", "1 1", 1, BLOCKS_ANY, HALO(0, 0, 0, 0)},
    {OP_conv, "20 16 3 5", "custom", "1 2 3 4", "1 1", 1, BLOCKS_ANY, HALO(1, 2, 3, 4)},
    {OP_conv, "20 16 3 4", "same", "0 0 0 0", "1 2", 1, BLOCKS_ANY, HALO(1, 1, 3, 3)},
    {OP_conv, "20 16 2 4", "same", "0 0 0 0", "1 1", 1, BLOCKS_ANY, HALO(0, 1, 1, 2)},
    {OP_conv, "20 16 2 4", "same_lower", "0 0 0 0", "1 1", 1, BLOCKS_ANY, HALO(1, 0, 2, 1)},
    {OP_conv, "20 16 1 1", "custom", "65 0 0 0", "1 1", 1, BLOCKS_NONE, HALO(0, 0, 0, 0)},
    {OP_conv, "20 16 3", "valid", "0 0", "1", 1, BLOCKS_NONE, HALO(0, 0, 0, 0)},
    {OP_conv, "32 1 3 3", "same", "0 0 0 0", "1 1", 32, BLOCKS_BOTH, HALO(1, 1, 1, 1)},
    {OP_conv, "32 16 3 3", "same", "0 0 0 0", "1 1", 2, BLOCKS_ANY, HALO(1, 1, 1, 1)},
    {OP_conv, "24 16 1 1", "valid", "0 0 0 0", "1 1", 2, BLOCKS_NONE, HALO(0, 0, 0, 0)},
};

enum { MOST_COLUMNS = 32 };

typedef struct World {
	Arena a;
	RtValue value[MOST_COLUMNS];
	EvalArg arg[MOST_COLUMNS];
	bool known[MOST_COLUMNS];
	Eval e;
} World;

static void
give(World *w, ArgName name, const Tensor *t)
{
	int k = op_column(w->e.row, name);

	if (k < 0)
		return;
	w->value[k] = (RtValue){t, NULL};
	w->arg[k] = (EvalArg){&w->value[k], 1};
	w->known[k] = true;
}

static Tensor *
ints(World *w, const char *text)
{
	int64_t n = 1, count = 0;
	Tensor *t;

	for (const char *s = text; *s; s++)
		n += *s == ' ';
	t = tensor_new(&w->a, DT_INT32, &n, 1);
	for (const char *s = text; count < n; s += strcspn(s, " ") + 1)
		tensor_set_i(t, count++, strtol(s, NULL, 10));
	return t;
}

static const Tensor *
text(World *w, const char *s)
{
	uint32_t len = (uint32_t)strlen(s);
	Str *str = arena_alloc(&w->a, sizeof *str + len + 1);

	str->len = len;
	memcpy(str->s, s, len);
	return tensor_scalar_str(&w->a, str);
}

static void
begin(World *w, Opcode op)
{
	memset(w, 0, sizeof *w);
	w->e.row = op_for_opset(op, IOS18);
	w->e.arg = w->arg;
	for (int k = 0; k < MOST_COLUMNS; k++)
		w->known[k] = true;
}

/* A stack of other bytes below. */
static void
soil(int byte)
{
	volatile char dirt[4096];

	for (size_t i = 0; i < sizeof dirt; i++)
		dirt[i] = (char)byte;
}

static void
check_window(const Ask *q, int byte)
{
	const Kernel *k = isa_best()->kernel(q->op);
	int64_t dim[TENSOR_MAX_RANK];
	Blocks need = {{0, 0}, {0, 0}};
	const Tensor *shape;
	BlocksUse use;
	World w;

	begin(&w, q->op);
	shape = ints(&w, q->shape);
	for (int64_t i = 0; i < shape->count; i++)
		dim[i] = tensor_i(shape, i);
	give(&w, ARG_weight, tensor_new(&w.a, DT_FP32, dim, (int)shape->count));
	give(&w, ARG_strides, ints(&w, shape->count == 4 ? "1 1" : "1"));
	give(&w, ARG_pad_type, text(&w, q->pad_type));
	give(&w, ARG_pad, ints(&w, q->pad));
	give(&w, ARG_dilations, ints(&w, q->dilations));
	give(&w, ARG_groups, tensor_scalar_i(&w.a, DT_INT32, q->groups));
	soil(byte);
	use = k->blocks(&w.e, w.known, &need);
	CHECK_INT(use, q->use);
	if (use != BLOCKS_NONE)
		CHECK(memcmp(&need, &q->need, sizeof need) == 0);
	arena_free(&w.a);
}

/* ---- concat ---- */

typedef struct Join {
	int axis;
	bool interleave, known;
	BlocksUse use;
} Join;

static const Join joins[] = {
    {1, false, true, BLOCKS_ALIKE}, {-3, false, true, BLOCKS_ALIKE}, {0, false, true, BLOCKS_NONE},
    {-1, false, true, BLOCKS_NONE}, {5, false, true, BLOCKS_NONE},   {1, true, true, BLOCKS_NONE},
    {1, false, false, BLOCKS_NONE},
};

static void
check_join(const Join *j)
{
	const Kernel *k = isa_best()->kernel(OP_concat);
	Blocks need = {{0, 0}, {0, 0}};
	World w;

	begin(&w, OP_concat);
	give(&w, ARG_axis, tensor_scalar_i(&w.a, DT_INT32, j->axis));
	give(&w, ARG_interleave, tensor_scalar_bool(&w.a, j->interleave));
	w.known[op_column(w.e.row, ARG_axis)] = j->known;
	CHECK_INT(k->blocks(&w.e, w.known, &need), j->use);
	arena_free(&w.a);
}

/* ---- reductions ---- */

typedef struct Pixels {
	Opcode op;
	const char *axes; /* 0: all */
	bool known;
	BlocksUse use;
} Pixels;

static const Pixels reductions[] = {
    {OP_reduce_mean, "2 3", true, BLOCKS_X},
    {OP_reduce_sum, "-1 -2", true, BLOCKS_X},
    {OP_reduce_max, "3 2", true, BLOCKS_X},
    {OP_reduce_min, "2 3", true, BLOCKS_X},
    {OP_reduce_l2_norm, "2 3", true, BLOCKS_X},
    {OP_reduce_log_sum, "2 3", true, BLOCKS_X},
    {OP_reduce_mean, "2 3", false, BLOCKS_NONE},
    {OP_reduce_mean, NULL, true, BLOCKS_NONE},
    {OP_reduce_mean, "1 2 3", true, BLOCKS_NONE},
    {OP_reduce_mean, "2", true, BLOCKS_NONE},
    {OP_reduce_mean, "0 2 3", true, BLOCKS_NONE},
    {OP_reduce_mean, "3", true, BLOCKS_NONE},
    {OP_reduce_mean, "2 4", true, BLOCKS_NONE},
    {OP_reduce_prod, "2 3", true, BLOCKS_NONE},
    {OP_reduce_log_sum_exp, "2 3", true, BLOCKS_NONE},
};

static void
check_reduction(const Pixels *p)
{
	const Kernel *k = isa_best()->kernel(p->op);
	Blocks need = {{0, 0}, {0, 0}};
	World w;

	begin(&w, p->op);
	if (p->axes)
		give(&w, ARG_axes, ints(&w, p->axes));
	w.known[op_column(w.e.row, ARG_axes)] = p->known;
	CHECK_INT(k->blocks(&w.e, w.known, &need), p->use);
	arena_free(&w.a);
}

int
main(void)
{
	for (size_t i = 0; i < countof(asks); i++) {
		check_window(&asks[i], 0);
		check_window(&asks[i], 1);
		check_window(&asks[i], -1);
	}
	for (size_t i = 0; i < countof(joins); i++)
		check_join(&joins[i]);
	for (size_t i = 0; i < countof(reductions); i++)
		check_reduction(&reductions[i]);
	return check_report();
}
