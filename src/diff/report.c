/* report.c: the list of changes, as text and as JSON. */
#include "differ.h"

#include <math.h>

void
diff_init(Diff *d, ReadCtx *c, const char *a, const char *b)
{
	*d = (Diff){.c = c, .arena = c->arena, .name = {a, b}};
}

void
change_add(Diff *d, Change c)
{
	vec_push(d->arena, &d->changes, c);
}

const char *
place_in(Diff *d, const char *outer, const char *kind, const char *name)
{
	return arena_printf(d->arena, "%s%s%s%s%s", outer, *outer ? ", " : "", kind,
	                    *name ? " " : "", name);
}

static const char signs[] = {'+', '-', '=', '~'};

static void
put_change(Buf *b, const Change *c)
{
	buf_byte(b, signs[c->kind]);
	buf_byte(b, ' ');
	put_safe(b, *c->place ? c->place : "model");
	if (c->what) {
		buf_puts(b, ": ");
		put_safe(b, c->what);
	}
	if (c->before || c->after)
		buf_puts(b, ": ");
	if (c->before)
		put_safe(b, c->before);
	if (c->before && c->after)
		buf_puts(b, " -> ");
	if (c->after)
		put_safe(b, c->after);
	buf_byte(b, '\n');
}

void
diff_print(const Diff *d, Buf *b)
{
	if (!d->changes.n)
		return;
	for (int i = 0; i < 2; i++) {
		buf_puts(b, i ? "+++ " : "--- ");
		put_safe(b, d->name[i]);
		buf_byte(b, '\n');
	}
	for (uint32_t i = 0; i < d->changes.n; i++)
		put_change(b, &d->changes.at[i]);
}

/* ---- JSON ---- */

static void
put_quoted(Buf *b, const char *s)
{
	buf_byte(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_byte(b, '\\');
		if ((unsigned char)*s < ' ')
			buf_printf(b, "\\u%04x", *s);
		else
			buf_byte(b, *s);
	}
	buf_byte(b, '"');
}

static void
put_member(Buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(b, ", \"%s\": ", key);
	put_quoted(b, value);
}

void
diff_json(const Diff *d, Buf *b)
{
	static const char *const kinds[] = {"added", "removed", "renamed", "changed"};

	buf_puts(b, "{\"before\": ");
	put_quoted(b, d->name[0]);
	buf_puts(b, ", \"after\": ");
	put_quoted(b, d->name[1]);
	buf_puts(b, ", \"changes\": [");
	for (uint32_t i = 0; i < d->changes.n; i++) {
		const Change *c = &d->changes.at[i];
		buf_printf(b, "%s\n{\"change\": \"%s\"", i ? "," : "", kinds[c->kind]);
		put_member(b, "place", c->place);
		put_member(b, "what", c->what);
		put_member(b, "before", c->before);
		put_member(b, "after", c->after);
		if (!isnan(c->most) && !isinf(c->most))
			buf_printf(b, ", \"largest_difference\": %.17g", c->most);
		buf_byte(b, '}');
	}
	buf_puts(b, d->changes.n ? "\n]}\n" : "]}\n");
}
