/* script.c: the front for scripts: the interpreter, what coremltools looks like to it, and the
 * models that the script converted or saved.
 */
#include "front.h"

#include "ct/bind.h"
#include "nn/lower.h"

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
	    .talk = u->talk,
	    .opened = note_opened,
	    .opened_ctx = u,
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
	            .maps = &u->maps};
	bind_init(b);
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
	u->saved.at = b->saved.at;
	u->saved.n = b->saved.n;
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
