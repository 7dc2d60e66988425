/* slide.c: see slide.h. */
#include "slide.h"

#include <strings.h>

bool
slide_read(Eval *e, Slide *w, const Tensor *x, const int64_t *kernel, bool dilated)
{
	int64_t ns, np, nd;
	const int64_t *stride = eval_ints(e, ARG_strides, &ns), *pad = eval_ints(e, ARG_pad, &np);
	const int64_t *dilation = dilated ? eval_ints(e, ARG_dilations, &nd) : NULL;
	const char *type = eval_str(e, ARG_pad_type, "valid");
	int lead;

	*w = (Slide){.n = x->rank - 2};
	lead = 3 - w->n;
	if (w->n < 1 || w->n > 3 || !stride || ns != w->n || (dilation && nd != w->n))
		return eval_fail(e, "x has rank %d, not 3 to 5 as the strides need it", x->rank);
	for (int i = 0; i < 3; i++) {
		bool real = i >= lead;
		w->in[i] = real ? x->dim[2 + i - lead] : 1;
		w->kernel[i] = real ? kernel[i - lead] : 1;
		w->stride[i] = real ? stride[i - lead] : 1;
		w->dilation[i] = real && dilation ? dilation[i - lead] : 1;
		if (w->stride[i] < 1 || w->dilation[i] < 1 || w->kernel[i] < 1)
			return eval_fail(e, "axis %d has no window", i - lead + 2);
		if (!real || strcasecmp(type, "custom") != 0)
			continue;
		if (!pad || np != 2 * w->n)
			return eval_fail(e, "pad has not %d elements", 2 * w->n);
		w->before[i] = pad[2 * (i - lead)];
		w->after[i] = pad[2 * (i - lead) + 1];
	}
	return true;
}

bool
slide_forward(Eval *e, Slide *w, bool ceil_mode)
{
	const char *type = eval_str(e, ARG_pad_type, "valid");

	for (int i = 0; i < 3; i++) {
		int64_t s = w->stride[i], reach = (w->kernel[i] - 1) * w->dilation[i] + 1, room;
		if (strncasecmp(type, "same", 4) == 0) {
			int64_t full = ((w->in[i] + s - 1) / s - 1) * s + reach - w->in[i];
			int64_t half = MAX(0, full) / 2, rest = MAX(0, full) - half;
			bool lower = strcasecmp(type, "same_lower") == 0;
			w->before[i] = lower ? rest : half;
			w->after[i] = lower ? half : rest;
		}
		room = w->in[i] + w->before[i] + w->after[i] - reach;
		if (room < 0 && !(ceil_mode && room + s - 1 >= 0))
			return eval_fail(e, "a window of %lld does not fit into %lld elements",
			                 (long long)reach, (long long)w->in[i]);
		w->out[i] = (room + (ceil_mode ? s - 1 : 0)) / s + 1;
		if (ceil_mode && w->before[i] + w->after[i] > 0 &&
		    2 * (w->out[i] - 1) * s >= 2 * w->in[i] + w->before[i] + w->after[i])
			w->out[i]--;
	}
	return true;
}

bool
slide_back(Eval *e, Slide *w)
{
	int64_t n = 0;
	const int64_t *shape = eval_ints(e, ARG_output_shape, &n);
	bool same = strcasecmp(eval_str(e, ARG_pad_type, "valid"), "same") == 0;

	for (int i = 0; i < 3; i++) {
		int64_t reach = (w->kernel[i] - 1) * w->dilation[i] + 1;
		int64_t full = (w->in[i] - 1) * w->stride[i] + reach;
		w->out[i] = same ? w->in[i] * w->stride[i] : full - w->before[i] - w->after[i];
		if (i < 3 - w->n)
			w->out[i] = 1;
		else if (shape && n == w->n + 2)
			w->out[i] = shape[2 + i - (3 - w->n)];
		if (w->out[i] < 1)
			return eval_fail(e, "the result would be empty");
		if (same)
			w->before[i] = MAX(0, full - w->out[i]) / 2;
	}
	return true;
}

void
slide_range(const Slide *w, int a, int64_t k, int64_t *first, int64_t *last)
{
	int64_t shift = k * w->dilation[a] - w->before[a], s = w->stride[a];

	/* 0 <= o * s + shift < in */
	*first = shift < 0 ? (-shift + s - 1) / s : 0;
	*last = w->in[a] > shift ? (w->in[a] - shift + s - 1) / s : 0;
	*last = MIN(*last, w->out[a]);
}
