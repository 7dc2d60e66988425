/* layer_shape.c: what layers that move elements alone must hold: that their axes, lengths and ranks
 * agree.
 */
#include "layer.h"

/* ---- ranks ---- */

void
check_concat(const LayerCheck *l)
{
	check_ranks(l, msg_get_int(l->params, "sequenceConcat") ? 5 : 3, MANY);
}

void
check_arg(const LayerCheck *l)
{
	if (!msg_get_int(l->params, "removeDim"))
		check_same_rank(l);
}

void
check_range(const LayerCheck *l)
{
	int64_t rank = tensor_rank(l, "outputTensor", 0);

	if (rank >= 0 && rank != 1)
		diag_error(l->k->diag, l->at, "%s has an output of rank %lld, expected 1",
		           l->rule->type, (long long)rank);
}

/* The first systems' layers name their axes, which the input must have. */
static void
check_axis_named(const LayerCheck *l, unsigned least)
{
	int64_t rank = tensor_rank(l, "inputTensor", 0);

	if (rank < 0)
		return;
	check_same_rank(l);
	if (rank < least)
		diag_error(l->k->diag, l->at,
		           "%s has an input of rank %lld, expected %u or more for its axis",
		           l->rule->type, (long long)rank, least);
}

void
check_reduce(const LayerCheck *l)
{
	static const unsigned least[] = {3, 2, 1, 1, 1}; /* CHW, HW, C, H, W */
	int64_t axis = msg_get_int(l->params, "axis");

	check_axis_named(l, axis >= 0 && axis < (int64_t)countof(least) ? least[axis] : 0);
}

void
check_slice(const LayerCheck *l)
{
	static const unsigned least[] = {3, 2, 1}; /* channel, height, width */
	int64_t axis = msg_get_int(l->params, "axis");
	long long start = msg_get_int(l->params, "startIndex");
	long long end = msg_get_int(l->params, "endIndex");
	bool known = axis >= 0 && axis < (int64_t)countof(least);

	check_axis_named(l, known ? least[axis] : 0);
	if (!known && msg_count(l->m, "inputTensor"))
		diag_error(l->k->diag, l->at,
		           "'slice.axis' is %lld, expected CHANNEL_AXIS, HEIGHT_AXIS or WIDTH_AXIS",
		           (long long)axis);
	if ((end > 0 && end < start) || (end < 0 && start < 0 && start > end))
		diag_error(l->k->diag, l->at,
		           "'slice.endIndex' is %lld, which lies before 'slice.startIndex', %lld",
		           end, start);
}

/* ---- axes that come and go ---- */

/* All axes differ; `rank`, where it is known, has them. */
static void
check_unique(const LayerCheck *l, int64_t rank)
{
	const char *type = l->rule->type;
	Map seen;

	map_init(&seen, l->k->arena);
	for (size_t i = 0; i < msg_count(l->params, "axes"); i++) {
		int64_t axis = msg_int_at(l->params, "axes", i);
		int64_t from_front = rank >= 0 && axis < 0 ? axis + rank : axis;
		if (rank >= 0 && (axis < -rank || axis >= rank))
			diag_error(l->k->diag, l->at, "'%s.axes' has %lld, expected %lld to %lld",
			           type, (long long)axis, (long long)-rank, (long long)rank - 1);
		if (map_get(&seen, (uint64_t)from_front))
			diag_error(l->k->diag, l->at,
			           "'%s.axes' has %lld, which stands there already", type,
			           (long long)axis);
		map_put(&seen, (uint64_t)from_front, &seen);
	}
}

static void
check_sum(const LayerCheck *l, int64_t less, int64_t more, const char *want)
{
	size_t n = msg_count(l->params, "axes");

	if (less + (int64_t)n != more)
		diag_error(
		    l->k->diag, l->at,
		    "%s has an input of rank %lld, an output of rank %lld and 'axes' of length "
		    "%zu: %s",
		    l->rule->type, (long long)tensor_rank(l, "inputTensor", 0),
		    (long long)tensor_rank(l, "outputTensor", 0), n, want);
}

void
check_expand_dims(const LayerCheck *l)
{
	int64_t in = tensor_rank(l, "inputTensor", 0), out = tensor_rank(l, "outputTensor", 0);

	check_unique(l, in < 0 ? -1 : out);
	if (in >= 0 && out >= 0)
		check_sum(l, in, out, "expected an axis for each dimension that comes");
}

/* Of a vector one axis may go, though its rank stays. */
void
check_squeeze(const LayerCheck *l)
{
	int64_t in = tensor_rank(l, "inputTensor", 0), out = tensor_rank(l, "outputTensor", 0);

	if (msg_get_int(l->params, "squeezeAll"))
		return;
	if (!msg_count(l->params, "axes"))
		diag_error(l->k->diag, l->at,
		           "'squeeze.axes' is empty, expected axes or 'squeezeAll'");
	check_unique(l, out < 0 ? -1 : in);
	if (in >= 0 && out >= 0 && in != 1)
		check_sum(l, out, in, "expected an axis for each dimension that goes");
}

/* ---- lengths ---- */

static void
check_length_is_rank(const LayerCheck *l, const char *field, int64_t rank)
{
	size_t n = msg_count(l->params, field);

	if ((int64_t)n != rank)
		diag_error(l->k->diag, l->at,
		           "'%s.%s' has length %zu, expected %lld, the rank of the input",
		           l->rule->type, field, n, (long long)rank);
}

void
check_reverse(const LayerCheck *l)
{
	if (tensor_rank(l, "inputTensor", 0) >= 0)
		check_length_is_rank(l, "reverseDim", tensor_rank(l, "inputTensor", 0));
}

void
check_rank_preserving(const LayerCheck *l)
{
	int64_t in = tensor_rank(l, "inputTensor", 0), out = tensor_rank(l, "outputTensor", 0);

	if (in < 0 || out < 0) {
		diag_error(l->k->diag, l->at,
		           "rankPreservingReshape has no ranks, expected inputTensor and "
		           "outputTensor");
		return;
	}
	if (in != out)
		diag_error(l->k->diag, l->at,
		           "rankPreservingReshape has an input of rank %lld and an output of rank "
		           "%lld, expected equal ranks",
		           (long long)in, (long long)out);
	check_length_is_rank(l, "targetShape", in);
}

void
check_constant_nd(const LayerCheck *l)
{
	size_t n = msg_count(l->params, "shape");

	if (n < 1 || n > 5)
		diag_error(l->k->diag, l->at,
		           "'loadConstantND.shape' has length %zu, expected 1 to 5", n);
}

void
check_split_nd(const LayerCheck *l)
{
	size_t n = msg_count(l->params, "splitSizes");

	if (!n)
		n = field_size(l->params, "numSplits", 0);
	if (!n)
		diag_error(l->k->diag, l->at, "splitND has neither 'splitSizes' nor 'numSplits'");
	else if (n != l->nout)
		diag_error(l->k->diag, l->at, "splitND has %zu outputs, but splits into %zu",
		           l->nout, n);
}

void
check_stack(const LayerCheck *l)
{
	int64_t a = tensor_rank(l, "inputTensor", 0), b = tensor_rank(l, "inputTensor", 1);

	if (a >= 0 && b >= 0 && a != b)
		diag_error(l->k->diag, l->at,
		           "stack has inputs of rank %lld and %lld, expected equal ranks",
		           (long long)a, (long long)b);
}

void
check_constant_pad(const LayerCheck *l)
{
	size_t n = msg_count(l->params, "padAmounts");

	if (l->nin != 1)
		return;
	if (!n || n % 2)
		diag_error(
		    l->k->diag, l->at,
		    "'constantPad.padAmounts' has length %zu, expected two for each dimension", n);
	if (!msg_get_int(l->params, "padToGivenOutputSizeMode"))
		return;
	for (size_t i = 0; i + 1 < n; i += 2)
		if (msg_int_at(l->params, "padAmounts", i) &&
		    msg_int_at(l->params, "padAmounts", i + 1))
			diag_error(
			    l->k->diag, l->at,
			    "'constantPad.padAmounts' has two sizes for dimension %zu, expected "
			    "one to be 0 with 'padToGivenOutputSizeMode'",
			    i / 2);
}

/* ---- others ---- */

void
check_nothing(const LayerCheck *l)
{
	(void)l;
}

void
check_scatter(const LayerCheck *l)
{
	int64_t into = tensor_rank(l, "inputTensor", 0), at = tensor_rank(l, "inputTensor", 1);
	int64_t from = tensor_rank(l, "inputTensor", 2), out = tensor_rank(l, "outputTensor", 0);

	if (into < 0 || from < 0)
		return;
	if (into != from || at != 1)
		diag_error(
		    l->k->diag, l->at,
		    "scatter has inputs of rank %lld, %lld and %lld, expected indices of rank "
		    "1 and others of one rank",
		    (long long)into, (long long)at, (long long)from);
	if (out >= 0 && out != into)
		diag_error(
		    l->k->diag, l->at,
		    "scatter has an output of rank %lld, expected %lld as its first input has",
		    (long long)out, (long long)into);
}

void
check_copy(const LayerCheck *l)
{
	if (!strcmp(msg_string_at(l->m, "input", 0), msg_string_at(l->m, "output", 0)))
		diag_error(l->k->diag, l->at, "copy has '%s' as its input and its output",
		           msg_string_at(l->m, "input", 0));
}

/* What branches and loops look at. */
void
check_one_number(const LayerCheck *l)
{
	const Msg *t = msg_at(l->m, "inputTensor", 0);

	for (size_t i = 0; i < msg_count(t, "dimValue"); i++)
		if (msg_int_at(t, "dimValue", i) > 1)
			diag_error(l->k->diag, l->at,
			           "%s has an input with a dimension of %lld, expected one number",
			           l->rule->type, (long long)msg_int_at(t, "dimValue", i));
}
