/* recurrent.c: evaluators of lstm, gru and rnn. A direction runs through the steps; its outputs are
 * in the order of computation, except that the backward half of a bidirectional lstm is put back
 * into the order of the input. */
#include "kernel.h"

#include <math.h>
#include <strings.h>

typedef double Act(double x);

static double
act_sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double
act_hard_sigmoid(double x)
{
	return fmin(1, fmax(0, 0.2 * x + 0.5));
}

static double
act_relu(double x)
{
	return x > 0 || x != x ? x : 0;
}

static double
act_linear(double x)
{
	return x;
}

static Act *
act_find(Eval *e, ArgName param, const char *dflt)
{
	static const struct {
		const char *name;
		Act *f;
	} rows[] = {
	    {"tanh", tanh},
	    {"sigmoid", act_sigmoid},
	    {"relu", act_relu},
	    {"hard_sigmoid", act_hard_sigmoid},
	    {"linear", act_linear},
	    {"sigmoid_hard", act_hard_sigmoid},
	    {"scaled_tanh", tanh}, /* scaled by 1 and 1 */
	};
	const char *s = eval_str(e, param, dflt);

	for (size_t i = 0; i < countof(rows); i++)
		if (strcasecmp(rows[i].name, s) == 0)
			return rows[i].f;
	eval_fail(e, "there is no activation '%s'", s);
	return NULL;
}

/* One direction of a layer. Gates are rows of H in the weights. */
typedef struct Layer {
	int64_t steps, batch, inputs, hidden, gates;
	const float *x, *ih, *hh, *bias, *input_bias, *peephole;
	Act *gate, *cell, *act;
	double clip; /* 0: none */
	bool reset_after, reverse, restore;
	double *h, *c;     /* state of one sequence */
	double *sum, *rec; /* per gate row: from the input, from the state */
	float *out;        /* outputs of all steps, or 0 for the last alone */
	float *last_out, *last_h, *last_c;
	int64_t width, at; /* of an output row, and where this direction stands in it */
} Layer;

static double
dot(const float *w, const double *v, int64_t n)
{
	double s = 0;

	for (int64_t i = 0; i < n; i++)
		s += (double)w[i] * v[i];
	return s;
}

/* Rows [from, to): what comes from the input, with its bias. */
static void
input_sums(Layer *l, const float *x)
{
	for (int64_t r = 0; r < l->gates * l->hidden; r++) {
		double s = l->input_bias ? (double)l->input_bias[r] : 0;
		for (int64_t i = 0; i < l->inputs; i++)
			s += (double)l->ih[r * l->inputs + i] * (double)x[i];
		l->sum[r] = s;
	}
}

static void
state_sums(Layer *l, const double *h, int64_t from, int64_t to)
{
	for (int64_t r = from; r < to; r++)
		l->rec[r] =
		    dot(l->hh + r * l->hidden, h, l->hidden) + (l->bias ? (double)l->bias[r] : 0);
}

static double
clipped(const Layer *l, double v)
{
	return l->clip > 0 ? fmin(l->clip, fmax(-l->clip, v)) : v;
}

/* Gates in the order input, forget, output, cell. */
static void
lstm_step(Layer *l, const float *x)
{
	int64_t n = l->hidden;
	const float *p = l->peephole;

	input_sums(l, x);
	state_sums(l, l->h, 0, 4 * n);
	for (int64_t k = 0; k < n; k++) {
		double i = l->sum[k] + l->rec[k], f = l->sum[n + k] + l->rec[n + k];
		double o = l->sum[2 * n + k] + l->rec[2 * n + k];
		double z = l->cell(l->sum[3 * n + k] + l->rec[3 * n + k]);
		if (p) {
			i += (double)p[k] * l->c[k];
			f += (double)p[n + k] * l->c[k];
		}
		l->c[k] = clipped(l, l->gate(f) * l->c[k] + l->gate(i) * z);
		if (p)
			o += (double)p[2 * n + k] * l->c[k];
		l->h[k] = l->gate(o) * l->act(l->c[k]);
	}
}

/* Gates in the order reset, output, update. */
static void
gru_step(Layer *l, const float *x)
{
	int64_t n = l->hidden;
	double *old = l->c; /* scratch here */

	input_sums(l, x);
	memcpy(old, l->h, sizeof *old * (size_t)n);
	state_sums(l, old, 0, 3 * n);
	for (int64_t k = 0; k < n; k++)
		l->h[k] = l->gate(l->sum[k] + l->rec[k]); /* reset */
	if (l->reset_after) {
		for (int64_t k = 0; k < n; k++)
			l->rec[n + k] *= l->h[k];
	} else {
		for (int64_t k = 0; k < n; k++)
			l->h[k] *= old[k];
		state_sums(l, l->h, n, 2 * n);
	}
	for (int64_t k = 0; k < n; k++) {
		double o = l->act(l->sum[n + k] + l->rec[n + k]);
		double z = l->gate(l->sum[2 * n + k] + l->rec[2 * n + k]);
		l->h[k] = (1 - z) * o + z * old[k];
	}
}

static void
rnn_step(Layer *l, const float *x)
{
	input_sums(l, x);
	state_sums(l, l->h, 0, l->hidden);
	for (int64_t k = 0; k < l->hidden; k++)
		l->h[k] = l->act(l->sum[k] + l->rec[k]);
}

/* Runs all sequences of the batch; h0 and c0 are rows of l->width. */
static void
layer_run(Eval *e, Layer *l, void (*step)(Layer *, const float *), const float *h0, const float *c0)
{
	int64_t n = l->hidden;

	l->h = newn(e->arena, double, (size_t)n + 1);
	l->c = newn(e->arena, double, (size_t)n + 1);
	l->sum = newn(e->arena, double, (size_t)(l->gates * n) + 1);
	l->rec = newn(e->arena, double, (size_t)(l->gates * n) + 1);
	for (int64_t b = 0; b < l->batch; b++) {
		int64_t row = b * l->width + l->at;
		for (int64_t k = 0; k < n; k++) {
			l->h[k] = (double)h0[row + k];
			l->c[k] = c0 ? (double)c0[row + k] : 0;
		}
		for (int64_t s = 0; s < l->steps; s++) {
			int64_t t = l->reverse ? l->steps - 1 - s : s;
			int64_t to = ((l->restore ? t : s) * l->batch + b) * l->width + l->at;
			step(l, l->x + (t * l->batch + b) * l->inputs);
			for (int64_t k = 0; l->out && k < n; k++)
				l->out[to + k] = (float)l->h[k];
		}
		for (int64_t k = 0; k < n; k++) {
			if (!l->out)
				l->last_out[row + k] = (float)l->h[k];
			l->last_h[row + k] = (float)l->h[k];
			if (l->last_c)
				l->last_c[row + k] = (float)l->c[k];
		}
	}
}

/* An optional operand of the given number of elements. */
static bool
weights(Eval *e, ArgName param, int64_t count, const float **out)
{
	const Tensor *t = eval_arg(e, param);

	*out = NULL;
	if (!t)
		return true;
	if (t->count != count)
		return eval_fail(e, "%s has %lld elements, not %lld", arg_name(param),
		                 (long long)t->count, (long long)count);
	*out = eval_floats(e, t);
	return true;
}

/* Sizes from x and weight_hh, and the results: a sequence and `finals` states. */
typedef struct Results {
	FloatOut o[3];
	int n;
} Results;

/* A state has a row for each sequence; rows of more than there are stay unused, as with Core ML. */
static bool
state_fits(Eval *e, ArgName param, const Layer *l)
{
	int64_t have = eval_arg(e, param)->count, want = l->batch * l->width;

	return have >= want || eval_fail(e, "%s has %lld elements, not %lld", arg_name(param),
	                                 (long long)have, (long long)want);
}

static bool
layer_init(Eval *e, Layer *l, int64_t gates, int directions, int finals, Results *r)
{
	const Tensor *x = eval_arg(e, ARG_x), *hh = eval_arg(e, ARG_weight_hh);
	bool all = eval_bool(e, ARG_output_sequence, false);
	int64_t dim[3];

	if (x->rank != 3 || hh->rank != 2 || hh->dim[0] != gates * hh->dim[1])
		return eval_fail(e, "x has rank %d and weight_hh %d", x->rank, hh->rank);
	*l = (Layer){.steps = x->dim[0],
	             .batch = x->dim[1],
	             .inputs = x->dim[2],
	             .hidden = hh->dim[1],
	             .gates = gates};
	l->width = directions * l->hidden;
	if (!state_fits(e, ARG_initial_h, l))
		return false;
	memcpy(dim, (int64_t[]){all ? l->steps : 1, l->batch, l->width}, sizeof dim);
	r->n = 1 + finals;
	for (int i = 0; i < r->n; i++)
		if (!eval_new(e, (uint32_t)i, x->dtype, i ? dim + 1 : dim, i ? 2 : 3))
			return false;
	for (int i = 0; i < r->n; i++) {
		r->o[i] =
		    (FloatOut){.t = (Tensor *)(uintptr_t)e->out[i].t, .mark = arena_mark(e->arena)};
		r->o[i].f = newn(e->arena, float, (size_t)e->out[i].t->count + 1);
	}
	l->reverse = strcmp(eval_str(e, ARG_direction, "forward"), "reverse") == 0;
	l->x = eval_floats(e, x);
	l->out = all ? r->o[0].f : NULL;
	l->last_out = r->o[0].f;
	l->last_h = r->o[1].f;
	l->last_c = finals > 1 ? r->o[2].f : NULL;
	return true;
}

static bool
results_end(Eval *e, Results *r)
{
	for (int i = r->n; i-- > 0;) {
		if (r->o[i].t->dtype == DT_FP32)
			memcpy(r->o[i].t->data, r->o[i].f,
			       sizeof(float) * (size_t)r->o[i].t->count);
		float_end(e, &r->o[i]);
	}
	return true;
}

/* Weights of one direction; `back`: the second one of a bidirectional lstm. */
static bool
layer_weights(Eval *e, Layer *l, bool back)
{
	int64_t n = l->gates * l->hidden;

	return weights(e, back ? ARG_weight_ih_back : ARG_weight_ih, n * l->inputs, &l->ih) &&
	       weights(e, back ? ARG_weight_hh_back : ARG_weight_hh, n * l->hidden, &l->hh) &&
	       weights(e, back ? ARG_bias_back : ARG_bias, n, &l->bias);
}

static bool
lstm_weights(Eval *e, Layer *l, bool back)
{
	return layer_weights(e, l, back) && weights(e, back ? ARG_peephole_back : ARG_peephole,
	                                            3 * l->hidden, &l->peephole);
}

bool
eval_lstm(Eval *e)
{
	const char *direction = eval_str(e, ARG_direction, "forward");
	bool both = strcmp(direction, "bidirectional") == 0;
	const float *h, *c;
	Results r;
	Layer l;

	if (!layer_init(e, &l, 4, both ? 2 : 1, 2, &r))
		return false;
	if (!state_fits(e, ARG_initial_c, &l))
		return false;
	h = eval_floats(e, eval_arg(e, ARG_initial_h));
	c = eval_floats(e, eval_arg(e, ARG_initial_c));
	l.gate = act_find(e, ARG_recurrent_activation, "sigmoid");
	l.cell = act_find(e, ARG_cell_activation, "tanh");
	l.act = act_find(e, ARG_activation, "tanh");
	l.clip = eval_double(e, ARG_clip, 0);
	if (!l.gate || !l.cell || !l.act || !lstm_weights(e, &l, false))
		return false;
	layer_run(e, &l, lstm_step, h, c);
	if (both) {
		l.reverse = l.restore = true;
		l.at = l.hidden;
		if (!lstm_weights(e, &l, true) || !l.ih || !l.hh)
			return e->err[0] ? false : eval_fail(e, "the backward weights are missing");
		layer_run(e, &l, lstm_step, h, c);
	}
	return results_end(e, &r);
}

bool
eval_gru(Eval *e)
{
	Results r;
	Layer l;

	if (!layer_init(e, &l, 3, 1, 1, &r))
		return false;
	l.gate = act_find(e, ARG_recurrent_activation, "sigmoid");
	l.act = act_find(e, ARG_activation, "tanh");
	l.reset_after = eval_bool(e, ARG_reset_after, false);
	if (!l.gate || !l.act || !layer_weights(e, &l, false) ||
	    !weights(e, ARG_input_bias, 3 * l.hidden, &l.input_bias))
		return false;
	layer_run(e, &l, gru_step, eval_floats(e, eval_arg(e, ARG_initial_h)), NULL);
	return results_end(e, &r);
}

bool
eval_rnn(Eval *e)
{
	Results r;
	Layer l;

	if (!layer_init(e, &l, 1, 1, 1, &r))
		return false;
	l.act = act_find(e, ARG_activation, "tanh");
	if (!l.act || !layer_weights(e, &l, false))
		return false;
	layer_run(e, &l, rnn_step, eval_floats(e, eval_arg(e, ARG_initial_h)), NULL);
	return results_end(e, &r);
}
