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

/* One record of the table; false after reporting. */
static bool
take(AneReport *r, Diag *d, const Map *names, const CsvRow *row, const int column[4],
     bool again)
{
	const char *function = column[0] >= 0 ? row->s[column[0]] : "";
	const char *op = row->s[column[1]], *device = row->s[column[2]];
	const char *cost = column[3] >= 0 ? row->s[column[3]] : "", *where;
	OpReport *o;

	if (*function && r->func->name && !str_is(r->func->name, function))
		return true;
	where = ane_device(device);
	if (!where)
		return diag_error(d, row->at, "'%s' is no device; expected ane, gpu or cpu",
		                  device);
	o = op_named(r, names, op);
	if (!o)
		return again || (diag_warning(d, row->at, "the program has no operation '%s'", op),
		                 true);
	if (!ane_cost(cost, &o->cost))
		return diag_error(d, row->at, "'%s' is no cost, expected a number from 0", cost);
	o->device = where;
	return true;
}

bool
ane_measured(AneReport *r, Arena *a, Diag *d, const char *path, const char *text, size_t n,
             bool again)
{
	static const char *const like = "function,op,device,cost";
	CsvRow head = {0}, row = {0};
	int column[4];
	Map names;
	Csv c;
	bool ok = true;

	if (!csv_begin(&c, &head, a, d, path, text, n, like))
		return false;
	column[0] = csv_column(&head, "function"), column[1] = csv_column(&head, "op");
	column[2] = csv_column(&head, "device"), column[3] = csv_column(&head, "cost");
	if (column[1] < 0 || column[2] < 0)
		return diag_error(d, head.at, "no column 'op' or none 'device'; expected '%s'",
		                  like);
	map_init(&names, a);
	index_names(r, &names);
	while (ok && csv_row(&c, &head, &row, &ok))
		ok = take(r, d, &names, &row, column, again);
	for (uint32_t i = 0; i < r->op.n; i++) {
		const OpReport *o = &r->op.at[i];
		r->measured += o->device != NULL;
		r->agree += o->device &&
		            (o->expect == EXPECT_ENGINE) == (strcmp(o->device, "ane") == 0);
	}
	return ok;
}
