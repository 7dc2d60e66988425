/* weights.c: fuzzes the readers of arrays: the first byte chooses npz, npy or safetensors, the
 * rest is the file that a script loads.
 */
#include "target.h"

#define PROGRAM                                                                                    \
	"@mb.program(input_specs=[mb.TensorSpec(shape=(2, 3))])\n"                                 \
	"def f(x):\n"                                                                              \
	"    for v in w:\n"                                                                        \
	"        print(v.shape, v.dtype, v, np.sum(v))\n"                                          \
	"        x = mb.add(x=x, y=v)\n"                                                           \
	"    return x\n"

static const char *const script[] = {
    "d = np.load('w.npz')\nw = [d[k] for k in d.files]\n" PROGRAM,
    "w = [np.load('w.npy')]\n" PROGRAM,
    "from safetensors.numpy import load_file\nw = load_file('w.st').values()\n" PROGRAM,
};

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
	static const char *const file[] = {"w.npz", "w.npy", "w.st"};
	milc *m = target_new();
	size_t k = size ? data[0] % countof(file) : 0;

	target_write("a.mil", script[k], strlen(script[k]));
	target_write(file[k], data + (size > 0), size - (size > 0));
	target_judge(m, milc_run(m, "a.mil"));
	m = target_new();
	milc_set(m, "input", "w.npz");
	target_write("a.mil", PROGRAM, strlen(PROGRAM));
	target_judge(m, milc_run(m, "a.mil"));
	return 0;
}
