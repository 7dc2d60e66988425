/* reduce.c: milc_reduce, and what --verify-passes does with a difference: the smallest program that
 * still has what is looked for, as a script.
 *
 * milc_reduce asks a command of the user's, which sees each candidate as a script in a folder that
 * is removed in the end: the only place where milc runs a command.
 */
#include "api.h"

#include "base/sys.h"
#include "prove/reduce.h"

#include "Model.pb-c.h"
#include <errno.h>

/* ---- programs as scripts ---- */

/* What the model says of its inputs holds for those that are left. */
static void
keep_inputs(Interface *face, const Features *was)
{
	for (uint32_t k = 0; k < face->input.n; k++) {
		Feature *f = &face->input.at[k];
		const Feature *old = features_find(was, f->name->s, f->name->len);
		if (old && old->kind == f->kind && old->rank == f->rank && old->nrange)
			*f = *old;
	}
}

static bool
takes_half(const Func *f)
{
	for (uint32_t k = 0; k < f->body->nparam; k++)
		if (tensor_part(f->body->param[k]->type)->dtype == DT_FP16)
			return true;
	return false;
}

/* A model like that one with this program; memory from the arena. */
static bool
make_model(const Model *like, const Program *p, Arena *a, Model *out)
{
	const Features none = {0};

	*out = *like;
	out->arena = a;
	out->kind = BODY_PROGRAM;
	out->format = FORMAT_MLPROGRAM;
	out->prog = program_clone_into(p, a);
	out->classifier = NULL;
	out->face = (Interface){0};
	memset(&out->func, 0, sizeof out->func);
	model_changed(out);
	if (!out->metadata)
		out->metadata = msg_new(a, &core_ml__specification__metadata__descriptor);
	if (out->spec_version < (int)IOS15 || like->format != FORMAT_MLPROGRAM)
		out->file_opset = OPSET_NONE;
	for (uint32_t k = 0; k < p->funcs.n; k++) {
		const Func *f = out->prog->funcs.at[k];
		const Interface *was = like->prog ? model_face(like, f->name) : NULL;
		Interface face = {0};
		if (out->file_opset && out->file_opset < IOS16 && takes_half(f))
			out->file_opset = IOS16;
		if (!function_interface(out, f, &face))
			return false;
		keep_inputs(&face, was ? &was->input : &none);
		face.name = f->name;
		if (f->name == p->default_func || p->funcs.n == 1)
			out->face = face;
		if (p->funcs.n > 1)
			vec_push(a, &out->func, face);
	}
	return true;
}

typedef struct Text { /* of a script */
	Arena arena;
	Buf script;
	DumpedWeights weights;
} Text;

static void
text_free(Text *t)
{
	buf_free(&t->script);
	arena_free(&t->arena);
}

static bool
make_text(Text *t, Diag *d, const Model *like, const Program *p, const DumpOptions *o)
{
	Model model;

	return make_model(like, p, &t->arena, &model) &&
	       dump_script(&model, d, o, &t->script, &t->weights);
}

/* ---- --verify-passes ---- */

typedef struct Wrongness {
	const PassDifference *d;
	DumpOptions o;
} Wrongness;

static bool
is_still_wrong(void *ctx, const Program *p)
{
	const Wrongness *x = ctx;
	Text t = {0};
	bool ok = pass_differs(x->d, p) && make_text(&t, p->diag, x->d->ctx->model, p, &x->o);

	text_free(&t);
	return ok;
}

/* "dir/net" for -o dir/net.mlpackage; the script's name without one, or in that folder. */
static const char *
beside_output(Unit *u)
{
	const char *o = u->o->output ? u->o->output : u->o->run_output;
	Arena *a = &u->arena;

	if (!o || !strcmp(o, "-"))
		return api_stem(a, u->path);
	if (ends_with(o, strlen(o), "/") || sys_kind(o) == PATH_FOLDER)
		return arena_printf(a, "%.*s/%s", (int)path_length(o), o, api_stem(a, u->path));
	return arena_printf(a, "%s/%s", path_folder(a, o), api_stem(a, o));
}

/* As the pass runs alone, or else in its list. */
static bool
reduce_difference(Shrinking *r, PassDifference *d)
{
	for (int k = 0; k < 2 && d->ctx->model; k++) {
		d->alone = k == 0;
		if (reduce(r, d->before))
			return true;
	}
	return false;
}

static const char *
how_to_see(Unit *u, const PassDifference *d, const char *path)
{
	if (!d->pass->trigger || !d->alone)
		return "";
	return arena_printf(&u->arena, ": milc run --passes=%s --verify-passes %s", d->pass->name,
	                    path);
}

void
api_reduce_difference(void *ctx, const PassDifference *found)
{
	milc *m = ctx;
	Unit *u = &m->unit;
	PassDifference d = *found;
	const char *stem = arena_printf(&u->arena, "%s-%s", beside_output(u), d.pass->name);
	const char *path = arena_printf(&u->arena, "%s.mil", stem);
	const char *arrays = arena_printf(&u->arena, "%s.npz", stem);
	Wrongness x = {&d,
	               {.from = path_base(u->path),
	                .save = arena_printf(&u->arena, "%s.mlpackage", path_base(stem)),
	                .weights = path_base(arrays),
	                .open = true}};
	Shrinking r = {.interesting = is_still_wrong, .ctx = &x, .talk = u->talk, .most = 20000};
	Text t = {0};

	if (!strncmp(path, "./", 2))
		path += 2;
	if (!reduce_difference(&r, &d)) {
		diag_note(&u->diag, NOSPAN, "no script of this program alone shows it");
	} else if (make_text(&t, &u->diag, d.ctx->model, r.best, &x.o)) {
		diag_note(&u->diag, NOSPAN, "'%s' shows it with %u of %u operations%s", path,
		          (unsigned)r.after, (unsigned)r.before, how_to_see(u, &d, path));
		api_put_script(m, path, &t.script, arrays, &t.weights);
	}
	text_free(&t);
	if (d.pass->trigger) /* a script's pass: it may still hold parts of programs */
		shrinking_free(&r);
}

/* ---- milc reduce ---- */

typedef struct Reducing {
	milc *m;
	Unit *u;
	Model *model;
	char *folder, *script, *arrays; /* where candidates lie */
	Hold *hold[3];                  /* of these */
	const char *command;
	int status; /* of the last one; -1: it could not be run: */
	int error;
	DumpOptions o;
	Shrinking r;
} Reducing;

/* As a word of the shell's. */
static void
put_word(Buf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789_./+-=@%,:";

	if (*s && !s[strspn(s, plain)]) {
		buf_puts(b, s);
		return;
	}
	buf_byte(b, '\'');
	for (; *s; s++)
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_byte(b, *s);
	buf_byte(b, '\'');
}

/* The path stands for each {}, or behind the command. */
static const char *
command_for(Arena *a, const char *when, const char *path)
{
	const char *at;
	Buf b = {0};
	bool placed = false;

	for (; (at = strstr(when, "{}")); when = at + 2) {
		buf_put(&b, when, (size_t)(at - when));
		put_word(&b, path);
		placed = true;
	}
	buf_puts(&b, when);
	if (!placed) {
		buf_byte(&b, ' ');
		put_word(&b, path);
	}
	return buf_keep(&b, a);
}

static bool
command_agrees(void *ctx, const Program *p)
{
	Reducing *x = ctx;
	Diag *d = &x->u->diag;
	Text t = {0};
	bool ok;

	if (x->status < 0)
		return false;
	ok = make_text(&t, d, x->model, p, &x->o) &&
	     api_put_script(x->m, x->script, &t.script, x->arrays, &t.weights);
	if (ok)
		x->status = sys_command(x->command);
	x->error = errno;
	text_free(&t);
	return ok && x->status == 0;
}

/* A folder beside the output that goes with the call, or with a signal. */
static bool
make_folder(Reducing *x, const char *out)
{
	Arena *a = &x->u->arena;
	const char *stem = api_stem(a, out);

	x->folder = arena_printf(a, "%s/.%s.milc-%lu", path_folder(a, out), stem, sys_process());
	x->script = arena_printf(a, "%s/%s.mil", x->folder, stem);
	x->arrays = arena_printf(a, "%s/%s.npz", x->folder, stem);
	if (!strncmp(x->folder, "./", 2)) {
		x->folder += 2;
		x->script += 2;
		x->arrays += 2;
	}
	if (!sys_make_private(x->folder)) {
		x->u->diag.machine = true;
		return diag_error(&x->u->diag, NOSPAN,
		                  "cannot create a folder for candidates beside '%s': %s", out,
		                  strerror(errno));
	}
	x->hold[0] = sys_temporary(x->folder);
	x->hold[1] = sys_temporary(x->arrays);
	x->hold[2] = sys_temporary(x->script);
	return true;
}

static void
remove_folder(const Reducing *x)
{
	sys_remove_tree(x->folder);
	for (size_t k = 0; k < countof(x->hold); k++)
		guard_drop(x->hold[k]);
}

static bool
not_interesting(Reducing *x)
{
	Diag *d = &x->u->diag;
	Text t = {0};
	bool ok;

	if (x->status < 0) {
		d->machine = true;
		return diag_error(d, NOSPAN, "cannot run the command of --when: %s",
		                  strerror(x->error));
	}
	ok = make_text(&t, d, x->model, x->model->prog, &x->o); /* this time to hear why not */
	text_free(&t);
	if (ok)
		diag_error(d, NOSPAN,
		           "--when does not hold for the whole program, written as a script: the "
		           "command's exit status is %d, expected 0: %s",
		           x->status, x->u->o->when);
	return false;
}

static bool
put_result(Reducing *x, const char *out)
{
	Arena *a = &x->u->arena;
	const char *dot = strrchr(path_base(out), '.');
	bool text = !strcmp(out, "-");
	const char *arrays =
	    arena_printf(a, "%.*s.npz", (int)(dot ? (size_t)(dot - out) : strlen(out)), out);
	Text t = {0};
	Buf said = {0};
	bool ok;

	x->o.weights = text ? NULL : path_base(arrays);
	ok = make_text(&t, &x->u->diag, x->model, x->r.best, &x->o);
	if (ok && text)
		api_give(x->m, &t.script);
	else if (ok)
		ok = api_put_script(x->m, out, &t.script, arrays, &t.weights);
	if (ok && !text) {
		buf_printf(&said, "%u -> %u operations, %llu programs tried: %s\n",
		           (unsigned)x->r.before, (unsigned)x->r.after,
		           (unsigned long long)x->r.tried, out);
		talk_print(&x->u->talk, said.at, said.n);
	}
	buf_free(&said);
	text_free(&t);
	return ok;
}

static bool
reduce_model(Reducing *x, const char *out)
{
	const char *place = strcmp(out, "-") ? out : "reduced.mil";
	bool ok;

	if (!make_folder(x, place))
		return false;
	x->command = command_for(&x->u->arena, x->u->o->when, x->script);
	x->o = (DumpOptions){
	    .from = path_base(x->u->path),
	    .save = arena_printf(&x->u->arena, "%s.mlpackage", api_stem(&x->u->arena, place)),
	    .weights = path_base(x->arrays),
	    .open = x->u->script,
	    .converts = x->u->script,
	    .single = x->model->single};
	x->model->prog = program_clone(x->model->prog);
	drop_classify(x->model->prog);
	x->r = (Shrinking){.interesting = command_agrees, .ctx = x, .talk = x->u->talk};
	ok = reduce(&x->r, x->model->prog);
	remove_folder(x);
	ok = ok ? put_result(x, out) : not_interesting(x);
	shrinking_free(&x->r);
	return ok;
}

static bool
check_reduce(Unit *u, const char *out)
{
	const Target *t = strcmp(out, "-") ? target_for_path(out) : NULL;

	if (!u->o->when || !*u->o->when)
		return unit_wrong_use(u, "say what to look for: --when 'COMMAND', which succeeds "
		                         "where {} is a script that has it");
	if (t && t->made != AS_TEXT)
		return unit_wrong_use(
		    u,
		    "what is reduced is a script, but '%s' is the name of a model: end it in .mil",
		    out);
	return true;
}

/* -o, or beside where milc runs. */
static const char *
place_of(milc *m, const char *path)
{
	Arena *a = &m->unit.arena;

	return m->settings.output ? m->settings.output
	                          : arena_printf(a, "%s.reduced.mil", api_stem(a, path));
}

static int
reduce_command(milc *m, void *path)
{
	Reducing x = {.m = m, .u = &m->unit};
	bool ok;

	api_renew(m);
	ok = check_reduce(x.u, place_of(m, path)) && api_load_as(m, path, "none", NULL) &&
	     (x.model = unit_model(x.u)) != NULL && unit_values(x.u, x.model) &&
	     unit_convert(x.u, x.model) && reduce_model(&x, place_of(m, path));
	return api_status(m, ok);
}

int
milc_reduce(milc *m, const char *path)
{
	return api_enter(m, reduce_command, (void *)(uintptr_t)path);
}
