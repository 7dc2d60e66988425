/* measured.c: placements that a device reported, laid beside what was expected: a CSV whose first
 * line names its columns, among them function, op (the name of the operation or of its result) and
 * device; cost is a share of the whole. `milc probe --swift` prints a program that makes one.
 */
#include "ane.h"

#include "file/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

/* "NeuralEngine", "MLNeuralEngineComputeDevice", "ane": what stands for the engine. */
const char *
ane_device(const char *s)
{
	char low[64] = {0};

	for (size_t i = 0; s[i] && i + 1 < sizeof low; i++)
		low[i] = (char)tolower((unsigned char)s[i]);
	return strstr(low, "neural") || strcmp(low, "ane") == 0 ? "ane"
	       : strstr(low, "gpu")                             ? "gpu"
	       : strstr(low, "cpu")                             ? "cpu"
	                                                        : NULL;
}

bool
ane_cost(const char *s, double *cost)
{
	char *end;

	*cost = *s ? strtod(s, &end) : -1;
	return !*s || (end != s && !*end && isfinite(*cost) && *cost >= 0);
}

typedef struct Report {
	AneReport *r;
	Map names; /* hash of a name -> place of the operation + 1 */
} Report;

typedef struct Measuring {
	Report *report;
	uint32_t n;
	Diag *diag;
	int function, op, device, cost; /* columns; -1: not there */
} Measuring;

static OpReport *
op_named(const Report *p, const char *name)
{
	uintptr_t at = (uintptr_t)map_get(&p->names, hash_bytes(name, strlen(name), 0) | 1);
	return at ? &p->r->op.at[at - 1] : NULL;
}

static void
index_names(Report *p, Arena *a)
{
	map_init(&p->names, a);
	for (uint32_t i = p->r->op.n; i-- > 0;) {
		const Inst *x = p->r->op.at[i].inst;
		const Str *both[2] = {x->name, x->nout ? x->out[0]->name : NULL};
		for (int k = 0; k < 2; k++)
			if (both[k])
				map_put(&p->names, hash_bytes(both[k]->s, both[k]->len, 0) | 1,
				        (void *)(uintptr_t)(i + 1));
	}
}

/* Of that name; all of them without one. */
static bool
is_about(const Report *p, const char *function)
{
	return !*function || !p->r->func->name || str_is(p->r->func->name, function);
}

static void
warn(const Measuring *m, const CsvRow *row, const char *function, bool known)
{
	if (!known)
		diag_warning(m->diag, row->at, "the program has no function '%s'", function);
	else if (*function)
		diag_warning(m->diag, row->at, "the function '%s' has no operation '%s'", function,
		             row->s[m->op]);
	else
		diag_warning(m->diag, row->at, "the program has no operation '%s'", row->s[m->op]);
}

/* One record of the table; false after reporting. */
static bool
take(const Measuring *m, const CsvRow *row)
{
	const char *function = m->function >= 0 ? row->s[m->function] : "";
	const char *text = m->cost >= 0 ? row->s[m->cost] : "";
	const char *where = ane_device(row->s[m->device]);
	bool known = false, found = false;
	double cost;

	if (!where)
		return diag_error(m->diag, row->at, "'%s' is no device; expected ane, gpu or cpu",
		                  row->s[m->device]);
	if (!ane_cost(text, &cost))
		return diag_error(m->diag, row->at, "'%s' is no cost, expected a number from 0",
		                  text);
	for (uint32_t i = 0; i < m->n; i++) {
		OpReport *o = NULL;
		if (is_about(&m->report[i], function)) {
			known = true;
			o = op_named(&m->report[i], row->s[m->op]);
		}
		if (o) {
			found = true;
			o->device = where;
			o->cost = cost;
		}
	}
	if (!found)
		warn(m, row, function, known);
	return true;
}

static void
count(AneReport *r)
{
	for (uint32_t i = 0; i < r->op.n; i++) {
		const OpReport *o = &r->op.at[i];
		r->measured += o->device != NULL;
		r->agree +=
		    o->device && (o->expect == EXPECT_ENGINE) == (strcmp(o->device, "ane") == 0);
	}
}

bool
ane_measured(AneReport *const *r, uint32_t nreport, Arena *a, Diag *d, const char *path,
             const char *text, size_t n)
{
	static const char *const like = "function,op,device,cost";
	Measuring m = {.report = newn(a, Report, nreport), .n = nreport, .diag = d};
	CsvRow head = {0}, row = {0};
	Csv c;
	bool ok = true;

	if (!csv_begin(&c, &head, a, d, path, text, n, like))
		return false;
	m.function = csv_column(&head, "function"), m.op = csv_column(&head, "op");
	m.device = csv_column(&head, "device"), m.cost = csv_column(&head, "cost");
	if (m.op < 0 || m.device < 0)
		return diag_error(d, head.at, "no column 'op' or none 'device'; expected '%s'",
		                  like);
	for (uint32_t i = 0; i < nreport; i++) {
		m.report[i].r = r[i];
		index_names(&m.report[i], a);
	}
	while (ok && csv_row(&c, &head, &row, &ok))
		ok = take(&m, &row);
	for (uint32_t i = 0; i < nreport; i++)
		count(r[i]);
	return ok;
}
