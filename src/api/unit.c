/* unit.c: from a path to models in memory. */
#include "unit.h"

#include <stdio.h>

enum { MAX_SCRIPT = 64 << 20 }; /* bytes; a script is written by people or by programs for people */

void
unit_progress(Unit *u, const char *what)
{
	if (!what && u->progress_shown)
		fputs("\r\033[K", stderr);
	u->progress_shown = what && u->o->common.progress && now_ms() - u->started > 1000;
	if (u->progress_shown)
		fprintf(stderr, "\r\033[Kmilc: %s", what);
}

static void
progress_of(void *ctx, const char *what)
{
	unit_progress(ctx, what);
}

static void
diag_to_sink(void *ctx, const char *text, size_t n)
{
	const milc_common *c = &((Unit *)ctx)->o->common;

	unit_progress(ctx, NULL);
	if (c->diagnostics)
		c->diagnostics(c->diagnostics_ctx, text, n);
	else
		fwrite(text, 1, n, stderr);
}

void
unit_print(Unit *u, const char *text, size_t n)
{
	const milc_common *c = &u->o->common;

	unit_progress(u, NULL);
	if (c->print)
		c->print(c->print_ctx, text, n);
	else
		fwrite(text, 1, n, u->print_to_stderr ? stderr : stdout);
}

static void
print_of(void *ctx, const char *text, size_t n)
{
	unit_print(ctx, text, n);
}

static void
note_opened(void *ctx, const char *path)
{
	Unit *u = ctx;
	Opened *o = new(&u->arena, Opened);

	o->path = arena_strdup(&u->arena, path);
	o->next = u->opened;
	u->opened = o;
}

void
unit_init(Unit *u, const milc_compile_options *o)
{
	memset(u, 0, sizeof *u);
	u->o = o;
	u->started = now_ms();
	intern_init(&u->names, &u->arena);
	diag_init(&u->diag, &u->arena);
	u->diag.sink = diag_to_sink;
	u->diag.sink_ctx = u;
	u->diag.json = o->common.json;
	u->diag.color = o->common.color;
	u->diag.werror = o->common.warnings_are_errors;
}

void
unit_free(Unit *u)
{
	diag_flush(&u->diag);
	unit_progress(u, NULL);
	if (u->in)
		interp_free(u->in);
	mapfile_close(&u->file);
	intern_free(&u->names);
	arena_free(&u->arena);
}

static bool
wrong_use(Unit *u, int *status, const char *fmt, const char *arg, const char *near)
{
	diag_error(&u->diag, NOSPAN, fmt, arg, near);
	*status = MILC_WRONG_USE;
	return false;
}

/* Options that take a word out of a set. */
static bool
read_options(Unit *u, int *status)
{
	const milc_compile_options *o = u->o;
	ConvertFlags *f = &u->flags;

	if (o->convert_to && !strcmp(o->convert_to, "mlprogram"))
		f->format = FORMAT_MLPROGRAM;
	else if (o->convert_to && !strcmp(o->convert_to, "neuralnetwork"))
		f->format = FORMAT_NEURALNETWORK;
	else if (o->convert_to)
		return wrong_use(u, status, "-t is '%s', expected mlprogram or neuralnetwork%s",
		                 o->convert_to, "");
	if (o->target && !(f->target = opset_from_name(o->target)))
		return wrong_use(u, status,
		                 "--target is '%s', expected iOS13 … iOS26 or macOS12 …%s",
		                 o->target, "");
	if (o->precision && !strcmp(o->precision, "fp16"))
		f->precision = PRECISION_FP16;
	else if (o->precision && !strcmp(o->precision, "fp32"))
		f->precision = PRECISION_FP32;
	else if (o->precision)
		return wrong_use(u, status, "--precision is '%s', expected fp16 or fp32%s",
		                 o->precision, "");
	if (o->print_after && strcmp(o->print_after, "all") != 0 && !pass_find(o->print_after))
		return wrong_use(u, status,
		                 pass_nearest(o->print_after)
		                     ? "--print-after: there is no pass '%s'; did you mean '%s'?"
		                     : "--print-after: there is no pass '%s'",
		                 o->print_after, pass_nearest(o->print_after));
	if (o->function && strcmp(o->function, "main") != 0)
		return wrong_use(u, status,
		                 "--function '%s': programs with several functions are not yet "
		                 "supported%s",
		                 o->function, "");
	f->passes = o->passes;
	f->program = o->program;
	u->pass_run = (PassRunOptions){
	    .print_after = o->print_after,
	    .time = o->time_passes,
	    .verify = o->verify_passes,
	    .print = print_of,
	    .print_ctx = u,
	    .progress = progress_of,
	    .progress_ctx = u,
	};
	f->run = &u->pass_run;
	return true;
}

/* The first token of a program in Apple's text form; no script starts like that. */
static bool
is_mil_text(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && strchr(" \t\r\n", s[i]))
		i++;
	if (n - i < 8 || memcmp(s + i, "program", 7) != 0)
		return false;
	for (i += 7; i < n && strchr(" \t", s[i]); i++)
		;
	return i < n && s[i] == '(';
}

static const char *
folder_of(Arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : arena_printf(a, "%.*s", (int)(slash - path), path);
}

static bool
run_script(Unit *u, const char *path)
{
	const milc_common *c = &u->o->common;
	Define *def = newn(&u->arena, Define, MAX(c->ndefine, 1));
	InterpOptions io = {
	    .defines = def,
	    .ndefine = (uint32_t)c->ndefine,
	    .dir = u->dir,
	    .script = path,
	    .print = print_of,
	    .print_ctx = u,
	    .opened = note_opened,
	    .opened_ctx = u,
	};
	Source *src;

	io.limits.steps = c->max_steps;
	io.limits.memory = c->max_memory;
	for (size_t i = 0; i < c->ndefine; i++)
		def[i] = (Define){c->define[i].name, c->define[i].value};
	src =
	    diag_add_source(&u->diag, strcmp(path, "-") ? path : "<stdin>", u->file.at, u->file.n);
	if (!src)
		return false;
	if (is_mil_text(u->file.at, u->file.n)) {
		diag_error(&u->diag, diag_span(src, 0, 1),
		           "this is MIL text, and reading MIL text is not yet supported");
		return false;
	}
	u->in = interp_new(&u->arena, &u->names, &u->diag, &io);
	bind_init(&u->bind, &u->arena, &u->names, &u->diag, u->in, &u->flags);
	bind_modules(u->in, &u->bind);
	u->types = &u->bind.types;
	return interp_run(u->in, src) && bind_finish(&u->bind) && u->diag.nerror == 0;
}

bool
unit_script(Unit *u, const char *path, int *status)
{
	if (!read_options(u, status))
		return false;
	*status = MILC_WRONG_INPUT;
	u->path = path;
	u->dir = folder_of(&u->arena, path);
	if (!mapfile_read(&u->file, &u->diag, NOSPAN, path, MAX_SCRIPT) || !run_script(u, path))
		return false;
	*status = MILC_OK;
	return true;
}

Model *
unit_model(Unit *u)
{
	Bind *b = &u->bind;

	if (b->saved.n && !u->o->program)
		return b->saved.at[b->saved.n - 1].model;
	return b->models.n ? b->models.at[b->models.n - 1] : NULL;
}
