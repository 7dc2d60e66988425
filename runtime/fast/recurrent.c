/* recurrent.c: lstm, gru and rnn. What comes from the input is one product for many steps; then
 * each step multiplies the states of all sequences with the recurrent weights, which keep() has
 * laid out in the order in which they are read, and goes through the gates. States are floats.
 *
 * Threads share out sequences, which need nothing of each other, or, where these are few, hidden
 * units, each thread some of all sequences: then the steps are stages (stages.h). States lie in
 * two places by turns, so that nobody writes what others may still read.
 *
 * A gate has `pad` columns, the numbers of hidden units up to whole vectors; what stands in those
 * beyond is never looked at.
 */
#include "cells.h"
#include "tile.h"
#include "plan.h"
#include "runtime/stages.h"

enum {
	MOST_SUMS = 4 << 20, /* floats of what comes from the input, at a time */
	DIRECTIONS = 2,
	LEAST_PART = 2500, /* nanoseconds of a part of a step: many times what a stage costs */
	ROWS = 4,          /* sequences of a thread for which to read all weights pays */
};

/* What is made of the weights of one direction: floats from its place on. */
typedef struct Places {
	size_t ih, hh, bias, input_bias, peephole, all;
} Places;

typedef struct Layer {
	const CellKind *cell;
	CellHow how;
	int64_t steps, batch, inputs, hidden, gates, pad;
	int64_t directions, width; /* of an output row */
	bool half, all, reverse;
	bool bias, input_bias, peephole;
	int64_t chunk; /* steps whose input is multiplied at one time */
	Places kept;
	bool keep; /* the weights are constants */
	/* floats of the work, behind the product's */
	size_t work, sums, state[2], c, rec;
} Layer;

static const ArgName names[DIRECTIONS][4] = {
    {ARG_weight_ih, ARG_weight_hh, ARG_bias, ARG_peephole},
    {ARG_weight_ih_back, ARG_weight_hh_back, ARG_bias_back, ARG_peephole_back},
};
enum { IH, HH, BIAS, PEEPHOLE };

static size_t
whole(size_t n)
{
	return (n + LANES - 1) / LANES * LANES;
}

/* ---- weights ---- */

static const Tensor *
weight(const Eval *e, const Layer *l, int direction, int which)
{
	if ((which == PEEPHOLE || direction > 0) && !l->cell->peephole)
		return NULL;
	return eval_arg(e, names[direction][which]);
}

static void
pad_gates(const Layer *l, const Tensor *t, int64_t gates, float *to)
{
	Mat m = {.data = t ? t->data : NULL, .half = t && t->dtype == DT_FP16};

	for (int64_t g = 0; g < gates; g++)
		if (t)
			load_line(to + g * l->pad, &m, g * l->hidden, 1, l->hidden, l->pad);
		else
			memset(to + g * l->pad, 0, (size_t)l->pad * sizeof *to);
}

/* Columns of a gate from j on that stand together. */
static int64_t
panel(const Layer *l, int64_t j)
{
	return MIN(l->pad - j, THIN_COLS);
}

static void
pack_direction(const Eval *e, const Layer *l, int direction, float *to)
{
	const Tensor *ih = weight(e, l, direction, IH), *hh = weight(e, l, direction, HH);
	int64_t rows = l->gates * l->hidden;
	Mat b = {ih->data, 1, l->inputs, ih->dtype == DT_FP16};
	Mat m = {hh->data, 1, l->hidden, hh->dtype == DT_FP16};
	float *at = to + l->kept.hh;

	pack_cols(to + l->kept.ih, b, rows, l->inputs);
	for (int64_t g = 0; g < l->gates; g++)
		for (int64_t j = 0; j < l->pad; j += THIN_COLS) {
			int w = (int)panel(l, j);
			pack_strip(at, &m, (g * l->hidden + j) * l->hidden, l->hidden, 1,
			           (int)MIN(w, l->hidden - j), w, l->hidden);
			at += w * l->hidden;
		}
	pad_gates(l, weight(e, l, direction, BIAS), l->gates, to + l->kept.bias);
	if (l->peephole)
		pad_gates(l, weight(e, l, direction, PEEPHOLE), 3, to + l->kept.peephole);
	if (l->input_bias) {
		const Tensor *t = eval_arg(e, ARG_input_bias);
		load_line(to + l->kept.input_bias,
		          &(Mat){.data = t->data, .half = t->dtype == DT_FP16}, 0, 1, rows, rows);
	}
}

static void
keep_layer(const Eval *e, const KernelPlan *plan, void *kept)
{
	const Layer *l = KERNEL_NOTE_OF(const Layer, plan);

	for (int d = 0; d < l->directions; d++)
		pack_direction(e, l, d, (float *)kept + (size_t)d * l->kept.all);
}

/* ---- planning ---- */

/* An operand of so many elements, if it is there. */
static bool
has(const Tensor *t, int64_t count, bool must, bool *there)
{
	if (there)
		*there = t != NULL;
	return t ? t->count == count && is_floats(t) : !must;
}

static bool
fit_direction(const Eval *e, Layer *l, int d)
{
	int64_t rows = l->gates * l->hidden;

	return has(weight(e, l, d, IH), rows * l->inputs, true, NULL) &&
	       has(weight(e, l, d, HH), rows * l->hidden, true, NULL) &&
	       has(weight(e, l, d, BIAS), rows, false, NULL) &&
	       has(weight(e, l, d, PEEPHOLE), 3 * l->hidden, false, NULL);
}

static bool
fits(const Eval *e, Layer *l)
{
	const Tensor *x = eval_arg(e, ARG_x), *hh = eval_arg(e, ARG_weight_hh);
	const Tensor *h = eval_arg(e, ARG_initial_h);
	const Tensor *c = l->cell->state ? eval_arg(e, ARG_initial_c) : h;

	if (x->rank != 3 || hh->rank != 2 || hh->dim[0] != l->gates * hh->dim[1] || !is_floats(x) ||
	    !is_floats(h) || !is_floats(c) || x->count == 0 || hh->count == 0)
		return false;
	l->steps = x->dim[0];
	l->batch = x->dim[1];
	l->inputs = x->dim[2];
	l->hidden = hh->dim[1];
	l->pad = (int64_t)whole((size_t)l->hidden);
	l->width = l->directions * l->hidden;
	l->half = x->dtype == DT_FP16;
	if (h->count < l->batch * l->width || c->count < l->batch * l->width)
		return false;
	for (int d = 0; d < l->directions; d++)
		if (!fit_direction(e, l, d))
			return false;
	l->peephole = weight(e, l, 0, PEEPHOLE) || (l->directions > 1 && weight(e, l, 1, PEEPHOLE));
	return !l->cell->input_bias ||
	       has(eval_arg(e, ARG_input_bias), l->gates * l->hidden, false, &l->input_bias);
}

/* All its weights are constants. */
static bool
all_known(const Eval *e, const Layer *l, const bool *known)
{
	for (int d = 0; d < l->directions; d++)
		for (int i = 0; i < 4; i++)
			if (weight(e, l, d, i) && !known[op_column(e->row, names[d][i])])
				return false;
	return !l->input_bias || known[op_column(e->row, ARG_input_bias)];
}

/* The product of the inputs of so many steps. */
static Gemm
input_product(const Layer *l, int64_t steps)
{
	Gemm g = {.m = steps * l->batch, .n = l->gates * l->hidden, .k = l->inputs};

	g.a = (Mat){.row = l->inputs, .col = 1, .half = l->half};
	g.b = (Mat){.row = 1, .col = l->inputs};
	g.row = g.n;
	return g;
}

/* About how many nanoseconds one thread takes for a step of a direction, when each of its sums is
 * one of so many products. */
static double
step_cost(const Layer *l, int64_t products)
{
	return (double)(l->gates * l->hidden * l->batch) * ((double)products / 40 + 1);
}

static void
plan_memory(Layer *l, KernelPlan *plan)
{
	size_t pad = (size_t)l->pad, rows = (size_t)(l->directions * l->batch);
	size_t sums = (size_t)(l->gates * l->hidden * l->batch), n;
	Gemm g;

	l->chunk = MIN(l->steps, MAX(MOST_SUMS / (int64_t)sums, 1));
	for (int i = 0; i < 2; i++) {
		size_t each = plan->work_each, work = plan->work;
		g = input_product(l, i ? (l->steps - 1) % l->chunk + 1 : l->chunk);
		g.packed_b = (const float *)1;
		plan->work = 0;
		FAST(gemm_api).scratch(&g, 1, plan);
		plan->work_each = MAX(plan->work_each, each);
		plan->work = MAX(plan->work, work);
	}
	l->kept.ih = 0;
	l->kept.hh = whole(packed_cols(g.n, g.k) / sizeof(float));
	l->kept.bias = l->kept.hh + (size_t)l->gates * pad * (size_t)l->hidden;
	l->kept.input_bias = l->kept.bias + (size_t)l->gates * pad;
	l->kept.peephole = l->kept.input_bias + (l->input_bias ? whole((size_t)g.n) : 0);
	l->kept.all = l->kept.peephole + (l->peephole ? 3 * pad : 0);
	l->work = whole(plan->work / sizeof(float) + 1);
	n = l->work + (l->keep ? 0 : (size_t)l->directions * l->kept.all);
	l->sums = n; /* the last row's last vector may reach beyond */
	n += (size_t)l->directions * (whole((size_t)l->chunk * sums) + LANES);
	l->state[0] = n;
	n += rows * pad;
	l->state[1] = n;
	n += rows * pad;
	l->c = n;
	n += rows * pad;
	l->rec = n;
	n += rows * (size_t)l->gates * pad;
	plan->work = n * sizeof(float);
	plan->keep = l->keep ? (size_t)l->directions * l->kept.all * sizeof(float) : 0;
	plan->cost = (double)(l->directions * l->steps) * step_cost(l, l->inputs + l->hidden);
}

static bool
plan_cell(const Eval *e, const bool *known, KernelPlan *plan, const CellKind *cell)
{
	Layer *l = KERNEL_NOTE_OF(Layer, plan);
	const char *direction = eval_str(e, ARG_direction, "forward");

	*l = (Layer){.cell = cell, .gates = cell->gates, .directions = 1};
	if (cell->peephole && strcmp(direction, "bidirectional") == 0)
		l->directions = 2;
	l->reverse = strcmp(direction, "reverse") == 0;
	l->all = eval_bool(e, ARG_output_sequence, false);
	if (!fits(e, l) || !cell->how(e, &l->how))
		return false;
	l->keep = all_known(e, l, known);
	plan_memory(l, plan);
	for (uint32_t i = 0; i < e->nout; i++) {
		plan->dtype[i] = eval_arg(e, ARG_x)->dtype;
		plan->rank[i] = i ? 2 : 3;
		plan->dim[i][0] = l->all ? l->steps : 1;
		plan->dim[i][i ? 0 : 1] = l->batch;
		plan->dim[i][i ? 1 : 2] = l->width;
	}
	return true;
}

/* ---- running ---- */

typedef struct Run {
	const KernelCall *call;
	const Layer *l;
	const float *weights; /* of all directions */
	float *work;
	int64_t from, steps; /* of the chunk */
	int64_t groups;      /* of sequences, which go through the steps by themselves */
	int64_t parts;       /* of the hidden units; more than 1: all sequences are one group */
	Stages stages[DIRECTIONS];
} Run;

/* What one thread does at a time. */
typedef struct Share {
	const Run *run;
	int direction;
	int64_t begin, end; /* sequences */
} Share;

static void
each(const void *ctx, int64_t i, Gemm *g)
{
	(void)ctx;
	(void)i;
	(void)g;
}

/* The step of the input that comes s-th. */
static int64_t
input_step(const Layer *l, int direction, int64_t s)
{
	return l->reverse || direction ? l->steps - 1 - s : s;
}

static float *
sums_of(const Run *r, int direction)
{
	const Layer *l = r->l;
	size_t n = (size_t)(l->chunk * l->gates * l->hidden * l->batch);

	return r->work + l->sums + (size_t)direction * (whole(n) + LANES);
}

static void
multiply_input(const Run *r, int direction)
{
	const Layer *l = r->l;
	const float *w = r->weights + (size_t)direction * l->kept.all;
	KernelCall call = *r->call;
	Gemm g = input_product(l, r->steps);
	int64_t last = r->from + r->steps - 1;
	int64_t first = MIN(input_step(l, direction, r->from), input_step(l, direction, last));
	const Tensor *x = eval_arg(call.e, ARG_x), *ih = weight(call.e, l, direction, IH);

	call.then = NULL;
	g.a.data = (const char *)x->data + first * l->batch * l->inputs * (l->half ? 2 : 4);
	g.b.data = ih->data;
	g.b.half = ih->dtype == DT_FP16;
	g.packed_b = w + l->kept.ih;
	g.bias = l->input_bias ? w + l->kept.input_bias : NULL;
	g.c = sums_of(r, direction);
	FAST(gemm_api).run(&call, &g, 1, each, NULL);
}

/* Sums over the states of sequences [begin, end): all gates from g on, `n` of them. */
static void
multiply_state(const CellStep *s, const float *from, int g, int n)
{
	const Run *r = s->ctx;
	const Layer *l = r->l;
	Tiles t = {.m = s->end - s->begin,
	           .k = l->hidden,
	           .a = from + s->begin * l->pad,
	           .a_far = l->pad,
	           .row = l->gates * l->pad};

	for (; n > 0; n--, g++)
		for (int64_t j = s->first; j < s->last; j += t.n) {
			t.n = t.b_far = panel(l, j);
			t.b = s->weights + l->kept.hh + (g * l->pad + j) * l->hidden;
			t.c = s->rec + s->begin * t.row + g * l->pad + j;
			t.bias = s->weights + l->kept.bias + g * l->pad + j;
			thin(&t);
		}
}

/* The step's units of a row of states to the output, from the row's element `at` on. */
static void
store(const Layer *l, const CellStep *s, const Tensor *t, int64_t at, const float *row)
{
	size_t n = (size_t)(MIN(s->last, l->hidden) - s->first);

	if (l->half)
		v_store_halves((uint16_t *)t->data + at + s->first, row + s->first, n);
	else
		memcpy((float *)t->data + at + s->first, row + s->first, n * sizeof *row);
}

static void
load_states(const Run *r, int direction)
{
	const Layer *l = r->l;
	const Tensor *h = eval_arg(r->call->e, ARG_initial_h);
	const Tensor *c = l->cell->state ? eval_arg(r->call->e, ARG_initial_c) : NULL;
	Mat mh = {.data = h->data, .half = h->dtype == DT_FP16};
	Mat mc = {.data = c ? c->data : NULL, .half = c && c->dtype == DT_FP16};

	for (int64_t b = 0; b < l->batch; b++) {
		int64_t at = b * l->width + direction * l->hidden;
		int64_t row = (direction * l->batch + b) * l->pad;
		load_line(r->work + l->state[0] + row, &mh, at, 1, l->hidden, l->pad);
		if (c)
			load_line(r->work + l->c + row, &mc, at, 1, l->hidden, l->pad);
	}
}

static void
store_states(const Run *r, int direction, const CellStep *s, const float *h)
{
	const Layer *l = r->l;
	const RtValue *out = r->call->e->out;

	for (int64_t b = s->begin; b < s->end; b++) {
		int64_t at = b * l->width + direction * l->hidden;
		if (!l->all)
			store(l, s, out[0].t, at, h + b * l->pad);
		store(l, s, out[1].t, at, h + b * l->pad);
		if (l->cell->state)
			store(l, s, out[2].t, at, s->c + b * l->pad);
	}
}

/* What a step's last stage made, of sequences and units of s: to output row `to`. */
static void
store_step(const Run *r, int direction, const CellStep *s, int64_t to, bool last)
{
	const Layer *l = r->l;
	const float *h = l->how.stages == 1 ? s->next : s->h;

	for (int64_t b = s->begin; l->all && b < s->end; b++)
		store(l, s, r->call->e->out[0].t,
		      (to * l->batch + b) * l->width + direction * l->hidden, h + b * l->pad);
	if (last)
		store_states(r, direction, s, h);
}

/* Of the n parts of the hidden units, which are whole panels, where the i-th begins. */
static int64_t
part_begin(const Layer *l, int64_t i, int64_t n)
{
	return i == n ? l->pad : (l->pad * i / n + THIN_COLS / 2) / THIN_COLS * THIN_COLS;
}

/* Stages of a chunk. A step of two leaves the states where they are. */
static void
do_stage(void *ctx, uint64_t stage, unsigned part)
{
	const Share *share = ctx;
	const Run *r = share->run;
	const Layer *l = r->l;
	int d = share->direction;
	int64_t k = (int64_t)stage / l->how.stages, at = r->from + k, t = input_step(l, d, at);
	int64_t row = l->reverse || d ? r->steps - 1 - k : k, rows = d * l->batch;
	int swap = l->how.stages == 1 && at % 2, which = (int)(stage % (uint64_t)l->how.stages);
	CellStep s = {.ctx = r, .multiply = multiply_state, .how = l->how};

	s.hidden = l->hidden;
	s.pad = l->pad;
	s.begin = share->begin;
	s.end = share->end;
	s.first = part_begin(l, part, r->parts);
	s.last = part_begin(l, part + 1, r->parts);
	s.weights = r->weights + (size_t)d * l->kept.all;
	s.peephole = l->peephole ? s.weights + l->kept.peephole : NULL;
	s.sums = sums_of(r, d) + row * l->batch * l->gates * l->hidden;
	s.h = r->work + l->state[swap] + rows * l->pad;
	s.next = r->work + l->state[!swap] + rows * l->pad;
	s.c = r->work + l->c + rows * l->pad;
	s.rec = r->work + l->rec + rows * l->gates * l->pad;
	l->cell->step(&s, which);
	if (which == l->how.stages - 1)
		store_step(r, d, &s, d ? t : at, at == l->steps - 1);
}

/* A direction of a group of sequences through the steps of a chunk, or all sequences with those
 * who have other parts of their units. */
static void
share_job(void *ctx, int64_t i, unsigned thread)
{
	Run *r = ctx;
	const Layer *l = r->l;
	int64_t group = i / r->parts % r->groups;
	uint64_t stages = (uint64_t)(r->steps * l->how.stages);
	Share s = {.run = r, .direction = (int)(i / r->parts / r->groups)};

	(void)thread;
	s.begin = l->batch * group / r->groups;
	s.end = l->batch * (group + 1) / r->groups;
	if (r->parts > 1)
		stages_run(&r->stages[s.direction], stages, (unsigned)r->parts,
		           (unsigned)(i % r->parts), do_stage, &s);
	else
		for (uint64_t t = 0; t < stages; t++)
			do_stage(&s, t, 0);
}

/* Into how many parts the hidden units go: 1 where `groups` of sequences keep more threads busy, or
 * each has sequences enough. */
static int64_t
parts_of(const Layer *l, int64_t threads, int64_t groups)
{
	int64_t most = MIN(MIN(threads / l->directions, l->pad / THIN_COLS), STAGES_PARTS);
	int64_t n = (int64_t)MIN((double)most, step_cost(l, l->hidden) / LEAST_PART);

	return n > 1 && n >= groups && l->batch < ROWS * groups ? n : 1;
}

static void
run_layer(const KernelCall *c)
{
	const Layer *l = KERNEL_NOTE_OF(const Layer, c->plan);
	int64_t threads = kernel_threads(c->plan, c->pool);
	Run r = {.call = c, .l = l, .weights = c->kept, .work = c->work};

	if (!l->keep) {
		keep_layer(c->e, c->plan, r.work + l->work);
		r.weights = r.work + l->work;
	}
	r.groups = MIN(MAX(threads / l->directions, 1), l->batch);
	r.parts = parts_of(l, threads, r.groups);
	if (r.parts > 1)
		r.groups = 1;
	for (int d = 0; d < l->directions; d++)
		load_states(&r, d);
	for (; r.from < l->steps; r.from += r.steps) {
		r.steps = MIN(l->chunk, l->steps - r.from);
		for (int d = 0; d < l->directions; d++) {
			multiply_input(&r, d);
			r.stages[d] = (Stages){0};
		}
		kernel_share(c, l->directions * r.groups * r.parts, share_job, &r);
	}
}

#define RECURRENT(name)                                                                            \
	static bool plan_##name(const Eval *e, const bool *known, KernelPlan *plan)                \
	{                                                                                          \
		return plan_cell(e, known, plan, &FAST(cell_##name));                              \
	}                                                                                          \
	const Kernel FAST(kernel_##name) = {                                                       \
	    .plan = plan_##name, .keep = keep_layer, .run = run_layer};
RECURRENT(lstm)
RECURRENT(gru)
RECURRENT(rnn)
