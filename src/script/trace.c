/* trace.c: __traceback__ of an exception that was caught: the calls from where it was caught to
 * where it was raised, as far as messages have them. One object stands for an entry, its frame and
 * its code.
 */
#include "class.h"

#include "core.h"

typedef struct Entry {
	const Raised *r;
	uint32_t k; /* calls left before the place where it was raised */
} Entry;

/* The notes of the first error that are calls with a place, the innermost first. */
static uint32_t
count_calls(const Raised *r)
{
	uint32_t n = 0;

	while (n + 1 < r->n && r->note[n + 1].severity == DIAG_NOTE && r->note[n + 1].span.at &&
	       strncmp(r->note[n + 1].text, "in call to ", 11) == 0)
		n++;
	return n;
}

static const char *
entry_name(Interp *in, const Entry *e)
{
	const char *text;

	if (e->k >= count_calls(e->r))
		return "<module>";
	text = e->r->note[e->k + 1].text + strlen("in call to ");
	return arena_printf(in->unit, "%.*s", (int)strcspn(text, ","), text);
}

static int
entry_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Entry *e = self->data;
	Span at = e->r->note[e->k].span;
	uint32_t line, col;
	const Source *s = diag_place(in->diag, at.at, &line, &col);

	if (str_is(name, "tb_frame") || str_is(name, "f_code"))
		*out = vobj(self);
	else if (str_is(name, "tb_lineno") || str_is(name, "f_lineno"))
		*out = vint(line);
	else if (str_is(name, "co_filename"))
		*out = vstrz(in, s ? s->name : "");
	else if (str_is(name, "co_name"))
		*out = vstrz(in, entry_name(in, e));
	else if (str_is(name, "tb_next"))
		*out = e->k ? trace_value(in, e->r, e->k - 1) : VNONE;
	else
		return 0;
	return 1;
}

static const HostType trace_type = {.name = "traceback", .getattr = entry_getattr};

Value
trace_value(Interp *in, const Raised *r, uint32_t calls)
{
	Entry e = {r, calls};
	uint32_t most = r ? count_calls(r) : 0;

	if (!r || !r->n)
		return VNONE;
	e.k = MIN(e.k, most);
	return vhost(in, &trace_type, arena_dup(in->unit, &e, sizeof e));
}
