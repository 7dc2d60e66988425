/* measured.c: placements that a device reported, laid beside what was expected: a CSV whose first
 * line names its columns, among them function, op (the name of the operation or of its result) and
 * device; cost is a share of the whole. `milc probe --swift` prints a program that makes one.
 */
#include "ane.h"

#include <ctype.h>
#include <stdlib.h>

enum { MOST_COLUMNS = 16 };

typedef struct Csv {
	const char *at, *end;
	Source *src;
	Diag *diag;
	Arena *arena;
} Csv;

typedef struct CsvRow {
	const char *s[MOST_COLUMNS];
	uint32_t n;
	Span at;
} CsvRow;

/* One field: bare, or in quotes, where two stand for one. */
static const char *
field(Csv *c)
{
	Buf b = {0};
	bool quoted = c->at < c->end && *c->at == '"';

	c->at += quoted;
	for (; c->at < c->end; c->at++) {
		if (quoted && *c->at == '"') {
			if (c->at + 1 == c->end || c->at[1] != '"') {
				quoted = false;
				continue;
			}
			c->at++;
		} else if (!quoted && (*c->at == ',' || *c->at == '\n' || *c->at == '\r')) {
			break;
		}
		buf_byte(&b, *c->at);
	}
	return buf_keep(&b, c->arena);
}

static bool
record(Csv *c, CsvRow *r)
{
	const char *from;

	while (c->at < c->end && (*c->at == '\n' || *c->at == '\r'))
		c->at++;
	if (c->at >= c->end)
		return false;
	from = c->at;
	for (r->n = 0;;) {
		const char *s = field(c);
		if (r->n < MOST_COLUMNS)
			r->s[r->n++] = s;
		if (c->at >= c->end || *c->at != ',')
			break;
		c->at++;
	}
	r->at = diag_span(c->src, (size_t)(from - c->src->text), (size_t)(c->at - from));
	return true;
}

static int
column_of(const CsvRow *head, const char *name)
{
	for (uint32_t i = 0; i < head->n; i++)
		if (strcmp(head->s[i], name) == 0)
			return (int)i;
	return -1;
}

/* "NeuralEngine", "MLNeuralEngineComputeDevice", "ane": what stands for the engine. */
static const char *
device_of(const char *s)
{
	char low[64] = {0};

	for (size_t i = 0; s[i] && i + 1 < sizeof low; i++)
		low[i] = (char)tolower((unsigned char)s[i]);
	return strstr(low, "neural") || strcmp(low, "ane") == 0 ? "ane"
	       : strstr(low, "gpu")                             ? "gpu"
	       : strstr(low, "cpu")                             ? "cpu"
	                                                        : NULL;
}

static OpReport *
op_named(AneReport *r, const Map *names, const char *name)
{
	uintptr_t at = (uintptr_t)map_get(names, hash_bytes(name, strlen(name), 0) | 1);
	return at ? &r->op.at[at - 1] : NULL;
}

static void
index_names(const AneReport *r, Map *names)
{
	for (uint32_t i = r->op.n; i-- > 0;) {
		const Inst *x = r->op.at[i].inst;
		const Str *both[2] = {x->name, x->nout ? x->out[0]->name : NULL};
		for (int k = 0; k < 2; k++)
			if (both[k])
				map_put(names, hash_bytes(both[k]->s, both[k]->len, 0) | 1,
				        (void *)(uintptr_t)(i + 1));
	}
}

bool
ane_measured(AneReport *r, Arena *a, Diag *d, const char *path, const char *text, size_t n)
{
	Csv c = {text, text + n, diag_add_source(d, path, text, n), d, a};
	CsvRow head = {0}, row = {0};
	int function, op, device, cost;
	Map names;

	if (!c.src)
		return false;
	if (!record(&c, &head))
		return diag_error(d, diag_span(c.src, 0, 0),
		                  "no line of names; expected 'function,op,device,cost'");
	function = column_of(&head, "function"), op = column_of(&head, "op");
	device = column_of(&head, "device"), cost = column_of(&head, "cost");
	if (op < 0 || device < 0)
		return diag_error(
		    d, head.at,
		    "no column 'op' or none 'device'; expected 'function,op,device,cost'");
	map_init(&names, a);
	index_names(r, &names);
	while (record(&c, &row)) {
		const char *where;
		OpReport *o;
		if (row.n != head.n)
			return diag_error(d, row.at, "%u fields, where the first line has %u",
			                  row.n, head.n);
		if (function >= 0 && *row.s[function] && r->func->name &&
		    !str_is(r->func->name, row.s[function]))
			continue;
		where = device_of(row.s[device]);
		if (!where)
			return diag_error(d, row.at, "'%s' is no device; expected ane, gpu or cpu",
			                  row.s[device]);
		o = op_named(r, &names, row.s[op]);
		if (!o) {
			diag_warning(d, row.at, "the program has no operation '%s'", row.s[op]);
			continue;
		}
		o->device = where;
		o->cost = cost >= 0 && *row.s[cost] ? strtod(row.s[cost], NULL) : -1;
		r->measured++;
		r->agree += (o->expect == EXPECT_ENGINE) == (strcmp(where, "ane") == 0);
	}
	return true;
}
