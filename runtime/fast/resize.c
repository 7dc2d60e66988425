/* resize.c: images resized on a grid, with the evaluator's bits. What rows and columns of the
 * result take of x is worked out once. A line is then a row of x, or mixed of two; pixels are
 * picked from it, or mixed of two neighbours there. The steps are the evaluator's: rows first, in
 * double, rounded to float after each axis. */
#include "runtime/image_resizing.h"

#include "lanes.h"
#include "lines.h"
#include "vec_d.h"

enum {
	BAND = 4096,      /* pixels of the result that a job makes, about; */
	LANES_BAND = 512, /* of BLOCK_WIDTH numbers */
	NEAR = 2 * LANES, /* places that v_pick() sees */
};

/* Images as planes of two axes. */
typedef struct Resize {
	bool half;
	bool mix;   /* pixels are mixed, else picked */
	bool cols;  /* columns are resized, too */
	bool near;  /* LANES columns side by side take theirs from NEAR places of x */
	bool lanes; /* x and the result lie in blocks */
	int64_t planes, in[2], out[2];
	int64_t rows, bands; /* of a job; of a plane */
} Resize;

/* What is kept. Of each row: the first of two rows of x, and the weight of the second. Of columns
 * the same, the first counted from `base` of each LANES; `weighed` is 0 where there is no weight.
 */
typedef struct Taps {
	double *row_part, *part;
	float *weighed;
	int32_t *row, *col, *base;
} Taps;

/* Where they lie in as many bytes at `kept`. */
static size_t
taps_layout(const Resize *r, void *kept, Taps *t)
{
	size_t rows = (size_t)r->out[0], groups = (size_t)(r->out[1] + LANES - 1) / LANES;
	size_t cols = groups * LANES, size = 0;

#define PART(member, n)                                                                            \
	t->member = (void *)((uintptr_t)kept + size);                                              \
	size += (n) * sizeof *t->member
	PART(row_part, rows);
	PART(part, cols);
	PART(weighed, cols);
	PART(row, rows);
	PART(col, cols);
	PART(base, groups);
#undef PART
	return size;
}

/* ---- plan ---- */

static bool
resize_read(const Eval *e, Resizing *r)
{
	Eval own = *e;

	return resizing_read(&own, r);
}

static bool
all_known(const Eval *e, const bool *known)
{
	return is_known_but(e, known, (ArgName[]){ARG_x}, 1);
}

/* The planes, if no other axes are resized. */
static bool
read_planes(const Tensor *x, const Resizing *size, Resize *r)
{
	r->planes = dims_count(x->dim, 0, x->rank - 2);
	for (int i = 0; i < 2; i++) {
		int a = x->rank - 2 + i;
		r->in[i] = a < 0 ? 1 : x->dim[a];
		r->out[i] = a < 0 ? 1 : size->dim[a];
		if (r->in[i] > 1 << 28 || r->out[i] > 1 << 28)
			return false;
	}
	for (int a = 0; a < x->rank - 2; a++)
		if (!resizing_keeps(size, x, a))
			return false;
	return true;
}

static bool
plan_lanes(const Tensor *x, Resize *r, KernelPlan *plan, int64_t *job)
{
	BlockShape in, out;

	if (!plan->x_blocks || !plan->blocks || x->rank != 4 ||
	    !blocks_shape(x->dim, plan->x_blocks, &in) ||
	    !blocks_shape(plan->dim[0], plan->blocks, &out))
		return false;
	r->lanes = true;
	r->planes = out.images * out.blocks;
	r->rows = MIN(MAX(LANES_BAND / r->out[1], 1), r->out[0]);
	*job = r->in[1] * BLOCK_WIDTH + (r->half ? r->rows * out.line : 0);
	return true;
}

static bool
plan_resize(const Eval *e, const bool *known, KernelPlan *plan)
{
	const Tensor *x = eval_arg(e, ARG_x);
	Resize *r = KERNEL_NOTE_OF(Resize, plan);
	int64_t count, job;
	Resizing size;
	Taps t;

	if (!is_floats(x) || x->rank < 1 || !all_known(e, known) || !resize_read(e, &size) ||
	    !shape_count(size.dim, x->rank, &count))
		return false;
	*r = (Resize){.half = x->dtype == DT_FP16, .mix = size.pick == PICK_MIX};
	if (!read_planes(x, &size, r))
		return false;
	r->cols = !resizing_keeps(&size, x, x->rank - 1);
	/* From column to column the place moves by (in - 1) / (out - 1) or in / out at most. */
	r->near = r->in[1] < 2 * r->out[1];
	plan_result(plan, 0, x->dtype, size.dim, x->rank);
	r->rows = MIN(MAX(BAND / r->out[1], 1), r->out[0]);
	job = r->in[1] + NEAR + (r->half ? r->rows * r->out[1] : 0);
	if ((plan->x_blocks || plan->blocks) && !plan_lanes(x, r, plan, &job))
		return false;
	r->bands = (r->out[0] + r->rows - 1) / r->rows;
	plan->cost = (r->mix ? 1.0 : 0.4) * (double)count;
	plan->work_each = kernel_aligned(CHAIN_SCRATCH + (size_t)job * sizeof(float));
	plan->keep = taps_layout(r, NULL, &t);
	return true;
}

static void
keep_resize(const Eval *e, const KernelPlan *plan, void *kept)
{
	const Tensor *x = eval_arg(e, ARG_x);
	const Resize *r = KERNEL_NOTE_OF(const Resize, plan);
	int64_t width = (r->out[1] + LANES - 1) / LANES * LANES;
	bool rows;
	Resizing size;
	Taps t;

	taps_layout(r, kept, &t);
	if (!resize_read(e, &size))
		die("%s: what was planned is wrong", e->row->name);
	rows = x->rank > 1 && !resizing_keeps(&size, x, x->rank - 2);
	for (int64_t i = 0; i < r->out[0]; i++) {
		Tap tap = {.lo = i};
		if (rows)
			tap = resizing_tap(&size, r->in[0], r->out[0], i);
		t.row[i] = (int32_t)tap.lo;
		t.row_part[i] = tap.part;
	}
	for (int64_t i = 0; i < width; i++) {
		Tap tap = {.lo = MIN(i, r->out[1] - 1)};
		int32_t *base = &t.base[i / LANES];
		if (r->cols)
			tap = resizing_tap(&size, r->in[1], r->out[1], tap.lo);
		if (i % LANES == 0)
			*base = (int32_t)tap.lo;
		t.col[i] = (int32_t)tap.lo - *base;
		t.part[i] = tap.part;
		t.weighed[i] = tap.part != 0;
	}
}

/* ---- lines ---- */

typedef struct ResizeRun {
	const KernelCall *call;
	const Resize *r;
	Taps t;
	BlockShape in, out; /* in blocks */
} ResizeRun;

/* What row i takes of the n numbers of each row of x; rows are `line` apart. */
INLINE void
take_row(bool half, const ResizeRun *run, const void *x, int64_t i, int64_t line, int64_t n,
         float *to)
{
	int64_t a = run->t.row[i] * line, b = MIN(run->t.row[i] + 1, run->r->in[0] - 1) * line;
	double part = run->t.row_part[i];
	D weight = d_set1(part);

	for (int64_t k = 0; k < n; k += LANES) {
		size_t left = (size_t)(n - k);
		V v = load_lanes(x, half, a + k, left);
		if (part != 0)
			v = v_between(v, load_lanes(x, half, b + k, left), weight);
		store_lanes(to, false, k, v, left);
	}
}

/* LANES numbers, from the places that `at` says. */
INLINE V
at_places(bool near, const float *x, const int32_t *at)
{
	float t[LANES];

	if (near)
		return v_pick(x, at);
	for (int i = 0; i < LANES; i++)
		t[i] = x[at[i]];
	return v_load(t);
}

/* What the columns take of a line, behind which stand numbers that weigh nothing. */
INLINE void
take_columns(bool mix, bool near, const ResizeRun *run, const float *line, float *to)
{
	const Taps *t = &run->t;
	int64_t n = run->r->out[1];

	for (int64_t k = 0; k < n; k += LANES) {
		const float *x = line + t->base[k / LANES];
		V v = at_places(near, x, t->col + k);
		if (mix) {
			V m = v_between(v, at_places(near, x + 1, t->col + k), d_load(t->part + k));
			v = v_select(v_eq(v_load(t->weighed + k), v_zero()), v, m);
		}
		store_lanes(to, false, k, v, (size_t)(n - k));
	}
}

/* Rows [first, last) of a plane; `line` has room for a row of x and NEAR more. */
INLINE void
resize_rows(bool half, const ResizeRun *run, const void *x, int64_t first, int64_t last,
            float *line, float *to)
{
	const Resize *r = run->r;
	int64_t width = r->in[1], n = r->out[1];

	for (int i = 0; i < NEAR; i++)
		line[width + i] = 0;
	for (int64_t i = first; i < last; i++, to += n) {
		if (!r->mix && i > first && run->t.row[i] == run->t.row[i - 1]) {
			memcpy(to, to - n, (size_t)n * sizeof *to);
			continue;
		}
		take_row(half, run, x, i, width, width, r->cols ? line : to);
		if (!r->cols)
			continue;
		if (r->mix && r->near)
			take_columns(true, true, run, line, to);
		else if (r->mix)
			take_columns(true, false, run, line, to);
		else if (r->near)
			take_columns(false, true, run, line, to);
		else
			take_columns(false, false, run, line, to);
	}
}

static void
resize_job(void *ctx, int64_t i, unsigned thread)
{
	const ResizeRun *run = ctx;
	const Resize *r = run->r;
	int64_t plane = i / r->bands, first = i % r->bands * r->rows;
	int64_t last = MIN(first + r->rows, r->out[0]), n = r->out[1];
	int64_t at = (plane * r->out[0] + first) * n;
	const char *x = eval_arg(run->call->e, ARG_x)->data;
	float *chain = kernel_scratch(run->call, thread);
	float *line = chain + CHAIN_SCRATCH / sizeof *chain, *to = line + r->in[1] + NEAR;

	x += (size_t)(plane * r->in[0] * r->in[1]) * (r->half ? 2 : 4);
	if (!r->half)
		to = (float *)run->call->e->out[0].t->data + at;
	if (r->half)
		resize_rows(true, run, x, first, last, line, to);
	else
		resize_rows(false, run, x, first, last, line, to);
	if (r->half || run->call->then)
		flat_finish(run->call, r->half, to, at, (last - first) * n, chain);
}

/* ---- in blocks ---- */

static void
lanes_rows(const ResizeRun *run, const void *x, int64_t first, int64_t last, float *line, float *to)
{
	const Resize *r = run->r;
	const Taps *t = &run->t;

	for (int64_t i = first; i < last; i++, to += run->out.line) {
		if (!r->mix && i > first && t->row[i] == t->row[i - 1]) {
			memcpy(to, to - run->out.line,
			       (size_t)(r->out[1] * BLOCK_WIDTH) * sizeof *to);
			continue;
		}
		take_row(r->half, run, x, i, run->in.line, r->in[1] * BLOCK_WIDTH, line);
		for (int64_t k = 0; k < r->out[1]; k++) {
			const float *a =
			    line + (t->base[k / LANES] + t->col[k]) * (int64_t)BLOCK_WIDTH;
			V v = v_load(a);
			if (t->part[k] != 0)
				v = v_between(v, v_load(a + BLOCK_WIDTH), d_set1(t->part[k]));
			v_store(to + k * BLOCK_WIDTH, v);
		}
	}
}

static void
lanes_job(void *ctx, int64_t i, unsigned thread)
{
	const ResizeRun *run = ctx;
	const Resize *r = run->r;
	int64_t plane = i / r->bands, first = i % r->bands * r->rows;
	int64_t last = MIN(first + r->rows, r->out[0]);
	int64_t at = plane * run->out.plane + run->out.first + first * run->out.line;
	int64_t from = plane * run->in.plane + run->in.first;
	const char *x = eval_arg(run->call->e, ARG_x)->data;
	float *chain = kernel_scratch(run->call, thread);
	float *line = chain + CHAIN_SCRATCH / sizeof *chain, *to = line + r->in[1] * BLOCK_WIDTH;

	x += (size_t)from * (r->half ? 2 : 4);
	if (!r->half)
		to = (float *)run->call->e->out[0].t->data + at;
	lanes_rows(run, x, first, last, line, to);
	lanes_finish(run->call, r->half, &run->out, to, at, last - first, chain);
}

static void
run_resize(const KernelCall *call)
{
	const Resize *r = KERNEL_NOTE_OF(const Resize, call->plan);
	ResizeRun run = {.call = call, .r = r};

	taps_layout(r, (void *)(uintptr_t)call->kept, &run.t);
	if (r->lanes) {
		blocks_shape(eval_arg(call->e, ARG_x)->dim, call->plan->x_blocks, &run.in);
		blocks_shape(call->e->out[0].t->dim, call->plan->blocks, &run.out);
	}
	kernel_share(call, r->planes * r->bands, r->lanes ? lanes_job : resize_job, &run);
}

static BlocksUse
resize_blocks(const Eval *e, const bool *known, Blocks *need)
{
	(void)need;
	return all_known(e, known) ? BLOCKS_BOTH : BLOCKS_NONE;
}

const Kernel FAST(kernel_resize) = {.plan = plan_resize,
                                    .keep = keep_resize,
                                    .run = run_resize,
                                    .then = true,
                                    .blocks = resize_blocks};
