/* conv.c: convolutions, straight and transposed, and the shuffles of pixels that go with them. */
#include "parts.h"

HANDLER(pixel_shuffle)
{
	RESULT(NAMED(pixel_shuffle, X(operand_n(c, 0)), VAR("upscale_factor", operand_n(c, 1))));
}

HANDLER(pixel_unshuffle)
{
	int64_t factor = int_operand(c, "downscale_factor", 1);
	RESULT(NAMED(pixel_unshuffle, X(operand(c, "self")),
	             TENSOR("downscale_factor", tensor_scalar_i(c->arena, DT_UINT32, factor))));
}

/* What an operation takes; lists are 0 where they hold the default alone. */
typedef struct Conv {
	Var *x, *weight, *bias;
	uint32_t spatial; /* how many dimensions it slides along */
	int64_t *strides, *dilations, *pad, groups;
	int64_t *extra;   /* output_padding */
	const char *pad_type;
} Conv;

/* One number for each dimension, `each` times; 0 when all are `dflt`. */
static int64_t *
per_dimension(AtenCtx *c, const char *name, uint32_t spatial, int64_t dflt, uint32_t each)
{
	uint32_t n;
	int64_t *given = ints_operand(c, name, &n), *v;
	bool other = false;
	if (!given || c->failed)
		return 0;
	if (n != 1 && n != spatial) {
		aten_fail(c, "%s has %u numbers, expected 1 or %u", name, n, spatial);
		return 0;
	}
	v = newn(c->arena, int64_t, (size_t)spatial * each);
	for (uint32_t i = 0; i < spatial * each; i++) {
		v[i] = given[n == 1 ? 0 : i / each];
		other |= v[i] != dflt;
	}
	return other ? v : 0;
}

static Conv
conv_of(AtenCtx *c)
{
	Var *v[2] = {operand(c, "input"), operand(c, "weight")};
	const Tv *padding = operand_of(c, "padding");
	promote(c, v, 2);
	Conv k = {.x = v[0], .weight = v[1], .bias = operand_or_none(c, "bias")};
	if (!c->failed && rank_of(k.weight) < 3)
		aten_fail(c, "the weight of a convolution has rank 3 or more, this one has %u",
		          rank_of(k.weight));
	if (c->failed)
		return k;
	k.spatial = rank_of(k.weight) - 2;
	k.strides = per_dimension(c, "stride", k.spatial, 1, 1);
	k.dilations = per_dimension(c, "dilation", k.spatial, 1, 1);
	k.extra = per_dimension(c, "output_padding", k.spatial, 0, 1);
	k.groups = int_operand(c, "groups", 1);
	if (padding->kind == TV_STR ||
	    (padding->kind == TV_VAR && dtype_of(padding->var) == DT_STRING)) {
		k.pad_type = tv_str(c, padding, "padding");
		return k;
	}
	k.pad = per_dimension(c, "padding", k.spatial, 0, 2);
	k.pad_type = k.pad ? "custom" : "valid";
	return k;
}

static Var *
conv_op(AtenCtx *c, Opcode op, const Conv *k, const Str *name)
{
	uint32_t n = k->spatial;
	return aten_op(c, op, name,
	               ARGS(X(k->x), VAR("weight", k->weight), VAR("bias", k->bias),
	                    STR("pad_type", k->pad_type), INTS_OR_NONE("pad", k->pad, 2 * n),
	                    INTS_OR_NONE("strides", k->strides, n),
	                    INTS_OR_NONE("dilations", k->dilations, n),
	                    INT("groups", k->groups)));
}

/* ---- transposed ---- */

static bool
any_of(const int64_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (v[i])
			return true;
	return false;
}

/* Takes these numbers of elements away from the two ends of each dimension. */
static Var *
cropped(AtenCtx *c, Var *y, const int64_t *crop, uint32_t spatial)
{
	if (spatial == 1) {
		static const bool begin[3] = {true, true, false};
		bool end[3] = {true, true, crop[1] == 0};
		return NAMED(slice_by_index, X(y), LIT("begin", 0, 0, crop[0]),
		             LIT("end", 0, 0, -crop[1]), BOOLS("begin_mask", begin, 3),
		             BOOLS("end_mask", end, 3));
	}
	if (spatial == 2)
		return NAMED(crop, X(y), INTS("crop_height", crop, 2),
		             INTS("crop_width", crop + 2, 2));
	aten_fail(c, "output_padding of a transposed convolution goes with 1 or 2 spatial "
	             "dimensions, this one has %u",
	          spatial);
	return 0;
}

/* output_padding lessens what is cut off at the far ends; where it is more than that, zeros come
 * in front. */
static Var *
with_output_padding(AtenCtx *c, Conv *k)
{
	uint32_t n = 2 * k->spatial;
	int64_t *crop = newn(c->arena, int64_t, n), *front = newn(c->arena, int64_t, n);
	if (!k->pad) {
		aten_fail(c, "output_padding goes with padding alone, which is 0 here: pad the "
		             "result instead");
		return 0;
	}
	for (uint32_t i = 0; i < n; i++) {
		int64_t more = i % 2 ? k->extra[i / 2] : 0;
		crop[i] = MAX(k->pad[i] - more, 0);
		front[i] = MAX(more - k->pad[i], 0);
		if (k->pad[i] < more)
			crop[i] = k->pad[i];
	}
	k->pad = front;
	if (any_of(front, n)) {
		int64_t *pad = newn(c->arena, int64_t, 2 * n);
		memcpy(pad + n, front, n * sizeof *pad);
		k->x = OP(pad, X(k->x), INTS("pad", pad, 2 * n));
	}
	if (!any_of(crop, n))
		return conv_op(c, OP_conv_transpose, k, c->node->name);
	return cropped(c, conv_op(c, OP_conv_transpose, k, 0), crop, k->spatial);
}

HANDLER(convolution)
{
	Conv k = conv_of(c);
	bool transposed = strncmp(c->node->key->s, "conv_transpose", 14) == 0 ||
	                  bool_operand(c, "transposed", false);
	if (c->failed)
		return;
	if (!transposed)
		RESULT(conv_op(c, OP_conv, &k, c->node->name));
	else if (k.extra)
		RESULT(with_output_padding(c, &k));
	else
		RESULT(conv_op(c, OP_conv_transpose, &k, c->node->name));
}

HANDLER(convolution_mode)
{
	RESULT(NAMED(conv, X(operand(c, "input")), VAR("weight", operand(c, "weight")),
	             VAR("bias", operand_or_none(c, "bias")), VAR("strides", operand(c, "stride")),
	             STR("pad_type", str_operand(c, "padding", "valid")),
	             VAR("dilations", operand(c, "dilation")),
	             VAR("groups", operand(c, "groups"))));
}
