/* shape.c: constants, and what gives elements other axes or more copies. */
#include "lift.h"
#include "lower.h"

static void
swap_batch_and_channel(Nn *n, Blob in, Blob out)
{
	static const int64_t perm[] = {1, 0, 2, 3};

	msg_ints(nn_layer1(n, out, "transpose", in, out), "axes", perm, 4);
}

/* The layers move elements between channels and places, so the batch takes the channels' place for
 * the time. */
bool
nn_batch_space(Nn *n, const Inst *i)
{
	static const char *const suffixes[2][3] = {{"_padded", "_swapped", "_gathered"},
	                                           {"_swapped", "_spread", "_cropped"}};
	bool spreads = i->op->code == OP_batch_to_space;
	Blob out = nn_name(n, i->out[0]), t[3], x;
	size_t count;
	const int64_t *block = nn_ints(n, i, "block_shape", &count), *edge;
	Msg *p;

	if (count != 2 || block[0] != block[1] || block[0] < 2)
		return nn_fail(n, i,
		               "a NeuralNetwork has %s only for square blocks of at least 2 x 2",
		               i->op->name);
	edge = nn_ints(n, i, spreads ? "crops" : "paddings", &count);
	for (int k = 0; k < 3; k++)
		t[k] = nn_temp(n, out, suffixes[spreads][k]);
	x = nn_blob(n, inst_arg(i, "x"));
	if (spreads) {
		swap_batch_and_channel(n, x, t[0]);
	} else {
		p = nn_layer1(n, t[0], "padding", x, t[0]);
		msg_sub(p, "constant");
		nn_borders(p, "paddingAmounts", edge);
		swap_batch_and_channel(n, t[0], t[1]);
	}
	p = nn_layer1(n, t[2 - spreads], "reorganizeData", t[1 - spreads], t[2 - spreads]);
	msg_int(p, "mode",
	        layer_enum(p->descriptor, "mode", spreads ? "DEPTH_TO_SPACE" : "SPACE_TO_DEPTH"));
	msg_int(p, "blockSize", block[0]);
	if (spreads)
		nn_cropped(n, t[1], t[2], edge);
	swap_batch_and_channel(n, t[2], out);
	return true;
}

bool
nn_reshape(Nn *n, const Inst *i)
{
	bool keeps_rank = false, zero = false;
	size_t count;
	const int64_t *s = nn_ints(n, i, "shape", &count);

	if (!s)
		return nn_by_row(n, i) != NULL;
	for (size_t k = 0; k < count; k++) {
		keeps_rank = keeps_rank || s[k] == -1;
		zero = zero || s[k] == 0;
	}
	keeps_rank = keeps_rank && count == inst_arg(i, "x")->type->rank;
	if (zero && !keeps_rank)
		return nn_fail(n, i,
		               "a NeuralNetwork has 0 in the shape of reshape only together with "
		               "-1 and an unchanged rank");
	Msg *p = nn_of_x(n, i, keeps_rank ? "rankPreservingReshape" : "reshapeStatic");
	msg_ints(p, "targetShape", count ? s : (const int64_t[]){1}, MAX(count, 1));
	return true;
}

bool
nn_reverse(Nn *n, const Inst *i)
{
	Msg *p = nn_of_x(n, i, "reverse");
	int64_t rank = inst_arg(i, "x")->type->rank, dims[TENSOR_MAX_RANK] = {0};
	size_t count;
	const int64_t *axes = nn_ints(n, i, "axes", &count);

	for (int64_t k = 0; !axes && k < rank; k++)
		dims[k] = 1;
	for (size_t k = 0; k < count; k++)
		dims[axes[k] < 0 ? axes[k] + rank : axes[k]] = 1;
	msg_ints(p, "reverseDim", dims, (size_t)rank);
	return true;
}

/* ---- lifting ---- */

static bool
shape_field(Lift *l, const char *field, int64_t *dim, int *rank)
{
	size_t n = msg_count(l->params, field);
	int64_t count;

	if (n > TENSOR_MAX_RANK)
		return lift_fail(l, "%s has %zu dimensions, more than %d", field, n,
		                 TENSOR_MAX_RANK);
	for (size_t k = 0; k < n; k++)
		dim[k] = msg_int_at(l->params, field, k);
	*rank = (int)n;
	return shape_count(dim, *rank, &count) ||
	       lift_fail(l, "%s has more elements than can be counted", field);
}

bool
lift_constant(Lift *l)
{
	int64_t dim[TENSOR_MAX_RANK];
	const Tensor *t;
	int64_t n;
	int rank = 0;

	if (!shape_field(l, "shape", dim, &rank))
		return false;
	t = shape_count(dim, rank, &n) && !n ? tensor_new(l->arena, DT_FP32, dim, rank)
	                                     : lift_weights(l, l->params, "data", dim, rank);
	return t && lift_result(l, lift_const(l, t));
}

/* [1, 1, C, H, W] of its three numbers. */
bool
lift_old_constant(Lift *l)
{
	int64_t dim[TENSOR_MAX_RANK + 2] = {1, 1}, *own = dim + 2;
	const Tensor *t;
	int rank = 0;

	if (!shape_field(l, "shape", own, &rank))
		return false;
	if (rank != 3)
		return lift_fail(l, "shape has %d dimensions, expected 3", rank);
	if (!(t = lift_weights(l, l->params, "data", own, 3)))
		return false;
	return lift_result(l, lift_const(l, l->short_blobs ? tensor_reshape(l->arena, t, dim + 1, 4)
	                                                   : tensor_reshape(l->arena, t, dim, 5)));
}

/* Moves the last three axes, channels, height and width or the other way round. */
static Var *
turned(Lift *l, Var *x, bool channels_last)
{
	static const int64_t behind[] = {1, 2, 0}, before[] = {2, 0, 1};
	int64_t perm[TENSOR_MAX_RANK];
	uint32_t front = x ? x->type->rank - 3 : 0;

	for (uint32_t k = 0; k < front + 3; k++)
		perm[k] = k < front ? k : front + (channels_last ? behind : before)[k - front];
	return lift_op(l, OP_transpose,
	               ARGS(VAR("x", x), TENSOR("perm", lift_vec(l, perm, front + 3))));
}

/* [..., C, H, W] to [..., C H W, 1, 1], in the order that the mode says. */
bool
lift_flatten(Lift *l)
{
	int64_t shape[TENSOR_MAX_RANK] = {0};
	Var *x = lift_input(l, 0);
	uint32_t rank;

	if (!x || !lift_rank(l, x, 3, 5))
		return false;
	rank = x->type->rank;
	if (lift_number(l, "mode"))
		x = turned(l, x, true);
	shape[rank - 3] = -1;
	shape[rank - 2] = shape[rank - 1] = 1;
	return lift_to(l, OP_reshape, ARGS(VAR("x", x), TENSOR("shape", lift_vec(l, shape, rank))));
}

/* To the pieces, the last of them channels, height and width; channels last: the elements are taken
 * from, and given to, the other order of these. */
static Var *
reshaped(Lift *l, Var *x, DimPiece *piece, size_t n, bool channels_last)
{
	DimPiece channels = piece[n - 3];

	if (!channels_last)
		return lift_reshaped(l, x, piece, n);
	piece[n - 3] = piece[n - 2];
	piece[n - 2] = piece[n - 1];
	piece[n - 1] = channels;
	x = lift_reshaped(l, turned(l, x, true), piece, n);
	return turned(l, x, false);
}

/* Three numbers are channels, height and width; with four, the first is a new sequence, and the
 * batch is 1 then. */
bool
lift_old_reshape(Lift *l)
{
	Var *x = lift_input(l, 0);
	size_t n = msg_count(l->params, "targetShape"), at = 0;
	bool last = lift_number(l, "mode") != 0;
	DimPiece piece[5];

	if (!x || !lift_word(l, "mode"))
		return false;
	if (n != 3 && n != 4)
		return lift_fail(l, "targetShape has %zu numbers, expected 3 or 4", n);
	if (last && !lift_rank(l, x, 3, 5))
		return false;
	if (n == 3 && x->type->rank > 3)
		piece[at++] = (DimPiece){x, 0, x->type->rank - 3, 0};
	for (size_t k = 0; k < n; k++) {
		if (msg_int_at(l->params, "targetShape", k) < -1)
			return lift_fail(l,
			                 "targetShape has the number %lld, expected -1 or a size",
			                 (long long)msg_int_at(l->params, "targetShape", k));
		piece[at++] = (DimPiece){.number = msg_int_at(l->params, "targetShape", k)};
		if (n == 4 && k == 0 && (l->rank5 || x->type->rank == 5))
			piece[at++] = (DimPiece){.number = 1};
	}
	return lift_result(l, reshaped(l, x, piece, at, last));
}

/* Four axes: sequence, channels, height, width, around the batch where there is one. Where there is
 * no sequence it stays. */
bool
lift_permute(Lift *l)
{
	Var *x = lift_input(l, 0);
	size_t n = msg_count(l->params, "axis");
	int64_t perm[5], axis[4];
	uint32_t rank, front;

	if (!x || !lift_rank(l, x, 3, 5))
		return false;
	if (n != 0 && n != 4)
		return lift_fail(l, "axis has %zu numbers, expected 4", n);
	for (size_t k = 0; k < 4; k++) {
		axis[k] = n ? msg_int_at(l->params, "axis", k) : (int64_t)k;
		if (axis[k] < 0 || axis[k] > 3)
			return lift_fail(l, "axis has the number %lld, expected 0 to 3",
			                 (long long)axis[k]);
	}
	if (axis[0] != 0 && !(x = lift_five(l, x)))
		return false;
	rank = x->type->rank;
	if (rank == 3 && axis[0] != 0)
		return lift_fail(l, "it moves the sequence axis, but its input has rank 3");
	front = rank - 3;
	for (uint32_t k = 0; k < rank; k++)
		perm[k] = k;
	for (uint32_t k = rank == 3; k < 4; k++)
		perm[k ? front + k - 1 : 0] = axis[k] ? front + axis[k] - 1 : 0;
	return lift_to(l, OP_transpose, ARGS(VAR("x", x), TENSOR("perm", lift_vec(l, perm, rank))));
}

/* The sequence, so many times. */
bool
lift_sequence_repeat(Lift *l)
{
	int64_t reps[5] = {MAX(lift_number(l, "nRepetitions"), 1), 1, 1, 1, 1};
	Var *x = lift_input(l, 0);

	return x && lift_rank(l, x, 5, 5) &&
	       lift_to(l, OP_tile, ARGS(VAR("x", x), TENSOR("reps", lift_vec(l, reps, 5))));
}

bool
lift_reverse(Lift *l)
{
	Var *x = lift_input(l, 0);
	size_t n = msg_count(l->params, "reverseDim"), naxis = 0;
	int64_t axes[TENSOR_MAX_RANK];

	if (!x)
		return false;
	if (n != x->type->rank)
		return lift_fail(l, "reverseDim has %zu flags for an input of rank %u", n,
		                 x->type->rank);
	for (size_t k = 0; k < n; k++)
		if (msg_int_at(l->params, "reverseDim", k))
			axes[naxis++] = (int64_t)k;
	if (naxis == 0)
		return lift_result(l, x);
	return lift_to(l, OP_reverse, ARGS(VAR("x", x), TENSOR("axes", lift_vec(l, axes, naxis))));
}

/* Zeros of the shape, plus x. */
bool
lift_broadcast(Lift *l)
{
	Var *x = lift_float_var(l, lift_input(l, 0)), *to = NULL, *zeros;

	if (!x)
		return false;
	if (lift_ninput(l) == 2 && !(to = lift_input(l, 1)))
		return false;
	if (!strcmp(l->kind, "broadcastToLike"))
		to = lift_shape_of(l, to);
	if (!to)
		to = lift_const(l, lift_ints(l, "targetShape"));
	zeros = lift_op(l, OP_fill, ARGS(VAR("shape", to), TENSOR("value", lift_one(l, 0))));
	return lift_result(l, lift_xy(l, OP_add, x, zeros));
}

/* Repetitions are for the last axes where there are fewer of them, and make new axes where there
 * are more. */
bool
lift_tile(Lift *l)
{
	bool given = lift_ninput(l) == 2;
	Var *x = lift_input(l, 0), *reps = given ? lift_input(l, 1) : NULL;
	int64_t ones[TENSOR_MAX_RANK], axes[TENSOR_MAX_RANK], n, rank;
	Operand part[2];

	if (!x || (given && !reps))
		return false;
	if (!given)
		reps = lift_const(l, lift_ints(l, "reps"));
	rank = x->type->rank;
	n = reps->type->count;
	if (n < 0 || n > TENSOR_MAX_RANK)
		return lift_fail(l, "the number of repetitions is %s, expected one for each axis",
		                 type_str(l->c->types, reps->type));
	for (int64_t k = 0; k < TENSOR_MAX_RANK; k++) {
		ones[k] = 1;
		axes[k] = k;
	}
	if (n > rank)
		x = lift_expanded(l, x, axes, (size_t)(n - rank));
	if (n < rank) {
		part[0] = (Operand)VAR(NULL, lift_const(l, lift_vec(l, ones, (size_t)(rank - n))));
		part[1] = (Operand)VAR(NULL, lift_as(l, reps, DT_INT32));
		reps = lift_joined(l, part, 2, 0);
	}
	return lift_to(l, OP_tile, ARGS(VAR("x", x), VAR("reps", reps)));
}

/* What lies below (or above) the k-th diagonal, as a band, or as what a band leaves. */
bool
lift_triangular(Lift *l)
{
	bool lower = !strcmp(l->kind, "lowerTriangular");
	Var *x = lift_float_var(l, lift_input(l, 0)), *band;
	int64_t k = MIN(MAX(lift_number(l, "k"), -INT32_MAX), INT32_MAX), to = lower ? k : -k;
	bool rest = to < 0;

	if (rest)
		to = -to - 1;
	band = lift_op(l, OP_band_part,
	               ARGS(VAR("x", x), OPINT(l, "lower", lower != rest ? -1 : to),
	                    OPINT(l, "upper", lower != rest ? to : -1)));
	if (rest)
		band = lift_xy(l, OP_sub, x, band);
	return lift_result(l, band);
}
