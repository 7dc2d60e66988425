/* join.c: tensors that become one, side by side. Images in blocks do, too: a part's planes are
 * whole planes of the result where the channels before it fill blocks; else its channels lie in
 * other lanes there, and each of its blocks in two of the result's. */
#include "box.h"

/* All of the dense tensor `x` into the result `y`, in which it has the shape `dim` and begins `at`
 * along the axis, with `step` between two. */
static void
put(const KernelCall *c, const Tensor *x, const int64_t *dim, const Tensor *y, int axis, int64_t at,
    int64_t step)
{
	ElemBox b = box_between(dtype_size(y->dtype), dim, y->rank, y->dim, dim);

	b.in = x->data;
	b.out = (char *)y->data + at * b.to[axis];
	b.to[axis] *= step;
	box_move(c, &b);
}

/* Values of one type and rank, whose shapes differ along the axis only; -1: anywhere is too much.
 */
static bool
values_fit(const EvalArg *a, int axis)
{
	const Tensor *first = a->n ? a->v[0].t : NULL;

	if (!is_movable(first))
		return false;
	for (uint32_t i = 1; i < a->n; i++) {
		const Tensor *t = a->v[i].t;
		if (!t || t->dtype != first->dtype || t->rank != first->rank)
			return false;
		for (int k = 0; k < t->rank; k++)
			if (k != axis && t->dim[k] != first->dim[k])
				return false;
	}
	return true;
}

static bool
plan_concat(const Eval *e, const bool *known, KernelPlan *plan)
{
	const EvalArg *a = eval_operand(e, ARG_values);
	const Tensor *first = a->n ? a->v[0].t : NULL;
	int axis = first ? known_axis(e, known, ARG_axis, first->rank, 0) : -1;
	int64_t dim[TENSOR_MAX_RANK];
	BlockShape shape;
	bool interleave;

	if (axis < 0 || !is_known(e, known, ARG_interleave))
		return false;
	interleave = eval_bool(e, ARG_interleave, false);
	if (!values_fit(a, interleave ? -1 : axis))
		return false;
	memcpy(dim, first->dim, sizeof *dim * (size_t)first->rank);
	for (uint32_t i = 1; i < a->n; i++)
		if (__builtin_add_overflow(dim[axis], a->v[i].t->dim[axis], &dim[axis]))
			return false;
	return plan_moved(plan, 0, first, dim, first->rank) && plan->x_blocks == plan->blocks &&
	       (!plan->blocks || (!interleave && axis == 1 && first->rank == 4 &&
	                          blocks_shape(dim, plan->blocks, &shape)));
}

/* A part in blocks, before which the result has `at` channels. What a part's last block has besides
 * channels is overwritten by the next part's. */
static void
put_lanes(const KernelCall *c, const Tensor *x, const BlockShape *y, int64_t at)
{
	int64_t size = (int64_t)dtype_size(x->dtype), first = at / BLOCK_WIDTH;
	int64_t shift = at % BLOCK_WIDTH, plane = y->plane * size;
	char *to = (char *)c->e->out[0].t->data + first * plane;
	ElemBox b = {.size = (size_t)size, .n = 4, .in = x->data, .out = to + shift * size};
	int64_t dim[] = {y->images, blocks_of(x->dim[1]), y->plane / BLOCK_WIDTH,
	                 BLOCK_WIDTH - shift};

	for (int i = 0; i < 4; i++)
		b.dim[i] = dim[i];
	b.to[0] = y->blocks * plane;
	b.from[0] = dim[1] * plane;
	b.to[1] = b.from[1] = plane;
	b.to[2] = b.from[2] = BLOCK_WIDTH * size;
	b.to[3] = b.from[3] = size;
	box_move(c, &b);
	/* The last lanes of each block, if there is a next block. */
	b.dim[1] = MIN(dim[1], y->blocks - first - 1);
	b.dim[3] = shift;
	b.in += (BLOCK_WIDTH - shift) * size;
	b.out = to + plane;
	box_move(c, &b);
}

static void
run_concat(const KernelCall *c)
{
	const EvalArg *a = eval_operand(c->e, ARG_values);
	const Tensor *y = c->e->out[0].t;
	int64_t axis = eval_int(c->e, ARG_axis, 0), at = 0;
	bool interleave = eval_bool(c->e, ARG_interleave, false);
	BlockShape shape;

	axis = axis < 0 ? axis + y->rank : axis;
	if (c->plan->blocks)
		blocks_shape(y->dim, c->plan->blocks, &shape);
	for (uint32_t i = 0; i < a->n; i++) {
		const Tensor *t = a->v[i].t;
		if (c->plan->blocks)
			put_lanes(c, t, &shape, at);
		else
			put(c, t, t->dim, y, (int)axis, interleave ? i : at, interleave ? a->n : 1);
		at += t->dim[axis];
	}
}

static BlocksUse
concat_blocks(const Eval *e, const bool *known, Blocks *need)
{
	(void)need;
	return known_axis(e, known, ARG_axis, 4, 0) == 1 && is_known(e, known, ARG_interleave) &&
	               !eval_bool(e, ARG_interleave, false)
	           ? BLOCKS_ALIKE
	           : BLOCKS_NONE;
}

const Kernel FAST(kernel_concat) = {
    .plan = plan_concat, .run = run_concat, .blocks = concat_blocks};

static bool
plan_stack(const Eval *e, const bool *known, KernelPlan *plan)
{
	const EvalArg *a = eval_operand(e, ARG_values);
	const Tensor *first = a->n ? a->v[0].t : NULL;
	int axis = first ? known_axis(e, known, ARG_axis, first->rank + 1, 0) : -1;
	int64_t dim[TENSOR_MAX_RANK];

	if (axis < 0 || !values_fit(a, -1) || first->rank == TENSOR_MAX_RANK)
		return false;
	for (int i = 0, k = 0; i <= first->rank; i++)
		dim[i] = i == axis ? (int64_t)a->n : first->dim[k++];
	return plan_moved(plan, 0, first, dim, first->rank + 1);
}

static void
run_stack(const KernelCall *c)
{
	const EvalArg *a = eval_operand(c->e, ARG_values);
	const Tensor *y = c->e->out[0].t;
	int64_t axis = eval_int(c->e, ARG_axis, 0), dim[TENSOR_MAX_RANK];

	axis = axis < 0 ? axis + y->rank : axis;
	memcpy(dim, y->dim, sizeof *dim * (size_t)y->rank);
	dim[axis] = 1;
	for (uint32_t i = 0; i < a->n; i++)
		put(c, a->v[i].t, dim, y, (int)axis, i, 1);
}
const Kernel FAST(kernel_stack) = {.plan = plan_stack, .run = run_stack};
