/* folder.c: what a probe leaves: scripts, a Makefile that compiles each to a package, and
 * results.csv with a line for each, whose device and cost a Mac is to fill in.
 */
#include "probe.h"

#include "file/fsout.h"

static const char make_head[] =
    "# A package of each script: make -j8. MILC=PATH says which milc.\n"
    "#\n"
    "# The same with GNU parallel:\n"
    "#	parallel milc {} -o {.}.mlpackage ::: *.mil\n"
    "# and with ninja:\n"
    "#	printf 'rule milc\\n command = milc $in -o $out\\n' >build.ninja\n"
    "#	for f in *.mil; do echo \"build ${f%.mil}.mlpackage: milc $f\"; done >>build.ninja\n"
    "#	ninja\n"
    "#\n"
    "# Then on a Mac, where results.csv is filled in by hand or measured:\n"
    "#	milc probe --swift >plan.swift && swiftc plan.swift -o plan\n"
    "#	./plan *.mlpackage >measured.csv\n"
    "#	milc probe --merge measured.csv\n"
    "MILC ?= milc\n"
    "\n"
    "SCRIPTS :=";
static const char make_tail[] = "\n"
                                "\n"
                                "all: $(SCRIPTS:.mil=.mlpackage)\n"
                                "\n"
                                "%.mlpackage: %.mil\n"
                                "	$(MILC) $< -o $@\n"
                                "\n"
                                "clean:\n"
                                "	rm -rf $(SCRIPTS:.mil=.mlpackage)\n"
                                "\n"
                                ".PHONY: all clean\n";

static bool
put_point(const Prober *p, FsOut *o, const ProbePoint *point, Buf *make, Buf *csv)
{
	const char *name = point_name(p->arena, point);
	const char *file = arena_printf(p->arena, "%s.mil", name);
	Buf script = {0};
	Judged j = {0};
	bool ok;

	point_script(&script, point, name);
	ok = p->judge(p->ctx, point->grid->probe->op, file, script.at, script.n, &j) &&
	     fsout_put(o, file, script.at, script.n);
	buf_free(&script);
	if (!ok)
		return false;
	buf_printf(make, " \\\n\t%s", file);
	buf_printf(csv, "%s,%s,%s,,,", name, j.function, j.op);
	point_values(csv, point);
	buf_printf(csv, ",%s,%s\n", j.verdict, j.expected);
	return true;
}

bool
probe_write(const Prober *p, const ProbePoints *points, const char *path)
{
	Buf make = {0}, csv = {0};
	FsOut o;
	bool ok = fsout_begin(&o, p->diag, NOSPAN, path, true);

	buf_puts(&make, make_head);
	buf_puts(&csv, "file,function,op,device,cost,grid,verdict,expected\n");
	for (uint32_t i = 0; i < points->n && ok; i++)
		ok = put_point(p, &o, &points->at[i], &make, &csv);
	buf_puts(&make, make_tail);
	if (ok) {
		fsout_put(&o, "Makefile", make.at, make.n);
		fsout_put(&o, "results.csv", csv.at, csv.n);
	}
	o.failed |= !ok;
	buf_free(&make);
	buf_free(&csv);
	return fsout_commit(&o);
}
