/* list.c: lists. A list is a blob with the items along axis 0; writing beyond its end first makes
 * it longer. */
#include "lift.h"
#include "lower.h"

/* Elements of an item along each axis; what is symbolic starts as 1. */
bool
nn_make_list(Nn *n, const Inst *i)
{
	const Arg *elem = inst_args(i, "elem_shape");
	const Tensor *length = inst_val(i, "init_length");
	int64_t dim[TENSOR_MAX_RANK];
	Blob out = nn_name(n, i->out[0]);
	uint32_t rank = 1;

	for (uint32_t k = 0; k < elem->n && rank < TENSOR_MAX_RANK; k++) {
		const Tensor *d = arg_at(elem, k)->val;
		dim[rank++] = d && d->dtype != DT_STRING ? tensor_i(d, 0) : 1;
	}
	dim[0] = length ? MAX(tensor_i(length, 0), 1) : 1;
	if (length) {
		nn_load(n, out, tensor_new(n->arena, DT_FP32, dim, (int)rank));
		return true;
	}
	if (rank == 1)
		return nn_fail(n, i,
		               "a list of scalars whose length is known only at run time cannot be "
		               "written as a NeuralNetwork");
	Blob item = nn_loaded(n, out, "_item_shape",
	                      tensor_vector_i(n->arena, DT_INT32, dim + 1, (int64_t)rank - 1));
	Blob shape = nn_two(n, "concatND", nn_blob(n, inst_arg(i, "init_length")), item,
	                    nn_temp(n, out, "_shape"));
	nn_layer1(n, out, "fillDynamic", shape, out);
	return true;
}

static Blob
slice_static(Nn *n, Blob in, Blob out, int64_t begin, int64_t end, bool to_end)
{
	Msg *p = nn_layer1(n, out, "sliceStatic", in, out);

	msg_int(p, "beginIds", begin);
	msg_int(p, "endIds", end);
	msg_int(p, "strides", 1);
	msg_int(p, "beginMasks", 0);
	msg_int(p, "endMasks", to_end);
	return out;
}

/* The shape of one item, as a blob: from the value when it is known only at run time. */
static Blob
item_shape(Nn *n, Blob list, const Var *value, bool many, bool *dynamic)
{
	const Type *t = value->type;
	Blob whole;

	*dynamic = !type_all_known(t);
	if (!*dynamic) /* as the peer has it, the whole shape also when the value is many items */
		return nn_loaded(n, list, "_item_shape",
		                 tensor_vector_i(n->arena, DT_INT32, t->dim, t->rank));
	if (!many)
		return nn_made(n, "getShape", nn_blob(n, value), list, "_item_shape");
	whole = nn_made(n, "getShape", nn_blob(n, value), list, "_value_shape");
	return slice_static(n, whole, nn_temp(n, list, "_item_shape"), 1, -1, true);
}

/* Items of another shape than the list was made for: it starts again, as long as it was. */
static void
restart_list(Nn *n, Blob list, Blob shape, Blob length, Blob item)
{
	Blob old = slice_static(n, shape, nn_temp(n, list, "_old_item_shape"), 1, -1, true);
	Blob differs = nn_two(n, "notEqual", old, item, nn_temp(n, list, "_differs"));
	Blob any = nn_temp(n, list, "_any_differs"), fresh;
	Msg *p = nn_layer1(n, any, "reduceSum", differs, any), *outer;

	msg_int(p, "axes", 0);
	msg_int(p, "reduceAll", 1);
	p = nn_layer(n, nn_temp(n, list, "_restart"), "branch", &any, 1, NULL, 0);
	outer = nn_enter(n, msg_sub(p, "ifBranch"));
	fresh = nn_two(n, "concatND", length, item, nn_temp(n, list, "_fresh_shape"));
	nn_copy(n, nn_made(n, "fillDynamic", fresh, list, "_fresh"), list);
	nn_leave(n, outer);
	msg_sub(p, "elseBranch");
}

/* Makes the list long enough for an index. */
static void
grow_list(Nn *n, Blob list, Blob index, const Var *value, bool many)
{
	Blob shape = nn_made(n, "getShape", list, list, "_list_shape");
	Blob length = slice_static(n, shape, nn_temp(n, list, "_length"), 0, 1, false);
	bool dynamic;
	Blob item = item_shape(n, list, value, many, &dynamic), beyond, missing, more, zeros;
	Msg *p, *outer;

	if (dynamic)
		restart_list(n, list, shape, length, item);
	beyond = nn_two(n, "greaterEqual", index, length, nn_temp(n, list, "_beyond"));
	p = nn_layer(n, nn_temp(n, list, "_grow"), "branch", &beyond, 1, NULL, 0);
	outer = nn_enter(n, msg_sub(p, "ifBranch"));
	missing = nn_two(n, "subtractBroadcastable", index, length, nn_temp(n, list, "_missing"));
	more = nn_temp(n, list, "_more");
	msg_float(nn_layer1(n, more, "add", missing, more), "alpha", 1);
	more = nn_two(n, "concatND", more, item, nn_temp(n, list, "_more_shape"));
	zeros = nn_made(n, "fillDynamic", more, list, "_zeros");
	nn_copy(n, nn_two(n, "concatND", list, zeros, nn_temp(n, list, "_longer")), list);
	nn_leave(n, outer);
	msg_sub(p, "elseBranch");
}

bool
nn_list_write(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), list = nn_blob(n, inst_arg(i, "ls"));
	Blob index = nn_blob(n, inst_arg(i, "index")), item;
	const Var *value = inst_arg(i, "value");

	grow_list(n, list, index, value, false);
	item = nn_temp(n, out, "_item");
	msg_int(nn_layer1(n, item, "expandDims", nn_blob(n, value), item), "axes", 0);
	nn_layer(n, out, "scatter", (Blob[]){list, index, item}, 3, &out, 1);
	return true;
}

bool
nn_list_scatter(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), list = nn_blob(n, inst_arg(i, "ls"));
	Blob indices = nn_blob(n, inst_arg(i, "indices")), last = nn_temp(n, out, "_last");
	const Var *value = inst_arg(i, "value");

	msg_int(nn_layer1(n, last, "reduceMax", indices, last), "axes", 0);
	grow_list(n, list, last, value, true);
	nn_layer(n, out, "scatter", (Blob[]){list, indices, nn_blob(n, value)}, 3, &out, 1);
	return true;
}

bool
nn_list_read(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), item = nn_temp(n, out, "_items");
	Blob in[2] = {nn_blob(n, inst_arg(i, "ls")), nn_blob(n, inst_arg(i, "index"))};

	nn_layer(n, item, "gather", in, 2, &item, 1);
	msg_int(nn_layer1(n, out, "squeeze", item, out), "axes", 0);
	return true;
}

bool
nn_list_length(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), list = nn_blob(n, inst_arg(i, "ls"));

	slice_static(n, nn_made(n, "getShape", list, out, "_list_shape"), out, 0, 1, false);
	return true;
}
