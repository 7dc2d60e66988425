/* test_op.c: the table of ops: names of operands and their columns, in each version of each op. */
#include "check.h"
#include "table/op.h"

/* Each column of each row is found by its name, and nothing else is. */
static void
columns(void)
{
	bool used[ARG_COUNT] = {true};
	const OpDef *rows;
	size_t n, wrong = 0;

	rows = op_rows(&n);
	for (size_t i = 0; i < n; i++) {
		int found = 0;
		for (uint32_t k = 0; k < rows[i].nparam; k++) {
			const Param *p = &rows[i].param[k];
			wrong += op_column(&rows[i], p->arg) != (int)k;
			wrong += strcmp(arg_name(p->arg), p->name) != 0;
			used[p->arg] = true;
		}
		for (int a = 1; a < ARG_COUNT; a++) {
			int k = op_column(&rows[i], (ArgName)a);
			wrong += k != op_param(&rows[i], arg_name((ArgName)a));
			found += k >= 0;
		}
		wrong += found != (int)rows[i].nparam;
	}
	for (int a = 0; a < ARG_COUNT; a++)
		wrong += !used[a];
	CHECK(wrong == 0);
}

/* Versions of an op have different columns. */
static void
versions(void)
{
	const OpDef *old = op_for_opset(OP_gather, IOS15), *now = op_for_opset(OP_gather, IOS17);

	CHECK(op_column(old, ARG_batch_dims) == -1);
	CHECK(op_column(now, ARG_batch_dims) == 3);
	CHECK(op_column(now, ARG_axis) == 2 && op_column(now, ARG_weight) == -1);
	CHECK(op_column(op_oldest(OP_conv), ARG_weight) == 1);
}

/* What each gives, in a line without an end. */
static void
descriptions(void)
{
	size_t n;
	const OpDef *rows = op_rows(&n);

	for (size_t i = 0; i < n; i++) {
		const char *s = op_what(rows[i].code);
		bool shown =
		    rows[i].name[0] != '_' && strcmp(rows[i].family, "frontend_dialect") != 0;
		CHECK_STR(s || !shown ? "" : rows[i].name, "");
		if (s)
			CHECK(strlen(s) > 2 && strlen(s) < 90 && s[strlen(s) - 1] != '.');
	}
	CHECK_STR(op_what(OP_relu), "max(x, 0)");
	CHECK(op_what(OP_none) == NULL);
}

int
main(void)
{
	columns();
	versions();
	descriptions();
	return check_report();
}
