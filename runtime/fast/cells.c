/* cells.c: the gates of lstm, gru and rnn. */
#include "cells.h"
#include "vmath.h"

#include <strings.h>

/* ---- activations ---- */

#define ACT(name, f)                                                                               \
	static void act_##name(float *p, int64_t n)                                                \
	{                                                                                          \
		for (int64_t i = 0; i < n; i += LANES) {                                           \
			V x = v_load(p + i);                                                       \
			v_store(p + i, (f));                                                       \
		}                                                                                  \
	}
ACT(sigmoid, v_gate(v_set1(1), x))
ACT(tanh, v_tanh(x))
ACT(relu, v_select(v_le(x, v_zero()), v_zero(), x))
ACT(linear, x)
/* fmin(1, fmax(0, x / 5 + 1 / 2)) */
ACT(hard_sigmoid, v_min(v_max(v_fma(x, v_set1(0.2f), v_set1(0.5f)), v_zero()), v_set1(1)))

static ActFn *
act_find(const Eval *e, ArgName param, const char *dflt)
{
	static const struct {
		const char *name;
		ActFn *f;
	} rows[] = {
	    {"tanh", act_tanh},        {"sigmoid", act_sigmoid},
	    {"relu", act_relu},        {"hard_sigmoid", act_hard_sigmoid},
	    {"linear", act_linear},    {"sigmoid_hard", act_hard_sigmoid},
	    {"scaled_tanh", act_tanh}, /* scaled by 1 and 1 */
	};
	const char *s = eval_str(e, param, dflt);

	for (size_t i = 0; i < countof(rows); i++)
		if (strcasecmp(rows[i].name, s) == 0)
			return rows[i].f;
	return NULL;
}

/* ---- steps ---- */

/* Sums of the input are added to those of the state: n gates from g on, of sequence b. */
static void
add_input(const CellStep *s, int64_t gates, int64_t b, int g, int n)
{
	for (; n > 0; n--, g++) {
		float *to = s->rec + (b * gates + g) * s->pad;
		const float *from = s->sums + (b * gates + g) * s->hidden;
		for (int64_t i = 0; i < s->pad; i += LANES)
			v_store(to + i, v_add(v_load(from + i), v_load(to + i)));
	}
}

/* to += p * c */
static void
peep(float *to, const float *p, const float *c, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store(to + i, v_fma(v_load(p + i), v_load(c + i), v_load(to + i)));
}

static bool
lstm_how(const Eval *e, CellHow *how)
{
	how->gate = act_find(e, ARG_recurrent_activation, "sigmoid");
	how->cell = act_find(e, ARG_cell_activation, "tanh");
	how->act = act_find(e, ARG_activation, "tanh");
	how->clip = (float)eval_double(e, ARG_clip, 0);
	return how->gate && how->cell && how->act;
}

/* Gates in the order input, forget, output, cell. */
static void
lstm_step(const CellStep *s)
{
	int64_t n = s->pad;

	s->multiply(s, 0, 4);
	for (int64_t b = s->begin; b < s->end; b++) {
		float *in = s->rec + b * 4 * n, *forget = in + n, *out = in + 2 * n,
		      *z = in + 3 * n;
		float *c = s->c + b * n, *h = s->h + b * n;
		const V clip = v_set1(s->how.clip);
		add_input(s, 4, b, 0, 4);
		if (s->peephole) {
			peep(in, s->peephole, c, n);
			peep(forget, s->peephole + n, c, n);
		}
		s->how.gate(in, 2 * n);
		s->how.cell(z, n);
		for (int64_t i = 0; i < n; i += LANES) {
			V x = v_mul(v_load(in + i), v_load(z + i));
			x = v_fma(v_load(forget + i), v_load(c + i), x);
			if (s->how.clip > 0)
				x = v_min(v_max(x, v_neg(clip)), clip);
			v_store(c + i, x);
			v_store(h + i, x);
		}
		if (s->peephole)
			peep(out, s->peephole + 2 * n, c, n);
		s->how.gate(out, n);
		s->how.act(h, n);
		for (int64_t i = 0; i < n; i += LANES)
			v_store(h + i, v_mul(v_load(out + i), v_load(h + i)));
	}
}

static bool
gru_how(const Eval *e, CellHow *how)
{
	how->gate = act_find(e, ARG_recurrent_activation, "sigmoid");
	how->act = act_find(e, ARG_activation, "tanh");
	how->reset_after = eval_bool(e, ARG_reset_after, false);
	return how->gate && how->act;
}

/* to *= by */
static void
scale(float *to, const float *by, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store(to + i, v_mul(v_load(to + i), v_load(by + i)));
}

/* Gates in the order reset, output, update. */
static void
gru_step(const CellStep *s)
{
	int64_t n = s->pad, rows = s->end - s->begin;

	memcpy(s->old + s->begin * n, s->h + s->begin * n, (size_t)(rows * n) * sizeof *s->h);
	if (s->how.reset_after) {
		s->multiply(s, 0, 3);
	} else {
		s->multiply(s, 0, 1);
		s->multiply(s, 2, 1);
	}
	for (int64_t b = s->begin; b < s->end; b++) {
		float *reset = s->rec + b * 3 * n;
		add_input(s, 3, b, 0, 1);
		s->how.gate(reset, n);
		scale(s->how.reset_after ? reset + n : s->h + b * n, reset, n);
	}
	if (!s->how.reset_after)
		s->multiply(s, 1, 1);
	for (int64_t b = s->begin; b < s->end; b++) {
		float *out = s->rec + (b * 3 + 1) * n, *z = out + n, *h = s->h + b * n;
		const float *old = s->old + b * n;
		add_input(s, 3, b, 1, 2);
		s->how.act(out, n);
		s->how.gate(z, n);
		for (int64_t i = 0; i < n; i += LANES) {
			V u = v_load(z + i), x = v_mul(v_sub(v_set1(1), u), v_load(out + i));
			v_store(h + i, v_fma(u, v_load(old + i), x));
		}
	}
}

static bool
rnn_how(const Eval *e, CellHow *how)
{
	how->act = act_find(e, ARG_activation, "tanh");
	return how->act != NULL;
}

static void
rnn_step(const CellStep *s)
{
	int64_t n = s->pad;

	s->multiply(s, 0, 1);
	for (int64_t b = s->begin; b < s->end; b++) {
		add_input(s, 1, b, 0, 1);
		s->how.act(s->rec + b * n, n);
		memcpy(s->h + b * n, s->rec + b * n, (size_t)n * sizeof *s->h);
	}
}

const CellKind FAST(cell_lstm) = {4, true, true, false, lstm_how, lstm_step};
const CellKind FAST(cell_gru) = {3, false, false, true, gru_how, gru_step};
const CellKind FAST(cell_rnn) = {1, false, false, false, rnn_how, rnn_step};
