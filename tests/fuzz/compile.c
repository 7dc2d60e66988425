/* compile.c: fuzzes the compiler: the input is a script, and its hash chooses the target, the form and
 * the passes. What was compiled is checked after each pass, written and run.
 */
#include "pass/pass.h"
#include "target.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	target_folder();
	return 0;
}

/* Some passes in any order, or 0: the pipeline. */
static const char *
some_passes(Buf *b, uint64_t *state)
{
	size_t n;
	const PassInfo *row = pass_table(&n);

	if (splitmix_bits(state) % 3)
		return NULL;
	for (uint64_t k = splitmix_bits(state) % 12 + 1; k > 0; k--)
		buf_printf(b, "%s%s", b->n ? "," : "", row[splitmix_bits(state) % n].name);
	return b->at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const target[] = {NULL,    NULL,    "iOS13", "iOS15",
	                                     "iOS16", "iOS17", "iOS18"};
	static const char *const form[] = {NULL, NULL, "mlprogram", "neuralnetwork"};
	static const char *const output[] = {"o.mlpackage", "o.mlmodel", "o.mil"};
	uint64_t state = hash_bytes(data, size, 1), how = splitmix_bits(&state) % 5;
	milc_run_options run = MILC_RUN_INIT;
	milc_compile_options *o = &run.compile;
	Buf passes = {0};

	target_write("a.mil", data, size);
	target_limits(&o->common);
	o->target = target[splitmix_bits(&state) % countof(target)];
	o->convert_to = form[splitmix_bits(&state) % countof(form)];
	o->precision = splitmix_bits(&state) % 3 ? NULL : "fp32";
	o->verify_passes = splitmix_bits(&state) % 2;
	o->passes = some_passes(&passes, &state);
	o->output = how < countof(output) ? output[how] : NULL;
	target_judge(o->output ? milc_compile("a.mil", o) : milc_run("a.mil", &run));
	buf_free(&passes);
	return 0;
}
