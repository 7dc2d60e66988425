/* test_probe.c: every operation has a row of probes.def, and names of scripts are read as what they
 * were made of.
 */
#include "probe/probe.h"

#include "table/op.h"

#include "check.h"

static void
test_rows(void)
{
	size_t n;
	const OpDef *op = op_rows(&n);
	const ProbeRow *row;

	for (size_t i = 0; i < n; i++)
		if (!(op[i].flags & DIALECT) && op[i].name[0] != '_' && !probe_find(op[i].name))
			CHECK_STR(op[i].name, "an operation with a row of probes.def");
	row = probe_rows(&n);
	for (size_t i = 0; i < n; i++) {
		if (op_find(row[i].op, strlen(row[i].op)) == OP_none)
			CHECK_STR(row[i].op, "an operation");
		CHECK_INT(row[i].why ? 1 : 0, row[i].grid ? 0 : 1);
	}
}

/* Each script's name stands for its values and for no others. */
static void
test_names(void)
{
	size_t n, points = 0;
	const ProbeRow *row = probe_rows(&n);

	for (size_t i = 0; i < n; i++) {
		Arena a = {0};
		Diag d;
		ProbePoints p = {0};
		diag_init(&d, &a);
		if (!row[i].why)
			grid_points(&a, &d, &row[i], NULL, 0, &p);
		for (uint32_t k = 0; k < p.n; k++) {
			Buf want = {0}, got = {0};
			ProbePoint back = {0};
			const char *name = point_name(&a, &p.at[k]);
			point_values(&want, &p.at[k]);
			if (point_named(&a, arena_printf(&a, "dir/%s.mlmodelc", name), &back))
				point_values(&got, &back);
			CHECK_STR(got.at ? got.at : name, want.at);
			CHECK_STR(back.grid ? back.grid->probe->op : "", row[i].op);
			buf_free(&want);
			buf_free(&got);
		}
		points += p.n;
		arena_free(&a);
	}
	CHECK_INT(points > 1000, 1);
}

static void
test_no_names(void)
{
	static const char *const name[] = {"", "conv2", "conv_", "conv_q3", "conv_k", "conv_k3-x",
	                                   "const"};
	Arena a = {0};
	ProbePoint p;

	for (size_t i = 0; i < countof(name); i++)
		if (point_named(&a, name[i], &p))
			CHECK_STR(name[i], "the name of no probe");
	arena_free(&a);
}

int
main(void)
{
	test_rows();
	test_names();
	test_no_names();
	return check_report();
}
