/* script_debug.c: which line of the user's program made a node (script.h). Beside each code member
 * lies a pickle of texts and of places: from which byte of the code on which place counts. A
 * place has the numbers of texts that make up what was there, the number of a file's name, its
 * line, and where in the text it begins. Of a traced module the texts are the calls that led
 * there, the inner ones first. It is read when somebody asks.
 */
#include "script.h"

static const PValue *
item(const PValue *v, uint32_t i)
{
	bool list = v && (v->kind == P_TUPLE || v->kind == P_LIST);

	return list && i < v->list.n ? v->list.item[i] : 0;
}

static int64_t
number(const PValue *v, int64_t dflt)
{
	return v && v->kind == P_INT ? v->i : dflt;
}

static const char *
string(const PValue *strings, int64_t i)
{
	const PValue *s = i < 0 || i > UINT32_MAX ? 0 : item(strings, (uint32_t)i);

	return s && s->kind == P_TEXT ? s->s->s : "";
}

/* The lists of numbers of texts may stand in a tuple of their own. */
static const PValue *
numbers_of(const PValue *place)
{
	const PValue *l = item(place, 0), *inner = item(l, 0);

	return inner && (inner->kind == P_LIST || inner->kind == P_TUPLE) ? inner : l;
}

/* The last place that begins before that byte. */
static const PValue *
place_at(const PValue *places, uint32_t at)
{
	const PValue *best = 0;

	for (uint32_t i = 0; places && item(places, i); i++) {
		const PValue *e = item(places, i), *l = numbers_of(item(item(e, 1), 0));

		if (number(item(e, 0), INT64_MAX) > at)
			break;
		if (l && item(l, 0))
			best = item(e, 1);
	}
	return best;
}

/* "a/b.py(12): forward": a call of a traced module, outside of torch. */
static const char *
call_of_user(Script *s, const char *text)
{
	const char *open = strstr(text, ".py("), *end = open ? strstr(open, "): ") : 0;

	if (!end || strstr(text, "/site-packages/"))
		return 0;
	return arena_printf(s->arena, "%.*s:%.*s", (int)(open + 3 - text), text,
	                    (int)(end - open - 4), open + 4);
}

static const char *
line_of(Script *s, const PValue *strings, const PValue *place)
{
	const PValue *from = item(place, 0), *texts = numbers_of(from);
	int64_t line = number(item(from, 2), 0), skip = number(item(place, 1), 0);
	const char *file = string(strings, number(item(from, 1), -1)), *call = 0;

	for (uint32_t i = 0; item(texts, i); i++) {
		const char *t = string(strings, number(item(texts, i), -1));

		if ((call = call_of_user(s, t)) != 0)
			return call;
		for (; *t && skip > 0; t++, skip--)
			line += *t == '\n';
	}
	return *file ? arena_printf(s->arena, "%s:%lld", file, (long long)line) : 0;
}

const char *
script_source(const TGraph *g, const TNode *n)
{
	Script *s = g->reader;
	uint32_t at = (uint32_t)(uintptr_t)n->origin, line, col;
	const Source *src = at ? diag_place(s->diag, at, &line, &col) : 0;
	bool muted = s->diag->muted;
	CodeText *c = src ? map_get(&s->code, KEY(src)) : 0;
	const PValue *place;

	if (c && !c->no_debug) {
		const char *member = arena_printf(s->arena, "%s.debug_pkl", c->name);
		c->no_debug = true;
		s->diag->muted = true; /* what is wrong with it is of no interest */
		if (archive_has(s->ar, member))
			c->debug = pickle_read(s->ar, s->names, member, "data/");
		s->diag->muted = muted;
	}
	place = c && c->debug ? place_at(item(c->debug, 2), at - src->base) : 0;
	return place ? line_of(s, item(c->debug, 1), place) : 0;
}
