/* profile.c: what a run took, for people, as JSON, and as a trace that chrome://tracing and
 * Perfetto read.
 */
#include "api.h"

#include <stdlib.h>

#include "exec/profile.h"
#include "file/json.h"

enum {
	SHOWN_ROWS = 40,
	SHOWN_OPS = 6, /* of one step */
};

typedef struct Line {            /* a step, or all of a kind */
	const StepProfile *step; /* 0: all of a kind: */
	const char *name;
	uint64_t calls;
	double seconds, flops, bytes;
} Line;

typedef struct Table {
	milc *m;
	const Profile *p;
	Roofline roof;
	unsigned threads;
	Line *step, *kind;
	uint32_t nstep, nkind;
	double seconds, flops, bytes; /* of all */
} Table;

static int
by_time(const void *a, const void *b)
{
	const Line *x = a, *y = b;

	if (x->seconds != y->seconds)
		return x->seconds > y->seconds ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
add(Line *to, const StepProfile *o)
{
	to->calls += o->calls;
	to->seconds += o->seconds;
	to->flops += o->flops;
	to->bytes += o->bytes;
}

/* ---- names ---- */

/* "conv + add + relu 'c'", with the name of the first. */
static const char *
step_title(Arena *a, const StepProfile *o)
{
	const Inst *first = o->inst[0];
	uint32_t shown = o->n <= SHOWN_OPS + 1 ? o->n : SHOWN_OPS;
	Buf b = {0};

	for (uint32_t k = 0; k < shown; k++)
		buf_printf(&b, "%s%s", k ? " + " : "", o->inst[k]->op->name);
	if (shown < o->n)
		buf_printf(&b, " + %u more", (unsigned)(o->n - shown));
	buf_printf(&b, " '%s'", first->name ? first->name->s : "?");
	return buf_keep(&b, a);
}

/* Of several operations by that which a kernel does, if there is one. */
static const char *
kind_title(Arena *a, const StepProfile *o)
{
	const char *name = o->inst[0]->op->name;

	if (o->n == 1)
		return name;
	return o->kernel ? arena_printf(a, "%s + elementwise", name) : "elementwise";
}

static Line *
kind_line(Table *t, const char *name)
{
	for (uint32_t k = 0; k < t->nkind; k++)
		if (!strcmp(t->kind[k].name, name))
			return &t->kind[k];
	t->kind[t->nkind] = (Line){.name = name};
	return &t->kind[t->nkind++];
}

static void
make_table(Table *t)
{
	Arena *a = &t->m->unit.arena;

	t->step = newn(a, Line, t->p->step.n + (size_t)1);
	t->kind = newn(a, Line, t->p->step.n + (size_t)1);
	for (uint32_t k = 0; k < t->p->step.n; k++) {
		const StepProfile *o = &t->p->step.at[k];
		t->step[t->nstep] = (Line){.step = o, .name = step_title(a, o)};
		add(&t->step[t->nstep++], o);
		add(kind_line(t, kind_title(a, o)), o);
		t->seconds += o->seconds;
		t->flops += o->flops;
		t->bytes += o->bytes;
	}
	qsort(t->step, t->nstep, sizeof *t->step, by_time);
	qsort(t->kind, t->nkind, sizeof *t->kind, by_time);
}

static DiagRecord
place_of(const Table *t, const Inst *i)
{
	DiagNote note = {.severity = DIAG_NOTE, .span = i->span, .text = ""};

	return diag_record(&t->m->unit.diag, &note);
}

static double
rate(double n, double seconds)
{
	return seconds > 0 ? n / seconds / 1e9 : 0;
}

static double
share_of(const Table *t, const Line *l)
{
	return t->seconds > 0 ? l->seconds / t->seconds : 0;
}

static double
roof_of(const Table *t, const Line *l)
{
	return roofline_share(&t->roof, t->threads, l->flops, l->bytes, l->seconds);
}

/* ---- for people ---- */

static void
put_line(const Table *t, Buf *b, const Line *l)
{
	buf_printf(b, "%12.3f %6.1f%% %9llu %9.3f %8.3f %5.0f%%  ", l->seconds * 1e3,
	           100 * share_of(t, l), (unsigned long long)l->calls, rate(l->flops, l->seconds),
	           rate(l->bytes, l->seconds), 100 * roof_of(t, l));
	put_safe(b, l->name);
	if (l->step) {
		DiagRecord at = place_of(t, l->step->inst[0]);
		if (at.file && at.line)
			buf_printf(b, "  %s:%u", at.file, (unsigned)at.line);
	}
	buf_byte(b, '\n');
}

static void
put_lines(const Table *t, Buf *b, const char *what, const Line *l, uint32_t n)
{
	double rest = 0;

	buf_printf(b, "%12s %7s %9s %9s %8s %6s  %s\n", "ms", "share", "calls", "GFLOP/s", "GB/s",
	           "roof", what);
	for (uint32_t k = 0; k < n; k++)
		if (k < SHOWN_ROWS)
			put_line(t, b, &l[k]);
		else
			rest += share_of(t, &l[k]);
	if (n > SHOWN_ROWS)
		buf_printf(b, "%20.1f%% of %u more\n", 100 * rest, (unsigned)n - SHOWN_ROWS);
}

static void
put_text(const Table *t, Buf *b)
{
	put_lines(t, b, "operation", t->step, t->nstep);
	buf_byte(b, '\n');
	put_lines(t, b, "kind", t->kind, t->nkind);
	buf_printf(b, "\n%.3f ms in operations, %.3f GFLOP/s, %.3f GB/s\n", t->seconds * 1e3,
	           rate(t->flops, t->seconds), rate(t->bytes, t->seconds));
	buf_printf(b,
	           "this machine: %.1f GFLOP/s, %.1f GB/s measured on one thread; the run had %u\n",
	           t->roof.flops / 1e9, t->roof.bytes / 1e9, t->threads);
	buf_printf(b, "%zu bytes of values at most\n", t->p->peak);
}

/* ---- as JSON ---- */

static void
add_inst(const Table *t, json_t *o, const Inst *i)
{
	DiagRecord at = place_of(t, i);

	json_member(o, "op", json_words(i->op->name));
	json_member(o, "name", json_words(i->name ? i->name->s : NULL));
	json_member(o, "file", json_words(at.file));
	json_member(o, "line", at.line ? json_integer(at.line) : json_null());
}

/* Those that are done together with the first. */
static json_t *
others_json(const Table *t, const StepProfile *step)
{
	json_t *list = json_new_list();

	for (uint32_t k = 1; k < step->n; k++) {
		json_t *o = json_new_object();
		add_inst(t, o, step->inst[k]);
		json_item(list, o);
	}
	return list;
}

static json_t *
line_json(const Table *t, const Line *l)
{
	json_t *o = json_new_object();

	if (l->step) {
		add_inst(t, o, l->step->inst[0]);
		json_member(o, "with", others_json(t, l->step));
	} else {
		json_member(o, "op", json_words(l->name));
	}
	json_member(o, "calls", json_integer((json_int_t)l->calls));
	json_member(o, "seconds", json_real(l->seconds));
	json_member(o, "share", json_real(share_of(t, l)));
	json_member(o, "flops", json_real(l->flops));
	json_member(o, "bytes", json_real(l->bytes));
	json_member(o, "roof", json_real(roof_of(t, l)));
	return o;
}

static json_t *
lines_json(const Table *t, const Line *l, uint32_t n)
{
	json_t *list = json_new_list();

	for (uint32_t k = 0; k < n; k++)
		json_item(list, line_json(t, &l[k]));
	return list;
}

static void
put_json_text(const Table *t, Buf *b)
{
	json_t *o = json_new_object(), *machine = json_new_object();

	json_member(machine, "flops", json_real(t->roof.flops));
	json_member(machine, "bytes", json_real(t->roof.bytes));
	json_member(machine, "threads", json_integer(t->threads));
	json_member(o, "model", json_words(t->m->unit.path));
	json_member(o, "seconds", json_real(t->seconds));
	json_member(o, "flops", json_real(t->flops));
	json_member(o, "bytes", json_real(t->bytes));
	json_member(o, "peak", json_integer((json_int_t)t->p->peak));
	json_member(o, "machine", machine);
	json_member(o, "operations", lines_json(t, t->step, t->nstep));
	json_member(o, "kinds", lines_json(t, t->kind, t->nkind));
	json_put(b, o, JSON_INDENT(2));
	json_drop(o);
	buf_byte(b, '\n');
}

/* ---- the trace ---- */

static json_t *
place_json(const Table *t, const Inst *i)
{
	DiagRecord at = place_of(t, i);

	return at.file && at.line ? json_words(arena_printf(&t->m->unit.arena, "%s:%u", at.file,
	                                                    (unsigned)at.line))
	                          : NULL;
}

/* What is shown when an event is chosen. */
static json_t *
args_json(const Table *t, const StepProfile *step, const ProfileEvent *e)
{
	json_t *args = json_new_object(), *place = place_json(t, step->inst[0]);

	json_member(args, "name", json_words(step->inst[0]->name ? step->inst[0]->name->s : NULL));
	if (place)
		json_member(args, "place", place);
	if (step->n > 1)
		json_member(args, "with", others_json(t, step));
	json_member(args, "flops", json_real(e->flops));
	json_member(args, "bytes", json_real(e->bytes));
	return args;
}

/* Complete events ("X"), times in microseconds; those of a block lie within that which holds it. */
static json_t *
event_json(const Table *t, const ProfileEvent *e)
{
	json_t *o = json_new_object();
	const StepProfile *step = &t->p->step.at[e->step];
	Arena *a = &t->m->unit.arena;

	json_member(o, "name", json_words(step_title(a, step)));
	json_member(o, "cat", json_words(kind_title(a, step)));
	json_member(o, "ph", json_words("X"));
	json_member(o, "ts", json_real(e->start * 1e6));
	json_member(o, "dur", json_real(e->seconds * 1e6));
	json_member(o, "pid", json_integer(1));
	json_member(o, "tid", json_integer(1));
	json_member(o, "args", args_json(t, step, e));
	return o;
}

static bool
put_trace(const Table *t, const char *path)
{
	json_t *o = json_new_object(), *list = json_new_list(), *first = json_new_object(),
	       *args = json_new_object();
	EmitCtx c = api_emit(t->m, path, NOSPAN);
	Buf b = {0};
	bool ok;

	json_member(args, "name",
	            json_words(arena_printf(&t->m->unit.arena, "milc run %s", t->m->unit.path)));
	json_member(first, "name", json_words("process_name"));
	json_member(first, "ph", json_words("M"));
	json_member(first, "pid", json_integer(1));
	json_member(first, "args", args);
	json_item(list, first);
	for (uint32_t k = 0; k < t->p->event.n; k++)
		json_item(list, event_json(t, &t->p->event.at[k]));
	json_member(o, "traceEvents", list);
	json_member(o, "displayTimeUnit", json_words("ms"));
	json_put(&b, o, JSON_INDENT(1));
	json_drop(o);
	buf_byte(&b, '\n');
	ok = emit_spares_script(&c) && emit_text_file(&c, b.at, b.n);
	buf_free(&b);
	if (t->p->left_out)
		diag_warning(&t->m->unit.diag, NOSPAN,
		             "'%s' has the first %d calls: %llu more are left out", path,
		             (int)MOST_EVENTS, (unsigned long long)t->p->left_out);
	return ok;
}

bool
api_profile(milc *m, const Profile *p)
{
	const Settings *o = &m->settings;
	Table t = {.m = m, .p = p, .threads = MAX(p->threads, 1)};
	Buf b = {0};

	if (o->profile) {
		t.roof = roofline_measure();
		make_table(&t);
		if (o->json)
			put_json_text(&t, &b);
		else
			put_text(&t, &b);
		if (o->json)
			api_give(m, &b);
		else
			talk_print(&m->unit.talk, b.at, b.n);
		buf_free(&b);
	}
	return !o->chrome_trace || put_trace(&t, o->chrome_trace);
}
