/* handle.c: handles: making and ending them, the guard around each call, messages. */
#include "api.h"
#include "base/sys.h"

#include "nn/lower.h"

#include <stdio.h>

milc *
milc_new(void)
{
	return xtry(sizeof(milc));
}

void
milc_free(milc *m)
{
	if (!m || m->guard.entry || m->words.entry)
		return;
	guard_release(&m->guard);
	guard_release(&m->words);
	xfree(m);
}

/* All that the guard owned is gone. */
static void
forget(milc *m)
{
	m->unit = (Unit){0};
	m->loaded = false;
	m->model = NULL;
	m->nmodel = 0;
	m->sessions = NULL;
}

typedef struct Entry {
	milc *m;
	int (*fn)(milc *m, void *ctx);
	void *ctx;
	int result;
} Entry;

static void
call(void *ctx)
{
	Entry *c = ctx;

	c->result = c->fn(c->m, c->ctx);
}

void
api_say(milc *m, const char *fmt, ...)
{
	char text[400], line[sizeof text + 20];

	WITH_ARGS(fmt, ap, vsnprintf(text, sizeof text, fmt, ap));
	snprintf(line, sizeof line, "milc: error: %s\n", text);
	if (m->message)
		m->message(m->message_ctx, &(milc_message){.severity = MILC_ERROR,
		                                           .text = text,
		                                           .rendered = line});
}

int
api_enter(milc *m, int (*fn)(milc *m, void *ctx), void *ctx)
{
	Entry c = {m, fn, ctx, MILC_FAILED};
	GuardEnd end;
	void *locale;

	if (m->guard.entry)
		return MILC_WRONG_USE;
	m->unit.diag.nerror = m->unit.diag.nagain = 0; /* the status is that of the call */
	m->unit.diag.machine = m->unit.wrong_use = false;
	locale = sys_locale_plain();
	end = guard_run(&m->guard, call, &c);
	sys_locale_back(locale);
	if (end == GUARD_DONE)
		return c.result;
	forget(m);
	if (end == GUARD_BROKEN)
		api_say(m, "internal error at %s", m->guard.why);
	else if (end != GUARD_LIMIT)
		api_say(m, end == GUARD_STOPPED ? "stopped" : "out of memory");
	return MILC_FAILED;
}

/* ---- messages ---- */

static void
fill(const Diag *d, const DiagNote *n, milc_message *to)
{
	DiagRecord r = diag_record(d, n);

	*to = (milc_message){.severity = (int)r.severity,
	                     .file = r.file,
	                     .object = r.object,
	                     .line = r.line,
	                     .column = r.col,
	                     .end_line = r.end_line,
	                     .end_column = r.end_col,
	                     .text = r.text};
}

static void
tell(void *ctx, const Diag *d, const DiagNote *note, uint32_t n)
{
	milc *m = ctx;
	milc_message *all, first;
	Buf text = {0};

	if (!m->message)
		return;
	all = newn(&m->unit.arena, milc_message, n);
	for (uint32_t i = 0; i < n; i++)
		fill(d, &note[i], &all[i]);
	diag_render(d, note, n, &text);
	first = all[0];
	first.notes = all + 1;
	first.nnotes = n - 1;
	first.rendered = text.at;
	m->message(m->message_ctx, &first);
	buf_free(&text);
}

static void
print(void *ctx, const char *text, size_t n)
{
	milc *m = ctx;

	if (m->text)
		m->text(m->text_ctx, MILC_PRINTED, text, n);
}

static void
complain(void *ctx, const char *text, size_t n)
{
	milc *m = ctx;

	if (m->text)
		m->text(m->text_ctx, MILC_COMPLAINED, text, n);
}

void
api_give(milc *m, Buf *b)
{
	if (m->text)
		m->text(m->text_ctx, MILC_OUTPUT, b->at ? b->at : "", b->n);
	buf_free(b);
}

static void
report_progress(void *ctx, const char *what)
{
	milc *m = ctx;

	if (m->progress && m->progress(m->progress_ctx, what))
		guard_stop();
}

void
milc_on_message(milc *m, milc_message_fn *fn, void *ctx)
{
	m->message = fn;
	m->message_ctx = ctx;
}

void
milc_on_text(milc *m, milc_text_fn *fn, void *ctx)
{
	m->text = fn;
	m->text_ctx = ctx;
}

void
milc_on_progress(milc *m, milc_progress_fn *fn, void *ctx)
{
	m->progress = fn;
	m->progress_ctx = ctx;
}

/* ---- the unit ---- */

void
api_renew(milc *m)
{
	while (m->sessions)
		session_end(m->sessions);
	if (m->loaded)
		unit_free(&m->unit);
	m->model = NULL;
	m->nmodel = 0;
	unit_init(&m->unit, &m->settings);
	m->loaded = true;
	m->unit.diag.tell = tell;
	m->unit.diag.sink_ctx = m;
	m->unit.talk = (Talk){print, report_progress, m, complain};
	m->unit.differs = api_reduce_difference;
	m->unit.differs_ctx = m;
}

int
api_status(milc *m, bool ok)
{
	int status = unit_status(&m->unit, ok);

	diag_flush(&m->unit.diag);
	return status;
}

EmitCtx
api_emit(milc *m, const char *path, Span at)
{
	return (EmitCtx){.path = path,
	                 .script = m->unit.script ? m->unit.path : NULL,
	                 .diag = &m->unit.diag,
	                 .span = at,
	                 .date = m->settings.date,
	                 .read = unit_reading(&m->unit),
	                 .color_by = m->settings.color_by,
	                 .family = m->settings.family,
	                 .unverified = m->settings.unverified,
	                 .batch = m->unit.batch,
	                 .lower = lower_network};
}

/* The models of the unit as objects: those that were saved, or else all. */
static void
list_models(milc *m)
{
	Unit *u = &m->unit;
	bool saved = u->saved.n && !u->o->program;

	m->nmodel = saved ? u->saved.n : u->models.n;
	m->model = newn(&u->arena, milc_model, m->nmodel + 1);
	for (uint32_t i = 0; i < m->nmodel; i++)
		m->model[i] = (milc_model){.m = m,
		                           .model = saved ? u->saved.at[i].model : u->models.at[i],
		                           .path = saved ? u->saved.at[i].path : NULL};
}

/* Settings that say something about a script only. */
static bool
settings_fit(Unit *u)
{
	const char *name = u->o->program     ? "--program"
	                   : u->o->ndefine   ? "-D"
	                   : u->o->nargument ? "what follows --"
	                                     : NULL;

	return u->script || !name ||
	       unit_wrong_use(u, "%s is about a script, but '%s' is a model", name, u->path);
}

bool
api_load_as(milc *m, const char *path, const char *passes, const char *precision)
{
	Settings *said = &m->unit.said;

	api_renew(m);
	if (passes && !said->passes)
		said->passes = passes;
	if (precision)
		said->precision = precision;
	if (!unit_open(&m->unit, path) || !settings_fit(&m->unit))
		return false;
	list_models(m);
	return true;
}

bool
api_load(milc *m, const char *path)
{
	return api_load_as(m, path, NULL, NULL);
}

static int
load(milc *m, void *ctx)
{
	return api_status(m, api_load(m, ctx));
}

int
milc_load(milc *m, const char *path)
{
	return api_enter(m, load, (void *)(uintptr_t)path);
}

typedef struct Bytes {
	const char *name;
	const void *at;
	size_t n;
} Bytes;

static int
load_bytes(milc *m, void *ctx)
{
	const Bytes *b = ctx;
	char *copy;

	api_renew(m);
	copy = arena_alloc(&m->unit.arena, b->n + 1);
	if (b->n)
		memcpy(copy, b->at, b->n);
	if (!unit_open_bytes(&m->unit, arena_strdup(&m->unit.arena, b->name), copy, b->n))
		return api_status(m, false);
	list_models(m);
	return api_status(m, true);
}

int
milc_load_bytes(milc *m, const char *name, const void *bytes, size_t n)
{
	return api_enter(m, load_bytes, &(Bytes){name, bytes, n});
}
