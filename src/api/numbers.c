/* numbers.c: whether two forms of a model compute the same: see api.h. */
#include "api.h"

#include "pass/verify_run.h"

#include <math.h>

static void
compare(const NamedTensor *was, const NamedTensor *now, bool half, Largest *l)
{
	double size = 0, tol = half ? 2e-2 : 1e-4, least = half ? 0x1p-14 : 1e-12;

	if (was->t->dtype == DT_STRING || was->t->count != now->t->count) {
		l->wrong = l->wrong || was->t->count != now->t->count;
		return;
	}
	for (int64_t k = 0; k < was->t->count; k++)
		if (isfinite(tensor_f(was->t, k)))
			size = fmax(size, fabs(tensor_f(was->t, k)));
	for (int64_t k = 0; k < was->t->count; k++) {
		double x = tensor_f(was->t, k), y = tensor_f(now->t, k), d = fabs(x - y);
		if (x == y || !isfinite(x)) /* what was no number may become one */
			continue;
		l->wrong = l->wrong || !(d <= tol * (fabs(x) + size) + least);
		if (!l->name || !(d <= l->difference))
			*l = (Largest){d, size, was->name, l->wrong, true};
	}
}

void
api_put_largest(milc *m, const Largest *l)
{
	Buf b = {0};

	if (l->name) {
		buf_printf(&b, "largest difference: %.3g, of output ", l->difference);
		put_safe(&b, l->name->s);
		buf_printf(&b, " with numbers up to %.3g\n", l->magnitude);
	} else {
		buf_puts(&b, "largest difference: none\n");
	}
	talk_print(&m->unit.talk, b.at, b.n);
	buf_free(&b);
}

static const Func *
same_function(const Model *m, const Str *name)
{
	for (uint32_t k = 0; k < m->prog->funcs.n; k++)
		if (m->prog->funcs.at[k]->name == name)
			return m->prog->funcs.at[k];
	return m->prog->funcs.at[0];
}

static bool
compare_function(milc *m, const Model *was, const Model *now, const Func *f, Arena *a, Largest *l)
{
	NamedTensor *x, *y;
	uint32_t nx, ny;
	const Func *g = same_function(now, f->name);
	bool half = block_has_half(f->body) || block_has_half(g->body);

	talk_progress(&m->unit.talk, "running");
	if (!api_outputs(m, was, f->name->s, false, a, &x, &nx))
		return m->unit.diag.nerror == 0;
	if (!api_outputs(m, now, g->name->s, true, a, &y, &ny))
		return false;
	for (uint32_t k = 0; k < nx; k++)
		for (uint32_t i = 0; i < ny; i++)
			if (y[i].name == x[k].name)
				compare(&x[k], &y[i], half, l);
	l->compared = true;
	return true;
}

bool
api_compare(milc *m, const Model *was, const Model *now, Largest *l)
{
	Arena outputs = {0};
	bool ok = true;

	for (uint32_t k = 0; ok && k < was->prog->funcs.n; k++)
		ok = compare_function(m, was, now, was->prog->funcs.at[k], &outputs, l);
	arena_free(&outputs);
	return ok;
}
