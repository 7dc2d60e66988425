/* script.c: the front for scripts: the interpreter, what coremltools looks like to it, and the
 * models that the script converted or saved.
 */
#include "front.h"

#include "ct/bind.h"
#include "nn/lower.h"
#include "stdlib/stdlib.h"
#include "stdlib/store.h"

enum { MAX_SCRIPT = 64 << 20 }; /* bytes; a script is written by people or by programs for people */

static void
note_opened(void *ctx, const char *path)
{
	Unit *u = ctx;

	vec_push(&u->arena, &u->opened, arena_strdup(&u->arena, path));
}

static void
close_interp(void *in)
{
	interp_free(in);
}

static void
close_store(void *s)
{
	store_free(s);
}

/* Where -o puts things: a folder, or that of the file. */
static const char *
output_folder(Unit *u)
{
	const char *o = u->o->output;

	if (!o || !strcmp(o, "-"))
		return NULL;
	return ends_with(o, strlen(o), "/") || sys_kind(o) == PATH_FOLDER
	           ? o
	           : path_folder(&u->arena, o);
}

/* As CPython has it: absolute, and else as it was given. */
static const char *
script_file(Unit *u, const char *path)
{
	const char *working = path[0] == '/' || !strcmp(path, "-") ? NULL : sys_working(&u->arena);

	while (working && path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	return working ? arena_printf(&u->arena, "%s/%s", working[1] ? working : "", path)
	       : strcmp(path, "-") ? path
	                           : "<stdin>";
}

static Store *
new_store(Unit *u, const char *dir)
{
	StoreOptions o = {.dir = dir,
	                  .read = u->o->allow_read,
	                  .nread = u->o->nallow_read,
	                  .write = u->o->allow_write,
	                  .nwrite = u->o->nallow_write,
	                  .output = output_folder(u),
	                  .elsewhere = u->o->output || u->o->text,
	                  .memory = u->arena.limit};
	Store *s = store_new(&u->arena, &o);

	vec_push(&u->arena, &u->open, (struct Opened){close_store, s});
	return s;
}

static void
close_bind(void *b)
{
	bind_end(b);
}

static bool
values_of(void *u, Model *m)
{
	return unit_values(u, m);
}

bool
is_script(const Input *in)
{
	(void)in;
	return true;
}

/* Runs a script; what it made is in *b. */
static bool
run_script(Unit *u, const Input *in, const char *dir, const char *program, Bind *b)
{
	InterpOptions io = {
	    .limits = {.steps = u->o->max_steps, .memory = u->arena.limit},
	    .defines = u->o->define,
	    .ndefine = (uint32_t)u->o->ndefine,
	    .dir = dir,
	    .script = in->path,
	    .file = script_file(u, in->path),
	    .argv = u->o->argument,
	    .nargv = (uint32_t)u->o->nargument,
	    .talk = u->talk,
	    .opened = note_opened,
	    .opened_ctx = u,
	    .store = new_store(u, dir),
	};
	const char *name = strcmp(in->path, "-") ? in->path : "<stdin>";
	const char *text = in->at;
	Interp *run;
	Source *src;

	if (in->n > MAX_SCRIPT)
		return diag_error(&u->diag, diag_object(&u->diag, NOSPAN, NULL, name),
		                  "%zu bytes, expected a script of at most %d", in->n, MAX_SCRIPT);
	if (!in->copied)
		text = memcpy(arena_alloc(&u->arena, in->n + 1), in->at, in->n);
	src = diag_add_source(&u->diag, name, text, in->n);
	if (!src)
		return false;
	run = interp_new(&u->arena, &u->names, &u->diag, &io);
	vec_push(&u->arena, &u->open, (struct Opened){close_interp, run});
	if (!u->store)
		u->store = io.store;
	*b = (Bind){.arena = &u->arena,
	            .names = &u->names,
	            .types = &u->types,
	            .diag = &u->diag,
	            .in = run,
	            .said = &u->flags,
	            .run = &u->pass_run,
	            .program = program,
	            .lower = lower_network,
	            .date = u->o->date,
	            .maps = &u->maps,
	            .program_for = values_of,
	            .program_ctx = u,
	            .session = {.seed = u->o->seed,
	                        .max_steps = u->o->max_steps,
	                        .memory = u->arena.limit,
	                        .talk = u->talk}};
	vec_push(&u->arena, &u->open, (struct Opened){close_bind, b});
	bind_init(b);
	stdlib_install(run);
	bind_modules(run, b);
	return interp_run(run, src);
}

bool
open_script(Unit *u, const Input *in)
{
	Bind *b = new (&u->arena, Bind);
	bool ok;

	u->script = true;
	u->diag.once = true;
	ok = run_script(u, in, u->dir, u->o->program, b) && bind_finish(b);
	u->diag.once = u->diag.again = false;
	if (!ok) {
		u->wrong_use = b->wrong_use;
		return false;
	}
	for (uint32_t i = 0; i < b->saved.n; i++)
		if (b->saved.at[i].path && !b->saved.at[i].temporary)
			vec_push(&u->arena, &u->saved, b->saved.at[i]);
	u->models.at = b->models.at;
	u->models.n = b->models.n;
	return true;
}

const Func *
script_program(Unit *u, const char *path)
{
	MapFile *map = maps_map(&u->maps, &u->diag, NOSPAN, path);
	Bind *b = new (&u->arena, Bind);
	const Program *p;
	bool ok;

	if (!map)
		return NULL;
	u->diag.once = true;
	ok = run_script(u, &(Input){.path = path, .at = map->at, .n = map->n},
	                path_folder(&u->arena, path), NULL, b);
	u->diag.once = u->diag.again = false;
	if (!ok)
		return NULL;
	p = bind_last_program(b);
	if (p && p->funcs.n == 1)
		return p->funcs.at[0];
	diag_error(&u->diag, diag_object(&u->diag, NOSPAN, NULL, path),
	           "the script makes %s, expected a program with one function: write "
	           "@mb.program(input_specs=[…]) above it",
	           p ? "a program of several functions" : "no program");
	return NULL;
}
