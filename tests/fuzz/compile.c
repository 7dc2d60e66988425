/* compile.c: fuzzes the compiler: the input is a script, and its hash chooses the target, the
 * form and the passes. What was compiled is checked after each pass, written and run.
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
	milc *m = target_new();
	Buf passes = {0};

	target_write("a.mil", data, size);
	milc_set(m, "target", target[splitmix_bits(&state) % countof(target)]);
	milc_set(m, "convert-to", form[splitmix_bits(&state) % countof(form)]);
	milc_set(m, "precision", splitmix_bits(&state) % 3 ? NULL : "fp32");
	milc_set(m, "verify-passes", splitmix_bits(&state) % 2 ? "1" : "0");
	milc_set(m, "passes", some_passes(&passes, &state));
	if (how < countof(output)) {
		milc_set(m, "output", output[how]);
		target_judge(m, milc_compile(m, "a.mil"));
	} else {
		target_judge(m, milc_run(m, "a.mil"));
	}
	buf_free(&passes);
	return 0;
}
