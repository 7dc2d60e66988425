/* loss.c: see loss.h. Weights are decompressed block by block, so that nothing of their size is
 * made. */
#include "loss.h"

#include "blocks.h"

/* Whole blocks; what lies behind the weights is equal. Eight sums at a time stay in registers. */
static void
count_block(Loss *l, const float *w, const float *now, int64_t n)
{
	float error[8] = {0}, signal[8] = {0}, most[8] = {0};

	for (int k = 0; k < BLOCK; k += 8)
		for (int i = 0; i < 8; i++) {
			float d = fabsf(w[k + i] - now[k + i]);
			error[i] += d * d;
			signal[i] += w[k + i] * w[k + i];
			most[i] = d > most[i] ? d : most[i];
		}
	for (int i = 0; i < 8; i++) {
		l->most = MAX(l->most, (double)most[i]);
		l->error += (double)error[i];
		l->signal += (double)signal[i];
	}
	l->count += n;
}

Loss
loss_linear(const Tensor *w, const Linear *l)
{
	const int8_t *q = l->data->data;
	bool wide = l->data->dtype == DT_UINT8;
	size_t n = (size_t)l->scale->count;
	float x[BLOCK], now[BLOCK], *scale = xcalloc(n, sizeof *scale),
	                            *zero = xcalloc(n, sizeof *zero);
	uint32_t group[BLOCK];
	Loss loss = {0};
	GroupWalk g;

	for (size_t k = 0; k < n; k++) {
		scale[k] = (float)tensor_f(l->scale, (int64_t)k);
		zero[k] = l->offset ? (float)tensor_i(l->offset, (int64_t)k) : 0;
	}
	groups_begin(&g, w, l->scale->dim);
	for (int64_t i = 0, m; i < w->count; i += m) {
		bool one = groups_next(&g, w->count - i, &m, group);
		block_load(w, i, m, x);
		for (int64_t k = 0; k < m; k++) {
			uint32_t at = group[one ? 0 : k];
			float v = wide ? (float)(uint8_t)q[i + k] : (float)q[i + k];
			now[k] = (v - zero[at]) * scale[at];
		}
		for (int64_t k = m; k < BLOCK; k++)
			now[k] = 0;
		block_step(w->dtype, now);
		count_block(&loss, x, now, m);
	}
	xfree(scale);
	xfree(zero);
	return loss;
}

/* Where the tables lie that the elements go through in their order. */
typedef struct TableWalk {
	const Palette *p;
	int64_t channels, part, inner, vector;
	int64_t row, i; /* the element at hand */
} TableWalk;

/* Elements of one channel from here on, at most n. */
static int64_t
table_run(TableWalk *t, int64_t n, const float *lut, float *now)
{
	int64_t c = t->row % t->channels, m = MIN(n, t->inner - t->i);
	const uint8_t *index = t->p->indices->data;

	index += t->row / t->vector * t->inner + t->i;
	lut += (c / t->part << t->p->bits) * t->vector + c % t->vector;
	for (int64_t k = 0; k < m; k++)
		now[k] = lut[index[k] * t->vector];
	t->i += m;
	if (t->i == t->inner) {
		t->i = 0;
		t->row++;
	}
	return m;
}

Loss
loss_palette(const Tensor *w, const Palette *p, const PalettePlan *plan)
{
	int64_t channels = w->dim[plan->axis];
	TableWalk t = {p, channels, channels / plan->groups, 1, plan->vector, 0, 0};
	float *lut = xcalloc((size_t)p->lut->count, sizeof *lut), x[BLOCK], now[BLOCK] = {0};
	Loss loss = {0};

	for (int k = plan->axis + 1; k < w->rank; k++)
		t.inner *= w->dim[k];
	if (plan->groups == 1 && plan->vector == 1) { /* one table: one run */
		t.channels = t.part = 1;
		t.inner = w->count;
	}
	for (int64_t i = 0; i < p->lut->count; i++)
		lut[i] = (float)tensor_f(p->lut, i);
	for (int64_t i = 0, m; i < w->count; i += m) {
		m = MIN(w->count - i, (int64_t)BLOCK);
		block_load(w, i, m, x);
		for (int64_t k = 0; k < m;)
			k += table_run(&t, m - k, lut, now + k);
		for (int64_t k = m; k < BLOCK; k++)
			now[k] = 0;
		count_block(&loss, x, now, m);
	}
	xfree(lut);
	return loss;
}

Loss
loss_sparse(const Tensor *w, const Tensor *mask)
{
	const uint8_t *kept = mask->data;
	float x[BLOCK], now[BLOCK];
	uint8_t part[BLOCK] = {0};
	Loss loss = {0};

	for (int64_t i = 0, m; i < w->count; i += m) {
		m = MIN(w->count - i, (int64_t)BLOCK);
		block_load(w, i, m, x);
		memcpy(part, kept + i, (size_t)m);
		for (int k = 0; k < BLOCK; k++)
			now[k] = x[k] * (float)part[k];
		count_block(&loss, x, now, m);
	}
	return loss;
}

Loss
loss_between(const Tensor *w, const Tensor *now)
{
	float x[BLOCK] = {0}, y[BLOCK] = {0};
	Loss loss = {0};

	for (int64_t i = 0, m; i < w->count; i += m) {
		m = MIN(w->count - i, (int64_t)BLOCK);
		for (int64_t k = 0; k < m; k++) {
			x[k] = (float)tensor_f(w, i + k);
			y[k] = (float)tensor_f(now, i + k);
		}
		for (int64_t k = m; k < BLOCK; k++)
			x[k] = y[k] = 0;
		count_block(&loss, x, y, m);
	}
	return loss;
}
