/* lower_control.c: branches, loops and lists.
 *
 * Blobs are variables: a network inside a branch or loop may write one that stands outside. So a
 * loop variable is one blob: what enters is copied into it, the body writes it again, and when the
 * loop ends it holds the result. A list is a blob too, with the items along axis 0; writing
 * beyond its end first makes it longer.
 */
#include "lower.h"

static void
copy_layer(Nn *n, Blob from, Blob to)
{
	nn_layer1(n, nn_temp(n, to, "_copy"), "copy", from, to);
}

/* Runs fn with layers going into net. */
static Msg *
enter(Nn *n, Msg *net)
{
	Msg *outer = n->net;

	n->net = net;
	n->depth++;
	n->deepest = MAX(n->deepest, n->depth);
	return outer;
}

static void
leave(Nn *n, Msg *outer)
{
	n->net = outer;
	n->depth--;
}

static bool
branch(Nn *n, Msg *net, const Block *b, const Inst *i)
{
	Msg *outer = enter(n, net);
	NnConst *loaded = n->loaded;
	bool ok = nn_block(n, b);

	for (uint32_t k = 0; ok && k < b->nout; k++)
		copy_layer(n, nn_name(n, b->out[k]->var), nn_name(n, i->out[k]));
	n->loaded = loaded;
	leave(n, outer);
	return ok;
}

bool
nn_cond(Nn *n, const Inst *i)
{
	Blob pred = nn_blob(n, inst_arg(i, "pred"));
	Msg *p = nn_layer(n, nn_name(n, i->out[0]), "branch", &pred, 1, NULL, 0);
	Msg *yes = msg_sub(n->arena, p, "ifBranch"), *no = msg_sub(n->arena, p, "elseBranch");

	return branch(n, yes, i->block[0], i) && branch(n, no, i->block[1], i);
}

static void
name_params(Nn *n, const Block *b, const Inst *i)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		map_put(n->names, KEY(b->param[k]),
		        (void *)(uintptr_t)nn_name(n, i->out[k]));
}

bool
nn_while(Nn *n, const Inst *i)
{
	const Arg *vars = &i->arg[op_param(i->op, "loop_vars")];
	const Block *cond = i->block[0], *body = i->block[1];
	Msg *p, *outer;
	bool ok;

	for (uint32_t k = 0; k < vars->n; k++)
		copy_layer(n, nn_blob(n, arg_at(vars, k)), nn_name(n, i->out[k]));
	name_params(n, cond, i);
	name_params(n, body, i);
	p = nn_layer(n, nn_temp(n, nn_name(n, i->out[0]), "_loop"), "loop", NULL, 0, NULL, 0);
	outer = enter(n, msg_sub(n->arena, p, "conditionNetwork"));
	ok = nn_block(n, cond);
	msg_string(n->arena, p, "conditionVar", nn_name(n, cond->out[0]->var));
	n->net = msg_sub(n->arena, p, "bodyNetwork");
	if (ok) {
		NnConst *loaded = n->loaded;
		ok = nn_block(n, body);
		/* A variable that another one's copy would overwrite before it is read goes
		 * through a blob of its own. */
		Blob *from = newn(n->arena, Blob, MAX(body->nout, 1));
		for (uint32_t k = 0; k < body->nout; k++) {
			Var *v = body->out[k]->var;
			from[k] = nn_blob(n, v);
			if (v->param_of == body && v->index < k) {
				Blob kept = nn_temp(n, from[k], "_kept");
				copy_layer(n, from[k], kept);
				from[k] = kept;
			}
		}
		for (uint32_t k = 0; k < body->nout; k++)
			if (body->out[k]->var != body->param[k])
				copy_layer(n, from[k], nn_name(n, body->param[k]));
		n->loaded = loaded;
	}
	leave(n, outer);
	return ok;
}

/* ---- lists ---- */

/* Elements of an item along each axis; what is symbolic starts as 1. */
bool
nn_make_list(Nn *n, const Inst *i)
{
	const Arg *elem = &i->arg[op_param(i->op, "elem_shape")];
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
	int64_t nelem = rank - 1;
	Blob item = nn_temp(n, out, "_item_shape"), shape = nn_temp(n, out, "_shape");
	nn_load(n, item, tensor_vector_i(n->arena, DT_INT32, dim + 1, nelem));
	nn_layer(n, shape, "concatND",
	         (Blob[]){nn_blob(n, inst_arg(i, "init_length")), item}, 2, &shape, 1);
	nn_layer1(n, out, "fillDynamic", shape, out);
	return true;
}

static Blob
slice_static(Nn *n, Blob in, Blob out, int64_t begin, int64_t end, bool to_end)
{
	Msg *p = nn_layer1(n, out, "sliceStatic", in, out);

	msg_int(n->arena, p, "beginIds", begin);
	msg_int(n->arena, p, "endIds", end);
	msg_int(n->arena, p, "strides", 1);
	msg_int(n->arena, p, "beginMasks", 0);
	msg_int(n->arena, p, "endMasks", to_end);
	return out;
}

/* The shape of one item, as a blob: from the value when it is known only at run time. */
static Blob
item_shape(Nn *n, Blob list, const Var *value, bool many, bool *dynamic)
{
	Blob out = nn_temp(n, list, "_item_shape"), whole;
	uint32_t skip = many;
	const Type *t = value->type;

	*dynamic = false;
	for (uint32_t k = 0; k < t->rank; k++)
		*dynamic = *dynamic || !dim_known(t->dim[k]);
	if (!*dynamic) {
		/* As the peer has it, the whole shape of the value, also when it is many items. */
		nn_load(n, out, tensor_vector_i(n->arena, DT_INT32, t->dim, t->rank));
		return out;
	}
	if (!skip) {
		nn_layer1(n, out, "getShape", nn_blob(n, value), out);
		return out;
	}
	whole = nn_temp(n, list, "_value_shape");
	nn_layer1(n, whole, "getShape", nn_blob(n, value), whole);
	return slice_static(n, whole, out, 1, -1, true);
}

/* Items of another shape than the list was made for: it starts again, as long as it was. */
static void
restart_list(Nn *n, Blob list, Blob shape, Blob length, Blob item)
{
	Blob old = nn_temp(n, list, "_old_item_shape"), differs = nn_temp(n, list, "_differs");
	Blob any = nn_temp(n, list, "_any_differs"), fresh_shape, fresh;
	Msg *p, *outer;

	slice_static(n, shape, old, 1, -1, true);
	nn_layer(n, differs, "notEqual", (Blob[]){old, item}, 2, &differs, 1);
	p = nn_layer1(n, any, "reduceSum", differs, any);
	msg_int(n->arena, p, "axes", 0);
	msg_int(n->arena, p, "reduceAll", 1);
	p = nn_layer(n, nn_temp(n, list, "_restart"), "branch", &any, 1, NULL, 0);
	outer = enter(n, msg_sub(n->arena, p, "ifBranch"));
	fresh_shape = nn_temp(n, list, "_fresh_shape");
	fresh = nn_temp(n, list, "_fresh");
	nn_layer(n, fresh_shape, "concatND", (Blob[]){length, item}, 2, &fresh_shape, 1);
	nn_layer1(n, fresh, "fillDynamic", fresh_shape, fresh);
	copy_layer(n, fresh, list);
	leave(n, outer);
	msg_sub(n->arena, p, "elseBranch");
}

/* Makes the list long enough for an index. */
static void
grow_list(Nn *n, Blob list, Blob index, const Var *value, bool many)
{
	Blob shape = nn_temp(n, list, "_list_shape"), length = nn_temp(n, list, "_length");
	Blob beyond, missing, more, more_shape, zeros, longer, item;
	bool dynamic;
	Msg *p, *outer;

	nn_layer1(n, shape, "getShape", list, shape);
	slice_static(n, shape, length, 0, 1, false);
	item = item_shape(n, list, value, many, &dynamic);
	if (dynamic)
		restart_list(n, list, shape, length, item);
	beyond = nn_temp(n, list, "_beyond");
	nn_layer(n, beyond, "greaterEqual", (Blob[]){index, length}, 2, &beyond, 1);
	p = nn_layer(n, nn_temp(n, list, "_grow"), "branch", &beyond, 1, NULL, 0);
	outer = enter(n, msg_sub(n->arena, p, "ifBranch"));
	missing = nn_temp(n, list, "_missing");
	more = nn_temp(n, list, "_more");
	more_shape = nn_temp(n, list, "_more_shape");
	zeros = nn_temp(n, list, "_zeros");
	longer = nn_temp(n, list, "_longer");
	nn_layer(n, missing, "subtractBroadcastable", (Blob[]){index, length}, 2, &missing, 1);
	msg_float(n->arena, nn_layer1(n, more, "add", missing, more), "alpha", 1);
	nn_layer(n, more_shape, "concatND", (Blob[]){more, item}, 2, &more_shape, 1);
	nn_layer1(n, zeros, "fillDynamic", more_shape, zeros);
	nn_layer(n, longer, "concatND", (Blob[]){list, zeros}, 2, &longer, 1);
	copy_layer(n, longer, list);
	leave(n, outer);
	msg_sub(n->arena, p, "elseBranch");
}

bool
nn_list_write(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), list = nn_blob(n, inst_arg(i, "ls"));
	Blob index = nn_blob(n, inst_arg(i, "index")), item;
	const Var *value = inst_arg(i, "value");

	grow_list(n, list, index, value, false);
	item = nn_temp(n, out, "_item");
	msg_int(n->arena, nn_layer1(n, item, "expandDims", nn_blob(n, value), item), "axes", 0);
	nn_layer(n, out, "scatter", (Blob[]){list, index, item}, 3, &out, 1);
	return true;
}

bool
nn_list_scatter(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), list = nn_blob(n, inst_arg(i, "ls"));
	Blob indices = nn_blob(n, inst_arg(i, "indices")), last = nn_temp(n, out, "_last");
	const Var *value = inst_arg(i, "value");

	msg_int(n->arena, nn_layer1(n, last, "reduceMax", indices, last), "axes", 0);
	grow_list(n, list, last, value, true);
	nn_layer(n, out, "scatter", (Blob[]){list, indices, nn_blob(n, value)}, 3, &out, 1);
	return true;
}

bool
nn_list_gather(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]);
	Blob in[2] = {nn_blob(n, inst_arg(i, "ls")), nn_blob(n, inst_arg(i, "indices"))};

	nn_layer(n, out, "gather", in, 2, &out, 1);
	return true;
}

bool
nn_list_read(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), item = nn_temp(n, out, "_items");
	Blob in[2] = {nn_blob(n, inst_arg(i, "ls")), nn_blob(n, inst_arg(i, "index"))};

	nn_layer(n, item, "gather", in, 2, &item, 1);
	msg_int(n->arena, nn_layer1(n, out, "squeeze", item, out), "axes", 0);
	return true;
}

bool
nn_list_length(Nn *n, const Inst *i)
{
	Blob out = nn_name(n, i->out[0]), shape = nn_temp(n, out, "_list_shape");

	nn_layer1(n, shape, "getShape", nn_blob(n, inst_arg(i, "ls")), shape);
	slice_static(n, shape, out, 0, 1, false);
	return true;
}
