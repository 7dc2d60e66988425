/* yaml.c: as much of YAML as configurations are written in: mappings and lists by indentation or in
 * brackets, plain and quoted values, comments. Anchors, tags, blocks of text and several documents
 * are refused. */
#include "optimize.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_NESTING = 64 };

typedef struct Yaml {
	Interp *in;
	const char *start, *p, *end;
	Span at;
	int depth;
} Yaml;

static bool read_node(Yaml *y, int indent, Value *out);
static bool read_flow(Yaml *y, Value *out);

static bool yaml_error(Yaml *y, const char *fmt, ...) PRINTF(2, 3);
static bool
yaml_error(Yaml *y, const char *fmt, ...)
{
	char what[120];
	int line = 1;

	WITH_ARGS(fmt, ap, vsnprintf(what, sizeof what, fmt, ap));
	for (const char *p = y->start; p < y->p; p++)
		line += *p == '\n';
	return fail(y->in, y->at, "line %d of the YAML text: %s", line, what);
}

/* ---- where things stand ---- */

static int
char_at(const Yaml *y, int k)
{
	return y->p + k < y->end ? (unsigned char)y->p[k] : 0;
}

static bool
is_gap(int c) /* a key's colon and a list's dash are followed by one */
{
	return c == 0 || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* To the next thing; false at the end. Inside a line, comments need a space before them. */
static bool
skip_gaps(Yaml *y)
{
	for (; y->p < y->end; y->p++) {
		bool begins = y->p == y->start || is_gap((unsigned char)y->p[-1]);
		if (*y->p == '#' && begins)
			while (y->p + 1 < y->end && y->p[1] != '\n')
				y->p++;
		else if (!is_gap((unsigned char)*y->p))
			return true;
	}
	return false;
}

/* Columns from the line's start. */
static int
column(const Yaml *y)
{
	const char *p = y->p;

	while (p > y->start && p[-1] != '\n')
		p--;
	return (int)(y->p - p);
}

static bool
same_line(const Yaml *y, const char *from)
{
	return !memchr(from, '\n', (size_t)(y->p - from));
}

/* ---- values ---- */

static bool
read_quoted(Yaml *y, Value *out)
{
	char quote = *y->p++;
	Buf b = {0};

	for (; y->p < y->end && (*y->p != quote || (quote == '\'' && char_at(y, 1) == '\''));
	     y->p++) {
		if (quote == '\'' && *y->p == '\'')
			y->p++;
		else if (quote == '"' && *y->p == '\\' && y->p + 1 < y->end)
			y->p++;
		buf_byte(&b, *y->p);
	}
	if (y->p == y->end) {
		buf_free(&b);
		return yaml_error(y, "a quoted text does not end");
	}
	y->p++;
	*out = vstr(y->in, b.at ? b.at : "", b.n);
	buf_free(&b);
	return true;
}

static bool
is_word(const char *s, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && !memcmp(s, *words, n))
			return true;
	return false;
}

/* As YAML 1.1 types what is not quoted: a fraction needs its point. */
static Value
plain_value(Interp *in, const char *s, size_t n)
{
	static const char *const none[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {"yes", "Yes", "YES", "true", "True", "TRUE",
	                                  "on",  "On",  "ON",  NULL};
	static const char *const no[] = {"no",    "No",  "NO",  "false", "False",
	                                 "FALSE", "off", "Off", "OFF",   NULL};
	char text[64], *end;
	size_t digits = 0;

	if (is_word(s, n, none))
		return VNONE;
	if (is_word(s, n, yes) || is_word(s, n, no))
		return vbool(is_word(s, n, yes));
	for (size_t i = n && (*s == '-' || *s == '+'); i < n && isdigit((unsigned char)s[i]); i++)
		digits++;
	if (!n || n >= sizeof text ||
	    (!digits && !(n > 1 && memchr(s, '.', n) && isdigit((unsigned char)s[n - 1]))))
		return vstr(in, s, n);
	memcpy(text, s, n);
	text[n] = 0;
	strtoll(text, &end, 10);
	if (!*end)
		return vint(strtoll(text, NULL, 10));
	if (memchr(s, '.', n)) {
		double v = strtod(text, &end);
		if (!*end)
			return vfloat(v);
	}
	return vstr(in, s, n);
}

/* Up to the end of the line, a comment, or in brackets what ends an item. */
static bool
read_plain(Yaml *y, bool flow, Value *out)
{
	const char *from = y->p, *end;

	if (strchr("&*!|>%@`", *y->p))
		return yaml_error(y, "'%c' begins what is not read here", *y->p);
	for (; y->p < y->end && *y->p != '\n'; y->p++) {
		if (*y->p == '#' && y->p > from && is_gap((unsigned char)y->p[-1]))
			break;
		if (*y->p == ':' && is_gap(char_at(y, 1)))
			break;
		if (flow && strchr(",]}", *y->p))
			break;
	}
	for (end = y->p; end > from && is_gap((unsigned char)end[-1]);)
		end--;
	*out = plain_value(y->in, from, (size_t)(end - from));
	return true;
}

static bool
read_scalar(Yaml *y, bool flow, Value *out)
{
	return *y->p == '"' || *y->p == '\'' ? read_quoted(y, out) : read_plain(y, flow, out);
}

/* ---- brackets ---- */

static bool
read_item(Yaml *y, bool dict, Value into)
{
	Value key = VNONE, v = VNONE;

	if (dict) {
		if (!read_scalar(y, true, &key))
			return false;
		if (!skip_gaps(y) || *y->p != ':')
			return yaml_error(y, "expected ':' behind a key");
		y->p++;
		if (!skip_gaps(y))
			return yaml_error(y, "a bracket is not closed");
	}
	if (!strchr(",]}", *y->p) && !read_flow(y, &v))
		return false;
	return dict ? dict_set(y->in, into, key, v, y->at) : vlist_push(y->in, into, v);
}

static bool
read_flow(Yaml *y, Value *out)
{
	bool dict = *y->p == '{';
	char close = dict ? '}' : ']';

	if (!dict && *y->p != '[')
		return read_scalar(y, true, out);
	if (++y->depth > MAX_NESTING)
		return yaml_error(y, "it is nested more than %d deep", MAX_NESTING);
	*out = dict ? vdict(y->in) : vlist(y->in, NULL, 0);
	interp_push(y->in, *out);
	for (y->p++; skip_gaps(y) && *y->p != close;) {
		if (!read_item(y, dict, *out))
			return false;
		if (skip_gaps(y) && *y->p == ',')
			y->p++;
		else if (y->p < y->end && *y->p != close)
			return yaml_error(y, "expected ',' or '%c'", close);
	}
	if (y->p == y->end)
		return yaml_error(y, "a bracket is not closed");
	y->p++;
	y->depth--;
	interp_pop(y->in, 1);
	return true;
}

/* ---- blocks ---- */

/* What stands behind a key or a dash: on its line, or deeper on the next ones; else None. */
static bool
read_below(Yaml *y, int indent, bool key, Value *out)
{
	const char *from = y->p;

	*out = VNONE;
	if (!skip_gaps(y))
		return true;
	if (same_line(y, from) && key)
		return *y->p == '[' || *y->p == '{' ? read_flow(y, out)
		                                    : read_scalar(y, false, out);
	if (!same_line(y, from) &&
	    (column(y) < indent || (column(y) == indent && !(key && *y->p == '-'))))
		return true;
	return read_node(y, column(y), out);
}

/* Whether a key stands here: a value with a colon behind it on the line. */
static bool
at_key(const Yaml *y)
{
	Yaml look = *y;
	Value v;

	if (strchr("\"'", *look.p)) {
		if (!memchr(look.p + 1, *look.p, (size_t)(look.end - look.p - 1)) ||
		    !read_quoted(&look, &v))
			return false;
	} else {
		while (look.p < look.end && *look.p != '\n' &&
		       !(*look.p == ':' && is_gap(char_at(&look, 1))))
			look.p++;
	}
	return char_at(&look, 0) == ':';
}

static bool
read_node(Yaml *y, int indent, Value *out)
{
	bool list = *y->p == '-' && is_gap(char_at(y, 1));
	Value key = VNONE, v;

	if (++y->depth > MAX_NESTING)
		return yaml_error(y, "it is nested more than %d deep", MAX_NESTING);
	if (!list && (*y->p == '[' || *y->p == '{'))
		return y->depth--, read_flow(y, out);
	if (!list && !at_key(y))
		return y->depth--, read_scalar(y, false, out);
	*out = list ? vlist(y->in, NULL, 0) : vdict(y->in);
	interp_push(y->in, *out);
	while (skip_gaps(y) && column(y) == indent &&
	       (!list || (*y->p == '-' && is_gap(char_at(y, 1))))) {
		if (list) {
			y->p++;
		} else {
			if (!at_key(y))
				return yaml_error(y, "expected KEY: VALUE");
			if (!read_scalar(y, false, &key))
				return false;
			y->p++;
		}
		if (!read_below(y, indent, !list, &v))
			return false;
		if (list ? !vlist_push(y->in, *out, v) : !dict_set(y->in, *out, key, v, y->at))
			return false;
	}
	y->depth--;
	interp_pop(y->in, 1);
	return y->p == y->end || column(y) < indent ||
	       (!list && column(y) == indent) ||
	       yaml_error(y, "the indentation fits nothing above");
}

bool
yaml_read(Interp *in, const char *text, size_t n, Span at, Value *out)
{
	Yaml y = {.in = in, .start = text, .p = text, .end = text + n, .at = at};

	*out = VNONE;
	for (const char *p = text; p < y.end; p++)
		if (*p == '\t' && (p == text || p[-1] == '\n')) {
			y.p = p;
			return yaml_error(&y, "a tab indents it: YAML takes spaces alone");
		}
	if (n >= 4 && !memcmp(text, "---\n", 4))
		y.p += 4;
	if (!skip_gaps(&y))
		return true;
	if (!read_node(&y, column(&y), out))
		return false;
	return !skip_gaps(&y) || yaml_error(&y, "something follows the end of the document");
}
