/* diff.c: two models: what kind they are, their fields, their programs, the models of pipelines. */
#include "differ.h"

#include <math.h>

#include "form/read.h"

static void diff_specs(Diff *d, const char *place, Model *a, Model *b);

/* The program of a model; NULL: it has none, or that was reported. */
static const Program *
program_of(Diff *d, Model *m)
{
	if (!m->prog && m->kind == BODY_PROGRAM &&
	    (!read_interface(d->c, m) || !read_program(d->c, m)))
		d->failed = true;
	return m->prog;
}

/* ---- pipelines ---- */

typedef struct Pipelines {
	Diff *d;
	const char *place;
	const Model *a, *b;
} Pipelines;

static void
diff_parts(void *ctx, int64_t i, int64_t j)
{
	const Pipelines *p = ctx;
	const char *number = arena_printf(p->d->arena, "%lld", (long long)(i < 0 ? j : i));
	const char *at = place_in(p->d, p->place, "model", number);
	const Msg *x = i < 0 ? NULL : msg_at(pipeline_of(p->a), "models", (size_t)i);
	const Msg *y = j < 0 ? NULL : msg_at(pipeline_of(p->b), "models", (size_t)j);

	if (x && y)
		diff_specs(p->d, at, read_part(p->d->c, p->a, x, p->a->origin->place),
		           read_part(p->d->c, p->b, y, p->b->origin->place));
	else
		change_add(p->d, (Change){.kind = x ? CHANGE_REMOVED : CHANGE_ADDED,
		                          .place = at,
		                          .before = x ? msg_case(x, "mlProgram") : NULL,
		                          .after = y ? msg_case(y, "mlProgram") : NULL,
		                          .most = NAN});
}

static void
diff_pipelines(Diff *d, const char *place, const Model *a, const Model *b)
{
	static const char *const skip[] = {"models", NULL};
	Pipelines p = {d, place, a, b};

	diff_fields(d, place, pipeline_of(a), pipeline_of(b), skip);
	diff_lists(d, pipeline_of(a), pipeline_of(b), "models", &(Lists){&p, diff_parts});
}

/* ---- models ---- */

static void
diff_kinds(Diff *d, const char *place, const char *a, const char *b)
{
	change_add(d, (Change){.kind = CHANGE_OTHER,
	                       .place = place,
	                       .what = "kind",
	                       .before = a ? a : "none",
	                       .after = b ? b : "none",
	                       .most = NAN});
}

static void
diff_specs(Diff *d, const char *place, Model *a, Model *b)
{
	const char *x = msg_case(a->spec, "mlProgram"), *y = msg_case(b->spec, "mlProgram");
	bool same = x && y && !strcmp(x, y);
	bool pipelines = same && a->kind == BODY_PIPELINE;
	const char *skip[] = {x, y, NULL};
	static const char *const functions[] = {"functions", NULL};

	if (!same && (x || y))
		diff_kinds(d, place, x, y);
	/* What has no rules of its own goes field by field. */
	if (same && !pipelines && a->kind != BODY_PROGRAM)
		skip[0] = NULL;
	if (!skip[0] && !same)
		skip[0] = skip[1], skip[1] = NULL;
	diff_fields(d, place, a->spec, b->spec, skip);
	if (pipelines)
		diff_pipelines(d, place, a, b);
	if (same && a->kind == BODY_PROGRAM)
		diff_fields(d, place, msg_get(a->spec, x), msg_get(b->spec, x), functions);
	if ((same && a->kind == BODY_PROGRAM) || (!same && a->prog && b->prog)) {
		const Program *p = program_of(d, a), *q = program_of(d, b);
		if (p && q)
			diff_programs(d, place, p, q);
	}
}

bool
diff_models(Diff *d, Model *a, Model *b)
{
	diff_specs(d, "", a, b);
	return !d->failed;
}
