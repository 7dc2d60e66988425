/* pool.c: pooling. For a row of the output, all rows of x that its windows lie on are taken
 * together first, column by column; then each window's columns. The order of all steps is fixed:
 * rows ascend, then columns. Around a line of columns stand numbers that change nothing. */
#include "pool.h"

enum {
	BAND = 4096, /* elements of the output that a job makes, about */
	LINES = 4, /* taken together before their windows' columns are: what was just stored is not
	            * read at once at other places */
};

/* Floats of a job's lines. */
static int64_t
pool_line_floats(const Pooling *p)
{
	return MIN(LINES, p->rows) * p->line;
}

/* ---- plan ---- */

static bool
pool_read(const Eval *e, Pooling *p)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Arena a = {0};
	Eval own = *e;
	int64_t n = 0;
	const int64_t *kernel;
	bool ok;

	own.arena = &a;
	kernel = eval_ints(&own, ARG_kernel_sizes, &n);
	ok = kernel && n == x->rank - 2 && slide_read(&own, &p->w, x, kernel, false) &&
	     slide_forward(&own, &p->w, eval_bool(e, ARG_ceil_mode, false));
	arena_free(&a);
	return ok;
}

static bool
plan_pool(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Pooling *p = KERNEL_NOTE_OF(Pooling, plan);
	const Slide *w = &p->w;
	Opcode op = e->row->code;
	double elements = 1, line, taps = 1;

	(void)known;
	*p = (Pooling){.kind = op == OP_max_pool   ? POOL_MAX
	                       : op == OP_avg_pool ? POOL_MEAN
	                                           : POOL_NORM};
	if (!is_floats(x) || x->rank < 3 || x->rank > 5 || !pool_read(e, p))
		return false;
	for (int a = 0; a < 3; a++) {
		if (w->before[a] < 0 || w->after[a] < 0)
			return false;
		elements *= (double)w->out[a];
		taps *= (double)w->kernel[a];
	}
	line = ((double)w->out[2] + LANES) * (double)w->stride[2] + (double)w->kernel[2] +
	       (double)w->in[2] + (double)w->before[2] + 2 * LANES;
	if (line > 1 << 28 || taps > 1 << 24 || elements > 1e15)
		return false;
	p->line = (int64_t)line;
	p->half = x->dtype == DT_FP16;
	p->exclude = op == OP_avg_pool && eval_bool(e, ARG_exclude_padding_from_average, false);
	p->planes = x->dim[0] * x->dim[1];
	p->rows = MIN(MAX(BAND / w->out[2], 1), w->out[0] * w->out[1]);
	p->bands = (w->out[0] * w->out[1] + p->rows - 1) / p->rows;
	plan->dtype[0] = x->dtype;
	plan->rank[0] = x->rank;
	memcpy(plan->dim[0], x->dim, 2 * sizeof *x->dim);
	memcpy(plan->dim[0] + 2, w->out + 3 - w->n, sizeof *w->out * (size_t)w->n);
	if (plan->x_blocks || plan->blocks)
		return pool_lanes_plan(e, plan);
	plan->cost = (double)p->planes * elements *
	             (double)(w->kernel[0] * w->kernel[1] * w->stride[2] + w->kernel[2]) / 16;
	plan->work = (size_t)(w->out[2] + LANES) * sizeof(float);
	plan->work_each = kernel_aligned(
	    CHAIN_SCRATCH +
	    (size_t)(pool_line_floats(p) + (p->half ? p->rows * w->out[2] : 0)) * sizeof(float));
	return true;
}

/* ---- run ---- */

/* Rows of x, so many from lo on in each plane of its depth, all taken together into a line. */
INLINE void
pool_columns_of(PoolKind kind, bool half, const Pooling *p, const void *x, const int64_t *lo,
                const int64_t *hi, int64_t rows, float *line)
{
	int64_t width = p->w.in[2];

	for (int64_t i = 0; i < width; i += LANES) {
		V sum = pool_none(kind);
		size_t n = (size_t)MIN(width - i, LANES);
		for (int64_t z = lo[0]; z < hi[0]; z++) {
			int64_t at = (z * p->w.in[1] + lo[1]) * width + i;
			const float *f = (const float *)x + at;
			const uint16_t *h = (const uint16_t *)x + at;
#pragma GCC unroll 3
			for (int64_t y = 0; y < rows; y++, f += width, h += width) {
				V v = n == LANES ? (half ? v_load_half(h) : v_load(f))
				      : half     ? v_load_half_n(h, n)
				                 : v_load_n(f, n);
				sum = pool_step(kind, sum, v);
			}
		}
		if (n == LANES)
			v_store(line + i, sum);
		else
			v_store_n(line + i, sum, n);
	}
}

/* The rows of x under output row (z, y), all taken together, into a line. */
INLINE void
pool_columns(PoolKind kind, bool half, const Pooling *p, const void *x, const int64_t *lo,
             const int64_t *hi, float *line)
{
	int64_t rows = hi[1] - lo[1];

	if (rows == 3)
		pool_columns_of(kind, half, p, x, lo, hi, 3, line);
	else
		pool_columns_of(kind, half, p, x, lo, hi, rows, line);
}

/* LANES numbers, `step` apart. */
INLINE V
pool_load(const float *x, int64_t step)
{
	float t[LANES];

	if (step == 1)
		return v_load(x);
	if (step == 2)
		return v_evens(v_load(x), v_load(x + LANES));
	for (int i = 0; i < LANES; i++)
		t[i] = x[i * step];
	return v_load(t);
}

/* A row of the output from a line. count: how many numbers each column of windows has, of which
 * each counts `rows` times. */
INLINE void
pool_row(PoolKind kind, int64_t step, const Pooling *p, const float *line, const float *count,
         float rows, float *to)
{
	int64_t cols = p->w.out[2];

	for (int64_t j = 0; j < cols; j += LANES) {
		V sum = pool_load(line + j * step, step);
		for (int64_t k = 1; k < p->w.kernel[2]; k++) {
			V x = pool_load(line + j * step + k, step);
			sum = pool_join(kind, sum, x);
		}
		sum = pool_end(kind, sum, v_mul(v_load(count + j), v_set1(rows)));
		if (cols - j >= LANES)
			v_store(to + j, sum);
		else
			v_store_n(to + j, sum, (size_t)(cols - j));
	}
}

typedef struct PoolRun {
	const KernelCall *call;
	const Pooling *p;
	float *count; /* by column of the output */
} PoolRun;

/* Rows [first, last) of a plane of the output. */
INLINE void
pool_rows(PoolKind kind, const PoolRun *r, const void *x, int64_t first, int64_t last, float *line,
          float *to)
{
	const Pooling *p = r->p;
	const Slide *w = &p->w;
	int64_t lo[2], hi[2];
	float n[LINES];

	for (int64_t i = 0; i < pool_line_floats(p); i++)
		line[i] = kind == POOL_MAX ? -INFINITY : 0;
	for (int64_t row = first; row < last; row += LINES, to += LINES * w->out[2]) {
		int lines = (int)MIN(LINES, last - row);
		for (int i = 0; i < lines; i++) {
			int64_t z = (row + i) / w->out[1], y = (row + i) % w->out[1];
			n[i] = (float)pool_cover(p, 0, z, &lo[0], &hi[0]) *
			       (float)pool_cover(p, 1, y, &lo[1], &hi[1]);
			float *at = line + i * p->line + w->before[2];
			if (p->half)
				pool_columns(kind, true, p, x, lo, hi, at);
			else
				pool_columns(kind, false, p, x, lo, hi, at);
		}
		for (int i = 0; i < lines; i++) {
			const float *from = line + i * p->line;
			float *out = to + i * w->out[2];
			if (w->stride[2] == 1)
				pool_row(kind, 1, p, from, r->count, n[i], out);
			else if (w->stride[2] == 2)
				pool_row(kind, 2, p, from, r->count, n[i], out);
			else
				pool_row(kind, w->stride[2], p, from, r->count, n[i], out);
		}
	}
}

static void
pool_job(void *ctx, int64_t i, unsigned thread)
{
	const PoolRun *r = ctx;
	const Pooling *p = r->p;
	int64_t plane = i / p->bands, first = i % p->bands * p->rows, cols = p->w.out[2];
	int64_t all = p->w.out[0] * p->w.out[1], last = MIN(first + p->rows, all);
	int64_t at = (plane * all + first) * cols, in = dims_count(p->w.in, 0, 3);
	const char *x = eval_arg(r->call->e, ARG_x)->data;
	float *chain = kernel_scratch(r->call, thread),
	      *line = chain + CHAIN_SCRATCH / sizeof *chain;
	float *to = p->half ? line + pool_line_floats(p) : (float *)r->call->e->out[0].t->data + at;

	x += (size_t)(plane * in) * (p->half ? 2 : 4);
	if (p->kind == POOL_MAX)
		pool_rows(POOL_MAX, r, x, first, last, line, to);
	else if (p->kind == POOL_MEAN)
		pool_rows(POOL_MEAN, r, x, first, last, line, to);
	else
		pool_rows(POOL_NORM, r, x, first, last, line, to);
	if (p->half || r->call->then)
		flat_finish(r->call, p->half, to, at, (last - first) * cols, chain);
}

static void
run_pool(const KernelCall *call)
{
	const Pooling *p = KERNEL_NOTE_OF(const Pooling, call->plan);
	PoolRun r = {call, p, call->work};
	int64_t lo, hi;

	if (p->lanes) {
		pool_lanes_run(call);
		return;
	}
	for (int64_t i = 0; i < p->w.out[2]; i++)
		r.count[i] = (float)pool_cover(p, 2, i, &lo, &hi);
	kernel_share(call, p->planes * p->bands, pool_job, &r);
}

static BlocksUse
pool_blocks(const Eval *e, const bool *known, Blocks *need)
{
	(void)e;
	(void)known;
	(void)need;
	return BLOCKS_BOTH;
}

const Kernel FAST(kernel_pool) = {
    .plan = plan_pool, .run = run_pool, .then = true, .blocks = pool_blocks};
