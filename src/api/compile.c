/* compile.c: milc_compile: where the models of a script go, and writing them. */
#include "api.h"

#include "form/emit.h"
#include "nn/lower.h"

#include <errno.h>
#include <stdio.h>

typedef struct Output {
	Model *model;
	const char *path;
	Span span;
} Output;
typedef VEC(Output) Outputs;

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* FILE.mil, FILE.mlmodel -> FILE */
static const char *
stem_of(Arena *a, const char *path)
{
	const char *base = strcmp(path, "-") == 0 ? "stdin" : base_of(path);
	const char *dot = strrchr(base, '.');
	bool known = dot && dot != base && (!strcmp(dot, ".mil") || target_for_path(base));

	return known ? arena_printf(a, "%.*s", (int)(dot - base), base) : base;
}

static bool
is_folder(const char *path)
{
	size_t n = strlen(path);

	if (n && path[n - 1] == '/')
		return true;
	return !target_for_path(path) && sys_kind(path) == PATH_FOLDER;
}

static const char *
join_path(Arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (name[0] == '/' || strcmp(dir, ".") == 0)
		return name;
	return arena_printf(a, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

/* Which model goes where: spec/cli: what save() names, or -o. */
static bool
place_outputs(Unit *u, Outputs *out)
{
	Arena *a = &u->arena;
	const char *o = u->o->output;

	if (o && u->saved.n > 1 && !u->o->program && !is_folder(o)) {
		diag_error(&u->diag, u->saved.at[1].span,
		           "the script saves %u models, and -o %s names one file: use -o DIR/",
		           u->saved.n, o);
		for (uint32_t i = 0; i < u->saved.n; i++)
			diag_note(&u->diag, u->saved.at[i].span, "'%s' is saved here",
			          u->saved.at[i].path);
		return false;
	}
	if (o && u->saved.n == 1 && !is_folder(o) && !u->o->program) {
		Model *last = u->models.at[u->models.n - 1];
		if (last != u->saved.at[0].model)
			diag_warning(&u->diag, u->saved.at[0].span,
			             "the script saves one model and converts another one after "
			             "it; -o %s takes the last: -o DIR/ writes the saved one",
			             o);
		vec_push(a, out, (Output){last, o, NOSPAN});
		return true;
	}
	if (u->saved.n == 0 || u->o->program) {
		Model *m = unit_model(u);
		const char *name = arena_printf(a, "%s.mlpackage", stem_of(a, u->path));
		vec_push(a, out, (Output){m, !o ? name : is_folder(o) ? join_path(a, o, name) : o,
		                          NOSPAN});
		return true;
	}
	for (uint32_t i = 0; i < u->saved.n; i++) {
		const Made *s = &u->saved.at[i];
		const char *path = !o             ? join_path(a, u->dir, s->path)
		                   : is_folder(o) ? join_path(a, o, base_of(s->path))
		                                  : o;
		vec_push(a, out, (Output){s->model, path, s->span});
	}
	return true;
}

/* Folders on the way to an output: os.makedirs of the script was a promise to make them. */
static bool
make_folders(Unit *u, const Output *o)
{
	char *path = arena_strdup(&u->arena, o->path);

	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (!sys_make_folder(path) && errno != EEXIST) {
			u->diag.machine = true;
			diag_error(&u->diag, o->span, "cannot make the folder '%s': %s", path,
			           strerror(errno));
			return false;
		}
		*p = '/';
	}
	return true;
}

static bool
write_all(FILE *f, const char *at, size_t n)
{
	return fwrite(at, 1, n, f) == n && fflush(f) == 0;
}

static bool
write_text(Unit *u, Model *m, const char *path)
{
	EmitCtx c = {.path = path, .diag = &u->diag};
	Buf text = {0};
	bool ok = unit_program(u, m) && unit_convert(u, m) && emit_mil_text(m, &text);

	if (ok && path) {
		ok = emit_text_file(&c, text.at, text.n);
	} else if (ok) {
		/* Apple's text ends without a newline; a prompt needs one. */
		if (sys_is_terminal(SYS_STDOUT))
			buf_byte(&text, '\n');
		if (!write_all(stdout, text.at, text.n)) {
			u->diag.machine = true;
			diag_error(&u->diag, NOSPAN, "cannot write to standard output: %s",
			           strerror(errno));
			ok = false;
		}
	}
	buf_free(&text);
	return ok;
}

static bool
write_outputs(Unit *u, const Outputs *out)
{
	for (uint32_t i = 0; i < out->n; i++) {
		const Output *o = &out->at[i];
		const Target *t = target_for_path(o->path);
		EmitCtx c = {.path = o->path,
		             .diag = &u->diag,
		             .span = o->span,
		             .date = u->o->date,
		             .lower = lower_network};
		if (!make_folders(u, o) || !unit_convert(u, o->model))
			return false;
		if (t && t->text && !unit_program(u, o->model))
			return false;
		unit_progress(u, o->path);
		if (!emit_model(o->model, &c))
			return false;
	}
	return true;
}

/* "out: script weights.npz" with blanks escaped, and an empty rule for each input, so that make
 * does not stop when one is gone. */
static void
put_make_name(Buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '#' || *s == '$')
			buf_byte(b, *s == '$' ? '$' : '\\');
		buf_byte(b, *s);
	}
}

static bool
write_depend(Unit *u, const Outputs *out)
{
	const char *path = u->o->depend_file;
	EmitCtx c = {.diag = &u->diag};
	Buf b = {0};
	bool ok;

	if (!path) { /* OUT.mlpackage: OUT.d beside it */
		const char *first = out->at[0].path, *dot = strrchr(base_of(first), '.');
		path = arena_printf(&u->arena, "%.*s.d",
		                    (int)(dot ? (size_t)(dot - first) : strlen(first)), first);
	}
	c.path = path;
	for (uint32_t i = 0; i < out->n; i++) {
		put_make_name(&b, out->at[i].path);
		buf_puts(&b, i + 1 < out->n ? " " : ":");
	}
	buf_byte(&b, ' ');
	put_make_name(&b, u->path);
	for (Opened *o = u->opened; o; o = o->next) {
		buf_byte(&b, ' ');
		put_make_name(&b, o->path);
	}
	buf_byte(&b, '\n');
	for (Opened *o = u->opened; o; o = o->next) {
		put_make_name(&b, o->path);
		buf_puts(&b, ":\n");
	}
	ok = emit_text_file(&c, b.at, b.n);
	buf_free(&b);
	u->diag.machine = u->diag.machine || !ok;
	return ok;
}

static bool
compile(Unit *u, const char *path)
{
	const char *o = u->o->output;
	bool to_stdout = o && strcmp(o, "-") == 0;
	Outputs out = {0};
	Model *m;

	if (!unit_open(u, path))
		return false;
	m = unit_model(u);
	if (u->o->text || to_stdout) {
		vec_push(&u->arena, &out, (Output){m, o, NOSPAN});
		if (!write_text(u, m, to_stdout ? NULL : o))
			return false;
	} else if (!place_outputs(u, &out) || !write_outputs(u, &out)) {
		return false;
	}
	return !u->o->depend || write_depend(u, &out);
}

int
milc_compile(const char *path, const milc_compile_options *o)
{
	Settings s;
	Api a;
	Unit u;
	int status;

	api_begin(&a, &u, &s, o);
	a.print_to_stderr = (o->output && strcmp(o->output, "-") == 0) || (o->text && !o->output);
	status = unit_status(&u, compile(&u, path));
	api_end(&a);
	if (fflush(stdout) != 0 && status == MILC_OK)
		status = MILC_FAILED;
	return status;
}
