/* grid.c: the variables of a row and their values: taking them apart, their cross product, and the
 * names of scripts.
 *
 * A value is a number of Python, True, False, None or a word, which becomes a text. In a script's
 * name the values that are not the first ones follow the operation, each behind "_" and the name
 * of its variable; "_" of a word is "-" there, which no word has.
 */
#include "probe.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- taking apart ---- */

/* The n bytes at s, up to `stop`; moves s behind it. */
static const char *
piece(Arena *a, const char **s, const char *stop)
{
	size_t n = strcspn(*s, stop);
	char *text = arena_alloc(a, n + 1);

	memcpy(text, *s, n);
	*s += n;
	return text;
}

/* "1,3,13": so many are *n. */
static const char *const *
values(Arena *a, const char *s, const char *stop, uint32_t *n)
{
	VEC(const char *) v = {0};

	for (;;) {
		vec_push(a, &v, piece(a, &s, stop));
		if (*s != ',')
			break;
		s++;
	}
	*n = v.n;
	return v.at;
}

const Grid *
grid_of(Arena *a, const ProbeRow *p)
{
	Grid *g = new (a, Grid);

	g->probe = p;
	for (const char *s = p->grid; *s;) {
		GridAxis *x = &g->axis[g->n++];
		if (g->n > GRID_AXES)
			die("more than %d variables of %s", GRID_AXES, p->op);
		x->name = piece(a, &s, "=");
		s++;
		x->value = values(a, s, ", ", &x->n);
		s += strcspn(s, " ");
		s += strspn(s, " ");
	}
	return g;
}

static bool
is_number(const char *s)
{
	char *end;

	(void)strtod(s, &end);
	return !*end && end != s && s[strspn(s, "0123456789.-e")] == 0;
}

static bool
is_word(const char *s)
{
	if (!isalpha((unsigned char)*s))
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return !*s;
}

/* ---- what a caller changes ---- */

static GridAxis *
axis_named(Grid *g, const char *name, size_t len)
{
	for (uint32_t i = 0; i < g->n; i++)
		if (strlen(g->axis[i].name) == len && memcmp(g->axis[i].name, name, len) == 0)
			return &g->axis[i];
	return NULL;
}

/* `own`: the row's, whose values each name can take once. */
static bool
change(Arena *a, Diag *d, Grid *g, const Grid *own, const char *said)
{
	const char *eq = strchr(said, '=');
	GridAxis *x = eq ? axis_named(g, said, (size_t)(eq - said)) : NULL;
	Buf names = {0};

	if (!eq || eq == said)
		return diag_error(d, NOSPAN, "--grid NAME=V1,V2: found '%s'", said);
	for (uint32_t i = 0; i < g->n && !x; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", g->axis[i].name);
	if (!x)
		return diag_error(d, NOSPAN, "--grid: the probe of %s has no '%.*s', it has %s",
		                  g->probe->op, (int)(eq - said), said, buf_keep(&names, a));
	if (x->value != own->axis[x - g->axis].value)
		return diag_error(d, NOSPAN,
		                  "--grid %s is given twice; --grid %s=V1,V2 says all its values",
		                  x->name, x->name);
	x->value = values(a, eq + 1, ",", &x->n);
	for (uint32_t i = 0; i < x->n; i++) {
		if (!is_number(x->value[i]) && !is_word(x->value[i]))
			return diag_error(d, NOSPAN,
			                  "--grid %s: '%s' is no number and no word such as fp32 "
			                  "or True",
			                  x->name, x->value[i]);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(x->value[i], x->value[k]) == 0)
				return diag_error(d, NOSPAN, "--grid %s: %s stands there twice",
				                  x->name, x->value[i]);
	}
	return true;
}

bool
grid_points(Arena *a, Diag *d, const ProbeRow *p, const char *const *changed, size_t n,
            ProbePoints *out)
{
	const Grid *own = grid_of(a, p);
	Grid g = *own;
	uint64_t count = 1;

	for (size_t i = 0; i < n; i++)
		if (!change(a, d, &g, own, changed[i]))
			return false;
	for (uint32_t i = 0; i < g.n; i++) {
		count *= g.axis[i].n;
		if (count > GRID_MOST)
			return diag_error(d, NOSPAN, "the grid has more than %d points", GRID_MOST);
	}
	for (uint64_t k = 0; k < count; k++) {
		ProbePoint point = {.grid = own};
		uint64_t rest = k;
		for (uint32_t i = g.n; i-- > 0; rest /= g.axis[i].n)
			point.value[i] = g.axis[i].value[rest % g.axis[i].n];
		vec_push(a, out, point);
	}
	return true;
}

/* ---- names ---- */

const char *
point_name(Arena *a, const ProbePoint *p)
{
	const Grid *g = p->grid;
	Buf b = {0};

	buf_puts(&b, g->probe->op);
	for (uint32_t i = 0; i < g->n; i++) {
		if (strcmp(p->value[i], g->axis[i].value[0]) == 0)
			continue;
		buf_printf(&b, "_%s", g->axis[i].name);
		for (const char *s = p->value[i]; *s; s++)
			buf_byte(&b, *s == '_' ? '-' : *s);
	}
	return buf_keep(&b, a);
}

/* The row whose operation the name begins with, the longest of them. */
static const ProbeRow *
probe_of(const char *name)
{
	const ProbeRow *best = NULL, *row;
	size_t n;

	row = probe_rows(&n);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(row[i].op);
		if (!row[i].why && strncmp(name, row[i].op, len) == 0 &&
		    (!name[len] || name[len] == '_') && (!best || len > strlen(best->op)))
			best = &row[i];
	}
	return best;
}

/* "k13" behind a "_": sets the variable. */
static bool
value_named(Arena *a, ProbePoint *p, const char *s)
{
	const GridAxis *best = NULL;
	const Grid *g = p->grid;
	size_t len = 0;
	char *value;

	for (uint32_t i = 0; i < g->n; i++) {
		size_t n = strlen(g->axis[i].name);
		if (n > len && strncmp(s, g->axis[i].name, n) == 0)
			best = &g->axis[i], len = n;
	}
	if (!best)
		return false;
	value = arena_strdup(a, s + len);
	for (char *c = value; isalpha((unsigned char)*value) && *c; c++)
		if (*c == '-')
			*c = '_';
	p->value[best - g->axis] = value;
	return is_number(value) || is_word(value);
}

bool
point_named(Arena *a, const char *path, ProbePoint *out)
{
	static const char *const ending[] = {".mil", ".mlpackage", ".mlmodelc"};
	char *name = arena_strdup(a, path_base(arena_strdup(a, path)));
	const ProbeRow *p;
	const char *s;

	for (size_t i = 0; i < countof(ending); i++)
		if (ends_with(name, strlen(name), ending[i]))
			name[strlen(name) - strlen(ending[i])] = 0;
	p = probe_of(name);
	if (!p)
		return false;
	*out = (ProbePoint){.grid = grid_of(a, p)};
	for (uint32_t i = 0; i < out->grid->n; i++)
		out->value[i] = out->grid->axis[i].value[0];
	for (s = name + strlen(p->op); *s;) {
		s++;
		if (!value_named(a, out, piece(a, &s, "_")))
			return false;
	}
	return true;
}

void
point_values(Buf *b, const ProbePoint *p)
{
	for (uint32_t i = 0; i < p->grid->n; i++)
		buf_printf(b, "%s%s=%s", i ? " " : "", p->grid->axis[i].name, p->value[i]);
}
