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

/* The step's units of a row. */
static float *
own(const CellStep *s, float *rows, int64_t row)
{
	return rows + row * s->pad + s->first;
}

/* Sums of the input are added to those of the state: n gates from g on, of sequence b. */
static void
add_input(const CellStep *s, int64_t gates, int64_t b, int g, int n)
{
	for (; n > 0; n--, g++) {
		float *to = own(s, s->rec, b * gates + g);
		const float *from = s->sums + (b * gates + g) * s->hidden + s->first;
		for (int64_t i = 0; i < s->last - s->first; i += LANES)
			v_store(to + i, v_add(v_load(from + i), v_load(to + i)));
	}
}

/* to += the peephole of gate g * c */
static void
peep(const CellStep *s, float *to, int g, const float *c)
{
	const float *p = s->peephole + g * s->pad + s->first;

	for (int64_t i = 0; i < s->last - s->first; i += LANES)
		v_store(to + i, v_fma(v_load(p + i), v_load(c + i), v_load(to + i)));
}

/* to *= by */
static void
scale(float *to, const float *by, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		v_store(to + i, v_mul(v_load(to + i), v_load(by + i)));
}

static bool
lstm_how(const Eval *e, CellHow *how)
{
	how->gate = act_find(e, ARG_recurrent_activation, "sigmoid");
	how->cell = act_find(e, ARG_cell_activation, "tanh");
	how->act = act_find(e, ARG_activation, "tanh");
	how->stages = 1;
	how->clip = (float)eval_double(e, ARG_clip, 0);
	return how->gate && how->cell && how->act;
}

/* Gates in the order input, forget, output, cell. */
static void
lstm_step(const CellStep *s, int stage)
{
	int64_t n = s->last - s->first;

	(void)stage;
	s->multiply(s, s->h, 0, 4);
	for (int64_t b = s->begin; b < s->end; b++) {
		float *in = own(s, s->rec, b * 4), *forget = in + s->pad, *out = forget + s->pad,
		      *z = out + s->pad;
		float *c = own(s, s->c, b), *h = own(s, s->next, b);
		const V clip = v_set1(s->how.clip);
		add_input(s, 4, b, 0, 4);
		if (s->peephole) {
			peep(s, in, 0, c);
			peep(s, forget, 1, c);
		}
		s->how.gate(in, n);
		s->how.gate(forget, n);
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
			peep(s, out, 2, c);
		s->how.gate(out, n);
		s->how.act(h, n);
		scale(h, out, n);
	}
}

static bool
gru_how(const Eval *e, CellHow *how)
{
	how->gate = act_find(e, ARG_recurrent_activation, "sigmoid");
	how->act = act_find(e, ARG_activation, "tanh");
	how->stages = eval_bool(e, ARG_reset_after, false) ? 1 : 2;
	return how->gate && how->act;
}

/* Gates in the order reset, output, update. Where reset does not come after the product, that is
 * one of reset * h, of which others have parts, in a second stage: there nobody reads h any more.
 */
static void
gru_reset(const CellStep *s)
{
	int64_t n = s->last - s->first;

	for (int64_t b = s->begin; b < s->end; b++) {
		float *reset = own(s, s->rec, b * 3), *to = own(s, s->next, b);
		add_input(s, 3, b, 0, 1);
		s->how.gate(reset, n);
		if (s->how.stages == 1)
			to = reset + s->pad;
		else
			memcpy(to, own(s, s->h, b), (size_t)n * sizeof *to);
		scale(to, reset, n);
	}
}

static void
gru_update(const CellStep *s)
{
	for (int64_t b = s->begin; b < s->end; b++) {
		float *out = own(s, s->rec, b * 3 + 1), *z = out + s->pad;
		float *old = own(s, s->h, b), *h = s->how.stages == 1 ? own(s, s->next, b) : old;
		int64_t n = s->last - s->first;
		add_input(s, 3, b, 1, 2);
		s->how.act(out, n);
		s->how.gate(z, n);
		for (int64_t i = 0; i < n; i += LANES) {
			V u = v_load(z + i), x = v_mul(v_sub(v_set1(1), u), v_load(out + i));
			v_store(h + i, v_fma(u, v_load(old + i), x));
		}
	}
}

static void
gru_step(const CellStep *s, int stage)
{
	if (s->how.stages == 1) {
		s->multiply(s, s->h, 0, 3);
		gru_reset(s);
		gru_update(s);
	} else if (stage == 0) {
		s->multiply(s, s->h, 0, 1);
		s->multiply(s, s->h, 2, 1);
		gru_reset(s);
	} else {
		s->multiply(s, s->next, 1, 1);
		gru_update(s);
	}
}

static bool
rnn_how(const Eval *e, CellHow *how)
{
	how->act = act_find(e, ARG_activation, "tanh");
	how->stages = 1;
	return how->act != NULL;
}

static void
rnn_step(const CellStep *s, int stage)
{
	int64_t n = s->last - s->first;

	(void)stage;
	s->multiply(s, s->h, 0, 1);
	for (int64_t b = s->begin; b < s->end; b++) {
		add_input(s, 1, b, 0, 1);
		s->how.act(own(s, s->rec, b), n);
		memcpy(own(s, s->next, b), own(s, s->rec, b), (size_t)n * sizeof *s->h);
	}
}

const CellKind FAST(cell_lstm) = {4, true, true, false, lstm_how, lstm_step};
const CellKind FAST(cell_gru) = {3, false, false, true, gru_how, gru_step};
const CellKind FAST(cell_rnn) = {1, false, false, false, rnn_how, rnn_step};
