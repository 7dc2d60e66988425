/* table.c: the rows of probes.def. */
#include "probe.h"

static const ProbeRow rows[] = {
#define PROBE(op, opset, inputs, args, grid) {#op, opset, inputs, args, false, grid, NULL},
#define PROBE_LINES(op, opset, inputs, lines, grid) {#op, opset, inputs, lines, true, grid, NULL},
#define NOPROBE(op, why) {#op, NULL, NULL, NULL, false, NULL, why},
#include "probes.def"
#undef PROBE
#undef PROBE_LINES
#undef NOPROBE
};

const ProbeRow *
probe_rows(size_t *n)
{
	*n = countof(rows);
	return rows;
}

const ProbeRow *
probe_find(const char *op)
{
	for (size_t i = 0; i < countof(rows); i++)
		if (strcmp(rows[i].op, op) == 0)
			return &rows[i];
	return NULL;
}
