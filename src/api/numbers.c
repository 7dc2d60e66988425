/* numbers.c: whether two forms of a model compute the same: see api.h. */
#include "api.h"

static void
put_gap(Buf *b, const char *what, const NumberGap *g)
{
	buf_printf(b, "largest %s: ", what);
	if (g->at) {
		buf_printf(b, "%.3g, of ", g->size);
		put_safe(b, g->at);
		buf_printf(b, ": %.6g before, %.6g after\n", g->before, g->after);
	} else {
		buf_puts(b, "none\n");
	}
}

void
api_put_gaps(milc *m, const Gaps *g)
{
	Buf b = {0};

	put_gap(&b, "difference", &g->absolute);
	if (g->absolute.at)
		put_gap(&b, "relative difference", &g->relative);
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

/* Outputs that both have: a classifier's may have got other names. */
static uint32_t
pair_up(const NamedTensor *was, uint32_t nwas, const NamedTensor *now, uint32_t nnow,
        NamedTensor *x, NamedTensor *y)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < nwas; k++)
		for (uint32_t i = 0; i < nnow; i++)
			if (now[i].name == was[k].name) {
				x[n] = was[k];
				y[n++] = now[i];
			}
	return n;
}

static bool
compare_function(milc *m, const Model *was, const Model *now, const Func *f, Arena *a, Gaps *g,
                 bool *compared)
{
	NamedTensor *x, *y, *both[2];
	uint32_t nx, ny, n;
	const Func *of = same_function(now, f->name);

	talk_progress(&m->unit.talk, "running");
	if (!api_outputs(m, was, f->name->s, false, a, &x, &nx))
		return m->unit.diag.nerror == 0;
	if (!api_outputs(m, now, of->name->s, true, a, &y, &ny))
		return false;
	for (int k = 0; k < 2; k++)
		both[k] = newn(a, NamedTensor, (size_t)nx * ny + 1);
	n = pair_up(x, nx, y, ny, both[0], both[1]);
	gaps_find(g, a, of, both[0], n, both[1], n);
	*compared = true;
	return true;
}

bool
api_compare(milc *m, const Model *was, const Model *now, Arena *a, Gaps *g, bool *compared)
{
	bool ok = true;

	for (uint32_t k = 0; ok && k < was->prog->funcs.n; k++)
		ok = compare_function(m, was, now, was->prog->funcs.at[k], a, g, compared);
	return ok;
}
