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

bool
open_script(Unit *u, const Input *in)
{
	InterpOptions io = {
	    .limits = {.steps = u->o->max_steps, .memory = u->arena.limit},
	    .defines = u->o->define,
	    .ndefine = (uint32_t)u->o->ndefine,
	    .dir = u->dir,
	    .script = in->path,
	    .talk = u->talk,
	    .opened = note_opened,
	    .opened_ctx = u,
	};
	const char *name = strcmp(in->path, "-") ? in->path : "<stdin>";
	Bind *b = new (&u->arena, Bind);
	const char *text = in->at;
	Interp *run;
	Source *src;
	bool ok;

	u->script = true;
	if (in->n > MAX_SCRIPT)
		return diag_error(&u->diag, diag_object(&u->diag, NOSPAN, NULL, name),
		                  "%zu bytes, expected a script of at most %d", in->n, MAX_SCRIPT);
	if (!in->copied)
		text = memcpy(arena_alloc(&u->arena, in->n + 1), in->at, in->n);
	src = diag_add_source(&u->diag, name, text, in->n);
	if (!src)
		return false;
	run = interp_new(&u->arena, &u->names, &u->diag, &io);
	u->close = close_interp;
	u->open = run;
	*b = (Bind){.arena = &u->arena,
	            .names = &u->names,
	            .types = &u->types,
	            .diag = &u->diag,
	            .in = run,
	            .said = &u->flags,
	            .run = &u->pass_run,
	            .program = u->o->program,
	            .lower = lower_network,
	            .date = u->o->date,
	            .maps = &u->maps};
	bind_init(b);
	bind_modules(run, b);
	u->diag.once = true;
	ok = interp_run(run, src) && bind_finish(b);
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
