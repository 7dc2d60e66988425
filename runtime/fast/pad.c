/* pad.c: pad as boxes: what x covers, then, axis by axis from the last, what stands before and
 * behind it, over all that the axes behind it have by then. */
#include "box.h"
#include "runtime/kernel.h"

typedef struct Pad {
	Border mode;
	int first; /* axis that is padded */
} Pad;

static bool
plan_pad(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x), *pad = eval_arg(e, ARG_pad), *fill;
	Pad *p = KERNEL_NOTE_OF(Pad, plan);
	int64_t dim[TENSOR_MAX_RANK], count;
	const char *word;

	if (!x || x->dtype == DT_STRING || !is_known(e, known, ARG_pad) ||
	    !is_known(e, known, ARG_mode) || pad->count % 2 || pad->count / 2 > x->rank ||
	    !x->count)
		return false;
	word = eval_str(e, ARG_mode, "constant");
	p->mode = strcmp(word, "reflect") == 0     ? BORDER_REFLECT
	          : strcmp(word, "replicate") == 0 ? BORDER_EDGE
	                                           : BORDER_CONSTANT;
	fill = eval_arg(e, ARG_constant_val);
	if (p->mode == BORDER_CONSTANT && (!fill || fill->dtype != x->dtype || fill->count < 1))
		return false;
	p->first = x->rank - (int)(pad->count / 2);
	for (int i = 0; i < x->rank; i++) {
		int64_t before = i < p->first ? 0 : tensor_i(pad, 2 * (i - p->first));
		int64_t after = i < p->first ? 0 : tensor_i(pad, 2 * (i - p->first) + 1);
		int64_t most = p->mode == BORDER_REFLECT ? x->dim[i] - 1 : INT32_MAX;
		if (before < 0 || after < 0 || before > most || after > most)
			return false;
		dim[i] = x->dim[i] + before + after;
	}
	if (!shape_count(dim, x->rank, &count))
		return false;
	plan_result(plan, 0, x->dtype, dim, x->rank);
	plan->cost = 0.1 * (double)dtype_size(x->dtype) * (double)count;
	return true;
}

/* n places along the axis of the whole, from the place `at` on; what they get is read backwards
 * from the place `from`, or is the same for all. */
static void
pad_side(const KernelCall *c, const ElemBox *whole, int axis, int64_t at, int64_t n, int64_t from)
{
	const Pad *p = KERNEL_NOTE_OF(const Pad, c->plan);
	ElemBox b = *whole;

	b.dim[axis] = n;
	if (p->mode == BORDER_CONSTANT) {
		b.in = eval_arg(c->e, ARG_constant_val)->data;
		memset(b.from, 0, sizeof b.from);
	} else {
		b.in = b.out + from * b.to[axis];
		memcpy(b.from, b.to, sizeof b.from);
		b.from[axis] = p->mode == BORDER_EDGE ? 0 : -b.to[axis];
	}
	b.out += at * b.to[axis];
	box_move(c, &b);
}

static void
run_pad(const KernelCall *c)
{
	const Tensor *x = eval_arg(c->e, ARG_x), *pad = eval_arg(c->e, ARG_pad);
	const Pad *p = KERNEL_NOTE_OF(const Pad, c->plan);
	const Tensor *y = c->e->out[0].t;
	ElemBox b = box_between(dtype_size(x->dtype), x->dim, x->rank, y->dim, x->dim);

	b.in = x->data;
	b.out = y->data;
	for (int i = p->first; i < x->rank; i++)
		b.out += tensor_i(pad, 2 * (i - p->first)) * b.to[i];
	box_move(c, &b);
	for (int i = x->rank; i-- > p->first;) {
		int64_t before = tensor_i(pad, 2 * (i - p->first)), n = x->dim[i];
		int64_t edge = p->mode == BORDER_EDGE ? 0 : 1;
		b.out -= before * b.to[i];
		pad_side(c, &b, i, 0, before, p->mode == BORDER_EDGE ? before : 2 * before);
		pad_side(c, &b, i, before + n, y->dim[i] - n - before, before + n - 1 - edge);
		b.dim[i] = y->dim[i];
	}
}
const Kernel FAST(kernel_pad) = {.plan = plan_pad, .run = run_pad};
