/* slices.c: add_ methods of layers that take things apart and choose among them; of branches,
 * loops and custom layers.
 */
#include "builder.h"

#include "script/core.h"

/* ---- slices ---- */

bool
add_slice(Adding *a)
{
	static const char *const axes[] = {"CHANNEL", "HEIGHT", "WIDTH"};
	int64_t start = msg_get_int(a->params, "startIndex"), stride;
	const char *word;

	if (start < 0)
		return add_fail(a, "start_index", "start_index must not be negative, found %lld",
		                (long long)start);
	if (!add_int(a, "stride", &stride))
		return false;
	if (stride < 1)
		return add_fail(a, "stride", "stride must be positive, found %lld",
		                (long long)stride);
	if (!add_word(a, "axis", true, &word))
		return false;
	for (int k = 0; k < 3; k++)
		if (!strcmp(axes[k], word)) {
			msg_int(a->params, "axis", k);
			return true;
		}
	return add_no_word(a, "axis", "channel, height, width");
}

bool
add_slice_by_size(Adding *a)
{
	int64_t size = msg_get_int(a->params, "size");

	return size >= 1 ||
	       add_fail(a, "size", "size must be positive, found %lld", (long long)size);
}

/* An axis that the result lacks needs a newer specification; without one the field stays empty. */
static bool
squeeze_masks(Adding *a)
{
	Value list;
	bool there, one = false;

	if (!add_true(a, "squeeze_masks", &there))
		return false;
	if (!there)
		return true;
	if (!add_list(a, "squeeze_masks", &list))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n && !one; i++)
		if (!value_truth(a->in, SEQ_OF(list)->at[i], &one, add_span(a, "squeeze_masks")))
			return false;
	if (!one)
		return true;
	builder_version(a->b, 5);
	return add_value(a, a->params, "squeezeMasks", list, "squeeze_masks");
}

bool
add_slice_static(Adding *a)
{
	static const char *const params[] = {"end_ids", "strides", "begin_masks", "end_masks",
	                                     "squeeze_masks"};
	int64_t rank, n;

	if (!value_len(a->in, add_arg(a, "begin_ids"), &rank, add_span(a, "begin_ids")))
		return false;
	for (size_t k = 0; k < countof(params); k++) {
		if (!add_given(a, params[k]))
			continue;
		if (!value_len(a->in, add_arg(a, params[k]), &n, add_span(a, params[k])))
			return false;
		if (n != rank)
			return add_fail(a, params[k],
			                "%s must have as many items as begin_ids, %lld; found %lld",
			                params[k], (long long)rank, (long long)n);
	}
	return squeeze_masks(a);
}

bool
add_slice_dynamic(Adding *a)
{
	static const struct {
		const char *param, *field;
		int absent;
	} list[] = {{"end_ids", "endIds", 1},
	            {"strides", "strides", 1},
	            {"begin_masks", "beginMasks", 0},
	            {"end_masks", "endMasks", 0}};
	bool there;

	for (size_t k = 0; k < countof(list); k++) {
		if (!add_true(a, list[k].param, &there))
			return false;
		if (there && !add_field(a, a->params, list[k].field, list[k].param))
			return false;
		for (int i = 0; !there && i < 5; i++)
			msg_int(a->params, list[k].field, list[k].absent);
	}
	return squeeze_masks(a);
}

/* ---- splitting ---- */

bool
add_split(Adding *a)
{
	msg_int(a->params, "nOutputs", (int64_t)msg_count(a->layer, "output"));
	return true;
}

bool
add_split_nd(Adding *a)
{
	size_t n = msg_count(a->layer, "output");
	int64_t want;
	bool sizes;

	if (!add_true(a, "split_sizes", &sizes))
		return false;
	if (sizes) {
		if (!add_field(a, a->params, "splitSizes", "split_sizes"))
			return false;
		msg_int(a->params, "numSplits", (int64_t)msg_count(a->params, "splitSizes"));
	} else if (!add_field(a, a->params, "numSplits", "num_splits")) {
		return false;
	}
	want = msg_get_int(a->params, "numSplits");
	return (int64_t)n == want ||
	       add_fail(a, "output_names", "%zu outputs for %lld parts", n, (long long)want);
}

/* ---- choosing ---- */

bool
add_gather(Adding *a)
{
	if (SEQ_OF(a->inputs)->n < 2)
		return add_two_inputs(a);
	return add_set_rank(a, msg_string_at(a->layer, "output", 0),
	                    add_rank(a, 0) - 1 + add_rank(a, 1));
}

bool
add_nms(Adding *a)
{
	static const int rank[] = {3, 3, 2, 1};
	size_t n = msg_count(a->layer, "output");

	if (n < countof(rank))
		return add_fail(a, "output_names",
		                "add_nms() has four outputs, boxes, scores, indices and their "
		                "number; found %zu",
		                n);
	for (size_t i = 0; i < countof(rank); i++)
		if (!add_set_rank(a, msg_string_at(a->layer, "output", i), rank[i]))
			return false;
	return true;
}

bool
add_range_dynamic(Adding *a)
{
	uint32_t n = SEQ_OF(a->inputs)->n;

	return (n >= 1 && n <= 3) ||
	       add_fail(a, "input_names", "a dynamic range has 1, 2 or 3 inputs, found %u", n);
}

/* ---- networks inside ---- */

/* An empty network for a builder to fill: the argument itself cannot be put there. */
static bool
inner(Adding *a, const char *field, const char *param)
{
	bool yes;

	if (!add_true(a, param, &yes))
		return false;
	if (yes)
		return add_fail(a, param,
		                "a network cannot be put into a layer: leave %s out and fill what "
		                "add_%s() gives, as NeuralNetworkBuilder(nn_spec=layer.%s.%s)",
		                param, a->row->layer, a->row->layer, field);
	msg_present(msg_lazy(a->params, field));
	return true;
}

bool
add_branch(Adding *a)
{
	return inner(a, "ifBranch", "if_branch") && inner(a, "elseBranch", "else_branch");
}

bool
add_loop(Adding *a)
{
	Buf b = {0};

	if (!inner(a, "conditionNetwork", "condition_network"))
		return false;
	if (add_given(a, "condition")) {
		value_str(a->in, add_arg(a, "condition"), &b);
		msg_string(a->params, "conditionVar", arena_strdup(interp_arena(a->in), b.at));
		buf_free(&b);
	}
	return (!add_given(a, "max_iterations") ||
	        add_field(a, a->params, "maxLoopIterations", "max_iterations")) &&
	       inner(a, "bodyNetwork", "body_network");
}

/* ---- custom layers ---- */

bool
add_custom(Adding *a)
{
	Value v = add_arg(a, "custom_proto_spec");
	bool yes;

	if (!value_truth(a->in, v, &yes, add_span(a, "custom_proto_spec")))
		return false;
	if (!yes)
		return true;
	if (!is_message(v) || message_of(v)->descriptor != a->params->descriptor)
		return add_fail(a, "custom_proto_spec",
		                "custom_proto_spec must be a CustomLayerParams message, found '%s'",
		                type_name(v));
	return message_took(a->in, msg_assign(a->params, message_of(v)),
	                    add_span(a, "custom_proto_spec"));
}
