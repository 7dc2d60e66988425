/* pool_lanes.c: pooling of images in blocks: BLOCK_WIDTH channels at a time, each in a lane. What
 * is taken together goes in the order of pool.c: each column's rows, then the columns; columns
 * beyond the image stand for what changes nothing.
 */
#include "pool.h"

enum { BAND = 512 }; /* pixels of the output that a job makes, about */

bool
pool_lanes_plan(const Eval *e, KernelPlan *plan)
{
	Pooling *p = KERNEL_NOTE_OF(Pooling, plan);
	const Slide *w = &p->w;
	const Tensor *x = eval_arg(e, ARG_x);
	BlockShape in, out;

	if (!plan->x_blocks || !plan->blocks || x->rank != 4 ||
	    !blocks_shape(x->dim, plan->x_blocks, &in) ||
	    !blocks_shape(plan->dim[0], plan->blocks, &out))
		return false;
	p->lanes = true;
	p->rows = MIN(MAX(BAND / w->out[2], 1), w->out[1]);
	p->bands = (w->out[1] + p->rows - 1) / p->rows;
	plan->cost = (double)out.images * (double)out.blocks * (double)w->out[1] *
	             (double)w->out[2] * (double)(w->kernel[1] * w->kernel[2]) / 2;
	plan->work = 0;
	plan->work_each = kernel_aligned(
	    CHAIN_SCRATCH + (p->half ? (size_t)(p->rows * out.line) * sizeof(float) : 0));
	return true;
}

typedef struct PoolRun {
	const KernelCall *call;
	const Pooling *p;
	BlockShape in, out;
} PoolRun;

/* A window of rows [lo[0], hi[0]) and columns [lo[1], hi[1]) of the plane that begins at x; it has
 * columns before these, or behind them. */
INLINE V
window(PoolKind kind, bool half, const PoolRun *r, const void *x, const int64_t *lo,
       const int64_t *hi, bool before, bool behind)
{
	V sum = pool_none(kind);

	for (int64_t j = lo[1]; j < hi[1]; j++) {
		V column = pool_none(kind);
		for (int64_t y = lo[0]; y < hi[0]; y++) {
			int64_t at = y * r->in.line + j * BLOCK_WIDTH;
			column = pool_step(kind, column,
			                   half ? v_load_half((const uint16_t *)x + at)
			                        : v_load((const float *)x + at));
		}
		sum = j == lo[1] && !before ? column : pool_join(kind, sum, column);
	}
	return behind ? pool_join(kind, sum, pool_none(kind)) : sum;
}

/* Rows [first, last) of a plane. */
INLINE void
pool_rows(PoolKind kind, bool half, const PoolRun *r, const void *x, int64_t first, int64_t last,
          float *to)
{
	const Pooling *p = r->p;
	const Slide *w = &p->w;
	int64_t lo[2], hi[2];

	for (int64_t row = first; row < last; row++, to += r->out.line) {
		float rows = (float)pool_cover(p, 1, row, &lo[0], &hi[0]);
		for (int64_t j = 0; j < w->out[2]; j++) {
			float cols = (float)pool_cover(p, 2, j, &lo[1], &hi[1]);
			int64_t begin = j * w->stride[2] - w->before[2];
			bool before = begin < lo[1], behind = hi[1] < begin + w->kernel[2];
			V sum = window(kind, half, r, x, lo, hi, before, behind);
			v_store(to + j * BLOCK_WIDTH,
			        pool_end(kind, sum, v_mul(v_set1(cols), v_set1(rows))));
		}
	}
}

static void
pool_job(void *ctx, int64_t i, unsigned thread)
{
	const PoolRun *r = ctx;
	const Pooling *p = r->p;
	const BlockShape *out = &r->out;
	int64_t first = i % p->bands * p->rows, last = MIN(first + p->rows, p->w.out[1]);
	int64_t block = i / p->bands % out->blocks, batch = i / p->bands / out->blocks;
	int64_t at = blocks_at(out, batch, block * BLOCK_WIDTH, first, 0);
	int64_t from = blocks_at(&r->in, batch, block * BLOCK_WIDTH, 0, 0);
	const char *x = (const char *)eval_arg(r->call->e, ARG_x)->data;
	float *chain = kernel_scratch(r->call, thread), *to = chain + CHAIN_SCRATCH / sizeof *chain;

	x += (size_t)from * (p->half ? 2 : 4);
	if (!p->half)
		to = (float *)r->call->e->out[0].t->data + at;
	if (p->half && p->kind == POOL_MAX)
		pool_rows(POOL_MAX, true, r, x, first, last, to);
	else if (p->kind == POOL_MAX)
		pool_rows(POOL_MAX, false, r, x, first, last, to);
	else if (p->kind == POOL_MEAN)
		pool_rows(POOL_MEAN, p->half, r, x, first, last, to);
	else
		pool_rows(POOL_NORM, p->half, r, x, first, last, to);
	lanes_finish(r->call, p->half, out, to, at, last - first, chain);
}

void
pool_lanes_run(const KernelCall *call)
{
	const Pooling *p = KERNEL_NOTE_OF(const Pooling, call->plan);
	PoolRun r = {.call = call, .p = p};

	blocks_shape(eval_arg(call->e, ARG_x)->dim, call->plan->x_blocks, &r.in);
	blocks_shape(call->e->out[0].t->dim, call->plan->blocks, &r.out);
	kernel_share(call, r.out.images * r.out.blocks * p->bands, pool_job, &r);
}
