/* text.c: fuzzes the reader of MIL text: the input is printed again, written as a package and as a
 * compiled model, and run.
 */
#include "target.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	target_folder();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const forms[] = {"o.mil", "o.mlpackage", "o.mlmodelc"};
	char *text = malloc(size + 16);
	milc *m;

	memcpy(text, "program(", 8); /* else it is a script */
	memcpy(text + 8, data, size);
	target_write("t.mil", text, size + 8);
	free(text);
	for (size_t k = 0; k < countof(forms); k++) {
		m = target_new();
		milc_set(m, "output", forms[k]);
		milc_set(m, "unverified", "1");
		target_judge(m, milc_compile(m, "t.mil"));
	}
	m = target_new();
	target_judge(m, milc_run(m, "t.mil"));
	return 0;
}
