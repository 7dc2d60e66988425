/* diag.c: keeps the sources of a run, finds places in them, and prints diagnostics.
 *
 * As text a diagnostic is one head line, the source line, and a line that underlines the span:
 *
 *	net.mil:3:9: error: expected ')'
 *	    x = f(1 2)
 *	            ^
 *
 * What comes from the source is shown safely: tabs become blanks, control characters, text
 * direction marks and bytes that are not UTF-8 become '?', long lines are cut around the caret.
 */
#include <stdio.h>

#include "diag.h"

enum {
	TAB_STOP = 8,
	CUT_LINE = 120,  /* a source line up to this long is shown whole */
	CUT_BEFORE = 50, /* of a longer one: code points before the caret, and cells in all */
	CUT_CELLS = 110,
};

static const char *const severity_name[] = {"error", "warning", "note"};
static const char *const severity_color[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};

/* ---- sources and places ---- */

/* Objects have the upper half of the offsets. */
#define OBJECTS (1u << 31)

void
diag_init(Diag *d, Arena *a)
{
	*d = (Diag){.arena = a, .next_base = 1, .max_errors = 20};
	map_init(&d->said, a);
}

Source *
diag_add_source(Diag *d, const char *name, const char *text, size_t len)
{
	Source *s;

	if (len >= OBJECTS - d->next_base) {
		diag_error(d, NOSPAN, "%s: %zu bytes: all sources together must be under 2 GiB",
		           name, len);
		return 0;
	}
	s = new (d->arena, Source);
	s->name = name;
	s->text = text;
	s->len = (uint32_t)len;
	s->base = d->next_base;
	d->next_base += s->len + 1;
	vec_push(d->arena, &d->sources, s);
	return s;
}

Span
diag_span(const Source *s, size_t at, size_t len)
{
	at = MIN(at, (size_t)s->len);
	len = MIN(len, s->len - at);
	return (Span){s->base + (uint32_t)at, (uint32_t)len};
}

Span
span_join(Span a, Span b)
{
	uint32_t end = b.at + b.len;

	if (!a.at)
		return b;
	if (!b.at || end < a.at + a.len)
		return a;
	return (Span){a.at, end - a.at};
}

static void
make_lines(const Diag *d, Source *s)
{
	const char *p, *end = s->text + s->len;
	uint32_t n = 1;

	for (p = s->text; s->len && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	s->line = newn(d->arena, uint32_t, n);
	s->nline = 1;
	for (p = s->text; s->len && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		s->line[s->nline++] = (uint32_t)(p + 1 - s->text);
}

static Source *
find_source(const Diag *d, uint32_t at)
{
	uint32_t lo = 0, hi = d->sources.n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (d->sources.at[mid]->base <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!at || !lo || at - d->sources.at[lo - 1]->base > d->sources.at[lo - 1]->len)
		return 0;
	return d->sources.at[lo - 1];
}

/* The line (from 0) of an offset in the source. */
static uint32_t
find_line(const Diag *d, Source *s, uint32_t off)
{
	uint32_t lo = 0, hi, mid;

	if (!s->line)
		make_lines(d, s);
	hi = s->nline;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (s->line[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

Span
diag_object(Diag *d, Span outer, const char *kind, const char *name)
{
	Object o = {outer.at >= OBJECTS ? outer.at - OBJECTS : 0, kind, name};

	if (d->objects.n == 0) /* number 0 is nobody's */
		vec_push(d->arena, &d->objects, (Object){0, 0, 0});
	if (d->objects.n >= OBJECTS - 1)
		return outer;
	vec_push(d->arena, &d->objects, o);
	return (Span){OBJECTS + d->objects.n - 1, 0};
}

static void
put_object(Buf *b, const Diag *d, const Object *o)
{
	if (!o->kind)
		return;
	put_object(b, d, &d->objects.at[o->outer]);
	buf_printf(b, b->n ? ", %s %s" : "%s %s", o->kind, o->name);
}

DiagRecord
diag_record(const Diag *d, const DiagNote *n)
{
	DiagRecord r = {.severity = n->severity, .text = n->text};
	const Source *s = diag_place(d, n->span.at, &r.line, &r.col);

	if (s) {
		r.file = s->name;
		r.offset = n->span.at - s->base;
		r.len = MIN(n->span.len, s->len - r.offset);
		diag_place(d, n->span.at + r.len, &r.end_line, &r.end_col);
	} else if (n->span.at > OBJECTS && n->span.at - OBJECTS < d->objects.n) {
		const Object *o = &d->objects.at[n->span.at - OBJECTS];
		Buf b = {0};
		put_object(&b, d, o);
		if (b.n)
			r.object = buf_keep(&b, d->arena);
		while (o->kind)
			o = &d->objects.at[o->outer];
		r.file = o->name;
	}
	return r;
}

const Source *
diag_place(const Diag *d, uint32_t at, uint32_t *line, uint32_t *col)
{
	Source *s = find_source(d, at);
	uint32_t n, i, c = 1;

	*line = *col = 0;
	if (!s)
		return 0;
	n = find_line(d, s, at - s->base);
	for (i = s->line[n]; i < at - s->base; i++)
		c += !utf8_continues(s->text[i]);
	*line = n + 1;
	*col = c;
	return s;
}

/* ---- characters ---- */

static bool
in_ranges(uint32_t cp, const uint32_t (*range)[2], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cp >= range[i][0] && cp <= range[i][1])
			return true;
	return false;
}

/* Controls, and what changes the direction of text: they could disguise a line. */
static bool
is_unsafe(uint32_t cp)
{
	static const uint32_t bad[][2] = {{0, 0x1f},        {0x7f, 0x9f},     {0x200e, 0x200f},
	                                  {0x2028, 0x202e}, {0x2066, 0x2069}, {UTF8_BAD, ~0u}};

	return in_ranges(cp, bad, countof(bad));
}

/* Columns a terminal gives to a code point. */
static uint32_t
cell_width(uint32_t cp)
{
	static const uint32_t none[][2] = {{0x300, 0x36f}, {0x200b, 0x200d}, {0xfe00, 0xfe0f}};
	static const uint32_t wide[][2] = {
	    {0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
	    {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
	    {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

	if (in_ranges(cp, none, countof(none)))
		return 0;
	return in_ranges(cp, wide, countof(wide)) ? 2 : 1;
}

static void
put_safe_part(Buf *b, const char *s, size_t n)
{
	uint32_t cp;
	size_t k;

	for (; n; s += k, n -= k) {
		k = utf8_next(s, n, &cp);
		if (is_unsafe(cp))
			buf_byte(b, cp == '\t' ? ' ' : '?');
		else
			buf_put(b, s, k);
	}
}

void
put_safe(Buf *b, const char *s)
{
	put_safe_part(b, s, strlen(s));
}

/* A message of several lines: what follows the first is indented, so that no text of a script or a
 * file can look like a diagnostic of its own. */
static void
put_message(Buf *b, const char *s)
{
	size_t n = strcspn(s, "\n");

	put_safe_part(b, s, n);
	while (s[n]) {
		buf_puts(b, "\n    ");
		s += n + 1;
		n = strcspn(s, "\n");
		put_safe_part(b, s, n);
	}
}

/* ---- text ---- */

static void
put_color(const Diag *d, Buf *b, const char *code)
{
	if (d->color)
		buf_puts(b, code);
}

/* The line [from, end) of the source with its underline for the bytes [at, to). */
static void
put_excerpt(const Diag *d, Buf *b, const char *from, const char *end, const char *at,
            const char *to)
{
	Buf mark = {0};
	uint32_t cells = 0, width, cp, i;
	bool marked = false, cut = end - from > CUT_LINE;
	const char *p = from;
	size_t k;

	if (cut && at - from > CUT_BEFORE) {
		for (i = 0, p = at; i < CUT_BEFORE && p > from; i++)
			for (p--; p > from && utf8_continues(*p); p--)
				;
		if (p > from) {
			buf_puts(b, "...");
			cells = 3;
			buf_puts(&mark, "   ");
		}
	}
	for (; p < end && (!cut || cells < CUT_CELLS); p += k) {
		k = utf8_next(p, (size_t)(end - p), &cp);
		width = cp == '\t'      ? TAB_STOP - cells % TAB_STOP
		        : is_unsafe(cp) ? 1
		                        : cell_width(cp);
		if (cp == '\t')
			buf_printf(b, "%*s", (int)width, "");
		else if (is_unsafe(cp))
			buf_byte(b, '?');
		else
			buf_put(b, p, k);
		for (i = 0; i < width; i++) {
			buf_byte(&mark, p < at || (p >= to && marked) ? ' ' : marked ? '~' : '^');
			marked |= p >= at;
		}
		cells += width;
	}
	buf_puts(b, p < end ? "...\n" : "\n");
	if (!marked)
		buf_byte(&mark, '^');
	while (mark.n && mark.at[mark.n - 1] == ' ')
		mark.n--;
	put_color(d, b, "\033[1;32m");
	buf_put(b, mark.at, mark.n);
	put_color(d, b, "\033[0m");
	buf_byte(b, '\n');
	buf_free(&mark);
}

static void
put_source_line(const Diag *d, Buf *b, const Source *s, uint32_t line, Span span)
{
	const char *from = s->text + s->line[line - 1];
	const char *end = line < s->nline ? s->text + s->line[line] - 1 : s->text + s->len;
	const char *at = s->text + (span.at - s->base);
	const char *to = s->len - (span.at - s->base) < span.len ? s->text + s->len : at + span.len;

	if (end > from && end[-1] == '\r')
		end--;
	put_excerpt(d, b, from, end, MIN(at, end), MIN(to, end));
}

static void
put_text(const Diag *d, Buf *b, const DiagNote *n)
{
	DiagRecord r = diag_record(d, n);

	put_color(d, b, "\033[1m");
	if (r.file) {
		put_safe(b, r.file);
		if (r.line)
			buf_printf(b, ":%u:%u", r.line, r.col);
		buf_puts(b, ": ");
		if (r.object) {
			put_safe(b, r.object);
			buf_puts(b, ": ");
		}
	} else if (n->severity != DIAG_NOTE) {
		buf_puts(b, "milc: ");
	}
	put_color(d, b, severity_color[n->severity]);
	buf_printf(b, "%s: ", severity_name[n->severity]);
	put_color(d, b, n->severity == DIAG_NOTE ? "\033[0m" : "\033[0m\033[1m");
	put_message(b, n->text);
	put_color(d, b, "\033[0m");
	buf_byte(b, '\n');
	if (r.line)
		put_source_line(d, b, find_source(d, n->span.at), r.line, n->span);
}

/* ---- JSON ---- */

static void
put_json_string(Buf *b, const char *s)
{
	size_t n = strlen(s), k;
	uint32_t cp;

	buf_byte(b, '"');
	for (; n; s += k, n -= k) {
		k = utf8_next(s, n, &cp);
		if (cp == UTF8_BAD)
			buf_puts(b, "\\ufffd");
		else if (cp == '"' || cp == '\\')
			buf_printf(b, "\\%c", (char)cp);
		else if (cp == '\n')
			buf_puts(b, "\\n");
		else if (cp == '\t')
			buf_puts(b, "\\t");
		else if (cp < 0x20 || cp == 0x7f)
			buf_printf(b, "\\u%04x", cp);
		else
			buf_put(b, s, k);
	}
	buf_byte(b, '"');
}

static void
put_json_note(const Diag *d, Buf *b, const DiagNote *n)
{
	DiagRecord r = diag_record(d, n);

	buf_printf(b, "\"severity\":\"%s\",", severity_name[n->severity]);
	if (r.file) {
		buf_puts(b, "\"file\":");
		put_json_string(b, r.file);
		buf_byte(b, ',');
	}
	if (r.line)
		buf_printf(b,
		           "\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u,"
		           "\"offset\":%u,\"length\":%u,",
		           r.line, r.col, r.end_line, r.end_col, r.offset, r.len);
	if (r.object) {
		buf_puts(b, "\"object\":");
		put_json_string(b, r.object);
		buf_byte(b, ',');
	}
	buf_puts(b, "\"message\":");
	put_json_string(b, n->text);
}

static void
put_json(const Diag *d, Buf *b, const DiagNote *note, uint32_t n)
{
	buf_byte(b, '{');
	put_json_note(d, b, &note[0]);
	buf_puts(b, ",\"notes\":[");
	for (uint32_t i = 1; i < n; i++) {
		buf_puts(b, i > 1 ? ",{" : "{");
		put_json_note(d, b, &note[i]);
		buf_byte(b, '}');
	}
	buf_puts(b, "]}\n");
}

void
diag_render(const Diag *d, const DiagNote *note, uint32_t n, Buf *b)
{
	if (d->json)
		put_json(d, b, note, n);
	for (uint32_t i = 0; i < n && !d->json; i++)
		put_text(d, b, &note[i]);
}

/* ---- issuing ---- */

static void
hold(Diag *d, Severity sev, Span at, const char *text)
{
	DiagNote n = {sev, at, text};

	vec_push(d->arena, &d->held, n);
}

void
diag_flush(Diag *d)
{
	uint32_t n = d->held.n;
	Buf b = {0};

	d->held.n = 0;
	if (n && d->tell) {
		d->tell(d->sink_ctx, d, d->held.at, n);
	} else if (n) {
		diag_render(d, d->held.at, n, &b);
		if (d->sink)
			d->sink(d->sink_ctx, b.at, b.n);
		else
			fwrite(b.at, 1, b.n, stderr);
		buf_free(&b);
	}
}

/* Counts it; false once the limit on errors is passed. */
static bool
is_wanted(Diag *d, Severity sev)
{
	uint32_t most = d->max_errors + d->nagain;
	bool over = d->max_errors && d->nerror > most;

	if (sev == DIAG_NOTE)
		return !over;
	diag_flush(d);
	if (sev == DIAG_WARNING) {
		d->nwarning++;
		return !over;
	}
	d->nerror++;
	if (!d->max_errors || d->nerror <= most)
		return true;
	if (!over)
		hold(d, DIAG_NOTE, NOSPAN,
		     arena_printf(d->arena, "more than %u errors: the rest is left out",
		                  d->max_errors));
	return false;
}

static bool
said_before(Diag *d, Span at, const Buf *text)
{
	uint64_t key = hash_bytes(text->at, text->n, (uint64_t)at.at << 32 | at.len);

	if (map_get(&d->said, key))
		return true;
	map_put(&d->said, key, d);
	return false;
}

/* Something in a file, or nothing that has a place. */
static bool
is_inside(const Diag *d, Span at)
{
	const Source *s = find_source(d, at.at);

	return !s || s->inner;
}

/* "model.pt2: node add_1: ", of an object; nothing of no place. */
static void
put_place(Buf *b, const Diag *d, Span at)
{
	DiagNote n = {.span = at};
	DiagRecord r = diag_record(d, &n);

	if (r.file && r.line)
		buf_printf(b, "%s:%u: ", r.file, r.line);
	else if (r.file)
		buf_printf(b, "%s: ", r.file);
	if (r.object)
		buf_printf(b, "%s: ", r.object);
}

/* Into the trial: false if it is nothing for it. */
static bool
try_keep(Diag *d, Severity sev, Span at, const char *fmt, va_list ap)
{
	DiagTrial *t = d->trial;
	Buf b = {0};
	va_list again;

	if (sev == DIAG_WARNING || (sev == DIAG_NOTE && !t->open)) {
		t->open = false;
		return false;
	}
	if (sev == DIAG_ERROR && !t->note.n && t->first) {
		va_copy(again, ap);
		t->first(t->ctx, fmt, again);
		va_end(again);
	}
	d->nerror += sev == DIAG_ERROR;
	t->open = true;
	if (d->call.at && sev != DIAG_NOTE && is_inside(d, at)) {
		put_place(&b, d, at);
		at = d->call;
	}
	buf_vprintf(&b, fmt, ap);
	vec_push(d->arena, &t->note, (DiagNote){sev, at, buf_keep(&b, d->arena)});
	buf_free(&b);
	return true;
}

void
diag_replay(Diag *d, const DiagNote *note, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (note[i].severity == DIAG_NOTE)
			diag_note(d, note[i].span, "%s", note[i].text);
		else
			diag_error(d, note[i].span, "%s", note[i].text);
	}
}

void
diag_vreport(Diag *d, Severity sev, Span at, const char *fmt, va_list ap)
{
	Buf b = {0};

	if (d->trial && !d->muted && try_keep(d, sev, at, fmt, ap))
		return;
	if (sev == DIAG_WARNING && d->werror)
		sev = DIAG_ERROR;
	if (d->muted || (sev == DIAG_NOTE && d->again)) {
		d->nerror += sev == DIAG_ERROR;
		return;
	}
	if (d->call.at && sev != DIAG_NOTE && is_inside(d, at)) {
		put_place(&b, d, at);
		at = d->call;
	}
	buf_vprintf(&b, fmt, ap);
	d->again = d->once && at.len && sev != DIAG_NOTE && said_before(d, at, &b);
	if (d->again) {
		d->nerror += sev == DIAG_ERROR;
		d->nagain += sev == DIAG_ERROR;
	} else if (is_wanted(d, sev)) {
		hold(d, sev, at, buf_keep(&b, d->arena));
	}
	buf_free(&b);
}

bool
diag_error(Diag *d, Span at, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(d, DIAG_ERROR, at, fmt, ap));
	return false;
}

void
diag_warning(Diag *d, Span at, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(d, DIAG_WARNING, at, fmt, ap));
}

void
diag_note(Diag *d, Span at, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, diag_vreport(d, DIAG_NOTE, at, fmt, ap));
}
