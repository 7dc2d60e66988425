/* options.c: fuzzes the command line: the input's lines are the arguments, in a folder with a
 * script that is right and one that is not. Paths that lead out of the folder are not tried.
 */
#include "target.h"

#include <getopt.h>

int cli_main(int argc, char **argv); /* src/cli/main.c under another name */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char good[] = "n = 2\n@mb.program(input_specs=[mb.TensorSpec(shape=(n, 3))])\n"
	                           "def f(x):\n    return mb.relu(x=x)\n";

	(void)argc, (void)argv;
	target_folder();
	target_write("a.mil", good, sizeof good - 1);
	target_write("bad.mil", "x = (\n", 6);
	if (!freopen("/dev/null", "w", stdout))
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1), *arg[64] = {"milc", text};
	char *none[] = {"milc", NULL};
	int n = 2, status;

	memcpy(text, data, size);
	text[size] = 0;
	for (char *p = text; (p = strchr(p, '\n')) && n < 62; n++) {
		*p++ = 0;
		arg[n] = p;
	}
	if (!memchr(data, '/', size) && !memmem(data, size, "repeat", 6)) {
		optind = 0;
		getopt(1, none, "q"); /* forgets the call before */
		status = cli_main(n, arg);
		if (status < 0 || status > 3)
			abort();
	}
	xfree(text);
	return 0;
}
