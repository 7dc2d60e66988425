/* pixels.c: blocks of pixels that become channels or images, and back: boxes
 * (runtime/pixel_blocks.h).
 */
#include "box.h"
#include "runtime/pixel_blocks.h"

static bool
plan_pixels(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	PixelBlocks *p = KERNEL_NOTE_OF(PixelBlocks, plan);
	Eval own = *e;
	int64_t count;

	if (!is_known_but(e, known, (ArgName[]){ARG_x}, 1) || !is_floats(x) || x->rank != 4 ||
	    !pixel_blocks_read(&own, p) || !shape_count(p->join ? p->image : p->blocks, 4, &count))
		return false;
	plan_result(plan, 0, x->dtype, p->join ? p->image : p->blocks, 4);
	plan->cost = 0.5 * (double)count;
	return true;
}

static void
move_pixels(const KernelCall *c, const PixelBlocks *p, const PixelBox *pixels)
{
	const Tensor *x = eval_arg(c->e, ARG_x);
	int64_t size = (int64_t)dtype_size(x->dtype);
	ElemBox b = {.size = (size_t)size, .n = PIXEL_AXES};

	for (int i = 0; i < PIXEL_AXES; i++) {
		b.dim[i] = pixels->dim[i];
		b.to[i] = size * (p->join ? pixels->image[i] : pixels->blocks[i]);
		b.from[i] = size * (p->join ? pixels->blocks[i] : pixels->image[i]);
	}
	b.in = (const char *)x->data + size * (p->join ? pixels->blocks_at : pixels->image_at);
	b.out =
	    (char *)c->e->out[0].t->data + size * (p->join ? pixels->image_at : pixels->blocks_at);
	box_move(c, &b);
}

/* Where blocks hang over the image, each of their places has rows and columns of its own. */
static void
run_pixels(const KernelCall *c)
{
	const PixelBlocks *p = KERNEL_NOTE_OF(const PixelBlocks, c->plan);
	const Tensor *x = eval_arg(c->e, ARG_x), *y = c->e->out[0].t;
	PixelBox b;

	if (!p->margin[0] && !p->margin[1]) {
		b = pixel_box(p);
		move_pixels(c, p, &b);
		return;
	}
	if (!p->join)
		memset(y->data, 0, dtype_size(y->dtype) * (size_t)y->count);
	for (int64_t i = 0; x->count && y->count && i < p->size[0] * p->size[1]; i++) {
		b = pixel_box_at(p, i / p->size[1], i % p->size[1]);
		move_pixels(c, p, &b);
	}
}

const Kernel FAST(kernel_pixels) = {.plan = plan_pixels, .run = run_pixels};
