/* compile.c: milc_compile: where the models of a script go, and writing them. */
#include "api.h"

#include "stdlib/store.h"

typedef struct Output {
	Model *model;
	const char *path;
	Span span;
} Output;
typedef VEC(Output) Outputs;

/* FILE.mil, FILE.mlmodel -> FILE */
static const char *
stem_of(Arena *a, const char *path)
{
	const char *base = strcmp(path, "-") == 0 ? "stdin" : path_base(path);
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
	bool saved = u->saved.n && !u->o->program, folder = o && is_folder(o);

	if (saved && u->saved.n > 1 && o && !folder) {
		diag_error(&u->diag, u->saved.at[1].span,
		           "the script saves %u models, and -o %s names one file: use -o DIR/",
		           u->saved.n, o);
		for (uint32_t i = 0; i < u->saved.n; i++)
			diag_note(&u->diag, u->saved.at[i].span, "'%s' is saved here",
			          u->saved.at[i].path);
		return false;
	}
	if (saved && o && !folder) {
		Model *last = u->saved.at[0].model;
		if (u->models.n > u->saved.at[0].made)
			last = u->models.at[u->models.n - 1];
		if (last != u->saved.at[0].model)
			diag_warning(&u->diag, u->saved.at[0].span,
			             "the script saves one model and converts another one after "
			             "it; -o %s takes the last: -o DIR/ writes the saved one",
			             o);
		vec_push(a, out, (Output){last, o, NOSPAN});
		return true;
	}
	if (!saved) {
		Model *m = unit_model(u);
		const char *name = arena_printf(a, "%s.mlpackage", stem_of(a, u->path));
		const char *path = folder ? join_path(a, o, name) : o ? o : name;
		if (!o && sys_same(u->path, path))
			return unit_wrong_use(u,
			                      "'%s' would replace itself: name the output with -o",
			                      u->path);
		vec_push(a, out, (Output){m, path, NOSPAN});
		return true;
	}
	for (uint32_t i = 0; i < u->saved.n; i++) {
		const Saved *s = &u->saved.at[i];
		const char *path = o ? join_path(a, o, path_base(s->path))
		                     : join_path(a, u->dir, s->path);
		vec_push(a, out, (Output){s->model, path, s->span});
	}
	return true;
}

bool
api_text(milc *m, Model *model, bool mil, Buf *b)
{
	EmitCtx c = api_emit(m, NULL, NOSPAN);

	return unit_convert(&m->unit, model) &&
	       (mil ? unit_program(&m->unit, model) && emit_mil_text(model, b)
	            : emit_spec(model, &c, b));
}

static bool
write_text(milc *m, Model *model, const char *path)
{
	EmitCtx c = api_emit(m, path, NOSPAN);
	Buf text = {0};
	bool ok = api_text(m, model, true, &text) &&
	          (!path || emit_text_file(&c, text.at, text.n));

	if (ok && !path)
		api_give(m, &text);
	buf_free(&text);
	return ok;
}

bool
api_write(milc *m, Model *model, const char *path, Span at)
{
	const Target *t = target_for_path(path);
	EmitCtx c = api_emit(m, path, at);

	talk_progress(&m->unit.talk, path);
	return unit_convert(&m->unit, model) &&
	       (!t || t->made == OF_SPEC ||
	        (model->kind > BODY_NETWORK && t->made != AS_PICTURE) ||
	        unit_program(&m->unit, model)) &&
	       emit_model(model, &c);
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
		const char *first = out->at[0].path, *dot = strrchr(path_base(first), '.');
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
	for (uint32_t i = u->opened.n; i-- > 0;) {
		buf_byte(&b, ' ');
		put_make_name(&b, u->opened.at[i]);
	}
	buf_byte(&b, '\n');
	for (uint32_t i = u->opened.n; i-- > 0;) {
		put_make_name(&b, u->opened.at[i]);
		buf_puts(&b, ":\n");
	}
	ok = emit_text_file(&c, b.at, b.n);
	buf_free(&b);
	u->diag.machine = u->diag.machine || !ok;
	return ok;
}

bool
api_output_has_form(Unit *u)
{
	u->wrong_use = !emit_target(&u->diag, NOSPAN, u->o->output);
	return !u->wrong_use;
}

/* What -o names must be a form of output, and with -S that of text. */
static bool
output_fits(Unit *u)
{
	const char *path = u->o->output;
	const Target *t;

	if (!path || strcmp(path, "-") == 0 || is_folder(path))
		return true;
	t = target_for_path(path);
	if (u->o->text && t && t->made != AS_TEXT)
		return unit_wrong_use(
		    u, "-S writes MIL text, which '%s' does not hold: leave out -S or name a .mil",
		    path);
	return u->o->text || api_output_has_form(u);
}

static int
compile(milc *m, void *path)
{
	Unit *u = &m->unit;
	const char *o = m->settings.output;
	bool to_text = o && strcmp(o, "-") == 0, ok;
	Outputs out = {0};
	Commit *c;

	api_renew(m);
	if (!output_fits(u) || !api_load(m, path))
		return api_status(m, false);
	if (u->models.n == 0 && !o && !m->settings.text) {
		diag_warning(&u->diag, diag_span(u->diag.sources.at[0], 0, 0),
		             "the script made no model this time: nothing is written");
		return api_status(m, commit_end(commit_begin(u->store, &u->arena, &u->diag), true));
	}
	if (!unit_model(u))
		return api_status(m, false);
	c = commit_begin(u->store, &u->arena, &u->diag);
	u->batch = commit_batch(c);
	if (!commit_ready(c)) {
		ok = false;
	} else if (m->settings.text || to_text) {
		vec_push(&u->arena, &out, (Output){unit_model(u), o, NOSPAN});
		ok = write_text(m, unit_model(u), to_text ? NULL : o);
	} else {
		ok = place_outputs(u, &out);
		for (uint32_t i = 0; ok && i < out.n; i++)
			ok = commit_folders(c, out.at[i].path, out.at[i].span) &&
			     api_write(m, out.at[i].model, out.at[i].path, out.at[i].span);
	}
	u->batch = NULL;
	ok = commit_end(c, ok);
	return api_status(m, ok && (!m->settings.depend || write_depend(u, &out)));
}

int
milc_compile(milc *m, const char *path)
{
	return api_enter(m, compile, (void *)(uintptr_t)path);
}
