/* shapes.c: add_ methods of layers about shapes, axes and order. */
#include "builder.h"

#include "script/core.h"

bool
add_two_inputs(Adding *a)
{
	return SEQ_OF(a->inputs)->n == 2 ||
	       add_fail(a, "input_names", "%s() takes two inputs, found %u", a->args->fn->name,
	                SEQ_OF(a->inputs)->n);
}

/* ---- reductions ---- */

bool
add_arg_rank(Adding *a)
{
	int64_t rank = add_rank(a, 0);
	bool keep;

	if (!add_true(a, "keepdims", &keep))
		return false;
	return add_set_rank(a, msg_string_at(a->layer, "output", 0),
	                    rank == 1 || keep ? rank : rank - 1);
}

bool
add_reduction(Adding *a)
{
	int64_t rank = add_rank(a, 0), n = 0;
	bool all, keep;

	if (!add_true(a, "keepdims", &keep))
		return false;
	if (add_given(a, "axes") && !value_len(a->in, add_arg(a, "axes"), &n, add_span(a, "axes")))
		return false;
	if (n && !add_ints(a, a->params, "axes", "axes"))
		return false;
	if (!n)
		msg_int(a->params, "reduceAll", 1);
	else if (!add_field(a, a->params, "reduceAll", "reduce_all"))
		return false;
	all = msg_get_int(a->params, "reduceAll") != 0;
	if (!keep)
		rank = all || rank == 1 || rank == n ? 1 : rank - n;
	return add_set_rank(a, msg_string_at(a->layer, "output", 0), rank);
}

/* ---- constants ---- */

bool
add_load_constant(Adding *a)
{
	uint64_t n = add_count(a, "shape");
	size_t rank = msg_count(a->params, "shape"),
	       have = msg_count(msg_get(a->params, "data"), "floatValue");

	if (n != have)
		return add_fail(a, "constant_value",
		                "constant_value has %zu numbers, but shape says %llu", have,
		                (unsigned long long)n);
	return rank == 3 || a->b->any_rank || !strcmp(a->row->layer, "loadConstantND") ||
	       add_fail(a, "shape",
	                "shape must have 3 dimensions, found %zu: without "
	                "disable_rank5_shape_mapping a constant is channels, height, width",
	                rank);
}

/* ---- reshaping ---- */

/* Order of a flatten or a reshape: 0 is channels first, 1 channels last. */
bool
add_flatten(Adding *a)
{
	int64_t mode;

	if (!add_int(a, "mode", &mode))
		return false;
	if (mode != 0 && mode != 1)
		return add_fail(a, "mode",
		                "mode must be 0, channels first, or 1, channels last; found %lld",
		                (long long)mode);
	msg_int(a->params, "mode", mode);
	return true;
}

bool
add_reshape(Adding *a)
{
	size_t n = msg_count(a->params, "targetShape");
	Value mode = add_arg(a, "mode"), zero = vint(0);
	bool first;

	if (!value_compare(a->in, CMP_EQ, mode, zero, &mode, add_span(a, "mode")) ||
	    !value_truth(a->in, mode, &first, add_span(a, "mode")))
		return false;
	msg_int(a->params, "mode", !first);
	return n == 3 || n == 4 ||
	       add_fail(a, "target_shape", "target_shape must have 3 or 4 dimensions, found %zu",
	                n);
}

bool
add_rank_preserving_reshape(Adding *a)
{
	size_t n = msg_count(a->params, "targetShape");
	static const char *const tensors[] = {"inputTensor", "outputTensor"};

	for (int k = 0; k < 2; k++) {
		Msg *m = msg_sub(a->layer, tensors[k]);
		msg_int(m, "rank", (int64_t)n);
		for (size_t i = 0; i < n; i++)
			msg_int(m, "dimValue", msg_int_at(a->params, "targetShape", i));
	}
	return true;
}

bool
add_reorganize(Adding *a)
{
	int64_t size = msg_get_int(a->params, "blockSize");

	if (size < 2)
		return add_fail(a, "block_size", "block_size must be 2 or more, found %lld",
		                (long long)size);
	if (msg_get_int(a->params, "mode") ==
	    layer_enum(a->params->descriptor, "mode", "PIXEL_SHUFFLE"))
		builder_version(a->b, 5);
	return true;
}

bool
add_permute(Adding *a)
{
	size_t n = msg_count(a->params, "axis");

	return n == 4 || add_fail(a, "dim", "dim must have 4 axes, found %zu", n);
}

bool
add_transpose(Adding *a)
{
	Value list;

	if (!add_list(a, "axes", &list))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++) {
		Value axis = SEQ_OF(list)->at[i];
		Big n;
		if (is_index(a->in, axis, &n) && n < 0)
			SEQ_OF(list)->at[i] = vbig(a->in, n + SEQ_OF(list)->n);
	}
	return add_value(a, a->params, "axes", list, "axes");
}

bool
add_squeeze(Adding *a)
{
	int64_t rank = add_rank(a, 0), n;
	bool all;

	if (!add_true(a, "squeeze_all", &all))
		return false;
	if (add_given(a, "axes") && !add_field(a, a->params, "axes", "axes"))
		return false;
	n = (int64_t)msg_count(a->params, "axes");
	if (all || !add_given(a, "axes"))
		rank = -1;
	else
		rank = rank == n ? 1 : rank - n;
	return add_set_rank(a, msg_string_at(a->layer, "output", 0), rank);
}

/* ---- turning around, repeating ---- */

bool
add_reverse(Adding *a)
{
	bool yes;

	if (!add_true(a, "reverse_dim", &yes))
		return false;
	if (yes)
		return add_bools(a, a->params, "reverseDim", "reverse_dim");
	msg_int(a->params, "reverseDim", 1);
	return true;
}

bool
add_tile(Adding *a)
{
	if (SEQ_OF(a->inputs)->n == 2) { /* the second one says how often */
		builder_version(a->b, 5);
		return true;
	}
	if (!add_field(a, a->params, "reps", "reps"))
		return false;
	for (size_t i = 0; i < msg_count(a->params, "reps"); i++)
		if (!msg_int_at(a->params, "reps", i))
			return add_fail(a, "reps", "reps must be positive, found 0");
	return true;
}
