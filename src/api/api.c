/* api.c: the options of milc.h as settings, its sinks as those of a unit. */
#include "api.h"

#include "script/interp.h"

#include <stdio.h>

static void
show_progress(void *ctx, const char *what)
{
	Api *a = ctx;

	if (!what && a->progress_shown)
		fputs("\r\033[K", stderr);
	a->progress_shown = what && a->common->progress && now_ms() - a->u->started > 1000;
	if (a->progress_shown)
		fprintf(stderr, "\r\033[Kmilc: %s", what);
}

static void
diagnose(void *ctx, const char *text, size_t n)
{
	Api *a = ctx;

	show_progress(a, NULL);
	if (a->common->diagnostics)
		a->common->diagnostics(a->common->diagnostics_ctx, text, n);
	else
		fwrite(text, 1, n, stderr);
}

static void
print(void *ctx, const char *text, size_t n)
{
	Api *a = ctx;

	if (a->common->print)
		a->common->print(a->common->print_ctx, text, n);
	else
		fwrite(text, 1, n, a->print_to_stderr ? stderr : stdout);
}

void
api_begin(Api *a, Unit *u, Settings *s, const milc_compile_options *o)
{
	const milc_common *c = &o->common;
	Define *def;

	*a = (Api){.u = u, .common = c};
	def = newn(&a->arena, Define, c->ndefine + 1);
	for (size_t i = 0; i < c->ndefine; i++)
		def[i] = (Define){c->define[i].name, c->define[i].value};
	*s = (Settings){
	    .output = o->output,
	    .convert_to = o->convert_to,
	    .target = o->target,
	    .precision = o->precision,
	    .passes = o->passes,
	    .program = o->program,
	    .function = o->function,
	    .print_after = o->print_after,
	    .depend_file = o->depend_file,
	    .date = o->date,
	    .text = o->text,
	    .time_passes = o->time_passes,
	    .verify_passes = o->verify_passes,
	    .depend = o->depend,
	    .json = c->json,
	    .color = c->color,
	    .werror = c->warnings_are_errors,
	    .max_steps = c->max_steps,
	    .max_memory = c->max_memory,
	    .define = def,
	    .ndefine = c->ndefine,
	};
	unit_init(u, s);
	u->diag.sink = diagnose;
	u->diag.sink_ctx = a;
	u->print = print;
	u->print_ctx = a;
	u->progress = show_progress;
	u->progress_ctx = a;
}

void
api_end(Api *a)
{
	unit_free(a->u);
	arena_free(&a->arena);
}
