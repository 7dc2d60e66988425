/* compile.c: milc_compile: where the models of a script go, and writing them. */
#include "unit.h"

#include "form/emit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* FILE.mil -> FILE */
static const char *
stem_of(Arena *a, const char *path)
{
	const char *base = strcmp(path, "-") == 0 ? "stdin" : base_of(path);
	size_t n = strlen(base);

	if (n > 4 && strcmp(base + n - 4, ".mil") == 0)
		n -= 4;
	return arena_printf(a, "%.*s", (int)n, base);
}

static bool
is_folder(const char *path)
{
	size_t n = strlen(path);
	struct stat st;

	if (n && path[n - 1] == '/')
		return true;
	return !target_for_path(path) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
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
	Bind *b = &u->bind;
	const char *o = u->o->output;

	if (o && b->saved.n > 1 && !u->o->program && !is_folder(o)) {
		diag_error(&u->diag, b->saved.at[1].span,
		           "the script saves %u models, and -o %s names one file: use -o DIR/",
		           b->saved.n, o);
		for (uint32_t i = 0; i < b->saved.n; i++)
			diag_note(&u->diag, b->saved.at[i].span, "'%s' is saved here",
			          b->saved.at[i].path);
		return false;
	}
	if (o && b->saved.n == 1 && !is_folder(o) && !u->o->program) {
		Model *last = b->models.at[b->models.n - 1];
		if (last != b->saved.at[0].model)
			diag_warning(&u->diag, b->saved.at[0].span,
			             "the script saves one model and converts another one after "
			             "it; -o %s takes the last: -o DIR/ writes the saved one",
			             o);
		vec_push(a, out, (Output){last, o, NOSPAN});
		return true;
	}
	if (b->saved.n == 0 || u->o->program) {
		Model *m = unit_model(u);
		const char *name = arena_printf(a, "%s.mlpackage", stem_of(a, u->path));
		vec_push(a, out, (Output){m, !o ? name : is_folder(o) ? join_path(a, o, name) : o,
		                          NOSPAN});
		return true;
	}
	for (uint32_t i = 0; i < b->saved.n; i++) {
		Saved *s = &b->saved.at[i];
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
		if (mkdir(path, 0777) != 0 && errno != EEXIST) {
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

static int
write_text(Unit *u, const Output *o)
{
	Buf text = {0};
	int status = MILC_OK;

	if (!emit_mil_text(o->model, &text)) {
		status = MILC_WRONG_INPUT;
	} else if (u->o->output && strcmp(u->o->output, "-") != 0) {
		EmitCtx c = {.path = o->path, .diag = &u->diag, .span = o->span};
		if (!emit_text_file(&c, text.at, text.n))
			status = MILC_FAILED;
	} else {
		/* Apple's text ends without a newline; a prompt needs one. */
		if (isatty(STDOUT_FILENO))
			buf_byte(&text, '\n');
		if (!write_all(stdout, text.at, text.n)) {
			diag_error(&u->diag, NOSPAN, "cannot write to standard output: %s",
			           strerror(errno));
			status = MILC_FAILED;
		}
	}
	buf_free(&text);
	return status;
}

static int
write_outputs(Unit *u, const Outputs *out)
{
	for (uint32_t i = 0; i < out->n; i++) {
		const Output *o = &out->at[i];
		EmitCtx c = {
		    .path = o->path, .diag = &u->diag, .span = o->span, .date = u->o->date};
		if (!make_folders(u, o))
			return MILC_FAILED;
		unit_progress(u, o->path);
		if (!emit_model(o->model, &c))
			return c.failed_io ? MILC_FAILED : MILC_WRONG_INPUT;
	}
	return MILC_OK;
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

static int
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
	return ok ? MILC_OK : MILC_FAILED;
}

int
milc_compile(const char *path, const milc_compile_options *o)
{
	Outputs out = {0};
	Unit u;
	int status;
	bool to_stdout = o->output && strcmp(o->output, "-") == 0;

	unit_init(&u, o);
	u.print_to_stderr = to_stdout || (o->text && !o->output);
	if (unit_script(&u, path, &status)) {
		if (o->text || to_stdout) {
			vec_push(&u.arena, &out, (Output){unit_model(&u), o->output, NOSPAN});
			status = write_text(&u, &out.at[0]);
		} else if (!place_outputs(&u, &out)) {
			status = MILC_WRONG_INPUT;
		} else {
			status = write_outputs(&u, &out);
		}
		if (status == MILC_OK && o->depend)
			status = write_depend(&u, &out);
		if (status == MILC_OK && u.diag.nerror)
			status = MILC_WRONG_INPUT;
	}
	if (status == MILC_WRONG_INPUT && u.diag.machine)
		status = MILC_FAILED;
	unit_free(&u);
	if (fflush(stdout) != 0 && status == MILC_OK)
		status = MILC_FAILED;
	return status;
}
